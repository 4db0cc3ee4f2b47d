"""Compose a study: accounts, units, tallies and neighbours of one plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from data.boundaries import gazetteer, read_neighbors, read_units
from geo.errors import InputError
from geo.frames import MEASURES, WGS84, Accounts, Units
from geo.plan import Plan
from geo.study import Study, make_study
from geo.units import loads_of, locate
from sales.travel import Calendars, with_calendars

WHOLE = ("county", "state", "country", "zip")
"""Kinds of units that are shipped, so that a plan finds its own again."""

US_KINDS = ("county", "state", "zip")
US_COUNTRIES = ("", "US", "PR", "VI", "GU", "AS", "MP")
"""Countries, as accounts state them, that US units can hold."""

ID_COLUMNS = {"zip": "postal_code"}
"""Kinds of units whose id the accounts hold themselves."""


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
            fix="Say which column holds the ZIP, the city or the coordinates",
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


def with_driving(study: Study, calendars: Calendars) -> Study:
    """Give the study with the driving hours of calendars in place of the estimate.

    Only travel_h and workload_h change, of accounts and units; see
    `sales.travel.with_calendars`.
    """
    if not {"visits", "travel_h", "workload_h"} <= set(study.accounts.columns):
        return study
    accounts = with_calendars(study.accounts, calendars)
    if accounts is study.accounts:
        return study
    loads, each = study.table.loads.copy(), study.account_loads.copy()
    for field in ("travel_h", "workload_h"):
        if field in study.table.measures:
            j = study.table.measures.index(field)
            each[:, j] = loads_of(accounts, (field,))[:, 0]
            held = study.account_unit >= 0
            loads[:, j] = np.bincount(
                study.account_unit[held], each[held, j], minlength=len(loads)
            )
    table = replace(study.table, loads=loads)
    return replace(study, accounts=accounts, table=table, account_loads=each)


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


def no_accounts() -> Accounts:
    """Give accounts to draw a plan's units without any."""
    empty = {name: pd.Series(dtype="float64") for name in MEASURES}
    return gpd.GeoDataFrame(empty, geometry=[], crs=WGS84).rename_axis("account_id")
