"""The hierarchy gives the distances of Dijkstra's algorithm, to the bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from data.demo_helsinki import STREETS
from routing.cache import load_roads
from routing.dissection import cells_of, meeting, order_of_links, order_of_nodes
from routing.drive import FEW, RoadEngine
from routing.hierarchy import Hierarchy, Ways
from routing.junctions import junction_arcs, junction_hierarchy, state_hierarchy
from routing.profile import OSRM
from routing.roads import Roads


@pytest.fixture(scope="module")
def helsinki() -> Roads:
    return load_roads(STREETS, profile="osrm")


def single(nodes: np.ndarray) -> Ways:
    return Ways(np.arange(len(nodes) + 1), nodes, np.zeros(len(nodes)))


def shortest(arcs: csr_array, starts: Ways, goals: Ways) -> np.ndarray:
    """Distances by Dijkstra's algorithm, entry by entry."""
    whole = dijkstra(arcs)
    n, m = len(starts.offset) - 1, len(goals.offset) - 1
    out = np.full((n, m), np.inf)
    for i in range(n):
        for j in range(m):
            for a in range(starts.offset[i], starts.offset[i + 1]):
                for b in range(goals.offset[j], goals.offset[j + 1]):
                    way = whole[starts.node[a], goals.node[b]]
                    out[i, j] = min(out[i, j], starts.cost[a] + way + goals.cost[b])
    return out


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 24), share=st.floats(0.02, 0.3))
def test_any_graph_any_order_any_ends(seed: int, n: int, share: float) -> None:
    """Parts that are not joined, one-way arcs, points with several ends or none."""
    rng = np.random.default_rng(seed)
    cost = np.where(rng.random((n, n)) < share, rng.integers(1, 99, (n, n)), 0)
    np.fill_diagonal(cost, 0)
    arcs = csr_array(cost.astype(np.float64))
    hierarchy = Hierarchy(arcs, rng.permutation(n))

    def ends(points: int) -> Ways:
        count = rng.integers(0, 4, points)
        offset = np.concatenate([[0], np.cumsum(count)])
        cost = rng.integers(0, 50, offset[-1]).astype(np.float64)
        return Ways(offset, rng.integers(0, n, offset[-1]), cost)

    starts, goals = ends(5), ends(6)
    np.testing.assert_array_equal(
        hierarchy.distances(starts, goals), shortest(arcs, starts, goals)
    )


def test_a_grid_is_cut_in_the_middle() -> None:
    """A ladder of 2 x 8 nodes: two roads at every cut across it."""
    xy = np.array([[x, y] for x in range(8) for y in range(2)], dtype=np.float64)
    a = np.array([*range(14), *range(0, 16, 2)])
    b = np.array([*range(2, 16), *range(1, 16, 2)])
    cells = cells_of(16, a, b, xy)
    part, depth = meeting(cells[a], cells[b])
    assert ((part == 1) & (depth == 0)).sum() == 2
    west = [bin(cell)[3] == bin(cells[0])[3] for cell in cells]
    assert 4 <= sum(west) <= 12
    assert west == sorted(west, reverse=True)
    assert sorted(order_of_nodes(cells, a, b).tolist()) == list(range(16))
    last = order_of_links(cells, a, b)[-2:]
    assert set(part[last]) == {1}


def test_turns_and_restrictions_count_over_states(helsinki: Roads) -> None:
    turns = RoadEngine(helsinki).turns
    rng = np.random.default_rng(1)
    starts = rng.choice(helsinki.n_edges, 40)
    goals = rng.choice(len(turns.edge), 50)
    found = state_hierarchy(helsinki, turns).distances(single(starts), single(goals))
    np.testing.assert_array_equal(found, dijkstra(turns.arcs, indices=starts)[:, goals])


def test_over_junctions_the_triangle_inequality_holds(helsinki: Roads) -> None:
    arcs = junction_arcs(helsinki, OSRM)
    chosen = np.random.default_rng(2).choice(helsinki.n_nodes, 40, replace=False)
    cost = junction_hierarchy(helsinki, arcs).distances(single(chosen), single(chosen))
    np.testing.assert_array_equal(cost, dijkstra(arcs, indices=chosen)[:, chosen])
    through = (cost[:, :, None] + cost[None, :, :]).min(axis=1)
    assert (cost <= through).all()
    assert (np.diag(cost) == 0).all()


def test_both_engines_give_the_same_matrix(helsinki: Roads) -> None:
    """On roads, beside them, twice at one place, off the network and nowhere."""
    rng = np.random.default_rng(3)
    origins = rng.choice(helsinki.lonlat, 60) + rng.normal(0, 4e-4, (60, 2))
    goals = rng.choice(helsinki.lonlat, 70) + rng.normal(0, 4e-4, (70, 2))
    goals[:5], goals[6] = origins[:5], goals[7]
    origins[9], origins[10], goals[11] = np.nan, [25.5, 60.2], [0.0, np.nan]
    fast = RoadEngine(helsinki, accelerator="cch")
    slow = RoadEngine(helsinki, accelerator="scipy")
    for limit_s in (np.inf, 120.0):
        a = fast.within(limit_s).matrix(origins, goals)
        b = slow.within(limit_s).matrix(origins, goals)
        np.testing.assert_array_equal(a.drive_s, b.drive_s)
        np.testing.assert_array_equal(a.drive_m, b.drive_m)
        np.testing.assert_array_equal(a.reason, b.reason)
    assert not slow.accelerated


def test_many_goals_are_taken_in_blocks(
    helsinki: Roads, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast, points = RoadEngine(helsinki, accelerator="cch"), helsinki.lonlat[:40]
    whole = fast.matrix(points, points).drive_s
    monkeypatch.setattr("routing.hierarchy.GOAL_BLOCK", 7)
    monkeypatch.setattr("routing.hierarchy.START_BLOCK", 11)
    np.testing.assert_array_equal(fast.matrix(points, points).drive_s, whole)


def test_the_hierarchy_is_prepared_when_it_pays(helsinki: Roads) -> None:
    engine, points = RoadEngine(helsinki), helsinki.lonlat[: FEW // 2 + 1]
    engine.matrix(points, points)
    assert not engine.accelerated
    engine.matrix(points, points)
    assert engine.accelerated


def test_a_larger_city_agrees_too(shared: Path) -> None:
    roads = load_roads(shared / "osm" / "columbus.osm.pbf", profile="osrm")
    points = np.random.default_rng(4).choice(roads.lonlat, 300)
    fast = RoadEngine(roads, accelerator="cch").matrix(points, points)
    slow = RoadEngine(roads, accelerator="scipy").matrix(points[:12], points)
    np.testing.assert_array_equal(fast.drive_s[:12], slow.drive_s)
    np.testing.assert_array_equal(fast.drive_m[:12], slow.drive_m)
