"""A rep's day: chosen, changed, timed again, kept."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import gpxpy
import numpy as np
import pandas as pd
import pytest
import shapely

from data import logs
from data.calendars import save_calendar
from data.logs import DayChoice
from geo.errors import InputError
from geo.frames import STOPS, names
from routing.mileage import METRES_PER_MILE
from routing.order import timed
from ui.routes import day, take
from ui.routes.day import CALENDAR, DUE, OWN, DayPlan
from ui.routes.who import Who, clock, day_of, reps_with_work, seconds_of, who_of
from ui.session import Session

ON = dt.date(2026, 11, 23)


@pytest.fixture
def plan(session: Session, who: Who) -> DayPlan:
    return day.day_plan(session, who, ON)


def test_a_rep_has_the_accounts_of_the_plan_and_the_roads_there(
    session: Session, who: Who
) -> None:
    assert set(reps_with_work(session)) == {"R01", "R02"}
    assert set(who.accounts["owner"]) == {"R02"}
    assert not who.engine.estimated
    assert who.roads is not None
    assert who.about == ""
    both = len(who.accounts) + len(who_of(session, "R01").accounts)
    assert both == len(session.study.accounts)


def test_without_a_calendar_the_day_is_of_due_accounts_and_fits(plan: DayPlan) -> None:
    assert plan.source == DUE
    assert 3 <= len(plan.tour.stop_ids) <= day.MOST
    assert plan.tour.infeasible == ()
    assert plan.tour.back_s <= day_of(plan.who.rep).return_by_s
    last = plan.who.accounts.loc[list(plan.tour.stop_ids), "last_visit"]
    assert (last.isna() | (last < pd.Timestamp(ON))).all()
    assert day.summary(plan).startswith(f"{len(plan.tour.stop_ids)} stops, home at ")


def test_a_dropped_stop_is_off_the_day_and_the_rest_is_timed_again(
    session: Session, plan: DayPlan
) -> None:
    gone = plan.tour.stop_ids[1]
    after = day.shown(plan.who, ON, day.drop(plan.choice, gone), OWN)
    assert gone not in after.tour.stop_ids
    assert after.tour.back_s < plan.tour.back_s
    stops = day.stops_of(plan.who.accounts, after.choice.stop_ids)
    home = plan.who.home
    again = timed(stops, start=home, end=home, day=plan.day, engine=plan.who.engine)
    np.testing.assert_array_equal(after.tour.arrive_s, again.arrive_s)
    said = day.effect(plan, after, "Dropped X")
    assert said.startswith("Dropped X: home ")
    assert "earlier" in said
    assert "about" not in said


def test_skip_pin_move_add_and_order_keep_every_stop_accounted_for(
    plan: DayPlan,
) -> None:
    who, choice = plan.who, plan.choice
    first, second, *_ = choice.stop_ids
    skipped = day.skip(choice, first)
    assert skipped.skipped == (first,)
    back = day.add(who, skipped, first)
    assert set(back.stop_ids) == set(choice.stop_ids)
    assert back.skipped == ()
    moved = day.shift(choice, first, 1)
    assert moved.stop_ids[:2] == (second, first)
    assert day.shift(moved, second, -1) == moved
    pinned = day.pin(moved, second)
    assert pinned.pinned == (second,)
    ordered, left = day.in_order(who, pinned)
    assert left == ()
    assert ordered.stop_ids[0] == second
    assert day.pin(pinned, second).pinned == ()
    worse = day.shown(who, ON, replace(choice, stop_ids=choice.stop_ids[::-1]), OWN)
    best = day.shown(who, ON, day.in_order(who, worse.choice)[0], OWN)
    assert best.tour.drive_s <= min(worse.tour.drive_s, plan.tour.drive_s) + 1e-6


def test_what_the_rep_set_is_the_day_until_it_is_forgotten(
    session: Session, plan: DayPlan
) -> None:
    study = session.ground.entry.study_id
    choice = day.skip(plan.choice, plan.choice.stop_ids[0])
    gone = replace(choice, stop_ids=(*choice.stop_ids, "no longer mine"))
    logs.save_day(session.home, study, "R02", ON, gone)
    kept = day.day_plan(session, plan.who, ON)
    assert (kept.source, kept.choice) == (OWN, choice)
    logs.forget_day(session.home, study, "R02", ON)
    assert day.day_plan(session, plan.who, ON).choice == plan.choice


def calendar(who: Who, on: dt.date) -> pd.DataFrame:
    """Two visits on a day."""
    rows = pd.DataFrame({name: [None] * 2 for name in names(STOPS)})
    ids = [str(i) for i in who.accounts.index[:2]]
    arrive = pd.to_datetime([f"{on} 09:00", f"{on} 10:00"])
    return rows.assign(
        **{"rep_id": who.rep_id, "date": pd.Timestamp(on), "account_id": ids},
        **{"sequence": [2, 1], "arrive": arrive, "leave": arrive},
        **dict.fromkeys(["visit_s", "drive_s", "drive_m", "back_s", "back_m"], 60.0),
        estimated=False,
        overnight="",
    )


def test_a_calendar_decides_the_days_it_covers(session: Session, who: Who) -> None:
    stops, plan_id = calendar(who, ON), session.plan.plan_id
    save_calendar(session.home, plan_id, "R02", stops, start=ON, weeks=4)
    made = day.day_plan(session, who, ON)
    assert made.source == CALENDAR
    assert list(made.choice.stop_ids) == stops["account_id"].tolist()[::-1]
    free = day.day_plan(session, who, ON + dt.timedelta(days=1))
    assert (free.source, free.tour.stop_ids) == (CALENDAR, ())
    assert day.summary(free) == "No stops"
    later = day.day_plan(session, who, ON + dt.timedelta(weeks=4))
    assert later.source == DUE


def test_every_estimated_figure_says_about(session: Session, far: Who) -> None:
    plan = day.day_plan(session, far, ON)
    assert "home at about " in day.summary(plan)
    assert day.driving(plan).count("about ") == 2
    gone = day.drop(plan.choice, plan.choice.stop_ids[0])
    said = day.effect(plan, day.shown(far, ON, gone, OWN), "Dropped X")
    assert said.count("about ") == said.count(" and ") + 1


def test_a_stop_that_is_shut_is_named_with_the_reason(who: Who, plan: DayPlan) -> None:
    first = plan.choice.stop_ids[0]
    hours = who.accounts.assign(open="", close="")
    hours.loc[first, ["open", "close"]] = ["05:00", "06:00"]
    shut = day.shown(replace(who, accounts=hours), ON, plan.choice, OWN)
    (said,) = day.infeasible(shut)
    assert said.startswith(f"{who.accounts['name'].at[first]}: ")


def test_a_rep_without_home_and_accounts_is_told_what_to_do(
    session: Session, who: Who
) -> None:
    nobody = replace(who, accounts=who.accounts.head(0), home=(np.nan, np.nan))
    with pytest.raises(InputError, match="Give the rep a home on the Reps page"):
        day.day_plan(session, nobody, ON)


def test_the_day_leaves_as_files_that_other_programs_read(plan: DayPlan) -> None:
    read = gpxpy.parse(take.content(plan, ".gpx").decode())
    assert len(read.waypoints) == len(plan.tour.stop_ids)
    metres = sum(track.length_2d() for track in read.tracks)
    assert metres == pytest.approx(plan.tour.drive_m, rel=0.25)
    assert take.content(plan, ".ics").count(b"BEGIN:VEVENT") == len(plan.tour.stop_ids)
    assert b"<Placemark>" in take.content(plan, ".kml")
    assert b"<section" in take.content(plan, ".html")
    assert take.name_of(plan, ".gpx") == "noah-okafor-2026-11-23.gpx"


def test_times_and_distances_in_words() -> None:
    assert [clock(s) for s in (0, 33_900, 86_400 + 60, np.nan)] == [
        *("00:00", "09:25", "00:01+1", "-")
    ]
    assert [day.lasting(s) for s in (29, 720, 7_500)] == [
        "0 min",
        "12 min",
        "2 h 05 min",
    ]
    assert day.miles(METRES_PER_MILE * 12.34) == "12.3 miles"
    assert day.miles(METRES_PER_MILE * 148.2) == "148 miles"
    assert [day.due_words(d) for d in (np.nan, 12, 1, 0, -3)] == [
        *("", ", 12 days overdue", ", 1 day overdue", ", due today", ", due in 3 days")
    ]
    assert seconds_of("08:30", 0.0) == 30_600
    assert seconds_of("soon", 1.0) == 1.0
    rep = pd.Series({"day_start": "14:00", "day_end": "09:00"})
    assert (day_of(rep).start_s, day_of(rep).return_by_s) == (28_800, 61_200)
    assert day_of(pd.Series({"day_end": "12:30"})).lunch_s == 0


def test_an_account_that_is_not_placed_is_never_suggested(session: Session) -> None:
    who = who_of(session, "R02")
    lost = who.accounts.copy()
    lost.loc[lost.index[:40], "geometry"] = shapely.Point()
    lonlat = who.lonlat.copy()
    lonlat[:40] = np.nan
    partly = replace(who, accounts=lost, lonlat=lonlat)
    ids = day.due_day(partly, ON)
    assert not set(ids) & set(lost.index[:40])
    plan = day.shown(partly, ON, DayChoice(ids), DUE)
    more = day.could_add(plan, pd.Series(dtype=float))
    assert len(more) == len(lost) - 40 - len(ids)
