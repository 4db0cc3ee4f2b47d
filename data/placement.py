"""Coordinates against the address: swapped, sign lost, far off, in metres, piled up."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray
from pyproj.exceptions import CRSError

from data.cells import each, whole
from data.coordinates import Points, distance_km, in_bounds, parse_points
from data.geocode import Offline
from geo.errors import InputError, Issue

NEAR_KM = 100.0
AUTOMATIC = 0.95
"""Share of a file's coordinates that must be wrong alike before all are mended."""
PILE = 20
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class _Turn:
    """One way to mend a pair: the issue's kind, its words, the new pair."""

    kind: str
    message: str
    lon: Floats
    lat: Floats


def clean_coordinates(
    raw: pd.DataFrame,
    columns: dict[str, str],
    addresses: pd.DataFrame,
    offline: Offline,
    *,
    crs: str = "",
) -> tuple[Floats, Floats, list[Issue]]:
    """Give longitudes and latitudes in degrees, NaN where none can be trusted.

    A pair that is plainly swapped, or has lost the sign of its longitude, is not used
    but proposed with its fix; when more than 95 % of the file is wrong alike, all are
    mended at once. A pair far from its ZIP is kept and listed.

    Parameters
    ----------
    raw
        Text cells.
    columns
        Field -> heading; "lon" and "lat", or "coordinates" for both in one.
    addresses
        Cleaned addresses, columns of `data.geocode.ADDRESS`.
    offline
        Tells where an address lies.
    crs
        Coordinate system of the columns if they hold metres: "EPSG:26918".

    Returns
    -------
    tuple
        Shape (n,) each, and issues of kind bad_coordinates, missing_coordinates,
        projected_coordinates, swapped, sign_lost, out_of_bounds, far_from_zip,
        wrong_state and same_point.
    """
    texts = _texts(raw, columns)
    if texts is None:
        return np.full(len(raw), np.nan), np.full(len(raw), np.nan), []
    points = parse_points(*texts)
    shown = (texts[0] + ", " + texts[1]) if texts[0] is not texts[1] else texts[0]
    issues = _unread(points, raw, shown)
    if points.projected or crs:
        points, more = _unprojected(points, crs, raw)
        issues += more
    lon, lat, more = _against_address(
        points.lon, points.lat, addresses, offline, raw, shown
    )
    issues += more + _piles(lon, lat, addresses)
    return lon, lat, issues


def _texts(
    raw: pd.DataFrame, columns: dict[str, str]
) -> tuple[pd.Series[str], pd.Series[str]] | None:
    if "lon" in columns and "lat" in columns:
        return raw[columns["lon"]].astype("str"), raw[columns["lat"]].astype("str")
    single = columns.get("coordinates") or columns.get("lat") or columns.get("lon")
    if single is None:
        return None
    cells = raw[single].astype("str")
    return cells, cells


def _unread(points: Points, raw: pd.DataFrame, shown: pd.Series[str]) -> list[Issue]:
    message = "These are no coordinates; the row is placed by its address."
    issues = each("bad_coordinates", points.bad, raw, shown, message, field="geometry")
    message = "This stands for no coordinates; the row is placed by its address."
    return issues + each(
        "missing_coordinates", points.missing, raw, shown, message, field="geometry"
    )


def _unprojected(
    points: Points, crs: str, raw: pd.DataFrame
) -> tuple[Points, list[Issue]]:
    """Give degrees for metres if the system is known, else no coordinates at all."""
    if not crs:
        nothing = np.full(len(points.lon), np.nan)
        message = (
            "The coordinates are in metres, not degrees, and are not used. "
            "Name their coordinate system, for example EPSG:26918."
        )
        issue = whole("projected_coordinates", message, field="geometry")
        return replace(points, lon=nothing, lat=nothing), [issue]
    try:
        change = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except CRSError as error:
        source = str(raw.attrs.get("source", ""))
        what = f"'{crs[:50]}' is no coordinate system"
        raise InputError(
            what, where=source, fix="Use a code like EPSG:26918"
        ) from error
    lon, lat = change.transform(points.lon, points.lat)
    gone = ~np.isfinite(lon) | ~np.isfinite(lat)
    return replace(
        points, lon=np.where(gone, np.nan, lon), lat=np.where(gone, np.nan, lat)
    ), []


