"""The quality report, accepted fixes, duplicates merged on purpose, dots to draw."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from data.accounts import clean_accounts
from data.columns import suggest_columns
from data.geocode import geocode
from data.mappings import recall, remember
from data.quality import (
    accept,
    duplicates,
    load_by_match,
    merge,
    poor_share,
    report,
    review,
    sentence,
)
from data.scatter import display_points
from data.tables import read_table
from geo.errors import InputError, Issue
from geo.frames import Accounts


@pytest.fixture
def accounts() -> Accounts:
    raw = pd.DataFrame(
        {
            "id": list("abcde"),
            "name": ["Acme Inc.", "ACME, Inc", "Bolt", "Cog", "Dye"],
            "street": ["1 Main St", "1 Main St.", "2 Oak", "", ""],
            "city": ["", "", "", "Longgview", ""],
            "state": ["MA", "MA", "MA", "TX", ""],
            "zip": ["02139", "02139", "02138", "", ""],
            "lat": ["42.36", "", "", "", ""],
            "lon": ["-71.1", "", "", "", ""],
            "revenue": ["10", "", "20", "70", "0"],
        },
        dtype="str",
    )
    return geocode(clean_accounts(raw, suggest_columns(raw))[0])


def test_issues_are_counted_by_kind_with_their_rows() -> None:
    issues = [
        Issue("swapped", 4, "geometry", "1, 2", "Swapped.", "2, 1"),
        Issue("swapped", 2, "geometry", "3, 4", "Swapped.", "4, 3"),
        Issue("bad_number", 1, "revenue", "x", "No number."),
        Issue("duplicate_row", 9, "", "a", "Repeats."),
    ]
    table = report(issues)
    assert table["kind"].to_list() == ["duplicate_row", "swapped", "bad_number"]
    assert table["count"].to_list() == [1, 2, 1]
    assert table.loc[1, "rows"] == [4, 2]
    assert table["acceptable"].to_list() == [False, True, False]
    assert report([]).empty


def test_a_fix_can_be_taken_for_single_rows_and_the_raw_value_is_kept() -> None:
    raw = pd.DataFrame(
        {"id": ["a", "b"], "point": ["1, 2", "3, 4"], "zip": ["2139", "2138"]},
        dtype="str",
    )
    issues = [
        Issue("swapped", 1, "geometry", "1, 2", "", "1.0, 2.0"),
        Issue("zip_padded", 1, "postal_code", "2139", "", "02139"),
        Issue("zip_padded", 2, "postal_code", "2138", "", "02138"),
    ]
    columns = {"coordinates": "point", "postal_code": "zip"}
    before = raw.copy()
    mended = accept(raw, columns, issues, kinds=["swapped", "zip_padded"], rows=[1])
    assert mended["point"].to_list() == ["2.0, 1.0", "3, 4"]
    assert mended["zip"].to_list() == ["02139", "2138"]
    assert mended.attrs["accepted"] == [
        (1, "point", "1, 2", "2.0, 1.0"),
        (1, "zip", "2139", "02139"),
    ]
    pd.testing.assert_frame_equal(raw, before)


def test_a_kind_without_a_fix_cannot_be_accepted() -> None:
    raw = pd.DataFrame({"id": ["a"]}, dtype="str")
    with pytest.raises(InputError) as refusal:
        accept(raw, {}, [], kinds=["bad_number"])
    assert str(refusal.value) == (
        "Issues of kind 'bad_number' propose no fix. Mend the cells in the source."
    )


def test_twins_are_listed_and_merged_only_when_asked(accounts: Accounts) -> None:
    table = duplicates(accounts)
    assert table["account_id"].to_list() == ["a", "b"]
    assert table["group"].to_list() == [1, 1]
    assert set(table["why"]) == {"same name, street and ZIP"}
    assert len(accounts) == 5
    one = merge(accounts, table)
    assert one.index.to_list() == ["a", "c", "d", "e"]
    assert one.loc["a", "revenue"] == 10
    assert merge(accounts, table.iloc[:0]).equals(accounts)


def test_an_empty_cell_is_filled_from_the_twin(accounts: Accounts) -> None:
    accounts.loc["a", "revenue"] = np.nan
    accounts.loc["b", "revenue"] = 30.0
    assert merge(accounts, duplicates(accounts)).loc["a", "revenue"] == 30.0


def test_doubtful_places_wait_for_review(accounts: Accounts) -> None:
    queue = review(accounts)
    assert queue.index.to_list() == ["d"]
    assert queue.loc["d", "matched"] == "Longview, TX (spelling)"


def test_the_share_of_load_on_poor_places_is_known(accounts: Accounts) -> None:
    shares = load_by_match(accounts, "revenue")
    assert shares.to_dict() == {"rooftop": 0.1, "postcode": 0.2, "city": 0.7, "none": 0}
    assert poor_share(accounts, "revenue") == pytest.approx(0.7)
    assert poor_share(accounts) == pytest.approx(0.4)


def test_one_sentence_says_how_accounts_were_placed(accounts: Accounts) -> None:
    assert sentence(accounts) == (
        "5 accounts: 1 by coordinates, 2 by ZIP, 1 by city, 1 not placed"
    )


def test_dots_of_one_zip_are_drawn_apart_and_data_stays(accounts: Accounts) -> None:
    n = 50
    ids = pd.Index([f"x{i}" for i in range(n)], name="account_id")
    same = gpd.GeoDataFrame(
        {"match": "postcode", "radius_km": 9.0},
        index=ids,
        geometry=gpd.points_from_xy([-71.1] * n, [42.36] * n),
        crs="EPSG:4326",
    )
    drawn = display_points(same)
    assert len(np.unique(drawn, axis=0)) == n
    km = np.hypot((drawn[:, 0] + 71.1) * 82.3, (drawn[:, 1] - 42.36) * 111.3)
    assert km.max() < 4
    assert (same.geometry.x == -71.1).all()
    turned = display_points(same.iloc[::-1])
    np.testing.assert_array_equal(turned[::-1], drawn)
    exact = display_points(accounts)
    assert exact[0].tolist() == [-71.1, 42.36]
    assert np.isnan(exact[4]).all()


def test_a_choice_of_columns_is_remembered_for_the_same_headings(
    tmp_path: Path,
) -> None:
    raw = pd.DataFrame({"Cust No": ["1"], "Zip_Code": ["02139"]}, dtype="str")
    assert recall(tmp_path, raw) == {}
    remember(tmp_path, raw, {"account_id": "Cust No", "postal_code": "Zip_Code"})
    turned = raw[["Zip_Code", "Cust No"]]
    assert recall(tmp_path, turned)["postal_code"] == "Zip_Code"
    assert recall(tmp_path, raw.rename(columns={"Cust No": "Other"})) == {}
    next((tmp_path / "mappings").iterdir()).write_text("{broken")
    assert recall(tmp_path, raw) == {}


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "mappings").write_text("a file")
    raw = pd.DataFrame({"id": ["1"]}, dtype="str")
    with pytest.raises(InputError, match="The choice of columns cannot be kept"):
        remember(tmp_path, raw, {"account_id": "id"})


def test_the_planted_faults_of_the_export_can_all_be_accepted(shared: Path) -> None:
    raw = read_table(shared / "accounts" / "dynamics_export.xlsx")
    columns = suggest_columns(raw)
    issues = clean_accounts(raw, columns)[1]
    mended = accept(raw, columns, issues, kinds=["swapped", "sign_lost"])
    accounts, left = clean_accounts(mended, columns)
    kinds = {issue.kind for issue in left}
    assert not kinds & {"swapped", "sign_lost"}
    assert (geocode(accounts)["match"] == "rooftop").sum() == 786 + 45
    assert len(mended.attrs["accepted"]) == 2 * 45
