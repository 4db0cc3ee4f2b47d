"""A day of due accounts: near each other, no more than fit."""

from __future__ import annotations

from itertools import pairwise

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from routing.engine import StraightLine
from routing.suggest import CALL_S, LATEST, NEAREST, candidates, choose_day, worth

NAN = np.nan
HOME = (0.0, 0.0)


def test_what_is_late_is_worth_more_and_what_is_not_due_nothing() -> None:
    value = worth(np.array([-30.0, -7.0, 0.0, NAN, 20.0, 500.0]))
    assert value.tolist() == [0.0, 1.0, 8.0, 8.0, 28.0, 68.0]


def test_only_due_accounts_on_the_map_are_considered_the_latest_first() -> None:
    due = np.array([-30.0, 2.0, 40.0, NAN, -3.0])
    lonlat = np.array([[0, 0], [0.3, 0], [0.0, 0], [0.1, 0], [NAN, 0]])
    assert candidates(due, lonlat, HOME).tolist() == [2, 1, 3]
    assert candidates(np.array([-30.0]), lonlat[:1], HOME).tolist() == []
    spread = np.column_stack([np.arange(200.0) / 100, np.zeros(200)])
    many = candidates(np.arange(200.0) % 59, spread, HOME)
    assert LATEST <= len(many) <= LATEST + NEAREST
    assert set(range(NEAREST)) <= set(many.tolist())  # those nearest to home


def test_a_full_day_nearby_beats_one_late_account_far_away() -> None:
    """Home and four accounts on a line, ten minutes apart; the last, late, far off."""
    x = np.array([0, 1, 2, 3, 20])
    drive_s = 600.0 * np.abs(x[:, None] - x[None, :])
    value = np.array([13.0, 13.0, 13.0, 30.0])
    visit_s = np.full(4, 1800.0)
    chosen = choose_day(value, visit_s, drive_s, hours_s=7 * 3600, most=9)
    assert sorted(chosen.tolist()) == [0, 1, 2]
    assert sorted(choose_day(value, visit_s, drive_s, hours_s=1e6, most=9)) == [
        *range(4)
    ]
    assert len(choose_day(value, visit_s, drive_s, hours_s=1e6, most=2)) == 2
    assert len(choose_day(value, visit_s, drive_s, hours_s=60, most=9)) == 0
    none = np.zeros(0)
    assert len(choose_day(none, none, np.zeros((1, 1)), hours_s=1e6, most=9)) == 0


def test_what_cannot_be_reached_is_left_out() -> None:
    drive_s = np.array([[0.0, NAN, 60.0], [NAN, 0.0, NAN], [60.0, NAN, 0.0]])
    chosen = choose_day(np.ones(2), np.zeros(2), drive_s, hours_s=1e6, most=9)
    assert chosen.tolist() == [1]


@given(
    st.integers(0, 25), st.integers(1, 12), st.floats(600, 40_000), st.integers(0, 9)
)
@settings(max_examples=40, deadline=None)
def test_no_day_is_over_its_hours(n: int, most: int, hours_s: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = rng.normal(scale=0.3, size=(n + 1, 2))
    drive_s = StraightLine().matrix(places, places).drive_s
    visit_s = rng.uniform(300, 5400, n)
    value = worth(rng.normal(0, 20, n))
    rows = choose_day(value, visit_s, drive_s, hours_s=hours_s, most=most)
    assert len(set(rows.tolist())) == len(rows) <= most
    way = [0, *(rows + 1), 0]
    spent = sum(drive_s[a, b] for a, b in pairwise(way))
    if len(rows):
        assert spent + visit_s[rows].sum() + CALL_S * len(rows) <= hours_s + 1e-6
