"""Basic units drawn around accounts: hexagons, and one cell per location."""

from __future__ import annotations

import geopandas as gpd
import h3
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from geo.contiguity import delaunay
from geo.errors import InputError
from geo.frames import WGS84, Units
from geo.units import prepare_units

MOST_CELLS = 50_000
"""The ground between the accounts is filled while it needs no more cells: resolution
5 fills the contiguous United States with 35,000."""

USUAL_SHARE, FARTHEST = 0.95, 5.0
"""Ground between accounts is filled across gaps up to five times those that are usual:
95 % of the steps of the shortest tree over all accounts are shorter. So a mainland is
filled and the sea between its islands is not."""

SAME_CORNER_DEG = 1e-7
"""Corners of neighbouring cells this close (1 cm) are one corner."""

SAME_PLACE_M = 1.0
"""Accounts this close share a location."""

RIM = 0.05
"""Cells reach beyond the outermost accounts by this share of the ground's extent."""

LEAST_RIM_M = 1000.0
"""They reach at least so far: accounts at one point still have ground."""


def hex_cells(
    points: gpd.GeoSeries, *, resolution: int, crs: pyproj.CRS | str
) -> Units:
    """Give the H3 cells that cover the ground of these points, without gaps inside.

    Cells that hold a point, and the cells between them, over the Delaunay triangles
    whose sides are not much longer than usual. When that could take more than
    `MOST_CELLS`, only cells that hold a point are given, and crossings join them.

    Parameters
    ----------
    points
        In any CRS; missing and empty ones do not count.
    resolution
        H3 resolution, 0 (a continent) to 15 (a square metre). An average cell of
        resolution 5 has 253 km2.

    Raises
    ------
    InputError
        When no point has coordinates, or the resolution is not 0 to 15.
    """
    if not 0 <= resolution <= 15:
        raise InputError(
            f"There is no H3 resolution {resolution}", fix="Choose 0 to 15"
        )
    placed = _placed(points).to_crs(WGS84)
    lon, lat = np.unique(shapely.get_coordinates(placed), axis=0).T
    cells = {
        h3.latlng_to_cell(y, x, resolution)
        for x, y in zip(lon.tolist(), lat.tolist(), strict=True)
    }
    cells |= _between(cells, resolution, crs)
    ids = sorted(cells)
    frame = gpd.GeoDataFrame({"unit_id": ids}, geometry=_hexagons(ids), crs=WGS84)
    return prepare_units(
        frame, unit_id="unit_id", kind="hex", version=str(resolution), crs=crs
    )


def voronoi_cells(points: gpd.GeoSeries, *, crs: pyproj.CRS | str) -> Units:
    """Give one cell per location: the ground nearer to it than to any other one.

    Cells end a little beyond the hull of the points. Points within a metre share a
    cell; when all do, the cell is a disc.

    Parameters
    ----------
    points
        Index account_id, in any CRS; missing and empty ones have no cell.

    Returns
    -------
    Units
        unit_id is the lowest account id at the location.

    Raises
    ------
    InputError
        When no point has coordinates.
    """
    placed = _placed(points).to_crs(crs)
    ids = placed.index.astype("str").to_numpy(dtype=object)
    xy = shapely.get_coordinates(placed)[np.argsort(ids)]
    ids = np.sort(ids)
    _, first = np.unique(np.round(xy / SAME_PLACE_M), axis=0, return_index=True)
    first = np.sort(first)
    sites = shapely.MultiPoint(xy[first])
    rim_m = max(LEAST_RIM_M, RIM * float(np.ptp(xy, axis=0).max()))
    ground = sites.convex_hull.buffer(rim_m)
    frame = gpd.GeoDataFrame(
        {"unit_id": ids[first]}, geometry=_nearest_ground(sites, ground), crs=crs
    )
    return prepare_units(frame, unit_id="unit_id", kind="account", version="1", crs=crs)


def _placed(points: gpd.GeoSeries) -> gpd.GeoSeries:
    placed = points[~(points.isna() | points.is_empty)]
    if len(placed) == 0:
        raise InputError("No account has coordinates", fix="Geocode the accounts first")
    return placed


def _between(cells: set[str], resolution: int, crs: pyproj.CRS | str) -> set[str]:
    # The middles of the cells stand for the accounts: there are fewer of them.
    lat, lon = zip(*(h3.cell_to_latlng(cell) for cell in sorted(cells)), strict=True)
    middles = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=WGS84).to_crs(crs)
    ground = _ground(shapely.get_coordinates(middles))
    mean_m2 = sum(h3.cell_area(cell, "m^2") for cell in cells) / len(cells)
    if ground.area == 0 or ground.area > MOST_CELLS * mean_m2:
        return set()
    # Short edges: a straight line in the projection is a curve in degrees.
    rim = shapely.segmentize(ground, np.sqrt(ground.area) / 50)
    shape = h3.geo_to_h3shape(gpd.GeoSeries([rim], crs=crs).to_crs(WGS84).iloc[0])
    return set(h3.h3shape_to_cells_experimental(shape, resolution, contain="overlap"))


def _ground(xy: NDArray[np.float64]) -> BaseGeometry:
    if len(xy) < 3:
        return shapely.Polygon()
    near = coo_array(delaunay(xy))
    metres = np.hypot(*(xy[near.coords[0]] - xy[near.coords[1]]).T)
    steps = minimum_spanning_tree(csr_array((metres, near.coords))).data
    limit_m = FARTHEST * np.quantile(steps, USUAL_SHARE)
    triangles = shapely.get_parts(shapely.delaunay_triangles(shapely.MultiPoint(xy)))
    corners = shapely.get_coordinates(triangles).reshape(-1, 4, 2)
    sides_m = np.hypot(*np.moveaxis(np.diff(corners, axis=1), -1, 0))
    return shapely.union_all(triangles[sides_m.max(axis=1, initial=0) <= limit_m])


def _hexagons(cells: list[str]) -> NDArray[np.object_]:
    # H3 draws each cell by itself; corners that differ in the last digits are made
    # one, so that neighbours share their edges exactly.
    rings = [np.array(h3.cell_to_boundary(cell))[:, ::-1] for cell in cells]
    owner = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    corners = _merged(_unbroken(np.concatenate(rings), owner))
    lines = shapely.linearrings(corners, indices=owner)
    return np.asarray(shapely.polygons(lines))


def _unbroken(
    corners: NDArray[np.float64], owner: NDArray[np.intp]
) -> NDArray[np.float64]:
    # A cell on the date line has corners at 179.9 and -179.9: bring them together.
    lon = corners[:, 0]
    east = np.full(owner[-1] + 1, -np.inf)
    np.maximum.at(east, owner, lon)
    wrapped = lon < east[owner] - 180
    return np.column_stack([lon + 360 * wrapped, corners[:, 1]])


def _merged(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    pairs = cKDTree(corners).query_pairs(SAME_CORNER_DEG, output_type="ndarray")
    n = len(corners)
    same = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, corner = connected_components(same, directed=False)
    _, first = np.unique(corner, return_index=True)
    return np.asarray(corners[first[corner]])


def _nearest_ground(sites: BaseGeometry, ground: BaseGeometry) -> NDArray[np.object_]:
    if shapely.get_num_geometries(sites) == 1:
        return np.array([ground], dtype=object)
    cells = shapely.voronoi_polygons(sites, extend_to=ground, ordered=True)
    return np.asarray(shapely.intersection(shapely.get_parts(cells), ground))
