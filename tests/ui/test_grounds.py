"""Bringing accounts in, opening plans again, segments: real store, real folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data import library
from data.sqlite import open_sqlite
from data.sqlstore import SqlStore
from geo.edits import move, override
from geo.errors import InputError
from geo.frames import Accounts
from geo.plan import owners
from ui import grounds, intake
from ui.session import Ground, Session, commit, refreshed, undo

TEXT = """Name,State,ZIP,Owner,Revenue,Industry
Alpha,OH,43201,Ana,1000,Dental
Beta,OH,43215,Ana,2000,Retail
Gamma,PA,15222,Bo,3000,Dental
Delta,PA,19103,Bo,4000,Retail
Omega,,,Bo,10,Retail
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = open_sqlite(tmp_path / "plans.sqlite")
    yield store
    store.close()


@pytest.fixture
def upload(tmp_path: Path) -> intake.Upload:
    return intake.read_upload("dealers.csv", TEXT.encode(), tmp_path)


def brought(store: SqlStore, home: Path, upload: intake.Upload) -> Session:
    accounts = upload.accounts
    assert accounts is not None
    ground = grounds.bring_in(home, "dealers", accounts, kind="state")
    blank = Session(store, home, ground, ground.reps, ground.today, 0, accounts[[]])
    return grounds.first(blank, ground)


def test_todays_owners_are_the_first_plan(
    store: SqlStore, tmp_path: Path, upload: intake.Upload
) -> None:
    session = brought(store, tmp_path, upload)
    assert session.card["accounts"].to_dict() == {"Ana": 2, "Bo": 3}
    assert session.reps["name"].tolist() == ["Ana", "Bo"]
    assert session.plan.name == "dealers"
    assert not session.undoable


def test_a_plan_reopens_where_it_was_after_a_restart(
    store: SqlStore, tmp_path: Path, upload: intake.Upload
) -> None:
    session = commit(brought(store, tmp_path, upload), move(["OH"], to="Bo"))
    assert session.card["accounts"].to_dict() == {"Ana": 0, "Bo": 5}

    def ground(study_id: str) -> Ground:
        return grounds.read_ground(tmp_path, study_id)

    again = grounds.reopened(store, tmp_path, ground)
    assert again.plan.plan_id == session.plan.plan_id
    assert again.card["accounts"].to_dict() == {"Ana": 0, "Bo": 5}
    assert again.undoable
    assert undo(again).card["accounts"].to_dict() == {"Ana": 2, "Bo": 3}


def test_another_window_sees_the_edit(
    store: SqlStore, tmp_path: Path, upload: intake.Upload
) -> None:
    one = brought(store, tmp_path, upload)
    two = commit(one, move(["OH"], to="Bo"))
    assert refreshed(two) is two
    assert refreshed(one).rev == two.rev
    assert refreshed(one).card["accounts"].to_dict() == {"Ana": 0, "Bo": 5}


def test_a_copy_leaves_the_plan_alone(
    store: SqlStore, tmp_path: Path, upload: intake.Upload
) -> None:
    session = brought(store, tmp_path, upload)
    copy = commit(grounds.copy_plan(session, "What if"), move(["OH"], to="Bo"))
    assert copy.plan.name == "What if"
    assert refreshed(session) is session
    back = grounds.open_plan(
        copy, lambda i: grounds.read_ground(tmp_path, i), session.plan.plan_id
    )
    assert back.card["accounts"].to_dict() == {"Ana": 2, "Bo": 3}


def test_accounts_in_no_area_keep_nothing(
    tmp_path: Path, upload: intake.Upload
) -> None:
    accounts = upload.accounts
    assert accounts is not None
    nowhere = accounts[accounts["name"] == "Omega"]
    with pytest.raises(InputError, match=r"could be placed|No account lies in"):
        grounds.bring_in(tmp_path, "dealers", nowhere, kind="state")
    assert not (tmp_path / "studies").exists()


def test_a_segment_keeps_its_values_and_is_named_after_them(
    upload: intake.Upload,
) -> None:
    accounts = upload.accounts
    assert accounts is not None
    dental = grounds.segment(accounts, {"industry": ("Dental",)})
    assert dental["name"].tolist() == ["Alpha", "Gamma"]
    assert grounds.segment_name("Demo", {"industry": ("Dental",)}) == "Demo, Dental"
    with pytest.raises(InputError, match="No account is in this segment"):
        grounds.segment(accounts, {"industry": ("Space",)})


