"""How large a shape is: ellipsoidal area (the one in every verdict), planar area beside it.

Shapes are in a projected system in metres (x east, y north); areas come out in m².
"""

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.crs import equal_area_transformer, require_projected

LONGEST_EDGE_M = 500.0
"""Longer edges are divided before projection: at this length an edge bends area by < 1e-9."""

Geometries = npt.NDArray[np.object_]


def ellipsoidal_area_m2(geometries: npt.ArrayLike, crs: CRS) -> npt.NDArray[np.float64]:
    """Measure shapes on the ellipsoid (椭球面积).

    Parameters
    ----------
    geometries
        Shapes, array of n, in ``crs``; missing shapes measure 0.
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
    The shape is carried into the cylindrical equal-area plane of the same ellipsoid. Against the
    geodesic polygon area (the trapezoid formula of 国土调查办发〔2008〕32号 gives the same) the
    difference is below 1e-9 of the area.

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
    dense = shapely.segmentize(shapes, LONGEST_EDGE_M)
    plane = shapely.transform(dense, transformer.transform, interleaved=False)
    return np.nan_to_num(np.asarray(shapely.area(plane), dtype=np.float64))


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
