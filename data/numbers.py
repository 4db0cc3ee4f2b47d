"""Numbers as people type them: currency, thousands, brackets, K and M, percent."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

NULLS = frozenset(
    (
        *("", "-", "--", "\u2013", "\u2014", ".", "?", "n/a", "na", "n.a.", "#n/a"),
        *("nan", "null", "none", "nil", "unknown", "tbd"),
        *("#ref!", "#value!", "#div/0!", "#name?"),
    )
)
"""What stands for "no number"; only ever read so in number, date and place columns."""

CURRENCIES = {
    **{"$": "USD", "US$": "USD", "CA$": "CAD", "C$": "CAD", "A$": "AUD", "AU$": "AUD"},
    **{"\u20ac": "EUR", "\u00a3": "GBP", "\u00a5": "JPY", "\u20b9": "INR", "R$": "BRL"},
    **{"NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "MX$": "MXN", "\u20a9": "KRW"},
    **{"KR": "SEK", "Z\u0141": "PLN", "FR.": "CHF", "SFR": "CHF"},
}
CODES = frozenset(
    re.split(
        " ",
        "USD CAD AUD EUR GBP JPY INR BRL NZD HKD SGD MXN KRW SEK NOK DKK PLN CHF CZK "
        "HUF ZAR CNY TRY ILS THB MYR IDR PHP AED SAR CLP COP ARS RON BGN RUB UAH TWD",
    )
)
SUFFIXES = {"K": 1e3, "M": 1e6, "MM": 1e6, "MN": 1e6, "MIO": 1e6, "MIL": 1e6} | {
    **{"B": 1e9, "BN": 1e9, "MRD": 1e9, "TSD": 1e3, "%": 0.01},
}
SHAPE = re.compile(
    r"(?P<open>\()?\s*(?P<sign>[-+\u2212])?\s*(?P<before>[^\d\s().,'+\-\u2212]{0,4}?)\s*"
    r"(?P<sign2>[-+\u2212])?\s*(?P<body>\d[\d.,'\u2019 ]*|[.,]\d+)"
    r"(?P<power>[eE][-+]?\d{1,3})?\s*(?P<after>[^\d\s()]{0,4}?)\s*(?P<unit>[^\d\s()]{0,4})"
    r"\s*(?P<close>\))?"
)
CERTAIN = 0.5


@dataclass(frozen=True)
class Numbers:
    """A column of text read as numbers.

    Parameters
    ----------
    values
        float64, aligned to the input; NaN where there is no number.
    bad
        True where text stands that is no number in this column's style.
    decimal
        The decimal mark of the column, "." or ",".
    ambiguous
        True if no cell of the column tells the decimal mark from the thousands.
    currencies
        ISO codes found and how often.
    """

    values: pd.Series[float]
    bad: pd.Series[bool]
    decimal: str
    ambiguous: bool
    currencies: dict[str, int]


@dataclass(frozen=True)
class _Cell:
    body: str
    factor: float
    power: str
    currency: str


def parse_numbers(
    cells: pd.Series[str], *, decimal: str = "", currency: str = ""
) -> Numbers:
    """Read a column; the whole column decides what a comma means, never one cell.

    "1.234,56" and "12,5" vote for the decimal comma, "1,234.56" and "12.5" for the
    point; "1.234" says nothing. A cell that contradicts the majority is bad.

    Parameters
    ----------
    cells
        Text.
    decimal
        The decimal mark if the user has chosen it.
    currency
        The ISO code to read if the column mixes several; other amounts are bad.
    """
    counts = cells.value_counts()
    known = {str(text): _split(str(text)) for text in counts.index}
    if currency:
        known = {t: _only(cell, currency) for t, cell in known.items()}
    votes: Counter[str] = Counter()
    unclear = 0
    currencies: Counter[str] = Counter()
    for text, count in counts.items():
        cell = known[str(text)]
        if cell is None:
            continue
        if cell.currency:
            currencies[cell.currency] += int(count)
        mark = _mark(cell.body)
        votes[mark] += int(count) if mark in (".", ",") else 0
        unclear += int(count) if mark == "?" else 0
    mark, ambiguous = _consensus(votes, unclear, decimal, known)
    value = {text: _value(cell, mark) for text, cell in known.items()}
    numbers = cells.map(value).astype("float64")
    bad = numbers.isna() & ~cells.str.strip().str.lower().isin(NULLS)
    return Numbers(numbers, bad, mark, ambiguous, dict(currencies))


def _only(cell: _Cell | None, currency: str) -> _Cell | None:
    return None if cell and cell.currency not in ("", currency) else cell


def _split(text: str) -> _Cell | None:
    """Take a number apart; None if it is none."""
    text = text.replace("\u00a0", " ").replace("\u202f", " ").strip()
    found = SHAPE.fullmatch(text) if len(text) < 60 else None
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    currency, factor = "", 1.0
    negative = bool(found["open"])
    for word in (found["before"], found["after"], found["unit"]):
        word = word.upper()
        if word in ("-", "\u2212"):
            negative = not negative
        elif word in SUFFIXES:
            factor *= SUFFIXES[word]
        elif word in CURRENCIES or word in CODES:
            currency = CURRENCIES.get(word, word)
        elif word not in ("", "+"):
            return None
    signs = [s for s in (found["sign"], found["sign2"]) if s in ("-", "\u2212")]
    if len(signs) % 2:
        negative = not negative
    return _Cell(
        found["body"].rstrip(" "),
        -factor if negative else factor,
        found["power"] or "",
        currency,
    )


def _mark(body: str) -> str:
    """Give the decimal mark a body proves: "." or ",", "?" if unclear, "" if none."""
    points, commas = body.count("."), body.count(",")
    if points and commas:
        return "." if body.rfind(".") > body.rfind(",") else ","
    if not points and not commas:
        return ""
    mark = "." if points else ","
    if points + commas > 1:
        return "," if mark == "." else "."
    before, after = body.split(mark)
    if len(after) == 3 and 1 <= len(before) <= 3 and before != "0":
        return "?"
    return mark


def _consensus(
    votes: Counter[str], unclear: int, decimal: str, known: dict[str, _Cell | None]
) -> tuple[str, bool]:
    if decimal:
        return decimal, False
    if votes["."] or votes[","]:
        mark = "," if votes[","] > votes["."] else "."
        share = votes[mark] / (votes["."] + votes[","])
        return mark, share <= CERTAIN
    points = any(cell and "." in cell.body for cell in known.values())
    commas = any(cell and "," in cell.body for cell in known.values())
    return ".", bool(unclear) and (points or commas)


def _value(cell: _Cell | None, mark: str) -> float:
    """Give the number, NaN if it is none in this style."""
    if cell is None:
        return math.nan
    thousands = "," if mark == "." else "."
    whole, _, part = cell.body.partition(mark)
    groups = re.split(rf"[{re.escape(thousands)}'\u2019 ]", whole)
    if len(groups) > 1 and (
        not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:])
    ):
        return math.nan
    digits = "".join(groups)
    if not (digits + part).isdigit() or not (digits + part).isascii():
        return math.nan
    value = float(f"{digits or '0'}.{part or '0'}{cell.power}") * cell.factor
    return value if np.isfinite(value) else math.nan
