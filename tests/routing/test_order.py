"""A day's stops come in the best order, and every rule of the day is kept."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InputError
from routing.day import Day, Stop, Tour
from routing.engine import StraightLine
from routing.order import best_day, check_route, legs_lines, timed
from tests.routing.days import HOME, HOUR, MINUTE, Crow, Street, days, stop

LONG = Day(return_by_s=None, lunch_s=0.0)
FEW = settings(max_examples=40, deadline=None)


def best(stops: list[Stop], day: Day = LONG, **more: object) -> Tour:
    given = {"start": HOME, "end": HOME, "day": day, "engine": Street()} | more
    return best_day(stops, **given)  # type: ignore[arg-type]


def as_given(stops: list[Stop], day: Day = LONG, **more: object) -> Tour:
    given = {"start": HOME, "end": HOME, "day": day, "engine": Street()} | more
    return timed(stops, **given)  # type: ignore[arg-type]


def test_a_day_runs_out_and_back() -> None:
    """Home at 0; b lies beyond a, c the other way."""
    tour = best([stop("b", 1.0), stop("a", 0.5), stop("c", -0.25)])
    assert tour.drive_s == 2.5 * HOUR
    assert tour.drive_m == 150_000
    assert sorted(tour.stop_ids) == ["a", "b", "c"]
    assert tour.back_s == 8 * HOUR + 2.5 * HOUR + 90 * MINUTE
    assert (tour.infeasible, tour.lunch_at_s, tour.estimated) == ((), None, False)


def test_arrivals_by_hand() -> None:
    tour = as_given([stop("a", 0.5), stop("b", 1.0, open_s=10.5 * HOUR)])
    assert tour.arrive_s.tolist() == [8.5 * HOUR, 9.5 * HOUR]
    assert tour.begin_s.tolist() == [8.5 * HOUR, 10.5 * HOUR]
    assert tour.leave_s.tolist() == [9 * HOUR, 11 * HOUR]
    assert tour.leg_s.tolist() == [0.5 * HOUR, 0.5 * HOUR, 1 * HOUR]
    assert tour.back_s == 12 * HOUR


def test_windows_outweigh_distance() -> None:
    tour = best([stop("near", 0.25, open_s=11 * HOUR), stop("far", 1.0)])
    assert tour.stop_ids == ("far", "near")
    assert tour.drive_s == 2 * HOUR


def test_of_equal_driving_the_earlier_return_wins() -> None:
    """Either way round is 2 h; only one of them does not wait."""
    tour = best([stop("x", 0.5, close_s=8.5 * HOUR), stop("y", 0.5, open_s=9 * HOUR)])
    assert tour.stop_ids == ("x", "y")
    assert tour.back_s == 10 * HOUR


def test_one_may_leave_later_when_the_first_door_is_shut() -> None:
    tour = best([stop("a", 0.5, open_s=9 * HOUR)])
    assert (tour.start_s, tour.latest_start_s) == (8 * HOUR, 8.5 * HOUR)


def test_a_stop_open_again_after_its_lunch() -> None:
    shop = stop("a", 0.5, open_s=7 * HOUR, close_s=8 * HOUR)
    again = Stop(
        **{**vars(shop), "also_open": ((13 * HOUR, 14 * HOUR), (10 * HOUR, 11 * HOUR))}
    )
    assert best([again]).begin_s.tolist() == [10 * HOUR]


@pytest.mark.parametrize(
    ("first", "second", "leave", "arrive", "lunch", "begin"),
    [
        (2.0, stop("b", 0.5, 60.0), 10.5, 12.0, 12.0, 12.5),  # at the next door
        (2.75, stop("b", 0.25), 11.25, 14.25, 11.5, 14.25),  # on the way
        (3.25, stop("b", 0.25), 12.25, 15.25, 11.75, 15.25),  # before driving off
    ],
)
def test_lunch_is_where_one_is_home_first(
    first: float, second: Stop, leave: float, arrive: float, lunch: float, begin: float
) -> None:
    tour = as_given([stop("a", first), second], Day(return_by_s=None))
    assert (tour.lunch_at_s, tour.lunch_after) == (lunch * HOUR, 1)
    assert tour.leave_s[0] == leave * HOUR
    assert tour.arrive_s[1] == arrive * HOUR
    assert tour.begin_s[1] == begin * HOUR


def test_a_day_that_is_home_by_noon_has_lunch_at_home() -> None:
    tour = best([stop("a", 0.5)], Day())
    assert (tour.lunch_at_s, tour.back_s) == (None, 9.5 * HOUR)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (
            stop("a", 2.0, close_s=9 * HOUR),
            "closes 09:00; the earliest arrival is 10:00",
        ),
        (stop("a", 6.0), "the day ends 18:00; with it one is back at 20:30"),
        (
            stop("a", 0.5, 600.0),
            "the day ends 18:00; with it one is back at 19:00",
        ),
        (Stop("a", 0.5, 1.0), "no road leads there"),
        (Stop("a", 0.5, 2.0), "no road leads back from it"),
        (Stop("a", 0.5, 3.0), "no road is near it"),
    ],
)
def test_a_stop_that_cannot_be_kept_says_why(one: Stop, why: str) -> None:
    tour = best([one, stop("z", 0.25)], Day(lunch_s=0.0))
    assert tour.stop_ids == ("z",)
    assert tour.infeasible == (("a", why),)


def test_a_stop_without_a_place_says_so() -> None:
    lost = Stop("a", float("nan"), float("nan"))
    tour = best([lost, stop("b", 0.1)], engine=StraightLine())
    assert tour.infeasible == (("a", "it has no coordinates"),)
    assert tour.estimated


def test_stops_that_shut_each_other_out_name_the_other() -> None:
    """Both only at 9: one is an hour east, one an hour west."""
    both = [
        stop("e", 1.0, open_s=9 * HOUR, close_s=9 * HOUR, name="East"),
        stop("w", -1.0, open_s=9 * HOUR, close_s=9 * HOUR, name="West", value=2.0),
    ]
    tour = best(both)
    assert tour.stop_ids == ("w",)
    why = "closes 09:00; beside the other stops the earliest arrival is 11:30"
    assert tour.infeasible == (("e", why),)


def test_a_stop_that_pushes_another_out_names_it() -> None:
    first = stop("a", 1.0, 120.0, close_s=9 * HOUR)
    then = stop("b", 1.0, open_s=10 * HOUR, close_s=10.5 * HOUR, name="Bee", value=2.0)
    tour = best([first, then])
    why = "with it Bee would be late: closes 10:30; the visit begins 11:00"
    assert tour.infeasible == (("a", why),)


def test_the_most_stops_are_kept() -> None:
    far = stop("far", 4.0, 60.0)
    near = [stop(f"n{k}", 0.1 * k, 60.0) for k in range(1, 4)]
    tour = best([far, *near], Day(lunch_s=0.0, return_by_s=17 * HOUR))
    assert set(tour.stop_ids) == {"n1", "n2", "n3"}
    dear = Stop(**{**vars(far), "value": 4.0})
    tour = best([dear, *near], Day(lunch_s=0.0, return_by_s=17 * HOUR))
    assert tour.stop_ids == ("far",)


def test_a_visit_may_have_to_end_before_its_stop_closes() -> None:
    shop = stop("a", 0.5, close_s=8.75 * HOUR)
    assert best([shop]).stop_ids == ("a",)
    tour = best([shop], Day(end_by_close=True))
    why = "closes 08:45; the earliest arrival is 08:30, and the visit takes 30 min"
    assert tour.infeasible == (("a", why),)


def test_as_given_keeps_what_is_late_and_says_so() -> None:
    stops = [stop("b", 1.0), stop("a", 0.5, close_s=9 * HOUR)]
    tour = as_given(stops, Day(return_by_s=10 * HOUR, lunch_s=0.0))
    assert tour.stop_ids == ("b", "a")
    assert tour.infeasible == (
        ("", "the day ends 10:00; one is back at 11:00"),
        ("a", "closes 09:00; the visit begins 10:00"),
    )


def test_a_day_without_room_for_lunch_says_so() -> None:
    whole = stop("a", 1.0, 360.0, close_s=9.5 * HOUR)
    tour = as_given([whole], Day())
    assert tour.lunch_at_s is None
    why = "no time is left for lunch between 11:30 and 13:30"
    assert tour.infeasible == (("", why),)


def test_lunch_is_kept_where_it_costs_less_than_itself() -> None:
    last = stop("b", 1.0, 120.0, close_s=11.75 * HOUR)
    tour = as_given([stop("a", 1.0, 150.0), last], Day())
    assert tour.lunch_at_s == 11.5 * HOUR
    assert tour.infeasible == (("b", "closes 11:45; the visit begins 12:00"),)


@pytest.mark.parametrize("n", [4, 13])
def test_a_pinned_stop_has_its_place(n: int) -> None:
    stops = [stop(f"s{k:02d}", 0.1 * k, 5.0) for k in range(1, n + 1)]
    tour = best(stops, pinned={"s02": 0, "s01": 99})
    assert (tour.stop_ids[0], tour.stop_ids[-1]) == ("s02", "s01")
    assert len(tour.stop_ids) == n


def test_a_pinned_stop_is_kept_before_others() -> None:
    """Only one of two can be first and in time."""
    both = [stop("a", 1.0, open_s=10 * HOUR), stop("b", -1.0, close_s=9 * HOUR)]
    both.append(stop("c", -1.0, close_s=9.5 * HOUR))
    assert best(both, pinned={"a": 0}).stop_ids == ("a",)


def test_check_my_route_says_what_the_best_order_saves() -> None:
    given = [stop("a", 0.5), stop("c", -0.5), stop("b", 1.0)]
    check = check_route(given, start=HOME, end=HOME, day=LONG, engine=Street())
    assert check.given.stop_ids == ("a", "c", "b")
    assert check.given.drive_s == 4 * HOUR
    assert (check.saved_s, check.saved_m) == (1 * HOUR, 60_000)


def test_nothing_is_said_to_be_saved_when_the_best_order_drops_a_stop() -> None:
    given = [stop("b", 1.0), stop("a", 0.5, close_s=8 * HOUR)]
    check = check_route(given, start=HOME, end=HOME, day=LONG, engine=Street())
    assert np.isnan(check.saved_s)
    assert check.best.stop_ids == ("b",)


def test_legs_are_straight_lines_without_roads() -> None:
    tour = best([stop("a", 0.5)])
    lines = legs_lines(tour, Street())
    assert [line.tolist() for line in lines] == [
        [[0.0, 0.0], [0.5, 0.0]],
        [[0.5, 0.0], [0.0, 0.0]],
    ]


@pytest.mark.parametrize(
    ("stops", "pinned", "told"),
    [
        ([stop("a", 1.0), stop("a", 2.0)], {}, "Stop 'a' is there twice"),
        ([stop("a", 1.0)], {"b": 0}, "no stop 'b'"),
        ([stop("a", 1.0), stop("b", 2.0)], {"a": 1, "b": 1}, "the same place"),
        ([stop("a", 1.0)], {"a": -1}, "before the first"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    stops: list[Stop], pinned: dict[str, int], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        best(stops, pinned=pinned)


def test_a_day_that_starts_off_the_roads_is_refused() -> None:
    with pytest.raises(InputError, match="No road is near the start of the day"):
        best([stop("a", 1.0)], start=(0.0, 3.0))


@given(days(most=8))
@FEW
def test_every_rule_of_the_day_is_kept(drawn: tuple[list[Stop], Day]) -> None:
    stops, day = drawn
    tour = best(stops, day, engine=Crow())
    keeps_the_rules(tour, stops, day)


@given(days(most=14))
@settings(max_examples=15, deadline=None)
def test_a_longer_day_keeps_them_too(drawn: tuple[list[Stop], Day]) -> None:
    stops, day = drawn
    stops = [*stops, *(Stop(f"x{k}", 0.1 * k, 0.1, 60.0) for k in range(11))]
    tour = best(stops, day, engine=Crow())
    keeps_the_rules(tour, stops, day)


def keeps_the_rules(tour: Tour, stops: list[Stop], day: Day) -> None:
    by_id = {stop.stop_id: stop for stop in stops}
    lost = {stop_id for stop_id, _ in tour.infeasible}
    assert set(tour.stop_ids) | lost == set(by_id)
    assert not set(tour.stop_ids) & lost
    left = [tour.start_s, *tour.leave_s]
    reached = [*tour.arrive_s, tour.back_s]
    lunches = 0
    for k, (off, there) in enumerate(zip(left, reached, strict=True)):
        extra = there - off - tour.leg_s[k]
        assert extra == pytest.approx(0.0) or extra == pytest.approx(day.lunch_s)
        lunches += extra > 1
    for stop_id, begin in zip(tour.stop_ids, tour.begin_s, strict=True):
        assert any(
            (opened or 0.0) <= begin <= (np.inf if shut is None else shut)
            for opened, shut in by_id[stop_id].windows
        )
    if tour.stop_ids:
        assert day.return_by_s is None or tour.back_s <= day.return_by_s
    if tour.lunch_at_s is None:
        latest = day.lunch_to_s - day.lunch_s
        assert lunches == 0
        assert not day.lunch_s or day.start_s > latest or tour.back_s <= latest
    else:
        assert day.lunch_from_s <= tour.lunch_at_s
        assert tour.lunch_at_s + day.lunch_s <= day.lunch_to_s
        idle_or_lunch(tour, by_id, day)
    assert tour.drive_m == pytest.approx(tour.leg_m.sum())


def idle_or_lunch(tour: Tour, by_id: dict[str, Stop], day: Day) -> None:
    """Nobody visits, or drives without stopping, while at lunch."""
    assert tour.lunch_at_s is not None
    begin, end = tour.lunch_at_s, tour.lunch_at_s + day.lunch_s
    for stop_id, began in zip(tour.stop_ids, tour.begin_s, strict=True):
        assert end <= began + 1e-6 or begin >= began + by_id[stop_id].visit_s - 1e-6


@given(days(most=5))
@FEW
def test_no_other_order_is_better(drawn: tuple[list[Stop], Day]) -> None:
    stops, day = drawn
    tour = best(stops, day, engine=Crow())
    for some in permutations(stops, len(tour.stop_ids)):
        other = as_given(list(some), day, engine=Crow())
        if not other.infeasible:
            assert (tour.drive_s, tour.back_s) <= (other.drive_s, other.back_s)
    for some in permutations(stops, len(tour.stop_ids) + 1):
        assert as_given(list(some), day, engine=Crow()).infeasible


@given(days(most=14), st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_the_order_of_the_input_does_not_matter(
    drawn: tuple[list[Stop], Day], rng: object
) -> None:
    stops, day = drawn
    mixed = list(stops)
    rng.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = best(stops, day, engine=Crow()), best(mixed, day, engine=Crow())
    assert one.stop_ids == other.stop_ids
    assert one.infeasible == other.infeasible
    assert one.arrive_s.tolist() == other.arrive_s.tolist()


@given(days(most=7, windows=False))
@FEW
def test_another_stop_never_takes_less_driving(
    drawn: tuple[list[Stop], Day],
) -> None:
    stops, _ = drawn
    if stops:
        fewer = best(stops[1:], LONG, engine=Crow())
        assert fewer.drive_s <= best(stops, LONG, engine=Crow()).drive_s
