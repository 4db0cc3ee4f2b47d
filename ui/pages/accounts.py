"""Accounts on their way in: drop a file, see what was placed, use it."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import streamlit as st

from data.boundaries import read_units
from geo.errors import InputError
from geo.frames import UNIT_WORDS, WGS84, Accounts
from ui import charts, frame, market, online, quality, state, tables, words
from ui.grounds import KINDS, change_of, renew, use_accounts
from ui.intake import (
    FIELD_WORDS,
    UNUSED,
    Upload,
    cleaned,
    columns_of,
    mapping_rows,
    placed_points,
    placed_sentence,
    read_upload,
)
from ui.routes import log
from ui.session import Session

SUFFIXES = ["csv", "tsv", "txt", "xlsx", "geojson", "json", "gpkg", "parquet"]
FILE = "accounts_file"
MAPPING = "accounts_mapping"
TABLE_PX = 420
LISTED = 500
ROW_PX, ROWS_SHOWN = 30, 12


def page() -> None:
    """Show the Accounts page."""
    session = frame.top()
    st.header("Accounts", anchor=False)
    left, right = st.columns(2, gap="medium")
    with left:
        if state.upload() is None:
            _open_now(session)
        file = st.file_uploader(
            "Drop a file of accounts: CSV, Excel, GeoJSON, GeoPackage or GeoParquet, "
            "up to 50 MB. It stays on this machine.",
            SUFFIXES,
            key=FILE,
            on_change=state.set_upload,
            args=(None,),
        )
        if file is not None and state.first_time(FILE, file.file_id):
            _read(file.name, file.getvalue())
    upload = state.upload()
    if upload is None:
        with left:
            log.queue(session)
            market.panel(session)
        with right:
            _where(session)
        _largest(session)
    elif upload.accounts is not None:
        with right:
            sentence = words.escaped(placed_sentence(upload.accounts))
            st.subheader(f"{sentence}.", anchor=False)
            _renew(upload)
            _use(upload)
        _details(upload, upload.accounts)


def _open_now(session: Session) -> None:
    """Show what is open: where it came from and how well it was placed."""
    entry, accounts = session.ground.entry, session.study.accounts
    st.markdown(
        f"**{words.escaped(entry.name)}** is open. "
        + words.escaped(placed_sentence(accounts))
        + "."
    )
    outside = int((session.study.account_unit < 0).sum())
    if outside:
        what = UNIT_WORDS.get(session.kind, ("area", "areas"))[0]
        st.caption(f"{words.accounts(outside)} in no {what}.")


def _where(session: Session) -> None:
    """Show where the accounts that are open lie, over the outline of the states."""
    points = _points(session.ground.entry.study_id, _session=session)
    if points is not None:
        drawn = outline("state")
        st.altair_chart(charts.placed_chart(points, drawn, projection="albersUsa"))


@st.cache_data(show_spinner=False, max_entries=4)
def _points(study_id: str, *, _session: Session) -> pd.DataFrame | None:
    """Give where accounts of the US lie; None elsewhere, where no map is shipped."""
    accounts = _session.study.accounts
    if not study_id or not bool((accounts["country"] == "US").all()):
        return None
    return placed_points(accounts.to_crs(WGS84))


def _largest(session: Session) -> None:
    """List the accounts that are open, the largest first."""
    accounts = session.study.accounts
    rows = tables.account_rows(accounts, most=LISTED)
    st.dataframe(
        rows,
        height=ROW_PX * (min(len(rows), ROWS_SHOWN) + 1) + 8,
        row_height=ROW_PX,
        column_config=tables.account_columns(),
        placeholder=words.MISSING,
        alt="Accounts that are open, the largest first",
    )
    if len(accounts) > len(rows):
        n = f"{words.count(len(rows))} of {words.count(len(accounts))}"
        st.caption(f"The {n} accounts with the most revenue.")


def _read(name: str, content: bytes) -> None:
    """Read the file that was dropped; a bad one leaves what is open."""
    said = f"Reading {words.escaped(name)}, then placing its accounts"
    with st.spinner(said, show_time=True), state.noticing():
        state.set_upload(read_upload(name, content, state.settings().home))
    st.rerun()


def _details(upload: Upload, accounts: Accounts) -> None:
    """Show what is doubtful, what each column is used as, and where accounts are."""
    n = f" ({words.count(len(upload.issues))})" if upload.issues else ""
    doubts, columns, street, where = st.tabs(
        [f"To look at{n}", "Columns", "By address", "On the map"]
    )
    with doubts:
        quality.panel(upload, accounts)
    with street:
        online.panel(upload, accounts)
    with columns:
        _mapping(upload)
    with where:
        american = bool((accounts["country"] == "US").all())
        projection = "albersUsa" if american else "equalEarth"
        drawn = outline("state" if american else "country")
        st.altair_chart(
            charts.placed_chart(placed_points(accounts), drawn, projection=projection)
        )


def _mapping(upload: Upload) -> None:
    edited = st.data_editor(
        mapping_rows(upload),
        hide_index=True,
        disabled=["Column in your file", "Sample values"],
        column_config={
            "Used as": st.column_config.SelectboxColumn(
                options=[UNUSED, *FIELD_WORDS.values()], required=True
            )
        },
        key=f"{MAPPING}_{upload.name}_{state.round_of(MAPPING)}",
        height=TABLE_PX,
    )
    columns = columns_of(edited)
    if columns != upload.columns:
        state.set_upload(cleaned(upload, columns))
        st.rerun()


@st.cache_data(show_spinner=False)
def outline(kind: str) -> dict[str, Any]:
    """Give outlines of states or countries, for the picture of what was placed."""
    shapes = read_units(kind).to_crs(WGS84).geometry.simplify(0.05)
    # Vega takes a ring that turns the other way for the rest of the world.
    there = np.asarray(shapes[~shapes.is_empty])
    turned = gpd.GeoSeries(shapely.orient_polygons(there, exterior_cw=True), crs=WGS84)
    return dict(json.loads(turned.to_json()))


def _renew(upload: Upload) -> None:
    """Offer to put a newer export under the plan that is open."""
    session = state.current()
    try:
        change = change_of(session, upload)
    except InputError:
        return
    st.markdown(words.escaped(f"Against the open plan: {change.sentence}."))
    if st.button("Update the open plan", key="accounts_renew", icon=":material/sync:"):
        with st.spinner("Putting the accounts on the map"):
            state.act(renew, upload)
        state.ground.clear(session.ground.entry.study_id)
        if not state.current().notice:
            state.set_upload(None)
            st.switch_page(state.page("Map"))
        st.rerun()


def _use(upload: Upload) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            "Draw territories from",
            list(KINDS),
            format_func=KINDS.__getitem__,
            key="accounts_kind",
            width=320,
        )
        own = None
        if kind == "file":
            own = st.file_uploader(
                "Areas: GeoJSON, GeoPackage or zipped shapefile",
                ["geojson", "json", "gpkg", "zip", "parquet"],
                key="accounts_areas",
            )
        if st.button(
            "Use these accounts",
            key="accounts_use",
            type="primary",
            icon=":material/check:",
            disabled=kind == "file" and own is None,
        ):
            with st.spinner("Putting the accounts on the map"):
                areas = None if own is None else (own.name, own.getvalue())
                state.act(use_accounts, upload, kind, areas)
            if not state.current().notice:
                state.set_upload(None)
                st.switch_page(state.page("Map"))
            st.rerun()
