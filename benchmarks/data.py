"""Measure data in and out: reading and placing address rows, and every format out.

python -m benchmarks.data [--addresses FILE] [--rows N] [--accounts N] --out FILE

FILE holds real places with their coordinates (for instance breweries.csv): its US rows
with a ZIP are read again without coordinates, and repeated to N rows for the timing.
Without it the demo's fictional addresses are timed and nothing is said of accuracy.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data.demo import demo_accounts
from data.formats import WRITERS, write_plan
from data.intake import read_accounts
from data.study import study_of
from geo.baseline import todays
from geo.frames import Accounts
from routing.engine import crow_distance_m
from sales.workload import workload

ADDRESS = ["name", "street", "city", "state", "postal_code", "country"]
CSV = {
    **{"name": "Name", "street": "Street", "city": "City", "state": "State"},
    **{"postal_code": "ZIP", "country": "Country"},
}


def main() -> int:
    """Run every measurement in a process of its own and write one row each."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        rows = apart(read_rows, options.addresses, options.rows, home)
        rows += apart(write_rows, options.accounts, home)
    table = pd.DataFrame(rows, columns=["what", "n", "value", "unit", "target"])
    table.to_csv(options.out, index=False)
    print(table.to_string(index=False))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--addresses", type=Path)
    parser.add_argument("--rows", type=int, default=133_000)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def apart(work: Callable[..., list[Any]], *args: object) -> list[Any]:
    """Do work in a fresh process, so that its peak memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        rows: list[Any] = pool.apply(work, args)
    return rows


def read_rows(addresses: Path | None, n: int, home: Path) -> list[tuple[Any, ...]]:
    """Read, clean and place address rows; say how many and how far off."""
    known = None if addresses is None else _known(addresses)
    source = demo_accounts(n, seed=1) if known is None else known
    repeated = source.iloc[np.arange(n) % len(source)]
    path = home / "addresses.csv"
    text = pd.DataFrame(repeated[ADDRESS]).rename(columns=CSV)
    text.assign(Id=[f"A{i:06d}" for i in range(n)]).to_csv(path, index=False)
    spent, intake = timed(lambda: read_accounts(path))
    found = intake.accounts.iloc[: len(source)]
    placed = found["match"].isin(["rooftop", "street", "postcode"])
    rows = [
        ("address rows to accounts, CPU", n, round(spent, 1), "s", "20"),
        ("address rows to accounts, peak", n, _peak_mb(), "MB", "2000"),
    ]
    if known is None:
        return rows
    off_km = _apart_km(known, found)
    return [
        *rows,
        ("placed by ZIP or finer", len(known), _percent(placed), "%", "98"),
        ("median error", len(known), round(float(np.median(off_km)), 2), "km", "3.5"),
        (
            "error of 9 in 10",
            len(known),
            round(float(np.quantile(off_km, 0.9)), 1),
            "km",
            "",
        ),
    ]


def _known(path: Path) -> Accounts:
    """Give the US rows that have coordinates and a ZIP."""
    accounts = read_accounts(path).accounts
    given = (accounts["match"] == "rooftop") & (accounts["country"] == "US")
    zipped = accounts["postal_code"].astype("str").str.fullmatch(r"\d{5}(-\d{4})?")
    return accounts[given & zipped.fillna(False).astype(bool)]


def _apart_km(known: Accounts, found: Accounts) -> np.ndarray:
    pairs = zip(_lonlat(known), _lonlat(found), strict=True)
    metres = [crow_distance_m(a[None], b[None])[0, 0] for a, b in pairs]
    return np.nan_to_num(np.array(metres) / 1000, nan=np.inf)


def _lonlat(accounts: Accounts) -> np.ndarray:
    return np.column_stack([accounts.geometry.x, accounts.geometry.y])


def write_rows(n: int, home: Path) -> list[tuple[Any, ...]]:
    """Write a plan of one territory a state, with its accounts, in every format."""
    accounts = demo_accounts(n, seed=1)
    study = study_of(workload(accounts.assign(territory=accounts["state"])))
    plan = todays(study)
    rows = []
    for suffix in WRITERS:
        path = home / f"plan{suffix}"
        spent, _ = timed(lambda path=path: write_plan(plan, study, path, accounts=True))
        rows.append((f"write {suffix}, CPU", n, round(spent, 1), "s", ""))
    total = round(sum(float(row[2]) for row in rows), 1)
    rows.append(("write all formats, CPU", n, total, "s", "60"))
    rows.append(("write all formats, peak", n, _peak_mb(), "MB", ""))
    return rows


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Give the CPU seconds of some work, and its result."""
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _percent(mask: pd.Series) -> float:
    return round(float(mask.mean()) * 100, 2)


if __name__ == "__main__":
    raise SystemExit(main())
