"""How far shapes lie apart."""

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.kernels.outlines import (
    FEW,
    Outlines,
    Positions,
    Side,
    contains,
    edges_meet,
    side_of,
    square_to_edge,
)


@njit(cache=True, nogil=True, error_model="numpy")
def are_apart(shapes: Outlines, one: int, two: int, reach: float) -> float:
    """Say how far the boxes of two shapes lie apart beyond a reach; negative where they meet."""
    box = shapes.bounds
    aside = max(box[one, 0] - box[two, 2], box[two, 0] - box[one, 2])
    return float(max(aside, box[one, 1] - box[two, 3], box[two, 1] - box[one, 3]) - reach)


@njit(cache=True, nogil=True, error_model="numpy")
def distance_of(shapes: Outlines, one: int, side: Side, reach: float) -> float:
    """Measure the distance of two shapes as far as the reach; infinite beyond."""
    e, f = shapes.offset[one], shapes.offset[side.other]
    if contains(shapes, side.other, shapes.x[e], shapes.y[e]) or contains(
        shapes, one, shapes.x[f], shapes.y[f]
    ):
        return 0.0
    least = reach * reach
    found = False
    theirs, boxes = side.theirs, side.boxes
    for e in side.mine:
        x, y, dx, dy = shapes.x[e], shapes.y[e], shapes.dx[e], shapes.dy[e]
        far = np.sqrt(least)
        west, east = min(x, x + dx) - far, max(x, x + dx) + far
        south, north = min(y, y + dy) - far, max(y, y + dy) + far
        for run in range(len(boxes)):
            if boxes[run, 2] < west or boxes[run, 0] > east:
                continue
            if boxes[run, 3] < south or boxes[run, 1] > north:
                continue
            for k in range(run * FEW, min(run * FEW + FEW, len(theirs))):
                f = theirs[k]
                fx, fy, qx, qy = shapes.x[f], shapes.y[f], shapes.dx[f], shapes.dy[f]
                square = min(
                    square_to_edge(x, y, dx, dy, fx, fy),
                    square_to_edge(x, y, dx, dy, fx + qx, fy + qy),
                    square_to_edge(fx, fy, qx, qy, x, y),
                    square_to_edge(fx, fy, qx, qy, x + dx, y + dy),
                )
                if square <= least:
                    least, found = square, True
                if edges_meet(x, y, dx, dy, fx, fy, qx, qy):
                    return 0.0
    return float(np.sqrt(least)) if found else np.inf


@njit(cache=True, nogil=True, error_model="numpy")
def near_flags(
    shapes: Outlines, pairs: Positions, reach: float, flags: npt.NDArray[np.bool_]
) -> None:
    """Say of each pair whether its shapes lie within reach of each other."""
    for i in range(len(pairs)):
        one, two = pairs[i, 0], pairs[i, 1]
        side = side_of(shapes, one, two, reach)
        flags[i] = distance_of(shapes, one, side, reach) <= reach
