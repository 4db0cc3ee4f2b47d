"""Polygons of any source made fit to be units: ids, names, validity, coverage."""

from __future__ import annotations

import hashlib

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.errors import InputError

SLIVER_M, HECTARE_M2 = 1.0, 10_000.0
"""Gaps this narrow are closed where no unit is smaller than a hectare."""

POLYGON_TYPES = (3, 6)
"""Shapely's numbers for Polygon and MultiPolygon."""


def texts(column: pd.Series) -> NDArray[np.object_]:
    """Give cells as text without blanks around, missing ones as ""."""
    # A numeric id read as float is 6037.0; a person means 6037.
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    cells = column.astype("str").where(column.notna(), "").str.strip()
    return cells.to_numpy(dtype=object)


def refuse_frame(frame: gpd.GeoDataFrame, columns: list[str], kind: str) -> None:
    """Refuse a table without rows, CRS or one of these columns.

    Raises
    ------
    InputError
        It says which column, and what to choose from.
    """
    if len(frame) == 0:
        raise InputError(
            "There are no polygons", where=kind, fix="Choose a file that has some"
        )
    for column in columns:
        if column not in frame.columns:
            raise InputError(
                f"Column '{column}' is missing",
                where=kind,
                fix="Choose one of " + ", ".join(map(str, frame.columns[:8])),
            )
    if frame.crs is None:
        raise InputError(
            "The polygons have no coordinate system",
            where=kind,
            fix="Add the .prj file, or save them as GeoPackage or GeoJSON",
        )


def refuse_ids(ids: NDArray[np.object_], column: str, kind: str) -> None:
    """Refuse ids that are empty or repeated.

    Raises
    ------
    InputError
        It says how many, or which.
    """
    found, counts = np.unique(ids.astype(str), return_counts=True)
    if found[0] == "":
        raise InputError(
            f"{counts[0]} polygons have no id",
            where=f"{kind}, column '{column}'",
            fix="Fill the ids, or choose another column",
        )
    if counts.max() > 1:
        raise InputError(
            f"Unit id '{found[counts.argmax()]}' appears {counts.max()} times",
            where=f"{kind}, column '{column}'",
            fix="Choose a column whose values differ, or merge these polygons",
        )


def coverage(
    projected: gpd.GeoSeries, ids: NDArray[np.object_], kind: str
) -> NDArray[np.object_]:
    """Give valid polygons that share their borders and do not overlap.

    Parameters
    ----------
    projected
        Polygons in metres; left alone where nothing is wrong.
    ids
        What to call them in a refusal.

    Raises
    ------
    InputError
        When one has no area, or none is left of it as it lies inside others.
    """
    shapes = np.asarray(projected)
    _refuse_shapes(shapes, ids, kind, "have no area")
    shapes = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    _refuse_shapes(shapes, ids, kind, "have no area")
    if not shapely.coverage_is_valid(shapes):
        shapes = _cleaned(shapes, snapping_distance=-1.0, gap_width=0.0)
        _refuse_shapes(shapes, ids, kind, "lie inside other units")
    large = shapely.area(shapes).min() > HECTARE_M2
    if large and not shapely.coverage_is_valid(shapes, gap_width=SLIVER_M):
        shapes = _cleaned(shapes, snapping_distance=SLIVER_M, gap_width=SLIVER_M)
    return shapes


def _cleaned(shapes: NDArray[np.object_], **options: float) -> NDArray[np.object_]:
    # New in shapely 2.2; its type stubs do not know it yet.
    clean = shapely.coverage_clean  # type: ignore[attr-defined]
    return np.asarray(clean(shapes, **options))


def _refuse_shapes(
    shapes: NDArray[np.object_], ids: NDArray[np.object_], kind: str, what: str
) -> None:
    polygons = np.isin(shapely.get_type_id(shapes), POLYGON_TYPES)
    wrong = ids[~polygons | shapely.is_empty(shapes)]
    if len(wrong):
        shown = ", ".join(wrong[:5]) + (", ..." if len(wrong) > 5 else "")
        raise InputError(
            f"{len(wrong)} units {what}: {shown}",
            where=kind,
            fix="Remove these rows, or correct their shapes",
        )


def digest(ids: NDArray[np.object_], source: gpd.GeoDataFrame) -> str:
    """Give eight hex digits that change when an id or a polygon does."""
    shapes = np.asarray(source.geometry)
    parts = [*(i.encode() for i in ids), *shapely.to_wkb(shapes, byte_order=1)]
    sha = hashlib.sha256()
    for part in parts:
        sha.update(len(part).to_bytes(8, "little") + part)
    return sha.hexdigest()[:8]
