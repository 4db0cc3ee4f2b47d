"""Speeds and turn costs are those the profile says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geo.errors import InputError
from routing.cache import load_roads
from routing.profile import (
    DEFAULT,
    OSRM,
    edge_s,
    from_json,
    named,
    to_json,
    turn_s,
)
from routing.tags import CLASSES, SURFACES
from tests.routing.towns import STEP_M, write_town


def seconds(tmp_path: Path, **tags: str) -> float:
    town = write_town(
        tmp_path / "t.osm", {1: (0, 0), 2: (1, 0)}, {7: ((1, 2), dict(tags))}
    )
    return float(edge_s(load_roads(town, profile="osrm"), OSRM)[0])


@pytest.mark.parametrize(
    ("tags", "kmh"),
    [
        ({"highway": "residential"}, 25),
        ({"highway": "motorway"}, 90),
        ({"highway": "residential", "maxspeed": "50"}, 40),
        ({"highway": "primary", "surface": "gravel"}, 40),
        ({"highway": "residential", "surface": "gravel"}, 25),
        ({"highway": "primary", "maxspeed": "100", "surface": "mud"}, 10),
        ({"route": "ferry"}, 5),
    ],
)
def test_the_class_the_limit_and_the_surface_make_the_speed(
    tmp_path: Path, tags: dict[str, str], kmh: float
) -> None:
    assert seconds(tmp_path, **tags) == pytest.approx(STEP_M / kmh * 3.6)


def test_a_ferry_takes_the_time_it_says(tmp_path: Path) -> None:
    assert seconds(tmp_path, route="ferry", duration="00:10") == pytest.approx(600)


def test_what_the_law_closes_takes_forever(tmp_path: Path) -> None:
    assert seconds(tmp_path, highway="residential", vehicle="no") == np.inf


def test_a_signal_and_a_gate_cost_their_seconds(tmp_path: Path) -> None:
    nodes = {
        1: (0, 0),
        2: (1, 0, {"highway": "traffic_signals"}),
        3: (2, 0, {"barrier": "gate"}),
    }
    ways = {7: ((1, 2, 3), {"highway": "residential", "oneway": "yes"})}
    roads = load_roads(write_town(tmp_path / "t.osm", nodes, ways), profile="osrm")
    assert edge_s(roads, OSRM) == pytest.approx(2 * STEP_M / 25 * 3.6 + 2 + 60)


def turn(angle: float, *, junction: bool = True, left: bool = False) -> float:
    profile = replace(OSRM, drives_on_left=left)
    u_turn = abs(angle) == 180
    (cost,) = turn_s(
        profile,
        np.array([angle]),
        junction=np.array([junction]),
        u_turn=np.array([u_turn]),
        roundabout=np.array([False]),
    )
    return float(cost)


def test_turns_cost_what_the_formula_says_at_a_right_angle() -> None:
    """By hand: 7.5 / (1 + exp(0.9413)) right; left 7.5 / (1 + exp(-0.9413)) + 2 s."""
    assert turn(90) == pytest.approx(2.105, abs=0.001)
    assert turn(-90) == pytest.approx(5.395 + 1.925, abs=0.001)
    assert turn(180) == pytest.approx(7.455 + 20, abs=0.001)


def test_going_straight_is_nearly_free_and_a_bend_is_free() -> None:
    assert turn(0) < 0.02
    assert turn(-90, junction=False) == 0.0


def test_where_one_keeps_left_the_sides_change() -> None:
    assert turn(90, left=True) == turn(-90)
    assert turn(-60, left=True) == turn(60)


def test_ours_lies_between_the_two_routers() -> None:
    """OSRM drives at 0.8 of a limit, Valhalla at the limit; the rest is OSRM's."""
    share = DEFAULT.limit_share / DEFAULT.level
    assert share == pytest.approx(0.8**0.5, abs=0.002)
    assert replace(DEFAULT, name="osrm", level=1.0, limit_share=0.8) == OSRM


def test_each_class_and_surface_has_a_speed() -> None:
    assert len(OSRM.class_kmh) == len(CLASSES)
    assert len(OSRM.surface_kmh) == len(SURFACES)
    closed = [c for c, kmh in zip(CLASSES, OSRM.class_kmh, strict=True) if not kmh]
    assert closed == ["road"]
    assert min(OSRM.surface_kmh) > 0


def test_an_unknown_profile_is_refused() -> None:
    assert named("osrm") is OSRM
    with pytest.raises(InputError, match="no profile 'truck'"):
        named("truck")


def test_a_profile_is_read_as_it_was_written() -> None:
    scale = (1.25,) * len(CLASSES)
    ours = replace(OSRM, name="ours", level=0.9, class_scale=scale, drives_on_left=True)
    assert from_json(to_json(ours)) == ours
    assert from_json(to_json(OSRM)) == OSRM


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"bailiwick_profile": 99}',
        to_json(OSRM).replace('"level": 1.0', '"level": 0'),
        to_json(OSRM).replace('"level": 1.0', '"level": NaN'),
        to_json(OSRM).replace('"level": 1.0', '"level": "fast"'),
        to_json(OSRM).replace('"turn_s": 7.5', '"turn_s": -1'),
        to_json(replace(OSRM, class_scale=(1.0,))),
        to_json(replace(OSRM, class_scale=(0.0,) * len(CLASSES))),
    ],
)
def test_what_is_no_profile_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="holds no driving rules"):
        from_json(text, where="mine.json")
