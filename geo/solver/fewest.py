"""Change as few hands as the bounds allow, by a program over the units near borders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint
from scipy.sparse import csgraph

from geo.solver.mip import solve
from geo.solver.refine import Ask
from geo.solver.state import Ground

MOST_CHOICES = 1_000
"""Pairs of a unit and a territory up to which the program is a second's work."""

HOPS = (3, 2, 1)
"""Steps from its territory's ground of today within which a unit may join it."""

NODES, GAP, ROUNDS = 1_000, 0.01, 15
"""Nodes of a solve, share of the optimum left open, solves with more cuts each."""


@dataclass(frozen=True, eq=False)
class _Choices:
    """The units that may change hands, and where to: one binary a pair.

    Parameters
    ----------
    unit, territory
        Shape (p,) each, sorted by unit.
    column
        Shape (n, k): the pair's number, -1 where there is none.
    """

    unit: NDArray[np.intp]
    territory: NDArray[np.intp]
    column: NDArray[np.intp]


def fewest_moves(
    ground: Ground, today: NDArray[np.intp], ask: Ask
) -> NDArray[np.intp] | None:
    """Give labels within bounds near today's that lose least, or None.

    min sum of lost x over the units near a border, one territory each, every load
    within its bounds; a piece cut off from its territory adds the cut that it may be
    there only if a unit around it is. Units go at most `HOPS` steps, so this is a
    good start and no proof, and the last cuts may be missing.

    Parameters
    ----------
    ground
        With `lost`, shape (n, k).
    today
        Shape (n,): a contiguous plan.
    ask
        Asked while it runs whether to give it up.

    References
    ----------
    Oehrlein and Haunert, "A cutting-plane method for contiguity-constrained spatial
    aggregation", Journal of Spatial Information Science 15 (2017).
    """
    graph = _graph(ground)
    for hops in HOPS:
        choices = _choices(ground, graph, today, hops)
        if len(choices.unit) <= MOST_CHOICES:
            return _solved(ground, graph, today, choices, ask)
    return None


def _graph(ground: Ground) -> sp.csr_array:
    n = len(ground.fixed)
    ones = np.ones(len(ground.indices))
    return sp.csr_array((ones, ground.indices, ground.indptr), shape=(n, n))


def _choices(
    ground: Ground, graph: sp.csr_array, today: NDArray[np.intp], hops: int
) -> _Choices:
    n, k = len(today), len(ground.lower)
    own = np.eye(k, dtype=bool)[today]
    near = own
    for _ in range(hops):
        near = near | (graph @ near.astype(float) > 0)
    if ground.barred.size:
        near = near & ~ground.barred
    near[ground.fixed] = False
    near |= own
    near[near.sum(axis=1) == 1] = False
    unit, territory = np.nonzero(near)
    column = np.full((n, k), -1)
    column[unit, territory] = np.arange(len(unit))
    return _Choices(unit, territory, column)


def _solved(
    ground: Ground,
    graph: sp.csr_array,
    today: NDArray[np.intp],
    choices: _Choices,
    ask: Ask,
) -> NDArray[np.intp] | None:
    if len(choices.unit) == 0:
        return None
    labels, rows = None, _rows(ground, today, choices)
    lost = ground.lost[choices.unit, choices.territory]
    for turn in range(ROUNDS):
        told = solve(
            lost / max(lost.max(), np.finfo(float).tiny),
            ask,
            integrality=np.ones(len(lost)),
            bounds=Bounds(0, 1),
            constraints=rows,
            options={"node_limit": NODES, "mip_rel_gap": GAP},
        )
        if told is None or ask(turn / ROUNDS):
            break
        if told.x is None:
            return None
        taken = told.x > 0.5
        labels = today.copy()
        labels[choices.unit[taken]] = choices.territory[taken]
        cuts = _cuts(graph, labels, choices) if ground.joined else None
        if cuts is None:
            break
        rows.append(cuts)
    return labels


def _rows(
    ground: Ground, today: NDArray[np.intp], choices: _Choices
) -> list[LinearConstraint]:
    """One territory a unit, and loads within bounds beside what cannot move."""
    p, k = len(choices.unit), len(ground.lower)
    units, number = np.unique(choices.unit, return_inverse=True)
    pairs = np.arange(p)
    once = sp.csr_array((np.ones(p), (number, pairs)), shape=(len(units), p))
    rows = [LinearConstraint(once, 1, 1)]
    stays = np.ones(len(today), bool)
    stays[units] = False
    for measure in range(ground.loads.shape[1]):
        load, scale = ground.loads[:, measure], ground.scale[:, measure]
        share = load[choices.unit] / scale[choices.territory]
        carried = sp.csr_array((share, (choices.territory, pairs)), shape=(k, p))
        kept = np.bincount(today[stays], load[stays], k)
        low = (ground.lower[:, measure] - kept) / scale
        high = (ground.upper[:, measure] - kept) / scale
        rows.append(LinearConstraint(carried, low, high))
    return rows


def _cuts(
    graph: sp.csr_array, labels: NDArray[np.intp], choices: _Choices
) -> LinearConstraint | None:
    """Give a cut for each unit of each piece but the largest of its territory."""
    row, column, value, count = list[int](), list[int](), list[float](), 0
    for territory in range(choices.column.shape[1]):
        mine = np.flatnonzero(labels == territory)
        pieces, part = csgraph.connected_components(graph[mine][:, mine])
        main = np.bincount(part).argmax() if len(part) else 0
        for piece in (mine[part == number] for number in range(pieces)):
            around = np.setdiff1d(graph[piece].indices, piece)
            near = choices.column[around, territory]
            near = near[near >= 0]
            movable = choices.column[piece, territory]
            if part[np.searchsorted(mine, piece[0])] == main:
                continue
            for own in movable[movable >= 0]:
                row += [count] * (1 + len(near))
                column += [int(own), *near.tolist()]
                value += [1.0] + [-1.0] * len(near)
                count += 1
    if count == 0:
        return None
    shape = (count, len(choices.unit))
    cut = sp.csr_array((value, (row, column)), shape=shape)
    return LinearConstraint(cut, -np.inf, 0)
