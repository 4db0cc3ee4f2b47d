"""A rep's work against the exact optimum and against PyVRP, in one run.

``python -m benchmarks.route --out benchmarks/results/route.csv`` runs every family;
``--only FAMILY`` one of them and keeps the other rows of the file. A family is a
function that gives rows ``family, figure, value, unit``.

Days are drawn around Helsinki: every other one inside the shipped streets, driven on
them, the others over the region by the straight-line estimate. Seconds are CPU seconds
of one process; what is compiled at first use is compiled before the clock starts.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.enumerate_days import enumerated
from benchmarks.rotations import fleet, rotation
from data.demo_helsinki import STREETS
from routing.cache import load_roads
from routing.changes import known_times
from routing.day import Day, Stop, Tour
from routing.drive import RoadEngine
from routing.engine import StraightLine, TravelEngine
from routing.improve import proven
from routing.order import best_day, problem_of

Row = dict[str, Any]
HOME = (24.945, 60.170)
HOUR = 3600.0
DAYS, LONG_DAYS = 200, 5
LONG_ROUNDS = 20_000
"""Rounds of PyVRP's long run; the product gives it 300."""


def main() -> None:
    """Run the families and write their rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=[*FAMILIES], action="append")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    rows = kept_rows(asked.out, set(asked.only or FAMILIES))
    for family in asked.only or FAMILIES:
        for figure, value, unit in FAMILIES[family]():
            print(f"{family:<10} {figure:<58} {value:>12,.4g} {unit}", flush=True)
            value = round(value, 4)
            rows.append(
                {"family": family, "figure": figure, "value": value, "unit": unit}
            )
    with asked.out.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, ["family", "figure", "value", "unit"])
        table.writeheader()
        table.writerows(rows)


def kept_rows(path: Path, but: set[str]) -> list[Row]:
    """Give the rows of families that do not run now."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["family"] not in but]


def days_exact() -> Iterator[tuple[str, float, str]]:
    """Days of up to 10 stops with windows, lunch or not, against an enumeration."""
    ordered(*draw(3, 0))
    same = shorter = 0
    kept = wanted = 0
    spent, slowest = [], 0.0
    for seed in range(DAYS):
        stops, day, engine = draw(3 + seed % 8, seed)
        tour, seconds = ordered(stops, day, engine)
        spent.append(seconds)
        slowest = max(slowest, seconds)
        best = enumerated(stops, day, engine, HOME)
        found = (len(tour.stop_ids), round(tour.drive_s, 3), round(tour.back_s, 3))
        same += found == best
        shorter += (-found[0], *found[1:]) < (-best[0], *best[1:])
        kept, wanted = kept + len(tour.stop_ids), wanted + len(stops)
    yield "days of 3 to 10 stops", DAYS, ""
    yield "days equal to the enumerated optimum", same, ""
    yield "days better than the enumerated optimum (must be 0)", shorter, ""
    yield "stops asked for", wanted, ""
    yield "stops kept", kept, ""
    yield "ordering, median", float(np.median(spent)), "s"
    yield "ordering, slowest", slowest, "s"


def days_long() -> Iterator[tuple[str, float, str]]:
    """Days of 25 stops with windows against a long run of PyVRP on the same day."""
    for lunch_s in (0.0, 1800.0):
        gaps, spent, fewer = [], [], 0
        for seed in range(LONG_DAYS):
            stops, day, engine = draw(25, 1000 + seed, lunch_s=lunch_s)
            tour, seconds = ordered(stops, day, engine)
            spent.append(seconds)
            n_kept, drive_s = longest(stops, day, engine)
            fewer += len(tour.stop_ids) < n_kept
            if len(tour.stop_ids) == n_kept:
                gaps.append(100 * (tour.drive_s / drive_s - 1))
        what = "25 stops with lunch" if lunch_s else "25 stops"
        yield f"{what}: days", LONG_DAYS, ""
        yield f"{what}: days that keep fewer stops than PyVRP without lunch", fewer, ""
        yield f"{what}: gap to PyVRP's long run without lunch, mean", *mean(gaps)
        yield f"{what}: gap to PyVRP's long run without lunch, worst", *worst(gaps)
        yield f"{what}: ordering, median", float(np.median(spent)), "s"
        yield f"{what}: ordering, slowest", max(spent), "s"


def mean(gaps: list[float]) -> tuple[float, str]:
    """Give a mean of percents; nan of none."""
    return (float(np.mean(gaps)) if gaps else float("nan")), "%"


def worst(gaps: list[float]) -> tuple[float, str]:
    """Give the largest of percents; nan of none."""
    return max(gaps, default=float("nan")), "%"


def draw(
    n: int, seed: int, *, lunch_s: float | None = None
) -> tuple[list[Stop], Day, TravelEngine]:
    """Draw a day: 3 in 10 stops have a window, of short days 1 in 10 a second."""
    rng = np.random.default_rng(seed)
    on_roads = seed % 2 == 0
    span = (0.006, 0.004) if on_roads else (0.35, 0.18)
    stops = []
    for k in range(n):
        lon, lat = HOME + rng.uniform(-1, 1, 2) * span
        opened = closed = None
        also: tuple[tuple[float, float], ...] = ()
        if rng.random() < 0.3:
            opened = 8 * HOUR + 900.0 * rng.integers(0, 28)
            closed = opened + 900.0 * rng.integers(2, 13)
            if n <= 10 and rng.random() < 1 / 3:
                also = ((closed + HOUR, closed + 2 * HOUR),)
        visit_s = 300.0 * (rng.integers(2, 10) if n <= 10 else rng.integers(1, 4))
        stops.append(
            Stop(f"s{k:02d}", lon, lat, visit_s, opened, closed, also_open=also)
        )
    lunch = (0.0, 1800.0, 2700.0)[seed % 3] if lunch_s is None else lunch_s
    end = (16 + rng.integers(0, 3) if n <= 10 else 19) * HOUR
    engine = streets() if on_roads else StraightLine()
    return stops, Day(return_by_s=end, lunch_s=lunch), known_times(stops, engine, HOME)


def ordered(stops: list[Stop], day: Day, engine: TravelEngine) -> tuple[Tour, float]:
    """Give the product's day and the seconds it took, drive times known."""
    before = time.process_time()
    tour = best_day(stops, start=HOME, end=HOME, day=day, engine=engine)
    return tour, time.process_time() - before


def longest(stops: list[Stop], day: Day, engine: TravelEngine) -> tuple[int, float]:
    """Give how many stops PyVRP keeps in a long run without lunch, and its driving."""
    free = Day(start_s=day.start_s, return_by_s=day.return_by_s, lunch_s=0.0)
    stops = sorted(stops, key=lambda stop: stop.stop_id)
    problem = problem_of(stops, start=HOME, end=HOME, day=free, engine=engine)
    order = proven(problem, rounds=LONG_ROUNDS)
    here, there = np.append(problem.n, order), np.append(order, problem.n + 1)
    legs: NDArray[np.int64] = problem.drive[here, there]
    return len(order), float(legs.sum()) / 1000


@cache
def streets() -> RoadEngine:
    """Give the shipped streets of Helsinki."""
    return RoadEngine(load_roads(STREETS, profile="default"))


FAMILIES: dict[str, Callable[[], Iterator[tuple[str, float, str]]]] = {
    "exact": days_exact,
    "long": days_long,
    "rotation": rotation,
    "fleet": fleet,
}

if __name__ == "__main__":
    main()
