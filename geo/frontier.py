"""What each amount of change buys: plans that move at most so much of today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from geo.design import Cost, Result, Rules, Stop, never
from geo.frames import Targets, UnitTable
from geo.solver.diagnose import Diagnosis, diagnose
from geo.solver.outcome import outcome
from geo.solver.problem import Problem, state_problem
from geo.solver.realign import Realigning, priced

SHARES = (0.0, 0.05, 0.1, 0.2, 0.4)
"""Shares of what is owned today that the options of a frontier may move."""


def least_moves(
    table: UnitTable,
    neighbors: sp.csr_array,
    cost: Cost,
    *,
    territories: Targets,
    rules: Rules | None = None,
    kept: NDArray[np.float64],
    rng: np.random.Generator,
    stop: Stop = never,
) -> Result:
    """Move as little as possible to be within bounds.

    Parameters
    ----------
    table, neighbors, cost, territories, rules, kept, rng, stop
        As for `design`; `rules.max_moved` is not looked at.

    Returns
    -------
    Result
        `moved` is what changes hands. The objective is that of `design`.
    """
    problem = state_problem(
        table,
        neighbors,
        cost,
        territories=territories,
        rules=rules or Rules(),
        kept=kept,
    )
    diagnosis = diagnose(problem)
    search = Realigning(priced(problem), diagnosis, rng, stop)
    near = search.realign()
    units = near.labels[search.coarse.cell]
    moved = outcome(problem, diagnosis, units, search.stopped, keep=True).moved
    return _within(problem, diagnosis, moved, [near.labels], search)[1]


def frontier(
    table: UnitTable,
    neighbors: sp.csr_array,
    cost: Cost,
    *,
    territories: Targets,
    rules: Rules | None = None,
    kept: NDArray[np.float64],
    shares: Sequence[float] = SHARES,
    rng: np.random.Generator,
    stop: Stop = never,
) -> list[Result]:
    """Give the best plan found for each share of today that may change hands.

    The plan nearest to today's that keeps the bounds is found once. Each share then
    begins at the best plan of the shares below it that respects its own limit, so a
    larger share is never worse, and a share too small for the bounds comes back as
    not found with what it could do.

    Parameters
    ----------
    shares
        Each between 0 and 1, of the sum of `kept`.

    Returns
    -------
    list of Result
        One a share, in the order of `shares`.
    """
    problem = state_problem(
        table,
        neighbors,
        cost,
        territories=territories,
        rules=rules or Rules(),
        kept=kept,
    )
    diagnosis = diagnose(problem)
    search = Realigning(priced(problem), diagnosis, rng, stop)
    seeds = [search.todays().labels, search.realign().labels]
    results: dict[float, Result] = {}
    for share in sorted(set(shares)):
        limit = share * float(np.sum(kept))
        labels, results[share] = _within(problem, diagnosis, limit, seeds, search)
        seeds.append(labels)
    return [results[share] for share in shares]


def _within(
    problem: Problem,
    diagnosis: Diagnosis,
    limit: float,
    seeds: Sequence[NDArray[np.intp]],
    before: Realigning,
) -> tuple[NDArray[np.intp], Result]:
    """Improve the best of these plans that moves no more than the limit."""
    rules = replace(problem.rules, max_moved=limit)
    limited = replace(problem, rules=rules)
    search = Realigning(limited, diagnosis, before.rng, before.stop)
    search.stopped = before.stopped
    plan = search.improve(seeds)
    before.stopped = search.stopped
    labels = plan.labels[search.coarse.cell]
    result = outcome(limited, diagnosis, labels, search.stopped, keep=True)
    return plan.labels, result
