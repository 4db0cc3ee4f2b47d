"""How many territories a capacity asks for, against every number below it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.costs import SquaredDistance
from geo.design import Rules
from geo.frames import equal_targets
from geo.relax import ways_out
from geo.task import Task, least_for, territories_for
from tests.geo.grounds import evenly, rectangle


def tasks(table, graph, capacity: float, tolerance: float = 0.5):
    """Give the task for any number of territories under a capacity."""

    def task_of(k: int) -> Task:
        total = {"accounts": float(table.loads[:, 0].sum())}
        targets = equal_targets(k, total, {"accounts": tolerance})
        targets["upper_accounts"] = targets["upper_accounts"].clip(upper=capacity)
        return Task(table, graph, SquaredDistance(table), targets, Rules())

    return task_of


def test_sixteen_equal_units_of_which_four_fit_make_four_territories() -> None:
    table, graph = rectangle(4, 4, np.ones(16))
    count = territories_for(tasks(table, graph, 4.0), least=4, most=16)
    assert (count.k, count.found, count.proven) == (4, True, True)
    assert count.sentence == "4 territories: fewer cannot carry the load"


@settings(max_examples=5, deadline=None, derandomize=True)
@given(seed=st.integers(0, 1000))
def test_the_number_found_has_a_plan_and_proven_fewer_do_not(seed: int) -> None:
    load = np.random.default_rng(seed).integers(1, 6, 9).astype(float)
    table, graph = rectangle(3, 3, load)
    capacity = 8.0
    least = least_for(load, float(load.sum()), capacity)
    assert least >= math.ceil(load.sum() / capacity)
    task_of = tasks(table, graph, capacity)
    count = territories_for(task_of, least=least, most=9)
    assert count.k >= least
    if count.found:
        result = task_of(count.k).designed(seed=1)
        assert result.status == "feasible"
        loads = np.bincount(result.plan.assignment, load)
        assert loads.max() <= capacity + 1e-6
    if count.proven and count.k > least:
        assert task_of(count.k - 1).designed(seed=1).status == "infeasible"


def test_no_number_is_made_up_when_one_unit_is_too_heavy() -> None:
    table, graph = rectangle(2, 2, np.array([9.0, 1, 1, 1]))
    count = territories_for(tasks(table, graph, 4.0), least=3, most=4)
    assert not count.found
    assert count.sentence == "No number of territories was found; 3 is the least to ask"


def test_ways_out_are_told_without_a_search() -> None:
    table, graph = rectangle(2, 2, np.array([2.0, 1, 1, 1]))
    ways = ways_out(
        table, graph, SquaredDistance(table), territories=evenly(table, 4, 0.1)
    )
    kinds = {way.kind: way for way in ways}
    assert not any(way.tried for way in ways)
    # Five over four territories: the heavy unit is 60 % above 1.25.
    assert kinds["tolerance"].value == 0.75
    assert kinds["tolerance"].sentence == "Allow 75 % around the target"


def test_one_bound_serves_all_shares() -> None:
    table, graph = rectangle(3, 3, np.ones(9))
    task = Task(table, graph, SquaredDistance(table), evenly(table, 3, 0.1), Rules())
    result = task.certified(task.designed(seed=1))
    first, second = task.bounded([result, result])
    assert first.lower_bound == second.lower_bound == pytest.approx(result.lower_bound)
