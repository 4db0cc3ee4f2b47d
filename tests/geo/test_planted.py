"""Where a plan was planted, one is found: whatever the ground."""

from __future__ import annotations

import numpy as np
import pytest

from geo.costs import SquaredDistance
from geo.design import design
from tests.geo.grounds import in_one_piece
from tests.geo.planted import FAMILIES, planted


@pytest.mark.parametrize("name", FAMILIES)
def test_bounds_that_hold_a_planted_plan_are_kept(name: str) -> None:
    table, graph, targets = planted(name, 1)
    result = design(
        table,
        graph,
        SquaredDistance(table),
        territories=targets,
        rng=np.random.default_rng(1),
    )
    assert result.status == "feasible", result.binding
    labels = result.plan.assignment
    assert in_one_piece(labels, graph)
    for j, measure in enumerate(table.measures):
        load = np.bincount(labels, table.loads[:, j], len(targets))
        assert (load >= targets[f"lower_{measure}"] - 1e-6).all()
        assert (load <= targets[f"upper_{measure}"] + 1e-6).all()
