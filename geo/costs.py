"""What a unit costs the center that serves it: distance, plain or squared."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.frames import UnitTable
from geo.solver.sums import sums

KM = 1000.0
WEISZFELD_STEPS = 40
SHORTLIST = 400
"""Units tried as the center of a territory: those nearest its middle."""

Kind = Literal["free", "unit", "fixed"]


class SquaredDistance:
    """Squared straight-line distance in km^2; the classic cost of compactness.

    The best free center of a territory is the weighted mean of its units, and the
    sum over them is their moment of inertia (Hess et al. 1965).

    Parameters
    ----------
    table
        The units; `xy` in metres, `weight` multiplies the cost.
    kind
        Where centers may lie: "free", at a "unit", or "fixed" at `homes`.
    homes
        Shape (k, 2), metres; rows of nan are free. Needed when kind is "fixed".
    """

    unit = "weight x km^2"

    def __init__(
        self,
        table: UnitTable,
        *,
        kind: Kind = "free",
        homes: NDArray[np.float64] | None = None,
    ) -> None:
        self.table, self.kind, self.homes = table, kind, homes

    def take(self, rows: NDArray[np.intp]) -> SquaredDistance:
        """Give the same cost of these units, in this order."""
        return SquaredDistance(self.table.take(rows), kind=self.kind, homes=self.homes)

    def limit(self, max_cost: float) -> float:
        """Give the value of `block` at a distance of `max_cost` metres."""
        return (max_cost / KM) ** 2

    def block(
        self, rows: NDArray[np.intp], centers: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Give km^2 from these units to these centers, shape (len(rows), k)."""
        return squared_km(self.table.xy[rows], centers)

    def recenter(self, labels: NDArray[np.intp], k: int) -> NDArray[np.float64]:
        """Give the best center of each territory, shape (k, 2) metres.

        A territory without weight gets the plain mean, one without units nan.
        """
        means = weighted_means(self.table, labels, k)
        if self.kind == "unit":
            return _nearest_own_unit(self.table.xy, labels, means)
        return _at_homes(means, self.homes if self.kind == "fixed" else None)


