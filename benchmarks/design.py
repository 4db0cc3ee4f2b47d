"""Measure `design` on named instances: gap, balance, pieces, seconds, memory.

python -m benchmarks.design --instances DIR ... --seeds 5 --out results.csv
python -m benchmarks.design --table results.csv

The first measures every family and each folder of instances, a row a seed, each in a
process of its own; rows are appended as they are measured. The second prints the
table of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.families import FAMILIES, drifted, made
from benchmarks.instances import Instance, instances
from benchmarks.referee_plans import (
    constrained_k_means,
    fewest_moved,
    moved_over_borders,
)
from data.clock import MaxRuntime
from geo.contiguity import extra_pieces
from geo.design import Result, design
from geo.frontier import SHARES, frontier, least_moves

SECONDS = {"cccp": 30.0, "speed": 120.0, "heavy": 60.0, "two_measures": 60.0}
SECONDS |= {"peer": 60.0, "realign": 120.0}
"""Time box of a run where it is not that of the command."""

DRIFT = 0.05


@dataclass
class Row:
    """One run; what does not apply is nan."""

    family: str
    instance: str
    seed: int
    status: str = "failed"
    stopped: str = ""
    objective: float = float("nan")
    best_known: float = float("nan")
    gap: float = float("nan")
    lower_bound: float = float("nan")
    worst_deviation: float = float("nan")
    extra_pieces: float = float("nan")
    seconds: float = float("nan")
    cpu_s: float = float("nan")
    prepare_cpu_s: float = float("nan")
    peak_mb: float = float("nan")
    peer_objective: float = float("nan")
    peer_cpu_s: float = float("nan")
    moved: float = float("nan")
    least_moved: float = float("nan")
    border_moved: float = float("nan")
    frontier_cpu_s: float = float("nan")


def main() -> int:
    """Run every instance with every seed, or print the table of earlier runs."""
    options = _options()
    if options.table is not None:
        print(table(pd.read_csv(options.table)))
        return 0
    _in_process(_compile)
    for task in _tasks(options):
        row = _in_process(_measure, *task, options)
        line = pd.DataFrame([asdict(row)])
        line.to_csv(options.out, mode="a", index=False, header=not options.out.exists())
        print(_line(row), file=sys.stderr, flush=True)
    print(table(pd.read_csv(options.out)))
    return 0


def _tasks(options: argparse.Namespace) -> Iterator[tuple[str, str, Path | None, int]]:
    """Give (family, instance, folder, seed), the quick ones first."""
    wanted = set(options.only or ())
    named = [(i.kind, i.name, d) for d in options.instances for i in instances(d)]
    named += [(f, name, None) for f, names in FAMILIES.items() for name in names]
    for family, name, folder in named:
        if not wanted or family in wanted or name in wanted:
            for seed in range(1, options.seeds + 1):
                yield family, name, folder, seed


def _measure(
    family: str,
    name: str,
    folder: Path | None,
    seed: int,
    options: argparse.Namespace,
) -> Row:
    _compile()
    began = time.process_time()
    if folder is None:
        instance = made(family, name)
    else:
        instance = next(
            i for i in instances(folder) if (i.kind, i.name) == (family, name)
        )
    prepared = time.process_time() - began
    box = SECONDS.get(family, options.seconds)
    if family == "realign":
        return realigned(instance, seed, box)
    row, result = run(instance, seed, box)
    row.prepare_cpu_s = round(prepared, 2)
    if options.labels is not None:
        _write(options.labels, instance, result, seed)
    if family == "peer":
        told = constrained_k_means(instance, seed, options.peer_python)
        row.peer_objective, row.peer_cpu_s = told
    return row


def run(instance: Instance, seed: int, seconds: float) -> tuple[Row, Result]:
    """Design one instance; give its row and the result."""
    began, cpu = time.perf_counter(), time.process_time()
    result = design(
        instance.table,
        instance.neighbors,
        instance.cost,
        territories=instance.targets,
        rules=instance.rules,
        rng=np.random.default_rng(seed),
        stop=MaxRuntime(seconds),
    )
    wall, spent = time.perf_counter() - began, time.process_time() - cpu
    row = _judged(instance, seed, result)
    row.seconds, row.cpu_s = round(wall, 2), round(spent, 2)
    return row, result


def _judged(instance: Instance, seed: int, result: Result) -> Row:
    labels, k = result.plan.assignment.astype(np.intp), len(instance.targets)
    joined = instance.rules.contiguous
    return Row(
        family=instance.kind,
        instance=instance.name,
        seed=seed,
        status=result.status,
        stopped=result.stopped,
        objective=result.objective,
        best_known=instance.best,
        gap=result.objective / instance.best - 1,
        lower_bound=result.lower_bound,
        worst_deviation=max(result.deviation.values()),
        extra_pieces=extra_pieces(labels, instance.neighbors, k) if joined else 0,
        peak_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    )


def realigned(instance: Instance, seed: int, seconds: float) -> Row:
    """Let loads drift off a plan, and move as little as possible to mend it."""
    rng, k = np.random.default_rng(seed), len(instance.targets)
    today = run(instance, seed, seconds)[1].plan.assignment.astype(np.intp)
    fresh = drifted(instance, rng, DRIFT)
    kept = np.eye(k)[today] * fresh.table.loads[:, :1]
    asked = {
        "territories": fresh.targets,
        "rules": fresh.rules,
        "kept": kept,
    }
    began, cpu = time.perf_counter(), time.process_time()
    result = least_moves(
        fresh.table,
        fresh.neighbors,
        fresh.cost,
        **asked,
        rng=rng,
        stop=MaxRuntime(seconds),
    )
    row = _judged(fresh, seed, result)
    row.seconds = round(time.perf_counter() - began, 2)
    row.cpu_s = round(time.process_time() - cpu, 2)
    row.moved, row.least_moved = result.moved, fewest_moved(fresh, today)
    row.border_moved = moved_over_borders(fresh, today)
    cpu = time.process_time()
    options = frontier(
        fresh.table,
        fresh.neighbors,
        fresh.cost,
        **asked,
        shares=SHARES,
        rng=rng,
        stop=MaxRuntime(seconds),
    )
    row.frontier_cpu_s = round(time.process_time() - cpu, 2)
    good = [o.objective for o in options if o.status == "feasible"]
    if any(b > a * (1 + 1e-9) for a, b in itertools.pairwise(good)):
        row.status = "not monotone"
    return row


def table(rows: pd.DataFrame) -> str:
    """Give the Markdown table: median (worst) over the seeds of each instance."""
    cpu_ratio = rows["peer_cpu_s"] / rows["cpu_s"]
    worse = 100 * (rows["objective"] / rows["peer_objective"] - 1)
    rows = rows.assign(
        cpu_ratio=cpu_ratio,
        against_peer=worse,
        moved_ratio=rows["moved"] / rows["least_moved"],
        border_ratio=rows["moved"] / rows["border_moved"],
    )
    head = (
        "family",
        "instance",
        "seeds",
        "feasible",
        "gap, %",
        "deviation, %",
        "extra pieces",
        "CPU s",
        "wall s",
        "peak MB",
        "other",
    )
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for (family, name), some in rows.groupby(["family", "instance"], sort=False):
        cells = [
            str(family),
            str(name),
            str(len(some)),
            f"{(some['status'] == 'feasible').sum()}",
            _both(100 * some["gap"], 2),
            _both(100 * some["worst_deviation"], 2),
            f"{some['extra_pieces'].max():.0f}",
            _both(some["cpu_s"], 1),
            _both(some["seconds"], 1),
            f"{some['peak_mb'].max():.0f}",
            _other(some),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _both(values: pd.Series, digits: int) -> str:
    if values.isna().all():
        return ""
    return f"{values.median():.{digits}f} ({values.max():.{digits}f})"


def _other(some: pd.DataFrame) -> str:
    """Say what only some families have, worst in brackets."""
    said = []
    prepared = some["prepare_cpu_s"].median()
    if prepared > 1:
        said.append(f"neighbours {prepared:.1f} CPU s before")
    if some["peer_cpu_s"].notna().any():
        ratio, worse = some["cpu_ratio"], some["against_peer"]
        said.append(
            f"k-means-constrained takes {ratio.median():.0f} ({ratio.min():.0f}) times "
            f"the CPU; squared distance {worse.median():+.2f} ({worse.max():+.2f}) %"
        )
    if some["moved"].notna().any():
        said.append(
            f"moved / least possible {_both(some['moved_ratio'], 2)}, / least over "
            f"today's borders {_both(some['border_ratio'], 2)}; frontier "
            f"{some['frontier_cpu_s'].median():.1f} CPU s"
        )
    return "; ".join(said)


def _in_process(work, *arguments):
    """Run in a fresh process, so that memory and compiled code are its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(work, arguments, theirs))
    child.start()
    theirs.close()
    try:
        told = ours.recv()
    except EOFError:
        family, name, _, seed, *_ = arguments
        told = Row(family, name, seed)
    child.join()
    return told


