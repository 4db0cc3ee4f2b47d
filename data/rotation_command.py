"""What the command `rotate` does: calendars for the reps of a file."""

from __future__ import annotations

import datetime as dt
import time
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pandas as pd

from data.atomic import check_folder
from data.calendar_files import read_calendar, refuse_suffix, write_calendar
from data.commands import BROKEN_RULE, OK, Answer, Report
from data.document import Json
from data.engines import engine_of
from data.intake import read_accounts, read_reps
from data.logs import NIGHT
from data.rotations import Job, accounts_of, rotate_all
from data.tables import read_table
from geo.errors import InputError
from geo.frames import Stops
from routing.replan import moved, replan
from routing.rotation import Rotation
from routing.rules import RotationRules, weekdays_in

SHOWN = 10
"""Missed visits listed as text; all of them with --json."""


def rotate(asked: Namespace, report: Report) -> Answer:
    """Draw up the calendars of all reps of a file."""
    began = time.monotonic()
    out = Path(asked.out)
    refuse_suffix(out)
    check_folder(out)
    report("reading", 0.0)
    intake = read_accounts(Path(asked.accounts), mapping=dict(asked.map))
    reps = read_reps(Path(asked.reps))
    rules = RotationRules(
        holidays=_days(asked.holidays),
        prefer={(c, v): weekdays_in(days) for c, v, days in asked.prefer},
        lead_share=None if asked.leads is None else asked.leads / 100,
        nights=asked.nights,
        far_s=60 * asked.far,
        night_s=3600 * asked.night_saves,
        rounds=asked.rounds,
        seed=asked.seed,
    )
    accounts = intake.accounts
    kept = read_calendar(Path(asked.keep)) if asked.keep else None
    start, weeks = _weeks(asked, kept)
    jobs = {
        rep_id: Job(accounts.loc[mine], reps.loc[rep_id], weeks, start, rules)
        for rep_id, mine in accounts_of(accounts, reps).items()
    }
    if kept is None:
        made = rotate_all(jobs, roads=asked.roads, report=report)
    else:
        made = _replanned(jobs, kept, asked, report)
    report("writing", 1.0)
    stops = pd.concat([r.stops for r in made.values()], ignore_index=True)
    write_calendar(stops, out, accounts=accounts, reps=reps)
    values = answer(made, night=asked.night) | {
        "start": start.isoformat(),
        "weeks": weeks,
        "files": [str(out)],
        "seconds": round(time.monotonic() - began, 3),
    }
    if kept is not None:
        values["moved"] = _moved(kept, made)
    idle = len(accounts) - sum(len(job.accounts) for job in jobs.values())
    notes = [f"{idle} accounts name none of these reps"] if idle else []
    lost = reps.index[(reps.geometry.isna() | reps.geometry.is_empty).to_numpy()]
    if len(lost):
        names = ", ".join(map(str, reps["name"][lost[:5]]))
        notes.append(f"No home is known of {names}; a middle account is taken")
    code = BROKEN_RULE if values["missed"] else OK
    return Answer(values, _text(values), code, tuple(notes))


