"""What roads say of an open plan: which answer, how far one drives, what they part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from weakref import WeakKeyDictionary

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from data.by_road import ByRoad
from data.roadbook import Coverage, RoadFile, coverage_of, engine_of, road_file_for
from data.task import reach_m
from geo.breaks import Break
from geo.costs import Distance
from geo.design import Result
from geo.frames import WGS84
from geo.plan import Plan, aligned_labels, name_of
from geo.study import Study
from routing.connection import Barriers, road_barriers, road_pieces
from routing.engine import StraightLine, crow_distance_m, drive_s
from routing.isochrones import isochrones
from ui import words
from ui.drives import homes_of
from ui.overlays import Overlay
from ui.session import Session

Point = tuple[float, float]

MINUTES = (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90)
"""Bands one can ask for."""
BANDS = 3
"""How many are shown at first."""
BAND_COLORS = ("#4b1d82", "#a1306f", "#e0603f", "#e9a13b", "#dcc95a", "#b9c58d")
"""Shortest first: dark to light, apart from each other for every eye."""
OUTSIDE_COLOR = "#c1121f"
CIRCLE = 90
"""Corners of the circle that stands for a band where no road is known."""
BANDS_KEPT = 64


@dataclass(frozen=True, eq=False)
class Start:
    """Where a drive can begin.

    Parameters
    ----------
    label
        "Ana's home" or "middle of North".
    at
        (lon, lat), degrees.
    """

    label: str
    at: Point


@dataclass(frozen=True, eq=False)
class Bands:
    """The ground within some minutes of a start.

    Parameters
    ----------
    table
        minutes and geometry (degrees), the shortest first.
    roads
        The network; None where it is the straight-line estimate.
    """

    table: gpd.GeoDataFrame
    roads: RoadFile | None


@dataclass(frozen=True)
class RoadsAsked:
    """A proposal that minimises minutes of driving.

    Parameters
    ----------
    file
        The network; None for the straight-line estimate.
    from_homes
        Whether drives begin at the reps' homes, else at the best unit.
    joined
        Whether the road must join the parts of a territory.
    """

    file: RoadFile | None
    from_homes: bool = False
    joined: bool = False

    def built(self) -> ByRoad:
        """Give what `data.propose.propose` takes; it reads the network.

        Raises
        ------
        InputError
            The network's file is gone or damaged.
        """
        engine = StraightLine() if self.file is None else engine_of(self.file)
        return ByRoad(engine, from_homes=self.from_homes, joined=self.joined)


_LONLAT: WeakKeyDictionary[Study, NDArray[np.float64]] = WeakKeyDictionary()
_COVERED: WeakKeyDictionary[Study, tuple[object, Coverage | None]]
_COVERED = WeakKeyDictionary()
_BARRIERS: WeakKeyDictionary[Study, tuple[RoadFile, Barriers]] = WeakKeyDictionary()
_APART: WeakKeyDictionary[Study, tuple[object, list[Break]]] = WeakKeyDictionary()


def lonlat_of(study: Study) -> NDArray[np.float64]:
    """Give where the accounts of a study are, shape (n, 2), degrees; nan if not."""
    if study not in _LONLAT:
        points = study.accounts.geometry.to_crs(WGS84)
        _LONLAT[study] = np.column_stack([points.x, points.y]).astype(np.float64)
    return _LONLAT[study]


def coverage(session: Session, files: Sequence[RoadFile]) -> Coverage | None:
    """Give the network that covers most accounts; None if none covers any.

    Parameters
    ----------
    files
        The networks at hand: found again when they change.
    """
    study, key = session.ground.study, tuple(files)
    known = _COVERED.get(study)
    if known is None or known[0] != key:
        known = key, coverage_of(session.home, lonlat_of(study))
        _COVERED[study] = known
    return known[1]


def extent_of(file: RoadFile) -> str:
    """Say how far a network reaches: "1.0 x 1.7 km, 2,185 stretches of road"."""
    west, south, east, north = file.extent
    middle = np.array([[west, (south + north) / 2], [(west + east) / 2, south]])
    far = np.array([[east, (south + north) / 2], [(west + east) / 2, north]])
    wide, high = np.diagonal(crow_distance_m(middle, far)) / 1000
    size = f"{words.short(wide)} \u00d7 {words.short(high)} km"
    return f"{size}, {words.count(file.edges)} stretches of road"


def starts(session: Session) -> dict[str, Start]:
    """Give where drives can begin: homes of reps, then middles of territories."""
    found = {}
    for rep_id, lon, lat in homes_of(session.reps) if len(session.reps) else ():
        if np.isfinite([lon, lat]).all():
            name = str(session.reps.at[rep_id, "name"]) or rep_id
            found[f"rep {rep_id}"] = Start(f"{name}, home", (lon, lat))
    study, plan = session.study, session.plan
    k = len(plan.territories)
    if not k:
        return found
    middles = Distance(study.table).recenter(aligned_labels(plan, study), k)
    points = gpd.GeoSeries(gpd.points_from_xy(*middles.T), crs=study.units.crs)
    for row, point in enumerate(points.to_crs(WGS84)):
        territory = str(plan.territories.index[row])
        if not point.is_empty and np.isfinite(point.x):
            label = f"{name_of(plan, territory)}, middle"
            found[f"territory {territory}"] = Start(label, (point.x, point.y))
    return found


def usual_minutes(found: Coverage | None) -> tuple[int, ...]:
    """Give the bands to begin with: as far as the network goes, at most 30 minutes."""
    if found is None:
        return (10, 20, 30)
    west, south, east, north = found.file.extent
    corners = np.array([[west, south], [east, north]])
    across = drive_s(crow_distance_m(corners[:1], corners[1:]))[0, 0] / 60
    fitting = [m for m in MINUTES if m <= min(max(across, MINUTES[BANDS - 1]), 30)]
    return tuple(fitting[-BANDS:])


def bands_around(session: Session, at: Point, minutes: Sequence[int]) -> Bands:
    """Draw the ground within some minutes of a point: by road, else estimated.

    Raises
    ------
    InputError
        No minutes are given, or the network's file is gone.
    """
    file = road_file_for(session.home, np.array([at]))
    return _bands(file, at, tuple(sorted(minutes)))


@lru_cache(maxsize=BANDS_KEPT)
def _bands(file: RoadFile | None, at: Point, minutes: tuple[int, ...]) -> Bands:
    if file is None:
        shapes = [_circle(at, reach_m(band)) for band in minutes]
        table = pd.DataFrame({"minutes": minutes})
        return Bands(gpd.GeoDataFrame(table, geometry=shapes, crs=WGS84), None)
    return Bands(isochrones(engine_of(file), at, minutes), file)


def _circle(at: Point, radius_m: float) -> shapely.Polygon:
    turn = np.linspace(0, 360, CIRCLE, endpoint=False)
    lon, lat = (np.full(CIRCLE, degree) for degree in at)
    x, y, _ = Geod(ellps="WGS84").fwd(lon, lat, turn, np.full(CIRCLE, radius_m))
    return shapely.Polygon(np.column_stack([x, y]))


def band_overlays(bands: Bands, start: Start) -> list[Overlay]:
    """Give bands as the map draws them, with the place they begin at."""
    about = "about " if bands.roads is None else ""
    rows = zip(bands.table["minutes"], bands.table.geometry, strict=True)
    laid = [
        Overlay("band", f"within {about}{words_of(m)}", _color(i), rings_of(shape), m)
        for i, (m, shape) in enumerate(rows)
    ]
    return [
        *laid,
        Overlay("point", start.label, BAND_COLORS[0], [np.array([start.at])]),
    ]


def words_of(minutes: float) -> str:
    """Give "1 minute", "20 minutes"."""
    return f"{minutes:g} minute" + ("" if minutes == 1 else "s")


def _color(band: int) -> str:
    return BAND_COLORS[min(band, len(BAND_COLORS) - 1)]


def rings_of(shape: shapely.Geometry) -> list[NDArray[np.float64]]:
    """Give the closed rings of polygons, holes among them; shape (p, 2) each."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    return [shapely.get_coordinates(ring) for ring in rings]


