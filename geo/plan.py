"""A plan: which territory owns each basic unit, plus sparse exceptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.errors import PlanError
from geo.frames import TERRITORIES, Accounts, Territories, UnitTable, names
from geo.units import rows_of_points

if TYPE_CHECKING:
    from geo.study import Study

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
    """Give an empty table of pieces: index unit_id, parent, row, geometry.

    `row` is the place of the parent among all units of the unit set, so that taking
    the cut back restores their order.
    """
    return gpd.GeoDataFrame(
        {"parent": pd.Series(dtype="str"), "row": pd.Series(dtype="int64")},
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
        Exceptions, index account_id in order: territory_id ("" is nobody's), and
        counts (whether the account is part of the territory's load).
    cuts
        Pieces of units a drawn boundary divides, index unit_id (``parent~hash``):
        parent, row (of the parent in the unit set), geometry in the CRS of the
        units; in the order of `row`, then id.
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

    @cached_property
    def rows(self) -> pd.Index:
        """Rows of the units by id: `rows.get_indexer(ids)`, -1 where unknown."""
        return pd.Index(self.unit_id, dtype=object)


MEMOS = {"rows": "unit_id", "_exceptions": "overrides"}
"""What is computed once and stays true while a member of the plan is the same."""


def successor(plan: Plan, after: Plan) -> Plan:
    """Give `after` with what `plan` has computed of the members both share.

    Looking up 33,000 units or 20,000 exceptions takes longer than moving some.
    """
    for memo, member in MEMOS.items():
        if memo in vars(plan) and getattr(plan, member) is getattr(after, member):
            vars(after)[memo] = vars(plan)[memo]
    return after


@dataclass(frozen=True, eq=False)
class Exceptions:
    """A plan's overrides by row: of the accounts, and of the list of their owners.

    Parameters
    ----------
    account
        Row of the account, of those that are there.
    owner
        Position in `ids` of the territory that owns it.
    ids
        Territory ids, "" for nobody.
    counts
        Whether the account is part of that territory's load.
    """

    account: NDArray[np.intp]
    owner: NDArray[np.intp]
    ids: pd.Index
    counts: NDArray[np.bool_]

    def owner_rows(self, plan: Plan) -> NDArray[np.intp]:
        """Give the row of `territories` of each owner, -1 for nobody."""
        rows: NDArray[np.intp] = plan.territories.index.get_indexer(self.ids)
        return np.append(rows, -1)[self.owner]


def exceptions(plan: Plan, accounts: pd.Index) -> Exceptions:
    """Give the overrides of accounts that are there; looked up once a plan."""
    known = vars(plan).get("_exceptions")
    if known is not None and known[0] is accounts:
        found: Exceptions = known[1]
        return found
    row = accounts.get_indexer(plan.overrides.index)
    there = row >= 0
    owner, ids = pd.factorize(plan.overrides["territory_id"])
    counts = plan.overrides["counts"].to_numpy(dtype=bool)
    found = Exceptions(row[there], owner[there], pd.Index(ids), counts[there])
    vars(plan)["_exceptions"] = (accounts, found)
    return found


def codes(plan: Plan, ids: list[str]) -> NDArray[np.uint16]:
    """Give the codes of territories; `UNASSIGNED` for the id "".

    Raises
    ------
    PlanError
        When a territory is not in the plan.
    """
    wanted = pd.Index(ids, dtype=object)
    rows = plan.territories.index.get_indexer(wanted)
    unknown = [i for i, row in zip(ids, rows, strict=True) if row < 0 and i]
    if unknown:
        raise PlanError(
            f"Territory {unknown[0]!r} is not in the plan",
            where=plan.name,
            fix=f"Choose one of {_some(plan.territories.index.to_list())}",
        )
    known = np.append(plan.territories["code"].to_numpy(), UNASSIGNED)
    return known[rows].astype(np.uint16)


def name_of(plan: Plan, territory_id: str) -> str:
    """Give what people call a territory; its id when it has no name."""
    return str(plan.territories["name"].get(territory_id, "")) or territory_id


def _some(ids: list[str]) -> str:
    """Give the first few ids in words."""
    shown = ", ".join(ids[:5])
    return f"{shown} and {len(ids) - 5} more" if len(ids) > 5 else shown or "none"


def labels(plan: Plan) -> NDArray[np.intp]:
    """Give the row of `territories` that owns each unit, -1 if none. Shape (n,)."""
    row_of = np.full(UNASSIGNED + 1, -1, dtype=np.intp)
    row_of[plan.territories["code"].to_numpy()] = np.arange(len(plan.territories))
    row_of[UNASSIGNED] = -1
    return row_of[plan.assignment]


def units_of(plan: Plan, territory_id: str) -> NDArray[np.object_]:
    """Give the ids of the units a territory owns; of the unassigned ones for ""."""
    (code,) = codes(plan, [territory_id])
    ids: NDArray[np.object_] = plan.unit_id[plan.assignment == code]
    return ids


def unit_rows(plan: Plan, ids: Sequence[str]) -> NDArray[np.intp]:
    """Give the rows of units by id.

    Raises
    ------
    PlanError
        When the plan does not have one of them.
    """
    rows: NDArray[np.intp] = plan.rows.get_indexer(pd.Index(ids, dtype=object))
    if (rows < 0).any():
        unknown = ids[int(np.argmin(rows))]
        cut = unknown in set(plan.cuts["parent"])
        raise PlanError(
            f"Unit {unknown!r} "
            + ("is cut in pieces" if cut else "is not in the plan"),
            where=plan.name,
            fix="Choose its pieces" if cut else f"Choose units of {plan.unit_set}",
        )
    return rows


def owner_of(plan: Plan, ids: pd.Index) -> list[str]:
    """Give the territory of each unit; "" for nobody's and for unknown ones."""
    rows = plan.rows.get_indexer(ids)
    names = np.append(plan.territories.index.to_numpy(dtype=object), "")
    label = np.append(labels(plan), -1)[rows]
    owner: list[str] = names[label].tolist()
    return owner


