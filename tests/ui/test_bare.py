"""A file of names and places and nothing else is enough for every page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.library import remember_plan
from data.sqlite import open_sqlite
from ui import state
from ui.grounds import bring_in
from ui.intake import read_upload
from ui.session import first_plan

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
ROWS = [f"A{i},{39 + i / 20},{-84 + i / 14},{'NS'[i % 2]}" for i in range(40)]


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    content = "\n".join(["Name,Latitude,Longitude,Territory", *ROWS]).encode()
    upload = read_upload("bare.csv", content, tmp_path)
    assert upload.accounts is not None
    store = open_sqlite(tmp_path / "plans.sqlite")
    ground = bring_in(tmp_path, "bare", upload.accounts, kind="county")
    remember_plan(tmp_path, first_plan(store, ground))
    store.close()
    monkeypatch.setenv("BAILIWICK_HOME", str(tmp_path))
    st.cache_resource.clear()
    yield AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    st.cache_resource.clear()


def test_every_panel_does_without_sales_and_hours(app: AppTest) -> None:
    app.run()
    for tab in ("Move", "Mend", "Charts", "Territories"):
        app.session_state["beside_tab"] = tab
        app.run()
        assert not app.exception, tab
    session = app.session_state[state.KEY]
    app.session_state["beside_tab"] = "Move"
    app.run()
    app.multiselect(key="hand_units").set_value([str(session.plan.unit_id[0])]).run()
    app.selectbox(key="hand_to").set_value(next(iter(session.names))).run()
    assert any(m.value.startswith("Move 1 county") for m in app.markdown)
    app.button(key="effect_apply").click().run()
    for panel in ("compare", "propose"):
        app.button(key=f"frame_{panel}").click().run()
        assert not app.exception, panel
        app.button(key=f"frame_{panel}").click().run()
    assert not app.exception
