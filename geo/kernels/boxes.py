"""Spatial hashing of boxes and edges."""

from typing import NamedTuple

import numpy as np
from numba import njit

from geo.arrays import Floats, Ints
from geo.errors import GeometryError
from geo.kernels.edges import Rings
from geo.limits import pairs_limit

CELLS_PER_BOX = 2.0
"""The grid has at most about this many cells for each box."""


def box_pairs(bounds: Floats, reach: float) -> Ints:
    """List the pairs of boxes that lie within reach along both axes.

    ``bounds``: West, south, east, north of each box, n by 4; missing boxes are NaN.

    Pairs of positions, first < second, k by 2; not sorted.

    Raises GeometryError: ``pairs_too_many``, before any is written down.
    """
    limit = pairs_limit(len(bounds))
    pairs: Ints = _box_pairs(bounds, reach, limit)
    if len(pairs) > limit:
        raise GeometryError("pairs_too_many", shapes=len(bounds), limit=limit)
    return pairs


@njit(cache=True, nogil=True, error_model="numpy")
def _box_pairs(bounds: Floats, reach: float, most: int) -> Ints:
    """List the pairs of boxes, or of their first so many: one more than the most is too many."""
    count = bounds.shape[0]
    west, south, columns, rows, cell = _grid(bounds, reach)
    spans = np.zeros((count, 4), dtype=np.int64)
    starts = np.zeros(columns * rows + 1, dtype=np.int64)
    for i in range(count):
        if np.isnan(bounds[i, 0]):
            spans[i, 0], spans[i, 1] = 0, -1
            continue
        spans[i, 0] = int((bounds[i, 0] - west) / cell)
        spans[i, 1] = int((bounds[i, 2] + reach - west) / cell)
        spans[i, 2] = int((bounds[i, 1] - south) / cell)
        spans[i, 3] = int((bounds[i, 3] + reach - south) / cell)
        for row in range(spans[i, 2], spans[i, 3] + 1):
            for column in range(spans[i, 0], spans[i, 1] + 1):
                starts[row * columns + column + 1] += 1
    for place in range(columns * rows):
        starts[place + 1] += starts[place]
    members = np.empty(starts[-1], dtype=np.int64)
    filled = starts[:-1].copy()
    for i in range(count):
        for row in range(spans[i, 2], spans[i, 3] + 1):
            for column in range(spans[i, 0], spans[i, 1] + 1):
                place = row * columns + column
                members[filled[place]] = i
                filled[place] += 1
    pair_count = _pairs_in_cells(
        bounds, reach, spans, starts, members, columns, np.empty((0, 2), np.int64), most + 1
    )
    if pair_count > most:
        return np.empty((pair_count, 2), dtype=np.int64)
    pairs = np.empty((pair_count, 2), dtype=np.int64)
    _pairs_in_cells(bounds, reach, spans, starts, members, columns, pairs, pair_count)
    return pairs


@njit(cache=True, nogil=True, error_model="numpy")
def _grid(bounds: Floats, reach: float) -> tuple[float, float, int, int, float]:
    west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
    sides, count = 0.0, 0
    for i in range(bounds.shape[0]):
        if np.isnan(bounds[i, 0]):
            continue
        west, south = min(west, bounds[i, 0]), min(south, bounds[i, 1])
        east, north = max(east, bounds[i, 2]), max(north, bounds[i, 3])
        sides += bounds[i, 2] - bounds[i, 0] + bounds[i, 3] - bounds[i, 1]
        count += 1
    if count == 0:
        return 0.0, 0.0, 1, 1, 1.0
    cell = max(sides / (2 * count) + reach, 1e-6)
    most = CELLS_PER_BOX * count + 16
    while ((east - west + reach) / cell + 1) * ((north - south + reach) / cell + 1) > most:
        cell *= 1.25
    columns = int((east - west + reach) / cell) + 1
    rows = int((north - south + reach) / cell) + 1
    return west, south, columns, rows, cell


@njit(cache=True, nogil=True, error_model="numpy")
def _pairs_in_cells(
    bounds: Floats,
    reach: float,
    spans: Ints,
    starts: Ints,
    members: Ints,
    columns: int,
    pairs: Ints,
    most: int,
) -> int:
    """Count the pairs up to the most, and write them down where there is room for them."""
    count = 0
    for place in range(len(starts) - 1):
        for a in range(starts[place], starts[place + 1]):
            i = members[a]
            for b in range(a + 1, starts[place + 1]):
                j = members[b]
                # A pair that shares several cells is taken in the first of them.
                first = max(spans[i, 2], spans[j, 2]) * columns + max(spans[i, 0], spans[j, 0])
                if first != place:
                    continue
                if (
                    bounds[i, 0] > bounds[j, 2] + reach
                    or bounds[j, 0] > bounds[i, 2] + reach
                    or bounds[i, 1] > bounds[j, 3] + reach
                    or bounds[j, 1] > bounds[i, 3] + reach
                ):
                    continue
                if count < len(pairs):
                    pairs[count, 0], pairs[count, 1] = min(i, j), max(i, j)
                count += 1
                if count == most:
                    return count
    return count


