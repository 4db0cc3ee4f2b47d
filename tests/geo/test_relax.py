"""Every wish that cannot be met names its reason, and a way out that was tried."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from geo.costs import Distance, Matrix, SquaredDistance
from geo.design import Cost, Progress, Result, Rules, design
from geo.frames import Targets, UnitTable
from geo.relax import estimate, relaxations, relaxed, with_more
from tests.geo.grounds import evenly, in_one_piece, joined, rectangle


def families() -> dict[str, tuple[UnitTable, object, Targets, Rules, str]]:
    """Wishes that cannot be met: ground, targets, rules, and the reason given."""
    out: dict[str, tuple[UnitTable, object, Targets, Rules, str]] = {}
    loads = np.full(36, 10.0)
    loads[14] = 240.0
    table, graph = rectangle(6, 6, loads)
    out["one account of 40 %"] = (
        *(table, graph, evenly(table, 4, 0.1), Rules()),
        "u14 alone brings 240 of accounts, more than the 162 any territory",
    )
    table, graph = rectangle(6, 6)
    tight = evenly(table, 4, 0.1)
    tight["upper_accounts"], tight["lower_accounts"] = 8.0, 0.0
    out["capacities that do not add up"] = (
        *(table, graph, tight, Rules()),
        "All territories together may carry 32 of accounts, the accounts bring 36",
    )
    heavy = np.where(np.arange(12) % 4 == 0, 6.0, 0.5)
    table, graph = rectangle(12, 1, heavy)
    out["more heavy accounts than territories"] = (
        *(table, graph, evenly(table, 2, 0.05), Rules()),
        "u0, u4, u8 are too heavy to share 2 territories of 11.81 accounts",
    )
    table, _ = rectangle(9, 1)
    links = joined(9, [(0, 1), (1, 2), (2, 3), (3, 4), (5, 6), (6, 7), (7, 8)])
    out["an island whose load fits no territory"] = (
        *(table, links, evenly(table, 3, 0.1), Rules()),
        "touches nothing else, and its load",
    )
    table, graph = rectangle(6, 6)
    torn = Rules(fixed={"u0": "T01", "u1": "T02"}, together=(("u0", "u1"),))
    out["locks and groups that contradict"] = (
        *(table, graph, evenly(table, 3, 0.1), torn),
        "u0, u1 must stay together but are fixed to T01 and T02",
    )
    wall = {f"u{i}": "T02" for i in (6, 7, 8, 9, 10, 11)}
    walled = Rules(fixed={"u0": "T01", "u35": "T01", **wall})
    out["locks that no ground joins"] = (
        *(table, graph, evenly(table, 3, 0.3), walled),
        "u0, u35 are fixed to T01, but no ground that T01 may have joins them",
    )
    split = joined(9, [(i, i + 1) for i in range(8) if i != 4])
    row, _ = rectangle(9, 1)
    out["a family no ground joins"] = (
        *(row, split, evenly(row, 2, 0.5), Rules(together=(("u0", "u8"),))),
        "u0, u8 must stay together, but no ground joins them",
    )
    line, links = rectangle(12, 1)
    out["a family with too much between"] = (
        *(line, links, evenly(line, 3, 0.1), Rules(together=(("u0", "u11"),))),
        "the ground between them brings 10 at least, and a territory may carry 4.4",
    )
    none = Rules(forbidden={f"u{i}": frozenset({"T01"}) for i in range(34)})
    out["a territory that may have too little"] = (
        *(table, graph, evenly(table, 3, 0.1), none),
        "The units T01 may have bring 2 of accounts, it must carry 10.8",
    )
    out["minutes that cannot be kept"] = (
        *(line, links, evenly(line, 2, 0.9), Rules(max_cost=1000.0)),
        "4 units lie so far apart that no two can share a center within the limit",
    )
    few, tie = rectangle(2, 2)
    out["more territories than units"] = (
        *(few, tie, evenly(few, 5, 0.9), Rules()),
        "5 territories need at least 5 units, there are 4",
    )
    lonely, _ = rectangle(9, 1)
    out["units that nothing reaches"] = (
        *(lonely, joined(9, [(0, 1), (1, 2), (4, 5)]), evenly(lonely, 3, 0.9), Rules()),
        "The units fall into 6 parts that do not touch, more than the 3 territories",
    )
    return out


@pytest.mark.parametrize("name", list(families()))
def test_what_cannot_be_met_names_its_reason_at_once_and_a_plan_is_drawn(
    name: str,
) -> None:
    table, graph, targets, rules, reason = families()[name]
    cost = SquaredDistance(table)
    told = estimate(table, graph, cost, territories=targets, rules=rules)
    assert any(reason in line for line in told.binding), told.binding
    assert told.relaxations
    result = propose(table, graph, cost, targets, rules)
    assert result.status == "infeasible"
    assert result.binding[0] == told.binding[0]
    assert len(result.plan.assignment) == len(table)


def propose(
    table: UnitTable,
    graph: object,
    cost: Cost,
    targets: Targets,
    rules: Rules | None = None,
) -> Result:
    rng = np.random.default_rng(1)
    return design(table, graph, cost, territories=targets, rules=rules, rng=rng)


@pytest.mark.parametrize("k", [1, 9])
def test_one_territory_and_one_a_unit_can_be_met(k: int) -> None:
    table, graph = rectangle(3, 3)
    result = propose(table, graph, SquaredDistance(table), evenly(table, k, 0.0))
    assert result.status == "feasible"


def test_homes_too_far_away_are_named_with_what_would_do() -> None:
    table, graph = rectangle(10, 1)
    homes = np.array([[0.0, 0.0], [1000.0, 0.0]])
    cost = Distance(table, kind="fixed", homes=homes)
    targets = evenly(table, 2, 0.9).assign(home_x=homes[:, 0], home_y=0.0)
    rules = Rules(max_cost=7000.0)
    told = estimate(table, graph, cost, territories=targets, rules=rules)
    assert told.binding == (
        "u9 lies further from every home that may serve than allowed",
    )
    assert told.relaxations[0].startswith("Allow a way 15 % longer")


def test_minutes_of_a_matrix_are_looked_at_pair_by_pair() -> None:
    table, graph = rectangle(6, 1)
    minutes = 10.0 * np.abs(np.subtract.outer(np.arange(6), np.arange(6)))
    cost = Matrix(table, minutes, unit="minutes")
    two, one = evenly(table, 2, 0.9), evenly(table, 1, 0.9)
    rules = Rules(max_cost=10.0)
    assert not estimate(table, graph, cost, territories=two, rules=rules).binding
    told = estimate(table, graph, cost, territories=one, rules=rules)
    assert told.binding[0].startswith("2 units lie so far apart")


def test_a_relaxation_that_is_named_as_tried_was_found_a_plan_for() -> None:
    """Three accounts of 10 and small ones: four even territories cannot be."""
    loads = np.ones(16)
    loads[[0, 3, 12]] = 10.0
    table, graph = rectangle(4, 4, loads)
    cost, targets = SquaredDistance(table), evenly(table, 4, 0.02)
    result = propose(table, graph, cost, targets)
    assert result.status != "feasible"
    found = relaxations(table, graph, cost, territories=targets)
    assert "tolerance" in {one.kind for one in found}
    for one in found:
        assert one.result.status == "feasible"
        assert in_one_piece(one.result.plan.assignment, graph)
    wider = next(one for one in found if one.kind == "tolerance")
    assert wider.result.deviation["accounts"] <= wider.value + 1e-9
    told = relaxed(result, table, graph, cost, territories=targets)
    assert told.relaxations[0] == f"{wider.sentence} (tried: a plan was found)"
    assert told.plan is result.plan


def test_one_territory_more_makes_room_under_a_capacity() -> None:
    table, graph = rectangle(6, 6)
    targets = evenly(table, 3, 0.1)
    targets["upper_accounts"], targets["lower_accounts"] = 10.0, 0.0
    cost = SquaredDistance(table)
    found = relaxations(table, graph, cost, territories=targets)
    more = next(one for one in found if one.kind == "territories")
    assert (more.value, more.sentence) == (4, "Plan 1 territory more, 4 in all")
    assert np.bincount(more.result.plan.assignment).max() <= 10


def test_a_feasible_result_needs_no_way_out() -> None:
    table, graph = rectangle(4, 4)
    cost, targets = SquaredDistance(table), evenly(table, 2, 0.1)
    result = propose(table, graph, cost, targets)
    assert relaxed(result, table, graph, cost, territories=targets) is result


def test_fair_shares_shrink_when_territories_are_added_and_capacities_stay() -> None:
    table, _ = rectangle(6, 6)
    fair = with_more(evenly(table, 3, 0.1), 1)
    assert list(fair.index) == ["T01", "T02", "T03", "T04"]
    assert fair["target_accounts"].tolist() == [9.0] * 4
    assert fair["upper_accounts"].tolist() == pytest.approx([9.9] * 4)
    only = evenly(table, 3, 0.1).assign(lower_accounts=0.0, upper_accounts=10.0)
    assert with_more(only, 1)["upper_accounts"].tolist() == [10.0] * 4


def test_locks_longer_ways_and_more_moves_are_tried_too() -> None:
    table, graph = rectangle(12, 1)
    cost, targets = SquaredDistance(table), evenly(table, 3, 0.1)
    rules = Rules(fixed={"u0": "T01", "u11": "T01"})
    found = relaxations(table, graph, cost, territories=targets, rules=rules)
    assert "Lift the locks and the groups" in {one.sentence for one in found}
    near = Rules(max_cost=1200.0)
    found = relaxations(table, graph, cost, territories=targets, rules=near)
    assert any(one.kind == "minutes" for one in found)


def test_no_trial_begins_after_the_search_was_told_to_end() -> None:
    table, graph = rectangle(6, 6)
    targets = evenly(table, 4, 0.1).assign(upper_accounts=8.0, lower_accounts=0.0)
    cost = SquaredDistance(table)

    def at_once(_: Progress) -> bool:
        return True

    assert relaxations(table, graph, cost, territories=targets, stop=at_once) == []


def test_the_estimate_of_many_units_takes_less_than_a_second() -> None:
    rng = np.random.default_rng(1)
    table, graph = rectangle(180, 180, rng.lognormal(0, 1, 32_400))
    table = replace(table, xy=table.xy + rng.normal(0, 100, table.xy.shape))
    targets = evenly(table, 100, 0.1)
    fixed = {f"u{i}": f"T{1 + i % 100:03d}" for i in range(200)}
    rules = Rules(fixed=fixed, max_cost=5_000.0, together=(("u5000", "u9000"),))
    cost = SquaredDistance(table)
    began = time.process_time()
    told = estimate(table, graph, cost, territories=targets, rules=rules)
    assert time.process_time() - began < 1.0
    assert told.binding
