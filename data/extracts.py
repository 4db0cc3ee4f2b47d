"""Which file of OpenStreetMap holds the roads of some accounts, in words to act on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from data.boundaries import FOLDER
from geo.frames import WGS84

SERVER = "https://download.geofabrik.de"
"""Publishes extracts of states and countries, made anew each day."""

CONTINENTS = {
    "Africa": "africa",
    "Asia": "asia",
    "Europe": "europe",
    "North America": "north-america",
    "Oceania": "australia-oceania",
    "South America": "south-america",
}
ROOM_DEG = 0.05
"""Roads around the accounts that a way may take: about 5 km."""
MOST = 4
"""More regions than this are named by their number."""


@dataclass(frozen=True)
class Advice:
    """What to fetch, and how to cut it to the area.

    Parameters
    ----------
    regions
        Names of states or countries, the one with the most points first.
    page
        Where the file of the first is; the server's first page if that is not known.
    extent
        West, south, east and north to cut it to, degrees.
    """

    regions: tuple[str, ...]
    page: str
    extent: tuple[float, float, float, float]

    @property
    def sentence(self) -> str:
        """Say it: "Get the extract of Ohio (.osm.pbf) and load it here"."""
        names = [*self.regions]
        if len(names) > MOST:
            names = [*names[: MOST - 1], f"{len(names) - MOST + 1} more"]
        said = " and ".join(([", ".join(names[:-1])] if names[1:] else []) + names[-1:])
        many = "extracts" if len(self.regions) > 1 else "extract"
        return f"Get the {many} of {said} (.osm.pbf) and load it here"

    @property
    def cut(self) -> str:
        """Give the command that cuts a large extract to the area."""
        box = ",".join(f"{degree:.2f}" for degree in self.extent)
        return f"osmium extract -b {box} {self.file} -o mine.osm.pbf"

    @property
    def file(self) -> str:
        """Give the name the first file has on the server."""
        stem = self.page.rpartition("/")[2].removesuffix(".html")
        return f"{stem}-latest.osm.pbf" if self.regions and stem else "area.osm.pbf"


def advice(lonlat: NDArray[np.float64]) -> Advice | None:
    """Give what to fetch for points; None if none of them lies on land.

    Parameters
    ----------
    lonlat
        Shape (n, 2), degrees; rows with nan do not count.
    """
    points = lonlat[np.isfinite(lonlat).all(axis=1)]
    if not len(points):
        return None
    low, high = points.min(axis=0) - ROOM_DEG, points.max(axis=0) + ROOM_DEG
    extent = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    in_states = _hit(_states(), points)
    in_countries = _hit(_countries(), points)
    if len(in_states) and (not len(in_countries) or in_countries[0] == "US"):
        names = [str(_states()["name"].at[i]) for i in in_states]
        page = f"{SERVER}/north-america/us/{_slug(names[0])}.html"
        return Advice(tuple(names), page, extent)
    if not len(in_countries):
        return None
    table = _countries().loc[in_countries]
    names = table["name"].astype("str").tolist()
    continent = CONTINENTS.get(str(table["state"].iloc[0]), "")
    page = f"{SERVER}/{continent}/{_slug(names[0])}.html" if continent else SERVER
    return Advice(tuple(names), page, extent)


def _hit(areas: gpd.GeoDataFrame, points: NDArray[np.float64]) -> list[str]:
    """Give the ids of the areas that hold points, the one with the most first."""
    tree = shapely.STRtree(areas.geometry.to_numpy())
    _, area = tree.query(shapely.points(points), predicate="intersects")
    n = np.bincount(area, minlength=len(areas))
    rows = np.argsort(-n, kind="stable")[: int((n > 0).sum())]
    return [str(i) for i in areas.index[rows]]


def _slug(name: str) -> str:
    return "-".join(name.lower().replace("'", "").replace(".", "").split())


@cache
def _states() -> gpd.GeoDataFrame:
    return gpd.read_parquet(FOLDER / "states.parquet").to_crs(WGS84)


@cache
def _countries() -> gpd.GeoDataFrame:
    return gpd.read_parquet(FOLDER / "countries.parquet").to_crs(WGS84)
