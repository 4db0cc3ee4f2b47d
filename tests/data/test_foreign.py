"""Polygons of another program become a plan, and what they cut is listed."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from data.foreign import plan_of_polygons
from data.formats import read_plan
from geo.contiguity import borders, crossings
from geo.errors import InputError
from geo.plan import UNASSIGNED
from geo.study import Study, make_study


@pytest.fixture
def study(grid: gpd.GeoDataFrame, grid_accounts: gpd.GeoDataFrame) -> Study:
    shared = borders(grid)
    return make_study(grid_accounts, grid, shared, crossings(grid, shared))


@pytest.fixture
def drawn() -> gpd.GeoDataFrame:
    """West holds the left column and 40 % of the middle, East the rest but u22.

    u20 u21 .
    u10 u11 u12
    u00 u01 u02
    """
    west = shapely.box(0, 0, 1400, 3000)
    east = shapely.box(1400, 0, 3000, 3000) - shapely.box(2000, 2000, 3000, 3000)
    return gpd.GeoDataFrame(
        {"unit_id": ["W", "E"], "name": ["West", "East"], "state": ""},
        geometry=[west, east],
        crs="EPSG:5070",
    )


def test_units_go_to_the_polygon_that_holds_most(
    drawn: gpd.GeoDataFrame, study: Study
) -> None:
    plan, divided = plan_of_polygons(drawn.to_crs(4326), study)
    assert plan.assignment.tolist() == [0, 1, 1, 0, 1, 1, 0, 1, UNASSIGNED]
    assert plan.territories["name"].tolist() == ["West", "East"]
    assert divided.index.tolist() == ["u01", "u11", "u21"]
    assert divided["territory_id"].tolist() == ["E", "E", "E"]
    assert divided["share"].tolist() == pytest.approx([0.6] * 3, abs=1e-3)
    assert divided["other_share"].tolist() == pytest.approx([0.4] * 3, abs=1e-3)


def test_accounts_inside_may_decide(drawn: gpd.GeoDataFrame, study: Study) -> None:
    wide = drawn.set_geometry(
        [shapely.box(0, 0, 1510, 3000), shapely.box(1510, 0, 3000, 3000)]
    )
    by_accounts, divided = plan_of_polygons(wide, study, by="accounts")
    assert by_accounts.assignment.tolist() == [0, 0, 1] * 3
    assert divided.empty


def test_a_unit_without_accounts_goes_by_ground(
    drawn: gpd.GeoDataFrame, grid: gpd.GeoDataFrame, grid_accounts: gpd.GeoDataFrame
) -> None:
    shared = borders(grid)
    few = grid_accounts.iloc[:1]
    study = make_study(few, grid, shared, crossings(grid, shared))
    plan, _ = plan_of_polygons(drawn, study, by="accounts")
    assert plan.assignment.tolist() == [0, 1, 1, 0, 1, 1, 0, 1, UNASSIGNED]


def test_polygons_elsewhere_are_refused(drawn: gpd.GeoDataFrame, study: Study) -> None:
    far = drawn.set_geometry(drawn.translate(1e6, 0))
    with pytest.raises(InputError, match="No polygon of the file touches a unit"):
        plan_of_polygons(far, study)


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".parquet", ".fgb"])
def test_a_file_of_polygons_reads_as_a_plan(
    drawn: gpd.GeoDataFrame, study: Study, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"theirs{suffix}"
    theirs = drawn.rename(columns={"unit_id": "code"}).to_crs(4326)
    write = theirs.to_parquet if suffix == ".parquet" else theirs.to_file
    write(path)
    plan = read_plan(path, study)
    owned = dict(zip(plan.territories["code"], plan.territories.index, strict=True))
    owner = [owned.get(c, "") for c in plan.assignment.tolist()]
    assert owner == ["W", "E", "E", "W", "E", "E", "W", "E", ""]
    assert plan.unit_set == study.table.unit_set
    assert len(plan.meta["divided"]) == 3  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"[Nn]o plan"):
        read_plan(path)
