"""Accounts find their reps, and several reps are done at a time."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

from data.rotations import Job, accounts_of, rotate_all
from geo.errors import InputError
from routing.rules import RotationRules
from tests.routing.reps import MONDAY, accounts, rep, scattered


def reps(*rows: tuple[str, str, str]) -> gpd.GeoDataFrame:
    """Reps of (id, name, territory)."""
    ids, names, grounds = zip(*rows, strict=True)
    table = {"name": names, "territory": grounds}
    return gpd.GeoDataFrame(table, index=list(ids), geometry=[None] * len(ids))


PAIR = reps(("R1", "Ann Roe", "East"), ("R2", "Rob Roe", "West"))


def test_owner_by_id_or_name_comes_before_territory() -> None:
    table = accounts([(0, 60)] * 5)
    table["owner"] = ["R1", " rob roe", "", "somebody", ""]
    table["territory"] = ["West", "East", "west", "West", ""]
    mine = accounts_of(table, PAIR)
    assert mine["R1"].tolist() == ["a00"]
    assert mine["R2"].tolist() == ["a01", "a02", "a03"]


def test_a_single_rep_has_all_accounts_that_name_nobody() -> None:
    table = accounts([(0, 60)] * 2)
    assert accounts_of(table, PAIR.iloc[:1])["R1"].tolist() == ["a00", "a01"]
    with pytest.raises(InputError, match="No account names one of the reps"):
        accounts_of(table, PAIR)


def test_two_processes_give_what_one_gives() -> None:
    rules = RotationRules(rounds=20)
    jobs = {
        i: Job(scattered(8, seed=k), rep(), 4, MONDAY, rules)
        for k, i in enumerate(("R1", "R2"))
    }
    told: list[str] = []
    both = rotate_all(jobs, report=lambda step, _: told.append(step), workers=2)
    alone = rotate_all(jobs, report=lambda *_: None, workers=1)
    assert list(both) == ["R1", "R2"]
    assert told == ["0 of 2 reps", "1 of 2 reps", "2 of 2 reps"]
    for rep_id, made in both.items():
        pd.testing.assert_frame_equal(made.stops, alone[rep_id].stops)
