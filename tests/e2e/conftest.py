"""A server of its own and a real browser that may talk to nobody else."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path(os.environ.get("BAILIWICK_CHROMIUM", "/usr/bin/chromium"))
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LOCAL = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:", "file:///")
START_S = 60.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e" in item.path.as_posix():
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser; skips where it is not installed, unless CI says it must be."""
    if not CHROMIUM.exists():
        reason = f"no browser at {CHROMIUM}: set BAILIWICK_CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return CHROMIUM


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A Streamlit script on one port of this machine, over one home folder."""

    script: Path
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        options = {
            "server.port": self.port,
            "server.address": "127.0.0.1",
            "server.headless": "true",
            "server.enableStaticServing": "true",
            "server.fileWatcherType": "none",
            "browser.gatherUsageStats": "false",
        }
        flags = [f"--{name}={value}" for name, value in options.items()]
        env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "BAILIWICK_HOME": str(self.folder / "home"),
        }
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", str(self.script), *flags],
                cwd=self.script.parent,
                env=env,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_for(f"{self.url}_stcore/health", self.process)

    def kill(self) -> None:
        """End it as a power cut does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=20)

    def stop(self) -> None:
        if self.running:
            assert self.process is not None
            self.process.terminate()
            self.process.wait(timeout=20)


def serve(script: Path, folder: Path) -> Iterator[str]:
    """Run a Streamlit script until the generator is closed; give its address."""
    server = Server(script, folder)
    try:
        server.start()
        yield server.url
    finally:
        server.stop()


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if server.poll() is not None:
            pytest.fail(f"the server ended with code {server.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"the server did not answer within {START_S:.0f} s")


@pytest.fixture(scope="session")
def map_url(tmp_path_factory: pytest.TempPathFactory, chromium: Path) -> Iterator[str]:
    """Address of the page with the map and nothing else."""
    folder = tmp_path_factory.mktemp("map")
    shutil.copytree(ROOT / "static", folder / "static")
    script = folder / "map_app.py"
    shutil.copyfile(Path(__file__).with_name("map_app.py"), script)
    yield from serve(script, folder)


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory, chromium: Path) -> Iterator[str]:
    """Address of the app, with a home folder of its own."""
    yield from serve(ROOT / "app.py", tmp_path_factory.mktemp("app"))


PATIENCE_MS = 180_000
"""How long a page may take for anything: machines that run tests are busy."""


@dataclass
class Watch:
    """What a page did that it should not have done."""

    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def attach(self, page: Any) -> None:
        page.on("request", lambda r: self.request(r.url))
        page.on("websocket", lambda w: self.request(w.url))
        page.on("pageerror", lambda e: self.errors.append(str(e)))
        page.on(
            "console",
            lambda m: self.errors.append(m.text) if m.type == "error" else None,
        )

    def request(self, url: str) -> None:
        if not url.startswith(LOCAL):
            self.outside.append(url)


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Any]:
    """One browser for the run; every page gets a profile of its own in it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium, headless=True, args=list(FLAGS)
        )
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open pages, each in a fresh profile; at the end none may have misbehaved."""
    watch = Watch()
    contexts: list[Any] = []

    def opened(url: str, *, width: int = 1280, height: int = 800) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        watch.attach(page)
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert watch.outside == []
    assert watch.errors == []
