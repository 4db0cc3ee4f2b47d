"""A day's stops, its hours, and the tour that comes of them.

Seconds are after local midnight; `routing.moments` makes dates and times of them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from routing.engine import Floats


@dataclass(frozen=True, eq=False)
class Stop:
    """A visit to be made on a day.

    Parameters
    ----------
    stop_id
        An id, unique in the day.
    lon, lat
        Degrees; nan if unknown.
    visit_s
        How long the visit takes, seconds.
    open_s, close_s
        The visit begins between them, seconds after midnight; None for no limit.
    name
        What people call it.
    also_open
        Further windows of the day, (open, close) each, such as after a lunch break.
    value
        What it is worth beside the others when not all fit.
    address, phone, note
        For those who go there; plain text.
    """

    stop_id: str
    lon: float
    lat: float
    visit_s: float = 0.0
    open_s: float | None = None
    close_s: float | None = None
    name: str = ""
    also_open: tuple[tuple[float, float], ...] = ()
    value: float = 1.0
    address: str = ""
    phone: str = ""
    note: str = ""

    @property
    def label(self) -> str:
        """Its name, or its id."""
        return self.name or self.stop_id

    @property
    def windows(self) -> list[tuple[float | None, float | None]]:
        """When the visit may begin, in order of time."""
        first = (self.open_s, self.close_s)
        return sorted([first, *self.also_open], key=lambda window: window[0] or 0.0)


@dataclass(frozen=True)
class Day:
    """The hours of a day, seconds after midnight.

    Parameters
    ----------
    start_s
        When the rep leaves.
    return_by_s
        When the rep has to be back; None for no limit.
    lunch_s
        How long lunch takes; 0 for a day without.
    lunch_from_s, lunch_to_s
        Lunch begins and ends between them. A day that is home by its latest start has
        lunch at home.
    end_by_close
        Whether a visit also has to end, not only begin, while its stop is open.
    """

    start_s: float = 8 * 3600.0
    return_by_s: float | None = 18 * 3600.0
    lunch_s: float = 1800.0
    lunch_from_s: float = 11.5 * 3600.0
    lunch_to_s: float = 13.5 * 3600.0
    end_by_close: bool = False


@dataclass(frozen=True, eq=False)
class Tour:
    """A day in order. Legs and points count the way home too.

    Parameters
    ----------
    stop_ids
        The n stops in driving order.
    arrive_s, begin_s, leave_s
        Shape (n,), seconds after midnight: at the door, at the start of the visit
        (after waiting, or lunch on arrival), and off again (after lunch, if it is taken
        before driving on).
    leg_s, leg_m
        Shape (n + 1,), seconds and metres to each stop, and home.
    start_s, back_s
        When the rep leaves and is back.
    lunch_at_s, lunch_after
        When lunch begins, and how many stops come before it; None where lunch is at
        home or there is none. A leg with lunch on the way takes that much longer.
    infeasible
        (stop, why) of each that cannot be kept; the stop is "" where it is the day
        that cannot be kept.
    estimated
        Whether no roads were asked.
    points
        Shape (n + 2, 2), (lon, lat) from the start by the stops to the end.
    """

    stop_ids: tuple[str, ...]
    arrive_s: Floats
    begin_s: Floats
    leave_s: Floats
    leg_s: Floats
    leg_m: Floats
    start_s: float
    back_s: float
    lunch_at_s: float | None
    lunch_after: int | None
    infeasible: tuple[tuple[str, str], ...]
    estimated: bool
    points: Floats

    @property
    def drive_s(self) -> float:
        """Seconds of driving."""
        return round(float(self.leg_s.sum()), 3)

    @property
    def drive_m(self) -> float:
        """Metres of driving."""
        return round(float(self.leg_m.sum()), 1)

    @property
    def latest_start_s(self) -> float:
        """When the rep may leave at the latest and no later visit begins later."""
        if not self.stop_ids or self.lunch_after == 0:
            return self.start_s
        return self.start_s + float(self.begin_s[0] - self.arrive_s[0])


@dataclass(frozen=True, eq=False)
class PlannedDay:
    """A tour on a date, as it is handed to the rep.

    Parameters
    ----------
    on
        The date.
    tour
        In driving order.
    stops
        Its stops, in any order; others may be among them.
    rep_id, rep
        Who drives: id and name.
    zone
        IANA time zone of the clock, such as Europe/Helsinki; "" if it is not known.
    lines
        The way of each leg, shape (p, 2) each, degrees; empty for straight lines.
    night
        What one sleeps near, "" at home.
    """

    on: dt.date
    tour: Tour
    stops: tuple[Stop, ...]
    rep_id: str = ""
    rep: str = ""
    zone: str = ""
    lines: tuple[Floats, ...] = ()
    night: str = ""

    @property
    def calls(self) -> list[Stop]:
        """The stops in driving order."""
        by_id = {stop.stop_id: stop for stop in self.stops}
        return [by_id[stop_id] for stop_id in self.tour.stop_ids]

    @property
    def name(self) -> str:
        """The rep and the date."""
        return " ".join(part for part in (self.rep, self.on.isoformat()) if part)
