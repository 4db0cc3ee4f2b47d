"""Search at the borders: shift, swap and chain units between territories.

Every move keeps each territory in one piece: a unit leaves only if its neighbours
within its territory stay joined without it.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.solver.state import (
    OUTSIDE,
    Ground,
    IntArray,
    State,
    change_of,
    may_go,
    move,
    splits,
)


@njit(cache=True)
def _random(seed: NDArray[np.uint64]) -> float:
    """Uniform in [0, 1): xorshift64* (Vigna 2016), the same on every platform."""
    x = seed[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    seed[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 2.0**53


@njit(cache=True)
def anneal(
    ground: Ground,
    state: State,
    heat: float,
    price: float,
    proposals: int,
    seed: NDArray[np.uint64],
) -> int:
    """Try random shifts at one temperature; the state is changed in place.

    A shift that changes cost by c and violation by v is taken with probability
    min(1, exp(-(c + price v) / heat)) (Metropolis et al. 1953).

    Returns
    -------
    int
        Number of shifts taken.
    """
    n, taken = len(state.labels), 0
    for _ in range(proposals):
        unit = int(_random(seed) * n)
        first, last = ground.indptr[unit], ground.indptr[unit + 1]
        if first == last:
            continue
        neighbor = ground.indices[first + int(_random(seed) * (last - first))]
        there = state.labels[neighbor]
        if there == state.labels[unit] or not may_go(ground, state, unit, there):
            continue
        violation, cost = change_of(ground, state, unit, there)
        energy = cost + price * violation
        if energy > 0.0 and _random(seed) >= np.exp(-energy / heat):
            continue
        if not splits(ground, state, unit):
            move(ground, state, unit, there)
            taken += 1
    return taken


@njit(cache=True)
def shift(ground: Ground, state: State, small: float) -> int:
    """Give each unit once to the adjacent territory where it does most good.

    Returns
    -------
    int
        Number of units that changed hands; 0 when no single shift helps.
    """
    taken = 0
    for unit in range(len(state.labels)):
        here, best = state.labels[unit], -1
        best_violation, best_cost = -OUTSIDE, -small
        for p in range(ground.indptr[unit], ground.indptr[unit + 1]):
            there = state.labels[ground.indices[p]]
            if there in (here, best) or not may_go(ground, state, unit, there):
                continue
            violation, cost = change_of(ground, state, unit, there)
            if _better(violation, cost, best_violation, best_cost):
                best, best_violation, best_cost = there, violation, cost
        if best >= 0 and not splits(ground, state, unit):
            move(ground, state, unit, best)
            taken += 1
    return taken


@njit(cache=True)
def _better(violation: float, cost: float, than: float, than_cost: float) -> bool:
    """Compare changes: less violation first, then less cost."""
    if violation < than - OUTSIDE:
        return True
    # the bar to beat starts just below "no change"
    return violation <= than + OUTSIDE and cost < than_cost


@njit(cache=True)
def exchange(
    ground: Ground,
    state: State,
    small: float,
    open_: NDArray[np.bool_],
    first: int,
    work: int,
) -> tuple[int, int, int]:
    """Pair each shift a -> b with the best second one b -> c; c = a is a swap.

    Parameters
    ----------
    open_
        Shape (k,): the territories b worth looking at; those that change are added.
    first
        Unit to begin with.
    work
        Number of second shifts to look at before coming back.

    Returns
    -------
    tuple of int
        Pairs taken, unit to go on with (n at the end), second shifts looked at.
    """
    n, k = len(state.labels), len(ground.lower)
    head, after, before = _members(state.labels, k)
    inner = np.zeros(n, np.bool_)
    for unit in range(n):
        inner[unit] = _inner(ground, state, unit)
    taken, looked, unit = 0, 0, first
    while unit < n and looked < work:
        here, tried = state.labels[unit], -1
        for p in range(ground.indptr[unit], ground.indptr[unit + 1]):
            there = state.labels[ground.indices[p]]
            if there in (here, tried) or not open_[there]:
                continue
            if not may_go(ground, state, unit, there):
                continue
            if splits(ground, state, unit):
                break
            tried = there
            change = change_of(ground, state, unit, there)
            move(ground, state, unit, there)
            second, to, seen = _follow(
                ground, state, unit, there, change, small, head, after, inner
            )
            looked += seen
            if second < 0:
                move(ground, state, unit, here)
                continue
            move(ground, state, second, to)
            _relist(unit, here, there, head, after, before)
            _relist(second, there, to, head, after, before)
            open_[here] = open_[there] = open_[to] = True
            for moved in (unit, second):
                inner[moved] = False
                for q in range(ground.indptr[moved], ground.indptr[moved + 1]):
                    inner[ground.indices[q]] = False
            taken += 1
            break
        unit += 1
    return taken, unit, looked


@njit(cache=True)
def _follow(
    ground: Ground,
    state: State,
    moved: int,
    here: int,
    change: tuple[float, float],
    small: float,
    head: IntArray,
    after: IntArray,
    inner: NDArray[np.bool_],
) -> tuple[int, int, int]:
    """Find the shift out of a territory that makes most of one just taken into it."""
    best, to, seen = -1, -1, 0
    best_violation, best_cost = -OUTSIDE, -small
    unit = head[here]
    while unit >= 0:
        if inner[unit]:
            unit = after[unit]
            continue
        last = -1
        for p in range(ground.indptr[unit], ground.indptr[unit + 1]):
            there = state.labels[ground.indices[p]]
            if there in (here, last) or unit == moved:
                continue
            last = there
            if not may_go(ground, state, unit, there):
                continue
            seen += 1
            violation, cost = change_of(ground, state, unit, there)
            violation += change[0]
            cost += change[1]
            if _better(violation, cost, best_violation, best_cost) and not splits(
                ground, state, unit
            ):
                best, to = unit, there
                best_violation, best_cost = violation, cost
        unit = after[unit]
    return best, to, seen + 1


@njit(cache=True)
def _inner(ground: Ground, state: State, unit: int) -> bool:
    """Tell whether all neighbours of a unit are in its territory."""
    for p in range(ground.indptr[unit], ground.indptr[unit + 1]):
        if state.labels[ground.indices[p]] != state.labels[unit]:
            return False
    return True


@njit(cache=True)
def _members(labels: IntArray, k: int) -> tuple[IntArray, IntArray, IntArray]:
    """Chain the units of each territory: first, next and previous."""
    head = np.full(k, -1, np.int64)
    after = np.full(len(labels), -1, np.int64)
    before = np.full(len(labels), -1, np.int64)
    for unit in range(len(labels) - 1, -1, -1):
        owner = labels[unit]
        after[unit] = head[owner]
        if head[owner] >= 0:
            before[head[owner]] = unit
        head[owner] = unit
    return head, after, before


@njit(cache=True)
def _relist(
    unit: int,
    here: int,
    there: int,
    head: IntArray,
    after: IntArray,
    before: IntArray,
) -> None:
    if before[unit] >= 0:
        after[before[unit]] = after[unit]
    else:
        head[here] = after[unit]
    if after[unit] >= 0:
        before[after[unit]] = before[unit]
    before[unit] = -1
    after[unit] = head[there]
    if head[there] >= 0:
        before[head[there]] = unit
    head[there] = unit
