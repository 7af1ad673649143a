"""Which coordinate systems the numbers of a file can be in, judged by the numbers alone.

Each reading that the ranges allow is tried: it fits where it puts the shapes onto the workspace's
ground. Numbers can't tell a datum (CGCS2000, Xian 80 and Beijing 54 lie about 100 m apart), and
eastings without zone number can't tell their central meridian; only the outlines of the units can.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pyproj import CRS

from layers.exchange.ground import Floats, Ground, lon_lat

Axis = Literal["xy", "yx"]
Kind = Literal["degrees", "zone3", "zone6", "bare", "web_mercator", "workspace"]

MOST_DEGREES = 180.0
EASTING_FROM_M, EASTING_TO_M = 100_000.0, 1_000_000.0
"""Six digits: no zone number stands before them."""
NORTHING_FROM_M, NORTHING_TO_M = 1_000_000.0, 10_000_000.0
"""Seven digits: north of 9° N."""
ZONES_3, ZONES_6 = range(25, 46), range(13, 24)
"""Numbers of the 3-degree zones (75° to 135° E) and of the 6-degree zones; none is both."""
FIRST_3_PREFIXED, FIRST_3_BARE, FIRST_6_PREFIXED = 4513, 4534, 4491
"""EPSG numbers of the first CGCS2000 zone of each family; the others follow."""
MERIDIANS = range(75, 136, 3)
CGCS2000_PLANES = range(FIRST_6_PREFIXED, FIRST_3_BARE + len(MERIDIANS))
WEB_X_FROM_M, WEB_X_TO_M = 8_000_000.0, 15_400_000.0
WEB_Y_FROM_M, WEB_Y_TO_M = 300_000.0, 7_300_000.0
"""Web Mercator between 72° and 138° E, 3° and 55° N."""
MODERN_SEMI_MAJOR_M = 6_378_137.0
"""Half axis of the ellipsoids of CGCS2000, WGS84 and their like, which agree within a metre."""
FITS_FROM = 0.5
"""A reading fits where it puts at least this share of the shapes onto the ground."""


@dataclass(frozen=True)
class Reading:
    """One way to understand a file's numbers.

    Attributes
    ----------
    kind
        What spoke for it: ``degrees``; ``zone3``, ``zone6`` by zone number; ``bare`` easting
        without zone number; ``web_mercator``; ``workspace``, the workspace's own system.
    crs
        The system.
    axis
        ``xy`` where the first number is east, ``yx`` where it is north.
    share
        Share of the shapes that it puts onto the ground, 0–1.
    by_outlines
        True where the ground was the units' outlines, False where only the area of use.
    is_elsewhere
        True where outlines are held and it puts the shapes beside them.
    """

    kind: Kind
    crs: CRS
    axis: Axis
    share: float
    by_outlines: bool
    is_elsewhere: bool = False

    @property
    def code(self) -> str:
        """What is typed after ``--crs``."""
        authority = self.crs.to_authority(min_confidence=70)
        return ":".join(authority) if authority else self.crs.to_wkt()

    @property
    def label(self) -> str:
        """Name it as it is typed, with the system's name and the share."""
        turned = " --axis yx" if self.axis == "yx" else ""
        return f"--crs {self.code}{turned} ({self.crs.name}, {self.share:.0%})"

    @property
    def rests_on_outlines(self) -> bool:
        """Whether the numbers alone leave open where on the earth they are."""
        return self.kind in {"bare", "workspace"}


