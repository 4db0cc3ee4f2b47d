"""Plans as an Excel workbook."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from data.atomic import replacing
from data.document import Json, dumps
from data.export import Export
from data.formulas import neutral, restored
from geo.errors import InputError

CELL = 32_000
"""Characters of the plan a cell holds; Excel allows 32,767."""

SHEET = "bailiwick"
"""Hidden sheet that carries the plan."""


def write_workbook(export: Export, path: Path) -> None:
    """Write sheets Summary, Territories, Units, Accounts, Changes, Sources."""
    book = openpyxl.Workbook(write_only=True)
    for title, frame in sheets(export).items():
        append_sheet(book, title, frame)
    carried = book.create_sheet(SHEET)
    carried.sheet_state = "hidden"
    text = dumps(export.document)
    for start in range(0, len(text), CELL):
        carried.append([_cell(carried, text[start : start + CELL])])
    with replacing(path) as draft:
        book.save(draft)


def read_workbook(path: Path) -> tuple[Json, dict[str, str]]:
    """Give the plan's document and the owners its Units sheet states."""
    try:
        book = openpyxl.load_workbook(path, read_only=True)
        carried = [str(row[0]) for row in book[SHEET].iter_rows(values_only=True)]
        rows = book["Units"].iter_rows(values_only=True)
        head = [str(name) for name in next(rows)]
        places = [head.index("unit_id"), head.index("territory_id")]
        owner = {_read(row[places[0]]): _read(row[places[1]]) for row in rows}
        found: Json = json.loads("".join(carried))
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        StopIteration,
    ) as error:
        raise InputError(
            "The workbook holds no plan",
            where=str(path),
            fix="Choose a workbook exported from here, or a CSV crosswalk",
        ) from error
    return found, owner


def sheets(export: Export) -> dict[str, pd.DataFrame]:
    """Give the visible sheets by title."""
    whole = export.document["bailiwick"]
    sources = [[text] for text in whole["attribution"]] or [["none stated"]]
    return {
        "Summary": _summary(export),
        "Territories": _plain(export.territories, "territory_id"),
        "Units": _plain(export.units, "unit_id"),
        "Accounts": _accounts(export),
        "Changes": export.changes,
        "Sources": pd.DataFrame(sources, columns=["source"]),
    }


def _summary(export: Export) -> pd.DataFrame:
    plan, shapes = export.plan, export.territories
    rows: list[tuple[str, object]] = [
        ("Plan", plan.name),
        ("Units", plan.unit_set),
        ("Territories", len(shapes)),
        ("Unassigned units", int((export.units["territory_id"] == "").sum())),
    ]
    for measure in export.document["bailiwick"]["measures"]:
        rows.append((measure, float(shapes[measure].sum())))
        worst = shapes[f"{measure}_deviation"].abs().max()
        rows.append((f"worst {measure}_deviation", float(worst)))
    return pd.DataFrame(rows, columns=["what", "value"])


def _accounts(export: Export) -> pd.DataFrame:
    if export.accounts is not None:
        return _plain(export.accounts, "account_id")
    return pd.DataFrame({"note": ["Accounts were left out; export with accounts."]})


def _plain(frame: pd.DataFrame, index: str) -> pd.DataFrame:
    shown = pd.DataFrame(frame.drop(columns="geometry"))
    return shown.rename_axis(index).reset_index()


def append_sheet(book: openpyxl.Workbook, title: str, frame: pd.DataFrame) -> None:
    """Add a sheet: headings that stay in view, numbers, and text that is no formula."""
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, neutral(str(c)), bold=True) for c in frame.columns])
    for row in frame.itertuples(index=False, name=None):
        sheet.append([_cell(sheet, value) for value in row])


def _cell(sheet: WriteOnlyWorksheet, value: object, *, bold: bool = False) -> Cell:
    """Give a cell: numbers as numbers, all else as text that is no formula."""
    if isinstance(value, (bool, np.bool_)):
        return WriteOnlyCell(sheet, value=bool(value))
    if isinstance(value, (int, float, np.integer, np.floating)):
        return WriteOnlyCell(sheet, value=float(value) if np.isfinite(value) else None)
    text = (
        ""
        if value is None or value is pd.NA or value is pd.NaT
        else neutral(str(value))
    )
    cell = WriteOnlyCell(sheet, value=None)
    cell.value = text
    cell.data_type = "s"
    cell.number_format = "@"
    if bold:
        cell.font = Font(bold=True)
    return cell


def _read(value: object) -> str:
    return "" if value is None else restored(str(value))
