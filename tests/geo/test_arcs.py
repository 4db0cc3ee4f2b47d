"""Borders as arcs on the 3x3 grid, on islands, enclaves and random cells."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.arcs import OUTSIDE, Arcs, arcs, ring_xy, simplify


def area(found: Arcs, unit: int) -> float:
    """Area of a unit, from its rings: outer ones count, holes are negative."""
    total = 0.0
    for ring in range(found.unit_ring[unit], found.unit_ring[unit + 1]):
        x, y = ring_xy(found, ring).T
        total += float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2
    return total


def cells(seed: int, n: int) -> gpd.GeoSeries:
    points = np.random.default_rng(seed).uniform(0, 1e5, (n, 2))
    shapes = shapely.voronoi_polygons(shapely.multipoints(points))
    parts = shapely.get_parts(shapes)
    return gpd.GeoSeries(parts, crs="EPSG:5070")


def test_the_grid_has_twelve_shared_borders_and_an_outside(
    grid: gpd.GeoDataFrame,
) -> None:
    found = arcs(grid)
    inner = (found.left != OUTSIDE) & (found.right != OUTSIDE)
    assert inner.sum() == 12
    pairs = {
        tuple(sorted(p))
        for p in zip(found.left[inner], found.right[inner], strict=True)
    }
    assert len(pairs) == 12
    assert (0, 1) in pairs
    assert (0, 4) not in pairs
    outline = sum(
        shapely.LineString(found.xy[found.start[i] : found.start[i + 1]]).length
        for i in np.flatnonzero(~inner)
    )
    assert outline == pytest.approx(12_000.0)


def test_an_enclave_is_one_arc_with_the_ring_around_it() -> None:
    inside = shapely.box(4, 4, 6, 6)
    around = shapely.box(0, 0, 10, 10).difference(inside)
    found = arcs(gpd.GeoSeries([around, inside], crs="EPSG:5070"))
    assert len(found) == 2
    assert sorted(zip(found.left, found.right, strict=True)) == [(0, OUTSIDE), (0, 1)]
    assert area(found, 0) == pytest.approx(96.0)
    assert area(found, 1) == pytest.approx(4.0)


def test_islands_belong_to_their_unit_and_an_empty_unit_has_no_ring() -> None:
    two = shapely.union_all([shapely.box(0, 0, 1, 1), shapely.box(5, 0, 6, 1)])
    found = arcs(gpd.GeoSeries([two, shapely.Polygon()], crs="EPSG:5070"))
    assert list(found.unit_ring) == [0, 2, 2]
    assert area(found, 0) == pytest.approx(2.0)


def test_no_units_have_no_arcs() -> None:
    found = arcs(gpd.GeoSeries([], crs="EPSG:5070"))
    assert len(found) == 0
    assert list(found.unit_ring) == [0]


def test_borders_that_do_not_share_vertices_are_each_kept() -> None:
    west, east = shapely.box(0, 0, 1, 2), shapely.box(1, 0.5, 2, 1.5)
    found = arcs(gpd.GeoSeries([west, east], crs="EPSG:5070"))
    assert set(found.right) == {OUTSIDE}
    assert area(found, 0) == pytest.approx(2.0)
    assert area(found, 1) == pytest.approx(1.0)


def test_overlapping_units_keep_their_own_rings() -> None:
    box = shapely.box(0, 0, 1, 1)
    found = arcs(gpd.GeoSeries([box, box], crs="EPSG:5070"))
    assert [area(found, i) for i in (0, 1)] == pytest.approx([1.0, 1.0])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 60))
def test_rings_close_and_keep_every_area(seed: int, n: int) -> None:
    units = cells(seed, n)
    found = arcs(units)
    for ring in range(len(found.ring_start) - 1):
        xy = ring_xy(found, ring)
        assert (xy[0] == xy[-1]).all()
        assert len(xy) >= 4
    areas = [area(found, i) for i in range(len(units))]
    assert areas == pytest.approx(units.area.to_list(), rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(4, 60))
def test_each_arc_lies_in_the_rings_of_exactly_its_units(seed: int, n: int) -> None:
    found = arcs(cells(seed, n))
    owner = np.repeat(np.arange(len(found.unit_ring) - 1), np.diff(found.unit_ring))
    at_ring = np.repeat(np.arange(len(owner)), np.diff(found.ring_start))
    walked = owner[at_ring]
    for i in range(len(found)):
        assert list(walked[found.ring_arc == i]) == [found.left[i]]
        back = list(walked[found.ring_arc == ~i])
        assert back == ([] if found.right[i] == OUTSIDE else [found.right[i]])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_simplified_units_still_partition_the_ground(seed: int) -> None:
    rough = gpd.GeoSeries(
        shapely.segmentize(cells(seed, 30).to_numpy(), 1000.0), crs="EPSG:5070"
    )
    found = arcs(rough)
    plain = simplify(found, 1.0)
    assert len(plain) == len(found)
    assert len(plain.xy) < len(found.xy) / 2
    areas = [area(plain, i) for i in range(len(rough))]
    assert sum(areas) == pytest.approx(float(rough.area.sum()), rel=1e-6)


def test_a_small_island_is_not_simplified_away() -> None:
    found = arcs(gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs="EPSG:5070"))
    assert area(simplify(found, 1000.0), 0) == pytest.approx(1.0)
