"""The same without numba (reference implementation)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geo.arrays import Flags, Floats, Positions, Shapes
from geo.edges import Edges, Obstacles, edges_of, newly_covered, part_within
from geo.runs_numpy import Chain, chain_of, counted_m, edge_distances, run_lengths
from geo.tools import Progress, report

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


PIECE_M = 0.25
"""Facing boundary beside an obstacle is examined in pieces of about this length."""

MOST_PIECES = 256
"""Longer facing boundary is divided into about this many pieces."""


@dataclass(frozen=True)
class Connections:
    """Pieces of facing boundary, each with the shortest way from its middle to the other shape.

    ``side``: Whose boundary, as in ``Stretches``.
    ``piece_m``: Length of the piece [m].
    ``nearest_m, farthest_m``: How far the piece lies from the other shape [m].
    ``ends``: Where the way begins and ends: rows x, y, to_x, to_y [m].
    ``start_m``: How far the piece's own start lies from the other shape [m].
    ``chain``: Which pieces meet there the one before them.
    """

    side: Positions
    piece_m: Floats
    nearest_m: Floats
    farthest_m: Floats
    ends: Floats
    start_m: Floats
    chain: Chain

    @property
    def length_m(self) -> Floats:
        """Length of the ways [m]."""
        return length_of(self.ends)


def length_of(ends: Floats) -> Floats:
    """Measure ways given by rows x, y, to_x, to_y [m]."""
    length: Floats = np.hypot(ends[2] - ends[0], ends[3] - ends[1])
    return length


def as_lines(ends: Floats) -> Shapes:
    """Draw ways given by rows x, y, to_x, to_y as lines."""
    lines: Shapes = shapely.linestrings(ends.T.reshape(-1, 2, 2))
    return lines


def divided(
    edges: Edges, facing_parts: Stretches, pair_count: int, piece_m: float, most: int
) -> tuple[Positions, Floats, Floats]:
    """Divide facing boundary into equal pieces.

    ``piece_m``: Length of a piece [m], greater where a side would have more than about ``most``.

    Row of ``facing_parts``, where the piece begins and how long it is, as shares of the edge.
    """
    rows = np.flatnonzero(facing_parts.end > facing_parts.begin)
    side, edge = facing_parts.side[rows], facing_parts.edge[rows]
    # Parts that meet are one, so that the pieces don't depend on how they were found.
    apart = facing_parts.begin[rows][1:] > facing_parts.end[rows][:-1] + 1e-12
    new = np.r_[True, (np.diff(side) != 0) | (np.diff(edge) != 0) | apart][: len(rows)]
    rows, last = rows[new], rows[np.roll(new, -1)]
    share = facing_parts.end[last] - facing_parts.begin[rows]
    metres = share * edges.length_m[facing_parts.edge[rows]]
    facing = np.bincount(facing_parts.side[rows], metres, 2 * pair_count)
    piece = np.maximum(piece_m, facing / most)[facing_parts.side[rows]]
    count = np.ceil(metres / piece).astype(np.intp)
    row = np.repeat(rows, count)
    step = np.repeat(share / count, count)
    number = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    return row, facing_parts.begin[row] + number * step, step


def shortest_connections(boundaries: Boundaries, pairs: Pairs, facing: Stretches) -> Connections:
    """Divide facing boundary into pieces and find the shortest way from the middle of each.

    ``boundaries``: The shapes.

    One for each piece; of no length where its middle lies in the other shape.
    """
    edges = boundaries.edges
    row, begin, step = divided(edges, facing, len(pairs), PIECE_M, MOST_PIECES)
    edge, side = facing.edge[row], facing.side[row]
    chain = chain_of(edges, side, edge, begin, begin + step)
    if not len(row):
        return Connections(side, step, step, step, np.empty((4, 0)), step, chain)
    places = [edges.place(edge, begin + share * step) for share in (0.0, 0.5, 1.0)]
    point, other, first = _edges_near(facing, row)
    start, middle, end = (_distance(edges, other, x[point], y[point]) for x, y in places)
    # Of a straight piece, no point lies farther from an edge than one of the ends.
    farthest = np.minimum.reduceat(np.maximum(start, end), first)
    way = np.minimum.reduceat(middle, first)
    is_least = np.flatnonzero(middle == way[point])
    nearest = other[is_least[np.searchsorted(is_least, first)]]
    x, y = places[1]
    to = pairs.others(side)
    shapely.prepare(boundaries.shapes[np.unique(to)])
    inside = shapely.contains_xy(boundaries.shapes[to], x, y)
    to_x, to_y = _nearest_point(edges, nearest, x, y)
    ends = np.stack([x, y, np.where(inside, x, to_x), np.where(inside, y, to_y)])
    start_m, end_m = np.minimum.reduceat(start, first), np.minimum.reduceat(end, first)
    nearest = np.where(inside, 0.0, np.minimum.reduce([start_m, way, end_m]))
    return Connections(
        side, step * edges.length_m[edge], nearest, np.where(inside, 0.0, farthest), ends,
        np.where(inside, 0.0, start_m), chain,
    )  # fmt: skip


def _edges_near(facing: Stretches, row: Positions) -> tuple[Positions, Positions, Positions]:
    """List for each row all edges near its edge: number of the row, edge, and where each begins."""
    new = np.ones(len(facing.side), dtype=bool)
    new[1:] = (np.diff(facing.side) != 0) | (np.diff(facing.edge) != 0)
    starts = np.append(np.flatnonzero(new), len(new))
    group = (np.cumsum(new) - 1)[row]
    count = starts[group + 1] - starts[group]
    first = np.cumsum(count) - count
    number = np.repeat(np.arange(len(row)), count)
    other = facing.other[np.repeat(starts[group] - first, count) + np.arange(count.sum())]
    return number, other, first


def _distance(edges: Edges, edge: Positions, x: Floats, y: Floats) -> Floats:
    """Measure from points to edges, without end to ``INSIDE`` [m]."""
    to_x, to_y = _nearest_point(edges, edge, x, y)
    return np.where(edge == INSIDE, np.inf, np.hypot(to_x - x, to_y - y))


def _nearest_point(edges: Edges, edge: Positions, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    from_x, from_y, dx, dy = edges.x[edge], edges.y[edge], edges.dx[edge], edges.dy[edge]
    along = ((x - from_x) * dx + (y - from_y) * dy) / (dx * dx + dy * dy)
    along = np.clip(along, 0.0, 1.0)
    return from_x + along * dx, from_y + along * dy


FEW_PIECES = 16
"""Pieces of facing boundary in the first, coarse look for obstacles."""

APART_M = 1e-5
"""A shorter way is a contact: only what cuts can part the shapes there."""

ASIDE_M = 0.01
"""A way over a polygon stays over it when it is moved aside by this; along its edge it doesn't."""


