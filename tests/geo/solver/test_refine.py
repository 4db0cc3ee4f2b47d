"""Descent: what it leaves cannot be bettered by a shift or a pair of shifts."""

from __future__ import annotations

import numpy as np
import pytest

from geo.costs import SquaredDistance
from geo.design import Rules
from geo.solver.levels import finest
from geo.solver.problem import state_problem
from geo.solver.refine import descend, found
from geo.solver.transport import unasked
from tests.geo.grounds import evenly, rectangle


@pytest.mark.parametrize("seed", range(6))
def test_a_second_descent_finds_nothing_more(seed: int) -> None:
    loads = np.random.default_rng(seed).integers(1, 9, 400).astype(float)
    table, graph = rectangle(20, 20, loads)
    problem = state_problem(
        table,
        graph,
        SquaredDistance(table),
        territories=evenly(table, 8, 0.05),
        rules=Rules(),
        kept=None,
    )
    level = finest(problem)
    stripes = np.argsort(np.argsort(level.xy[:, 0], kind="stable")) // 50
    begun = found(level, stripes, np.zeros((8, 2)))
    once = descend(level, begun, unasked)
    again = descend(level, once, unasked)
    assert once.beats(begun)
    assert (again.labels == once.labels).all()
