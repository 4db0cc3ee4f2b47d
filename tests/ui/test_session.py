"""One reader's plan beside another's: conflicts are told, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from data.calendars import drop_calendars, no_stops, save_calendar
from data.library import Entry
from data.sqlite import open_sqlite
from geo.baseline import todays
from geo.contiguity import adjacency
from geo.edits import assign_rep, move
from geo.errors import PlanError
from geo.study import make_study
from ui.session import (
    Ground,
    Session,
    commit,
    drop,
    first_plan,
    heard,
    hold,
    opened,
    recounted,
    redo,
    undo,
)


@pytest.fixture
def session(
    tmp_path: Path, grid: gpd.GeoDataFrame, grid_accounts: gpd.GeoDataFrame
) -> Iterator[Session]:
    """West has six units of the grid, East three."""
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


def accounts(session: Session) -> dict[str, int]:
    return {str(k): int(v) for k, v in session.card["accounts"].items()}


def test_an_effect_is_shown_and_forgotten_without_a_trace(session: Session) -> None:
    shown = hold(session, move(["u01"], to="East"))
    assert shown.sentence.startswith("Move 1 area, 1 account, $1k from West to East")
    assert accounts(shown) == {"East": 3, "West": 6}
    left = drop(shown)
    assert (left.pending, left.sentence, left.rev) == (None, "", session.rev)


def test_what_was_done_on_the_map_is_done_once(session: Session) -> None:
    event = {"kind": "apply", "ids": ["u01"], "to": "East", "edit_id": "e1"}
    done = heard(session, event)
    assert accounts(done) == {"East": 4, "West": 5}
    assert accounts(heard(done, event)) == {"East": 4, "West": 5}
    assert heard(done, {"kind": "focus", "territory": "East"}).selected == "East"
    assert accounts(heard(done, {"kind": "undo"})) == {"East": 3, "West": 6}


def test_undo_and_redo_walk_the_whole_way(session: Session) -> None:
    done = session
    for unit in ("u01", "u11", "u21"):
        done = commit(done, move([unit], to="East"))
    assert accounts(done) == {"East": 6, "West": 3}
    back = undo(undo(undo(done)))
    np.testing.assert_array_equal(back.plan.assignment, session.plan.assignment)
    assert undo(back) is back
    assert accounts(redo(redo(redo(back)))) == {"East": 6, "West": 3}


def test_the_same_unit_changed_elsewhere_is_told_and_not_overwritten(
    session: Session,
) -> None:
    other = commit(session, move(["u01"], to="East"))
    with pytest.raises(PlanError, match=r"changed u01 at \d\d:\d\d.*do it again\."):
        commit(session, move(["u00", "u01"], to=""))
    plan, rev = session.store.head(session.plan.plan_id)
    assert rev == other.rev
    assert plan.assignment.tolist() == other.plan.assignment.tolist()


def test_another_unit_changed_elsewhere_is_no_conflict(session: Session) -> None:
    commit(session, move(["u01"], to="East"))
    both = commit(session, move(["u11"], to="East"))
    assert accounts(both) == {"East": 5, "West": 4}


def test_an_edit_that_cannot_be_done_says_why(session: Session) -> None:
    with pytest.raises(PlanError, match="is not in the plan"):
        hold(session, move(["u01"], to="South"))
    assert commit(session, assign_rep("East", to="R9")).plan.territories.at[
        "East", "rep_id"
    ] == ("R9")


def test_the_hours_of_a_calendar_reach_the_scorecard_and_leave_it(
    session: Session,
) -> None:
    """West's rep drives 30 minutes to each of its six accounts in four weeks."""
    mine = session.study.accounts.index[session.study.accounts["territory"] == "West"]
    stops = no_stops().reindex(range(len(mine)))
    monday = pd.Timestamp("2026-11-30")
    stops = stops.assign(
        rep_id="R1",
        account_id=mine,
        date=monday,
        arrive=monday,
        leave=monday,
        sequence=range(1, len(mine) + 1),
        drive_s=1800.0,
        back_s=0.0,
        estimated=False,
    ).fillna({"drive_m": 0.0, "back_m": 0.0, "visit_s": 0.0, "overnight": ""})
    plan_id = session.plan.plan_id
    save_calendar(
        session.home, plan_id, "R1", stops, start=monday.date(), weeks=4, accounts=mine
    )
    before, after = session.card["travel_h"], recounted(session).card["travel_h"]
    assert before["West"] == 0.0
    assert after["West"] == pytest.approx(6 * 0.5 * 52 / 4)
    gained = recounted(session).card["workload_h"] - session.card["workload_h"]
    assert gained["West"] == pytest.approx(39.0)
    assert recounted(session).ground.calendars == 1
    again = opened(session.store, session.home, session.ground, plan_id)
    assert again.card["travel_h"]["West"] == pytest.approx(39.0)
    drop_calendars(session.home, plan_id)
    assert recounted(again).ground.calendars == 0
    assert recounted(again).card["travel_h"]["West"] < 39.0


