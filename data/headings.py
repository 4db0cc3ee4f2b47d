"""From rows of cells to a table: headings found, trailers and bad rows named."""

from __future__ import annotations

import re
from collections import Counter

import pandas as pd

from data.delimited import Line, Records
from geo.errors import InputError

SEARCH_ROWS = 30
MAX_ROWS = 1_000_000
MAX_COLUMNS = 1_000
TOTAL = re.compile(r"(grand\s+)?totals?\b|sum\b|summe\b|gesamt|subtotal\b", re.I)
NUMBER = re.compile(r"[-+(]?\s*[$€£]?\s*\d[\d.,\s]*\)?%?")
YEAR = re.compile(r"(19|20)\d\d")
WRAPPED = re.compile(r'="(.*)"', re.S)
DISARMED = ("'=", "'+", "'-", "'@", "'\t", "'\r")
"""How our own files write text that a spreadsheet would take for a formula."""


def frame_of(records: Records, *, where: str) -> pd.DataFrame:
    """Give the table that stands in rows of cells.

    Parameters
    ----------
    records
        Cells of each row and the line each starts on.
    where
        Name of the file, and sheet, for messages.

    Returns
    -------
    DataFrame
        Text cells, empty where there is none. The index ``row`` counts the rows after
        the heading from 1 as a person does, blank and dropped ones included.
        ``attrs`` has ``header_row`` (0 if there is none) and ``dropped``, a list of
        ``Line``: what stood in the file and is not in the table, and ``short``, the
        rows that had fewer cells than headings.

    Raises
    ------
    InputError
        There is no row under the headings, or more rows or columns than one table
        may have.
    """
    rows, lines = records.rows, records.lines
    at = header_at(rows)
    heading = rows[at] if at >= 0 else []
    first = at + 1
    body = rows[first:]
    width = len(_trim(heading)) or max((len(row) for row in body), default=0)
    _check_size(len(body), width, where)
    dropped = [*records.bad, *_before(rows, lines, at)]
    kept, shed = _sort_out(body, lines[first:], _trim(heading), width)
    dropped += shed
    if not kept:
        what = "The table has headings but no rows" if at >= 0 else "The file is empty"
        raise InputError(what, where=where, fix="Choose a file with at least one row")
    table = _table([_fit(body[i], width) for i in kept], heading, width)
    table.index = pd.Index([i + 1 for i in kept], name="row")
    table.attrs["header_row"] = lines[at] if at >= 0 else 0
    table.attrs["dropped"] = sorted(dropped, key=lambda line: line.line)
    table.attrs["short"] = [i + 1 for i in kept if len(body[i]) < len(_trim(heading))]
    return table


def header_at(rows: list[list[str]]) -> int:
    """Give the position of the row that holds the headings, -1 if there is none.

    It is the first of 30 rows that fills at least 60 % of the cells a usual row fills
    and holds no number except years; cover lines fill one or two cells.
    """
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows[:200]]
    usual = Counter(n for n in filled if n > 1).most_common(1)
    need = max(1.0, 0.6 * usual[0][0]) if usual else 1.0
    for i, row in enumerate(rows[:SEARCH_ROWS]):
        if filled[i] >= need and not any(map(_is_number, row)):
            return i
    return -1


def _is_number(cell: str) -> bool:
    cell = cell.strip()
    return bool(NUMBER.fullmatch(cell)) and not YEAR.fullmatch(cell)


def _trim(row: list[str]) -> list[str]:
    """Give a row without the empty cells at its end."""
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return row[:end]


def _check_size(n_rows: int, n_columns: int, where: str) -> None:
    if n_rows > MAX_ROWS + 1000:
        what = f"The table has {n_rows:,} rows; {MAX_ROWS:,} is the most"
        raise InputError(what, where=where, fix="Split it, or aggregate it to units")
    if n_columns > MAX_COLUMNS:
        what = f"The table has {n_columns:,} columns; {MAX_COLUMNS:,} is the most"
        raise InputError(what, where=where, fix="Export only the columns needed")


