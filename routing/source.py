"""Files of OpenStreetMap, read into flat arrays of the ways a car may use.

Three passes with pyosmium: where the nodes are, which stay in its memory; the ways,
each with its places at once, and restrictions; what stands at nodes. Ids need not be
sorted.
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
    KEYS,
    SPOT_KEYS,
    Tags,
    class_of,
    direction_of,
    flags_of,
    may_drive,
    no_road,
    seconds,
    speeds_of,
    spot_of,
    surface_of,
)

SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
Report = Callable[[str, float], None]
"""Takes the step a reading is at and the share of it that is done."""

WKB_HEAD = 18
"""Hexadecimal digits before the places of a line: byte order, kind and number."""

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
    try:
        report("reading nodes", 0.1)
        placed = _read_places(path)
        report("reading ways", 0.2)
        ways, restrictions = _read_ways(path, placed)
        if not ways.ids:
            raise InputError(
                "The file holds no road a car may use",
                where=path.name,
                fix="Choose an extract with roads",
            )
        report("reading signals", 0.5)
        spots = _read_spots(path)
    except (RuntimeError, ValueError) as error:  # what pyosmium raises
        raise InputError(
            "The file is damaged or cut off",
            where=path.name,
            fix="Fetch the extract again",
        ) from error
    streets = _flatten(ways, spots, restrictions)
    if not len(streets.node_id):
        raise InputError(
            "The file holds roads without coordinates",
            where=path.name,
            fix="Choose an extract with its nodes",
        )
    return streets


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


@dataclass(frozen=True)
class _Meaning:
    """What the tags of a way mean to a car."""

    way_class: int
    surface: int
    flags: int
    direction: int
    limit_kmh: tuple[float, float]
    duration_s: float


@dataclass
class _Ways:
    """Ways as they are read: id, nodes, their places as text, and their meaning."""

    ids: list[int]
    refs: list[list[int]]
    wkb: list[str]
    meaning: list[int]
    meanings: list[_Meaning]


def _read_places(path: Path) -> Any:
    """Give what tells pyosmium's ways where their nodes are."""
    import osmium

    places = osmium.NodeLocationsForWays(osmium.index.create_map("flex_mem"))
    places.ignore_errors()
    osmium.apply(osmium.io.Reader(str(path), osmium.osm.NODE), places)
    return places


def _read_ways(path: Path, places: Any) -> tuple[_Ways, list[Restriction]]:
    import osmium

    line_of = osmium.geom.WKBFactory().create_linestring
    every = osmium.geom.use_nodes.ALL
    ways = _Ways([], [], [], [], [])
    known: dict[tuple[tuple[str, str], ...], int] = {}
    restrictions: list[Restriction] = []
    for entity in _entities(path, "ways", places):
        if entity.is_relation():
            restrictions += _restriction(entity, dict(entity.tags))
            continue
        if no_road(entity.tags.get("highway", "")):
            continue
        said = tuple((tag.k, tag.v) for tag in entity.tags if tag.k in KEYS)
        if said not in known:  # most ways say what another has said
            known[said] = _meaning(dict(said), ways.meanings)
        refs = [node.ref for node in entity.nodes] if known[said] >= 0 else []
        if len(refs) > 1:
            try:
                wkb = line_of(entity, every)
            except osmium.InvalidLocationError:
                wkb = _wkb_in_part(entity)
            ways.ids.append(entity.id)
            ways.refs.append(refs)
            ways.wkb.append(wkb)
            ways.meaning.append(known[said])
    return ways, restrictions


def _meaning(tags: Tags, meanings: list[_Meaning]) -> int:
    """Put what tags mean on the list and give its place; -1 for no street."""
    if not may_drive(tags):
        return -1
    ferry = seconds(tags.get("duration", "")) if "highway" not in tags else np.nan
    found = _Meaning(
        class_of(tags),
        surface_of(tags),
        int(flags_of(tags)),
        direction_of(tags),
        speeds_of(tags),
        ferry,
    )
    meanings.append(found)
    return len(meanings) - 1


def _wkb_in_part(way: Any) -> str:
    """Give a way's places where some of its nodes are not in the file."""
    places = [
        (node.location.lon, node.location.lat)
        if node.location.valid()
        else (np.nan, np.nan)
        for node in way.nodes
    ]
    return "0" * WKB_HEAD + np.array(places, dtype="<f8").tobytes().hex()


def _entities(path: Path, kind: str, places: Any = None) -> Iterator[Any]:
    import osmium
    from osmium.osm import NODE, RELATION, WAY

    wanted = NODE if kind == "nodes" else WAY | RELATION
    keys = SPOT_KEYS if kind == "nodes" else ("highway", "route", *_TURNS)
    entities = osmium.FileProcessor(str(path), wanted)
    entities = entities.with_filter(osmium.filter.KeyFilter(*keys))
    return iter(entities if places is None else entities.with_filter(places))


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


def _read_spots(path: Path) -> dict[int, int]:
    """Give what stands at nodes, by id; the others have nothing."""
    found = {}
    for node in _entities(path, "nodes"):
        tags = node.tags
        if tags.get("highway") == "traffic_signals" or "barrier" in tags:
            found[node.id] = int(spot_of(dict(tags)))
    return {node: spot for node, spot in found.items() if spot}


def _flatten(
    ways: _Ways, spots: dict[int, int], restrictions: list[Restriction]
) -> Streets:
    refs = np.concatenate([np.array(nodes, dtype=np.int64) for nodes in ways.refs])
    places = bytes.fromhex("".join([text[WKB_HEAD:] for text in ways.wkb]))
    lonlat = np.frombuffer(places, dtype="<f8").reshape(-1, 2)
    there = ~np.isnan(lonlat[:, 0])
    node_id, first, row = np.unique(refs[there], return_index=True, return_inverse=True)
    points = np.full(len(refs), -1)
    points[there] = row
    marked = np.fromiter(spots, dtype=np.int64, count=len(spots))
    spot = np.zeros(len(node_id), dtype=np.uint8)
    on_road = np.isin(marked, node_id)
    stand = np.fromiter(spots.values(), dtype=np.uint8, count=len(spots))
    spot[np.searchsorted(node_id, marked[on_road])] = stand[on_road]
    which = np.array(ways.meaning)
    said = ways.meanings
    return Streets(
        node_id=node_id,
        lonlat=lonlat[there][first],
        spot=spot,
        way_id=np.array(ways.ids, dtype=np.int64),
        offset=np.concatenate([[0], np.cumsum([len(nodes) for nodes in ways.refs])]),
        points=points,
        way_class=np.array([m.way_class for m in said], dtype=np.uint8)[which],
        surface=np.array([m.surface for m in said], dtype=np.uint8)[which],
        flags=np.array([m.flags for m in said], dtype=np.uint8)[which],
        direction=np.array([m.direction for m in said], dtype=np.int8)[which],
        limit_kmh=np.array([m.limit_kmh for m in said], dtype=np.float32)[which],
        duration_s=np.array([m.duration_s for m in said], dtype=np.float32)[which],
        restrictions=tuple(restrictions),
    )
