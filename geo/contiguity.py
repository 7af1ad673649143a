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

from geo.bridging import NO_OBSTACLES, Bridges, Obstacles
from geo.edges import Edges, Numbers, Positions, Shapes
from geo.errors import GeometryError
from geo.facing import CONTACT_M, Boundaries, Pairs, Stretches

__all__ = [
    "NO_OBSTACLES",
    "NeighbourRule",
    "Obstacles",
    "Positions",
    "Shapes",
    "component_labels",
    "neighbour_pairs",
    "single_parts",
]


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
    boundaries = Boundaries(shapes)
    bridges = Bridges(boundaries, obstacles)
    first, second = [np.empty(0, np.intp)], [np.empty(0, np.intp)]
    for pairs in boundaries.near_pairs(rule.gap_m + CONTACT_M):
        facing, gap_m = _facing_pairs(boundaries, pairs, rule)
        joined = facing.only(bridges.free(facing, gap_m, rule.min_edge_m))
        first.append(joined.first)
        second.append(joined.second)
    ones, twos = np.concatenate(first), np.concatenate(second)
    order = np.lexsort((twos, ones))
    return ones[order], twos[order]


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


def _facing_pairs(
    boundaries: Boundaries, pairs: Pairs, rule: NeighbourRule
) -> tuple[Pairs, Numbers]:
    """Give the pairs that face each other enough, and the largest gap at which they do.

    Of a ring that is partly within reach, at least 2 m more comes within reach with each further
    metre of gap. So a pair that fails at g can hold at a smaller gap only by rings that are wholly
    within reach: by small shapes, of which a larger gap asks more boundary than they have.
    """
    gap_m: Numbers = np.full(len(pairs), rule.gap_m)
    beside = boundaries.beside(pairs, gap_m + CONTACT_M)
    length, _ = _lengths(boundaries.edges, beside, len(pairs))
    enough: npt.NDArray[np.bool_] = np.all(length >= _needed(rule, gap_m), axis=1)
    still = np.flatnonzero(~enough)
    while len(still):
        some = pairs.only(still)
        found = boundaries.facing(some, gap_m[still] + CONTACT_M)
        length, complete = _lengths(boundaries.edges, found, len(some))
        short = length < _needed(rule, gap_m[still])
        enough[still] = ~short.any(axis=1)
        smaller = np.where(short, (complete - rule.min_edge_m) / 2, np.inf).min(axis=1)
        again = short.any(axis=1) & (smaller >= 0) & (smaller < gap_m[still] - CONTACT_M)
        gap_m[still[again]] = smaller[again]
        still = still[again]
    kept = np.flatnonzero(enough)
    return pairs.only(kept), gap_m[kept]


def _needed(rule: NeighbourRule, gap_m: Numbers) -> Numbers:
    """Give the facing boundary that pairs must show [m], one column for both sides."""
    return (rule.min_edge_m + 2 * gap_m - 4 * CONTACT_M)[:, None]


def _lengths(edges: Edges, found: Stretches, pairs: int) -> tuple[Numbers, Numbers]:
    """Add up boundary within reach, and the rings wholly within reach [m]: pairs by 2 sides."""
    metres = np.maximum(found.end - found.begin, 0) * edges.length_m[found.edge]
    length = np.bincount(found.side, metres, 2 * pairs).astype(np.float64)
    ring = edges.ring[found.edge]
    complete = np.zeros(2 * pairs)
    if len(ring):
        new = np.r_[True, (np.diff(ring) != 0) | (np.diff(found.side) != 0)]
        starts = np.flatnonzero(new)
        whole = edges.ring_length_m[ring[starts]]
        all_of_it = np.add.reduceat(metres, starts) >= whole * (1 - 1e-9) - CONTACT_M
        np.add.at(complete, found.side[starts[all_of_it]], whole[all_of_it])
    return length.reshape(-1, 2), complete.reshape(-1, 2)
