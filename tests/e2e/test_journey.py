"""A leader's first ten minutes, from the demo to a file, in a real browser."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DRAWN = "window.__bailiwick && window.__bailiwick.patches > 0"
VIEW = "window.__bailiwick.maps.map.view"
LONG_MS = 240_000
SHOTS = os.environ.get("BAILIWICK_SHOTS", "")
"""Folder for the pictures of docs/img; none are taken without it."""


@pytest.fixture
def page(open_page: Callable[..., Any], app_url: str) -> Any:
    page = open_page(app_url, width=1440, height=900)
    page.wait_for_function(DRAWN, timeout=LONG_MS)
    return page


def picture(page: Any, name: str) -> None:
    if SHOTS:
        page.wait_for_timeout(1200)
        page.screenshot(path=Path(SHOTS) / f"{name}.png")


def said(page: Any) -> str:
    """The sentence above the scorecard."""
    text: str = page.locator(".st-key-sentence h3").inner_text(timeout=LONG_MS)
    return text


def codes(page: Any) -> list[int]:
    return list(page.evaluate(f"Array.from({VIEW}.confirmed)"))


def rev(page: Any) -> int:
    return int(page.evaluate("window.__bailiwick.rev"))


def wait_rev(page: Any, number: int) -> None:
    page.wait_for_function(
        "(n) => window.__bailiwick.rev >= n", arg=number, timeout=LONG_MS
    )


def link(page: Any, name: str) -> None:
    page.get_by_test_id("stTopNavLink").filter(has_text=name).first.click()


def ask_for_the_impossible(page: Any) -> None:
    """An hour's drive at most cannot be met from coast to coast; it is said at once."""
    page.get_by_text("All rules").click()
    minutes = page.locator(".st-key-propose_minutes input")
    minutes.fill("60")
    minutes.press("Enter")
    page.get_by_text("Can't be met, because").wait_for(timeout=LONG_MS)
    picture(page, "rules")
    minutes.fill("0")
    minutes.press("Enter")
    page.get_by_text("Nothing stands in the way").wait_for(timeout=LONG_MS)


def propose_and_accept(page: Any) -> None:
    page.get_by_role("button", name="Propose").click()
    page.locator(".st-key-propose_go button").wait_for(timeout=LONG_MS)
    ask_for_the_impossible(page)
    page.locator(".st-key-propose_go button").click()
    page.locator(".st-key-proposal_discard button").wait_for(timeout=LONG_MS)
    page.get_by_text(re.compile("accounts? changing hands")).first.wait_for()
    picture(page, "options")
    before = rev(page)
    balanced = page.get_by_role("button", name="Accept", exact=True)
    drafts = page.get_by_role("button", name="Keep as draft")
    (balanced if balanced.count() else drafts).first.click()
    wait_rev(page, before + 1)


def box_some_counties(page: Any) -> list[int]:
    """Drag a box around some counties; give who owned each unit."""
    before = codes(page)
    ground = page.locator(".bw-ground").bounding_box()
    x, y = ground["x"] + ground["width"] * 0.55, ground["y"] + ground["height"] * 0.5
    page.locator(".bw-ground").focus()
    page.keyboard.press("b")
    page.mouse.move(x - 14, y - 14)
    page.mouse.down()
    page.mouse.move(x + 14, y + 14, steps=6)
    page.mouse.up()
    page.locator(".bw-target").wait_for(timeout=LONG_MS)
    return before


def test_a_leader_reads_proposes_edits_uploads_and_exports(
    page: Any, shared: Path, tmp_path: Path
) -> None:
    # The first screen names the busiest and the quietest.
    first = said(page)
    assert re.search(r".+ carries 1\d\d % of its hours, .+ \d\d %", first)
    picture(page, "map")

    # Propose, see three options, take one: one edit.
    propose_and_accept(page)
    assert said(page) != first

    # A box around counties, the effect, apply, undo.
    before = box_some_counties(page)
    effect = choose_another_owner(page)
    assert re.search(r"Move \d+ count(y|ies), .+ from .+ to .+", effect)
    picture(page, "effect")
    number = rev(page)
    page.locator(".bw-apply").click()
    wait_rev(page, number + 1)
    assert codes(page) != before
    page.locator(".st-key-frame_Undo button").first.click()
    wait_rev(page, number + 2)
    assert codes(page) == before

    # Give a territory to another rep.
    link(page, "Reps")
    page.get_by_role("heading", name="Reps").wait_for(timeout=LONG_MS)
    pick(page, "give_territory", 0)
    rep = pick(page, "give_rep", 1)
    page.locator(".st-key-give_button button").click()
    page.locator(".st-key-frame_Undo button:enabled").first.wait_for(timeout=LONG_MS)
    pick(page, "give_territory", 0, expect=f"({rep})")
    picture(page, "reps")

    # Bring in a CRM report with accents and broken rows.
    link(page, "Accounts")
    upload = page.locator(".st-key-accounts_file input[type=file]")
    upload.wait_for(state="attached", timeout=LONG_MS)
    upload.set_input_files(shared / "accounts" / "salesforce_report_cp1252.csv")
    page.get_by_text("1,200 accounts: 847 by coordinates").wait_for(timeout=LONG_MS)
    picture(page, "accounts")
    page.get_by_role("button", name="Use these accounts").click()
    page.wait_for_function(DRAWN, timeout=LONG_MS)
    page.get_by_text("salesforce_report_cp1252", exact=True).first.wait_for(
        timeout=LONG_MS
    )

    # Take it away as GeoJSON.
    link(page, "Export")
    page.get_by_role("heading", name="Export").wait_for(timeout=LONG_MS)
    picture(page, "export")
    with page.expect_download(timeout=LONG_MS) as waited:
        page.locator(".st-key-export_-geojson button").click()
    path = tmp_path / "plan.geojson"
    waited.value.save_as(path)
    read = json.loads(path.read_text(encoding="utf-8"))
    assert read["type"] == "FeatureCollection"
    assert read["bailiwick"]["unit_set"].startswith("county@")


def pick(page: Any, key: str, number: int, *, expect: str = "") -> str:
    """Choose an option of a list by its place; give its text."""
    page.locator(f".st-key-{key} input").click()
    option = page.get_by_role("option").nth(number)
    if expect:
        option.filter(has_text=expect).wait_for(timeout=LONG_MS)
    text: str = option.inner_text()
    option.click()
    return text


def choose_another_owner(page: Any) -> str:
    """Choose an old territory the box does not belong to; give the effect in words."""
    names = page.locator(".bw-target option").all_inner_texts()
    for name in names[2:]:
        page.select_option(".bw-target", label=name)
        page.wait_for_function(
            "(n) => document.querySelector('.bw-effect').textContent.includes(n)",
            arg=f" to {name}",
            timeout=LONG_MS,
        )
        text: str = page.locator(".bw-effect").inner_text()
        if f"from {name}" not in text:
            return text
    pytest.fail("no territory to move to")
