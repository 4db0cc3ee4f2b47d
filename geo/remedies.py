"""Ideas for mending a plan: which units might go where. `geo.mend` tries them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from geo.breaks import Break, components
from geo.frames import Reps, Targets
from geo.metrics import territory_loads
from geo.plan import Plan, owner_of, unit_rows
from geo.reach import Reach
from geo.study import Study

MOST_UNITS = 40
"""What needs more units than this is a redesign, not a repair."""

RAGGED = 0.5
"""How much a border unit's load may miss what is lacking for a smoother border."""

Moves = Mapping[str, list[int]]
"""territory_id -> rows of the units it gets."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A plan, the ground it stands on, and what its loads are held against.

    Parameters
    ----------
    label
        Shape (n,): row of the territory of each unit, -1 if none.
    load, least, most
        Shape (k,): what each territory carries of the measure that counts, and the
        least and most it may carry.
    weight
        Shape (n,): that measure per unit.
    held
        The plan whose locks must hold, if any.
    minutes, longest_min
        Shape (k, n): drive of each territory's rep to each unit, nan if unknown; and
        the longest allowed. Without a limit all are 0 and it is infinite.
    """

    plan: Plan
    study: Study
    label: NDArray[np.intp]
    load: NDArray[np.float64]
    least: NDArray[np.float64]
    most: NDArray[np.float64]
    weight: NDArray[np.float64]
    held: Plan | None
    minutes: NDArray[np.float64]
    longest_min: float

    def row_of(self, territory_id: str) -> int:
        """Give the row of a territory."""
        rows = self.plan.territories.index.get_indexer(pd.Index([territory_id]))
        return int(rows[0])

    def id_of(self, row: int) -> str:
        """Give the id of the territory in a row."""
        return str(self.plan.territories.index[row])

    @property
    def open_rows(self) -> NDArray[np.bool_]:
        """Whether each territory may gain and lose units."""
        return ~self.plan.territories["locked"].to_numpy(dtype=bool)

    @property
    def free_units(self) -> NDArray[np.bool_]:
        """Whether each unit may change hands."""
        free = self.label < 0
        free |= np.append(self.open_rows, True)[self.label]
        held = unit_rows(self.plan, sorted(self.plan.locks))
        ids = pd.Index(self.study.table.unit_id, dtype=object)
        free[ids.get_indexer(pd.Index(self.plan.unit_id[held], dtype=object))] = False
        return free


def scene_of(
    plan: Plan,
    study: Study,
    label: NDArray[np.intp],
    broken: Break,
    *,
    targets: Targets | None,
    reps: Reps | None,
    held: Plan | None,
    reach: Reach | None = None,
) -> Scene:
    """Give the scene of a break: its measure is the one most out of bounds."""
    loads = territory_loads(plan, study)
    k = len(plan.territories)
    column, least, most = _bounds(plan, study, loads, broken, targets, reps)
    return Scene(
        plan=plan,
        study=study,
        label=label,
        load=loads[:, column],
        least=np.zeros(k) if least is None else least,
        most=np.full(k, np.inf) if most is None else most,
        weight=study.table.loads[:, column],
        held=held,
        minutes=np.zeros((k, len(label)))
        if reach is None
        else reach.by_territory(plan),
        longest_min=np.inf if reach is None else reach.longest_min,
    )


Bounds = tuple[int, NDArray[np.float64] | None, NDArray[np.float64] | None]


def _bounds(
    plan: Plan,
    study: Study,
    loads: NDArray[np.float64],
    broken: Break,
    targets: Targets | None,
    reps: Reps | None,
) -> Bounds:
    """Give the measure a break is about, and its bounds per territory."""
    measures = study.table.measures
    lead = measures.index("workload_h") if "workload_h" in measures else 0
    if targets is not None:
        limits = targets.reindex(plan.territories.index)
        for j, measure in enumerate(measures):
            if f"upper_{measure}" not in targets:
                continue
            least = limits[f"lower_{measure}"].fillna(0.0).to_numpy(np.float64)
            most = limits[f"upper_{measure}"].fillna(np.inf).to_numpy(np.float64)
            if _outside(plan, broken, loads[:, j], least, most):
                return j, least, most
    if reps is not None and "capacity_h" in reps:
        rows = reps.index.get_indexer(pd.Index(plan.territories["rep_id"]))
        hours = np.append(reps["capacity_h"].to_numpy(dtype=np.float64), np.inf)[rows]
        return lead, None, hours
    return lead, None, None


