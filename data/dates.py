"""Dates as exports write them; the column decides whether the day or month is first."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import pandas as pd

from data.numbers import NULLS

ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
SLASHED = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:[T ,].*)?")
NAMED = re.compile(r"(\d{1,2})[-. ]+([A-Za-z]{3,9})\.?[-, ]+(\d{4}|\d{2})")
NAMED_FIRST = re.compile(r"([A-Za-z]{3,9})\.? +(\d{1,2}),? +(\d{4})")
SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
EXCEL_DAY_ZERO = dt.date(1899, 12, 30)
SERIALS = range(18_264, 73_051)
"""1950-01-01 to 2100-01-01 as Excel counts days."""
MONTHS = re.findall("...", "janfebmaraprmayjunjulaugsepoctnovdec")


@dataclass(frozen=True)
class Dates:
    """A column of text read as days.

    Parameters
    ----------
    values
        datetime64, NaT where there is no date.
    bad
        True where text stands that is no date.
    ambiguous
        True if 03/04 could be March or April in every such cell; those are left empty.
    """

    values: pd.Series[pd.Timestamp]
    bad: pd.Series[bool]
    ambiguous: bool


def parse_dates(cells: pd.Series[str], *, day_first: bool | None = None) -> Dates:
    """Read a column of dates: ISO, 31/12/2024, 31.12.24, 5-May-2024, Excel's 45231.

    Parameters
    ----------
    cells
        Text.
    day_first
        What the user says about 03/04/2024; None to let the column decide.
    """
    counts = cells.str.strip().value_counts()
    if day_first is None:
        day_first = _day_first([str(text) for text in counts.index])
    known = {str(text): _date(str(text), day_first) for text in counts.index}
    values = pd.to_datetime(cells.str.strip().map(known), errors="coerce")
    slashed = cells.str.strip().str.fullmatch(SLASHED)
    ambiguous = day_first is None and bool(slashed.any())
    empty = cells.str.strip().str.lower().isin(NULLS)
    bad = values.isna() & ~empty
    return Dates(values, bad & ~slashed if ambiguous else bad, ambiguous)


def _day_first(texts: list[str]) -> bool | None:
    """Tell which comes first from the cells that prove it; None if none does."""
    found = [m for m in map(SLASHED.fullmatch, texts) if m]
    day = sum(int(m[1]) > 12 for m in found)
    month = sum(int(m[3]) > 12 for m in found)
    if day == month:
        points = [m for m in found if m[2] == "."]
        return True if points and len(points) == len(found) else None
    return day > month


def _date(text: str, day_first: bool | None) -> dt.datetime | None:
    try:
        day = _parts(text, day_first)
    except (ValueError, OverflowError):
        return None
    return dt.datetime(day.year, day.month, day.day) if day else None


def _parts(text: str, day_first: bool | None) -> dt.date | None:
    if m := ISO.fullmatch(text):
        return dt.date(int(m[1]), int(m[2]), int(m[3]))
    if m := SLASHED.fullmatch(text):
        if day_first is None:
            return None
        first, second = int(m[1]), int(m[3])
        day, month = (first, second) if day_first else (second, first)
        return dt.date(_year(m[4]), month, day)
    if m := NAMED.fullmatch(text):
        return dt.date(_year(m[3]), _month(m[2]), int(m[1]))
    if m := NAMED_FIRST.fullmatch(text):
        return dt.date(int(m[3]), _month(m[1]), int(m[2]))
    if (m := SERIAL.fullmatch(text)) and int(m[1]) in SERIALS:
        return EXCEL_DAY_ZERO + dt.timedelta(days=int(m[1]))
    return None


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return 2000 + year if year < 70 else 1900 + year


def _month(name: str) -> int:
    return MONTHS.index(name[:3].lower()) + 1
