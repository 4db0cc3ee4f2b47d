"""The demo of Helsinki, opened once: real streets, made-up accounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from data import library
from data.sqlite import open_sqlite
from ui import grounds
from ui.routes.who import Who, who_of
from ui.session import Ground, Session, first_plan, opened


@pytest.fixture(scope="session")
def helsinki(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return grounds.read_ground(tmp_path_factory.mktemp("ground"), library.HELSINKI)


@pytest.fixture
def session(tmp_path: Path, helsinki: Ground) -> Iterator[Session]:
    store = open_sqlite(tmp_path / "plans.sqlite")
    yield opened(store, tmp_path, helsinki, first_plan(store, helsinki))
    store.close()


@pytest.fixture
def who(session: Session) -> Who:
    return who_of(session, "R02")


@pytest.fixture
def far(session: Session) -> Who:
    """The same rep without roads."""
    from routing.engine import StraightLine

    return replace(who_of(session, "R02"), engine=StraightLine(), roads=None)
