"""What plans are measured against: a peer's, and the fewest moves there can be."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csgraph

from benchmarks.instances import Instance

EXACT_UNITS = 500
"""Up to this many units the fewest moves come from a MIP, above from its LP."""

NODES, CUT_ROUNDS = 5_000, 12


PEER = """
import sys, time
import numpy as np
from k_means_constrained import KMeansConstrained
told = np.load(sys.argv[1])
size_min, size_max = map(int, told["sizes"])
peer = KMeansConstrained(
    n_clusters=int(told["k"]), size_min=size_min, size_max=size_max, n_init=1,
    random_state=int(told["seed"]), n_jobs=1,
)
began = time.process_time()
peer.fit(told["km"])
print(float(peer.inertia_), time.process_time() - began)
"""
"""A program of its own: the peer's ortools and our HiGHS do not share a process."""


def constrained_k_means(
    instance: Instance, seed: int, python: str
) -> tuple[float, float]:
    """Give squared distance (km^2) and CPU seconds of k-means-constrained.

    Bradley, Bennett and Demiriz (2000), one start, the same bounds on counts; it
    keeps no contiguity. `python` is one that has the package.
    """
    targets = instance.targets
    sizes = targets[["lower_load", "upper_load"]].iloc[0].to_numpy(int)
    with tempfile.TemporaryDirectory() as folder:
        task = Path(folder) / "task.npz"
        km = instance.table.xy / 1000.0
        np.savez(task, km=km, sizes=sizes, k=len(targets), seed=seed)
        command = [python, "-c", PEER, str(task)]
        said = subprocess.run(command, check=True, capture_output=True, text=True)
    worth, cpu_s = map(float, said.stdout.split())
    return worth, cpu_s


def fewest_moved(instance: Instance, today: NDArray[np.intp]) -> float:
    """Give a load below which no plan within bounds can change hands.

    min sum of load x over units that leave, loads within bounds. Up to `EXACT_UNITS`
    units a MIP with some rounds of contiguity cuts, above that its relaxation: units
    may be divided and territories fall apart, so the true least may be more.
    """
    load, k = instance.table.loads[:, 0], len(instance.targets)
    lower = instance.targets["lower_load"].to_numpy(float)
    upper = instance.targets["upper_load"].to_numpy(float)
    now = np.bincount(today, load, k)
    if len(load) > EXACT_UNITS:
        over, under = np.maximum(now - upper, 0.0), np.maximum(lower - now, 0.0)
        return float(max(over.sum(), under.sum()))
    return _exactly(instance, today, lower, upper)


def moved_over_borders(instance: Instance, today: NDArray[np.intp]) -> float:
    """Give the least load carried over borders of today until bounds are kept.

    A linear program over the pairs of territories that touch. It is no bound, since
    a strip of light units may let heavy ones pass a territory, but it is what the
    fewest moves come to where hands change across borders alone.
    """
    load, k = instance.table.loads[:, 0], len(instance.targets)
    lower = instance.targets["lower_load"].to_numpy(float)
    upper = instance.targets["upper_load"].to_numpy(float)
    now = np.bincount(today, load, k)
    rows = np.repeat(today, np.diff(instance.neighbors.indptr))
    pairs = np.unique(
        np.column_stack([rows, today[instance.neighbors.indices]]), axis=0
    )
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    net = np.eye(k)[pairs[:, 1]] - np.eye(k)[pairs[:, 0]]
    bounds = LinearConstraint(net.T, lower - now, upper - now)
    found = milp(np.ones(len(pairs)), constraints=bounds)
    return float("nan") if found.x is None else float(found.fun)


def _exactly(
    instance: Instance,
    today: NDArray[np.intp],
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
) -> float:
    """Solve the MIP; pieces cut off are cut off from the model, round by round.

    A piece and the main part of its territory are joined only over the units around
    the piece: x_aj + x_bj <= 1 + sum of x_sj (Oehrlein and Haunert 2017).
    """
    load, k, n = instance.table.loads[:, 0], len(lower), len(today)
    stays = np.zeros((n, k))
    stays[np.arange(n), today] = 1.0
    once = sp.kron(sp.eye_array(n), np.ones((1, k)))
    rows = [
        LinearConstraint(once, 1, 1),
        LinearConstraint(sp.kron(load[None, :], sp.eye_array(k)), lower, upper),
    ]
    bound = 0.0
    for _ in range(CUT_ROUNDS):
        found = milp(
            ((1.0 - stays) * load[:, None]).ravel(),
            integrality=np.ones(n * k),
            bounds=Bounds(0, 1),
            constraints=rows,
            options={"node_limit": NODES, "mip_rel_gap": 1e-3, "time_limit": 60.0},
        )
        bound = max(bound, float(found.mip_dual_bound or 0.0))
        if found.x is None:
            break
        cuts = _cuts(instance.neighbors, found.x.reshape(n, k).argmax(axis=1), k)
        if cuts is None:
            break
        rows.append(cuts)
    return bound


def _cuts(
    neighbors: sp.csr_array, labels: NDArray[np.intp], k: int
) -> LinearConstraint | None:
    """Give a cut for each piece and each territory, None where all are one piece."""
    rows: list[NDArray[np.float64]] = []
    n = len(labels)
    for territory in range(k):
        mine = np.flatnonzero(labels == territory)
        part = csgraph.connected_components(neighbors[mine][:, mine])[1]
        main = int(np.argmax(np.bincount(part))) if len(part) else 0
        for number in set(part.tolist()) - {main}:
            piece = mine[part == number]
            around = np.setdiff1d(neighbors[piece].indices, piece)
            for unit in piece:
                for other in range(k):
                    row = np.zeros((n, k))
                    row[unit, other] = row[mine[part == main][0], other] = 1.0
                    row[around, other] -= 1.0
                    rows.append(row.ravel())
    if not rows:
        return None
    return LinearConstraint(sp.csr_array(np.vstack(rows)), -np.inf, 1)
