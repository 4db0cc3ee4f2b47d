"""Reps as a table to edit in place: name, home, hours, territory."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from data.boundaries import gazetteer
from data.geocode import Offline
from data.rep_homes import ROUGH, placed_homes
from geo.edits import Edit, assign_rep
from geo.errors import InputError
from geo.frames import REPS, WGS84, Reps, names
from geo.plan import Plan
from sales.reps import clean_reps
from ui.intake import table_of
from ui.session import Session, commit, edit_reps

NAME, HOME, HOURS, TERRITORY, LOAD = "Name", "Home", "Hours a year", "Territory", "Load"
VACANT = "none"
NEAR_DEG = 0.3
"""A town further away than this, in degrees, does not name a home."""


def rep_rows(session: Session) -> pd.DataFrame:
    """Give the reps as shown: index rep_id, columns Name, Home, Hours, Territory, Load.

    The territory is the one the plan gives the rep; the load is that territory's.
    """
    owned = owned_territory(session.plan)
    table = session.plan.territories
    territory = owned.reindex(session.reps.index)
    return pd.DataFrame(
        {
            NAME: session.reps["name"].astype("str"),
            HOME: homes(session.reps),
            HOURS: session.reps["capacity_h"].astype("float64"),
            TERRITORY: territory.map(table["name"]).fillna(VACANT).astype("str"),
            LOAD: territory.map(session.card["load"]).astype("float64"),
        },
        index=session.reps.index,
    )


def owned_territory(plan: Plan) -> pd.Series:
    """Give the first territory of each rep that has one: rep_id -> territory_id."""
    rep_id = plan.territories["rep_id"]
    mine = rep_id[rep_id != ""]
    owned = pd.Series(mine.index.to_numpy(), index=mine.to_numpy(), dtype="str")
    return owned[~owned.index.duplicated()]


def homes(reps: Reps) -> pd.Series:
    """Give each home in words: as typed, else the town it is in."""
    said = reps["home"].fillna("") if "home" in reps else pd.Series("", reps.index)
    points = reps.geometry.to_crs(WGS84) if reps.crs else reps.geometry
    known = ~(points.isna() | points.is_empty)
    place = pd.Series(_towns(points[known]), index=reps.index[known], dtype="str")
    place = place.reindex(reps.index).fillna("")
    return said.astype("str").mask(said == "", place)


def _towns(points: gpd.GeoSeries) -> list[str]:
    """Give the town nearest to each point, its coordinates far from any."""
    if points.empty:
        return []
    zips = gazetteer()
    xy = np.column_stack([points.x, points.y])
    away, rows = KDTree(zips[["lon", "lat"]].to_numpy()).query(xy)
    towns = zips.iloc[rows]
    return [
        f"{city}, {state}" if near < NEAR_DEG else f"{y:.3f}, {x:.3f}"
        for city, state, near, (x, y) in zip(
            towns["city"], towns["state"], away, xy, strict=True
        )
    ]


def change_reps(session: Session, rows: pd.DataFrame) -> Session:
    """Take over the table as edited: new reps, changed cells, territories given.

    Raises
    ------
    InputError
        A home is not known, a name is empty, or a territory is given twice.
    """
    rows = rows[~rows[NAME].isna() | ~rows[HOME].isna() | ~rows[HOURS].isna()]
    rows = _with_ids(rows)
    if (rows[NAME].fillna("").str.strip() == "").any():
        raise InputError("A rep has no name", fix="Type one")
    reps = _reps(session.reps, rows)
    changed = edit_reps(session, reps)
    for edit in _given(session.plan, rows):
        changed = commit(changed, edit)
    return changed


def read_reps(session: Session, name: str, content: bytes) -> Session:
    """Take over the reps of a file; the plan keeps its territories.

    Raises
    ------
    InputError
        The file cannot be read or has no rep.
    """
    reps, _ = clean_reps(table_of(name, content))
    if not len(reps):
        raise InputError("The file has no rep that can be used", where=name)
    changed = edit_reps(session, placed_homes(reps).to_crs(session.reps.crs))
    table = session.plan.territories
    id_of = pd.Series(table.index, index=table["name"]).to_dict()
    id_of |= {i: i for i in table.index}
    for rep_id, said in reps["territory"].items():
        if said in id_of and table.at[id_of[said], "rep_id"] != rep_id:
            changed = commit(changed, assign_rep(id_of[said], to=str(rep_id)))
    return changed


def _with_ids(rows: pd.DataFrame) -> pd.DataFrame:
    """Give rows added in the table an id of their own."""
    taken = {str(i) for i in rows.index}
    ids, number = [], 1
    for label in rows.index:
        if isinstance(label, str) and label:
            ids.append(label)
            continue
        while f"R{number:02d}" in taken:
            number += 1
        taken.add(f"R{number:02d}")
        ids.append(f"R{number:02d}")
    return rows.set_axis(pd.Index(ids, name="rep_id", dtype="str"))


def _reps(old: Reps, rows: pd.DataFrame) -> Reps:
    """Give the reps with the cells of the table; homes that changed are placed."""
    reps = old.reindex(rows.index)
    reps["name"] = rows[NAME].astype("str").str.strip()
    reps["capacity_h"] = rows[HOURS].astype("float64")
    said = rows[HOME].fillna("").astype("str").str.strip()
    moved = said != homes(old).reindex(rows.index).fillna("")
    reps["home"] = said
    points = gpd.GeoSeries(reps.geometry, crs=old.crs)
    if moved.any():
        points[moved] = place_homes(said[moved]).to_crs(old.crs)
    text = [c for c in names(REPS) if c in reps and reps[c].dtype == object]
    return reps.set_geometry(points).fillna(dict.fromkeys(text, ""))


def place_homes(said: pd.Series) -> gpd.GeoSeries:
    """Give the point of each home: a ZIP, "City, ST" or "latitude, longitude".

    Raises
    ------
    InputError
        A home is not known.
    """
    parts = [text.rpartition(",") for text in said]
    first = pd.Series([(p[0] or p[2]).strip() for p in parts], said.index, dtype="str")
    second = pd.Series(
        [p[2].strip() if p[0] else "" for p in parts], said.index, dtype="str"
    )
    numbers = (
        pd.to_numeric(first, errors="coerce"),
        pd.to_numeric(second, errors="coerce"),
    )
    degrees = numbers[0].notna() & numbers[1].notna()
    postal = said.where(said.str.fullmatch(r"\d{5}(-\d{4})?"), "").str[:5]
    addresses = pd.DataFrame(
        {
            "street": "",
            "city": first.where((second != "") & ~degrees, ""),
            "state": second.where(~degrees, "").str.upper(),
            "county": "",
            "postal_code": postal,
            "country": "US",
        },
        index=said.index,
    )
    found = Offline().place(addresses)
    lon = np.where(degrees, numbers[1], found["lon"])
    lat = np.where(degrees, numbers[0], found["lat"])
    lost = said[
        (said != "") & (np.isnan(lon) | (found["match"].isin(ROUGH) & ~degrees))
    ]
    if len(lost):
        raise InputError(
            f"The home '{lost.iloc[0]}' is not known",
            where=f"rep {lost.index[0]}",
            fix="Write a ZIP such as 43201, or a city and state such as Columbus, OH",
        )
    points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), index=said.index, crs=WGS84)
    return points.mask(said == "", None)


def give(session: Session, territory_id: str, rep_id: str) -> Session:
    """Give a territory to a rep; "" for nobody."""
    return commit(session, assign_rep(territory_id, to=rep_id))


def _given(plan: Plan, rows: pd.DataFrame) -> list[Edit]:
    """Give the edits that hand territories to reps as the table says."""
    id_of = pd.Series(plan.territories.index, index=plan.territories["name"])
    wanted = rows[TERRITORY].fillna(VACANT)
    named = wanted[wanted != VACANT]
    twice = named[named.duplicated()]
    if len(twice):
        raise InputError(
            f"{twice.iloc[0]} is given to two reps", fix="Set one of them to none"
        )
    owned = owned_territory(plan)
    edits = []
    for rep_id, name in wanted.items():
        had = owned.get(rep_id, "")
        gets = "" if name == VACANT else str(id_of[name])
        if gets == had:
            continue
        if had and had not in set(id_of.reindex(named).dropna()):
            edits.append(assign_rep(had, to=""))
        if gets:
            edits.append(assign_rep(gets, to=str(rep_id)))
    return edits
