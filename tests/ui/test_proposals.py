"""Asking for a proposal and taking it: the real solver on the 3x3 grid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from data.library import Entry
from data.sqlite import open_sqlite
from geo.baseline import todays
from geo.contiguity import adjacency
from geo.design import Progress, Way
from geo.errors import InputError
from geo.plan import owner_of
from geo.study import make_study
from ui import proposals
from ui.jobs import Job
from ui.proposals import accept, ask, discard, found, picks, plainly, settled, show
from ui.search import Question, eased, foresee, search
from ui.session import Ground, Session, first_plan, opened, undo

QUESTION = Question(("accounts",), 0.05, 3, seconds=5.0)


@pytest.fixture
def session(tmp_path: Any, grid: Any, grid_accounts: Any) -> Any:
    """West has six units of the grid, East three: far from a fair share each."""
    west = grid_accounts.index.str[2].astype(int) < 2
    accounts = grid_accounts.assign(territory=np.where(west, "West", "East"))
    no_crossings = pd.DataFrame({"unit_a": [], "unit_b": [], "distance_m": []})
    study = make_study(accounts, grid, adjacency(grid), no_crossings)
    nobody = gpd.GeoDataFrame(
        {"name": [], "territory": [], "capacity_h": []}, geometry=[], crs="EPSG:4326"
    )
    ground = Ground(Entry("demo", "Demo"), study, todays(study), nobody)
    store = open_sqlite(tmp_path / "plans.sqlite")
    yield opened(store, tmp_path, ground, first_plan(store, ground))
    store.close()


def answered(session: Session, question: Question) -> Session:
    """What the page does, with the work done here instead of in the worker."""
    result = search(
        lambda _: False, session.ground.study, None, session.today, question
    )
    asked = replace(session, job_id="j1", question=question)
    return found(asked, Job("j1", "done", result=result))


def test_a_proposal_is_shown_before_it_is_taken(session: Session) -> None:
    shown = answered(session, QUESTION)
    (option,) = shown.proposals
    assert option.feasible
    assert sorted(option.card["accounts"]) == [3, 3, 3]
    assert shown.seen[0] is option.plan
    assert shown.plan is session.plan
    assert any("changing hands" in line for line in option.lines)


def test_a_proposal_is_taken_in_one_edit_and_taken_back_in_one(
    session: Session,
) -> None:
    done = accept(answered(session, QUESTION), 0)
    assert sorted(done.card["accounts"]) == [3, 3, 3]
    assert done.proposals == ()
    back = undo(done)
    ids = pd.Index(session.plan.unit_id, dtype=object)
    assert owner_of(back.plan, ids) == owner_of(session.plan, ids)


def test_options_that_are_the_same_plan_are_shown_once(session: Session) -> None:
    shown = answered(session, replace(QUESTION, max_moved=(0.5, 0.9, 1.0)))
    plans = [tuple(option.plan.assignment) for option in shown.proposals]
    assert len(set(plans)) == len(plans) >= 1
    assert show(shown, len(plans) - 1).seen[0] is shown.proposals[-1].plan


def test_what_cannot_be_met_says_why(session: Session) -> None:
    shown = answered(session, replace(QUESTION, k=2, tolerance=0.02))
    (option,) = shown.proposals
    assert not option.feasible
    assert option.why
    assert "workload_h" not in " ".join(option.why + option.mends)


def test_units_are_called_by_their_names(session: Session) -> None:
    study = session.ground.study
    assert plainly("u00, u12 and 7 more are too heavy.", study) == (
        "U00, U12 and 7 more are too heavy"
    )


def test_a_limit_that_cannot_be_kept_says_what_changes(session: Session) -> None:
    question = replace(QUESTION, tolerance=0.05, max_moved=(0.0, 0.4))
    first, second = answered(session, question).proposals
    assert not first.feasible
    assert first.title == "Nothing changes hands" or "is too few" in first.title
    assert (second.title, second.moved) == ("At most 40 % change hands", 3)


def test_discarding_leaves_the_plan(session: Session) -> None:
    left = discard(answered(session, QUESTION))
    assert left.seen == (session.plan, session.card)


def test_a_search_that_failed_is_told_and_changes_nothing(session: Session) -> None:
    asked = replace(session, job_id="j1", question=QUESTION)
    told = found(asked, Job("j1", "failed", message="The work ended unexpectedly."))
    assert told.notice == "The work ended unexpectedly."
    assert told.plan is session.plan
    assert told.job_id == ""


def test_a_question_without_a_measure_is_refused(session: Session) -> None:
    empty = Question((), 0.1, 3)
    with pytest.raises(InputError, match="Nothing is chosen to balance"):
        ask(session, None, empty)  # type: ignore[arg-type]


def test_the_best_plan_so_far_is_drawn_with_todays_names(session: Session) -> None:
    progress = Progress("annealing", 0.5, 1.0, np.arange(9) // 3)
    shown = proposals.best_so_far(replace(session, question=QUESTION), progress)
    assert shown.best is not None
    assert {"East", "West"} < set(shown.best.plan.territories["name"])
    assert shown.best.card["accounts"].sum() == 9


def test_measures_are_said_in_words() -> None:
    assert plainly("Capital carries 1,437 of workload_h, more than 1,387.") == (
        "Capital carries 1,437 hours of work, more than 1,387"
    )


def test_what_stands_in_the_way_is_said_before_the_search(session: Session) -> None:
    study, today = session.ground.study, session.today
    assert foresee(QUESTION, study, None, today).binding == ()
    assert foresee(QUESTION, study, None, today).fair == 3
    uneven = replace(QUESTION, k=2, tolerance=0.02)
    told = foresee(uneven, study, None, today)
    if told.binding:  # nine accounts are not two halves
        assert {way.kind for way in told.ways} <= {"tolerance", "territories"}
    heavy = (
        {"rule": "together", "group": "a", "unit": f"u{i // 3}{i % 3}"}
        for i in range(5)
    )
    tied = replace(QUESTION, rules=tuple(heavy))
    told = foresee(tied, study, None, today)
    assert told.binding
    locks = next(way for way in told.ways if way.kind == "locks")
    assert eased(tied, locks).rules == ()


def test_a_way_out_changes_the_question_it_answers() -> None:
    question = replace(QUESTION, minutes=30.0, max_moved=(0.05, 0.6))
    assert eased(question, Way("tolerance", 0.15, "")).tolerance == 0.15
    assert eased(question, Way("territories", 4, "")).k == 4
    assert eased(question, Way("minutes", 1.5, "")).minutes == 45
    assert eased(question, Way("moves", 2, "")).max_moved == (0.1, 1.0)


def test_each_measure_has_a_tolerance_of_its_own(session: Session) -> None:
    both = replace(
        QUESTION, measures=("accounts", "revenue"), tolerances={"revenue": 0.3}
    )
    assert both.within == {"accounts": 0.05, "revenue": 0.3}
    assert eased(both, Way("tolerance", 0.1, "")).within == {
        "accounts": 0.1,
        "revenue": 0.3,
    }
    (option,) = answered(session, both).proposals
    assert option.plan.meta["tolerance"] == {"accounts": 0.05, "revenue": 0.3}


def test_options_say_what_balance_costs(session: Session) -> None:
    question = replace(QUESTION, max_moved=(0.4, 0.9), prices=True)
    last = answered(session, question).proposals[-1]
    assert any("one piece costs" in line for line in last.lines)


def test_rules_of_the_panel_reach_the_plan(session: Session) -> None:
    rules = (
        {"rule": "require", "unit": "u00", "territory": "East"},
        {"rule": "named", "account": "a22", "territory": "West", "counts": "no"},
        {"rule": "lock", "unit": "u12"},
    )
    question = replace(QUESTION, tolerance=0.5, rules=rules, settled=session.plan)
    (option,) = answered(session, question).proposals
    plan = option.plan
    ids = pd.Index(["u00", "u12"], dtype=object)
    assert owner_of(plan, ids) == ["East", "East"]
    assert plan.overrides.loc["a22"].tolist() == ["West", False]


def test_as_few_changes_as_it_takes(session: Session) -> None:
    """West has six of nine: three for a third territory is the least."""
    shown = answered(session, replace(QUESTION, least=True))
    (option,) = shown.proposals
    assert option.title == "As few changes as it takes"
    assert (option.feasible, option.moved) == (True, 3)


def test_the_number_of_territories_is_found(session: Session) -> None:
    question = replace(QUESTION, k=1, capacity=3.0, tolerance=0.5)
    (option,) = answered(session, question).proposals
    assert len(option.plan.territories) == 3
    assert any("fewer cannot carry" in line for line in option.lines)
    progress = Progress("annealing", 0.5, 1.0, np.arange(9) // 3)
    asked = replace(session, question=question)
    assert proposals.best_so_far(asked, progress) is asked


def test_three_options_are_the_ends_and_one_that_gives_half(session: Session) -> None:
    shares = (0.0, 0.05, 0.1, 0.2, 0.4)
    shown = answered(session, QUESTION)
    (one,) = shown.proposals
    worst = (0.5, 0.4, 0.2, 0.15, 0.1)
    ladder = [
        replace(one, share=s, worst=w, feasible=True)
        for s, w in zip(shares, worst, strict=True)
    ]
    assert picks(ladder) == [0, 2, 4]
    ladder[0] = replace(ladder[0], feasible=False)
    ladder[1] = replace(ladder[1], feasible=False)
    assert picks(ladder) == [2, 3, 4]
    assert picks(ladder[:1]) == [0]


def test_locks_of_a_plan_with_cuts_leave_out_its_pieces(session: Session) -> None:
    ids = session.plan.unit_id.copy()
    ids[0] = "u00~1"
    cut = replace(session, plan=replace(session.plan, unit_id=ids))
    assert "u00~1" not in settled(cut).unit_id
    assert len(settled(cut).unit_id) == len(settled(cut).assignment) == 8
    assert settled(session) is session.plan
