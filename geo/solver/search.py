"""The steps of a design, sharing what they found and when they must stop."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import partial

import numpy as np

from geo.design import Progress, Result, Stop, Stopped
from geo.solver.diagnose import Diagnosis
from geo.solver.levels import Level, as_cells, as_units, coarsen, finest
from geo.solver.outcome import outcome
from geo.solver.polish import Key, polish
from geo.solver.problem import Problem
from geo.solver.refine import Ask, Found, cool, descend, found
from geo.solver.repair import grow, make_contiguous
from geo.solver.seeds import first_plan, held_labels, seed_centers
from geo.solver.ties import tied

COARSE_UNITS = 6_000
"""Above this many units the first plans are made on cells."""

CELLS_PER_TERRITORY = 40
FEWEST_CELLS = 3_000

PROPOSALS_PER_UNIT = 600
MOST_PROPOSALS, FEWEST_PROPOSALS = 4_000_000, 120_000

SHORT_PER_UNIT, SHORTEST = 200, 40_000
"""Proposals a unit in the short annealing of a first plan, and the fewest in all."""

EXPLORING = 8_000_000
"""Proposals of all short annealings together."""

FEWEST_STARTS, MOST_STARTS, ROUGH = 3, 200, 2
"""First plans that are annealed, and those on cells, where only the best is."""

FRESH = 20
"""First plans made anew; then they begin again, other luck taking them elsewhere."""

ENOUGH = 6
"""Times the best plan is met again before it is believed."""

KEPT = 14
"""Plans that are carried on from the first ones."""

COMPACTED = 3
"""Of these, how many are annealed again for cost."""

LOOKED_AT = 8
"""Groups of each plan that are re-solved before only the best is carried on."""

SAME = 1e-9
"""Share of a cost by which plans differ that are taken for different."""

SMALL_UP_TO = 1_500
"""Units up to which hotter annealings are worth their time."""

FITS_FIRST = 3
"""Fitting annealings before other first plans are tried."""

RESTARTS = 6
"""Other first plans that are tried where the first ones miss their bounds."""

ROUGH_PROPOSALS = 250
"""Proposals a cell where cells stand for many units."""

FITTING = 24_000_000
"""Proposals after which a plan within bounds is given up: some 10 s of a core."""

FIT_SCHEDULE = (
    (10.0, 1.0),
    (200.0, 20.0),
    (30.0, 20.0),
    (30.0, 4.0),
    (200.0, 100.0),
    (200.0, 4.0),
    (5.0, 4.0),
)
"""(price of load out of bounds, first temperature) of the fitting annealings."""

COMPACT_SCHEDULE = ((1.0, 0.5), (4.0, 0.5))
"""The same of the annealings that lower the cost of a plan within bounds."""

COMPACT_SMALL = ((10.0, 1.0), (3.0, 2.0), (30.0, 2.0), (10.0, 4.0), (3.0, 8.0))
"""More of them where units are few: hotter, so that territories may change place."""

POLISH_UP_TO = 40
"""Units a territory, on average, up to which neighbours are re-solved exactly."""

PAIRS_UP_TO = 60_000
"""Above this many units the last level takes single shifts only."""

WARM = 0.3
"""First temperature where a good plan is only to be loosened."""


class Search:
    """One run of `design`: its levels, its best plan and the question to stop.

    Parameters
    ----------
    problem, diagnosis, rng, stop
        As `design` makes and gets them.
    """

    def __init__(
        self,
        problem: Problem,
        diagnosis: Diagnosis,
        rng: np.random.Generator,
        stop: Stop,
    ) -> None:
        self.problem, self.diagnosis, self.rng = tied(problem), diagnosis, rng
        self.stop = stop
        self.stopped: Stopped = "converged"
        self.fine = finest(self.problem)
        self.coarse = self._coarse()
        self.best: Found | None = None
        self.best_level = self.coarse

    def _coarse(self) -> Level:
        limited = np.isfinite(self.problem.max_moved) or self.problem.leaving > 0
        if len(self.fine) <= (PAIRS_UP_TO if limited else COARSE_UNITS):
            return self.fine
        cells = max(FEWEST_CELLS, CELLS_PER_TERRITORY * self.problem.k)
        return coarsen(self.fine, cells) if cells < len(self.fine) / 2 else self.fine

    def explore(self) -> list[Found]:
        """Make first plans, anneal each for a short while, and give the best few.

        Many short annealings from different seeds find better ground than one long
        one; they end when the best plan has been met `ENOUGH` times. Where cells stand
        for many units little is left to gain: only the best first plan is annealed.
        """
        plans = [] if self.problem.today is None else [self.todays()]
        if self.coarse is not self.fine:
            best, *_ = self._best_of((*plans, *(self._start() for _ in range(ROUGH))))
            work = ROUGH_PROPOSALS * len(self.coarse)
            return self._best_of((best, self._anneal("annealing", best, work)))
        return self._many(plans)

    def _many(self, plans: list[Found]) -> list[Found]:
        """Anneal start after start until the work is done or the best has settled."""
        proposals = max(SHORT_PER_UNIT * len(self.coarse), SHORTEST)
        starts = int(np.clip(EXPLORING // proposals, FEWEST_STARTS, MOST_STARTS))
        met, begun = 0, list[Found]()
        for turn in range(starts):
            if turn and self._ask("first plans")(turn / starts):
                break
            if turn < FRESH:
                begun.append(self._start())
            if not plans:
                self._keep(self.coarse, begun[0])  # to give if it ends now
            plan = self._anneal("first plans", begun[turn % FRESH], proposals)
            if plans and _same(plan, plans[0]):
                met += 1
            elif not plans or plan.beats(plans[0]):
                met = 1
            plans = self._best_of((*plans, plan))
            if met >= ENOUGH and plans[0].violation == 0:
                break
        return plans

    def _best_of(self, plans: Iterable[Found]) -> list[Found]:
        """Give the best few plans that differ, best first, and note the best."""
        ranked: list[Found] = []
        for plan in sorted(plans, key=lambda plan: (plan.violation, plan.cost)):
            if len(ranked) < KEPT and not any(_same(plan, other) for other in ranked):
                ranked.append(plan)
        self._keep(self.coarse, ranked[0])
        return ranked

    def _start(self) -> Found:
        centers = seed_centers(self.coarse, self.rng, self.diagnosis.island)
        ask, island = self._ask("first plans"), self.diagnosis.island
        labels, centers = first_plan(self.coarse, centers, island, ask)
        return found(self.coarse, labels, centers)

    def fit(self, plans: list[Found]) -> list[Found]:
        """Bring loads of the best plan within bounds where they are not yet.

        Ever longer annealings in which cost counts less, each from the best plan so
        far, with other starts after the first few; over after `FITTING` proposals.
        Where cells stand for many units one must do: units fit better than cells.
        """
        most = FITTING if self.coarse is self.fine else 0
        return self._best_of((self._fitted(plans[0], most), *plans))

    def _fitted(self, plan: Found, most: int) -> Found:
        work, proposals = 0, 2 * self._proposals(self.coarse)
        most = most if not self.diagnosis.binding else most // 20
        for turn in itertools.count():
            if plan.violation == 0 or work > most or self.stopped != "converged":
                return plan
            if turn == FITS_FIRST and self._may_start_again():
                plan = self._start_again(plan)
                continue
            dear, hot = FIT_SCHEDULE[turn % len(FIT_SCHEDULE)]
            now = self._anneal("fitting", plan, proposals, hot=hot, dear=dear)
            plan = now if now.beats(plan) else plan
            self._keep(self.coarse, plan)
            work += proposals
            proposals = min(2 * proposals, FITTING // 4)
        return plan

    def _may_start_again(self) -> bool:
        near = np.isfinite(self.problem.max_moved) or self.problem.leaving > 0
        return not (self.diagnosis.binding or near)

    def _start_again(self, plan: Found) -> Found:
        """Anneal new first plans until one is within bounds."""
        proposals = self._proposals(self.coarse)
        for _ in range(RESTARTS):
            if plan.violation == 0 or self.stopped != "converged":
                break
            now = self._anneal("other starts", self._start(), proposals)
            plan = now if now.beats(plan) else plan
            self._keep(self.coarse, plan)
        return plan

    def compact(self, plans: list[Found]) -> list[Found]:
        """Anneal the plans within bounds again from lower temperatures, for cost."""
        if self.coarse is not self.fine or plans[0].violation > 0:
            return plans
        within = [plan for plan in plans if plan.violation == 0][:COMPACTED]
        return self._best_of([*plans, *map(self._compacted, within)])

    def _compacted(self, plan: Found) -> Found:
        small = len(self.coarse) <= SMALL_UP_TO
        for dear, hot in COMPACT_SCHEDULE + (COMPACT_SMALL if small else ()):
            proposals = self._proposals(self.coarse)
            now = self._anneal("compacting", plan, proposals, hot=hot, dear=dear)
            plan = now if now.beats(plan) else plan
        return plan

    def _anneal(
        self,
        step: str,
        plan: Found,
        proposals: int,
        *,
        hot: float = 1.0,
        dear: float = 1.0,
    ) -> Found:
        if self.stopped != "converged":
            return plan
        ask = self._ask(step)
        plan = cool(
            self.coarse,
            plan,
            ask,
            rng=self.rng,
            proposals=proposals,
            hot=hot,
            dear=dear,
        )
        return descend(self.coarse, plan, ask)

    def descend(self, plans: list[Found]) -> list[Found]:
        """Carry the best plan to single units and search the borders there.

        If loads stay out of bounds, the cells are fitted harder and it is done again.
        """
        if self.coarse is self.fine:
            return plans
        best = self._to_units(plans[0])
        if best.violation > 0 and self.stopped == "converged":
            now = self._to_units(self._fitted(plans[0], FITTING))
            best = now if now.beats(best) else best
            self._keep(self.fine, best)
        return [best]

    def _to_units(self, plan: Found) -> Found:
        level = self.fine
        labels = as_cells(level, as_units(self.coarse, plan.labels))
        labels = np.where(held_labels(level) >= 0, held_labels(level), labels)
        plan = found(level, labels, plan.centers)
        self._keep(level, plan)
        ask = self._ask("borders")
        if plan.violation > 0 and len(level) <= PAIRS_UP_TO:
            plan = cool(
                level,
                plan,
                ask,
                rng=self.rng,
                proposals=self._proposals(level),
                hot=WARM,
            )
        plan = descend(level, plan, ask, pairs=len(level) <= PAIRS_UP_TO)
        self._keep(level, plan)
        return plan

    def polish(self, plans: list[Found]) -> Found:
        """Re-solve neighbouring territories exactly where they hold few units.

        A plan that is worse at first may end better: each is tried a little.
        """
        best = plans[0]
        if len(self.fine) > POLISH_UP_TO * self.problem.k or self.diagnosis.binding:
            return best
        ask, tried = self._ask("exact re-solves"), set[Key]()
        look = partial(polish, groups=LOOKED_AT, largest=2, nodes=1, tried=tried)
        for plan in plans if len(plans) > 1 else ():
            now = look(self.fine, plan, ask)
            best = now if now.beats(best) else best
            self._keep(self.fine, best)
        best = polish(self.fine, best, ask)
        self._keep(self.fine, best)
        return best

    def result(self, plan: Found) -> Result:
        """Say what the best plan is worth, and what stands in its way."""
        level = self.fine if len(plan.labels) == len(self.fine) else self.coarse
        labels = as_units(level, plan.labels)
        ask = self._ask("proof")
        return outcome(self.problem, self.diagnosis, labels, self.stopped, ask=ask)

    def todays(self) -> Found:
        """Give today's alignment, made contiguous; unowned units join neighbours."""
        level, today = self.coarse, self.problem.today
        assert today is not None  # noqa: S101 - the caller looked
        labels = today[level.row]
        held = held_labels(level)
        labels = np.where(held >= 0, held, labels)
        loose = labels < 0
        middle = np.full((self.problem.k, 2), level.xy.mean(axis=0))
        centers = middle
        if not loose.all():
            known = np.where(today < 0, self.problem.k, today)
            centers = self.problem.cost.recenter(known, self.problem.k + 1)[:-1]
            centers = np.where(np.isfinite(centers), centers, middle)
        cost = level.costs(centers)
        if level.ground.barred.size:
            cost[level.ground.barred] = np.inf
        labels = np.where(loose, np.argmin(cost, axis=1), labels)
        if self.problem.rules.contiguous:
            labels = grow(labels, loose & (held < 0), level.ground, cost)
            labels = make_contiguous(labels, level.ground, cost)
        return found(level, labels, centers)

    def _keep(self, level: Level, plan: Found) -> None:
        self.best, self.best_level = plan, level

    def _ask(self, step: str) -> Ask:
        """Give the question whether to stop, as this step asks it."""

        def ask(share: float) -> bool:
            if self.stopped != "converged":
                return True
            told, cost = None, float("nan")
            if self.best is not None:
                told = np.empty(len(self.problem.order), np.intp)
                at = as_units(self.best_level, self.best.labels)
                told[self.problem.order] = at
                cost = self.best.cost
            if self.stop(Progress(step, share, cost, told)):
                reason = getattr(self.stop, "reason", "cancelled")
                self.stopped = "clock" if reason == "clock" else "cancelled"
            return self.stopped != "converged"

        return ask

    def _proposals(self, level: Level) -> int:
        wanted = PROPOSALS_PER_UNIT * len(level)
        return int(np.clip(wanted, FEWEST_PROPOSALS, MOST_PROPOSALS))


def _same(plan: Found, other: Found) -> bool:
    """Tell whether two plans are worth the same, and so most likely are the same."""
    near = abs(plan.cost - other.cost) <= SAME * abs(other.cost)
    return near and abs(plan.violation - other.violation) <= SAME
