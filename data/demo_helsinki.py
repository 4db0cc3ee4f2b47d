"""Made-up accounts and reps on the real streets of the middle of Helsinki.

The streets are those of OpenStreetMap; nobody in the tables exists.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import KDTree

from data.demo_reps import demo_reps, reps_needed
from geo.frames import WGS84, Accounts, Reps
from routing.cache import load_roads
from routing.drive import RoadEngine
from sales.workload import workload

STREETS = Path(__file__).resolve().parent / "samples" / "helsinki" / "helsinki.osm.pbf"
CREDIT = "Streets of Helsinki: © OpenStreetMap contributors, ODbL 1.0"
OFF_ROAD_M = (5.0, 25.0)
"""How far accounts stand from the middle of their street."""
FEWEST, MOST = 2, 6
"""Reps in a town of one square mile."""


def in_helsinki(accounts: Accounts, *, seed: int) -> tuple[Accounts, Reps]:
    """Move made-up accounts to Helsinki and give them reps and owners.

    Parameters
    ----------
    accounts
        From `data.demo.demo_accounts`.
    seed
        The same accounts and seed give the same tables.

    Returns
    -------
    tuple
        Accounts within 25 m of a street one can reach and leave, with workload, owner
        and territory (the nearest rep's); reps with homes among them.
    """
    rng = np.random.default_rng([seed, 3])
    engine = RoadEngine(load_roads(STREETS, profile="default"))
    moved = accounts.assign(city="Helsinki", state="", postal_code="")
    moved = moved.assign(country="FI", region="Helsinki")
    places = _beside_streets(engine, len(accounts), rng)
    moved = workload(moved.set_geometry(gpd.GeoSeries(places, moved.index, crs=WGS84)))
    k = int(np.clip(reps_needed(moved), FEWEST, MOST))
    reps = demo_reps(accounts, k=k, seed=seed)
    homes = moved.geometry.iloc[rng.choice(len(moved), k, replace=len(moved) < k)]
    reps = reps.assign(
        territory=[f"Helsinki {i + 1}" for i in range(k)], timezone="Europe/Helsinki"
    ).set_geometry(gpd.GeoSeries(homes.to_numpy(), reps.index, crs=WGS84))
    return _owned(moved, reps, engine), reps


def _beside_streets(
    engine: RoadEngine, n: int, rng: np.random.Generator
) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Draw points along connected streets, by their length, to one side."""
    lines = engine.snapper.line[engine.snapper.main]
    share = shapely.length(lines) / shapely.length(lines).sum()
    drawn = lines[rng.choice(len(lines), n, p=share)]
    side = rng.uniform(*OFF_ROAD_M, n) * rng.choice([-1, 1], n)
    at = rng.random(n) * shapely.length(drawn)
    here = shapely.get_coordinates(shapely.line_interpolate_point(drawn, at))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(drawn, at + 1.0))
    back = shapely.get_coordinates(
        shapely.line_interpolate_point(drawn, np.maximum(at - 1.0, 0))
    )
    way = (ahead - back) / np.hypot(*(ahead - back).T)[:, None]
    off = np.column_stack([-way[:, 1], way[:, 0]]) * side[:, None]
    return np.asarray(shapely.points((here + off) / engine.snapper.scale))


def _owned(accounts: Accounts, reps: Reps, engine: RoadEngine) -> Accounts:
    homes, stands = (
        shapely.get_coordinates(points) * engine.snapper.scale
        for points in (reps.geometry, accounts.geometry)
    )
    seat = KDTree(homes).query(stands)[1]
    return accounts.assign(
        owner=pd.Series(reps.index).to_numpy(object)[seat].astype(str),
        territory=reps["territory"].to_numpy(object)[seat].astype(str),
    )
