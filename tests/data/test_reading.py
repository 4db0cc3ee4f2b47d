"""What the command line may say about a file, and whom it may ask."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli import main
from data.accounts import clean_accounts
from data.columns import suggest_columns
from data.geocode import Offline
from data.online import Cascade
from data.reading import Reading, geocoder_of
from data.settings import Settings
from data.tables import read_table
from geo.errors import InputError
from geo.frames import Accounts

TEXT = (
    "id;name;street;city;zip;state;lat;lon;revenue;last visit\n"
    "a;A;1 Main St;Cambridge;02139;MA;-71,1;42,36;1.234;03/04/2024\n"
    "b;B;2 Oak Ave;Austin;78701;TX;;;2.345;05/06/2024\n"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_text(TEXT)
    return path


@pytest.fixture
def accounts(path: Path) -> Accounts:
    raw = read_table(path)
    return clean_accounts(raw, suggest_columns(raw))[0]


def test_what_the_user_says_is_obeyed(path: Path) -> None:
    reading = Reading(decimal=",", day_first=True, accept=("swapped",))
    raw = reading.table(path)
    accounts, issues = reading.clean(raw, suggest_columns(raw))
    assert accounts["revenue"].to_list() == [1234.0, 2345.0]
    assert accounts["last_visit"].dt.month.to_list() == [4, 6]
    assert accounts.geometry.x.iloc[0] == -71.1
    assert issues == []


def test_check_takes_the_words(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older = tmp_path / "older.csv"
    older.write_text("id,name,zip,lat,lon\na,A1,02139,42.36,-71.1\nz,Z,02139,,\n")
    words = ["check", str(path), "--json", "--accept", "swapped", "--decimal", ","]
    words += ["--dates", "month", "--previous", str(older)]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["match"] == {"postcode": 1, "rooftop": 1}
    assert found["issues"] == {}
    assert found["refresh"] == {"new": 1, "gone": 1, "moved": 0, "changed": 1}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--geocode bing", "'bing' is no geocoder. Use offline, census, nominatim, "),
        ("--geocode census", "Asking servers is switched off (census). Set BAILIWICK_"),
        ("--sheet X --accept size", "Issues of kind 'size' propose no fix. Mend the "),
        ("--encoding klingon", "'klingon' is not a text encoding (a.csv). Use utf-8"),
        ("--crs utm", "'utm' is no coordinate system (a.csv). Use a code like EPSG:2"),
    ],
)
def test_words_that_cannot_be_obeyed(
    path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    sentence: str,
) -> None:
    monkeypatch.delenv("BAILIWICK_ALLOW_ONLINE", raising=False)
    assert main(["check", str(path), *words.split()]) == 2
    assert capsys.readouterr().err.split("\n")[-2].startswith(sentence)


def test_nothing_is_asked_before_the_count_is_agreed_to(
    accounts: Accounts, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, allow_online=True)
    with pytest.raises(InputError) as refusal:
        geocoder_of("census", accounts, settings, agreed=1, actor="ana")
    assert str(refusal.value).endswith("(census). Agree to it with --agree 2.")
    agreed = geocoder_of("census", accounts, settings, agreed=2, actor="ana")
    assert isinstance(agreed, Cascade)
    assert isinstance(
        geocoder_of("", accounts, settings, agreed=0, actor="ana"), Offline
    )


def test_own_servers_must_be_on_the_list(accounts: Accounts, tmp_path: Path) -> None:
    word = "nominatim=https://maps.example.org"
    closed = Settings(home=tmp_path, allow_online=True)
    with pytest.raises(InputError, match="is not on the list of servers that may be"):
        geocoder_of(word, accounts, closed, agreed=9, actor="ana")
    listed = Settings(tmp_path, True, ("https://maps.example.org",))
    assert isinstance(
        geocoder_of(word, accounts, listed, agreed=9, actor="ana"), Cascade
    )
