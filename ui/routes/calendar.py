"""A rep's calendar in words, tables and files; taking in the calendars a job made.

Plain values in, plain values out: nothing here touches streamlit.
"""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from data import logs
from data.calendar_files import write_calendar
from data.calendars import calendars, horizons, save_rotation
from data.day_sheet import day_sheet, day_sheets, zipped
from geo.errors import InputError
from geo.frames import Stops
from routing.day import PlannedDay
from routing.mileage import METRES_PER_MILE
from routing.missed import COLUMNS
from routing.rotation import Rotation
from sales.due import due_days
from ui import words
from ui.jobs import Job
from ui.routes import day, take
from ui.routes.jobs import Asked
from ui.routes.who import Who, reps_with_work, who_of
from ui.session import Session, recounted

Weeks = list[dt.date]
MOST_SHEETS = 30
"""Days in one page of day sheets."""


def sentence(stops: Stops, *, night: float = logs.NIGHT) -> str:
    """Say a calendar in one line.

    "4 weeks from 30 Nov: 52 visits, about 34 h and about 310 miles of driving, 2 nights
    away, about $220". `night` is what one costs.
    """
    about = "about " if len(stops) and stops["estimated"].any() else ""
    weeks = int(stops.attrs["weeks"])
    start = dt.date.fromisoformat(stops.attrs["start"])
    drive_s = float(stops["drive_s"].sum() + stops["back_s"].sum())
    drive_m = float(stops["drive_m"].sum() + stops["back_m"].sum())
    n = len(stops)
    visits = "1 visit" if n == 1 else f"{words.count(n)} visits"
    nights = int((stops["overnight"] != "").sum())
    away = f", {nights_away(nights)}, about ${nights * night:,.0f}" if nights else ""
    return (
        f"{weeks} week{'s' if weeks != 1 else ''} from {start:%d %b}: {visits}, "
        f"{about}{words.hours(drive_s / 3600)} and "
        f"{about}{day.miles(drive_m)} of driving{away}"
    )


def nights_away(nights: int) -> str:
    """Say a number of nights: "1 night away"."""
    return "1 night away" if nights == 1 else f"{words.count(nights)} nights away"


