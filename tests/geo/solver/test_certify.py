"""What is proven of a plan holds for every plan within the same bounds."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from geo.costs import Distance, Matrix, SquaredDistance, squared_km
from geo.design import Cost, Rules, design
from geo.frames import Targets, UnitTable
from geo.solver.certify import prove
from geo.solver.outcome import objective
from geo.solver.problem import Problem, state_problem
from tests.geo.grounds import evenly, joined, rectangle


def scattered(n: int, seed: int) -> UnitTable:
    """Units anywhere in 20 x 20 km, loads 1 to 9, no two neighbours."""
    rng = np.random.default_rng(seed)
    table, _ = rectangle(n, 1, rng.integers(1, 10, n).astype(float))
    return replace(table, xy=rng.uniform(0, 20_000, (n, 2)))


def stated(table: UnitTable, cost: Cost, targets: Targets) -> Problem:
    return state_problem(
        table,
        joined(len(table), []),
        cost,
        territories=targets,
        rules=Rules(contiguous=False),
        kept=None,
    )


def best_and_a_plan(problem: Problem) -> tuple[float, np.ndarray]:
    """Cost of the best of all k^n plans within bounds, and the labels of the worst."""
    costs: list[tuple[float, tuple[int, ...]]] = []
    for labels in product(range(problem.k), repeat=len(problem.table)):
        load = np.bincount(labels, problem.loads[:, 0], problem.k)
        low, top = problem.lower[:, 0], problem.upper[:, 0]
        if (load < low).any() or (load > top).any():
            continue
        if len(set(labels)) == problem.k:
            costs.append((objective(problem, np.array(labels)), labels))
    return min(costs)[0], np.array(max(costs)[1])


def going_on(_: float) -> bool:
    return False


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["free", "unit", "fixed"])
@pytest.mark.parametrize("cost", [SquaredDistance, Distance])
def test_no_plan_of_a_small_ground_undercuts_the_bound(
    cost: type[SquaredDistance] | type[Distance], kind: str, seed: int
) -> None:
    table = scattered(9, seed)
    targets = evenly(table, 2, 0.3)
    homes = table.xy[:2] if kind == "fixed" else None
    if homes is not None:
        targets["home_x"], targets["home_y"] = homes.T
    problem = stated(table, cost(table, kind=kind, homes=homes), targets)
    best, poor = best_and_a_plan(problem)
    proof = prove(problem, poor, going_on)
    assert 0.3 * best <= proof.bound <= best * (1 + 1e-9)
    assert proof.says.startswith("Proven against all plans within the same limits")


@pytest.mark.parametrize("seed", range(4))
def test_the_bound_holds_where_territories_differ(seed: int) -> None:
    table = scattered(9, seed)
    targets = evenly(table, 2, 0.0)
    total = table.loads.sum()
    targets["lower_accounts"] = [0.2 * total, 0.6 * total]
    targets["upper_accounts"] = [0.4 * total, 0.8 * total]
    problem = stated(table, SquaredDistance(table), targets)
    best, poor = best_and_a_plan(problem)
    assert 0.3 * best <= prove(problem, poor, going_on).bound <= best * (1 + 1e-9)


def test_the_bound_of_a_real_plan_is_near() -> None:
    rng = np.random.default_rng(3)
    table, graph = rectangle(18, 18, np.ceil(rng.lognormal(1, 0.7, 324)))
    targets = evenly(table, 6, 0.05)
    cost = SquaredDistance(table)
    result = design(table, graph, cost, territories=targets, rng=rng)
    assert 0 <= result.gap <= 0.03
    assert result.lower_bound == pytest.approx(result.objective / (1 + result.gap))
    assert result.certificate.startswith("At most ")
    assert result.certificate.endswith(" % better is possible")


def test_prices_climbed_on_cells_prove_a_bound_on_units(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table, _ = rectangle(30, 30)
    problem = stated(table, SquaredDistance(table), evenly(table, 4, 0.1))
    labels = (np.arange(900) % 30 >= 15) + 2 * (np.arange(900) >= 450)
    labels = labels[problem.order]
    worth = objective(problem, labels)
    whole = prove(problem, labels, going_on).bound
    monkeypatch.setattr("geo.solver.certify.CLIMB_UNITS", 300)
    cells = prove(problem, labels, going_on).bound
    assert 0.9 * worth < cells < worth
    assert 0.95 * worth < whole < worth


def test_why_there_is_no_bound_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    table, graph = rectangle(6, 6)
    cost = SquaredDistance(table)
    problem = stated(table, cost, evenly(table, 4, 0.1))
    labels = np.arange(36) % 4
    assert prove(problem, labels, lambda _: True).says == (
        "Stopped before a bound was proven"
    )
    monkeypatch.setattr("geo.solver.certify.MOST_UNITS", 10)
    proof = prove(problem, labels, going_on)
    assert proof.says == "36 units are too many to prove a bound"
    assert np.isnan(proof.bound)
    targets = evenly(table, 4, 0.0)
    targets["upper_accounts"] = 5.0
    missed = design(
        table, graph, cost, territories=targets, rng=np.random.default_rng(1)
    )
    assert np.isnan(missed.gap)
    assert missed.certificate == ""
    assert missed.proof == "A plan that breaks a rule has no bound"


def test_a_matrix_of_costs_has_a_bound() -> None:
    table = scattered(8, 5)
    matrix = np.sqrt(squared_km(table.xy, table.xy)) * 1.3
    cost = Matrix(table, matrix, unit="minutes")
    problem = stated(table, cost, evenly(table, 2, 0.4))
    best, poor = best_and_a_plan(problem)
    assert 0.3 * best <= prove(problem, poor, going_on).bound <= best * (1 + 1e-9)
