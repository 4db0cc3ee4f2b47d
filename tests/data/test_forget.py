"""Delete my data: ours goes, the rest stays."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from cli import main
from data.forget import forget, kept
from data.library import remember_plan
from data.mappings import remember
from geo.errors import InputError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    raw = pd.DataFrame({"id": ["1"]}, dtype="str")
    remember(tmp_path, raw, {"account_id": "id"})
    remember_plan(tmp_path, "p1")
    for name in ("studies/x/accounts.parquet", "areas/a.parquet", "cache/b"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    for name in ("plans.sqlite", "plans.sqlite-wal", "plans.sqlite.v1.bak", "mine.txt"):
        (tmp_path / name).write_text("x")
    return tmp_path


def test_everything_of_ours_goes_and_nothing_else(home: Path) -> None:
    assert len(forget(home)) == 8
    assert [path.name for path in home.iterdir()] == ["mine.txt"]
    assert forget(home) == []


def test_a_link_is_removed_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a").write_text("x")
    home = tmp_path / "home"
    home.mkdir()
    (home / "cache").symlink_to(elsewhere)
    forget(home)
    assert (elsewhere / "a").exists()
    assert kept(home) == []


def test_nothing_is_deleted_before_it_is_confirmed(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BAILIWICK_HOME", str(home))
    assert main(["forget", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["kept"]) == 8
    assert (home / "plans.sqlite").exists()
    assert main(["forget", "--yes"]) == 0
    assert capsys.readouterr().out.startswith("8 deleted from ")
    assert not (home / "plans.sqlite").exists()


def test_what_cannot_be_deleted_is_said(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(path: Path) -> None:
        raise OSError(path)

    monkeypatch.setattr(Path, "unlink", busy)
    with pytest.raises(InputError, match=r"plans\.sqlite\.v1\.bak cannot be deleted"):
        forget(home)
    assert not (home / "studies").exists()
