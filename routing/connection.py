"""Ground that roads join: neighbours on the map that are far apart by road.

Two neighbouring units are kept apart by a barrier (water without a bridge, a motorway
without a crossing) when the drive between their anchors takes several times what their
distance suggests. A territory that only such borders hold together is one polygon that
nobody can drive across.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array, triu
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from geo.breaks import Break, components, units_in_words
from geo.frames import WGS84
from geo.plan import Plan, aligned_labels, name_of
from geo.study import Study, effective
from routing.drive import RoadEngine
from routing.engine import Reason, TravelEngine, crow_distance_m, drive_s

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

TIMES, LEAST_S = 3.0, 600.0
"""A barrier takes this many times the estimate, and this much more than it."""
BLOCK = 64
"""Units whose neighbours are asked for at once."""
NEVER_S = 1e7
"""Stands for "no way" where links are compared."""


@dataclass(frozen=True, eq=False)
class Barriers:
    """Neighbouring units that the road does not join.

    Parameters
    ----------
    pairs
        Shape (b, 2), rows of units, the lower one first.
    metres
        Shape (b,): the border they share; 1 for a crossing.
    """

    pairs: Rows
    metres: Floats


def anchors_lonlat(study: Study) -> Floats:
    """Give the anchors of the units, shape (n, 2), (lon, lat) in degrees."""
    degrees = pyproj.Transformer.from_crs(study.units.crs, WGS84, always_xy=True)
    return np.column_stack(degrees.transform(*study.table.xy.T))


def road_barriers(
    study: Study,
    engine: TravelEngine,
    *,
    times: float = TIMES,
    least_s: float = LEAST_S,
) -> Barriers:
    """Find the neighbours whose drive is far above what their distance suggests.

    A border is a barrier when neither direction takes at most `times` the straight-line
    estimate or that estimate and `least_s`, whichever is more. Units off the network
    are not judged, and an engine that estimates finds none.

    Parameters
    ----------
    times, least_s
        How far is too far.
    """
    links = triu(study.neighbors, k=1).tocoo()
    a, b = (np.asarray(axis, dtype=np.intp) for axis in links.coords)
    metres = np.asarray(links.data, dtype=np.float64)
    if engine.estimated or not len(a):
        return Barriers(np.zeros((0, 2), np.intp), np.zeros(0))
    lonlat = anchors_lonlat(study)
    usual_s = drive_s(_crow_m(lonlat[a], lonlat[b]))
    most_s = np.maximum(times * usual_s, usual_s + least_s)
    if isinstance(engine, RoadEngine):
        engine = engine.within(float(most_s.max()))
    there_s, judged = _pair_times(engine, lonlat, study.table.xy, a, b)
    back_s, _ = _pair_times(engine, lonlat, study.table.xy, b, a)
    # nan: no way, or none within the limit of the search
    quick = np.fmin(np.nan_to_num(there_s, nan=NEVER_S), back_s) <= most_s
    apart = judged & ~quick
    return Barriers(np.column_stack([a, b])[apart], metres[apart])


def road_neighbors(study: Study, barriers: Barriers) -> csr_array:
    """Give the neighbours of every unit without the borders that are barriers."""
    a, b = barriers.pairs.T
    links = study.neighbors.tocoo()
    n = len(study.table)
    i, j = (np.asarray(axis, dtype=np.int64) for axis in links.coords)
    shut = np.isin(np.minimum(i, j) * n + np.maximum(i, j), a * n + b)
    kept = (links.data[~shut], (i[~shut], j[~shut]))
    return csr_array(kept, shape=(n, n))


def demanded(
    study: Study, engine: TravelEngine, barriers: Barriers
) -> tuple[tuple[str, str], ...]:
    """Give the barriers a plan must respect, as pairs of unit ids.

    Ground that would have no neighbour at all, an island without a bridge, stays joined
    by the quickest way there is: somebody has to serve it.
    """
    graph = road_neighbors(study, barriers)
    count, part = connected_components(graph, directed=False)
    whole = connected_components(study.neighbors, directed=False)[0]
    stays = np.zeros(len(barriers.pairs), dtype=bool)
    if count > whole:
        a, b = barriers.pairs.T
        apart = np.flatnonzero(part[a] != part[b])
        seconds = _quickest(engine, study, a[apart], b[apart])
        stays[apart[_tree(part[a[apart]], part[b[apart]], seconds, count)]] = True
    ids = study.table.unit_id
    return tuple((str(ids[i]), str(ids[j])) for i, j in barriers.pairs[~stays])


def road_pieces(
    plan: Plan,
    study: Study,
    engine: TravelEngine,
    *,
    barriers: Barriers | None = None,
) -> list[Break]:
    """List territories that are one polygon, and in parts by road.

    Parameters
    ----------
    barriers
        As `road_barriers` gives them for the study the plan is drawn over; found
        here if None, and found again where the plan has cuts.

    Returns
    -------
    list of Break
        Kind "apart": the units of each part but the heaviest, and how many minutes
        it is from the rest by road, through whose ground. Parts without any load
        are nobody's drive and are left out.
    """
    ground = effective(study, plan)
    if barriers is None or ground is not study:
        barriers = road_barriers(ground, engine)
    label = aligned_labels(plan, ground)
    mine = label >= 0
    part = components(label, ground.neighbors, mine)
    by_road = components(label, road_neighbors(ground, barriers), mine)
    found = []
    for number in np.unique(part[mine]):
        rows = np.flatnonzero(part == number)
        numbers, which = np.unique(by_road[rows], return_inverse=True)
        if len(numbers) > 1:
            weight = np.bincount(which, ground.table.weight[rows])
            size = np.bincount(which)
            home = np.lexsort((-size, -weight))[0]
            for other in range(len(numbers)):
                away, rest = rows[which == other], rows[which == home]
                if other != home and ground.table.loads[away].any():
                    found.append(_apart(plan, ground, engine, label, away, rest))
    return found


def _apart(
    plan: Plan,
    study: Study,
    engine: TravelEngine,
    label: Rows,
    away: Rows,
    rest: Rows,
) -> Break:
    """Say how far a part is from the rest of its territory."""
    lonlat = anchors_lonlat(study)
    near = _nearest(study.table.xy, away, rest), _nearest(study.table.xy, rest, away)
    seconds = engine.matrix(lonlat[near[0]], lonlat[near[1]]).drive_s
    territory = str(plan.territories.index[label[away[0]]])
    where = f"{name_of(plan, territory)}: same polygon, "
    if np.isfinite(seconds).any():
        i, j = np.unravel_index(np.nanargmin(seconds), seconds.shape)
        minutes = max(1, round(float(seconds[i, j]) / 60))
        through = _through(plan, study, engine, label, near[0][i], near[1][j])
        where += f"{'about ' if engine.estimated else ''}{minutes} minutes apart"
        where += f" by road, through {through}" if through else " by road"
    else:
        where += "no road between"
    verb = "lies" if len(away) == 1 else "lie"
    sentence = f"{where}: {units_in_words(study, away.tolist())} {verb} beyond"
    ids = tuple(str(study.table.unit_id[row]) for row in away)
    return Break("apart", territory, ids, sentence)


def _nearest(xy: Floats, some: Rows, others: Rows, most: int = 20) -> Rows:
    """Give those of some units that lie nearest the middle of others."""
    away = ((xy[some] - xy[others].mean(axis=0)) ** 2).sum(axis=1)
    return some[np.argsort(away, kind="stable")[:most]]


def _through(
    plan: Plan, study: Study, engine: TravelEngine, label: Rows, a: int, b: int
) -> str:
    """Name the other territories the fastest way leads through, most ground first."""
    if not isinstance(engine, RoadEngine):
        return ""
    lonlat = anchors_lonlat(study)
    line = engine.path(lonlat[a], lonlat[b]).line
    if not len(line):
        return ""
    metres = pyproj.Transformer.from_crs(WGS84, study.units.crs, always_xy=True)
    points = shapely.points(np.column_stack(metres.transform(*line.T)))
    tree = shapely.STRtree(np.asarray(study.units.geometry))
    met = label[tree.query(points, predicate="intersects")[1]]
    met = met[(met >= 0) & (met != label[a])]
    owners, count = np.unique(met, return_counts=True)
    names = [
        name_of(plan, str(plan.territories.index[owner]))
        for owner in owners[np.argsort(-count, kind="stable")]
    ]
    return " and ".join(names[:2])


def _crow_m(a: Floats, b: Floats) -> Floats:
    """Measure between points of the same row."""
    blocks = [
        np.diagonal(crow_distance_m(a[i : i + 500], b[i : i + 500]))
        for i in range(0, len(a), 500)
    ]
    return np.concatenate(blocks)


def _pair_times(
    engine: TravelEngine, lonlat: Floats, xy: Floats, a: Rows, b: Rows
) -> tuple[Floats, NDArray[np.bool_]]:
    """Give seconds from each a to its b, and whether both ends are on the network."""
    seconds, judged = np.full(len(a), np.nan), np.zeros(len(a), dtype=bool)
    place = np.empty(len(xy), dtype=np.intp)
    step = max(float(np.ptp(xy[:, 0])) / max(np.sqrt(len(xy) / BLOCK), 1.0), 1.0)
    place[np.lexsort((xy[:, 1], xy[:, 0] // step))] = np.arange(len(xy))
    order = np.argsort(place[a], kind="stable")
    block = place[a[order]] // BLOCK
    for links in np.split(order, np.flatnonzero(np.diff(block)) + 1):
        starts, i = np.unique(a[links], return_inverse=True)
        ends, j = np.unique(b[links], return_inverse=True)
        found = engine.matrix(lonlat[starts], lonlat[ends])
        seconds[links] = found.drive_s[i, j]
        reason = found.reason[i, j]
        judged[links] = (reason != Reason.OFF_NETWORK) & (reason != Reason.NO_POINT)
    return seconds, judged


def _quickest(engine: TravelEngine, study: Study, a: Rows, b: Rows) -> Floats:
    lonlat = anchors_lonlat(study)
    there, _ = _pair_times(engine, lonlat, study.table.xy, a, b)
    back, _ = _pair_times(engine, lonlat, study.table.xy, b, a)
    crow_m = _crow_m(lonlat[a], lonlat[b])
    return np.where(np.isnan(there), np.nan_to_num(back, nan=NEVER_S), there) + (
        crow_m / 1e3
    )


def _tree(a: Rows, b: Rows, seconds: Floats, count: int) -> Rows:
    """Give the links of the quickest tree over the parts."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    order = np.lexsort((seconds, high, low))
    first = np.unique(low[order] * count + high[order], return_index=True)[1]
    best = order[first]
    graph = csr_array((seconds[best] + 1.0, (low[best], high[best])))
    graph.resize((count, count))
    chosen = minimum_spanning_tree(graph).tocoo()
    keys = np.minimum(*chosen.coords) * count + np.maximum(*chosen.coords)
    return best[np.isin(low[best] * count + high[best], keys)]
