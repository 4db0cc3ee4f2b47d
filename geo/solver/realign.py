"""Steps of a design that stays near today's alignment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from geo.errors import PlanError
from geo.solver.fewest import fewest_moves
from geo.solver.levels import BLOCK, Level
from geo.solver.problem import Problem
from geo.solver.refine import Ask, Found, found
from geo.solver.repair import make_contiguous
from geo.solver.search import COARSE_UNITS, WARM, Search
from geo.solver.seeds import first_plan

SCHEDULE = ((5.0, 1.0, 3), (5.0, 0.3, 2), (1.0, 0.1, 1))
"""Price, first temperature and effort of the annealings that save moves."""

COLD_SCHEDULE = ((30.0, 0.3, 3), (30.0, 0.1, 3), (5.0, 0.03, 2))
"""The same of every other try: hardly loosened, since little is to move."""

TRIES = ((40, 1), (1_500, 6), (COARSE_UNITS, 2), (np.inf, 1))
"""(cells up to, tries): tries end far apart, and the one that moves least is kept."""

LEAVING = 300.0
"""Price of changing all hands, in costs of today's plan."""


class Realigning(Search):
    """One run of `design` that limits or prices what changes hands."""

    def explore(self) -> list[Found]:
        """Anneal today's plan and the one nearest to it that keeps the bounds."""
        nearest, work = self._nearest(), self._proposals(self.coarse)
        return self._best_of(
            self._anneal("annealing", plan, work) for plan in (self.todays(), nearest)
        )

    def realign(self) -> Found:
        """Find the plan within bounds that changes hands least, and is compact.

        What changes hands has a price (`Problem.leaving`), so the transport from
        today's centers already finds the least there is but for whole units and
        contiguity; annealing and descent do the rest.
        """
        today = self.todays()
        self._keep(self.coarse, today)
        ask, island = self._ask("first plans"), self.diagnosis.island
        labels, centers = first_plan(self.coarse, today.centers, island, ask)
        near = found(self.coarse, labels, centers)
        first = near if near.beats(today) else today
        program = self._by_program(today, ask)
        if program is not None and program.beats(first):
            first = program
        best = first
        for turn in range(_by_size(TRIES, self.coarse)):
            schedule = COLD_SCHEDULE if turn % 2 else SCHEDULE
            now = self._realigned(first, schedule)
            best = now if now.beats(best) else best
            self._keep(self.coarse, best)
        return self.fit([best])[0]

    def _by_program(self, today: Found, ask: Ask) -> Found | None:
        """Give the plan of the program for the fewest moves, joined up."""
        ground = self.coarse.with_costs(today.centers)
        labels = fewest_moves(ground, today.labels, ask)
        if labels is None:
            return None
        if self.problem.rules.contiguous:
            cost = self.coarse.costs(today.centers)
            labels = make_contiguous(labels, ground, cost)
        return found(self.coarse, labels, today.centers)

    def _realigned(
        self, plan: Found, schedule: Sequence[tuple[float, float, int]]
    ) -> Found:
        for dear, hot, effort in schedule:
            work = effort * self._proposals(self.coarse)
            now = self._anneal("least moves", plan, work, hot=hot, dear=dear)
            plan = now if now.beats(plan) else plan
        return plan

    def improve(self, starts: Sequence[NDArray[np.intp]]) -> Found:
        """Lower the cost of the best of these plans, within what may change hands.

        Parameters
        ----------
        starts
            Labels of cells, shape (c,) each.
        """
        middle = np.tile(self.coarse.xy.mean(axis=0), (self.problem.k, 1))
        plans = [found(self.coarse, labels, middle) for labels in starts]
        best = plans[0]
        for plan in plans[1:]:
            best = plan if plan.beats(best) else best
        self._keep(self.coarse, best)
        for hot in (1.0, WARM):
            work = 2 * self._proposals(self.coarse)
            now = self._anneal("borders", best, work, hot=hot)
            best = now if now.beats(best) else best
            self._keep(self.coarse, best)
        return best

    def _nearest(self) -> Found:
        """Give the plan nearest to today's within bounds, before any limit."""
        nearer = Realigning(priced(self.problem), self.diagnosis, self.rng, self.stop)
        plan = nearer.realign()
        self.stopped = nearer.stopped
        return found(self.coarse, plan.labels, plan.centers)


def _by_size(steps: Sequence[tuple[float, int]], level: Level) -> int:
    return next(count for units, count in steps if len(level) <= units)


def priced(problem: Problem) -> Problem:
    """Give the problem with a price on what changes hands instead of a limit.

    Raises
    ------
    PlanError
        When there is no alignment of today.
    """
    if problem.today is None or problem.lost is None:
        raise PlanError(
            "There is no alignment of today to stay near to",
            fix="Give the accounts' owner or territory column",
        )
    known = np.where(problem.today < 0, problem.k, problem.today)
    centers = problem.cost.recenter(known, problem.k + 1)[:-1]
    centers = np.where(np.isfinite(centers), centers, problem.table.xy.mean(axis=0))
    price, owned = 0.0, float(problem.lost.sum()) / max(problem.k - 1, 1)
    for rows in np.array_split(np.arange(len(known)), len(known) // BLOCK + 1):
        block = problem.cost.block(rows, centers)
        own = block[np.arange(len(rows)), np.minimum(known[rows], problem.k - 1)]
        price += float(own @ problem.table.weight[rows])
    rules = replace(problem.rules, max_moved=None)
    leaving = LEAVING * max(price, 1.0) / max(owned, np.finfo(float).tiny)
    return replace(problem, rules=rules, leaving=leaving)
