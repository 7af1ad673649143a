"""The same without numba (reference implementation)."""

from dataclasses import dataclass

import numpy as np
import shapely

from geo.arrays import Flags, Floats, Positions, Shapes
from geo.edges import Edges, Obstacles
from geo.facing_numpy import (
    CONTACT_M,
    INSIDE,
    PRECISE_M,
    Boundaries,
    Chain,
    Pairs,
    Stretches,
    chain_of,
    counted_m,
    facing_by_runs,
    facing_pairs,
    run_lengths,
)
from geo.tools import Progress, report

PIECE_M = 0.25
"""Facing boundary beside an obstacle is examined in pieces of about this length."""

MOST_PIECES = 256
"""Longer facing boundary is divided into about this many pieces."""

CHANGE_M = 1e-3
"""Where hidden boundary turns to clear is found to this."""


@dataclass(frozen=True)
class Connections:
    """Pieces of facing boundary, each with the shortest way from its middle to the other shape.

    ``side``: Whose boundary, as in ``Stretches``.
    ``piece_m``: Length of the piece [m].
    ``nearest_m, farthest_m``: How far the piece lies from the other shape [m].
    ``ends``: Where the way begins and ends: rows x, y, to_x, to_y [m].
    ``start_m, end_m``: How far the piece's own start and end lie from the other shape [m].
    ``chain``: Which pieces meet there the one before them.
    """

    side: Positions
    piece_m: Floats
    nearest_m: Floats
    farthest_m: Floats
    ends: Floats
    start_m: Floats
    end_m: Floats
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


Division = tuple[Positions, Floats, Floats]
"""Row of facing boundary, where a piece begins and how long it is, as shares of the edge."""


