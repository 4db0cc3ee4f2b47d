"""What was done on the map, as an edit of the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import shapely

from data.clock import MaxRuntime
from geo import edits
from geo.carve import carve
from geo.edits import Edit
from geo.errors import PlanError
from geo.frames import WGS84
from geo.plan import Plan, name_of
from geo.rebalance import halves, side_of, to_nearest
from geo.study import Study
from geo.territories import PALETTE

EDITS = (
    "apply",
    "create",
    "override",
    "clear_override",
    "merge",
    "drop",
    "lock",
    "rename",
    "recolor",
    "cut",
    "halve",
    "split",
    "nearest",
)
"""Kinds of events of `ui.maps.territory_map` that change the plan."""


Shape = TypeVar("Shape", bound=shapely.Geometry)
Event = Mapping[str, Any]
SEED = 1
HALVE_S = 20.0
"""A territory of hundreds of units is halved in far less; this is only a fuse."""


def edit_of(event: Event, plan: Plan, study: Study) -> Edit | None:
    """Give the edit an event asks for; also the one a selection would become.

    Parameters
    ----------
    event
        As `ui.maps.territory_map` hands it over.
    plan, study
        What the event was done to, the study with the plan's pieces.

    Returns
    -------
    Edit or None
        None when nothing is selected, or no territory is chosen for it yet.

    Raises
    ------
    PlanError
        When the event is of no known kind, or a drawn shape holds no ground.
    """
    to, edit_id = str(event.get("to", "")), str(event.get("edit_id", ""))
    units, accounts = event.get("ids", []), event.get("account_ids", [])
    match event["kind"]:
        case "select" | "apply" if accounts:
            return edits.override(accounts, to=to, edit_id=edit_id) if to else None
        case "select" | "apply":
            return edits.move(units, to=to, edit_id=edit_id) if units and to else None
        case "create":
            return _create(units, plan, edit_id)
        case "override":
            return edits.override(accounts, to=to, edit_id=edit_id)
        case "clear_override":
            return edits.clear_override(accounts, edit_id=edit_id)
        case "merge":
            return edits.merge([str(event["territory"])], to=to, edit_id=edit_id)
        case "drop":
            return edits.drop([str(event["territory"])], edit_id=edit_id)
        case "rename":
            name = str(event["name"]).strip()
            return edits.rename(str(event["territory"]), to=name, edit_id=edit_id)
        case "recolor":
            return _recolor(event, edit_id)
        case "lock":
            return _lock(event, edit_id)
        case "cut":
            shape = drawn(event["line"], study)
            return carve(study, shape, to=to, edit_id=edit_id)
        case "halve" | "split":
            return _split(event, plan, study, edit_id)
        case "nearest":
            return replace(to_nearest(plan, study), edit_id=edit_id)
    raise PlanError(f"The map asked for '{event['kind']}', which is not known")


def drawn(line: Sequence[Sequence[float]], study: Study) -> shapely.Geometry:
    """Give a closed line of longitudes and latitudes as a shape in the units' CRS.

    Raises
    ------
    PlanError
        When there are fewer than three corners.
    """
    if len(line) < 3:
        raise PlanError("A shape needs three corners", fix="Draw around the ground")
    return _there(shapely.Polygon(line), study)


def _there(shape: Shape, study: Study) -> Shape:
    """Give a shape in degrees in the CRS of the units."""
    # Straight on the screen is not straight in the CRS: give long sides more corners.
    bent = shapely.segmentize(shape, 0.1)
    there: Shape = gpd.GeoSeries([bent], crs=WGS84).to_crs(study.units.crs).iloc[0]
    return there


def next_id(plan: Plan) -> str:
    """Give the first free id of the form T01."""
    taken = set(plan.territories.index)
    width = max(2, len(str(len(taken) + 1)))
    numbers = (f"T{i:0{width}d}" for i in range(1, len(taken) + 2))
    return next(i for i in numbers if i not in taken)


def _create(units: Sequence[str], plan: Plan, edit_id: str) -> Edit:
    name = _free_name("New territory", plan)
    return edits.create(next_id(plan), name=name, units=units, edit_id=edit_id)


def _split(event: Event, plan: Plan, study: Study, edit_id: str) -> Edit:
    """Give one side of a line, or half of the work, to a new territory."""
    territory = str(event["territory"])
    if event["kind"] == "halve":
        rng = np.random.default_rng(SEED)
        units = halves(plan, study, territory, rng=rng, stop=MaxRuntime(HALVE_S))
    else:
        line = _there(shapely.LineString(event["line"]), study)
        units = side_of(plan, study, territory, line)
    return edits.split(
        territory,
        to=next_id(plan),
        units=units,
        name=_free_name(f"{name_of(plan, territory)} 2", plan),
        edit_id=edit_id,
    )


def _free_name(name: str, plan: Plan) -> str:
    """Give a name no territory has: this one, or it with a number."""
    taken = set(plan.territories["name"])
    tries = (f"{name} {i}" if i > 1 else name for i in range(1, len(taken) + 2))
    return next(t for t in tries if t not in taken)


def _recolor(event: Event, edit_id: str) -> Edit:
    color = str(event["color"]).lower()
    if color not in PALETTE:
        fix = "Choose one of the sixteen"
        raise PlanError(f"'{color}' is no colour of a territory", fix=fix)
    return edits.recolor([str(event["territory"])], to=color, edit_id=edit_id)


def _lock(event: Event, edit_id: str) -> Edit:
    locked = bool(event["locked"])
    if event.get("territory"):
        ids = [str(event["territory"])]
        return edits.lock(ids, of="territories", locked=locked, edit_id=edit_id)
    return edits.lock(event["ids"], locked=locked, edit_id=edit_id)
