"""Text cells that no spreadsheet takes for a formula, and the way back.

A cell that starts with ``= + - @``, a tab or a line end gets one leading apostrophe on
the way out; the way in removes one. Cells that already had apostrophes before such a
character get one more, so that the two functions are exact inverses.
"""

from __future__ import annotations

import re

import pandas as pd

STARTS = "=+\\-@\t\r\n＝＋－＠"  # noqa: RUF001  full-width forms are evaluated too
RISKY = re.compile(f"'*[{STARTS}]")
GUARDED = re.compile(f"'+[{STARTS}]")


def neutral(text: str) -> str:
    """Give the text as a spreadsheet may hold it: never a formula."""
    return f"'{text}" if RISKY.match(text) else text


def restored(text: str) -> str:
    """Give back what `neutral` was given."""
    return text[1:] if GUARDED.match(text) else text


def neutral_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the frame with every text cell and heading made neutral."""
    safe = frame.apply(_each_text, args=(neutral,))
    return safe.rename(columns=lambda name: neutral(str(name)))


def restored_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Give back the frame `neutral_frame` was given."""
    raw = frame.apply(_each_text, args=(restored,))
    return raw.rename(columns=lambda name: restored(str(name)))


def _each_text(column: pd.Series, change: object) -> pd.Series:
    if not pd.api.types.is_string_dtype(column) and column.dtype != object:
        return column
    values = [change(v) if isinstance(v, str) else v for v in column]  # type: ignore[operator]
    return pd.Series(values, index=column.index, dtype=column.dtype, name=column.name)
