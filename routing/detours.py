"""What a stop more adds to a day, for all places at once; compiled.

A day is a path of places whose first and last are its ends. With opening hours only
places in the day count at which every visit still begins in time; lunch is then at the
first stop reached at its earliest time or later, or whose visit ends after its latest.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEVER = 1e15

LONG_VISIT_S = 3 * 3600.0
"""A visit that long has its lunch within, where none fits before or after."""


class Clock(NamedTuple):
    """Opening hours and the hours of a day, seconds after midnight.

    `opens` and `closes` have shape (p, w): a visit begins within one of the windows,
    in order of time; one that a place does not have closes at -1. `day` holds the
    start, the latest return, the length of lunch, its earliest and its latest start.
    """

    visit_s: Floats
    opens: Floats
    closes: Floats
    day: Floats


@njit(cache=True)
def cheapest(path: Ints, drive_s: Floats, towards_s: Floats, adds_s: Floats) -> None:
    """Say what each place adds where it adds least; `towards_s` is transposed.

    Parameters
    ----------
    adds_s
        Shape (p,), filled in.
    """
    adds_s[:] = np.inf
    for k in range(len(path) - 1):
        here, there = path[k], path[k + 1]
        leg_s = drive_s[here, there]
        for place in range(len(adds_s)):
            more_s = drive_s[here, place] + towards_s[there, place] - leg_s
            if more_s < adds_s[place]:
                adds_s[place] = more_s


@njit(cache=True)
def length(path: Ints, drive_s: Floats, visit_s: Floats) -> tuple[float, float]:
    """Give the driving of a path, and that with its visits."""
    driven_s, visited_s = 0.0, 0.0
    for k in range(len(path) - 1):
        driven_s += drive_s[path[k], path[k + 1]]
    for k in range(1, len(path) - 1):
        visited_s += visit_s[path[k]]
    return driven_s, driven_s + visited_s


@njit(cache=True)
def close_full(adds_s: Floats, work_s: float, visit_s: Floats, limit_s: float) -> None:
    """Make infinite what a place adds to a day that is too short for it."""
    for place in range(len(adds_s)):
        if work_s + adds_s[place] + visit_s[place] > limit_s + 1e-6:
            adds_s[place] = np.inf


@njit(cache=True)
def cheapest_open(
    path: Ints, drive_s: Floats, towards_s: Floats, clock: Clock, adds_s: Floats
) -> None:
    """Say what each place adds where it adds least and no visit is late."""
    adds_s[:] = np.inf
    longer = np.empty(len(path) + 1, dtype=np.int64)
    longer[0], longer[2:] = path[0], path[1:]
    for k in range(len(path) - 1):
        here, there = path[k], path[k + 1]
        longer[: k + 1], longer[k + 2 :] = path[: k + 1], path[k + 1 :]
        leg_s = drive_s[here, there]
        for place in range(len(adds_s)):
            more_s = drive_s[here, place] + towards_s[there, place] - leg_s
            if more_s < adds_s[place]:
                longer[k + 1] = place
                if in_time(longer, drive_s, clock):
                    adds_s[place] = more_s


@njit(cache=True)
def where(path: Ints, place: int, drive_s: Floats) -> int:
    """Give after how many stops a place adds least."""
    best, best_s = 0, np.inf
    for k in range(len(path) - 1):
        here, there = path[k], path[k + 1]
        more_s = drive_s[here, place] + drive_s[place, there] - drive_s[here, there]
        if more_s < best_s:
            best, best_s = k, more_s
    return best


@njit(cache=True)
def where_open(path: Ints, place: int, drive_s: Floats, clock: Clock) -> int:
    """Give after how many stops a place adds least and no visit is late."""
    best, best_s = 0, np.inf
    longer = np.empty(len(path) + 1, dtype=np.int64)
    for k in range(len(path) - 1):
        here, there = path[k], path[k + 1]
        more_s = drive_s[here, place] + drive_s[place, there] - drive_s[here, there]
        if more_s < best_s:
            longer[: k + 1], longer[k + 2 :] = path[: k + 1], path[k + 1 :]
            longer[k + 1] = place
            if in_time(longer, drive_s, clock):
                best, best_s = k, more_s
    return best


@njit(cache=True)
def in_time(path: Ints, drive_s: Floats, clock: Clock) -> bool:
    """Say whether all visits of a path begin while open and the day ends in time."""
    ready, end, lunch = clock.day[0], clock.day[1], clock.day[2]
    first, last = clock.day[3], clock.day[4]
    fed = lunch <= 0
    for k in range(1, len(path)):
        free = ready + drive_s[path[k - 1], path[k]]
        home = k == len(path) - 1
        if not fed:
            hungry = free > last
            if not home and not hungry:  # no lunch after this visit, or lunch time
                done = _begin(clock, path[k], free) + clock.visit_s[path[k]]
                hungry = free >= first or done > last
            if hungry:
                if max(ready, first) <= last:
                    free = max(free, first) + lunch
                elif clock.visit_s[path[k - 1]] < LONG_VISIT_S:
                    return False
                fed = True
        if home:
            return bool(free <= end + 1e-6)
        ready = _begin(clock, path[k], free) + clock.visit_s[path[k]]
        if ready >= NEVER:
            return False
    return True


@njit(cache=True)
def _begin(clock: Clock, place: int, free: float) -> float:
    for window in range(clock.opens.shape[1]):
        if free <= clock.closes[place, window]:
            return float(max(free, clock.opens[place, window]))
    return NEVER


@njit(cache=True)
def best_pattern(
    days: Ints, soft_s: Floats, adds_s: Floats, most_s: float
) -> tuple[int, float]:
    """Give the row of days that costs least, and its driving; -1 if none may be.

    Parameters
    ----------
    days
        Shape (p, n): the patterns.
    soft_s
        Shape (p,).
    adds_s
        Shape (d,): what a visit adds to each day.
    most_s
        A pattern has to drive no more than that.
    """
    best, best_s, driven_s = -1, np.inf, np.inf
    for row in range(days.shape[0]):
        sum_s = 0.0
        for k in range(days.shape[1]):
            sum_s += adds_s[days[row, k]]
        if sum_s + soft_s[row] < best_s and sum_s <= most_s:
            best, best_s, driven_s = row, sum_s + soft_s[row], sum_s
    return best, driven_s
