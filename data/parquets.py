"""Parquet and GeoParquet as a table of text."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely
from pyproj.exceptions import CRSError

from data.geotables import check_rows, table_of
from data.headings import MAX_COLUMNS
from geo.errors import InputError
from geo.frames import WGS84

BATCH_ROWS = 16_384
MAX_UNPACKED = 300_000_000
"""Bytes of the cells in memory; text of a million accounts has about 200 MB."""


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
            check_rows(meta.num_rows, path)
            if meta.num_columns > MAX_COLUMNS:
                raise damaged
            geo = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
            arrow = _read(file, path)
    except (pa.ArrowException, OSError, ValueError, RecursionError) as error:
        raise damaged from error
    shape_column, crs = _geoparquet_column(geo, path)
    names = list(arrow.column_names)
    columns = {name: arrow.column(i).to_pylist() for i, name in enumerate(names)}
    blobs = columns.pop(shape_column, [None] * arrow.num_rows)
    shapes = np.array(
        [blob if isinstance(blob, bytes) else None for blob in blobs], dtype=object
    )
    return table_of(columns, shapely.from_wkb(shapes, on_invalid="ignore"), crs, path)


def _read(file: pq.ParquetFile, path: Path) -> pa.Table:
    """Read batch by batch: a small file may unpack to any size."""
    batches, size = [], 0
    for batch in file.iter_batches(batch_size=BATCH_ROWS):
        size += batch.nbytes
        if size > MAX_UNPACKED:
            what = f"The file unpacks to more than {MAX_UNPACKED / 1e6:,.0f} MB"
            raise InputError(what, where=path.name, fix="Keep fewer columns or rows")
        batches.append(batch)
    return pa.Table.from_batches(batches, schema=file.schema_arrow)


def _geoparquet_column(geo: object, path: Path) -> tuple[str, pyproj.CRS]:
    """Give the name of the geometry column, "" if there is none, and its CRS."""
    columns = geo.get("columns") if isinstance(geo, dict) else None
    name = geo.get("primary_column") if isinstance(geo, dict) else None
    if not isinstance(columns, dict) or not isinstance(name, str):
        return "", pyproj.CRS(WGS84)
    column = columns.get(name)
    projjson = column.get("crs") if isinstance(column, dict) else None
    if not projjson:
        return name, pyproj.CRS(WGS84)
    try:
        return name, pyproj.CRS.from_json_dict(projjson)
    except (CRSError, TypeError, AttributeError) as error:
        what, fix = "The coordinate system is unknown", "Export it in EPSG:4326"
        raise InputError(what, where=path.name, fix=fix) from error
