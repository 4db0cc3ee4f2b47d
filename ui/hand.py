"""Moving units and accounts by name instead of by mouse: choose, see the effect."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

import streamlit as st

from geo.edits import Edit, clear_override, lock, move, override
from geo.frames import UNIT_WORDS, Accounts, Units
from geo.plan import owner_of, owners
from ui import locks, shape, state, words
from ui.gestures import edit_of
from ui.pieces import shown
from ui.session import Session, apply_pending, drop, hold

WHAT, UNITS, ACCOUNTS = "hand_what", "hand_units", "hand_accounts"
TO, SEARCH, FIND = "hand_to", "hand_search", "hand_find"
LISTED = 5_000
"""More than this are searched for on the server."""

FOUND = 200
NEW, HOME, LOCK, UNLOCK = "~new", "~home", "~lock", "~unlock"
"""What may happen to a choice besides going to a territory."""

log = logging.getLogger(__name__)


def panel(session: Session) -> None:
    """Show the search, the choice of territory and what the choice owns today."""
    one, many = UNIT_WORDS.get(session.kind, ("area", "areas"))
    kinds = {
        "units": f"{many[0].upper()}{many[1:]}",
        "accounts": "Single accounts",
        "shape": "What lies in a shape",
    }
    what = st.radio(
        "Move",
        list(kinds),
        format_func=kinds.__getitem__,
        key=WHAT,
        horizontal=True,
        label_visibility="collapsed",
        on_change=cancel,
    )
    if what == "accounts":
        _accounts(session)
        _target(session, {HOME: "no exception: with their " + one})
        return
    if what == "shape":
        shape.panel(session, many)
        return
    _units(session, many)
    _target(session, {NEW: "a new territory", LOCK: "lock them", UNLOCK: "unlock them"})
    units, to = state.asked(UNITS, []), state.asked(TO)
    found = _in_the_way(session, units, to)
    if found is not None:
        locks.offer(session, units, found, leave=_leave, then=_show)


def _in_the_way(
    session: Session, units: list[str], to: str | None
) -> locks.Touched | None:
    """Give the locks a complete choice would touch, if there are any."""
    if not units or to is None or to in (LOCK, UNLOCK):
        return None
    return locks.touched(session.plan, units, to) or None


def _leave(units: list[str]) -> None:
    state.keep(UNITS, units)
    _show()


def _units(session: Session, many: str) -> None:
    study = session.study
    sign = shown(session.ground.study, session.plan).sign
    labels = unit_labels(f"{study.table.unit_set} {sign}", study.units)
    options = _narrowed(labels, UNITS, f"Find {many}", "Name, state or id")
    st.multiselect(
        f"Move these {many}",
        options,
        format_func=lambda i: labels.get(i, i),
        key=UNITS,
        placeholder="Type a name or an id",
        on_change=_show,
    )
    chosen = state.asked(UNITS, [])
    if chosen:
        whose = owner_of(session.plan, chosen)
        _now(session, labels, dict(zip(chosen, whose, strict=True)))


def _accounts(session: Session) -> None:
    accounts = session.study.accounts
    labels = account_labels(session.ground.entry.study_id, len(accounts), accounts)
    options = _narrowed(labels, ACCOUNTS, "Find accounts", "Name, town or id")
    st.multiselect(
        "Move these accounts",
        options,
        format_func=lambda i: labels.get(i, i),
        key=ACCOUNTS,
        placeholder="Type a name or an id",
        on_change=_show,
    )
    chosen = state.asked(ACCOUNTS, [])
    if chosen:
        _now(session, labels, dict(owners(session.plan, accounts.loc[chosen])))


def _narrowed(
    labels: Mapping[str, str], key: str, label: str, hint: str
) -> Iterable[str]:
    """Give all there is to choose from, or of very many those a search finds."""
    chosen = state.asked(key, [])
    if any(i not in labels for i in chosen):  # of another plan, or pieces taken back
        state.keep(key, [i for i in chosen if i in labels])
    if len(labels) <= LISTED:
        return labels
    search = SEARCH if key == UNITS else FIND
    text = st.text_input(label, key=search, placeholder=hint)
    return matching(labels, text, also=state.asked(key, []))


def _target(session: Session, besides: Mapping[str, str]) -> None:
    names = {**session.names, "": "nobody", **besides}
    st.selectbox(
        "To",
        list(names),
        index=None,
        format_func=lambda i: names.get(i, i),
        key=TO,
        placeholder="Choose a territory",
        on_change=_show,
    )


def _now(
    session: Session, labels: Mapping[str, str], whose: Mapping[str, object]
) -> None:
    """Say who owns what is chosen today."""
    names = session.names
    said = [
        f"{labels[i]}: {names.get(str(t), 'nobody')}" for i, t in list(whose.items())
    ]
    more = f"; and {len(said) - 12} more" if len(said) > 12 else ""
    st.caption(words.escaped("Now " + "; ".join(said[:12]) + more))


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


@st.cache_data(show_spinner=False, max_entries=4)
def account_labels(study_id: str, n: int, _accounts: Accounts) -> dict[str, str]:
    """Give what each account is called in a list: Alpha Dental, Columbus (A12)."""
    log.debug("labels of %d accounts of %s", n, study_id)
    blank = [""] * n
    names = _accounts["name"].fillna("").astype("str") if "name" in _accounts else blank
    towns = _accounts["city"].fillna("").astype("str") if "city" in _accounts else blank
    return {
        str(i): f"{', '.join(part for part in (name, town) if part)} ({i})"
        for i, name, town in zip(_accounts.index, names, towns, strict=True)
    }


def matching(labels: Mapping[str, str], text: str, *, also: list[str]) -> list[str]:
    """Give the first labels that have every word of `text`, after those chosen."""
    parts = text.lower().split()
    found = list(also)
    if not parts:
        return found
    for key, label in labels.items():
        if len(found) >= FOUND:
            break
        if key not in also and all(part in label.lower() for part in parts):
            found.append(key)
    return found


def _show() -> None:
    """Show the effect of the choice, or nothing when it is not complete."""
    of_accounts = state.asked(WHAT, "units") == "accounts"
    chosen = state.asked(ACCOUNTS if of_accounts else UNITS, [])
    to = state.asked(TO)
    shut = not of_accounts and _in_the_way(state.current(), chosen, to)
    if chosen and to is not None and not shut:
        state.act(held, chosen, to, of_accounts)
    else:
        state.act(drop)


def held(session: Session, chosen: list[str], to: str, of_accounts: bool) -> Session:
    """Show what the choice would do.

    Raises
    ------
    PlanError
        It cannot be done; the sentence says why.
    """
    return hold(session, edit_by_hand(session, chosen, to, of_accounts), by_hand=True)


def edit_by_hand(
    session: Session, chosen: list[str], to: str, of_accounts: bool
) -> Edit:
    """Give the edit that a choice in the table stands for."""
    if of_accounts:
        return clear_override(chosen) if to == HOME else override(chosen, to=to)
    if to in (LOCK, UNLOCK):
        return lock(chosen, locked=to == LOCK)
    if to == NEW:
        event = {"kind": "create", "ids": chosen}
        made = edit_of(event, session.plan, session.study)
        assert made is not None  # noqa: S101
        return made
    return move(chosen, to=to)


def apply() -> None:
    """Do what is shown and empty the choice."""
    state.act(apply_pending)
    _empty()


def cancel() -> None:
    """Forget what is shown and empty the choice."""
    state.act(drop)
    _empty()


def _empty() -> None:
    # Set, not forgotten: the browser would keep showing what it showed.
    for key in (UNITS, ACCOUNTS):
        state.keep(key, [])
    for key in (TO, shape.TO):
        state.keep(key, None)
    state.keep(shape.CORNERS, "")
