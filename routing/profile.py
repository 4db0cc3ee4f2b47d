"""How fast a car drives and what a turn costs: OSRM's rules, and a default of ours.

The tables are those of OSRM's car profile (Project OSRM 26.10, profiles/car.lua).
Plain class speeds are 10 to 24 % too fast against independent routers; limits are
driven at 80 %, turns, signals and gates cost seconds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError
from routing.roads import Roads
from routing.tags import CLASSES, SURFACES, Way

Floats = NDArray[np.float64]

_SPEEDS = {
    **{"motorway": 90, "motorway_link": 45, "trunk": 85, "trunk_link": 40},
    **{"primary": 65, "primary_link": 30, "secondary": 55, "secondary_link": 25},
    **{"tertiary": 40, "tertiary_link": 20, "unclassified": 25, "residential": 25},
    **{"living_street": 10, "service": 15, "road": 0, "other": 10, "ferry": 5},
}
_CAPS = {
    **dict.fromkeys(("cement", "compacted", "fine_gravel"), 80),
    **dict.fromkeys(("paving_stones", "metal", "bricks"), 60),
    **dict.fromkeys(("grass", "wood", "sett", "grass_paver", "gravel"), 40),
    **dict.fromkeys(("unpaved", "ground", "dirt", "pebblestone"), 40),
    **dict.fromkeys(("cobblestone", "clay"), 30),
    **dict.fromkeys(("earth", "stone", "rocky", "sand"), 20),
    "mud": 10,
}


@dataclass(frozen=True)
class Profile:
    """The rules of driving.

    Parameters
    ----------
    name
        What people call it.
    class_kmh
        Speed of each class of `CLASSES` without a limit; 0 closes the class.
    surface_kmh
        The most on each surface of `SURFACES`.
    limit_share
        Share of a tagged limit that is driven.
    turn_s, turn_bias
        Most a turn costs, and how much dearer a turn across the road is.
    oncoming_s, u_turn_s, signal_s, gate_s
        Added where one crosses oncoming traffic, turns round, meets a signal, a gate.
    level
        All times are multiplied by it.
    drives_on_left
        Whether traffic keeps left.
    class_scale
        Seconds along each class of `CLASSES` are multiplied by it.
    access_kmh
        Speed between a point and its road.
    expected_error
        Median error of a time, as a share: half of what OSRM and Valhalla differ by
        in Porto (14.6 %), or what a calibration found on trips it had not seen.
    """

    name: str = "osrm"
    class_kmh: tuple[float, ...] = tuple(float(_SPEEDS[c]) for c in CLASSES)
    surface_kmh: tuple[float, ...] = tuple(_CAPS.get(s, np.inf) for s in SURFACES)
    limit_share: float = 0.8
    turn_s: float = 7.5
    turn_bias: float = 1.075
    oncoming_s: float = 2.0
    u_turn_s: float = 20.0
    signal_s: float = 2.0
    gate_s: float = 60.0
    level: float = 1.0
    drives_on_left: bool = False
    class_scale: tuple[float, ...] = (1.0,) * len(CLASSES)
    access_kmh: float = 15.0
    expected_error: float = 0.07


OSRM = Profile()
DEFAULT = replace(OSRM, name="default", limit_share=0.845, level=0.946)
"""Between OSRM and Valhalla, which differ by 15 %: nobody knows better without trips.

