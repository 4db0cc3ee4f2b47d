"""The Propose panel: one question, the search at work, and what it found."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from geo.design import Progress, Way
from geo.frames import SEGMENTS, Accounts
from geo.frontier import SHARES
from geo.metrics import summary
from ui import options, state, words
from ui.jobs import Job
from ui.options import way_words
from ui.proposals import SAID, ask, best_so_far, cancel, found, plainly, settled
from ui.road_panel import asked_roads
from ui.search import ANY, Foreseen, Question, eased, foresee
from ui.session import Session
from ui.tables import market_measures
from ui.wishing import wanted

BALANCED = ("workload_h", "revenue", "potential", "accounts", "visits")
TOLERANCES = (0.02, 0.05, 0.10, 0.15, 0.20)
CLOSE = "propose_close"
LEAST = (-1.0,)
"""Stands for as few changes as it takes."""
MOVED = (SHARES, LEAST, (0.05,), (0.10,), (0.20,), (0.40,), (ANY,))
BLANK = "From a blank map"
PRESETS: Mapping[str, tuple[tuple[float, ...], float]] = {
    "Three options": (SHARES, 0.10),
    "Few changes": (LEAST, 0.05),
    BLANK: ((ANY,), 0.10),
}
"""What people come for: how much may change hands, and how close."""
SECONDS = (10, 30, 60, 180)

SEGMENT_WORDS = {
    "region": "Sales region",
    "industry": "Industry",
    "customer_type": "Customer type",
    "product": "Product",
    "channel": "Channel",
    "stage": "Customer or lead",
}


def panel(session: Session) -> None:
    """Show the question, the work or the answer."""
    if session.proposals:
        options.answers(session)
    elif session.job_id:
        _work(session)
    else:
        st.fragment(_question)()


def _question() -> None:
    """Ask; what can be said at once follows each change of the question."""
    session = state.current()
    state.warmed()
    st.subheader("Propose territories", anchor=False)
    _presets(session)
    measures = st.multiselect(
        "Balance",
        balanced(session.study.table.measures),
        default=["workload_h"],
        format_func=lambda m: words.MEASURE_WORDS.get(m, m),
        key="propose_measures",
    )
    tolerances = _how_close(measures)
    k, capacity = _how_many(session, measures)
    shares, moved_by = _changes(session)
    roads = asked_roads(session)
    where = _segments(session.study.accounts)
    wish = wanted(session, afresh=session.today is None or shares == (ANY,))
    seconds, seed = _more()
    question = Question(
        tuple(measures),
        max(tolerances.values(), default=0.10),
        k,
        (ANY,) if shares == LEAST or session.today is None else shares,
        where,
        seed,
        seconds,
        roads,
        least=shares == LEAST,
        moved_by=moved_by,
        capacity=capacity,
        minutes=wish.minutes,
        homes=wish.homes,
        parts=wish.parts,
        prices=wish.prices,
        rules=wish.rules,
        families=wish.families,
        lines=wish.lines,
        tolerances=tolerances,
    )
    _foreseen(session, question)
    if st.button("Propose", type="primary", width="stretch", key="propose_go"):
        state.act(ask, state.worker(), question)
        st.rerun()


def _how_close(measures: Sequence[str]) -> dict[str, float]:
    """Ask how close to a fair share: once, and of each further measure."""
    found: dict[str, float] = {}
    for place, measure in enumerate(measures or [""]):
        key = f"propose_close_{measure}" if place else CLOSE
        what = words.escaped(words.MEASURE_WORDS.get(measure, measure))
        said = st.select_slider(
            f"How close, {what}" if len(measures) > 1 else "How close",
            TOLERANCES,
            0.10 if state.asked(key) is None else None,
            format_func=_tolerance_words,
            key=key,
        )
        found[measure] = float(said or 0.10)
    return found if measures else {}


def _presets(session: Session) -> None:
    st.segmented_control(
        "What for",
        list(PRESETS),
        default=next(iter(PRESETS)) if session.today is not None else BLANK,
        key="propose_preset",
        label_visibility="collapsed",
        disabled=session.today is None,
        on_change=_preset,
    )


def _preset() -> None:
    """Set the question to what the chosen preset asks."""
    chosen = PRESETS.get(str(state.asked("propose_preset")))
    if chosen is not None:
        state.keep("propose_moved", chosen[0])
        state.keep(CLOSE, chosen[1])


def _how_many(session: Session, measures: Sequence[str]) -> tuple[int, float]:
    """Ask for the number of territories, or for what each may carry."""
    lead = measures[0] if measures else "workload_h"
    what = words.escaped(words.MEASURE_WORDS.get(lead, lead))
    left, right = st.columns((2, 3), vertical_alignment="bottom")
    find = right.toggle("Find the number", key="propose_find", help=f"From {what}")
    if not find:
        k = left.number_input(
            "Territories",
            1,
            len(session.study.table),
            max(1, len(session.names)),
            key="propose_k",
        )
        return int(k), 0.0
    load = session.study.table.loads[:, session.study.table.measures.index(lead)]
    usual = float(load.sum()) / max(1, len(session.names)) * 1.1
    most = left.number_input(
        f"At most, {what}",
        min_value=1.0,
        value=float(max(1, round(usual))),
        format="%.0f",
        key=f"propose_capacity_{lead}",
    )
    return max(1, len(session.names)), float(most)


def _changes(session: Session) -> tuple[tuple[float, ...], str]:
    """Ask how much may change hands, and in what it is counted."""
    left, right = st.columns((3, 2))
    shares = left.selectbox(
        "Accounts that may change hands",
        MOVED,
        format_func=_moved_words,
        key="propose_moved",
        disabled=session.today is None,
    )
    moved_by = right.selectbox(
        "Counted in",
        ("accounts", "revenue"),
        key="propose_moved_by",
        disabled=session.today is None,
    )
    return tuple(shares), str(moved_by)


def _more() -> tuple[float, int]:
    with st.expander("More"):
        seconds = st.select_slider(
            "Search for",
            SECONDS,
            60,
            format_func=lambda s: f"{s} seconds",
            key="propose_seconds",
        )
        seed = st.number_input("Seed", 0, 10_000, 1, help="Same seed, same plan")
    return float(seconds), int(seed)


def _foreseen(session: Session, question: Question) -> None:
    """Say at once what can't be met, and offer what would mend it."""
    if question.where or not question.measures:
        return
    with state.telling():
        reps = session.reps if len(session.reps) else None
        told = foresee(
            replace(question, settled=settled(session)),
            session.ground.study,
            reps,
            session.today,
        )
        if not told.binding:
            _fair(question, told)
            return
        first = words.escaped(plainly(told.binding[0], session.ground.study))
        st.markdown(f":material/block: Can't be met, because {first}.")
        for rule in told.binding[1:SAID]:
            st.markdown(f"- {words.escaped(plainly(rule, session.ground.study))}.")
        for place, way in enumerate(told.ways):
            st.button(
                way_words(way),
                key=f"propose_way_{place}",
                icon=":material/arrow_forward:",
                on_click=_take,
                args=(question, way),
            )


