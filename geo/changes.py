"""Changes to a plan, as plain JSON: carried out together, and taken back exactly.

A mapping with any of these keys:

- `cuts`: {"drop": [unit or piece], "add": [{id, parent, row, wkb, owner}]}; a whole
  unit has no parent and no wkb
- `create`: territory_id -> its row (name, color, rep_id, locked, goal, code)
- `fields`: territory_id -> the columns that change
- `units`: territory_id, or "" for nobody -> the units it gets
- `accounts`: account_id -> [territory_id, counts], or None: no exception
- `drop`: territories that go, once they own nothing
- `locks`: unit_id -> locked or not
- `colors`: territory_id -> [colour it must have, colour it gets]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.cuts import entries_of, exchange
from geo.errors import PlanError
from geo.frames import Territories
from geo.plan import (
    UNASSIGNED,
    Plan,
    codes,
    name_of,
    owner_of,
    successor,
    unit_rows,
)

Changes: TypeAlias = Mapping[str, Any]

FIELDS = ("name", "color", "rep_id", "locked", "goal")
"""Columns of a territory that may change one by one."""


def carry_out(plan: Plan, changes: Changes) -> tuple[Plan, dict[str, Any]]:
    """Give the changed plan, and the changes that give back the first one.

    Raises
    ------
    PlanError
        When an id is unknown, something is locked, or a territory that goes still
        owns something.
    """
    after = plan
    undo: dict[str, Any] = {}
    if changes.get("cuts"):
        after, undo["cuts"] = exchange(after, changes["cuts"])
    if changes.get("create"):
        after, undo["drop"] = _create(after, changes["create"])
    if changes.get("fields"):
        after, undo["fields"] = _fields(after, changes["fields"])
    if changes.get("locks"):
        after, undo["locks"] = _locks(after, changes["locks"])
    if changes.get("units"):
        after, undo["units"] = _units(after, changes["units"])
    if changes.get("accounts"):
        after, undo["accounts"] = _accounts(after, changes["accounts"])
    if changes.get("drop"):
        after, undo["create"] = _drop(after, changes["drop"])
    if changes.get("colors"):
        after, undo["colors"] = _colors(after, changes["colors"])
    _respect_locks(plan, after, changes)
    _forget_new_ground(undo)
    return successor(plan, after), {k: v for k, v in undo.items() if v}


def _forget_new_ground(undo: dict[str, Any]) -> None:
    """Leave out moves of ground that will not be there once the cut is undone."""
    if "cuts" not in undo or "units" not in undo:
        return
    new = set(undo["cuts"]["drop"])
    kept = {
        to: [u for u in units if u not in new] for to, units in undo["units"].items()
    }
    undo["units"] = {to: units for to, units in kept.items() if units}


def _units(
    plan: Plan, wanted: Mapping[str, Sequence[str]]
) -> tuple[Plan, dict[str, list[str]]]:
    """Give units to territories; what they had is grouped the same way."""
    ids = [str(u) for units in wanted.values() for u in units]
    if not ids:
        return plan, {}
    rows = unit_rows(plan, ids)
    new = np.repeat(codes(plan, list(wanted)), [len(u) for u in wanted.values()])
    if len(set(ids)) < len(ids):
        raise PlanError("A unit is named twice in one edit", where=plan.name)
    old = plan.assignment[rows]
    assignment = plan.assignment.copy()
    assignment[rows] = new
    had = _grouped(plan, plan.unit_id[rows][old != new], old[old != new])
    return replace(plan, assignment=assignment), had


def _grouped(
    plan: Plan, ids: NDArray[np.object_], code: NDArray[np.uint16]
) -> dict[str, list[str]]:
    """Group unit ids by the territory of their code."""
    name = dict(zip(plan.territories["code"], plan.territories.index, strict=True))
    name[UNASSIGNED] = ""
    return {name[int(c)]: ids[code == c].tolist() for c in np.unique(code)}


def _respect_locks(before: Plan, after: Plan, changes: Changes) -> None:
    """Refuse a change to what was locked and stays so."""
    held = before.locks & after.locks
    old, new = before.territories["locked"], after.territories["locked"]
    fixed = [i for i in old.index[old] if i in new.index and new[i]]
    if not held and not fixed:
        return
    moved = _changed_units(before, after, changes)
    for unit, owner_before, owner_after in moved:
        if unit in held:
            raise PlanError(
                f"Unit {unit} is locked", where=before.name, fix="Unlock it first"
            )
        for owner in (owner_before, owner_after):
            if owner in fixed:
                raise PlanError(
                    f"{name_of(before, owner)} is locked and keeps its units",
                    where=before.name,
                    fix="Unlock it first",
                )


def _changed_units(
    before: Plan, after: Plan, changes: Changes
) -> list[tuple[str, str, str]]:
    """Give (unit, owner before, owner after) where an edit changes it."""
    cuts = changes.get("cuts") or {"drop": [], "add": []}
    touched = {str(u) for units in changes.get("units", {}).values() for u in units}
    touched |= set(cuts["drop"]) | {entry["id"] for entry in cuts["add"]}
    ids = pd.Index(sorted(touched), dtype=object)
    was, now = owner_of(before, ids), owner_of(after, ids)
    return [(u, a, b) for u, a, b in zip(ids, was, now, strict=True) if a != b]


def _accounts(
    plan: Plan, wanted: Mapping[str, Sequence[Any] | None]
) -> tuple[Plan, dict[str, list[Any] | None]]:
    """Set or clear exceptions."""
    old = plan.overrides
    entries = _entries(old[old.index.isin(list(wanted))])
    asked = {key: _plain(entry) for key, entry in wanted.items()}
    codes(plan, sorted({str(entry[0]) for entry in asked.values() if entry}))
    back = {k: entries.get(k) for k in asked if entries.get(k) != asked[k]}
    _refuse_locked(plan, [*back.values(), *(asked[key] for key in back)])
    new: dict[str, list[Any]] = {}
    for key in back:
        entry = asked[key]
        if entry:
            new[key] = entry
    kept = old[~old.index.isin(list(back))]
    table = pd.concat([kept, overrides_of(new)]).sort_index()
    return replace(plan, overrides=table), back


def _refuse_locked(plan: Plan, sides: Iterable[list[Any] | None]) -> None:
    """Refuse an exception that a locked territory would gain or lose."""
    locked = set(plan.territories.index[plan.territories["locked"]])
    for owner in {side[0] for side in sides if side} & locked:
        raise PlanError(
            f"{name_of(plan, owner)} is locked and keeps its accounts",
            where=plan.name,
            fix="Unlock it first",
        )


def _plain(entry: Sequence[Any] | None) -> list[Any] | None:
    return [str(entry[0]), bool(entry[1])] if entry else None


def _entries(overrides: pd.DataFrame) -> dict[str, list[Any]]:
    owner, counts = overrides["territory_id"], overrides["counts"]
    pairs = zip(owner.to_list(), counts.to_list(), strict=True)
    return dict(zip(overrides.index.to_list(), map(list, pairs), strict=True))


def overrides_of(entries: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Give the override table of account_id -> [territory_id, counts], in order."""
    ids = sorted(entries)
    table = pd.DataFrame(
        {
            "territory_id": pd.Series([str(entries[i][0]) for i in ids], dtype="str"),
            "counts": pd.Series([bool(entries[i][1]) for i in ids], dtype="bool"),
        }
    )
    table.index = pd.Index(ids, dtype="str", name="account_id")
    return table