JOIN_CELLS_PER_BOX, LEAST_CELLS = 2, 1024
"""The grid has about so many cells for each box, and so many more."""


@njit(cache=True, nogil=True, error_model="numpy")
def box_join(first: Floats, second: Floats) -> Ints:
    """List which boxes of one array meet which of another.

    ``first, second``: West, south, east, north of each box, n by 4 and m by 4; missing boxes are
      NaN.

    Pairs of positions, k by 2, sorted by the first.
    """
    west, south, columns, rows, cell = _join_grid(second)
    spans = np.zeros((len(second), 4), dtype=np.int64)
    begin = np.zeros(columns * rows + 1, dtype=np.int64)
    for i in range(len(second)):
        _span(second[i], west, south, columns, rows, cell, spans[i])
        for row in range(spans[i, 2], spans[i, 3] + 1):
            for column in range(spans[i, 0], spans[i, 1] + 1):
                begin[row * columns + column + 1] += 1
    for place in range(columns * rows):
        begin[place + 1] += begin[place]
    members = np.empty(begin[-1], dtype=np.int64)
    filled = begin[:-1].copy()
    for i in range(len(second)):
        for row in range(spans[i, 2], spans[i, 3] + 1):
            for column in range(spans[i, 0], spans[i, 1] + 1):
                place = row * columns + column
                members[filled[place]] = i
                filled[place] += 1
    pairs = np.empty((max(16, 2 * len(first)), 2), dtype=np.int64)
    count = 0
    span = np.zeros(4, dtype=np.int64)
    for i in range(len(first)):
        _span(first[i], west, south, columns, rows, cell, span)
        for row in range(span[2], span[3] + 1):
            for column in range(span[0], span[1] + 1):
                place = row * columns + column
                for at in range(begin[place], begin[place + 1]):
                    j = members[at]
                    # A pair that shares several cells is taken in the first of them.
                    if row != max(span[2], spans[j, 2]) or column != max(span[0], spans[j, 0]):
                        continue
                    if (
                        first[i, 0] > second[j, 2]
                        or second[j, 0] > first[i, 2]
                        or first[i, 1] > second[j, 3]
                        or second[j, 1] > first[i, 3]
                    ):
                        continue
                    if count == len(pairs):
                        pairs = np.concatenate((pairs, np.empty_like(pairs)))
                    pairs[count, 0], pairs[count, 1] = i, j
                    count += 1
    return pairs[:count].copy()


@njit(cache=True, nogil=True, error_model="numpy")
def _join_grid(boxes: Floats) -> tuple[float, float, int, int, float]:
    """Lay a grid over boxes: its corner, columns, rows and the side of a cell."""
    west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
    count = 0
    for i in range(len(boxes)):
        if np.isnan(boxes[i, 0]):
            continue
        west, south = min(west, boxes[i, 0]), min(south, boxes[i, 1])
        east, north = max(east, boxes[i, 2]), max(north, boxes[i, 3])
        count += 1
    if count == 0:
        return 0.0, 0.0, 1, 1, 1.0
    most = JOIN_CELLS_PER_BOX * count + LEAST_CELLS
    width, height = east - west, north - south
    cell = max(np.sqrt(width * height / most), max(width, height) / most, 1e-6)
    return west, south, int(width / cell) + 1, int(height / cell) + 1, cell


@njit(cache=True, nogil=True, error_model="numpy")
def _span(
    box: Floats, west: float, south: float, columns: int, rows: int, cell: float, span: Ints
) -> None:
    """Give the first and last column and row of the cells that a box reaches into."""
    if np.isnan(box[0]):
        span[0], span[1], span[2], span[3] = 0, -1, 0, -1
        return
    span[0] = max(int(np.floor((box[0] - west) / cell)), 0)
    span[1] = min(int(np.floor((box[2] - west) / cell)), columns - 1)
    span[2] = max(int(np.floor((box[1] - south) / cell)), 0)
    span[3] = min(int(np.floor((box[3] - south) / cell)), rows - 1)


EDGES_PER_ROW = 4
"""A shape has one row for so many of its edges."""


class Rows(NamedTuple):
    """The edges of an array of polygons by the rows they reach into.

    ``edges``: Start and end (x, y, x, y) of each edge, land to its right, row by row: an edge
      stands in every row that it reaches into [m].
    ``begin``: Position of the first edge of each row, and the number of edges.
    ``row``: Position of the first row of each shape, and the number of rows.
    ``south, per_m``: Where the rows of each shape begin [m], and rows per metre.
    ``most``: The most edges that a shape has.
    """

    edges: Floats
    begin: Ints
    row: Ints
    south: Floats
    per_m: Floats
    most: int


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def row_of(y: float, south: float, per_m: float, count: int) -> int:
    """Give the row of a shape that a height lies in; beyond its ends, the first or the last."""
    return min(max(int((y - south) * per_m), 0), count - 1)


