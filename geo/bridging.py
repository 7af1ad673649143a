"""Which gaps may be bridged: where the shortest way across meets no obstacle.

A way is *over* a polygon where it runs through its interior; running along its edge is not over it.
"""

import numpy as np
import numpy.typing as npt
import shapely

from geo.edges import Numbers, Positions, Shapes
from geo.facing import CONTACT_M, Boundaries, Pairs
from geo.obstacles import Obstacles
from geo.ways import Ways, as_lines, divided, length_of, shortest_ways

FEW_PIECES = 16
"""Pieces of facing boundary in the first, coarse look for obstacles."""

APART_M = 1e-5
"""A shorter way is a contact: only what cuts can part the shapes there."""

ASIDE_M = 0.01
"""A way over a polygon stays over it when it is moved aside by this; along its edge it doesn't."""

Flags = npt.NDArray[np.bool_]


class Bridges:
    """Says for pairs of shapes that face each other whether obstacles leave enough of it.

    Parameters
    ----------
    boundaries
        The shapes.
    obstacles
        What a gap may not be bridged over.
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

    def free(self, pairs: Pairs, gap_m: Numbers, min_edge_m: float) -> Positions:
        """Find the pairs that face each other enough where no obstacle lies between.

        Parameters
        ----------
        pairs
            Pairs that do so without obstacles, p.
        gap_m
            Largest gap at which they do [m], array of p.
        min_edge_m
            Least facing edge [m].

        Returns
        -------
        array of int
            Positions of the pairs.
        """
        is_cut, is_covered = self._have_obstacles_near(pairs, gap_m)
        free = ~is_cut & ~is_covered
        for surely_clear_m in (self._contact_m, self._far_from_obstacles_m):
            doubtful = np.flatnonzero(~free & ~is_cut)
            clear_m = surely_clear_m(pairs.only(doubtful), gap_m[doubtful])
            free[doubtful] = clear_m >= min_edge_m + 2 * gap_m[doubtful]
        doubtful = np.flatnonzero(~free)
        some = pairs.only(doubtful)
        found = self._boundaries.facing(some, gap_m[doubtful] + CONTACT_M)
        ways = shortest_ways(self._boundaries, some, found)
        clear = ~self._blocked(some, ways, is_cut[doubtful])
        free[doubtful] = _enough(len(some), ways, clear, gap_m[doubtful], min_edge_m)
        return np.flatnonzero(free)

    def _have_obstacles_near(self, pairs: Pairs, gap_m: Numbers) -> tuple[Flags, Flags]:
        """Say which pairs have cutting, and which have covering obstacles where they face."""
        one, two = self._boundaries.bounds[pairs.first], self._boundaries.bounds[pairs.second]
        low, high = np.maximum(one[:, :2], two[:, :2]), np.minimum(one[:, 2:], two[:, 2:])
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
        row, thing = self._covering_tree.query(shapes)
        owner = self._owner[thing]
        other = (owner != pairs.first[pair[row]]) & (owner != pairs.second[pair[row]])
        row, thing = row[other], thing[other]
        shapely.prepare(self._covering[np.unique(thing)])
        return row, thing

    def _contact_m(self, pairs: Pairs, gap_m: Numbers) -> Numbers:
        """Measure where the two shapes touch, on the side that shows less of it."""
        found = self._boundaries.beside(pairs, np.full(len(pairs), CONTACT_M))
        metres = (found.end - found.begin) * self._boundaries.edges.length_m[found.edge]
        return _on_lesser_side(found.side, np.maximum(metres, 0), len(pairs))

    def _far_from_obstacles_m(self, pairs: Pairs, gap_m: Numbers) -> Numbers:
        """Measure facing boundary with no obstacle anywhere within the gap, on the lesser side."""
        edges = self._boundaries.edges
        found = self._boundaries.beside(pairs, gap_m + CONTACT_M)
        row, begin, step = divided(edges, found, len(pairs), 1.0, FEW_PIECES)
        edge, pair = found.edge[row], found.side[row] // 2
        start, end = np.stack(edges.place(edge, begin)), np.stack(edges.place(edge, begin + step))
        margin = gap_m[pair] + 2 * ASIDE_M
        boxes = _boxes(np.minimum(start, end), np.maximum(start, end), margin)
        piece, thing = self._covering_near(pairs, pair, boxes)
        metres = step * edges.length_m[edge]
        metres[piece[shapely.intersects(self._covering[thing], boxes[piece])]] = 0
        return _on_lesser_side(found.side[row], metres, len(pairs))

    def _blocked(self, pairs: Pairs, ways: Ways, is_cut: Flags) -> Flags:
        """Say of which pieces the shortest way meets an obstacle."""
        blocked = np.zeros(len(ways.side), dtype=bool)
        near = np.flatnonzero(is_cut[ways.side // 2])
        blocked[near[self._is_parted(ways.ends[:, near])]] = True
        open_ways = np.flatnonzero((ways.length_m > APART_M) & ~blocked)
        lines = as_lines(ways.ends[:, open_ways])
        row, thing = self._covering_near(pairs, ways.side[open_ways] // 2, lines)
        met = shapely.intersects(self._covering[thing], lines[row])
        way, thing = open_ways[row[met]], thing[met]
        over = self._are_over(thing, ways.ends[:, way])
        way, thing = way[over], thing[over]
        ends = self._outside_own_shape(pairs, ways.side[way], ways.ends[:, way])
        blocked[way[self._are_over(thing, ends)]] = True
        return blocked

    def _is_parted(self, ends: Numbers) -> Positions:
        """List the ways that meet a cutting obstacle, or lie in one."""
        lines = as_lines(ends)
        met, segment = self._cuts_tree.query(lines, predicate="dwithin", distance=CONTACT_M)
        points = shapely.points(ends[0], ends[1])
        way, thing = self._cutting_tree.query(points)
        shapely.prepare(self._cutting[np.unique(thing)])
        inside = shapely.intersects(self._cutting[thing], points[way])
        way = np.concatenate([met, way[inside]])
        thing = np.concatenate([self._of_segment[segment], thing[inside]])
        parted: Positions = way[length_of(ends)[way] > self._bridged_up_to_m[thing]]
        return parted

    def _are_over(self, thing: Positions, ends: Numbers) -> Flags:
        """Say which ways run through the interior of their obstacle."""
        over = length_of(ends) > APART_M
        for aside in (ASIDE_M, -ASIDE_M):
            rows = np.flatnonzero(over)
            ahead = (ends[2:, rows] - ends[:2, rows]) / length_of(ends[:, rows])
            trim, off = 2 * CONTACT_M * ahead, aside * np.stack([-ahead[1], ahead[0]])
            moved = ends[:, rows] + np.concatenate([off + trim, off - trim])
            over[rows] = shapely.intersects(self._covering[thing[rows]], as_lines(moved))
        return over

    def _outside_own_shape(self, pairs: Pairs, side: Positions, ends: Numbers) -> Numbers:
        """Let ways that begin through their own shape, or along it, begin where they leave it."""
        shapes, own = self._boundaries.shapes, pairs.ones(side)
        shapely.prepare(shapes[np.unique(own)])
        ahead = (ends[2:] - ends[:2]) * np.minimum(0.5, ASIDE_M / length_of(ends))
        soon = shapely.points(*(ends[:2] + ahead))
        rows = np.flatnonzero(shapely.dwithin(shapes[own], soon, CONTACT_M))
        held, which = np.unique(own[rows], return_inverse=True)
        wider = shapely.buffer(shapes[held], APART_M, join_style="mitre")
        left = shapely.difference(as_lines(ends[:, rows]), wider[which])
        leaving = shapely.get_point(shapely.get_geometry(left, 0), 0)
        start = np.stack([shapely.get_x(leaving), shapely.get_y(leaving)])
        # Where nothing is left there is no gap: the way has no length.
        start = np.where(shapely.is_missing(leaving), ends[2:, rows], start)
        moved = ends.copy()
        moved[:2, rows] = start
        return moved


def _boxes(low: Numbers, high: Numbers, margin: Numbers) -> Shapes:
    """Make boxes from rows x, y of their corners, widened by a margin [m]."""
    boxes: Shapes = shapely.box(*(low - margin), *(high + margin))
    return boxes


def _on_lesser_side(side: Positions, metres: Numbers, pair_count: int) -> Numbers:
    """Add up boundary for each side, and give the lesser of the two sides of each pair [m]."""
    length = np.bincount(side, metres, 2 * pair_count).reshape(-1, 2)
    lesser: Numbers = length.min(axis=1)
    return lesser


def _segments(shapes: Shapes) -> tuple[Shapes, Positions]:
    """Take lines and outlines apart: a long road is worked on where it matters."""
    lines = np.where(shapely.get_dimensions(shapes) == 2, shapely.boundary(shapes), shapes)
    parts, of_line = shapely.get_parts(lines, return_index=True)
    points, part = shapely.get_coordinates(parts, return_index=True)
    same = part[1:] == part[:-1]
    segments: Shapes = shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1)[same])
    return segments, of_line[part[:-1][same]]


def _enough(pair_count: int, ways: Ways, clear: Flags, gap_m: Numbers, min_edge_m: float) -> Flags:
    """Say which pairs show enough clear boundary on both sides at some gap up to the largest."""
    enough = np.zeros(pair_count, dtype=bool)
    side = np.where(clear, ways.side, 2 * pair_count)
    order = np.lexsort((ways.farthest_m, side))
    starts = np.searchsorted(side[order], np.arange(2 * pair_count + 1))
    for pair in range(pair_count):
        rows = [order[starts[s] : starts[s + 1]] for s in (2 * pair, 2 * pair + 1)]
        distances = [np.minimum(ways.farthest_m[held], gap_m[pair]) for held in rows]
        gaps = np.append(np.concatenate(distances), gap_m[pair])
        most = np.inf
        for held, distance in zip(rows, distances, strict=True):
            shown = np.append(0.0, np.cumsum(ways.piece_m[held]))
            most = np.minimum(most, shown[np.searchsorted(distance, gaps, side="right")])
        enough[pair] = np.any(most - 2 * gaps >= min_edge_m - 4 * CONTACT_M)
    return enough
