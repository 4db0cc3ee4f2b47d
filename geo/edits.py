"""An edit is data: what to change, and the edit that takes it back.

Every kind of edit is first written as *changes*, a plain JSON mapping that says what
each touched unit, account, territory and lock becomes; one function carries changes
out and gives the changes that take them back. So undo is exact for every kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args

import pandas as pd

from geo.changes import FIELDS, Changes, carry_out, difference
from geo.errors import InputError
from geo.plan import Plan, owner_of
from geo.recipes import RECIPES

Kind = Literal[
    "move",
    "override",
    "clear_override",
    "cut",
    "uncut",
    "merge",
    "split",
    "create",
    "drop",
    "rename",
    "recolor",
    "lock",
    "assign_rep",
    "set_goal",
    "restore",
]


@dataclass(frozen=True)
class Edit:
    """One change to a plan.

    Parameters
    ----------
    edit_id
        Unique; a repeat of the same id changes nothing. A store gives one to an
        edit that has none.
    kind
        What the edit does; it also says what `keys` are: units for move, cut and
        uncut, accounts for override and clear_override, territories for the rest; a
        lock says in `attrs["of"]` whether it is on units or territories.
    keys
        Ids the edit touches. Together with the kind they are its conflict set.
    to
        Territory, name, colour or rep the keys get, as the kind asks.
    before
        What each key had, in the order of `keys`: lets a reader say what changed.
    attrs
        What else the kind needs, as plain JSON values (a cut: pieces as WKB hex).
        `colors`, in any kind, are territories recoloured along with the edit:
        territory_id -> [colour it must have, colour it gets].
    """

    edit_id: str
    kind: Kind
    keys: tuple[str, ...]
    to: str = ""
    before: tuple[str, ...] = ()
    attrs: Mapping[str, Any] = field(default_factory=dict)


def move(ids: Iterable[str], *, to: str, edit_id: str = "") -> Edit:
    """Give units to a territory; to nobody when `to` is ""."""
    return Edit(edit_id, "move", tuple(ids), to)


def override(
    accounts: Iterable[str], *, to: str, counts: bool = True, edit_id: str = ""
) -> Edit:
    """Give accounts to a territory wherever they are; `counts` into its load or not."""
    return Edit(edit_id, "override", tuple(accounts), to, attrs={"counts": counts})


def clear_override(accounts: Iterable[str], *, edit_id: str = "") -> Edit:
    """Give accounts back to the territory of their unit."""
    return Edit(edit_id, "clear_override", tuple(accounts))


def merge(ids: Iterable[str], *, to: str, edit_id: str = "") -> Edit:
    """Dissolve territories into another one, exceptions included."""
    return Edit(edit_id, "merge", tuple(ids), to)


def split(
    territory_id: str,
    *,
    to: str,
    units: Iterable[str],
    name: str = "",
    edit_id: str = "",
) -> Edit:
    """Give some units of a territory to a new one called `to`."""
    attrs = {"units": list(units), "name": name or to}
    return Edit(edit_id, "split", (territory_id,), to, attrs=attrs)


def create(
    territory_id: str,
    *,
    name: str = "",
    color: str = "",
    units: Iterable[str] = (),
    edit_id: str = "",
) -> Edit:
    """Make a new territory, with some units or none."""
    attrs = {"units": list(units), "name": name or territory_id, "color": color}
    return Edit(edit_id, "create", (territory_id,), attrs=attrs)


def drop(ids: Iterable[str], *, to: str = "", edit_id: str = "") -> Edit:
    """Remove territories; what they own goes to `to`, or to nobody."""
    return Edit(edit_id, "drop", tuple(ids), to)


def rename(territory_id: str, *, to: str, edit_id: str = "") -> Edit:
    """Call a territory by another name."""
    return Edit(edit_id, "rename", (territory_id,), to)


def recolor(ids: Iterable[str], *, to: str, edit_id: str = "") -> Edit:
    """Give territories a colour, as #rrggbb."""
    return Edit(edit_id, "recolor", tuple(ids), to)


