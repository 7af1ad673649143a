"""What a piece of land is like: how wide, how compact, how long its frontage is."""

import numpy as np
import numpy.typing as npt
import shapely

from geo.edges import Numbers, Shapes

EXACT_M = 1e-6
"""A width or gap of exactly the number given counts as that wide [m]."""

CLOSE_M = 0.05
"""The largest inscribed circle is found to this [m]."""


def filled(shapes: npt.ArrayLike, gap_m: float) -> Shapes:
    """Fill the gaps of shapes up to a width: bridged land is one shape.

    Parameters
    ----------
    shapes
        Polygons and multi-polygons, array of n, in a projected system.
    gap_m
        Widest gap filled [m].

    Returns
    -------
    array of polygons
        The shapes with what was filled.
    """
    ones: Shapes = np.asarray(shapes, dtype=object)
    if gap_m <= 0:
        return ones
    half = gap_m / 2 + EXACT_M
    closed = shapely.buffer(shapely.buffer(ones, half, join_style="mitre"), -half,
                            join_style="mitre")  # fmt: skip
    return solid(shapely.union(ones, closed))


def solid(shapes: Shapes) -> Shapes:
    """Keep the polygons of shapes that hold lines and points beside them.

    Parameters
    ----------
    shapes
        Any shapes, array of n.

    Returns
    -------
    array of shapes
        Collections become multi-polygons; the others stay as they are.

    Examples
    --------
    >>> mixed = shapely.from_wkt("GEOMETRYCOLLECTION (POINT (9 9), POLYGON ((0 0, 1 0, 0 1, 0 0)))")
    >>> solid(np.array([mixed]))[0].geom_type
    'MultiPolygon'
    """
    found = shapes.copy()
    mixed = shapely.get_type_id(found) == shapely.GeometryType.GEOMETRYCOLLECTION
    for place in np.flatnonzero(mixed):
        pieces = shapely.get_parts(found[place])
        found[place] = shapely.multipolygons(pieces[shapely.get_dimensions(pieces) == 2])
    return found


def width_m(shapes: npt.ArrayLike) -> Numbers:
    """Measure how wide shapes are: the diameter of the largest circle inside (最大内切圆直径).

    Parameters
    ----------
    shapes
        Polygons and multi-polygons, array of n, in a projected system.

    Returns
    -------
    array of float
        Diameter [m], to 0.1 m; array of n, missing for empty shapes.

    Examples
    --------
    >>> width_m([shapely.box(0, 0, 30, 80)]).round(0).tolist()
    [30.0]
    """
    ones = solid(np.asarray(shapes, dtype=object))
    found = np.full(len(ones), np.nan)
    filling = np.flatnonzero(shapely.area(ones) > 0)
    circles = shapely.maximum_inscribed_circle(ones[filling], CLOSE_M)
    found[filling] = 2 * shapely.length(circles)
    return found


def compactness(shapes: npt.ArrayLike) -> Numbers:
    """Say how compact shapes are: 4πA/P² (Polsby–Popper), 1 for a circle, 0.785 for a square.

    Parameters
    ----------
    shapes
        Polygons and multi-polygons, array of n, in a projected system.

    Returns
    -------
    array of float
        0 to 1, array of n, missing for empty shapes.

    Examples
    --------
    >>> compactness([shapely.box(0, 0, 10, 10)]).round(3).tolist()
    [0.785]
    """
    ones: Shapes = np.asarray(shapes, dtype=object)
    around = shapely.length(ones)
    with np.errstate(invalid="ignore", divide="ignore"):
        share: Numbers = np.where(around > 0, 4 * np.pi * shapely.area(ones) / around**2, np.nan)
    return share


def frontage_m(shapes: npt.ArrayLike, roads: npt.ArrayLike, beside_m: float) -> Numbers:
    """Measure the boundary of shapes that lies beside roads.

    Parameters
    ----------
    shapes
        Polygons and multi-polygons, array of n, in a projected system.
    roads
        Lines or polygons, array of m.
    beside_m
        How near boundary must lie [m].

    Returns
    -------
    array of float
        Length [m], array of n; boundary beside two roads counts once.

    Examples
    --------
    >>> road = shapely.LineString([(-50, -5), (150, -5)])
    >>> frontage_m([shapely.box(0, 0, 100, 60)], [road], 5.0).round(6).tolist()
    [100.0]
    """
    ones: Shapes = np.asarray(shapes, dtype=object)
    others: Shapes = np.asarray(roads, dtype=object)
    length = np.zeros(len(ones))
    shape, road = shapely.STRtree(others).query(ones, predicate="dwithin", distance=beside_m)
    wide = shapely.buffer(others[road], beside_m)
    edges = shapely.boundary(ones)
    for place in np.unique(shape):
        near = shapely.union_all(wide[shape == place])
        length[place] = shapely.length(shapely.intersection(edges[place], near))
    return length
