"""How much of each shape lies inside zones. Areas are ellipsoidal, in m²."""

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2


def intersecting_pairs(
    first: npt.ArrayLike, second: npt.ArrayLike
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Find which shapes of one array meet which of another.

    Parameters
    ----------
    first, second
        Shapes, arrays of n and m, in one projected system; missing shapes meet nothing.

    Returns
    -------
    of_first, of_second
        Positions of the pairs, sorted by the first.
    """
    ones: npt.NDArray[np.object_] = np.asarray(first, dtype=object)
    tree = shapely.STRtree(np.asarray(second, dtype=object))
    pairs = tree.query(ones, predicate="intersects")
    order = np.lexsort((pairs[1], pairs[0]))
    return pairs[0][order], pairs[1][order]


def area_inside_m2(
    shapes: npt.ArrayLike, zones: npt.ArrayLike, crs: CRS
) -> npt.NDArray[np.float64]:
    """Measure the part of each shape inside the zones taken together.

    Parameters
    ----------
    shapes
        Polygons, array of n, in ``crs``; missing shapes measure 0.
    zones
        Polygons, array of m, in ``crs``; where two zones overlap, land counts once.
    crs
        Projected system in metres.

    Returns
    -------
    array of float
        Area inside any zone [m²], array of n.

    Examples
    --------
    Half of a square lies in the zone, and a second zone over the same half changes nothing:

    >>> square, half = shapely.box(5e5, 34e5, 500100, 3400100), shapely.box(5e5, 34e5, 500050, 35e5)
    >>> inside = area_inside_m2([square], [half, half], CRS(4549))
    >>> float(inside[0] / ellipsoidal_area_m2([square], CRS(4549))[0]).__round__(6)
    0.5
    """
    ones: npt.NDArray[np.object_] = np.asarray(shapes, dtype=object)
    many: npt.NDArray[np.object_] = np.asarray(zones, dtype=object)
    total = np.zeros(len(ones))
    of_shape, of_zone = intersecting_pairs(ones, many)
    if not len(of_shape):
        return total
    shapely.prepare(many)
    whole = shapely.covers(many[of_zone], ones[of_shape])
    inside = np.unique(of_shape[whole])
    total[inside] = ellipsoidal_area_m2(ones[inside], crs)
    cut = ~np.isin(of_shape, inside)
    if cut.any():
        pieces = shapely.intersection(ones[of_shape[cut]], many[of_zone[cut]])
        starts = np.flatnonzero(np.r_[True, np.diff(of_shape[cut]) > 0])
        ends = np.r_[starts[1:], cut.sum()]
        joined = [
            pieces[a] if b - a == 1 else shapely.union_all(pieces[a:b])
            for a, b in zip(starts, ends, strict=True)
        ]
        total[of_shape[cut][starts]] = ellipsoidal_area_m2(joined, crs)
    return total
