"""Measure `design` on named instances: gap, balance, pieces, seconds, memory.

python -m benchmarks.design --instances DIR [--seconds S] [--seeds N] --out results.csv
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.instances import Instance, instances
from data.clock import MaxRuntime
from geo.contiguity import extra_pieces
from geo.design import Result, design

COLUMNS = [
    "instance",
    "kind",
    "seed",
    "objective",
    "best_known",
    "gap",
    "worst_deviation",
    "extra_pieces",
    "seconds",
    "peak_mb",
    "cpu_seconds",
    "status",
    "stopped",
    "lower_bound",
]


def main() -> int:
    """Run every instance with every seed, each in a process of its own."""
    options = _options()
    warm = multiprocessing.get_context("spawn").Process(target=_compile)
    warm.start()
    warm.join()
    rows = []
    for instance in instances(options.instances):
        if options.only and instance.name not in options.only:
            continue
        for seed in range(1, options.seeds + 1):
            row = _in_process(instance, seed, options.seconds, options.labels)
            rows.append(row)
            print(_line(row), file=sys.stderr, flush=True)
    table = pd.DataFrame(rows, columns=COLUMNS)
    table.to_csv(options.out, index=False)
    print(summary(table))
    return 0


def run(instance: Instance, seed: int, seconds: float) -> tuple[dict, Result]:
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
    labels = result.plan.assignment.astype(np.intp)
    k = len(instance.targets)
    parts = (
        extra_pieces(labels, instance.neighbors, k) if instance.rules.contiguous else 0
    )
    row = {
        "instance": instance.name,
        "kind": instance.kind,
        "seed": seed,
        "objective": result.objective,
        "best_known": instance.best,
        "gap": result.objective / instance.best - 1,
        "worst_deviation": max(result.deviation.values()),
        "extra_pieces": parts,
        "seconds": round(wall, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "cpu_seconds": round(spent, 2),
        "status": result.status,
        "stopped": result.stopped,
        "lower_bound": result.lower_bound,
    }
    return row, result


def summary(table: pd.DataFrame) -> str:
    """Give one line an instance: median and worst over the seeds."""
    grouped = table.groupby(["kind", "instance"], sort=False)
    short = pd.DataFrame(
        {
            "gap_median_pct": 100 * grouped["gap"].median(),
            "gap_worst_pct": 100 * grouped["gap"].max(),
            "deviation_worst_pct": 100 * grouped["worst_deviation"].max(),
            "extra_pieces": grouped["extra_pieces"].max(),
            "cpu_s_median": grouped["cpu_seconds"].median(),
            "seconds_worst": grouped["seconds"].max(),
            "peak_mb": grouped["peak_mb"].max(),
            "feasible": grouped["status"].agg(lambda s: (s == "feasible").mean()),
        }
    )
    return short.round(3).to_string()


def _in_process(
    instance: Instance, seed: int, seconds: float, labels: Path | None
) -> dict:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(
        target=_child, args=(instance, seed, seconds, labels, theirs)
    )
    child.start()
    theirs.close()
    try:
        row: dict = ours.recv()
    except EOFError:
        row = dict.fromkeys(COLUMNS, float("nan"))
        row |= {"instance": instance.name, "kind": instance.kind, "seed": seed}
        row |= {"status": "failed"}
    child.join()
    return row


def _child(instance, seed, seconds, labels, pipe) -> None:
    row, result = run(instance, seed, seconds)
    if labels is not None:
        labels.mkdir(parents=True, exist_ok=True)
        codes = dict(zip(result.plan.unit_id, result.plan.assignment, strict=True))
        told = [codes[u] for u in instance.table.unit_id]
        pd.DataFrame({"unit": instance.row_id, "territory": told}).to_csv(
            labels / f"{instance.name}.{seed}.csv", index=False
        )
    pipe.send(row)
    pipe.close()


def _compile() -> None:
    """Fill the cache of compiled code, which is not what is measured."""
    from geo.warm import warm_up

    warm_up()


def _line(row: dict) -> str:
    return (
        f"{row['instance']:>20} seed {row['seed']}: {row['status']}, "
        f"gap {100 * row['gap']:.3f} %, "
        f"deviation {100 * row['worst_deviation']:.2f} %, "
        f"{row['seconds']} s, {row['cpu_seconds']} CPU s"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.design", description=__doc__)
    parser.add_argument("--instances", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
