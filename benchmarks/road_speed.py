"""What the network and its matrices cost beside osmnx, GraphML and scipy."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.sparse.csgraph import dijkstra

from benchmarks.referees import Floats
from benchmarks.road_accuracy import SEED, along_streets
from benchmarks.road_city import City, Row, least, timed
from routing.cache import load_roads, read_roads, write_roads
from routing.drive import RoadEngine
from routing.engine import StraightLine
from routing.hierarchy import Ways
from routing.junctions import junction_arcs, junction_hierarchy, state_hierarchy
from routing.profile import DEFAULT
from routing.tags import Way
from routing.turns import unpack

MATRIX = 1000
UNITED_STATES = (-124.0, 25.0), (-67.0, 49.0)


def matrix_turns(city: City) -> Iterator[Row]:
    """Time 1,000 x 1,000 with turns, and scipy's Dijkstra on the same graph."""
    roads = city.roads
    plain, fast = (
        RoadEngine(roads, profile=DEFAULT, accelerator=way) for way in ("scipy", "cch")
    )
    points = along_streets(plain, MATRIX, SEED, shares=(0, 1))
    fast.matrix(points[:2], points[:2])  # compiled
    _, prepared = timed(lambda: state_hierarchy(roads, fast.turns))
    ours, cost = timed(lambda: fast.matrix(points, points))
    theirs, searched = timed(lambda: plain.matrix(points, points))
    off = _farthest(ours.drive_s, theirs.drive_s)
    note = f"{plain.turns.arcs.shape[0]} states; prepared in {prepared:.2f} s, once; "
    note += f"times differ by at most {off:g} s"
    what = f"matrix {MATRIX} x {MATRIX}, turns paid"
    yield Row(what, cost, searched, "CPU s", 6, ratio=True, note=note)


def matrix_nodes(city: City) -> Iterator[Row]:
    """Time 1,000 x 1,000 from junction to junction, turns not paid."""
    roads = city.roads
    arcs = junction_arcs(roads, DEFAULT)
    rng = np.random.default_rng(SEED)
    nodes = rng.choice(roads.n_nodes, min(MATRIX, roads.n_nodes), replace=False)
    ends = Ways(np.arange(len(nodes) + 1), nodes, np.zeros(len(nodes)))
    hierarchy = junction_hierarchy(roads, arcs)
    hierarchy.distances(ends.take(np.arange(2)), ends.take(np.arange(2)))  # compiled
    _, prepared = timed(lambda: junction_hierarchy(roads, arcs))
    ours, cost = timed(lambda: hierarchy.distances(ends, ends))
    theirs, searched = timed(lambda: dijkstra(arcs, indices=nodes)[:, nodes])
    off = _farthest(unpack(ours)[0], unpack(theirs)[0])
    note = f"{roads.n_nodes} junctions; prepared in {prepared:.2f} s, once; "
    note += f"times differ by at most {off:g} s"
    what = f"matrix {MATRIX} x {MATRIX}, from junction to junction"
    yield Row(what, cost, searched, "CPU s", 10, ratio=True, note=note)


def _farthest(ours: Floats, theirs: Floats) -> float:
    """Give the largest difference, seconds; infinite where only one has a time."""
    if (np.isnan(ours) != np.isnan(theirs)).any():
        return float("inf")
    return float(np.nanmax(np.abs(ours - theirs)))


def build(city: City) -> Iterator[Row]:
    """Time an extract to an engine that answers, beside osmnx's routable graph."""
    roads, reading = timed(lambda: load_roads(city.extract, profile="default"))
    _, joining = timed(lambda: RoadEngine(roads))
    _, theirs = city.osmnx
    off, pairs, aside = _differences(city)
    note = f"network {reading:.2f} s, search graph and index {joining:.2f} s; "
    note += f"{roads.n_nodes} junctions, {roads.n_edges} edges; "
    note += f"lengths of {pairs} shortest paths differ by at most {off:.1e}"
    if aside:
        note += f"; {aside} edges of roundabouts tagged oneway=no set aside"
    what = "from .osm.pbf to routable, beside osmnx"
    yield Row(what, reading + joining, theirs, "CPU s", 10, ratio=True, note=note)


def _differences(city: City) -> tuple[float, int, int]:
    """Give how far apart shortest lengths are in both graphs, as a share, and pairs.

    osmnx drives every roundabout one way. We, as OSRM, drive it both ways where it
    says ``oneway=no``: those edges of ours are set aside, the last figure counts them.
    """
    graph, _ = city.osmnx
    roads = city.roads
    aside = roads.against & (roads.flags & Way.ROUNDABOUT > 0) & (roads.twin >= 0)
    metres = np.where(aside, np.inf, roads.length_m)
    ours = least(roads.start, roads.end, metres, roads.n_nodes)
    nodes = list(graph.nodes)
    row = {node: i for i, node in enumerate(nodes)}
    ends = np.array([(row[u], row[v]) for u, v in graph.edges()])
    metres = np.array([m for _, _, m in graph.edges(data="length")])
    theirs = least(ends[:, 0], ends[:, 1], metres, len(nodes))
    common = np.intersect1d(roads.node_id, np.array(nodes))
    rng = np.random.default_rng(SEED)
    chosen = rng.choice(common, min(100, len(common)), replace=False)
    here = np.searchsorted(roads.node_id, chosen)
    there = np.array([row[int(node)] for node in chosen])
    a = dijkstra(ours, indices=here)[:, here]
    b = dijkstra(theirs, indices=there)[:, there]
    both = np.isfinite(a) & np.isfinite(b) & (b > 0)
    if (np.isfinite(a) != np.isfinite(b)).any():
        return float("inf"), int(both.sum()), int(aside.sum())
    off = float(np.abs(a[both] / b[both] - 1).max())
    return off, int(both.sum()), int(aside.sum())


def cache(city: City) -> Iterator[Row]:
    """Time the load of our cache beside osmnx's GraphML of the same streets."""
    import osmnx

    graph, _ = city.osmnx
    with tempfile.TemporaryDirectory() as folder:
        kept = write_roads(city.roads, Path(folder) / "x.npz")
        ours = min(timed(lambda: read_roads(kept))[1] for _ in range(5))
        osmnx.save_graphml(graph, Path(folder) / "x.graphml")
        _, theirs = timed(lambda: osmnx.load_graphml(Path(folder) / "x.graphml"))
        size = kept.stat().st_size / 1e6
    note = f"{size:.1f} MB, tags, shapes and restrictions included"
    yield Row("cache load, beside GraphML", ours, theirs, "CPU s", 100, True, note=note)


def national() -> Iterator[Row]:
    """Time estimates between places all over a country."""
    rng = np.random.default_rng(SEED)
    points = rng.uniform(*UNITED_STATES, (2000, 2))
    _, cost = timed(lambda: StraightLine().matrix(points, points))
    yield Row("national matrix without roads, 2,000 x 2,000", cost, None, "CPU s", 1)
