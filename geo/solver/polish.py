"""Finish chunky plans: re-solve two to four neighbouring territories exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from geo.solver.levels import Level
from geo.solver.refine import Ask, Found, found
from geo.solver.resolve import Districting, resolve

CANDIDATES = 5
"""Units of each territory tried as its center, where centers are units."""

MOST_BINARIES = 4_000
"""Above this many units x centers a group is left as it is."""

LARGEST_GROUP = 4

NODES = 40
"""Nodes of one group, if no others are asked for."""

ROUNDS = 6
"""Most rounds of contiguity cuts of one group: odd ground may take any number."""

GROUPS = 40
"""Most groups re-solved: the work is counted, the clock is not asked."""


Key = frozenset[tuple[bytes, bytes, bytes, int]]


@dataclass(frozen=True, eq=False)
class Group:
    """Neighbouring territories and the cells they hold now."""

    territories: tuple[int, ...]
    cells: NDArray[np.intp]


def polish(
    level: Level,
    plan: Found,
    ask: Ask,
    *,
    groups: int = GROUPS,
    largest: int = LARGEST_GROUP,
    nodes: int = NODES,
    tried: set[Key] | None = None,
) -> Found:
    """Re-solve pairs, then triples, then fours of neighbours while any gets better.

    A group is tried again only after one of its territories has changed. Groups of
    four are tried only where loads are out of bounds. Plans limited in what may
    change hands are left alone.

    Parameters
    ----------
    level
        Cells that are single units.
    plan
        A contiguous plan over them.
    ask
        Asked before each group, and while it is solved.
    groups
        Most groups re-solved in all.
    largest
        Most territories of a group.
    nodes
        Most branch-and-bound nodes of one group, over all rounds of cuts.
    tried
        Groups that need no second try, from other plans of the same problem; those
        of this plan are added.
    """
    if np.isfinite(level.problem.max_moved) or not level.problem.rules.contiguous:
        return plan
    tried = set() if tried is None else tried
    better = True
    while better:
        better = False
        for territories in _groups(level, plan, largest):
            if groups <= 0 or ask(1.0 - groups / GROUPS):
                return plan
            group = _group(plan, territories)
            key = _key(level, plan, territories)
            if key in tried:
                continue
            tried.add(key)
            option, owner = _options(level, plan, group)
            size = len(option) * len(group.cells)
            if size > MOST_BINARIES or len(group.cells) <= len(territories):
                continue
            groups -= 1
            now = _resolved(level, plan, group, (option, owner), nodes, ask)
            if now is not None and now.beats(plan):
                plan, better = now, True
    return plan


def _key(level: Level, plan: Found, territories: tuple[int, ...]) -> Key:
    """Name a group by what its answer depends on: cells, bounds, and fixed centers."""
    free = level.problem.cost.kind == "unit"
    alike = free and not level.ground.barred.size and not level.ground.fixed.any()
    parts = []
    for t in territories:
        bounds = level.ground.lower[t].tobytes() + level.ground.upper[t].tobytes()
        center = b"" if free else plan.centers[t].tobytes()
        named = -1 if alike else t
        parts.append(
            (np.flatnonzero(plan.labels == t).tobytes(), bounds, center, named)
        )
    return frozenset(parts)


def _groups(level: Level, plan: Found, largest: int) -> Iterator[tuple[int, ...]]:
    """Give connected groups of free territories, small ones first."""
    touch = _touching(level, plan)
    touch[level.problem.locked] = touch[:, level.problem.locked] = False
    np.fill_diagonal(touch, val=False)
    wrong = set(np.flatnonzero(_outside(level, plan)).tolist())
    groups: set[tuple[int, ...]] = {(t,) for t in range(level.problem.k)}
    for size in range(2, largest + 1):
        groups = {
            tuple(sorted((*group, int(more))))
            for group in groups
            for more in np.flatnonzero(touch[list(group)].any(axis=0))
            if more not in group
        }
        if size == LARGEST_GROUP:
            groups = {group for group in groups if wrong & set(group)}
        yield from sorted(groups)


def _outside(level: Level, plan: Found) -> NDArray[np.bool_]:
    ground, k = level.ground, level.problem.k
    loads = np.column_stack(
        [np.bincount(plan.labels, column, k) for column in ground.loads.T]
    )
    wrong = (loads < ground.lower) | (loads > ground.upper)
    return np.asarray(wrong.any(axis=1), dtype=np.bool_)


def _touching(level: Level, plan: Found) -> NDArray[np.bool_]:
    ground, k = level.ground, level.problem.k
    rows = np.repeat(np.arange(len(level)), np.diff(ground.indptr))
    touch = np.zeros((k, k), bool)
    touch[plan.labels[rows], plan.labels[ground.indices]] = True
    return touch


def _group(plan: Found, territories: tuple[int, ...]) -> Group:
    return Group(territories, np.flatnonzero(np.isin(plan.labels, territories)))


def _resolved(
    level: Level,
    plan: Found,
    group: Group,
    candidates: tuple[NDArray[np.intp], NDArray[np.intp]],
    nodes: int,
    ask: Ask,
) -> Found | None:
    """Give the plan with the group re-solved, or None if nothing was found."""
    option, owner = candidates
    problem = _districting(level, plan, group, option, owner)
    answer = resolve(problem, nodes=nodes, rounds=ROUNDS, ask=ask)
    if answer.center is None:
        return None
    labels = plan.labels.copy()
    labels[group.cells] = _names(level, plan, group, problem, owner, answer.center)
    return found(level, labels, plan.centers)


def _options(
    level: Level, plan: Found, group: Group
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give candidate centers (cells) and the territory each is a candidate of.

    Where centers are free or at homes the one candidate of a territory stands for
    its present center, and is the cell nearest to it.
    """
    several = level.problem.cost.kind == "unit"
    cells, owners = [], []
    for territory in group.territories:
        mine = group.cells[plan.labels[group.cells] == territory]
        away = ((level.xy[mine] - plan.centers[territory]) ** 2).sum(axis=1)
        best = mine[np.argsort(away, kind="stable")[: CANDIDATES if several else 1]]
        cells.append(best)
        owners.append(np.full(len(best), territory))
    return np.concatenate(cells), np.concatenate(owners)


