"""Whether shapes fit: whether they meet along equal edges and at corners only."""

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.kernels.outlines import CONTACT_M, Outlines, Positions, Side, other_side, side_of
from geo.kernels.reach import OUTSIDE, UNKNOWN, is_equal, share_shown

Flags = npt.NDArray[np.bool_]

LEAST_M = 1e-3
"""Contact other than along equal edges, shorter than this, is a corner's [m]."""


@njit(cache=True, nogil=True, error_model="numpy")
def misfits(shapes: Outlines, forward: Flags, pairs: Positions, found: Flags) -> None:
    """Say of each pair whether it touches or overlaps other than along equal edges.

    ``forward`` says of each ring whether it runs with its land to the right: equal edges with
    their land on one side are those of shapes that overlap.
    """
    for i in range(len(pairs)):
        one, two = pairs[i, 0], pairs[i, 1]
        side = side_of(shapes, one, two, CONTACT_M)
        # Land in common may be seen from one of the two only: a part that hangs on by a hair.
        found[i] = _is_misfit(shapes, forward, side) or _is_misfit(
            shapes, forward, other_side(shapes, one, side)
        )


@njit(cache=True, nogil=True, error_model="numpy")
def _is_misfit(shapes: Outlines, forward: Flags, side: Side) -> bool:
    starts, ends = np.empty(len(side.theirs) + 1), np.empty(len(side.theirs) + 1)
    metres = 0.0
    before, ground = np.int64(-2), UNKNOWN
    for e in side.mine:
        if e != before + 1:
            # A ring that comes back into the other's box comes from outside it.
            same = before >= 0 and shapes.ring[e] == shapes.ring[before]
            ground = OUTSIDE if same else UNKNOWN
        before = e
        equal = False
        for f in side.theirs:
            if is_equal(shapes, e, f):
                one_way = shapes.x[e] == shapes.x[f] and shapes.y[e] == shapes.y[f]
                if one_way == (forward[shapes.ring[e]] == forward[shapes.ring[f]]):
                    return True
                equal = True
                break
        if equal:
            ground = UNKNOWN
            continue
        share, ground = share_shown(shapes, side, e, CONTACT_M, starts, ends, ground)
        metres += share * shapes.length[e]
        if metres > LEAST_M:
            return True
    return False
