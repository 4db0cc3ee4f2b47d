"""Which units touch: borders in metres, crossings over water, pieces of territories."""

from __future__ import annotations

from itertools import pairwise
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, triu
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import Delaunay, QhullError

from geo.frames import WGS84, Units
from geo.outlines import close_edges, length_along, outline_edges, same_edges

Rows: TypeAlias = NDArray[np.intp]
Floats: TypeAlias = NDArray[np.float64]

TOLERANCE_M = 1.0
"""Borders this close are the same border, though they share no vertices."""

LEAST_BORDER_M = 20.0
"""Borders that are only close, not the same, count from this length on."""

CROSSING_M = 1.0
"""A crossing's weight: "ferry: no shared border, still neighbours"."""

MANY_PARTS = 500
"""Beyond this, parts are joined by a faster way that may miss a nearest pair."""

PLANAR_M = 500_000.0
"""Distances beyond this are geodesic; the projection is no longer true to scale."""


def borders(units: Units, *, tolerance_m: float = TOLERANCE_M) -> csr_array:
    """Measure the border each pair of units shares; a corner is no border.

    Edges with the same two ends are shared as they are. What remains is compared
    within `tolerance_m`: the part of one edge that runs along another one.

    Returns
    -------
    csr_array
        Shape (n, n), metres, symmetric, nothing on the diagonal.
    """
    ends, owner = outline_edges(np.asarray(units.geometry))
    first, second, lone = same_edges(ends, owner)
    exact_m = np.hypot(*(ends[first, 2:] - ends[first, :2]).T)
    exact = _symmetric(owner[first], owner[second], exact_m, len(units))
    a, b = close_edges(ends[lone], owner[lone], tolerance_m)
    a, b = lone[a], lone[b]
    along_m = length_along(ends[a], ends[b], tolerance_m)
    close = _symmetric(owner[a], owner[b], along_m, len(units))
    close.data[close.data < LEAST_BORDER_M] = 0.0
    together = csr_array(exact + close)
    together.eliminate_zeros()
    together.sort_indices()
    return together


def crossings(units: Units, neighbors: csr_array) -> pd.DataFrame:
    """Join units that no border connects: islands, and ground in several parts.

    Every part but the largest is joined to its nearest other part, until one is left
    (Boruvka's minimum spanning tree, 1926). Of more than `MANY_PARTS` only those whose
    middles are neighbours (see `delaunay`) are compared.

    Returns
    -------
    pandas.DataFrame
        unit_a, unit_b (unit ids), distance_m; shortest first, empty if the ground is
        connected. Ties go to the lowest rows.
    """
    shapes = np.asarray(units.geometry)
    found: list[tuple[float, int, int]] = []
    graph = neighbors
    while True:
        count, part = connected_components(graph, directed=False)
        if count <= 1:
            break
        nearest = _nearest_parts if count <= MANY_PARTS else _tree_of_parts
        links = nearest(shapes, part)
        found += links
        a, b = np.array([link[1:] for link in links], dtype=np.intp).T
        graph = graph + _symmetric(a, b, np.ones(len(a)), len(units))
    found.sort()
    ids = units.index.to_numpy(dtype=object)
    pairs = np.array([link[1:] for link in found], dtype=np.intp).reshape(-1, 2)
    return pd.DataFrame(
        {
            "unit_a": pd.Series(ids[pairs[:, 0]], dtype="str"),
            "unit_b": pd.Series(ids[pairs[:, 1]], dtype="str"),
            "distance_m": _distances(shapes, pairs, units.crs),
        }
    )


def adjacency(units: Units, crossings: pd.DataFrame | None = None) -> csr_array:
    """Give the neighbours of every unit: shared borders, and crossings over water.

    Parameters
    ----------
    crossings
        See `crossings`; None for borders alone.

    Returns
    -------
    csr_array
        Shape (n, n), metres of shared border, symmetric; a crossing counts 1 m.
    """
    neighbors = borders(units)
    if crossings is None:
        return neighbors
    return link(neighbors, crossings, units.index)


def link(neighbors: csr_array, crossings: pd.DataFrame, unit_id: pd.Index) -> csr_array:
    """Add crossings to neighbours; a crossing between neighbours changes nothing.

    Parameters
    ----------
    unit_id
        Ids of the rows of `neighbors`. Crossings of other units are left out.
    """
    a = unit_id.get_indexer(pd.Index(crossings["unit_a"]))
    b = unit_id.get_indexer(pd.Index(crossings["unit_b"]))
    known = (a >= 0) & (b >= 0)
    a, b = a[known], b[known]
    ferry = _symmetric(a, b, np.full(len(a), CROSSING_M), len(unit_id))
    ferry.data[:] = CROSSING_M
    joined = csr_array(neighbors.maximum(ferry))
    joined.sort_indices()
    return joined


