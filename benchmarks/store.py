"""Measure the plan store: edits, loads, bytes and kills, beside two other ways.

python -m benchmarks.store [--units N] [--accounts N] [--edits N] [--kills N] --out FILE

Beside it in the same run: sqlite3 alone with the same pragmas (no log, no conflict, no
undo: the floor), and the whole plan written anew as JSON for each edit.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from data.atomic import write_text
from data.document import document, dumps
from data.sqlite import PRAGMAS, open_sqlite
from data.sqlstore import SqlStore
from data.store import Applied
from geo.changes import overrides_of
from geo.edits import apply, move, override
from geo.plan import Plan, territory_table

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run every measurement and write one row each."""
    options = _options()
    rng = np.random.default_rng(1)
    plan = make_plan(options.units, options.accounts, rng)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        rows = [
            *store_rows(plan, home, options.edits, rng),
            *floor_rows(plan, home, options.edits, rng),
            *whole_file_rows(plan, home, min(options.edits, 50), rng),
            *kill_rows(home, options.kills),
        ]
    table = pd.DataFrame(rows, columns=["what", "n", "p50", "p99", "cpu", "unit"])
    table.to_csv(options.out, index=False)
    print(table.to_string(index=False))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=3100)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--edits", type=int, default=500)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def make_plan(n_units: int, n_accounts: int, rng: np.random.Generator) -> Plan:
    """Give a plan of 40 territories; 1 % of the accounts are exceptions."""
    ids = np.array([f"{i:05d}" for i in range(n_units)], dtype=object)
    table = territory_table([f"T{i:02d}" for i in range(40)])
    named = rng.choice(n_accounts, n_accounts // 100, replace=False)
    return Plan(
        plan_id="p",
        name="Benchmark",
        unit_set=f"county@benchmark#{n_units}",
        unit_id=ids,
        assignment=rng.integers(0, 40, n_units).astype(np.uint16),
        territories=table,
        overrides=overrides_of({f"A{i:06d}": ["T01", True] for i in named}),
    )


Times = tuple[float, float]


def timed(work: Callable[[], object]) -> Times:
    """Give the milliseconds some work takes: on the wall, and of the processor."""
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - began) * 1e3, (time.process_time() - cpu) * 1e3


def row(what: str, values: list[Times]) -> tuple[object, ...]:
    """Give a row of the report: median and 99th percentile, median processor time."""
    wall, cpu = np.array(values).T
    p50, p99 = np.percentile(wall, [50, 99])
    rounded = (round(float(x), 2) for x in (p50, p99, np.median(cpu)))
    return (what, len(values), *rounded, "ms")


def count(what: str, n: int, value: float, unit: str) -> tuple[object, ...]:
    """Give a row of something counted once."""
    return (what, n, round(value), round(value), float("nan"), unit)


