"""What this computer has of what the program needs."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import socket
import sqlite3
import sys
import tempfile
from pyexpat import EXPAT_VERSION

from data.document import Json
from data.ingest import fences

LIBRARIES = (
    *("geopandas", "shapely", "pyogrio", "pyproj", "pandas", "numpy", "scipy"),
    *("scikit-learn", "numba", "pot", "osmnx", "folium", "streamlit", "h3", "pyarrow"),
)
ENGINES = {"duckdb": "very many accounts"}
"""Optional packages and what they are for."""

PORT = 8501
LEAST_GB = 1.0
PYTHON = (3, 11)
SQLITE = (3, 51, 3)
"""From this version on, two writers cannot corrupt a WAL database."""

EXPAT = (2, 4, 1)
"""From this version on, expat stops entity bombs in XML files."""


def examine() -> Json:
    """Look at Python, libraries, disk, port and engines; `ok` if all can work.

    `fences` are what the process that opens uploads can shut on this system, besides
    the watch on its time and memory that there always is.
    """
    versions = {name: _version(name) for name in LIBRARIES}
    free_gb = shutil.disk_usage(tempfile.gettempdir()).free / 1e9
    port_free = _is_free(PORT)
    engines = {n: importlib.util.find_spec(n) is not None for n in ENGINES}
    missing = [name for name, version in versions.items() if not version]
    return {
        "ok": not missing and sys.version_info >= PYTHON,
        "warnings": [
            *(
                f"{name} is missing: pip install -r requirements.txt"
                for name in missing
            ),
            *_warnings(free_gb, port_free=port_free),
        ],
        "python": platform.python_version(),
        "system": platform.platform(),
        "libraries": versions,
        "sqlite": sqlite3.sqlite_version,
        "expat": EXPAT_VERSION,
        "free_gb": round(free_gb, 1),
        "port": PORT,
        "port_free": port_free,
        "engines": engines,
        "fences": fences(),
    }


def _warnings(free_gb: float, *, port_free: bool) -> list[str]:
    found = []
    if sys.version_info < PYTHON:
        found.append("Python is older than 3.11: install a newer one")
    if sqlite3.sqlite_version_info < SQLITE:
        found.append(
            f"SQLite {sqlite3.sqlite_version} is older than 3.51.3: let one program at "
            "a time write a database"
        )
    if _numbers(EXPAT_VERSION) < EXPAT:
        found.append(f"{EXPAT_VERSION} is older than 2.4.1: read XML of friends only")
    if free_gb < LEAST_GB:
        found.append(f"Only {free_gb:.1f} GB are free on the disk")
    if not port_free:
        found.append(f"Port {PORT} is taken: start with --server.port 8502")
    return found


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.rpartition("_")[2].split("."))


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
