"""Check my route: own stops in their own order, and what the best order would save."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from data import logs
from data.logs import DayChoice
from geo.errors import InputError
from routing.day import Stop, Tour
from routing.order import RouteCheck, check_route
from ui import state, words
from ui.intake import table_of
from ui.people import place_homes
from ui.routes import day
from ui.routes.who import MISSING_MIN, Who, clock, day_of, seconds_of
from ui.session import Session

TEXT, FILE = "check_text", "check_file"
MOST = 60
PLACEHOLDER = "One stop a line: account, ZIP, City, ST or latitude, longitude"


def panel(session: Session, who: Who, date: dt.date) -> None:
    """Take stops by text or file; show minutes, miles and the best order's savings."""
    with st.expander("Check my route", icon=":material/fact_check:", key="check"):
        text = st.text_area(
            "Stops in the order you drive them",
            key=TEXT,
            height=140,
            placeholder=PLACEHOLDER,
        )
        file = st.file_uploader(
            "Or a file with id, lon, lat (and visit_min, open, close)",
            ["csv", "tsv", "txt", "xlsx"],
            key=FILE,
        )
        if not text.strip() and file is None:
            return
        try:
            stops = (
                read_stops(text, who)
                if file is None
                else stops_in(table_of(file.name, file.getvalue()), who)
            )
            found = check_route(
                stops,
                start=who.home,
                end=who.home,
                day=day_of(who.rep),
                engine=who.engine,
            )
        except InputError as error:
            st.error(words.escaped(str(error)), icon=":material/error:")
            return
        _answer(session, who, date, stops, found)


def _answer(
    session: Session, who: Who, date: dt.date, stops: Sequence[Stop], found: RouteCheck
) -> None:
    st.markdown(f"**{words.escaped(sentence(found))}**")
    st.dataframe(
        rows_of(found.given, stops),
        hide_index=True,
        key="check_rows",
        alt="The route as given: one row a stop with arrival, minutes and miles",
    )
    for stop_id, why in found.given.infeasible:
        name = next((s.name for s in stops if s.stop_id == stop_id), "The day")
        st.warning(words.escaped(f"{name}: {why}"), icon=":material/schedule:")
    names = {stop.stop_id: stop.name for stop in stops}
    if found.saved_s >= 30 or found.saved_m >= 100:
        order = ", ".join(names[i] for i in found.best.stop_ids)
        st.markdown(words.escaped(f"Best order: {order}."))
    ids = [stop.stop_id for stop in stops]
    if set(ids) <= set(who.accounts.index.astype("str")):
        st.button(
            "Make it my day",
            key="check_use",
            on_click=_use,
            args=(session, who, date, tuple(ids)),
        )


def _use(session: Session, who: Who, date: dt.date, ids: tuple[str, ...]) -> None:
    """Make the stops the day; the text goes, the day says what it is."""
    with state.noticing():
        study = session.ground.entry.study_id
        logs.save_day(session.home, study, who.rep_id, date, DayChoice(ids))
        state.keep("routes_said", "Your route is the day now")


def sentence(found: RouteCheck) -> str:
    """Say what a route takes, and what the best order would save."""
    given = found.given
    about = "about " if given.estimated else ""
    text = (
        f"{about}{day.lasting(given.drive_s)} and {about}{day.miles(given.drive_m)} "
        f"of driving, home at {about}{clock(given.back_s)}"
    )
    if np.isnan(found.saved_s):
        return f"{text}. Not all of these stops can be kept in one day"
    if found.saved_s < 30 and found.saved_m < 100:
        return f"{text}. No order is better"
    saved = f"{about}{day.lasting(max(found.saved_s, 0.0))}"
    miles = f"{about}{day.miles(max(found.saved_m, 0.0))}"
    return f"{text}. The best order saves {saved} and {miles}"


