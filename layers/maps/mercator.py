"""Where a web-map tile lies, and where a longitude and latitude lie on it.

The plane is Web Mercator (EPSG:3857), x east and y north; it is for the screen only and never
touches a measured number.
"""

import math
from dataclasses import dataclass

HALF_WORLD_M = math.pi * 6378137.0
"""Half the side of the Web Mercator square [m of that plane]."""
TILE_PX = 256
MAX_ZOOM = 20


@dataclass(frozen=True)
class Window:
    """A square of the plane on a square of pixels.

    Attributes
    ----------
    west, north
        Its upper left corner [m, EPSG:3857].
    side_m
        Its side [m, EPSG:3857].
    side_px
        Its side [pixels].
    """

    west: float
    north: float
    side_m: float
    side_px: int

    @property
    def px_per_m(self) -> float:
        """Pixels to a metre of the plane."""
        return self.side_px / self.side_m

    def box(self, margin_px: float) -> tuple[float, float, float, float]:
        """Give west, south, east, north [m] of the window and a margin around it."""
        margin_m = margin_px / self.px_per_m
        return (
            self.west - margin_m,
            self.north - self.side_m - margin_m,
            self.west + self.side_m + margin_m,
            self.north + margin_m,
        )


def tile_window(z: int, x: int, y: int, side_px: int = TILE_PX) -> Window | None:
    """Find where a tile lies.

    Parameters
    ----------
    z, x, y
        Zoom, column from the west, row from the north.
    side_px
        Pixels it is painted on.

    Returns
    -------
    Window or None
        None where there is no such tile.

    Examples
    --------
    >>> window = tile_window(1, 1, 0)
    >>> window.west, round(window.north), round(window.side_m)
    (0.0, 20037508, 20037508)
    >>> tile_window(1, 2, 0) is None
    True
    """
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        return None
    side_m = 2 * HALF_WORLD_M / 2**z
    return Window(x * side_m - HALF_WORLD_M, HALF_WORLD_M - y * side_m, side_m, side_px)


def to_mercator(lon: float, lat: float) -> tuple[float, float]:
    """Carry a place into the plane of the tiles.

    Parameters
    ----------
    lon, lat
        Longitude and latitude [degrees, CGCS2000 or WGS 84].

    Returns
    -------
    x, y
        East and north [m, EPSG:3857].

    Examples
    --------
    >>> x, y = to_mercator(90.0, 0.0)
    >>> round(x), round(y)
    (10018754, 0)
    """
    limit = math.radians(min(max(lat, -85.0511), 85.0511))
    return (
        HALF_WORLD_M * lon / 180,
        HALF_WORLD_M / math.pi * math.log(math.tan(math.pi / 4 + limit / 2)),
    )


def to_lon_lat(x: float, y: float) -> tuple[float, float]:
    """Carry a place of the plane back to longitude and latitude.

    Parameters
    ----------
    x, y
        East and north [m, EPSG:3857].

    Returns
    -------
    lon, lat
        Longitude and latitude [degrees].

    Examples
    --------
    >>> lon, lat = to_lon_lat(*to_mercator(120.75, 30.75))
    >>> round(lon, 9), round(lat, 9)
    (120.75, 30.75)
    """
    return (
        180 * x / HALF_WORLD_M,
        math.degrees(2 * math.atan(math.exp(math.pi * y / HALF_WORLD_M)) - math.pi / 2),
    )


def zoom_for(bounds: tuple[float, float, float, float], side_px: int) -> int:
    """Find the zoom at which an extent fills a map.

    Parameters
    ----------
    bounds
        West, south, east, north [degrees].
    side_px
        Shorter side of the map [px].

    Returns
    -------
    int
        The deepest zoom at which the extent takes at most two thirds of the side, 17 at most.

    Examples
    --------
    >>> zoom_for((-45.0, -1.0, 45.0, 1.0), 384)
    2
    """
    (west, south), (east, north) = to_mercator(*bounds[:2]), to_mercator(*bounds[2:])
    extent_m = max(east - west, north - south, 1.0)
    deepest = math.log2(2 * HALF_WORLD_M / TILE_PX * (side_px * 2 / 3) / extent_m)
    return min(max(math.floor(deepest + 1e-9), 0), 17)


def metres_per_pixel(zoom: float) -> float:
    """Give the metres of the plane that one screen pixel covers at a zoom."""
    return float(2 * HALF_WORLD_M / 2**zoom / TILE_PX)
