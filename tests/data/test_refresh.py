"""A newer export: new, gone, moved and changed accounts."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

from data.refresh import refresh
from geo.frames import Accounts


def made(rows: dict[str, tuple[float | None, str, float]]) -> Accounts:
    points = [
        None if lon is None else gpd.points_from_xy([lon], [40.0])[0]
        for lon, _, _ in rows.values()
    ]
    return gpd.GeoDataFrame(
        {
            "name": [name for _, name, _ in rows.values()],
            "revenue": [revenue for _, _, revenue in rows.values()],
            "match": "rooftop",
        },
        index=pd.Index(list(rows), name="account_id"),
        geometry=points,
        crs="EPSG:4326",
    )


@pytest.fixture
def old() -> Accounts:
    accounts = made(
        {
            "a": (-71.0, "Acme", 10.0),
            "b": (-72.0, "Bolt", 20.0),
            "c": (-73.0, "Cog", 30.0),
            "d": (None, "Dye", 40.0),
        }
    )
    return accounts.assign(
        unit_id=["u1", "u2", "u3", ""], travel_h=[1.0, 2.0, 3.0, 4.0]
    )


def test_each_account_is_new_gone_moved_changed_or_the_same(old: Accounts) -> None:
    new = made(
        {
            "d": (-74.0, "Dye", 40.0),
            "a": (-71.001, "Acme", 10.0),
            "b": (-75.0, "Bolt Foods", 25.0),
            "e": (-70.0, "Ewe", 5.0),
        }
    )
    before = old.copy()
    change = refresh(old, new)
    assert list(change.new) == ["e"]
    assert list(change.gone) == ["c"]
    assert list(change.moved) == ["d", "b"]
    assert change.changed.to_dict("records") == [
        {"account_id": "b", "field": "name", "before": "Bolt", "after": "Bolt Foods"},
        {"account_id": "b", "field": "revenue", "before": "20", "after": "25"},
    ]
    assert change.sentence == "1 new, 1 gone, 2 moved, 1 changed accounts"
    pd.testing.assert_frame_equal(old, before)


def test_units_stay_where_accounts_stay_and_hours_are_carried(old: Accounts) -> None:
    new = made({"a": (-71.001, "Acme", 10.0), "b": (-75.0, "Bolt", 20.0),
                "e": (-70.0, "Ewe", 5.0)})  # fmt: skip
    accounts = refresh(old, new).accounts
    assert accounts["unit_id"].to_list() == ["u1", "", ""]
    assert accounts["travel_h"].to_list()[:2] == [1.0, 2.0]
    assert accounts["travel_h"].isna().to_list() == [False, False, True]


def test_the_same_export_changes_nothing(old: Accounts) -> None:
    change = refresh(old, old)
    assert change.changed.empty
    assert len(change.new) + len(change.gone) + len(change.moved) == 0
    assert change.accounts["unit_id"].to_list() == old["unit_id"].to_list()


def test_projected_accounts_compare_with_degrees(old: Accounts) -> None:
    assert len(refresh(old.to_crs(5070), made({"a": (-71.0, "Acme", 10.0)})).moved) == 0