def _create(
    plan: Plan, rows: Mapping[str, Mapping[str, Any]]
) -> tuple[Plan, list[str]]:
    """Add territories, each with its old code when that is free."""
    table = plan.territories
    for key in rows:
        if key in table.index:
            raise PlanError(f"Territory {key!r} exists already", where=plan.name)
    used = set(table["code"].to_numpy().tolist())
    new = []
    for row in rows.values():
        code = row.get("code")
        if code is None or int(code) in used:
            code = max(used, default=-1) + 1
        if int(code) >= UNASSIGNED:
            raise PlanError(f"A plan holds at most {UNASSIGNED} territories")
        used.add(int(code))
        goal = np.nan if row.get("goal") is None else float(row["goal"])
        new.append({**row, "code": int(code), "goal": goal})
    added = pd.DataFrame(new, columns=table.columns)
    added.index = pd.Index(list(rows), dtype=table.index.dtype, name=table.index.name)
    both = pd.concat([table, added.astype(table.dtypes.to_dict())])
    return replace(plan, territories=_in_order(both)), list(rows)


def _in_order(table: Territories) -> Territories:
    return table.sort_values("code", kind="stable")


def _drop(plan: Plan, ids: Sequence[str]) -> tuple[Plan, dict[str, dict[str, Any]]]:
    """Remove territories that own nothing any more."""
    gone = codes(plan, list(ids))
    if np.isin(plan.assignment, gone).any():
        raise PlanError(
            f"{_first_owner(plan, ids)} still owns units",
            where=plan.name,
            fix="Give them to another territory first",
        )
    held = plan.overrides["territory_id"].isin(list(ids))
    if held.any():
        raise PlanError(
            f"{plan.overrides['territory_id'][held].iloc[0]} still owns accounts",
            where=plan.name,
            fix="Give them to another territory first",
        )
    rows = {key: _row(plan.territories, key) for key in ids}
    return replace(plan, territories=plan.territories.drop(index=list(ids))), rows


def _first_owner(plan: Plan, ids: Iterable[str]) -> str:
    for key in ids:
        (code,) = codes(plan, [key])
        if (plan.assignment == code).any():
            return name_of(plan, key)
    return ""


