"""How long a line is on the ellipsoid."""

import numpy as np
import numpy.typing as npt
from pyproj import Geod

CGCS2000 = Geod(a=6378137.0, rf=298.257222101)


def geodesic_length_m(degrees: npt.ArrayLike) -> float:
    """Measure a line along the shortest ways between its corners.

    Parameters
    ----------
    degrees
        Longitude and latitude of its corners [degrees, CGCS2000], array of n by 2.

    Returns
    -------
    float
        Length [m], 0 for fewer than two corners.

    Examples
    --------
    One degree of the equator is a 360th of its circumference:

    >>> round(geodesic_length_m([(120.0, 0.0), (121.0, 0.0)]), 3)
    111319.491
    """
    corners = np.asarray(degrees, dtype=np.float64).reshape(-1, 2)
    if len(corners) < 2:
        return 0.0
    return float(CGCS2000.line_length(corners[:, 0], corners[:, 1]))
