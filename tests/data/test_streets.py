"""Whose street tiles are asked for, and who agreed to that."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from data.settings import Settings, read_settings
from data.streets import FILE, agree, agreed, consents, tiles_of
from geo.errors import InputError

OSM = "https://tile.openstreetmap.org"


def test_without_a_setting_it_is_openstreetmap_with_its_credit() -> None:
    tiles = tiles_of(Settings())
    assert tiles.origin == OSM
    assert tiles.host == "tile.openstreetmap.org"
    assert tiles.credit == "© OpenStreetMap contributors"
    assert tiles.link.endswith("/copyright")


def test_an_own_server_is_named_in_the_settings() -> None:
    url = "https://tiles.example.org:8443/day/{z}/{x}/{y}.png"
    settings = read_settings({"BAILIWICK_TILES": url, "BAILIWICK_TILE_CREDIT": "Us"})
    assert tiles_of(settings).origin == "https://tiles.example.org:8443"
    assert tiles_of(settings).credit == "Us"
    bare = tiles_of(replace(settings, tile_credit=""))
    assert bare.credit == "Streets: https://tiles.example.org:8443"
    assert tiles_of(Settings(tiles="http://127.0.0.1:8080/{z}/{x}/{y}")).host


@pytest.mark.parametrize(
    "url",
    [
        "http://tiles.example.org/{z}/{x}/{y}.png",
        "https://tiles.example.org/{z}/{x}.png",
        "https://{s}.example.org/{z}/{x}/{y}.png",
        "https://tiles.example.org/{z}/{x}/{y}/{key}.png",
        "https://me:word@tiles.example.org/{z}/{x}/{y}.png",
        "javascript:alert(1)",
        "https://{z}/{x}/{y}",
    ],
)
def test_what_is_no_address_of_tiles_is_refused(url: str) -> None:
    with pytest.raises(InputError, match=r"no address of tiles|no web address"):
        tiles_of(Settings(tiles=url))


def test_nobody_has_agreed_until_somebody_does_and_withdraws(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert not agreed(home, OSM)
    agree(home, OSM, yes=True, actor="ana")
    assert agreed(home, OSM)
    assert not agreed(home, "https://tiles.example.org")
    agree(home, OSM, yes=False, actor="ana")
    assert not agreed(home, OSM)
    assert [e["agreed"] for e in consents(home)] == [True, False]
    assert consents(home)[0]["actor"] == "ana"


@pytest.mark.parametrize("text", ["", "{", "[1, {}]", '{"agreed": true}', "[[]]"])
def test_a_file_that_says_nothing_clear_says_no(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    assert not agreed(tmp_path, OSM)
    agree(tmp_path, OSM, yes=True, actor="ana")
    assert agreed(tmp_path, OSM)


def test_a_yes_that_is_no_yes_counts_for_nothing(tmp_path: Path) -> None:
    entry = {"origin": OSM, "agreed": "false"}
    (tmp_path / FILE).write_text(json.dumps([entry]), encoding="utf-8")
    assert not agreed(tmp_path, OSM)
