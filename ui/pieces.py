"""What an exact border adds to a map: the pieces of the units it cuts.

The browser keeps the map it has. A unit that is cut stays a row without ground, its
pieces are rows after the last unit, and only the arcs around them go over. Taking the
cut back needs no message but the plan's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.arcs import arcs
from geo.carve import node
from geo.plan import UNASSIGNED, Plan
from geo.study import Study, effective, leaves
from ui import payloads
from ui.component import wire

GONE = 65534
"""The code of a unit whose ground has passed to its pieces."""

SLOW = frozenset({"cut_x", "cut_y", "cut_start"})
KEPT = 16


@dataclass(frozen=True, eq=False)
class Shown:
    """The rows a browser knows of a study under a plan: units, then pieces.

    Parameters
    ----------
    ids
        Shape (n + p,): unit ids, then the ids of the pieces.
    parent
        Shape (p,): row of the unit each piece is of.
    sign
        Names the set of pieces; "" when nothing is cut.
    """

    ids: pd.Index
    parent: NDArray[np.intp]
    sign: str

    @property
    def n_units(self) -> int:
        """How many rows are units of the study."""
        return len(self.ids) - len(self.parent)


_SHOWN: WeakKeyDictionary[Study, dict[bytes, Shown]] = WeakKeyDictionary()
_MESSAGES: WeakKeyDictionary[Study, dict[str, bytes]] = WeakKeyDictionary()


def shown(study: Study, plan: Plan) -> Shown:
    """Give the rows a browser knows, the same object for the same units."""
    if not len(plan.cuts) or np.array_equal(plan.unit_id, study.table.unit_id):
        return _kept(study, b"", plan)
    return _kept(study, "\n".join(plan.unit_id[-len(plan.cuts) :]).encode(), plan)


def _kept(study: Study, known: bytes, plan: Plan) -> Shown:
    kept = _SHOWN.setdefault(study, {})
    if known not in kept:
        while len(kept) >= KEPT:
            kept.pop(next(iter(kept)))
        kept[known] = _shown(study, plan) if known else _whole(study)
    return kept[known]


def _whole(study: Study) -> Shown:
    return Shown(pd.Index(study.table.unit_id), np.zeros(0, dtype=np.intp), "")


def _shown(study: Study, plan: Plan) -> Shown:
    cut = leaves(plan.cuts)
    own = plan.unit_id[np.isin(plan.unit_id, cut.index.to_numpy(dtype=object))]
    parent = study.units.index.get_indexer(pd.Index(cut["parent"].reindex(own)))
    ids = np.concatenate([study.table.unit_id, own])
    sign = hashlib.sha256("\n".join(own).encode()).hexdigest()[:12]
    return Shown(pd.Index(ids), parent.astype(np.intp), sign)


def codes_of(plan: Plan, study: Study) -> NDArray[np.uint16]:
    """Give the code of each row a browser knows; `GONE` for a unit that is cut."""
    known = shown(study, plan)
    if np.array_equal(plan.unit_id, known.ids):
        return plan.assignment.astype(np.uint16)
    rows = plan.rows.get_indexer(known.ids)
    codes = plan.assignment[np.maximum(rows, 0)].astype(np.uint16)
    codes[rows < 0] = UNASSIGNED
    codes[known.parent] = GONE
    return codes


def rows_of(plan: Plan, study: Study, ids: Sequence[str]) -> NDArray[np.int32]:
    """Give the rows of units and pieces by id; unknown ones are left out."""
    wanted = pd.Index(list(ids), dtype=object)
    rows = shown(study, plan).ids.get_indexer(wanted)
    return np.asarray(rows[rows >= 0], dtype=np.int32)


def pieces_payload(
    study: Study, plan: Plan, *, key: str = "map", middle: float = 0.0
) -> bytes:
    """Give the pieces of a plan's cuts and the arcs around them as one message.

    Parameters
    ----------
    study
        Without the pieces.
    key
        Name of the map in its page.
    middle
        Longitude of the middle of the map, degrees, see `ui.payloads.world`.

    Returns
    -------
    bytes
        See `ui.component.wire`: kilobytes for a border across ten counties.
    """
    known = shown(study, plan)
    kept = _MESSAGES.setdefault(study, {})
    name = f"{key} {known.sign}"
    if name not in kept:
        while len(kept) >= KEPT:
            kept.pop(next(iter(kept)))
        header = {"key": key, "aside": "pieces", "sign": known.sign}
        arrays = _arrays(study, plan, known, middle) if known.sign else {}
        kept[name] = wire.pack(header, arrays, delta=SLOW)
    return kept[name]


def _arrays(
    study: Study, plan: Plan, known: Shown, middle: float
) -> dict[str, NDArray[np.generic]]:
    divided = effective(study, plan)
    rows = divided.units.index.get_indexer(known.ids[known.n_units :])
    x, y = payloads.world(divided.table.xy[rows], study.units.crs, middle)
    found: dict[str, NDArray[np.generic]] = {
        "cut_parent": known.parent.astype(np.int32),
        "cut_anchor_x": x,
        "cut_anchor_y": y,
    }
    for name in payloads.MEASURES:
        if name in study.table.measures:
            column = divided.table.loads[rows, study.table.measures.index(name)]
            found[f"cut_load_{name}"] = column.astype(np.float32)
    at = payloads.placed(study)
    moved = np.flatnonzero(np.isin(study.account_unit[at], known.parent))
    place = np.full(len(divided.units), -1, dtype=np.int32)
    place[rows] = known.n_units + np.arange(len(rows), dtype=np.int32)
    found["cut_account"] = moved.astype(np.int32)
    found["cut_account_unit"] = place[divided.account_unit[at[moved]]]
    return found | _borders(study, divided, known, rows, middle)


def _borders(
    study: Study, divided: Study, known: Shown, rows: NDArray[np.intp], middle: float
) -> dict[str, NDArray[np.generic]]:
    """Give the arcs with a piece on either side, in the browser's row numbers."""
    shapes = np.asarray(study.units.geometry)
    cut = np.unique(known.parent)
    beside = study.units.sindex.query(shapes[cut], predicate="intersects")[1]
    near = np.setdiff1d(beside, cut)
    local = np.concatenate([shapes[near], np.asarray(divided.units.geometry)[rows]])
    noded = node(local, np.arange(len(near), len(local)))
    lines = arcs(gpd.GeoSeries(noded, crs=study.units.crs))
    pieces = known.n_units + np.arange(len(rows))
    number = np.concatenate([near, pieces, [-1]]).astype(np.int32)
    of_piece = (lines.left >= len(near)) | (lines.right >= len(near))
    wanted = np.flatnonzero(of_piece)
    length = np.diff(lines.start)
    xy = lines.xy[np.repeat(of_piece, length)]
    x, y = payloads.world(xy, study.units.crs, middle)
    start = np.concatenate([[0], np.cumsum(length[wanted])]).astype(np.int32)
    return {
        "cut_x": x,
        "cut_y": y,
        "cut_start": start,
        "cut_left": number[lines.left[wanted]],
        "cut_right": number[lines.right[wanted]],
    }
