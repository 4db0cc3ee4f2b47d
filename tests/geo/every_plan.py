"""Every connected graph of a few units, and every division of one, the plain way."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import networkx as nx
import numpy as np
import scipy.sparse as sp

from geo.frames import Targets, UnitTable

KM = 1000.0


def graphs(n: int) -> Iterator[sp.csr_array]:
    """Give each connected graph of n units once, up to names (Read and Wilson)."""
    for graph in nx.graph_atlas_g():
        if graph.number_of_nodes() == n and nx.is_connected(graph):
            yield as_array(graph)


def random_graph(n: int, rng: np.random.Generator) -> sp.csr_array:
    """Give a random tree with some links more."""
    links = {(int(rng.integers(0, i)), i) for i in range(1, n)}
    for _ in range(int(rng.integers(0, n))):
        a, b = sorted(int(x) for x in rng.choice(n, 2, replace=False))
        links.add((a, b))
    graph = nx.Graph(sorted(links))
    return as_array(nx.Graph(graph))


def as_array(graph: nx.Graph) -> sp.csr_array:
    order = range(graph.number_of_nodes())
    return sp.csr_array(nx.to_scipy_sparse_array(graph, nodelist=order, dtype=float))


def scattered(n: int, rng: np.random.Generator, *, heavy: bool = False) -> UnitTable:
    """Put n units anywhere, with small whole loads or a heavy tail of them."""
    loads = rng.integers(1, 9, n).astype(float)
    if heavy:
        loads = np.round(4 * np.exp(1.2 * rng.normal(size=n)) + 1)
    return UnitTable(
        unit_set="scattered@test#0",
        unit_id=np.array([f"u{i}" for i in range(n)], dtype=object),
        xy=rng.uniform(0, 10 * KM, (n, 2)),
        measures=("accounts",),
        loads=loads[:, None],
        weight=loads.copy(),
    )


def best_objective(table: UnitTable, graph: sp.csr_array, targets: Targets) -> float:
    """Give the least inertia over all plans within bounds; inf when there is none.

    Parts are taken one after the other, each with the first unit that is left; bounds
    are the same for all territories.
    """
    n, worth = len(table), {}
    links = [
        set(graph.indices[graph.indptr[i] : graph.indptr[i + 1]]) for i in range(n)
    ]
    low = float(targets["lower_accounts"].iloc[0]) - 1e-9
    top = float(targets["upper_accounts"].iloc[0]) + 1e-9
    for number in range(1, 2**n):
        part = frozenset(i for i in range(n) if number >> i & 1)
        load = table.loads[sorted(part), 0].sum()
        if low <= load <= top and _one_piece(part, links):
            worth[part] = _inertia(table, sorted(part))
    by_first: dict[int, list[frozenset[int]]] = {}
    for part in worth:
        by_first.setdefault(min(part), []).append(part)

    @functools.cache
    def best(left: frozenset[int], k: int) -> float:
        if not left or not k:
            return 0.0 if not left and not k else np.inf
        parts = (p for p in by_first.get(min(left), []) if p <= left)
        return min((worth[p] + best(left - p, k - 1) for p in parts), default=np.inf)

    return best(frozenset(range(n)), len(targets))


def _one_piece(part: frozenset[int], links: list[set[int]]) -> bool:
    seen = {min(part)}
    edge = set(seen)
    while edge:
        edge = {v for u in edge for v in links[u] if v in part} - seen
        seen |= edge
    return len(seen) == len(part)


def _inertia(table: UnitTable, rows: list[int]) -> float:
    weight, xy = table.weight[rows], table.xy[rows] / KM
    mean = (weight[:, None] * xy).sum(axis=0) / weight.sum()
    return float((weight * ((xy - mean) ** 2).sum(axis=1)).sum())