OSRM drives at 0.8 of a tagged limit, Valhalla at the limit: the geometric mean of both
is 0.894 of it, here 0.845 over the level. The level makes times equal the geometric
mean of the two routers in Porto (22,350 pairs)."""

FORMAT = 1
"""Version of the files of `to_json`."""

PROFILES = {profile.name: profile for profile in (DEFAULT, OSRM)}


def named(name: str) -> Profile:
    """Give a profile by its name.

    Raises
    ------
    InputError
        When there is none of that name.
    """
    if name in PROFILES:
        return PROFILES[name]
    raise InputError(
        f"There is no profile '{name}'", fix="Choose " + " or ".join(PROFILES)
    )


def to_json(profile: Profile) -> str:
    """Write a profile as text, so that `from_json` gives it back."""
    told = {f.name: getattr(profile, f.name) for f in fields(profile)}
    told["surface_kmh"] = [None if k == np.inf else k for k in profile.surface_kmh]
    return json.dumps({"bailiwick_profile": FORMAT, **told}, indent=1)


def from_json(text: str, *, where: str = "") -> Profile:
    """Read a profile that `to_json` wrote.

    Raises
    ------
    InputError
        It is none, or of a newer version, or holds what no profile can.
    """
    try:
        told = json.loads(text)
        if told.pop("bailiwick_profile") != FORMAT:
            raise ValueError("another version")
        known = {f.name for f in fields(Profile)}
        values = {name: value for name, value in told.items() if name in known}
        caps = [np.inf if kmh is None else kmh for kmh in values["surface_kmh"]]
        values["surface_kmh"] = caps
        for name in ("class_kmh", "surface_kmh", "class_scale"):
            values[name] = tuple(float(value) for value in values[name])
        found = Profile(**values)
        numbers = [getattr(found, f.name) for f in fields(found) if f.type == "float"]
        numbers = [*map(float, numbers), *found.class_kmh, *found.class_scale]
        lengths = [len(found.class_kmh), len(found.class_scale)]
        right = lengths == [len(CLASSES)] * 2 and len(caps) == len(SURFACES)
        right &= all(np.isfinite(n) and n >= 0 for n in numbers)
        right &= min(found.access_kmh, found.level, *caps, *found.class_scale) > 0
        if not right or not isinstance(found.name, str):
            raise ValueError("numbers that cannot be")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(
            "The file holds no driving rules",
            where=where,
            fix="Make it with the command calibrate",
        ) from error
    return found


def profile_of(roads: Roads) -> Profile:
    """Give the rules a network is driven with: its own, or those it names.

    Raises
    ------
    InputError
        It names none that is known.
    """
    return from_json(roads.rules) if roads.rules else named(roads.profile)


def edge_s(roads: Roads, profile: Profile) -> Floats:
    """Give the seconds along each edge, signals and gates counted; inf if closed."""
    driven, waits = edge_parts(roads, profile)
    return driven + waits


def edge_parts(roads: Roads, profile: Profile) -> tuple[Floats, Floats]:
    """Give the seconds of driving along each edge, inf if closed, and of waiting."""
    limit = roads.limit_kmh * profile.limit_share
    usual = np.asarray(profile.class_kmh)[roads.road_class]
    kmh = np.where(np.isnan(limit), usual, limit)
    kmh = np.minimum(kmh, np.asarray(profile.surface_kmh)[roads.surface])
    closed = (roads.flags & Way.CLOSED > 0) | (usual <= 0)
    driven = roads.length_m / np.where(closed, 1.0, kmh / 3.6)
    ferry = roads.flags & Way.FERRY > 0
    timed = ferry & ~np.isnan(roads.duration_s)
    driven = np.where(timed, roads.duration_s, driven)
    driven = driven * np.asarray(profile.class_scale)[roads.road_class]
    waits = roads.signals * profile.signal_s + roads.gates * profile.gate_s
    return (
        np.where(closed, np.inf, driven * profile.level),
        np.asarray(waits * profile.level, dtype=np.float64),
    )


def turn_s(
    profile: Profile,
    angle: Floats,
    *,
    junction: NDArray[np.bool_],
    u_turn: NDArray[np.bool_],
    roundabout: NDArray[np.bool_],
) -> Floats:
    """Give the seconds that turns cost, a sigmoid of their angle.

    For a turn to the near side 7.5 / (1 + exp(-(13 a / b - 6.5 b))), to the far side
    7.5 / (1 + exp(-(13 a b - 6.5 / b))), where a is the angle over 180 degrees and
    b = 1.075; there up to 2 s more for oncoming traffic.

    Parameters
    ----------
    profile
        The rules.
    angle
        Shape (t,), degrees from -180 to 180; positive to the right.
    junction, u_turn, roundabout
        Shape (t,): three roads or more meet; one turns round; part of a roundabout.
    """
    side = -angle if profile.drives_on_left else angle
    sharp, bias = np.abs(angle) / 180, profile.turn_bias
    near = 1 / (1 + np.exp(-(13 / bias * sharp - 6.5 * bias)))
    far = 1 / (1 + np.exp(-(13 * bias * sharp - 6.5 / bias)))
    oncoming = profile.oncoming_s / (1 + np.exp(-(13 * sharp - 3.25)))
    cost = profile.turn_s * np.where(side >= 0, near, far)
    crosses = (side < 0) & junction & ~u_turn & ~roundabout
    cost = cost + np.where(crosses, oncoming, 0.0) + u_turn * profile.u_turn_s
    return np.asarray(np.where(junction | u_turn, cost, 0.0) * profile.level)
