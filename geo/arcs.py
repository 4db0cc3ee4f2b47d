"""Borders as arcs: each line between two units is stored once and knows both.

A set of polygons that share their vertices becomes a topology: arcs, the unit on
either side of each, and the rings of each unit as a walk over arcs. Whatever is
drawn from arcs has no gap and no overlap, simplified or not, and the outline of a
territory is the arcs whose two sides have different owners.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

OUTSIDE = -1
"""The unit on the side of an arc where there is none."""

GRAIN_M = 1e-3
"""Vertices closer than this are one vertex: rounding noise of a projection."""


@dataclass(frozen=True, eq=False)
class Arcs:
    """Borders of units, each once, and how they close into rings.

    Parameters
    ----------
    xy
        Shape (v, 2): vertices of all arcs, one arc after the other.
    start
        Shape (a + 1,): arc i has the vertices ``start[i]`` to ``start[i + 1] - 1``.
    left, right
        Shape (a,): row of the unit on either side, walking along the arc;
        `OUTSIDE` where there is none.
    ring_arc
        Arcs of all rings, one ring after the other: i forwards, ``~i`` backwards.
    ring_start
        Shape (r + 1,): where each ring begins in `ring_arc`.
    unit_ring
        Shape (n + 1,): unit i has the rings ``unit_ring[i]`` to
        ``unit_ring[i + 1] - 1``, outer rings counter-clockwise, holes clockwise.
    """

    xy: Floats
    start: Ints
    left: Ints
    right: Ints
    ring_arc: Ints
    ring_start: Ints
    unit_ring: Ints

    def __len__(self) -> int:
        return len(self.left)


def arcs(units: gpd.GeoSeries | gpd.GeoDataFrame, *, grain: float = GRAIN_M) -> Arcs:
    """Cut the borders of units into arcs.

    Where two units do not share their vertices exactly, each keeps a border of its
    own there, with nothing on the other side: the picture stays right, only the line
    between the two is never seen as shared.

    Parameters
    ----------
    units
        Polygons or multipolygons, n rows; empty ones have no rings.
    grain
        Vertices on one step of this size are one vertex, in the unit of the CRS.

    Returns
    -------
    Arcs
        In the units' CRS; unit numbers are row numbers.
    """
    steps = _steps(shapely.orient_polygons(units.geometry.to_numpy()), grain)
    return _walk(steps, _turns(steps), len(units))


def ring_xy(arcs: Arcs, ring: int) -> Floats:
    """Give the vertices of one ring, shape (v, 2), first and last the same."""
    lines = []
    for i in arcs.ring_arc[arcs.ring_start[ring] : arcs.ring_start[ring + 1]]:
        k = i if i >= 0 else ~i
        line = arcs.xy[arcs.start[k] : arcs.start[k + 1]]
        lines.append((line if i >= 0 else line[::-1])[:-1])
    return np.concatenate([*lines, lines[0][:1]])


def simplify(arcs: Arcs, tolerance_m: float) -> Arcs:
    """Drop vertices of arcs that lie within a tolerance of a straighter line.

    Each arc is simplified once (Douglas and Peucker 1973), so neighbours still share
    it; its ends stay. An arc that would fold onto itself, as a small island does,
    keeps its vertices.

    Parameters
    ----------
    arcs
        Any arcs.
    tolerance_m
        Most a dropped vertex may lie off the line, in the unit of `arcs.xy`.

    Returns
    -------
    Arcs
        Same arcs, rings and sides, fewer vertices.
    """
    owner = np.repeat(np.arange(len(arcs)), np.diff(arcs.start))
    lines = np.asarray(shapely.linestrings(arcs.xy, indices=owner))
    straight = shapely.simplify(lines, tolerance_m, preserve_topology=False)
    least = np.where(shapely.is_closed(lines), 4, 2)
    folded = shapely.get_num_coordinates(straight) < least
    kept = np.where(folded, lines, straight)
    counts = np.asarray(shapely.get_num_coordinates(kept))
    return replace(arcs, xy=shapely.get_coordinates(kept), start=_offsets(counts))


@dataclass(frozen=True, eq=False)
class _Steps:
    """Every edge of every ring, walked with its unit on the left."""

    xy: Floats  # of each vertex
    a: Ints  # vertex a step leaves
    b: Ints  # vertex it reaches
    edge: Ints  # the same number whichever way it is walked
    ring: Ints  # the ring it belongs to, ascending
    ring_unit: Ints  # the unit of each ring, ascending


def _steps(polygons: NDArray[np.object_], grain: float) -> _Steps:
    parts, part_unit = shapely.get_parts(polygons, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    xy, at_ring = shapely.get_coordinates(rings, return_index=True)
    first, vertex = _number(np.round(xy / grain).astype(np.int64))
    step = (at_ring[:-1] == at_ring[1:]) & (vertex[:-1] != vertex[1:])
    a, b = vertex[:-1][step], vertex[1:][step]
    ends = np.stack([np.minimum(a, b), np.maximum(a, b)], axis=1)
    kept, ring = np.unique(at_ring[:-1][step], return_inverse=True)
    return _Steps(xy[first], a, b, _number(ends)[1], ring, part_unit[ring_part[kept]])


def _number(pairs: Ints) -> tuple[Ints, Ints]:
    """Give distinct rows numbers: where each is first seen, and each row's number."""
    if not len(pairs):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    low = pairs.min(axis=0)
    span = int(pairs[:, 1].max() - low[1]) + 1
    key = (pairs[:, 0] - low[0]) * span + (pairs[:, 1] - low[1])
    _, first, number = np.unique(key, return_index=True, return_inverse=True)
    return first, number


