"""Driving hours of calendars replace the estimate, and add up to what reps drive."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.frames import STOPS, names
from routing.engine import StraightLine
from routing.rotation import Rotation, rotate
from routing.rules import RotationRules
from routing.timetable import as_stops
from sales.travel import Calendars, calibration, estimated_h, with_calendars, yearly_h
from sales.workload import workload
from tests.routing.reps import MONDAY, rep, scattered


def worked(n: int = 24, *, seed: int = 1) -> gpd.GeoDataFrame:
    """Accounts of two reps by turns, with their hours."""
    return workload(scattered(n, seed=seed)).assign(owner=["R1", "R2"] * (n // 2))


def made(accounts: gpd.GeoDataFrame, who: str, *, weeks: int = 4) -> Rotation:
    row = rep()
    row.name = who
    return rotate(
        accounts[accounts["owner"] == who],
        row,
        weeks=weeks,
        start=MONDAY,
        engine=StraightLine(),
        rules=RotationRules(rounds=10),
    )


def told(*rotations: Rotation) -> Calendars:
    return Calendars(
        pd.concat([r.stops for r in rotations], ignore_index=True),
        pd.Series({r.rep_id: float(r.weeks) for r in rotations}),
        pd.Series({a: r.rep_id for r in rotations for a in r.accounts}),
    )


NONE = Calendars(
    as_stops(pd.DataFrame(columns=names(STOPS))),
    pd.Series(dtype="float64"),
    pd.Series(dtype="str"),
)


def test_without_calendars_nothing_changes() -> None:
    accounts = worked()
    assert with_calendars(accounts, NONE) is accounts
    assert calibration(accounts, NONE) == 1.0


def test_a_rep_with_a_calendar_drives_what_it_says_and_others_in_proportion() -> None:
    accounts = worked()
    first = made(accounts, "R1")
    after = with_calendars(accounts, told(first))
    mine = accounts["owner"] == "R1"
    yearly = first.drive_s / 3600 * 52 / 4
    assert after["travel_h"][mine].sum() == pytest.approx(yearly)
    factor = yearly / estimated_h(accounts)[mine].sum()
    assert calibration(accounts, told(first)) == pytest.approx(factor)
    others = accounts["travel_h"][~mine] * factor
    assert after["travel_h"][~mine].to_numpy() == pytest.approx(others.to_numpy())
    assert set(after["travel_by"][mine]) == {"calendar"}
    assert set(after["travel_by"][~mine]) == {"calibrated"}
    gained = after["travel_h"] - accounts["travel_h"]
    assert (after["workload_h"] - accounts["workload_h"]).to_numpy() == pytest.approx(
        gained.to_numpy()
    )
    assert "calibrated" not in set(accounts["travel_by"])


def test_an_account_far_away_costs_more_than_its_neighbours() -> None:
    accounts = worked(12)
    accounts.loc["a00", "geometry"] = gpd.points_from_xy([1.6], [60.0])[0]
    accounts["visits"] = 13.0
    after = with_calendars(accounts, told(made(accounts, "R1")))
    mine = after[after["owner"] == "R1"]
    assert mine["travel_h"].idxmax() == "a00"
    assert mine["travel_h"]["a00"] > 2 * mine["travel_h"].median()


def test_hours_of_the_file_stay_where_there_is_no_calendar() -> None:
    accounts = scattered(4, seed=1).assign(travel_h=[np.nan, np.nan, 7.0, np.nan])
    accounts = workload(accounts).assign(owner=["R1", "R1", "R2", "R2"])
    assert accounts["travel_by"].tolist() == [*["estimate"] * 2, "file", "estimate"]
    after = with_calendars(accounts, told(made(accounts, "R1")))
    assert after["travel_h"]["a02"] == 7.0
    assert after["travel_by"].tolist() == [*["calendar"] * 2, "file", "calibrated"]


def test_accounts_that_move_take_their_hours_along() -> None:
    """The hours of an account do not depend on who owns it today."""
    accounts = worked()
    calendars = told(made(accounts, "R1"))
    before = with_calendars(accounts, calendars)
    swapped = accounts.assign(owner=accounts["owner"].to_numpy()[::-1])
    after = with_calendars(swapped, calendars)
    assert after["travel_h"].to_numpy() == pytest.approx(before["travel_h"].to_numpy())


def test_hours_of_accounts_that_left_are_not_given_to_those_that_stay() -> None:
    accounts = worked()
    calendars = told(made(accounts, "R1"))
    before = with_calendars(accounts, calendars)["travel_h"]
    mine = accounts.index[accounts["owner"] == "R1"]
    left = with_calendars(accounts.drop(mine[:4]), calendars)["travel_h"]
    assert left[mine[4:]].sum() == pytest.approx(before[mine[4:]].sum(), rel=0.25)
    assert left[mine[4:]].sum() < 0.95 * before[mine].sum()


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10**6), weeks=st.sampled_from([1, 4, 6]))
def test_laws_of_driving_hours(seed: int, weeks: int) -> None:
    accounts = worked(16, seed=seed)
    calendars = told(made(accounts, "R1", weeks=weeks), made(accounts, "R2"))
    after = with_calendars(accounts, calendars)
    sums = after.groupby("owner")["travel_h"].sum()
    for rep_id, hours in yearly_h(calendars).items():
        assert sums[rep_id] == pytest.approx(hours)
    assert (after["travel_h"] >= 0).all()
    # doing it twice is doing it once; without calendars the estimate comes back
    twice = with_calendars(after, calendars)
    assert twice["travel_h"].to_numpy() == pytest.approx(after["travel_h"].to_numpy())
    back = with_calendars(after, NONE)
    for field in ("travel_h", "workload_h"):
        assert back[field].to_numpy() == pytest.approx(accounts[field].to_numpy())
