"""The store's file: one holder, upgrades with a backup, nothing lost under kill -9."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from data.sqlite import SCHEMA, backup, open_sqlite, statements, steps
from geo.edits import apply, move
from geo.errors import InputError, ServiceError
from geo.plan import Plan, territory_table
from tests.geo.test_edits import same


def plan_of_units(n: int) -> Plan:
    ids = np.array([f"{i:05d}" for i in range(n)], dtype=object)
    codes = (np.arange(n) % 4).astype(np.uint16)
    table = territory_table(["A", "B", "C", "D"])
    return Plan("p", "Plan", f"zip@test#{n}", ids, codes, table)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "plans.sqlite"


def test_the_store_syncs_every_edit(path: Path) -> None:
    store = open_sqlite(path)
    with store._engine.connect() as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
        said = [connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in asked]
    assert said == ["wal", 2, 1, 0]
    store.close()


def test_a_store_has_one_holder_at_a_time(path: Path) -> None:
    store = open_sqlite(path)
    with pytest.raises(ServiceError) as error:
        open_sqlite(path)
    assert str(error.value) == (
        f"Another Bailiwick has the plans open ({path}). "
        "Close it, or set BAILIWICK_HOME to another folder."
    )
    store.close()
    open_sqlite(path).close()


def later(tmp_path: Path, *scripts: str) -> Path:
    """A folder with our migrations and some more."""
    folder = tmp_path / "schema"
    folder.mkdir()
    for step in SCHEMA.glob("*.sql"):
        (folder / step.name).write_text(step.read_text("utf-8"), "utf-8")
    for number, script in enumerate(scripts, len(steps(SCHEMA)) + 1):
        (folder / f"{number:03d}-more.sql").write_text(script, "utf-8")
    return folder


def test_an_older_store_is_copied_then_upgraded(path: Path, tmp_path: Path) -> None:
    store = open_sqlite(path)
    plan_id = store.add(plan_of_units(8), actor="ana")
    store.apply(plan_id, 0, move(["00001"], to="D"), "ana")
    kept = store.load(plan_id)
    store.close()
    folder = later(tmp_path, "ALTER TABLE plan ADD COLUMN state TEXT;")
    store = open_sqlite(path, schema=folder)
    same(store.load(plan_id), kept)
    store.close()
    copy = sqlite3.connect(f"{path}.v{len(steps(SCHEMA))}.bak")
    assert copy.execute("SELECT count(*) FROM event").fetchone() == (1,)
    assert "state" not in str(copy.execute("PRAGMA table_info(plan)").fetchall())
    copy.close()


def test_an_upgrade_that_fails_leaves_the_store_as_it_was(
    path: Path, tmp_path: Path
) -> None:
    store = open_sqlite(path)
    plan_id = store.add(plan_of_units(8), actor="ana")
    store.close()
    folder = later(tmp_path, "CREATE TABLE good (a TEXT); CREATE TABLE plan (b TEXT);")
    with pytest.raises(ServiceError, match="table plan already exists"):
        open_sqlite(path, schema=folder)
    store = open_sqlite(path)
    same(store.load(plan_id), plan_of_units(8))
    with store._engine.connect() as connection:
        asked = "SELECT count(*) FROM sqlite_master WHERE name = 'good'"
        assert connection.exec_driver_sql(asked).scalar() == 0
    store.close()


def test_a_newer_store_is_refused(path: Path, tmp_path: Path) -> None:
    open_sqlite(path, schema=later(tmp_path, "CREATE TABLE more (a TEXT);")).close()
    newest = len(steps(SCHEMA))
    with pytest.raises(InputError) as error:
        open_sqlite(path)
    assert str(error.value) == (
        f"A newer program has written this store (version {newest + 1}, this one "
        f"knows {newest}) ({path}). Update the program, or open a backup beside it."
    )
    open_sqlite(path, schema=tmp_path / "schema").close()


def test_what_is_no_store_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database, but long enough to look like a header" * 9)
    with pytest.raises(InputError, match="This file is not a readable plan store"):
        open_sqlite(path)
    assert path.read_bytes().startswith(b"not a database")


def test_a_backup_holds_edits_that_are_still_in_the_log_file(
    path: Path, tmp_path: Path
) -> None:
    store = open_sqlite(path)
    plan_id = store.add(plan_of_units(8), actor="ana")
    store.apply(plan_id, 0, move(["00001"], to="D"), "ana")
    with store._engine.connect() as connection:
        copy = backup(connection, tmp_path / "copy.sqlite")
    kept = store.load(plan_id)
    store.close()
    other = open_sqlite(copy)
    same(other.load(plan_id), kept)
    other.close()


def test_scripts_are_split_where_statements_end() -> None:
    script = (
        "-- one; two\nCREATE TABLE a (b TEXT DEFAULT ';');\n\nDROP TABLE a;\n-- end"
    )
    assert len(statements(script)) == 2
    with pytest.raises(InputError, match="open statement"):
        statements("CREATE TABLE a (b TEXT DEFAULT 'x)")


CHILD = """
import os, sys
from pathlib import Path
from data.sqlite import open_sqlite
from data.store import Applied
from geo.edits import cut, merge, move, override, rename

