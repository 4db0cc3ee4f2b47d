"""Cells of units: the same problem with fewer, connected pieces to place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numba import njit
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from geo.costs import KM, SquaredDistance
from geo.solver.problem import FAINT, ROUNDING, Problem
from geo.solver.state import Ground
from geo.solver.sums import sums

BLOCK = 65_536
"""Rows of costs asked for at once: 200 territories make 100 MB."""


HARD = 1e4
"""What a share moved beyond the limit counts, against one of load out of bounds."""

LOOSE = 1e300
"""Bound of a load that does not bind."""


@dataclass(frozen=True, eq=False)
class Level:
    """A problem over cells: connected sets of units placed as one.

    Parameters
    ----------
    problem
        The problem over units.
    cell
        Shape (n,): cell of each unit.
    row
        Shape (c,): the unit nearest each cell's middle; it stands for the cell
        where cost has no exact sum.
    xy
        Shape (c, 2), metres: weighted mean of each cell.
    weight
        Shape (c,).
    ground
        The arrays of the search, with an empty table of costs.
    """

    problem: Problem
    cell: NDArray[np.intp]
    row: NDArray[np.intp]
    xy: NDArray[np.float64]
    weight: NDArray[np.float64]
    ground: Ground

    def __len__(self) -> int:
        return len(self.row)

    @property
    def exact(self) -> bool:
        """Whether moments alone give the change of cost of any move."""
        cost = self.problem.cost
        squared = isinstance(cost, SquaredDistance) and cost.kind == "free"
        return squared and self.problem.leaving == 0

    def costs(self, centers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give weight x cost of each cell to each center, and the price of leaving."""
        out = np.empty((len(self), len(centers)))
        for first in range(0, len(self), BLOCK):
            part = slice(first, first + BLOCK)
            block = self.problem.cost.block(self.row[part], centers)
            np.multiply(block, self.weight[part, None], out=out[part])
        if self.problem.leaving > 0:
            out += self.problem.leaving * self.ground.lost
        return out

    def recenter(
        self, labels: NDArray[np.intp], old: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Give the best centers of labelled cells; where there is none, the old."""
        centers = self.problem.cost.recenter(labels[self.cell], self.problem.k)
        return np.where(np.isfinite(centers), centers, old)

    def with_costs(self, centers: NDArray[np.float64]) -> Ground:
        """Give the arrays of the search with what depends on the centers filled in."""
        ground, problem = self.ground, self.problem
        if not self.exact:
            ground = ground._replace(table=self.costs(centers))
        limit = problem.rules.max_cost
        if limit is None:
            return ground
        far = self._beyond(centers, problem.cost.limit(limit))
        barred = far | ground.barred if ground.barred.size else far
        return ground._replace(barred=barred)

    def _beyond(self, centers: NDArray[np.float64], limit: float) -> NDArray[np.bool_]:
        out = np.zeros((len(self), len(centers)), bool)
        n = len(self.cell)
        for first in range(0, n, BLOCK):
            rows = np.arange(first, min(first + BLOCK, n))
            far = self.problem.cost.block(rows, centers) > limit
            np.logical_or.at(out, self.cell[rows], far)
        return out


def finest(problem: Problem) -> Level:
    """Give the level whose cells are single units, or groups kept together."""
    return _level(problem, problem.group)


def coarsen(level: Level, cells: int) -> Level:
    """Join neighbouring cells into about this many connected ones of like load.

    Places are halved at the weighted median along the longer side until there are
    enough boxes; each connected part of a box is a cell. Fixed cells, and cells
    with rules or an owner of their own, join only their like.
    """
    box = _boxes(level.xy, _bulk(level), cells)
    like = _likeness(level)
    both = box * (int(like.max()) + 2) + like
    ground = level.ground
    rows = np.repeat(np.arange(len(level)), np.diff(ground.indptr))
    inner = both[rows] == both[ground.indices]
    graph = sp.coo_array(
        (np.ones(inner.sum(), np.int8), (rows[inner], ground.indices[inner])),
        shape=(len(level), len(level)),
    )
    _, part = connected_components(graph, directed=False)
    first = np.full(part.max() + 1, len(part))
    np.minimum.at(first, part, np.arange(len(part)))
    joined = np.unique(first[part], return_inverse=True)[1]
    return _level(level.problem, joined[level.cell])


def _level(problem: Problem, cell: NDArray[np.intp]) -> Level:
    n, c = len(cell), int(cell.max()) + 1
    weight = faint_weights(problem.table.weight)
    km = problem.table.xy / KM
    km = km - km.mean(axis=0)
    moments = _sum(cell, weight[:, None] * np.column_stack([np.ones(n), km]), c)
    share = weight / moments[cell, 0]
    xy = sums(cell, share[:, None] * problem.table.xy, c)
    away = ((problem.table.xy - xy[cell]) ** 2).sum(axis=1) if c < n else np.zeros(n)
    order = np.lexsort((away, cell))
    row = order[np.unique(cell[order], return_index=True)[1]]
    return Level(problem, cell, row, xy, moments[:, 0], _ground(problem, cell, moments))


def faint_weights(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give units without weight a faint one, so that empty ground stays near."""
    heavy = weight[weight > 0]
    faint = FAINT * heavy.mean() if len(heavy) else 1.0
    return np.where(weight > 0, weight, faint)


def _ground(
    problem: Problem, cell: NDArray[np.intp], moments: NDArray[np.float64]
) -> Ground:
    c, k = len(moments), problem.k
    graph = _quotient(problem.graph, cell, c)
    slack = ROUNDING * problem.scale()
    free = problem.locked[:, None]
    fixed = np.full(c, False)
    fixed[cell[problem.fixed >= 0]] = True
    lost = np.zeros((0, 0))
    limited = np.isfinite(problem.max_moved) or problem.leaving > 0
    if problem.lost is not None and limited:
        lost = _sum(cell, problem.lost, c)
    return Ground(
        indptr=graph.indptr.astype(np.int32),
        indices=graph.indices.astype(np.int32),
        loads=_sum(cell, problem.loads, c),
        moments=moments,
        table=np.zeros((0, 0)),
        barred=_barred(problem, cell, c),
        lost=lost,
        fixed=fixed,
        lower=np.where(free, -LOOSE, problem.lower - slack),
        upper=np.where(free, LOOSE, problem.upper + slack),
        scale=problem.scale(),
        max_moved=problem.max_moved * (1 + ROUNDING),
        moved_scale=max(_owned(problem) / k / HARD, np.finfo(float).tiny),
        joined=problem.rules.contiguous,
    )


def _owned(problem: Problem) -> float:
    if problem.lost is None or problem.k < 2:
        return 1.0
    return float(problem.lost.sum() / (problem.k - 1))


def _sum(
    cell: NDArray[np.intp], values: NDArray[np.float64], c: int
) -> NDArray[np.float64]:
    if c == len(cell):
        return np.ascontiguousarray(values[np.argsort(cell, kind="stable")])
    return sums(cell, values, c)


def _quotient(graph: sp.csr_array, cell: NDArray[np.intp], c: int) -> sp.csr_array:
    rows = np.repeat(cell, np.diff(graph.indptr))
    columns = cell[graph.indices]
    real = rows != columns
    out = sp.csr_array(
        sp.coo_array(
            (np.ones(real.sum(), np.int32), (rows[real], columns[real])), shape=(c, c)
        )
    )
    out.sort_indices()
    return out


def _barred(problem: Problem, cell: NDArray[np.intp], c: int) -> NDArray[np.bool_]:
    if problem.barred is None:
        return np.zeros((0, 0), bool)
    out = np.zeros((c, problem.k), bool)
    np.logical_or.at(out, cell, problem.barred)
    return out


def _bulk(level: Level) -> NDArray[np.float64]:
    """Size of each cell: its mean share of the measures, and a little of the count."""
    loads = level.ground.loads
    total = np.where(loads.sum(axis=0) > 0, loads.sum(axis=0), 1.0)
    share: NDArray[np.float64] = (loads / total).mean(axis=1)
    return share + 0.25 / len(level)


def _likeness(level: Level) -> NDArray[np.intp]:
    """Give classes of cells that may be joined: same label fixed, same rules."""
    problem, c = level.problem, len(level)
    key = np.full(c, -1, np.intp)
    held = problem.fixed >= 0
    key[level.cell[held]] = problem.fixed[held]
    if level.ground.barred.size:
        rules = np.unique(level.ground.barred, axis=0, return_inverse=True)[1]
        both = np.column_stack([key, rules.ravel()])
        key = np.unique(both, axis=0, return_inverse=True)[1]
    if problem.today is not None:
        owner = np.full(c, -1, np.intp)
        owner[level.cell] = problem.today
        key = np.unique(np.column_stack([key, owner]), axis=0, return_inverse=True)[1]
    return key.ravel()


def _boxes(
    xy: NDArray[np.float64], bulk: NDArray[np.float64], cells: int
) -> NDArray[np.int64]:
    """Halve the places by bulk along the longer side, level by level (kd-tree)."""
    by_side = np.argsort(xy, axis=0, kind="stable").T.copy()
    ends = np.array([0, len(xy)])
    while len(ends) - 1 < cells:
        split = _halve(xy, bulk, by_side, ends)
        if len(split) == len(ends):
            break
        ends = split
    box = np.empty(len(xy), np.int64)
    box[by_side[0]] = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
    return box


@njit(cache=True)
def _halve(
    xy: NDArray[np.float64],
    bulk: NDArray[np.float64],
    by_side: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Halve each box; places within a box stay sorted by x and by y, in place."""
    split = np.empty(2 * len(ends), np.int64)
    upper, moved = np.zeros(len(xy), np.bool_), np.empty(len(xy), np.int64)
    count = 0
    for part in range(len(ends) - 1):
        first, last = ends[part], ends[part + 1]
        split[count] = first
        count += 1
        if last - first < 2:
            continue
        wide = xy[by_side[0, last - 1], 0] - xy[by_side[0, first], 0]
        high = xy[by_side[1, last - 1], 1] - xy[by_side[1, first], 1]
        longer, half = 0 if wide >= high else 1, 0.0
        for place in range(first, last):
            half += bulk[by_side[longer, place]] / 2
        running, lower = bulk[by_side[longer, first]], 1
        for place in range(first + 1, last):
            unit = by_side[longer, place]
            running += bulk[unit]
            if running > half or place == last - 1:
                upper[unit] = True
            else:
                lower += 1
        for side in range(2):
            low, top = first, first + lower
            for place in range(first, last):
                unit = by_side[side, place]
                if upper[unit]:
                    moved[top] = unit
                    top += 1
                else:
                    moved[low] = unit
                    low += 1
            for place in range(first, last):
                by_side[side, place] = moved[place]
        split[count] = first + lower
        count += 1
    split[count] = len(xy)
    return split[: count + 1]


def as_units(level: Level, labels: NDArray[np.intp]) -> NDArray[np.intp]:
    """Give the label of each unit from the labels of the cells."""
    return labels[level.cell]


def as_cells(level: Level, labels: NDArray[np.intp]) -> NDArray[np.intp]:
    """Give the label of each cell: that of the unit that stands for it."""
    return labels[level.row]


def with_bounds(problem: Problem, share: float) -> Problem:
    """Give the problem with bounds this share of the way closer to the targets."""
    return replace(
        problem,
        lower=problem.lower + share * (problem.target - problem.lower),
        upper=problem.upper + share * (problem.target - problem.upper),
    )