def _districting(
    level: Level,
    plan: Found,
    group: Group,
    option: NDArray[np.intp],
    owner: NDArray[np.intp],
) -> Districting:
    problem, ground, cells = level.problem, level.ground, group.cells
    at_unit = problem.cost.kind == "unit"
    centers = level.xy[option] if at_unit else plan.centers[owner]
    cost = problem.cost.block(level.row[cells], centers) * level.weight[cells, None]
    if problem.leaving > 0:
        cost += problem.leaving * ground.lost[np.ix_(cells, owner)]
    cost[_barred(level, plan, group, centers, owner)] = np.inf
    kind, first = _classes(level, group, owner, interchangeable=at_unit)
    graph = sp.csr_array(
        (np.ones(len(ground.indices)), ground.indices, ground.indptr),
        shape=(len(level), len(level)),
    )
    return Districting(
        cost=cost,
        loads=ground.loads[cells],
        neighbors=graph[cells][:, cells],
        root=np.searchsorted(cells, option),
        kind=kind,
        count=np.array([len(np.unique(owner[kind == c])) for c in range(len(first))]),
        lower=ground.lower[first],
        upper=ground.upper[first],
    )


def _barred(
    level: Level,
    plan: Found,
    group: Group,
    centers: NDArray[np.float64],
    owner: NDArray[np.intp],
) -> NDArray[np.bool_]:
    """Tell which cells may not go to which candidates."""
    ground, cells = level.ground, group.cells
    held = ground.fixed[cells, None] & (plan.labels[cells, None] != owner[None, :])
    out = np.array(held, dtype=np.bool_)
    if ground.barred.size:
        out |= ground.barred[np.ix_(cells, owner)]
    if level.problem.rules.max_cost is not None:
        limit = level.problem.cost.limit(level.problem.rules.max_cost)
        out |= level.problem.cost.block(level.row[cells], centers) > limit
    return out


def _classes(
    level: Level, group: Group, owner: NDArray[np.intp], *, interchangeable: bool
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give the class of each candidate and a territory that stands for each class.

    Territories with equal bounds are one class, so that any candidate may serve any
    of them, unless a rule tells them apart.
    """
    ground = level.ground
    alike = interchangeable and not ground.barred.size
    alike = alike and not ground.fixed[group.cells].any()
    territories = np.asarray(group.territories)
    if not alike:
        return np.searchsorted(territories, owner), territories
    bounds = np.hstack([ground.lower[territories], ground.upper[territories]])
    _, first, kind = np.unique(bounds, axis=0, return_index=True, return_inverse=True)
    return kind.ravel()[np.searchsorted(territories, owner)], territories[first]


def _names(
    level: Level,
    plan: Found,
    group: Group,
    problem: Districting,
    owner: NDArray[np.intp],
    center: NDArray[np.intp],
) -> NDArray[np.intp]:
    """Name what opened after the territories it shares most weight with."""
    out = np.empty(len(group.cells), np.intp)
    weight, old = level.weight[group.cells], plan.labels[group.cells]
    for kind in range(len(problem.count)):
        opened = np.unique(center[problem.kind[center] == kind])
        names = np.unique(owner[problem.kind == kind])
        shared = [
            [weight[(center == o) & (old == t)].sum() for t in names] for o in opened
        ]
        rows, columns = linear_sum_assignment(np.asarray(shared), maximize=True)
        for row, column in zip(rows, columns, strict=True):
            out[center == opened[row]] = names[column]
    return out
