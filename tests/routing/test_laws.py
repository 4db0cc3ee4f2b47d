"""What must hold on any extract: on the shipped streets, and on two whole cities."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.demo_helsinki import STREETS
from routing.cache import load_roads
from routing.drive import RoadEngine
from routing.engine import Reason
from routing.source import Restriction, read_streets
from tests.conftest import SHARED

EXTRACTS = {
    "helsinki": STREETS,
    "columbus": SHARED / "osm" / "columbus.osm.pbf",
    "porto": SHARED / "osm" / "porto_portugal.osm.pbf",
}


@pytest.fixture(scope="module", params=EXTRACTS)
def extract(request: pytest.FixtureRequest) -> Path:
    path = EXTRACTS[request.param]
    if not path.is_file():
        pytest.skip("public test data is not there")
    return path


@pytest.fixture(scope="module")
def city(extract: Path) -> RoadEngine:
    return RoadEngine(load_roads(extract, profile="default"))


class Searcher:
    """Follows the arcs of the search, knowing nothing of how they were made."""

    def __init__(self, engine: RoadEngine) -> None:
        self.roads, self.turns = engine.roads, engine.turns
        order = np.argsort(self.roads.way_id, kind="stable")
        ways, first = np.unique(self.roads.way_id[order], return_index=True)
        parts = np.split(order, first[1:])
        self.edges = {int(w): set(p.tolist()) for w, p in zip(ways, parts, strict=True)}
        self.states: dict[int, list[int]] = {}
        for state, edge in enumerate(self.turns.edge.tolist()):
            self.states.setdefault(edge, []).append(state)

    def of(self, way: int) -> set[int]:
        return self.edges.get(way, set())

    def onward(self, states: set[int]) -> set[int]:
        arcs = self.turns.arcs
        near = [arcs.indices[arcs.indptr[s] : arcs.indptr[s + 1]] for s in states]
        return set(np.concatenate(near).tolist()) if near else set()

    def after(self, r: Restriction) -> tuple[set[int], set[int]]:
        """Give the states at the end of ``from`` and ``via``, and all one leads to."""
        edge, end = self.turns.edge, self.roads.end
        node = self.roads.node_id
        begin = self.of(r.from_way)
        if not r.via_ways:
            begin = {e for e in begin if node[end[e]] == r.via_node}
            here = {s for e in begin for s in self.states.get(e, [])}
            return here, self.onward(here)
        here = {s for e in begin for s in self.states.get(e, [])}
        for place, way in enumerate(r.via_ways):
            goal = (*r.via_ways[1:], r.to_way)[place]
            stops = {int(end[e]) for e in self.of(goal)}
            stops |= {int(self.roads.start[e]) for e in self.of(goal)}
            done: set[int] = set()
            open_, seen = here, set(here)
            while open_:
                step = {s for s in self.onward(open_) if edge[s] in self.of(way)}
                step -= seen
                seen |= step
                done |= {s for s in step if int(end[edge[s]]) in stops}
                open_ = {s for s in step if int(end[edge[s]]) not in stops}
            here = done
        return here, self.onward(here)


def disobeyed(extract: Path, engine: RoadEngine) -> tuple[list[Restriction], int]:
    """Give the restrictions one can drive against, and how many have a from and a via.

    Where several ``only_`` share an approach, each of their ways is allowed; one whose
    way cannot be driven at all forbids nothing.
    """
    restrictions = read_streets(extract).restrictions
    searcher, edge, checked, found = Searcher(engine), engine.turns.edge, 0, []
    only: dict[tuple[object, ...], set[int]] = {}
    for r in restrictions:
        key = (r.from_way, r.via_node, r.via_ways)
        if r.only:
            only.setdefault(key, set()).update(searcher.of(r.to_way))
    for r in restrictions:
        here, onward = searcher.after(r)
        checked += bool(here)
        taken = {int(edge[state]) for state in onward}
        allowed = only.get((r.from_way, r.via_node, r.via_ways), set())
        wrong = taken - allowed if r.only and taken & allowed else set()
        if not r.only:
            wrong = taken & searcher.of(r.to_way)
        found += [r] if wrong else []
    return found, checked


def test_every_restriction_is_obeyed(extract: Path, city: RoadEngine) -> None:
    found, checked = disobeyed(extract, city)
    assert found == []
    assert checked >= 0.7 * len(read_streets(extract).restrictions)


def test_without_its_restrictions_a_network_disobeys_them() -> None:
    roads = load_roads(STREETS, profile="default")
    free = replace(roads, banned=roads.banned[:0], banned_offset=np.zeros(1, np.int64))
    found, checked = disobeyed(STREETS, RoadEngine(free))
    assert checked > 25
    assert {r.only for r in found} == {True, False}


def test_an_entry_is_the_sum_of_its_path(city: RoadEngine) -> None:
    rng = np.random.default_rng(3)
    points = rng.choice(city.roads.lonlat, 20) + rng.normal(0, 3e-4, (20, 2))
    fast = RoadEngine(city.roads, accelerator="cch").matrix(points[:10], points[10:])
    found = 0
    for i in range(10):
        path = city.path(points[i], points[10 + i])
        if np.isnan(fast.drive_s[i, i]):
            assert path.legs == ()
            continue
        found += 1
        assert path.drive_s == pytest.approx(fast.drive_s[i, i], abs=1e-6)
        assert path.drive_m == pytest.approx(fast.drive_m[i, i], abs=1e-6)
        assert sum(leg.drive_s for leg in path.legs) == pytest.approx(path.drive_s)
        assert path.reason in (Reason.FOUND, Reason.NO_WAY_BACK)
    assert found > 6