def band_rows(bands: Bands, lonlat: NDArray[np.float64]) -> pd.DataFrame:
    """Give what a reader without the map needs: accounts and km2 within each band.

    Parameters
    ----------
    lonlat
        Shape (n, 2), the accounts in degrees; rows with nan are in none.
    """
    geod = Geod(ellps="WGS84")
    shapes = bands.table.geometry.to_numpy()
    shapely.prepare(shapes)
    inside = [int(shapely.contains_xy(shape, *lonlat.T).sum()) for shape in shapes]
    area = [abs(geod.geometry_area_perimeter(shape)[0]) / 1e6 for shape in shapes]
    within = [words_of(m) for m in bands.table["minutes"]]
    return pd.DataFrame({"Within": within, "Accounts": inside, "km\u00b2": area})


def minutes_lines(result: Result, study: Study, asked: RoadsAsked) -> list[str]:
    """Say how long the drives of a proposal are, and what roads have to do with it."""
    weight = float(study.table.weight.sum())
    lines = []
    if weight > 0 and np.isfinite(result.objective):
        minutes = result.objective / weight
        start = "a rep's home" if asked.from_homes else "the middle of a territory"
        if asked.file is None:
            how = "about {} from {} to an account, estimated from straight lines"
        else:
            how = "{} by road from {} to an account"
        said = words_of(float(f"{minutes:.2g}"))
        lines.append(f"On average {how.format(said, start)}.")
    return lines + [f"{note.rstrip('.')}." for note in result.notes]


