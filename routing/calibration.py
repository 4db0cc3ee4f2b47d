"""Driving rules fitted to trips one has driven: bounded least squares on their parts.

The seconds of a trip are the sum of its seconds along roads of each kind, in turns, at
signals and gates, and between its ends and the road. Each part has a scale; hours of
the day may have a factor of their own. Routes follow the fitted rules, so fitting and
routing alternate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from geo.errors import InputError
from routing.drive import Path, RoadEngine
from routing.engine import Reason
from routing.profile import Profile, edge_parts
from routing.tags import CLASSES

Floats = NDArray[np.float64]

KINDS: dict[str, tuple[str, ...]] = {
    "fast roads": ("motorway", "motorway_link", "trunk", "trunk_link"),
    "main roads": ("primary", "primary_link", "secondary", "secondary_link"),
    "other roads": ("tertiary", "tertiary_link", "unclassified", "road", "other"),
    "streets": ("residential", "living_street", "service"),
}
"""Road classes that share a scale; ferries keep their times."""
PARTS = (*KINDS, "turns", "signals", "access")
MOST_PERIODS = 3
"""Periods besides the commonest: with the parts ten parameters at most."""
FEWEST_TRIPS = 30
FOLDS = 5
LEAST_SCALE, MOST_SCALE = 0.4, 2.5
STIFF = 0.5
"""How strongly scales are held together, in trips' errors: few trips change few."""
SHORT_S = 120.0
"""Added to a trip's time where errors are weighed, so that short ones count less."""
OUTLIER = 0.25
"""Errors beyond this share count less and less (soft l1)."""
ROUNDS, SETTLED = 4, 0.005
"""Most alternations, and the change of a scale at which they end."""


@dataclass(frozen=True, eq=False)
class Trips:
    """Known trips, n of them.

    Parameters
    ----------
    origins, destinations
        Shape (n, 2), (lon, lat) in degrees.
    seconds
        Shape (n,), as driven.
    period
        Shape (n,), object array of str: when they began, "" if it does not matter.
    """

    origins: Floats
    destinations: Floats
    seconds: Floats
    period: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.seconds)

    def take(self, rows: NDArray[np.intp]) -> Trips:
        """Give these trips, in this order."""
        return Trips(
            self.origins[rows],
            self.destinations[rows],
            self.seconds[rows],
            self.period[rows],
        )


@dataclass(frozen=True)
class Misfit:
    """How far times are from trips.

    Parameters
    ----------
    level
        Median of time over trip.
    median, p90
        Median and 90th percentile of |time / trip - 1|.
    """

    level: float
    median: float
    p90: float


@dataclass(frozen=True, eq=False)
class Calibration:
    """Rules fitted to trips, and what they are worth.

    Parameters
    ----------
    profile
        The rules; its `expected_error` is that of trips it had not seen.
    scales
        Part of `PARTS` -> what its seconds were multiplied by.
    periods
        Period -> what all its seconds are multiplied by; the commonest has 1.
    used, left_out
        Trips it was fitted to, and those no route was found for.
    before, after, held_out
        Misfit of the rules it began with, of the fitted ones on the same trips, and on
        trips left out of the fit, a fifth at a time.
    """

    profile: Profile
    scales: dict[str, float]
    periods: dict[str, float]
    used: int
    left_out: int
    before: Misfit
    after: Misfit
    held_out: Misfit


def calibrate(engine: RoadEngine, trips: Trips, *, name: str) -> Calibration:
    """Fit driving rules to trips.

    Parameters
    ----------
    engine
        Where one drives, with the rules to begin with.
    trips
        At least thirty that have a route; at most four periods.
    name
        What to call the rules.

    Raises
    ------
    InputError
        There are too few trips, or too many periods.
    """
    usable = _usable(engine, trips)
    good = trips.take(usable)
    if len(good) < FEWEST_TRIPS:
        raise InputError(
            f"{len(good)} trips with a time and a route are too few to fit rules to",
            fix=f"Give at least {FEWEST_TRIPS}, better some hundred",
        )
    periods = _periods(good)
    before = _misfit(_predicted(engine, good, dict.fromkeys(periods, 1.0)), good)
    fitted, scales, factors = _fit(engine, good, periods)
    after = _misfit(_predicted(fitted, good, factors), good)
    held_out = _misfit(_cross_validated(engine, good, periods), good)
    error = round(held_out.median, 4)
    profile = replace(fitted.profile, name=name, expected_error=error)
    return Calibration(
        profile=profile,
        scales=dict(zip(PARTS, scales.tolist(), strict=True)),
        periods=factors,
        used=len(good),
        left_out=len(trips) - len(good),
        before=before,
        after=after,
        held_out=held_out,
    )


def in_period(profile: Profile, factor: float, name: str) -> Profile:
    """Give the rules of a period: all seconds multiplied by its factor."""
    return replace(
        profile,
        name=name,
        level=profile.level * factor,
        access_kmh=profile.access_kmh / factor,
    )


def scaled(profile: Profile, scales: Floats) -> Profile:
    """Give rules whose seconds are multiplied part by part, in the order of `PARTS`."""
    kind_of = {name: kind for kind, names in KINDS.items() for name in names}
    scale = dict(zip(PARTS, scales.tolist(), strict=True))
    turns, signals = scale["turns"], scale["signals"]
    return replace(
        profile,
        class_scale=tuple(
            old * scale.get(kind_of.get(name, ""), 1.0)
            for name, old in zip(CLASSES, profile.class_scale, strict=True)
        ),
        turn_s=profile.turn_s * turns,
        oncoming_s=profile.oncoming_s * turns,
        u_turn_s=profile.u_turn_s * turns,
        signal_s=profile.signal_s * signals,
        gate_s=profile.gate_s * signals,
        access_kmh=profile.access_kmh / scale["access"],
    )


