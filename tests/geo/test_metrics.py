"""Scorecards by eye on the grid, and as sums that must hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.changes import overrides_of
from geo.edits import apply, cut, merge, move, override
from geo.frames import equal_targets
from geo.metrics import (
    compactness,
    disruption,
    lead_measure,
    scorecard,
    summary,
    territory_loads,
)
from geo.plan import Plan, no_overrides, owners, plan_of, territory_table
from geo.study import Study, effective
from tests.geo.test_edits import MIDDLE


@pytest.fixture
def reps() -> pd.DataFrame:
    ids = pd.Index(["r1", "r2"], name="rep_id")
    return pd.DataFrame({"capacity_h": [24.0, 72.0]}, index=ids)


@pytest.fixture
def staffed(plan: Plan) -> Plan:
    return replace(plan, territories=plan.territories.assign(rep_id=["r1", "r2", ""]))


def test_a_scorecard_by_eye(plan: Plan, ground: Study) -> None:
    card = scorecard(plan, ground)
    assert card.index.to_list() == ["A", "B", "C"]
    assert card["name"].to_list() == ["Ash", "Birch", "Cedar"]
    assert card["accounts"].to_list() == [3.0, 3.0, 3.0]
    assert card["workload_h"].to_list() == [36.0, 36.0, 36.0]
    assert card["revenue"].to_list() == [3000.0, 3000.0, 3000.0]
    assert card["area_km2"].to_list() == [3.0, 3.0, 3.0]
    assert card["pieces"].to_list() == [1, 1, 1]
    assert card["units"].to_list() == [3, 3, 3]
    assert card["share"].tolist() == pytest.approx([1.0, 1.0, 1.0])
    assert card["load"].isna().all()
    assert card["compactness"].tolist() == pytest.approx([12 * np.pi / 64] * 3)


def test_load_is_hours_of_the_reps_hours(
    staffed: Plan, ground: Study, reps: pd.DataFrame
) -> None:
    card = scorecard(staffed, ground, reps=reps)
    assert card["capacity_h"].tolist()[:2] == [24.0, 72.0]
    assert card["load"].tolist()[:2] == [1.5, 0.5]
    assert pd.isna(card.loc["C", "load"])


def test_a_fair_share_follows_the_reps_hours(
    plan: Plan, ground: Study, reps: pd.DataFrame
) -> None:
    two, _ = apply(plan, merge(["C"], to="B"))
    two = replace(two, territories=two.territories.assign(rep_id=["r1", "r2"]))
    card = scorecard(two, ground, reps=reps)
    assert card["share"].tolist() == pytest.approx([36 / 27, 72 / 81])


def test_targets_give_deviations(plan: Plan, ground: Study) -> None:
    targets = equal_targets(
        3, {"workload_h": 108.0, "accounts": 9.0}, {"workload_h": 0.1, "accounts": 0.1}
    ).set_axis(["A", "B", "C"])
    after, _ = apply(plan, move(["u11"], to="A"))
    card = scorecard(after, ground, targets=targets)
    assert card["workload_h_deviation"].tolist() == pytest.approx([1 / 3, -1 / 3, 0.0])
    assert card["accounts_deviation"].tolist() == pytest.approx([1 / 3, -1 / 3, 0.0])
    assert card["share"].tolist() == pytest.approx([4 / 3, 2 / 3, 1.0])


def test_parts_and_holes_show_in_pieces(plan: Plan, ground: Study) -> None:
    after, _ = apply(plan, move(["u22"], to="A"))
    assert scorecard(after, ground)["pieces"].to_list() == [2, 1, 1]
    empty, _ = apply(plan, move(["u00", "u01", "u10"], to="B"))
    card = scorecard(empty, ground)
    assert card["pieces"].to_list() == [0, 1, 1]
    assert card.loc["A", "area_km2"] == 0.0
    assert pd.isna(card.loc["A", "compactness"])


def test_a_square_is_less_compact_than_a_disc() -> None:
    area, outline = np.array([1.0, np.pi, 1.0]), np.array([4.0, 2 * np.pi, 0.0])
    score = compactness(area, outline)
    assert score[:2].tolist() == pytest.approx([np.pi / 4, 1.0])
    assert np.isnan(score[2])


def test_an_exception_carries_its_load_along_or_leaves_it(
    plan: Plan, ground: Study
) -> None:
    table = overrides_of({"a00": ["C", True], "a11": ["C", False], "a22": ["", True]})
    card = scorecard(replace(plan, overrides=table), ground)
    assert card["accounts"].to_list() == [2.0, 2.0, 3.0]
    assert card["workload_h"].to_list() == [24.0, 24.0, 36.0]


def test_an_account_on_no_unit_counts_where_an_exception_puts_it(
    plan: Plan, ground: Study
) -> None:
    unit = ground.account_unit.copy()
    unit[0] = -1
    loads = ground.table.loads.copy()
    loads[0] = 0.0
    study = replace(ground, account_unit=unit, table=replace(ground.table, loads=loads))
    assert territory_loads(plan, study)[:, 0].tolist() == [2.0, 3.0, 3.0]
    named, _ = apply(plan, override(["a00"], to="B"))
    assert territory_loads(named, study)[:, 0].tolist() == [2.0, 4.0, 3.0]


@given(
    label=st.lists(st.integers(-1, 2), min_size=9, max_size=9),
    exceptions=st.dictionaries(
        st.sampled_from([f"a{r}{c}" for r in range(3) for c in range(3)]),
        st.sampled_from(["A", "B", "C", ""]),
    ),
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_loads_are_the_sums_of_the_owned_accounts(
    ground: Study, label: list[int], exceptions: dict[str, str]
) -> None:
    plan = plan_of(ground.table, np.array(label), territory_table(["A", "B", "C"]))
    table = overrides_of({a: [t, True] for a, t in exceptions.items()})
    plan = replace(plan, overrides=table)
    owner = owners(plan, ground.accounts)
    by_account = ground.accounts["revenue"].groupby(owner).sum()
    card = scorecard(plan, ground)
    expected = by_account.reindex(["A", "B", "C"], fill_value=0.0)
    assert card["revenue"].tolist() == pytest.approx(expected.tolist())
    assert card["units"].sum() == sum(x >= 0 for x in label)


def test_a_cut_unit_is_split_in_the_sums_and_keeps_the_ground(
    plan: Plan, ground: Study
) -> None:
    after, _ = apply(plan, cut({"u11": MIDDLE}, moved=["u11~e"], to="C"))
    card = scorecard(after, ground)
    assert card["accounts"].to_list() == [3.0, 3.0, 3.0]
    assert card["area_km2"].tolist() == pytest.approx([3.0, 2.6, 3.4])
    assert card["pieces"].to_list() == [1, 1, 1]


def test_changing_hands_is_counted_on_both_sides(plan: Plan, ground: Study) -> None:
    after, _ = apply(plan, move(["u11", "u20"], to="A"))
    after, _ = apply(after, move(["u22"], to=""))
    card = scorecard(after, ground, today=plan)
    assert card["moved_in_accounts"].to_list() == [2.0, 0.0, 0.0]
    assert card["moved_out_accounts"].to_list() == [0.0, 2.0, 1.0]
    assert card["moved_out_revenue"].to_list() == [0.0, 2000.0, 1000.0]


def test_disruption_lists_each_account_that_somebody_loses(
    plan: Plan, ground: Study
) -> None:
    free, _ = apply(plan, move(["u00"], to=""))
    after, _ = apply(free, move(["u11", "u00"], to="C"))
    after, _ = apply(after, move(["u22"], to=""))
    moved = disruption(free, after, ground.accounts)
    assert moved.to_dict("index") == {
        "a11": {"from": "B", "to": "C", "revenue": 1000.0, "workload_h": 12.0},
        "a22": {"from": "C", "to": "", "revenue": 1000.0, "workload_h": 12.0},
    }
    assert disruption(plan, plan, ground.accounts).empty


def test_a_territory_that_is_gone_loses_all_it_had(plan: Plan, ground: Study) -> None:
    after, _ = apply(plan, merge(["C"], to="B"))
    card = scorecard(after, ground, today=plan)
    assert card["moved_in_accounts"].to_list() == [0.0, 3.0]
    assert len(disruption(plan, after, ground.accounts)) == 3


def card_of(**columns: list[float]) -> pd.DataFrame:
    names = ["East", "West", "North", "South"]
    size = len(next(iter(columns.values())))
    return pd.DataFrame({"name": names[:size]} | columns)


def test_the_summary_names_the_busiest_and_the_quietest() -> None:
    card = card_of(load=[1.31, 0.64, 1.0, 1.2])
    assert summary(card) == (
        "East carries 131 % of its hours, West 64 %. 2 of 4 past 100 %."
    )
    card["load"] = [0.9, 0.5, 1.001, np.nan]
    assert summary(card) == (
        "North carries 100 % of its hours, West 50 %. None of 3 past 100 %. "
        "1 without a rep."
    )
    assert summary(card_of(load=[0.9])) == (
        "East carries 90 % of its hours. None of 1 past 100 %."
    )


def test_without_hours_the_summary_speaks_of_a_fair_share() -> None:
    card = card_of(share=[1.31, 0.64, 1.05], load=[np.nan] * 3)
    assert summary(card) == (
        "East carries 31 % above a fair share, West 36 % below it. "
        "1 of 3 within 10 % of it."
    )
    assert summary(card.iloc[:0]) == "No territories yet."
    card["share"] = np.nan
    assert summary(card) == "No account carries any load yet."


def test_accounts_lead_where_no_hours_are_known() -> None:
    assert lead_measure(pd.DataFrame({"accounts": [1.0]})) == "accounts"
    zero = pd.DataFrame({"accounts": [1.0], "workload_h": [0.0]})
    assert lead_measure(zero) == "accounts"
    assert no_overrides().empty


def test_a_cut_plan_is_compared_with_an_uncut_today(plan: Plan, ground: Study) -> None:
    after, _ = apply(plan, cut({"u11": MIDDLE}, moved=["u11~w"], to="C"))
    for study in (ground, effective(ground, after)):
        card = scorecard(after, study, today=plan)
        assert card["moved_in_accounts"].to_list() == [0.0, 0.0, 1.0]
        assert card["moved_out_accounts"].to_list() == [0.0, 1.0, 0.0]


def test_exceptions_are_looked_up_again_when_they_change(
    plan: Plan, ground: Study
) -> None:
    one, _ = apply(plan, override(["a00"], to="C"))
    assert scorecard(one, ground)["accounts"].to_list() == [2.0, 3.0, 4.0]
    two, _ = apply(one, override(["a22"], to="A"))
    assert scorecard(two, ground)["accounts"].to_list() == [3.0, 3.0, 3.0]
    moved, _ = apply(two, move(["u11"], to="A"))
    assert scorecard(moved, ground)["accounts"].to_list() == [4.0, 2.0, 3.0]
    other = ground.accounts.iloc[::-1]
    assert owners(moved, other).iloc[::-1].equals(owners(moved, ground.accounts))
