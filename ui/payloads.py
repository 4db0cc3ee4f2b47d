"""What a map's browser side is told: geometry once, the state of a plan each time.

Geometry goes over as arcs in Web Mercator, in whole steps of `WORLD` around the globe
(2.4 m at the equator, less than a pixel at any zoom one edits at).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray

from geo.arcs import Arcs, arcs, simplify
from geo.frames import WGS84, Reps, Scorecard
from geo.plan import UNASSIGNED, Plan
from geo.study import Study
from ui import theme, words
from ui.component import wire

WORLD = 2**24
MEASURES = ("accounts", "workload_h")
"""Loads of units the browser adds up while the pointer moves."""

NAMED = 30_000
"""More accounts than this go over without their names: they would outweigh the map.
The page asks for them when somebody points at an account or searches for one."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Arrays = dict[str, NDArray[np.generic]]
Scores = Mapping[Hashable, Any]


def world(xy: Floats, crs: object, middle: float) -> tuple[Ints, Ints]:
    """Give whole Web Mercator steps of points, on the sheet around one meridian.

    Parameters
    ----------
    xy
        Shape (n, 2), in `crs`.
    crs
        Anything pyproj knows.
    middle
        Longitude in degrees; points are put within half a turn of it, so that ground
        across the date line stays in one piece.

    Returns
    -------
    tuple
        x and y, each shape (n,); y grows southwards. A point that is not finite is
        put at 0, 0.
    """
    to_degrees = pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)
    lon, lat = to_degrees.transform(xy[:, 0], xy[:, 1])
    lon = middle + (np.asarray(lon) - middle + 180.0) % 360.0 - 180.0
    return steps_of(lon, np.asarray(lat))


def steps_of(lon: Floats, lat: Floats) -> tuple[Ints, Ints]:
    """Give whole Web Mercator steps of degrees; `lon` may lie past half a turn."""
    phi = np.radians(np.clip(lat, -85.0, 85.0))
    x = (lon + 180.0) / 360.0
    y = 0.5 - np.log(np.tan(np.pi / 4 + phi / 2)) / (2 * np.pi)
    steps = np.round(np.stack([x, y]) * WORLD)
    x_steps, y_steps = np.nan_to_num(steps, posinf=0.0, neginf=0.0).astype(np.int32)
    return x_steps, y_steps


def middle_of(points: gpd.GeoSeries) -> float:
    """Give the meridian through the middle of points, degrees; 0 without points."""
    lon = points[~points.is_empty & points.notna()].to_crs(WGS84).x.to_numpy()
    if not len(lon):
        return 0.0
    turn = np.exp(1j * np.radians(lon)).mean()
    return float(np.degrees(np.angle(turn)))


def topology(shapes: Arcs, x: Ints, y: Ints, prefix: str) -> Arrays:
    """Give the arrays of arcs whose vertices are at x, y, named with a prefix."""
    parts: dict[str, NDArray[np.signedinteger[Any]]] = {
        "x": x,
        "y": y,
        "start": shapes.start,
        "left": shapes.left,
        "right": shapes.right,
        "ring_arc": shapes.ring_arc,
        "ring_start": shapes.ring_start,
        "unit_ring": shapes.unit_ring,
    }
    return {prefix + name: part.astype(np.int32) for name, part in parts.items()}


def unit_arrays(study: Study, middle: float) -> Arrays:
    """Give geometry, anchors and loads of the units."""
    shapes = arcs(study.units.geometry)
    if len(shapes.xy) > 150_000:
        shapes = simplify(shapes, math.sqrt(float(np.median(study.area_m2))) / 100)
    x, y = world(shapes.xy, study.units.crs, middle)
    found = topology(shapes, x, y, "u_")
    x, y = world(study.table.xy, study.units.crs, middle)
    found |= {"anchor_x": x, "anchor_y": y}
    states = pd.factorize(study.units["state"].astype("str"))[0]
    found["unit_state"] = states.astype(np.uint16)
    for name in MEASURES:
        if name in study.table.measures:
            column = study.table.loads[:, study.table.measures.index(name)]
            found[f"load_{name}"] = column.astype(np.float32)
    return found


