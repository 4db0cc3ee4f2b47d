"""What the tags of OpenStreetMap mean to a car: access, direction, speed, signals.

Which ways count is osmnx's filter "drive_service" (osmnx 2.1), plus ferries that take
cars: accounts stand on service roads. Ways it keeps but the law closes are marked, not
dropped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntFlag
from functools import cache

Tags = Mapping[str, str]

CLASSES = (
    *("motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link"),
    *("secondary", "secondary_link", "tertiary", "tertiary_link", "unclassified"),
    *("residential", "living_street", "service", "road", "other", "ferry"),
)
"""Road classes; a road's class is its place here."""
CLASS_CODE = {name: code for code, name in enumerate(CLASSES)}

SURFACES = (
    *("", "cement", "compacted", "fine_gravel", "paving_stones", "metal", "bricks"),
    *("grass", "wood", "sett", "grass_paver", "gravel", "unpaved", "ground", "dirt"),
    *("pebblestone", "cobblestone", "clay", "earth", "stone", "rocky", "sand", "mud"),
)
"""Surfaces that slow a car; "" is any other. A road's surface is its place here."""
SURFACE_CODE = {name: code for code, name in enumerate(SURFACES)}


class Way(IntFlag):
    """What is special about a way."""

    TOLL = 1
    FERRY = 2
    ROUNDABOUT = 4
    LIMITED = 8  # open to those who live or deliver there
    CLOSED = 16  # osmnx keeps it, the law does not


class Spot(IntFlag):
    """What stands at a node; a signal may face one direction of its way only."""

    SIGNAL_FORWARD = 1
    SIGNAL_BACKWARD = 2
    GATE = 4
    BLOCKED = 8


_NO_AREA = re.compile("yes")
_NO_ACCESS = re.compile("private")
_NO_HIGHWAY = re.compile(
    "abandoned|bridleway|bus_guideway|construction|corridor|cycleway|elevator|"
    "escalator|footway|no|path|pedestrian|planned|platform|proposed|raceway|razed|"
    "rest_area|services|steps|track"
)
_NO_VEHICLE = re.compile("no")
_NO_SERVICE = re.compile("emergency_access|parking|parking_aisle|private")
_ONEWAY = {"yes": 1, "true": 1, "1": 1, "T": 1, "-1": -1, "reverse": -1, "F": 0}
_ONEWAY_KEYS = (
    *("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"),
)
_ROUND = ("roundabout", "circular")
_BUILT = {"no", "widening", "minor"}
_LIMIT_KEYS = ("maxspeed:advisory", "maxspeed", "source:maxspeed", "maxspeed:type")
_LEGAL_KMH = {"urban": 50.0, "rural": 90.0, "trunk": 110.0, "motorway": 130.0}
_WHO = ("motorcar", "motor_vehicle", "vehicle", "access")
_LIMITED = {"destination", "customers", "delivery", "permit", "residents", "private"}
_CLOSED = {
    *("no", "agricultural", "forestry", "emergency", "psv", "taxi", "bus", "foot"),
    *("restricted", "military", "official"),
}
_OPEN_BARRIERS = {
    *("cattle_grid", "border_control", "toll_booth", "sally_port", "no", "entrance"),
    *("height_restrictor", "arch"),
}
_GATES = {"gate", "lift_gate", "swing_gate"}
_KMH_PER = {"": 1.0, "kmh": 1.0, "km/h": 1.0, "kph": 1.0, "mph": 1.609344}
_SPEED = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([a-z/]*)\s*$")
_CLOCK = re.compile(r"^(?:(?:(\d+):)?(\d+):)?(\d+)$")
_ISO = re.compile(r"^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$", re.IGNORECASE)


KEYS = frozenset(
    {
        *("highway", "route", "area", "service", "junction", "toll", "surface"),
        *("construction", "status", "smoothness", "impassable", "duration"),
        *(*_WHO, *_ONEWAY_KEYS, *_LIMIT_KEYS),
        *(key + side for key in _LIMIT_KEYS for side in (":forward", ":backward")),
    }
)
"""All that is read of a way; a test holds the functions here to it."""

SPOT_KEYS = ("highway", "barrier")
"""A node without any of these has nothing that matters to a car."""


@cache
def no_road(highway: str) -> bool:
    """Tell whether ways of this kind are never streets, whatever else they say."""
    return bool(highway and _NO_HIGHWAY.search(highway))


def may_drive(tags: Tags) -> bool:
    """Tell whether a way is a street for cars by osmnx's filter, or a car ferry."""
    highway = tags.get("highway")
    if highway is None:
        return tags.get("route") == "ferry" and access_of(tags) != "closed"
    refused = (
        (_NO_AREA, tags.get("area", "")),
        (_NO_ACCESS, tags.get("access", "")),
        (_NO_HIGHWAY, highway),
        (_NO_VEHICLE, tags.get("motor_vehicle", "")),
        (_NO_VEHICLE, tags.get("motorcar", "")),
        (_NO_SERVICE, tags.get("service", "")),
    )
    return not any(pattern.search(value) for pattern, value in refused)