def _before(rows: list[list[str]], lines: list[int], at: int) -> list[Line]:
    return [
        Line(lines[i], _text(rows[i]), "above the headings")
        for i in range(max(at, 0))
        if any(map(str.strip, rows[i]))
    ]


def _sort_out(
    body: list[list[str]], lines: list[int], heading: list[str], width: int
) -> tuple[list[int], list[Line]]:
    """Give the positions of the rows to keep, and the rows that are not data."""
    end = len(body)
    dropped: list[Line] = []
    usual = _usual(body[:200])
    while end and _is_trailer(body[end - 1], usual, width):
        end -= 1
        if any(map(str.strip, body[end])):
            dropped.append(Line(lines[end], _text(body[end]), "trailer"))
    kept = []
    title = [cell.strip() for cell in heading]
    for i in range(end):
        row = body[i]
        if not any(row) or not any(map(str.strip, row)):
            continue
        if len(row) > width and any(map(str.strip, row[width:])):
            why = f"{len(row)} cells where the headings have {width}"
            dropped.append(Line(lines[i], _text(row), why))
        elif title and row[0].strip() == title[0] and _trimmed(row) == title:
            dropped.append(Line(lines[i], _text(row), "headings repeated"))
        else:
            kept.append(i)
    return kept, dropped


def _trimmed(row: list[str]) -> list[str]:
    return [cell.strip() for cell in _trim(row)]


def _usual(body: list[list[str]]) -> int:
    """Give the number of filled cells most rows have."""
    filled = Counter(sum(bool(cell.strip()) for cell in row) for row in body)
    filled.pop(0, None)
    return max(filled.items(), key=lambda item: (item[1], item[0]))[0] if filled else 0


def _is_trailer(row: list[str], usual: int, width: int) -> bool:
    """Tell a footer or a row of totals: mostly empty cells at the table's end."""
    cells = [cell for cell in row if cell.strip()]
    if not cells:
        return True
    if usual >= 3 and len(cells) == 1:
        return True
    return len(cells) <= width / 2 and bool(TOTAL.match(cells[0].strip()))


def _fit(row: list[str], width: int) -> list[str]:
    return row[:width] if len(row) >= width else row + [""] * (width - len(row))


def _text(row: list[str]) -> str:
    return " | ".join(cell for cell in row if cell.strip())[:500]


def _table(rows: list[list[str]], heading: list[str], width: int) -> pd.DataFrame:
    names = unique_headings(_fit(heading, width))
    columns = {
        name: plain_cells(list(cells))
        for name, cells, title in zip(
            names, zip(*rows, strict=True), _fit(heading, width), strict=True
        )
        if title.strip() or any(cells)
    }
    return pd.DataFrame(columns, dtype="str")


def unique_headings(heading: list[str]) -> list[str]:
    """Give every column a heading of its own: blank ones a number, repeats a count."""
    seen: set[str] = set()
    names = []
    for number, title in enumerate(heading, start=1):
        base = " ".join(title.replace("\ufeff", "").split()) or f"Column {number}"
        name, count = base, 1
        while name in seen:
            count += 1
            name = f"{base} ({count})"
        seen.add(name)
        names.append(name)
    return names


def plain_cells(cells: list[str]) -> list[str]:
    """Give cells without the wrappers of spreadsheets: ``="00123"`` and ``'=text``."""
    if not any(cell[:1] in ("=", "'") for cell in cells):
        return cells
    return [_plain(cell) if cell[:1] in ("=", "'") else cell for cell in cells]


def _plain(cell: str) -> str:
    wrapped = WRAPPED.fullmatch(cell)
    if wrapped:
        return wrapped[1].replace('""', '"')
    return cell[1:] if cell.startswith(DISARMED) else cell
