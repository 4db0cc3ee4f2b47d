"""Roads in a proposal: what is minimised, what must hold, what is worth knowing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyproj

from geo.costs import SquaredDistance
from geo.design import Cost, Rules
from geo.errors import InputError
from geo.frames import WGS84, Targets
from geo.plan import Plan, aligned_labels, name_of
from geo.study import Study
from routing.connection import (
    anchors_lonlat,
    demanded,
    road_barriers,
    road_pieces,
)
from routing.cost import RoadTime
from routing.engine import TravelEngine


@dataclass(frozen=True, eq=False)
class ByRoad:
    """Minutes of driving instead of distance.

    Parameters
    ----------
    engine
        Roads, a server or the estimate.
    from_homes
        Whether a territory is served from its rep's home, else from its best unit.
    joined
        Whether the road must join the units of a territory, not only their borders.
    """

    engine: TravelEngine
    from_homes: bool = False
    joined: bool = False


def road_cost(study: Study, roads: ByRoad | None, targets: Targets) -> Cost:
    """Give what is minimised: squared distance, or minutes by road.

    Raises
    ------
    InputError
        Centers are to be at homes and no home is known.
    """
    if roads is None:
        return SquaredDistance(study.table)
    lonlat = anchors_lonlat(study)
    if not roads.from_homes:
        return RoadTime(study.table, roads.engine, lonlat)
    homes = np.full((len(targets), 2), np.nan)
    if "home_x" in targets:
        homes = targets[["home_x", "home_y"]].to_numpy(dtype=np.float64)
    if not np.isfinite(homes).all(axis=1).any():
        raise InputError(
            "No rep has a home to serve a territory from",
            where="--from-homes",
            fix="Give reps with coordinates or addresses: --reps FILE",
        )
    degrees = pyproj.Transformer.from_crs(study.units.crs, WGS84, always_xy=True)
    there = np.column_stack(degrees.transform(*homes.T))
    return RoadTime(study.table, roads.engine, lonlat, homes=homes, home_lonlat=there)


def road_rules(rules: Rules, study: Study, roads: ByRoad | None) -> Rules:
    """Add the borders that no road crosses, if the road must join a territory."""
    if roads is None or not roads.joined:
        return rules
    barriers = road_barriers(study, roads.engine)
    shut = demanded(study, roads.engine, barriers)
    return replace(rules, barriers=(*rules.barriers, *shut))


def road_notes(
    plan: Plan, study: Study, roads: ByRoad | None, cost: Cost
) -> tuple[str, ...]:
    """Say which units no road reaches, and which territories are in parts by road."""
    if roads is None or not isinstance(cost, RoadTime):
        return ()
    label = aligned_labels(plan, study)
    centers = cost.recenter(label, len(plan.territories))
    lost = cost.cut_off(label, centers)
    notes = []
    for territory in np.unique(label[lost]):
        n = int((lost & (label == territory)).sum())
        name = name_of(plan, str(plan.territories.index[territory]))
        noun = "unit" if n == 1 else "units"
        notes.append(f"No road leads from the center of {name} to {n:,} of its {noun}")
    apart = road_pieces(plan, study, roads.engine)
    return (*notes, *(found.sentence for found in apart))
