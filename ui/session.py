"""One reader's open plan: what is shown, what an edit would do, what undo takes back.

Plain values in, plain values out: nothing here touches streamlit. What a `Ground`
holds is shared by every reader and never changed.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from data import library
from data.calendars import in_force
from data.events import Conflict
from data.library import Entry
from data.store import Applied, PlanStore
from data.study import with_driving
from geo.edits import Edit, apply, with_before
from geo.errors import PlanError
from geo.frames import Reps, Scorecard
from geo.metrics import scorecard
from geo.plan import Plan
from geo.study import Study, effective
from geo.territories import settle_colors
from sales.travel import calibration
from ui import words
from ui.deltas import Step
from ui.effects import effect_of
from ui.gestures import edit_of

if TYPE_CHECKING:
    from ui.proposals import Best, Proposal
    from ui.search import Question

ACTOR = "you"
"""Who edits, until readers have names."""


LONGEST = "longest_min"
"""Name of the setting that holds the longest drive of a plan."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What a plan is drawn over, shared by its readers.

    Parameters
    ----------
    entry
        Where the accounts came from.
    study
        Accounts and units.
    today
        Today's alignment; without territories if the accounts have none.
    reps
        The reps as they came.
    calendars
        How many reps' calendars its driving hours come from.
    factor
        What other driving hours, estimated, were multiplied by.
    """

    entry: Entry
    study: Study
    today: Plan
    reps: Reps
    calendars: int = 0
    factor: float = 1.0


@dataclass(frozen=True, eq=False)
class Session:
    """What one reader has open; a new one is made at each change.

    Parameters
    ----------
    store, home
        Where plans are kept, and the folder of accounts and reps.
    ground
        Accounts, units, reps and today's territories.
    reps
        The reps as edited by this reader.
    plan, rev
        The plan and its revision.
    card
        Scorecard of `plan` against today.
    saved
        When the plan was last changed, "12:04"; "" if it never was.
    undoable, redoable
        Whether there is an edit of this reader to take back, or to do again.
    pending, sentence
        An edit shown but not applied, and its effect in words.
    changes
        territory_id -> what the last or the pending edit does to its load.
    step
        The plan and scorecard before and after that edit.
    by_hand
        Whether `pending` was put together in the table instead of on the map.
    selected
        territory_id that is outlined on the map, "" for none.
    panel
        "propose", "compare" or "" for the scorecard.
    job_id, question, best
        The search under way, what it was asked, and its best plan so far.
    proposals, option
        What a search came back with, and which of it the map shows.
    notice
        An error to be shown once.
    told
        What the last edit did, in words.
    longest_min
        Minutes no drive from a rep's home should exceed; 0 for no limit.
    """

    store: PlanStore
    home: Path
    ground: Ground
    reps: Reps
    plan: Plan
    rev: int
    card: Scorecard
    saved: str = ""
    undoable: bool = False
    redoable: bool = False
    pending: Edit | None = None
    sentence: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)
    step: Step | None = None
    by_hand: bool = False
    selected: str = ""
    panel: str = ""
    job_id: str = ""
    question: Question | None = None
    best: Best | None = None
    proposals: tuple[Proposal, ...] = ()
    option: int = 0
    notice: str = ""
    told: str = ""
    longest_min: float = 0.0

    @property
    def study(self) -> Study:
        """Accounts and units, with the pieces of the plan's cuts."""
        return effective(self.ground.study, self.plan)

    @property
    def today(self) -> Plan | None:
        """Today's alignment, None if the accounts have none."""
        return self.ground.today if len(self.ground.today.territories) else None

    @property
    def seen(self) -> tuple[Plan, Scorecard]:
        """The plan the map shows: an option or a search's best, else the plan."""
        if self.proposals:
            option = self.proposals[self.option]
            return option.plan, option.card
        if self.best is not None:
            return self.best.plan, self.best.card
        return self.plan, self.card

    @property
    def kind(self) -> str:
        """Kind of basic unit: county, zip, ..."""
        return words.kind_of(self.plan.unit_set)

    @property
    def names(self) -> dict[str, str]:
        """territory_id -> name."""
        return dict(self.plan.territories["name"].astype("str"))


