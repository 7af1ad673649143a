"""Uniting the shapes of groups by the general union: slower than by outlines, and always right."""

import numpy as np
import shapely

from geo.edges import Positions, Shapes
from geo.lots import in_lots
from geo.progress import Progress

GROUPS_AT_ONCE = 256


def gathered(
    shapes: Shapes, group: Positions, count: int, progress: Progress | None = None
) -> Shapes:
    """Unite groups by the general union alone.

    Parameters
    ----------
    shapes
        Valid polygons, group by group; array of n.
    group
        Group of each shape.
    count
        Number of groups.
    progress
        Told the share done.

    Returns
    -------
    array of polygons
        The union of each group, empty for one without shapes; array of ``count``.
    """
    start = np.searchsorted(group, np.arange(count + 1))

    def one(lot: slice) -> Shapes:
        begin, end = start[lot.start], start[lot.stop]
        unions = np.empty(lot.stop - lot.start, dtype=object)
        unions[:] = shapely.Polygon()
        held, place = np.unique(group[begin:end] - lot.start, return_inverse=True)
        if len(held):
            bundles = shapely.geometrycollections(shapes[begin:end], indices=place)
            unions[held] = shapely.unary_union(bundles[:, None], axis=1)
        return unions

    lots = in_lots(count, GROUPS_AT_ONCE, one, progress)
    return np.concatenate([np.empty(0, dtype=object), *lots])
