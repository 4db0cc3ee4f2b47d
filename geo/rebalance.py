"""Rearrangements a person starts and the optimiser finishes: small, local, one edit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from geo.baseline import kept_by
from geo.costs import SquaredDistance
from geo.design import Result, Rules, Stop, design, never
from geo.edits import Edit, apply, move
from geo.errors import PlanError
from geo.frames import Scorecard, Targets, equal_targets
from geo.mend import Repair, repair_of
from geo.metrics import lead_measure, scorecard, territory_loads
from geo.plan import Plan, aligned_labels, name_of, owner_of
from geo.study import Study, effective
from geo.territories import territory_neighbors

MOVED = (0.05, 0.15, 0.40)
"""Shares of the accounts around an edit that may change hands, tried in this order."""

UNEVEN = (0.05, 0.15, 0.50)
"""How far two halves may miss an even split, tried in this order."""


def rebalance_around(
    plan: Plan,
    study: Study,
    units: Iterable[str],
    *,
    targets: Targets,
    rng: np.random.Generator,
    stops: Callable[[], Stop] = lambda: never,
) -> Repair | None:
    """Keep some units where they are and balance their territories and neighbours.

    The territories that own the units and those that touch them share what they carry
    together, in proportion to their targets. Everything else stays, and so do units
    that lie apart from that ground. As few accounts change hands as it takes: a
    twentieth, then more.

    Parameters
    ----------
    units
        What a person has just moved.
    targets
        Bounds of all territories, as for a proposal.
    stops
        Gives the stop of each of up to three searches.

    Returns
    -------
    Repair or None
        One edit, its price and a sentence; None when nothing better is found: a
        smaller worst deviation, in no more parts than now.
    """
    study = effective(study, plan)
    label = aligned_labels(plan, study)
    ids = pd.Index(study.table.unit_id, dtype=object)
    held = ids.get_indexer(pd.Index(list(units), dtype=object))
    involved = _around(plan, study, label, held[held >= 0])
    if len(involved) < 2:
        return None
    rows = _joined(study, np.flatnonzero(np.isin(label, involved)))
    goals = _goals(plan, study, targets, involved)
    rules = _rules(plan, study, label, rows, held, involved)
    best, least = None, _state(plan, study, goals)
    for share in MOVED:
        result = _solved(plan, study, rows, involved, goals, rules, share, rng, stops())
        edit = _edit_to(plan, result)
        after = plan if edit is None else apply(plan, edit)[0]
        state = _state(after, study, goals)
        if state[0] < least[0] - 1e-9 and state[1] <= least[1]:
            best, least = edit, state
        if best is not None and result.status == "feasible":
            break
    return None if best is None else _as_repair(plan, study, best, involved)


def _joined(study: Study, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Give the units of the largest connected ground among some."""
    links = study.neighbors[rows][:, rows]
    part = connected_components(links, directed=False)[1]
    joined: NDArray[np.intp] = rows[part == np.bincount(part).argmax()]
    return joined


def _state(plan: Plan, study: Study, goals: Targets) -> tuple[float, int]:
    """Give the worst deviation among some territories, and the parts of them all."""
    card = scorecard(plan, study, targets=goals)
    missed = card.loc[goals.index].filter(like="_deviation").abs().to_numpy()
    return float(np.nanmax(missed)), int(card["pieces"].sum())


def fair_targets(card: Scorecard, *, tolerance: float = 0.10) -> Targets:
    """Give each territory of a scorecard its fair share of what is there.

    In proportion to the reps' hours, the mean of the others where a territory has
    none; the same for all when no hours are known.
    """
    measure = lead_measure(card)
    hours = card["capacity_h"].astype("float64")
    weight = hours.fillna(hours.mean()) if hours.notna().any() else hours.fillna(1.0)
    fair = float(card[measure].sum()) * weight / weight.sum()
    return pd.DataFrame(
        {
            f"lower_{measure}": fair * (1.0 - tolerance),
            f"target_{measure}": fair,
            f"upper_{measure}": fair * (1.0 + tolerance),
            "home_x": np.nan,
            "home_y": np.nan,
            "locked": False,
        },
        index=card.index,
    )