def test_a_missing_study_falls_back_to_the_demo(
    store: SqlStore, tmp_path: Path, upload: intake.Upload
) -> None:
    session = brought(store, tmp_path, upload)
    folder = tmp_path / "studies" / session.ground.entry.study_id
    (folder / "study.json").unlink()
    demo = session.ground  # stands for the shipped one

    def ground(study_id: str) -> Ground:
        assert study_id == library.DEMO
        return demo

    again = grounds.reopened(store, tmp_path, ground)
    assert again.plan.plan_id != session.plan.plan_id
    assert again.card["accounts"].to_dict() == {"Ana": 2, "Bo": 3}


NEWER = """Account ID,Account Name,State,Zip,Sales Rep,Annual Revenue
a,Alpha,OH,43201,Ana,1500
c,Gamma,OH,43215,Bo,3000
e,Epsilon,PA,15222,,500
"""
OLDER = """Account ID,Account Name,State,Zip,Sales Rep,Annual Revenue
a,Alpha,OH,43201,Ana,1000
b,Beta,OH,43215,Ana,2000
c,Gamma,PA,15222,Bo,3000
d,Delta,PA,19103,Bo,4000
"""


def read(name: str, text: str, home: Path) -> intake.Upload:
    return intake.read_upload(name, text.encode(), home)


def test_a_newer_export_keeps_territories_exceptions_and_history(
    store: SqlStore, tmp_path: Path
) -> None:
    session = brought(store, tmp_path, read("old.csv", OLDER, tmp_path))
    session = commit(session, override(["a"], to="Bo"))
    newer = read("new.csv", NEWER, tmp_path)
    said = grounds.change_of(session, newer).sentence
    assert said == "1 new, 2 gone, 1 moved, 2 changed accounts"
    renewed = grounds.renew(session, newer)
    owner = owners(renewed.plan, renewed.study.accounts)
    assert owner.to_dict() == {"a": "Bo", "c": "Ana", "e": "Bo"}
    assert renewed.plan.plan_id == session.plan.plan_id
    assert renewed.undoable
    undone = undo(renewed)
    assert owners(undone.plan, undone.study.accounts)["a"] == "Ana"
    study_id = session.ground.entry.study_id
    kept = grounds.read_ground(tmp_path, study_id).study.accounts
    assert sorted(kept.index) == ["a", "c", "e"]


def test_a_file_that_cannot_be_compared_is_refused_and_nothing_changes(
    store: SqlStore, tmp_path: Path
) -> None:
    session = brought(store, tmp_path, read("old.csv", OLDER, tmp_path))
    other = NEWER.replace("\na,", "\nx,").replace("\nc,", "\ny,")
    with pytest.raises(InputError) as refusal:
        grounds.renew(session, read("new.csv", other, tmp_path))
    assert str(refusal.value) == (
        "None of these accounts is in the open plan (new.csv). "
        "Use them for a plan of their own."
    )
    with pytest.raises(InputError, match="Accounts are told apart by their ids"):
        grounds.renew(session, read("dealers.csv", TEXT, tmp_path))
    kept = grounds.read_ground(tmp_path, session.ground.entry.study_id)
    assert len(kept.study.accounts) == 4


def test_the_helsinki_demo_opens_and_opens_again_as_it_was_left(
    store: SqlStore, tmp_path: Path, upload: intake.Upload
) -> None:
    made = grounds.read_ground(tmp_path, library.HELSINKI)

    def ground(study_id: str) -> Ground:
        assert study_id == library.HELSINKI
        return made

    session = brought(store, tmp_path, upload)
    demo = grounds.open_demo(session, ground, library.HELSINKI)
    assert demo.plan.name == "Helsinki demo (real streets)"
    assert demo.card["load"].max() > 0.8
    assert demo.card["load"].min() < 0.5
    unit = str(demo.plan.unit_id[0])
    other = next(
        t for t in demo.names if t != owners(demo.plan, unit_accounts(demo)).iloc[0]
    )
    commit(demo, move([unit], to=other))
    back = grounds.open_demo(session, ground, library.HELSINKI)
    assert back.undoable
    assert back.rev == 1


def unit_accounts(session: Session) -> Accounts:
    accounts = session.study.accounts
    return accounts[accounts["unit_id"] == session.plan.unit_id[0]]
