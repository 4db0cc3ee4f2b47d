"""Pages run inside the tests' own process and leave it as they found it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pytest

from geo.contiguity import borders, crossings
from geo.plan import Plan, territory_table
from geo.study import Study, make_study


@pytest.fixture(autouse=True)
def main_is_kept() -> Iterator[None]:
    """Keep `__main__`: a page run by itself takes its place, and workers read it."""
    kept = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = kept


@pytest.fixture
def study(grid: gpd.GeoDataFrame, grid_accounts: gpd.GeoDataFrame) -> Study:
    """Nine units and their accounts."""
    shared = borders(grid)
    return make_study(grid_accounts, grid, shared, crossings(grid, shared))


@pytest.fixture
def plan(study: Study) -> Plan:
    """The west column is T01, the rest is T02."""
    return Plan(
        plan_id="p",
        name="Plan",
        unit_set=study.table.unit_set,
        unit_id=study.table.unit_id,
        assignment=np.array([0, 1, 1] * 3, dtype=np.uint16),
        territories=territory_table(["T01", "T02"]),
    )