def possible_readings(points: Floats, ground: Ground) -> tuple[Reading, ...]:
    """List every reading of some numbers that puts them onto the ground, the best first.

    Where none puts them into the units' outlines, those that put them into the area of use are
    listed; none of these is certain.

    Parameters
    ----------
    points
        Middles of shapes as they stand in the file, n × 2.
    ground
        Where the data should lie.

    Returns
    -------
    tuple of Reading
        Those that fit; of equal ones x-east before x-north, degrees and zones before bare metres.

    Examples
    --------
    An easting with zone number 40 in the second column:

    >>> from layers.exchange.ground import Ground
    >>> points = np.array([[3_403_497.8, 40_571_815.4]])
    >>> [reading.label for reading in possible_readings(points, Ground(CRS(4549)))]
    ['--crs EPSG:4528 --axis yx (CGCS2000 / 3-degree Gauss-Kruger zone 40, 100%)']
    """
    if not len(points):
        return ()
    axes: tuple[Axis, Axis] = ("xy", "yx")
    readings = []
    for axis in axes:
        x, y = in_order(points, axis)
        for kind, crs in _candidates(float(np.median(x)), float(np.median(y)), ground.target):
            share, by_outlines = fit_of(x, y, crs, ground)
            if share >= FITS_FROM:
                readings.append(Reading(kind, crs, axis, share, by_outlines))
    if not readings and ground.outlines is not None:
        elsewhere = possible_readings(points, Ground(ground.target))
        return tuple(dataclasses.replace(one, is_elsewhere=True) for one in elsewhere)
    return tuple(sorted(readings, key=lambda reading: (-reading.share, reading.rests_on_outlines)))


def certain_reading(readings: tuple[Reading, ...]) -> Reading | None:
    """Give the one reading that fits, None where several do or the numbers leave it open.

    Parameters
    ----------
    readings
        What ``possible_readings`` found.

    Returns
    -------
    Reading or None
        The only one, where the outlines or the numbers themselves say where it lies.
    """
    if len(readings) != 1 or readings[0].is_elsewhere:
        return None
    only = readings[0]
    return only if only.by_outlines or not only.rests_on_outlines else None


def in_order(points: Floats, axis: Axis) -> tuple[Floats, Floats]:
    """Give eastings and northings of points whose first number is one or the other."""
    first, second = points[:, 0], points[:, 1]
    return (first, second) if axis == "xy" else (second, first)


def fit_of(x: Floats, y: Floats, crs: CRS, ground: Ground) -> tuple[float, bool]:
    """Say what share of places a system puts onto the ground.

    Parameters
    ----------
    x, y
        Numbers, x east and y north, arrays of n.
    crs
        The system tried.
    ground
        Where the data should lie.

    Returns
    -------
    share, by_outlines
        Share within the units' outlines, or, where none are held, in the area of use.
    """
    lon, lat = lon_lat(x, y, crs, ground.target)
    if ground.outlines is None:
        return float(ground.in_area(lon, lat).mean()), False
    return float(ground.in_outlines(lon, lat).mean()), True


def _candidates(x: float, y: float, target: CRS) -> Iterator[tuple[Kind, CRS]]:
    """Go through the systems that numbers of this size can be in."""
    if abs(x) <= MOST_DEGREES and abs(y) <= MOST_DEGREES:
        if x > y:  # anywhere in China the longitude is the larger
            yield "degrees", _degrees(target)
        return
    if not is_modern(target):
        yield "workspace", target
        return
    if WEB_X_FROM_M <= x < WEB_X_TO_M and WEB_Y_FROM_M <= y < WEB_Y_TO_M:
        yield "web_mercator", CRS(3857)
    if NORTHING_FROM_M <= y < NORTHING_TO_M:
        yield from _gauss_kruger(x)
    if target.to_epsg() not in CGCS2000_PLANES:
        yield "workspace", target


def _gauss_kruger(x: float) -> Iterator[tuple[Kind, CRS]]:
    zone, easting = divmod(x, 1_000_000.0)
    if EASTING_FROM_M <= x < EASTING_TO_M:
        for position, _ in enumerate(MERIDIANS):
            yield "bare", CRS(FIRST_3_BARE + position)
    elif easting >= EASTING_FROM_M:
        if zone in ZONES_3:
            yield "zone3", CRS(FIRST_3_PREFIXED + int(zone) - ZONES_3.start)
        if zone in ZONES_6:
            yield "zone6", CRS(FIRST_6_PREFIXED + int(zone) - ZONES_6.start)


def _degrees(target: CRS) -> CRS:
    return CRS(4490) if is_modern(target) else (target.geodetic_crs or target)


def is_modern(crs: CRS) -> bool:
    """Say whether a system rests on an ellipsoid like that of CGCS2000."""
    ellipsoid = crs.ellipsoid
    return ellipsoid is not None and ellipsoid.semi_major_metre == MODERN_SEMI_MAJOR_M
