"""A design task in one hand: units, cost, targets, rules and what is owned today."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from geo.certificate import Premium, certified, premium
from geo.design import Cost, Result, Rules, Stop, Way, design, never
from geo.frames import Targets, UnitTable
from geo.relax import TRIALS, Trial, estimate, relaxed, ways_out
from geo.solver.diagnose import Diagnosis, territories_needed
from geo.solver.outcome import gap_of


@dataclass(frozen=True, eq=False)
class Task:
    """The arguments of `design`, and what is asked of them.

    Parameters
    ----------
    table, neighbors, cost, territories, rules, kept
        As for `design`.
    """

    table: UnitTable
    neighbors: sp.csr_array
    cost: Cost
    territories: Targets
    rules: Rules
    kept: NDArray[np.float64] | None = None

    def estimated(self) -> Diagnosis:
        """Say at once what cannot be met."""
        return estimate(
            self.table,
            self.neighbors,
            self.cost,
            territories=self.territories,
            rules=self.rules,
            kept=self.kept,
        )

    def ways(self) -> list[Way]:
        """Give changes nothing is proven against, at once."""
        return ways_out(
            self.table,
            self.neighbors,
            self.cost,
            territories=self.territories,
            rules=self.rules,
            kept=self.kept,
        )

    def designed(self, *, seed: int, stop: Stop = never) -> Result:
        """Search for a plan."""
        return design(
            self.table,
            self.neighbors,
            self.cost,
            territories=self.territories,
            rules=self.rules,
            kept=self.kept,
            rng=np.random.default_rng(seed),
            stop=stop,
        )

    def certified(self, result: Result, *, stop: Stop = never) -> Result:
        """Prove how much better a plan could be at most."""
        return certified(
            result,
            self.table,
            self.neighbors,
            self.cost,
            territories=self.territories,
            rules=self.rules,
            stop=stop,
        )

    def bounded(self, results: Sequence[Result], *, stop: Stop = never) -> list[Result]:
        """Prove one bound for several results: how much may move is no part of it."""
        met = [row for row, one in enumerate(results) if one.status == "feasible"]
        if not met:
            return list(results)
        proven = self.certified(results[met[-1]], stop=stop)
        bound = proven.lower_bound
        return [
            replace(
                one,
                lower_bound=bound,
                gap=gap_of(one.objective, bound),
                proof=proven.proof,
            )
            if one.status == "feasible"
            else one
            for one in results
        ]

    def relaxed(self, result: Result, *, seed: int, stop: Stop = never) -> Result:
        """Try what would make the wish possible, if it is not."""
        return relaxed(
            result,
            self.table,
            self.neighbors,
            self.cost,
            territories=self.territories,
            rules=self.rules,
            kept=self.kept,
            seed=seed,
            stop=stop,
        )

    def priced(self, result: Result, *, seed: int, stop: Stop = never) -> Premium:
        """Say what balance and contiguity add to the cost of a plan."""
        return premium(
            result,
            self.table,
            self.neighbors,
            self.cost,
            territories=self.territories,
            rules=self.rules,
            rng=np.random.default_rng(seed),
            stop=stop,
        )


@dataclass(frozen=True)
class Count:
    """How many territories a capacity asks for.

    Parameters
    ----------
    k
        The number; the first one looked at when none was found.
    found
        Whether a plan with that many was found.
    proven
        Whether no plan with fewer exists; else fewer were tried and none was found.
    """

    k: int
    found: bool
    proven: bool

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        noun = "territory" if self.k == 1 else "territories"
        if not self.found:
            return f"No number of territories was found; {self.k} is the least to ask"
        if self.proven:
            return f"{self.k} {noun}: fewer cannot carry the load"
        return f"{self.k} {noun}: with fewer no plan was found"


def territories_for(
    task_of: Callable[[int], Task],
    *,
    least: int,
    most: int,
    seed: int = 1,
    stop: Stop = never,
) -> Count:
    """Find the smallest number of territories for which a plan exists.

    Numbers that `estimate` disproves are passed over; the first one left that a run
    finds a plan for is the answer. A run is cut short by the work it does, so the same
    arguments give the same number.

    Parameters
    ----------
    task_of
        Gives the task with so many territories; no load above the capacity.
    least
        Where to begin: load / capacity, rounded up, or better.
    most
        Where to end.
    seed, stop
        Of each run.
    """
    trials, proven = TRIALS, True
    for k in range(least, most + 1):
        task = task_of(k)
        if task.estimated().binding:
            continue
        trials -= 1
        if task.designed(seed=seed, stop=Trial(stop)).status == "feasible":
            return Count(k, found=True, proven=proven)
        proven = False
        if trials <= 0:
            break
    return Count(least, found=False, proven=False)


def least_for(load: NDArray[np.float64], total: float, capacity: float) -> int:
    """Give a number of territories that no plan can do with less than.

    Parameters
    ----------
    load
        Of each unit; none is divided.
    total
        All there is, named accounts included.
    capacity
        The most a territory may carry.
    """
    return max(territories_needed(load, capacity)[0], math.ceil(total / capacity))
