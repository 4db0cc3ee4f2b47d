"""Re-solve some neighbouring territories exactly, contiguity included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint
from scipy.sparse import csgraph, csr_array

from geo.solver.mip import solve
from geo.solver.refine import Ask
from geo.solver.transport import unasked

ROUNDS = 25
"""Most times cuts are added before a re-solve is given up."""
INFEASIBLE = 2
"""Status of `milp` that proves there is no solution."""


@dataclass(frozen=True, eq=False)
class Districting:
    """A small districting problem: open centers and give every unit to one of them.

    Parameters
    ----------
    cost
        Shape (n, o): what unit i costs when center o serves it; inf if it may not.
    loads
        Shape (n, m).
    neighbors
        Shape (n, n): the graph every opened center's units must be connected on.
    root
        Shape (o,): the unit a center's territory always holds.
    kind
        Shape (o,): the class a center belongs to.
    count
        Shape (c,): centers to open in each class.
    lower, upper
        Shape (c, m): bounds on the loads of a territory of the class.
    """

    cost: NDArray[np.float64]
    loads: NDArray[np.float64]
    neighbors: csr_array
    root: NDArray[np.intp]
    kind: NDArray[np.intp]
    count: NDArray[np.intp]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Districts:
    """What a re-solve found.

    Parameters
    ----------
    center
        Shape (n,): the center that serves each unit, or None if none was found.
    objective
        Sum of the costs.
    bound
        No solution costs less.
    proven
        The solution is optimal; without a solution: there is none.
    """

    center: NDArray[np.intp] | None
    objective: float
    bound: float
    proven: bool


def resolve(
    problem: Districting,
    *,
    nodes: int = 2000,
    rounds: int = ROUNDS,
    ask: Ask = unasked,
) -> Districts:
    """Solve a small districting problem exactly by a MIP with contiguity cuts.

    Binary x_io gives unit i to center o, y_o opens it. Each unit has one center, each
    class opens its count, loads keep their bounds, and x_io <= y_o. A territory found
    in pieces adds a separator cut per unit of a piece cut off from the root: the unit
    may be there only if the piece is linked, x_io <= sum of x_so over the separator.

    Parameters
    ----------
    problem
        Some hundred units and some ten centers are a second's work.
    nodes
        Most branch-and-bound nodes, over all rounds; the clock is never asked.

    rounds
        Most times cuts are added; then it is given up.
    ask
        Asked while it runs whether to give it up.

    References
    ----------
    Validi, Buchanan, Lykhovyd, "Imposing contiguity constraints in political
    districting models", Operations Research (2022), model with a,b-separators.
    """
    n, o = problem.cost.shape
    rows = _base_rows(problem)
    objective, limits = _variables(problem)
    bound = -np.inf
    cuts: list[LinearConstraint] = []
    for _ in range(rounds):
        found = solve(
            objective,
            ask,
            integrality=np.ones(len(objective)),
            bounds=limits,
            constraints=[*rows, *cuts],
            options={"node_limit": nodes, "mip_rel_gap": 1e-7},
        )
        if found is None:
            break
        nodes -= int(found.mip_node_count or 0)
        if found.status == INFEASIBLE:
            return Districts(None, np.inf, np.inf, proven=True)
        if found.mip_dual_bound is not None:
            bound = max(bound, float(found.mip_dual_bound))
        if found.x is None:
            return Districts(None, np.inf, bound, proven=False)
        center = found.x[: n * o].reshape(n, o).argmax(axis=1)
        added = _cuts(problem, center)
        if added is None:
            worth = float(problem.cost[np.arange(n), center].sum())
            return Districts(center, worth, bound, proven=found.status == 0)
        if nodes <= 0:
            break
        cuts.append(added)
    return Districts(None, np.inf, bound, proven=False)


def _variables(
    problem: Districting,
) -> tuple[NDArray[np.float64], Bounds]:
    """Give the objective and the bounds of x (unit-major) and y."""
    n, o = problem.cost.shape
    allowed = np.isfinite(problem.cost)
    objective = np.r_[np.where(allowed, problem.cost, 0.0).ravel(), np.zeros(o)]
    upper = np.r_[allowed.ravel().astype(np.float64), np.ones(o)]
    return objective, Bounds(np.zeros(n * o + o), upper)


def _base_rows(problem: Districting) -> list[LinearConstraint]:
    n, o = problem.cost.shape
    m = problem.loads.shape[1]
    eye_o = sparse.eye_array(o, format="csr")
    one_center = sparse.hstack(
        [
            sparse.kron(sparse.eye_array(n), np.ones((1, o))),
            sparse.csr_array((n, o)),
        ]
    )
    opened = sparse.hstack(
        [sparse.eye_array(n * o), sparse.kron(-np.ones((n, 1)), eye_o)]
    )
    classes = len(problem.count)
    counted = sparse.hstack(
        [
            sparse.csr_array((classes, n * o)),
            sparse.csr_array(
                (np.ones(o), (problem.kind, np.arange(o))), shape=(classes, o)
            ),
        ]
    )
    at_root = sparse.csr_array(
        (np.ones(o), (np.arange(o), problem.root * o + np.arange(o))), shape=(o, n * o)
    )
    rooted = sparse.hstack([at_root, -eye_o])
    rows = [
        LinearConstraint(one_center, 1, 1),
        LinearConstraint(opened, -np.inf, 0),
        LinearConstraint(counted, problem.count, problem.count),
        LinearConstraint(rooted, 0, 0),
    ]
    for measure in range(m):
        carried = sparse.kron(problem.loads[:, measure][None, :], eye_o)
        low = sparse.diags_array(problem.lower[problem.kind, measure])
        high = sparse.diags_array(problem.upper[problem.kind, measure])
        rows += [
            LinearConstraint(sparse.hstack([carried, -low]), 0, np.inf),
            LinearConstraint(sparse.hstack([carried, -high]), -np.inf, 0),
        ]
    return rows


def _cuts(problem: Districting, center: NDArray[np.intp]) -> LinearConstraint | None:
    """Give the separator cuts a solution violates, or None if it is contiguous.

    A separator holds for every center whose root lies beyond it, so each cut is added
    for all of them at once.
    """
    n, o = problem.cost.shape
    row, column, value, count = [], [], [], 0
    for opened in np.unique(center):
        mine = np.flatnonzero(center == opened)
        graph = problem.neighbors[mine][:, mine]
        parts, part = csgraph.connected_components(graph, directed=False)
        home = part[np.searchsorted(mine, problem.root[opened])]
        for lost in (p for p in range(parts) if p != home):
            piece = mine[part == lost]
            separator, beyond = _separator(problem, piece, problem.root[opened])
            for other in np.flatnonzero(beyond[problem.root]):
                for unit in piece:
                    row += [count] * (1 + len(separator))
                    column += [unit * o + other, *(separator * o + other)]
                    value += [1.0, *([-1.0] * len(separator))]
                    count += 1
    if count == 0:
        return None
    matrix = sparse.csr_array((value, (row, column)), shape=(count, n * o + o))
    return LinearConstraint(matrix, -np.inf, 0)


def _separator(
    problem: Districting, piece: NDArray[np.intp], root: np.intp
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Give the units around a piece that face the root, and the units beyond them."""
    n = len(problem.loads)
    inside, around = np.zeros(n, bool), np.zeros(n, bool)
    inside[piece] = True
    around[problem.neighbors[piece].indices] = True
    around &= ~inside
    open_ = np.flatnonzero(~around & ~inside)
    _, part = csgraph.connected_components(
        problem.neighbors[open_][:, open_], directed=False
    )
    beyond = np.zeros(n, bool)
    beyond[open_[part == part[np.searchsorted(open_, root)]]] = True
    facing = np.zeros(n, bool)
    facing[problem.neighbors[np.flatnonzero(beyond)].indices] = True
    return np.flatnonzero(around & facing), beyond
