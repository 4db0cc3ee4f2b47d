"""Accounts and other rows out to files; the suffix of the path picks the format."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from data.atomic import replacing, write_text
from data.degrees import degrees
from data.formulas import neutral_frame
from data.plan_geojson import account_items, collection
from data.plan_gis import write_layer
from data.xlsx import write_workbook
from geo.errors import InputError
from geo.frames import Accounts

SUFFIXES = (".csv", ".xlsx", ".geojson", ".gpkg", ".parquet")


def write_accounts(accounts: Accounts, path: Path) -> Path:
    """Write accounts; tables get their place as columns lon and lat, in degrees.

    Raises
    ------
    InputError
        The suffix is none of ours, or the file cannot be written.
    """
    shown = accounts.set_geometry(degrees(accounts.geometry))
    if path.suffix.lower() == ".geojson":
        return write_text(path, collection(account_items(shown)))
    if path.suffix.lower() in (".gpkg", ".parquet"):
        return _write_layer(shown.reset_index(), path)
    points = shown.geometry
    table = pd.DataFrame(shown.drop(columns="geometry"))
    return write_rows(table.assign(lon=points.x, lat=points.y).reset_index(), path)


def write_rows(rows: pd.DataFrame, path: Path) -> Path:
    """Write a table as CSV or Excel; no cell of it is a formula.

    Raises
    ------
    InputError
        The suffix is none of ours, or the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        text = neutral_frame(rows).to_csv(index=False, lineterminator="\r\n")
        return write_text(path, "\ufeff" + text)
    if suffix != ".xlsx":
        raise InputError(
            f"No table can be written as '{path.suffix or path.name}'",
            where=str(path),
            fix=f"Choose one of {', '.join(SUFFIXES)}",
        )
    return write_workbook(path, {"Rows": rows})


def _write_layer(rows: gpd.GeoDataFrame, path: Path) -> Path:
    with replacing(path) as draft:
        if path.suffix.lower() == ".gpkg":
            write_layer(rows, draft, driver="GPKG", layer="accounts")
        else:
            rows.to_parquet(draft, index=False, compression="zstd")
    return path