def shortest_connections(
    boundaries: Boundaries, pairs: Pairs, facing: Stretches, pieces: Division
) -> Connections:
    """Find the shortest way from the middle of each piece.

    ``boundaries``: The shapes.

    One for each piece; of no length where its middle lies in the other shape.
    """
    edges = boundaries.edges
    row, begin, step = pieces
    edge, side = facing.edge[row], facing.side[row]
    chain = chain_of(edges, side, edge, begin, begin + step)
    if not len(row):
        return Connections(side, step, step, step, np.empty((4, 0)), step, step, chain)
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
    least_m: Floats = np.minimum(np.minimum(start_m, end_m), way)
    return Connections(
        side, step * edges.length_m[edge], np.where(inside, 0.0, least_m),
        np.where(inside, 0.0, farthest), ends,
        np.where(inside, 0.0, start_m), np.where(inside, 0.0, end_m), chain,
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
        connections, clear = self._seen(some, facing, is_cut[doubtful])
        free[doubtful] = _enough(len(some), connections, clear, gap_m[doubtful], min_edge_m)
        return np.flatnonzero(free)

    def _seen(self, pairs: Pairs, facing: Stretches, is_cut: Flags) -> tuple[Connections, Flags]:
        """Divide facing boundary into pieces that are hidden or clear, and say which are clear.

        Pieces are equal, but parted where hidden turns to clear; at the ends of boundary, too.
        """
        edges = self._boundaries.edges
        row, begin, step = divided(edges, facing, len(pairs), PIECE_M, MOST_PIECES)

        def is_clear(row: Positions, place: Floats) -> Flags:
            at = (row, place, np.zeros(len(row)))
            ways = shortest_connections(self._boundaries, pairs, facing, at)
            return ~self._blocked(pairs, ways, is_cut)

        end, middle = begin + step, begin + step / 2
        new = np.concatenate([[True], np.diff(row) != 0])[: len(row)]
        first, last = np.flatnonzero(new), np.flatnonzero(np.roll(new, -1))
        inset = np.minimum(0.01 * step, CHANGE_M / edges.length_m[facing.edge[row]])
        # Whose state is known: both ends of boundary, and the middle of each piece.
        of = np.concatenate([first, np.arange(len(row)), last])
        place = np.concatenate([(begin + inset)[first], middle, (end - inset)[last]])
        clear = is_clear(row[of], place)
        order = np.lexsort((place, of))
        of, place, clear = of[order], place[order], clear[order]
        same = row[of[1:]] == row[of[:-1]]
        turns = np.flatnonzero(same & (clear[1:] != clear[:-1]))
        low, high = place[turns], place[turns + 1]
        still = np.arange(len(turns))
        while len(still):
            between = (low[still] + high[still]) / 2
            as_low = is_clear(row[of[turns[still]]], between) == clear[turns[still]]
            low[still[as_low]], high[still[~as_low]] = between[as_low], between[~as_low]
            metres = (high - low) * edges.length_m[facing.edge[row[of[turns]]]]
            still = np.flatnonzero(metres > CHANGE_M)
        # Pieces end where hidden turns to clear, and where two middles of one kind meet.
        alike = np.flatnonzero(same & (clear[1:] == clear[:-1]) & (of[1:] != of[:-1]))
        parts = np.concatenate([turns, alike])
        cut = np.concatenate([(low + high) / 2, end[of[alike]]])
        by_place = np.argsort(parts)
        parts, cut = parts[by_place], cut[by_place]
        starts = np.sort(np.concatenate([np.searchsorted(of, first), parts + 1]))
        begins = np.where(np.isin(starts, parts + 1), 0.0, begin[of[starts]])
        begins[np.isin(starts, parts + 1)] = cut
        ends = np.append(begins[1:], 0.0)[: len(starts)]
        closing = np.concatenate([row[of[starts]][1:] != row[of[starts]][:-1], [True]])
        closing = closing[: len(starts)]
        ends[closing] = end[last]
        pieces = (row[of[starts]], begins, ends - begins)
        return shortest_connections(self._boundaries, pairs, facing, pieces), clear[starts]

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
    starts = np.searchsorted(connections.side, np.arange(2 * pair_count + 1))
    entry_m, full_m = _reached(connections)
    for pair in range(pair_count):
        rows = slice(int(starts[2 * pair]), int(starts[2 * pair + 2]))
        most = float(gap_m[pair])
        gaps = np.unique(np.clip(np.append(entry_m[rows], full_m[rows]), 0.0, most))
        gaps = np.append(gaps[gaps < most], most)
        shown = [
            _within_m(
                gaps, entry_m[of_side], full_m[of_side],
                np.where(clear[of_side], connections.piece_m[of_side], 0.0),
            )
            for of_side in (slice(*starts[2 * pair : 2 * pair + 2]),
                            slice(*starts[2 * pair + 1 : 2 * pair + 3]))
        ]  # fmt: skip
        may = gaps[np.minimum(*shown) - 2 * gaps >= min_edge_m - 4 * CONTACT_M]
        enough[pair] = any(
            _runs_are_enough(connections, clear, pair, gap, min_edge_m) for gap in may[::-1]
        )
    return enough


def _reached(connections: Connections) -> tuple[Floats, Floats]:
    """Give the gaps from which on a piece is reached, and is wholly within reach [m]."""
    entry_m = np.minimum(connections.start_m, connections.end_m) - CONTACT_M
    return entry_m, np.maximum(connections.farthest_m - CONTACT_M, entry_m + 0.1 * CONTACT_M)


def _within_m(gaps: Floats, entry_m: Floats, full_m: Floats, metres: Floats) -> Floats:
    """Add up what of pieces lies within each of rising gaps: it grows evenly [m]."""
    growth = metres / (full_m - entry_m)
    at = np.concatenate([entry_m, full_m])
    order = np.argsort(at)
    at, slope = at[order], np.cumsum(np.concatenate([growth, -growth])[order])
    total = np.concatenate([[0.0], np.cumsum(slope[:-1] * np.diff(at))])[: len(at)]
    within: Floats = np.interp(gaps, at, total) if len(at) else np.zeros(len(gaps))
    return within


def _runs_are_enough(
    connections: Connections, clear: Flags, pair: int, gap_m: float, min_edge_m: float
) -> bool:
    """Say whether the runs of clear boundary count enough at a gap, on both sides.

    What is hidden counts nothing, and holds its run together all the same.
    """
    begin, end = np.searchsorted(connections.side, [2 * pair, 2 * pair + 2])
    rows = slice(int(begin), int(end))
    nearest = connections.nearest_m[rows]
    entry_m, full_m = (column[rows] for column in _reached(connections))
    share = np.clip((gap_m - entry_m) / (full_m - entry_m), 0.0, 1.0)
    metres = np.where(clear[rows], share * connections.piece_m[rows], 0.0)
    label = connections.chain.only(rows).runs(connections.start_m[rows] <= gap_m + CONTACT_M)
    length, least = run_lengths(label, metres, nearest)
    of_run = np.zeros(len(length), dtype=np.intp)
    of_run[label] = connections.side[rows] % 2
    counted = np.bincount(of_run, counted_m(length, least, gap_m), 2)
    return bool(counted.min() >= min_edge_m + 2 * nearest.min() - 4 * CONTACT_M)


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
        most = np.full(len(pairs), float(most_gap_m))
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
    kept, gap_m = facing_pairs(boundaries, pairs, min_edge_m, most)
    by_runs = facing_by_runs(boundaries, pairs.only(kept), min_edge_m, gap_m)
    kept, gap_m = kept[by_runs], gap_m[by_runs]
    return kept[bridges.free(pairs.only(kept), gap_m, min_edge_m)]
