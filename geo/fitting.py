"""Which shapes don't fit: they touch or overlap other than along equal edges."""

import numpy as np
import numpy.typing as npt

from geo.edges import Positions
from geo.kernels.boxes import box_pairs
from geo.kernels.fitting import misfits
from geo.kernels.outlines import CONTACT_M
from geo.lots import in_lots
from geo.outlines import PAIRS_AT_ONCE
from geo.prepared import Given, prepared
from geo.progress import Progress


def misfitting_pairs(
    shapes: Given, group: Positions | None = None, progress: Progress | None = None
) -> npt.NDArray[np.int64]:
    """Find the pairs of shapes that don't fit; all others have no land in common.

    Parameters
    ----------
    shapes
        Valid polygons of one or more parts, array of n.
    group
        Group of each shape: only pairs of one group are looked at, and none of a negative one;
        None for all pairs.
    progress
        Told the share done.

    Returns
    -------
    array of int
        Pairs of positions, first < second, k by 2; not sorted.

    Examples
    --------
    The second square fits to the first, the third lies over the second:

    >>> import shapely
    >>> squares = [shapely.box(x, 0, x + 10, 10) for x in (0, 10, 15)]
    >>> misfitting_pairs(np.array(squares)).tolist()
    [[1, 2]]
    """
    held = prepared(shapes)
    (rings, bounds), outlines = held.rings, held.outlines
    pairs = box_pairs(bounds, CONTACT_M)
    if group is not None:
        first = group[pairs[:, 0]]
        pairs = pairs[(first == group[pairs[:, 1]]) & (first >= 0)]
    found = np.zeros(len(pairs), dtype=bool)
    in_lots(
        len(pairs),
        PAIRS_AT_ONCE,
        lambda lot: misfits(outlines, rings.forward, pairs[lot], found[lot]),
        progress,
    )
    misfitting: npt.NDArray[np.int64] = pairs[found]
    return misfitting
