"""The cost of driving is what the engine says, from the center to the unit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geo.design import Rules, design
from geo.frames import equal_targets
from geo.study import Study
from routing.connection import anchors_lonlat, demanded, road_barriers
from routing.cost import NO_ROAD_MIN, RoadTime
from routing.drive import RoadEngine
from routing.engine import StraightLine, TravelMatrix
from tests.routing.rivers import river_engine, river_study
from tests.routing.test_connection import without_way


@pytest.fixture
def town(tmp_path: Path) -> RoadEngine:
    return river_engine(tmp_path)


@pytest.fixture
def study() -> Study:
    return river_study()


def cost_of(study: Study, town: RoadEngine, **more: np.ndarray) -> RoadTime:
    return RoadTime(study.table, town, anchors_lonlat(study), **more)


def rows_of(study: Study, *ids: str) -> np.ndarray:
    return np.array([study.table.unit_id.tolist().index(i) for i in ids])


def test_minutes_lead_from_the_center_to_the_unit(
    study: Study, town: RoadEngine
) -> None:
    cost = cost_of(study, town)
    asked = rows_of(study, "w0", "e0", "w5")
    found = cost.block(asked, study.table.xy[rows_of(study, "w0", "e1")])
    lonlat = anchors_lonlat(study)
    told = town.matrix(lonlat[rows_of(study, "w0", "e1")], lonlat[asked])
    np.testing.assert_allclose(found, told.drive_s.T / 60)
    assert cost.unit == "weight x minutes"
    assert cost.limit(30.0) == 30.0


def test_a_part_costs_what_the_whole_does(study: Study, town: RoadEngine) -> None:
    cost, rows = cost_of(study, town), np.array([7, 2, 11])
    part, every = cost.take(rows), np.arange(3)
    centers = study.table.xy[[0, 9]]
    np.testing.assert_array_equal(
        part.take(np.array([2, 0])).block(np.arange(2), centers),
        cost.block(rows, centers)[[2, 0]],
    )
    np.testing.assert_array_equal(part.block(every, centers), cost.block(rows, centers))


def test_a_territory_is_served_from_its_best_unit(
    study: Study, town: RoadEngine
) -> None:
    """On a bank of six units in a row the middle two are best."""
    cost = cost_of(study, town)
    labels = np.array([0 if unit[0] == "w" else 2 for unit in study.table.unit_id])
    centers = cost.recenter(labels, 3)
    assert np.isnan(centers[1]).all()
    places = study.table.xy[rows_of(study, "w2", "w3")]
    assert min(np.abs(places - centers[0]).max(axis=1)) == 0
    nobody = cost.block(np.arange(2), centers)
    assert np.isnan(nobody[:, 1]).all()
    assert np.isfinite(nobody[:, [0, 2]]).all()


def test_homes_are_centers_and_an_unknown_home_is_a_unit(
    study: Study, town: RoadEngine
) -> None:
    lonlat = np.array([[0.0, 0.004], [np.nan, np.nan]])
    homes = np.array([[0.0, 445.0], [np.nan, np.nan]])
    cost = cost_of(study, town, homes=homes, home_lonlat=lonlat)
    labels = np.repeat([0, 1], 6)
    centers = cost.recenter(labels, 2)
    assert centers[0].tolist() == [0.0, 445.0]
    assert centers[1].tolist() in study.table.xy.tolist()
    found = cost.block(rows_of(study, "w1"), centers[:1])
    told = town.matrix(lonlat[:1], anchors_lonlat(study)[rows_of(study, "w1")])
    assert found[0, 0] == told.drive_s[0, 0] / 60
    assert cost.kind == "fixed"


def test_no_way_is_dear_and_said(study: Study, town: RoadEngine) -> None:
    cost = cost_of(study, RoadEngine(without_way(town.roads, 3)))
    center = study.table.xy[rows_of(study, "w2")]
    found = cost.block(rows_of(study, "w3", "e2", "e0"), center)[:, 0]
    assert found[0] < NO_ROAD_MIN < found[1] < found[2]
    lost = cost.cut_off(np.zeros(12, dtype=np.intp), center)
    assert {str(i) for i in study.table.unit_id[lost]} == {f"e{i}" for i in range(6)}
    assert not cost.cut_off(np.full(12, -1), center).any()


def test_nobody_drives_to_a_unit_without_load(study: Study, town: RoadEngine) -> None:
    study.table.loads[rows_of(study, "e0")] = 0.0
    cost = cost_of(study, RoadEngine(without_way(town.roads, 3)))
    center = study.table.xy[rows_of(study, "w2")]
    found = cost.block(rows_of(study, "e0", "e1"), center)[:, 0]
    assert found[0] < 30 < NO_ROAD_MIN < found[1]


def test_times_are_asked_once_a_center(study: Study) -> None:
    class Counting(StraightLine):
        asked = 0

        def matrix(self, origins: np.ndarray, destinations: np.ndarray) -> TravelMatrix:
            Counting.asked += len(origins)
            return super().matrix(origins, destinations)

    cost = cost_of(study, Counting())
    for _ in range(3):
        cost.block(np.arange(12), study.table.xy[[4, 4, 9]])
        cost.take(np.arange(5)).block(np.arange(5), study.table.xy[[9]])
    assert Counting.asked == 2


def propose(study: Study, town: RoadEngine, rules: Rules) -> set[str]:
    result = design(
        study.table,
        study.neighbors,
        cost_of(study, town),
        territories=equal_targets(2, {"accounts": 12.0}, {"accounts": 0.1}),
        rules=rules,
        rng=np.random.default_rng(1),
    )
    assert result.status == "feasible"
    assert result.objective_unit == "weight x minutes"
    first = {
        str(unit)
        for unit, code in zip(result.plan.unit_id, result.plan.assignment, strict=True)
        if code == 0
    }
    return min(first, {*map(str, study.table.unit_id)} - first, key=min)


def test_a_plan_by_road_follows_the_banks(study: Study, town: RoadEngine) -> None:
    """By distance north and south are best; by road each bank is."""
    cut = RoadEngine(without_way(town.roads, 3))
    assert propose(study, cut, Rules()) == {f"e{i}" for i in range(6)}
    shut = demanded(study, town, road_barriers(study, town))
    halves = propose(study, town, Rules(barriers=shut))
    assert not {"w0", "e0"} <= halves
