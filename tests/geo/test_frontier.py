"""Realignment: as few moves as possible, and what each amount of change buys."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.costs import SquaredDistance
from geo.design import Rules
from geo.errors import PlanError
from geo.frontier import frontier, least_moves
from geo.solver.problem import state_problem
from geo.solver.realign import priced
from tests.geo.grounds import evenly, in_one_piece, rectangle


def fewest_moved(table, graph, targets, today) -> float:
    """Least load that changes hands over all contiguous plans within bounds."""
    k, best = len(targets), np.inf
    load = table.loads[:, 0]
    low, top = targets["lower_accounts"], targets["upper_accounts"]
    for labels in itertools.product(range(k), repeat=len(table)):
        array = np.array(labels)
        moved = load[array != today].sum()
        sums = np.bincount(array, load, k)
        if moved < best and (sums >= low).all() and (sums <= top).all():
            best = moved if in_one_piece(array, graph) else best
    return float(best)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_no_plan_within_bounds_moves_less(seed: int) -> None:
    loads = np.random.default_rng(seed).integers(1, 6, 9).astype(float)
    table, graph = rectangle(3, 3, loads)
    today = np.repeat([0, 0, 1], 3)
    targets = evenly(table, 2, 0.15)
    fewest = fewest_moved(table, graph, targets, today)
    result = least_moves(
        table,
        graph,
        SquaredDistance(table),
        territories=targets,
        kept=np.eye(2)[today] * loads[:, None],
        rng=np.random.default_rng(1),
    )
    assert (result.status == "feasible") == np.isfinite(fewest)
    if np.isfinite(fewest):
        assert result.moved == pytest.approx(fewest)


def drifted(width: int, height: int, seed: int):
    """Four equal quarters of yesterday; loads have drifted since, most in the west."""
    rng = np.random.default_rng(seed)
    n = width * height
    column, row = np.arange(n) % width, np.arange(n) // width
    today = 2 * (row >= height // 2) + (column >= width // 2)
    loads = np.round(10 * np.exp(0.2 * rng.normal(size=n) - 0.3 * column / width), 1)
    table, graph = rectangle(width, height, loads)
    return table, graph, today, np.eye(4)[today] * loads[:, None]


def test_more_change_is_never_worse_and_no_option_moves_more_than_it_may() -> None:
    table, graph, today, kept = drifted(16, 12, 3)
    targets = evenly(table, 4, 0.04)
    shares = (0.0, 0.02, 0.1, 0.3)
    options = frontier(
        table,
        graph,
        SquaredDistance(table),
        territories=targets,
        kept=kept,
        shares=shares,
        rng=np.random.default_rng(1),
    )
    assert (options[0].plan.assignment == today).all()
    good = [option for option in options if option.status == "feasible"]
    assert options[0].status == "not_found"
    assert len(good) >= 2
    for share, option in zip(shares, options, strict=True):
        assert option.moved <= share * kept.sum() * (1 + 1e-6)
        assert in_one_piece(option.plan.assignment, graph)
    costs = [option.objective for option in good]
    assert all(b <= a * (1 + 1e-9) for a, b in itertools.pairwise(costs))


def test_within_bounds_today_nothing_moves() -> None:
    table, graph, today, kept = drifted(10, 8, 1)
    result = least_moves(
        table,
        graph,
        SquaredDistance(table),
        territories=evenly(table, 4, 0.9),
        kept=kept,
        rng=np.random.default_rng(1),
    )
    assert result.status == "feasible"
    assert result.moved == 0
    assert (result.plan.assignment == today).all()


def test_without_an_alignment_of_today_there_is_nothing_to_stay_near_to() -> None:
    table, graph = rectangle(3, 3)
    problem = state_problem(
        table,
        graph,
        SquaredDistance(table),
        territories=evenly(table, 3, 0.1),
        rules=Rules(),
        kept=None,
    )
    with pytest.raises(PlanError, match="no alignment of today to stay near to"):
        priced(problem)
