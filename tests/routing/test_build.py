"""Streets join to a network with the lengths and turns of the ground."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.errors import InputError
from routing.build import build_roads, great_circle_m
from routing.cache import load_roads
from routing.roads import Roads
from routing.source import Streets, read_streets
from tests.routing.towns import ONE_WAY, RESIDENTIAL, STEP_M, cross, write_town


def edge(roads: Roads, a: int, b: int) -> int:
    """Give the edge from node a to node b; there must be one."""
    ids = roads.node_id
    (found,) = np.flatnonzero((ids[roads.start] == a) & (ids[roads.end] == b))
    return int(found)


def load(path: Path) -> Roads:
    return load_roads(path, profile="default")


def test_points_between_junctions_are_only_shape(tmp_path: Path) -> None:
    """1 - 2 - 3 is one way with a corner at 2, 3 - 4 another."""
    town = write_town(
        tmp_path / "t.osm",
        {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (2, 1)},
        {7: ((1, 2, 3), RESIDENTIAL), 8: ((3, 4), ONE_WAY)},
    )
    roads = load(town)
    assert roads.node_id.tolist() == [1, 3, 4]
    assert roads.n_edges == 3
    there, back = edge(roads, 1, 3), edge(roads, 3, 1)
    assert roads.twin[there] == back
    assert roads.twin[back] == there
    assert roads.twin[edge(roads, 3, 4)] == -1
    assert roads.length_m[there] == pytest.approx(2 * STEP_M)
    assert roads.line(back).tolist() == roads.line(there)[::-1].tolist()
    assert roads.line(there)[1] == pytest.approx([0.01, 0.0])


def test_ways_that_cross_without_a_common_node_do_not_meet(tmp_path: Path) -> None:
    town = write_town(
        tmp_path / "bridge.osm",
        {1: (-1, 0), 2: (1, 0), 3: (0, -1), 4: (0, 1)},
        {7: ((1, 2), RESIDENTIAL), 8: ((3, 4), RESIDENTIAL)},
    )
    assert load(town).n_edges == 4


def test_a_way_that_leaves_the_extract_is_cut_there(tmp_path: Path) -> None:
    town = write_town(
        tmp_path / "cut.osm",
        {1: (0, 0), 2: (1, 0), 4: (3, 0), 5: (4, 0)},
        {7: ((1, 2, 3, 4, 5), ONE_WAY)},
    )
    roads = load(town)
    assert roads.n_edges == 2
    assert roads.length_m.tolist() == pytest.approx([STEP_M, STEP_M])


def test_signals_are_counted_in_the_direction_they_face(tmp_path: Path) -> None:
    facing = {"highway": "traffic_signals", "traffic_signals:direction": "forward"}
    town = write_town(
        tmp_path / "signal.osm",
        {1: (0, 0), 2: (1, 0, facing), 3: (2, 0, {"barrier": "gate"})},
        {7: ((1, 2, 3), RESIDENTIAL)},
    )
    roads = load(town)
    assert roads.signals[[edge(roads, 1, 3), edge(roads, 3, 1)]].tolist() == [1, 0]
    assert roads.gates[[edge(roads, 1, 3), edge(roads, 3, 1)]].tolist() == [1, 0]


def test_the_duration_of_a_ferry_is_shared_by_length(tmp_path: Path) -> None:
    ferry = {"route": "ferry", "duration": "00:30"}
    town = write_town(
        tmp_path / "ferry.osm",
        {1: (0, 0), 2: (1, 0), 3: (3, 0), 4: (1, 1)},
        {7: ((1, 2, 3), ferry), 8: ((2, 4), RESIDENTIAL)},
    )
    roads = load(town)
    assert roads.duration_s[edge(roads, 1, 2)] == pytest.approx(600)
    assert roads.duration_s[edge(roads, 2, 3)] == pytest.approx(1200)
    assert np.isnan(roads.duration_s[edge(roads, 2, 4)])


def test_a_forbidden_turn_is_a_pair_of_edges(tmp_path: Path) -> None:
    left = [("way", 10, "from"), ("node", 2, "via"), ("way", 21, "to")]
    roads = load(cross(tmp_path / "t.osm", turns=[("no_left_turn", left)]))
    assert roads.banned_turns() == [(edge(roads, 1, 2), edge(roads, 2, 5))]
    assert roads.restrictions == 1


def test_the_only_turn_forbids_all_others(tmp_path: Path) -> None:
    on = [("way", 10, "from"), ("node", 2, "via"), ("way", 11, "to")]
    roads = load(cross(tmp_path / "t.osm", turns=[("only_straight_on", on)]))
    come = edge(roads, 1, 2)
    others = {(come, edge(roads, 2, node)) for node in (1, 4, 5)}
    assert set(roads.banned_turns()) == others


def test_two_onlys_of_one_approach_allow_both(tmp_path: Path) -> None:
    come, via = ("way", 10, "from"), ("node", 2, "via")
    turns = [
        ("only_straight_on", [come, via, ("way", 11, "to")]),
        ("only_left_turn", [come, via, ("way", 21, "to")]),
    ]
    roads = load(cross(tmp_path / "t.osm", turns=turns))
    enter = edge(roads, 1, 2)
    others = {(enter, edge(roads, 2, node)) for node in (1, 4)}
    assert set(roads.banned_turns()) == others


def test_a_restriction_by_way_is_a_longer_sequence(tmp_path: Path) -> None:
    """Two one-way carriageways, 2 > 3 > 4 and back over 5: no U-turn by way 30."""
    town = write_town(
        tmp_path / "u.osm",
        {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (2, 0), 6: (2, 1)},
        {
            10: ((1, 2), ONE_WAY),
            11: ((2, 5), ONE_WAY),
            20: ((6, 3), ONE_WAY),
            21: ((3, 4), ONE_WAY),
            30: ((2, 3), RESIDENTIAL),
        },
        [("no_u_turn", [("way", 10, "from"), ("way", 30, "via"), ("way", 21, "to")])],
    )
    roads = load(town)
    way = (edge(roads, 1, 2), edge(roads, 2, 3), edge(roads, 3, 4))
    assert roads.banned_turns() == [way]


def test_a_restriction_on_ways_outside_the_network_is_left_out(tmp_path: Path) -> None:
    lost = [("way", 10, "from"), ("node", 2, "via"), ("way", 99, "to")]
    roads = load(cross(tmp_path / "t.osm", turns=[("only_left_turn", lost)]))
    assert roads.banned_turns() == []
    assert roads.restrictions == 0


def test_nothing_to_join_is_refused(tmp_path: Path) -> None:
    town = write_town(tmp_path / "t.osm", {1: (0, 0)}, {7: ((1, 2), RESIDENTIAL)})
    with pytest.raises(InputError, match="no road with two points"):
        build_roads(read_streets(town), source="t.osm")


def by_point(streets: Streets) -> csr_array:
    """Every two neighbouring points as an edge: the network nobody simplified."""
    inside = np.ones(len(streets.points), dtype=bool)
    inside[streets.offset[1:] - 1] = False
    here = np.flatnonzero(inside)
    way = np.searchsorted(streets.offset, here, side="right") - 1
    a, b = streets.points[here], streets.points[here + 1]
    metres = great_circle_m(streets.lonlat[a], streets.lonlat[b])
    on, back = streets.direction[way] >= 0, streets.direction[way] <= 0
    rows, columns = np.append(a[on], b[back]), np.append(b[on], a[back])
    return shortest(rows, columns, np.append(metres[on], metres[back]))


def shortest(rows: np.ndarray, columns: np.ndarray, metres: np.ndarray) -> csr_array:
    """A graph with the shortest of parallel edges."""
    order = np.lexsort((metres, columns, rows))
    rows, columns, metres = rows[order], columns[order], metres[order]
    first = np.append(True, (np.diff(rows) != 0) | (np.diff(columns) != 0))
    n = int(max(rows.max(), columns.max())) + 1
    return csr_array((metres[first], (rows[first], columns[first])), shape=(n, n))


def test_shortest_paths_are_as_long_as_before_joining(shared: Path) -> None:
    streets = read_streets(shared / "osm" / "columbus.osm.pbf")
    roads = build_roads(streets)
    assert roads.n_nodes < 0.35 * len(streets.node_id)
    chosen = np.random.default_rng(1).choice(roads.n_nodes, 20, replace=False)
    joined = shortest(roads.start, roads.end, roads.length_m)
    ours = dijkstra(joined, indices=chosen)[:, chosen]
    rows = np.searchsorted(streets.node_id, roads.node_id[chosen])
    theirs = dijkstra(by_point(streets), indices=rows)[:, rows]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    assert np.isfinite(ours).mean() > 0.8
