"""Borders drawn by hand on the 3x3 grid."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.arcs import OUTSIDE, arcs
from geo.carve import carve, node, piece_id
from geo.contiguity import borders, crossings
from geo.edits import apply
from geo.errors import PlanError
from geo.metrics import scorecard
from geo.plan import Plan, territory_table
from geo.study import Study, effective, make_study


@pytest.fixture
def study(grid: gpd.GeoDataFrame, grid_accounts: gpd.GeoDataFrame) -> Study:
    shared = borders(grid)
    return make_study(grid_accounts, grid, shared, crossings(grid, shared))


@pytest.fixture
def plan(study: Study) -> Plan:
    return Plan(
        plan_id="p",
        name="Plan",
        unit_set=study.table.unit_set,
        unit_id=study.table.unit_id,
        assignment=np.zeros(9, dtype=np.uint16),
        territories=territory_table(["T01", "T02"]),
    )


def area_of(plan: Plan, study: Study, code: int) -> float:
    ground = effective(study, plan)
    return float(ground.area_m2[plan.assignment == code].sum())


def test_a_shape_along_unit_borders_is_a_plain_move(study: Study) -> None:
    edit = carve(study, shapely.box(0, 0, 1000, 2000), to="T02")
    assert edit.kind == "move"
    assert set(edit.keys) == {"u00", "u10"}


def test_a_unit_the_line_crosses_is_cut_in_two(study: Study, plan: Plan) -> None:
    edit = carve(study, shapely.box(0, 0, 1500, 1000), to="T02")
    assert edit.keys == ("u01",)
    after, back = apply(plan, edit)
    assert area_of(after, study, 1) == pytest.approx(1.5e6)
    assert len(after.unit_id) == 10
    before, _ = apply(after, back)
    assert list(before.unit_id) == list(plan.unit_id)
    assert len(before.cuts) == 0


def test_a_hair_of_a_unit_does_not_cut_it(study: Study) -> None:
    edit = carve(study, shapely.box(0, 0, 1003, 997), to="T02")
    assert edit.kind == "move"
    assert edit.keys == ("u00",)


def test_a_shape_beside_the_ground_is_refused(study: Study) -> None:
    with pytest.raises(PlanError, match="holds no ground"):
        carve(study, shapely.box(9e5, 9e5, 9.1e5, 9.1e5), to="T02")


def test_a_line_that_crosses_itself_is_mended(study: Study, plan: Plan) -> None:
    bow = shapely.Polygon([(0, 0), (3000, 3000), (3000, 0), (0, 3000)])
    after, _ = apply(plan, carve(study, bow, to="T02"))
    assert area_of(after, study, 1) == pytest.approx(4.5e6, rel=1e-6)


def test_the_same_piece_has_the_same_id_whichever_way_it_is_walked() -> None:
    box = shapely.box(0, 0, 1, 1)
    assert piece_id("u", box) == piece_id("u", shapely.reverse(box))
    assert piece_id("u", box) != piece_id("u", shapely.box(0, 0, 1, 2))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_ground_is_kept_and_the_inside_is_what_was_drawn(seed: int) -> None:
    boxes = [
        shapely.box(i * 1e3, j * 1e3, i * 1e3 + 1e3, j * 1e3 + 1e3)
        for j in range(3)
        for i in range(3)
    ]
    ids = [f"u{j}{i}" for j in range(3) for i in range(3)]
    units = gpd.GeoDataFrame(
        {"name": ids, "state": ""}, index=ids, geometry=boxes, crs="EPSG:5070"
    )
    units.index.name = "unit_id"
    units.attrs["unit_set"] = "grid@test#0"
    accounts = gpd.GeoDataFrame(
        {"unit_id": ids}, index=ids, geometry=units.centroid, crs=units.crs
    )
    shared = borders(units)
    study = make_study(accounts, units, shared, crossings(units, shared))
    plan = Plan(
        "p",
        "P",
        "grid@test#0",
        study.table.unit_id,
        np.zeros(9, dtype=np.uint16),
        territory_table(["T01", "T02"]),
    )
    corners = np.random.default_rng(seed).uniform(0, 3000, (6, 2))
    shape = shapely.MultiPoint(corners).convex_hull
    after, _ = apply(plan, carve(study, shape, to="T02"))
    inside, outside = area_of(after, study, 1), area_of(after, study, 0)
    assert inside + outside == pytest.approx(9e6)
    assert inside == pytest.approx(shape.area, abs=9 * 0.005 * 1e6)


def test_neighbours_of_pieces_share_their_borders_vertex_by_vertex(
    study: Study, plan: Plan
) -> None:
    after, _ = apply(plan, carve(study, shapely.box(0, 0, 1500, 1000), to="T02"))
    ground = effective(study, after)
    pieces = np.flatnonzero(ground.units.index.str.contains("~"))
    shapes = node(np.asarray(ground.units.geometry), pieces)
    found = arcs(gpd.GeoSeries(shapes, crs=study.units.crs))
    length = shapely.length(
        [
            shapely.LineString(found.xy[a:b])
            for a, b in zip(found.start[:-1], found.start[1:], strict=True)
        ]
    )
    assert length[found.right == OUTSIDE].sum() == pytest.approx(12_000.0)


def test_a_piece_that_is_cut_again_still_scores_against_today(
    study: Study, plan: Plan
) -> None:
    once, _ = apply(plan, carve(study, shapely.box(0, 0, 1500, 1000), to="T02"))
    again = carve(effective(study, once), shapely.box(1200, 0, 1700, 800), to="T02")
    twice, _ = apply(once, again)
    assert max(str(i).count("~") for i in twice.unit_id) == 2
    card = scorecard(twice, study, today=plan)
    assert card["area_km2"].sum() == pytest.approx(9.0)
    assert card["moved_in_accounts"]["T02"] == card["moved_out_accounts"]["T01"] == 2
