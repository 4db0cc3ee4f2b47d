"""The ground within some minutes of a point: a surface of times, and its contours.

Roads are sampled, each cell of a grid takes the best of a road's time and the way from
that road to the cell, and contours of one surface are nested by themselves; holes stay.
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

CELL_M, MOST_CELLS = 75.0, 1_000_000
"""Side of a cell, wider where the grid would have more cells than that."""
STEP_M = 50.0
"""At most this far apart are the samples of a road."""
REACH_M = 300.0
"""Ground farther from any road is not reached."""
NEAREST = 6
"""Samples a cell chooses from."""
SLACK_S = 300.0
"""How far past the last band the search goes, so that its edge is no guess."""


def isochrones(
    engine: RoadEngine,
    at: tuple[float, float],
    minutes: Sequence[float],
    *,
    simplify_m: float = 20.0,
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
    """Give points along the roads one can be on in time, metres, and their times."""
    snapped = engine.snapper.snap(at)
    if snapped.reason[0] != Reason.FOUND:
        raise InputError(
            "No road is near the point",
            where=f"{at[0]:g},{at[1]:g}",
            fix="Give longitude, then latitude, inside the network",
        )
    ends_s = engine.times_from(at, limit_s=limit_s)
    edges = np.flatnonzero(np.isfinite(ends_s))
    roads, turns = engine.roads, engine.turns
    shapes = [roads.line(int(edge)) * engine.snapper.scale for edge in edges]
    rows = np.repeat(np.arange(len(edges)), [len(shape) for shape in shapes])
    lines = np.asarray(shapely.linestrings(np.concatenate(shapes), indices=rows))
    count = np.ceil(roads.length_m[edges] / STEP_M).astype(int) + 1
    row = np.repeat(np.arange(len(edges)), count)
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    share = place / np.maximum(count[row] - 1, 1)
    times_s = ends_s[edges][row] - (1 - share) * turns.along_s[edges][row]
    away_s = float(snapped.away_m[0]) / (engine.profile.access_kmh / 3.6)
    spots = shapely.line_interpolate_point(lines[row], share, normalized=True)
    kept = times_s >= away_s - 1e-6  # behind the start, on its own edge
    points = np.append(
        shapely.get_coordinates(spots)[kept], [at * engine.snapper.scale]
    )
    return points.reshape(-1, 2), np.append(times_s[kept], 0.0)


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
    far_m, near = cKDTree(points).query(
        cells, k=min(NEAREST, len(points)), distance_upper_bound=REACH_M
    )
    far_m, near = far_m.reshape(len(cells), -1), near.reshape(len(cells), -1)
    padded = np.append(times_s, np.inf)
    best_s = (padded[near] + far_m / walk_m).min(axis=1)
    surface = np.where(np.isfinite(best_s), best_s, limit_s + 2 * SLACK_S)
    return corner, cell_m, surface.reshape(rows, columns)


def _within(
    surface: NDArray[np.float64], limit_s: float, corner: Floats, cell_m: float
) -> shapely.MultiPolygon:
    lines = contourpy.contour_generator(z=surface, fill_type="OuterOffset")
    parts = []
    for points, offset in zip(*lines.filled(-np.inf, limit_s), strict=True):
        placed = points * cell_m + corner
        shell, *holes = [placed[a:b] for a, b in pairwise(offset)]
        parts.append(shapely.Polygon(shell, holes))
    return shapely.MultiPolygon(parts)