def _outside(
    plan: Plan,
    broken: Break,
    load: NDArray[np.float64],
    least: NDArray[np.float64],
    most: NDArray[np.float64],
) -> bool:
    if broken.kind not in {"over", "under"}:
        return True
    (row,) = plan.territories.index.get_indexer(pd.Index([broken.territory_id]))
    past = load > most if broken.kind == "over" else load < least
    return bool(past[row])


def around(scene: Scene, rows: NDArray[np.intp]) -> dict[int, float]:
    """Give the open territories that touch some units, and the metres they share."""
    links = scene.study.neighbors[rows]
    outside = ~np.isin(links.indices, rows)
    owner = scene.label[links.indices[outside]]
    shared = np.bincount(owner + 1, links.data[outside], len(scene.load) + 1)[1:]
    shared[~scene.open_rows] = 0.0
    return {int(t): float(shared[t]) for t in np.flatnonzero(shared)}


def to_neighbors(scene: Scene, broken: Break) -> Iterable[Moves]:
    """Give each part that lies apart to a neighbour: longest border, or lightest.

    Units nobody owns go the same way; for a territory in several parts, the ground
    between them is the third idea.
    """
    rows = _rows(scene, broken.units)
    mine = scene.row_of(broken.territory_id) if broken.kind == "pieces" else -1
    for choose in (_longest, _lightest):
        moves: dict[str, list[int]] = {}
        for part in _parts(scene, rows):
            beside = around(scene, part)
            beside.pop(mine, None)
            if beside:
                to = choose(scene, beside)
                moves.setdefault(scene.id_of(to), []).extend(part.tolist())
        yield moves
    if broken.kind == "pieces":
        yield _bridge(scene, rows, mine)


def _rows(scene: Scene, units: Iterable[str]) -> NDArray[np.intp]:
    ids = pd.Index(scene.study.table.unit_id, dtype=object)
    rows: NDArray[np.intp] = ids.get_indexer(pd.Index(list(units), dtype=object))
    return rows


