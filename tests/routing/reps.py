"""Accounts around one rep, small enough to check by eye."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

MONDAY = dt.date(2026, 11, 30)


def rep(**said: object) -> pd.Series:
    """A rep at home at (0, 60) who works from 8:00 to 17:00."""
    usual = {
        "name": "Rita Rep",
        "territory": "North",
        "capacity_h": np.nan,
        "day_start": "08:00",
        "day_end": "17:00",
        "timezone": "Europe/London",
        "active_from": pd.NaT,
        "active_to": pd.NaT,
        "geometry": shapely.Point(0.0, 60.0),
    }
    return pd.Series(usual | said, name="R1")


def accounts(lonlat: list[tuple[float, float]], **columns: object) -> gpd.GeoDataFrame:
    """Accounts a00, a01, ... with 13 visits of 30 minutes a year unless said."""
    n = len(lonlat)
    usual: dict[str, object] = {"visits": 13.0, "visit_min": 30.0}
    return gpd.GeoDataFrame(
        usual | columns,
        index=pd.Index([f"a{i:02d}" for i in range(n)], name="account_id"),
        geometry=gpd.points_from_xy(*zip(*lonlat, strict=True)) if n else [],
        crs="EPSG:4326",
    )


def scattered(n: int, *, seed: int, reach: float = 0.3) -> gpd.GeoDataFrame:
    """n accounts up to some degrees from the rep, weekly to monthly."""
    rng = np.random.default_rng(seed)
    lonlat = rng.uniform(-reach, reach, (n, 2)) * [2, 1] + [0, 60]
    return accounts(
        [tuple(row) for row in lonlat.tolist()],
        visits=rng.choice([52.0, 26.0, 13.0], n),
        visit_min=rng.choice([20.0, 30.0, 60.0], n),
    )
