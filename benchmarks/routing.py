"""Drive times and their cost against OSRM, osmnx and the straight line, in one run.

``python -m benchmarks.routing EXTRACT.osm.pbf... --out roads.csv`` measures our own
figures. ``--osrm FOLDER`` adds the referee: a folder with ``bin/osrm-extract``,
``osrm-contract``, ``osrm-routed`` and ``share/profiles/car.lua``, as inside the wheel
osrm-bindings 26.10 (``pip download``, then unzip). Seconds are of one process's CPU.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.build import build_roads
from routing.cache import load_roads, read_roads, write_roads
from routing.drive import RoadEngine
from routing.engine import StraightLine, TravelMatrix
from routing.profile import DEFAULT, OSRM
from routing.roads import Roads
from routing.source import read_streets

Floats = NDArray[np.float64]
Row = dict[str, Any]
SHORTEST_M = 1000.0
"""Pairs nearer than that by estimated road are left out of errors."""
START_S = 30.0


def main() -> None:
    """Measure each extract and write a row a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("extracts", nargs="+", type=Path)
    parser.add_argument("--osrm", type=Path, help="folder of OSRM's programs")
    parser.add_argument("--osmnx", action="store_true", help="measure its build too")
    parser.add_argument("--points", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    rows: list[Row] = []
    for extract in asked.extracts:
        rows += measure(extract, asked)
    with asked.out.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, ["extract", "figure", "value", "unit"])
        table.writeheader()
        table.writerows(rows)
    for row in rows:
        print(f"{row['extract']:<14} {row['figure']:<40} {row['value']} {row['unit']}")


def measure(extract: Path, asked: argparse.Namespace) -> list[Row]:
    """Give the figures of one extract."""
    name = extract.name.split(".")[0]
    roads, figures = build_cost(extract)
    if asked.osmnx:
        figures.append(("build, osmnx", osmnx_build(extract), "s"))
    engine, cost = timed(lambda: RoadEngine(roads, profile=OSRM))
    figures.append(("search graph", cost, "s"))
    points = spots(engine, asked.points, asked.seed)
    found, cost = timed(lambda: engine.matrix(points, points))
    figures.append((f"matrix {len(points)} x {len(points)}", cost, "s"))
    if asked.osrm:
        ours = RoadEngine(roads, profile=DEFAULT).matrix(points, points)
        guess = StraightLine().matrix(points, points)
        with osrm(asked.osrm, extract) as url:
            referee = ask(url, points)
        for label, matrix in (("osrm", found), ("default", ours), ("estimate", guess)):
            figures += errors(label, matrix, referee, guess)
    return [
        {"extract": name, "figure": figure, "value": round(value, 4), "unit": unit}
        for figure, value, unit in figures
    ]


def build_cost(extract: Path) -> tuple[Roads, list[tuple[str, float, str]]]:
    """Give the network, and seconds to build it and to load it from the cache."""
    streets, reading = timed(lambda: read_streets(extract))
    roads, joining = timed(lambda: build_roads(streets))
    with tempfile.TemporaryDirectory() as folder:
        kept = write_roads(load_roads(extract, profile="osrm"), Path(folder) / "x.npz")
        _, loading = timed(lambda: read_roads(kept))
    return roads, [
        ("nodes", roads.n_nodes, ""),
        ("edges", roads.n_edges, ""),
        ("restrictions", roads.restrictions, ""),
        ("build, ours", reading + joining, "s"),
        ("cache load", loading, "s"),
    ]


