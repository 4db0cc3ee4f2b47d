"""Whether every unit can lie near enough to a center."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.costs import KM, Distance, Matrix, SquaredDistance
from geo.solver.problem import Problem
from geo.solver.words import Reason, names_of

MOST_UNITS = 4_000
"""Units up to which centers at units are all looked at."""


def out_of_reach(problem: Problem) -> list[Reason]:
    """Name units no center may reach within `Rules.max_cost`.

    With centers at homes: units further than that from every home. Else: units so far
    apart that no two can share a center, more of them than territories.
    """
    if problem.rules.max_cost is None:
        return []
    limit = problem.cost.limit(problem.rules.max_cost)
    if problem.cost.kind == "fixed":
        return _far_from_homes(problem, limit)
    alone = _apart(problem, limit)
    if len(alone) <= problem.k:
        return []
    return [
        (
            f"{len(alone)} units lie so far apart that no two can share a center "
            f"within the limit, there are {problem.k} territories; among them "
            f"{names_of(problem, alone)}",
            f"Plan {len(alone)} territories or more, or allow a longer way",
        )
    ]


def _far_from_homes(problem: Problem, limit: float) -> list[Reason]:
    n = len(problem.table)
    homes = problem.cost.recenter(np.zeros(n, np.intp), problem.k)
    if not np.isfinite(homes).all():
        return []
    cost = problem.cost.block(np.arange(n), homes)
    if problem.barred is not None:
        cost[problem.barred] = np.inf
    held = np.flatnonzero(problem.fixed >= 0)
    own = cost[held, problem.fixed[held]]
    cost[held] = own[:, None]
    least = cost.min(axis=1)
    far = np.flatnonzero(least > limit * (1 + 1e-9))
    if len(far) == 0:
        return []
    more = 100 * (_way(problem, float(least[far].max())) - 1)
    mend = "Give a territory a home nearer to them"
    if np.isfinite(more):
        mend = (
            f"Allow a way {np.ceil(more):,.0f} % longer, or {mend[0].lower()}{mend[1:]}"
        )
    return [
        (
            f"{names_of(problem, far)} {'lies' if len(far) == 1 else 'lie'} further "
            "from every home that may serve than allowed",
            mend,
        )
    ]


def _way(problem: Problem, cost: float) -> float:
    """Give how many times the allowed way is needed to reach a cost."""
    if not np.isfinite(cost):
        return np.inf
    allowed = float(problem.rules.max_cost or 0.0)
    low, high = 1.0, 1e4
    for _ in range(60):
        middle = (low + high) / 2
        enough = problem.cost.limit(allowed * middle) >= cost
        low, high = (low, middle) if enough else (middle, high)
    return high


def _apart(problem: Problem, limit: float) -> NDArray[np.intp]:
    """Give units no two of which can share a center, greedily from the outside in."""
    n, cost, xy = len(problem.table), problem.cost, problem.table.xy
    left = np.ones(n, bool)
    if isinstance(cost, Matrix):
        if n > MOST_UNITS:
            return np.zeros(0, np.intp)
        near = (cost.matrix <= limit * (1 + 1e-9)).astype(np.float32)
        share = near @ near.T > 0
    elif isinstance(cost, SquaredDistance | Distance):
        squared = isinstance(cost, SquaredDistance)
        radius = KM * (np.sqrt(limit) if squared else limit)
        tree = cKDTree(xy)
    else:
        return np.zeros(0, np.intp)
    order = np.argsort(-((xy - xy.mean(axis=0)) ** 2).sum(axis=1), kind="stable")
    alone: list[int] = []
    for unit in order:
        if not left[unit]:
            continue
        alone.append(int(unit))
        if isinstance(cost, Matrix):
            left[share[unit]] = False
        else:
            left[tree.query_ball_point(xy[unit], 2 * radius * (1 + 1e-9))] = False
        left[unit] = False
        if len(alone) > problem.k + 50:
            break
    return np.array(alone, np.intp)
