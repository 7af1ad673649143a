"""How wide narrow shapes are, to a millimetre: the largest circle that fits into them."""

import numpy as np
import numpy.typing as npt
import shapely

from geo.edges import Numbers, Shapes

CLOSE_M = 1e-3
"""Widths are found to this [m]."""

ROUND_M = 1e-8
"""Coordinates of ten million metres are exact to this [m]."""


def circle_fits(shapes: npt.ArrayLike, diameter_m: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Say into which shapes a circle fits.

    Parameters
    ----------
    shapes
        Valid polygons, array of n, in a projected system.
    diameter_m
        Diameter of the circle, above 0: one for all, or one for each [m].

    Returns
    -------
    array of bool
        True where it fits, array of n.

    Examples
    --------
    >>> circle_fits([shapely.box(0, 0, 3, 9)] * 2, [2.9, 3.1]).tolist()
    [True, False]
    """
    ones: Shapes = np.asarray(shapes, dtype=object)
    radius = np.broadcast_to(np.asarray(diameter_m, dtype=np.float64) / 2, len(ones))
    left = shapely.buffer(ones, -radius)
    fits: npt.NDArray[np.bool_] = ~shapely.is_empty(left)
    # An outline moved a little too far may come out turned inside out: its land is too near.
    middle = shapely.point_on_surface(left[fits])
    fits[fits] = shapely.distance(middle, shapely.boundary(ones[fits])) >= radius[fits] - ROUND_M
    return fits


def inscribed_width_m(shapes: npt.ArrayLike) -> Numbers:
    """Measure how wide narrow shapes are at their widest (最大内切圆直径), to a millimetre.

    Parameters
    ----------
    shapes
        Valid polygons with an area, array of n, in a projected system.

    Returns
    -------
    array of float
        Diameter of the largest circle inside [m], array of n; to 1 % where the outline is bent.

    Notes
    -----
    Between 2A/P and 2√(A/π), A the area and P the perimeter, the width at which nothing is left
    when the outline is moved inwards by half of it. For narrow shapes this is quicker and more
    exact than a search for the circle's centre.

    Examples
    --------
    >>> inscribed_width_m([shapely.box(0, 0, 0.5, 100)]).round(2).tolist()
    [0.5]
    """
    ones: Shapes = np.asarray(shapes, dtype=object)
    area = shapely.area(ones)
    low, high = 2 * area / shapely.length(ones), 2 * np.sqrt(area / np.pi)
    while len(ones) and (high - low).max() > CLOSE_M:
        some = np.flatnonzero(high - low > CLOSE_M)
        middle = (low[some] + high[some]) / 2
        fits = circle_fits(ones[some], middle)
        low[some[fits]], high[some[~fits]] = middle[fits], middle[~fits]
    widths: Numbers = np.round((low + high) / 2, 3)
    return widths