def _child(work, arguments, pipe) -> None:
    pipe.send(work(*arguments))
    pipe.close()


def _compile() -> None:
    """Compile, or load what is compiled: that is not what is measured."""
    from geo.warm import warm_up

    warm_up()


def _write(folder: Path, instance: Instance, result: Result, seed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    codes = dict(zip(result.plan.unit_id, result.plan.assignment, strict=True))
    told = [codes[u] for u in instance.table.unit_id]
    rows = pd.DataFrame({"unit": instance.row_id, "territory": told})
    rows.to_csv(folder / f"{instance.name}.{seed}.csv", index=False)


def _line(row: Row) -> str:
    told = f"{row.family:>12} {row.instance:>20} seed {row.seed}: {row.status}, "
    if np.isfinite(row.gap):
        told += f"gap {100 * row.gap:.3f} %, "
    if np.isfinite(row.peer_cpu_s):
        worse = 100 * (row.objective / row.peer_objective - 1)
        told += f"peer {row.peer_cpu_s / row.cpu_s:.0f} x CPU, {worse:+.2f} %, "
    if np.isfinite(row.moved):
        told += f"moved {row.moved / row.least_moved:.2f} x the least, "
    told += f"deviation {100 * row.worst_deviation:.2f} %, {row.seconds} s, "
    return told + f"{row.cpu_s} CPU s, {row.peak_mb:.0f} MB"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks.design",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--instances", type=Path, nargs="*", default=[])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--labels", type=Path, help="folder for the plans' labels")
    parser.add_argument(
        "--peer-python", default=sys.executable, help="one with k-means-constrained"
    )
    parser.add_argument("--only", nargs="*", help="families or instances")
    parser.add_argument("--out", type=Path, default=Path("design.csv"))
    parser.add_argument("--table", type=Path, help="print the table of these rows")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
