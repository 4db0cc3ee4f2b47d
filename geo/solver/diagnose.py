"""Say at once what cannot work, why, and what would mend it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.solver.islands import components, islands
from geo.solver.problem import ROUNDING, Problem
from geo.solver.reach import out_of_reach
from geo.solver.sums import sums
from geo.solver.ties import unjoined
from geo.solver.words import Reason, amount, names_of

FINEST, THRESHOLDS = 20, 200
"""Units below this part of a capacity fill any gap; most thresholds looked at."""


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What was proven before any search.

    Parameters
    ----------
    binding
        One sentence for each reason no plan can exist; empty if none was found.
    relaxations
        One sentence for each change that would remove a reason.
    island
        Shape (k,): component of the neighbour graph each territory is to lie in;
        None when all units are joined, or territories need not be.
    """

    binding: tuple[str, ...] = ()
    relaxations: tuple[str, ...] = ()
    island: NDArray[np.intp] | None = None


def diagnose(problem: Problem) -> Diagnosis:
    """Look for proofs that no plan can meet the targets and rules.

    Each check is exact: what it names cannot be met by any plan. That none fires
    does not prove that a plan exists.
    """
    found = [
        *_contradictions(problem),
        *_too_many_territories(problem),
        *_capacity(problem),
        *_too_heavy(problem),
        *_too_many_heavy(problem),
        *_full_by_locks(problem),
        *_starved(problem),
        *out_of_reach(problem),
    ]
    island = None
    if problem.rules.contiguous:
        found += unjoined(problem)
        number = components(problem)
        if number.max() > 0 and not found:
            island, reasons = islands(problem, number)
            found += reasons
    binding = tuple(reason for reason, _ in found)
    relaxations = tuple(dict.fromkeys(mend for _, mend in found if mend))
    return Diagnosis(binding, relaxations, island)


def _contradictions(problem: Problem) -> list[Reason]:
    """Units without a territory they may have; groups fixed to two."""
    out: list[Reason] = []
    fixed, group = problem.fixed, problem.group
    for number in np.unique(group[fixed >= 0]):
        rows = np.flatnonzero((group == number) & (fixed >= 0))
        owners = np.unique(fixed[rows])
        if len(owners) > 1:
            names = " and ".join(problem.territory_id[o] for o in owners)
            out.append(
                (
                    f"{names_of(problem, rows)} must stay together but are fixed to "
                    f"{names}",
                    "Free one of them, or take them out of the group",
                )
            )
    if problem.barred is None:
        return out
    barred = np.zeros((int(group.max()) + 1, problem.k), bool)
    np.logical_or.at(barred, group, problem.barred)
    nowhere = np.flatnonzero(barred[group].all(axis=1))
    if len(nowhere):
        out.append(
            (
                f"No territory may have {names_of(problem, nowhere)}",
                "Allow at least one territory for each unit",
            )
        )
    held = np.flatnonzero(fixed >= 0)
    against = held[problem.barred[held, fixed[held]]]
    if len(against):
        out.append(
            (
                f"{names_of(problem, against)} is both required in and forbidden to "
                f"{problem.territory_id[fixed[against[0]]]}",
                "Drop one of the two rules",
            )
        )
    return out


def _too_many_territories(problem: Problem) -> list[Reason]:
    places = int(problem.group.max()) + 1
    if problem.k <= places:
        return []
    return [
        (
            f"{problem.k} territories need at least {problem.k} units, there are "
            f"{places}",
            f"Ask for {places} territories or fewer, or choose finer units",
        )
    ]


def _capacity(problem: Problem) -> list[Reason]:
    """Sum of loads against the sum of bounds, measure by measure."""
    out: list[Reason] = []
    slack = ROUNDING * problem.scale().sum(axis=0)
    for j, measure in enumerate(problem.measures):
        if problem.locked.any():
            continue
        total = float(problem.loads[:, j].sum())
        most, least = (
            float(problem.upper[:, j].sum()),
            float(problem.lower[:, j].sum()),
        )
        if total > most + slack[j]:
            out.append(
                (
                    f"All territories together may carry {amount(most)} of "
                    f"{measure}, the accounts bring {amount(total)}",
                    _more_room(problem, j, total),
                )
            )
        if total < least - slack[j]:
            out.append(
                (
                    f"All territories together must carry {amount(least)} of "
                    f"{measure}, the accounts bring only {amount(total)}",
                    f"Lower the targets of {measure}, or plan fewer territories",
                )
            )
    return out


def _more_room(problem: Problem, j: int, total: float) -> str:
    upper, k = problem.upper[:, j] + problem.carried[:, j], problem.k
    full = float(upper.sum())
    extra = int(np.ceil((total + problem.carried[:, j].sum() - full) / (full / k)))
    rise = (total + problem.carried[:, j].sum()) / full - 1
    return (
        f"Plan {extra} {'territory' if extra == 1 else 'territories'} more, or raise "
        f"each limit of {problem.measures[j]} by {100 * rise:.1f} %"
    )