def pieces(
    labels: Rows, neighbors: csr_array, *, weight: Floats | None = None
) -> NDArray[np.intp]:
    """Give each unit the number of its connected piece within its territory.

    Parameters
    ----------
    labels
        Shape (n,), territory of each unit.
    weight
        Shape (n,), what makes a piece the main one; the number of units if None.

    Returns
    -------
    NDArray
        Shape (n,): 0 in the heaviest piece of its territory, then 1, 2, ... by
        falling weight; ties go to the piece with the lowest row.
    """
    labels = np.asarray(labels)
    if len(labels) == 0:
        return np.zeros(0, dtype=np.intp)
    count, part = _parts(labels, neighbors)
    heavy = np.bincount(part, weights=weight, minlength=count)
    size = np.bincount(part, minlength=count)
    _, lowest = np.unique(part, return_index=True)
    order = np.lexsort((lowest, -size, -heavy, labels[lowest]))
    ranked = labels[lowest][order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    run = np.diff(np.append(starts, count))
    rank = np.empty(count, dtype=np.intp)
    rank[order] = np.arange(count) - np.repeat(starts, run)
    return rank[part]


def extra_pieces(labels: Rows, neighbors: csr_array, k: int) -> int:
    """Count the pieces beyond one a territory; 0 means all are contiguous.

    Parameters
    ----------
    labels
        Shape (n,), territory of each unit; units outside 0 ... k - 1 do not count.
    """
    labels = np.asarray(labels, dtype=np.intp)
    mine = (labels >= 0) & (labels < k)
    _, part = _parts(labels, neighbors)
    return len(np.unique(part[mine])) - len(np.unique(labels[mine]))


def delaunay(xy: Floats) -> csr_array:
    """Give the neighbours of points: an edge of the Delaunay triangulation.

    Points at one location share its neighbours: each copy is linked to the first copy
    of its own location and of the locations around it. Points on one line are
    neighbours in their order along it.

    Parameters
    ----------
    xy
        Shape (n, 2), metres.

    Returns
    -------
    csr_array
        Shape (n, n), symmetric, 1.0 for neighbours; connected.
    """
    n = len(xy)
    points, first, place = _places(np.asarray(xy, dtype=np.float64))
    a, b = first[_triangulate(points)].T
    copies = np.flatnonzero(first[place] != np.arange(n))
    graph = _symmetric(a, b, np.ones(len(a)), n)
    if len(copies):
        original = first[place[copies]]
        around = coo_array(graph[original])
        a = np.concatenate([copies, copies[around.coords[0]]])
        b = np.concatenate([original, around.coords[1]])
        graph = csr_array(graph + _symmetric(a, b, np.ones(len(a)), n))
    graph.data[:] = 1.0
    graph.sort_indices()
    return graph


def _symmetric(a: Rows, b: Rows, value: Floats, n: int) -> csr_array:
    # One half is summed and mirrored, so that both halves are the same to the bit.
    low, high = np.minimum(a, b), np.maximum(a, b)
    half = coo_array((value, (low, high)), shape=(n, n)).tocsr()
    return csr_array(half + half.T)


def _nearest_parts(
    shapes: NDArray[np.object_], part: Rows
) -> list[tuple[float, int, int]]:
    # The nearest unit of another part, for every part but the largest. Two parts
    # differ in at least one binary digit of their numbers, so it is enough to ask,
    # for each digit, the units with 0 for their nearest one with 1 and vice versa.
    asks = part != np.bincount(part).argmax()
    rows_a, rows_b, metres = [], [], []
    for digit in range(int(part.max()).bit_length()):
        side = (part >> digit) & 1
        for value in (0, 1):
            here = np.flatnonzero((side == value) & asks)
            there = np.flatnonzero(side != value)
            (a, b), distance = shapely.STRtree(shapes[there]).query_nearest(
                shapes[here], return_distance=True
            )
            rows_a.append(here[a])
            rows_b.append(there[b])
            metres.append(distance)
    a, b = np.concatenate(rows_a), np.concatenate(rows_b)
    low, high, d = np.minimum(a, b), np.maximum(a, b), np.concatenate(metres)
    order = np.lexsort((high, low, d, part[a]))
    best = order[np.unique(part[a][order], return_index=True)[1]]
    links = zip(d[best], low[best], high[best], strict=True)
    return sorted({(float(m), int(i), int(j)) for m, i, j in links})


def _tree_of_parts(
    shapes: NDArray[np.object_], part: Rows
) -> list[tuple[float, int, int]]:
    # The shortest tree over the parts, of links between neighbouring middles.
    middles = shapely.get_coordinates(shapely.point_on_surface(shapes))
    a, b = triu(delaunay(middles)).coords
    apart = part[a] != part[b]
    a, b = a[apart], b[apart]
    metres = shapely.distance(shapes[a], shapes[b])
    low, high = np.minimum(part[a], part[b]), np.maximum(part[a], part[b])
    order = np.lexsort((b, a, metres, high, low))
    first = np.unique(np.column_stack([low, high])[order], axis=0, return_index=True)[1]
    best = order[first]
    # A length of 0 would be no edge; one more metre for all changes no tree.
    graph = csr_array((metres[best] + 1.0, (low[best], high[best])))
    graph.resize((part.max() + 1,) * 2)
    tree = coo_array(minimum_spanning_tree(graph))
    chosen = np.isin(low[best] * len(part) + high[best], _keys(tree, len(part)))
    links = zip(metres[best][chosen], a[best][chosen], b[best][chosen], strict=True)
    return sorted((float(m), int(i), int(j)) for m, i, j in links)


def _keys(edges: coo_array, n: int) -> Rows:
    a, b = (np.asarray(axis, dtype=np.intp) for axis in edges.coords)
    return np.asarray(np.minimum(a, b) * n + np.maximum(a, b))


def _distances(shapes: NDArray[np.object_], pairs: Rows, crs: pyproj.CRS) -> Floats:
    lines = shapely.shortest_line(shapes[pairs[:, 0]], shapes[pairs[:, 1]])
    metres: Floats = shapely.length(lines).astype(np.float64)
    far = metres > PLANAR_M
    if far.any():
        degrees = pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)
        lon, lat = degrees.transform(*shapely.get_coordinates(lines[far]).T)
        geod = pyproj.Geod(ellps="WGS84")
        metres[far] = geod.inv(lon[::2], lat[::2], lon[1::2], lat[1::2])[2]
    return metres


