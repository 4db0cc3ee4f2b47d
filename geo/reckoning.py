"""What counts where: a study with its named accounts and families in their place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.contiguity import link
from geo.errors import PlanError
from geo.frames import Targets, UnitTable
from geo.plan import Plan, owner_of, owner_rows, units_of
from geo.study import Study
from geo.wishes import Named, Wishes, refuse_strange


@dataclass(frozen=True, eq=False)
class Reckoning:
    """A study with its named accounts and families taken to where they count.

    Parameters
    ----------
    study
        With the loads and neighbours that the wishes make.
    place
        Shape (N,): row of the unit each account counts at; -1 at none.
    carried
        What territories carry besides their units: index territory_id, a column a
        measure; empty without named accounts.
    """

    study: Study
    place: NDArray[np.intp]
    carried: pd.DataFrame

    @property
    def totals(self) -> dict[str, float]:
        """All there is to share of each measure, named accounts that count included."""
        table = self.study.table
        sums = dict(zip(table.measures, table.loads.sum(axis=0), strict=True))
        more = dict(self.carried.sum()) if len(self.carried) else {}
        return {m: float(total + more.get(m, 0.0)) for m, total in sums.items()}


def reckoned(study: Study, wishes: Wishes) -> Reckoning:
    """Take named accounts and families to where they count; add the crossings.

    A named account leaves its unit and is carried by its territory, or by none. The
    branches of a family leave their units for the one where the family brings most.

    Raises
    ------
    PlanError
        A wish names an account or a unit that is not there.
    """
    place = study.account_unit.copy()
    _gather(place, study, wishes.families)
    rows = _accounts(study, wishes.named)
    place[rows] = -1
    if wishes.crossings:
        pairs = pd.DataFrame([*wishes.crossings], columns=["unit_a", "unit_b"])
        refuse_strange(study, pairs.to_numpy().ravel().tolist())
        neighbors = link(study.neighbors, pairs, study.units.index)
        study = replace(study, neighbors=neighbors)
    if not wishes.named and np.array_equal(place, study.account_unit):
        return Reckoning(study, place, pd.DataFrame())
    table = _moved(study.table, study.account_unit, place, study.account_loads)
    return Reckoning(replace(study, table=table), place, _carried(study, wishes, rows))


def _accounts(study: Study, ids: Iterable[str]) -> list[int]:
    rows: list[int] = study.accounts.index.get_indexer(list(ids)).tolist()
    for account, row in zip(ids, rows, strict=True):
        if row < 0:
            raise PlanError(
                f"A rule names account '{account}', which does not exist",
                fix="Correct its id, or remove the rule",
            )
    return rows


def _gather(
    place: NDArray[np.intp], study: Study, families: Sequence[Sequence[str]]
) -> None:
    """Put the accounts of each family on the unit where it brings most."""
    lead = _heft(study)
    for family in families:
        rows = np.array(_accounts(study, family), dtype=np.intp)
        placed = rows[place[rows] >= 0]
        if len(placed) == 0:
            continue
        units, which = np.unique(place[placed], return_inverse=True)
        load = np.bincount(which, study.account_loads[placed, lead])
        place[placed] = units[int(load.argmax())]


def _heft(study: Study) -> int:
    """Give the column that says how much an account is: hours, if there are any."""
    measures = study.table.measures
    hours = measures.index("workload_h") if "workload_h" in measures else 0
    known = study.account_loads[:, hours].sum() > 0
    return hours if known else measures.index("accounts")


def _moved(
    table: UnitTable,
    before: NDArray[np.intp],
    after: NDArray[np.intp],
    loads: NDArray[np.float64],
) -> UnitTable:
    """Give the tallies after accounts have left some units for others, or for none."""
    rows = np.flatnonzero(before != after)
    total, weight = table.loads.copy(), table.weight.copy()
    leads = "workload_h" if "workload_h" in table.measures else "accounts"
    column = table.measures.index(leads)
    for sign, place in ((-1.0, before), (1.0, after)):
        there = rows[place[rows] >= 0]
        np.add.at(total, place[there], sign * loads[there])
        np.add.at(weight, place[there], sign * loads[there, column])
    # Rounding leaves crumbs where everything has left.
    total[np.isclose(total, 0.0, atol=1e-9 * max(table.loads.max(initial=1.0), 1))] = 0
    return replace(table, loads=total, weight=np.maximum(weight, 0.0))


def _carried(study: Study, wishes: Wishes, rows: list[int]) -> pd.DataFrame:
    counted = [
        (one.territory, row)
        for one, row in zip(wishes.named.values(), rows, strict=True)
        if one.counts
    ]
    if not counted:
        return pd.DataFrame()
    ids, held = zip(*counted, strict=True)
    columns = list(study.table.measures)
    each = pd.DataFrame(study.account_loads[list(held)], columns=columns)
    return each.groupby(pd.Index(ids, name="territory_id", dtype="str")).sum()


def held_by(
    reckoning: Reckoning, settled: Plan | None, territories: Iterable[str]
) -> dict[str, dict[str, float]]:
    """Give what territories carry where locks keep them, by measure and territory."""
    table = reckoning.study.table
    loads: dict[str, dict[str, float]] = {measure: {} for measure in table.measures}
    for territory in territories if settled is not None else ():
        units = units_of(settled, territory) if settled is not None else ()
        rows = np.flatnonzero(np.isin(table.unit_id, units))
        own = table.loads[rows].sum(axis=0)
        for measure, load in zip(table.measures, own.tolist(), strict=True):
            loads[measure][territory] = load
            if territory in reckoning.carried.index:
                more = reckoning.carried[measure]
                loads[measure][territory] += float(more[territory])
    return loads


def kept_of(
    today: Plan, reckoning: Reckoning, targets: Targets, *, by: str = "accounts"
) -> NDArray[np.float64]:
    """Give what each territory owns of each unit today, where accounts count.

    Parameters
    ----------
    by
        "accounts", or a measure such as "revenue".

    Raises
    ------
    PlanError
        There is no such measure.
    """
    load = _loads(reckoning.study, by)
    owner = owner_rows(today, reckoning.study)
    mine = (owner >= 0) & (reckoning.place >= 0)
    kept = np.zeros((len(reckoning.study.table), len(today.territories)))
    np.add.at(kept, (reckoning.place[mine], owner[mine]), load[mine])
    owned = pd.DataFrame(kept, columns=today.territories.index)
    owned = owned.reindex(columns=targets.index, fill_value=0.0)
    return owned.to_numpy(dtype=np.float64)


def forced(today: Plan, study: Study, wishes: Wishes, *, by: str = "accounts") -> float:
    """Give what changes hands because accounts are named elsewhere."""
    load, owner = _loads(study, by), owner_rows(today, study)
    rows = np.array(_accounts(study, wishes.named), dtype=np.intp)
    named = pd.Index([one.territory for one in wishes.named.values()], dtype=object)
    to = today.territories.index.get_indexer(named)
    gone = (owner[rows] >= 0) & (owner[rows] != to)
    return float(load[rows[gone]].sum())


def _loads(study: Study, by: str) -> NDArray[np.float64]:
    if by not in study.table.measures:
        raise PlanError(
            f"Measure '{by}' is not tallied",
            fix=f"Choose one of {', '.join(study.table.measures)}",
        )
    return study.account_loads[:, study.table.measures.index(by)]


def exceptions_of(plan: Plan) -> dict[str, Named]:
    """Give the exceptions of a plan as named accounts; nobody's are left out."""
    given = plan.overrides[plan.overrides["territory_id"] != ""]
    rows = zip(given.index, given["territory_id"], given["counts"], strict=True)
    return {str(a): Named(str(t), bool(counts)) for a, t, counts in rows}


def with_exceptions(plan: Plan, reckoning: Reckoning, wishes: Wishes) -> Plan:
    """Give a proposal whose named accounts and families are with their territories.

    Only accounts that differ from the ground they lie on become exceptions.
    """
    study = reckoning.study
    home = study.account_unit
    rows = np.flatnonzero((reckoning.place != home) & (reckoning.place >= 0))
    ids = pd.Index(study.table.unit_id, dtype=object)
    owner = np.array([*owner_of(plan, ids), ""], dtype=object)
    entries = {
        str(study.accounts.index[row]): (str(owner[reckoning.place[row]]), True)
        for row in rows
        if owner[reckoning.place[row]] != owner[home[row]]
    }
    places = _accounts(study, wishes.named)
    for (account, one), row in zip(wishes.named.items(), places, strict=True):
        if owner[home[row]] != one.territory or not one.counts:
            entries[account] = (one.territory, one.counts)
    if not entries:
        return plan
    table = pd.DataFrame.from_dict(
        entries, orient="index", columns=["territory_id", "counts"]
    )
    table.index = table.index.astype("str").rename("account_id")
    table = table.astype({"territory_id": "str", "counts": "bool"})
    return replace(plan, overrides=table.sort_index())
