"""Coordinates as text: decimal, degrees and minutes, hemispheres, WKT, pairs."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.numbers import NULLS

DECIMAL = re.compile(r"[-+\u2212]?\d+(?:[.,]\d*)?(?:[eE][-+]?\d+)?")
ANGLE = re.compile(
    r"(?P<first>[NSEWO])?\s*(?P<sign>[-+\u2212])?"
    r"(?P<deg>\d{1,3}(?:[.,]\d+)?)\s*[\u00b0\u00ba:d ]?\s*"
    r"(?:(?P<min>\d{1,2}(?:[.,]\d+)?)\s*['\u2019\u2032`:m ]?\s*)?"
    r"(?:(?P<sec>\d{1,2}(?:[.,]\d+)?)\s*(?:\"|''|\u201d|\u2033|s)?\s*)?"
    r"(?P<last>[NSEWO])?",
    re.I,
)
WKT = re.compile(
    r"(?:SRID=4326;)?\s*POINT\s*Z?\s*\(\s*([-+\d.eE]+)\s+([-+\d.eE]+)"
    r"(?:\s+[-+\d.eE]+)?\s*\)",
    re.I,
)
PAIR = re.compile(
    r"[(\[]?\s*([-+]?\d+\.\d+|[-+]?\d+)\s*[,; ]\s*([-+]?\d+\.\d+|[-+]?\d+)\s*[)\]]?"
)
LETTERS = re.compile(r"([^NS]*\d[^NS]*[NS])[\s,;/]*([^EWO]*\d[^EWO]*[EWO])", re.I)
MISSING = (999.0, -999.0, 9999.0, -9999.0, 99999.0)
PROJECTED_SHARE = 0.5


@dataclass(frozen=True)
class Points:
    """Longitudes and latitudes read from text, aligned to the input.

    Parameters
    ----------
    lon, lat
        Shape (n,), as written: degrees, or metres if `projected`. NaN where missing.
    bad
        Shape (n,), True where text stands that is no coordinate.
    missing
        Shape (n,), True where a stand-in for "none" was found: (0, 0), (-1, -1), 999.
    projected
        True if most pairs lie outside the range of degrees: metres, not degrees.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    bad: NDArray[np.bool_]
    missing: NDArray[np.bool_]
    projected: bool


def parse_points(lon: pd.Series[str], lat: pd.Series[str]) -> Points:
    """Read two columns of coordinates; one column of pairs may be given as both.

    A pair is latitude first ("40.44, -79.98"), WKT is longitude first. A cell that
    holds a pair counts for both coordinates, whichever column it stands in.
    """
    x_pair, y_pair = _column(lon), _column(lat)
    paired = ~np.isnan(y_pair).any(axis=1)
    only = ~np.isnan(x_pair).any(axis=1) & ~paired
    x, x_axis = _angles(lon)
    y, y_axis = _angles(lat)
    crossed = (x_axis == 1) & (y_axis == 0)
    x, y = np.where(crossed, y, x), np.where(crossed, x, y)
    x = np.where(paired, y_pair[:, 0], np.where(only, x_pair[:, 0], x))
    y = np.where(paired, y_pair[:, 1], np.where(only, x_pair[:, 1], y))
    empty = _empty(lon) | _empty(lat)
    bad = (np.isnan(x) | np.isnan(y)) & ~(empty & ~paired & ~only)
    missing = np.isin(x, MISSING) | np.isin(y, MISSING)
    missing |= ((x == 0) & (y == 0)) | ((x == -1) & (y == -1))
    gone = bad | missing | np.isnan(x) | np.isnan(y)
    x, y = np.where(gone, np.nan, x), np.where(gone, np.nan, y)
    return Points(x, y, bad, missing, _projected(x, y))


def _projected(x: NDArray[np.float64], y: NDArray[np.float64]) -> bool:
    known = ~np.isnan(x)
    far = (np.abs(x) > 180) & (np.abs(y) > 180)
    return bool(known.any() and far.sum() > PROJECTED_SHARE * known.sum())


def _empty(cells: pd.Series[str]) -> NDArray[np.bool_]:
    return cells.str.strip().str.lower().isin(NULLS).to_numpy(bool)


def _column(cells: pd.Series[str]) -> NDArray[np.float64]:
    """Give lon and lat of cells that hold a pair, shape (n, 2), NaN where none."""
    found = np.full((len(cells), 2), np.nan)
    for i in np.flatnonzero(np.isnan(_decimals(cells)) & ~_empty(cells)):
        found[i] = _pair(str(cells.iloc[i]))
    return found


def _decimals(cells: pd.Series[str]) -> NDArray[np.float64]:
    """Give the plain decimal numbers of a column, NaN for every other text."""
    values = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def _pair(text: str) -> tuple[float, float]:
    if len(text) > 200 or len(text) < 3:
        return math.nan, math.nan
    text = text.strip()
    if m := WKT.fullmatch(text):
        return _float(m[1]), _float(m[2])
    if (m := PAIR.fullmatch(text)) and (" " in text or "." in m[1] or "." in m[2]):
        return _float(m[2]), _float(m[1])
    if m := LETTERS.fullmatch(text):
        (lat, lat_axis), (lon, lon_axis) = _angle(m[1]), _angle(m[2])
        if (lat_axis, lon_axis) == (1, 0):
            return lon, lat
    return math.nan, math.nan


def _angles(cells: pd.Series[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the degrees of each cell and the axis its letter names (0 lon, 1 lat)."""
    degrees, axis = _decimals(cells), np.full(len(cells), np.nan)
    for i in np.flatnonzero(np.isnan(degrees) & ~_empty(cells)):
        degrees[i], axis[i] = _angle(str(cells.iloc[i]))
    return degrees, axis


def _angle(text: str) -> tuple[float, float]:
    text = text.strip()
    if DECIMAL.fullmatch(text):
        return _float(text.replace(",", ".").replace("\u2212", "-")), math.nan
    found = ANGLE.fullmatch(text) if len(text) < 40 else None
    if found is None:
        return math.nan, math.nan
    letter = (found["first"] or found["last"] or "").upper()
    if found["first"] and found["last"]:
        return math.nan, math.nan
    parts = [_float((found[p] or "0").replace(",", ".")) for p in ("deg", "min", "sec")]
    if parts[1] >= 60 or parts[2] >= 60:
        return math.nan, math.nan
    degrees = parts[0] + parts[1] / 60 + parts[2] / 3600
    negative = letter in ("S", "W") or found["sign"] in ("-", "\u2212")
    axis = {"N": 1.0, "S": 1.0, "E": 0.0, "O": 0.0, "W": 0.0}.get(letter, math.nan)
    return -degrees if negative else degrees, axis


def _float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def in_bounds(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which pairs are finite and within +-180 and +-90 degrees."""
    return (np.abs(lon) <= 180) & (np.abs(lat) <= 90)


def distance_km(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    to_lon: NDArray[np.float64],
    to_lat: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Give great-circle kilometres (haversine, radius 6371.0088 km), NaN if unknown."""
    a, b = np.radians(lat), np.radians(to_lat)
    east = np.radians(to_lon - lon)
    half = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(east / 2) ** 2
    km: NDArray[np.float64] = 2 * 6371.0088 * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return km
