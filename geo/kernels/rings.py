"""Rings of polygons as plain arrays, with the side on which their land lies."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Numbers = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Rings(NamedTuple):
    """The closed rings of an array of polygons.

    Attributes
    ----------
    x, y
        Corners, ring by ring, the last of a ring equal to its first [m].
    corner
        Position of the first corner of each ring, and the number of corners.
    forward
        True where the ring as it runs has its land to the right.
    ring
        Position of the first ring of each shape, and the number of rings.
    """

    x: Numbers
    y: Numbers
    corner: Positions
    forward: Flags
    ring: Positions


@njit(cache=True, nogil=True, error_model="numpy")
def land_to_the_right(x: Numbers, y: Numbers, corner: Positions, hole: Flags) -> Flags:
    """Say of each ring whether it has its land to the right as it runs.

    Parameters
    ----------
    x, y
        Corners [m].
    corner
        Position of the first corner of each ring, and the number of corners.
    hole
        True for rings around what is no land.

    Returns
    -------
    array of bool
        One flag a ring.
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
