"""A plan as plain JSON values, and back: what every file format carries.

A document has two members. ``territories`` lists one object a territory with its
units and overrides; ``bailiwick`` holds what belongs to the plan as a whole:
format version, unit_set, layer, measures, cuts, locks, unassigned units.
"""

from __future__ import annotations

import json
import math
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow
import pyproj
import shapely
from numpy.typing import NDArray

from geo.errors import InputError
from geo.plan import UNASSIGNED, Plan, no_cuts, no_overrides, territory_table

FORMAT = 1
"""Version of the document; a reader refuses a higher one."""

BROKEN = (KeyError, TypeError, ValueError, AttributeError, shapely.GEOSException)
"""What plain values of the wrong shape raise."""

DAMAGED = (
    *(OSError, ValueError, TypeError, LookupError, AttributeError, EOFError),
    *(NotImplementedError, RecursionError, StopIteration, zlib.error),
    *(zipfile.BadZipFile, ElementTree.ParseError, pyarrow.ArrowException),
)
"""What the libraries raise at a file that is cut, garbled or of another kind."""

Json = dict[str, Any]


class NoPlanError(InputError):
    """A file that may be sound but holds no plan of ours."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Say that a file holds no plan when a library cannot read it.

    Raises
    ------
    NoPlanError
        The block raised one of `DAMAGED`.
    """
    try:
        yield
    except DAMAGED as error:
        raise NoPlanError(
            "The file holds no plan",
            where=path.name,
            fix="Choose a plan that was exported from here, or a crosswalk",
        ) from error


def document(plan: Plan, *, measures: Sequence[str] = ()) -> Json:
    """Give the plan as plain JSON values, in an order that never varies."""
    return {
        "bailiwick": {
            "format": FORMAT,
            "plan_id": plan.plan_id,
            "name": plan.name,
            "layer": plan.layer,
            "unit_set": plan.unit_set,
            "measures": list(measures),
            "unit_ids": [str(i) for i in plan.unit_id],
            "unassigned": _units(plan, UNASSIGNED),
            "locks": sorted(plan.locks),
            "overrides": _overrides_of(plan, None),
            "cuts": _cuts(plan.cuts),
            "meta": json.loads(dumps(dict(plan.meta))),
        },
        "territories": [
            _territory(plan, str(territory_id), row)
            for territory_id, row in plan.territories.to_dict("index").items()
        ],
    }


def plan_of(read: Json, *, where: str = "") -> Plan:
    """Give the plan a document describes.

    Raises
    ------
    InputError
        It was written by a newer version, misses a member, or names a unit twice.
    """
    try:
        return _plan_of(read, where)
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        shapely.GEOSException,
    ) as e:
        raise InputError(
            f"The plan cannot be read: {type(e).__name__} at {e}",
            where=where,
            fix="Export the plan again; the file may have been changed by hand",
        ) from e


def dumps(value: object) -> str:
    """Give compact JSON: fixed order, no NaN (null instead), text as it is."""
    return encode(plain(value))


def encode(value: object) -> str:
    """Give compact JSON of values that are plain already."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def plain(value: object) -> object:
    """Give numpy scalars as Python numbers, missing values as None, recursively."""
    if isinstance(value, Mapping):
        return {str(key): plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (set, frozenset)):
        return sorted(str(v) for v in value)
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value


def with_owners(plan: Plan, owner_of: Mapping[str, str], *, where: str) -> Plan:
    """Give the plan with the owners a table of units states; "" is unassigned.

    A units sheet or layer may have been edited; units it does not list keep theirs.

    Raises
    ------
    InputError
        A territory of the table is not one of the plan's.
    """
    code_of = plan.territories["code"].astype(int).to_dict() | {"": UNASSIGNED}
    unknown = sorted(set(owner_of.values()) - set(code_of))
    if unknown:
        raise InputError(
            f"Territory '{unknown[0]}' has units but is not in the plan",
            where=where,
            fix="Add it to the territories, or give its units to another",
        )
    assignment = plan.assignment.copy()
    for row, unit in enumerate(plan.unit_id):
        if unit in owner_of:
            assignment[row] = code_of[owner_of[unit]]
    return replace(plan, assignment=assignment)


def _units(plan: Plan, code: int) -> list[str]:
    return [str(i) for i in plan.unit_id[plan.assignment == code]]


def _territory(plan: Plan, territory_id: str, row: Mapping[Any, Any]) -> Json:
    return {
        "territory_id": territory_id,
        "name": str(row["name"]),
        "rep_id": str(row["rep_id"]),
        "code": int(row["code"]),
        "color": str(row["color"]),
        "locked": bool(row["locked"]),
        "goal": plain(float(row["goal"])),
        "units": _units(plan, int(row["code"])),
        "overrides": _overrides_of(plan, territory_id),
    }


def _overrides_of(plan: Plan, territory_id: str | None) -> list[Json]:
    """Give a territory's overrides, or with None those that point at no territory."""
    owner = plan.overrides["territory_id"]
    mine = (
        owner == territory_id if territory_id else ~owner.isin(plan.territories.index)
    )
    held = plan.overrides[mine].sort_index()
    return [
        {"account_id": str(account), "counts": bool(counts)}
        for account, counts in held["counts"].items()
    ]


