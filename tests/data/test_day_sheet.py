"""A day sheet says what a rep needs, in one file, and text of users stays text."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from dataclasses import replace

from data.day_sheet import day_sheet, day_sheets, zipped
from routing.day import Day, PlannedDay, Stop
from routing.order import best_day
from tests.routing.days import HOME, HOUR, Crow, stop

MONDAY = dt.date(2026, 11, 30)
STOPS = (
    stop(
        "a",
        0.5,
        name="Alpha",
        address="Street 1",
        phone="+358 (9) 12 x 7",
        close_s=11 * HOUR,
    ),
    stop("b", 1.0, note="Ring twice"),
    stop("c", 9.0, name="Far away"),
)


def planned(*stops: Stop, on: dt.date = MONDAY, rep: str = "Ada") -> PlannedDay:
    day = Day(start_s=10 * HOUR, lunch_from_s=11 * HOUR, lunch_to_s=12.5 * HOUR)
    tour = best_day(stops, start=HOME, end=HOME, day=day, engine=Crow())
    return PlannedDay(on, tour, tuple(stops), rep_id=rep.lower(), rep=rep)


def test_a_sheet_says_what_a_rep_needs() -> None:
    page = day_sheet([planned(*STOPS)])
    for said in (
        "<title>Ada: Monday, 30 November 2026</title>",
        "2 stops, about 2 h 00 min driving",
        '<b class="time">10:30<span class="number">1</span></b>',
        "Visit 10:30, 30 min. Drive about 30 min,",
        'href="tel:+358912"',
        "Ring twice",
        "Lunch",
        "Back. Drive about 60 min",
        "Far away: the day ends 18:00; with it one is back at",
        "https://www.google.com/maps/dir/?api=1&amp;destination=0.000000,0.500000",
        "https://maps.apple.com/directions?destination=0.000000,0.500000",
    ):
        assert said in page, said


def test_a_sheet_asks_nobody() -> None:
    page, _, _ = day_sheet([planned(*STOPS)]).partition("<script>")
    assert "default-src 'none'" in page
    for word in ("<link", "@import", "url(", 'src="'):
        assert word not in page


def test_text_of_users_is_escaped_everywhere() -> None:
    bad = "</script><script>x()</script><img src=x onerror=x()>\x00\"'`${7*7}{{7*7}}"
    one = stop("a", 0.5, name=bad, address=bad, phone=bad, note=bad)
    day = planned(one, stop(bad, 9.0), rep=bad)
    page = day_sheet([day, replace(day, on=dt.date(2026, 12, 1))])
    assert page.count("<script") == 3
    assert "<img src" not in page
    assert "\x00" not in page


def test_a_rep_has_one_file_for_all_days_in_order_of_date() -> None:
    tuesday = dt.date(2026, 12, 1)
    days = [
        planned(*STOPS, on=tuesday),
        planned(*STOPS),
        planned(*STOPS, rep="Bo / Ö"),
        planned(*STOPS, rep="Bo Ö"),
    ]
    sheets = day_sheets(days)
    assert [*sheets] == ["Ada.html", "Bo-Ö.html", "Bo-Ö-2.html"]
    page = sheets["Ada.html"]
    assert page.index('id="d2026-11-30"') < page.index('id="d2026-12-01"')
    assert "<title>Ada: Mon 30 Nov to Tue 1 Dec</title>" in page
    packed = zipped(sheets)
    assert packed == zipped(sheets)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert sorted(archive.namelist()) == sorted(sheets)
        assert archive.read("Ada.html").decode() == page


def test_a_day_without_stops_is_a_sheet_too() -> None:
    assert "0 stops" in day_sheet([planned()])
