"""What a plan is worth: a bound on request, and what its rules cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geo.certificate import certified, premium
from geo.costs import SquaredDistance
from geo.design import Rules, design
from tests.geo.grounds import evenly, inertia, joined, rectangle


def test_a_bound_that_was_not_proven_at_once_is_proven_on_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table, graph = rectangle(12, 12)
    monkeypatch.setattr("geo.solver.outcome.PROVEN_AT_ONCE", 100)
    told = {"territories": evenly(table, 4, 0.1)}
    cost = SquaredDistance(table)
    result = design(table, graph, cost, rng=np.random.default_rng(1), **told)
    assert (result.proof, result.certificate) == ("Not proven yet", "")
    proven = certified(result, table, graph, cost, **told)
    assert proven.objective == result.objective
    assert 0.97 * result.objective < proven.lower_bound <= result.objective
    assert proven.certificate != ""
    again = certified(proven, table, graph, cost, **told)
    assert again is proven


def test_two_cities_of_unlike_size_pay_for_balance() -> None:
    """The west has 3 of 4 accounts: an even split cuts through it."""
    loads = np.where(np.arange(20) < 5, 9.0, np.where(np.arange(20) < 15, 0.0, 3.0))
    table, graph = rectangle(20, 1, loads)
    targets, cost = evenly(table, 2, 0.2), SquaredDistance(table)
    rng = np.random.default_rng(1)
    result = design(table, graph, cost, territories=targets, rng=rng)
    price = premium(result, table, graph, cost, territories=targets, rng=rng)
    free = inertia(table, np.arange(20) >= 10)
    assert price.balance == pytest.approx(result.objective / free - 1)
    assert price.balance > 1
    assert price.contiguity == 0
    assert price.sentences == (
        f"Keeping the loads within their bounds costs {100 * price.balance:.1f} %",
        "Keeping each territory in one piece costs nothing",
    )


def test_a_river_makes_one_piece_dear() -> None:
    """Units face each other over a river that only its far end crosses."""
    table, _ = rectangle(8, 2)
    links = [(i, i + 1) for i in range(7)] + [(i, i + 1) for i in range(8, 15)]
    graph = joined(16, [*links, (7, 15)])
    table = replace(table, xy=table.xy * [1.0, 0.2])
    targets, cost = evenly(table, 2, 0.0), SquaredDistance(table)
    rng = np.random.default_rng(1)
    result = design(table, graph, cost, territories=targets, rules=Rules(), rng=rng)
    price = premium(result, table, graph, cost, territories=targets, rng=rng)
    halves = inertia(table, np.arange(16) % 8 >= 4)
    assert price.contiguity == pytest.approx(result.objective / halves - 1)
    assert price.contiguity > 1
