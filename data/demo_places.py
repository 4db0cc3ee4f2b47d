"""Where made-up accounts stand: ZIPs weighed by work, points on land in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree

from data.boundaries import FOLDER, TERRITORIES, US_CRS, gazetteer, places
from geo.frames import WGS84

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Texts = NDArray[np.object_]

SPREAD = 0.28
"""Standard deviation around a ZIP's middle, over the square root of its area."""
CHILDREN, CHILD_KM = 0.35, 2.0
"""Share of accounts that stand near another one, and how near."""
METRES = 111_320.0
"""Metres in a degree of latitude."""


@dataclass(frozen=True, eq=False)
class Towns:
    """ZIPs that can hold accounts, one row each."""

    zip: Texts
    city: Texts
    state: Texts
    lonlat: Floats
    share: Floats
    sigma_m: Floats
    tree: KDTree


@cache
def towns() -> Towns:
    """Weigh ZIPs: their county's labour force, split by the size of their town."""
    cells = gpd.read_parquet(FOLDER / "zips.parquet", columns=["unit_id", "geometry"])
    workers = pd.read_parquet(FOLDER / "counties.parquet", columns=["labor_force"])
    zips = gazetteer()
    zips = zips[zips["zip"].isin(cells.index) & ~zips["state"].isin(TERRITORIES)]
    us = places()[places()["country"] == "US"]
    people = us.groupby(["city", "state"])["population"].max()
    keys = pd.MultiIndex.from_frame(zips[["city", "state"]])
    size = np.sqrt(1000 + people.reindex(keys).fillna(0).to_numpy())
    held = pd.Series(size).groupby(zips["county_fips"].to_numpy()).transform("sum")
    force = zips["county_fips"].map(workers["labor_force"]).fillna(0).to_numpy()
    share = force * size / held.to_numpy()
    keep = share > 0
    zips, share = zips[keep], share[keep]
    lonlat = zips[["lon", "lat"]].to_numpy()
    return Towns(
        zips["zip"].to_numpy(object),
        zips["city"].to_numpy(object),
        zips["state"].to_numpy(object),
        lonlat,
        share / share.sum(),
        SPREAD * np.sqrt(cells.area.reindex(zips["zip"]).to_numpy()),
        KDTree(on_sphere(lonlat)),
    )


def on_sphere(lonlat: Floats) -> Floats:
    """Give degrees as points on the unit sphere, where nearest means nearest."""
    lon, lat = np.radians(lonlat.T)
    return np.column_stack(
        [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
    )


def locations(n: int, rng: np.random.Generator) -> tuple[Floats, Floats, Ints]:
    """Draw n points on land: lon, lat and the row of `towns` each is nearest to."""
    ground = towns()
    n_alone = n - int(CHILDREN * n)
    town = rng.choice(len(ground.share), size=n_alone, p=ground.share)
    alone = _scatter(ground.lonlat[town], ground.sigma_m[town], town, rng)
    parent = rng.integers(n_alone, size=n - n_alone)
    child_m = np.full(len(parent), 1000 * CHILD_KM)
    near = _scatter(alone[parent], child_m, np.full(len(parent), -1), rng)
    every = np.vstack([alone, near])[rng.permutation(n)].round(5)
    home: Ints = ground.tree.query(on_sphere(every))[1]
    return every[:, 0], every[:, 1], home


def _scatter(
    middle: Floats, sigma_m: Floats, town: Ints, rng: np.random.Generator
) -> Floats:
    """Draw a point on land around each middle, nearest to its town unless that is -1.

    Those that miss draw again nearer, and stay at the middle in the end.
    """
    points = middle.copy()
    todo = np.arange(len(middle))
    for shrink in (1.0, 0.6, 0.3, 0.1):
        metres = rng.normal(size=(len(todo), 2)) * (shrink * sigma_m[todo, None])
        per_degree = np.column_stack(
            [METRES * np.cos(np.radians(middle[todo, 1])), np.full(len(todo), METRES)]
        )
        drawn = middle[todo] + metres / per_degree
        nearest = towns().tree.query(on_sphere(drawn))[1]
        good = (town[todo] < 0) | (nearest == town[todo])
        good[good] = on_land(drawn[good])
        points[todo[good]] = drawn[good]
        todo = todo[~good]
    return points


def on_land(lonlat: Floats) -> NDArray[np.bool_]:
    """Say which points lie in a county of the US."""
    land = np.zeros(len(lonlat), dtype=np.bool_)
    tree = _land()
    hit = tree.query(shapely.points(metres_of(lonlat)), predicate="within")[0]
    land[hit] = True
    return land


@cache
def _land() -> shapely.STRtree:
    counties = gpd.read_parquet(FOLDER / "counties.parquet", columns=["geometry"])
    return shapely.STRtree(counties.geometry.to_numpy())


def metres_of(lonlat: Floats) -> Floats:
    """Give degrees as x, y in `US_CRS`."""
    to = pyproj.Transformer.from_crs(WGS84, US_CRS, always_xy=True)
    return np.column_stack(to.transform(*lonlat.T))
