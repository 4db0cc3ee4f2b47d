"""Reps as people write them, and the fair share of each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InputError, PlanError
from geo.frames import REPS, equal_targets, names
from sales.rep_cells import FULL_TIME_H
from sales.reps import clean_reps, load_share, rep_columns, targets_of


def table(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame({k.replace("_", " "): v for k, v in columns.items()})


def test_reps_are_read_under_the_headings_people_use() -> None:
    raw = pd.DataFrame(
        {
            "Sales Rep": [" Ana Diaz ", "Bo Li"],
            "Home ZIP": ["00501", "43004"],
            "Field_Hours": ["1,400", "700"],
            "Region": ["East", ""],
            "Longitude": ["-83.0", ""],
            "Latitude": ["40.0", ""],
        }
    )
    reps, issues = clean_reps(raw)
    assert issues == []
    assert reps.index.tolist() == ["Ana Diaz", "Bo Li"]
    assert reps["postal_code"].tolist() == ["00501", "43004"]
    assert reps["capacity_h"].tolist() == [1400.0, 700.0]
    assert reps["territory"].tolist() == ["East", ""]
    assert reps.geometry.iloc[0].coords[0] == (-83.0, 40.0)
    assert reps.geometry.iloc[1] is None
    assert reps.crs == "EPSG:4326"
    assert set(names(REPS)[1:]) <= set(reps.columns)


def test_each_heading_serves_one_field() -> None:
    found = rep_columns(["Owner", "Owner ID", "ZIP", "Territory", "Remarks"])
    assert found == {
        "rep_id": "Owner ID",
        "name": "Owner",
        "territory": "Territory",
        "postal_code": "ZIP",
    }


def said(**columns: list[object]) -> dict[tuple[str, int], str]:
    """What clean_reps says about a table, by kind and row."""
    _, issues = clean_reps(table(**columns))
    return {(i.kind, i.row): i.message for i in issues}


def test_hours_of_a_week_and_missing_hours_are_said() -> None:
    raw = table(name=["a", "b", "c"], hours=["40", "", "900"], fte=["", "50 %", "0.5"])
    reps, _ = clean_reps(raw)
    assert reps["capacity_h"].tolist() == [40 * 46, FULL_TIME_H / 2, 900]
    assert reps["fte"].tolist() == [1.0, 0.5, 0.5]
    messages = said(name=["a", "b", "c"], hours=["40", "", "900"])
    assert list(messages) == [("weekly_hours", 1), ("assumed_hours", 2)]
    assert messages["weekly_hours", 1] == (
        "40 hours were taken as a week's: 46 weeks a year."
    )


@pytest.mark.parametrize(
    ("cell", "hours"),
    [("1.400,5", 1400.5), ("1,400.5", 1400.5), ("1400", 1400), ("999,5", 999.5)],
)
def test_numbers_are_read_in_both_spellings(cell: str, hours: float) -> None:
    assert clean_reps(table(name=["a"], hours=[cell]))[0]["capacity_h"].iloc[0] == hours


def test_every_bad_cell_is_an_issue_and_the_rest_goes_on() -> None:
    messages = said(
        name=["a", "a", "", "d"],
        hours=["lots", "-5", "1000", "1000"],
        lat=["95", "40", "40", "40"],
        lon=["-83", "", "-83", "-83"],
        start_date=["01/02/03", "2026-01-31", "", ""],
        day_start=["8:30", "noon", "", "09:15:00"],
        quota=["$1,000", "1e999", "", "-3"],
    )
    assert set(messages) == {
        ("no_name", 3),
        ("bad_number", 1),
        ("bad_number", 2),
        ("bad_number", 4),
        ("assumed_hours", 1),
        ("assumed_hours", 2),
        ("bad_position", 1),
        ("bad_position", 2),
        ("bad_date", 1),
        ("bad_time", 2),
        ("duplicate_id", 2),
    }
    assert messages["bad_time", 2] == (
        "'noon' is no time of day like 08:30; 08:00 was taken."
    )


def test_one_name_twice_is_two_reps_and_said() -> None:
    reps, issues = clean_reps(table(rep=["Ana", "Ana"], hours=["900", "1000"]))
    assert reps.index.tolist() == ["Ana", "Ana (2)"]
    assert [i.kind for i in issues] == ["duplicate_id"]


def test_times_and_dates_are_read() -> None:
    raw = table(name=["a"], hours=["900"], day_start=["8:30"], hired=["2026-01-31"])
    reps, issues = clean_reps(raw)
    assert issues == []
    assert reps["day_start"].tolist() == ["08:30"]
    assert reps["day_end"].tolist() == ["17:00"]
    assert reps["active_from"].iloc[0] == pd.Timestamp("2026-01-31")


def test_cells_of_other_kinds_than_text_are_read() -> None:
    raw = pd.DataFrame({"name": ["a"], "capacity_h": [900.0], "quota": [None]})
    reps, issues = clean_reps(raw)
    assert issues == []
    assert reps["capacity_h"].tolist() == [900.0]


def test_clean_reps_are_read_back_the_same() -> None:
    raw = table(name=["a", "b"], hours=["900", "1000"], territory=["East", ""])
    reps, _ = clean_reps(raw)
    again, issues = clean_reps(
        pd.DataFrame(reps.drop(columns="geometry")).reset_index()
    )
    assert issues == []
    pd.testing.assert_frame_equal(again, reps)


def test_tables_without_reps_are_refused() -> None:
    with pytest.raises(InputError, match="There are no reps"):
        clean_reps(table(name=[]))
    with pytest.raises(InputError, match="No column holds the name of the rep"):
        clean_reps(table(shoe_size=["42"]))
    with pytest.raises(InputError, match="No row names a rep"):
        clean_reps(table(name=["", None]))


def reps_of(**columns: list[object]):
    return clean_reps(table(**columns))[0]


def test_a_half_time_rep_gets_half() -> None:
    reps = reps_of(name=["a", "b"], hours=["1400", "700"], territory=["West", "East"])
    targets = targets_of({"revenue": 300.0}, reps, k=2, tolerance={"revenue": 0.1})
    assert targets.index.tolist() == ["East", "West"]
    assert targets["target_revenue"].tolist() == pytest.approx([100, 200])
    assert targets["lower_revenue"].tolist() == pytest.approx([90, 180])
    assert targets["upper_revenue"].tolist() == pytest.approx([110, 220])
    assert not targets["locked"].any()
    assert targets["home_x"].isna().all()


def test_reps_of_one_territory_put_their_hours_together() -> None:
    reps = reps_of(
        name=["a", "b", "c"], hours=["500", "500", "500"], territory=["E", "E", "W"]
    )
    targets = targets_of({"accounts": 90.0}, reps, k=2, tolerance={"accounts": 0.0})
    assert targets["target_accounts"].tolist() == pytest.approx([60, 30])


def test_territories_without_reps_and_reps_without_territories_get_free_ids() -> None:
    reps = reps_of(name=["a", "b"], hours=["600", "200"], territory=["T01", ""])
    targets = targets_of({"accounts": 12.0}, reps, k=3, tolerance={"accounts": 0.1})
    assert targets.index.tolist() == ["T01", "T02", "T03"]
    assert targets["target_accounts"].tolist() == pytest.approx([6, 2, 4])


def test_homes_come_in_the_crs_of_the_units() -> None:
    reps = reps_of(name=["a"], hours=["900"], lon=["-96"], lat=["40"])
    options = {"k": 1, "tolerance": {"accounts": 0.1}}
    here = targets_of({"accounts": 1.0}, reps, crs="EPSG:5070", **options)
    assert here["home_x"].iloc[0] == pytest.approx(0, abs=1e-6)
    assert here["home_y"].iloc[0] == pytest.approx(1.88e6, rel=0.01)
    assert targets_of({"accounts": 1.0}, reps, **options)["home_x"].isna().all()


def test_without_reps_the_shares_are_equal() -> None:
    totals, tolerance = (
        {"accounts": 90.0, "revenue": 5.0},
        {"accounts": 0.1, "revenue": 1},
    )
    pd.testing.assert_frame_equal(
        targets_of(totals, None, k=12, tolerance=tolerance),
        equal_targets(12, totals, tolerance),
    )


@pytest.mark.parametrize(
    ("k", "tolerance", "message"),
    [
        (0, {"accounts": 0.1}, "0 territories are none. Ask for at least 1."),
        (1, {"accounts": 0.1}, "The reps have 2 territories, the plan has 1"),
        (2, {}, "'accounts' has no tolerance"),
        (2, {"accounts": -0.1}, "'accounts' has no tolerance"),
    ],
)
def test_targets_that_make_no_sense_are_refused(
    k: int, tolerance: dict[str, float], message: str
) -> None:
    reps = reps_of(name=["a", "b"], hours=["900", "900"])
    with pytest.raises(PlanError) as error:
        targets_of({"accounts": 1.0}, reps, k=k, tolerance=tolerance)
    assert message in str(error.value)


def test_reps_without_hours_have_no_fair_share() -> None:
    reps = reps_of(name=["a"], hours=["900"]).assign(capacity_h=0.0)
    with pytest.raises(PlanError, match="No rep has field hours"):
        targets_of({"accounts": 1.0}, reps, k=1, tolerance={"accounts": 0.1})


@given(
    hours=st.lists(st.integers(100, 3000), min_size=1, max_size=12),
    spare=st.integers(0, 5),
    total=st.floats(0, 1e9),
)
@settings(max_examples=25, deadline=None)
def test_fair_shares_add_up_and_follow_the_hours(
    hours: list[int], spare: int, total: float
) -> None:
    reps = reps_of(name=[f"r{i}" for i in range(len(hours))], hours=hours)
    k = len(hours) + spare
    targets = targets_of({"visits": total}, reps, k=k, tolerance={"visits": 0.2})
    assert len(targets) == k
    assert targets["target_visits"].sum() == pytest.approx(total)
    assert (targets["lower_visits"] <= targets["upper_visits"]).all()


def test_load_is_the_share_of_the_hours_a_territory_has() -> None:
    needed = pd.Series({"E": 1310.0, "W": 640.0, "N": 5.0, "S": 5.0})
    shares = load_share(needed, pd.Series({"W": 1000.0, "E": 1000.0, "N": 0.0}))
    assert shares[["E", "W"]].tolist() == [1.31, 0.64]
    assert shares[["N", "S"]].isna().all()
    assert shares.index.equals(needed.index)
    assert np.isfinite(needed).all()
