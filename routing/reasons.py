"""Why a stop cannot be kept, in words a rep can act on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from routing.day_problem import DayProblem, Ints, Run, run
from routing.engine import Reason

THERE = {
    Reason.NO_POINT: "it has no coordinates",
    Reason.OFF_NETWORK: "no road is near it",
    Reason.NO_WAY: "no road leads there",
    Reason.TOO_FAR: "it is too far away",
}
BACK = {
    Reason.NO_WAY: "no road leads back from it",
    Reason.TOO_FAR: "the way back from it is too long",
}
OUT_OF_PINS = "the stops that have a fixed place leave none for it"


def hhmm(seconds: float) -> str:
    """Give a time of day as 09:05, up to the minute; past midnight as 24:10.

    >>> hhmm(33900.0)
    '09:25'
    """
    minutes = math.ceil(round(seconds / 60, 6))
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def unreachable(there: Reason, back: Reason) -> str:
    """Say why no tour can call at a stop, from the reasons of its two ways."""
    if there in THERE:
        return THERE[there]
    return BACK.get(back, "no road leads back from it")


def why_left(problem: DayProblem, order: Ints, stop: int, names: Sequence[str]) -> str:
    """Say why a stop is not in an order that could not take it.

    Alone first; else at the place in the order where it breaks the least.
    """
    alone = run(problem, np.array([stop]))
    if alone.broken:
        return _first(
            problem, alone, np.array([stop]), stop, names, "the earliest arrival is"
        )
    tried = [np.insert(order, place, stop) for place in range(len(order) + 1)]
    runs = [run(problem, one) for one in tried]
    best = min(
        range(len(tried)),  # of equal ones where the stop itself is late: place i
        key=lambda i: (runs[i].broken, runs[i].late[i] == 0, runs[i].back),
    )
    if not runs[best].broken:
        return OUT_OF_PINS
    arrival = "beside the other stops the earliest arrival is"
    return _first(problem, runs[best], tried[best], stop, names, arrival)


def why_broken(problem: DayProblem, driven: Run, order: Ints) -> dict[int, str]:
    """Say what an order breaks: why for each such stop, with -1 for the day."""
    told = {
        int(order[place]): _late(problem, driven, order, int(place), "the visit begins")
        for place in np.flatnonzero(driven.late)
    }
    day = _day(problem, driven, "one")
    return told | ({-1: "; ".join(day)} if day else {})


def _first(
    problem: DayProblem,
    driven: Run,
    order: Ints,
    stop: int,
    names: Sequence[str],
    which: str,
) -> str:
    """Say what breaks first where a stop is added."""
    late = np.flatnonzero(driven.late)
    if not len(late):
        return _day(problem, driven, "with it one")[0]
    own = late[order[late] == stop]
    if len(own):
        return _late(problem, driven, order, int(own[0]), which)
    other = names[int(order[late[0]])]
    told = _late(problem, driven, order, int(late[0]), "the visit begins")
    return f"with it {other} would be late: {told}"


def _late(problem: DayProblem, driven: Run, order: Ints, place: int, which: str) -> str:
    stop = int(order[place])
    shut, visit = int(problem.shuts[stop]), int(problem.visit[stop])
    told = f"closes {_clock(shut)}; {which} {_clock(driven.begin[place])}"
    if driven.begin[place] <= shut:
        told += f", and the visit takes {visit / 60_000:.0f} min"
    return told


def _day(problem: DayProblem, driven: Run, who: str) -> list[str]:
    told = []
    if driven.overtime:
        end, back = _clock(problem.back_by), _clock(driven.back)
        told.append(f"the day ends {end}; {who} is back at {back}")
    if driven.hungry:
        begin = _clock(problem.lunch_from)
        end = _clock(problem.lunch_last + problem.lunch)
        told.append(f"no time is left for lunch between {begin} and {end}")
    return told


def _clock(ms: int) -> str:
    return hhmm(ms / 1000)
