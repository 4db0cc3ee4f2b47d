"""Ruin and recreate for one day: every order it tries keeps every rule.

Christiaens, J. and Vanden Berghe, G. (2020), "Slack induction by string removals for
vehicle routing problems", Transportation Science 54, sections 4 and 5, for one tour: a
string of stops, or a stop and those nearest to it, is taken out and put back where it
costs least, with blinks; simulated annealing accepts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from routing.day_problem import (
    FAR,
    NEVER,
    DayProblem,
    Floats,
    Ints,
    Tables,
    back_at,
    begin_at,
    fed_at,
)

LONGEST_STRING = 10
"""Stops taken out at once, at most; the paper's figure."""

BLINKS = 0.01
"""Share of places passed over by chance; the paper's figure."""

WARM, COLD = 0.3, 0.0003
"""First and last temperature, as shares of the mean leg."""

SEED = 1


class Search(NamedTuple):
    """The day and what is looked up in it often.

    `near` holds for each stop all stops, nearest first, `shut` their last closing,
    `pins` whether any has a fixed place, `chance` the state of the random numbers.
    """

    day: Tables
    near: Ints
    shut: Ints
    pins: bool
    chance: NDArray[np.uint64]


def anneal(problem: DayProblem, begun: Ints, *, rounds: int) -> Ints:
    """Improve an order; stops of it that do not fit are left out first.

    Parameters
    ----------
    problem
        The day.
    begun
        Shape (m,), an order of some of its stops.
    rounds
        Ruins to try.

    Returns
    -------
    NDArray
        Shape (k,), the best order found: worth most, then the least driving, then the
        earliest return.
    """
    near = np.argsort(problem.drive[: problem.n, : problem.n], axis=1, kind="stable")
    chance = np.array([SEED], dtype=np.uint64)
    search = Search(
        day=problem.tables,
        near=near.astype(np.int64),
        shut=problem.closes.max(axis=1),
        pins=bool((problem.pin >= 0).any()),
        chance=chance,
    )
    legs = problem.drive[problem.drive < FAR]
    return np.asarray(_anneal(search, begun, rounds, WARM * float(legs.mean())))


@njit(cache=True)
def _anneal(search: Search, begun: Ints, rounds: int, heat: float) -> Ints:
    order = _added(search, np.empty(0, dtype=np.int64), begun, False)
    order = _recreated(search, order)
    cost, back = _cost(search.day, order)
    best, best_cost, best_back = order, cost, back
    cooling = (COLD / WARM) ** (1 / max(rounds, 1))
    for _ in range(rounds):
        if len(order) == 0:
            break
        tried = _recreated(search, _ruined(search, order))
        tried_cost, tried_back = _cost(search.day, tried)
        if tried_cost <= cost - heat * np.log(_chance(search)):
            order, cost, back = tried, tried_cost, tried_back
        if (cost, back) < (best_cost, best_back):
            best, best_cost, best_back = order, cost, back
        heat *= cooling
    return best


