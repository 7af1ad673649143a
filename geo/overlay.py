"""How much of each shape lies inside zones. Areas are ellipsoidal, in m²."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.arrays import Floats, Positions, Shapes
from geo.crs import require_projected
from geo.measure import ellipsoidal_area_m2, planar_area_m2
from geo.tools import Progress, kernels_available
from geo.units import RELATIVE_TOLERANCE

CUT_SHAPES = 1_000
"""Fewer shapes are cut sooner than the compiled kernels are loaded."""


@dataclass(frozen=True)
class ZoneShares:
    """Which part of each shape lies in which zone; one row for every pair with land in common.

    ``of_shape, of_zone``: Positions of shape and zone, sorted by shape, then zone.
    ``area_m2``: Ellipsoidal area of the shape inside the zone [m²].
    ``share``: The same as a share of the shape, 0-1.
    ``whole_m2``: Ellipsoidal area of each shape [m²], array of n shapes.
    """

    of_shape: Positions
    of_zone: Positions
    area_m2: Floats
    share: Floats
    whole_m2: Floats


def intersecting_pairs(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[Positions, Positions]:
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
    shapes_array: Shapes = np.asarray(first, dtype=object)
    tree = shapely.STRtree(np.asarray(second, dtype=object))
    pairs = tree.query(shapes_array, predicate="intersects")
    order = np.lexsort((pairs[1], pairs[0]))
    return pairs[0][order], pairs[1][order]


def common_area_m2(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    of_first: npt.ArrayLike,
    of_second: npt.ArrayLike,
    crs: CRS | None,
) -> Floats:
    """Measure the land that pairs of polygons have in common, without cutting them.

    Parameters
    ----------
    first, second
        Valid polygons of one or more parts, arrays of n and m, in ``crs``; missing shapes, lines
        and points have no land. Where sizes differ, the larger belong into ``second``.
    of_first, of_second
        Positions of each pair, arrays of k; their boxes need not meet.
    crs
        Projected system in metres, for ellipsoidal areas; None for areas in the plane.

    Returns
    -------
    array of float
        Area [m²], array of k, in the order of the pairs, never negative.

    Raises
    ------
    GeometryError
        ``crs_not_projected``.

    Examples
    --------
    Two squares that share a quarter, and two that share a side:

    >>> squares = [shapely.box(x, y, x + 10, y + 10) for x, y in ((0, 0), (5, 5), (10, 0))]
    >>> common_area_m2(squares, squares, [0, 0], [1, 2], None).tolist()
    [25.0, 0.0]
    """
    shapes_array: Shapes = np.asarray(first, dtype=object)
    others: Shapes = np.asarray(second, dtype=object)
    index, other = np.asarray(of_first, dtype=np.intp), np.asarray(of_second, dtype=np.intp)
    if crs is not None:
        require_projected(crs)
    if kernels_available():
        from geo.kernels.areas import Laid, parts_of_pairs

        used, place = np.unique(other, return_inverse=True)
        areas = parts_of_pairs(shapes_array, Laid.out(others[used]), index, place, crs)
        return np.maximum(areas, 0.0)
    return _measured(shapely.intersection(shapes_array[index], others[other]), crs)


def areas_m2(shapes: npt.ArrayLike, crs: CRS | None) -> Floats:
    """Measure many shapes on the ellipsoid by their moments in the plane, which is fast.

    Parameters
    ----------
    shapes
        Valid polygons of one or more parts, array of n, in ``crs``; what is no land measures 0.
    crs
        Projected system in metres; None for areas in the plane.

    Returns
    -------
    array of float
        Area [m²], array of n: within 1e-9 that of ``geo.measure.ellipsoidal_area_m2``.

    Raises
    ------
    GeometryError
        ``crs_not_projected``.
    """
    shapes_array: Shapes = np.asarray(shapes, dtype=object)
    if crs is not None:
        require_projected(crs)
    if kernels_available():
        from geo.kernels.areas import whole_areas_m2

        return whole_areas_m2(shapes_array, crs)
    return _measured(shapes_array, crs)


def zone_shares(
    shapes: npt.ArrayLike, zones: npt.ArrayLike, crs: CRS | None, progress: Progress | None = None
) -> ZoneShares:
    """Measure the part of each shape inside each zone.

    Parameters
    ----------
    shapes, zones
        Valid polygons of one or more parts, arrays of n and m, in ``crs``; missing shapes, lines
        and points have no land. Zones may overlap: then each has its own share.
    crs
        Projected system in metres, for ellipsoidal areas; None for areas in the plane.
    progress
        Told the share done.

    Returns
    -------
    ZoneShares
        A row for every pair with land in common. Where zones tile a shape, its shares sum to 1.

    Raises
    ------
    GeometryError
        ``crs_not_projected``.

    Notes
    -----
    What is less than 1e-9 of the smaller of the two is no land, as in every comparison.

    Examples
    --------
    A fifth of a square lies in the west, the rest in the east:

    >>> square = shapely.box(5e5, 34e5, 500100, 3400100)
    >>> west, east = shapely.box(4e5, 33e5, 500020, 35e5), shapely.box(500020, 33e5, 6e5, 35e5)
    >>> zone_shares([square], [west, east], CRS(4549)).share.round(6).tolist()
    [0.2, 0.8]
    """
    shapes_array: Shapes = np.asarray(shapes, dtype=object)
    many: Shapes = np.asarray(zones, dtype=object)
    if crs is not None:
        require_projected(crs)
    if kernels_available():
        from geo.kernels.areas import Laid, parts_of_all

        laid = Laid.out(many)
        parts = parts_of_all(shapes_array, laid, crs, progress)
        of_shape, of_zone, area, whole = parts.first, parts.second, parts.area_m2, parts.whole_m2
    else:
        of_shape, of_zone, area, whole = _cut_and_measured(shapes_array, many, crs)
    return _shares_of_land(of_shape, of_zone, area, whole, many)


def _cut_and_measured(
    shapes: Shapes, zones: Shapes, crs: CRS | None
) -> tuple[Positions, Positions, Floats, Floats]:
    """Return the pairs, the area of each shape in each zone, and the whole area [m²]."""
    of_shape, of_zone = intersecting_pairs(shapes, zones)
    area = _measured(_cut(shapes, zones, of_shape, of_zone), crs)
    return of_shape, of_zone, area, _measured(shapes, crs)


def _shares_of_land(
    of_shape: Positions, of_zone: Positions, area: Floats, whole: Floats, zones: Shapes
) -> ZoneShares:
    """Return the pairs that have more in common than rounding."""
    least = np.minimum(whole[of_shape], planar_area_m2(zones)[of_zone])
    land = np.flatnonzero(area > RELATIVE_TOLERANCE * least)
    land = land[np.lexsort((of_zone[land], of_shape[land]))]
    of_shape, of_zone, area = of_shape[land], of_zone[land], area[land]
    share = np.minimum(area / whole[of_shape], 1.0)
    return ZoneShares(of_shape, of_zone, area, share, whole)


def _measured(shapes: Shapes, crs: CRS | None) -> Floats:
    if not len(shapes):
        return np.empty(0)
    return planar_area_m2(shapes) if crs is None else ellipsoidal_area_m2(shapes, crs)


def _cut(shapes: Shapes, zones: Shapes, of_shape: Positions, of_zone: Positions) -> Shapes:
    """Cut out the part of each shape in each zone; shapes inside stay whole."""
    pieces: Shapes = shapes[of_shape]
    shapely.prepare(zones)
    crossing = ~shapely.covers(zones[of_zone], pieces)
    pieces[crossing] = shapely.intersection(pieces[crossing], zones[of_zone[crossing]])
    return pieces


def area_inside_m2(shapes: npt.ArrayLike, zones: npt.ArrayLike, crs: CRS) -> Floats:
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
    shapes_array: Shapes = np.asarray(shapes, dtype=object)
    many: Shapes = np.asarray(zones, dtype=object)
    total = np.zeros(len(shapes_array))
    near = np.unique(shapely.STRtree(many).query(shapes_array)[0])
    if len(near) < len(shapes_array):
        if len(near):
            total[near] = area_inside_m2(shapes_array[near], many, crs)
        return total
    if len(shapes_array) <= CUT_SHAPES:
        rows = _shares_of_land(*_cut_and_measured(shapes_array, many, crs), many)
    else:
        rows = zone_shares(shapes_array, many, crs)
    if not len(rows.of_shape):
        return total
    share = np.bincount(rows.of_shape, rows.share, len(shapes_array))
    share[rows.of_shape[rows.share >= 1 - RELATIVE_TOLERANCE / 1000]] = 1.0
    tangled = _overlapping(many, np.unique(rows.of_zone))[rows.of_zone]
    twice = np.bincount(rows.of_shape[tangled], minlength=len(shapes_array)) > 1
    twice &= share != 1.0
    once = (share > 0) & ~twice
    total[once] = ellipsoidal_area_m2(shapes_array[once], crs) * np.minimum(share[once], 1.0)
    if twice.any():
        of_shape, of_zone = (side[twice[rows.of_shape]] for side in (rows.of_shape, rows.of_zone))
        pieces = shapely.intersection(shapes_array[of_shape], many[of_zone])
        starts = np.flatnonzero(np.diff(of_shape, prepend=-1))
        unions = [shapely.union_all(some) for some in np.split(pieces, starts[1:])]
        total[of_shape[starts]] = ellipsoidal_area_m2(unions, crs)
    return total


def _overlapping(zones: Shapes, used: Positions) -> npt.NDArray[np.bool_]:
    """Say which of the zones used share land with another of them."""
    shares = np.zeros(len(zones), dtype=bool)
    some = zones[used]
    first, second = shapely.STRtree(some).query(some, predicate="intersects")
    first, second = first[first < second], second[first < second]
    land = shapely.relate_pattern(some[first], some[second], "T********")
    shares[used[first[land]]] = True
    shares[used[second[land]]] = True
    return shares
