"""The command line keeps its contract: words, exit codes, one sentence, JSON."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from cli import COMMANDS, main
from data.formats import read_plan
from tests.conftest import ROOT
from tests.data.rfc7946 import complaints

OHIO = (-84.5, -81.0, 39.2, 41.3)


def ohio(n: int = 120) -> pd.DataFrame:
    """Accounts spread over Ohio, owned by the half of the state they are in."""
    rng = np.random.default_rng(5)
    west, east, south, north = OHIO
    lon = rng.uniform(west, east, n).round(5)
    return pd.DataFrame(
        {
            "Account ID": [f"{i:05d}" for i in range(n)],
            "Account Name": [f"Shop {i}" for i in range(n)],
            "Industry": np.where(np.arange(n) % 3 == 0, "Dental", "Food"),
            "Annual Revenue": rng.lognormal(10, 1, n).round(),
            "Sales Territory": np.where(lon < -82.9, "West", "East"),
            "Longitude": lon,
            "Latitude": rng.uniform(south, north, n).round(5),
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with accounts.csv and a plan of it, plan.geojson."""
    made = tmp_path_factory.mktemp("cli")
    ohio().to_csv(made / "accounts.csv", index=False)
    words = ["--territories", "3", "--measure", "accounts:0.2", "--seconds", "60"]
    out = ["--out", str(made / "plan.geojson"), "--json"]
    assert main(["design", str(made / "accounts.csv"), *words, *out]) == 0
    return made


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any, str]:
    """Run a command with --json; give its code, its object and its stderr."""
    capsys.readouterr()
    code = main([*words, "--json"])
    out, err = capsys.readouterr()
    assert out.count("\n") == (1 if code in (0, 3) else 0)
    return code, json.loads(out) if out else None, err


