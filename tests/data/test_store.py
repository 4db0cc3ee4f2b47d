"""Edits that last: applied, refused, taken back, looked back at, over restarts."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.events import Conflict
from data.rows import read_plan
from data.sqlite import open_sqlite
from data.sqlstore import SqlStore
from data.store import Applied
from geo.edits import (
    Edit,
    apply,
    assign_rep,
    become,
    create,
    cut,
    drop,
    lock,
    merge,
    move,
    override,
    recolor,
    rename,
    set_goal,
    split,
    uncut,
)
from geo.errors import PlanError, ServiceError
from geo.plan import Plan, plan_of, territory_table, units_of
from geo.units import tally
from tests.geo.test_edits import CORNER, EVERY, MIDDLE, same

LABELS = np.array([0, 0, 2, 0, 1, 2, 1, 1, 2])


@pytest.fixture
def plan(grid: gpd.GeoDataFrame, grid_accounts: gpd.GeoDataFrame) -> Plan:
    """The grid in three territories, with exceptions, a lock and a cut."""
    table = territory_table(["A", "B", "C"])
    table["name"] = ["Ash", "Birch", "Cedar"]
    drawn = plan_of(tally(grid, grid_accounts, []), LABELS, table, name="Draft")
    for edit in (
        override(["a01"], to="C"),
        override(["a22"], to="A", counts=False),
        set_goal({"A": 1e6}),
    ):
        drawn, _ = apply(drawn, edit)
    return replace(drawn, meta={"study": "demo", "seed": 1})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plans.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[SqlStore]:
    opened = open_sqlite(path)
    yield opened
    opened.close()


def on_disk(store: SqlStore, plan_id: str) -> Plan:
    """What the rows say, whatever is in memory."""
    with store._engine.begin() as connection:
        found = read_plan(connection, plan_id)
    assert found is not None
    return found


def done(answer: Applied | Conflict) -> Plan:
    assert isinstance(answer, Applied)
    return answer.plan


def test_a_plan_comes_back_as_it_was_kept(store: SqlStore, plan: Plan) -> None:
    plan_id = store.add(plan, actor="ana")
    kept = on_disk(store, plan_id)
    same(kept, plan)
    assert kept.meta == {"study": "demo", "seed": 1}
    assert (kept.name, kept.unit_set) == ("Draft", "grid@test#0")
    same(store.load(plan_id), plan)
    assert store.head(plan_id)[1] == 0


def test_a_plan_keeps_its_own_id_while_that_is_free(
    store: SqlStore, plan: Plan
) -> None:
    named = replace(plan, plan_id="q1")
    assert store.add(named, actor="ana") == "q1"
    assert store.add(named, actor="ana") != "q1"
    assert len(store.plans()) == 2


@pytest.mark.parametrize("edit", EVERY, ids=lambda e: f"{e.kind}-{'-'.join(e.keys)}")
def test_every_edit_is_on_the_disk_as_in_memory(
    store: SqlStore, plan: Plan, edit: Edit
) -> None:
    plan_id = store.add(plan, actor="ana")
    expected, _ = apply(plan, edit)
    same(done(store.apply(plan_id, 0, edit, "ana")), expected)
    same(on_disk(store, plan_id), expected)
    same(done(store.undo(plan_id, "ana")), plan)
    same(on_disk(store, plan_id), plan)
    same(done(store.redo(plan_id, "ana")), expected)
    same(on_disk(store, plan_id), expected)


@given(chosen=st.lists(st.integers(-2, len(EVERY) - 1), min_size=1, max_size=20))
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_rows_follow_any_run_of_edits_undos_and_redos(
    store: SqlStore, plan: Plan, chosen: list[int]
) -> None:
    plan_id = store.add(replace(plan, plan_id=""), actor="ana")
    states = {0: plan}
    for number in chosen:
        try:
            if number == -2:
                answer = store.undo(plan_id, "ana")
            elif number == -1:
                answer = store.redo(plan_id, "ana")
            else:
                edit = replace(EVERY[number], edit_id="")
                answer = store.apply(plan_id, max(states), edit, "ana")
        except PlanError:
            continue
        assert isinstance(answer, Applied)
        states[answer.rev] = answer.plan
    same(on_disk(store, plan_id), states[max(states)])
    for rev, state in states.items():
        same(store.load(plan_id, rev), state)


def test_fifty_edits_are_undone_to_the_first_state_over_a_restart(
    path: Path, plan: Plan
) -> None:
    store = open_sqlite(path)
    plan_id = store.add(plan, actor="ana")
    rng = np.random.default_rng(1)
    for rev in range(50):
        unit, to = plan.unit_id[rng.integers(9)], "ABC"[rng.integers(3)]
        done(store.apply(plan_id, rev, move([unit], to=to), "ana"))
    last = store.load(plan_id)
    store.close()
    store = open_sqlite(path)
    same(store.load(plan_id), last)
    for _ in range(50):
        back = done(store.undo(plan_id, "ana"))
    same(back, plan)
    store.close()
    store = open_sqlite(path)
    for _ in range(50):
        again = done(store.redo(plan_id, "ana"))
    same(again, last)
    with pytest.raises(PlanError, match="Nothing to redo"):
        store.redo(plan_id, "ana")
    store.close()


def test_a_new_edit_ends_what_could_be_done_again(store: SqlStore, plan: Plan) -> None:
    plan_id = store.add(plan, actor="ana")
    store.apply(plan_id, 0, move(["u00"], to="B"), "ana")
    store.apply(plan_id, 1, move(["u01"], to="B"), "ana")
    store.undo(plan_id, "ana")
    store.undo(plan_id, "ana")
    store.apply(plan_id, 4, move(["u22"], to="B"), "ana")
    store.undo(plan_id, "ana")
    undo, redo = store.undoable(plan_id, "ana")
    assert undo is None
    assert redo is not None
    assert redo.keys == ("u22",)
    store.redo(plan_id, "ana")
    with pytest.raises(PlanError, match=r"Nothing to redo \(Draft\)"):
        store.redo(plan_id, "ana")


def test_undo_reverts_ones_own_last_edit_only(store: SqlStore, plan: Plan) -> None:
    plan_id = store.add(plan, actor="ana")
    store.apply(plan_id, 0, move(["u00"], to="B"), "ana")
    store.apply(plan_id, 1, move(["u22"], to="B"), "bo")
    back = done(store.undo(plan_id, "ana"))
    assert units_of(back, "B").tolist() == ["u11", "u20", "u21", "u22"]
    with pytest.raises(PlanError, match="Nothing to undo"):
        store.undo(plan_id, "ana")
    assert store.undoable(plan_id, "bo")[0] is not None


def test_an_edit_of_something_changed_since_is_a_conflict(
    store: SqlStore, plan: Plan
) -> None:
    plan_id = store.add(plan, actor="ana")
    store.apply(plan_id, 0, move(["u00", "u01"], to="B"), "ana")
    answer = store.apply(plan_id, 0, move(["u00", "u22"], to="A"), "bo")
    assert isinstance(answer, Conflict)
    assert answer.keys == (("unit", "u00"),)
    assert (answer.theirs, answer.who, answer.rev) == (("B",), ("ana",), 1)
    assert abs(answer.at[0] - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    assert store.head(plan_id)[1] == 1
    forced = store.apply(plan_id, answer.rev, move(["u00", "u22"], to="A"), "bo")
    assert units_of(done(forced), "A").tolist() == ["u00", "u10", "u22"]


def test_edits_that_touch_different_things_both_stand(
    store: SqlStore, plan: Plan
) -> None:
    plan_id = store.add(plan, actor="ana")
    store.apply(plan_id, 0, move(["u00"], to="B"), "ana")
    store.apply(plan_id, 0, rename("B", to="Beech"), "bo")
    store.apply(plan_id, 0, recolor(["B"], to="#112233"), "cy")
    last = done(store.apply(plan_id, 0, override(["a00"], to="C"), "dee"))
    assert last.territories.loc["B", ["name", "color"]].tolist() == ["Beech", "#112233"]
    assert store.head(plan_id)[1] == 4


def test_a_drop_conflicts_with_whatever_happened_to_what_it_removes(
    store: SqlStore, plan: Plan
) -> None:
    plan_id = store.add(plan, actor="ana")
    store.apply(plan_id, 0, rename("C", to="Cypress"), "ana")
    store.apply(plan_id, 1, move(["u00"], to="C"), "ana")
    answer = store.apply(plan_id, 0, drop(["C"], to="B"), "bo")
    assert isinstance(answer, Conflict)
    assert answer.keys == (("territory.name", "C"),)
    assert answer.theirs == ("Cypress",)
    answer = store.apply(plan_id, 1, merge(["C"], to="B"), "bo")
    assert isinstance(answer, Conflict)
    assert answer.keys == (("unit", "u00"),)


def test_an_undo_over_anothers_edit_is_a_conflict(store: SqlStore, plan: Plan) -> None:
    plan_id = store.add(plan, actor="ana")
    store.apply(plan_id, 0, move(["u00"], to="B"), "ana")
    store.apply(plan_id, 1, move(["u00"], to="C"), "bo")
    answer = store.undo(plan_id, "ana")
    assert isinstance(answer, Conflict)
    assert answer.theirs == ("C",)
    store.undo(plan_id, "bo")
    answer = store.undo(plan_id, "ana")
    assert isinstance(answer, Conflict)  # bo has touched it since, even if it is back


@pytest.mark.parametrize(
    ("edit", "key", "theirs"),
    [
        (lock(["u00"]), ("lock", "u00"), "locked"),
        (override(["a00"], to="B"), ("account", "a00"), "B"),
        (assign_rep("A", to="r1"), ("territory.rep_id", "A"), "r1"),
    ],
)
def test_a_conflict_says_what_is_there_now(
    store: SqlStore, plan: Plan, edit: Edit, key: tuple[str, str], theirs: str
) -> None:
    plan_id = store.add(plan, actor="ana")
    store.apply(plan_id, 0, edit, "ana")
    answer = store.apply(plan_id, 0, edit, "bo")
    assert isinstance(answer, Conflict)
    assert (answer.keys, answer.theirs) == ((key,), (theirs,))


def test_a_repeat_of_an_edit_is_harmless(store: SqlStore, plan: Plan) -> None:
    plan_id = store.add(plan, actor="ana")
    edit = move(["u00"], to="B", edit_id="e1")
    assert done(store.apply(plan_id, 0, edit, "ana")) is store.load(plan_id)
    store.apply(plan_id, 1, move(["u00"], to="C"), "bo")
    answer = store.apply(plan_id, 0, edit, "ana")
    assert isinstance(answer, Applied)
    assert answer.rev == 1
    assert answer.edit.before == ("A",)
    assert store.head(plan_id)[1] == 2


def test_a_refused_edit_changes_nothing(store: SqlStore, plan: Plan) -> None:
    plan_id = store.add(plan, actor="ana")
    with pytest.raises(PlanError, match="Unit 'u99' is not in the plan"):
        store.apply(plan_id, 0, move(["u99"], to="A"), "ana")
    assert store.head(plan_id)[1] == 0
    same(on_disk(store, plan_id), plan)
    assert store.log(plan_id) == []


def test_the_log_says_who_did_what(store: SqlStore, plan: Plan) -> None:
    plan_id = store.add(plan, actor="ana")
    store.apply(plan_id, 0, move(["u00"], to="B"), "ana")
    store.apply(plan_id, 1, split("B", to="D", units=["u20"], name="Dogwood"), "bo")
    store.undo(plan_id, "ana")
    said = [(e.rev, e.actor, e.role, e.of_rev, e.edit.kind) for e in store.log(plan_id)]
    assert said == [
        (1, "ana", "edit", 1, "move"),
        (2, "bo", "edit", 2, "split"),
        (3, "ana", "undo", 1, "restore"),
    ]
    assert [e.rev for e in store.log(plan_id, since=2)] == [3]


def test_a_fork_goes_its_own_way(store: SqlStore, plan: Plan) -> None:
    plan_id = store.add(plan, actor="ana")
    store.apply(plan_id, 0, cut({"u11": MIDDLE}, moved=["u11~w"], to="A"), "ana")
    copy = store.fork(plan_id, name="Bold", actor="bo")
    cut_plan = store.load(plan_id)
    same(store.load(copy), cut_plan)
    same(on_disk(store, copy), cut_plan)
    store.apply(copy, 0, uncut(["u11"], to="C"), "bo")
    same(store.load(plan_id), cut_plan)
    names = {e.plan_id: (e.name, e.parent_id, e.rev) for e in store.plans()}
    assert names == {plan_id: ("Draft", "", 1), copy: ("Bold", plan_id, 1)}
    assert store.plans()[0].plan_id == copy
    with pytest.raises(PlanError, match="Nothing to undo"):
        store.undo(copy, "ana")


def test_a_proposal_is_adopted_and_taken_back_whole(
    store: SqlStore, plan: Plan
) -> None:
    plan_id = store.add(plan, actor="ana")
    table = territory_table(["A", "B", "X"])
    other = replace(
        plan, territories=table, assignment=np.arange(9, dtype=np.uint16) % 3
    )
    other = replace(other, overrides=plan.overrides.iloc[:0])
    after = done(store.apply(plan_id, 0, become(plan, other), "ana"))
    assert units_of(after, "X").tolist() == ["u02", "u12", "u22"]
    same(on_disk(store, plan_id), after)
    same(done(store.undo(plan_id, "ana")), plan)


def test_looking_back_uses_snapshots_and_the_log_alike(
    store: SqlStore, plan: Plan
) -> None:
    plan_id = store.add(plan, actor="ana")
    states = [plan]
    edits = [cut({"u00": CORNER}), create("D"), move(["u00~n"], to="D"), lock(["u22"])]
    for rev, edit in enumerate(edits):
        states.append(done(store.apply(plan_id, rev, edit, "ana")))
        if rev == 1:
            assert store.snapshot(plan_id) == 2
    for rev, state in enumerate(states):
        same(store.load(plan_id, rev), state)
    with pytest.raises(PlanError, match="has revisions 0 to 4, not 9"):
        store.load(plan_id, 9)


def test_names_and_settings_last(path: Path, plan: Plan) -> None:
    store = open_sqlite(path)
    plan_id = store.add(plan, actor="ana")
    store.rename(plan_id, "Q1 2027")
    store.keep_setting("open", plan_id)
    store.keep_setting("open", plan_id + "x")
    store.close()
    store = open_sqlite(path)
    assert store.load(plan_id).name == "Q1 2027"
    assert store.setting("open") == plan_id + "x"
    assert store.setting("units", "miles") == "miles"
    store.close()


def test_a_removed_plan_leaves_nothing_behind(store: SqlStore, plan: Plan) -> None:
    plan_id = store.add(plan, actor="ana")
    store.apply(plan_id, 0, lock(["u00"]), "ana")
    store.remove(plan_id)
    assert store.plans() == []
    with pytest.raises(PlanError, match="There is no plan"):
        store.head(plan_id)
    with store._engine.begin() as connection:
        for table in ("unit", "event", "snapshot", "unit_lock", "scenario"):
            count = f"SELECT count(*) FROM {table}"
            assert connection.exec_driver_sql(count).scalar() == 0


def test_a_full_disk_changes_nothing_and_says_so(
    store: SqlStore, plan: Plan, path: Path
) -> None:
    plan_id = store.add(plan, actor="ana")
    with store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ServiceError) as error:
        for rev in range(2000):
            store.apply(plan_id, rev, move(["u00"], to="AB"[rev % 2]), "ana")
    assert "The plan store does not answer: database or disk is full" in str(
        error.value
    )
    head, rev = store.head(plan_id)
    same(on_disk(store, plan_id), head)
    assert len(store.log(plan_id)) == rev


def test_eight_editors_at_once_lose_nothing(store: SqlStore, plan: Plan) -> None:
    plan_id = store.add(plan, actor="ana")
    answers: list[tuple[str, Applied | Conflict]] = []

    def edit(actor: str) -> None:
        for turn in range(20):
            base = store.head(plan_id)[1]
            unit = plan.unit_id[(turn * 7 + int(actor)) % 9]
            answer = store.apply(plan_id, base, move([unit], to="ABC"[turn % 3]), actor)
            answers.append((actor, answer))

    threads = [threading.Thread(target=edit, args=(str(i),)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = [a for _, a in answers if isinstance(a, Applied)]
    assert len(answers) == 160
    assert sorted(a.rev for a in made) == list(range(1, len(made) + 1))
    assert len(store.log(plan_id)) == len(made)
    same(on_disk(store, plan_id), store.load(plan_id))


def test_pieces_keep_their_shape(store: SqlStore, plan: Plan) -> None:
    plan_id = store.add(plan, actor="ana")
    done(store.apply(plan_id, 0, cut({"u11": MIDDLE}), "ana"))
    kept = on_disk(store, plan_id).cuts.geometry["u11~w"]
    assert kept.equals(shapely.box(1000, 1000, 1600, 2000))


def test_rows_are_there_for_other_programs(store: SqlStore, plan: Plan, path: Path):
    plan_id = store.add(plan, actor="ana")
    store.apply(plan_id, 0, move(["u00"], to="B"), "ana")
    other = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    owner = other.execute(
        "SELECT t.name FROM unit u JOIN territory t USING (plan_id, code) "
        "WHERE u.plan_id = ? AND u.unit_id = 'u00'",
        (plan_id,),
    ).fetchone()
    other.close()
    assert owner == ("Birch",)


def test_an_undo_that_is_asked_for_twice_is_done_once(
    store: SqlStore, plan: Plan
) -> None:
    plan_id = store.add(plan, actor="ana")
    for unit in ("u00", "u01"):
        rev = store.head(plan_id)[1]
        store.apply(plan_id, rev, move([unit], to="B"), "ana")
    first = store.undo(plan_id, "ana", edit_id="once")
    again = store.undo(plan_id, "ana", edit_id="once")
    assert isinstance(first, Applied)
    assert isinstance(again, Applied)
    assert again.rev == first.rev == store.head(plan_id)[1] == 3
    assert store.has(plan_id, "once")
    assert not store.has(plan_id, "never")
