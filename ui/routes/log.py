"""Log: miles and expenses as driven, against the calendar; errors for the planner."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st

from data import logs
from data.logs import Prices
from ui import state, words
from ui.pages.export import file_name
from ui.routes import miles
from ui.routes.who import Who, who_of
from ui.session import Session

SAID, FILE, TABLE = "log_said", "log_file", "log_table"
ROWS_PX = 300
NUMBERS = (
    (("Miles", "log_miles"), ("Nights away", "log_nights")),
    (("or odometer, start", "log_from"), ("odometer, end", "log_to")),
    (("Tolls, parking $", "log_tolls"), ("Lodging $", "log_lodging")),
)
"""Label and key of what is typed of a day, line by line."""
MIME = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def show(session: Session, rep_id: str, date: dt.date) -> None:
    """Show what a rep has driven, and take in more."""
    who = who_of(session, rep_id)
    prices = logs.read_prices(session.home)
    months = miles.months(session, rep_id, date)
    month = str(
        st.selectbox(
            "Month",
            months,
            index=months.index(f"{date:%Y-%m}"),
            format_func=lambda m: f"{dt.date.fromisoformat(f'{m}-01'):%B %Y}",
            key=f"log_month_{rep_id}_{date:%Y%m}",
            label_visibility="collapsed",
            width=190,
        )
    )
    table = miles.compared(session, rep_id, month, prices)
    about = bool(miles.planned(session, rep_id)["estimated"].any())
    with st.container(key="log_sentence"):
        said = miles.sentence(table, month, about=about)
        st.subheader(words.escaped(said), anchor=False)
    said = state.asked(SAID, "")
    if said:
        st.markdown(words.escaped(said))
    left, right = st.columns([1.0, 1.35], gap="medium")
    with left:
        _entry(session, who, date)
    with right:
        _trips(session, who, month)
    _compared(session, table)
    _take(session, who.name, rep_id, month)
    _report(session, who)
    if state.role() != "rep":
        _rates(session, prices)
        _everyone(session, month, prices)
    queue(session)


def _entry(session: Session, who: Who, date: dt.date) -> None:
    """Take in a day by hand, or many by a file."""
    names = [session.names[t] for t in who.territories]
    with st.form("log_entry", clear_on_submit=True):
        st.date_input("Day driven", date, key="log_day", format="YYYY-MM-DD")
        if len(names) > 1:
            st.selectbox("Territory", names, key="log_territory")
        for line in NUMBERS:
            with st.container(horizontal=True, wrap=False, gap="small"):
                for label, key in line:
                    st.number_input(label, 0.0, value=None, key=key)
        usual = names[0] if len(names) == 1 else ""
        st.form_submit_button(
            "Log the day",
            key="log_save",
            type="primary",
            on_click=_save,
            args=(session, who.rep_id, usual),
        )
    with st.expander("Bring a file", icon=":material/upload_file:", key="log_bring"):
        st.file_uploader(
            "CSV or Excel: day and miles, km, or odometer start and end",
            ["csv", "tsv", "txt", "xlsx"],
            key=f"{FILE}_{state.round_of(FILE)}",
            on_change=_bring,
            args=(session, who.rep_id),
        )


def _save(session: Session, rep_id: str, territory: str) -> None:
    with state.noticing():
        trip = miles.trip_of(
            rep_id,
            state.asked("log_day"),
            territory=str(state.asked("log_territory", territory) or territory),
            miles=state.asked("log_miles"),
            odometer=(state.asked("log_from"), state.asked("log_to")),
            tolls=state.asked("log_tolls") or 0.0,
            nights=state.asked("log_nights") or 0.0,
            lodging=state.asked("log_lodging"),
        )
        state.keep(SAID, miles.add_trip(session, trip))
        state.next_round(TABLE)


def _bring(session: Session, rep_id: str) -> None:
    file = state.asked(f"{FILE}_{state.round_of(FILE)}")
    if file is None:
        return
    with state.noticing():
        state.keep(SAID, "")
        said = miles.take_file(session, rep_id, file.name, file.getvalue())
        state.keep(SAID, said)
        state.next_round(TABLE)
    state.next_round(FILE)


def _trips(session: Session, who: Who, month: str) -> None:
    """Show the days of a month, to edit in place."""
    rows = miles.trip_rows(miles.in_month(miles.logged(session, who.rep_id), month))
    if rows.empty:
        st.markdown("Nothing is logged in this month.")
        return
    money = st.column_config.NumberColumn(format="$%.2f", min_value=0.0)
    edited = st.data_editor(
        rows,
        num_rows="dynamic",
        height=ROWS_PX,
        key=f"{TABLE}_{who.rep_id}_{month}_{state.round_of(TABLE)}",
        column_config={
            miles.DAY: st.column_config.DateColumn(format="ddd D MMM"),
            miles.MILES: st.column_config.NumberColumn(format="%.1f", min_value=0.0),
            miles.TOLLS: money,
            miles.NIGHTS: st.column_config.NumberColumn(format="%d", min_value=0.0),
            miles.LODGING: money,
        },
        hide_index=True,
    )
    st.button(
        "Save the changes",
        key="log_change",
        disabled=edited.equals(rows),
        on_click=_change,
        args=(session, who.rep_id, month, edited),
    )


def _change(session: Session, rep_id: str, month: str, edited: pd.DataFrame) -> None:
    with state.noticing():
        state.keep(SAID, miles.change_trips(session, rep_id, month, edited))
        state.next_round(TABLE)


def _compared(session: Session, table: pd.DataFrame) -> None:
    if not table["planned_miles"].sum() > 0:
        return
    with st.expander("Plan against actual", icon=":material/difference:", key="diff"):
        number = st.column_config.NumberColumn(format="%.0f")
        money = st.column_config.NumberColumn(format="$%.2f")
        st.dataframe(
            miles.compared_rows(table, session.reps["name"].astype("str").to_dict()),
            hide_index=True,
            key="log_compared",
            column_config={
                "Planned miles": number,
                "Actual miles": number,
                "Difference": number,
                "Planned $": money,
                "Actual $": money,
            },
            alt="Planned and actual miles and money by territory",
        )


def _take(session: Session, name: str, rep_id: str, month: str) -> None:
    """Offer a month for payroll."""
    if miles.in_month(miles.logged(session, rep_id), month).empty:
        return
    with st.container(horizontal=True, gap="small", key=f"log_take_{rep_id or 'all'}"):
        for label, suffix in (("Payroll, Excel", ".xlsx"), ("Payroll, CSV", ".csv")):
            st.download_button(
                label,
                data=miles.payroll(session, rep_id, month, suffix),
                file_name=file_name(f"{name} {month} miles", suffix),
                mime=MIME[suffix],
                key=f"log_pay_{rep_id or 'all'}{suffix}",
                icon=":material/download:",
                on_click="ignore",
            )


def _report(session: Session, who: Who) -> None:
    """Take in what a rep found wrong at an account."""
    names = who.accounts["name"].astype("str").sort_values()
    with (
        st.expander("Something is wrong at an account", icon=":material/flag:"),
        st.form("log_report", clear_on_submit=True),
    ):
        st.selectbox(
            "Account",
            list(names.index),
            index=None,
            format_func=names.__getitem__,
            key="report_account",
        )
        st.selectbox(
            "What",
            list(miles.KINDS),
            format_func=miles.KINDS.__getitem__,
            key="report_kind",
        )
        st.text_input("In your words", key="report_text", max_chars=logs.TEXT)
        st.form_submit_button(
            "Tell the planner",
            key="report_send",
            on_click=_tell,
            args=(session, who.rep_id),
        )


def _tell(session: Session, rep_id: str) -> None:
    account = state.asked("report_account")
    with state.noticing():
        state.keep(SAID, "Choose the account first." if account is None else "")
        if account is not None:
            logs.tell(
                session.home,
                session.ground.entry.study_id,
                rep_id=rep_id,
                account_id=str(account),
                kind=str(state.asked("report_kind")),
                text=str(state.asked("report_text") or ""),
            )
            state.keep(SAID, "The planner sees it on the Accounts page.")


def queue(session: Session) -> None:
    """List what reps found wrong; the planner marks it as dealt with."""
    told = logs.reports(session.home, session.ground.entry.study_id)
    still = [one for one in told if not one.done]
    if not still:
        return
    n = "1 error" if len(still) == 1 else f"{words.count(len(still))} errors"
    with st.expander(f"{n} reported by reps", icon=":material/flag:", key="queue"):
        for one, line in miles.told_rows(session, still):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(words.escaped(line), width="stretch")
                if state.role() != "rep":
                    st.button(
                        "Done",
                        key=f"queue_{one.report_id}",
                        on_click=_settle,
                        args=(session, one.report_id),
                    )


def _settle(session: Session, report_id: str) -> None:
    with state.noticing():
        logs.settle(session.home, session.ground.entry.study_id, report_id)


def _rates(session: Session, prices: Prices) -> None:
    """Show what a mile and a night are worth, to edit."""
    with st.expander("Rates", icon=":material/payments:", key="log_rates"):
        rows = st.data_editor(
            miles.rates_of(prices),
            num_rows="dynamic",
            hide_index=True,
            key=f"log_rate_rows_{state.round_of('log_rates')}",
            column_config={
                "A mile": st.column_config.NumberColumn(format="$%.3f", min_value=0.0)
            },
        )
        night = st.number_input(
            "A night without a bill, $", 0.0, value=prices.night, key="log_night"
        )
        st.button(
            "Save the rates",
            key="log_rates_save",
            on_click=_keep_rates,
            args=(session, rows, night),
        )


def _keep_rates(session: Session, rows: pd.DataFrame, night: float) -> None:
    with state.noticing():
        miles.change_rates(session, rows, night)
        state.keep(SAID, "The rates are kept.")
        state.next_round("log_rates")


def _everyone(session: Session, month: str, prices: Prices) -> None:
    """Show all reps' month, and offer it for payroll."""
    with st.expander("All reps", icon=":material/groups:", key="log_all"):
        table = miles.compared(session, "", month, prices)
        if table.empty:
            st.markdown("Nobody has logged or planned miles in this month.")
            return
        st.dataframe(
            miles.compared_rows(table, session.reps["name"].astype("str").to_dict()),
            hide_index=True,
            key="log_all_rows",
            alt="Planned and actual miles and money by rep and territory",
        )
        _take(session, "all reps", "", month)
