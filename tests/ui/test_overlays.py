"""What is laid over the map, as the browser is told."""

from __future__ import annotations

import numpy as np
import pytest

from geo.errors import InputError
from ui.component import wire
from ui.overlays import Overlay, overlay_payload

EVIL = "</script>{{ 6*7 }}<img src=x onerror=alert(1)>"
SQUARE = np.array([(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)])


def test_parts_of_each_overlay_follow_one_another() -> None:
    band = Overlay("band", EVIL, "#112233", [SQUARE, SQUARE / 2], 20.0)
    stop = Overlay("point", "stop", "#445566", [SQUARE[:1]], 1.0)
    header, arrays = wire.unpack(overlay_payload([band, stop], key="day"))
    assert header["key"] == "day"
    assert header["aside"] == "overlays"
    first = {"kind": "band", "label": EVIL, "color": "#112233", "value": 20.0}
    assert header["overlays"][0] == first
    assert list(arrays["overlay_first"]) == [0, 2, 3]
    assert list(arrays["overlay_part"]) == [0, 4, 8, 9]
    lon = arrays["overlay_x"] / 2**24 * 360 - 180
    assert lon[:5] == pytest.approx([0, 2, 2, 0, 0], abs=3e-5)


def test_no_overlay_is_a_message_too() -> None:
    header, arrays = wire.unpack(overlay_payload([]))
    assert header["overlays"] == []
    assert list(arrays["overlay_first"]) == [0]


def test_ground_across_the_date_line_stays_in_one_piece() -> None:
    line = np.array([(179.5, -17.0), (-179.5, -17.0)])
    route = Overlay("route", "ferry", "#112233", [line])
    _, arrays = wire.unpack(overlay_payload([route], middle=178.0))
    across = np.diff(arrays["overlay_x"]) / 2**24 * 360
    assert across == pytest.approx([1.0], abs=1e-4)


@pytest.mark.parametrize(
    ("kind", "color", "part", "told"),
    [
        ("circle", "#112233", SQUARE, "no kind of overlay"),
        ("band", "url(https://example.org)", SQUARE, "no colour"),
        ("band", "#112233", SQUARE[:, :1], "no longitude and latitude"),
        ("band", "#112233", SQUARE * np.nan, "no longitude and latitude"),
    ],
)
def test_what_is_no_overlay_is_refused(
    kind: str, color: str, part: np.ndarray, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        Overlay(kind, "x", color, [part])
