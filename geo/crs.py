"""Coordinate systems and datums."""

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geo.arrays import Floats
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


@lru_cache(maxsize=32)  # making one takes some milliseconds, and a recognition asks for dozens
def transformer(source: CRS, target: CRS) -> Transformer:
    """Make the transformation between two systems, x east and y north in both.

    ``source, target``: Coordinate systems.

    What carries coordinates of the first into the second.
    """
    return Transformer.from_crs(source, target, always_xy=True)


@lru_cache(maxsize=8)  # making one takes 20 ms, as long as measuring thousands of parcels
def equal_area_transformer(crs: CRS) -> Transformer:
    """Make the transformation into the equal-area plane of the same ellipsoid.

    Areas in that plane are ellipsoidal areas.

    ``crs``: Projected system of the shapes.

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


FARTHEST_SHIFT_M = 1_000.0
"""Between the datums in use in China places move by tens to some hundreds of metres; parameters
that move them farther are mistyped, or in other units."""


@dataclass(frozen=True)
class SevenParameters:
    """Parameters of a Bursa-Wolf step (布尔莎七参数), from the older datum to the newer.

    ``dx, dy, dz``: Shift of the origin [m].
    ``rx, ry, rz``: Rotations of the axes [arc seconds]: of the *frame* (EPSG method 9607), as
      Chinese survey offices and the header of 勘测定界 files state them.
    ``ds``: Change of scale [parts per million].
    """

    dx: float
    dy: float
    dz: float
    rx: float
    ry: float
    rz: float
    ds: float

    @property
    def text(self) -> str:
        """The parameters as they are typed."""
        numbers = (self.dx, self.dy, self.dz, self.rx, self.ry, self.rz, self.ds)
        return ",".join(f"{number:.12g}" for number in numbers)


def parse_parameters(text: str) -> SevenParameters:
    """Read seven parameters as a person types them.

    Parameters
    ----------
    text
        ``dx,dy,dz,rx,ry,rz,ds``: metres, arc seconds, parts per million.

    Returns
    -------
    SevenParameters
        The parameters.

    Raises
    ------
    GeometryError
        ``datum_parameters_bad``.

    Examples
    --------
    >>> parse_parameters("-15.4, 158.2，82.1,0.3,-0.2,0.1,1.5").dz
    82.1
    """
    parts = re.split(r"[,，]", text)
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != 7 or not np.isfinite(numbers).all():
        raise GeometryError("datum_parameters_bad", datum=text)
    return SevenParameters(*numbers)


def change_datum(
    lon: Floats, lat: Floats, source: CRS, target: CRS, parameters: SevenParameters
) -> tuple[Floats, Floats]:
    """Carry places from one datum to another; their heights are taken as 0.

    Parameters
    ----------
    lon, lat
        Places on the datum of ``source`` [degrees], arrays of n.
    source, target
        Systems whose ellipsoids are used.
    parameters
        The step.

    Returns
    -------
    lon, lat
        The places on the datum of ``target`` [degrees].

    Raises
    ------
    GeometryError
        ``datum_parameters_wild`` where the places would move by more than a kilometre.
    """
    p = parameters
    step = Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=cart {_ellipsoid(source)} "
        f"+step +proj=helmert +x={p.dx!r} +y={p.dy!r} +z={p.dz!r} +rx={p.rx!r} +ry={p.ry!r} "
        f"+rz={p.rz!r} +s={p.ds!r} +convention=coordinate_frame "
        f"+step +inv +proj=cart {_ellipsoid(target)} "
        "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    moved = step.transform(lon, lat, np.zeros_like(lon))
    new_lon, new_lat = np.asarray(moved[0]), np.asarray(moved[1])
    east_m = (new_lon - lon) * 111_320.0 * np.cos(np.radians(lat))
    farthest = float(np.nanmax(np.hypot(east_m, (new_lat - lat) * 110_574.0), initial=0.0))
    if not farthest <= FARTHEST_SHIFT_M:
        raise GeometryError("datum_parameters_wild", datum=p.text, shift_m=farthest)
    return new_lon, new_lat


MODERN_SEMI_MAJOR_M = 6_378_137.0
"""Half axis of the ellipsoids of CGCS2000, WGS84 and their like, which agree within a metre."""


def is_modern(crs: CRS) -> bool:
    """Say whether a system rests on an ellipsoid like that of CGCS2000.

    Parameters
    ----------
    crs
        Any system.

    Returns
    -------
    bool
        True where its semi-major axis is that of CGCS2000 and WGS84.
    """
    ellipsoid = crs.ellipsoid
    return ellipsoid is not None and ellipsoid.semi_major_metre == MODERN_SEMI_MAJOR_M


def _ellipsoid(crs: CRS) -> str:
    ellipsoid = crs.ellipsoid
    if ellipsoid is None:
        raise GeometryError("crs_unknown", crs=crs.name)
    return f"+a={ellipsoid.semi_major_metre!r} +rf={ellipsoid.inverse_flattening!r}"
