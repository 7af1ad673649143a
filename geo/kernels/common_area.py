"""Moments of common land."""

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.arrays import Floats, Ints
from geo.kernels.boxes import Rows, row_of
from geo.kernels.edges import ZERO, Rings


@njit(cache=True, nogil=True, error_model="numpy")
def ground_m2(
    moments: Floats, corners: Floats, middle: Floats, half: Floats, coefficients: Floats
) -> Floats:
    """Sum the areal scale over land; the meaning is that of ``ArealScale.ground_m2``."""
    area = np.empty(len(moments))
    orders, columns, rows = coefficients.shape
    for k in range(len(moments)):
        x = (corners[k, 0] - middle[0]) / half[0]
        y = (corners[k, 1] - middle[1]) / half[1]
        total = 0.0
        for order in range(orders):
            value = 0.0
            for i in range(columns - 1, -1, -1):
                along = 0.0
                for j in range(rows - 1, -1, -1):
                    along = along * y + coefficients[order, i, j]
                value = value * x + along
            total += value * moments[k, order]
        area[k] = total
    return area


Kinds = npt.NDArray[np.int8]

APART, PART, WHOLE = 0, 1, 2
"""Two polygons have no land in common; a part; all of the first lies in the second."""


@njit(cache=True, nogil=True, error_model="numpy")
def common_moments(
    first: Rings,
    first_bounds: Floats,
    second: Rows,
    second_bounds: Floats,
    pairs: Ints,
    moments: Floats,
    corners: Floats,
    kinds: Kinds,
) -> None:
    """Measure the land common to pairs of polygons, in the plane.

    ``first, second``: Valid polygons, those of the second by rows.
    ``first_bounds, second_bounds``: Their boxes: west, south, east, north [m].
    ``pairs``: Positions in both, k by 2, of boxes that meet.
    ``moments``: Written: integrals of 1, x, y, x², y² over the common land from the corner, k by
      5; left alone where all of the first lies in the second.
    ``corners``: Written: x and y of the south-west corner of the boxes' common part, k by 2 [m].
    ``kinds``: Written: ``APART``, ``PART`` or ``WHOLE``, array of k.
    """
    most = 0
    for shape in range(len(first.ring) - 1):
        edges = first.corner[first.ring[shape + 1]] - first.corner[first.ring[shape]]
        most = max(most, edges)
    first_strips, second_strips = np.empty((2 * most + 2, 5)), np.empty((2 * second.most + 2, 5))
    box = np.empty(4)
    for k in range(len(pairs)):
        i, j = pairs[k, 0], pairs[k, 1]
        box[:2] = np.maximum(first_bounds[i, :2], second_bounds[j, :2])
        box[2:] = np.minimum(first_bounds[i, 2:], second_bounds[j, 2:])
        corners[k] = box[:2]
        count, around = _strips_by_rows(second, j, box, second_strips)
        if count == 0 and around == 0:
            kinds[k] = APART
            moments[k] = 0.0
            continue
        if count == 0 and around == 1 and _is_inside(first_bounds[i], second_bounds[j]):
            kinds[k] = WHOLE
            continue
        count = _with_top(box, around, second_strips, count)
        strip_count = _strips_of(first, i, box, first_strips)
        kinds[k] = PART
        moments[k] = 0.0
        for a in range(strip_count):
            for b in range(count):
                _add_common(first_strips[a], second_strips[b], moments[k])


