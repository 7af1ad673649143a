"""Where a shape is held together by a strip narrower than a width, and what it falls into there."""

import numpy as np
import shapely

from geo.edges import Shapes
from geo.shape import EXACT_M, filled


def parted_regions(shape: shapely.Geometry, width_m: float, gap_m: float = 0.0) -> Shapes:
    """Divide a shape where strips narrower than a width hold it together.

    Parameters
    ----------
    shape
        Polygon or multi-polygon in a projected system.
    width_m
        Least width of what holds together [m].
    gap_m
        Gaps between its parts up to this wide count as filled [m]: bridged land is one shape.

    Returns
    -------
    array of polygons
        The shape itself, its gaps filled, where nothing parts it; else one region for each piece,
        largest first, which cover it and overlap nowhere. A strip goes to the piece it borders
        most: no land is lost.

    Notes
    -----
    Morphological opening: what is left after eroding by half the width are the pieces; dilated by
    as much again, each takes its land back.

    Examples
    --------
    Two squares of 60 m held together by a strip 9 m wide:

    >>> squares = [shapely.box(0, 0, 60, 60), shapely.box(100, 0, 160, 60)]
    >>> dumb_bell = shapely.union_all([*squares, shapely.box(60, 20, 100, 29)])
    >>> len(parted_regions(dumb_bell, 10)), len(parted_regions(dumb_bell, 9))
    (2, 1)
    """
    whole = filled([shape], gap_m)[0]
    cores = _polygons(shapely.buffer(whole, -(width_m / 2 - EXACT_M), quad_segs=16))
    if len(cores) < 2:
        return np.array([whole], dtype=object)
    cores = cores[np.lexsort((*shapely.bounds(cores).T, -shapely.area(cores)))]
    taken, regions = shapely.Polygon(), []
    for core in cores:
        own = shapely.intersection(shapely.buffer(core, width_m / 2, quad_segs=16), whole)
        own = shapely.difference(own, taken)
        taken = shapely.union(taken, own)
        regions.append(own)
    for strip in _polygons(shapely.difference(whole, taken)):
        edge = shapely.boundary(strip)
        shared = [shapely.length(shapely.intersection(edge, region)) for region in regions]
        place = int(np.argmax(shared))
        regions[place] = shapely.union(regions[place], strip)
    return np.array(regions, dtype=object)


def _polygons(shape: shapely.Geometry) -> Shapes:
    parts = shapely.get_parts(np.array([shape], dtype=object))
    polygons: Shapes = parts[(shapely.get_dimensions(parts) == 2) & ~shapely.is_empty(parts)]
    return polygons
