"""A customizable contraction hierarchy: many-to-many distances without searching.

Nodes leave in the order of a dissection, and their higher neighbours are joined
(Dibbelt, J., Strasser, B. and Wagner, D. (2016), "Customizable contraction
hierarchies", Journal of Experimental Algorithmics 21). What a point can reach upwards
is its way to the root of the elimination tree; a distance is the least sum over the
part of the two ways that is the same. Sums are exact, so distances are those of
Dijkstra's algorithm to the bit.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GOAL_BLOCK, START_BLOCK = 8192, 2048
"""Points whose ways up are held at once."""


@dataclass(frozen=True, eq=False)
class Ways:
    """Ends of paths: each of n points begins (or arrives) at some nodes, at a cost.

    Parameters
    ----------
    offset
        Shape (n + 1,): point i has the entries ``offset[i]`` to ``offset[i + 1] - 1``.
    node, cost
        Shape (m,): where, and what it costs to be there.
    """

    offset: Ints
    node: Ints
    cost: Floats

    def take(self, rows: NDArray[np.intp]) -> Ways:
        """Give the same of these points, in this order."""
        count = self.offset[rows + 1] - self.offset[rows]
        offset = np.concatenate([[0], np.cumsum(count)])
        within = np.arange(offset[-1]) - np.repeat(offset[:-1], count)
        entry = np.repeat(self.offset[rows], count) + within
        return Ways(offset, self.node[entry], self.cost[entry])


class Hierarchy:
    """The shortest distances of a graph, prepared for many pairs.

    Parameters
    ----------
    arcs
        Shape (s, s), non-negative costs of arcs.
    order
        Shape (s,): nodes in the order in which they leave, see `routing.dissection`.
        Any order is right, a good one is fast.
    """

    def __init__(self, arcs: csr_array, order: Ints) -> None:
        n = arcs.shape[0]
        self.rank = np.empty(n, dtype=np.int64)
        self.rank[order] = np.arange(n)
        self._links = self._in_order(arcs)
        low, high = np.minimum(*self._links), np.maximum(*self._links)
        links = np.unique((low * n + high)[low < high])
        indptr = np.searchsorted(links, np.arange(n + 1) * n)
        self._uptr, self._uhead, self.parent = _contract(indptr, links % max(n, 1))
        self.depth, self._place = _tree(self.parent)
        self.height = int(self.depth.max(initial=-1)) + 1
        self._set_costs(arcs.data)

    def reweighted(self, arcs: csr_array) -> Hierarchy:
        """Give the hierarchy of the same arcs at other costs, in a tenth of the time.

        Raises
        ------
        ValueError
            When the arcs are not the same.
        """
        if not np.array_equal(self._in_order(arcs), self._links):
            raise ValueError("the arcs are not those the hierarchy was made of")
        other = copy.copy(self)
        other._set_costs(arcs.data)
        return other

    def _in_order(self, arcs: csr_array) -> Ints:
        """Give the ranks of the tail and the head of each arc, shape (2, a)."""
        tail = np.repeat(np.arange(arcs.shape[0]), np.diff(arcs.indptr))
        return np.stack([self.rank[tail], self.rank[arcs.indices]])

    def _set_costs(self, cost: Floats) -> None:
        uptr, uhead = self._uptr, self._uhead
        tail, head = self._links
        up, down = _customize(uptr, uhead, tail, head, cost)
        best_up, best_down = _perfect(uptr, uhead, up, down)
        self._up = _kept(uptr, uhead, up, best_up)
        self._down = _kept(uptr, uhead, down, best_down)

    def distances(self, starts: Ways, goals: Ways) -> Floats:
        """Give the least cost from each start to each goal, inf where there is none.

        Returns
        -------
        NDArray
            Shape (n, m): costs of the start's entry, of the way, and of the goal's.
        """
        n, m = len(starts.offset) - 1, len(goals.offset) - 1
        out = np.full((n, m), np.inf)
        for left in range(0, m, GOAL_BLOCK):
            columns = np.arange(left, min(left + GOAL_BLOCK, m))
            there = self._labels(goals.take(columns), self._down)
            order = np.argsort(np.append(self._place, -1)[there[1]], kind="stable")
            for first in range(0, n, START_BLOCK):
                rows = np.arange(first, min(first + START_BLOCK, n))
                here = self._labels(starts.take(rows), self._up)
                block = _pairs(
                    *here, *there, order, self.parent, self.depth, self._place
                )
                out[first : first + len(rows), left : left + len(columns)] = block
        return out

    def _labels(self, ways: Ways, arcs: _Arcs) -> _Labels:
        """Give the cost from (to) each point's entries to what lies above them."""
        node = self.rank[ways.node]
        found: _Labels = _labels(
            ways.offset, node, ways.cost, self.parent, self.depth, *arcs, self.height
        )
        return found


_Arcs = tuple[Ints, Ints, Floats]
_Labels = tuple[Floats, Ints, Ints, Ints, Floats]
"""Rows of costs by depth down to the node `top`, `top`, and the nodes below it."""


