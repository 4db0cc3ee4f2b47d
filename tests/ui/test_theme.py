from __future__ import annotations

import pytest

from ui import theme


@pytest.mark.parametrize(
    ("load", "word"),
    [
        (0.64, "room to spare"),
        (0.70, "room to spare"),
        (0.71, "well used"),
        (0.92, "nearly full"),
        (1.00, "nearly full"),
        (1.31, "over its hours"),
        (float("nan"), "not known"),
    ],
)
def test_a_load_is_shown_at_its_level(load: float, word: str) -> None:
    assert theme.load_level(load).word == word


def test_without_hours_the_tolerance_decides() -> None:
    assert theme.share_level(1.05, 0.05) is theme.WITHIN
    assert theme.share_level(1.06, 0.05) is theme.OUTSIDE_OVER
    assert theme.share_level(0.94, 0.05) is theme.OUTSIDE_UNDER


def test_no_two_levels_share_an_icon_or_a_word() -> None:
    """Colour is never the only sign."""
    levels = [level for _, level in theme.LEVELS]
    assert len({level.icon for level in levels}) == len(levels)
    assert len({level.word for level in levels}) == len(levels)


def contrast(a: str, b: str) -> float:
    """WCAG 2.2 contrast ratio of two #rrggbb colours."""

    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        lin = [
            p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        ]
        return 0.2126 * lin[0] + 0.7152 * lin[1] + 0.0722 * lin[2]

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_level_colours_reach_aa_on_both_themes() -> None:
    levels = [level for _, level in theme.LEVELS]
    levels += [theme.WITHIN, theme.OUTSIDE_OVER, theme.OUTSIDE_UNDER, theme.UNKNOWN]
    for level in levels:
        assert contrast(level.light, "#ffffff") >= 4.5, level
        assert contrast(level.dark, "#10191e") >= 4.5, level
