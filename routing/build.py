"""Streets joined to a network, all at once on arrays.

Ways are cut where they meet, at their ends, at barriers and where a restriction needs
it; joints of one way alone are only points of its shape, as in osmnx's simplified
graphs. What osmnx merges across two ways stays two edges here, so that an edge has one
class and one limit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError
from routing.engine import EARTH_RADIUS_M
from routing.restrictions import forbidden
from routing.roads import DEGREE, Ints, Roads
from routing.source import Streets
from routing.tags import Spot


def build_roads(
    streets: Streets,
    *,
    source: str = "",
    source_hash: str = "",
    profile: str = "default",
) -> Roads:
    """Join streets to a network.

    Raises
    ------
    InputError
        When no two neighbouring points of any way have coordinates.
    """
    pairs, stretch = _stretches(streets)
    if not len(pairs):
        raise InputError(
            "The file holds no road with two points",
            where=source,
            fix="Choose an extract with its nodes",
        )
    edges = _edges(streets, pairs, stretch)
    nodes, rows = np.unique([edges["start"], edges["end"]], return_inverse=True)
    edges["start"], edges["end"] = rows.reshape(2, -1).astype(np.int32)
    bare = Roads(
        node_id=streets.node_id[nodes],
        lonlat=streets.lonlat[nodes],
        spot=streets.spot[nodes],
        **edges,
        **_shapes(streets, pairs, stretch),
        banned_offset=np.zeros(1, np.int64),
        banned=np.zeros(0, np.int32),
        source=source,
        source_hash=source_hash,
        profile=profile,
    )
    return forbidden(bare, streets.restrictions)


def great_circle_m(
    a: NDArray[np.float64], b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Measure between points of the same row, shape (n, 2) in degrees; metres."""
    lon_a, lat_a = np.radians(a).T
    lon_b, lat_b = np.radians(b).T
    half = (
        np.sin((lat_b - lat_a) / 2) ** 2
        + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    )
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(half, 1.0))))


def _stretches(streets: Streets) -> tuple[Ints, Ints]:
    """Give the places of points with a next one, and the stretch each lies in."""
    points = streets.points
    last = np.zeros(len(points), dtype=bool)
    last[streets.offset[1:] - 1] = True
    known = points >= 0
    linked = np.zeros(len(points), dtype=bool)
    linked[:-1] = known[:-1] & known[1:] & ~last[:-1]
    uses = np.bincount(points[known], minlength=len(streets.node_id))
    junction = (uses > 1) | (streets.spot & Spot.BLOCKED > 0)
    via = np.array([r.via_node for r in streets.restrictions], dtype=np.int64)
    junction |= np.isin(streets.node_id, via)
    begins = linked.copy()
    begins[1:] &= junction[points[1:]] | ~linked[:-1]
    pairs = np.flatnonzero(linked)
    return pairs, np.cumsum(begins[pairs]) - 1


def _edges(streets: Streets, pairs: Ints, stretch: Ints) -> dict[str, Any]:
    """Give the columns of `Roads` that have a row an edge; ends as rows of nodes."""
    first = np.flatnonzero(np.diff(stretch, prepend=-1))
    here, there = streets.points[pairs], streets.points[pairs + 1]
    way = np.searchsorted(streets.offset, pairs[first], side="right") - 1
    step_m = great_circle_m(streets.lonlat[here], streets.lonlat[there])
    length_m = np.add.reduceat(step_m, first)
    last = np.append(first[1:], len(pairs)) - 1
    ends = np.stack([here[first], there[last]])
    forward = np.flatnonzero(streets.direction[way] >= 0)
    backward = np.flatnonzero(streets.direction[way] <= 0)
    which = np.concatenate([forward, backward])
    against = np.arange(len(which)) >= len(forward)
    place = np.full((2, len(first)), -1)
    place[against.astype(int), which] = np.arange(len(which))
    signals = [
        np.add.reduceat((streets.spot[met] & spot > 0).astype(int), first)
        for met, spot in ((there, Spot.SIGNAL_FORWARD), (here, Spot.SIGNAL_BACKWARD))
    ]
    gates = [
        np.add.reduceat((streets.spot[met] & Spot.GATE > 0).astype(int), first)
        for met in (there, here)
    ]
    way_m = np.bincount(way, weights=length_m, minlength=len(streets.way_id))
    share = length_m / np.maximum(way_m[way], 1e-9)
    ways = way[which]
    return {
        "start": np.where(against, ends[1][which], ends[0][which]),
        "end": np.where(against, ends[0][which], ends[1][which]),
        "stretch": which.astype(np.int32),
        "against": against,
        "twin": np.where(against, place[0][which], place[1][which]).astype(np.int32),
        "way_id": streets.way_id[ways],
        "length_m": length_m[which],
        "road_class": streets.way_class[ways],
        "surface": streets.surface[ways],
        "flags": streets.flags[ways],
        "limit_kmh": streets.limit_kmh[ways, against.astype(int)],
        "duration_s": (streets.duration_s[ways] * share[which]).astype(np.float32),
        "signals": np.stack(signals)[against.astype(int), which].astype(np.uint8),
        "gates": np.stack(gates)[against.astype(int), which].astype(np.uint8),
    }


def _shapes(streets: Streets, pairs: Ints, stretch: Ints) -> dict[str, Any]:
    first = np.flatnonzero(np.diff(stretch, prepend=-1))
    last = np.append(first[1:], len(pairs)) - 1
    count = last - first + 2
    offset = np.concatenate([[0], np.cumsum(count)])
    within = np.arange(offset[-1]) - np.repeat(offset[:-1], count)
    nodes = streets.points[np.repeat(pairs[first], count) + within]
    shape = np.rint(streets.lonlat[nodes] / DEGREE).astype(np.int32)
    return {"shape_offset": offset, "shape": shape}
