"""Routers of others, built from an extract and asked on this machine.

OSRM's programs come from the wheel osrm-bindings 26.10 (``pip download
--python-version 3.12 --only-binary :all: osrm-bindings``, then unzip); Valhalla from
the package pyvalhalla-weekly 3.5. Neither belongs to the product.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

START_S = 60.0
"""How long a server may take to listen."""
ASK_AT_ONCE = 50
"""Origins of one question to Valhalla."""
LIMITS = ("max_matrix_distance", "max_matrix_location_pairs")


def osrm_folder(said: Path | None) -> Path | None:
    """Give the folder with ``bin`` and ``share`` of OSRM, or None."""
    known = [said, Path(os.environ["OSRM_HOME"]) if "OSRM_HOME" in os.environ else None]
    routed = shutil.which("osrm-routed")
    known.append(Path(routed).parent.parent if routed else None)
    found = (f for f in known if f is not None and (f / "bin" / "osrm-routed").exists())
    return next(found, None)


def has_valhalla() -> bool:
    """Tell whether Valhalla is installed."""
    return importlib.util.find_spec("valhalla") is not None


@contextmanager
def osrm(folder: Path, extract: Path) -> Iterator[str]:
    """Build OSRM's network of an extract, serve it on this machine, and stop it."""
    with tempfile.TemporaryDirectory() as made:
        shutil.copy(extract, Path(made) / "x.osm.pbf")
        programs, car = folder.resolve() / "bin", "share/profiles/car.lua"
        words: list[list[str | Path]] = [
            [programs / "osrm-extract", "-p", folder.resolve() / car, "x.osm.pbf"],
            [programs / "osrm-contract", "x.osrm"],
        ]
        quiet: dict[str, Any] = {"cwd": made, "stdout": subprocess.DEVNULL}
        for command in words:
            subprocess.run([*command, "-t", "1"], check=True, **quiet)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        where = ["-i", "127.0.0.1", "-p", str(port), "-t", "1"]
        server = subprocess.Popen(
            [programs / "osrm-routed", *where, "--max-table-size", "9999", "x.osrm"],
            **quiet,
        )
        try:
            _wait(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def _wait(port: int) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("OSRM did not start")


def osrm_table(url: str, points: Floats) -> tuple[Floats, Floats]:
    """Give OSRM's seconds and metres between all points; nan where it has none."""
    places = ";".join(f"{lon:.7f},{lat:.7f}" for lon, lat in points)
    asked = f"{url}/table/v1/driving/{places}?annotations=duration,distance"
    with urllib.request.urlopen(asked, timeout=300) as answer:
        told = json.load(answer)
    seconds, metres = (
        np.array(told[key], dtype=np.float64) for key in ("durations", "distances")
    )
    return seconds, metres


def valhalla_table(extract: Path, points: Floats) -> Floats:
    """Give Valhalla's seconds between all points; nan where it has none."""
    import valhalla

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "tiles").mkdir()
        config = valhalla.get_config(tile_extract="", tile_dir=str(folder / "tiles"))
        config["mjolnir"] |= {"concurrency": 1, "timezone": "", "admin": ""}
        for limits in config["service_limits"].values():
            if isinstance(limits, dict):
                limits |= {key: 10_000_000 for key in LIMITS if key in limits}
        (folder / "v.json").write_text(json.dumps(config), encoding="utf-8")
        program = Path(valhalla.__file__).parent / "bin" / "valhalla_build_tiles"
        ordered = _sorted(extract, folder / "sorted.osm.pbf")
        subprocess.run(
            [program, "-c", folder / "v.json", ordered],
            check=True,
            capture_output=True,
            cwd=folder,  # it leaves lists behind
        )
        actor = valhalla.Actor(str(folder / "v.json"))
        return _ask_valhalla(actor, points)


def _sorted(extract: Path, path: Path) -> Path:
    """Write an extract with ascending ids: Valhalla refuses others."""
    import osmium

    reader, writer = osmium.MergeInputReader(), osmium.WriteHandler(str(path))
    reader.add_file(str(extract))
    reader.apply(writer, simplify=True)
    writer.close()
    return path


def _ask_valhalla(actor: Any, points: Floats) -> Floats:
    places = [{"lon": float(lon), "lat": float(lat)} for lon, lat in points]
    seconds = np.full((len(points), len(points)), np.nan)
    for first in range(0, len(places), ASK_AT_ONCE):
        some = places[first : first + ASK_AT_ONCE]
        told = actor.matrix({"sources": some, "targets": places, "costing": "auto"})
        for row in told["sources_to_targets"]:
            for cell in row:
                if cell["time"] is not None:
                    place = first + cell["from_index"], cell["to_index"]
                    seconds[place] = cell["time"]
    return seconds
