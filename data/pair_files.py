"""Drive times of pairs on disk: a row a pair, written block by block in flat memory."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.account_files import write_rows
from data.atomic import replacing
from data.formulas import neutral
from geo.errors import InputError
from routing.engine import Reason, TravelEngine, TravelMatrix

PAIRS = 1_000_000
"""Pairs held at once, about 200 MB with their rows."""
SHEET_ROWS = 1_048_575
"""Rows of a worksheet below its headings."""
COLUMNS = ("from_id", "to_id", "drive_s", "drive_m", "reason")
SUFFIXES = (".csv", ".parquet", ".xlsx")
WORDS = np.array([reason.name.lower() for reason in Reason], dtype=object)

Put = Callable[[pd.DataFrame], None]


class Told(Protocol):
    """Takes the step a command is at and the share of it that is done."""

    def __call__(self, step: str, share: float, /) -> None:
        """Tell it."""


def write_pairs(
    engine: TravelEngine,
    origins: tuple[list[str], NDArray[np.float64]],
    goals: tuple[list[str], NDArray[np.float64]],
    path: Path,
    *,
    report: Told,
) -> dict[str, int]:
    """Ask an engine for all pairs and write them; whole or not at all.

    Parameters
    ----------
    origins, goals
        Ids, and (lon, lat) in degrees, shape (n, 2).

    Returns
    -------
    dict
        Reason, in lower case, -> how many pairs have it.

    Raises
    ------
    InputError
        The suffix is none of ours, or the table is too long for a worksheet.
    """
    check_pairs(path, len(origins[0]) * len(goals[0]))
    count = np.zeros(len(Reason), dtype=np.int64)
    step = max(1, PAIRS // max(len(goals[0]), 1))
    with _opened(path) as put:
        for first in range(0, len(origins[0]), step):
            report("driving", first / len(origins[0]))
            rows = slice(first, first + step)
            found = engine.matrix(origins[1][rows], goals[1])
            put(_rows(origins[0][rows], goals[0], found))
            count += np.bincount(found.reason.ravel(), minlength=len(Reason))
    return {str(word): int(n) for word, n in zip(WORDS, count, strict=True) if n}


def check_pairs(path: Path, n: int) -> None:
    """Refuse what `write_pairs` cannot write, before any work is done.

    Raises
    ------
    InputError
        As `write_pairs`.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"No table can be written as '{path.suffix or path.name}'",
            where=str(path),
            fix=f"Choose one of {', '.join(SUFFIXES)}",
        )
    if suffix == ".xlsx" and n > SHEET_ROWS:
        raise InputError(
            f"{n:,} pairs are more than the {SHEET_ROWS:,} rows of a worksheet",
            where=str(path),
            fix="Choose .csv or .parquet",
        )


def _rows(origins: list[str], goals: list[str], found: TravelMatrix) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "from_id": np.repeat(np.array(origins, dtype=object), len(goals)),
            "to_id": np.tile(np.array(goals, dtype=object), len(origins)),
            "drive_s": found.drive_s.ravel().round(1),
            "drive_m": found.drive_m.ravel().round(1),
            "reason": WORDS[found.reason.ravel()],
        }
    )


@contextmanager
def _opened(path: Path) -> Iterator[Put]:
    """Give what takes the blocks of a file that appears when all are in."""
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        blocks: list[pd.DataFrame] = []
        yield blocks.append
        empty = pd.DataFrame(columns=list(COLUMNS))
        write_rows(pd.concat(blocks) if blocks else empty, path)
        return
    kind = _csv if suffix == ".csv" else _parquet
    with replacing(path) as draft, kind(draft) as put:
        yield put


@contextmanager
def _csv(draft: Path) -> Iterator[Put]:
    with draft.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerow(COLUMNS)

        def put(block: pd.DataFrame) -> None:
            for column in ("from_id", "to_id"):
                safe = {text: neutral(text) for text in block[column].unique()}
                block[column] = block[column].map(safe)
            block.to_csv(file, index=False, header=False, lineterminator="\r\n")

        yield put


@contextmanager
def _parquet(draft: Path) -> Iterator[Put]:
    text, number = pa.string(), pa.float64()
    kinds = zip(COLUMNS, (text, text, number, number, text), strict=True)
    schema = pa.schema(list(kinds))
    with pq.ParquetWriter(draft, schema, compression="zstd") as file:

        def put(block: pd.DataFrame) -> None:
            file.write_table(pa.Table.from_pandas(block, schema, preserve_index=False))

        yield put
