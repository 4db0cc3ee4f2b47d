"""Weeks: made by the worker's work, kept, counted in the scorecard, said in words."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from data import logs
from data.calendars import load_calendar, save_rotation
from data.tables import read_table
from geo.errors import InputError
from geo.frames import Stops
from routing.rotation import Rotation
from routing.rules import RotationRules
from routing.timetable import as_stops
from ui import charts
from ui.jobs import Job
from ui.routes import calendar, day, jobs, lost, miles, take
from ui.routes.who import who_of
from ui.session import Session

MONDAY = dt.date(2026, 11, 30)
RULES = RotationRules(rounds=150)


def made(session: Session, rep_ids: list[str]) -> dict[str, Rotation]:
    asked = calendar.asked_for(session, rep_ids)
    heard: list[tuple[str, float]] = []

    def report(progress: tuple[str, float]) -> bool:
        heard.append(progress)
        return False

    found = jobs.make_calendars(report, session.home, asked, MONDAY, 4, RULES)
    assert heard[0][0].endswith(", looking for roads")
    shares = [share for _, share in heard]
    assert shares == sorted(shares)
    return found


def stops_of(session: Session, rep_id: str) -> Stops:
    stops = load_calendar(session.home, session.plan.plan_id, rep_id)
    assert stops is not None
    return stops


def test_calendars_are_made_kept_and_counted_in_the_scorecard(session: Session) -> None:
    both = made(session, calendar.reps_of(session))
    assert set(both) == {"R01", "R02"}
    assert not both["R02"].estimated
    said = calendar.take_in(session, Job("j", "done", result=both))
    assert said.startswith("2 calendars made; ")
    before, after = session.card, calendar.counted(session).card
    for rep_id, rotation in both.items():
        territory = before.index[before["rep_id"] == rep_id][0]
        hours = rotation.drive_s / 3600 * 52 / 4
        assert after.at[territory, "travel_h"] == pytest.approx(hours, rel=0.02)
        assert after.at[territory, "travel_h"] != before.at[territory, "travel_h"]
    rows = calendar.rep_rows(session)
    assert rows["Visits"].tolist() == [len(both[i].stops) for i in ("R01", "R02")]
    assert not rows["Miles"].str.contains("about").any()


def test_a_calendar_reads_back_in_words_tables_and_files(
    session: Session, tmp_path: Path
) -> None:
    rotation = made(session, ["R02"])["R02"]
    said = calendar.take_in(session, Job("j", "done", result={"R02": rotation}))
    assert said.startswith("The calendar is made; ")
    stops, who = stops_of(session, "R02"), who_of(session, "R02")
    text = calendar.sentence(stops)
    assert text.startswith(f"4 weeks from 30 Nov: {len(stops)} visits, ")
    assert "about" not in text
    missed, hours = calendar.outcome(session, "R02", stops)
    pd.testing.assert_frame_equal(
        hours.reset_index(drop=True), rotation.hours.reset_index(drop=True)
    )
    assert missed["account_id"].tolist() == rotation.missed["account_id"].tolist()
    assert calendar.weeks_of(stops)[1] == MONDAY + dt.timedelta(weeks=1)
    days = [
        d for week in calendar.weeks_of(stops) for d in calendar.days_of(stops, week)
    ]
    assert sum(len(visits) for _, visits in days) == len(stops)
    on, visits = days[0]
    assert calendar.day_line(who, visits).startswith(f"{len(visits)} visit")
    opened = day.day_plan(session, who, on)
    assert opened.source == day.CALENDAR
    assert list(opened.tour.stop_ids) == visits["account_id"].tolist()
    assert opened.tour.drive_s == pytest.approx(
        visits["drive_s"].sum() + visits["back_s"].sum(), rel=0.01
    )
    path = tmp_path / "weeks.csv"
    path.write_bytes(calendar.file_of(session, stops, ".csv")())
    assert len(read_table(path)) == len(stops)
    page = calendar.sheets_of(session, who, stops)().decode()
    assert page.count("<section") == min(len(days), calendar.MOST_SHEETS)
    late = calendar.overdue_rows(who, stops, MONDAY)
    assert (late["Days overdue"] >= 1).all()
    assert late["Days overdue"].is_monotonic_decreasing
    drawn = charts.weeks_chart(hours, estimated=True).to_dict()
    assert "about driving" in drawn["title"]


def test_a_wish_to_stop_keeps_the_reps_that_are_ready(session: Session) -> None:
    asked = calendar.asked_for(session, ["R02", "R01"])

    def report(progress: tuple[str, float]) -> bool:
        return progress[1] > 0.6

    found = jobs.make_calendars(report, session.home, asked, MONDAY, 4, RULES)
    assert set(found) == {"R02"}
    said = calendar.take_in(session, Job("j", "cancelled", result=found))
    assert said == "Cancelled: 1 calendar made before, the others are as they were."
    assert load_calendar(session.home, session.plan.plan_id, "R01") is None
    failed = Job("j", "failed", message="No.")
    assert calendar.take_in(session, failed) == "No."


def test_without_roads_the_calendar_says_about(session: Session) -> None:
    rotation = made(session, ["R02"])["R02"]
    guessed = rotation.stops.assign(estimated=True)
    guessed.attrs = {"start": str(MONDAY), "weeks": 4}
    assert calendar.sentence(guessed).count("about ") == 2


def test_days_off_are_read_and_a_bad_one_is_named(session: Session) -> None:
    assert calendar.days_in(" 2026-12-24, 2026-12-25") == (
        *(dt.date(2026, 12, 24), dt.date(2026, 12, 25)),
    )
    assert calendar.days_in("") == ()
    with pytest.raises(InputError, match="'soon' is no day"):
        calendar.days_in("soon")
    assert calendar.next_monday(dt.date(2026, 11, 23)) == MONDAY
    vacant = session.plan.territories.assign(rep_id="")
    empty = replace(session, plan=replace(session.plan, territories=vacant))
    with pytest.raises(InputError, match="There is no account to visit"):
        calendar.asked_for(empty, ["R02"])


def test_loading_roads_reports_and_deletes_the_copy_that_was_sent(
    tmp_path: Path,
) -> None:
    from tests.routing.towns import cross

    sent = cross(tmp_path / "cross.osm")
    file = jobs.load_roads(lambda _: False, tmp_path, sent, "mine.osm")
    assert file is not None
    assert file.name == "mine"
    assert not sent.exists()
    again = cross(tmp_path / "cross.osm")
    assert jobs.load_roads(lambda _: True, tmp_path, again, "other.osm") is None
    assert not again.exists()


def test_a_sick_day_moves_its_visits_and_is_kept(session: Session) -> None:
    rotation = made(session, ["R02"])["R02"]
    free = MONDAY + dt.timedelta(days=25)
    calendar.take_in(session, Job("j", "done", result={"R02": rotation}), off=[free])
    stops, who = stops_of(session, "R02"), who_of(session, "R02")
    sick = stops["date"].iloc[0].date()
    said, rows = lost.move_lost(session, who, stops, sick, sick)
    n = int((stops["date"] == pd.Timestamp(sick)).sum())
    assert len(rows) >= n
    assert (rows["Was"] == f"{sick:%a %d %b}").sum() == n
    assert said.split()[1] in ("visit", "visits")
    after = stops_of(session, "R02")
    assert sick not in set(after["date"].dt.date)
    off = logs.load_off(session.home, "demo-helsinki", session.plan.plan_id, "R02")
    assert off == {sick, free}
    with pytest.raises(InputError, match="The calendar has no visit on these days"):
        lost.move_lost(session, who, after, sick, sick)


def test_a_night_away_shows_in_the_calendar_the_day_and_the_sheet(
    session: Session,
) -> None:
    rotation = made(session, ["R02"])["R02"]
    stops = rotation.stops.copy()
    days = sorted(set(stops["date"]))
    rows = stops.index[stops["date"] == days[0]]
    near = str(stops["account_id"].iloc[5])
    stops.loc[rows[-1], "overnight"] = near
    save_rotation(
        session.home, session.plan.plan_id, replace(rotation, stops=as_stops(stops))
    )
    kept, who = stops_of(session, "R02"), who_of(session, "R02")
    assert "1 night away, about $110" in calendar.sentence(kept)
    name = who.called(near)
    visits = kept[kept["date"] == days[0]]
    assert calendar.day_line(who, visits).endswith(f"; night near {name}")
    first = day.day_plan(session, who, days[0].date())
    then = day.day_plan(session, who, days[1].date())
    assert f"night near {name} at" in day.summary(first)
    there = who.accounts.geometry[near]
    assert first.tour.points[-1].tolist() == [there.x, there.y]
    assert then.tour.points[0].tolist() == [there.x, there.y]
    assert then.tour.points[-1].tolist() == list(who.home)
    assert f"Night near {name}" in take.content(first, ".html").decode()
    gone = day.drop(first.choice, first.choice.stop_ids[0])
    after = day.shown(first.who, first.date, gone, day.OWN)
    assert after.tour.points[-1].tolist() == [there.x, there.y]
    planned = miles.planned(session, "R02")
    assert planned["nights"].sum() == 1


def test_a_manager_takes_a_day_sheet_of_every_rep_in_one_archive(
    session: Session,
) -> None:
    both = made(session, calendar.reps_of(session))
    calendar.take_in(session, Job("j", "done", result=both))
    archive = zipfile.ZipFile(io.BytesIO(calendar.all_sheets(session)()))
    names = session.reps["name"].astype("str").str.replace(" ", "-").str.lower()
    assert {Path(n).stem.lower() for n in archive.namelist()} == set(names)
    for name in archive.namelist():
        page = archive.read(name).decode()
        assert page.count("<section") >= 1
        assert "https://www.google.com/maps" in page
        assert "<script src" not in page
