"""Propose a plan: contiguous territories whose loads stay within their targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from geo.frames import Targets, UnitTable
from geo.plan import Plan

Status = Literal["feasible", "infeasible", "not_found"]
Stopped = Literal["converged", "clock", "cancelled"]


class Cost(Protocol):
    """What it costs a territory's center to serve a unit, per weight of the unit."""

    kind: Literal["free", "unit", "fixed"]
    unit: str  # of the objective, e.g. "weight x km^2"

    def take(self, rows: NDArray[np.intp]) -> Cost:
        """Give the same cost of these units, in this order."""

    def limit(self, max_cost: float) -> float:
        """Give the value of `block` that corresponds to `Rules.max_cost`."""

    def block(
        self, rows: NDArray[np.intp], centers: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Give costs of these units to these centers, shape (len(rows), k)."""

    def recenter(self, labels: NDArray[np.intp], k: int) -> NDArray[np.float64]:
        """Give the best center of each territory, shape (k, 2) metres; empty: nan."""


@dataclass(frozen=True)
class Rules:
    """What a proposal must respect besides the targets.

    Parameters
    ----------
    fixed
        unit_id -> territory_id: locked units and territories, required territories.
    forbidden
        unit_id -> territories that may not have it.
    together
        Groups of unit ids that stay in one territory (account families).
    carried
        Load a territory carries besides its units (named accounts that count):
        index territory_id, one column a measure; empty if there is none.
    barriers
        Pairs of neighbouring units whose shared border does not connect them.
    max_cost
        No unit may cost its territory's center more than this (minutes or metres,
        in the unit of the cost before squaring); None for no limit.
    max_moved
        Most that may change hands, in the unit of `kept`; None for no limit.
    contiguous
        Whether each territory must be one piece.
    """

    fixed: Mapping[str, str] = field(default_factory=dict)
    forbidden: Mapping[str, frozenset[str]] = field(default_factory=dict)
    together: tuple[tuple[str, ...], ...] = ()
    carried: pd.DataFrame = field(default_factory=pd.DataFrame)
    barriers: tuple[tuple[str, str], ...] = ()
    max_cost: float | None = None
    max_moved: float | None = None
    contiguous: bool = True


@dataclass(frozen=True, eq=False)
class Progress:
    """Where a search stands; `labels` is the best plan so far, or None."""

    step: str
    share: float
    objective: float
    labels: NDArray[np.intp] | None


Stop = Callable[[Progress], bool]
"""Asked now and then; True ends the search with the best plan so far.

A stop that is a clock has an attribute ``reason = "clock"``; others cancel.
"""


def never(_: Progress) -> bool:
    """Let the search run until it has done its work."""
    return False


@dataclass(frozen=True)
class Way:
    """A change that would make a wish possible, as a shell may carry it out.

    Parameters
    ----------
    kind
        tolerance, territories, minutes, moves or locks.
    value
        The share, the number of territories, or the times of the limit; nan for
        locks.
    sentence
        What to do.
    tried
        Whether a plan was found with it; else nothing is proven against one.
    """

    kind: str
    value: float
    sentence: str
    tried: bool = False


@dataclass(frozen=True, eq=False)
class Result:
    """A proposal, what it is worth, and what stands in its way.

    Parameters
    ----------
    plan
        The best plan found; a draft that breaks a rule when not feasible.
    status
        feasible, infeasible (proven, `binding` says why) or not_found.
    stopped
        converged, clock or cancelled.
    objective, lower_bound, gap
        Sum of weight x cost; what no plan within the same bounds can undercut (nan
        if nothing was proven); objective / lower_bound - 1.
    objective_unit
        Unit of the objective.
    deviation
        measure -> max over territories of |load / target - 1|.
    binding
        One sentence a rule that cannot be met or is missed.
    relaxations
        One sentence a change that would mend it, cheapest first.
    moved
        What changes hands against `kept`, in its unit; nan without one.
    notes
        What else is worth knowing; breaks no rule.
    proof
        One sentence: what `lower_bound` proves, or why there is none.
    ways
        The relaxations that were tried, as values.
    """

    plan: Plan
    status: Status
    stopped: Stopped
    objective: float
    lower_bound: float
    gap: float
    objective_unit: str
    deviation: Mapping[str, float]
    binding: tuple[str, ...] = ()
    relaxations: tuple[str, ...] = ()
    moved: float = float("nan")
    notes: tuple[str, ...] = ()
    proof: str = ""
    ways: tuple[Way, ...] = ()

    @property
    def certificate(self) -> str:
        """How much better a plan could be at most, in words; empty if unknown."""
        if not np.isfinite(self.gap):
            return ""
        if self.gap <= 0:
            return "No better plan is possible"
        better = max(1.0 - self.lower_bound / self.objective, 0.0)
        return f"At most {100 * better:.1f} % better is possible"


def design(
    table: UnitTable,
    neighbors: sp.csr_array,
    cost: Cost,
    *,
    territories: Targets,
    rules: Rules | None = None,
    kept: NDArray[np.float64] | None = None,
    rng: np.random.Generator,
    stop: Stop = never,
) -> Result:
    """Propose contiguous territories whose loads stay within their bounds.

    Parameters
    ----------
    table
        The n units. Neither their order nor their ids change the plan.
    neighbors
        csr (n, n), non-zero where two units touch, crossings included.
    cost
        What is minimised: sum of weight x cost to the center of the territory.
    territories
        The k territories and their bounds; every measure that has a column
        ``target_<measure>`` is kept within bounds, the first ones named first.
    rules
        What else must hold; None for nothing.
    kept
        Shape (n, k): what of each unit each territory owns today (accounts or
        revenue). With `rules.max_moved` the search begins at today's alignment.
    rng
        Source of the random numbers: same state, same plan.
    stop
        Asked every quarter of a million tried moves or so.

    Returns
    -------
    Result
        The best plan found. `status` is infeasible only when that is proven.

    Raises
    ------
    PlanError
        When there are no units or territories, or a rule names unknown ones.
    """
    from geo.solver.diagnose import diagnose
    from geo.solver.problem import state_problem
    from geo.solver.realign import Realigning
    from geo.solver.search import Search
    from geo.solver.tiny import is_tiny, last_word, try_all

    problem = state_problem(
        table,
        neighbors,
        cost,
        territories=territories,
        rules=rules or Rules(),
        kept=kept,
    )
    diagnosis = diagnose(problem)
    if is_tiny(problem):
        labels, diagnosis = try_all(problem, diagnosis)
        if labels is not None:
            return last_word(problem, diagnosis, labels)
    near = np.isfinite(problem.max_moved)
    search = (Realigning if near else Search)(problem, diagnosis, rng, stop)
    plans = search.explore()  # seeds, transport, rounding, repair, short annealings
    plans = search.fit(plans)  # longer, until loads are within bounds
    plans = search.compact(plans)  # again, for cost
    plans = search.descend(plans)  # shifts, swaps and chains, cells then units
    plan = search.polish(plans)  # exact re-solves of neighbours, where units are few
    return search.result(plan)