def _against_address(
    lon: Floats,
    lat: Floats,
    addresses: pd.DataFrame,
    offline: Offline,
    raw: pd.DataFrame,
    shown: pd.Series[str],
) -> tuple[Floats, Floats, list[Issue]]:
    """Mend or refuse the pairs that contradict what the address says."""
    has = np.isfinite(lon) & np.isfinite(lat)
    if not has.any():
        return lon, lat, []
    ground = _Ground(addresses[has], offline)
    x: Floats = lon[has]
    y: Floats = lat[has]
    right = in_bounds(x, y) & (ground.holds(x, y) | ~ground.known)
    kind = np.full(len(x), -1)
    turns = _turns(x, y)
    for number, turn in enumerate(turns):
        fits = in_bounds(turn.lon, turn.lat) & (ground.holds(turn.lon, turn.lat))
        fits |= ~in_bounds(x, y) & in_bounds(turn.lon, turn.lat) & ~ground.known
        kind[~right & fits & (kind < 0)] = number
    issues: list[Issue] = []
    rows, text = raw[has], shown[has]
    for number, turn in enumerate(turns):
        hit = kind == number
        every = hit.sum() > AUTOMATIC * len(x) and len(x) >= PILE
        issues += _proposals(turn, hit, rows, text, every=every)
        x[hit] = turn.lon[hit] if every else np.nan
        y[hit] = turn.lat[hit] if every else np.nan
    outside = ~in_bounds(x, y) & np.isfinite(x)
    message = "Outside -180..180 and -90..90; the row is placed by its address."
    issues += each("out_of_bounds", outside, rows, text, message, field="geometry")
    x[outside] = y[outside] = np.nan
    issues += _far(x, y, ground, rows, text)
    lon, lat = lon.copy(), lat.copy()
    lon[has], lat[has] = x, y
    return lon, lat, issues


class _Ground:
    """Where addresses lie, as a disc for the whole address and one for the state."""

    def __init__(self, addresses: pd.DataFrame, offline: Offline) -> None:
        self.fine = offline.place(addresses)
        coarse = addresses.assign(street="", city="", county="", postal_code="")
        self.coarse = offline.place(coarse)
        self.known = (self.fine["match"] != "none").to_numpy(bool)

    def distance(self, lon: Floats, lat: Floats) -> Floats:
        """Give kilometres to the place of the whole address."""
        at = self.fine
        return distance_km(lon, lat, at["lon"].to_numpy(), at["lat"].to_numpy())

    def in_state(self, lon: Floats, lat: Floats) -> Flags:
        """Tell which points lie about where the stated state or country does."""
        at = self.coarse
        km = distance_km(lon, lat, at["lon"].to_numpy(), at["lat"].to_numpy())
        return np.asarray(km <= 1.5 * at["radius_km"].to_numpy() + NEAR_KM)

    def holds(self, lon: Floats, lat: Floats) -> Flags:
        """Tell which points agree with the address or at least with its state."""
        reach = np.maximum(NEAR_KM, self.fine["radius_km"].to_numpy(np.float64))
        near: Flags = self.distance(lon, lat) <= reach
        return near | self.in_state(lon, lat)


def _turns(x: Floats, y: Floats) -> list[_Turn]:
    swapped = "Longitude and latitude look swapped; the row is placed by its address"
    sign = "The minus of the longitude looks lost; the row is placed by its address"
    both = "Swapped and without its minus; the row is placed by its address"
    return [
        _Turn("swapped", f"{swapped} until the fix is accepted.", y.copy(), x.copy()),
        _Turn("sign_lost", f"{sign} until the fix is accepted.", -x, y.copy()),
        _Turn("swapped", f"{both} until the fix is accepted.", -y, x.copy()),
    ]


def _proposals(
    turn: _Turn, hit: Flags, rows: pd.DataFrame, text: pd.Series[str], *, every: bool
) -> list[Issue]:
    pairs = zip(turn.lon[hit].tolist(), turn.lat[hit].tolist(), strict=True)
    fixes = [f"{x!r}, {y!r}" for x, y in pairs]
    message = turn.message
    if every:
        message = message.split(";")[0] + " in the whole file; all are mended."
    return each(turn.kind, hit, rows, text, message, field="geometry", fixes=fixes)


def _far(
    x: Floats, y: Floats, ground: _Ground, rows: pd.DataFrame, text: pd.Series[str]
) -> list[Issue]:
    postcode = (ground.fine["match"] == "postcode").to_numpy(bool)
    far = postcode & (ground.distance(x, y) > NEAR_KM)
    message = "The coordinates lie more than 100 km from the ZIP; they are kept."
    issues = each("far_from_zip", far, rows, text, message, field="geometry")
    stated = (ground.coarse["match"] != "none").to_numpy(bool)
    away = stated & ~far & np.isfinite(x) & ~ground.holds(x, y)
    message = "The coordinates lie outside the state or country named; they are kept."
    return issues + each("wrong_state", away, rows, text, message, field="geometry")


def _piles(lon: Floats, lat: Floats, addresses: pd.DataFrame) -> list[Issue]:
    """Warn of points that hold 20 accounts or more with different addresses."""
    table = pd.DataFrame({"x": lon, "y": lat}).dropna()
    size = table.groupby(["x", "y"]).size()
    issues = []
    for pair in size.index[size >= PILE].to_list():
        here = ((lon == pair[0]) & (lat == pair[1])).nonzero()[0]
        if len(addresses.iloc[here].drop_duplicates()) > 1:
            message = (
                f"{len(here)} accounts with different addresses share one point, "
                "as a geocoder's default does; they are kept there."
            )
            value = f"{pair[0]}, {pair[1]}"
            issues.append(whole("same_point", message, field="geometry", value=value))
    return issues
