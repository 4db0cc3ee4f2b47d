"""Where points meet the road, one row a point."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.account_files import write_rows
from geo.errors import InputError
from routing.drive import RoadEngine
from routing.engine import Reason, TravelEngine

SUFFIXES = (".csv", ".xlsx")


def check_snapped(path: Path, engine: TravelEngine) -> RoadEngine:
    """Refuse what cannot be written, before anything is driven; give the roads.

    Raises
    ------
    InputError
        The suffix is none of a table, or no road network is asked.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"No table can be written as '{path.suffix or path.name}'",
            where=str(path),
            fix="Choose .csv or .xlsx",
        )
    if not isinstance(engine, RoadEngine):
        raise InputError(
            f"{engine.name} does not say where points meet the road",
            where="--snapped",
            fix="Name a file of roads",
        )
    return engine


def snapped_rows(
    engine: RoadEngine, ids: Sequence[str], lonlat: NDArray[np.float64]
) -> pd.DataFrame:
    """Tell where points meet the network.

    Parameters
    ----------
    ids, lonlat
        Shape (n,) and (n, 2), degrees.

    Returns
    -------
    DataFrame
        id; way_id of OpenStreetMap; share of the edge that lies behind, 0 to 1;
        one_way; away_m to the road; access_s on the way there; far_from_road; reason
        (found, no_point, off_network). Empty where there is no road.
    """
    found = engine.snapper.snap(lonlat)
    on = found.edge[:, 0] >= 0
    way = engine.roads.way_id[found.edge[:, 0]]
    table = pd.DataFrame(
        {
            "id": list(ids),
            "way_id": pd.Series(way).where(on).astype("Int64"),
            "share": found.share[:, 0].round(4),
            "one_way": pd.Series(found.edge[:, 1] < 0, dtype="boolean").where(on),
            "away_m": found.away_m.round(1),
            "access_s": (found.away_m / engine.profile.access_kmh * 3.6).round(1),
            "far_from_road": found.far,
            "reason": [Reason(code).name.lower() for code in found.reason],
        }
    )
    return table.drop_duplicates("id")


def write_snapped(
    engine: TravelEngine, ids: Sequence[str], lonlat: NDArray[np.float64], path: Path
) -> Path:
    """Write `snapped_rows` to a table.

    Raises
    ------
    InputError
        See `check_snapped`.
    """
    return write_rows(snapped_rows(check_snapped(path, engine), ids, lonlat), path)
