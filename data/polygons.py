"""The user's own polygons: any vector file, opened without following links.

GDAL's virtual formats read other files and servers, so the content of a file, not its
name, decides whether it is opened at all, and archives are unpacked under our names.
"""

from __future__ import annotations

import logging
import re
import sqlite3
import tempfile
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from data.archives import check_zip
from data.packages import open_package
from geo.errors import InputError
from geo.frames import WGS84

ID_COLUMNS = (
    "unit_id",
    "geoid",
    "geoid10",
    "geoid20",
    "zcta5ce10",
    "zcta5ce20",
    "zip",
    "zipcode",
    "zip_code",
    "postal_code",
    "postcode",
    "plz",
    "fips",
    "nuts_id",
    "iso_a2",
    "id",
    "code",
)
NAME_COLUMNS = ("name", "namelsad", "unit_name", "title", "label")
STATE_COLUMNS = ("state", "stusps", "state_code", "statefp", "province", "country")
ZIP_COLUMNS = re.compile(r"zip|zcta|plz|post")

DRIVERS = {"GPKG", "FlatGeobuf", "GeoJSON", "GeoJSONSeq", "TopoJSON", "KML", "LIBKML"}
DRIVERS |= {"ESRI Shapefile"}
IN_ZIP = (".shp", ".geojson", ".json", ".gpkg", ".fgb", ".kml")
SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
MAX_COORDINATES = 20_000_000
FORMATS = "GeoJSON, GeoPackage, zipped shapefile, GeoParquet, FlatGeobuf or KML"

log = logging.getLogger(__name__)


def read_polygons(path: Path) -> gpd.GeoDataFrame:
    """Read the polygons of a file, with the columns that name them.

    The layer with the most polygons is read; shapes of other kinds are left out and
    counted in ``attrs["left_out"]``. The id is the first of `ID_COLUMNS` whose values
    are there and differ, else the first such text column, else the row number.

    Parameters
    ----------
    path
        GeoJSON, TopoJSON, GeoPackage, shapefile (with its parts beside it, or zipped),
        GeoParquet, FlatGeobuf, KML or KMZ.

    Returns
    -------
    geopandas.GeoDataFrame
        unit_id, name, state (text) and geometry, in the CRS of the file.

    Raises
    ------
    InputError
        The file is missing, damaged or of another kind, holds no polygon, does not
        say its coordinate system, or its coordinates are not finite or not degrees.
    """
    if not path.is_file():
        raise InputError(
            f"There is no file '{path.name}'", fix="Check the path, or choose a kind"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = _read(path.resolve())
    except _damage() as error:
        raise InputError(
            "The file is damaged or incomplete", where=path.name, fix="Export it again"
        ) from error
    return _named(_polygons_only(frame, path.name))


def _damage() -> tuple[type[Exception], ...]:
    """Give what the libraries raise at a file they cannot read."""
    from pyogrio import errors as ogr

    return (
        ogr.DataSourceError,
        ogr.DataLayerError,
        ogr.FeatureError,
        ogr.GeometryError,
        ogr.FieldError,
        pa.ArrowException,
        shapely.errors.GEOSException,
        sqlite3.Error,
        zipfile.BadZipFile,
        OSError,
        ValueError,
        *(TypeError, AttributeError, RecursionError),  # metadata of the wrong shape
    )


def _read(path: Path) -> gpd.GeoDataFrame:
    kind = _kind(path)
    if kind == "zip":
        with tempfile.TemporaryDirectory() as folder:
            return _read(_unpacked(path, Path(folder)))
    if kind == "parquet":
        return gpd.read_parquet(path)
    if kind == "gpkg":
        return _read_layer(path, _tables(path))
    return _read_layer(path, None)


def _kind(path: Path) -> str:
    """Tell the kind of a file from its first bytes."""
    with path.open("rb") as file:
        head = file.read(4096)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n\x1e")
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"SQLite format 3\x00"):
        return "gpkg"
    plain = (
        head.startswith((b"fgb\x03fgb", b"\x00\x00\x27\x0a"))
        or text.startswith(b"{")
        or re.match(rb"(<\?xml[^>]*>|<!--.*?-->|\s)*<kml[\s>]", text, re.S)
    )
    if not plain:
        raise InputError(
            "The file holds no polygons that can be read",
            where=path.name,
            fix=f"Give {FORMATS}",
        )
    return "plain"


def _unpacked(path: Path, folder: Path) -> Path:
    """Unpack the one map of an archive under names of our own."""
    members = [m for m in check_zip(path) if not m.startswith("__MACOSX/")]
    maps = sorted(
        (IN_ZIP.index(Path(m).suffix.lower()), m)
        for m in members
        if Path(m).suffix.lower() in IN_ZIP
    )
    if not maps:
        raise InputError(
            "The archive holds no map",
            where=path.name,
            fix="Zip the .shp file with its parts",
        )
    chosen = Path(maps[0][1])
    shapefile = chosen.suffix.lower() == ".shp"
    with zipfile.ZipFile(path) as archive:
        for member in members:
            part = Path(member)
            suffix = part.suffix.lower()
            wanted = part == chosen or (shapefile and suffix in SHAPEFILE_PARTS)
            if wanted and part.with_suffix("") == chosen.with_suffix(""):
                (folder / f"units{suffix}").write_bytes(archive.read(member))
    return folder / f"units{chosen.suffix.lower()}"


