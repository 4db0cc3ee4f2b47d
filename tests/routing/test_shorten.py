"""Tours of a day become as short as single changes can make them."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.shorten import shorten


def length(path: list[int], drive_s: np.ndarray) -> float:
    return float(sum(drive_s[a, b] for a, b in pairwise(path)))


def test_a_crossing_is_undone_on_a_line() -> None:
    """Places 0 to 5 on a line; home is 0."""
    line = np.abs(np.arange(6.0)[:, None] - np.arange(6.0))
    order = shorten([0, 3, 1, 5, 2, 4, 0], line)
    assert length([0, *order, 0], line) == 10


@settings(deadline=None, max_examples=60)
@given(n=st.integers(0, 9), seed=st.integers(0, 10**6))
def test_it_keeps_the_stops_and_is_near_the_best(n: int, seed: int) -> None:
    drive_s = np.random.default_rng(seed).uniform(1, 9, (n + 1, n + 1))
    path = [0, *range(1, n + 1), 0]
    order = shorten(path, drive_s)
    assert sorted(order) == path[1:-1]
    assert length([0, *order, 0], drive_s) <= length(path, drive_s) + 1e-9
    if n <= 6:
        best = min(length([0, *p, 0], drive_s) for p in permutations(path[1:-1]))
        assert length([0, *order, 0], drive_s) <= 1.6 * best + 1e-9
