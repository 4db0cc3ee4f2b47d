"""A design task as arrays: units in canonical order, rules turned into masks."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from geo.design import Cost, Rules
from geo.errors import PlanError
from geo.frames import Targets, UnitTable

ROUNDING = 1e-9
"""Share of a target that bounds are widened by, so that sums may round."""

FAINT = 1e-3
"""Weight of a unit without weight, as a share of the mean: enough to keep it near."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be solved, in canonical order of units.

    Units are sorted by place, then loads, then id, so that neither the order of
    rows nor the ids matter to the search.

    Parameters
    ----------
    table
        The units in canonical order.
    order
        Shape (n,): row of the caller's table each unit stands in.
    cost
        The cost of these units, in this order.
    graph
        csr (n, n), boolean pattern: who touches whom, barriers removed.
    territory_id
        The k territories, in the order of their labels 0 .. k - 1.
    measures
        Names of the m measures that have targets.
    loads
        Shape (n, m), of these measures.
    lower, target, upper, carried
        Shape (k, m); the bounds are for the units alone, net of what is carried.
    homes
        Shape (k, 2), nan where a territory has none.
    fixed
        Shape (n,): label a unit must have, or -1.
    barred
        Shape (n, k), True where the territory may not have the unit; None: nowhere.
    lost
        Shape (n, k): what changes hands if the territory has the unit; None without
        an alignment of today.
    today
        Shape (n,): label that owns most of the unit today, or -1; None without.
    group
        Shape (n,): number of the group a unit stays with; units of their own have
        numbers of their own.
    locked
        Shape (k,): the territory's units stay as they are; its bounds do not bind.
    rules
        As the caller gave them.
    leaving
        Price of what changes hands, added to the cost of a unit at a territory that
        does not own it today.
    """

    table: UnitTable
    order: NDArray[np.intp]
    cost: Cost
    graph: sp.csr_array
    territory_id: tuple[str, ...]
    measures: tuple[str, ...]
    loads: NDArray[np.float64]
    lower: NDArray[np.float64]
    target: NDArray[np.float64]
    upper: NDArray[np.float64]
    carried: NDArray[np.float64]
    homes: NDArray[np.float64]
    fixed: NDArray[np.intp]
    barred: NDArray[np.bool_] | None
    lost: NDArray[np.float64] | None
    today: NDArray[np.intp] | None
    group: NDArray[np.intp]
    locked: NDArray[np.bool_]
    rules: Rules
    leaving: float = 0.0

    @property
    def k(self) -> int:
        """Number of territories."""
        return len(self.territory_id)

    @property
    def max_moved(self) -> float:
        """Most that may change hands; infinite without a limit."""
        limit = self.rules.max_moved
        return np.inf if limit is None or self.lost is None else float(limit)

    def scale(self) -> NDArray[np.float64]:
        """Give what a violation is divided by: the target, or the mean target."""
        full = self.target + self.carried
        mean = np.maximum(full.mean(axis=0), np.finfo(float).tiny)
        return np.where(full > 0, full, mean)


def state_problem(
    table: UnitTable,
    neighbors: sp.csr_array,
    cost: Cost,
    *,
    territories: Targets,
    rules: Rules,
    kept: NDArray[np.float64] | None,
) -> Problem:
    """Turn the arguments of `design` into arrays in canonical order.

    Raises
    ------
    PlanError
        When there is no unit or territory, or a rule names one that does not exist.
    """
    _refuse_empty(table, neighbors, territories)
    ids = tuple(str(i) for i in territories.index)
    measures = _measures(table, territories)
    order = canonical_order(table)
    part = table.take(order)
    named = rules.fixed or rules.forbidden or rules.together or rules.barriers
    rows = {str(u): i for i, u in enumerate(part.unit_id)} if named else {}
    codes = {t: j for j, t in enumerate(ids)}
    carried = _carried(rules, measures, ids)
    lost, today = _kept(kept, order, len(ids))
    locked = _locked(territories)
    fixed = _fixed(rules, rows, codes, today, locked, len(part))
    return Problem(
        table=part,
        order=order,
        cost=cost.take(order),
        graph=_graph(neighbors, order, rules.barriers, rows),
        territory_id=ids,
        measures=measures,
        loads=part.loads[:, [table.measures.index(m) for m in measures]],
        lower=_bounds(territories, "lower", measures) - carried,
        target=_bounds(territories, "target", measures) - carried,
        upper=_bounds(territories, "upper", measures) - carried,
        carried=carried,
        homes=_homes(territories),
        fixed=fixed,
        barred=_barred(rules, rows, codes, locked, fixed),
        lost=lost,
        today=today,
        group=_groups(rules.together, rows, len(part)),
        locked=locked,
        rules=rules,
    )


def canonical_order(table: UnitTable) -> NDArray[np.intp]:
    """Sort units by x, y, loads and weight; the id decides between equals only."""
    keys = [table.weight, *table.loads.T[::-1], table.xy[:, 1], table.xy[:, 0]]
    order = np.lexsort(keys)
    same = np.ones(max(len(order) - 1, 0), bool)
    for key in keys:
        same &= key[order[1:]] == key[order[:-1]]
    if not same.any():
        return order
    ids = np.argsort(np.argsort(table.unit_id.astype(str), kind="stable"))
    return np.lexsort([ids, *keys])


def without_group(problem: Problem, rows: NDArray[np.intp]) -> Problem:
    """Give the same problem with these units no longer tied to a group."""
    group = problem.group.copy()
    group[rows] = group.max() + 1 + np.arange(len(rows))
    return replace(problem, group=np.unique(group, return_inverse=True)[1])


def _refuse_empty(
    table: UnitTable, neighbors: sp.csr_array, territories: Targets
) -> None:
    if len(table) == 0:
        raise PlanError("There are no units to divide", fix="Load accounts first")
    if len(territories) == 0:
        raise PlanError("There are no territories", fix="Ask for at least 1")
    if neighbors.shape != (len(table), len(table)):
        raise PlanError(
            f"The neighbours are for {neighbors.shape[0]} units, the table has "
            f"{len(table)}",
            fix="Compute the neighbours of these units",
        )


def _measures(table: UnitTable, territories: Targets) -> tuple[str, ...]:
    names = [str(c)[7:] for c in territories.columns if str(c).startswith("target_")]
    missing = [name for name in names if name not in table.measures]
    if missing:
        raise PlanError(
            f"Measure '{missing[0]}' has targets but no loads",
            fix=f"Tally it, or use one of: {', '.join(table.measures)}",
        )
    if not names:
        raise PlanError("No measure has a target", fix="Add one to balance by")
    return tuple(names)


def _bounds(
    territories: Targets, side: str, measures: Sequence[str]
) -> NDArray[np.float64]:
    return territories[[f"{side}_{m}" for m in measures]].to_numpy(np.float64)


def _homes(territories: Targets) -> NDArray[np.float64]:
    if "home_x" not in territories:
        return np.full((len(territories), 2), np.nan)
    return territories[["home_x", "home_y"]].to_numpy(np.float64)


def _locked(territories: Targets) -> NDArray[np.bool_]:
    if "locked" not in territories:
        return np.zeros(len(territories), bool)
    return territories["locked"].to_numpy(bool)


def _carried(
    rules: Rules, measures: Sequence[str], ids: Sequence[str]
) -> NDArray[np.float64]:
    out = np.zeros((len(ids), len(measures)))
    if rules.carried.empty:
        return out
    for j, measure in enumerate(measures):
        if measure in rules.carried:
            column = rules.carried[measure].reindex(list(ids)).fillna(0.0)
            out[:, j] = column.to_numpy(np.float64)
    return out


def _known(names: Iterable[str], among: dict[str, int], what: str) -> None:
    missing = sorted(name for name in names if name not in among)
    if missing:
        raise PlanError(
            f"A rule names {what} '{missing[0]}', which does not exist",
            fix="Remove it from the rules",
        )


def _fixed(
    rules: Rules,
    rows: dict[str, int],
    codes: dict[str, int],
    today: NDArray[np.intp] | None,
    locked: NDArray[np.bool_],
    n: int,
) -> NDArray[np.intp]:
    _known(rules.fixed, rows, "unit")
    _known(set(rules.fixed.values()), codes, "territory")
    fixed = np.full(n, -1, np.intp)
    if today is not None:
        stays = (today >= 0) & locked[today]
        fixed[stays] = today[stays]
    for unit, territory in rules.fixed.items():
        fixed[rows[unit]] = codes[territory]
    return fixed


def _barred(
    rules: Rules,
    rows: dict[str, int],
    codes: dict[str, int],
    locked: NDArray[np.bool_],
    fixed: NDArray[np.intp],
) -> NDArray[np.bool_] | None:
    """Forbidden pairs; a locked territory takes no more units than it has."""
    _known(rules.forbidden, rows, "unit")
    _known({t for ts in rules.forbidden.values() for t in ts}, codes, "territory")
    closed = locked & np.isin(np.arange(len(codes)), fixed)
    if not rules.forbidden and not closed.any():
        return None
    barred = np.zeros((len(fixed), len(codes)), bool)
    barred[:, closed] = True
    held = np.flatnonzero(fixed >= 0)
    barred[held, fixed[held]] = False
    for unit, territories in rules.forbidden.items():
        barred[rows[unit], [codes[t] for t in territories]] = True
    return barred


def _kept(
    kept: NDArray[np.float64] | None, order: NDArray[np.intp], k: int
) -> tuple[NDArray[np.float64] | None, NDArray[np.intp] | None]:
    if kept is None:
        return None, None
    if kept.shape != (len(order), k):
        raise PlanError(
            f"Today's alignment has shape {kept.shape}, not ({len(order)}, {k})",
            fix="Give one row a unit and one column a territory",
        )
    mine = np.ascontiguousarray(kept[order], np.float64)
    owned = mine.sum(axis=1)
    return owned[:, None] - mine, np.where(owned > 0, mine.argmax(axis=1), -1)


def _groups(
    together: tuple[tuple[str, ...], ...], rows: dict[str, int], n: int
) -> NDArray[np.intp]:
    """Give group numbers; groups that share a unit are one."""
    if not together:
        return np.arange(n)
    _known({u for group in together for u in group}, rows, "unit")
    pairs = [
        (rows[a], rows[b]) for group in together for a, b in itertools.pairwise(group)
    ]
    left, right = zip(*pairs, strict=True) if pairs else ((), ())
    ties = sp.coo_array((np.ones(len(pairs)), (left, right)), shape=(n, n))
    _, number = sp.csgraph.connected_components(ties, directed=False)
    first = np.full(number.max() + 1, n)
    np.minimum.at(first, number, np.arange(n))
    return np.unique(first[number], return_inverse=True)[1]


def _graph(
    neighbors: sp.csr_array,
    order: NDArray[np.intp],
    barriers: tuple[tuple[str, str], ...],
    rows: dict[str, int],
) -> sp.csr_array:
    """Permute, make symmetric, take barriers out; column order is canonical."""
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    links = sp.coo_array(neighbors)
    i, j = place[links.coords[0]], place[links.coords[1]]
    real = (i != j) & (links.data != 0)
    i, j = i[real], j[real]
    ones = np.ones(2 * len(i), np.int8)
    both = (np.concatenate([i, j]), np.concatenate([j, i]))
    graph = sp.csr_array(
        sp.coo_array((ones, both), shape=neighbors.shape), dtype=np.int32
    )
    graph.data[:] = 1
    for a, b in barriers:
        _known((a, b), rows, "unit")
        _cut(graph, rows[a], rows[b])
        _cut(graph, rows[b], rows[a])
    if barriers:
        graph.eliminate_zeros()
    graph.sort_indices()
    return graph


def _cut(graph: sp.csr_array, a: int, b: int) -> None:
    inside = slice(graph.indptr[a], graph.indptr[a + 1])
    graph.data[inside][graph.indices[inside] == b] = 0
