"""What reps write down: miles and expenses, the day as they drive it, what is wrong.

One folder a study, ``<home>/logs/<study>``: ``trips.parquet``, ``reports.json`` and one
file a rep and day. Each change is on the disk when its function returns.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
import uuid
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from data.atomic import replacing, write_text
from geo.errors import InputError
from geo.frames import TRIPS, Trips, names
from routing.mileage import IRS, Rate, no_trips
from routing.missed import COLUMNS as MISSED

FORMAT = 1
KINDS = ("address", "hours", "closed", "other")
"""What a report may be about."""

NIGHT = 110.0
"""What a night away costs unless said: the US standard lodging rate of 2026 (GSA)."""

KEY = ["rep_id", "date", "territory"]
TEXT = 500
_WRITING = threading.Lock()
"""Two windows of one program never write over each other."""


@dataclass(frozen=True)
class Told:
    """Something a rep found wrong, for the planner to mend.

    Parameters
    ----------
    report_id
        Its key.
    at
        When it was told, with its time zone.
    rep_id, account_id
        Who told it, about which account.
    kind
        One of `KINDS`.
    text
        What is wrong, in the rep's words.
    done
        Whether the planner has dealt with it.
    """

    report_id: str
    at: dt.datetime
    rep_id: str
    account_id: str
    kind: str
    text: str
    done: bool = False


@dataclass(frozen=True)
class DayChoice:
    """The day as the rep has set it.

    Parameters
    ----------
    stop_ids
        In driving order.
    skipped
        Left out today; they stay due.
    dropped
        Taken off today's list.
    pinned
        Stops that keep their place when the day is put in order again.
    """

    stop_ids: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prices:
    """What a mile and a night are worth.

    Parameters
    ----------
    rates
        By date, see `routing.mileage.IRS`.
    night
        Currency for a night away that has no bill.
    """

    rates: tuple[Rate, ...] = IRS
    night: float = NIGHT


def read_trips(home: Path, study_id: str) -> Trips:
    """Give the trips all reps have logged, by rep and day."""
    path = _folder(home, study_id) / "trips.parquet"
    if not path.exists():
        return no_trips()
    return pd.read_parquet(path)[names(TRIPS)]


def log_trips(home: Path, study_id: str, trips: Trips) -> Trips:
    """Keep trips; those of the same rep, day and territory are replaced.

    Returns
    -------
    Trips
        All that is logged now.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    with _WRITING:
        return _keep(home, study_id, read_trips(home, study_id), trips)


def set_trips(home: Path, study_id: str, rep_id: str, trips: Trips) -> Trips:
    """Keep these trips of a rep in place of all the rep has logged."""
    with _WRITING:
        logged = read_trips(home, study_id)
        return _keep(home, study_id, logged[logged["rep_id"] != rep_id], trips)


def _keep(home: Path, study_id: str, old: Trips, new: Trips) -> Trips:
    """Write both, the newer of a rep, day and territory, sorted."""
    full = [table for table in (old, new) if len(table)]
    both = pd.concat(full, ignore_index=True) if full else no_trips()
    both["date"] = pd.to_datetime(both["date"]).astype("datetime64[ms]")
    table = both.drop_duplicates(KEY, keep="last").sort_values(KEY, ignore_index=True)
    with replacing(_made(home, study_id) / "trips.parquet") as draft:
        table.to_parquet(draft)
    return table


def tell(
    home: Path, study_id: str, *, rep_id: str, account_id: str, kind: str, text: str
) -> Told:
    """Keep what a rep found wrong, for the planner.

    Raises
    ------
    InputError
        Nothing is said, the kind is unknown, or the folder cannot be written.
    """
    text = " ".join(text.split())[:TEXT]
    if not text:
        raise InputError("Nothing is said", fix="Say what is wrong")
    if kind not in KINDS:
        raise InputError(f"'{kind}' is no kind of report", fix=", ".join(KINDS))
    now = dt.datetime.now().astimezone()
    told = Told(uuid.uuid4().hex[:12], now, rep_id, account_id, kind, text)
    with _WRITING:
        _write_told(home, study_id, [*reports(home, study_id), told])
    return told


def reports(home: Path, study_id: str) -> list[Told]:
    """Give what reps found wrong, the oldest first.

    Raises
    ------
    InputError
        The file is damaged.
    """
    path = _folder(home, study_id) / "reports.json"
    rows = _read(path, "rows", default=[])
    try:
        return [Told(**{**r, "at": dt.datetime.fromisoformat(r["at"])}) for r in rows]
    except (TypeError, KeyError, ValueError) as error:
        raise _damaged(path) from error


def settle(home: Path, study_id: str, report_id: str, *, done: bool = True) -> None:
    """Mark a report as dealt with, or as open again."""
    with _WRITING:
        rows = [
            replace(told, done=done) if told.report_id == report_id else told
            for told in reports(home, study_id)
        ]
        _write_told(home, study_id, rows)


def _write_told(home: Path, study_id: str, rows: Sequence[Told]) -> None:
    said = [asdict(told) | {"at": told.at.isoformat()} for told in rows]
    _write(_made(home, study_id) / "reports.json", "rows", said)


def save_day(
    home: Path, study_id: str, rep_id: str, day: dt.date, choice: DayChoice
) -> None:
    """Keep the day as the rep has set it."""
    _made(home, study_id)
    _write(_day_path(home, study_id, rep_id, day), "day", asdict(choice))


