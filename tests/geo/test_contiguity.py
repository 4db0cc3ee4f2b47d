"""Neighbours, crossings and pieces, by eye on the grid and by law."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo import contiguity
from geo.contiguity import (
    adjacency,
    borders,
    crossings,
    delaunay,
    extra_pieces,
    link,
    pieces,
)


def units_of(
    shapes: list[shapely.Geometry], crs: str = "EPSG:5070"
) -> gpd.GeoDataFrame:
    ids = pd.Index([f"u{i}" for i in range(len(shapes))], name="unit_id", dtype="str")
    units = gpd.GeoDataFrame({"name": ids}, index=ids, geometry=shapes, crs=crs)
    units.attrs["unit_set"] = "test@1#0"
    return units


def edges(graph: csr_array) -> set[tuple[int, int]]:
    rows, columns = graph.nonzero()
    return {(int(a), int(b)) for a, b in zip(rows, columns, strict=True) if a < b}


def components(graph: csr_array) -> int:
    return int(connected_components(graph, directed=False)[0])


def path(n: int) -> csr_array:
    return delaunay(np.column_stack([np.arange(n, dtype=float), np.zeros(n)]))


def test_neighbors_share_an_edge_not_a_corner(grid: gpd.GeoDataFrame) -> None:
    metres = borders(grid)
    middle = dict(zip(grid.index, metres[[4]].toarray()[0], strict=True))
    assert {i for i, m in middle.items() if m > 0} == {"u01", "u10", "u12", "u21"}
    assert middle["u01"] == 1000.0
    assert middle["u00"] == 0.0
    assert metres.nnz == 2 * 12


def test_borders_are_symmetric_to_the_bit_and_free_of_self(
    grid: gpd.GeoDataFrame,
) -> None:
    shaken = grid.set_geometry(grid.geometry.scale(1.1, 0.7).rotate(31, origin=(0, 0)))
    for units in (grid, shaken):
        metres = borders(units)
        assert (metres != metres.T).nnz == 0
        assert metres.diagonal().sum() == 0


def test_borders_do_not_need_shared_vertices() -> None:
    left = shapely.box(0, 0, 1000, 1000)
    low, high = shapely.box(1000.4, 0, 2000, 300), shapely.box(1000.4, 300, 2000, 1000)
    metres = borders(units_of([left, low, high]))
    assert metres[0, 1] == pytest.approx(300, abs=1)
    assert metres[0, 2] == pytest.approx(700, abs=1)
    assert metres[1, 2] == pytest.approx(999.6)


def test_units_ten_metres_apart_are_no_neighbors_until_the_tolerance_says_so() -> None:
    units = units_of([shapely.box(0, 0, 100, 100), shapely.box(110, 0, 200, 100)])
    assert borders(units).nnz == 0
    assert borders(units, tolerance_m=12.0)[0, 1] == pytest.approx(100)


def test_a_close_corner_is_no_border() -> None:
    units = units_of([shapely.box(0, 0, 100, 100), shapely.box(100.5, 100.5, 200, 200)])
    assert borders(units).nnz == 0


def test_a_hole_borders_what_lies_in_it() -> None:
    ring = shapely.box(0, 0, 90, 90).difference(shapely.box(30, 30, 60, 60))
    metres = borders(units_of([ring, shapely.box(30, 30, 60, 60)]))
    assert metres[0, 1] == 120.0


def test_parts_of_one_unit_are_not_its_neighbors() -> None:
    parts = shapely.MultiPolygon([shapely.box(0, 0, 9, 9), shapely.box(9.5, 0, 20, 9)])
    assert borders(units_of([parts])).nnz == 0


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(4, 60),
    shift=st.floats(-0.3, 0.3),
)
@settings(max_examples=25, deadline=None)
def test_each_outline_is_its_borders_and_the_outer_edge(
    seed: int, n: int, shift: float
) -> None:
    rng = np.random.default_rng(seed)
    points = shapely.multipoints(rng.uniform(0, 9000, (n, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, ordered=True))
    units = units_of(list(shapely.transform(cells, lambda xy: xy + shift)))
    internal_m = borders(units).sum() / 2
    outside_m = shapely.length(shapely.union_all(np.asarray(units.geometry)))
    total_m = shapely.length(np.asarray(units.geometry)).sum()
    assert total_m - 2 * internal_m == pytest.approx(outside_m, rel=1e-6)


def test_crossings_join_each_island_to_its_nearest_ground() -> None:
    mainland = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)]
    islands = [shapely.box(25, 0, 30, 10), shapely.box(33, 0, 40, 10)]
    units = units_of([*mainland, *islands])
    ferries = crossings(units, borders(units))
    assert ferries["unit_a"].tolist() == ["u2", "u1"]
    assert ferries["unit_b"].tolist() == ["u3", "u2"]
    assert ferries["distance_m"].tolist() == [3.0, 5.0]
    joined = adjacency(units, ferries)
    assert components(joined) == 1
    assert joined[1, 2] == joined[2, 1] == 1.0
    assert joined[0, 1] == 10.0


def test_connected_ground_needs_no_crossing(grid: gpd.GeoDataFrame) -> None:
    ferries = crossings(grid, borders(grid))
    assert list(ferries.columns) == ["unit_a", "unit_b", "distance_m"]
    assert len(ferries) == 0
    assert (adjacency(grid, ferries) != adjacency(grid)).nnz == 0


def test_far_crossings_are_geodesic() -> None:
    honolulu, san_francisco = (
        shapely.Point(-157.86, 21.31),
        shapely.Point(-122.42, 37.77),
    )
    points = gpd.GeoSeries([honolulu, san_francisco], crs="EPSG:4326")
    units = units_of(list(points.to_crs(5070).buffer(1.0)))
    metres = crossings(units, borders(units))["distance_m"]
    assert metres[0] == pytest.approx(3_857_000, rel=0.003)


@given(seed=st.integers(0, 10_000), n=st.integers(2, 40))
@settings(max_examples=25, deadline=None)
def test_crossings_are_the_shortest_tree_over_the_parts(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, 100_000, (n, 2))
    units = units_of(list(shapely.box(*corner.T, *(corner + 300).T)))
    near = borders(units)
    ferries = crossings(units, near)
    assert len(ferries) == components(near) - 1
    assert components(link(near, ferries, units.index)) == 1
    metres = shapely.distance(
        np.asarray(units.geometry)[:, None], np.asarray(units.geometry)[None, :]
    )
    assert ferries["distance_m"].sum() == pytest.approx(shortest_tree_m(metres, near))


def test_very_many_parts_are_joined_by_neighboring_middles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    corner = np.random.default_rng(5).uniform(0, 100_000, (80, 2))
    units = units_of(list(shapely.box(*corner.T, *(corner + 300).T)))
    near = borders(units)
    exact = crossings(units, near)
    monkeypatch.setattr(contiguity, "MANY_PARTS", 10)
    fast = crossings(units, near)
    assert len(fast) == len(exact)
    assert components(link(near, fast, units.index)) == 1
    assert fast["distance_m"].sum() == pytest.approx(
        exact["distance_m"].sum(), rel=0.01
    )


def shortest_tree_m(metres: NDArray[np.float64], near: csr_array) -> float:
    """Total length of the shortest tree over the parts, by Prim's algorithm."""
    count, part = connected_components(near, directed=False)
    between = np.full((count, count), np.inf)
    np.minimum.at(between, (part[:, None], part[None, :]), metres)
    inside, total = {0}, 0.0
    while len(inside) < count:
        outside = [p for p in range(count) if p not in inside]
        length, nearest = min((between[a, b], b) for a in inside for b in outside)
        inside.add(nearest)
        total += float(length)
    return total


