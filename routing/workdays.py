"""The days a rep works: dates, hours, holidays and days off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import InputError

LUNCH_FROM_S = 6 * 3600
"""A working day longer than that has a lunch break (as in Directive 2003/88/EC)."""


@dataclass(frozen=True, eq=False)
class Workdays:
    """The d days a rep may be on the road.

    Parameters
    ----------
    dates
        In order.
    number
        Shape (d,): days after the first day of the weeks.
    start_s, end_s
        Seconds after midnight the working day begins and ends.
    lunch_s
        Seconds of lunch, 0 on a short day.
    """

    dates: tuple[dt.date, ...]
    number: NDArray[np.int64]
    start_s: float
    end_s: float
    lunch_s: float

    def __len__(self) -> int:
        return len(self.dates)

    @property
    def limit_s(self) -> float:
        """Seconds of a day for visits and driving."""
        return self.end_s - self.start_s - self.lunch_s


def workdays(
    rep: pd.Series,
    *,
    start: dt.date,
    weeks: int,
    weekdays: Collection[int],
    closed: Collection[dt.date],
    lunch_s: float,
) -> Workdays:
    """Give the days of some weeks on which a rep works.

    Parameters
    ----------
    rep
        A row of `geo.frames.REPS`: day_start, day_end, active_from, active_to.
    weekdays
        Days of the week worked, Monday is 0.
    closed
        Holidays and days off.

    Raises
    ------
    InputError
        The working day ends before it begins.
    """
    opens, closes = _clock(rep, "day_start", "08:00"), _clock(rep, "day_end", "17:00")
    if not closes > opens:
        raise InputError(
            f"The day of {rep.get('name', rep.name)} ends before it begins",
            where=f"{rep.get('day_start')} to {rep.get('day_end')}",
            fix="Set day_start and day_end as 08:00 and 17:00",
        )
    first, last = _day(rep, "active_from"), _day(rep, "active_to")
    days = [
        day
        for day in (start + dt.timedelta(days=i) for i in range(7 * weeks))
        if day.weekday() in weekdays
        and day not in closed
        and (first is None or day >= first)
        and (last is None or day <= last)
    ]
    return Workdays(
        dates=tuple(days),
        number=np.array([(day - start).days for day in days], dtype=np.int64),
        start_s=opens,
        end_s=closes,
        lunch_s=lunch_s if closes - opens > LUNCH_FROM_S else 0.0,
    )


def _clock(rep: pd.Series, field: str, usual: str) -> float:
    said = rep.get(field, usual)
    hours, _, minutes = str(said if pd.notna(said) and said else usual).partition(":")
    return float(int(hours) * 3600 + int(minutes or 0) * 60)


def _day(rep: pd.Series, field: str) -> dt.date | None:
    said = rep.get(field)
    return None if said is None or pd.isna(said) else pd.Timestamp(said).date()
