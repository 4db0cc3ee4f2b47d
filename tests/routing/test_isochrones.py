"""Bands hold the ground one can reach in time, and no other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from geo.errors import InputError
from routing.cache import load_roads
from routing.drive import RoadEngine
from routing.isochrones import isochrones
from routing.profile import named
from tests.routing.test_drive import AT_25, engine
from tests.routing.towns import RESIDENTIAL, STEP, STEP_M, cross, write_town


def test_a_band_reaches_as_far_as_one_drives(tmp_path: Path) -> None:
    """From the middle of the crossing two minutes are 833 m, less 51 m for a turn."""
    town = engine(cross(tmp_path / "t.osm"))
    bands = isochrones(town, (0.0, 0.0), [2], simplify_m=0)
    (shape,) = bands.geometry
    reach_m = 120 / AT_25 * STEP_M
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        inside = shapely.Point(np.array([dx, dy]) * (reach_m - 90) / STEP_M * STEP)
        outside = shapely.Point(np.array([dx, dy]) * (reach_m + 30) / STEP_M * STEP)
        assert shape.contains(inside)
        assert not shape.contains(outside)
    assert not shape.contains(shapely.Point(0.7 * STEP, 0.7 * STEP))


def test_bands_are_nested_and_sorted(tmp_path: Path) -> None:
    town = engine(cross(tmp_path / "t.osm"))
    bands = isochrones(town, (0.001, 0.0), [3, 1, 2, 2])
    assert bands["minutes"].tolist() == [1, 2, 3]
    assert bands["area_km2"].is_monotonic_increasing
    small, middle, large = bands.geometry
    assert middle.difference(large).area < 1e-9 * middle.area
    assert small.difference(middle).area < 1e-9 * small.area
    assert bands.crs.to_epsg() == 4326
    assert bands.geometry.is_valid.all()


def test_ground_without_roads_stays_a_hole(tmp_path: Path) -> None:
    """A ring road of 2.2 km: its middle is farther than 300 m from any street."""
    nodes = {1: (0, 0), 2: (2, 0), 3: (2, 2), 4: (0, 2)}
    ring = {7: ((1, 2, 3, 4, 1), RESIDENTIAL)}
    town = engine(write_town(tmp_path / "ring.osm", nodes, ring))
    (shape,) = isochrones(town, (0.0, 0.0), [30]).geometry
    assert shape.contains(shapely.Point(2 * STEP, 2 * STEP))
    assert not shape.contains(shapely.Point(STEP, STEP))
    whole = shapely.Polygon(
        shape.exterior if shape.geom_type == "Polygon" else shape.geoms[0].exterior
    )
    assert whole.contains(shapely.Point(STEP, STEP))


def test_points_on_roads_are_inside_if_reached_in_time(shared: Path) -> None:
    """Held-out points half-way along edges, off the samples' grid."""
    roads = load_roads(shared / "osm" / "columbus.osm.pbf", profile="osrm")
    columbus = RoadEngine(roads, profile=named("osrm"))
    at = roads.lonlat[roads.start[columbus.snapper.edge[100]]]
    (shape,) = isochrones(columbus, (at[0], at[1]), [8]).geometry
    rng = np.random.default_rng(8)
    edges = rng.choice(columbus.snapper.edge[columbus.snapper.main], 1500)
    lines = [shapely.LineString(roads.line(int(edge))) for edge in edges]
    spots = shapely.line_interpolate_point(lines, 0.43, normalized=True)
    found = columbus.matrix(at[None], shapely.get_coordinates(spots))
    reached = found.drive_s[0] <= 8 * 60
    inside = shapely.contains(shape, spots)
    assert 100 < reached.sum() < 1400
    assert (reached & inside).sum() / (reached | inside).sum() > 0.97


def test_ground_belongs_to_its_nearest_road_not_to_the_fastest(tmp_path: Path) -> None:
    """A street 89 m north of the start's that one reaches only by a long way round."""
    nodes = {1: (0, 0), 2: (4, 0), 3: (4, 0.08), 4: (0, 0.08)}
    ways = {
        7: ((1, 2), RESIDENTIAL),
        8: ((2, 3), RESIDENTIAL),
        9: ((3, 4), RESIDENTIAL),
    }
    town = engine(write_town(tmp_path / "t.osm", nodes, ways))
    (shape,) = isochrones(town, (0.0, 0.0), [3]).geometry
    assert shape.contains(shapely.Point(0.5 * STEP, 0.03 * STEP))
    assert not shape.contains(shapely.Point(0.5 * STEP, 0.06 * STEP))


def test_no_minutes_or_no_road_is_refused(tmp_path: Path) -> None:
    town = engine(cross(tmp_path / "t.osm"))
    for minutes in ([], [0], [-5, 10], [np.inf]):
        with pytest.raises(InputError, match="Minutes are positive numbers"):
            isochrones(town, (0.0, 0.0), minutes)
    with pytest.raises(InputError, match="No road is near the point"):
        isochrones(town, (60.0, 24.0), [10])
