"""Polygons as the kernels read them."""

import numpy as np
import numpy.typing as npt
import shapely

from geo.arrays import Floats, Shapes
from geo.kernels.edges import Outlines, Rings, edges_of_rings, land_to_the_right, run_boxes

POLYGON = 3
"""Shapely's number for polygons of one part."""


def rings_of(shapes: Shapes) -> tuple[Rings, Floats]:
    """Take polygons apart into their rings.

    ``shapes``: Valid polygons of one or more parts, array of n; what is no land (missing and
      empty shapes, lines, coordinates that are no number) has no rings.

    Rings of all shapes, in their order, and the box of each: west, south, east, north, n by 4; NaN
    where there is no ring.
    """
    if (shapely.get_type_id(shapes) == POLYGON).all():
        parts, of_shape = shapes, np.arange(len(shapes))
    else:
        parts, of_shape = _polygons_in(shapes)
    if shapely.get_num_interior_rings(parts).any():
        rings, of_part = shapely.get_rings(parts, return_index=True)
        hole = np.diff(of_part, prepend=-1) == 0
        of_shape = of_shape[of_part]
    else:
        rings, hole = parts, np.zeros(len(parts), dtype=bool)
    points = shapely.get_coordinates(rings)
    if not np.isfinite(points.sum()):
        return rings_of(_with_numbers(shapes))
    corner = np.zeros(len(rings) + 1, dtype=np.int64)
    np.cumsum(shapely.get_num_coordinates(rings), out=corner[1:])
    first = np.searchsorted(of_shape, np.arange(len(shapes) + 1)).astype(np.int64)
    x, y = np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1])
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    bounds[np.diff(first) == 0] = np.nan
    return Rings(x, y, corner, land_to_the_right(x, y, corner, hole), first), bounds


def _with_numbers(shapes: Shapes) -> Shapes:
    """Leave out the shapes with a coordinate that is no number."""
    points, of_shape = shapely.get_coordinates(shapes, return_index=True)
    sound = shapes.copy()
    sound[of_shape[~np.isfinite(points).all(axis=1)]] = None
    return sound


def _polygons_in(shapes: Shapes) -> tuple[Shapes, npt.NDArray[np.intp]]:
    """Give the polygons in shapes, collections opened, and the shape of each."""
    parts, of_shape = shapely.get_parts(shapes, return_index=True)
    while (shapely.get_type_id(parts) > POLYGON).any():
        parts, of_part = shapely.get_parts(parts, return_index=True)
        of_shape = of_shape[of_part]
    solid = (shapely.get_type_id(parts) == POLYGON) & ~shapely.is_empty(parts)
    return parts[solid], of_shape[solid]


PAIRS_AT_ONCE = 8_192
"""Work is given to the processors in batches of this many pairs; between two it can be ended."""


def outlines_of_rings(rings: Rings, bounds: Floats) -> Outlines:
    """Take rings apart into their edges.

    ``rings``: Rings of n shapes.
    ``bounds``: West, south, east, north of each shape, n by 4 [m].

    Their edges, in the order of the shapes.
    """
    x, y, dx, dy, length, ring, offset, ring_length = edges_of_rings(rings)
    return Outlines(
        x, y, dx, dy, length, ring, offset, ring_length, bounds, *run_boxes(x, y, dx, dy, offset)
    )
