"""Give units to centers in shares, at least cost, so that loads keep their bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

TINY, NONE = 1e-12, 1e-24
"""Shares of all load below which an excess, and a unit's flow, count as none."""

AUGMENTATIONS_PER_UNIT = 20
"""Paths after which the flow is left as it is: far more than were ever needed."""

BETWEEN = 1_000
"""Paths between two questions whether to stop: some tenths of a second."""

THIN, SAMPLED_PER_TERRITORY = 4, 8
"""First prices come from every fourth unit, while that leaves eight a territory."""

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def unasked(_: float) -> bool:
    """Go on to the end."""
    return False


def transport(
    cost: FloatArray,
    load: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    prices: FloatArray | None = None,
    ask: Callable[[float], bool] = unasked,
) -> tuple[FloatArray, FloatArray]:
    """Give each unit, in shares, to territories at least cost within the bounds.

    The transport problem min sum c_ij x_ij with sum_j x_ij = 1 and
    lower_j <= sum_i load_i x_ij <= upper_j, solved exactly by successive shortest
    paths (Ahuja, Magnanti and Orlin 1993, section 9.7) on a graph whose nodes are
    the k territories and the place where load ends: an arc from j to j' is the unit
    of j that costs least to take there, so a path costs k^2, whatever n is.

    Parameters
    ----------
    cost
        Shape (n, k): cost of the whole unit; inf where it may not go.
    load
        Shape (n,); units without load go where they cost least.
    lower, upper
        Shape (k,). Bounds that the sum of loads cannot meet are scaled until it can.
    prices
        Shape (k,): prices to begin with, as a solve of a like problem gave them;
        None takes those of a sample of the units.
    ask
        Asked now and then whether to leave the loads as far as they are.

    Returns
    -------
    tuple of NDArray
        Shape (n, k): share of the unit each territory has; rows sum to 1. And the
        prices, shape (k,): cost per load that a territory's bound is worth.
    """
    n, k = cost.shape
    share = np.zeros((n, k))
    share[np.arange(n), np.argmin(cost, axis=1)] = 1.0
    heavy = np.flatnonzero(load > 0)
    if len(heavy) == 0 or k == 1:
        return share, np.zeros(k)
    total = load[heavy].sum()
    if prices is None and len(heavy) > THIN * SAMPLED_PER_TERRITORY * k:
        some = heavy[::THIN]
        part = load[some].sum() / total
        prices = transport(
            cost[some], load[some], lower * part, upper * part, None, ask
        )[1]
    begin = np.zeros(k) if prices is None else prices
    mass = load[heavy] / total
    per_load = cost[heavy] / mass[:, None]
    low, top = _fitted(lower, upper, total)
    most = AUGMENTATIONS_PER_UNIT * (len(heavy) + k)
    state = _begin(per_load, mass, low, top, begin * total)
    for paths in range(0, most, BETWEEN):
        if _push(per_load, low, top, state, BETWEEN) or ask(paths / most):
            break
    flow, potential = state.flow, state.potential
    found = potential[-1] - potential[:-1]
    share[heavy] = flow / flow.sum(axis=1, keepdims=True)
    return share, found / total


def _fitted(
    lower: FloatArray, upper: FloatArray, total: float
) -> tuple[FloatArray, FloatArray]:
    """Give bounds as shares of the total, scaled so that they can be met."""
    low = np.clip(lower, 0.0, total) / total
    top = np.maximum(np.clip(upper, 0.0, total) / total, low)
    if top.sum() < 1.0:
        top = top / top.sum() if top.sum() > 0 else np.full_like(top, 1 / len(top))
    if low.sum() > 1.0:
        low = low / low.sum()
    return np.minimum(low, top), top


class _Flow(NamedTuple):
    """A flow under way; node k is where load ends, arc j -> k carries [lower, upper].

    `potential` keeps every residual arc's reduced cost at zero or more, so the
    nearest way from too much load to too little is found by Dijkstra's rule.
    """

    flow: FloatArray  # (n, k)
    member: NDArray[np.int32]  # (k, n), the units of each territory
    size: IntArray  # (k,), how many those are
    arc: FloatArray  # (k, k), least cost of a way from one to another
    unit: IntArray  # (k, k), whose it is
    ended: FloatArray  # (k,)
    excess: FloatArray  # (k + 1,)
    potential: FloatArray  # (k + 1,)


@njit(cache=True)
def _begin(
    price: FloatArray,
    mass: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    begin: FloatArray,
) -> _Flow:
    """Give each unit where it is cheapest at the first prices."""
    n, k = price.shape
    flow = np.zeros((n, k))
    load = np.zeros(k)
    member = np.empty((k, n), np.int32)
    count = np.zeros(k, np.int64)
    potential = np.zeros(k + 1)
    for j in range(k):
        potential[j] = -begin[j]
    for i in range(n):
        best, owner = np.inf, 0
        for j in range(k):
            if price[i, j] - potential[j] < best:
                best, owner = price[i, j] - potential[j], j
        flow[i, owner] = mass[i]
        load[owner] += mass[i]
        member[owner, count[owner]] = i
        count[owner] += 1
    ended, excess = _ends(load, lower, upper, potential)
    arc, unit = np.full((k, k), np.inf), np.zeros((k, k), np.int64)
    for j in range(k):
        for place in range(count[j]):
            _gain(price, arc, unit, j, member[j, place])
    return _Flow(flow, member, count, arc, unit, ended, excess, potential)


