"""A plan over the 3x3 grid:

B B C
A B C
A A C
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

from geo.contiguity import borders, crossings
from geo.plan import Plan, plan_of, territory_table
from geo.study import Study, make_study

LABELS = np.array([0, 0, 2, 0, 1, 2, 1, 1, 2])


@pytest.fixture
def ground(grid: gpd.GeoDataFrame, grid_accounts: gpd.GeoDataFrame) -> Study:
    near = borders(grid)
    return make_study(grid_accounts, grid, near, crossings(grid, near))


@pytest.fixture
def plan(ground: Study) -> Plan:
    table = territory_table(["A", "B", "C"])
    table["name"] = ["Ash", "Birch", "Cedar"]
    table["color"] = ["#0072b2", "#e69f00", "#009e73"]
    return plan_of(ground.table, LABELS, table, plan_id="p", name="Draft")
