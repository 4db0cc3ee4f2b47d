"""Drive times on roads: matrices in blocks, and single paths with their legs.

Dijkstra's algorithm (scipy) over the states of `routing.turns`, or, where many times
are asked for, the hierarchy of `routing.hierarchy`: both exact, to the bit. A point
starts and ends part of the way along an edge, in the directions one may drive it, plus
the way between it and its road.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from shapely.ops import substring

from routing.engine import Reason, TravelMatrix
from routing.hierarchy import Hierarchy, Ways
from routing.junctions import state_hierarchy
from routing.profile import Profile, profile_of
from routing.roads import Roads
from routing.snap import Snapped, Snapper
from routing.turns import Floats, Ints, pack, reweighted, turn_graph, unpack

BLOCK_VALUES = 8_000_000
"""Times held at once: 64 MB."""
MOST = np.finfo(np.float64).max
FEW = 60
"""Searches that cost as much as preparing the hierarchy."""
Accelerator = Literal["auto", "cch", "scipy"]


@dataclass(frozen=True)
class Leg:
    """A part of a path on one edge, the turn onto it counted; edge -1 is access."""

    edge: int
    way_id: int
    drive_s: float
    drive_m: float


@dataclass(frozen=True, eq=False)
class Path:
    """The fastest way from one point to another.

    Parameters
    ----------
    drive_s, drive_m
        The sums of its legs; nan if there is no way.
    line
        Shape (p, 2), (lon, lat) in degrees, from road to road.
    legs
        In driving order.
    reason
        As in `TravelMatrix`.
    """

    drive_s: float
    drive_m: float
    line: Floats
    legs: tuple[Leg, ...]
    reason: Reason


@dataclass(frozen=True, eq=False)
class _Ends:
    """Candidates to arrive by: point, last state, cost after it, edge, its share."""

    point: Ints
    state: Ints
    cost: Floats
    edge: Ints


class RoadEngine:
    """A `TravelEngine` on a road network.

    Parameters
    ----------
    roads
        The network.
    profile
        The rules of driving; the network's own if None.
    limit_s
        How far to search; pairs beyond have reason `TOO_FAR`.
    accelerator
        "cch" prepares the hierarchy at the first matrix, "scipy" never does, "auto"
        when about sixty origins have been asked for.
    """

    def __init__(
        self,
        roads: Roads,
        *,
        profile: Profile | None = None,
        limit_s: float = np.inf,
        accelerator: Accelerator = "auto",
    ) -> None:
        self.roads, self.limit_s = roads, limit_s
        self.accelerator: Accelerator = accelerator
        self._asked = 0
        self._hierarchy: Hierarchy | None = None
        self.profile = profile_of(roads) if profile is None else profile
        self.turns = turn_graph(roads, self.profile)
        self.snapper = Snapper(roads, self.turns)
        self._into = self.turns.arcs.tocsc()
        self._states = np.argsort(self.turns.edge, kind="stable")
        self._sorted_edges = self.turns.edge[self._states]

    @property
    def name(self) -> str:
        """What people call it."""
        return f"roads, profile {self.profile.name}"

    @property
    def estimated(self) -> bool:
        """Whether it answers without roads: no."""
        return False

    @property
    def expected_error(self) -> float:
        """Median error of a time, as a share."""
        return self.profile.expected_error

    @property
    def accelerated(self) -> bool:
        """Whether the hierarchy has been prepared."""
        return self._hierarchy is not None

    def within(self, limit_s: float) -> RoadEngine:
        """Give the same engine with another limit of the search, seconds."""
        other = copy.copy(self)
        other.limit_s = limit_s
        return other

    def driven_by(self, profile: Profile) -> RoadEngine:
        """Give the same engine with other rules of driving, faster than a new one."""
        closed = np.isinf(self.turns.along_s)
        turns = reweighted(self.roads, self.turns, profile)
        if not np.array_equal(np.isinf(turns.along_s), closed):
            return RoadEngine(
                self.roads,
                profile=profile,
                limit_s=self.limit_s,
                accelerator=self.accelerator,
            )
        other = copy.copy(self)
        other.profile, other.turns = profile, turns
        other._into = turns.arcs.tocsc()
        if self._hierarchy is not None:
            other._hierarchy = self._hierarchy.reweighted(turns.arcs)
        return other

    def matrix(self, origins: Floats, destinations: Floats) -> TravelMatrix:
        """Give times and distances, see `TravelEngine.matrix`."""
        starts, goals = self.snapper.snap(origins), self.snapper.snap(destinations)
        cost = self._costs(starts, goals)
        same = _same(origins, destinations)
        cost[same] = np.where(np.isfinite(cost[same]), 0.0, np.inf)
        drive_s, drive_m = unpack(cost)
        reason = self._reasons(starts, goals, np.isfinite(cost))
        return TravelMatrix(drive_s, drive_m, reason, estimated=False)

    def path(self, origin: Floats, destination: Floats) -> Path:
        """Give the fastest way between two points, shape (2,), degrees."""
        starts, goals = self.snapper.snap(origin), self.snapper.snap(destination)
        edges, costs = self._walk(starts, goals)
        found = np.array([[bool(edges)]])
        reason = Reason(int(self._reasons(starts, goals, found)[0, 0]))
        if not edges or np.array_equal(origin, destination):
            none = 0.0 if edges else np.nan
            return Path(none, none, np.zeros((0, 2)), (), reason)
        legs = self._legs(starts, goals, edges, costs)
        return Path(
            drive_s=round(sum(leg.drive_s for leg in legs), 3),
            drive_m=round(sum(leg.drive_m for leg in legs), 1),
            line=self._line(starts, goals, edges),
            legs=legs,
            reason=reason,
        )

    def times_from(self, origin: Floats, *, limit_s: float) -> Floats:
        """Give the seconds to the end of each edge, shape (e,); inf beyond the limit.

        An edge counts if one is on it within the limit, though its end lie beyond.

        Parameters
        ----------
        origin
            Shape (2,), degrees.
        limit_s
            How far to search.
        """
        starts = self.snapper.snap(origin)
        best = np.full(self.roads.n_edges, np.inf)
        if starts.reason[0] != Reason.FOUND:
            return best
        cost = self._search(starts, np.array([0]), limit_s)[0]
        arcs = self._with_starts(starts, np.array([0])).tocoo()
        onward = np.isfinite(cost[arcs.row])
        ends = cost[arcs.row[onward]] + arcs.data[onward]
        np.minimum.at(best, self.turns.edge[arcs.col[onward]], ends)
        return np.asarray(np.floor(best) / 1000)

    def _access(self, away_m: Floats) -> Floats:
        return pack(away_m / (self.profile.access_kmh / 3.6), away_m)

    def _part(self, edges: Ints, share: Floats) -> Floats:
        """Give the cost of a share of each edge."""
        along_s, metres = self.turns.along_s[edges], self.roads.length_m[edges]
        return pack(along_s * share, metres * share)

    def _search(self, starts: Snapped, rows: Ints, limit_s: float) -> Floats:
        """Give the cost to each state, shape (b, s + b); each point is a state too."""
        return np.asarray(
            dijkstra(
                self._with_starts(starts, rows),
                indices=len(self.turns.edge) + np.arange(len(rows)),
                limit=limit_s * 1000 + 1,
            )
        )

    def _with_starts(self, starts: Snapped, rows: Ints) -> csr_array:
        arcs, begins = self.turns.arcs, self._begins(starts, rows)
        n = arcs.shape[0] + len(rows)
        indices = np.concatenate([arcs.indices, begins.node]).astype(np.int32)
        ends = arcs.indptr[-1] + begins.offset[1:]
        indptr = np.concatenate([arcs.indptr, ends]).astype(np.int32)
        data = np.append(arcs.data, begins.cost)
        return csr_array((data, indices, indptr), shape=(n, n))

    def _ends(self, goals: Snapped) -> _Ends:
        """Give the ways to arrive: the state before the last edge, and the rest."""
        point, column = np.nonzero(goals.edge >= 0)
        edge = goals.edge[point, column]
        rest = self._part(edge, goals.share[point, column])
        rest = (
            rest
            - self._part(edge, np.ones(len(edge)))
            + self._access(goals.away_m)[point]
        )
        low = np.searchsorted(self._sorted_edges, edge, side="left")
        high = np.searchsorted(self._sorted_edges, edge, side="right")
        which, state = _runs(low, high)
        state = self._states[state]
        into, arc = _runs(self._into.indptr[state], self._into.indptr[state + 1])
        which = which[into]
        return _Ends(
            point=point[which],
            state=self._into.indices[arc].astype(np.int64),
            cost=self._into.data[arc] + rest[which],
            edge=edge[which],
        )

    def _costs(self, starts: Snapped, goals: Snapped) -> Floats:
        """Give the cost of each pair, inf where there is no way within the limit."""
        cost = np.full((len(starts.edge), len(goals.edge)), np.inf)
        ends = self._ends(goals)
        rows = np.flatnonzero(starts.reason == Reason.FOUND)
        hierarchy = self._prepared(len(rows))
        if hierarchy is None:
            size = max(len(self.turns.edge), len(ends.point), 1)
            step = max(1, BLOCK_VALUES // size)
            for first in range(0, len(rows), step):
                block = rows[first : first + step]
                cost[block] = self._searched(starts, block, ends, len(goals.edge))
        else:
            cost[rows] = hierarchy.distances(
                self._begins(starts, rows), _arrivals(ends, len(goals.edge))
            )
        i, j, _, direct = self._direct(starts, goals)
        np.minimum.at(cost, (i, j), direct)
        cost[cost > self.limit_s * 1000] = np.inf
        return cost

    def _prepared(self, asked: int) -> Hierarchy | None:
        """Give the hierarchy, prepared when it pays; None to search."""
        self._asked += asked
        wanted = self.accelerator == "cch"
        wanted |= self.accelerator == "auto" and self._asked >= FEW
        if wanted and self._hierarchy is None:
            self._hierarchy = state_hierarchy(self.roads, self.turns)
        return self._hierarchy

    def _searched(
        self, starts: Snapped, rows: Ints, ends: _Ends, n_goals: int
    ) -> Floats:
        cost = np.full((len(rows), n_goals), np.inf)
        if len(ends.point) and len(rows):
            found = self._search(starts, rows, self.limit_s)
            first = np.flatnonzero(np.diff(ends.point, prepend=-1))
            arriving = found[:, ends.state] + ends.cost
            cost[:, ends.point[first]] = np.minimum.reduceat(arriving, first, axis=1)
        return cost

    def _begins(self, starts: Snapped, rows: Ints) -> Ways:
        """Give the states these points begin at, at the end of their edge."""
        edges = starts.edge[rows]
        used = edges >= 0
        cost = self._part(edges[used], 1 - starts.share[rows][used])
        cost = cost + np.repeat(self._access(starts.away_m[rows]), used.sum(axis=1))
        offset = np.concatenate([[0], np.cumsum(used.sum(axis=1))])
        return Ways(offset, edges[used], cost)

    def _direct(
        self, starts: Snapped, goals: Snapped
    ) -> tuple[Ints, Ints, Ints, Floats]:
        """Give pairs whose goal lies ahead on the start's edge, that edge, the cost."""
        a, b = np.argwhere(starts.edge >= 0), np.argwhere(goals.edge >= 0)
        edge_a, edge_b = starts.edge[tuple(a.T)], goals.edge[tuple(b.T)]
        order = np.argsort(edge_b, kind="stable")
        low = np.searchsorted(edge_b[order], edge_a, side="left")
        high = np.searchsorted(edge_b[order], edge_a, side="right")
        which, place = _runs(low, high)
        (i, one), (j, other) = a[which].T, b[order[place]].T
        ahead = goals.share[j, other] - starts.share[i, one]
        i, j, ahead, edge = (x[ahead >= 0] for x in (i, j, ahead, edge_a[which]))
        walked = self._access(starts.away_m[i]) + self._access(goals.away_m[j])
        return i, j, edge, self._part(edge, ahead) + walked

    def _reasons(
        self, starts: Snapped, goals: Snapped, found: NDArray[np.bool_]
    ) -> NDArray[np.uint8]:
        lost = Reason.NO_WAY if np.isinf(self.limit_s) else Reason.TOO_FAR
        reason = np.where(found, Reason.FOUND, lost)
        there, back = self._parts(starts), self._parts(goals)
        joined = np.zeros(found.shape, dtype=bool)
        for a in there.T:
            for b in back.T:
                joined |= (a[:, None] == b) & (a >= 0)[:, None]
        reason[found & ~joined] = Reason.NO_WAY_BACK
        reason = np.where(goals.reason != Reason.FOUND, goals.reason, reason)
        missing = starts.reason[:, None]
        return np.where(missing != Reason.FOUND, missing, reason).astype(np.uint8)

    def _parts(self, ends: Snapped) -> NDArray[np.int32]:
        return np.where(ends.edge >= 0, self.turns.component[ends.edge], -1)

    def _walk(self, starts: Snapped, goals: Snapped) -> tuple[list[int], list[float]]:
        """Give the edges of the fastest way and the cost up to the end of each.

        Nothing where there is no way within the limit.
        """
        here = np.array([0])
        _, _, own, direct = self._direct(starts, goals)
        cost, before = dijkstra(
            self._with_starts(starts, here),
            indices=len(self.turns.edge),
            return_predecessors=True,
            limit=self.limit_s * 1000 + 1,
        )
        ends = self._ends(goals)
        arriving = cost[ends.state] + ends.cost
        whole, straight = arriving.min(initial=np.inf), direct.min(initial=np.inf)
        if min(whole, straight) > min(self.limit_s * 1000, MOST):
            return [], []
        if straight <= whole:
            return [int(own[direct.argmin()])], [float(straight)]
        best = int(arriving.argmin())
        state, edges, costs = int(ends.state[best]), [], []
        while state != len(self.turns.edge):
            edges.append(int(self.turns.edge[state]))
            costs.append(float(cost[state]))
            state = int(before[state])
        return [*edges[::-1], int(ends.edge[best])], [*costs[::-1], arriving[best]]

    def _legs(
        self, starts: Snapped, goals: Snapped, edges: list[int], costs: list[float]
    ) -> tuple[Leg, ...]:
        out, home = (
            float(self._access(starts.away_m)[0]),
            float(self._access(goals.away_m)[0]),
        )
        ends = np.array([0.0, out, *costs[:-1], costs[-1] - home, costs[-1]])
        seconds, metres = unpack(np.diff(ends))
        rows = [-1, *edges, -1]
        ways = [int(self.roads.way_id[e]) if e >= 0 else 0 for e in rows]
        return tuple(
            Leg(edge, way, float(s), float(m))
            for edge, way, s, m in zip(rows, ways, seconds, metres, strict=True)
        )

    def _line(self, starts: Snapped, goals: Snapped, edges: list[int]) -> Floats:
        parts = []
        for place, edge in enumerate(edges):
            begin, stop = 0.0, 1.0
            if place == 0:
                begin = float(starts.share[0][starts.edge[0] == edge][0])
            if place == len(edges) - 1:
                stop = float(goals.share[0][goals.edge[0] == edge][0])
            shape = shapely.LineString(self.roads.line(edge) * self.snapper.scale)
            piece = substring(shape, begin, stop, normalized=True)
            parts.append(shapely.get_coordinates(piece) / self.snapper.scale)
        line = np.concatenate(parts)
        moved = np.append(True, np.abs(np.diff(line, axis=0)).max(axis=1) > 1e-9)
        return np.asarray(line[moved])


def _arrivals(ends: _Ends, n_goals: int) -> Ways:
    count = np.bincount(ends.point, minlength=n_goals)
    return Ways(np.concatenate([[0], np.cumsum(count)]), ends.state, ends.cost)


def _same(a: Floats, b: Floats) -> tuple[Ints, Ints]:
    """Give the rows of points that are the same."""
    a, b = (np.asarray(p, dtype=np.float64).reshape(-1, 2) + 0.0 for p in (a, b))
    _, key = np.unique(np.concatenate([a, b]), axis=0, return_inverse=True)
    order = np.argsort(key[len(a) :], kind="stable")
    known = key[len(a) :][order]
    low = np.searchsorted(known, key[: len(a)], side="left")
    high = np.searchsorted(known, key[: len(a)], side="right")
    i, place = _runs(low, high)
    return i, order[place]


def _runs(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Give for ranges the number of the range, and each whole number in it."""
    count = high - low
    which = np.repeat(np.arange(len(low)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return which, low[which] + within
