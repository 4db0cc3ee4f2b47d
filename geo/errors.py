"""What can go wrong, as one sentence: what, where, and how to mend it.

TerritoryError
+-- InputError      a file, column or value from outside cannot be used
+-- PlanError       a plan, edit or rule contradicts itself or the plan it meets
+-- ServiceError    an engine, database or server did not answer as it should
"""

from __future__ import annotations

from dataclasses import dataclass


class TerritoryError(Exception):
    """The root of every error a user may read.

    Parameters
    ----------
    what
        What is wrong, in the user's words: "Column 'zip' is missing".
    where
        The file, sheet, row or field it concerns: "accounts.xlsx, sheet 1".
    fix
        How to mend it: "Choose the column that holds the postcode".
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what, self.where, self.fix = what, where, fix
        place = f" ({where})" if where else ""
        super().__init__(f"{what}{place}." + (f" {fix}." if fix else ""))


class InputError(TerritoryError):
    """Something from outside the program cannot be used."""


class PlanError(TerritoryError):
    """A plan, an edit or a rule contradicts itself or the plan it meets."""


class ServiceError(TerritoryError):
    """An engine, a database or a server did not answer as it should."""


@dataclass(frozen=True)
class Issue:
    """One bad or doubtful cell of a table; the good rows go on without it.

    Parameters
    ----------
    kind
        A short stable word, counted in reports: "bad_number", "duplicate_id".
    row
        Row number in the source as a person counts it (first data row is 1), or 0
        when the issue concerns the whole table.
    field
        The column of `geo.frames` it concerns, or "".
    value
        The raw text found there.
    message
        One sentence: what is wrong and what was done about it.
    fix
        A proposed replacement value, or "".
    """

    kind: str
    row: int
    field: str
    value: str
    message: str
    fix: str = ""
