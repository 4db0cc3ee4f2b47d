"""A plan: which territory owns each basic unit, plus sparse exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.frames import TERRITORIES, Territories, names

UNASSIGNED = 65535
"""The code of a unit that no territory owns."""


def no_overrides() -> pd.DataFrame:
    """Give an empty override table: index account_id, territory_id, counts."""
    return pd.DataFrame(
        {
            "territory_id": pd.Series(dtype="str"),
            "counts": pd.Series(dtype="bool"),
        },
        index=pd.Index([], dtype="str", name="account_id"),
    )


def no_cuts() -> gpd.GeoDataFrame:
    """Give an empty table of pieces: index unit_id (of the piece), parent, geometry."""
    return gpd.GeoDataFrame(
        {"parent": pd.Series(dtype="str")},
        index=pd.Index([], dtype="str", name="unit_id"),
        geometry=gpd.GeoSeries([], crs=None),
    )


def territory_table(ids: list[str]) -> Territories:
    """Give a table of unnamed, vacant territories with codes 0, 1, 2, ..."""
    table = pd.DataFrame(
        {
            "code": np.arange(len(ids), dtype=np.int64),
            "name": [str(i) for i in ids],
            "color": "",
            "rep_id": "",
            "locked": False,
            "goal": np.nan,
        },
        index=pd.Index(ids, dtype="str", name="territory_id"),
    )
    return table[names(TERRITORIES)[1:]]


@dataclass(frozen=True, eq=False)
class Plan:
    """An assignment of units to territories, and its exceptions.

    Nothing computed is kept here: totals, shapes and scores are derived.

    Parameters
    ----------
    plan_id, name
        Its key in a store, and what people call it.
    unit_set
        The units it is drawn over: ``kind@version#hash``.
    unit_id
        Shape (n,), object array of str: the order of `assignment`. Units of the
        unit set that are not cut, in their order, then the pieces of `cuts`.
    assignment
        Shape (n,), uint16: code of the territory that owns the unit;
        `UNASSIGNED` if none does.
    territories
        Columns `geo.frames.TERRITORIES`, index territory_id.
    layer
        "geographic" until other kinds of territory join it.
    overrides
        Exceptions, index account_id: territory_id, and counts (whether the account
        is part of the territory's load).
    cuts
        Pieces of units a drawn boundary divides, index unit_id (``parent~hash``):
        parent, geometry in the CRS of the units.
    locks
        Ids of the units that stay where they are.
    meta
        What travels with the plan and changes no number: measures, seed, notes.
    """

    plan_id: str
    name: str
    unit_set: str
    unit_id: NDArray[np.object_]
    assignment: NDArray[np.uint16]
    territories: Territories
    layer: str = "geographic"
    overrides: pd.DataFrame = field(default_factory=no_overrides)
    cuts: gpd.GeoDataFrame = field(default_factory=no_cuts)
    locks: frozenset[str] = frozenset()
    meta: Mapping[str, object] = field(default_factory=dict)
