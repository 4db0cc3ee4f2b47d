"""The ground within some minutes of a point: a surface of times, and its contours.

Roads are sampled, each point of a grid takes the time of its nearest road and the way
from there, as a matrix does; contours of one surface are nested by themselves; holes
stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import contourpy
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from scipy.spatial import cKDTree

from geo.errors import InputError
from geo.frames import WGS84
from routing.drive import RoadEngine
from routing.engine import Reason
from routing.turns import Floats

CELL_M, MOST_CELLS = 15.0, 600_000
"""Side of a cell, wider where the grid would have more cells than that."""
STEP_M = 10.0
"""At most this far apart are the samples of a road."""
REACH_M = 300.0
"""Ground farther from any road is not reached."""
SLACK_S = 60.0
"""How far past the last band the search goes, so that its edge is no guess."""
CLIFF_S = 15.0
"""Where times jump by more, the border runs half-way between two cells."""


def isochrones(
    engine: RoadEngine,
    at: tuple[float, float],
    minutes: Sequence[float],
    *,
    simplify_m: float = 10.0,
) -> gpd.GeoDataFrame:
    """Draw the ground within some minutes of a point.

    Parameters
    ----------
    engine
        Roads and rules.
    at
        (lon, lat), degrees.
    minutes
        Bands, in any order; each holds all smaller ones.
    simplify_m
        How far a border may move for a shorter shape.

    Returns
    -------
    GeoDataFrame
        Columns minutes, area_km2 and geometry (degrees), smallest band first.

    Raises
    ------
    InputError
        When no minutes are given or one is not positive, or no road is near.
    """
    bands = sorted(set(minutes))
    if not bands or bands[0] <= 0 or not np.isfinite(bands[-1]):
        raise InputError("Minutes are positive numbers", fix="Give some: 10,20,30")
    points, times_s = _samples(engine, np.array(at), bands[-1] * 60 + SLACK_S)
    limit_s, walk_m = bands[-1] * 60, engine.profile.access_kmh / 3.6
    corner, cell_m, surface = _surface(points, times_s, limit_s, walk_m)
    shapes: list[shapely.Geometry] = []
    inner: shapely.Geometry = shapely.Polygon()
    for band in bands:
        shape = _within(surface, band * 60, corner, cell_m).simplify(simplify_m)
        inner = shapely.union(shapely.make_valid(shape), inner)
        shapes.append(inner)
    degrees = [
        shapely.transform(s, lambda xy: xy / engine.snapper.scale) for s in shapes
    ]
    geod = Geod(ellps="WGS84")
    area_km2 = [abs(geod.geometry_area_perimeter(s)[0]) / 1e6 for s in degrees]
    table = pd.DataFrame({"minutes": bands, "area_km2": area_km2})
    return gpd.GeoDataFrame(table, geometry=degrees, crs=WGS84)


def _samples(engine: RoadEngine, at: Floats, limit_s: float) -> tuple[Floats, Floats]:
    """Give points along the roads around, metres, and when one is there; inf if not."""
    snapped = engine.snapper.snap(at)
    if snapped.reason[0] != Reason.FOUND:
        raise InputError(
            "No road is near the point",
            where=f"{at[0]:g},{at[1]:g}",
            fix="Give longitude, then latitude, inside the network",
        )
    ends_s = engine.times_from(at, limit_s=limit_s)
    snapper = engine.snapper
    sides = (snapper.edge, snapper.twin)
    entered = [(side >= 0) & np.isfinite(ends_s[side]) for side in sides]
    reached = np.flatnonzero(entered[0] | entered[1])
    points, row, share = _along(snapper.line, reached)
    away_s = float(snapped.away_m[0]) / (engine.profile.access_kmh / 3.6)
    times_s = np.full(len(row), np.inf)
    for edge in (side[row] for side in sides):
        behind = np.where(engine.roads.against[edge], 1 - share, share)
        passed_s = ends_s[edge] - (1 - behind) * engine.turns.along_s[edge]
        known = (edge >= 0) & (passed_s >= away_s - 1e-6)  # not behind the start
        times_s = np.where(known, np.minimum(times_s, passed_s), times_s)
    near = points[times_s <= limit_s]
    ground = shapely.box(*near.min(axis=0) - REACH_M, *near.max(axis=0) + REACH_M)
    others = np.setdiff1d(snapper.main[snapper.main_tree.query(ground)], reached)
    far = _along(snapper.line, others)[0]
    points = np.concatenate([points, far, [at * snapper.scale]])
    return points, np.concatenate([times_s, np.full(len(far), np.inf), [0.0]])


def _along(
    lines: NDArray[np.object_], rows: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Give points along some lines, the row of each, and the share behind it."""
    count = np.ceil(shapely.length(lines[rows]) / STEP_M).astype(int) + 1
    row = np.repeat(rows, count)
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    share = place / np.maximum(np.repeat(count, count) - 1, 1)
    spots = shapely.line_interpolate_point(lines[row], share, normalized=True)
    return shapely.get_coordinates(spots), row, share


def _surface(
    points: Floats, times_s: Floats, limit_s: float, walk_m: float
) -> tuple[Floats, float, Floats]:
    """Give the south-west corner, the side of a cell, and the time of each cell.

    `walk_m` is how far one comes in a second off the road.
    """
    inside = points[times_s <= limit_s]
    corner = inside.min(axis=0) - REACH_M - CELL_M
    span = inside.max(axis=0) + REACH_M + CELL_M - corner
    cell_m = max(CELL_M, float(np.sqrt(span.prod() / MOST_CELLS)))
    columns, rows = np.ceil(span / cell_m).astype(int) + 1
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    cells = np.column_stack([x.ravel(), y.ravel()]) * cell_m + corner
    far_m, near = cKDTree(points).query(cells, distance_upper_bound=REACH_M)
    surface = np.append(times_s, np.inf)[near] + far_m / walk_m
    return corner, cell_m, surface.reshape(rows, columns)


def _within(
    surface: NDArray[np.float64], limit_s: float, corner: Floats, cell_m: float
) -> shapely.MultiPolygon:
    left_s = np.clip(surface - limit_s, -CLIFF_S, CLIFF_S)
    lines = contourpy.contour_generator(z=left_s, fill_type="OuterOffset")
    parts = []
    for points, offset in zip(*lines.filled(-np.inf, 0.0), strict=True):
        placed = points * cell_m + corner
        shell, *holes = [placed[a:b] for a, b in pairwise(offset)]
        parts.append(shapely.Polygon(shell, holes))
    return shapely.MultiPolygon(parts)
