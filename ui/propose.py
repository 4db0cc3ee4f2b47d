"""The Propose panel: one question, the search at work, and what it found."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import streamlit as st

from geo.design import Progress
from geo.frames import SEGMENTS, Accounts
from geo.metrics import summary
from ui import state, words
from ui.jobs import Job
from ui.proposals import (
    Proposal,
    accept,
    ask,
    best_so_far,
    cancel,
    discard,
    found,
    show,
)
from ui.road_panel import asked_roads
from ui.search import ANY, Question
from ui.session import Session
from ui.tables import market_measures

BALANCED = ("workload_h", "revenue", "potential", "accounts", "visits")
TOLERANCES = (0.02, 0.05, 0.10, 0.15, 0.20)
MOVED = ((0.10, 0.25, ANY), (0.05,), (0.10,), (0.20,), (0.30,), (0.50,), (ANY,))
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
        _answers(session)
    elif session.job_id:
        _work(session)
    else:
        _question(session)


def _question(session: Session) -> None:
    state.warmed()
    st.subheader("Propose territories", anchor=False)
    with st.form("propose", border=False):
        measures = st.multiselect(
            "Balance",
            balanced(session.study.table.measures),
            default=["workload_h"],
            format_func=lambda m: words.MEASURE_WORDS.get(m, m),
        )
        tolerance = st.select_slider(
            "How close", TOLERANCES, 0.10, format_func=_tolerance_words
        )
        k = st.number_input(
            "Territories", 1, len(session.study.table), max(1, len(session.names))
        )
        moved = st.selectbox(
            "Accounts that may change hands",
            MOVED,
            format_func=_moved_words,
            key="propose_moved",
            disabled=session.today is None,
        )
        roads = asked_roads(session)
        where = _segments(session.study.accounts)
        with st.expander("More"):
            seconds = st.select_slider(
                "Search for",
                SECONDS,
                60,
                format_func=lambda s: f"{s} seconds",
                key="propose_seconds",
            )
            seed = st.number_input("Seed", 0, 10_000, 1, help="Same seed, same plan")
        if st.form_submit_button("Propose", type="primary", width="stretch"):
            question = Question(
                tuple(measures),
                float(tolerance),
                int(k),
                tuple(moved) if session.today is not None else (ANY,),
                where,
                int(seed),
                float(seconds),
                roads,
            )
            state.act(ask, state.worker(), question)
            st.rerun()


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
    if len(shares) > 1:
        return "three options: 10 %, 25 %, any"
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


def _answers(session: Session) -> None:
    """Show the options as cards; the map shows one of them."""
    n = len(session.proposals)
    st.subheader("One option" if n == 1 else f"{n} options", anchor=False)
    st.caption("The map shows one of them. Nothing has changed yet.")
    for number, proposal in enumerate(session.proposals):
        _card(number, proposal, shown=number == session.option)
    st.button("Discard", key="proposal_discard", on_click=state.act, args=(discard,))


def _card(number: int, proposal: Proposal, *, shown: bool) -> None:
    with st.container(border=True, key=f"proposal_{number}"):
        st.markdown(f"**{words.escaped(proposal.title)}**")
        st.markdown("  \n".join(words.escaped(line) for line in proposal.lines))
        if proposal.why:
            with st.expander("What it misses", icon=":material/block:"):
                said = [*proposal.why, *(f"To mend it: {m}" for m in proposal.mends)]
                st.markdown("\n".join(f"- {words.escaped(line)}" for line in said))
        with st.container(horizontal=True):
            st.button(
                "Accept" if proposal.feasible else "Keep as draft",
                type="primary" if proposal.feasible and shown else "secondary",
                key=f"proposal_accept_{number}",
                on_click=state.act,
                args=(accept, number),
            )
            st.button(
                "On the map" if shown else "Show",
                key=f"proposal_show_{number}",
                disabled=shown,
                on_click=state.act,
                args=(show, number),
            )
