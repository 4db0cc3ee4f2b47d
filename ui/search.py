"""Work for the worker: searching for a plan. No screen is needed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from data.clock import MaxRuntime
from data.propose import propose, propose_options
from data.task import Order
from geo.design import Progress, Result
from geo.errors import InputError
from geo.frames import Reps, Targets
from geo.mend import Repair
from geo.plan import Plan
from geo.rebalance import MOVED, rebalance_around
from geo.study import Study
from ui.by_road import RoadsAsked
from ui.jobs import Report

ANY = 1.0
"""All accounts may change hands."""


@dataclass(frozen=True)
class Question:
    """What a leader asks for.

    Parameters
    ----------
    measures
        What to balance.
    tolerance
        How far from a fair share is still fair: 0.1 is 10 %.
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
    """

    measures: tuple[str, ...]
    tolerance: float
    k: int
    max_moved: tuple[float, ...] = (ANY,)
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seed: int = 1
    seconds: float = 20.0
    roads: RoadsAsked | None = None

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
    watch = Watch(report, question.seconds)
    measures = dict.fromkeys(question.measures, question.tolerance)
    roads = question.roads.built() if question.roads else None
    order = Order(question.k, measures, reps=reps, today=today, roads=roads)
    if today is not None and question.max_moved != (ANY,):
        return propose_options(
            study, order, shares=question.max_moved, seed=question.seed, stop=watch
        )
    return [propose(study, order, seed=question.seed, stop=watch)]


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