@njit(cache=True, nogil=True, error_model="numpy")
def whole_moments(rings: Rings, bounds: Floats, moments: Floats) -> None:
    """Measure polygons in the plane.

    ``bounds``: Their boxes: west, south, east, north, n by 4 [m].
    ``moments``: Written: integrals of 1, x, y, x², y² from the south-west corner of each box, n
      by 5.
    """
    for shape in range(len(rings.ring) - 1):
        moments[shape] = 0.0
        west, south = bounds[shape, 0], bounds[shape, 1]
        for ring in range(rings.ring[shape], rings.ring[shape + 1]):
            sign = 1.0 if rings.forward[ring] else -1.0
            for i in range(rings.corner[ring], rings.corner[ring + 1] - 1):
                ax, ay = rings.x[i] - west, rings.y[i] - south
                bx, by = rings.x[i + 1] - west, rings.y[i + 1] - south
                _add_strip(ax, ay, bx, by, sign, moments[shape])


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _is_inside(inner: Floats, outer: Floats) -> bool:
    return (
        inner[0] >= outer[0]
        and inner[1] >= outer[1]
        and inner[2] <= outer[2]
        and inner[3] <= outer[3]
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _strips_of(rings: Rings, shape: int, box: Floats, strips: Floats) -> int:
    """Write down the strips of a polygon within a box; give their number."""
    count, around = ZERO, ZERO
    for ring in range(rings.ring[shape], rings.ring[shape + 1]):
        forward = rings.forward[ring]
        for i in range(rings.corner[ring], rings.corner[ring + 1] - 1):
            a, b = (i, i + 1) if forward else (i + 1, i)
            count, turn = _clip(rings.x[a], rings.y[a], rings.x[b], rings.y[b], box, strips, count)
            around += turn
    return _with_top(box, around, strips, count)


@njit(cache=True, nogil=True, error_model="numpy")
def _strips_by_rows(rows: Rows, shape: int, box: Floats, strips: Floats) -> tuple[int, int]:
    """Write down the strips of a polygon within a box; give their number, and the turns west of it.

    The turns say whether the box's north-west corner lies in the polygon.
    """
    count, around = ZERO, ZERO
    south, per_m = rows.south[shape], rows.per_m[shape]
    have = rows.row[shape + 1] - rows.row[shape]
    low = row_of(box[1], south, per_m, have)
    high = row_of(box[3], south, per_m, have)
    for row in range(low, high + 1):
        place = rows.row[shape] + row
        for at in range(rows.begin[place], rows.begin[place + 1]):
            edge = rows.edges[at]
            least = min(edge[1], edge[3])
            if row > low and row_of(least, south, per_m, have) < row:
                continue  # taken in an earlier row
            if (edge[1] > box[3] and edge[3] > box[3]) or (edge[0] >= box[2] and edge[2] >= box[2]):
                continue
            count, turn = _clip(edge[0], edge[1], edge[2], edge[3], box, strips, count)
            around += turn
    return count, around


@njit(cache=True, nogil=True, error_model="numpy")
def _clip(
    ax: float, ay: float, bx: float, by: float, box: Floats, strips: Floats, count: int
) -> tuple[int, int]:
    """Write down what an edge adds to the strips within a box.

    What lies above the box is not needed edge by edge: along the box's upper side the polygon
    begins and ends where edges cross it. A crossing east of the box's west side begins a strip
    from there to the east side (+1 rising, -1 falling); one further west is told as a turn.

    Number of strips, and the turn.
    """
    high_a, high_b = ay > box[3], by > box[3]
    if high_a and high_b:
        return count, 0
    width, height = box[2] - box[0], box[3] - box[1]
    ax, ay, bx, by = ax - box[0], ay - box[1], bx - box[0], by - box[1]
    turn, cross = 0, 0.0
    if high_a != high_b:
        sign = 1 if high_b else -1
        cross = ax + (bx - ax) * ((height - ay) / (by - ay)) if by != ay else ax
        cross = min(max(cross, min(ax, bx)), max(ax, bx))
        if cross <= 0.0:
            turn = sign
        elif cross < width:
            count = _write(cross, height, width, height, float(sign), strips, count)
    if ax == bx or (ax <= 0.0 and bx <= 0.0) or (ax >= width and bx >= width):
        return count, turn
    slope = (by - ay) / (bx - ax)
    sign_of_strip = 1.0
    if ax > bx:
        ax, ay, high_a, bx, by, high_b = bx, by, high_b, ax, ay, high_a
        sign_of_strip = -1.0
    if ay <= 0.0 and by <= 0.0:
        return count, turn
    left_x, left_y = (cross, height) if high_a else (ax, ay)
    right_x, right_y = (cross, height) if high_b else (bx, by)
    if left_y < 0.0:
        left_x, left_y = min(max(ax - ay / slope, left_x), right_x), 0.0
    if right_y < 0.0:
        right_x, right_y = max(min(ax - ay / slope, right_x), left_x), 0.0
    if left_x < 0.0:
        left_x, left_y = 0.0, min(max(left_y - slope * left_x, 0.0), height)
    if right_x > width:
        right_x, right_y = width, min(max(right_y - slope * (right_x - width), 0.0), height)
    if right_x > left_x:
        count = _write(left_x, left_y, right_x, right_y, sign_of_strip, strips, count)
    return count, turn


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _write(
    ax: float, ay: float, bx: float, by: float, sign: float, strips: Floats, count: int
) -> int:
    strips[count, 0], strips[count, 1] = ax, ay
    strips[count, 2], strips[count, 3] = bx, (by - ay) / (bx - ax)
    strips[count, 4] = sign
    return count + 1


@njit(cache=True, nogil=True, error_model="numpy")
def _with_top(box: Floats, around: int, strips: Floats, count: int) -> int:
    """Add the strip under the whole upper side of a box whose north-west corner lies inside."""
    width, height = box[2] - box[0], box[3] - box[1]
    if around != 0 and width > 0.0:
        count = _write(0.0, height, width, height, float(around), strips, count)
    return count


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _add_common(strip: Floats, other: Floats, moments: Floats) -> None:
    """Add what lies under both of two strips."""
    begin, end = max(strip[0], other[0]), min(strip[2], other[2])
    if end <= begin:
        return
    sign = strip[4] * other[4]
    a, b = strip[1] + strip[3] * (begin - strip[0]), strip[1] + strip[3] * (end - strip[0])
    c, d = other[1] + other[3] * (begin - other[0]), other[1] + other[3] * (end - other[0])
    if a <= c and b <= d:
        _add_strip(begin, a, end, b, sign, moments)
    elif a >= c and b >= d:
        _add_strip(begin, c, end, d, sign, moments)
    else:
        share = (a - c) / ((a - c) - (b - d))
        middle = begin + share * (end - begin)
        level = a + share * (b - a)
        _add_strip(begin, min(a, c), middle, level, sign, moments)
        _add_strip(middle, level, end, min(b, d), sign, moments)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _add_strip(ax: float, ay: float, bx: float, by: float, sign: float, moments: Floats) -> None:
    """Add the integrals of 1, x, y, x², y² over the strip under an edge."""
    width = sign * (bx - ax)
    moments[0] += width * (ay + by) / 2.0
    moments[1] += width * (ax * (2.0 * ay + by) + bx * (ay + 2.0 * by)) / 6.0
    moments[2] += width * (ay * ay + ay * by + by * by) / 6.0
    moments[3] += (
        width
        * (
            ay * (3.0 * ax * ax + 2.0 * ax * bx + bx * bx)
            + by * (ax * ax + 2.0 * ax * bx + 3.0 * bx * bx)
        )
        / 12.0
    )
    moments[4] += width * (ay * ay * ay + ay * ay * by + ay * by * by + by * by * by) / 12.0
