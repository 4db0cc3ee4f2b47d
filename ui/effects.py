"""What an edit does, in one sentence a leader reads before pressing Apply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.edits import Edit
from geo.frames import Scorecard
from ui import words


@dataclass(frozen=True)
class Effect:
    """An edit's effect: the sentence, and how each touched territory changes.

    Parameters
    ----------
    sentence
        "Move 3 counties, 24 accounts, $410k from East to North: East 131 → 118 %".
    changes
        territory_id -> "131 → 118 %", for the territories touched.
    """

    sentence: str
    changes: Mapping[str, str] = field(default_factory=dict)


def effect_of(before: Scorecard, after: Scorecard, edit: Edit, *, kind: str) -> Effect:
    """Say what an edit does.

    Parameters
    ----------
    before, after
        Scorecards of the plan without and with the edit: name, accounts, revenue,
        load (or share where no hours are known).
    edit
        The edit; `before` names what its units had.
    kind
        Kind of basic unit, for the word: county, zip, ...
    """
    several = touched(before, after)
    changes = {i: _change(before, after, i) for i in several}
    called = pd.concat([before["name"], after["name"]])
    called = called[~called.index.duplicated(keep="last")]
    order = [i for i in several if i != edit.to] + [i for i in several if i == edit.to]
    parts = [f"{called[i]} {changes[i]}" for i in order]
    what = _what(before, after, edit, called, kind)
    return Effect(what + (": " + ", ".join(parts) if parts else ""), changes)


def touched(before: Scorecard, after: Scorecard) -> list[str]:
    """Give territories whose accounts, revenue, hours or area differ."""
    columns = [
        column
        for column in ("accounts", "revenue", "workload_h", "area_km2")
        if column in before and column in after
    ]
    both = before.index.union(after.index, sort=False)
    one, two = (_numbers(card, both, columns) for card in (before, after))
    changed = (np.abs(one - two) > 1e-6 * (np.abs(one) + 1)).any(axis=1)
    return [str(i) for i in both[np.flatnonzero(changed)]]


def _numbers(
    card: Scorecard, index: pd.Index, columns: list[str]
) -> NDArray[np.float64]:
    """Give some columns in the order of an index, 0 for what is not there."""
    known = np.nan_to_num(card.reindex(columns=columns).to_numpy(dtype=np.float64))
    none = np.zeros((1, len(columns)))
    found: NDArray[np.float64] = np.concatenate([known, none])[
        card.index.get_indexer(index)
    ]
    return found


def lead_column(card: Scorecard) -> str:
    """Give the percentage that leads: load of the reps' hours, else the fair share."""
    return "load" if card["load"].notna().any() else "share"


def _change(before: Scorecard, after: Scorecard, territory_id: str) -> str:
    """Say how full a territory was and is; in hours where it has no rep."""
    if territory_id not in after.index:
        return "gone"
    column = lead_column(after)
    old, new = (card[column].get(territory_id) for card in (before, after))
    if pd.isna(new):
        return words.hours(float(after["workload_h"].get(territory_id, float("nan"))))
    if old is None or pd.isna(old):
        return f"now {words.percent(new)}"
    if words.percent(old) == words.percent(new):
        return f"still {words.percent(new)}"
    return f"{old * 100:,.0f} \u2192 {words.percent(new)}"


def _what(
    before: Scorecard, after: Scorecard, edit: Edit, called: pd.Series, kind: str
) -> str:
    """Say the edit itself; how much moves is read from the scorecards."""
    to = str(called.get(edit.to, edit.to)) or "nobody"
    both = before.index.union(after.index)
    one, two = (_numbers(c, both, ["accounts", "revenue"]) for c in (before, after))
    accounts, revenue = np.maximum(two - one, 0.0).sum(axis=0)
    moved = words.accounts(float(accounts))
    if revenue > 0:
        moved += f", {words.money(float(revenue))}"
    sources = sorted(
        {str(called.get(i, i)) or "nobody" for i in edit.before if i != edit.to}
    )
    origin = f" from {words.listed(sources)}" if sources else ""
    n = len(edit.keys)
    if edit.kind == "move":
        return f"Move {words.units(n, kind)}, {moved}{origin} to {to}"
    if edit.kind == "restore" and edit.attrs.get("units"):
        groups = edit.attrs["units"]
        takers = words.listed([str(called.get(i, i)) or "nobody" for i in groups])
        n = sum(map(len, groups.values()))
        return f"Move {words.units(n, kind)}, {moved} to {takers}"
    if edit.kind == "override":
        return f"Move {moved}{origin} to {to}"
    if edit.kind == "cut":
        return f"Draw the border of {to} through {words.units(n, kind)}, {moved}"
    whose = words.listed([str(called.get(i, i)) for i in edit.keys])
    if edit.kind == "merge":
        return f"Merge {whose} into {to}, {moved}"
    if edit.kind == "split":
        units = words.units(len(edit.attrs["units"]), kind)
        return f"Split {whose}, {units}, {moved} to {to}"
    if edit.kind == "create":
        units = words.units(len(edit.attrs["units"]), kind)
        return f"Make {whose} of {units}, {moved}"
    return _named(edit, whose, kind)


def _named(edit: Edit, whose: str, kind: str) -> str:
    """Say an edit that moves nothing, or takes away."""
    n = len(edit.keys)
    match edit.kind:
        case "lock":
            verb = "Lock" if edit.attrs.get("locked", True) else "Unlock"
            units = edit.attrs.get("of", "units") == "units"
            return f"{verb} {words.units(n, kind) if units else whose}"
        case "rename":
            return f"Call {words.listed(list(edit.before))} {edit.to}"
        case "recolor":
            return f"Colour {whose} anew"
        case "drop":
            return f"Remove {whose}"
        case "clear_override":
            return f"Give {words.accounts(n)} back to where they are"
        case "assign_rep":
            return f"Give {whose} to another rep"
        case "set_goal":
            return f"Set the sales goal of {whose}"
    return "Change the plan"
