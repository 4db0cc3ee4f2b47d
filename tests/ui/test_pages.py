"""Each page runs, says its first sentence and shows no error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from geo.edits import move
from geo.plan import owner_of, units_of
from ui import state
from ui.pages import export
from ui.session import Session, commit

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def app(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.setenv("BAILIWICK_HOME", str(home))
    yield AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)


@pytest.fixture(scope="module", autouse=True)
def _release() -> Iterator[None]:
    """End the worker that the pages share."""
    yield
    st.cache_resource.clear()


def state_of(app: AppTest) -> Session:
    session: Session = app.session_state[state.KEY]
    return session


def texts(app: AppTest) -> str:
    said = [*app.markdown, *app.subheader, *app.header, *app.caption]
    return "\n".join(str(element.value) for element in said)


def test_the_home_page_names_the_busiest_and_the_quietest(app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert not app.error
    first = str(app.subheader[0].value)
    assert "carries" in first
    assert "of its hours" in first
    table = scorecard_of(app)
    loads = table["Load"].dropna()
    assert loads.is_monotonic_decreasing
    assert str(table["Territory"].iloc[0]) in first.replace("\\", "")
    assert app.button(key="frame_Undo").disabled


def scorecard_of(app: AppTest) -> pd.DataFrame:
    """Give the scorecard among the tables on screen."""
    return next(t.value for t in app.dataframe if "Territory" in t.value)


def on_tab(app: AppTest, name: str) -> AppTest:
    """Open a tab beside the map."""
    app.session_state["beside_tab"] = name
    return app.run()


def choose(app: AppTest, units: list[str], to: str) -> AppTest:
    """Choose units and a territory in the table, as the keyboard would."""
    on_tab(app, "Move")
    app.multiselect(key="hand_units").set_value(units).run()
    return app.selectbox(key="hand_to").set_value(to).run()


def table(app: AppTest) -> pd.DataFrame:
    """Look at the scorecard."""
    return scorecard_of(on_tab(app, "Territories"))


def load_of(app: AppTest, name: str) -> float:
    return float(table(app).set_index("Territory").at[name, "Load"])


def test_a_move_is_shown_then_applied_then_undone_then_redone(app: AppTest) -> None:
    app.run()
    before = table(app)
    rich, poor = before["Territory"].iloc[0], "Colorado"
    session = state_of(app)
    ids = {name: i for i, name in session.names.items()}
    rows = session.card.index.get_loc(ids[rich])
    mine = session.plan.unit_id[
        session.plan.assignment == session.plan.territories["code"].iloc[rows]
    ]
    choose(app, [str(u) for u in mine[:3]], ids[poor])
    assert texts(app).count("Move 3 counties") == 1
    pd.testing.assert_series_equal(before["Load"], table(app)["Load"])
    app.button(key="effect_apply").click().run()
    assert not app.exception
    assert not app.error
    after = table(app)
    assert "Change" in after.columns
    assert load_of(app, rich) < float(before["Load"].iloc[0])
    assert on_tab(app, "Move").multiselect(key="hand_units").value == []
    app.button(key="frame_Undo").click().run()
    assert load_of(app, rich) == float(before["Load"].iloc[0])
    app.button(key="frame_Redo").click().run()
    assert load_of(app, rich) < float(before["Load"].iloc[0])
    app.button(key="frame_Undo").click().run()


def test_single_accounts_are_moved_by_name_and_set_free_again(app: AppTest) -> None:
    app.run()
    first = state_of(app)
    account = str(first.study.accounts.index[0])
    to = str(first.plan.territories.index[-1])
    on_tab(app, "Move")
    app.radio(key="hand_what").set_value("accounts").run()
    app.multiselect(key="hand_accounts").set_value([account]).run()
    app.selectbox(key="hand_to").set_value(to).run()
    assert "Move 1 account" in texts(app)
    app.button(key="effect_apply").click().run()
    assert state_of(app).plan.overrides.loc[account, "territory_id"] == to
    app.multiselect(key="hand_accounts").set_value([account]).run()
    app.selectbox(key="hand_to").set_value("~home").run()
    app.button(key="effect_apply").click().run()
    assert not app.exception
    assert len(state_of(app).plan.overrides) == len(first.plan.overrides)
    for _ in range(2):
        app.button(key="frame_Undo").click().run()
    assert state_of(app).plan.overrides.equals(first.plan.overrides)


def test_units_become_a_new_territory_or_are_locked_by_name(app: AppTest) -> None:
    app.run()
    first = state_of(app)
    units = [str(u) for u in first.plan.unit_id[:2]]
    choose(app, units, "~new")
    app.button(key="effect_apply").click().run()
    assert len(state_of(app).names) == len(first.names) + 1
    assert owner_of(state_of(app).plan, pd.Index(units, dtype=object)) == [
        next(i for i in state_of(app).names if i not in first.names)
    ] * len(units)
    choose(app, units, "~lock")
    app.button(key="effect_apply").click().run()
    assert set(units) <= state_of(app).plan.locks
    for _ in range(2):
        app.button(key="frame_Undo").click().run()
    assert state_of(app).plan.assignment.tolist() == first.plan.assignment.tolist()
    assert not app.exception


def test_a_lock_in_the_way_is_gone_round_or_opened_with_one_click(
    app: AppTest,
) -> None:
    app.run()
    first = state_of(app)
    to, source = (str(i) for i in first.plan.territories.index[:2])
    units = [str(u) for u in units_of(first.plan, source)[:3]]
    choose(app, units[:1], "~lock")
    app.button(key="effect_apply").click().run()
    choose(app, units, to)
    assert "1 county is locked" in texts(app)
    assert "effect_apply" not in [b.key for b in app.button]
    assert re.match(
        r"Leave 1 county out, move 2 counties with \d+ account",
        app.button(key="locks_leave").label,
    )
    app.button(key="locks_leave").click().run()
    app.button(key="effect_apply").click().run()
    after = state_of(app).plan
    assert owner_of(after, pd.Index(units, dtype=object)) == [source, to, to]
    choose(app, units, to)
    assert app.button(key="locks_open").label.startswith("Unlock 1 county, move 3")
    app.button(key="locks_open").click().run()
    app.button(key="effect_apply").click().run()
    after = state_of(app).plan
    assert owner_of(after, pd.Index(units, dtype=object)) == [to] * 3
    assert not app.exception
    for _ in range(4):
        app.button(key="frame_Undo").click().run()
    assert state_of(app).plan.assignment.tolist() == first.plan.assignment.tolist()
    assert state_of(app).plan.locks == first.plan.locks


def test_what_is_broken_is_said_and_mended_with_one_click(app: AppTest) -> None:
    app.run()
    before = state_of(app)
    choice = on_tab(app, "Mend").selectbox(key="mending_choice")
    parts = next(said for said in choice.options if " parts: " in said)
    assert choice.options[0] in texts(app).replace("\\", "")
    choice.select(parts).run()
    app.button(key="mend_0").click().run()
    assert not app.exception
    assert not app.error
    after = state_of(app)
    assert after.rev == before.rev + 1
    assert parts not in app.selectbox(key="mending_choice").options
    app.button(key="frame_Undo").click().run()
    assert parts in app.selectbox(key="mending_choice").options


def test_what_is_too_far_to_drive_is_said_and_given_to_a_nearer_rep(
    app: AppTest,
) -> None:
    on_tab(app, "Mend")
    (limit,) = [n for n in app.number_input if n.key.startswith("mending_limit")]
    limit.set_value(240.0).run()
    before = state_of(app)
    choice = app.selectbox(key="mending_choice")
    far = [said for said in choice.options if " past 240 min " in said]
    for said in far:
        app.selectbox(key="mending_choice").select(said).run()
        if [b for b in app.button if b.key == "mend_0"]:
            break
    assert "about" in said
    app.button(key="mend_0").click().run()
    assert not app.exception
    assert not app.error
    assert state_of(app).rev == before.rev + 1
    assert said not in app.selectbox(key="mending_choice").options
    app.button(key="frame_Undo").click().run()
    (limit,) = [n for n in app.number_input if n.key.startswith("mending_limit")]
    limit.set_value(0.0).run()
    assert not [s for s in app.selectbox(key="mending_choice").options if " min " in s]


def test_what_a_move_made_uneven_is_shared_around_it(app: AppTest) -> None:
    app.run()
    session = state_of(app)
    plan = session.plan
    heavy = session.card["load"].idxmax()
    light = session.card["load"].idxmin()
    unit = next(
        unit
        for unit in units_of(plan, light)
        if len(session.study.accounts[session.study.accounts["unit_id"] == unit]) > 5
    )
    app.session_state[state.KEY] = commit(session, move([str(unit)], to=str(heavy)))
    on_tab(app, "Mend")
    app.button(key="around").click().run()
    assert not app.exception
    now = state_of(app)
    assert (now.pending is None) == bool(app.error)
    if now.pending is not None:
        assert unit not in now.pending.keys
        app.button(key="effect_apply").click().run()
        assert state_of(app).rev == now.rev + 1
        app.button(key="frame_Undo").click().run()
    app.button(key="frame_Undo").click().run()
    assert state_of(app).plan.assignment.tolist() == plan.assignment.tolist()


def opened(title: str) -> AppTest:
    """Run one page by itself, over what is open."""

    def script(title: str) -> None:
        from ui.navigation import PAGES

        next(page for page in PAGES if page.title == title).run()

    page = AppTest.from_function(script, default_timeout=60, args=(title,))
    return page.run()


def test_the_accounts_page_says_how_the_demo_was_placed(app: AppTest) -> None:
    page = opened("Accounts")
    assert not page.exception
    assert "by coordinates" in texts(page)


CSV = "Name,ZIP,Owner,Revenue\nAlpha,43201,Ana,5\nBeta,15222,Bo,oops\nGamma,,Bo,1\n"


def test_a_dropped_file_is_read_placed_and_mapped(app: AppTest) -> None:
    page = opened("Accounts")
    page.file_uploader(key="accounts_file").upload("dealers.csv", CSV.encode())
    page.run()
    assert not page.exception
    assert [e.value for e in page.error] == []
    assert page.subheader[0].value == (r"3 accounts\: 2 by ZIP, 1 not placed.")
    assert page.button(key="accounts_use").label == "Use these accounts"


def test_a_bad_file_is_refused_and_what_is_open_stays(app: AppTest) -> None:
    page = opened("Accounts")
    before = state_of(page).plan
    page.file_uploader(key="accounts_file").upload("bad.xlsx", b"no workbook")
    page.run()
    assert len(page.error) == 1
    assert page.error[0].value.count("\n") == 0
    assert state_of(page).plan is before
    assert not page.exception


def test_the_reps_page_hands_a_territory_over(app: AppTest) -> None:
    page = opened("Reps")
    session = state_of(page)
    territory = session.plan.territories.index[0]
    rep = session.reps.index[-1]
    page.selectbox(key="give_territory").set_value(territory).run()
    page.selectbox(key="give_rep").set_value(rep).run()
    page.button(key="give_button").click().run()
    assert not page.exception
    assert state_of(page).plan.territories.at[territory, "rep_id"] == rep
    page.button(key="frame_Undo").click().run()
    owner = state_of(page).plan.territories.at[territory, "rep_id"]
    assert owner == session.plan.territories.at[territory, "rep_id"]


def test_the_export_page_offers_each_format(app: AppTest) -> None:
    page = opened("Export")
    assert not page.exception
    assert "**GeoJSON**" in texts(page)
    n = len(state_of(page).names)
    assert f"{n} territories" in texts(page)
    page.toggle(key="export_accounts").set_value(True).run()
    assert "5,000 accounts by name" in texts(page)


def test_a_file_for_download_holds_the_plan(app: AppTest) -> None:
    session = state_of(opened("Export"))
    one = str(session.plan.territories.index[0])
    content = export.file_of(session, ".geojson", [one], accounts=False)()
    read = json.loads(content)
    assert [f["id"] for f in read["features"]] == [one]


def test_a_plan_name_becomes_a_file_name() -> None:
    assert export.file_name("Q1 2027, draft", ".geojson") == "q1-2027-draft.geojson"
    assert export.file_name("../..", ".csv") == "plan.csv"


def deed(app: AppTest, territory: str, deed: str, **said: object) -> AppTest:
    """Do something to a territory with the keyboard."""
    on_tab(app, "Move")
    app.selectbox(key="change_territory").select(territory).run()
    app.selectbox(key="change_deed").select(deed).run()
    for key, value in said.items():
        kind = app.text_input if key == "name" else app.selectbox
        kind = app.number_input if key == "goal" else kind
        kind(key=f"change_{key}").set_value(value)
    app.button(key="change_do").click().run()
    assert not app.exception
    return app


def test_territories_are_changed_with_the_keyboard_alone(app: AppTest) -> None:
    app.run()
    first = state_of(app).plan
    one, two = first.territories.index[:2]
    assert state_of(deed(app, one, "rename", name="Sun Belt")).names[one] == "Sun Belt"
    goal = state_of(deed(app, one, "goal", goal=5e6)).plan.territories.at[one, "goal"]
    assert goal == 5e6
    color = state_of(deed(app, one, "color", color="#332288")).plan.territories
    assert color.at[one, "color"] == "#332288"
    assert state_of(deed(app, one, "lock")).plan.territories.at[one, "locked"]
    deed(app, one, "drop")
    assert "Sun Belt is locked" in str(app.error[0].value)
    deed(app, one, "unlock")
    assert len(state_of(deed(app, one, "halve")).names) == len(first.territories) + 1
    app.button(key="frame_Undo").click().run()
    merged = state_of(deed(app, one, "merge", into=two)).plan
    assert one not in merged.territories.index
    for _ in range(6):
        app.button(key="frame_Undo").click().run()
    last = state_of(app).plan
    assert last.territories.equals(first.territories)
    assert last.assignment.tobytes() == first.assignment.tobytes()


def test_the_propose_panel_asks_and_the_worker_answers(app: AppTest) -> None:
    app.run()
    before = state_of(app).plan
    app.button(key="frame_propose").click().run()
    assert "Propose territories" in texts(app)
    app.selectbox(key="propose_moved").set_value((1.0,))
    app.select_slider(key="propose_seconds").set_value(10)
    app.button(key="propose_go").click().run()
    assert not app.exception
    job_id = state_of(app).job_id
    if job_id:
        state.worker().wait(job_id, 90)
        app.run()
    (option,) = state_of(app).proposals
    assert option.title == "Any account may move"
    app.button(key="proposal_discard").click().run()
    app.button(key="frame_propose").click().run()
    assert state_of(app).plan is before


def test_what_cannot_be_met_is_said_while_one_asks(app: AppTest) -> None:
    app.run()
    app.button(key="frame_propose").click().run()
    assert "Nothing stands in the way. A fair share is about" in texts(app)
    app.number_input(key="propose_k").set_value(
        len(state_of(app).plan.territories)
    ).run()
    app.select_slider(key="propose_close").set_value(0.02).run()
    app.segmented_control(key="propose_preset").set_value("Few changes").run()
    assert app.selectbox(key="propose_moved").value == (-1.0,)
    assert app.select_slider(key="propose_close").value == 0.05
    labels = {element.label for element in app.expander}
    assert {"All rules", "Which accounts", "More"} <= labels
    app.multiselect(key="propose_measures").set_value(["workload_h", "revenue"]).run()
    app.select_slider(key="propose_close_revenue").set_value(0.20).run()
    assert app.select_slider(key="propose_close").value == 0.05
    app.multiselect(key="propose_measures").set_value(["workload_h"]).run()
    app.toggle(key="propose_find").set_value(True).run()
    assert not app.exception
    app.toggle(key="propose_find").set_value(False).run()
    app.number_input(key="propose_minutes").set_value(1).run()
    assert not app.exception
    assert "Can't be met, because" in texts(app)
    app.number_input(key="propose_minutes").set_value(0).run()
    app.button(key="frame_propose").click().run()


def test_what_changed_hands_is_a_list_and_a_flow(app: AppTest) -> None:
    app.run()
    session = state_of(app)
    unit = str(session.study.accounts["unit_id"].iloc[0])
    to = str(session.plan.territories.index[0])
    app.session_state[state.KEY] = commit(session, move([unit], to=to))
    app.run()
    app.button(key="frame_compare").click().run()
    assert not app.exception
    assert "changing hands" in texts(app)
    app.button(key="frame_Undo").click().run()


def test_without_a_network_the_roads_tab_says_about_and_what_to_fetch(
    app: AppTest,
) -> None:
    app.run()
    on_tab(app, "Roads")
    assert not app.exception
    assert "No road network covers these accounts" in texts(app).replace("\\", "")
    app.button(key="roads_show").click().run()
    assert not app.exception
    assert not app.error
    assert "the circles are estimated from straight lines" in texts(app).replace(
        "\\", ""
    )
    app.button(key="roads_hide").click().run()
    on_tab(app, "Territories")
