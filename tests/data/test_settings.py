"""Settings from a file, then from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.settings import Settings, read_settings
from geo.errors import InputError


def test_nothing_goes_online_by_default() -> None:
    assert read_settings({}).allow_online is False
    assert read_settings({}) == Settings()


def test_the_cache_is_inside_the_home(tmp_path: Path) -> None:
    settings = read_settings({"BAILIWICK_HOME": str(tmp_path)})
    assert settings.home == tmp_path
    assert tmp_path in settings.cache.parents


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "bailiwick.toml"
    file.write_text("home = '/from/file'\nallow_online = true\n", encoding="utf-8")
    assert read_settings({}, file) == Settings(Path("/from/file"), True)
    environment = {"BAILIWICK_HOME": "/from/env", "BAILIWICK_ALLOW_ONLINE": "no"}
    assert read_settings(environment, file) == Settings(Path("/from/env"), False)


def test_an_unknown_setting_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "bailiwick.toml"
    file.write_text("hme = '/x'\n", encoding="utf-8")
    with pytest.raises(InputError) as refusal:
        read_settings({}, file)
    assert str(refusal.value) == (
        "The setting 'hme' is unknown (bailiwick.toml). "
        "Use home, allow_online, geocoders, road_servers, tiles, tile_credit."
    )


@pytest.mark.parametrize("content", [b"home = ", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bailiwick.toml"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"cannot be read.*\(bailiwick.toml\)"):
        read_settings({}, file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_settings({}, tmp_path / "none.toml")


def test_maybe_is_neither_yes_nor_no() -> None:
    with pytest.raises(InputError, match="'maybe' is neither yes nor no"):
        read_settings({"BAILIWICK_ALLOW_ONLINE": "maybe"})


def test_own_geocoders_are_a_list(tmp_path: Path) -> None:
    said = {"BAILIWICK_GEOCODERS": "https://a.org/, http://10.0.0.5:8080 ,"}
    found = read_settings(said).geocoders
    assert found == ("https://a.org", "http://10.0.0.5:8080")
    path = tmp_path / "bailiwick.toml"
    path.write_text('geocoders = ["https://b.org"]')
    assert read_settings({}, path).geocoders == ("https://b.org",)
