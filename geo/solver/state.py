"""Where a search stands, and what a unit's change of territory does to it.

Plans are compared first by how far loads lie outside their bounds, then by cost.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.solver.sums import sums

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BROWSE_LIMIT = 50_000
"""Units looked at before a move is refused as possibly splitting a territory."""

OUTSIDE = 1e-9
"""Violation, in shares of a target, below which a plan counts as within bounds."""


class Ground(NamedTuple):
    """What the search needs to know of n units and k territories, as arrays.

    Parameters
    ----------
    indptr, indices
        Neighbours of each unit in compressed rows, int32.
    loads
        Shape (n, m).
    moments
        Shape (n, 3): weight, weight x x, weight x y in km; the exact change of a
        moment of inertia follows from them. Used when `table` is empty.
    table
        Shape (n, k): weight x cost to the present centers, or (0, 0).
    barred
        Shape (n, k): the territory may not have the unit; or (0, 0).
    lost
        Shape (n, k): what changes hands if the territory has the unit; or (0, 0).
    fixed
        Shape (n,): the unit stays where it is.
    lower, upper, scale
        Shape (k, m): bounds of the loads, and what a violation is divided by.
    max_moved, moved_scale
        Most that may change hands, and what going beyond it is divided by.
    joined
        Territories must stay in one piece.
    """

    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    loads: FloatArray
    moments: FloatArray
    table: FloatArray
    barred: NDArray[np.bool_]
    lost: FloatArray
    fixed: NDArray[np.bool_]
    lower: FloatArray
    upper: FloatArray
    scale: FloatArray
    max_moved: float
    moved_scale: float
    joined: bool


class State(NamedTuple):
    """Where a search stands: the labels and every sum that follows from them."""

    labels: IntArray
    load: FloatArray  # (k, m)
    moment: FloatArray  # (k, 3)
    size: IntArray  # (k,)
    moved: FloatArray  # (1,)
    mark: IntArray  # (n + 1,), the last is the running stamp
    queue: IntArray  # (n,)


def start(ground: Ground, labels: IntArray) -> State:
    """Give the sums that belong to these labels; the labels are copied."""
    k = len(ground.lower)
    n = len(labels)
    labels = labels.astype(np.int64, copy=True)
    load, moment = sums(labels, ground.loads, k), sums(labels, ground.moments, k)
    size = np.bincount(labels, minlength=k).astype(np.int64)
    lost = ground.lost
    moved = float(lost[np.arange(n), labels].sum()) if lost.size else 0.0
    mark, queue = np.zeros(n + 1, np.int64), np.empty(n, np.int64)
    return State(labels, load, moment, size, np.array([moved]), mark, queue)


def score(ground: Ground, labels: IntArray) -> tuple[float, float]:
    """Give (violation, cost) of labels: the smaller pair is the better plan.

    The cost lacks the constant sum of weight x |xy|^2 when it is a moment of
    inertia; it only serves to compare.
    """
    state = start(ground, labels)
    violation, cost = _score(ground, state)
    return (violation if violation > OUTSIDE else 0.0), cost


@njit(cache=True)
def _score(ground: Ground, state: State) -> tuple[float, float]:
    violation = _over_moved(ground, state.moved[0])
    cost = 0.0
    for territory in range(len(ground.lower)):
        violation += _outside(ground, state, territory, -1, 0.0)
        if len(ground.table) == 0:
            cost += _inertia(ground, state, territory, -1, 0.0)
    if len(ground.table) > 0:
        for unit in range(len(state.labels)):
            cost += ground.table[unit, state.labels[unit]]
    return violation, cost


@njit(cache=True)
def _outside(
    ground: Ground, state: State, territory: int, unit: int, sign: float
) -> float:
    """How far a territory's loads lie outside their bounds, with a unit in or out."""
    out = 0.0
    for measure in range(ground.loads.shape[1]):
        load = state.load[territory, measure]
        if unit >= 0:
            load += sign * ground.loads[unit, measure]
        if load > ground.upper[territory, measure]:
            over = load - ground.upper[territory, measure]
            out += over / ground.scale[territory, measure]
        elif load < ground.lower[territory, measure]:
            under = ground.lower[territory, measure] - load
            out += under / ground.scale[territory, measure]
    return out


@njit(cache=True)
def _over_moved(ground: Ground, moved: float) -> float:
    if moved <= ground.max_moved:
        return 0.0
    return (moved - ground.max_moved) / ground.moved_scale


