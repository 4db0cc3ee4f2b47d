"""First plans: seeds by k-means++, then transport alternated with center moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from geo.costs import squared_km
from geo.solver.assign import round_shares
from geo.solver.levels import Level
from geo.solver.refine import Ask
from geo.solver.repair import make_contiguous
from geo.solver.state import Ground
from geo.solver.sums import sums
from geo.solver.transport import transport

ROUNDS = 12
"""Most alternations of transport and center moves; they settle earlier."""


def seed_centers(
    level: Level, rng: np.random.Generator, island: NDArray[np.intp] | None
) -> NDArray[np.float64]:
    """Draw a first center for each territory, far from the others: k-means++.

    Arthur and Vassilvitskii (2007), as in scikit-learn, with cells drawn in
    proportion to load x squared distance. Seeds go to the territories' homes where
    they have one (nearest pairs), and where kinds of cost fix centers, those are
    the centers.

    Parameters
    ----------
    island
        Shape (k,): component of the graph each territory is to lie in, or None.

    Returns
    -------
    NDArray
        Shape (k, 2), metres.
    """
    problem = level.problem
    centers = np.empty((problem.k, 2))
    everywhere = np.zeros(len(level), np.intp)
    where = everywhere if island is None else _components(level)
    wanted = np.zeros(problem.k, np.intp) if island is None else island
    for number in np.unique(wanted):
        mine = np.flatnonzero(wanted == number)
        drawn = _draw(level, np.flatnonzero(where == number), len(mine), rng)
        centers[mine] = _paired(drawn, problem.homes[mine])
    held = held_labels(level)
    for territory in np.unique(held[held >= 0]):
        rows = held == territory
        if not np.isfinite(problem.homes[territory]).all():
            centers[territory] = np.average(
                level.xy[rows], axis=0, weights=level.weight[rows]
            )
    if problem.cost.kind == "fixed":
        return level.recenter(np.zeros(len(level), np.intp), centers)
    return centers


def held_labels(level: Level) -> NDArray[np.intp]:
    """Give the label each cell is fixed to, or -1; shape (c,)."""
    out = np.full(len(level), -1, np.intp)
    held = level.problem.fixed >= 0
    out[level.cell[held]] = level.problem.fixed[held]
    return out


def first_plan(
    level: Level,
    centers: NDArray[np.float64],
    island: NDArray[np.intp] | None,
    ask: Ask,
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Alternate transport and center moves, round, and join up.

    Parameters
    ----------
    centers
        Shape (k, 2), where to begin.
    ask
        Asked during each transport; what is there is rounded and joined up.

    Returns
    -------
    tuple of NDArray
        Labels of the cells, shape (c,), and their centers, shape (k, 2).
    """
    share, cost, prices = _divide(level, centers, island, None, ask)
    labels = np.argmax(share, axis=1)
    for turn in range(ROUNDS):
        if ask(turn / ROUNDS):
            break
        centers = level.recenter(labels, centers)
        share, cost, prices = _divide(level, centers, island, prices, ask)
        before, labels = labels, np.argmax(share, axis=1)
        if np.array_equal(before, labels):
            break
    ground = level.ground
    labels = round_shares(
        share, cost, ground.loads, ground.lower, ground.upper, ground.scale, ask
    )
    held = held_labels(level)
    labels = np.where(held >= 0, held, labels)
    if level.problem.rules.contiguous:
        labels = make_contiguous(labels, ground, cost)
    return labels, level.recenter(labels, centers)


def _components(level: Level) -> NDArray[np.intp]:
    from geo.solver.islands import components

    return components(level.problem)[level.row]


def _draw(
    level: Level, rows: NDArray[np.intp], count: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    from sklearn.cluster import kmeans_plusplus

    loads = level.ground.loads[rows]
    total = np.where(loads.sum(axis=0) > 0, loads.sum(axis=0), 1.0)
    bulk = (loads / total).sum(axis=1) + 1e-6 / len(rows)
    state = np.random.RandomState(int(rng.integers(2**31)))
    if count >= len(rows):
        return level.xy[np.resize(rows, count)]
    places: NDArray[np.float64] = kmeans_plusplus(
        level.xy[rows], count, sample_weight=bulk, random_state=state
    )[0]
    return places


def _paired(
    drawn: NDArray[np.float64], homes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Hand each drawn place to a territory: nearest homes first, then in order."""
    known = np.isfinite(homes).all(axis=1)
    if not known.any():
        return drawn
    away = np.zeros((len(homes), len(drawn)))
    away[known] = squared_km(homes[known], drawn)
    rows, columns = linear_sum_assignment(away)
    out = np.empty_like(drawn)
    out[rows] = drawn[columns]
    return out


def _divide(
    level: Level,
    centers: NDArray[np.float64],
    island: NDArray[np.intp] | None,
    prices: NDArray[np.float64] | None,
    ask: Ask,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Solve the transport for these centers; give shares, costs and prices.

    Fixed cells are placed beforehand. The load is the mean share over the measures,
    and so are its bounds.
    """
    ground, held = level.with_costs(centers), held_labels(level)
    cost = level.costs(centers)
    if ground.barred.size or island is not None:
        cost[~_allowed(level, ground, island)] = np.inf
    share = np.zeros(cost.shape)
    taken = held >= 0
    share[taken, held[taken]] = 1.0
    total = np.where(ground.loads.sum(axis=0) > 0, ground.loads.sum(axis=0), 1.0)
    load = (ground.loads / total).mean(axis=1)
    lower, upper = (ground.lower / total).mean(axis=1), ground.upper / total
    used = sums(held[taken], load[taken], level.problem.k)
    share[~taken], prices = transport(
        cost[~taken],
        load[~taken],
        lower - used,
        upper.mean(axis=1) - used,
        prices,
        ask,
    )
    return share, cost, prices


def _allowed(
    level: Level, ground: Ground, island: NDArray[np.intp] | None
) -> NDArray[np.bool_]:
    """Tell where each cell may go; one that may go nowhere goes anywhere."""
    shape = len(level), level.problem.k
    allowed = ~ground.barred if ground.barred.size else np.ones(shape, bool)
    if island is not None:
        allowed = allowed & (_components(level)[:, None] == island[None, :])
    allowed[~allowed.any(axis=1)] = True
    return allowed
