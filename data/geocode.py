"""Addresses to points: a protocol, and the cascade that works without any network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from data.gazetteer import Gazetteer, city_key, county_key, shipped
from geo.frames import WGS84, Accounts

ADDRESS = ("street", "city", "county", "state", "postal_code", "country")
"""Columns a geocoder is given, all text, all there."""
PLACED = ("lon", "lat", "match", "score", "radius_km", "matched")
FUZZY = 90.0
"""Least similarity (0 to 100) of a misspelled town to one of the same state."""
GIVEN_KM = {"rooftop": 0.05, "street": 0.5}


class Geocoder(Protocol):
    """Anything that turns addresses into points."""

    def place(self, addresses: pd.DataFrame) -> pd.DataFrame:
        """Place every row, aligned to the input.

        Parameters
        ----------
        addresses
            Columns of `ADDRESS`, text.

        Returns
        -------
        DataFrame
            Columns of `PLACED`: lon and lat in degrees (NaN if not found), match (a
            level of `geo.frames.MATCH_LEVELS`), score (0 to 100), radius_km (9 of 10
            true places lie within it) and matched (what was found, for people).
        """
        ...


def geocode(accounts: Accounts, geocoder: Geocoder | None = None) -> Accounts:
    """Give the accounts with every empty geometry filled that the geocoder can place.

    Parameters
    ----------
    accounts
        In degrees, as `data.accounts.clean_accounts` gives them.
    geocoder
        None for `Offline()`.

    Returns
    -------
    Accounts
        The same rows. `match` says how each was placed, "none" if it was not;
        `score`, `radius_km` and `matched` as in `Geocoder.place`.
    """
    missing = (accounts.geometry.isna() | accounts.geometry.is_empty).to_numpy(bool)
    placed = _given(accounts)
    if missing.any():
        placed.loc[missing] = (geocoder or Offline()).place(
            address_table(accounts[missing])
        )
    points = gpd.points_from_xy(placed["lon"], placed["lat"], crs=WGS84)
    lost = placed["lon"].isna().to_numpy(bool)
    geometry = gpd.GeoSeries(points, index=accounts.index).mask(lost)
    columns = {name: placed[name].to_numpy() for name in PLACED[2:]}
    return accounts.assign(**columns).set_geometry(geometry)


def address_table(accounts: pd.DataFrame) -> pd.DataFrame:
    """Give the columns of `ADDRESS`, empty text where the accounts have none."""
    columns = {
        name: accounts[name].astype("str") if name in accounts else ""
        for name in ADDRESS
    }
    return pd.DataFrame(columns, index=accounts.index, dtype="str").fillna("")


def _given(accounts: Accounts) -> pd.DataFrame:
    """Give the placement of the accounts that came with coordinates."""
    level = accounts.get("match", "rooftop")
    table = pd.DataFrame({"match": level}, index=accounts.index).astype("str")
    match = table["match"].where(~table["match"].isin(["", "none"]), "rooftop")
    score = accounts.get("score", 100.0)
    known = accounts.get("radius_km", np.nan)
    radius = match.map(GIVEN_KM).astype("float64").fillna(pd.Series(known, match.index))
    label = accounts.get("matched", "coordinates")
    return pd.DataFrame(
        {
            "lon": accounts.geometry.x,
            "lat": accounts.geometry.y,
            "match": match,
            "score": pd.Series(score, match.index).fillna(100.0),
            "radius_km": radius.fillna(9.0),
            "matched": pd.Series(label, match.index, dtype="str"),
        },
        index=accounts.index,
    )


class Offline:
    """Places by ZIP, town and state, county, ZIP prefix, state, then country.

    A street address cannot be found without a network: an account is put at the
    middle of its ZIP area or town, and `match` says so.

    Parameters
    ----------
    gazetteer
        What is known of places; None for the shipped one.
    """

    def __init__(self, gazetteer: Gazetteer | None = None) -> None:
        self._gazetteer = gazetteer

    @property
    def known(self) -> Gazetteer:
        """The gazetteer in use."""
        return self._gazetteer or shipped()

    def place(self, addresses: pd.DataFrame) -> pd.DataFrame:
        """Place every row by the best of its parts; see `Geocoder.place`."""
        known = self.known
        index = addresses.index
        addresses = addresses.reset_index(drop=True)
        found = nothing_found(addresses.index)
        country, state = addresses["country"], addresses["state"]
        american = (country == "US") | (country == "")
        postcode = addresses["postal_code"].where(american, "")
        _fill(found, postcode, known.by_zip, "postcode", 90.0)
        _doubt(found, postcode, state, known)
        region = _region(country, state)
        town = addresses["city"].map(_map(addresses["city"], city_key)) + "|" + region
        town = town.where((addresses["city"] != "") & (region != ""), "")
        cities = known.by_city(_countries(region))
        _fill(found, town, cities, "city", 80.0)
        _fill(found, town, _fuzzy(found, town, known))
        county = addresses["county"].map(_map(addresses["county"], county_key))
        county = (county + "|" + state).where((county != "") & american, "")
        _fill(found, county, known.by_county, "county", 60.0)
        _fill(found, _prefix(postcode, state, known), known.by_zip3, "zip3", 50.0)
        _fill(found, state.where(american, ""), known.by_state, "state", 30.0)
        _fill(found, country, known.by_country, "country", 10.0)
        return found.set_axis(index)


def nothing_found(index: pd.Index) -> pd.DataFrame:
    """Give the answer of a geocoder that knows no address, columns `PLACED`."""
    table = pd.DataFrame(
        {"lon": np.nan, "lat": np.nan, "match": "none", "score": 0.0},
        index=index,
    )
    return table.assign(radius_km=np.nan, matched="").astype({"matched": "str"})


def _fill(
    found: pd.DataFrame,
    keys: pd.Series[str],
    table: pd.DataFrame,
    level: str = "city",
    score: float = 0.0,
) -> None:
    """Write what the table says of the keys into the rows still without a place."""
    open_ = np.flatnonzero((found["match"] == "none").to_numpy(bool))
    codes, names = pd.factorize(keys.to_numpy(object)[open_])
    at = table.index.get_indexer(pd.Index(names, dtype=object))[codes]
    rows, hits = open_[at >= 0], table.iloc[at[at >= 0]]
    if not len(rows):
        return
    sure = hits["score"].to_numpy() if "score" in hits else np.full(len(hits), score)
    if "alias" in hits and "score" not in hits:
        sure = np.where(hits["alias"].to_numpy(bool), score - 5.0, sure)
    for column in ("lon", "lat", "radius_km"):
        found.loc[rows, column] = hits[column].to_numpy()
    found.loc[rows, "match"] = level
    found.loc[rows, "score"] = sure
    found.loc[rows, "matched"] = hits["label"].to_numpy()


def _doubt(
    found: pd.DataFrame,
    postcode: pd.Series[str],
    state: pd.Series[str],
    known: Gazetteer,
) -> None:
    """Lower the score of a ZIP that lies in another state than the one stated."""
    real = known.state_of(postcode)
    other = (found["match"] == "postcode") & (state != "") & (real != state)
    found.loc[other, "score"] = 70.0


def _region(country: pd.Series[str], state: pd.Series[str]) -> pd.Series[str]:
    american = (country == "US") | ((country == "") & (state.str.len() == 2))
    region = country.where(~american, "US-" + state).where(
        ~american | (state != ""), ""
    )
    canadian = (country == "CA") & (state.str.len() == 2)
    return region.where(~canadian, "CA-" + state)


def _countries(region: pd.Series[str]) -> frozenset[str]:
    return frozenset(code[:2] for code in region.unique() if code)


def _map(cells: pd.Series[str], key: Callable[[str], str]) -> dict[str, str]:
    return {text: key(text) if text else "" for text in cells.unique()}


def _fuzzy(found: pd.DataFrame, town: pd.Series[str], known: Gazetteer) -> pd.DataFrame:
    """Give the places of misspelled towns, keyed by the misspelling."""
    open_ = town[(found["match"] == "none") & (town != "")].unique()
    rows = {}
    for key in open_:
        name, region = key.rsplit("|", 1)
        best = process.extractOne(
            name, known.towns(region), scorer=fuzz.ratio, score_cutoff=FUZZY
        )
        if best is not None and len(name) > 3:
            hit = known.by_city(frozenset([region[:2]])).loc[f"{best[0]}|{region}"]
            rows[key] = (
                hit["lon"],
                hit["lat"],
                20.0,
                f"{hit['label']} (spelling)",
                best[1],
            )
    columns = ["lon", "lat", "radius_km", "label", "ratio"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.assign(score=table["ratio"].astype("float64") * 0.6)


def _prefix(
    postcode: pd.Series[str], state: pd.Series[str], known: Gazetteer
) -> pd.Series[str]:
    """Give the ZIP prefixes that lie in the stated state, or where none is stated."""
    prefix = postcode.str[:3].where(postcode.str.fullmatch(r"\d{5}"), "")
    agrees = (state == "") | (prefix + state).isin(known.prefixes)
    return prefix.where(agrees, "")
