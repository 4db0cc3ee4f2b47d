"""An engine that remembers: a day that is edited asks for the same ways again."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np

from routing.drive import Path, RoadEngine
from routing.engine import Floats, TravelMatrix

MATRICES, PATHS = 8, 400
"""Matrices and ways that are remembered."""
MOST_POINTS = 80
"""A matrix of more points is not remembered."""


class Remembered:
    """A road engine with a memory of recent answers; the answers are the same.

    A matrix over some of the points of an earlier one is taken from it.

    Parameters
    ----------
    engine
        Who is asked what is not remembered.
    """

    def __init__(self, engine: RoadEngine) -> None:
        self.engine = engine
        self._matrices: OrderedDict[bytes, tuple[dict[Any, int], TravelMatrix]]
        self._matrices = OrderedDict()
        self._paths: OrderedDict[bytes, Path] = OrderedDict()

    @property
    def name(self) -> str:
        """What people call it."""
        return self.engine.name

    @property
    def estimated(self) -> bool:
        """Whether it answers without roads."""
        return self.engine.estimated

    @property
    def expected_error(self) -> float:
        """Median error of a time, as a share."""
        return self.engine.expected_error

    def matrix(self, origins: Floats, destinations: Floats) -> TravelMatrix:
        """Give times and distances, see `routing.engine.TravelEngine.matrix`."""
        here, there = _keys(origins), _keys(destinations)
        for rows, found in reversed(list(self._matrices.values())):
            if rows.keys() >= {*here, *there}:
                return _part(found, [rows[k] for k in here], [rows[k] for k in there])
        points = np.unique(np.vstack([_two(origins), _two(destinations)]), axis=0)
        if len(points) > MOST_POINTS or not np.isfinite(points).all():
            return self.engine.matrix(origins, destinations)
        found = self.engine.matrix(points, points)
        rows = {key: i for i, key in enumerate(_keys(points))}
        self._matrices[points.tobytes()] = (rows, found)
        while len(self._matrices) > MATRICES:
            self._matrices.popitem(last=False)
        return _part(found, [rows[k] for k in here], [rows[k] for k in there])

    def path(self, origin: Floats, destination: Floats) -> Path:
        """Give the fastest way, see `routing.drive.RoadEngine.path`."""
        key = np.array([*origin, *destination], dtype=np.float64).tobytes()
        if key not in self._paths:
            self._paths[key] = self.engine.path(origin, destination)
            while len(self._paths) > PATHS:
                self._paths.popitem(last=False)
        return self._paths[key]


def _two(points: Floats) -> Floats:
    return np.asarray(points, dtype=np.float64).reshape(-1, 2)


def _keys(points: Floats) -> list[bytes]:
    return [point.tobytes() for point in np.ascontiguousarray(_two(points))]


def _part(found: TravelMatrix, rows: list[int], columns: list[int]) -> TravelMatrix:
    at = np.ix_(rows, columns)
    return TravelMatrix(
        drive_s=found.drive_s[at],
        drive_m=found.drive_m[at],
        reason=found.reason[at],
        estimated=found.estimated,
    )
