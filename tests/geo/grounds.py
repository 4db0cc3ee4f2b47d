"""Small grounds for the optimiser: rectangles of square units, 1 km wide."""

from __future__ import annotations

import itertools

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from geo.frames import Targets, UnitTable, equal_targets

KM = 1000.0


def rectangle(
    width: int, height: int, loads: NDArray[np.float64] | None = None
) -> tuple[UnitTable, sp.csr_array]:
    """Units u0, u1, ... row by row from the south-west, neighbours share an edge."""
    n = width * height
    column, row = np.arange(n) % width, np.arange(n) // width
    given = np.ones((n, 1)) if loads is None else np.asarray(loads, float)
    if given.ndim == 1:
        given = given[:, None]
    table = UnitTable(
        unit_set="rectangle@test#0",
        unit_id=np.array([f"u{i}" for i in range(n)], dtype=object),
        xy=np.column_stack([column, row]) * KM,
        measures=("accounts", "workload_h")[: given.shape[1]],
        loads=given,
        weight=given[:, 0].copy(),
    )
    east = [(i, i + 1) for i in range(n) if column[i] + 1 < width]
    north = [(i, i + width) for i in range(n) if row[i] + 1 < height]
    return table, joined(n, east + north)


def joined(n: int, pairs: list[tuple[int, int]]) -> sp.csr_array:
    if not pairs:
        return sp.csr_array((n, n))
    a, b = np.array(pairs).T
    half = sp.coo_array((np.ones(len(a)), (a, b)), shape=(n, n))
    return sp.csr_array(half + half.T)


def evenly(table: UnitTable, k: int, tolerance: float) -> Targets:
    totals = dict(zip(table.measures, table.loads.sum(axis=0), strict=True))
    return equal_targets(k, totals, dict.fromkeys(table.measures, tolerance))


def in_one_piece(labels: NDArray[np.integer], graph: sp.csr_array) -> bool:
    """Whether every territory in use is connected, looked up the plain way."""
    for territory in np.unique(labels):
        mine = np.flatnonzero(labels == territory)
        part = graph[mine][:, mine]
        if sp.csgraph.connected_components(part, directed=False)[0] > 1:
            return False
    return True


def inertia(table: UnitTable, labels: NDArray[np.integer]) -> float:
    """Sum of weight x km^2 to the weighted mean, from the definition."""
    total = 0.0
    for territory in np.unique(labels):
        mine = labels == territory
        w, xy = table.weight[mine], table.xy[mine] / KM
        mean = (w[:, None] * xy).sum(axis=0) / w.sum()
        total += float((w * ((xy - mean) ** 2).sum(axis=1)).sum())
    return total


def best_by_trying_all(
    table: UnitTable, graph: sp.csr_array, targets: Targets
) -> float:
    """Objective of the best plan of all k^n; inf when none keeps the bounds."""
    k, best = len(targets), np.inf
    low = np.column_stack([targets[f"lower_{m}"] for m in table.measures])
    top = np.column_stack([targets[f"upper_{m}"] for m in table.measures])
    for labels in itertools.product(range(k), repeat=len(table)):
        array = np.array(labels)
        if len(set(labels)) < k or labels[0] != 0:
            continue
        load = np.column_stack([np.bincount(array, c, k) for c in table.loads.T])
        if (load < low - 1e-9).any() or (load > top + 1e-9).any():
            continue
        value = inertia(table, array)
        if value < best and in_one_piece(array, graph):
            best = value
    return best
