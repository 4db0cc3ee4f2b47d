"""Each page runs, says its first sentence and shows no error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

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
    table = app.dataframe[0].value
    loads = table["Load"].dropna()
    assert loads.is_monotonic_decreasing
    assert str(table["Territory"].iloc[0]) in first.replace("\\", "")
    assert app.button(key="frame_Undo").disabled
