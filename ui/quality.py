"""What is doubtful about a file: counted by kind, mended in bulk, twins made one."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from data.quality import ACCEPTABLE, duplicates, merge, poor_share, report, review
from geo.frames import Accounts
from ui import state, words
from ui.intake import FIELD_WORDS, Upload, issue_rows, mended

KIND_WORDS = {
    "swapped": "Longitude and latitude swapped",
    "sign_lost": "Minus of the longitude lost",
    "missing_coordinates": "Coordinates that stand for none",
    "bad_coordinates": "Coordinates that cannot be read",
    "projected_coordinates": "Coordinates in metres",
    "out_of_bounds": "Coordinates outside the world",
    "far_from_zip": "Coordinates far from the ZIP",
    "wrong_state": "Coordinates outside the state named",
    "same_point": "Many accounts on one point",
    "zip_padded": "Leading zero put back",
    "bad_zip": "No ZIP",
    "unknown_zip": "ZIP not known",
    "state_zip_conflict": "ZIP in another state",
    "unknown_state": "State not known",
    "unknown_country": "Country not known",
    "bad_number": "No number",
    "negative_number": "Negative number",
    "empty_number": "Empty numbers",
    "ambiguous_number": "Decimal mark unclear",
    "mixed_currency": "Several currencies",
    "dominant_account": "One account too large to balance",
    "bad_date": "No date",
    "ambiguous_date": "Day or month first unclear",
    "duplicate_row": "Repeated rows, left out",
    "conflicting_id": "Id used by different rows, left out",
    "missing_id": "Empty id",
    "precision_lost": "Id rounded by a spreadsheet",
    "generated_ids": "No column of ids",
    "left_out": "Lines that are no rows",
    "short_row": "Rows with cells missing",
    "encoding_guessed": "Encoding guessed",
    "unknown_unit": "Rows in no unit",
    "column_tie": "Two columns fit",
    "uncalculated": "Formulas without a value",
    "mixed_column": "Numbers and text in one column",
}
"""Kind of issue -> what it is called on screen."""

MENDABLE = (*ACCEPTABLE, "conflicting_id")
TABLE_PX = 420


def panel(upload: Upload, accounts: Accounts) -> None:
    """Show the kinds of doubts, the fixes to accept, twins, and every row."""
    if not upload.issues:
        st.markdown("Nothing is wrong with the rows.")
    else:
        st.dataframe(counts(upload), hide_index=True)
        _mend(upload)
    _twins(upload, accounts)
    _places(accounts)
    if upload.issues:
        with st.expander("Every row"):
            st.dataframe(
                issue_rows(upload.issues),
                hide_index=True,
                height=TABLE_PX,
                column_config={
                    "Row": st.column_config.TextColumn(width=60),
                    "What is wrong": st.column_config.TextColumn(width="large"),
                },
            )


def counts(upload: Upload) -> pd.DataFrame:
    """Give one row a kind of doubt: how many, the first rows, an example, the fix."""
    table = report(upload.issues)
    fields = table["field"].map(lambda f: FIELD_WORDS.get(f, ""))
    return pd.DataFrame(
        {
            "What": table["kind"].map(lambda k: KIND_WORDS.get(k, k)),
            "Column": fields,
            "How many": table["count"],
            "Rows": table["rows"].map(_first_rows),
            "Example": table["example"],
            "Proposed": table["fix"],
            "What was done": table["message"],
        }
    )


def _first_rows(rows: list[int]) -> str:
    shown = ", ".join(str(row) for row in rows[:4] if row)
    return f"{shown}, ..." if len(rows) > 4 else shown


def _mend(upload: Upload) -> None:
    """Offer to write the proposed fixes into the cells, kind by kind."""
    n = pd.Series([i.kind for i in upload.issues if i.fix]).value_counts()
    kinds = [kind for kind in MENDABLE if kind in n]
    if not kinds:
        return
    chosen = st.multiselect(
        "Accept the proposed fixes",
        kinds,
        format_func=lambda k: f"{KIND_WORDS[k]} ({words.count(int(n[k]))})",
        key="quality_kinds",
    )
    total = words.count(int(n[chosen].sum())) if chosen else ""
    if st.button(f"Mend {total} cells".replace("  ", " "), disabled=not chosen):
        with state.noticing():
            state.set_upload(mended(upload, chosen))
        st.rerun()


def _twins(upload: Upload, accounts: Accounts) -> None:
    """Show accounts that look like one, and merge them when asked to."""
    found = duplicates(accounts)
    if found.empty:
        return
    n, groups = len(found), found["group"].nunique()
    with st.expander(f"{words.accounts(n)} look like {words.count(groups)}"):
        shown = found.rename(
            columns={"group": "Group", "account_id": "Id", "name": "Name", "why": "Why"}
        )
        st.dataframe(shown, hide_index=True)
        if st.button("Make each group one account", key="quality_merge"):
            state.set_upload(replace(upload, accounts=merge(accounts, found)))
            st.rerun()


def _places(accounts: Accounts) -> None:
    """Say how much rests on poor places, and list the doubtful ones."""
    share = poor_share(accounts)
    if share > 0:
        st.caption(f"{share:.1%} of the accounts are placed less finely than by ZIP.")
    doubtful = review(accounts)
    if len(doubtful):
        with st.expander(f"{words.accounts(len(doubtful))} with a doubtful place"):
            st.dataframe(doubtful)
