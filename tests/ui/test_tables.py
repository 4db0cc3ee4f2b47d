from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo.plan import Plan, territory_table
from ui.tables import TODAY, account_rows, scorecard_rows, totals


@pytest.fixture
def card() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": ["East", "North", "West"],
            "accounts": [100.0, 80.0, 60.0],
            "revenue": [2e6, 1e6, 5e5],
            "workload_h": [1310.0, 920.0, 640.0],
            "capacity_h": [1000.0, 1000.0, np.nan],
            "load": [1.31, 0.92, np.nan],
            "share": [1.3, 0.9, 0.6],
            "moved_in_accounts": [0.0, 0.0, 0.0],
            "moved_out_accounts": [0.0, 0.0, 0.0],
        },
        index=["T01", "T02", "T03"],
    )


@pytest.fixture
def plan() -> Plan:
    return Plan(
        plan_id="p",
        name="P",
        unit_set="hex@1#a",
        unit_id=np.array(["u"], dtype=object),
        assignment=np.zeros(1, np.uint16),
        territories=territory_table(["T01", "T02", "T03"]),
    )


def test_the_most_loaded_come_first_and_those_without_hours_last(
    card: pd.DataFrame, plan: Plan
) -> None:
    reps = pd.DataFrame({"name": ["Ana"]}, index=["R1"])
    rows = scorecard_rows(card.loc[["T03", "T02", "T01"]], plan, reps, {})
    assert rows.index.tolist() == ["T01", "T02", "T03"]


def test_what_changed_against_today_is_a_column_once_something_has(
    card: pd.DataFrame, plan: Plan
) -> None:
    reps = pd.DataFrame({"name": ["Ana"]}, index=["R1"])
    assert TODAY not in scorecard_rows(card, plan, reps, {})
    swapped = card.assign(
        moved_in_accounts=[3.0, 3.0, 0.0], moved_out_accounts=[3.0, 3.0, 0.0]
    )
    assert scorecard_rows(swapped, plan, reps, {})[TODAY].tolist() == [0, 0, 0]
    rows = scorecard_rows(swapped, plan, reps, {"T02": "92 \u2192 96 %"})
    assert rows.loc["T02", "Change"] == "92 \u2192 96 %"
    assert rows.columns[-1] == TODAY


def test_the_totals_count_hours_only_where_there_is_somebody_to_work_them(
    card: pd.DataFrame,
) -> None:
    assert totals(card) == (
        "3 territories, 240 accounts, $3.5M revenue, 2,230 of 2,000 h used (112 %)"
    )
    alone = card.loc[["T03"]].assign(revenue=0.0)
    assert totals(alone) == "1 territory, 60 accounts"


def test_accounts_are_listed_by_revenue_with_the_columns_that_say_anything() -> None:
    accounts = gpd.GeoDataFrame(
        {
            "name": ["Alpha", "Beta", "Gamma"],
            "city": ["", "", ""],
            "revenue": [1.0, np.nan, 3.0],
        },
        index=pd.Index(["a", "b", "c"], name="account_id"),
        geometry=gpd.points_from_xy([0, 0, 0], [0, 0, 0]),
    )
    rows = account_rows(accounts, most=2)
    assert rows["Account"].tolist() == ["Gamma", "Alpha"]
    assert rows.columns.tolist() == ["Account", "Revenue"]
    bare = account_rows(accounts[["name", "geometry"]], most=5)
    assert bare["Account"].tolist() == ["Alpha", "Beta", "Gamma"]