def lock(
    ids: Iterable[str],
    *,
    of: Literal["units", "territories"] = "units",
    locked: bool = True,
    edit_id: str = "",
) -> Edit:
    """Fix units where they are, or all units of territories; or release them."""
    return Edit(edit_id, "lock", tuple(ids), attrs={"of": of, "locked": locked})


def assign_rep(territory_id: str, *, to: str, edit_id: str = "") -> Edit:
    """Give a territory to a rep; to nobody when `to` is ""."""
    return Edit(edit_id, "assign_rep", (territory_id,), to)


def set_goal(goals: Mapping[str, float | None], *, edit_id: str = "") -> Edit:
    """Set the sales goal of territories, currency a year; None takes it away."""
    values = {i: None if g is None else float(g) for i, g in goals.items()}
    return Edit(edit_id, "set_goal", tuple(values), attrs={"goals": values})


def cut(
    pieces: Mapping[str, Mapping[str, str]],
    *,
    moved: Iterable[str] = (),
    to: str = "",
    edit_id: str = "",
) -> Edit:
    """Divide units into pieces, and give some of the ground to a territory.

    Parameters
    ----------
    pieces
        Unit or piece to divide -> (id of the new piece -> its geometry, WKB hex, in
        the CRS of the units). The pieces together are the ground of what they divide.
    moved
        New pieces, or whole units, that go to `to`; the rest stays with its owner.
    """
    attrs = {"pieces": {k: dict(v) for k, v in pieces.items()}, "moved": list(moved)}
    return Edit(edit_id, "cut", tuple(pieces), to, attrs=attrs)


def uncut(parents: Iterable[str], *, to: str, edit_id: str = "") -> Edit:
    """Put divided units together again and give them to one territory."""
    return Edit(edit_id, "uncut", tuple(parents), to)


def become(before: Plan, after: Plan, *, edit_id: str = "") -> Edit:
    """Give the edit that turns one plan into another over the same units.

    It is how a proposal is adopted: one edit, one undo.

    Raises
    ------
    PlanError
        When the plans stand on different units.
    """
    changes = difference(before, after)
    keys = {*changes["create"], *changes["drop"], *changes["units"]} - {""}
    return Edit(edit_id, "restore", tuple(sorted(keys)), attrs=changes)


def apply(plan: Plan, edit: Edit) -> tuple[Plan, Edit]:
    """Carry out an edit.

    Returns
    -------
    plan
        A new plan; the given one is unchanged.
    inverse
        The edit that gives back the plan as it was, bit for bit.

    Raises
    ------
    PlanError
        When the edit cannot be done: an id the plan does not know, a lock, a name
        that is taken. The sentence says which.
    """
    changes = dict(RECIPES[edit.kind](plan, edit))
    if edit.attrs.get("colors"):
        changes["colors"] = edit.attrs["colors"]
    after, back = carry_out(plan, changes)
    inverse = Edit(f"~{edit.edit_id}", "restore", edit.keys, attrs=back)
    return after, inverse


def with_before(plan: Plan, edit: Edit) -> Edit:
    """Fill in what each key had, so that a log can say what changed."""
    match edit.kind:
        case "move" | "cut" | "uncut":
            had = owner_of(plan, pd.Index(edit.keys, dtype=object))
        case "override" | "clear_override":
            said = plan.overrides["territory_id"]
            had = [str(said.get(key, "")) for key in edit.keys]
        case "rename" | "recolor" | "assign_rep":
            column = plan.territories[COLUMN_OF[edit.kind]]
            had = [str(column.get(key, "")) for key in edit.keys]
        case "merge" | "drop":
            column = plan.territories["name"]
            had = [str(column.get(key, "")) for key in edit.keys]
        case _:
            had = []
    return replace(edit, before=tuple(had))


