"""Uniting the shapes of groups."""

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from geo.compiled import kernels_available
from geo.edges import Numbers, Shapes
from geo.gathering import gathered
from geo.overlaps import overlap_faces
from geo.overlay import areas_m2
from geo.prepared import Given, prepared
from geo.progress import Progress


def united(
    shapes: Given, group: npt.ArrayLike, count: int, progress: Progress | None = None
) -> Shapes:
    """Unite the shapes of each group.

    Parameters
    ----------
    shapes
        Valid polygons, array of n.
    group
        Group of each shape, 0 to ``count - 1``; a negative one leaves the shape out. Array of n.
    count
        Number of groups.
    progress
        Told the share done.

    Returns
    -------
    array of polygons
        The union of each group, empty for one without shapes; array of ``count``.

    Notes
    -----
    Most parcels share their edges corner by corner: such edges go, and what is left is the
    outline. Only parcels that touch or overlap otherwise are left to a general union.

    Examples
    --------
    >>> import shapely
    >>> squares = [shapely.box(x, 0, x + 10, 10) for x in (0, 10, 40)]
    >>> [round(shape.area) for shape in united(squares, [0, 0, 1], 2)]
    [200, 100]
    """
    held = prepared(shapes)
    of_group = np.asarray(group, dtype=np.intp)
    order = np.argsort(of_group, kind="stable")
    order = order[np.searchsorted(of_group[order], 0) :]
    if kernels_available():
        from geo.outlining import outlined

        return outlined(held, of_group, order, count, progress)
    return gathered(held.shapes[order], of_group[order], count, progress)


def united_area_m2(shapes: Given, group: npt.ArrayLike, count: int, crs: CRS) -> Numbers:
    """Measure the union of each group without uniting it.

    Parameters
    ----------
    shapes
        Valid polygons, array of n, in ``crs``.
    group
        Group of each shape, array of n.
    count
        Number of groups.
    crs
        Projected system in metres.

    Returns
    -------
    array of float
        Ellipsoidal area [m²], land covered twice counted once; array of ``count``.

    Examples
    --------
    Two squares overlap by half:

    >>> import shapely
    >>> squares = [shapely.box(5e5 + x, 34e5, 5e5 + x + 10, 34e5 + 10) for x in (0, 5)]
    >>> united_area_m2(squares, [0, 0], 1, CRS(4549)).round(1).tolist()
    [150.0]
    """
    held = prepared(shapes)
    label = np.asarray(group, dtype=np.intp)
    sums = np.bincount(label, areas_m2(held.shapes, crs), count).astype(np.float64)
    twice: Numbers = overlap_faces(held, crs).counted_twice_m2(label, count)
    return sums - twice
