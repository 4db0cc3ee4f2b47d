from __future__ import annotations

import pandas as pd
import pytest

from geo.edits import Edit
from ui.effects import effect_of, lead_column


@pytest.fixture
def before() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": ["East", "North", "West"],
            "accounts": [100.0, 80.0, 60.0],
            "revenue": [2e6, 1e6, 5e5],
            "workload_h": [1310.0, 920.0, 640.0],
            "load": [1.31, 0.92, 0.64],
            "share": [1.3, 0.9, 0.6],
        },
        index=["T01", "T02", "T03"],
    )


@pytest.fixture
def after(before: pd.DataFrame) -> pd.DataFrame:
    card = before.copy()
    card["accounts"] = [76.0, 104.0, 60.0]
    card["revenue"] = [1.59e6, 1.41e6, 5e5]
    card["workload_h"] = [1180.0, 960.0, 640.0]
    card["load"] = [1.18, 0.96, 0.64]
    return card


def test_a_move_is_said_in_one_sentence(
    before: pd.DataFrame, after: pd.DataFrame
) -> None:
    edit = Edit("e1", "move", ("a", "b", "c"), "T02", ("T01", "T01", "T01"))
    effect = effect_of(before, after, edit, kind="county")
    assert effect.sentence == (
        "Move 3 counties, 24 accounts, $410k from East to North: "
        "East 131 \u2192 118 %, North 92 \u2192 96 %"
    )
    assert list(effect.changes) == ["T01", "T02"]


def test_units_that_nobody_had_come_from_nobody(
    before: pd.DataFrame, after: pd.DataFrame
) -> None:
    edit = Edit("e1", "move", ("a",), "T02", ("",))
    sentence = effect_of(before, after, edit, kind="county").sentence
    assert sentence.startswith("Move 1 county, 24 accounts, $410k from nobody to North")


def test_an_edit_that_moves_no_account_says_so(before: pd.DataFrame) -> None:
    edit = Edit("e1", "move", ("a",), "T02", ("T01",))
    effect = effect_of(before, before, edit, kind="zip")
    assert effect.sentence == "Move 1 ZIP area, 0 accounts from East to North"
    assert effect.changes == {}


def test_a_merge_says_who_is_gone(before: pd.DataFrame) -> None:
    after = before.drop("T03")
    after.loc["T02", ["accounts", "revenue", "load"]] = [140.0, 1.5e6, 1.56]
    edit = Edit("e1", "merge", ("T03",), "T02")
    effect = effect_of(before, after, edit, kind="county")
    assert effect.sentence == (
        "Merge West into North, 60 accounts, $500k: West gone, North 92 \u2192 156 %"
    )


def test_without_hours_the_fair_share_leads(before: pd.DataFrame) -> None:
    assert lead_column(before) == "load"
    assert lead_column(before.assign(load=float("nan"))) == "share"


def test_a_territory_without_a_rep_is_said_in_hours(before: pd.DataFrame) -> None:
    bare = before.copy()
    bare.loc["T03", "load"] = float("nan")
    after = bare.copy()
    after.loc["T03", ["accounts", "workload_h"]] = [10.0, 90.0]
    after.loc["T02", ["accounts", "workload_h", "load"]] = [130.0, 1470.0, 1.47]
    edit = Edit("e1", "move", ("a",), "T02", ("T03",))
    effect = effect_of(bare, after, edit, kind="county")
    assert effect.changes == {"T02": "92 \u2192 147 %", "T03": "90 h"}


def test_a_rebalancing_says_how_much_moves_and_to_whom(
    before: pd.DataFrame, after: pd.DataFrame
) -> None:
    moves = {"units": {"T02": ["a", "b"], "T03": ["c"]}}
    edit = Edit("e1", "restore", ("a", "b", "c"), attrs=moves)
    assert effect_of(before, after, edit, kind="county").sentence.startswith(
        "Move 3 counties, 24 accounts, $410k to North and West: "
    )


def test_a_change_too_small_to_show_is_said_as_none(
    before: pd.DataFrame, after: pd.DataFrame
) -> None:
    after.loc["T02", "load"] = 0.921
    edit = Edit("e1", "move", ("a",), "T02", ("T01",))
    effect = effect_of(before, after, edit, kind="county")
    assert effect.changes["T02"] == "still 92 %"
