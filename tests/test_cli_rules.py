"""Every rule of `design` on the command line, on small accounts in Ohio."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from cli import main
from data.formats import read_plan
from tests.test_cli import run

HOUSE = ["--measure", "accounts:0.3", "--seconds", "60"]
TODAY = ["--baseline", "Territory"]
WEST, SOUTH, STEP = -84.5, 39.2, 0.4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A field of 6 x 4 cells, c<column>r<row>, two accounts in each.

    Columns 0 to 3 are West's today, 4 and 5 East's; the first account of each cell of
    row 0 belongs to the family Acme.
    """
    made = tmp_path_factory.mktemp("rules")
    cells, rows = [], []
    for column in range(6):
        for row in range(4):
            x, y = WEST + column * STEP, SOUTH + row * STEP
            cells.append((f"c{column}r{row}", shapely.box(x, y, x + STEP, y + STEP)))
            for n in range(2):
                rows.append(
                    {
                        "Account ID": f"a{column}{row}{n}",
                        "Account Name": f"Shop {column}{row}{n}",
                        "Annual Revenue": 1000 * (1 + column),
                        "Territory": "West" if column < 4 else "East",
                        "Parent": "Acme" if row == 0 and n == 0 else "",
                        "Longitude": round(x + STEP * (0.4 + 0.2 * n), 4),
                        "Latitude": round(y + STEP / 2, 4),
                    }
                )
    ids, boxes = zip(*cells, strict=True)
    ground = gpd.GeoDataFrame({"unit_id": ids}, geometry=list(boxes), crs="EPSG:4326")
    ground.to_file(made / "field.geojson", driver="GeoJSON")
    pd.DataFrame(rows).to_csv(made / "accounts.csv", index=False)
    return made


@pytest.fixture
def words(folder: Path) -> list[str]:
    """The command up to its rules."""
    ground = ["--units", str(folder / "field.geojson")]
    return ["design", str(folder / "accounts.csv"), *ground]


def written(path: Path, rows: list[dict[str, object]]) -> str:
    """Write rules as CSV; give the path as a word."""
    pd.DataFrame(rows).to_csv(path, index=False)
    return str(path)


def held(out: Path) -> dict[str, dict[str, Any]]:
    """territory -> properties of a plan file."""
    whole = json.loads(out.read_text(encoding="utf-8"))
    return {feature["id"]: feature["properties"] for feature in whole["features"]}


def owner_of_unit(out: Path) -> dict[str, str]:
    """Unit -> territory of a plan file."""
    told = held(out)
    return {unit: t for t, properties in told.items() for unit in properties["units"]}


