"""A question to the worker and its answers in words: options to choose from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.task import targets_for
from geo.design import Progress, Result, Way
from geo.edits import become
from geo.errors import InputError
from geo.frames import Scorecard, Targets
from geo.metrics import disruption, summary
from geo.plan import Plan, plan_of, territory_table
from geo.study import Study
from geo.territories import colors
from ui import words
from ui.by_road import minutes_lines
from ui.grounds import bring_in, first, segment, segment_name
from ui.jobs import Job, Worker
from ui.search import ANY, Question, eased, order_of, search
from ui.session import Session, commit, measure

UNIT_ID = re.compile(r"[^\s,;]*\d[^\s,;]*")
"""What may be the id of a unit: a word with a digit."""

SAID = 2
"""Rules named before the rest is counted."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """One option: what a search found, in numbers and words.

    Parameters
    ----------
    plan, card
        The proposal and its scorecard against today.
    feasible
        Whether it keeps every rule.
    title, lines
        What a card shows of it.
    why, mends
        Rules that are missed or can't be met, and what would mend it.
    ways
        What would mend it and was tried, to be asked for with one click.
    share
        What may change hands.
    moved, revenue
        Accounts changing hands, and what they bring in a year.
    worst
        Farthest that a load lies from a fair share.
    certificate, proof
        How much better a plan could be at most, and what that proves.
    """

    plan: Plan
    card: Scorecard
    feasible: bool
    title: str
    lines: tuple[str, ...]
    why: tuple[str, ...] = ()
    mends: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()
    share: float = 1.0
    moved: int = 0
    revenue: float = 0.0
    worst: float = 0.0
    certificate: str = ""
    proof: str = ""


def ask(session: Session, worker: Worker, question: Question) -> Session:
    """Send a question to the worker; one about a segment opens that segment first.

    Raises
    ------
    InputError
        Nothing is chosen to balance, or no account is in the segment.
    """
    question = question.checked()
    if question.where:
        session = of_segment(session, question.where)
    question = replace(question, settled=settled(session))
    reps = session.reps if len(session.reps) else None
    job_id = worker.submit(search, session.ground.study, reps, session.today, question)
    return replace(session, job_id=job_id, proposals=(), question=question)


def settled(session: Session) -> Plan:
    """Give the plan whose locks count, without pieces of units that are cut."""
    plan = session.plan
    whole = np.array(["~" not in str(unit) for unit in plan.unit_id], dtype=bool)
    if whole.all():
        return plan
    return replace(plan, unit_id=plan.unit_id[whole], assignment=plan.assignment[whole])


def again(session: Session, worker: Worker, way: Way) -> Session:
    """Ask the last question again with one way out taken.

    Raises
    ------
    InputError
        Nothing has been asked.
    """
    if session.question is None:
        raise InputError("Nothing has been asked", fix="Press Propose")
    return ask(session, worker, eased(replace(session.question, where={}), way))


def picks(proposals: Sequence[Proposal]) -> list[int]:
    """Give three options: the fewest changes that do, the most, and one between.

    Of several that meet the rules the one between is the one that first gives half of
    what the most changes give in balance.
    """
    met = [i for i, one in enumerate(proposals) if one.feasible]
    met = met or list(range(len(proposals)))
    if len(met) <= 3:
        return met
    first, last = proposals[met[0]].worst, proposals[met[-1]].worst
    half = [i for i in met[1:-1] if proposals[i].worst <= (first + last) / 2]
    return [met[0], half[0] if half else met[len(met) // 2], met[-1]]


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
    """Take in what a search came back with; a failed one leaves a notice."""
    done = replace(session, job_id="", proposals=(), best=None)
    if not job.result or session.question is None:
        said = job.message or "The search was cancelled before it had a plan."
        return replace(done, notice=said)
    shares = session.question.max_moved
    options: list[Proposal] = []
    for result, share in zip(job.result, shares, strict=False):
        option = proposal_of(done, result, share)
        if not options or _differs(option, options[-1]):
            options.append(option)
    best = next((i for i, option in enumerate(options) if option.feasible), 0)
    return replace(done, proposals=tuple(options), option=best)


def _differs(one: Proposal, other: Proposal) -> bool:
    """Say whether two options are different plans; a longer search may part them."""
    return not np.array_equal(one.plan.assignment, other.plan.assignment)


def proposal_of(session: Session, result: Result, share: float) -> Proposal:
    """Say what a result is worth."""
    plan = replace(result.plan, plan_id=session.plan.plan_id, name=session.plan.name)
    card = measure(session, plan)
    missed = "Can't be met, because" if result.status == "infeasible" else "Missed:"
    study = session.ground.study
    why = [f"{missed} {plainly(rule, study)}." for rule in result.binding[:SAID]]
    if len(result.binding) > SAID:
        why.append(f"And {len(result.binding) - SAID} more.")
    moved, revenue = 0, 0.0
    if session.today is not None:
        gone = disruption(session.today, plan, session.study.accounts)
        moved = len(gone)
        revenue = float(gone["revenue"].sum()) if "revenue" in gone else 0.0
    return Proposal(
        plan=plan,
        card=card,
        feasible=result.status == "feasible",
        title=_title(session, share, moved, feasible=result.status == "feasible"),
        lines=_lines(session, card, result, moved, revenue),
        why=tuple(why),
        mends=tuple(f"{plainly(mend, study)}." for mend in result.relaxations[:1]),
        ways=result.ways,
        share=share,
        moved=moved,
        revenue=revenue,
        worst=max(result.deviation.values(), default=0.0),
        certificate=result.certificate,
        proof=result.proof,
    )


def _title(session: Session, share: float, moved: int, *, feasible: bool) -> str:
    question = session.question
    if question is not None and question.least:
        return "As few changes as it takes"
    if share >= ANY:
        return "Any account may move"
    by_revenue = question is not None and question.moved_by == "revenue"
    most = len(session.study.accounts) * share
    if not feasible and not by_revenue and moved > most:
        return f"{words.percent(share)} is too few: {words.accounts(moved)} change"
    if share <= 0:
        return "Nothing changes hands"
    what = "of revenue changes" if by_revenue else "change"
    return f"At most {words.percent(share)} {what} hands"


def plainly(sentence: str, study: Study | None = None) -> str:
    """Give a rule's sentence with measures in words and without a full stop.

    Parameters
    ----------
    study
        Its units are named as people call them instead of by their ids.
    """
    for name, said in words.MEASURE_WORDS.items():
        sentence = sentence.replace(f"of {name}", said).replace(name, said)
    if study is not None and "name" in study.units:
        names = study.units["name"]
        sentence = UNIT_ID.sub(
            lambda found: str(names.get(found.group(), found.group())), sentence
        )
    return sentence.rstrip(".")


def _lines(
    session: Session, card: Scorecard, result: Result, moved: int, revenue: float
) -> tuple[str, ...]:
    lines = [summary(card)]
    parts = [
        f"{words.MEASURE_WORDS.get(name, name)} within {words.percent(deviation)}"
        for name, deviation in result.deviation.items()
    ]
    lines.append(f"{words.listed(parts).capitalize()} of a fair share.")
    if session.today is not None:
        share = moved / max(len(session.study.accounts), 1)
        lines.append(
            f"{words.accounts(moved)} changing hands ({words.percent(share)}), "
            f"{words.money(revenue)} a year."
        )
    if session.question is not None and session.question.roads is not None:
        lines += minutes_lines(result, session.study, session.question.roads)
    else:
        lines += [f"{plainly(note)}." for note in result.notes]
    if result.certificate:
        lines.append(f"{result.certificate}.")
    if result.stopped != "converged":
        ended = "the time was up" if result.stopped == "clock" else "you cancelled"
        lines.append(f"The search ended because {ended}.")
    return tuple(lines)


def show(session: Session, option: int) -> Session:
    """Show this option on the map."""
    return replace(session, option=option)


def accept(session: Session, option: int) -> Session:
    """Make an option the plan: one edit, one undo."""
    chosen = session.proposals[option].plan
    done = commit(session, become(session.plan, chosen))
    return replace(done, proposals=(), panel="")


def discard(session: Session) -> Session:
    """Forget the options; the plan stays as it is."""
    return replace(session, proposals=())


def best_so_far(session: Session, progress: Progress) -> Session:
    """Show the best plan a search has so far, while it goes on."""
    labels, question = progress.labels, session.question
    if labels is None or question is None or question.capacity:
        return session
    if session.best is not None and np.array_equal(session.best.labels, labels):
        return session
    plan = _drawn(session, _targets(session, question), labels)
    return replace(session, best=Best(labels, plan, measure(session, plan)))


@dataclass(frozen=True, eq=False)
class Best:
    """The best plan of a search that goes on: shown, never kept."""

    labels: np.ndarray
    plan: Plan
    card: Scorecard


def _targets(session: Session, question: Question) -> Targets:
    reps = session.reps if len(session.reps) else None
    straight = replace(question, roads=None)
    study = session.ground.study
    return targets_for(study, order_of(straight, study, reps, session.today))


def _drawn(session: Session, targets: Targets, labels: np.ndarray) -> Plan:
    """Give the plan of a search's labels, with the names and colours known."""
    study = session.ground.study
    territories = territory_table([str(i) for i in targets.index])
    territories.update(session.plan.territories[["name", "color", "rep_id"]])
    plan = plan_of(study.table, labels, territories, plan_id=session.plan.plan_id)
    return replace(plan, territories=territories.assign(color=colors(plan, study)))
