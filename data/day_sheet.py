"""A rep's days as one HTML file that a phone opens offline and a printer prints.

The list is plain HTML and needs no script; the map is drawn by Leaflet, which the file
carries. Text of the user's is escaped once, by the writer of the page, and a content
security policy lets only our own two scripts run, by their hash.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from data.document import Json, dumps
from data.report import ASSETS, LEAFLET, inert
from routing.day import PlannedDay, Stop
from routing.directions import (
    GOOGLE_PHONE_WAYPOINTS,
    apple_maps_link,
    apple_maps_links,
    clean,
    google_maps_link,
    google_maps_links,
    lines_of,
)
from routing.mileage import METRES_PER_MILE
from routing.reasons import hhmm

DIALLED = re.compile(r"[^0-9+*#]")
UNFIT = re.compile(r"[^\w-]+")


def day_sheet(days: Sequence[PlannedDay]) -> str:
    """Give the page of one rep's days, in order of date.

    Parameters
    ----------
    days
        At least one.
    """
    days = sorted(days, key=lambda day: day.on)
    who = clean(days[0].rep or days[0].rep_id)
    title = f"{who}: {_dates(days)}" if who else _dates(days)
    body = ET.Element("main")
    if len(days) > 1:
        menu = _add(body, "nav")
        for day in days:
            _add(menu, "a", _short(day), href=f"#d{day.on.isoformat()}")
    for number, day in enumerate(days):
        _section(body, day, number)
    scripts = {
        "__LEAFLET_JS__": _asset(LEAFLET / "leaflet.js"),
        "__JS__": _asset(ASSETS / "day_sheet.js"),
    }
    heading = ET.Element("h1")
    heading.text = title
    css = re.sub(r"url\([^)]*\)", "none", _asset(LEAFLET / "leaflet.css"))
    parts = scripts | {
        "__HASHES__": " ".join(map(_hash, scripts.values())),
        "__LEAFLET_CSS__": css,
        "__CSS__": _asset(ASSETS / "day_sheet.css"),
        "__TITLE__": _html(heading).removeprefix("<h1>").removesuffix("</h1>"),
        "__BODY__": _html(body),
        "__SHOWN__": inert(dumps({"days": [_map_of(day) for day in days]})),
    }
    page = re.compile("|".join(parts))
    return page.sub(lambda found: parts[found[0]], _asset(ASSETS / "day_sheet.html"))


def day_sheets(days: Iterable[PlannedDay]) -> dict[str, str]:
    """Give the pages of several reps by file name, one a rep."""
    by_rep: dict[tuple[str, str], list[PlannedDay]] = {}
    for day in days:
        by_rep.setdefault((day.rep_id, day.rep), []).append(day)
    sheets: dict[str, str] = {}
    for (rep_id, rep), own in sorted(by_rep.items()):
        stem = UNFIT.sub("-", rep or rep_id).strip("-")[:60] or "rep"
        name, copy = f"{stem}.html", 2
        while name.lower() in {taken.lower() for taken in sheets}:
            name, copy = f"{stem}-{copy}.html", copy + 1
        sheets[name] = day_sheet(own)
    return sheets


def zipped(sheets: dict[str, str]) -> bytes:
    """Give the pages as one ZIP archive; the same pages give the same bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(sheets):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, sheets[name], zipfile.ZIP_DEFLATED)
    return held.getvalue()


def _section(body: ET.Element, day: PlannedDay, number: int) -> None:
    part = _add(body, "section", id=f"d{day.on.isoformat()}")
    part.set("data-date", day.on.isoformat())
    _add(part, "h2", _long(day))
    _add(part, "p", _lead(day), **{"class": "lead"})
    told = {"class": "map", "id": f"map{number}", "role": "img"}
    _add(
        part, "div", **told, **{"aria-label": "Map of the day; the list says the same"}
    )
    _whole_way(part, day)
    rows = _add(part, "ol")
    for place, stop in enumerate(day.calls):
        if day.tour.lunch_after == place:
            _lunch(rows, day)
        _call(rows, day, place, stop)
    if day.tour.lunch_after == len(day.calls):
        _lunch(rows, day)
    home = _add(rows, "li", **{"class": "home"})
    _add(home, "b", hhmm(day.tour.back_s), **{"class": "time"})
    _add(_add(home, "div"), "h3", f"{_end(day)}. {_drive(day, len(day.calls))}")
    _left_out(part, day)


