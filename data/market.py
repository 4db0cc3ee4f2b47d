"""Market data by area or point, summed to basic units and used as a measure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells import each, tidy
from data.columns import suggest_columns
from data.coordinates import parse_points
from data.gazetteer import Gazetteer, county_key, shipped
from data.numbers import parse_numbers
from data.regions import us_states
from geo.errors import InputError, Issue
from geo.frames import WGS84, Units
from geo.study import Study
from geo.units import rows_of_points

NAMED_SHARE = 0.5
"""Share of a column's cells that must be ids of units before it names them."""
NUMBER_SHARE, MIXED_SHARE = 0.8, 0.2
"""A column with this share of numbers is a measure; one between is left out, aloud."""
COUNT = "count"
TAKEN = {
    *("territory_id", "name", "rep_id", "units", "capacity_h", "load", "share", "goal"),
    *("area_km2", "compactness", "pieces", "color", "locked", "overrides"),
}
"""What a scorecard or a plan file calls its own columns."""


@dataclass(frozen=True, eq=False)
class Market:
    """Numbers of the ground, one row a unit.

    Parameters
    ----------
    values
        Index unit_id in the order of the units; one float column a number column of the
        table, 0 where it says nothing; for points also "count".
    joined_by
        How rows found their units: "unit_id", "points", "ZIP" or "name".
    issues
        Rows in no unit, and cells that are no number or below 0: in no sum.
    """

    values: pd.DataFrame
    joined_by: str
    issues: tuple[Issue, ...]


def join(raw: pd.DataFrame, units: Units, *, known: Gazetteer | None = None) -> Market:
    """Sum a table of market data to units; totals of the rows that find one are kept.

    Rows find their unit by its id (FIPS code or ZIP, lost zeros put back), by
    coordinates, by the point of their ZIP, or by a county's name and state.

    Parameters
    ----------
    raw
        Text cells, as `data.tables.read_table` gives them.
    units
        The basic units of the plan.
    known
        Where ZIPs are; None for the shipped gazetteer.

    Raises
    ------
    InputError
        No column says where the rows belong, or none holds numbers.
    """
    columns = suggest_columns(raw)
    rows, joined_by, keys = _rows(raw, units, columns, known)
    source = str(raw.attrs.get("source", ""))
    if not joined_by:
        what = "No column says which area a row is about"
        fix = "Add a column of county codes or ZIPs, or lat and lon"
        raise InputError(what, where=source, fix=fix)
    message = "The row is in no unit of the plan; it is in no sum."
    lost, shown = rows < 0, raw[keys[0]]
    issues = each("unknown_unit", lost, raw, shown, message, field="unit_id")
    numbers, found = _numbers(raw.drop(columns=keys))
    if joined_by == "points":
        numbers = numbers.assign(**{COUNT: 1.0})
    if numbers.empty or not len(numbers.columns):
        fix = "Add a column of numbers, such as population"
        raise InputError("No column holds numbers", where=source, fix=fix)
    values = pd.DataFrame(0.0, index=units.index, columns=numbers.columns)
    sums = numbers[~lost].groupby(rows[~lost]).sum()
    values.iloc[sums.index.to_numpy(np.intp)] = sums.to_numpy()
    return Market(values, joined_by, (*issues, *found))


def with_market(study: Study, market: Market) -> Study:
    """Give the study with each market column as one more measure.

    The numbers belong to the ground: they follow units, not accounts.

    Raises
    ------
    InputError
        The market is of other units, or a column has the name of a measure.
    """
    if not market.values.index.equals(study.units.index):
        fix = "Join the market data to the units of this plan"
        raise InputError("The market data are of other units", fix=fix)
    clash = set(market.values.columns) & ({*study.table.measures} | TAKEN)
    if clash:
        what = f"'{min(clash)}' is a measure or a property of territories already"
        raise InputError(what, fix="Rename the column of the market data")
    loads = np.hstack([study.table.loads, market.values.to_numpy(np.float64)])
    none = np.zeros((len(study.account_loads), len(market.values.columns)))
    table = replace(
        study.table,
        measures=(*study.table.measures, *map(str, market.values.columns)),
        loads=loads,
    )
    return replace(
        study, table=table, account_loads=np.hstack([study.account_loads, none])
    )


