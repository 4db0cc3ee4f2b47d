"""Chunky ground: the exact finish never worsens a plan and reaches the optimum."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.sparse import csgraph

from geo.costs import SquaredDistance, squared_km
from geo.design import design
from geo.frames import UnitTable, equal_targets
from tests.geo.solver.test_resolve import grid_graph


def grid_table(seed: int, rows: int, columns: int) -> UnitTable:
    rng = np.random.default_rng(seed)
    n = rows * columns
    xy = 1000.0 * np.column_stack([np.arange(n) % columns, np.arange(n) // columns])
    load = rng.integers(1, 6, n).astype(float)
    ids = np.array([f"u{i:02d}" for i in range(n)], dtype=object)
    return UnitTable("grid@1#0", ids, xy, ("hours",), load[:, None], load)


def best_by_force(table: UnitTable, graph, k: int, lower: float, upper: float) -> float:
    """Try every labelling of the units into k contiguous territories."""
    n, best = len(table), np.inf
    weight = table.weight
    for labels in product(range(k), repeat=n):
        label = np.asarray(labels)
        load = np.bincount(label, table.loads[:, 0], k)
        if load.min() < lower or load.max() > upper:
            continue
        cost = 0.0
        for t in range(k):
            mine = np.flatnonzero(label == t)
            center = np.average(table.xy[mine], axis=0, weights=weight[mine])
            cost += weight[mine] @ squared_km(table.xy[mine], center[None])[:, 0]
        if cost < best and all(
            csgraph.connected_components(
                graph[np.flatnonzero(label == t)][:, np.flatnonzero(label == t)]
            )[0]
            == 1
            for t in range(k)
        ):
            best = cost
    return best


@pytest.mark.parametrize("seed", range(5))
def test_design_of_chunky_units_equals_brute_force(seed: int) -> None:
    table, graph = grid_table(seed, 3, 3), grid_graph(3, 3)
    targets = equal_targets(2, {"hours": table.loads.sum()}, {"hours": 0.25})
    result = design(
        table,
        graph,
        SquaredDistance(table),
        territories=targets,
        rng=np.random.default_rng(1),
    )
    best = best_by_force(
        table, graph, 2, targets["lower_hours"].iloc[0], targets["upper_hours"].iloc[0]
    )
    assert result.status == "feasible"
    assert result.objective == pytest.approx(best)
