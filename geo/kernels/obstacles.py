"""Facing edge hidden by obstacles."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.arrays import Floats, Ints
from geo.kernels.edges import CONTACT_M, FEW, RUN, Outlines, contains, edges_meet, square_to_edge

APART_M = 1e-5
"""A shorter way is a contact: only what cuts can part the shapes there."""

ASIDE_M = 0.01
"""A way over a polygon stays over it when it is moved aside by this; along its edge it doesn't."""


class ObstacleEdges(NamedTuple):
    """The edges of the obstacles, and which obstacles lie near which pair.

    ``cuts`` says of each obstacle whether it parts shapes that touch, ``solid`` whether it is a
    polygon, ``bridged_m`` how long a way may cross it all the same. ``rows`` gives for each pair
    where its rows in ``obstacle`` begin; ``around`` says whether the point of reference of the pair
    lies in the obstacle.
    """

    x: Floats
    y: Floats
    dx: Floats
    dy: Floats
    offset: Ints
    bounds: Floats
    cuts: npt.NDArray[np.bool_]
    solid: npt.NDArray[np.bool_]
    bridged_m: Floats
    rows: Ints
    obstacle: Ints
    around: npt.NDArray[np.bool_]
    reference: Floats
    window: Floats


class Near(NamedTuple):
    """The obstacles' edges in the window of one pair, row by row from ``begin``.

    ``boxes`` are those of runs of ``FEW`` edges, which begin anew with each row at ``runs``.
    """

    row: Ints
    edge: Ints
    begin: Ints
    boxes: Floats
    runs: Ints
    x: float
    y: float


@njit(cache=True, nogil=True, error_model="numpy")
def obstruction(
    shapes: Outlines,
    obstacles: ObstacleEdges,
    near: Near,
    shape: int,
    px: float,
    py: float,
    to_x: float,
    to_y: float,
    first: int,
) -> int:
    """Give the row of an obstacle that the way meets, looking at one of them first; -1: none."""
    rows = len(near.row)
    for turn in range(rows):
        k = (first + turn) % rows
        obstacle = obstacles.obstacle[near.row[k]]
        length = np.hypot(to_x - px, to_y - py)
        if length <= obstacles.bridged_m[obstacle]:
            continue
        if not box_meets(obstacles.bounds[obstacle], px, py, to_x, to_y, 2 * ASIDE_M):
            continue
        if obstacles.cuts[obstacle]:
            if _is_cut(obstacles, near, k, px, py, to_x, to_y) or (
                obstacles.solid[obstacle] and _holds(obstacles, near, k, px, py)
            ):
                return k
        elif length > APART_M and _is_over(obstacles, near, k, px, py, to_x, to_y):
            from_x, from_y = _leaving(shapes, shape, px, py, to_x, to_y)
            if _is_over(obstacles, near, k, from_x, from_y, to_x, to_y):
                return k
    return -1


