"""Every format that carries a plan gives the identical plan back."""

from __future__ import annotations

import contextlib
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from data.formats import PICTURES, WRITERS, over, read_plan, write_plan
from data.plan_gis import short_names
from geo.baseline import todays
from geo.contiguity import borders, crossings
from geo.edits import apply, cut
from geo.errors import InputError, PlanError, TerritoryError
from geo.plan import UNASSIGNED, Plan, plan_of, territory_table
from geo.study import Study, make_study
from tests.data.rfc7946 import complaints
from tests.data.test_document import assert_same

CARRIERS = [s for s in WRITERS if s not in (*PICTURES, ".csv")]


@pytest.fixture
def study(grid: gpd.GeoDataFrame, grid_accounts: gpd.GeoDataFrame) -> Study:
    shared = borders(grid)
    return make_study(grid_accounts, grid, shared, crossings(grid, shared))


@pytest.fixture
def plan(study: Study) -> Plan:
    """West: the left column and the middle; =East: the right; u21 is nobody's.

    u20 --- u22
    u10 u11 u12      West: u00 u10 u20 u11 u01, East: u02 u12 u22
    u00 u01 u02
    """
    table = territory_table(["T01", "T02"])
    table["name"] = ["West", "=East & <Co>"]
    table["color"] = ["#1b6ca8", "#d1495b"]
    table["rep_id"] = ["", "00501"]
    table["locked"] = [False, True]
    table["goal"] = [np.nan, 1e6]
    labels = np.array([0, 0, 1, 0, 0, 1, 0, -1, 1])
    made = plan_of(study.table, labels, table, plan_id="p", name="Q3 <draft>")
    overrides = pd.DataFrame(
        {"territory_id": pd.array(["T02"], dtype="str"), "counts": [True]},
        index=pd.Index(["a00"], dtype="str", name="account_id"),
    )
    return replace(
        made, overrides=overrides, locks=frozenset({"u22"}), meta={"seed": 1}
    )


@pytest.fixture
def with_cut(plan: Plan) -> Plan:
    """The middle unit cut in halves, the eastern one given to T02."""
    west, east = (
        shapely.box(1000, 1000, 1500, 2000),
        shapely.box(1500, 1000, 2000, 2000),
    )
    halves = {"u11~w": west.wkb_hex, "u11~e": east.wkb_hex}
    free = plan.territories.assign(locked=False)
    edit = cut({"u11": halves}, moved=["u11~e"], to="T02")
    done, _ = apply(replace(plan, territories=free), edit)
    return done


@pytest.mark.parametrize("suffix", CARRIERS)
def test_a_plan_reads_back_the_same(
    plan: Plan, study: Study, tmp_path: Path, suffix: str
) -> None:
    path = write_plan(plan, study, tmp_path / f"q3{suffix}")
    assert_same(plan, read_plan(path))
    assert_same(plan, read_plan(path, study))
    assert [p.name for p in tmp_path.iterdir()] == [f"q3{suffix}"]


@pytest.mark.parametrize("suffix", CARRIERS)
def test_accounts_are_left_out_unless_asked_for(
    plan: Plan, study: Study, tmp_path: Path, suffix: str
) -> None:
    study.accounts["name"] = "Planted secret"
    path = write_plan(plan, study, tmp_path / f"q3{suffix}")
    assert b"Planted secret" not in everything(path)
    path = write_plan(plan, study, tmp_path / f"q4{suffix}", accounts=True)
    if suffix != ".parquet":
        assert b"Planted secret" in everything(path)
    assert_same(plan, read_plan(path))


def everything(path: Path) -> bytes:
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize("suffix", [".geojson", ".kmz", ".zip", ".csv"])
def test_the_same_plan_gives_the_same_bytes(
    plan: Plan, study: Study, tmp_path: Path, suffix: str
) -> None:
    one = write_plan(plan, study, tmp_path / f"a{suffix}")
    two = write_plan(plan, study, tmp_path / f"b{suffix}")
    assert one.read_bytes() == two.read_bytes()


def test_geojson_says_what_the_contract_says(
    plan: Plan, study: Study, tmp_path: Path
) -> None:
    path = write_plan(plan, study, tmp_path / "q3.geojson")
    whole = json.loads(path.read_text(encoding="utf-8"))
    assert complaints(whole) == []
    west, east = whole["features"]
    assert (west["id"], west["properties"]["territory_id"]) == ("T01", "T01")
    assert west["properties"]["units"] == ["u00", "u01", "u10", "u11", "u20"]
    assert (west["properties"]["accounts"], west["properties"]["pieces"]) == (4, 1)
    assert east["properties"]["accounts"] == 4
    assert east["properties"]["workload_h"] == 48.0
    assert east["properties"]["workload_h_deviation"] == 0.0
    assert east["properties"]["overrides"] == [{"account_id": "a00", "counts": True}]
    member = whole["bailiwick"]
    assert (member["format"], member["unit_set"]) == (1, "grid@test#0")
    assert member["measures"][0] == "accounts"
    assert member["unassigned"] == ["u21"]
    assert "U.S. Census Bureau" in member["attribution"][0]


