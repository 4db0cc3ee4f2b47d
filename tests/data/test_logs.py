"""What reps write down is on the disk when it is acknowledged, and comes back."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data import logs
from data.forget import forget
from data.logs import DayChoice, Prices
from geo.errors import InputError
from geo.frames import TRIPS, Trips, names
from routing.mileage import IRS, Rate

DAY = dt.date(2026, 3, 2)


def trips(*rows: tuple[str, str, float]) -> Trips:
    table = pd.DataFrame(rows, columns=["rep_id", "date", "miles"])
    table["date"] = pd.to_datetime(table["date"])
    table = table.assign(
        territory="", tolls=0.0, nights=0.0, lodging=np.nan, estimated=False
    )
    return table[names(TRIPS)]


def test_trips_come_back_and_a_day_written_again_is_replaced(tmp_path: Path) -> None:
    assert logs.read_trips(tmp_path, "s").empty
    logs.log_trips(
        tmp_path, "s", trips(("R2", "2026-03-02", 9), ("R1", "2026-03-02", 1))
    )
    kept = logs.log_trips(tmp_path, "s", trips(("R1", "2026-03-02", 5)))
    assert kept["miles"].tolist() == [5.0, 9.0]
    pd.testing.assert_frame_equal(logs.read_trips(tmp_path, "s"), kept)
    logs.set_trips(tmp_path, "s", "R1", trips(("R1", "2026-03-03", 2)))
    assert logs.read_trips(tmp_path, "s")["miles"].tolist() == [2.0, 9.0]
    logs.set_trips(tmp_path, "s", "R1", trips())
    logs.set_trips(tmp_path, "s", "R2", trips())
    assert logs.read_trips(tmp_path, "s").empty
    assert logs.read_trips(tmp_path, "other").empty


def test_a_report_reaches_the_planner_and_can_be_settled(tmp_path: Path) -> None:
    told = logs.tell(
        tmp_path,
        "s",
        rep_id="R1",
        account_id="A1",
        kind="hours",
        text=" shut \n Mondays",
    )
    assert told.text == "shut Mondays"
    assert told.at.tzinfo is not None
    assert logs.reports(tmp_path, "s") == [told]
    logs.settle(tmp_path, "s", told.report_id)
    assert [t.done for t in logs.reports(tmp_path, "s")] == [True]
    for text, kind, said in (
        ("  ", "hours", "Nothing is said"),
        ("x", "smell", "'smell' is no kind of report"),
    ):
        with pytest.raises(InputError, match=said):
            logs.tell(tmp_path, "s", rep_id="R1", account_id="A", kind=kind, text=text)


def test_no_report_is_lost_when_two_windows_write(tmp_path: Path) -> None:
    def tell(number: int) -> None:
        logs.tell(
            tmp_path, "s", rep_id="R", account_id=f"{number}", kind="other", text="x"
        )

    threads = [threading.Thread(target=tell, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({t.account_id for t in logs.reports(tmp_path, "s")}) == 12


def test_the_day_as_the_rep_set_it_comes_back(tmp_path: Path) -> None:
    assert logs.load_day(tmp_path, "s", "../R 1", DAY) is None
    choice = DayChoice(("b", "a"), skipped=("c",), pinned=("a",))
    logs.save_day(tmp_path, "s", "../R 1", DAY, choice)
    assert logs.load_day(tmp_path, "s", "../R 1", DAY) == choice
    assert [p.parent for p in tmp_path.rglob("*.json")] == [tmp_path / "logs" / "s"]
    logs.forget_day(tmp_path, "s", "../R 1", DAY)
    assert logs.load_day(tmp_path, "s", "../R 1", DAY) is None


def test_rates_are_those_of_the_irs_until_changed(tmp_path: Path) -> None:
    assert logs.read_prices(tmp_path) == Prices(IRS, 110.0)
    own = Prices((Rate(dt.date(2026, 1, 1), 0.6, "our own"),), 95.0)
    logs.save_prices(tmp_path, own)
    assert logs.read_prices(tmp_path) == own
    rate = own.rates[0]
    for rates, said in (
        ((), "There is no rate. Keep at least one."),
        ((rate, rate), "Two rates begin on one day. Keep one of them."),
        ((Rate(DAY, -1, ""),), "A rate is below 0. Give 0.725."),
    ):
        with pytest.raises(InputError) as refusal:
            logs.save_prices(tmp_path, Prices(rates))
        assert str(refusal.value) == said
    assert logs.read_prices(tmp_path) == own


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1, "rows": [{}]}'])
def test_a_damaged_file_is_named_and_kept(tmp_path: Path, text: str) -> None:
    path = tmp_path / "logs" / "s" / "reports.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(InputError, match="The file is damaged"):
        logs.reports(tmp_path, "s")
    assert path.read_text() == text
    path.write_text('{"format": 9, "rows": []}')
    with pytest.raises(InputError, match="A newer version has written this file"):
        logs.reports(tmp_path, "s")


def test_logs_go_when_everything_is_forgotten(tmp_path: Path) -> None:
    logs.save_prices(tmp_path, Prices())
    forget(tmp_path)
    assert list(tmp_path.iterdir()) == []
