"""Union by cancelled outlines, in parallel."""

import numpy as np
import numpy.typing as npt
import shapely
from numba import njit

from geo.arrays import Flags, Floats, Ints, Positions, Shapes
from geo.kernels.boxes import box_pairs
from geo.kernels.edges import CONTACT_M, ZERO, Rings
from geo.kernels.facing import coverage_faults
from geo.kernels.polygons import PAIRS_AT_ONCE, rings_of
from geo.prepared import Given, PreparedShapes, prepared
from geo.shape import unary_union_by_group
from geo.tools import Progress, in_batches, within


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
    count = ZERO
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


def coverage_fault_pairs(
    shapes: Given, group: Positions | None = None, progress: Progress | None = None
) -> npt.NDArray[np.int64]:
    """Find the pairs of shapes that don't fit; all others have no land in common.

    ``shapes``: Valid polygons of one or more parts, array of n.
    ``group``: Group of each shape: only pairs of one group are looked at, and none of a negative
      one; None for all pairs.

    Pairs of positions, first < second, k by 2; not sorted.

    The second square fits to the first, the third lies over the second:

    >>> import shapely
    >>> squares = [shapely.box(x, 0, x + 10, 10) for x in (0, 10, 15)]
    >>> coverage_fault_pairs(np.array(squares)).tolist()
    [[1, 2]]
    """
    prepared_shapes = prepared(shapes)
    (rings, bounds), outlines = prepared_shapes.rings, prepared_shapes.outlines
    pairs = box_pairs(bounds, CONTACT_M)
    if group is not None:
        first = group[pairs[:, 0]]
        pairs = pairs[(first == group[pairs[:, 1]]) & (first >= 0)]
    is_fault = np.zeros(len(pairs), dtype=bool)
    in_batches(
        len(pairs),
        PAIRS_AT_ONCE,
        lambda batch: coverage_faults(outlines, rings.forward, pairs[batch], is_fault[batch]),
        progress,
    )
    misfitting: npt.NDArray[np.int64] = pairs[is_fault]
    return misfitting


SHAPES_AT_ONCE = 4_096
"""Groups are taken in batches of about this many shapes."""


def coverage_union(
    prepared_shapes: PreparedShapes,
    group: Positions,
    order: Positions,
    count: int,
    progress: Progress | None = None,
) -> Shapes:
    """Unite groups: by their outlines what shares its edges, generally what doesn't.

    ``group``: Group of each shape, array of n; a negative one leaves the shape out.
    ``order``: Positions of the shapes that take part, group by group.

    The union of each group, array of ``count``.
    """
    tidy = ~_untidy(prepared_shapes, group, within(progress, 0.0, 0.4))[order]
    shapes, group = prepared_shapes.shapes[order], group[order]
    start = np.searchsorted(group, np.arange(count + 1))
    polygons, of_polygon, sound = _outlines(shapes, start, tidy, within(progress, 0.4, 0.6))
    # An outline that is not sound had something in it that was no tidy contact after all.
    broken = np.zeros(len(start), dtype=bool)
    broken[of_polygon[~sound]] = True
    kept = ~broken[of_polygon]
    loose = ~tidy | broken[group]
    pieces = np.concatenate([polygons[kept], shapes[loose]])
    of_piece = np.concatenate([of_polygon[kept], group[loose]])
    united = np.empty(count, dtype=object)
    united[:] = shapely.Polygon()
    single = np.bincount(of_piece, minlength=count) == 1
    alone = single[of_piece]
    united[of_piece[alone]] = pieces[alone]
    order = np.argsort(of_piece[~alone], kind="stable")
    several, place = np.unique(of_piece[~alone][order], return_inverse=True)
    united[several] = unary_union_by_group(
        pieces[~alone][order], place, len(several), within(progress, 0.6, 1.0)
    )
    return united


