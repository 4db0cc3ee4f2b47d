"""Call rotations against what a planner does by hand: sweep the sectors, shorten days.

The peer keeps the same promises: each account as often as it is due, evenly spaced,
no day over its hours. Accounts are drawn in towns and between them around Helsinki.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from data.rotations import Job, rotate_all
from routing.engine import StraightLine
from routing.rotation import Rotation, rotate
from routing.rules import RotationRules
from routing.shorten import shorten

Floats = NDArray[np.float64]
Figure = tuple[str, float, str]

HOME = (24.945, 60.170)
MONDAY = dt.date(2026, 11, 30)
WEEKS, DAYS = 4, 20
OFTEN = {4: 14, 2: 38, 1: 48}
"""Visits in four weeks -> accounts: 100 accounts, 180 visits."""

SEEDS = (1, 2, 3, 4, 5)
FLEET, FLEET_ROUNDS = 40, 5000
TOWNS = 8
HOURS = 9.5


def rotation() -> Iterator[Figure]:
    """Rotations of 100 accounts and 180 visits, the default effort."""
    rotate(_some(6, seed=0), rep(), weeks=4, start=MONDAY, engine=StraightLine())
    shares, spent = [], []
    for seed in SEEDS:
        table = drawn(seed)
        before = time.process_time()
        made = rotate(table, rep(), weeks=4, start=MONDAY, engine=StraightLine())
        spent.append(time.process_time() - before)
        swept_s, over = swept(table)
        shares.append(100 * (1 - made.drive_s / swept_s))
        check(made, table)
        what = f"100 accounts, 180 visits, seed {seed}"
        yield f"{what}: sweep + 2-opt, driving", swept_s / 3600, "h"
        yield f"{what}: sweep + 2-opt, days over their hours", over, ""
        yield f"{what}: rotate, driving", made.drive_s / 3600, "h"
        yield f"{what}: rotate, visits", len(made.stops), ""
        yield f"{what}: rotate, less driving", shares[-1], "%"
        yield f"{what}: rotate", spent[-1], "s"
    yield "less driving than sweep + 2-opt, mean", float(np.mean(shares)), "%"
    yield "less driving than sweep + 2-opt, least", min(shares), "%"
    yield "rotate, slowest", max(spent), "s"


def fleet() -> Iterator[Figure]:
    """Calendars of 40 reps at once, 100 accounts each, with progress."""
    rules = RotationRules(rounds=FLEET_ROUNDS)
    jobs = {
        f"R{n:02d}": Job(drawn(n), rep(f"R{n:02d}"), WEEKS, MONDAY, rules)
        for n in range(FLEET)
    }
    heard: list[float] = []
    before = time.perf_counter()
    made = rotate_all(jobs, report=lambda _, share: heard.append(share))
    seconds = time.perf_counter() - before
    yield "reps", len(made), ""
    yield "rounds a rep", FLEET_ROUNDS, ""
    yield "processes", os.cpu_count() or 1, ""
    yield "visits", sum(len(one.stops) for one in made.values()), ""
    yield (
        "accounts with fewer visits than due",
        sum(len(one.missed) for one in made.values()),
        "",
    )
    yield "times progress was told", len(heard), ""
    yield "all reps, by the clock on the wall", seconds, "s"
    yield "a rep, by the clock on the wall", seconds / len(made), "s"


def rep(rep_id: str = "R1") -> pd.Series:
    """Give a rep at home in the middle who works from 8:00 to 17:30, lunch besides."""
    said = {
        "name": rep_id,
        "capacity_h": np.nan,
        "day_start": "08:00",
        "day_end": "18:00",
        "geometry": shapely.Point(*HOME),
    }
    return pd.Series(said, name=rep_id)


def drawn(seed: int) -> gpd.GeoDataFrame:
    """Draw 100 accounts: two thirds in towns, the others anywhere between."""
    return _some(sum(OFTEN.values()), seed=seed)


def _some(n: int, *, seed: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    towns = rng.uniform(-1, 1, (TOWNS, 2)) * [0.5, 0.25] + HOME
    near = towns[rng.integers(TOWNS, size=n)] + rng.normal(0, 0.02, (n, 2)) * [2, 1]
    far = rng.uniform(-1, 1, (n, 2)) * [0.55, 0.28] + HOME
    lonlat = np.where(rng.random((n, 1)) < 2 / 3, near, far)
    often = np.repeat(list(OFTEN), list(OFTEN.values()))[:n]
    return gpd.GeoDataFrame(
        {
            "visits": 13.0 * rng.permutation(often),
            "visit_min": rng.choice([20.0, 30.0, 45.0, 60.0], n),
        },
        index=pd.Index([f"a{i:03d}" for i in range(n)], name="account_id"),
        geometry=gpd.points_from_xy(*lonlat.T),
        crs="EPSG:4326",
    )


def swept(table: gpd.GeoDataFrame) -> tuple[float, int]:
    """Give the driving of sector days, seconds, and how many days are too long.

    Bearings from home are cut into five weekdays of the same work. An account keeps its
    weekday; its weeks are evenly spaced, those with the least work so far. Each day is
    driven from the nearest to the nearest and then shortened by 2-opt.
    """
    points = np.vstack([HOME, table.geometry.get_coordinates().to_numpy()])
    drive_s = StraightLine().matrix(points, points).drive_s
    often = np.round(table["visits"].to_numpy() / 13).astype(int)
    visit_s = 60 * table["visit_min"].to_numpy()
    east, north = (points[1:] - points[0]).T * [[np.cos(np.radians(HOME[1]))], [1]]
    order = np.argsort(np.arctan2(north, east))
    work_s = np.cumsum((often * visit_s)[order])
    weekday = np.minimum(5 * (work_s - 1) // work_s[-1], 4).astype(int)
    days: list[list[int]] = [[] for _ in range(DAYS)]
    load_s = np.zeros((5, WEEKS))
    for i, day in sorted(
        zip(order.tolist(), weekday.tolist(), strict=True), key=lambda p: -often[p[0]]
    ):
        step = WEEKS // often[i]
        first = min(range(step), key=lambda w: load_s[day, w::step].sum())
        load_s[day, first::step] += visit_s[i]
        for week in range(first, WEEKS, step):
            days[5 * week + day].append(i + 1)
    total_s, over = 0.0, 0
    for stops in days:
        path = [0, *shorten([0, *_nearest(stops, drive_s), 0], drive_s, runs=0), 0]
        day_s = float(drive_s[path[:-1], path[1:]].sum())
        total_s += day_s
        over += day_s + visit_s[np.array(stops, dtype=int) - 1].sum() > HOURS * 3600
    return total_s, over


def _nearest(stops: list[int], drive_s: Floats) -> list[int]:
    """Give stops in the order of driving on to the nearest one."""
    left, here, tour = set(stops), 0, []
    while left:
        here = min(left, key=lambda stop: float(drive_s[here, stop]))
        left.remove(here)
        tour.append(here)
    return tour


def check(made: Rotation, table: gpd.GeoDataFrame) -> None:
    """Stop if a calendar breaks a promise: frequency, spacing, hours of a day."""
    wanted = (table["visits"] / 13).round()
    found = made.stops.groupby("account_id").size().reindex(table.index).fillna(0)
    if not made.missed.empty or (found != wanted).any():
        raise RuntimeError("an account is not visited as often as it is due")
    dates = made.stops.groupby("account_id")["date"]
    gaps = dates.apply(lambda d: d.sort_values().diff().dt.days.min())
    if (gaps < 0.5 * 28 / wanted[gaps.index]).any():
        raise RuntimeError("two visits are too near each other")
    worked = made.stops.assign(
        s=made.stops[["visit_s", "drive_s", "back_s"]].sum(axis=1)
    )
    if (worked.groupby("date")["s"].sum() > HOURS * 3600 + 1).any():
        raise RuntimeError("a day is longer than it may be")
