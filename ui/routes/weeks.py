"""Weeks: the calendar of visits, what its weeks hold, and what does not fit."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st

from data import logs
from data.calendars import calendars, load_calendar
from geo.frames import Stops
from routing.rules import RotationRules
from ui import charts, state, words
from ui.pages.export import file_name
from ui.routes import calendar, jobs, lost
from ui.routes.who import Who, who_of
from ui.session import Session

JOB, SAID, OFF, MOVED = "weeks_job", "weeks_said", "weeks_off", "weeks_moved"
NIGHTS = (0, 1, 2, 3)
ROUNDS = 5_000
"""Effort while somebody waits; the command line spends four times as much."""
WEEKS = (4, 6, 8, 12)
LEADS = (None, 0.0, 0.1, 0.2, 0.3, 0.5)
POLL_S = 0.7
ROWS_PX = 330
MIME = "application/octet-stream"


def show(session: Session, rep_id: str, date: dt.date) -> None:
    """Show a rep's weeks ahead."""
    who = who_of(session, rep_id)
    if state.asked(JOB, ""):
        st.fragment(_work, run_every=POLL_S)()
        return
    _said(rep_id)
    stops = load_calendar(session.home, session.plan.plan_id, rep_id)
    if stops is None:
        st.subheader("No calendar yet", anchor=False)
        st.markdown(
            "A calendar gives each account its visits, on days that can be driven."
        )
    else:
        _calendar(session, who, stops, date)
    _make(session, who, date, first=stops is None)
    if state.role() != "rep":
        with st.expander("All reps", icon=":material/groups:", key="weeks_all"):
            _all(session)


def _said(rep_id: str) -> None:
    """Say what came of the last step, with the visits it moved."""
    said = state.asked(SAID, "")
    if said:
        st.markdown(words.escaped(said))
    held: tuple[str, pd.DataFrame] | None = state.asked(MOVED)
    if said and held is not None and held[0] == rep_id and len(held[1]):
        st.dataframe(
            held[1],
            hide_index=True,
            key="weeks_moved_rows",
            alt="Visits that moved: the day before and the day now",
        )


def _calendar(session: Session, who: Who, stops: Stops, date: dt.date) -> None:
    """Show a calendar: in one line, as a chart, by week, and what it lacks."""
    night = logs.read_prices(session.home).night
    said = calendar.sentence(stops, night=night)
    st.subheader(words.escaped(said), anchor=False)
    missed, hours = calendar.outcome(session, who.rep_id, stops)
    n = f" ({words.count(len(missed))})" if len(missed) else ""
    by_week, late, short = st.tabs(["By week", "Overdue", f"Does not fit{n}"])
    with by_week:
        left, right = st.columns([1, 1.3], gap="medium")
        with left:
            st.altair_chart(
                charts.weeks_chart(hours, estimated=bool(stops["estimated"].any()))
            )
        with right:
            _weeks(who, stops)
    with late:
        rows = calendar.overdue_rows(who, stops, date)
        if rows.empty:
            st.markdown("No account is overdue.")
        else:
            st.dataframe(
                rows,
                hide_index=True,
                height=ROWS_PX,
                key="weeks_overdue",
                alt="Overdue accounts: days overdue and the next visit planned",
            )
    with short:
        _missed(who, missed)
    _take(session, who, stops)
    _lost(session, who, stops, date)


def _lost(session: Session, who: Who, stops: Stops, date: dt.date) -> None:
    """Ask which days were lost; what lies on them moves, the rest stays."""
    with st.expander("After a sick day", icon=":material/sick:", key="weeks_lost"):
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            day = lost.next_day(stops, date)
            keys = [f"lost_{end}_{day:%Y%m%d}" for end in ("first", "last")]
            first = st.date_input("First day lost", day, key=keys[0], width=150)
            last = st.date_input("Last", day, key=keys[1], width=150)
            st.button(
                "Move what lay on it",
                key="lost_button",
                on_click=_move,
                args=(session, who, stops, first, last),
            )
        st.caption("Everything else stays on its day where it can.")


