"""A city of the road benchmark: its extract, our network, and osmnx's."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.referees import Floats
from routing.cache import load_roads
from routing.drive import RoadEngine
from routing.profile import DEFAULT, Profile
from routing.roads import Roads
from routing.tags import may_drive

if TYPE_CHECKING:
    import networkx as nx

T = TypeVar("T")


@dataclass(frozen=True)
class Row:
    """One figure of the benchmark.

    Parameters
    ----------
    figure
        What was measured.
    ours, peer
        Ours, and the peer's in the same run; None where there is none.
    unit
        Of both.
    target
        What ours should be at most; of a ratio: how many times less than the peer.
    ratio
        Whether the target is a ratio.
    more
        Whether more is better.
    note
        How it was measured, or why it was not.
    """

    figure: str
    ours: float | None = None
    peer: float | None = None
    unit: str = ""
    target: float | None = None
    ratio: bool = False
    more: bool = False
    note: str = ""

    @property
    def times(self) -> float | None:
        """How many times ours the peer's figure is."""
        return self.peer / self.ours if self.peer and self.ours else None

    @property
    def reached(self) -> str:
        """Give "yes", "no", or nothing where there is no target or no figure."""
        found = self.times if self.ratio else self.ours
        if self.target is None or found is None:
            return ""
        more = self.more or self.ratio
        return (
            "yes" if (found >= self.target if more else found <= self.target) else "no"
        )


@dataclass(frozen=True, eq=False)
class City:
    """An extract and what was built from it.

    Parameters
    ----------
    name
        Of the extract.
    extract
        An ``.osm.pbf`` file.
    osrm
        Folder of OSRM's programs, if there are any.
    """

    name: str
    extract: Path
    osrm: Path | None

    @cached_property
    def roads(self) -> Roads:
        """Our network."""
        return load_roads(self.extract, profile=DEFAULT.name)

    @lru_cache(maxsize=2)  # noqa: B019 - a city lives as long as the run
    def engine(self, profile: Profile) -> RoadEngine:
        """Give our engine with a profile."""
        return RoadEngine(self.roads, profile=profile)

    @cached_property
    def osmnx(self) -> tuple[nx.MultiDiGraph[Any], float]:
        """Give osmnx's graph of the same ways, ready to route, and its CPU seconds."""
        return timed(lambda: osmnx_graph(self.extract))

    def plain_osmnx(self, points: Floats) -> Floats:
        """Give the seconds plain osmnx gives between the nodes nearest to points."""
        graph, _ = self.osmnx
        nodes = list(graph.nodes)
        row = {node: i for i, node in enumerate(nodes)}
        ends = np.array([(row[u], row[v]) for u, v in graph.edges()])
        seconds = np.array([t for _, _, t in graph.edges(data="travel_time")])
        arcs = least(ends[:, 0], ends[:, 1], seconds, len(nodes))
        xy = np.array([(graph.nodes[n]["x"], graph.nodes[n]["y"]) for n in nodes])
        near = np.array([np.hypot(*(xy - point).T).argmin() for point in points])
        found = dijkstra(arcs, indices=near)[:, near]
        return np.asarray(np.where(np.isfinite(found), found, np.nan))


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Give what the work gives, and its CPU seconds."""
    started = time.process_time()
    done = work()
    return done, time.process_time() - started


def osmnx_graph(extract: Path) -> nx.MultiDiGraph[Any]:
    """Take an extract to a routable graph of osmnx 2.1, as `graph_from_xml` does.

    osmnx reads no .pbf. The extract goes through pyosmium straight into what osmnx
    makes of its downloads: less work than the XML file its documents ask for.
    """
    import osmnx
    from osmnx import graph as inside

    made = inside._create_graph([{"elements": _elements(extract)}], bidirectional=False)
    connected = osmnx.truncate.largest_component(made, strongly=False)
    simple = osmnx.simplify_graph(connected)
    return osmnx.add_edge_travel_times(osmnx.add_edge_speeds(simple, fallback=40))


def _elements(extract: Path) -> list[dict[str, Any]]:
    """Give the ways of our filter and their nodes as Overpass would."""
    import osmium
    from osmium.osm import NODE, WAY

    keys = osmium.filter.KeyFilter("highway", "route")
    found = [
        (way.id, [node.ref for node in way.nodes], dict(way.tags))
        for way in osmium.FileProcessor(str(extract), WAY).with_filter(keys)
    ]
    ways = [way for way in found if may_drive(way[2])]
    used = osmium.filter.IdFilter({node for _, nodes, _ in ways for node in nodes})
    points = osmium.FileProcessor(str(extract), NODE).with_filter(used)
    elements: list[dict[str, Any]] = [
        {"type": "node", "id": p.id, "lon": p.lon, "lat": p.lat, "tags": dict(p.tags)}
        for p in points
    ]
    known = {element["id"] for element in elements}
    for number, nodes, tags in ways:
        runs = groupby(nodes, known.__contains__)
        parts = [list(run) for inside, run in runs if inside]
        elements += [
            {"type": "way", "id": 1000 * number + i, "nodes": part, "tags": tags}
            for i, part in enumerate(parts)
            if len(part) > 1
        ]
    return elements


def least(rows: Any, columns: Any, cost: Floats, n: int) -> csr_array:
    """Give a graph of n nodes with the least of parallel edges."""
    order = np.lexsort((cost, columns, rows))
    rows, columns, cost = rows[order], columns[order], cost[order]
    first = np.append(True, (np.diff(rows) != 0) | (np.diff(columns) != 0))
    return csr_array((cost[first], (rows[first], columns[first])), shape=(n, n))
