"""The home page: the plan on the map, its scorecard, and every way to change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from geo.metrics import summary
from ui import (
    change,
    component,
    deltas,
    frame,
    hand,
    looks,
    maps,
    mending,
    propose,
    road_panel,
    state,
    tables,
    words,
)
from ui.effects import lead_column
from ui.session import Session, heard
from ui.streets import decide, streets_of

MAP_PX = 640
POLL_S = 1.0
ROW_PX = 30
CHANGE_PX = 26
ROWS_SHOWN = 16
WIDTHS = (2.0, 1.0)


def page() -> None:
    """Show the Map page; while a search goes on, its best plan draws itself."""
    searching = bool(state.current().job_id)
    st.fragment(_workspace, run_every=POLL_S if searching else None)()


def _workspace() -> None:
    """Map and numbers together: an edit reruns this and nothing else."""
    with state.telling():
        propose.follow()
        session = frame.top(panels=True)
        left, right = st.columns(WIDTHS, gap="small")
        with left, st.container(key="map"):
            _map(session)
            _effect(session)
        with right, st.container(key="beside"):
            _beside(session)


def _map(session: Session) -> None:
    plan, card = session.seen
    maps.territory_map(
        session.ground.study,
        plan,
        card,
        rev=session.rev,
        on_edit=lambda event: state.act(heard, event),
        asked=state.asked,
        height=MAP_PX,
        today=session.today,
        reps=session.reps,
        tolerance=tables.TOLERANCE,
        selected=session.selected,
        preview="" if session.by_hand else session.sentence,
        streets=streets_of(state.settings(), _agreed),
        flagged=_flagged(session) if plan is session.plan else (),
        overlays=road_panel.overlays(session),
    )


def _flagged(session: Session) -> list[str]:
    return [*mending.units(session), *road_panel.flagged(session)]


def _agreed(yes: bool) -> None:
    """Keep the reader's yes or no to asking for streets."""
    with state.noticing():
        decide(state.settings(), yes)


def _effect(session: Session) -> None:
    """Show what the edit at hand would do, before it is applied."""
    if session.pending is None or not session.by_hand:
        return
    with st.container(key="effect", horizontal=True, vertical_alignment="center"):
        st.markdown(words.escaped(session.sentence) + ".", width="stretch")
        st.button("Apply", key="effect_apply", type="primary", on_click=hand.apply)
        st.button("Cancel", key="effect_cancel", on_click=hand.cancel)


def _beside(session: Session) -> None:
    """Show the panel that is open, and say what the last edit did."""
    _open_panel(session)
    component.status(session.told, rev=session.rev)


def _open_panel(session: Session) -> None:
    """Show the panel that is open, or the sentence and the scorecard."""
    if session.panel == "propose":
        propose.panel(session)
        return
    if session.panel == "compare":
        looks.compare_panel(session)
        return
    _sentence(session)
    mending.line(session)
    # Only the open tab is made: an edit waits for nothing that nobody looks at.
    tabs = st.tabs(list(TABS), key=TAB, on_change="rerun")
    for tab, show in zip(tabs, TABS.values(), strict=True):
        if tab.open:
            with tab:
                show(session)


def _by_hand(session: Session) -> None:
    hand.panel(session)
    st.divider()
    change.panel(session)


def _sentence(session: Session) -> None:
    with st.container(key="sentence"):
        st.subheader(words.escaped(summary(session.card)), anchor=False)


def _changes(session: Session) -> None:
    """Show the numbers an edit changes, before it is applied and after."""
    if session.step is None:
        return
    found = deltas.deltas(session.step, session.ground.study)
    if found.empty:
        return
    names = dict(zip(found["territory_id"], found["name"], strict=True))
    with st.container(key="changes"):
        st.dataframe(
            deltas.table(found),
            column_config={"label": "", **names},
            row_height=CHANGE_PX,
            height=CHANGE_PX * found["label"].nunique() + ROW_PX + 6,
            key="changes_table",
            placeholder=words.MISSING,
            alt="What the edit changes in the territories it touches",
        )
    more = len(session.changes) - len(names)
    if more > 0:
        st.caption(f"The {len(names)} that change most, of {len(session.changes)}")


def _scorecard(session: Session) -> None:
    _changes(session)
    rows = tables.scorecard_rows(
        session.card,
        session.plan,
        session.reps,
        session.changes,
        market=tables.market_measures(session.study.table.measures),
    )
    tolerance = None if lead_column(session.card) == "load" else tables.TOLERANCE
    with st.container(key="card"):  # as high as the window allows, see ui.theme
        st.dataframe(
            tables.scorecard_style(rows, session.plan, tolerance=tolerance),
            hide_index=True,
            column_config=tables.scorecard_columns(),
            height=ROW_PX * (min(len(rows), ROWS_SHOWN) + 1) + 8,
            row_height=ROW_PX,
            key="scorecard",
            placeholder=words.MISSING,
            alt="Scorecard: one row a territory, the most loaded first",
        )
    st.caption(words.escaped(f"{tables.totals(session.card)}."))
    if session.ground.calendars:
        st.caption(words.hours_from(session.ground.calendars, session.ground.factor))
    vacant = session.card.index[session.card["accounts"] == 0]
    if len(vacant):
        st.caption(f"{words.count(len(vacant))} without accounts")


TAB = "beside_tab"
TABS: Mapping[str, Callable[[Session], None]] = {
    "Territories": _scorecard,
    "Move": _by_hand,
    "Mend": mending.panel,
    "Roads": road_panel.panel,
    "Charts": looks.charts_panel,
}
