"""Excel workbooks: the sheet with the table, its cells as the text a person sees."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

import openpyxl
import pandas as pd
from defusedxml import DefusedXmlException
from openpyxl.utils.exceptions import InvalidFileException

from data.archives import check_zip
from data.delimited import Records
from data.headings import MAX_COLUMNS, MAX_ROWS, frame_of
from geo.errors import InputError

DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, IndexError),
    *(AttributeError, OSError, EOFError, ParseError, DefusedXmlException),
    *(InvalidFileException, NotImplementedError, OverflowError, AssertionError),
)
"""What openpyxl lets through when the XML or the zip under it is broken."""
EXACT = 10**15
"""Excel keeps 15 digits; a longer whole number has lost its last ones."""
ZERO_DAY = dt.time(0, 0)
BLANK_ROWS_END = 2_000
BLOCK = 1_000_000
CELL_END = b"</c>"
VALUELESS = re.compile(rb"(</f>|<f\b[^<>]*/>)\s*(<v\s*/>|<v>\s*</v>)?\s*$")
"""A cell that ends with its formula."""


def read_workbook(path: Path, *, sheet: str | None = None) -> pd.DataFrame:
    """Read one sheet: the chosen one, or the visible sheet with the largest table.

    Parameters
    ----------
    path
        A file that starts as a zip does.
    sheet
        Name of the sheet; None for the largest.

    Returns
    -------
    DataFrame
        Text cells as in `data.headings.frame_of`; ``attrs`` also has ``sheet``,
        ``sheets`` and ``uncalculated``: formulas without a value, which read as empty.

    Raises
    ------
    InputError
        The workbook is damaged, has a password, or lacks the sheet or a table.
    """
    if not any(name.startswith("xl/") for name in check_zip(path)):
        what, fix = "The file is a zip archive, not a workbook", "Unpack it first"
        raise InputError(what, where=path.name, fix=fix)
    with path.open("rb") as file:
        name, names, records, part = _read(file, path, sheet)
    table = frame_of(records, where=f"{path.name}, sheet {name}")
    missing = _uncalculated(path, part)
    table.attrs |= {"sheet": name, "sheets": names, "uncalculated": missing}
    return table


def _read(
    file: BinaryIO, path: Path, sheet: str | None
) -> tuple[str, list[str], Records, str]:
    """Give the chosen sheet's name, all names, its rows, and its part of the file."""
    book = None
    try:
        book = openpyxl.load_workbook(
            file, read_only=True, data_only=True, keep_links=False
        )
        name, records = _choose(book, path, sheet)
        part = str(getattr(book[name], "_worksheet_path", ""))
        return name, list(book.sheetnames), records, part
    except DAMAGED as error:
        raise _damaged(path) from error
    finally:
        if book is not None:
            book.close()


def _uncalculated(path: Path, part: str) -> int:
    """Count the formulas of a sheet that no spreadsheet has given a value yet."""
    count, rest = 0, b""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(part.lstrip("/")) as sheet:
            while block := sheet.read(BLOCK):
                *whole, rest = (rest + block).split(CELL_END)
                count += sum(VALUELESS.search(cell) is not None for cell in whole)
                rest = rest[-BLOCK:]
    except DAMAGED:
        return 0
    return count


def _damaged(path: Path) -> InputError:
    what, fix = "The workbook is damaged", "Open it in Excel and save it again"
    return InputError(what, where=path.name, fix=fix)


def _choose(book: Any, path: Path, sheet: str | None) -> tuple[str, Records]:
    visible = [s for s in book.worksheets if s.sheet_state == "visible"]
    if sheet is not None:
        if sheet not in [s.title for s in book.worksheets]:
            what = f"Sheet '{sheet}' is missing"
            fix = "Sheets are: " + ", ".join(s.title for s in book.worksheets)
            raise InputError(what, where=path.name, fix=fix)
        visible = [book[sheet]]
    if not visible:
        fix = "Add a sheet with the accounts"
        raise InputError("The workbook has no sheet", where=path.name, fix=fix)
    found = [(s.title, _records(s, path)) for s in visible]
    return max(found, key=lambda item: _cells(item[1]))


def _cells(records: Records) -> int:
    return sum(map(len, records.rows))


def _records(sheet: Any, path: Path) -> Records:
    """Give the filled part of a sheet as rows of text, trailing blanks cut."""
    found = Records()
    blank = 0
    for number, cells in enumerate(_rows(sheet), start=1):
        row = [_text(cell) for cell in cells]
        while row and not row[-1]:
            row.pop()
        blank = 0 if row else blank + 1
        if blank > BLANK_ROWS_END:
            break
        if len(found.rows) > MAX_ROWS + 1000 or len(row) > MAX_COLUMNS:
            what = "The sheet is larger than one table may be"
            fix = f"Keep to {MAX_ROWS:,} rows and {MAX_COLUMNS:,} columns"
            raise InputError(what, where=f"{path.name}, sheet {sheet.title}", fix=fix)
        found.rows.append(row)
        found.lines.append(number)
    return found


def _rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()
    yield from sheet.iter_rows()


def _text(cell: Any) -> str:
    """Give a cell as text: whole numbers without a point, dates as ISO, no formulas."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, cell.number_format)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if _midnight(value) else value.isoformat(" ")
    if value == ZERO_DAY:
        return "1900-01-00"
    return str(value)


def _number(value: float, number_format: str) -> str:
    if isinstance(value, float) and not value.is_integer():
        return repr(value)
    if abs(value) >= EXACT:
        return f"{float(value):.14E}"
    whole = str(int(value))
    zeros = re.fullmatch(r"0{2,}", number_format or "")
    return whole.zfill(len(number_format)) if zeros else whole


def _midnight(value: dt.datetime) -> bool:
    return value.time() == ZERO_DAY
