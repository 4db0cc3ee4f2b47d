"""What one rep's calendar has to hold: visits wanted, places, days and hours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.frames import WGS84, Accounts
from routing.board import Away, Ground
from routing.changes import KnownTimes
from routing.day import Day, Stop
from routing.detours import Clock
from routing.engine import TravelEngine, TravelMatrix
from routing.hours import windows_in
from routing.rhythm import demand, since_start
from routing.rules import RotationRules, liked_days
from routing.workdays import Workdays, workdays

Floats = NDArray[np.float64]

FIELD_DAYS = 220
"""Working days of a year that a rep's field hours are spread over."""

OFFICE_SHARE = 0.2
"""Share of the working time outside the field; a full calendar may use it up."""

NO_WAY_S = 1e7
"""Seconds between two places no road connects: longer than any day."""

DAY_S = 24 * 3600.0

NEAR = 3
"""A lead is taken to cost the drive to its so-manieth neighbour."""


@dataclass(frozen=True, eq=False)
class Task:
    """One rep's problem: accounts that can be reached, days, and times between.

    Parameters
    ----------
    table
        Index account_id: wanted, waiting, interval, due, last (days from the start),
        visit_s, likes, lead, lon, lat, windows; row i is place i + 1, home is place 0.
    home
        (lon, lat).
    travel
        Between the places, shape (p, p).
    lost
        account_id -> wanted, why it cannot be planned at all, what would mend it.
    """

    rep_id: str
    days: Workdays
    start: dt.date
    weeks: int
    table: pd.DataFrame
    home: tuple[float, float]
    travel: TravelMatrix
    ground: Ground
    lost: Mapping[str, tuple[int, str, str]]
    engine: TravelEngine

    @property
    def day(self) -> Day:
        """The hours of a day."""
        days = self.days
        return Day(days.start_s, days.end_s, days.lunch_s)

    def point(self, place: int) -> tuple[float, float]:
        """Give where a place is, (lon, lat)."""
        if not place:
            return self.home
        row = self.table.iloc[place - 1]
        return float(row["lon"]), float(row["lat"])

    def stop(self, place: int) -> Stop:
        """Give the visit at a place."""
        row = self.table.iloc[place - 1]
        first, *others = row["windows"]
        return Stop(
            stop_id=str(row.name),
            lon=float(row["lon"]),
            lat=float(row["lat"]),
            visit_s=float(row["visit_s"]),
            open_s=first[0],
            close_s=first[1],
            also_open=tuple((o or 0.0, c or DAY_S) for o, c in others),
        )


def task_of(
    accounts: Accounts,
    rep: pd.Series,
    *,
    weeks: int,
    start: dt.date,
    engine: TravelEngine,
    rules: RotationRules,
    wanted: pd.Series | None = None,
) -> Task:
    """Give a rep's problem; parameters as in `routing.rotation.rotate`.

    `wanted` says account_id -> visits where they are not to be worked out; only those
    accounts take part then.
    """
    days = workdays(
        rep,
        start=start,
        weeks=weeks,
        weekdays=rules.weekdays,
        closed={*rules.holidays, *rules.days_off},
        lunch_s=rules.lunch_s,
    )
    table = wishes(accounts, start=start, weeks=weeks, rules=rules, wanted=wanted)
    places = np.vstack([home_of(rep, table), table[["lon", "lat"]].to_numpy()])
    travel = engine.matrix(places, places)
    lost = _out_of_reach(table, travel, days, rules)
    if rules.lead_share is not None:
        lost |= _leads_too_many(table, travel, days, rules.lead_share, lost)
    kept = ~table.index.isin(list(lost))
    rows = np.r_[0, 1 + np.flatnonzero(kept)]
    travel, places, table = part(travel, rows), places[rows], table[kept]
    return Task(
        rep_id=str(rep.name),
        days=days,
        start=start,
        weeks=weeks,
        table=table,
        home=(float(places[0, 0]), float(places[0, 1])),
        travel=travel,
        ground=_ground(rep, table, travel, days, rules),
        lost=lost,
        engine=KnownTimes(engine, places, known=travel),
    )


