"""The HTML map opens from a file, asks nobody, and runs nothing of the user's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from data.formats import write_plan
from geo.contiguity import borders, crossings
from geo.plan import plan_of, territory_table
from geo.study import make_study

HOSTILE = (
    "<img src=x onerror=window.fell=1>",
    "</script><script>window.fell=1</script>",
    "{{7*7}}${window.fell=1}`",
)


def test_hostile_names_are_shown_and_never_run(
    grid: gpd.GeoDataFrame,
    grid_accounts: gpd.GeoDataFrame,
    tmp_path: Path,
    open_page: Callable[..., Any],
) -> None:
    shared = borders(grid)
    accounts = grid_accounts.assign(name=HOSTILE[0])
    study = make_study(accounts, grid, shared, crossings(grid, shared))
    table = territory_table(["T1", "T2", "T3"]).assign(name=HOSTILE, rep_id=HOSTILE[1])
    plan = plan_of(study.table, np.repeat([0, 1, 2], 3), table, name=HOSTILE[1])
    path = write_plan(plan, study, tmp_path / "plan.html", accounts=True)
    page = open_page(path.as_uri())
    page.wait_for_selector("path.leaflet-interactive")
    assert page.inner_text("#title") == HOSTILE[1]
    assert page.locator("#rows tr").count() == 3
    assert page.locator("#rows").inner_text().count("{{7*7}}") == 1
    page.locator("path.leaflet-interactive").last.hover()
    assert page.inner_text(".leaflet-tooltip") == HOSTILE[0]
    page.locator("#rows tr").nth(1).click()
    page.fill("#find", "7*7")
    assert page.locator("#rows tr").count() == 1
    assert page.evaluate("window.fell") is None
