"""Asking for a proposal: the question, the work in the worker, the answer in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from data.clock import MaxRuntime
from data.study import propose
from geo.design import Progress, Result
from geo.edits import become
from geo.errors import TerritoryError
from geo.frames import Reps, Scorecard
from geo.metrics import disruption, summary
from geo.plan import Plan
from geo.study import Study
from ui import words
from ui.grounds import bring_in, first, segment, segment_name
from ui.jobs import Job, Report, Worker
from ui.session import Session, commit, measure

ANY = 1.0


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
        Share of the accounts that may change hands; 1 for any.
    where
        Segment the plan is for: column -> values kept; empty for all accounts.
    seed, seconds
        Same seed, same plan; longest search.
    """

    measures: tuple[str, ...]
    tolerance: float
    k: int
    max_moved: float = ANY
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seed: int = 1
    seconds: float = 20.0


@dataclass(frozen=True, eq=False)
class Proposal:
    """What a search found, in numbers and words.

    Parameters
    ----------
    plan, card
        The proposal and its scorecard against today.
    feasible
        Whether it keeps every rule.
    title, lines
        What a card shows of it.
    why, mends
        Rules that can't be met, and what would mend it.
    """

    plan: Plan
    card: Scorecard
    feasible: bool
    title: str
    lines: tuple[str, ...]
    why: tuple[str, ...] = ()
    mends: tuple[str, ...] = ()


class Watch:
    """A search's stop: tell the app how far it is; end at the clock or its wish."""

    def __init__(self, report: Report, seconds: float) -> None:
        self.report = report
        self.clock = MaxRuntime(seconds)
        self.reason = "cancelled"

    def __call__(self, progress: Progress) -> bool:
        """Say whether the search ends here."""
        if self.report(progress):
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
) -> Result:
    """Do the work, in the worker."""
    moved = question.max_moved * len(study.accounts)
    return propose(
        study,
        territories=question.k,
        measures=dict.fromkeys(question.measures, question.tolerance),
        reps=reps,
        today=today,
        max_moved=None if today is None or question.max_moved >= ANY else moved,
        seed=question.seed,
        stop=Watch(report, question.seconds),
    )


def ask(session: Session, worker: Worker, question: Question) -> Session:
    """Send a question to the worker; one about a segment opens that segment first.

    Raises
    ------
    TerritoryError
        Nothing is chosen to balance.
    """
    if not question.measures:
        raise TerritoryError("Nothing is chosen to balance", fix="Choose a measure")
    if question.where:
        session = of_segment(session, question.where)
    reps = session.reps if len(session.reps) else None
    job_id = worker.submit(search, session.ground.study, reps, session.today, question)
    return replace(session, job_id=job_id, proposal=None)


def of_segment(session: Session, where: Mapping[str, tuple[str, ...]]) -> Session:
    """Open the accounts of a segment as a study of their own."""
    old = session.ground
    ground = bring_in(
        session.home,
        segment_name(old.entry.name, where),
        segment(old.study.accounts, where),
        kind=old.entry.kind,
        where=where,
        reps=session.reps,
    )
    return replace(first(session, ground), panel=session.panel)


def cancel(session: Session, worker: Worker) -> Session:
    """Ask the search to end with the best plan so far."""
    worker.cancel(session.job_id)
    return session


def found(session: Session, job: Job) -> Session:
    """Take in what a search came back with.

    Raises
    ------
    TerritoryError
        It failed; the sentence says why.
    """
    if job.result is None:
        notice = job.message or "The search was cancelled before it had a plan."
        return replace(session, job_id="", proposal=None, notice=notice)
    proposal = proposal_of(session, job.result)
    return replace(session, job_id="", proposal=proposal)


def proposal_of(session: Session, result: Result) -> Proposal:
    """Say what a result is worth."""
    plan = replace(result.plan, plan_id=session.plan.plan_id, name=session.plan.name)
    card = measure(session, plan)
    return Proposal(
        plan=plan,
        card=card,
        feasible=result.status == "feasible",
        title=_title(result),
        lines=_lines(session, plan, card, result),
        why=tuple(f"Can't be met, because {_lower(b)}" for b in result.binding),
        mends=result.relaxations,
    )


def _title(result: Result) -> str:
    if result.status == "feasible":
        return "A plan that keeps every rule"
    if result.status == "infeasible":
        return "No plan can keep every rule"
    return "No plan found that keeps every rule"


def _lines(
    session: Session, plan: Plan, card: Scorecard, result: Result
) -> tuple[str, ...]:
    lines = [summary(card)]
    for name, deviation in result.deviation.items():
        what = words.MEASURE_WORDS.get(name, name)
        lines.append(
            f"{what.capitalize()}: within {words.percent(deviation)} of a fair share."
        )
    if session.today is not None:
        moved = disruption(session.today, plan, session.study.accounts)
        share = len(moved) / max(len(session.study.accounts), 1)
        lines.append(
            f"{words.accounts(len(moved))} changing hands ({words.percent(share)}), "
            f"{words.money(float(moved['revenue'].sum()))} a year."
        )
    if math.isfinite(result.gap):
        lines.append(f"At most {max(result.gap, 0) * 100:.1f} % better is possible.")
    if result.stopped != "converged":
        ended = "the time was up" if result.stopped == "clock" else "you cancelled"
        lines.append(f"The search ended because {ended}.")
    return tuple(lines)


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def accept(session: Session) -> Session:
    """Make the proposal the plan: one edit, one undo."""
    proposal: Any = session.proposal
    done = commit(session, become(session.plan, proposal.plan))
    return replace(done, proposal=None, panel="")


def discard(session: Session) -> Session:
    """Forget the proposal; the plan stays as it is."""
    return replace(session, proposal=None)
