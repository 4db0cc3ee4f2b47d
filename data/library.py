"""The accounts and reps a user has brought in, kept in the per-user folder.

One folder a study: ``accounts.parquet``, ``reps.parquet``, ``study.json`` and, with
market data, ``market.parquet``. A plan in the store names its study in
``meta["study"]``, so that it reopens over the same ground.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geo.errors import InputError
from geo.frames import Accounts, Reps

FORMAT = 1
DEMO, HELSINKI = "demo", "demo-helsinki"
"""Ids of the studies that are shipped and never saved."""


@dataclass(frozen=True)
class Entry:
    """What is said of a study without reading its tables.

    Parameters
    ----------
    study_id
        Its folder; one of `DEMOS` for what is shipped.
    name
        What people call it: the file's name.
    kind
        Kind of basic unit, as `data.boundaries.read_units` takes it.
    where
        Segment the accounts are filtered by: column -> values kept.
    """

    study_id: str
    name: str
    kind: str = "county"
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


DEMOS = {
    DEMO: Entry(DEMO, "Demo data"),
    HELSINKI: Entry(HELSINKI, "Helsinki demo (real streets)", kind="account"),
}
"""What is said of the shipped studies, by id; the first is opened first."""


def save(home: Path, entry: Entry, accounts: Accounts, reps: Reps) -> Entry:
    """Keep a study, whole or not at all; give its entry with its new id.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    entry = Entry(uuid.uuid4().hex[:12], entry.name, entry.kind, entry.where)
    folder = home / "studies" / entry.study_id
    draft = folder.with_name(f".{entry.study_id}")
    try:
        draft.mkdir(parents=True)
        accounts.to_parquet(draft / "accounts.parquet")
        reps.to_parquet(draft / "reps.parquet")
        text = json.dumps({"format": FORMAT, **asdict(entry)}, ensure_ascii=False)
        (draft / "study.json").write_text(text, encoding="utf-8")
        draft.rename(folder)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise InputError(
            f"The accounts cannot be kept: {error.strerror or error}",
            where=str(home),
            fix="Choose a folder that may be written to in BAILIWICK_HOME",
        ) from error
    return entry


def save_reps(home: Path, study_id: str, reps: Reps) -> None:
    """Keep a changed table of reps; the old one stays if that fails."""
    path = home / "studies" / study_id / "reps.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(".reps.parquet")
    reps.to_parquet(draft)
    draft.replace(path)


def save_accounts(home: Path, study_id: str, accounts: Accounts) -> None:
    """Keep newer accounts of a study; the old ones stay if that fails."""
    path = home / "studies" / study_id / "accounts.parquet"
    draft = path.with_name(".accounts.parquet")
    accounts.to_parquet(draft)
    draft.replace(path)


def entry_of(home: Path, study_id: str) -> Entry:
    """Give what is said of a study.

    Raises
    ------
    InputError
        It is not there, or a newer version has written it.
    """
    if study_id in DEMOS:
        return DEMOS[study_id]
    path = home / "studies" / study_id / "study.json"
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            "These accounts are no longer there", where=str(path), fix="Load them again"
        ) from error
    if said.pop("format") > FORMAT:
        raise InputError(
            "A newer version has written these accounts",
            where=str(path),
            fix="Update the program",
        )
    said["where"] = {column: tuple(kept) for column, kept in said["where"].items()}
    return Entry(**said)


def is_kept(home: Path, study_id: str) -> bool:
    """Say whether a study can be opened."""
    return study_id in DEMOS or (home / "studies" / study_id / "study.json").exists()


def read(home: Path, study_id: str) -> tuple[Accounts, Reps]:
    """Give the accounts and reps of a study that was saved."""
    folder = home / "studies" / study_id
    try:
        accounts = gpd.read_parquet(folder / "accounts.parquet")
        reps = gpd.read_parquet(folder / "reps.parquet")
    except (OSError, ValueError) as error:
        raise InputError(
            "These accounts cannot be read", where=str(folder), fix="Load them again"
        ) from error
    return accounts, reps


def changed_reps(home: Path, study_id: str) -> Reps | None:
    """Give the reps as last edited, None if they never were."""
    path = home / "studies" / study_id / "reps.parquet"
    return gpd.read_parquet(path) if path.exists() else None


def save_market(home: Path, study_id: str, values: pd.DataFrame) -> None:
    """Keep the numbers of a study's ground; without columns, forget them."""
    path = home / "studies" / study_id / "market.parquet"
    if not len(values.columns):
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(".market.parquet")
    values.to_parquet(draft)
    draft.replace(path)


def market_of(home: Path, study_id: str) -> pd.DataFrame | None:
    """Give the numbers of a study's ground: index unit_id, one column a measure."""
    path = home / "studies" / study_id / "market.parquet"
    return pd.read_parquet(path) if path.exists() else None


def last_plan(home: Path) -> str:
    """Give the plan that was open last, "" if none was."""
    path = home / "last.txt"
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""


def remember_plan(home: Path, plan_id: str) -> None:
    """Keep which plan is open, for the next start."""
    home.mkdir(parents=True, exist_ok=True)
    draft = home / ".last.txt"
    draft.write_text(plan_id, encoding="utf-8")
    draft.replace(home / "last.txt")
