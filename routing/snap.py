"""Points to the nearest road: on an edge, part of the way along it.

Near means in the plane of the network, degrees narrowed by the cosine of its middle
latitude. A point goes to the largest connected part of the network if that is hardly
farther than the nearest road of all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from routing.engine import EARTH_RADIUS_M, Reason
from routing.roads import DEGREE, Roads
from routing.turns import Turns

Floats = NDArray[np.float64]

FARTHEST_M = 2000.0
"""A point farther from any road is off the network."""
FAR_M = 250.0
"""A point farther from its road than this may be in the wrong place."""
DETOUR_M = 100.0
"""How much farther the connected part may be than the nearest road."""
ACCESS_KMH = 15.0
"""Speed between a point and its road, as on a driveway."""


@dataclass(frozen=True, eq=False)
class Snapped:
    """Where n points meet the network; the second edge is the other direction.

    Parameters
    ----------
    edge
        Shape (n, 2), rows of edges; -1 for none.
    share
        Shape (n, 2), part of that edge that lies behind, 0 to 1.
    away_m
        Shape (n,), metres to the road; nan where there is none.
    reason
        Shape (n,), `Reason.FOUND`, `NO_POINT` or `OFF_NETWORK`.
    """

    edge: NDArray[np.int64]
    share: Floats
    away_m: Floats
    reason: NDArray[np.uint8]

    @property
    def far(self) -> NDArray[np.bool_]:
        """Tell which points are on the network but far from their road, shape (n,)."""
        return np.asarray(self.away_m > FAR_M)


class Snapper:
    """Finds the nearest road; holds the index of their shapes.

    Parameters
    ----------
    roads, turns
        The network, and what of it can be driven.
    """

    def __init__(self, roads: Roads, turns: Turns) -> None:
        _west, south, _east, north = roads.bounds
        self.scale = (
            np.radians(1.0)
            * EARTH_RADIUS_M
            * np.array([np.cos(np.radians((south + north) / 2)), 1.0])
        )
        self.roads = roads
        rows = np.repeat(
            np.arange(len(roads.shape_offset) - 1), np.diff(roads.shape_offset)
        )
        lines = shapely.linestrings(roads.shape * DEGREE * self.scale, indices=rows)
        usable = np.flatnonzero(np.isfinite(turns.along_s))
        self.lines, first = np.unique(roads.stretch[usable], return_index=True)
        self.edge = usable[first]
        self.line = lines[self.lines]
        twin = roads.twin[self.edge]
        self.twin = np.where((twin >= 0) & np.isfinite(turns.along_s[twin]), twin, -1)
        main = turns.component[self.edge] == turns.main
        main |= (self.twin >= 0) & (turns.component[self.twin] == turns.main)
        self.main = np.flatnonzero(main)
        self.tree = shapely.STRtree(self.line)
        self.main_tree = shapely.STRtree(self.line[self.main])

    def snap(self, points: Floats) -> Snapped:
        """Give where points meet the network.

        Parameters
        ----------
        points
            Shape (n, 2), (lon, lat) in degrees; nan for no point.
        """
        points = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        placed = np.isfinite(points).all(axis=1)
        line = np.full(len(points), -1)
        spots = shapely.points(points[placed] * self.scale)
        line[placed] = self._nearest(spots)
        found = line >= 0
        away_m = np.full(len(points), np.nan)
        share = np.full((len(points), 2), np.nan)
        edge = np.full((len(points), 2), -1, dtype=np.int64)
        at, on = shapely.points(points[found] * self.scale), self.line[line[found]]
        away_m[found] = shapely.distance(at, on)
        behind = shapely.line_locate_point(on, at, normalized=True)
        edge[found] = np.column_stack([self.edge[line[found]], self.twin[line[found]]])
        behind = np.where(self.roads.against[edge[found, 0]], 1 - behind, behind)
        share[found] = np.column_stack([behind, 1 - behind])
        reason = np.where(placed, Reason.OFF_NETWORK, Reason.NO_POINT)
        reason[found] = Reason.FOUND
        return Snapped(edge, share, away_m, reason.astype(np.uint8))

    def _nearest(self, spots: NDArray[np.object_]) -> NDArray[np.int64]:
        """Give the row of the nearest line, of the connected part if it is as good."""
        best, best_m = self._ask(self.tree, spots)
        main, main_m = self._ask(self.main_tree, spots)
        better = (main >= 0) & (main_m <= best_m + DETOUR_M)
        rows = self.main[np.maximum(main, 0)] if len(self.main) else main
        return np.asarray(np.where(better, rows, best))

    @staticmethod
    def _ask(
        tree: shapely.STRtree, spots: NDArray[np.object_]
    ) -> tuple[NDArray[np.int64], Floats]:
        rows, far_m = np.full(len(spots), -1), np.full(len(spots), np.inf)
        (asked, met), metres = tree.query_nearest(
            spots, max_distance=FARTHEST_M, return_distance=True, all_matches=False
        )
        rows[asked], far_m[asked] = met, metres
        return rows, far_m
