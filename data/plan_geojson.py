"""Plans as GeoJSON (RFC 7946): a feature a territory, the plan in ``bailiwick``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from data.atomic import write_text
from data.degrees import bbox
from data.document import Json, NoPlanError, encode, plain
from data.export import Export
from geo.errors import InputError

Item = tuple[str, Json, BaseGeometry | None]
"""Id, properties and shape of a feature, as `data.degrees.degrees` gives shapes."""


def write_geojson(export: Export, path: Path) -> None:
    """Write a feature a territory, then one an account if they were asked for."""
    items = territory_items(export)
    if export.accounts is not None:
        items += account_items(export.accounts)
    write_text(path, collection(items, member=export.document["bailiwick"]))


def collection(items: Sequence[Item], *, member: Json | None = None) -> str:
    """Give the text of a FeatureCollection, one feature a line.

    Parameters
    ----------
    items
        The features; a shape that is None becomes a null geometry.
    member
        What the foreign member ``bailiwick`` holds; none without it.
    """
    head: Json = {"type": "FeatureCollection"}
    head |= _box([shape for _, _, shape in items])
    if member is not None:
        head["bailiwick"] = member
    lines = ",\n".join(encode(_feature(item)) for item in items)
    return f'{encode(head)[:-1]},"features":[\n{lines}\n]}}\n'


def territory_items(export: Export) -> list[Item]:
    """Give territories: their ids, the scorecard, then what the plan itself holds."""
    shapes = export.territories
    scores = shapes.drop(columns="geometry").to_dict("index")
    items = []
    for row, shape in zip(export.document["territories"], shapes.geometry, strict=True):
        first = {name: row[name] for name in ("territory_id", "name", "rep_id")}
        score = {str(k): v for k, v in scores[row["territory_id"]].items()}
        items.append((row["territory_id"], first | score | row, shape))
    return items


def account_items(accounts: gpd.GeoDataFrame) -> list[Item]:
    """Give accounts; ids start with ``account/`` so that none is a territory's."""
    rows = accounts.drop(columns="geometry").to_dict("records")
    return [
        (f"account/{i}", {"account_id": str(i)} | row, shape)
        for i, row, shape in zip(accounts.index, rows, accounts.geometry, strict=True)
    ]


def read_geojson(path: Path) -> Json:
    """Give the document of a GeoJSON plan; its features without units are skipped.

    Raises
    ------
    InputError
        It is no GeoJSON, or none of its features is a territory.
    """
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(
            "The file is not GeoJSON", where=str(path), fix="Export the plan again"
        ) from error
    features = whole.get("features") if isinstance(whole, dict) else None
    rows = [_told(f) for f in features] if isinstance(features, list) else []
    rows = [row for row in rows if "territory_id" in row and "units" in row]
    if not rows:
        raise NoPlanError(
            "The file holds no plan: no features with territory_id and units",
            where=str(path),
            fix="Choose a plan that was exported from here, or a crosswalk",
        )
    return {"bailiwick": whole.get("bailiwick") or {}, "territories": rows}


def _feature(item: Item) -> Json:
    feature_id, properties, shape = item
    told: Json = {"type": "Feature", "id": feature_id}
    if shape is not None and shape.geom_type != "Point":
        told |= _box([shape])
    ground = None if shape is None else mapping(shape)
    return told | {"properties": plain(properties), "geometry": ground}


def _box(shapes: Sequence[BaseGeometry | None]) -> Json:
    box = bbox(np.array(shapes, dtype=object))
    return {} if box is None else {"bbox": box}


def _told(item: object) -> Json:
    found = item.get("properties") if isinstance(item, dict) else None
    return found if isinstance(found, dict) else {}
