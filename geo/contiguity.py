"""Which shapes are neighbours, and which hang together: by gap and facing edge.

Two shapes are neighbours at gap g when, in both directions, the length of one's boundary lying
within g of the other is at least ``min_edge + 2 g``. A bare corner contact shows 2 g of such
boundary at any g, so it never becomes an edge. A gap is bridged only where the shortest way across
it meets no obstacle. Shapes are in a projected system in metres.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.errors import GeometryError

Shapes = npt.NDArray[np.object_]
Positions = npt.NDArray[np.intp]

SURVEY_RESOLUTION_M = 1e-6
"""A gap of exactly g counts as within g: a micrometre is below any survey's resolution."""

QUADRANT_SEGMENTS = 16
"""Arcs of a reach are inscribed, so a corner contact can only be under-estimated."""

MANY_CORNERS = 24
"""Shapes of more corners are cut to the window of their pair before any exact work."""

PIECE_M = 0.25
"""Facing boundary beside an obstacle is examined in pieces of at most this length."""

PIECES_AT_ONCE = 128
"""Pieces examined before asking whether enough free boundary has been found."""


@dataclass(frozen=True)
class NeighbourRule:
    """When two shapes count as neighbours.

    Attributes
    ----------
    gap_m
        Largest gap that may be bridged [m], 0 to 50.
    min_edge_m
        Least facing edge [m], above 0: a point is no edge.

    Raises
    ------
    GeometryError
        ``gap_out_of_range``, ``min_edge_out_of_range``.
    """

    gap_m: float = 2.0
    min_edge_m: float = 5.0

    def __post_init__(self) -> None:
        if not 0 <= self.gap_m <= 50:
            raise GeometryError("gap_out_of_range", gap_m=self.gap_m)
        if not 0.1 <= self.min_edge_m <= 1000:
            raise GeometryError("min_edge_out_of_range", min_edge_m=self.min_edge_m)

    @property
    def least_facing_m(self) -> float:
        """Facing boundary that each of two neighbours must show [m]."""
        return self.min_edge_m + 2 * self.gap_m


@dataclass(frozen=True)
class Obstacles:
    """What a gap may not be bridged over.

    Attributes
    ----------
    cutting
        Lines and polygons that part two shapes even where these touch (roads, rivers).
    covering
        Polygons that a bridged gap may not lie in (other parcels, blocking constraints).
    owner
        For each of ``covering`` the position of the shape that it is itself, -1 for none: a shape
        is no obstacle to its own neighbourhood.
    """

    cutting: Shapes
    covering: Shapes
    owner: Positions


class _Barred:
    """All obstacles under one index, made once per search."""

    def __init__(self, obstacles: Obstacles) -> None:
        cutting = len(obstacles.cutting)
        self.things = np.concatenate([obstacles.cutting, obstacles.covering])
        self.is_cutting = np.arange(len(self.things)) < cutting
        self.owner = np.concatenate([np.full(cutting, -1, np.intp), obstacles.owner])
        self.tree = shapely.STRtree(self.things)

    def shadows(self, facing: Shapes, reach: float) -> tuple[Positions, Positions, Shapes]:
        """Give the stretches of boundary from which an obstacle lies within the reach."""
        of_facing, of_thing = self.tree.query(facing, predicate="dwithin", distance=reach)
        local = _cut_to(self.things[of_thing], shapely.bounds(facing[of_facing]), 2 * reach)
        # A little wider than the reach, because arcs of a buffer are inscribed.
        wide = shapely.buffer(local, reach * 1.05, quad_segs=4)
        return of_facing, of_thing, shapely.intersection(facing[of_facing], wide)


NO_OBSTACLES = Obstacles(np.empty(0, object), np.empty(0, object), np.empty(0, np.intp))


def single_parts(shapes: npt.ArrayLike) -> tuple[Shapes, Positions, Positions]:
    """Take multi-part shapes by their parts: parts that lie apart are not contiguous.

    Parameters
    ----------
    shapes
        Polygons and multi-polygons, array of n.

    Returns
    -------
    parts
        Polygons, array of m >= n.
    of_shape
        Position of the shape each part belongs to, array of m.
    number
        Number of the part in its shape from 1, 0 for the only part; array of m.
    """
    ones: Shapes = np.asarray(shapes, dtype=object)
    parts, of_shape = shapely.get_parts(ones, return_index=True)
    counts = np.bincount(of_shape, minlength=len(ones))
    first = np.cumsum(counts) - counts
    number = np.arange(len(parts)) - first[of_shape] + 1
    return parts, of_shape, np.where(counts[of_shape] == 1, 0, number)


def neighbour_pairs(
    polygons: npt.ArrayLike, rule: NeighbourRule, obstacles: Obstacles = NO_OBSTACLES
) -> tuple[Positions, Positions]:
    """Find every pair of neighbours.

    Parameters
    ----------
    polygons
        Valid polygons of one part each, array of n.
    rule
        Gap and facing edge.
    obstacles
        What a gap may not be bridged over.

    Returns
    -------
    first, second
        Positions of the pairs, ``first < second``, sorted.

    Examples
    --------
    Two squares share an edge, a third touches the second only at a corner:

    >>> squares = [shapely.box(0, 0, 9, 9), shapely.box(9, 0, 18, 9), shapely.box(18, 9, 27, 18)]
    >>> [ends.tolist() for ends in neighbour_pairs(squares, NeighbourRule(2, 5))]
    [[0], [1]]
    """
    shapes: Shapes = np.asarray(polygons, dtype=object)
    barred = _Barred(obstacles)
    first, second = _near_pairs(shapes, rule.gap_m)
    for _ in range(2):  # the rule must hold in both directions
        keep = _faces(shapes, first, second, rule, barred)
        first, second = second[keep], first[keep]
    order = np.lexsort((second, first))
    return first[order], second[order]


