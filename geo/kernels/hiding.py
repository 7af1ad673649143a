"""Whether an obstacle lies on the way from a point of one shape to another shape."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.kernels.outlines import (
    CONTACT_M,
    FEW,
    RUN,
    Numbers,
    Outlines,
    Positions,
    contains,
    edges_meet,
    square_to_edge,
)

APART_M = 1e-5
"""A shorter way is a contact: only what cuts can part the shapes there."""

ASIDE_M = 0.01
"""A way over a polygon stays over it when it is moved aside by this; along its edge it doesn't."""


class Obstacles(NamedTuple):
    """The edges of the obstacles, and which obstacles lie near which pair.

    ``cuts`` says of each obstacle whether it parts shapes that touch, ``solid`` whether it is a
    polygon, ``bridged_m`` how long a way may cross it all the same. ``rows`` gives for each pair
    where its rows in ``thing`` begin; ``around`` says whether the point of reference of the pair
    lies in the obstacle.
    """

    x: Numbers
    y: Numbers
    dx: Numbers
    dy: Numbers
    offset: Positions
    bounds: Numbers
    cuts: npt.NDArray[np.bool_]
    solid: npt.NDArray[np.bool_]
    bridged_m: Numbers
    rows: Positions
    thing: Positions
    around: npt.NDArray[np.bool_]
    reference: Numbers
    window: Numbers


class Near(NamedTuple):
    """The obstacles' edges in the window of one pair, row by row from ``begin``.

    ``boxes`` are those of runs of ``FEW`` edges, which begin anew with each row at ``runs``.
    """

    row: Positions
    edge: Positions
    begin: Positions
    boxes: Numbers
    runs: Positions
    x: float
    y: float


@njit(cache=True, nogil=True, error_model="numpy")
def hidden_by(
    shapes: Outlines,
    things: Obstacles,
    near: Near,
    one: int,
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
        thing = things.thing[near.row[k]]
        length = np.hypot(to_x - px, to_y - py)
        if length <= things.bridged_m[thing]:
            continue
        if not box_meets(things.bounds[thing], px, py, to_x, to_y, 2 * ASIDE_M):
            continue
        if things.cuts[thing]:
            if _is_cut(things, near, k, px, py, to_x, to_y) or (
                things.solid[thing] and _holds(things, near, k, px, py)
            ):
                return k
        elif length > APART_M and _is_over(things, near, k, px, py, to_x, to_y):
            from_x, from_y = _leaving(shapes, one, px, py, to_x, to_y)
            if _is_over(things, near, k, from_x, from_y, to_x, to_y):
                return k
    return -1


@njit(cache=True, nogil=True, error_model="numpy")
def _is_cut(
    things: Obstacles, near: Near, k: int, px: float, py: float, to_x: float, to_y: float
) -> bool:
    """Say whether the way meets the line or outline of an obstacle."""
    square = CONTACT_M * CONTACT_M
    qx, qy = to_x - px, to_y - py
    for run in range(near.runs[k], near.runs[k + 1]):
        if not box_meets(near.boxes[run], px, py, to_x, to_y, CONTACT_M):
            continue
        begin = near.begin[k] + (run - near.runs[k]) * FEW
        for e in near.edge[begin : min(begin + FEW, near.begin[k + 1])]:
            x, y, dx, dy = things.x[e], things.y[e], things.dx[e], things.dy[e]
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
def box_meets(box: Numbers, px: float, py: float, to_x: float, to_y: float, margin: float) -> bool:
    """Say whether a box, made wider by a margin, meets the box of a way."""
    return bool(
        max(px, to_x) >= box[0] - margin
        and min(px, to_x) <= box[2] + margin
        and max(py, to_y) >= box[1] - margin
        and min(py, to_y) <= box[3] + margin
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _is_over(
    things: Obstacles, near: Near, k: int, px: float, py: float, to_x: float, to_y: float
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
        meets = _meets_edge(things, near, k, x, y, qx, qy)
        if not meets and not _holds(things, near, k, x, y):
            return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _meets_edge(
    things: Obstacles, near: Near, k: int, x: float, y: float, qx: float, qy: float
) -> bool:
    """Say whether a line meets the outline of an obstacle."""
    for run in range(near.runs[k], near.runs[k + 1]):
        if not box_meets(near.boxes[run], x, y, x + qx, y + qy, 0.0):
            continue
        begin = near.begin[k] + (run - near.runs[k]) * FEW
        for e in near.edge[begin : min(begin + FEW, near.begin[k + 1])]:
            if edges_meet(things.x[e], things.y[e], things.dx[e], things.dy[e], x, y, qx, qy):
                return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def _holds(things: Obstacles, near: Near, k: int, x: float, y: float) -> bool:
    """Say whether an obstacle holds a point, by the edges between it and the point of reference."""
    bounds = things.bounds[things.thing[near.row[k]]]
    if not box_meets(bounds, x, y, x, y, 0.0):
        return False
    holds = things.around[near.row[k]]
    dx, dy = x - near.x, y - near.y
    for run in range(near.runs[k], near.runs[k + 1]):
        if not box_meets(near.boxes[run], near.x, near.y, x, y, 0.0):
            continue
        begin = near.begin[k] + (run - near.runs[k]) * FEW
        for e in near.edge[begin : min(begin + FEW, near.begin[k + 1])]:
            ox, oy = things.x[e] - near.x, things.y[e] - near.y
            cross = dx * things.dy[e] - dy * things.dx[e]
            one = dx * oy - dy * ox
            if (one > 0) == (one + cross > 0):
                continue
            along = (ox * things.dy[e] - oy * things.dx[e]) / cross
            if 0 < along < 1:
                holds = not holds
    return bool(holds)


@njit(cache=True, nogil=True, error_model="numpy")
def _leaving(
    shapes: Outlines, one: int, px: float, py: float, to_x: float, to_y: float
) -> tuple[float, float]:
    """Let a way that begins through its own shape, or along it, begin where it leaves it."""
    qx, qy = to_x - px, to_y - py
    length = np.hypot(qx, qy)
    near, last = APART_M / length, shapes.offset[one + 1]
    marks = [0.0, 1.0]
    for run in range(shapes.run_offset[one], shapes.run_offset[one + 1]):
        if not box_meets(shapes.run_bounds[run], px, py, to_x, to_y, APART_M):
            continue
        first = shapes.offset[one] + (run - shapes.run_offset[one]) * RUN
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
        if not _is_on(shapes, one, at_x, at_y):
            break
        before = share
    return px + before * qx, py + before * qy


@njit(cache=True, nogil=True, error_model="numpy")
def _is_on(shapes: Outlines, one: int, x: float, y: float) -> bool:
    """Say whether a point lies in a shape or on its boundary."""
    if contains(shapes, one, x, y):
        return True
    last = shapes.offset[one + 1]
    for run in range(shapes.run_offset[one], shapes.run_offset[one + 1]):
        if not box_meets(shapes.run_bounds[run], x, y, x, y, APART_M):
            continue
        first = shapes.offset[one] + (run - shapes.run_offset[one]) * RUN
        for e in range(first, min(first + RUN, last)):
            square = square_to_edge(shapes.x[e], shapes.y[e], shapes.dx[e], shapes.dy[e], x, y)
            if square <= APART_M * APART_M:
                return True
    return False