def _turns(steps: _Steps) -> NDArray[np.bool_]:
    """Say at which vertices an arc ends: where borders meet or a side changes."""
    n = len(steps.xy)
    sides = _sides(steps)
    once = np.unique(steps.edge, return_index=True)[1]
    ends = np.concatenate([steps.a[once], steps.b[once]])
    of_end = np.tile(sides[steps.edge[once]], 2)
    turn: NDArray[np.bool_] = np.bincount(ends, minlength=n) != 2
    turn |= _least(ends, of_end, n) != -_least(ends, -of_end, n)
    # An island or enclave meets nothing: both its sides begin at its lowest vertex.
    lowest = _least(steps.ring, steps.a, len(steps.ring_unit))
    met = np.zeros(len(lowest), dtype=bool)
    met[steps.ring[turn[steps.a]]] = True
    turn[lowest[~met]] = True
    return turn


def _sides(steps: _Steps) -> Ints:
    """Give numbers to the pairs of units either side of each edge."""
    n_edges = int(steps.edge.max(initial=-1)) + 1
    unit = steps.ring_unit[steps.ring]
    low = _least(steps.edge, unit, n_edges)
    high = -_least(steps.edge, -unit, n_edges)
    walks = np.bincount(steps.edge, minlength=n_edges)
    number = _number(np.stack([low, high], axis=1))[1]
    return _number(np.stack([number, walks], axis=1))[1]


def _least(group: Ints, value: Ints, n_groups: int) -> Ints:
    """Give the lowest value of each group."""
    least = np.full(n_groups, np.iinfo(np.int64).max)
    np.minimum.at(least, group, value)
    return least


def _walk(steps: _Steps, turn: NDArray[np.bool_], n_units: int) -> Arcs:
    """Begin each ring at a turn and cut it at its turns; two runs make an arc."""
    order = _begin_at(turn[steps.a], steps.ring)
    a, b, edge = steps.a[order], steps.b[order], steps.edge[order]
    begin = np.flatnonzero(turn[a])
    run_ring = steps.ring[begin]
    size = np.diff(np.append(begin, len(a)))
    partner = _partners(a < b, edge, begin, size)
    runs = np.arange(len(begin))
    stored = partner >= runs
    number = np.cumsum(stored) - 1
    unit = steps.ring_unit[run_ring]
    return Arcs(
        xy=steps.xy[_vertices(a, b, begin[stored], size[stored])],
        start=_offsets(size[stored] + 1),
        left=unit[stored],
        right=np.where(partner == runs, OUTSIDE, unit[partner])[stored],
        ring_arc=np.where(stored, number, ~number[partner]),
        ring_start=_offsets(np.bincount(run_ring, minlength=len(steps.ring_unit))),
        unit_ring=_offsets(np.bincount(steps.ring_unit, minlength=n_units)),
    )


def _begin_at(turn: NDArray[np.bool_], ring: Ints) -> Ints:
    """Give the order of steps in which every ring begins with a turn."""
    size = np.bincount(ring)
    begin = _offsets(size)[:-1]
    place = np.arange(len(ring)) - begin[ring]
    shift = _least(ring[turn], place[turn], len(size))
    return begin[ring] + (place + shift[ring]) % size[ring]


def _partners(upward: NDArray[np.bool_], edge: Ints, begin: Ints, size: Ints) -> Ints:
    """Give the run that walks the same edges backwards; itself if there is none."""
    partner = np.arange(len(begin))
    if not len(begin):
        return partner
    name = np.minimum.reduceat(edge, begin)
    run = np.repeat(partner, size)
    named = np.flatnonzero(edge == name[run])
    named = named[np.unique(run[named], return_index=True)[1]]
    up = upward[named]
    names_up, first_up = np.unique(name[up], return_index=True)
    names_down, first_down = np.unique(name[~up], return_index=True)
    _, i, j = np.intersect1d(names_up, names_down, return_indices=True)
    one = np.flatnonzero(up)[first_up[i]]
    other = np.flatnonzero(~up)[first_down[j]]
    same = size[one] == size[other]
    partner[one[same]], partner[other[same]] = other[same], one[same]
    return partner


def _vertices(a: Ints, b: Ints, begin: Ints, size: Ints) -> Ints:
    """Give the vertices of runs one after the other, each with its last one."""
    start = _offsets(size + 1)
    run = np.repeat(np.arange(len(size)), size + 1)
    place = np.arange(start[-1]) - start[run]
    last = place == size[run]
    step = begin[run] + np.where(last, place - 1, place)
    return np.where(last, b[step], a[step])


def _offsets(counts: NDArray[np.integer]) -> Ints:
    """Give where each of several stretches begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
