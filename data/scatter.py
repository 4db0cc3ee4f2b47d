"""Where dots are drawn: accounts known only by their ZIP or town, spread out."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from geo.frames import Accounts

EXACT = ("rooftop", "street")
SHARE = 0.4
"""Dots stay within this share of the radius their match level allows."""
KM_PER_DEGREE = 111.32


def display_points(accounts: Accounts) -> NDArray[np.float64]:
    """Give points to draw, so that accounts at one ZIP's middle do not hide each other.

    For display only: distances, units and files use the geometry. The same id is always
    drawn at the same place.

    Parameters
    ----------
    accounts
        In degrees, geocoded.

    Returns
    -------
    array
        Shape (n, 2), lon and lat; the geometry itself for exact places, NaN for none.
    """
    points = np.column_stack([accounts.geometry.x, accounts.geometry.y])
    loose = (~accounts["match"].isin([*EXACT, "none"])).to_numpy(bool)
    if not loose.any():
        return points
    angle, share = _spread(list(accounts.index[loose]))
    reach = accounts["radius_km"].to_numpy(np.float64)[loose] * SHARE * np.sqrt(share)
    north = reach * np.sin(angle) / KM_PER_DEGREE
    stretch = np.cos(np.radians(points[loose, 1])).clip(0.1)
    points[loose, 0] += reach * np.cos(angle) / KM_PER_DEGREE / stretch
    points[loose, 1] += north
    return points


def _spread(ids: list[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give an angle and a number from 0 to 1 for each id, by its hash."""
    digests = b"".join(hashlib.blake2b(i.encode(), digest_size=8).digest() for i in ids)
    parts = np.frombuffer(digests, dtype="<u4").reshape(-1, 2) / 2**32
    return parts[:, 0] * 2 * np.pi, parts[:, 1]
