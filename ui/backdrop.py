"""The base map without a network: land, coasts, borders of countries and US states."""

from __future__ import annotations

from functools import lru_cache

import geopandas as gpd
import pandas as pd
import shapely

from data.boundaries import FOLDER
from geo.arcs import Arcs, arcs, simplify
from geo.frames import WGS84

CREDIT = "Outlines: U.S. Census Bureau, Natural Earth"
GRAIN_DEGREES = 1e-6
PIXELS = 4000
"""A screen this wide that shows the frame shows nothing finer than a pixel."""


@lru_cache(maxsize=8)
def backdrop(west: float, south: float, east: float, north: float) -> Arcs:
    """Give the land around a frame, wide enough for what surrounds it on a screen.

    Parameters
    ----------
    west, south, east, north
        The frame, degrees; west may be below -180 or east past 180.

    Returns
    -------
    Arcs
        In degrees, on the same turn of the globe as the frame.
    """
    width, height = max(east - west, 2.0), max(north - south, 2.0)
    around = shapely.box(west - width, south - height, east + width, north + height)
    states = _near(_states(), around)
    countries = _near(_countries(), around)
    if len(states):
        countries = countries[countries.index != "US"]
    land = gpd.GeoSeries(pd.concat([countries.geometry, states.geometry]), crs=WGS84)
    return simplify(arcs(land, grain=GRAIN_DEGREES), max(width, height) / PIXELS)


def _near(shapes: gpd.GeoDataFrame, around: shapely.Polygon) -> gpd.GeoDataFrame:
    """Keep the parts that touch a box, each on the box's turn of the globe."""
    parts = shapes.explode()
    kept = []
    for turn in (-360.0, 0.0, 360.0):
        moved = parts.set_geometry(parts.geometry.translate(turn))
        kept.append(moved[moved.intersects(around)])
    return gpd.GeoDataFrame(pd.concat(kept), crs=WGS84)


@lru_cache(maxsize=1)
def _countries() -> gpd.GeoDataFrame:
    return gpd.read_parquet(FOLDER / "countries.parquet").to_crs(WGS84)


@lru_cache(maxsize=1)
def _states() -> gpd.GeoDataFrame:
    return gpd.read_parquet(FOLDER / "states.parquet").to_crs(WGS84)
