"""Issues about many cells at once, and text made plain."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.numbers import NULLS
from geo.errors import Issue

INVISIBLE = (
    r"[\u200b\u2060\ufeff\u00ad\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1f]"
)
"""Signs that show nothing; joiners stay, emoji and Persian need them."""
BREAKS = r"\s*[\r\n]+\s*"


def row_numbers(raw: pd.DataFrame) -> NDArray[np.int64]:
    """Give the number of each row in the source, first data row 1."""
    if raw.index.name == "row":
        return raw.index.to_numpy(np.int64)
    return np.arange(1, len(raw) + 1, dtype=np.int64)


def tidy(cells: pd.Series[str]) -> pd.Series[str]:
    """Give text without invisible signs, odd spaces and line breaks."""
    text = cells.astype("str").fillna("")
    odd = text.str.contains(r"[^\x20-\x7e]|^ | $|  ", regex=True)
    if not odd.any():
        return text
    some = text[odd].str.replace(INVISIBLE, "", regex=True)
    some = some.str.strip().str.replace(BREAKS, ", ", regex=True)
    some = some.str.replace(r"[\s\u00a0]+", " ", regex=True).str.strip(" ,")
    return text.where(~odd, some.reindex(text.index))


def blank(cells: pd.Series[str]) -> pd.Series[str]:
    """Give text with "n/a", "-" and the like emptied; for places, never for names."""
    return cells.where(~cells.str.lower().isin(NULLS), "")


def each(
    kind: str,
    mask: pd.Series[bool] | NDArray[np.bool_],
    raw: pd.DataFrame,
    cells: pd.Series[str],
    message: str,
    *,
    field: str = "",
    fixes: Iterable[str] | None = None,
) -> list[Issue]:
    """Give one issue for each row of a mask, with the raw cell as its value."""
    at = np.flatnonzero(np.asarray(mask, dtype=bool))
    rows, values = row_numbers(raw)[at], cells.to_numpy()[at]
    proposed = list(fixes) if fixes is not None else [""] * len(at)
    return [
        Issue(kind, int(row), field, str(value), message, fix)
        for row, value, fix in zip(rows, values, proposed, strict=True)
    ]


def whole(kind: str, message: str, *, field: str = "", value: str = "") -> Issue:
    """Give one issue about the whole table or column."""
    return Issue(kind, 0, field, value, message)
