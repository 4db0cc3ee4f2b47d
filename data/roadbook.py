"""The road networks a user has loaded, and which of them answers for some points.

Each is an npz file in ``<home>/roads`` with what is said of it in a JSON file beside
it. The streets of Helsinki are shipped and always there.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.atomic import write_text
from data.demo_helsinki import STREETS
from data.driving_rules import FILE, rules_text
from data.ingest import plain_name, upload_roads
from geo.errors import InputError
from routing.cache import load_roads, read_roads
from routing.drive import RoadEngine
from routing.engine import Reason, StraightLine, TravelEngine
from routing.profile import from_json, named
from routing.source import SUFFIXES

Report = Callable[[str, float], None]

COVERED = 0.95
"""Share of the points that must lie on a network for it to answer."""

MARGIN_DEG = 0.002
"""Accounts stand beside the outermost streets, not on them: about 200 m."""

ENGINES_HELD = 3
FORMAT = 1


@dataclass(frozen=True)
class RoadFile:
    """A network and where it came from.

    Parameters
    ----------
    name
        What people call it; unique.
    path
        The npz file, or the shipped extract.
    source
        Name of the file it was made of.
    profile
        Rules of driving, see `routing.profile`.
    extent
        West, south, east and north, degrees.
    loaded
        The day it was loaded; None for what is shipped.
    nodes, edges
        Junctions, and stretches of road in one direction.
    data_date
        The day the map data are of, None if the file does not say.
    rules
        Driving rules in the place of the profile, see `data.driving_rules`; "" for
        none.
    """

    name: str
    path: Path
    source: str
    profile: str
    extent: tuple[float, float, float, float]
    loaded: dt.date | None
    nodes: int
    edges: int
    data_date: dt.date | None = None
    rules: str = ""

    @property
    def shipped(self) -> bool:
        """Whether it came with the program and stays."""
        return self.loaded is None


HELSINKI = RoadFile(
    name="Middle of Helsinki (shipped)",
    path=STREETS,
    source=STREETS.name,
    profile="default",
    extent=(24.9352073, 60.1641581, 24.953411, 60.1791074),
    loaded=None,
    nodes=1261,
    edges=2185,
    data_date=dt.date(2019, 4, 20),
)
"""The streets of the demo; a test holds these figures to the file."""


def road_files(home: Path) -> list[RoadFile]:
    """Give the networks at hand, those of the user by name, then the shipped one."""
    own = [_read(path) for path in (home / "roads").glob("*.json")]
    files = [*sorted(own, key=lambda file: file.name.lower()), HELSINKI]
    rules = rules_text(home)
    return [replace(file, rules=rules) for file in files] if rules else files


def add_roads(
    home: Path,
    path: Path,
    *,
    name: str = "",
    profile: str = "default",
    report: Report = lambda _step, _share: None,
) -> RoadFile:
    """Load an extract of OpenStreetMap into the book, at arm's length.

    Parameters
    ----------
    path
        The file; its content says what it is.
    name
        What the user calls the file; its own name if empty. A network of that name
        and profile is replaced.
    profile
        See `routing.profile.named`.
    report
        Takes the step and the share that is done; if it raises, nothing is kept.

    Raises
    ------
    InputError
        The file is no extract, is damaged, or costs more than `data.ingest` allows.
    """
    profile = named(profile).name
    said = plain_name(name or path.name)
    folder = home / "roads"
    folder.mkdir(parents=True, exist_ok=True)
    held = folder / f"{uuid.uuid4().hex[:12]}.npz"
    try:
        told = upload_roads(path, held, name=said, profile=profile, report=report)
        file = RoadFile(
            name=_name(said, profile),
            path=held,
            source=said,
            profile=profile,
            extent=tuple(told["extent"]),
            loaded=dt.date.today(),
            nodes=told["nodes"],
            edges=told["edges"],
            data_date=_day(told["data_date"]),
        )
        older = [old for old in road_files(home) if old.name == file.name]
        _write(file)
    except BaseException:
        held.unlink(missing_ok=True)
        raise
    for old in older:
        _delete(old)
    return file


def remove_roads(home: Path, name: str) -> None:
    """Delete a network from the book.

    Raises
    ------
    InputError
        There is none of that name, or it is shipped.
    """
    found = [file for file in road_files(home) if file.name == name]
    if not found:
        raise InputError(f"There is no road network '{name}'", fix="Look at the list")
    if found[0].shipped:
        raise InputError("The shipped streets of Helsinki stay")
    _delete(found[0])


def road_file_for(home: Path, lonlat: NDArray[np.float64]) -> RoadFile | None:
    """Give the network that covers points, the smallest if several do, else None.

    Covered means: at least 95 % of the points lie inside it and near one of its roads.

    Parameters
    ----------
    lonlat
        Shape (n, 2), degrees; rows with nan do not count.
    """
    points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return None
    around = [file for file in road_files(home) if _inside(file, points) >= COVERED]
    for file in sorted(around, key=lambda file: file.edges):
        snapped = engine_of(file).snapper.snap(points)
        if (snapped.reason == Reason.FOUND).mean() >= COVERED:
            return file
    return None


@dataclass(frozen=True, eq=False)
class Coverage:
    """How a network lies to some points.

    Parameters
    ----------
    file
        The network.
    on
        Shape (n,): whether each point is inside it and near one of its roads.
    placed
        Shape (n,): whether each point has coordinates.
    """

    file: RoadFile
    on: NDArray[np.bool_]
    placed: NDArray[np.bool_]

    @property
    def outside(self) -> NDArray[np.bool_]:
        """Shape (n,): the points that have a place, and it is off the network."""
        return self.placed & ~self.on

    @property
    def answers(self) -> bool:
        """Whether enough points lie on it for it to be used, see `COVERED`."""
        return bool(self.on.sum() >= COVERED * self.placed.sum() > 0)


def coverage_of(home: Path, lonlat: NDArray[np.float64]) -> Coverage | None:
    """Give the network that covers most of some points; None if none covers any.

    Where `road_file_for` finds one, it is that one.

    Parameters
    ----------
    lonlat
        Shape (n, 2), degrees; rows with nan are not placed.
    """
    points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    placed = np.asarray(np.isfinite(points).all(axis=1))
    file = road_file_for(home, points)
    near = [f for f in road_files(home) if placed.any() and _inside(f, points[placed])]
    files = near if file is None else [file]
    best: Coverage | None = None
    for file in sorted(files, key=lambda file: file.edges):
        found = _covered(file, points, placed)
        if found.on.sum() > (0 if best is None else best.on.sum()):
            best = found
    return best


def _covered(
    file: RoadFile, points: NDArray[np.float64], placed: NDArray[np.bool_]
) -> Coverage:
    on = np.zeros(len(points), dtype=bool)
    within = placed & _within(file, points)
    if within.any():
        snapped = engine_of(file).snapper.snap(points[within])
        on[within] = snapped.reason == Reason.FOUND
    return Coverage(file, on, placed)


def engine_for(home: Path, lonlat: NDArray[np.float64]) -> TravelEngine:
    """Give the roads that cover points, else the labelled straight-line estimate.

    See `road_file_for`; a network is held in memory once it has answered.
    """
    file = road_file_for(home, lonlat)
    return StraightLine() if file is None else engine_of(file)


def engine_of(file: RoadFile) -> RoadEngine:
    """Give the engine of a network, made once in this process.

    Raises
    ------
    InputError
        Its file is gone or damaged.
    """
    return _engine(str(file.path), file.profile, file.rules)


@lru_cache(maxsize=ENGINES_HELD)
def _engine(path: str, profile: str, rules: str) -> RoadEngine:
    driven = from_json(rules, where=FILE) if rules else None
    if path.endswith(SUFFIXES):
        return RoadEngine(load_roads(Path(path), profile=profile), profile=driven)
    return RoadEngine(read_roads(Path(path)), profile=driven)


def _inside(file: RoadFile, points: NDArray[np.float64]) -> float:
    return float(_within(file, points).mean())


def _within(file: RoadFile, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    west, south, east, north = file.extent
    low = np.array([west, south]) - MARGIN_DEG
    high = np.array([east, north]) + MARGIN_DEG
    return np.asarray(((points >= low) & (points <= high)).all(axis=1))


def _name(source: str, profile: str) -> str:
    """Give what a file is called: "ohio" for ohio-latest.osm.pbf."""
    stem = re.sub(r"(\.osm)?(\.(pbf|gz|bz2))?$", "", source, flags=re.IGNORECASE)
    stem = re.sub(r"-(latest|\d{6})$", "", stem) or source
    return stem if profile == "default" else f"{stem} ({profile})"


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _write(file: RoadFile) -> None:
    told = asdict(file) | {"path": file.path.name, "format": FORMAT}
    text = json.dumps(told, default=str, ensure_ascii=False, indent=1)
    write_text(file.path.with_suffix(".json"), text)


def _read(path: Path) -> RoadFile:
    """Read what is said of a network.

    Raises
    ------
    InputError
        The file is damaged or of a newer version.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told.pop("format") != FORMAT:
            raise ValueError("a newer version")
        told["path"] = path.with_suffix(".npz")
        told["extent"] = tuple(told["extent"])
        told["loaded"] = _day(str(told["loaded"]))
        told["data_date"] = _day(str(told["data_date"]))
        return RoadFile(**told)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "What is said of a road network cannot be read",
            where=str(path),
            fix="Delete the file and load the network again",
        ) from error


def _delete(file: RoadFile) -> None:
    file.path.with_suffix(".json").unlink(missing_ok=True)
    file.path.unlink(missing_ok=True)
