"""Where plans live, as the program asks for it: what a store is and what it answers.

An edit is on the disk before anyone is told that it was made. `data.sqlstore` answers
over any database SQLAlchemy speaks; `data.sqlite` opens the embedded one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from data.events import Conflict, Event
from geo.edits import Edit
from geo.plan import Plan


@dataclass(frozen=True, eq=False)
class Applied:
    """An edit that is on the disk.

    Parameters
    ----------
    rev
        Revision the plan has with it.
    plan
        The plan at the latest revision.
    edit
        The edit as the log has it.
    """

    rev: int
    plan: Plan
    edit: Edit


@dataclass(frozen=True)
class PlanEntry:
    """What is said of a plan without reading it. Times are UTC."""

    plan_id: str
    name: str
    unit_set: str
    rev: int
    parent_id: str
    created_at: dt.datetime
    changed_at: dt.datetime
    meta: Mapping[str, Any]


class PlanStore(Protocol):
    """Where plans live. Any `plan_id` that is not there raises `PlanError`."""

    def add(self, plan: Plan, *, actor: str) -> str:
        """Keep a new plan and give its id."""

    def load(self, plan_id: str, rev: int | None = None) -> Plan:
        """Give a plan as it is now, or as it was at a revision."""

    def head(self, plan_id: str) -> tuple[Plan, int]:
        """Give a plan as it is now, and its revision."""

    def apply(
        self, plan_id: str, base_rev: int, edit: Edit, actor: str
    ) -> Applied | Conflict:
        """Make an edit that was meant for the plan as it was at `base_rev`."""

    def undo(
        self, plan_id: str, actor: str, *, edit_id: str = ""
    ) -> Applied | Conflict:
        """Take back the actor's last edit that still stands."""

    def redo(
        self, plan_id: str, actor: str, *, edit_id: str = ""
    ) -> Applied | Conflict:
        """Do again what the actor last took back."""

    def has(self, plan_id: str, edit_id: str) -> bool:
        """Say whether an edit, an undo or a redo is in the log of a plan."""

    def undoable(self, plan_id: str, actor: str) -> tuple[Edit | None, Edit | None]:
        """Give the edits that undo would take back and redo would do again."""

    def fork(self, plan_id: str, *, name: str, actor: str) -> str:
        """Copy a plan as it is now and give the copy's id."""

    def log(self, plan_id: str, since: int = 0) -> list[Event]:
        """Give the events after a revision, oldest first."""

    def snapshot(self, plan_id: str) -> int:
        """Keep the plan as it is now in one piece, and give its revision."""

    def plans(self) -> list[PlanEntry]:
        """List the plans, last changed first."""

    def setting(self, name: str, default: str = "") -> str:
        """Give a value the program keeps between starts."""

    def keep_setting(self, name: str, value: str) -> None:
        """Keep a value between starts."""
