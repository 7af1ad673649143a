"""Which boxes of one array meet which of another, by a grid of cells over the second."""

import numpy as np
from numba import njit

from geo.kernels.rings import Numbers, Positions

CELLS_PER_BOX, LEAST_CELLS = 2, 1024
"""The grid has about so many cells for each box, and so many more."""


@njit(cache=True, nogil=True, error_model="numpy")
def meeting_boxes(first: Numbers, second: Numbers) -> Positions:
    """List which boxes of one array meet which of another.

    Parameters
    ----------
    first, second
        West, south, east, north of each box, n by 4 and m by 4; missing boxes are NaN.

    Returns
    -------
    array of int
        Pairs of positions, k by 2, sorted by the first.
    """
    west, south, columns, rows, cell = _grid(second)
    spans = np.zeros((len(second), 4), dtype=np.int64)
    begin = np.zeros(columns * rows + 1, dtype=np.int64)
    for i in range(len(second)):
        _span(second[i], west, south, columns, rows, cell, spans[i])
        for row in range(spans[i, 2], spans[i, 3] + 1):
            for column in range(spans[i, 0], spans[i, 1] + 1):
                begin[row * columns + column + 1] += 1
    for place in range(columns * rows):
        begin[place + 1] += begin[place]
    held = np.empty(begin[-1], dtype=np.int64)
    filled = begin[:-1].copy()
    for i in range(len(second)):
        for row in range(spans[i, 2], spans[i, 3] + 1):
            for column in range(spans[i, 0], spans[i, 1] + 1):
                place = row * columns + column
                held[filled[place]] = i
                filled[place] += 1
    pairs = np.empty((max(16, 2 * len(first)), 2), dtype=np.int64)
    found = 0
    span = np.zeros(4, dtype=np.int64)
    for i in range(len(first)):
        _span(first[i], west, south, columns, rows, cell, span)
        for row in range(span[2], span[3] + 1):
            for column in range(span[0], span[1] + 1):
                place = row * columns + column
                for at in range(begin[place], begin[place + 1]):
                    j = held[at]
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
                    if found == len(pairs):
                        pairs = np.concatenate((pairs, np.empty_like(pairs)))
                    pairs[found, 0], pairs[found, 1] = i, j
                    found += 1
    return pairs[:found].copy()


@njit(cache=True, nogil=True, error_model="numpy")
def _grid(boxes: Numbers) -> tuple[float, float, int, int, float]:
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
    most = CELLS_PER_BOX * count + LEAST_CELLS
    width, height = east - west, north - south
    cell = max(np.sqrt(width * height / most), max(width, height) / most, 1e-6)
    return west, south, int(width / cell) + 1, int(height / cell) + 1, cell


@njit(cache=True, nogil=True, error_model="numpy")
def _span(
    box: Numbers,
    west: float,
    south: float,
    columns: int,
    rows: int,
    cell: float,
    span: Positions,
) -> None:
    """Give the first and last column and row of the cells that a box reaches into."""
    if np.isnan(box[0]):
        span[0], span[1], span[2], span[3] = 0, -1, 0, -1
        return
    span[0] = max(int(np.floor((box[0] - west) / cell)), 0)
    span[1] = min(int(np.floor((box[2] - west) / cell)), columns - 1)
    span[2] = max(int(np.floor((box[1] - south) / cell)), 0)
    span[3] = min(int(np.floor((box[3] - south) / cell)), rows - 1)
