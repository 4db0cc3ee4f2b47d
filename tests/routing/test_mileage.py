"""Miles are the sum of legs; money is miles by the rate of their day."""

from __future__ import annotations

import datetime as dt

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from geo.errors import InputError
from geo.frames import STOPS, TRIPS, names
from routing.mileage import (
    IRS,
    METRES_PER_MILE,
    Rate,
    against_plan,
    expenses,
    fixed,
    no_trips,
    per_mile,
    planned_trips,
)


def calendar(*rows: tuple[str, str, int, str, float]) -> pd.DataFrame:
    """Stops from (rep, day, sequence, account, miles driven to it)."""
    made = [
        (rep, pd.Timestamp(day), n, account, pd.NaT, 60.0, miles * METRES_PER_MILE, 0)
        for rep, day, n, account, miles in rows
    ]
    return pd.DataFrame(made, columns=names(STOPS)[: len(made[0])])


def trips(*rows: tuple[str, str, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["rep_id", "date", "miles"])
    table["date"] = pd.to_datetime(table["date"])
    table = table.assign(
        territory="", tolls=0.0, nights=0.0, lodging=np.nan, estimated=False
    )
    return table[names(TRIPS)]


def test_a_day_is_the_sum_of_its_legs_the_way_home_included() -> None:
    stops = calendar(
        ("R1", "2026-03-02", 1, "a", 10.0),
        ("R1", "2026-03-02", 2, "b", 5.0),
        ("R1", "2026-03-02", 3, "", 12.0),
        ("R1", "2026-03-03", 1, "a", 10.0),
    )
    found = planned_trips(stops)
    assert found["miles"].tolist() == pytest.approx([27.0, 10.0])
    assert found["territory"].tolist() == ["", ""]
    split = planned_trips(stops, territories={"a": "North", "b": "South"})
    assert split[["territory", "miles"]].values.tolist() == [
        ["North", pytest.approx(10.0)],
        ["South", pytest.approx(17.0)],  # the way home counts for the last account
        ["North", pytest.approx(10.0)],
    ]
    back = stops[stops["account_id"] != ""].assign(back_m=[0, 12 * METRES_PER_MILE, 0])
    pd.testing.assert_frame_equal(planned_trips(back), found)
    assert list(found.columns) == names(TRIPS)
    assert planned_trips(stops.head(0)).columns.tolist() == names(TRIPS)


def test_a_night_away_is_counted_once_a_day() -> None:
    stops = calendar(
        ("R1", "2026-03-02", 1, "a", 100.0),
        ("R1", "2026-03-02", 2, "b", 5.0),
        ("R1", "2026-03-03", 1, "c", 90.0),
    ).assign(overnight=["", "b", ""])
    found = planned_trips(stops, territories={"a": "N", "b": "S", "c": "N"})
    assert found["nights"].tolist() == [0.0, 1.0, 0.0]
    paid = expenses(found, rates=fixed(1.0), night=110.0)
    assert paid["lodging"].sum() == 110.0
    assert paid["expense"].sum() == 195.0 + 110.0


def test_a_rate_that_changes_inside_a_month_counts_by_date() -> None:
    rates = (
        Rate(dt.date(2022, 1, 1), 0.585, "old"),
        Rate(dt.date(2022, 6, 16), 0.625, "new"),
    )
    log = trips(
        ("R1", "2022-06-15", 100.0),
        ("R1", "2022-06-16", 100.0),
        ("R2", "2022-06-30", 8.0),
    )
    paid = expenses(log, rates=rates, night=0.0)
    assert paid[["rep_id", "month", "per_mile", "mileage"]].values.tolist() == [
        ["R1", "2022-06", 0.585, 58.5],
        ["R1", "2022-06", 0.625, 62.5],
        ["R2", "2022-06", 0.625, 5.0],
    ]


@pytest.mark.parametrize(
    ("day", "cents"),
    [
        *(("2022-06-30", 58.5), ("2022-07-01", 62.5), ("2023-01-01", 65.5)),
        *(("2024-12-31", 67.0), ("2025-01-01", 70.0), ("2026-11-23", 72.5)),
    ],
)
def test_the_rates_of_the_irs_by_date(day: str, cents: float) -> None:
    days = pd.Series(pd.to_datetime([day]))
    assert per_mile(days, IRS).iloc[0] * 100 == pytest.approx(cents)


def test_a_day_before_every_rate_is_refused() -> None:
    with pytest.raises(InputError) as refusal:
        expenses(trips(("R1", "2021-12-31", 1.0)), rates=IRS, night=0.0)
    assert str(refusal.value) == (
        "No rate a mile is known for 2021-12-31. "
        "Add one that begins on that day or before."
    )
    with pytest.raises(InputError, match=r"-1 is no rate a mile\. Give 0\.725\."):
        fixed(-1)


def test_plan_against_actual_has_a_row_for_what_either_has() -> None:
    plan = expenses(
        trips(("R1", "2026-03-02", 100.0), ("R1", "2026-04-01", 50.0)),
        rates=IRS,
        night=0.0,
    )
    actual = expenses(
        trips(("R1", "2026-03-05", 110.0), ("R2", "2026-03-05", 7.0)),
        rates=IRS,
        night=0.0,
    )
    rows = against_plan(plan, actual).set_index(["rep_id", "month"])
    assert rows.at[("R1", "2026-03"), "share"] == pytest.approx(0.10)
    assert rows.at[("R1", "2026-03"), "difference_expense"] == pytest.approx(7.25)
    assert rows.at[("R1", "2026-04"), "actual_miles"] == 0
    assert np.isnan(rows.at[("R2", "2026-03"), "share"])


legs = st.tuples(
    st.sampled_from(["R1", "R2"]),
    st.integers(0, 70),
    st.integers(1, 9),
    st.sampled_from(["a", "b", "c", ""]),
    st.floats(0, 500),
)


@given(st.lists(legs, min_size=1, max_size=30), st.floats(0, 3))
@settings(max_examples=60, deadline=None)
def test_no_mile_is_lost_and_none_is_made(
    rows: list[tuple[str, int, int, str, float]], rate: float
) -> None:
    start = dt.date(2026, 1, 20)
    stops = calendar(
        *(
            (rep, str(start + dt.timedelta(days=day)), n, account, miles)
            for rep, day, n, account, miles in rows
        )
    )
    found = planned_trips(stops, territories={"a": "N", "b": "S"})
    assert found["miles"].sum() == pytest.approx(sum(row[4] for row in rows))
    paid = expenses(found, rates=fixed(rate), night=0.0)
    assert paid["miles"].sum() == pytest.approx(found["miles"].sum())
    exact = found["miles"].sum() * rate
    assert paid["expense"].sum() == pytest.approx(exact, abs=0.005 * len(paid) + 1e-6)
    compared = against_plan(paid, expenses(no_trips(), rates=fixed(rate), night=0.0))
    assert compared["planned_miles"].sum() == pytest.approx(found["miles"].sum())
    assert (compared["actual_miles"] == 0).all()
