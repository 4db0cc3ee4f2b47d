"""Addresses: countries, states and postcodes in one spelling, doubts said."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd

from data.cells import blank, each, tidy
from data.gazetteer import Gazetteer
from data.regions import countries, plain, state_code, us_states
from geo.errors import Issue

TERRITORIES = ("PR", "GU", "VI", "AS", "MP")
"""Countries of ISO 3166 that the postal service and our data treat as states."""
CANADIAN = r"[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d"
BRITISH = r"[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}"
ZIP_LIKE = r"\d{3,5}(?:\.0)?|\d{5}-\d{0,4}|\d{8,9}"
ZIP_SHAPE = re.compile(
    r"(\d{1,5})(?:\.0)?(?:\s*-\s*(\d{0,4}))?|(\d{7,9})(?:\.0)?", re.ASCII
)


def clean_addresses(
    raw: pd.DataFrame, columns: dict[str, str], known: Gazetteer
) -> tuple[pd.DataFrame, list[Issue]]:
    """Give street, city, county, state, postal_code and country as plain text.

    Parameters
    ----------
    raw
        Text cells.
    columns
        Field -> heading.
    known
        Tells which ZIPs exist and in which state.

    Returns
    -------
    tuple
        The fields that `columns` maps, and country and state if they can be told;
        issues of kind unknown_country, unknown_state, zip_padded, bad_zip,
        state_zip_conflict.
    """
    fields = ("street", "city", "county", "state", "postal_code", "country")
    table = pd.DataFrame(
        {f: tidy(raw[columns[f]]) for f in fields if f in columns}, index=raw.index
    )
    for field in table.columns.difference(["street", "country"]):
        table[field] = blank(table[field])
    issues: list[Issue] = []
    table["country"], found = _country(raw, table)
    issues += found
    if "state" in table:
        table["state"], found = _states(raw, table)
        issues += found
    if "postal_code" in table:
        table["postal_code"], found = _zips(raw, table, known)
        issues += found + _conflicts(raw, table, known)
    order = [f for f in fields if f in table]
    return table[order], issues


def _country(
    raw: pd.DataFrame, table: pd.DataFrame
) -> tuple[pd.Series[str], list[Issue]]:
    """Give the ISO code by the country column, else by the look of the address."""
    empty = pd.Series("", index=raw.index, dtype="str")
    text = table.get("country", empty)
    code = text.map(_codes(text))
    unknown = (code == "") & (text != "") & ~text.str.lower().isin(_NO_COUNTRY)
    message = "The country is not known; the row is placed by its other columns."
    issues = each("unknown_country", unknown, raw, text, message, field="country")
    zips, state = table.get("postal_code", empty), table.get("state", empty)
    american = state.map(_known_states(state)).astype(bool)
    blank_ = (code == "") & ~unknown
    code = code.mask(blank_ & american & ~zips.str.fullmatch(CANADIAN), "US")
    blank_ = (code == "") & ~unknown
    code = code.mask(blank_ & zips.str.fullmatch(CANADIAN), "CA")
    code = code.mask(blank_ & zips.str.fullmatch(BRITISH), "GB")
    if "country" not in table and set(code.unique()) <= {"", "US"}:
        american = (code == "") & zips.str.fullmatch(ZIP_LIKE)
        code = code.mask(american, "US")
    return code.mask(code.isin(TERRITORIES), "US"), issues


_NO_COUNTRY = frozenset(("-", "--", "n/a", "none", "null", "unknown", "#n/a"))


def _codes(cells: pd.Series[str]) -> dict[str, str]:
    return {text: countries().get(plain(text), "") for text in cells.unique()}


def _known_states(cells: pd.Series[str]) -> dict[str, bool]:
    return {text: plain(text) in us_states() for text in cells.unique()}


def _states(
    raw: pd.DataFrame, table: pd.DataFrame
) -> tuple[pd.Series[str], list[Issue]]:
    """Give US and Canadian states as codes; others keep their name."""
    state, country = table["state"], table["country"]
    pairs = (state + "|" + country).where(country.isin(["US", "CA"]), "")
    known = {
        pair: state_code(*pair.rsplit("|", 1)) if pair else ""
        for pair in pairs.unique()
    }
    code = pairs.map(known)
    wrong = (pairs != "") & (state != "") & (code == "")
    message = "The state is not known; the row is placed by its other columns."
    issues = each("unknown_state", wrong, raw, state, message, field="state")
    return state.where(pairs == "", code), issues


def _zips(
    raw: pd.DataFrame, table: pd.DataFrame, known: Gazetteer
) -> tuple[pd.Series[str], list[Issue]]:
    """Give five digits for the US, the text as it is elsewhere."""
    text = table["postal_code"]
    american = (table["country"] == "US") & (text != "")
    us_text = text.where(american, "")
    digits, whole = (us_text.map(_each(us_text, f)) for f in (_five, _first_five))
    real = known.state_of(digits)
    stated = table.get("state", pd.Series("", index=raw.index, dtype="str"))
    short = american & (digits != whole)
    agrees = (stated == "") | (real == stated)
    padded = short & real.notna() & agrees
    digits = digits.where(padded | ~short | (whole == ""), whole)
    short &= whole == ""
    real = known.state_of(digits)
    message = "The leading zero was lost and is put back; the ZIP exists in the state."
    issues = each("zip_padded", padded, raw, text, message, field="postal_code",
                  fixes=digits[padded])  # fmt: skip
    wrong = american & ((digits == "") | (short & ~padded))
    message = "The ZIP is not one; the row is placed by its city and state."
    issues += each("bad_zip", wrong, raw, text, message, field="postal_code")
    missing = american & ~wrong & real.isna()
    message = "No such ZIP is known; the row is placed by its city and state."
    issues += each("unknown_zip", missing, raw, text, message, field="postal_code")
    return text.where(~american, digits.where(~wrong, "")), issues


def _each(cells: pd.Series[str], read: Callable[[str], str]) -> dict[str, str]:
    return {text: read(text) for text in cells.unique()}


def _five(text: str) -> str:
    """Give the five digits of a ZIP in any of its written forms, "" if it is none.

    "2139", "2139.0", "02139-0001", "021390001", "2139-0001"; and with 8 digits, which
    lost the first one, "21390001" and "21390-001".
    """
    found = ZIP_SHAPE.fullmatch(text)
    if found is None:
        return ""
    if found[3]:
        return found[3].zfill(9)[:5]
    if found[2] and len(found[1]) == 5 and len(found[2]) == 3:
        return "0" + found[1][:4]
    return found[1].zfill(5) if len(found[1]) >= 3 else ""


def _first_five(text: str) -> str:
    """Give the first five digits if there are five, nothing put back."""
    found = re.match(r"\d{5}(?=\d{4}$|\d{4}\.0$|\.0$|\s*-|$)", text)
    return found[0] if found and ZIP_SHAPE.fullmatch(text) else ""


def _conflicts(raw: pd.DataFrame, table: pd.DataFrame, known: Gazetteer) -> list[Issue]:
    """List the rows whose ZIP lies in another state than the one stated."""
    if "state" not in table:
        return []
    american = table["country"] == "US"
    real = known.state_of(table["postal_code"].where(american, ""))
    other = real.notna() & (table["state"] != "") & (real != table["state"])
    cells = table["postal_code"] + " " + table["state"]
    message = "The ZIP lies in another state; the ZIP decides where the account is."
    return each("state_zip_conflict", other, raw, cells, message, field="state",
                fixes=real[other])  # fmt: skip
