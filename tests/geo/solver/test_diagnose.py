"""What cannot work is proven before any search, named, and a way out offered."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geo.costs import SquaredDistance
from geo.design import Rules, design
from geo.solver.diagnose import Diagnosis, diagnose
from geo.solver.problem import state_problem
from tests.geo.grounds import evenly, joined, rectangle


def look(table, graph, targets, rules=Rules(), kept=None) -> Diagnosis:  # noqa: B008
    return diagnose(
        state_problem(
            table,
            graph,
            SquaredDistance(table),
            territories=targets,
            rules=rules,
            kept=kept,
        )
    )


def test_a_plan_that_may_exist_has_no_reason_against_it() -> None:
    table, graph = rectangle(3, 3)
    found = look(table, graph, evenly(table, 3, 0.0))
    assert (found.binding, found.relaxations, found.island) == ((), (), None)


def test_a_unit_heavier_than_any_territory_may_be_is_named() -> None:
    """u4 brings 40 of 100, four territories may carry 27.5 each."""
    loads = np.full(9, 7.5)
    loads[4] = 40
    table, graph = rectangle(3, 3, loads)
    found = look(table, graph, evenly(table, 4, 0.1))
    assert found.binding == (
        "u4 alone brings 40 of accounts, more than the 27.5 any territory may carry",
    )
    assert found.relaxations == (
        "Allow 60 % above target for accounts, or divide u4 into finer units",
    )


def test_a_group_is_as_heavy_as_its_units() -> None:
    table, graph = rectangle(3, 3)
    rules = Rules(together=(("u0", "u1", "u2", "u5"),))
    found = look(table, graph, evenly(table, 3, 0.1), rules)
    assert "u0, u1, u2 and 1 more alone brings 4 of accounts" in found.binding[0]


def test_limits_that_do_not_add_up_are_told_with_the_territories_missing() -> None:
    table, graph = rectangle(3, 3)
    targets = evenly(table, 3, 0.0)
    targets["upper_accounts"], targets["lower_accounts"] = 2.0, 0.0
    found = look(table, graph, targets)
    assert found.binding == (
        "All territories together may carry 6 of accounts, the accounts bring 9",
    )
    assert found.relaxations == (
        "Plan 2 territories more, or raise each limit of accounts by 50.0 %",
    )
    targets["upper_accounts"], targets["lower_accounts"] = 9.0, 4.0
    assert look(table, graph, targets).binding == (
        "All territories together must carry 12 of accounts, the accounts bring only 9",
    )


def test_what_is_carried_counts_against_the_limits() -> None:
    table, graph = rectangle(3, 3)
    carried = pd.DataFrame({"accounts": [2.0]}, index=["T01"])
    targets = evenly(table, 3, 0.1)
    found = look(table, graph, targets, Rules(carried=carried))
    assert "together may carry 7.9 of accounts" in found.binding[0]


def test_locks_that_overfill_a_territory_are_named() -> None:
    table, graph = rectangle(3, 3)
    rules = Rules(fixed=dict.fromkeys(["u0", "u1", "u2", "u3", "u4"], "T01"))
    found = look(table, graph, evenly(table, 3, 0.1), rules)
    assert found.binding == (
        "The units fixed to T01 bring 5 of accounts, more than the 3.3 it may carry",
    )
    assert "Unlock units of T01 worth 1.7 of accounts" in found.relaxations[0]


def test_rules_that_contradict_are_named() -> None:
    table, graph = rectangle(3, 3)
    targets = evenly(table, 3, 0.1)
    both = Rules(fixed={"u0": "T01"}, forbidden={"u0": frozenset({"T01"})})
    assert look(table, graph, targets, both).binding == (
        "u0 is both required in and forbidden to T01",
    )
    torn = Rules(fixed={"u0": "T01", "u8": "T02"}, together=(("u0", "u8"),))
    assert look(table, graph, targets, torn).binding == (
        "u0, u8 must stay together but are fixed to T01 and T02",
    )
    nowhere = Rules(forbidden={"u4": frozenset({"T01", "T02", "T03"})})
    assert look(table, graph, targets, nowhere).binding == ("No territory may have u4",)


def test_more_territories_than_units_cannot_be() -> None:
    table, graph = rectangle(2, 2)
    found = look(table, graph, evenly(table, 5, 0.9))
    assert "5 territories need at least 5 units, there are 4" in found.binding


def islands(sizes: list[int]):
    """Rows of units, one row an island."""
    n = sum(sizes)
    table, _ = rectangle(n, 1)
    ends = np.cumsum(sizes)
    return table, joined(n, [(i, i + 1) for i in range(n - 1) if i + 1 not in ends])


def test_an_island_whose_load_fits_no_territories_is_named() -> None:
    """Five units are neither one nor two territories of 3 within 10 %."""
    found = look(*islands([5, 4]), evenly(islands([5, 4])[0], 3, 0.1))
    assert "touches nothing else" in found.binding[0]
    assert "Add a crossing" in found.relaxations[0]


def test_territories_are_handed_out_to_islands() -> None:
    table, graph = islands([6, 3])
    found = look(table, graph, evenly(table, 3, 0.1))
    assert found.binding == ()
    assert sorted(np.bincount(found.island)) == [1, 2]


def test_more_islands_than_territories_cannot_be() -> None:
    table, graph = islands([3, 3, 3])
    found = look(table, graph, evenly(table, 2, 0.9))
    assert "fall into 3 parts that do not touch" in found.binding[0]


def test_units_that_touch_nothing_matter_only_where_territories_are_one_piece() -> None:
    table, graph = islands([3, 3, 3])
    loose = Rules(contiguous=False)
    assert look(table, graph, evenly(table, 2, 0.9), loose).binding == ()


@pytest.mark.parametrize("heavy", [40.0, 400.0])
def test_an_infeasible_wish_is_answered_by_its_reason_and_a_draft(heavy: float) -> None:
    loads = np.full(25, 5.0)
    loads[12] = heavy
    table, graph = rectangle(5, 5, loads)
    result = design(
        table,
        graph,
        SquaredDistance(table),
        territories=evenly(table, 5, 0.1),
        rng=np.random.default_rng(1),
    )
    assert result.status == "infeasible"
    assert result.binding[0].startswith("u12 alone brings")
    assert any(line.startswith("Allow") for line in result.relaxations)
    assert len(np.unique(result.plan.assignment)) == 5
