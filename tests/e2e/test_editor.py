"""The Map page of the app itself: the keyboard alone, keys heard once, broken text."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

DRAWN = "window.__bailiwick && window.__bailiwick.patches > 0"
VIEW = "window.__bailiwick.maps.map.view"
REV = "window.__bailiwick.rev"
LONG_MS = 240_000


@pytest.fixture
def page(open_page: Callable[..., Any], app_url: str) -> Any:
    page = open_page(app_url, width=1440, height=900)
    page.set_default_timeout(LONG_MS)
    page.wait_for_function(DRAWN)
    page.locator(".bw-status").wait_for(state="attached")
    return page


def codes(page: Any) -> list[int]:
    return list(page.evaluate(f"Array.from({VIEW}.confirmed)"))


def rev(page: Any) -> int:
    return int(page.evaluate(REV))


def told(page: Any, number: int) -> str:
    """What the page says of a revision, once it says it."""
    line = page.locator(f".bw-status[data-rev='{number}']")
    line.wait_for(state="attached")
    text: str = line.inner_text()
    return text


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until something matching has the focus, as a reader without a mouse."""
    match = "(s) => Boolean(document.activeElement?.matches(s))"
    for _ in range(150):
        if page.evaluate(match, selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never reached {selector}")


def select(page: Any, key: str, text: str) -> None:
    """Type into a list that Tab has reached and take the first of what is left."""
    tab_to(page, f".st-key-{key} input")
    page.keyboard.type(text)
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")


def open_tab(page: Any, name: str) -> None:
    tab_to(page, "[role=tab]")
    for _ in range(6):
        if page.evaluate("document.activeElement.innerText.trim()") == name:
            break
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator(f"[role=tab][aria-selected=true]:has-text('{name}')").wait_for()


def test_the_keyboard_alone_moves_locks_mends_and_takes_back(page: Any) -> None:
    start, before = rev(page), codes(page)
    open_tab(page, "Move")
    select(page, "hand_units", "Harris County, TX (48201)")
    page.keyboard.press("Escape")
    select(page, "hand_to", "Colorado")
    tab_to(page, ".st-key-effect_apply button")
    page.keyboard.press("Enter")
    said = told(page, start + 1)
    assert said.startswith("Move 1 county")
    assert "to Colorado" in said
    assert codes(page) != before
    select(page, "change_deed", "Lock it")
    tab_to(page, ".st-key-change_do button")
    page.keyboard.press("Enter")
    told(page, start + 2)
    open_tab(page, "Mend")
    page.locator(".st-key-mend_0 button").wait_for()
    tab_to(page, ".st-key-mend_0 button")
    page.keyboard.press("Enter")
    assert told(page, start + 3)
    for number in range(4, 7):
        page.keyboard.press("Control+z")
        assert told(page, start + number).startswith("Taken back")
    assert codes(page) == before
    assert page.evaluate("window.__bailiwick.mounts") == 1


def shape(page: Any, deed: str, corners: str, to: str) -> None:
    """Write a shape down with the keyboard and apply it."""
    select(page, "shape_deed", deed)
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")
    select(page, "shape_to", to)
    tab_to(page, ".st-key-shape_corners textarea")
    page.keyboard.type(corners)
    page.keyboard.press("Control+Enter")
    page.locator(".st-key-effect_apply button").wait_for()
    tab_to(page, ".st-key-effect_apply button")
    page.keyboard.press("Enter")


def test_a_border_and_a_line_are_drawn_without_a_mouse(page: Any) -> None:
    start, before = rev(page), codes(page)
    open_tab(page, "Move")
    tab_to(page, ".st-key-hand_what input")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.locator(".st-key-shape_corners textarea").wait_for()
    corners = "Denver, CO\n38.2, -104.1\n38.9, -105.6"
    shape(page, "exact border", corners, "Houston")
    assert told(page, start + 1).startswith("Draw the border of Houston through")
    page.wait_for_function(f"{VIEW}.confirmed.length > {len(before)}")
    shape(page, "Split", "45, -112\n32, -109", "Colorado")
    assert told(page, start + 2).startswith("Split Colorado, ")
    for number in (3, 4):
        page.keyboard.press("Control+z")
        assert told(page, start + number).startswith("Taken back")
    page.wait_for_function(f"{VIEW}.confirmed.length === {len(before)}")
    assert codes(page) == before


def spot(page: Any, across: float, down: float) -> tuple[float, float]:
    """Give a point of the map by its share of width and height."""
    box = page.locator(".bw-ground").bounding_box()
    return box["x"] + box["width"] * across, box["y"] + box["height"] * down


def ring(page: Any, across: float, down: float, px: float) -> list[tuple[float, float]]:
    x, y = spot(page, across, down)
    turn = [math.radians(angle) for angle in range(0, 360, 30)]
    return [(x + px * math.cos(a), y + px * math.sin(a)) for a in turn]


def drag(page: Any, points: list[tuple[float, float]]) -> None:
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=3)
    page.mouse.up()