def test_the_number_of_territories_follows_from_a_capacity(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """48 accounts, at most 17 each: three territories of 16."""
    auto = [*words, "--territories", "auto", *HOUSE]
    code, answer, err = run(capsys, *auto, "--capacity", "17")
    assert (code, answer["territories"]) == (0, 3)
    assert "3 territories: fewer cannot carry the load" in err
    assert answer["worst_deviation"]["accounts"] <= 17 / 16 - 1 + 1e-9
    code, _, err = run(capsys, *auto)
    assert code == 2
    assert "--capacity 1500" in err.strip().splitlines()[-1]


def test_rules_of_every_kind_hold_at_once(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = written(
        tmp_path / "rules.csv",
        [
            {"rule": "require", "unit": "c3r0", "territory": "East"},
            {"rule": "forbid", "unit": "c5r3", "territory": "East"},
            {"rule": "together", "group": "a", "unit": "c2r3"},
            {"rule": "together", "group": "a", "unit": "c3r3"},
            {"rule": "named", "account": "a000", "territory": "T01", "counts": "no"},
            {"rule": "named", "account": "a501", "territory": "West"},
            {"rule": "share", "territory": "T01", "value": 0.5},
            {"rule": "limit", "territory": "West", "measure": "accounts", "high": 19},
            {"rule": "center", "territory": "T01", "unit": "c5r3", "fixed": "no"},
        ],
    )
    out = tmp_path / "ruled.geojson"
    code, answer, _ = run(
        capsys, *words, "--territories", "3", *TODAY, "--measure", "accounts:0.4",
        "--rules", rules, "--out", str(out),
    )  # fmt: skip
    assert (code, answer["status"]) == (0, "feasible")
    owner, told = owner_of_unit(out), held(out)
    assert owner["c3r0"] == "East"
    assert owner["c5r3"] != "East"
    assert owner["c2r3"] == owner["c3r3"]
    assert told["West"]["accounts"] <= 19
    # The account that does not count is in no load; half a share is a fifth of all.
    assert sum(one["accounts"] for one in told.values()) == 47
    assert told["T01"]["accounts"] == pytest.approx(47 / 5, rel=0.4)
    plan = read_plan(out)
    assert plan.overrides.loc["a000"].tolist() == ["T01", False]
    assert plan.overrides.loc["a501"].tolist() == ["West", True]


def test_a_locked_territory_keeps_its_units_and_gets_no_other(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "locked.geojson"
    code, answer, _ = run(
        capsys, *words, "--territories", "3", *TODAY, *HOUSE, "--lock", "West",
        "--out", str(out),
    )  # fmt: skip
    assert (code, answer["status"]) == (0, "feasible")
    owner, told = owner_of_unit(out), held(out)
    west = {f"c{column}r{row}" for column in range(4) for row in range(4)}
    assert {unit for unit, territory in owner.items() if territory == "West"} == west
    assert told["West"]["accounts_deviation"] == 0
    assert [one["accounts"] for t, one in told.items() if t != "West"] == [8, 8]


def test_a_locked_unit_stays_and_a_contradiction_is_named(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "kept.geojson"
    two = [*words, "--territories", "2", *TODAY, "--measure", "accounts:0.1"]
    code, _, _ = run(capsys, *two, "--lock-unit", "c3r1", "--out", str(out))
    assert code == 0
    assert owner_of_unit(out)["c3r1"] == "West"
    rows = [{"rule": "require", "unit": "c3r1", "territory": "East"}]
    rules = written(tmp_path / "rules.csv", rows)
    code, _, err = run(capsys, *two, "--rules", rules, "--lock", "West")
    assert code == 2
    assert "is required in East but locked in West" in err


def test_families_stay_together(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "families.geojson"
    code, _, _ = run(
        capsys, *words, "--territories", "3", *HOUSE, "--families", "Parent",
        "--out", str(out),
    )  # fmt: skip
    assert code == 0
    plan, owner = read_plan(out), owner_of_unit(out)
    given = plan.overrides["territory_id"]
    mine = {given.get(f"a{c}00", owner[f"c{c}r0"]) for c in range(6)}
    assert len(mine) == 1
    assert len(plan.overrides) > 0


def test_a_drawn_line_and_a_bridge_decide_what_is_joined(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    river = tmp_path / "river.geojson"
    middle = WEST + 3 * STEP
    line = {"type": "LineString", "coordinates": [[middle, 38.0], [middle, 42.5]]}
    feature = {"type": "Feature", "properties": {}, "geometry": line}
    river.write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]}),
        encoding="utf-8",
    )
    one = [*words, "--territories", "1", *HOUSE, "--barriers", str(river)]
    code, answer, _ = run(capsys, *one)
    assert (code, answer["status"]) == (3, "infeasible")
    assert answer["binding"]
    bridge = tmp_path / "bridge.json"
    bridge.write_text('[{"rule": "crossing", "unit": "c2r1", "other": "c3r1"}]')
    code, answer, _ = run(capsys, *one, "--rules", str(bridge))
    assert (code, answer["status"], answer["extra_pieces"]) == (0, "feasible", 0)
    code, answer, _ = run(capsys, *one, "--parts")
    assert (code, answer["status"]) == (0, "feasible")


def test_a_frontier_is_a_table_of_what_each_share_buys(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """East lacks 8 of 24 accounts: 0 and 5 % are too few, 20 % do."""
    two = [*words, "--territories", "2", *TODAY, "--measure", "accounts:0.02"]
    code, answer, _ = run(capsys, *two, "--frontier", "0,5,20,40")
    rows = answer["frontier"]
    assert [row["max_share"] for row in rows] == [0.0, 0.05, 0.2, 0.4]
    assert all(row["moved_accounts"] <= 48 * row["max_share"] for row in rows)
    assert [row["status"] == "feasible" for row in rows] == [False, False, True, True]
    assert (code, answer["moved_accounts"]) == (0, 8)
    assert rows[2]["moved_revenue"] > 0
    capsys.readouterr()
    assert main([*two, "--frontier", "0,20"]) == 0
    text = capsys.readouterr().out
    assert "accounts changing hands" in text
    assert "20 %" in text


def test_as_little_as_possible_is_the_fewest(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    two = [*words, "--territories", "2", *TODAY, "--measure", "accounts:0.02"]
    _, least, _ = run(capsys, *two, "--max-moved", "least")
    assert (least["status"], least["moved_accounts"]) == ("feasible", 8)
    _, fewer, _ = run(capsys, *two, "--frontier", "15")
    assert fewer["status"] == "not_found"


def test_what_changes_hands_can_be_revenue(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    two = [*words, "--territories", "2", *TODAY, *HOUSE]
    frontier = ["--frontier", "10", "--moved-by", "revenue"]
    _, answer, _ = run(capsys, *two, *frontier)
    total = 8 * 1000 * sum(range(1, 7))
    assert 0 < answer["frontier"][0]["moved_revenue"] <= 0.10 * total
    code, _, err = run(capsys, *two, "--max-moved", "5%", "--moved-by", "smiles")
    assert code == 2
    assert "There is no 'smiles'" in err


def test_an_estimate_says_at_once_what_cannot_be_met(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    two = [*words, "--territories", "2", *HOUSE, "--estimate"]
    code, answer, _ = run(capsys, *two)
    assert (code, answer["possible"], answer["binding"]) == (0, True, [])
    assert sum(answer["fair_share"]["accounts"].values()) == pytest.approx(48)
    code, answer, _ = run(capsys, *two, "--capacity", "20")
    assert (code, answer["possible"]) == (3, False)
    assert "40" in answer["binding"][0]
    assert "Plan 1 territory more" in answer["relaxations"][0]


def test_prices_say_what_balance_and_one_piece_cost(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer, err = run(capsys, *words, "--territories", "3", *HOUSE, "--prices")
    assert code == 0
    assert "Keeping the loads within their bounds costs" in err
    assert any("in one piece costs" in note for note in answer["notes"])
    assert answer["certificate"]


def test_homes_hold_a_territory_within_minutes(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reps = tmp_path / "reps.csv"
    reps.write_text(
        "name,territory,capacity_h,lon,lat\n"
        "Ana,North,1500,-82.7,40.4\nBen,South,1500,-83.9,39.6\n",
        encoding="utf-8",
    )
    two = [*words, "--territories", "2", *HOUSE, "--centers", "fixed"]
    ours = [*two, "--reps", str(reps)]
    code, answer, _ = run(capsys, *ours, "--max-minutes", "240")
    assert (code, answer["feasible"]) == (0, True)
    code, answer, _ = run(capsys, *ours, "--max-minutes", "20", "--estimate")
    assert (code, answer["possible"]) == (3, False)
    assert "home" in answer["binding"][0]
    code, _, err = run(capsys, *two)
    assert code == 2
    assert "No rep has a home" in err


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({"rule": "named", "account": "b1", "territory": "West"}, "no account 'b1'"),
        ({"rule": "require", "unit": "1", "territory": "West"}, "no unit '1'"),
        ({"rule": "share", "territory": "Wset", "value": "0.5"}, "Choose from West"),
        ({"rule": "share", "territory": "West", "value": "half"}, "is no number"),
        ({"rule": "share", "territory": "West", "value": "-1"}, "makes no sense"),
        ({"rule": "lok", "territory": "West"}, "'lok' is no rule"),
        ({"rule": "named", "account": "a000"}, "needs account and territory"),
        ({"rule": "limit", "territory": "West", "measure": "revenue", "low": "1"},
         "which is not balanced"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_used_is_one_sentence(
    words: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    row: dict[str, object],
    error: str,
) -> None:
    rules = written(tmp_path / "rules.csv", [row])
    two = [*words, "--territories", "2", *TODAY, *HOUSE, "--estimate"]
    code, _, err = run(capsys, *two, "--rules", rules)
    assert code == 2
    assert error in err.strip().splitlines()[-1]
    assert "Traceback" not in err