def outcome(
    session: Session, rep_id: str, stops: Stops
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give what does not fit and what each week holds, as the calendar was made."""
    study, plan_id = session.ground.entry.study_id, session.plan.plan_id
    kept = logs.load_outcome(session.home, study, plan_id, rep_id)
    if kept is not None:
        return kept
    week = pd.to_datetime(stops["date"]).dt.to_period("W").dt.start_time
    sums = pd.DataFrame(
        {
            "visit_h": stops["visit_s"] / 3600,
            "drive_h": (stops["drive_s"] + stops["back_s"]) / 3600,
            "drive_m": stops["drive_m"] + stops["back_m"],
        }
    )
    hours = sums.groupby(week).sum().rename_axis("week")
    missed = pd.DataFrame(columns=list(COLUMNS))
    return missed, hours.assign(available_h=hours["visit_h"] + hours["drive_h"])


def weeks_of(stops: Stops) -> Weeks:
    """Give the first day of each week a calendar covers."""
    start = dt.date.fromisoformat(stops.attrs["start"])
    return [start + dt.timedelta(weeks=n) for n in range(int(stops.attrs["weeks"]))]


def days_of(stops: Stops, week: dt.date) -> Iterator[tuple[dt.date, Stops]]:
    """Give the days of a week that have visits, each with its stops in order."""
    on = pd.to_datetime(stops["date"]).dt.date
    for number in range(7):
        date = week + dt.timedelta(days=number)
        visits = stops[on == date].sort_values("sequence")
        if len(visits):
            yield date, visits


def day_line(who: Who, visits: Stops) -> str:
    """Say a day: how many visits, driving, miles, and the first names."""
    about = "about " if visits["estimated"].any() else ""
    drive_s = float(visits["drive_s"].sum() + visits["back_s"].sum())
    drive_m = float(visits["drive_m"].sum() + visits["back_m"].sum())
    names = who.accounts["name"].astype("str").reindex(visits["account_id"])
    n = len(visits)
    said = f"{n} visit{'s' if n != 1 else ''}, {about}{day.lasting(drive_s)}, "
    said += f"{about}{day.miles(drive_m)}: {words.listed(names.fillna('').to_list())}"
    near = str(visits["overnight"].fillna("").iloc[-1])
    known = who.accounts["name"].astype("str").get(near, near)
    return f"{said}; night near {known}" if near else said


def overdue_rows(who: Who, stops: Stops, on: dt.date) -> pd.DataFrame:
    """Give the overdue accounts, the latest first, with their next visit."""
    late = due_days(who.accounts, on)
    late = late[late >= 1].sort_values(ascending=False)
    ahead = stops[pd.to_datetime(stops["date"]).dt.date >= on]
    following = ahead.groupby("account_id")["date"].min().reindex(late.index)
    days = pd.to_datetime(following).dt.strftime("%a %d %b").fillna("not planned")
    return pd.DataFrame(
        {
            "Account": who.accounts["name"].astype("str").reindex(late.index),
            "Days overdue": late.round().astype("int64"),
            "Next visit": days,
        }
    )


def keep(
    session: Session, made: Rotation, missed: pd.DataFrame, off: Collection[dt.date]
) -> None:
    """Keep a calendar and what came of it."""
    plan_id = session.plan.plan_id
    save_rotation(session.home, plan_id, made)
    logs.save_outcome(
        *(session.home, session.ground.entry.study_id, plan_id, made.rep_id),
        missed=missed,
        hours=made.hours,
        off=off,
    )


def next_monday(date: dt.date) -> dt.date:
    """Give the Monday after a day."""
    return date + dt.timedelta(days=7 - date.weekday())


def days_in(text: str) -> tuple[dt.date, ...]:
    """Read days off, 2026-12-24 each, between commas or blanks.

    Raises
    ------
    InputError
        One is no day.
    """
    found = []
    for word in re.split(r"[,;\s]+", text.strip()):
        if not word:
            continue
        try:
            found.append(dt.date.fromisoformat(word))
        except ValueError as error:
            raise InputError(
                f"'{word}' is no day", fix="Write days off as 2026-12-24"
            ) from error
    return tuple(found)


def reps_of(session: Session) -> list[str]:
    """Give the reps who own a territory of the plan."""
    owning = set(session.plan.territories["rep_id"])
    return [rep_id for rep_id in reps_with_work(session) if rep_id in owning]


def asked_for(session: Session, rep_ids: Sequence[str]) -> dict[str, Asked]:
    """Give what the worker needs to make the calendars of reps.

    Raises
    ------
    InputError
        None of them has an account.
    """
    asked = {}
    for rep_id in rep_ids:
        who = who_of(session, rep_id)
        if len(who.accounts):
            asked[rep_id] = Asked(who.name, who.rep, who.accounts)
    if not asked:
        raise InputError(
            "There is no account to visit", fix="Give the rep a territory with accounts"
        )
    return asked


def take_in(session: Session, job: Job, *, off: Collection[dt.date] = ()) -> str:
    """Keep the calendars a job has made; say what came of it.

    Parameters
    ----------
    off
        The days off they were made with.
    """
    made: dict[str, Rotation] = job.result if isinstance(job.result, dict) else {}
    for rotation in made.values():
        keep(session, rotation, rotation.missed, off)
    if job.state == "failed":
        return job.message
    n = f"{words.count(len(made))} calendar{'s' if len(made) != 1 else ''}"
    if job.state == "cancelled":
        return f"Cancelled: {n} made before, the others are as they were."
    if len(made) == 1:
        (rotation,) = made.values()
        return _one(rotation)
    lost = sum(len(rotation.missed) for rotation in made.values())
    return f"{n} made; {words.accounts(lost)} with fewer visits than due."


def _one(rotation: Rotation) -> str:
    lost = len(rotation.missed)
    if not lost:
        return "The calendar is made; every visit that is due fits."
    return f"The calendar is made; {words.accounts(lost)} with fewer visits than due."


def counted(session: Session) -> Session:
    """Count the driving hours of the calendars into the scorecard."""
    return recounted(session)


def rep_rows(session: Session) -> pd.DataFrame:
    """Give one row a rep: what their calendar covers and holds."""
    names = reps_with_work(session)
    stops = calendars(session.home, session.plan.plan_id)
    cover = horizons(session.home, session.plan.plan_id)
    study, plan_id = session.ground.entry.study_id, session.plan.plan_id
    rows = []
    for rep_id in reps_of(session):
        mine = stops[stops["rep_id"] == rep_id]
        kept = logs.load_outcome(session.home, study, plan_id, rep_id)
        known = rep_id in cover.index
        about = "about " if known and mine["estimated"].any() else ""
        drive_h = float(mine["drive_s"].sum() + mine["back_s"].sum()) / 3600
        driven = float(mine["drive_m"].sum() + mine["back_m"].sum()) / METRES_PER_MILE
        rows.append(
            {
                "Rep": names[rep_id],
                "From": f"{cover['start'].at[rep_id]:%d %b}" if known else "none yet",
                "Weeks": cover["weeks"].at[rep_id] if known else np.nan,
                "Visits": len(mine) if known else np.nan,
                "Driving": f"{about}{drive_h:,.1f} h" if known else "",
                "Miles": f"{about}{driven:,.0f}" if known else "",
                "Does not fit": len(kept[0]) if kept and known else np.nan,
            }
        )
    columns = ["Rep", "From", "Weeks", "Visits", "Driving", "Miles", "Does not fit"]
    return pd.DataFrame(rows, columns=columns)


def file_of(session: Session, stops: Stops, suffix: str) -> Callable[[], bytes]:
    """Give what makes a calendar's bytes once the button is pressed."""
    return partial(_file, session, stops, suffix)


def _file(session: Session, stops: Stops, suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"calendar{suffix}"
        write_calendar(stops, path, accounts=session.study.accounts, reps=session.reps)
        return path.read_bytes()


def sheets_of(session: Session, who: Who, stops: Stops) -> Callable[[], bytes]:
    """Give what makes the page of all days once the button is pressed."""
    return partial(_sheets, session, who, stops)


def _sheets(session: Session, who: Who, stops: Stops) -> bytes:
    return day_sheet(_planned(session, who, stops)).encode("utf-8")


def _planned(session: Session, who: Who, stops: Stops) -> list[PlannedDay]:
    """Give the days of a calendar as they are handed over.

    Raises
    ------
    InputError
        It has no visit.
    """
    dates = sorted(set(pd.to_datetime(stops["date"]).dt.date))[:MOST_SHEETS]
    plans = [day.day_plan(session, who, date) for date in dates]
    days = [take.planned_day(plan) for plan in plans if plan.tour.stop_ids]
    if not days:
        raise InputError("The calendar has no visit", fix="Make it again")
    return days


def all_sheets(session: Session) -> Callable[[], bytes]:
    """Give what makes a ZIP archive with a page a rep, of all who have a calendar."""
    return partial(_all_sheets, session)


def _all_sheets(session: Session) -> bytes:
    stops = calendars(session.home, session.plan.plan_id)
    days: list[PlannedDay] = []
    for rep_id, mine in stops.groupby("rep_id"):
        if rep_id in session.reps.index:
            days += _planned(session, who_of(session, str(rep_id)), mine)
    return zipped(day_sheets(days))
