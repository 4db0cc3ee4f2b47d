"""How good a plan could be at most: lower bounds that hold for every plan."""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np
from numpy.typing import NDArray

from geo.solver.transport import transport

STEP = 1.2
"""First step of the dual ascent, as a share of Polyak's step."""
LEAST_STEP = 1e-5
PATIENCE = 30
"""Rounds without a better bound after which the step is halved."""
MEMORY = 0.7
"""Share of the last direction that the next one keeps."""
SPREAD = 4.0
"""Weighs prices of capacities against prices of units in a step; found by trial."""


@numba.njit(cache=True)
def _column_worth(
    cost: NDArray[np.float64],
    price: NDArray[np.float64],
    load: NDArray[np.float64],
    slope: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Give each center the sum of its negative reduced costs, its own unit forced."""
    n_centers, n_units = cost.shape
    worth = np.zeros(n_centers)
    for j in range(n_centers):
        total = 0.0
        for i in range(n_units):
            reduced = cost[j, i] - price[i] + slope[j] * load[i]
            if reduced < 0.0 or i == j:
                total += reduced
        worth[j] = total
    return worth


def center_bound(
    cost: NDArray[np.float64],
    load: NDArray[np.float64],
    centers: NDArray[np.intp],
    *,
    lower: float,
    upper: float,
    incumbent: float,
    rounds: int = 600,
    stop: Callable[[float], bool] = lambda _: False,
) -> float:
    """Give a bound no plan with centers at units can undercut, contiguous or not.

    The capacitated k-median (Hess) model with its assignment and capacity constraints
    priced out: for prices a of the units and s = u - l of the capacities,
    ``sum a + the k least of [l L - u U + sum_i min(0, c_ij - a_i + s_j p_i)]`` is
    below every feasible objective. The prices climb by deflected subgradients with
    Polyak's step.

    Parameters
    ----------
    cost
        Shape (n, n): cost of serving unit i from a center at unit j is ``cost[j, i]``.
    load
        Shape (n,): the one load that `lower` and `upper` limit.
    centers
        Shape (k,): rows of the centers of a plan at hand, where the climb starts.
    lower, upper
        Loosest bounds of any territory.
    incumbent
        Objective of a plan at hand; only steers the steps.
    rounds
        Most steps.
    stop
        Asked with the best bound so far after each step; True ends the climb.

    Returns
    -------
    float
        The best bound, at least 0.

    References
    ----------
    Hess et al., "Nonpartisan political redistricting by computer", Operations Research
    13 (1965). Validi, Buchanan, Lykhovyd, "Imposing contiguity constraints in political
    districting models", Operations Research (2022), for this Lagrangian.
    """
    n, k = len(load), len(centers)
    if k == 1:
        return float(cost.sum(axis=1).min())
    scale = (float(load.mean()) or 1.0) * (n / k) ** 0.5 / SPREAD
    load, lower, upper = load / scale, lower / scale, upper / scale
    price, short, over = _first_prices(cost, load, centers, lower, upper)
    grain = np.sqrt(np.abs(price) + 1e-3 * np.abs(price).mean() + 1e-12)
    grain /= grain.mean()
    best, step, stale = -np.inf, STEP, 0
    kept = [price, short, over]
    drift = [np.zeros(n), np.zeros(n), np.zeros(n)]
    for _ in range(rounds):
        worth = _column_worth(cost, price, load, over - short)
        worth += short * lower - over * upper
        open_ = np.argpartition(worth, k - 1)[:k]
        value = float(price.sum() + worth[open_].sum())
        if value > best + 1e-7 * abs(best) or best == -np.inf:
            best, stale, kept = value, 0, [price, short, over]
        else:
            stale += 1
            if stale >= PATIENCE:
                step, stale = step / 2, 0
                price, short, over = kept
                drift = [np.zeros(n), np.zeros(n), np.zeros(n)]
        if stop(best) or step < LEAST_STEP:
            break
        slopes = _slopes(cost, price, load, over - short, open_, lower, upper)
        drift = [MEMORY * d + g for d, g in zip(drift, slopes, strict=True)]
        norm = float((grain * drift[0]) @ drift[0])
        norm += sum(float(d @ d) for d in drift[1:])
        if norm == 0.0:
            break
        move = step * max(incumbent - value, 1e-6 * incumbent) / norm
        price = price + move * grain * drift[0]
        short = np.maximum(short + move * drift[1], 0.0)
        over = np.maximum(over + move * drift[2], 0.0)
    return max(best, 0.0)


def _first_prices(
    cost: NDArray[np.float64],
    load: NDArray[np.float64],
    centers: NDArray[np.intp],
    lower: float,
    upper: float,
) -> list[NDArray[np.float64]]:
    """Give the prices of the best split of units among the incumbent's centers.

    They make the bound tight for those centers; every other unit, as a center, starts
    with the capacity prices of the nearest of them.
    """
    k = len(centers)
    split = np.ascontiguousarray(cost[centers].T)
    worth = transport(split, load, np.full(k, lower), np.full(k, upper))[1]
    price = (split + load[:, None] * worth).min(axis=1)
    nearest = cost[centers].argmin(axis=0)
    return [price, np.maximum(-worth, 0.0)[nearest], np.maximum(worth, 0.0)[nearest]]


def _slopes(
    cost: NDArray[np.float64],
    price: NDArray[np.float64],
    load: NDArray[np.float64],
    slope: NDArray[np.float64],
    open_: NDArray[np.intp],
    lower: float,
    upper: float,
) -> list[NDArray[np.float64]]:
    """Give the subgradient in the prices of units, lower and upper bounds."""
    n = len(load)
    reduced = cost[open_] - price[None, :] + slope[open_][:, None] * load[None, :]
    taken = reduced < 0.0
    taken[np.arange(len(open_)), open_] = True
    carried = taken @ load
    short, over = np.zeros(n), np.zeros(n)
    short[open_] = lower - carried
    over[open_] = carried - upper
    return [1.0 - taken.sum(axis=0), short, over]
