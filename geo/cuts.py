"""Cuts: units that a drawn boundary divides into pieces, and put together again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.errors import PlanError
from geo.plan import Plan, codes, owner_of, unit_rows


def exchange(plan: Plan, wanted: Mapping[str, Any]) -> tuple[Plan, dict[str, Any]]:
    """Replace units or pieces by others on the same ground.

    Parameters
    ----------
    wanted
        The ids that go, `drop`, and what comes, `add`: see `geo.changes`.

    Returns
    -------
    The plan, and what to exchange to have it as it was.

    Raises
    ------
    PlanError
        When one that goes is unknown or locked.
    """
    gone, added = list(wanted["drop"]), list(wanted["add"])
    rows = unit_rows(plan, gone)
    locked = plan.locks & set(gone)
    if locked:
        raise PlanError(
            f"Unit {min(locked)} is locked", where=plan.name, fix="Unlock it first"
        )
    back = {"drop": [e["id"] for e in added], "add": entries_of(plan, gone)}
    home = set_rows(plan)
    stays = np.ones(len(plan.unit_id), dtype=bool)
    stays[rows] = False
    new_ids = [e["id"] for e in added]
    owner = codes(plan, [e["owner"] for e in added])
    ids = np.concatenate([plan.unit_id[stays], np.array(new_ids, dtype=object)])
    code = np.concatenate([plan.assignment[stays], owner])
    place = np.concatenate([home[stays], [int(e["row"]) for e in added]])
    whole = np.concatenate(
        [~_is_piece(plan)[stays], np.array([not e["parent"] for e in added], bool)]
    )
    order = np.lexsort((ids.astype(str), place, ~whole))
    cuts = _piece_table(plan, gone, added)
    after = replace(
        plan,
        unit_id=ids[order],
        assignment=code[order].astype(np.uint16),
        cuts=cuts,
    )
    return after, back


def _is_piece(plan: Plan) -> NDArray[np.bool_]:
    """Whether each unit of the plan is a piece: they come last."""
    return np.arange(len(plan.unit_id)) >= len(plan.unit_id) - len(plan.cuts)


def set_rows(plan: Plan) -> NDArray[np.intp]:
    """Give the row in the unit set of each unit, of a piece: that of its parent."""
    piece_rows = plan.cuts["row"].to_numpy(dtype=np.intp)
    cut = np.unique(piece_rows)
    n_whole = len(plan.unit_id) - len(plan.cuts)
    return np.concatenate([np.delete(np.arange(n_whole + len(cut)), cut), piece_rows])


def entries_of(plan: Plan, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Give units or pieces as entries that put them back.

    Raises
    ------
    PlanError
        When the plan does not have one of them.
    """
    home = set_rows(plan)[unit_rows(plan, ids)]
    owner = owner_of(plan, pd.Index(ids, dtype=object))
    entries = []
    for key, row, territory in zip(ids, home, owner, strict=True):
        piece = key in plan.cuts.index
        entries.append(
            {
                "id": key,
                "parent": str(plan.cuts.at[key, "parent"]) if piece else "",
                "row": int(row),
                "wkb": shapely.to_wkb(plan.cuts.geometry[key], hex=True)
                if piece
                else "",
                "owner": territory,
            }
        )
    return entries


def _piece_table(
    plan: Plan, gone: Sequence[str], added: Sequence[Mapping[str, Any]]
) -> gpd.GeoDataFrame:
    """Give the table of pieces, in the order of their parents, then by id."""
    old = plan.cuts[~plan.cuts.index.isin(list(gone))]
    new = [e for e in added if e["parent"]]
    rows = [*old["row"], *(int(e["row"]) for e in new)]
    shapes = [*old.geometry, *(shapely.from_wkb(e["wkb"]) for e in new)]
    table = gpd.GeoDataFrame(
        {
            "parent": pd.Series(
                [*old["parent"], *(e["parent"] for e in new)], dtype="str"
            ),
            "row": pd.Series(rows, dtype="int64"),
        },
        geometry=gpd.GeoSeries(shapes, crs=plan.cuts.crs),
    )
    ids = [*old.index, *(e["id"] for e in new)]
    table.index = pd.Index(ids, dtype="str", name="unit_id")
    return table.iloc[np.lexsort((np.array(ids, dtype=str), rows))]
