"""Made-up reps, and today's alignment: uneven, with vacant ground and strays."""

from __future__ import annotations

from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import KDTree

from data import demo_words as words
from data.boundaries import places
from data.demo_places import Floats, Ints, metres_of, on_land, on_sphere, towns
from geo.errors import InputError
from geo.frames import REPS, WGS84, Accounts, Reps, names

AS_OF = np.datetime64("2026-11-01", "ms")
"""The day made-up visits and careers are counted back from."""
FULL_TIME_H, HALF_TIME = 1500.0, 0.15
"""Field hours of a full-time rep, and the share of reps who work half of them."""
MEAN_LOAD = 0.87
LOADS = (0.45, 1.50)
"""Today's loads are brought between the first and the second times their mean."""
FEW_REPS = 40
"""So many reps live in the named metros; more live all over."""
SIDES = (
    ("", 0.0, 0.0),
    (" South", 0.0, -0.25),
    (" North", 0.0, 0.25),
    (" West", -0.35, 0.0),
    (" East", 0.35, 0.0),
)
"""Second and further reps of one city: what they are called, and degrees off it."""
MOST_VACANT = 3
STRAYS = 0.04
"""Share of accounts owned by the second nearest rep, for history's sake."""


def demo_reps(accounts: Accounts, *, k: int, seed: int) -> Reps:
    """Make up k reps who live in the cities that have the most work around them.

    Parameters
    ----------
    accounts
        From `demo_accounts`: where the work is, and the revenue that sets quotas.
    k
        Number of reps, at least 1.

    Returns
    -------
    Reps
        Columns of `geo.frames.REPS`, homes in degrees. Territories are named after
        the ground around the home: "North Texas", "Chicago", "Chicago South".

    Raises
    ------
    InputError
        When k is less than 1.
    """
    if k < 1:
        raise InputError("A demo needs at least one rep", fix="Ask for 24")
    rng = np.random.default_rng([seed, 1])
    homes = _homes(accounts, k, rng)
    half = np.zeros(k, dtype=np.bool_)
    half[rng.permutation(k)[: int(HALF_TIME * k)]] = True
    fte = np.where(half, 0.5, 1.0)
    zone = {s: z for z, states in words.TIMEZONES.items() for s in states.split()}
    start = AS_OF - rng.integers(90, 4000, size=k).astype("timedelta64[D]")
    goal = 1.05 * accounts["revenue"].sum() * fte / fte.sum()
    columns = {
        "name": _people(k, rng),
        "territory": homes["territory"].to_numpy(),
        "capacity_h": FULL_TIME_H * fte,
        "fte": fte,
        "day_start": "08:00",
        "day_end": np.where(half, "12:30", "17:00").astype(object),
        "timezone": homes["state"].map(zone).to_numpy(),
        "active_from": start,
        "active_to": np.full(k, np.datetime64("NaT", "ms")),
        "skills": "",
        "quota": np.round(goal, -4),
    }
    width = max(2, len(str(k)))
    return gpd.GeoDataFrame(
        {c: columns[c] for c in names(REPS)[1:-1]},
        index=pd.Index([f"R{i + 1:0{width}d}" for i in range(k)], name="rep_id"),
        geometry=shapely.points(homes[["lon", "lat"]].to_numpy()),
        crs=WGS84,
    )


