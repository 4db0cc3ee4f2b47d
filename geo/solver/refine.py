"""Anneal, then descend: the schedule of moves that improves a contiguous plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.solver.improve import anneal, exchange, shift
from geo.solver.levels import Level
from geo.solver.state import OUTSIDE, Ground, State, score, start, typical

HOT, COLD = 1.0, 0.02
"""First and last temperature, in typical changes of cost of one shift."""

STEPS = 30
"""Temperatures from hot to cold."""

PRICE = 4.0
"""Price of a typical unit's load out of bounds, in typical changes of cost."""

CHUNK = 250_000
"""Proposals or pairs tried between two questions whether to stop."""

SMALL = 1e-9
"""Share of a typical change of cost below which a move counts as no gain."""

Ask = Callable[[float], bool]
"""Told the share of the step that is done; True ends the search."""


@dataclass(frozen=True, eq=False)
class Found:
    """A plan over the cells of a level.

    Parameters
    ----------
    labels
        Shape (c,).
    centers
        Shape (k, 2).
    violation, cost
        What `geo.solver.state.score` gives; smaller pairs are better.
    """

    labels: NDArray[np.intp]
    centers: NDArray[np.float64]
    violation: float
    cost: float

    def beats(self, other: Found) -> bool:
        """Tell whether this plan is nearer to its bounds, or as near and cheaper."""
        if abs(self.violation - other.violation) > OUTSIDE:
            return self.violation < other.violation
        return self.cost < other.cost


def found(
    level: Level, labels: NDArray[np.intp], centers: NDArray[np.float64]
) -> Found:
    """Score labels with the best centers they have."""
    centers = level.recenter(labels, centers)
    violation, cost = score(level.with_costs(centers), labels)
    return Found(labels, centers, violation, cost)


def descend(level: Level, plan: Found, ask: Ask, *, pairs: bool = True) -> Found:
    """Take shifts, then pairs of shifts, while any helps; then move the centers.

    Where cost hangs on centers that stay put while units move, the centers follow
    after each round, and the best round is kept.
    """
    best, go_on = plan, True
    while go_on:
        ground = level.with_costs(best.centers)
        state = start(ground, best.labels)
        go_on = not _settle(level, ground, state, ask, pairs)
        now = found(level, state.labels.astype(np.intp), best.centers)
        if not now.beats(best):
            break
        best = now
        go_on = go_on and (not level.exact or level.problem.rules.max_cost is not None)
    return best


def _settle(level: Level, ground: Ground, state: State, ask: Ask, pairs: bool) -> bool:
    """Descend in place until neither a shift nor a pair helps; True if stopped."""
    small = SMALL * max(typical(ground, state)[0], np.finfo(float).tiny)
    before = np.full(len(level), -1, np.int64)
    while True:
        while shift(ground, state, small):
            if ask(0.0):
                return True
        unit, taken = 0, 0
        near, before = _near_changes(ground, before, state.labels), state.labels.copy()
        while pairs and unit < len(level):
            more, unit, _ = exchange(ground, state, small, near, unit, CHUNK)
            taken += more
            if ask(unit / len(level)):
                return True
        if not taken:
            return False


def _near_changes(
    ground: Ground, before: NDArray[np.int64], after: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell which territories have changed or lie beside one that has; shape (k,).

    What a pair of shifts is worth hangs on these alone, unless a limit on what
    changes hands binds them all.
    """
    k = len(ground.lower)
    changed = np.zeros(k, bool)
    moved = before != after
    changed[after[moved]] = True
    changed[before[moved & (before >= 0)]] = True
    if changed.all() or ground.lost.size:
        return np.ones(k, bool)
    rows = np.repeat(after, np.diff(ground.indptr))
    beside = np.zeros((k, k), bool)
    beside[rows, after[ground.indices]] = True
    return changed | beside[:, changed].any(axis=1)


def cool(
    level: Level,
    plan: Found,
    ask: Ask,
    *,
    rng: np.random.Generator,
    proposals: int,
    hot: float = HOT,
    dear: float = 1.0,
) -> Found:
    """Anneal from hot to cold, with a price on load out of bounds (Kirkpatrick 1983).

    Temperatures fall geometrically over `STEPS`; the price rises as they fall, so
    that the end is within bounds where that is in reach. The best plan met at the
    end of a temperature is kept.
    """
    seed = rng.integers(1, 2**63, size=1, dtype=np.uint64)
    best, now = plan, plan
    state = start(level.with_costs(plan.centers), plan.labels)
    step, share = typical(level.with_costs(plan.centers), state)
    if step <= 0 or level.problem.k == 1:
        return plan
    for turn in range(STEPS):
        done = turn / (STEPS - 1)
        heat = dear * step * hot * (COLD / hot) ** done
        price = dear * PRICE * step / max(share, 1e-6) * (1.0 + 3.0 * done)
        ground = level.with_costs(now.centers)
        state = start(ground, now.labels)
        stopped = _simmer(ground, state, heat, price, proposals // STEPS, seed, ask)
        now = found(level, state.labels.astype(np.intp), now.centers)
        if now.beats(best):
            best = now
        if stopped or ask(done):
            break
    return best


def _simmer(
    ground: Ground,
    state: State,
    heat: float,
    price: float,
    proposals: int,
    seed: NDArray[np.uint64],
    ask: Ask,
) -> bool:
    for first in range(0, proposals, CHUNK):
        count = min(CHUNK, proposals - first)
        anneal(ground, state, heat, price, count, seed)
        if first and ask(0.0):
            return True
    return False
