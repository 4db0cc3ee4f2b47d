"""Logs as people keep them: odometers, GPS totals, miles or kilometres."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from data.mileage_commands import read_trips
from data.mileage_files import read_calendar, read_log
from data.tables import read_table
from geo.errors import InputError
from routing.mileage import METRES_PER_MILE
from tests.test_cli import run


def table(text: str) -> pd.DataFrame:
    rows = [line.split(",") for line in text.strip().splitlines()]
    frame = pd.DataFrame(rows[1:], columns=rows[0], dtype="str")
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name="row"))


def test_an_odometer_log_adds_up_by_day() -> None:
    log = read_log(
        table(
            """
Driver,Date,Odometer start,Odometer end,Tolls,Hotel
R1,2026-03-02,1000,1040,2.50,
R1,2026-03-02,1040,1060,,
R1,2026-03-03,1060,1300,,129.00
"""
        )
    )
    assert log.issues == ()
    assert log.trips["miles"].tolist() == [60.0, 240.0]
    assert log.trips["tolls"].tolist() == [2.5, 0.0]
    assert pd.isna(log.trips["lodging"].iloc[0])
    assert log.trips["lodging"].iloc[1] == 129.0
    assert not log.trips["estimated"].any()


def test_kilometres_and_gps_metres_become_miles() -> None:
    km = read_log(table("rep,day,km\nR1,2026-03-02,160.9344"))
    assert km.trips["miles"].tolist() == pytest.approx([100.0])
    odometer = read_log(
        table("rep,date,odometer start,End odometer (km)\nR1,2026-03-02,9,25.09344")
    )
    assert odometer.trips["miles"].tolist() == pytest.approx([10.0])
    metres = read_log(table(f"rep,date,metres\nR1,2026-03-02,{METRES_PER_MILE}"))
    assert metres.trips["miles"].tolist() == pytest.approx([1.0])


def test_bad_rows_are_left_out_and_named() -> None:
    log = read_log(
        table(
            """
rep,date,start,end,miles
R1,2026-03-02,100,90,
R1,soon,1,2,
,2026-03-02,1,2,
R1,2026-03-03,,,
R1,2026-03-04,,,12
R1,2026-03-05,0,5000,
"""
        )
    )
    assert [(i.row, i.kind) for i in log.issues] == [
        (1, "backwards"),
        (2, "no_date"),
        (3, "no_rep"),
        (4, "no_miles"),
        (6, "too_far"),
    ]
    assert log.issues[0].message == (
        "Row 1 has an odometer that runs backwards; it is left out"
    )
    assert log.trips["miles"].tolist() == [12.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rep,miles\nR1,3", "No column says date (log.csv). Name one 'date'."),
        (
            "rep,date\nR1,2026-03-02",
            "No column says miles, km, or odometer start and end (log.csv). "
            "Name one 'miles, km, or odometer start and end'.",
        ),
        ("date,miles\n2026-03-02,3", "No column says rep (log.csv). Name one 'rep'."),
        (
            "rep,date,miles\nR1,03/04/2026,3",
            "'03/04/2026' could be two days (log.csv). Write dates as 2026-03-04.",
        ),
    ],
)
def test_a_log_that_cannot_be_read_says_why(text: str, said: str) -> None:
    raw = table(text)
    raw.attrs["source"] = "log.csv"
    with pytest.raises(InputError) as refusal:
        read_log(raw)
    assert str(refusal.value) == said


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.csv").write_text(
        "rep,date,territory,miles,tolls,nights\n"
        "R1,2025-12-31,=cmd(),100,0,1\n"
        "R1,2026-01-02,=cmd(),100,4,0\n",
        encoding="utf-8",
    )
    (tmp_path / "plan.csv").write_text(
        "rep_id,date,sequence,account_id,arrive,drive_s,drive_m,back_m,estimated\n"
        f"R1,2026-01-02,1,a,,60,{80 * METRES_PER_MILE},0,True\n"
        f"R1,2026-01-02,2,b,,60,{2 * METRES_PER_MILE},{8 * METRES_PER_MILE},True\n",
        encoding="utf-8",
    )
    return tmp_path


def test_the_command_adds_miles_and_money(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer, _ = run(
        capsys, "mileage", "log.csv", "--night", "110", "--out", "pay.csv"
    )
    assert code == 0
    assert answer["miles"] == 200
    assert answer["expense"] == pytest.approx(70 + 72.5 + 4 + 110)
    assert answer["months"] == ["2025-12", "2026-01"]
    text = (folder / "pay.csv").read_text(encoding="utf-8-sig")
    assert "'=cmd()" in text
    assert ",=cmd()" not in text
    code, answer, _ = run(
        capsys, "mileage", "log.csv", "--rate", "0.5", "--out", "p.xlsx"
    )
    assert answer["expense"] == pytest.approx(104)
    read = read_table(folder / "p.xlsx")
    assert read["expense"].astype(float).sum() == pytest.approx(104)


def test_the_command_prices_a_calendar_and_compares(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer, _ = run(capsys, "mileage", "plan.csv", "--out", "pay.csv")
    assert (code, answer["planned"], answer["estimated"]) == (0, True, True)
    assert answer["miles"] == pytest.approx(90)
    assert answer["expense"] == pytest.approx(65.25)
    assert read_trips(folder / "plan.csv").is_calendar
    code, answer, _ = run(
        capsys, "mileage", "log.csv", "--plan", "plan.csv", "--out", "both.xlsx"
    )
    assert answer["planned_miles"] == pytest.approx(90)
    sheet = read_table(folder / "both.xlsx", sheet="Plan against actual")
    assert sheet["difference_miles"].astype(float).tolist() == [100.0, 10.0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["log.csv", "--out", "pay.pdf"], "No table can be written as '.pdf'"),
        (["log.csv", "--rate", "-1", "--out", "a.csv"], "-1.0 is no rate a mile"),
        (["none.csv", "--out", "a.csv"], "none.csv"),
    ],
)
def test_the_command_refuses_in_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    code, _, error = run(capsys, "mileage", *words)
    assert code == 2
    assert said in error
    assert json.dumps(error).count("Traceback") == 0


def test_a_calendar_of_ours_says_its_nights_by_the_account_near_them() -> None:
    raw = pd.DataFrame(
        {
            "rep_id": ["R1"] * 3,
            "date": ["2026-03-02", "2026-03-03", "2026-03-04"],
            "sequence": ["1"] * 3,
            "account_id": ["A1", "A2", "A3"],
            "drive_m": ["1000"] * 3,
            "overnight": ["A00001", "", "false"],
        }
    )
    assert read_calendar(raw)["overnight"].tolist() == ["A00001", "", ""]
