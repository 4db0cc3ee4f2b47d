"""A lower bound is never above the best plan there is."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from geo.solver.bound import center_bound


def best_by_force(
    cost: np.ndarray, load: np.ndarray, k: int, lower: float, upper: float
) -> float:
    """Try every choice of centers and every assignment."""
    n, best = len(load), np.inf
    for centers in combinations(range(n), k):
        for labels in product(range(k), repeat=n):
            if any(labels[c] != t for t, c in enumerate(centers)):
                continue
            carried = np.bincount(labels, weights=load, minlength=k)
            if carried.min() < lower - 1e-9 or carried.max() > upper + 1e-9:
                continue
            rows = np.asarray(centers)[list(labels)]
            best = min(best, float(cost[rows, np.arange(n)].sum()))
    return best


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("k", "share"), [(1, 0.999), (2, 0.4), (3, 0.1)])
def test_bound_is_below_the_best_plan(seed: int, k: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    xy, load = rng.random((7, 2)), rng.integers(1, 5, 7).astype(float)
    cost = ((xy[:, None] - xy[None]) ** 2).sum(axis=2) * load[None, :]
    target = load.sum() / k
    lower, upper = 0.6 * target, 1.4 * target
    best = best_by_force(cost, load, k, lower, upper)
    centers = rng.choice(7, k, replace=False).astype(np.intp)
    bound = center_bound(
        cost, load, centers, lower=lower, upper=upper, incumbent=best * 1.01
    )
    assert share * best <= bound <= best * (1 + 1e-9)


def test_climb_ends_when_asked() -> None:
    rng = np.random.default_rng(1)
    xy = rng.random((30, 2))
    cost = ((xy[:, None] - xy[None]) ** 2).sum(axis=2)
    asked = []
    center_bound(
        cost,
        np.ones(30),
        np.array([0, 10, 20]),
        lower=5,
        upper=15,
        incumbent=3.0,
        stop=lambda best: asked.append(best) or len(asked) == 3,
    )
    assert len(asked) == 3
