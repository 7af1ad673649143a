"""Uniting polygons that share their edges: edges that two of them run in opposite directions go."""

import numpy as np
from numba import njit

from geo.arrays import Flags, Floats, Ints
from geo.kernels.edges import Rings


@njit(cache=True, nogil=True, error_model="numpy")
def united_rings(rings: Rings, start: Ints, tidy: Flags) -> tuple[Floats, Ints, Ints, Flags]:
    """Unite the tidy shapes of each group.

    ``rings``: Rings of all shapes, group by group.
    ``start``: Position of the first shape of each group, and the number of shapes.
    ``tidy``: True for the shapes that take part.

    Corners of the rings found (k by 2), the first corner of each ring and their number, the group
    of each ring, and whether it bounds a hole.
    """
    total = len(rings.x)
    points = np.empty((total + total // 3 + 8, 2))
    corner = np.zeros(total // 3 + 2, np.int64)
    group = np.empty(total // 3 + 2, np.int64)
    hole = np.empty(total // 3 + 2, np.bool_)
    count = 0
    for g in range(len(start) - 1):
        count = _unite(rings, start[g], start[g + 1], tidy, g, points, corner, group, hole, count)
    return points[: corner[count]], corner[: count + 1], group[:count], hole[:count]


@njit(cache=True, nogil=True, error_model="numpy")
def _unite(
    rings: Rings,
    first: int,
    last: int,
    tidy: Flags,
    g: int,
    points: Floats,
    corner: Ints,
    group: Ints,
    hole: Flags,
    count: int,
) -> int:
    edges = _edges(rings, first, last, tidy)
    x, y, begin, end = _numbered(edges)
    head = np.full(len(x), -1, np.int64)
    after = np.full(len(begin), -1, np.int64)
    for e in range(len(begin)):
        after[e] = head[begin[e]]
        head[begin[e]] = e
    gone = np.zeros(len(begin), np.bool_)
    for e in range(len(begin)):
        if gone[e]:
            continue
        other = head[end[e]]
        while other >= 0:
            if not gone[other] and end[other] == begin[e]:
                gone[e] = gone[other] = True
                break
            other = after[other]
    at = np.full(len(x), -1, np.int64)
    path = np.empty(len(begin), np.int64)
    for e in range(len(begin)):
        if gone[e]:
            continue
        path[0], size = e, 1
        at[begin[e]], gone[e] = 0, True
        while size > 0:
            here = end[path[size - 1]]
            if at[here] >= 0:  # a ring closes: it is taken off the path
                low = at[here]
                count = _write(x, y, begin, path[low:size], g, points, corner, group, hole, count)
                for k in range(low, size):
                    at[begin[path[k]]] = -1
                size = low
                if size == 0:
                    break
            ahead = _next(x, y, begin, end, head, after, gone, path[size - 1])
            if ahead < 0:  # cannot be with closed rings; what is left is no ring
                for k in range(size):
                    at[begin[path[k]]] = -1
                break
            at[here], gone[ahead] = size, True
            path[size] = ahead
            size += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def _edges(rings: Rings, first: int, last: int, tidy: Flags) -> Floats:
    """Give the edges of the tidy shapes, their land to the left: from x, y to x, y."""
    size = 0
    for shape in range(first, last):
        if tidy[shape]:
            size += rings.corner[rings.ring[shape + 1]] - rings.corner[rings.ring[shape]]
    edges, count = np.empty((size, 4)), 0
    for shape in range(first, last):
        if not tidy[shape]:
            continue
        for ring in range(rings.ring[shape], rings.ring[shape + 1]):
            for k in range(rings.corner[ring], rings.corner[ring + 1] - 1):
                tail, end = (k + 1, k) if rings.forward[ring] else (k, k + 1)
                if rings.x[tail] == rings.x[end] and rings.y[tail] == rings.y[end]:
                    continue
                edges[count, 0], edges[count, 1] = rings.x[tail], rings.y[tail]
                edges[count, 2], edges[count, 3] = rings.x[end], rings.y[end]
                count += 1
    return edges[:count]


@njit(cache=True, nogil=True, error_model="numpy")
def _numbered(edges: Floats) -> tuple[Floats, Floats, Ints, Ints]:
    """Give the corners their numbers: places, and the corner where each edge begins and ends."""
    size = 8
    while size < 3 * len(edges):
        size *= 2
    table = np.full(size, -1, np.int64)
    x, y = np.empty(2 * len(edges)), np.empty(2 * len(edges))
    ends = np.empty((len(edges), 2), np.int64)
    count = 0
    for e in range(len(edges)):
        for side in range(2):
            px, py = edges[e, 2 * side], edges[e, 2 * side + 1]
            # Millimetres make the key; equal corners have equal keys whatever their last digit.
            key = np.int64(px * 1024.0) * 73856093 ^ np.int64(py * 1024.0) * 19349663
            slot = (key ^ (key >> 17)) & (size - 1)
            while table[slot] >= 0 and (x[table[slot]] != px or y[table[slot]] != py):
                slot = (slot + 1) & (size - 1)
            if table[slot] < 0:
                table[slot] = count
                x[count], y[count] = px, py
                count += 1
            ends[e, side] = table[slot]
    return x[:count], y[:count], ends[:, 0].copy(), ends[:, 1].copy()


@njit(cache=True, nogil=True, error_model="numpy")
def _next(
    x: Floats, y: Floats, begin: Ints, end: Ints, head: Ints, after: Ints, gone: Flags, came: int
) -> int:
    """Choose the edge to go on with: the first one clockwise, which bounds the same land."""
    here = end[came]
    back = np.arctan2(y[begin[came]] - y[here], x[begin[came]] - x[here])
    best, least = -1, np.inf
    other = head[here]
    while other >= 0:
        if not gone[other]:
            ahead = np.arctan2(y[end[other]] - y[here], x[end[other]] - x[here])
            turn = back - ahead
            if turn <= 0:
                turn += 2 * np.pi
            if turn < least:
                best, least = other, turn
        other = after[other]
    return best


@njit(cache=True, nogil=True, error_model="numpy")
def _write(
    x: Floats,
    y: Floats,
    begin: Ints,
    ring: Ints,
    g: int,
    points: Floats,
    corner: Ints,
    group: Ints,
    hole: Flags,
    count: int,
) -> int:
    """Write a ring down, closed; say how many rings there are then."""
    if len(ring) < 3:
        return count
    place = corner[count]
    twice = 0.0
    from_x, from_y = x[begin[ring[0]]], y[begin[ring[0]]]
    for k in range(len(ring)):
        px, py = x[begin[ring[k]]], y[begin[ring[k]]]
        next_e = ring[k + 1] if k + 1 < len(ring) else ring[0]
        nx, ny = x[begin[next_e]], y[begin[next_e]]
        twice += (px - from_x) * (ny - from_y) - (nx - from_x) * (py - from_y)
        points[place + k, 0], points[place + k, 1] = px, py
    points[place + len(ring), 0], points[place + len(ring), 1] = from_x, from_y
    corner[count + 1] = place + len(ring) + 1
    group[count], hole[count] = g, twice < 0
    return count + 1
