"""How far drive times and mileage are from those of independent routers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from benchmarks.referees import Floats, has_valhalla, osrm, osrm_table, valhalla_table
from benchmarks.road_city import City, Row
from routing.drive import RoadEngine
from routing.engine import StraightLine
from routing.isochrones import isochrones
from routing.profile import DEFAULT, OSRM

SHORTEST_M = 1000.0
"""Pairs nearer than that by estimated road are left out of errors."""
N_POINTS, SEED = 120, 2
BESIDE_M = 15.0
"""Accounts of the isochrone stand that far from the middle of their street."""
STARTS = 5
NO_OSRM = "OSRM is not installed"
NO_VALHALLA = "Valhalla is not installed"


@dataclass(frozen=True, eq=False)
class Trips:
    """What three engines and two referees say between the same points, seconds."""

    city: City

    @cached_property
    def points(self) -> Floats:
        """Middles of streets of the connected part, shape (n, 2)."""
        return along_streets(self.city.engine(OSRM), N_POINTS, SEED, shares=(0.5, 0.5))

    @cached_property
    def junctions(self) -> Floats:
        """Junctions of the connected part, shape (n, 2)."""
        engine = self.city.engine(OSRM)
        nodes = np.unique(engine.roads.start[engine.snapper.edge[engine.snapper.main]])
        n = min(N_POINTS, len(nodes))
        chosen = np.random.default_rng(SEED).choice(nodes, n, replace=False)
        return np.asarray(engine.roads.lonlat[chosen])

    @cached_property
    def osrm(self) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """OSRM's seconds and metres between the points, and between the junctions."""
        assert self.city.osrm is not None
        with osrm(self.city.osrm, self.city.extract) as url:
            return osrm_table(url, self.points), osrm_table(url, self.junctions)

    @cached_property
    def valhalla_s(self) -> Floats:
        """Valhalla's seconds between the points."""
        return valhalla_table(self.city.extract, self.points)

    @cached_property
    def far(self) -> np.ndarray:
        """Pairs of points that count."""
        return StraightLine().matrix(self.points, self.points).drive_m > SHORTEST_M


def along_streets(
    engine: RoadEngine, n: int, seed: int, *, shares: tuple[float, float]
) -> Floats:
    """Draw points on streets of the connected part, each street as likely as any."""
    rng = np.random.default_rng(seed)
    snapper = engine.snapper
    chosen = rng.choice(snapper.main, n, replace=len(snapper.main) < n)
    share = rng.uniform(*shares, n)
    spots = shapely.line_interpolate_point(snapper.line[chosen], share, normalized=True)
    return np.asarray(np.round(shapely.get_coordinates(spots) / snapper.scale, 7))


def osrm_profile(trips: Trips) -> Iterator[Row]:
    """Compare our profile "osrm" with OSRM itself."""
    if trips.city.osrm is None:
        yield Row("OSRM profile against OSRM", note=NO_OSRM)
        return
    engine = trips.city.engine(OSRM)
    places = (("doors", trips.points), ("junctions", trips.junctions))
    for (kind, points), (theirs, _) in zip(places, trips.osrm, strict=True):
        far = StraightLine().matrix(points, points).drive_m > SHORTEST_M
        error = _error(engine.matrix(points, points).drive_s, theirs, far)
        note = f"{error.size} pairs between {kind}"
        median, p90 = float(np.median(error)), float(np.quantile(error, 0.9))
        what = "OSRM profile against OSRM, time"
        yield Row(f"{what}, median, {kind}", median, unit="%", target=1, note=note)
        yield Row(f"{what}, P90, {kind}", p90, unit="%", target=3, note=note)


