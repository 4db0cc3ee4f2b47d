"""Hierarchies of a road network: over its states, or plainly over its junctions."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from routing.dissection import Ints, cells_of, order_of_links, order_of_nodes
from routing.hierarchy import Hierarchy
from routing.profile import Profile, edge_s
from routing.roads import Roads
from routing.turns import Turns, pack


def state_hierarchy(roads: Roads, turns: Turns) -> Hierarchy:
    """Give the hierarchy of the states of a network: turns and restrictions count.

    The states of edges that are cut separate the others (Buchhold, V., Wagner, D.,
    Zeitz, T. and Zuendorf, M. (2020), "Customizable contraction hierarchies with turn
    costs", ATMOS), so one dissection of the junctions serves both graphs.
    """
    start, end = _ends(roads)
    cells = _cells(roads)
    return Hierarchy(
        turns.arcs, order_of_links(cells, start[turns.edge], end[turns.edge])
    )


def junction_arcs(roads: Roads, profile: Profile) -> csr_array:
    """Give the costs between junctions, turns and restrictions left out.

    Returns
    -------
    csr_array
        Shape (n, n), costs as in `routing.turns.pack`: of parallel edges the best.
    """
    seconds = edge_s(roads, profile)
    open_ = np.flatnonzero(np.isfinite(seconds) & (roads.start != roads.end))
    cost = pack(seconds[open_], roads.length_m[open_])
    start, end = roads.start[open_], roads.end[open_]
    order = np.lexsort((cost, end, start))
    key = start[order].astype(np.int64) * roads.n_nodes + end[order]
    best = order[np.unique(key, return_index=True)[1]]
    n = roads.n_nodes
    return csr_array((cost[best], (start[best], end[best])), shape=(n, n))


def junction_hierarchy(roads: Roads, arcs: csr_array) -> Hierarchy:
    """Give the hierarchy of `junction_arcs`."""
    start, end = _ends(roads)
    return Hierarchy(arcs, order_of_nodes(_cells(roads), start, end))


def _ends(roads: Roads) -> tuple[Ints, Ints]:
    return roads.start.astype(np.int64), roads.end.astype(np.int64)


def _cells(roads: Roads) -> Ints:
    first = np.unique(roads.stretch, return_index=True)[1]
    start, end = _ends(roads)
    middle = np.radians(roads.lonlat[:, 1].mean())
    xy = roads.lonlat * np.array([np.cos(middle), 1.0])
    return cells_of(roads.n_nodes, start[first], end[first], xy)
