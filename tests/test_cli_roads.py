"""The commands on roads keep the contract of the command line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from cli import main
from routing.cache import read_roads
from routing.drive import RoadEngine
from routing.profile import OSRM, to_json
from tests.routing.rivers import river_engine, river_study, two_territories
from tests.routing.servers import StandIn
from tests.routing.towns import STEP, cross
from tests.test_cli import run

LEFT = [("way", 10, "from"), ("node", 2, "via"), ("way", 21, "to")]


@pytest.fixture
def town(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Path:
    """A folder one stands in, with town.npz and points.csv."""
    monkeypatch.chdir(tmp_path)
    osm = cross(tmp_path / "town.osm", turns=[("no_left_turn", LEFT)])
    (tmp_path / "town.osm.gz").write_bytes(gzip.compress(osm.read_bytes()))
    points = pd.DataFrame(
        {"id": ["01", "b", "far"], "lon": [-STEP, 0, 9], "lat": [0, STEP, 9]}
    )
    points.to_csv(tmp_path / "points.csv", index=False)
    code, answer, _ = run(capsys, "roads", "town.osm.gz", "--out", "town.npz")
    assert code == 0
    assert (answer["nodes"], answer["edges"], answer["restrictions"]) == (5, 8, 1)
    assert answer["seconds"] >= 0
    return tmp_path


def test_matrix_writes_a_row_a_pair(
    town: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("matrix", "town.npz", "points.csv", "--out", "pairs.csv")
    code, answer, _ = run(capsys, *words)
    assert (code, answer["pairs"], answer["unreachable"]) == (0, 9, 5)
    assert answer["engine"] == "roads, profile default"
    assert answer["estimated"] is False
    pairs = pd.read_csv("pairs.csv", dtype={"from_id": str, "to_id": str})
    assert [*pairs] == ["from_id", "to_id", "drive_s", "drive_m", "reason"]
    pairs = pairs.set_index(["from_id", "to_id"])
    assert pairs.loc[("01", "b"), "drive_s"] > pairs.loc[("b", "01"), "drive_s"] + 100
    assert pairs.loc[("01", "far"), "reason"] == "off_network"


def test_matrix_tells_where_each_point_meets_the_road(
    town: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("matrix", "town.npz", "points.csv", "--snapped", "on.csv")
    code, answer, _ = run(capsys, *words, "--out", "pairs.csv")
    assert (code, answer["files"]) == (0, ["pairs.csv", "on.csv"])
    rows = pd.read_csv("on.csv", dtype={"id": str}).set_index("id")
    assert rows["reason"].to_dict() == {
        **{"01": "found", "b": "found", "far": "off_network"}
    }
    assert rows.at["01", "away_m"] == pytest.approx(0, abs=0.1)
    assert rows.at["01", "way_id"] == 10
    assert rows.at["01", "share"] in (0, 1)
    assert pd.isna(rows.at["far", "way_id"])
    words = ("matrix", "estimate", "points.csv", "--snapped", "on.csv")
    code, _, err = run(capsys, *words, "--out", "pairs.csv")
    assert code == 2
    assert "does not say where points meet the road" in err.splitlines()[-1]


def test_matrix_estimates_without_roads_and_says_so(
    town: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("matrix", "estimate", "points.csv", "--to", "points.csv")
    code, answer, _ = run(capsys, *words, "--out", "pairs.csv")
    assert (code, answer["unreachable"], answer["estimated"]) == (0, 0, True)
    assert answer["engine"] == "straight line"
    assert answer["expected_error"] == 0.10


def test_matrix_takes_a_file_of_accounts(
    town: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts = pd.DataFrame(
        {
            "Account ID": ["A1", "A2"],
            "Account Name": ["Shop 1", "Shop 2"],
            "Latitude": [0.0001, 0.0002],
            "Longitude": [-0.005, 0.005],
        }
    )
    accounts.to_csv("accounts.csv", index=False)
    words = ("matrix", "town.npz", "accounts.csv", "--out", "pairs.csv")
    code, answer, _ = run(capsys, *words)
    assert (code, answer["pairs"], answer["unreachable"]) == (0, 4, 0)
    assert set(pd.read_csv("pairs.csv")["from_id"]) == {"A1", "A2"}


def test_matrix_asks_a_server(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = [0.0, 61.4]
    told = {"code": "Ok", "durations": [row, row[::-1]], "distances": [row, row[::-1]]}
    told |= {
        "sources": [{"distance": 0.0}] * 2,
        "destinations": [{"distance": 0.0}] * 2,
    }
    pd.DataFrame({"id": ["a", "b"], "lon": [0, 1], "lat": [0, 0]}).to_csv("two.csv")
    with StandIn((200, json.dumps(told).encode())) as server:
        words = ("matrix", "estimate", "two.csv", "--out", "pairs.csv")
        code, answer, _ = run(capsys, *words, "--engine", f"osrm:{server.url}")
    assert (code, answer["pairs"], answer["estimated"]) == (0, 4, False)
    assert answer["engine"].startswith("OSRM at 127.0.0.1:")
    assert pd.read_csv("pairs.csv")["drive_s"].tolist() == [0.0, 61.4, 61.4, 0.0]


def test_isochrone_writes_nested_bands(
    town: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("isochrone", "town.npz", "--at", "-0.001,0", "--minutes", "2,1")
    code, answer, _ = run(capsys, *words, "--out", "bands.geojson")
    assert code == 0
    assert [band["minutes"] for band in answer["bands"]] == [1, 2]
    written = json.loads(Path("bands.geojson").read_text(encoding="utf-8"))
    assert [f["properties"]["minutes"] for f in written["features"]] == [1, 2]
    code, again, _ = run(capsys, *words, "--out", "bands.gpkg")
    assert (code, again["bands"]) == (0, answer["bands"])
    assert len(gpd.read_file("bands.gpkg")) == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("roads none.osm.pbf --out x.npz", "There is no such file"),
        ("roads points.csv --out x.npz", "no extract of OpenStreetMap"),
        ("roads none.graphml --out x.npz", "There is no such file"),
        ("roads Piedmont --out x.npz", "sends its name to OpenStreetMap"),
        ("roads town.osm --profile truck --out x.npz", "no profile 'truck'"),
        ("roads town.osm --out none/x.npz", "none"),
        ("matrix none.npz points.csv --out x.csv", "no such road network"),
        ("matrix points.csv points.csv --out x.csv", "no road network"),
        ("matrix town.npz none.csv --out x.csv", "There is no such file"),
        ("matrix town.npz points.csv --out x.doc", "No table can be written"),
        ("matrix town.npz points.csv --engine fly --out x.csv", "no engine 'fly'"),
        (
            "matrix estimate points.csv --engine osrm:https://a.org --out x.csv",
            "Coordinates of accounts would be sent to https://a.org",
        ),
        ("matrix osrm:here points.csv --out x.csv", "'here' is no web address"),
        ("isochrone town.npz --at 9,9 --minutes 5 --out x.geojson", "No road is near"),
        ("isochrone town.npz --at 0,0 --minutes 0 --out x.geojson", "positive"),
        ("isochrone town.npz --at 0,0 --minutes 5 --out x.pdf", "No bands can be"),
    ],
)
def test_bad_input_is_one_sentence(
    town: Path, capsys: pytest.CaptureFixture[str], words: str, told: str
) -> None:
    before = {path.name for path in town.iterdir()}
    code, answer, err = run(capsys, *words.split())
    said = [line for line in err.splitlines() if " s  " not in line]
    assert (code, answer, len(said)) == (2, None, 1)
    assert told in said[0]
    assert {path.name for path in town.iterdir()} == before


@pytest.mark.parametrize(
    "words",
    [
        "isochrone town.npz --at here --minutes 5 --out x.geojson",
        "isochrone town.npz --at 1,2,3 --minutes 5 --out x.geojson",
        "isochrone town.npz --at 0,0 --minutes soon --out x.geojson",
        "roads town.osm",
    ],
)
def test_a_wrong_word_is_one_sentence(
    town: Path, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        run(capsys, *words.split())
    assert left.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.fixture(scope="module")
def helsinki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo of Helsinki and its network, roads.npz."""
    folder = tmp_path_factory.mktemp("helsinki")
    assert main(["demo", str(folder), "--name", "helsinki", "--accounts", "90"]) == 0
    osm, out = str(folder / "helsinki.osm.pbf"), str(folder / "roads.npz")
    assert main(["roads", osm, "--out", out]) == 0
    return folder


