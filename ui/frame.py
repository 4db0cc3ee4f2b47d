"""The line on top of every page: which plan, when saved, undo, redo, panels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from data.library import DEMO, DEMOS
from ui import state, words
from ui.grounds import copy_plan, open_demo, open_plan
from ui.session import Session, redo, undo

MOST_PLANS = 12


def top(*, panels: bool = False, steps: bool = True) -> Session:
    """Show the line and the notice of the last action; give what is open.

    Parameters
    ----------
    panels
        Whether Propose and Compare are offered here.
    steps
        Whether Undo and Redo are.
    """
    session = state.fresh()
    with st.container(
        key="frame", horizontal=True, vertical_alignment="center", gap="small"
    ):
        _plans(session)
        saved = f", saved {session.saved}" if session.saved else ""
        st.caption(f"draft{saved}", width="content")
        if session.ground.entry.study_id == DEMO and panels:
            _use_my_accounts()
        if steps:
            # On the Map page the map hears the keys: no key may be heard twice.
            _step("Undo", undo, "Ctrl+Z", off=not session.undoable, taken=panels)
            _step("Redo", redo, "Ctrl+Y", off=not session.redoable, taken=panels)
        st.space("stretch")
        if panels:
            _panel("Compare", "compare", ":material/compare_arrows:", session)
            _panel("Propose", "propose", ":material/auto_awesome:", session)
    state.notice()
    return state.current()


def _plans(session: Session) -> None:
    """Name the open plan; behind it the others, and a copy to try something on."""
    name = words.escaped(session.plan.name)
    with st.popover(f"**{name}**", type="tertiary", key="frame_plans"):
        _others(session)


def _others(session: Session) -> None:
    """Offer the other plans, the demos, and a copy of this one."""
    others = [
        entry
        for entry in session.store.plans()
        if entry.plan_id != session.plan.plan_id
    ]
    if others:
        st.markdown("Other plans")
    for entry in others[:MOST_PLANS]:
        changed = f"{entry.changed_at.astimezone():%d %b %H:%M}"
        st.button(
            f"{words.escaped(entry.name)} :gray[{changed}]",
            key=f"frame_open_{entry.plan_id}",
            type="tertiary",
            on_click=state.act,
            args=(open_plan, state.ground, entry.plan_id),
        )
    _demos(session)
    text = st.text_input(
        "Copy this plan as", placeholder="What if", key="frame_copy", max_chars=80
    )
    st.button(
        "Copy",
        key="frame_copy_button",
        disabled=not text,
        on_click=state.act,
        args=(copy_plan, text),
    )


def _demos(session: Session) -> None:
    """Offer the shipped studies nobody has opened yet."""
    known = {entry.plan_id for entry in session.store.plans()}
    for study_id, entry in DEMOS.items():
        if study_id not in known:
            st.button(
                words.escaped(entry.name),
                key=f"frame_demo_{study_id}",
                type="tertiary",
                icon=":material/explore:",
                on_click=state.act,
                args=(open_demo, state.ground, study_id),
            )


def _use_my_accounts() -> None:
    st.page_link(
        state.page("Accounts"),
        label="Use my accounts",
        icon=":material/upload_file:",
        help="The demo's accounts and reps are fictional",
        width="content",
    )


def _step(
    label: str,
    change: Callable[[Session], Session],
    keys: str,
    *,
    off: bool,
    taken: bool,
) -> None:
    st.button(
        label,
        key=f"frame_{label}",
        type="tertiary",
        icon=f":material/{label.lower()}:",
        shortcut=None if taken else keys,
        help=keys if taken else None,
        disabled=off,
        on_click=state.act,
        args=(change,),
    )


def _panel(label: str, name: str, icon: str, session: Session) -> None:
    is_open = session.panel == name
    st.button(
        "Close" if is_open else label,
        key=f"frame_{name}",
        icon=":material/close:" if is_open else icon,
        type="primary" if name == "propose" and not is_open else "secondary",
        on_click=state.act,
        args=(with_panel, "" if is_open else name),
    )


def with_panel(session: Session, name: str) -> Session:
    """Open a panel beside the map; "" for the scorecard."""
    return replace(session, panel=name)
