"""A day on which the clock changes has 23 or 25 hours, and a tour ends when it ends."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import InputError
from routing.moments import day_length_s, moment

HOUR = 3600.0
SPRING, AUTUMN = dt.date(2026, 3, 29), dt.date(2026, 10, 25)
HELSINKI = "Europe/Helsinki"


@pytest.mark.parametrize(
    ("on", "zone", "hours"),
    [
        (SPRING, HELSINKI, 23),
        (AUTUMN, HELSINKI, 25),
        (dt.date(2026, 6, 1), HELSINKI, 24),
        (dt.date(2026, 3, 8), "America/New_York", 23),
        (dt.date(2026, 11, 1), "America/New_York", 25),
        (SPRING, "America/Phoenix", 24),
        (dt.date(2026, 4, 5), "Australia/Lord_Howe", 24.5),
    ],
)
def test_a_day_has_its_hours(on: dt.date, zone: str, hours: float) -> None:
    assert day_length_s(on, zone) == hours * HOUR


def test_a_day_starts_when_the_clock_says() -> None:
    """The clock changed at three; at eight it is eight, and four hours later noon."""
    for on in (SPRING, AUTUMN):
        start = moment(on, HELSINKI, 8 * HOUR, start_s=8 * HOUR)
        noon = moment(on, HELSINKI, 12 * HOUR, start_s=8 * HOUR)
        assert (start.hour, noon.hour) == (8, 12)


def test_a_night_drive_over_the_change_takes_as_long_as_it_takes() -> None:
    """Two hours from 02:30 end at 05:30 in spring and at 03:30 in autumn."""
    for on, end in ((SPRING, "05:30"), (AUTUMN, "03:30")):
        there = moment(on, HELSINKI, 4.5 * HOUR, start_s=2.5 * HOUR)
        assert there.strftime("%H:%M") == end


def test_an_hour_that_is_skipped_is_the_one_after() -> None:
    at = moment(SPRING, HELSINKI, 3.5 * HOUR, start_s=3.5 * HOUR)
    assert at.isoformat() == "2026-03-29T04:30:00+03:00"


@given(
    st.dates(dt.date(2000, 1, 1), dt.date(2036, 1, 1)),
    st.sampled_from([HELSINKI, "America/St_Johns", "Africa/Cairo", "Asia/Tehran"]),
    st.lists(st.integers(0, 40 * 3600), min_size=2, max_size=2),
    st.integers(0, 24 * 3600),
)
def test_seconds_pass_as_seconds(
    on: dt.date, zone: str, at: list[int], start_s: int
) -> None:
    one, other = (moment(on, zone, s, start_s=start_s) for s in at)
    passed = other.astimezone(dt.UTC) - one.astimezone(dt.UTC)
    assert passed.total_seconds() == at[1] - at[0]


@pytest.mark.parametrize("zone", ["Helsinki", "", "../etc", "Europe/"])
def test_no_such_zone_is_refused(zone: str) -> None:
    with pytest.raises(InputError, match="There is no time zone"):
        moment(SPRING, zone, 0.0)
