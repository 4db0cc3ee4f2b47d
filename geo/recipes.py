"""What each kind of edit changes: one recipe a kind, from an edit to its changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from geo.changes import Changes
from geo.cuts import entries_of
from geo.errors import PlanError
from geo.plan import Plan, codes, name_of, units_of

if TYPE_CHECKING:
    from geo.edits import Edit


def _move(_plan: Plan, edit: Edit) -> Changes:
    return {"units": {edit.to: list(edit.keys)}}


def _override(plan: Plan, edit: Edit) -> Changes:
    codes(plan, [edit.to])
    entry = [edit.to, bool(edit.attrs.get("counts", True))]
    return {"accounts": dict.fromkeys(edit.keys, entry)}


def _clear_override(plan: Plan, edit: Edit) -> Changes:
    there = plan.overrides.index.isin(list(edit.keys))
    known = set(plan.overrides.index[there])
    return {"accounts": {key: None for key in edit.keys if key in known}}


def _merge(plan: Plan, edit: Edit) -> Changes:
    if not edit.to or edit.to in edit.keys:
        raise PlanError(
            "A merge needs a territory that stays",
            fix="Name one that is not among those that dissolve",
        )
    return _drop(plan, edit)


def _drop(plan: Plan, edit: Edit) -> Changes:
    """Remove territories; units and exceptions follow `to`."""
    codes(plan, [*edit.keys, edit.to])
    for key in edit.keys:
        if plan.territories.at[key, "locked"]:
            raise _locked_territory(plan, key)
    gone = plan.overrides[plan.overrides["territory_id"].isin(edit.keys)]
    orphans = {
        str(account): [edit.to, bool(counts)]
        for account, counts in zip(gone.index, gone["counts"], strict=True)
    }
    units = [u for key in edit.keys for u in units_of(plan, key)]
    return {
        "units": {edit.to: units},
        "accounts": orphans,
        "drop": list(edit.keys),
    }


def _locked_territory(plan: Plan, territory_id: str) -> PlanError:
    name = name_of(plan, territory_id)
    return PlanError(f"{name} is locked", where=plan.name, fix="Unlock it first")


def _split(plan: Plan, edit: Edit) -> Changes:
    (source,) = edit.keys
    units = [str(u) for u in edit.attrs["units"]]
    owned = set(units_of(plan, source))
    strangers = [u for u in units if u not in owned]
    if strangers:
        raise PlanError(
            f"{strangers[0]} is not a unit of {source}",
            where=plan.name,
            fix="Split a territory into units it owns",
        )
    if not units or len(set(units)) == len(owned):
        raise PlanError(
            f"Nothing would be left of one half of {source}",
            fix="Choose some of its units, not all",
        )
    return _born(plan, edit.to, edit.attrs, units)


def _create(plan: Plan, edit: Edit) -> Changes:
    (new,) = edit.keys
    return _born(plan, new, edit.attrs, [str(u) for u in edit.attrs.get("units", ())])


def _born(plan: Plan, new: str, attrs: Mapping[str, Any], units: list[str]) -> Changes:
    """Give the changes that make a territory and hand it its units."""
    if not new:
        raise PlanError("A new territory needs an id", fix="Give it one, such as 'T07'")
    if new in plan.territories.index:
        raise PlanError(
            f"Territory {new!r} exists already", where=plan.name, fix="Take another id"
        )
    name = str(attrs.get("name") or new)
    _free_name(plan, name, but=new)
    row = {
        "name": name,
        "color": str(attrs.get("color", "")),
        "rep_id": "",
        "locked": False,
        "goal": None,
    }
    return {"create": {new: row}, "units": {new: units}}


def _free_name(plan: Plan, name: str, *, but: str) -> None:
    taken = plan.territories["name"] == name
    other = [i for i in plan.territories.index[taken] if i != but]
    if other:
        raise PlanError(
            f"Territory {other[0]} is already called {name!r}",
            where=plan.name,
            fix="Choose another name",
        )


def _rename(plan: Plan, edit: Edit) -> Changes:
    (key,) = edit.keys
    name = edit.to.strip()
    if not name:
        raise PlanError("A territory needs a name", fix="Type one")
    codes(plan, [key])
    _free_name(plan, name, but=key)
    return {"fields": {key: {"name": name}}}


def _recolor(plan: Plan, edit: Edit) -> Changes:
    digits = edit.to[1:].lower()
    if len(edit.to) != 7 or edit.to[0] != "#" or set(digits) - set("0123456789abcdef"):
        raise PlanError(f"{edit.to!r} is not a colour", fix="Write it as #1b6ca8")
    return _fields(plan, edit.keys, {"color": f"#{digits}"})


def _fields(plan: Plan, keys: Iterable[str], fields: Mapping[str, Any]) -> Changes:
    codes(plan, list(keys))
    return {"fields": {key: dict(fields) for key in keys}}


def _lock(plan: Plan, edit: Edit) -> Changes:
    locked = bool(edit.attrs.get("locked", True))
    if edit.attrs.get("of", "units") == "territories":
        return _fields(plan, edit.keys, {"locked": locked})
    return {"locks": dict.fromkeys(edit.keys, locked)}


def _assign_rep(plan: Plan, edit: Edit) -> Changes:
    return _fields(plan, edit.keys, {"rep_id": edit.to})


def _set_goal(plan: Plan, edit: Edit) -> Changes:
    codes(plan, list(edit.keys))
    goals: Mapping[str, float | None] = edit.attrs["goals"]
    return {"fields": {key: {"goal": goals[key]} for key in edit.keys}}


def _cut(plan: Plan, edit: Edit) -> Changes:
    """Replace each divided unit by its pieces; some of them change hands."""
    pieces: Mapping[str, Mapping[str, str]] = edit.attrs["pieces"]
    old = entries_of(plan, list(pieces))
    added = []
    for entry in old:
        if len(pieces[entry["id"]]) < 2:
            raise PlanError(
                f"{entry['id']} is not divided by this cut",
                where=plan.name,
                fix="Draw the line across it",
            )
        root = {**entry, "parent": entry["parent"] or entry["id"]}
        added += [
            {**root, "id": i, "wkb": wkb} for i, wkb in pieces[entry["id"]].items()
        ]
    moved = [str(i) for i in edit.attrs.get("moved", ())]
    return {
        "cuts": {"drop": list(pieces), "add": added},
        "units": {edit.to: moved} if moved else {},
    }


def _uncut(plan: Plan, edit: Edit) -> Changes:
    """Replace the pieces of each unit by the unit itself."""
    parents = plan.cuts["parent"]
    whole = sorted(set(edit.keys) - set(parents))
    if whole:
        raise PlanError(f"{whole[0]} is not cut", where=plan.name)
    rows = plan.cuts.drop_duplicates("parent").set_index("parent")["row"]
    unit = {"parent": "", "wkb": "", "owner": edit.to}
    added = [{"id": key, "row": int(rows[key]), **unit} for key in edit.keys]
    pieces = plan.cuts.index[parents.isin(edit.keys)]
    return {"cuts": {"drop": pieces.to_list(), "add": added}}


def _restore(_plan: Plan, edit: Edit) -> Changes:
    return {k: v for k, v in edit.attrs.items() if k != "colors"}


Recipe: TypeAlias = "Callable[[Plan, Edit], Changes]"

RECIPES: Mapping[str, Recipe] = {
    "move": _move,
    "override": _override,
    "clear_override": _clear_override,
    "cut": _cut,
    "uncut": _uncut,
    "merge": _merge,
    "split": _split,
    "create": _create,
    "drop": _drop,
    "rename": _rename,
    "recolor": _recolor,
    "lock": _lock,
    "assign_rep": _assign_rep,
    "set_goal": _set_goal,
    "restore": _restore,
}
