"""A rep's miles and money: what was logged, what the calendar plans, what it pays.

Plain values in, plain values out: nothing here touches streamlit.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from data import logs
from data.calendars import calendars
from data.logs import Prices, Told
from data.mileage_commands import write_expenses
from data.mileage_files import FARTHEST_MI, read_log
from geo.errors import InputError
from geo.frames import TRIPS, Trips, names
from geo.plan import owners
from routing.mileage import Rate, against_plan, expenses, planned_trips
from ui import words
from ui.intake import table_of
from ui.session import Session

DAY, AREA, MILES, TOLLS, NIGHTS, LODGING = (
    *("Day", "Territory", "Miles", "Tolls and parking", "Nights", "Lodging"),
)
SHOWN = {
    "date": DAY,
    "territory": AREA,
    "miles": MILES,
    "tolls": TOLLS,
    "nights": NIGHTS,
    "lodging": LODGING,
}
"""Columns of a trip as the page shows them."""

KINDS = {
    "address": "Address is wrong",
    "hours": "Opening hours are wrong",
    "closed": "Closed for good",
    "other": "Something else",
}


def logged(session: Session, rep_id: str = "") -> Trips:
    """Give what was logged, of one rep or, without an id, of all."""
    trips = logs.read_trips(session.home, session.ground.entry.study_id)
    return trips[trips["rep_id"] == rep_id] if rep_id else trips


def planned(session: Session, rep_id: str = "") -> Trips:
    """Give the trips of the calendars in force, of one rep or of all."""
    stops = calendars(session.home, session.plan.plan_id)
    if rep_id:
        stops = stops[stops["rep_id"] == rep_id]
    owner = owners(session.plan, session.study.accounts)
    called = owner.map(session.plan.territories["name"]).fillna("").astype("str")
    territories = {str(account): name for account, name in called.items()}
    return planned_trips(stops, territories=territories)


def months(session: Session, rep_id: str, on: dt.date) -> list[str]:
    """Give the months with miles, and that of a day, the last first: "2026-11"."""
    both = pd.concat(
        [logged(session, rep_id)["date"], planned(session, rep_id)["date"]]
    )
    found = {f"{on:%Y-%m}", *pd.to_datetime(both).dt.strftime("%Y-%m")}
    return sorted(found, reverse=True)


def in_month(trips: Trips, month: str) -> Trips:
    """Give the trips of a month."""
    return trips[pd.to_datetime(trips["date"]).dt.strftime("%Y-%m") == month]


def paid(trips: Trips, prices: Prices) -> pd.DataFrame:
    """Give miles and money, see `routing.mileage.expenses`."""
    return expenses(trips, rates=prices.rates, night=prices.night)


def compared(session: Session, rep_id: str, month: str, prices: Prices) -> pd.DataFrame:
    """Give plan against actual of a month, see `routing.mileage.against_plan`."""
    sides = (planned(session, rep_id), logged(session, rep_id))
    plan, actual = (paid(in_month(trips, month), prices) for trips in sides)
    return against_plan(plan, actual)


def sentence(table: pd.DataFrame, month: str, *, about: bool) -> str:
    """Say a month in one line: "November 2026: 412 miles, $298.70 logged"."""
    called = f"{dt.date.fromisoformat(f'{month}-01'):%B %Y}"
    said = f"{called}: {_miles(table, 'actual')} logged, {_money(table, 'actual')}"
    if table["planned_miles"].sum() > 0:
        word = "about " if about else ""
        said += f"; planned {word}{_miles(table, 'planned')}, "
        said += f"{word}{_money(table, 'planned')}"
    return said


def _miles(table: pd.DataFrame, side: str) -> str:
    return f"{table[f'{side}_miles'].sum():,.0f} miles"


def _money(table: pd.DataFrame, side: str) -> str:
    return f"${table[f'{side}_expense'].sum():,.2f}"


def compared_rows(table: pd.DataFrame, reps: Mapping[str, str]) -> pd.DataFrame:
    """Give plan against actual as a table to read."""
    return pd.DataFrame(
        {
            "Rep": table["rep_id"].map(dict(reps)).fillna(table["rep_id"]),
            "Month": table["month"],
            AREA: table["territory"],
            "Planned miles": table["planned_miles"],
            "Actual miles": table["actual_miles"],
            "Difference": table["difference_miles"],
            "Planned $": table["planned_expense"],
            "Actual $": table["actual_expense"],
        }
    )


def trip_of(
    rep_id: str,
    on: dt.date,
    *,
    territory: str,
    miles: float | None,
    odometer: tuple[float | None, float | None],
    tolls: float,
    nights: float,
    lodging: float | None,
) -> Trips:
    """Give one day as it was typed: the odometer first, else the miles.

    Raises
    ------
    InputError
        Nothing says how far, the odometer runs backwards, or it is farther than a day.
    """
    start, end = odometer
    if start is not None and end is not None:
        if end < start:
            raise InputError(
                "The odometer runs backwards",
                where=f"{start:,.0f} to {end:,.0f}",
                fix="Type the end of the day second",
            )
        miles = end - start
    if miles is None:
        raise InputError("Nothing says how far", fix="Type miles, or both odometers")
    if miles > FARTHEST_MI:
        raise InputError(
            f"{miles:,.0f} miles are farther than a day goes", fix="Check the number"
        )
    row = {
        "rep_id": rep_id,
        "date": pd.Timestamp(on),
        "territory": territory,
        "miles": float(miles),
        "tolls": float(tolls),
        "nights": float(nights),
        "lodging": np.nan if lodging is None else float(lodging),
        "estimated": False,
    }
    return pd.DataFrame([row])[names(TRIPS)]


def add_trip(session: Session, trip: Trips) -> str:
    """Keep a day that was typed; say it."""
    logs.log_trips(session.home, session.ground.entry.study_id, trip)
    (row,) = trip.to_dict("records")
    return f"{row['date']:%a %d %b}: {row['miles']:,.1f} miles are logged."


def take_file(session: Session, rep_id: str, name: str, content: bytes) -> str:
    """Keep the days of a file, odometers or GPS totals; say what came of it.

    Rows without a rep's column are this rep's; a rep may be named by id or by name.

    Raises
    ------
    InputError
        The file cannot be read, see `data.mileage_files.read_log`.
    """
    log = read_log(table_of(name, content), rep_id=rep_id)
    known = {str(n).casefold(): str(i) for i, n in session.reps["name"].items()}
    known |= {str(i).casefold(): str(i) for i in session.reps.index}
    said = log.trips["rep_id"].str.casefold().map(known)
    strange = sorted(set(log.trips["rep_id"][said.isna()]))
    if strange:
        raise InputError(
            f"'{strange[0]}' is no rep of this plan",
            where=name,
            fix="Name reps as the Reps page does",
        )
    trips = log.trips.assign(rep_id=said)
    logs.log_trips(session.home, session.ground.entry.study_id, trips)
    days = "1 day is" if len(trips) == 1 else f"{words.count(len(trips))} days are"
    left = f" {log.issues[0].message}." if log.issues else ""
    if len(log.issues) > 1:
        left = f" {words.count(len(log.issues))} rows are left out; {left.strip()}"
    return f"{days} logged.{left}"


def trip_rows(trips: Trips) -> pd.DataFrame:
    """Give trips as the table shows them, the last day first."""
    rows = trips[list(SHOWN)].rename(columns=SHOWN)
    return rows.sort_values([DAY, AREA], ascending=[False, True], ignore_index=True)


def change_trips(session: Session, rep_id: str, month: str, rows: pd.DataFrame) -> str:
    """Keep a month of a rep as it was edited in the table.

    Raises
    ------
    InputError
        A row has no day or no miles, or a number is below 0.
    """
    back = {shown: name for name, shown in SHOWN.items()}
    table = rows.rename(columns=back).assign(rep_id=rep_id, estimated=False)
    table["territory"] = table["territory"].fillna("").astype("str")
    table = table.fillna({"tolls": 0.0, "nights": 0.0})
    if table["date"].isna().any() or table["miles"].isna().any():
        raise InputError("A day lacks its date or its miles", fix="Fill both")
    numbers = table[["miles", "tolls", "nights", "lodging"]].astype("float64")
    if (numbers < 0).any(axis=None):
        raise InputError("A number is below 0", fix="Type it again")
    table[numbers.columns] = numbers
    table["date"] = pd.to_datetime(table["date"]).astype("datetime64[ms]")
    mine = logged(session, rep_id)
    others = mine[~mine.index.isin(in_month(mine, month).index)]
    full = [part for part in (others, table[names(TRIPS)]) if len(part)]
    both = pd.concat(full, ignore_index=True) if full else table[names(TRIPS)]
    logs.set_trips(session.home, session.ground.entry.study_id, rep_id, both)
    return "The log is changed."


def rates_of(prices: Prices) -> pd.DataFrame:
    """Give the rates as a table to edit: From, A mile, Source."""
    return pd.DataFrame(
        {
            "From": [rate.since for rate in prices.rates],
            "A mile": [rate.per_mile for rate in prices.rates],
            "Source": [rate.source for rate in prices.rates],
        }
    )


def change_rates(session: Session, rows: pd.DataFrame, night: float) -> None:
    """Keep other rates.

    Raises
    ------
    InputError
        A rate has no day or no value, or see `data.logs.save_prices`.
    """
    if rows[["From", "A mile"]].isna().any(axis=None):
        raise InputError("A rate lacks its day or its value", fix="Fill both")
    rates = tuple(
        Rate(pd.Timestamp(since).date(), float(value), str(source or "set by hand"))
        for since, value, source in zip(
            rows["From"], rows["A mile"], rows["Source"].fillna(""), strict=True
        )
    )
    logs.save_prices(session.home, Prices(rates, float(night)))


def payroll(
    session: Session, rep_id: str, month: str, suffix: str
) -> Callable[[], bytes]:
    """Give what makes the file for payroll: one rep, or all without an id."""
    return partial(_payroll, session, rep_id, month, suffix)


def _payroll(session: Session, rep_id: str, month: str, suffix: str) -> bytes:
    prices = logs.read_prices(session.home)
    rows = paid(in_month(logged(session, rep_id), month), prices)
    rows.insert(1, "rep", rows["rep_id"].map(session.reps["name"]).fillna(""))
    table = compared(session, rep_id, month, prices) if suffix == ".xlsx" else None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"miles{suffix}"
        write_expenses(rows, path, compared=table)
        return path.read_bytes()


def told_rows(session: Session, told: list[Told]) -> list[tuple[Told, str]]:
    """Give each report with the line that says it."""
    reps = session.reps["name"].astype("str").to_dict()
    accounts = session.study.accounts["name"].astype("str")
    return [
        (
            one,
            f"{accounts.get(one.account_id, one.account_id)}: "
            f"{KINDS[one.kind].lower()}. {one.text} "
            f"({reps.get(one.rep_id, one.rep_id)}, {one.at:%d %b})",
        )
        for one in told
    ]
