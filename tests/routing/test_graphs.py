"""osmnx and our arrays speak of the same roads."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import osmnx
import pytest

from geo.errors import InputError, ServiceError
from routing.cache import load_roads
from routing.graphs import fetch_place, from_osmnx, read_graphml, to_osmnx
from tests.routing.towns import ONE_WAY, RESIDENTIAL, write_town


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A bent street, a one-way street and a cul-de-sac.

    4 > 5 - 6
    |   |
    1 - 2 - 3
    """
    nodes = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (0, 1), 5: (1, 1.2), 6: (2, 1)}
    ways = {
        10: ((1, 2, 3), RESIDENTIAL | {"maxspeed": "30"}),
        11: ((1, 4), RESIDENTIAL),
        12: ((4, 5), ONE_WAY),
        13: ((5, 6), {"highway": "tertiary"}),
        14: ((2, 5), RESIDENTIAL),
    }
    return write_town(tmp_path / "town.osm", nodes, ways)


def lengths(graph: nx.MultiDiGraph) -> dict[int, dict[int, float]]:
    return dict(nx.all_pairs_dijkstra_path_length(graph, weight="length"))


def test_paths_are_as_long_as_in_osmnx(town: Path) -> None:
    theirs = lengths(osmnx.graph_from_xml(town, retain_all=True, simplify=True))
    ours = lengths(to_osmnx(load_roads(town, profile="default")))
    for a, row in theirs.items():
        for b, metres in row.items():
            assert ours[a][b] == pytest.approx(metres, rel=1e-6)


def test_osmnx_takes_our_graph(town: Path, tmp_path: Path) -> None:
    graph = to_osmnx(load_roads(town, profile="default"))
    nodes, edges = osmnx.graph_to_gdfs(graph)
    assert len(nodes) == 6
    assert edges["length"].sum() > 0
    speeds = osmnx.add_edge_speeds(graph, fallback=40)
    assert speeds.edges[1, 2, 0]["speed_kph"] == 30


def test_a_graph_there_and_back_is_the_same_network(town: Path) -> None:
    roads = load_roads(town, profile="default")
    back = from_osmnx(to_osmnx(roads))
    order = np.lexsort((roads.end, roads.start))
    assert back.n_edges == roads.n_edges
    ours = np.column_stack([roads.start, roads.end, roads.road_class])[order]
    again = np.lexsort((back.end, back.start))
    theirs = np.column_stack([back.start, back.end, back.road_class])[again]
    np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_allclose(roads.length_m[order], back.length_m[again])
    assert (back.twin < 0).sum() == (roads.twin < 0).sum() == 1


def test_graphml_of_osmnx_is_read(town: Path, tmp_path: Path) -> None:
    graph = osmnx.graph_from_xml(town, retain_all=True, simplify=True)
    osmnx.save_graphml(graph, tmp_path / "town.graphml")
    roads = read_graphml(tmp_path / "town.graphml")
    assert roads.n_edges == graph.number_of_edges()
    assert roads.length_m.sum() == pytest.approx(
        sum(metres for *_, metres in graph.edges(data="length"))
    )
    assert set(np.unique(roads.limit_kmh[~np.isnan(roads.limit_kmh)])) == {30}


@pytest.mark.parametrize("text", ["", "<graphml", "id,lon,lat"])
def test_a_damaged_graphml_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "town.graphml"
    path.write_text(text)
    with pytest.raises(InputError, match="no road graph, or it is damaged"):
        read_graphml(path)


def test_a_graph_without_roads_or_in_metres_is_refused(town: Path) -> None:
    with pytest.raises(InputError, match="no road with coordinates"):
        from_osmnx(nx.MultiDiGraph())
    graph = to_osmnx(load_roads(town, profile="default"))
    graph.graph["crs"] = "EPSG:5070"
    with pytest.raises(InputError, match="in EPSG:5070, not in degrees"):
        from_osmnx(graph)


def test_a_place_is_fetched_only_by_consent(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(osmnx, "graph_from_place", refuse)
    with pytest.raises(InputError, match="sends its name to OpenStreetMap"):
        fetch_place("Piedmont", allow_online=False)


def test_a_place_comes_from_osmnx_and_a_silent_service_is_said(
    town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = osmnx.graph_from_xml(town, retain_all=True, simplify=True)
    monkeypatch.setattr(osmnx, "graph_from_place", lambda *_, **__: graph)
    fetched = fetch_place("Piedmont", allow_online=True)
    assert fetched.source == "Piedmont"
    assert fetched.n_edges == graph.number_of_edges()

    def silent(*_: object, **__: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(osmnx, "graph_from_place", silent)
    with pytest.raises(ServiceError, match="could not be fetched"):
        fetch_place("Piedmont", allow_online=True)
