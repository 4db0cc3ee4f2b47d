"""Plans as an Excel workbook."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd

from data import xlsx
from data.archives import check_zip
from data.document import Json, plain, reading
from data.export import Export
from data.formulas import restored

SHEET = "bailiwick"
"""Hidden sheet that carries the plan."""


def write_workbook(export: Export, path: Path) -> None:
    """Write sheets Summary, Territories, Units, Accounts, Changes, Sources."""
    text, size = json.dumps(plain(export.document)), xlsx.CELL - 1
    chunks = [text[i : i + size] for i in range(0, len(text), size)]
    carried = pd.DataFrame({"document": chunks})
    xlsx.write_workbook(path, sheets(export) | {SHEET: carried}, hidden=(SHEET,))


def read_workbook(path: Path) -> tuple[Json, dict[str, str]]:
    """Give the plan's document and the owners its Units sheet states."""
    check_zip(path)
    with reading(path), path.open("rb") as file:
        book = openpyxl.load_workbook(
            file, read_only=True, data_only=True, keep_links=False
        )
        carried = [_read(r[0]) for r in book[SHEET].iter_rows(2, values_only=True)]
        rows = book["Units"].iter_rows(values_only=True)
        head = [str(name) for name in next(rows)]
        places = [head.index("unit_id"), head.index("territory_id")]
        owner = {_read(row[places[0]]): _read(row[places[1]]) for row in rows}
        found: Json = json.loads("".join(carried))
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


def _read(value: object) -> str:
    return "" if value is None else restored(str(value))
