"""Which boxes of an array lie within reach of each other, by a grid of cells."""

import numpy as np
import numpy.typing as npt
from numba import njit

Numbers = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]

CELLS_PER_BOX = 2.0
"""The grid has at most about this many cells for each box."""


@njit(cache=True, nogil=True, error_model="numpy")
def box_pairs(bounds: Numbers, reach: float) -> Positions:
    """List the pairs of boxes that lie within reach along both axes.

    Parameters
    ----------
    bounds
        West, south, east, north of each box, n by 4; missing boxes are NaN.
    reach
        Largest distance along an axis.

    Returns
    -------
    array of int
        Pairs of positions, first < second, k by 2; not sorted.
    """
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
    held = np.empty(starts[-1], dtype=np.int64)
    filled = starts[:-1].copy()
    for i in range(count):
        for row in range(spans[i, 2], spans[i, 3] + 1):
            for column in range(spans[i, 0], spans[i, 1] + 1):
                place = row * columns + column
                held[filled[place]] = i
                filled[place] += 1
    found = _pairs_in_cells(bounds, reach, spans, starts, held, columns, np.empty((0, 2), np.int64))
    pairs = np.empty((found, 2), dtype=np.int64)
    _pairs_in_cells(bounds, reach, spans, starts, held, columns, pairs)
    return pairs


@njit(cache=True, nogil=True, error_model="numpy")
def _grid(bounds: Numbers, reach: float) -> tuple[float, float, int, int, float]:
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
    bounds: Numbers,
    reach: float,
    spans: Positions,
    starts: Positions,
    held: Positions,
    columns: int,
    pairs: Positions,
) -> int:
    """Count the pairs, and write them down where there is room for them."""
    found = 0
    for place in range(len(starts) - 1):
        for one in range(starts[place], starts[place + 1]):
            i = held[one]
            for two in range(one + 1, starts[place + 1]):
                j = held[two]
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
                if found < len(pairs):
                    pairs[found, 0], pairs[found, 1] = min(i, j), max(i, j)
                found += 1
    return found