def _usable(engine: RoadEngine, trips: Trips) -> NDArray[np.intp]:
    """Give the trips that have a time, a distance and a route."""
    timed = np.isfinite(trips.seconds) & (trips.seconds > 0)
    seconds, reason = _times(engine, trips)
    found = (reason == Reason.FOUND) | (reason == Reason.NO_WAY_BACK)
    return np.flatnonzero(timed & found & (seconds > 0))


def _times(engine: RoadEngine, trips: Trips) -> tuple[Floats, NDArray[np.uint8]]:
    """Give seconds and reasons, trip by trip."""
    seconds, reason = np.empty(len(trips)), np.empty(len(trips), dtype=np.uint8)
    for rows in np.array_split(np.arange(len(trips)), len(trips) // 200 + 1):
        found = engine.matrix(trips.origins[rows], trips.destinations[rows])
        seconds[rows] = np.diagonal(found.drive_s)
        reason[rows] = np.diagonal(found.reason)
    return seconds, reason


def _periods(trips: Trips) -> list[str]:
    """Give the periods, the commonest first."""
    names, count = np.unique(trips.period.astype(str), return_counts=True)
    if len(names) > MOST_PERIODS + 1:
        raise InputError(
            f"{len(names)} periods are too many to fit",
            where=", ".join(names[:6].tolist()),
            fix=f"Use at most {MOST_PERIODS + 1}: morning, day, evening, weekend",
        )
    return [str(name) for name in names[np.argsort(-count, kind="stable")]]


def _fit(
    engine: RoadEngine, trips: Trips, periods: list[str]
) -> tuple[RoadEngine, Floats, dict[str, float]]:
    """Alternate routes and scales until the scales stay."""
    period = np.array([periods.index(str(p)) for p in trips.period])
    scales, factors = np.ones(len(PARTS)), np.ones(len(periods))
    fitted = engine
    for _ in range(ROUNDS):
        parts = np.array([_parts(fitted, p) for p in _paths(fitted, trips)])
        rest = parts[:, -1]  # ferries: not scaled
        parts = parts[:, :-1] / scales
        new, factors = _solve(parts, rest, trips.seconds, period, len(periods))
        change = np.abs(new / scales - 1).max()
        scales = new
        fitted = engine.driven_by(scaled(engine.profile, scales))
        if change < SETTLED:
            break
    return fitted, scales, dict(zip(periods, factors.tolist(), strict=True))


def _paths(engine: RoadEngine, trips: Trips) -> list[Path]:
    ends = zip(trips.origins, trips.destinations, strict=True)
    return [engine.path(a, b) for a, b in ends]


def _parts(engine: RoadEngine, path: Path) -> Floats:
    """Give the seconds of each part of `PARTS`, and what belongs to none."""
    driven, waits = _edge_seconds(engine)
    kind_of = {name: i for i, names in enumerate(KINDS.values()) for name in names}
    out = np.zeros(len(PARTS) + 1)
    for leg in path.legs:
        if leg.edge < 0:
            out[PARTS.index("access")] += leg.drive_s
            continue
        share = min(leg.drive_m / max(float(engine.roads.length_m[leg.edge]), 0.1), 1.0)
        along, wait = share * driven[leg.edge], share * waits[leg.edge]
        kind = kind_of.get(CLASSES[engine.roads.road_class[leg.edge]], len(PARTS))
        out[kind] += along
        out[PARTS.index("signals")] += wait
        out[PARTS.index("turns")] += max(leg.drive_s - along - wait, 0.0)
    return out


def _edge_seconds(engine: RoadEngine) -> tuple[Floats, Floats]:
    known = vars(engine).get("_edge_parts")
    if known is None or known[0] is not engine.profile:
        known = (engine.profile, *edge_parts(engine.roads, engine.profile))
        vars(engine)["_edge_parts"] = known
    return known[1], known[2]


def _solve(
    parts: Floats, rest: Floats, seconds: Floats, period: NDArray[np.intp], k: int
) -> tuple[Floats, Floats]:
    """Fit scales of parts and factors of periods, held together, within bounds."""
    m = parts.shape[1]

    def errors(x: Floats) -> Floats:
        factor = np.append(1.0, x[m:])[period]
        told = (parts @ x[:m] + rest) * factor
        misses = (told - seconds) / (seconds + SHORT_S)
        stiff = STIFF * OUTLIER * (x[:m] - x[:m].mean())
        return np.concatenate([misses, stiff])

    start = np.ones(m + k - 1)
    found = least_squares(
        errors, start, bounds=(LEAST_SCALE, MOST_SCALE), loss="soft_l1", f_scale=OUTLIER
    )
    return found.x[:m], np.append(1.0, found.x[m:])


def _cross_validated(engine: RoadEngine, trips: Trips, periods: list[str]) -> Floats:
    """Give the time of each trip by rules fitted to the other four fifths."""
    told = np.empty(len(trips))
    fold = np.random.default_rng(0).permutation(len(trips)) % FOLDS
    for number in range(FOLDS):
        seen, unseen = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        fitted, _, factors = _fit(engine, trips.take(seen), periods)
        told[unseen] = _predicted(fitted, trips.take(unseen), factors)
    return told


def _predicted(engine: RoadEngine, trips: Trips, factors: dict[str, float]) -> Floats:
    factor = np.array([factors[str(p)] for p in trips.period])
    return np.asarray(_times(engine, trips)[0] * factor)


def _misfit(told: Floats, trips: Trips) -> Misfit:
    ratio = told / trips.seconds
    off = np.abs(ratio - 1)
    return Misfit(
        float(np.median(ratio)), float(np.median(off)), float(np.quantile(off, 0.9))
    )
