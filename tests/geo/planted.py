"""Grounds whose bounds hold a plan that is known, because it was planted there."""

from __future__ import annotations

import heapq

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from geo.contiguity import delaunay
from geo.frames import Targets, UnitTable, equal_targets
from tests.geo.grounds import joined

KM = 1000.0

FAMILIES = (
    "reps of different capacity",
    "two measures",
    "heavy tails",
    "two cities and a desert",
    "a lake in the middle",
    "duplicate places",
    "islands",
    "on a line",
    "an account of 40 percent",
)


def planted(name: str, seed: int) -> tuple[UnitTable, sp.csr_array, Targets]:
    """Give a ground, its neighbours, and bounds 4 % around what the plan carries."""
    rng = np.random.default_rng(seed)
    n, k = 90, 5
    xy, graph = _ground(name, n, rng)
    loads = _loads(name, n, rng)
    shares = np.ones(k)
    if name == "reps of different capacity":
        shares = np.array([0.4, 0.6, 1.0, 1.0, 1.4])
    labels = _grown(graph, loads[:, 0], shares, rng)
    table = UnitTable(
        unit_set="planted@test#0",
        unit_id=np.array([f"u{i}" for i in range(n)], dtype=object),
        xy=xy,
        measures=("accounts", "revenue")[: loads.shape[1]],
        loads=loads,
        weight=loads[:, 0].copy(),
    )
    totals = dict(zip(table.measures, loads.sum(axis=0), strict=True))
    targets = equal_targets(k, totals, dict.fromkeys(table.measures, 0.0))
    for j, measure in enumerate(table.measures):
        carried = np.bincount(labels, loads[:, j], k)
        for side, times in (("lower", 0.96), ("target", 1.0), ("upper", 1.04)):
            targets[f"{side}_{measure}"] = times * carried
    return table, graph, targets


def _ground(
    name: str, n: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], sp.csr_array]:
    xy = rng.uniform(0, 100 * KM, (n, 2))
    if name == "two cities and a desert":
        city = rng.integers(0, 2, n)
        xy = np.array([[10, 10], [90, 90]])[city] * KM + rng.normal(0, 3 * KM, (n, 2))
        xy[: n // 10] = rng.uniform(0, 100 * KM, (n // 10, 2))
    if name == "a lake in the middle":
        angle, away = rng.uniform(0, 2 * np.pi, n), rng.uniform(40, 50, n) * KM
        xy = np.column_stack([np.cos(angle), np.sin(angle)]) * away[:, None]
    if name == "duplicate places":
        xy[: 3 * n // 10] = xy[rng.integers(3 * n // 10, n, 3 * n // 10)]
    if name == "on a line":
        xy = np.column_stack([np.arange(n) * KM, np.zeros(n)])
        return xy, joined(n, [(i, i + 1) for i in range(n - 1)])
    graph = delaunay(xy)
    if name == "islands":
        east = xy[:, 0] > 55 * KM
        links = sp.coo_array(graph)
        a, b = links.coords
        same = (east[a] == east[b]) & (a < b)
        graph = joined(n, list(zip(a[same], b[same], strict=True)))
    if name == "a lake in the middle":
        links = sp.coo_array(graph)
        a, b = links.coords
        short = (np.hypot(*(xy[a] - xy[b]).T) < 35 * KM) & (a < b)
        graph = joined(n, list(zip(a[short], b[short], strict=True)))
    return xy, graph


def _loads(name: str, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    spread = 1.6 if name == "heavy tails" else 0.5
    first = np.round(10 * np.exp(rng.normal(0, spread, n)) + 1)
    if name == "an account of 40 percent":
        first[n // 2] = np.round(2 / 3 * first.sum())
    if name != "two measures":
        return first[:, None]
    return np.column_stack([first, np.round(first * rng.uniform(0.6, 1.4, n)) + 1])


def _grown(
    graph: sp.csr_array,
    load: NDArray[np.float64],
    shares: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    """Grow territories from random units, the one that has least for its share next.

    Parts of the ground that do not touch get a first unit each.
    """
    n, k = len(load), len(shares)
    labels = np.full(n, -1, np.intp)
    parts = sp.csgraph.connected_components(graph, directed=False)[1]
    first = [
        int(rng.choice(np.flatnonzero(parts == p))) for p in range(parts.max() + 1)
    ]
    rest = rng.permutation(np.setdiff1d(np.arange(n), first))
    seeds = [*first, *map(int, rest[: k - len(first)])]
    labels[seeds] = np.arange(k)
    full = load[seeds] / shares
    turns = [(full[t], t) for t in range(k)]
    heapq.heapify(turns)
    while turns:
        _, t = heapq.heappop(turns)
        mine = np.flatnonzero(labels == t)
        around = np.unique(graph[mine].indices)
        around = around[labels[around] < 0]
        if len(around) == 0:
            continue
        unit = int(rng.choice(around))
        labels[unit] = t
        full[t] += load[unit] / shares[t]
        heapq.heappush(turns, (full[t], t))
    return labels