def _parts(labels: NDArray[np.integer], neighbors: csr_array) -> tuple[int, Rows]:
    edges = coo_array(neighbors)
    a, b = edges.coords
    inside = labels[a] == labels[b]
    n = len(labels)
    own = csr_array(
        (np.ones(int(inside.sum()), dtype=np.int8), (a[inside], b[inside])),
        shape=(n, n),
    )
    count, part = connected_components(own, directed=False)
    return int(count), part.astype(np.intp)


def _places(xy: Floats) -> tuple[Floats, Rows, Rows]:
    # Distinct locations, the first point at each, and each point's location.
    keys = np.ascontiguousarray(xy + 0.0).view(np.complex128)[:, 0]
    place, _ = pd.factorize(keys)
    _, first = np.unique(place, return_index=True)
    return xy[first], first.astype(np.intp), place.astype(np.intp)


def _triangulate(points: Floats) -> Rows:
    # Edges between distinct points, shape (e, 2).
    if len(points) < 3:
        return _in_line(points)
    centred = points - points.mean(axis=0)
    try:
        triangles = Delaunay(centred)
    except QhullError:  # all on one line
        return _in_line(points)
    corners = triangles.simplices.astype(np.intp)
    sides = np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
    # Points too close to others for Qhull's precision hang on their nearest one.
    hung = triangles.coplanar[:, [0, 2]].astype(np.intp)
    sides = np.sort(np.vstack([sides, hung]), axis=1)
    key = np.unique(sides[:, 0] * len(points) + sides[:, 1])
    return np.column_stack(np.divmod(key, len(points)))


def _in_line(points: Floats) -> Rows:
    # Order along the line between the two that are farthest apart in x or y.
    if len(points) < 2:
        return np.zeros((0, 2), dtype=np.intp)
    axis = np.ptp(points, axis=0).argmax()
    start, end = points[points[:, axis].argmin()], points[points[:, axis].argmax()]
    order = np.argsort((points - start) @ (end - start), kind="stable")
    return np.array(list(pairwise(order)), dtype=np.intp)
