"""Edges of shapes as arrays, obstacles between them."""

from dataclasses import dataclass, field

import numpy as np
import shapely

from geo.arrays import Floats, Positions, Shapes


@dataclass(frozen=True)
class Edges:
    """The edges of an array of polygons, ring by ring.

    ``x, y``: Where each edge starts [m].
    ``dx, dy``: From its start to its end [m].
    ``length_m``: Its length [m].
    ``ring, shape``: Position of its ring and of its shape.
    ``offset``: Position of the first edge of each shape, and the number of edges; array of n + 1.
    ``ring_length_m``: Length of each ring [m].
    """

    x: Floats
    y: Floats
    dx: Floats
    dy: Floats
    length_m: Floats
    ring: Positions
    shape: Positions
    offset: Positions
    ring_length_m: Floats

    def __len__(self) -> int:
        return len(self.x)

    def place(self, edge: Positions, share: Floats) -> tuple[Floats, Floats]:
        """Give the coordinates of points at a share of edges (0 the start, 1 the end) [m]."""
        return self.x[edge] + share * self.dx[edge], self.y[edge] + share * self.dy[edge]

    def boxes(self, first: int, last: int, margin: float) -> Shapes:
        """Give the boxes of the edges from ``first`` up to ``last``, widened by a margin [m]."""
        x, y = self.x[first:last], self.y[first:last]
        to_x, to_y = x + self.dx[first:last], y + self.dy[first:last]
        boxes: Shapes = shapely.box(
            np.minimum(x, to_x) - margin,
            np.minimum(y, to_y) - margin,
            np.maximum(x, to_x) + margin,
            np.maximum(y, to_y) + margin,
        )
        return boxes


def edges_of(shapes: Shapes) -> Edges:
    """Take polygons apart into the edges of their rings.

    All edges longer than nothing, in the order of the shapes.
    """
    rings, of_shape = shapely.get_rings(shapes, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    vector = np.diff(points, axis=0)
    length = np.hypot(vector[:, 0], vector[:, 1])
    is_edge = (ring[1:] == ring[:-1]) & (length > 0)
    ring = ring[:-1][is_edge].astype(np.intp)
    shape = of_shape[ring].astype(np.intp)
    return Edges(
        x=points[:-1, 0][is_edge],
        y=points[:-1, 1][is_edge],
        dx=vector[is_edge, 0],
        dy=vector[is_edge, 1],
        length_m=length[is_edge],
        ring=ring,
        shape=shape,
        offset=np.searchsorted(shape, np.arange(len(shapes) + 1)),
        ring_length_m=np.bincount(ring, length[is_edge], len(rings)).astype(np.float64),
    )


def part_within(
    edges: Edges, of: Positions, to: Positions, reach_m: Floats
) -> tuple[Floats, Floats]:
    """Find the part of edges that lies within reach of other edges.

    ``reach_m``: Distance of each pair [m], array of k.

    Where the part begins and ends, as shares of the edge ``of`` (0 its start, 1 its end); ``high <=
    low`` where there is none.
    """
    dx, dy, qx, qy = edges.dx[of], edges.dy[of], edges.dx[to], edges.dy[to]
    ox, oy = edges.x[to] - edges.x[of], edges.y[to] - edges.y[of]
    square, other_square = dx * dx + dy * dy, qx * qx + qy * qy
    low = np.full(len(of), np.inf)
    high = np.full(len(of), -np.inf)
    with np.errstate(invalid="ignore", divide="ignore"):
        for wx, wy in ((ox, oy), (ox + qx, oy + qy)):  # within reach of either end of the other
            middle = (wx * dx + wy * dy) / square
            aside = (wx * dy - wy * dx) / square
            half = np.sqrt(reach_m * reach_m / square - aside * aside)
            low, high = np.fmin(low, middle - half), np.fmax(high, middle + half)
        along = _share_between(
            0.0, 1.0, -(ox * qx + oy * qy) / other_square, (dx * qx + dy * qy) / other_square
        )
        width = np.sqrt(other_square)
        across = _share_between(
            -reach_m, reach_m, (oy * qx - ox * qy) / -width, (dy * qx - dx * qy) / width
        )
        beside_low, beside_high = np.maximum(along[0], across[0]), np.minimum(along[1], across[1])
        is_between = beside_low <= beside_high
    low = np.where(is_between, np.minimum(low, beside_low), low)
    high = np.where(is_between, np.maximum(high, beside_high), high)
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def _share_between(
    least: float | Floats, most: float | Floats, at: Floats, rate: Floats
) -> tuple[Floats, Floats]:
    """Say from where to where ``at + rate * t`` lies between two values."""
    at_least, at_most = (least - at) / rate, (most - at) / rate
    still = rate == 0
    always = (least <= at) & (at <= most)
    low = np.where(still, np.where(always, -np.inf, np.inf), np.minimum(at_least, at_most))
    high = np.where(still, np.where(always, np.inf, -np.inf), np.maximum(at_least, at_most))
    return low, high


def newly_covered(group: Positions, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Say what each interval adds to those before it in its group.

    ``group``: Group of each interval, rising from 0 without a break; array of k.
    ``low, high``: Ends of the intervals, between 0 and 1, sorted by group and ``low``.

    The part that is new; ``end <= begin`` where there is none. ``begin`` is greater than the end
    reached before wherever a part of the group stays uncovered.

    >>> ends = newly_covered(np.array([0, 0, 1]), np.array([0, 0.2, 0]), np.array([0.5, 0.7, 0.1]))
    >>> [array.tolist() for array in ends]
    [[0.0, 0.5, 0.0], [0.5, 0.7, 0.1]]
    """
    if not len(group):
        return low, high
    base = 2.0 * group  # keeps the groups apart in one running maximum
    reached = np.maximum.accumulate(high + base)
    before = np.concatenate([[-np.inf], reached[:-1]]) - base
    return np.maximum(low, before), high


@dataclass(frozen=True)
class Obstacles:
    """What a gap may not be bridged over.

    ``cutting``: Lines and polygons that part two shapes even where these touch (roads, rivers).
    ``covering``: Polygons that a bridged gap may not lie in (other parcels, blocking
      constraints).
    ``owner``: For each of ``covering`` the position of the shape that it is itself, -1 for none:
      a shape is no obstacle to its own neighbourhood.
    ``bridged_up_to_m``: For each of ``cutting`` how wide a gap may be bridged over it all the
      same [m], -1 for none and the default.
    """

    cutting: Shapes
    covering: Shapes
    owner: Positions
    bridged_up_to_m: Floats = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        if not len(self.bridged_up_to_m):
            object.__setattr__(self, "bridged_up_to_m", np.full(len(self.cutting), -1.0))


NO_OBSTACLES = Obstacles(np.empty(0, object), np.empty(0, object), np.empty(0, np.intp))