def component_labels(count: int, first: Positions, second: Positions) -> Positions:
    """Label the groups of shapes that hang together.

    Parameters
    ----------
    count
        Number of shapes.
    first, second
        Pairs of neighbours.

    Returns
    -------
    array of int
        Label of each shape's group, array of ``count``.
    """
    links = coo_array((np.ones(len(first)), (first, second)), shape=(count, count))
    labels: Positions = connected_components(links, directed=False)[1].astype(np.intp)
    return labels


def _near_pairs(shapes: Shapes, gap_m: float) -> tuple[Positions, Positions]:
    tree = shapely.STRtree(shapes)
    distance = gap_m + SURVEY_RESOLUTION_M
    first, second = tree.query(shapes, predicate="dwithin", distance=distance)
    once = first < second
    return first[once], second[once]


def _faces(
    shapes: Shapes,
    of: Positions,
    to: Positions,
    rule: NeighbourRule,
    barred: _Barred,
) -> npt.NDArray[np.bool_]:
    """Say for each pair whether ``of`` shows ``to`` enough unobstructed boundary."""
    reach = rule.gap_m + SURVEY_RESOLUTION_M
    facing = _facing_lines(shapes, of, to, reach)
    enough = np.asarray(shapely.length(facing) >= rule.least_facing_m, dtype=np.bool_)
    candidates = np.flatnonzero(enough)
    pair, thing, shadowed = barred.shadows(facing[candidates], reach)
    pair = candidates[pair]
    other = (barred.owner[thing] != of[pair]) & (barred.owner[thing] != to[pair])
    pair, thing, shadowed = pair[other], thing[other], shadowed[other]
    hidden = np.bincount(pair, weights=shapely.length(shadowed), minlength=len(of))
    # A stretch in two shadows is taken off twice: what is enough even so needs no closer look.
    doubtful = enough & (shapely.length(facing) - hidden < rule.least_facing_m)
    order = np.argsort(pair, kind="stable")
    starts = np.searchsorted(pair[order], np.arange(len(of) + 1))
    for position in np.flatnonzero(doubtful):
        rows = order[starts[position] : starts[position + 1]]
        stretch = shapely.union_all(shadowed[rows])
        clear = shapely.length(facing[position]) - shapely.length(stretch)
        if clear < rule.least_facing_m:
            clear += _unobstructed_m(
                stretch,
                shapes[to[position]],
                np.unique(thing[rows]),
                barred,
                reach,
                rule.least_facing_m - clear,
            )
        enough[position] = clear >= rule.least_facing_m
    return enough


def _facing_lines(shapes: Shapes, of: Positions, to: Positions, reach: float) -> Shapes:
    """Give the boundary of each ``of`` that lies within the reach of its ``to``."""
    boundaries = shapely.boundary(shapes)
    bounds = shapely.bounds(shapes)
    near = _cut_to(boundaries[of], bounds[to], 2 * reach)
    targets = _cut_to(shapes[to], shapely.bounds(near), 2 * reach)
    reaches = shapely.buffer(targets, reach, quad_segs=QUADRANT_SEGMENTS)
    facing: Shapes = shapely.intersection(near, reaches)
    return facing


def _cut_to(shapes: Shapes, bounds: npt.NDArray[np.float64], margin: float) -> Shapes:
    """Cut shapes of many corners to a window: a long road is worked on where it matters."""
    local = shapes.copy()
    many = shapely.get_num_coordinates(shapes) > MANY_CORNERS
    for position in np.flatnonzero(many & np.isfinite(bounds).all(axis=1)):
        west, south, east, north = bounds[position]
        local[position] = shapely.clip_by_rect(
            shapes[position], west - margin, south - margin, east + margin, north + margin
        )
    return local


def _unobstructed_m(
    stretch: shapely.Geometry,
    target: shapely.Geometry,
    things: Positions,
    barred: _Barred,
    reach: float,
    wanted_m: float,
) -> float:
    """Add up pieces of boundary whose shortest way to the target is free, until it is enough."""
    west, south, east, north = shapely.bounds(stretch)
    window = (west - 2 * reach, south - 2 * reach, east + 2 * reach, north + 2 * reach)
    local_target = shapely.clip_by_rect(target, *window)
    obstacles = shapely.clip_by_rect(barred.things[things], *window)
    cutting = barred.is_cutting[things]
    tree = shapely.STRtree(obstacles)
    lines = shapely.get_parts(shapely.segmentize(stretch, PIECE_M))
    lines = lines[shapely.get_dimensions(lines) == 1]
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    same = line[1:] == line[:-1]
    starts, ends = coordinates[:-1][same], coordinates[1:][same]
    found = 0.0
    for chunk in range(0, len(starts), PIECES_AT_ONCE):
        start, end = starts[chunk : chunk + PIECES_AT_ONCE], ends[chunk : chunk + PIECES_AT_ONCE]
        middles = shapely.points((start + end) / 2)
        ways = shapely.shortest_line(middles, local_target)
        apart = shapely.length(ways) > SURVEY_RESOLUTION_M
        ways = np.where(apart, ways, middles)
        way, met = tree.query(ways, predicate="dwithin", distance=SURVEY_RESOLUTION_M)
        over = shapely.length(shapely.intersection(ways[way], obstacles[met])) > SURVEY_RESOLUTION_M
        blocked = np.zeros(len(ways), dtype=bool)
        blocked[way[cutting[met] | (over & apart[way])]] = True
        found += float(np.hypot(*(end - start)[~blocked].T).sum())
        if found >= wanted_m:
            break
    return found
