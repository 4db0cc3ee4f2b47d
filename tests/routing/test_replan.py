"""After lost days a calendar moves what lay on them, and nothing else if it can."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InputError
from routing.engine import StraightLine
from routing.replan import moved, replan
from routing.rotation import Rotation, rotate
from routing.rules import RotationRules
from tests.routing.reps import MONDAY, accounts, rep, scattered

ENGINE = StraightLine()
RULES = RotationRules(rounds=150)


def made(table, *, rules: RotationRules = RULES) -> Rotation:
    return rotate(table, rep(), weeks=4, start=MONDAY, engine=ENGINE, rules=rules)


def again(before, table, lost: list[dt.date], *, since=None, rules=RULES) -> Rotation:
    off = replace(rules, days_off={*rules.days_off, *lost})
    return replan(
        before,
        table,
        rep(),
        weeks=4,
        start=MONDAY,
        since=since or min(lost),
        engine=ENGINE,
        rules=off,
    )


def test_only_the_visits_of_the_sick_day_move_and_other_days_stay_as_they_are() -> None:
    table = scattered(40, seed=3)
    first = made(table)
    sick = first.stops["date"].iloc[len(first.stops) // 2].date()
    after = again(first.stops, table, [sick])
    lost = first.stops[first.stops["date"] == pd.Timestamp(sick)]
    changes = moved(first.stops, after.stops)
    assert len(lost) > 2
    assert after.missed.empty
    assert len(changes) == len(lost)
    assert set(changes["account_id"]) == set(lost["account_id"])
    assert (changes["was"] == pd.Timestamp(sick)).all()
    assert (changes["now"] > pd.Timestamp(sick)).all()
    gained = set(changes["now"]) | {pd.Timestamp(sick)}
    same = ~first.stops["date"].isin(gained)
    kept = after.stops[~after.stops["date"].isin(gained)]
    pd.testing.assert_frame_equal(
        kept.reset_index(drop=True), first.stops[same].reset_index(drop=True)
    )


def on(table, *days: int) -> Rotation:
    """A calendar in which only these days, counted from the start, are worked."""
    off = {MONDAY + dt.timedelta(days=i) for i in range(28)} - {
        MONDAY + dt.timedelta(days=i) for i in days
    }
    return made(table, rules=replace(RULES, days_off=frozenset(off)))


def test_a_visit_makes_room_only_where_no_day_has_any() -> None:
    """The long visit fits on no day; one short visit goes elsewhere for it."""
    table = accounts([(0.01 + i / 1000, 60.0) for i in range(4)], visits=13.0)
    table["visit_min"] = [400.0, 100.0, 60.0, 300.0]
    parts = [
        on(table.iloc[:1], 1).stops,
        on(table.iloc[1:3], 8).stops,
        on(table.iloc[3:], 9).stops,
    ]
    before = pd.concat(parts, ignore_index=True)
    worked = {MONDAY + dt.timedelta(days=i) for i in (8, 9)}
    days = {MONDAY + dt.timedelta(days=i) for i in range(28)}
    after = again(before, table, sorted(days - worked), since=MONDAY)
    changes = moved(before, after.stops).set_index("account_id")
    assert after.missed.empty
    assert changes.loc["a00", "was"].day == 1
    (other,) = set(changes.index) - {"a00"}
    days_now = changes["now"].dt.day
    assert {days_now["a00"], days_now[other]} == {8, 9}
    assert changes.loc[other, "was"].day == days_now["a00"]


def test_what_finds_no_day_is_listed() -> None:
    table = accounts([(0.05, 60.0)] * 8, visit_min=400.0)
    off = {MONDAY + dt.timedelta(days=i) for i in range(28) if i % 7 > 1}
    rules = replace(RULES, days_off=frozenset(off))
    first = made(table, rules=rules)
    sick = MONDAY + dt.timedelta(days=7)
    after = again(first.stops, table, [sick], rules=rules)
    (row,) = after.missed.to_dict("records")
    assert (row["wanted"], row["planned"]) == (1, 0)
    assert row["why"] == "the days that are left are full"
    assert moved(first.stops, after.stops)["now"].isna().all()


def test_a_broken_trip_comes_home_and_its_far_visits_are_planned_anew() -> None:
    near = [(i / 50, 60.0) for i in range(6)]
    far = [(3.4 + i / 50, 60.5) for i in range(6)]
    table = accounts(near + far, visit_min=60.0)
    rules = RotationRules(rounds=400, nights=1)
    first = made(table, rules=rules)
    night = first.stops.loc[first.stops["overnight"] != "", "date"].iloc[0]
    sick = (night + pd.Timedelta(days=1)).date()
    after = again(first.stops, table, [sick], since=MONDAY, rules=rules)
    stops = after.stops.assign(
        s=after.stops[["visit_s", "drive_s", "back_s"]].sum(axis=1)
    )
    assert (stops.groupby("date")["s"].sum() <= 8.5 * 3600 + 1).all()
    assert not (stops["date"] == pd.Timestamp(sick)).any()
    assert not ((stops["date"] == night) & (stops["overnight"] != "")).any()
    assert len(stops) + (after.missed["wanted"] - after.missed["planned"]).sum() == 12


def test_an_account_that_has_gone_and_a_strange_calendar() -> None:
    table = scattered(12, seed=5)
    first = made(table)
    sick = first.stops["date"].iloc[0].date()
    after = again(first.stops, table.iloc[1:], [sick])
    assert "a00" not in set(after.stops["account_id"])
    (row,) = after.missed.to_dict("records")
    assert row["why"] == "it is no account of the rep any more"
    with pytest.raises(InputError, match="The calendar is of R2, not of R1"):
        again(first.stops.assign(rep_id="R2"), table, [sick])


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 500), k=st.integers(0, 19), past=st.booleans())
def test_laws_of_a_new_calendar(seed: int, k: int, past: bool) -> None:
    """Past stays, hours hold, visits are kept or listed, few move."""
    table = scattered(18, seed=seed)
    first = made(table, rules=RotationRules(rounds=30))
    sick = MONDAY + dt.timedelta(days=7 * (k // 5) + k % 5)
    since = sick + dt.timedelta(days=int(past))
    after = again(first.stops, table, [sick], since=since)
    then = after.stops["date"] < pd.Timestamp(sick)
    pd.testing.assert_frame_equal(
        after.stops[then].reset_index(drop=True),
        first.stops[first.stops["date"] < pd.Timestamp(sick)].reset_index(drop=True),
    )
    s = after.stops[["visit_s", "drive_s", "back_s"]].sum(axis=1)
    assert (s.groupby(after.stops["date"]).sum() <= 8.5 * 3600 + 1).all()
    assert not (after.stops["date"] == pd.Timestamp(sick)).any()
    short = after.missed.set_index("account_id")
    lacking = int((short["wanted"] - short["planned"]).sum())
    assert len(after.stops) + lacking == len(first.stops)
    lost = int((first.stops["date"] == pd.Timestamp(sick)).sum())
    changes = moved(first.stops, after.stops)
    assert lost <= len(changes) <= 2 * lost
    assert not after.stops.duplicated(["account_id", "date"]).any()
    assert np.isfinite(after.drive_s)
