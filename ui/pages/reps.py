"""Who owns what: a table of reps to edit in place."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ui import frame, people, state, tables, words
from ui.session import Session

TABLE = "reps_table"
FILE = "reps_file"
ROW_PX, ROWS_SHOWN = 35, 18


def page() -> None:
    """Show the Reps page."""
    session = frame.top()
    st.header("Reps", anchor=False)
    rows = people.rep_rows(session)
    if rows.empty:
        st.markdown("There are no reps yet. Type them in below or drop a file.")
    else:
        st.markdown(_sentence(session))
        _give(session)
    _table(session, rows)
    with st.expander("Bring reps from a file", icon=":material/upload_file:"):
        st.file_uploader(
            "CSV or Excel with name, home (ZIP or city and state), hours a year, "
            "territory",
            ["csv", "tsv", "xlsx"],
            key=FILE,
            on_change=_take,
        )


def _sentence(session: Session) -> str:
    n = len(session.reps)
    hours = float(session.reps["capacity_h"].sum())
    vacant = session.plan.territories["rep_id"] == ""
    text = f"{words.count(n)} reps with {words.hours(hours)} of field time a year."
    if vacant.any():
        names = session.plan.territories["name"][vacant].astype("str").tolist()
        text += f" Without a rep: {words.escaped(words.listed(names))}."
    return text


def _give(session: Session) -> None:
    """Hand a territory over, by keyboard too."""
    reps = session.reps["name"].astype("str").to_dict()
    owner = session.plan.territories["rep_id"].map(reps).fillna("vacant").to_dict()
    with st.container(horizontal=True, vertical_alignment="bottom", key="give"):
        territory = st.selectbox(
            "Give",
            list(session.names),
            index=None,
            format_func=lambda i: f"{session.names[i]} ({owner[i]})",
            placeholder="a territory",
            key="give_territory",
            width=280,
        )
        rep = st.selectbox(
            "to",
            list(reps),
            index=None,
            format_func=reps.__getitem__,
            placeholder="a rep",
            key="give_rep",
            width=240,
        )
        st.button(
            "Give",
            key="give_button",
            disabled=territory is None or rep is None,
            on_click=state.act,
            args=(people.give, territory, rep),
        )


def _table(session: Session, rows: pd.DataFrame) -> None:
    names = [people.VACANT, *session.names.values()]
    number = st.column_config.NumberColumn
    edited = st.data_editor(
        tables.load_style(rows, people.LOAD),
        num_rows="dynamic",
        height=ROW_PX * min(len(rows) + 2, ROWS_SHOWN),
        placeholder=words.MISSING,
        disabled=[people.LOAD],
        column_config={
            "_index": st.column_config.TextColumn("Id", width=60),
            people.NAME: st.column_config.TextColumn(required=True, width="medium"),
            people.HOME: st.column_config.TextColumn(
                width="medium", help="ZIP, or city and state: Columbus, OH"
            ),
            people.HOURS: number(
                format="localized",
                min_value=0,
                max_value=8760,
                help="Field hours a year: visits and driving",
            ),
            people.TERRITORY: st.column_config.SelectboxColumn(options=names),
            people.LOAD: number(help="Hours of work of the rep's hours a year"),
        },
        key=f"{TABLE}_{session.rev}_{state.round_of(TABLE)}",
    )
    if _differs(rows, edited):
        state.act(people.change_reps, edited)
        state.next_round(TABLE)
        st.rerun()


def _differs(before: pd.DataFrame, after: pd.DataFrame) -> bool:
    """Say whether a cell the reader may change has changed."""
    columns = [people.NAME, people.HOME, people.HOURS, people.TERRITORY]
    if len(before) != len(after) or not before.index.equals(after.index):
        return not after[columns].dropna(how="all").equals(before[columns])
    return not before[columns].equals(after[columns].astype(before[columns].dtypes))


def _take() -> None:
    """Read the reps of a file; a bad one leaves them as they were."""
    file = state.asked(FILE)
    if file is not None:
        state.act(people.read_reps, file.name, file.getvalue())
        state.next_round(TABLE)
