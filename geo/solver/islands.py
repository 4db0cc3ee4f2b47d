"""Ground that does not hang together: which territories may lie on which part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.csgraph import connected_components

from geo.solver.problem import ROUNDING, Problem
from geo.solver.sums import sums
from geo.solver.words import Reason, amount, names_of

MIP_NODES, MIP_SECONDS = 2_000, 1.0
PROVEN_INFEASIBLE = 2
"""Status of `scipy.optimize.milp` when it proved that there is no solution."""


def components(problem: Problem) -> NDArray[np.intp]:
    """Give the connected component of each unit; shape (n,)."""
    number: NDArray[np.intp] = connected_components(problem.graph, directed=False)[1]
    return number.astype(np.intp)


def islands(
    problem: Problem, number: NDArray[np.intp]
) -> tuple[NDArray[np.intp] | None, list[Reason]]:
    """Hand out territories to components so that each component's load fits.

    A feasibility problem over (kind of territory, component), solved as a MIP: how
    many territories of a kind lie in the component, whose load their bounds hold.

    Parameters
    ----------
    number
        Shape (n,): component of each unit, more than one.

    Returns
    -------
    tuple
        Shape (k,): component of each territory, or None; and why there is none.
    """
    count = int(number.max()) + 1
    if count > problem.k:
        sizes = np.bincount(number, minlength=count)
        small = np.flatnonzero(number == np.argmin(sizes))
        return None, [
            (
                f"The units fall into {count} parts that do not touch, more than the "
                f"{problem.k} territories; one of them is {names_of(problem, small)}",
                "Add crossings (bridges, ferries) between the parts, or plan "
                f"{count} territories",
            )
        ]
    load = sums(number, problem.loads, count)
    island, proven = _allot(problem, number, load)
    if not proven:
        return island, []
    lonely = _misfit(problem, load)
    rows = np.flatnonzero(number == lonely)
    return None, [
        (
            f"{names_of(problem, rows)} touches nothing else, and its load of "
            f"{amount(load[lonely, 0])} {problem.measures[0]} fits no number of whole "
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
    slack = ROUNDING * problem.scale()
    low = np.where(problem.locked[:, None], 0.0, problem.lower - slack)
    top = np.where(problem.locked[:, None], load.sum(axis=0), problem.upper + slack)
    top = np.minimum(top, load.sum(axis=0) + slack)
    kind, bounds, may = _kinds(problem, number, len(load), low, top)
    kinds, count = len(bounds), len(load)
    each = np.kron(np.eye(kinds), np.ones(count))
    some = np.kron(np.ones(kinds), np.eye(count))
    m = load.shape[1]
    least, most = (
        np.vstack([np.kron(bounds[:, first + j], np.eye(count)) for j in range(m)])
        for first in (0, m)
    )
    flat, free = load.T.ravel(), np.full(load.size, np.inf)
    size = np.bincount(kind, minlength=kinds).astype(float)
    answer = milp(
        np.zeros(kinds * count),
        integrality=np.ones(kinds * count),
        bounds=Bounds(0, (may * size[:, None]).ravel()),
        constraints=LinearConstraint(
            np.vstack([each, some, least, most]),
            np.concatenate([size, np.ones(count), -free, flat]),
            np.concatenate([size, np.full(count, np.inf), flat, free]),
        ),
        options={"node_limit": MIP_NODES, "time_limit": MIP_SECONDS},
    )
    if answer.x is None:
        return None, bool(answer.status == PROVEN_INFEASIBLE)
    island = np.empty(problem.k, np.intp)
    shared = np.round(answer.x.reshape(kinds, count)).astype(int)
    for number_of_kind, row in enumerate(shared):
        island[kind == number_of_kind] = np.repeat(np.arange(count), row)
    return island, False


def _kinds(
    problem: Problem,
    number: NDArray[np.intp],
    count: int,
    low: NDArray[np.float64],
    top: NDArray[np.float64],
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Give the kind of each territory, the kinds' bounds, and where they may lie."""
    where = np.full(problem.k, -1.0)
    held = problem.fixed >= 0
    where[problem.fixed[held]] = number[held]
    rows = np.column_stack([low, top, where])
    found, kind = np.unique(rows, axis=0, return_inverse=True)
    may = np.ones((len(found), count))
    for row, place in enumerate(found[:, -1].astype(int)):
        if place >= 0:
            may[row] = np.arange(count) == place
    return kind.ravel().astype(np.intp), found[:, :-1], may
