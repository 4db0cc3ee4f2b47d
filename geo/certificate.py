"""How good a proposal is: against every plan there could be, and what rules cost."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from geo.design import Cost, Progress, Result, Rules, Stop, design, never
from geo.frames import Targets, UnitTable
from geo.solver.certify import prove
from geo.solver.outcome import gap_of
from geo.solver.problem import state_problem


def certified(
    result: Result,
    table: UnitTable,
    neighbors: sp.csr_array,
    cost: Cost,
    *,
    territories: Targets,
    rules: Rules | None = None,
    stop: Stop = never,
) -> Result:
    """Give the result with a proven bound, whatever its number of units.

    `design` proves one itself where there are few units. A result that is not
    feasible, or has a bound, is given back as it is.

    Parameters
    ----------
    result
        Of `design`, `least_moves` or `frontier`, for the same arguments.
    table, neighbors, cost, territories, rules, stop
        As for `design`.
    """
    if result.status != "feasible" or np.isfinite(result.lower_bound):
        return result
    problem = state_problem(
        table,
        neighbors,
        cost,
        territories=territories,
        rules=rules or Rules(),
        kept=None,
    )
    labels = result.plan.assignment[problem.order].astype(np.intp)

    def ask(share: float) -> bool:
        return stop(Progress("proof", share, result.objective, None))

    proof = prove(problem, labels, ask)
    return replace(
        result,
        lower_bound=proof.bound,
        gap=gap_of(result.objective, proof.bound),
        proof=proof.says,
    )


@dataclass(frozen=True)
class Premium:
    """What two rules add to the cost of a plan.

    Parameters
    ----------
    balance
        Objective / that of the best plan found without bounds on loads - 1.
    contiguity
        Objective / that of the best plan found whose territories may lie in several
        parts - 1.
    """

    balance: float
    contiguity: float

    @property
    def sentences(self) -> tuple[str, str]:
        """The two prices in words."""
        return (
            f"Keeping the loads within their bounds costs {_percent(self.balance)}",
            f"Keeping each territory in one piece costs {_percent(self.contiguity)}",
        )


def premium(
    result: Result,
    table: UnitTable,
    neighbors: sp.csr_array,
    cost: Cost,
    *,
    territories: Targets,
    rules: Rules | None = None,
    rng: np.random.Generator,
    stop: Stop = never,
) -> Premium:
    """Give what balance and contiguity add to the cost of a plan, by two more runs.

    Each run leaves one rule away and begins at the plan, so neither price is below
    zero; a better plan without the rule would only raise it.

    Parameters
    ----------
    result
        Of `design`, for the same arguments.
    table, neighbors, cost, territories, rules, stop
        As for `design`.
    rng
        Source of the random numbers of both runs.
    """
    rules = replace(rules or Rules(), max_moved=None)
    loose, own = territories.copy(), np.eye(len(territories))
    for name in territories.columns:
        if str(name).startswith("lower_"):
            loose[name] = 0.0
        if str(name).startswith("upper_"):
            loose[name] = np.inf
    kept: NDArray[np.float64] = own[result.plan.assignment.astype(np.intp)]
    parts = replace(rules, contiguous=False)
    costs = [
        design(
            table,
            neighbors,
            cost,
            territories=targets,
            rules=left,
            kept=kept,
            rng=rng,
            stop=stop,
        ).objective
        for targets, left in ((loose, rules), (territories, parts))
    ]
    balance, contiguity = (_above(result.objective, other) for other in costs)
    return Premium(balance, contiguity)


def _above(worth: float, other: float) -> float:
    return max(worth / other - 1.0, 0.0) if other > 0 else 0.0


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 5e-4 else "nothing"
