"""The one door in: an upload is renamed and opened by a fenced child process."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from data.delimited import Line
from data.parser import NOTHING, POLYGONS, ROADS, TABLE
from data.watch import resident_bytes, stop
from geo.errors import InputError

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
POLL_S = 0.05
KEPT_VARIABLES = ("PATH", "SYSTEMROOT", "LANG", "LC_ALL", "TMPDIR", "TEMP", "HOME")
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Limits:
    """What opening one upload may cost.

    Parameters
    ----------
    size_bytes
        Largest upload.
    memory_bytes
        Memory of the child process.
    seconds
        Wall time and processor time, each.
    smaller, again
        What to do with a file that costs more, or that ends the child.
    """

    size_bytes: int = 50_000_000
    memory_bytes: int = 1_000_000_000
    seconds: float = 60.0
    smaller: str = "Export fewer columns or split it"
    again: str = "Export it again, as CSV if you can"


ROAD_LIMITS = Limits(
    size_bytes=4_000_000_000,
    memory_bytes=12_000_000_000,
    seconds=3600.0,
    smaller="Cut it to your area",
    again="Fetch the extract again",
)
"""An extract of a state is hundreds of megabytes and takes minutes."""

ROAD_SIGNS = (
    (b"OSMHeader", 20, ".osm.pbf"),
    (b"<osm", 500, ".osm"),
    (b"\x1f\x8b", 2, ".osm.gz"),
    (b"BZh", 3, ".osm.bz2"),
)
"""What an extract of OpenStreetMap has within its first bytes, and its suffix."""


def upload_table(
    content: bytes,
    name: str,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    limits: Limits | None = None,
) -> pd.DataFrame:
    """Read an uploaded table as `data.tables.read_table` does, at arm's length.

    Parameters
    ----------
    content
        The bytes that were sent.
    name
        What the user calls the file; used in messages only.

    Raises
    ------
    InputError
        The upload is no table, or opening it costs more than the limits allow.
    """
    task = {"kind": TABLE, "sheet": sheet, "encoding": encoding}
    with tempfile.TemporaryDirectory() as folder:
        attrs, result = _open(content, name, task, Path(folder), limits or Limits())
        table = pd.read_parquet(result)
    attrs["dropped"] = [Line(**line) for line in attrs["dropped"]]
    attrs["source"] = plain_name(name)
    table.attrs.update(attrs)
    return table


def upload_polygons(
    content: bytes, name: str, *, limits: Limits | None = None
) -> gpd.GeoDataFrame:
    """Read uploaded polygons as `data.polygons.read_polygons` does, at arm's length.

    Raises
    ------
    InputError
        The upload holds no polygons, or costs more than the limits allow.
    """
    with tempfile.TemporaryDirectory() as folder:
        attrs, result = _open(
            content, name, {"kind": POLYGONS}, Path(folder), limits or Limits()
        )
        frame = gpd.read_parquet(result)
    frame.attrs = attrs
    return frame


def upload_roads(
    path: Path,
    result: Path,
    *,
    name: str,
    profile: str,
    report: Callable[[str, float], None] = lambda _step, _share: None,
    limits: Limits = ROAD_LIMITS,
) -> dict[str, Any]:
    """Build the road network of an extract at arm's length and leave it in `result`.

    Parameters
    ----------
    path
        The file as it was sent; its content says what it is, not its name.
    result
        Where the network goes, as `routing.cache.write_roads` writes it.
    name
        What the user calls the file.
    report
        Takes the step and the share that is done; if it raises, the child is ended.

    Returns
    -------
    dict
        nodes, edges, extent (west, south, east, north) and data_date ("" if unknown).

    Raises
    ------
    InputError
        The file is no extract of OpenStreetMap, or costs more than the limits allow.
    """
    shown = plain_name(name)
    _check_size(path.stat().st_size, shown, limits)
    with tempfile.TemporaryDirectory(dir=result.parent) as folder:
        held = Path(folder) / f"upload{_road_suffix(path, shown)}"
        _put(path, held)
        progress = Path(folder) / "progress"
        task = {
            "kind": ROADS,
            "path": str(held),
            "result": str(result),
            "profile": profile,
            "source": shown,
            "progress": str(progress),
        }

        def look() -> None:
            said = progress.read_text(encoding="utf-8") if progress.exists() else ""
            share, _, step = said.partition(" ")
            report(step or "starting", float(share or 0.0))

        outcome = _run(task, Path(folder), shown, limits, look)
        return _attrs(outcome, held, shown, limits)


def _put(path: Path, held: Path) -> None:
    """Give a file a second name, as a copy where it lies on another disk."""
    try:
        held.hardlink_to(path)
    except OSError:
        shutil.copyfile(path, held)


def _road_suffix(path: Path, shown: str) -> str:
    with path.open("rb") as file:
        head = file.read(500)
    for sign, within, suffix in ROAD_SIGNS:
        if sign in head[:within]:
            return suffix
    raise InputError(
        "The file is no extract of OpenStreetMap",
        where=shown,
        fix="Choose an .osm.pbf, .osm or .osm.gz file",
    )


def fences() -> list[str]:
    """Give the fences a child process can put up on this computer, for `doctor`.

    Besides these, the parent always watches the child's time and memory and ends it.
    """
    limits = Limits(seconds=30)
    with tempfile.TemporaryDirectory() as folder:
        outcome = _run({"kind": NOTHING}, Path(folder), "", limits)
    stand: list[str] = outcome["fences"]
    return stand


def plain_name(name: str) -> str:
    """Give a file's name without folders, signs that show nothing, or great length."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(c for c in last if c.isprintable())[:100] or "upload"


