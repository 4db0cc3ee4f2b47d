"""What the command `route` does: a day in the best order, or as it is given."""

from __future__ import annotations

import datetime as dt
import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from data.atomic import check_folder
from data.commands import BROKEN_RULE, OK, Answer, Report
from data.document import Json
from data.engines import engine_of
from data.stop_files import read_stops, refuse_suffix, write_day
from geo.errors import InputError
from routing.changes import at_time, known_times
from routing.day import Day, PlannedDay, Stop, Tour
from routing.engine import TravelEngine
from routing.hours import clock_s
from routing.mileage import METRES_PER_MILE
from routing.moments import zone_of
from routing.order import best_day, legs_lines, timed
from routing.reasons import hhmm

LUNCH = ("11:30", "13:30")
"""The hours of lunch where the words do not say."""


def route(asked: Namespace, report: Report) -> Answer:
    """Put the stops of a table in order, or time them as they are."""
    began = time.monotonic()
    outs = [Path(out) for out in asked.out]
    for out in outs:
        refuse_suffix(out)
        check_folder(out)
    if asked.zone:
        zone_of(asked.zone)
    day = _day(asked)
    report("reading", 0.0)
    engine = engine_of(asked.roads, online=asked.online)
    rows = read_stops(Path(asked.stops), visit_min=asked.visit_min)
    start, end, stops = _ends(rows, asked)
    report("driving", 0.2)
    known = known_times(stops, engine, (start.lon, start.lat), (end.lon, end.lat))
    report("ordering", 0.6)
    tour, saved = _tour(stops, start, end, day, known, asked)
    report("writing", 0.9)
    planned = PlannedDay(
        _date(asked.date),
        tour,
        tuple(stops),
        rep=asked.rep,
        zone=asked.zone,
        lines=tuple(legs_lines(tour, engine)),
    )
    for out in outs:
        write_day(planned, out)
    values = _values(tour, start, end, engine) | saved
    values |= {"seconds": round(time.monotonic() - began, 3)}
    values |= {"files": [str(out) for out in outs]}
    code = BROKEN_RULE if tour.infeasible else OK
    return Answer(values, _text(tour, planned, values), code=code)


def _day(asked: Namespace) -> Day:
    minutes, _, hours = asked.lunch.partition("@")
    first, last = hours.split("-", 1) if "-" in hours else LUNCH
    try:
        lunch_s = float(minutes or 0) * 60
    except ValueError as error:
        raise InputError(
            f"'{asked.lunch}' is no lunch", fix="Write it as 30 or 30@11:30-13:30"
        ) from error
    return Day(
        start_s=clock_s(asked.depart, where="--depart"),
        return_by_s=clock_s(asked.back_by, where="--back-by")
        if asked.back_by
        else None,
        lunch_s=lunch_s,
        lunch_from_s=clock_s(first, where="--lunch"),
        lunch_to_s=clock_s(last, where="--lunch"),
        end_by_close=asked.end_by_close,
    )


def _ends(rows: list[Stop], asked: Namespace) -> tuple[Stop, Stop, list[Stop]]:
    """Give where the day starts and ends, and the stops between."""
    by_id = {row.stop_id: row for row in rows}
    if not rows:
        raise InputError("The table holds no stops", where=asked.stops, fix="Add rows")
    if len(by_id) < len(rows):
        twice = next(r.stop_id for r in rows if by_id[r.stop_id] is not r)
        raise InputError(
            f"Stop '{twice}' is there twice",
            where=asked.stops,
            fix="Give each stop an id of its own",
        )
    for asked_for in (asked.start, asked.end):
        if asked_for and asked_for not in by_id:
            raise InputError(
                f"There is no stop '{asked_for}'",
                where=asked.stops,
                fix="Choose an id of the table",
            )
    start = by_id[asked.start or rows[0].stop_id]
    end = by_id[asked.end] if asked.end else start
    return start, end, [row for row in rows if row is not start and row is not end]


