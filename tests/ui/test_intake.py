from __future__ import annotations

from pathlib import Path

import pytest

from geo.errors import InputError
from ui import intake

TEXT = """Account Name,Billing Zip,Annual Revenue,Lat,Lng
Alpha,43201,"1,000",40.0,-83.0
Beta,43215,oops,,
Gamma,,5,,
"""


@pytest.fixture
def upload(tmp_path: Path) -> intake.Upload:
    return intake.read_upload("dealers.csv", TEXT.encode(), tmp_path)


def test_one_sentence_says_how_accounts_were_placed(upload: intake.Upload) -> None:
    assert upload.accounts is not None
    assert intake.placed_sentence(upload.accounts) == (
        "3 accounts: 1 by coordinates, 1 by ZIP, 1 not placed"
    )


def test_the_mapping_shows_samples_and_what_each_column_is(
    upload: intake.Upload,
) -> None:
    rows = intake.mapping_rows(upload).set_index("Column in your file")
    assert rows.at["Billing Zip", "Used as"] == "ZIP or postcode"
    assert rows.at["Billing Zip", "Sample values"] == "43201, 43215"
    assert intake.columns_of(rows.reset_index()) == dict(upload.columns)


def test_two_columns_cannot_be_the_same_thing(upload: intake.Upload) -> None:
    rows = intake.mapping_rows(upload).assign(**{"Used as": "Name"})
    with pytest.raises(InputError, match="are both used as Name"):
        intake.columns_of(rows)


def test_a_column_can_be_left_out(upload: intake.Upload) -> None:
    columns = {k: v for k, v in upload.columns.items() if k not in ("lon", "lat")}
    again = intake.cleaned(upload, columns)
    assert again.accounts is not None
    assert intake.placed_sentence(again.accounts) == (
        "3 accounts: 2 by ZIP, 1 not placed"
    )


def test_bad_cells_are_listed_with_their_row(upload: intake.Upload) -> None:
    rows = intake.issue_rows(upload.issues)
    bad = rows[rows["Value"] == "oops"].iloc[0]
    assert (bad["Row"], bad["Column"]) == ("2", "Revenue a year")


@pytest.mark.parametrize("content", [b"", b"Name\n", b"\x00\x01\x02\x03"])
def test_a_file_without_rows_is_refused_in_one_sentence(
    content: bytes, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as refused:
        intake.read_upload("bad.csv", content, tmp_path)
    assert str(refused.value).count("\n") == 0
