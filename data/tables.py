"""Tables from files: CSV, TSV, Excel, GeoJSON, GeoPackage, Parquet; every cell text."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data.delimited import decode, delimiter_of, read_records
from data.geotables import read_geojson
from data.headings import frame_of
from data.packages import read_geopackage
from data.parquets import read_parquet
from data.workbook import read_workbook
from geo.errors import InputError

MAX_BYTES = 512_000_000
SUPPORTED = "Use CSV, TSV, Excel (.xlsx), GeoJSON, GeoPackage or Parquet"

OLE = b"\xd0\xcf\x11\xe0"
"""Old Excel files, and new ones under a password, are wrapped in this format."""
REFUSED = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "compressed with gzip",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"fgb": "a FlatGeobuf file",
    b"\x7fELF": "a program",
    b"MZ": "a program",
}


def read_table(
    path: str | Path, *, sheet: str | None = None, encoding: str | None = None
) -> pd.DataFrame:
    """Read a table of accounts or reps as it stands: every cell text, nothing guessed.

    The content decides what the file is, not its name. Headings are found below cover
    lines; footers, totals, repeated headings and lines that do not parse are left out
    and listed.

    Parameters
    ----------
    path
        A file on disk.
    sheet
        Sheet of a workbook or layer of a GeoPackage; None for the largest.
    encoding
        Encoding of a text file; None to find it.

    Returns
    -------
    DataFrame
        Columns of dtype str, empty text where a cell is empty. The index ``row``
        counts data rows from 1. ``attrs``: source, kind, encoding, delimiter, sheet,
        sheets, header_row, dropped (list of `data.delimited.Line`), short.

    Raises
    ------
    InputError
        There is no such file, it is empty, damaged, too large or of another kind.
    """
    path = Path(path)
    if not path.is_file():
        what, fix = "There is no such file", "Check the path"
        raise InputError(what, where=path.name, fix=fix)
    size = path.stat().st_size
    if size > MAX_BYTES:
        what = (
            f"The file has {size / 1e6:,.0f} MB; {MAX_BYTES / 1e6:,.0f} MB is the most"
        )
        raise InputError(what, where=path.name, fix="Export fewer columns or split it")
    kind = kind_of(path)
    table = _read(path, kind, sheet, encoding)
    defaults = {"encoding": "", "delimiter": "", "sheet": "", "sheets": []}
    table.attrs = {"source": path.name, "kind": kind} | defaults | table.attrs
    return table


def kind_of(path: Path) -> str:
    """Give what a file is by its first bytes: text, json, excel, geopackage, parquet.

    Raises
    ------
    InputError
        The file is empty or of a kind that holds no table we read.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip():
        fix = "Choose a file with headings and at least one row"
        raise InputError("The file is empty", where=path.name, fix=fix)
    if head.startswith(b"PK\x03\x04"):
        return "excel"
    if head.startswith(b"SQLite format 3\0"):
        return "geopackage"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(OLE):
        raise _old_office(path)
    for magic, name in REFUSED.items():
        if head.startswith(magic):
            raise _refused(path, name)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        raise _refused(path, "a web page or XML")
    return "json" if start.startswith((b"{", b"[")) else "text"


def _old_office(path: Path) -> InputError:
    if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        what, fix = "The workbook has a password", "Save it without one"
        return InputError(what, where=path.name, fix=fix)
    what, fix = "The file is an old Excel workbook (.xls)", "Save it as .xlsx or CSV"
    return InputError(what, where=path.name, fix=fix)


def _refused(path: Path, name: str) -> InputError:
    return InputError(f"The file is {name}", where=path.name, fix=SUPPORTED)


def _read(
    path: Path, kind: str, sheet: str | None, encoding: str | None
) -> pd.DataFrame:
    if kind == "excel":
        return read_workbook(path, sheet=sheet)
    if kind == "geopackage":
        return read_geopackage(path, layer=sheet)
    if kind == "parquet":
        return read_parquet(path)
    content = path.read_bytes()
    text, used = decode(content, encoding=encoding or "", where=path.name)
    if kind == "json":
        table = read_geojson(path, text)
        table.attrs["encoding"] = used
        return table
    delimiter = delimiter_of(text)
    records = read_records(text, delimiter, where=path.name)
    table = frame_of(records, where=path.name)
    table.attrs |= {"encoding": used, "delimiter": delimiter}
    return table
