"""Boundary within reach and its runs, without numba (reference implementation)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geo.arrays import Flags, Floats, Positions, Shapes
from geo.edges import Edges, edges_of, newly_covered, part_within

EDGES_AT_ONCE = 5_000
"""Shapes are taken in batches of about this many edges, so that memory stays small."""

CONTACT_M = 1e-6
"""Shapes nearer than this touch: a micrometre is below any survey's resolution."""

INSIDE = -1
"""Stands for the other edge where boundary lies inside the other shape."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of shapes, each with the pairs of their edges that may be near.

    ``first, second``: Positions of the shapes, ``first < second``; arrays of p.
    ``pair``: Pair of shapes of each row, array of k.
    ``of_first, of_second``: The two edges of each row, arrays of k.
    """

    first: Positions
    second: Positions
    pair: Positions
    of_first: Positions
    of_second: Positions

    def __len__(self) -> int:
        return len(self.first)

    def shapes_of(self, side: Positions) -> Positions:
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

    ``side``: Whose boundary: ``2 * pair`` for that of the first shape, ``2 * pair + 1`` for the
      second.
    ``edge, other``: The edge, and an edge of the other shape that is within reach, or ``INSIDE``.
    ``begin, end``: Where the part begins and ends as shares of the edge; parts of one edge don't
      overlap, and ``end <= begin`` where an earlier one covers all of it.
    """

    side: Positions
    edge: Positions
    other: Positions
    begin: Floats
    end: Floats


class Boundaries:
    """The boundaries of all shapes under one index.

    ``shapes``: Valid polygons of one part each, array of n, in metres.
    """

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.edges: Edges = edges_of(shapes)
        self.bounds = shapely.bounds(shapes)
        self._tree = shapely.STRtree(self.edges.boxes(0, len(self.edges), 0.0))

    def near_pairs(self, reach_m: float) -> Iterator[Pairs]:
        """Go through all pairs of shapes that may lie within reach, batch by batch."""
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

    def within_reach(self, pairs: Pairs, reach_m: Floats) -> Stretches:
        """Find the boundary of each shape within reach of the outline of the other of its pair.

        ``pairs``: Pairs of shapes, p.
        ``reach_m``: Distance of each pair [m], array of p.

        Of both sides of each pair.
        """
        reach = reach_m[pairs.pair]
        forth = part_within(self.edges, pairs.of_first, pairs.of_second, reach)
        back = part_within(self.edges, pairs.of_second, pairs.of_first, reach)
        side = np.concatenate([2 * pairs.pair, 2 * pairs.pair + 1])
        edge = np.concatenate([pairs.of_first, pairs.of_second])
        other = np.concatenate([pairs.of_second, pairs.of_first])
        low, high = (np.concatenate(ends) for ends in zip(forth, back, strict=True))
        is_within = low < high
        return _sorted(
            side[is_within], edge[is_within], other[is_within], low[is_within], high[is_within]
        )

    def facing(self, pairs: Pairs, reach_m: Floats) -> Stretches:
        """Find what ``beside`` finds, and the boundary that lies inside the other shape."""
        return self._with_insides(pairs, self.within_reach(pairs, reach_m))

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
        inner, outer = self.bounds[of[side]], self.bounds[to[side]]
        low = np.maximum(inner[:, :2], outer[:, :2])
        high = np.minimum(inner[:, 2:], outer[:, 2:])
        common = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
        row, edge = self._tree.query(common)
        mine = self.edges.shape[edge] == of[side[row]]
        return side[row[mine]], edge[mine]

    def _touching(self, pairs: Pairs) -> Positions:
        """Say which rows are of edges that touch."""
        edges, first, two = self.edges, pairs.of_first, pairs.of_second
        may = np.ones(len(first), dtype=bool)
        for start, vector in ((edges.x, edges.dx), (edges.y, edges.dy)):
            low, high = np.minimum(start, start + vector), np.maximum(start, start + vector)
            may &= (low[first] <= high[two] + CONTACT_M) & (low[two] <= high[first] + CONTACT_M)
        rows = np.flatnonzero(may)
        low, high = part_within(edges, first[rows], two[rows], np.full(len(rows), CONTACT_M))
        return rows[low < high]


def _sorted(
    side: Positions, edge: Positions, other: Positions, low: Floats, high: Floats
) -> Stretches:
    order = np.lexsort((low, edge, side))
    side, edge = side[order], edge[order]
    new = np.ones(len(side), dtype=bool)
    new[1:] = (side[1:] != side[:-1]) | (edge[1:] != edge[:-1])
    begin, end = newly_covered(np.cumsum(new) - 1, low[order], high[order])
    return Stretches(side, edge, other[order], begin, end)


ROUNDING_M = 1e-9
"""Sums of the same lengths may differ by this with the order of their terms [m]."""

PRECISE_M = 2e-7
"""Joining gaps are found to this: well within the contact distance."""


MOST_TRIES, COARSE_M = 1000, 1e-3
"""After so many tries gaps are told apart to this only, so that any shape takes bounded time."""


def facing_by_runs(
    boundaries: Boundaries, pairs: Pairs, min_edge_m: float, most_gap_m: Floats
) -> Flags:
    """Say which pairs show enough by runs at some gap up to a largest one.

    What runs count never falls with a larger gap but for rings wholly within reach.
    """
    enough, has_whole = _runs_show(boundaries, pairs, most_gap_m, most_gap_m, min_edge_m)
    still = np.flatnonzero(~enough & has_whole)
    low, step, tries = np.zeros(len(still)), most_gap_m[still].copy(), 0
    while len(still):
        tries += 1
        high = np.minimum(low + step, most_gap_m[still])
        may, _ = _runs_show(boundaries, pairs.only(still), low, high, min_edge_m)
        fine = may & (step <= (PRECISE_M if tries < MOST_TRIES else COARSE_M))
        near = np.flatnonzero(fine)
        shows, _ = _runs_show(
            boundaries, pairs.only(still[near]), high[near], high[near], min_edge_m
        )
        enough[still[near[shows]]] = True
        passed = ~may | fine
        step = np.where(~may, 2 * step, np.where(fine, step, step / 2))
        low = np.where(passed, high, low)
        left = (low < most_gap_m[still]) & ~enough[still]
        still, low, step = still[left], low[left], step[left]
    return enough


def _runs_show(
    boundaries: Boundaries, pairs: Pairs, low: Floats, high: Floats, min_edge_m: float
) -> tuple[Flags, Flags]:
    """Say which pairs may show enough at a gap from ``low`` to ``high``, and have a whole ring.

    Rings wholly within reach count as at ``low``; where the two are the same the answer is exact.
    """
    edges = boundaries.edges
    facing = boundaries.facing(pairs, high + CONTACT_M)
    metres = np.maximum(facing.end - facing.begin, 0) * edges.length_m[facing.edge]
    new = facing.end > facing.begin
    part_side, part_edge = facing.side[new], facing.edge[new]
    chain = chain_of(edges, part_side, part_edge, facing.begin[new], facing.end[new])
    label = chain.runs(np.ones(int(new.sum()), dtype=bool))[np.cumsum(new) - 1]
    side_count = 2 * len(pairs)
    inside = facing.other == INSIDE
    distance = edge_distances(edges, facing.edge, np.where(inside, 0, facing.other))
    length, least = run_lengths(label, metres, np.where(inside, 0.0, distance))
    ring_side, whole_ring = _whole_rings(edges, facing.side, facing.edge, metres)
    _, begins = np.unique(label, return_index=True)
    side, edge = facing.side[begins], facing.edge[begins]
    length, least = length[label[begins]], least[label[begins]]
    x, y = edges.place(edge, facing.begin[begins])
    least = np.where(shapely.contains_xy(boundaries.shapes[pairs.others(side)], x, y), 0.0, least)
    keys = edges.ring[edge] * side_count + side
    whole = np.isin(keys, whole_ring * side_count + ring_side)
    gap_m = np.where(whole, low[side // 2], high[side // 2])
    counted = np.bincount(side, counted_m(length, least, gap_m), side_count).reshape(-1, 2)
    shown = np.bincount(side, length, side_count).reshape(-1, 2)
    apart = shapely.distance(boundaries.shapes[pairs.first], boundaries.shapes[pairs.second])
    needed = min_edge_m - 4 * CONTACT_M - ROUNDING_M
    enough = (counted >= (needed + 2 * np.minimum(apart, high))[:, None]) & (
        shown >= (needed + 2 * low)[:, None]
    )
    has_whole = np.zeros(len(pairs), dtype=bool)
    has_whole[ring_side // 2] = True
    return enough.all(axis=1), has_whole


def _whole_rings(
    edges: Edges, side: Positions, edge: Positions, metres: Floats
) -> tuple[Positions, Positions]:
    """List the rings wholly within reach: side and ring."""
    ring = edges.ring[edge]
    new = np.ones(len(ring), dtype=bool)
    new[1:] = (np.diff(ring) != 0) | (np.diff(side) != 0)
    starts = np.flatnonzero(new)
    if not len(starts):
        return side, ring
    whole = edges.ring_length_m[ring[starts]]
    complete = starts[np.add.reduceat(metres, starts) >= whole * (1 - 1e-9) - CONTACT_M]
    return side[complete], ring[complete]


def facing_pairs(
    boundaries: Boundaries, pairs: Pairs, min_edge_m: float, most_gap_m: Floats
) -> tuple[Positions, Floats]:
    """Give the pairs that face each other enough, and the largest gap at which they do.

    Of a ring that is partly within reach, at least 2 m more comes within reach with each further
    metre of gap. So a pair that fails at g can hold at a smaller gap only by rings that are wholly
    within reach: by small shapes, of which a larger gap asks more boundary than they have.
    """
    gap_m = most_gap_m.copy()
    nearby = boundaries.within_reach(pairs, gap_m + CONTACT_M)
    length, _ = _lengths(boundaries.edges, nearby, len(pairs))
    enough: npt.NDArray[np.bool_] = np.all(length >= _needed(min_edge_m, gap_m), axis=1)
    still = np.flatnonzero(~enough)
    while len(still):
        some = pairs.only(still)
        facing = boundaries.facing(some, gap_m[still] + CONTACT_M)
        length, complete = _lengths(boundaries.edges, facing, len(some))
        short = length < _needed(min_edge_m, gap_m[still])
        enough[still] = ~short.any(axis=1)
        smaller = np.where(short, (complete - min_edge_m) / 2, np.inf).min(axis=1)
        again = short.any(axis=1) & (smaller >= 0) & (smaller < gap_m[still] - CONTACT_M)
        gap_m[still[again]] = smaller[again]
        still = still[again]
    kept = np.flatnonzero(enough)
    return kept, gap_m[kept]


def _needed(min_edge_m: float, gap_m: Floats) -> Floats:
    """Give the facing boundary that pairs must show [m], one column for both sides."""
    return (min_edge_m + 2 * gap_m - 4 * CONTACT_M)[:, None]


def _lengths(edges: Edges, facing: Stretches, pairs: int) -> tuple[Floats, Floats]:
    """Add up boundary within reach, and the rings wholly within reach [m]: pairs by 2 sides."""
    metres = np.maximum(facing.end - facing.begin, 0) * edges.length_m[facing.edge]
    length = np.bincount(facing.side, metres, 2 * pairs).astype(np.float64)
    complete = np.zeros(2 * pairs)
    side, ring = _whole_rings(edges, facing.side, facing.edge, metres)
    np.add.at(complete, side, edges.ring_length_m[ring])
    return length.reshape(-1, 2), complete.reshape(-1, 2)


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