def store_rows(
    plan: Plan, home: Path, edits: int, rng: np.random.Generator
) -> list[tuple[object, ...]]:
    """Measure the store: single edits, exceptions, big moves, undo, load, bytes."""
    path = home / "ours.sqlite"
    store = open_sqlite(path)
    plan_id = store.add(plan, actor="ana")
    units, owners = plan.unit_id, plan.territories.index.to_numpy()
    rev = 0

    def single() -> None:
        nonlocal rev
        edit = move([rng.choice(units)], to=rng.choice(owners))
        rev = done(store, plan_id, rev, edit)

    def exception() -> None:
        nonlocal rev
        account = f"A{rng.integers(0, 100_000):06d}"
        rev = done(store, plan_id, rev, override([account], to=rng.choice(owners)))

    def half() -> None:
        nonlocal rev
        ids = rng.choice(units, len(units) // 2, replace=False)
        rev = done(store, plan_id, rev, move(ids, to=rng.choice(owners)))

    single()
    size = written(path)
    singles = [timed(single) for _ in range(edits)]
    rows = [row("store: move of one unit", singles)]
    grown = written(path) - size
    rows.append(count("store: log file per move", edits, grown / edits, "bytes"))
    rows.append(row("store: exception", [timed(exception) for _ in range(edits)]))
    rows.append(
        row(f"store: move of {len(units) // 2}", [timed(half) for _ in "12345"])
    )
    undo = [timed(lambda: store.undo(plan_id, "ana")) for _ in range(edits)]
    rows.append(row("store: undo", undo))
    rows.append(row("store: fork", [timed(lambda: fork(store, plan_id))]))
    store.close()
    opened = []
    for _ in range(5):
        opened.append(timed(lambda: reopen(path, plan_id)))
    rows.append(row("store: open and load", opened))
    return rows


def reopen(path: Path, plan_id: str) -> None:
    """Open a store, load a plan, close the store."""
    store = open_sqlite(path)
    store.load(plan_id)
    store.close()


def done(store: SqlStore, plan_id: str, rev: int, edit: object) -> int:
    """Apply an edit that must succeed; give the new revision."""
    answer = store.apply(plan_id, rev, edit, "ana")
    assert isinstance(answer, Applied)
    return answer.rev


def fork(store: SqlStore, plan_id: str) -> str:
    """Copy a plan."""
    return store.fork(plan_id, name="Copy", actor="ana")


def written(path: Path) -> int:
    """Give the bytes of the store and its log."""
    return sum(p.stat().st_size for p in path.parent.glob(f"{path.name}*"))


def floor_rows(
    plan: Plan, home: Path, edits: int, rng: np.random.Generator
) -> list[tuple[object, ...]]:
    """Measure one synced UPDATE of sqlite3 alone."""
    raw = sqlite3.connect(home / "floor.sqlite", isolation_level=None)
    for pragma in PRAGMAS:
        raw.execute(f"PRAGMA {pragma}")
    raw.execute("CREATE TABLE unit (unit_id TEXT PRIMARY KEY, code INTEGER)")
    raw.execute("BEGIN")
    pairs = zip(plan.unit_id, plan.assignment.tolist(), strict=True)
    raw.executemany("INSERT INTO unit VALUES (?, ?)", pairs)
    raw.execute("COMMIT")

    def update() -> None:
        values = (int(rng.integers(40)), str(rng.choice(plan.unit_id)))
        raw.execute("UPDATE unit SET code = ? WHERE unit_id = ?", values)

    rows = [row("sqlite3 alone: one UPDATE", [timed(update) for _ in range(edits)])]
    raw.close()
    return rows


def whole_file_rows(
    plan: Plan, home: Path, edits: int, rng: np.random.Generator
) -> list[tuple[object, ...]]:
    """Measure writing the whole plan as JSON for each edit, synced and renamed."""
    state = plan

    def rewrite() -> None:
        nonlocal state
        state, _ = apply(state, move([rng.choice(plan.unit_id)], to="T07"))
        write_text(home / "plan.json", dumps(document(state)))

    times = [timed(rewrite) for _ in range(edits)]
    size = float((home / "plan.json").stat().st_size)
    return [
        row("whole JSON file: one edit", times),
        count("whole JSON file: bytes per edit", edits, size, "bytes"),
    ]


CHILD = """
import os, sys
from pathlib import Path
from data.sqlite import open_sqlite
from geo.edits import move, override

def work(path):
    store = open_sqlite(Path(path))
    plan, rev = store.head("p")
    while True:
        unit = plan.unit_id[rev * 37 % len(plan.unit_id)]
        edit = move([unit], to=f"T{rev % 40:02d}")
        if rev % 5 == 0:
            edit = override([f"A{rev:06d}"], to="T03")
        answer = store.undo("p", "ana") if rev % 11 == 3 else (
            store.apply("p", rev, edit, "ana"))
        plan, rev = answer.plan, answer.rev
        os.write(1, f"{rev} {answer.edit.edit_id}\\n".encode())

for path in sys.stdin:
    child = os.fork()
    if child == 0:
        work(path.strip())
    os.write(1, f"pid {child}\\n".encode())
    os.waitpid(child, 0)
    os.write(1, b"dead\\n")
"""


def kill_rows(home: Path, kills: int) -> list[tuple[object, ...]]:
    """Kill a writer at random times; count acknowledged edits that are gone."""
    if not kills or not hasattr(os, "fork"):
        return []
    path = home / "killed.sqlite"
    store = open_sqlite(path)
    store.add(make_plan(3100, 100_000, np.random.default_rng(2)), actor="ana")
    store.close()
    nursery = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", CHILD],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    chance, lost, acked = random.Random(1), 0, 0
    for _ in range(kills):
        said = one_life(nursery, path, chance)
        store = open_sqlite(path)
        log = {e.rev: e.edit.edit_id for e in store.log("p", since=min(said) - 1)}
        lost += sum(log.get(rev) != edit_id for rev, edit_id in said.items())
        acked += len(said)
        store.close()
    nursery.stdin.close()
    nursery.wait(10)
    wrong = replay_differs(path)
    return [
        count("kill -9: acknowledged edits", kills, acked, "edits"),
        count("kill -9: lost edits", kills, lost, "edits"),
        count("kill -9: rows unlike the log", kills, wrong, "plans"),
    ]


def one_life(
    nursery: subprocess.Popen[str], path: Path, chance: random.Random
) -> dict[int, str]:
    """Start a writer, kill it after a random time, give what it acknowledged."""
    nursery.stdin.write(f"{path}\n")
    nursery.stdin.flush()
    acked, pid = {}, 0
    for line in iter(nursery.stdout.readline, ""):
        word, _, rest = line.strip().partition(" ")
        if word == "pid":
            pid = int(rest)
        elif word == "dead":
            break
        else:
            acked[int(word)] = rest
            if pid and len(acked) == 1:
                time.sleep(chance.uniform(0.0, 0.15))
                os.kill(pid, signal.SIGKILL)
    return acked


def replay_differs(path: Path) -> int:
    """Whether the rows differ from the first state with all events applied."""
    store = open_sqlite(path)
    plan = store.load("p", 0)
    for event in store.log("p"):
        plan, _ = apply(plan, event.edit)
    now = store.load("p")
    same = plan.assignment.tobytes() == now.assignment.tobytes()
    same &= plan.overrides.equals(now.overrides)
    store.close()
    return int(not same)


if __name__ == "__main__":
    sys.exit(main())
