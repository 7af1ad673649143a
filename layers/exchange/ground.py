"""Where data should lie: the area a workspace's system is made for, and its units' outlines."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer

AREA_OF_USE_MARGIN_DEG = 1.5
"""Data may lie this far outside a system's area of use: half a 3-degree zone."""

SAMPLE = 2_000
"""Shapes looked at where many would tell the same."""

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Ground:
    """Where data of a workspace should lie.

    Attributes
    ----------
    target
        Projected system of the workspace.
    outlines
        The units of assessment as one shape in ``target``, None where none are held.
    edges
        Their borders, inner ones too, None where none are held.
    """

    target: CRS
    outlines: shapely.Geometry | None = None
    edges: shapely.Geometry | None = None

    def in_area(self, lon: Floats, lat: Floats) -> Flags:
        """Say which places lie in the area the workspace's system is made for, with its margin.

        Parameters
        ----------
        lon, lat
            Places [degrees], arrays of any one shape.

        Returns
        -------
        array of bool
            Same shape; False for what is no place.
        """
        west, south, east, north = -180.0, -90.0, 180.0, 90.0
        inside = within(lon, lat, west, south, east, north)
        area, m = self.target.area_of_use, AREA_OF_USE_MARGIN_DEG
        if area is not None:
            inside &= within(lon, lat, area.west - m, area.south - m, area.east + m, area.north + m)
        return inside

    def in_outlines(self, lon: Floats, lat: Floats) -> Flags:
        """Say which places lie within the units' outlines.

        Parameters
        ----------
        lon, lat
            Places [degrees], arrays of n.

        Returns
        -------
        array of bool
            False everywhere where no outlines are held.
        """
        if self.outlines is None:
            return np.zeros(len(lon), dtype=bool)
        carry = Transformer.from_crs(geographic(self.target), self.target, always_xy=True)
        x, y = carry.transform(lon, lat)
        good = np.isfinite(x) & np.isfinite(y)
        inside = np.zeros(len(lon), dtype=bool)
        inside[good] = shapely.contains_xy(self.outlines, np.asarray(x)[good], np.asarray(y)[good])
        return inside


def ground_of(target: CRS, units: gpd.GeoDataFrame | None) -> Ground:
    """Take the ground of a workspace from its layer of units.

    Parameters
    ----------
    target
        Projected system of the workspace.
    units
        Its layer ``units``, None where there is none.

    Returns
    -------
    Ground
        The ground.
    """
    if units is None or not len(units):
        return Ground(target)
    shapes = np.asarray(units.geometry.array, dtype=object)
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if not len(shapes):
        return Ground(target)
    outlines = shapely.union_all(shapely.make_valid(shapes))
    edges = shapely.multilinestrings(shapely.get_parts(shapely.boundary(shapes)))
    shapely.prepare([outlines, edges])
    return Ground(target, outlines, edges)


def middles(shapes: Objects, most: int = SAMPLE) -> Floats:
    """Take the middle of some shapes, evenly from first to last.

    Parameters
    ----------
    shapes
        Shapes, some perhaps missing.
    most
        How many at most.

    Returns
    -------
    array
        Middles of their bounds, n × 2 (x, y).
    """
    bounds = shapely.bounds(shapes)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if len(bounds) > most:
        bounds = bounds[np.linspace(0, len(bounds) - 1, most).astype(int)]
    return np.asarray((bounds[:, :2] + bounds[:, 2:]) / 2)


def lon_lat(x: Floats, y: Floats, crs: CRS, target: CRS) -> tuple[Floats, Floats]:
    """Turn numbers of a system into degrees, on the workspace's datum where it is the same.

    Parameters
    ----------
    x, y
        Numbers, x east and y north, arrays of any one shape.
    crs
        Their system.
    target
        System of the workspace.

    Returns
    -------
    lon, lat
        Places [degrees]; not finite where there is none.
    """
    if crs.is_geographic:
        return x, y
    carry = Transformer.from_crs(crs, geographic(target), always_xy=True)
    lon, lat = carry.transform(x, y)
    return np.asarray(lon), np.asarray(lat)


def geographic(crs: CRS) -> CRS:
    """Give the system in degrees that a system rests on."""
    return crs.geodetic_crs or crs


def within(x: Floats, y: Floats, west: float, south: float, east: float, north: float) -> Flags:
    """Say which places lie in a box, its edge included; what is no number lies in none."""
    with np.errstate(invalid="ignore"):
        return np.asarray((x >= west) & (x <= east) & (y >= south) & (y <= north))
