"""What is wrong with a plan: listed quietly while it is a draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo.frames import UNIT_WORDS, Reps, Targets
from geo.metrics import territory_loads
from geo.plan import Plan, aligned_labels, name_of, owner_of, owner_rows
from geo.reach import Reach
from geo.study import Study, effective

BreakKind = Literal[
    "pieces",
    "apart",
    "hole",
    "over",
    "under",
    "far",
    "lock",
    "unassigned",
    "nobody",
]


@dataclass(frozen=True)
class Break:
    """One thing wrong with a plan.

    Parameters
    ----------
    kind
        pieces (a territory is in several parts), apart (one polygon, but in parts by
        road; see `routing.connection`), hole (nobody's ground inside one),
        over and under (its load misses what is allowed), far (units beyond the longest
        drive from its rep), lock (a locked unit has changed hands), unassigned (units
        with accounts are nobody's), nobody (accounts are nobody's).
    territory_id
        Whose it is; "" when it is nobody's.
    units
        Units it concerns: the smaller parts, the hole, the moved ones.
    sentence
        What is wrong, for people.
    accounts
        Accounts it concerns, for `nobody`.
    """

    kind: BreakKind
    territory_id: str
    units: tuple[str, ...]
    sentence: str
    accounts: tuple[str, ...] = ()


def breaks(
    plan: Plan,
    study: Study,
    *,
    targets: Targets | None = None,
    reps: Reps | None = None,
    held: Plan | None = None,
    reach: Reach | None = None,
) -> list[Break]:
    """List what is wrong with a plan, worst kinds first; nothing for a sound one.

    Parameters
    ----------
    targets
        Least and most load allowed, per measure.
    reps
        Their hours: past 100 % is a break, when there are no targets for hours.
    held
        The plan whose locks must hold.
    reach
        Drives to the units of the study with the plan's pieces, and the longest one.
    """
    study = effective(study, plan)
    found = _nobodys(plan, study)
    found += _parts(plan, study)
    found += _loads(plan, study, targets) if targets is not None else []
    if reps is not None and (targets is None or "upper_workload_h" not in targets):
        found += _hours(plan, study, reps)
    found += _far(plan, study, reach) if reach is not None else []
    return found + (_moved_locks(plan, held) if held is not None else [])


def holes(plan: Plan, study: Study) -> list[Break]:
    """Find nobody's ground that one territory surrounds, a break of kind hole each."""
    return _holes(plan, study, aligned_labels(plan, study))


def _nobodys(plan: Plan, study: Study) -> list[Break]:
    """Find holes, units with accounts that are nobody's, accounts that are nobody's."""
    label = aligned_labels(plan, study)
    found = _holes(plan, study, label)
    in_hole = {unit for hole in found for unit in hole.units}
    count = np.bincount(
        study.account_unit[study.account_unit >= 0], minlength=len(label)
    )
    free = np.flatnonzero((label < 0) & (count > 0)).tolist()
    bare = [row for row in free if study.table.unit_id[row] not in in_hole]
    if bare:
        n = _counted(int(count[bare].sum()), "account")
        sentence = f"{units_in_words(study, bare)} with {n} {_belong(bare)} to nobody"
        found.append(Break("unassigned", "", _ids(study, bare), sentence))
    owner = owner_rows(plan, study)
    ground = np.append(label, 0)[study.account_unit]
    lost = study.accounts.index[(owner < 0) & (ground >= 0)]
    if len(lost):
        word = "belongs" if len(lost) == 1 else "belong"
        sentence = f"{_counted(len(lost), 'account')} {word} to no territory"
        found.append(Break("nobody", "", (), sentence, tuple(map(str, lost))))
    return found


def _belong(units: list[int]) -> str:
    return "belongs" if len(units) == 1 else "belong"


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def _ids(study: Study, rows: list[int]) -> tuple[str, ...]:
    return tuple(str(study.table.unit_id[row]) for row in rows)


def units_in_words(study: Study, rows: list[int]) -> str:
    """Give the names of up to three units, or how many there are: "12 counties"."""
    if len(rows) > 3:
        kind = study.table.unit_set.partition("@")[0].partition(":")[0]
        return f"{len(rows):,} {UNIT_WORDS.get(kind, ('area', 'areas'))[1]}"
    names = [
        str(study.units["name"].iloc[r]) or str(study.units.index[r]) for r in rows
    ]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def components(
    label: NDArray[np.intp], neighbors: csr_array, among: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Give the connected part of equal label each of some units is in, -1 elsewhere."""
    start = np.repeat(np.arange(len(label)), np.diff(neighbors.indptr))
    end = neighbors.indices
    inner = (label[start] == label[end]) & among[start] & among[end]
    ones = np.ones(int(inner.sum()), dtype=np.int8)
    shape = (len(label), len(label))
    links = csr_array((ones, (start[inner], end[inner])), shape=shape)
    part: NDArray[np.intp] = connected_components(links, directed=False)[1]
    return np.where(among, part, -1)


def _holes(plan: Plan, study: Study, label: NDArray[np.intp]) -> list[Break]:
    """Find nobody's ground that one territory surrounds on all sides."""
    part = components(label, study.neighbors, label < 0)
    start = np.repeat(np.arange(len(label)), np.diff(study.neighbors.indptr))
    end = study.neighbors.indices
    shared = np.bincount(start, study.neighbors.data, minlength=len(label))
    outer = study.outline_m - shared > 1e-3 * study.outline_m
    found = []
    for number in np.unique(part[part >= 0]):
        rows = np.flatnonzero(part == number)
        around = np.unique(label[end[part[start] == number]])
        around = around[around >= 0]
        if len(around) == 1 and not outer[rows].any():
            territory = str(plan.territories.index[around[0]])
            sentence = (
                f"{units_in_words(study, rows.tolist())} "
                f"{'is a hole' if len(rows) == 1 else 'are a hole'} "
                f"in {name_of(plan, territory)}"
            )
            found.append(Break("hole", territory, _ids(study, rows.tolist()), sentence))
    return found


def _parts(plan: Plan, study: Study) -> list[Break]:
    """Find territories in several parts; the heaviest part (then largest) is home."""
    label = aligned_labels(plan, study)
    part = components(label, study.neighbors, label >= 0)
    found = []
    for row, territory in enumerate(plan.territories.index):
        mine = np.flatnonzero(label == row)
        numbers, which = np.unique(part[mine], return_inverse=True)
        if len(numbers) < 2:
            continue
        weight = np.bincount(which, study.table.weight[mine])
        area = np.bincount(which, study.area_m2[mine])
        home = np.lexsort((-area, -weight))[0]
        away = mine[which != home].tolist()
        verb = "lies" if len(away) == 1 else "lie"
        sentence = (
            f"{name_of(plan, territory)} is in {_number(len(numbers))} parts: "
            f"{units_in_words(study, away)} {verb} apart"
        )
        found.append(Break("pieces", str(territory), _ids(study, away), sentence))
    return found


def _number(n: int) -> str:
    words = {2: "two", 3: "three", 4: "four", 5: "five"}
    return words.get(n, str(n))


def _loads(plan: Plan, study: Study, targets: Targets) -> list[Break]:
    """Find territories whose load is outside what is allowed."""
    loads = pd.DataFrame(
        territory_loads(plan, study),
        index=plan.territories.index,
        columns=list(study.table.measures),
    )
    found = []
    for measure in study.table.measures:
        if f"upper_{measure}" not in targets:
            continue
        allowed = targets.reindex(plan.territories.index)
        most, least = allowed[f"upper_{measure}"], allowed[f"lower_{measure}"]
        load = loads[measure]
        slack = 1e-9 * load.abs().max()
        for key in load.index[load > most + slack]:
            found.append(_miss(plan, "over", str(key), measure, load[key], most[key]))
        for key in load.index[load < least - slack]:
            found.append(_miss(plan, "under", str(key), measure, load[key], least[key]))
    return found


def _miss(
    plan: Plan,
    kind: Literal["over", "under"],
    territory_id: str,
    measure: str,
    load: float,
    limit: float,
) -> Break:
    """Say how far a load is outside what is allowed."""
    unit = " h" if measure.endswith("_h") else f" {measure}"
    side = "past the most" if kind == "over" else "short of the least"
    sentence = (
        f"{name_of(plan, territory_id)} carries {load:,.0f}{unit}, "
        f"{abs(load - limit):,.0f} {side} allowed"
    )
    return Break(kind, territory_id, (), sentence)


def _hours(plan: Plan, study: Study, reps: Reps) -> list[Break]:
    """Find territories with more work than their rep has hours."""
    if "workload_h" not in study.table.measures or "capacity_h" not in reps:
        return []
    work = territory_loads(plan, study)[:, study.table.measures.index("workload_h")]
    ids = [str(i) for i in plan.territories.index]
    rows = reps.index.get_indexer(pd.Index(plan.territories["rep_id"]))
    hours = np.append(reps["capacity_h"].to_numpy(dtype=np.float64), np.nan)[rows]
    found = []
    for row in np.flatnonzero(work > hours * (1 + 1e-9)).tolist():
        key = ids[row]
        share = 100 * work[row] / max(hours[row], 1.0)
        sentence = f"{name_of(plan, key)} carries {share:.0f} % of its hours"
        found.append(Break("over", key, (), sentence))
    return found


def _far(plan: Plan, study: Study, reach: Reach) -> list[Break]:
    """Find units with accounts beyond the longest drive; one break a connected part."""
    label = aligned_labels(plan, study)
    minutes = np.append(reach.by_territory(plan), np.full((1, len(label)), np.nan), 0)
    drive = minutes[label, np.arange(len(label))]
    held = study.account_unit[study.account_unit >= 0]
    count = np.bincount(held, minlength=len(label))
    past = (count > 0) & (np.nan_to_num(drive) > reach.longest_min * (1 + 1e-9))
    part = components(label, study.neighbors, past)
    found: list[tuple[int, Break]] = []
    for number in np.unique(part[past]):
        rows = np.flatnonzero(part == number).tolist()
        key = str(plan.territories.index[label[rows[0]]])
        verb = "is" if len(rows) == 1 else "are"
        about = "about " if reach.estimated else ""
        n = int(count[rows].sum())
        sentence = (
            f"{units_in_words(study, rows)} with {_counted(n, 'account')} {verb} past "
            f"{reach.longest_min:,.0f} min from the rep of {name_of(plan, key)}: "
            f"{about}{drive[rows].max():,.0f} min"
        )
        found.append((-n, Break("far", key, _ids(study, rows), sentence)))
    return [broken for _, broken in sorted(found, key=lambda pair: pair[0])]


def _moved_locks(plan: Plan, held: Plan) -> list[Break]:
    """Find units that were locked, or in a locked territory, and changed hands."""
    fixed = set(held.territories.index[held.territories["locked"]])
    owner = owner_of(held, pd.Index(held.unit_id, dtype=object))
    now = owner_of(plan, pd.Index(held.unit_id, dtype=object))
    moved: dict[str, list[str]] = {}
    for unit, before, after in zip(held.unit_id, owner, now, strict=True):
        locked = unit in held.locks or before in fixed or after in fixed
        if locked and before != after:
            moved.setdefault(before, []).append(str(unit))
    found = []
    for key, units in moved.items():
        whose = f" of {name_of(held, key)}" if key else ""
        sentence = f"{_counted(len(units), 'locked unit')}{whose} changed hands"
        found.append(Break("lock", key, tuple(units), sentence))
    return found
