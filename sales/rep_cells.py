"""Cells of a table of reps: hours, times, dates and homes as people write them.

Each bad or doubtful cell becomes an `Issue`; the row goes on without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.errors import InputError, Issue

FULL_TIME_H = 1408.0
"""Field hours a year of a full-time rep: 220 days x 8 h x 80 % of it in the field."""

WEEKS = 46
"""Working weeks of a year: a number of hours up to `MOST_WEEKLY_H` is a week's."""

MOST_WEEKLY_H, MOST_YEARLY_H = 80.0, 4000.0


def texts_of(
    raw: pd.DataFrame, columns: dict[str, str], fields: Iterable[str]
) -> pd.DataFrame:
    """Give a text column for each field; the index is the row as a person counts."""

    def text(cell: Any) -> str:
        return "" if pd.isna(cell) else str(cell).strip()

    empty = pd.Series("", raw.index)
    cells = {
        field: raw[columns[field]].map(text) if field in columns else empty
        for field in fields
    }
    rows = pd.RangeIndex(1, len(raw) + 1)
    return pd.DataFrame(cells).astype("str").set_axis(rows)


def _say(
    issues: list[Issue], kind: str, field: str, cells: pd.Series, message: str
) -> None:
    # The message is for people: {} stands for the cell.
    issues += [
        Issue(kind, int(row), field, cell, message.format(cell))
        for row, cell in zip(cells.index.to_numpy(), cells, strict=True)
    ]


def named(texts: pd.DataFrame, issues: list[Issue]) -> pd.Series:
    """Say which rows name a rep; the others are left out, each with an issue.

    Raises
    ------
    InputError
        When none does.
    """
    named = (texts["name"] != "") | (texts["rep_id"] != "")
    nameless = texts.loc[~named, "name"]
    _say(issues, "no_name", "name", nameless, "No name; the row was left out.")
    if not named.any():
        raise InputError("No row names a rep", fix="Fill the column 'name'")
    return named


def numbers(
    texts: pd.DataFrame,
    field: str,
    issues: list[Issue],
    *,
    least: float,
    most: float = np.inf,
) -> pd.Series:
    """Give a field as numbers; nan, with an issue, where a cell is not in the range."""
    said = texts[field]
    numbers = said.map(_number).astype("float64")
    wrong = (said != "") & ~numbers.between(least, most)
    _say(issues, "bad_number", field, said[wrong], f"'{{}}' is no {field}; left empty.")
    return numbers.mask(wrong)


def _number(text: str) -> float:
    """Give "1,400", "1.400,5", "$1200" or "50 %" as a number, nan if it is none."""
    share = 0.01 if text.endswith("%") else 1.0
    digits = re.sub(r"[\s$€£%]", "", text)
    if "," in digits and digits.rfind(",") > digits.rfind("."):
        thousands = "." not in digits and re.fullmatch(r"-?\d+(,\d{3})+", digits)
        digits = digits.replace(".", "").replace(",", "" if thousands else ".")
    digits = digits.replace(",", "")
    try:
        return float(digits) * share
    except ValueError:
        return np.nan


def shares(texts: pd.DataFrame, issues: list[Issue]) -> pd.Series:
    """Give the share of full time: 0.5, "50" and "50 %" are one half; 1 if not said."""
    fte = numbers(texts, "fte", issues, least=0.0, most=100.0)
    fte = fte.where(fte <= 1.5, fte / 100)
    return fte.mask(fte <= 0).fillna(1.0)


def hours(texts: pd.DataFrame, fte: pd.Series, issues: list[Issue]) -> pd.Series:
    """Give field hours a year: a week's are multiplied, missing ones assumed."""
    field = "capacity_h"
    said = numbers(texts, field, issues, least=1.0, most=MOST_YEARLY_H)
    weekly = said <= MOST_WEEKLY_H
    message = f"{{}} hours were taken as a week's: {WEEKS} weeks a year."
    _say(issues, "weekly_hours", field, texts.loc[weekly, field], message)
    message = f"No field hours; {FULL_TIME_H:.0f} a year for full time were taken."
    _say(issues, "assumed_hours", field, texts.loc[said.isna(), field], message)
    return said.where(~weekly, said * WEEKS).fillna(FULL_TIME_H * fte)


def clock(
    texts: pd.DataFrame, field: str, usual: str, issues: list[Issue]
) -> pd.Series:
    """Give a field as HH:MM, the usual time where it is missing or wrong."""
    said = texts[field].str.extract(r"^([01]?\d|2[0-3]):([0-5]\d)(?::\d\d)?$")
    time = said[0].str.zfill(2) + ":" + said[1]
    wrong = texts.loc[(texts[field] != "") & time.isna(), field]
    message = f"'{{}}' is no time of day like 08:30; {usual} was taken."
    _say(issues, "bad_time", field, wrong, message)
    return time.fillna(usual).astype("str")


def dates(texts: pd.DataFrame, field: str, issues: list[Issue]) -> pd.Series:
    """Give a field as dates, NaT where it is missing or not as 2026-01-31."""
    said = texts[field]
    dates = pd.to_datetime(said.where(said != ""), format="ISO8601", errors="coerce")
    wrong = said[(said != "") & dates.isna()]
    message = "'{}' is no date like 2026-01-31; left empty."
    _say(issues, "bad_date", field, wrong, message)
    return dates


def homes(texts: pd.DataFrame, issues: list[Issue]) -> NDArray[np.object_]:
    """Give homes as points in degrees, None where there are no coordinates."""
    lon = numbers(texts, "lon", issues, least=-180.0, most=180.0)
    lat = numbers(texts, "lat", issues, least=-90.0, most=90.0)
    half = lon.isna() != lat.isna()
    cells = texts.loc[half, "lon"] + ", " + texts.loc[half, "lat"]
    message = "'{}' is half a position; the home comes from the address."
    _say(issues, "bad_position", "geometry", cells, message)
    known = lon.notna() & lat.notna() & ((lon != 0) | (lat != 0))
    points = np.full(len(texts), None, dtype=object)
    points[known] = shapely.points(lon[known], lat[known])
    return points


def ids(texts: pd.DataFrame, issues: list[Issue]) -> pd.Index:
    """Give one id a row: rep_id, else the name, with a number when it is repeated."""
    ids = texts["rep_id"].where(texts["rep_id"] != "", texts["name"])
    again = ids.groupby(ids).cumcount()
    message = "'{}' stands in several rows; each became a rep of its own."
    _say(issues, "duplicate_id", "rep_id", ids[again > 0], message)
    distinct = ids.where(again == 0, ids + " (" + (again + 1).astype("str") + ")")
    found: pd.Index = pd.Index(distinct.to_numpy(), dtype="str", name="rep_id")
    return found
