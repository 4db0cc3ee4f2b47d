"""No edit is lost: a killed server, two windows, another page in between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import ROOT, Server, Watch

DRAWN = "window.__bailiwick && window.__bailiwick.patches > 0"
VIEW = "window.__bailiwick.maps.map.view"
REV = "window.__bailiwick.rev"
ANSWERED = f"{VIEW}.outbox.length === 0"
LONG_MS = 240_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, chromium: Any) -> Iterator[Server]:
    """The app with a home folder of its own, to be killed and started again."""
    running = Server(ROOT / "app.py", tmp_path_factory.mktemp("killed"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def page(browser: Any, server: Server) -> Iterator[Any]:
    """The Map page; while the server is down the browser may complain of that."""
    if not server.running:
        server.start()
    watch = Watch()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    watch.attach(page)
    page.set_default_timeout(LONG_MS)
    page.goto(server.url)
    page.wait_for_function(DRAWN)
    yield page
    context.close()
    assert watch.outside == []
    assert [e for e in watch.errors if "TypeError" in e or "not defined" in e] == []


def codes(page: Any) -> list[int]:
    return list(page.evaluate(f"Array.from({VIEW}.confirmed)"))


def rev(page: Any) -> int:
    return int(page.evaluate(REV))


def give(page: Any, row: int, to: int) -> None:
    page.evaluate(f"{VIEW}.aim({to}); {VIEW}.choose([{row}], false); {VIEW}.apply()")


def wait_rev(page: Any, number: int) -> None:
    page.wait_for_function(f"{REV} >= {number}")


def press(page: Any, keys: str, times: int) -> None:
    number = rev(page)
    for turn in range(times):
        page.keyboard.press(keys)
        wait_rev(page, number + turn + 1)


def test_edits_of_before_and_after_a_killed_server_are_all_kept(
    page: Any, server: Server
) -> None:
    start, before = rev(page), codes(page)
    wanted = [(row, (before[row] + 1) % 4) for row in (100, 200, 300)]
    give(page, *wanted[0])
    wait_rev(page, start + 1)
    server.kill()
    for row, to in wanted[1:]:
        give(page, row, to)
    assert page.evaluate(f"{VIEW}.outbox.length") == 2
    server.start()
    page.wait_for_function(ANSWERED)
    wait_rev(page, start + 3)
    after = codes(page)
    assert [after[row] for row, _ in wanted] == [to for _, to in wanted]
    assert rev(page) == start + 3
    press(page, "Control+z", 3)
    assert codes(page) == before


def test_a_page_loaded_while_its_edits_wait_keeps_them_over_a_kill(
    page: Any, server: Server
) -> None:
    start, before = rev(page), codes(page)
    server.kill()
    to = (before[100] + 1) % 4
    give(page, 100, to)
    server.start()
    page.reload()
    page.wait_for_function(DRAWN)
    wait_rev(page, start + 1)
    page.wait_for_function(ANSWERED)
    assert codes(page)[100] == to
    assert rev(page) == start + 1


def test_undo_and_redo_survive_a_killed_server(page: Any, server: Server) -> None:
    start, before = rev(page), codes(page)
    for row in (100, 200):
        give(page, row, (before[row] + 1) % 4)
    wait_rev(page, start + 2)
    done = codes(page)
    press(page, "Control+z", 1)
    server.kill()
    server.start()
    page.goto(server.url)
    page.wait_for_function(DRAWN)
    wait_rev(page, start + 3)
    page.locator(".bw-ground").focus()
    press(page, "Control+y", 1)
    assert codes(page) == done
    press(page, "Control+z", 2)
    assert codes(page) == before


def test_two_windows_keep_each_others_edits_and_refuse_a_clash(page: Any) -> None:
    start, before = rev(page), codes(page)
    other = page.context.new_page()
    other.set_default_timeout(LONG_MS)
    other.goto(page.url)
    other.wait_for_function(DRAWN)
    mine, theirs = (before[100] + 1) % 4, (before[200] + 1) % 4
    give(page, 100, mine)
    wait_rev(page, start + 1)
    give(other, 200, theirs)
    wait_rev(other, start + 2)
    assert [codes(other)[row] for row in (100, 200)] == [mine, theirs]
    mounts = page.evaluate("window.__bailiwick.mounts")
    # This window does not know of the other's move of unit 200.
    give(page, 200, (theirs + 1) % 4)
    page.get_by_text("this edit touches it too").first.wait_for()
    page.wait_for_function(ANSWERED)
    wait_rev(page, start + 2)
    assert [codes(page)[row] for row in (100, 200)] == [mine, theirs]
    assert page.evaluate("window.__bailiwick.mounts") == mounts


def test_after_another_page_the_plan_is_open_where_it_was(page: Any) -> None:
    start, before = rev(page), codes(page)
    give(page, 100, (before[100] + 1) % 4)
    wait_rev(page, start + 1)
    page.wait_for_function(ANSWERED)
    page.evaluate(
        f"{VIEW}.map.setZoom(6, {{ animate: false }});"
        f"{VIEW}.show({{ layers: {{ ...{VIEW}.state.layers, units: false }} }})"
    )
    owned = codes(page)
    page.get_by_role("link", name="Reps").click()
    page.wait_for_function("!window.__bailiwick.maps.map")
    page.get_by_role("link", name="Map").click()
    page.wait_for_function("window.__bailiwick.maps.map?.view")
    page.wait_for_function(f"{VIEW}.rev === {start + 1}")
    assert codes(page) == owned
    assert page.evaluate(f"{VIEW}.map.getZoom()") == 6
    assert page.evaluate(f"{VIEW}.state.layers.units") is False
