"""Cutting a piece of a given size off a shape, along its frontage."""

import numpy as np
import shapely
from scipy.optimize import brentq

PRECISE = 1e-12
"""Share of the extent to which the place of a cut is found."""

Direction = tuple[float, float]


def frontage_direction(
    shape: shapely.Geometry, roads: shapely.Geometry, beside_m: float
) -> Direction | None:
    """Find the way that the frontage of a shape runs.

    Parameters
    ----------
    shape
        Polygon in a projected system.
    roads
        Roads, as one geometry of the same system.
    beside_m
        Boundary this near to a road is frontage [m].

    Returns
    -------
    tuple of float or None
        Unit vector along most of the frontage; None where there is none. Opposite ways are one.

    Examples
    --------
    >>> road = shapely.LineString([(-50, -5), (150, -5)])
    >>> along = frontage_direction(shapely.box(0, 0, 100, 60), road, 6.0)
    >>> [abs(round(part, 6)) for part in along]
    [1.0, 0.0]
    """
    near = shapely.buffer(roads, beside_m, cap_style="flat")
    return _main_direction(shapely.intersection(shapely.boundary(shape), near))


def long_side_direction(shape: shapely.Geometry) -> Direction:
    """Find the way of the long side of the narrowest rectangle around a shape.

    Parameters
    ----------
    shape
        Polygon in a projected system.

    Returns
    -------
    tuple of float
        Unit vector.

    Examples
    --------
    >>> along = long_side_direction(shapely.box(0, 0, 100, 60))
    >>> [abs(round(part, 6)) for part in along]
    [1.0, 0.0]
    """
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shape))
    sides = np.diff(corners[:3], axis=0)
    lengths = np.hypot(*sides.T)
    along = sides[lengths.argmax()] / lengths.max()
    return float(along[0]), float(along[1])


def sliced(
    shape: shapely.Geometry, along: Direction, area_m2: float
) -> tuple[shapely.Geometry, shapely.Geometry]:
    """Cut a piece of a given area off a shape, square to a direction, from where it begins.

    Parameters
    ----------
    shape
        Polygon in a projected system.
    along
        Unit vector; the piece is at the near end. The opposite vector gives the other end.
    area_m2
        Planar area of the piece [m²], more than 0 and less than the shape's.

    Returns
    -------
    tuple of shapes
        The piece and the rest; of several parts where the shape bends.

    Raises
    ------
    ValueError
        The area is not between 0 and that of the shape.

    Examples
    --------
    >>> piece, rest = sliced(shapely.box(0, 0, 100, 60), (1.0, 0.0), 1500)
    >>> [round(edge, 6) for edge in piece.bounds], round(rest.area)
    ([0.0, 0.0, 25.0, 60.0], 4500)
    """
    if not 0 < area_m2 < shape.area:
        raise ValueError(f"cannot cut {area_m2} m² off {shape.area} m²")
    turn = np.array([[along[0], along[1]], [-along[1], along[0]]])
    origin = shapely.get_coordinates(shape).mean(axis=0)
    turned = shapely.transform(shape, lambda points: (points - origin) @ turn.T)
    west, south, east, north = turned.bounds

    def spare(at: float) -> float:
        window = shapely.box(west - 1, south - 1, at, north + 1)
        return float(shapely.intersection(turned, window).area) - area_m2

    at = brentq(spare, west, east, xtol=(east - west) * PRECISE, rtol=1e-15)
    window = shapely.box(west - 1, south - 1, at, north + 1)
    parts = shapely.intersection(turned, window), shapely.difference(turned, window)
    piece, rest = (shapely.transform(part, lambda points: points @ turn + origin) for part in parts)
    return piece, rest


def _main_direction(lines: shapely.Geometry) -> Direction | None:
    """Average the ways of lines by length; angles are doubled, so that opposite ways are one."""
    sides = [np.diff(shapely.get_coordinates(part), axis=0) for part in shapely.get_parts(lines)]
    every = np.concatenate([np.empty((0, 2)), *sides])
    length = np.hypot(*every.T)
    angle = np.arctan2(every[:, 1], every[:, 0])
    east, north = (length * np.cos(2 * angle)).sum(), (length * np.sin(2 * angle)).sum()
    if length.sum() <= 0 or np.hypot(east, north) <= 1e-9 * length.sum():
        return None
    main = np.arctan2(north, east) / 2
    return float(np.cos(main)), float(np.sin(main))
