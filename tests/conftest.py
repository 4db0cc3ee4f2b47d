"""Small grounds every test can draw on.

The grid, unit ids as on a map (north up, 1 km squares):

    u20 u21 u22
    u10 u11 u12
    u00 u01 u02
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("BAILIWICK_SHARED", ROOT.parent / "shared"))
KM = 1000.0

# a shell that runs the tests in the background ignores Ctrl-C, and so would children
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def grid() -> gpd.GeoDataFrame:
    """Nine square units of 1 km, ids u<row><column>, row 0 in the south."""
    ids, boxes = [], []
    for row in range(3):
        for column in range(3):
            ids.append(f"u{row}{column}")
            west, south = column * KM, row * KM
            boxes.append(shapely.box(west, south, west + KM, south + KM))
    units = gpd.GeoDataFrame(
        {"name": [i.upper() for i in ids], "state": ""},
        index=pd.Index(ids, name="unit_id", dtype="str"),
        geometry=boxes,
        crs="EPSG:5070",
    )
    units.attrs["unit_set"] = "grid@test#0"
    return units


@pytest.fixture
def grid_accounts(grid: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One account in the middle of each unit of the grid, a00 in u00 and so on."""
    n = len(grid)
    return gpd.GeoDataFrame(
        {
            "name": [f"Account {i}" for i in grid.index],
            "territory": "",
            "owner": "",
            "stage": "customer",
            "revenue": np.full(n, 1000.0),
            "potential": np.full(n, 2000.0),
            "visits": np.full(n, 12.0),
            "visit_min": np.full(n, 60.0),
            "visit_h": np.full(n, 12.0),
            "travel_h": np.full(n, 0.0),
            "workload_h": np.full(n, 12.0),
            "unit_id": grid.index.to_numpy(),
        },
        index=pd.Index([i.replace("u", "a") for i in grid.index], name="account_id"),
        geometry=grid.geometry.centroid.to_numpy(),
        crs=grid.crs,
    )


@pytest.fixture
def shared() -> Path:
    """Folder of public test data beside the project; skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"public test data is not at {SHARED}")
    return SHARED
