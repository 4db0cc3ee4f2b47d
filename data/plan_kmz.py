"""Plans for Google Earth: a KMZ with the territories' colours."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from data.document import dumps
from data.export import Export
from data.plan_gis import write_zip

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
SPACE = "http://www.opengis.net/kml/2.2"
FILL, LINE = "8c", "ff"
"""Opacity of areas and outlines, first byte of a KML colour (aabbggrr)."""

PLAIN = "#888888"
"""Colour of a territory that has none."""


def write_kmz(export: Export, path: Path) -> None:
    """Write an archive of doc.kml, which any viewer opens, and plan.json."""
    plan = dumps(export.document).encode()
    write_zip(path, {"doc.kml": kml(export).encode(), "plan.json": plan})


def kml(export: Export) -> str:
    """Give the territories, and accounts if asked for, as KML."""
    shapes = export.territories
    body = [
        f"<name>{_text(export.plan.name)}</name>",
        f"<description>{_text('; '.join(_sources(export)))}</description>",
        *(_style(i, color) for i, color in enumerate(shapes["color"])),
        *(
            _placemark(name, f"<styleUrl>#t{i}</styleUrl>{_told(row)}", shape)
            for i, (name, shape, (_, row)) in enumerate(
                zip(shapes["name"], shapes.geometry, shapes.iterrows(), strict=True)
            )
        ),
        *_points(export.accounts),
    ]
    inside = "\n".join(body)
    return f'{HEAD}<kml xmlns="{SPACE}"><Document>\n{inside}\n</Document></kml>\n'


def _sources(export: Export) -> list[str]:
    return list(export.document["bailiwick"]["attribution"])


def _style(number: int, color: str) -> str:
    red, green, blue = (c := color or PLAIN)[1:3], c[3:5], c[5:7]
    shade = f"{blue}{green}{red}"
    return (
        f'<Style id="t{number}"><LineStyle><color>{LINE}{shade}</color>'
        f"<width>2</width></LineStyle>"
        f"<PolyStyle><color>{FILL}{shade}</color></PolyStyle></Style>"
    )


def _told(row: pd.Series) -> str:
    """Give a row of the scorecard as extended data."""
    cells = [
        f'<Data name="{_text(name)}"><value>{_text(value)}</value></Data>'
        for name, value in row.drop("geometry").items()
    ]
    return f"<ExtendedData>{''.join(cells)}</ExtendedData>"


def _placemark(name: str, inside: str, shape: BaseGeometry | None) -> str:
    ground = "" if shape is None or shape.is_empty else _geometry(shape)
    return f"<Placemark><name>{_text(name)}</name>{inside}{ground}</Placemark>"


def _geometry(shape: BaseGeometry) -> str:
    if shape.geom_type == "Point":
        return f"<Point>{_coordinates(shape)}</Point>"
    parts = "".join(_polygon(part) for part in shapely.get_parts(shape))
    return f"<MultiGeometry>{parts}</MultiGeometry>"


def _polygon(part: Polygon) -> str:
    holes = "".join(
        f"<innerBoundaryIs><LinearRing>{_coordinates(r)}</LinearRing></innerBoundaryIs>"
        for r in part.interiors
    )
    ring = f"<LinearRing>{_coordinates(part.exterior)}</LinearRing>"
    return f"<Polygon><outerBoundaryIs>{ring}</outerBoundaryIs>{holes}</Polygon>"


def _coordinates(ring: BaseGeometry) -> str:
    pairs = shapely.get_coordinates(ring)
    text = " ".join(f"{x:.7f},{y:.7f}" for x, y in pairs)
    return f"<coordinates>{text}</coordinates>"


def _points(accounts: gpd.GeoDataFrame | None) -> list[str]:
    if accounts is None:
        return []
    names = accounts.get("name", accounts.index)
    return [
        _placemark(str(name), "", shape)
        for name, shape in zip(names, accounts.geometry, strict=True)
    ]


def _text(value: object) -> str:
    """Give text for XML: escaped, without the control characters XML forbids."""
    kept = "".join(c for c in str(value) if c >= " " or c in "\t\n")
    return escape(kept, {'"': "&quot;"})
