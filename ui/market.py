"""Numbers of the ground: population, potential or competitors by county or ZIP."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from data import library
from data.market import Market, join
from geo.frames import UNIT_WORDS
from ui import state, words
from ui.grounds import numbered
from ui.intake import issue_rows, table_of
from ui.session import Session

FILE = "market_file"
SUFFIXES = ["csv", "tsv", "txt", "xlsx", "parquet", "geojson", "gpkg"]
TABLE_PX = 240
AREAS = ("area", "areas")


def panel(session: Session) -> None:
    """Show the numbers there are, and take a file of more."""
    entry = session.ground.entry
    kept = library.market_of(session.home, entry.study_id)
    n = 0 if kept is None else len(kept.columns)
    title = f"Market data ({words.count(n)})" if n else "Market data"
    with st.expander(title, icon=":material/query_stats:"):
        st.markdown(
            "Population, potential or competitors by county, ZIP or point. Each column "
            "of numbers becomes a measure: to shade the map and to balance on."
        )
        if kept is not None:
            _kept(kept)
        file = st.file_uploader(
            "A table with a county code, a ZIP or coordinates, and numbers",
            SUFFIXES,
            key=f"{FILE}_{state.round_of(FILE)}",
        )
        if file is not None:
            _offer(session, file.name, file.getvalue(), kept)


def together(kept: pd.DataFrame | None, new: pd.DataFrame) -> pd.DataFrame:
    """Give the numbers there are with the new ones; the same name means replaced."""
    if kept is None:
        return new
    return kept.drop(columns=kept.columns.intersection(new.columns)).join(new)


def joined_sentence(market: Market, kind_words: tuple[str, str]) -> str:
    """Say what a table holds: "population: 3,100 of 3,142 counties, found by ZIP"."""
    filled = int((market.values > 0).any(axis=1).sum())
    columns = words.listed([str(c) for c in market.values.columns])
    how = {"unit_id": "their codes", "points": "coordinates"}
    by = how.get(market.joined_by, market.joined_by)
    total = words.count(len(market.values))
    return (
        f"{columns}: {words.count(filled)} of {total} {kind_words[1]}, found by {by}."
    )


def _kept(kept: pd.DataFrame) -> None:
    rows = pd.DataFrame(
        {
            "Measure": [str(c) for c in kept.columns],
            "Total": kept.sum().to_numpy(),
            "Areas with a number": (kept > 0).sum().to_numpy(),
        }
    )
    st.dataframe(
        rows,
        hide_index=True,
        column_config={"Total": st.column_config.NumberColumn(format="localized")},
    )
    gone = st.multiselect("Remove", list(rows["Measure"]), key="market_gone")
    if gone and st.button("Remove", key="market_remove"):
        _keep(kept.drop(columns=gone))


def _offer(
    session: Session, name: str, content: bytes, kept: pd.DataFrame | None
) -> None:
    """Say what a file holds; take it when asked to."""
    with state.telling():
        market = join(table_of(name, content), session.ground.study.units)
        sentence = joined_sentence(market, UNIT_WORDS.get(session.kind, AREAS))
        st.markdown(words.escaped(sentence))
        if market.issues:
            st.caption(f"{words.count(len(market.issues))} cells are in no sum.")
            st.dataframe(issue_rows(market.issues), hide_index=True, height=TABLE_PX)
        if st.button("Use as measures", key="market_use", type="primary"):
            _keep(together(kept, market.values))


def _keep(values: pd.DataFrame) -> None:
    with st.spinner("Adding the numbers to the map"):
        state.act(numbered, values)
    state.ground.clear(state.current().ground.entry.study_id)
    state.next_round(FILE)
    st.rerun()
