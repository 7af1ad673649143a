"""How large a shape is: ellipsoidal area (the one in every verdict), planar area beside it.

Shapes are in a projected system in metres (x east, y north); areas come out in m².
"""

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer

from geo.crs import equal_area_transformer, require_projected

LONGEST_EDGE_M = 500.0
"""Longer edges are divided before projection."""

Geometries = npt.NDArray[np.object_]


def ellipsoidal_area_m2(geometries: npt.ArrayLike, crs: CRS) -> npt.NDArray[np.float64]:
    """Measure shapes on the ellipsoid (椭球面积).

    Parameters
    ----------
    geometries
        Shapes, array of n, in ``crs``; missing shapes, and those with a coordinate that
        is no number, measure 0.
    crs
        Projected system in metres.

    Returns
    -------
    array of float
        Area [m²], array of n, holes subtracted, never negative.

    Raises
    ------
    GeometryError
        ``crs_missing``, ``crs_not_projected``.

    Notes
    -----
    The shape is carried into the cylindrical equal-area plane of the same ellipsoid, where an edge
    that was straight is an arc: it is taken as the parabola through its ends and its middle.
    Against the geodesic polygon area along the same edges (the trapezoid formula of
    国土调查办发〔2008〕32号 gives the same) the difference is below 1e-9 of the area.

    Examples
    --------
    A square of 200 亩 at 120.75°E is 17 m² smaller on the ellipsoid than in the plane:

    >>> side = (200 * 2000 / 3) ** 0.5
    >>> square = shapely.box(571815.4, 3403497.8, 571815.4 + side, 3403497.8 + side)
    >>> float(shapely.area(square) - ellipsoidal_area_m2([square], CRS(4549))[0]).__round__()
    17
    """
    shapes: Geometries = np.asarray(geometries, dtype=object)
    transformer = equal_area_transformer(require_projected(crs))
    parts, of_shape = shapely.get_parts(shapes, return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    sound = np.isfinite(points).all(axis=1)
    points = np.where(sound[:, None], points, 0.0)
    areas = np.abs(_ring_areas_m2(points, ring, len(rings), transformer))
    is_hole = np.r_[False, np.diff(of_part) == 0][: len(rings)]
    areas[is_hole] *= -1
    totals = np.bincount(of_shape[of_part], areas, len(shapes)).astype(np.float64)
    totals[of_shape[of_part[ring[~sound]]]] = 0.0
    return totals


def _ring_areas_m2(
    points: npt.NDArray[np.float64],
    ring: npt.NDArray[np.intp],
    ring_count: int,
    transformer: Transformer,
) -> npt.NDArray[np.float64]:
    """Measure closed rings in the plane a transformation leads to: positive anticlockwise."""
    edge = np.flatnonzero(ring[1:] == ring[:-1])
    along = points[edge + 1] - points[edge]
    count = np.maximum(1, np.ceil(np.hypot(*along.T) / LONGEST_EDGE_M)).astype(np.intp)
    piece = np.repeat(np.arange(len(edge)), count)
    number = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)

    def placed(within: float) -> npt.NDArray[np.float64]:
        share = ((number + within) / count[piece])[:, None]
        place = points[edge][piece] + share * along[piece]
        return np.column_stack(transformer.transform(place[:, 0], place[:, 1]))

    # From its ring's first corner, so that no digits are lost in large coordinates.
    first = points[np.searchsorted(ring, np.arange(ring_count))]
    corner = np.column_stack(transformer.transform(first[:, 0], first[:, 1]))[ring[edge][piece]]
    start, middle, end = (placed(within) - corner for within in (0.0, 0.5, 1.0))
    arc = _cross(start, end) / 2 + _cross(middle - start, end - start) * 2 / 3
    return np.bincount(ring[edge][piece], arc, ring_count).astype(np.float64)


def _cross(one: npt.NDArray[np.float64], two: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]


def planar_area_m2(geometries: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Measure shapes in the plane of their own projection (平面面积).

    Parameters
    ----------
    geometries
        Shapes, array of n, in a projected system in metres.

    Returns
    -------
    array of float
        Area [m²], array of n.
    """
    shapes: Geometries = np.asarray(geometries, dtype=object)
    return np.nan_to_num(np.asarray(shapely.area(shapes), dtype=np.float64))