def outside_rows(session: Session, found: Coverage) -> pd.DataFrame:
    """List the accounts off a network: id, name, territory and how they lie to it."""
    accounts = session.ground.study.accounts[found.outside]
    west, south, east, north = found.file.extent
    lon, lat = lonlat_of(session.ground.study)[found.outside].T
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return pd.DataFrame(
        {
            "Account": accounts.index.astype("str"),
            "Name": accounts["name"].astype("str").to_numpy(),
            "Where": np.where(inside, "no road near", "outside the network"),
        }
    )


def outside_overlay(session: Session, found: Coverage) -> list[Overlay]:
    """Give the accounts off a network as points of the map."""
    at = lonlat_of(session.ground.study)[found.outside]
    label = "account off the road network"
    return [Overlay("point", label, OUTSIDE_COLOR, [at])] if len(at) else []


def parted(session: Session, file: RoadFile) -> list[Break]:
    """List the territories that are one polygon and in parts by road.

    Borders that no road crosses are looked for once a study and network.
    """
    study, plan = session.ground.study, session.plan
    key = parted_key(plan, file)
    known = _APART.get(study)
    if known is None or known[0] != key:
        engine = engine_of(file)
        shut = _BARRIERS.get(study)
        if shut is None or shut[0] != file:
            shut = _BARRIERS[study] = (file, road_barriers(study, engine))
        breaks = road_pieces(plan, study, engine, barriers=shut[1])
        known = _APART[study] = (key, breaks)
    return known[1]


def parted_known(session: Session, file: RoadFile) -> list[Break] | None:
    """Give what `parted` would, if it was asked about this plan before; else None."""
    known = _APART.get(session.ground.study)
    if known is None or known[0] != parted_key(session.plan, file):
        return None
    return known[1]


def parted_key(plan: Plan, file: RoadFile) -> object:
    """Name a plan's ground and a network: equal where the answer is the same."""
    return file, plan.plan_id, plan.assignment.tobytes(), tuple(plan.unit_id)
