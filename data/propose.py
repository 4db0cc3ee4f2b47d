"""Ask the optimiser: shares, rules and limits in the words of a user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.by_road import ByRoad, road_cost, road_notes, road_rules
from data.intake import refuse_unknown
from geo.baseline import kept_by
from geo.certificate import certified
from geo.design import Result, Rules, Stop, design, never
from geo.errors import InputError
from geo.frames import Reps, Targets
from geo.frontier import frontier
from geo.plan import Plan, units_of
from geo.relax import relaxed
from geo.study import Study
from geo.territories import colors
from routing.engine import drive_s
from sales.reps import targets_of


def propose(
    study: Study,
    *,
    territories: int,
    measures: Mapping[str, float],
    reps: Reps | None = None,
    today: Plan | None = None,
    rules: Rules | None = None,
    roads: ByRoad | None = None,
    max_moved: float | None = None,
    max_minutes: float | None = None,
    seed: int = 1,
    stop: Stop = never,
) -> Result:
    """Propose a plan over a study; the same arguments give the same plan.

    Parameters
    ----------
    territories
        How many; at least 1, at most as many as units with accounts.
    measures
        Measure -> tolerance, the share of its target a load may miss it by.
    reps
        Give each territory's fair share by their hours, its anchor and its owner.
    today
        The alignment to keep close to; its territories keep their ids.
    rules
        What else holds: locks, barriers, families.
    roads
        Minimise minutes of driving by these roads; None for squared distance.
    max_moved
        Most accounts that may change hands against `today`.
    max_minutes
        Longest drive from a territory's center to a unit: by the roads, else on the
        straight-line estimate.

    Returns
    -------
    Result
        With a proven bound; one that is not feasible with relaxations that were tried.
        With roads, `notes` says what they have to do with the plan: units no road
        reaches, territories in parts by road.

    Raises
    ------
    InputError
        A number makes no sense for this study.
    """
    _refuse_count(territories, study)
    rules = rules or Rules()
    targets = fair_shares(
        study, k=territories, measures=measures, reps=reps, today=today, rules=rules
    )
    cost = road_cost(study, roads, targets)
    rules = road_rules(rules, study, roads)
    limited = _limited(rules, max_moved, max_minutes, roads)
    kept = None if today is None else _kept(today, study, targets)
    result = design(
        study.table,
        study.neighbors,
        cost,
        territories=targets,
        rules=limited,
        kept=kept,
        rng=np.random.default_rng(seed),
        stop=stop,
    )
    result = certified(
        result,
        study.table,
        study.neighbors,
        cost,
        territories=targets,
        rules=limited,
        stop=stop,
    )
    if result.stopped == "converged":
        result = relaxed(
            result,
            study.table,
            study.neighbors,
            cost,
            territories=targets,
            rules=limited,
            kept=kept,
            seed=seed,
            stop=stop,
        )
    plan = _dressed(result.plan, study, reps=reps, today=today)
    meta = {"seed": seed, "tolerance": dict(measures)}
    plan = replace(plan, meta=meta)
    return replace(result, plan=plan, notes=road_notes(plan, study, roads, cost))


def propose_options(
    study: Study,
    *,
    shares: Sequence[float],
    territories: int,
    measures: Mapping[str, float],
    reps: Reps | None = None,
    today: Plan,
    rules: Rules | None = None,
    roads: ByRoad | None = None,
    seed: int = 1,
    stop: Stop = never,
) -> list[Result]:
    """Propose a plan for each share of the accounts that may change hands.

    Parameters
    ----------
    shares
        Each between 0 and 1; the larger ones cost no more and are no less balanced.
    territories, measures, reps, today, rules, roads, seed, stop
        As for `propose`.

    Raises
    ------
    InputError
        A number makes no sense for this study.
    """
    _refuse_count(territories, study)
    targets = fair_shares(
        study, k=territories, measures=measures, reps=reps, today=today, rules=rules
    )
    cost = road_cost(study, roads, targets)
    results = frontier(
        study.table,
        study.neighbors,
        cost,
        territories=targets,
        rules=road_rules(rules or Rules(), study, roads),
        kept=_kept(today, study, targets),
        shares=shares,
        rng=np.random.default_rng(seed),
        stop=stop,
    )
    meta = {"seed": seed, "tolerance": dict(measures)}
    plans = [_dressed(r.plan, study, reps=reps, today=today) for r in results]
    plans = [replace(plan, meta=meta) for plan in plans]
    return [
        replace(result, plan=plan, notes=road_notes(plan, study, roads, cost))
        for result, plan in zip(results, plans, strict=True)
    ]


def fair_shares(
    study: Study,
    *,
    k: int,
    measures: Mapping[str, float],
    reps: Reps | None = None,
    today: Plan | None = None,
    rules: Rules | None = None,
) -> Targets:
    """Give the targets of k territories: equal, or after the reps' hours.

    Raises
    ------
    InputError
        A measure is unknown or is 0 everywhere, or a tolerance is no share.
    """
    _refuse_measures(measures, study)
    loads = dict(zip(study.table.measures, study.table.loads.T, strict=True))
    totals = {measure: float(loads[measure].sum()) for measure in measures}
    targets = targets_of(
        totals, reps, k=k, tolerance=dict(measures), crs=study.units.crs
    )
    if today is None:
        return targets
    named = set() if reps is None else set(reps["territory"]) - {""}
    return targets.set_axis(_ids(targets, today, study, rules or Rules(), named))


def shares_of(
    plan: Plan,
    study: Study,
    *,
    measures: Mapping[str, float],
    reps: Reps | None = None,
) -> Targets:
    """Give the targets of a plan's own territories: equal, or after their reps' hours.

    Raises
    ------
    InputError
        A measure is unknown or is 0 everywhere, or a tolerance is no share.
    """
    k = len(plan.territories)
    targets = fair_shares(study, k=k, measures=measures, reps=reps)
    ids = plan.territories.index
    known = set(targets.index) == set(ids)
    return targets.reindex(ids) if known else targets.set_axis(ids)


def lock(plan: Plan | None, territories: Sequence[str]) -> Rules:
    """Give the rules that keep the units of these territories where they are.

    Raises
    ------
    InputError
        There is no alignment of today, or a territory is not in it.
    """
    if plan is None:
        raise InputError(
            "There is no alignment of today to lock",
            where="--lock",
            fix="Name the column that holds it: --baseline COL",
        )
    for territory_id in territories:
        refuse_unknown(territory_id, list(plan.territories.index), where="--lock")
    return Rules(fixed={str(u): t for t in territories for u in units_of(plan, t)})


def reach_m(minutes: float) -> float:
    """Give the longest straight line whose estimated drive takes these minutes.

    Found by halving: the estimate grows with distance.
    """
    near, far = 0.0, 2.0e6
    for _ in range(60):
        middle = (near + far) / 2
        within = float(drive_s(np.array(middle))) <= 60 * minutes
        near, far = (middle, far) if within else (near, middle)
    return near


def _ids(
    targets: Targets, today: Plan, study: Study, rules: Rules, named: set[str]
) -> pd.Index:
    """Give today's ids to the targets that no rep has named.

    With fewer territories than today the locked ones stay, then those with most
    accounts; with more, new ids follow.
    """
    old = today.territories.index
    accounts = kept_by(today, study).sum(axis=0)
    locked = old.isin(set(rules.fixed.values()))
    order = np.lexsort((-accounts, ~locked))
    spare = [row for row in order if old[row] not in named]
    stay = sorted(spare[: sum(i not in named for i in targets.index)])
    taken = {*named, *old[stay]}
    fresh = [i for i in targets.index if i not in taken]
    free = iter([*old[stay], *fresh])
    ids: pd.Index = pd.Index(
        [i if i in named else next(free) for i in targets.index], dtype="str"
    )
    return ids.rename("territory_id")


def _kept(today: Plan, study: Study, targets: Targets) -> NDArray[np.float64]:
    owned = pd.DataFrame(kept_by(today, study), columns=today.territories.index)
    kept = owned.reindex(columns=targets.index, fill_value=0.0)
    return kept.to_numpy(dtype=np.float64)


def _dressed(
    plan: Plan, study: Study, *, reps: Reps | None, today: Plan | None
) -> Plan:
    """Give the plan with today's names, the reps who own it, and colours."""
    table = plan.territories.copy()
    if today is not None:
        table.update(today.territories[["name", "color", "rep_id", "locked", "goal"]])
    if reps is not None and "territory" in reps:
        owned = reps[reps["territory"].isin(table.index)]
        owner = pd.Series(owned.index, index=owned["territory"].to_numpy())
        table["rep_id"] = owner.groupby(level=0).first().reindex(table.index).fillna("")
    plan = replace(plan, territories=table)
    return replace(plan, territories=table.assign(color=colors(plan, study)))