class Distance:
    """Straight-line distance in km: the sum that a planner reads as driving.

    Parameters
    ----------
    table, kind, homes
        As in `SquaredDistance`.
    center
        What a free center is: the "median", which is best (Weiszfeld 1937), or the
        "mean" of the units, as in capacitated centered clustering.
    """

    unit = "weight x km"

    def __init__(
        self,
        table: UnitTable,
        *,
        kind: Kind = "free",
        homes: NDArray[np.float64] | None = None,
        center: Literal["median", "mean"] = "median",
    ) -> None:
        self.table, self.kind, self.homes, self.center = table, kind, homes, center

    def take(self, rows: NDArray[np.intp]) -> Distance:
        """Give the same cost of these units, in this order."""
        part = self.table.take(rows)
        return Distance(part, kind=self.kind, homes=self.homes, center=self.center)

    def limit(self, max_cost: float) -> float:
        """Give the value of `block` at a distance of `max_cost` metres."""
        return max_cost / KM

    def block(
        self, rows: NDArray[np.intp], centers: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Give km from these units to these centers, shape (len(rows), k)."""
        squared = squared_km(self.table.xy[rows], centers)
        return np.sqrt(squared, out=squared)

    def recenter(self, labels: NDArray[np.intp], k: int) -> NDArray[np.float64]:
        """Give the best center of each territory, shape (k, 2) metres."""
        middles = weighted_means(self.table, labels, k)
        if self.center == "median":
            middles = _medians(self.table, labels, middles)
        if self.kind == "unit":
            return _best_own_unit(self.table, labels, middles)
        return _at_homes(middles, self.homes if self.kind == "fixed" else None)


class Matrix:
    """A cost given for every pair of units: drive minutes, geodesics; center a unit.

    Parameters
    ----------
    table
        The units.
    matrix
        Shape (n, n): what a center at unit j costs unit i is ``matrix[i, j]``.
    unit
        What the objective is measured in.
    """

    kind: Kind = "unit"

    def __init__(
        self, table: UnitTable, matrix: NDArray[np.float64], *, unit: str
    ) -> None:
        self.table, self.matrix, self.unit = table, matrix, unit
        self._tree = cKDTree(table.xy)

    def take(self, rows: NDArray[np.intp]) -> Matrix:
        """Give the same cost of these units, in this order."""
        part = self.matrix[np.ix_(rows, rows)]
        return Matrix(self.table.take(rows), part, unit=self.unit)

    def limit(self, max_cost: float) -> float:
        """Give the value of `block` at this cost: the same."""
        return max_cost

    def rows_of(self, centers: NDArray[np.float64]) -> NDArray[np.intp]:
        """Give the unit each center stands at: the nearest one."""
        rows: NDArray[np.intp] = self._tree.query(centers)[1]
        return rows

    def block(
        self, rows: NDArray[np.intp], centers: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Give the cost of these units at these centers, shape (len(rows), k)."""
        return self.matrix[np.ix_(rows, self.rows_of(centers))]

    def recenter(self, labels: NDArray[np.intp], k: int) -> NDArray[np.float64]:
        """Give the unit that serves each territory at least cost, shape (k, 2)."""
        out = np.full((k, 2), np.nan)
        for territory in np.unique(labels):
            rows = np.flatnonzero(labels == territory)
            worth = self.table.weight[rows] @ self.matrix[np.ix_(rows, rows)]
            out[territory] = self.table.xy[rows[np.argmin(worth)]]
        return out


def squared_km(
    xy: NDArray[np.float64], centers: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give squared distances in km^2, shape (len(xy), len(centers))."""
    out = np.subtract.outer(xy[:, 0], centers[:, 0])
    out *= out
    dy = np.subtract.outer(xy[:, 1], centers[:, 1])
    dy *= dy
    out += dy
    out /= KM * KM
    return out


def weighted_means(
    table: UnitTable, labels: NDArray[np.intp], k: int
) -> NDArray[np.float64]:
    """Give the mean of each territory's units, by weight if it has any."""
    total = sums(labels, table.weight, k)
    weight = np.where(total[labels] > 0, table.weight, 1.0)
    total = sums(labels, weight, k)
    with np.errstate(invalid="ignore"):
        return sums(labels, weight[:, None] * table.xy, k) / total[:, None]


def _at_homes(
    middles: NDArray[np.float64], homes: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    if homes is None:
        return middles
    known = np.full_like(middles, np.nan)  # territories added later have no home
    known[: len(homes)] = homes[: len(middles)]
    return np.where(np.isfinite(known), known, middles)


def _nearest_own_unit(
    xy: NDArray[np.float64], labels: NDArray[np.intp], middles: NDArray[np.float64]
) -> NDArray[np.float64]:
    """For squared distance the best unit is the one nearest the weighted mean."""
    away = ((xy - middles[labels]) ** 2).sum(axis=1)
    order = np.lexsort((away, labels))
    owners, first = np.unique(labels[order], return_index=True)
    out = np.full_like(middles, np.nan)
    out[owners] = xy[order[first]]
    return out


def _best_own_unit(
    table: UnitTable, labels: NDArray[np.intp], middles: NDArray[np.float64]
) -> NDArray[np.float64]:
    out = np.full_like(middles, np.nan)
    for territory in np.unique(labels):
        rows = np.flatnonzero(labels == territory)
        away = ((table.xy[rows] - middles[territory]) ** 2).sum(axis=1)
        tried = rows[np.argsort(away, kind="stable")[:SHORTLIST]]
        km = np.sqrt(squared_km(table.xy[tried], table.xy[rows]))
        out[territory] = table.xy[tried[np.argmin(km @ table.weight[rows])]]
    return out


def _medians(
    table: UnitTable, labels: NDArray[np.intp], start: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weiszfeld's fixed point, all territories at once; a metre keeps it finite."""
    k, middles = len(start), start
    for _ in range(WEISZFELD_STEPS):
        away = np.hypot(*(table.xy - middles[labels]).T)
        pull = table.weight / np.maximum(away, 1.0)
        total = sums(labels, pull, k)
        moved = sums(labels, pull[:, None] * table.xy, k)
        weighty = total > 0
        moved[weighty] /= total[weighty, None]
        middles = np.where(weighty[:, None], moved, start)
    return middles
