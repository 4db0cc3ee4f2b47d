"""Roads beside OSRM, Valhalla, osmnx and scipy, in one run.

``python -m benchmarks.routing --osm DIR --out FILE [--only NAME] [--city NAME]`` takes
the extracts of a folder and the city we ship. Referees are found by
`benchmarks.referees`; a row says so where one is missing. Seconds are of this
process's CPU, one thread.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import road_accuracy, road_speed
from benchmarks.referees import osrm_folder
from benchmarks.road_accuracy import Trips
from benchmarks.road_city import City, Row
from data.demo_helsinki import STREETS

COLUMNS = ("city", "figure", "ours", "peer", "unit", "ratio", "target", "reached")
ACCURACY: dict[str, Callable[[Trips], Iterator[Row]]] = {
    "osrm": road_accuracy.osrm_profile,
    "default": road_accuracy.default_profile,
    "mileage": road_accuracy.mileage,
    "estimate": road_accuracy.straight_line,
    "isochrone": road_accuracy.isochrone,
}
SPEED: dict[str, Callable[[City], Iterator[Row]]] = {
    "turns": road_speed.matrix_turns,
    "nodes": road_speed.matrix_nodes,
    "build": road_speed.build,
    "cache": road_speed.cache,
}


def main() -> None:
    """Measure each city and write a row a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--osm", type=Path, required=True, help="folder of extracts")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--osrm", type=Path, help="folder of OSRM's programs")
    parser.add_argument("--city", action="append", help="only this one")
    known = (*ACCURACY, *SPEED, "national")
    parser.add_argument("--only", action="append", choices=known, default=[])
    asked = parser.parse_args()
    wanted = asked.only or known
    with asked.out.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow((*COLUMNS, "note"))
        for city, row in measured(asked, wanted):
            table.writerow(cells(city, row))
            file.flush()
            print(*cells(city, row), sep=" | ", flush=True)


def measured(
    asked: argparse.Namespace, wanted: tuple[str, ...]
) -> Iterator[tuple[str, Row]]:
    """Give the figures of each city, by name."""
    if "national" in wanted:
        yield from (("", row) for row in road_speed.national())
    programs = osrm_folder(asked.osrm)
    for extract in (*sorted(asked.osm.glob("*.osm.pbf")), STREETS):
        city = City(extract.name.split(".")[0].split("_")[0], extract, programs)
        if asked.city and city.name not in asked.city:
            continue
        trips = Trips(city)
        for name, figure in ACCURACY.items():
            if name in wanted:
                yield from ((city.name, row) for row in figure(trips))
        for name, cost in SPEED.items():
            if name in wanted:
                yield from ((city.name, row) for row in cost(city))


def cells(city: str, row: Row) -> list[str]:
    """Give a row of the table as text."""
    numbers = [
        "" if value is None else f"{value:.4g}" for value in (row.ours, row.peer)
    ]
    times = "" if row.times is None else f"{row.times:.2f}"
    target = "" if row.target is None else f"{row.target:g}{'x' if row.ratio else ''}"
    return [city, row.figure, *numbers, row.unit, times, target, row.reached, row.note]


if __name__ == "__main__":
    main()