def opened(store: PlanStore, home: Path, ground: Ground, plan_id: str) -> Session:
    """Open a plan that is in the store over its ground; it is the next to reopen.

    Raises
    ------
    PlanError
        It is not in the store.
    """
    plan, rev = store.head(plan_id)
    ground = _driven(ground, home, plan_id)
    kept = library.changed_reps(home, ground.entry.study_id)
    session = Session(
        store=store,
        home=home,
        ground=ground,
        reps=ground.reps if kept is None else kept,
        plan=plan,
        rev=rev,
        card=pd.DataFrame(),
        longest_min=float(store.setting(f"{LONGEST}.{plan_id}", "0")),
    )
    library.remember_plan(home, plan_id)
    return _shown(session, plan, rev)


def recounted(session: Session) -> Session:
    """Count the driving hours again, after a calendar was made or dropped."""
    ground = _driven(session.ground, session.home, session.plan.plan_id)
    changed = replace(session, ground=ground)
    return replace(changed, card=measure(changed, session.plan))


def _driven(ground: Ground, home: Path, plan_id: str) -> Ground:
    """Give the ground with the driving hours of the plan's calendars."""
    found = in_force(home, plan_id)
    study = with_driving(ground.study, found)
    if study is ground.study:
        return ground
    factor = calibration(study.accounts, found)
    return replace(ground, study=study, calendars=len(found.weeks), factor=factor)


def first_plan(store: PlanStore, ground: Ground) -> str:
    """Keep today's territories as the first plan over a ground; give its id."""
    meta = {**ground.today.meta, "study": ground.entry.study_id}
    return store.add(replace(ground.today, meta=meta), actor=ACTOR)


def refreshed(session: Session) -> Session:
    """Show what another window has changed since; the session itself if nothing."""
    plan, rev = session.store.head(session.plan.plan_id)
    return session if rev == session.rev else _shown(session, plan, rev)


def limited(session: Session, longest_min: float) -> Session:
    """Set the longest drive from a rep's home for this plan; 0 for no limit."""
    name = f"{LONGEST}.{session.plan.plan_id}"
    session.store.keep_setting(name, f"{longest_min:g}")
    return replace(session, longest_min=longest_min)


def measure(session: Session, plan: Plan) -> Scorecard:
    """Give the scorecard of a plan over what is open, against today."""
    reps = session.reps if len(session.reps) else None
    return scorecard(plan, session.ground.study, reps=reps, today=session.today)


def hold(session: Session, edit: Edit, *, by_hand: bool = False) -> Session:
    """Show what an edit would do, without doing it.

    Raises
    ------
    PlanError
        The edit cannot be done; the sentence says why.
    """
    edit = with_before(session.plan, edit)
    after, _ = apply(session.plan, edit)
    card = measure(session, after)
    effect = effect_of(session.card, card, edit, kind=session.kind)
    return replace(
        session,
        pending=edit,
        sentence=effect.sentence,
        changes=effect.changes,
        step=Step(session.plan, after, session.card, card),
        by_hand=by_hand,
    )


def drop(session: Session) -> Session:
    """Forget the edit that was shown."""
    return replace(
        session, pending=None, sentence="", changes={}, step=None, by_hand=False
    )


def commit(session: Session, edit: Edit) -> Session:
    """Do an edit; it is on the disk when this returns, and undo takes it back.

    Raises
    ------
    PlanError
        The edit cannot be done, or somebody changed what it touches meanwhile.
    """
    edit = replace(edit, edit_id=edit.edit_id or uuid.uuid4().hex)
    edit = settle_colors(session.plan, edit, session.ground.study)
    plan_id = session.plan.plan_id
    return _after(session, session.store.apply(plan_id, session.rev, edit, ACTOR))