def _kept(indptr: Ints, head: Ints, cost: Floats, best: Floats) -> _Arcs:
    """Leave out arcs that are no shortest path between their ends."""
    good = (cost == best) & np.isfinite(cost)
    before = np.concatenate([[0], np.cumsum(good)])
    return before[indptr], head[good], cost[good]


@njit(cache=True)
def _contract(indptr, own):  # type: ignore[no-untyped-def]
    """Give the higher neighbours of each node when all lower ones have left."""
    n = len(indptr) - 1
    uptr = np.zeros(n + 1, np.int64)
    uhead = np.empty(max(4 * len(own), 16), np.int64)
    parent = np.full(n, -1, np.int64)
    child, sibling = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    seen = np.full(n, -1, np.int64)
    used = 0
    for v in range(n):
        start = used
        need = indptr[v + 1] - indptr[v]
        c = child[v]
        while c >= 0:
            need += uptr[c + 1] - uptr[c]
            c = sibling[c]
        if used + need > len(uhead):
            longer = np.empty(2 * (used + need), np.int64)
            longer[:used] = uhead[:used]
            uhead = longer
        for i in range(indptr[v], indptr[v + 1]):
            seen[own[i]] = v
            uhead[used] = own[i]
            used += 1
        c = child[v]
        while c >= 0:
            for i in range(uptr[c], uptr[c + 1]):
                w = uhead[i]
                if w != v and seen[w] != v:
                    seen[w] = v
                    uhead[used] = w
                    used += 1
            c = sibling[c]
        uhead[start:used].sort()
        uptr[v + 1] = used
        if used > start:
            parent[v] = uhead[start]
            sibling[v] = child[parent[v]]
            child[parent[v]] = v
    return uptr, uhead[:used].copy(), parent


@njit(cache=True)
def _customize(uptr, uhead, tail, head, data):  # type: ignore[no-untyped-def]
    """Give the cost of each link up and down: the best over what has left."""
    up, down = np.full(len(uhead), np.inf), np.full(len(uhead), np.inf)
    for arc in range(len(tail)):
        low, high = min(tail[arc], head[arc]), max(tail[arc], head[arc])
        if low == high:
            continue
        i = uptr[low] + np.searchsorted(uhead[uptr[low] : uptr[low + 1]], high)
        if tail[arc] == low:
            up[i] = min(up[i], data[arc])
        else:
            down[i] = min(down[i], data[arc])
    for u in range(len(uptr) - 1):
        for i in range(uptr[u], uptr[u + 1]):
            v = uhead[i]
            k = uptr[v]
            for j in range(i + 1, uptr[u + 1]):
                while uhead[k] < uhead[j]:
                    k += 1
                up[k] = min(up[k], down[i] + up[j])
                down[k] = min(down[k], down[j] + up[i])
    return up, down


@njit(cache=True)
def _perfect(uptr, uhead, up, down):  # type: ignore[no-untyped-def]
    """Give the distance between the ends of each link, up and down."""
    up, down = up.copy(), down.copy()
    for u in range(len(uptr) - 2, -1, -1):
        for i in range(uptr[u], uptr[u + 1]):
            v = uhead[i]
            k = uptr[v]
            for j in range(i + 1, uptr[u + 1]):
                while uhead[k] < uhead[j]:
                    k += 1
                up[i] = min(up[i], up[j] + down[k])
                up[j] = min(up[j], up[i] + up[k])
                down[i] = min(down[i], up[k] + down[j])
                down[j] = min(down[j], down[k] + down[i])
    return up, down


@njit(cache=True)
def _tree(parent):  # type: ignore[no-untyped-def]
    """Give the depth of each node, roots at 0, and its place in preorder."""
    n = len(parent)
    depth, size = np.zeros(n, np.int64), np.ones(n, np.int64)
    place, free = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for v in range(n):
        if parent[v] >= 0:
            size[parent[v]] += size[v]
    roots = 0
    for v in range(n - 1, -1, -1):
        if parent[v] < 0:
            place[v] = roots
            roots += size[v]
        else:
            depth[v] = depth[parent[v]] + 1
            place[v] = free[parent[v]]
            free[parent[v]] += size[v]
        free[v] = place[v] + 1
    return depth, place


