"""Which shapes are neighbours, and which hang together: by gap and facing edge.

Two shapes are neighbours at gap g when, in both directions, the length of one's boundary lying
within g of the other is at least ``min_edge + 2 g``; once neighbours, they stay so at every larger
gap. A bare corner contact shows 2 g of such boundary at any g, so it never becomes an edge. A gap
is bridged only where the shortest way across it meets no obstacle. Shapes are in a projected
system in metres.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.compiled import kernels_available
from geo.edges import Numbers, Positions, Shapes
from geo.errors import GeometryError
from geo.obstacles import NO_OBSTACLES, Obstacles
from geo.plain_joining import plain_gaps, plain_near_pairs
from geo.prepared import Given, prepared
from geo.progress import Progress

__all__ = [
    "MOST_GAP_M",
    "NO_OBSTACLES",
    "JoiningGaps",
    "NeighbourRule",
    "Obstacles",
    "Positions",
    "Shapes",
    "component_labels",
    "joining_gaps",
    "near_pairs",
    "neighbour_pairs",
    "single_parts",
]

MOST_GAP_M = 50.0
"""Wider gaps are never bridged [m]."""


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
        if not 0 <= self.gap_m <= MOST_GAP_M:
            raise GeometryError("gap_out_of_range", gap_m=self.gap_m)
        if not 0.1 <= self.min_edge_m <= 1000:
            raise GeometryError("min_edge_out_of_range", min_edge_m=self.min_edge_m)


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


@dataclass(frozen=True)
class JoiningGaps:
    """Pairs of shapes with the smallest gap at which they are neighbours (连片距离).

    Attributes
    ----------
    first, second
        Positions of the pairs, ``first < second``, sorted; arrays of p.
    gap_m
        From which gap on they are neighbours [m], array of p.
    """

    first: Positions
    second: Positions
    gap_m: Numbers

    def within(self, gap_m: float) -> tuple[Positions, Positions]:
        """Give the pairs that are neighbours at a gap [m]."""
        held = self.gap_m <= gap_m
        return self.first[held], self.second[held]


def neighbour_pairs(
    polygons: Given,
    rule: NeighbourRule,
    obstacles: Obstacles = NO_OBSTACLES,
    progress: Progress | None = None,
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
    progress
        Told the share done.

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
    found = _joining(polygons, rule.min_edge_m, obstacles, rule.gap_m, False, progress)
    return found.first, found.second


def joining_gaps(
    polygons: Given,
    min_edge_m: float,
    obstacles: Obstacles = NO_OBSTACLES,
    most_gap_m: float = MOST_GAP_M,
    progress: Progress | None = None,
) -> JoiningGaps:
    """Find for every pair of shapes from which gap on they are neighbours.

    Parameters
    ----------
    polygons
        Valid polygons of one part each, array of n.
    min_edge_m
        Least facing edge [m].
    obstacles
        What a gap may not be bridged over.
    most_gap_m
        Largest gap looked at [m].
    progress
        Told the share done.

    Returns
    -------
    JoiningGaps
        The pairs that are neighbours at ``most_gap_m`` or less.

    Raises
    ------
    GeometryError
        ``gap_out_of_range``, ``min_edge_out_of_range``.

    Examples
    --------
    Two fields 3 m apart:

    >>> fields = [shapely.box(0, 0, 90, 90), shapely.box(93, 0, 180, 90)]
    >>> joining_gaps(fields, 5.0).gap_m.round(3).tolist()
    [3.0]
    """
    NeighbourRule(most_gap_m, min_edge_m)
    return _joining(polygons, min_edge_m, obstacles, most_gap_m, True, progress)


def _joining(
    polygons: Given,
    min_edge_m: float,
    obstacles: Obstacles,
    most_gap_m: float,
    exact: bool,
    progress: Progress | None,
) -> JoiningGaps:
    shapes = prepared(polygons)
    if kernels_available():
        from geo.joining import compiled_gaps

        found = compiled_gaps(
            shapes, min_edge_m, obstacles, most_gap_m, exact=exact, progress=progress
        )
    else:
        found = plain_gaps(
            shapes.shapes, min_edge_m, obstacles, most_gap_m, exact=exact, progress=progress
        )
    first, second, gap_m = found
    order = np.lexsort((second, first))
    return JoiningGaps(first[order], second[order], gap_m[order])


def near_pairs(polygons: Given, reach_m: float) -> tuple[Positions, Positions]:
    """Find every pair of shapes whose distance is not greater than a reach.

    Corner contacts are among them: this is how loose clustering joins land, and the neighbour
    rule does not.

    Parameters
    ----------
    polygons
        Valid polygons of one part each, array of n.
    reach_m
        Largest distance [m].

    Returns
    -------
    first, second
        Positions of the pairs, ``first < second``, sorted.

    Examples
    --------
    >>> squares = [shapely.box(0, 0, 9, 9), shapely.box(9, 9, 18, 18), shapely.box(20, 9, 27, 18)]
    >>> [ends.tolist() for ends in near_pairs(squares, 1.0)]
    [[0], [1]]
    """
    shapes = prepared(polygons)
    if kernels_available():
        from geo.joining import compiled_near_pairs

        first, second = compiled_near_pairs(shapes, reach_m)
    else:
        first, second = plain_near_pairs(shapes.shapes, reach_m)
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