def apply_pending(session: Session) -> Session:
    """Do the edit that is shown."""
    return session if session.pending is None else commit(session, session.pending)


def undo(session: Session, *, edit_id: str = "") -> Session:
    """Take back this reader's last edit; nothing when there is none.

    An `edit_id` that was done before is not done twice.
    """
    if not session.undoable:
        return session
    plan_id = session.plan.plan_id
    answer = session.store.undo(plan_id, ACTOR, edit_id=edit_id)
    return _after(session, answer, said="Taken back")


def redo(session: Session, *, edit_id: str = "") -> Session:
    """Do again what was taken back last; nothing when there is none."""
    if not session.redoable:
        return session
    plan_id = session.plan.plan_id
    answer = session.store.redo(plan_id, ACTOR, edit_id=edit_id)
    return _after(session, answer, said="Done again")


def _after(session: Session, answer: Applied | Conflict, *, said: str = "") -> Session:
    """Show the plan as the store has it now, with what the edit changed."""
    if isinstance(answer, Conflict):
        raise PlanError(
            f"{answer.who[0]} changed {answer.keys[0][1]} at "
            f"{answer.at[0].astimezone():%H:%M}, and this edit touches it too",
            fix="Look at the plan as it is now and do it again",
        )
    before = session.card
    changed = _shown(drop(session), answer.plan, answer.rev)
    effect = effect_of(before, changed.card, answer.edit, kind=session.kind)
    parts = [f"{changed.names.get(i, i)} {c}" for i, c in effect.changes.items()]
    told = f"{said}: {', '.join(parts)}" if said and parts else said or effect.sentence
    clock = dt.datetime.now().astimezone()
    return replace(
        changed,
        changes=effect.changes,
        step=Step(session.plan, changed.plan, before, changed.card),
        told=f"{told}.",
        saved=f"{clock:%H:%M}",
    )


def _shown(session: Session, plan: Plan, rev: int) -> Session:
    """Show this revision of the plan."""
    back, again = session.store.undoable(plan.plan_id, ACTOR)
    return replace(
        session,
        plan=plan,
        rev=rev,
        card=measure(session, plan),
        undoable=back is not None,
        redoable=again is not None,
    )


def heard(session: Session, event: Mapping[str, Any]) -> Session:
    """Take in what was done on the map, see `ui.maps.territory_map`.

    Raises
    ------
    PlanError
        The edit cannot be done; the sentence says why.
    """
    kind, edit_id = event["kind"], str(event.get("edit_id", ""))
    if kind == "focus":
        return replace(session, selected=str(event["territory"]))
    if event.get("again") and session.store.has(session.plan.plan_id, edit_id):
        return refreshed(session)
    if kind != "select":
        _expect(session, event)
    if kind in ("undo", "redo"):
        step = undo if kind == "undo" else redo
        return step(session, edit_id=edit_id)
    edit = edit_of(event, session.plan, session.study)
    if edit is None:
        return drop(session)
    return hold(session, edit) if kind == "select" else commit(session, edit)


def _expect(session: Session, event: Mapping[str, Any]) -> None:
    """Refuse what was meant for another plan, or for ground nobody knows any more."""
    meant = str(event.get("plan") or session.plan.plan_id)
    rows = {"units", "accounts"} & set(event)
    if meant != session.plan.plan_id or (event.get("lost") and rows):
        raise PlanError(
            "An edit was not made: the map has changed since",
            where=session.plan.name,
            fix="Do it again",
        )


def edit_reps(session: Session, reps: Reps) -> Session:
    """Keep other reps and show the plan with them."""
    library.save_reps(session.home, session.ground.entry.study_id, reps)
    changed = replace(session, reps=reps)
    return replace(changed, card=measure(changed, session.plan))