def osmnx_build(extract: Path) -> float:
    """Give the CPU seconds osmnx takes from the same ways to a simplified graph.

    It gets them as bare XML, without most tags: less work than the extract itself.
    """
    import osmnx

    streets = read_streets(extract)
    lines = ['<osm version="0.6">']
    for ref, (lon, lat) in zip(streets.node_id, streets.lonlat, strict=True):
        lines.append(f'<node id="{ref}" lon="{lon:.7f}" lat="{lat:.7f}"/>')
    says = {1: "yes", -1: "-1", 0: "no"}
    parts = np.split(streets.points, streets.offset[1:-1])
    for way, part, side in zip(streets.way_id, parts, streets.direction, strict=True):
        nodes = "".join(f'<nd ref="{streets.node_id[n]}"/>' for n in part if n >= 0)
        tags = f'<tag k="highway" v="road"/><tag k="oneway" v="{says[int(side)]}"/>'
        lines.append(f'<way id="{way}">{nodes}{tags}</way>')
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "roads.osm"
        plain.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
        _, cost = timed(lambda: osmnx.graph_from_xml(plain, retain_all=True))
    return cost


def spots(engine: RoadEngine, n: int, seed: int) -> Floats:
    """Draw junctions of the connected part."""
    edges = engine.snapper.edge[engine.snapper.main]
    nodes = np.unique(engine.roads.start[edges])
    chosen = np.random.default_rng(seed).choice(
        nodes, min(n, len(nodes)), replace=False
    )
    return np.asarray(engine.roads.lonlat[chosen])


def errors(
    label: str, ours: TravelMatrix, referee: tuple[Floats, Floats], crow: TravelMatrix
) -> list[tuple[str, float, str]]:
    """Give level, median and 90th percentile of the errors, and of the shape."""
    seconds, metres = referee
    far = (crow.drive_m > SHORTEST_M) & np.isfinite(ours.drive_s) & (seconds > 0)
    ratio = ours.drive_s[far] / seconds[far]
    level = float(np.median(ratio))
    error, shape = np.abs(ratio - 1) * 100, np.abs(ratio / level - 1) * 100
    mileage = np.abs(ours.drive_m[far] / metres[far] - 1) * 100
    return [
        (f"{label}: pairs", float(far.sum()), ""),
        (f"{label}: level against OSRM", level, ""),
        (f"{label}: median time error", float(np.median(error)), "%"),
        (f"{label}: P90 time error", float(np.quantile(error, 0.9)), "%"),
        (f"{label}: median error of shape", float(np.median(shape)), "%"),
        (f"{label}: median mileage error", float(np.median(mileage)), "%"),
    ]


@contextmanager
def osrm(folder: Path, extract: Path) -> Iterator[str]:
    """Build OSRM's network of an extract, serve it on this machine, and stop it."""
    with tempfile.TemporaryDirectory() as made:
        shutil.copy(extract, Path(made) / "x.osm.pbf")
        car = folder.resolve() / "share" / "profiles" / "car.lua"
        programs = folder.resolve() / "bin"
        quiet = {"cwd": made, "stdout": subprocess.DEVNULL}
        subprocess.run(
            [programs / "osrm-extract", "-t", "1", "-p", car, "x.osm.pbf"],
            check=True,
            **quiet,
        )
        subprocess.run(
            [programs / "osrm-contract", "-t", "1", "x.osrm"], check=True, **quiet
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        words = [
            "-i",
            "127.0.0.1",
            "-p",
            str(port),
            "-t",
            "1",
            "--max-table-size",
            "9999",
        ]
        server = subprocess.Popen(
            [programs / "osrm-routed", *words, "x.osrm"],
            cwd=made,
            stdout=subprocess.DEVNULL,
        )
        try:
            wait(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def wait(port: int) -> None:
    """Wait until somebody listens."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit("OSRM did not start")


def ask(url: str, points: Floats) -> tuple[Floats, Floats]:
    """Give OSRM's seconds and metres between all points; nan where it has none."""
    places = ";".join(f"{lon:.7f},{lat:.7f}" for lon, lat in points)
    asked = f"{url}/table/v1/driving/{places}?annotations=duration,distance"
    with urllib.request.urlopen(asked, timeout=60) as answer:
        told = json.load(answer)
    return tuple(  # type: ignore[return-value]
        np.array(told[key], dtype=np.float64) for key in ("durations", "distances")
    )


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Give what the work gives, and its CPU seconds."""
    started = time.process_time()
    done = work()
    return done, time.process_time() - started


if __name__ == "__main__":
    main()
