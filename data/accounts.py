"""Accounts from a table of text: every cell read or said to be wrong."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.addresses import clean_addresses
from data.cells import each, tidy, whole
from data.columns import FIELDS, suggestions
from data.dates import parse_dates
from data.gazetteer import Gazetteer
from data.geocode import Offline, address_table
from data.identity import identify
from data.numbers import parse_numbers
from data.placement import clean_coordinates
from geo.errors import InputError, Issue
from geo.frames import ACCOUNTS, WGS84, Accounts, names

TEXTS = ("name", "region", "industry", "customer_type", "product", "channel")
OWNERS = ("owner", "territory")
NUMBERS = ("revenue", "potential", "visits", "visit_min")
RESERVED = frozenset(
    (
        *(name for name in names(ACCOUNTS)),
        *("county", "score", "radius_km", "matched", "index", "level_0", "row"),
    )
)
DOMINANT = 0.5
LEAD = (
    r"lead|prospect|mql|sql\b|opportunit|subscriber|suspect|target|potential|cold|open"
)
CUSTOMER = (
    r"customer|client|active|won|evangelist|account|kunde|existing|current|partner"
)
ACCURACY = {
    **{"address": "rooftop", "nearaddress": "street", "block": "street"},
    **{"street": "street", "extendedzip": "postcode", "zip": "postcode"},
    **{"neighborhood": "city", "city": "city", "county": "county", "state": "state"},
    **{"rooftop": "rooftop", "postcode": "postcode", "zip3": "zip3"},
}
"""Salesforce's words for how well it placed an account, and ours."""


def clean_accounts(
    raw: pd.DataFrame,
    columns: Mapping[str, str],
    *,
    known: Gazetteer | None = None,
    crs: str = "",
    keep_first: bool = False,
    decimal: str = "",
    currency: str = "",
    day_first: bool | None = None,
) -> tuple[Accounts, list[Issue]]:
    """Give the accounts of a table, and one issue for each cell that is not right.

    A row is left out only if it repeats another cell by cell, or if its id is used
    by rows that differ; each such row is an issue. A cell that cannot be read is left
    empty. Coordinates that contradict the address are proposed with a fix and not used
    before `data.quality.accept`.

    Parameters
    ----------
    raw
        Text cells, as `data.tables.read_table` gives them.
    columns
        Field of `data.columns.FIELDS` -> heading.
    known
        What is known of places; None for the shipped gazetteer.
    crs
        Coordinate system of the coordinates if they are in metres: "EPSG:26918".
    keep_first
        Use the first of the rows that share an id and differ.
    decimal
        The decimal mark, "." or ","; empty to let each column decide.
    currency
        The ISO code to use where a column mixes currencies; other amounts are bad.
    day_first
        Whether 03/04/2024 is in April; None to let the column decide.

    Returns
    -------
    tuple of Accounts and list of Issue
        Index account_id; columns of `geo.frames.ACCOUNTS` that the file has, country
        and match; every other column as text under its own heading, with "(source)"
        added where ours has that name. Points in EPSG:4326, None where the file has no
        usable coordinates.

    Raises
    ------
    InputError
        A column is not in the table, a field is unknown, or nothing says where the
        accounts are.
    """
    columns = dict(columns)
    _check(raw, columns)
    issues = _about_table(raw, columns)
    ids, keep, found = identify(
        raw, columns.get("account_id", ""), keep_first=keep_first
    )
    issues += found
    raw, ids = raw[keep], ids[keep]
    offline = Offline(known)
    addresses, found = clean_addresses(raw, columns, offline.known)
    issues += found
    lon, lat, found = clean_coordinates(
        raw, columns, address_table(addresses), offline, crs=crs
    )
    issues += found
    style = {"decimal": decimal, "currency": currency}
    table, found = _columns(raw, columns, style, day_first)
    issues += found
    extra = _extra(raw, columns)
    accounts = _frame(pd.concat([table, addresses], axis=1), extra, ids, lon, lat)
    return accounts, sorted(issues, key=lambda issue: issue.row)


def _check(raw: pd.DataFrame, columns: dict[str, str]) -> None:
    source = str(raw.attrs.get("source", ""))
    if raw.empty:
        fix = "Choose a file with at least one row"
        raise InputError("The table has no rows", where=source, fix=fix)
    for field, heading in columns.items():
        if field not in FIELDS:
            fix = "Fields are: " + ", ".join(FIELDS)
            raise InputError(f"'{field}' is not a field", where=source, fix=fix)
        if heading not in raw.columns:
            shown = ", ".join(map(str, raw.columns[:30]))
            what = f"Column '{heading}' for {field} is missing"
            raise InputError(what, where=source, fix=f"Columns are: {shown}")
    placed = ("coordinates", "postal_code", "city", "county", "state", "country")
    if not ({"lon", "lat"} <= columns.keys() or columns.keys() & set(placed)):
        what = "No column says where the accounts are"
        fix = "Choose columns for lon and lat, for postal_code, or for city and state"
        raise InputError(what, where=source, fix=fix)