def _move(
    session: Session, who: Who, stops: Stops, first: dt.date, last: dt.date
) -> None:
    with state.noticing():
        said, rows = lost.move_lost(session, who, stops, first, max(first, last))
        state.keep(SAID, said)
        state.keep(MOVED, (who.rep_id, rows))
        state.act(calendar.counted)


def _weeks(who: Who, stops: Stops) -> None:
    """Show one week as a table of days; a day opens as the day's route."""
    weeks = calendar.weeks_of(stops)
    labels = {week: f"{week:%d %b}" for week in weeks}
    week = st.segmented_control(
        "Week of",
        list(weeks),
        default=weeks[0],
        required=True,
        format_func=labels.__getitem__,
        key=f"weeks_week_{who.rep_id}",
    )
    for on, visits in calendar.days_of(stops, week):
        with st.container(
            key=f"weeks_day_{on:%Y%m%d}",
            horizontal=True,
            wrap=False,
            vertical_alignment="center",
        ):
            said = calendar.day_line(who, visits)
            st.markdown(
                f"**{on:%a %d %b}**  \n:gray[{words.escaped(said)}]", width="stretch"
            )
            st.button(
                "Open",
                key=f"weeks_open_{on:%Y%m%d}",
                type="tertiary",
                on_click=_open,
                args=(on,),
            )


def _open(on: dt.date) -> None:
    """Go to that day; the page outside this fragment has to run for it."""
    state.keep("routes_date", on)
    state.keep("routes_view", "Today")
    state.keep("routes_go", True)


def _missed(who: Who, missed: pd.DataFrame) -> None:
    if missed.empty:
        st.markdown("Every account gets the visits it is due in these weeks.")
        return
    names = who.accounts["name"].astype("str").reindex(missed["account_id"])
    rows = pd.DataFrame(
        {
            "Account": names.fillna("").to_numpy(),
            "Wanted": missed["wanted"].to_numpy(),
            "Planned": missed["planned"].to_numpy(),
            "Why": missed["why"].to_numpy(),
            "What would help": missed["mend"].to_numpy(),
        }
    )
    st.dataframe(
        rows,
        hide_index=True,
        height=ROWS_PX,
        key="weeks_missed",
        alt="Accounts with fewer visits than they are due, why, and what would help",
    )


def _take(session: Session, who: Who, stops: Stops) -> None:
    """Offer the calendar as files."""
    with st.container(horizontal=True, gap="small"):
        for label, suffix in (
            ("Calendar", ".ics"),
            ("Excel", ".xlsx"),
            ("CSV", ".csv"),
        ):
            st.download_button(
                label,
                data=calendar.file_of(session, stops, suffix),
                file_name=file_name(f"{who.name} weeks", suffix),
                mime=MIME,
                key=f"weeks_take{suffix}",
                icon=":material/download:",
                on_click="ignore",
            )
        st.download_button(
            "Day sheets",
            data=calendar.sheets_of(session, who, stops),
            file_name=file_name(f"{who.name} days", ".html"),
            mime="text/html",
            key="weeks_sheets",
            icon=":material/description:",
            help="All days as one page that a phone opens without a network",
            on_click="ignore",
        )


def _make(session: Session, who: Who, date: dt.date, *, first: bool) -> None:
    """Ask for a calendar: from when, how long, and how much of it is for leads."""
    title = "Make the calendar" if first else "Make it again"
    with st.expander(title, expanded=first, icon=":material/event_repeat:", key="make"):
        start, weeks, rules = _question("make", date)
        st.button(
            "Make the calendar",
            key="make_button",
            type="primary",
            on_click=_ask,
            args=(session, [who.rep_id], start, weeks, rules),
        )