def load_day(home: Path, study_id: str, rep_id: str, day: dt.date) -> DayChoice | None:
    """Give the day as the rep has set it, None if it never was.

    Raises
    ------
    InputError
        The file is damaged.
    """
    path = _day_path(home, study_id, rep_id, day)
    said = _read(path, "day", default=None)
    if said is None:
        return None
    try:
        return DayChoice(**{name: tuple(map(str, ids)) for name, ids in said.items()})
    except (TypeError, AttributeError) as error:
        raise _damaged(path) from error


def forget_day(home: Path, study_id: str, rep_id: str, day: dt.date) -> None:
    """Go back to the day as it was planned."""
    _day_path(home, study_id, rep_id, day).unlink(missing_ok=True)


def save_outcome(
    home: Path,
    study_id: str,
    plan_id: str,
    rep_id: str,
    *,
    missed: pd.DataFrame,
    hours: pd.DataFrame,
    off: Collection[dt.date] = (),
) -> None:
    """Keep what a calendar could not hold, and what its weeks hold.

    Parameters
    ----------
    missed, hours
        As in `routing.rotation.Rotation`.
    off
        Days off it was made with.
    """
    _made(home, study_id)
    days = pd.Series(hours.index).dt.strftime("%Y-%m-%d").to_numpy()
    weeks = hours.reset_index().assign(week=days)
    said = {
        "missed": missed.to_dict("records"),
        "hours": weeks.to_dict("records"),
        "off": [day.isoformat() for day in sorted(off)],
    }
    _write(_outcome_path(home, study_id, plan_id, rep_id), "outcome", said)


def load_outcome(
    home: Path, study_id: str, plan_id: str, rep_id: str
) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Give what `save_outcome` kept, (missed, hours); None if nothing was.

    Raises
    ------
    InputError
        The file is damaged.
    """
    path = _outcome_path(home, study_id, plan_id, rep_id)
    said = _read(path, "outcome", default=None)
    if said is None:
        return None
    try:
        hours = pd.DataFrame(said["hours"])
        hours = hours.assign(week=pd.to_datetime(hours["week"])).set_index("week")
        return pd.DataFrame(said["missed"], columns=list(MISSED)), hours
    except (TypeError, KeyError, ValueError) as error:
        raise _damaged(path) from error


def load_off(
    home: Path, study_id: str, plan_id: str, rep_id: str
) -> frozenset[dt.date]:
    """Give the days off a rep's calendar was made with.

    Raises
    ------
    InputError
        The file is damaged.
    """
    path = _outcome_path(home, study_id, plan_id, rep_id)
    said = _read(path, "outcome", default={})
    try:
        return frozenset(map(dt.date.fromisoformat, said.get("off", ())))
    except (TypeError, ValueError) as error:
        raise _damaged(path) from error


def read_prices(home: Path) -> Prices:
    """Give what a mile and a night are worth; the shipped rates unless changed.

    Raises
    ------
    InputError
        The file is damaged.
    """
    path = home / "logs" / "prices.json"
    said = _read(path, "prices", default=None)
    if said is None:
        return Prices()
    try:
        rates = tuple(
            Rate(dt.date.fromisoformat(r["since"]), float(r["per_mile"]), r["source"])
            for r in said["rates"]
        )
        return Prices(rates, float(said["night"]))
    except (TypeError, KeyError, ValueError) as error:
        raise _damaged(path) from error


def save_prices(home: Path, prices: Prices) -> None:
    """Keep other rates.

    Raises
    ------
    InputError
        There is none, one is below 0, or two begin on one day.
    """
    days = [rate.since for rate in prices.rates]
    if not days:
        raise InputError("There is no rate", fix="Keep at least one")
    if len(set(days)) < len(days):
        raise InputError("Two rates begin on one day", fix="Keep one of them")
    if min(prices.night, *(rate.per_mile for rate in prices.rates)) < 0:
        raise InputError("A rate is below 0", fix="Give 0.725")
    (home / "logs").mkdir(parents=True, exist_ok=True)
    said = {
        "rates": [asdict(r) | {"since": r.since.isoformat()} for r in prices.rates],
        "night": prices.night,
    }
    _write(home / "logs" / "prices.json", "prices", said)


def _folder(home: Path, study_id: str) -> Path:
    return home / "logs" / quote(study_id, safe="")


def _made(home: Path, study_id: str) -> Path:
    folder = _folder(home, study_id)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _day_path(home: Path, study_id: str, rep_id: str, day: dt.date) -> Path:
    return _folder(home, study_id) / f"day-{day:%Y-%m-%d}-{quote(rep_id, safe='')}.json"


def _outcome_path(home: Path, study_id: str, plan_id: str, rep_id: str) -> Path:
    name = f"weeks-{quote(plan_id, safe='')}-{quote(rep_id, safe='')}.json"
    return _folder(home, study_id) / name


def _write(path: Path, name: str, said: object) -> None:
    text = json.dumps({"format": FORMAT, name: said}, ensure_ascii=False, indent=1)
    write_text(path, text)


def _read(path: Path, name: str, *, default: Any) -> Any:
    if not path.exists():
        return default
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said["format"] > FORMAT:
            raise InputError(
                "A newer version has written this file",
                where=str(path),
                fix="Update the program",
            )
        return said[name]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> InputError:
    fix = "Put a backup in its place, or delete it"
    return InputError("The file is damaged", where=str(path), fix=fix)
