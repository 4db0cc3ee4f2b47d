"""A plan to print: a page for all, then a page a territory with its map and numbers."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from fpdf import FPDF
from numpy.typing import NDArray

from data.atomic import write_bytes
from data.export import Export
from data.report import HEADS, PLAIN, columns_of, together, worded
from geo.errors import InputError
from geo.frames import WGS84
from geo.metrics import summary

Floats = NDArray[np.float64]

FONT = "DejaVu"
INK, SOFT, LINE = (23, 36, 43), (228, 234, 237), (255, 255, 255)
OVER, UNDER, FAIR = (179, 38, 30), (31, 95, 168), (29, 122, 70)
FAIR_BAND = 0.10
"""A bar within this share of the mean counts as fair."""

MARGIN_MM = 14.0
MAP_MM = (182.0, 120.0)
TABLE = ("name", "rep_id", "accounts", "workload_h", "load", "share", "revenue")


def write_pdf(export: Export, path: Path) -> None:
    """Write the overview with map, bars and table, then a page a territory."""
    paper = _paper(export)
    shapes = _flat(export.territories)
    _overview(paper, export, shapes)
    for territory_id in export.territories.index:
        _territory(paper, export, shapes, str(territory_id))
    write_bytes(path, bytes(paper.output()))


def _paper(export: Export) -> FPDF:
    paper = FPDF(format="A4")
    paper.set_margin(MARGIN_MM)
    paper.set_auto_page_break(True, margin=MARGIN_MM)
    paper.set_title(export.plan.name or "Sales territories")
    for style, name in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
        paper.add_font(FONT, style, _fonts() / name)
    paper.set_text_color(*INK)
    return paper


def _fonts() -> Path:
    """Give the folder of DejaVu, which covers more scripts than PDF's own fonts."""
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        raise InputError(
            "The fonts of the PDF are missing", fix="pip install -r requirements.txt"
        )
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"


def _overview(paper: FPDF, export: Export, shapes: gpd.GeoSeries) -> None:
    card = pd.DataFrame(export.territories.drop(columns="geometry"))
    paper.add_page()
    _line(paper, export.plan.name or "Sales territories", size=18, bold=True)
    _line(paper, summary(card), size=10)
    if card.empty:
        _line(paper, "No territory is drawn yet.", size=10)
    else:
        _map(paper, export, shapes, chosen="")
        _bars(paper, card)
        _table(paper, card)
    for source in export.document["bailiwick"]["attribution"]:
        _line(paper, source, size=7)


def _territory(
    paper: FPDF, export: Export, shapes: gpd.GeoSeries, territory_id: str
) -> None:
    card = pd.DataFrame(export.territories.drop(columns="geometry"))
    row = card.loc[territory_id]
    paper.add_page()
    _line(paper, str(row["name"]), size=18, bold=True)
    _map(paper, export, shapes, chosen=territory_id)
    paper.ln(4)
    for column in columns_of(card):
        if column != "name":
            _line(paper, f"{HEADS[column]}: {worded(column, row[column])}", size=10)
    units = export.units[export.units["territory_id"] == territory_id]
    names = ", ".join(sorted(units["name"].astype("str")))
    paper.ln(2)
    _line(paper, f"{len(units)} units: {names}"[:3000], size=8)


