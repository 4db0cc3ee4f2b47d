"""`route` keeps the contract of the command line."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import gpxpy
import pandas as pd
import pytest
from icalendar import Calendar

from tests.routing.towns import STEP, cross
from tests.test_cli import run


@pytest.fixture
def town(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Path:
    """A folder one stands in, with the crossing of `cross` and four stops on it."""
    monkeypatch.chdir(tmp_path)
    cross(tmp_path / "town.osm")
    stops = pd.DataFrame(
        {
            "id": ["home", "e", "n", "w"],
            "lon": [0.0, STEP, 0.0, -STEP],
            "lat": [-STEP, 0.0, STEP, 0.0],
            "visit_min": [0, 30, 30, 30],
            "open": ["", "", "10:00", ""],
            "close": ["", "", "11:00", "9:00 am"],
            "Notes": ["", "Ring", "", ""],
        }
    )
    stops.to_csv(tmp_path / "stops.csv", index=False)
    assert run(capsys, "roads", "town.osm", "--out", "town.npz")[0] == 0
    return tmp_path


def test_a_day_comes_in_the_best_order(
    town: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("route", "town.npz", "stops.csv", "--out", "day.csv")
    code, answer, _ = run(capsys, *words)
    assert code == 0
    assert answer["order"] == ["home", "w", "e", "n"]
    assert answer["infeasible"] == []
    assert answer["estimated"] is False
    assert answer["arrivals"][0] == "08:00"
    assert answer["drive_s"] == pytest.approx(sum(answer["leg_s"]))
    assert answer["drive_m"] == pytest.approx(8 * 1111.95, abs=1)
    table = pd.read_csv("day.csv", dtype={"arrive": str})
    assert table["id"].fillna("").tolist() == ["w", "e", "n", ""]
    assert table["begin"][2] == "10:00"
    assert table["drive_m"].sum() == pytest.approx(answer["drive_m"], abs=0.5)


def test_what_cannot_be_kept_is_said_with_3(
    town: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("route", "town.npz", "stops.csv", "--depart", "10:30", "--out", "day.csv")
    code, answer, _ = run(capsys, *words)
    assert code == 3
    [left] = answer["infeasible"]
    assert left["stop"] == "w"
    assert left["why"].startswith("closes 09:00; the earliest arrival is 10:3")
    assert answer["order"] == ["home", "n", "e"]
    assert pd.read_csv("day.csv")["why"].iloc[-1] == left["why"]


def test_in_order_says_what_the_best_order_saves(
    town: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = pd.read_csv("stops.csv").drop(columns=["open", "close"])
    twice = pd.concat([rows, rows.iloc[[1]].assign(id="e2")])
    twice.to_csv("given.csv", index=False)
    words = ("route", "town.npz", "given.csv", "--in-order", "--out", "day.csv")
    code, answer, _ = run(capsys, *words)
    assert (code, answer["order"]) == (0, ["home", "e", "n", "w", "e2"])
    assert answer["saved_m"] == pytest.approx(2 * 1111.95, abs=2)
    assert answer["saved_s"] > 0


def test_lunch_ends_and_pins(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("route", "estimate", "stops.csv", "--lunch", "45@10:30-12:00")
    words += ("--end", "e", "--pin", "n=1", "--out", "day.csv")
    code, answer, _ = run(capsys, *words)
    assert (answer["order"][0], answer["order"][-1]) == ("home", "e")
    assert (code, answer["order"][1]) == (3, "n")
    assert answer["infeasible"][0]["stop"] == "w"
    assert answer["estimated"] is True
    assert answer["lunch"] is None
    words = ("route", "estimate", "stops.csv", "--pin", "e=13:00", "--lunch", "30")
    code, answer, _ = run(capsys, *words, "--out", "day.csv")
    assert (code, answer["order"][-1]) == (0, "e")
    assert answer["begin_s"][-1] == 13 * 3600
    assert answer["lunch"] == "11:30"


def test_every_format_can_be_read_back(
    town: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suffixes = ("geojson", "gpx", "csv", "xlsx", "ics", "kml", "html")
    outs = [word for suffix in suffixes for word in ("--out", f"day.{suffix}")]
    words = ("route", "town.npz", "stops.csv", "--date", "2026-03-29")
    words += ("--zone", "Europe/Helsinki", "--rep", "Ada <b>")
    code, answer, _ = run(capsys, *words, *outs)
    assert code == 0
    assert answer["files"] == [f"day.{suffix}" for suffix in suffixes]
    shapes = json.loads(Path("day.geojson").read_text(encoding="utf-8"))
    kinds = [feature["properties"]["kind"] for feature in shapes["features"]]
    assert kinds == ["stop"] * 3 + ["leg"] * 4
    legs = [f for f in shapes["features"] if f["properties"]["kind"] == "leg"]
    assert len(legs[0]["geometry"]["coordinates"]) == 3  # by the crossing
    assert len(gpd.read_file("day.geojson")) == 7
    track = gpxpy.parse(Path("day.gpx").read_text(encoding="utf-8"))
    assert track.waypoints[0].name == "1. w"
    events = Calendar.from_ical(Path("day.ics").read_bytes()).walk("VEVENT")
    assert events[2]["dtstart"].dt.isoformat() == "2026-03-29T10:00:00+03:00"
    assert len(gpd.read_file("day.kml")) == 7
    assert zipfile.is_zipfile("day.xlsx")
    page = Path("day.html").read_text(encoding="utf-8")
    assert "Ada &lt;b&gt;: Sunday, 29 March 2026" in page
    assert "Ring" in page


def test_a_file_of_accounts_is_a_table_of_stops(
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
    words = ("route", "town.npz", "accounts.csv", "--start", "A2", "--out", "day.gpx")
    code, answer, _ = run(capsys, *words)
    assert (code, answer["order"]) == (0, ["A2", "A1"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("route none.npz stops.csv --out x.csv", "no such road network"),
        ("route estimate none.csv --out x.csv", "There is no such file"),
        ("route estimate stops.csv --out x.pdf", "No route can be written as '.pdf'"),
        ("route estimate stops.csv --out no/x.csv", "No file can be written there"),
        ("route estimate stops.csv --start z --out x.csv", "There is no stop 'z'"),
        ("route estimate stops.csv --end z --out x.csv", "There is no stop 'z'"),
        ("route estimate stops.csv --depart 25:00 --out x.csv", "is no time of day"),
        ("route estimate stops.csv --lunch long --out x.csv", "'long' is no lunch"),
        ("route estimate stops.csv --pin z=1 --out x.csv", "no stop 'z'"),
        ("route estimate stops.csv --pin e=now --out x.csv", "is no time of day"),
        ("route estimate stops.csv --date soon --out x.csv", "'soon' is no date"),
        ("route estimate stops.csv --zone Mars --out x.csv", "no time zone 'Mars'"),
        ("route estimate bad.csv --out x.csv", "'early' is no time of day (bad.csv,"),
        ("route estimate shut.csv --out x.csv", "closes 09:00 before it opens 10:00"),
        ("route estimate twice.csv --out x.csv", "Stop 'a' is there twice"),
    ],
)
def test_bad_input_is_one_sentence(
    town: Path, capsys: pytest.CaptureFixture[str], words: str, told: str
) -> None:
    head = "id,lon,lat,open,close\n"
    (town / "bad.csv").write_text(head + "a,0,0,early,\nb,0,0,,\n")
    (town / "shut.csv").write_text(head + "a,0,0,10:00,9:00\nb,0,0,,\n")
    (town / "twice.csv").write_text(head + "a,0,0,,\na,0,0,,\n")
    before = {path.name for path in town.iterdir()}
    code, answer, err = run(capsys, *words.split())
    said = [line for line in err.splitlines() if " s  " not in line]
    assert (code, answer, len(said)) == (2, None, 1)
    assert told in said[0]
    assert {path.name for path in town.iterdir()} == before