def owners(plan: Plan, accounts: Accounts) -> pd.Series:
    """Give the territory that owns each account: the one function that decides it.

    The override of the account, else the territory of its unit, else "".

    Parameters
    ----------
    accounts
        With `unit_id` of a unit, of a piece, or of a unit the plan has cut: then the
        piece that holds the account's point (in the units' CRS) decides.

    Returns
    -------
    Series of str
        territory_id per account, "" if nobody's, aligned to the index of `accounts`.
    """
    rows = plan.rows.get_indexer(pd.Index(_ground(plan, accounts), dtype=object))
    label = np.where(rows >= 0, labels(plan)[rows], -1) if len(plan.unit_id) else rows
    ids = np.append(plan.territories.index.to_numpy(dtype=object), "")
    owner = ids[label]
    given = exceptions(plan, accounts.index)
    owner[given.account] = given.ids.to_numpy(dtype=object)[given.owner]
    return pd.Series(owner, index=accounts.index, name="territory_id", dtype="str")


def _ground(plan: Plan, accounts: Accounts) -> NDArray[np.object_]:
    """Give the unit or piece each account stands on."""
    ids: NDArray[np.object_] = accounts["unit_id"].to_numpy(dtype=object)
    if plan.cuts.empty:
        return ids
    return piece_of(plan.cuts, ids, accounts.geometry.to_numpy())


def piece_of(
    cuts: gpd.GeoDataFrame, unit_ids: NDArray[np.object_], points: NDArray[np.object_]
) -> NDArray[np.object_]:
    """Give the piece that holds each point on a cut unit; other ids as they are.

    The nearest piece where none holds it, the largest without a point.
    """
    found: NDArray[np.object_] = unit_ids.copy()
    blank = shapely.is_missing(points) | shapely.is_empty(points)
    for parent, mine in cuts.groupby("parent", sort=False):
        here = np.flatnonzero(unit_ids == parent)
        piece = np.full(len(here), int(mine.geometry.area.to_numpy().argmax()))
        placed = ~blank[here]
        piece[placed] = rows_of_points(points[here[placed]], mine, within_m=np.inf)
        found[here] = mine.index.to_numpy(dtype=object)[piece]
    return found


def owner_rows(plan: Plan, study: Study) -> NDArray[np.intp]:
    """Give the row of `territories` that owns each account of a study, -1 if none.

    The same answer as `owners`, in a millisecond at 100,000 accounts; the study must
    stand on the plan's units (`geo.study.effective` after a cut). Shape (N,).
    """
    label: NDArray[np.intp]
    label = np.append(aligned_labels(plan, study), -1)[study.account_unit]
    given = exceptions(plan, study.accounts.index)
    label[given.account] = given.owner_rows(plan)
    return label


def aligned_labels(plan: Plan, study: Study) -> NDArray[np.intp]:
    """Give the labels of a plan in the order of a study's units. Shape (n,).

    A piece that the plan does not know has the label of the unit it was cut from.

    Raises
    ------
    PlanError
        When the study has units the plan does not know.
    """
    if np.array_equal(plan.unit_id, study.table.unit_id):
        return labels(plan)
    rows = plan.rows.get_indexer(pd.Index(study.table.unit_id, dtype=object))
    lost = np.flatnonzero(rows < 0).tolist()
    whole = {row: str(study.table.unit_id[row]) for row in lost}
    while any("~" in i for i in whole.values()):  # a piece may be cut again
        whole = {row: i.rpartition("~")[0] for row, i in whole.items()}
        found = plan.rows.get_indexer(pd.Index(list(whole.values()), dtype=object))
        rows[list(whole)] = found
        whole = {row: i for row, i in whole.items() if rows[row] < 0}
    if (rows < 0).any():
        strange = study.table.unit_id[rows < 0].tolist()
        raise PlanError(
            f"{len(strange)} units are not in the plan: {_some(strange)}",
            where=plan.unit_set,
            fix=f"Open it over {plan.unit_set}, or import it again over these units",
        )
    return labels(plan)[rows]


def plan_of(
    table: UnitTable,
    labels: NDArray[np.intp],
    territories: Territories,
    *,
    plan_id: str = "",
    name: str = "",
) -> Plan:
    """Give the plan that assigns each unit to a row of `territories`, or to none.

    Parameters
    ----------
    labels
        Shape (n,): row of `territories` per unit, -1 if none.

    Raises
    ------
    PlanError
        When labels are not one a unit, or point outside `territories`.
    """
    if len(labels) != len(table):
        raise PlanError(f"{len(labels)} labels do not fit {len(table)} units")
    if len(labels) and (labels.min() < -1 or labels.max() >= len(territories)):
        raise PlanError(f"A label points outside the {len(territories)} territories")
    code = np.append(territories["code"].to_numpy(), UNASSIGNED)
    return Plan(
        plan_id=plan_id,
        name=name,
        unit_set=table.unit_set,
        unit_id=table.unit_id,
        assignment=code[labels].astype(np.uint16),
        territories=territories,
    )
