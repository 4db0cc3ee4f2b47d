"""What is wrong with the plan, said quietly, and repairs that are one click away."""

from __future__ import annotations

import logging

import streamlit as st

from geo.breaks import Break, breaks
from geo.edits import units_touched
from geo.errors import PlanError
from geo.mend import Repair, repairs
from geo.rebalance import fair_targets
from ui import state, words
from ui.drives import homes_of, reach_of
from ui.jobs import Worker
from ui.search import around, bare
from ui.session import ACTOR, Session, commit, hold, limited

CHOICE, LIMIT = "mending_choice", "mending_limit"
WIDTHS = (5.0, 1.2)
SECONDS = 6.0
STARTING_S = 30.0
"""How long a worker may take to start before its work counts as lost."""

Seen = tuple[object, ...]

log = logging.getLogger(__name__)


def line(session: Session) -> None:
    """Say in one quiet line what there is to mend; nothing when all is sound."""
    found = _found(session)
    if found:
        more = f", and {len(found) - 1} more to mend" if len(found) > 1 else ""
        st.caption(words.escaped(found[0].sentence + more))


def panel(session: Session) -> None:
    """Show what is wrong, its repairs with their price, and a wider way to even out."""
    _repairs(session)
    _limit(session)
    _around(session)


def _limit(session: Session) -> None:
    """Ask for the longest drive; beyond it a unit counts as to mend."""
    st.number_input(
        "Longest drive from a rep's home, minutes (0 for no limit)",
        min_value=0.0,
        max_value=1_000.0,
        step=15.0,
        value=session.longest_min,
        format="%.0f",
        help="Estimated from the straight line to the middle of each unit",
        key=f"{LIMIT}_{session.plan.plan_id}",
        on_change=_keep_limit,
        args=(f"{LIMIT}_{session.plan.plan_id}",),
    )


def _keep_limit(key: str) -> None:
    state.act(limited, float(state.asked(key) or 0.0))


def _repairs(session: Session) -> None:
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
        said, act = st.columns(WIDTHS, vertical_alignment="center")
        said.markdown(words.escaped(told(repair)))
        key = f"mend_{number}"
        act.button("Mend", key=key, on_click=state.act, args=(mended, repair))


def _around(session: Session) -> None:
    """Offer to share out what the last edit has made uneven."""
    last, _ = session.store.undoable(session.plan.plan_id, ACTOR)
    units = units_touched(session.plan, last) if last else []
    if not units:
        return
    st.divider()
    st.markdown("Keep your last move and share the work of the territories around it.")
    if st.button("Rebalance around my move", key="around"):
        with st.spinner(f"Sharing the work, at most {SECONDS:.0f} seconds"):
            state.act(rebalanced, state.worker(), units)
        st.rerun()


def rebalanced(session: Session, worker: Worker, units: list[str]) -> Session:
    """Show what would even out the territories around some units.

    Raises
    ------
    PlanError
        Nothing better is found.
    """
    study = session.study
    targets = fair_targets(session.card)
    work = (session.plan, bare(study), units, targets, SECONDS)
    job_id = worker.submit(around, *work)
    job = worker.wait(job_id, SECONDS + STARTING_S)
    worker.forget(job_id)
    repair: Repair | None = job.result
    if repair is None:
        raise PlanError(
            job.message or "The territories around your move cannot share better",
            fix="Move other units, or press Propose",
        )
    return hold(session, repair.edits[0], by_hand=True)


def units(session: Session) -> list[str]:
    """Give the units that are torn off their territory, or a hole in one."""
    found = [b for b in _found(session) if b.kind in ("pieces", "hole")]
    return [unit for broken in found for unit in broken.units]


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


def _seen(session: Session) -> Seen:
    """Give what breaks and repairs depend on besides the plan."""
    hours = dict(session.reps.get("capacity_h", {}))
    homes = homes_of(session.reps) if session.longest_min else ()
    said = tuple((str(rep), float(h)) for rep, h in hours.items())
    return (said, repr(homes), session.longest_min)


def _found(session: Session) -> list[Break]:
    return _breaks_of(
        session.plan.plan_id, session.rev, _seen(session), _session=session
    )


def _offers(session: Session, broken: Break) -> list[Repair]:
    return _repairs_of(
        session.plan.plan_id, session.rev, _seen(session), broken, _session=session
    )


@st.cache_data(show_spinner=False, max_entries=64)
def _breaks_of(plan_id: str, rev: int, seen: Seen, *, _session: Session) -> list[Break]:
    log.debug("breaks of %s at %d, %d", plan_id, rev, len(seen))
    reps = _session.reps if len(_session.reps) else None
    study = _session.study
    reach = reach_of(study, _session.reps, _session.longest_min)
    return breaks(_session.plan, study, reps=reps, reach=reach)


@st.cache_data(show_spinner=False, max_entries=64)
def _repairs_of(
    plan_id: str,
    rev: int,
    seen: Seen,
    broken: Break,
    *,
    _session: Session,
) -> list[Repair]:
    log.debug("repairs of %s at %d, %d", plan_id, rev, len(seen))
    reps = _session.reps if len(_session.reps) else None
    study = _session.study
    reach = reach_of(study, _session.reps, _session.longest_min)
    return repairs(_session.plan, study, broken, reps=reps, reach=reach)
