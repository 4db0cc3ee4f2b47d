"""The embedded plan store's file: one writer, full sync, migrations with a backup."""

from __future__ import annotations

import hashlib
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from data.sqlstore import SqlStore, now
from geo.errors import InputError, ServiceError

SCHEMA = Path(__file__).resolve().parent / "schema"
"""Numbered migrations, `001-name.sql`."""

PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "busy_timeout = 5000",
    "trusted_schema = OFF",
)


@dataclass(frozen=True)
class Migration:
    """One numbered step of the schema."""

    version: int
    name: str
    script: str

    @property
    def digest(self) -> str:
        """SHA-256 of the script, kept beside its record."""
        return hashlib.sha256(self.script.encode()).hexdigest()


def open_sqlite(path: Path, *, schema: Path = SCHEMA) -> SqlStore:
    """Open a plan store, make it when it is not there, upgrade it when it is older.

    Before each upgrade the file is copied beside itself (VACUUM INTO). The store is
    held by one process at a time; `close` lets it go, and so does the end of the
    process, however it ends.

    Raises
    ------
    ServiceError
        Another process has the store open, or the disk refuses.
    InputError
        A newer version has written it, or it is no plan store.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = _take(path.with_name(path.name + ".lock"))
    try:
        engine = _engine(path)
        with _readable(path), engine.connect() as connection:
            migrate(connection, path, steps(schema))
    except BaseException:
        lock.close()
        raise
    return SqlStore(engine, where=str(path), release=lock.close)


def steps(folder: Path) -> list[Migration]:
    """Read the migrations of a folder, in order."""
    found = [
        Migration(int(p.name[:3]), p.stem[4:], p.read_text(encoding="utf-8"))
        for p in folder.glob("[0-9][0-9][0-9]-*.sql")
    ]
    return sorted(found, key=lambda step: step.version)


def migrate(connection: sa.Connection, path: Path, todo: list[Migration]) -> None:
    """Bring a store up to the last migration, each in a transaction with its record.

    Raises
    ------
    InputError
        When a newer version has written the store.
    """
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, "
        "name TEXT NOT NULL, digest TEXT NOT NULL, applied_at TEXT NOT NULL)"
    )
    connection.commit()
    version = version_of(connection)
    newest = max((step.version for step in todo), default=0)
    if version > newest:
        raise InputError(
            f"A newer program has written this store (version {version}, this one "
            f"knows {newest})",
            where=str(path),
            fix="Update the program, or open a backup beside it",
        )
    for step in todo:
        if step.version > version:
            if version > 0:
                backup(connection, path.with_name(f"{path.name}.v{version}.bak"))
            _run(connection, step)
            version = step.version


def version_of(connection: sa.Connection) -> int:
    """Give the last migration a store has seen, 0 for an empty one."""
    found = connection.exec_driver_sql("SELECT max(version) FROM schema_version")
    version = int(found.scalar() or 0)
    connection.commit()
    return version


def _run(connection: sa.Connection, step: Migration) -> None:
    with connection.begin():
        for statement in statements(step.script):
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql(
            "INSERT INTO schema_version VALUES (?, ?, ?, ?)",
            (step.version, step.name, step.digest, now().isoformat()),
        )


def statements(script: str) -> list[str]:
    """Split a script where a statement is complete; text may hold semicolons."""
    found, pending = [], ""
    for part in script.split(";"):
        pending += part + ";"
        if sqlite3.complete_statement(pending):
            found.append(pending.strip())
            pending = ""
    rest = [line for line in pending.strip("; \n").splitlines() if line[:2] != "--"]
    if any(line.strip() for line in rest):
        raise InputError("A migration ends in an open statement")
    return found


def backup(connection: sa.Connection, copy: Path) -> Path:
    """Write a whole copy of the store; copying the file alone would lose edits."""
    copy.unlink(missing_ok=True)
    connection.commit()
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)  # noqa: S101
    raw.execute("VACUUM INTO ?", (str(copy),))
    return copy


def _engine(path: Path) -> sa.Engine:
    """Give an engine with one connection, whose transactions take the write lock."""

    def connect() -> sqlite3.Connection:
        raw = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        for pragma in PRAGMAS:
            raw.execute(f"PRAGMA {pragma}")
        return raw

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=StaticPool)

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say in one sentence that a file is not a store, or that the disk refuses."""
    try:
        yield
    except sa.exc.DatabaseError as error:
        reason = str(error.orig)
        if "not a database" in reason or "malformed" in reason:
            raise InputError(
                "This file is not a readable plan store",
                where=str(path),
                fix="Move it away, or put a backup in its place",
            ) from error
        raise ServiceError(
            f"The plan store cannot be opened: {reason}", where=str(path)
        ) from error


def _take(path: Path) -> IO[Any]:
    """Hold the lock file of a store until it is closed or the process ends."""
    handle = path.open("a+b")
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise ServiceError(
            "Another Bailiwick has the plans open",
            where=str(path.with_suffix("")),
            fix="Close it, or set BAILIWICK_HOME to another folder",
        ) from error
    return handle
