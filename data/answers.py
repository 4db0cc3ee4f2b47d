"""What geocoding services have answered, and consents given, in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Protocol

from geo.errors import InputError

TABLES = """
CREATE TABLE IF NOT EXISTS answer (
    key TEXT PRIMARY KEY, lon REAL, lat REAL, match TEXT NOT NULL, score REAL NOT NULL,
    radius_km REAL, matched TEXT NOT NULL, service TEXT NOT NULL, licence TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS consent (
    at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, origin TEXT NOT NULL,
    addresses INTEGER NOT NULL, actor TEXT NOT NULL
);
"""
CHUNK = 500


@dataclass(frozen=True)
class Answer:
    """Where a service put one address; match is "none" if it does not know it."""

    lon: float | None
    lat: float | None
    match: str
    score: float
    radius_km: float | None
    matched: str


NOT_FOUND = Answer(None, None, "none", 0.0, None, "")


class Named(Protocol):
    """Who answered, and under which licence."""

    @property
    def name(self) -> str:
        """Short name of the service."""
        ...

    @property
    def licence(self) -> str:
        """Whom to credit, and the terms."""
        ...


class Answers:
    """The cache: key -> answer, written after every request.

    Keys are hashes, so that the file holds no addresses but the ones found.

    Parameters
    ----------
    path
        The file; it and its folder are made when first written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=10)) as base:
                base.executescript(TABLES)
                with base:
                    yield base
        except (sqlite3.Error, OSError) as error:
            what, fix = "The cache of answers cannot be used", "Delete the file"
            raise InputError(what, where=self._path.name, fix=fix) from error

    def get(self, keys: Iterable[str]) -> dict[str, Answer]:
        """Give the answers there are."""
        wanted = list(keys)
        found: dict[str, Answer] = {}
        if not wanted or not self._path.exists():
            return found
        with self._open() as base:
            for start in range(0, len(wanted), CHUNK):
                part = wanted[start : start + CHUNK]
                marks = ",".join("?" * len(part))
                query = (
                    "SELECT key, lon, lat, match, score, radius_km, matched "  # noqa: S608
                    f"FROM answer WHERE key IN ({marks})"
                )
                for key, *rest in base.execute(query, part):
                    found[key] = Answer(*rest)
        return found

    def put(self, batch: Mapping[str, Answer], service: Named) -> None:
        """Keep the answers to one request."""
        rows = [
            (key, *astuple(answer), service.name, service.licence)
            for key, answer in batch.items()
        ]
        with self._open() as base:
            marks = ",".join("?" * 9)
            base.executemany(f"INSERT OR REPLACE INTO answer VALUES ({marks})", rows)  # noqa: S608

    def record(self, origin: str, addresses: int, actor: str) -> None:
        """Keep that somebody agreed to send so many addresses to this origin."""
        with self._open() as base:
            base.execute(
                "INSERT INTO consent (origin, addresses, actor) VALUES (?, ?, ?)",
                (origin, addresses, actor),
            )

    def consents(self) -> list[tuple[str, str, int, str]]:
        """Give what was agreed to: time (UTC), origin, number of addresses, actor."""
        with self._open() as base:
            query = "SELECT at, origin, addresses, actor FROM consent ORDER BY rowid"
            return [tuple(row) for row in base.execute(query)]
