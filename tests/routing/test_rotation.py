"""A call rotation keeps its promises: frequency, hours, spacing, days, sums."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InputError
from routing.engine import StraightLine
from routing.rotation import Rotation, rotate
from routing.rules import RotationRules
from tests.routing.reps import MONDAY, accounts, rep, scattered

ENGINE = StraightLine()
QUICK = RotationRules(rounds=40)


def make(table, who=None, *, weeks: int = 4, rules: RotationRules = QUICK) -> Rotation:
    who = rep() if who is None else who
    return rotate(table, who, weeks=weeks, start=MONDAY, engine=ENGINE, rules=rules)


def gaps(made: Rotation) -> dict[str, list[int]]:
    """Days between the visits of each account."""
    dates = made.stops.groupby("account_id")["date"]
    return {a: d.sort_values().diff().dt.days.dropna().tolist() for a, d in dates}


def test_a_weekly_account_is_visited_each_week_on_the_same_day() -> None:
    made = make(accounts([(0.1, 60.0)], visits=52.0))
    assert len(made.stops) == 4
    assert gaps(made) == {"a00": [7, 7, 7]}
    assert made.missed.empty


def test_accounts_in_two_directions_get_days_of_their_own() -> None:
    """Five in the east, five in the west, each a day's work."""
    east = [(0.6 + i / 100, 60.0) for i in range(5)]
    west = [(-0.6 - i / 100, 60.0) for i in range(5)]
    made = make(accounts(east + west, visit_min=60.0))
    sides = made.stops["account_id"].str[1:].astype(int) >= 5
    assert made.stops.groupby("date").size().tolist() == [5, 5]
    assert (sides.groupby(made.stops["date"]).nunique() == 1).all()


def test_mileage_is_the_sum_of_the_legs_and_ways_home() -> None:
    made = make(accounts([(0.2, 60.0)]))
    (row,) = made.stops.to_dict("records")
    there = ENGINE.matrix(np.array([[0.0, 60.0]]), np.array([[0.2, 60.0]]))
    assert row["drive_m"] == pytest.approx(there.drive_m[0, 0])
    assert row["back_m"] == pytest.approx(there.drive_m[0, 0])
    assert made.drive_m == pytest.approx(2 * there.drive_m[0, 0])
    assert made.hours["drive_h"].sum() == pytest.approx(made.drive_s / 3600)


def test_lunch_is_taken_and_the_day_ends_in_time() -> None:
    made = make(accounts([(0.05, 60.0)] * 8, visit_min=60.0))
    (day,) = set(made.stops["date"])
    begun = made.stops["leave"] - pd.to_timedelta(made.stops["visit_s"], unit="s")
    waits = begun - made.stops["leave"].shift()
    long = waits[waits > pd.Timedelta(minutes=29)]
    assert len(long) == 1
    before = made.stops["leave"].shift()[long.index[0]]
    assert before <= day + pd.Timedelta(hours=13)
    assert made.stops["leave"].max() <= day + pd.Timedelta(hours=17)


def test_no_visit_falls_on_a_holiday_a_day_off_or_outside_employment() -> None:
    closed = {MONDAY + dt.timedelta(days=i) for i in (0, 1, 8, 9)}
    rules = RotationRules(
        holidays={min(closed)}, days_off=closed - {min(closed)}, rounds=40
    )
    who = rep(active_to=pd.Timestamp(MONDAY + dt.timedelta(days=20)))
    made = make(scattered(20, seed=1), who, rules=rules)
    days = {stamp.date() for stamp in made.stops["date"]}
    assert days
    assert not days & closed
    assert max(days) <= MONDAY + dt.timedelta(days=20)


