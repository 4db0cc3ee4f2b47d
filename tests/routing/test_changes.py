"""Changes to a day give a new list, and the day is timed again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InputError
from routing.changes import added, at_time, known_times, moved, without
from routing.day import Day, Stop
from routing.engine import TravelMatrix
from routing.order import best_day, timed
from tests.routing.days import HOME, HOUR, Crow, Street, days, stop

LONG = Day(return_by_s=None, lunch_s=0.0)
THREE = [stop("a", 0.25), stop("b", 0.5), stop("c", 0.75)]


def ids(stops: list[Stop]) -> str:
    return "".join(stop.stop_id for stop in stops)


def test_stops_move_and_leave() -> None:
    assert ids(moved(THREE, "a", 2)) == "bca"
    assert ids(moved(THREE, "c", 0)) == "cab"
    assert ids(moved(THREE, "b", 99)) == "acb"
    assert ids(without(THREE, "b")) == "ac"
    assert ids(THREE) == "abc"


def test_an_appointment_has_its_time() -> None:
    tour = best_day(
        at_time(THREE, "a", 11 * HOUR), start=HOME, end=HOME, day=LONG, engine=Street()
    )
    assert tour.begin_s[tour.stop_ids.index("a")] == 11 * HOUR


def test_a_new_stop_goes_where_it_takes_least_driving() -> None:
    """Between b and c; on the way home is as short, and later."""
    longer = added(
        THREE, stop("x", 0.6), start=HOME, end=HOME, day=LONG, engine=Street()
    )
    assert ids(longer) == "abxc"


def test_a_new_stop_breaks_no_window_if_it_need_not() -> None:
    early = stop("x", 0.6, close_s=8.75 * HOUR)
    longer = added(THREE, early, start=HOME, end=HOME, day=LONG, engine=Street())
    assert ids(longer) == "xabc"


@pytest.mark.parametrize("change", [without, lambda s, i: moved(s, i, 0)])
def test_a_stop_that_is_not_there_is_refused(change: object) -> None:
    with pytest.raises(InputError, match="There is no stop 'z' in the day"):
        change(THREE, "z")  # type: ignore[operator]


class Counting(Street):
    asked = 0

    def matrix(self, origins: object, destinations: object) -> TravelMatrix:
        Counting.asked += 1
        return super().matrix(origins, destinations)  # type: ignore[arg-type]


def test_known_times_are_asked_for_once() -> None:
    Counting.asked = 0
    known = known_times(THREE, Counting(), HOME)
    for some in (THREE, THREE[::-1], THREE[:1]):
        timed(some, start=HOME, end=HOME, day=LONG, engine=known)
    assert Counting.asked == 1
    timed([stop("new", 3.0)], start=HOME, end=HOME, day=LONG, engine=known)
    assert Counting.asked == 2


@given(days(most=6), st.data())
@settings(max_examples=30, deadline=None)
def test_known_times_change_nothing(
    drawn: tuple[list[Stop], Day], data: st.DataObject
) -> None:
    stops, day = drawn
    known = known_times(stops, Crow(), HOME)
    some = stops[: data.draw(st.integers(0, len(stops)))]
    one = timed(some, start=HOME, end=HOME, day=day, engine=known)
    other = timed(some, start=HOME, end=HOME, day=day, engine=Crow())
    assert one.stop_ids == other.stop_ids
    assert np.array_equal(one.arrive_s, other.arrive_s)
    assert one.estimated
