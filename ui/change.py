"""Changing territories from a list: what the map does by mouse, with the keyboard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from geo.edits import recolor, set_goal
from geo.territories import PALETTE
from ui import state
from ui.session import Session, commit, heard

TERRITORY, DEED = "change_territory", "change_deed"
NAME, INTO, COLOR, GOAL = "change_name", "change_into", "change_color", "change_goal"

DEEDS = {
    "rename": "Call it",
    "merge": "Merge it into",
    "halve": "Split it into two halves of the same work",
    "lock": "Lock it",
    "unlock": "Unlock it",
    "color": "Colour it",
    "goal": "Set its sales goal",
    "drop": "Remove it; its ground is nobody's",
    "create": "Make another territory, empty at first",
    "nearest": "Give nobody's ground to the nearest territories",
}


def panel(session: Session) -> None:
    """Show which territory, what to do with it, and the button that does it."""
    names = session.names
    if not names:
        return
    st.selectbox("Territory", list(names), format_func=names.__getitem__, key=TERRITORY)
    key = str(state.asked(TERRITORY, next(iter(names))))
    if key not in names:
        return
    locked = bool(session.plan.territories.at[key, "locked"])
    deeds = [d for d in DEEDS if d != ("lock" if locked else "unlock")]
    deed = st.selectbox("What to do", deeds, format_func=DEEDS.__getitem__, key=DEED)
    _detail(session, key, deed)
    st.button("Do it", key="change_do", on_click=do, args=(key, deed))


def _detail(session: Session, key: str, deed: str) -> None:
    """Ask for what the deed needs besides the territory."""
    names = session.names
    if deed == "rename":
        st.text_input("Name", key=NAME, placeholder=names[key])
    elif deed == "merge":
        others = [i for i in names if i != key]
        st.selectbox("Into", others, format_func=names.__getitem__, key=INTO)
    elif deed == "color":
        st.selectbox("Colour", PALETTE, key=COLOR)
    elif deed == "goal":
        st.number_input("Sales goal, $ a year", 0.0, step=10_000.0, key=GOAL)


def do(key: str, deed: str) -> None:
    """Do it; it is on the disk afterwards, and undo takes it back."""
    said = {name: state.asked(name) for name in (NAME, INTO, COLOR, GOAL)}
    state.act(done, key, deed, said)
    state.keep(NAME, "")


def done(session: Session, key: str, deed: str, said: Mapping[str, Any]) -> Session:
    """Carry out one deed on a territory.

    Raises
    ------
    PlanError
        It cannot be done; the sentence says why.
    """
    if deed == "color":
        return commit(session, recolor([key], to=str(said[COLOR])))
    if deed == "goal":
        goal = float(said[GOAL] or 0.0)
        return commit(session, set_goal({key: goal if goal > 0 else None}))
    event: dict[str, Any] = {"kind": deed, "territory": key}
    if deed in {"lock", "unlock"}:
        event |= {"kind": "lock", "locked": deed == "lock"}
    elif deed == "rename":
        event["name"] = str(said.get(NAME) or "")
    elif deed == "merge":
        event["to"] = str(said.get(INTO) or "")
    return heard(session, event)
