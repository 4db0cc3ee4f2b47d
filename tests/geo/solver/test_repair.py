"""Contiguity repair and the test whether a territory would fall apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.costs import SquaredDistance
from geo.design import Rules
from geo.solver.levels import coarsen, finest
from geo.solver.problem import state_problem
from geo.solver.repair import extra_parts, make_contiguous
from geo.solver.state import score, splits, start
from tests.geo.grounds import evenly, in_one_piece, joined, rectangle


def level_of(table, graph, k, tolerance=0.5, rules=Rules()):  # noqa: B008
    return finest(
        state_problem(
            table,
            graph,
            SquaredDistance(table),
            territories=evenly(table, k, tolerance),
            rules=rules,
            kept=None,
        )
    )


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), k=st.integers(1, 5))
def test_any_labels_become_contiguous_and_none_is_left_out(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    table, graph = rectangle(8, 6, rng.integers(1, 9, 48).astype(float))
    level = level_of(table, graph, k)
    labels = rng.integers(0, k, 48)
    out = make_contiguous(labels, level.ground, rng.random((48, k)))
    assert extra_parts(out, level.ground) == 0
    assert len(np.unique(out)) == k
    assert in_one_piece(out, level.problem.graph)


def test_fixed_units_at_both_ends_are_joined_by_a_path() -> None:
    table, graph = rectangle(5, 3)
    rules = Rules(fixed={"u5": "T01", "u9": "T01"})
    level = level_of(table, graph, 2, rules=rules)
    fixed = level.problem.fixed
    labels = np.where(fixed >= 0, fixed, 1)
    out = make_contiguous(labels, level.ground, np.ones((15, 2)))
    assert extra_parts(out, level.ground) == 0
    assert (out[fixed == 0] == 0).all()


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_a_unit_splits_its_territory_just_when_the_rest_is_apart(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = [(i, j) for i in range(12) for j in range(i) if rng.random() < 0.22]
    table, _ = rectangle(12, 1)
    level = level_of(table, joined(12, pairs), 2)
    labels = rng.integers(0, 2, 12)
    state = start(level.ground, labels)
    graph = level.problem.graph
    for unit in range(12):
        rest = np.delete(
            np.flatnonzero(labels == labels[unit]),
            np.searchsorted(np.flatnonzero(labels == labels[unit]), unit),
        )
        near = set(graph.indices[graph.indptr[unit] : graph.indptr[unit + 1]])
        wanted = [v for v in rest if v in near]
        part = dict(zip(rest, _parts(graph, rest), strict=True))
        assert splits(level.ground, state, unit) == (len({part[v] for v in wanted}) > 1)


def _parts(graph, rows):
    from scipy.sparse.csgraph import connected_components

    return connected_components(graph[rows][:, rows], directed=False)[1]


def test_cells_are_connected_and_keep_every_sum() -> None:
    rng = np.random.default_rng(4)
    table, graph = rectangle(30, 20, rng.integers(1, 9, 600).astype(float))
    fine = level_of(table, graph, 4)
    coarse = coarsen(fine, 64)
    assert 40 < len(coarse) < 200
    assert in_one_piece(coarse.cell, fine.problem.graph)
    assert coarse.ground.loads.sum() == pytest.approx(table.loads.sum())
    labels = rng.integers(0, 4, len(coarse))
    violation, cost = score(coarse.ground, labels)
    same_violation, same_cost = score(fine.ground, labels[coarse.cell])
    assert (violation, cost) == pytest.approx((same_violation, same_cost))
