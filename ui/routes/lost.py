"""Days lost, through sickness or snow: what lay on them moves to other days.

Plain values in, plain values out: nothing here touches streamlit.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd

from data import logs
from geo.errors import InputError
from geo.frames import Stops
from routing.replan import moved, replan
from routing.rotation import Rotation
from routing.rules import RotationRules
from ui import words
from ui.routes import calendar, day
from ui.routes.who import Who
from ui.session import Session


def next_day(stops: Stops, on: dt.date) -> dt.date:
    """Give the first day with a visit on or after a day; the day itself if none is."""
    days = pd.to_datetime(stops["date"]).dt.date
    ahead = days[days >= on]
    found: dt.date = min(ahead) if len(ahead) else on
    return found


def move_lost(
    session: Session, who: Who, stops: Stops, first: dt.date, last: dt.date
) -> tuple[str, pd.DataFrame]:
    """Move what lies on lost days, as little else as possible, and keep the calendar.

    Returns
    -------
    tuple
        What came of it in words, and the visits that move: Account, Was, Now.

    Raises
    ------
    InputError
        The days end before they begin, or the calendar has no visit on them.
    """
    days = {first + dt.timedelta(days=n) for n in range((last - first).days + 1)}
    on = pd.to_datetime(stops["date"]).dt.date
    if not on.isin(list(days)).any():
        raise InputError(
            "The calendar has no visit on these days", fix="Choose days with visits"
        )
    study, plan_id = session.ground.entry.study_id, session.plan.plan_id
    closed = logs.load_off(session.home, study, plan_id, who.rep_id) | days
    made = replan(
        stops,
        who.accounts,
        who.rep,
        weeks=int(stops.attrs["weeks"]),
        start=dt.date.fromisoformat(stops.attrs["start"]),
        since=first,
        engine=who.engine,
        rules=RotationRules(days_off=frozenset(closed)),
    )
    earlier, _ = calendar.outcome(session, who.rep_id, stops)
    full = [table for table in (earlier, made.missed) if len(table)]
    missed = pd.concat(full, ignore_index=True) if full else made.missed
    calendar.keep(session, made, missed, closed)
    return _moved(who, stops, made)


def _moved(who: Who, stops: Stops, made: Rotation) -> tuple[str, pd.DataFrame]:
    changes = moved(stops, made.stops)
    lost = int(changes["now"].isna().sum())
    n = len(changes) - lost
    before_s = float(stops["drive_s"].sum() + stops["back_s"].sum())
    more_s = made.drive_s - before_s
    about = "about " if made.estimated else ""
    said = f"{words.count(n)} visit{'s' if n != 1 else ''} moved"
    if lost:
        said += f", {words.count(lost)} without a day"
    side = "more" if more_s >= 0 else "less"
    said += f"; {about}{day.lasting(abs(more_s))} {side} driving. All else stays."
    names = who.accounts["name"].astype("str").reindex(changes["account_id"])
    rows = pd.DataFrame(
        {
            "Account": names.fillna(changes["account_id"]).to_numpy(),
            "Was": changes["was"].dt.strftime("%a %d %b").fillna("").to_numpy(),
            "Now": changes["now"].dt.strftime("%a %d %b").fillna("no day").to_numpy(),
        }
    )
    return said, rows
