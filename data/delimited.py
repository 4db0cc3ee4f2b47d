"""Delimited text: its encoding, its delimiter and its records, every bad line named."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from charset_normalizer import from_bytes

from geo.errors import InputError

DELIMITERS = (",", "\t", ";", "|")
SNIFF_RECORDS = 50
MAX_BAD_LINES = 10_000
MAX_LINES_IN_CELL = 200
"""A quoted cell longer than this is a quote somebody forgot to close."""

BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NOT_WESTERN = {
    *("big5", "big5hkscs", "cp932", "cp949", "cp950", "euc_jp", "euc_kr", "gb18030"),
    *("gb2312", "gbk", "shift_jis", "cp1251", "koi8_r", "koi8_u", "cp1253", "cp1255"),
    *("cp1256", "iso8859_5", "iso8859_7", "cp866", "johab", "shift_jis_2004"),
}


@dataclass(frozen=True)
class Line:
    """A line of a file that is not a row of its table, and why."""

    line: int
    text: str
    why: str


@dataclass
class Records:
    """What the parser made of a text.

    Parameters
    ----------
    rows
        The cells of each record; records may differ in length.
    lines
        Line number in the file on which each record starts, first line 1.
    bad
        Lines that could not be parsed; they are in no record.
    """

    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    bad: list[Line] = field(default_factory=list)


def decode(content: bytes, *, encoding: str = "", where: str = "") -> tuple[str, str]:
    """Give the text and the name of its encoding; a character is never replaced.

    The byte order mark decides, then strict UTF-8, then the best guess: Windows-1252
    for Western text, else what the statistics of the bytes say.

    Parameters
    ----------
    content
        The bytes of the file.
    encoding
        The encoding the user chose; empty to find it.
    where
        Name of the file for messages.

    Returns
    -------
    tuple of str, str
        The text, and the Python name of the encoding.

    Raises
    ------
    InputError
        The chosen encoding does not fit, or the bytes are not text.
    """
    if encoding:
        return _decode_as(content, encoding, where), encoding
    for bom, name in BOMS:
        if content.startswith(bom):
            return _decode_as(content, name, where), name
    if b"\0" in content[:4096]:
        name = _utf16_without_bom(content, where)
        return _decode_as(content, name, where), name
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        name = _guess(content)
    return _decode_as(content, name, where), name


def _decode_as(content: bytes, encoding: str, where: str) -> str:
    try:
        text = content.decode(encoding)
    except LookupError as error:
        what = f"'{encoding}' is not a text encoding"
        raise InputError(what, where=where, fix="Use utf-8 or cp1252") from error
    except UnicodeError as error:
        what = f"The text cannot be read as {encoding}"
        fix = "Choose its encoding, or save it as CSV UTF-8"
        raise InputError(what, where=where, fix=fix) from error
    if "\0" in text:
        raise InputError(
            "The file is not text", where=where, fix="Save the table as CSV or Excel"
        )
    return text


def _utf16_without_bom(content: bytes, where: str) -> str:
    head = content[:4096]
    half = len(head) // 2
    if head[1::2].count(0) > 0.7 * half:
        return "utf-16-le"
    if head[0::2].count(0) > 0.7 * half:
        return "utf-16-be"
    raise InputError(
        "The file is not text", where=where, fix="Save the table as CSV or Excel"
    )


def _guess(content: bytes) -> str:
    """Name the encoding of bytes that are not UTF-8.

    Only the lines with bytes past ASCII say anything, so the guess reads those.
    """
    lines = (line for line in content.splitlines() if not line.isascii())
    sample = b"\n".join(line for line, _ in zip(lines, range(500), strict=False))
    best = from_bytes(sample[:100_000], steps=5, chunk_size=2048).best()
    if best is not None and best.encoding in NOT_WESTERN:
        return best.encoding
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return best.encoding if best is not None else "latin-1"
    return "cp1252"


def delimiter_of(text: str) -> str:
    """Give the delimiter under which the first 50 records agree best on a width.

    A first line ``sep=;``, as Excel writes it, decides at once. A text of one column
    gives the comma.
    """
    head = "".join(_head(text, SNIFF_RECORDS * 4))
    if head[:4].lower() == "sep=" and len(head) > 4:
        return head[4]
    ranked = [(*_agreement(head, d), -i, d) for i, d in enumerate(DELIMITERS)]
    return max(ranked)[-1]


def _head(text: str, n_lines: int) -> Iterator[str]:
    stream = io.StringIO(text, newline="")
    for line, _ in zip(stream, range(n_lines), strict=False):
        yield line


def _agreement(head: str, delimiter: str) -> tuple[float, int]:
    """Give the share of records that have the commonest width, and that width."""
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    widths: list[int] = []
    try:
        for row in reader:
            widths += [len(row)] if any(row) else []
            if len(widths) == SNIFF_RECORDS:
                break
    except csv.Error:
        pass
    split = Counter(width for width in widths if width > 1)
    if not split:
        return 0.0, 1
    width, count = max(split.items(), key=lambda item: (item[1], item[0]))
    return round(count / len(widths), 1), width


def read_records(text: str, delimiter: str, *, where: str = "") -> Records:
    """Give the records of a text; a line that does not parse is listed, not lost.

    Quotes are read strictly. After a line that breaks the rules the parser starts
    again on the next one, so that one forgotten quote costs one line.

    Raises
    ------
    InputError
        More than 10,000 lines do not parse.
    """
    lines = list(io.StringIO(text, newline=""))
    found = Records()
    start = 1 if lines and lines[0][:4].lower() == "sep=" else 0
    while start < len(lines):
        start = _read_until_bad(lines, start, delimiter, found)
        if len(found.bad) > MAX_BAD_LINES:
            what = f"More than {MAX_BAD_LINES:,} lines do not parse"
            raise InputError(what, where=where, fix="Save the table as CSV again")
    return found


def _read_until_bad(
    lines: list[str], start: int, delimiter: str, found: Records
) -> int:
    """Append records from line `start` on; give the line to go on from."""
    begin = start

    def feed() -> Iterator[str]:
        for number in range(begin, len(lines)):
            if number - start > MAX_LINES_IN_CELL:
                raise csv.Error("a quote is not closed")
            yield lines[number]

    reader = csv.reader(feed(), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            found.rows.append(row)
            found.lines.append(start + 1)
            start = begin + reader.line_num
    except csv.Error as error:
        text = lines[start].rstrip("\r\n")[:500]
        found.bad.append(Line(start + 1, text, _reason(str(error))))
        return start + 1
    return len(lines)


def _reason(error: str) -> str:
    if "field larger" in error:
        return "a cell is longer than 131,072 characters"
    return "a quote is not closed"
