"""What is wrong with a table, what would mend it, and how well accounts are placed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from data.cells import row_numbers
from data.identity import id_key
from data.regions import plain
from geo.errors import InputError, Issue
from geo.frames import MATCH_LEVELS, Accounts

ACCEPTABLE = ("swapped", "sign_lost", "zip_padded", "state_zip_conflict")
"""Kinds whose fix is a new cell; "conflicting_id" is mended by leaving rows out."""
REJECTING = ("duplicate_row", "conflicting_id", "left_out")
"""Kinds that keep a row or a line out of the accounts."""
REVIEW_SCORE = 75.0
GOOD = ("rooftop", "street", "postcode")
WORDS = {
    **{"rooftop": "coordinates", "street": "street", "postcode": "ZIP"},
    **{"zip3": "ZIP prefix", "city": "city", "county": "county", "state": "state"},
    "country": "country",
}


def report(issues: Collection[Issue]) -> pd.DataFrame:
    """Group issues by kind and field, the kinds that leave rows out first.

    Returns
    -------
    DataFrame
        kind, field, count, rows (list of row numbers, 0 for the whole table), example
        (raw value), fix (its proposed value), message, rejects, acceptable.
    """
    columns = ["kind", "field", "count", "rows", "example", "fix", "message"]
    groups: dict[tuple[str, str], list[Issue]] = {}
    for issue in issues:
        groups.setdefault((issue.kind, issue.field), []).append(issue)
    rows = [
        (kind, field, len(g), [i.row for i in g], g[0].value, g[0].fix, g[0].message)
        for (kind, field), g in groups.items()
    ]
    table = pd.DataFrame(rows, columns=columns)
    table["rejects"] = table["kind"].isin(REJECTING)
    table["acceptable"] = table["kind"].isin((*ACCEPTABLE, "conflicting_id"))
    order = ["rejects", "acceptable", "count", "kind", "field"]
    down = [False, False, False, True, True]
    return table.sort_values(order, ascending=down, ignore_index=True)


def accept(
    raw: pd.DataFrame,
    columns: Mapping[str, str],
    issues: Collection[Issue],
    *,
    kinds: Collection[str],
    rows: Collection[int] | None = None,
) -> pd.DataFrame:
    """Give the table with the proposed fixes of some kinds written into its cells.

    Clean the result again to get the accounts. What stood in a cell before is in
    ``attrs["accepted"]``, a list of (row, heading, before, after).

    Parameters
    ----------
    raw, columns
        As given to `data.accounts.clean_accounts`.
    issues
        What it said.
    kinds
        Kinds to accept, of `ACCEPTABLE` or "conflicting_id" (keeps the first row).
    rows
        Only these rows; None for all.

    Raises
    ------
    InputError
        A kind proposes no fix.
    """
    for kind in kinds:
        if kind not in (*ACCEPTABLE, "conflicting_id"):
            what = f"Issues of kind '{kind}' propose no fix"
            raise InputError(what, fix="Mend the cells in the source")
    chosen = [
        issue
        for issue in issues
        if issue.kind in kinds and (rows is None or issue.row in rows)
    ]
    mended = raw.set_axis(pd.Index(row_numbers(raw), name="row"))
    log = list(raw.attrs.get("accepted", []))
    for heading, texts in _updates(chosen, columns).items():
        cells = mended[heading].astype(object)
        log += [(row, heading, cells.at[row], text) for row, text in texts.items()]
        cells.loc[list(texts)] = list(texts.values())
        mended[heading] = cells.astype("str")
    extra = _surplus(chosen)
    log += [(row, "", text, "left out") for row, text in extra.items()]
    mended = mended.drop(index=list(extra))
    mended.attrs = {**raw.attrs, "accepted": log}
    return mended


def _updates(
    chosen: list[Issue], columns: Mapping[str, str]
) -> dict[str, dict[int, str]]:
    """Give heading -> row -> new text for the accepted issues."""
    updates: dict[str, dict[int, str]] = {}
    for issue in chosen:
        for heading, text in _cells(issue, columns).items():
            updates.setdefault(heading, {})[issue.row] = text
    return updates


def _cells(issue: Issue, columns: Mapping[str, str]) -> dict[str, str]:
    """Give the new text of the cells one accepted issue changes, by heading."""
    if issue.field == "geometry":
        lon, lat = issue.fix.split(", ")
        if "lon" in columns and "lat" in columns:
            return {columns["lon"]: lon, columns["lat"]: lat}
        heading = columns.get("coordinates") or columns.get("lat") or columns["lon"]
        return {heading: f"{lat}, {lon}"}
    if issue.field in ("postal_code", "state"):
        return {columns[issue.field]: issue.fix}
    return {}


def _surplus(chosen: list[Issue]) -> dict[int, str]:
    """Give the rows to leave out so that the first row of each id stays, by number."""
    seen: set[str] = set()
    extra: dict[int, str] = {}
    for issue in sorted(chosen, key=lambda i: i.row):
        if issue.kind == "conflicting_id":
            key = id_key(issue.value.strip())
            if key in seen:
                extra[issue.row] = issue.value
            seen.add(key)
    return extra


def duplicates(accounts: Accounts) -> pd.DataFrame:
    """List accounts that look like one: same name and street, ZIP or point.

    Returns
    -------
    DataFrame
        group (number from 1), account_id, name, why; sorted by group. Nothing is
        merged before `merge` is asked to.
    """
    if "name" not in accounts:
        return pd.DataFrame(columns=["group", "account_id", "name", "why"])
    names = accounts["name"].map({n: plain(n) for n in accounts["name"].unique()})
    found = []
    for why, place in _places(accounts).items():
        key = (names + "|" + place).where((names != "") & (place != ""), "")
        twin = key.duplicated(keep=False) & (key != "")
        found.append(pd.DataFrame({"key": key[twin], "why": why}))
    table = pd.concat(found)
    table = table[~table.index.duplicated()]
    table = table.assign(account_id=table.index, name=accounts["name"])
    table["group"] = table.groupby("key", sort=True).ngroup() + 1
    table = table[table.groupby("group")["group"].transform("size") > 1]
    columns = ["group", "account_id", "name", "why"]
    table = table.reset_index(drop=True)
    return table[columns].sort_values(["group", "account_id"], ignore_index=True)


def _places(accounts: Accounts) -> dict[str, pd.Series[str]]:
    """Give the texts that say where accounts are, surest first, empty if unknown."""
    places: dict[str, pd.Series[str]] = {}
    if {"street", "postal_code"} <= set(accounts):
        street = accounts["street"].map(
            {s: plain(s) for s in accounts["street"].unique()}
        )
        both = street + "|" + accounts["postal_code"]
        places["same name, street and ZIP"] = both.where(street != "", "")
    exact = accounts["match"].isin(["rooftop", "street"])
    point = (
        accounts.geometry.x.round(4).astype("str")
        + " "
        + (accounts.geometry.y.round(4).astype("str"))
    )
    places["same name and point"] = point.where(exact, "").fillna("").astype("str")
    return places


def merge(accounts: Accounts, groups: pd.DataFrame) -> Accounts:
    """Give the accounts with each group made one: the first id, the fullest cells.

    Sums are not added up, since the rows describe the same account; an empty cell of
    the first row is filled from the next.

    Parameters
    ----------
    accounts
        Any accounts.
    groups
        Rows of `duplicates`, those to merge.
    """
    merged = accounts.copy()
    gone: list[str] = []
    for _, ids in groups.groupby("group")["account_id"]:
        rows = accounts.loc[list(ids)]
        for column in rows.columns.difference(["geometry"]):
            filled = rows[column][rows[column].notna() & (rows[column] != "")]
            if len(filled):
                merged.at[rows.index[0], column] = filled.iloc[0]
        gone += list(rows.index[1:])
    return merged.drop(index=gone)


def review(accounts: Accounts) -> pd.DataFrame:
    """List placed accounts whose place is doubtful, worst first.

    Doubtful is a score under 75: a misspelled town, a ZIP of another state, or nothing
    finer than a county. Columns: name, if there is one, and what the geocoder said.
    """
    doubtful = (accounts["match"] != "none") & (accounts["score"] < REVIEW_SCORE)
    shown = [
        c for c in ("name", "match", "score", "radius_km", "matched") if c in accounts
    ]
    table: pd.DataFrame = pd.DataFrame(accounts[shown]).loc[doubtful.to_numpy(bool)]
    return table.sort_values("score", kind="stable")


def load_by_match(accounts: Accounts, measure: str = "accounts") -> pd.Series[float]:
    """Give the share of a measure at each match level, best level first.

    Parameters
    ----------
    accounts
        Geocoded.
    measure
        A number column, or "accounts" to count.
    """
    load = (
        accounts[measure].fillna(0.0)
        if measure != "accounts"
        else (pd.Series(1.0, index=accounts.index))
    )
    share = load.clip(lower=0).groupby(accounts["match"]).sum()
    share = share.reindex([m for m in MATCH_LEVELS if m in share.index])
    return share / share.sum() if share.sum() > 0 else share * 0.0


def poor_share(accounts: Accounts, measure: str = "accounts") -> float:
    """Give the share of a measure that rests on places coarser than a ZIP."""
    share = load_by_match(accounts, measure)
    return float(share[~share.index.isin(GOOD)].sum())


def sentence(accounts: Accounts) -> str:
    """Say how accounts were placed: "3 accounts: 2 by coordinates, 1 by ZIP"."""
    counts = accounts["match"].value_counts()
    parts = [f"{counts[m]:,} by {WORDS[m]}" for m in WORDS if m in counts]
    parts += [f"{counts['none']:,} not placed"] if "none" in counts else []
    noun = "account" if len(accounts) == 1 else "accounts"
    return f"{len(accounts):,} {noun}: " + ", ".join(parts)