def _rows(
    raw: pd.DataFrame,
    units: Units,
    columns: dict[str, str],
    known: Gazetteer | None,
) -> tuple[NDArray[np.intp], str, list[str]]:
    """Give the row of each row's unit (-1 if none), how it was found, and by what."""
    rows, heading = _by_id(raw, units)
    if heading:
        return rows, "unit_id", [heading]
    if {"lon", "lat"} <= columns.keys():
        keys = [columns["lon"], columns["lat"]]
        points = parse_points(raw[keys[0]], raw[keys[1]])
        return _by_point(points.lon, points.lat, units), "points", keys
    if "postal_code" in columns:
        heading = columns["postal_code"]
        table = (known or shipped()).by_zip.reindex(tidy(raw[heading]).str.zfill(5))
        lon, lat = (table[c].to_numpy(np.float64) for c in ("lon", "lat"))
        return _by_point(lon, lat, units), "ZIP", [heading]
    area = columns.get("county") or columns.get("name")
    if area and "state" in columns:
        keys = [area, columns["state"]]
        return _by_name(raw[keys[0]], raw[keys[1]], units), "name", keys
    return np.full(len(raw), -1, dtype=np.intp), "", []


def _by_id(raw: pd.DataFrame, units: Units) -> tuple[NDArray[np.intp], str]:
    """Give units by the column whose cells are most often ids of units."""
    lengths = {len(i) for i in units.index if i.isdigit()}
    width = max(lengths) if len(lengths) == 1 else 0
    best, found, heading = NAMED_SHARE, np.full(len(raw), -1, dtype=np.intp), ""
    for column in map(str, raw.columns):
        keys = tidy(raw[column]).str.removesuffix(".0")
        if width:
            keys = keys.where(~keys.str.fullmatch(r"\d+"), keys.str.zfill(width))
        rows = units.index.get_indexer(pd.Index(keys))
        share = float((rows >= 0).mean())
        if share > best or (share == best and not heading):
            best, found, heading = share, rows, column
    return np.asarray(found, dtype=np.intp), heading


def _by_point(
    lon: NDArray[np.float64], lat: NDArray[np.float64], units: Units
) -> NDArray[np.intp]:
    rows = np.full(len(lon), -1, dtype=np.intp)
    has = np.isfinite(lon) & np.isfinite(lat)
    points = gpd.GeoSeries(gpd.points_from_xy(lon[has], lat[has]), crs=WGS84)
    rows[has] = rows_of_points(np.asarray(points.to_crs(units.crs)), units)
    return rows


def _by_name(
    names: pd.Series[str], states: pd.Series[str], units: Units
) -> NDArray[np.intp]:
    code = us_states()
    wanted = [
        f"{county_key(name)}|{code.get(state.strip().lower(), state)}"
        for name, state in zip(names, states, strict=True)
    ]
    held = [
        f"{county_key(name)}|{code.get(state.lower(), state)}"
        for name, state in zip(units["name"], units["state"], strict=True)
    ]
    index = pd.Index(held)
    first = ~index.duplicated()
    rows = index[first].get_indexer(pd.Index(wanted))
    return np.where(rows >= 0, np.flatnonzero(first)[rows], -1)


def _numbers(raw: pd.DataFrame) -> tuple[pd.DataFrame, list[Issue]]:
    """Give the columns that hold numbers, none below 0, and the cells that do not."""
    found: dict[str, pd.Series[float]] = {}
    issues: list[Issue] = []
    for heading in map(str, raw.columns):
        cells = raw[heading]
        numbers = parse_numbers(cells)
        filled = numbers.values.notna() | numbers.bad
        share = float(numbers.values.notna()[filled].mean()) if filled.any() else 0.0
        if share < NUMBER_SHARE:
            if share > MIXED_SHARE:
                said = f"Only {share:.0%} of '{heading}' are numbers; it is left out."
                issues.append(Issue("mixed_column", 0, "", heading, said))
            continue
        wrong = numbers.bad | (numbers.values < 0)
        message = "This is no number from 0 up; it is in no sum."
        issues += each("bad_number", wrong, raw, cells, message, field=heading)
        found[heading] = numbers.values.mask(wrong).fillna(0.0)
    return pd.DataFrame(found, index=raw.index), issues
