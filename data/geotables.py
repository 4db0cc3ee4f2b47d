"""GeoJSON, GeoPackage and Parquet as tables of text with a longitude and a latitude.

None of them goes through GDAL: its drivers follow links to other files and servers.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError

from data.headings import MAX_COLUMNS, MAX_ROWS, plain_cells, unique_headings
from geo.errors import InputError
from geo.frames import WGS84

LON, LAT = "longitude", "latitude"
MAX_COORDINATES = 20_000_000
SQLITE_STEPS = 200_000_000
"""About 10 s of the virtual machine; a view that never ends stops here."""


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
    _check_rows(len(features), path)
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
    return _table(columns, shapes, _geojson_crs(document, path), path)


def _is_feature(feature: object) -> bool:
    return (
        isinstance(feature, dict)
        and isinstance(feature.get("properties") or {}, dict)
        and isinstance(feature.get("geometry") or {}, dict)
    )


def _shapes(geometries: list[dict[str, Any] | None]) -> NDArray[np.object_]:
    texts = [json.dumps(g) if g else None for g in geometries]
    shapes: NDArray[np.object_] = shapely.from_geojson(
        np.array(texts, dtype=object), on_invalid="ignore"
    )
    return shapes


def _geojson_crs(document: dict[str, Any], path: Path) -> pyproj.CRS:
    member = document.get("crs")
    if not isinstance(member, dict):
        return pyproj.CRS(WGS84)
    properties = member.get("properties")
    name = properties.get("name") if isinstance(properties, dict) else None
    return _crs(str(name), path)


def _crs(name: str, path: Path) -> pyproj.CRS:
    if len(name) > 100 or not name.upper().startswith(("EPSG:", "URN:OGC:DEF:CRS:")):
        what = "The coordinate system of the file is unknown"
        fix = "Export it in EPSG:4326 (WGS 84)"
        raise InputError(what, where=path.name, fix=fix)
    try:
        return pyproj.CRS(name)
    except CRSError as error:
        what, fix = f"'{name}' is no coordinate system", "Export it in EPSG:4326"
        raise InputError(what, where=path.name, fix=fix) from error


def read_geopackage(path: Path, *, layer: str | None = None) -> pd.DataFrame:
    """Read one layer of a GeoPackage, views and virtual tables refused.

    Raises
    ------
    InputError
        It is not a GeoPackage, has no such layer, or takes too long to read.
    """
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as base:
            return _layer(base, path, layer)
    except (sqlite3.Error, OverflowError, UnicodeError) as error:
        what, fix = "The GeoPackage cannot be read", "Export it again from your GIS"
        raise InputError(what, where=path.name, fix=fix) from error


def _layer(base: sqlite3.Connection, path: Path, layer: str | None) -> pd.DataFrame:
    base.execute("PRAGMA trusted_schema=0")
    base.execute("PRAGMA cell_size_check=1")
    base.set_progress_handler(_fuse(), 1_000_000)
    names = _layers(base)
    if not names or (layer is not None and layer not in names):
        what = f"Layer '{layer}' is missing" if layer else "There is no layer"
        fix = "Layers are: " + ", ".join(names) if names else "Export the accounts"
        raise InputError(what, where=path.name, fix=fix)
    counts = {n: _count(base, n) for n in names}
    name = layer or max(names, key=lambda n: counts[n])
    _check_rows(counts[name], path)
    shape_column, crs = _geometry_column(base, name, path)
    cursor = base.execute(f"SELECT * FROM {_quoted(name)}")  # noqa: S608
    headings = [item[0] for item in cursor.description]
    rows = cursor.fetchall()
    columns: dict[str, list[Any]] = {
        heading: [row[i] for row in rows] for i, heading in enumerate(headings)
    }
    blobs = columns.pop(shape_column, [None] * len(rows))
    table = _table(
        columns, shapely.from_wkb(_wkb(blobs), on_invalid="ignore"), crs, path
    )
    table.attrs |= {"sheet": name, "sheets": names}
    return table


def _fuse() -> Callable[[], int]:
    left = SQLITE_STEPS // 1_000_000

    def spent() -> int:
        nonlocal left
        left -= 1
        return int(left < 0)

    return spent


def _layers(base: sqlite3.Connection) -> list[str]:
    query = (
        "SELECT c.table_name FROM gpkg_contents c JOIN sqlite_master m "
        "ON m.name = c.table_name WHERE m.type = 'table' "
        "AND m.sql NOT LIKE 'CREATE VIRTUAL%' "
        "AND c.data_type IN ('features', 'attributes') ORDER BY c.table_name"
    )
    return [str(row[0]) for row in base.execute(query)]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _count(base: sqlite3.Connection, name: str) -> int:
    query = f"SELECT count(*) FROM {_quoted(name)}"  # noqa: S608
    return int(base.execute(query).fetchone()[0])


def _geometry_column(
    base: sqlite3.Connection, name: str, path: Path
) -> tuple[str, pyproj.CRS]:
    query = (
        "SELECT g.column_name, s.organization, s.organization_coordsys_id "
        "FROM gpkg_geometry_columns g JOIN gpkg_spatial_ref_sys s "
        "ON s.srs_id = g.srs_id WHERE g.table_name = ?"
    )
    row = base.execute(query, (name,)).fetchone()
    if row is None:
        return "", pyproj.CRS(WGS84)
    return str(row[0]), _crs(f"{row[1]}:{row[2]}", path)


def _wkb(blobs: list[Any]) -> NDArray[np.object_]:
    """Cut the GeoPackage header off each geometry (OGC 12-128r15, section 2.1.3)."""
    sizes = (0, 32, 48, 48, 64)
    found = np.empty(len(blobs), dtype=object)
    for i, blob in enumerate(blobs):
        if isinstance(blob, bytes) and blob[:2] == b"GP" and len(blob) > 8:
            envelope = (blob[3] >> 1) & 7
            found[i] = blob[8 + sizes[envelope] :] if envelope < 5 else None
    return found


def read_parquet(path: Path) -> pd.DataFrame:
    """Read a Parquet file; a GeoParquet geometry gives a longitude and a latitude.

    Raises
    ------
    InputError
        The file is damaged or larger than one table may be.
    """
    damaged = InputError(
        "The Parquet file is damaged", where=path.name, fix="Export it again"
    )
    try:
        with pq.ParquetFile(path) as file:
            meta = file.metadata
            _check_rows(meta.num_rows, path)
            if meta.num_columns > MAX_COLUMNS:
                raise damaged
            geo = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
            arrow = file.read()
    except (pa.ArrowException, OSError, ValueError, RecursionError) as error:
        raise damaged from error
    shape_column, crs = _geoparquet_column(geo, path)
    names = list(arrow.column_names)
    columns = {name: arrow.column(i).to_pylist() for i, name in enumerate(names)}
    blobs = columns.pop(shape_column, [None] * arrow.num_rows)
    shapes = np.array(
        [blob if isinstance(blob, bytes) else None for blob in blobs], dtype=object
    )
    return _table(columns, shapely.from_wkb(shapes, on_invalid="ignore"), crs, path)


def _geoparquet_column(geo: object, path: Path) -> tuple[str, pyproj.CRS]:
    if not isinstance(geo, dict) or not geo.get("primary_column"):
        return "", pyproj.CRS(WGS84)
    name = str(geo["primary_column"])
    column = (geo.get("columns") or {}).get(name) or {}
    projjson = column.get("crs")
    if not projjson:
        return name, pyproj.CRS(WGS84)
    try:
        return name, pyproj.CRS.from_json_dict(projjson)
    except (CRSError, TypeError, AttributeError) as error:
        what, fix = "The coordinate system is unknown", "Export it in EPSG:4326"
        raise InputError(what, where=path.name, fix=fix) from error


def _check_rows(n_rows: int, path: Path) -> None:
    if not n_rows:
        fix = "Choose a file with at least one row"
        raise InputError("The file has no rows", where=path.name, fix=fix)
    if n_rows > MAX_ROWS:
        what = f"The file has {n_rows:,} rows; {MAX_ROWS:,} is the most"
        raise InputError(
            what, where=path.name, fix="Split it, or aggregate it to units"
        )


def _table(
    columns: dict[str, list[Any]],
    shapes: NDArray[np.object_],
    crs: pyproj.CRS,
    path: Path,
) -> pd.DataFrame:
    if len(columns) > MAX_COLUMNS or shapely.get_num_coordinates(shapes).sum() > (
        MAX_COORDINATES
    ):
        fix = "Simplify the shapes or export points"
        raise InputError("The shapes are too large", where=path.name, fix=fix)
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
    points = np.where(
        shapely.get_type_id(shapes) == 0, shapes, shapely.centroid(shapes)
    )
    x, y = shapely.get_x(points), shapely.get_y(points)
    if not crs.equals(pyproj.CRS(WGS84), ignore_axis_order=True):
        change = pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)
        x, y = change.transform(x, y)
    return [_text(float(v)) for v in x], [_text(float(v)) for v in y]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
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