def _ground(
    rep: pd.Series,
    table: pd.DataFrame,
    travel: TravelMatrix,
    days: Workdays,
    rules: RotationRules,
) -> Ground:
    return Ground(
        drive_s=np.where(np.isfinite(travel.drive_s), travel.drive_s, NO_WAY_S),
        visit_s=np.r_[0.0, table["visit_s"].to_numpy(dtype=np.float64)],
        days=len(days),
        limit_s=days.limit_s,
        most_s=_most_s(rep, days),
        clock=_clock(table, days),
        away=_away(travel, days, rules),
    )


def _away(travel: TravelMatrix, days: Workdays, rules: RotationRules) -> Away:
    """Say where and when nights may be spent away."""
    there_s, back_s = travel.drive_s[0], travel.drive_s[:, 0]
    far = (there_s >= rules.far_s) & (there_s <= days.limit_s)
    far &= back_s <= days.limit_s
    return Away(
        most=rules.nights,
        places=tuple(np.flatnonzero(far).tolist()),
        after=tuple(np.flatnonzero(np.diff(days.number) == 1).tolist()),
        night_s=rules.night_s,
    )


def _clock(table: pd.DataFrame, days: Workdays) -> Clock | None:
    """Give the opening hours of all places; None where there are none."""
    windows = [[(None, None)], *table["windows"]]
    if all(pair == (None, None) for hours in windows for pair in hours):
        return None
    widest = max(map(len, windows))
    opens = np.zeros((len(windows), widest))
    closes = np.full((len(windows), widest), -1.0)
    for place, hours in enumerate(windows):
        for k, (opened, closed) in enumerate(sorted(hours, key=lambda h: h[0] or 0.0)):
            opens[place, k] = opened or 0.0
            closes[place, k] = np.inf if closed is None else closed
    usual = Day(days.start_s, days.end_s, days.lunch_s)
    last_s = usual.lunch_to_s - usual.lunch_s
    lunch_s = usual.lunch_s if days.start_s <= last_s else 0.0
    return Clock(
        visit_s=np.r_[0.0, table["visit_s"].to_numpy(dtype=np.float64)],
        opens=opens,
        closes=closes,
        day=np.array([days.start_s, days.end_s, lunch_s, usual.lunch_from_s, last_s]),
    )


def wishes(
    accounts: Accounts,
    *,
    start: dt.date,
    weeks: int,
    rules: RotationRules,
    wanted: pd.Series | None = None,
) -> pd.DataFrame:
    """Give the accounts with visits in the weeks, see `Task`."""
    table = demand(accounts, start=start, weeks=weeks)
    if wanted is not None:
        visits = wanted.reindex(table.index).fillna(0).astype("int64")
        table = table.assign(wanted=visits, waiting=False)
    points = accounts.geometry.to_crs(WGS84)
    lonlat = np.full((len(accounts), 2), np.nan)
    found, rows = shapely.get_coordinates(np.asarray(points), return_index=True)
    lonlat[rows] = found
    stage = accounts.get("stage", pd.Series("", accounts.index))
    table = table.assign(
        visit_s=60 * pd.to_numeric(accounts["visit_min"]).astype("float64").fillna(0.0),
        last=since_start(accounts, start),
        likes=liked_days(accounts, rules),
        lead=stage.fillna("").astype("str").str.casefold() == "lead",
        lon=lonlat[:, 0],
        lat=lonlat[:, 1],
        windows=windows_of(accounts),
    )
    return table[(table["wanted"] > 0) | table["waiting"]].sort_index()


def windows_of(accounts: Accounts) -> pd.Series:
    """Give the opening hours of accounts from the columns open and close, as text.

    Raises
    ------
    InputError
        Hours that cannot be read, see `routing.hours.windows_in`.
    """
    said = [
        accounts.get(field, pd.Series("", accounts.index)).fillna("").astype("str")
        for field in ("open", "close")
    ]
    found = [
        windows_in(opened, closed, where=f"account {account}")
        for account, opened, closed in zip(accounts.index, *said, strict=True)
    ]
    return pd.Series(found, accounts.index, dtype="object")


