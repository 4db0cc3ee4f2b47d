"""Reps: who they are, where they live, the hours they have, and their fair share."""

from __future__ import annotations

import re
from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geo.errors import InputError, Issue, PlanError
from geo.frames import REPS, WGS84, Reps, Targets, names
from sales.rep_cells import (
    clock,
    dates,
    homes,
    hours,
    ids,
    named,
    numbers,
    shares,
    texts_of,
)

HEADINGS: dict[str, tuple[str, ...]] = {
    "rep_id": ("rep id", "id", "employee id", "user id", "salesperson id", "owner id"),
    "name": (
        *("name", "rep", "rep name", "sales rep", "salesperson", "owner"),
        *("account owner", "full name", "employee", "user"),
    ),
    "territory": ("territory", "territory id", "region", "area", "district", "patch"),
    "capacity_h": (
        *("capacity h", "capacity", "hours", "field hours", "hours a year"),
        *("hours per year", "annual hours", "hours per week", "weekly hours"),
    ),
    "fte": ("fte", "share", "part time", "employment"),
    "day_start": ("day start", "start", "start of day"),
    "day_end": ("day end", "end", "end of day"),
    "timezone": ("timezone", "time zone", "tz"),
    "active_from": ("active from", "start date", "hired", "hire date"),
    "active_to": ("active to", "end date", "leaves"),
    "skills": ("skills", "skill", "products", "languages"),
    "quota": ("quota", "goal", "target", "sales goal"),
    "lon": ("lon", "lng", "long", "longitude", "home lon", "home longitude", "x"),
    "lat": ("lat", "latitude", "home lat", "home latitude", "y"),
    "street": ("street", "home street", "address", "home address"),
    "city": ("city", "home city", "home", "town"),
    "state": ("state", "home state"),
    "postal_code": (
        *("postal code", "zip", "home zip", "zip code", "postcode"),
        *("home postal code", "home postcode"),
    ),
    "country": ("country", "home country"),
}
"""Fields of a rep, and the headings they come under, best first."""

ADDRESS = ("street", "city", "state", "postal_code", "country")
"""Where a rep lives, when the table has no coordinates: for the geocoder."""


def rep_columns(headings: Iterable[str]) -> dict[str, str]:
    """Give the heading of each field of a rep that the table has, field -> heading."""
    plain = {_plain(heading): heading for heading in reversed([*map(str, headings)])}
    found: dict[str, str] = {}
    for field, aliases in HEADINGS.items():
        known = [plain[a] for a in (_plain(field), *aliases) if a in plain]
        free = [heading for heading in known if heading not in found.values()]
        if free:
            found[field] = free[0]
    return found


def clean_reps(raw: pd.DataFrame) -> tuple[Reps, list[Issue]]:
    """Read a table of reps: name, home, field hours, territory.

    Parameters
    ----------
    raw
        Cells of any kind; headings as people write them (see `HEADINGS`).

    Returns
    -------
    reps
        Columns `geo.frames.REPS` and the address, homes in degrees, empty where the
        table has no coordinates (left to the geocoder). Missing hours are
        `sales.rep_cells.FULL_TIME_H` x fte; up to 80 hours are a week's, times 46.
    issues
        One for each bad or doubtful cell.

    Raises
    ------
    InputError
        No rows, or no column with the name or id of the rep.
    """
    columns = rep_columns(raw.columns)
    if len(raw) == 0:
        raise InputError("There are no reps", fix="Add at least one row")
    if not {"name", "rep_id"} & set(columns):
        raise InputError(
            "No column holds the name of the rep",
            where=", ".join(map(str, raw.columns[:8])),
            fix="Call it 'name'",
        )
    issues: list[Issue] = []
    texts = texts_of(raw, columns, HEADINGS)
    texts = texts[named(texts, issues)]
    reps = texts.assign(name=texts["name"].where(texts["name"] != "", texts["rep_id"]))
    reps["fte"] = shares(texts, issues)
    reps["capacity_h"] = hours(texts, reps["fte"], issues)
    reps["quota"] = numbers(texts, "quota", issues, least=0.0)
    for field, usual in (("day_start", "08:00"), ("day_end", "17:00")):
        reps[field] = clock(texts, field, usual, issues)
    for field in ("active_from", "active_to"):
        reps[field] = dates(texts, field, issues)
    home = gpd.GeoSeries(homes(texts, issues), index=texts.index, crs=WGS84)
    reps = gpd.GeoDataFrame(reps, geometry=home).set_axis(ids(texts, issues))
    return reps[[*names(REPS)[1:-1], *ADDRESS, "geometry"]], issues


