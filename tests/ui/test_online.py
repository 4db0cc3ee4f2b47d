"""Placing by street from the Accounts page: a stand-in answers, a yes is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from data.online import Consent
from data.settings import Settings
from geo.errors import InputError, TerritoryError
from tests.data.test_online import StandIn, server
from ui import intake, online
from ui.jobs import Job

__all__ = ["server"]

TEXT = """Name,Street,City,State,ZIP
Alpha,1 Main St,Columbus,OH,43201
Beta,2 Oak Ave,Columbus,OH,43215
"""
QUIET = lambda _progress: False  # noqa: E731


def found(path: str, _body: bytes) -> tuple[int, bytes]:
    asked = str(parse_qs(urlsplit(path).query))
    hit = {"lon": "-83.01", "lat": "39.99", "addresstype": "house"}
    return 200, json.dumps([hit] if "Main" in asked else []).encode()


@pytest.fixture
def upload(tmp_path: Path) -> Iterator[intake.Upload]:
    yield intake.read_upload("dealers.csv", TEXT.encode(), tmp_path)


def test_a_street_that_is_found_moves_its_account(
    server: StandIn, upload: intake.Upload, tmp_path: Path
) -> None:
    server.default = found
    settings = Settings(home=tmp_path, allow_online=True, geocoders=(server.url,))
    word = online.services(settings)[0]
    assert online.said(word) == f"Nominatim at {server.url}"
    told: list[object] = []
    done = online.work(
        lambda progress: bool(told.append(progress)),
        upload.accounts,
        word,
        settings,
        Consent(server.url, 2, "Ana"),
    )
    assert done["match"].tolist() == ["rooftop", "postcode"]
    assert done.geometry.iloc[0].coords[0] == (-83.01, 39.99)
    assert done["workload_h"].notna().all()
    assert told == [(0, 2), (1, 2)]
    taken = online.taken_in(replace(upload, job_id="j"), Job("j", "done", result=done))
    assert taken.accounts is done
    assert taken.job_id == ""


def test_a_cancelled_run_keeps_what_was_answered(
    server: StandIn, upload: intake.Upload, tmp_path: Path
) -> None:
    server.default = found
    settings = Settings(home=tmp_path, allow_online=True, geocoders=(server.url,))
    word, consent = f"nominatim={server.url}", Consent(server.url, 2, "Ana")
    stop = iter([False, True])
    done = online.work(lambda _: next(stop), upload.accounts, word, settings, consent)
    assert done["match"].tolist() == ["rooftop", "postcode"]
    assert len(server.asked) == 1


def test_a_service_that_fails_leaves_the_upload_and_says_so(
    upload: intake.Upload,
) -> None:
    failed = Job("j", "failed", message="census does not answer. Try again later.")
    with pytest.raises(TerritoryError, match=r"does not answer. Try again later\.$"):
        online.taken_in(upload, failed)


def test_no_address_leaves_while_asking_is_switched_off(
    upload: intake.Upload, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path)
    consent = Consent("https://geocoding.geo.census.gov", 2, "Ana")
    with pytest.raises(InputError, match="switched off"):
        online.work(QUIET, upload.accounts, "census", settings, consent)
