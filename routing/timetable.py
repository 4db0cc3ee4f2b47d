"""Tours of days become dated rows: arrivals, lunch, legs, and hours a week."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from geo.frames import STOPS, Stops
from geo.frames import names as column_names
from routing.engine import TravelMatrix
from routing.workdays import Workdays

LUNCH_AT_S = 11.5 * 3600
"""Lunch is at the first stop left, or reached, at 11:30 or later."""


def timetable(
    rep_id: str,
    days: Workdays,
    tours: list[list[int]],
    *,
    ids: list[str],
    begin: list[int],
    end: list[int],
    visit_s: np.ndarray[tuple[int], np.dtype[np.float64]],
    travel: TravelMatrix,
) -> Stops:
    """Give the stops of all days in order, columns as in `geo.frames.STOPS`.

    Parameters
    ----------
    tours
        Places of each day; place 0 is home, place i + 1 is account i.
    ids
        account_id of each account.
    begin, end
        Where each day begins and ends; not home when the night is spent away.
    visit_s
        Shape (p,): seconds of a visit.
    """
    rows: list[dict[str, object]] = []
    for day, tour in enumerate(tours):
        path = [begin[day], *tour, end[day]]
        clock, lunch_s = days.start_s, days.lunch_s
        midnight = pd.Timestamp(days.dates[day])
        for i, place in enumerate(tour):
            drive_s = float(travel.drive_s[path[i], place])
            if lunch_s and clock + drive_s >= LUNCH_AT_S:
                clock, lunch_s = clock + lunch_s, 0.0
            clock += drive_s
            last = i == len(tour) - 1
            leave = clock + visit_s[place]
            row = {
                "rep_id": rep_id,
                "date": midnight,
                "sequence": i + 1,
                "account_id": ids[place - 1],
                "arrive": midnight + pd.Timedelta(seconds=round(clock)),
                "leave": midnight + pd.Timedelta(seconds=round(leave)),
                "visit_s": float(visit_s[place]),
                "drive_s": drive_s,
                "drive_m": float(travel.drive_m[path[i], place]),
                "back_s": float(travel.drive_s[place, path[-1]]) if last else 0.0,
                "back_m": float(travel.drive_m[place, path[-1]]) if last else 0.0,
                "overnight": ids[path[-1] - 1] if last and path[-1] else "",
                "estimated": travel.estimated,
            }
            rows.append(row)
            clock = leave
    return as_stops(pd.DataFrame(rows, columns=column_names(STOPS)))


def as_stops(table: pd.DataFrame) -> Stops:
    """Give a table of stops its kinds of columns, whatever it was read from."""
    kinds = {
        "text": "str",
        "number": "float64",
        "date": "datetime64[s]",
        "bool": "bool",
    }
    typed = {c.name: kinds[c.kind] for c in STOPS} | {"sequence": "int64"}
    return table[column_names(STOPS)].astype(typed).reset_index(drop=True)


def weekly(stops: Stops, days: Workdays, *, start: dt.date) -> pd.DataFrame:
    """Give what each week holds.

    Returns
    -------
    DataFrame
        Index week, its first day: visits, visit_h, drive_h, drive_m, available_h (the
        hours of its working days), nights (away from home).
    """
    dates = pd.Series(pd.to_datetime(list(days.dates)), dtype="datetime64[s]")
    week = _week(dates, start)
    available = week.value_counts().sort_index() * days.limit_s / 3600
    table = pd.DataFrame(
        {
            "visits": 1,
            "visit_h": stops["visit_s"] / 3600,
            "drive_h": (stops["drive_s"] + stops["back_s"]) / 3600,
            "drive_m": stops["drive_m"] + stops["back_m"],
            "nights": (stops["overnight"] != "").astype("int64"),
        }
    )
    sums = table.groupby(_week(stops["date"], start)).sum().reindex(available.index)
    sums = sums.fillna(0.0).astype({"visits": "int64", "nights": "int64"})
    sums = sums.assign(available_h=available).rename_axis("week")
    order = ["visits", "visit_h", "drive_h", "drive_m", "available_h", "nights"]
    return sums[order]


def _week(dates: pd.Series, start: dt.date) -> pd.Series:
    first = pd.Timestamp(start)
    since = (dates - first).dt.days // 7
    return first + pd.to_timedelta(7 * since, unit="D")
