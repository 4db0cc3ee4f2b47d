"""Miles and money: what driving costs, planned and actual, by the rate of its day.

A rate counts from its day on, so a change inside a month splits the month. Amounts
are rounded to cents a row; a total is the sum of its rows, as payroll adds them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.errors import InputError
from geo.frames import TRIPS, Stops, Trips, names

METRES_PER_MILE = 1609.344
KEY = ["rep_id", "month", "territory"]
MONEY = ("mileage", "tolls", "lodging")


@dataclass(frozen=True)
class Rate:
    """What a mile is worth from a day on.

    Parameters
    ----------
    since
        The first day it counts.
    per_mile
        Currency a mile.
    source
        Who says so.
    """

    since: dt.date
    per_mile: float
    source: str


IRS = (
    Rate(dt.date(2022, 1, 1), 0.585, "IRS Notice 2022-03"),
    Rate(dt.date(2022, 7, 1), 0.625, "IRS Announcement 2022-13"),
    Rate(dt.date(2023, 1, 1), 0.655, "IRS Notice 2023-03"),
    Rate(dt.date(2024, 1, 1), 0.67, "IRS Notice 2024-08"),
    Rate(dt.date(2025, 1, 1), 0.70, "IRS Notice 2025-05"),
    Rate(dt.date(2026, 1, 1), 0.725, "IRS Notice 2026-10"),
)
"""Standard rates for business miles in the United States."""


def fixed(per_mile: float) -> tuple[Rate, ...]:
    """Give one rate for all days.

    Raises
    ------
    InputError
        It is negative or no number.
    """
    if not 0 <= per_mile < np.inf:
        raise InputError(f"{per_mile} is no rate a mile", fix="Give 0.725")
    return (Rate(dt.date.min, per_mile, "set by hand"),)


def per_mile(dates: pd.Series[pd.Timestamp], rates: Sequence[Rate]) -> pd.Series[float]:
    """Give the rate of each day.

    Raises
    ------
    InputError
        There is none as early as the first day.
    """
    ordered = sorted(rates, key=lambda rate: rate.since)
    starts = np.array([rate.since for rate in ordered], dtype="datetime64[D]")
    days = dates.to_numpy(dtype="datetime64[D]")
    row = np.searchsorted(starts, days, side="right") - 1
    if (row < 0).any():
        day = pd.Timestamp(days[row < 0].min())
        raise InputError(
            f"No rate a mile is known for {day:%Y-%m-%d}",
            fix="Add one that begins on that day or before",
        )
    values = np.array([rate.per_mile for rate in ordered], dtype=np.float64)
    return pd.Series(values[row], index=dates.index, dtype="float64")


def planned_trips(
    stops: Stops, *, territories: Mapping[str, str] | None = None
) -> Trips:
    """Give the trips of a calendar: the miles of a day are the sum of its legs.

    A leg counts for the territory of the account it leads to, and the way home
    (`back_m`) for the one of the account it starts at.

    Parameters
    ----------
    stops
        A route or a call rotation, see `geo.frames.STOPS`; `back_m` and `overnight`
        (where the night is spent) count if they are there. A row without account is a
        leg that leads to none, such as the way home.
    territories
        account_id -> territory; empty if not told apart.

    Returns
    -------
    Trips
        One row a rep, day and territory, in that order.
    """
    if stops.empty:
        return no_trips()
    rows = stops.sort_values(["rep_id", "date", "sequence"])
    day = pd.to_datetime(rows["date"]).dt.normalize()
    account = rows["account_id"].fillna("").astype("str")
    known = dict(territories or {})
    said = pd.Series([known.get(a, "") for a in account], rows.index, dtype="str")
    told = said.mask(account == "").groupby([rows["rep_id"], day]).ffill()
    legs = pd.DataFrame(
        {
            "rep_id": rows["rep_id"].astype("str"),
            "date": day,
            "territory": told.fillna(""),
            "miles": _metres(rows) / METRES_PER_MILE,
            "estimated": rows["estimated"].astype("bool"),
        }
    )
    keys = ["rep_id", "date", "territory"]
    trips = legs.groupby(keys, sort=True).agg(
        miles=("miles", "sum"), estimated=("estimated", "any")
    )
    away = _nights(rows, day)
    last = legs.drop_duplicates(["rep_id", "date"], keep="last").set_index(keys).index
    trips["nights"] = 0.0
    both = pd.MultiIndex.from_arrays(
        [last.get_level_values(0), last.get_level_values(1)]
    )
    trips.loc[last, "nights"] = away.reindex(both).fillna(0.0).to_numpy()
    trips = trips.assign(tolls=0.0, lodging=np.nan)
    return trips.reset_index()[names(TRIPS)]


def _metres(rows: Stops) -> pd.Series[float]:
    """Give what is driven to each stop, and home from the last of a day."""
    driven = rows["drive_m"].astype("float64").fillna(0.0)
    if "back_m" in rows:
        driven = driven + rows["back_m"].astype("float64").fillna(0.0)
    return driven


def _nights(rows: Stops, day: pd.Series[pd.Timestamp]) -> pd.Series[float]:
    """Give 1 for each rep and day that ends away from home."""
    if "overnight" not in rows:
        return pd.Series(dtype="float64")
    marked = (rows["overnight"].fillna("").astype("str") != "").astype("float64")
    return marked.groupby([rows["rep_id"].astype("str"), day]).max()


def no_trips() -> Trips:
    """Give a table of trips without rows."""
    kinds = {"text": "str", "number": "float64", "date": "datetime64[ms]"}
    return pd.DataFrame(
        {c.name: pd.Series(dtype=kinds.get(c.kind, "bool")) for c in TRIPS}
    )


def expenses(trips: Trips, *, rates: Sequence[Rate], night: float) -> pd.DataFrame:
    """Give miles and money per rep, month, territory and rate.

    Parameters
    ----------
    rates
        By date; see `IRS`.
    night
        What a night away costs where the trip does not say.

    Returns
    -------
    DataFrame
        rep_id, month ("2026-03"), territory, per_mile, days, miles, mileage (miles
        times the rate), tolls, nights, lodging, expense (their sum), estimated. Money
        is in whole cents.

    Raises
    ------
    InputError
        No rate is known for a day, see `per_mile`.
    """
    rows = trips.assign(
        month=pd.to_datetime(trips["date"]).dt.strftime("%Y-%m"),
        per_mile=per_mile(pd.to_datetime(trips["date"]), rates),
        lodging=trips["lodging"].fillna(trips["nights"] * night),
    )
    grouped = rows.groupby([*KEY, "per_mile"], sort=True, dropna=False).agg(
        days=("date", "nunique"),
        miles=("miles", "sum"),
        tolls=("tolls", "sum"),
        nights=("nights", "sum"),
        lodging=("lodging", "sum"),
        estimated=("estimated", "any"),
    )
    table = grouped.reset_index()
    table.insert(6, "mileage", table["miles"] * table["per_mile"])
    table[list(MONEY)] = table[list(MONEY)].round(2)
    table.insert(10, "expense", table[list(MONEY)].sum(axis=1).round(2))
    return table


def against_plan(planned: pd.DataFrame, actual: pd.DataFrame) -> pd.DataFrame:
    """Compare actual expenses with planned ones.

    Territories are told apart only where both sides say them.

    Parameters
    ----------
    planned, actual
        From `expenses`.

    Returns
    -------
    DataFrame
        rep_id, month, territory, planned_miles, actual_miles, difference_miles,
        share (difference over planned, nan if nothing was planned), planned_expense,
        actual_expense, difference_expense. A row for what either has.
    """
    sums = {"miles": "sum", "expense": "sum"}
    said = all(len(t) == 0 or (t["territory"] != "").any() for t in (planned, actual))
    sides = [
        (table if said else table.assign(territory=""))
        .groupby(KEY)
        .agg(sums)
        .add_prefix(f"{side}_")
        for side, table in (("planned", planned), ("actual", actual))
    ]
    both = sides[0].join(sides[1], how="outer").fillna(0.0).sort_index()
    for what in ("miles", "expense"):
        both[f"difference_{what}"] = both[f"actual_{what}"] - both[f"planned_{what}"]
    expected = both["planned_miles"].where(both["planned_miles"] > 0)
    both["share"] = both["difference_miles"] / expected
    shown = ["planned_miles", "actual_miles", "difference_miles", "share"]
    shown += ["planned_expense", "actual_expense", "difference_expense"]
    return both[shown].reset_index()
