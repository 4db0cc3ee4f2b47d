"""From a file of accounts to a study, and from a study to a proposal.

The command line and the app call the same functions, in this order: `read_accounts`,
`select`, `study_of`, `propose`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.boundaries import ATTRIBUTION, gazetteer, read_neighbors, read_units
from data.geocode import Geocoder, geocode
from data.reading import Reading, mapped
from data.tables import read_table
from geo.baseline import kept_by
from geo.costs import SquaredDistance
from geo.design import Result, Rules, Stop, design, never
from geo.errors import InputError, Issue
from geo.frames import MEASURES, WGS84, Accounts, Reps, Targets, Units
from geo.frontier import frontier
from geo.plan import Plan, units_of
from geo.study import Study, make_study
from geo.territories import colors
from geo.units import locate
from routing.engine import drive_s
from sales.reps import clean_reps, targets_of
from sales.workload import workload

WHOLE = ("county", "state", "country", "zip")
"""Kinds of units that are shipped, so that a plan finds its own again."""

US_KINDS = ("county", "state", "zip")
US_COUNTRIES = ("", "US", "PR", "VI", "GU", "AS", "MP")
"""Countries, as accounts state them, that US units can hold."""

ID_COLUMNS = {"zip": "postal_code"}
"""Kinds of units whose id the accounts hold themselves."""


@dataclass(frozen=True, eq=False)
class Intake:
    """A file of accounts, read, cleaned and placed.

    Parameters
    ----------
    accounts
        The good rows, with `match` and `workload_h`; points in degrees.
    issues
        What was wrong or doubtful, cell by cell.
    rows
        Data rows of the file.
    columns
        Field of the accounts -> heading of the file.
    """

    accounts: Accounts
    issues: tuple[Issue, ...]
    rows: int
    columns: Mapping[str, str]

    @property
    def duplicates(self) -> int:
        """Rows left out because another row says the same."""
        return sum(issue.kind == "duplicate_row" for issue in self.issues)

    @property
    def rejected(self) -> int:
        """Rows left out for any other reason."""
        return self.rows - len(self.accounts) - self.duplicates


def read_reps(path: Path) -> Reps:
    """Read a file of reps.

    Raises
    ------
    InputError
        The file cannot be read or holds no rep.
    """
    reps, _ = clean_reps(read_table(path))
    return reps


def read_accounts(
    path: Path,
    *,
    mapping: Mapping[str, str] | None = None,
    reading: Reading | None = None,
    geocoder: Callable[[Accounts], Geocoder] | None = None,
) -> Intake:
    """Read, clean and place a file of accounts; offline unless a geocoder is given.

    Parameters
    ----------
    mapping
        Field -> heading, for columns that are not to be guessed.
    reading
        What the user says about the file.
    geocoder
        Gives the geocoder once the accounts are known; None for offline.

    Raises
    ------
    InputError
        The file cannot be read, a heading is not in it, or no row can be used.
    """
    reading = reading or Reading()
    raw = reading.table(path)
    for heading in (mapping or {}).values():
        _refuse_unknown(heading, list(raw.columns), where=str(path))
    columns = mapped(raw, mapping or {})
    accounts, issues = reading.clean(raw, columns)
    placed = geocode(accounts, geocoder(accounts) if geocoder else None)
    placed = workload(placed)
    placed.attrs["attribution"] = ATTRIBUTION
    return Intake(placed, tuple(issues), len(raw), columns)


def column_of(intake: Intake, word: str) -> str:
    """Give the column of the accounts a user means: its field name or its heading.

    Raises
    ------
    InputError
        There is none.
    """
    field_of = {heading: name for name, heading in intake.columns.items()}
    for name in (field_of.get(word, word), f"{word} (source)"):
        if name in intake.accounts.columns:
            return name
    known = [*intake.columns.values(), *intake.accounts.columns.drop("geometry")]
    _refuse_unknown(word, known, where="accounts")
    raise InputError(
        f"'{word}' identifies the accounts", where="accounts", fix="Choose another"
    )


def select(accounts: Accounts, wanted: Mapping[str, str]) -> Accounts:
    """Give the accounts whose columns have these values, whatever their case.

    Raises
    ------
    InputError
        No account has them.
    """
    keep = pd.Series(True, index=accounts.index)
    for column, value in wanted.items():
        found = accounts[column].astype("str").str.strip().str.casefold()
        keep &= found == value.strip().casefold()
    if not keep.any():
        said = " and ".join(f"{c} = {v}" for c, v in wanted.items())
        raise InputError(f"No account has {said}", fix="Check the spelling")
    return accounts[keep]


def study_of(
    accounts: Accounts,
    *,
    units: str = "county",
    unit_id: str = "",
    measures: Sequence[str] = (),
) -> Study:
    """Put accounts on units and measure both.

    Parameters
    ----------
    units
        county, state, country, zip, hex, hex:RES, account, or a file of polygons.
    unit_id
        Column of the accounts that names their unit; for ZIP areas the postcode.
    measures
        Columns that add up, besides those every study has.

    Raises
    ------
    InputError
        The units cannot be read, or no account has a place.
    """
    if accounts.geometry.is_empty.all() or accounts.geometry.isna().all():
        raise InputError(
            f"None of the {len(accounts)} accounts could be placed",
            where="no coordinates and no address that is known",
            fix="Name the columns that hold them: --map postal_code=HEADING",
        )
    return study_over(
        accounts, read_units(units, near=accounts), unit_id=unit_id, measures=measures
    )


def study_over(
    accounts: Accounts,
    units: Units,
    *,
    unit_id: str = "",
    measures: Sequence[str] = (),
) -> Study:
    """Put accounts on units that are at hand and measure both."""
    kind = str(units.attrs.get("unit_set", "")).partition("@")[0]
    usual = ID_COLUMNS.get(kind, "")
    column = unit_id or (usual if usual in accounts.columns else "")
    located = locate(accounts, units, id_column=column)
    if kind in US_KINDS:
        located = _at_home(located, units)
    extra = [m for m in measures if m not in (*MEASURES, "accounts")]
    neighbors, crossings = read_neighbors(units)
    return make_study(
        located, units, neighbors, crossings, measures=[*MEASURES, *extra]
    )


def _at_home(located: Accounts, units: Units) -> Accounts:
    """Leave accounts of other countries out of US units, and place the rest by ZIP.

    Windsor, Ontario, lies within the reach of Detroit's county; Block Island lies in
    no county of the shipped outlines, but its ZIP has one.
    """
    unit = located["unit_id"]
    blank = pd.Series("", index=located.index, dtype="str")
    abroad = ~located.get("country", blank).fillna("").isin(US_COUNTRIES)
    county_of = gazetteer().set_index("zip")["county_fips"]
    by_zip = located.get("postal_code", blank).map(county_of).fillna("")
    lost = (unit == "") & by_zip.isin(units.index)
    return located.assign(unit_id=unit.mask(lost, by_zip).mask(abroad, ""))


def propose(
    study: Study,
    *,
    territories: int,
    measures: Mapping[str, float],
    reps: Reps | None = None,
    today: Plan | None = None,
    rules: Rules | None = None,
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
    max_moved
        Most accounts that may change hands against `today`.
    max_minutes
        Longest drive from a territory's center to a unit, on the straight-line
        estimate.

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
    result = design(
        study.table,
        study.neighbors,
        SquaredDistance(study.table),
        territories=targets,
        rules=_limited(rules, max_moved, max_minutes),
        kept=None if today is None else _kept(today, study, targets),
        rng=np.random.default_rng(seed),
        stop=stop,
    )
    plan = _dressed(result.plan, study, reps=reps, today=today)
    meta = {"seed": seed, "tolerance": dict(measures)}
    return replace(result, plan=replace(plan, meta=meta))


def propose_options(
    study: Study,
    *,
    shares: Sequence[float],
    territories: int,
    measures: Mapping[str, float],
    reps: Reps | None = None,
    today: Plan,
    rules: Rules | None = None,
    seed: int = 1,
    stop: Stop = never,
) -> list[Result]:
    """Propose a plan for each share of the accounts that may change hands.

    Parameters
    ----------
    shares
        Each between 0 and 1; the larger ones cost no more and are no less balanced.
    territories, measures, reps, today, rules, seed, stop
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
    results = frontier(
        study.table,
        study.neighbors,
        SquaredDistance(study.table),
        territories=targets,
        rules=rules,
        kept=_kept(today, study, targets),
        shares=shares,
        rng=np.random.default_rng(seed),
        stop=stop,
    )
    meta = {"seed": seed, "tolerance": dict(measures)}
    plans = [_dressed(r.plan, study, reps=reps, today=today) for r in results]
    return [
        replace(result, plan=replace(plan, meta=meta))
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


def units_for(plan: Plan, *, units: str = "", near: Accounts | None = None) -> Units:
    """Give the units a plan is drawn over.

    Parameters
    ----------
    units
        Kind or file of the units, where the plan does not say it.

    Raises
    ------
    InputError
        The plan does not say its units, or they are not to be had.
    """
    kind = units or plan.unit_set.partition("@")[0]
    if not kind or kind == "own":
        raise InputError(
            "The plan does not say its units, or they are your own",
            where=plan.name,
            fix="Name them: --units county, or --units FILE",
        )
    if near is None and kind in ("hex", "account"):
        raise InputError(
            "The plan's units are drawn around accounts",
            where=plan.name,
            fix="Name the accounts: --accounts FILE",
        )
    if kind in WHOLE and not units:
        return _named(read_units(kind), plan)
    if kind == "hex" and not units:
        kind = plan.unit_set.partition("#")[0].replace("@", ":")
    return read_units(kind, near=near)


def _named(units: Units, plan: Plan) -> Units:
    """Give the plan's own units of a shipped set; all of them if some are unknown."""
    parent = dict(zip(plan.cuts.index, plan.cuts["parent"], strict=True))
    names = {parent.get(i, i) for i in map(str, plan.unit_id)}
    mine = units[units.index.isin(names)].copy()
    if len(mine) < len(names):
        return units
    mine.attrs["unit_set"] = plan.unit_set
    return mine


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


def no_accounts() -> Accounts:
    """Give accounts to draw a plan's units without any."""
    empty = {name: pd.Series(dtype="float64") for name in MEASURES}
    return gpd.GeoDataFrame(empty, geometry=[], crs=WGS84).rename_axis("account_id")


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
        _refuse_unknown(territory_id, list(plan.territories.index), where="--lock")
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


def _limited(rules: Rules, max_moved: float | None, max_minutes: float | None) -> Rules:
    reach = None if max_minutes is None else reach_m(max_minutes)
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
            _refuse_unknown(measure, list(study.table.measures), where="--measure")
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


def _refuse_unknown(word: str, known: Sequence[str], *, where: str) -> None:
    if word in known:
        return
    near = difflib.get_close_matches(word, [str(k) for k in known], n=3)
    choice = near or [str(k) for k in known[:12]]
    raise InputError(
        f"There is no '{word}'", where=where, fix=f"Choose from {', '.join(choice)}"
    )
