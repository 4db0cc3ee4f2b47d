"""Territory polygons of any GIS program become a plan over our units."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.errors import InputError
from geo.plan import Plan, plan_of, territory_table
from geo.study import Study

By = Literal["area", "accounts"]

CLEAR = 0.90
"""A unit that gives its territory less than this is listed as divided."""

LEAST = 0.01
"""Less of a unit than this is a sliver of two drawings of one border."""


def plan_of_polygons(
    polygons: gpd.GeoDataFrame, study: Study, *, by: By = "area", name: str = ""
) -> tuple[Plan, pd.DataFrame]:
    """Give each unit to the polygon that holds most of it.

    Parameters
    ----------
    polygons
        Columns unit_id (the territory's id) and name, as
        `data.polygons.read_polygons` gives them, in any CRS.
    by
        "area" goes by ground; "accounts" by accounts inside, and by ground where a
        unit has none.

    Returns
    -------
    plan
        Units that no polygon holds are unassigned.
    divided
        Index unit_id: territory_id and share of the winner, other and other_share of
        the next, for units that give the winner less than `CLEAR`.

    Raises
    ------
    InputError
        No polygon touches a unit of the study.
    """
    shapes = polygons.to_crs(study.units.crs)
    share = _by_area(shapes, study)
    if by == "accounts":
        counted = _by_accounts(shapes, study)
        share = np.where(counted.any(axis=1, keepdims=True), counted, share)
    if not share.any():
        raise InputError(
            "No polygon of the file touches a unit",
            where=name,
            fix="Check its coordinate system, or choose other units",
        )
    best = np.where(share.max(axis=1) >= LEAST, share.argmax(axis=1), -1)
    ids = polygons["unit_id"].astype("str").tolist()
    table = territory_table(ids).assign(name=polygons["name"].astype("str").to_numpy())
    plan = plan_of(study.table, best.astype(np.intp), table, plan_id=name, name=name)
    divided = _divided(share, ids, study)
    if len(divided):
        plan = replace(plan, meta={"divided": divided.reset_index().to_dict("records")})
    return plan, divided


def _by_area(shapes: gpd.GeoDataFrame, study: Study) -> NDArray[np.float64]:
    """Give the share of each unit's ground in each polygon, shape (n, k)."""
    ground = np.asarray(shapes.geometry)
    units = np.asarray(study.units.geometry)
    unit, polygon = shapely.STRtree(ground).query(units, predicate="intersects")
    common = shapely.area(shapely.intersection(units[unit], ground[polygon]))
    share = np.zeros((len(units), len(ground)))
    share[unit, polygon] = common / study.area_m2[unit]
    return share


def _by_accounts(shapes: gpd.GeoDataFrame, study: Study) -> NDArray[np.float64]:
    """Give the share of each unit's accounts in each polygon, shape (n, k)."""
    points = np.asarray(study.accounts.geometry)
    tree = shapely.STRtree(np.asarray(shapes.geometry))
    account, polygon = tree.query(points, predicate="intersects")
    unit = study.account_unit[account]
    here = unit >= 0
    count = np.zeros((len(study.units), len(shapes)))
    np.add.at(count, (unit[here], polygon[here]), 1.0)
    total = count.sum(axis=1, keepdims=True)
    count /= np.maximum(total, 1.0)
    return count


def _divided(share: NDArray[np.float64], ids: list[str], study: Study) -> pd.DataFrame:
    order = np.argsort(-share, axis=1, kind="stable")
    rows = np.arange(len(share))
    first, second = order[:, 0], order[:, min(1, share.shape[1] - 1)]
    most, next_ = share[rows, first], share[rows, second]
    unclear = np.flatnonzero((most >= LEAST) & (most < CLEAR) & (next_ >= LEAST))
    names = np.array(ids, dtype=object)
    return pd.DataFrame(
        {
            "territory_id": names[first[unclear]],
            "share": most[unclear].round(4),
            "other": names[second[unclear]],
            "other_share": next_[unclear].round(4),
        },
        index=study.units.index[unclear],
    )
