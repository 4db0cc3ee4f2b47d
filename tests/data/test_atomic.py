"""A file is written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.atomic import replacing, scratch, write_text
from geo.errors import InputError


def test_a_new_file_holds_what_was_written(tmp_path: Path) -> None:
    assert write_text(tmp_path / "a.csv", "é\r\n").read_bytes() == b"\xc3\xa9\r\n"
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]


def test_the_temporary_name_keeps_the_suffix_and_the_folder(tmp_path: Path) -> None:
    with replacing(tmp_path / "a.gpkg") as draft:
        assert (draft.suffix, draft.parent) == (".gpkg", tmp_path)
        draft.write_text("x")


def test_a_failure_keeps_the_older_file_and_leaves_nothing(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.json", "old")
    with pytest.raises(ZeroDivisionError), replacing(path) as draft:
        draft.write_text("half")
        draft.with_name(f"{draft.name}-journal").write_text("driver's")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_cancelled_write_keeps_the_older_file(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.json", "old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as draft:
        draft.write_text("half")
        raise KeyboardInterrupt
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.json", "old")]


def test_a_full_disk_is_one_sentence_and_keeps_the_older_file(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.json", "old")
    with pytest.raises(InputError) as told, replacing(path) as draft:
        draft.write_text("half")
        with open("/dev/full", "w") as full:  # noqa: PTH123
            full.write("x")
    assert "Cannot write the file: No space left on device" in str(told.value)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.json", "old")]


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Cannot write the file: No such file"):
        write_text(tmp_path / "none" / "a.json", "x")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write all")
def test_a_folder_that_may_not_be_written_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(InputError, match="Permission denied"):
        write_text(tmp_path / "a.json", "x")
    tmp_path.chmod(0o755)


def test_a_scratch_folder_is_gone_afterwards(tmp_path: Path) -> None:
    with scratch(tmp_path / "a.zip") as folder:
        (folder / "part").write_text("x")
    assert list(tmp_path.iterdir()) == []