@njit(cache=True)
def _labels(offset, node, cost, parent, depth, aptr, ahead, acost, height):  # type: ignore[no-untyped-def]
    n, many = len(offset) - 1, len(parent)
    row = np.full((n, height), np.inf)
    top = np.full(n, -1, np.int64)
    extra = np.zeros(n + 1, np.int64)
    below, costs = np.empty(1024, np.int64), np.empty(1024)
    seen, main = np.full(many, -1, np.int64), np.full(many, -1, np.int64)
    best = np.empty(many)
    path = np.empty(many, np.int64)
    begins = np.empty(many + 1, np.int64)
    used = 0
    for i in range(n):
        count, branches, shared = 0, 0, -1
        for e in range(offset[i], offset[i + 1]):
            begins[branches] = count
            branches += 1
            x = node[e]
            while x >= 0 and seen[x] != i:
                seen[x] = i
                best[x] = np.inf
                if e == offset[i]:
                    main[x] = i
                path[count] = x
                count += 1
                x = parent[x]
            if e == offset[i]:
                shared = depth[node[e]]
            elif x < 0:
                shared = -1
            elif main[x] == i:
                shared = min(shared, depth[x])
            best[node[e]] = min(best[node[e]], cost[e])
        begins[branches] = count
        for b in range(branches - 1, -1, -1):
            for p in range(begins[b], begins[b + 1]):
                x = path[p]
                here = best[x]
                if here < np.inf:
                    for arc in range(aptr[x], aptr[x + 1]):
                        y = ahead[arc]
                        best[y] = min(best[y], here + acost[arc])
        if used + count > len(below):
            wider = 2 * (used + count)
            below = np.append(below, np.empty(wider, np.int64))
            costs = np.append(costs, np.empty(wider))
        for p in range(count):
            x = path[p]
            if main[x] == i and depth[x] <= shared:
                row[i, depth[x]] = best[x]
                if depth[x] == shared:
                    top[i] = x
            else:
                below[used] = x
                costs[used] = best[x]
                used += 1
        extra[i + 1] = used
    return row, top, extra, below[:used].copy(), costs[:used].copy()


@njit(cache=True)
def _meet(a, b, parent, depth):  # type: ignore[no-untyped-def]
    """Give the depth of the lowest node above both, -1 if there is none."""
    while a != b:
        if a < 0 or b < 0:
            return np.int64(-1)
        if a < b:
            a = parent[a]
        else:
            b = parent[b]
    return depth[a] if a >= 0 else np.int64(-1)


@njit(cache=True, fastmath={"nnan", "nsz"})
def _least(a, b, stop):  # type: ignore[no-untyped-def]
    best = np.inf
    for d in range(stop):
        one = a[d] + b[d]
        best = one if one < best else best
    return best


@njit(cache=True)
def _pairs(  # type: ignore[no-untyped-def]
    row_a, top_a, extra_a, below_a, cost_a,
    row_b, top_b, extra_b, below_b, cost_b,
    order, parent, depth, place,
):  # fmt: skip
    n, m = len(row_a), len(row_b)
    out = np.full((n, m), np.inf)
    at = np.empty(m, np.int64)
    beside = np.full(m, -1, np.int64)
    for j in range(m):
        at[j] = place[top_b[order[j]]] if top_b[order[j]] >= 0 else -1
        if j > 0 and at[j - 1] >= 0:
            beside[j] = _meet(top_b[order[j - 1]], top_b[order[j]], parent, depth)
    held = np.full(len(parent), np.inf)
    meets = np.full(m, -1, np.int64)
    for i in range(n):
        here = top_a[i]
        meets[:] = -1
        if here >= 0:
            middle = np.searchsorted(at, place[here])
            level = np.int64(1) << 60
            for j in range(middle, m):
                if j == middle:
                    level = _meet(here, top_b[order[j]], parent, depth)
                else:
                    level = min(level, beside[j])
                meets[j] = level
            for j in range(middle - 1, -1, -1):
                if at[j] < 0:
                    break
                if j == middle - 1:
                    level = _meet(here, top_b[order[j]], parent, depth)
                else:
                    level = min(level, beside[j + 1])
                meets[j] = level
        filled = False
        lone_a = extra_a[i] == extra_a[i + 1]
        for j in range(m):
            t, level = order[j], meets[j]
            best = _least(row_a[i], row_b[t], level + 1) if level >= 0 else np.inf
            low_a = not lone_a and (here < 0 or level == depth[here])
            low_b = extra_b[t] < extra_b[t + 1]
            low_b = low_b and (top_b[t] < 0 or level == depth[top_b[t]])
            if low_a or low_b:
                if not filled:
                    filled = True
                    _fill(held, i, row_a, here, extra_a, below_a, cost_a, parent, depth)
                for e in range(extra_b[t], extra_b[t + 1]):
                    best = min(best, held[below_b[e]] + cost_b[e])
                x = top_b[t]
                while x >= 0 and depth[x] > level:
                    best = min(best, held[x] + row_b[t, depth[x]])
                    x = parent[x]
            out[i, t] = best
        if filled:
            x = here
            while x >= 0:
                held[x] = np.inf
                x = parent[x]
            for e in range(extra_a[i], extra_a[i + 1]):
                held[below_a[e]] = np.inf
    return out


@njit(cache=True)
def _fill(held, i, row, top, extra, below, cost, parent, depth):  # type: ignore[no-untyped-def]
    x = top
    while x >= 0:
        held[x] = row[i, depth[x]]
        x = parent[x]
    for e in range(extra[i], extra[i + 1]):
        held[below[e]] = cost[e]
