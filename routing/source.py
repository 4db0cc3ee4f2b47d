"""Files of OpenStreetMap, read into flat arrays of the ways a car may use.

Two passes with pyosmium: ways and restrictions, then the nodes they name. Ids need
not be sorted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError
from routing.tags import (
    Tags,
    class_of,
    direction_of,
    flags_of,
    may_drive,
    seconds,
    speeds_of,
    spot_of,
    surface_of,
)

SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
Report = Callable[[str, float], None]
"""Takes the step a reading is at and the share of it that is done."""

_TURNS = ("restriction:motorcar", "restriction:motor_vehicle", "restriction")
_EXEMPT = {"motorcar", "motor_vehicle"}


@dataclass(frozen=True)
class Restriction:
    """A turn that is forbidden ("no") or the only one allowed ("only").

    Parameters
    ----------
    only
        True for ``only_*``, False for ``no_*``.
    from_way, to_way
        Ids of the ways.
    via_node
        Id of the node between them; 0 where ways are.
    via_ways
        Ids of the ways between them, in order.
    """

    only: bool
    from_way: int
    to_way: int
    via_node: int
    via_ways: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Streets:
    """The ways of a file that a car may use; n nodes, w ways, m points on them.

    Parameters
    ----------
    node_id
        Shape (n,), ascending ids of OpenStreetMap.
    lonlat
        Shape (n, 2), degrees.
    spot
        Shape (n,), what stands there: `routing.tags.Spot`.
    way_id
        Shape (w,).
    offset
        Shape (w + 1,): way i passes ``points[offset[i]:offset[i + 1]]``.
    points
        Shape (m,), rows of nodes; -1 for a node the file does not hold.
    way_class, surface, flags
        Shape (w,): codes of `CLASSES` and `SURFACES`, and `routing.tags.Way`.
    direction
        Shape (w,): 1 one-way as drawn, -1 against it, 0 both ways.
    limit_kmh
        Shape (w, 2), tagged limits forward and backward; nan if none.
    duration_s
        Shape (w,), of ferries; nan if not said.
    restrictions
        Turn restrictions that concern cars at all times.
    """

    node_id: NDArray[np.int64]
    lonlat: NDArray[np.float64]
    spot: NDArray[np.uint8]
    way_id: NDArray[np.int64]
    offset: NDArray[np.int64]
    points: NDArray[np.int64]
    way_class: NDArray[np.uint8]
    surface: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    direction: NDArray[np.int8]
    limit_kmh: NDArray[np.float32]
    duration_s: NDArray[np.float32]
    restrictions: tuple[Restriction, ...]


def read_streets(path: Path, *, report: Report = lambda _step, _share: None) -> Streets:
    """Read the streets of an ``.osm.pbf``, ``.osm`` or ``.osm.gz`` file.

    Raises
    ------
    InputError
        When the file is missing, damaged, of another kind, or holds no road.
    """
    _check(path)
    report("reading ways", 0.1)
    try:
        ways, restrictions = _read_ways(path)
        if not ways:
            raise InputError(
                "The file holds no road a car may use",
                where=path.name,
                fix="Choose an extract with roads",
            )
        report("reading nodes", 0.4)
        nodes = _read_nodes(path, np.unique(np.concatenate([w[1] for w in ways])))
    except (RuntimeError, ValueError) as error:  # what pyosmium raises
        raise InputError(
            "The file is damaged or cut off",
            where=path.name,
            fix="Fetch the extract again",
        ) from error
    if not len(nodes[0]):
        raise InputError(
            "The file holds roads without coordinates",
            where=path.name,
            fix="Choose an extract with its nodes",
        )
    return _flatten(ways, nodes, restrictions)


def file_hash(path: Path) -> str:
    """Give the SHA-256 of a file, as 64 hexadecimal digits."""
    if not path.is_file():
        _check(path, suffixes=("",))
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def data_date(path: Path) -> str:
    """Give the day an extract is of: "2026-11-01"; "" if nothing in it says.

    That is what its header says, else the day its roads were last changed.
    """
    import osmium

    header = osmium.io.Reader(str(path)).header()
    said = header.get("osmosis_replication_timestamp") or header.get("timestamp")
    if said:
        return str(said)[:10]
    changed = max((way.timestamp for way in _entities(path, "ways")), default=None)
    # without a date of its own a way is of 1970
    return f"{changed:%Y-%m-%d}" if changed and changed.year > 1970 else ""


def _check(path: Path, suffixes: tuple[str, ...] = SUFFIXES) -> None:
    if not path.name.lower().endswith(suffixes):
        raise InputError(
            "The file is no extract of OpenStreetMap",
            where=path.name,
            fix="Choose an .osm.pbf, .osm or .osm.gz file",
        )
    if not path.is_file():
        raise InputError(
            "There is no such file", where=str(path), fix="Check its name and folder"
        )


_RawWay = tuple[int, list[int], dict[str, str]]
_RawNodes = tuple[list[int], list[float], list[float], list[int]]


def _read_ways(path: Path) -> tuple[list[_RawWay], list[Restriction]]:
    ways: list[_RawWay] = []
    restrictions: list[Restriction] = []
    for entity in _entities(path, "ways"):
        tags = dict(entity.tags)
        if entity.is_relation():
            restrictions += _restriction(entity, tags)
        elif may_drive(tags):
            refs = [node.ref for node in entity.nodes]
            if len(refs) > 1:
                ways.append((entity.id, refs, tags))
    return ways, restrictions


def _entities(path: Path, kind: str, ids: Any = None) -> Iterator[Any]:
    import osmium
    from osmium.osm import NODE, RELATION, WAY

    wanted = NODE if kind == "nodes" else WAY | RELATION
    entities = osmium.FileProcessor(str(path), wanted)
    if ids is not None:
        return iter(entities.with_filter(osmium.filter.IdFilter(ids)))
    keys = osmium.filter.KeyFilter("highway", "route", *_TURNS)
    return iter(entities.with_filter(keys))


def _restriction(relation: Any, tags: Tags) -> list[Restriction]:
    """Give the restriction a relation states, or nothing if it is no such relation."""
    kind = next((tags[key] for key in _TURNS if key in tags), "")
    exempt = _EXEMPT & set(tags.get("except", "").split(";"))
    if tags.get("type") != "restriction" or exempt:
        return []
    role: dict[str, list[tuple[str, int]]] = {"from": [], "via": [], "to": []}
    for member in relation.members:
        role.setdefault(member.role, []).append((member.type, member.ref))
    nodes = [ref for what, ref in role["via"] if what == "n"]
    between = tuple(ref for what, ref in role["via"] if what == "w")
    if not kind.startswith(("no_", "only_")) or bool(between) == (len(nodes) == 1):
        return []
    via = nodes[0] if not between else 0
    return [
        Restriction(kind.startswith("only_"), from_way, to_way, via, between)
        for what, from_way in role["from"]
        for other, to_way in role["to"]
        if what == other == "w"
    ]


def _read_nodes(path: Path, wanted: NDArray[np.int64]) -> _RawNodes:
    ids: list[int] = []
    lon: list[float] = []
    lat: list[float] = []
    spots: list[int] = []
    for node in _entities(path, "nodes", wanted.tolist()):
        ids.append(node.id)
        lon.append(node.lon)
        lat.append(node.lat)
        spots.append(spot_of(dict(node.tags)) if node.tags else 0)
    return ids, lon, lat, spots


def _flatten(
    ways: list[_RawWay], nodes: _RawNodes, restrictions: list[Restriction]
) -> Streets:
    node_id, first = np.unique(np.array(nodes[0], dtype=np.int64), return_index=True)
    refs = np.concatenate([np.array(way[1], dtype=np.int64) for way in ways])
    row = np.minimum(np.searchsorted(node_id, refs), len(node_id) - 1)
    tags = [way[2] for way in ways]
    ferry = [
        seconds(t.get("duration", "")) if "highway" not in t else np.nan for t in tags
    ]
    return Streets(
        node_id=node_id,
        lonlat=np.column_stack([np.array(nodes[1]), np.array(nodes[2])])[first],
        spot=np.array(nodes[3], dtype=np.uint8)[first],
        way_id=np.array([way[0] for way in ways], dtype=np.int64),
        offset=np.concatenate([[0], np.cumsum([len(way[1]) for way in ways])]),
        points=np.where(node_id[row] == refs, row, -1),
        way_class=np.array([class_of(t) for t in tags], dtype=np.uint8),
        surface=np.array([surface_of(t) for t in tags], dtype=np.uint8),
        flags=np.array([flags_of(t) for t in tags], dtype=np.uint8),
        direction=np.array([direction_of(t) for t in tags], dtype=np.int8),
        limit_kmh=np.array([speeds_of(t) for t in tags], dtype=np.float32),
        duration_s=np.array(ferry, dtype=np.float32),
        restrictions=tuple(restrictions),
    )
