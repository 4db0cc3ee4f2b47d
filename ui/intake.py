"""A file of accounts on its way in: read, mapped, placed; nothing of it is open yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from data.accounts import clean_accounts
from data.columns import suggest_columns
from data.geocode import geocode
from data.ingest import upload_table
from data.mappings import recall
from data.quality import accept
from geo.errors import InputError, Issue
from geo.frames import MATCH_LEVELS, Accounts
from sales.workload import workload
from ui import words

UNUSED = "not used"

FIELD_WORDS = {
    "account_id": "Account id",
    "name": "Name",
    "street": "Street",
    "city": "City",
    "state": "State",
    "postal_code": "ZIP or postcode",
    "country": "Country",
    "region": "Sales region",
    "industry": "Industry",
    "customer_type": "Customer type",
    "product": "Product",
    "channel": "Channel",
    "stage": "Customer or lead",
    "revenue": "Revenue a year",
    "potential": "Potential a year",
    "visits": "Visits a year",
    "visit_min": "Minutes a visit",
    "owner": "Owner (rep)",
    "territory": "Territory",
    "last_visit": "Last visit",
    "lon": "Longitude",
    "lat": "Latitude",
    "coordinates": "Both coordinates in one",
    "county": "County",
    "match": "How it was placed",
}
"""Field of the accounts table -> what it is called on screen."""

MATCH_WORDS = {
    "rooftop": "by coordinates",
    "street": "by address",
    "postcode": "by ZIP",
    "zip3": "by the first three digits of the ZIP",
    "city": "by city",
    "county": "by county",
    "state": "by state only",
    "country": "by country only",
    "none": "not placed",
}

ISSUE_COLUMNS = ("Row", "Column", "Value", "What is wrong", "Proposed")
SAMPLES = 3


@dataclass(frozen=True, eq=False)
class Upload:
    """A file being brought in.

    Parameters
    ----------
    name
        The file's name.
    raw
        Its cells as text.
    columns
        Field -> heading, as suggested or as the reader has set it.
    accounts, issues
        What came of it with these columns.
    job_id
        The run that places them by address, "" for none.
    """

    name: str
    raw: pd.DataFrame
    columns: Mapping[str, str] = field(default_factory=dict)
    accounts: Accounts | None = None
    issues: tuple[Issue, ...] = ()
    job_id: str = ""


def read_upload(name: str, content: bytes, home: Path) -> Upload:
    """Read a file and clean it with the columns used last time, or those it suggests.

    Raises
    ------
    InputError
        The file cannot be read, or has no row that can be used.
    """
    raw = table_of(name, content)
    return cleaned(Upload(name, raw), recall(home, raw) or suggest_columns(raw))


def table_of(name: str, content: bytes) -> pd.DataFrame:
    """Read the table in a file the browser sent, in a process of its own."""
    return upload_table(content, name)


def cleaned(upload: Upload, columns: Mapping[str, str]) -> Upload:
    """Clean and place the accounts with these columns."""
    accounts, issues = clean_accounts(upload.raw, dict(columns))
    placed = workload(geocode(accounts))
    return Upload(upload.name, upload.raw, dict(columns), placed, tuple(issues))


def mended(upload: Upload, kinds: Collection[str]) -> Upload:
    """Write the proposed fixes of these kinds into the cells and clean again.

    "conflicting_id" keeps the first row of each id.
    """
    raw = accept(upload.raw, upload.columns, upload.issues, kinds=kinds)
    return cleaned(replace(upload, raw=raw), upload.columns)


def mapping_rows(upload: Upload) -> pd.DataFrame:
    """Give one row a heading of the file: sample values and what it is taken for."""
    field_of = {heading: name for name, heading in upload.columns.items()}
    return pd.DataFrame(
        {
            "Column in your file": [str(heading) for heading in upload.raw.columns],
            "Sample values": [_samples(upload.raw[h]) for h in upload.raw.columns],
            "Used as": [
                FIELD_WORDS.get(field_of.get(h, ""), UNUSED) for h in upload.raw.columns
            ],
        }
    )


def columns_of(rows: pd.DataFrame) -> dict[str, str]:
    """Give field -> heading from the mapping as the reader has set it.

    Raises
    ------
    InputError
        Two columns are used for the same thing.
    """
    field_of = {word: name for name, word in FIELD_WORDS.items()}
    columns: dict[str, str] = {}
    used = zip(rows["Column in your file"], rows["Used as"], strict=True)
    for heading, word in used:
        if word in (UNUSED, None):
            continue
        name = field_of[word]
        if name in columns:
            raise InputError(
                f"Columns '{columns[name]}' and '{heading}' are both used as {word}",
                fix=f"Set one of them to '{UNUSED}'",
            )
        columns[name] = heading
    return columns


def placed_sentence(accounts: Accounts) -> str:
    """Say how the accounts were placed.

    "8,224 accounts: 6,102 by coordinates, 2,087 by ZIP, 35 not placed".
    """
    n = accounts["match"].value_counts()
    parts = [
        f"{words.count(int(n[level]))} {MATCH_WORDS[level]}"
        for level in MATCH_LEVELS
        if n.get(level, 0) > 0
    ]
    return f"{words.accounts(len(accounts))}: {', '.join(parts) or 'none'}"


def issue_rows(issues: tuple[Issue, ...]) -> pd.DataFrame:
    """Give the issues as a table to read."""
    return pd.DataFrame(
        [
            (
                str(i.row or ""),
                FIELD_WORDS.get(i.field, i.field),
                i.value,
                i.message,
                i.fix,
            )
            for i in issues
        ],
        columns=list(ISSUE_COLUMNS),
    )


def placed_points(accounts: Accounts) -> pd.DataFrame:
    """Give where accounts were placed and how: lon, lat, placed (in words)."""
    placed = accounts[~accounts.geometry.is_empty & accounts.geometry.notna()]
    return pd.DataFrame(
        {
            "lon": placed.geometry.x,
            "lat": placed.geometry.y,
            "placed": placed["match"].astype("str").map(MATCH_WORDS),
        }
    )


def _samples(cells: pd.Series) -> str:
    full = cells[cells.astype("str").str.strip() != ""]
    return ", ".join(
        full.drop_duplicates().head(SAMPLES).astype("str").str.slice(0, 40)
    )
