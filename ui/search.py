"""Work for the worker: searching for a plan. No screen is needed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import shapely

from data.clock import MaxRuntime
from data.propose import count_territories, propose, propose_options
from data.rules import families_of, known_territories, rules_of, wishes_of
from data.task import Homes, Order, stated
from geo.design import Progress, Result, Way
from geo.errors import InputError
from geo.frames import WGS84, Reps, Targets
from geo.mend import Repair
from geo.plan import Plan
from geo.rebalance import MOVED, rebalance_around
from geo.study import Study
from ui.by_road import RoadsAsked
from ui.jobs import Report

ANY = 1.0
"""All accounts may change hands."""


SEARCHED = 0.75
"""Part of the time that is searched; the rest is for the proof and the prices."""


@dataclass(frozen=True)
class Question:
    """What a leader asks for.

    Parameters
    ----------
    measures
        What to balance.
    tolerance
        How far from a fair share is still fair: 0.1 is 10 %.
    tolerances
        The same of single measures, where it differs.
    k
        How many territories.
    max_moved
        Shares of the accounts that may change hands, one option each; 1 for any.
    where
        Segment the plan is for: column -> values kept; empty for all accounts.
    roads
        Minutes of driving in the place of distance; None for distance.
    seed, seconds
        Same seed, same plan; longest search of all options together.
    least
        Whether as little as possible is to change hands.
    moved_by
        What the shares are of: accounts or revenue.
    capacity
        Most of the first measure that a territory may carry, to find the number of
        territories from; 0 to take `k`.
    minutes
        Longest drive from the center of a territory; 0 for any.
    homes
        What the reps' homes mean: near, fixed or free.
    parts
        Whether a territory may lie in several parts.
    prices
        Whether to say what balance and one piece cost.
    rules
        Rows of `data.rules`.
    families
        Column of the accounts; those with the same word stay together.
    lines
        Shapes in degrees that no territory crosses.
    settled
        The plan whose locks count; None for today's.
    """

    measures: tuple[str, ...]
    tolerance: float
    k: int
    max_moved: tuple[float, ...] = (ANY,)
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seed: int = 1
    seconds: float = 20.0
    roads: RoadsAsked | None = None
    least: bool = False
    moved_by: str = "accounts"
    capacity: float = 0.0
    minutes: float = 0.0
    homes: Homes = "near"
    parts: bool = False
    prices: bool = False
    rules: tuple[Mapping[str, str], ...] = ()
    families: str = ""
    lines: tuple[shapely.Geometry, ...] = ()
    settled: Plan | None = None
    tolerances: Mapping[str, float] = field(default_factory=dict)

    def checked(self) -> Question:
        """Give the question itself, if it can be answered.

        Raises
        ------
        InputError
            Nothing is chosen to balance.
        """
        if not self.measures:
            raise InputError("Nothing is chosen to balance", fix="Choose a measure")
        return self

    @property
    def within(self) -> dict[str, float]:
        """How far from a fair share each measure may lie."""
        return {m: self.tolerances.get(m, self.tolerance) for m in self.measures}

    def frontier(self, today: Plan | None) -> bool:
        """Say whether the answer is a plan for each share that may change hands."""
        return today is not None and not self.least and self.max_moved != (ANY,)


class Watch:
    """A search's stop: tell the app how far it is; end at the clock or its wish."""

    def __init__(self, report: Report, seconds: float) -> None:
        self.report = report
        self.clock = MaxRuntime(seconds)
        self.reason = "cancelled"

    def __call__(self, progress: Progress) -> bool:
        """Say whether the search ends here."""
        if self.report(progress):
            self.reason = "cancelled"
            return True
        if self.clock(progress):
            self.reason = "clock"
            return True
        return False


def search(
    report: Report,
    study: Study,
    reps: Reps | None,
    today: Plan | None,
    question: Question,
) -> list[Result]:
    """Answer a question: one result for each option."""
    watch = Watch(report, SEARCHED * question.seconds)
    whole = Watch(report, question.seconds)
    order = order_of(question, study, reps, today)
    said: tuple[str, ...] = ()
    if question.capacity:
        count = count_territories(study, order, seed=question.seed, stop=watch)
        order, said = replace(order, territories=count.k), (count.sentence,)
    if question.frontier(today):
        results = propose_options(
            study,
            order,
            shares=question.max_moved,
            prices=question.prices,
            seed=question.seed,
            stop=watch,
            proof=whole,
        )
    else:
        least = question.least and today is not None
        results = [
            propose(
                study,
                order,
                least=least,
                prices=question.prices,
                seed=question.seed,
                stop=watch,
                proof=whole,
            )
        ]
    return [replace(result, notes=(*said, *result.notes)) for result in results]


