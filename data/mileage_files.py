"""Mileage logs and calendars from files: odometers, GPS totals, miles or kilometres."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.dates import parse_dates
from data.numbers import parse_numbers
from geo.errors import InputError, Issue
from geo.frames import TRIPS, Stops, Trips, names
from routing.mileage import METRES_PER_MILE

HEADINGS: dict[str, tuple[str, ...]] = {
    "rep_id": ("rep id", "rep", "driver", "employee", "employee id", "name", "user"),
    "date": ("date", "day", "trip date", "driven on"),
    "territory": ("territory", "territory id", "region", "district"),
    "start": ("odometer start", "start odometer", "start of day", "odo start", "start"),
    "end": ("odometer end", "end odometer", "end of day", "odo end", "end"),
    "miles": ("miles", "miles driven", "mi", "gps miles", "total miles", "distance mi"),
    "km": ("km", "kilometers", "kilometres", "gps km", "total km", "distance km"),
    "drive_m": ("drive m", "metres", "meters", "distance m"),
    "tolls": ("tolls", "toll", "parking", "tolls and parking"),
    "nights": ("nights", "overnights", "overnight", "hotel nights"),
    "lodging": ("lodging", "hotel", "hotel cost", "accommodation"),
    "sequence": ("sequence", "stop", "order"),
    "account_id": ("account id", "account"),
    "back_m": ("back m",),
    "estimated": ("estimated",),
}
"""Fields of a log or a calendar, and the headings they come under, best first."""

FARTHEST_MI = 1_200.0
"""Nobody drives farther in a day: a typing error, or miles of several days."""

YES = frozenset({"true", "1", "1.0", "yes", "y"})
NO = frozenset({"", "0", "0.0", "no", "n", "false"})


@dataclass(frozen=True, eq=False)
class Log:
    """What a file of miles holds.

    Parameters
    ----------
    trips
        See `geo.frames.TRIPS`; one row a rep, day and territory.
    issues
        Rows that were left out, and why.
    is_calendar
        Whether the miles are planned: the file is a calendar of stops.
    """

    trips: Trips
    issues: tuple[Issue, ...]
    is_calendar: bool = False


def fields_of(raw: pd.DataFrame) -> dict[str, str]:
    """Give the heading of each field a table has, field -> heading."""
    plain = {_key(str(heading)): str(heading) for heading in raw.columns}
    found: dict[str, str] = {}
    for field, aliases in HEADINGS.items():
        said = [_plain(field), *aliases]
        free = [plain[a] for a in said if plain.get(a) not in (None, *found.values())]
        if free:
            found[field] = free[0]
    return found


def is_calendar(raw: pd.DataFrame) -> bool:
    """Say whether a table is a calendar of stops rather than a log of days."""
    return {"account_id", "drive_m", "sequence"} <= fields_of(raw).keys()


def read_log(raw: pd.DataFrame, *, rep_id: str = "") -> Log:
    """Read a log: one row a day, its miles from the odometer, else as they are said.

    Several rows of a rep, a day and a territory add up. Kilometres and metres become
    miles; a heading of the odometer that says km counts in km.

    Parameters
    ----------
    raw
        Text cells, from `data.tables.read_table`.
    rep_id
        Who drove, where the table does not say.

    Raises
    ------
    InputError
        There is no column of dates, of distances or of drivers, or 03/04 could be
        March or April.
    """
    fields = fields_of(raw)
    where = str(raw.attrs.get("source", ""))
    _check(fields, rep_id=rep_id, where=where)
    cells = {field: raw[heading] for field, heading in fields.items()}
    dates = parse_dates(cells["date"])
    if dates.ambiguous:
        raise InputError(
            f"'{cells['date'].iloc[0]}' could be two days",
            where=where,
            fix="Write dates as 2026-03-04",
        )
    rows = pd.DataFrame({"date": dates.values, "miles": _miles(cells, fields)})
    rows["rep_id"] = cells["rep_id"].str.strip() if "rep_id" in cells else rep_id
    said = cells.get("territory")
    rows["territory"] = "" if said is None else said.str.strip()
    for field in ("tolls", "nights", "lodging"):
        rows[field] = _numbers(cells[field]) if field in cells else np.nan
    rows = rows.fillna({"tolls": 0.0, "nights": 0.0})
    issues = _issues(rows, cells)
    good = rows.drop(index=[issue.row for issue in issues])
    return Log(_by_day(good), tuple(issues))


def read_calendar(raw: pd.DataFrame) -> Stops:
    """Read what counts for miles of a calendar, as the program writes calendars.

    Raises
    ------
    InputError
        A column it needs is missing, or a cell of it is no date or number.
    """
    fields = fields_of(raw)
    where = str(raw.attrs.get("source", ""))
    needed = ("rep_id", "date", "sequence", "account_id", "drive_m")
    missing = [field for field in needed if field not in fields]
    if missing:
        raise InputError(f"Column '{missing[0]}' is missing", where=where)
    stops = pd.DataFrame({"rep_id": raw[fields["rep_id"]].str.strip()})
    stops["date"] = parse_dates(raw[fields["date"]]).values
    stops["sequence"] = _numbers(raw[fields["sequence"]])
    stops["account_id"] = raw[fields["account_id"]].str.strip()
    stops["drive_m"] = _numbers(raw[fields["drive_m"]])
    stops["back_m"] = _numbers(raw[fields["back_m"]]) if "back_m" in fields else 0.0
    stops["overnight"] = _away(raw, fields)
    stops["estimated"] = False
    if "estimated" in fields:
        stops["estimated"] = raw[fields["estimated"]].str.lower().isin(YES)
    bad = stops.index[stops["date"].isna() | ~(stops["drive_m"] >= 0)]
    if len(bad):
        raise InputError(
            "A row has no day or no distance", where=f"{where}, row {bad[0]}"
        )
    return stops


def _away(raw: pd.DataFrame, fields: Mapping[str, str]) -> pd.Series[str]:
    """Give what marks a night away, yes, a number or an account; "" where none is."""
    if "nights" not in fields:
        return pd.Series("", index=raw.index)
    said = raw[fields["nights"]].fillna("").str.strip()
    return said.mask(said.str.lower().isin(NO), "")


def _check(fields: Mapping[str, str], *, rep_id: str, where: str) -> None:
    distance = {"miles", "km", "drive_m"} & fields.keys() or (
        {"start", "end"} <= fields.keys()
    )
    for known, what in (
        ("date" in fields, "date"),
        (bool(distance), "miles, km, or odometer start and end"),
        (bool(rep_id) or "rep_id" in fields, "rep"),
    ):
        if not known:
            raise InputError(
                f"No column says {what}", where=where, fix=f"Name one '{what}'"
            )


def _miles(
    cells: Mapping[str, pd.Series[str]], fields: Mapping[str, str]
) -> pd.Series[float]:
    """Give the miles of each row: odometer first, then what is said of them."""
    index = cells["date"].index
    miles = pd.Series(np.nan, index=index, dtype="float64")
    if {"start", "end"} <= cells.keys():
        metric = "km" in _plain(fields["end"]).split()
        driven = _numbers(cells["end"]) - _numbers(cells["start"])
        miles = driven * (1000 / METRES_PER_MILE if metric else 1.0)
    said = (("miles", 1.0), ("km", 1000 / METRES_PER_MILE))
    for name, factor in (*said, ("drive_m", 1 / METRES_PER_MILE)):
        if name in cells:
            miles = miles.fillna(_numbers(cells[name]) * factor)
    return miles


def _issues(rows: pd.DataFrame, cells: Mapping[str, pd.Series[str]]) -> list[Issue]:
    checks = (
        ("no_date", "date", rows["date"].isna(), "is no day"),
        ("no_rep", "rep_id", rows["rep_id"] == "", "names no rep"),
        ("no_miles", "miles", rows["miles"].isna(), "has no distance"),
        (
            "backwards",
            "miles",
            rows["miles"] < 0,
            "has an odometer that runs backwards",
        ),
        ("too_far", "miles", rows["miles"] > FARTHEST_MI, "is farther than a day goes"),
        (
            *("negative", "tolls"),
            (rows[["tolls", "nights", "lodging"]] < 0).any(axis=1),
            "has an expense below 0",
        ),
    )
    found: dict[int, Issue] = {}
    for kind, field, bad, said in checks:
        for row in rows.index[bad]:
            source = "date" if field not in cells else field
            value = str(cells[source].get(row, "")) if source in cells else ""
            message = f"Row {row} {said}; it is left out"
            found.setdefault(int(row), Issue(kind, int(row), field, value, message))
    return [found[row] for row in sorted(found)]


def _by_day(rows: pd.DataFrame) -> Trips:
    keys = ["rep_id", "date", "territory"]
    sums = rows.groupby(keys, sort=True)[["miles", "tolls", "nights"]].sum()
    sums["lodging"] = rows.groupby(keys)["lodging"].sum(min_count=1)
    return sums.reset_index().assign(estimated=False)[names(TRIPS)]


def _numbers(cells: pd.Series[str]) -> pd.Series[float]:
    return parse_numbers(cells).values


def _key(heading: str) -> str:
    """Give a heading to look up; the unit of an odometer is no part of its name."""
    plain = _plain(heading).split()
    if {"odometer", "odo"} & set(plain):
        plain = [word for word in plain if word not in ("km", "mi", "miles")]
    return " ".join(plain)


def _plain(heading: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", heading.lower()).split())
