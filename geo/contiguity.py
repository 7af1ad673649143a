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

PIECE_M = 0.25
"""Facing boundary beside an obstacle is examined in pieces of at most this length."""


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
    """Obstacles with their indexes, made once per search."""

    def __init__(self, obstacles: Obstacles) -> None:
        self.cutting = obstacles.cutting
        self.covering = obstacles.covering
        self.owner = obstacles.owner
        self.cutting_tree = shapely.STRtree(obstacles.cutting)
        self.covering_tree = shapely.STRtree(obstacles.covering)


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
    targets, target_of_pair = np.unique(to, return_inverse=True)
    reaches = shapely.buffer(shapes[targets], reach, quad_segs=QUADRANT_SEGMENTS)
    facing = shapely.intersection(shapely.boundary(shapes[of]), reaches[target_of_pair])
    enough = np.asarray(shapely.length(facing) >= rule.least_facing_m, dtype=np.bool_)
    candidates = np.flatnonzero(enough)
    clear = _away_from_obstacles(facing[candidates], of, to, candidates, reach, barred)
    doubtful = candidates[clear < rule.least_facing_m]
    for pair in doubtful:
        length = _unobstructed_m(facing[pair], shapes, int(of[pair]), int(to[pair]), barred)
        enough[pair] = length >= rule.least_facing_m
    return enough


def _away_from_obstacles(
    facing: Shapes,
    of: Positions,
    to: Positions,
    pairs: Positions,
    reach: float,
    barred: _Barred,
) -> npt.NDArray[np.float64]:
    """Measure the facing boundary farther than the reach from any obstacle, at least.

    No shortest way from there can meet an obstacle. Boundary near two obstacles is taken off
    twice: the answer is a lower bound, and what it leaves in doubt is examined piece by piece.
    """
    lost = np.zeros(len(facing))
    for things, tree, owner in (
        (barred.cutting, barred.cutting_tree, None),
        (barred.covering, barred.covering_tree, barred.owner),
    ):
        of_facing, of_thing = tree.query(facing, predicate="dwithin", distance=reach)
        if owner is not None:
            mine = owner[of_thing]
            other = (mine != of[pairs[of_facing]]) & (mine != to[pairs[of_facing]])
            of_facing, of_thing = of_facing[other], of_thing[other]
        near, position = np.unique(of_thing, return_inverse=True)
        shadows = shapely.buffer(things[near], reach * 1.01, quad_segs=4)
        hidden = shapely.length(shapely.intersection(facing[of_facing], shadows[position]))
        lost += np.bincount(of_facing, weights=hidden, minlength=len(facing))
    return np.asarray(shapely.length(facing) - lost, dtype=np.float64)


def _unobstructed_m(
    facing: shapely.Geometry, shapes: Shapes, of: int, to: int, barred: _Barred
) -> float:
    """Add up the pieces of a facing boundary whose shortest way across meets no obstacle."""
    lines = shapely.get_parts(shapely.segmentize(facing, PIECE_M))
    lines = lines[shapely.get_dimensions(lines) == 1]
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    same = line[1:] == line[:-1]
    start, end = coordinates[:-1][same], coordinates[1:][same]
    lengths = np.hypot(*(end - start).T)
    middles = shapely.points((start + end) / 2)
    ways = shapely.shortest_line(middles, shapes[to])
    apart = shapely.length(ways) > SURVEY_RESOLUTION_M
    ways = np.where(apart, ways, middles)
    way, _ = barred.cutting_tree.query(ways, predicate="dwithin", distance=SURVEY_RESOLUTION_M)
    blocked = np.zeros(len(ways), dtype=bool)
    blocked[way] = True
    way, thing = barred.covering_tree.query(ways, predicate="intersects")
    owner = barred.owner[thing]
    other = (owner != of) & (owner != to) & apart[way]
    way, thing = way[other], thing[other]
    over = shapely.length(shapely.intersection(ways[way], barred.covering[thing]))
    blocked[way[over > SURVEY_RESOLUTION_M]] = True
    return float(lengths[~blocked].sum())
