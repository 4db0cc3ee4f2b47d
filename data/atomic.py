"""Write a file whole or not at all: temporary name, sync, rename."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geo.errors import InputError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path in the folder of `path` that takes its place at the end.

    The temporary name ends in the suffix of `path`, because drivers look at it. If
    the block fails, an older file at `path` stays as it was and nothing is left
    beside it.

    Raises
    ------
    InputError
        The folder is missing, full or cannot be written.
    """
    draft = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
    try:
        yield draft
        sync(draft)
        draft.replace(path)
        sync(path.parent)
    except OSError as error:
        raise InputError(
            f"Cannot write the file: {error.strerror or error}",
            where=str(path),
            fix="Choose a folder that exists, has room and may be written to",
        ) from error
    finally:
        for left in path.parent.glob(f"{draft.stem}*"):
            left.unlink()


@contextmanager
def scratch(beside: Path) -> Iterator[Path]:
    """Give an empty folder next to `beside` for the parts of an archive."""
    folder = beside.with_name(f".{uuid.uuid4().hex}")
    try:
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_bytes(path: Path, content: bytes) -> Path:
    """Put `content` at `path`, whole or not at all."""
    with replacing(path) as draft:
        draft.write_bytes(content)
    return path


def write_text(path: Path, text: str) -> Path:
    """Put UTF-8 `text` at `path`, whole or not at all; line ends stay as given."""
    return write_bytes(path, text.encode("utf-8"))


def check_folder(path: Path) -> None:
    """Refuse a path whose folder cannot take a file, before the work is done.

    Raises
    ------
    InputError
        The folder is missing or may not be written, or the path is a folder.
    """
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise InputError(
            "No file can be written there",
            where=str(path),
            fix="Choose a folder that exists and may be written to",
        )


def sync(path: Path) -> None:
    """Wait until the file or folder is on the disk; Windows cannot sync a folder."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
