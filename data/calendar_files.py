"""A calendar out to files: CSV for a spreadsheet, ICS for a phone."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
from icalendar import Calendar, Event, vDuration
from icalendar.prop import vText

from data.account_files import write_rows
from data.atomic import write_bytes
from data.degrees import degrees
from data.tables import read_table
from geo.errors import InputError
from geo.frames import STOPS, Accounts, Reps, Stops
from routing.timetable import as_stops

SUFFIXES = (".csv", ".xlsx", ".ics")
ADDRESS = ("street", "city", "state", "postal_code")


def write_calendar(stops: Stops, path: Path, *, accounts: Accounts, reps: Reps) -> Path:
    """Write the visits of all reps; the suffix picks the format.

    Raises
    ------
    InputError
        The suffix is none of ours, or the file cannot be written.
    """
    refuse_suffix(path)
    table = told(stops, accounts=accounts, reps=reps)
    if path.suffix.lower() == ".ics":
        return write_bytes(path, ics(table, reps))
    return write_rows(table, path)


def read_calendar(path: Path) -> Stops:
    """Read a calendar that `write_calendar` wrote as a table.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column, or a cell is no date or number.
    """
    raw = read_table(path)
    missing = [column.name for column in STOPS if column.name not in raw]
    if missing:
        raise InputError(
            f"Column '{missing[0]}' is missing",
            where=str(path),
            fix="Give a calendar that rotate wrote as .csv or .xlsx",
        )
    table = raw[[column.name for column in STOPS]].copy()
    table["estimated"] = table["estimated"].str.lower().isin(["true", "1"])
    try:
        for column in STOPS:
            if column.kind == "date":
                table[column.name] = pd.to_datetime(table[column.name])
            elif column.kind == "number":
                table[column.name] = pd.to_numeric(table[column.name])
    except ValueError as error:
        raise InputError(
            "A cell of the calendar is no date or number", where=str(path)
        ) from error
    return as_stops(table)


def refuse_suffix(path: Path) -> None:
    """Refuse a path no calendar can be written to.

    Raises
    ------
    InputError
        The suffix is none of ours.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"No calendar can be written as '{path.suffix or path.name}'",
            where=str(path),
            fix=f"Choose one of {', '.join(SUFFIXES)}",
        )


def told(stops: Stops, *, accounts: Accounts, reps: Reps) -> pd.DataFrame:
    """Give the stops with the names and places people look for."""
    account = accounts.reindex(stops["account_id"])
    points = degrees(account.geometry)
    rep_names = reps["name"].reindex(stops["rep_id"]).to_numpy()
    table = stops.assign(
        date=stops["date"].dt.strftime("%Y-%m-%d"),
        arrive=stops["arrive"].dt.strftime("%Y-%m-%d %H:%M"),
        leave=stops["leave"].dt.strftime("%Y-%m-%d %H:%M"),
        lon=points.x.to_numpy(),
        lat=points.y.to_numpy(),
    )
    for column in ("drive_s", "drive_m", "back_s", "back_m"):
        table[column] = table[column].round(1)
    table.insert(1, "rep", rep_names)
    for i, field in enumerate(("name", *ADDRESS)):
        if field in account:
            said = account[field].fillna("").astype("str").to_numpy()
            table.insert(5 + i, field, said)
    return table


def ics(table: pd.DataFrame, reps: Reps) -> bytes:
    """Give an iCalendar (RFC 5545) with an event a visit.

    Times are UTC where the rep's time zone is known, so that the clock may change
    between two visits; else they float.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Bailiwick//call rotation//EN")
    calendar.add("version", "2.0")
    zones = {str(i): _zone(name) for i, name in reps["timezone"].items()}
    for row in table.to_dict("records"):
        visit = dt.timedelta(seconds=round(row["visit_s"]))
        begin = pd.Timestamp(row["leave"]).to_pydatetime() - visit  # lunch, waiting
        key = f"{row['rep_id']}|{row['account_id']}|{row['date']}"
        event = Event()
        event.add("uid", hashlib.sha256(key.encode()).hexdigest()[:24] + "@bailiwick")
        event.add("dtstamp", dt.datetime(1970, 1, 1, tzinfo=dt.UTC))
        event.add("dtstart", _at(begin, zones.get(str(row["rep_id"]))))
        event["duration"] = vDuration(visit)
        event.add("summary", row.get("name") or row["account_id"])
        place = ", ".join(str(row[f]) for f in ADDRESS if row.get(f))
        if place:
            event["location"] = vText(place)
        if pd.notna(row["lat"]):
            event.add("geo", (row["lat"], row["lon"]))
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def _at(local: dt.datetime, zone: ZoneInfo | None) -> dt.datetime:
    return local if zone is None else local.replace(tzinfo=zone).astimezone(dt.UTC)


def _zone(name: object) -> ZoneInfo | None:
    try:
        return ZoneInfo(str(name)) if name else None
    except (ValueError, KeyError, OSError):
        return None
