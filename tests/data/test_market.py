"""Market data on the 3x3 grid: by id, by point, by ZIP, by name; totals are kept."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli import main
from data.boundaries import read_units
from data.market import join, with_market
from geo.contiguity import borders
from geo.errors import InputError
from geo.frames import Accounts, Units
from geo.study import Study, make_study


def table(**columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype="str")


@pytest.fixture
def study(grid: Units, grid_accounts: Accounts) -> Study:
    none = pd.DataFrame({"unit_a": [], "unit_b": [], "distance_m": []})
    return make_study(grid_accounts, grid, borders(grid), none)


def test_rows_are_summed_by_the_id_of_their_unit(grid: Units) -> None:
    raw = table(
        area=["u00", "u22", "u00", "u99"],
        population=["1,000", "20", "5", "7"],
        remark=["a", "b", "c", "d"],
    )
    market = join(raw, grid)
    assert market.joined_by == "unit_id"
    assert list(market.values.columns) == ["population"]
    assert market.values["population"].to_dict() == {
        **dict.fromkeys(grid.index, 0.0),
        "u00": 1005.0,
        "u22": 20.0,
    }
    (issue,) = market.issues
    assert (issue.kind, issue.row, issue.value) == ("unknown_unit", 4, "u99")


def test_a_column_half_of_numbers_is_left_out_and_named(grid: Units) -> None:
    raw = table(area=["u00", "u22", "u01"], people=["1", "2", "3"], n=["5", "x", "y"])
    market = join(raw, grid)
    assert list(market.values.columns) == ["people"]
    (issue,) = market.issues
    assert issue.message == "Only 33% of 'n' are numbers; it is left out."


def test_county_codes_get_their_zeros_back() -> None:
    counties = read_units("county")
    raw = table(fips=["1001", "1003.0", "06037"], jobs=["1", "2", "3"])
    market = join(raw, counties)
    assert market.values.loc[["01001", "01003", "06037"], "jobs"].to_list() == [1, 2, 3]
    assert market.values["jobs"].sum() == 6


def test_points_are_counted_where_they_lie(grid: Units) -> None:
    middles = gpd.GeoSeries(grid.geometry.centroid).to_crs(4326)
    raw = table(
        name=["A", "B", "C"],
        lat=[repr(middles["u11"].y)] * 2 + ["10"],
        lon=[repr(middles["u11"].x)] * 2 + ["10"],
        beds=["5", "6", "7"],
    )
    market = join(raw, grid)
    assert market.joined_by == "points"
    assert market.values.loc["u11"].to_dict() == {"beds": 11.0, "count": 2.0}
    assert market.values.to_numpy().sum() == 13
    assert [issue.row for issue in market.issues] == [3]


def test_zips_and_names_find_their_county() -> None:
    counties = read_units("county")
    by_zip = join(
        table(zip=["02139", "2138", "90210"], people=["1", "2", "4"]), counties
    )
    assert by_zip.joined_by == "ZIP"
    assert by_zip.values.loc["25017", "people"] == 3
    assert by_zip.values.loc["06037", "people"] == 4
    raw = table(county=["Middlesex", "LOS ANGELES COUNTY"], state=["MA", "California"])
    by_name = join(raw.assign(people=["1", "2"]), counties)
    assert by_name.joined_by == "name"
    assert by_name.values.loc[["25017", "06037"], "people"].to_list() == [1, 2]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 10**6)), min_size=1))
def test_totals_are_kept(rows: list[tuple[int, int]]) -> None:
    ids = [f"u{i // 3}{i % 3}" for i in range(9)]
    units = gpd.GeoDataFrame(index=pd.Index(ids), geometry=[None] * 9, crs=5070)
    raw = table(area=[ids[i] for i, _ in rows], n=[str(n) for _, n in rows])
    assert join(raw, units).values["n"].sum() == sum(n for _, n in rows)


def test_numbers_below_zero_and_text_are_in_no_sum(grid: Units) -> None:
    ids = list(grid.index)
    raw = table(area=ids, n=["1", "-5", "x", *["1"] * 6])
    market = join(raw, grid)
    assert market.values["n"].sum() == 7
    assert [issue.value for issue in market.issues] == ["-5", "x"]


def test_market_numbers_become_a_measure_of_the_ground(
    study: Study, grid: Units
) -> None:
    raw = table(area=["u00", "u22"], population=["30", "70"])
    more = with_market(study, join(raw, grid))
    assert more.table.measures[-1] == "population"
    assert more.table.loads[:, -1].tolist() == [30, 0, 0, 0, 0, 0, 0, 0, 70]
    assert more.account_loads[:, -1].sum() == 0
    np.testing.assert_array_equal(more.table.loads[:, :-1], study.table.loads)
    assert "population" not in study.table.measures


def test_what_cannot_be_joined_is_refused(study: Study, grid: Units) -> None:
    with pytest.raises(InputError) as refusal:
        join(table(remark=["x"], n=["1"]), grid)
    assert str(refusal.value) == (
        "No column says which area a row is about. "
        "Add a column of county codes or ZIPs, or lat and lon."
    )
    with pytest.raises(InputError, match=r"No column holds numbers\. Add a column of"):
        join(table(area=["u00"], remark=["x"]), grid)
    with pytest.raises(InputError, match="'revenue' is a measure or a property of"):
        with_market(study, join(table(area=["u00"], revenue=["1"]), grid))
    other = join(table(area=["u00"], n=["1"]), grid.iloc[::-1])
    with pytest.raises(InputError, match="The market data are of other units"):
        with_market(study, other)


def test_design_balances_a_market_measure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counties = read_units("county")
    iowa = counties[counties["state"] == "IA"]
    middles = iowa.geometry.representative_point().to_crs(4326)
    accounts = pd.DataFrame(
        {"id": [f"a{i}" for i in iowa.index], "lat": middles.y, "lon": middles.x}
    )
    accounts.to_csv(tmp_path / "a.csv", index=False)
    pd.DataFrame({"fips": iowa.index, "people": 100}).to_csv(
        tmp_path / "m.csv", index=False
    )
    words = ["design", str(tmp_path / "a.csv"), "--territories", "3", "--json"]
    words += ["--market", str(tmp_path / "m.csv"), "--measure", "people:0.2"]
    words += ["--seconds", "5", "--out", str(tmp_path / "p.geojson")]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["feasible"]
    assert found["worst_deviation"]["people"] <= 0.2
    words = ["score", str(tmp_path / "p.geojson")]
    words += ["--accounts", str(tmp_path / "a.csv")]
    assert main([*words, "--market", str(tmp_path / "m.csv"), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["worst_deviation"] == pytest.approx(found["worst_deviation"])
