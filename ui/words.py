"""Numbers and names as people read them: units, thousands, three digits at most."""

from __future__ import annotations

import math
import re

import pandas as pd

from geo.frames import UNIT_WORDS

MISSING = "-"
"""Shown where a number is not known."""

LINKING = re.compile(r"https?:(?=//)|www(?=\.)|@", re.IGNORECASE)
MARKDOWN = frozenset("\\`*_{}[]()<>#+-.!|~:$&\"'^=")
"""Signs that mean something to Streamlit's Markdown."""

MEASURE_WORDS = {
    "accounts": "accounts",
    "workload_h": "hours of work",
    "visit_h": "hours of visits",
    "travel_h": "hours of driving",
    "visits": "visits",
    "revenue": "revenue",
    "potential": "potential",
}


def count(n: float) -> str:
    """Give a count with thousands: 8,224."""
    return f"{n:,.0f}" if _known(n) else MISSING


def short(x: float) -> str:
    """Give a number in three digits at most: 412, 41.2k, 4.12M, 4.12B."""
    if not _known(x):
        return MISSING
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(x) >= size * 0.9995:
            return f"{_three(x / size)}{letter}"
    return _three(x)


def money(x: float, symbol: str = "$") -> str:
    """Give an amount: $410k. A loss keeps its sign in front: -$2.1M."""
    if not _known(x):
        return MISSING
    return ("-" if x < 0 else "") + symbol + short(abs(x))


def hours(h: float) -> str:
    """Give a time in minutes up to 2 h, in hours past that: 45 min, 1,240 h."""
    if not _known(h):
        return MISSING
    return f"{h * 60:,.0f} min" if 0 < abs(h) < 2 else f"{h:,.0f} h"


def percent(share: float) -> str:
    """Give a share in percent without digits: 131 %."""
    return f"{share * 100:,.0f} %" if _known(share) else MISSING


def measured(x: float, measure: str) -> str:
    """Give a number in the unit of its measure."""
    if measure in ("revenue", "potential", "goal"):
        return money(x)
    return hours(x) if measure.endswith("_h") else count(x)


def units(n: int, kind: str) -> str:
    """Give a number of basic units in the user's word: 3 counties."""
    one, many = UNIT_WORDS.get(kind, ("area", "areas"))
    return f"{count(n)} {one if n == 1 else many}"


def accounts(n: float) -> str:
    """Give a number of accounts: 1 account, 24 accounts."""
    return f"{count(n)} account" + ("" if n == 1 else "s")


def listed(names: list[str], most: int = 3) -> str:
    """Give names in a sentence: East, North and West; East, North and 4 more."""
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    return " and ".join(([", ".join(names[:-1])] if names[1:] else []) + names[-1:])


def escaped(text: str) -> str:
    """Give a user's text so that Markdown shows it as it is: no link, no picture."""
    # Addresses become links without any mark: a joiner nobody sees takes them apart.
    text = LINKING.sub("\\g<0>\u2060", " ".join(text.split()))
    return "".join(f"\\{c}" if c in MARKDOWN else c for c in text)


def kind_of(unit_set: str) -> str:
    """Give the kind in a unit set's name: county for county@2017#1a2b."""
    return unit_set.partition("@")[0].partition(":")[0]


def _three(x: float) -> str:
    digits = 2 if abs(x) < 9.995 else 1 if abs(x) < 99.95 else 0
    text = f"{x:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _known(x: float) -> bool:
    return not pd.isna(x) and math.isfinite(x)


def hours_from(calendars: int, factor: float) -> str:
    """Say where driving hours come from, once a rep has a calendar.

    Examples
    --------
    "Driving hours from the calendars of 3 reps, about for the others: the estimate
    x 1.12, as these 3 drive."
    """
    whose = "calendar of 1 rep" if calendars == 1 else f"calendars of {calendars} reps"
    drive = "this one drives" if calendars == 1 else f"these {calendars} drive"
    return (
        f"Driving hours from the {whose}, about for the others: the estimate "
        f"\u00d7 {factor:.2f}, as {drive}."
    )
