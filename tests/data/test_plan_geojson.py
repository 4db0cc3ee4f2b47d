"""GeoJSON as RFC 7946 wants it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data.degrees import bbox, degrees
from data.plan_geojson import Item, collection, read_geojson
from geo.errors import InputError
from tests.data.rfc7946 import complaints


def items(shapes: gpd.GeoSeries) -> list[Item]:
    return [(str(i), {"territory_id": i}, s) for i, s in degrees(shapes).items()]


def written(shapes: gpd.GeoSeries) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(collection(items(shapes)))
    return found


def series(shapes: list[object], crs: str = "EPSG:4326") -> gpd.GeoSeries:
    return gpd.GeoSeries(shapes, index=list("abcdefgh"[: len(shapes)]), crs=crs)


def test_the_grid_passes_the_check(grid: gpd.GeoDataFrame) -> None:
    whole = written(grid.geometry)
    assert complaints(whole) == []
    assert [f["id"] for f in whole["features"]] == list(grid.index)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda w: w.update(crs={}), "4: crs member"),
        (
            lambda w: w["features"][0]["geometry"]["coordinates"][0].reverse(),
            "right-hand rule",
        ),
        (
            lambda w: w["features"][0]["geometry"]["coordinates"][0].pop(),
            "not closed",
        ),
        (lambda w: w.update(bbox=[0, 0, 1, 1]), "outside bbox"),
        (lambda w: w["features"][1].update(id="u00"), "not unique"),
    ],
)
def test_the_check_can_fail(grid: gpd.GeoDataFrame, spoil: object, told: str) -> None:
    whole = written(grid.geometry)
    spoil(whole)  # type: ignore[operator]
    assert any(told in text for text in complaints(whole))


def test_neighbors_stay_neighbors_after_rounding(grid: gpd.GeoDataFrame) -> None:
    shapes = degrees(grid.geometry).to_numpy()
    whole = shapely.union_all(shapes)
    assert whole.geom_type == "Polygon"
    assert shapely.area(shapes).sum() == pytest.approx(whole.area, rel=1e-9)


def test_rings_turn_counterclockwise_and_holes_clockwise() -> None:
    ring = shapely.box(0, 0, 9, 9).difference(shapely.box(3, 3, 6, 6))
    turned = degrees(series([shapely.reverse(ring)])).iloc[0]
    assert turned.exterior.is_ccw
    assert not turned.interiors[0].is_ccw


def test_ground_across_180_is_split_there() -> None:
    fiji = shapely.Polygon([(179, -18), (-179, -18), (-179, -16), (179, -16)])
    whole = written(series([fiji]))
    assert complaints(whole) == []
    assert whole["bbox"] == [179.0, -18.0, -179.0, -16.0]
    split = degrees(series([fiji])).iloc[0]
    assert len(split.geoms) == 2
    assert split.area == pytest.approx(4.0)


def test_projected_ground_across_180_is_split_too() -> None:
    box = shapely.box(-200e3, -100e3, 200e3, 100e3)
    crs = "+proj=laea +lat_0=-17 +lon_0=180 +units=m"
    whole = written(series([box, shapely.affinity.translate(box, 400e3)], crs))
    assert complaints(whole) == []
    west, _, east, _ = whole["bbox"]
    assert west > 170
    assert east < -170


def test_islands_on_both_sides_of_180_do_not_wrap_the_box() -> None:
    isles = np.array([shapely.box(172, 50, 173, 51), shapely.box(-178, 50, -66, 52)])
    assert bbox(isles) == [-178.0, 50.0, 173.0, 52.0]


def test_a_territory_without_ground_has_a_null_geometry() -> None:
    whole = written(series([None, shapely.Polygon(), shapely.box(0, 0, 1, 1)]))
    shapes = [f["geometry"] for f in whole["features"]]
    assert complaints(whole) == []
    assert shapes[:2] == [None, None]


def test_a_ring_that_rounding_pinches_is_mended() -> None:
    thin = shapely.Polygon([(0, 0), (2, 0), (2, 1), (1, 1e-9), (0, 1)])
    assert degrees(series([thin])).iloc[0].is_valid


def test_the_same_shapes_give_the_same_bytes(grid: gpd.GeoDataFrame) -> None:
    text = collection(items(grid.geometry), member={"format": 1})
    assert text == collection(items(grid.geometry), member={"format": 1})
    assert json.loads(text)["bailiwick"] == {"format": 1}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "The file is not GeoJSON"),
        ("{", "The file is not GeoJSON"),
        ("[1]", "The file holds no plan"),
        ('{"features": []}', "The file holds no plan"),
        ('{"features": [{"properties": null}]}', "The file holds no plan"),
        ("[" * 100_000, "The file is not GeoJSON"),
    ],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(text)
    with pytest.raises(InputError, match=told):
        read_geojson(path)
