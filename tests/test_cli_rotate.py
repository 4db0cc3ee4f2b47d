"""The command `rotate` keeps the contract of the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from icalendar import Calendar

from tests.conftest import ROOT
from tests.test_cli import run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder one stands in: thirty accounts of two reps in Ohio."""
    rng = np.random.default_rng(2)
    n = 30
    pd.DataFrame(
        {
            "Account ID": [f"A{i:02d}" for i in range(n)],
            "Account Name": [f"Shop {i}" for i in range(n)],
            "Account Owner": ["R1", "Rob Roe"] * (n // 2),
            "Longitude": (-83 + rng.uniform(-0.3, 0.3, n)).round(4),
            "Latitude": (40 + rng.uniform(-0.2, 0.2, n)).round(4),
            "Visits": [52, 26, 13] * (n // 3),
            "Visit minutes": 30,
        }
    ).to_csv(tmp_path / "accounts.csv", index=False)
    pd.DataFrame(
        {
            "rep_id": ["R1", "R2"],
            "name": ["Ann Roe", "Rob Roe"],
            "lon": [-83.1, -82.9],
            "lat": [40.0, 40.1],
            "timezone": ["America/New_York", ""],
        }
    ).to_csv(tmp_path / "reps.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


MAP = ("--map", "visits=Visits", "--map", "visit_min=Visit minutes")
USUAL = ("accounts.csv", "reps.csv", *MAP, "--rounds", "30", "--start", "2026-10-19")


def test_rotate_writes_every_visit(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (*USUAL, "--out", "calendar.csv")
    code, answer, _ = run(capsys, "rotate", "estimate", *words)
    assert code == 0
    assert (answer["visits"], answer["missed"]) == (70, [])
    assert answer["estimated"] is True
    table = pd.read_csv("calendar.csv", dtype={"account_id": str})
    assert len(table) == 70
    assert table.groupby("rep_id").size().to_dict() == {"R1": 35, "R2": 35}
    hours = table.groupby("rep_id")[["visit_s", "drive_s", "back_s"]].sum().sum(axis=1)
    for rep_id, hour in answer["hours"].items():
        assert hour == pytest.approx(hours[rep_id] / 3600, abs=0.01)
    metres = table["drive_m"].sum() + table["back_m"].sum()
    assert answer["drive_m"] == pytest.approx(metres, abs=5)


def test_visits_that_do_not_fit_end_with_three(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = ",".join(f"2026-10-{day:02d}" for day in range(19, 32))
    words = (*USUAL, "--weeks", "2", "--holidays", closed)
    code, answer, _ = run(capsys, "rotate", "estimate", *words, "--out", "c.csv")
    assert code == 3
    assert answer["visits"] + sum(m["wanted"] for m in answer["missed"]) > 0
    assert {"rep_id", "account_id", "wanted", "planned", "why", "mend"} <= set(
        answer["missed"][0]
    )
    assert Path("c.csv").exists()


def test_holidays_may_come_from_a_file_and_days_be_preferred(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "closed.csv").write_text("name,date\nDay,2026-10-21\n", encoding="utf-8")
    words = (*USUAL, "--holidays", "closed.csv", "--prefer", "account_owner=R1:Mon")
    code, _, err = run(capsys, "rotate", "estimate", *words, "--out", "c.csv")
    assert code == 0, err
    assert "2026-10-21" not in set(pd.read_csv("c.csv")["date"])


def test_ics_has_an_event_a_visit_and_right_times_when_clocks_change(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """New York leaves summer time on 1 November 2026, between the visits."""
    code, _, _ = run(capsys, "rotate", "estimate", *USUAL, "--out", "c.ics")
    assert code == 0
    run(capsys, "rotate", "estimate", *USUAL, "--out", "c.csv")
    table = pd.read_csv("c.csv", parse_dates=["leave"])
    visits = pd.to_timedelta(table["visit_s"], unit="s")
    table["begin"] = table["leave"] - visits
    calendar = Calendar.from_ical(Path("c.ics").read_bytes())
    events = calendar.walk("VEVENT")
    assert len(events) == 70
    assert len({str(event["uid"]) for event in events}) == 70
    for event, row in zip(events, table.to_dict("records"), strict=True):
        begins = event.decoded("dtstart")
        local = row["begin"].to_pydatetime()
        if row["rep_id"] == "R1":
            summer = local < pd.Timestamp("2026-11-01")
            offset = (begins.replace(tzinfo=None) - local).total_seconds() / 3600
            assert offset == (4 if summer else 5)
        else:
            assert begins == local
        assert event.decoded("duration").total_seconds() == row["visit_s"]


def test_what_cannot_be_used_is_said_in_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, text in (
        ((*USUAL, "--out", "c.pdf"), "No calendar can be written as '.pdf'"),
        ((*USUAL, "--weeks", "99", "--out", "c.csv"), "A calendar of 99 weeks"),
        ((*USUAL, "--holidays", "soon", "--out", "c.csv"), "'soon' is no date"),
        ((*USUAL, "--prefer", "a=b:Xyz", "--out", "c.csv"), "'Xyz' is no day"),
    ):
        code, _, err = run(capsys, "rotate", "estimate", *words)
        assert code == 2
        assert text in err
    others = pd.read_csv("reps.csv").assign(rep_id=["X", "Y"], name=["Q", "Z"])
    others.to_csv("others.csv", index=False)
    words = ("accounts.csv", "others.csv", *MAP, "--out", "c.csv")
    code, _, err = run(capsys, "rotate", "estimate", *words)
    assert code == 2
    assert "No account names one of the reps" in err
    assert not Path("c.csv").exists()


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to a group on Windows")
@pytest.mark.parametrize(("pause_s", "times"), [(0.5, 1), (6.0, 2)])
def test_ctrl_c_leaves_130_and_nothing(
    folder: Path, pause_s: float, times: int
) -> None:
    """As a terminal sends it, to the whole group: while processes start, and later."""
    words = (*USUAL[:-4], "--rounds", "100000", "--out", "c.csv")
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), "rotate", "estimate", *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )
    assert process.stderr is not None
    while "0 of 2 reps" not in process.stderr.readline():
        assert process.poll() is None
    time.sleep(pause_s)
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.05)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not Path("c.csv").exists()


def test_a_sick_day_moves_only_its_own_visits(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "rotate", "estimate", *USUAL, "--out", "c.csv")
    before = pd.read_csv("c.csv")
    mine = before[before["rep_id"] == "R1"]
    sick = sorted(set(mine["date"]))[3]
    words = (*USUAL[:6], "--keep", "c.csv", "--sick", f"R1={sick}", "--out", "d.csv")
    code, answer, _ = run(capsys, "rotate", "estimate", *words)
    assert code == 0
    assert (answer["start"], answer["weeks"]) == ("2026-10-19", 4)
    lost = set(mine.loc[mine["date"] == sick, "account_id"])
    assert {row["account_id"] for row in answer["moved"]} == lost
    assert len(answer["moved"]) == len(lost)
    assert {row["was"] for row in answer["moved"]} == {sick}
    after = pd.read_csv("d.csv")
    assert len(after) == len(before)
    other = [table[table["rep_id"] == "R2"] for table in (before, after)]
    pd.testing.assert_frame_equal(*(t.reset_index(drop=True) for t in other))
    code, _, err = run(capsys, "rotate", "estimate", *USUAL, "--keep", "c.csv", *OUT)
    assert (code, "No day is lost" in err) == (2, True)
    strange = ("--keep", "c.csv", "--sick", "R9=2026-10-20", *OUT)
    code, _, err = run(capsys, "rotate", "estimate", *USUAL, *strange)
    assert (code, "'R9' is no rep" in err) == (2, True)
    code, _, err = run(capsys, "rotate", "estimate", *USUAL, "--keep", "reps.csv", *OUT)
    assert (code, "Column 'date' is missing" in err) == (2, True)


OUT = ("--out", "e.csv")


def test_nights_away_are_counted_and_priced(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts = pd.read_csv("accounts.csv")
    accounts.loc[accounts["Account Owner"] == "R1", "Longitude"] -= 4.0
    accounts.assign(Visits=13).to_csv("accounts.csv", index=False)
    words = (*USUAL, "--rounds", "300", "--nights", "2", "--night", "100")
    _, answer, _ = run(capsys, "rotate", "estimate", *words, "--out", "c.csv")
    table = pd.read_csv("c.csv", keep_default_na=False)
    assert answer["nights"] == (table["overnight"] != "").sum() > 0
    assert answer["nights_cost"] == 100 * answer["nights"]
    _, plain, _ = run(capsys, "rotate", "estimate", *USUAL, "--out", "d.csv")
    assert plain["nights"] == 0
    assert plain["drive_h"]["R1"] > answer["drive_h"]["R1"]
    code, paid, _ = run(capsys, "mileage", "c.csv", "--night", "100", "--out", "m.csv")
    assert code == 0
    assert paid["miles"] == pytest.approx(answer["drive_m"] / 1609.344, rel=1e-3)
    nights = pd.read_csv("m.csv")["nights"].sum()
    assert nights == answer["nights"]


def test_homes_given_as_addresses_are_placed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("reps.csv").write_text(
        'rep_id,name,home\nR1,Ann Roe,"Columbus, OH"\nR2,Rob Roe,43201\n'
    )
    _, there, _ = run(capsys, "rotate", "estimate", *USUAL, "--out", "c.csv")
    Path("reps.csv").write_text(
        'rep_id,name,address\nR1,Ann Roe,"12 High St, Toledo, OH 43604"\nR2,Rob Roe,\n'
    )
    _, away, err = run(capsys, "rotate", "estimate", *USUAL, "--out", "c.csv")
    assert away["drive_h"].get("R1", 0) != there["drive_h"]["R1"]
    assert "No home is known of Rob Roe; a middle account is taken" in err