def test_pieces_are_numbered_by_size_within_their_territory() -> None:
    labels = np.array([0, 0, 1, 0, 1, 1, 0])
    assert pieces(labels, path(7)).tolist() == [0, 0, 1, 1, 0, 0, 2]
    assert extra_pieces(labels, path(7), 2) == 3


def test_weight_decides_which_piece_is_the_main_one() -> None:
    labels = np.array([0, 0, 1, 0])
    weight = np.array([1.0, 1.0, 1.0, 9.0])
    assert pieces(labels, path(4), weight=weight).tolist() == [1, 1, 0, 0]


def test_unassigned_units_are_no_extra_pieces() -> None:
    labels = np.array([0, 65535, 0, 65535, 1], dtype=np.uint16)
    assert extra_pieces(labels, path(5), 2) == 1
    assert extra_pieces(np.array([-1, 0, -1]), path(3), 1) == 0


def test_no_units_have_no_pieces() -> None:
    none = csr_array((0, 0))
    assert len(pieces(np.zeros(0, dtype=np.intp), none)) == 0
    assert extra_pieces(np.zeros(0, dtype=np.intp), none, 3) == 0


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60))
def test_every_territory_has_a_main_piece_and_pieces_without_gaps(
    labels: list[int],
) -> None:
    chosen = np.array(labels)
    number = pieces(chosen, path(len(labels)))
    extra = 0
    for territory in set(labels):
        found = np.unique(number[chosen == territory])
        assert found.tolist() == list(range(len(found)))
        extra += len(found) - 1
    assert extra_pieces(chosen, path(len(labels)), 4) == extra


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_a_handful_of_points_is_connected(n: int) -> None:
    graph = delaunay(np.random.default_rng(n).uniform(0, 1000, (n, 2)))
    assert graph.shape == (n, n)
    assert graph.nnz == (0, 0, 2, 6)[n]


def test_points_on_a_line_are_neighbors_in_their_order() -> None:
    t = np.array([3.0, 1.0, 0.0, 2.0])
    for way in ((1.0, 0.0), (0.0, 1.0), (-1.0, 1.0), (0.3, 0.7)):
        assert edges(delaunay(np.outer(t, way) * 1000)) == {(1, 2), (1, 3), (0, 3)}


def test_copies_share_the_neighbors_of_their_location() -> None:
    square = np.array([[0, 0], [9, 0], [0, 9], [10, 10], [0, 0], [0, 0]], dtype=float)
    graph = delaunay(square)
    around = {b for a, b in edges(delaunay(square[:4])) if a == 0}
    for copy in (4, 5):
        assert set(graph[[copy]].nonzero()[1].tolist()) == around | {0}
    assert set(np.unique(graph.data)) == {1.0}


def test_points_all_at_one_place_are_connected() -> None:
    assert components(delaunay(np.full((50, 2), 7.0))) == 1


def test_delaunay_matches_the_triangles_of_a_square() -> None:
    square = np.array([[0, 0], [10, 0], [10, 10], [0, 10], [5, 5]], dtype=float)
    expected = {(0, 1), (1, 2), (2, 3), (0, 3), (0, 4), (1, 4), (2, 4), (3, 4)}
    assert edges(delaunay(square)) == expected


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 300),
    step=st.sampled_from([0.0, 1.0, 2500.0]),
)
@settings(max_examples=50, deadline=None)
def test_the_neighbors_of_points_are_connected_and_symmetric(
    seed: int, n: int, step: float
) -> None:
    xy = np.random.default_rng(seed).uniform(0, 10_000, (n, 2))
    graph = delaunay(np.round(xy / step) * step if step else xy)
    assert components(graph) == 1
    assert (graph != graph.T).nnz == 0
    assert graph.diagonal().sum() == 0