def test_design_answers_what_the_contract_says(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts, plan = str(folder / "accounts.csv"), str(folder / "new.gpkg")
    code, answer, _ = run(
        capsys, "design", accounts, "--territories", "3", "--measure", "accounts:0.2",
        "--measure", "Annual Revenue:0.5", "--out", plan,
        "--unassigned", str(folder / "nobody.csv"),
    )  # fmt: skip
    assert code == 0
    assert set(answer) >= {
        "status", "feasible", "stopped", "territories", "units", "accounts",
        "worst_deviation", "extra_pieces", "unassigned", "objective",
        "objective_unit", "lower_bound", "gap", "moved_accounts", "binding",
        "relaxations", "seconds",
    }  # fmt: skip
    assert answer["feasible"] is True
    assert (answer["territories"], answer["accounts"]) == (3, 120)
    assert answer["worst_deviation"]["accounts"] <= 0.2
    assert answer["worst_deviation"]["revenue"] <= 0.5
    assert answer["extra_pieces"] == 0
    assert len(read_plan(Path(plan)).territories) == 3
    assert len(pd.read_csv(folder / "nobody.csv")) == answer["unassigned"]


def test_a_plan_file_is_rfc_7946_and_says_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = json.loads((folder / "plan.geojson").read_text(encoding="utf-8"))
    assert complaints(whole) == []
    told = [f["properties"] for f in whole["features"]]
    assert sum(p["accounts"] for p in told) == 120
    assert max(abs(p["accounts_deviation"]) for p in told) <= 0.2
    assert {p["pieces"] for p in told} == {1}
    accounts = str(folder / "accounts.csv")
    plan = str(folder / "plan.geojson")
    code, answer, _ = run(
        capsys, "score", plan, "--accounts", accounts, "--measure", "accounts:0.2"
    )
    assert (code, answer["feasible"]) == (0, True)
    assert [row["accounts"] for row in answer["scorecard"]] == [
        p["accounts"] for p in told
    ]


def test_the_same_command_gives_the_same_bytes(folder: Path) -> None:
    again = folder / "again.geojson"
    words = ["--territories", "3", "--measure", "accounts:0.2", "--seconds", "60"]
    out = ["--out", str(again), "--json"]
    assert main(["design", str(folder / "accounts.csv"), *words, *out]) == 0
    assert again.read_bytes() == (folder / "plan.geojson").read_bytes()


def test_a_plan_that_breaks_a_rule_is_a_draft(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "draft.geojson"
    code, answer, _ = run(
        capsys, "design", str(folder / "accounts.csv"), "--territories", "7",
        "--measure", "accounts:0.0", "--seconds", "1", "--out", str(out),
    )  # fmt: skip
    assert (code, answer["feasible"]) == (3, False)
    assert answer["binding"]
    assert read_plan(out).meta["draft"] is True


def test_a_segment_and_a_limit_on_moves(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer, _ = run(
        capsys, "design", str(folder / "accounts.csv"), "--territories", "2",
        "--where", "Industry=dental", "--measure", "accounts:0.3",
        "--baseline", "Sales Territory", "--max-moved", "20%",
        "--out", str(folder / "dental.geojson"),
    )  # fmt: skip
    assert code == 0
    assert answer["accounts"] == 40
    assert answer["moved_accounts"] <= 8
    plan = read_plan(folder / "dental.geojson")
    assert sorted(plan.territories.index) == ["East", "West"]


def test_a_locked_territory_keeps_its_units(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--measure", "accounts:0.9", "--baseline", "Sales Territory"]
    out = folder / "locked.csv"
    code, _, _ = run(
        capsys, "design", str(folder / "accounts.csv"), "--territories", "3", *words,
        "--lock", "West", "--out", str(out),
    )  # fmt: skip
    assert code == 0
    new = read_plan(out)
    assert {"East", "West"} < set(new.territories.index)
    old = pd.read_csv(out, dtype=str).query("territory_id == 'West'")
    assert len(old) > 20


def test_reps_get_their_share(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reps = folder / "reps.csv"
    reps.write_text("name,territory,capacity_h\nAna,North,1500\nBen,South,750\n")
    code, answer, _ = run(
        capsys, "design", str(folder / "accounts.csv"), "--territories", "2",
        "--reps", str(reps), "--measure", "accounts:0.1",
        "--out", str(folder / "reps.geojson"),
    )  # fmt: skip
    assert code == 0
    whole = json.loads((folder / "reps.geojson").read_text(encoding="utf-8"))
    held = {f["id"]: f["properties"]["accounts"] for f in whole["features"]}
    assert held["North"] == pytest.approx(80, abs=8)
    assert held["South"] == pytest.approx(40, abs=4)
    assert answer["worst_deviation"]["accounts"] <= 0.1


def test_compare_counts_what_moves(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = folder / "plan.geojson"
    moved = folder / "moved.csv"
    main(["export", str(plan), "--out", str(moved)])
    table = pd.read_csv(moved, dtype=str).fillna("")
    whole = json.loads(plan.read_text(encoding="utf-8"))
    first, second, third = (f["id"] for f in whole["features"])
    table["territory_id"] = table["territory_id"].replace(first, second)
    table.to_csv(moved, index=False)
    code, answer, _ = run(
        capsys, "compare", str(plan), str(moved),
        "--accounts", str(folder / "accounts.csv"),
    )  # fmt: skip
    lost = whole["features"][0]["properties"]
    assert code == 0
    assert answer["moved_accounts"] == lost["accounts"]
    assert answer["moved_share"] == pytest.approx(lost["accounts"] / 120)
    assert answer["moved_revenue"] == pytest.approx(lost["revenue"])
    assert [t["territory_id"] for t in answer["territories"]] == sorted(
        [first, second, third]
    )


def test_export_reads_back_from_every_format(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = read_plan(folder / "plan.geojson")
    outs = [folder / f"e{s}" for s in (".xlsx", ".gpkg", ".zip", ".kmz", ".parquet")]
    words = [word for path in outs for word in ("--out", str(path))]
    code, answer, _ = run(capsys, "export", str(folder / "plan.geojson"), *words)
    assert (code, answer["files"]) == (0, [str(path) for path in outs])
    for path in outs:
        assert read_plan(path).assignment.tobytes() == plan.assignment.tobytes()


def test_check_counts_and_lists(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dirty = ohio(8).astype(str)
    dirty.loc[2, "Annual Revenue"] = "lots"
    dirty = pd.concat([dirty, dirty.iloc[[0]]])
    path = folder / "dirty.csv"
    dirty.to_csv(path, index=False)
    out, issues = folder / "clean.geojson", folder / "issues.csv"
    code, answer, _ = run(
        capsys, "check", str(path), "--out", str(out), "--issues", str(issues)
    )
    assert code == 0
    assert (answer["rows"], answer["accounts"], answer["duplicates"]) == (9, 8, 1)
    assert answer["rejected"] == 0
    assert answer["columns"]["revenue"] == "Annual Revenue"
    assert answer["match"] == {"rooftop": 8}
    assert answer["issues"]["bad_number"] == 1
    assert len(pd.read_csv(issues)) == sum(answer["issues"].values())
    assert complaints(json.loads(out.read_text(encoding="utf-8"))) == []


def test_demo_writes_its_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer, _ = run(capsys, "demo", str(tmp_path), "--accounts", "200")
    assert (code, answer["accounts"]) == (0, 200)
    assert all(Path(path).is_file() for path in answer["files"])
    assert answer["reps"] > 0


def test_doctor_looks_around(capsys: pytest.CaptureFixture[str]) -> None:
    code, answer, _ = run(capsys, "doctor")
    assert (code, answer["ok"]) == (0, True)
    assert isinstance(answer["warnings"], list)
    assert answer["libraries"]["geopandas"]


BAD = {
    "empty.csv": "",
    "head.csv": "name,lat,lon\n",
    "one.csv": "name,lat,lon\nA,40,-83\n",
    "nowhere.csv": "name,sales\nA,4\nB,5\n",
    "lost.csv": "name,city,state\nA,Xyzzyville,QQ\nB,Nowhereton,QQ\n",
    "same.csv": "name,lat,lon\nA,40,-83\nB,40,-83\nC,40,-83\n",
    "four.csv": "name,lat,lon\nA,40,-83\nB,41,-83\nC,42,-84\nD,40,-84\n",
    "bad.zip": "PK\x03\x04garbage",
}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("design empty.csv --territories 2", "The file is empty"),
        ("design head.csv --territories 2", "headings but no rows"),
        ("design none.csv --territories 2", "There is no such file"),
        ("design one.csv --territories 2", "2 territories are more than the 1 units"),
        ("design nowhere.csv --territories 1", "No column says where the accounts"),
        ("design lost.csv --territories 1", "None of the 2 accounts could be placed"),
        ("design four.csv --territories 0", "0 territories cannot be drawn"),
        ("design four.csv --territories 9", "9 territories are more than the 4 units"),
        ("design same.csv --territories 2", "2 territories are more than the 1 units"),
        ("design same.csv --territories 2 --units account", "more than the 1 units"),
        ("design same.csv --territories 2 --units hex:4", "more than the 1 units"),
        ("design bad.zip --territories 2", "The file is damaged"),
        ("design four.csv --territories 2 --units bad.zip", "bad.zip"),
        ("design four.csv --territories 2 --units none.shp", "none.shp"),
        ("design four.csv --territories 2 --units shire", "'shire' is unknown"),
        ("design four.csv --territories 2 --measure x", "There is no 'x'"),
        ("design four.csv --territories 2 --measure visits:7", "is no share"),
        ("design four.csv --territories 2 --where x=1", "There is no 'x'"),
        ("design four.csv --territories 2 --where name=Z", "No account has"),
        ("design four.csv --territories 2 --baseline x", "There is no 'x'"),
        ("design four.csv --territories 2 --unit-id x", "There is no 'x'"),
        ("design four.csv --territories 2 --lock T1", "no alignment of today"),
        ("design four.csv --territories 2 --reps none.csv", "There is no such file"),
        ("design four.csv --territories 2 --max-moved x", "is no number of accounts"),
        ("design four.csv --territories 2 --out none/x.geojson", "No file can be"),
        ("design four.csv --territories 2 --out x.doc", "No plan can be written"),
        ("check four.csv --map name=x", "There is no 'x'"),
        ("check four.csv --map x=name", "'x' is not a field"),
        ("score none.geojson --accounts four.csv", "There is no such file"),
        ("score four.csv --accounts four.csv", "no column of units"),
        ("export bad.zip --out x.csv", "The file is damaged"),
        ("demo trial --name mars", "There is no demo 'mars'"),
    ],
)
def test_bad_input_is_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in BAD.items():
        (tmp_path / name).write_text(content, encoding="latin-1")
    code, answer, err = run(capsys, *words.split())
    said = [line for line in err.splitlines() if " s  " not in line]
    assert (code, answer) == (2, None)
    assert len(said) == 1
    assert told in said[0]
    assert {p.name for p in tmp_path.iterdir()} == set(BAD)


@pytest.mark.parametrize(
    "words",
    [
        "design",
        "design a.csv --territories many",
        "design a.csv --territories 2 --measure a:b",
        "design a.csv --territories 2 --where a",
        "fly",
        "",
    ],
)
def test_a_wrong_word_is_one_sentence(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(words.split())
    assert left.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("command", [name for name, *_ in COMMANDS])
def test_help_shows_an_example(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    assert f"example: python cli.py {command}" in capsys.readouterr().out


def test_one_account_is_a_plan_of_one_territory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one.csv"
    path.write_text(BAD["one.csv"])
    code, answer, _ = run(
        capsys, "design", str(path), "--territories", "1", "--units", "state"
    )
    assert (code, answer["accounts"], answer["territories"]) == (0, 1, 1)


@pytest.mark.shared
@pytest.mark.slow
def test_thirty_territories_of_real_accounts(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "design", str(shared / "accounts" / "breweries.csv"), "--territories", "30",
        "--units", "county", "--measure", "accounts:0.10", "--seed", "1",
        "--seconds", "200",
    ]  # fmt: skip
    one, two = tmp_path / "one.geojson", tmp_path / "two.geojson"
    lost = tmp_path / "lost.csv"
    code, answer, _ = run(capsys, *words, "--out", str(one), "--unassigned", str(lost))
    assert (code, answer["feasible"], answer["stopped"]) == (0, True, "converged")
    whole = json.loads(one.read_text(encoding="utf-8"))
    assert complaints(whole) == []
    told = [feature["properties"] for feature in whole["features"]]
    held = [p["accounts"] for p in told]
    assert len(held) == 30
    assert max(abs(n / np.mean(held) - 1) for n in held) <= 0.10
    assert {p["pieces"] for p in told} == {1}
    assert sum(held) + len(pd.read_csv(lost, dtype=str)) == answer["accounts"]
    shapes = gpd.read_file(one).geometry.to_numpy()
    whole_area = shapely.union_all(shapes).area
    assert shapely.area(shapes).sum() == pytest.approx(whole_area, rel=1e-9)
    plan = read_plan(one)
    units = [u for p in told for u in p["units"]]
    assert len(set(units)) == len(units) == len(plan.unit_id)
    run(capsys, *words, "--out", str(two))
    assert two.read_bytes() == one.read_bytes()


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )


def test_help_starts_without_the_heavy_libraries() -> None:
    code = "import sys, cli; cli.parser(); print('numpy' in sys.modules)"
    words = [sys.executable, "-c", code]
    found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"


def test_leaving_does_not_wait_for_a_solver_that_was_called_off() -> None:
    code = (
        "import cli, threading, time; print('told')\n"
        "threading.Thread(target=time.sleep, args=(300,)).start(); cli.leave(130)"
    )
    words = [sys.executable, "-c", code]
    found = subprocess.run(
        words, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (found.returncode, found.stdout, found.stderr) == (130, "told\n", "")


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to a child on Windows")
def test_ctrl_c_leaves_130_and_nothing(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.geojson"
    out.write_text("old")
    process = start(
        tmp_path, "design", str(folder / "accounts.csv"), "--territories", "6",
        "--measure", "accounts:0.001", "--seconds", "300", "--out", str(out),
    )  # fmt: skip
    assert process.stderr is not None
    while "plans" not in process.stderr.readline():
        assert process.poll() is None
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [
        ("plan.geojson", "old")
    ]
