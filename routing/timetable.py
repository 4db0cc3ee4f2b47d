"""Tours of days become dated rows: arrivals, lunch, legs, and hours a week."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import pandas as pd

from geo.frames import STOPS, Stops
from geo.frames import names as column_names
from routing.day import Tour
from routing.workdays import Workdays


def timetable(
    rep_id: str,
    days: Workdays,
    tours: Sequence[Tour],
    *,
    visit_s: Mapping[str, float],
    nights: Sequence[str],
) -> Stops:
    """Give the stops of all days in order, columns as in `geo.frames.STOPS`.

    Parameters
    ----------
    tours
        One a day.
    visit_s
        account_id -> seconds of a visit.
    nights
        The account near which one sleeps after each day; "" at home.
    """
    rows: list[dict[str, object]] = []
    for day, tour in enumerate(tours):
        midnight = pd.Timestamp(days.dates[day])
        for i, stop_id in enumerate(tour.stop_ids):
            last = i == len(tour.stop_ids) - 1
            leave_s = float(tour.begin_s[i]) + visit_s[stop_id]
            rows.append(
                {
                    "rep_id": rep_id,
                    "date": midnight,
                    "sequence": i + 1,
                    "account_id": stop_id,
                    "arrive": midnight + _seconds(float(tour.arrive_s[i])),
                    "leave": midnight + _seconds(leave_s),
                    "visit_s": float(visit_s[stop_id]),
                    "drive_s": float(tour.leg_s[i]),
                    "drive_m": float(tour.leg_m[i]),
                    "back_s": float(tour.leg_s[-1]) if last else 0.0,
                    "back_m": float(tour.leg_m[-1]) if last else 0.0,
                    "overnight": nights[day] if last else "",
                    "estimated": tour.estimated,
                }
            )
    return as_stops(pd.DataFrame(rows, columns=column_names(STOPS)))


def _seconds(seconds: float) -> pd.Timedelta:
    return pd.Timedelta(seconds=round(seconds))


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
