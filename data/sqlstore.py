"""A plan store in a database: rows for how a plan is now, one event an edit.

An event holds the edit that takes it back, so that undo and a look back need nothing
else.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal

import sqlalchemy as sa

from data.events import (
    Conflict,
    Event,
    Stacks,
    as_it_was,
    conflict_of,
    event_at,
    event_of,
    events,
    touched_since,
    write_event,
    write_snapshot,
)
from data.rows import (
    EVENT,
    PLAN,
    SCENARIO,
    SETTING,
    SNAPSHOT,
    STATE,
    Key,
    insert_plan,
    read_plan,
    write_change,
)
from data.store import Applied, PlanEntry
from geo.edits import Edit, apply, touches, with_before
from geo.errors import PlanError, ServiceError
from geo.plan import Plan

SNAPSHOT_EVERY = 500
"""Edits between two snapshots: the most a look back has to replay."""

HEADS = 8
"""Plans kept in memory as they are now."""


def now() -> dt.datetime:
    """Give the time in UTC."""
    return dt.datetime.now(dt.UTC)


class SqlStore:
    """A `PlanStore` in a database.

    Parameters
    ----------
    engine
        A database with the tables of `data/schema`; its transactions take the write
        lock at once (SQLite) or lock the plan's row (others).
    where
        Its place, for error messages.
    clock
        Gives the time of an event, UTC.
    release
        Called once when the store is closed.
    """

    def __init__(
        self,
        engine: sa.Engine,
        *,
        where: str = "",
        clock: Callable[[], dt.datetime] = now,
        release: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine, self._where, self._clock = engine, where, clock
        self._release = release
        self._guard = threading.RLock()
        self._heads: dict[str, tuple[Plan, int]] = {}
        self._known: dict[tuple[str, str], Stacks] = {}

    def close(self) -> None:
        """Let the database go."""
        with self._guard:
            self._heads.clear()
            self._engine.dispose()
            self._release()

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        """Give a connection whose work is kept whole or not at all.

        What is in memory follows only after the commit; on any failure the memory of
        the store is dropped and read again.
        """
        with self._guard:
            try:
                with self._engine.begin() as connection:
                    yield connection
            except sa.exc.DBAPIError as error:
                self._heads.clear()
                raise ServiceError(
                    f"The plan store does not answer: {error.orig}",
                    where=self._where,
                    fix="Make room on the disk and try again; the edit was not made",
                ) from error

    def add(self, plan: Plan, *, actor: str) -> str:
        """Keep a new plan and give its id; the plan's own id when that is free.

        Everything it holds is kept, as revision 0.
        """
        with self._transaction() as connection:
            taken = sa.select(PLAN.c.plan_id).where(PLAN.c.plan_id == plan.plan_id)
            free = plan.plan_id and connection.execute(taken).first() is None
            plan_id = plan.plan_id if free else uuid.uuid4().hex[:12]
            plan = replace(plan, plan_id=plan_id)
            self._insert(connection, plan, actor, parent=("", 0))
        self._remember(plan, 0)
        return plan_id

    def _insert(
        self, connection: sa.Connection, plan: Plan, actor: str, parent: tuple[str, int]
    ) -> None:
        """Write a plan's rows and its first snapshot."""
        insert_plan(connection, plan, actor, self._clock().isoformat(), parent)
        write_snapshot(connection, plan, 0)

    def _remember(self, plan: Plan, rev: int) -> None:
        self._heads.pop(plan.plan_id, None)
        self._heads[plan.plan_id] = (plan, rev)
        while len(self._heads) > HEADS:
            del self._heads[next(iter(self._heads))]

    def head(self, plan_id: str) -> tuple[Plan, int]:
        """Give a plan as it is now, and its revision."""
        with self._transaction() as connection:
            return self._head(connection, plan_id)

    def _head(self, connection: sa.Connection, plan_id: str) -> tuple[Plan, int]:
        """Give the plan from memory when no one else has changed it, else its rows."""
        asked = sa.select(PLAN.c.rev).where(PLAN.c.plan_id == plan_id)
        rev = connection.execute(asked.with_for_update()).scalar()
        if rev is None:
            raise PlanError(
                f"There is no plan {plan_id!r}",
                where=self._where,
                fix="Choose one from the list of plans",
            )
        known = self._heads.get(plan_id)
        if known is None or known[1] != rev:
            plan = read_plan(connection, plan_id)
            assert plan is not None  # noqa: S101
            self._remember(plan, rev)
        return self._heads[plan_id]

    def load(self, plan_id: str, rev: int | None = None) -> Plan:
        """Give a plan as it is now, or as it was at a revision.

        Raises
        ------
        PlanError
            When there is no such plan or revision.
        """
        with self._transaction() as connection:
            plan, last = self._head(connection, plan_id)
            if rev is None or rev == last:
                return plan
            if not 0 <= rev <= last:
                raise PlanError(
                    f"{plan.name} has revisions 0 to {last}, not {rev}",
                    where=self._where,
                )
            return as_it_was(connection, plan, last, rev)

    def apply(
        self, plan_id: str, base_rev: int, edit: Edit, actor: str
    ) -> Applied | Conflict:
        """Make an edit that was meant for the plan as it was at `base_rev`.

        It is made on top of what has happened since, unless something it touches has
        changed. An `edit_id` the log has already is not made again. When this
        returns `Applied`, the edit is on the disk.

        Raises
        ------
        PlanError
            When the edit cannot be done on the plan as it is now.
        ServiceError
            When the database cannot write; then nothing has changed.
        """
        edit = replace(edit, edit_id=edit.edit_id or uuid.uuid4().hex)
        with self._transaction() as connection:
            plan, rev = self._head(connection, plan_id)
            done = event_of(connection, plan_id, edit.edit_id)
            if done is not None:
                return Applied(done.rev, plan, done.edit)
            since = touched_since(connection, plan_id, base_rev)
            conflict = conflict_of(plan, rev, since, touches(edit))
            if conflict:
                return conflict
            after, inverse = apply(plan, edit)
            touched = touches(edit) | touches(inverse)
            conflict = conflict_of(plan, rev, since, touched)
            if conflict:
                return conflict
            event = Event(
                rev=rev + 1,
                actor=actor,
                at=self._clock(),
                role="edit",
                of_rev=rev + 1,
                edit=with_before(plan, edit),
                inverse=inverse,
            )
            self._write(connection, plan, after, event, touched)
        self._remember(after, event.rev)
        return Applied(event.rev, after, event.edit)

    def _write(
        self,
        connection: sa.Connection,
        before: Plan,
        after: Plan,
        event: Event,
        touched: frozenset[Key],
    ) -> None:
        """Write the rows that change, the event, and now and then a snapshot."""
        plan_id, at = before.plan_id, event.at.isoformat()
        write_change(connection, plan_id, before, after, touched)
        write_event(connection, plan_id, event, touched)
        head = sa.update(PLAN).where(PLAN.c.plan_id == plan_id)
        connection.execute(head.values(rev=event.rev, changed_at=at))
        if event.rev % SNAPSHOT_EVERY == 0:
            write_snapshot(connection, after, event.rev)

    def has(self, plan_id: str, edit_id: str) -> bool:
        """Say whether an edit, an undo or a redo is in the log of a plan."""
        with self._transaction() as connection:
            return event_of(connection, plan_id, edit_id) is not None

    def undo(
        self, plan_id: str, actor: str, *, edit_id: str = ""
    ) -> Applied | Conflict:
        """Take back the actor's last edit that still stands, as a new event.

        Others' edits stay; where they touch the same, it is a conflict. An `edit_id`
        the log has already is not taken back again.

        Raises
        ------
        PlanError
            When nothing of the actor's is left to take back, or a lock forbids it.
        """
        return self._revert(plan_id, actor, "undo", edit_id)

    def redo(
        self, plan_id: str, actor: str, *, edit_id: str = ""
    ) -> Applied | Conflict:
        """Do again what the actor last took back, unless they edited since.

        Raises
        ------
        PlanError
            When the actor has taken nothing back, or a lock forbids it.
        """
        return self._revert(plan_id, actor, "redo", edit_id)

    def _revert(
        self, plan_id: str, actor: str, role: Literal["undo", "redo"], edit_id: str
    ) -> Applied | Conflict:
        with self._transaction() as connection:
            plan, rev = self._head(connection, plan_id)
            done = event_of(connection, plan_id, edit_id) if edit_id else None
            if done is not None:
                return Applied(done.rev, plan, done.edit)
            at = self._stacks(connection, plan_id, actor).last_word(role)
            if at is None:
                raise PlanError(f"Nothing to {role}", where=plan.name)
            last = event_at(connection, plan_id, at)
            edit = replace(last.inverse, edit_id=edit_id or uuid.uuid4().hex)
            others = touched_since(connection, plan_id, last.rev, but=actor)
            conflict = conflict_of(plan, rev, others, touches(edit))
            if conflict:
                return conflict
            after, inverse = apply(plan, edit)
            touched = touches(edit) | touches(inverse)
            event = Event(
                rev=rev + 1,
                actor=actor,
                at=self._clock(),
                role=role,
                of_rev=last.of_rev,
                edit=edit,
                inverse=inverse,
            )
            self._write(connection, plan, after, event, touched)
        self._remember(after, event.rev)
        return Applied(event.rev, after, event.edit)

    def undoable(self, plan_id: str, actor: str) -> tuple[Edit | None, Edit | None]:
        """Give the edits that undo would take back and redo would do again."""
        with self._transaction() as connection:
            stacks = self._stacks(connection, plan_id, actor)
            found: list[Edit | None] = []
            for at in (stacks.last_word("undo"), stacks.last_word("redo")):
                last = None if at is None else event_at(connection, plan_id, at)
                first = event_at(connection, plan_id, last.of_rev) if last else None
                found.append(first.edit if first else None)
            return found[0], found[1]

    def _stacks(self, connection: sa.Connection, plan_id: str, actor: str) -> Stacks:
        """Give what an actor can undo and redo now."""
        known = self._known.setdefault((plan_id, actor), Stacks())
        return known.follow(connection, plan_id, actor)

    def fork(self, plan_id: str, *, name: str, actor: str) -> str:
        """Copy a plan as it is now and give the copy's id; its log starts anew."""
        with self._transaction() as connection:
            plan, rev = self._head(connection, plan_id)
            copy = replace(plan, plan_id=uuid.uuid4().hex[:12], name=name)
            self._insert(connection, copy, actor, parent=(plan_id, rev))
        self._remember(copy, 0)
        return copy.plan_id

    def log(self, plan_id: str, since: int = 0) -> list[Event]:
        """Give the events after a revision, oldest first."""
        with self._transaction() as connection:
            return events(connection, plan_id, since)

    def snapshot(self, plan_id: str) -> int:
        """Keep the plan as it is now in one piece, and give its revision."""
        with self._transaction() as connection:
            plan, rev = self._head(connection, plan_id)
            write_snapshot(connection, plan, rev)
            return rev

    def plans(self) -> list[PlanEntry]:
        """List the plans, last changed first."""
        with self._transaction() as connection:
            order = (PLAN.c.changed_at.desc(), PLAN.c.plan_id)
            rows = connection.execute(sa.select(PLAN).order_by(*order)).all()
        return [
            PlanEntry(
                plan_id=row.plan_id,
                name=row.name,
                unit_set=row.unit_set,
                rev=row.rev,
                parent_id=row.parent_id,
                created_at=dt.datetime.fromisoformat(row.created_at),
                changed_at=dt.datetime.fromisoformat(row.changed_at),
                meta=json.loads(row.meta),
            )
            for row in rows
        ]

    def rename(self, plan_id: str, name: str) -> None:
        """Call a plan by another name; that is no edit and has no undo."""
        with self._transaction() as connection:
            plan, rev = self._head(connection, plan_id)
            here = sa.update(PLAN).where(PLAN.c.plan_id == plan_id)
            connection.execute(here.values(name=name))
        self._remember(replace(plan, name=name), rev)

    def remove(self, plan_id: str) -> None:
        """Delete a plan, its log and its snapshots for good."""
        with self._transaction() as connection:
            self._head(connection, plan_id)
            for table in (*STATE, EVENT, SNAPSHOT, PLAN):
                connection.execute(sa.delete(table).where(table.c.plan_id == plan_id))
            gone = sa.delete(SCENARIO).where(SCENARIO.c.scenario_id == plan_id)
            connection.execute(gone)
        self._heads.pop(plan_id, None)
        self._known = {key: s for key, s in self._known.items() if key[0] != plan_id}

    def setting(self, name: str, default: str = "") -> str:
        """Give a value the program keeps between starts."""
        with self._transaction() as connection:
            asked = sa.select(SETTING.c.value).where(SETTING.c.name == name)
            found = connection.execute(asked).scalar()
        return default if found is None else str(found)

    def keep_setting(self, name: str, value: str) -> None:
        """Keep a value between starts, such as the plan that is open."""
        with self._transaction() as connection:
            connection.execute(sa.delete(SETTING).where(SETTING.c.name == name))
            connection.execute(sa.insert(SETTING), {"name": name, "value": value})
