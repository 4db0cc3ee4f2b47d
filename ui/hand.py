"""Moving units by name instead of by mouse: search, choose, see the effect."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import streamlit as st

from geo.edits import move
from geo.frames import UNIT_WORDS, Units
from geo.plan import owner_of
from ui import state, words
from ui.session import Session, apply_pending, drop, hold

UNITS, TO, SEARCH = "hand_units", "hand_to", "hand_search"
LISTED = 5_000
"""More units than this are searched for on the server."""

FOUND = 200

log = logging.getLogger(__name__)


def panel(session: Session) -> None:
    """Show the search, the choice of territory and what the choice owns today."""
    labels = unit_labels(session.study.units.attrs["unit_set"], session.study.units)
    one, many = UNIT_WORDS.get(session.kind, ("area", "areas"))
    options = list(labels)
    if len(labels) > LISTED:
        text = st.text_input(
            f"Find {many}", key=SEARCH, placeholder="Name, state or id"
        )
        options = matching(labels, text, also=state.asked(UNITS, []))
    st.multiselect(
        f"{one[0].upper()}{one[1:]}s to move" if one == many else f"Move these {many}",
        options,
        format_func=labels.__getitem__,
        key=UNITS,
        placeholder=f"Type the name of a {one}",
        on_change=_show,
    )
    names = session.names
    st.selectbox(
        "To",
        [*names, ""],
        index=None,
        format_func=lambda i: names.get(i, "nobody"),
        key=TO,
        placeholder="Choose a territory",
        on_change=_show,
    )
    chosen = state.asked(UNITS, [])
    if chosen:
        owners = owner_of(session.plan, chosen)
        mine = [names.get(str(i), "nobody") for i in owners]
        said = [f"{labels[u]}: {t}" for u, t in zip(chosen, mine, strict=True)]
        st.caption(words.escaped("Now " + "; ".join(said)))


@st.cache_data(show_spinner=False, max_entries=8)
def unit_labels(unit_set: str, _units: Units) -> dict[str, str]:
    """Give what each unit of a unit set is called in a list: Clark, OH (39023)."""
    log.debug("labels of %s", unit_set)
    return {
        str(unit_id): f"{name}{', ' + state if state else ''} ({unit_id})"
        if name != unit_id
        else f"{unit_id}{', ' + state if state else ''}"
        for unit_id, name, state in zip(
            _units.index, _units["name"], _units["state"], strict=True
        )
    }


def matching(labels: Mapping[str, str], text: str, *, also: list[str]) -> list[str]:
    """Give the first units whose label has every word of `text`, after those chosen."""
    parts = text.lower().split()
    found = list(also)
    if not parts:
        return found
    for unit_id, label in labels.items():
        if len(found) >= FOUND:
            break
        if unit_id not in also and all(part in label.lower() for part in parts):
            found.append(unit_id)
    return found


def _show() -> None:
    """Show the effect of the choice, or nothing when it is not complete."""
    chosen, to = state.asked(UNITS, []), state.asked(TO)
    if chosen and to is not None:
        state.act(_hold, chosen, to)
    else:
        state.act(drop)


def _hold(session: Session, chosen: list[str], to: str) -> Session:
    return hold(session, move(chosen, to=to), by_hand=True)


def apply() -> None:
    """Do what is shown and empty the choice."""
    state.act(apply_pending)
    state.forget(UNITS)


def cancel() -> None:
    """Forget what is shown and empty the choice."""
    state.act(drop)
    state.forget(UNITS)
