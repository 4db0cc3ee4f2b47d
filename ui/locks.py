"""Locks a move would touch: what they are, and the two small ways on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from geo.edits import lock
from geo.plan import Plan, name_of, owner_of
from geo.study import Study
from ui import state, words
from ui.session import Session, commit


@dataclass(frozen=True)
class Touched:
    """Locks in the way of a move.

    Parameters
    ----------
    units
        Units that may not move: locked themselves, or in a locked territory.
    own
        Those of them that are locked themselves.
    territories
        Locked territories that would lose or gain units.
    gains
        Whether the territory that gets them is one of those.
    """

    units: tuple[str, ...]
    own: tuple[str, ...]
    territories: tuple[str, ...]
    gains: bool

    def __bool__(self) -> bool:
        return bool(self.units or self.territories)


def touched(plan: Plan, units: Sequence[str], to: str) -> Touched:
    """Find the locks that moving units to a territory would touch."""
    shut = set(plan.territories.index[plan.territories["locked"]])
    whose = owner_of(plan, pd.Index(units, dtype=object))
    moving = [(u, o) for u, o in zip(units, whose, strict=True) if o != to]
    return Touched(
        units=tuple(u for u, o in moving if u in plan.locks or o in shut),
        own=tuple(u for u, _ in moving if u in plan.locks),
        territories=tuple(sorted(({o for _, o in moving} | {to}) & shut)),
        gains=to in shut,
    )


def offer(
    session: Session,
    units: Sequence[str],
    found: Touched,
    *,
    leave: Callable[[list[str]], None],
    then: Callable[[], None],
) -> None:
    """Say which locks are in the way and offer to go round them or to open them.

    Parameters
    ----------
    units
        What was to move.
    leave
        Called with what is left when the locked units stay.
    then
        Called once the locks are open.
    """
    kind = session.kind
    names = [name_of(session.plan, i) for i in found.territories]
    what = [words.units(len(found.own), kind)] if found.own else []
    said = words.listed([*what, *names])
    many = len(found.own) + len(names) > 1
    st.markdown(words.escaped(f"{said} {'are' if many else 'is'} locked"))
    rest = [u for u in units if u not in set(found.units)]
    if rest and not found.gains:
        st.button(
            f"Leave {words.units(len(found.units), kind)} out, move "
            f"{words.units(len(rest), kind)} with {_accounts(session.study, rest)}",
            key="locks_leave",
            on_click=leave,
            args=(rest,),
        )
    st.button(
        words.escaped(f"Unlock {said}, move {words.units(len(units), kind)} with ")
        + _accounts(session.study, units),
        key="locks_open",
        on_click=_open,
        args=(found, then),
    )


def _accounts(study: Study, units: Sequence[str]) -> str:
    rows = pd.Index(study.table.unit_id).get_indexer(pd.Index(units, dtype=object))
    inside = np.isin(study.account_unit, rows[rows >= 0])
    return words.accounts(float(inside.sum()))


def _open(found: Touched, then: Callable[[], None]) -> None:
    state.act(opened, found)
    then()


def opened(session: Session, found: Touched) -> Session:
    """Open the locks; undo closes them again.

    Raises
    ------
    PlanError
        Somebody changed them meanwhile.
    """
    if found.own:
        session = commit(session, lock(found.own, locked=False))
    if found.territories:
        edit = lock(found.territories, of="territories", locked=False)
        session = commit(session, edit)
    return session
