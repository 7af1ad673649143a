"""Rings and edges as arrays; distance, fit."""

from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.arrays import Flags, Floats, Ints

ZERO, ONE, NONE = cast("tuple[int, int, int]", (np.int64(0), np.int64(1), np.int64(-1)))
"""Whole numbers as the kernels have them: to a bare one a function is compiled once more."""


class Rings(NamedTuple):
    """The closed rings of an array of polygons.

    ``x, y``: Corners, ring by ring, the last of a ring equal to its first [m].
    ``corner``: Position of the first corner of each ring, and the number of corners.
    ``forward``: True where the ring as it runs has its land to the right.
    ``ring``: Position of the first ring of each shape, and the number of rings.
    """

    x: Floats
    y: Floats
    corner: Ints
    forward: Flags
    ring: Ints


@njit(cache=True, nogil=True, error_model="numpy")
def land_to_the_right(x: Floats, y: Floats, corner: Ints, hole: Flags) -> Flags:
    """Say of each ring whether it has its land to the right as it runs.

    ``x, y``: Corners [m].
    """
    forward = np.empty(len(hole), dtype=np.bool_)
    for ring in range(len(hole)):
        begin, end = corner[ring], corner[ring + 1]
        twice = 0.0
        for i in range(begin, end - 1):
            ax, ay = x[i] - x[begin], y[i] - y[begin]
            bx, by = x[i + 1] - x[begin], y[i + 1] - y[begin]
            twice += ax * by - ay * bx
        forward[ring] = (twice < 0.0) != hole[ring]
    return forward


CONTACT_M = 1e-6
"""Shapes nearer than this touch: a micrometre is below any survey's resolution."""

RUN = 16
"""Edges are passed over in runs of this many where the box of the run is out of reach."""

FEW = 8
"""The same among the edges unary_union_by_group of one shape."""


class Outlines(NamedTuple):
    """The edges of shapes of one part each, as in ``geo.edges.Edges``.

    ``bounds`` are the boxes of the shapes, ``run_bounds`` those of runs of ``RUN`` edges in
    order, which begin anew with each shape at ``run_offset``.
    """

    x: Floats
    y: Floats
    dx: Floats
    dy: Floats
    length: Floats
    ring: Ints
    offset: Ints
    ring_length: Floats
    bounds: Floats
    run_bounds: Floats
    run_offset: Ints


class Side(NamedTuple):
    """One shape as seen from another: its edges near the other, and the other's near it.

    ``boxes`` are those of runs of ``FEW`` of the other's edges.
    """

    other: int
    mine: Ints
    other_edges: Ints
    boxes: Floats


@njit(cache=True, nogil=True, error_model="numpy")
def edges_of_rings(
    rings: Rings,
) -> tuple[Floats, Floats, Floats, Floats, Floats, Ints, Ints, Floats]:
    """Take rings apart into their edges longer than nothing.

    ``rings``: Rings of all shapes.

    As in ``Outlines``.
    """
    total = len(rings.x)
    numbers, ring_of = np.empty((5, total)), np.empty(total, np.int64)
    offset = np.zeros(len(rings.ring), np.int64)
    ring_length = np.zeros(len(rings.corner) - 1)
    count = 0
    for shape in range(len(rings.ring) - 1):
        for ring in range(rings.ring[shape], rings.ring[shape + 1]):
            for k in range(rings.corner[ring], rings.corner[ring + 1] - 1):
                dx, dy = rings.x[k + 1] - rings.x[k], rings.y[k + 1] - rings.y[k]
                length = np.hypot(dx, dy)
                if length == 0:
                    continue
                numbers[0, count], numbers[1, count] = rings.x[k], rings.y[k]
                numbers[2, count], numbers[3, count] = dx, dy
                numbers[4, count], ring_of[count] = length, ring
                ring_length[ring] += length
                count += 1
        offset[shape + 1] = count
    x, y, dx, dy, length = numbers[:, :count]
    return x, y, dx, dy, length, ring_of[:count], offset, ring_length


@njit(cache=True, nogil=True, error_model="numpy")
def run_boxes(x: Floats, y: Floats, dx: Floats, dy: Floats, offset: Ints) -> tuple[Floats, Ints]:
    """Give the boxes of the runs of edges, and where the runs of each shape begin."""
    run_offset = np.zeros(len(offset), np.int64)
    for i in range(len(offset) - 1):
        run_offset[i + 1] = run_offset[i] + (offset[i + 1] - offset[i] + RUN - 1) // RUN
    boxes = np.empty((run_offset[-1], 4))
    for i in range(len(offset) - 1):
        for run in range(run_offset[i], run_offset[i + 1]):
            first = offset[i] + (run - run_offset[i]) * RUN
            west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
            for e in range(first, min(first + RUN, offset[i + 1])):
                to_x, to_y = x[e] + dx[e], y[e] + dy[e]
                west, south = min(west, x[e], to_x), min(south, y[e], to_y)
                east, north = max(east, x[e], to_x), max(north, y[e], to_y)
            boxes[run, 0], boxes[run, 1], boxes[run, 2], boxes[run, 3] = west, south, east, north
    return boxes, run_offset


