"""Round a fractional assignment: each unit to one territory, the big ones first."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from geo.solver.mip import solve
from geo.solver.refine import Ask
from geo.solver.sums import sums
from geo.solver.transport import unasked

SPLIT = 1e-6
"""Share below which a unit does not count as divided between territories."""

MIP_UNITS = 60
MIP_NODES = 300


def round_shares(
    share: NDArray[np.float64],
    cost: NDArray[np.float64],
    loads: NDArray[np.float64],
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    scale: NDArray[np.float64],
    ask: Ask = unasked,
) -> NDArray[np.intp]:
    """Give each divided unit to one territory, the big ones first.

    Undivided units stay. The divided units of most load are placed by a small
    assignment MIP over the territories that share them, which minimises the sum of
    violations of all bounds, then cost; the rest follow one by one, largest first,
    to where they do least harm.

    Parameters
    ----------
    share, cost
        Shape (n, k), as `transport` gives and takes them.
    loads, lower, upper, scale
        Shapes (n, m), (k, m), (k, m), (k, m): every measure counts.
    ask
        Asked while the MIP runs; if it is to stop, the largest shares win.

    Returns
    -------
    NDArray
        Shape (n,): label of each unit.
    """
    labels: NDArray[np.intp] = np.argmax(share, axis=1)
    divided = np.flatnonzero((share > SPLIT).sum(axis=1) > 1)
    if len(divided) == 0:
        return labels
    bulk = (loads[divided] / scale.mean(axis=0)).sum(axis=1)
    divided = divided[np.lexsort((divided, -bulk))]
    whole = np.ones(len(labels), bool)
    whole[divided] = False
    load = sums(labels[whole], loads[whole], len(lower))
    big, small = divided[:MIP_UNITS], divided[MIP_UNITS:]
    labels[big] = _place_by_mip(
        share[big], cost[big], loads[big], lower - load, upper - load, scale, ask
    )
    load += sums(labels[big], loads[big], len(lower))
    for unit in small:
        options = np.flatnonzero(share[unit] > SPLIT)
        then = load[options] + loads[unit]
        harm = outside(then, lower[options], upper[options], scale[options])
        harm -= outside(load[options], lower[options], upper[options], scale[options])
        labels[unit] = options[np.lexsort((cost[unit, options], harm))[0]]
        load[labels[unit]] += loads[unit]
    return labels


def outside(
    load: NDArray[np.float64],
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    scale: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Give how far loads lie outside their bounds, in targets, summed by row."""
    miss = np.maximum(load - upper, 0.0) + np.maximum(lower - load, 0.0)
    out: NDArray[np.float64] = (miss / scale).sum(axis=1)
    return out


def _place_by_mip(
    share: NDArray[np.float64],
    cost: NDArray[np.float64],
    loads: NDArray[np.float64],
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    scale: NDArray[np.float64],
    ask: Ask,
) -> NDArray[np.intp]:
    """Solve min sum cost x + price (over + under); stops by nodes, not by time."""
    from scipy.optimize import Bounds, LinearConstraint

    unit, owner = np.nonzero((share > SPLIT) & np.isfinite(cost))
    n, (k, m) = len(share), lower.shape
    choices, slacks = len(unit), k * m
    once = sp.csr_array((np.ones(choices), (unit, np.arange(choices))), (n, choices))
    by = sp.vstack(
        [
            sp.csr_array(
                (loads[unit, j] / scale[owner, j], (owner, np.arange(choices))),
                (k, choices),
            )
            for j in range(m)
        ]
    )
    eye = sp.eye_array(slacks)
    rows = sp.vstack(
        [
            sp.hstack([once, sp.csr_array((n, 2 * slacks))]),
            sp.hstack([by, -eye, eye]),
        ]
    )
    top = np.where(np.isfinite(upper), upper / scale, np.inf).T.ravel()
    low = np.where(np.isfinite(lower), lower / scale, -np.inf).T.ravel()
    spread = max(float(np.abs(cost[unit, owner]).max()), np.finfo(float).tiny)
    price = np.concatenate([cost[unit, owner] / spread, np.full(2 * slacks, 1e3)])
    answer = solve(
        price,
        ask,
        integrality=np.concatenate([np.ones(choices), np.zeros(2 * slacks)]),
        bounds=Bounds(0, np.concatenate([np.ones(choices), np.full(2 * slacks, 1e9)])),
        constraints=LinearConstraint(
            rows, np.concatenate([np.ones(n), low]), np.concatenate([np.ones(n), top])
        ),
        options={"node_limit": MIP_NODES, "mip_rel_gap": 1e-3},
    )
    chosen = np.zeros_like(share)
    placed = None if answer is None else answer.x
    part = share[unit, owner] if placed is None else placed[:choices]
    chosen[unit, owner] = part
    labels: NDArray[np.intp] = np.argmax(chosen, axis=1)
    return labels
