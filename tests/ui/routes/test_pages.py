"""The Routes page runs: picks a rep, shows the day, changes it, keeps the change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data import library, logs

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module", autouse=True)
def _release() -> Iterator[None]:
    yield
    st.cache_resource.clear()


def script() -> None:
    """Show the Routes page over the demo of Helsinki."""
    from data.library import HELSINKI
    from ui import state
    from ui.grounds import open_demo
    from ui.pages import routes

    if state.current().plan.plan_id != HELSINKI:
        state.act(open_demo, state.ground, HELSINKI)
    routes.page()


@pytest.fixture
def app(home: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("BAILIWICK_HOME", str(home))
    return AppTest.from_function(script, default_timeout=120).run()


def said(app: AppTest) -> str:
    parts = [*app.subheader, *app.markdown, *app.caption]
    return "\n".join(str(part.value) for part in parts).replace("\\", "")


def test_today_shows_the_day_and_a_change_is_kept(app: AppTest, home: Path) -> None:
    assert not app.exception
    assert not app.error
    before = said(app)
    assert " stops, home at " in before
    assert "No calendar yet: due accounts near each other that fit the day." in before
    roads = "Times by road: Middle of Helsinki (shipped), map of 20 Apr 2019; "
    assert roads + "half are within 7 %." in before
    assert app.button(key="today_over").disabled
    app.selectbox(key="today_add_0").select_index(0).run()
    assert not app.exception
    after = said(app)
    assert "Added " in after
    assert "As you have set it." in after
    today = dt.date.today()
    rep_id = str(app.selectbox(key="routes_rep_demo-helsinki").value)
    kept = logs.load_day(home, library.HELSINKI, rep_id, today)
    assert kept is not None
    assert f"{len(kept.stop_ids)} stops" in after
    app.button(key="today_best").click().run()
    assert "Put in the best order" in said(app)
    app.button(key="today_over").click().run()
    assert "No calendar yet" in said(app)
    assert logs.load_day(home, library.HELSINKI, rep_id, today) is None


def test_the_log_takes_a_day_and_tells_the_planner(app: AppTest, home: Path) -> None:
    app.segmented_control(key="routes_view").set_value("Log").run()
    assert not app.exception
    assert "0 miles logged" in said(app)
    app.number_input(key="log_miles").set_value(12.5)
    app.button(key="log_save").click().run()
    assert not app.exception
    assert "12.5 miles are logged." in said(app)
    rep_id = str(app.selectbox(key="routes_rep_demo-helsinki").value)
    trips = logs.read_trips(home, library.HELSINKI)
    assert trips[["rep_id", "miles"]].to_numpy().tolist() == [[rep_id, 12.5]]
    app.selectbox(key="report_account").select_index(0)
    app.text_input(key="report_text").set_value("Open from 10")
    app.button(key="report_send").click().run()
    assert "The planner sees it on the Accounts page." in said(app)
    (told,) = logs.reports(home, library.HELSINKI)
    app.button(key=f"queue_{told.report_id}").click().run()
    assert logs.reports(home, library.HELSINKI)[0].done


def test_my_territory_says_what_it_holds(app: AppTest) -> None:
    app.segmented_control(key="routes_view").set_value("My territory").run()
    assert not app.exception
    text = said(app)
    assert "% of your hours" in text
    assert "The same accounts as today." in text
    assert "No account came." in text