def _question(key: str, date: dt.date) -> tuple[dt.date, int, RotationRules]:
    with st.container(horizontal=True, gap="small"):
        start = st.date_input(
            "From", calendar.next_monday(date), key=f"{key}_start", width=150
        )
        weeks = st.selectbox("Weeks", WEEKS, key=f"{key}_weeks", width=110)
        share = st.selectbox(
            "Time for leads",
            LEADS,
            format_func=_lead_words,
            key=f"{key}_leads",
            width=190,
            help="Share of the hours kept for new leads, the rest for customers",
        )
        nights = st.selectbox(
            "Nights away",
            NIGHTS,
            format_func=_nights_words,
            key=f"{key}_nights",
            width=150,
            help="Where a trip is far and a night saves two hours of driving",
        )
        off = st.text_input(
            "Days off",
            key=f"{key}_off",
            placeholder="2026-12-24, 2026-12-25",
            width=230,
        )
    days_off = calendar.days_in(off)
    rules = RotationRules(
        lead_share=share, days_off=days_off, nights=int(nights), rounds=ROUNDS
    )
    return start, int(weeks), rules


def _nights_words(nights: int) -> str:
    return "none" if not nights else f"up to {nights} in a row"


def _lead_words(share: float | None) -> str:
    return "like any account" if share is None else words.percent(share)


def _ask(
    session: Session,
    rep_ids: list[str],
    start: dt.date,
    weeks: int,
    rules: RotationRules,
) -> None:
    """Hand the work to the worker."""
    with state.noticing():
        asked = calendar.asked_for(session, rep_ids)
        args = (session.home, asked, start, weeks, rules)
        state.keep(JOB, state.worker().submit(jobs.make_calendars, *args))
        state.keep(SAID, "")
        state.keep(MOVED, None)
        state.keep(OFF, tuple(rules.days_off))


def _work() -> None:
    """Show how far the work is; take in its end."""
    job = state.worker().look(str(state.asked(JOB, "")))
    if job.ended:
        state.keep(JOB, "")
        with state.noticing():
            session = state.current()
            state.keep(SAID, calendar.take_in(session, job, off=state.asked(OFF, ())))
        state.act(calendar.counted)
        st.rerun()
    step, share = job.progress if isinstance(job.progress, tuple) else ("Waiting", 0.0)
    st.subheader("Making the calendar", anchor=False)
    st.progress(min(max(float(share), 0.0), 1.0), text=words.escaped(str(step)))
    st.button("Cancel", key="weeks_cancel", on_click=_cancel)


def _cancel() -> None:
    state.worker().cancel(str(state.asked(JOB, "")))


def _all(session: Session) -> None:
    """Show what all reps' calendars hold, and make them in one go."""
    rows = calendar.rep_rows(session)
    st.dataframe(
        rows,
        hide_index=True,
        key="weeks_reps",
        alt="One row a rep: from when, visits, driving, miles, what does not fit",
    )
    if rows["Visits"].notna().any():
        _take_all(session)
    start, weeks, rules = _question("all", dt.date.today())
    st.button(
        f"Make the calendars of {words.count(len(rows))} reps",
        key="all_button",
        on_click=_ask,
        args=(session, calendar.reps_of(session), start, weeks, rules),
    )


def _take_all(session: Session) -> None:
    """Offer all calendars: a day sheet a rep, and one table."""
    stops = calendars(session.home, session.plan.plan_id)
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Day sheets of all reps",
            data=calendar.all_sheets(session),
            file_name=file_name(f"{session.plan.name} day sheets", ".zip"),
            mime="application/zip",
            key="all_sheets",
            icon=":material/folder_zip:",
            help="One page a rep; send each theirs, a phone opens it without a network",
            on_click="ignore",
        )
        st.download_button(
            "All calendars, Excel",
            data=calendar.file_of(session, stops, ".xlsx"),
            file_name=file_name(f"{session.plan.name} weeks", ".xlsx"),
            mime=MIME,
            key="all_take",
            icon=":material/download:",
            on_click="ignore",
        )
