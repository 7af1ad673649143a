"""The step from an older datum (Xian 80, Beijing 54) to CGCS2000 by seven stated parameters.

The parameters aren't public and differ from place to place: the planner states them, or the step
isn't made.
"""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer

from geo.errors import GeometryError

Degrees = npt.NDArray[np.float64]

FARTHEST_SHIFT_M = 1_000.0
"""Between the datums in use in China places move by tens to some hundreds of metres; parameters
that move them farther are mistyped, or in other units."""


@dataclass(frozen=True)
class SevenParameters:
    """Parameters of a Bursa-Wolf step (布尔莎七参数), from the older datum to the newer.

    Attributes
    ----------
    dx, dy, dz
        Shift of the origin [m].
    rx, ry, rz
        Rotations of the axes [arc seconds]: of the *frame* (EPSG method 9607), as Chinese survey
        offices and the header of 勘测定界 files state them.
    ds
        Change of scale [parts per million].
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
    lon: Degrees, lat: Degrees, source: CRS, target: CRS, parameters: SevenParameters
) -> tuple[Degrees, Degrees]:
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


def _ellipsoid(crs: CRS) -> str:
    ellipsoid = crs.ellipsoid
    if ellipsoid is None:
        raise GeometryError("crs_unknown", crs=crs.name)
    return f"+a={ellipsoid.semi_major_metre!r} +rf={ellipsoid.inverse_flattening!r}"
