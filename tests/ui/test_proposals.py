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
from geo.design import Progress
from geo.errors import InputError
from geo.plan import owner_of
from geo.study import make_study
from ui import proposals
from ui.jobs import Job
from ui.proposals import accept, ask, discard, found, plainly, show
from ui.search import Question, search
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
