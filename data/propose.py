"""Ask the optimiser: what an order gives, in plans with names, reps and colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from data.by_road import road_notes
from data.intake import refuse_unknown
from data.task import Order, Stated, fair_shares, stated
from geo.design import Result, Stop, never
from geo.errors import InputError
from geo.frames import Reps, Targets
from geo.frontier import frontier, least_moves
from geo.plan import Plan
from geo.reckoning import reckoned, with_exceptions
from geo.study import Study
from geo.task import Count, Task, least_for, territories_for
from geo.territories import colors

MOST_MORE = 100
"""Territories tried beyond the least that a capacity asks for."""


def propose(
    study: Study,
    order: Order,
    *,
    least: bool = False,
    prices: bool = False,
    seed: int = 1,
    stop: Stop = never,
    proof: Stop | None = None,
) -> Result:
    """Propose a plan over a study; the same arguments give the same plan.

    Parameters
    ----------
    least
        Whether to move as little as possible instead of up to `order.max_moved`.
    prices
        Whether to say what balance and contiguity cost, by two more runs.
    proof
        The stop of the proof, prices and relaxations; None for `stop`.

    Returns
    -------
    Result
        With a proven bound; one that is not feasible with relaxations that were tried.
        `notes` says what else is worth knowing: units no road reaches, prices.

    Raises
    ------
    InputError, PlanError
        A number or a rule makes no sense for this study.
    """
    told = stated(study, order)
    task = told.task
    if least:
        result = _least(task, seed=seed, stop=stop)
    else:
        result = task.designed(seed=seed, stop=stop)
    after = proof or stop
    result = task.certified(result, stop=after)
    notes: tuple[str, ...] = ()
    if prices and result.status == "feasible":
        notes = task.priced(result, seed=seed, stop=after).sentences
    if result.stopped == "converged":
        result = task.relaxed(result, seed=seed, stop=after)
    return _told(result, study, order, told, seed=seed, notes=notes)


def propose_options(
    study: Study,
    order: Order,
    *,
    shares: Sequence[float],
    prices: bool = False,
    seed: int = 1,
    stop: Stop = never,
    proof: Stop | None = None,
) -> list[Result]:
    """Propose a plan for each share of today that may change hands.

    Parameters
    ----------
    shares
        Each between 0 and 1, of what `order.moved_by` says; the larger ones cost no
        more and are no less balanced. The bound is the same for all.

    prices
        Whether the largest share that meets the rules says what they cost.
    proof
        As for `propose`.

    Raises
    ------
    InputError, PlanError
        A number or a rule makes no sense for this study.
    """
    told = stated(study, order)
    task = told.task
    if task.kept is None:
        raise _no_today()
    results = frontier(
        task.table,
        task.neighbors,
        task.cost,
        territories=task.territories,
        rules=task.rules,
        kept=task.kept,
        shares=shares,
        rng=np.random.default_rng(seed),
        stop=stop,
    )
    after = proof or stop
    results = task.bounded(results, stop=after)
    met = [row for row, one in enumerate(results) if one.status == "feasible"]
    if prices and met:
        last = results[met[-1]]
        said = task.priced(last, seed=seed, stop=after).sentences
        for row in met:
            if np.array_equal(results[row].plan.assignment, last.plan.assignment):
                results[row] = replace(results[row], notes=said)
    if results[-1].stopped == "converged":
        results[-1] = task.relaxed(results[-1], seed=seed, stop=after)
    return [_told(result, study, order, told, seed=seed) for result in results]


def count_territories(
    study: Study, order: Order, *, seed: int = 1, stop: Stop = never
) -> Count:
    """Find how many territories the capacity of the wishes asks for.

    `order.territories` is not looked at.

    Raises
    ------
    InputError
        There is no capacity, or it is none.
    """
    capacity = order.wishes.capacity
    if not capacity or min(capacity.values()) <= 0:
        raise InputError(
            "There is no capacity to count territories from",
            where="--territories auto",
            fix="Say how much each may carry: --capacity 1500",
        )
    reckoning = reckoned(study, order.wishes)
    table, total = reckoning.study.table, reckoning.totals
    need = [1, len(order.wishes.territories)]
    if order.reps is not None:
        need.append(order.reps["territory"].replace("", pd.NA).nunique())
    for measure, most in capacity.items():
        if measure not in table.measures:
            refuse_unknown(measure, list(table.measures), where="--capacity")
        load = table.loads[:, table.measures.index(measure)]
        need.append(least_for(load, total[measure], most))
    filled = int((table.loads[:, 0] > 0).sum())
    return territories_for(
        lambda k: stated(study, replace(order, territories=k)).task,
        least=min(max(need), filled),
        most=min(max(need) + MOST_MORE, filled),
        seed=seed,
        stop=stop,
    )


def shares_of(
    plan: Plan,
    study: Study,
    *,
    measures: Mapping[str, float],
    reps: Reps | None = None,
) -> Targets:
    """Give the targets of a plan's own territories: equal, or after their reps' hours.

    Raises
    ------
    InputError
        A measure is unknown or is 0 everywhere, or a tolerance is no share.
    """
    k = len(plan.territories)
    targets = fair_shares(study, k=k, measures=measures, reps=reps)
    ids = plan.territories.index
    known = set(targets.index) == set(ids)
    return targets.reindex(ids) if known else targets.set_axis(ids)


def _least(task: Task, *, seed: int, stop: Stop) -> Result:
    if task.kept is None:
        raise _no_today()
    return least_moves(
        task.table,
        task.neighbors,
        task.cost,
        territories=task.territories,
        rules=task.rules,
        kept=task.kept,
        rng=np.random.default_rng(seed),
        stop=stop,
    )


def _no_today() -> InputError:
    return InputError(
        "There is no alignment of today to keep close to",
        where="accounts changing hands",
        fix="Name the column that holds it: --baseline COL",
    )


def _told(
    result: Result,
    study: Study,
    order: Order,
    told: Stated,
    *,
    seed: int,
    notes: tuple[str, ...] = (),
) -> Result:
    """Give a result whose plan has exceptions, names, owners and colours."""
    plan = with_exceptions(result.plan, told.reckoning, order.wishes)
    plan = _dressed(plan, study, reps=order.reps, today=order.today)
    meta = {"seed": seed, "tolerance": dict(order.measures)}
    plan = replace(plan, meta=meta)
    by_road = road_notes(plan, told.reckoning.study, order.roads, told.task.cost)
    return replace(result, plan=plan, notes=(*result.notes, *by_road, *notes))


def _dressed(
    plan: Plan, study: Study, *, reps: Reps | None, today: Plan | None
) -> Plan:
    """Give the plan with today's names, the reps who own it, and colours."""
    table = plan.territories.copy()
    if today is not None:
        table.update(today.territories[["name", "color", "rep_id", "locked", "goal"]])
    if reps is not None and "territory" in reps:
        owned = reps[reps["territory"].isin(table.index)]
        owner = pd.Series(owned.index, index=owned["territory"].to_numpy())
        table["rep_id"] = owner.groupby(level=0).first().reindex(table.index).fillna("")
    plan = replace(plan, territories=table)
    return replace(plan, territories=table.assign(color=colors(plan, study)))
