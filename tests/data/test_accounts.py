"""From text cells to accounts: what is read, what is said, what is refused."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from data.accounts import clean_accounts, stages
from data.columns import suggest_columns
from data.geocode import geocode
from data.tables import read_table
from geo.errors import InputError, Issue
from geo.frames import Accounts

PLACE = {"lon": "lon", "lat": "lat"}


def table(**columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype="str")


def clean(**columns: list[str]) -> tuple[Accounts, list[Issue]]:
    raw = table(**columns)
    return clean_accounts(raw, suggest_columns(raw))


def kinds(issues: list[Issue]) -> Counter[str]:
    return Counter(issue.kind for issue in issues)


def test_a_plain_table_gives_accounts_and_no_issue() -> None:
    accounts, issues = clean(
        id=["a", "b"],
        name=["Acme", "Bolt"],
        state=["Massachusetts", "ny"],
        zip=["02139", "12180-0001"],
        lat=["42.36", "42.73"],
        lon=["-71.1", "-73.69"],
        revenue=["$1,200", "1.5K"],
        owner=["Ana", "Bob"],
        colour=["red", "blue"],
    )
    assert issues == []
    assert accounts.index.to_list() == ["a", "b"]
    assert accounts.index.name == "account_id"
    assert accounts["state"].to_list() == ["MA", "NY"]
    assert accounts["postal_code"].to_list() == ["02139", "12180"]
    assert accounts["country"].to_list() == ["US", "US"]
    assert accounts["revenue"].to_list() == [1200.0, 1500.0]
    assert accounts["owner"].to_list() == ["Ana", "Bob"]
    assert accounts["colour"].to_list() == ["red", "blue"]
    assert accounts.geometry.x.to_list() == [-71.1, -73.69]
    assert accounts.crs == "EPSG:4326"


def test_without_ids_the_rows_are_numbered_and_it_is_said() -> None:
    accounts, issues = clean(name=["Acme", "Bolt"], zip=["02139", "12180"])
    assert accounts.index.to_list() == ["row-1", "row-2"]
    (issue,) = issues
    assert (issue.kind, issue.row) == ("generated_ids", 0)
    assert issue.message == (
        "No column identifies the accounts; they are called row-1, row-2, ..."
    )


def test_a_column_of_ours_in_the_file_gets_another_name() -> None:
    accounts, _ = clean(
        id=["a"], zip=["02139"], geometry=["x"], unit_id=["7"], index=["q"]
    )
    assert accounts["unit_id (source)"].to_list() == ["7"]
    assert accounts["geometry (source)"].to_list() == ["x"]
    assert accounts["index (source)"].to_list() == ["q"]


def test_the_table_given_is_not_changed() -> None:
    raw = table(id=["a"], zip=["2139"], state=["MA"], lat=["0"], lon=["0"])
    before = raw.copy()
    clean_accounts(raw, suggest_columns(raw))
    pd.testing.assert_frame_equal(raw, before)


def test_words_of_a_lifecycle_tell_leads_from_customers() -> None:
    words = ["Customer", "Lead", "MQL", "Prospect", "Active", "Closed", ""]
    got = stages(pd.Series(words, dtype="str")).to_list()
    wanted = ["customer", "lead", "lead", "lead", "customer", "Closed", ""]
    assert got == wanted


def test_row_order_does_not_change_an_account() -> None:
    raw = table(
        id=list("abcd"),
        state=["MA", "NY", "Texas", "Calif."],
        zip=["2139", "12180", "", "90210"],
        revenue=["1,5", "2,5", "1.000,0", "7"],
        lat=["42.36", "", "0", "-118.4"],
        lon=["-71.1", "", "0", "34.1"],
    )
    straight, _ = clean_accounts(raw, suggest_columns(raw))
    turned, _ = clean_accounts(raw.iloc[::-1], suggest_columns(raw))
    pd.testing.assert_frame_equal(
        straight.drop(columns="geometry"),
        turned.loc[list("abcd")].drop(columns="geometry"),
    )


REFUSED = [
    (
        {"zap": "id"},
        "'zap' is not a field (a.csv). Fields are: account_id, name, street, ",
    ),
    (
        {"postal_code": "Zipp"},
        "Column 'Zipp' for postal_code is missing (a.csv). Columns are: id, zip.",
    ),
    (
        {"account_id": "id"},
        "No column says where the accounts are (a.csv). "
        "Choose columns for lon and lat, for postal_code, or for city and state.",
    ),
    (
        {"lon": "zip"},
        "No column says where the accounts are (a.csv). "
        "Choose columns for lon and lat, for postal_code, or for city and state.",
    ),
]


@pytest.mark.parametrize(("columns", "text"), REFUSED)
def test_a_mapping_that_cannot_work_is_refused(
    tmp_path: Path, columns: dict[str, str], text: str
) -> None:
    (tmp_path / "a.csv").write_text("id,zip\nx,02139\n")
    with pytest.raises(InputError) as refusal:
        clean_accounts(read_table(tmp_path / "a.csv"), columns)
    assert str(refusal.value).startswith(text)


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(InputError, match=r"The table has no rows\. Choose a file"):
        clean_accounts(table(id=[], zip=[]), {"postal_code": "zip"})


def test_one_row_is_enough() -> None:
    accounts, issues = clean(id=["a"], zip=["02139"])
    placed = geocode(accounts)
    assert (len(placed), placed["match"].iloc[0]) == (1, "postcode")
    assert issues == []


def load(path: Path) -> tuple[pd.DataFrame, Accounts, list[Issue]]:
    raw = read_table(path)
    accounts, issues = clean_accounts(raw, suggest_columns(raw))
    return raw, geocode(accounts), issues


def test_the_breweries_become_accounts(shared: Path) -> None:
    _, accounts, issues = load(shared / "accounts" / "breweries.csv")
    assert len(accounts) == 11_822
    assert (accounts["country"] == "US").sum() == 8_224
    american = accounts[accounts["country"] == "US"]
    assert (american["match"] != "none").all()
    assert (accounts["match"] == "rooftop").sum() > 9_350
    assert kinds(issues)["duplicate_row"] == 0


def test_the_salesforce_report_becomes_accounts(shared: Path) -> None:
    raw, accounts, issues = load(shared / "accounts" / "salesforce_report_cp1252.csv")
    found = kinds(issues)
    short = raw["Billing Zip/Postal Code"].str.len() == 4
    assert found["zip_padded"] == short.sum() == 108
    assert found["left_out"] == 2
    assert found["encoding_guessed"] == 1
    odd = raw["Annual Revenue"] == "12,5"
    assert found["bad_number"] == odd.sum()
    bracket = raw["Annual Revenue"].str.startswith("(")
    assert found["negative_number"] == bracket.sum() == 63
    assert accounts["revenue"][bracket.to_numpy()].isna().all()
    assert (accounts["match"] != "none").all()
    assert accounts["last_visit"].notna().all()
    assert not accounts["street"].str.contains("\n").any()


def test_the_dynamics_export_shows_its_planted_faults(shared: Path) -> None:
    raw, accounts, issues = load(shared / "accounts" / "dynamics_export.xlsx")
    lat = pd.to_numeric(raw["Address 1: Latitude"])
    lon = pd.to_numeric(raw["Address 1: Longitude"])
    found = kinds(issues)
    assert found["swapped"] == (lat < -50).sum() == 30
    assert found["missing_coordinates"] == ((lat == 0) & (lon == 0)).sum() == 20
    assert found["sign_lost"] == ((lon > 60) & (lat > 0)).sum() == 15
    assert (accounts["match"] != "none").all()
    assert (accounts["match"] == "rooftop").sum() == lat.notna().sum() - 65
    assert np.isfinite(accounts.geometry.x).all()
    assert accounts.geometry.x.max() < -60


def test_formulas_nobody_calculated_are_said_to_read_as_empty(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in [
        ("Name", "ZIP", "Revenue"),
        ("Alpha", "43201", "=1000*2"),
        ("Beta", "43215", 10),
        ("Gamma", "43215", "=B2"),
    ]:
        book.active.append(row)
    path = tmp_path / "book.xlsx"
    book.save(path)
    raw = read_table(path)
    assert raw.attrs["uncalculated"] == 2
    accounts, issues = clean_accounts(raw, suggest_columns(raw))
    assert accounts["revenue"].isna().tolist() == [True, False, True]
    (said,) = [i.message for i in issues if i.kind == "uncalculated"]
    assert said.startswith("2 formulas have no value and read as empty; open the file")