def order_of(
    question: Question, study: Study, reps: Reps | None, today: Plan | None
) -> Order:
    """Give a question as an order, its rules found in the study.

    Raises
    ------
    InputError
        A rule names what is not there.
    """
    order = Order(
        question.k,
        question.within,
        reps=reps,
        today=today,
        settled=question.settled,
        roads=question.roads.built() if question.roads else None,
        homes=question.homes,
        moved_by=question.moved_by,
        max_minutes=question.minutes or None,
    )
    rows = rules_of(question.rules, where="rules")
    known = known_territories(order, new=not question.capacity)
    free = today is None and reps is None and question.settled is None
    wishes = wishes_of(rows, study, territories=known, free=free)
    families = families_of(study, question.families) if question.families else []
    lines = gpd.GeoSeries(list(question.lines), crs=WGS84).to_crs(study.units.crs)
    capacity = {question.measures[0]: question.capacity} if question.capacity else {}
    wishes = replace(
        wishes,
        families=(*wishes.families, *families),
        lines=np.asarray(lines, dtype=object),
        capacity=capacity,
        parts=question.parts,
    )
    return replace(order, wishes=wishes)


@dataclass(frozen=True)
class Foreseen:
    """What can be said of a question at once.

    Parameters
    ----------
    binding
        Why it can't be met; empty where nothing is proven against it.
    ways
        Changes that nothing is proven against.
    fair
        The mean fair share of the first measure.
    """

    binding: tuple[str, ...]
    ways: tuple[Way, ...]
    fair: float


def foresee(
    question: Question, study: Study, reps: Reps | None, today: Plan | None
) -> Foreseen:
    """Say at once what stands in the way of a question; by straight lines, no search.

    Raises
    ------
    InputError, PlanError
        A number or a rule makes no sense.
    """
    straight = replace(question.checked(), roads=None)
    if question.roads is not None:
        straight = replace(straight, minutes=0.0)
    order = order_of(straight, study, reps, today)
    share = max(question.max_moved)
    task = stated(study, order).task
    if question.frontier(today) and share < ANY and task.kept is not None:
        limit = share * float(task.kept.sum())
        task = replace(task, rules=replace(task.rules, max_moved=limit))
    told = task.estimated()
    ways = tuple(task.ways()) if told.binding else ()
    fair = float(task.territories[f"target_{question.measures[0]}"].mean())
    return Foreseen(told.binding, ways, fair)


def eased(question: Question, way: Way) -> Question:
    """Give the question with one way out taken."""
    if way.kind == "tolerance":
        wider = {m: max(t, way.value) for m, t in question.tolerances.items()}
        return replace(question, tolerance=way.value, tolerances=wider)
    if way.kind == "territories":
        return replace(question, k=int(way.value))
    if way.kind == "minutes":
        return replace(question, minutes=question.minutes * way.value)
    if way.kind == "moves":
        more = tuple(min(ANY, share * way.value) for share in question.max_moved)
        return replace(question, max_moved=more)
    kept = ("lock", "require", "together")
    rules = tuple(row for row in question.rules if row.get("rule") not in kept)
    return replace(question, rules=rules, families="")


def around(
    report: Report,
    plan: Plan,
    study: Study,
    units: list[str],
    targets: Targets,
    seconds: float,
) -> Repair | None:
    """Balance the territories around some units, which stay where they are."""
    part = seconds / len(MOVED)
    return rebalance_around(
        plan,
        study,
        units,
        targets=targets,
        rng=np.random.default_rng(1),
        stops=lambda: Watch(report, part),
    )


def bare(study: Study) -> Study:
    """Give a study without shapes and names of accounts: what a search looks at."""
    units = study.units.drop(columns=study.units.geometry.name)
    accounts = study.accounts[[]]
    return replace(study, units=units, accounts=accounts)


def warm(_: Report) -> None:
    """Load the solver before it is needed: it takes seconds the first time."""
    import geo.frontier  # noqa: F401
