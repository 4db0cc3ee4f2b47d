"""The days of a calendar while it is drawn up: tours, nights, and what a stop adds."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from routing import detours
from routing.detours import Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Kept = tuple[list[list[int]], Ints, Floats, Floats, Floats]


@dataclass(frozen=True, eq=False)
class Away:
    """When nights away from home are allowed, and what they cost.

    Parameters
    ----------
    most
        Nights in a row; 0 for none.
    places
        Where one may sleep: places far from home.
    after
        Days followed by another working day on the next date.
    night_s
        Seconds of driving a night has to save.
    """

    most: int = 0
    places: tuple[int, ...] = ()
    after: tuple[int, ...] = ()
    night_s: float = 0.0

    @property
    def allowed(self) -> bool:
        """Whether any night may be spent away."""
        return bool(self.most and self.places and self.after)


@dataclass(frozen=True, eq=False)
class Ground:
    """Places, the time between them, and the days that lead through them.

    Parameters
    ----------
    drive_s
        Shape (p, p), seconds, finite; place 0 is home, place i + 1 is account i.
    visit_s
        Shape (p,): seconds a visit takes; 0 at home.
    days
        How many there are; each begins and ends at home but for nights away.
    limit_s
        Seconds of a day for visits and driving.
    most_s
        Seconds of all days together for visits and driving.
    clock
        Opening hours; None where no account has any.
    away
        Nights.
    """

    drive_s: Floats
    visit_s: Floats
    days: int
    limit_s: float
    most_s: float
    clock: Clock | None = None
    away: Away = field(default_factory=Away)


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
        self.tours: list[list[int]] = [[] for _ in range(ground.days)]
        self.nights = np.zeros(ground.days, dtype=np.int64)
        self.drive_s = np.zeros(ground.days)
        self.work_s = np.zeros(ground.days)
        self.adds_s = np.full((ground.days, len(ground.visit_s)), np.inf)
        for day in range(ground.days):
            self.refresh(day)

    def ends(self, day: int) -> tuple[int, int]:
        """Give where a day begins and ends: home, or where one sleeps."""
        return int(self.nights[day - 1]) if day else 0, int(self.nights[day])

    def path(self, day: int) -> Ints:
        """Give the places of a day, its ends included."""
        begin, end = self.ends(day)
        return np.array([begin, *self.tours[day], end], dtype=np.int64)

    def refresh(self, day: int) -> None:
        """Recount a day whose tour or ends have changed."""
        ground, path = self.ground, self.path(day)
        drive_s, visit_s, adds_s = ground.drive_s, ground.visit_s, self.adds_s[day]
        self.drive_s[day], work_s = detours.length(path, drive_s, visit_s)
        self.work_s[day] = work_s
        if ground.clock is None:
            detours.cheapest(path, drive_s, self.towards_s, adds_s)
        else:
            clock = ground.clock
            detours.cheapest_open(path, drive_s, self.towards_s, clock, adds_s)
        detours.close_full(adds_s, work_s, visit_s, ground.limit_s)

    def add(self, place: int, day: int) -> None:
        """Put a stop where it adds least to a day."""
        ground, path = self.ground, self.path(day)
        if ground.clock is None:
            at = detours.where(path, place, ground.drive_s)
        else:
            at = detours.where_open(path, place, ground.drive_s, ground.clock)
        self.tours[day].insert(at, place)
        self.refresh(day)

    def remove(self, place: int, day: int) -> None:
        """Take a stop out of a day."""
        self.tours[day].remove(place)
        self.refresh(day)

    def sleep(self, day: int, place: int) -> None:
        """Spend the night after a day at a place, 0 for home."""
        self.nights[day] = place
        self.refresh(day)
        if day + 1 < len(self.tours):
            self.refresh(day + 1)

    def holds(self, day: int) -> bool:
        """Say whether a day is not too long and all its visits are in time."""
        ground = self.ground
        if self.work_s[day] > ground.limit_s + 1e-6:
            return False
        return ground.clock is None or bool(
            detours.in_time(self.path(day), ground.drive_s, ground.clock)
        )

    def in_a_row(self) -> int:
        """Give the most nights in a row spent away."""
        most = run = 0
        for place in self.nights.tolist():
            run = run + 1 if place else 0
            most = max(most, run)
        return most

    def idle(self) -> bool:
        """Say whether a night away begins or ends with a day without a visit."""
        for day in np.flatnonzero(self.nights).tolist():
            if not self.tours[day] or not self.tours[day + 1]:
                return True
        return False

    def room_s(self) -> float:
        """Give the seconds left of those all days have together."""
        return self.ground.most_s - float(self.work_s.sum())

    def put(self, day: int, tour: list[int]) -> None:
        """Replace the tour of a day, if its visits stay in time."""
        ground, (begin, end) = self.ground, self.ends(day)
        path = np.array([begin, *tour, end], dtype=np.int64)
        if ground.clock is None or detours.in_time(path, ground.drive_s, ground.clock):
            self.tours[day] = list(tour)
            self.refresh(day)

    def keep(self) -> Kept:
        """Give a copy to go back to."""
        tours = [list(tour) for tour in self.tours]
        counts = self.drive_s.copy(), self.work_s.copy(), self.adds_s.copy()
        return tours, self.nights.copy(), *counts

    def restore(self, kept: Kept) -> None:
        """Go back to a copy; it can be used again."""
        tours, nights, drive_s, work_s, adds_s = kept
        self.tours = [list(tour) for tour in tours]
        self.nights, self.drive_s = nights.copy(), drive_s.copy()
        self.work_s, self.adds_s = work_s.copy(), adds_s.copy()
