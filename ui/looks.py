"""What people look at rather than read: charts, and what changes hands."""

from __future__ import annotations

import streamlit as st

from geo.metrics import disruption
from ui import charts, tables, words
from ui.session import Session

ROW_PX, ROWS_SHOWN = 30, 16


def charts_panel(session: Session) -> None:
    """Show loads against their band, and potential against load where it is known."""
    card = session.card
    if card["load"].notna().any():
        st.altair_chart(charts.load_chart(card, lower=0.7, upper=1.0))
    else:
        card = card.assign(load=card["share"])
        st.altair_chart(
            charts.load_chart(
                card,
                lower=1 - tables.TOLERANCE,
                upper=1 + tables.TOLERANCE,
                what="Share of a fair load",
            )
        )
    if {"potential", "revenue"} <= {*card}:
        st.altair_chart(charts.potential_chart(card))


def compare_panel(session: Session) -> None:
    """Show what changes hands against today, as totals, a flow and a list."""
    st.subheader("Against today's territories", anchor=False)
    if session.today is None:
        st.markdown("The accounts name no owner or territory of today.")
        return
    moved = disruption(session.today, session.plan, session.study.accounts)
    names = session.names | dict(session.today.territories["name"])
    rows = tables.moved_rows(moved, session.study.accounts, names)
    if rows.empty:
        st.markdown("No account changes hands yet.")
        return
    share = len(rows) / max(len(session.study.accounts), 1)
    revenue = words.escaped(words.money(float(rows["Revenue"].sum())))
    st.markdown(
        f"**{words.accounts(len(rows))}** changing hands, {words.percent(share)} of "
        f"all, with **{revenue}** a year."
    )
    st.altair_chart(charts.flow_chart(tables.flows(rows)))
    st.dataframe(
        rows,
        hide_index=True,
        height=ROW_PX * ROWS_SHOWN,
        row_height=ROW_PX,
        column_config={
            "Revenue": st.column_config.NumberColumn("Revenue, $", format="localized"),
            "Hours a year": st.column_config.NumberColumn(format="%.1f"),
        },
    )