def default_profile(trips: Trips) -> Iterator[Row]:
    """Compare our default with the geometric mean of two referees, as osmnx's."""
    what = "default profile against the mean of OSRM and Valhalla, time"
    if trips.city.osrm is None or not has_valhalla():
        yield Row(what, note=NO_VALHALLA if trips.city.osrm else NO_OSRM)
        return
    middle = np.sqrt(trips.osrm[0][0] * trips.valhalla_s)
    ours = trips.city.engine(DEFAULT).matrix(trips.points, trips.points).drive_s
    plain = trips.city.plain_osmnx(trips.points)
    level = _level(ours, middle, trips.far)
    error, peer = _error(ours, middle, trips.far), _error(plain, middle, trips.far)
    shape = _error(ours / level, middle, trips.far)
    bent = _error(plain / _level(plain, middle, trips.far), middle, trips.far)
    note = f"level {level:.3f}; peer: osmnx's speeds, no turns"
    yield Row(what, _median(error), _median(peer), "%", 5, note=note)
    yield Row(f"{what}, shape", _median(shape), _median(bent), "%", 3, note=note)
    apart = _error(trips.osrm[0][0], trips.valhalla_s, trips.far)
    yield Row("OSRM against Valhalla, time", _median(apart), unit="%")


def mileage(trips: Trips) -> Iterator[Row]:
    """Compare the length of our fastest path with OSRM's."""
    if trips.city.osrm is None:
        yield Row("mileage against OSRM", note=NO_OSRM)
        return
    metres = trips.osrm[0][1]
    for profile in (OSRM, DEFAULT):
        ours = trips.city.engine(profile).matrix(trips.points, trips.points).drive_m
        off = _median(_error(ours, metres, trips.far))
        name = f"mileage against OSRM, profile {profile.name}"
        yield Row(name, off, unit="%", target=0.5)


def straight_line(trips: Trips) -> Iterator[Row]:
    """Compare the estimate without roads with OSRM and with both referees."""
    if trips.city.osrm is None:
        yield Row("straight-line estimate against OSRM, time", note=NO_OSRM)
        return
    guess = StraightLine().matrix(trips.points, trips.points)
    theirs, metres = trips.osrm[0]
    error = _median(_error(guess.drive_s, theirs, trips.far))
    note = f"level {_level(guess.drive_s, theirs, trips.far):.3f}"
    what = "straight-line estimate against OSRM"
    yield Row(f"{what}, time", error, unit="%", target=12, note=note)
    error = _median(_error(guess.drive_m, metres, trips.far))
    yield Row(f"{what}, mileage", error, unit="%")


def isochrone(trips: Trips) -> Iterator[Row]:
    """Ask bands about accounts they were not drawn from; truth is the matrix."""
    engine = trips.city.engine(DEFAULT)
    doors = along_streets(engine, 6000, SEED + 1, shares=(0, 1))
    aside = np.random.default_rng(SEED).normal(0, BESIDE_M, doors.shape)
    doors = doors + aside / engine.snapper.scale
    places = shapely.points(doors)
    middle = np.hypot(*(trips.points - doors.mean(axis=0)).T)
    starts = trips.points[np.argsort(middle)[:STARTS]]
    truth_s = engine.matrix(starts, doors).drive_s
    for minutes in (5, 10, 20):
        true = truth_s <= minutes * 60
        if true.all(axis=1).any():
            continue
        bands = [
            isochrones(engine, (float(lon), float(lat)), [minutes]).geometry[0]
            for lon, lat in starts
        ]
        inside = np.array([shapely.contains(band, places) for band in bands])
        share = float((inside & true).sum() / (inside | true).sum())
        note = f"{STARTS} starts, 6,000 accounts it was not drawn from"
        what = f"isochrone of {minutes} min, intersection over union"
        yield Row(what, share, target=0.95, more=True, note=note)


def _median(error: Floats) -> float:
    return float(np.median(error))


def _level(ours: Floats, theirs: Floats, far: np.ndarray) -> float:
    known = far & np.isfinite(ours) & (theirs > 0)
    return float(np.median(ours[known] / theirs[known]))


def _error(ours: Floats, theirs: Floats, far: np.ndarray) -> Floats:
    """Give absolute errors in percent of the pairs that count and have times."""
    known = far & np.isfinite(ours) & (theirs > 0)
    return np.asarray(np.abs(ours[known] / theirs[known] - 1) * 100)
