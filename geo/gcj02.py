"""The shift of Chinese web maps (GCJ-02, BD-09) against CGCS2000, and its exact inverse.

Neither is a survey datum: data in them lie about half a kilometre (GCJ-02) or more than one
(BD-09) away. The forward formula is public; the inverse is found by fixed-point iteration. CGCS2000
and WGS84 count as equal here.
"""

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from geo.arrays import Floats

Pair = tuple[Floats, Floats]
"""Longitudes and latitudes [degrees], arrays of n."""

SEMI_MAJOR_M = 6_378_245.0
ECCENTRICITY_SQUARED = 0.00669342162296594323
ORIGIN_LON, ORIGIN_LAT = 105.0, 35.0
WEST, EAST, SOUTH, NORTH = 72.004, 137.8347, 0.8293, 55.8271
"""Outside this box around China the maps aren't shifted."""

BAIDU_LON, BAIDU_LAT = 0.0065, 0.006
BAIDU_TURN = np.pi * 3000.0 / 180.0

LAST_STEP_DEG = 1e-11
"""Iteration ends where its step is below this (a micrometre)."""
MOST_STEPS = 30


def to_gcj02(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Shift places as Chinese web maps do.

    ``lon, lat``: Places in CGCS2000 or WGS84 [degrees], arrays of n.

    The same places in GCJ-02 [degrees]; unchanged outside the box around China.

    >>> lon, lat = to_gcj02([120.75], [30.75])
    >>> round(float(lon[0]), 7), round(float(lat[0]), 7)
    (120.7543206, 30.7477025)
    """
    east, north = _arrays(lon, lat)
    x, y = east - ORIGIN_LON, north - ORIGIN_LAT
    turns = np.radians(north)
    bend = 1 - ECCENTRICITY_SQUARED * np.sin(turns) ** 2
    meridian = SEMI_MAJOR_M * (1 - ECCENTRICITY_SQUARED) / bend**1.5
    parallel = SEMI_MAJOR_M / np.sqrt(bend) * np.cos(turns)
    inside = (east >= WEST) & (east <= EAST) & (north >= SOUTH) & (north <= NORTH)
    with np.errstate(divide="ignore", invalid="ignore"):
        d_lon = np.degrees(_east_m(x, y) / parallel)
        d_lat = np.degrees(_north_m(x, y) / meridian)
    return east + np.where(inside, d_lon, 0.0), north + np.where(inside, d_lat, 0.0)


def to_bd09(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Shift places as Baidu's maps do: GCJ-02 and a second offset.

    ``lon, lat``: Places in CGCS2000 or WGS84 [degrees], arrays of n.

    The same places in BD-09 [degrees].

    >>> lon, lat = to_bd09([120.75], [30.75])
    >>> round(float(lon[0]), 7), round(float(lat[0]), 7)
    (120.7608605, 30.7536262)
    """
    x, y = to_gcj02(lon, lat)
    radius = np.hypot(x, y) + 2e-5 * np.sin(y * BAIDU_TURN)
    angle = np.arctan2(y, x) + 3e-6 * np.cos(x * BAIDU_TURN)
    return radius * np.cos(angle) + BAIDU_LON, radius * np.sin(angle) + BAIDU_LAT


def from_gcj02(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Take the shift of Chinese web maps away.

    ``lon, lat``: Places in GCJ-02 [degrees], arrays of n.

    The places in CGCS2000 [degrees], which ``to_gcj02`` carries back to within a millimetre.

    >>> lon, lat = from_gcj02(*to_gcj02([121.02], [30.68]))
    >>> round(float(lon[0]), 9), round(float(lat[0]), 9)
    (121.02, 30.68)
    """
    return _inverse(to_gcj02, lon, lat)


def from_bd09(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Take the shift of Baidu's maps away.

    ``lon, lat``: Places in BD-09 [degrees], arrays of n.

    The places in CGCS2000 [degrees].
    """
    return _inverse(to_bd09, lon, lat)


UNSHIFT: MappingProxyType[str, Callable[[npt.ArrayLike, npt.ArrayLike], Pair]] = MappingProxyType(
    {"gcj02": from_gcj02, "bd09": from_bd09}
)
"""How each shift is taken away, by its name."""


def _arrays(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _inverse(
    forward: Callable[[npt.ArrayLike, npt.ArrayLike], Pair], lon: npt.ArrayLike, lat: npt.ArrayLike
) -> Pair:
    wanted_lon, wanted_lat = _arrays(lon, lat)
    x, y = wanted_lon.copy(), wanted_lat.copy()
    for _ in range(MOST_STEPS):
        there_lon, there_lat = forward(x, y)
        step_lon, step_lat = there_lon - wanted_lon, there_lat - wanted_lat
        x, y = x - step_lon, y - step_lat
        largest = np.nanmax(np.abs([step_lon, step_lat]), initial=0.0)
        if not largest > LAST_STEP_DEG:
            break
    return x, y


def _waves(of: Floats, terms: tuple[tuple[float, float], ...]) -> Floats:
    """Add up sine waves: (amplitude [m], times π)."""
    total: Floats = np.zeros_like(of)
    for amplitude, turn in terms:
        total = total + amplitude * np.sin(of * turn * np.pi)
    return total * 2.0 / 3.0


def _east_m(x: Floats, y: Floats) -> Floats:
    plain: Floats = 300 + x + 2 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    return plain + _waves(
        x, ((20, 6), (20, 2), (20, 1), (40, 1 / 3), (150, 1 / 12), (300, 1 / 30))
    )  # fmt: skip


def _north_m(x: Floats, y: Floats) -> Floats:
    plain: Floats = -100 + 2 * x + 3 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    waves = _waves(x, ((20, 6), (20, 2)))
    return plain + waves + _waves(y, ((20, 1), (40, 1 / 3), (160, 1 / 12), (320, 1 / 30)))
