"""A border drawn by hand: what of the units lies inside a shape, to the metre."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.edits import Edit, cut
from geo.errors import PlanError
from geo.study import Study

SLIVER = 0.005
"""A part of a unit below this share of it is drawing, not meaning: the unit is not cut
for it."""


def carve(study: Study, shape: shapely.Geometry, *, to: str, edit_id: str = "") -> Edit:
    """Give all ground inside a shape to a territory, cutting the units it crosses.

    Parameters
    ----------
    study
        The ground, with the pieces of earlier cuts.
    shape
        Polygon in the CRS of the units; a line that crosses itself is mended.
    to
        Territory that gets the inside.

    Returns
    -------
    Edit
        A cut; a move when the shape follows unit borders and cuts nothing.

    Raises
    ------
    PlanError
        When the shape has no area or holds no ground.
    """
    area = shapely.make_valid(shape)
    shapes = np.asarray(study.units.geometry)
    near = np.flatnonzero(shapely.intersects(shapes, area))
    inside = shapely.intersection(shapes[near], area)
    share = shapely.area(inside) / shapely.area(shapes[near])
    ids = study.table.unit_id[near]
    whole = [str(i) for i in ids[share > 1 - SLIVER]]
    crossed = (share >= SLIVER) & (share <= 1 - SLIVER)
    if not whole and not crossed.any():
        raise PlanError(
            "The shape holds no ground", fix="Draw it around part of the map"
        )
    if not crossed.any():
        return Edit(edit_id, "move", tuple(whole), to)
    outside = shapely.difference(shapes[near[crossed]], area)
    moved, divided = list(whole), {}
    halves = zip(ids[crossed], inside[crossed], outside, strict=True)
    for unit, part, rest in halves:
        inner, outer = _solid(part), _solid(rest)
        moved.append(piece_id(str(unit), inner))
        divided[str(unit)] = {
            piece_id(str(unit), piece): shapely.to_wkb(piece, hex=True)
            for piece in (inner, outer)
        }
    return cut(divided, moved=moved, to=to, edit_id=edit_id)


def piece_id(unit: str, piece: shapely.Geometry) -> str:
    """Give the id of a piece: its parent's, and eight hex digits of its geometry."""
    digest = hashlib.sha256(shapely.to_wkb(shapely.normalize(piece))).hexdigest()
    return f"{unit}~{digest[:8]}"


def _solid(shape: shapely.Geometry) -> shapely.Geometry:
    """Keep what has an area of lines and points that are left of an overlay."""
    parts = [
        part
        for part in shapely.get_parts(shape)
        if part.geom_type in ("Polygon", "MultiPolygon")
    ]
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


def node(
    shapes: NDArray[np.object_], pieces: Iterable[int], *, within_m: float = 0.01
) -> NDArray[np.object_]:
    """Give shapes in which the neighbours of pieces have the corners of the pieces.

    A cut ends on the border of a unit that is not cut: without a corner there, the two
    would not share their border vertex by vertex.

    Parameters
    ----------
    shapes
        All units, shape (n,).
    pieces
        Rows of the pieces among them.
    within_m
        How far a corner may be from a border and still lie on it.
    """
    rows = np.array(list(pieces), dtype=np.intp)
    if not len(rows):
        return shapes
    tree = shapely.STRtree(shapes)
    near = np.setdiff1d(
        tree.query(shapes[rows], predicate="dwithin", distance=within_m)[1], rows
    )
    noded = shapes.copy()
    for row in [*near.tolist(), *rows.tolist()]:
        beside = rows[shapely.dwithin(shapes[rows], shapes[row], within_m)]
        beside = beside[beside != row]
        if len(beside):
            corners = shapely.multipoints(shapely.get_coordinates(shapes[beside]))
            noded[row] = shapely.snap(shapes[row], corners, within_m)
    return noded
