"""What a leader wants of a proposal, and what that means for the optimiser.

Wishes are about accounts, units and territories. `geo.reckoning` takes named accounts
and families to where they count; `bounds` and `rules_of` say the rest in the arguments
of `geo.design`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.barriers import crossed
from geo.design import Rules
from geo.errors import PlanError
from geo.frames import Targets
from geo.plan import Plan, owner_of, units_of
from geo.study import Study


@dataclass(frozen=True)
class Named:
    """Where a named account belongs, and whether it is part of the load there."""

    territory: str
    counts: bool = True


@dataclass(frozen=True)
class Limit:
    """Least and most of a measure that a territory may carry; None for as targeted."""

    territory: str
    measure: str
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True)
class Center:
    """A place a territory is drawn around.

    Parameters
    ----------
    territory
        Its id.
    xy
        Metres, in the CRS of the units.
    fixed
        Whether distances count from there; else the search begins there.
    """

    territory: str
    xy: tuple[float, float]
    fixed: bool = True


@dataclass(frozen=True, eq=False)
class Wishes:
    """The rules of a proposal besides how many territories and how even.

    Parameters
    ----------
    locked
        Territories that stay as they are; the others share the rest.
    held
        Units that stay with their territory.
    required
        unit_id -> the territory it must be in.
    forbidden
        unit_id -> territories that may not have it.
    together
        Groups of units that stay in one territory.
    named
        account_id -> where it belongs, wherever it lies.
    families
        Groups of accounts that stay in one territory: that of the unit where the
        family brings most.
    shares
        territory_id -> its part of a full load: 0.5 for half time or ramping up.
    limits
        Bounds in the unit of a measure.
    centers
        Places that territories are drawn around.
    crossings, barriers
        Pairs of units that touch though no border says so; that do not though one does.
    lines
        Lines or areas, in the CRS of the units, that territories may not cross.
    capacity
        measure -> the most that any territory may carry.
    parts
        Whether a territory may lie in several parts.
    """

    locked: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    required: Mapping[str, str] = field(default_factory=dict)
    forbidden: Mapping[str, frozenset[str]] = field(default_factory=dict)
    together: tuple[tuple[str, ...], ...] = ()
    named: Mapping[str, Named] = field(default_factory=dict)
    families: tuple[tuple[str, ...], ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()
    centers: tuple[Center, ...] = ()
    crossings: tuple[tuple[str, str], ...] = ()
    barriers: tuple[tuple[str, str], ...] = ()
    lines: NDArray[np.object_] = field(default_factory=lambda: np.empty(0, object))
    capacity: Mapping[str, float] = field(default_factory=dict)
    parts: bool = False

    @property
    def territories(self) -> list[str]:
        """Territories that the wishes name, each once, sorted."""
        named = {
            *self.locked,
            *self.required.values(),
            *(t for owners in self.forbidden.values() for t in owners),
            *(one.territory for one in self.named.values()),
            *self.shares,
            *(limit.territory for limit in self.limits),
            *(center.territory for center in self.centers),
        }
        return sorted(named)


def bounds(
    targets: Targets, wishes: Wishes, held: Mapping[str, Mapping[str, float]]
) -> Targets:
    """Give the targets with shares, locked territories, limits and centers.

    A locked territory keeps what it carries; the others share the rest in proportion
    to their targets and shares.

    Parameters
    ----------
    targets
        Fair shares of all there is; their index holds every territory named.
    held
        measure -> locked territory -> what it carries.

    Raises
    ------
    PlanError
        A share or a limit makes no sense, or a measure has no target.
    """
    out = targets.copy()
    out["locked"] = out["locked"].to_numpy(bool) | out.index.isin(wishes.locked)
    if wishes.shares or wishes.locked:
        part = _parts(out, wishes)
        for measure in measures_of(out):
            _share_out(out, measure, part, held.get(measure, {}))
    for measure, most in wishes.capacity.items():
        _refuse_measure(out, measure)
        for side in ("lower", "upper"):
            column = out[f"{side}_{measure}"]
            out[f"{side}_{measure}"] = column.clip(upper=most).where(
                ~out["locked"], column
            )
    for limit in wishes.limits:
        _limited(out, limit)
    for center in wishes.centers:
        out.loc[center.territory, ["home_x", "home_y"]] = center.xy
    return out


def measures_of(targets: Targets) -> list[str]:
    """Give the measures that have targets."""
    return [str(c)[7:] for c in targets if str(c).startswith("target_")]


def _parts(targets: Targets, wishes: Wishes) -> pd.Series:
    part = pd.Series(1.0, index=targets.index)
    for territory, share in wishes.shares.items():
        _refuse_share(territory, share)
        part[territory] = share
    return part


def _share_out(
    targets: Targets, measure: str, part: pd.Series, held: Mapping[str, float]
) -> None:
    """Share what locked territories leave; bounds stay as far from the target."""
    low, aim, top = (f"{side}_{measure}" for side in ("lower", "target", "upper"))
    old = targets[aim].copy()
    fair, free = old * part, ~targets.index.isin(list(held))
    fair[list(held)] = list(held.values())
    rest = float(old.sum()) - sum(held.values())
    if free.any() and fair[free].sum() > 0:
        fair[free] *= rest / float(fair[free].sum())
    for side in (low, top):
        targets[side] = fair * (targets[side] / old.where(old > 0)).fillna(1.0)
    targets[aim] = fair


def _refuse_share(territory: str, share: float) -> None:
    if not 0 < share <= 10:
        raise PlanError(
            f"A share of {share:g} for {territory} makes no sense",
            fix="Give a part of a full load, such as 0.5 or 1.2",
        )


def _refuse_measure(targets: Targets, measure: str) -> None:
    if f"target_{measure}" not in targets:
        raise PlanError(
            f"A limit is set on {measure}, which is not balanced",
            fix=f"Balance it too, or limit one of: {', '.join(measures_of(targets))}",
        )


def _limited(targets: Targets, limit: Limit) -> None:
    """Set a territory's own bounds; its target is brought within them."""
    _refuse_measure(targets, limit.measure)
    low, aim, top = (f"{s}_{limit.measure}" for s in ("lower", "target", "upper"))
    place = targets.index == limit.territory
    now, aim_now, most = targets.loc[place, [low, aim, top]].to_numpy(np.float64)[0]
    lower = float(now) if limit.lower is None else limit.lower
    upper = float(most) if limit.upper is None else limit.upper
    if limit.lower is None:
        lower = min(lower, upper)
    if limit.upper is None:
        upper = max(lower, upper)
    if lower > upper or upper < 0:
        raise PlanError(
            f"{limit.territory} is to carry at least {lower:g} and at most {upper:g} "
            f"of {limit.measure}",
            fix="Give a lower limit below the upper one",
        )
    aimed = min(max(float(aim_now), lower), upper)
    targets.loc[place, [low, aim, top]] = [lower, aimed, upper]


