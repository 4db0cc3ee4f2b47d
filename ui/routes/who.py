"""Whose route it is: the rep, the accounts the plan gives them, and the roads there."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.roadbook import ENGINES_HELD, RoadFile, engine_of, road_file_for
from geo.frames import WGS84, Accounts
from geo.plan import owners
from routing.day import Day
from routing.drive import RoadEngine
from routing.engine import StraightLine, TravelEngine
from routing.memo import Remembered
from ui.session import Session

LUNCH_PAST_S = 6 * 3600.0
"""A shorter day has no lunch."""
MISSING_MIN = 30.0
"""Minutes of a visit where the account does not say."""


@dataclass(frozen=True, eq=False)
class Who:
    """A rep, what they own in the open plan, and how they drive.

    Parameters
    ----------
    rep_id, name
        Who it is.
    rep
        Their row of the reps, home in degrees.
    accounts
        Theirs in the open plan, in degrees, by id.
    lonlat
        Shape (n, 2): where those are; nan where not placed.
    home
        (lon, lat); the middle of the accounts where the rep has none.
    home_known
        Whether the rep has a home.
    territories
        Ids of the territories they own.
    engine
        Roads where a loaded network covers them, else the labelled estimate.
    roads
        That network, None for the estimate.
    woken, night
        The accounts near which a day begins and ends; "" for home.
    """

    rep_id: str
    name: str
    rep: pd.Series
    accounts: Accounts
    lonlat: NDArray[np.float64]
    home: tuple[float, float]
    home_known: bool
    territories: tuple[str, ...]
    engine: TravelEngine
    roads: RoadFile | None
    woken: str = ""
    night: str = ""

    @property
    def begin(self) -> tuple[float, float]:
        """Where the day begins, (lon, lat)."""
        return self._near(self.woken)

    @property
    def finish(self) -> tuple[float, float]:
        """Where the day ends, (lon, lat)."""
        return self._near(self.night)

    def _near(self, account_id: str) -> tuple[float, float]:
        if not account_id:
            return self.home
        point = self.accounts.geometry.at[account_id]
        return float(point.x), float(point.y)

    def called(self, account_id: str) -> str:
        """Give the name of an account."""
        return str(self.accounts["name"].at[account_id])

    @property
    def about(self) -> str:
        """Word before a figure that is only estimated."""
        return "about " if self.engine.estimated else ""


def reps_with_work(session: Session) -> dict[str, str]:
    """Give rep_id -> what to call them: those who own a territory of the plan first."""
    owning = set(session.plan.territories["rep_id"])
    names = session.reps["name"].astype("str")
    ordered = sorted(names.index, key=lambda rep_id: rep_id not in owning)
    return {str(rep_id): names[rep_id] or str(rep_id) for rep_id in ordered}


def who_of(session: Session, rep_id: str) -> Who:
    """Give a rep with the accounts of their territories."""
    reps = session.reps.to_crs(WGS84) if session.reps.crs else session.reps
    rep = reps.loc[rep_id]
    table = session.plan.territories
    mine = tuple(str(t) for t in table.index[table["rep_id"] == rep_id])
    owner = owners(session.plan, session.study.accounts)
    accounts = session.study.accounts[owner.isin(mine)].to_crs(WGS84)
    lonlat = lonlat_of(accounts)
    home, known = _home(rep, lonlat)
    points = np.vstack([lonlat, [home]])
    roads = road_file_for(session.home, points)
    return Who(
        rep_id=rep_id,
        name=str(rep["name"]) or rep_id,
        rep=rep,
        accounts=accounts,
        lonlat=lonlat,
        home=home,
        home_known=known,
        territories=mine,
        engine=StraightLine() if roads is None else remembered(engine_of(roads)),
        roads=roads,
    )


@lru_cache(maxsize=ENGINES_HELD)
def remembered(engine: RoadEngine) -> Remembered:
    """Give the engine with a memory, the same one each time."""
    return Remembered(engine)


def lonlat_of(accounts: Accounts) -> NDArray[np.float64]:
    """Give where accounts in degrees are, shape (n, 2); nan where not placed."""
    points = accounts.geometry
    return np.column_stack([points.x, points.y]).astype(np.float64)


def day_of(rep: pd.Series) -> Day:
    """Give the hours of a rep's day, 08:00 to 17:00 where they are not said."""
    start_s = seconds_of(str(rep.get("day_start") or ""), 8 * 3600.0)
    end_s = seconds_of(str(rep.get("day_end") or ""), 17 * 3600.0)
    if end_s <= start_s:
        start_s, end_s = 8 * 3600.0, 17 * 3600.0
    lunch_s = 1800.0 if end_s - start_s > LUNCH_PAST_S else 0.0
    return Day(start_s=start_s, return_by_s=end_s, lunch_s=lunch_s)


def seconds_of(text: str, default: float) -> float:
    """Give the seconds after midnight of "08:30"; the default if it is no time."""
    try:
        clock = dt.time.fromisoformat(text.strip())
    except ValueError:
        return default
    return clock.hour * 3600.0 + clock.minute * 60.0


def clock(seconds: float) -> str:
    """Give a time of day: 09:05; "+1" after midnight."""
    if not np.isfinite(seconds):
        return "-"
    minutes = round(seconds / 60)
    late = "+1" if minutes >= 24 * 60 else ""
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}{late}"


def _home(
    rep: pd.Series, lonlat: NDArray[np.float64]
) -> tuple[tuple[float, float], bool]:
    point = rep["geometry"]
    if point is not None and not point.is_empty:
        return (float(point.x), float(point.y)), True
    placed = lonlat[np.isfinite(lonlat).all(axis=1)]
    if not len(placed):
        return (np.nan, np.nan), False
    lon, lat = placed.mean(axis=0).tolist()
    return (lon, lat), False