def _open(
    content: bytes, name: str, task: dict[str, Any], folder: Path, limits: Limits
) -> tuple[dict[str, Any], Path]:
    """Give what the child said of the table, and where it left it."""
    shown = plain_name(name)
    _check_size(len(content), shown, limits)
    path, result = folder / "upload", folder / "result.parquet"
    path.write_bytes(content)
    task = {**task, "path": str(path), "result": str(result)}
    outcome = _run(task, folder, shown, limits)
    return _attrs(outcome, path, shown, limits), result


def _check_size(n_bytes: int, shown: str, limits: Limits) -> None:
    if n_bytes > limits.size_bytes:
        what = f"The file has {n_bytes / 1e6:,.0f} MB"
        most = f"{limits.size_bytes / 1e6:,.0f} MB is the most"
        raise InputError(f"{what}; {most}", where=shown, fix=limits.smaller)


def _attrs(
    outcome: dict[str, Any], path: Path, shown: str, limits: Limits
) -> dict[str, Any]:
    """Give what the child said of the file; raise what it refused."""
    if "refusal" in outcome:
        told = outcome["refusal"]
        where = told["where"].replace(path.name, shown, 1)
        raise InputError(told["what"], where=where, fix=told["fix"])
    if "memory" in outcome:
        raise _too_much(limits, shown)
    attrs: dict[str, Any] = outcome["attrs"]
    return attrs


def _run(
    task: dict[str, Any],
    folder: Path,
    shown: str,
    limits: Limits,
    look: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Start the child, watch it, and give what it wrote on its standard output."""
    task = {**task, "memory_bytes": limits.memory_bytes, "seconds": limits.seconds}
    (folder / "task.json").write_text(json.dumps(task), encoding="utf-8")
    with (
        (folder / "task.json").open("rb") as told,
        (folder / "outcome.json").open("w+b") as said,
        (folder / "log").open("w+b") as heard,
    ):
        child = subprocess.Popen(
            [sys.executable, "-m", "data.parser"],
            stdin=told,
            stdout=said,
            stderr=heard,
            cwd=ROOT,
            env=_environment(),
            start_new_session=True,
        )
        try:
            _watch(child, shown, limits, look)
        finally:
            stop(child)
        said.seek(0)
        heard.seek(0)
        return _outcome(said.read(), heard.read(), child.returncode, shown, limits)


def _environment() -> dict[str, str]:
    """Give the child the least of our environment: no keys, no proxies, no options."""
    kept = {k: os.environ[k] for k in KEPT_VARIABLES if k in os.environ}
    return kept | dict.fromkeys(ONE_THREAD, "1") | {"PYTHONUTF8": "1"}


def _watch(
    child: subprocess.Popen[bytes],
    shown: str,
    limits: Limits,
    look: Callable[[], None],
) -> None:
    """Wait for the child; end it when it takes too long or too much memory."""
    end = time.monotonic() + limits.seconds
    while child.poll() is None:
        if time.monotonic() > end:
            what = f"Reading the file takes longer than {limits.seconds:g} s"
            raise InputError(what, where=shown, fix="Export it again, or split it")
        if resident_bytes(child.pid) > limits.memory_bytes:
            raise _too_much(limits, shown)
        look()
        time.sleep(POLL_S)


def _too_much(limits: Limits, shown: str) -> InputError:
    what = f"Reading the file takes more than {limits.memory_bytes / 1e6:,.0f} MB"
    return InputError(what, where=shown, fix=limits.smaller)


def _outcome(
    said: bytes, heard: bytes, code: int, shown: str, limits: Limits
) -> dict[str, Any]:
    if code == 0:
        outcome: dict[str, Any] = json.loads(said)
        return outcome
    log.warning("the parser ended with %d", code)
    if b"MemoryError" in heard or b"bad_alloc" in heard or b"malloc" in heard:
        raise _too_much(limits, shown)
    raise InputError("The file cannot be read", where=shown, fix=limits.again)
