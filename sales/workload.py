"""Work in hours: visits, the minutes they take, and the driving between them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.frames import WGS84, Accounts
from geo.units import local_crs
from routing.engine import drive_m, drive_s

CLASSES = ("A", "B", "C", "D")
"""Account classes by potential, else revenue: best first."""

CLASS_SHARES = (0.10, 0.20, 0.30, 0.40)
"""Share of the accounts in each class."""

CLASS_VISITS = (48.0, 24.0, 12.0, 4.0)
"""Visits a year where the accounts do not say: weekly to once a quarter."""

CLASS_VISIT_MIN = (60.0, 45.0, 30.0, 20.0)
"""Minutes of a visit where the accounts do not say."""

TOUR = 0.7124
"""Length of the shortest tour over the square root of area x points: Beardwood,
Halton & Hammersley 1959, doi:10.1017/S0305004100034095; the value is that of Johnson,
McGeoch & Rothberg 1996."""

FROM_FILE = "file"
"""What `travel_by` says of driving hours the accounts came with."""

NEIGHBORS = 8
"""The density around an account is measured to its so-manieth neighbour."""

LEAST_LEG_M, MOST_LEG_M = 500.0, 200_000.0
"""A leg is no shorter, as accounts placed at one ZIP point are not behind one door,
and no longer, as beyond it one flies or stays overnight."""


def workload(accounts: Accounts) -> Accounts:
    """Fill in the hours a year of every account: visits x (minutes + driving).

    What the accounts say stays; only missing cells are filled, and `assumed` names
    those that were filled from the class of the account (see `classes`):

    ======  ==================  ============  =========
    class   of the accounts     visits/yr     minutes
    ======  ==================  ============  =========
    A       best 10 %           48            60
    B       next 20 %           24            45
    C       next 30 %           12            30
    D       last 40 %           4             20
    ======  ==================  ============  =========

    ``visit_h = visits x visit_min / 60``, ``travel_h = visits x leg_h`` with the leg
    of `leg_s`, ``workload_h = visit_h + travel_h``. Hours add up over accounts.

    Parameters
    ----------
    accounts
        Points in any CRS. An account without a point drives the median leg.

    Returns
    -------
    Accounts
        With visits, visit_min, visit_h, travel_h, workload_h, assumed, and travel_by:
        "file" where the accounts said their driving hours, else "estimate" (see
        `sales.travel` for what replaces it).
    """
    assumed = assumptions(accounts)
    rank = classes(accounts)
    usual = rank.map(dict(zip(CLASSES, CLASS_VISITS, strict=True)))
    usual_min = rank.map(dict(zip(CLASSES, CLASS_VISIT_MIN, strict=True)))
    visits = _given(accounts, "visits").fillna(usual)
    minutes = _given(accounts, "visit_min").fillna(usual_min)
    visit_h = _given(accounts, "visit_h").fillna(visits * minutes / 60)
    leg_h = leg_s(accounts) / 3600
    said_h = _given(accounts, "travel_h")
    travel_h = said_h.fillna(visits * leg_h)
    by = pd.Series("estimate", accounts.index, dtype="str").mask(
        said_h.notna(), FROM_FILE
    )
    return accounts.assign(
        visits=visits,
        visit_min=minutes,
        visit_h=visit_h,
        travel_h=travel_h,
        workload_h=_given(accounts, "workload_h").fillna(visit_h + travel_h),
        assumed=assumed,
        travel_by=accounts.get("travel_by", by),
    )


def assumptions(accounts: Accounts) -> pd.Series:
    """Say which of visits and visit_min an account does not have: "visits;visit_min".

    An account that was filled before keeps what was said then.
    """
    said = pd.Series("", accounts.index, dtype="str")
    for field in ("visits", "visit_min"):
        missing = _given(accounts, field).isna()
        said = said.where(~missing, said + ";" + field)
    said = said.str.removeprefix(";")
    if "assumed" in accounts.columns:
        before = accounts["assumed"].fillna("").astype("str")
        said = said.where(said != "", before)
    return said


def classes(accounts: Accounts) -> pd.Series:
    """Give the class of each account, A to D, by its potential, else its revenue.

    The best tenth is A, the next fifth B, the next three tenths C. Equal accounts share
    a class (that of the middle of them), and one without either number is a C.
    """
    worth = _given(accounts, "potential").fillna(_given(accounts, "revenue"))
    above = 1 - (worth.rank(method="average") - 0.5) / max(1, int(worth.notna().sum()))
    limits = np.cumsum(CLASS_SHARES)[:-1]
    place = np.searchsorted(limits, above.fillna(0.5), side="left")
    return pd.Series(np.array(CLASSES)[place], accounts.index, dtype="str")


def leg_s(accounts: Accounts) -> pd.Series:
    """Estimate the seconds of driving one visit to each account costs.

    A tour through n points spread over an area is 0.7124 sqrt(area x n) long
    (Beardwood, Halton & Hammersley 1959), so a leg of it is 0.7124 sqrt(area / n); the
    area per account is that of the circle to the eighth neighbour, over eight (the
    continuous approximation: Daganzo 1984, Transportation Science 18(4)). Length
    becomes time by the straight-line estimate of `routing.engine`. The way from home
    to the first stop and back is not in it: it depends on the territory.

    Returns
    -------
    pandas.Series
        Seconds; the median of the others for an account without a point, that of the
        shortest leg when none has one.
    """
    placed = ~(accounts.geometry.isna() | accounts.geometry.is_empty)
    seconds = pd.Series(np.nan, accounts.index)
    points = accounts.geometry[placed]
    if len(points):
        degrees = points.to_crs(WGS84)
        xy = shapely.get_coordinates(degrees.to_crs(local_crs(degrees)))
        seconds[placed] = drive_s(_leg_m(xy))
    shortest = float(drive_s(np.array([LEAST_LEG_M]))[0])
    return seconds.fillna(seconds.median()).fillna(shortest)


def drive_m_of(accounts: Accounts) -> pd.Series:
    """Estimate the metres a year behind the driving hours of each account.

    The seconds of a visit's leg, travel_h / visits, are turned into metres by the
    straight-line estimate of `routing.engine`, read backwards.

    Parameters
    ----------
    accounts
        With travel_h (h/yr) and visits (1/yr).

    Returns
    -------
    pandas.Series
        Metres a year, 0 without visits.
    """
    crow_m = np.geomspace(1.0, 2e6, 2_000)
    visits = _given(accounts, "visits").to_numpy(np.float64)
    hours = _given(accounts, "travel_h").to_numpy(np.float64)
    visited = visits > 0
    seconds = np.where(visited, hours * 3600 / np.where(visited, visits, 1.0), 0.0)
    leg_m = np.interp(seconds, drive_s(crow_m), drive_m(crow_m), left=0.0)
    return pd.Series(np.nan_to_num(leg_m * visits), accounts.index)


def _leg_m(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    near = min(NEIGHBORS, len(xy) - 1)
    if near == 0:
        return np.full(len(xy), LEAST_LEG_M)
    reach_m = cKDTree(xy).query(xy, k=[near + 1])[0][:, 0]
    leg_m = TOUR * np.sqrt(np.pi * reach_m**2 / near)
    return np.asarray(np.clip(leg_m, LEAST_LEG_M, MOST_LEG_M))


def _given(accounts: Accounts, field: str) -> pd.Series:
    if field not in accounts.columns:
        return pd.Series(np.nan, accounts.index)
    given: pd.Series = pd.to_numeric(accounts[field])
    return given.astype("float64")
