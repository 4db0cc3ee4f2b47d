"""My territory: what it holds, and which accounts came and went, and why."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import streamlit as st

from ui import tour_map, words
from ui.routes import mine
from ui.routes.ground import ground_in, rounded
from ui.routes.mine import Changes
from ui.routes.who import Who, who_of
from ui.session import Session

MAP_PX = 420
ROWS_PX = 330
MOST_MARKS = 150


def show(session: Session, rep_id: str, _date: dt.date) -> None:
    """Show a rep's territory and what the plan changes in it."""
    who = who_of(session, rep_id)
    if not who.territories:
        st.subheader("No territory in this plan", anchor=False)
        st.markdown("The leader gives it on the Reps page.")
        return
    changes = mine.changes_of(session, who)
    with st.container(key="mine_sentence", gap="xxsmall"):
        st.subheader(words.escaped(mine.sentence(session, who)), anchor=False)
        said = [mine.hours_line(session, who), mine.change_line(changes)]
        st.markdown(words.escaped(" ".join(part for part in said if part)))
    left, right = st.columns([1.35, 1.0], gap="medium")
    with left:
        _map(session, who, changes)
    with right:
        _changes(changes)


def _map(session: Session, who: Who, changes: Changes) -> None:
    accounts = session.study.accounts
    went = accounts.loc[changes.went.index[:MOST_MARKS]].to_crs("EPSG:4326")
    came = who.accounts.loc[changes.came.index[:MOST_MARKS]]
    marks = [
        *_marks(came, changes.came, "+", "came from", muted=False),
        *_marks(went, changes.went, "\u2212", "went to", muted=True),
    ]
    shown = [who.lonlat, np.array([who.home])]
    shown += [np.array([[m.lon, m.lat]]) for m in marks]
    frame = rounded(tour_map.frame_of(np.vstack(shown)))
    tour_map.tour_map(
        ground_in(session, who, frame),
        marks=marks,
        homes=[who.home],
        dots=who.lonlat[np.isfinite(who.lonlat).all(axis=1)],
        key="mine",
        height=MAP_PX,
        label="Map of the accounts. The tables say the same.",
    )


def _marks(
    rows: pd.DataFrame, told: pd.DataFrame, label: str, word: str, *, muted: bool
) -> list[tour_map.Mark]:
    return [
        tour_map.Mark(
            label=label,
            lon=float(row.geometry.x),
            lat=float(row.geometry.y),
            name=str(row["name"]),
            detail=f"{word} {told['Other'].at[i]}: {told['Why'].at[i]}",
            muted=muted,
        )
        for i, row in rows.iterrows()
        if row.geometry is not None and not row.geometry.is_empty
    ]


def _changes(changes: Changes) -> None:
    if not changes.known:
        return
    came, went = len(changes.came), len(changes.went)
    first, second = st.tabs([f"Came ({came})", f"Went ({went})"])
    with first:
        _table(changes.came, "From", "mine_came", "No account came.")
    with second:
        _table(changes.went, "To", "mine_went", "No account went.")


def _table(rows: pd.DataFrame, other: str, key: str, empty: str) -> None:
    if rows.empty:
        st.markdown(empty)
        return
    st.dataframe(
        rows.rename(columns={"Other": other}),
        hide_index=True,
        height=ROWS_PX,
        key=key,
        column_config={
            "Hours a year": st.column_config.NumberColumn(format="%.1f"),
        },
        alt=f"Accounts, {other.lower()} whom, hours a year, why and when",
    )
