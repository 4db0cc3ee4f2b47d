"""Where reps live, from the address the table gives: offline, from ZIPs and towns."""

from __future__ import annotations

import re

import geopandas as gpd
import pandas as pd

from data.geocode import Geocoder, Offline, address_table
from geo.frames import WGS84, Reps
from sales.reps import ADDRESS

ROUGH = ("zip3", "county", "state", "country", "none")
"""Match levels too coarse for a home."""

ONE_LINE = re.compile(
    r"(?:(?P<street>.*),)?\s*(?P<city>[^,\d]+),\s*(?P<state>[A-Za-z]{2})\.?"
    r"(?:\s+(?P<postal_code>\d{5})(?:-\d{4})?)?\s*"
)
"""An address in one cell: "12 High St, Columbus, OH 43215" or "Columbus, OH"."""


def placed_homes(reps: Reps, geocoder: Geocoder | None = None) -> Reps:
    """Give reps with each home placed that has an address but no coordinates.

    Parameters
    ----------
    reps
        From `sales.reps.clean_reps`, in degrees, with the columns of their address.
    geocoder
        None for `data.geocode.Offline`.

    Returns
    -------
    Reps
        A home that is not known, or only roughly (a county, a state), stays empty.
    """
    missing = (reps.geometry.isna() | reps.geometry.is_empty).to_numpy(bool)
    if not missing.any() or not set(ADDRESS) <= set(reps.columns):
        return reps
    said = _addresses(reps[missing])
    found = (geocoder or Offline()).place(address_table(said))
    points = gpd.GeoSeries(
        gpd.points_from_xy(found["lon"], found["lat"]), index=found.index, crs=WGS84
    )
    known = found["lon"].notna() & ~found["match"].isin(ROUGH)
    homes = reps.geometry.copy()
    homes[points.index[known]] = points[known]
    return reps.set_geometry(homes)


def _addresses(reps: Reps) -> pd.DataFrame:
    """Give the addresses, those in one cell taken apart; the US unless said."""
    said = pd.DataFrame(reps[list(ADDRESS)]).fillna("").astype("str")
    for rep_id, row in said.iterrows():
        for cell in ("city", "street"):
            match = ONE_LINE.fullmatch(row[cell])
            if match and not (row["state"] or row["postal_code"]):
                parts = match.groupdict("")
                said.loc[rep_id, list(parts)] = list(parts.values())
                break
    said["state"] = said["state"].str.strip().str.upper()
    said["city"] = said["city"].str.strip()
    said["postal_code"] = said["postal_code"].str.strip().str[:5]
    said["country"] = said["country"].replace("", "US")
    return said