def _about_table(raw: pd.DataFrame, columns: dict[str, str]) -> list[Issue]:
    """Say what reading the file has left out or guessed, and what was not asked."""
    attrs = raw.attrs
    issues = [
        Issue("left_out", 0, "", line.text, f"Line {line.line} is no row: {line.why}.")
        for line in attrs.get("dropped", [])
    ]
    if attrs.get("encoding", "utf-8") not in ("", "utf-8", "utf-8-sig", "utf-16"):
        message = f"The text was read as {attrs['encoding']}; check names with accents."
        issues.append(whole("encoding_guessed", message, value=attrs["encoding"]))
    issues += [
        Issue("short_row", row, "", "", "The row has fewer cells than headings.")
        for row in attrs.get("short", [])
    ]
    if n := attrs.get("uncalculated", 0):
        message = (
            f"{n:,} formulas have no value and read as empty; open the file in a "
            "spreadsheet, save it and load it again."
        )
        issues.append(whole("uncalculated", message, value=str(n)))
    table = suggestions(raw)
    for field, heads in table[table["tie"]].groupby("field")["heading"]:
        if field not in columns:
            both = " and ".join(f"'{h}'" for h in heads)
            message = (
                f"{both} fit {field} equally well; none is used until one is chosen."
            )
            issues.append(whole("column_tie", message, field=str(field), value=both))
    return issues


def _columns(
    raw: pd.DataFrame,
    columns: dict[str, str],
    style: dict[str, str],
    day_first: bool | None,
) -> tuple[pd.DataFrame, list[Issue]]:
    """Give the columns that are no address and no coordinates."""
    table: dict[str, object] = {}
    issues: list[Issue] = []
    for field in (*TEXTS, *OWNERS):
        if field in columns:
            table[field] = tidy(raw[columns[field]])
    if "stage" in columns:
        table["stage"] = stages(tidy(raw[columns["stage"]]))
    for field in NUMBERS:
        if field in columns:
            table[field], found = _number(raw, columns[field], field, style)
            issues += found
    if "last_visit" in columns:
        cells = raw[columns["last_visit"]]
        dates = parse_dates(cells, day_first=day_first)
        table["last_visit"] = dates.values
        message = "This is no date; the cell is left empty."
        issues += each("bad_date", dates.bad, raw, cells, message, field="last_visit")
        if dates.ambiguous:
            message = "Day and month cannot be told apart; the dates are left empty."
            issues.append(whole("ambiguous_date", message, field="last_visit"))
    if "match" in columns:
        words = raw[columns["match"]].str.lower().str.replace(" ", "")
        table["match"] = words.map(ACCURACY).fillna("rooftop").astype("str")
    return pd.DataFrame(table, index=raw.index), issues


def stages(cells: pd.Series[str]) -> pd.Series[str]:
    """Give "lead" or "customer" by the words of a lifecycle or status column.

    Other words are kept as they came.
    """
    words = cells.str.lower()
    lead = words.str.contains(LEAD, regex=True)
    return cells.mask(words.str.contains(CUSTOMER, regex=True), "customer").mask(
        lead, "lead"
    )


def _number(
    raw: pd.DataFrame, heading: str, field: str, style: dict[str, str]
) -> tuple[pd.Series[float], list[Issue]]:
    cells = raw[heading]
    found = parse_numbers(cells, **style)
    message = "This is no number in the style of its column; the cell is left empty."
    issues = each("bad_number", found.bad, raw, cells, message, field=field)
    if found.ambiguous:
        message = (
            f"Every comma or point of '{heading}' may be thousands or decimals; "
            f"'{found.decimal}' was taken for the decimal mark."
        )
        issues.append(whole("ambiguous_number", message, field=field))
    if len(found.currencies) > 1 and not style["currency"]:
        shown = ", ".join(f"{c} {n}" for c, n in sorted(found.currencies.items()))
        message = f"'{heading}' mixes currencies ({shown}); it is left empty."
        issues.append(whole("mixed_currency", message, field=field, value=shown))
        return pd.Series(np.nan, index=cells.index), issues
    empty = int((found.values.isna() & ~found.bad).sum())
    if 0 < empty < len(cells):
        message = f"{empty:,} of {len(cells):,} rows have no {field}; that is not 0."
        issues.append(whole("empty_number", message, field=field))
    message = "The number is negative; the cell is left empty."
    negative = found.values < 0
    issues += each("negative_number", negative, raw, cells, message, field=field)
    values = found.values.mask(negative)
    return values, issues + _dominant(raw, values, field)


def _dominant(raw: pd.DataFrame, values: pd.Series[float], field: str) -> list[Issue]:
    positive = values.where(values > 0).fillna(0.0)
    total = float(positive.sum())
    top = positive > DOMINANT * total
    if len(values) < 3 or not top.any():
        return []
    share = round(100 * float(positive.max()) / total)
    message = f"The row holds {share} % of all {field}; no plan can balance that."
    return each(
        "dominant_account", top, raw, values.astype("str"), message, field=field
    )


def _extra(raw: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """Give the columns no field uses, under names that clash with none of ours."""
    used = {h for f, h in columns.items()}
    rest = [h for h in raw.columns if h not in used]
    free: dict[str, str] = {}
    for heading in rest:
        name = str(heading)
        while name in RESERVED or name in free.values():
            name = f"{name} (source)"
        free[heading] = name
    return raw[rest].rename(columns=free)


def _frame(
    table: pd.DataFrame,
    extra: pd.DataFrame,
    ids: pd.Series[str],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
) -> Accounts:
    if "match" not in table:
        table = table.assign(match="rooftop")
    order = [name for name in names(ACCOUNTS) if name in table]
    order += [str(name) for name in table if name not in order]
    table = pd.concat([table[order], extra], axis=1)
    table.index = pd.Index(ids.to_numpy(), name="account_id", dtype="str")
    lost = np.isnan(lon) | np.isnan(lat)
    points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), index=table.index, crs=WGS84)
    table["match"] = table["match"].mask(lost, "none").astype("str")
    table.attrs = {}
    return gpd.GeoDataFrame(table, geometry=points.mask(lost), crs=WGS84)
