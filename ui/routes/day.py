"""A rep's day: what is on it, in which order, and how each change re-times it.

Plain values in, plain values out: nothing here touches streamlit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data import logs
from data.calendars import load_calendar, versions
from data.logs import DayChoice
from geo.errors import InputError
from geo.frames import Accounts, Stops
from routing.day import Day, Stop, Tour
from routing.hours import DAY_S, windows_in
from routing.mileage import METRES_PER_MILE
from routing.order import best_day, timed
from routing.suggest import candidates, choose_day, worth
from sales.due import due_days
from ui import words
from ui.routes.who import MISSING_MIN, Who, clock, day_of
from ui.session import Session

MOST = 20
"""Stops a suggested day has at most."""

ADDRESS = ("street", "city", "state", "postal_code")

CALENDAR, DUE, OWN = "calendar", "due", "own"


@dataclass(frozen=True, eq=False)
class DayPlan:
    """A day as it stands.

    Parameters
    ----------
    who, date
        Whose day, and which.
    choice
        What is on it.
    source
        "calendar" (the rep's rotation), "due" (chosen from the due accounts), or "own"
        (the rep has changed it).
    tour
        Its times.
    day
        The hours it has.
    """

    who: Who
    date: dt.date
    choice: DayChoice
    source: str
    tour: Tour
    day: Day

    @property
    def names(self) -> pd.Series:
        """account_id -> name of the rep's accounts."""
        names: pd.Series = self.who.accounts["name"].astype("str")
        return names


def day_plan(session: Session, who: Who, date: dt.date) -> DayPlan:
    """Give a rep's day: as the rep has set it, else as planned, else what is due.

    Raises
    ------
    InputError
        The rep has neither home nor accounts.
    """
    if not np.isfinite(who.home).all():
        raise InputError(
            f"{who.name} has no home and no account on the map",
            fix="Give the rep a home on the Reps page",
        )
    who = away(session, who, date)
    choice = logs.load_day(
        session.home, session.ground.entry.study_id, who.rep_id, date
    )
    source = OWN
    if choice is None:
        choice, source = planned(session, who, date)
    return shown(who, date, _known(choice, who), source)


def away(session: Session, who: Who, date: dt.date) -> Who:
    """Give the rep with where the calendar has them sleep before and after a day."""
    calendar = load_calendar(session.home, session.plan.plan_id, who.rep_id)
    if calendar is None:
        return who
    last = calendar[calendar["overnight"] != ""]
    near = pd.Series(last["overnight"].to_numpy(), index=last["date"].dt.date)
    near = near[near.isin(who.accounts.index.astype("str"))]
    woken = str(near.get(date - dt.timedelta(days=1), ""))
    return replace(who, woken=woken, night=str(near.get(date, "")))


def shown(who: Who, date: dt.date, choice: DayChoice, source: str) -> DayPlan:
    """Time a day in the order given."""
    day = day_of(who.rep)
    return DayPlan(who, date, choice, source, _timed(who, choice.stop_ids, day), day)


def planned(session: Session, who: Who, date: dt.date) -> tuple[DayChoice, str]:
    """Give the day of the rep's calendar, else one of due accounts near each other."""
    calendar = load_calendar(session.home, session.plan.plan_id, who.rep_id)
    if calendar is not None and covers(calendar, date):
        rows = calendar[pd.to_datetime(calendar["date"]).dt.date == date]
        ids = rows.sort_values("sequence")["account_id"].astype("str")
        return DayChoice(tuple(ids)), CALENDAR
    return DayChoice(due_day(who, date)), DUE


def has_calendar(session: Session, who: Who) -> bool:
    """Say whether the rep has a calendar in the open plan."""
    return bool(versions(session.home, session.plan.plan_id, who.rep_id))


def covers(calendar: Stops, date: dt.date) -> bool:
    """Say whether a calendar speaks of a day."""
    begin = dt.date.fromisoformat(calendar.attrs["start"])
    return begin <= date < begin + dt.timedelta(weeks=int(calendar.attrs["weeks"]))


def due_day(who: Who, date: dt.date) -> tuple[str, ...]:
    """Choose due accounts near each other that fit the day, in the best order."""
    day = day_of(who.rep)
    late = due_days(who.accounts, date).to_numpy(dtype=np.float64)
    rows = candidates(late, who.lonlat, who.home)
    if not len(rows):
        return ()
    points = np.vstack([[who.home], who.lonlat[rows]])
    drive_s = who.engine.matrix(points, points).drive_s
    hours_s = (day.return_by_s or 24 * 3600.0) - day.start_s - day.lunch_s
    visit_s = visits_s(who.accounts)[rows]
    value = worth(late)[rows]
    fits = choose_day(value, visit_s, drive_s, hours_s=hours_s, most=MOST)
    ids = [str(i) for i in who.accounts.index[rows[fits]]]
    stops = stops_of(who.accounts, ids)
    best = best_day(stops, start=who.home, end=who.home, day=day, engine=who.engine)
    return best.stop_ids


def stops_of(accounts: Accounts, ids: Sequence[str]) -> list[Stop]:
    """Give accounts as stops, with their opening hours where the accounts say them.

    Columns ``open`` and ``close`` hold them, see `routing.hours.windows_in`.

    Raises
    ------
    InputError
        Hours that cannot be read.
    """
    rows = accounts.loc[list(ids)]
    visit_s = visits_s(rows)
    stops = []
    for n, (i, row) in enumerate(rows.iterrows()):
        hours = _said(row, "open"), _said(row, "close")
        (opened, closed), *others = windows_in(*hours, where=str(row["name"]))
        stops.append(
            Stop(
                stop_id=str(i),
                lon=float(row["geometry"].x),
                lat=float(row["geometry"].y),
                visit_s=float(visit_s[n]),
                open_s=opened,
                close_s=closed,
                also_open=tuple((o or 0.0, c or DAY_S) for o, c in others),
                name=str(row["name"]),
                address=", ".join(filter(None, (_said(row, f) for f in ADDRESS))),
                phone=_said(row, "phone"),
                note=_said(row, "notes"),
            )
        )
    return stops


def _said(row: pd.Series, field: str) -> str:
    value = row.get(field, "")
    return "" if pd.isna(value) else str(value).strip()


def visits_s(accounts: Accounts) -> NDArray[np.float64]:
    """Give the seconds of a visit at each account, 30 minutes where it is not said."""
    minutes = accounts.get("visit_min", pd.Series(np.nan, accounts.index))
    return np.asarray(60.0 * minutes.fillna(MISSING_MIN).to_numpy(dtype=np.float64))


def _timed(who: Who, ids: Sequence[str], day: Day) -> Tour:
    stops = stops_of(who.accounts, ids)
    return timed(stops, start=who.begin, end=who.finish, day=day, engine=who.engine)


def _known(choice: DayChoice, who: Who) -> DayChoice:
    """Leave out what is no longer the rep's."""
    mine = set(who.accounts.index.astype("str"))

    def kept(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(i for i in dict.fromkeys(ids) if i in mine)

    return DayChoice(
        kept(choice.stop_ids),
        kept(choice.skipped),
        kept(choice.dropped),
        kept(choice.pinned),
    )


def skip(choice: DayChoice, stop_id: str) -> DayChoice:
    """Leave a stop out today; it stays on the list and can be put back."""
    return replace(
        choice,
        stop_ids=_without(choice.stop_ids, stop_id),
        pinned=_without(choice.pinned, stop_id),
        skipped=(*_without(choice.skipped, stop_id), stop_id),
    )


def drop(choice: DayChoice, stop_id: str) -> DayChoice:
    """Take a stop off the day."""
    return replace(
        choice,
        stop_ids=_without(choice.stop_ids, stop_id),
        pinned=_without(choice.pinned, stop_id),
        skipped=_without(choice.skipped, stop_id),
        dropped=(*_without(choice.dropped, stop_id), stop_id),
    )


def pin(choice: DayChoice, stop_id: str) -> DayChoice:
    """Keep a stop at its place when the day is put in order; again to let it go."""
    if stop_id in choice.pinned:
        return replace(choice, pinned=_without(choice.pinned, stop_id))
    return replace(choice, pinned=(*choice.pinned, stop_id))


def shift(choice: DayChoice, stop_id: str, step: int) -> DayChoice:
    """Move a stop up (-1) or down (1) the list; at its end nothing happens."""
    ids = list(choice.stop_ids)
    at = ids.index(stop_id)
    to = min(max(at + step, 0), len(ids) - 1)
    ids.insert(to, ids.pop(at))
    return replace(choice, stop_ids=tuple(ids))


def add(who: Who, choice: DayChoice, stop_id: str) -> DayChoice:
    """Put a stop where it breaks nothing and adds the least driving."""
    day = day_of(who.rep)
    ids = _without(choice.stop_ids, stop_id)
    tried = [(*ids[:at], stop_id, *ids[at:]) for at in range(len(ids) + 1)]
    best = min(tried, key=lambda order: _worth(_timed(who, order, day)))
    return replace(
        choice,
        stop_ids=best,
        skipped=_without(choice.skipped, stop_id),
        dropped=_without(choice.dropped, stop_id),
    )


def _worth(tour: Tour) -> tuple[int, float]:
    return len(tour.infeasible), tour.drive_s


def in_order(who: Who, choice: DayChoice) -> tuple[DayChoice, tuple[str, ...]]:
    """Put the day in the best order; pinned stops keep their place.

    Returns
    -------
    tuple
        The day, and the ids of stops that do not fit it: they are skipped.
    """
    pinned = {i: choice.stop_ids.index(i) for i in choice.pinned}
    best = best_day(
        stops_of(who.accounts, choice.stop_ids),
        start=who.begin,
        end=who.finish,
        day=day_of(who.rep),
        engine=who.engine,
        pinned=pinned,
    )
    left = tuple(i for i in choice.stop_ids if i not in best.stop_ids)
    ordered = replace(choice, stop_ids=best.stop_ids)
    for stop_id in left:
        ordered = skip(ordered, stop_id)
    return ordered, left


def _without(ids: tuple[str, ...], stop_id: str) -> tuple[str, ...]:
    return tuple(i for i in ids if i != stop_id)


def miles(metres: float) -> str:
    """Give a distance: 0.4 miles, 12.3 miles, 148 miles."""
    far = metres / METRES_PER_MILE
    return f"{far:,.1f} miles" if far < 99.95 else f"{far:,.0f} miles"


def lasting(seconds: float) -> str:
    """Give a time span: 12 min, 2 h 05 min."""
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def summary(plan: DayPlan) -> str:
    """Say the day in one line: "7 stops, home at 16:40"."""
    n = len(plan.tour.stop_ids)
    if not n:
        return "No stops"
    stops = "1 stop" if n == 1 else f"{n} stops"
    back = "home"
    if plan.who.night:
        back = f"night near {plan.who.called(plan.who.night)}"
    return f"{stops}, {back} at {plan.who.about}{clock(plan.tour.back_s)}"


def driving(plan: DayPlan) -> str:
    """Say the driving in one line: "about 2 h 05 min and 48.2 miles of driving"."""
    tour = plan.tour
    return (
        f"{plan.who.about}{lasting(tour.drive_s)} and "
        f"{plan.who.about}{miles(tour.drive_m)} of driving"
    )


def effect(before: DayPlan, after: DayPlan, what: str) -> str:
    """Say what a change did: "Dropped Bright Dental: home 25 min earlier, ..."."""
    earlier_s = before.tour.back_s - after.tour.back_s
    less_m = before.tour.drive_m - after.tour.drive_m
    parts = []
    if abs(earlier_s) >= 30:
        side = "earlier" if earlier_s > 0 else "later"
        parts.append(f"home {after.who.about}{lasting(abs(earlier_s))} {side}")
    if abs(less_m) >= 0.05 * METRES_PER_MILE:
        side = "less" if less_m > 0 else "more"
        parts.append(f"{after.who.about}{miles(abs(less_m))} {side}")
    return f"{what}: {' and '.join(parts) or 'the same time and way'}"


def infeasible(plan: DayPlan) -> list[str]:
    """Say which stops cannot be kept, and why."""
    names = plan.names
    return [
        f"{names.get(stop_id, stop_id) if stop_id else 'The day'}: {why}"
        for stop_id, why in plan.tour.infeasible
    ]


def could_add(plan: DayPlan, due: pd.Series) -> Mapping[str, str]:
    """Give accounts that are not on the day, the most overdue first, with their due."""
    on = set(plan.choice.stop_ids) | set(plan.choice.skipped)
    placed = np.isfinite(plan.who.lonlat).all(axis=1)
    free = plan.who.accounts.index[placed & ~plan.who.accounts.index.isin(on)]
    ordered = due.reindex(free).sort_values(ascending=False, na_position="last")
    names = plan.names.reindex(ordered.index)
    return {
        str(i): f"{name}{due_words(float(days))}"
        for i, name, days in zip(ordered.index, names, ordered, strict=True)
    }


def due_words(days: float) -> str:
    """Give how overdue in words: ", 12 days overdue"; "" if it is not known."""
    if np.isnan(days):
        return ""
    n = round(abs(days))
    if days >= 1:
        return f", {words.count(n)} day{'s' if n != 1 else ''} overdue"
    return ", due today" if n == 0 else f", due in {n} day{'s' if n != 1 else ''}"
