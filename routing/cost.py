"""What a unit costs the center that serves it: minutes by road."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.costs import Distance, Kind
from geo.frames import UnitTable
from routing.engine import StraightLine, TravelEngine

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

NO_ROAD_MIN = 600.0
"""Added to the estimate where there is no way: dearer than any drive of a day."""
CANDIDATES = 12
"""Units tried as the center of a territory: those nearest its median."""
CACHE_BYTES = 512_000_000
"""Times kept at once; the oldest centers are asked for again."""


class RoadTime:
    """Minutes of driving from a center to a unit, by any engine.

    Where there is no way the cost is the straight-line estimate and ten hours more, so
    that a plan avoids it; `cut_off` says which units those are. To a unit without any
    load nobody drives: there the estimate will do.

    Parameters
    ----------
    table
        The n units; `weight` multiplies the minutes.
    engine
        Roads, a server or the estimate.
    lonlat
        Shape (n, 2), the anchors of the units in degrees.
    homes, home_lonlat
        Shape (k, 2), metres and degrees: where the territories' centers are. Rows of
        nan, and no homes at all, put the center at the best unit.
    """

    unit = "weight x minutes"

    def __init__(
        self,
        table: UnitTable,
        engine: TravelEngine,
        lonlat: Floats,
        *,
        homes: Floats | None = None,
        home_lonlat: Floats | None = None,
    ) -> None:
        self.table, self.homes = table, homes
        self.kind: Kind = "unit" if homes is None else "fixed"
        self._rows = np.arange(len(table))
        known = np.zeros((0, 2)) if homes is None else homes
        there = np.zeros((0, 2)) if home_lonlat is None else home_lonlat
        placed = np.isfinite(known).all(axis=1) & np.isfinite(there).all(axis=1)
        self._times = _Times(
            engine,
            xy=np.concatenate([table.xy, known[placed]]),
            lonlat=np.concatenate([lonlat, there[placed]]),
            loaded=np.asarray(table.loads.any(axis=1)),
        )

    def take(self, rows: Rows) -> RoadTime:
        """Give the same cost of these units, in this order; times known are shared."""
        part = object.__new__(RoadTime)
        part.table, part.homes, part.kind = self.table.take(rows), self.homes, self.kind
        part._times, part._rows = self._times, self._rows[rows]
        return part

    def limit(self, max_cost: float) -> float:
        """Give the value of `block` at a drive of `max_cost` minutes: the same."""
        return max_cost

    def block(self, rows: Rows, centers: Floats) -> Floats:
        """Give minutes from these centers to these units, shape (len(rows), k).

        A center stands at the nearest unit or home; one that is nan costs nan.
        """
        places = self._times.places(centers)
        known = places >= 0
        out = np.full((len(rows), len(centers)), np.nan)
        out[:, known] = self._times.minutes(places[known])[self._rows[rows]]
        return out

    def recenter(self, labels: Rows, k: int) -> Floats:
        """Give where each territory is served from, shape (k, 2) metres; empty: nan.

        The home, else of the units nearest the median the one with the least sum of
        weight x minutes.
        """
        best = self._best_units(labels, k)
        if self.homes is None:
            return best
        homes = np.full((k, 2), np.nan)
        homes[: len(self.homes)] = self.homes[:k]
        return np.where(np.isfinite(homes), homes, best)

    def cut_off(self, labels: Rows, centers: Floats) -> NDArray[np.bool_]:
        """Tell which units no road joins to the center of their territory.

        Parameters
        ----------
        labels
            Shape (n,), rows of `centers`; -1 is nobody's and never cut off.
        centers
            Shape (k, 2), as `recenter` gives them.
        """
        lost = np.zeros(len(labels), dtype=bool)
        for territory in np.unique(labels[labels >= 0]):
            mine = np.flatnonzero(labels == territory)
            cost = self.block(mine, centers[[territory]])[:, 0]
            lost[mine] = cost >= NO_ROAD_MIN
        return lost

    def _best_units(self, labels: Rows, k: int) -> Floats:
        middles = Distance(self.table).recenter(labels, k)
        out = np.full((k, 2), np.nan)
        tried: dict[int, Rows] = {}
        for territory in np.unique(labels):
            mine = np.flatnonzero(labels == territory)
            away = ((self.table.xy[mine] - middles[territory]) ** 2).sum(axis=1)
            tried[int(territory)] = mine[np.argsort(away, kind="stable")[:CANDIDATES]]
        if not tried:
            return out
        self._times.ask(self._rows[np.concatenate(list(tried.values()))])
        for territory, units in tried.items():
            mine = np.flatnonzero(labels == territory)
            weight = self.table.weight[mine]
            weight = weight if weight.any() else np.ones(len(mine))
            cost = self._times.minutes(self._rows[units])[self._rows[mine]]
            out[territory] = self.table.xy[units[np.argmin(weight @ cost)]]
        return out


class _Times:
    """Minutes from places to all units, asked of the engine once a place."""

    def __init__(
        self,
        engine: TravelEngine,
        *,
        xy: Floats,
        lonlat: Floats,
        loaded: NDArray[np.bool_],
    ) -> None:
        self.engine, self.lonlat, self.loaded = engine, lonlat, loaded
        self.n_units = len(loaded)
        self.most = max(64, int(CACHE_BYTES // (8 * max(self.n_units, 1))))
        self._tree = cKDTree(xy)
        self._known: dict[int, Floats] = {}

    def places(self, centers: Floats) -> Rows:
        """Give the place nearest each center, -1 where it is nan."""
        out = np.full(len(centers), -1, dtype=np.intp)
        known = np.isfinite(centers).all(axis=1)
        out[known] = self._tree.query(centers[known])[1]
        return out

    def minutes(self, places: Rows) -> Floats:
        """Give minutes from these places to all units, shape (n, len(places))."""
        self.ask(places)
        out = np.empty((self.n_units, len(places)))
        for column, place in enumerate(places.tolist()):
            out[:, column] = self._known[place]
        return out

    def ask(self, places: Rows) -> None:
        """Have the times of these places at hand."""
        wanted = list(dict.fromkeys(places.tolist()))
        missing = [place for place in wanted if place not in self._known]
        for place in wanted:
            if place in self._known:  # used last, dropped last
                self._known[place] = self._known.pop(place)
        for first in range(0, len(missing), 256):
            block = missing[first : first + 256]
            rows = self._minutes(self.lonlat[block])
            self._known.update(zip(block, rows, strict=True))
        for old in list(self._known)[: max(0, len(self._known) - self.most)]:
            if old not in wanted:
                del self._known[old]

    def _minutes(self, centers: Floats) -> Floats:
        units = self.lonlat[: self.n_units]
        driven = self.engine.matrix(centers, units).drive_s / 60
        lost = np.isnan(driven)
        if lost.any():
            crow = StraightLine().matrix(centers, units).drive_s / 60
            dear = np.where(self.loaded, NO_ROAD_MIN, 0.0)
            driven = np.where(lost, dear + np.nan_to_num(crow), driven)
        return driven
