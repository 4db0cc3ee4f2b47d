"""Roads or not: which answers, which file to get, and loading it."""

from __future__ import annotations

import uuid
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from data.extracts import advice
from data.roadbook import RoadFile, remove_roads, road_files
from routing.profile import from_json
from ui import state, words
from ui.jobs import Job
from ui.routes import jobs
from ui.routes.who import Who
from ui.session import Session

JOB, FILE, SAID = "roads_job", "roads_file", "roads_said"
MOST_MB = 2000
SUFFIXES = ["pbf", "osm", "gz", "bz2"]
POLL_S = 0.7


def line(session: Session, who: Who) -> None:
    """Say what the times come from; behind it the road files."""
    with st.container(
        key="roads_line", horizontal=True, wrap=False, vertical_alignment="center"
    ):
        st.caption(words.escaped(source(who)), width="stretch")
        with st.popover(
            "Roads", icon=":material/add_road:", type="tertiary", key="roads_popover"
        ):
            if who.roads is None:
                advice_for(who.lonlat)
            files(session)


def files(session: Session) -> None:
    """Show the networks at hand; take a file in, with progress and a way out."""
    _said()
    if state.asked(JOB, ""):
        st.fragment(_work, run_every=POLL_S)()
    else:
        _upload(session)
    _list(session)


def source(who: Who) -> str:
    """Say where drive times come from, and how far off they may be."""
    share = f"{who.engine.expected_error * 100:.0f} %"
    if who.roads is None:
        return f"Estimated from straight lines: half of the times are within {share}."
    day = who.roads.data_date
    dated = f", map of {day:%d %b %Y}" if day else ""
    rules = f", rules {from_json(who.roads.rules).name}" if who.roads.rules else ""
    return f"Times by road: {who.roads.name}{dated}{rules}; half are within {share}."


def advice_for(lonlat: NDArray[np.float64]) -> None:
    """Say which file to fetch for some points; nothing if none lies on land."""
    told = advice(lonlat)
    if told is None:
        return
    st.markdown(words.escaped(told.sentence) + f": [{told.file}]({told.page}).")
    st.caption("A whole state takes minutes. Cut to your area it is quicker:")
    st.code(told.cut, language=None, wrap_lines=True)


def _upload(session: Session) -> None:
    file = st.file_uploader(
        "Extract of OpenStreetMap: .osm.pbf, .osm, .osm.gz. It stays on this machine.",
        SUFFIXES,
        key=f"{FILE}_{state.round_of(FILE)}",
        max_upload_size=MOST_MB,
    )
    if file is not None and state.first_time(FILE, file.file_id):
        sent = _put(session.home, file.getbuffer())
        args = (session.home, sent, file.name)
        state.keep(JOB, state.worker().submit(jobs.load_roads, *args))
        state.keep(SAID, "")
        state.next_round(FILE)
        st.rerun()


def _put(home: Path, content: memoryview) -> Path:
    folder = home / "roads"
    folder.mkdir(parents=True, exist_ok=True)
    sent = folder / f"{uuid.uuid4().hex[:12]}.sent"
    sent.write_bytes(content)
    return sent


def _work() -> None:
    """Show how far the loading is; take in its end."""
    job = state.worker().look(str(state.asked(JOB, "")))
    if job.ended:
        state.keep(JOB, "")
        state.keep(SAID, outcome(job))
        state.keep("routes_day", None)
        st.rerun()
    step, share = job.progress if isinstance(job.progress, tuple) else ("Waiting", 0.0)
    st.progress(min(max(float(share), 0.0), 1.0), text=words.escaped(str(step)))
    st.button("Cancel", key="roads_cancel", on_click=_cancel)


def outcome(job: Job) -> str:
    """Say how the loading ended."""
    if isinstance(job.result, RoadFile):
        n = words.count(job.result.edges)
        return f"{job.result.name} is loaded: {n} stretches of road."
    return job.message or "Loading was cancelled."


def _cancel() -> None:
    state.worker().cancel(str(state.asked(JOB, "")))


def _said() -> None:
    said = state.asked(SAID, "")
    if said:
        st.markdown(words.escaped(said))


def _list(session: Session) -> None:
    """List the networks at hand; those of the reader can be removed."""
    for file in road_files(session.home):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            dated = f", map of {file.data_date:%d %b %Y}" if file.data_date else ""
            n = words.count(file.edges)
            st.markdown(
                f"{words.escaped(file.name)}  \n:gray[{n} stretches{dated}]",
                width="stretch",
            )
            if not file.shipped:
                st.button(
                    "Remove",
                    key=f"roads_remove_{file.path.stem}",
                    type="tertiary",
                    on_click=_remove,
                    args=(session, file.name),
                )


def _remove(session: Session, name: str) -> None:
    with state.noticing():
        remove_roads(session.home, name)
        state.keep("routes_day", None)
