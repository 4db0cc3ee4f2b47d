"""Each kind of edit does one thing, and its inverse takes it back bit for bit."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from geo.edits import (
    Edit,
    apply,
    assign_rep,
    become,
    clear_override,
    create,
    cut,
    drop,
    from_json,
    lock,
    merge,
    move,
    override,
    recolor,
    rename,
    set_goal,
    split,
    to_json,
    touches,
    uncut,
    units_touched,
    with_before,
)
from geo.errors import InputError, PlanError
from geo.plan import Plan, codes, owners, plan_of, territory_table, units_of
from geo.study import Study


def box(west: float, south: float, east: float, north: float) -> str:
    return shapely.to_wkb(shapely.box(west, south, east, north), hex=True)


MIDDLE = {"u11~e": box(1600, 1000, 2000, 2000), "u11~w": box(1000, 1000, 1600, 2000)}
CORNER = {"u00~n": box(0, 500, 1000, 1000), "u00~s": box(0, 0, 1000, 500)}
WEST = {"u11~n": box(1000, 1500, 1600, 2000), "u11~s": box(1000, 1000, 1600, 1500)}

EVERY = [
    move(["u11", "u00"], to="C"),
    move(["u11"], to=""),
    move(["u00"], to="A"),
    override(["a00", "a22"], to="B", counts=False),
    override(["a00"], to=""),
    clear_override(["a01", "a22"]),
    cut({"u11": MIDDLE}),
    cut({"u11": MIDDLE, "u00": CORNER}, moved=["u11~w", "u12"], to="A"),
    merge(["B"], to="A"),
    merge(["A", "C"], to="B"),
    split("B", to="D", units=["u20", "u21"], name="Dogwood"),
    create("D", name="Dogwood", units=["u00"], color="#112233"),
    create("D"),
    drop(["B"]),
    drop(["C"], to="A"),
    rename("A", to="Aspen"),
    recolor(["A", "B"], to="#ABCDEF"),
    lock(["u00", "u01"]),
    lock(["A"], of="territories"),
    assign_rep("A", to="r1"),
    set_goal({"A": 5e5, "B": None}),
    Edit("", "move", ("u11",), "A", attrs={"colors": {"B": ["#e69f00", "#123456"]}}),
]


def same(one: Plan, two: Plan) -> None:
    """Hold two plans equal to the bit."""
    assert one.assignment.tobytes() == two.assignment.tobytes()
    assert one.assignment.dtype == two.assignment.dtype
    assert one.unit_id.tolist() == two.unit_id.tolist()
    assert_frame_equal(one.territories, two.territories)
    assert_frame_equal(one.overrides, two.overrides)
    if len(one.cuts) or len(two.cuts):
        assert_geodataframe_equal(one.cuts, two.cuts)
    assert one.locks == two.locks


@pytest.fixture
def busy(plan: Plan) -> Plan:
    """The plan with an exception, as most plans have some."""
    return apply(plan, override(["a01"], to="C"))[0]


@pytest.mark.parametrize("edit", EVERY, ids=lambda e: f"{e.kind}-{'-'.join(e.keys)}")
def test_every_edit_is_taken_back_bit_for_bit_and_done_again(
    busy: Plan, edit: Edit
) -> None:
    after, inverse = apply(busy, from_json(to_json(edit)))
    back, again = apply(after, from_json(to_json(inverse)))
    same(back, busy)
    redone, _ = apply(back, from_json(to_json(again)))
    same(redone, after)


@given(chosen=st.lists(st.integers(0, len(EVERY) - 1), min_size=1, max_size=12))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_run_of_edits_is_taken_back_in_order(busy: Plan, chosen: list[int]) -> None:
    states, inverses = [busy], []
    for number in chosen:
        try:
            after, inverse = apply(states[-1], EVERY[number])
        except PlanError:
            continue
        states.append(after)
        inverses.append(inverse)
        assert len(after.unit_id) == len(after.assignment) == len(set(after.unit_id))
        assert set(after.assignment) <= {*after.territories["code"], 65535}
    for inverse in reversed(inverses):
        now, _ = apply(states.pop(), inverse)
        same(now, states[-1])


def test_an_edit_changes_no_argument(busy: Plan) -> None:
    before = (busy.assignment.tobytes(), busy.territories.copy(), busy.locks)
    for edit in EVERY:
        apply(busy, edit)
    assert busy.assignment.tobytes() == before[0]
    assert_frame_equal(busy.territories, before[1])
    assert busy.locks == before[2]


def test_a_merge_takes_units_and_exceptions_along(busy: Plan, ground: Study) -> None:
    after, _ = apply(busy, merge(["C"], to="B"))
    assert after.territories.index.to_list() == ["A", "B"]
    assert owners(after, ground.accounts)["a01"] == "B"
    assert len(units_of(after, "B")) == 6


def test_a_dropped_territory_leaves_its_units_to_nobody(busy: Plan) -> None:
    after, _ = apply(busy, drop(["C"]))
    assert units_of(after, "").tolist() == ["u02", "u12", "u22"]


def test_a_split_makes_a_vacant_territory_with_a_new_code(plan: Plan) -> None:
    after, _ = apply(plan, split("B", to="D", units=["u20", "u21"], name="Dogwood"))
    assert units_of(after, "D").tolist() == ["u20", "u21"]
    assert units_of(after, "B").tolist() == ["u11"]
    assert after.territories.loc["D", "name"] == "Dogwood"
    assert after.territories.loc["D", "rep_id"] == ""
    assert codes(after, ["D"]).tolist() == [3]


def test_a_cut_unit_is_replaced_by_pieces_at_the_end(plan: Plan) -> None:
    after, _ = apply(plan, cut({"u11": MIDDLE}, moved=["u11~w"], to="A"))
    assert after.unit_id.tolist()[-3:] == ["u22", "u11~e", "u11~w"]
    assert "u11" not in after.unit_id
    assert units_of(after, "A").tolist() == ["u00", "u01", "u10", "u11~w"]
    assert after.cuts["parent"].tolist() == ["u11", "u11"]


def test_a_piece_may_be_cut_again_and_all_of_it_put_together(plan: Plan) -> None:
    once, _ = apply(plan, cut({"u11": MIDDLE}, moved=["u11~w"], to="A"))
    twice, inverse = apply(once, cut({"u11~w": WEST}, moved=["u11~n"], to="C"))
    assert twice.cuts.index.to_list() == ["u11~e", "u11~n", "u11~s"]
    assert set(twice.cuts["parent"]) == {"u11"}
    same(apply(twice, inverse)[0], once)
    whole, _ = apply(twice, uncut(["u11"], to="B"))
    same(whole, replace(plan, cuts=whole.cuts))
    assert whole.cuts.empty


def test_cuts_are_undone_in_any_order(plan: Plan) -> None:
    one, undo_one = apply(plan, cut({"u00": CORNER}))
    two, _ = apply(one, cut({"u11": MIDDLE}))
    back, _ = apply(two, undo_one)
    straight, _ = apply(plan, cut({"u11": MIDDLE}))
    same(back, straight)


def test_a_plan_becomes_another_in_one_edit(busy: Plan, ground: Study) -> None:
    table = territory_table(["B", "A", "Z"])
    other = plan_of(ground.table, np.array([2, 2, 2, 1, 1, 1, 0, 0, -1]), table)
    other = apply(other, cut({"u11": MIDDLE}, moved=["u11~w"], to="Z"))[0]
    other = apply(other, override(["a22"], to="B", counts=False))[0]
    other = apply(other, lock(["u00"]))[0]
    edit = become(busy, other)
    after, inverse = apply(busy, edit)
    ids = pd.Index(other.unit_id, dtype=object)
    assert owners(after, ground.accounts).equals(owners(other, ground.accounts))
    for key in ("A", "B", "Z"):
        assert units_of(after, key).tolist() == units_of(other, key).tolist()
    assert after.territories.index.sort_values().to_list() == ["A", "B", "Z"]
    assert after.territories.loc["A", "name"] == "A"
    assert after.locks == {"u00"}
    assert after.rows.equals(ids)
    same(apply(after, inverse)[0], busy)


def test_colours_follow_an_edit_only_from_the_colour_they_expect(plan: Plan) -> None:
    late = {"colors": {"B": ["#000000", "#123456"]}}
    after, inverse = apply(plan, Edit("", "move", ("u11",), "A", attrs=late))
    assert after.territories.loc["B", "color"] == "#e69f00"
    assert "colors" not in inverse.attrs


def refused(plan: Plan, edit: Edit) -> str:
    with pytest.raises(PlanError) as error:
        apply(plan, edit)
    return str(error.value)


def test_refusals_say_what_and_how_to_mend_it(plan: Plan) -> None:
    assert refused(plan, move(["u99"], to="A")) == (
        "Unit 'u99' is not in the plan (Draft). Choose units of grid@test#0."
    )
    assert refused(plan, move(["u00"], to="Q")).startswith("Territory 'Q' is not in")
    assert refused(plan, move(["u00", "u00"], to="B")).startswith("A unit is named tw")
    assert refused(plan, merge(["A"], to="A")).startswith("A merge needs a territory")
    assert refused(plan, merge(["A"], to="")).startswith("A merge needs a territory")
    assert refused(plan, create("A")) == (
        "Territory 'A' exists already (Draft). Take another id."
    )
    assert refused(plan, create("")).startswith("A new territory needs an id")
    assert refused(plan, create("D", name="Ash")) == (
        "Territory A is already called 'Ash' (Draft). Choose another name."
    )
    assert refused(plan, rename("A", to="Cedar")).endswith("Choose another name.")
    assert refused(plan, rename("A", to=" ")) == "A territory needs a name. Type one."
    assert refused(plan, recolor(["A"], to="red")) == (
        "'red' is not a colour. Write it as #1b6ca8."
    )
    assert refused(plan, split("A", to="D", units=["u22"])) == (
        "u22 is not a unit of A (Draft). Split a territory into units it owns."
    )
    assert refused(plan, split("A", to="D", units=["u00", "u01", "u10"])).startswith(
        "Nothing would be left of one half of A"
    )
    assert refused(plan, cut({"u11": {"u11~a": MIDDLE["u11~e"]}})) == (
        "u11 is not divided by this cut (Draft). Draw the line across it."
    )
    assert refused(plan, uncut(["u11"], to="A")) == "u11 is not cut (Draft)."
    assert refused(plan, override(["a00"], to="Q")).startswith("Territory 'Q' is not")


def test_locked_units_and_territories_keep_what_they_have(plan: Plan) -> None:
    held, _ = apply(plan, lock(["u00"]))
    assert refused(held, move(["u00"], to="B")) == (
        "Unit u00 is locked (Draft). Unlock it first."
    )
    assert refused(held, cut({"u00": CORNER})).startswith("Unit u00 is locked")
    assert apply(held, move(["u00"], to="A"))[0].assignment[0] == 0
    shut, _ = apply(plan, lock(["A"], of="territories"))
    text = "Ash is locked and keeps its units (Draft). Unlock it first."
    assert refused(shut, move(["u00"], to="B")) == text
    assert refused(shut, move(["u22"], to="A")) == text
    assert refused(shut, cut({"u00": CORNER})) == text
    assert refused(shut, drop(["A"])) == "Ash is locked (Draft). Unlock it first."
    assert refused(shut, merge(["B"], to="A")) == text
    assert refused(shut, override(["a22"], to="A")) == (
        "Ash is locked and keeps its accounts (Draft). Unlock it first."
    )
    opened, _ = apply(shut, lock(["A"], of="territories", locked=False))
    assert apply(opened, move(["u00"], to="B"))[0].assignment[0] == 1


def test_taking_an_edit_back_respects_a_later_lock(plan: Plan) -> None:
    moved, inverse = apply(plan, move(["u00"], to="B"))
    shut, _ = apply(moved, lock(["B"], of="territories"))
    assert refused(shut, inverse).startswith("Birch is locked")


def test_taking_back_a_new_territory_that_owns_ground_is_refused(plan: Plan) -> None:
    made, inverse = apply(plan, create("D", name="Dogwood"))
    used, _ = apply(made, move(["u00"], to="D"))
    assert refused(used, inverse) == (
        "Dogwood still owns units (Draft). Give them to another territory first."
    )
    named, _ = apply(made, override(["a00"], to="D"))
    assert "still owns accounts" in refused(named, inverse)


def test_a_code_that_was_taken_meanwhile_is_not_shared(plan: Plan) -> None:
    dropped, inverse = apply(plan, drop(["C"], to="A"))
    filled, _ = apply(dropped, create("D", name="Dogwood"))
    back, _ = apply(filled, inverse)
    assert sorted(back.territories["code"]) == [0, 1, 2, 3]
    assert units_of(back, "C").tolist() == ["u02", "u12", "u22"]


def test_an_edit_touches_what_it_names(plan: Plan) -> None:
    assert touches(move(["u00", "u01"], to="B")) == {("unit", "u00"), ("unit", "u01")}
    assert touches(override(["a00"], to="B")) == {("account", "a00")}
    assert touches(clear_override(["a00"])) == {("account", "a00")}
    assert touches(rename("A", to="X")) == {("territory.name", "A")}
    assert touches(lock(["A"], of="territories")) == {("territory.locked", "A")}
    assert touches(lock(["u00"])) == {("lock", "u00")}
    assert ("territory.goal", "C") in touches(drop(["C"]))
    assert touches(cut({"u11": MIDDLE}, moved=["u12"], to="A")) == {
        ("unit", "u11"),
        ("unit", "u12"),
    }
    assert ("unit", "u20") in touches(split("B", to="D", units=["u20"]))
    assert ("unit", "u00") in touches(create("D", units=["u00"]))


def test_the_inverse_touches_all_that_changed(busy: Plan) -> None:
    _, inverse = apply(busy, merge(["C"], to="B"))
    assert touches(inverse) >= {
        ("unit", "u02"),
        ("account", "a01"),
        ("territory", "C"),
        ("territory.name", "C"),
    }
    _, inverse = apply(busy, rename("A", to="Aspen"))
    assert touches(inverse) == {("territory.name", "A")}
    _, inverse = apply(busy, cut({"u11": MIDDLE}))
    assert touches(inverse) == {("unit", "u11"), ("unit", "u11~e"), ("unit", "u11~w")}
    _, inverse = apply(busy, lock(["u00"]))
    assert touches(inverse) == {("lock", "u00")}


def test_the_units_an_edit_names_are_those_the_plan_has(plan: Plan) -> None:
    assert units_touched(plan, move(["u22", "u00"], to="A")) == ["u00", "u22"]
    edit = cut({"u11": MIDDLE}, moved=["u11~w", "u12"], to="A")
    after, _ = apply(plan, edit)
    assert units_touched(after, edit) == ["u12", "u11~w"]
    assert units_touched(plan, rename("A", to="X")) == []


def test_what_was_before_is_filled_in_for_the_log(busy: Plan) -> None:
    said = with_before(busy, move(["u00", "u22"], to="B"))
    assert said.before == ("A", "C")
    assert with_before(busy, override(["a01", "a00"], to="A")).before == ("C", "")
    assert with_before(busy, rename("A", to="Aspen")).before == ("Ash",)
    assert with_before(busy, merge(["A"], to="B")).before == ("Ash",)
    assert with_before(busy, lock(["u00"])).before == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "This edit is not JSON"),
        ("[]", "This edit has no known kind"),
        ('{"kind": "explode"}', "This edit has no known kind"),
        ('{"kind": "move", "keys": "u00"}', "The keys of this edit are not a list"),
        ('{"kind": "move", "keys": [1]}', "This edit has ids that are not text"),
        ('{"kind": "move", "to": 3}', "This edit has ids that are not text"),
        ('{"kind": "move", "attrs": []}', "The attrs of this edit are not a mapping"),
    ],
)
def test_what_is_no_edit_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        from_json(text)


def test_thirty_thousand_units_are_edited_in_milliseconds() -> None:
    n = 33_000
    ids = np.array([f"{i:05d}" for i in range(n)], dtype=object)
    table = territory_table([f"T{i:02d}" for i in range(40)])
    codes_ = (np.arange(n) % 40).astype(np.uint16)
    plan = Plan("p", "Big", "zip@x#0", ids, codes_, table)
    plan, _ = apply(plan, move(["00001"], to="T05"))
    took = []
    for i in range(20):
        start = time.perf_counter()
        plan, _ = apply(plan, move([ids[100 + i]], to="T07"))
        took.append(time.perf_counter() - start)
    assert min(took) < 0.004
