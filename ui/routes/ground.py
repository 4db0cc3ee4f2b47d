"""What lies below a rep's day on the map: streets, or the ground of the territory."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import shapely

from geo.frames import WGS84
from geo.plan import units_of
from routing.drawn import streets_in
from routing.memo import Remembered
from ui.routes.day import DayPlan
from ui.routes.who import Who
from ui.session import Session
from ui.tour_map import Frame, Ground, frame_of, rings_of

KEPT = 12
STEPS = 24
"""A frame's sides are whole steps of its size: small changes leave it as it is."""

_GROUNDS: OrderedDict[tuple[object, ...], Ground] = OrderedDict()
"""Grounds of recent days; a ground never changes."""


def ground_of(session: Session, plan: DayPlan) -> Ground:
    """Give the ground around a day, the same one while the day changes a little."""
    ids = [*plan.choice.stop_ids, *plan.choice.skipped, *plan.choice.dropped]
    rows = plan.who.accounts.index.get_indexer(ids)
    points = np.vstack([plan.who.lonlat[rows], [plan.who.begin], [plan.who.finish]])
    return ground_in(session, plan.who, rounded(frame_of(points)))


def ground_in(session: Session, who: Who, frame: Frame) -> Ground:
    """Give the rep's territory, and the streets in a frame where roads are loaded."""
    key = (session.plan.plan_id, session.rev, who.rep_id, who.engine.name, frame)
    if key not in _GROUNDS:
        _GROUNDS[key] = _made(session, who, frame)
        while len(_GROUNDS) > KEPT:
            _GROUNDS.popitem(last=False)
    return _GROUNDS[key]


def _made(session: Session, who: Who, frame: Frame) -> Ground:
    if isinstance(who.engine, Remembered):
        return Ground(frame, streets=streets_in(who.engine.engine.roads, frame))
    west, south, east, north = frame
    units = session.study.units.to_crs(WGS84)
    around = shapely.box(
        2 * west - east, 2 * south - north, 2 * east - west, 2 * north - south
    )
    near = units[units.intersects(around)]
    mine = {u for t in who.territories for u in units_of(session.plan, t)}
    own = near[near.index.isin(mine)]
    area = rings_of(shapely.union_all(own.geometry.to_numpy()), frame)
    borders = [ring for shape in near.geometry for ring in rings_of(shape, frame)]
    return Ground(frame, area=area, borders=borders)


def rounded(frame: Frame) -> Frame:
    """Widen a frame to whole steps of its size, a power of two."""
    west, south, east, north = frame
    size = 2.0 ** np.ceil(np.log2(max(east - west, north - south)))
    step = size / STEPS
    low = np.floor(np.array([west, south]) / step) * step
    high = np.ceil(np.array([east, north]) / step) * step
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])
