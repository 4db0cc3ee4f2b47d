"""A town on two banks of a river, with one bridge at its north end, and its study."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.contiguity import borders, crossings
from geo.plan import Plan, territory_table
from geo.study import Study, make_study
from routing.cache import load_roads
from routing.drive import RoadEngine
from tests.routing.towns import RESIDENTIAL, STEP, write_town

ROWS = 6


def river_engine(folder: Path) -> RoadEngine:
    """Give the roads: a street on each bank, and a bridge between their north ends.

    6 --- 16
    |     |
    5     15
    :     :
    1     11
    """
    nodes = {i: (0, i - 1) for i in range(1, ROWS + 1)}
    nodes |= {10 + i: (1, i - 1) for i in range(1, ROWS + 1)}
    west, east = [*range(1, ROWS + 1)], [10 + i for i in range(1, ROWS + 1)]
    ways = {
        1: (west, RESIDENTIAL),
        2: (east, RESIDENTIAL),
        3: ([ROWS, 10 + ROWS], RESIDENTIAL),
    }
    path = write_town(folder / "river.osm", nodes, ways)
    return RoadEngine(load_roads(path, profile="default"))


def river_study() -> Study:
    """Give twelve square units, w0 to w5 and e0 to e5 from the south, one account each.

    The river is the border between w and e.
    """
    ids, shapes, places = [], [], []
    for column, bank in enumerate("we"):
        for row in range(ROWS):
            ids.append(f"{bank}{row}")
            x, y = column * STEP, row * STEP
            half = STEP / 2
            shapes.append(shapely.box(x - half, y - half, x + half, y + half))
            places.append(shapely.Point(x, y))
    index = pd.Index(ids, name="unit_id", dtype="str")
    units = gpd.GeoDataFrame(
        {"name": ids, "state": ""}, index=index, geometry=shapes, crs="EPSG:4326"
    ).to_crs("EPSG:3857")
    units.attrs["unit_set"] = "square@test#0"
    accounts = gpd.GeoDataFrame(
        {"workload_h": np.ones(len(ids)), "unit_id": ids},
        index=pd.Index([f"a-{i}" for i in ids], name="account_id", dtype="str"),
        geometry=places,
        crs="EPSG:4326",
    ).to_crs("EPSG:3857")
    accounts = accounts.assign(name=accounts.index, owner="", territory="")
    touching = borders(units)
    return make_study(accounts, units, touching, crossings(units, touching))


def two_territories(study: Study) -> Plan:
    """Give South, the two southern rows of both banks, and North, the rest."""
    south = [str(unit)[1:] in ("0", "1") for unit in study.table.unit_id]
    territories = territory_table(["S", "N"])
    territories["name"] = ["South", "North"]
    return Plan(
        plan_id="p",
        name="Plan",
        unit_set=study.table.unit_set,
        unit_id=study.table.unit_id,
        assignment=np.where(south, 0, 1).astype(np.uint16),
        territories=territories,
    )