class Bridges:
    """Says for pairs of shapes that face each other whether obstacles leave enough of it.

    ``boundaries``: The shapes.
    ``obstacles``: What a gap may not be bridged over.
    """

    def __init__(self, boundaries: Boundaries, obstacles: Obstacles) -> None:
        self._boundaries = boundaries
        self._cutting = obstacles.cutting
        self._covering = obstacles.covering
        self._owner = obstacles.owner
        self._cutting_tree = shapely.STRtree(obstacles.cutting)
        segments, self._of_segment = _segments(obstacles.cutting)
        self._cuts_tree = shapely.STRtree(segments)
        self._bridged_up_to_m = obstacles.bridged_up_to_m
        self._covering_tree = shapely.STRtree(obstacles.covering)

    def free(self, pairs: Pairs, gap_m: Floats, min_edge_m: float) -> Positions:
        """Find the pairs that face each other enough where no obstacle lies between.

        ``pairs``: Pairs that do so without obstacles, p.
        ``gap_m``: Largest gap at which they do [m], array of p.
        ``min_edge_m``: Least facing edge [m].
        """
        is_cut, is_covered = self._have_obstacles_near(pairs, gap_m)
        free = ~is_cut & ~is_covered
        for surely_clear_m in (self._contact_m, self._far_from_obstacles_m):
            doubtful = np.flatnonzero(~free & ~is_cut)
            clear_m = surely_clear_m(pairs.only(doubtful), gap_m[doubtful])
            free[doubtful] = clear_m >= min_edge_m + 2 * gap_m[doubtful]
        doubtful = np.flatnonzero(~free)
        some = pairs.only(doubtful)
        facing = self._boundaries.facing(some, gap_m[doubtful] + CONTACT_M)
        connections = shortest_connections(self._boundaries, some, facing)
        clear = ~self._blocked(some, connections, is_cut[doubtful])
        free[doubtful] = _enough(len(some), connections, clear, gap_m[doubtful], min_edge_m)
        return np.flatnonzero(free)

    def _have_obstacles_near(self, pairs: Pairs, gap_m: Floats) -> tuple[Flags, Flags]:
        """Say which pairs have cutting, and which have covering obstacles where they face."""
        first, two = self._boundaries.bounds[pairs.first], self._boundaries.bounds[pairs.second]
        low, high = np.maximum(first[:, :2], two[:, :2]), np.minimum(first[:, 2:], two[:, 2:])
        # Facing boundary and its ways lie where the boxes overlap once they are widened.
        boxes = _boxes(low.T, high.T, 2 * gap_m + ASIDE_M)
        cut, covered = np.zeros(len(pairs), dtype=bool), np.zeros(len(pairs), dtype=bool)
        cut[self._cutting_tree.query(boxes, predicate="intersects")[0]] = True
        covered[self._covering_near(pairs, np.arange(len(pairs)), boxes)[0]] = True
        return cut, covered

    def _covering_near(
        self, pairs: Pairs, pair: Positions, shapes: Shapes
    ) -> tuple[Positions, Positions]:
        """List which shapes meet the box of which obstacle that is none of their own pair."""
        row, obstacle = self._covering_tree.query(shapes)
        owner = self._owner[obstacle]
        other = (owner != pairs.first[pair[row]]) & (owner != pairs.second[pair[row]])
        row, obstacle = row[other], obstacle[other]
        shapely.prepare(self._covering[np.unique(obstacle)])
        return row, obstacle

    def _contact_m(self, pairs: Pairs, gap_m: Floats) -> Floats:
        """Measure where the two shapes touch, on the side that shows less of it."""
        facing = self._boundaries.within_reach(pairs, np.full(len(pairs), CONTACT_M))
        metres = (facing.end - facing.begin) * self._boundaries.edges.length_m[facing.edge]
        return _on_lesser_side(facing.side, np.maximum(metres, 0), len(pairs))

    def _far_from_obstacles_m(self, pairs: Pairs, gap_m: Floats) -> Floats:
        """Measure facing boundary with no obstacle anywhere within the gap, on the lesser side."""
        edges = self._boundaries.edges
        facing = self._boundaries.within_reach(pairs, gap_m + CONTACT_M)
        row, begin, step = divided(edges, facing, len(pairs), 1.0, FEW_PIECES)
        edge, pair = facing.edge[row], facing.side[row] // 2
        start, end = np.stack(edges.place(edge, begin)), np.stack(edges.place(edge, begin + step))
        margin = gap_m[pair] + 2 * ASIDE_M
        boxes = _boxes(np.minimum(start, end), np.maximum(start, end), margin)
        piece, obstacle = self._covering_near(pairs, pair, boxes)
        metres = step * edges.length_m[edge]
        metres[piece[shapely.intersects(self._covering[obstacle], boxes[piece])]] = 0
        # Several runs count less than their sum: they are looked at closely.
        label = chain_of(edges, facing.side[row], edge, begin, begin + step)
        run_side = facing.side[row][np.unique(label.runs(label.meets), return_index=True)[1]]
        broken = np.bincount(run_side // 2, run_side >= 0, len(pairs)) > 2
        return np.where(broken, 0.0, _on_lesser_side(facing.side[row], metres, len(pairs)))

    def _blocked(self, pairs: Pairs, connections: Connections, is_cut: Flags) -> Flags:
        """Say of which pieces the shortest way meets an obstacle."""
        blocked = np.zeros(len(connections.side), dtype=bool)
        near = np.flatnonzero(is_cut[connections.side // 2])
        blocked[near[self._is_parted(connections.ends[:, near])]] = True
        open_ways = np.flatnonzero((connections.length_m > APART_M) & ~blocked)
        lines = as_lines(connections.ends[:, open_ways])
        row, obstacle = self._covering_near(pairs, connections.side[open_ways] // 2, lines)
        met = shapely.intersects(self._covering[obstacle], lines[row])
        way, obstacle = open_ways[row[met]], obstacle[met]
        over = self._are_over(obstacle, connections.ends[:, way])
        way, obstacle = way[over], obstacle[over]
        ends = self._outside_own_shape(pairs, connections.side[way], connections.ends[:, way])
        blocked[way[self._are_over(obstacle, ends)]] = True
        return blocked

    def _is_parted(self, ends: Floats) -> Positions:
        """List the ways that meet a cutting obstacle, or lie in one."""
        lines = as_lines(ends)
        met, segment = self._cuts_tree.query(lines, predicate="dwithin", distance=CONTACT_M)
        points = shapely.points(ends[0], ends[1])
        way, obstacle = self._cutting_tree.query(points)
        shapely.prepare(self._cutting[np.unique(obstacle)])
        inside = shapely.intersects(self._cutting[obstacle], points[way])
        way = np.concatenate([met, way[inside]])
        obstacle = np.concatenate([self._of_segment[segment], obstacle[inside]])
        parted: Positions = way[length_of(ends)[way] > self._bridged_up_to_m[obstacle]]
        return parted

    def _are_over(self, obstacle: Positions, ends: Floats) -> Flags:
        """Say which ways run through the interior of their obstacle."""
        over = length_of(ends) > APART_M
        for aside in (ASIDE_M, -ASIDE_M):
            rows = np.flatnonzero(over)
            ahead = (ends[2:, rows] - ends[:2, rows]) / length_of(ends[:, rows])
            trim, off = 2 * CONTACT_M * ahead, aside * np.stack([-ahead[1], ahead[0]])
            moved = ends[:, rows] + np.concatenate([off + trim, off - trim])
            over[rows] = shapely.intersects(self._covering[obstacle[rows]], as_lines(moved))
        return over

    def _outside_own_shape(self, pairs: Pairs, side: Positions, ends: Floats) -> Floats:
        """Let ways that begin through their own shape, or along it, begin where they leave it."""
        shapes, own_shape = self._boundaries.shapes, pairs.shapes_of(side)
        shapely.prepare(shapes[np.unique(own_shape)])
        ahead = (ends[2:] - ends[:2]) * np.minimum(0.5, ASIDE_M / length_of(ends))
        soon = shapely.points(*(ends[:2] + ahead))
        rows = np.flatnonzero(shapely.dwithin(shapes[own_shape], soon, CONTACT_M))
        left_shapes, which = np.unique(own_shape[rows], return_inverse=True)
        wider = shapely.buffer(shapes[left_shapes], APART_M, join_style="mitre")
        left = shapely.difference(as_lines(ends[:, rows]), wider[which])
        leaving = shapely.get_point(shapely.get_geometry(left, 0), 0)
        start = np.stack([shapely.get_x(leaving), shapely.get_y(leaving)])
        # Where nothing is left there is no gap: the way has no length.
        start = np.where(shapely.is_missing(leaving), ends[2:, rows], start)
        moved = ends.copy()
        moved[:2, rows] = start
        return moved


def _boxes(low: Floats, high: Floats, margin: Floats) -> Shapes:
    """Make boxes from rows x, y of their corners, widened by a margin [m]."""
    boxes: Shapes = shapely.box(*(low - margin), *(high + margin))
    return boxes


def _on_lesser_side(side: Positions, metres: Floats, pair_count: int) -> Floats:
    """Add up boundary for each side, and give the lesser of the two sides of each pair [m]."""
    length = np.bincount(side, metres, 2 * pair_count).reshape(-1, 2)
    lesser: Floats = length.min(axis=1)
    return lesser


def _segments(shapes: Shapes) -> tuple[Shapes, Positions]:
    """Take lines and outlines apart: a long road is worked on where it matters."""
    lines = np.where(shapely.get_dimensions(shapes) == 2, shapely.boundary(shapes), shapes)
    parts, of_line = shapely.get_parts(lines, return_index=True)
    points, part = shapely.get_coordinates(parts, return_index=True)
    same = part[1:] == part[:-1]
    segments: Shapes = shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1)[same])
    return segments, of_line[part[:-1][same]]


def _enough(
    pair_count: int, connections: Connections, clear: Flags, gap_m: Floats, min_edge_m: float
) -> Flags:
    """Say which pairs show enough clear boundary on both sides at some gap up to the largest."""
    enough = np.zeros(pair_count, dtype=bool)
    side = np.where(clear, connections.side, 2 * pair_count)
    order = np.lexsort((connections.farthest_m, side))
    starts = np.searchsorted(side[order], np.arange(2 * pair_count + 1))
    for pair in range(pair_count):
        rows = [order[starts[s] : starts[s + 1]] for s in (2 * pair, 2 * pair + 1)]
        distances = [np.minimum(connections.farthest_m[of_side], gap_m[pair]) for of_side in rows]
        gaps = np.unique(np.append(np.concatenate(distances), gap_m[pair]))
        most = np.inf
        for of_side, distance in zip(rows, distances, strict=True):
            facing_m = np.append(0.0, np.cumsum(connections.piece_m[of_side]))
            most = np.minimum(most, facing_m[np.searchsorted(distance, gaps, side="right")])
        may = gaps[most - 2 * gaps >= min_edge_m - 4 * CONTACT_M]
        enough[pair] = any(
            _runs_are_enough(connections, clear, pair, gap, min_edge_m) for gap in may[::-1]
        )
    return enough


def _runs_are_enough(
    connections: Connections, clear: Flags, pair: int, gap_m: float, min_edge_m: float
) -> bool:
    """Say whether the runs of clear boundary count enough at a gap, on both sides.

    A piece that is hidden counts nothing, and holds its run together all the same.
    """
    begin, end = np.searchsorted(connections.side, [2 * pair, 2 * pair + 2])
    rows = slice(int(begin), int(end))
    nearest = connections.nearest_m[rows]
    within = connections.farthest_m[rows] <= gap_m
    metres = np.where(within & clear[rows], connections.piece_m[rows], 0.0)
    label = connections.chain.only(rows).runs(connections.start_m[rows] <= gap_m + CONTACT_M)
    length, least = run_lengths(label, metres, nearest)
    of_run = np.zeros(len(length), dtype=np.intp)
    of_run[label] = connections.side[rows] % 2
    counted = np.bincount(of_run, counted_m(length, least, gap_m), 2)
    return bool(counted.min() >= min_edge_m + 2 * nearest.min() - 4 * CONTACT_M)


ROUNDING_M = 1e-9
"""Sums of the same lengths may differ by this with the order of their terms [m]."""

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
) -> tuple[Positions, Positions, Floats]:
    """Do what ``geo.contiguity.joining_gaps`` does; without ``exact`` any gap up to the most.

    ``min_edge_m``: Least facing edge [m].
    ``obstacles``: What a gap may not be bridged over.
    ``most_gap_m``: Largest gap looked at [m].
    ``exact``: False where it is enough to know which pairs are neighbours at the largest gap.

    Pairs of neighbours, not sorted, and from which gap on they are [m].
    """
    boundaries = Boundaries(shapes)
    bridges = Bridges(boundaries, obstacles)
    gaps_of_run = [(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))]
    for pairs in boundaries.near_pairs(most_gap_m + CONTACT_M):
        most = np.full(len(pairs), most_gap_m)
        joined = pairs.only(_neighbours(boundaries, bridges, pairs, min_edge_m, most))
        gap_m = np.full(len(joined), most_gap_m)
        if exact:
            gap_m = _smallest(boundaries, bridges, joined, min_edge_m, gap_m)
        gaps_of_run.append((joined.first, joined.second, gap_m))
        report(progress, float(pairs.first[-1] + 1) / len(shapes) if len(pairs) else 0.0)
    first, second, gaps = (np.concatenate(column) for column in zip(*gaps_of_run, strict=True))
    return first, second, gaps


def plain_near_pairs(shapes: Shapes, reach_m: float) -> tuple[Positions, Positions]:
    """Do what ``geo.contiguity.near_pairs`` does; the pairs are not sorted."""
    tree = shapely.STRtree(shapes)
    first, second = tree.query(shapes, predicate="dwithin", distance=reach_m)
    once = first < second
    return first[once], second[once]


def _smallest(
    boundaries: Boundaries, bridges: Bridges, pairs: Pairs, min_edge_m: float, most: Floats
) -> Floats:
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
    boundaries: Boundaries, bridges: Bridges, pairs: Pairs, min_edge_m: float, most: Floats
) -> Positions:
    kept, gap_m = _facing_pairs(boundaries, pairs, min_edge_m, most)
    by_runs = _facing_by_runs(boundaries, pairs.only(kept), min_edge_m, gap_m)
    kept, gap_m = kept[by_runs], gap_m[by_runs]
    return kept[bridges.free(pairs.only(kept), gap_m, min_edge_m)]


MOST_TRIES, COARSE_M = 1000, 1e-3
"""After so many tries gaps are told apart to this only, so that any shape takes bounded time."""


def _facing_by_runs(
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


def _facing_pairs(
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