def _parts(scene: Scene, rows: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Give the connected parts of some units."""
    among = np.zeros(len(scene.label), dtype=bool)
    among[rows] = True
    part = components(scene.label, scene.study.neighbors, among)
    return [np.flatnonzero(part == number) for number in np.unique(part[rows])]


def _longest(_scene: Scene, beside: Mapping[int, float]) -> int:
    return max(beside, key=lambda t: (beside[t], -t))


def _lightest(scene: Scene, beside: Mapping[int, float]) -> int:
    fair = float(scene.load.mean())
    full = np.maximum(np.where(np.isfinite(scene.most), scene.most, fair), 1e-9)
    share = scene.load / full
    return min(beside, key=lambda t: (float(share[t]), t))


def _bridge(scene: Scene, rows: NDArray[np.intp], mine: int) -> Moves:
    """Give a territory the lightest ground between its parts."""
    links = scene.study.neighbors.tocoo()
    step = np.where(scene.label == mine, 1e-6, 1e-3 + scene.weight)
    passable = scene.free_units | (scene.label == mine)
    use = passable[links.row] & passable[links.col]
    at = (links.row[use], links.col[use])
    graph = csr_array((step[links.col[use]], at), shape=links.shape)
    taken: list[int] = []
    home = np.setdiff1d(np.flatnonzero(scene.label == mine), rows)
    _, before, _ = dijkstra(
        graph, indices=home, min_only=True, return_predecessors=True
    )
    for part in _parts(scene, rows):
        unit = int(part[0])
        while before[unit] >= 0:
            unit = int(before[unit])
            if scene.label[unit] != mine:
                taken.append(unit)
    return {scene.id_of(mine): sorted(set(taken))} if taken else {}


def fill_hole(scene: Scene, broken: Break) -> Iterable[Moves]:
    """Give a hole to the territory around it."""
    yield {broken.territory_id: _rows(scene, broken.units).tolist()}


def to_nearer(scene: Scene, broken: Break) -> Iterable[Moves]:
    """Give what lies beyond the longest drive to a neighbour within it.

    Whose rep is nearest, who shares the longest border, or who has the least to do.
    """
    rows = _rows(scene, broken.units)
    mine = scene.row_of(broken.territory_id)

    def nearest(scene: Scene, beside: Mapping[int, float]) -> int:
        drive = scene.minutes[:, rows].mean(axis=1)
        return min(beside, key=lambda t: (float(drive[t]), t))

    for choose in (nearest, _longest, _lightest):
        beside = around(scene, rows)
        near = {
            t: border
            for t, border in beside.items()
            if t != mine and bool((scene.minutes[t, rows] <= scene.longest_min).all())
        }
        if near:
            yield {scene.id_of(choose(scene, near)): rows.tolist()}


def back_home(scene: Scene, broken: Break) -> Iterable[Moves]:
    """Give locked units back to whom they belonged to."""
    if scene.held is None:
        return
    owner = owner_of(scene.held, pd.Index(list(broken.units), dtype=object))
    moves: dict[str, list[int]] = {}
    for row, to in zip(_rows(scene, broken.units).tolist(), owner, strict=True):
        moves.setdefault(to, []).append(row)
    yield moves


def unload(scene: Scene, broken: Break) -> Iterable[Moves]:
    """Give border units of a territory that carries too much to its neighbours.

    To the lightest neighbour alone, or to whichever has room.
    """
    mine = scene.row_of(broken.territory_id)
    beside = around(scene, np.flatnonzero(scene.label == mine))
    if beside:
        yield _shed(scene, mine, [_lightest(scene, beside)])
        yield _shed(scene, mine, sorted(beside))


def reload(scene: Scene, broken: Break) -> Iterable[Moves]:
    """Give a territory that carries too little border units of its neighbours."""
    mine = scene.row_of(broken.territory_id)
    beside = around(scene, np.flatnonzero(scene.label == mine))
    if beside:
        heaviest = max(beside, key=lambda t: (float(scene.load[t]), -t))
        yield _gather(scene, mine, [heaviest])
        yield _gather(scene, mine, sorted(beside))


def _shed(scene: Scene, mine: int, to: list[int]) -> Moves:
    pairs = [(mine, other) for other in to]
    return _shift(scene, pairs, lambda load: float(load[mine] - scene.most[mine]))


def _gather(scene: Scene, mine: int, source: list[int]) -> Moves:
    pairs = [(other, mine) for other in source]
    return _shift(scene, pairs, lambda load: float(scene.least[mine] - load[mine]))


def _shift(
    scene: Scene,
    pairs: list[tuple[int, int]],
    lacking: Callable[[NDArray[np.float64]], float],
) -> Moves:
    """Move border units one by one until nothing is lacking; {} when that fails.

    Each time a unit whose load comes near to what is still lacking and that shares much
    of its border with where it goes; never one that parts its territory or breaks a
    bound.
    """
    label, load = scene.label.copy(), scene.load.copy()
    moved: dict[int, int] = {}
    free = scene.free_units
    while lacking(load) > 1e-9 * max(load.max(), 1.0):
        found = _best_step(scene, label, load, free, pairs, lacking(load))
        if found is None or len(moved) == MOST_UNITS:
            return {}
        unit, to = found
        load[label[unit]] -= scene.weight[unit]
        load[to] += scene.weight[unit]
        label[unit] = moved[unit] = to
        free[unit] = False
    moves: dict[str, list[int]] = {}
    for unit, to in moved.items():
        moves.setdefault(scene.id_of(to), []).append(unit)
    return moves


def _best_step(
    scene: Scene,
    label: NDArray[np.intp],
    load: NDArray[np.float64],
    free: NDArray[np.bool_],
    pairs: list[tuple[int, int]],
    lack: float,
) -> tuple[int, int] | None:
    """Give the best unit to move and where, None when there is none."""
    links = scene.study.neighbors
    start = np.repeat(np.arange(len(label)), np.diff(links.indptr))
    whole = np.bincount(start, links.data, minlength=len(label))
    steps: list[tuple[float, int, int]] = []
    for source, to in pairs:
        beside = (label[start] == source) & (label[links.indices] == to) & free[start]
        shared = np.bincount(start[beside], links.data[beside], minlength=len(label))
        for unit in np.unique(start[beside]).tolist():
            weight = float(scene.weight[unit])
            room = load[to] + weight <= scene.most[to]
            spare = load[source] - weight >= scene.least[source]
            if weight > 0 and room and spare:
                miss = abs(lack - weight) / max(lack, weight)
                ragged = 1.0 - shared[unit] / whole[unit]
                steps.append((miss + RAGGED * ragged, unit, to))
    for _, unit, to in sorted(steps):
        if stays_whole(scene, label, unit):
            return unit, to
    return None


def stays_whole(scene: Scene, label: NDArray[np.intp], unit: int) -> bool:
    """Whether a territory keeps its number of parts without one of its units."""
    rows = np.flatnonzero(label == label[unit])
    links = scene.study.neighbors[rows][:, rows]
    rest = rows != unit
    before = connected_components(links, directed=False)[0]
    after = connected_components(links[rest][:, rest], directed=False)[0]
    return bool(0 < after <= before)
