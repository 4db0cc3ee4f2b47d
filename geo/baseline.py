"""Today's alignment, as the accounts say it, and what a plan keeps of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.errors import PlanError
from geo.frames import Accounts, Reps
from geo.plan import Plan, owner_rows, plan_of, territory_table
from geo.study import Study

VACANT = frozenset(
    {"", "vacant", "unassigned", "open", "none", "nobody", "n/a", "na", "tbd", "-", "?"}
)
"""What sources write, in any case, where an account has no owner."""


def todays(study: Study, *, plan_id: str = "today", name: str = "Today") -> Plan:
    """Give today's alignment, as the accounts' `territory` (else `owner`) column says.

    Each unit belongs to the territory with most of its accounts (then most of its
    workload, then the first id); accounts that differ become overrides, so that
    `owners` gives back exactly what the source says. A unit without accounts goes
    with the nearest one that has an owner, over neighbours.

    Returns
    -------
    Plan
        Territory ids and names are the source's words; no territories at all when no
        account says who owns it.
    """
    said = todays_owner(study.accounts)
    ids = sorted(set(said) - {""})
    row = pd.Index(ids, dtype=object).get_indexer(pd.Index(said, dtype=object))
    label = _majority(row, study, len(ids))
    filled = _flood(label, study) if ids else label
    plan = plan_of(
        study.table, filled, territory_table(ids), plan_id=plan_id, name=name
    )
    differs = np.append(filled, -1)[study.account_unit] != row
    return replace(plan, overrides=_exceptions(said[differs]))


def todays_owner(accounts: Accounts) -> pd.Series:
    """Give today's territory of each account in the source's words, "" if vacant.

    The column `territory`, or `owner` where no account has a territory.
    """
    said: pd.Series
    for column in ("territory", "owner"):
        if column not in accounts:
            continue
        said = accounts[column].fillna("").astype("str").str.strip()
        said = said.mask(said.str.lower().isin(VACANT), "")
        if (said != "").any():
            return said.rename("territory_id")
    return pd.Series("", index=accounts.index, name="territory_id", dtype="str")


def _exceptions(said: pd.Series) -> pd.DataFrame:
    table = pd.DataFrame({"territory_id": said.astype("str"), "counts": True})
    table.index = table.index.astype("str").rename("account_id")
    return table.sort_index()


def _majority(row: NDArray[np.intp], study: Study, k: int) -> NDArray[np.intp]:
    """Give the territory with most accounts of each unit, -1 where nobody has one."""
    mine = (row >= 0) & (study.account_unit >= 0)
    pair, which = np.unique(
        study.account_unit[mine] * k + row[mine], return_inverse=True
    )
    count = np.bincount(which, minlength=len(pair))
    hours = np.bincount(which, study.account_loads[mine, _tie_break(study)], len(pair))
    unit, territory = np.divmod(pair, max(k, 1))
    order = np.lexsort((territory, -hours, -count, unit))
    best = order[np.unique(unit[order], return_index=True)[1]]
    label = np.full(len(study.table), -1, dtype=np.intp)
    label[unit[best]] = territory[best]
    return label


def _tie_break(study: Study) -> int:
    measures = study.table.measures
    return measures.index("workload_h") if "workload_h" in measures else 0


def _flood(label: NDArray[np.intp], study: Study) -> NDArray[np.intp]:
    """Give units without accounts to the nearest owned unit, over neighbours."""
    settled = study.account_unit[study.account_unit >= 0]
    bare = (label < 0) & (np.bincount(settled, minlength=len(label)) == 0)
    links = study.neighbors.tocoo()
    step = study.table.xy[links.row] - study.table.xy[links.col]
    length = np.maximum(np.hypot(*step.T), 1e-3)
    graph = csr_array((length, (links.row, links.col)), shape=links.shape)
    owned = np.flatnonzero(label >= 0)
    _, _, source = dijkstra(
        graph, indices=owned, min_only=True, return_predecessors=True
    )
    filled = label.copy()
    reached = bare & (source >= 0)
    filled[reached] = label[source[reached]]
    return filled


def staffed(plan: Plan, reps: Reps) -> Plan:
    """Give each territory the rep whose `territory` names it; others keep theirs."""
    owned = reps["territory"].astype("str")
    owned = owned[owned.isin(plan.territories.index) & ~owned.duplicated()]
    rep = plan.territories["rep_id"].copy()
    rep[owned.to_list()] = owned.index.to_list()
    return replace(plan, territories=plan.territories.assign(rep_id=rep))


def kept_by(plan: Plan, study: Study, *, by: str = "accounts") -> NDArray[np.float64]:
    """Give what of each unit each territory owns: the price of moving it elsewhere.

    Parameters
    ----------
    by
        A measure of the study: "accounts" or "revenue".

    Returns
    -------
    Shape (n, k), in the order of the study's units and the plan's territories.

    Raises
    ------
    PlanError
        When the study does not have the measure.
    """
    if by not in study.table.measures:
        raise PlanError(
            f"Measure {by!r} is not tallied",
            fix=f"Choose one of {', '.join(study.table.measures)}",
        )
    load = study.account_loads[:, study.table.measures.index(by)]
    owner = owner_rows(plan, study)
    mine = (owner >= 0) & (study.account_unit >= 0)
    kept = np.zeros((len(study.table), len(plan.territories)))
    np.add.at(kept, (study.account_unit[mine], owner[mine]), load[mine])
    return kept
