"""The order of a day's stops, from home to home.

Stops that do not fit are named with the reason, and the most that fit are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from geo.errors import InputError
from routing.day import Day, Stop, Tour
from routing.day_problem import FAR, LATEST, DayProblem, Ints, run
from routing.drive import Path
from routing.engine import Floats, Reason, TravelEngine, TravelMatrix
from routing.exact import exact
from routing.improve import improved
from routing.reasons import unreachable, why_broken, why_left

EXACT_STOPS = 10
"""Up to that many the order is the best there is."""


NEAR_DEG = 1e-7
"""Points of a line that near are one: a centimetre."""


@dataclass(frozen=True, eq=False)
class RouteCheck:
    """A route as somebody drives it, beside the best order of the same stops.

    Parameters
    ----------
    given, best
        The two days.
    saved_s, saved_m
        What the best order saves, seconds and metres; nan if it cannot keep all stops
        of the given one.
    """

    given: Tour
    best: Tour
    saved_s: float
    saved_m: float


@runtime_checkable
class Pathfinder(Protocol):
    """An engine that also knows the way, not only how long it takes."""

    def path(self, origin: Floats, destination: Floats) -> Path:
        """Give the fastest way between two points, shape (2,), degrees."""


def best_day(
    stops: Sequence[Stop],
    *,
    start: tuple[float, float],
    end: tuple[float, float],
    day: Day,
    engine: TravelEngine,
    pinned: Mapping[str, int] | None = None,
    begun: Sequence[str] | None = None,
) -> Tour:
    """Put stops in the order of least driving; of equal ones the earliest return.

    The stops kept are those worth most together. Up to `EXACT_STOPS` the answer is the
    best there is, see `routing.exact`; above, PyVRP's, improved by
    `routing.improve`. The order of the input does not matter.

    Parameters
    ----------
    stops
        In any order.
    start, end
        Where the day starts and ends, (lon, lat) in degrees.
    day
        Its hours.
    engine
        Who knows the drive times.
    pinned
        Place in the order of some stops, 0 for the first; a place beyond the last stop
        is the last. They are kept before all others.
    begun
        An order of the stops to begin with in place of PyVRP's, where there are more
        than `EXACT_STOPS`.

    Raises
    ------
    InputError
        An id occurs twice, a pin names no stop or takes another's place, no road is
        near the start or the end.
    """
    stops = sorted(stops, key=lambda stop: stop.stop_id)
    problem, found = _problem(stops, start, end, day, engine, pinned or {})
    lost = _lost(found)
    near = np.array([k for k in range(len(stops)) if k not in lost], dtype=np.int64)
    part = problem.part(near)
    if len(near) <= EXACT_STOPS:
        order = near[exact(part)]
    else:
        order = near[improved(part, begun=_rows(stops, near, begun))]
    names = [stop.label for stop in stops]
    for k in sorted(set(near.tolist()) - set(order.tolist())):
        lost[k] = why_left(problem, order, k, names)
    return _tour(stops, problem, order, found, lost, ends=(start, end))


def _rows(
    stops: Sequence[Stop], near: Ints, begun: Sequence[str] | None
) -> list[int] | None:
    """Give the rows of the stops that can be reached, in the order begun with."""
    if begun is None:
        return None
    row = {stops[k].stop_id: n for n, k in enumerate(near.tolist())}
    return [row[stop_id] for stop_id in begun if stop_id in row]


def timed(
    stops: Sequence[Stop],
    *,
    start: tuple[float, float],
    end: tuple[float, float],
    day: Day,
    engine: TravelEngine,
) -> Tour:
    """Drive stops in the order given; what breaks a rule is kept and named.

    Only a stop that no road leads to is left out. Lunch is where it breaks the least
    and the return is earliest. Parameters and errors as in `best_day`.
    """
    problem, found = _problem(stops, start, end, day, engine, {})
    lost = _lost(found)
    order = np.array([k for k in range(len(stops)) if k not in lost], dtype=np.int64)
    broken = why_broken(problem, run(problem, order), order)
    return _tour(stops, problem, order, found, lost | broken, ends=(start, end))


def check_route(
    stops: Sequence[Stop],
    *,
    start: tuple[float, float],
    end: tuple[float, float],
    day: Day,
    engine: TravelEngine,
) -> RouteCheck:
    """Time a route as given and say what the best order of its stops would save."""
    given = timed(stops, start=start, end=end, day=day, engine=engine)
    best = best_day(stops, start=start, end=end, day=day, engine=engine)
    same = set(given.stop_ids) == set(best.stop_ids)
    saved_s = given.drive_s - best.drive_s if same else np.nan
    saved_m = given.drive_m - best.drive_m if same else np.nan
    return RouteCheck(given, best, round(saved_s, 3), round(saved_m, 1))


def legs_lines(tour: Tour, engine: TravelEngine) -> list[Floats]:
    """Give the line of each leg, shape (p, 2), degrees, p at least 2.

    Roads where the engine knows the way, else straight lines.
    """
    legs = list(zip(tour.points[:-1], tour.points[1:], strict=True))
    straight = [np.array([here, there]) for here, there in legs]
    if not isinstance(engine, Pathfinder):
        return straight
    ways = [engine.path(here, there).line for here, there in legs]
    return [
        _joined(here, way) if len(way) else here
        for way, here in zip(ways, straight, strict=True)
    ]


def _joined(ends: Floats, way: Floats) -> Floats:
    """Give a way from door to door, without points on top of each other."""
    line = np.vstack([ends[:1], way, ends[1:]])
    steps = np.abs(np.diff(line, axis=0)).max(axis=1)
    line = line[np.append(True, steps > NEAR_DEG)]
    return line if len(line) > 1 else ends


def problem_of(
    stops: Sequence[Stop],
    *,
    start: tuple[float, float],
    end: tuple[float, float],
    day: Day,
    engine: TravelEngine,
) -> DayProblem:
    """Give a day as whole numbers, for the searches; parameters as in `best_day`."""
    return _problem(stops, start, end, day, engine, {})[0]


def _problem(
    stops: Sequence[Stop],
    start: tuple[float, float],
    end: tuple[float, float],
    day: Day,
    engine: TravelEngine,
    pinned: Mapping[str, int],
) -> tuple[DayProblem, TravelMatrix]:
    _check([stop.stop_id for stop in stops], pinned)
    places = [(stop.lon, stop.lat) for stop in stops]
    points = np.array([*places, start, end], dtype=np.float64)
    found = engine.matrix(points, points)
    _check_ends(found)
    drive = np.where(np.isnan(found.drive_s), FAR, _ms(found.drive_s))
    opens, closes, shuts = _windows(stops, day)
    value = np.array([stop.value for stop in stops], dtype=np.float64)
    pin = np.array([pinned.get(stop.stop_id, -1) for stop in stops], dtype=np.int64)
    return DayProblem(
        drive=np.where((points[:, None] == points).all(axis=2), 0, drive),
        visit=_ms(np.array([stop.visit_s for stop in stops], dtype=np.float64)),
        opens=opens,
        closes=closes,
        shuts=shuts,
        value=value + np.where(pin >= 0, value.sum() + 1, 0),  # pinned ones first
        pin=pin,
        start=round(day.start_s * 1000),
        back_by=LATEST if day.return_by_s is None else round(day.return_by_s * 1000),
        lunch=round(day.lunch_s * 1000),
        lunch_from=round(day.lunch_from_s * 1000),
        lunch_last=round((day.lunch_to_s - day.lunch_s) * 1000),
    ), found


def _windows(stops: Sequence[Stop], day: Day) -> tuple[Ints, Ints, Ints]:
    """Give when visits may begin, shape (n, w), and when stops shut, shape (n,)."""
    widest = max((len(stop.windows) for stop in stops), default=1)
    opens = np.zeros((len(stops), widest), dtype=np.int64)
    closes = np.full((len(stops), widest), -1, dtype=np.int64)
    shuts = np.full(len(stops), LATEST, dtype=np.int64)
    for k, stop in enumerate(stops):
        ends = [LATEST if shut is None else shut * 1000 for _, shut in stop.windows]
        early = stop.visit_s * 1000 if day.end_by_close else 0.0
        for window, (opened, _) in enumerate(stop.windows):
            opens[k, window] = round((opened or 0.0) * 1000)
            closes[k, window] = round(ends[window] - early)
        shuts[k] = round(max(ends))
    return opens, closes, shuts


def _check(ids: list[str], pinned: Mapping[str, int]) -> None:
    twice = [stop_id for stop_id in ids if ids.count(stop_id) > 1]
    if twice:
        raise InputError(
            f"Stop '{twice[0]}' is there twice", fix="Give each stop an id of its own"
        )
    strange = [stop_id for stop_id in pinned if stop_id not in ids]
    if strange:
        raise InputError(
            f"There is no stop '{strange[0]}' to give a place", fix="Take the pin away"
        )
    if len(set(pinned.values())) < len(pinned) or min(pinned.values(), default=0) < 0:
        raise InputError(
            "Two stops have the same place, or one has a place before the first",
            fix="Give each a place of its own, 0 for the first",
        )


def _check_ends(found: TravelMatrix) -> None:
    for row, which in ((-2, "start"), (-1, "end")):
        if found.reason[row, row] in (Reason.NO_POINT, Reason.OFF_NETWORK):
            raise InputError(
                f"No road is near the {which} of the day",
                fix="Choose a place on the roads that are loaded, or the estimate",
            )


def _lost(found: TravelMatrix) -> dict[int, str]:
    """Give the stops that no tour can call at, and why."""
    n = len(found.drive_s) - 2
    there, back = found.drive_s[n, :n], found.drive_s[:n, n + 1]
    return {
        int(k): unreachable(Reason(found.reason[n, k]), Reason(found.reason[k, n + 1]))
        for k in np.flatnonzero(np.isnan(there) | np.isnan(back))
    }


def _tour(
    stops: Sequence[Stop],
    problem: DayProblem,
    order: Ints,
    found: TravelMatrix,
    why: Mapping[int, str],
    *,
    ends: tuple[tuple[float, float], tuple[float, float]],
) -> Tour:
    driven, lunch_at = run(problem, order), None
    if driven.lunch_at is not None:
        lunch_at = driven.lunch_at / 1000
    kept = [stops[k] for k in order]
    here, there = np.append(problem.n, order), np.append(order, problem.n + 1)
    places = [ends[0], *((stop.lon, stop.lat) for stop in kept), ends[1]]
    return Tour(
        stop_ids=tuple(stop.stop_id for stop in kept),
        arrive_s=driven.arrive / 1000,
        begin_s=driven.begin / 1000,
        leave_s=driven.leave / 1000,
        leg_s=problem.drive[here, there] / 1000,
        leg_m=np.nan_to_num(found.drive_m[here, there]),
        start_s=driven.start / 1000,
        back_s=driven.back / 1000,
        lunch_at_s=lunch_at,
        lunch_after=driven.lunch_after,
        infeasible=tuple(
            ("" if k < 0 else stops[k].stop_id, why[k]) for k in sorted(why)
        ),
        estimated=found.estimated,
        points=np.array(places, dtype=np.float64),
    )


def _ms(seconds: Floats) -> Ints:
    return np.round(np.nan_to_num(seconds) * 1000).astype(np.int64)
