"""Ground to plan on: shipped and own polygons, their neighbours, and gazetteers."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array

from data.polygons import FORMATS, read_polygons
from geo.cells import MOST_CELLS, hex_cells, voronoi_cells
from geo.contiguity import borders, crossings, link
from geo.errors import InputError
from geo.frames import WGS84, Accounts, Units
from geo.units import (
    local_crs,
    prepare_units,
    rows_of_points,
)

FOLDER = Path(__file__).resolve().parent / "boundaries"

ATTRIBUTION = (
    "Boundaries: U.S. Census Bureau; world: Natural Earth. "
    "ZIP points: U.S. Census Bureau. "
    "Places and postal codes: GeoNames (CC BY 4.0, modified). "
    "Labour force: U.S. Bureau of Labor Statistics."
)
"""The credit line that travels with every map, report and file."""

US_FILES = {"county": "counties", "state": "states", "zip": "zips"}
VERSIONS = {"county": "2017", "state": "2017", "zip": "2021", "country": "2018"}
TERRITORIES = frozenset({"AS", "GU", "MP", "PR", "VI"})
KINDS = (*US_FILES, "country", "hex", "account")

US_CRS = "EPSG:5070"
EQUAL_EARTH = "EPSG:8857"
FINEST, COARSEST = 9, 3
FILL = 0.75
"""Share of `MOST_CELLS` that hexagons may come to, as their size varies."""

HEMISPHERE_M = 10_000_000.0
"""Accounts farther than this from their middle are drawn on a map of the world."""
TORN_M = 18_000_000.0
"""Countries this far from the middle would be torn by its projection: left out."""


def read_units(kind: str, *, near: Accounts | None = None) -> Units:
    """Read or draw basic units, ready to plan on: projected, a valid coverage.

    Of the shipped US units, those of every state that holds an account are given; all
    50 states and D.C. when `near` is None.

    Parameters
    ----------
    kind
        "county", "state", "country", "zip" (approximate ZIP areas, drawn around ZIP
        points; not ZIP boundaries), "hex" or "hex:6" (H3 cells; of the finest
        resolution that leaves no gap when none is named), "account" (one cell around
        each location), or the path of a file with polygons.
    near
        Accounts in any CRS; those without a point do not count.

    Raises
    ------
    InputError
        The kind is unknown, the file cannot be used, no account has a point or lies in
        the United States, or `near` is missing where the kind needs it.
    """
    points = _placed(near) if near is not None else None
    name, _, detail = kind.partition(":")
    if kind in US_FILES:
        return _us_units(kind, points)
    if kind == "country":
        return _countries(points)
    if (name == "hex" and detail.isdigit()) or kind in {"hex", "account"}:
        return _cells(name, detail, points)
    if Path(kind).suffix or Path(kind).is_file():
        return _own_units(Path(kind), points)
    raise InputError(
        f"The kind of unit '{kind}' is unknown",
        fix=f"Use {', '.join(KINDS)} or a file ({FORMATS})",
    )


def _placed(accounts: Accounts) -> gpd.GeoSeries:
    """Give the accounts' points in degrees."""
    points = accounts.geometry
    points = points[~(points.isna() | points.is_empty)]
    if points.empty:
        raise InputError("No account has coordinates", fix="Geocode the accounts first")
    return points.to_crs(WGS84) if points.crs else points.set_crs(WGS84)


def _us_units(kind: str, points: gpd.GeoSeries | None) -> Units:
    columns = ["unit_id", "name", "state", "geometry"]
    shapes = gpd.read_parquet(FOLDER / f"{US_FILES[kind]}.parquet", columns=columns)
    if points is None:
        keep = ~shapes["state"].isin(TERRITORIES)
    else:
        keep = shapes["state"].isin(_states_of(points))
    if not keep.any():
        raise InputError(
            "No account lies in the United States",
            where=kind,
            fix="Use country, hex or account units, or a file of your own",
        )
    return prepare_units(
        shapes[keep].reset_index(),
        unit_id="unit_id",
        name="name",
        state="state",
        kind=kind,
        version=VERSIONS[kind],
        crs=US_CRS if points is None else _us_crs(points),
    )


def _states_of(points: gpd.GeoSeries) -> NDArray[np.object_]:
    states = gpd.read_parquet(FOLDER / "states.parquet")
    rows = rows_of_points(points.to_crs(states.crs).to_numpy(), states)
    found: NDArray[np.object_] = states.index.to_numpy(object)[
        np.unique(rows[rows >= 0])
    ]
    return found