def test_what_is_said_again_is_done_once_undo_included(session: Session) -> None:
    event = {"kind": "apply", "ids": ["u01"], "to": "East", "edit_id": "e1"}
    done = heard(session, event)
    split = {"kind": "halve", "territory": "West", "edit_id": "e2"}
    done = heard(done, split)
    assert heard(done, split | {"again": True}).rev == done.rev
    back = heard(done, {"kind": "undo", "edit_id": "e3"})
    assert heard(back, {"kind": "undo", "edit_id": "e3", "again": True}).rev == back.rev
    assert accounts(back) == {"East": 4, "West": 5}


def test_an_edit_meant_for_another_plan_or_ground_is_refused_in_words(
    session: Session,
) -> None:
    event = {"kind": "apply", "ids": ["u01"], "units": [1], "to": "East"}
    for wrong in ({"plan": "another"}, {"lost": True}):
        with pytest.raises(PlanError, match=r"not made: the map has changed.*again\."):
            heard(session, event | wrong)


def test_what_an_edit_did_is_told_and_so_is_taking_it_back(session: Session) -> None:
    done = commit(session, move(["u01"], to="East"))
    assert done.told == (
        "Move 1 area, 1 account, $1k from West to East: "
        "West 133 \u2192 111 %, East 67 \u2192 89 %."
    )
    back = undo(done)
    assert back.told.startswith("Taken back: ")
    assert "West 111 \u2192 133 %" in back.told
    assert redo(back).told.startswith("Done again: ")


def test_every_kind_of_edit_is_told_in_words(session: Session) -> None:
    """What `aria-live` reads out after each gesture, from the map or from the table."""
    west, east = "West", "East"
    steps = (
        ({"kind": "apply", "ids": ["u01"], "to": east}, "Move 1 area, 1 account"),
        ({"kind": "override", "account_ids": ["a00"], "to": east}, "Move 1 account"),
        ({"kind": "clear_override", "account_ids": ["a00"]}, "Give 1 account back"),
        ({"kind": "rename", "territory": west, "name": "Coast"}, "Call West Coast."),
        (
            {"kind": "recolor", "territory": west, "color": "#332288"},
            "Colour Coast anew",
        ),
        ({"kind": "lock", "ids": ["u01"], "locked": True}, "Lock 1 area."),
        ({"kind": "lock", "ids": ["u01"], "locked": False}, "Unlock 1 area."),
        ({"kind": "lock", "territory": west, "locked": True}, "Lock Coast."),
        ({"kind": "lock", "territory": west, "locked": False}, "Unlock Coast."),
        ({"kind": "create", "ids": ["u00"]}, "Make New territory of 1 area, 1 account"),
        (
            {"kind": "halve", "territory": west},
            "Split Coast, 2 areas, 2 accounts, $2k to Coast 2",
        ),
        ({"kind": "drop", "territory": "T01"}, "Remove"),
        ({"kind": "nearest"}, "Move"),
        ({"kind": "merge", "territory": west, "to": east}, "Merge Coast into East"),
        ({"kind": "undo"}, "Taken back"),
        ({"kind": "redo"}, "Done again"),
    )
    for event, said in steps:
        territory = event.get("territory")
        if territory == "T01":
            event = {
                **event,
                "territory": next(i for i in session.names if i[0] == "T"),
            }
        session = heard(session, event)
        assert session.told.startswith(said), (event, session.told)