@njit(cache=True, nogil=True, error_model="numpy")
def edges_near(shapes: Outlines, shape: int, other: int, reach: float, edges: Ints) -> int:
    """List the edges of a shape within reach of the box of another; say how many."""
    west, south = shapes.bounds[other, 0] - reach, shapes.bounds[other, 1] - reach
    east, north = shapes.bounds[other, 2] + reach, shapes.bounds[other, 3] + reach
    count, last = 0, shapes.offset[shape + 1]
    boxes = shapes.run_bounds
    for run in range(shapes.run_offset[shape], shapes.run_offset[shape + 1]):
        if boxes[run, 2] < west or boxes[run, 0] > east:
            continue
        if boxes[run, 3] < south or boxes[run, 1] > north:
            continue
        first = shapes.offset[shape] + (run - shapes.run_offset[shape]) * RUN
        for e in range(first, min(first + RUN, last)):
            x, y = shapes.x[e], shapes.y[e]
            to_x, to_y = x + shapes.dx[e], y + shapes.dy[e]
            if max(x, to_x) < west or min(x, to_x) > east:
                continue
            if max(y, to_y) < south or min(y, to_y) > north:
                continue
            edges[count] = e
            count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def contains(shapes: Outlines, shape: int, x: float, y: float) -> bool:
    """Say whether a point lies inside a shape."""
    if x < shapes.bounds[shape, 0] or x > shapes.bounds[shape, 2]:
        return False
    if y < shapes.bounds[shape, 1] or y > shapes.bounds[shape, 3]:
        return False
    inside, last = False, shapes.offset[shape + 1]
    boxes = shapes.run_bounds
    for run in range(shapes.run_offset[shape], shapes.run_offset[shape + 1]):
        if boxes[run, 1] > y or boxes[run, 3] < y or boxes[run, 2] < x:
            continue
        first = shapes.offset[shape] + (run - shapes.run_offset[shape]) * RUN
        for e in range(first, min(first + RUN, last)):
            low = shapes.y[e] - y
            high = shapes.y[e] + shapes.dy[e] - y
            if (low > 0) != (high > 0):
                side = shapes.dx[e] * -low - (x - shapes.x[e]) * shapes.dy[e]
                if (side > 0) == (shapes.dy[e] > 0):
                    inside = not inside
    return inside


@njit(cache=True, nogil=True, error_model="numpy")
def square_to_edge(x: float, y: float, dx: float, dy: float, px: float, py: float) -> float:
    """Give the square of the distance from a point to an edge."""
    along = ((px - x) * dx + (py - y) * dy) / (dx * dx + dy * dy)
    along = min(max(along, 0.0), 1.0)
    away_x, away_y = x + along * dx - px, y + along * dy - py
    return away_x * away_x + away_y * away_y


@njit(cache=True, nogil=True, error_model="numpy")
def edges_meet(
    x: float, y: float, dx: float, dy: float, ox: float, oy: float, qx: float, qy: float
) -> bool:
    """Say whether two edges cross or touch."""
    first = dx * (oy - y) - dy * (ox - x)
    second = dx * (oy + qy - y) - dy * (ox + qx - x)
    third = qx * (y - oy) - qy * (x - ox)
    fourth = qx * (y + dy - oy) - qy * (x + dx - ox)
    if ((first > 0) == (second > 0) and first != 0 and second != 0) or (
        (third > 0) == (fourth > 0) and third != 0 and fourth != 0
    ):
        return False
    if first == 0 and second == 0:  # on one line
        along = dx * dx + dy * dy
        begin = ((ox - x) * dx + (oy - y) * dy) / along
        end = ((ox + qx - x) * dx + (oy + qy - y) * dy) / along
        return bool(max(begin, end) >= 0 and min(begin, end) <= 1)
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def side_of(shapes: Outlines, shape: int, other: int, reach: float) -> Side:
    """Gather the edges that may lie within reach."""
    mine = np.empty(shapes.offset[shape + 1] - shapes.offset[shape], np.int64)
    other_edges = np.empty(shapes.offset[other + 1] - shapes.offset[other], np.int64)
    mine = mine[: edges_near(shapes, shape, other, reach, mine)]
    other_edges = other_edges[: edges_near(shapes, other, shape, reach, other_edges)]
    return Side(other, mine, other_edges, _few_boxes(shapes, other_edges))


