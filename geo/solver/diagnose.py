"""Say at once what cannot work, why, and what would mend it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from geo.solver.problem import ROUNDING, Problem
from geo.solver.sums import sums

NAMED = 3
"""Units named in one sentence before the rest are counted."""

MIP_NODES = 2000
PROVEN_INFEASIBLE = 2
"""Status of `scipy.optimize.milp` when it proved that there is no solution."""


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


def components(problem: Problem) -> NDArray[np.intp]:
    """Give the connected component of each unit, groups held together; (n,)."""
    n = len(problem.table)
    first = np.unique(problem.group, return_index=True)[1]
    ties = sp.coo_array(
        (np.ones(n, np.int8), (np.arange(n), first[problem.group])), shape=(n, n)
    )
    number: NDArray[np.intp] = connected_components(
        problem.graph + sp.csr_array(ties), directed=False
    )[1].astype(np.intp)
    return number


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
        *_full_by_locks(problem),
    ]
    island = None
    if problem.rules.contiguous:
        number = components(problem)
        if number.max() > 0:
            island, reasons = _islands(problem, number)
            found += reasons
    binding = tuple(reason for reason, _ in found)
    relaxations = tuple(dict.fromkeys(mend for _, mend in found if mend))
    return Diagnosis(binding, relaxations, island)


Reason = tuple[str, str]


def _names(problem: Problem, rows: NDArray[np.intp]) -> str:
    names = sorted(str(u) for u in problem.table.unit_id[rows])
    some = ", ".join(names[:NAMED])
    return some if len(names) <= NAMED else f"{some} and {len(names) - NAMED} more"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.4g}"


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
                    f"{_names(problem, rows)} must stay together but are fixed to "
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
                f"No territory may have {_names(problem, nowhere)}",
                "Allow at least one territory for each unit",
            )
        )
    held = np.flatnonzero(fixed >= 0)
    against = held[problem.barred[held, fixed[held]]]
    if len(against):
        out.append(
            (
                f"{_names(problem, against)} is both required in and forbidden to "
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
                    f"All territories together may carry {_amount(most)} of "
                    f"{measure}, the accounts bring {_amount(total)}",
                    _more_room(problem, j, total),
                )
            )
        if total < least - slack[j]:
            out.append(
                (
                    f"All territories together must carry {_amount(least)} of "
                    f"{measure}, the accounts bring only {_amount(total)}",
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
                    f"{_names(problem, rows)} alone brings {_amount(load[number])} of "
                    f"{measure}, more than the {_amount(most)} any territory may carry",
                    f"Allow {np.ceil(need):.0f} % above target for {measure}, or "
                    f"divide {_names(problem, rows)} into finer units",
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
                    f"The units fixed to {name} bring {_amount(load[t])} of {measure}, "
                    f"more than the {_amount(problem.upper[t, j])} it may carry",
                    f"Unlock units of {name} worth {_amount(spare)} of {measure}, or "
                    f"raise its limit",
                )
            )
    return out


def _islands(
    problem: Problem, number: NDArray[np.intp]
) -> tuple[NDArray[np.intp] | None, list[Reason]]:
    """Hand out territories to components so that each component's load fits.

    A feasibility problem over (territory, component) pairs, solved as a MIP: each
    territory lies in one component, and the sum of its bounds holds the load.
    """
    count = int(number.max()) + 1
    load = sums(number, problem.loads, count)
    if count > problem.k:
        sizes = np.bincount(number, minlength=count)
        small = np.flatnonzero(number == np.argmin(sizes))
        return None, [
            (
                f"The units fall into {count} parts that do not touch, more than the "
                f"{problem.k} territories; one of them is {_names(problem, small)}",
                "Add crossings (bridges, ferries) between the parts, or plan "
                f"{count} territories",
            )
        ]
    island, proven = _allot(problem, number, load)
    if not proven:
        return island, []
    lonely = _misfit(problem, load)
    rows = np.flatnonzero(number == lonely)
    return None, [
        (
            f"{_names(problem, rows)} touches nothing else, and its load of "
            f"{_amount(load[lonely, 0])} {problem.measures[0]} fits no number of whole "
            "territories",
            "Add a crossing (bridge, ferry) from there, or widen the tolerance",
        )
    ]


def _misfit(problem: Problem, load: NDArray[np.float64]) -> int:
    """Give the component whose load is furthest from whole territories."""
    target = max(float(problem.target[:, 0].mean()), np.finfo(float).tiny)
    share = load[:, 0] / target
    away = np.abs(share - np.maximum(np.round(share), 1.0)) / np.maximum(share, 1e-9)
    return int(np.argmax(away))


def _allot(
    problem: Problem, number: NDArray[np.intp], load: NDArray[np.float64]
) -> tuple[NDArray[np.intp] | None, bool]:
    """Give the component of each territory, and whether there is provably none."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    k, count = problem.k, len(load)
    slack = ROUNDING * problem.scale()
    low = np.where(problem.locked[:, None], 0.0, problem.lower - slack)
    top = np.where(problem.locked[:, None], load.sum(axis=0), problem.upper + slack)
    once = np.kron(np.eye(k), np.ones(count))
    some = np.kron(np.ones(k), np.eye(count))
    least, most = (
        np.vstack([np.kron(b, np.eye(count)) for b in x.T[:, None]]) for x in (low, top)
    )
    flat = load.T.ravel()
    free = np.full(len(flat), np.inf)
    may = np.ones((k, count))
    for row in np.flatnonzero(problem.fixed >= 0):
        may[problem.fixed[row], np.arange(count) != number[row]] = 0
    answer = milp(
        np.zeros(k * count),
        integrality=np.ones(k * count),
        bounds=Bounds(0, may.ravel()),
        constraints=LinearConstraint(
            np.vstack([once, some, least, most]),
            np.concatenate([np.ones(k), np.ones(count), -free, flat]),
            np.concatenate([np.ones(k), np.full(count, np.inf), flat, free]),
        ),
        options={"node_limit": MIP_NODES},
    )
    if answer.x is None:
        return None, bool(answer.status == PROVEN_INFEASIBLE)
    island: NDArray[np.intp] = np.argmax(answer.x.reshape(k, count), axis=1)
    return island, False
