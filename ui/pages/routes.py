"""A rep's work: today, the weeks ahead, what was driven, and the territory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import streamlit as st

from ui import frame, state
from ui.routes import log, territory, today, weeks
from ui.routes.who import reps_with_work
from ui.session import Session

REP, DATE, VIEW, GO = "routes_rep", "routes_date", "routes_view", "routes_go"
TODAY, WEEKS, LOG, MINE = "Today", "Weeks", "Log", "My territory"

Show = Callable[[Session, str, dt.date], None]
VIEWS: dict[str, Show] = {
    TODAY: today.show,
    WEEKS: weeks.show,
    LOG: log.show,
    MINE: territory.show,
}


def page() -> None:
    """Show the Routes page."""
    session = frame.top(steps=False)
    names = reps_with_work(session)
    if not names:
        st.markdown("There are no reps yet. Their routes appear here.")
        st.page_link(state.page("Reps"), label="Add reps", icon=":material/badge:")
        return
    with st.container(
        key="routes_top", horizontal=True, vertical_alignment="bottom", gap="small"
    ):
        with st.container(
            key="routes_who", horizontal=True, wrap=False, gap="small", width=400
        ):
            rep_id = st.selectbox(
                "View as",
                list(names),
                format_func=names.__getitem__,
                key=f"{REP}_{session.plan.plan_id}",
            )
            date = st.date_input("Day", key=DATE, format="YYYY-MM-DD", width=140)
        view = st.segmented_control(
            "What to see",
            list(VIEWS),
            default=TODAY,
            required=True,
            key=VIEW,
            label_visibility="collapsed",
        )
    st.fragment(_body)(str(rep_id), date, str(view))


def _body(rep_id: str, date: dt.date, view: str) -> None:
    if state.asked(GO, False):
        state.keep(GO, False)
        st.rerun()
    with state.telling():
        state.notice()
        VIEWS[view](state.current(), rep_id, date)
