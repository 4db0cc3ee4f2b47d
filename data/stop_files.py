"""Stops of a day in from tables, and the day out to files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from shapely.geometry import LineString, Point

from data.account_files import write_rows
from data.atomic import write_bytes, write_text
from data.day_sheet import day_sheet
from data.degrees import degrees
from data.intake import read_accounts
from data.plan_geojson import Item, collection
from data.tables import read_table
from geo.errors import InputError
from routing.day import PlannedDay, Stop
from routing.directions import gpx, ics, kml, lines_of
from routing.hours import windows_in
from routing.reasons import hhmm

SUFFIXES = (".geojson", ".gpx", ".csv", ".xlsx", ".ics", ".kml", ".html")
NOTES = ("note", "notes", "comment", "comments")


def read_stops(path: Path, *, visit_min: float = 0.0) -> list[Stop]:
    """Read stops: a table with ``id, lon, lat``, or a file of accounts.

    A table may add ``visit_min, open, close, name, address, phone, notes``. Hours are
    09:00, 9:00 am or 9; several a day are separated by ``;`` in both columns.

    Parameters
    ----------
    path
        Any table.
    visit_min
        Minutes of a visit where the table does not say.

    Raises
    ------
    InputError
        No such table, or a cell of it cannot be read.
    """
    raw = read_table(path)
    raw.columns = pd.Index([str(c).strip().lower() for c in raw.columns])
    if not {"id", "lon", "lat"} <= {*raw.columns}:
        return _of_accounts(path, visit_min)
    return [
        _stop({str(k): str(v).strip() for k, v in row.items()}, i + 1, path, visit_min)
        for i, row in enumerate(raw.to_dict("records"))
    ]


def refuse_suffix(path: Path) -> None:
    """Refuse a path no day can be written to.

    Raises
    ------
    InputError
        The suffix is none of ours.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"No route can be written as '{path.suffix or path.name}'",
            where=str(path),
            fix=f"Choose one of {', '.join(SUFFIXES)}",
        )


def write_day(day: PlannedDay, path: Path) -> Path:
    """Write a day; the suffix picks the format.

    Raises
    ------
    InputError
        The suffix is none of ours, or the file cannot be written.
    """
    refuse_suffix(path)
    suffix = path.suffix.lower()
    if suffix == ".geojson":
        return write_text(path, collection(_items(day)))
    if suffix in (".csv", ".xlsx"):
        return write_rows(stop_table(day), path)
    if suffix == ".html":
        return write_text(path, day_sheet([day]))
    made = {".gpx": gpx, ".kml": kml}
    content = made[suffix](day) if suffix in made else ics([day])
    return write_bytes(path, content)


def stop_table(day: PlannedDay) -> pd.DataFrame:
    """Give a row a stop in driving order, the way home, then what was left out."""
    tour, rows = day.tour, []
    for k, stop in enumerate(day.calls):
        rows.append(
            {
                **_about(stop),
                "sequence": k + 1,
                "arrive": hhmm(tour.arrive_s[k]),
                "begin": hhmm(tour.begin_s[k]),
                "leave": hhmm(tour.leave_s[k]),
                "visit_min": round(stop.visit_s / 60, 1),
                "why": dict(tour.infeasible).get(stop.stop_id, ""),
            }
        )
    rows.append({"id": "", "name": "End of the day", "sequence": len(rows) + 1})
    rows[-1] |= {"arrive": hhmm(tour.back_s), "why": dict(tour.infeasible).get("", "")}
    table = pd.DataFrame(rows).assign(
        drive_s=tour.leg_s.round(1), drive_m=tour.leg_m.round(1)
    )
    why = dict(tour.infeasible)
    out = [s for s in day.stops if s.stop_id in why and s.stop_id not in tour.stop_ids]
    left = pd.DataFrame([_about(stop) | {"why": why[stop.stop_id]} for stop in out])
    whole = pd.concat([table, left], ignore_index=True)
    whole["sequence"] = whole["sequence"].astype("Int64")
    return whole.assign(estimated=tour.estimated)[
        [
            *("sequence", "id", "name", "lon", "lat", "arrive", "begin", "leave"),
            *("visit_min", "drive_s", "drive_m", "estimated", "why"),
        ]
    ]


def _about(stop: Stop) -> dict[str, object]:
    return {"id": stop.stop_id, "name": stop.name, "lon": stop.lon, "lat": stop.lat}


def _items(day: PlannedDay) -> list[Item]:
    """Give a point a stop, then a line a leg."""
    table = stop_table(day).astype(object)
    table = table.where(table.notna(), None)
    items: list[Item] = []
    for row in table.to_dict("records"):
        properties = {str(k): v for k, v in row.items() if k not in ("lon", "lat")}
        if row["id"]:
            known = row["lon"] is not None and row["lat"] is not None
            point = Point(round(row["lon"], 7), round(row["lat"], 7)) if known else None
            items.append((f"stop/{row['id']}", {"kind": "stop"} | properties, point))
    for k, line in enumerate(lines_of(day)):
        leg = {"kind": "leg", "sequence": k + 1, "estimated": day.tour.estimated}
        leg |= {
            "drive_s": round(float(day.tour.leg_s[k]), 1),
            "drive_m": round(float(day.tour.leg_m[k]), 1),
        }
        items.append((f"leg/{k + 1}", leg, LineString(np.round(line, 7))))
    return items


def _stop(row: dict[str, str], number: int, path: Path, visit_min: float) -> Stop:
    where = f"{path.name}, row {number}"
    windows = windows_in(row.get("open", ""), row.get("close", ""), where=where)
    (open_s, close_s), *others = windows
    also = [(o, c) for o, c in others if o is not None and c is not None]
    note = next((row[name] for name in NOTES if row.get(name)), "")
    return Stop(
        stop_id=row["id"],
        lon=_number(row["lon"], where, np.nan),
        lat=_number(row["lat"], where, np.nan),
        visit_s=_number(row.get("visit_min", ""), where, visit_min) * 60,
        open_s=open_s,
        close_s=close_s,
        name=row.get("name", ""),
        also_open=tuple(also),
        address=row.get("address", ""),
        phone=row.get("phone", ""),
        note=note,
    )


def _number(text: str, where: str, missing: float) -> float:
    if not text:
        return missing
    try:
        number = float(text)
    except ValueError as error:
        raise InputError(
            f"'{text}' is no number", where=where, fix="Write it as 12.5"
        ) from error
    if not np.isfinite(number):
        return missing
    return number


def _of_accounts(path: Path, visit_min: float) -> list[Stop]:
    accounts = read_accounts(path).accounts
    points = degrees(accounts.geometry)
    words = ("street", "city", "state", "postal_code")
    stops = []
    for i, row in accounts.iterrows():
        said = [str(row[w]) for w in words if w in accounts and pd.notna(row[w])]
        at, minutes = points[i], row.get("visit_min", visit_min)
        stops.append(
            Stop(
                stop_id=str(i),
                lon=np.nan if at is None else at.x,
                lat=np.nan if at is None else at.y,
                visit_s=(visit_min if pd.isna(minutes) else float(minutes)) * 60,
                name=str(row.get("name") or ""),
                address=", ".join(part for part in said if part),
            )
        )
    return stops