def _too_heavy(problem: Problem) -> list[Reason]:
    """Units or groups that alone exceed every territory that may have them."""
    out: list[Reason] = []
    groups = int(problem.group.max()) + 1
    slack = ROUNDING * problem.scale()
    barred = np.zeros((groups, problem.k), bool)
    if problem.barred is not None:
        np.logical_or.at(barred, problem.group, problem.barred)
    for j, measure in enumerate(problem.measures):
        load = np.bincount(problem.group, problem.loads[:, j], groups)
        top = np.where(problem.locked, np.inf, problem.upper[:, j] + slack[:, j])
        suspects = np.flatnonzero(load > top.min())
        for number in suspects:
            most = np.where(barred[number], -np.inf, top).max()
            if load[number] <= most or not np.isfinite(most):
                continue
            rows = np.flatnonzero(problem.group == number)
            target = float(problem.target[:, j].max())
            need = 100 * (load[number] / target - 1 - ROUNDING) if target > 0 else 1e3
            out.append(
                (
                    f"{names_of(problem, rows)} alone brings {amount(load[number])} of "
                    f"{measure}, more than the {amount(most)} any territory may carry",
                    f"Allow {np.ceil(need):.0f} % above target for {measure}, or "
                    f"divide {names_of(problem, rows)} into finer units",
                )
            )
    return out


def _too_many_heavy(problem: Problem) -> list[Reason]:
    """More units than territories, no two of which fit into one; Martello and Toth.

    For a threshold b at most half the capacity c, each unit above c - b needs a
    territory, and what units between b and c - b bring beyond the room beside them
    needs more (bound L2 of bin packing, Discrete Applied Mathematics 28, 1990).
    """
    if problem.locked.any():
        return []
    slack = ROUNDING * problem.scale()
    for j, measure in enumerate(problem.measures):
        top = float((problem.upper[:, j] + slack[:, j]).max())
        groups = int(problem.group.max()) + 1
        load = sums(problem.group, problem.loads[:, j], groups)
        if not np.isfinite(top) or load.max(initial=0.0) > top or top <= 0:
            continue
        need, least = territories_needed(load, top)
        if need > problem.k and least > 0:
            rows = np.flatnonzero(np.isin(problem.group, np.flatnonzero(load >= least)))
            return [
                (
                    f"{names_of(problem, rows)} are too heavy to share {problem.k} "
                    f"territories of {amount(top)} {measure}: they need {need}",
                    f"Plan {need} territories, or raise the limit of {measure}",
                )
            ]
    return []


def territories_needed(load: NDArray[np.float64], capacity: float) -> tuple[int, float]:
    """Give how many territories of a capacity units need at least, whole units each.

    Returns
    -------
    tuple
        The number, and the load from which units make it so; 0 when the sum does.
    """
    load = np.sort(load[load > 0])[::-1]
    best, why = int(np.ceil(load.sum() / capacity - ROUNDING)), 0.0
    light = np.unique(load[(load <= capacity / 2) & (load > capacity / FINEST)])
    for small in light[:: len(light) // THRESHOLDS + 1]:
        big = load > capacity - small
        half = (load > capacity / 2) & ~big
        rest = (load >= small) & (load <= capacity / 2)
        room = half.sum() * capacity - load[half].sum()
        more = max(0.0, float(np.ceil((load[rest].sum() - room) / capacity - ROUNDING)))
        if big.sum() + half.sum() + more > best:
            best, why = int(big.sum() + half.sum() + more), float(small)
    alone = int((load > capacity / 2).sum())
    if alone > best:
        best, why = alone, float(load[alone - 1])
    return best, why


def _starved(problem: Problem) -> list[Reason]:
    """Territories that may not have enough to reach their lower bound."""
    out: list[Reason] = []
    slack = ROUNDING * problem.scale()
    for t in np.flatnonzero(~problem.locked):
        may = (problem.fixed < 0) | (problem.fixed == t)
        if problem.barred is not None:
            may &= ~problem.barred[:, t]
        if may.all():
            continue
        most = problem.loads[may].sum(axis=0)
        for j in np.flatnonzero(most < problem.lower[t] - slack[t]):
            name, measure = problem.territory_id[t], problem.measures[j]
            out.append(
                (
                    f"The units {name} may have bring {amount(most[j])} of {measure}, "
                    f"it must carry {amount(problem.lower[t, j])}",
                    f"Unlock or allow more units for {name}, or lower its target",
                )
            )
    return out


def _full_by_locks(problem: Problem) -> list[Reason]:
    """Territories that what is fixed to them already overfills."""
    held = problem.fixed >= 0
    if not held.any():
        return []
    out: list[Reason] = []
    slack = ROUNDING * problem.scale()
    for j, measure in enumerate(problem.measures):
        load = np.bincount(problem.fixed[held], problem.loads[held, j], problem.k)
        over = load > problem.upper[:, j] + slack[:, j]
        for t in np.flatnonzero(over & ~problem.locked):
            name, spare = problem.territory_id[t], load[t] - problem.upper[t, j]
            out.append(
                (
                    f"The units fixed to {name} bring {amount(load[t])} of {measure}, "
                    f"more than the {amount(problem.upper[t, j])} it may carry",
                    f"Unlock units of {name} worth {amount(spare)} of {measure}, or "
                    f"raise its limit",
                )
            )
    return out
