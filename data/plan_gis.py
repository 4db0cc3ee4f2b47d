"""Plans for GIS programs: GeoPackage, GeoParquet, shapefile, FlatGeobuf."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from data.archives import check_zip
from data.atomic import replacing, scratch
from data.document import Json, dumps, reading
from data.export import Export
from data.packages import open_package

LAYER = "bailiwick"
"""Layer, metadata key and archive member that carry the plan."""

LISTS = ("units", "overrides")
"""Columns a shapefile's 254 letters cannot hold; plan.json does."""

SHORT = {
    "territory_id": "terr_id",
    "territory_name": "terr_name",
    "workload_h": "work_h",
    "workload_h_deviation": "work_h_dev",
    "accounts_deviation": "accts_dev",
    "revenue_deviation": "reven_dev",
    "potential_deviation": "poten_dev",
    "visits_deviation": "visit_dev",
    "visit_h_deviation": "visit_hdev",
    "travel_h_deviation": "travl_hdev",
    "compactness": "compact",
    "moved_in_accounts": "in_accts",
    "moved_out_accounts": "out_accts",
    "moved_in_revenue": "in_revenue",
    "moved_out_revenue": "out_reven",
    "customer_type": "cust_type",
    "postal_code": "postcode",
    "account_id": "account_id",
    "last_visit": "last_visit",
}
"""Names a shapefile's ten letters allow, for the columns whose own are longer."""


def write_geopackage(export: Export, path: Path) -> None:
    """Write layers territories, units, accounts (if asked for) and the plan."""
    with replacing(path) as draft:
        for name, frame in layers(export):
            write_layer(frame, draft, driver="GPKG", layer=name)
        carried = pd.DataFrame({"document": [dumps(export.document)]})
        write_layer(carried, draft, driver="GPKG", layer=LAYER)


def read_geopackage(path: Path) -> tuple[Json, dict[str, str]]:
    """Give the plan's document and the owners its units layer states.

    Raises
    ------
    InputError
        The file is no GeoPackage or carries no plan.
    """
    with reading(path), open_package(path) as base:
        tables = base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if (LAYER,) not in tables.fetchall():
            raise KeyError(LAYER)
        found = base.execute(f"SELECT document FROM {LAYER}").fetchone()  # noqa: S608
        rows = base.execute("SELECT unit_id, territory_id FROM units").fetchall()
        document: Json = json.loads(found[0])
        return document, {str(unit): str(owner or "") for unit, owner in rows}


def write_parquet(export: Export, path: Path) -> None:
    """Write the territories as GeoParquet; the plan is in the file's metadata."""
    with replacing(path) as draft:
        _flat(export).to_parquet(draft, index=False, compression="zstd")
        table = pq.read_table(draft)
        told = {**(table.schema.metadata or {}), LAYER: dumps(export.document)}
        pq.write_table(table.replace_schema_metadata(told), draft, compression="zstd")


def read_parquet(path: Path) -> Json:
    """Give the document a GeoParquet plan carries."""
    with reading(path):
        found: Json = json.loads(pq.read_schema(path).metadata[LAYER.encode()])
        return found


def write_flatgeobuf(export: Export, path: Path) -> None:
    """Write the territories as a picture; a FlatGeobuf does not read back."""
    with replacing(path) as draft:
        write_layer(_flat(export), draft, driver="FlatGeobuf", spatial_index="NO")


def write_shapefile(export: Export, path: Path) -> None:
    """Write a zip: shapefiles with short names, what they mean, and the plan."""
    with scratch(path) as folder:
        told = ["Short names in these shapefiles", ""]
        for name, frame in layers(export):
            frame = frame.drop(columns=[*LISTS], errors="ignore")
            short = short_names(frame.columns)
            told += [f"{name}.{s} = {full}" for full, s in short.items() if s != full]
            flat = _days(frame.rename(columns=short))
            write_layer(
                flat, folder / f"{name}.shp", driver="ESRI Shapefile", encoding="UTF-8"
            )
        told += ["", "Sources", *export.document["bailiwick"]["attribution"], ""]
        (folder / "README.txt").write_text("\n".join(told), encoding="utf-8")
        (folder / "plan.json").write_text(dumps(export.document), encoding="utf-8")
        write_zip(path, {p.name: p.read_bytes() for p in sorted(folder.iterdir())})


def write_zip(path: Path, members: dict[str, bytes]) -> None:
    """Write an archive whose bytes depend on its members only."""
    with replacing(path) as draft, zipfile.ZipFile(draft, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)


def read_zip(path: Path) -> Json:
    """Give the document in the ``plan.json`` of an archive (shapefile zip, KMZ)."""
    check_zip(path)
    with reading(path), zipfile.ZipFile(path) as archive:
        found: Json = json.loads(archive.read("plan.json"))
        return found


def layers(export: Export) -> Iterable[tuple[str, gpd.GeoDataFrame]]:
    """Give the named tables of an export, ids as ordinary columns."""
    yield "territories", _flat(export)
    yield "units", export.units.rename_axis("unit_id").reset_index()
    if export.accounts is not None:
        yield "accounts", export.accounts.rename_axis("account_id").reset_index()


def write_layer(
    frame: pd.DataFrame, path: Path, *, driver: str, **options: str
) -> None:
    """Write a frame as a layer of a file, which may have others already."""
    polygons = isinstance(frame, gpd.GeoDataFrame) and _areal(frame)
    if polygons:
        options["geometry_type"] = "MultiPolygon"
    try:
        pyogrio.write_dataframe(
            frame,
            path,
            driver=driver,
            append=path.exists(),
            promote_to_multi=polygons,
            **options,
        )
    except (DataSourceError, DataLayerError) as error:
        raise OSError(str(error)) from error


def short_names(columns: Iterable[str]) -> dict[str, str]:
    """Give each column a distinct name of at most ten letters; geometry keeps its."""
    taken: set[str] = set()
    short = {}
    for column in columns:
        name = SHORT.get(column, column[:10])
        for number in range(1, 1000):
            if name not in taken:
                break
            name = f"{column[:7]}_{number}"
        taken.add(name)
        short[column] = name
    return short


def _days(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give dates as text: a shapefile holds no time."""
    dates = frame.select_dtypes("datetime").columns
    return frame.assign(**{name: frame[name].dt.strftime("%Y-%m-%d") for name in dates})


def _flat(export: Export) -> gpd.GeoDataFrame:
    """Give the territories with their lists of units and overrides as JSON text."""
    rows = export.document["territories"]
    flat = export.territories.assign(
        units=[dumps(row["units"]) for row in rows],
        overrides=[dumps(row["overrides"]) for row in rows],
    )
    return flat.rename_axis("territory_id").reset_index()


def _areal(frame: gpd.GeoDataFrame) -> bool:
    return bool(frame.geom_type.dropna().isin(["Polygon", "MultiPolygon"]).any())
