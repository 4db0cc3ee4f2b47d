"""Made-up design instances: a name and a seed always give the same ground."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.instances import Instance
from geo.contiguity import delaunay
from geo.costs import SquaredDistance
from geo.design import Rules
from geo.frames import Targets, UnitTable, equal_targets

GROUND_SEED = 11
"""Of the ground; the seeds of a run are those of the search."""

CITIES, RURAL = 60, 0.2
"""Cities of Zipf's sizes, and the share of points that lie anywhere."""

FAMILIES: dict[str, tuple[str, ...]] = {
    "speed": (
        "uniform_1000000_200",
        "uniform_100000_50",
        "clustered_100000_50",
        "uniform_10000_50",
        "clustered_10000_50",
    ),
    "heavy": ("heavy_10000_200",),
    "two_measures": ("zip_33000_100",),
    "peer": ("even_10000_50", "even_100000_10"),
    "realign": ("drift_300_8", "drift_3000_20"),
}
"""The instances of each family: kind of ground, units, territories."""

TOLERANCE = {"heavy": 0.06, "zip": 0.05}
"""Allowed share around the target where it is not 2 %."""


def made(family: str, name: str) -> Instance:
    """Make an instance of a family.

    Grounds: *uniform* in a square with equal loads; *clustered* in cities of Zipf's
    sizes with lognormal whole loads; *even*, the same with equal loads; *heavy*, the
    same with a heavier tail, the tolerance at least what the heaviest account needs;
    *zip*, two measures that go together loosely; *drift*, as clustered.
    """
    ground, *sizes = name.split("_")
    n, k = map(int, sizes)
    rng = np.random.default_rng(GROUND_SEED)
    xy = rng.uniform(0, 1e5, (n, 2)) if ground == "uniform" else cities(n, rng)
    loads = _loads(ground, n, rng)
    table = UnitTable(
        unit_set=f"{name}@bench#0",
        unit_id=np.array([f"{i:07d}" for i in range(n)], dtype=object),
        xy=xy,
        measures=("load", "revenue")[: loads.shape[1]],
        loads=loads,
        weight=loads[:, 0].copy(),
    )
    return Instance(
        name=name,
        kind=family,
        table=table,
        neighbors=delaunay(xy),
        cost=SquaredDistance(table),
        targets=_targets(ground, table, k),
        rules=Rules(),
        row_id=[str(i) for i in range(n)],
        best=float("nan"),
    )


def cities(n: int, rng: np.random.Generator) -> np.ndarray:
    """Scatter points around cities of Zipf's sizes, and some anywhere; metres."""
    middle, size = rng.uniform(0, 1e6, (CITIES, 2)), 1 / np.arange(1, CITIES + 1)
    home = rng.choice(CITIES, n, p=size / size.sum())
    xy = middle[home] + rng.normal(0, 2e4, (n, 2))
    rural = rng.random(n) < RURAL
    xy[rural] = rng.uniform(0, 1e6, (int(rural.sum()), 2))
    return xy


def _loads(ground: str, n: int, rng: np.random.Generator) -> np.ndarray:
    if ground in ("uniform", "even"):
        return np.ones((n, 1))
    spread = 1.25 if ground == "heavy" else 1.0
    first = np.round(3 * np.exp(rng.normal(0, spread, n)) + 1)
    if ground != "zip":
        return first[:, None]
    return np.column_stack([first, np.round(first * rng.uniform(0.5, 1.5, n)) + 1])


def _targets(ground: str, table: UnitTable, k: int) -> Targets:
    totals = dict(zip(table.measures, table.loads.sum(axis=0), strict=True))
    share = TOLERANCE.get(ground, 0.02)
    if ground == "heavy":
        heaviest = float(table.loads.max()) * k / totals["load"] - 1
        share = max(share, np.ceil(100 * heaviest) / 100)
    targets = equal_targets(k, totals, dict.fromkeys(table.measures, share))
    if ground == "even":  # counts: the peer takes whole numbers only
        targets["lower_load"] = np.floor(targets["lower_load"])
        targets["upper_load"] = np.ceil(targets["upper_load"])
    return targets


def drifted(instance: Instance, rng: np.random.Generator, share: float) -> Instance:
    """Let loads drift by about this share, in part by region; bounds stay shares."""
    table = instance.table
    place = (table.xy - table.xy.mean(axis=0)) / table.xy.std(axis=0)
    slope = rng.normal(size=2)
    region = place @ (slope / np.linalg.norm(slope))
    own = rng.normal(size=len(table))
    loads = table.loads * np.exp(share * (own + region))[:, None]
    fresh = replace(table, loads=loads, weight=loads[:, 0].copy())
    k = len(instance.targets)
    totals = dict(zip(table.measures, loads.sum(axis=0), strict=True))
    targets = equal_targets(k, totals, dict.fromkeys(table.measures, 0.02))
    cost = SquaredDistance(fresh)
    return replace(instance, table=fresh, targets=targets, cost=cost)
