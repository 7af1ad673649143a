"""From which gap on shapes are neighbours, by numpy and shapely alone.

Slower than the compiled kernels and independent of them: each is the other's check.
"""

import numpy as np
import numpy.typing as npt
import shapely

from geo.bridging import Bridges
from geo.edges import Edges, Numbers, Positions, Shapes
from geo.facing import CONTACT_M, Boundaries, Pairs, Stretches
from geo.obstacles import Obstacles
from geo.progress import Progress, report

PRECISE_M = 2e-7
"""Joining gaps are found to this: well within the contact distance."""


def plain_gaps(
    shapes: Shapes,
    min_edge_m: float,
    obstacles: Obstacles,
    most_gap_m: float,
    *,
    exact: bool,
    progress: Progress | None = None,
) -> tuple[Positions, Positions, Numbers]:
    """Do what ``geo.contiguity.joining_gaps`` does; without ``exact`` any gap up to the most.

    Parameters
    ----------
    shapes
        Valid polygons of one part each, array of n.
    min_edge_m
        Least facing edge [m].
    obstacles
        What a gap may not be bridged over.
    most_gap_m
        Largest gap looked at [m].
    exact
        False where it is enough to know which pairs are neighbours at the largest gap.
    progress
        Told the share done.

    Returns
    -------
    first, second, gap_m
        Pairs of neighbours, not sorted, and from which gap on they are [m].
    """
    boundaries = Boundaries(shapes)
    bridges = Bridges(boundaries, obstacles)
    found = [(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))]
    for pairs in boundaries.near_pairs(most_gap_m + CONTACT_M):
        most = np.full(len(pairs), most_gap_m)
        joined = pairs.only(_neighbours(boundaries, bridges, pairs, min_edge_m, most))
        gap_m = np.full(len(joined), most_gap_m)
        if exact:
            gap_m = _smallest(boundaries, bridges, joined, min_edge_m, gap_m)
        found.append((joined.first, joined.second, gap_m))
        report(progress, float(pairs.first[-1] + 1) / len(shapes) if len(pairs) else 0.0)
    first, second, gaps = (np.concatenate(column) for column in zip(*found, strict=True))
    return first, second, gaps


def plain_near_pairs(shapes: Shapes, reach_m: float) -> tuple[Positions, Positions]:
    """Do what ``geo.contiguity.near_pairs`` does; the pairs are not sorted."""
    tree = shapely.STRtree(shapes)
    first, second = tree.query(shapes, predicate="dwithin", distance=reach_m)
    once = first < second
    return first[once], second[once]


def _smallest(
    boundaries: Boundaries, bridges: Bridges, pairs: Pairs, min_edge_m: float, most: Numbers
) -> Numbers:
    """Close in on the smallest gap: once neighbours, shapes stay so at every larger one."""
    below, above = np.zeros(len(pairs)), most.copy()
    above[_neighbours(boundaries, bridges, pairs, min_edge_m, below)] = 0.0
    while len(still := np.flatnonzero(above - below > PRECISE_M)):
        middle = (below[still] + above[still]) / 2
        joined = np.zeros(len(still), dtype=bool)
        joined[_neighbours(boundaries, bridges, pairs.only(still), min_edge_m, middle)] = True
        above[still[joined]] = middle[joined]
        below[still[~joined]] = middle[~joined]
    return above


def _neighbours(
    boundaries: Boundaries, bridges: Bridges, pairs: Pairs, min_edge_m: float, most: Numbers
) -> Positions:
    kept, gap_m = _facing_pairs(boundaries, pairs, min_edge_m, most)
    return kept[bridges.free(pairs.only(kept), gap_m, min_edge_m)]


def _facing_pairs(
    boundaries: Boundaries, pairs: Pairs, min_edge_m: float, most_gap_m: Numbers
) -> tuple[Positions, Numbers]:
    """Give the pairs that face each other enough, and the largest gap at which they do.

    Of a ring that is partly within reach, at least 2 m more comes within reach with each further
    metre of gap. So a pair that fails at g can hold at a smaller gap only by rings that are wholly
    within reach: by small shapes, of which a larger gap asks more boundary than they have.
    """
    gap_m = most_gap_m.copy()
    beside = boundaries.beside(pairs, gap_m + CONTACT_M)
    length, _ = _lengths(boundaries.edges, beside, len(pairs))
    enough: npt.NDArray[np.bool_] = np.all(length >= _needed(min_edge_m, gap_m), axis=1)
    still = np.flatnonzero(~enough)
    while len(still):
        some = pairs.only(still)
        found = boundaries.facing(some, gap_m[still] + CONTACT_M)
        length, complete = _lengths(boundaries.edges, found, len(some))
        short = length < _needed(min_edge_m, gap_m[still])
        enough[still] = ~short.any(axis=1)
        smaller = np.where(short, (complete - min_edge_m) / 2, np.inf).min(axis=1)
        again = short.any(axis=1) & (smaller >= 0) & (smaller < gap_m[still] - CONTACT_M)
        gap_m[still[again]] = smaller[again]
        still = still[again]
    kept = np.flatnonzero(enough)
    return kept, gap_m[kept]


def _needed(min_edge_m: float, gap_m: Numbers) -> Numbers:
    """Give the facing boundary that pairs must show [m], one column for both sides."""
    return (min_edge_m + 2 * gap_m - 4 * CONTACT_M)[:, None]


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
