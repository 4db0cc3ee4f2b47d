"""Column choices remembered, so that the next upload of a report is one click."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd

from data.columns import FIELDS, key_of
from geo.errors import InputError

FORMAT = 1


def remember(home: Path, raw: pd.DataFrame, columns: dict[str, str]) -> None:
    """Keep the choice for tables with these headings in the per-user folder.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    path = _path(home, raw)
    draft = path.with_suffix(".draft")
    text = json.dumps({"format": FORMAT, "columns": columns}, ensure_ascii=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        what = f"The choice of columns cannot be kept: {error.strerror or error}"
        fix = "Choose a folder that may be written to in BAILIWICK_HOME"
        raise InputError(what, where=str(home), fix=fix) from error


def recall(home: Path, raw: pd.DataFrame) -> dict[str, str]:
    """Give the choice kept for tables with these headings, empty if there is none."""
    try:
        document = json.loads(_path(home, raw).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    columns = document.get("columns") if isinstance(document, dict) else None
    if not isinstance(columns, dict) or document.get("format") != FORMAT:
        return {}
    return {f: h for f, h in columns.items() if f in FIELDS and h in raw.columns}


def _path(home: Path, raw: pd.DataFrame) -> Path:
    """Name the file by the headings, order and spelling marks aside."""
    keys = sorted(key_of(str(heading)) for heading in raw.columns)
    digest = hashlib.sha256("\n".join(keys).encode()).hexdigest()[:24]
    return home / "mappings" / f"{digest}.json"
