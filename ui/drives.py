"""The longest drive a rep should have, and how far each rep is from each unit."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.frames import WGS84, Reps
from geo.reach import Reach
from geo.study import Study
from routing.engine import StraightLine

Homes = tuple[tuple[str, float, float], ...]

_MINUTES: WeakKeyDictionary[Study, tuple[Homes, NDArray[np.float64]]] = (
    WeakKeyDictionary()
)


def homes_of(reps: Reps) -> Homes:
    """Give id, longitude and latitude of each rep; nan where no home is known."""
    there = (reps.geometry.notna() & ~reps.geometry.is_empty).to_numpy()
    at = np.full((len(reps), 2), np.nan)
    if there.any():
        at[there] = reps[there].to_crs(WGS84).get_coordinates().to_numpy()
    return tuple(
        (str(i), float(lon), float(lat))
        for i, (lon, lat) in zip(reps.index, at, strict=True)
    )


def reach_of(study: Study, reps: Reps, longest_min: float) -> Reach | None:
    """Give the drives to the units of a study; None without a limit or any home.

    Times are estimated from the straight line, see `routing.engine.StraightLine`; they
    are worked out once for a study and the homes of its reps.
    """
    homes = homes_of(reps) if longest_min > 0 and len(reps) else ()
    if all(np.isnan(lon) for _, lon, _ in homes):
        return None
    known = _MINUTES.get(study)
    if known is None or repr(known[0]) != repr(homes):
        known = _MINUTES[study] = (homes, _minutes(study, homes))
    ids = pd.Index([i for i, _, _ in homes], dtype="str")
    return Reach(known[1], ids, longest_min)


def _minutes(study: Study, homes: Homes) -> NDArray[np.float64]:
    points = gpd.GeoSeries(gpd.points_from_xy(*study.table.xy.T), crs=study.units.crs)
    there = points.to_crs(WGS84).get_coordinates().to_numpy()
    here = np.array([[lon, lat] for _, lon, lat in homes])
    return StraightLine().matrix(here, there).drive_s / 60.0
