"""Dates and times of the seconds after midnight that a tour counts.

A rep's day starts when the clock on the wall says so, and from then on seconds pass: a
day on which the clock changes has 23 or 25 hours.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from geo.errors import InputError


def moment(
    on: dt.date, zone: str, seconds: float, *, start_s: float = 0.0
) -> dt.datetime:
    """Give the date and time a number of seconds after local midnight.

    Parameters
    ----------
    on
        The date.
    zone
        IANA name of the time zone.
    seconds
        After midnight; of a tour, any of its times.
    start_s
        What the clock shows, in seconds, when counting begins: the start of a tour,
        whose later times are so many seconds after it. 0 counts from midnight.

    Returns
    -------
    datetime
        In the zone, aware. A clock time that a change skips is the hour after it; of
        one that comes twice the first is meant.

    Raises
    ------
    InputError
        No such time zone.

    Examples
    --------
    >>> import datetime as dt
    >>> spring = dt.date(2026, 3, 29)  # 03:00 becomes 04:00
    >>> moment(spring, "Europe/Helsinki", 8 * 3600, start_s=8 * 3600).isoformat()
    '2026-03-29T08:00:00+03:00'
    >>> moment(spring, "Europe/Helsinki", 8 * 3600).isoformat()
    '2026-03-29T09:00:00+03:00'
    """
    local = zone_of(zone)
    midnight = dt.datetime.combine(on, dt.time(), tzinfo=local)
    began = (midnight + dt.timedelta(seconds=start_s)).astimezone(dt.UTC)
    return (began + dt.timedelta(seconds=seconds - start_s)).astimezone(local)


def day_length_s(on: dt.date, zone: str) -> float:
    """Give the seconds between a local midnight and the next: 23, 24 or 25 hours."""
    begin, end = moment(on, zone, 0.0), moment(on + dt.timedelta(days=1), zone, 0.0)
    return (end.astimezone(dt.UTC) - begin.astimezone(dt.UTC)).total_seconds()


def zone_of(name: str) -> ZoneInfo:
    """Give a time zone.

    Raises
    ------
    InputError
        No such time zone.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError, OSError) as error:
        raise InputError(
            f"There is no time zone '{name}'",
            fix="Choose one such as Europe/Helsinki or America/New_York",
        ) from error
