"""A rep's map: the streets or the ground of a territory, and a day upon it.

It loads what lies around the day, not the units of the whole plan. Folium makes the
empty map from numbers; names are data of the message and are only shown as text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from data.boundaries import places
from routing.drawn import Street
from ui import component, theme
from ui.maps import leaflet

Floats = NDArray[np.float64]
Frame = tuple[float, float, float, float]

STREETS_CREDIT = "\u00a9 OpenStreetMap contributors"
GROUND_CREDIT = "Outlines: U.S. Census Bureau, Natural Earth; towns: GeoNames"

LEAST_DEG = 0.004
"""A frame is at least this wide: one stop alone is not shown at the doorstep."""
AROUND = 0.25
"""How far the frame goes beyond what is shown, as a share of it."""
TOWNS = 12
APART = (0.22, 0.06)
"""Names this close, as shares of the frame, would run into each other."""
GRAIN = 700
DECIMALS = 5

LIGHT = {
    "area": "#ffffff",
    "line": "#9fb1ba",
    "border": "#d4dde1",
    "street": "#c5d0d6",
}
DARK = {"area": "#16212a", "line": "#4a5d68", "border": "#2a3a44", "street": "#33454f"}
INK = {
    "route": "#0b6e6e",
    "halo": "#ffffff",
    "stop": "#0b6e6e",
    "muted": "#7d8d96",
    "dot": "#0072b2",
}
INK_DARK = INK | {"route": "#35b5ac", "halo": "#10191e", "dot": "#7db4f0"}


@dataclass(frozen=True, eq=False)
class Ground:
    """What lies below a day.

    Parameters
    ----------
    frame
        West, south, east and north, degrees.
    area
        Rings of the territory, shape (p, 2) each.
    borders
        Lines of what surrounds it.
    streets
        Roads; without any, the towns are named.
    """

    frame: Frame
    area: Sequence[Floats] = ()
    borders: Sequence[Floats] = ()
    streets: Sequence[Street] = ()


@dataclass(frozen=True)
class Mark:
    """A stop on the map: its number or a sign, its place, what to say of it."""

    label: str
    lon: float
    lat: float
    name: str
    detail: str
    muted: bool = False


def tour_map(
    ground: Ground,
    *,
    routes: Sequence[Floats] = (),
    marks: Sequence[Mark] = (),
    homes: Sequence[tuple[float, float]] = (),
    dots: Floats | None = None,
    estimated: bool = False,
    key: str = "tour",
    height: int = 320,
    label: str = "Map of the day. The list beside it says the same.",
) -> None:
    """Show a day on the map.

    Parameters
    ----------
    ground
        What lies below; the map is built anew when it changes.
    routes
        Lines of the way, shape (p, 2) each, degrees.
    marks
        Stops.
    homes
        (lon, lat) where the day starts and ends.
    dots
        Shape (n, 2): small points, such as all accounts.
    estimated
        Whether the way is only a guess: it is dashed then.
    key, height, label
        Name of the map in its page, pixels, and what a screen reader says.
    """
    base, day = component.tour_mounts()
    data = _base(ground, key, height, label)
    base(key=f"{key}_ground", data=data, height="content")
    points = np.zeros((0, 2)) if dots is None else dots
    patch = {
        "patch": True,
        "key": key,
        "routes": [_flat(line) for line in routes if len(line) > 1],
        "stops": [
            {
                "label": mark.label,
                "lon": round(mark.lon, DECIMALS),
                "lat": round(mark.lat, DECIMALS),
                "name": mark.name,
                "detail": mark.detail,
                "muted": mark.muted,
            }
            for mark in marks
        ],
        "homes": [[round(x, DECIMALS), round(y, DECIMALS)] for x, y in homes],
        "dots": np.round(points, DECIMALS).tolist(),
        "estimated": estimated,
        "colors": INK_DARK if theme.is_dark() else INK,
    }
    day(key=f"{key}_day", data=patch)


def _base(ground: Ground, key: str, height: int, label: str) -> dict[str, object]:
    dark = theme.is_dark()
    west, south, east, north = ground.frame
    made = leaflet(key, list(ground.frame)) | {
        "key": key,
        "height": height,
        "label": label,
        "dark": dark,
        "bounds": [[south, west], [north, east]],
        "area": [_flat(ring) for ring in ground.area],
        "borders": [_flat(line) for line in ground.borders],
        "streets": [[street.rank, _flat(street.line)] for street in ground.streets],
        "towns": [] if ground.streets else towns_in(ground.frame),
        "colors": DARK if dark else LIGHT,
        "credit": STREETS_CREDIT if ground.streets else GROUND_CREDIT,
    }
    text = json.dumps(made, sort_keys=True).encode()
    return made | {"sign": hashlib.sha256(text).hexdigest()[:12]}


def frame_of(lonlat: Floats) -> Frame:
    """Give a frame around points, with room beside them."""
    points = lonlat[np.isfinite(lonlat).all(axis=1)]
    if not len(points):
        return (-125.0, 24.0, -66.0, 50.0)
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.maximum((high - low) * AROUND, LEAST_DEG)
    west, south = (low - room).tolist()
    east, north = (high + room).tolist()
    return west, south, east, north


def towns_in(frame: Frame) -> list[dict[str, object]]:
    """Give the largest towns inside a frame: name, lon, lat."""
    west, south, east, north = frame
    known = places()
    inside = known["lon"].between(west, east) & known["lat"].between(south, north)
    most = known[inside].nlargest(10 * TOWNS, "population")
    shown: list[dict[str, object]] = []
    taken: list[tuple[float, float]] = []
    for name, x, y in zip(most["city"], most["lon"], most["lat"], strict=True):
        at = (float((x - west) / (east - west)), float((y - south) / (north - south)))
        free = all(
            abs(at[0] - u) > APART[0] or abs(at[1] - v) > APART[1] for u, v in taken
        )
        if free and len(shown) < TOWNS:
            taken.append(at)
            town = {"name": str(name), "lon": round(float(x), 4)}
            shown.append(town | {"lat": round(float(y), 4)})
    return shown


def rings_of(shape: shapely.Geometry, frame: Frame) -> list[Floats]:
    """Give the rings of a polygon in degrees, no finer than a screen shows.

    What lies far outside the frame is cut away.
    """
    west, south, east, north = frame
    wide, high = east - west, north - south
    around = shapely.box(west - wide, south - high, east + wide, north + high)
    near = shapely.intersection(shapely.make_valid(shape), around)
    plain = shapely.simplify(near, max(wide, high) / GRAIN)
    parts = [p for p in shapely.get_parts(plain) if p.geom_type == "Polygon"]
    return [shapely.get_coordinates(ring) for ring in shapely.get_rings(parts)]


def _flat(line: Floats) -> list[float]:
    flat: list[float] = np.round(line, DECIMALS).ravel().tolist()
    return flat
