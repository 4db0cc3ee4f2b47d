"""What is wrong with the plan, said quietly, and repairs that are one click away."""

from __future__ import annotations

import logging

import streamlit as st

from geo.breaks import Break, breaks
from geo.mend import Repair, repairs
from ui import state, words
from ui.session import Session, commit

CHOICE = "mending_choice"
Hours = tuple[tuple[str, float], ...]

log = logging.getLogger(__name__)


def line(session: Session) -> None:
    """Say in one quiet line what there is to mend; nothing when all is sound."""
    found = _found(session)
    if found:
        more = f", and {len(found) - 1} more to mend" if len(found) > 1 else ""
        st.caption(words.escaped(found[0].sentence + more))


def panel(session: Session) -> None:
    """Show what is wrong, and for the one chosen its repairs with their price."""
    found = _found(session)
    if not found:
        st.markdown("Nothing to mend: every territory is in one part and within hours.")
        return
    sentences = [broken.sentence for broken in found]
    chosen = st.selectbox("To mend", sentences, key=CHOICE)
    broken = found[sentences.index(chosen)] if chosen in sentences else found[0]
    offered = _offers(session, broken)
    if not offered:
        st.markdown("No small repair is known. Propose a new plan, or move units.")
    for number, repair in enumerate(offered):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(words.escaped(told(repair)), width="stretch")
            st.button(
                "Mend",
                key=f"mend_{number}",
                on_click=state.act,
                args=(mended, repair),
            )


def told(repair: Repair) -> str:
    """Say a repair and what changes hands: "...; 3 accounts change hands"."""
    n = repair.price.accounts
    if n == 0:
        return f"{repair.sentence}; no account changes hands"
    change = "changes" if n == 1 else "change"
    return f"{repair.sentence}; {words.accounts(n)} {change} hands"


def mended(session: Session, repair: Repair) -> Session:
    """Carry out a repair."""
    for edit in repair.edits:
        session = commit(session, edit)
    return session


def _hours(session: Session) -> Hours:
    """Give the reps' hours: what loads are held against."""
    hours = session.reps.get("capacity_h", {})
    return tuple((str(rep), float(h)) for rep, h in dict(hours).items())


def _found(session: Session) -> list[Break]:
    return _breaks_of(
        session.plan.plan_id, session.rev, _hours(session), _session=session
    )


def _offers(session: Session, broken: Break) -> list[Repair]:
    return _repairs_of(
        session.plan.plan_id, session.rev, _hours(session), broken, _session=session
    )


@st.cache_data(show_spinner=False, max_entries=64)
def _breaks_of(
    plan_id: str, rev: int, hours: Hours, *, _session: Session
) -> list[Break]:
    log.debug("breaks of %s at %d, %d reps", plan_id, rev, len(hours))
    reps = _session.reps if len(_session.reps) else None
    return breaks(_session.plan, _session.study, reps=reps)


@st.cache_data(show_spinner=False, max_entries=64)
def _repairs_of(
    plan_id: str, rev: int, hours: Hours, broken: Break, *, _session: Session
) -> list[Repair]:
    log.debug("repairs of %s at %d, %d reps", plan_id, rev, len(hours))
    reps = _session.reps if len(_session.reps) else None
    return repairs(_session.plan, _session.study, broken, reps=reps)
