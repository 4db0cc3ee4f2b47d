"""Market data brought into the app: kept, measured, removed; cuts share it by area."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from data.market import join
from data.sqlite import open_sqlite
from data.sqlstore import SqlStore
from geo.errors import InputError
from ui import grounds, intake
from ui.market import joined_sentence, together
from ui.session import Session
from ui.tables import market_measures

ACCOUNTS = """Name,State,ZIP,Owner
Alpha,OH,43201,Ana
Beta,PA,15222,Bo
"""
PEOPLE = pd.DataFrame({"state": ["OH", "PA"], "people": ["11,800,000", "13,000,000"]})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = open_sqlite(tmp_path / "plans.sqlite")
    yield store
    store.close()


@pytest.fixture
def session(store: SqlStore, tmp_path: Path) -> Session:
    upload = intake.read_upload("dealers.csv", ACCOUNTS.encode(), tmp_path)
    assert upload.accounts is not None
    ground = grounds.bring_in(tmp_path, "dealers", upload.accounts, kind="state")
    blank = Session(store, tmp_path, ground, ground.reps, ground.today, 0, upload.raw)
    return grounds.first(blank, ground)


def people(session: Session, name: str = "people") -> pd.DataFrame:
    raw = pd.DataFrame(
        {"fips": session.ground.study.units.index, name: "100"}, dtype="str"
    )
    raw.loc[0, name] = "900"
    return join(raw, session.ground.study.units).values


def test_numbers_of_the_ground_are_a_measure_of_every_territory(
    session: Session,
) -> None:
    numbered = grounds.numbered(session, people(session))
    assert numbered.study.table.measures[-1] == "people"
    assert numbered.card["people"].notna().all()
    owned = numbered.plan.assignment != 65535
    assert numbered.card["people"].sum() == people(session)["people"][owned].sum()
    assert market_measures(numbered.study.table.measures) == ["people"]


def test_they_are_there_after_a_restart_and_gone_when_removed(
    session: Session,
) -> None:
    study_id = session.ground.entry.study_id
    grounds.numbered(session, people(session))
    again = grounds.read_ground(session.home, study_id)
    assert again.study.table.measures[-1] == "people"
    without = grounds.numbered(session, people(session).drop(columns="people"))
    assert "people" not in without.study.table.measures
    plain = grounds.read_ground(session.home, study_id)
    assert "people" not in plain.study.table.measures


def test_a_second_table_joins_the_first_and_the_same_name_replaces(
    session: Session,
) -> None:
    first, other = people(session), people(session, "rivals")
    both = together(first, other)
    assert list(both.columns) == ["people", "rivals"]
    assert list(together(both, first * 2).columns) == ["rivals", "people"]
    assert together(both, first * 2)["people"].sum() == 2 * first["people"].sum()


def test_a_name_that_is_taken_is_refused_and_nothing_is_kept(session: Session) -> None:
    with pytest.raises(InputError, match="'load' is a measure or a property"):
        grounds.numbered(session, people(session, "load"))
    again = grounds.read_ground(session.home, session.ground.entry.study_id)
    assert "load" not in again.study.table.measures


def test_the_file_is_summed_up_in_a_sentence(session: Session) -> None:
    units = session.ground.study.units
    raw = pd.DataFrame({"fips": units.index, "people": "5"}, dtype="str")
    said = joined_sentence(join(raw, units), ("state", "states"))
    n = len(units)
    assert said == f"people: {n} of {n} states, found by their codes."
