"""A day sheet opens on a phone from a file, asks nobody, and runs nothing of users'."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from data.day_sheet import day_sheet
from routing.day import Day, PlannedDay, Stop
from routing.engine import StraightLine
from routing.order import best_day

HOSTILE = (
    "<img src=x onerror=window.fell=1>",
    "</script><script>window.fell=1</script>",
    "`;window.fell=1;`",
    "${window.fell=1}",
    "{{7*7}}",
    "javascript:window.fell=1",
    '"><svg onload=window.fell=1>',
)
HOME = (24.94, 60.17)


def days() -> list[PlannedDay]:
    stops = tuple(
        Stop(
            f"s{k}{text}",
            *(24.94 + 0.01 * k, 60.17 + 0.005 * (k % 3), 900.0),
            name=text,
            address=text,
            phone=text,
            note=text,
        )
        for k, text in enumerate(HOSTILE)
    )
    far = Stop("far", 29.0, 70.0, name=HOSTILE[0])
    engine = StraightLine()
    tour = best_day([*stops, far], start=HOME, end=HOME, day=Day(), engine=engine)
    first = PlannedDay(dt.date(2026, 11, 30), tour, (*stops, far), rep=HOSTILE[1])
    return [first, replace(first, on=dt.date(2026, 12, 1))]


def test_a_phone_opens_the_sheet(tmp_path: Path, open_page: Callable[..., Any]) -> None:
    path = tmp_path / "day.html"
    path.write_text(day_sheet(days()), encoding="utf-8")
    page = open_page(path.as_uri(), width=390, height=844)
    page.wait_for_selector("#map0 .dot")
    assert page.locator("#map0 .dot").count() == len(HOSTILE)
    assert page.locator("#map0 path.way").count() == len(HOSTILE) + 1
    assert page.locator("section").count() == 2
    assert page.locator("section").first.locator("ol h3").count() == len(HOSTILE) + 1
    names = page.locator("section").first.locator("ol h3").all_inner_texts()
    assert sorted(names[:-1]) == sorted(HOSTILE)
    assert names[-1].startswith("Back.")
    assert page.inner_text("h1").startswith(HOSTILE[1])
    page.locator("#map0 .dot").first.hover()
    assert page.inner_text(".leaflet-tooltip") in HOSTILE
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    page.locator("nav a").nth(1).click()
    page.wait_for_selector("#map1 .dot")
    assert page.evaluate("window.fell") is None
    links = page.eval_on_selector_all("a", "all => all.map(a => a.protocol)")
    assert set(links) == {"https:", "tel:", "file:"}
