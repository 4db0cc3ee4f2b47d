"""The road network as arrays: junctions, directed edges, shapes, forbidden turns.

An edge is a stretch of one way between two junctions in one direction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DEGREE = 1e-7
"""Shapes are whole numbers of this, as in OpenStreetMap: 1.1 cm or less."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Roads:
    """A network of n junctions, s stretches and e edges (a stretch in a direction).

    Parameters
    ----------
    node_id
        Shape (n,), ids of OpenStreetMap, ascending.
    lonlat
        Shape (n, 2), degrees.
    spot
        Shape (n,), what stands at a junction: `routing.tags.Spot`.
    start, end
        Shape (e,), rows of junctions.
    stretch, against
        Shape (e,): the stretch of an edge, and whether it runs against its shape.
    twin
        Shape (e,): the same stretch the other way; -1 where cars may not.
    way_id
        Shape (e,), ids of OpenStreetMap.
    length_m
        Shape (e,), metres along the great circles of its shape.
    road_class, surface, flags
        Shape (e,): codes of `CLASSES` and `SURFACES`, and `routing.tags.Way`.
    limit_kmh
        Shape (e,), tagged limit in this direction; nan if none.
    duration_s
        Shape (e,), of ferries, by length; nan if not said.
    signals, gates
        Shape (e,): how many one passes, the one at its end counted.
    shape_offset, shape
        Shape (s + 1,) and (p, 2): stretch i is ``shape[offset[i]:offset[i + 1]]``,
        (lon, lat) in units of `DEGREE`.
    banned_offset, banned
        Sequences of edges nobody may drive in a row, two edges or more each.
    restrictions
        How many restrictions of the source they stand for.
    source, source_hash
        Name and SHA-256 of the file.
    profile
        Name of the profile it is driven with.
    rules
        That profile, where it is none of ours: see `routing.profile.to_json`.
    """

    node_id: Ints
    lonlat: NDArray[np.float64]
    spot: NDArray[np.uint8]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    stretch: NDArray[np.int32]
    against: NDArray[np.bool_]
    twin: NDArray[np.int32]
    way_id: Ints
    length_m: NDArray[np.float64]
    road_class: NDArray[np.uint8]
    surface: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    limit_kmh: NDArray[np.float32]
    duration_s: NDArray[np.float32]
    signals: NDArray[np.uint8]
    gates: NDArray[np.uint8]
    shape_offset: Ints
    shape: NDArray[np.int32]
    banned_offset: Ints
    banned: NDArray[np.int32]
    restrictions: int = 0
    source: str = ""
    source_hash: str = ""
    profile: str = "default"
    rules: str = ""

    @property
    def n_nodes(self) -> int:
        """Number of junctions."""
        return len(self.node_id)

    @property
    def n_edges(self) -> int:
        """Number of directed edges."""
        return len(self.start)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north, degrees."""
        west, south = self.lonlat.min(axis=0)
        east, north = self.lonlat.max(axis=0)
        return float(west), float(south), float(east), float(north)

    def banned_turns(self) -> list[tuple[int, ...]]:
        """Give the forbidden sequences of edges."""
        parts = np.split(self.banned, self.banned_offset[1:-1])
        return [tuple(part.tolist()) for part in parts if len(part)]

    def line(self, edge: int) -> NDArray[np.float64]:
        """Give the shape of an edge in its direction, shape (p, 2), degrees."""
        piece = self.stretch[edge]
        points = self.shape[self.shape_offset[piece] : self.shape_offset[piece + 1]]
        return np.asarray((points[::-1] if self.against[edge] else points) * DEGREE)
