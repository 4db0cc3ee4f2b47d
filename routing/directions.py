"""A day's tour out to other programs: GPX, calendar, KML, and links to maps.

Names, addresses and notes are text: every writer escapes them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar
from urllib.parse import quote, urlencode

import numpy as np
from gpxpy.gpx import (
    GPX,
    GPXRoute,
    GPXRoutePoint,
    GPXTrack,
    GPXTrackPoint,
    GPXTrackSegment,
    GPXWaypoint,
)
from icalendar import Calendar, Event

from routing.day import PlannedDay, Stop
from routing.engine import Floats
from routing.moments import moment
from routing.reasons import hhmm

GOOGLE_WAYPOINTS, GOOGLE_PHONE_WAYPOINTS = 9, 3
"""Between start and end: at most three in a phone's browser, nine otherwise.

Google, "Maps URLs", Directions, parameter `waypoints`
(developers.google.com/maps/documentation/urls/get-started).
"""

APPLE_WAYPOINTS = 14
"""Apple Maps takes 15 stops in a route (Apple, iOS 16); the last is the destination.

The links are those of iOS 18.4 and later: Apple, "Adopting unified Maps URLs"
(developer.apple.com/documentation/mapkit/unified-map-urls), path `/directions`.
"""

KML = "http://www.opengis.net/kml/2.2"
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Point = TypeVar("Point", GPXWaypoint, GPXRoutePoint)
STAMP = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def gpx(day: PlannedDay) -> bytes:
    """Give a GPX 1.1 file: the stops as waypoints and as a route, the way as a track.

    Times are arrivals, in UTC, if the day's time zone is known.
    """
    made = GPX()
    made.creator, made.name = "Bailiwick", clean(day.name)
    route = GPXRoute(name=made.name)
    for number, stop in enumerate(day.calls):
        point = _described(GPXWaypoint(stop.lat, stop.lon), day, number)
        made.waypoints.append(point)
        route.points.append(_described(GPXRoutePoint(stop.lat, stop.lon), day, number))
    for end, at in ((0, day.tour.start_s), (-1, day.tour.back_s)):
        lon, lat = day.tour.points[end]
        tip = GPXRoutePoint(lat, lon, time=_utc(day, at))
        tip.name = "Start" if end == 0 else "End"
        route.points.insert(0 if end == 0 else len(route.points), tip)
    made.routes.append(route)
    track = GPXTrack(name=made.name)
    for line in lines_of(day):
        points = [GPXTrackPoint(round(lat, 6), round(lon, 6)) for lon, lat in line]
        track.segments.append(GPXTrackSegment(points))
    made.tracks.append(track)
    written: str = made.to_xml(version="1.1")
    return written.encode("utf-8")


def _described(point: Point, day: PlannedDay, number: int) -> Point:
    point.time = _utc(day, float(day.tour.arrive_s[number]))
    point.name = clean(f"{number + 1}. {day.calls[number].label}")
    point.description = clean(told(day, number))
    return point


def ics(days: Sequence[PlannedDay]) -> bytes:
    """Give a calendar (RFC 5545) with an event a visit.

    An event's id is that of its rep, stop and date: a calendar read again replaces
    what it brought before. Times carry their zone and its rules; where it is not known
    they are those of the clock wherever one is.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Bailiwick//day//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for day in days:
        for number, stop in enumerate(day.calls):
            calendar.add_component(_event(day, number, stop))
    if any(day.zone for day in days):
        dates = [day.on for day in days]
        calendar.add_missing_timezones(
            first_date=min(dates) - dt.timedelta(days=366),
            last_date=max(dates) + dt.timedelta(days=366),
        )
    written: bytes = calendar.to_ical()
    return written


def kml(day: PlannedDay) -> bytes:
    """Give a KML 2.2 file: a placemark a stop, and a line a leg."""
    ET.register_namespace("", KML)
    root = ET.Element(f"{{{KML}}}kml")
    document = ET.SubElement(root, f"{{{KML}}}Document")
    _text(document, "name", day.name)
    for number, stop in enumerate(day.calls):
        mark = ET.SubElement(document, f"{{{KML}}}Placemark")
        _text(mark, "name", f"{number + 1}. {stop.label}")
        if stop.address:
            _text(mark, "address", stop.address)
        _text(mark, "description", told(day, number))
        point = ET.SubElement(mark, f"{{{KML}}}Point")
        _text(point, "coordinates", f"{stop.lon:.6f},{stop.lat:.6f}")
    for number, line in enumerate(lines_of(day)):
        mark = ET.SubElement(document, f"{{{KML}}}Placemark")
        _text(mark, "name", f"Leg {number + 1}")
        shape = ET.SubElement(mark, f"{{{KML}}}LineString")
        _text(shape, "tessellate", "1")
        _text(shape, "coordinates", " ".join(f"{x:.6f},{y:.6f}" for x, y in line))
    return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True))


