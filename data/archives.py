"""Zip files: what is inside is known, and of bearable size, before one is opened."""

from __future__ import annotations

import zipfile
from pathlib import Path

from geo.errors import InputError

MAX_ENTRIES = 10_000
MAX_UNPACKED = 1_500_000_000
"""Bytes an archive may unpack to: a workbook of a million rows has about 1 GB."""
MAX_RATIO = 200
"""Unpacked over packed size; spreadsheets reach 40, bombs 1,000."""
RATIO_COUNTS_FROM = 10_000_000


def check_zip(path: Path) -> list[str]:
    """Give the names inside a zip after looking at its directory only.

    Raises
    ------
    InputError
        The archive is damaged, encrypted, or unpacks to more than a table can hold.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError(
            "The file is damaged", where=path.name, fix="Export it again"
        ) from error
    if any(entry.flag_bits & 1 for entry in entries):
        what, fix = "The file is password-protected", "Save it without a password"
        raise InputError(what, where=path.name, fix=fix)
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    bomb = unpacked > RATIO_COUNTS_FROM and unpacked / packed > MAX_RATIO
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or bomb:
        what = f"The file unpacks to {unpacked / 1e6:,.0f} MB in {len(entries):,} parts"
        fix = "Save the table as CSV, or split it"
        raise InputError(what, where=path.name, fix=fix)
    return [entry.filename for entry in entries]
