"""Make every territory one piece, moving as little load as possible."""

from __future__ import annotations

import heapq

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order, connected_components

from geo.solver.state import Ground, splits, start
from geo.solver.sums import sums

OVERFULL = 4.0
"""Price of a whole target beyond a bound, in costs of moving a typical unit."""

PASSES = 8


def parts(labels: NDArray[np.intp], ground: Ground) -> NDArray[np.intp]:
    """Give part numbers: neighbours of one label are in one part; shape (n,)."""
    n = len(labels)
    rows = np.repeat(np.arange(n), np.diff(ground.indptr))
    inner = labels[rows] == labels[ground.indices]
    graph = sp.coo_array(
        (np.ones(inner.sum(), np.int8), (rows[inner], ground.indices[inner])),
        shape=(n, n),
    )
    number: NDArray[np.intp] = connected_components(graph, directed=False)[1]
    return number.astype(np.intp)


def extra_parts(labels: NDArray[np.intp], ground: Ground) -> int:
    """Count the parts beyond one per territory in use."""
    return int(parts(labels, ground).max()) + 1 - len(np.unique(labels))


def make_contiguous(
    labels: NDArray[np.intp], ground: Ground, cost: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Keep the main part of each territory and give the rest to its neighbours.

    Fixed units first: parts that hold fixed units of one territory are joined by a
    shortest path. Then the heaviest part stays, and units of the others go, one at a
    time and cheapest first, to an adjacent territory, where a territory above its
    bounds is dear. Territories that end without a unit get one.

    Parameters
    ----------
    labels
        Shape (n,).
    ground
        Bounds, loads, rules and neighbours.
    cost
        Shape (n, k): cost of each unit at each territory; inf where it may not go.

    Returns
    -------
    NDArray
        Shape (n,). Units that no territory reaches keep their label.
    """
    labels = labels.copy()
    for _ in range(PASSES):
        labels = join_fixed(labels, ground)
        stray = strays(labels, ground)
        if not stray.any():
            break
        labels = grow(labels, stray, ground, cost)
    return _fill_empty(labels, ground, cost)


def strays(labels: NDArray[np.intp], ground: Ground) -> NDArray[np.bool_]:
    """Tell which units lie outside the main part of their territory.

    The main part is the one with most fixed units, then most load, then most units.
    """
    part = parts(labels, ground)
    count = int(part.max()) + 1
    owner = np.empty(count, np.intp)
    owner[part] = labels
    total = np.maximum(ground.loads.sum(axis=0), np.finfo(float).tiny)
    held = np.bincount(part, ground.fixed, count)
    load = np.bincount(part, (ground.loads / total).sum(axis=1), count)
    size = np.bincount(part, minlength=count)
    order = np.lexsort((-size, -np.round(load, 12), -held, owner))
    main = np.zeros(count, bool)
    main[order[np.unique(owner[order], return_index=True)[1]]] = True
    stray: NDArray[np.bool_] = ~main[part] & ~ground.fixed
    return stray


def join_fixed(labels: NDArray[np.intp], ground: Ground) -> NDArray[np.intp]:
    """Lay shortest paths between parts of one territory that hold fixed units."""
    labels = labels.copy()
    part = parts(labels, ground)
    for territory in np.unique(labels[ground.fixed]):
        mine = np.flatnonzero(ground.fixed & (labels == territory))
        if len(np.unique(part[mine])) == 1:
            continue
        graph = _passable(labels, ground, int(territory))
        _, before = breadth_first_order(graph, mine[0], directed=False)
        for unit in mine[1:]:
            step = before[unit]
            while step >= 0 and step != mine[0]:
                labels[step] = territory
                step = before[step]
    return labels


def _passable(labels: NDArray[np.intp], ground: Ground, territory: int) -> sp.csr_array:
    """Give the links between units that the territory may have."""
    open_ = ~ground.fixed | (labels == territory)
    if ground.barred.size:
        open_ &= ~ground.barred[:, territory]
    rows = np.repeat(np.arange(len(labels)), np.diff(ground.indptr))
    free = open_[rows] & open_[ground.indices]
    return sp.csr_array(
        (np.ones(free.sum()), (rows[free], ground.indices[free])),
        shape=(len(labels), len(labels)),
    )


def grow(
    labels: NDArray[np.intp],
    stray: NDArray[np.bool_],
    ground: Ground,
    cost: NDArray[np.float64],
) -> NDArray[np.intp]:
    """Give strays to territories they touch, cheapest first; loads are watched."""
    labels = labels.copy()
    loose = stray.copy()
    k = len(ground.lower)
    load = sums(labels[~loose], ground.loads[~loose], k)
    step = _typical_extra(cost)
    heap: list[tuple[float, int, int]] = []

    def price(unit: int, there: int) -> float:
        extra = float(cost[unit, there] - cost[unit].min())
        over = np.maximum(load[there] + ground.loads[unit] - ground.upper[there], 0.0)
        return extra + OVERFULL * step * float((over / ground.scale[there]).sum())

    def offer(unit: int) -> None:
        for v in ground.indices[ground.indptr[unit] : ground.indptr[unit + 1]]:
            if loose[v] and np.isfinite(cost[v, labels[unit]]):
                there = int(labels[unit])
                heapq.heappush(heap, (price(int(v), there), int(v), there))

    for unit in _rim(loose, ground):
        offer(int(unit))
    while heap:
        asked, unit, there = heapq.heappop(heap)
        if not loose[unit]:
            continue
        now = price(unit, there)
        if now > asked * (1 + 1e-9) + 1e-12:
            heapq.heappush(heap, (now, unit, there))
            continue
        loose[unit] = False
        labels[unit] = there
        load[there] += ground.loads[unit]
        offer(unit)
    return labels


def _typical_extra(cost: NDArray[np.float64]) -> float:
    """Give the median extra cost of the second-best territory."""
    if cost.shape[1] < 2:
        return 1.0
    two = np.partition(cost, 1, axis=1)[:, :2]
    extra = (two[:, 1] - two[:, 0])[np.isfinite(two[:, 1])]
    return float(np.median(extra)) if len(extra) else 1.0


def _rim(loose: NDArray[np.bool_], ground: Ground) -> NDArray[np.intp]:
    """Give the units that keep their label and touch one that does not."""
    rows = np.repeat(np.arange(len(loose)), np.diff(ground.indptr))
    touching = ~loose[rows] & loose[ground.indices]
    return np.unique(rows[touching])


def _fill_empty(
    labels: NDArray[np.intp], ground: Ground, cost: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Give each territory without units the cheapest one that can be spared."""
    k = len(ground.lower)
    for territory in np.flatnonzero(np.bincount(labels, minlength=k) == 0):
        state = start(ground, labels)
        price = np.where(ground.fixed, np.inf, cost[:, territory])
        for unit in np.argsort(price, kind="stable"):
            if not np.isfinite(price[unit]):
                break
            if state.size[labels[unit]] > 1 and not splits(ground, state, int(unit)):
                labels = labels.copy()
                labels[unit] = territory
                break
    return labels
