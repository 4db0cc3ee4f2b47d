"""Edges of polygons: which are the same, and how far they run along each other."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

Rows: TypeAlias = NDArray[np.intp]
Floats: TypeAlias = NDArray[np.float64]

LEAST_COSINE = 0.5
"""Edges that meet at more than 60 degrees are a corner, however close."""


def outline_edges(shapes: NDArray[np.object_]) -> tuple[Floats, Rows]:
    """Give the straight edges of all rings of polygons, holes included.

    Returns
    -------
    ends
        Shape (e, 4): x1, y1, x2, y2; the end that is lower in x, then y, comes first.
    owner
        Shape (e,): row of the polygon each edge belongs to.
    """
    rings, ring_owner = _rings(shapes)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inner = ring[1:] == ring[:-1]
    ends = np.hstack([xy[:-1][inner], xy[1:][inner]]) + 0.0  # -0.0 becomes 0.0
    backward = (ends[:, 0] > ends[:, 2]) | (
        (ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3])
    )
    ends[backward] = ends[backward][:, [2, 3, 0, 1]]
    owner = ring_owner[ring[1:][inner]]
    long = (ends[:, :2] != ends[:, 2:]).any(axis=1)
    return ends[long], owner[long]


def _rings(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], Rows]:
    parts, of_unit = shapely.get_parts(shapes, return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    return rings, of_unit[of_part]


def same_edges(ends: Floats, owner: Rows) -> tuple[Rows, Rows, Rows]:
    """Give pairs of edges with the same two ends in different polygons.

    Returns
    -------
    first, second
        Rows of the edges of each pair.
    lone
        Rows of the edges in no pair.
    """
    vertex, _ = pd.factorize(
        np.concatenate([ends[:, :2], ends[:, 2:]]).view(np.complex128)[:, 0]
    )
    m = len(ends)
    key = vertex[:m] * (int(vertex.max(initial=0)) + 1) + vertex[m:]
    order = np.lexsort((owner, key))
    same = np.flatnonzero(np.diff(key[order]) == 0)
    first, second = order[same], order[same + 1]
    apart = owner[first] != owner[second]
    first, second = first[apart], second[apart]
    lone = np.ones(m, dtype=bool)
    lone[first] = lone[second] = False
    return first, second, np.flatnonzero(lone)


def close_edges(ends: Floats, owner: Rows, within_m: float) -> tuple[Rows, Rows]:
    """Give pairs of edges of different polygons that come within a distance.

    Each pair once, the edge of the polygon with the lower row first.
    """
    lines = np.asarray(shapely.linestrings(ends.reshape(-1, 2, 2)))
    a, b = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=within_m)
    once = owner[a] < owner[b]
    return a[once], b[once]


def length_along(a: Floats, b: Floats, within_m: float) -> Floats:
    """Measure the part of each edge a that runs beside edge b, within a distance.

    Parameters
    ----------
    a, b
        Shape (p, 4), as in `outline_edges`.

    Returns
    -------
    NDArray
        Shape (p,), metres; 0 where they meet at more than 60 degrees.
    """
    # Clip a, as start + t x (end - start), to the strip beside b and near its line.
    start, span = a[:, :2], a[:, 2:] - a[:, :2]
    base, way = b[:, :2], b[:, 2:] - b[:, :2]
    length_b = np.hypot(*way.T)[:, None]
    along = way / length_b
    across = np.column_stack([-along[:, 1], along[:, 0]])
    low, high = np.zeros(len(a)), np.ones(len(a))
    for axis, least, most in (
        (along, np.zeros(len(a)), length_b[:, 0]),
        (across, np.full(len(a), -within_m), np.full(len(a), within_m)),
    ):
        at = ((start - base) * axis).sum(axis=1)
        rate = (span * axis).sum(axis=1)
        low, high = _clip(low, high, at, rate, least, most)
    length_a = np.hypot(*span.T)
    slope = np.abs((span * along).sum(axis=1)) / length_a
    return np.where(slope > LEAST_COSINE, np.maximum(high - low, 0.0) * length_a, 0.0)


def _clip(
    low: Floats, high: Floats, at: Floats, rate: Floats, least: Floats, most: Floats
) -> tuple[Floats, Floats]:
    # The t within [low, high] for which least <= at + rate x t <= most.
    flat = rate == 0
    outside = flat & ((at < least) | (at > most))
    slope = np.where(flat, 1.0, rate)
    t1, t2 = (least - at) / slope, (most - at) / slope
    enter = np.where(flat, low, np.minimum(t1, t2))
    leave = np.where(flat, high, np.maximum(t1, t2))
    return np.where(outside, 1.0, np.maximum(low, enter)), np.where(
        outside, 0.0, np.minimum(high, leave)
    )