def google_maps_links(
    points: Floats, *, waypoints: int = GOOGLE_WAYPOINTS
) -> list[str]:
    """Give links that open Google Maps with the way through points.

    Parameters
    ----------
    points
        Shape (n, 2), (lon, lat) in degrees, from the start to the end.
    waypoints
        At most so many between a link's start and its end; the next link starts where
        one ends. `GOOGLE_PHONE_WAYPOINTS` work in a phone's browser.
    """
    links = []
    for part in _parts(points, waypoints + 2):
        words = {"api": "1", "origin": _latlon(part[0])}
        words["destination"] = _latlon(part[-1])
        if len(part) > 2:
            words["waypoints"] = "|".join(map(_latlon, part[1:-1]))
        words["travelmode"] = "driving"
        links.append(f"https://www.google.com/maps/dir/?{urlencode(words, safe=',')}")
    return links


def apple_maps_links(points: Floats) -> list[str]:
    """Give links that open Apple Maps with the way through points.

    Parameters
    ----------
    points
        Shape (n, 2), (lon, lat) in degrees, from the start to the end; a link takes
        `APPLE_WAYPOINTS` between its ends.
    """
    links = []
    for part in _parts(points, APPLE_WAYPOINTS + 2):
        words = [("source", _latlon(part[0])), ("destination", _latlon(part[-1]))]
        words += [("waypoint", _latlon(point)) for point in part[1:-1]]
        asked = "&".join(f"{key}={quote(value, safe=',')}" for key, value in words)
        links.append(f"https://maps.apple.com/directions?{asked}&mode=driving")
    return links


def google_maps_link(stop: Stop) -> str:
    """Give a link that opens Google Maps with the way from here to a stop."""
    words = {"api": "1", "destination": f"{stop.lat:.6f},{stop.lon:.6f}"}
    words["travelmode"] = "driving"
    return f"https://www.google.com/maps/dir/?{urlencode(words, safe=',')}"


def apple_maps_link(stop: Stop) -> str:
    """Give a link that opens Apple Maps with the way from here to a stop."""
    place = f"{stop.lat:.6f},{stop.lon:.6f}"
    return f"https://maps.apple.com/directions?destination={place}&mode=driving"


def lines_of(day: PlannedDay) -> list[Floats]:
    """Give the line of each leg, straight where the way is not known."""
    if day.lines:
        return list(day.lines)
    return [np.array(pair) for pair in pairwise(day.tour.points)]


def told(day: PlannedDay, number: int) -> str:
    """Give what a rep needs to know of a stop, a line each."""
    stop, tour = day.calls[number], day.tour
    about = "about " if tour.estimated else ""
    minutes, km = tour.leg_s[number] / 60, tour.leg_m[number] / 1000
    lines = [
        f"Visit {hhmm(tour.begin_s[number])}, {stop.visit_s / 60:.0f} min",
        f"Drive {about}{minutes:.0f} min, {km / 1.609344:.1f} mi ({km:.1f} km)",
        stop.address,
        stop.phone,
        stop.note,
    ]
    return "\n".join(line for line in lines if line)


def clean(text: str) -> str:
    """Leave out of a text what XML 1.0 and HTML cannot hold."""
    return NOT_XML.sub("", text)


def _event(day: PlannedDay, number: int, stop: Stop) -> Event:
    begin = float(day.tour.begin_s[number])
    key = f"{day.rep_id}|{stop.stop_id}|{day.on.isoformat()}"
    event = Event()
    event.add("uid", hashlib.sha256(key.encode()).hexdigest()[:24] + "@bailiwick")
    event.add("dtstamp", STAMP)
    event.add("dtstart", _local(day, begin))
    event.add("dtend", _local(day, begin + stop.visit_s))
    event.add("summary", clean(stop.label))
    event.add("description", clean(told(day, number)))
    if stop.address:
        event.add("location", clean(stop.address))
    event.add("geo", (stop.lat, stop.lon))
    return event


def _local(day: PlannedDay, seconds: float) -> dt.datetime:
    if day.zone:
        at = moment(day.on, day.zone, round(seconds), start_s=day.tour.start_s)
        return at.replace(microsecond=0)
    midnight = dt.datetime.combine(day.on, dt.time())
    return midnight + dt.timedelta(seconds=round(seconds))


def _utc(day: PlannedDay, seconds: float) -> dt.datetime | None:
    return _local(day, seconds).astimezone(dt.UTC) if day.zone else None


def _parts(points: Floats, most: int) -> list[Floats]:
    """Cut a way into parts that share their ends."""
    return [
        points[first : first + most]
        for first in range(0, max(len(points) - 1, 1), most - 1)
    ]


def _latlon(point: Floats) -> str:
    lon, lat = point
    return f"{lat:.6f},{lon:.6f}"


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, f"{{{KML}}}{tag}").text = clean(text)