def test_liked_days_come_from_the_column_and_from_a_rule() -> None:
    table = accounts([(0.1, 60.0)] * 4, visits=[52.0, 26.0, 13.0, 13.0])
    table["weekdays"] = ["Tue", "Thu; Fri", "", ""]
    table["customer_type"] = ["", "", "Hospital", ""]
    rules = RotationRules(prefer={("customer_type", "hospital"): frozenset({2})})
    made = make(table, rules=rules)
    days = made.stops.groupby("account_id")["date"].agg(lambda d: set(d.dt.day_of_week))
    assert days["a00"] == {1}
    assert days["a01"] <= {3, 4}
    assert days["a02"] == {2}


def test_a_day_that_is_none_is_refused() -> None:
    table = accounts([(0.1, 60.0)], weekdays=["Someday"])
    with pytest.raises(InputError, match="'Someday' is no day of the week"):
        make(table)


def test_the_longest_overdue_come_first() -> None:
    last = pd.Timestamp(MONDAY) - pd.to_timedelta([10, 60, 40, 300], unit="D")
    table = accounts([(0.1, 60.0), (0.1, 60.0), (-0.1, 60.0), (0, 59.9)])
    made = make(table.assign(visits=[13.0, 13.0, 13.0, 4.0], last_visit=last))
    first = made.stops.groupby("account_id")["date"].min().sort_values()
    assert set(first[first == first.min()].index) >= {"a01", "a03"}
    assert first["a00"] > first["a01"]


def test_seldom_visited_accounts_take_turns() -> None:
    """Thirteen accounts, four visits a year: a third of them in four weeks."""
    made = make(accounts([(0.05, 60.0)] * 13, visits=4.0))
    assert len(made.stops) == 4
    assert made.missed.empty


def test_what_does_not_fit_is_listed_with_what_would_help() -> None:
    table = accounts(
        [(0.01, 60.0)] * 3 + [(9.0, 60.0), (float("nan"), 60.0)],
        visit_min=[600.0, 480.0, 480.0, 30.0, 30.0],
    )
    rules = RotationRules(
        holidays={MONDAY + dt.timedelta(days=i) for i in range(1, 28)}, rounds=40
    )
    missed = make(table, rules=rules).missed.set_index("account_id")
    assert missed["why"].to_dict() == {
        "a00": "the visit is longer than a day",
        "a02": "the days are full",
        "a03": "there and back is longer than a day",
        "a04": "it has no place on the map",
    }
    assert "more hours a week" in missed.loc["a02", "mend"]
    assert "minutes longer on 30 Nov" in missed.loc["a02", "mend"]
    assert missed.loc["a04", "mend"] == "its address or coordinates"


def test_part_of_the_visits_is_better_than_none() -> None:
    rules = RotationRules(
        holidays={MONDAY + dt.timedelta(days=i) for i in range(14)}, rounds=40
    )
    made = make(accounts([(0.1, 60.0)], visits=52.0), rules=rules)
    (row,) = made.missed.to_dict("records")
    assert (row["wanted"], row["planned"]) == (4, len(made.stops))
    assert 2 <= len(made.stops) < 4


def test_leads_get_their_share_of_the_hours() -> None:
    table = accounts([(0.1 + i / 1000, 60.0) for i in range(60)], visit_min=60.0)
    table["stage"] = ["lead"] * 30 + ["customer"] * 30
    made = make(table, rules=RotationRules(rounds=40, lead_share=0.1))
    stage = table["stage"].reindex(made.stops["account_id"])
    lead_h = made.stops["visit_s"][(stage == "lead").to_numpy()].sum() / 3600
    available_h = made.hours["available_h"].sum()
    assert 0.8 * 0.1 * available_h <= lead_h <= 0.1 * available_h
    assert (stage == "customer").sum() == 30
    assert set(made.missed["why"]) == {"leads get 10% of the hours"}


def test_field_hours_of_the_year_bind_a_part_timer() -> None:
    who = rep(capacity_h=704.0)
    made = make(scattered(100, seed=3), who)
    used = (made.hours["visit_h"] + made.hours["drive_h"]).sum()
    assert used <= 704 / 0.8 * 20 / 220 + 1e-6
    assert "the rep's field hours are used up" in set(made.missed["why"])


