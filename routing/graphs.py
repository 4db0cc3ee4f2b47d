"""The door to osmnx: its graphs, its GraphML files and its download by place name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.errors import InputError, ServiceError
from routing.build import great_circle_m
from routing.roads import DEGREE, Roads
from routing.tags import (
    CLASSES,
    class_of,
    flags_of,
    seconds,
    speeds_of,
    spot_of,
    surface_of,
)

if TYPE_CHECKING:
    import networkx as nx


def to_osmnx(roads: Roads) -> nx.MultiDiGraph[Any]:
    """Give the network as osmnx's graph: keys u, v, k; x, y, length, geometry.

    Edges follow our ways, so some joints osmnx would merge stay nodes; lengths of
    paths are those of osmnx. Restrictions have no place in it.
    """
    import networkx as nx

    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph(crs="EPSG:4326", simplified=True)
    for row, node in enumerate(roads.node_id):
        lon, lat = roads.lonlat[row].tolist()
        graph.add_node(int(node), x=lon, y=lat)
    for edge in range(roads.n_edges):
        limit = float(roads.limit_kmh[edge])
        graph.add_edge(
            int(roads.node_id[roads.start[edge]]),
            int(roads.node_id[roads.end[edge]]),
            osmid=int(roads.way_id[edge]),
            highway=CLASSES[roads.road_class[edge]],
            length=float(roads.length_m[edge]),
            oneway=bool(roads.twin[edge] < 0),
            reversed=bool(roads.against[edge]),
            geometry=shapely.LineString(roads.line(edge)),
            **({} if np.isnan(limit) else {"maxspeed": f"{limit:g}"}),
        )
    return graph


def from_osmnx(
    graph: nx.MultiDiGraph[Any],
    *,
    source: str = "",
    source_hash: str = "",
    profile: str = "default",
) -> Roads:
    """Take a graph of osmnx, simplified or not; it knows no turn restrictions.

    Raises
    ------
    InputError
        When it has no edges, or its nodes lack x and y in degrees.
    """
    _check(graph, source)
    nodes = sorted(graph.nodes)
    row = {node: i for i, node in enumerate(nodes)}
    lonlat = np.array([[float(graph.nodes[n][c]) for c in "xy"] for n in nodes])
    edges = [(row[u], row[v], _plain(data)) for u, v, data in graph.edges(data=True)]
    lines = [_line(u, v, data, lonlat) for u, v, data in edges]
    count = [len(line) for line in lines]
    spot = np.array([spot_of(_plain(graph.nodes[n])) for n in nodes], dtype=np.uint8)
    end = np.array([v for _, v, _ in edges], dtype=np.int32)
    tags = [data for *_, data in edges]
    return Roads(
        node_id=np.array(nodes, dtype=np.int64),
        lonlat=lonlat,
        spot=spot,
        start=np.array([u for u, _, _ in edges], dtype=np.int32),
        end=end,
        stretch=np.arange(len(edges), dtype=np.int32),
        against=np.zeros(len(edges), dtype=bool),
        twin=_twins(edges, lines),
        way_id=np.array([_number(t.get("osmid", "0")) for t in tags], dtype=np.int64),
        length_m=np.array(
            [_metres(t, line) for t, line in zip(tags, lines, strict=True)]
        ),
        road_class=np.array([class_of(t) for t in tags], dtype=np.uint8),
        surface=np.array([surface_of(t) for t in tags], dtype=np.uint8),
        flags=np.array([flags_of(t) for t in tags], dtype=np.uint8),
        limit_kmh=np.array([speeds_of(t)[0] for t in tags], dtype=np.float32),
        duration_s=np.array(
            [
                seconds(t.get("duration", "")) if "highway" not in t else np.nan
                for t in tags
            ],
            dtype=np.float32,
        ),
        signals=(spot[end] & 3 > 0).astype(np.uint8),
        gates=(spot[end] & 4 > 0).astype(np.uint8),
        shape_offset=np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        shape=np.rint(np.concatenate(lines) / DEGREE).astype(np.int32),
        banned_offset=np.zeros(1, np.int64),
        banned=np.zeros(0, np.int32),
        source=source,
        source_hash=source_hash,
        profile=profile,
    )


def read_graphml(
    path: Path, *, source_hash: str = "", profile: str = "default"
) -> Roads:
    """Read a GraphML file that osmnx saved.

    Raises
    ------
    InputError
        When it is damaged, or not a road graph.
    """
    import osmnx

    try:
        graph = osmnx.load_graphml(path)
    except (SyntaxError, ValueError, KeyError, TypeError, OSError) as error:
        raise InputError(
            "The file is no road graph, or it is damaged",
            where=path.name,
            fix="Save it again with osmnx",
        ) from error
    return from_osmnx(graph, source=path.name, source_hash=source_hash, profile=profile)


def fetch_place(place: str, *, allow_online: bool, profile: str = "default") -> Roads:
    """Fetch the streets of a place by its name through osmnx and its services.

    Raises
    ------
    InputError
        When nobody allowed to go online.
    ServiceError
        When the service does not answer, or knows no such place.
    """
    if not allow_online:
        raise InputError(
            f"Fetching the streets of '{place}' sends its name to OpenStreetMap",
            fix="Allow it with --online, or give a file of OpenStreetMap",
        )
    import osmnx

    try:
        graph = osmnx.graph_from_place(place, network_type="drive", retain_all=True)
    except (ValueError, TypeError, OSError) as error:
        raise ServiceError(
            f"The streets of '{place}' could not be fetched",
            fix="Check the name and the connection, or give a file",
        ) from error
    return from_osmnx(graph, source=place, profile=profile)


def _check(graph: nx.MultiDiGraph[Any], source: str) -> None:
    placed = all("x" in data and "y" in data for _, data in graph.nodes(data=True))
    if graph.number_of_edges() and placed:
        crs = str(graph.graph.get("crs", "EPSG:4326")).upper()
        if "4326" in crs:
            return
        raise InputError(
            f"The graph is in {crs}, not in degrees",
            where=source,
            fix="Save it before projecting it",
        )
    raise InputError(
        "The graph holds no road with coordinates",
        where=source,
        fix="Save a street network of osmnx",
    )


def _plain(data: dict[str, Any]) -> dict[str, str]:
    """Give tags as text; where osmnx merged ways, the first one speaks."""
    plain = {}
    for key, value in data.items():
        first = value[0] if isinstance(value, list) and value else value
        plain[key] = first if key == "geometry" else str(first)
    return plain


def _line(u: int, v: int, data: dict[str, Any], lonlat: Any) -> Any:
    line = data.get("geometry")
    if line is None:
        return lonlat[[u, v]]
    return shapely.get_coordinates(line)


def _metres(data: dict[str, str], line: Any) -> float:
    if "length" in data:
        return float(data["length"])
    return float(great_circle_m(line[:-1], line[1:]).sum())


def _number(text: str) -> int:
    return int(text) if text.lstrip("-").isdigit() else 0


def _twins(edges: list[tuple[int, int, dict[str, str]]], lines: list[Any]) -> Any:
    """Give the edge with the same shape the other way, or -1."""
    shapes = {
        (u, v, np.rint(line / DEGREE).astype(np.int64).tobytes()): i
        for i, ((u, v, _), line) in enumerate(zip(edges, lines, strict=True))
    }
    found = [
        shapes.get((v, u, np.rint(line[::-1] / DEGREE).astype(np.int64).tobytes()), -1)
        for (u, v, _), line in zip(edges, lines, strict=True)
    ]
    alone = [-1 if other == i else other for i, other in enumerate(found)]
    return np.array(alone, dtype=np.int32)