def _limited(
    rules: Rules,
    max_moved: float | None,
    max_minutes: float | None,
    roads: ByRoad | None,
) -> Rules:
    reach = max_minutes
    if max_minutes is not None and roads is None:
        reach = reach_m(max_minutes)
    return replace(rules, max_moved=max_moved, max_cost=reach)


def _refuse_count(territories: int, study: Study) -> None:
    filled = int((study.table.loads[:, 0] > 0).sum())
    if territories < 1:
        raise InputError(
            f"{territories} territories cannot be drawn", fix="Ask for at least 1"
        )
    if filled == 0:
        raise InputError(
            "No account lies in any unit",
            where=study.table.unit_set,
            fix="Check the coordinates, or choose other units",
        )
    if territories > filled:
        raise InputError(
            f"{territories} territories are more than the {filled} units with accounts",
            where=study.table.unit_set,
            fix="Ask for fewer territories, or choose smaller units",
        )


def _refuse_measures(measures: Mapping[str, float], study: Study) -> None:
    for measure, tolerance in measures.items():
        if measure not in study.table.measures:
            refuse_unknown(measure, list(study.table.measures), where="--measure")
        load = study.table.loads[:, study.table.measures.index(measure)]
        if load.sum() <= 0:
            raise InputError(
                f"Every account has 0 or no {measure}",
                fix="Balance on accounts, or load a file that has it",
            )
        if not 0 <= tolerance < 1:
            raise InputError(
                f"The tolerance {tolerance:g} of {measure} is no share",
                fix="Give it as 0.10 for 10 %",
            )
