"""A real OSRM server on this machine, and one that answers what it is told to."""

from __future__ import annotations

import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

START_S = 60.0


def osrm_folder() -> Path:
    """Give the folder of OSRM's programs, or skip; CI must have it."""
    kept = Path(sys.prefix) / "osrm" / "osrm"
    folder = Path(os.environ.get("BAILIWICK_OSRM", kept))
    if not (folder / "bin" / "osrm-routed").is_file():
        if os.environ.get("CI"):
            pytest.fail(f"OSRM's programs are not in {folder}: run make test")
        pytest.skip("OSRM's programs are not there: make test fetches them")
    return folder


@contextmanager
def osrm_server(extract: Path, folder: Path, *, most: int = 1000) -> Iterator[str]:
    """Build OSRM's network of an extract, serve it on this machine, and stop it."""
    programs = osrm_folder()
    shutil.copy(extract, folder / "x.osm.pbf")
    car = programs / "share" / "profiles" / "car.lua"
    for program, words in (
        ("osrm-extract", ["-p", str(car), "x.osm.pbf"]),
        ("osrm-contract", ["x.osrm"]),
    ):
        command = [str(programs / "bin" / program), "-t", "1", *words]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["-i", "127.0.0.1", "-p", str(port), "-t", "1"]
    server = subprocess.Popen(
        [
            str(programs / "bin" / "osrm-routed"),
            *words,
            "--max-table-size",
            str(most),
            "x.osrm",
        ],
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _wait(port: int) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("OSRM did not start")


class StandIn:
    """A server that gives scripted answers in turn, the last one for ever.

    An answer is a status and a body; None closes the connection without a word.
    """

    def __init__(self, *answers: tuple[int, bytes] | None) -> None:
        self.answers, self.asked = list(answers), []
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stand_in.asked.append(self.path)
                left = stand_in.answers
                answer = left.pop(0) if len(left) > 1 else left[0]
                if answer is None:
                    self.close_connection = True
                    return
                status, body = answer
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                if status == 429:
                    self.send_header("Retry-After", "7")
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> StandIn:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