def account_arrays(study: Study, middle: float) -> Arrays:
    """Give place, unit and kind (0 customer, 1 lead) of the placed accounts.

    The rows are those of `placed`, in its order.
    """
    rows = placed(study)
    points = study.accounts.geometry.iloc[rows]
    xy = np.stack([points.x.to_numpy(), points.y.to_numpy()], axis=1)
    x, y = world(xy, study.accounts.crs, middle)
    stage = study.accounts.get("stage", pd.Series("", index=study.accounts.index))
    lead = stage.iloc[rows].astype("str").str.lower().eq("lead")
    return {
        "account_x": x,
        "account_y": y,
        "account_unit": study.account_unit[rows].astype(np.int32),
        "account_class": lead.to_numpy().astype(np.uint8),
    }


def placed(study: Study) -> NDArray[np.intp]:
    """Give the rows of the accounts that have a place, the larger ones first.

    Where dots cover each other, the account with more revenue is the one seen. The
    rows of a study are found once; never change them.
    """
    if study not in _PLACED:
        _PLACED[study] = _placed(study)
    return _PLACED[study]


_PLACED: WeakKeyDictionary[Study, NDArray[np.intp]] = WeakKeyDictionary()


def _placed(study: Study) -> NDArray[np.intp]:
    shape = study.accounts.geometry
    there = (shape.notna() & ~shape.is_empty).to_numpy()
    rows = np.flatnonzero(there)
    if "revenue" not in study.accounts:
        return rows
    worth = study.accounts["revenue"].fillna(0.0).to_numpy()[rows]
    return rows[np.argsort(-worth, kind="stable")]


_PLACE: WeakKeyDictionary[Study, NDArray[np.int32]] = WeakKeyDictionary()


def _place(study: Study) -> NDArray[np.int32]:
    """Give where each account comes in `placed`, -1 for nowhere."""
    if study not in _PLACE:
        place = np.full(len(study.accounts), -1, dtype=np.int32)
        rows = placed(study)
        place[rows] = np.arange(len(rows))
        _PLACE[study] = place
    return _PLACE[study]


def account_names(study: Study) -> list[str]:
    """Give the names of the accounts sent, in their order; none for too many."""
    rows = placed(study)
    if len(rows) > NAMED or "name" not in study.accounts:
        return []
    return [str(name) for name in study.accounts["name"].iloc[rows].fillna("")]


def people_of(study: Study) -> str:
    """Give a name for the accounts sent and their order: a cut does not change it."""
    rows = placed(study)
    text = "\n".join(study.accounts.index.to_numpy(dtype=object)[rows].astype(str))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def names_payload(study: Study, *, key: str = "map") -> bytes:
    """Give the names of all accounts sent, for a page that asks because it has none."""
    column = study.accounts.get("name", pd.Series("", index=study.accounts.index))
    names = column.iloc[placed(study)].fillna("").astype("str").to_list()
    header = {"key": key, "aside": "names", "people": people_of(study), "names": names}
    return wire.pack(header, {})


def home_arrays(reps: Reps | None, middle: float) -> tuple[Arrays, list[str]]:
    """Give where reps live, and their names in the same order."""
    if reps is None or not len(reps):
        return {"home_x": np.zeros(0, np.int32), "home_y": np.zeros(0, np.int32)}, []
    there = reps[reps.geometry.notna() & ~reps.geometry.is_empty]
    xy = np.stack([there.geometry.x.to_numpy(), there.geometry.y.to_numpy()], axis=1)
    x, y = world(xy, there.crs, middle)
    return {"home_x": x, "home_y": y}, there["name"].astype("str").to_list()


def codes_over(plan: Plan, study: Study) -> NDArray[np.uint16]:
    """Give the code of each unit of a study; unassigned where the plan has none."""
    if np.array_equal(plan.unit_id, study.table.unit_id):
        return plan.assignment.astype(np.uint16)
    rows = plan.rows.get_indexer(study.units.index)
    codes = plan.assignment[np.maximum(rows, 0)].astype(np.uint16)
    return np.where(rows < 0, np.uint16(UNASSIGNED), codes)


def frame_of(study: Study, middle: float) -> list[float]:
    """Give west, south, east, north of nearly all the accounts, degrees.

    One account in seventy may lie outside on each side, so that a few far ones do not
    shrink everything else.
    """
    table = study.table
    counts = table.loads[:, table.measures.index("accounts")]
    if not counts.any():
        counts = np.ones(len(table))
    x, y = world(table.xy, study.units.crs, middle)
    sides = [_quantile(v, counts, share) for share in (0.015, 0.985) for v in (x, y)]
    width = max(sides[2] - sides[0], sides[3] - sides[1], 2000.0)
    west, north, east, south = (
        sides[0] - 0.07 * width,
        sides[1] - 0.07 * width,
        sides[2] + 0.07 * width,
        sides[3] + 0.07 * width,
    )
    return [_lon(west), _lat(south), _lon(east), _lat(north)]


