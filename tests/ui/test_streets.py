"""What a reader is told about streets before anything is asked for."""

from __future__ import annotations

from pathlib import Path

from data.settings import Settings
from ui.streets import SWITCHED_OFF, decide, streets_of


def nothing(_yes: bool) -> None:
    return None


def test_the_browser_gets_no_address_before_a_yes_nor_after_its_withdrawal(
    tmp_path: Path,
) -> None:
    settings = Settings(home=tmp_path, allow_online=True)
    before = streets_of(settings, nothing).told
    assert before["url"] == ""
    assert before["agreed"] is False
    assert "tile.openstreetmap.org" in str(before["question"])
    assert "never accounts" in str(before["question"])
    decide(settings, True)
    assert str(streets_of(settings, nothing).told["url"]).startswith("https://tile.")
    decide(settings, False)
    assert streets_of(settings, nothing).told["url"] == ""


def test_a_machine_that_asks_nobody_says_so_whatever_was_agreed(tmp_path: Path) -> None:
    decide(Settings(home=tmp_path), True)
    told = streets_of(Settings(home=tmp_path), nothing).told
    assert told["allowed"] is False
    assert told["url"] == ""
    assert told["question"] == SWITCHED_OFF


def test_a_setting_that_is_no_address_is_told_in_its_place(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, allow_online=True, tiles="https://x/{z}")
    told = streets_of(settings, nothing).told
    assert told["allowed"] is False
    assert "no address of tiles" in str(told["question"])
