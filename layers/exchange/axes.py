"""Which of two numbers is the northing and which the easting, told by how large they are."""

from typing import Literal

import numpy as np
import numpy.typing as npt

Order = Literal["north_east", "east_north", "lat_lon", "lon_lat"]
Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

ORDERS: tuple[Order, ...] = ("north_east", "east_north", "lat_lon", "lon_lat")

ZONE_WIDTH_M = 1_000_000
"""An easting with its zone in front is this many times the zone larger."""

_NORTHINGS_M = (1_900_000.0, 6_100_000.0)
_EASTINGS_M = (100_000.0, 900_000.0)
_ZONES = (13, 45)
_LONGITUDES = (73.0, 136.0)
_LATITUDES = (3.0, 54.0)


def orders_of(first: Numbers, second: Numbers) -> npt.NDArray[np.int8]:
    """Tell for each pair of numbers which is which, by the ranges that China's land takes.

    Northings have 7 digits, eastings 6 or (zone in front) 8, longitudes are above 73° and
    latitudes below 54°: no number of one kind can be one of the other.

    Parameters
    ----------
    first, second
        Numbers as they stand in a file, arrays of n [m or degrees].

    Returns
    -------
    array of n
        Position in ``ORDERS``; -1 where the numbers fit none, such as those of a local system.

    Examples
    --------
    >>> orders_of(np.array([3_403_497.8, 120.75, 10.0]), np.array([40_571_815.4, 30.75, 20.0]))
    array([ 0,  3, -1], dtype=int8)
    """
    orders = np.full(len(first), -1, dtype=np.int8)
    orders[_is_northing(first) & is_easting(second)] = 0
    orders[is_easting(first) & _is_northing(second)] = 1
    orders[_within(first, _LATITUDES) & _within(second, _LONGITUDES)] = 2
    orders[_within(first, _LONGITUDES) & _within(second, _LATITUDES)] = 3
    return orders


def is_easting(values: Numbers) -> Flags:
    """Say which numbers can be eastings [m], with a zone in front or without."""
    zones = zones_of(values)
    return (zones >= 0) & _within(values - zones * ZONE_WIDTH_M, _EASTINGS_M)


def zones_of(eastings: Numbers) -> npt.NDArray[np.int64]:
    """Give the zone that stands in front of eastings.

    Parameters
    ----------
    eastings
        Eastings [m], array of n.

    Returns
    -------
    array of n
        13–23 for zones of 6°, 25–45 for those of 3°, 0 where none stands in front, -1 where the
        number is no easting.

    Examples
    --------
    >>> zones_of(np.array([40_571_815.4, 571_815.4, 3_403_497.8]))
    array([40,  0, -1])
    """
    known = np.nan_to_num(eastings, nan=-1.0, posinf=-1.0, neginf=-1.0)
    millions = np.clip(np.floor_divide(known, ZONE_WIDTH_M), -1, _ZONES[1] + 1)
    zones = millions.astype(np.int64)
    return np.where((zones == 0) | ((zones >= _ZONES[0]) & (zones <= _ZONES[1])), zones, -1)


def _is_northing(values: Numbers) -> Flags:
    return _within(values, _NORTHINGS_M)


def _within(values: Numbers, limits: tuple[float, float]) -> Flags:
    with np.errstate(invalid="ignore"):
        return np.asarray((values >= limits[0]) & (values <= limits[1]))