def _untidy(shapes: PreparedShapes, group: Positions, progress: Progress | None) -> Flags:
    """Choose from each pair that fits badly the shape that fits badly with more."""
    bad = coverage_fault_pairs(shapes, group, progress)
    untidy = np.zeros(len(shapes), dtype=bool)
    while len(bad):
        times = np.bincount(bad.ravel(), minlength=len(shapes))
        # The worst of its surroundings is set aside; what fits badly with it alone may stay.
        rank = times * len(shapes) + np.arange(len(shapes))
        worst = np.zeros(len(shapes), dtype=np.int64)
        np.maximum.at(worst, bad[:, 0], rank[bad[:, 1]])
        np.maximum.at(worst, bad[:, 1], rank[bad[:, 0]])
        untidy |= (times > 0) & (rank > worst)
        bad = bad[~untidy[bad].any(axis=1)]
    return untidy


def _outlines(
    shapes: Shapes, start: Positions, tidy: Flags, progress: Progress | None
) -> tuple[Shapes, Positions, Flags]:
    """Give the outlines of the tidy shapes of each group as polygons: group, and whether sound."""
    batches = np.unique(np.searchsorted(start, np.arange(0, len(shapes) + 1, SHAPES_AT_ONCE)))
    bounds = np.unique(np.concatenate([batches, [0, len(start) - 1]]))

    def of_batch(batch: slice) -> tuple[Shapes, Positions, Flags]:
        first, last = bounds[batch.start], bounds[batch.stop]
        begin, end = start[first], start[last]
        rings, _ = rings_of(shapes[begin:end])
        points, corner, of_ring, hole = united_rings(
            rings, (start[first : last + 1] - begin).astype(np.int64), tidy[begin:end]
        )
        polygons, place = _polygons(points, corner, of_ring, hole)
        return polygons, place + first, shapely.is_valid(polygons)

    outlines = in_batches(len(bounds) - 1, 1, of_batch, progress)
    polygons = np.concatenate([np.empty(0, dtype=object), *(batch[0] for batch in outlines)])
    places = np.concatenate([np.empty(0, dtype=np.intp), *(batch[1] for batch in outlines)])
    sound = np.concatenate([np.empty(0, dtype=bool), *(batch[2] for batch in outlines)])
    return polygons, places.astype(np.intp), sound


def _polygons(
    points: npt.NDArray[np.float64],
    corner: npt.NDArray[np.int64],
    group: npt.NDArray[np.int64],
    hole: Flags,
) -> tuple[Shapes, Positions]:
    """Put holes into their shells."""
    index = np.repeat(np.arange(len(group)), np.diff(corner))
    rings = shapely.linearrings(points, indices=index)
    shells, holes = np.flatnonzero(~hole), np.flatnonzero(hole)
    of_shell = np.full(len(group), -1)
    of_shell[shells] = np.arange(len(shells))
    number = np.bincount(group[shells], minlength=int(group.max(initial=-1)) + 1)
    only = np.full(len(number), -1)
    only[group[shells]] = np.arange(len(shells))
    of_shell[holes] = only[group[holes]]
    among = holes[number[group[holes]] > 1]
    if len(among):
        of_shell[among] = _shells_around(rings, group, shells, among)
    order = np.lexsort((hole, of_shell))
    polygons: Shapes = shapely.polygons(rings[order], indices=of_shell[order])
    return polygons, group[shells].astype(np.intp)


def _shells_around(
    rings: Shapes, group: npt.NDArray[np.int64], shells: Positions, holes: Positions
) -> Positions:
    """Give the smallest shell of the same group around each hole."""
    whole = shapely.polygons(rings[shells])
    inside = shapely.point_on_surface(shapely.polygons(rings[holes]))
    place, shell = shapely.STRtree(whole).query(inside, predicate="within")
    same = group[holes[place]] == group[shells[shell]]
    place, shell = place[same], shell[same]
    order = np.lexsort((shapely.area(whole[shell]), place))
    first = np.unique(place[order], return_index=True)[1]
    shells_of_holes: Positions = shell[order][first]
    return shells_of_holes