def fixed_homes(targets: Targets, wishes: Wishes) -> NDArray[np.float64]:
    """Give the places of the centers that are fixed, shape (k, 2), nan elsewhere."""
    homes = np.full((len(targets), 2), np.nan)
    for center in wishes.centers:
        if center.fixed:
            homes[targets.index.get_loc(center.territory)] = center.xy
    return homes


def rules_of(
    study: Study, wishes: Wishes, *, carried: pd.DataFrame, settled: Plan | None
) -> Rules:
    """Give the wishes as rules of `design`.

    Parameters
    ----------
    study, carried
        As reckoned with these wishes.
    settled
        The alignment that locks keep.

    Raises
    ------
    PlanError
        A wish names a unit that is not there, there is no alignment in which a locked
        one could stay, or one is required where a lock keeps it from.
    """
    fixed = _fixed(study, wishes, settled)
    pairs = (*wishes.together, *wishes.barriers)
    refuse_strange(study, [*fixed, *wishes.forbidden, *itertools.chain(*pairs)])
    bridges = {frozenset(pair) for pair in wishes.crossings}
    shut = [*wishes.barriers, *crossed(study, wishes.lines)]
    return Rules(
        fixed=fixed,
        forbidden=dict(wishes.forbidden),
        together=wishes.together,
        carried=carried,
        barriers=tuple(pair for pair in shut if frozenset(pair) not in bridges),
        contiguous=not wishes.parts,
    )


def _fixed(study: Study, wishes: Wishes, settled: Plan | None) -> dict[str, str]:
    fixed = {u: t for t in wishes.locked for u in _stays(settled, t)}
    if wishes.held:
        refuse_strange(study, wishes.held)
        fixed |= _held(wishes.held, settled)
    for unit, territory in wishes.required.items():
        owner = fixed.get(unit, territory)
        if owner != territory:
            raise PlanError(
                f"Unit {unit} is required in {territory} but locked in {owner}",
                fix="Drop one of the two rules",
            )
        fixed[unit] = territory
    return fixed


def _stays(settled: Plan | None, territory: str) -> list[str]:
    if settled is None or territory not in settled.territories.index:
        raise PlanError(
            f"There is no alignment of today in which {territory} could stay",
            where="locked territories",
            fix="Give today's territories, or remove the lock",
        )
    return [str(unit) for unit in units_of(settled, territory)]


def _held(units: tuple[str, ...], settled: Plan | None) -> dict[str, str]:
    if settled is None:
        raise PlanError(
            "There is no alignment of today in which units could stay",
            fix="Give today's territories, or remove the locks",
        )
    owner = owner_of(settled, pd.Index(list(units), dtype=object))
    return {unit: own for unit, own in zip(units, owner, strict=True) if own}


def refuse_strange(study: Study, ids: Iterable[str]) -> None:
    """Refuse ids of units that the study does not have.

    Raises
    ------
    PlanError
        One is not there.
    """
    asked = list(ids)
    rows = study.units.index.get_indexer(pd.Index(asked, dtype=object))
    for unit, row in zip(asked, rows, strict=True):
        if row < 0:
            raise PlanError(
                f"A rule names unit '{unit}', which does not exist",
                where=study.table.unit_set,
                fix="Correct its id, or remove the rule",
            )
