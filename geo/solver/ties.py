"""Units that must be in one territory but do not touch: the ground between them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components, dijkstra

from geo.solver.problem import ROUNDING, Problem
from geo.solver.words import Reason, amount, names_of

HOP = 1e-6
"""What a unit on the way counts besides its load, in shares of all load."""


def tied(problem: Problem) -> Problem:
    """Give the problem whose families hold the ground between their members too.

    Members that do not touch are joined by the way over the lightest units that may
    belong to them. Where there is none the family is left as it is, and `unjoined`
    names it.
    """
    group = problem.group
    if not problem.rules.contiguous or group.max() + 1 == len(group):
        return problem
    ways = problem.group.copy()
    for number in _families(problem):
        rows = np.flatnonzero(problem.group == number)
        way = _way(problem, rows, _heft(problem))
        if way is not None:
            among = np.union1d(rows, way)
            ways[np.isin(ways, np.unique(ways[among]))] = ways[rows[0]]
    return replace(problem, group=np.unique(ways, return_inverse=True)[1])


def unjoined(problem: Problem) -> list[Reason]:
    """Name locks and families that no ground joins, or only too much of it."""
    out: list[Reason] = []
    for label in _in_parts(problem):
        rows = np.flatnonzero(problem.fixed == label)
        if len(np.unique(_part(problem, rows)[rows])) > 1:
            name = problem.territory_id[label]
            out.append(
                (
                    f"{names_of(problem, rows)} are fixed to {name}, but no ground "
                    f"that {name} may have joins them",
                    "Free one of them, or add a crossing between them",
                )
            )
    for number in _families(problem):
        rows = np.flatnonzero(problem.group == number)
        if len(np.unique(_part(problem, rows)[rows])) > 1:
            out.append(
                (
                    f"{names_of(problem, rows)} must stay together, but no ground "
                    "joins them",
                    "Take one of them out of the group, or add a crossing",
                )
            )
        elif len(np.unique(problem.fixed[rows][problem.fixed[rows] >= 0])) < 2:
            out += _too_much_between(problem, rows)
    return out


def _in_parts(problem: Problem) -> NDArray[np.intp]:
    """Give the labels whose fixed units are not one piece by themselves."""
    start = np.repeat(np.arange(len(problem.fixed)), np.diff(problem.graph.indptr))
    held = problem.fixed >= 0
    use = held[start] & (problem.fixed[start] == problem.fixed[problem.graph.indices])
    at = (start[use], problem.graph.indices[use])
    same = sp.csr_array((np.ones(use.sum()), at), shape=problem.graph.shape)
    part = connected_components(same, directed=False)[1]
    pairs = np.unique(np.column_stack([problem.fixed, part])[held], axis=0)
    labels, count = np.unique(pairs[:, 0], return_counts=True)
    out: NDArray[np.intp] = labels[count > 1]
    return out


def _families(problem: Problem) -> NDArray[np.intp]:
    """Give the groups of several units."""
    return np.flatnonzero(np.bincount(problem.group) > 1)


def _heft(problem: Problem) -> NDArray[np.float64]:
    total = np.maximum(problem.loads.sum(axis=0), np.finfo(float).tiny)
    heft: NDArray[np.float64] = (problem.loads / total).mean(axis=1)
    return heft


def _open(problem: Problem, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which units some territory may have together with these."""
    owners = np.unique(problem.fixed[rows])
    owners = owners[owners >= 0]
    out = problem.fixed < 0
    if len(owners) == 1:
        out |= problem.fixed == owners[0]
        if problem.barred is not None:
            out &= ~problem.barred[:, owners[0]]
    elif len(owners) == 0:
        out = np.ones(len(out), bool)
    out[rows] = True
    return out


def _part(problem: Problem, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Give the connected part of each unit over what may be joined to these."""
    graph = _cut(problem.graph, _open(problem, rows))
    part: NDArray[np.intp] = connected_components(graph, directed=False)[1]
    return part


def _cut(graph: sp.csr_array, open_: NDArray[np.bool_]) -> sp.csr_array:
    start = np.repeat(np.arange(len(open_)), np.diff(graph.indptr))
    use = open_[start] & open_[graph.indices]
    at = (start[use], graph.indices[use])
    return sp.csr_array((np.ones(use.sum()), at), shape=graph.shape)


def _way(
    problem: Problem, rows: NDArray[np.intp], heft: NDArray[np.float64]
) -> NDArray[np.intp] | None:
    """Give the lightest units that join some, part by part; None if nothing does."""
    graph = _cut(problem.graph, _open(problem, rows))
    graph.data = heft[graph.indices] + HOP
    joined, way = rows[:1], rows[:0]
    while True:
        away, before, _ = dijkstra(
            graph, indices=joined, min_only=True, return_predecessors=True
        )
        left = np.setdiff1d(rows, joined)
        if len(left) == 0:
            return np.setdiff1d(way, rows)
        unit = int(left[np.argmin(away[left])])
        if not np.isfinite(away[unit]):
            return None
        path = [unit]
        while before[path[-1]] >= 0:
            path.append(int(before[path[-1]]))
        joined, way = np.union1d(joined, path), np.union1d(way, path)


def _too_much_between(problem: Problem, rows: NDArray[np.intp]) -> list[Reason]:
    """Say that even the lightest way between two members is more than may be carried.

    Exact: a territory with both holds a way between them.
    """
    open_ = _open(problem, rows)
    inside = np.zeros(len(open_), bool)
    inside[rows] = True
    for j, measure in enumerate(problem.measures):
        graph = _cut(problem.graph, open_)
        load = np.where(inside, 0.0, problem.loads[:, j])
        tiny = 1e-12 * max(float(load.sum()), 1e-300)
        graph.data = load[graph.indices] + tiny
        away = dijkstra(graph, indices=rows[0])[rows]
        own = float(problem.loads[rows, j].sum())
        between = float(away.max()) - tiny * len(load)
        top = np.where(problem.locked, np.inf, problem.upper[:, j]).max()
        slack = ROUNDING * float(problem.scale()[:, j].max())
        if np.isfinite(between) and own + between > top + slack and own <= top + slack:
            return [
                (
                    f"{names_of(problem, rows)} must stay together and bring "
                    f"{amount(own)} of {measure}; the ground between them brings "
                    f"{amount(between)} at least, and a territory may carry "
                    f"{amount(float(top))}",
                    "Take one of them out of the group, or raise the limit of "
                    f"{measure}",
                )
            ]
    return []
