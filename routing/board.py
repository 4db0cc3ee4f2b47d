"""The days of a calendar while it is drawn up: tours, hours, and what a stop adds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Kept = tuple[list[list[int]], Floats, Floats, Floats]


@dataclass(frozen=True, eq=False)
class Ground:
    """Places, the time between them, and the days that lead through them.

    Parameters
    ----------
    drive_s
        Shape (p, p), seconds, finite; place 0 is home, place i + 1 is account i.
    visit_s
        Shape (p,): seconds a visit takes; 0 at home.
    begin, end
        Shape (d,): the place each day begins and ends at.
    limit_s
        Seconds of a day for visits and driving.
    most_s
        Seconds of all days together for visits and driving.
    """

    drive_s: Floats
    visit_s: Floats
    begin: Ints
    end: Ints
    limit_s: float
    most_s: float


class Board:
    """Tours of all days, with the cost of one more stop at hand for every place.

    Parameters
    ----------
    ground
        What the tours lead over; never changed.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.towards_s = np.ascontiguousarray(ground.drive_s.T)
        d, p = len(ground.begin), len(ground.visit_s)
        self.tours: list[list[int]] = [[] for _ in range(d)]
        self.drive_s = np.zeros(d)
        self.work_s = np.zeros(d)
        self.adds_s = np.full((p, d), np.inf)
        for day in range(d):
            self.refresh(day)

    def refresh(self, day: int) -> None:
        """Recount a day whose tour has changed."""
        ground, tour = self.ground, self.tours[day]
        legs_s, detour_s = self._detours(day)
        self.drive_s[day] = legs_s.sum()
        self.work_s[day] = self.drive_s[day] + ground.visit_s[tour].sum()
        adds_s = detour_s.min(axis=0)
        over = self.work_s[day] + adds_s + ground.visit_s > ground.limit_s + 1e-6
        self.adds_s[:, day] = np.where(over, np.inf, adds_s)

    def _detours(self, day: int) -> tuple[Floats, Floats]:
        """Give the legs of a day and what each place adds between their ends."""
        ground, tour = self.ground, self.tours[day]
        path = [int(ground.begin[day]), *tour, int(ground.end[day])]
        legs_s = ground.drive_s[path[:-1], path[1:]]
        there, onward = ground.drive_s[path[:-1]], self.towards_s[path[1:]]
        return legs_s, there + onward - legs_s[:, None]

    def add(self, place: int, day: int) -> None:
        """Put a stop where it adds least to a day."""
        self.tours[day].insert(int(self._detours(day)[1][:, place].argmin()), place)
        self.refresh(day)

    def remove(self, place: int, day: int) -> None:
        """Take a stop out of a day."""
        self.tours[day].remove(place)
        self.refresh(day)

    def room_s(self) -> float:
        """Give the seconds left of those all days have together."""
        return self.ground.most_s - float(self.work_s.sum())

    def put(self, day: int, tour: list[int]) -> None:
        """Replace the tour of a day."""
        self.tours[day] = list(tour)
        self.refresh(day)

    def keep(self) -> Kept:
        """Give a copy to go back to."""
        tours = [list(tour) for tour in self.tours]
        return tours, self.drive_s.copy(), self.work_s.copy(), self.adds_s.copy()

    def restore(self, kept: Kept) -> None:
        """Go back to a copy; it can be used again."""
        tours, drive_s, work_s, adds_s = kept
        self.tours = [list(tour) for tour in tours]
        self.drive_s, self.work_s = drive_s.copy(), work_s.copy()
        self.adds_s = adds_s.copy()
