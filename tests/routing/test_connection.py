"""Neighbours on the map that the road keeps apart are found, said and respected."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from geo.study import Study
from routing.connection import demanded, road_barriers, road_neighbors, road_pieces
from routing.drive import RoadEngine
from routing.engine import StraightLine
from routing.roads import Roads
from tests.routing.rivers import river_engine, river_study, two_territories


@pytest.fixture
def town(tmp_path: Path) -> RoadEngine:
    return river_engine(tmp_path)


@pytest.fixture
def study() -> Study:
    return river_study()


def pairs(study: Study, engine: RoadEngine) -> set[tuple[str, str]]:
    ids = study.table.unit_id
    return {(str(ids[a]), str(ids[b])) for a, b in road_barriers(study, engine).pairs}


def test_a_river_is_a_barrier_except_at_its_bridge(
    study: Study, town: RoadEngine
) -> None:
    """The bridge joins w5 and e5; two rows south of it the way round is short."""
    assert pairs(study, town) == {(f"w{i}", f"e{i}") for i in range(3)}


def test_an_estimate_knows_no_barrier(study: Study) -> None:
    assert len(road_barriers(study, StraightLine()).pairs) == 0


def test_halves_that_meet_only_through_another_territory_are_shown(
    study: Study, town: RoadEngine
) -> None:
    plan = two_territories(study)
    (found,) = road_pieces(plan, study, town)
    assert (found.kind, found.territory_id) == ("apart", "S")
    assert set(found.units) in ({"w0", "w1"}, {"e0", "e1"})
    assert "South: same polygon, 23 minutes apart by road, through North" in (
        found.sentence
    )
    told = town.matrix(np.array([[0, 0.01]]), np.array([[0.01, 0.01]]))
    assert round(told.drive_s[0, 0] / 60) == 23


def test_roads_without_the_bridge_say_that_there_is_none(
    study: Study, town: RoadEngine
) -> None:
    plan = two_territories(study)
    cut = RoadEngine(without_way(town.roads, 3))
    sentences = [b.sentence for b in road_pieces(plan, study, cut)]
    assert len(sentences) == 2
    assert all("same polygon, no road between" in s for s in sentences)


def test_barriers_demanded_leave_the_ground_joined(
    study: Study, town: RoadEngine
) -> None:
    barriers = road_barriers(study, town)
    assert len(demanded(study, town, barriers)) == len(barriers.pairs) == 3
    cut = RoadEngine(without_way(town.roads, 3))
    alone = road_barriers(study, cut)
    assert len(alone.pairs) == 6
    assert connected_components(road_neighbors(study, alone), directed=False)[0] == 2
    assert len(demanded(study, cut, alone)) == 5


def test_units_off_the_network_are_not_judged(study: Study, town: RoadEngine) -> None:
    """Without the street of the east bank the units there have no road."""
    cut = RoadEngine(without_way(without_way(town.roads, 2), 3))
    far = np.array([unit[0] == "e" for unit in study.table.unit_id])
    away = study.table.xy.copy()
    away[far, 0] += 50_000.0
    object.__setattr__(study.table, "xy", away)
    assert pairs(study, cut) == set()


def without_way(roads: Roads, way: int) -> Roads:
    """Close a way for cars."""
    from dataclasses import replace

    from routing.tags import Way

    flags = np.where(roads.way_id == way, roads.flags | Way.CLOSED, roads.flags)
    return replace(roads, flags=flags.astype(np.uint8))
