"""How a call rotation is to be drawn up: what a leader or a rep may set."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pandas as pd

from geo.errors import InputError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class RotationRules:
    """How a calendar is to be drawn up.

    Parameters
    ----------
    holidays, days_off
        Days without visits: for everyone, and for this rep.
    weekdays
        Days of the week worked, Monday is 0.
    prefer
        (column, value) -> days of the week accounts with that value like; the column
        `weekdays` of the accounts comes first. Kept unless the visit would be lost.
    least_gap, most_gap
        Days between two visits of an account, as shares of its interval.
    lunch_s
        Seconds of lunch on a day longer than six hours.
    lead_share
        Share of the rep's hours kept for leads, and the most they get; None treats
        leads like any account.
    nights
        Nights in a row that may be spent away; 0 for none.
    far_s
        Seconds of driving from home from which on one may sleep at a place.
    night_s
        Seconds of driving a night away has to save.
    rounds
        Times a part of the calendar is redone: the effort.
    seed
        The same seed gives the same calendar.
    """

    holidays: Collection[dt.date] = ()
    days_off: Collection[dt.date] = ()
    weekdays: Collection[int] = (0, 1, 2, 3, 4)
    prefer: Mapping[tuple[str, str], frozenset[int]] = field(default_factory=dict)
    least_gap: float = 0.5
    most_gap: float = 1.5
    lunch_s: float = 1800.0
    lead_share: float | None = None
    nights: int = 0
    far_s: float = 5400.0
    night_s: float = 7200.0
    rounds: int = 20_000
    seed: int = 1


def weekdays_in(text: str, *, where: str = "") -> frozenset[int]:
    """Read days of the week as people write them: "Mon, Wed", "Tue-Thu".

    Returns
    -------
    frozenset of int
        Monday is 0; empty if the text is.

    Raises
    ------
    InputError
        A word is no day.
    """
    found: set[int] = set()
    for part in text.replace("/", ",").replace(";", ",").replace(" - ", "-").split(","):
        for word in part.split() if "-" not in part else [part]:
            first, _, last = word.strip().partition("-")
            a = _weekday(first, where)
            b = _weekday(last, where) if last else a
            found |= {day % 7 for day in range(a, b + 1 if b >= a else b + 8)}
    return frozenset(found)


def liked_days(accounts: pd.DataFrame, rules: RotationRules) -> pd.Series:
    """Give the days of the week each account likes: frozensets, empty for any.

    Raises
    ------
    InputError
        The column `weekdays` names a day there is not.
    """
    liked: dict[object, frozenset[int]] = {}
    for (column, value), days in rules.prefer.items():
        said = accounts.get(column, pd.Series("", accounts.index)).astype("str")
        for account in accounts.index[said.str.casefold() == value.casefold()]:
            liked[account] = days
    if "weekdays" in accounts:
        for account, text in accounts["weekdays"].items():
            if pd.notna(text) and str(text).strip():
                liked[account] = weekdays_in(str(text), where=f"account {account}")
    days_of = [liked.get(account, frozenset()) for account in accounts.index]
    return pd.Series(days_of, accounts.index, dtype="object")


def _weekday(word: str, where: str) -> int:
    short = word.strip().lower()[:3]
    if short not in DAYS:
        raise InputError(
            f"'{word}' is no day of the week", where=where, fix="Write Mon, Wed"
        )
    return DAYS.index(short)
