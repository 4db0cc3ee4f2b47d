"""Measure the map in a real browser, with real mouse events, and a peer beside it.

python -m benchmarks.map [--browser /usr/bin/chromium] [--no-peer] --out results.csv

It is the app itself, its Map page with the plan store behind it. An edit is timed in
the page: from the moment the mouse button is let go until the map shows the server's
revision, and until the line after the scorecard does. streamlit-folium, the peer, draws
the same counties and accounts; it is timed from click to both.

Each row has the target it is held to, if it has one, and whether it is reached. All
sums are of wall time: on a busy machine read what lies above the empty fragment, and
the rows of load at the start and the end. It takes about seven minutes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from benchmarks.map_home import make_home
from data.library import last_plan
from data.sqlite import open_sqlite

ROOT = Path(__file__).resolve().parent.parent
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--enable-precise-memory-info",
)
VIEW = "window.__bailiwick.maps.map.view"
DRAWN = "window.__bailiwick && window.__bailiwick.patches > 0"
EDITS = 20
JOURNEY = 50
JOURNEY_ACCOUNTS = 10_000
GROUNDS = (
    ("3,100 units, 10k", "county", 10_000),
    ("3,100 units, 100k", "county", 100_000),
    ("33,000 units, 100k", "zip", 100_000),
)
TARGETS: Mapping[str, Mapping[str, float]] = {
    "3,100 units, 10k": {
        "edit to map p50 ms": 150,
        "edit to scorecard p50 ms": 150,
        "scorecard above an empty fragment ms": 40,
        "KB an edit": 10,
    },
    "3,100 units, 100k": {
        "edit to map p50 ms": 300,
        "edit to scorecard p50 ms": 300,
        "scorecard above an empty fragment ms": 120,
        "KB an edit": 10,
        "Python apply + scorecard p50 ms": 15,
        "first map warm s": 2,
        "first map MB": 1.5,
    },
    "33,000 units, 100k": {
        "KB an edit": 70,
        "first map warm s": 4,
        "zoom ms": 150,
        "heap MB": 150,
    },
    "journey, 10k": {
        "edits lost": 0,
        "remounts": 0,
        "outside requests": 0,
        "console errors": 0,
        "first state differs after 50 undos": 0,
        "first state differs in the store": 0,
        "page change and back s": 1,
    },
}
"""What each row may be at most."""

SLOW_MS = 180_000
MISSED_MS = 20_000

RELEASED = """() => addEventListener(
  "pointerup", () => (window.__released = performance.now()), true)"""

WATCH = """(rev) => new Promise((done) => {
  const began = performance.now();
  const at = { map: null, card: null };
  const look = () => {
    if (at.map === null && window.__bailiwick.rev >= rev) at.map = performance.now();
    const told = Number(document.querySelector(".bw-status")?.dataset.rev ?? -1);
    if (at.card === null && told >= rev) at.card = performance.now();
    if (at.map !== null && at.card !== null) {
      done([at.map - window.__released, at.card - window.__released]);
    } else if (performance.now() - began > 60000) done(null);
    else setTimeout(look, 2);
  };
  look();
})"""

REV = "window.__bailiwick.rev"
SETTLED = f"{VIEW}.outbox.length === 0"


class Page:
    """One page of the browser, and what it sends, receives and complains about."""

    def __init__(self, browser: Any, url: str) -> None:
        self.page = browser.new_context(
            viewport={"width": 1280, "height": 860}
        ).new_page()
        self.bytes = 0
        self.errors: list[str] = []
        self.outside: list[str] = []
        self.page.set_default_timeout(SLOW_MS)
        self.page.on("websocket", self._listen)
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.page.on("console", self._console)
        self.page.on("request", self._request)
        address = urlsplit(url)
        assert address.port is not None
        self.wire = Wire(address.port)
        self.page.goto(address._replace(netloc=f"127.0.0.1:{self.wire.port}").geturl())

    def _listen(self, socket: Any) -> None:
        def count(frame: Any) -> None:
            self.bytes += len(frame)

        socket.on("framereceived", count)
        socket.on("framesent", count)

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _request(self, request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.outside.append(request.url)

    def close(self) -> None:
        """Close the page and its profile."""
        self.page.context.close()
        self.wire.close()


def alone(folder: Path) -> Path:
    """Put the pages beside the app in a folder with its files and settings."""
    for part in ("static", ".streamlit"):
        shutil.copytree(ROOT / part, folder / part)
    return Path(shutil.copy(ROOT / "benchmarks" / "map_page.py", folder))


class Wire:
    """A port in front of a server's that counts what passes, both ways, as it is sent.

    The browser tells the size of messages before they are compressed.
    """

    def __init__(self, port: int) -> None:
        self.bytes = 0
        self._to = port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        Thread(target=self._admit, daemon=True).start()

    def close(self) -> None:
        """Let nobody in any more."""
        self._door.close()

    def _admit(self) -> None:
        while True:
            try:
                guest, _ = self._door.accept()
                host = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                return
            for ends in ((guest, host), (host, guest)):
                for end in ends:
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while part := source.recv(1 << 16):
                self.bytes += len(part)
                sink.sendall(part)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return


@contextmanager
def served(script: Path, home: Path) -> Iterator[str]:
    """Run a page on a free port with the app's settings; give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    options = {"server.port": port, "server.headless": "true"}
    command += [f"--{name}={value}" for name, value in options.items()]
    with subprocess.Popen(
        command,
        cwd=script.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), "BAILIWICK_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        url = f"http://127.0.0.1:{port}/"
        try:
            _wait(url)
            yield url
        finally:
            server.terminate()


