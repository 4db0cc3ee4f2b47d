"""Wishes become targets and rules: by eye on the grid, and refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from geo.barriers import crossed
from geo.contiguity import adjacency
from geo.errors import PlanError
from geo.frames import equal_targets
from geo.plan import plan_of, territory_table
from geo.reckoning import forced, held_by, kept_of, reckoned, with_exceptions
from geo.study import make_study
from geo.wishes import Center, Limit, Named, Wishes, bounds, fixed_homes, rules_of

NOTHING = pd.DataFrame()


@pytest.fixture
def study(grid: Any, grid_accounts: Any) -> Any:
    """One account of 12 hours in each cell of the grid."""
    none = pd.DataFrame({"unit_a": [], "unit_b": [], "distance_m": []})
    return make_study(grid_accounts, grid, adjacency(grid), none)


@pytest.fixture
def today(study: Any) -> Any:
    """West has the two western columns, East the third."""
    label = np.array([0 if i[2] < "2" else 1 for i in study.table.unit_id])
    return plan_of(study.table, label, territory_table(["West", "East"]))


def goals(k: int = 3, tolerance: float = 0.1) -> pd.DataFrame:
    targets = equal_targets(k, {"accounts": 9.0}, {"accounts": tolerance})
    return targets.set_axis(pd.Index(["East", "West", "T03"][:k], name="territory_id"))


def test_a_named_account_leaves_its_unit_and_is_carried(study: Any) -> None:
    wishes = Wishes(named={"a00": Named("East"), "a01": Named("West", counts=False)})
    found = reckoned(study, wishes)
    load = dict(zip(study.table.unit_id, found.study.table.loads[:, 0], strict=True))
    assert (load["u00"], load["u01"], load["u02"]) == (0, 0, 1)
    assert found.carried["accounts"].to_dict() == {"East": 1.0}
    assert found.totals["accounts"] == 8
    assert found.totals["workload_h"] == pytest.approx(8 * 12)
    assert study.table.loads[:, 0].sum() == 9


def test_a_family_counts_where_it_brings_most(study: Any) -> None:
    found = reckoned(study, Wishes(families=(("a00", "a22", "a21"),)))
    load = dict(zip(study.table.unit_id, found.study.table.loads[:, 0], strict=True))
    assert (load["u00"], load["u22"], load["u21"]) == (3, 0, 0)
    assert found.totals["accounts"] == 9
    assert found.carried.empty


def test_accounts_that_differ_from_their_ground_become_exceptions(
    study: Any, today: Any
) -> None:
    wishes = Wishes(
        families=(("a00", "a02"),),
        named={"a22": Named("West"), "a01": Named("West"), "a10": Named("West", False)},
    )
    plan = with_exceptions(today, reckoned(study, wishes), wishes)
    assert plan.overrides["territory_id"].to_dict() == {
        "a02": "West",  # its family is in u00
        "a10": "West",
        "a22": "West",
    }
    assert plan.overrides["counts"].to_dict() == {
        "a02": True,
        "a10": False,
        "a22": True,
    }


def test_what_is_owned_today_follows_the_accounts(study: Any, today: Any) -> None:
    wishes = Wishes(families=(("a00", "a02"),), named={"a22": Named("West")})
    found = reckoned(study, wishes)
    kept = kept_of(today, found, goals())
    row = {unit: i for i, unit in enumerate(study.table.unit_id)}
    assert kept[row["u00"]].tolist() == [1, 1, 0]  # East, West, T03
    assert kept[row["u02"]].tolist() == [0, 0, 0]
    assert kept.sum() == 8
    assert forced(today, study, wishes) == 1
    assert forced(today, study, wishes, by="revenue") == 1000
    with pytest.raises(PlanError, match="'smiles' is not tallied"):
        forced(today, study, wishes, by="smiles")


def test_a_locked_territory_keeps_its_load_and_the_others_share_the_rest(
    study: Any, today: Any
) -> None:
    wishes = Wishes(locked=("West",))
    held = held_by(reckoned(study, wishes), today, wishes.locked)
    targets = bounds(goals(), wishes, held)
    assert targets["target_accounts"].to_dict() == {"East": 1.5, "West": 6, "T03": 1.5}
    assert targets["upper_accounts"]["East"] == pytest.approx(1.65)
    assert targets["locked"].to_dict() == {"East": False, "West": True, "T03": False}
    rules = rules_of(study, wishes, carried=NOTHING, settled=today)
    assert sorted(rules.fixed) == ["u00", "u01", "u10", "u11", "u20", "u21"]


def test_half_a_share_is_half_of_what_the_others_carry() -> None:
    targets = bounds(goals(), Wishes(shares={"T03": 0.5}), {})
    assert targets["target_accounts"].tolist() == pytest.approx([3.6, 3.6, 1.8])
    assert targets["lower_accounts"].tolist() == pytest.approx([3.24, 3.24, 1.62])


def test_limits_and_capacity_bound_a_territory() -> None:
    wishes = Wishes(
        limits=(Limit("East", "accounts", 1.0, 2.0), Limit("T03", "accounts", 5.0)),
        capacity={"accounts": 3.1},
    )
    targets = bounds(goals(), wishes, {})
    sides = ["lower_accounts", "target_accounts", "upper_accounts"]
    assert targets.loc["East", sides].tolist() == [1, 2, 2]
    assert targets.loc["T03", sides].tolist() == [5, 5, 5]
    assert targets.loc["West", sides].tolist() == pytest.approx([2.7, 3, 3.1])


def test_centers_are_fixed_or_where_the_search_begins() -> None:
    wishes = Wishes(
        centers=(Center("West", (1.0, 2.0)), Center("East", (3.0, 4.0), fixed=False))
    )
    targets = bounds(goals(2), wishes, {})
    assert targets[["home_x", "home_y"]].to_numpy().tolist() == [[3, 4], [1, 2]]
    homes = fixed_homes(targets, wishes)
    assert np.isnan(homes[0]).all()
    assert homes[1].tolist() == [1, 2]


def test_a_line_parts_units_whose_anchors_lie_on_both_sides(study: Any) -> None:
    line = shapely.LineString([(1000, -500), (1000, 1900)])
    assert crossed(study, np.array([line, None, shapely.Point()])) == [
        ("u00", "u01"),
        ("u10", "u11"),
    ]
    lake = shapely.box(1900, 2400, 2100, 2600)
    assert crossed(study, np.array([lake], dtype=object)) == [("u21", "u22")]
    assert crossed(study, np.empty(0, dtype=object)) == []


def test_a_crossing_leads_over_a_barrier(study: Any) -> None:
    line = shapely.LineString([(1000, -500), (1000, 1900)])
    wishes = Wishes(
        lines=np.array([line]), crossings=(("u01", "u00"),), barriers=(("u21", "u22"),)
    )
    rules = rules_of(study, wishes, carried=NOTHING, settled=None)
    assert rules.barriers == (("u21", "u22"), ("u10", "u11"))
    far = reckoned(study, Wishes(crossings=(("u00", "u22"),)))
    row = {unit: i for i, unit in enumerate(study.table.unit_id)}
    assert far.study.neighbors[row["u00"], row["u22"]] > 0
    assert study.neighbors[row["u00"], row["u22"]] == 0


@pytest.mark.parametrize(
    ("wishes", "error"),
    [
        (Wishes(locked=("North",)), "no alignment of today in which North"),
        (Wishes(required={"u99": "West"}), "unit 'u99', which does not exist"),
        (Wishes(together=(("u00", "x"),)), "unit 'x', which does not exist"),
        (Wishes(locked=("West",), required={"u00": "East"}), "locked in West"),
    ],
)
def test_rules_that_contradict_the_ground_are_refused(
    study: Any, today: Any, wishes: Wishes, error: str
) -> None:
    with pytest.raises(PlanError, match=error):
        rules_of(study, wishes, carried=NOTHING, settled=today)


@pytest.mark.parametrize(
    ("wishes", "error"),
    [
        (Wishes(shares={"West": 0.0}), "share of 0 for West makes no sense"),
        (Wishes(limits=(Limit("West", "revenue", 1.0),)), "which is not balanced"),
        (
            Wishes(limits=(Limit("West", "accounts", 3.0, 2.0),)),
            "at least 3 and",
        ),
        (Wishes(capacity={"revenue": 3.0}), "which is not balanced"),
    ],
)
def test_bounds_that_make_no_sense_are_refused(wishes: Wishes, error: str) -> None:
    with pytest.raises(PlanError, match=error):
        bounds(goals(), wishes, {})


def test_an_account_that_is_not_there_is_refused(study: Any) -> None:
    with pytest.raises(PlanError, match="account 'a99', which does not exist"):
        reckoned(study, Wishes(named={"a99": Named("West")}))
