"""Cutting a road network into halves again and again, at few roads each time.

Inertial flow (Schild, A. and Sommer, C. (2015), "On balanced separators in road
networks", SEA 2015): nodes are put in order along a line, the first and the last
quarter are the two ends of a flow, and the smallest cut between them divides the
network; the best of four lines counts.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAF = 4
"""Nodes of a part that is not divided further."""
DEEPEST = 60
"""Bits of the number of a part."""
END_SHARE = 0.25
"""Share of the nodes at each end of a line."""
LINES = ((1.0, 0.0), (0.0, 1.0), (0.7071, 0.7071), (0.7071, -0.7071))


def cells_of(n: int, a: Ints, b: Ints, xy: Floats) -> Ints:
    """Give the part each of n nodes ends in.

    Parameters
    ----------
    a, b
        Shape (m,): the ends of each road.
    xy
        Shape (n, 2), places in a plane.

    Returns
    -------
    NDArray
        Shape (n,): the halves of part c are 2 c and 2 c + 1, the whole is 1.
    """
    inner = a != b
    tail = np.concatenate([a[inner], b[inner]])
    head = np.concatenate([b[inner], a[inner]])
    half = len(tail) // 2
    order = np.argsort(tail, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    back = np.concatenate([place[half:], place[:half]])[order]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=n))])
    plane = np.ascontiguousarray(xy, dtype=np.float64)
    return np.asarray(_cells(indptr, head[order], back, plane), dtype=np.int64)


def meeting(cell_a: Ints, cell_b: Ints) -> tuple[Ints, Ints]:
    """Give the smallest part that holds both parts, and how often it was divided for.

    Returns
    -------
    tuple of NDArray
        Numbers of the parts, and their depths; the whole has depth 0.
    """
    a, b = cell_a.copy(), cell_b.copy()
    depth_a, depth_b = _depth(a), _depth(b)
    a >>= np.maximum(depth_a - depth_b, 0)
    b >>= np.maximum(depth_b - depth_a, 0)
    apart = _depth(a ^ b) + 1
    apart[a == b] = 0
    found = a >> apart
    return found, _depth(found)


def order_of_links(cell: Ints, a: Ints, b: Ints) -> Ints:
    """Give the order in which links between nodes leave, deepest parts first.

    A link belongs to the smallest part with both its ends: those cut between two
    halves separate all links inside one half from those inside the other.
    """
    part, depth = meeting(cell[a], cell[b])
    return np.lexsort((part, -depth))


def order_of_nodes(cell: Ints, a: Ints, b: Ints) -> Ints:
    """Give the order in which nodes leave, deepest parts first.

    Of each cut the ends on the side with fewer of them separate the halves.
    """
    part, depth = meeting(cell[a], cell[b])
    cut = part != cell[a]
    own = cell.copy()
    taken = np.zeros(len(cell), dtype=bool)
    a, b, part, depth = a[cut], b[cut], part[cut], depth[cut]
    order = np.lexsort((part, depth))
    first = np.flatnonzero(np.diff(part[order], prepend=-1))
    for links in np.split(order, first[1:]) if len(order) else ():
        open_ = links[~taken[a[links]] & ~taken[b[links]]]
        if not len(open_):
            continue
        left = (cell[a[open_]] >> (_depth(cell[a[open_]]) - depth[open_] - 1)) & 1 == 0
        one = np.unique(np.where(left, a[open_], b[open_]))
        other = np.unique(np.where(left, b[open_], a[open_]))
        chosen = one if len(one) <= len(other) else other
        taken[chosen], own[chosen] = True, part[open_[0]]
    return np.lexsort((own, -_depth(own)))


def _depth(cell: Ints) -> Ints:
    """Give the place of the highest bit, exactly; -1 for 0."""
    high, low = cell >> 30, cell & ((1 << 30) - 1)
    upper = np.frexp(high.astype(np.float64))[1].astype(np.int64) - 1
    lower = np.frexp(low.astype(np.float64))[1].astype(np.int64) - 1
    return np.where(high > 0, upper + 30, lower)


@njit(cache=True)
def _cells(indptr, head, back, xy):  # type: ignore[no-untyped-def]
    n = len(indptr) - 1
    cell = np.ones(n, np.int64)
    nodes = np.arange(n)
    flow = np.zeros(len(head), np.int8)
    side = np.zeros(n, np.int8)
    seen = np.zeros(n, np.int64)
    via = np.zeros(n, np.int64)
    queue = np.empty(n, np.int64)
    best = np.zeros(n, np.bool_)
    stamp = 0
    stack = [(0, n, 0)]
    while len(stack) > 0:
        start, stop, depth = stack.pop()
        count = stop - start
        if count <= LEAF or depth >= DEEPEST:
            continue
        own = nodes[start:stop]
        number = cell[own[0]]
        least = np.int64(1) << 60
        for line in LINES:
            stamp = _flow(
                indptr, head, back, xy, cell, own, number, line, least,
                flow, side, seen, via, queue, stamp,
            )  # fmt: skip
            cut, stamp = _side(
                indptr, head, cell, own, number, flow, side, seen, queue, stamp
            )
            if cut < least:
                least = cut
                for i in range(count):
                    best[i] = seen[own[i]] == stamp
            for u in own:
                for arc in range(indptr[u], indptr[u + 1]):
                    flow[arc] = 0
        left = own[best[:count]]
        right = own[~best[:count]]
        for u in left:
            cell[u] = 2 * number
        for u in right:
            cell[u] = 2 * number + 1
        nodes[start : start + len(left)] = left
        nodes[start + len(left) : stop] = right
        stack.append((start, start + len(left), depth + 1))
        stack.append((start + len(left), stop, depth + 1))
    return cell


@njit(cache=True)
def _flow(  # type: ignore[no-untyped-def]
    indptr, head, back, xy, cell, own, number, line, least,
    flow, side, seen, via, queue, stamp,
):  # fmt: skip
    """Send flow along shortest ways between the ends until there is none, or enough."""
    count = len(own)
    along = np.empty(count)
    for i in range(count):
        along[i] = xy[own[i], 0] * line[0] + xy[own[i], 1] * line[1]
    order = np.argsort(along)
    ends = max(1, int(count * END_SHARE))
    for u in own:
        side[u] = 0
    for i in range(ends):
        side[own[order[i]]] = 1
        side[own[order[count - 1 - i]]] = 2
    sent = 0
    while sent <= least:
        stamp += 1
        first, last = 0, 0
        for u in own:
            if side[u] == 1:
                seen[u] = stamp
                via[u] = -1
                queue[last] = u
                last += 1
        goal = -1
        while first < last and goal < 0:
            u = queue[first]
            first += 1
            for arc in range(indptr[u], indptr[u + 1]):
                v = head[arc]
                if flow[arc] < 1 and seen[v] != stamp and cell[v] == number:
                    seen[v] = stamp
                    via[v] = arc
                    if side[v] == 2:
                        goal = v
                        break
                    queue[last] = v
                    last += 1
        if goal < 0:
            break
        sent += 1
        while via[goal] >= 0:
            arc = via[goal]
            flow[arc] += 1
            flow[back[arc]] -= 1
            goal = head[back[arc]]
    return stamp


@njit(cache=True)
def _side(indptr, head, cell, own, number, flow, side, seen, queue, stamp):  # type: ignore[no-untyped-def]
    """Mark what the first end still reaches, and count the roads that leave it."""
    stamp += 1
    first, last = 0, 0
    for u in own:
        if side[u] == 1:
            seen[u] = stamp
            queue[last] = u
            last += 1
    while first < last:
        u = queue[first]
        first += 1
        for arc in range(indptr[u], indptr[u + 1]):
            v = head[arc]
            if flow[arc] < 1 and seen[v] != stamp and cell[v] == number:
                seen[v] = stamp
                queue[last] = v
                last += 1
    cut = np.int64(0)
    for i in range(last):
        u = queue[i]
        for arc in range(indptr[u], indptr[u + 1]):
            v = head[arc]
            if cell[v] == number and seen[v] != stamp:
                cut += 1
        if side[u] == 2:
            cut = np.int64(1) << 60  # the flow was given up
    if last == len(own):
        cut = np.int64(1) << 60
    return cut, stamp
