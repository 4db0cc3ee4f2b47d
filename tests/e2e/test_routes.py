"""A rep's morning on a phone, in a real browser, without a network."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gpxpy
import pytest

DRAWN = "window.__bailiwick_tours && window.__bailiwick_tours.drawn > 0"
LONG_MS = 240_000
SHOTS = os.environ.get("BAILIWICK_SHOTS", "")
"""Folder for the pictures of docs/img; none are taken without it."""


def picture(page: Any, name: str) -> None:
    if SHOTS:
        page.wait_for_timeout(1200)
        page.screenshot(path=Path(SHOTS) / f"{name}.png")


def open_helsinki(page: Any) -> None:
    """Open the demo on real streets, then the Routes page."""
    plan = page.locator(".st-key-frame_plans button").first
    plan.wait_for(timeout=LONG_MS)
    if "Helsinki" not in plan.inner_text():
        plan.click()
        demo = page.locator("[class*=st-key-frame_demo_demo-helsinki] button")
        listed = page.locator("[class*=st-key-frame_open_demo-helsinki] button")
        demo.or_(listed).first.click()
        title = page.locator(".st-key-frame_plans button").filter(has_text="Helsinki")
        title.first.wait_for(timeout=LONG_MS)
        page.keyboard.press("Escape")
    go(page, "Routes")
    page.wait_for_function(DRAWN, timeout=LONG_MS)


def go(page: Any, name: str) -> None:
    """Follow a link of the navigation, which a phone folds into a drawer."""
    top = page.get_by_test_id("stTopNavLink").filter(has_text=name)
    if not top.count():
        page.get_by_test_id("stExpandSidebarButton").click()
        link = page.get_by_test_id("stSidebarNavLink").filter(has_text=name)
        link.first.click()
        page.get_by_test_id("stSidebarCollapseButton").locator("button").click()
        return
    top.first.click()


LIST = """(stops) => {
  const list = document.querySelector('.st-key-today_list');
  const seen = list && list.innerText.match(/^\\d+ (about )?\\d\\d:/gm);
  return seen && seen.length === stops && list.innerText.includes('home');
}"""


def arrivals(page: Any, stops: int) -> list[str]:
    """Give the times on the list once it has so many stops and the way home."""
    page.wait_for_function(LIST, arg=stops, timeout=LONG_MS)
    text: str = page.locator(".st-key-today_list").inner_text()
    return re.findall(r"\b\d\d:\d\d\b", text)


@pytest.mark.parametrize(("width", "height"), [(390, 844), (360, 740)])
def test_a_rep_drops_a_stop_and_takes_the_day_along(
    open_page: Callable[..., Any],
    app_url: str,
    tmp_path: Path,
    width: int,
    height: int,
) -> None:
    page = open_page(app_url, width=width, height=height)
    open_helsinki(page)
    sentence = page.locator(".st-key-today_sentence")
    before = sentence.inner_text(timeout=LONG_MS)
    assert re.match(r"\d+ stops, home at \d\d:\d\d", before)
    number = int(before.split()[0])
    times = arrivals(page, number)

    # Drop the second stop: one tap on its menu, one on Drop.
    page.locator(".st-key-stop_1 button:visible").click()
    page.get_by_text("Drop", exact=True).click()
    page.get_by_text(re.compile("Dropped .+ earlier")).wait_for(timeout=LONG_MS)
    number -= 1
    after = arrivals(page, number)
    assert after != times
    assert after[-1] < times[-1]
    assert sentence.inner_text().startswith(f"{number} stops, home at {after[-1]}")
    picture(page, f"today-{width}")

    # Take it along: the file holds the stops that are left, in order.
    with page.expect_download(timeout=LONG_MS) as waited:
        page.locator(".st-key-take-gpx button:visible").click()
    path = tmp_path / "day.gpx"
    waited.value.save_as(path)
    read = gpxpy.parse(path.read_text(encoding="utf-8"))
    assert len(read.waypoints) == number
    assert read.tracks[0].length_2d() > 500

    # Nothing is wider than the phone.
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".st-key-today_over button:visible").click()
    page.get_by_text("No calendar yet").wait_for(timeout=LONG_MS)


def test_the_leader_makes_a_rotation_and_sees_its_hours(
    open_page: Callable[..., Any], app_url: str
) -> None:
    page = open_page(app_url, width=1280, height=900)
    open_helsinki(page)
    page.get_by_text("Weeks", exact=True).first.click()
    page.locator(".st-key-weeks_all summary").click(timeout=LONG_MS)
    page.locator(".st-key-all_button button:visible").click()
    page.get_by_text(re.compile("2 calendars made")).wait_for(timeout=LONG_MS)
    page.get_by_text(re.compile(r"4 weeks from .+ visits, .+ of driving")).wait_for(
        timeout=LONG_MS
    )
    picture(page, "weeks")

    # A day of the calendar opens as the day's route.
    page.locator("[class*=st-key-weeks_open_] button:visible").first.click()
    page.get_by_text("From your calendar.").wait_for(timeout=LONG_MS)

    # The scorecard counts the hours of the calendars, and says so.
    go(page, "Map")
    page.get_by_text("Driving hours from the calendars of 2 reps").wait_for(
        timeout=LONG_MS
    )


def test_a_rep_plans_weeks_logs_miles_and_sees_the_territory_on_a_phone(
    open_page: Callable[..., Any], app_url: str
) -> None:
    page = open_page(app_url, width=390, height=844)
    open_helsinki(page)

    def fits() -> bool:
        return bool(page.evaluate("document.documentElement.scrollWidth") <= 390)

    # The weeks: a calendar of the rep's own, then a sick day.
    page.get_by_text("Weeks", exact=True).first.click()
    make = page.locator(".st-key-make_button button:visible")
    again = page.locator(".st-key-make summary")
    make.or_(again).first.wait_for(timeout=LONG_MS)
    if not make.count():
        again.click()
    make.click(timeout=LONG_MS)
    told = page.get_by_text(re.compile("The calendar is made; "))
    told.first.wait_for(timeout=LONG_MS)
    picture(page, "weeks-390")
    assert fits()
    first = page.locator("[class*=st-key-weeks_open_] button:visible").first
    first.click(timeout=LONG_MS)
    page.get_by_text("From your calendar.").wait_for(timeout=LONG_MS)
    page.get_by_text("Weeks", exact=True).first.click()
    page.locator(".st-key-weeks_lost summary").click(timeout=LONG_MS)
    page.locator(".st-key-lost_button button:visible").click(timeout=LONG_MS)
    moved = page.get_by_text(re.compile(r"\d+ visits? moved.*All else stays"))
    moved.first.wait_for(timeout=LONG_MS)
    picture(page, "weeks-sick-390")
    assert fits()

    # The log: a day by odometer.
    page.get_by_text("Log", exact=True).first.click()
    page.get_by_label("or odometer, start").fill("1000", timeout=LONG_MS)
    page.get_by_label("odometer, end", exact=True).fill("1042")
    page.get_by_label("odometer, end", exact=True).press("Tab")
    page.locator(".st-key-log_save button:visible").click()
    page.get_by_text(re.compile("42.0 miles are logged")).first.wait_for(
        timeout=LONG_MS
    )
    pay = page.locator("[class*=st-key-log_pay_] button:visible")
    pay.first.wait_for(timeout=LONG_MS)
    picture(page, "log-390")
    assert fits()

    # The territory: what it holds, on a map, and what changed.
    page.get_by_text("My territory", exact=True).first.click()
    page.get_by_text(re.compile("% of your hours")).first.wait_for(timeout=LONG_MS)
    page.get_by_text("The same accounts as today.").wait_for(timeout=LONG_MS)
    picture(page, "territory-390")
    assert fits()
