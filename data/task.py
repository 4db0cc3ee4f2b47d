"""From the words of a user to a task for the optimiser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from data.by_road import ByRoad, road_cost, road_rules
from data.intake import refuse_unknown
from geo.baseline import kept_by
from geo.costs import SquaredDistance
from geo.design import Cost
from geo.errors import InputError
from geo.frames import Reps, Targets
from geo.plan import Plan
from geo.reckoning import Reckoning, forced, held_by, kept_of, reckoned
from geo.study import Study
from geo.task import Task
from geo.wishes import Center, Wishes, bounds, fixed_homes, rules_of
from routing.engine import drive_s
from sales.reps import targets_of

Homes = Literal["near", "fixed", "free"]
"""What the reps' homes mean: the search begins there, distances count from there, or
nothing."""


@dataclass(frozen=True, eq=False)
class Order:
    """What is asked for, over a study.

    Parameters
    ----------
    territories
        How many.
    measures
        Measure -> tolerance, the share of its target a load may miss it by.
    reps
        Give each territory's fair share by their hours, its anchor and its owner.
    today
        The alignment to keep close to; its territories keep their ids.
    settled
        The alignment that locks keep; None for today's.
    wishes
        What else holds.
    roads
        Minimise minutes of driving by these roads; None for squared distance.
    homes
        What the reps' homes mean.
    max_moved
        Most that may change hands against `today`, in the unit of `moved_by`.
    moved_by
        "accounts", or a measure such as "revenue".
    max_minutes
        Longest drive from a territory's center to a unit: by the roads, else on the
        straight-line estimate.
    """

    territories: int
    measures: Mapping[str, float]
    reps: Reps | None = None
    today: Plan | None = None
    settled: Plan | None = None
    wishes: Wishes = field(default_factory=Wishes)
    roads: ByRoad | None = None
    homes: Homes = "near"
    max_moved: float | None = None
    moved_by: str = "accounts"
    max_minutes: float | None = None


@dataclass(frozen=True, eq=False)
class Stated:
    """An order as the optimiser takes it, and where the accounts count."""

    task: Task
    reckoning: Reckoning

    @property
    def owned(self) -> float:
        """All that is owned today, of what may change hands."""
        return 0.0 if self.task.kept is None else float(self.task.kept.sum())


def stated(study: Study, order: Order) -> Stated:
    """Give the task of an order.

    Raises
    ------
    InputError, PlanError
        A number or a rule makes no sense for this study.
    """
    refuse_count(order.territories, study)
    reckoning = reckoned(study, order.wishes)
    ground = reckoning.study
    targets = _targets(reckoning, order)
    wishes = _with_homes(order.wishes, targets, order.homes)
    cost = _cost(ground, order.roads, targets, wishes)
    settled = order.settled or order.today
    rules = rules_of(ground, wishes, carried=reckoning.carried, settled=settled)
    rules = road_rules(rules, ground, order.roads)
    limit = _most_moved(study, order)
    rules = replace(rules, max_moved=limit, max_cost=_reach(order))
    kept = None
    if order.today is not None:
        kept = kept_of(order.today, reckoning, targets, by=order.moved_by)
    task = Task(ground.table, ground.neighbors, cost, targets, rules, kept)
    return Stated(task, reckoning)


def targets_for(study: Study, order: Order) -> Targets:
    """Give the targets of an order: fair shares, then what the wishes say of them.

    Raises
    ------
    InputError, PlanError
        A number or a rule makes no sense for this study.
    """
    return _targets(reckoned(study, order.wishes), order)


def _targets(reckoning: Reckoning, order: Order) -> Targets:
    study, wishes = reckoning.study, order.wishes
    targets = fair_shares(
        study,
        k=order.territories,
        measures=order.measures,
        reps=order.reps,
        today=order.today,
        wishes=wishes,
        totals=reckoning.totals,
    )
    settled = order.settled or order.today
    held = held_by(reckoning, settled, wishes.locked)
    targets = bounds(targets, wishes, held)
    if order.homes == "free":
        placed = targets.index.isin([center.territory for center in wishes.centers])
        targets.loc[~placed, ["home_x", "home_y"]] = np.nan
    return targets


def fair_shares(
    study: Study,
    *,
    k: int,
    measures: Mapping[str, float],
    reps: Reps | None = None,
    today: Plan | None = None,
    wishes: Wishes | None = None,
    totals: Mapping[str, float] | None = None,
) -> Targets:
    """Give the targets of k territories: equal, or after the reps' hours.

    Raises
    ------
    InputError
        A measure is unknown or is 0 everywhere, or a tolerance is no share, or the
        wishes name more territories than there are.
    """
    _refuse_measures(measures, study)
    if totals is None:
        sums = study.table.loads.sum(axis=0).tolist()
        totals = dict(zip(study.table.measures, sums, strict=True))
    targets = targets_of(
        {measure: totals[measure] for measure in measures},
        reps,
        k=k,
        tolerance=dict(measures),
        crs=study.units.crs,
    )
    said = [] if wishes is None else wishes.territories
    if today is None and not said:
        return targets
    named = set() if reps is None else set(reps["territory"]) - {""}
    return targets.set_axis(_ids(targets, today, study, said, named))


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


def _with_homes(wishes: Wishes, targets: Targets, homes: Homes) -> Wishes:
    """Add the reps' homes to the centers that are fixed, where that is wanted."""
    if homes != "fixed":
        return wishes
    said = {center.territory for center in wishes.centers}
    known = targets[["home_x", "home_y"]].to_numpy(np.float64)
    more = [
        Center(str(i), (float(xy[0]), float(xy[1])))
        for i, xy in zip(targets.index, known, strict=True)
        if i not in said and np.isfinite(xy).all()
    ]
    if not more and not wishes.centers:
        raise InputError(
            "No rep has a home to serve a territory from",
            where="--centers",
            fix="Give reps with coordinates or addresses: --reps FILE",
        )
    return replace(wishes, centers=(*wishes.centers, *more))


