"""An exact re-solve finds what trying everything finds."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from scipy.sparse import csgraph, csr_array

from geo.solver.resolve import Districting, resolve


def grid_graph(rows: int, columns: int) -> csr_array:
    """Squares of a grid touch those beside, above and below them."""
    number = np.arange(rows * columns).reshape(rows, columns)
    pairs = np.vstack(
        [
            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
            np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
        ]
    )
    u, v = np.vstack([pairs, pairs[:, ::-1]]).T
    n = rows * columns
    return csr_array((np.ones(len(u)), (u, v)), shape=(n, n))


def in_one_piece(graph: csr_array, units: np.ndarray) -> bool:
    return csgraph.connected_components(graph[units][:, units])[0] == 1


def best_by_force(problem: Districting, k: int) -> float:
    n, best = len(problem.loads), np.inf
    for centers in combinations(range(n), k):
        for labels in product(range(k), repeat=n):
            label = np.asarray(labels)
            if any(label[c] != t for t, c in enumerate(centers)):
                continue
            carried = np.bincount(label, weights=problem.loads[:, 0], minlength=k)
            if (carried < problem.lower[0, 0]).any():
                continue
            if (carried > problem.upper[0, 0]).any():
                continue
            worth = problem.cost[np.arange(n), np.asarray(centers)[label]].sum()
            if worth < best and all(
                in_one_piece(problem.neighbors, np.flatnonzero(label == t))
                for t in range(k)
            ):
                best = float(worth)
    return best


def any_centers(cost: np.ndarray, loads: np.ndarray, k: int, slack: float):
    n = len(loads)
    target = loads.sum() / k
    return Districting(
        cost=cost,
        loads=loads[:, None],
        neighbors=grid_graph(3, 3),
        root=np.arange(n),
        kind=np.zeros(n, np.intp),
        count=np.array([k]),
        lower=np.array([[target * (1 - slack)]]),
        upper=np.array([[target * (1 + slack)]]),
    )


@pytest.mark.parametrize("seed", range(4))
def test_resolve_equals_brute_force_where_shape_costs_nothing(seed: int) -> None:
    """Random costs make the cheapest plan scatter: contiguity has to be won by cuts."""
    rng = np.random.default_rng(seed)
    loads = rng.integers(1, 4, 9).astype(float)
    cost = rng.random((9, 9)) * loads[:, None]
    np.fill_diagonal(cost, 0.0)
    problem = any_centers(cost, loads, 2, 0.35)
    found = resolve(problem)
    assert found.proven
    assert found.objective == pytest.approx(best_by_force(problem, 2))
    assert found.bound == pytest.approx(found.objective)
    for center in np.unique(found.center):
        mine = np.flatnonzero(found.center == center)
        assert in_one_piece(problem.neighbors, mine)
        assert center in mine


def test_resolve_proves_that_no_plan_exists() -> None:
    """Three territories of exactly a third cannot be made of loads 5, 1, 1, ..."""
    loads = np.r_[5.0, np.ones(8)]
    found = resolve(any_centers(np.ones((9, 9)), loads, 3, 0.0))
    assert found.center is None
    assert found.proven


def test_each_class_opens_its_own_count_and_keeps_its_own_bounds() -> None:
    """A half-time rep at one corner, a full-time rep at the other."""
    xy = np.column_stack([np.tile(np.arange(3.0), 3), np.repeat(np.arange(3.0), 3)])
    centers = np.array([0, 8])
    cost = ((xy[:, None] - xy[centers][None]) ** 2).sum(axis=2)
    problem = Districting(
        cost=cost,
        loads=np.ones((9, 1)),
        neighbors=grid_graph(3, 3),
        root=centers,
        kind=np.array([0, 1]),
        count=np.array([1, 1]),
        lower=np.array([[3.0], [6.0]]),
        upper=np.array([[3.0], [6.0]]),
    )
    found = resolve(problem)
    assert found.center is not None
    assert np.bincount(found.center).tolist() == [3, 6]
    assert found.center[0] == 0
    assert found.center[8] == 1


def test_a_forbidden_unit_stays_away() -> None:
    loads = np.ones(9)
    cost = np.ones((9, 9))
    cost[4] = np.inf
    cost[4, 0] = 9.0
    found = resolve(any_centers(cost, loads, 2, 0.5))
    assert found.center is not None
    assert found.center[4] == 0
