"""Networks on disk: one npz file of plain arrays, known by file hash and profile."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np

from geo.errors import InputError
from routing.build import build_roads
from routing.roads import Roads
from routing.source import Report, file_hash, read_streets

VERSION = 2
_TOLD = ("restrictions", "source", "source_hash", "profile", "rules")


def cached_roads(
    path: Path,
    *,
    profile: str,
    folder: Path,
    report: Report = lambda _step, _share: None,
) -> Roads:
    """Read the network of a file from the cache, or build it and keep it there.

    Raises
    ------
    InputError
        As `routing.source.read_streets`.
    """
    digest = file_hash(path)
    kept = folder / f"{digest[:32]}-{profile}-{VERSION}.npz"
    if kept.is_file():
        return read_roads(kept)
    roads = load_roads(path, profile=profile, report=report)
    folder.mkdir(parents=True, exist_ok=True)
    write_roads(roads, kept)
    return roads


def load_roads(
    path: Path, *, profile: str, report: Report = lambda _step, _share: None
) -> Roads:
    """Build the network of a file of OpenStreetMap, see `read_streets`."""
    streets = read_streets(path, report=report)
    report("joining roads", 0.8)
    return build_roads(
        streets, source=path.name, source_hash=file_hash(path), profile=profile
    )


def write_roads(roads: Roads, path: Path) -> Path:
    """Write a network; the file appears whole or not at all.

    Raises
    ------
    InputError
        When its folder is missing or cannot be written.
    """
    told = {name: getattr(roads, name) for name in _TOLD}
    arrays = {f.name: getattr(roads, f.name) for f in fields(roads)}
    arrays = {name: value for name, value in arrays.items() if name not in _TOLD}
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            np.savez(file, told=json.dumps({"version": VERSION, **told}), **arrays)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError as error:
        raise InputError(
            "The road network cannot be written",
            where=str(path),
            fix="Choose a folder that exists and may be written to",
        ) from error
    return path


def read_roads(path: Path) -> Roads:
    """Read a network that `write_roads` wrote.

    Raises
    ------
    InputError
        When the file is missing, damaged, of another kind or of a newer version.
    """
    fix = "Make it again with the command roads"
    if not path.is_file():
        raise InputError("There is no such road network", where=str(path), fix=fix)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            told = json.loads(str(held["told"]))
            if told.pop("version") != VERSION:
                raise InputError(
                    "The road network is of another version", where=path.name, fix=fix
                )
            arrays = {name: held[name] for name in held.files if name != "told"}
        return Roads(**arrays, **told)
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise _unusable(path, fix) from error
    except zipfile.BadZipFile as error:
        raise _unusable(path, fix) from error


def _unusable(path: Path, fix: str) -> InputError:
    return InputError("The file is no road network", where=path.name, fix=fix)