def clicked(page: Any, points: list[tuple[float, float]]) -> None:
    for point in points:
        page.mouse.click(*point)
    page.keyboard.press("Enter")


def aim(page: Any, name: str) -> None:
    page.select_option(".bw-target", label=name)
    page.locator(".bw-ground").focus()


def test_paint_lasso_shape_border_and_repair_with_the_mouse_then_all_back(
    page: Any,
) -> None:
    start, before = rev(page), codes(page)
    page.locator(".bw-ground").focus()
    page.keyboard.press("p")
    aim(page, "Heartland")
    drag(page, [spot(page, 0.26, 0.5), spot(page, 0.28, 0.52)])
    assert "to Heartland" in told(page, start + 1)
    page.keyboard.press("l")
    drag(page, ring(page, 0.3, 0.4, 24))
    aim(page, "Houston")
    page.keyboard.press("Enter")
    assert "to Houston" in told(page, start + 2)
    page.keyboard.press("d")
    clicked(page, ring(page, 0.5, 0.4, 30)[::3])
    aim(page, "Colorado")
    page.keyboard.press("Enter")
    assert "to Colorado" in told(page, start + 3)
    page.keyboard.press("k")
    aim(page, "Chicago")
    clicked(page, ring(page, 0.4, 0.55, 26)[::3])
    assert told(page, start + 4).startswith("Draw the border of Chicago")
    page.wait_for_function(f"{VIEW}.outbox.length === 0")
    page.get_by_role("tab", name="Mend").click()
    card = page.locator(".st-key-mend_0 button")
    card.wait_for()
    broken = page.locator(".st-key-mending_choice input").input_value()
    card.click()
    assert told(page, start + 5)
    page.wait_for_function(
        """(text) => document.querySelector(
          ".st-key-mending_choice input")?.value !== text""",
        arg=broken,
    )
    page.locator(".bw-ground").focus()
    for number in range(6, 11):
        page.keyboard.press("Control+z")
        assert told(page, start + number).startswith("Taken back")
    page.wait_for_function(f"{VIEW}.confirmed.length === {len(before)}")
    assert codes(page) == before
    assert page.evaluate("window.__bailiwick.mounts") == 1


def test_undo_and_redo_are_heard_once_wherever_the_focus_is(page: Any) -> None:
    start, before = rev(page), codes(page)
    for row in (100, 200):
        page.evaluate(f"{VIEW}.aim(1); {VIEW}.choose([{row}], false); {VIEW}.apply()")
    told(page, start + 2)
    done = codes(page)
    number = start + 2
    for where in (".bw-ground", "body", "button"):
        page.evaluate("(s) => document.querySelector(s).focus()", where)
        for keys in ("Control+z", "Control+z", "Control+y", "Control+y"):
            number += 1
            page.keyboard.press(keys)
            told(page, number)
            page.wait_for_function(f"{VIEW}.outbox.length === 0")
            assert rev(page) == number
        assert codes(page) == done
    for _ in range(2):
        page.keyboard.press("Control+z")
    told(page, number + 2)
    assert codes(page) == before


def test_an_edit_survives_the_map_page_being_left_and_loaded_again(page: Any) -> None:
    start, before = rev(page), codes(page)
    page.evaluate(f"{VIEW}.aim(1); {VIEW}.choose([300], false); {VIEW}.apply()")
    told(page, start + 1)
    after = codes(page)
    page.evaluate(f"{VIEW}.map.setZoom(6, {{ animate: false }})")
    page.reload()
    page.wait_for_function(DRAWN)
    assert (codes(page), rev(page)) == (after, start + 1)
    assert page.evaluate(f"{VIEW}.map.getZoom()") == 6
    page.keyboard.press("Control+z")
    told(page, start + 2)
    assert codes(page) == before