def _around(
    plan: Plan, study: Study, label: NDArray[np.intp], held: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Give the open territories that own some units, and those that touch them."""
    middle = set(label[held].tolist()) - {-1}
    beside = territory_neighbors(label, study, len(plan.territories))
    near = middle.union(*(beside[row] for row in middle))
    locked = plan.territories["locked"].to_numpy(dtype=bool)
    return np.array(sorted(row for row in near if not locked[row]), dtype=np.intp)


def _goals(
    plan: Plan, study: Study, targets: Targets, involved: NDArray[np.intp]
) -> Targets:
    """Give targets that share what the territories carry now, in their proportion."""
    goals = targets.reindex(plan.territories.index[involved])
    loads = territory_loads(plan, study)[involved].sum(axis=0)
    for measure, total in zip(study.table.measures, loads, strict=True):
        if f"target_{measure}" in goals:
            ratio = total / max(float(goals[f"target_{measure}"].sum()), 1e-12)
            for side in ("lower", "target", "upper"):
                goals[f"{side}_{measure}"] *= ratio
    return goals.assign(locked=False)


def _rules(
    plan: Plan,
    study: Study,
    label: NDArray[np.intp],
    rows: NDArray[np.intp],
    held: NDArray[np.intp],
    involved: NDArray[np.intp],
) -> Rules:
    """Give rules that fix what was just moved and what is locked.

    What the territories carry besides the units in `rows` is said as carried.
    """
    unit_id, names = study.table.unit_id, plan.territories.index
    stays = set(unit_id[held[held >= 0]]) | plan.locks
    fixed = {
        str(unit): str(names[row])
        for unit, row in zip(unit_id[rows], label[rows], strict=True)
        if unit in stays
    }
    owned = np.zeros((len(names), len(study.table.measures)))
    np.add.at(owned, label[rows], study.table.loads[rows])
    rest = territory_loads(plan, study) - owned
    columns = list(study.table.measures)
    carried = pd.DataFrame(rest, index=names, columns=columns).iloc[involved]
    return Rules(fixed=fixed, carried=carried)


def _solved(
    plan: Plan,
    study: Study,
    rows: NDArray[np.intp],
    involved: NDArray[np.intp],
    goals: Targets,
    rules: Rules,
    share: float,
    rng: np.random.Generator,
    stop: Stop,
) -> Result:
    """Propose an alignment of some territories that moves at most a share."""
    kept = kept_by(plan, study)[rows][:, involved]
    table = study.table.take(rows)
    return design(
        table,
        csr_array(study.neighbors[rows][:, rows]),
        SquaredDistance(table),
        territories=goals,
        rules=replace(rules, max_moved=share * float(kept.sum())),
        kept=kept,
        rng=rng,
        stop=stop,
    )


def _edit_to(plan: Plan, result: Result) -> Edit | None:
    """Give the moves from a plan to a proposal for part of it; None for no move."""
    ids = pd.Index(result.plan.unit_id, dtype=object)
    moves: dict[str, list[str]] = {}
    was, now = owner_of(plan, ids), owner_of(result.plan, ids)
    for unit, before, after in zip(ids, was, now, strict=True):
        if before != after:
            moves.setdefault(after, []).append(str(unit))
    return _moved(moves) if moves else None


def _as_repair(
    plan: Plan, study: Study, edit: Edit, involved: NDArray[np.intp]
) -> Repair:
    """Give an edit with its price and a sentence that names who shares."""
    repair = repair_of(plan, apply(plan, edit)[0], study, edit)
    names = [name_of(plan, str(plan.territories.index[row])) for row in involved]
    accounts = repair.price.accounts
    sentence = (
        f"Rebalance {', '.join(names[:-1])} and {names[-1]}: {accounts:,} "
        f"{'account changes' if accounts == 1 else 'accounts change'} hands"
    )
    return replace(repair, sentence=sentence)


def _moved(moves: Mapping[str, list[str]]) -> Edit:
    """Give one edit for moves to several territories."""
    if len(moves) == 1:
        ((to, units),) = moves.items()
        return move(units, to=to)
    keys = tuple(unit for units in moves.values() for unit in units)
    return Edit("", "restore", keys, attrs={"units": dict(moves)})


def halves(
    plan: Plan,
    study: Study,
    territory_id: str,
    *,
    rng: np.random.Generator,
    stop: Stop = never,
) -> list[str]:
    """Give the units of one half of a territory: two pieces with the same work.

    By hours, by accounts where no hours are known. It is the half with fewer accounts,
    to be handed to `geo.edits.split`.

    Raises
    ------
    PlanError
        When the territory has fewer than two units with work.
    """
    study = effective(study, plan)
    owner = plan.territories.index.get_indexer(pd.Index([territory_id]))[0]
    rows = np.flatnonzero(aligned_labels(plan, study) == owner)
    table = study.table.take(rows)
    measures = table.measures
    hours = measures.index("workload_h") if "workload_h" in measures else 0
    column = hours if table.loads[:, hours].sum() > 0 else measures.index("accounts")
    total = float(table.loads[:, column].sum())
    if owner < 0 or (table.loads[:, column] > 0).sum() < 2:
        raise PlanError(
            f"{name_of(plan, territory_id)} has nothing to split",
            where=plan.name,
            fix="Choose a territory with accounts in two units or more",
        )
    for uneven in UNEVEN:
        measure = measures[column]
        result = design(
            table,
            csr_array(study.neighbors[rows][:, rows]),
            SquaredDistance(table),
            territories=equal_targets(2, {measure: total}, {measure: uneven}),
            rng=rng,
            stop=stop,
        )
        if result.status == "feasible":
            break
    code = result.plan.assignment
    count = table.loads[:, measures.index("accounts")]
    smaller = min((0, 1), key=lambda c: (float(count[code == c].sum()), -c))
    return [str(unit) for unit in table.unit_id[code == smaller]]


def side_of(
    plan: Plan, study: Study, territory_id: str, line: shapely.LineString
) -> list[str]:
    """Give the units of a territory on one side of a line: the side with fewer units.

    A unit lies where its anchor does. The line is prolonged straight at both ends.

    Parameters
    ----------
    line
        In the CRS of the units.

    Raises
    ------
    PlanError
        When the line leaves all units on one side.
    """
    study = effective(study, plan)
    owner = plan.territories.index.get_indexer(pd.Index([territory_id]))[0]
    rows = np.flatnonzero((aligned_labels(plan, study) == owner) & (owner >= 0))
    anchors = shapely.points(study.table.xy[rows])
    xy = np.concatenate([study.table.xy[rows], shapely.get_coordinates(line)])
    field = shapely.box(*(xy.min(axis=0) - 1.0), *(xy.max(axis=0) + 1.0))
    cuts = shapely.union_all([field.boundary, _prolonged(line, field)])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(cuts)))
    face = shapely.STRtree(faces).nearest(anchors) if len(rows) else np.zeros(0, int)
    sides = [rows[face == number] for number in np.unique(face)]
    if len(sides) < 2:
        raise PlanError(
            f"The line does not divide {name_of(plan, territory_id)}",
            where=plan.name,
            fix="Draw it from border to border, between its units",
        )
    smallest = min(sides, key=len)
    return [str(unit) for unit in study.table.unit_id[smallest]]


def _prolonged(line: shapely.LineString, field: shapely.Polygon) -> shapely.LineString:
    """Give a line that reaches past a field at both ends."""
    xy = shapely.get_coordinates(line)
    reach = field.length + line.length
    first, last = xy[0] - xy[1], xy[-1] - xy[-2]
    before = xy[0] + first / np.hypot(*first) * reach
    after = xy[-1] + last / np.hypot(*last) * reach
    return shapely.LineString([before, *xy, after])


def to_nearest(plan: Plan, study: Study) -> Edit:
    """Give all units nobody owns to the nearest open territory, over neighbours.

    Raises
    ------
    PlanError
        When nothing is unassigned, or no territory can take it.
    """
    study = effective(study, plan)
    label = aligned_labels(plan, study)
    is_open = np.append(~plan.territories["locked"].to_numpy(dtype=bool), False)
    links = study.neighbors.tocoo()
    step = study.table.xy[links.row] - study.table.xy[links.col]
    length = np.maximum(np.hypot(*step.T), 1e-3)
    # Paths lead over nobody's ground only: from an owned unit through free ones.
    free = label[links.col] < 0
    graph = csr_array((length[free], (links.row[free], links.col[free])), links.shape)
    owned = np.flatnonzero(is_open[label])
    lost = np.flatnonzero((label < 0) & ~np.isin(study.table.unit_id, [*plan.locks]))
    if len(owned) == 0 or len(lost) == 0:
        raise PlanError("There is nothing to give to the nearest", where=plan.name)
    _, _, source = dijkstra(
        graph, indices=owned, min_only=True, return_predecessors=True
    )
    moves: dict[str, list[str]] = {}
    for row in lost[source[lost] >= 0].tolist():
        to = str(plan.territories.index[label[source[row]]])
        moves.setdefault(to, []).append(str(study.table.unit_id[row]))
    return _moved(moves)
