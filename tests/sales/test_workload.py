"""Hours by eye, and the laws of hours."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.engine import drive_s
from sales.workload import (
    LEAST_LEG_M,
    MOST_LEG_M,
    assumptions,
    classes,
    leg_s,
    workload,
)


def accounts_of(points: list[tuple[float, float] | None], **columns: object):
    """Accounts a0, a1, ... at points in metres of EPSG:5070; None has no place."""
    shapes = [None if p is None else shapely.Point(p) for p in points]
    ids = pd.Index([f"a{i}" for i in range(len(points))], name="account_id")
    return gpd.GeoDataFrame(columns, index=ids, geometry=shapes, crs="EPSG:5070")


def test_hours_are_visits_times_minutes_and_driving() -> None:
    accounts = accounts_of([(0, 0), (0, 0)], visits=[12.0, 0.0], visit_min=[30.0, 60.0])
    filled = workload(accounts)
    leg_h = float(drive_s(np.array([LEAST_LEG_M]))[0]) / 3600
    assert filled["visit_h"].tolist() == [6.0, 0.0]
    assert filled["travel_h"].tolist() == pytest.approx([12 * leg_h, 0.0])
    assert filled["workload_h"].tolist() == pytest.approx([6 + 12 * leg_h, 0.0])
    assert filled["assumed"].tolist() == ["", ""]
    assert "workload_h" not in accounts.columns


def test_missing_visits_come_from_the_class_and_are_named() -> None:
    accounts = accounts_of(
        [(0, 0)] * 10,
        potential=[100.0, 90, 80, 70, 60, 50, 40, 30, 20, 10],
        visits=[np.nan] * 9 + [7.0],
        visit_min=[np.nan, 15.0] + [np.nan] * 8,
    )
    filled = workload(accounts)
    assert filled["visits"].tolist() == [48, 24, 24, 12, 12, 12, 4, 4, 4, 7]
    assert filled["visit_min"].tolist() == [60, 15, 45, 30, 30, 30, 20, 20, 20, 20]
    assert filled["assumed"].tolist() == [
        "visits;visit_min",
        "visits",
        *["visits;visit_min"] * 7,
        "visit_min",
    ]
    assert (assumptions(accounts) == filled["assumed"]).all()


def test_classes_follow_potential_else_revenue() -> None:
    accounts = accounts_of(
        [(0, 0)] * 4,
        potential=[np.nan, 5.0, 1.0, np.nan],
        revenue=[900.0, 1000.0, 1000.0, np.nan],
    )
    assert classes(accounts).tolist() == ["B", "C", "D", "C"]


def test_equal_accounts_share_a_class_and_unknown_ones_are_c() -> None:
    assert set(classes(accounts_of([(0, 0)] * 9, revenue=[5.0] * 9))) == {"C"}
    assert set(classes(accounts_of([(0, 0)] * 9))) == {"C"}


def test_what_the_accounts_say_stays() -> None:
    accounts = accounts_of(
        [(0, 0), (0, 0)],
        visits=[2.0, 2.0],
        workload_h=[99.0, np.nan],
        travel_h=[5.0, 5],
    )
    filled = workload(accounts)
    assert filled["workload_h"].iloc[0] == 99.0
    assert filled["workload_h"].iloc[1] == filled["visit_h"].iloc[1] + 5.0


def test_the_leg_of_a_dense_field_is_the_tour_constant() -> None:
    metres = 2000.0
    spots = [(x * metres, y * metres) for x in range(40) for y in range(40)]
    seconds = leg_s(accounts_of(spots))
    middle = seconds.to_numpy().reshape(40, 40)[10:30, 10:30]
    expected = float(drive_s(np.array([0.7124 * metres]))[0])
    # On a square lattice the eighth neighbour is at the corner, a little too far.
    assert middle.mean() == pytest.approx(expected, rel=0.25)


def test_thinner_ground_means_longer_legs() -> None:
    spots = np.random.default_rng(3).uniform(0, 40_000, (200, 2))
    near = leg_s(accounts_of([tuple(p) for p in spots.tolist()])).mean()
    far = leg_s(accounts_of([tuple(p) for p in (spots * 5).tolist()])).mean()
    assert far > 2 * near


def test_a_leg_stays_within_its_bounds() -> None:
    shortest, longest = drive_s(np.array([LEAST_LEG_M, MOST_LEG_M]))
    assert leg_s(accounts_of([(0, 0)])).tolist() == [shortest]
    assert leg_s(accounts_of([(0, 0)] * 30)).tolist() == [shortest] * 30
    assert leg_s(accounts_of([(0, 0), (2e6, 0)])).tolist() == [longest] * 2


def test_an_account_without_a_place_drives_the_median_leg() -> None:
    seconds = leg_s(accounts_of([(0, 0), None, (9000, 0), (0, 90_000)]))
    assert seconds["a1"] == seconds.drop("a1").median()
    nowhere = leg_s(accounts_of([None, None]))
    assert nowhere.tolist() == drive_s(np.array([LEAST_LEG_M] * 2)).tolist()


@given(seed=st.integers(0, 10_000), n=st.integers(1, 60))
@settings(max_examples=30, deadline=None)
def test_filling_twice_is_filling_once_in_any_order(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    accounts = accounts_of(
        [tuple(p) for p in rng.uniform(0, 90_000, (n, 2)).tolist()],
        revenue=np.where(rng.random(n) < 0.2, np.nan, rng.lognormal(9, 1, n)),
        visits=np.where(rng.random(n) < 0.5, np.nan, rng.integers(0, 50, n)),
    )
    once = workload(accounts)
    assert (once["workload_h"] == once["visit_h"] + once["travel_h"]).all()
    assert np.isfinite(once["workload_h"]).all()
    pd.testing.assert_frame_equal(workload(once), once)
    mixed = workload(accounts.iloc[rng.permutation(n)]).loc[once.index]
    assert mixed["workload_h"].to_numpy() == pytest.approx(
        once["workload_h"].to_numpy()
    )