def _row(table: Territories, key: str) -> dict[str, Any]:
    code = int(table["code"].to_numpy()[table.index.get_loc(key)])
    return {"code": code} | {name: _json(table.at[key, name]) for name in FIELDS}


def _json(value: Any) -> Any:
    """Give a cell as a plain JSON value; a missing goal is None."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, float | np.floating):
        return None if np.isnan(value) else float(value)
    return str(value)


def _fields(
    plan: Plan, wanted: Mapping[str, Mapping[str, Any]]
) -> tuple[Plan, dict[str, dict[str, Any]]]:
    """Set columns of territories one by one."""
    codes(plan, list(wanted))
    table = plan.territories.copy()
    back: dict[str, dict[str, Any]] = {}
    for key, fields in wanted.items():
        for name, value in fields.items():
            if name not in FIELDS:
                raise PlanError(f"A territory has no column {name!r} to edit")
            old = _json(table.at[key, name])
            if old != value:
                back.setdefault(key, {})[name] = old
                table.at[key, name] = np.nan if value is None else value
    return replace(plan, territories=table), back


def _colors(
    plan: Plan, wanted: Mapping[str, Sequence[str]]
) -> tuple[Plan, dict[str, list[str]]]:
    """Recolour territories that still have the colour the change starts from."""
    table = plan.territories.copy()
    back: dict[str, list[str]] = {}
    for key, (old, new) in wanted.items():
        if key in table.index and table.at[key, "color"] == old and old != new:
            table.at[key, "color"] = new
            back[key] = [new, old]
    return replace(plan, territories=table), back


def _locks(plan: Plan, wanted: Mapping[str, bool]) -> tuple[Plan, dict[str, bool]]:
    """Lock or release units."""
    unit_rows(plan, list(wanted))
    on = {key for key, locked in wanted.items() if locked}
    off = set(wanted) - on
    back = dict.fromkeys(sorted(on - plan.locks), False)
    back |= dict.fromkeys(sorted(off & plan.locks), True)
    return replace(plan, locks=(plan.locks | on) - off), back


def difference(before: Plan, after: Plan) -> dict[str, Any]:
    """Give the changes that turn one plan into another over the same unit set.

    Codes may differ from those of `after`; owners, names, exceptions, cuts and locks
    are the same.

    Raises
    ------
    PlanError
        When the plans stand on different units.
    """
    if before.unit_set != after.unit_set:
        raise PlanError(
            f"The plans stand on different units: {before.unit_set}, {after.unit_set}",
            fix="Import one of them again over the units of the other",
        )
    old, new = before.territories, after.territories
    common = old.index.intersection(new.index)
    return {
        "cuts": _cut_difference(before, after),
        "create": {i: _born(new, i) for i in new.index.difference(old.index)},
        "fields": _field_difference(old.loc[common], new.loc[common]),
        "units": _unit_difference(before, after),
        "accounts": _account_difference(before.overrides, after.overrides),
        "drop": old.index.difference(new.index).to_list(),
        "locks": dict.fromkeys(sorted(after.locks - before.locks), True)
        | dict.fromkeys(sorted((before.locks - after.locks) & set(after.rows)), False),
    }


def _born(table: Territories, key: str) -> dict[str, Any]:
    return {name: _json(table.at[key, name]) for name in FIELDS}


def _cut_difference(before: Plan, after: Plan) -> dict[str, Any]:
    if before.cuts.index.equals(after.cuts.index):
        return {}
    gone = [u for u in before.unit_id if u not in after.rows]
    added = [u for u in after.unit_id if u not in before.rows]
    entries = entries_of(after, added)
    known = set(before.territories.index)
    for entry in entries:  # a new territory gets its ground after it is made
        entry["owner"] = entry["owner"] if entry["owner"] in known else ""
    return {"drop": gone, "add": entries}


def _unit_difference(before: Plan, after: Plan) -> dict[str, list[str]]:
    now = owner_of(after, pd.Index(after.unit_id, dtype=object))
    was = owner_of(before, pd.Index(after.unit_id, dtype=object))
    moved: dict[str, list[str]] = {}
    for unit, a, b in zip(after.unit_id, was, now, strict=True):
        if a != b:
            moved.setdefault(b, []).append(unit)
    return moved


def _field_difference(old: Territories, new: Territories) -> dict[str, dict[str, Any]]:
    changed = {}
    for key in old.index:
        fields = {
            name: _json(new.at[key, name])
            for name in FIELDS
            if _json(old.at[key, name]) != _json(new.at[key, name])
        }
        if fields:
            changed[str(key)] = fields
    return changed


def _account_difference(
    old: pd.DataFrame, new: pd.DataFrame
) -> dict[str, list[Any] | None]:
    was, now = _entries(old), _entries(new)
    changed: dict[str, list[Any] | None] = {i: None for i in was if i not in now}
    return changed | {i: e for i, e in now.items() if was.get(i) != e}
