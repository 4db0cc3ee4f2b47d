"""Corners written down make the same edits as a drawn shape."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

from geo.edits import apply, lock
from geo.errors import PlanError
from geo.plan import Plan, plan_of, territory_table
from geo.study import Study
from ui.shape import corners, edit_by_shape


@pytest.fixture
def plan(study: Study) -> Plan:
    """Three columns of three units."""
    column = np.round(study.table.xy[:, 0]).argsort(kind="stable").argsort() // 3
    table = territory_table(["A", "B", "C"])
    return plan_of(study.table, column, table, name="Three")


def at(study: Study, *where: tuple[float, float]) -> list[tuple[float, float]]:
    """Points of the grid, in units of its cells, as longitude and latitude."""
    x0, y0, x1, y1 = study.units.total_bounds
    points = [(x0 + (x1 - x0) * x / 3, y0 + (y1 - y0) * y / 3) for x, y in where]
    found = gpd.GeoSeries(
        gpd.points_from_xy(*zip(*points, strict=True)), crs=study.units.crs
    )
    there = found.to_crs("EPSG:4326")
    return list(zip(there.x, there.y, strict=True))


def test_corners_are_towns_zips_or_coordinates() -> None:
    found = corners("39.96, -83.0\n\nColumbus, OH\n43201")
    assert found[0] == (-83.0, 39.96)
    assert found[1] == pytest.approx((-83.0, 39.96), abs=0.1)
    assert found[2] == pytest.approx((-83.0, 39.99), abs=0.1)


@pytest.mark.parametrize(
    ("text", "said"),
    [("95, 10", "no place on earth"), ("Xqzzy, OH", "No place is called 'Xqzzy, OH'")],
)
def test_a_corner_nobody_knows_is_named(text: str, said: str) -> None:
    with pytest.raises(PlanError, match=said):
        corners(text)


def test_two_corners_are_a_box_around_middles(plan: Plan, study: Study) -> None:
    box = at(study, (0.1, 0.1), (1.9, 0.9))
    edit = edit_by_shape(plan, study, "units", box, "C")
    assert (edit.kind, edit.to, len(edit.keys)) == ("move", "C", 2)


def test_locked_units_inside_stay(plan: Plan, study: Study) -> None:
    box = at(study, (0.1, 0.1), (1.9, 0.9))
    inside = edit_by_shape(plan, study, "units", box, "C").keys
    held, _ = apply(plan, lock(inside[:1]))
    assert edit_by_shape(held, study, "units", box, "C").keys == inside[1:]
    held, _ = apply(plan, lock(inside))
    with pytest.raises(PlanError, match="Nothing that may move lies inside"):
        edit_by_shape(held, study, "units", box, "C")


def test_accounts_inside_are_given_one_by_one(plan: Plan, study: Study) -> None:
    box = at(study, (0, 0), (1, 3))
    edit = edit_by_shape(plan, study, "accounts", box, "C")
    assert edit.kind == "override"
    assert len(edit.keys) == 3


def test_a_border_cuts_and_a_line_splits(plan: Plan, study: Study) -> None:
    shape = at(study, (0.5, 0.5), (2.5, 0.5), (2.5, 2.5), (0.5, 2.5))
    edit = edit_by_shape(plan, study, "cut", shape, "A")
    after, back = apply(plan, edit)
    assert len(after.cuts) > 0
    assert apply(after, back)[0].assignment.tobytes() == plan.assignment.tobytes()
    line = at(study, (-0.5, 1), (3.5, 1))
    edit = edit_by_shape(plan, study, "split", line, "B")
    assert edit.kind == "split"
    assert 1 <= len(edit.attrs["units"]) <= 2
    with pytest.raises(PlanError, match="A line needs two corners"):
        edit_by_shape(plan, study, "split", line[:1], "B")
    with pytest.raises(PlanError, match="three corners"):
        edit_by_shape(plan, study, "units", line[:1], "B")