def _call(rows: ET.Element, day: PlannedDay, place: int, stop: Stop) -> None:
    tour = day.tour
    row = _add(rows, "li")
    when = _add(row, "b", hhmm(tour.arrive_s[place]), **{"class": "time"})
    _add(when, "span", str(place + 1), **{"class": "number"})
    card = _add(row, "div")
    _add(card, "h3", stop.label)
    visit = f"{hhmm(tour.begin_s[place])}, {stop.visit_s / 60:.0f} min"
    _add(card, "p", f"Visit {visit}. {_drive(day, place)}", **{"class": "quiet"})
    if stop.address:
        _add(card, "p", stop.address)
    if stop.phone:
        _add(_add(card, "p"), "a", stop.phone, href=f"tel:{_dialled(stop.phone)}")
    if stop.note:
        _add(card, "p", stop.note, **{"class": "note"})
    late = dict(tour.infeasible).get(stop.stop_id)
    if late:
        _add(card, "p", f"Late: {late}", **{"class": "warn"})
    links = _add(card, "p", **{"class": "go"})
    _add(links, "a", "Google Maps", href=google_maps_link(stop), rel="noreferrer")
    _add(links, "a", "Apple Maps", href=apple_maps_link(stop), rel="noreferrer")


def _whole_way(part: ET.Element, day: PlannedDay) -> None:
    """Add links to the whole day, cut where the maps' limits are."""
    points = day.tour.points
    if len(points) < 3:
        return
    row = _add(part, "p", "Whole day: ", **{"class": "go"})
    step = GOOGLE_PHONE_WAYPOINTS + 1
    links = google_maps_links(points, waypoints=GOOGLE_PHONE_WAYPOINTS)
    for number, link in enumerate(links):
        begin, end = number * step, (number + 1) * step
        to = "back" if end >= len(points) - 1 else str(end)
        label = f"Google Maps {begin or 'start'}\u2013{to}"
        _add(row, "a", label, href=link, rel="noreferrer")
    links = apple_maps_links(points)
    for number, link in enumerate(links):
        more = f" {number + 1}" if len(links) > 1 else ""
        _add(row, "a", f"Apple Maps{more}", href=link, rel="noreferrer")


def _lunch(rows: ET.Element, day: PlannedDay) -> None:
    row = _add(rows, "li", **{"class": "home"})
    _add(row, "b", hhmm(day.tour.lunch_at_s or 0.0), **{"class": "time"})
    _add(_add(row, "div"), "h3", "Lunch")


def _left_out(part: ET.Element, day: PlannedDay) -> None:
    names = {stop.stop_id: stop.label for stop in day.stops}
    left = [
        (names.get(stop_id, "The day"), why)
        for stop_id, why in day.tour.infeasible
        if stop_id not in day.tour.stop_ids
    ]
    if left:
        box = _add(part, "div", **{"class": "warn"})
        _add(box, "h3", "Not kept")
        for name, why in left:
            _add(box, "p", f"{name}: {why}")


def _lead(day: PlannedDay) -> str:
    tour = day.tour
    about = "about " if tour.estimated else ""
    minutes = round(tour.drive_s / 60)
    count = len(tour.stop_ids)
    miles = tour.drive_m / METRES_PER_MILE
    return (
        f"{count} stop{'' if count == 1 else 's'}, {about}{minutes // 60} h "
        f"{minutes % 60:02d} min driving, {about}{miles:.1f} mi "
        f"({tour.drive_m / 1000:.1f} km). Leave {hhmm(tour.start_s)}. "
        f"{_end(day)} {hhmm(tour.back_s)}."
    )


def _end(day: PlannedDay) -> str:
    """Say where the day ends."""
    return f"Night near {day.night}" if day.night else "Back"


def _drive(day: PlannedDay, leg: int) -> str:
    about = "about " if day.tour.estimated else ""
    minutes, metres = day.tour.leg_s[leg] / 60, day.tour.leg_m[leg]
    return f"Drive {about}{minutes:.0f} min, {metres / METRES_PER_MILE:.1f} mi."


def _map_of(day: PlannedDay) -> Json:
    """Give what the map draws, (lat, lon) as Leaflet wants it."""
    return {
        "lines": [np.round(line[:, ::-1], 6).tolist() for line in lines_of(day)],
        "estimated": day.tour.estimated,
        "stops": [
            {"at": [round(stop.lat, 6), round(stop.lon, 6)], "name": clean(stop.label)}
            for stop in day.calls
        ],
        "ends": np.round(day.tour.points[[0, -1], ::-1], 6).tolist(),
    }


def _dates(days: Sequence[PlannedDay]) -> str:
    first, last = days[0], days[-1]
    return _long(first) if first is last else f"{_short(first)} to {_short(last)}"


def _long(day: PlannedDay) -> str:
    return f"{day.on:%A}, {day.on.day} {day.on:%B %Y}"


def _short(day: PlannedDay) -> str:
    return f"{day.on:%a} {day.on.day} {day.on:%b}"


def _dialled(phone: str) -> str:
    return DIALLED.sub("", phone.lower().partition("x")[0])  # no extension


def _add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    made = ET.SubElement(parent, tag, attributes)
    made.text = clean(text)
    return made


def _html(element: ET.Element) -> str:
    return ET.tostring(element, encoding="unicode", method="html")


def _asset(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
