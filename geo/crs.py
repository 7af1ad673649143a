"""Which coordinate systems can be measured in, and how shapes are carried between them.

Inside the product x is east and y is north, always.
"""

from functools import lru_cache

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geo.errors import GeometryError


def parse_crs(text: str) -> CRS:
    """Read a coordinate system from what a person types (``EPSG:4549``, WKT, a number).

    Parameters
    ----------
    text
        The name of the coordinate system.

    Returns
    -------
    CRS
        The coordinate system.

    Raises
    ------
    GeometryError
        ``crs_unknown`` where the text names none.
    """
    try:
        return CRS.from_user_input(int(text) if text.isdigit() else text)
    except CRSError as error:
        raise GeometryError("crs_unknown", crs=text) from error


def require_projected(crs: CRS | None) -> CRS:
    """Pass on a projected coordinate system in metres, refuse any other.

    Parameters
    ----------
    crs
        The system of the data, None where the data have none.

    Returns
    -------
    CRS
        The same system.

    Raises
    ------
    GeometryError
        ``crs_missing`` or ``crs_not_projected``.
    """
    if crs is None:
        raise GeometryError("crs_missing")
    unit = crs.axis_info[0].unit_name if crs.axis_info else ""
    if not crs.is_projected or unit not in {"metre", "meter"}:
        raise GeometryError("crs_not_projected", crs=crs_label(crs))
    return crs


def crs_label(crs: CRS) -> str:
    """Name a coordinate system the way planners write it.

    Parameters
    ----------
    crs
        Any coordinate system.

    Returns
    -------
    str
        ``EPSG:4549 (CGCS2000 / 3-degree Gauss-Kruger CM 120E)``, or the bare name.

    Examples
    --------
    >>> crs_label(CRS(4490))
    'EPSG:4490 (China Geodetic Coordinate System 2000)'
    """
    authority = crs.to_authority(min_confidence=70)
    return f"{':'.join(authority)} ({crs.name})" if authority else str(crs.name)


def same_crs(first: CRS, second: CRS) -> bool:
    """Say whether two systems put the same numbers at the same place, axis order aside.

    Parameters
    ----------
    first, second
        Coordinate systems.

    Returns
    -------
    bool
        True where no transformation is needed.
    """
    return bool(first.equals(second, ignore_axis_order=True))


@lru_cache(maxsize=8)  # making one takes 20 ms, as long as measuring thousands of parcels
def equal_area_transformer(crs: CRS) -> Transformer:
    """Make the transformation into the equal-area plane of the same ellipsoid.

    Areas in that plane are ellipsoidal areas.

    Parameters
    ----------
    crs
        Projected system of the shapes.

    Returns
    -------
    Transformer
        From ``crs`` (x east, y north) to a cylindrical equal-area plane [m].
    """
    ellipsoid = crs.ellipsoid
    if ellipsoid is None:
        raise GeometryError("crs_not_projected", crs=crs_label(crs))
    plane = CRS.from_dict(
        {
            "proj": "cea",
            "a": ellipsoid.semi_major_metre,
            "rf": ellipsoid.inverse_flattening or np.inf,
            "units": "m",
        }
    )
    return Transformer.from_crs(crs, plane, always_xy=True)
