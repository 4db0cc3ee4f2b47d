"""The log of a plan in a database: who did what, what it touched, how to look back."""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd
import sqlalchemy as sa

from data.document import document, dumps, plan_of
from data.rows import EVENT, SNAPSHOT, Key, fetch
from geo.edits import Edit, apply, from_json, to_json
from geo.plan import Plan, owner_of

Role = Literal["edit", "undo", "redo"]


@dataclass(frozen=True)
class Conflict:
    """An edit that was not made: something it touches has changed since its base.

    Parameters
    ----------
    keys
        What both touch: pairs of a kind (unit, account, ...) and an id.
    theirs
        What each key is now: a territory, a name, a colour, ... "" for nothing.
    who, at
        Who changed each key last, and when (UTC).
    rev
        The latest revision: the base to name when the edit is made all the same.
    """

    keys: tuple[Key, ...]
    theirs: tuple[str, ...]
    who: tuple[str, ...]
    at: tuple[dt.datetime, ...]
    rev: int


@dataclass(frozen=True)
class Event:
    """One line of a plan's log: who did what, and when (UTC).

    `of_rev` is the edit an undo takes back or a redo does again, else its own rev.
    """

    rev: int
    actor: str
    at: dt.datetime
    role: Role
    of_rev: int
    edit: Edit
    inverse: Edit


def write_snapshot(connection: sa.Connection, plan: Plan, rev: int) -> None:
    """Keep a plan in one piece, as a compressed document."""
    here = (SNAPSHOT.c.plan_id == plan.plan_id) & (SNAPSHOT.c.rev == rev)
    connection.execute(sa.delete(SNAPSHOT).where(here))
    content = zlib.compress(dumps(document(plan)).encode(), 6)
    row = {"plan_id": plan.plan_id, "rev": rev, "content": content}
    connection.execute(sa.insert(SNAPSHOT), row)


def as_it_was(connection: sa.Connection, plan: Plan, last: int, rev: int) -> Plan:
    """Replay from the nearest snapshot below, or take back from the latest state."""
    below = sa.select(SNAPSHOT).where(
        (SNAPSHOT.c.plan_id == plan.plan_id) & (SNAPSHOT.c.rev <= rev)
    )
    found = fetch(connection, below.order_by(SNAPSHOT.c.rev.desc()).limit(1))
    if found and rev - found[0][1] < last - rev:
        text = zlib.decompress(found[0][2]).decode()
        plan, start = plan_of(json.loads(text)), found[0][1]
        for event in events(connection, plan.plan_id, start, rev):
            plan, _ = apply(plan, event.edit)
        return plan
    for event in reversed(events(connection, plan.plan_id, rev, last)):
        plan, _ = apply(plan, event.inverse)
    return plan


def events(
    connection: sa.Connection, plan_id: str, since: int, until: int | None = None
) -> list[Event]:
    """Give the events after a revision, up to another one, oldest first."""
    asked = _log_rows(plan_id, since)
    if until is not None:
        asked = asked.where(EVENT.c.rev <= until)
    return [_event(row) for row in fetch(connection, asked)]


COLUMNS = (
    EVENT.c.rev,
    EVENT.c.actor,
    EVENT.c.at,
    EVENT.c.role,
    EVENT.c.of_rev,
    EVENT.c.edit,
    EVENT.c.inverse,
)


def _log_rows(plan_id: str, since: int) -> sa.Select[Any]:
    here = (EVENT.c.plan_id == plan_id) & (EVENT.c.rev > since)
    return sa.select(*COLUMNS).where(here).order_by(EVENT.c.rev)


def _event(row: Sequence[Any]) -> Event:
    rev, actor, at, role, of_rev, edit, inverse = row
    time = dt.datetime.fromisoformat(at)
    return Event(rev, actor, time, role, of_rev, from_json(edit), from_json(inverse))


def write_event(
    connection: sa.Connection, plan_id: str, event: Event, touched: frozenset[Key]
) -> None:
    """Append an event to the log of a plan, with the keys it touches."""
    row = {
        "plan_id": plan_id,
        "rev": event.rev,
        "edit_id": event.edit.edit_id,
        "actor": event.actor,
        "at": event.at.isoformat(),
        "role": event.role,
        "of_rev": event.of_rev,
        "edit": to_json(event.edit),
        "inverse": to_json(event.inverse),
        "touched": json.dumps(sorted(touched)),
    }
    connection.execute(sa.insert(EVENT), row)