@njit(cache=True)
def _chance(search: Search) -> float:
    """Give a number above 0 and at most 1 (xorshift64*, Vigna 2016)."""
    x = search.chance[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    search.chance[0] = x
    mixed = (x * np.uint64(2685821657736338717)) >> np.uint64(11)
    return (float(mixed) + 1.0) / 9007199254740992.0


@njit(cache=True)
def _below(search: Search, n: int) -> int:
    return min(int(_chance(search) * n), n - 1)


@njit(cache=True)
def _cost(day: Tables, order: Ints) -> tuple[float, float]:
    """Give driving, with a fine that outweighs it for each stop left out; the return.

    Both are `NEVER` if the order breaks a rule.
    """
    n = len(day.visit)
    here, driven = n, 0
    ready, fed = day.clock[0], NEVER
    for place in range(len(order)):
        ready, fed = _next(day, here, order[place], ready, fed)
        if ready >= NEVER and fed >= NEVER:
            return float(NEVER), float(NEVER)
        driven += day.drive[here, order[place]]
        here = order[place]
    back = _back(day, here, ready, fed)
    if back >= NEVER:
        return float(NEVER), float(NEVER)
    fine = 0.0
    for stop in range(n):
        fine += day.value[stop]
    for stop in order:
        fine -= day.value[stop]
    fine *= FAR
    return float(driven + day.drive[here, n + 1]) + fine, float(back)


@njit(cache=True)
def _next(day: Tables, here: int, stop: int, ready: int, fed: int) -> tuple[int, int]:
    """Give when a stop is done, without lunch so far and with it."""
    drive, visit = day.drive[here, stop], day.visit[stop]
    done = begin_at(day.opens, day.closes, stop, ready + drive) + visit
    after = begin_at(day.opens, day.closes, stop, fed + drive) + visit
    if day.clock[2] > 0:
        lunch = fed_at(day.clock, ready, drive)
        after = min(after, begin_at(day.opens, day.closes, stop, lunch) + visit)
    return min(done, NEVER), min(after, NEVER)


@njit(cache=True)
def _back(day: Tables, here: int, ready: int, fed: int) -> int:
    drive = day.drive[here, len(day.visit) + 1]
    back = back_at(day.clock, ready, drive, False)
    return min(back, back_at(day.clock, fed, drive, True))


@njit(cache=True)
def _ruined(search: Search, order: Ints) -> Ints:
    """Take out a string of the order, or a stop and those nearest to it."""
    n_out = 1 + _below(search, min(LONGEST_STRING, len(order)))
    left = np.zeros(len(search.near), dtype=np.bool_)
    for stop in order:
        left[stop] = True
    if _chance(search) < 0.5:
        first = _below(search, len(order) - n_out + 1)
        for place in range(first, first + n_out):
            left[order[place]] = False
    else:
        middle, wanted = order[_below(search, len(order))], n_out
        for stop in search.near[middle]:
            if left[stop] and wanted > 0:
                left[stop] = False
                wanted -= 1
    rest = np.empty(len(order) - n_out, dtype=np.int64)
    m = 0
    for stop in order:
        if left[stop]:
            rest[m] = stop
            m += 1
    return _with_pins(search.day.pin, rest)


@njit(cache=True)
def _recreated(search: Search, order: Ints) -> Ints:
    """Put in what is out, in an order of chance, of distance or of tight windows."""
    day, n = search.day, len(search.day.visit)
    inside = np.zeros(n, dtype=np.bool_)
    for stop in order:
        inside[stop] = True
    absent = np.empty(n - len(order), dtype=np.int64)
    keys = np.empty(n - len(order))
    way, m = _chance(search), 0
    for stop in range(n):
        if not inside[stop]:
            key = _chance(search)
            if way < 0.25:
                key = -float(day.drive[n, stop])
            elif way < 0.5:
                key = float(search.shut[stop])
            _sorted_in(absent, keys, m, stop, key)
            m += 1
    return _added(search, order, absent, True)


@njit(cache=True)
def _sorted_in(rows: Ints, keys: Floats, m: int, row: int, key: float) -> None:
    """Put a row into the first m, which are in order of their keys."""
    while m > 0 and keys[m - 1] > key:
        rows[m], keys[m] = rows[m - 1], keys[m - 1]
        m -= 1
    rows[m], keys[m] = row, key


@njit(cache=True)
def _added(search: Search, order: Ints, absent: Ints, anywhere: bool) -> Ints:
    """Put stops into an order where they cost least, or at its end; if they fit."""
    pins = search.pins
    for stop in absent:
        if pins:
            order = _pinned_in(search, order, stop, anywhere)
            continue
        place = _cheapest(search, order, stop, anywhere)
        if place >= 0:
            order = _inserted(order, stop, place)
    return order


@njit(cache=True)
def _cheapest(search: Search, order: Ints, stop: int, anywhere: bool) -> int:
    """Give the place with the least detour where a stop fits, or -1."""
    day, m = search.day, len(order)
    latest = _latest(day, order)
    ready, fed, here = day.clock[0], NEVER, len(day.visit)
    best, least = -1, NEVER
    for place in range(m + 1):
        after = order[place] if place < m else len(day.visit) + 1
        if (anywhere and _chance(search) >= BLINKS) or place == m:
            there = day.drive[here, stop] + day.drive[stop, after]
            detour = there - day.drive[here, after]
            if detour < least:
                done, full = _next(day, here, stop, ready, fed)
                if _in_time(day, done, full, day.drive[stop, after], latest[place]):
                    best, least = place, detour
        if place < m:
            ready, fed = _next(day, here, after, ready, fed)
            here = after
    return best


@njit(cache=True)
def _in_time(day: Tables, ready: int, fed: int, drive: int, latest: Ints) -> bool:
    """Tell whether one is free at the next stop by its latest times."""
    if ready + drive <= latest[0] or fed + drive <= latest[1]:
        return True
    return bool(day.clock[2] > 0 and fed_at(day.clock, ready, drive) <= latest[1])


@njit(cache=True)
def _latest(day: Tables, order: Ints) -> Ints:
    """Give when one has to be free at each stop and home, shape (m + 1, 2).

    Without lunch so far, and with it, such that the rest of the day keeps its rules.
    """
    m, end = len(order), len(day.visit) + 1
    _, back_by, lunch, lunch_from, lunch_last = day.clock
    latest = np.empty((m + 1, 2), dtype=np.int64)
    latest[m, 0] = min(back_by, lunch_last) if lunch > 0 else back_by
    latest[m, 1] = back_by
    for place in range(m - 1, -1, -1):
        stop = order[place]
        drive = day.drive[stop, end]
        hungry, full = latest[place + 1, 0] - drive, latest[place + 1, 1] - drive
        if lunch > 0 and lunch_from + lunch <= latest[place + 1, 1]:
            hungry = max(hungry, min(lunch_last, full - lunch))
        latest[place, 0] = _latest_free(day, stop, hungry)
        latest[place, 1] = _latest_free(day, stop, full)
        end = stop
    return latest


@njit(cache=True)
def _latest_free(day: Tables, stop: int, done: int) -> int:
    """Give when one has to be free for a visit that is over by a time."""
    begin, latest = done - day.visit[stop], -NEVER
    for window in range(day.opens.shape[1]):
        if day.opens[stop, window] <= begin:
            latest = max(latest, min(day.closes[stop, window], begin))
    return latest


@njit(cache=True)
def _pinned_in(search: Search, order: Ints, stop: int, anywhere: bool) -> Ints:
    """As `_cheapest` where stops have fixed places: each order is driven whole."""
    best_cost, best = float(NEVER), order
    for place in range(0 if anywhere else len(order), len(order) + 1):
        tried = _with_pins(search.day.pin, _inserted(order, stop, place))
        cost, _ = _cost(search.day, tried)
        if cost < best_cost:
            best_cost, best = cost, tried
    return best


@njit(cache=True)
def _inserted(order: Ints, stop: int, place: int) -> Ints:
    longer = np.empty(len(order) + 1, dtype=np.int64)
    longer[:place] = order[:place]
    longer[place] = stop
    longer[place + 1 :] = order[place:]
    return longer


@njit(cache=True)
def _with_pins(pin: Ints, order: Ints) -> Ints:
    """Give pinned stops their place, or the last ones if the order is too short."""
    m = len(order)
    pinned, free = np.empty(m, dtype=np.int64), np.empty(m, dtype=np.int64)
    keys, n_pinned, n_free = np.empty(m), 0, 0
    for stop in order:
        if pin[stop] >= 0:
            _sorted_in(pinned, keys, n_pinned, stop, float(pin[stop]))
            n_pinned += 1
        else:
            free[n_free] = stop
            n_free += 1
    if n_pinned == 0:
        return order
    woven = np.empty(m, dtype=np.int64)
    i = j = 0
    for place in range(m):
        if j < n_pinned and (pin[pinned[j]] <= place or i == n_free):
            woven[place] = pinned[j]
            j += 1
        else:
            woven[place] = free[i]
            i += 1
    return woven