def _weeks(asked: Namespace, kept: Stops | None) -> tuple[dt.date, int]:
    """Give the first day and the number of weeks: as asked, or of the calendar kept."""
    if kept is None or kept.empty:
        usual = _next_monday(dt.date.today())
        return (_day(asked.start) if asked.start else usual), asked.weeks
    dates = kept["date"].dt.date
    first = min(dates)
    monday = first - dt.timedelta(days=first.weekday())
    start = _day(asked.start) if asked.start else monday
    return start, max(asked.weeks, (max(dates) - start).days // 7 + 1)


def _replanned(
    jobs: dict[str, Job], kept: Stops, asked: Namespace, report: Report
) -> dict[str, Rotation]:
    """Move what lay on lost days; reps who lost none keep their calendar."""
    lost: dict[str, frozenset[dt.date]] = {}
    for word in asked.sick:
        rep_id, _, days = word.rpartition("=")
        if rep_id and rep_id not in jobs:
            fix = f"Reps are {', '.join([*jobs][:5])}"
            raise InputError(f"'{rep_id}' is no rep", where="--sick", fix=fix)
        for one in [rep_id] if rep_id else jobs:
            lost[one] = lost.get(one, frozenset()) | _days([days])
    if not lost:
        raise InputError(
            "No day is lost", where="--keep", fix="Say --sick R1=2026-12-02"
        )
    engine = engine_of(asked.roads)
    made: dict[str, Rotation] = {}
    for n, (rep_id, job) in enumerate(jobs.items()):
        report("moving visits", n / len(jobs))
        off = lost.get(rep_id, frozenset())
        far = job.start + dt.timedelta(weeks=job.weeks)
        made[rep_id] = replan(
            kept[kept["rep_id"] == rep_id],
            job.accounts,
            job.rep,
            weeks=job.weeks,
            start=job.start,
            since=_day(asked.since) if asked.since and off else min(off, default=far),
            engine=engine,
            rules=replace(job.rules, days_off=off),
        )
    return made


def _moved(kept: Stops, made: dict[str, Rotation]) -> list[Json]:
    """Give the visits that changed their day, "" where there is none."""
    return [
        {
            "rep_id": rep_id,
            "account_id": str(row["account_id"]),
            "was": f"{row['was']:%Y-%m-%d}" if pd.notna(row["was"]) else "",
            "now": f"{row['now']:%Y-%m-%d}" if pd.notna(row["now"]) else "",
        }
        for rep_id, rotation in made.items()
        for row in moved(kept[kept["rep_id"] == rep_id], rotation.stops).to_dict(
            "records"
        )
    ]


def answer(made: dict[str, Rotation], *, night: float = NIGHT) -> Json:
    """Give what ``--json`` prints of the calendars of several reps."""
    nights = sum(int(r.hours["nights"].sum()) for r in made.values())
    missed = [
        {"rep_id": rep_id, **row}
        for rep_id, rotation in made.items()
        for row in rotation.missed.to_dict("records")
    ]
    field_h = {
        rep_id: round(float((r.hours["visit_h"] + r.hours["drive_h"]).sum()), 2)
        for rep_id, r in made.items()
    }
    return {
        "visits": sum(len(r.stops) for r in made.values()),
        "missed": missed,
        "hours": field_h,
        "drive_h": {i: round(r.drive_s / 3600, 2) for i, r in made.items()},
        "drive_m": round(sum(r.drive_m for r in made.values()), 1),
        "nights": nights,
        "nights_cost": round(nights * night, 2),
        "estimated": any(r.estimated for r in made.values()),
    }


def _text(values: Json) -> str:
    about = "about " if values["estimated"] else ""
    hours = sum(values["drive_h"].values())
    lines = [
        f"{values['visits']:,} visits from {values['start']}, {values['weeks']} weeks",
        f"{about}{hours:,.1f} h of driving, {values['drive_m'] / 1000:,.0f} km",
    ]
    if "moved" in values:
        count = len(values["moved"])
        lines.append("1 visit moves" if count == 1 else f"{count:,} visits move")
    if values["nights"]:
        n = "1 night" if values["nights"] == 1 else f"{values['nights']:,} nights"
        lines.append(f"{n} away, about ${values['nights_cost']:,.0f}")
    lacking = values["missed"]
    if lacking:
        lines.append(
            f"{len(lacking):,} accounts are not visited as often as they should"
        )
    for row in lacking[:SHOWN]:
        lines.append(
            f"{row['account_id']}: {row['planned']} of {row['wanted']}, {row['why']}; "
            f"it takes {row['mend']}"
        )
    return "\n".join([*lines, *values["files"]])


def _next_monday(today: dt.date) -> dt.date:
    return today + dt.timedelta(days=7 - today.weekday())


def _days(words: list[str]) -> frozenset[dt.date]:
    """Give the days that words name: dates, or tables with a column of dates."""
    found: set[dt.date] = set()
    for word in words:
        if Path(word).suffix:
            table = read_table(Path(word))
            column = next(
                (c for c in table if str(c).lower() == "date"), table.columns[0]
            )
            found |= {_day(str(cell)) for cell in table[column] if str(cell).strip()}
        else:
            found |= {_day(part) for part in word.split(",")}
    return frozenset(found)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text.strip()[:10])
    except ValueError as error:
        raise InputError(
            f"'{text}' is no date", fix="Write it as 2026-12-25"
        ) from error