@njit(cache=True, nogil=True, error_model="numpy")
def rows_of(rings: Rings, bounds: Floats) -> Rows:
    """Put the edges of polygons into rows.

    ``bounds``: West, south, east, north of each polygon, n by 4 [m]; missing ones are NaN.

    Their edges by rows.
    """
    count = len(rings.ring) - 1
    row = np.zeros(count + 1, dtype=np.int64)
    south, per_m = np.zeros(count), np.zeros(count)
    most = 0
    for shape in range(count):
        edges = 0
        for ring in range(rings.ring[shape], rings.ring[shape + 1]):
            edges += max(rings.corner[ring + 1] - rings.corner[ring] - 1, 0)
        most = max(most, edges)
        rows = edges // EDGES_PER_ROW + 1
        row[shape + 1] = row[shape] + rows
        height = bounds[shape, 3] - bounds[shape, 1]
        south[shape] = bounds[shape, 1]
        per_m[shape] = rows / height if height > 0.0 else 0.0
    begin = np.zeros(row[count] + 1, dtype=np.int64)
    nothing = np.empty((0, 4))
    _fill(rings, row, south, per_m, begin, nothing)
    for place in range(row[count]):
        begin[place + 1] += begin[place]
    edges_by_row = np.empty((begin[row[count]], 4))
    _fill(rings, row, south, per_m, begin.copy(), edges_by_row)
    return Rows(edges_by_row, begin, row, south, per_m, most)


@njit(cache=True, nogil=True, error_model="numpy")
def _fill(
    rings: Rings, row: Ints, south: Floats, per_m: Floats, begin: Ints, edges: Floats
) -> None:
    """Write the edges into their rows, or count them where there is no room for any."""
    counting = len(edges) == 0
    for shape in range(len(rings.ring) - 1):
        rows = row[shape + 1] - row[shape]
        for ring in range(rings.ring[shape], rings.ring[shape + 1]):
            for i in range(rings.corner[ring], rings.corner[ring + 1] - 1):
                low, high = min(rings.y[i], rings.y[i + 1]), max(rings.y[i], rings.y[i + 1])
                first = row_of(low, south[shape], per_m[shape], rows)
                last = row_of(high, south[shape], per_m[shape], rows)
                a, b = (i, i + 1) if rings.forward[ring] else (i + 1, i)
                for place in range(row[shape] + first, row[shape] + last + 1):
                    if counting:
                        begin[place + 1] += 1
                        continue
                    at = begin[place]
                    begin[place] += 1
                    edges[at, 0], edges[at, 1] = rings.x[a], rings.y[a]
                    edges[at, 2], edges[at, 3] = rings.x[b], rings.y[b]


@njit(cache=True, nogil=True, error_model="numpy")
def meetings_up_to(sides: Floats, end: Ints, most: int, most_near: int) -> int:
    """Count the pairs of sides that meet elsewhere than at a common end, up to one beyond the most.

    ``sides``: From x, y to x, y, k by 4, by where they begin along one axis [m].
    ``end``: Position behind the last side that each is compared with.
    ``most_near``: More pairs whose boxes meet count as too many.
    """
    count = near = 0
    for i in range(len(sides)):
        ax, ay, bx, by = sides[i, 0], sides[i, 1], sides[i, 2], sides[i, 3]
        for j in range(i + 1, end[i]):
            cx, cy, dx, dy = sides[j, 0], sides[j, 1], sides[j, 2], sides[j, 3]
            over_x = min(max(ax, bx), max(cx, dx)) - max(min(ax, bx), min(cx, dx))
            over_y = min(max(ay, by), max(cy, dy)) - max(min(ay, by), min(cy, dy))
            if over_x < 0 or over_y < 0:
                continue
            near += 1
            if near > most_near:
                return most + 1
            c = np.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))
            d = np.sign((bx - ax) * (dy - ay) - (by - ay) * (dx - ax))
            a = np.sign((dx - cx) * (ay - cy) - (dy - cy) * (ax - cx))
            b = np.sign((dx - cx) * (by - cy) - (dy - cy) * (bx - cx))
            if c * d > 0 or a * b > 0:
                continue
            joined = (
                (ax == cx and ay == cy) or (ax == dx and ay == dy)
                or (bx == cx and by == cy) or (bx == dx and by == dy)
            )  # fmt: skip
            # Of two sides in one line with a common end, one may go on or fold back upon the other.
            folded = a == 0 and b == 0 and c == 0 and d == 0 and (over_x > 0 or over_y > 0)
            if joined and not folded:
                continue
            count += 1
            if count > most:
                return count
    return count
