"""Connected runs of boundary, without numba (reference implementation)."""

from dataclasses import dataclass

import numpy as np

from geo.arrays import Flags, Floats, Positions
from geo.edges import Edges

BREAK_M = 2e-6
"""Boundary within reach that is broken for less than this is one run [m]."""


@dataclass(frozen=True)
class Chain:
    """Parts of boundary, side by side and ring by ring, and where they meet.

    ``meets``: True where a part goes on from the one before it.
    ``first, last``: First and last part of each ring that passes its own start there.
    """

    meets: Flags
    first: Positions
    last: Positions

    def runs(self, meets: Flags) -> Positions:
        """Give each part the number of its run; ``meets``: where parts may be taken together."""
        label: Positions = np.cumsum(~(self.meets & meets)) - 1
        passing = meets[self.first]
        for first, last in zip(self.first[passing], self.last[passing], strict=True):
            label[label == label[last]] = label[first]  # numbers may be left out
        return label

    def only(self, rows: slice) -> "Chain":
        """Give the parts of whole rings only."""
        ring = (self.first >= rows.start) & (self.first < rows.stop)
        return Chain(self.meets[rows], self.first[ring] - rows.start, self.last[ring] - rows.start)


def chain_of(edges: Edges, side: Positions, edge: Positions, begin: Floats, end: Floats) -> Chain:
    """Say which parts of boundary meet.

    ``side``: Whose boundary it is, rising.
    ``edge``: Edge of each part, rising on each side.
    ``begin, end``: Shares of the edge, rising and without overlap.
    """
    if not len(side):
        nothing = np.empty(0, dtype=np.intp)
        return Chain(np.empty(0, dtype=bool), nothing, nothing)
    ring = edges.ring[edge]
    along = np.concatenate([[0.0], np.cumsum(edges.length_m)])
    at = along[edge] - along[np.searchsorted(edges.ring, ring)]
    start, stop = at + begin * edges.length_m[edge], at + end * edges.length_m[edge]
    same = (side[1:] == side[:-1]) & (ring[1:] == ring[:-1])
    meets = np.concatenate([[False], same & (start[1:] - stop[:-1] < BREAK_M)])
    first = np.flatnonzero(np.concatenate([[True], ~same]))
    last = np.append(first[1:], len(side)) - 1
    passing = start[first] + edges.ring_length_m[ring[first]] - stop[last] < BREAK_M
    return Chain(meets, first[passing], last[passing])


def run_lengths(label: Positions, metres: Floats, distance_m: Floats) -> tuple[Floats, Floats]:
    """Add up the parts of each run, and give its least distance [m]."""
    count = int(label.max()) + 1 if len(label) else 0
    length = np.bincount(label, metres, count).astype(np.float64)
    least = np.full(count, np.inf)
    np.minimum.at(least, label, distance_m)
    return length, least


def counted_m(length_m: Floats, distance_m: Floats, gap_m: Floats | float) -> Floats:
    """Give what runs count: their length less twice what the gap goes beyond their distance [m].

    >>> counted_m(np.array([20.0, 3.0]), np.array([0.0, 1.5]), 2.0).tolist()
    [16.0, 2.0]
    """
    counted: Floats = np.maximum(length_m - 2 * np.maximum(gap_m - distance_m, 0.0), 0.0)
    return counted


def edge_distances(edges: Edges, of: Positions, to: Positions) -> Floats:
    """Measure from edges to others, pair by pair [m]."""
    ends = [edges.place(edge, np.full(len(edge), at)) for edge in (of, to) for at in (0.0, 1.0)]
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = ends
    cross_ac, cross_ad = _cross(edges, of, cx - ax, cy - ay), _cross(edges, of, dx - ax, dy - ay)
    cross_ca, cross_cb = _cross(edges, to, ax - cx, ay - cy), _cross(edges, to, bx - cx, by - cy)
    crossing = (cross_ac * cross_ad < 0) & (cross_ca * cross_cb < 0)
    least = np.minimum.reduce(
        [_to_edge(edges, to, ax, ay), _to_edge(edges, to, bx, by),
         _to_edge(edges, of, cx, cy), _to_edge(edges, of, dx, dy)]
    )  # fmt: skip
    return np.where(crossing, 0.0, least)


def _cross(edges: Edges, edge: Positions, x: Floats, y: Floats) -> Floats:
    return edges.dx[edge] * y - edges.dy[edge] * x


def _to_edge(edges: Edges, edge: Positions, x: Floats, y: Floats) -> Floats:
    off_x, off_y, dx, dy = x - edges.x[edge], y - edges.y[edge], edges.dx[edge], edges.dy[edge]
    along = np.clip((off_x * dx + off_y * dy) / (dx * dx + dy * dy), 0.0, 1.0)
    distance: Floats = np.hypot(off_x - along * dx, off_y - along * dy)
    return distance