@njit(cache=True)
def _inertia(
    ground: Ground, state: State, territory: int, unit: int, sign: float
) -> float:
    """Minus |sum w xy|^2 / sum w: the moment of inertia but for a constant."""
    w, x, y = state.moment[territory]
    if unit >= 0:
        w += sign * ground.moments[unit, 0]
        x += sign * ground.moments[unit, 1]
        y += sign * ground.moments[unit, 2]
    return -(x * x + y * y) / w if w > 0.0 else 0.0


@njit(cache=True)
def change_of(
    ground: Ground, state: State, unit: int, there: int
) -> tuple[float, float]:
    """Give the change of (violation, cost) if the unit goes there."""
    here = state.labels[unit]
    violation = (
        _outside(ground, state, here, unit, -1.0)
        - _outside(ground, state, here, -1, 0.0)
        + _outside(ground, state, there, unit, 1.0)
        - _outside(ground, state, there, -1, 0.0)
    )
    if len(ground.lost) > 0:
        moved = state.moved[0]
        extra = ground.lost[unit, there] - ground.lost[unit, here]
        violation += _over_moved(ground, moved + extra) - _over_moved(ground, moved)
    if len(ground.table) > 0:
        return violation, ground.table[unit, there] - ground.table[unit, here]
    cost = (
        _inertia(ground, state, here, unit, -1.0)
        - _inertia(ground, state, here, -1, 0.0)
        + _inertia(ground, state, there, unit, 1.0)
        - _inertia(ground, state, there, -1, 0.0)
    )
    return violation, cost


@njit(cache=True)
def move(ground: Ground, state: State, unit: int, there: int) -> None:
    """Hand the unit over, in place, with every sum that follows."""
    here = state.labels[unit]
    for measure in range(ground.loads.shape[1]):
        state.load[here, measure] -= ground.loads[unit, measure]
        state.load[there, measure] += ground.loads[unit, measure]
    for part in range(3):
        state.moment[here, part] -= ground.moments[unit, part]
        state.moment[there, part] += ground.moments[unit, part]
    state.size[here] -= 1
    state.size[there] += 1
    if len(ground.lost) > 0:
        state.moved[0] += ground.lost[unit, there] - ground.lost[unit, here]
    state.labels[unit] = there


@njit(cache=True)
def may_go(ground: Ground, state: State, unit: int, there: int) -> bool:
    """Tell whether rules let the unit go there and its territory keeps another."""
    if ground.fixed[unit] or state.size[state.labels[unit]] <= 1:
        return False
    return len(ground.barred) == 0 or not ground.barred[unit, there]


@njit(cache=True)
def splits(ground: Ground, state: State, unit: int) -> bool:
    """Tell whether the unit's territory falls apart without it.

    Its neighbours within the territory are marked; a walk from one of them must
    meet all others. The walk mostly ends within a few steps, and is given up (and
    the move refused) after `BROWSE_LIMIT` units. Where territories need not be one
    piece it never does.
    """
    if not ground.joined:
        return False
    here, labels, mark = state.labels[unit], state.labels, state.mark
    indptr, indices, queue = ground.indptr, ground.indices, state.queue
    mark[-1] += 2
    seen = mark[-1]
    wanted = seen - 1
    missing, first = 0, -1
    for p in range(indptr[unit], indptr[unit + 1]):
        v = indices[p]
        if labels[v] == here and v != unit and mark[v] != wanted:
            mark[v] = wanted
            missing += 1
            first = v
    if missing <= 1:
        return False
    mark[unit] = seen
    mark[first] = seen
    missing -= 1
    queue[0] = first
    head, tail = 0, 1
    while head < tail and tail < BROWSE_LIMIT:
        u = queue[head]
        head += 1
        for p in range(indptr[u], indptr[u + 1]):
            v = indices[p]
            if labels[v] != here or mark[v] == seen:
                continue
            if mark[v] == wanted:
                missing -= 1
                if missing == 0:
                    return False
            mark[v] = seen
            queue[tail] = v
            tail += 1
    return True


@njit(cache=True)
def typical(ground: Ground, state: State) -> tuple[float, float]:
    """Give the mean size of the change of cost, and of load share, of a shift."""
    cost, share, count = 0.0, 0.0, 0
    for unit in range(len(state.labels)):
        here = state.labels[unit]
        for p in range(ground.indptr[unit], ground.indptr[unit + 1]):
            there = state.labels[ground.indices[p]]
            if there != here and may_go(ground, state, unit, there):
                cost += abs(change_of(ground, state, unit, there)[1])
                for measure in range(ground.loads.shape[1]):
                    load = ground.loads[unit, measure]
                    share += load / ground.scale[there, measure]
                count += 1
                break
    if count == 0:
        return 0.0, 0.0
    return cost / count, share / count
