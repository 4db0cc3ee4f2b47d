"""What the map draws besides territories, in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

DRAWN = "window.__bailiwick && window.__bailiwick.patches > 0"
VIEW = "window.__bailiwick.maps.map.view"
COLOR_AT = f"""([lon, lat]) => {{
  const v = {VIEW}, under = v.overlays.under, r = under.canvas.width / under.view.width;
  const p = v.map.project([lat, lon]);
  const at = [p.x - under.view.ox, p.y - under.view.oy].map((c) => Math.round(c * r));
  return Array.from(under.canvas.getContext("2d").getImageData(...at, 1, 1).data);
}}"""


def drawn(open_page: Callable[..., Any], url: str) -> Any:
    page = open_page(url)
    page.wait_for_function(DRAWN)
    return page


def legend(page: Any) -> str:
    return str(page.locator(".bw-legend").inner_text())


def over(page: Any, lon: float, lat: float) -> None:
    spot = page.evaluate(
        f"([x, y]) => {VIEW}.map.latLngToContainerPoint([y, x])", [lon, lat]
    )
    box = page.locator(".bw-ground").bounding_box()
    page.mouse.move(box["x"] + spot["x"], box["y"] + spot["y"])


def test_overlays_come_and_go_without_a_new_map(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = drawn(open_page, map_url + "?overlays=1")
    page.get_by_text("bands", exact=True).click()
    page.wait_for_function(f"{VIEW}.overlays.list.length === 2")
    assert "within 3 hours" in legend(page)
    page.get_by_text("route", exact=True).click()
    page.wait_for_function(f"{VIEW}.overlays.list.length === 5")
    assert "within 3 hours" not in legend(page)
    assert "Ana, Tuesday" in legend(page)
    assert "stop, in order" in legend(page)
    page.get_by_text("route", exact=True).click()
    page.wait_for_function(f"{VIEW}.overlays.list.length === 0")
    assert page.evaluate("window.__bailiwick.mounts") == 1


def test_a_shorter_band_lies_on_a_longer_one_and_holes_stay_open(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = drawn(open_page, map_url + "?overlays=1")
    page.get_by_text("bands", exact=True).click()
    page.wait_for_function(f"{VIEW}.overlays.under?.view")
    inner, outer, hole, far = (
        page.evaluate(COLOR_AT, spot)
        for spot in ([-105, 39.7], [-105, 42.2], [-103, 39.7], [-90, 39.7])
    )
    assert inner[:3] == pytest.approx([0x2A, 0x9D, 0x8F], abs=4)
    assert outer[:3] == pytest.approx([0xE9, 0xC4, 0x6A], abs=4)
    assert inner[3] == outer[3] > 50
    assert hole[3] == far[3] == 0


def test_a_layer_of_overlays_is_switched_off_and_stops_tell_their_name_as_text(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = drawn(open_page, map_url + "?overlays=1")
    page.get_by_text("route", exact=True).click()
    page.wait_for_function(f"{VIEW}.overlays.list.length === 5")
    over(page, -102, 40.2)
    page.wait_for_function("!document.querySelector('.bw-tip').hidden")
    assert "onerror" in page.locator(".bw-tip").inner_text()
    assert "Stop 1" in page.locator(".bw-tip").inner_text()
    assert page.evaluate("window.__ran") is None
    page.get_by_role("button", name="Layers").click()
    page.get_by_label("Stops and points").uncheck()
    assert "stop, in order" not in legend(page)
    assert "Ana, Tuesday" in legend(page)


def test_a_fill_shows_a_measure_in_classes_and_its_legend(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = drawn(open_page, map_url)
    page.get_by_role("button", name="Layers").click()
    page.get_by_label("Measure the fill shows").select_option("by revenue")
    shown = legend(page)
    assert "Revenue by county" in shown
    assert "up to $" in shown
    assert "past $" in shown
    unit = page.evaluate(
        f"""() => {{ const {{ scene }} = {VIEW}, box = scene.units.unitBox;
          const of = scene.shades[scene.shadeAt("by revenue")];
          const wide = (u) => box[4 * u + 2] - box[4 * u] > 3 * scene.unitSpan;
          return of.findIndex((level, u) => level === 5 && wide(u)); }}"""
    )
    page.wait_for_function(
        f"""(u) => {{ const v = {VIEW}, {{ canvas, view }} = v.layers.ground;
          const r = canvas.width / view.width, at = ["X", "Y"].map((axis, i) =>
            (v.scene["anchor" + axis][u] * view.k - (i ? view.oy : view.ox)) * r);
          const c = canvas.getContext("2d")
            .getImageData(...at.map(Math.round), 1, 1).data;
          return Math.abs(c[0] - 0x0c) < 40 && Math.abs(c[2] - 0x6b) < 40; }}""",
        arg=unit,
    )
    page.mouse.move(*page.evaluate(
        f"""(u) => {{ const v = {VIEW}, o = v.map.getPixelOrigin(), b =
          v.map.getContainer().getBoundingClientRect();
          const k = 256 * 2 ** v.map.getZoom() / 2 ** 24;
          const p = v.map.layerPointToContainerPoint(
            [v.scene.anchorX[u] * k - o.x, v.scene.anchorY[u] * k - o.y]);
          return [b.x + p.x, b.y + p.y]; }}""", unit))  # fmt: skip
    page.wait_for_function(
        "document.querySelector('.bw-tip').innerText.includes('Revenue: past')"
    )
    page.get_by_label("Territories", exact=True).check()
    assert "Revenue by county" not in legend(page)


def boxes(page: Any, selector: str) -> list[list[float]]:
    """Left, top, right and bottom of each element that is shown."""
    found: list[list[float]] = page.locator(selector).evaluate_all(
        """all => all.map((e) => e.getBoundingClientRect()).filter((b) => b.width)
          .map((b) => [b.left, b.top, b.right, b.bottom])"""
    )
    return found


def test_labels_lie_on_no_other_and_under_no_panel(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = drawn(open_page, map_url)
    page.wait_for_function("document.querySelectorAll('.bw-name').length > 5")
    labels = boxes(page, ".bw-name")
    others = boxes(page, ".bw-tools, .bw-find, .bw-legend, .leaflet-control-zoom")
    assert len(others) == 4
    for i, (left, top, right, bottom) in enumerate(labels):
        for x0, y0, x1, y1 in labels[i + 1 :] + others:
            apart = right <= x0 or left >= x1 or bottom <= y0 or top >= y1
            assert apart, (i, left, top)


def test_labels_make_way_for_the_legend_when_the_bar_lifts_it(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = drawn(open_page, map_url)
    low = boxes(page, ".bw-legend")[0]
    click_middle(page)
    page.locator(".bw-bar").wait_for()
    assert boxes(page, ".bw-legend")[0][3] < low[3]
    page.wait_for_function(
        """() => {
          const l = document.querySelector(".bw-legend").getBoundingClientRect();
          return [...document.querySelectorAll(".bw-name")].every((name) => {
            const n = name.getBoundingClientRect();
            return n.right <= l.left || n.left >= l.right || n.bottom <= l.top ||
              n.top >= l.bottom; }); }"""
    )


def test_the_busiest_and_the_quietest_are_named_however_small_they_are(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = drawn(open_page, map_url)
    extremes = page.evaluate(
        f"""() => {{ const all = [...{VIEW}.state.territories.values()]
          .sort((a, b) => b.hours / b.capacity_h - a.hours / a.capacity_h);
          return [all[0].name, all.at(-1).name]; }}"""
    )
    for zoom in (3, 4):
        page.evaluate(f"{VIEW}.map.setZoom({zoom}, {{ animate: false }})")
        shown = page.locator(".bw-name b").all_inner_texts()
        assert set(extremes) <= set(shown)


def test_the_legend_tells_what_is_drawn_at_this_zoom(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = drawn(open_page, map_url + "?accounts=40000")
    zoom = "{VIEW}.map.setView([39.5, -98], {}, {{ animate: false }})"
    page.evaluate(zoom.format(3, VIEW=VIEW))
    assert "county border" not in legend(page)
    assert "a dot may be several" in legend(page)
    page.evaluate(zoom.format(9, VIEW=VIEW))
    assert "county border" in legend(page)
    assert "a dot may be several" not in legend(page)
    page.get_by_role("button", name="Layers").click()
    page.get_by_label("Unit borders").uncheck()
    assert "county border" not in legend(page)
    page.get_by_label("Accounts", exact=True).uncheck()
    assert "customer" not in legend(page)


def test_thirty_thousand_units_are_drawn_and_edited_by_the_same_layers(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = open_page(map_url + "?units=zip")
    page.wait_for_function(DRAWN, timeout=120_000)
    assert page.evaluate(f"{VIEW}.scene.units.nUnits") > 30_000
    assert page.evaluate("performance.memory.usedJSHeapSize") < 150e6
    assert "ZIP area border" not in legend(page)
    page.evaluate(f"{VIEW}.map.setView([39.7, -98], 9, {{ animate: false }})")
    assert "ZIP area border" in legend(page)
    texas = f"{VIEW}.confirmed.filter((code) => code === 8).length"
    before = page.evaluate(texas)
    page.locator(".bw-ground").focus()
    page.keyboard.press("s")
    click_middle(page)
    page.locator(".bw-target").select_option(label="Texas")
    page.get_by_role("button", name="Apply", exact=True).click()
    page.wait_for_function("window.__bailiwick.rev >= 1", timeout=60_000)
    assert page.evaluate(texas) == before + 1


def test_dots_show_a_measure_by_size_or_shade(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = drawn(open_page, map_url)
    page.get_by_role("button", name="Layers").click()
    page.get_by_label("Measure of the dots").select_option("revenue")
    assert "Revenue: up to $" in legend(page)
    sides = page.locator(".bw-legend .bw-dots i").evaluate_all(
        "dots => dots.map((d) => d.offsetWidth)"
    )
    assert sides == sorted(set(sides))
    page.get_by_label("How dots show it").select_option("shade")
    sides = page.locator(".bw-legend .bw-dots i").evaluate_all(
        "dots => dots.map((d) => d.offsetWidth)"
    )
    assert len(set(sides)) == 1
    assert {"customer", "lead"} <= set(legend(page).split("\n"))


def click_middle(page: Any) -> None:
    box = page.locator(".bw-ground").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_a_territory_is_renamed_and_recoloured_where_it_is_seen(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = drawn(open_page, map_url)
    click_middle(page)
    page.get_by_role("button", name="Name and colour").click()
    page.get_by_label("Name of the territory").fill("High Plains <b>")
    page.keyboard.press("Enter")
    page.wait_for_function("window.__bailiwick.rev >= 1")
    assert "High Plains <b>" in page.locator(".bw-name b").all_inner_texts()
    page.locator(".bw-ground").focus()
    page.keyboard.press("n")
    wanted = page.locator(
        ".bw-swatches button:not([disabled])[aria-pressed=false]"
    ).first
    color = wanted.get_attribute("data-color")
    wanted.click()
    page.wait_for_function("window.__bailiwick.rev >= 2")
    assert page.evaluate(f"{VIEW}.focused().color") == color
    assert page.locator(".bw-swatches [aria-pressed=true]").get_attribute(
        "data-color"
    ) == color  # fmt: skip
    page.keyboard.press("Escape")
    page.locator(".bw-ground").focus()
    page.keyboard.press("Control+z")
    page.wait_for_function("window.__bailiwick.rev >= 3")
    assert page.evaluate(f"{VIEW}.focused().color") != color


def test_colours_of_neighbours_cannot_be_taken(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = drawn(open_page, map_url)
    click_middle(page)
    page.wait_for_function(f"{VIEW}.focused()")
    beside = page.evaluate(f"[...{VIEW}.colorsBeside({VIEW}.state.selected)]")
    hues = page.evaluate(
        f"[...{VIEW}.state.territories.values()].map((t) => [t.name, t.color])"
    )
    names = {name for name, color in hues if color.lower() in beside}
    assert {"Mountain", "Texas", "Chicago"} <= names
    assert not names & {"Plains", "Florida", "California"}


def test_names_of_a_hundred_thousand_accounts_come_when_one_is_pointed_at(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = drawn(open_page, map_url + "?accounts=40000")
    assert page.evaluate(f"{VIEW}.scene.accountNames.length") == 0
    page.locator(".bw-find input").fill("account 1234")
    page.get_by_role("option", name="Account 12345 account").wait_for()
    assert page.evaluate(f"{VIEW}.scene.accountNames.length") == 40000
    assert page.evaluate("window.__bailiwick.mounts") == 1


class TileServer(ThreadingHTTPServer):
    """A stand-in that gives one grey pixel and writes down what it was asked."""

    asked: list[str]
    PIXEL = bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49"
        "444154789c6358b56a1500040001ff111d3f500000000049454e44ae426082"
    )


class Handler(BaseHTTPRequestHandler):
    server: TileServer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(TileServer.PIXEL)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def tiles() -> Iterator[TileServer]:
    server = TileServer(("127.0.0.1", 0), Handler)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def zoom_by_wheel(page: Any) -> None:
    box = page.locator(".bw-ground").bounding_box()
    page.mouse.move(box["x"] + 600, box["y"] + 300)
    zoom = page.evaluate(f"{VIEW}.map.getZoom()")
    page.mouse.wheel(0, -300)
    page.wait_for_function(f"{VIEW}.map.getZoom() > {zoom} + 0.5")
    page.wait_for_function(f"!{VIEW}.map._animatingZoom")


def test_streets_are_asked_for_after_a_yes_and_never_after_its_withdrawal(
    open_page: Callable[..., Any], map_url: str, tiles: TileServer
) -> None:
    url = f"{map_url}?tiles={tiles.server_port}"
    page = drawn(open_page, url)
    page.get_by_role("button", name="Layers").click()
    box = page.get_by_label("Streets (asks 127.0.0.1")
    box.check()
    assert "never accounts" in page.locator(".bw-ask").inner_text()
    zoom_by_wheel(page)
    page.get_by_role("button", name="No", exact=True).click()
    assert not box.is_checked()
    zoom_by_wheel(page)
    assert tiles.asked == []
    assert "127.0.0.1" not in str(page.evaluate(f"{VIEW}.streets.told.url"))

    box.check()
    page.get_by_role("button", name="Show streets").click()
    page.wait_for_function(f"{VIEW}.state.streets")
    assert tiles.asked
    assert all(path.count("/") == 3 for path in tiles.asked)
    credit = page.locator(".leaflet-control-attribution")
    assert "Streets: <b>us</b>" in credit.inner_text()

    page.get_by_role("button", name="Withdraw").click()
    page.wait_for_function(f"!{VIEW}.streets.told.agreed")
    assert "Streets:" not in credit.inner_text()
    page.wait_for_timeout(200)
    asked = len(tiles.asked)
    zoom_by_wheel(page)
    page.wait_for_timeout(300)
    assert len(tiles.asked) == asked
    assert page.evaluate("window.__bailiwick.mounts") == 1

    again = drawn(open_page, url)
    zoom_by_wheel(again)
    again.wait_for_timeout(300)
    assert len(tiles.asked) == asked


def test_streets_are_off_in_a_new_window_though_somebody_agreed(
    open_page: Callable[..., Any], map_url: str, tiles: TileServer
) -> None:
    url = f"{map_url}?tiles={tiles.server_port}"
    page = drawn(open_page, url)
    page.get_by_role("button", name="Layers").click()
    page.get_by_label("Streets (asks 127.0.0.1").check()
    page.get_by_role("button", name="Show streets").click()
    page.wait_for_function(f"{VIEW}.state.streets")
    page.wait_for_function(f"!{VIEW}.streets.layer.isLoading()")
    asked = len(tiles.asked)
    other = drawn(open_page, url)
    zoom_by_wheel(other)
    other.wait_for_timeout(300)
    assert len(tiles.asked) == asked
    other.get_by_role("button", name="Layers").click()
    other.get_by_label("Streets (asks 127.0.0.1").check()
    other.wait_for_function(f"{VIEW}.state.streets")
    assert len(tiles.asked) > asked


def test_layers_are_switched_by_keyboard_alone(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = drawn(open_page, map_url)
    page.locator(".bw-ground").focus()
    page.keyboard.press("v")
    assert page.evaluate("document.activeElement.value") == "territories"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(f"{VIEW}.state.fill") == "load"
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "accounts":
            break
    page.keyboard.press("Space")
    assert "customer" not in legend(page)
    page.keyboard.press("Escape")
    assert page.locator(".bw-menu").is_hidden()
    focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused == "Layers (V)"


def test_the_legend_names_all_that_is_drawn(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = drawn(open_page, map_url + "?overlays=1")
    page.get_by_text("route", exact=True).click()
    page.get_by_role("button", name="Layers").click()
    page.get_by_label("Today's territories").check()
    page.wait_for_function(f"{VIEW}.overlays.list.length === 5")
    shown = legend(page)
    for text in (
        "12 territories",
        "under 70 %",
        "past 100 %",
        "territory border",
        "customer",
        "lead",
        "today's border",
        "Ana, Tuesday",
        "stop, in order",
        "office",
    ):
        assert text in shown
    page.get_by_role("checkbox", name="Legend").uncheck()
    assert page.locator(".bw-legend").is_hidden()


def test_leads_are_rings_at_every_size(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = drawn(open_page, map_url)
    middles = page.evaluate(
        f"""() => [1, 2.5, 5].flatMap((zoom) => {{
          const v = {VIEW}, dots = v.layers.accounts;
          v.map.setZoom(v.map.getZoom() + zoom, {{ animate: false }});
          const [disc, ring] = [...dots.stamps.values()].at(-1);
          const middle = ({{ data, width }}) => data[4 * (width * width >> 1)];
          return [[middle(disc), middle(ring)]]; }})"""
    )
    assert all(ring > disc + 100 for disc, ring in middles)


def test_pieces_of_a_cut_keep_the_shade_of_their_unit(
    open_page: Callable[..., Any], map_url: str
) -> None:
    page = drawn(open_page, map_url)
    page.get_by_role("button", name="Layers").click()
    page.get_by_label("Measure the fill shows").select_option("by accounts")
    page.keyboard.press("Escape")
    before = page.evaluate(f"{VIEW}.scene.units.nUnits")
    box = page.locator(".bw-ground").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.keyboard.press("k")
    page.select_option(".bw-target", label="Texas")
    for dx, dy in ((-60, -40), (60, -30), (50, 45), (-50, 40)):
        page.mouse.click(x + dx, y + dy)
    page.keyboard.press("Enter")
    page.wait_for_function(f"{VIEW}.confirmed.length > {before}")
    page.wait_for_function(f"{VIEW}.layers.shadedAs >= 0")
    wrong = page.evaluate(
        f"""(n) => {{ const {{ scene }} = {VIEW}, of = scene.shades[0];
          const parents = new Map(scene.header.units.slice(0, n).map((u, i) => [u, i]));
          return scene.header.units.slice(n).filter((name, i) =>
            of[n + i] !== of[parents.get(name.replace(/, part$/, ""))]); }}""",
        before,
    )
    assert wrong == []