def _wait(url: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url + "_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def floor(browser: Any, url: str) -> dict[str, float]:
    """Time an empty fragment: click to new text."""
    page = Page(browser, url + "?host=empty")
    page.page.get_by_text("rev 0").wait_for()
    times = []
    for rev in range(1, EDITS + 1):
        times.append(
            page.page.evaluate(
                """(rev) => new Promise((done) => {
                  const began = performance.now();
                  document.querySelector("[data-testid=stButton] button").click();
                  const look = () => document.body.innerText.includes(`rev ${rev}`)
                    ? done(performance.now() - began) : setTimeout(look, 2);
                  look();
                })""",
                rev,
            )
        )
    page.close()
    return {"empty fragment p50 ms": statistics.median(times)}


def edits(browser: Any, url: str) -> dict[str, float]:
    """Time the first map, painted strokes, zooming; count bytes and faults."""
    cold = Page(browser, url)
    cold.page.wait_for_function(DRAWN)
    cold.close()
    began = time.perf_counter()
    page = Page(browser, url)
    page.page.wait_for_function(DRAWN)
    first_s, first_bytes = time.perf_counter() - began, page.bytes
    page.page.wait_for_timeout(2000)
    page.page.evaluate(RELEASED)
    page.page.locator(".bw-ground").focus()
    page.page.keyboard.press("p")
    first = page.page.evaluate(REV)
    map_ms, card_ms, sizes, whole = [], [], [], []
    for i in range(EDITS):
        before, bare = page.wire.bytes, page.bytes
        stroke(page.page, i)
        both = page.page.evaluate(WATCH, first + i + 1)
        map_ms.append(both[0])
        card_ms.append(both[1])
        page.page.wait_for_timeout(250)
        sizes.append(page.wire.bytes - before)
        whole.append(page.bytes - bare)
    zoom = page.page.evaluate(ZOOM.replace("VIEW", VIEW))
    page.page.evaluate("window.gc?.()")
    heap = page.page.evaluate("performance.memory.usedJSHeapSize")
    faults = len(page.errors) + len(page.outside)
    page.close()
    return {
        "first map warm s": first_s,
        "first map MB": first_bytes / 1e6,
        "edit to map p50 ms": statistics.median(map_ms),
        "edit to map p95 ms": statistics.quantiles(map_ms, n=20)[-1],
        "edit to scorecard p50 ms": statistics.median(card_ms),
        "edit to scorecard p95 ms": statistics.quantiles(card_ms, n=20)[-1],
        "KB an edit": statistics.median(sizes) / 1e3,
        "KB an edit before compression": statistics.median(whole) / 1e3,
        "zoom ms": zoom,
        "heap MB": heap / 1e6,
        "faults": faults,
    }


SPOT = """([x, y]) => {
  const { map, scene, state } = VIEW;
  const box = map.getContainer().getBoundingClientRect();
  const k = 256 * 2 ** map.getZoom() / 2 ** 24;
  const at = map.containerPointToLayerPoint([x - box.left, y - box.top])
    .add(map.getPixelOrigin());
  let best = null, least = Infinity;
  for (let u = 0; u < scene.units.nUnits; u++) {
    const dx = scene.anchorX[u] * k - at.x, dy = scene.anchorY[u] * k - at.y;
    const far = Math.hypot(dx, dy);
    if (far < least && state.codes[u] < 60000) {
      least = far;
      best = [x + dx, y + dy, state.codes[u]];
    }
  }
  return best;
}"""

ZOOM = """() => {
  const { map, layers } = VIEW;
  const began = performance.now();
  map.setZoom(map.getZoom() + 1, { animate: false });
  for (const sheet of [layers.ground, layers.accounts.sheet, layers.marks]) {
    sheet.canvas.getContext("2d").getImageData(0, 0, 1, 1);
  }
  return performance.now() - began;
}"""


def stroke(page: Any, i: int) -> None:
    """Paint a short stroke into the next territory."""
    box = page.locator(".bw-ground").bounding_box()
    x = box["x"] + box["width"] * (0.3 + 0.4 * (i % 10) / 10)
    y = box["y"] + box["height"] * (0.45 + 0.1 * (i % 3))
    x, y, owner = page.evaluate(SPOT.replace("VIEW", VIEW), [x, y])
    page.locator(".bw-target").select_option(value=str((owner + 1 + i % 10) % 12))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 25, y + 12, steps=4)
    page.mouse.up()