def _fair(question: Question, told: Foreseen) -> None:
    """Say what a fair share is, where nothing stands in the way."""
    lead = question.measures[0]
    each = words.measured(told.fair, lead)
    about = "about " if lead.endswith("_h") else ""
    what = words.MEASURE_WORDS.get(lead, lead)
    st.caption(
        f"Nothing stands in the way. A fair share is {about}{words.escaped(each)} "
        f"of {words.escaped(what.removeprefix('hours of '))}."
    )


def _take(question: Question, way: Way) -> None:
    """Ask at once with a way out taken."""
    state.act(ask, state.worker(), eased(question, way))


def balanced(measures: Sequence[str]) -> list[str]:
    """Give what can be balanced: the usual measures, then the market's."""
    ours = [m for m in BALANCED if m in measures]
    return ours + market_measures(measures)


def _segments(accounts: Accounts) -> Mapping[str, tuple[str, ...]]:
    """Ask which accounts a plan is for: one plan a segment."""
    where: dict[str, tuple[str, ...]] = {}
    with st.expander("Which accounts"):
        for column in SEGMENTS:
            values = segment_values(accounts, column)
            if len(values) > 1:
                kept = st.multiselect(
                    SEGMENT_WORDS[column], values, placeholder="All of them"
                )
                if kept:
                    where[column] = tuple(kept)
    return where


def segment_values(accounts: Accounts, column: str) -> list[str]:
    """Give the values of a segment, the most frequent first."""
    if column not in accounts:
        return []
    said = accounts[column].fillna("").astype("str")
    return [str(value) for value in said[said != ""].value_counts().index[:200]]


def _moved_words(shares: tuple[float, ...]) -> str:
    if shares == LEAST:
        return "as few as it takes"
    if len(shares) > 1:
        return "three options"
    return "any" if shares[0] >= ANY else f"at most {words.percent(shares[0])}"


def _tolerance_words(tolerance: float) -> str:
    return f"within {tolerance * 100:.0f} % of a fair share"


def follow() -> None:
    """Take in what the search has found since; rerun the page when it has ended."""
    session = state.current()
    if not session.job_id:
        return
    job = state.worker().look(session.job_id)
    if job.ended:
        state.act(found, job)
        st.rerun()
    if isinstance(job.progress, Progress):
        state.act(best_so_far, job.progress)


def _work(session: Session) -> None:
    """Show how far the search is, the best so far, and Cancel."""
    job = state.worker().look(session.job_id)
    st.subheader("Looking for balanced territories", anchor=False)
    share, step = _progress(job)
    st.progress(share, text=step)
    if session.best is None:
        st.markdown("No plan yet.")
    else:
        st.markdown("Best so far: " + words.escaped(summary(session.best.card)))
    st.button("Cancel", on_click=state.act, args=(cancel, state.worker()))


def _progress(job: Job) -> tuple[float, str]:
    """Give the share of the search that is done, and its step in words."""
    if job.state == "waiting":
        return 0.0, "Waiting for another search to end"
    seconds = time.monotonic() - job.started_s
    progress = job.progress
    if not isinstance(progress, Progress):
        return 0.0, f"Starting, {seconds:.0f} s"
    share = min(max(float(progress.share), 0.0), 1.0)
    return share, f"{words.escaped(progress.step.capitalize())}, {seconds:.0f} s"
