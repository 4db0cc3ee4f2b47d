"""The map in a real browser, with real mouse events."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

DRAWN = "window.__bailiwick && window.__bailiwick.patches > 0"
VIEW = "window.__bailiwick.maps.map.view"
EDITS = 10


@pytest.fixture
def page(open_page: Callable[..., Any], map_url: str) -> Any:
    page = open_page(map_url)
    page.wait_for_function(DRAWN)
    return page


def middle(page: Any) -> tuple[float, float]:
    box = page.locator(".bw-ground").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Any, points: list[tuple[float, float]]) -> None:
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=4)
    page.mouse.up()


def codes(page: Any) -> list[int]:
    return list(page.evaluate(f"Array.from({VIEW}.confirmed)"))


def wait_rev(page: Any, rev: int) -> None:
    page.wait_for_function("(n) => window.__bailiwick.rev >= n", arg=rev)


def box_and_apply(page: Any, to: str, offset: float = 0.0) -> None:
    x, y = middle(page)
    page.keyboard.press("b")
    drag(page, [(x - 50 + offset, y - 30), (x + 50 + offset, y + 60)])
    page.select_option(".bw-target", label=to)
    page.locator(".bw-apply").click()


def test_a_box_shows_its_effect_applies_and_is_undone(page: Any) -> None:
    before = codes(page)
    x, y = middle(page)
    page.keyboard.press("b")
    drag(page, [(x - 50, y - 30), (x + 50, y + 60)])
    page.select_option(".bw-target", label="Texas")
    page.wait_for_function("document.querySelector('.bw-effect').textContent"
                           ".endsWith('to T09')")  # fmt: skip
    assert "counties" in page.locator(".bw-what").inner_text()
    assert codes(page) == before
    page.locator(".bw-apply").click()
    wait_rev(page, 1)
    after = codes(page)
    assert after != before
    assert {b for a, b in zip(before, after, strict=True) if a != b} == {8}
    page.keyboard.press("Control+z")
    wait_rev(page, 2)
    assert codes(page) == before
    page.keyboard.press("Control+Shift+Z")
    wait_rev(page, 3)
    assert codes(page) == after
    assert page.evaluate("window.__bailiwick.mounts") == 1


def test_a_lasso_chooses_what_is_anchored_inside_and_escape_clears(page: Any) -> None:
    x, y = middle(page)
    page.keyboard.press("l")
    turn = [math.radians(a) for a in range(0, 360, 20)]
    drag(page, [(x + 90 * math.cos(a), y + 60 * math.sin(a)) for a in turn])
    assert page.evaluate(f"{VIEW}.state.chosen.size") > 10
    page.keyboard.press("Escape")
    assert page.evaluate(f"{VIEW}.state.chosen.size") == 0
    assert page.locator(".bw-bar").is_hidden()


def test_paint_moves_what_it_touches_when_the_button_is_let_go(page: Any) -> None:
    before = codes(page)
    x, y = middle(page)
    page.keyboard.press("p")
    page.select_option(".bw-target", label="California")
    drag(page, [(x - 40, y), (x + 40, y + 10)])
    wait_rev(page, 1)
    moved = [b for a, b in zip(before, codes(page), strict=True) if a != b]
    assert len(moved) >= 3
    assert set(moved) == {10}


def test_clicks_choose_single_units_and_enter_applies(page: Any) -> None:
    x, y = middle(page)
    page.keyboard.press("s")
    page.mouse.click(x, y)
    page.mouse.click(x + 40, y)
    page.mouse.click(x + 40, y)
    assert page.evaluate(f"{VIEW}.state.chosen.size") == 1
    page.select_option(".bw-target", label="Florida")
    page.locator(".bw-ground").focus()
    page.keyboard.press("Enter")
    wait_rev(page, 1)
    assert page.locator(".bw-live").inner_text().startswith("1 county")


BOUNDS = ((-80, -50), (80, -40), (70, 60), (-70, 50))
LOOSE = f"""() => {{
  const u = {VIEW}.scene.units, ends = new Map();
  const meet = (node) => ends.set(node, (ends.get(node) ?? 0) + 1);
  for (const a of {VIEW}.layers.outline.lines) {{ meet(u.from[a]); meet(u.to[a]); }}
  return [...ends.values()].filter((n) => n === 1).length;
}}"""
"""How many ends of territory borders lead nowhere."""


def draw_border(page: Any, to: str, dx: float = 0.0) -> None:
    x, y = middle(page)
    page.keyboard.press("k")
    page.select_option(".bw-target", label=to)
    for step_x, step_y in BOUNDS:
        page.mouse.click(x + dx + step_x, y + step_y)
    page.keyboard.press("Enter")


def test_a_drawn_border_cuts_units_in_place_and_undo_mends_them(page: Any) -> None:
    before, x, y = codes(page), *middle(page)
    loose = page.evaluate(LOOSE)
    draw_border(page, "Texas")
    page.wait_for_function(f"{VIEW}.confirmed.length > {len(before)}")
    wait_rev(page, 1)
    after = codes(page)
    cut = sum(code == 65534 for code in after)
    assert cut > 10
    assert len(after) == len(before) + 2 * cut
    assert page.evaluate(f"{VIEW}.scene.units.nUnits") == len(after)
    assert page.evaluate(LOOSE) == loose
    # What is under the pointer belongs to Texas on one side of the line only.
    owner = f"""([x, y]) => {{
      const s = {VIEW}.scene, m = {VIEW}.map, k = 256 * 2 ** m.getZoom() / 2 ** 24;
      const box = m.getContainer().getBoundingClientRect();
      const at = m.containerPointToLayerPoint([x - box.left, y - box.top])
        .add(m.getPixelOrigin());
      return {VIEW}.state.codes[s.unitAt(at.x / k, at.y / k)];
    }}"""
    assert page.evaluate(owner, [x + 72, y]) == 8
    assert page.evaluate(owner, [x + 80, y]) != 8
    # A piece is a unit like any other: it can be painted.
    page.keyboard.press("p")
    page.select_option(".bw-target", label="Florida")
    where = f"""(row) => {{
      const s = {VIEW}.scene, m = {VIEW}.map, k = 256 * 2 ** m.getZoom() / 2 ** 24;
      const at = L.point(s.anchorX[row] * k, s.anchorY[row] * k);
      const p = m.layerPointToContainerPoint(at.subtract(m.getPixelOrigin()));
      const box = m.getContainer().getBoundingClientRect();
      return [p.x + box.left, p.y + box.top];
    }}"""
    spot = page.evaluate(where, len(before))
    drag(page, [spot, (spot[0] + 1, spot[1])])
    wait_rev(page, 2)
    assert codes(page)[len(before)] == 4
    for rev in (3, 4):
        page.keyboard.press("Control+z")
        wait_rev(page, rev)
    page.wait_for_function(f"{VIEW}.confirmed.length === {len(before)}")
    assert codes(page) == before
    page.keyboard.press("Control+Shift+Z")
    page.wait_for_function(f"{VIEW}.confirmed.length > {len(before)}")
    assert codes(page) == after
    assert page.evaluate("window.__bailiwick.mounts") == 1


def test_a_cut_map_is_cut_when_it_is_opened_again(page: Any) -> None:
    draw_border(page, "Texas")
    wait_rev(page, 1)
    draw_border(page, "Florida", 40.0)
    wait_rev(page, 2)
    page.wait_for_function(f"{VIEW}.outbox.length === 0")
    owned = codes(page)
    page.get_by_role("link", name="Other").click()
    page.get_by_text("nothing here").wait_for()
    page.get_by_role("link", name="Home").click()
    page.wait_for_function("window.__bailiwick.mounts === 2")
    page.wait_for_function(f"{VIEW}.confirmed.length === {len(owned)}")
    assert codes(page) == owned
    assert page.evaluate(LOOSE) == 0


def test_single_accounts_are_given_away_and_released(page: Any) -> None:
    x, y = middle(page)
    page.keyboard.press("a")
    page.keyboard.press("b")
    drag(page, [(x - 50, y - 30), (x + 50, y + 60)])
    assert " accounts" in page.locator(".bw-what").inner_text()
    page.select_option(".bw-target", label="Florida")
    page.locator(".bw-apply").click()
    wait_rev(page, 1)
    page.wait_for_function(f"{VIEW}.state.overrides.length > 5")
    drag(page, [(x - 50, y - 30), (x + 50, y + 60)])
    page.get_by_role("button", name="No exception").click()
    wait_rev(page, 2)
    page.wait_for_function(f"{VIEW}.state.overrides.length === 0")


def test_a_selection_becomes_a_new_territory_and_is_merged_back(page: Any) -> None:
    x, y = middle(page)
    page.keyboard.press("b")
    drag(page, [(x - 50, y - 30), (x + 50, y + 60)])
    page.select_option(".bw-target", label="a new territory")
    wait_rev(page, 1)
    assert 12 in codes(page)
    page.keyboard.press("h")
    page.mouse.click(x, y + 10)
    page.wait_for_function(f"{VIEW}.selectedId === 'T13'")
    page.select_option(".bw-target", label="Plains")
    wait_rev(page, 2)
    assert 12 not in codes(page)


def test_a_locked_territory_keeps_its_units(page: Any) -> None:
    before = codes(page)
    x, y = middle(page)
    page.mouse.click(x, y)
    page.get_by_role("button", name="Lock", exact=True).click()
    wait_rev(page, 1)
    page.keyboard.press("s")
    page.mouse.click(x, y)
    assert page.evaluate(f"{VIEW}.state.chosen.size") == 0
    assert codes(page) == before


def test_edits_faster_than_the_server_are_all_kept(page: Any) -> None:
    box_and_apply(page, "Texas")
    box_and_apply(page, "Florida", 120.0)
    box_and_apply(page, "New York", -120.0)
    wait_rev(page, 3)
    page.wait_for_function(f"{VIEW}.outbox.length === 0")
    assert {8, 4, 1} <= set(codes(page))
    for rev in (4, 5, 6):
        page.keyboard.press("Control+z")
        wait_rev(page, rev)
    assert page.evaluate("window.__bailiwick.rev") == 6


def test_a_view_is_kept_when_the_page_is_loaded_again(page: Any) -> None:
    x, y = middle(page)
    page.mouse.move(x + 100, y)
    page.mouse.wheel(0, -400)
    page.wait_for_function("JSON.parse(sessionStorage['bailiwick.map']).zoom > 5.5")
    zoom = page.evaluate(f"{VIEW}.map.getZoom()")
    page.reload()
    page.wait_for_function(DRAWN)
    assert page.evaluate(f"{VIEW}.map.getZoom()") == zoom


def test_after_another_page_the_map_is_as_it_was(page: Any) -> None:
    x, y = middle(page)
    box_and_apply(page, "Texas")
    wait_rev(page, 1)
    page.mouse.move(x + 100, y)
    page.mouse.wheel(0, -300)
    page.wait_for_function("JSON.parse(sessionStorage['bailiwick.map']).zoom > 5")
    page.wait_for_function(f"!{VIEW}.map._animatingZoom")
    where = f"(() => {{ const m = {VIEW}.map; return [m.getCenter(), m.getZoom()] }})()"
    before, owned = page.evaluate(where), codes(page)
    page.get_by_role("link", name="Other").click()
    page.get_by_text("nothing here").wait_for()
    page.get_by_role("link", name="Home").click()
    page.wait_for_function("window.__bailiwick.mounts === 2")
    wait_rev(page, 1)
    after = page.evaluate(where)
    assert after[1] == before[1]
    assert after[0]["lat"] == pytest.approx(before[0]["lat"], abs=0.05)
    assert after[0]["lng"] == pytest.approx(before[0]["lng"], abs=0.05)
    assert codes(page) == owned
    assert page.evaluate(f"{VIEW}.state.tool") == "box"


def test_an_edit_made_just_before_the_page_changes_is_not_lost(page: Any) -> None:
    box_and_apply(page, "Texas")
    page.get_by_role("link", name="Other").click()
    page.get_by_text("nothing here").wait_for()
    page.get_by_role("link", name="Home").click()
    page.wait_for_function("window.__bailiwick.mounts === 2")
    wait_rev(page, 1)
    page.wait_for_function(f"{VIEW}.outbox.length === 0")
    assert 8 in codes(page)


def test_a_search_goes_to_a_county_and_a_town_by_keyboard(page: Any) -> None:
    page.locator(".bw-find input").fill("harris county, t")
    page.keyboard.press("Enter")
    page.wait_for_function(f"{VIEW}.map.getZoom() > 7")
    page.locator(".bw-find input").fill("denver, co")
    page.get_by_role("option", name="Denver, CO place").wait_for()
    page.get_by_role("option", name="Denver, CO place").click()
    page.wait_for_function(f"Math.abs({VIEW}.map.getCenter().lng + 104.98) < 0.2")


def test_a_burst_of_edits_loses_nothing_and_undo_gives_the_first_state(
    page: Any,
) -> None:
    before = codes(page)
    x, y = middle(page)
    page.keyboard.press("p")
    for i in range(EDITS):
        page.select_option(".bw-target", label=["Texas", "Florida"][i % 2])
        drag(page, [(x - 90 + 16 * i, y - 20), (x - 80 + 16 * i, y + 12)])
    wait_rev(page, EDITS)
    page.wait_for_function(f"{VIEW}.outbox.length === 0")
    assert {3, 8} & set(codes(page))
    assert codes(page) != before
    for _ in range(EDITS):
        page.keyboard.press("Control+z")
    wait_rev(page, 2 * EDITS)
    assert codes(page) == before
    assert page.evaluate("window.__bailiwick.mounts") == 1


def test_names_are_shown_as_text_and_never_run(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = open_page(map_url + "?names=storm")
    page.wait_for_function(DRAWN)
    shown = page.locator(".bw-name b").all_inner_texts()
    assert any("onerror" in name for name in shown)
    assert "{{ 6*7 }}" in shown
    assert page.evaluate("window.__ran") is None


def test_a_second_reader_sees_none_of_the_first_ones_edits(
    open_page: Callable[..., Any], map_url: str
) -> None:
    first, second = open_page(map_url), open_page(map_url)
    for page in (first, second):
        page.wait_for_function(DRAWN)
    box_and_apply(first, "Texas")
    wait_rev(first, 1)
    assert second.evaluate("window.__bailiwick.rev") == 0


SHEET = f"{VIEW}.layers.ground"
FARTHEST = f"""() => {{
  const c = {SHEET}.canvas, g = c.getContext("2d");
  const read = () => g.getImageData(0, 0, c.width, c.height).data;
  const part = read();
  {SHEET}.redraw();
  const whole = read();
  return part.reduce((far, v, i) => Math.max(far, Math.abs(v - whole[i])), 0);
}}"""


def test_what_is_drawn_again_in_part_is_what_the_whole_would_be(page: Any) -> None:
    x, y = middle(page)
    page.keyboard.press("p")
    page.select_option(".bw-target", label="California")
    drag(page, [(x - 40, y), (x + 40, y + 10)])
    wait_rev(page, 1)
    page.wait_for_function(f"!{SHEET}.wait && !{SHEET}.box")
    assert page.evaluate(FARTHEST) <= 16  # of 255: rounding where lines overlap
    page.evaluate(f"{VIEW}.state.codes.fill(3); {VIEW}.layers.assign([])")
    assert page.evaluate(FARTHEST) > 60


STORM = """async ([n, pause]) => {
  const view = window.__bailiwick.maps.map.view;
  for (let i = 0; i < n; i++) {
    view.aim(i % 12);
    view.choose([100 + 7 * i], false);
    view.apply();
    await new Promise((go) => setTimeout(go, pause * ((i * 37) % 11) / 10));
  }
}"""


def test_no_edit_is_lost_on_a_slow_server_whatever_the_pace(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = open_page(map_url + "?slow=0.25")
    page.wait_for_function(DRAWN)
    before = codes(page)
    done = 0
    for pause in (0, 30, 150, 400):
        page.evaluate(STORM, [12, pause])
        done += 12
        wait_rev(page, done)
        page.wait_for_function(f"{VIEW}.outbox.length === 0")
        for i in range(12):
            before[100 + 7 * i] = i
        assert codes(page) == before
    assert page.evaluate("window.__bailiwick.rev") == done


def test_what_was_selected_is_selected_again_when_the_page_is_reloaded(
    page: Any,
) -> None:
    x, y = middle(page)
    page.keyboard.press("b")
    drag(page, [(x - 50, y - 30), (x + 50, y + 60)])
    chosen = page.evaluate(f"{VIEW}.state.chosen.size")
    assert chosen > 10
    page.reload()
    page.wait_for_function(DRAWN)
    page.wait_for_function(f"{VIEW}.state.chosen.size === {chosen}")


def test_an_edit_the_server_had_not_answered_survives_a_reload(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = open_page(map_url + "?slow=0.2")
    page.wait_for_function(DRAWN)
    # The edit is made and the page is left in the same moment.
    page.evaluate(
        f"""() => {{
          const view = {VIEW};
          view.talk.close();
          view.aim(8);
          view.choose([100, 101], false);
          view.apply();
        }}"""
    )
    page.reload()
    page.wait_for_function(DRAWN)
    wait_rev(page, 1)
    page.wait_for_function(f"{VIEW}.outbox.length === 0")
    assert codes(page)[100:102] == [8, 8]
    shown = page.locator(".bw-toast").inner_text()
    assert shown == "Kept what was done just before this page was loaded: 1 edit."
    page.reload()
    page.wait_for_function(DRAWN)
    assert page.evaluate(f"{VIEW}.talk.restored") == 0
