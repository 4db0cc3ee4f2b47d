"""A file on its way in: read at arm's length, doubts counted, fixes accepted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.mappings import remember
from geo.errors import InputError
from ui.grounds import _keep_areas
from ui.intake import FIELD_WORDS, columns_of, mapping_rows, mended, read_upload
from ui.quality import KIND_WORDS, counts

FILE = (
    b"id,name,street,state,zip,lat,lon,revenue\n"
    b"a,Acme,1 Main St,MA,2139,42.36,-71.10,$10\n"
    b"b,Acme,1 Main St,MA,02139,42.36,-71.10,\n"
    b"c,Bolt,,TX,78701,-97.74,30.27,$20\n"
    b"d,Cog,,WA,98101,0,0,x\n"
    b"e,Dye,,WA,98101,47.6,-122.3,1\n"
    b"e,Dyer,,WA,98101,47.6,-122.3,1\n"
)


def test_an_upload_is_read_and_its_doubts_are_counted(tmp_path: Path) -> None:
    upload = read_upload("../q3.csv", FILE, tmp_path)
    assert upload.accounts is not None
    assert len(upload.accounts) == 4
    table = counts(upload).set_index("What")
    assert table.loc["Longitude and latitude swapped", "Rows"] == "3"
    assert table.loc["Id used by different rows, left out", "How many"] == 2
    assert table.loc["Leading zero put back", "Proposed"] == "02139"


def test_fixes_are_accepted_by_kind(tmp_path: Path) -> None:
    upload = read_upload("q3.csv", FILE, tmp_path)
    better = mended(upload, ["swapped", "conflicting_id"])
    assert better.accounts is not None
    assert better.accounts.loc["c", "match"] == "rooftop"
    assert better.accounts.loc["e", "name"] == "Dye"
    kinds = {issue.kind for issue in better.issues}
    assert not kinds & {"swapped", "conflicting_id"}
    assert better.raw.attrs["accepted"][0][2] == "30.27"


def test_every_field_can_be_chosen_and_none_is_lost_on_the_way(tmp_path: Path) -> None:
    text = b"id,wkt\na,POINT(-71.1 42.36)\nb,POINT(-71.2 42.37)\n"
    upload = read_upload("a.csv", text, tmp_path)
    assert upload.columns["coordinates"] == "wkt"
    assert columns_of(mapping_rows(upload)) == dict(upload.columns)
    from data.columns import FIELDS

    assert set(FIELDS) <= set(FIELD_WORDS)


def test_the_columns_chosen_last_time_are_taken_again(tmp_path: Path) -> None:
    text = b"key,a,b\n1,02139,x\n2,02138,y\n"
    with pytest.raises(InputError, match="No column says where the accounts are"):
        read_upload("a.csv", text, tmp_path)
    raw = pd.DataFrame({"key": [""], "a": [""], "b": [""]}, dtype="str")
    remember(tmp_path, raw, {"account_id": "key", "postal_code": "a", "name": "b"})
    upload = read_upload("a.csv", text, tmp_path)
    assert upload.accounts is not None
    assert upload.accounts["match"].to_list() == ["postcode", "postcode"]


def test_areas_are_kept_under_a_name_of_ours(tmp_path: Path) -> None:
    ring = [[0, 0], [1, 0], [1, 1], [0, 0]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"zip": "00501"}, "geometry": shape}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    path = _keep_areas(tmp_path, "../../My areas (1).geojson", text.encode())
    assert path.parent == tmp_path / "areas"
    assert path.name.startswith("My-areas-1-")
    assert pd.read_parquet(path)["unit_id"].to_list() == ["00501"]


def test_every_kind_of_issue_has_words() -> None:
    import re

    sources = Path(__file__).resolve().parents[2].joinpath("data").glob("*.py")
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    pattern = r'(?:each\(\s*|whole\(\s*|Issue\(\s*|kind, field = |_Turn\(\s*)"(\w+)"'
    made = set(re.findall(pattern, text))
    reps = {kind for kind in made if "rep" in kind or kind in ("bad_time", "bad_hours")}
    assert made - reps <= set(KIND_WORDS), made - set(KIND_WORDS)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.setenv("BAILIWICK_HOME", str(tmp_path))

    def script() -> None:
        from ui import quality, state

        upload = state.upload()
        quality.panel(upload, upload.accounts)

    app = AppTest.from_function(script, default_timeout=60)
    app.session_state["upload"] = read_upload("q3.csv", FILE, tmp_path)
    yield app
    st.cache_resource.clear()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_panel_mends_and_merges(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert "Id used by different rows, left out" in set(page.dataframe[0].value["What"])
    page.multiselect(key="quality_kinds").set_value(["swapped"]).run()
    page.button[0].click().run()
    assert not page.exception
    found = set(page.dataframe[0].value["What"])
    assert "Longitude and latitude swapped" not in found
    page.button(key="quality_merge").click().run()
    accounts = page.session_state["upload"].accounts
    assert accounts.index.to_list() == ["a", "c", "d"]
