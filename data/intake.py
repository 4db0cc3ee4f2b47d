"""Accounts and reps from a file: read, cleaned and placed."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from data.boundaries import ATTRIBUTION
from data.geocode import Geocoder, geocode
from data.reading import Reading, mapped
from data.rep_homes import placed_homes
from data.tables import read_table
from geo.errors import InputError, Issue
from geo.frames import Accounts, Reps
from sales.reps import clean_reps
from sales.workload import workload


@dataclass(frozen=True, eq=False)
class Intake:
    """A file of accounts, read, cleaned and placed.

    Parameters
    ----------
    accounts
        The good rows, with `match` and `workload_h`; points in degrees.
    issues
        What was wrong or doubtful, cell by cell.
    rows
        Data rows of the file.
    columns
        Field of the accounts -> heading of the file.
    """

    accounts: Accounts
    issues: tuple[Issue, ...]
    rows: int
    columns: Mapping[str, str]

    @property
    def duplicates(self) -> int:
        """Rows left out because another row says the same."""
        return sum(issue.kind == "duplicate_row" for issue in self.issues)

    @property
    def rejected(self) -> int:
        """Rows left out for any other reason."""
        return self.rows - len(self.accounts) - self.duplicates


def read_reps(path: Path) -> Reps:
    """Read a file of reps; homes given as addresses are placed offline.

    Raises
    ------
    InputError
        The file cannot be read or holds no rep.
    """
    reps, _ = clean_reps(read_table(path))
    return placed_homes(reps)


def read_accounts(
    path: Path,
    *,
    mapping: Mapping[str, str] | None = None,
    reading: Reading | None = None,
    geocoder: Callable[[Accounts], Geocoder] | None = None,
) -> Intake:
    """Read, clean and place a file of accounts; offline unless a geocoder is given.

    Parameters
    ----------
    mapping
        Field -> heading, for columns that are not to be guessed.
    reading
        What the user says about the file.
    geocoder
        Gives the geocoder once the accounts are known; None for offline.

    Raises
    ------
    InputError
        The file cannot be read, a heading is not in it, or no row can be used.
    """
    reading = reading or Reading()
    raw = reading.table(path)
    for heading in (mapping or {}).values():
        refuse_unknown(heading, list(raw.columns), where=str(path))
    columns = mapped(raw, mapping or {})
    accounts, issues = reading.clean(raw, columns)
    placed = geocode(accounts, geocoder(accounts) if geocoder else None)
    placed = workload(placed)
    placed.attrs["attribution"] = ATTRIBUTION
    return Intake(placed, tuple(issues), len(raw), columns)


def column_of(intake: Intake, word: str) -> str:
    """Give the column of the accounts a user means: its field name or its heading.

    Raises
    ------
    InputError
        There is none.
    """
    field_of = {heading: name for name, heading in intake.columns.items()}
    for name in (field_of.get(word, word), f"{word} (source)"):
        if name in intake.accounts.columns:
            return name
    known = [*intake.columns.values(), *intake.accounts.columns.drop("geometry")]
    refuse_unknown(word, known, where="accounts")
    raise InputError(
        f"'{word}' identifies the accounts", where="accounts", fix="Choose another"
    )


def select(accounts: Accounts, wanted: Mapping[str, str]) -> Accounts:
    """Give the accounts whose columns have these values, whatever their case.

    Raises
    ------
    InputError
        No account has them.
    """
    keep = pd.Series(True, index=accounts.index)
    for column, value in wanted.items():
        found = accounts[column].astype("str").str.strip().str.casefold()
        keep &= found == value.strip().casefold()
    if not keep.any():
        said = " and ".join(f"{c} = {v}" for c, v in wanted.items())
        raise InputError(f"No account has {said}", fix="Check the spelling")
    return accounts[keep]


def refuse_unknown(word: str, known: Sequence[str], *, where: str) -> None:
    """Refuse a word that names none of these, with the nearest ones.

    Raises
    ------
    InputError
        When `word` is not one of `known`.
    """
    if word in known:
        return
    near = difflib.get_close_matches(word, [str(k) for k in known], n=3)
    choice = near or [str(k) for k in known[:12]]
    raise InputError(
        f"There is no '{word}'", where=where, fix=f"Choose from {', '.join(choice)}"
    )
