"""What a plan file shows, gathered once for every format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from data.boundaries import ATTRIBUTION
from data.degrees import degrees
from data.document import Json, document
from geo.errors import PlanError
from geo.frames import Accounts, Scorecard
from geo.metrics import disruption, scorecard
from geo.plan import UNASSIGNED, Plan, owners
from geo.study import Study, effective
from geo.territories import dissolve


@dataclass(frozen=True, eq=False)
class Export:
    """A plan with its shapes and numbers, ready for a file.

    Parameters
    ----------
    plan
        The plan, or the part of it that was asked for.
    document
        The plan as plain JSON values, with the sources it draws on.
    territories
        Index territory_id: name, rep_id, color, locked, goal, then the scorecard;
        geometry in degrees, None without units.
    units
        Index unit_id: name, state, territory_id, territory_name, one column a
        measure; geometry in degrees.
    accounts
        Index account_id with the columns asked for, territory_id and
        territory_name; geometry in degrees. None unless asked for.
    changes
        What changes hands against today: a row an account if the accounts were asked
        for, else a row a pair of territories.
    """

    plan: Plan
    document: Json
    territories: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    accounts: gpd.GeoDataFrame | None
    changes: pd.DataFrame


def gather(
    plan: Plan,
    study: Study,
    *,
    territories: Sequence[str] | None = None,
    accounts: bool = False,
    columns: Sequence[str] | None = None,
    card: Scorecard | None = None,
    today: Plan | None = None,
) -> Export:
    """Give everything a file of the plan may show.

    Parameters
    ----------
    territories
        Ids of the territories to show; all of them if None. Units of the others are
        unassigned in the file.
    accounts
        Whether the rows of the accounts go with it.
    columns
        Account columns to show; all of them if None.
    card
        The scorecard, if it is at hand already; deviations it does not have are from
        the mean of the territories.
    today
        The alignment the plan is compared with, if there is one.

    Raises
    ------
    PlanError
        A territory is not in the plan.
    """
    scores = scorecard(plan, study, today=today) if card is None else card
    shown = plan if territories is None else part(plan, territories)
    ground = effective(study, plan)
    made = document(shown, measures=study.table.measures)
    made["bailiwick"]["attribution"] = sources(study)
    units = _units(shown, ground)
    rows = _accounts(shown, ground.accounts, columns) if accounts else None
    return Export(
        plan=shown,
        document=made,
        territories=_territories(shown, study, _with_deviations(scores, study)),
        units=units if territories is None else _owned(units),
        accounts=rows if rows is None or territories is None else _owned(rows),
        changes=_changes(today, shown, ground.accounts, rows=accounts),
    )


def part(plan: Plan, territories: Sequence[str]) -> Plan:
    """Give the plan with these territories only; other units are unassigned."""
    unknown = [i for i in territories if i not in plan.territories.index]
    if unknown:
        raise PlanError(
            f"Territory '{unknown[0]}' is not in the plan",
            where=plan.name,
            fix=f"Choose from {', '.join(map(str, plan.territories.index[:5]))}, ...",
        )
    kept = plan.territories[plan.territories.index.isin(list(territories))]
    ours = np.isin(plan.assignment, kept["code"].to_numpy())
    return replace(
        plan,
        territories=kept,
        assignment=np.where(ours, plan.assignment, UNASSIGNED).astype(np.uint16),
        overrides=plan.overrides[plan.overrides["territory_id"].isin(kept.index)],
        locks=plan.locks & set(plan.unit_id[ours]),
    )


def sources(study: Study) -> list[str]:
    """Give the sources the units and accounts ask to be named."""
    stated = (ATTRIBUTION, study.units.attrs.get("attribution"))
    return [str(source) for source in stated if source]


def _territories(plan: Plan, study: Study, scores: Scorecard) -> gpd.GeoDataFrame:
    shapes = degrees(dissolve(plan, study).geometry.reindex(plan.territories.index))
    own = plan.territories[["name", "rep_id", "color", "locked", "goal"]]
    known = [*own.columns, "units"]
    extra = scores.drop(columns=known, errors="ignore").reindex(own.index)
    return gpd.GeoDataFrame(own.join(extra), geometry=shapes)


def _with_deviations(card: Scorecard, study: Study) -> Scorecard:
    more = {
        f"{m}_deviation": card[m] / card[m].mean() - 1.0
        for m in study.table.measures
        if m in card and f"{m}_deviation" not in card
    }
    return card.assign(**more)


def _changes(
    today: Plan | None, plan: Plan, accounts: Accounts, *, rows: bool
) -> pd.DataFrame:
    if today is None:
        return pd.DataFrame(
            {"note": ["There is no alignment of today to compare with."]}
        )
    moved = disruption(today, plan, accounts)
    if rows:
        return moved.rename_axis("account_id").reset_index()
    sums = moved.groupby(["from", "to"])[["revenue", "workload_h"]].sum()
    counts = moved.groupby(["from", "to"]).size().rename("accounts")
    return sums.join(counts).reset_index()


def _units(plan: Plan, ground: Study) -> gpd.GeoDataFrame:
    owner = unit_owners(plan)
    sums = pd.DataFrame(
        ground.table.loads,
        index=ground.units.index,
        columns=list(ground.table.measures),
    )
    told = ground.units.reindex(columns=["name", "state"], fill_value="")
    told = told.assign(
        territory_id=owner.reindex(told.index, fill_value=""),
        territory_name=lambda t: _names(plan, t["territory_id"]),
    )
    return gpd.GeoDataFrame(told.join(sums), geometry=degrees(ground.units.geometry))


def _accounts(
    plan: Plan, accounts: Accounts, columns: Sequence[str] | None
) -> gpd.GeoDataFrame:
    owner = owners(plan, accounts)
    plain = pd.DataFrame(accounts.drop(columns=accounts.geometry.name))
    wanted = plain if columns is None else plain[[c for c in columns if c in plain]]
    told = wanted.assign(territory_id=owner, territory_name=_names(plan, owner))
    return gpd.GeoDataFrame(told, geometry=degrees(accounts.geometry))


def unit_owners(plan: Plan) -> pd.Series:
    """Give the territory of each unit, index unit_id, "" where none owns it."""
    ids = dict(zip(plan.territories["code"], plan.territories.index, strict=True))
    held = [ids.get(int(code), "") for code in plan.assignment]
    index = pd.Index(plan.unit_id, dtype="str", name="unit_id")
    return pd.Series(held, index=index, name="territory_id", dtype="str")


def _owned(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return rows[rows["territory_id"] != ""]


def _names(plan: Plan, territory_id: pd.Series) -> pd.Series:
    names = territory_id.map(plan.territories["name"]).astype("object")
    return names.fillna("").astype("str")
