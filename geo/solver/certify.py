"""Prove how much better any plan within the same bounds could be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.costs import KM, Distance, Matrix, SquaredDistance
from geo.solver.bound import center_bound
from geo.solver.free_bound import free_bound
from geo.solver.levels import Level, coarsen, finest
from geo.solver.prices import Demand, Prices, climb, squares_over
from geo.solver.problem import Problem
from geo.solver.refine import Ask
from geo.solver.sums import sums
from geo.solver.transport import transport

CLIMB_UNITS = 2_500
"""Above this many units the prices are climbed on cells, and the bound proven on
units."""

MOST_UNITS = 200_000
MOST_PAIRS = 12_000_000
"""Pairs of unit and center up to which centers at units are looked at: 100 MB."""

MOST_ASKED = 250_000
"""The same where a cost has to be asked for, as drive times have."""

CENTER_WORK = 1.5e9
"""Pairs looked at in all while prices climb, where centers are at units."""

NOTHING = 1e-9
"""Share of the ground's width that counts as no distance."""

MOST_KINDS = 4
"""Kinds of territory told apart; more are joined, with the loosest bounds of each."""


@dataclass(frozen=True)
class Proof:
    """A bound, and what it proves.

    Parameters
    ----------
    bound
        No plan within the same bounds costs less; nan if nothing is proven.
    says
        One sentence: which plans it speaks of, or why there is no bound.
    """

    bound: float
    says: str


def prove(problem: Problem, labels: NDArray[np.intp], ask: Ask) -> Proof:
    """Give a bound below the cost of every plan within the same bounds.

    Contiguity, locks and groups are not asked of those plans, so it holds for them
    too. Centers at homes: the dual of the transport problem. At units: the Lagrangian
    of `center_bound`. Free: that of `free_bound`, proven over the whole plane.

    Parameters
    ----------
    labels
        Shape (n,): a plan at hand; it only steers the climb.
    """
    n, cost = len(labels), problem.cost
    if n > MOST_UNITS:
        return Proof(float("nan"), f"{n:,} units are too many to prove a bound")
    homes = problem.cost.recenter(labels, problem.k)
    if cost.kind == "fixed" and np.isfinite(problem.homes).all():
        return _said(home_bound(problem, homes), "from the same homes")
    if cost.kind == "unit":
        known = isinstance(cost, SquaredDistance | Distance | Matrix)
        if n * n > (MOST_PAIRS if known else MOST_ASKED):
            return Proof(float("nan"), f"{n:,} units are too many to prove a bound")
        return _said(_unit_bound(problem, labels, ask), "with centers at any units")
    if not isinstance(cost, SquaredDistance | Distance):
        return Proof(float("nan"), "No bound is known for this cost")
    return _said(_free_bound(problem, labels, ask), "wherever their centers lie")


def _said(bound: float, where: str) -> Proof:
    if not np.isfinite(bound):
        return Proof(float("nan"), "Stopped before a bound was proven")
    return Proof(
        max(bound, 0.0),
        f"Proven against all plans within the same limits, {where}, even in parts",
    )