def work(path):
    store = open_sqlite(Path(path))
    plan, rev = store.head("p")
    turn = rev
    while True:
        unit = plan.unit_id[turn * 37 % len(plan.unit_id)]
        if turn % 11 == 3:
            answer = store.undo("p", "ana")
        elif turn % 5 == 0:
            answer = store.apply("p", rev, override([f"a{turn}"], to="B"), "ana")
        else:
            answer = store.apply("p", rev, move([unit], to="ABCD"[turn % 4]), "ana")
        assert isinstance(answer, Applied)
        plan, rev, turn = answer.plan, answer.rev, turn + 1
        os.write(1, f"{rev} {answer.edit.edit_id}\\n".encode())

for path in sys.stdin:
    child = os.fork()
    if child == 0:
        work(path.strip())
    os.write(1, f"pid {child}\\n".encode())
    os.waitpid(child, 0)
    os.write(1, b"dead\\n")
"""
"""Reads a path, starts a writer that acknowledges each edit, waits for its death."""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork for quick restarts")
def test_no_acknowledged_edit_is_lost_under_kill(path: Path) -> None:
    store = open_sqlite(path)
    store.add(plan_of_units(200), actor="ana")
    store.close()
    root = Path(__file__).resolve().parents[2]
    nursery = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", CHILD],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    chance, plan, lives = random.Random(1), plan_of_units(200), 30
    rev = 0
    try:
        for _ in range(lives):
            acked = one_life(nursery, path, chance)
            plan, rev = check(path, acked, plan, rev)
    finally:
        nursery.stdin.close()
        nursery.wait(10)
        nursery.stdout.close()
    assert rev > 2 * lives


def one_life(
    nursery: subprocess.Popen[str], path: Path, chance: random.Random
) -> dict[int, str]:
    """Start a writer, kill it after a random time, give what it acknowledged."""
    nursery.stdin.write(f"{path}\n")
    nursery.stdin.flush()
    acked, pid = {}, 0
    lines = iter(nursery.stdout.readline, "")
    for line in lines:
        word, rest = line.split(maxsplit=1) if " " in line else (line.strip(), "")
        if word == "pid":
            pid = int(rest)
        elif word == "dead":
            break
        else:
            acked[int(word)] = rest.strip()
            if pid and len(acked) == 1:
                time.sleep(chance.uniform(0.0, 0.08))
                os.kill(pid, signal.SIGKILL)
    return acked


def check(path: Path, acked: dict[int, str], plan: Plan, rev: int) -> tuple[Plan, int]:
    """Every acknowledged edit is in the log, and the rows are what the log says."""
    store = open_sqlite(path)
    log = store.log("p", since=rev)
    kept = {event.rev: event.edit.edit_id for event in log}
    assert len(acked) > 0
    assert {n: kept.get(n) for n in acked} == acked
    assert list(kept) == list(range(rev + 1, rev + len(kept) + 1))
    for event in log:
        plan, _ = apply(plan, event.edit)
    same(store.load("p"), plan)
    store.close()
    return plan, rev + len(kept)
