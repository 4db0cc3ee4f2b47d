"""Few units: try every division there is, so that the answer is the last word."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.design import Result
from geo.solver.diagnose import Diagnosis
from geo.solver.outcome import outcome
from geo.solver.problem import ROUNDING, Problem

MOST_UNITS = 11
"""Up to this many units every division is tried: 3^11 steps a territory."""

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Labels = NDArray[np.intp]


def is_tiny(problem: Problem) -> bool:
    """Tell whether every division can be tried; a limit on moves is not looked at."""
    return len(problem.table) <= MOST_UNITS and not np.isfinite(problem.max_moved)


def try_all(problem: Problem, diagnosis: Diagnosis) -> tuple[Labels | None, Diagnosis]:
    """Find the best division; where none keeps the bounds, the one that misses least.

    Dynamic programming over sets of units (Held and Karp 1962): the best way to give
    a set to the first j territories gives one part of it to territory j and the rest
    to the others. Contiguity and rules are never broken, the longest way only if it
    must be; loads out of bounds count before cost. A territory is left empty only if
    no other division will do.

    Parameters
    ----------
    problem, diagnosis
        As `diagnose` gets and gives them.

    Returns
    -------
    tuple
        Labels, shape (n,), or None where no division keeps the rules, bounds aside;
        and the diagnosis, with what was proven.
    """
    members = _members(len(problem.table))
    allowed = _allowed(problem, members)
    outside = _outside(problem, members)
    spare = ~np.isin(np.arange(problem.k), problem.fixed)
    for bounded, near in ((True, True), (False, True), (False, False)):
        may = allowed & ((outside == 0) | (not bounded))
        cost = _costs(problem, members, may, _longest(problem) if near else np.inf)
        for nothing in (np.inf, 0.0):
            may_be_empty = spare & ((outside[0] == 0) | (not bounded))
            cost[0] = np.where(may_be_empty, nothing, np.inf)
            labels = _divide(cost, outside)
            if labels is not None:
                return labels, diagnosis if bounded else _proven(problem, diagnosis)
    return None, _proven(problem, diagnosis)


def last_word(problem: Problem, diagnosis: Diagnosis, labels: Labels) -> Result:
    """Write what `try_all` found as a result; nothing within bounds is better."""
    result = outcome(problem, diagnosis, labels, "converged")
    if result.status != "feasible":
        return result
    return replace(
        result,
        lower_bound=result.objective,
        gap=0.0,
        proof="No plan within the same rules is better: all were tried",
    )


def _proven(problem: Problem, diagnosis: Diagnosis) -> Diagnosis:
    if diagnosis.binding:
        return diagnosis
    joined = "contiguous " if problem.rules.contiguous else ""
    territories = "territory" if problem.k == 1 else "territories"
    said = (
        f"No division of the {len(problem.table)} units into {problem.k} {joined}"
        f"{territories} keeps every bound and rule: all were tried"
    )
    return replace(diagnosis, binding=(said,))


def _members(n: int) -> BoolArray:
    """Tell which units each of the 2^n sets holds, shape (2^n, n)."""
    sets: BoolArray = (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(np.bool_)
    return sets


def _allowed(problem: Problem, members: BoolArray) -> BoolArray:
    """Tell which sets each territory may have, loads aside; shape (2^n, k)."""
    n, k = len(problem.table), problem.k
    may = np.ones((len(members), k), np.bool_)
    may[0] = False
    held = problem.fixed
    for unit in np.flatnonzero(held >= 0):
        others = np.arange(k) != held[unit]
        may &= ~(members[:, unit, None] & others)
        may[:, held[unit]] &= members[:, unit]
    if problem.barred is not None:
        may &= ~((members[:, :, None] & problem.barred).any(axis=1))
    for group in np.flatnonzero(np.bincount(problem.group) > 1):
        mine = members[:, problem.group == group]
        split = np.asarray(mine.any(axis=1) & ~mine.all(axis=1), np.bool_)
        may[split] = False
    if problem.rules.contiguous:
        near = np.zeros(n, np.int64)
        start = np.repeat(np.arange(n), np.diff(problem.graph.indptr))
        np.bitwise_or.at(near, start, np.int64(1) << problem.graph.indices)
        may &= _joined(near)[:, None]
    return may


def _outside(problem: Problem, members: BoolArray) -> FloatArray:
    """Give how far each set's loads lie out of each territory's bounds."""
    scale, loads = problem.scale(), members @ problem.loads
    slack = ROUNDING * scale
    over = loads[:, None, :] - (problem.upper + slack)
    under = (problem.lower - slack) - loads[:, None, :]
    miss = np.maximum(over, 0.0) + np.maximum(under, 0.0)
    out: FloatArray = (miss / scale).sum(axis=2)
    out[:, problem.locked] = 0.0
    return out


def _longest(problem: Problem) -> float:
    longest = problem.rules.max_cost
    return np.inf if longest is None else problem.cost.limit(longest)


def _costs(
    problem: Problem, members: BoolArray, may: BoolArray, limit: float
) -> FloatArray:
    """Give what each set costs each territory, inf where it may not have it."""
    k, cost, weight = problem.k, problem.cost, problem.table.weight
    rows = np.arange(len(problem.table))
    out = np.full(may.shape, np.inf)
    homes, at_home = _homes(problem)
    way = cost.block(rows, homes)
    far = (members.astype(float) @ (way > limit)) > 0
    whole = members @ (way * weight[:, None])
    out[:, at_home] = np.where(far, np.inf, whole)[:, at_home]
    free = np.flatnonzero(~at_home)
    for number in np.flatnonzero(may[:, free].any(axis=1)):
        mine = members[number]
        labels = np.where(mine, free[0], (free[0] + 1) % k)
        center = cost.recenter(labels, k)[free[0]]
        way = cost.block(rows[mine], center[None, :])[:, 0]
        if (way <= limit).all():
            out[number, free] = float(way @ weight[mine])
    return np.where(may, out, np.inf)


def _homes(problem: Problem) -> tuple[FloatArray, BoolArray]:
    """Give the centers that stay where they are whatever a territory holds."""
    rows, k = np.zeros(len(problem.table), np.intp), problem.k
    middle = np.tile(problem.table.xy.mean(axis=0), (k, 1))
    if problem.cost.kind != "fixed":
        return middle, np.zeros(k, np.bool_)
    homes = problem.cost.recenter(rows, k)
    again = problem.cost.recenter(rows + k - 1, k)
    at_home = np.asarray(np.equal(homes, again).all(axis=1), np.bool_)
    return np.where(at_home[:, None], homes, middle), at_home


def _divide(cost: FloatArray, outside: FloatArray) -> Labels | None:
    """Give the labels of the best division, None if there is none."""
    sets, k = cost.shape
    part = _cover(np.ascontiguousarray(cost.T), np.ascontiguousarray(outside.T))
    labels, left = np.full(sets.bit_length() - 1, -1, np.intp), sets - 1
    for territory in range(k - 1, -1, -1):
        taken = int(part[territory, left])
        if taken < 0:
            return None
        labels[(taken >> np.arange(len(labels)) & 1) == 1] = territory
        left &= ~taken
    return labels


@njit(cache=True)
def _joined(near: NDArray[np.int64]) -> BoolArray:
    """Tell which sets are one piece; `near` are the neighbours of each unit as bits."""
    n = len(near)
    out = np.zeros(1 << n, np.bool_)
    for members in range(1, 1 << n):
        seen = members & -members
        while True:
            more = seen
            for unit in range(n):
                if seen >> unit & 1:
                    more |= near[unit] & members
            if more == seen:
                break
            seen = more
        out[members] = seen == members
    return out


@njit(cache=True)
def _cover(cost: FloatArray, outside: FloatArray) -> NDArray[np.int64]:
    """Give the part of each set that its last territory takes; -1: impossible."""
    k, sets = cost.shape
    part = np.full((k, sets), -1, np.int64)
    worth, miss = np.full(sets, np.inf), np.full(sets, np.inf)
    worth[0], miss[0] = 0.0, 0.0
    for territory in range(k):
        now, now_miss = np.full(sets, np.inf), np.full(sets, np.inf)
        for members in range(sets):
            taken = members
            while True:
                rest = members & ~taken
                value = worth[rest] + cost[territory, taken]
                if value < np.inf:
                    wrong = miss[rest] + outside[territory, taken]
                    if wrong < now_miss[members] - 1e-12 or (
                        wrong <= now_miss[members] + 1e-12 and value < now[members]
                    ):
                        now[members], now_miss[members] = value, wrong
                        part[territory, members] = taken
                if taken == 0:
                    break
                taken = (taken - 1) & members
        worth, miss = now, now_miss
    return part
