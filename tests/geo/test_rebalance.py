"""What a person starts and the optimiser finishes."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo.breaks import breaks
from geo.edits import apply, lock, move, override, split
from geo.errors import PlanError
from geo.frames import equal_targets
from geo.metrics import scorecard
from geo.plan import Plan, owner_of, plan_of, territory_table, units_of
from geo.rebalance import fair_targets, halves, rebalance_around, side_of, to_nearest
from geo.study import Study
from tests.geo.test_territories import over, voronoi

TARGETS = equal_targets(3, {"workload_h": 108.0}, {"workload_h": 0.05})
TARGETS = TARGETS.set_axis(["A", "B", "C"])


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_rebalancing_keeps_what_was_moved_and_evens_out_around_it(
    plan: Plan, ground: Study
) -> None:
    edited, _ = apply(plan, move(["u11"], to="A"))
    repair = rebalance_around(edited, ground, ["u11"], targets=TARGETS, rng=rng())
    assert repair is not None
    (edit,) = repair.edits
    after, _ = apply(edited, edit)
    card = scorecard(after, ground)
    assert card["workload_h"].tolist() == [36.0, 36.0, 36.0]
    assert "u11" in units_of(after, "A")
    assert breaks(after, ground) == []
    assert repair.sentence.startswith("Rebalance Ash, Birch and Cedar: ")
    assert repair.price.accounts == len(edit.keys)


def test_what_is_balanced_is_left_alone(plan: Plan, ground: Study) -> None:
    assert rebalance_around(plan, ground, ["u11"], targets=TARGETS, rng=rng()) is None


def test_rebalancing_touches_no_lock_and_no_far_territory(ground: Study) -> None:
    table = territory_table(["A", "B", "C"])
    columns = plan_of(ground.table, np.array([0, 1, 2] * 3), table)
    held, _ = apply(columns, lock(["B"], of="territories"))
    assert rebalance_around(held, ground, ["u00"], targets=TARGETS, rng=rng()) is None
    free, _ = apply(columns, move(["u01"], to="A"))
    free, _ = apply(free, lock(["C"], of="territories"))
    free, _ = apply(free, lock(["u11"]))
    repair = rebalance_around(free, ground, ["u01"], targets=TARGETS, rng=rng())
    assert repair is not None
    assert repair.sentence == "Rebalance A and B: 1 account changes hands"
    after, _ = apply(free, repair.edits[0])
    assert units_of(after, "C").tolist() == ["u02", "u12", "u22"]
    assert {"u11"} <= set(units_of(after, "B"))


def test_a_split_gives_two_connected_halves_of_the_same_work() -> None:
    study = over(voronoi(11, 80))
    plan = plan_of(
        study.table, np.zeros(len(study.units), np.intp), territory_table(["A"])
    )
    half = halves(plan, study, "A", rng=rng())
    after, _ = apply(plan, split("A", to="B", units=half))
    card = scorecard(after, study)
    assert card["pieces"].to_list() == [1, 1]
    assert card["workload_h"].max() / card["workload_h"].sum() <= 0.53
    assert half == halves(plan, study, "A", rng=rng())


def test_what_cannot_be_halved_is_refused(plan: Plan, ground: Study) -> None:
    single, _ = apply(plan, move(["u01", "u10"], to="B"))
    with pytest.raises(PlanError, match="Ash has nothing to split"):
        halves(single, ground, "A", rng=rng())
    with pytest.raises(PlanError, match="Q has nothing to split"):
        halves(single, ground, "Q", rng=rng())


def test_a_line_divides_a_territory_by_the_anchors_of_its_units(
    plan: Plan, ground: Study
) -> None:
    line = shapely.LineString([(2400, 900), (2600, 1100)])
    assert side_of(plan, ground, "C", line) == ["u02"]
    across = shapely.LineString([(2100, 2000), (2900, 2000)])
    assert side_of(plan, ground, "C", across) == ["u22"]


def test_a_line_beside_a_territory_does_not_divide_it(
    plan: Plan, ground: Study
) -> None:
    line = shapely.LineString([(1900, 0), (1900, 3000)])
    with pytest.raises(PlanError, match="The line does not divide Cedar"):
        side_of(plan, ground, "C", line)
    with pytest.raises(PlanError, match="The line does not divide Q"):
        side_of(plan, ground, "Q", line)


def test_nobodys_units_go_to_the_nearest_territory(plan: Plan, ground: Study) -> None:
    bare, _ = apply(plan, move(["u20", "u21", "u22", "u00"], to=""))
    after, _ = apply(bare, to_nearest(bare, ground))
    assert units_of(after, "").tolist() == []
    assert owner_of(after, after.rows)[0] == "A"
    assert owner_of(after, after.rows)[8] == "C"


def test_nothing_goes_to_a_locked_territory_or_from_a_lock(
    plan: Plan, ground: Study
) -> None:
    bare, _ = apply(plan, move(["u22", "u00"], to=""))
    held, _ = apply(bare, lock(["C"], of="territories"))
    held, _ = apply(held, lock(["u00"]))
    after, _ = apply(held, to_nearest(held, ground))
    assert units_of(after, "").tolist() == ["u00"]
    assert "u22" in units_of(after, "B")
    with pytest.raises(PlanError, match="nothing to give to the nearest"):
        to_nearest(plan, ground)


def test_exceptions_count_in_the_balance(plan: Plan, ground: Study) -> None:
    named, _ = apply(plan, override(["a00"], to="B"))
    assert scorecard(named, ground)["workload_h"].tolist() == [24.0, 48.0, 36.0]
    repair = rebalance_around(named, ground, ["u21"], targets=TARGETS, rng=rng())
    assert repair is not None
    after, _ = apply(named, repair.edits[0])
    assert scorecard(after, ground)["workload_h"].tolist() == [36.0, 36.0, 36.0]


def test_fair_targets_follow_the_hours_of_a_scorecard(
    plan: Plan, ground: Study
) -> None:
    card = scorecard(plan, ground)
    even = fair_targets(card)
    assert even["target_workload_h"].tolist() == [36.0, 36.0, 36.0]
    assert even["upper_workload_h"].tolist() == pytest.approx([39.6] * 3)
    hours = fair_targets(card.assign(capacity_h=[100.0, 50.0, np.nan]))
    assert hours["target_workload_h"].tolist() == pytest.approx([48.0, 24.0, 36.0])
