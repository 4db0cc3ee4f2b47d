"""Reps: who they are, where they live, the hours they have, and their fair share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from geo.errors import InputError, Issue, PlanError
from geo.frames import REPS, WGS84, Reps, Targets, names

FULL_TIME_H = 1408.0
"""Field hours a year of a full-time rep: 220 days x 8 h x 80 % of it in the field."""

WEEKS = 46
"""Working weeks of a year: a number of hours up to `MOST_WEEKLY_H` is a week's."""

MOST_WEEKLY_H, MOST_YEARLY_H = 80.0, 4000.0

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
        `FULL_TIME_H` x fte; up to 80 hours are a week's, times 46.
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
    texts = _texts(raw, columns)
    texts = texts[_named(texts, issues)]
    reps = texts.assign(name=texts["name"].where(texts["name"] != "", texts["rep_id"]))
    reps["fte"] = _shares(texts, issues)
    reps["capacity_h"] = _hours(texts, reps["fte"], issues)
    reps["quota"] = _numbers(texts, "quota", issues, least=0.0)
    for field, usual in (("day_start", "08:00"), ("day_end", "17:00")):
        reps[field] = _clock(texts, field, usual, issues)
    for field in ("active_from", "active_to"):
        reps[field] = _dates(texts, field, issues)
    home = gpd.GeoSeries(_homes(texts, issues), index=texts.index, crs=WGS84)
    reps = gpd.GeoDataFrame(reps, geometry=home).set_axis(_ids(texts, issues))
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


def _texts(raw: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    # One text column a field, index: the row as a person counts it.
    def text(cell: Any) -> str:
        return "" if pd.isna(cell) else str(cell).strip()

    empty = pd.Series("", raw.index)
    cells = {
        field: raw[columns[field]].map(text) if field in columns else empty
        for field in HEADINGS
    }
    rows = pd.RangeIndex(1, len(raw) + 1)
    return pd.DataFrame(cells).astype("str").set_axis(rows)


def _say(
    issues: list[Issue], kind: str, field: str, cells: pd.Series, message: str
) -> None:
    # The message is for people: {} stands for the cell.
    issues += [
        Issue(kind, int(row), field, cell, message.format(cell))
        for row, cell in zip(cells.index.to_numpy(), cells, strict=True)
    ]


def _named(texts: pd.DataFrame, issues: list[Issue]) -> pd.Series:
    named = (texts["name"] != "") | (texts["rep_id"] != "")
    nameless = texts.loc[~named, "name"]
    _say(issues, "no_name", "name", nameless, "No name; the row was left out.")
    if not named.any():
        raise InputError("No row names a rep", fix="Fill the column 'name'")
    return named


def _numbers(
    texts: pd.DataFrame,
    field: str,
    issues: list[Issue],
    *,
    least: float,
    most: float = np.inf,
) -> pd.Series:
    said = texts[field]
    numbers = said.map(_number).astype("float64")
    wrong = (said != "") & ~numbers.between(least, most)
    _say(issues, "bad_number", field, said[wrong], f"'{{}}' is no {field}; left empty.")
    return numbers.mask(wrong)


def _number(text: str) -> float:
    """Give "1,400", "1.400,5", "$1200" or "50 %" as a number, nan if it is none."""
    share = 0.01 if text.endswith("%") else 1.0
    digits = re.sub(r"[\s$€£%]", "", text)
    if "," in digits and digits.rfind(",") > digits.rfind("."):
        thousands = "." not in digits and re.fullmatch(r"-?\d+(,\d{3})+", digits)
        digits = digits.replace(".", "").replace(",", "" if thousands else ".")
    digits = digits.replace(",", "")
    try:
        return float(digits) * share
    except ValueError:
        return np.nan


def _shares(texts: pd.DataFrame, issues: list[Issue]) -> pd.Series:
    # 50 and "50 %" mean one half; 0.5 does too.
    fte = _numbers(texts, "fte", issues, least=0.0, most=100.0)
    fte = fte.where(fte <= 1.5, fte / 100)
    return fte.mask(fte <= 0).fillna(1.0)


def _hours(texts: pd.DataFrame, fte: pd.Series, issues: list[Issue]) -> pd.Series:
    field = "capacity_h"
    said = _numbers(texts, field, issues, least=1.0, most=MOST_YEARLY_H)
    weekly = said <= MOST_WEEKLY_H
    message = f"{{}} hours were taken as a week's: {WEEKS} weeks a year."
    _say(issues, "weekly_hours", field, texts.loc[weekly, field], message)
    message = f"No field hours; {FULL_TIME_H:.0f} a year for full time were taken."
    _say(issues, "assumed_hours", field, texts.loc[said.isna(), field], message)
    return said.where(~weekly, said * WEEKS).fillna(FULL_TIME_H * fte)


def _clock(
    texts: pd.DataFrame, field: str, usual: str, issues: list[Issue]
) -> pd.Series:
    said = texts[field].str.extract(r"^([01]?\d|2[0-3]):([0-5]\d)(?::\d\d)?$")
    time = said[0].str.zfill(2) + ":" + said[1]
    wrong = texts.loc[(texts[field] != "") & time.isna(), field]
    message = f"'{{}}' is no time of day like 08:30; {usual} was taken."
    _say(issues, "bad_time", field, wrong, message)
    return time.fillna(usual).astype("str")


def _dates(texts: pd.DataFrame, field: str, issues: list[Issue]) -> pd.Series:
    said = texts[field]
    dates = pd.to_datetime(said.where(said != ""), format="ISO8601", errors="coerce")
    wrong = said[(said != "") & dates.isna()]
    message = "'{}' is no date like 2026-01-31; left empty."
    _say(issues, "bad_date", field, wrong, message)
    return dates


def _homes(texts: pd.DataFrame, issues: list[Issue]) -> NDArray[np.object_]:
    lon = _numbers(texts, "lon", issues, least=-180.0, most=180.0)
    lat = _numbers(texts, "lat", issues, least=-90.0, most=90.0)
    half = lon.isna() != lat.isna()
    cells = texts.loc[half, "lon"] + ", " + texts.loc[half, "lat"]
    message = "'{}' is half a position; the home comes from the address."
    _say(issues, "bad_position", "geometry", cells, message)
    known = lon.notna() & lat.notna() & ((lon != 0) | (lat != 0))
    points = np.full(len(texts), None, dtype=object)
    points[known] = shapely.points(lon[known], lat[known])
    return points


def _ids(texts: pd.DataFrame, issues: list[Issue]) -> pd.Index:
    ids = texts["rep_id"].where(texts["rep_id"] != "", texts["name"])
    again = ids.groupby(ids).cumcount()
    message = "'{}' stands in several rows; each became a rep of its own."
    _say(issues, "duplicate_id", "rep_id", ids[again > 0], message)
    distinct = ids.where(again == 0, ids + " (" + (again + 1).astype("str") + ")")
    found: pd.Index = pd.Index(distinct.to_numpy(), dtype="str", name="rep_id")
    return found


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