def test_territories_of_a_file_do_not_overlap(
    plan: Plan, study: Study, tmp_path: Path
) -> None:
    path = write_plan(plan, study, tmp_path / "q3.geojson")
    shapes = gpd.read_file(path).geometry.to_numpy()
    whole = shapely.union_all(shapes).area
    assert shapely.area(shapes).sum() == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize("suffix", CARRIERS)
def test_a_cut_reads_back_the_same(
    with_cut: Plan, study: Study, tmp_path: Path, suffix: str
) -> None:
    path = write_plan(with_cut, study, tmp_path / f"q3{suffix}")
    assert_same(with_cut, read_plan(path, study))


def test_a_part_holds_only_its_territories(
    plan: Plan, study: Study, tmp_path: Path
) -> None:
    study.accounts["name"] = [f"Shop {i}" for i in study.accounts.index]
    path = tmp_path / "east.geojson"
    write_plan(plan, study, path, territories=["T02"], accounts=True)
    text = path.read_text(encoding="utf-8")
    assert "West" not in text
    assert "Shop a01" not in text
    assert "Shop a00" in text
    part = read_plan(path)
    assert list(part.territories.index) == ["T02"]
    assert set(part.unit_id[part.assignment != UNASSIGNED]) == {"u02", "u12", "u22"}


def test_an_unknown_territory_is_refused(
    plan: Plan, study: Study, tmp_path: Path
) -> None:
    with pytest.raises(PlanError, match="Territory 'T9' is not in the plan"):
        write_plan(plan, study, tmp_path / "a.geojson", territories=["T9"])
    assert list(tmp_path.iterdir()) == []


def test_the_crosswalk_lists_each_unit_once(
    plan: Plan, study: Study, tmp_path: Path
) -> None:
    path = write_plan(plan, study, tmp_path / "q3.csv")
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "unit_type,unit_id,territory_id,territory_name,share"
    assert lines[1] == "grid,u00,T01,West,1.0"
    assert lines[3] == "grid,u02,T02,'=East & <Co>,1.0"
    assert lines[8] == "grid,u21,,,1.0"
    back = read_plan(path, study)
    assert back.assignment.tobytes() == plan.assignment.tobytes()
    assert back.territories["name"].tolist() == ["West", "=East & <Co>"]


def test_the_crosswalk_of_a_cut_unit_gives_shares(
    with_cut: Plan, study: Study, tmp_path: Path
) -> None:
    path = write_plan(with_cut, study, tmp_path / "q3.csv")
    table = pd.read_csv(path)
    halves = table[table["unit_id"] == "u11"]
    assert halves["share"].tolist() == [0.5, 0.5]
    assert set(halves["territory_id"]) == {"T01", "T02"}


def test_a_foreign_crosswalk_gets_its_zeros_back(study: Study, tmp_path: Path) -> None:
    path = tmp_path / "zips.csv"
    path.write_text("ZIP;Territory\n501;North\n10001;South\n")
    plan = read_plan(path)
    assert plan.territories.index.tolist() == ["North", "South"]
    table = replace(study.table, unit_id=np.array(["00501", "10001"], dtype=object))
    back = over(plan, replace(study, table=table))
    assert back.assignment.tolist() == [0, 1]


def test_a_plan_over_other_units_is_refused(
    plan: Plan, study: Study, tmp_path: Path
) -> None:
    path = write_plan(plan, study, tmp_path / "q3.csv")
    table = replace(study.table, unit_id=np.array(list("abcdefghi"), dtype=object))
    with pytest.raises(InputError, match="None of the plan's units is a unit of"):
        read_plan(path, replace(study, table=table))


def test_a_units_sheet_may_be_edited(plan: Plan, study: Study, tmp_path: Path) -> None:
    path = write_plan(plan, study, tmp_path / "q3.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book["Units"]
    column = [c.value for c in sheet[1]].index("territory_id") + 1
    sheet.cell(2, column).value = "T02"
    book.save(path)
    assert read_plan(path).assignment.tolist()[0] == 1


def test_a_workbook_holds_no_formula_and_text_ids(
    plan: Plan, study: Study, tmp_path: Path
) -> None:
    study.accounts["name"] = '=HYPERLINK("http://x")'
    path = write_plan(plan, study, tmp_path / "q3.xlsx", accounts=True)
    book = openpyxl.load_workbook(path)
    titles = ["Summary", "Territories", "Units", "Accounts", "Changes", "Sources"]
    assert book.sheetnames[:6] == titles
    assert book["bailiwick"].sheet_state == "hidden"
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row]
    assert all(c.data_type != "f" for c in cells)
    assert not any(str(c.value).startswith(("=", "+", "@")) for c in cells)
    ids = [c for c in book["Territories"][3] if c.value == "00501"]
    assert [(c.data_type, c.number_format) for c in ids] == [("s", "@")]