def _flat(territories: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Give the shapes on a plane centred on them, in metres; None without ground."""
    near = together(territories.geometry)
    ground = near.dropna().to_numpy()
    if len(ground) == 0:
        return near
    west, south, east, north = shapely.total_bounds(ground)
    plane = pyproj.CRS(
        f"+proj=laea +lat_0={(south + north) / 2:.1f} +lon_0={(west + east) / 2:.1f}"
    )
    return near.set_crs(WGS84, allow_override=True).to_crs(plane)


def _map(paper: FPDF, export: Export, shapes: gpd.GeoSeries, *, chosen: str) -> None:
    """Draw the territories; a chosen one fills the map, the others are grey."""
    ground = (shapes.loc[[chosen]] if chosen else shapes).dropna().to_numpy()
    if len(ground) == 0:
        return
    bounds = shapely.total_bounds(ground)
    top = paper.get_y() + 2
    scale, left, above = _fit(bounds, top)
    paper.set_draw_color(*LINE)
    paper.set_line_width(0.15)
    seen = _visible(shapes, bounds, 1 / scale)
    # A territory inside another one is smaller: painted later, it stays in sight.
    order = sorted(seen.index, key=lambda i: (i == chosen, -seen[i].area))
    with paper.rect_clip(MARGIN_MM, top, *MAP_MM):
        for territory_id, shape in seen.reindex(order).items():
            color = _rgb(export.territories["color"][territory_id] or PLAIN)
            paper.set_fill_color(*(color if chosen in ("", territory_id) else SOFT))
            for part in shapely.get_parts(shape):
                x, y = shapely.get_coordinates(part.exterior).T
                spots = np.column_stack([left + scale * x, above - scale * y])
                paper.polygon(spots.tolist(), style="DF")
    paper.set_y(top + MAP_MM[1] + 3)


def _visible(shapes: gpd.GeoSeries, bounds: Floats, detail_m: float) -> gpd.GeoSeries:
    """Give what a map shows, without detail smaller than a millimetre's tenth."""
    west, south, east, north = bounds
    margin = max(east - west, north - south)
    frame = shapely.box(west - margin, south - margin, east + margin, north + margin)
    seen = shapes.dropna()
    seen = seen[shapely.intersects(seen.to_numpy(), frame)]
    simple = shapely.coverage_simplify(seen.to_numpy(), detail_m / 5)
    return gpd.GeoSeries(simple, index=seen.index)


def _fit(bounds: Floats, top: float) -> tuple[float, float, float]:
    """Give millimetres a metre, and what to add to x and to -y."""
    west, south, east, north = bounds
    width, height = max(east - west, 1.0), max(north - south, 1.0)
    scale = 0.96 * min(MAP_MM[0] / width, MAP_MM[1] / height)
    left = MARGIN_MM + MAP_MM[0] / 2 - scale * (west + east) / 2
    return scale, left, top + MAP_MM[1] / 2 + scale * (south + north) / 2


def _bars(paper: FPDF, card: pd.DataFrame) -> None:
    """Draw load (of the rep's hours, else of a fair share), busiest first."""
    column = "load" if card["load"].notna().any() else "share"
    ranked = card.sort_values(column, ascending=False, na_position="last")
    most = max(float(ranked[column].max()), 1.0)
    _line(paper, f"{HEADS[column]}, busiest first", size=10, bold=True)
    for name, value in zip(ranked["name"], ranked[column], strict=True):
        if not np.isfinite(value):
            continue
        _room(paper, 5)
        y = paper.get_y()
        _cell(paper, str(name), 60)
        paper.set_fill_color(*_level(value))
        paper.rect(MARGIN_MM + 62, y + 0.8, 95 * value / most, 3.2, style="F")
        paper.set_xy(MARGIN_MM + 160, y)
        _cell(paper, worded(column, float(value)), 22)
        paper.set_xy(MARGIN_MM, y + 5)


def _table(paper: FPDF, card: pd.DataFrame) -> None:
    columns = [c for c in columns_of(card) if c in TABLE]
    widths = [55.0] + [127.0 / max(len(columns) - 1, 1)] * (len(columns) - 1)
    rows = [[HEADS[c] for c in columns]]
    rows += [
        [worded(c, value) for c, value in zip(columns, row, strict=True)]
        for row in card[columns].to_numpy(dtype=object).tolist()
    ]
    paper.ln(4)
    for number, cells in enumerate(rows):
        _room(paper, 5)
        y = paper.get_y()
        for text, width in zip(cells, widths, strict=True):
            _cell(paper, text, width, bold=number == 0)
        paper.set_xy(MARGIN_MM, y + 5)
    paper.ln(3)


def _room(paper: FPDF, height_mm: float) -> None:
    if paper.will_page_break(height_mm):
        paper.add_page()


def _cell(paper: FPDF, text: str, width_mm: float, *, bold: bool = False) -> None:
    """Write one line that ends with dots where the cell is too narrow for it."""
    paper.set_font(FONT, "B" if bold else "", 8)
    while len(text) > 1 and paper.get_string_width(text) > width_mm - 2:
        text = text[:-2] + "\u2026"
    paper.cell(width_mm, 5, text)


def _line(paper: FPDF, text: str, *, size: int, bold: bool = False) -> None:
    paper.set_font(FONT, "B" if bold else "", size)
    paper.set_x(MARGIN_MM)
    paper.multi_cell(0, size * 0.5, text, new_x="LMARGIN", new_y="NEXT", align="L")


def _level(share: float) -> tuple[int, int, int]:
    if abs(share - 1.0) <= FAIR_BAND:
        return FAIR
    return OVER if share > 1.0 else UNDER


def _rgb(color: str) -> tuple[int, int, int]:
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue
