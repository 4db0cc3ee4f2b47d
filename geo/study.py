"""What a plan is drawn over: accounts, units and what a scorecard needs of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import block_array, csr_array

from geo.contiguity import borders, crossings, link
from geo.errors import PlanError
from geo.frames import MEASURES, Accounts, Units, UnitTable
from geo.plan import Plan
from geo.units import loads_of, rows_of_points, tally


@dataclass(frozen=True, eq=False)
class Study:
    """Ground and accounts of a plan, computed once and shared by all plans over them.

    A territory's perimeter is the sum of `outline_m` of its units minus twice the
    borders inside it, so compactness needs no dissolving.

    Parameters
    ----------
    accounts
        Located, in the CRS of the units.
    units
        The n basic units, the rows of everything below.
    table
        Loads and anchors of the units.
    neighbors
        Shape (n, n), metres of shared border; a crossing counts 1 m.
    crossings
        unit_a, unit_b, distance_m: neighbours without a shared border.
    area_m2, outline_m
        Shape (n,): area, and length of the outline with its holes.
    account_unit
        Shape (N,): row of the unit that holds each account, -1 if none does.
    account_loads
        Shape (N, m): the measures of `table`, per account.
    """

    accounts: Accounts
    units: Units
    table: UnitTable
    neighbors: csr_array
    crossings: pd.DataFrame
    area_m2: NDArray[np.float64]
    outline_m: NDArray[np.float64]
    account_unit: NDArray[np.intp]
    account_loads: NDArray[np.float64]


def make_study(
    accounts: Accounts,
    units: Units,
    neighbors: csr_array,
    crossings: pd.DataFrame,
    *,
    measures: Sequence[str] = MEASURES,
) -> Study:
    """Tally located accounts over units and measure the units.

    Parameters
    ----------
    accounts
        With `unit_id`, see `geo.units.locate`.
    neighbors
        Borders of the units; the crossings are added here.
    measures
        Columns that add up; those the accounts do not have are left out.

    Raises
    ------
    InputError
        When a measure is negative or infinite.
    """
    present = [m for m in measures if m in accounts.columns]
    table = tally(units, accounts, present)
    shapes = np.asarray(units.geometry)
    return Study(
        accounts=accounts,
        units=units,
        table=table,
        neighbors=link(neighbors, crossings, units.index),
        crossings=crossings,
        area_m2=shapely.area(shapes),
        outline_m=shapely.length(shapes),
        account_unit=units.index.get_indexer(accounts["unit_id"]).astype(np.intp),
        account_loads=loads_of(accounts, table.measures),
    )


def effective(study: Study, plan: Plan) -> Study:
    """Give the study with the plan's cuts: pieces in the place of the units they cut.

    Units that are not cut keep their numbers and borders; the pieces follow them, in
    the order of `plan.unit_id`. An account goes to the piece that holds its point (the
    nearest one if none does), without a point to the largest piece. Ground that
    is connected stays connected: a piece without borders gets a crossing.

    Raises
    ------
    PlanError
        When a cut divides a unit that is not in the study.
    """
    if len(plan.cuts) == 0 or np.array_equal(study.table.unit_id, plan.unit_id):
        return study
    known = vars(study).get("_divided")
    if known is None or known[0] is not plan.cuts:
        # Plans that follow one another share their cuts: divide the ground once.
        known = vars(study)["_divided"] = (plan.cuts, _divided(study, plan))
    found: Study = known[1]
    return found


def _divided(study: Study, plan: Plan) -> Study:
    cut = leaves(plan.cuts)
    cut = cut.set_axis(cut.index.astype("str")).set_crs(
        study.units.crs, allow_override=True
    )
    parents = study.units.index.get_indexer(pd.Index(cut["parent"]))
    if (parents < 0).any():
        lost = cut["parent"].iloc[int((parents < 0).argmax())]
        raise PlanError(
            f"Unit '{lost}' is cut but not part of the ground",
            where=plan.name,
            fix="Open the plan over the units it was drawn on",
        )
    kept = np.setdiff1d(np.arange(len(study.units)), parents)
    units = _with_pieces(study.units, cut, parents, kept)
    accounts = _in_pieces(study, cut, parents)
    neighbors = _relink(study, units, kept, parents)
    ferries = _ferries(study, units, neighbors)
    table = _retally(study, units, accounts, kept, parents)
    shapes = np.asarray(units.geometry)[len(kept) :]
    return Study(
        accounts=accounts,
        units=units,
        table=table,
        neighbors=link(neighbors, ferries, units.index),
        crossings=ferries,
        area_m2=np.append(study.area_m2[kept], shapely.area(shapes)),
        outline_m=np.append(study.outline_m[kept], shapely.length(shapes)),
        account_unit=units.index.get_indexer(accounts["unit_id"]).astype(np.intp),
        account_loads=study.account_loads,
    )


def _retally(
    study: Study,
    units: Units,
    accounts: Accounts,
    kept: NDArray[np.intp],
    parents: NDArray[np.intp],
) -> UnitTable:
    # Sums change only for the pieces: tally their accounts, keep the rest.
    old = study.table.take(kept)
    inside = np.isin(study.account_unit, parents)
    pieces = units.iloc[len(kept) :]
    present = [m for m in old.measures if m in accounts.columns]
    new = tally(pieces, accounts[inside], present)
    loads = _ground_loads(study, pieces, parents)
    for measure, load in zip(new.measures, new.loads.T, strict=True):
        loads[:, old.measures.index(measure)] += load
    return UnitTable(
        unit_set=old.unit_set,
        unit_id=units.index.to_numpy(dtype=object),
        xy=np.concatenate([old.xy, new.xy]),
        measures=old.measures,
        loads=np.concatenate([old.loads, loads]),
        weight=np.concatenate([old.weight, new.weight]),
    )


def _ground_loads(
    study: Study, pieces: Units, parents: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Give each piece its share, by area, of what its unit carries besides accounts."""
    n, held = len(study.units), study.account_unit >= 0
    own = np.zeros_like(study.table.loads)
    np.add.at(own, study.account_unit[held], study.account_loads[held])
    ground = study.table.loads - own
    ground[np.isclose(study.table.loads, own)] = 0.0  # rounding is no load
    area_m2 = shapely.area(np.asarray(pieces.geometry))
    whole_m2 = np.bincount(parents, weights=area_m2, minlength=n)
    shares: NDArray[np.float64] = (
        ground[parents] * (area_m2 / whole_m2[parents])[:, None]
    )
    return shares


def leaves(cuts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the pieces that are there, with the unit of the ground each is part of.

    A piece may be cut again; only the last pieces count, of the first unit.
    """
    parent = dict(zip(cuts.index, cuts["parent"], strict=True))
    leaves = cuts[~cuts.index.isin(cuts["parent"])]
    roots = list(leaves["parent"])
    for i, root in enumerate(roots):
        while root in parent:
            root = parent[root]
        roots[i] = root
    return leaves.assign(parent=pd.Series(roots, index=leaves.index, dtype="str"))


def _with_pieces(
    units: Units,
    cut: gpd.GeoDataFrame,
    parents: NDArray[np.intp],
    kept: NDArray[np.intp],
) -> Units:
    pieces = units.iloc[parents].set_axis(cut.index)
    pieces = pieces.set_geometry(cut.geometry)
    together = pd.concat([units.iloc[kept], pieces])
    together.index.name = "unit_id"
    together.attrs = dict(units.attrs)
    return together


def _in_pieces(
    study: Study, cut: gpd.GeoDataFrame, parents: NDArray[np.intp]
) -> Accounts:
    # Accounts of a cut unit, each in one of that unit's own pieces.
    unit_id = study.accounts["unit_id"].to_numpy(dtype=object, copy=True)
    points = np.asarray(study.accounts.geometry)
    blank = shapely.is_missing(points) | shapely.is_empty(points)
    for parent in np.unique(parents):
        own = cut.iloc[np.flatnonzero(parents == parent)]
        largest = int(np.argmax(shapely.area(np.asarray(own.geometry))))
        inside = np.flatnonzero(study.account_unit == parent)
        rows = np.full(len(inside), largest, dtype=np.intp)
        rows[~blank[inside]] = rows_of_points(
            points[inside[~blank[inside]]], own, within_m=np.inf
        )
        unit_id[inside] = own.index.to_numpy(dtype=object)[rows]
    return study.accounts.assign(
        unit_id=pd.Series(unit_id, index=study.accounts.index, dtype="str")
    )


def _relink(
    study: Study, units: Units, kept: NDArray[np.intp], parents: NDArray[np.intp]
) -> csr_array:
    # Borders change only around the pieces: measure those, keep the rest.
    n_kept, n = len(kept), len(units)
    touched = np.unique(study.neighbors[parents].indices)
    near = np.flatnonzero(np.isin(kept, touched))
    local = np.concatenate([near, np.arange(n_kept, n)])
    measured = borders(units.iloc[local]).tocsr()
    old = study.neighbors[kept][:, kept]
    into = csr_array(
        (np.ones(len(near)), (near, np.arange(len(near)))), shape=(n_kept, len(near))
    )
    beside = into @ measured[: len(near), len(near) :]
    among = measured[len(near) :, len(near) :]
    return csr_array(block_array([[old, beside], [beside.T, among]]))


def _ferries(study: Study, units: Units, neighbors: csr_array) -> pd.DataFrame:
    # Old crossings whose units are still there, and new ones for what came loose.
    known = study.crossings["unit_a"].isin(units.index) & study.crossings[
        "unit_b"
    ].isin(units.index)
    old = study.crossings[known]
    new = crossings(units, link(neighbors, old, units.index))
    return pd.concat([old, new], ignore_index=True) if len(new) else old
