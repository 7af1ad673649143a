"""Edges of polygons kept by rows, so that those near a small box are found without the rest."""

from typing import NamedTuple

import numpy as np
from numba import njit

from geo.kernels.rings import Numbers, Positions, Rings

EDGES_PER_ROW = 4
"""A shape has one row for so many of its edges."""


class Rows(NamedTuple):
    """The edges of an array of polygons by the rows they reach into.

    Attributes
    ----------
    edges
        Start and end (x, y, x, y) of each edge, land to its right, row by row: an edge stands
        in every row that it reaches into [m].
    begin
        Position of the first edge of each row, and the number of edges.
    row
        Position of the first row of each shape, and the number of rows.
    south, per_m
        Where the rows of each shape begin [m], and rows per metre.
    most
        The most edges that a shape has.
    """

    edges: Numbers
    begin: Positions
    row: Positions
    south: Numbers
    per_m: Numbers
    most: int


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def row_of(y: float, south: float, per_m: float, count: int) -> int:
    """Give the row of a shape that a height lies in; beyond its ends, the first or the last."""
    return min(max(int((y - south) * per_m), 0), count - 1)


@njit(cache=True, nogil=True, error_model="numpy")
def rows_of(rings: Rings, bounds: Numbers) -> Rows:
    """Put the edges of polygons into rows.

    Parameters
    ----------
    rings
        Rings of n polygons.
    bounds
        West, south, east, north of each polygon, n by 4 [m]; missing ones are NaN.

    Returns
    -------
    Rows
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
    rings: Rings,
    row: Positions,
    south: Numbers,
    per_m: Numbers,
    begin: Positions,
    edges: Numbers,
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