def border(page: Any, i: int) -> None:
    """Draw an exact border around some ground and give it to a territory."""
    box = page.locator(".bw-ground").bounding_box()
    x = box["x"] + box["width"] * (0.35 + 0.06 * (i % 5))
    y = box["y"] + box["height"] * 0.5
    page.keyboard.press("k")
    page.locator(".bw-target").select_option(value=str(i % 12))
    for dx, dy in ((-24, -18), (24, -14), (20, 18), (-22, 16)):
        page.mouse.click(x + dx, y + dy)
    page.keyboard.press("Enter")
    page.keyboard.press("p")


def journey(browser: Any, url: str) -> dict[str, float]:
    """Do fifty edits, every tenth an exact border, and undo them; count faults."""
    page = Page(browser, url)
    page.page.wait_for_function(DRAWN)
    page.page.wait_for_timeout(2000)
    page.page.locator(".bw-ground").focus()
    read = f"Array.from({VIEW}.confirmed).join()"
    first, start = page.page.evaluate(read), page.page.evaluate(REV)
    page.page.keyboard.press("p")
    for i in range(JOURNEY):
        if i % 10 == 9:
            border(page.page, i // 10)
            page.page.wait_for_function(SETTLED)
        else:
            stroke(page.page, i)
    page.page.wait_for_function(SETTLED)
    done = page.page.evaluate(REV) - start
    page.page.locator(".bw-ground").focus()
    for _ in range(done):
        page.page.keyboard.press("Control+z")
    page.page.wait_for_function(f"{REV} >= {start + 2 * done}")
    page.page.wait_for_function(SETTLED)
    same = page.page.evaluate(read) == first
    mounts = page.page.evaluate("window.__bailiwick.mounts")
    back = statistics.median(away(page.page) for _ in range(3))
    page.close()
    return {
        "edits lost": JOURNEY - done,
        "remounts": mounts - 1,
        "outside requests": len(page.outside),
        "console errors": len(page.errors),
        "first state differs after 50 undos": float(not same),
        "page change and back s": back,
    }


def away(page: Any) -> float:
    """Go to another page and back; give the seconds until the map shows the plan."""
    links = page.get_by_test_id("stTopNavLink")
    rev = page.evaluate(REV)
    links.filter(has_text="Reps").first.click()
    page.wait_for_function("!window.__bailiwick.maps.map")
    page.get_by_role("heading", name="Reps").wait_for()
    began = time.perf_counter()
    links.filter(has_text="Map").first.click()
    page.wait_for_function(f"window.__bailiwick.maps.map?.view?.rev === {rev}")
    return time.perf_counter() - began


def kept(home: Path) -> dict[str, float]:
    """Compare the plan in the store with what it was before the journey."""
    store = open_sqlite(home / "plans.sqlite")
    plan_id = last_plan(home)
    plan, rev = store.head(plan_id)
    before = store.load(plan_id, rev - 2 * JOURNEY)
    same = (
        plan.unit_id.tolist() == before.unit_id.tolist()
        and plan.assignment.tobytes() == before.assignment.tobytes()
        and plan.territories.equals(before.territories)
        and not len(plan.cuts)
    )
    store.close()
    return {"first state differs in the store": float(not same)}


def peer(browser: Any, url: str, accounts: int, repeats: int = 3) -> dict[str, float]:
    """Time streamlit-folium: click to recoloured map and new scorecard."""
    from playwright.sync_api import TimeoutError as Missed

    page = Page(browser, url + f"?host=peer&accounts={accounts}")

    def frame() -> Any:
        return next(f for f in page.page.frames if "streamlit_folium" in f.url)

    def shown(rev: int) -> None:
        end = time.monotonic() + SLOW_MS / 1e3
        while time.monotonic() < end:
            try:
                if frame().evaluate("window.__peer") == rev:
                    return
            except Exception:  # noqa: BLE001  the frame is being replaced
                pass
            page.page.wait_for_timeout(10)
        raise SystemExit("streamlit-folium did not answer")

    shown(0)
    page.page.get_by_text("rev 0").wait_for()
    page.page.wait_for_timeout(3000)
    box = page.page.locator("iframe").bounding_box()
    map_ms, card_ms, sizes = [], [], []
    for attempt in range(5 * repeats):
        if len(map_ms) == repeats:
            break
        x = box["x"] + 420 + 29 * (attempt % 12)
        y = box["y"] + 280 + 17 * (attempt % 5)
        before, began = page.wire.bytes, time.perf_counter()
        page.page.mouse.move(x, y)
        page.page.mouse.click(x, y + 1)
        rev = len(map_ms) + 1
        try:
            page.page.get_by_text(f"rev {rev}").wait_for(timeout=MISSED_MS)
        except Missed:  # the click met a dot or the same unit
            continue
        card_ms.append(1e3 * (time.perf_counter() - began))
        shown(rev)
        map_ms.append(1e3 * (time.perf_counter() - began))
        page.page.wait_for_timeout(2500)
        sizes.append(page.wire.bytes - before)
    page.close()
    return {
        "edit to map p50 ms": statistics.median(map_ms),
        "edit to scorecard p50 ms": statistics.median(card_ms),
        "KB an edit": statistics.median(sizes) / 1e3,
    }


def row(what: str, measure: str, value: float) -> dict[str, object]:
    """Give a row of the table: what was measured, its target, whether it is reached."""
    target = TARGETS.get(what, {}).get(measure)
    reached = "" if target is None else "yes" if value <= target else "no"
    return {
        "what": what,
        "measure": measure,
        "value": round(value, 2),
        "target": "" if target is None else target,
        "reached": reached,
    }


def main() -> int:
    """Run all, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    parser.add_argument("--no-peer", dest="peer", action="store_false")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    rows: list[dict[str, object]] = []
    empty_ms = 0.0

    def record(what: str, run: Callable[[], dict[str, float]]) -> None:
        nonlocal empty_ms
        found = run()
        empty_ms = found.get("empty fragment p50 ms", empty_ms)
        if "edit to scorecard p50 ms" in found:
            above = found["edit to scorecard p50 ms"] - empty_ms
            found = {**found, "scorecard above an empty fragment ms": above}
        rows.extend(row(what, name, value) for name, value in found.items())
        for said in rows[-len(found) :]:
            print(
                "{what:28} {measure:38} {value:9} {target:>6} {reached}".format(**said)
            )

    record("machine", lambda: {"load at the start": os.getloadavg()[0]})
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=options.browser, headless=True, args=list(FLAGS)
        )
        with served(alone(Path(folder) / "page"), Path(folder)) as url:
            record("empty", lambda: floor(browser, url))
            if options.peer:
                what = f"streamlit-folium, {JOURNEY_ACCOUNTS // 1000}k"
                record(what, lambda: peer(browser, url, JOURNEY_ACCOUNTS))
        for what, kind, n in GROUNDS:
            home = Path(folder) / f"{kind}{n}"
            record(what, lambda k=kind, n=n, h=home: dict(make_home(h, k, n)))
            with served(ROOT / "app.py", home) as url:
                record(what, lambda url=url: edits(browser, url))
                if n == JOURNEY_ACCOUNTS:
                    record("journey, 10k", lambda url=url: journey(browser, url))
            if n == JOURNEY_ACCOUNTS:
                record("journey, 10k", lambda home=home: kept(home))
        browser.close()
    record("machine", lambda: {"load at the end": os.getloadavg()[0]})
    pd.DataFrame(rows).to_csv(options.out, index=False)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
