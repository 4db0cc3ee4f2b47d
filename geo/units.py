"""Basic units: the polygons a plan is drawn over, and the accounts they hold."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from geo.errors import InputError
from geo.frames import WGS84, Accounts, Units, UnitTable
from geo.polygons import coverage, digest, refuse_frame, refuse_ids, texts

NEAREST_M = 10_000.0
"""An account in no unit goes to the nearest one within this distance."""

CONTIGUOUS_US, ALASKA, HAWAII = "EPSG:5070", "EPSG:3338", "ESRI:102007"
"""Albers equal-area projections, each for its own part of the United States."""


def local_crs(points: gpd.GeoSeries) -> pyproj.CRS:
    """Give the projected CRS in metres that suits these points.

    Albers for the contiguous United States, Alaska or Hawaii, whichever of the three
    has the most points when they hold more than half of all; elsewhere a Lambert
    azimuthal equal-area projection centred on the points, to a tenth of a degree.

    Parameters
    ----------
    points
        Points in degrees; missing and empty ones do not count.

    Raises
    ------
    InputError
        When no point has coordinates.
    """
    lon, lat = _coordinates(points)[_has_point(points)].T
    if len(lon) == 0:
        raise InputError("No account has coordinates", fix="Geocode the accounts first")
    boxes = {
        CONTIGUOUS_US: (lon > -125) & (lon < -66.5) & (lat > 24.3) & (lat < 49.5),
        ALASKA: ((lon < -129.9) | (lon > 172)) & (lat > 51) & (lat < 72),
        HAWAII: (lon > -161) & (lon < -154) & (lat > 18) & (lat < 23),
    }
    counts = {crs: int(inside.sum()) for crs, inside in boxes.items()}
    if 2 * sum(counts.values()) > len(lon):
        return pyproj.CRS(max(counts, key=lambda crs: counts[crs]))
    lon_0, lat_0 = _middle(lon, lat)
    return pyproj.CRS(
        f"+proj=laea +lat_0={lat_0:.1f} +lon_0={lon_0:.1f} +datum=WGS84 +units=m"
    )


def prepare_units(
    polygons: gpd.GeoDataFrame,
    *,
    unit_id: str,
    name: str | None = None,
    state: str | None = None,
    kind: str,
    version: str,
    crs: pyproj.CRS | str,
) -> Units:
    """Give polygons of any source as basic units: projected, valid, not overlapping.

    Rings that cross themselves are mended; where polygons overlap, neighbours do not
    share their vertices, or gaps up to a metre lie between them, the whole is cleaned
    as one coverage (an overlap goes to the neighbour with the longest shared border).

    Parameters
    ----------
    polygons
        One row a unit, in any CRS.
    unit_id, name, state
        Columns that hold the id, the name (the id if None) and the parent.
    kind, version
        Name the unit set, with a hash of ids and polygons: ``kind@version#hash``.
    crs
        A projected CRS in metres, see `local_crs`.

    Returns
    -------
    Units
        Sorted by unit_id; ``attrs["unit_set"]`` holds the name of the unit set.

    Raises
    ------
    InputError
        No rows, a missing column or CRS, an empty or repeated id, a shape without
        area.
    """
    refuse_frame(polygons, [c for c in (unit_id, name, state) if c], kind)
    ids = texts(polygons[unit_id])
    refuse_ids(ids, unit_id, kind)
    order = np.argsort(ids)
    source = polygons.iloc[order]
    units = gpd.GeoDataFrame(
        {
            "name": texts(source[name]) if name else ids[order],
            "state": texts(source[state]) if state else "",
        },
        index=pd.Index(ids[order], dtype="str", name="unit_id"),
        geometry=coverage(source.geometry.to_crs(crs), ids[order], kind),
        crs=crs,
    )
    units.attrs["unit_set"] = f"{kind}@{version}#{digest(ids[order], source)}"
    return units


def unit_set(units: Units) -> str:
    """Give the name of the unit set: ``kind@version#hash``.

    Raises
    ------
    InputError
        When the units did not come from `prepare_units`.
    """
    if "unit_set" not in units.attrs:
        raise InputError("These units have no name", fix="Make them by prepare_units")
    return str(units.attrs["unit_set"])


def locate(accounts: Accounts, units: Units, *, id_column: str = "") -> Accounts:
    """Write the unit of every account into `unit_id`.

    By the id the account itself names, then the unit that holds its point (of two
    that share a border the first), then the nearest within `NEAREST_M`, else "".

    Parameters
    ----------
    accounts
        Points in any CRS; an empty point can still be placed by its id.
    id_column
        Column of accounts that names the unit (the ZIP); "" to use points alone.

    Returns
    -------
    Accounts
        In the CRS of the units, rows and order as given.

    Raises
    ------
    InputError
        When `id_column` is not a column of the accounts.
    """
    located = (accounts if accounts.crs else accounts.set_crs(WGS84)).to_crs(units.crs)
    rows = np.full(len(located), -1, dtype=np.intp)
    if id_column:
        if id_column not in located.columns:
            raise InputError(
                f"Column '{id_column}' is missing",
                where="accounts",
                fix="Choose the column that names the unit, or none",
            )
        named = located[id_column].fillna("").astype("str").str.strip()
        rows = units.index.get_indexer(named).astype(np.intp)
    open_ = np.flatnonzero((rows < 0) & _has_point(located.geometry))
    rows[open_] = rows_of_points(np.asarray(located.geometry)[open_], units)
    ids = np.append(units.index.to_numpy(dtype=object), "")
    located["unit_id"] = pd.Series(ids[rows], index=located.index, dtype="str")
    return located


def rows_of_points(
    points: NDArray[np.object_], units: Units, *, within_m: float = NEAREST_M
) -> NDArray[np.intp]:
    """Give the row of the unit that holds each point, else of the nearest, else -1.

    Parameters
    ----------
    points
        Shape (N,), points in the CRS of the units; none empty.
    within_m
        How far the nearest unit may be, metres.
    """
    rows = np.full(len(points), -1, dtype=np.intp)
    shapes = np.asarray(units.geometry)
    if len(points) == 0 or len(shapes) == 0:
        return rows
    tree = shapely.STRtree(shapes)
    _keep_first(rows, *tree.query(points, predicate="intersects"))
    outside = np.flatnonzero(rows < 0)
    near, unit = tree.query_nearest(points[outside], max_distance=within_m)
    _keep_first(rows, outside[near], unit)
    return rows


def outside_m(accounts: Accounts, units: Units) -> pd.Series:
    """Measure how far each located account lies outside its own unit.

    Above 0 the account was given to the nearest unit, or its id and its point
    contradict each other: worth a look.

    Parameters
    ----------
    accounts
        Located, see `locate`.

    Returns
    -------
    pandas.Series
        Metres, 0 inside; nan without a point or a unit.
    """
    rows = units.index.get_indexer(accounts["unit_id"])
    shapes = np.array([*units.geometry, None], dtype=object)[rows]
    points = np.asarray(accounts.geometry)
    return pd.Series(shapely.distance(points, shapes), accounts.index)


def tally(
    units: Units,
    accounts: Accounts,
    measures: Sequence[str],
    *,
    weight: str = "workload_h",
) -> UnitTable:
    """Sum the accounts of every unit: what the optimiser sees of the ground.

    Totals are kept: the sum over units equals the sum over located accounts. A missing
    number counts as 0. Rows may come in any order, the sums are the same to the bit.

    Parameters
    ----------
    accounts
        Located (see `locate`), in the CRS of the units; an account whose unit_id is
        "" is in no sum.
    measures
        Columns that add up; "accounts", one per account, always comes first.
    weight
        Column that weighs distance; "accounts" when the accounts do not have it.

    Raises
    ------
    InputError
        When a measure is no column of the accounts, negative or infinite.
    """
    chosen = ("accounts", *(m for m in measures if m != "accounts"))
    rows = units.index.get_indexer(accounts["unit_id"]).astype(np.intp)
    values = loads_of(accounts, chosen)
    weighs = weight if weight in accounts.columns else "accounts"
    weights = loads_of(accounts, (weighs,))[:, 0]
    n = len(units)
    return UnitTable(
        unit_set=unit_set(units),
        unit_id=units.index.to_numpy(dtype=object),
        xy=_anchors(units, accounts.geometry, rows, weights),
        measures=chosen,
        loads=np.column_stack([_sums(rows, v, n) for v in values.T]),
        weight=_sums(rows, weights, n),
    )


def loads_of(accounts: Accounts, measures: Sequence[str]) -> NDArray[np.float64]:
    """Give each account's measures, shape (N, m); missing is 0, "accounts" is 1.

    Raises
    ------
    InputError
        When a measure is no column of the accounts, negative or infinite.
    """
    columns = [np.ones(len(accounts)) for _ in measures]
    for i, measure in enumerate(measures):
        if measure == "accounts":
            continue
        if measure not in accounts.columns:
            raise InputError(
                f"Column '{measure}' is missing",
                where="accounts",
                fix="Map a column to it, or balance on another measure",
            )
        numbers = pd.to_numeric(accounts[measure]).to_numpy(np.float64, na_value=np.nan)
        columns[i] = np.where(np.isnan(numbers), 0.0, numbers)
        wrong = int((~np.isfinite(columns[i]) | (columns[i] < 0)).sum())
        if wrong:
            raise InputError(
                f"{wrong} accounts have a negative or infinite {measure}",
                where="accounts",
                fix="Correct or empty these cells",
            )
    return np.column_stack(columns)


def _coordinates(points: gpd.GeoSeries) -> NDArray[np.float64]:
    # Shape (N, 2); nan for missing and empty points.
    xy = np.full((len(points), 2), np.nan)
    found, rows = shapely.get_coordinates(np.asarray(points), return_index=True)
    xy[rows] = found
    return xy


def _has_point(points: gpd.GeoSeries) -> NDArray[np.bool_]:
    # Beyond the reach of a projection coordinates are infinite.
    return np.asarray(np.isfinite(_coordinates(points)).all(axis=1))


def _middle(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[float, float]:
    # Mean of unit vectors: longitudes on both sides of 180 degrees have a mean too.
    a, b = np.radians(lon), np.radians(lat)
    x, y, z = np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)
    east = np.arctan2(y.mean(), x.mean())
    north = np.arctan2(z.mean(), np.hypot(x.mean(), y.mean()))
    return float(np.degrees(east)), float(np.degrees(north))


def _keep_first(
    rows: NDArray[np.intp], points: NDArray[np.intp], units: NDArray[np.intp]
) -> None:
    # A point on a shared border meets several units; the lowest row has it.
    order = np.lexsort((-units, points))
    rows[points[order]] = units[order]


def _sums(
    rows: NDArray[np.intp], values: NDArray[np.float64], n: int
) -> NDArray[np.float64]:
    # Adding in order of size makes the sum the same for any order of the rows.
    held = np.flatnonzero(rows >= 0)
    held = held[np.argsort(values[held], kind="stable")]
    sums = np.bincount(rows[held], weights=values[held], minlength=n)
    return np.asarray(sums, dtype=np.float64)


def _anchors(
    units: Units,
    points: gpd.GeoSeries,
    rows: NDArray[np.intp],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    n = len(units)
    held = np.where(_has_point(points), rows, -1)
    x, y = _coordinates(points).T
    # Units whose accounts weigh nothing take the plain mean of their accounts.
    idle = _sums(held, weights, n)[held] <= 0
    w = np.where(idle, 1.0, weights)
    total = _sums(held, w, n)
    with np.errstate(invalid="ignore", divide="ignore"):
        xy = np.column_stack([_sums(held, w * c, n) / total for c in (x, y)])
    empty = np.flatnonzero(total <= 0)
    inside = shapely.point_on_surface(np.asarray(units.geometry)[empty])
    xy[empty] = shapely.get_coordinates(inside)
    return xy
