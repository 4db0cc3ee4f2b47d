"""Turn restrictions as sequences of edges that nobody may drive in a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from routing.roads import Roads
from routing.source import Restriction

Walk = tuple[int, ...]

LONGEST_WALK = 200
"""Edges of a via way before it counts as not leading anywhere."""


def forbidden(roads: Roads, restrictions: Sequence[Restriction]) -> Roads:
    """Give the network with its restrictions; those it cannot place are left out."""
    finder = _Finder(roads, restrictions)
    banned: dict[Walk, None] = {}
    used = 0
    for group in _groups(restrictions):
        walks = finder.banned(group)
        used += len(group) if walks else 0
        banned |= dict.fromkeys(walks)
    sizes = [len(walk) for walk in banned]
    return replace(
        roads,
        banned_offset=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        banned=np.array([edge for walk in banned for edge in walk], dtype=np.int32),
        restrictions=used,
    )


def _groups(restrictions: Iterable[Restriction]) -> list[list[Restriction]]:
    """Put the ``only_*`` of one approach together: any of their ways is allowed."""
    groups: dict[tuple[object, ...], list[Restriction]] = {}
    for number, r in enumerate(restrictions):
        same = (r.from_way, r.via_node, r.via_ways) if r.only else (number,)
        groups.setdefault((r.only, *same), []).append(r)
    return list(groups.values())


class _Finder:
    """Finds the edges of the ways a restriction names."""

    def __init__(self, roads: Roads, restrictions: Sequence[Restriction]) -> None:
        self.start, self.end, self.twin = roads.start, roads.end, roads.twin
        self.row = {int(node): row for row, node in enumerate(roads.node_id)}
        named = {w for r in restrictions for w in (r.from_way, r.to_way, *r.via_ways)}
        self.edges: dict[int, list[int]] = {way: [] for way in named}
        for edge in np.flatnonzero(np.isin(roads.way_id, list(named))):
            self.edges[int(roads.way_id[edge])].append(int(edge))
        self.order = np.argsort(roads.start, kind="stable")
        self.sorted_start = roads.start[self.order]

    def banned(self, group: list[Restriction]) -> list[Walk]:
        """Give the walks that one restriction, or the onlys of one approach, forbid."""
        walks = self._approaches(group[0])
        goals = {edge for r in group for edge in self.edges[r.to_way]}
        found = []
        for walk in walks:
            after = self._after(walk[-1])
            allowed = [edge for edge in after if edge in goals]
            if group[0].only:
                found += [(*walk, e) for e in after if e not in goals and allowed]
            else:
                found += [(*walk, edge) for edge in allowed]
        return found

    def _approaches(self, r: Restriction) -> list[Walk]:
        """Give the walks up to the turn: the edge of ``from``, and those of ``via``."""
        if not r.via_ways:
            via = self.row.get(r.via_node)
            return [(e,) for e in self.edges[r.from_way] if self.end[e] == via]
        walks: list[Walk] = [(edge,) for edge in self.edges[r.from_way]]
        for way, goal in zip(r.via_ways, (*r.via_ways[1:], r.to_way), strict=True):
            stops = self._nodes(goal)
            walks = [done for w in walks for done in self._along(w, way, stops)]
        return walks

    def _along(self, walk: Walk, way: int, stops: set[int]) -> list[Walk]:
        """Follow a via way, either way round, until it meets the next way."""
        done, open_ = [], [walk]
        for _ in range(LONGEST_WALK):
            longer = [
                (*w, edge)
                for w in open_
                for edge in self.edges[way]
                if self.start[edge] == self.end[w[-1]]
                and edge != self.twin[w[-1]]
                and edge not in w
            ]
            done += [w for w in longer if int(self.end[w[-1]]) in stops]
            open_ = [w for w in longer if int(self.end[w[-1]]) not in stops]
            if not open_:
                break
        return done

    def _nodes(self, way: int) -> set[int]:
        edges = self.edges[way]
        return {int(n) for e in edges for n in (self.start[e], self.end[e])}

    def _after(self, edge: int) -> list[int]:
        low, high = np.searchsorted(
            self.sorted_start, [self.end[edge], self.end[edge] + 1]
        )
        return [int(e) for e in self.order[low:high]]
