"""A day of one rep as whole numbers, and the rules of its clock.

Times are milliseconds after local midnight, so that equal tours compare as equal. Of n
stops, row n of the drive times is where the day starts and row n + 1 where it ends.

Lunch is taken between two visits: at the next stop if one is there in time, else
before driving off, else on the way. A day that is home by the latest start of lunch,
or starts after it, has lunch at home.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FAR = 10**12
"""Drive time of a pair without a road, ms."""

LATEST = 10**10
"""No limit, ms: 115 days."""

NEVER = 10**15


class Tables(NamedTuple):
    """A `DayProblem` as compiled code takes it.

    `clock` holds the start, the latest return, the length of lunch (0 for none on the
    way), its earliest and its latest start.
    """

    drive: Ints
    visit: Ints
    opens: Ints
    closes: Ints
    value: Floats
    pin: Ints
    clock: Ints


@dataclass(frozen=True, eq=False)
class DayProblem:
    """A day to put in order.

    Parameters
    ----------
    drive
        Shape (n + 2, n + 2), ms; `FAR` where no road leads.
    visit
        Shape (n,), ms.
    opens, closes
        Shape (n, w), ms: a visit begins within one of the windows, which are in order
        of time; windows that a stop does not have close at -1.
    shuts
        Shape (n,), ms, when the last window closes, for people.
    value
        Shape (n,), what a stop is worth when not all fit.
    pin
        Shape (n,), the place in the order a stop must have, or -1.
    start, back_by
        When the day starts and has to end.
    lunch, lunch_from, lunch_last
        How long lunch takes, and when it begins at the earliest and the latest; lunch
        is 0 in a day without.
    """

    drive: Ints
    visit: Ints
    opens: Ints
    closes: Ints
    shuts: Ints
    value: Floats
    pin: Ints
    start: int
    back_by: int
    lunch: int
    lunch_from: int
    lunch_last: int

    @property
    def n(self) -> int:
        """The number of stops."""
        return len(self.visit)

    @property
    def tables(self) -> Tables:
        """The problem for compiled code."""
        lunch = self.lunch if self.start <= self.lunch_last else 0
        clock = [self.start, self.back_by, lunch, self.lunch_from, self.lunch_last]
        return Tables(
            *(self.drive, self.visit, self.opens, self.closes, self.value, self.pin),
            clock=np.array(clock, dtype=np.int64),
        )

    def part(self, rows: Ints) -> DayProblem:
        """Give the problem of some of the stops."""
        ends = np.append(rows, [self.n, self.n + 1])
        return replace(
            self,
            drive=self.drive[np.ix_(ends, ends)],
            visit=self.visit[rows],
            opens=self.opens[rows],
            closes=self.closes[rows],
            shuts=self.shuts[rows],
            value=self.value[rows],
            pin=self.pin[rows],
        )


@dataclass(frozen=True, eq=False)
class Run:
    """An order driven through the clock, ms; what breaks a rule is kept and counted.

    Parameters
    ----------
    arrive, begin, leave
        Shape (n,), in driving order.
    start, back
        When one leaves and is back.
    lunch_at, lunch_after
        When lunch begins and how many stops come before it; None for lunch at home.
    late
        Shape (n,), by how much a visit begins after the last window closed.
    overtime
        By how much the day ends too late.
    hungry
        The length of a lunch for which a day that needs one has no room.
    """

    arrive: Ints
    begin: Ints
    leave: Ints
    start: int
    back: int
    lunch_at: int | None
    lunch_after: int | None
    late: Ints
    overtime: int
    hungry: int

    @property
    def broken(self) -> int:
        """How much the rules are broken in all, ms; 0 if they are kept."""
        return int(self.late.sum()) + self.overtime + self.hungry


def run(problem: DayProblem, order: Ints) -> Run:
    """Drive an order, with lunch where it breaks the least and one is home first."""
    needed = int(problem.tables.clock[2]) > 0
    without = _run(problem, order, None)
    if not needed or without.back <= problem.lunch_last:
        return without
    found = [_run(problem, order, gap) for gap in range(len(order) + 1)]
    tried = [one for one in found if one is not None and one.lunch_at is not None]
    tried.append(replace(without, hungry=problem.lunch))
    return min(tried, key=lambda one: (one.broken, one.back))


def _run(problem: DayProblem, order: Ints, gap: int | None) -> Run:
    """Drive an order with lunch after `gap` stops, if there is room for it."""
    here, ready, lunch_at = problem.n, problem.start, None
    offs, arrive, begin, late = [], [], [], []
    for place, stop in enumerate([*order.tolist(), problem.n + 1]):
        drive = int(problem.drive[here, stop])
        off, there, free = ready, ready + drive, ready + drive
        if place == gap:
            off, there, free, lunch_at = _lunch(problem, ready, drive, stop)
        offs.append(off)
        arrive.append(there)
        if stop <= problem.n:
            began = int(begin_at(problem.opens, problem.closes, stop, free))
            late.append(0 if began < NEVER else free - int(problem.closes[stop].max()))
            begin.append(began if began < NEVER else free)
            ready = begin[-1] + int(problem.visit[stop])
            here = stop
    return Run(
        arrive=np.array(arrive[:-1], dtype=np.int64),
        begin=np.array(begin, dtype=np.int64),
        leave=np.array(offs[1:], dtype=np.int64),
        start=offs[0],
        back=arrive[-1],
        lunch_at=lunch_at,
        lunch_after=None if lunch_at is None else gap,
        late=np.array(late, dtype=np.int64),
        overtime=max(0, arrive[-1] - problem.back_by),
        hungry=0,
    )


def _lunch(
    problem: DayProblem, ready: int, drive: int, stop: int
) -> tuple[int, int, int, int | None]:
    """Give when one leaves, is there, is free for the visit, and when lunch begins."""
    there = ready + drive
    if max(ready, problem.lunch_from) > problem.lunch_last:
        return ready, there, there, None
    if stop <= problem.n and there <= problem.lunch_last:
        at = max(there, problem.lunch_from)
        return ready, there, at + problem.lunch, at
    there += problem.lunch
    if ready >= problem.lunch_from:
        return ready + problem.lunch, there, there, ready
    return ready, there, there, problem.lunch_from


@njit(cache=True)
def begin_at(opens: Ints, closes: Ints, stop: int, free: int) -> int:
    """Give when a visit begins if one is free at a time; `NEVER` if it is too late."""
    for window in range(opens.shape[1]):
        if free <= closes[stop, window]:
            return int(max(free, opens[stop, window]))
    return NEVER


@njit(cache=True)
def fed_at(clock: Ints, ready: int, drive: int) -> int:
    """Give when one is free at the next stop with lunch before it, or `NEVER`."""
    if max(ready, clock[3]) > clock[4]:
        return NEVER
    return int(max(ready + drive, clock[3]) + clock[2])


@njit(cache=True)
def back_at(clock: Ints, ready: int, drive: int, fed: bool) -> int:
    """Give when one is back in a day that keeps its rules, or `NEVER`."""
    back = ready + drive
    if clock[2] > 0 and not fed and back > clock[4]:
        back = fed_at(clock, ready, drive)
    return back if back <= clock[1] else NEVER