def _people(k: int, rng: np.random.Generator) -> list[str]:
    given = rng.permutation(words.GIVEN.split())
    family = rng.permutation(words.FAMILY.split())
    rounds = [i // len(given) for i in range(k)]
    return [
        f"{given[i % len(given)]} {family[(i + r) % len(family)]}"
        for i, r in enumerate(rounds)
    ]


def _homes(accounts: Accounts, k: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw k homes where the work is: territory, state, lon, lat."""
    cities = _metros() if k <= FEW_REPS else _zip_cities()
    work = _work_around(accounts, cities)
    # Systematic sampling: every city gets its share of reps, rounded up or down.
    ticks = (np.arange(k) + rng.random()) / k
    drawn = np.searchsorted(np.cumsum(work) / np.sum(work), ticks)
    homes = cities.iloc[np.minimum(drawn, len(cities) - 1)].reset_index(drop=True)
    nth = homes.groupby("territory").cumcount().to_numpy()
    sides = SIDES if k <= FEW_REPS else SIDES[:1]
    side = [sides[i] if i < len(sides) else (f" {i + 1}", 0.0, 0.0) for i in nth]
    homes["territory"] += [s[0] for s in side]
    jitter = rng.normal(scale=0.05, size=(k, 2))
    city = homes[["lon", "lat"]].to_numpy()
    moved = city + np.array([s[1:] for s in side]) + jitter
    homes[["lon", "lat"]] = np.where(on_land(moved)[:, None], moved, city)
    return homes


def _work_around(accounts: Accounts, cities: pd.DataFrame) -> Floats:
    """Sum the hours of the accounts that are nearest to each city."""
    tree = KDTree(on_sphere(cities[["lon", "lat"]].to_numpy()))
    lonlat = shapely.get_coordinates(accounts.geometry)
    nearest = tree.query(on_sphere(lonlat))[1]
    work = np.bincount(nearest, _hours(accounts), minlength=len(cities))
    summed: Floats = np.asarray(work, dtype=np.float64)
    return summed


def _hours(accounts: Accounts) -> Floats:
    hours = accounts["workload_h"].fillna(accounts["visit_h"])
    return np.asarray(hours, dtype=np.float64)


@cache
def _metros() -> pd.DataFrame:
    """Give the large cities and what the ground around them is called."""
    us = places()[places()["country"] == "US"].sort_values("population")
    by_name = us.drop_duplicates(["city", "state"], keep="last")
    rows = [line.split(",") for line in words.METROS.strip().splitlines()]
    metros = pd.DataFrame(rows, columns=["territory", "city", "state"])
    return metros.merge(by_name, on=["city", "state"], how="left", validate="1:1")


@cache
def _zip_cities() -> pd.DataFrame:
    """Give the town of every ZIP in ZIP order, which goes along the ground."""
    ground = towns()
    table = pd.DataFrame(ground.lonlat, columns=["lon", "lat"])
    table["state"] = ground.state
    table["territory"] = [
        f"{c}, {s}" for c, s in zip(ground.city, ground.state, strict=True)
    ]
    return table


def align(accounts: Accounts, reps: Reps, *, seed: int) -> Accounts:
    """Give accounts the owner and territory of today, badly balanced.

    Loads are within about `LOADS` times their mean; one territory in twelve, three
    at most, is vacant and a few accounts stay with the second nearest rep.

    Parameters
    ----------
    accounts
        From `demo_accounts`; workload_h counts where it is known, else visit_h.

    Returns
    -------
    Accounts
        With owner (rep_id, "" where vacant) and territory.
    """
    rng = np.random.default_rng([seed, 2])
    vacant = _vacant(accounts, reps)
    homes = shapely.get_coordinates(reps.geometry)
    seats = metres_of(np.vstack([homes, vacant[["lon", "lat"]].to_numpy()]))
    capacity = np.append(reps["capacity_h"], np.full(len(vacant), FULL_TIME_H / 2))
    row = np.unique(accounts["postal_code"].astype(str), return_inverse=True)[1]
    count = np.bincount(row)
    lonlat = shapely.get_coordinates(accounts.geometry)
    middle = np.column_stack([np.bincount(row, c) / count for c in lonlat.T])
    worked = np.asarray(np.bincount(row, _hours(accounts)), dtype=np.float64)
    best = _two_best(metres_of(middle), worked, seats, capacity)
    stray = rng.random(len(accounts)) < STRAYS
    seat = best[row, stray.astype(int)]
    owner = np.append(reps.index.to_numpy(object), [""] * len(vacant))
    territory = np.append(reps["territory"], vacant["territory"])
    return accounts.assign(
        owner=owner[seat].astype(str), territory=territory[seat].astype(str)
    )


def _vacant(accounts: Accounts, reps: Reps) -> pd.DataFrame:
    """Give the metros without a rep that have the most work, far from any rep."""
    cities = _metros()
    homes = KDTree(on_sphere(shapely.get_coordinates(reps.geometry)))
    far = homes.query(on_sphere(cities[["lon", "lat"]].to_numpy()))[0]
    need = np.where(
        cities["territory"].isin(reps["territory"]),
        0.0,
        far * _work_around(accounts, cities),
    )
    most = np.argsort(-need, kind="stable")[: min(len(reps) // 12, MOST_VACANT)]
    return cities.iloc[most[need[most] > 0]]


def _two_best(xy: Floats, hours: Floats, seats: Floats, capacity: Floats) -> Ints:
    """Give the seat of each town and the next best one, shape (n, 2).

    The nearest seat has the town. Few seats whose load is beyond `LOADS` are brought
    to them by the cheapest transport of hours, squared distance the cost.
    """
    from ot.lp import emd

    nearest = KDTree(seats).query(xy, k=[1, 2])[1]
    nearest = np.minimum(nearest, len(seats) - 1).astype(np.intp)
    if len(seats) > FEW_REPS:
        return np.asarray(nearest)
    load = np.bincount(nearest[:, 0], hours, minlength=len(seats)) / capacity
    mean = hours.sum() / capacity.sum()
    goal = capacity * np.clip(load / mean, *LOADS)
    square = np.square(xy[:, None, :] - seats[None, :, :]).sum(axis=2)
    supply = hours / hours.sum()
    moved = emd(supply, goal / goal.sum(), square / square.max(), numItermax=10**7)
    best = np.lexsort((square, -np.asarray(moved)), axis=1)
    return np.asarray(best[:, [0, min(1, len(seats) - 1)]], dtype=np.intp)


def reps_needed(accounts: Accounts) -> int:
    """Give how many reps carry the accounts at `MEAN_LOAD` of their hours."""
    each = FULL_TIME_H * (1 - HALF_TIME / 2) * MEAN_LOAD
    return max(1, round(float(_hours(accounts).sum()) / each))
