"""Pairs are written block by block: the same rows, flat memory, whole or not at all."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.pair_files import write_pairs
from geo.errors import InputError
from routing.engine import StraightLine

PLACES = np.array([[24.9, 60.1], [25.0, 60.2], [np.nan, 60.0], [24.9, 60.1]])
IDS = ["01", "=b", "none", "d"]


def quiet(_step: str, _share: float, /) -> None:
    return


def write(path: Path, n: int = 4) -> dict[str, int]:
    ends = (IDS[:n], PLACES[:n])
    return write_pairs(StraightLine(), ends, (IDS, PLACES), path, report=quiet)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx"])
def test_blocks_do_not_change_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    read = {".csv": pd.read_csv, ".parquet": pd.read_parquet, ".xlsx": pd.read_excel}
    tables = []
    for pairs in (1_000_000, 4):
        monkeypatch.setattr("data.pair_files.PAIRS", pairs)
        path = tmp_path / f"{pairs}{suffix}"
        assert write(path) == {"found": 9, "no_point": 7}
        tables.append(read[suffix](path))
    pd.testing.assert_frame_equal(*tables)
    table = tables[0]
    assert [*table] == ["from_id", "to_id", "drive_s", "drive_m", "reason"]
    assert len(table) == 16
    assert table["drive_s"].isna().sum() == 7
    told = StraightLine().matrix(PLACES, PLACES).drive_s.ravel().round(1)
    np.testing.assert_array_equal(table["drive_s"], told)


def test_ids_stay_text_and_are_no_formula(tmp_path: Path) -> None:
    write(tmp_path / "x.csv")
    assert b"\r\n01,'=b," in (tmp_path / "x.csv").read_bytes()
    write(tmp_path / "x.parquet")
    assert pd.read_parquet(tmp_path / "x.parquet")["from_id"][4] == "=b"


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx"])
def test_no_origin_is_an_empty_table(tmp_path: Path, suffix: str) -> None:
    assert write(tmp_path / f"x{suffix}", 0) == {}
    assert (tmp_path / f"x{suffix}").is_file()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_run_that_is_cancelled_leaves_the_older_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr("data.pair_files.PAIRS", 4)
    path = tmp_path / f"x{suffix}"
    path.write_bytes(b"older")

    def cancel(_step: str, share: float, /) -> None:
        if share >= 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_pairs(StraightLine(), (IDS, PLACES), (IDS, PLACES), path, report=cancel)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == b"older"


def test_memory_does_not_grow_with_the_pairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.pair_files.PAIRS", 20_000)
    peaks = []
    for n in (200, 800):
        ids, places = [str(i) for i in range(n)], np.zeros((n, 2)) + 5.0
        tracemalloc.start()
        ends = (ids, places)
        path = tmp_path / "x.parquet"
        write_pairs(StraightLine(), ends, ends, path, report=quiet)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]  # sixteen times the pairs


def test_a_worksheet_that_would_be_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.pair_files.SHEET_ROWS", 15)
    with pytest.raises(InputError, match="16 pairs are more than the 15 rows"):
        write(tmp_path / "x.xlsx")
    with pytest.raises(InputError, match=r"No table can be written as '\.doc'"):
        write(tmp_path / "x.doc")
    assert not list(tmp_path.iterdir())