@njit(cache=True)
def _push(
    price: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    state: _Flow,
    most: int,
) -> bool:
    """Send load along so many paths; True when no path is left."""
    for _ in range(most):
        target, before = _nearest(
            state.arc, state.ended, lower, upper, state.excess, state.potential
        )
        if target < 0:
            return True
        _augment(
            price,
            state.flow,
            state.member,
            state.size,
            state.arc,
            state.unit,
            state.ended,
            lower,
            upper,
            state.excess,
            before,
            target,
        )
    return False


@njit(cache=True)
def _ends(
    load: FloatArray, lower: FloatArray, upper: FloatArray, potential: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Set what each territory keeps in line with its price; the rest is excess."""
    k = len(load)
    ended, excess = np.empty(k), np.zeros(k + 1)
    for j in range(k):
        if potential[j] < 0.0:
            ended[j] = upper[j]
        elif potential[j] > 0.0:
            ended[j] = lower[j]
        else:
            ended[j] = min(max(load[j], lower[j]), upper[j])
        excess[j] = load[j] - ended[j]
        excess[k] += ended[j]
    excess[k] -= load.sum()
    return ended, excess


@njit(cache=True)
def _nearest(
    arc: FloatArray,
    ended: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    excess: FloatArray,
    potential: FloatArray,
) -> tuple[int, IntArray]:
    """Find the nearest node with too little load from those with too much."""
    k = len(ended)
    away = np.full(k + 1, np.inf)
    before = np.full(k + 1, -1, np.int64)
    done = np.zeros(k + 1, np.bool_)
    for j in range(k + 1):
        if excess[j] > TINY:
            away[j] = 0.0
    target, reach = -1, 0.0
    while True:
        here, least = -1, np.inf
        for j in range(k + 1):
            if not done[j] and away[j] < least:
                here, least = j, away[j]
        if here < 0:
            break
        done[here] = True
        reach = least
        if excess[here] < -TINY:
            target = here
            break
        for there in range(k + 1):
            if done[there]:
                continue
            if here < k and there < k:
                cost = arc[here, there]
            elif here < k:
                cost = 0.0 if ended[here] < upper[here] - TINY else np.inf
            else:
                cost = 0.0 if ended[there] > lower[there] + TINY else np.inf
            if cost == np.inf:
                continue
            step = max(cost + potential[here] - potential[there], 0.0)
            if least + step < away[there]:
                away[there] = least + step
                before[there] = here
    if target >= 0:
        for j in range(k + 1):
            potential[j] += min(away[j], reach)
    return target, before


@njit(cache=True)
def _augment(
    price: FloatArray,
    flow: FloatArray,
    member: NDArray[np.int32],
    count: IntArray,
    arc: FloatArray,
    unit: IntArray,
    ended: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    excess: FloatArray,
    before: IntArray,
    target: int,
) -> None:
    """Send as much as the path takes, and keep the arcs along it up to date."""
    k = len(ended)
    amount, node = -excess[target], target
    while before[node] >= 0:
        last = before[node]
        if node == k:
            amount = min(amount, upper[last] - ended[last])
        elif last == k:
            amount = min(amount, ended[node] - lower[node])
        else:
            amount = min(amount, flow[unit[last, node], last])
        node = last
    amount = min(amount, excess[node])
    excess[node] -= amount
    excess[target] += amount
    node = target
    while before[node] >= 0:
        last = before[node]
        if node == k:
            ended[last] += amount
        elif last == k:
            ended[node] -= amount
        else:
            i = unit[last, node]
            if flow[i, node] <= NONE:
                flow[i, node] = 0.0
                member[node, count[node]] = i
                count[node] += 1
                _gain(price, arc, unit, node, i)
            flow[i, last] -= amount
            flow[i, node] += amount
            if flow[i, last] <= NONE:
                _lose(price, member, count, arc, unit, last, i)
        node = last


@njit(cache=True)
def _gain(
    price: FloatArray, arc: FloatArray, unit: IntArray, here: int, new: int
) -> None:
    """Offer a new unit's way out to each other territory."""
    for there in range(price.shape[1]):
        extra = price[new, there] - price[new, here]
        if extra < arc[here, there]:
            arc[here, there] = extra
            unit[here, there] = new


@njit(cache=True)
def _lose(
    price: FloatArray,
    member: NDArray[np.int32],
    count: IntArray,
    arc: FloatArray,
    unit: IntArray,
    here: int,
    gone: int,
) -> None:
    """Take a unit off the list, and look up anew the arcs that it was."""
    last = count[here] - 1
    for place in range(count[here]):
        if member[here, place] == gone:
            member[here, place] = member[here, last]
            break
    count[here] = last
    for there in range(price.shape[1]):
        if unit[here, there] != gone or arc[here, there] == np.inf:
            continue
        arc[here, there] = np.inf
        for place in range(last):
            i = member[here, place]
            extra = price[i, there] - price[i, here]
            if extra < arc[here, there]:
                arc[here, there] = extra
                unit[here, there] = i
