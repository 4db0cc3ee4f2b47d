"""Drive times obey the roads: turns, one-way streets, what cannot be reached."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse.csgraph import dijkstra

from geo.errors import InputError
from routing.cache import load_roads
from routing.drive import RoadEngine
from routing.engine import Reason
from routing.profile import OSRM, named
from routing.tags import CLASS_CODE, CLASSES
from routing.turns import pack, unpack
from tests.routing.test_build import edge
from tests.routing.towns import ONE_WAY, RESIDENTIAL, STEP, STEP_M, cross, write_town

AT_25 = STEP_M / 25 * 3.6
"""Seconds of one step on a residential street."""


def engine(path: Path, **more: float) -> RoadEngine:
    return RoadEngine(load_roads(path, profile="osrm"), **more)


def at(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points) * STEP


def driven(engine: RoadEngine, a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(engine.matrix(at(a), at(b)).drive_s[0, 0])


@pytest.fixture(scope="module")
def columbus() -> RoadEngine:
    """Columbus, or a skip."""
    from tests.conftest import SHARED

    path = SHARED / "osm" / "columbus.osm.pbf"
    if not path.is_file():
        pytest.skip("public test data is not there")
    return engine(path)


def test_a_street_takes_its_length_over_its_speed(tmp_path: Path) -> None:
    town = engine(cross(tmp_path / "t.osm"))
    found = town.matrix(at((-1, 0)), at((1, 0), (-0.5, 0), (-1, 0)))
    assert found.drive_s[0] == pytest.approx([2 * AT_25, AT_25 / 2, 0], abs=0.05)
    assert found.drive_m[0] == pytest.approx([2 * STEP_M, STEP_M / 2, 0], abs=0.2)
    assert not found.estimated
    assert (found.reason == Reason.FOUND).all()


def test_a_left_turn_costs_more_than_a_right_turn(tmp_path: Path) -> None:
    town = engine(cross(tmp_path / "t.osm"))
    left, right = driven(town, (-1, 0), (0, 1)), driven(town, (-1, 0), (0, -1))
    assert right - 2 * AT_25 == pytest.approx(2.1, abs=0.05)
    assert left - right == pytest.approx(5.395 + 1.925 - 2.105, abs=0.05)


def test_a_point_beside_the_road_pays_its_access(tmp_path: Path) -> None:
    town = engine(cross(tmp_path / "t.osm"))
    found = town.matrix(at((-0.5, 0.05)), at((0.5, 0)))
    away_m = 0.05 * STEP_M
    assert found.drive_m[0, 0] == pytest.approx(STEP_M + away_m, abs=0.3)
    assert found.drive_s[0, 0] == pytest.approx(AT_25 + away_m / 15 * 3.6, abs=0.1)


def test_times_along_a_one_way_street_differ_there_and_back(tmp_path: Path) -> None:
    """A square block of one-way streets, 1 > 2 > 3 > 4 > 1; b is just past node 2."""
    nodes = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1)}
    town = engine(
        write_town(tmp_path / "t.osm", nodes, {7: ((1, 2, 3, 4, 1), ONE_WAY)})
    )
    there, back = driven(town, (1, 0.1), (1, 0.2)), driven(town, (1, 0.2), (1, 0.1))
    assert there == pytest.approx(0.1 * AT_25, abs=0.1)
    assert back == pytest.approx(3.9 * AT_25, abs=0.5)


PRIVATE = RESIDENTIAL | {"motor_vehicle": "destination"}


def short_cut(path: Path, *, outside: bool = True) -> RoadEngine:
    """A short cut 2 - 6 - 3 that only residents may use, and a way round by 4 and 5.

        4 ------- 5
        |         |
    1 - 2 -- 6 -- 3 - 7
             |
             8
    """
    nodes = {1: (-1, 0), 2: (0, 0), 3: (2, 0), 4: (0, 1), 5: (2, 1), 6: (1, 0)}
    nodes |= {7: (3, 0), 8: (1, -1)}
    ways = {
        10: ((1, 2), RESIDENTIAL),
        11: ((2, 6), PRIVATE),
        12: ((6, 3), PRIVATE),
        13: ((3, 7), RESIDENTIAL),
        20: ((2, 4, 5, 3), RESIDENTIAL),
        30: ((6, 8), PRIVATE if outside else RESIDENTIAL),
    }
    return engine(write_town(path, nodes, ways))


def test_nobody_drives_through_a_street_for_residents(tmp_path: Path) -> None:
    town = short_cut(tmp_path / "t.osm")
    through = town.path(at((-0.5, 0)), at((2.5, 0)))
    assert through.drive_m == pytest.approx(5 * STEP_M, abs=2)
    assert {leg.way_id for leg in through.legs} == {0, 10, 20, 13}
    for inside in ((0.5, 0), (1.5, 0), (1, -0.5)):
        there = town.matrix(at((-0.5, 0), (2.5, 0)), at(inside))
        back = town.matrix(at(inside), at((-0.5, 0), (2.5, 0)))
        assert (there.reason == Reason.FOUND).all()
        assert pytest.approx(there.drive_m, abs=1) == back.drive_m.T
    assert town.matrix(at((0.5, 0)), at((1.5, 0))).drive_m[0, 0] == pytest.approx(
        STEP_M, abs=1
    )


def test_a_street_behind_one_for_residents_is_reached(tmp_path: Path) -> None:
    town = short_cut(tmp_path / "t.osm", outside=False)
    found = town.matrix(at((-0.5, 0), (1, -0.5)), at((1, -0.5), (2.5, 0)))
    assert (found.reason == Reason.FOUND).all()
    assert found.drive_m[0, 0] == pytest.approx(2 * STEP_M, abs=2)


@pytest.mark.parametrize("kind", ["no_left_turn", "only_straight_on"])
def test_a_forbidden_turn_is_driven_around(tmp_path: Path, kind: str) -> None:
    """From 1 to 5 one may not turn left at 2; the dead end 3 is where one turns."""
    to_way = {"no_left_turn": 21, "only_straight_on": 11}[kind]
    turn = [("way", 10, "from"), ("node", 2, "via"), ("way", to_way, "to")]
    town = engine(cross(tmp_path / "t.osm", turns=[(kind, turn)]))
    path = town.path(at((-1, 0)), at((0, 1)))
    roads = town.roads
    expected = [
        edge(roads, 1, 2),
        edge(roads, 2, 3),
        edge(roads, 3, 2),
        edge(roads, 2, 5),
    ]
    dead_end_south = list(expected)
    dead_end_south[1:3] = [edge(roads, 2, 4), edge(roads, 4, 2)]
    taken = [leg.edge for leg in path.legs[1:-1]]
    assert taken in (
        [expected] if kind != "no_left_turn" else [expected, dead_end_south]
    )
    assert path.drive_s > 4 * AT_25 + OSRM.u_turn_s


def test_a_restriction_by_way_forbids_that_sequence_only(tmp_path: Path) -> None:
    """No 1-2-3-4 by way 30; 1-2-3-6 and 5-2-3-4 stay.

    4 -- 3 -- 6
         |
    1 -- 2 -- 5
    """
    nodes = {1: (-1, 0), 2: (0, 0), 5: (1, 0), 3: (0, 1), 4: (-1, 1), 6: (1, 1)}
    ways = {
        10: ((1, 2), RESIDENTIAL),
        11: ((2, 5), RESIDENTIAL),
        20: ((3, 4), RESIDENTIAL),
        21: ((3, 6), RESIDENTIAL),
        30: ((2, 3), RESIDENTIAL),
    }
    turn = [("way", 10, "from"), ("way", 30, "via"), ("way", 20, "to")]
    free = engine(write_town(tmp_path / "a.osm", nodes, ways))
    bound = engine(write_town(tmp_path / "b.osm", nodes, ways, [("no_u_turn", turn)]))
    for a, b in (((-1, 0), (1, 1)), ((1, 0), (-1, 1)), ((-1, 1), (-1, 0))):
        assert driven(bound, a, b) == driven(free, a, b)
    banned, usual = driven(bound, (-1, 0), (-1, 1)), driven(free, (-1, 0), (-1, 1))
    assert usual == pytest.approx(3 * AT_25, abs=20)
    assert banned > usual + 2 * AT_25
    taken = [leg.edge for leg in bound.path(at((-1, 0)), at((-1, 1))).legs[1:-1]]
    way = [edge(bound.roads, 1, 2), edge(bound.roads, 2, 3), edge(bound.roads, 3, 4)]
    assert taken != way
    assert taken[0] == way[0]
    assert taken[-1] == way[-1]


def test_a_barrier_is_not_driven_through(tmp_path: Path) -> None:
    nodes = {1: (-1, 0), 2: (0, 0, {"barrier": "bollard"}), 3: (1, 0)}
    town = engine(write_town(tmp_path / "t.osm", nodes, {7: ((1, 2, 3), RESIDENTIAL)}))
    found = town.matrix(at((-1, 0)), at((1, 0)))
    assert found.reason[0, 0] == Reason.NO_WAY
    assert np.isnan(found.drive_s[0, 0])


def test_each_pair_without_a_time_says_why(tmp_path: Path) -> None:
    """Streets 1-2, one way on to 3, and 8-9 on an island."""
    nodes = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (0, 1), 8: (0, 5), 9: (0.4, 5)}
    ways = {
        7: ((4, 1, 2), RESIDENTIAL),
        8: ((2, 3), ONE_WAY),
        9: ((8, 9), RESIDENTIAL),
    }
    town = engine(write_town(tmp_path / "t.osm", nodes, ways))
    goals = at((1, 0), (1.9, 0), (0.2, 5), (9, 9), (np.nan, 0))
    found = town.matrix(at((0, 0)), goals)
    assert [Reason(r).name for r in found.reason[0]] == [
        *("FOUND", "NO_WAY_BACK", "NO_WAY", "OFF_NETWORK", "NO_POINT"),
    ]
    assert np.isfinite(found.drive_s[0]).tolist() == [True, True, False, False, False]
    near = engine(tmp_path / "t.osm", limit_s=AT_25 * 1.5).matrix(at((0, 0)), goals)
    assert [Reason(r).name for r in near.reason[0, :2]] == ["FOUND", "TOO_FAR"]


def test_costs_hold_seconds_and_metres_apart() -> None:
    costs = pack(np.array([1.25, 3600.001]), np.array([12.3, 99_999.9]))
    seconds, metres = unpack(np.append(costs, [costs.sum(), np.inf]))
    assert seconds[:3].tolist() == [1.25, 3600.001, 3601.251]
    assert metres[:3] == pytest.approx([12.3, 99_999.9, 100_012.2])
    assert np.isnan([seconds[3], metres[3]]).all()


def test_a_matrix_entry_is_the_sum_of_its_path(columbus: RoadEngine) -> None:
    rng = np.random.default_rng(3)
    points = rng.choice(columbus.roads.lonlat, 24) + rng.normal(0, 3e-4, (24, 2))
    found = columbus.matrix(points[:12], points[12:])
    for i in range(12):
        path = columbus.path(points[i], points[12 + i])
        if found.reason[i, i] in (Reason.FOUND, Reason.NO_WAY_BACK):
            assert path.drive_s == pytest.approx(found.drive_s[i, i], abs=1e-6)
            assert path.drive_m == pytest.approx(found.drive_m[i, i], abs=1e-6)
        else:
            assert np.isnan(path.drive_s)
            assert path.legs == ()
    assert (found.reason == Reason.FOUND).mean() > 0.8


def test_a_path_follows_roads_without_gaps(columbus: RoadEngine) -> None:
    rng = np.random.default_rng(4)
    roads = columbus.roads
    a, b = rng.choice(roads.lonlat[roads.start[columbus.snapper.edge]], 2)
    path = columbus.path(a, b)
    edges = [leg.edge for leg in path.legs[1:-1]]
    assert (roads.end[edges[:-1]] == roads.start[edges[1:]]).all()
    walked_m = sum(leg.drive_m for leg in path.legs[1:-1])
    steps = np.diff(path.line * columbus.snapper.scale, axis=0)
    assert np.hypot(*steps.T).sum() == pytest.approx(walked_m, rel=0.005)


def test_blocks_and_order_do_not_change_a_matrix(
    columbus: RoadEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = np.random.default_rng(5).choice(columbus.roads.lonlat, 9)
    whole = columbus.matrix(points, points)
    monkeypatch.setattr("routing.drive.BLOCK_VALUES", 1)
    parts = columbus.matrix(points[::-1], points)
    np.testing.assert_array_equal(parts.drive_s[::-1], whole.drive_s)
    np.testing.assert_array_equal(parts.drive_m[::-1], whole.drive_m)


def test_states_obey_the_triangle_inequality(columbus: RoadEngine) -> None:
    arcs = columbus.turns.arcs
    chosen = np.random.default_rng(6).choice(columbus.roads.n_edges, 12)
    cost = dijkstra(arcs, indices=chosen)[:, chosen]
    through = (cost[:, :, None] + cost[None, :, :]).min(axis=1)
    assert (cost <= through).all()


def test_the_engine_takes_the_rules_of_its_network(tmp_path: Path) -> None:
    roads = load_roads(cross(tmp_path / "t.osm"), profile="default")
    ours, osrm = RoadEngine(roads), RoadEngine(roads, profile=named("osrm"))
    assert (ours.name, osrm.name) == ("roads, profile default", "roads, profile osrm")
    ratio = driven(ours, (-1, 0), (1, 0)) / driven(osrm, (-1, 0), (1, 0))
    assert ratio == pytest.approx(0.946, abs=0.001)
    assert not ours.estimated


def test_an_unknown_profile_of_a_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no profile 'bike'"):
        RoadEngine(load_roads(cross(tmp_path / "t.osm"), profile="bike"))


def test_one_turns_round_only_where_there_is_no_other_way(tmp_path: Path) -> None:
    """From the crossing towards 3 and back: at the dead end, not on the way."""
    town = engine(cross(tmp_path / "t.osm"))
    there = town.path(at((0.5, 0)), at((0.4, 0)))
    assert there.drive_m == pytest.approx(0.1 * STEP_M, abs=0.2)  # the other direction
    arcs = town.turns.arcs.tocoo()
    turned = town.roads.twin[arcs.row] == arcs.col
    assert town.roads.node_id[town.roads.end[arcs.row[turned]]].tolist() == [3, 5, 1, 4]


def test_reweighting_equals_rebuilding(columbus: RoadEngine) -> None:
    """Other speeds, turns, scales and access, with and without the hierarchy."""
    ours = replace(
        named("default"),
        limit_share=0.7,
        turn_s=5.0,
        access_kmh=9.0,
        class_scale=tuple(1 + 0.03 * i for i in range(len(CLASSES))),
    )
    points = np.random.default_rng(7).choice(columbus.roads.lonlat, 8) + 2e-4
    built = RoadEngine(columbus.roads, profile=ours, accelerator="scipy")
    prepared = RoadEngine(columbus.roads, accelerator="cch")
    prepared.matrix(points[:1], points[:1])
    for other in (columbus.driven_by(ours), prepared.driven_by(ours)):
        assert other.name == built.name
        np.testing.assert_array_equal(
            other.matrix(points, points).drive_s, built.matrix(points, points).drive_s
        )
        np.testing.assert_array_equal(
            other.matrix(points, points).drive_m, built.matrix(points, points).drive_m
        )
    assert (built.turns.arcs != columbus.driven_by(ours).turns.arcs).nnz == 0


def test_rules_that_close_a_class_build_anew(columbus: RoadEngine) -> None:
    speeds = list(OSRM.class_kmh)
    speeds[CLASS_CODE["residential"]] = 0.0
    shut = replace(OSRM, class_kmh=tuple(speeds))
    points = columbus.roads.lonlat[::2000]
    built = RoadEngine(columbus.roads, profile=shut)
    found = columbus.driven_by(shut).matrix(points, points)
    np.testing.assert_array_equal(found.drive_s, built.matrix(points, points).drive_s)
    assert np.isinf(built.turns.along_s).any()


def test_a_path_beyond_the_limit_is_none(columbus: RoadEngine) -> None:
    a, b = columbus.roads.lonlat[[5, -5]]
    assert columbus.path(a, b).drive_s > 300
    path = columbus.within(300.0).path(a, b)
    assert np.isnan(path.drive_s)
    assert path.legs == ()