def _quantile(values: Ints, weights: Floats, share: float) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    at = int(np.searchsorted(reached, share))
    return float(values[order[min(at, len(order) - 1)]])


def _lon(x: float) -> float:
    return x / WORLD * 360.0 - 180.0


def _lat(y: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / WORLD))))


def territory_rows(
    plan: Plan, card: Scorecard, reps: Reps | None, *, dark: bool, tolerance: float
) -> list[dict[str, object]]:
    """Give what the browser knows of each territory; its texts are shown as text.

    Parameters
    ----------
    card
        Columns load and capacity_h where there are reps, share without.
    tolerance
        How far a share of the fair load may be off and still count as fair.
    """
    rep_names: Mapping[str, str] = {} if reps is None else dict(reps["name"])
    scored = card.reindex(plan.territories.index).to_dict("index")
    by_hours = _by_hours(card)
    rows = []
    for territory_id, row in plan.territories.to_dict("index").items():
        scores = scored[territory_id]
        level, text = _load_of(scores, tolerance, by_hours=by_hours)
        rows.append(
            {
                "id": str(territory_id),
                "code": int(row["code"]),
                "name": str(row["name"]),
                "color": str(row["color"]) or "#9aa5b1",
                "locked": bool(row["locked"]),
                "rep": str(rep_names.get(row["rep_id"], "")),
                "load_text": text,
                "icon": level.icon,
                "load_color": level.dark if dark else level.light,
                "hours": _number(scores, "workload_h"),
                "capacity_h": _number(scores, "capacity_h"),
            }
        )
    return rows


def _by_hours(card: Scorecard) -> bool:
    """Say whether loads are hours used of hours available, for some at least."""
    return "load" in card and bool(card["load"].notna().any())


def _load_of(
    scores: Scores, tolerance: float, *, by_hours: bool
) -> tuple[theme.Level, str]:
    load = _number(scores, "load")
    if load is not None:
        return theme.load_level(load), words.percent(load)
    if by_hours:  # a share of the fair load beside loads in hours would mislead
        return theme.UNKNOWN, "no hours" if scores.get("rep_id") else "no rep"
    share = _number(scores, "share")
    if share is None:
        return theme.UNKNOWN, ""
    return theme.share_level(share, tolerance), words.percent(share)


def _number(scores: Scores, name: str) -> float | None:
    value = scores.get(name)
    return None if value is None or pd.isna(value) else float(value)


def load_legend(card: Scorecard, *, dark: bool) -> list[dict[str, str]]:
    """Give the classes of the load colours: icon, colour and words of each."""
    if _by_hours(card):
        ends = ["under 70 %", "70 to 90 %", "90 to 100 %", "past 100 %"]
        levels = [level for _, level in theme.LEVELS]
        if card["load"].isna().any():
            ends, levels = [*ends, "no rep or hours"], [*levels, theme.UNKNOWN]
    else:
        levels = [theme.OUTSIDE_UNDER, theme.WITHIN, theme.OUTSIDE_OVER]
        ends = [level.word for level in levels]
    return [
        {"icon": level.icon, "color": level.dark if dark else level.light, "text": text}
        for level, text in zip(levels, ends, strict=True)
    ]


def override_arrays(plan: Plan, study: Study) -> Arrays:
    """Give the accounts with an exception, as rows of `placed`, and their codes."""
    if not len(plan.overrides):
        return {
            "override_rows": np.zeros(0, np.int32),
            "override_codes": np.zeros(0, np.uint16),
        }
    at = study.accounts.index.get_indexer(plan.overrides.index)
    found = np.where(at >= 0, _place(study)[np.maximum(at, 0)], -1)
    codes = plan.territories["code"].reindex(plan.overrides["territory_id"])
    known = (found >= 0) & codes.notna().to_numpy()
    return {
        "override_rows": found[known].astype(np.int32),
        "override_codes": codes.to_numpy()[known].astype(np.uint16),
    }
