"""Which row is which account: ids as text, exact repeats, ids used twice."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells import each, row_numbers, tidy, whole
from geo.errors import InputError, Issue

SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
SALESFORCE = re.compile(r"[A-Za-z0-9]{15}[A-Z0-5]{3}")
CHECK_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
USELESS_SHARE, USELESS_ROWS = 0.2, 100


def identify(
    raw: pd.DataFrame, heading: str, *, keep_first: bool = False
) -> tuple[pd.Series[str], NDArray[np.bool_], list[Issue]]:
    """Give every row its id, tell which rows to keep, and say what was wrong.

    Parameters
    ----------
    raw
        Text cells.
    heading
        The column of ids; "" if there is none.
    keep_first
        Of rows that share an id and differ, keep the first instead of none.

    Returns
    -------
    tuple
        Ids aligned to `raw`, unique among the rows kept; the rows to keep; issues of
        kind duplicate_row, conflicting_id, missing_id, precision_lost, generated_ids.

    Raises
    ------
    InputError
        All rows, or over 100 rows and a fifth of the table, share their ids.
    """
    numbers = pd.Series(row_numbers(raw), index=raw.index)
    generated = pd.Series("row-" + numbers.astype("str"), index=raw.index, dtype="str")
    repeated = raw.duplicated().to_numpy(bool)
    text = raw[heading] if heading else generated
    message = "The row repeats an earlier one cell by cell and is left out."
    issues = each("duplicate_row", repeated, raw, text, message)
    if not heading:
        message = "No column identifies the accounts; they are called row-1, row-2, ..."
        return generated, ~repeated, [*issues, whole("generated_ids", message)]
    ids, more = _texts(raw, heading, generated, repeated)
    conflict = _conflicts(ids, repeated)
    _refuse_useless(conflict, raw, heading)
    issues += more + _explain(conflict, ids, raw, heading, keep_first=keep_first)
    first = ~_keys(ids).mask(repeated).duplicated().to_numpy(bool)
    keep = ~repeated & (~conflict | (first & keep_first))
    return ids, keep, issues


def _texts(
    raw: pd.DataFrame,
    heading: str,
    generated: pd.Series[str],
    repeated: NDArray[np.bool_],
) -> tuple[pd.Series[str], list[Issue]]:
    """Give the ids as written; empty and mangled ones get the row's number."""
    ids = tidy(raw[heading])
    empty = ids == ""
    mangled = ids.str.fullmatch(SCIENTIFIC)
    said = "A spreadsheet has rounded this id; the row is called by its number."
    missing = "The id is empty; the row is called by its number."
    new = empty & ~repeated
    issues = each("missing_id", new, raw, ids, missing, field="account_id")
    new = mangled & ~repeated
    issues += each("precision_lost", new, raw, ids, said, field="account_id")
    return ids.where(~(empty | mangled), generated), issues


def id_key(text: str) -> str:
    """Give an id so that a 15-letter Salesforce id equals its 18-letter form.

    Case counts: the three letters at the end are only a checksum of the case of the
    first fifteen.
    """
    if SALESFORCE.fullmatch(text) and _checksum(text[:15]) == text[15:]:
        return text[:15]
    return text


def _checksum(text: str) -> str:
    """Give the three letters Salesforce adds to an id of fifteen."""
    parts = (text[:5], text[5:10], text[10:])
    bits = (sum(c.isupper() << i for i, c in enumerate(part)) for part in parts)
    return "".join(CHECK_LETTERS[b] for b in bits)


def _keys(ids: pd.Series[str]) -> pd.Series[str]:
    return pd.Series([id_key(text) for text in ids], dtype="object")


def _conflicts(ids: pd.Series[str], repeated: NDArray[np.bool_]) -> NDArray[np.bool_]:
    keys = _keys(ids)[~repeated]
    again = keys.duplicated(keep=False)
    conflict = np.zeros(len(ids), dtype=bool)
    conflict[keys.index[again]] = True
    return conflict


def _refuse_useless(
    conflict: NDArray[np.bool_], raw: pd.DataFrame, heading: str
) -> None:
    n = int(conflict.sum())
    if n == len(raw) or (n > USELESS_ROWS and n > USELESS_SHARE * len(raw)):
        what = f"Column '{heading}' does not identify rows: {n:,} of {len(raw):,} share"
        fix = "Choose another column for account_id, or none"
        source = str(raw.attrs.get("source", ""))
        raise InputError(f"{what} an id with another row", where=source, fix=fix)


def _explain(
    conflict: NDArray[np.bool_],
    ids: pd.Series[str],
    raw: pd.DataFrame,
    heading: str,
    *,
    keep_first: bool,
) -> list[Issue]:
    message = "The id is used by several rows that differ; none of them is used."
    if keep_first:
        message = "The id is used by several rows that differ; the first is used."
    fixes = ["keep the first"] * int(conflict.sum())
    cells = ids if keep_first else raw[heading]
    kind, field = "conflicting_id", "account_id"
    return each(kind, conflict, raw, cells, message, field=field, fixes=fixes)
