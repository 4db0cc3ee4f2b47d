"""Dirt of the kinds real files have, put into a clean table of accounts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

SHARE = 0.02
"""Share of rows that get one piece of dirt each."""


def soil(clean: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Give the table with dirt in `SHARE` of its rows, and lines that are no rows.

    Every kind of dirt in turn falls on a row drawn at random: swapped or lost
    coordinates, mangled ZIPs and states, money as text, dates of another format,
    blank names, repeated rows. The heading comes again in the middle and a line of
    small print at the end.

    Parameters
    ----------
    clean
        Text cells, with the headings of `data.demo.HEADINGS`.

    Returns
    -------
    pandas.DataFrame
        Text cells, same headings, more rows.
    """
    rng = np.random.default_rng([seed, 3])
    table = clean.astype("object").reset_index(drop=True)
    n_dirty = max(len(KINDS), round(SHARE * len(table)))
    rows = rng.permutation(len(table))[:n_dirty]
    for i, row in enumerate(rows):
        dirty = KINDS[i % len(KINDS)](dict(table.loc[row]))
        table.loc[row] = pd.Series(dirty)
    again = table.loc[rows[: max(1, n_dirty // 8)]]
    other = table.loc[rows[-1:]].assign(**{"Account Name": "Somebody else"})
    heading = pd.DataFrame([list(table.columns)], columns=table.columns)
    small_print = pd.DataFrame(
        [["Confidential - do not distribute", *[""] * (table.shape[1] - 1)]],
        columns=table.columns,
    )
    middle = len(table) // 2
    parts = [table[:middle], heading, table[middle:], again, other, small_print]
    return pd.concat(parts, ignore_index=True)


Row = dict[str, object]


def _swapped(row: Row) -> Row:
    return row | {"Latitude": row["Longitude"], "Longitude": row["Latitude"]}


def _sign_lost(row: Row) -> Row:
    return row | {"Longitude": str(row["Longitude"]).lstrip("-")}


def _at_zero(row: Row) -> Row:
    return row | {"Latitude": "0", "Longitude": "0.0"}


def _not_placed(row: Row) -> Row:
    return row | {"Latitude": "", "Longitude": ""}


def _far_from_zip(row: Row) -> Row:
    return row | {"Latitude": "61.2181", "Longitude": "-149.9003"}


def _zip_as_number(row: Row) -> Row:
    return row | {"ZIP": f"{str(row['ZIP']).lstrip('0')}.0"}


def _zip_plus_four(row: Row) -> Row:
    return row | {"ZIP": f"{row['ZIP']}-0001"}


def _state_in_words(row: Row) -> Row:
    return row | {"State": f" {str(row['State']).lower()} ", "Country": "U.S.A."}


def _money(row: Row) -> Row:
    amount = float(str(row["Annual Revenue"]) or 0)
    return row | {"Annual Revenue": f"${amount:,.2f}"}


def _thousands(row: Row) -> Row:
    amount = float(str(row["Potential"]) or 0)
    return row | {"Annual Revenue": "n/a", "Potential": f"{amount / 1000:.1f}K"}


def _negative(row: Row) -> Row:
    return row | {"Annual Revenue": "(500)", "Visits per Year": "-1"}


def _slashed_date(row: Row) -> Row:
    text = str(row["Last Visit"])
    return row | {"Last Visit": "/".join(text.split("-")[1:] + text.split("-")[:1])}


def _blank_name(row: Row) -> Row:
    return row | {"Account Name": "\u00a0"}


def _formula(row: Row) -> Row:
    return row | {"Account Name": f"=1+1 {row['Account Name']}"}


def _two_lines(row: Row) -> Row:
    return row | {
        "Street": f"{row['Street']}\nSuite 100",
        "City": str(row["City"]).upper(),
    }


KINDS: tuple[Callable[[Row], Row], ...] = (
    _swapped,
    _sign_lost,
    _at_zero,
    _not_placed,
    _far_from_zip,
    _zip_as_number,
    _zip_plus_four,
    _state_in_words,
    _money,
    _thousands,
    _negative,
    _slashed_date,
    _blank_name,
    _formula,
    _two_lines,
)
