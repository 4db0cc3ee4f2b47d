from __future__ import annotations

import pytest

from ui import words


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (0, "0"),
        (7, "7"),
        (412, "412"),
        (999.6, "1k"),
        (41_234, "41.2k"),
        (4_120_000, "4.12M"),
        (1_500_000_000, "1.5B"),
        (float("nan"), "-"),
        (float("inf"), "-"),
    ],
)
def test_a_number_in_text_has_three_digits_at_most(given: float, text: str) -> None:
    assert words.short(given) == text


def test_money_carries_its_symbol_and_sign() -> None:
    assert words.money(410_000) == "$410k"
    assert words.money(-2_100_000) == "-$2.1M"


def test_minutes_become_hours_past_two() -> None:
    assert words.hours(0.75) == "45 min"
    assert words.hours(2) == "2 h"
    assert words.hours(1240.4) == "1,240 h"
    assert words.hours(0) == "0 h"


def test_counts_have_thousands_and_their_noun() -> None:
    assert words.accounts(1) == "1 account"
    assert words.accounts(8224) == "8,224 accounts"
    assert words.units(1, "county") == "1 county"
    assert words.units(3, "county") == "3 counties"
    assert words.units(2, "own.geojson") == "2 areas"


def test_measures_are_shown_in_their_unit() -> None:
    assert words.measured(410_000, "revenue") == "$410k"
    assert words.measured(300, "workload_h") == "300 h"
    assert words.measured(300, "accounts") == "300"


def test_a_long_list_is_cut_with_the_number_left_out() -> None:
    assert words.listed(["East"]) == "East"
    assert words.listed(["East", "North"]) == "East and North"
    assert words.listed(["A", "B", "C", "D"]) == "A, B and 2 more"


def test_the_kind_is_read_from_the_unit_set() -> None:
    assert words.kind_of("county@2017#1a2b") == "county"
    assert words.kind_of("hex:5@h3#0") == "hex"


def test_a_users_text_means_nothing_to_markdown() -> None:
    assert words.escaped("![x](http://a)") == "\\!\\[x\\]\\(http\\:\u2060//a\\)"
    assert words.escaped(":red[a] $x$") == r"\:red\[a\] \$x\$"
    assert words.escaped("two\n\nlines") == "two lines"
    assert words.escaped("www.a.com a@b.com") == "www\u2060\\.a\\.com a@\u2060b\\.com"


def test_where_driving_hours_come_from_is_said() -> None:
    assert words.hours_from(3, 1.123) == (
        "Driving hours from the calendars of 3 reps, about for the others: the "
        "estimate \u00d7 1.12, as these 3 drive."
    )
    assert "calendar of 1 rep, about" in words.hours_from(1, 1.0)
