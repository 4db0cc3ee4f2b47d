"""A user's folder with one fictional study, for `benchmarks.map`."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from data.boundaries import gazetteer
from data.library import remember_plan
from data.sqlite import open_sqlite
from geo.edits import apply, move
from geo.frames import Accounts, Reps
from ui.grounds import bring_in
from ui.session import Session, commit, first_plan, measure, opened

TERRITORIES = 12
CAPACITY_H = 1_500.0
OFF_SHORE = ("AK", "HI", "PR", "GU", "VI", "AS", "MP")
REPEATS = 40


def make_home(home: Path, kind: str, n: int) -> list[tuple[str, float]]:
    """Keep a study and its first plan in a folder; time what an edit costs Python.

    Returns
    -------
    list of (measure, milliseconds)
        p50 of applying an edit with its scorecard, and of a whole commit: colours,
        the store's write and sync, scorecard, effect.
    """
    accounts, reps = drawn(n)
    store = open_sqlite(home / "plans.sqlite")
    ground = bring_in(home, "Benchmark", accounts, kind=kind, reps=reps)
    plan_id = first_plan(store, ground)
    remember_plan(home, plan_id)
    times = _python(opened(store, home, ground, plan_id))
    store.close()
    return times


def drawn(n: int) -> tuple[Accounts, Reps]:
    """Draw accounts near ZIPs of the contiguous states, and the reps around seats."""
    rng = np.random.default_rng(3)
    zips = gazetteer()
    zips = zips[~zips["state"].isin(OFF_SHORE)]
    rows = zips.iloc[rng.integers(0, len(zips), n)]
    lon = rows["lon"].to_numpy() + rng.normal(0, 0.08, n)
    lat = rows["lat"].to_numpy() + rng.normal(0, 0.06, n)
    seat = rng.choice(n, TERRITORIES, replace=False)
    there = np.stack([lon, lat], axis=1)
    far = np.linalg.norm(there[:, None] - there[seat][None], axis=2)
    names = np.array([f"Area {i + 1}" for i in range(TERRITORIES)], dtype=object)
    hours = rng.lognormal(0.5, 0.8, n)
    accounts = gpd.GeoDataFrame(
        {
            "name": [f"Account {i}" for i in range(n)],
            "territory": names[far.argmin(axis=1)],
            "revenue": rng.lognormal(9, 1.2, n),
            "potential": rng.lognormal(9.4, 1.0, n),
            "workload_h": hours * TERRITORIES * CAPACITY_H * 0.9 / hours.sum(),
        },
        index=pd.Index([f"a{i}" for i in range(n)], name="account_id"),
        geometry=gpd.points_from_xy(lon, lat),
        crs="EPSG:4326",
    )
    reps = gpd.GeoDataFrame(
        {
            "name": [f"Rep {i + 1}" for i in range(TERRITORIES)],
            "territory": names,
            "capacity_h": CAPACITY_H,
        },
        index=pd.Index([f"R{i + 1:02d}" for i in range(TERRITORIES)], name="rep_id"),
        geometry=gpd.points_from_xy(lon[seat], lat[seat]),
        crs="EPSG:4326",
    )
    return accounts, reps


def _python(session: Session) -> list[tuple[str, float]]:
    rng = np.random.default_rng(5)
    owners = session.plan.territories.index.to_numpy()
    score, whole = [], []
    for _ in range(REPEATS):
        units = [str(u) for u in rng.choice(session.plan.unit_id, 5, replace=False)]
        edit = move(units, to=str(rng.choice(owners)))
        began = time.perf_counter()
        measure(session, apply(session.plan, edit)[0])
        score.append(time.perf_counter() - began)
        began = time.perf_counter()
        session = commit(session, edit)
        whole.append(time.perf_counter() - began)
    return [
        ("Python apply + scorecard p50 ms", 1e3 * statistics.median(score)),
        ("Python commit with store p50 ms", 1e3 * statistics.median(whole)),
    ]
