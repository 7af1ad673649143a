"""Land held together by strips narrower than a width, and the pieces it falls into."""

from functools import partial

import numpy as np
import shapely

from geo.arrays import Flags, Shapes
from geo.errors import GeometryError
from geo.limits import MAX_NECK_TESTS
from geo.shape import EXACT_M, MANY_HOLES, filled, is_polygonal
from geo.tools import Progress, awaited, batches, report, within

QUARTER_SEGMENTS = 16
"""Sides by which a quarter of a circle is drawn."""
AT_ONCE = 2_000
"""So many outlines are worked on between two tellings of progress."""


def parted_regions(
    shape: shapely.Geometry, width_m: float, gap_m: float = 0.0, progress: Progress | None = None
) -> Shapes:
    """Divide a shape where strips narrower than a width hold it together.

    Parameters
    ----------
    shape
        Polygon or multi-polygon in a projected system.
    width_m
        Least width of what holds together [m].
    gap_m
        Gaps between its parts up to this wide count as filled [m]: bridged land is one shape.
    progress
        Told the share done.

    Returns
    -------
    array of polygons
        The shape itself, its gaps filled, where nothing parts it; else one region for each piece,
        largest first, which cover it and overlap nowhere. A strip goes to the piece it borders
        most: no land is lost.

    Raises
    ------
    GeometryError
        ``necks_too_many``: so many pieces of so long an outline (``geo.limits.MAX_NECK_TESTS``).

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
    whole = awaited(lambda: filled([shape], gap_m)[0], within(progress, 0.0, 0.2))
    eroded = _moved(whole, -(width_m / 2 - EXACT_M), within(progress, 0.2, 0.5))
    cores = _polygons(eroded)
    if len(cores) < 2:
        return np.array([whole], dtype=object)
    corners = int(shapely.get_num_coordinates(whole))
    if len(cores) * corners > MAX_NECK_TESTS:
        raise GeometryError(
            "necks_too_many", width_m=width_m, pieces=len(cores), corners=corners,
            limit=MAX_NECK_TESTS,
        )  # fmt: skip
    cores = cores[np.lexsort((*shapely.bounds(cores).T, -shapely.area(cores)))]
    regions = _apart(_taken_back(cores, whole, width_m / 2, within(progress, 0.5, 0.8)))
    report(progress, 0.8)
    strips = _polygons(shapely.difference(whole, shapely.union_all(regions)))
    return _with_strips(regions, strips, within(progress, 0.8, 1.0))


def _taken_back(
    cores: Shapes, whole: shapely.Geometry, reach_m: float, progress: Progress | None
) -> Shapes:
    """Give each piece the land around it that erosion took."""
    taken = np.empty(len(cores), dtype=object)
    at_once = max(1, AT_ONCE * 1_000 // shapely.get_num_coordinates(whole))
    for batch in batches(len(cores), at_once, progress):
        grown = np.array([_moved(core, reach_m) for core in cores[batch]], dtype=object)
        taken[batch] = shapely.intersection(grown, whole)
    return taken


def _apart(pieces: Shapes) -> Shapes:
    """Leave land that several pieces take to the first of them."""
    later, earlier = shapely.STRtree(pieces).query(pieces, predicate="intersects")
    is_before = earlier < later
    later, earlier = later[is_before], earlier[is_before]
    apart = pieces.copy()
    for place in np.unique(later):
        before = shapely.union_all(pieces[np.sort(earlier[later == place])])
        apart[place] = shapely.difference(pieces[place], before)
    return apart


def _with_strips(regions: Shapes, strips: Shapes, progress: Progress | None) -> Shapes:
    """Give each strip to the region it borders most."""
    tree = shapely.STRtree(regions)
    owner = np.zeros(len(strips), dtype=np.intp)
    edges = shapely.boundary(strips)
    for batch in batches(len(strips), AT_ONCE, progress):
        for place in range(batch.start, batch.stop):
            near = np.sort(tree.query(strips[place]))
            shared = shapely.length(shapely.intersection(edges[place], regions[near]))
            if len(near):
                owner[place] = near[int(np.argmax(shared))]
    whole = regions.copy()
    for place in np.unique(owner):
        whole[place] = shapely.union_all([regions[place], *strips[owner == place]])
    return whole


def _moved(
    shape: shapely.Geometry, distance_m: float, progress: Progress | None = None
) -> shapely.Geometry:
    """Move the outline of a shape outwards, or inwards.

    Where it has many holes, outline and holes are moved each by itself, which is the same: the
    library's time to move an outline grows with the square of its rings.
    """
    parts = shapely.get_parts(shape)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    if len(rings) - len(parts) <= MANY_HOLES:
        return shapely.buffer(shape, distance_m, quad_segs=QUARTER_SEGMENTS)
    is_outer: Flags = np.concatenate([[True], of_part[1:] != of_part[:-1]])
    solids = shapely.polygons(rings)
    moved = np.empty(len(rings), dtype=object)
    for batch in batches(len(rings), AT_ONCE, within(progress, 0.0, 0.4)):
        distances = np.where(is_outer[batch], distance_m, -distance_m)
        moved[batch] = shapely.buffer(solids[batch], distances, quad_segs=QUARTER_SEGMENTS)
    outers, holes, of_hole = moved[is_outer], moved[~is_outer], of_part[~is_outer]
    for part, outer in enumerate(outers):
        gone = _joined(holes[of_hole == part], progress)
        last = within(progress, 0.9, 1.0)
        outers[part] = awaited(partial(shapely.difference, outer, gone), last)
    if len(outers) == 1:
        return outers[0]
    return awaited(lambda: shapely.union_all(outers), within(progress, 0.9, 1.0))


def _joined(shapes: Shapes, progress: Progress | None) -> shapely.Geometry:
    """Join shapes, some at a time; what meets nothing else by then needs no further joining."""
    joined = [
        shapely.union_all(shapes[batch])
        for batch in batches(len(shapes), AT_ONCE, within(progress, 0.4, 0.9))
    ]
    parts = shapely.get_parts(joined)
    first, second = shapely.STRtree(parts).query(parts, predicate="intersects")
    meets = np.zeros(len(parts), dtype=bool)
    meets[first[first != second]] = True
    met = awaited(lambda: shapely.union_all(parts[meets]), within(progress, 0.9, 1.0))
    return shapely.multipolygons([*parts[~meets], *_polygons(met)])


def _polygons(shape: shapely.Geometry) -> Shapes:
    parts = shapely.get_parts(np.array([shape], dtype=object))
    polygons: Shapes = parts[is_polygonal(parts) & ~shapely.is_empty(parts)]
    return polygons
