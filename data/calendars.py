"""Calendars that last: the call rotations of a plan, one a rep, with older versions.

``<home>/calendars/<plan>/<rep>/000001.parquet``; the highest number is in force. A
calendar is written whole or not at all.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from data.atomic import replacing
from geo.errors import InputError
from geo.frames import STOPS, Stops, names
from routing.rotation import Rotation
from routing.timetable import as_stops
from sales.travel import Calendars

FOLDER = "calendars"
KEEP = 20
"""Versions of a rep's calendar that are kept."""

LONGEST = 100
"""Characters of a folder's name."""


@dataclass(frozen=True)
class Version:
    """One calendar a rep has had: its number, days, and when it was made (UTC)."""

    number: int
    start: dt.date
    weeks: int
    made: dt.datetime
    visits: int


def save_calendar(
    home: Path,
    plan_id: str,
    rep_id: str,
    stops: Stops,
    *,
    start: dt.date,
    weeks: int,
    accounts: Iterable[str] | None = None,
    made: dt.datetime | None = None,
) -> Version:
    """Keep a rep's calendar as the one in force; older ones stay as versions.

    Parameters
    ----------
    start, weeks
        The days it covers, also those without visits.
    accounts
        The ids of all accounts it was made for; those with visits if None.
    made
        When; now if None.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    folder = _folder(home, plan_id, rep_id)
    made = made or dt.datetime.now(dt.UTC)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The calendar cannot be kept: {error.strerror or error}",
            where=str(home),
            fix="Choose a folder that may be written to in BAILIWICK_HOME",
        ) from error
    found = _files(folder)
    number = int(found[-1].stem) + 1 if found else 1
    table = as_stops(stops)
    table.attrs = {
        "rep_id": rep_id,
        "start": start.isoformat(),
        "weeks": weeks,
        "accounts": sorted(set(table["account_id"]) if accounts is None else accounts),
        "made": made.isoformat(timespec="seconds"),
    }
    with replacing(folder / f"{number:06d}.parquet") as draft:
        table.to_parquet(draft)
    for old in found[: max(0, len(found) + 1 - KEEP)]:
        old.unlink()
    return _version(number, table)


def load_calendar(
    home: Path, plan_id: str, rep_id: str, *, number: int | None = None
) -> Stops | None:
    """Give a rep's calendar, None if there is none.

    Parameters
    ----------
    number
        An older version; the one in force if None.

    Raises
    ------
    InputError
        It cannot be read.
    """
    found = _files(_folder(home, plan_id, rep_id))
    if number is not None:
        found = [path for path in found if int(path.stem) == number]
    return _read(found[-1]) if found else None


def versions(home: Path, plan_id: str, rep_id: str) -> list[Version]:
    """Give the calendars a rep has had, the one in force last."""
    found = _files(_folder(home, plan_id, rep_id))
    return [_version(int(path.stem), _read(path)) for path in found]


def calendars(home: Path, plan_id: str) -> Stops:
    """Give the calendars in force of all reps of a plan; no rows if there are none."""
    tables = [_read(path) for path in _in_force(home, plan_id)]
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else no_stops()


def save_rotation(home: Path, plan_id: str, rotation: Rotation) -> Version:
    """Keep a rotation as its rep's calendar, see `save_calendar`."""
    return save_calendar(
        home,
        plan_id,
        rotation.rep_id,
        rotation.stops,
        start=rotation.start,
        weeks=rotation.weeks,
        accounts=rotation.accounts,
    )


def in_force(home: Path, plan_id: str) -> Calendars:
    """Give the calendars in force with what they cover, for driving hours."""
    tables = [_read(path) for path in _in_force(home, plan_id)]
    filled = [table for table in tables if len(table)]
    rep = {a: t.attrs["rep_id"] for t in tables for a in t.attrs["accounts"]}
    weeks = {t.attrs["rep_id"]: float(t.attrs["weeks"]) for t in tables}
    return Calendars(
        pd.concat(filled, ignore_index=True) if filled else no_stops(),
        pd.Series(weeks, dtype="float64"),
        pd.Series(rep, dtype="str"),
    )


def horizons(home: Path, plan_id: str) -> pd.DataFrame:
    """Give what the calendars in force cover.

    Returns
    -------
    DataFrame
        Index rep_id: start (date), weeks.
    """
    tables = [_read(path) for path in _in_force(home, plan_id)]
    said = [(t.attrs["rep_id"], t.attrs["start"], t.attrs["weeks"]) for t in tables]
    table = pd.DataFrame(said, columns=["rep_id", "start", "weeks"])
    return table.astype({"start": "datetime64[s]", "weeks": "int64"}).set_index(
        "rep_id"
    )


def drop_calendars(home: Path, plan_id: str) -> None:
    """Forget the calendars of a plan."""
    shutil.rmtree(home / FOLDER / _name(plan_id), ignore_errors=True)


def no_stops() -> Stops:
    """Give a calendar without visits."""
    return as_stops(pd.DataFrame({name: [] for name in names(STOPS)}))


def _in_force(home: Path, plan_id: str) -> list[Path]:
    folder = home / FOLDER / _name(plan_id)
    reps = sorted(folder.iterdir()) if folder.is_dir() else []
    return [found[-1] for rep in reps if (found := _files(rep))]


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.parquet"))


def _folder(home: Path, plan_id: str, rep_id: str) -> Path:
    return home / FOLDER / _name(plan_id) / _name(rep_id)


def _name(text: str) -> str:
    """Give an id as the name of a folder: no separator, no dot in front."""
    safe = "_" + quote(text, safe=" -")
    if len(safe) <= LONGEST:
        return safe
    return "_" + hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path) -> Stops:
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InputError(
            "This calendar cannot be read", where=str(path), fix="Make it again"
        ) from error
    stops = as_stops(table)
    stops.attrs = dict(table.attrs)
    return stops


def _version(number: int, table: Stops) -> Version:
    said = table.attrs
    return Version(
        number,
        dt.date.fromisoformat(said["start"]),
        int(said["weeks"]),
        dt.datetime.fromisoformat(said["made"]),
        len(table),
    )
