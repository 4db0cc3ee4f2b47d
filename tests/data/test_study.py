"""From accounts to a study, and from a study to a proposal, by eye."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from data.intake import Intake, column_of, select
from data.propose import propose, shares_of
from data.rules import rules_of, wishes_of
from data.study import study_of
from data.task import Order, fair_shares, reach_m, stated
from geo.baseline import todays
from geo.contiguity import borders, crossings
from geo.errors import InputError, Issue
from geo.study import Study, make_study
from geo.wishes import Wishes
from routing.engine import drive_s

EQUAL = {"accounts": 0.5}


@pytest.fixture
def study(grid: gpd.GeoDataFrame, grid_accounts: gpd.GeoDataFrame) -> Study:
    """The grid with an account in each unit; the left column is West, the rest East."""
    shared = borders(grid)
    west = [i.endswith("0") for i in grid_accounts.index]
    accounts = grid_accounts.assign(territory=np.where(west, "West", "East"))
    return make_study(accounts, grid, shared, crossings(grid, shared))


def test_a_proposal_keeps_the_ids_of_today(study: Study) -> None:
    result = propose(study, Order(2, EQUAL, today=todays(study)))
    assert sorted(result.plan.territories.index) == ["East", "West"]
    assert result.status == "feasible"


def test_more_territories_than_today_get_new_ids(study: Study) -> None:
    targets = fair_shares(study, k=4, measures=EQUAL, today=todays(study))
    assert set(targets.index) > {"East", "West"}
    assert len(targets) == 4


def test_fewer_territories_than_today_keep_the_largest(study: Study) -> None:
    targets = fair_shares(study, k=1, measures=EQUAL, today=todays(study))
    assert targets.index.tolist() == ["East"]


def test_a_locked_territory_stays_among_fewer(study: Study) -> None:
    today = todays(study)
    wishes = Wishes(locked=("West",))
    order = Order(1, EQUAL, today=today, wishes=wishes)
    rules = stated(study, order).task.rules
    assert set(rules.fixed) == {"u00", "u10", "u20"}
    targets = fair_shares(study, k=1, measures=EQUAL, today=today, wishes=wishes)
    assert targets.index.tolist() == ["West"]


def test_rules_name_territories_that_are_there(study: Study) -> None:
    rules = rules_of([{"rule": "lock", "territory": "North"}], where="rules.csv")
    known = {"West": "The West"}
    with pytest.raises(InputError, match="There is no territory 'North'"):
        wishes_of(rules, study, territories=known, free=False)
    assert wishes_of(rules, study, territories=known, free=True).locked == ("North",)
    named = rules_of([{"rule": "lock", "territory": "the west"}], where="rules.csv")
    assert wishes_of(named, study, territories=known, free=False).locked == ("West",)


def test_rules_that_name_more_territories_than_asked_for_are_refused(
    study: Study,
) -> None:
    wishes = Wishes(shares={"A": 0.5, "B": 1.5})
    with pytest.raises(InputError, match="name 2 territories, the plan has 1"):
        propose(study, Order(1, EQUAL, wishes=wishes))


def test_moving_nothing_keeps_today(study: Study) -> None:
    today = todays(study)
    order = Order(2, {"accounts": 0.9}, today=today, max_moved=0)
    result = propose(study, order)
    assert result.moved == 0
    assert result.plan.assignment.tolist() == [
        result.plan.territories.index.get_loc("West" if i % 3 == 0 else "East")
        for i in range(9)
    ]


def test_a_proposal_is_colored_and_says_how_it_was_made(study: Study) -> None:
    result = propose(study, Order(3, EQUAL), seed=7)
    assert result.plan.territories["color"].str.fullmatch("#[0-9a-f]{6}").all()
    assert result.plan.territories["color"].nunique() == 3
    assert result.plan.meta == {"seed": 7, "tolerance": EQUAL}


def test_the_same_question_gives_the_same_plan(study: Study) -> None:
    one, two = (propose(study, Order(3, EQUAL)) for _ in range(2))
    assert one.plan.assignment.tobytes() == two.plan.assignment.tobytes()


def test_a_plans_own_shares_keep_its_order(study: Study) -> None:
    plan = todays(study)
    turned = replace(plan, territories=plan.territories.iloc[::-1])
    targets = shares_of(turned, study, measures=EQUAL)
    assert targets.index.tolist() == turned.territories.index.tolist()
    assert targets["target_accounts"].tolist() == [4.5, 4.5]


@pytest.mark.parametrize(
    ("k", "measures", "told"),
    [
        (0, EQUAL, "0 territories cannot be drawn"),
        (10, EQUAL, "10 territories are more than the 9 units with accounts"),
        (2, {"nope": 0.1}, "There is no 'nope'"),
        (2, {"travel_h": 0.1}, "Every account has 0 or no travel_h"),
        (2, {"accounts": 10.0}, "The tolerance 10 of accounts is no share"),
    ],
)
def test_a_question_without_sense_is_refused(
    study: Study, k: int, measures: dict[str, float], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        propose(study, Order(k, measures))


def test_reach_undoes_the_estimate() -> None:
    for minutes in (1.0, 30.0, 240.0):
        assert float(drive_s(np.array(reach_m(minutes)))) / 60 == pytest.approx(minutes)


def test_a_reach_too_short_is_said(study: Study) -> None:
    result = propose(study, Order(1, EQUAL, max_minutes=0.5))
    assert result.status != "feasible"
    assert result.binding


def test_accounts_are_chosen_whatever_the_case(study: Study) -> None:
    assert len(select(study.accounts, {"territory": " WEST"})) == 3
    with pytest.raises(InputError, match="No account has territory = North"):
        select(study.accounts, {"territory": "North"})


def intake(accounts: gpd.GeoDataFrame) -> Intake:
    issues = (
        Issue("duplicate_row", 3, "", "", ""),
        Issue("bad_number", 3, "revenue", "x", ""),
    )
    return Intake(accounts, issues, len(accounts) + 3, {"revenue": "Annual Revenue"})


def test_rows_left_out_are_counted(grid_accounts: gpd.GeoDataFrame) -> None:
    found = intake(grid_accounts)
    assert (found.rows, found.duplicates, found.rejected) == (12, 1, 2)


def test_a_column_goes_by_field_or_heading(grid_accounts: gpd.GeoDataFrame) -> None:
    found = intake(grid_accounts)
    assert column_of(found, "Annual Revenue") == "revenue"
    assert column_of(found, "potential") == "potential"
    with pytest.raises(InputError, match=r"no 'Anual Revenue'.*Annual Revenue"):
        column_of(found, "Anual Revenue")


def test_accounts_without_a_place_are_refused(
    grid_accounts: gpd.GeoDataFrame,
) -> None:
    nowhere = grid_accounts.set_geometry(
        gpd.GeoSeries([None] * 9, index=grid_accounts.index, crs=4326)
    )
    with pytest.raises(InputError, match="None of the 9 accounts could be placed"):
        study_of(nowhere)


def test_zip_areas_need_no_postcodes(grid_accounts: gpd.GeoDataFrame) -> None:
    points = gpd.points_from_xy([-82.99, -82.5], [39.96, 40.1], crs=4326)
    accounts = grid_accounts.iloc[:2].drop(columns="unit_id").set_geometry(points)
    found = study_of(accounts, units="zip").accounts["unit_id"]
    assert found.iloc[0] == "43215"
    named = study_of(accounts.assign(postal_code=["43201", ""]), units="zip")
    assert named.accounts["unit_id"].tolist() == ["43201", found.iloc[1]]


def test_other_countries_stay_out_of_us_units(
    grid_accounts: gpd.GeoDataFrame,
) -> None:
    points = gpd.points_from_xy([-83.03, -83.05, -71.58], [42.32, 42.33, 41.17])
    accounts = (
        grid_accounts.iloc[:3]
        .drop(columns="unit_id")
        .set_geometry(gpd.GeoSeries(points, index=grid_accounts.index[:3], crs=4326))
        .assign(country=["CA", "US", "US"], postal_code=["N9A 1C3", "48226", "02807"])
    )
    assert study_of(accounts).accounts["unit_id"].tolist() == ["", "26163", "44009"]


def test_a_half_time_rep_gets_half(study: Study) -> None:
    reps = gpd.GeoDataFrame(
        {"name": ["Ana", "Ben"], "territory": ["N", "S"], "capacity_h": [200.0, 100.0]},
        index=pd.Index(["a", "b"], name="rep_id", dtype="str"),
        geometry=gpd.GeoSeries([None, None], crs=4326),
    )
    result = propose(study, Order(2, {"accounts": 0.2}, reps=reps))
    held = result.plan.territories["rep_id"].to_dict()
    counts = np.bincount(result.plan.assignment)
    size = dict(zip(result.plan.territories.index, counts, strict=True))
    assert held == {"N": "a", "S": "b"}
    assert size == {"N": 6, "S": 3}
