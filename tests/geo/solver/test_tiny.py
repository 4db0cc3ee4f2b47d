"""Few units: the proposal is the best plan there is, or the proof that none is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.costs import Distance, SquaredDistance
from geo.design import Result, Rules, design
from geo.frames import equal_targets
from geo.solver.tiny import MOST_UNITS
from tests.geo.every_plan import best_objective, graphs, random_graph, scattered
from tests.geo.grounds import evenly, in_one_piece, rectangle

TOLERANCES = (0.1, 0.25, 0.5)


def propose(table, graph, targets, **more) -> Result:
    cost = more.pop("cost", SquaredDistance(table))
    rng = np.random.default_rng(1)
    return design(table, graph, cost, territories=targets, rng=rng, **more)


def check(table, graph, k: int, tolerance: float) -> bool:
    """Compare a proposal with all plans; tell whether there is one."""
    targets = equal_targets(k, {"accounts": table.loads.sum()}, {"accounts": tolerance})
    best = best_objective(table, graph, targets)
    result = propose(table, graph, targets)
    assert result.stopped == "converged"
    assert len(result.plan.assignment) == len(table)
    if np.isinf(best):
        assert result.status == "infeasible"
        assert result.binding
        return False
    assert result.status == "feasible", result.binding
    assert result.objective == pytest.approx(best, rel=1e-9, abs=1e-9)
    assert result.lower_bound <= best * (1 + 1e-9) + 1e-9
    assert in_one_piece(result.plan.assignment, graph)
    return True


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6])
def test_on_every_connected_graph_the_best_plan_is_found(n: int) -> None:
    seen = 0
    for number, graph in enumerate(graphs(n)):
        rng = np.random.default_rng(number)
        table = scattered(n, rng, heavy=number % 2 == 0)
        k = int(rng.integers(1, min(n, 4) + 1))
        seen += check(table, graph, k, TOLERANCES[number % 3])
    assert seen > 0 or n == 2


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    n=st.integers(7, 10),
    k=st.integers(2, 5),
    tolerance=st.sampled_from(TOLERANCES),
    seed=st.integers(0, 10_000),
)
def test_on_random_graphs_the_best_plan_is_found(
    n: int, k: int, tolerance: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    check(scattered(n, rng, heavy=seed % 2 == 0), random_graph(n, rng), k, tolerance)


def test_a_wish_no_division_meets_is_disproven_in_a_sentence() -> None:
    """1 5 1 1 5 1 1 in a row: no three runs of 5 each."""
    table, graph = rectangle(7, 1, np.array([1.0, 5, 1, 1, 5, 1, 1]))
    result = propose(table, graph, evenly(table, 3, 0.1))
    assert result.status == "infeasible"
    assert result.binding[0] == (
        "No division of the 7 units into 3 contiguous territories keeps every bound "
        "and rule: all were tried"
    )
    assert any("the plan shown keeps it" in line for line in result.relaxations)


def test_rules_are_kept_by_the_best_plan() -> None:
    table, graph = rectangle(10, 1)
    rules = Rules(
        fixed={"u4": "T02"},
        forbidden={"u9": frozenset({"T01", "T03"})},
        together=(("u0", "u1", "u2"),),
    )
    targets = evenly(table, 3, 0.9)
    result = propose(table, graph, targets, rules=rules)
    assert result.status == "feasible"
    label = result.plan.assignment
    assert label[4] == label[9] == 1
    assert label[0] == label[1] == label[2] != 1
    assert in_one_piece(label, graph)


def test_part_time_territories_and_what_they_carry_count() -> None:
    table, graph = rectangle(9, 1)
    targets = evenly(table, 2, 0.0)
    for side in ("lower", "target", "upper"):
        targets[f"{side}_accounts"] = [7.0, 4.0]
    carried = pd.DataFrame({"accounts": [2.0]}, index=["T02"])
    result = propose(table, graph, targets, rules=Rules(carried=carried))
    assert result.status == "feasible"
    assert (np.bincount(result.plan.assignment) == [7, 2]).all()


def test_homes_stay_the_centers() -> None:
    table, graph = rectangle(8, 1)
    homes = np.array([[6500.0, 0.0], [500.0, 0.0]])
    cost = Distance(table, kind="fixed", homes=homes)
    result = propose(table, graph, evenly(table, 2, 0.0), cost=cost)
    assert (result.plan.assignment == [1, 1, 1, 1, 0, 0, 0, 0]).all()


def test_too_long_a_way_is_disproven() -> None:
    table, graph = rectangle(9, 1)
    rules = Rules(max_cost=1000.0)
    assert (
        propose(table, graph, evenly(table, 3, 0.0), rules=rules).status == "feasible"
    )
    result = propose(table, graph, evenly(table, 2, 0.9), rules=rules)
    assert result.status == "infeasible"


def test_the_search_takes_over_where_divisions_are_too_many() -> None:
    table, graph = rectangle(MOST_UNITS + 1, 1)
    assert propose(table, graph, evenly(table, 3, 0.0)).status == "feasible"


def test_scattered_pieces_are_allowed_where_contiguity_is_not_asked_for() -> None:
    table, graph = rectangle(6, 1, np.array([5.0, 1, 1, 1, 1, 1]))
    joined = propose(table, graph, evenly(table, 2, 0.0))
    assert joined.status == "feasible"
    table, graph = rectangle(4, 1, np.array([3.0, 1, 1, 3]))
    table = table.take(np.array([0, 1, 3, 2]))
    loose = propose(table, graph, evenly(table, 2, 0.0), rules=Rules(contiguous=False))
    assert loose.status == "feasible"