def test_a_geopackage_has_its_layers(plan: Plan, study: Study, tmp_path: Path) -> None:
    path = write_plan(plan, study, tmp_path / "q3.gpkg", accounts=True)
    layers = gpd.list_layers(path)["name"].tolist()
    assert layers == ["territories", "units", "accounts", "bailiwick"]
    units = gpd.read_file(path, layer="units")
    assert units.crs == "EPSG:4326"
    assert units["territory_id"].tolist()[7] == ""


def test_a_shapefile_opens_with_short_names(
    plan: Plan, study: Study, tmp_path: Path
) -> None:
    path = write_plan(plan, study, tmp_path / "q3.zip")
    shapes = gpd.read_file(f"zip://{path}!territories.shp")
    assert shapes["terr_id"].tolist() == ["T01", "T02"]
    assert shapes["rep_id"].tolist()[1] == "00501"
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        readme = archive.read("README.txt").decode()
        assert archive.read("territories.cpg") == b"UTF-8"
    assert {"territories.prj", "units.shp", "plan.json"} <= names
    assert "territories.terr_id = territory_id" in readme
    assert "U.S. Census Bureau" in readme


def test_short_names_differ_and_fit() -> None:
    short = short_names([f"a_very_long_name_{i}" for i in range(30)])
    assert len(set(short.values())) == 30
    assert max(map(len, short.values())) <= 10


def test_a_kmz_opens_with_its_colors(plan: Plan, study: Study, tmp_path: Path) -> None:
    path = write_plan(plan, study, tmp_path / "q3.kmz")
    with zipfile.ZipFile(path) as archive:
        text = archive.read("doc.kml").decode()
    assert "<color>8ca86c1b</color>" in text
    assert "=East &amp; &lt;Co&gt;" in text
    assert len(gpd.read_file(path)) == 2


def test_flatgeobuf_is_a_picture(plan: Plan, study: Study, tmp_path: Path) -> None:
    path = write_plan(plan, study, tmp_path / "q3.fgb")
    assert gpd.read_file(path)["territory_id"].tolist() == ["T01", "T02"]
    with pytest.raises(InputError, match=r"No plan can be read from '\.fgb'"):
        read_plan(path)


def test_a_pdf_has_an_overview_and_a_page_a_territory(
    plan: Plan, study: Study, tmp_path: Path
) -> None:
    table = plan.territories.assign(name=["Ærø 東京 \U0001f600 " * 9, "East"])
    path = write_plan(replace(plan, territories=table), study, tmp_path / "q3.pdf")
    content = path.read_bytes()
    assert content.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", content)) == 3


def test_a_plan_without_ground_can_still_be_printed(
    plan: Plan, study: Study, tmp_path: Path
) -> None:
    nobody = np.full(9, UNASSIGNED, dtype=np.uint16)
    empty = replace(plan, assignment=nobody)
    for suffix in WRITERS:
        assert write_plan(empty, study, tmp_path / f"q3{suffix}").is_file()


@pytest.mark.parametrize("suffix", list(WRITERS))
def test_a_plan_without_territories_is_a_file_in_every_format(
    grid: gpd.GeoDataFrame,
    grid_accounts: gpd.GeoDataFrame,
    tmp_path: Path,
    suffix: str,
) -> None:
    free = grid_accounts.drop(columns="territory")
    empty = make_study(free, grid, borders(grid), crossings(grid, borders(grid)))
    path = write_plan(todays(empty), empty, tmp_path / f"plan{suffix}", accounts=True)
    assert path.stat().st_size > 0


def test_an_unknown_suffix_is_refused(plan: Plan, study: Study, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"No plan can be written as '\.doc'"):
        write_plan(plan, study, tmp_path / "q3.doc")


@pytest.mark.parametrize(
    "name", ["a.geojson", "a.gpkg", "a.parquet", "a.zip", "a.kmz", "a.xlsx", "a.csv"]
)
@pytest.mark.parametrize("content", [b"", b"\x00\xffgarbage", b"PK\x03\x04half"])
def test_a_damaged_file_is_one_sentence(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_plan(path)


@pytest.mark.parametrize("suffix", [*CARRIERS, ".csv"])
def test_a_garbled_file_is_read_or_refused(
    plan: Plan, study: Study, tmp_path: Path, suffix: str
) -> None:
    path = write_plan(plan, study, tmp_path / f"q3{suffix}")
    sound, rng = path.read_bytes(), np.random.default_rng(3)
    for _ in range(25):
        content = bytearray(sound[: rng.integers(1, len(sound))])
        for at in rng.integers(0, len(content), rng.integers(0, 9)):
            content[at] = rng.integers(256)
        content += sound[len(content) :] if rng.random() < 0.5 else b""
        path.write_bytes(bytes(content))
        with contextlib.suppress(TerritoryError):
            read_plan(path)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no such file"):
        read_plan(tmp_path / "none.geojson")


def test_an_older_file_survives_a_failed_write(
    plan: Plan, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_plan(plan, study, tmp_path / "q3.gpkg")
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("data.plan_gis.pyogrio.write_dataframe", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_plan(plan, study, path)
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [
        ("q3.gpkg", before)
    ]
