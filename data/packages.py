"""GeoPackages read as the SQLite databases they are, their code distrusted."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from data.geotables import check_rows, crs_of, table_of
from geo.errors import InputError
from geo.frames import WGS84

SQLITE_STEPS = 200_000_000
"""About 10 s of the virtual machine; a view that never ends stops here."""
MAX_CELL = 50_000_000
GENERATED = re.compile(r"\bAS\s*\(", re.I)


def read_geopackage(path: Path, *, layer: str | None = None) -> pd.DataFrame:
    """Read one layer of a GeoPackage, views and virtual tables refused.

    Raises
    ------
    InputError
        It is not a GeoPackage, has no such layer, or takes too long to read.
    """
    with open_package(path) as base:
        return _layer(base, path, layer)


@contextmanager
def open_package(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a GeoPackage for reading only, its code distrusted, its queries limited.

    Raises
    ------
    InputError
        It is not a GeoPackage, its tables of contents are views, or a query takes
        too long.
    """
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as base:
            base.execute("PRAGMA trusted_schema=0")
            base.execute("PRAGMA cell_size_check=1")
            base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_CELL)
            base.set_progress_handler(_fuse(), 1_000_000)
            _refuse_views(base)
            yield base
    except (sqlite3.Error, OverflowError, UnicodeError) as error:
        what, fix = "The GeoPackage cannot be read", "Export it again from your GIS"
        raise InputError(what, where=path.name, fix=fix) from error


def _refuse_views(base: sqlite3.Connection) -> None:
    """Refuse a package that computes: queries for contents, generated columns.

    They may never end, or fill the memory.
    """
    query = "SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view')"
    for name, kind, sql in base.execute(query):
        contents = str(name).lower().startswith("gpkg")
        if contents and (kind == "view" or "CREATE VIRTUAL" in str(sql).upper()):
            raise sqlite3.DatabaseError("a table of contents is a view")
        if kind == "table" and GENERATED.search(str(sql)):
            raise sqlite3.DatabaseError("a column is generated")


def _layer(base: sqlite3.Connection, path: Path, layer: str | None) -> pd.DataFrame:
    names = _layers(base)
    if not names or (layer is not None and layer not in names):
        what = f"Layer '{layer}' is missing" if layer else "There is no layer"
        fix = "Layers are: " + ", ".join(names) if names else "Export the accounts"
        raise InputError(what, where=path.name, fix=fix)
    counts = {n: _count(base, n) for n in names}
    name = layer or max(names, key=lambda n: counts[n])
    check_rows(counts[name], path)
    shape_column, crs = _geometry_column(base, name, path)
    cursor = base.execute(f"SELECT * FROM {_quoted(name)}")  # noqa: S608
    headings = [item[0] for item in cursor.description]
    rows = cursor.fetchall()
    columns: dict[str, list[Any]] = {
        heading: [row[i] for row in rows] for i, heading in enumerate(headings)
    }
    blobs = columns.pop(shape_column, [None] * len(rows))
    table = table_of(
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
    return str(row[0]), crs_of(f"{row[1]}:{row[2]}", path)


def _wkb(blobs: list[Any]) -> NDArray[np.object_]:
    """Cut the GeoPackage header off each geometry (OGC 12-128r15, section 2.1.3)."""
    sizes = (0, 32, 48, 48, 64)
    found = np.empty(len(blobs), dtype=object)
    for i, blob in enumerate(blobs):
        if isinstance(blob, bytes) and blob[:2] == b"GP" and len(blob) > 8:
            envelope = (blob[3] >> 1) & 7
            found[i] = blob[8 + sizes[envelope] :] if envelope < 5 else None
    return found
