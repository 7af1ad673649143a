"""Shapes as the compiled kernels that look along their edges read them."""

from geo.edges import Numbers
from geo.kernels.outlines import Outlines, edges_of_rings, run_boxes
from geo.kernels.rings import Rings

PAIRS_AT_ONCE = 8_192
"""Work is given to the processors in lots of this many pairs; between two lots it can be ended."""


def outlines_of_rings(rings: Rings, bounds: Numbers) -> Outlines:
    """Take rings apart into their edges.

    Parameters
    ----------
    rings
        Rings of n shapes.
    bounds
        West, south, east, north of each shape, n by 4 [m].

    Returns
    -------
    Outlines
        Their edges, in the order of the shapes.
    """
    x, y, dx, dy, length, ring, offset, ring_length = edges_of_rings(rings)
    return Outlines(
        x, y, dx, dy, length, ring, offset, ring_length, bounds, *run_boxes(x, y, dx, dy, offset)
    )