def test_a_rep_without_accounts_or_days_has_an_empty_calendar() -> None:
    assert make(accounts([])).stops.empty
    over = rep(active_to=pd.Timestamp(MONDAY) - pd.Timedelta(days=1))
    made = make(accounts([(0.1, 60.0)]), over)
    assert made.stops.empty
    assert made.missed["why"].tolist() == ["the rep works on no day of these weeks"]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"weeks": 0}, "A calendar of 0 weeks cannot be drawn up. Ask for 4 to 12."),
        (
            {"rep": rep(day_start="17:00", day_end="08:00")},
            r"The day of Rita Rep ends before it begins \(17:00 to 08:00\)",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(said: dict[str, object], text: str) -> None:
    asked = {"rep": rep(), "weeks": 4} | said
    with pytest.raises(InputError, match=text):
        rotate(
            accounts([(0.1, 60.0)]),
            asked["rep"],
            weeks=asked["weeks"],
            start=MONDAY,
            engine=ENGINE,
        )


def test_a_search_can_be_broken_off() -> None:
    told: list[float] = []
    made = rotate(
        scattered(30, seed=2),
        rep(),
        weeks=4,
        start=MONDAY,
        engine=ENGINE,
        rules=RotationRules(rounds=10**9),
        report=lambda _step, share: told.append(share),
        stop=lambda: len(told) > 5,
    )
    assert len(made.stops) > 0
    assert len(told) == 6


@settings(deadline=None, max_examples=12)
@given(
    n=st.integers(1, 40),
    seed=st.integers(0, 10**6),
    reach=st.sampled_from([0.05, 0.5, 2.0]),
    hours=st.sampled_from(["17:00", "12:00"]),
    closed=st.sets(st.integers(0, 27), max_size=6),
)
def test_laws_of_a_calendar(
    n: int, seed: int, reach: float, hours: str, closed: set[int]
) -> None:
    table, who = scattered(n, seed=seed, reach=reach), rep(day_end=hours)
    holidays = {MONDAY + dt.timedelta(days=i) for i in closed}
    rules = RotationRules(rounds=25, holidays=holidays, seed=seed)
    made = make(table, who, rules=rules)
    # frequency: exact for each account, or listed
    planned = made.stops["account_id"].value_counts().reindex(table.index).fillna(0)
    wanted = (table["visits"] * 4 / 52).round()
    listed = made.missed.set_index("account_id")
    assert set(table.index[planned != wanted]) == set(listed.index)
    assert (planned[listed.index] == listed["planned"]).all()
    assert (wanted[listed.index] == listed["wanted"]).all()
    # no day over its hours, none closed, no account twice a day
    day = made.stops.groupby("date")
    limit_s = (4 if hours == "12:00" else 8.5) * 3600
    work_s = day["visit_s"].sum() + day["drive_s"].sum() + day["back_s"].sum()
    assert (work_s <= limit_s + 1e-3).all()
    back = made.stops["leave"] + pd.to_timedelta(made.stops["back_s"], unit="s")
    assert (back <= made.stops["date"] + pd.Timedelta(f"{hours}:01")).all()
    dates = {stamp.date() for stamp in made.stops["date"]}
    assert not dates & holidays
    assert all(date.weekday() < 5 for date in dates)
    assert not made.stops.duplicated(["date", "account_id"]).any()
    # spacing, at least half the interval; at most one and a half unless listed
    for account, days in gaps(made).items():
        interval = 364 / table.loc[account, "visits"]
        assert all(gap >= interval / 2 for gap in days)
        assert account in listed.index or all(gap <= 1.5 * interval for gap in days)
    # the same seed gives the same calendar, whatever the order of the rows
    again = make(table.iloc[::-1], who, rules=rules)
    pd.testing.assert_frame_equal(made.stops, again.stops)


def apart() -> pd.DataFrame:
    """Ten accounts near home and six more than two hours away from it."""
    near = [(i / 50, 60.0) for i in range(10)]
    far = [(3.4 + i / 50, 60.5) for i in range(6)]
    return accounts(near + far, visit_min=60.0)


def test_a_night_away_saves_the_way_and_is_spent_near_an_account() -> None:
    home = make(apart(), rules=RotationRules(rounds=400))
    away = make(apart(), rules=RotationRules(rounds=400, nights=1))
    assert home.missed.empty
    assert away.missed.empty
    nights = int(away.hours["nights"].sum())
    assert home.hours["nights"].sum() == 0
    assert nights > 0
    assert away.drive_s + nights * 7200 < home.drive_s
    stops = away.stops
    ends = stops[stops["overnight"] != ""]
    assert len(ends) == nights
    for _, last in ends.iterrows():
        there = apart().geometry[last["overnight"]]
        assert there.x > 3
        morning = stops[stops["date"] == last["date"] + pd.Timedelta(days=1)]
        first = morning.sort_values("sequence").iloc[0]
        point = apart().geometry[first["account_id"]]
        way = ENGINE.matrix(np.array([[there.x, there.y]]), [[point.x, point.y]])
        assert first["drive_s"] == pytest.approx(way.drive_s[0, 0], abs=0.01)


def test_what_no_day_reaches_is_reached_with_a_night_and_says_so() -> None:
    table = accounts([(0.1, 60.0)] * 4 + [(7.0, 60.0)], visit_min=30.0)
    missed = make(table).missed.set_index("account_id")
    assert missed.loc["a04", "mend"].startswith("a night away, or ")
    rules = RotationRules(rounds=400, nights=1)
    made = make(table, rules=rules)
    assert made.missed.empty
    assert made.hours["nights"].sum() == 1


def test_nights_are_never_spent_over_a_weekend_nor_too_many_in_a_row() -> None:
    table = accounts([(4.0 + i / 50, 60.5) for i in range(24)], visit_min=120.0)
    made = make(table, rules=RotationRules(rounds=300, nights=2))
    dates = made.stops.loc[made.stops["overnight"] != "", "date"].sort_values()
    assert len(dates)
    assert (dates.dt.day_of_week < 4).all()
    days = set(dates)
    for date in dates:
        run = [date + pd.Timedelta(days=i) in days for i in range(3)]
        assert not all(run)


def test_opening_hours_and_lunch_are_kept_each_day() -> None:
    table = accounts([(i / 30 - 0.2, 60.0) for i in range(12)], visits=52.0)
    table["open"] = ["", "13:00", "9:00;14:00"] * 4
    table["close"] = ["10:00", "", "10:00;15:00"] * 4
    made = make(table)
    assert made.missed.empty
    begun = made.stops["leave"] - pd.to_timedelta(made.stops["visit_s"], unit="s")
    hour = (begun - made.stops["date"]).dt.total_seconds() / 3600
    kind = made.stops["account_id"].str[1:].astype(int) % 3
    assert (hour[kind == 0] <= 10).all()
    assert (hour[kind == 1] >= 13).all()
    twice = hour[kind == 2]
    assert (twice.between(9, 10) | twice.between(14, 15)).all()


def test_an_account_open_only_at_night_is_missed_with_the_reason() -> None:
    table = accounts([(0.1, 60.0), (0.2, 60.0)])
    table["open"], table["close"] = ["", "20:00"], ["", "22:00"]
    (row,) = make(table).missed.to_dict("records")
    assert row["account_id"] == "a01"
    assert "the day ends 17:00" in row["why"]
    assert row["mend"] == "other opening hours, or a day with fewer visits"
    with pytest.raises(InputError, match="'late' is no time of day"):
        make(table.assign(open=["", "late"]))
