"""How to get from facing boundary to the other shape by the shortest way, piece by piece."""

from dataclasses import dataclass

import numpy as np
import shapely

from geo.edges import Edges, Numbers, Positions, Shapes
from geo.facing import INSIDE, Boundaries, Pairs, Stretches

PIECE_M = 0.25
"""Facing boundary beside an obstacle is examined in pieces of about this length."""

MOST_PIECES = 256
"""Longer facing boundary is divided into about this many pieces."""


@dataclass(frozen=True)
class Ways:
    """Pieces of facing boundary, each with the shortest way from its middle to the other shape.

    Attributes
    ----------
    side
        Whose boundary, as in ``Stretches``.
    piece_m
        Length of the piece [m].
    farthest_m
        How far the piece lies from the other shape at most [m].
    ends
        Where the way begins and ends: rows x, y, to_x, to_y [m].
    """

    side: Positions
    piece_m: Numbers
    farthest_m: Numbers
    ends: Numbers

    @property
    def length_m(self) -> Numbers:
        """Length of the ways [m]."""
        return length_of(self.ends)


def length_of(ends: Numbers) -> Numbers:
    """Measure ways given by rows x, y, to_x, to_y [m]."""
    length: Numbers = np.hypot(ends[2] - ends[0], ends[3] - ends[1])
    return length


def as_lines(ends: Numbers) -> Shapes:
    """Draw ways given by rows x, y, to_x, to_y as lines."""
    lines: Shapes = shapely.linestrings(ends.T.reshape(-1, 2, 2))
    return lines


def divided(
    edges: Edges, found: Stretches, pair_count: int, piece_m: float, most: int
) -> tuple[Positions, Numbers, Numbers]:
    """Divide facing boundary into equal pieces.

    Parameters
    ----------
    edges
        All edges.
    found
        Facing boundary.
    pair_count
        Number of pairs.
    piece_m
        Length of a piece [m], greater where a side would have more than about ``most``.
    most
        Number of pieces.

    Returns
    -------
    row, begin, step
        Row of ``found``, where the piece begins and how long it is, as shares of the edge.
    """
    held = np.flatnonzero(found.end > found.begin)
    side, edge = found.side[held], found.edge[held]
    # Parts that meet are one, so that the pieces don't depend on how they were found.
    apart = found.begin[held][1:] > found.end[held][:-1] + 1e-12
    new = np.r_[True, (np.diff(side) != 0) | (np.diff(edge) != 0) | apart][: len(held)]
    held, last = held[new], held[np.roll(new, -1)]
    share = found.end[last] - found.begin[held]
    metres = share * edges.length_m[found.edge[held]]
    facing = np.bincount(found.side[held], metres, 2 * pair_count)
    piece = np.maximum(piece_m, facing / most)[found.side[held]]
    count = np.ceil(metres / piece).astype(np.intp)
    row = np.repeat(held, count)
    step = np.repeat(share / count, count)
    number = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    return row, found.begin[row] + number * step, step


def shortest_ways(boundaries: Boundaries, pairs: Pairs, found: Stretches) -> Ways:
    """Divide facing boundary into pieces and find the shortest way from the middle of each.

    Parameters
    ----------
    boundaries
        The shapes.
    pairs
        Pairs of them.
    found
        The boundary that they show each other.

    Returns
    -------
    Ways
        One for each piece; of no length where its middle lies in the other shape.
    """
    edges = boundaries.edges
    row, begin, step = divided(edges, found, len(pairs), PIECE_M, MOST_PIECES)
    edge, side = found.edge[row], found.side[row]
    if not len(row):
        return Ways(side, step, step, np.empty((4, 0)))
    places = [edges.place(edge, begin + share * step) for share in (0.0, 0.5, 1.0)]
    point, other, first = _edges_near(found, row)
    start, middle, end = (_distance(edges, other, x[point], y[point]) for x, y in places)
    # Of a straight piece, no point lies farther from an edge than one of the ends.
    farthest = np.minimum.reduceat(np.maximum(start, end), first)
    is_least = np.flatnonzero(middle == np.minimum.reduceat(middle, first)[point])
    nearest = other[is_least[np.searchsorted(is_least, first)]]
    x, y = places[1]
    to = pairs.others(side)
    shapely.prepare(boundaries.shapes[np.unique(to)])
    inside = shapely.contains_xy(boundaries.shapes[to], x, y)
    to_x, to_y = _nearest_point(edges, nearest, x, y)
    ends = np.stack([x, y, np.where(inside, x, to_x), np.where(inside, y, to_y)])
    return Ways(side, step * edges.length_m[edge], np.where(inside, 0.0, farthest), ends)


def _edges_near(found: Stretches, row: Positions) -> tuple[Positions, Positions, Positions]:
    """List for each row all edges near its edge: number of the row, edge, and where each begins."""
    new = np.ones(len(found.side), dtype=bool)
    new[1:] = (np.diff(found.side) != 0) | (np.diff(found.edge) != 0)
    starts = np.append(np.flatnonzero(new), len(new))
    group = (np.cumsum(new) - 1)[row]
    count = starts[group + 1] - starts[group]
    first = np.cumsum(count) - count
    number = np.repeat(np.arange(len(row)), count)
    other = found.other[np.repeat(starts[group] - first, count) + np.arange(count.sum())]
    return number, other, first


def _distance(edges: Edges, edge: Positions, x: Numbers, y: Numbers) -> Numbers:
    """Measure from points to edges, without end to ``INSIDE`` [m]."""
    to_x, to_y = _nearest_point(edges, edge, x, y)
    return np.where(edge == INSIDE, np.inf, np.hypot(to_x - x, to_y - y))


def _nearest_point(
    edges: Edges, edge: Positions, x: Numbers, y: Numbers
) -> tuple[Numbers, Numbers]:
    from_x, from_y, dx, dy = edges.x[edge], edges.y[edge], edges.dx[edge], edges.dy[edge]
    along = ((x - from_x) * dx + (y - from_y) * dy) / (dx * dx + dy * dy)
    along = np.clip(along, 0.0, 1.0)
    return from_x + along * dx, from_y + along * dy