def bounds_of(
    problem: Problem, measure: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give finite bounds on one load of each territory; shapes (k,)."""
    total = float(problem.loads[:, measure].sum())
    free = problem.locked
    lower = np.where(free, 0.0, np.clip(problem.lower[:, measure], 0.0, total))
    upper = np.where(free, total, np.clip(problem.upper[:, measure], 0.0, total))
    return lower, np.maximum(upper, lower)


def home_bound(problem: Problem, centers: NDArray[np.float64]) -> float:
    """Give the cost no plan served from these centers can undercut.

    The dual of the transport problem (Hitchcock 1941), measure by measure: for prices
    s of load, ``sum_i min_j (c_ij + s_j p_i) - sum_j (s_j u_j if s_j > 0 else s_j
    l_j)``. The best measure counts.
    """
    rows = np.arange(len(problem.table))
    cost = problem.cost.block(rows, centers) * problem.table.weight[:, None]
    if problem.barred is not None:
        free = (~problem.barred).any(axis=1).reshape(-1, 1)
        cost[problem.barred & free] = np.inf
    best = float(cost.min(axis=1).sum())
    for measure in range(len(problem.measures)):
        load = problem.loads[:, measure]
        lower, upper = bounds_of(problem, measure)
        price = transport(cost, load, lower, upper)[1]
        paid = (cost + load[:, None] * price).min(axis=1).sum()
        best = max(best, float(paid - np.where(price > 0, upper, lower) @ price))
    return best


def _unit_bound(problem: Problem, labels: NDArray[np.intp], ask: Ask) -> float:
    rows, n = np.arange(len(labels)), len(labels)
    table, measure = problem.table, _tightest(problem)
    cost = problem.cost.block(rows, table.xy) * table.weight[:, None]
    centers = problem.cost.recenter(labels, problem.k)
    away = ((table.xy[:, None, :] - centers) ** 2).sum(axis=2)
    lower, upper = bounds_of(problem, measure)
    return center_bound(
        np.ascontiguousarray(cost.T),
        problem.loads[:, measure],
        away.argmin(axis=0),
        lower=float(lower.min()),
        upper=float(upper.max()),
        incumbent=float(cost[rows, away.argmin(axis=0)[labels]].sum()),
        rounds=int(np.clip(CENTER_WORK / n**2, 100, 600)),
        stop=lambda _: ask(0.5),
    )


def _free_bound(problem: Problem, labels: NDArray[np.intp], ask: Ask) -> float:
    fine = finest(problem)
    level = fine
    if len(fine) > CLIMB_UNITS:
        level = coarsen(fine, CLIMB_UNITS)
    centers = problem.cost.recenter(labels, problem.k) / KM
    demand, cells = _demand(problem), _demand(problem, level)
    away = np.hypot(*(demand.xy - centers[labels]).T)
    worth = float(demand.cost(away, np.arange(len(labels))).sum())
    span = float(np.ptp(demand.xy, axis=0).max())
    if worth <= NOTHING * demand.weight.sum() * max(span, NOTHING):
        return 0.0
    squares = squares_over(demand.xy, problem.k)
    at = labels[level.row]
    prices = climb(cells, squares, at, centers, ask)
    spread = _spread(demand, cells, level, labels, centers, prices)
    return free_bound(demand, squares, spread, worth / problem.k, ask)


def _demand(problem: Problem, level: Level | None = None) -> Demand:
    """State what is shared out, on units or on the cells of a level."""
    measure, table = _tightest(problem), problem.table
    xy, weight, load = table.xy / KM, table.weight, problem.loads[:, measure]
    if level is not None:
        c = len(level)
        xy = level.xy / KM
        weight, load = sums(level.cell, weight, c), sums(level.cell, load, c)
    lower, upper, count = _kinds(*bounds_of(problem, measure))
    squared = isinstance(problem.cost, SquaredDistance)
    return Demand(xy, weight, load, lower, upper, count, squared)


def _spread(
    units: Demand,
    cells: Demand,
    level: Level,
    labels: NDArray[np.intp],
    centers: NDArray[np.float64],
    prices: Prices,
) -> Prices:
    """Give each unit its part of the price of its cell.

    A unit's price is its cost at its own center, what its load is worth there, and
    the profit of its cell by weight (by load where the cell has no weight).
    """
    cell = level.cell
    load_price = prices.at_center
    at = labels[level.row]

    def own(demand: Demand, t: NDArray[np.intp]) -> NDArray[np.float64]:
        away = np.hypot(*(demand.xy - centers[t]).T)
        return demand.cost(away, np.arange(len(t))) + load_price[t] * demand.load

    profit = prices.unit - own(cells, at)
    by = np.where(cells.weight[cell] > 0, units.weight, units.load)
    total = np.bincount(cell, by, len(at))[cell]
    share = np.divide(by, total, out=np.zeros_like(by), where=total > 0)
    unit = own(units, at[cell]) + profit[cell] * share
    return Prices(unit, prices.load, load_price, prices.least)


def _tightest(problem: Problem) -> int:
    """Give the measure whose bounds leave least room."""
    room = [
        float(np.mean((top - low) / problem.scale()[:, j]))
        for j in range(len(problem.measures))
        for low, top in [bounds_of(problem, j)]
    ]
    return int(np.argmin(room))


def _kinds(
    lower: NDArray[np.float64], upper: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Give the kinds of territory by their bounds, a few at most."""
    pairs, count = np.unique(
        np.column_stack([upper, lower]), axis=0, return_counts=True
    )
    groups = np.array_split(np.arange(len(pairs)), min(len(pairs), MOST_KINDS))
    return (
        np.array([pairs[g, 1].min() for g in groups]),
        np.array([pairs[g, 0].max() for g in groups]),
        np.array([count[g].sum() for g in groups], np.int64),
    )
