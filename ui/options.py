"""What a search came back with: three options, what each change buys, ways out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from geo.design import Way
from ui import charts, state, words
from ui.proposals import Proposal, accept, again, discard, picks, show
from ui.session import Session

TABLE = "proposal_table"


def answers(session: Session) -> None:
    """Show the options as cards; the map shows one of them."""
    proposals = session.proposals
    cards = picks(proposals)
    if session.option not in cards:
        cards = sorted([*cards, session.option])
    st.subheader(_heading(proposals), anchor=False)
    st.caption("The map shows one of them. Nothing has changed yet.")
    if len(proposals) > 1 and session.today is not None:
        _frontier(session)
    for number in cards:
        _card(number, proposals[number], shown=number == session.option)
    st.button("Discard", key="proposal_discard", on_click=state.act, args=(discard,))


def _heading(proposals: Sequence[Proposal]) -> str:
    n = len(picks(proposals))
    return {1: "One option", 2: "Two options", 3: "Three options"}.get(
        n, f"{n} options"
    )


def _frontier(session: Session) -> None:
    """Draw accounts changing hands against balance; a row of the table is picked."""
    question = session.question
    within = max(question.within.values()) if question is not None else None
    rows, number = option_rows(session.proposals), st.column_config.NumberColumn
    st.altair_chart(
        charts.options_chart(rows, shown=session.option, within=within),
        key="proposal_chart",
    )
    st.dataframe(
        rows[["May change", "Accounts", "Revenue", "Farthest", "Rules"]].assign(
            **{
                "May change": 100 * rows["May change"],
                "Farthest": 100 * rows["Farthest"],
            }
        ),
        hide_index=True,
        key=f"{TABLE}_{session.option}",
        on_select=_picked,
        selection_mode="single-row",
        column_config={
            "May change": number(format="%.0f %%", width="small"),
            "Accounts": number(
                format="localized", width="small", help="Accounts changing hands"
            ),
            "Revenue": number(
                "Revenue, $", format="compact", width="small", help="A year"
            ),
            "Farthest": number(
                format="%.1f %%", width="small", help="Farthest from a fair share"
            ),
            "Rules": st.column_config.TextColumn(width="small"),
        },
    )


def option_rows(proposals: Sequence[Proposal]) -> pd.DataFrame:
    """Give one row an option, the fewest changes first."""
    return pd.DataFrame(
        {
            "Option": [one.title for one in proposals],
            "May change": [one.share for one in proposals],
            "Accounts": [one.moved for one in proposals],
            "Revenue": [one.revenue for one in proposals],
            "Farthest": [one.worst for one in proposals],
            "Rules": ["all met" if one.feasible else "missed" for one in proposals],
        }
    )


def _picked() -> None:
    """Show the option whose row was chosen in the table."""
    session = state.current()
    chosen: Any = state.asked(f"{TABLE}_{session.option}")
    rows = chosen["selection"]["rows"] if chosen else []
    if rows:
        state.act(show, int(rows[0]))


def _card(number: int, proposal: Proposal, *, shown: bool) -> None:
    with st.container(border=True, key=f"proposal_{number}"):
        st.markdown(f"**{words.escaped(proposal.title)}**")
        st.markdown("  \n".join(words.escaped(line) for line in proposal.lines))
        if proposal.proof:
            st.caption(words.escaped(f"{proposal.proof.rstrip('.')}."))
        if proposal.why:
            _why(number, proposal)
        with st.container(horizontal=True):
            st.button(
                "Accept" if proposal.feasible else "Keep as draft",
                type="primary" if proposal.feasible and shown else "secondary",
                key=f"proposal_accept_{number}",
                on_click=state.act,
                args=(accept, number),
            )
            st.button(
                "On the map" if shown else "Show",
                key=f"proposal_show_{number}",
                disabled=shown,
                on_click=state.act,
                args=(show, number),
            )


def _why(number: int, proposal: Proposal) -> None:
    """Say what is missed and why, with the ways out that were tried."""
    st.markdown("\n".join(f"- {words.escaped(line)}" for line in proposal.why))
    for place, way in enumerate(proposal.ways):
        st.button(
            way_words(way),
            key=f"proposal_way_{number}_{place}",
            icon=":material/arrow_forward:",
            help="Tried: a plan was found with it",
            on_click=_again,
            args=(way,),
        )
    if proposal.mends and not proposal.ways:
        st.markdown(f"To mend it: {words.escaped(proposal.mends[0])}")


def _again(way: Way) -> None:
    state.act(again, state.worker(), way)


def way_words(way: Way) -> str:
    """Say a way out as a button does."""
    if way.kind == "tolerance":
        return f"Within {words.percent(way.value)} of a fair share"
    if way.kind == "territories":
        return f"{way.value:.0f} territories"
    if way.kind == "minutes":
        return f"A longest drive {(way.value - 1) * 100:.0f} % longer"
    if way.kind == "moves":
        return f"{way.value:g} times as many accounts changing hands"
    return "Without locks and groups"