def event_of(connection: sa.Connection, plan_id: str, edit_id: str) -> Event | None:
    """Give the event of an edit id, None when the log does not have it."""
    here = (EVENT.c.plan_id == plan_id) & (EVENT.c.edit_id == edit_id)
    row = connection.execute(sa.select(*COLUMNS).where(here)).first()
    return None if row is None else _event(row)


def event_at(connection: sa.Connection, plan_id: str, rev: int) -> Event:
    """Give the event that made a revision the log has."""
    here = (EVENT.c.plan_id == plan_id) & (EVENT.c.rev == rev)
    return _event(connection.execute(sa.select(*COLUMNS).where(here)).one())


@dataclass(frozen=True)
class Touch:
    """What an event touched, without its edit."""

    actor: str
    at: str
    keys: frozenset[Key]


def touched_since(
    connection: sa.Connection, plan_id: str, since: int, *, but: str | None = None
) -> list[Touch]:
    """Give what the events after a revision touched, oldest first.

    Parameters
    ----------
    but
        An actor whose own events do not count.
    """
    here = (EVENT.c.plan_id == plan_id) & (EVENT.c.rev > since)
    if but is not None:
        here &= EVENT.c.actor != but
    asked = sa.select(EVENT.c.actor, EVENT.c.at, EVENT.c.touched)
    rows = fetch(connection, asked.where(here).order_by(EVENT.c.rev))
    return [
        Touch(actor, at, frozenset((kind, key) for kind, key in json.loads(touched)))
        for actor, at, touched in rows
    ]


def conflict_of(
    plan: Plan, rev: int, since: Sequence[Touch], keys: frozenset[Key]
) -> Conflict | None:
    """Give the keys that have changed since, None when there are none."""
    last: dict[Key, Touch] = {}
    for touch in since:
        last |= dict.fromkeys(touch.keys & keys, touch)
    if not last:
        return None
    found = sorted(last)
    return Conflict(
        keys=tuple(found),
        theirs=tuple(_value(plan, key) for key in found),
        who=tuple(last[key].actor for key in found),
        at=tuple(dt.datetime.fromisoformat(last[key].at) for key in found),
        rev=rev,
    )


def _value(plan: Plan, key: Key) -> str:
    """Give what a key is now, in words of the plan."""
    kind, name = key
    if kind == "unit":
        return owner_of(plan, pd.Index([name], dtype=object))[0]
    if kind == "account":
        return str(plan.overrides["territory_id"].get(name, ""))
    if kind == "lock":
        return "locked" if name in plan.locks else ""
    if name not in plan.territories.index:
        return ""
    column = kind.removeprefix("territory").removeprefix(".") or "name"
    return str(plan.territories.at[name, column])


@dataclass
class Stacks:
    """What an actor can undo and redo in a plan: the last event on each edit.

    An edit ends what could be redone; an undo moves the newest edit over, a redo
    brings it back.
    """

    rev: int = 0
    done: list[int] = field(default_factory=list)
    undone: list[int] = field(default_factory=list)

    def follow(self, connection: sa.Connection, plan_id: str, actor: str) -> Stacks:
        """Read on from the last event seen."""
        mine = (EVENT.c.plan_id == plan_id) & (EVENT.c.actor == actor)
        asked = sa.select(EVENT.c.rev, EVENT.c.role).where(mine, EVENT.c.rev > self.rev)
        for rev, role in fetch(connection, asked.order_by(EVENT.c.rev)):
            if role == "edit":
                self.undone.clear()
            elif role == "undo":
                self.done.pop()
            else:
                self.undone.pop()
            (self.undone if role == "undo" else self.done).append(rev)
            self.rev = rev
        return self

    def last_word(self, role: str) -> int | None:
        """Give the event whose inverse an undo or a redo applies, None without one."""
        stack = self.done if role == "undo" else self.undone
        return stack[-1] if stack else None
