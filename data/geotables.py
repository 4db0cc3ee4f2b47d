"""GeoJSON, and features of any file, as a table of text with longitude and latitude.

Tables do not go through GDAL: its drivers follow links to other files and servers.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError

from data.headings import MAX_COLUMNS, MAX_ROWS, plain_cells, unique_headings
from geo.errors import InputError
from geo.frames import WGS84

LON, LAT = "longitude", "latitude"
MAX_COORDINATES = 20_000_000


def read_geojson(path: Path, text: str) -> pd.DataFrame:
    """Read a feature collection; a point gives two columns, any other shape its centre.

    Raises
    ------
    InputError
        It is not JSON, not a feature collection, or has no feature.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            "The file is not valid JSON", where=path.name, fix="Export it again"
        ) from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not all(map(_is_feature, features)):
        what = "The JSON is not a GeoJSON feature collection"
        fix = "Export the accounts as GeoJSON or CSV"
        raise InputError(what, where=path.name, fix=fix)
    check_rows(len(features), path)
    headings = {k: None for f in features for k in (f.get("properties") or {})}
    if "id" not in headings and any("id" in f for f in features):
        headings = {"id": None, **headings}
        for feature in features:
            feature["properties"] = {"id": feature.get("id")} | (
                feature.get("properties") or {}
            )
    columns = {
        key: [(f.get("properties") or {}).get(key) for f in features]
        for key in headings
    }
    shapes = _shapes([f.get("geometry") for f in features])
    return table_of(columns, shapes, _geojson_crs(document, path), path)


def _is_feature(feature: object) -> bool:
    return (
        isinstance(feature, dict)
        and isinstance(feature.get("properties") or {}, dict)
        and isinstance(feature.get("geometry") or {}, dict)
    )


def _shapes(geometries: list[dict[str, Any] | None]) -> NDArray[np.object_]:
    texts = [json.dumps(g) if g else None for g in geometries]
    try:
        shapes: NDArray[np.object_] = shapely.from_geojson(
            np.array(texts, dtype=object), on_invalid="ignore"
        )
    except shapely.errors.GEOSException:
        shapes = np.array([_shape(text) for text in texts], dtype=object)
    return shapes


def _shape(text: str | None) -> shapely.Geometry | None:
    """Read one geometry; some broken ones raise whatever the library is told."""
    try:
        return shapely.from_geojson(text, on_invalid="ignore")
    except shapely.errors.GEOSException:
        return None


def _geojson_crs(document: dict[str, Any], path: Path) -> pyproj.CRS:
    member = document.get("crs")
    if not isinstance(member, dict):
        return pyproj.CRS(WGS84)
    properties = member.get("properties")
    name = properties.get("name") if isinstance(properties, dict) else None
    return crs_of(str(name), path)


def crs_of(name: str, path: Path) -> pyproj.CRS:
    """Give the coordinate system of a code; text that could name a file is refused."""
    if len(name) > 100 or not name.upper().startswith(("EPSG:", "URN:OGC:DEF:CRS:")):
        what = "The coordinate system of the file is unknown"
        fix = "Export it in EPSG:4326 (WGS 84)"
        raise InputError(what, where=path.name, fix=fix)
    try:
        return pyproj.CRS(name)
    except CRSError as error:
        what, fix = f"'{name}' is no coordinate system", "Export it in EPSG:4326"
        raise InputError(what, where=path.name, fix=fix) from error


def check_rows(n_rows: int, path: Path) -> None:
    """Refuse a file of no rows, or of more than one table may have."""
    if not n_rows:
        fix = "Choose a file with at least one row"
        raise InputError("The file has no rows", where=path.name, fix=fix)
    if n_rows > MAX_ROWS:
        what = f"The file has {n_rows:,} rows; {MAX_ROWS:,} is the most"
        raise InputError(
            what, where=path.name, fix="Split it, or aggregate it to units"
        )


def table_of(
    columns: dict[str, list[Any]],
    shapes: NDArray[np.object_],
    crs: pyproj.CRS,
    path: Path,
) -> pd.DataFrame:
    """Give the table of text that columns of any values and their shapes make.

    Raises
    ------
    InputError
        There are more columns, or more points in the shapes, than one table may have.
    """
    if len(columns) > MAX_COLUMNS:
        what = f"The file has {len(columns):,} columns; {MAX_COLUMNS:,} is the most"
        raise InputError(what, where=path.name, fix="Export only the columns needed")
    if shapely.get_num_coordinates(shapes).sum() > MAX_COORDINATES:
        fix = "Simplify the shapes or export points"
        raise InputError("The shapes are too large", where=path.name, fix=fix)
    columns = {_printable(str(name)): values for name, values in columns.items()}
    cells = {
        name: plain_cells([_text(value) for value in values])
        for name, values in zip(
            unique_headings(list(columns)), columns.values(), strict=True
        )
    }
    lon, lat = _degrees(shapes, crs)
    if not (shapely.is_missing(shapes) | shapely.is_empty(shapes)).all():
        cells[_free(LON, cells)] = lon
        cells[_free(LAT, cells)] = lat
    table = pd.DataFrame(cells, dtype="str")
    table.index = pd.RangeIndex(1, len(table) + 1, name="row")
    table.attrs |= {"header_row": 0, "dropped": [], "short": []}
    return table


def _free(name: str, taken: dict[str, Any]) -> str:
    while name in taken:
        name = f"{name} (geometry)"
    return name


def _degrees(
    shapes: NDArray[np.object_], crs: pyproj.CRS
) -> tuple[list[str], list[str]]:
    x, y = np.full(len(shapes), np.nan), np.full(len(shapes), np.nan)
    real = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    middles = shapely.centroid(shapes[real])
    x[real], y[real] = shapely.get_x(middles), shapely.get_y(middles)
    if not crs.equals(pyproj.CRS(WGS84), ignore_axis_order=True):
        change = pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)
        x, y = change.transform(x, y)
    return [_text(float(v)) for v in x], [_text(float(v)) for v in y]


def _printable(text: str) -> str:
    """Give text without halves of characters, which JSON can spell and no file hold."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _printable(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return (
            str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        )
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)[:10_000]
    if isinstance(value, bytes):
        return value[:5_000].hex()
    return str(value)
