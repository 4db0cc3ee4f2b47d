"""What a page lays over the territory map: drive-time bands, routes, stops, points.

Overlays travel in a message of their own, so that changing them resends neither the
map nor the plan. Labels are data of that message and are only ever shown as text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError
from ui import payloads
from ui.component import wire

KINDS = ("band", "route", "point")
COLOR = re.compile(r"#[0-9a-fA-F]{6}")
SLOW = frozenset({"overlay_x", "overlay_y"})


@dataclass(frozen=True, eq=False)
class Overlay:
    """One thing laid over the map.

    Parameters
    ----------
    kind
        "band", "route" or "point".
    label
        What it is, for the legend and the tooltip: "within 20 minutes", "Ana, Tuesday",
        the name of a stop.
    color
        "#rrggbb".
    lonlat
        Arrays of shape (p, 2), longitude and latitude in degrees: the closed rings of a
        band (a ring inside another is a hole), the lines of a route, or points.
    value
        Minutes of a band: a shorter one lies on a longer one. Number of a stop, drawn
        in its disc; a point without one is a plain disc.

    Raises
    ------
    InputError
        When the kind, the colour or an array is none of these.
    """

    kind: str
    label: str
    color: str
    lonlat: Sequence[NDArray[np.float64]]
    value: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"'{self.kind}' is no kind of overlay", fix=f"Use {KINDS}")
        if not COLOR.fullmatch(self.color):
            what = f"'{self.color}' is no colour"
            raise InputError(what, where=self.label, fix="Write it as #rrggbb")
        for part in map(np.asarray, self.lonlat):
            if part.ndim != 2 or part.shape[1] != 2 or not np.isfinite(part).all():
                what = "An overlay has corners that are no longitude and latitude"
                raise InputError(what, where=self.label)


def overlay_payload(
    overlays: Sequence[Overlay], *, key: str = "map", middle: float = 0.0
) -> bytes:
    """Give the overlays as one message.

    Parameters
    ----------
    overlays
        In the order of the legend.
    key
        Name of the map in its page.
    middle
        Longitude of the middle of the map, degrees, see `ui.payloads.world`.

    Returns
    -------
    bytes
        See `ui.component.wire`: ``overlays`` of the header holds kind, label, color,
        value and first (its first part); the parts' corners follow one another.
    """
    parts = [np.asarray(p, dtype=np.float64) for o in overlays for p in o.lonlat]
    corners = np.concatenate([np.zeros((0, 2)), *parts])
    lon = middle + (corners[:, 0] - middle + 180.0) % 360.0 - 180.0
    x, y = payloads.steps_of(lon, corners[:, 1])
    counts = [len(o.lonlat) for o in overlays]
    header = {
        "key": key,
        "aside": "overlays",
        "overlays": [
            {"kind": o.kind, "label": o.label, "color": o.color, "value": o.value}
            for o in overlays
        ],
    }
    arrays = {
        "overlay_x": x,
        "overlay_y": y,
        "overlay_part": _starts([len(p) for p in parts]),
        "overlay_first": _starts(counts),
    }
    return wire.pack(header, arrays, delta=SLOW)


def _starts(lengths: Sequence[int]) -> NDArray[np.int32]:
    """Give where each of some runs begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