def _cost(study: Study, roads: ByRoad | None, targets: Targets, wishes: Wishes) -> Cost:
    """Give what is minimised; centers that are fixed stay where they are."""
    homes = fixed_homes(targets, wishes)
    some = bool(np.isfinite(homes).any())
    if roads is None:
        kind: Literal["fixed", "free"] = "fixed" if some else "free"
        return SquaredDistance(study.table, kind=kind, homes=homes if some else None)
    if some and not roads.from_homes:
        targets = targets.assign(home_x=homes[:, 0], home_y=homes[:, 1])
        roads = replace(roads, from_homes=True)
    return road_cost(study, roads, targets)


def _reach(order: Order) -> float | None:
    minutes = order.max_minutes
    if minutes is None or order.roads is not None:
        return minutes
    return reach_m(minutes)


def _most_moved(study: Study, order: Order) -> float | None:
    """Give what may still change hands after what named accounts move."""
    if order.max_moved is None or order.today is None or not order.wishes.named:
        return order.max_moved
    must = forced(order.today, study, order.wishes, by=order.moved_by)
    if must > order.max_moved:
        raise InputError(
            f"The accounts named elsewhere move {must:,.0f} {order.moved_by}, more "
            f"than the {order.max_moved:,.0f} that may change hands",
            fix="Let more change hands, or name fewer accounts",
        )
    return order.max_moved - must


def _ids(
    targets: Targets,
    today: Plan | None,
    study: Study,
    said: list[str],
    named: set[str],
) -> pd.Index:
    """Give ids to the targets that no rep has named: wished ones, then today's.

    With fewer territories than today those that rules name stay, then those with most
    accounts; with more, new ids follow.
    """
    old = [] if today is None else [str(i) for i in today.territories.index]
    accounts = np.zeros(0) if today is None else kept_by(today, study).sum(axis=0)
    size = dict(zip(old, accounts.tolist(), strict=True))
    pool = [i for i in dict.fromkeys([*old, *said]) if i not in named]
    room = sum(i not in named for i in targets.index)
    if sum(i in pool for i in said) > room:
        raise InputError(
            f"The rules name {len(said)} territories, the plan has {len(targets)}",
            fix=f"Ask for {len(targets) - room + sum(i in pool for i in said)}",
        )
    ranked = sorted(pool, key=lambda i: (i not in said, -size.get(i, 0.0)))[:room]
    stay = [i for i in pool if i in ranked]
    taken = {*named, *stay}
    fresh = [i for i in targets.index if i not in taken]
    free = iter([*stay, *fresh])
    ids: pd.Index = pd.Index(
        [i if i in named else next(free) for i in targets.index], dtype="str"
    )
    return ids.rename("territory_id")


def refuse_count(territories: int, study: Study) -> None:
    """Refuse a number of territories that no plan can have.

    Raises
    ------
    InputError
        There are fewer units with accounts, or none, or less than one is asked for.
    """
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