def targets_of(
    totals: dict[str, float],
    reps: Reps | None,
    *,
    k: int,
    tolerance: dict[str, float],
    crs: pyproj.CRS | str | None = None,
) -> Targets:
    """Give each of k territories its fair share: as the hours of its reps.

    A half-time rep gets half. Reps of one territory put their hours together; a
    territory without a rep gets the mean hours of the others. A rep without a
    territory, and a territory without a rep, get the next free id: T01, T02, ...

    Parameters
    ----------
    totals
        Sum of each measure over all units.
    reps
        None gives k equal shares.
    tolerance
        Share of the target a load may miss it by, per measure: 0.1 is 10 %.
    crs
        CRS of the units. Homes are brought to it; without it, homes in degrees are
        left out.

    Returns
    -------
    Targets
        Sorted by territory_id; home_x, home_y is the home of its first rep.

    Raises
    ------
    PlanError
        When k is less than 1 or than the number of the reps' territories, a tolerance
        is missing or negative, or no rep has hours.
    """
    _refuse_targets(totals, k, tolerance)
    ground = _by_territory(reps, k, crs)
    share = ground["capacity_h"] / ground["capacity_h"].sum()
    columns: dict[str, object] = {}
    for measure, total in totals.items():
        target = total * share
        columns[f"lower_{measure}"] = target * (1 - tolerance[measure])
        columns[f"target_{measure}"] = target
        columns[f"upper_{measure}"] = target * (1 + tolerance[measure])
    columns |= {"home_x": ground["x"], "home_y": ground["y"], "locked": False}
    return pd.DataFrame(columns, index=ground.index)


def load_share(workload_h: pd.Series, capacity_h: pd.Series) -> pd.Series:
    """Give the share of their hours that territories need: 1.31 is 131 %.

    Parameters
    ----------
    workload_h, capacity_h
        Index territory_id; the result follows the first.

    Returns
    -------
    pandas.Series
        nan where there are no hours.
    """
    hours = capacity_h.reindex(workload_h.index).astype("float64")
    return workload_h / hours.where(hours > 0)


def _plain(heading: str) -> str:
    return re.sub(r"[\W_]+", " ", str(heading)).strip().lower()


def _refuse_targets(
    totals: dict[str, float], k: int, tolerance: dict[str, float]
) -> None:
    if k < 1:
        raise PlanError(f"{k} territories are none", fix="Ask for at least 1")
    for measure in totals:
        slack = tolerance.get(measure)
        if slack is None or not slack >= 0:
            raise PlanError(
                f"'{measure}' has no tolerance",
                fix="Give a share of 0 or more, such as 0.10",
            )


def _by_territory(
    reps: Reps | None, k: int, crs: pyproj.CRS | str | None
) -> pd.DataFrame:
    # capacity_h, x and y of k territories, sorted by id.
    none = pd.DataFrame({"territory": [], "capacity_h": [], "x": [], "y": []})
    people = none if reps is None else _homes_in(reps, crs)
    said = people["territory"].astype("str")
    ids = [*said[said != ""].unique()]
    vacant = iter(_free_ids(ids, k, k + len(people)))
    people["territory"] = [name or next(vacant) for name in said]
    owned = people.groupby("territory", sort=False)
    ground = owned.agg({"capacity_h": "sum", "x": "first", "y": "first"})
    if len(ground) > k:
        raise PlanError(
            f"The reps have {len(ground)} territories, the plan has {k}",
            fix=f"Plan {len(ground)} territories, or remove reps",
        )
    if len(ground) and not ground["capacity_h"].sum() > 0:
        raise PlanError("No rep has field hours", fix="Fill in their hours")
    spare = [next(vacant) for _ in range(k - len(ground))]
    mean_h = ground["capacity_h"].mean() if len(ground) else 1.0
    ground = ground.reindex([*ground.index, *spare]).fillna({"capacity_h": mean_h})
    ground.index = pd.Index(ground.index, dtype="str", name="territory_id")
    return ground.astype("float64").sort_index()


def _homes_in(reps: Reps, crs: pyproj.CRS | str | None) -> pd.DataFrame:
    homes = reps.geometry if crs is None else reps.geometry.to_crs(crs)
    xy = np.full((len(reps), 2), np.nan)
    if not homes.crs.is_geographic:
        found, rows = shapely.get_coordinates(np.asarray(homes), return_index=True)
        xy[rows] = found
    columns = {"territory": reps["territory"].fillna(""), "capacity_h": 0.0}
    people = pd.DataFrame(columns | {"x": xy[:, 0], "y": xy[:, 1]}, index=reps.index)
    people["capacity_h"] = reps["capacity_h"].fillna(0.0).astype("float64")
    return people.sort_index()


def _free_ids(taken: list[str], k: int, count: int) -> list[str]:
    width = max(2, len(str(k)))
    numbered = (f"T{i:0{width}d}" for i in range(1, count + len(taken) + 1))
    return [name for name in numbered if name not in set(taken)]
