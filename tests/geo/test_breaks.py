"""What is wrong with a plan, by eye on the grid."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from geo.breaks import breaks
from geo.changes import overrides_of
from geo.edits import apply, lock, move
from geo.frames import equal_targets
from geo.plan import Plan
from geo.study import Study, make_study


def said(found: list) -> list[tuple[str, str, str]]:
    return [(b.kind, b.territory_id, b.sentence) for b in found]


def test_a_sound_plan_has_no_breaks(plan: Plan, ground: Study) -> None:
    assert breaks(plan, ground) == []


def test_a_territory_in_two_parts(plan: Plan, ground: Study) -> None:
    after, _ = apply(plan, move(["u22"], to="A"))
    (one,) = breaks(after, ground)
    assert (one.kind, one.territory_id, one.units) == ("pieces", "A", ("u22",))
    assert one.sentence == "Ash is in two parts: U22 lies apart"


def test_three_parts_name_what_lies_apart(plan: Plan, ground: Study) -> None:
    after, _ = apply(plan, move(["u10"], to="B"))
    after, _ = apply(after, move(["u22", "u20"], to="A"))
    (one,) = breaks(after, ground)
    assert one.sentence == "Ash is in three parts: U20 and U22 lie apart"


def test_nobodys_ground_inside_one_territory_is_a_hole(
    plan: Plan, ground: Study
) -> None:
    after, _ = apply(plan, move(["u20", "u21", "u02", "u12", "u22"], to="A"))
    after, _ = apply(after, move(["u11"], to=""))
    assert said(breaks(after, ground)) == [("hole", "A", "U11 is a hole in Ash")]


def test_units_with_accounts_that_are_nobodys(plan: Plan, ground: Study) -> None:
    after, _ = apply(plan, move(["u20", "u22"], to=""))
    (one,) = breaks(after, ground)
    assert one.units == ("u20", "u22")
    assert said([one]) == [
        ("unassigned", "", "U20 and U22 with 2 accounts belong to nobody")
    ]
    alone, _ = apply(plan, move(["u22"], to=""))
    assert breaks(alone, ground)[0].sentence == "U22 with 1 account belongs to nobody"
    most, _ = apply(plan, move(["u21", "u20", "u11", "u22"], to=""))
    assert breaks(most, ground)[0].sentence == (
        "4 areas with 4 accounts belong to nobody"
    )


def test_empty_units_that_are_nobodys_are_no_break(plan: Plan, ground: Study) -> None:
    study = make_study(
        ground.accounts.drop(index=["a22"]),
        ground.units,
        ground.neighbors,
        ground.crossings,
    )
    assert breaks(apply(plan, move(["u22"], to=""))[0], study) == []


def test_accounts_of_no_territory_are_listed(plan: Plan, ground: Study) -> None:
    accounts = ground.accounts.assign(unit_id=["", *ground.accounts["unit_id"][1:]])
    study = make_study(accounts, ground.units, ground.neighbors, ground.crossings)
    (one,) = breaks(replace(plan, overrides=overrides_of({"a22": ["", True]})), study)
    assert one.accounts == ("a00", "a22")
    assert said([one]) == [("nobody", "", "2 accounts belong to no territory")]


def test_loads_outside_what_is_allowed(plan: Plan, ground: Study) -> None:
    targets = equal_targets(3, {"workload_h": 108.0}, {"workload_h": 0.1})
    targets = targets.set_axis(["A", "B", "C"])
    assert breaks(plan, ground, targets=targets) == []
    after, _ = apply(plan, move(["u11"], to="A"))
    assert said(breaks(after, ground, targets=targets)) == [
        ("over", "A", "Ash carries 48 h, 8 past the most allowed"),
        ("under", "B", "Birch carries 24 h, 8 short of the least allowed"),
    ]


def test_more_work_than_the_rep_has_hours(plan: Plan, ground: Study) -> None:
    ids = pd.Index(["r1", "r2"], name="rep_id")
    reps = pd.DataFrame({"capacity_h": [30.0, 36.0]}, index=ids)
    staffed = replace(
        plan, territories=plan.territories.assign(rep_id=["r1", "r2", ""])
    )
    assert said(breaks(staffed, ground, reps=reps)) == [
        ("over", "A", "Ash carries 120 % of its hours")
    ]
    assert breaks(staffed, ground, reps=reps.drop(columns="capacity_h")) == []


def test_what_was_locked_and_moved(plan: Plan, ground: Study) -> None:
    held, _ = apply(plan, lock(["u11"]))
    held, _ = apply(held, lock(["C"], of="territories"))
    free, _ = apply(plan, move(["u11", "u22"], to="A"))
    locks = [b for b in breaks(free, ground, held=held) if b.kind == "lock"]
    assert said(locks) == [
        ("lock", "B", "1 locked unit of Birch changed hands"),
        ("lock", "C", "1 locked unit of Cedar changed hands"),
    ]
    assert [b for b in breaks(held, ground, held=held) if b.kind == "lock"] == []


@pytest.mark.parametrize("units", [["u00"], ["u01"], ["u10"]])
def test_an_owned_enclave_is_no_hole(
    plan: Plan, ground: Study, units: list[str]
) -> None:
    after, _ = apply(plan, move(units, to="B"))
    assert "hole" not in {b.kind for b in breaks(after, ground)}
