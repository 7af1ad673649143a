"""How much of its boundary one shape shows another within a distance, edge by edge."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from geo.edges import Edges, Numbers, Positions, Shapes, edges_of, newly_covered, part_within

EDGES_AT_ONCE = 5_000
"""Shapes are taken in lots of about this many edges, so that memory stays small."""

CONTACT_M = 1e-6
"""Shapes nearer than this touch: a micrometre is below any survey's resolution."""

INSIDE = -1
"""Stands for the other edge where boundary lies inside the other shape."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of shapes, each with the pairs of their edges that may be near.

    Attributes
    ----------
    first, second
        Positions of the shapes, ``first < second``; arrays of p.
    pair
        Pair of shapes of each row, array of k.
    of_first, of_second
        The two edges of each row, arrays of k.
    """

    first: Positions
    second: Positions
    pair: Positions
    of_first: Positions
    of_second: Positions

    def __len__(self) -> int:
        return len(self.first)

    def ones(self, side: Positions) -> Positions:
        """Give the shape whose boundary a side is."""
        return np.where(side % 2 == 0, self.first[side // 2], self.second[side // 2])

    def others(self, side: Positions) -> Positions:
        """Give the shape that a side faces."""
        return np.where(side % 2 == 0, self.second[side // 2], self.first[side // 2])

    def only(self, keep: Positions) -> "Pairs":
        """Give some of the pairs, by position, with their rows."""
        new = np.full(len(self), -1, dtype=np.intp)
        new[keep] = np.arange(len(keep))
        rows = new[self.pair] >= 0
        return Pairs(
            self.first[keep],
            self.second[keep],
            new[self.pair[rows]],
            self.of_first[rows],
            self.of_second[rows],
        )


@dataclass(frozen=True)
class Stretches:
    """Boundary within reach: for each edge the parts that other edges cover, sorted.

    Attributes
    ----------
    side
        Whose boundary: ``2 * pair`` for that of the first shape, ``2 * pair + 1`` for the second.
    edge, other
        The edge, and an edge of the other shape that is within reach, or ``INSIDE``.
    begin, end
        Where the part begins and ends as shares of the edge; parts of one edge don't overlap,
        and ``end <= begin`` where an earlier one covers all of it.
    """

    side: Positions
    edge: Positions
    other: Positions
    begin: Numbers
    end: Numbers


class Boundaries:
    """The boundaries of all shapes under one index.

    Parameters
    ----------
    shapes
        Valid polygons of one part each, array of n, in metres.
    """

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.edges: Edges = edges_of(shapes)
        self.bounds = shapely.bounds(shapes)
        self._tree = shapely.STRtree(self.edges.boxes(0, len(self.edges), 0.0))

    def near_pairs(self, reach_m: float) -> Iterator[Pairs]:
        """Go through all pairs of shapes that may lie within reach, lot by lot."""
        offset, first = self.edges.offset, 0
        while first < len(self.shapes):
            last = int(np.searchsorted(offset, offset[first] + EDGES_AT_ONCE, side="left"))
            last = min(max(last, first + 1), len(self.shapes))
            yield self._pairs_from(int(offset[first]), int(offset[last]), reach_m)
            first = last

    def _pairs_from(self, begin: int, end: int, reach_m: float) -> Pairs:
        mine, other = self._tree.query(self.edges.boxes(begin, end, reach_m))
        mine = mine + begin
        shape = self.edges.shape
        once = shape[mine] < shape[other]
        mine, other = mine[once], other[once]
        count = len(self.shapes)
        keys, pair = np.unique(shape[mine] * count + shape[other], return_inverse=True)
        return Pairs(keys // count, keys % count, pair.astype(np.intp), mine, other)

    def beside(self, pairs: Pairs, reach_m: Numbers) -> Stretches:
        """Find the boundary of each shape within reach of the outline of the other of its pair.

        Parameters
        ----------
        pairs
            Pairs of shapes, p.
        reach_m
            Distance of each pair [m], array of p.

        Returns
        -------
        Stretches
            Of both sides of each pair.
        """
        reach = reach_m[pairs.pair]
        forth = part_within(self.edges, pairs.of_first, pairs.of_second, reach)
        back = part_within(self.edges, pairs.of_second, pairs.of_first, reach)
        side = np.concatenate([2 * pairs.pair, 2 * pairs.pair + 1])
        edge = np.concatenate([pairs.of_first, pairs.of_second])
        other = np.concatenate([pairs.of_second, pairs.of_first])
        low, high = (np.concatenate(ends) for ends in zip(forth, back, strict=True))
        held = low < high
        return _sorted(side[held], edge[held], other[held], low[held], high[held])

    def facing(self, pairs: Pairs, reach_m: Numbers) -> Stretches:
        """Find what ``beside`` finds, and the boundary that lies inside the other shape."""
        return self._with_insides(pairs, self.beside(pairs, reach_m))

    def _with_insides(self, pairs: Pairs, parts: Stretches) -> Stretches:
        """Add the boundary that lies deeper inside the other shape than the reach."""
        side, edge = self._edges_that_may_be_inside(pairs)
        if not len(side):
            return parts
        marks = np.full(2 * len(side), INSIDE - 1)
        nothing, whole = np.zeros(len(side)), np.ones(len(side))
        marked = _sorted(
            np.concatenate([parts.side, side, side]),
            np.concatenate([parts.edge, edge, edge]),
            np.concatenate([parts.other, marks]),
            np.concatenate([parts.begin, nothing, whole]),
            np.concatenate([parts.end, nothing, whole]),
        )
        same = (marked.side[1:] == marked.side[:-1]) & (marked.edge[1:] == marked.edge[:-1])
        reached = np.maximum(marked.begin, marked.end)[:-1]
        left = np.flatnonzero(same & (marked.begin[1:] - reached > 1e-9)) + 1
        low, high = reached[left - 1], marked.begin[left]
        middle, to = marked.edge[left], pairs.others(marked.side[left])
        shapely.prepare(self.shapes[np.unique(to)])
        at = self.edges.place(middle, (low + high) / 2)
        inside = shapely.contains_xy(self.shapes[to], *at)
        return _sorted(
            np.concatenate([parts.side, marked.side[left][inside]]),
            np.concatenate([parts.edge, middle[inside]]),
            np.concatenate([parts.other, np.full(int(inside.sum()), INSIDE)]),
            np.concatenate([parts.begin, low[inside]]),
            np.concatenate([parts.end, high[inside]]),
        )

    def _edges_that_may_be_inside(self, pairs: Pairs) -> tuple[Positions, Positions]:
        """List the edges where the boxes overlap, of pairs that touch or contain each other."""
        of = np.stack([pairs.first, pairs.second], axis=1).ravel()
        to = np.stack([pairs.second, pairs.first], axis=1).ravel()
        begin = self.edges.offset[of]
        shapely.prepare(self.shapes[np.unique(to)])
        may = shapely.contains_xy(self.shapes[to], self.edges.x[begin], self.edges.y[begin])
        touching = pairs.pair[self._touching(pairs)]
        may[2 * touching] = may[2 * touching + 1] = True
        side = np.flatnonzero(may)
        one, two = self.bounds[of[side]], self.bounds[to[side]]
        low, high = np.maximum(one[:, :2], two[:, :2]), np.minimum(one[:, 2:], two[:, 2:])
        common = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
        row, edge = self._tree.query(common)
        mine = self.edges.shape[edge] == of[side[row]]
        return side[row[mine]], edge[mine]

    def _touching(self, pairs: Pairs) -> Positions:
        """Say which rows are of edges that touch."""
        edges, one, two = self.edges, pairs.of_first, pairs.of_second
        may = np.ones(len(one), dtype=bool)
        for start, vector in ((edges.x, edges.dx), (edges.y, edges.dy)):
            low, high = np.minimum(start, start + vector), np.maximum(start, start + vector)
            may &= (low[one] <= high[two] + CONTACT_M) & (low[two] <= high[one] + CONTACT_M)
        rows = np.flatnonzero(may)
        low, high = part_within(edges, one[rows], two[rows], np.full(len(rows), CONTACT_M))
        return rows[low < high]


def _sorted(
    side: Positions, edge: Positions, other: Positions, low: Numbers, high: Numbers
) -> Stretches:
    order = np.lexsort((low, edge, side))
    side, edge = side[order], edge[order]
    new = np.ones(len(side), dtype=bool)
    new[1:] = (side[1:] != side[:-1]) | (edge[1:] != edge[:-1])
    begin, end = newly_covered(np.cumsum(new) - 1, low[order], high[order])
    return Stretches(side, edge, other[order], begin, end)