def home_of(rep: pd.Series, table: pd.DataFrame) -> Floats:
    """Give where the rep starts, (lon, lat); without a home, the middle account."""
    point = rep.get("geometry")
    if point is not None and not point.is_empty:
        return np.array([point.x, point.y])
    lonlat = table[["lon", "lat"]].dropna().to_numpy()
    if not len(lonlat):
        return np.array([np.nan, np.nan])
    away = np.abs(lonlat - np.median(lonlat, axis=0)).sum(axis=1)
    return np.asarray(lonlat[int(away.argmin())])


def part(travel: TravelMatrix, kept: NDArray[np.intp]) -> TravelMatrix:
    """Give the times between some of the places."""
    cell = np.ix_(kept, kept)
    return TravelMatrix(
        travel.drive_s[cell],
        travel.drive_m[cell],
        travel.reason[cell],
        travel.estimated,
    )


def _out_of_reach(
    table: pd.DataFrame, travel: TravelMatrix, days: Workdays, rules: RotationRules
) -> dict[str, tuple[int, str, str]]:
    """Give what no day can hold: no place, no road, too far or too long."""
    there_s, back_s = travel.drive_s[0, 1:], travel.drive_s[1:, 0]
    lonlat = table[["lon", "lat"]].to_numpy()
    lost: dict[str, tuple[int, str, str]] = {}
    for i, (account, row) in enumerate(table.iterrows()):
        wanted, visit_s = int(row["wanted"]), float(row["visit_s"])
        over_s = there_s[i] + back_s[i] + visit_s - days.limit_s
        if np.isnan(lonlat[i]).any():
            why = "it has no place on the map", "its address or coordinates"
        elif not np.isfinite(there_s[i] + back_s[i]):
            why = "no road leads there and back", "check where it lies"
        elif not len(days):
            why = "the rep works on no day of these weeks", "other weeks"
        elif over_s <= 1e-6 or wanted == 0:
            continue
        elif visit_s > days.limit_s:
            why = "the visit is longer than a day", f"{_more(over_s)} a day"
        elif max(there_s[i], back_s[i]) <= days.limit_s:
            if rules.nights:
                continue  # a night away may do
            more = f"a night away, or {_more(over_s)} that day"
            why = "there and back is longer than a day", more
        else:
            why = "there and back is longer than a day", f"{_more(over_s)} that day"
        lost[str(account)] = (wanted, *why)
    return lost


def _leads_too_many(
    table: pd.DataFrame,
    travel: TravelMatrix,
    days: Workdays,
    share: float,
    lost: Mapping[str, tuple[int, str, str]],
) -> dict[str, tuple[int, str, str]]:
    """Give the leads beyond their share of the hours; the longest overdue stay."""
    budget_s = share * days.limit_s * len(days)
    between = np.sort(travel.drive_s[1:, 1:], axis=1)
    leg_s = between[:, min(NEAR, between.shape[1] - 1)] if len(table) else between
    cost_s = pd.Series(leg_s, table.index) + table["visit_s"]
    leads = table[table["lead"] & ~table.index.isin(list(lost))]
    order = leads["due"].fillna(np.inf).sort_values(kind="stable").index
    beyond: dict[str, tuple[int, str, str]] = {}
    used_s = 0.0
    for account in order:
        wanted = int(table.loc[account, "wanted"])
        need_s = wanted * float(cost_s[account])
        if used_s + need_s > budget_s:
            why = f"leads get {share:.0%} of the hours"
            part_s = need_s / max(days.limit_s * len(days), 1.0)
            beyond[account] = (wanted, why, f"{part_s:.1%} more for leads")
        else:
            used_s += need_s
    return beyond


def _most_s(rep: pd.Series, days: Workdays) -> float:
    """Give the seconds all days may hold together, from the rep's field hours."""
    hours = rep.get("capacity_h")
    if hours is None or pd.isna(hours):
        return float("inf")
    return float(hours) * 3600 / (1 - OFFICE_SHARE) * len(days) / FIELD_DAYS


def _more(seconds: float) -> str:
    minutes = int(np.ceil(seconds / 60))
    return f"{minutes} more minutes" if minutes < 120 else f"{minutes / 60:.1f} more h"
