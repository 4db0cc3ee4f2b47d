"""Transport: against a linear program, at its bounds, and begun from prices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from geo.solver.transport import transport


def by_linear_program(cost, load, lower, upper) -> float:
    n, k = cost.shape
    once = np.kron(np.eye(n), np.ones(k))
    by = np.kron(load, np.eye(k))
    answer = linprog(
        cost.ravel(),
        A_ub=np.vstack([by, -by]),
        b_ub=np.concatenate([upper, -lower]),
        A_eq=once,
        b_eq=np.ones(n),
    )
    return float(answer.fun)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    n=st.integers(2, 12),
    k=st.integers(2, 4),
    tolerance=st.sampled_from([0.0, 0.1, 0.5]),
    seed=st.integers(0, 10_000),
)
def test_the_cost_is_that_of_the_linear_program(n, k, tolerance, seed) -> None:
    rng = np.random.default_rng(seed)
    cost, load = rng.random((n, k)), rng.integers(1, 9, n).astype(float)
    target = load.sum() * np.full(k, 1 / k)
    lower, upper = (1 - tolerance) * target, (1 + tolerance) * target
    share, prices = transport(cost, load, lower, upper)
    assert share.sum(axis=1) == pytest.approx(np.ones(n))
    assert (share >= 0).all()
    assert (load @ share <= upper + 1e-9).all()
    assert (load @ share >= lower - 1e-9).all()
    best = by_linear_program(cost, load, lower, upper)
    assert (cost * share).sum() == pytest.approx(best, abs=1e-9)
    assert ((share > 1e-9).sum(axis=1) > 1).sum() <= 2 * k - 1
    again, _ = transport(cost, load, lower, upper, prices)
    assert (cost * again).sum() == pytest.approx(best, abs=1e-9)


def test_a_unit_too_big_for_one_territory_is_divided() -> None:
    """Loads 3 and 1, two territories of 2: the big unit gives a third away."""
    cost = np.array([[0.0, 3.0], [5.0, 0.0]])
    share, prices = transport(
        cost, np.array([3.0, 1.0]), np.full(2, 2.0), np.full(2, 2.0)
    )
    assert share == pytest.approx(np.array([[2 / 3, 1 / 3], [0.0, 1.0]]))
    assert prices[0] - prices[1] == pytest.approx(1.0)


def test_units_without_load_and_forbidden_pairs_are_respected() -> None:
    cost = np.array([[1.0, np.inf], [1.0, 2.0], [7.0, 3.0]])
    share, _ = transport(cost, np.array([1.0, 1.0, 0.0]), np.zeros(2), np.ones(2))
    assert share == pytest.approx(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]))


def test_bounds_that_cannot_be_met_are_scaled() -> None:
    share, _ = transport(
        np.array([[0.0, 1.0]] * 4), np.ones(4), np.zeros(2), np.ones(2)
    )
    assert share.sum(axis=0) == pytest.approx([2.0, 2.0])
    share, _ = transport(
        np.array([[0.0, 1.0]] * 4), np.ones(4), np.full(2, 9.0), np.full(2, 9.0)
    )
    assert share.sum(axis=0) == pytest.approx([2.0, 2.0])
