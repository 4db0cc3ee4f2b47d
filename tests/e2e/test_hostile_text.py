"""Names that are programs: shown on every page of the app, run on none."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from data.library import remember_plan
from data.sqlite import open_sqlite
from geo.frames import ACCOUNTS, REPS, Accounts, Reps
from tests.e2e.conftest import ROOT, Server
from ui.grounds import bring_in
from ui.session import first_plan

DRAWN = "window.__bailiwick && window.__bailiwick.patches > 0"
VIEW = "window.__bailiwick.maps.map.view"
LONG_MS = 240_000
FAR = "http://evil.example"
PAYLOADS = (
    "<img src=x onerror=\"window.__ran='img'\">",
    "<svg onload=\"window.__ran='svg'\">",
    "</script><script>window.__ran='script'</script>",
    "`;window.__ran='tick';`",
    "${window.__ran='dollar'}",
    "{{ 6*7 }}|{{ cycler.__init__.__globals__.os.getpid() }}",
    "{% print(6*7) %}|",
    "&lt;img src=x onerror=window.__ran='entity'&gt;",
    "[read](javascript:window.__ran='link')",
    f"![seen]({FAR}/seen.png)",
    f"'\"><iframe src='{FAR}'></iframe>",
    ":red[x] $\\href{javascript:window.__ran=1}{y}$",
    f'=HYPERLINK("{FAR}")',
)
N = 52
KEPT = ("account_id", "country", "stage", "match", "unit_id", "owner", "territory")
"""Text columns the program itself fills, or whose values mean something to it."""

OUT = f"""() => [...document.querySelectorAll("body *")].flatMap((e) =>
  [...e.attributes]
    .filter((a) => (/^on/.test(a.name) && /__ran/.test(a.value)) ||
      (/^(src|href|action|data)$/.test(a.name) &&
       /__ran|javascript:|^{FAR.replace("/", ".")}/.test(a.value)))
    .map((a) => e.tagName + " " + a.name + " " + a.value))"""
"""What of the texts has become part of the page instead of staying text."""


def accounts() -> Accounts:
    """Accounts on a grid over Ohio, a program in every column of text."""
    turn = itertools.cycle(PAYLOADS)
    texts = [c.name for c in ACCOUNTS if c.kind == "text" and c.name not in KEPT]
    columns = {name: [f"{next(turn)}" for _ in range(N)] for name in texts}
    owners = [PAYLOADS[i % 4] for i in range(N)]
    numbers = {
        "revenue": np.linspace(1e3, 9e4, N),
        "visits": np.full(N, 12.0),
        "visit_min": np.full(N, 45.0),
        "workload_h": np.linspace(5.0, 60.0, N),
    }
    at = np.arange(N)
    return gpd.GeoDataFrame(
        {**columns, "owner": owners, "territory": owners, **numbers},
        index=pd.Index([f"{PAYLOADS[i % 13]} {i}" for i in at], name="account_id"),
        geometry=gpd.points_from_xy(-84.4 + 0.4 * (at % 8), 38.7 + 0.4 * (at // 8)),
        crs="EPSG:4326",
    ).assign(country="US", stage="customer", match="rooftop")


def reps() -> Reps:
    """One rep a territory, programs again."""
    kept = ("rep_id", "territory", "day_start", "day_end", "timezone")
    texts = [c.name for c in REPS if c.kind == "text" and c.name not in kept]
    return gpd.GeoDataFrame(
        {
            **{name: list(PAYLOADS[4:8]) for name in texts},
            "territory": list(PAYLOADS[:4]),
            "capacity_h": [700.0, 100.0, 900.0, 300.0],
        },
        index=pd.Index([f"{PAYLOADS[i]} {i}" for i in range(4)], name="rep_id"),
        geometry=gpd.points_from_xy([-84, -83, -82, -83], [39, 39, 40, 40.5]),
        crs="EPSG:4326",
    )


def areas() -> bytes:
    """Squares named like programs."""
    corners = itertools.product(
        np.arange(-84.6, -81.2, 0.4), np.arange(38.5, 41.7, 0.4)
    )
    squares = [shapely.box(x, y, x + 0.4, y + 0.4) for x, y in corners]
    turn = itertools.cycle(PAYLOADS)
    names = [next(turn) for _ in squares]
    frame = gpd.GeoDataFrame(
        {
            "id": [f"{name} {i}" for i, name in enumerate(names)],
            "name": names,
            "state": names,
        },
        geometry=squares,
        crs="EPSG:4326",
    )
    return str(frame.to_json()).encode()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, chromium: Path) -> Iterator[str]:
    """The app over accounts, areas, reps and territories named like programs."""
    server = Server(ROOT / "app.py", tmp_path_factory.mktemp("hostile"))
    home = server.folder / "home"
    store = open_sqlite(home / "plans.sqlite")
    ground = bring_in(
        home,
        PAYLOADS[0],
        accounts(),
        kind="file",
        areas=("areas.geojson", areas()),
        reps=reps(),
    )
    remember_plan(home, first_plan(store, ground))
    store.close()
    try:
        server.start()
        yield server.url
    finally:
        server.stop()


@pytest.fixture
def page(open_page: Callable[..., Any], url: str) -> Any:
    page = open_page(url, width=1440, height=900)
    page.set_default_timeout(LONG_MS)
    page.wait_for_function(DRAWN)
    return page


def still(page: Any) -> None:
    """Wait until the page is still: lists close when it is written anew."""
    page.wait_for_timeout(300)
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")
    page.wait_for_timeout(300)


def sound(page: Any) -> None:
    """Wait until the page is still; nothing ran, nothing became a tag."""
    still(page)
    assert page.evaluate("window.__ran") is None
    assert page.evaluate(OUT) == []
    text = page.locator("body").inner_text()
    assert "42|" not in text
    assert "Traceback" not in text
    assert not page.get_by_test_id("stException").count()


def go(page: Any, name: str) -> None:
    page.get_by_test_id("stTopNavLink").filter(has_text=name).first.click()


def tab(page: Any, name: str) -> None:
    page.get_by_role("tab", name=name).first.click()
    page.locator(f"[role=tab][aria-selected=true]:has-text('{name}')").wait_for()


def choose(page: Any, key: str, number: int = 0) -> str:
    still(page)
    page.locator(f".st-key-{key} input").click()
    option = page.get_by_role("option").nth(number)
    text: str = option.inner_text()
    option.click()
    return text


def hover_everywhere(page: Any) -> set[str]:
    """Point at places all over the map; give what the tooltip said."""
    box = page.locator(".bw-ground").bounding_box()
    seen = set()
    for i, j in itertools.product(range(1, 9), range(1, 7)):
        page.mouse.move(box["x"] + box["width"] * i / 9, box["y"] + 600 * j / 7)
        if page.locator(".bw-tip").is_visible():
            seen |= set(page.locator(".bw-tip > *").all_inner_texts())
    return seen


def test_the_map_page_shows_programs_as_names(page: Any) -> None:
    sound(page)
    shown = set(page.locator(".bw-name b").all_inner_texts())
    assert shown & set(PAYLOADS)
    assert hover_everywhere(page) & set(PAYLOADS)
    page.locator(".bw-ground").focus()
    page.keyboard.press("v")
    sound(page)
    page.keyboard.press("Escape")
    for text in ("img", "script", "{{", "${", "hyperlink"):
        page.locator(".bw-find input").fill(text)
        page.get_by_role("option").first.wait_for()
        sound(page)
    page.keyboard.press("Escape")
    for turn, key in enumerate(("b", "a")):
        page.locator(".bw-ground").focus()
        page.keyboard.press(key)
        page.keyboard.press("b")
        box = page.locator(".bw-ground").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x - 90, y - 90)
        page.mouse.down()
        page.mouse.move(x + 90, y + 90, steps=5)
        page.mouse.up()
        page.locator(".bw-target").select_option(index=2 + turn)
        page.wait_for_function(
            "document.querySelector('.bw-effect').textContent.includes('to')"
        )
        sound(page)
        page.locator(".bw-apply").click()
        page.wait_for_function(f"{VIEW}.outbox.length === 0")
        sound(page)


def test_the_panels_beside_the_map_show_programs_as_names(page: Any) -> None:
    tab(page, "Move")
    first = choose(page, "hand_units", 1)
    assert any(payload in first for payload in PAYLOADS)
    page.keyboard.press("Escape")
    choose(page, "hand_to", 1)
    page.locator(".st-key-effect").wait_for()
    sound(page)
    page.locator(".st-key-effect_apply button").click()
    page.locator(".bw-status").filter(has_text="Move").wait_for(state="attached")
    sound(page)
    page.get_by_text("Single accounts").click()
    choose(page, "hand_accounts", 1)
    page.keyboard.press("Escape")
    choose(page, "hand_to", 2)
    page.locator(".st-key-effect").wait_for()
    sound(page)
    for name in ("Mend", "Charts", "Territories"):
        tab(page, name)
        sound(page)
    for name in ("compare", "propose"):
        page.locator(f".st-key-frame_{name} button").click()
        sound(page)
        page.locator(f".st-key-frame_{name} button").click()
        sound(page)
    page.locator(".st-key-frame_plans button").click()
    page.locator(".st-key-frame_copy input").wait_for()
    sound(page)


def test_the_other_pages_show_programs_as_names(page: Any, tmp_path: Path) -> None:
    go(page, "Reps")
    page.get_by_role("heading", name="Reps").wait_for()
    sound(page)
    choose(page, "give_territory")
    choose(page, "give_rep")
    page.locator(".st-key-give_button button").click()
    sound(page)
    go(page, "Routes")
    page.locator(".st-key-routes_top").wait_for()
    sound(page)
    page.get_by_text("Weeks", exact=True).first.click()
    sound(page)
    go(page, "Accounts")
    page.get_by_role("heading", name="Accounts").wait_for()
    sound(page)
    path = tmp_path / "accounts.csv"
    table = pd.DataFrame(accounts().drop(columns="geometry"))
    table = table.assign(lat=accounts().geometry.y, lon=accounts().geometry.x)
    table.assign(**{PAYLOADS[0]: PAYLOADS[1]}).to_csv(path)
    page.locator(".st-key-accounts_file input[type=file]").set_input_files(path)
    page.get_by_role("tab", name="Columns").wait_for()
    for name in ("Columns", "By address", "On the map", "To look at"):
        tab(page, name)
        sound(page)
    page.get_by_role("button", name="Use these accounts").click()
    page.wait_for_function(DRAWN)
    sound(page)
    go(page, "Export")
    page.get_by_role("heading", name="Export").wait_for()
    choose(page, "export_territories", 1)
    sound(page)


def test_a_web_page_that_is_exported_runs_nothing(
    page: Any, open_page: Callable[..., Any], tmp_path: Path
) -> None:
    go(page, "Export")
    page.get_by_role("heading", name="Export").wait_for()
    page.get_by_text("With the accounts").click()
    sound(page)
    for suffix in ("html", "geojson"):
        with page.expect_download() as waited:
            page.locator(f".st-key-export_-{suffix} button").click()
        waited.value.save_as(tmp_path / f"plan.{suffix}")
    kept = json.loads((tmp_path / "plan.geojson").read_text(encoding="utf-8"))
    names = {f["properties"].get("name") for f in kept["features"]}
    assert names & set(PAYLOADS)
    alone = open_page((tmp_path / "plan.html").as_uri())
    alone.locator("#rows tr").first.wait_for()
    for row in alone.locator("#rows tr").all():
        row.click()
        row.hover()
    assert alone.evaluate("window.__ran") is None
    assert alone.evaluate(OUT) == []
    assert "42|" not in alone.locator("body").inner_text()