@njit(cache=True, nogil=True, error_model="numpy")
def other_side(shapes: Outlines, shape: int, side: Side) -> Side:
    """Turn the side of a shape into that of the other."""
    return Side(shape, side.other_edges, side.mine, _few_boxes(shapes, side.mine))


@njit(cache=True, nogil=True, error_model="numpy")
def _few_boxes(shapes: Outlines, edges: Ints) -> Floats:
    """Give the boxes of runs of ``FEW`` edges."""
    boxes = np.empty(((len(edges) + FEW - 1) // FEW, 4))
    for run in range(len(boxes)):
        west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
        for i in range(run * FEW, min(run * FEW + FEW, len(edges))):
            e = edges[i]
            x, y = shapes.x[e], shapes.y[e]
            to_x, to_y = x + shapes.dx[e], y + shapes.dy[e]
            west, south = min(west, x, to_x), min(south, y, to_y)
            east, north = max(east, x, to_x), max(north, y, to_y)
        boxes[run, 0], boxes[run, 1], boxes[run, 2], boxes[run, 3] = west, south, east, north
    return boxes


@njit(cache=True, nogil=True, error_model="numpy")
def are_apart(shapes: Outlines, first: int, second: int, reach: float) -> float:
    """Say how far the boxes of two shapes lie apart beyond a reach; negative where they meet."""
    box = shapes.bounds
    aside = max(box[first, 0] - box[second, 2], box[second, 0] - box[first, 2])
    return float(max(aside, box[first, 1] - box[second, 3], box[second, 1] - box[first, 3]) - reach)


@njit(cache=True, nogil=True, error_model="numpy")
def distance_of(shapes: Outlines, shape: int, side: Side, reach: float) -> float:
    """Measure the distance of two shapes as far as the reach; infinite beyond."""
    e, f = shapes.offset[shape], shapes.offset[side.other]
    if contains(shapes, side.other, shapes.x[e], shapes.y[e]) or contains(
        shapes, shape, shapes.x[f], shapes.y[f]
    ):
        return 0.0
    least = np.inf
    for e in side.mine:
        x, y, dx, dy = shapes.x[e], shapes.y[e], shapes.dx[e], shapes.dy[e]
        far = min(least, reach * reach)
        least = min(least, edge_square(shapes, side, x, y, dx, dy, far))
        if least == 0:
            break
    return float(np.sqrt(least))


@njit(cache=True, nogil=True, error_model="numpy")
def edge_square(
    shapes: Outlines, side: Side, x: float, y: float, dx: float, dy: float, least: float
) -> float:
    """Give the square of the distance from an edge to the other's, infinite beyond ``least``."""
    is_near, far = False, np.sqrt(least)
    west, east = min(x, x + dx) - far, max(x, x + dx) + far
    south, north = min(y, y + dy) - far, max(y, y + dy) + far
    other_edges, boxes = side.other_edges, side.boxes
    for run in range(len(boxes)):
        if boxes[run, 2] < west or boxes[run, 0] > east:
            continue
        if boxes[run, 3] < south or boxes[run, 1] > north:
            continue
        for k in range(run * FEW, min(run * FEW + FEW, len(other_edges))):
            f = other_edges[k]
            fx, fy, qx, qy = shapes.x[f], shapes.y[f], shapes.dx[f], shapes.dy[f]
            square = min(
                square_to_edge(x, y, dx, dy, fx, fy),
                square_to_edge(x, y, dx, dy, fx + qx, fy + qy),
                square_to_edge(fx, fy, qx, qy, x, y),
                square_to_edge(fx, fy, qx, qy, x + dx, y + dy),
            )
            if square <= least:
                least, is_near = square, True
            if edges_meet(x, y, dx, dy, fx, fy, qx, qy):
                return 0.0
    return float(least) if is_near else np.inf


@njit(cache=True, nogil=True, error_model="numpy")
def near_flags(shapes: Outlines, pairs: Ints, reach: float, flags: npt.NDArray[np.bool_]) -> None:
    """Say of each pair whether its shapes lie within reach of each other."""
    for i in range(len(pairs)):
        first, second = pairs[i, 0], pairs[i, 1]
        side = side_of(shapes, first, second, reach)
        flags[i] = distance_of(shapes, first, side, reach) <= reach
