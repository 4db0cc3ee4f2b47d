"""Roads beside the map, on the shipped streets, in a browser without a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.demo_helsinki import STREETS
from tests.ui.test_rules_panel import trips

DRAWN = "window.__bailiwick && window.__bailiwick.patches > 0"
OVERLAYS = "window.__bailiwick.maps.map.view.overlays"
LONG_MS = 240_000
SHOTS = os.environ.get("BAILIWICK_SHOTS", "")
"""Folder for the pictures of docs/img; none are taken without it."""


def picture(page: Any, name: str) -> None:
    if SHOTS:
        page.wait_for_timeout(1200)
        page.screenshot(path=Path(SHOTS) / f"{name}.png")


@pytest.fixture
def page(open_page: Callable[..., Any], app_url: str) -> Any:
    """The Map page over the demo on real streets, the tab Roads open."""
    page = open_page(app_url, width=1440, height=900)
    page.wait_for_function(DRAWN, timeout=LONG_MS)
    plan = page.locator(".st-key-frame_plans button").first
    if "Helsinki" not in plan.inner_text():
        plan.click()
        demo = page.locator("[class*=st-key-frame_demo_demo-helsinki] button")
        listed = page.locator("[class*=st-key-frame_open_demo-helsinki] button")
        demo.or_(listed).first.click()
        title = page.locator(".st-key-frame_plans button").filter(has_text="Helsinki")
        title.first.wait_for(timeout=LONG_MS)
        page.keyboard.press("Escape")
    page.get_by_role("tab", name="Roads").click()
    text = "Roads: Middle of Helsinki (shipped)"
    page.get_by_text(text).wait_for(timeout=LONG_MS)
    return page


def bands(page: Any) -> list[float]:
    """Minutes of the bands on the map, in the order of the legend."""
    list_ = f"{OVERLAYS}.of('band').map((band) => band.value)"
    return list(page.evaluate(list_))


def test_bands_are_drawn_on_streets_with_a_legend_and_taken_away(page: Any) -> None:
    beside = page.locator(".st-key-beside")
    assert "All 600 accounts lie on it." in beside.inner_text()
    page.locator(".st-key-roads_show button").click()
    page.wait_for_function(f"{OVERLAYS}?.of('band').length > 1", timeout=LONG_MS)
    shown = bands(page)
    assert shown == sorted(shown)
    inked = f"""() => {{
      const canvas = {OVERLAYS}.under?.canvas;
      if (!canvas) return false;
      const g = canvas.getContext('2d');
      const data = g.getImageData(0, 0, canvas.width, canvas.height).data;
      let seen = 0;
      for (let i = 3; i < data.length; i += 4) seen += data[i] > 0;
      return seen > 1000;
    }}"""
    page.wait_for_function(inked, timeout=LONG_MS)
    legend = page.evaluate(f"{OVERLAYS}.legend().map((row) => row.label)")
    for minutes in shown:
        unit = "minute" if minutes == 1 else "minutes"
        assert f"within {minutes:g} {unit}" in legend
        assert page.get_by_text(f"within {minutes:g} {unit}").first.is_visible()
    page.get_by_text("on Middle of Helsinki").wait_for(timeout=LONG_MS)
    picture(page, "roads")
    page.get_by_role("tab", name="Territories").click()
    table = page.get_by_role("tabpanel", name="Territories")
    table.get_by_test_id("stDataFrame").first.wait_for(timeout=LONG_MS)
    assert bands(page) == shown  # they stay while one works
    page.get_by_role("tab", name="Roads").click()
    page.locator(".st-key-roads_hide button").click()
    page.wait_for_function(f"{OVERLAYS}.list.length === 0", timeout=LONG_MS)


def test_a_road_file_is_loaded_used_and_removed(page: Any, tmp_path: Path) -> None:
    mine = tmp_path / "town.osm.pbf"
    shutil.copyfile(STREETS, mine)
    page.locator(".st-key-roads_files button").first.click()
    page.locator("[class*=st-key-roads_file] input[type=file]").set_input_files(mine)
    page.get_by_text("town is loaded: 2,185").wait_for(timeout=LONG_MS)
    picture(page, "road_files")
    page.locator("[class*=st-key-roads_remove_] button").click()
    gone = page.locator("[class*=st-key-roads_remove_]")
    gone.first.wait_for(state="detached", timeout=LONG_MS)


def test_rules_are_fitted_to_trips_weighed_used_and_dropped(
    page: Any, tmp_path: Path
) -> None:
    trips(1.4).to_csv(tmp_path / "ours.csv", index=False)
    page.locator(".st-key-rules summary").click()
    field = page.locator("[class*=st-key-rules_file] input[type=file]")
    field.set_input_files(tmp_path / "ours.csv")
    page.get_by_text("Fitted to ").wait_for(timeout=LONG_MS)
    picture(page, "rules")
    page.locator(".st-key-rules_use button").click()
    page.get_by_text("Times follow your rules").wait_for(timeout=LONG_MS)
    page.locator(".st-key-rules_drop button").click()
    page.get_by_text("Times follow the rules each").wait_for(timeout=LONG_MS)
