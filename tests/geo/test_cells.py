"""Units drawn around accounts: hexagons and cells of locations."""

from __future__ import annotations

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from geo import cells
from geo.cells import hex_cells, voronoi_cells
from geo.contiguity import borders, crossings
from geo.errors import InputError
from geo.units import local_crs, locate


def points_of(xy: list[tuple[float, float]], crs: str = "EPSG:5070") -> gpd.GeoSeries:
    ids = [f"a{i}" for i in range(len(xy))]
    return gpd.GeoSeries([shapely.Point(p) for p in xy], index=ids, crs=crs)


def around(lon: float, lat: float, n: int = 50) -> gpd.GeoSeries:
    xy = np.random.default_rng(1).uniform(-1, 1, (n, 2)) + np.array([lon, lat])
    return points_of([(x, y) for x, y in xy.tolist()], "EPSG:4326")


def parts(units: gpd.GeoDataFrame) -> int:
    return int(connected_components(borders(units), directed=False)[0])


@pytest.mark.parametrize("place", [(-83, 40), (25, 60), (179.9, -17), (151, -33)])
def test_hexagons_cover_the_accounts_in_one_piece(place: tuple[float, float]) -> None:
    points = around(*place)
    units = hex_cells(points, resolution=5, crs=local_crs(points))
    assert shapely.coverage_is_valid(np.asarray(units.geometry))
    assert parts(units) == 1
    covered = locate(gpd.GeoDataFrame(geometry=points), units)
    assert covered["unit_id"].isin(units.index).all()
    assert covered.geometry.covered_by(units.geometry.union_all()).all()
    assert units.area.mean() == pytest.approx(253e6, rel=0.4)


def test_hexagons_border_their_six_neighbors() -> None:
    units = hex_cells(around(-83, 40), resolution=5, crs=5070)
    near = borders(units)
    for row, cell in enumerate(units.index):
        expected = set(h3.grid_disk(cell, 1)) - {cell}
        found = set(units.index[near[[row]].indices])
        assert found == expected & set(units.index)


def test_hexagons_too_many_to_fill_the_ground_hold_accounts_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cells, "MOST_CELLS", 20)
    points = around(-83, 40, n=10)
    units = hex_cells(points, resolution=6, crs=5070)
    assert len(units) <= 10
    ferries = crossings(units, borders(units))
    assert len(ferries) == parts(units) - 1


def test_the_sea_between_two_crowds_is_not_filled() -> None:
    points = pd.concat([around(-83, 40), around(-155, 20).set_axis(range(50))])
    units = hex_cells(points, resolution=4, crs=5070)
    assert parts(units) == 2
    assert len(units) < 60
    assert len(crossings(units, borders(units))) == 1


def test_one_account_has_one_hexagon() -> None:
    units = hex_cells(points_of([(-83, 40)], "EPSG:4326"), resolution=7, crs=5070)
    assert len(units) == 1
    assert units.attrs["unit_set"].startswith("hex@7#")


def test_an_impossible_resolution_is_refused() -> None:
    with pytest.raises(InputError, match="There is no H3 resolution 16"):
        hex_cells(around(-83, 40), resolution=16, crs=5070)


@pytest.mark.parametrize("draw", [hex_cells, voronoi_cells])
def test_accounts_without_coordinates_have_no_cells(draw) -> None:
    nowhere = gpd.GeoSeries([None, shapely.Point()], crs="EPSG:4326")
    options = {"resolution": 5} if draw is hex_cells else {}
    with pytest.raises(InputError, match="No account has coordinates"):
        draw(nowhere, crs=5070, **options)


def test_a_border_runs_half_way_between_two_accounts() -> None:
    units = voronoi_cells(points_of([(0, 0), (10_000, 0)]), crs=5070)
    assert units.index.tolist() == ["a0", "a1"]
    assert units.geometry["a0"].bounds[2] == pytest.approx(5000)
    assert units.geometry["a1"].bounds[0] == pytest.approx(5000)


def test_accounts_at_one_location_share_its_cell() -> None:
    points = points_of([(0, 0), (9000, 0), (0, 0.2), (0, 9000)])
    units = voronoi_cells(points, crs=5070)
    assert units.index.tolist() == ["a0", "a1", "a3"]
    located = locate(gpd.GeoDataFrame(geometry=points), units)
    assert located["unit_id"].tolist() == ["a0", "a1", "a0", "a3"]


def test_accounts_all_at_one_point_share_a_disc() -> None:
    units = voronoi_cells(points_of([(5, 5)] * 4), crs=5070)
    assert units.index.tolist() == ["a0"]
    assert units.area.iloc[0] == pytest.approx(np.pi * 1e6, rel=0.01)


def test_cells_do_not_depend_on_the_order_of_rows() -> None:
    points = around(-83, 40)
    units = voronoi_cells(points, crs=5070)
    again = voronoi_cells(points.iloc[::-1], crs=5070)
    assert units.attrs == again.attrs
    assert units.geometry.geom_equals(again.geometry).all()


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 60),
    flat=st.sampled_from([1.0, 0.0, 1e-7]),
)
@settings(max_examples=30, deadline=None)
def test_each_location_lies_in_its_own_cell(seed: int, n: int, flat: float) -> None:
    xy = np.random.default_rng(seed).uniform(0, 50_000, (n, 2)) * [1.0, flat]
    points = points_of([(x, y) for x, y in xy.tolist()])
    units = voronoi_cells(points, crs=5070)
    assert shapely.coverage_is_valid(np.asarray(units.geometry))
    assert parts(units) == 1
    located = locate(gpd.GeoDataFrame(geometry=points), units)
    assert located.loc[units.index, "unit_id"].tolist() == units.index.tolist()
