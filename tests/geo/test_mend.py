"""Repairs are small, priced, and leave nothing worse."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.breaks import Break, breaks
from geo.changes import overrides_of
from geo.edits import apply, lock, move
from geo.frames import equal_targets
from geo.mend import Price, Repair, repairs
from geo.plan import Plan, plan_of, territory_table, units_of
from geo.reach import Reach
from geo.study import Study, make_study
from tests.geo.test_territories import over, voronoi


def mended(plan: Plan, repair: Repair) -> Plan:
    for edit in repair.edits:
        plan, _ = apply(plan, edit)
    return plan


def test_a_part_that_lies_apart_goes_to_a_neighbour(plan: Plan, ground: Study) -> None:
    after, _ = apply(plan, move(["u22"], to="A"))
    (broken,) = breaks(after, ground)
    found = repairs(after, ground, broken)
    assert {r.sentence for r in found} == {
        "Give U22 to Birch (+12.0 h)",
        "Give U22 to Cedar (+12.0 h)",
        "Give U20 and U21 to Ash (+24.0 h)",
    }
    assert found[0].price == Price(units=1, accounts=1, hours=12.0, revenue=1000.0)
    for repair in found:
        assert breaks(mended(after, repair), ground) == []


def test_the_ground_between_two_parts_joins_them(ground: Study) -> None:
    label = np.array([0, 1, 0, 1, 1, 1, 1, 1, 1])  # A at both ends of the south row
    plan = plan_of(ground.table, label, territory_table(["A", "B"]))
    (broken,) = breaks(plan, ground)
    assert broken.units in {("u00",), ("u02",)}
    sentences = {r.sentence: r for r in repairs(plan, ground, broken)}
    bridge = sentences["Give U01 to A (+12.0 h)"]
    assert breaks(mended(plan, bridge), ground) == []
    assert f"Give {broken.units[0].upper()} to B (+12.0 h)" in sentences


def test_a_hole_goes_to_the_territory_around_it(plan: Plan, ground: Study) -> None:
    after, _ = apply(plan, move(["u20", "u21", "u02", "u12", "u22"], to="A"))
    after, _ = apply(after, move(["u11"], to=""))
    (hole,) = breaks(after, ground)
    (repair,) = repairs(after, ground, hole)
    assert repair.sentence == "Give U11 to Ash (+12.0 h)"
    assert units_of(mended(after, repair), "").tolist() == []


def test_nobodys_units_go_to_the_lightest_or_the_nearest(
    plan: Plan, ground: Study
) -> None:
    after, _ = apply(plan, move(["u22"], to=""))
    (broken,) = breaks(after, ground)
    found = repairs(after, ground, broken)
    assert {r.sentence for r in found} <= {
        "Give U22 to Birch (+12.0 h)",
        "Give U22 to Cedar (+12.0 h)",
    }
    assert "Give U22 to Cedar (+12.0 h)" in {r.sentence for r in found}


def test_too_much_work_goes_to_a_neighbour_with_room(plan: Plan, ground: Study) -> None:
    targets = equal_targets(3, {"workload_h": 108.0}, {"workload_h": 0.1})
    targets = targets.set_axis(["A", "B", "C"])
    after, _ = apply(plan, move(["u11"], to="A"))
    busy, _ = breaks(after, ground, targets=targets)
    (repair, *_) = repairs(after, ground, busy, targets=targets)
    assert repair.sentence.endswith(" to Birch (+12.0 h)")
    assert repair.price.units == 1
    assert breaks(mended(after, repair), ground, targets=targets) == []


def test_too_little_work_is_filled_from_a_neighbour(plan: Plan, ground: Study) -> None:
    targets = equal_targets(3, {"workload_h": 108.0}, {"workload_h": 0.1})
    targets = targets.set_axis(["A", "B", "C"])
    after, _ = apply(plan, move(["u11"], to="A"))
    _, quiet = breaks(after, ground, targets=targets)
    (repair, *_) = repairs(after, ground, quiet, targets=targets)
    assert repair.sentence.endswith(" to Birch (+12.0 h)")
    assert breaks(mended(after, repair), ground, targets=targets) == []


def test_more_work_than_hours_is_shed_until_it_fits(plan: Plan, ground: Study) -> None:
    reps = pd.DataFrame(
        {"capacity_h": [24.0, 60.0, 60.0]},
        index=pd.Index(["r1", "r2", "r3"], name="rep_id"),
    )
    territories = plan.territories.assign(rep_id=["r1", "r2", "r3"])
    staffed = replace(plan, territories=territories)
    (broken,) = breaks(staffed, ground, reps=reps)
    found = repairs(staffed, ground, broken, reps=reps)
    assert found
    for repair in found:
        assert repair.price.accounts == 1
        assert breaks(mended(staffed, repair), ground, reps=reps) == []


def test_no_repair_takes_a_locked_unit_or_fills_a_locked_territory(
    plan: Plan, ground: Study
) -> None:
    after, _ = apply(plan, move(["u22"], to="A"))
    held, _ = apply(after, lock(["B"], of="territories"))
    (broken,) = breaks(held, ground)
    assert [r.sentence for r in repairs(held, ground, broken)] == [
        "Give U22 to Cedar (+12.0 h)"
    ]
    fixed, _ = apply(held, lock(["u22"]))
    assert repairs(fixed, ground, broken) == []


def test_a_locked_unit_goes_back_home(plan: Plan, ground: Study) -> None:
    held, _ = apply(plan, lock(["u11"]))
    moved, _ = apply(plan, move(["u11"], to="A"))
    (broken,) = breaks(moved, ground, held=held)
    (repair,) = repairs(moved, ground, broken, held=held)
    assert repair.sentence == "Give U11 to Birch (+12.0 h)"
    assert repairs(moved, ground, broken) == []


def test_lost_accounts_go_to_the_territory_of_their_place(
    plan: Plan, ground: Study
) -> None:
    outside = [shapely.Point(4000, 500), *ground.accounts.geometry[1:]]
    accounts = gpd.GeoDataFrame(
        ground.accounts.drop(columns="geometry").assign(
            unit_id=["", *ground.accounts["unit_id"][1:]]
        ),
        geometry=outside,
        crs=ground.accounts.crs,
    )
    study = make_study(accounts, ground.units, ground.neighbors, ground.crossings)
    lost = replace(plan, overrides=overrides_of({"a11": ["", True]}))
    (broken,) = breaks(lost, study)
    (repair,) = repairs(lost, study, broken)
    assert repair.sentence == "Give 2 accounts to the nearest territory"
    after = mended(lost, repair)
    assert after.overrides["territory_id"].to_dict() == {"a00": "C"}
    assert breaks(after, study) == []


def test_a_break_without_a_small_repair_has_none(ground: Study) -> None:
    targets = equal_targets(2, {"workload_h": 20.0}, {"workload_h": 0.1})
    targets = targets.set_axis(["A", "B"])
    label = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1])
    plan = plan_of(ground.table, label, territory_table(["A", "B"]))
    for broken in breaks(plan, ground, targets=targets):
        assert repairs(plan, ground, broken, targets=targets) == []


@pytest.fixture(scope="module")
def cells() -> Study:
    return over(voronoi(7, 120))


@pytest.mark.parametrize("seed", range(6))
def test_every_repair_removes_its_break_and_brings_no_other(
    cells: Study, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    centers = rng.uniform(0, 1e4, (5, 2))
    gap = cells.table.xy[:, None, :] - centers
    label = np.hypot(gap[..., 0], gap[..., 1]).argmin(axis=1)
    stray = rng.integers(0, len(label), 5)
    label[stray] = rng.integers(-1, 5, 5)
    plan = plan_of(cells.table, label, territory_table(list("ABCDE")))
    total = float(cells.table.loads[:, 1].sum())
    targets = equal_targets(5, {"workload_h": total}, {"workload_h": 0.35})
    targets = targets.set_axis(list("ABCDE"))
    found = breaks(plan, cells, targets=targets)
    offered = 0
    for broken in found:
        for repair in repairs(plan, cells, broken, targets=targets):
            offered += 1
            after = breaks(mended(plan, repair), cells, targets=targets)
            assert structural(after) <= structural(found)
            assert (broken.kind, broken.territory_id, broken.units) not in {
                (b.kind, b.territory_id, b.units) for b in after
            }
    assert offered >= 1


def structural(found: list[Break]) -> set[tuple[str, str]]:
    return {(b.kind, b.territory_id) for b in found if b.kind not in {"over", "under"}}


def test_what_lies_past_the_longest_drive_goes_to_a_nearer_rep(
    plan: Plan, ground: Study
) -> None:
    """Ash is u00 u01 u10, Birch u11 u20 u21, Cedar the rest; Ash reps live afar."""
    reps = ["RA", "RB", "RC"]
    plan = replace(plan, territories=plan.territories.assign(rep_id=reps))
    minutes = np.full((3, 9), 30.0)
    owned = units_of(plan, "A").tolist()
    far = ground.units.index.get_loc(owned[-1])
    minutes[0, far] = 140.0
    reach = Reach(minutes, pd.Index(reps), 90.0)
    (broken,) = breaks(plan, ground, reach=reach)
    assert (broken.kind, broken.territory_id) == ("far", "A")
    assert broken.units == (owned[-1],)
    assert broken.sentence == (
        f"{owned[-1].upper()} with 1 account is past 90 min from the rep of Ash: "
        "about 140 min"
    )
    found = repairs(plan, ground, broken, reach=reach)
    assert 1 <= len(found) <= 3
    for repair in found:
        assert breaks(mended(plan, repair), ground, reach=reach) == []
        assert repair.price.accounts == 1
    minutes[1:, far] = 91.0
    assert repairs(plan, ground, broken, reach=reach) == []


def test_without_a_home_or_accounts_no_drive_is_too_long(
    plan: Plan, ground: Study
) -> None:
    plan = replace(plan, territories=plan.territories.assign(rep_id=["RA", "", "RX"]))
    reach = Reach(np.full((1, 9), np.nan), pd.Index(["RA"]), 90.0)
    assert breaks(plan, ground, reach=reach) == []
    nobody = replace(ground, account_unit=np.full(len(ground.accounts), -1))
    reach = Reach(np.full((1, 9), 200.0), pd.Index(["RA"]), 90.0)
    assert "far" not in {b.kind for b in breaks(plan, nobody, reach=reach)}
