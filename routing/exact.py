"""The best order of a few stops, exactly.

Dynamic programming over the set of stops visited, the last of them and whether lunch
was had (Held & Karp 1962, "A dynamic programming approach to sequencing problems",
Journal of the SIAM 10). A state keeps every pair of drive time and time of day that no
other beats in both: with windows the shortest drive need not be the earliest
(Desrosiers et al. 1995, "Time constrained routing and scheduling", section 4).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from routing.day_problem import (
    NEVER,
    DayProblem,
    Floats,
    Ints,
    Tables,
    back_at,
    begin_at,
    fed_at,
)

MOST = 12
"""More stops than that would not fit in memory: 2^n sets."""

DRIVE, TIME, BEFORE, STOP, FED, NEXT = range(6)
"""Columns of a label; the next is another of the same state."""


def exact(problem: DayProblem) -> Ints:
    """Give the stops worth most, in the order of least driving, then earliest return.

    Parameters
    ----------
    problem
        Of at most `MOST` stops.

    Returns
    -------
    NDArray
        Shape (m,), the stops that can be kept, in driving order.
    """
    return np.asarray(_best(problem.tables))


@njit(cache=True)
def _best(tables: Tables) -> Ints:
    n = len(tables.visit)
    labels = np.empty((1024, 6), dtype=np.int64)
    labels[0] = (0, tables.clock[0], -1, n, 0, -1)
    heads = np.full((1 << n, n + 1, 2), -1, dtype=np.int64)
    heads[0, n, 0] = 0
    used, last, best = 1, -1, np.array([-1.0, NEVER, NEVER])
    for done in range(1 << n):
        worth = _worth(tables.value, done)
        for here in range(n + 1):
            for fed in range(2):
                label = heads[done, here, fed]
                while label >= 0:
                    if _ends_better(tables, labels[label], worth, best):
                        last = label
                    if used + 2 * n > len(labels):
                        labels = _doubled(labels)
                    used = _extend(tables, labels, heads, used, label, done)
                    label = labels[label, NEXT]
    return _order(labels, last)


@njit(cache=True)
def _doubled(labels: Ints) -> Ints:
    longer = np.empty((2 * len(labels), labels.shape[1]), dtype=np.int64)
    for i in range(len(labels)):
        for j in range(labels.shape[1]):
            longer[i, j] = labels[i, j]
    return longer


@njit(cache=True)
def _worth(value: Floats, done: int) -> float:
    worth = 0.0
    for stop in range(len(value)):
        if done >> stop & 1:
            worth += value[stop]
    return worth


@njit(cache=True)
def _ends_better(tables: Tables, label: Ints, worth: float, best: Floats) -> bool:
    """Tell whether going home now is better than the best so far; keep it if so."""
    drive = tables.drive[label[STOP], len(tables.visit) + 1]
    back = back_at(tables.clock, label[TIME], drive, label[FED] == 1)
    whole = label[DRIVE] + drive
    if back >= NEVER or worth < best[0]:
        return False
    if worth == best[0] and (whole, back) >= (best[1], best[2]):
        return False
    best[0], best[1], best[2] = worth, whole, back
    return True


@njit(cache=True)
def _extend(
    tables: Tables, labels: Ints, heads: Ints, used: int, label: int, done: int
) -> int:
    """Add the labels one stop further; give how many there are then."""
    here, fed, ready = labels[label, STOP], labels[label, FED], labels[label, TIME]
    for stop in range(len(tables.visit)):
        if done >> stop & 1 or not _may_follow(tables.pin, here, stop, done):
            continue
        drive = tables.drive[here, stop]
        for now in range(fed, 2 if tables.clock[2] > 0 else 1):
            free = ready + drive
            if now > fed:
                free = fed_at(tables.clock, ready, drive)
            begin = begin_at(tables.opens, tables.closes, stop, free)
            if begin >= NEVER:
                continue
            end = begin + tables.visit[stop]
            labels[used, DRIVE] = labels[label, DRIVE] + drive
            labels[used, TIME], labels[used, BEFORE] = end, label
            labels[used, STOP], labels[used, FED], labels[used, NEXT] = stop, now, -1
            used += _kept(labels, heads[done | 1 << stop, stop], now, used)
    return used


@njit(cache=True)
def _may_follow(pin: Ints, here: int, stop: int, done: int) -> bool:
    """Tell whether a stop may come next; pins beyond the end move up to it."""
    count = 0
    while done:
        done &= done - 1
        count += 1
    if 0 <= pin[stop] < count:
        return False
    if here < len(pin) and pin[here] > count - 1:
        return bool(pin[stop] > pin[here])
    return True


@njit(cache=True)
def _kept(labels: Ints, state: Ints, fed: int, new: int) -> int:
    """Put a label into its state, unless another is as good; give how many."""
    before, label = -1, state[fed]
    while label >= 0:
        if _no_worse(labels, label, new):
            return 0
        after = labels[label, NEXT]
        if _no_worse(labels, new, label):
            if before < 0:
                state[fed] = after
            else:
                labels[before, NEXT] = after
        else:
            before = label
        label = after
    labels[new, NEXT] = state[fed]
    state[fed] = new
    return 1


@njit(cache=True)
def _no_worse(labels: Ints, one: int, other: int) -> bool:
    sooner = labels[one, TIME] <= labels[other, TIME]
    return bool(sooner and labels[one, DRIVE] <= labels[other, DRIVE])


@njit(cache=True)
def _order(labels: Ints, last: int) -> Ints:
    order = np.empty(MOST, dtype=np.int64)
    m = 0
    while last > 0:
        order[m] = labels[last, STOP]
        last = labels[last, BEFORE]
        m += 1
    return order[:m][::-1].copy()
