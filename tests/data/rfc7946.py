"""A checker of RFC 7946, written from its text; gives a list of complaints."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

DEPTH = {"Point": 0, "LineString": 1, "MultiPoint": 1, "Polygon": 2, "MultiPolygon": 3}


def complaints(whole: Any) -> list[str]:
    """Check a FeatureCollection; sections are those of the RFC."""
    if whole.get("type") != "FeatureCollection":
        return ["3.3: not a FeatureCollection"]
    wrong = ["4: crs member"] if "crs" in whole else []
    reserved = {"coordinates", "geometries", "geometry", "properties"} & set(whole)
    wrong += [f"7.1: a collection has {name}" for name in sorted(reserved)]
    features = whole.get("features")
    if not isinstance(features, list):
        return [*wrong, "3.3: features is no array"]
    ids = [f.get("id") for f in features]
    if len(set(ids)) < len(ids):
        wrong.append("3.2: ids are not unique")
    for number, item in enumerate(features):
        wrong += [f"feature {number}, {text}" for text in _feature(item)]
    positions = [p for f in features for p in _positions(f.get("geometry"))]
    return wrong + _bbox(whole.get("bbox"), positions)


def _feature(item: Any) -> list[str]:
    wrong = [] if item.get("type") == "Feature" else ["3.2: not a Feature"]
    if "geometry" not in item or "properties" not in item:
        return [*wrong, "3.2: geometry or properties is missing"]
    if "id" in item and not isinstance(item["id"], (str, int, float)):
        wrong.append("3.2: id is neither text nor number")
    if {"features", "coordinates", "crs"} & set(item):
        wrong.append("7.1: member of another type")
    shape = item["geometry"]
    if shape is None:
        return wrong
    if shape.get("type") == "Point" and "bbox" not in item:
        return wrong + _shape(shape)
    return wrong + _shape(shape) + _bbox(item.get("bbox"), _positions(shape))


def _shape(shape: Any) -> list[str]:
    kind = shape.get("type")
    if kind not in DEPTH:
        return [f"3.1: type {kind}"]
    polygons = {"Polygon": [shape["coordinates"]], "MultiPolygon": shape["coordinates"]}
    wrong = [text for polygon in polygons.get(kind, []) for text in _polygon(polygon)]
    for position in _positions(shape):
        if len(position) not in (2, 3) or not all(map(math.isfinite, position)):
            wrong.append(f"3.1.1: position {position}")
        elif abs(position[0]) > 180 or abs(position[1]) > 90:
            wrong.append(f"4: {position} is not in degrees")
    return wrong


def _polygon(rings: Any) -> list[str]:
    wrong = [] if rings else ["3.1.6: no ring"]
    for number, ring in enumerate(rings):
        if len(ring) < 4 or ring[0] != ring[-1]:
            wrong.append("3.1.6: ring is not closed")
            continue
        pairs = list(pairwise(ring))
        area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)
        if (area > 0) != (number == 0):
            wrong.append("3.1.6: ring does not follow the right-hand rule")
        if any(abs(a[0] - b[0]) > 180 for a, b in pairs):
            wrong.append("3.1.9: an edge crosses the antimeridian")
    return wrong


def _positions(shape: Any) -> list[list[float]]:
    if shape is None:
        return []
    level = [shape["coordinates"]]
    for _ in range(DEPTH[shape["type"]]):
        level = [part for whole in level for part in whole]
    return level


def _bbox(box: Any, positions: list[list[float]]) -> list[str]:
    if box is None:
        return ["5: no bbox"] if positions else []
    west, south, east, north = box
    wrong = [] if south <= north else ["5: south above north"]
    for x, y in ((p[0], p[1]) for p in positions):
        inside = west <= x <= east if west <= east else x >= west or x <= east
        if not inside or not south <= y <= north:
            return [*wrong, f"5: {x}, {y} outside bbox"]
    tight = {p[1] for p in positions}
    if (south, north) != (min(tight), max(tight)):
        wrong.append("5: bbox is wider than the ground")
    return wrong