def _us_crs(points: gpd.GeoSeries) -> pyproj.CRS:
    """Give Albers for Alaska or Hawaii if the accounts are there, else for the rest."""
    found = local_crs(points)
    return found if found.to_authority() else pyproj.CRS(US_CRS)


def _countries(points: gpd.GeoSeries | None) -> Units:
    shapes = gpd.read_parquet(FOLDER / "countries.parquet")
    crs = pyproj.CRS(EQUAL_EARTH)
    if points is not None and _farthest_m(points, points).max() < HEMISPHERE_M:
        # Not `local_crs`: an Albers cone would be cut through Asia.
        lon, lat = points.x.median(), points.y.median()
        crs = pyproj.CRS(
            f"+proj=laea +lat_0={lat:.0f} +lon_0={lon:.0f} +datum=WGS84 +units=m"
        )
        shapes = shapes[_farthest_m(shapes.geometry, points) < TORN_M]
    return prepare_units(
        shapes.reset_index(),
        unit_id="unit_id",
        name="name",
        state="state",
        kind="country",
        version=VERSIONS["country"],
        crs=crs,
    )


def _farthest_m(shapes: gpd.GeoSeries, points: gpd.GeoSeries) -> NDArray[np.float64]:
    """Give how far the farthest corner of each shape is from the points' middle."""
    lon, lat = points.x.median(), points.y.median()
    corners, owner = shapely.get_coordinates(shapes, return_index=True)
    start = np.tile([lon, lat], (len(corners), 1))
    distance = pyproj.Geod(ellps="WGS84").inv(*start.T, *corners.T)[2]
    farthest: NDArray[np.float64] = np.zeros(len(shapes))
    np.maximum.at(farthest, owner, distance)
    return farthest


def _cells(name: str, detail: str, points: gpd.GeoSeries | None) -> Units:
    if points is None:
        raise InputError(
            f"'{name}' units are drawn around accounts, and there are none",
            fix="Load accounts first",
        )
    crs = local_crs(points)
    if name == "account":
        return voronoi_cells(points, crs=crs)
    resolution = int(detail) if detail else _resolution(points, crs)
    return hex_cells(points, resolution=resolution, crs=crs)


def _resolution(points: gpd.GeoSeries, crs: pyproj.CRS) -> int:
    """Give the finest H3 resolution that needs at most `MOST_CELLS` cells."""
    ground_m2 = shapely.MultiPoint(points.to_crs(crs).to_numpy()).convex_hull.area
    for resolution in range(FINEST, COARSEST, -1):
        if ground_m2 < FILL * MOST_CELLS * h3.average_hexagon_area(resolution, "m^2"):
            return resolution
    return COARSEST


def _own_units(path: Path, points: gpd.GeoSeries | None) -> Units:
    polygons = read_polygons(path)
    middles = points
    if middles is None:
        middles = polygons.geometry.representative_point().to_crs(WGS84)
    return prepare_units(
        polygons,
        unit_id="unit_id",
        name="name",
        state="state",
        kind="own",
        version=path.stem,
        crs=local_crs(middles),
    )


def read_neighbors(units: Units) -> tuple[csr_array, pd.DataFrame]:
    """Give who borders whom, and the crossings that join islands to the rest.

    Measured on every call: 33,757 ZIP areas take half a second, less than a stale
    cache costs.

    Returns
    -------
    csr_array
        Shape (n, n), metres of shared border, symmetric; a crossing over water counts
        1 m, so that all units are connected.
    pandas.DataFrame
        The crossings: unit_a, unit_b, distance_m.
    """
    shared = borders(units)
    joined = crossings(units, shared)
    return link(shared, joined, units.index), joined


@cache
def gazetteer() -> pd.DataFrame:
    """Give a point for every US ZIP; shared by the process, never change it.

    Returns
    -------
    pandas.DataFrame
        zip, lon, lat (degrees), city, state (two letters), county_fips ("" outside
        all counties), zcta (whether the Census Bureau has an area for the ZIP; the
        others are post boxes and large receivers). Sorted by zip, unique.
    """
    return pd.read_parquet(FOLDER / "gazetteer.parquet")


@cache
def places() -> pd.DataFrame:
    """Give the towns of the world; shared by the process, never change it.

    Returns
    -------
    pandas.DataFrame
        city, alt_names (up to six, separated by semicolons), state (two letters in
        the US, GeoNames' first-level code elsewhere), country (ISO 3166), lon, lat
        (degrees), population. US towns from 500 people, others from 15,000.
    """
    return pd.read_parquet(FOLDER / "places.parquet")
