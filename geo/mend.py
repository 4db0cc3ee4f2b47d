"""The smallest repairs of what is wrong with a plan, each with its price.

A repair is tried on the plan first, and only offered when the break is gone and no
unit, account or lock is worse off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.breaks import Break, breaks, units_in_words
from geo.edits import Edit, apply, move
from geo.errors import PlanError
from geo.frames import Reps, Targets
from geo.metrics import territory_loads
from geo.plan import UNASSIGNED, Plan, aligned_labels, name_of, owner_rows
from geo.reach import Reach
from geo.remedies import (
    Moves,
    Scene,
    back_home,
    fill_hole,
    reload,
    scene_of,
    to_nearer,
    to_neighbors,
    unload,
)
from geo.study import Study, effective

MOST = 3
"""Repairs offered for a break."""

IDEAS: Mapping[str, Callable[[Scene, Break], Iterable[Moves]]] = {
    "pieces": to_neighbors,
    "unassigned": to_neighbors,
    "hole": fill_hole,
    "lock": back_home,
    "over": unload,
    "far": to_nearer,
    "under": reload,
}


LOCAL = frozenset({"hole", "unassigned", "lock", "far"})
"""Kinds of which a territory may have several, each of its own units."""


@dataclass(frozen=True)
class Price:
    """What changes hands: units, accounts, hours and revenue a year."""

    units: int
    accounts: int
    hours: float
    revenue: float


@dataclass(frozen=True)
class Repair:
    """One way to mend a break.

    Parameters
    ----------
    sentence
        What it does and what it adds: "Give Clark and Union to North (+0.9 h)".
    edits
        To be applied in this order.
    price
        What changes hands.
    """

    sentence: str
    edits: tuple[Edit, ...]
    price: Price


def repairs(
    plan: Plan,
    study: Study,
    broken: Break,
    *,
    targets: Targets | None = None,
    reps: Reps | None = None,
    held: Plan | None = None,
    reach: Reach | None = None,
) -> list[Repair]:
    """Give up to three repairs of a break, the one that moves least first.

    Parameters
    ----------
    broken
        As `geo.breaks.breaks` gives it for this plan, with the same options.

    Returns
    -------
    list of Repair
        Empty when no small repair is known: then it takes a redesign.
    """
    study = effective(study, plan)
    label = aligned_labels(plan, study)
    if broken.kind == "nobody":
        edits = [_homes_for_accounts(plan, study, broken)]
    else:
        scene = scene_of(
            plan,
            study,
            label,
            broken,
            targets=targets,
            reps=reps,
            held=held,
            reach=reach,
        )
        edits = [_edit_of(scene, moves) for moves in IDEAS[broken.kind](scene, broken)]

    def wrong(state: Plan) -> list[Break]:
        return breaks(state, study, targets=targets, reps=reps, held=held, reach=reach)

    before = wrong(plan)
    found: dict[str, tuple[int, Repair]] = {}
    for edit in edits:
        after = _after(plan, edit)
        if edit is None or after is None:
            continue
        left = wrong(after)
        if not _mends(broken, before, left) or _empties(plan, after):
            continue
        repair = repair_of(plan, after, study, edit)
        found.setdefault(repair.sentence, (_new_loads(before, left), repair))
    ranked = sorted(found.values(), key=lambda pair: (pair[0], *_rank(pair[1].price)))
    return [repair for _, repair in ranked[:MOST]]


def _after(plan: Plan, edit: Edit | None) -> Plan | None:
    """Give the plan after an edit, None when it cannot be done."""
    try:
        return None if edit is None else apply(plan, edit)[0]
    except PlanError:
        return None


def _mends(broken: Break, before: list[Break], after: list[Break]) -> bool:
    """Whether a break is gone and none has come that loads cannot explain."""
    gone = not any(
        (b.kind, b.territory_id) == (broken.kind, broken.territory_id)
        and (broken.kind not in LOCAL or _meet(b, broken))
        for b in after
    )
    known = {(b.kind, b.territory_id) for b in before}
    new = {(b.kind, b.territory_id) for b in after} - known
    allowed = set() if broken.kind in {"over", "under"} else {"over", "under"}
    return gone and all(kind in allowed for kind, _ in new)


def _empties(plan: Plan, after: Plan) -> bool:
    """Whether a territory that had ground has none any more."""
    had, has = np.unique(plan.assignment), np.unique(after.assignment)
    return bool(np.setdiff1d(had, [*has, UNASSIGNED]).size)


def _meet(one: Break, other: Break) -> bool:
    return bool(set(one.units) & set(other.units))


def _new_loads(before: list[Break], after: list[Break]) -> int:
    """Give how many territories a repair pushes out of their bounds."""
    known = {(b.kind, b.territory_id) for b in before}
    return len({(b.kind, b.territory_id) for b in after} - known)


def _rank(price: Price) -> tuple[float, ...]:
    return (price.accounts, price.hours, price.units)


def _edit_of(scene: Scene, moves: Moves) -> Edit | None:
    """Give one edit, so that one undo takes it back."""
    ids = {
        to: [str(i) for i in scene.study.table.unit_id[r]] for to, r in moves.items()
    }
    ids = {to: units for to, units in ids.items() if units}
    if not ids:
        return None
    if len(ids) == 1:
        ((to, units),) = ids.items()
        return move(units, to=to)
    keys = tuple(unit for units in ids.values() for unit in units)
    return Edit("", "restore", keys, attrs={"units": ids})


def _homes_for_accounts(plan: Plan, study: Study, broken: Break) -> Edit | None:
    """Give accounts to the territory of their unit, or of the nearest owned one."""
    label = aligned_labels(plan, study)
    rows = study.accounts.index.get_indexer(pd.Index(broken.accounts, dtype="str"))
    points = study.accounts.geometry.to_numpy()[rows]
    ground = np.append(label, -1)[study.account_unit[rows]]
    owned = np.flatnonzero(label >= 0)
    lost = (ground < 0) & ~(shapely.is_missing(points) | shapely.is_empty(points))
    if lost.any() and len(owned):
        tree = shapely.STRtree(study.units.geometry.to_numpy()[owned])
        ground[lost] = label[owned[tree.nearest(points[lost])]]
    ids = plan.territories.index
    on_unit = study.account_unit[rows] >= 0
    wanted = {
        account: None if stands else [str(ids[owner]), True]
        for account, owner, stands in zip(broken.accounts, ground, on_unit, strict=True)
        if owner >= 0
    }
    if len(wanted) < len(broken.accounts):
        return None
    return Edit("", "restore", broken.accounts, attrs={"accounts": wanted})


def repair_of(plan: Plan, after: Plan, study: Study, edit: Edit) -> Repair:
    """Say what an edit does and what it costs."""
    moved = owner_rows(plan, study) != owner_rows(after, study)
    measures = study.table.measures
    sums = study.account_loads[moved].sum(axis=0)
    at = {measure: float(sums[j]) for j, measure in enumerate(measures)}
    price = Price(
        units=int((aligned_labels(plan, study) != aligned_labels(after, study)).sum()),
        accounts=int(moved.sum()),
        hours=at.get("workload_h", 0.0),
        revenue=at.get("revenue", 0.0),
    )
    return Repair(_sentence(plan, after, study, edit, price), (edit,), price)


def _sentence(plan: Plan, after: Plan, study: Study, edit: Edit, price: Price) -> str:
    """Say who gets what: "Give Clark to North (+0.9 h) and Union to West (+2.0 h)"."""
    if "accounts" in edit.attrs:
        noun = "account" if price.accounts == 1 else "accounts"
        return f"Give {price.accounts:,} {noun} to the nearest territory"
    gain = territory_loads(after, study) - territory_loads(plan, study)
    groups = edit.attrs["units"] if edit.kind == "restore" else {edit.to: edit.keys}
    takers = plan.territories.index.get_indexer(pd.Index(list(groups)))
    called = [name_of(plan, to) or "nobody" for to in groups]
    if len(groups) > 2:
        every = [unit for units in groups.values() for unit in units]
        total = gain[takers[takers >= 0]].sum(axis=0)
        several = f"{', '.join(called[:-1])} and {called[-1]}"
        return f"Give {_named(study, every)} to {several}{_gained(study, total)}"
    parts = [
        f"{_named(study, units)} to {name}"
        + (_gained(study, gain[row]) if row >= 0 else "")
        for name, units, row in zip(called, groups.values(), takers, strict=True)
    ]
    return "Give " + " and ".join(parts)


def _named(study: Study, units: Iterable[str]) -> str:
    ids = pd.Index(study.table.unit_id, dtype=object)
    rows = ids.get_indexer(pd.Index(list(units), dtype=object))
    return units_in_words(study, rows.tolist())


def _gained(study: Study, gain: NDArray[np.float64]) -> str:
    """Give what a territory gains: hours where they are known, else accounts."""
    at = dict(zip(study.table.measures, range(len(gain)), strict=True))
    hours = at.get("workload_h")
    if hours is not None and study.table.loads[:, hours].any():
        return f" ({gain[hours]:+,.1f} h)"
    return f" ({gain[at['accounts']]:+,.0f} accounts)"
