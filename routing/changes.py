"""Changes to a day's stops: add, drop, move, skip, fix a time. Each gives a new list.

`routing.order.timed` times the list again; with `KnownTimes` without asking for drive
times twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from geo.errors import InputError
from routing.day import Day, Stop
from routing.engine import Floats, TravelEngine, TravelMatrix
from routing.order import timed


class KnownTimes:
    """A `TravelEngine` that asked once for all pairs of some points.

    Parameters
    ----------
    engine
        Who knows the drive times.
    points
        Shape (n, 2), (lon, lat) in degrees; other points are asked for again.
    known
        The answer for them, if it was asked for before.
    """

    def __init__(
        self,
        engine: TravelEngine,
        points: Floats,
        *,
        known: TravelMatrix | None = None,
    ) -> None:
        self.engine = engine
        self._rows = {(lon, lat): row for row, (lon, lat) in enumerate(points.tolist())}
        self._matrix = engine.matrix(points, points) if known is None else known

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
        """Give times and distances, see `TravelEngine.matrix`."""
        rows, columns = self._places(origins), self._places(destinations)
        if rows is None or columns is None:
            return self.engine.matrix(origins, destinations)
        pairs, known = np.ix_(rows, columns), self._matrix
        return replace(
            known,
            drive_s=known.drive_s[pairs],
            drive_m=known.drive_m[pairs],
            reason=known.reason[pairs],
        )

    def _places(self, points: Floats) -> list[int] | None:
        places = [self._rows.get((lon, lat)) for lon, lat in points.tolist()]
        return None if None in places else [p for p in places if p is not None]


def known_times(
    stops: Sequence[Stop], engine: TravelEngine, *others: tuple[float, float]
) -> KnownTimes:
    """Ask once for all pairs of stops and other places, (lon, lat) each."""
    places = [(stop.lon, stop.lat) for stop in stops]
    return KnownTimes(engine, np.array([*places, *others], dtype=np.float64))


def without(stops: Sequence[Stop], stop_id: str) -> list[Stop]:
    """Drop or skip a stop."""
    return [stop for stop in stops if stop is not _named(stops, stop_id)]


def moved(stops: Sequence[Stop], stop_id: str, place: int) -> list[Stop]:
    """Put a stop in another place of the order, 0 for the first."""
    rest = without(stops, stop_id)
    rest.insert(min(max(place, 0), len(rest)), _named(stops, stop_id))
    return rest


def at_time(stops: Sequence[Stop], stop_id: str, begin_s: float) -> list[Stop]:
    """Fix the time a visit begins, seconds after midnight: an appointment."""
    fixed = replace(
        _named(stops, stop_id), open_s=begin_s, close_s=begin_s, also_open=()
    )
    return [fixed if stop.stop_id == stop_id else stop for stop in stops]


def added(
    stops: Sequence[Stop],
    new: Stop,
    *,
    start: tuple[float, float],
    end: tuple[float, float],
    day: Day,
    engine: TravelEngine,
) -> list[Stop]:
    """Add a stop where it breaks no more rules than it must and takes least driving.

    The others keep their order. Parameters as in `routing.order.timed`.
    """
    known = known_times([*stops, new], engine, start, end)
    tried = [[*stops[:place], new, *stops[place:]] for place in range(len(stops) + 1)]
    tours = [timed(one, start=start, end=end, day=day, engine=known) for one in tried]
    best = min(
        range(len(tried)),
        key=lambda i: (len(tours[i].infeasible), tours[i].drive_s, tours[i].back_s),
    )
    return tried[best]


def _named(stops: Sequence[Stop], stop_id: str) -> Stop:
    for stop in stops:
        if stop.stop_id == stop_id:
            return stop
    raise InputError(
        f"There is no stop '{stop_id}' in the day", fix="Choose one of its stops"
    )