def _cuts(cuts: gpd.GeoDataFrame) -> Json:
    crs = cuts.crs.to_wkt() if cuts.crs is not None else ""
    told = pd.DataFrame(cuts.drop(columns="geometry")).reset_index()
    pieces = [
        row | {"wkb": shapely.to_wkb(shape).hex()}
        for row, shape in zip(told.to_dict("records"), cuts.geometry, strict=True)
    ]
    return {"crs": crs, "pieces": pieces}


def _plan_of(read: Json, where: str) -> Plan:
    whole = read.get("bailiwick", {})
    _check_format(whole.get("format", FORMAT), where)
    rows: list[Json] = read["territories"]
    territories = _territories(rows)
    owner_of = {
        str(unit): int(code)
        for row, code in zip(rows, territories["code"], strict=True)
        for unit in row["units"]
    }
    spare = [str(u) for u in whole.get("unassigned", [])]
    _check_once([str(u) for row in rows for u in row["units"]] + spare, where)
    unit_id = _order(whole.get("unit_ids", []), [*owner_of, *spare])
    codes = [owner_of.get(unit, UNASSIGNED) for unit in unit_id]
    return Plan(
        plan_id=whole.get("plan_id", ""),
        name=whole.get("name", ""),
        unit_set=whole.get("unit_set", ""),
        unit_id=unit_id,
        assignment=np.array(codes, dtype=np.uint16),
        territories=territories,
        layer=whole.get("layer", "geographic"),
        overrides=_read_overrides([*rows, {"territory_id": "", **whole}]),
        cuts=_read_cuts(whole.get("cuts", {})),
        locks=frozenset(whole.get("locks", [])),
        meta=whole.get("meta", {}),
    )


def _check_format(version: object, where: str) -> None:
    if not isinstance(version, int) or version > FORMAT:
        raise InputError(
            f"The plan has format {version}, this program reads up to {FORMAT}",
            where=where,
            fix="Update the program, or export the plan from the older one",
        )


def _check_once(units: Iterable[str], where: str) -> None:
    seen: set[str] = set()
    for unit in units:
        if unit in seen:
            raise InputError(
                f"Unit '{unit}' is listed twice",
                where=where,
                fix="Leave it in one territory",
            )
        seen.add(unit)


def _order(stated: Sequence[str], found: Sequence[str]) -> NDArray[np.object_]:
    """Give the stated order if it names the same units, else the order found."""
    same = len(stated) == len(found) and set(stated) == set(found)
    return np.array(list(stated) if same else list(found), dtype=object)


def _territories(rows: list[Json]) -> pd.DataFrame:
    table = territory_table([str(row["territory_id"]) for row in rows])
    for name, kind in (
        ("name", str),
        ("color", str),
        ("rep_id", str),
        ("locked", bool),
    ):
        table[name] = [kind(row.get(name) or kind()) for row in rows]
    painted = table["color"].str.fullmatch("#[0-9a-fA-F]{6}")
    table["color"] = table["color"].where(painted, "")
    table["code"] = [int(row.get("code", i)) for i, row in enumerate(rows)]
    table["goal"] = [
        float("nan") if row.get("goal") is None else float(row["goal"]) for row in rows
    ]
    return table


def _read_overrides(rows: list[Json]) -> pd.DataFrame:
    found = {
        str(o["account_id"]): (str(row["territory_id"]), bool(o.get("counts", True)))
        for row in rows
        for o in row.get("overrides") or []
    }
    ids = sorted(found)
    table = pd.DataFrame(
        [found[i] for i in ids],
        columns=["territory_id", "counts"],
        index=pd.Index(ids, dtype="str", name="account_id"),
    )
    return table.astype(no_overrides().dtypes.to_dict())


def _read_cuts(cuts: Json) -> gpd.GeoDataFrame:
    pieces = cuts.get("pieces", [])
    if not pieces:
        return no_cuts()
    like = no_cuts().drop(columns="geometry")
    told = pd.DataFrame(pieces).set_index("unit_id")
    return gpd.GeoDataFrame(
        told[list(like)].astype(like.dtypes.to_dict()),
        geometry=shapely.from_wkb([bytes.fromhex(text) for text in told["wkb"]]),
        crs=pyproj.CRS.from_wkt(cuts["crs"]) if cuts["crs"] else None,
    )
