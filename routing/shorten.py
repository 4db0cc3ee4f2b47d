"""Shorten the tour of a day: turn parts round (Lin 1965), move runs (Or 1976)."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LONGEST_RUN = 3
GAIN_S = 1e-6


def shorten(path: list[int], drive_s: Floats, *, runs: int = LONGEST_RUN) -> list[int]:
    """Give the stops of a path in an order no single change of which is shorter.

    Parameters
    ----------
    path
        Places from the first to the last, which both stay where they are.
    drive_s
        Shape (p, p), seconds; need not be symmetric.
    runs
        Stops in a row that may be moved; 0 only turns parts round (2-opt).

    Returns
    -------
    list of int
        The stops between the two ends.
    """
    if len(path) < 4:
        return path[1:-1]
    order = np.array(path, dtype=np.int64)
    while _turn(order, drive_s) or _shift(order, drive_s, runs):
        pass
    return [int(place) for place in order[1:-1]]


@njit(cache=True)
def _length(path: Ints, drive_s: Floats) -> float:
    total = 0.0
    for i in range(len(path) - 1):
        total += drive_s[path[i], path[i + 1]]
    return total


@njit(cache=True)
def _turn(path: Ints, drive_s: Floats) -> bool:
    """Turn the first part round whose turning shortens the path."""
    n = len(path)
    length = _length(path, drive_s)
    for i in range(1, n - 2):
        for j in range(i + 1, n - 1):
            _reverse(path, i, j)
            if _length(path, drive_s) < length - GAIN_S:
                return True
            _reverse(path, i, j)
    return False


@njit(cache=True)
def _shift(path: Ints, drive_s: Floats, runs: int) -> bool:
    """Move the first run of stops whose moving shortens the path: two turns in one."""
    n = len(path)
    length = _length(path, drive_s)
    for run in range(1, runs + 1):
        for i in range(1, n - run):
            for j in range(i + run, n - 1):  # places i..i+run-1 go behind j
                _rotate(path, i, i + run, j)
                if _length(path, drive_s) < length - GAIN_S:
                    return True
                _rotate(path, i, j - run + 1, j)
            for j in range(1, i):  # or before j
                _rotate(path, j, i, i + run - 1)
                if _length(path, drive_s) < length - GAIN_S:
                    return True
                _rotate(path, j, j + run, i + run - 1)
    return False


@njit(cache=True)
def _rotate(path: Ints, first: int, middle: int, last: int) -> None:
    """Bring what begins at `middle` to `first`; what was there goes behind it."""
    _reverse(path, first, middle - 1)
    _reverse(path, middle, last)
    _reverse(path, first, last)


@njit(cache=True)
def _reverse(path: Ints, first: int, last: int) -> None:
    while first < last:
        kept = path[first]
        path[first] = path[last]
        path[last] = kept
        first += 1
        last -= 1
