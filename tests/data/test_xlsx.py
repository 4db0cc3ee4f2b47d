"""Workbooks open, hold text as text, and no formula."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from data import xlsx


def cells(path: Path, title: str) -> list[tuple[object, ...]]:
    sheet = openpyxl.load_workbook(path)[title]
    return [tuple(cell.value for cell in row) for row in sheet.iter_rows()]


def test_every_kind_of_value_is_kept(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "zip": ["00501", "", None],
            "n": [1.5, np.nan, -2e9],
            "yes": [True, False, True],
            "day": pd.to_datetime(["2026-01-02", None, "2026-12-31"]),
            "mixed": ["=1+1", 7, "<&>\x01 é"],
        }
    )
    path = xlsx.write_workbook(tmp_path / "a.xlsx", {"One & <two>": frame})
    assert cells(path, "One & <two>") == [
        ("zip", "n", "yes", "day", "mixed"),
        ("00501", 1.5, True, "2026-01-02", "'=1+1"),
        (None, None, False, None, 7),
        (None, -2e9, True, "2026-12-31", "<&> é"),
    ]


def test_text_is_typed_as_text(tmp_path: Path) -> None:
    path = xlsx.write_workbook(tmp_path / "a.xlsx", {"A": pd.DataFrame({"i": ["007"]})})
    cell = openpyxl.load_workbook(path)["A"]["A2"]
    assert (cell.value, cell.data_type, cell.number_format) == ("007", "s", "@")


def test_a_sheet_may_be_hidden_and_headings_stay(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1]})
    path = tmp_path / "a.xlsx"
    xlsx.write_workbook(path, {"A": frame, "B": frame}, hidden=("B",))
    book = openpyxl.load_workbook(path)
    assert [sheet.sheet_state for sheet in book] == ["visible", "hidden"]
    assert book["A"].freeze_panes == "A2"
    assert book["A"]["A1"].font.bold


def test_rows_past_the_limit_go_to_the_next_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "ROWS", 2)
    path = tmp_path / "a.xlsx"
    xlsx.write_workbook(path, {"A": pd.DataFrame({"a": [1, 2, 3]})})
    assert cells(path, "A") == [("a",), (1,), (2,)]
    assert cells(path, "A 2") == [("a",), (3,)]


def test_an_empty_table_keeps_its_headings(tmp_path: Path) -> None:
    path = xlsx.write_workbook(tmp_path / "a.xlsx", {"A": pd.DataFrame(columns=["x"])})
    assert cells(path, "A") == [("x",)]


def test_the_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["x"], "b": [0.1]})
    one = xlsx.write_workbook(tmp_path / "a.xlsx", {"A": frame})
    two = xlsx.write_workbook(tmp_path / "b.xlsx", {"A": frame})
    assert one.read_bytes() == two.read_bytes()
