"""Every file of the corpus: no traceback, no hang, no gigabyte, nothing reached."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from data.ingest import Limits, upload_table
from geo.errors import InputError
from tests.hostile.corpus import corpus, package

ROOT = Path(__file__).resolve().parents[2]
SECRET = "SECRET-7f3a"
READERS = ("table", "polygons")
STALL_S = 60
"""Wall seconds without a line in the report; ten seconds of processor on a busy one."""


@pytest.fixture(scope="module")
def visits() -> Iterator[tuple[str, list[str]]]:
    """A server that nothing may visit, and the list of visits."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"id,zip,name\n1,02139,{SECRET}\n".encode())

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def attempts(
    tmp_path_factory: pytest.TempPathFactory, visits: tuple[str, list[str]]
) -> list[dict[str, Any]]:
    """What became of every file, by both readers."""
    base = tmp_path_factory.mktemp("hostile")
    canary, mark, files = base / "canary.csv", base / "mark", base / "files"
    canary.write_text(f"id,zip,name\n1,02139,{SECRET}\n")
    files.mkdir()
    for name, content in corpus(canary, visits[0], mark):
        (files / name.replace("/", ".")).write_bytes(content)
    rows = tried(files, base / "report.jsonl")
    assert not mark.exists()
    return rows


def tried(files: Path, report: Path) -> list[dict[str, Any]]:
    """Run the harness to the end, starting it again after a crash or a hang."""
    tasks = [
        (f.name, r) for f in sorted(files.iterdir()) for r in ("table", "polygons")
    ]
    report.touch()
    while len(rows := lines(report)) <= len(tasks):
        command = [sys.executable, "-m", "tests.hostile.harness"]
        child = subprocess.Popen(
            [*command, str(files), str(report), SECRET, str(len(rows))], cwd=ROOT
        )
        before, since = len(rows), time.monotonic()
        while child.poll() is None and time.monotonic() - since < STALL_S:
            time.sleep(0.2)
            if len(lines(report)) > before:
                before, since = len(lines(report)), time.monotonic()
        child.kill()
        child.wait()
        rows = lines(report)
        if len(rows) < len(tasks):
            name, reader = tasks[len(rows)]
            ended: dict[str, Any] = {"file": name, "reader": reader}
            ended |= {"outcome": "CRASH or HANG"}
            with report.open("a") as out:
                out.write(
                    json.dumps({**ended, "seconds": STALL_S, "peak_mb": 0}) + "\n"
                )
    return rows


def lines(report: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in report.read_text().splitlines()]


@pytest.mark.slow
def test_no_file_of_the_corpus_gets_through(
    attempts: list[dict[str, Any]], visits: tuple[str, list[str]]
) -> None:
    reached, rows = attempts[-1]["reached"], attempts[:-1]
    assert len(rows) >= 300 * len(READERS)
    bad = [r for r in rows if not r["outcome"].startswith(("read", "refused: "))]
    assert bad == []
    assert [r for r in rows if r["seconds"] > 10] == []
    assert max(r["peak_mb"] for r in rows) < 1_000
    assert reached == []
    assert visits[1] == []


@pytest.mark.slow
def test_every_refusal_is_one_short_sentence_and_its_remedy(
    attempts: list[dict[str, Any]],
) -> None:
    for row in attempts[:-1]:
        text = row["outcome"].removeprefix("refused: ")
        if text != row["outcome"]:
            assert text.endswith(".")
            assert len(text) < 400, text
            assert "Traceback" not in text
            assert "/tmp" not in text


@pytest.mark.slow
def test_good_files_among_them_still_read(attempts: list[dict[str, Any]]) -> None:
    read = {r["file"] for r in attempts[:-1] if r["outcome"] == "read"}
    assert {"texts.utf32", "texts.shift_jis", "cells.script", "cells.sql"} <= read


def test_a_package_that_never_ends_is_refused_through_the_door() -> None:
    forever = (
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) "
        "SELECT 'a' AS table_name, 'features' AS data_type FROM c"
    )
    content = package(
        "DROP TABLE gpkg_contents", f"CREATE VIEW gpkg_contents AS {forever}"
    )
    start = time.monotonic()
    with pytest.raises(InputError, match="The GeoPackage cannot be read"):
        upload_table(content, "a.gpkg", limits=Limits(seconds=20))
    assert time.monotonic() - start < 20
