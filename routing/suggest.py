"""Which of the due accounts make a good day: near each other, and no more than fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.engine import crow_distance_m

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SOON_DAYS = 7.0
"""An account due within so many days may be visited now."""
LONGEST_DAYS = 60.0
"""Later than this is late; one long forgotten account is not worth a lost day."""
LATEST, NEAREST = 30, 30
"""So many of the most overdue, and of the due ones nearest to home, are considered."""
SEEDS = 12
"""Days are tried around so many of the most overdue."""
CALL_S = 300.0
"""Parking and walking in, seconds a stop."""


def worth(due_days: Floats) -> Floats:
    """Give what a visit today is worth: days past due and a week, 0 if not yet due.

    An account whose last visit is not recorded counts as due today.

    Parameters
    ----------
    due_days
        Days past due, see `sales.due.due_days`; nan if not known.
    """
    late = np.where(np.isnan(due_days), 0.0, np.minimum(due_days, LONGEST_DAYS))
    return np.asarray(np.maximum(late + SOON_DAYS + 1.0, 0.0))


def candidates(due_days: Floats, lonlat: Floats, home: tuple[float, float]) -> Ints:
    """Give the rows that may be visited today, the most overdue first.

    Parameters
    ----------
    due_days, lonlat
        Shape (n,) and (n, 2), degrees; nan for no point.
    home
        (lon, lat).
    """
    value = worth(due_days)
    usable = np.flatnonzero((value > 0) & np.isfinite(lonlat).all(axis=1))
    ordered = usable[np.argsort(-value[usable], kind="stable")]
    away_m = crow_distance_m(np.array([home]), lonlat[usable])[0]
    near = usable[np.argsort(away_m, kind="stable")][:NEAREST]
    taken = np.isin(ordered, np.concatenate([ordered[:LATEST], near]))
    return ordered[taken].astype(np.int64)


def choose_day(
    value: Floats, visit_s: Floats, drive_s: Floats, *, hours_s: float, most: int
) -> Ints:
    """Choose the rows of a day that are worth most together.

    A day is filled around each of the first rows (`fill_day`); the best of them is
    taken, of equal ones the shortest.

    Parameters
    ----------
    value, visit_s
        Shape (n,), see `worth`, and seconds a visit.
    drive_s
        Shape (n + 1, n + 1), seconds; row 0 is home, row i + 1 is account i.
    hours_s
        Seconds of the day, lunch taken off.
    most
        Stops at most.

    Returns
    -------
    NDArray
        Rows in driving order; none if not one of them fits.
    """
    days = [
        fill_day(value, visit_s, drive_s, first=i, hours_s=hours_s, most=most)
        for i in range(min(SEEDS, len(value)))
    ]
    best = max(days, key=lambda day: (value[day[0]].sum(), -day[1]), default=None)
    return np.zeros(0, dtype=np.int64) if best is None else best[0]


def fill_day(
    value: Floats,
    visit_s: Floats,
    drive_s: Floats,
    *,
    first: int,
    hours_s: float,
    most: int,
) -> tuple[Ints, float]:
    """Fill a day around one account: each step takes the most worth a second.

    Returns
    -------
    tuple
        Rows in driving order, without any if the first does not fit; and seconds.
    """
    tour, left, spent_s = [0, 0], [*range(len(value))], 0.0
    wanted = [first]
    while left and len(tour) - 2 < most:
        best = max(
            (
                (value[i] / max(extra, 1.0), -i, extra, at)
                for i in wanted
                for extra, at in [_cheapest(tour, i + 1, visit_s[i], drive_s)]
                if spent_s + extra <= hours_s
            ),
            default=None,
        )
        if best is None:
            break
        _, negative, extra, at = best
        tour.insert(at, 1 - negative)
        left.remove(-negative)
        wanted, spent_s = left, spent_s + extra
    return np.array(tour[1:-1], dtype=np.int64) - 1, spent_s


def _cheapest(
    tour: list[int], stop: int, visit_s: float, drive_s: Floats
) -> tuple[float, int]:
    """Give the seconds a stop adds at its best place in a tour, and that place."""
    before, after = tour[:-1], tour[1:]
    detour = drive_s[before, stop] + drive_s[stop, after] - drive_s[before, after]
    detour = np.where(np.isnan(detour), np.inf, detour)
    at = int(np.argmin(detour))
    return float(detour[at] + visit_s + CALL_S), at + 1
