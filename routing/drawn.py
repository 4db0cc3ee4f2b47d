"""Roads as a picture: the lines inside a frame, the larger roads first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from routing.roads import DEGREE, Roads
from routing.tags import CLASS_CODE

MAIN = CLASS_CODE["secondary_link"]
"""Classes up to this one are main roads."""
LOCAL = CLASS_CODE["residential"]
"""Classes from this one on are the smallest that are drawn."""
GRAIN = 1500
"""A line is drawn no finer than the frame's width over this."""


@dataclass(frozen=True, eq=False)
class Street:
    """A stretch of road to draw.

    Parameters
    ----------
    rank
        0 a main road, 1 a through street, 2 a local one.
    line
        Shape (p, 2), (lon, lat) in degrees.
    """

    rank: int
    line: NDArray[np.float64]


def streets_in(
    roads: Roads, frame: tuple[float, float, float, float], *, most: int = 3000
) -> list[Street]:
    """Give the roads inside a frame, main ones first, at most so many.

    Parameters
    ----------
    frame
        West, south, east and north, degrees.
    """
    west, south, east, north = frame
    class_of = np.full(len(roads.shape_offset) - 1, LOCAL + 1, dtype=np.int64)
    np.minimum.at(class_of, roads.stretch, roads.road_class.astype(np.int64))
    low = np.array([west, south]) / DEGREE
    high = np.array([east, north]) / DEGREE
    inside = ((roads.shape >= low) & (roads.shape <= high)).all(axis=1)
    count = np.diff(roads.shape_offset)
    row = np.repeat(np.arange(len(count)), count)
    touched = np.flatnonzero(np.bincount(row[inside], minlength=len(count)))
    ordered = touched[np.argsort(class_of[touched], kind="stable")][:most]
    return [_street(roads, int(s), int(class_of[s]), east - west) for s in ordered]


def _street(roads: Roads, stretch: int, road_class: int, width: float) -> Street:
    begin, end = roads.shape_offset[stretch], roads.shape_offset[stretch + 1]
    whole = shapely.LineString(roads.shape[begin:end] * DEGREE)
    line = shapely.get_coordinates(shapely.simplify(whole, width / GRAIN))
    rank = 0 if road_class <= MAIN else 1 if road_class < LOCAL else 2
    return Street(rank, line)