@njit(cache=True, nogil=True, error_model="numpy")
def _is_cut(
    obstacles: ObstacleEdges, near: Near, k: int, px: float, py: float, to_x: float, to_y: float
) -> bool:
    """Say whether the way meets the line or outline of an obstacle."""
    square = CONTACT_M * CONTACT_M
    qx, qy = to_x - px, to_y - py
    for run in range(near.runs[k], near.runs[k + 1]):
        if not box_meets(near.boxes[run], px, py, to_x, to_y, CONTACT_M):
            continue
        begin = near.begin[k] + (run - near.runs[k]) * FEW
        for e in near.edge[begin : min(begin + FEW, near.begin[k + 1])]:
            x, y, dx, dy = obstacles.x[e], obstacles.y[e], obstacles.dx[e], obstacles.dy[e]
            if square_to_edge(x, y, dx, dy, px, py) <= square:
                return True
            if square_to_edge(x, y, dx, dy, to_x, to_y) <= square:
                return True
            if qx == 0 and qy == 0:
                continue
            if edges_meet(x, y, dx, dy, px, py, qx, qy):
                return True
            if square_to_edge(px, py, qx, qy, x, y) <= square:
                return True
            if square_to_edge(px, py, qx, qy, x + dx, y + dy) <= square:
                return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def box_meets(box: Floats, px: float, py: float, to_x: float, to_y: float, margin: float) -> bool:
    """Say whether a box, made wider by a margin, meets the box of a way."""
    return bool(
        max(px, to_x) >= box[0] - margin
        and min(px, to_x) <= box[2] + margin
        and max(py, to_y) >= box[1] - margin
        and min(py, to_y) <= box[3] + margin
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _is_over(
    obstacles: ObstacleEdges, near: Near, k: int, px: float, py: float, to_x: float, to_y: float
) -> bool:
    """Say whether a way runs through the interior: it meets the obstacle moved to either side."""
    length = np.hypot(to_x - px, to_y - py)
    if length <= APART_M:
        return False
    ahead_x, ahead_y = (to_x - px) / length, (to_y - py) / length
    trim = 2 * CONTACT_M
    for side in (-ASIDE_M, ASIDE_M):
        x, y = px - side * ahead_y + trim * ahead_x, py + side * ahead_x + trim * ahead_y
        qx, qy = (length - 2 * trim) * ahead_x, (length - 2 * trim) * ahead_y
        meets = _meets_edge(obstacles, near, k, x, y, qx, qy)
        if not meets and not _holds(obstacles, near, k, x, y):
            return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _meets_edge(
    obstacles: ObstacleEdges, near: Near, k: int, x: float, y: float, qx: float, qy: float
) -> bool:
    """Say whether a line meets the outline of an obstacle."""
    for run in range(near.runs[k], near.runs[k + 1]):
        if not box_meets(near.boxes[run], x, y, x + qx, y + qy, 0.0):
            continue
        begin = near.begin[k] + (run - near.runs[k]) * FEW
        for e in near.edge[begin : min(begin + FEW, near.begin[k + 1])]:
            if edges_meet(
                obstacles.x[e], obstacles.y[e], obstacles.dx[e], obstacles.dy[e], x, y, qx, qy
            ):
                return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def _holds(obstacles: ObstacleEdges, near: Near, k: int, x: float, y: float) -> bool:
    """Say whether an obstacle holds a point, by the edges between it and the point of reference."""
    bounds = obstacles.bounds[obstacles.obstacle[near.row[k]]]
    if not box_meets(bounds, x, y, x, y, 0.0):
        return False
    holds = obstacles.around[near.row[k]]
    dx, dy = x - near.x, y - near.y
    for run in range(near.runs[k], near.runs[k + 1]):
        if not box_meets(near.boxes[run], near.x, near.y, x, y, 0.0):
            continue
        begin = near.begin[k] + (run - near.runs[k]) * FEW
        for e in near.edge[begin : min(begin + FEW, near.begin[k + 1])]:
            ox, oy = obstacles.x[e] - near.x, obstacles.y[e] - near.y
            cross = dx * obstacles.dy[e] - dy * obstacles.dx[e]
            cross_begin = dx * oy - dy * ox
            if (cross_begin > 0) == (cross_begin + cross > 0):
                continue
            along = (ox * obstacles.dy[e] - oy * obstacles.dx[e]) / cross
            if 0 < along < 1:
                holds = not holds
    return bool(holds)


@njit(cache=True, nogil=True, error_model="numpy")
def _leaving(
    shapes: Outlines, shape: int, px: float, py: float, to_x: float, to_y: float
) -> tuple[float, float]:
    """Let a way that begins through its own shape, or along it, begin where it leaves it."""
    qx, qy = to_x - px, to_y - py
    length = np.hypot(qx, qy)
    soon = min(0.5, ASIDE_M / length)
    if not _is_on(shapes, shape, px + soon * qx, py + soon * qy, CONTACT_M):
        return px, py
    near, last = APART_M / length, shapes.offset[shape + 1]
    marks = [0.0, 1.0]
    for run in range(shapes.run_offset[shape], shapes.run_offset[shape + 1]):
        if not box_meets(shapes.run_bounds[run], px, py, to_x, to_y, APART_M):
            continue
        first = shapes.offset[shape] + (run - shapes.run_offset[shape]) * RUN
        for e in range(first, min(first + RUN, last)):
            x, y, dx, dy = shapes.x[e], shapes.y[e], shapes.dx[e], shapes.dy[e]
            for end_x, end_y in ((x, y), (x + dx, y + dy)):
                if square_to_edge(px, py, qx, qy, end_x, end_y) <= APART_M * APART_M:
                    marks.append(((end_x - px) * qx + (end_y - py) * qy) / (length * length))
            cross = qx * dy - qy * dx
            if cross != 0 and edges_meet(x, y, dx, dy, px, py, qx, qy):
                marks.append(((x - px) * dy - (y - py) * dx) / cross)
    places = np.sort(np.array(marks))
    before = 0.0
    for place in places:
        share = min(max(place, 0.0), 1.0)
        if share - before <= near:
            before = max(before, share)
            continue
        at_x, at_y = px + (before + share) / 2 * qx, py + (before + share) / 2 * qy
        if not _is_on(shapes, shape, at_x, at_y, APART_M):
            break
        before = share
    return px + before * qx, py + before * qy


@njit(cache=True, nogil=True, error_model="numpy")
def _is_on(shapes: Outlines, shape: int, x: float, y: float, margin: float) -> bool:
    """Say whether a point lies in a shape, or no farther than a margin from its boundary."""
    if contains(shapes, shape, x, y):
        return True
    last = shapes.offset[shape + 1]
    for run in range(shapes.run_offset[shape], shapes.run_offset[shape + 1]):
        if not box_meets(shapes.run_bounds[run], x, y, x, y, margin):
            continue
        first = shapes.offset[shape] + (run - shapes.run_offset[shape]) * RUN
        for e in range(first, min(first + RUN, last)):
            square = square_to_edge(shapes.x[e], shapes.y[e], shapes.dx[e], shapes.dy[e], x, y)
            if square <= margin * margin:
                return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def edges_in_window(obstacles: ObstacleEdges, pair: int) -> Near:
    """Gather the edges of the obstacles near a pair that lie in its window."""
    first, last = obstacles.rows[pair], obstacles.rows[pair + 1]
    west, south, east, north = obstacles.window[pair]
    begin = np.zeros(last - first + 1, np.int64)
    runs = np.zeros(last - first + 1, np.int64)
    edges = np.empty(0, np.int64)
    for fill in range(2):
        if fill:
            edges = np.empty(begin[-1], np.int64)
        count = 0
        for k in range(last - first):
            obstacle = obstacles.obstacle[first + k]
            for e in range(obstacles.offset[obstacle], obstacles.offset[obstacle + 1]):
                x, y = obstacles.x[e], obstacles.y[e]
                to_x, to_y = x + obstacles.dx[e], y + obstacles.dy[e]
                if max(x, to_x) < west or min(x, to_x) > east:
                    continue
                if max(y, to_y) < south or min(y, to_y) > north:
                    continue
                if fill:
                    edges[count] = e
                count += 1
            begin[k + 1] = count
            runs[k + 1] = runs[k] + (count - begin[k] + FEW - 1) // FEW
    boxes = np.empty((runs[-1], 4))
    boxes[:, :2], boxes[:, 2:] = np.inf, -np.inf
    for k in range(last - first):
        for i in range(begin[k], begin[k + 1]):
            e, box = edges[i], boxes[runs[k] + (i - begin[k]) // FEW]
            x, y = obstacles.x[e], obstacles.y[e]
            to_x, to_y = x + obstacles.dx[e], y + obstacles.dy[e]
            box[0], box[1] = min(box[0], x, to_x), min(box[1], y, to_y)
            box[2], box[3] = max(box[2], x, to_x), max(box[3], y, to_y)
    reference = obstacles.reference[pair]
    return Near(np.arange(first, last), edges, begin, boxes, runs, reference[0], reference[1])
