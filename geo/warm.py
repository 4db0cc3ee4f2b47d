"""Compile ahead what is compiled at first use, so that no search pays for it."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from geo.costs import Distance, SquaredDistance
from geo.design import Rules, design
from geo.frames import UnitTable, equal_targets
from geo.solver.levels import coarsen, finest
from geo.solver.problem import state_problem


def warm_up() -> None:
    """Run some tiny designs; numba keeps what it compiles on disk."""
    for n in (8, 12):  # few units are solved by another way
        _try(n)


def _try(n: int) -> None:
    xy = np.array([[i % 4, i // 4] for i in range(n)], dtype=np.float64) * 1000.0
    ids = np.array([f"u{i:02d}" for i in range(n)], dtype=object)
    table = UnitTable("warm@1#0", ids, xy, ("accounts",), np.ones((n, 1)), np.ones(n))
    steps = np.abs(xy[:, None] - xy[None]).sum(axis=2)
    neighbors = sp.csr_array(steps == 1000.0)
    targets = equal_targets(3, {"accounts": float(n)}, {"accounts": 0.3})
    for cost in (SquaredDistance(table), Distance(table)):
        rng = np.random.default_rng(1)
        design(table, neighbors, cost, territories=targets, rng=rng)
    problem = state_problem(
        table, neighbors, cost, territories=targets, rules=Rules(), kept=None
    )
    coarsen(finest(problem), n // 2)