def _tour(
    stops: list[Stop],
    start: Stop,
    end: Stop,
    day: Day,
    engine: TravelEngine,
    asked: Namespace,
) -> tuple[Tour, Json]:
    """Give the day and, of one in its own order, what the best order would save."""
    places, appointments = _pins(asked.pin)
    for stop_id, begin_s in appointments.items():
        stops = at_time(stops, stop_id, begin_s)
    home, away = (start.lon, start.lat), (end.lon, end.lat)
    if not asked.in_order:
        tour = best_day(
            stops, start=home, end=away, day=day, engine=engine, pinned=places
        )
        return tour, {}
    given = timed(stops, start=home, end=away, day=day, engine=engine)
    best = best_day(stops, start=home, end=away, day=day, engine=engine)
    if set(best.stop_ids) != set(given.stop_ids):
        return given, {"saved_s": None, "saved_m": None}
    saved_s, saved_m = given.drive_s - best.drive_s, given.drive_m - best.drive_m
    return given, {"saved_s": round(saved_s, 3), "saved_m": round(saved_m, 1)}


def _pins(asked: Sequence[tuple[str, str]]) -> tuple[dict[str, int], dict[str, float]]:
    """Give places in the order, 0 for the first, and times of appointments."""
    places, appointments = {}, {}
    for stop_id, where in asked:
        if where.isdecimal():
            places[stop_id] = int(where) - 1
        else:
            appointments[stop_id] = clock_s(where, where="--pin")
    return places, appointments


def _date(text: str) -> dt.date:
    if not text:
        return dt.date.today()
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"'{text}' is no date", where="--date", fix="Write it as 2026-11-30"
        ) from error


def _values(tour: Tour, start: Stop, end: Stop, engine: TravelEngine) -> Json:
    """Give what --json prints: the start comes first, an end elsewhere last."""
    last = [] if end is start else [end.stop_id]
    reached = [tour.start_s, *tour.arrive_s, *([tour.back_s] if last else [])]
    lunch = tour.lunch_at_s
    return {
        "order": [start.stop_id, *tour.stop_ids, *last],
        "drive_s": tour.drive_s,
        "drive_m": tour.drive_m,
        "arrivals": [hhmm(at) for at in reached],
        "infeasible": [{"stop": i or None, "why": why} for i, why in tour.infeasible],
        "start": start.stop_id,
        "end": end.stop_id,
        "stops": list(tour.stop_ids),
        "arrive_s": tour.arrive_s.tolist(),
        "begin_s": tour.begin_s.tolist(),
        "leave_s": tour.leave_s.tolist(),
        "leg_s": tour.leg_s.tolist(),
        "leg_m": tour.leg_m.round(1).tolist(),
        "back": hhmm(tour.back_s),
        "lunch": None if lunch is None else hhmm(lunch),
        "engine": engine.name,
        "estimated": tour.estimated,
        "expected_error": engine.expected_error,
    }


def _text(tour: Tour, day: PlannedDay, values: Json) -> str:
    about = "about " if tour.estimated else ""
    lines = [
        f"{hhmm(at)}  {stop.label}"
        for at, stop in zip(tour.arrive_s, day.calls, strict=True)
    ]
    lines.append(f"{hhmm(tour.back_s)}  back")
    driving = (
        f"{about}{tour.drive_s / 60:,.0f} min, {tour.drive_m / METRES_PER_MILE:,.1f} mi"
    )
    lines.append(f"{len(tour.stop_ids)} stops, {driving}")
    if values.get("saved_s"):
        minutes, miles = values["saved_s"] / 60, values["saved_m"] / METRES_PER_MILE
        lines.append(f"The best order saves {about}{minutes:,.0f} min, {miles:,.1f} mi")
    names = {stop.stop_id: stop.label for stop in day.stops} | {"": "The day"}
    lines += [f"{names[stop_id]}: {why}" for stop_id, why in tour.infeasible]
    return "\n".join([*lines, *values["files"]])
