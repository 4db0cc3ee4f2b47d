"""A calendar as ICS and as a table: valid, right when clocks change, read back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from data.calendar_files import ics, read_calendar, told, write_calendar
from geo.errors import InputError
from routing.engine import StraightLine
from routing.rotation import rotate
from routing.rules import RotationRules
from tests.routing.reps import rep, scattered

ZONES = ("America/New_York", "Europe/Helsinki", "Australia/Sydney", "")
CHANGES = (dt.date(2026, 3, 2), dt.date(2026, 10, 19), dt.date(2026, 3, 23))
"""Mondays after which the clock changes somewhere within four weeks."""


@settings(deadline=None, max_examples=12)
@given(
    zone=st.sampled_from(ZONES),
    start=st.sampled_from(CHANGES),
    name=st.text(st.characters(codec="utf-8"), max_size=60),
    seed=st.integers(0, 99),
)
def test_every_event_is_valid_and_at_the_time_on_the_wall(
    zone: str, start: dt.date, name: str, seed: int
) -> None:
    table = scattered(6, seed=seed).assign(name=name, street=name, city="Town")
    made = rotate(
        table,
        rep(),
        weeks=4,
        start=start,
        engine=StraightLine(),
        rules=RotationRules(rounds=10),
    )
    reps = pd.DataFrame([rep(timezone=zone)])
    rows = told(made.stops, accounts=table, reps=reps)
    text = ics(rows, reps)

    # RFC 5545: CRLF, lines of 75 octets, what must be there is there, once.
    lines = text.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert max(map(len, lines)) <= 75
    assert lines[0] == b"BEGIN:VCALENDAR"
    calendar = Calendar.from_ical(text)
    assert calendar["version"] == "2.0"
    assert calendar["prodid"]
    assert not calendar.errors
    events = calendar.walk("VEVENT")
    assert len(events) == len(made.stops)
    assert len({str(event["uid"]) for event in events}) == len(events)

    for event, row in zip(events, rows.to_dict("records"), strict=True):
        assert not event.errors
        assert event.decoded("dtstamp").tzinfo is not None
        assert event.decoded("duration").total_seconds() == row["visit_s"]
        begins = event.decoded("dtstart")
        leaves = pd.Timestamp(row["leave"]).to_pydatetime()
        local = leaves - dt.timedelta(seconds=row["visit_s"])
        if zone:
            assert begins.utcoffset() == dt.timedelta()
            begins = begins.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert begins == local
        assert 8 <= begins.hour < 17


def test_a_calendar_reads_back_and_a_strange_file_is_refused(tmp_path: Path) -> None:
    table = scattered(8, seed=1).assign(name="Shop")
    rules = RotationRules(rounds=10)
    usual = {"weeks": 4, "start": CHANGES[0], "engine": StraightLine()}
    made = rotate(table, rep(), **usual, rules=rules)  # type: ignore[arg-type]
    reps = pd.DataFrame([rep()])
    path = write_calendar(made.stops, tmp_path / "c.csv", accounts=table, reps=reps)
    back = read_calendar(path)
    exact = ["rep_id", "date", "sequence", "account_id", "visit_s", "overnight"]
    pd.testing.assert_frame_equal(back[exact], made.stops[exact])
    assert back["drive_m"].sum() == pytest.approx(made.stops["drive_m"].sum(), abs=5)
    text = path.read_text(encoding="utf-8-sig")
    path.write_text(text.replace(str(back["visit_s"].iloc[0]), "soon"))
    with pytest.raises(InputError, match="A cell of the calendar is no date or number"):
        read_calendar(path)