def _tables(path: Path) -> list[str]:
    """Give the feature tables of a GeoPackage; a view could run for ever."""
    query = (
        "SELECT c.table_name FROM gpkg_contents c JOIN sqlite_master m "
        "ON m.name = c.table_name WHERE m.type = 'table' "
        "AND m.sql NOT LIKE 'CREATE VIRTUAL%' AND c.data_type = 'features'"
    )
    with open_package(path) as base:
        return [str(row[0]) for row in base.execute(query)]


def _read_layer(path: Path, tables: list[str] | None) -> gpd.GeoDataFrame:
    """Read the layer with the most polygons: counties, not their states."""
    import pyogrio

    names = [
        name
        for name, kind in pyogrio.list_layers(path)
        if kind and (tables is None or name in tables)
    ]
    layers = {name: pyogrio.read_info(path, layer=name) for name in names}
    frame = gpd.GeoDataFrame({"geometry": []}, crs=WGS84)
    for name in sorted(names, key=lambda n: -int(layers[n]["features"])):
        driver = layers[name]["driver"]
        if driver not in DRIVERS:
            what, fix = f"{driver} files are not read", f"Give {FORMATS}"
            raise InputError(what, where=path.name, fix=fix)
        frame = pyogrio.read_dataframe(path, layer=name, on_invalid="ignore")
        if driver == "TopoJSON" and frame.crs is None:
            frame = frame.set_crs(WGS84)
        if _is_polygon(frame).any():
            break
    return frame


def _is_polygon(frame: gpd.GeoDataFrame) -> pd.Series:
    kinds = shapely.get_type_id(np.asarray(frame.geometry))
    filled = np.isin(kinds, (3, 6)) & ~shapely.is_empty(np.asarray(frame.geometry))
    return pd.Series(filled, index=frame.index)


def _polygons_only(frame: gpd.GeoDataFrame, where: str) -> gpd.GeoDataFrame:
    keep = _is_polygon(frame)
    if not keep.any():
        raise InputError("The file holds no polygons", where=where, fix="Export areas")
    if frame.crs is None or not (frame.crs.is_geographic or frame.crs.is_projected):
        raise InputError(
            "The file does not say its coordinate system",
            where=where,
            fix="Add the .prj file, or export it in EPSG:4326",
        )
    kept = frame[keep].reset_index(drop=True)
    kept = kept.set_geometry(shapely.force_2d(np.asarray(kept.geometry)), crs=frame.crs)
    _refuse_coordinates(kept, where)
    left_out = int((~keep).sum())
    if left_out:
        log.info("%d shapes that are not polygons left out", left_out)
    kept.attrs["left_out"] = left_out
    return kept


def _refuse_coordinates(frame: gpd.GeoDataFrame, where: str) -> None:
    shapes = np.asarray(frame.geometry)
    if shapely.get_num_coordinates(shapes).sum() > MAX_COORDINATES:
        raise InputError(
            f"The shapes have more than {MAX_COORDINATES:,} points",
            where=where,
            fix="Simplify them in your GIS",
        )
    bounds = shapely.bounds(shapes)
    if not np.isfinite(bounds).all():
        raise InputError(
            "A coordinate is not a number", where=where, fix="Export the file again"
        )
    if frame.crs.is_geographic and (np.abs(bounds) > [360, 90, 360, 90]).any():
        raise InputError(
            "The coordinates are not degrees, though the file says so",
            where=where,
            fix="Export it in EPSG:4326",
        )


def _named(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give unit_id, name and state of every polygon, as text."""
    columns = {str(c).lower(): c for c in frame.columns if c != frame.geometry.name}
    texts = {low: _texts(frame[c], low) for low, c in columns.items()}
    text_like = [
        low for low, c in columns.items() if pd.api.types.is_string_dtype(frame[c])
    ]
    ids = next(
        (texts[c] for c in (*ID_COLUMNS, *text_like, *texts) if _names_rows(texts, c)),
        pd.Series([str(i + 1) for i in range(len(frame))]),
    )
    empty = pd.Series("", index=frame.index)
    named = gpd.GeoDataFrame(
        {
            "unit_id": ids,
            "name": next((texts[c] for c in NAME_COLUMNS if c in texts), ids),
            "state": next((texts[c] for c in STATE_COLUMNS if c in texts), empty),
        },
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )
    named.attrs = dict(frame.attrs)
    return named


def _names_rows(texts: dict[str, pd.Series], column: str) -> bool:
    found = texts.get(column)
    return found is not None and found.is_unique and bool((found != "").all())


def _texts(values: pd.Series, column: str) -> pd.Series:
    """Give values as text: 43201.0 is "43201", and a ZIP keeps its leading zeros."""
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    texts = values.astype("str").where(values.notna(), "").str.strip()
    if ZIP_COLUMNS.search(column) and pd.api.types.is_numeric_dtype(values):
        texts = texts.where(texts == "", texts.str.zfill(5))
    return texts
