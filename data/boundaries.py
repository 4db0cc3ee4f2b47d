"""Shipped ground: counties, states, countries, approximate ZIP areas, gazetteers."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).resolve().parent / "boundaries"

ATTRIBUTION = (
    "Boundaries: U.S. Census Bureau; world: Natural Earth. "
    "ZIP points: U.S. Census Bureau. "
    "Places and postal codes: GeoNames (CC BY 4.0, modified). "
    "Labour force: U.S. Bureau of Labor Statistics."
)
"""The credit line that travels with every map, report and file."""


@cache
def gazetteer() -> pd.DataFrame:
    """Give a point for every US ZIP; shared by the process, never change it.

    Returns
    -------
    pandas.DataFrame
        zip, lon, lat (degrees), city, state (two letters), county_fips ("" outside
        all counties), zcta (whether the Census Bureau has an area for the ZIP; the
        others are post boxes and large receivers). Sorted by zip, unique.
    """
    return pd.read_parquet(FOLDER / "gazetteer.parquet")


@cache
def places() -> pd.DataFrame:
    """Give the towns of the world; shared by the process, never change it.

    Returns
    -------
    pandas.DataFrame
        city, alt_names (up to six, separated by semicolons), state (two letters in
        the US, GeoNames' first-level code elsewhere), country (ISO 3166), lon, lat
        (degrees), population. US towns from 500 people, others from 15,000.
    """
    return pd.read_parquet(FOLDER / "places.parquet")