def test_design_minimises_minutes_on_roads(
    helsinki: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts, roads = str(helsinki / "accounts.csv"), str(helsinki / "roads.npz")
    words = ("design", accounts, "--territories", "2", "--units", "hex:9")
    words = (*words, "--measure", "accounts:0.2", "--roads", roads, "--by-road")
    out = str(helsinki / "plan.geojson")
    code, answer, _ = run(capsys, *words, "--max-minutes", "30", "--out", out)
    assert (code, answer["status"]) == (0, "feasible")
    assert answer["objective_unit"] == "weight x minutes"
    assert answer["notes"] == []
    words = ("score", out, "--accounts", accounts, "--measure", "accounts:0.2")
    code, scored, _ = run(capsys, *words, "--roads", roads, "--by-road")
    assert (code, scored["objective_unit"]) == (0, "weight x minutes")
    assert scored["objective"] == pytest.approx(answer["objective"])
    code, guessed, _ = run(capsys, *words, "--roads", "estimate")
    assert code == 0
    assert guessed["objective"] < scored["objective"]


def test_a_plan_in_parts_by_road_is_a_draft_if_roads_must_join_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = river_study()
    plan = two_territories(study)
    river_engine(tmp_path)
    owner = np.where(plan.assignment == 0, "South", "North")
    crosswalk = pd.DataFrame({"unit_id": plan.unit_id, "territory": owner})
    crosswalk.to_csv(tmp_path / "plan.csv", index=False)
    places = study.accounts.to_crs("EPSG:4326").geometry
    pd.DataFrame(
        {"Account ID": places.index, "Longitude": places.x, "Latitude": places.y}
    ).to_csv(tmp_path / "accounts.csv", index=False)
    ground = study.units[["geometry"]].reset_index().to_crs("EPSG:4326")
    ground.to_file(tmp_path / "units.gpkg")
    osm, roads = str(tmp_path / "river.osm"), str(tmp_path / "river.npz")
    assert main(["roads", osm, "--out", roads]) == 0
    words = ("score", str(tmp_path / "plan.csv"), "--units")
    words = (*words, str(tmp_path / "units.gpkg"), "--measure", "accounts:0.5")
    words = (*words, "--accounts", str(tmp_path / "accounts.csv"), "--roads", roads)
    code, answer, err = run(capsys, *words)
    assert (code, answer["binding"]) == (0, [])
    assert "South: same polygon, 23 minutes apart by road, through North" in err
    assert any("same polygon" in note for note in answer["notes"])
    code, answer, _ = run(capsys, *words, "--by-road")
    assert (code, answer["feasible"]) == (3, False)
    assert any("23 minutes apart" in sentence for sentence in answer["binding"])


@pytest.mark.parametrize("word", ["--by-road", "--from-homes"])
def test_words_about_roads_need_roads(
    helsinki: Path, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts = str(helsinki / "accounts.csv")
    words = ("design", accounts, "--territories", "2", "--units", "hex:9", word)
    code, _, err = run(capsys, *words)
    assert code == 2
    assert f"{word} needs roads" in err.splitlines()[-1]


def test_calibrate_writes_rules_that_other_commands_take(
    helsinki: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roads = RoadEngine(read_roads(helsinki / "roads.npz"))
    rng = np.random.default_rng(1)
    a, b = rng.choice(roads.roads.lonlat, (2, 150)).round(6)
    minutes = np.diagonal(roads.matrix(a, b).drive_s) / 60 * 1.5
    ends = {"from_lon": a[:, 0], "from_lat": a[:, 1], "to_lon": b[:, 0]}
    trips = pd.DataFrame({**ends, "to_lat": b[:, 1], "minutes": minutes})
    trips = trips.assign(period=np.where(np.arange(150) % 2, "Rush", "day"))
    trips.loc[trips["period"] == "Rush", "minutes"] *= 1.2
    trips.to_csv(helsinki / "trips.csv", index=False)
    npz, out = str(helsinki / "roads.npz"), str(helsinki / "ours.json")
    words = ("calibrate", npz, str(helsinki / "trips.csv"), "--out", out)
    code, answer, _ = run(capsys, *words)
    assert (code, answer["profile"]) == (0, "ours")
    assert answer["trips"] + answer["left_out"] == 150
    assert answer["held_out"]["median"] < 0.02 < 0.3 < answer["before"]["median"]
    assert answer["periods"] == {"day": 1.0, "rush": pytest.approx(1.2, abs=0.01)}
    ends = trips[["from_lon", "from_lat"]].set_axis(["lon", "lat"], axis=1).head(4)
    ends.to_csv(helsinki / "ends.csv", index_label="id")
    pairs = ("matrix", npz, str(helsinki / "ends.csv"), "--out")
    hours = []
    for number, word in enumerate(("default", out, f"{out}#rush")):
        file = str(helsinki / f"{number}.csv")
        code, told, _ = run(capsys, *pairs, file, "--profile", word)
        assert code == 0
        hours.append(pd.read_csv(file)["drive_s"].sum())
    assert told["engine"] == "roads, profile ours rush"
    assert hours[1] / hours[0] == pytest.approx(1.5, abs=0.03)
    assert hours[2] / hours[1] == pytest.approx(1.2, abs=0.01)
    osm, own = str(helsinki / "helsinki.osm.pbf"), str(helsinki / "own.npz")
    code, made, _ = run(capsys, "roads", osm, "--profile", out, "--out", own)
    assert (code, made["profile"]) == (0, "ours")
    code, told, _ = run(capsys, "matrix", own, *pairs[2:], str(helsinki / "own.csv"))
    assert told["engine"] == "roads, profile ours"
    assert pd.read_csv(helsinki / "own.csv")["drive_s"].sum() == hours[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("calibrate roads.npz ends.csv --out x.json", "Column 'from_lon' is missing"),
        ("calibrate roads.npz few.csv --out x.json", "2 trips with a time"),
        ("calibrate roads.npz few.csv --out x.csv", "written as .json"),
        ("matrix roads.npz ends.csv --profile none.json --out x.csv", "cannot be read"),
        (
            "matrix roads.npz ends.csv --profile bad.json --out x.csv",
            "no driving rules",
        ),
        ("matrix roads.npz ends.csv --profile slow --out x.csv", "no profile 'slow'"),
        (
            "matrix roads.npz ends.csv --profile good.json#night --out x.csv",
            "no period 'night'",
        ),
    ],
)
def test_rules_that_cannot_be_are_one_sentence(
    helsinki: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
    told: str,
) -> None:
    monkeypatch.chdir(helsinki)
    pd.DataFrame({"id": ["a"], "lon": [24.94], "lat": [60.17]}).to_csv("ends.csv")
    trip = "24.94,60.17,24.95,60.175,5\n"
    Path("few.csv").write_text(
        f"from_lon,from_lat,to_lon,to_lat,minutes\n{trip}{trip}", encoding="utf-8"
    )
    Path("bad.json").write_text("{}", encoding="utf-8")
    Path("good.json").write_text(to_json(OSRM), encoding="utf-8")
    code, _, err = run(capsys, *words.split())
    assert code == 2
    assert told in err.splitlines()[-1]
    assert not list(Path().glob("x.*"))
