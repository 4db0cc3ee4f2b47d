"""Tags mean what the wiki of OpenStreetMap says."""

from __future__ import annotations

import math
from typing import Any

import pytest

from routing.tags import (
    KEYS,
    SPOT_KEYS,
    Spot,
    Way,
    access_of,
    class_of,
    direction_of,
    flags_of,
    kmh,
    may_drive,
    seconds,
    speeds_of,
    spot_of,
    surface_of,
)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "residential"}, True),
        ({"highway": "motorway_link"}, True),
        ({"highway": "footway"}, False),
        ({"highway": "service"}, True),
        ({"highway": "service", "service": "driveway"}, True),
        ({"highway": "service", "service": "parking_aisle"}, False),
        ({"highway": "residential", "access": "private"}, False),
        ({"highway": "residential", "motor_vehicle": "no"}, False),
        ({"highway": "unclassified", "area": "yes"}, False),
        ({"route": "ferry"}, True),
        ({"route": "ferry", "motor_vehicle": "no"}, False),
        ({"route": "bus"}, False),
    ],
)
def test_streets_for_cars_are_osmnx_s_drive_service_network_and_ferries(
    tags: dict[str, str], expected: bool
) -> None:
    assert may_drive(tags) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("50", 50.0), ("30 mph", 48.28032), ("50;70", 50.0), ("80 km/h", 80.0)),
        ("RO:urban", 50.0),
    ],
)
def test_speeds_are_read_with_their_unit(text: str, expected: float) -> None:
    assert kmh(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "RO:zone", "none", "walk", "0", "30 knots"])
def test_what_is_no_speed_is_nan(text: str) -> None:
    assert math.isnan(kmh(text))


def test_a_limit_of_one_direction_leaves_the_other() -> None:
    assert speeds_of({"maxspeed": "50", "maxspeed:backward": "30"}) == (50.0, 30.0)


def test_the_advised_speed_comes_before_the_limit_and_that_before_the_law() -> None:
    limit = {"maxspeed": "70", "source:maxspeed": "DE:urban"}
    assert speeds_of(limit) == (70.0, 70.0)
    assert speeds_of(limit | {"maxspeed:advisory": "40"}) == (40.0, 40.0)
    assert speeds_of({"maxspeed:type": "DE:rural"}) == (90.0, 90.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("35", 2100), ("1:20", 4800), ("0:35:10", 2110), ("PT1H5M", 3900)],
)
def test_durations_of_ferries_are_read(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "soon", "PT", "1:2:3:4"])
def test_what_is_no_duration_is_nan(text: str) -> None:
    assert math.isnan(seconds(text))


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"oneway": "yes"}, 1),
        ({"oneway": "-1"}, -1),
        ({}, 0),
        ({"junction": "roundabout"}, 1),
        ({"highway": "motorway"}, 1),
        ({"highway": "motorway", "oneway": "no"}, 0),
        ({"oneway": "yes", "oneway:motorcar": "no"}, 0),
    ],
)
def test_one_way_is_said_or_implied(tags: dict[str, str], expected: int) -> None:
    assert direction_of(tags) == expected


def test_the_tag_closest_to_cars_decides_the_access() -> None:
    assert access_of({"access": "no"}) == "closed"
    assert access_of({"access": "no", "motor_vehicle": "yes"}) == "open"
    assert access_of({"vehicle": "destination"}) == "limited"
    assert flags_of({"highway": "residential", "access": "no"}) == Way.CLOSED


@pytest.mark.parametrize(
    ("tags", "closed"),
    [
        ({"highway": "motorway", "construction": "motorway"}, True),
        ({"highway": "primary", "construction": "widening"}, False),
        ({"highway": "trail"}, True),
        ({"highway": "trail", "motor_vehicle": "yes"}, False),
        ({"highway": "residential", "oneway": "reversible"}, True),
        ({"highway": "unclassified", "smoothness": "impassable"}, True),
        ({"highway": "road"}, False),
    ],
)
def test_what_is_no_street_for_cars_today_is_closed(
    tags: dict[str, str], closed: bool
) -> None:
    assert bool(flags_of(tags) & Way.CLOSED) is closed


def test_a_signal_faces_the_direction_it_says() -> None:
    both = Spot.SIGNAL_FORWARD | Spot.SIGNAL_BACKWARD
    signal = {"highway": "traffic_signals"}
    assert spot_of(signal) == both
    assert spot_of(signal | {"traffic_signals:direction": "forward"}) == 1
    assert spot_of(signal | {"direction": "backward"}) == Spot.SIGNAL_BACKWARD


def test_barriers_block_unless_they_let_cars_through() -> None:
    assert spot_of({"barrier": "bollard"}) == Spot.BLOCKED
    assert spot_of({"barrier": "bollard", "bollard": "rising"}) == 0
    assert spot_of({"barrier": "toll_booth"}) == 0
    assert spot_of({"barrier": "gate"}) == Spot.GATE
    assert spot_of({"barrier": "gate", "motor_vehicle": "no"}) == Spot.BLOCKED
    assert spot_of({"barrier": "bollard", "access": "yes"}) == 0


class Watched(dict[str, str]):
    """Tags that remember what they were asked for."""

    def __init__(self, tags: dict[str, str]) -> None:
        super().__init__(tags)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)


@pytest.mark.parametrize("highway", ["residential", "road", "motorway", None])
def test_all_tags_that_are_asked_for_are_read(highway: str | None) -> None:
    tags = Watched({"route": "ferry"} if highway is None else {"highway": highway})
    for meaning in (may_drive, class_of, surface_of, flags_of, direction_of, speeds_of):
        meaning(tags)
    assert len(tags.asked) > 10
    assert tags.asked <= KEYS
    spot = Watched({})
    spot_of(spot)
    assert spot.asked == set(SPOT_KEYS)
