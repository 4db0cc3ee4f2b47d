"""Calendars last: per plan and rep, whole or not at all, with their versions."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from data import calendars
from data.calendars import (
    calendars as all_calendars,
)
from data.calendars import (
    drop_calendars,
    horizons,
    load_calendar,
    save_calendar,
    versions,
)
from data.forget import forget
from geo.errors import InputError
from routing.engine import StraightLine
from routing.rotation import Rotation, rotate
from routing.rules import RotationRules
from tests.routing.reps import MONDAY, rep, scattered


def made(seed: int = 1) -> Rotation:
    return rotate(
        scattered(6, seed=seed),
        rep(),
        weeks=4,
        start=MONDAY,
        engine=StraightLine(),
        rules=RotationRules(rounds=0),
    )


def save(home: Path, plan: str, who: str, seed: int = 1) -> calendars.Version:
    stops = made(seed).stops.assign(rep_id=who)
    return save_calendar(home, plan, who, stops, start=MONDAY, weeks=4)


def test_a_calendar_comes_back_as_it_was(tmp_path: Path) -> None:
    save(tmp_path, "p1", "R1")
    back = load_calendar(tmp_path, "p1", "R1")
    assert back is not None
    pd.testing.assert_frame_equal(back, made().stops)
    assert load_calendar(tmp_path, "p1", "R2") is None
    assert load_calendar(tmp_path, "p2", "R1") is None


def test_the_last_one_is_in_force_and_older_ones_stay(tmp_path: Path) -> None:
    first, second = save(tmp_path, "p", "R1", 1), save(tmp_path, "p", "R1", 2)
    assert (first.number, second.number) == (1, 2)
    assert [v.number for v in versions(tmp_path, "p", "R1")] == [1, 2]
    now = load_calendar(tmp_path, "p", "R1")
    old = load_calendar(tmp_path, "p", "R1", number=1)
    pd.testing.assert_frame_equal(now, made(2).stops)
    pd.testing.assert_frame_equal(old, made(1).stops)
    assert second.start == MONDAY
    assert second.made.tzinfo == dt.UTC


def test_versions_do_not_grow_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendars, "KEEP", 3)
    for _ in range(5):
        save(tmp_path, "p", "R1")
    assert [v.number for v in versions(tmp_path, "p", "R1")] == [3, 4, 5]


def test_all_reps_of_a_plan_and_what_they_cover(tmp_path: Path) -> None:
    assert all_calendars(tmp_path, "p").empty
    assert horizons(tmp_path, "p").empty
    save(tmp_path, "p", "../R/1")
    save(tmp_path, "p", "R2")
    save(tmp_path, "other", "R3")
    stops = all_calendars(tmp_path, "p")
    assert set(stops["rep_id"]) == {"../R/1", "R2"}
    assert horizons(tmp_path, "p")["weeks"].to_dict() == {"../R/1": 4, "R2": 4}
    assert {p.name for p in tmp_path.iterdir()} == {"calendars"}
    drop_calendars(tmp_path, "p")
    assert all_calendars(tmp_path, "p").empty
    assert len(all_calendars(tmp_path, "other"))


def test_a_write_that_fails_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, "p", "R1")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(pd.DataFrame, "to_parquet", full)
        with pytest.raises(InputError, match="No space left on device"):
            save(tmp_path, "p", "R1", 2)
    assert [v.number for v in versions(tmp_path, "p", "R1")] == [1]
    files = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert files == ["000001.parquet"]


def test_a_broken_calendar_is_named(tmp_path: Path) -> None:
    save(tmp_path, "p", "R1")
    (file,) = tmp_path.rglob("*.parquet")
    file.write_bytes(b"PAR1")
    with pytest.raises(InputError, match="This calendar cannot be read"):
        load_calendar(tmp_path, "p", "R1")


def test_an_empty_calendar_is_one(tmp_path: Path) -> None:
    save_calendar(tmp_path, "p", "R1", calendars.no_stops(), start=MONDAY, weeks=6)
    back = load_calendar(tmp_path, "p", "R1")
    assert back is not None
    assert back.empty
    assert horizons(tmp_path, "p")["weeks"].to_dict() == {"R1": 6}


def test_forgetting_deletes_them(tmp_path: Path) -> None:
    save(tmp_path, "p", "R1")
    assert [path.name for path in forget(tmp_path)] == ["calendars"]
    assert not any(tmp_path.iterdir())
