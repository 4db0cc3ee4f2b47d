"""Shapes as files show them: degrees, rounded, split at 180, counterclockwise."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LinearRing, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo.frames import WGS84

DECIMALS = 7
"""Of a degree in files: about a centimetre (RFC 7946 section 11.2 has six or more)."""

SPECK = 1e-10
"""Square degrees, about a square metre: what noise at 180 degrees may leave."""


def degrees(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Give shapes as RFC 7946 wants them: degrees, rounded, split at 180, ccw.

    Rounding goes vertex by vertex, so borders that share vertices still share them.
    A ring that rounding pinches is mended. Missing and empty shapes become None.
    """
    there = shapes.to_crs(WGS84)
    geometry = np.array([_split(shape) for shape in there.to_numpy()], dtype=object)
    rounded = shapely.transform(geometry, lambda xy: np.round(xy, DECIMALS) + 0.0)
    broken = ~shapely.is_valid(rounded) & ~shapely.is_missing(rounded)
    rounded[broken] = [_mended(shape) for shape in rounded[broken]]
    wound = shapely.orient_polygons(rounded)
    return gpd.GeoSeries(wound, index=shapes.index, crs=WGS84)


def bbox(shapes: NDArray[np.object_]) -> list[float] | None:
    """Give west, south, east, north; west > east when 180 degrees lies inside.

    The box leaves out the widest gap in longitude, which is the one at 180 for
    everything that does not cross it (RFC 7946 section 5.2).
    """
    boxes = shapely.bounds(shapely.get_parts(shapes[~shapely.is_missing(shapes)]))
    if len(boxes) == 0:
        return None
    boxes = boxes[np.argsort(boxes[:, 0], kind="stable")]
    reach = np.maximum.accumulate(boxes[:, 2])
    gaps = np.append(boxes[1:, 0] - reach[:-1], boxes[0, 0] + 360 - reach[-1])
    touches_180 = boxes[0, 0] <= -180 and reach[-1] >= 180
    widest = int(np.argmax(gaps)) if touches_180 else len(gaps) - 1
    west = boxes[(widest + 1) % len(boxes), 0]
    south, north = boxes[:, 1].min(), boxes[:, 3].max()
    return [float(west), float(south), float(reach[widest]), float(north)]


def _split(shape: BaseGeometry | None) -> BaseGeometry | None:
    """Cut a shape in degrees whose rings jump over 180 into parts that do not."""
    if shape is None or shape.is_empty:
        return None
    if _width(shape) <= 180:
        return shape
    parts = [half for part in shapely.get_parts(shape) for half in _halves(part)]
    return MultiPolygon([p for half in parts for p in shapely.get_parts(half)])


def _halves(part: BaseGeometry) -> list[BaseGeometry]:
    if not isinstance(part, Polygon) or _width(part) <= 180:
        return [part]
    holes = [_unwrapped(ring) for ring in part.interiors]
    flat = Polygon(_unwrapped(part.exterior), holes)
    halves = [_turned(flat, degrees) for degrees in (-360.0, 0.0, 360.0)]
    return [half for half in halves if half.area > SPECK]


def _turned(flat: Polygon, by: float) -> BaseGeometry:
    """Give what lies within 180 degrees of `by`, moved there."""
    within = flat.intersection(shapely.box(by - 180, -90, by + 180, 90))
    moved: BaseGeometry = shapely.transform(within, lambda xy: xy - [by, 0.0])
    return moved


def _width(shape: BaseGeometry) -> float:
    west, _, east, _ = shape.bounds
    return float(east - west)


def _unwrapped(ring: LinearRing) -> NDArray[np.float64]:
    xy = shapely.get_coordinates(ring)
    longitude = np.unwrap(xy[:, 0], period=360.0)
    return np.column_stack([longitude, xy[:, 1]])


def _mended(shape: BaseGeometry) -> BaseGeometry:
    parts = shapely.get_parts(shapely.get_parts(shapely.make_valid(shape)))
    return shapely.union_all([p for p in parts if isinstance(p, Polygon)])