def touches(edit: Edit) -> frozenset[tuple[str, str]]:
    """Give the keys an edit changes: its conflict set.

    Pairs of a kind (unit, account, lock, territory, or territory.<column>) and an id.
    What a merge or a drop moves is known once it is applied: its inverse says it.
    """
    keys = set(edit.keys)
    attrs = edit.attrs
    match edit.kind:
        case "move":
            found = {("unit", i) for i in keys}
        case "cut" | "uncut":
            found = {("unit", i) for i in keys | set(attrs.get("moved", ()))}
        case "override" | "clear_override":
            found = {("account", i) for i in keys}
        case "lock" if attrs.get("of", "units") == "units":
            found = {("lock", i) for i in keys}
        case "rename" | "recolor" | "assign_rep" | "set_goal" | "lock":
            found = {(f"territory.{COLUMN_OF[edit.kind]}", i) for i in keys}
        case "split":
            found = _whole(edit.to) | {("unit", str(i)) for i in attrs["units"]}
        case "create":
            found = {t for i in keys for t in _whole(i)}
            found |= {("unit", str(i)) for i in attrs.get("units", ())}
        case "merge" | "drop":
            found = {t for i in keys for t in _whole(i)}
        case "restore":
            found = _touched(attrs)
    return frozenset(found)


def units_touched(plan: Plan, edit: Edit) -> list[str]:
    """Give the units of a plan that an edit names, in the plan's order."""
    named = {key for kind, key in touches(edit) if kind == "unit"}
    return [str(unit) for unit in plan.unit_id if unit in named]


COLUMN_OF = {
    "rename": "name",
    "recolor": "color",
    "assign_rep": "rep_id",
    "set_goal": "goal",
    "lock": "locked",
}


def _whole(territory_id: str) -> set[tuple[str, str]]:
    """Give the keys of a territory that is made or removed."""
    columns = {(f"territory.{name}", territory_id) for name in FIELDS}
    return {("territory", territory_id)} | columns


def _touched(changes: Changes) -> set[tuple[str, str]]:
    """Give the keys of changes. Colours that follow an edit conflict with nothing."""
    cuts = changes.get("cuts") or {"drop": [], "add": []}
    units = {u for ids in changes.get("units", {}).values() for u in ids}
    units |= set(cuts["drop"]) | {entry["id"] for entry in cuts["add"]}
    found = {("unit", str(u)) for u in units}
    found |= {("account", i) for i in changes.get("accounts", ())}
    found |= {("lock", i) for i in changes.get("locks", ())}
    for key in [*changes.get("create", ()), *changes.get("drop", ())]:
        found |= _whole(key)
    for key, columns in changes.get("fields", {}).items():
        found |= {(f"territory.{name}", key) for name in columns}
    return found


def to_json(edit: Edit) -> str:
    """Write an edit as one line of JSON, keys in order."""
    members = {name: getattr(edit, name) for name in MEMBERS}
    return json.dumps(members, sort_keys=True, ensure_ascii=False, allow_nan=False)


MEMBERS = tuple(member.name for member in fields(Edit))


def from_json(text: str) -> Edit:
    """Read an edit that `to_json` wrote, or a browser sent.

    Raises
    ------
    InputError
        When it is not an edit: no JSON, an unknown kind, members of another type.
    """
    try:
        said = json.loads(text)
    except ValueError as error:
        raise InputError("This edit is not JSON", fix="Send it again") from error
    if not isinstance(said, dict) or said.get("kind") not in get_args(Kind):
        raise InputError("This edit has no known kind", fix="Send it again")
    for name in ("keys", "before"):
        if not isinstance(said.setdefault(name, []), list):
            raise InputError(f"The {name} of this edit are not a list")
    if not isinstance(said.setdefault("attrs", {}), dict):
        raise InputError("The attrs of this edit are not a mapping")
    edit = Edit(
        edit_id=said.get("edit_id", ""),
        kind=said["kind"],
        keys=tuple(said["keys"]),
        to=said.get("to", ""),
        before=tuple(said["before"]),
        attrs=said["attrs"],
    )
    texts = [edit.edit_id, edit.to, *edit.keys, *edit.before]
    if not all(isinstance(text, str) for text in texts):
        raise InputError("This edit has ids that are not text")
    return edit
