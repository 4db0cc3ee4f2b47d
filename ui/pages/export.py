"""The plan as files: each format with what it is good for."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from data.formats import write_plan
from ui import frame, state, words
from ui.session import Session

FORMATS = (
    ("GeoJSON", ".geojson", "Web maps and other tools; the whole plan reads back"),
    ("GeoPackage", ".gpkg", "Opens in QGIS and ArcGIS with names and numbers"),
    ("Excel", ".xlsx", "Scorecard, unit list and changes as sheets; ids stay text"),
    ("CSV", ".csv", "ZIP-to-rep list: one row a unit with its territory, for a CRM"),
    ("Shapefile", ".zip", "Older GIS programs; zipped, with the plan inside"),
    ("KMZ", ".kmz", "Google Earth, with colours"),
    ("GeoParquet", ".parquet", "Data warehouses and notebooks"),
    ("Web page", ".html", "Map and table in one file; opens without a network"),
    ("PDF", ".pdf", "To print: an overview, then a page a territory"),
    ("FlatGeobuf", ".fgb", "A picture of the plan for fast web maps"),
)
"""Name, suffix, what it is good for."""

MIME = "application/octet-stream"


def page() -> None:
    """Show the Export page."""
    session = frame.top()
    st.header("Export", anchor=False)
    if not session.names:
        st.markdown("There are no territories yet. Propose some on the Map page.")
        st.page_link(state.page("Map"), label="Go to the map", icon=":material/map:")
        return
    with st.container(key="narrow"):
        _formats(session)


def _formats(session: Session) -> None:
    """Ask what goes into the file, then offer each format."""
    names = session.names
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    wanted = left.multiselect(
        "Territories",
        list(names),
        format_func=names.__getitem__,
        placeholder="All of them",
        key="export_territories",
    )
    accounts = right.toggle(
        "With the accounts",
        key="export_accounts",
        help="Adds one row an account: name, address, numbers and territory",
    )
    st.caption(words.escaped(_what(session, wanted, accounts=accounts)))
    with st.container(border=True, key="formats", gap=None):
        for title, suffix, good_for in FORMATS:
            _row(session, title, suffix, good_for, wanted, accounts=accounts)


def _what(session: Session, wanted: list[str], *, accounts: bool) -> str:
    n = len(wanted) or len(session.names)
    rows = session.card.loc[wanted] if wanted else session.card
    inside = f"{words.count(n)} territories" if n != 1 else "1 territory"
    text = f"{inside}, {words.units(int(rows['units'].sum()), session.kind)}"
    if accounts:
        text += f", {words.accounts(float(rows['accounts'].sum()))} by name"
    return text + "."


def _row(
    session: Session,
    title: str,
    suffix: str,
    good_for: str,
    wanted: list[str],
    *,
    accounts: bool,
) -> None:
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        gap="medium",
        key=f"format_{suffix.strip('.')}",
    ):
        st.markdown(f"**{title}**", width=110)
        st.markdown(good_for, width="stretch")
        st.download_button(
            "Download",
            data=file_of(session, suffix, wanted, accounts=accounts),
            file_name=file_name(session.plan.name, suffix),
            mime=MIME,
            key=f"export_{suffix}",
            icon=":material/download:",
            on_click="ignore",
        )


def file_of(
    session: Session, suffix: str, wanted: list[str], *, accounts: bool
) -> Callable[[], bytes]:
    """Give what makes the file's bytes once the button is pressed."""

    def make() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = write_plan(
                session.plan,
                session.study,
                Path(folder) / f"plan{suffix}",
                territories=wanted or None,
                accounts=accounts,
                card=session.card,
                today=session.today,
            )
            return path.read_bytes()

    return make


def file_name(name: str, suffix: str) -> str:
    """Give a file name that every system takes."""
    kept = "".join(c if c.isalnum() or c == "_" else " " for c in name.lower())
    return ("-".join(kept.split()) or "plan") + suffix
