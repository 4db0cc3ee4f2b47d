"""The network as engines search it: from edge to edge, turns paid, bans obeyed.

A state is an edge, or an edge reached by the beginning of a forbidden sequence; so a
restriction over three edges forbids exactly that sequence and nothing else. A street
open to those who live there has a second state, for those who come from outside: it
leads on into such streets only, so nobody drives through. A cost
holds whole milliseconds and, behind the point, decimetres: the fastest path is found
with its length, and of two equally fast ones the shorter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from routing.profile import Profile, edge_s, turn_s
from routing.roads import Roads
from routing.tags import Spot, Way

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Walk = tuple[int, ...]

DECIMETRE = 2.0**-26
"""One decimetre in a cost, in ms: exact up to 6,700 km and 37 hours."""


def pack(drive_s: Floats, drive_m: Floats) -> Floats:
    """Give the cost of seconds and metres; costs may be added."""
    return np.asarray(np.rint(drive_s * 1000) + np.rint(drive_m * 10) * DECIMETRE)


def unpack(cost: Floats) -> tuple[Floats, Floats]:
    """Give the seconds and metres of a cost; nan where it is infinite."""
    found = np.where(np.isfinite(cost), cost, np.nan)
    whole_ms = np.floor(found)
    return whole_ms / 1000, (found - whole_ms) / DECIMETRE / 10


@dataclass(frozen=True, eq=False)
class Turns:
    """The search graph of s states.

    Parameters
    ----------
    arcs
        Shape (s, s), cost of the turn and of the edge it leads to.
    edge
        Shape (s,), the edge of each state; the first e states are the e edges.
    along_s
        Shape (e,), seconds along each edge; inf where it is closed.
    component
        Shape (e,), edges with the same number can reach each other.
    main
        The largest component.
    """

    arcs: csr_array
    edge: Ints
    along_s: Floats
    component: NDArray[np.int32]
    main: int


def turn_graph(roads: Roads, profile: Profile) -> Turns:
    """Give the search graph of a network and a profile."""
    along_s = edge_s(roads, profile)
    before, after = _ways_out(roads, *_meetings(roads, np.isfinite(along_s)))
    sources, goals, edge = _with_bans(roads, before, after)
    label = _joined(sources, goals, len(edge))
    size = np.bincount(label)
    order = np.argsort(size[label], kind="stable")
    component = np.zeros(roads.n_edges, dtype=np.int32)
    component[edge[order]] = label[order]  # an edge is where most of its states are
    main = int(size.argmax())
    limited = _not_through(roads, sources, goals, edge, label == main)
    sources, goals, edge = _with_ends(sources, goals, edge, limited)
    cost = _arc_costs(roads, profile, along_s, edge[sources], edge[goals])
    arcs = csr_array((cost, (sources, goals)), shape=(len(edge), len(edge)))
    return Turns(arcs, edge, along_s, component, main)


def reweighted(roads: Roads, turns: Turns, profile: Profile) -> Turns:
    """Give the search graph of another profile: the same arcs, other costs.

    Where that profile opens or closes edges the graph is built anew.
    """
    along_s = edge_s(roads, profile)
    if not np.array_equal(np.isfinite(along_s), np.isfinite(turns.along_s)):
        return turn_graph(roads, profile)
    arcs = turns.arcs
    before = np.repeat(turns.edge, np.diff(arcs.indptr))
    cost = _arc_costs(roads, profile, along_s, before, turns.edge[arcs.indices])
    other = csr_array((cost, arcs.indices, arcs.indptr), shape=arcs.shape)
    return replace(turns, arcs=other, along_s=along_s)


def _arc_costs(
    roads: Roads, profile: Profile, along_s: Floats, before: Ints, onto: Ints
) -> Floats:
    paid_s = _turn_seconds(roads, profile, before, onto)
    turning = pack(paid_s, np.zeros(len(paid_s)))
    return turning + pack(along_s[onto], roads.length_m[onto])


def _joined(
    sources: Ints, goals: Ints, n: int, *, connection: str = "strong"
) -> NDArray[np.int32]:
    """Give for each of n states the number of its component."""
    graph = csr_array((np.ones(len(sources)), (sources, goals)), shape=(n, n))
    return np.asarray(connected_components(graph, connection=connection)[1])


def _not_through(
    roads: Roads, sources: Ints, goals: Ints, edge: Ints, main: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell which states are of streets nobody may drive through, shape (s,).

    Limited streets that are the only way to open ones are driven through all the same.
    """
    limited = roads.flags[edge] & Way.LIMITED > 0
    free = ~limited[sources] & ~limited[goals]
    label = _joined(sources[free], goals[free], len(edge))
    outside = label == np.bincount(label[~limited], minlength=1).argmax()
    enclosed = main & ~limited & ~outside
    inside = limited | enclosed
    near = inside[sources] & inside[goals]
    cluster = _joined(sources[near], goals[near], len(edge), connection="weak")
    return np.asarray(limited & ~np.isin(cluster, cluster[enclosed]))


def _with_ends(
    sources: Ints, goals: Ints, edge: Ints, limited: NDArray[np.bool_]
) -> tuple[Ints, Ints, Ints]:
    """Give limited streets a second state, entered from outside, that ends in them."""
    own = np.flatnonzero(limited)
    second = np.full(len(edge), -1)
    second[own] = len(edge) + np.arange(len(own))
    entering = ~limited[sources] & limited[goals]
    within = limited[sources] & limited[goals]
    first = np.where(entering, second[goals], goals)
    return (
        np.concatenate([sources, second[sources[within]]]),
        np.concatenate([first, second[goals[within]]]),
        np.concatenate([edge, edge[own]]),
    )


