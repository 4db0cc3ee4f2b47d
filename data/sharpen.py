"""Accounts placed only by ZIP or town, placed again by their street address."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.geocode import PLACED, Geocoder, address_table
from data.online import Outlook, outlook
from data.reading import answers, service_of
from data.settings import Settings
from geo.frames import MATCH_LEVELS, WGS84, Accounts

RANK = {level: rank for rank, level in enumerate(MATCH_LEVELS)}


def coarse(accounts: Accounts) -> NDArray[np.bool_]:
    """Say which accounts have a street and are placed less finely than by it."""
    street = address_table(accounts)["street"].str.strip() != ""
    level = accounts["match"].astype("str").map(RANK).fillna(len(RANK))
    return np.asarray(street & (level > RANK["street"]))


def seen(accounts: Accounts, word: str, settings: Settings) -> Outlook:
    """Tell what asking a service about the coarse accounts would send; sends nothing.

    Parameters
    ----------
    word
        As `data.reading.geocoder_of` takes it.

    Raises
    ------
    InputError
        The word names no service.
    """
    table = address_table(accounts[coarse(accounts)])
    return outlook(table, service_of(word), answers(settings))


def sharpen(accounts: Accounts, geocoder: Geocoder) -> Accounts:
    """Place the coarse accounts again; an answer that is no finer changes nothing.

    Parameters
    ----------
    accounts
        In degrees, as `data.geocode.geocode` gives them.

    Returns
    -------
    Accounts
        The same rows; match, score, radius_km and matched say how each was placed.
    """
    rows = coarse(accounts)
    found = geocoder.place(address_table(accounts[rows]))
    before = accounts.loc[rows, "match"].astype("str").map(RANK).fillna(len(RANK))
    finer = (found["match"].map(RANK) < before).to_numpy(bool)
    at = np.flatnonzero(rows)[finer]
    points = np.asarray(accounts.geometry).copy()
    better = found[finer]
    points[at] = gpd.points_from_xy(better["lon"], better["lat"])
    sharper = accounts.set_geometry(
        gpd.GeoSeries(points, index=accounts.index, crs=accounts.crs or WGS84)
    )
    for column in PLACED[2:]:
        values = accounts[column].astype("object").to_numpy(copy=True)
        values[at] = better[column].to_numpy()
        kind = accounts[column].dtype
        sharper[column] = pd.Series(values, accounts.index).astype(kind)
    return sharper
