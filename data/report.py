"""A map of a plan as one HTML file that opens without a network, and reads back.

Text of the user's is data in a JSON block; the page shows it by ``textContent``. A
content security policy lets only our own two scripts run, by their hash.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from numbers import Real
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from data.atomic import write_text
from data.document import Json, dumps
from data.export import Export
from data.plan_geojson import Item, collection
from geo.errors import InputError
from geo.metrics import summary

ASSETS = Path(__file__).resolve().parent / "report_assets"
LEAFLET = Path(__file__).resolve().parent.parent / "static" / "vendor" / "leaflet@1.9.4"

PLAIN = "#8a979e"
"""Colour of a territory that has none."""

DETAIL = 6000
"""Parts of the map's width: smaller detail is left out of the report."""

HEADS = {
    "name": "Territory",
    "rep_id": "Rep",
    "accounts": "Accounts",
    "workload_h": "Hours a year",
    "load": "Load",
    "share": "Of a fair share",
    "revenue": "Revenue",
    "potential": "Potential",
    "moved_in_accounts": "Accounts in",
    "moved_out_accounts": "Accounts out",
    "area_km2": "Area, km²",
    "compactness": "Compactness",
    "pieces": "Pieces",
}
"""Columns of the scorecard a report shows, and their headings."""

SHARES = ("load", "share")
BLOCK = re.compile(
    r'<script type="application/json" id="bailiwick">(.*?)</script>', re.S
)


def write_html(export: Export, path: Path) -> None:
    """Write the map and the table of territories as one page."""
    scripts = {
        "__LEAFLET_JS__": _asset(LEAFLET / "leaflet.js"),
        "__JS__": _asset(ASSETS / "report.js"),
    }
    css = re.sub(r"url\([^)]*\)", "none", _asset(LEAFLET / "leaflet.css"))
    parts = scripts | {
        "__HASHES__": " ".join(map(_hash, scripts.values())),
        "__LEAFLET_CSS__": css,
        "__CSS__": _asset(ASSETS / "report.css"),
        "__SHOWN__": inert(dumps(shown(export))),
        "__PLAN__": inert(dumps(export.document)),
    }
    page = re.compile("|".join(parts))
    text = page.sub(lambda found: parts[found[0]], _asset(ASSETS / "report.html"))
    write_text(path, text)


def read_html(path: Path) -> Json:
    """Give the document of a plan in a page of ours.

    Raises
    ------
    InputError
        The page carries no plan.
    """
    found = BLOCK.search(path.read_text(encoding="utf-8", errors="replace"))
    try:
        document: Json = json.loads(found[1] if found else "")
    except ValueError as error:
        raise InputError(
            "The page holds no plan",
            where=str(path),
            fix="Choose a page that was exported from here",
        ) from error
    return document


def inert(text: str) -> str:
    """Give JSON that no HTML parser or template takes for anything else."""
    for sign in "<>&$`\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def shown(export: Export) -> Json:
    """Give what the page shows: a title, a sentence, shapes, points and rows."""
    plan, table = export.plan, export.territories
    colors = table["color"].where(table["color"] != "", PLAIN)
    card = pd.DataFrame(table.drop(columns="geometry"))
    columns = columns_of(card)
    values = card[columns].to_numpy(dtype=object).tolist()
    shapes: list[Item] = [
        (str(i), {"name": name, "color": color}, shape)
        for i, name, color, shape in zip(
            table.index, table["name"], colors, _simple(table.geometry), strict=True
        )
        if shape is not None
    ]
    return {
        "title": plan.name or "Sales territories",
        "lead": summary(card),
        "sources": export.document["bailiwick"]["attribution"],
        "heads": [HEADS[c] for c in columns],
        "rows": [
            {"id": str(i), "color": color, "cells": _cells(columns, row), "keys": row}
            for i, color, row in zip(table.index, colors, values, strict=True)
        ],
        "shapes": json.loads(collection(shapes)),
        "points": json.loads(collection(_points(export.accounts))),
    }


def columns_of(card: pd.DataFrame) -> list[str]:
    """Give the columns of a scorecard that hold anything a reader wants to see."""
    said = card.replace("", None).notna().any()
    return [c for c in HEADS if c in card and said[c]]


def worded(column: str, value: object) -> str:
    """Give a number of the scorecard as people read it; a dash where none is known."""
    if isinstance(value, str):
        return value
    if not isinstance(value, Real) or not np.isfinite(float(value)):
        return "-"
    if column in SHARES:
        return f"{float(value) * 100:.0f} %"
    return f"{value:.2f}" if column == "compactness" else f"{float(value):,.0f}"


def together(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Give shapes in degrees on one side of 180: Alaska's last islands move west."""
    parts = shapely.get_parts(shapes.dropna().to_numpy())
    if len(parts) == 0:
        return shapes
    middle = np.median(shapely.get_coordinates(parts)[:, 0])
    return shapes.map(lambda shape: _beside(shape, middle), na_action="ignore")


def _beside(shape: BaseGeometry, middle: float) -> BaseGeometry:
    parts = shapely.get_parts(shape)
    west, east = shapely.bounds(parts)[:, [0, 2]].T
    turns = np.round((middle - (west + east) / 2) / 360) * 360
    if not turns.any():
        return shape
    xy, owner = shapely.get_coordinates(parts, return_index=True)
    xy[:, 0] += turns[owner]
    return MultiPolygon(list(shapely.set_coordinates(parts.copy(), xy)))


def _simple(shapes: gpd.GeoSeries) -> list[BaseGeometry | None]:
    """Give shapes with the detail a page can show; shared borders stay shared."""
    near = together(shapes)
    full = near.notna().to_numpy()
    ground = near[full].to_numpy()
    if len(ground) == 0:
        return [None] * len(near)
    west, _, east, _ = shapely.total_bounds(ground)
    simple = np.full(len(near), None, dtype=object)
    simple[full] = shapely.coverage_simplify(ground, (east - west) / DETAIL)
    rounded = shapely.transform(simple[full], lambda xy: np.round(xy, 5))
    simple[full] = rounded
    return list(simple)


def _points(accounts: gpd.GeoDataFrame | None) -> list[Item]:
    if accounts is None:
        return []
    names = accounts.get("name", pd.Series("", accounts.index))
    return [
        (f"account/{i}", {"name": str(name)}, point)
        for i, name, point in zip(accounts.index, names, accounts.geometry, strict=True)
        if point is not None
    ]


def _cells(columns: list[str], row: list[object]) -> list[str]:
    return [worded(c, value) for c, value in zip(columns, row, strict=True)]


def _asset(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