def _meetings(roads: Roads, usable: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Give pairs of edges one may drive in a row, whatever restrictions say.

    One turns round only where there is no other way on: at a dead end, or before a
    barrier.
    """
    order = np.argsort(roads.start, kind="stable")
    order = order[usable[order]]
    ends = roads.end
    low = np.searchsorted(roads.start[order], ends, side="left")
    high = np.searchsorted(roads.start[order], ends, side="right")
    count = np.where(usable, high - low, 0)
    before = np.repeat(np.arange(roads.n_edges), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    after = order[low[before] + within].astype(np.int64)
    back = roads.twin[before] == after
    barred = roads.spot[ends[before]] & Spot.BLOCKED > 0
    onward = ~back & ~barred
    stuck = np.bincount(before[onward], minlength=roads.n_edges)[before] == 0
    kept = onward | (back & stuck)
    return before[kept], after[kept]


def _ways_out(roads: Roads, before: Ints, after: Ints) -> tuple[Ints, Ints]:
    """Let one turn round in a street whose two directions could not meet otherwise.

    Such are streets that lead only into one-way streets out of the extract.
    """
    n = roads.n_edges
    label = _joined(before, after, n)
    usable = np.isin(np.arange(n), before) | np.isin(np.arange(n), after)
    paired = (roads.twin >= 0) & usable & usable[roads.twin]
    apart = np.flatnonzero(paired & (label != label[roads.twin]))
    both = np.column_stack(
        [np.append(before, apart), np.append(after, roads.twin[apart])]
    )
    both = np.unique(both, axis=0)
    return both[:, 0], both[:, 1]


def _with_bans(roads: Roads, before: Ints, after: Ints) -> tuple[Ints, Ints, Ints]:
    """Give the source and the goal of each arc, and the edge of each state.

    The states of longer walks are their proper beginnings, as in the automaton of Aho
    and Corasick (1975): a walk is in the state of its longest ending that begins a
    forbidden sequence.
    """
    banned = set(roads.banned_turns())
    longest = max((len(walk) for walk in banned), default=2)
    number = {
        walk: roads.n_edges + i
        for i, walk in enumerate(
            dict.fromkeys(w[:n] for w in sorted(banned) for n in range(2, len(w)))
        )
    }
    edge = np.append(np.arange(roads.n_edges), [walk[-1] for walk in number])
    pair = before * roads.n_edges + after
    pairs = [w[0] * roads.n_edges + w[1] for w in banned if len(w) == 2]
    kept = ~np.isin(pair, pairs)
    first = {w[0] * roads.n_edges + w[1]: s for w, s in number.items() if len(w) == 2}
    goals = after[kept].copy()
    for where in np.flatnonzero(np.isin(pair[kept], list(first))):
        goals[where] = first[int(pair[kept][where])]
    low = np.searchsorted(before, edge[roads.n_edges :], side="left")
    high = np.searchsorted(before, edge[roads.n_edges :], side="right")
    extra = [
        (state, _state(walk, int(onto), number))
        for (walk, state), a, b in zip(number.items(), low, high, strict=True)
        for onto in after[a:b]
        if not _ends_banned((*walk, int(onto)), banned, longest)
    ]
    more = np.array(extra, dtype=np.int64).reshape(-1, 2)
    sources = np.concatenate([before[kept], more[:, 0]])
    goals = np.concatenate([goals, more[:, 1]])
    return sources, goals, edge.astype(np.int64)


def _state(walk: Walk, onto: int, number: dict[Walk, int]) -> int:
    longer = (*walk, onto)
    endings = (longer[i:] for i in range(len(longer) - 1))
    return next((number[e] for e in endings if e in number), onto)


def _ends_banned(walk: Walk, banned: set[Walk], longest: int) -> bool:
    return any(walk[-n:] in banned for n in range(2, min(longest, len(walk)) + 1))


def _turn_seconds(roads: Roads, profile: Profile, before: Ints, after: Ints) -> Floats:
    heads, tails = _bearings(roads)
    angle = (heads[after] - tails[before] + 180) % 360 - 180
    u_turn = roads.twin[before] == after
    angle = np.where(u_turn, 180.0, angle)
    stretch = np.unique(roads.stretch, return_index=True)[1]
    met = np.bincount(roads.start[stretch], minlength=roads.n_nodes)
    met += np.bincount(roads.end[stretch], minlength=roads.n_nodes)
    turning = roads.flags[before] | roads.flags[after]
    return turn_s(
        profile,
        angle,
        junction=met[roads.end[before]] > 2,
        u_turn=u_turn,
        roundabout=turning & Way.ROUNDABOUT > 0,
    )


def _bearings(roads: Roads) -> tuple[Floats, Floats]:
    """Give the bearings in which edges begin and end, degrees clockwise from north."""
    offset, shape = roads.shape_offset, roads.shape.astype(np.float64)
    begin, finish = offset[:-1], offset[1:] - 1
    first = shape[begin + 1] - shape[begin]
    last = shape[finish] - shape[finish - 1]
    against = roads.against[:, None]
    head = np.where(against, -last[roads.stretch], first[roads.stretch])
    tail = np.where(against, -first[roads.stretch], last[roads.stretch])
    narrow = np.cos(np.radians(roads.lonlat[roads.start, 1]))
    return tuple(
        np.degrees(np.arctan2(way[:, 0] * narrow, way[:, 1])) for way in (head, tail)
    )
