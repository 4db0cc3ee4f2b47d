"""The Propose panel: one question, the search at work, and what it found."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

import streamlit as st

from geo.frames import SEGMENTS, Accounts
from ui import state, words
from ui.jobs import Job
from ui.proposals import Proposal, Question, accept, ask, cancel, discard, found
from ui.session import Session

BALANCED = ("workload_h", "revenue", "potential", "accounts", "visits")
TOLERANCES = (0.02, 0.05, 0.10, 0.15, 0.20)
MOVED = (0.05, 0.10, 0.20, 0.30, 0.50, 1.0)
SECONDS = (10, 20, 60, 180)
POLL_S = 0.5

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
    if session.proposal is not None:
        _answer(session.proposal)
    elif session.job_id:
        _work()
    else:
        _question(session)


def _question(session: Session) -> None:
    st.subheader("Propose territories", anchor=False)
    with st.form("propose", border=False):
        measures = st.multiselect(
            "Balance",
            [m for m in BALANCED if m in session.study.table.measures],
            default=["workload_h"],
            format_func=words.MEASURE_WORDS.__getitem__,
        )
        tolerance = st.select_slider(
            "How close", TOLERANCES, 0.10, format_func=_tolerance_words
        )
        k = st.number_input(
            "Territories", 1, len(session.study.table), max(1, len(session.names))
        )
        moved = st.select_slider(
            "Accounts that may change hands",
            MOVED,
            1.0,
            format_func=lambda share: "any" if share == 1 else words.percent(share),
            disabled=session.today is None,
        )
        where = _segments(session.study.accounts)
        with st.expander("More"):
            seconds = st.select_slider(
                "Search for", SECONDS, 20, format_func=lambda s: f"{s} seconds"
            )
            seed = st.number_input("Seed", 0, 10_000, 1, help="Same seed, same plan")
        if st.form_submit_button("Propose", type="primary", width="stretch"):
            question = Question(
                tuple(measures),
                float(tolerance),
                int(k),
                float(moved),
                where,
                int(seed),
                float(seconds),
            )
            state.act(ask, state.worker(), question)
            st.rerun(scope="fragment")


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


def _tolerance_words(tolerance: float) -> str:
    return f"within {tolerance * 100:.0f} % of a fair share"


@st.fragment(run_every=POLL_S)
def _work() -> None:
    """Show how far the search is, the best so far, and Cancel."""
    session = state.current()
    job = state.worker().look(session.job_id)
    if job.ended:
        state.act(found, job)
        st.rerun()
    st.subheader("Looking for balanced territories", anchor=False)
    step, share, best = _progress(job)
    st.progress(share, text=step)
    st.markdown(best)
    st.button("Cancel", on_click=state.act, args=(cancel, state.worker()))


def _progress(job: Job) -> tuple[str, float, str]:
    if job.state == "waiting":
        return "Waiting for another search to end", 0.0, ""
    seconds = time.monotonic() - job.started_s
    if job.progress is None:
        return f"Starting, {seconds:.0f} s", 0.0, ""
    share = min(max(float(job.progress.share), 0.0), 1.0)
    step = f"{words.escaped(str(job.progress.step).capitalize())}, {seconds:.0f} s"
    if job.progress.labels is None or not math.isfinite(job.progress.objective):
        return step, share, "No plan yet."
    return step, share, f"Best so far: travel {words.short(job.progress.objective)}"


def _answer(proposal: Proposal) -> None:
    """Show one proposal as a card with Accept and Discard."""
    st.subheader(words.escaped(proposal.title), anchor=False)
    with st.container(border=True, key="proposal"):
        for line in proposal.lines:
            st.markdown(words.escaped(line))
        for line in proposal.why:
            st.warning(words.escaped(line), icon=":material/block:")
        if proposal.mends:
            st.markdown("What would mend it:")
            st.markdown("\n".join(f"- {words.escaped(m)}" for m in proposal.mends))
        with st.container(horizontal=True):
            st.button(
                "Accept" if proposal.feasible else "Keep as draft",
                type="primary" if proposal.feasible else "secondary",
                key="proposal_accept",
                on_click=state.act,
                args=(accept,),
            )
            st.button(
                "Discard", key="proposal_discard", on_click=state.act, args=(discard,)
            )
    st.caption("The map shows the proposal. Nothing has changed yet.")
