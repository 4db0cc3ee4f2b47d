"""Driving rules of one's own: fitted to known trips, weighed, taken or left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from data.driving_rules import drop_rules, rules_in_use, rules_of, use_rules
from data.profiles import trips_of
from data.roadbook import road_file_for
from geo.errors import InputError
from routing.calibration import Calibration
from routing.profile import from_json
from ui import state, words
from ui.intake import table_of
from ui.routes import jobs
from ui.session import Session

FILE, JOB, FOUND = "rules_file", "rules_job", "rules_found"
SUFFIXES = ["csv", "tsv", "txt", "xlsx", "json"]
MOST_MB = 20
POLL_S = 0.7


def panel(session: Session) -> None:
    """Show the rules in use, fit others to trips, and take or leave them."""
    with st.expander("Driving rules", icon=":material/speed:", key="rules"):
        _in_use(session)
        if state.asked(JOB, ""):
            st.fragment(_work, run_every=POLL_S)()
        elif state.asked(FOUND) is not None:
            _offer(session, state.asked(FOUND))
        else:
            _ask(session)


def _in_use(session: Session) -> None:
    rules = rules_in_use(session.home)
    if rules is None:
        st.markdown("Times follow the rules each network was loaded with.")
        return
    share = f"{rules.expected_error * 100:.0f} %"
    st.markdown(
        f"Times follow your rules **{words.escaped(rules.name)}**: half of the times "
        f"are within {share}."
    )
    st.button("Use the usual rules", key="rules_drop", on_click=_drop, args=(session,))


def _ask(session: Session) -> None:
    file = st.file_uploader(
        "Trips you know: from_lon, from_lat, to_lon, to_lat, minutes, and maybe period;"
        " or rules that the command calibrate wrote (.json)",
        SUFFIXES,
        key=f"{FILE}_{state.round_of(FILE)}",
        max_upload_size=MOST_MB,
    )
    if file is None or not state.first_time(FILE, file.file_id):
        return
    state.next_round(FILE)
    with state.noticing():
        if file.name.lower().endswith(".json"):
            take_file(session, file.name, file.getvalue())
        else:
            begin(session, file.name, file.getvalue())
    st.rerun()


def take_file(session: Session, name: str, content: bytes) -> None:
    """Use the rules of a file.

    Raises
    ------
    InputError
        It holds none.
    """
    use_rules(session.home, from_json(content.decode("utf-8", "replace"), where=name))


def begin(session: Session, name: str, content: bytes) -> None:
    """Have rules fitted to the trips of a table, in the worker.

    Raises
    ------
    InputError
        A column is missing, or no network covers the trips.
    """
    trips = trips_of(table_of(name, content), where=name)
    file = road_file_for(session.home, np.vstack([trips.origins, trips.destinations]))
    if file is None:
        raise InputError(
            "No road network covers the trips",
            where=name,
            fix="Load the roads they were driven on first",
        )
    usual = replace(file, rules="")  # fitted rules begin with those of the network
    called = name.rpartition(".")[0] or name
    state.keep(JOB, state.worker().submit(jobs.fit_rules, usual, trips, called))


def _work() -> None:
    """Show that the fit goes on; take in its end."""
    job = state.worker().look(str(state.asked(JOB, "")))
    if job.ended:
        state.keep(JOB, "")
        state.keep(FOUND, job.result)
        if job.message:
            state.put(replace(state.current(), notice=job.message))
        st.rerun()
    st.progress(0.5, text="Driving your trips and fitting the rules")
    st.button("Cancel", key="rules_cancel", on_click=_cancel)


def _cancel() -> None:
    state.worker().cancel(str(state.asked(JOB, "")))


def _offer(session: Session, found: Calibration) -> None:
    """Say what fitted rules are worth, and let the reader take them."""
    left = f", {words.count(found.left_out)} left out" if found.left_out else ""
    st.markdown(f"Fitted to {words.count(found.used)} trips{left}.")
    st.dataframe(fit_rows(found), hide_index=True, key="rules_fit")
    period = ""
    if len(found.periods) > 1:
        period = st.selectbox("Times of day", list(found.periods), key="rules_period")
    with st.container(horizontal=True):
        st.button(
            "Use these rules",
            key="rules_use",
            type="primary",
            on_click=_use,
            args=(session, found, period),
        )
        st.button("Discard", key="rules_no", on_click=state.keep, args=(FOUND, None))


def fit_rows(found: Calibration) -> pd.DataFrame:
    """Give the error before and after a fit: median, nine in ten, and the level."""
    rows = {
        "Before": found.before,
        "After, the same trips": found.after,
        "After, trips left out of the fit": found.held_out,
    }
    return pd.DataFrame(
        {
            "Rules": list(rows),
            "Median error": [f"{m.median * 100:.1f} %" for m in rows.values()],
            "9 in 10 within": [f"{m.p90 * 100:.1f} %" for m in rows.values()],
            "Time / trip": [f"{m.level:.2f}" for m in rows.values()],
        }
    )


def _use(session: Session, found: Calibration, period: str) -> None:
    with state.noticing():
        use_rules(session.home, rules_of(found, period))
        _changed()


def _drop(session: Session) -> None:
    with state.noticing():
        drop_rules(session.home)
        _changed()


def _changed() -> None:
    state.keep(FOUND, None)
    state.keep("routes_day", None)
