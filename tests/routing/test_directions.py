"""What is handed to other programs can be read back, and no text breaks out of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import geopandas as gpd
import gpxpy
import numpy as np
import pytest
from defusedxml import ElementTree
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from routing.day import Day, PlannedDay, Stop
from routing.directions import (
    APPLE_WAYPOINTS,
    GOOGLE_PHONE_WAYPOINTS,
    GOOGLE_WAYPOINTS,
    apple_maps_links,
    google_maps_links,
    gpx,
    ics,
    kml,
)
from routing.order import best_day
from tests.routing.days import HOME, HOUR, Street, stop

SPRING = dt.date(2026, 3, 29)
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "]]></name><x>",
    "END:VEVENT\r\nBEGIN:VALARM",
    "a;b,c\\n\nd",
    '"&amp;${7*7}{{7*7}}`\x00\x1b\ufffe',
)


def planned(
    *stops: Stop, zone: str = "Europe/Helsinki", on: dt.date = SPRING
) -> PlannedDay:
    tour = best_day(stops, start=HOME, end=HOME, day=Day(lunch_s=0.0), engine=Street())
    return PlannedDay(on, tour, tuple(stops), rep_id="R1", rep="Ada", zone=zone)


TWO = (
    stop("a", 0.5, 60.0, name="Alpha", address="Street 1", phone="+358 9 1"),
    stop("b", 1.0, open_s=10.5 * HOUR, note="Ring twice"),
)


def test_gpx_holds_stops_times_and_the_way() -> None:
    read = gpxpy.parse(gpx(planned(*TWO)).decode())
    assert read.version == "1.1"
    assert [point.name for point in read.waypoints] == ["1. Alpha", "2. b"]
    assert [p.name for p in read.routes[0].points] == [
        *("Start", "1. Alpha", "2. b", "End")
    ]
    assert read.waypoints[0].time == dt.datetime(2026, 3, 29, 5, 30, tzinfo=dt.UTC)
    assert (read.waypoints[0].longitude, read.waypoints[0].latitude) == (0.5, 0.0)
    assert [len(part.points) for part in read.tracks[0].segments] == [2, 2, 2]
    assert "Street 1\n+358 9 1" in read.waypoints[0].description


def test_without_a_zone_gpx_has_no_times() -> None:
    read = gpxpy.parse(gpx(planned(*TWO, zone="")).decode())
    assert {point.time for point in read.waypoints} == {None}


def test_gpx_keeps_the_order_of_its_schema() -> None:
    root = ElementTree.fromstring(gpx(planned(*TWO)))
    tags = [child.tag.split("}")[1] for child in root]
    assert tags == ["metadata", "wpt", "wpt", "rte", "trk"]
    inside = [child.tag.split("}")[1] for child in root.find("{*}wpt")]
    assert inside == ["time", "name", "desc"]


def test_the_calendar_has_an_event_a_visit() -> None:
    read = Calendar.from_ical(ics([planned(*TWO)]))
    events = read.walk("VEVENT")
    assert [str(event["summary"]) for event in events] == ["Alpha", "b"]
    begin, end = events[0]["dtstart"].dt, events[0]["dtend"].dt
    assert begin.isoformat() == "2026-03-29T08:30:00+03:00"
    assert end - begin == dt.timedelta(hours=1)
    assert events[1]["dtstart"].dt.hour == 10
    assert str(events[0]["location"]) == "Street 1"
    assert [str(zone["tzid"]) for zone in read.walk("VTIMEZONE")] == ["Europe/Helsinki"]


def test_an_event_keeps_its_id_and_differs_by_rep_stop_and_day() -> None:
    days = [
        planned(*TWO),
        replace(planned(*TWO), rep_id="R2"),
        planned(*TWO, on=SPRING + dt.timedelta(days=1)),
    ]
    ids = [str(e["uid"]) for e in Calendar.from_ical(ics(days)).walk("VEVENT")]
    assert len(set(ids)) == 6
    again = Calendar.from_ical(ics([planned(*TWO[::-1])])).walk("VEVENT")
    assert [str(event["uid"]) for event in again] == ids[:2]


def test_without_a_zone_calendar_times_float() -> None:
    written = ics([planned(*TWO, zone="")])
    assert b"DTSTART:20260329T083000\r\n" in written
    assert b"VTIMEZONE" not in written


def test_calendar_lines_are_as_the_standard_wants_them() -> None:
    long = stop("a", 0.5, name="Ä" * 200, note="x\r\ny" * 50)
    written = ics([planned(long)])
    lines = written.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert b"\n" not in b"".join(lines)
    assert lines[0] == b"BEGIN:VCALENDAR"


def test_kml_is_read_by_a_gis(tmp_path: Path) -> None:
    path = tmp_path / "day.kml"
    path.write_bytes(kml(planned(*TWO)))
    read = gpd.read_file(path)
    assert [*read["Name"]] == ["1. Alpha", "2. b", "Leg 1", "Leg 2", "Leg 3"]
    assert read.geometry[0].x == 0.5
    assert [*read.geometry[2].coords] == [(0.0, 0.0), (0.5, 0.0)]


def test_road_lines_are_drawn_where_they_are_known() -> None:
    bent = (np.array([[0.0, 0.0], [0.25, 0.1], [0.5, 0.0]]),) * 3
    read = gpxpy.parse(gpx(replace(planned(*TWO), lines=bent)).decode())
    assert [len(part.points) for part in read.tracks[0].segments] == [3, 3, 3]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_users_stays_text(text: str) -> None:
    day = planned(stop("a", 0.5, name=text, address=text, phone=text, note=text))
    day = replace(day, rep=text)
    shown = "".join(sign for sign in text if sign.isprintable() or sign in "\r\n\t")
    shown = shown.replace("\ufffe", "")
    read = gpxpy.parse(gpx(day).decode())
    assert read.waypoints[0].name.split() == f"1. {shown}".split()
    root = ElementTree.fromstring(kml(day))
    names = [name.text for name in root.iter("{http://www.opengis.net/kml/2.2}name")]
    assert names[1].split() == f"1. {shown}".split()
    assert len(list(root.iter())) == 19
    events = Calendar.from_ical(ics([day])).walk("VEVENT")
    assert len(events) == 1
    assert not events[0].subcomponents
    assert str(events[0]["summary"]).split() == shown.split()


@given(st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_read_back(text: str) -> None:
    day = planned(stop("a", 0.5, name=text, note=text))
    assert len(gpxpy.parse(gpx(day).decode()).waypoints) == 1
    assert ElementTree.fromstring(kml(day)) is not None
    assert len(Calendar.from_ical(ics([day])).walk("VEVENT")) == 1


@given(st.integers(2, 60), st.sampled_from([GOOGLE_WAYPOINTS, GOOGLE_PHONE_WAYPOINTS]))
def test_links_go_through_every_point_within_their_limits(n: int, most: int) -> None:
    points = np.column_stack([np.arange(n) / 10, np.arange(n) / 7])
    want = [f"{lat:.6f},{lon:.6f}" for lon, lat in points]
    seen = []
    for link in google_maps_links(points, waypoints=most):
        words = {k: v[0] for k, v in parse_qs(urlsplit(link).query).items()}
        between = words.get("waypoints", "").split("|") if "waypoints" in words else []
        assert len(between) <= most
        assert len(link) <= 2048
        seen.append([words["origin"], *between, words["destination"]])
    assert joined(seen) == want
    seen = []
    for link in apple_maps_links(points):
        pairs = parse_qsl(urlsplit(link).query)
        between = [value for key, value in pairs if key == "waypoint"]
        assert len(between) <= APPLE_WAYPOINTS
        named = dict(pairs)
        seen.append([named["source"], *between, named["destination"]])
    assert joined(seen) == want


def joined(parts: list[list[str]]) -> list[str]:
    whole = parts[0]
    for part in parts[1:]:
        assert part[0] == whole[-1]
        assert len(part) > 1
        whole = whole + part[1:]
    return whole