def access_of(tags: Tags) -> str:
    """Give "open", "limited" or "closed"; the tag closest to cars decides."""
    for key in _WHO:
        value = tags.get(key)
        if value in _CLOSED:
            return "closed"
        if value is not None:
            return "limited" if value in _LIMITED else "open"
    return "open"


def class_of(tags: Tags) -> int:
    """Give the road class as a code of `CLASSES`.

    A road of unknown class that cars are told to use is of class "other".
    """
    if "highway" not in tags:
        return CLASS_CODE["ferry"]
    code = CLASS_CODE.get(tags["highway"], CLASS_CODE["other"])
    return CLASS_CODE["other"] if code == CLASS_CODE["road"] and _said(tags) else code


def flags_of(tags: Tags) -> Way:
    """Give what is special about a way."""
    flags = Way(0)
    if tags.get("toll") == "yes":
        flags |= Way.TOLL
    if "highway" not in tags:
        flags |= Way.FERRY
    if tags.get("junction") in _ROUND:
        flags |= Way.ROUNDABOUT
    access = access_of(tags)
    if access == "limited":
        flags |= Way.LIMITED
    return flags | Way.CLOSED if access == "closed" or _unfit(tags) else flags


def _said(tags: Tags) -> bool:
    return any(key in tags for key in _WHO)


def _unfit(tags: Tags) -> bool:
    """Tell whether a way is being built, changes direction, or is no street at all."""
    strange = class_of(tags) == CLASS_CODE["other"] and not (
        _said(tags) and access_of(tags) == "open"
    )
    return (
        strange
        or tags.get("construction", "no") not in _BUILT
        or tags.get("oneway") == "reversible"
        or "impassable" in (tags.get("status"), tags.get("smoothness"))
        or tags.get("impassable") == "yes"
    )


def direction_of(tags: Tags) -> int:
    """Give 1 for one-way as drawn, -1 for one-way against it, 0 for both ways."""
    told = next((tags[key] for key in _ONEWAY_KEYS if key in tags), "")
    if told in _ONEWAY:
        return _ONEWAY[told]
    if told == "no":
        return 0
    implied = tags.get("junction") in _ROUND or tags.get("highway") == "motorway"
    return int(implied)


def speeds_of(tags: Tags) -> tuple[float, float]:
    """Give the limits forward and backward, km/h; nan if none.

    What is advised comes before what is allowed, a number before a legal default.
    """
    found = [
        next(
            (tags[k] for key in _LIMIT_KEYS for k in (key + side, key) if k in tags), ""
        )
        for side in (":forward", ":backward")
    ]
    return kmh(found[0]), kmh(found[1])


def kmh(text: str) -> float:
    """Read a speed: "50", "30 mph", "50;70" (the first), "FR:urban"; else nan."""
    first, *_ = re.split(r"[;|]", text.lower())
    found = _SPEED.match(first)
    if found and found[2] in _KMH_PER:
        speed = float(found[1]) * _KMH_PER[found[2]]
        return speed if speed > 0 else float("nan")
    return _LEGAL_KMH.get(first.partition(":")[2], float("nan"))


def surface_of(tags: Tags) -> int:
    """Give the surface as a code of `SURFACES`."""
    return SURFACE_CODE.get(tags.get("surface", "").split(":")[0], 0)


def seconds(text: str) -> float:
    """Read a duration: "35" (minutes), "1:20", "0:35:00", "PT35M"; nan if none.

    Examples
    --------
    >>> seconds("1:20")
    4800.0
    """
    iso = _ISO.match(text)
    if iso and any(iso.groups()):
        hours, minutes, rest = (int(part or 0) for part in iso.groups())
        return float(3600 * hours + 60 * minutes + rest)
    clock = _CLOCK.match(text.strip())
    if not clock:
        return float("nan")
    parts = [int(part) for part in text.strip().split(":")]
    if len(parts) == 3:
        return float(3600 * parts[0] + 60 * parts[1] + parts[2])
    return float(60 * (60 * parts[0] + parts[1] if len(parts) == 2 else parts[0]))


def spot_of(tags: Tags) -> Spot:
    """Give what stands at a node."""
    spot = Spot(0)
    if tags.get("highway") == "traffic_signals":
        facing = tags.get("traffic_signals:direction", tags.get("direction", ""))
        if facing != "backward":
            spot |= Spot.SIGNAL_FORWARD
        if facing != "forward":
            spot |= Spot.SIGNAL_BACKWARD
    barrier = tags.get("barrier")
    return spot if barrier is None else spot | _barrier(barrier, tags)


def _barrier(barrier: str, tags: Tags) -> Spot:
    access = access_of(tags)
    if _said(tags):
        return Spot(0) if access == "open" else Spot.BLOCKED
    if barrier in _OPEN_BARRIERS or (
        barrier == "bollard" and tags.get("bollard") == "rising"
    ):
        return Spot(0)
    return Spot.GATE if barrier in _GATES else Spot.BLOCKED