def rows_of(tour: Tour, stops: Sequence[Stop]) -> pd.DataFrame:
    """Give a route as a table to read: stop, arrival, minutes and miles to it."""
    names = {stop.stop_id: stop.name for stop in stops}
    about = "about " if tour.estimated else ""
    ends = [*[names[i] for i in tour.stop_ids], "Home"]
    arrive = [*tour.arrive_s.tolist(), tour.back_s]
    return pd.DataFrame(
        {
            "Stop": ends,
            "Arrive": [f"{about}{clock(at)}" for at in arrive],
            "Minutes": [f"{about}{s / 60:.0f}" for s in tour.leg_s],
            "Miles": [f"{about}{day.miles(m).split()[0]}" for m in tour.leg_m],
        }
    )


def read_stops(text: str, who: Who) -> list[Stop]:
    """Give the stops of a text, a line each: an account, a place, or coordinates.

    Raises
    ------
    InputError
        A line is not known, or there are too many.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    _check_number(len(lines))
    names = who.accounts["name"].astype("str").str.strip().str.casefold()
    by_name = pd.Series(names.index.astype("str"), index=names.to_numpy())
    by_name = by_name[~by_name.index.duplicated()]
    ids = set(who.accounts.index.astype("str"))
    stops: list[Stop] = []
    for number, said in enumerate(lines):
        known = said if said in ids else by_name.get(said.casefold())
        if known is not None:
            stops += day.stops_of(who.accounts, [str(known)])
            continue
        stops.append(_place(number, said))
    return _unique(stops)


def _place(number: int, said: str) -> Stop:
    try:
        point = place_homes(pd.Series([said], index=[number + 1])).iloc[0]
    except InputError as error:
        raise InputError(
            f"'{said}' is no account of yours and no place that is known",
            where=f"line {number + 1}",
            fix="Write an account's name or id, a ZIP, City, ST, or 40.1, -83.0",
        ) from error
    visit_s = 60 * MISSING_MIN
    return Stop(f"{number + 1}", float(point.x), float(point.y), visit_s, name=said)


def stops_in(raw: pd.DataFrame, who: Who) -> list[Stop]:
    """Give the stops of a table with id, lon, lat; ids of accounts need no place.

    Raises
    ------
    InputError
        A column is missing or a row has no place.
    """
    columns = {str(heading).strip().lower(): heading for heading in raw.columns}
    if "id" not in columns:
        raise InputError("No column says id", fix="Name one 'id', others lon and lat")
    _check_number(len(raw))
    ids = set(who.accounts.index.astype("str"))
    stops: list[Stop] = []
    for row, cells in raw.iterrows():
        said = {name: str(cells[heading]).strip() for name, heading in columns.items()}
        if said["id"] in ids and not said.get("lon"):
            stops += day.stops_of(who.accounts, [said["id"]])
            continue
        stops.append(_row(said, f"row {row}"))
    return _unique(stops)


def _row(said: dict[str, str], where: str) -> Stop:
    try:
        lon, lat = float(said.get("lon", "")), float(said.get("lat", ""))
        minutes = float(said.get("visit_min") or MISSING_MIN)
    except ValueError as error:
        raise InputError(
            "A stop has no place", where=where, fix="Fill lon and lat with degrees"
        ) from error
    hours = [seconds_of(said.get(name, ""), np.nan) for name in ("open", "close")]
    opened, closed = (None if np.isnan(h) else h for h in hours)
    name = said.get("name") or said["id"]
    return Stop(said["id"], lon, lat, 60 * minutes, opened, closed, name)


def _check_number(n: int) -> None:
    if n > MOST:
        raise InputError(f"{n} stops are more than a day holds", fix=f"Give {MOST}")


def _unique(stops: list[Stop]) -> list[Stop]:
    """Refuse a stop that is there twice."""
    seen: set[str] = set()
    for stop in stops:
        if stop.stop_id in seen:
            raise InputError(f"'{stop.name}' is there twice", fix="Leave one out")
        seen.add(stop.stop_id)
    return stops
