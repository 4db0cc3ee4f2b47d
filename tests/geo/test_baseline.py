"""Today's alignment is exactly what the source says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.baseline import kept_by, staffed, todays, todays_owner
from geo.errors import PlanError
from geo.plan import Plan, owners, units_of
from geo.study import Study, make_study


def said(ground: Study, territory: list[str], **columns: object) -> Study:
    """The grid's study with today's territory written on each account."""
    accounts = ground.accounts.assign(territory=territory, **columns)
    return make_study(accounts, ground.units, ground.neighbors, ground.crossings)


def test_each_unit_goes_to_the_territory_of_its_accounts(ground: Study) -> None:
    study = said(ground, ["East"] * 3 + ["West"] * 6)
    plan = todays(study)
    assert plan.territories.index.to_list() == ["East", "West"]
    assert plan.territories["name"].to_list() == ["East", "West"]
    assert units_of(plan, "East").tolist() == ["u00", "u01", "u02"]
    assert plan.overrides.empty


def test_accounts_that_differ_from_their_unit_become_exceptions(ground: Study) -> None:
    study = said(
        ground,
        ["East", "East", "West", "East", "East", "West", "vacant", "", "East"],
        unit_id=["u00", "u00", "u00", "u11", "u11", "u11", "u22", "u22", "u22"],
    )
    plan = todays(study)
    assert plan.overrides["territory_id"].to_dict() == {
        "a02": "West",
        "a12": "West",
        "a20": "",
        "a21": "",
    }
    assert plan.overrides["counts"].all()
    assert owners(plan, study.accounts).tolist() == [
        "East",
        "East",
        "West",
        "East",
        "East",
        "West",
        "",
        "",
        "East",
    ]


def test_a_tie_goes_to_the_heavier_half(ground: Study) -> None:
    study = said(
        ground,
        ["East", "West", *[""] * 7],
        unit_id=["u00"] * 9,
        workload_h=[10.0, 11.0, *[1.0] * 7],
    )
    assert "u00" in units_of(todays(study), "West")


def test_units_without_accounts_go_with_the_nearest_owned_one(ground: Study) -> None:
    study = said(ground, ["East", "West", *[""] * 7], unit_id=["u00", "u22", *[""] * 7])
    plan = todays(study)
    assert set(units_of(plan, "East")) >= {"u00", "u01", "u10"}
    assert set(units_of(plan, "West")) >= {"u22", "u21", "u12"}
    assert units_of(plan, "").tolist() == []


def test_a_unit_whose_accounts_are_all_vacant_stays_nobodys(ground: Study) -> None:
    plan = todays(said(ground, ["East"] * 8 + ["Vacant "]))
    assert units_of(plan, "").tolist() == ["u22"]


def test_the_owner_column_serves_where_no_account_has_a_territory(
    ground: Study,
) -> None:
    study = said(ground, [""] * 9, owner=["Ana"] * 4 + ["Bo"] * 5)
    assert todays(study).territories.index.to_list() == ["Ana", "Bo"]


def test_without_any_owner_today_there_is_no_territory(ground: Study) -> None:
    plan = todays(said(ground, ["", "vacant", "N/A", "-", "", "TBD", "", "none", " "]))
    assert plan.territories.empty
    assert owners(plan, ground.accounts).tolist() == [""] * 9
    bare = ground.accounts.drop(columns=["territory", "owner"])
    assert todays_owner(bare).tolist() == [""] * 9


def test_forty_territories_keep_their_names(ground: Study) -> None:
    names = [f"Region {i:02d}" for i in range(40)]
    many = pd.concat([ground.accounts] * 5).iloc[:40]
    many.index = pd.Index([f"b{i:02d}" for i in range(40)], name="account_id")
    accounts = many.assign(territory=names)
    study = make_study(accounts, ground.units, ground.neighbors, ground.crossings)
    plan = todays(study)
    assert plan.territories["name"].to_list() == names
    assert owners(plan, accounts).tolist() == names


@given(
    territory=st.lists(
        st.sampled_from(["", "East", "West", "North", "vacant"]), min_size=9, max_size=9
    ),
    unit=st.lists(
        st.sampled_from(["", "u00", "u01", "u11", "u22"]), min_size=9, max_size=9
    ),
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_todays_owner_of_every_account_is_reproduced(
    ground: Study, territory: list[str], unit: list[str]
) -> None:
    study = said(ground, territory, unit_id=unit)
    plan = todays(study)
    expected = [t if t != "vacant" else "" for t in territory]
    assert owners(plan, study.accounts).tolist() == expected


def test_reps_are_given_the_territory_they_own_today(ground: Study) -> None:
    plan = todays(said(ground, ["East"] * 3 + ["West"] * 6))
    reps = pd.DataFrame(
        {"territory": ["West", "Moon"]}, index=pd.Index(["r1", "r2"], name="rep_id")
    )
    assert staffed(plan, reps).territories["rep_id"].to_dict() == {
        "East": "",
        "West": "r1",
    }


def test_what_a_plan_keeps_is_counted_per_unit_and_territory(
    plan: Plan, ground: Study
) -> None:
    kept = kept_by(plan, ground)
    assert kept.shape == (9, 3)
    assert np.array_equal(kept.argmax(axis=1), [0, 0, 2, 0, 1, 2, 1, 1, 2])
    assert kept.sum() == 9
    assert kept_by(plan, ground, by="revenue").sum() == 9000.0


def test_what_is_nobodys_costs_nothing_to_move(plan: Plan, ground: Study) -> None:
    free = replace(plan, assignment=np.full(9, 65535, dtype=np.uint16))
    assert kept_by(free, ground).sum() == 0.0


def test_an_unknown_measure_is_refused(plan: Plan, ground: Study) -> None:
    with pytest.raises(PlanError, match="Measure 'profit' is not tallied"):
        kept_by(plan, ground, by="profit")
