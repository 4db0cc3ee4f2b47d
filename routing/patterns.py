"""The days on which the visits of one account may fall, with their spacing kept.

A pattern is one choice of days for all visits of an account: every gap between two
visits, and that from the last one into the next such calendar, lies within bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MOST = 240
"""Patterns kept an account: the regular ones and the least irregular of the others."""

DRAWS = 400
"""Irregular patterns drawn at random before the best are kept."""


@dataclass(frozen=True)
class Spacing:
    """Bounds on the days between visits of an account.

    Parameters
    ----------
    least, most
        Days between two visits in a row.
    earliest
        First day, counted from the start, on which a visit may fall.
    horizon
        Days planned; the calendar is taken to repeat after them.
    """

    least: float
    most: float
    earliest: float
    horizon: int

    def holds(self, numbers: Ints) -> NDArray[np.bool_]:
        """Say which rows of days, shape (p, n), sorted, keep the bounds."""
        kept: NDArray[np.bool_] = numbers[:, 0] >= self.earliest
        if numbers.shape[1] == 1:
            return kept
        around = numbers[:, :1] + self.horizon
        gaps = np.diff(np.concatenate([numbers, around], axis=1), axis=1)
        inside = (gaps >= self.least) & (gaps <= self.most)
        return np.asarray(kept & inside.all(axis=1))


def patterns(
    n: int,
    number: Ints,
    allowed: NDArray[np.bool_],
    spacing: Spacing,
    rng: np.random.Generator,
) -> Ints:
    """Give the patterns of n visits, shape (p, n): rows of the working days.

    Parameters
    ----------
    number
        Shape (d,), sorted: the working days as days after the start.
    allowed
        Shape (d,): days on which this account may be visited.
    rng
        Draws the irregular ones.
    """
    rows = np.flatnonzero(allowed)
    if len(rows) < n:
        return np.zeros((0, n), dtype=np.int64)
    days = number[rows]
    if n == 1:
        return rows[spacing.holds(days[:, None])][:, None]
    step = spacing.horizon / n
    firsts = np.arange(np.ceil(step), dtype=np.float64)
    even = firsts[:, None] + step * np.arange(n)
    base = even[rng.integers(0, len(even), DRAWS)]
    loose = base + rng.uniform(-0.5, 0.5, base.shape) * step
    nearest = _nearest(days, np.concatenate([even, np.sort(loose, axis=1)]))
    found = np.unique(nearest, axis=0)
    found = found[(np.diff(found, axis=1) > 0).all(axis=1)]
    found = found[spacing.holds(days[found])]
    order = np.argsort(irregular(days[found], spacing.horizon), kind="stable")
    return np.asarray(rows[found[order[:MOST]]])


def irregular(numbers: Ints, horizon: int) -> Floats:
    """Give how far the gaps of each row of days, (p, n), are from even, in days."""
    n = numbers.shape[1]
    if n == 1:
        return np.zeros(len(numbers))
    return np.asarray(np.abs(np.diff(numbers, axis=1) - horizon / n).sum(axis=1))


def _nearest(days: Ints, wanted: Floats) -> Ints:
    """Give the row of the day nearest to each wanted one."""
    right = np.clip(np.searchsorted(days, wanted), 0, len(days) - 1)
    left = np.maximum(right - 1, 0)
    closer = np.abs(days[left] - wanted) <= np.abs(days[right] - wanted)
    return np.where(closer, left, right).astype(np.int64)
