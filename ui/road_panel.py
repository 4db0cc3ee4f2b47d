"""Roads beside the map: which network answers, how far one drives, what roads part."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from data.roadbook import Coverage, RoadFile, road_file_for, road_files
from ui import by_road, rules_panel, state, words
from ui.by_road import RoadsAsked
from ui.drives import homes_of
from ui.overlays import Overlay
from ui.routes import roads
from ui.session import Session

SHOWN, START, MINUTES, OUTSIDE = (
    f"roads_{name}" for name in ("shown", "start", "minutes", "outside")
)
MOST_ASKED = 6
"""Bands shown at once."""
MOST_UNITS = 2_000
"""With more units, roads between neighbours are looked at when asked for."""
ROWS_PX = 240
DISTANCE, DRIVING = "Distance", "Drive time"


def panel(session: Session) -> None:
    """Show the network in use, bands of drive time, and ground that roads part."""
    files = road_files(session.home)
    found = by_road.coverage(session, files)
    _network(session, found)
    if found is not None and found.answers:
        _parted(session, found)
    _bands(session, found)
    rules_panel.panel(session)


def overlays(session: Session) -> list[Overlay]:
    """Give what this panel has laid over the map."""
    laid: list[Overlay] = []
    if state.asked(OUTSIDE, "") == session.plan.plan_id:
        found = by_road.coverage(session, road_files(session.home))
        laid += by_road.outside_overlay(session, found) if found else []
    plan_id, key, minutes = state.asked(SHOWN) or ("", "", ())
    start = (
        by_road.starts(session).get(key) if plan_id == session.plan.plan_id else None
    )
    if start is not None:
        bands = by_road.bands_around(session, start.at, minutes)
        laid += by_road.band_overlays(bands, start)
    return laid


def flagged(session: Session) -> list[str]:
    """Give the units that roads part from their territory, if they were looked for."""
    found = by_road.coverage(session, road_files(session.home))
    known = by_road.parted_known(session, found.file) if found else None
    return [unit for broken in known or () for unit in broken.units]


def _network(session: Session, found: Coverage | None) -> None:
    """Say which network is in use, its age and extent, and who lies off it."""
    said, act = st.columns((3.0, 1.0), vertical_alignment="top")
    said.markdown("  \n".join(words.escaped(line) for line in network_lines(found)))
    if found is not None:
        st.caption("Roads \u00a9 OpenStreetMap contributors, ODbL 1.0")
    with act.popover("Files", icon=":material/add_road:", key="roads_files"):
        if found is None or not found.answers:
            roads.advice_for(by_road.lonlat_of(session.ground.study))
        roads.files(session)
    if found is not None and found.outside.any():
        n = int(found.outside.sum())
        st.toggle(
            f"Show {words.accounts(n)} off the network",
            value=state.asked(OUTSIDE, "") == session.plan.plan_id,
            key="roads_outside_toggle",
            on_change=_keep_outside,
            args=(session.plan.plan_id,),
        )
        with st.expander("List them"):
            rows = by_road.outside_rows(session, found)
            st.dataframe(rows, hide_index=True, height=ROWS_PX, key="roads_off")


def network_lines(found: Coverage | None) -> list[str]:
    """Say which network answers, its age and extent, and how many lie off it."""
    if found is None:
        return [
            "No road network covers these accounts.",
            "Drive times are about: estimated from straight lines.",
        ]
    file, off, all_ = found.file, int(found.outside.sum()), int(found.placed.sum())
    lines = [f"Roads: {file.name}", f"{_age(file)}; {by_road.extent_of(file)}."]
    if not off:
        return [*lines, f"All {words.accounts(all_)} lie on it."]
    lines.append(f"{words.count(off)} of {words.accounts(all_)} lie off it.")
    if not found.answers:
        lines.append("Too many: drive times of the whole plan are estimated.")
    return lines


def _age(file: RoadFile) -> str:
    dated = "Map of unknown date"
    if file.data_date is not None:
        dated = f"Map of {file.data_date:%d %b %Y}"
    came = "shipped" if file.shipped else f"loaded {file.loaded:%d %b %Y}"
    return f"{dated}, {came}"


def _keep_outside(plan_id: str) -> None:
    on = bool(state.asked("roads_outside_toggle", False))
    state.keep(OUTSIDE, plan_id if on else "")


def _bands(session: Session, found: Coverage | None) -> None:
    """Ask for bands of drive time, and tell in a table what lies in them."""
    starts = by_road.starts(session)
    if not starts:
        st.markdown("Give a rep a home, or make a territory, to see drive times.")
        return
    plan_id, shown, kept = state.asked(SHOWN) or ("", "", ())
    if plan_id != session.plan.plan_id or shown not in starts:
        shown, kept = "", ()
    key = st.selectbox(
        "Drive time from",
        list(starts),
        index=list(starts).index(shown) if shown else _first(session, starts),
        format_func=lambda key: starts[key].label,
        key=f"{START}_{session.plan.plan_id}",
    )
    minutes = st.pills(
        "Within, minutes",
        by_road.MINUTES,
        selection_mode="multi",
        default=kept or by_road.usual_minutes(found),
        key=f"{MINUTES}_{session.plan.plan_id}",
    )
    asked = (session.plan.plan_id, str(key), tuple(sorted(minutes)[:MOST_ASKED]))
    with st.container(horizontal=True):
        st.button(
            "Show on the map",
            key="roads_show",
            type="primary",
            disabled=not minutes or (shown == key and kept == asked[2]),
            on_click=state.keep,
            args=(SHOWN, asked),
        )
        if shown:
            hide = (SHOWN, None)
            st.button("Hide", key="roads_hide", on_click=state.keep, args=hide)
    if shown:
        _table(session, starts[shown], kept)


def _first(session: Session, starts: dict[str, by_road.Start]) -> int:
    """Give the row of the rep who owns the selected territory, else the first."""
    table = session.plan.territories
    if session.selected in table.index:
        rep = "rep " + str(table.at[session.selected, "rep_id"])
        own = rep if rep in starts else f"territory {session.selected}"
        return list(starts).index(own) if own in starts else 0
    return 0


def _table(session: Session, start: by_road.Start, minutes: Sequence[int]) -> None:
    bands = by_road.bands_around(session, start.at, minutes)
    rows = by_road.band_rows(bands, by_road.lonlat_of(session.ground.study))
    st.dataframe(
        rows,
        hide_index=True,
        key="roads_bands",
        column_config={"km\u00b2": st.column_config.NumberColumn(format="%.1f")},
    )
    if bands.roads is None:
        st.caption(
            f"{words.escaped(start.label)}: about. No road network is known there; the "
            "circles are estimated from straight lines and ignore water and mountains."
        )
    else:
        st.caption(words.escaped(f"{start.label}, on {bands.roads.name}."))


def _parted(session: Session, found: Coverage) -> None:
    """List territories that are one polygon and in parts by road."""
    n = len(session.ground.study.units)
    known = by_road.parted_known(session, found.file)
    if known is None and n > MOST_UNITS and not st.button("Look for ground roads part"):
        return
    if known is None:
        with st.spinner("Driving between neighbours"):
            known = by_road.parted(session, found.file)
    if not known:
        st.markdown("The road joins every territory: none is in parts.")
    for broken in known:
        st.markdown(words.escaped(broken.sentence + "."))


def asked_roads(session: Session) -> RoadsAsked | None:
    """Ask, in the panel of a proposal, whether minutes of driving count."""
    lonlat = by_road.lonlat_of(session.ground.study)
    file = road_file_for(session.home, lonlat)
    how = st.radio(
        "Keep short",
        (DISTANCE, DRIVING),
        horizontal=True,
        key="propose_short",
        captions=("straight lines", _by(file)),
    )
    if how != DRIVING:
        return None
    homes = homes_of(session.reps) if len(session.reps) else ()
    from_homes = st.checkbox(
        "Drives begin at the reps' homes",
        key="propose_homes",
        disabled=all(lon != lon for _, lon, _ in homes),
    )
    joined = st.checkbox(
        "Roads must join the parts of a territory",
        key="propose_joined",
        disabled=file is None,
    )
    return RoadsAsked(file, from_homes=from_homes, joined=joined and file is not None)


def _by(file: RoadFile | None) -> str:
    if file is None:
        return "minutes, about: no road network covers these accounts"
    return f"minutes by road: {words.escaped(file.name)}"
