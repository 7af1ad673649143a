"""How much boundary shapes show each other within a distance, and from which gap on it is enough.

The definition is that of ``geo.contiguity``. What lies within a distance of an edge is convex, so
the part of another edge inside it is one interval, found without approximation.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Numbers = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]

CONTACT_M = 1e-6
"""Shapes nearer than this touch: a micrometre is below any survey's resolution."""

PRECISE_M = 2e-7
"""Joining gaps are found to this: well within the contact distance."""


class Outlines(NamedTuple):
    """The edges of shapes of one part each, as in ``geo.edges.Edges``, with the shapes' boxes."""

    x: Numbers
    y: Numbers
    dx: Numbers
    dy: Numbers
    length: Numbers
    ring: Positions
    offset: Positions
    ring_length: Numbers
    bounds: Numbers


@njit(cache=True, nogil=True, error_model="numpy")
def part_within(
    dx: float, dy: float, ox: float, oy: float, qx: float, qy: float, reach: float
) -> tuple[float, float]:
    """Give the part of the edge (dx, dy) within reach of the edge (qx, qy) that starts at (ox, oy).

    As shares of the first edge, which starts at the origin; high <= low where there is none.
    """
    square, other = dx * dx + dy * dy, qx * qx + qy * qy
    low, high = np.inf, -np.inf
    for end in range(2):
        wx, wy = ox + end * qx, oy + end * qy
        aside = (wx * dy - wy * dx) / square
        rest = reach * reach / square - aside * aside
        if rest >= 0:
            middle, half = (wx * dx + wy * dy) / square, np.sqrt(rest)
            low, high = min(low, middle - half), max(high, middle + half)
    width = np.sqrt(other)
    one = _between(0.0, 1.0, -(ox * qx + oy * qy) / other, (dx * qx + dy * qy) / other)
    two = _between(-reach, reach, (oy * qx - ox * qy) / -width, (dy * qx - dx * qy) / width)
    begin, end_ = max(one[0], two[0]), min(one[1], two[1])
    if begin <= end_:
        low, high = min(low, begin), max(high, end_)
    return max(low, 0.0), min(high, 1.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _between(least: float, most: float, at: float, rate: float) -> tuple[float, float]:
    if rate == 0:
        if least <= at <= most:
            return -np.inf, np.inf
        return np.inf, -np.inf
    one, two = (least - at) / rate, (most - at) / rate
    return min(one, two), max(one, two)


@njit(cache=True, nogil=True, error_model="numpy")
def edges_near(shapes: Outlines, one: int, other: int, reach: float, found: Positions) -> int:
    """List the edges of a shape within reach of the box of another; say how many."""
    west, south = shapes.bounds[other, 0] - reach, shapes.bounds[other, 1] - reach
    east, north = shapes.bounds[other, 2] + reach, shapes.bounds[other, 3] + reach
    count = 0
    for e in range(shapes.offset[one], shapes.offset[one + 1]):
        x, y = shapes.x[e], shapes.y[e]
        to_x, to_y = x + shapes.dx[e], y + shapes.dy[e]
        if max(x, to_x) < west or min(x, to_x) > east:
            continue
        if max(y, to_y) < south or min(y, to_y) > north:
            continue
        found[count] = e
        count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def contains(shapes: Outlines, one: int, x: float, y: float) -> bool:
    """Say whether a point lies inside a shape."""
    if x < shapes.bounds[one, 0] or x > shapes.bounds[one, 2]:
        return False
    if y < shapes.bounds[one, 1] or y > shapes.bounds[one, 3]:
        return False
    inside = False
    for e in range(shapes.offset[one], shapes.offset[one + 1]):
        low = shapes.y[e] - y
        high = low + shapes.dy[e]
        if (low > 0) != (high > 0):
            side = shapes.dx[e] * -low - (x - shapes.x[e]) * shapes.dy[e]
            if (side > 0) == (shapes.dy[e] > 0):
                inside = not inside
    return inside


@njit(cache=True, nogil=True, error_model="numpy")
def shown(
    shapes: Outlines,
    other: int,
    mine: Positions,
    theirs: Positions,
    reach: float,
    ring: int,
) -> tuple[float, bool]:
    """Measure the boundary that lies within reach of the other shape.

    ``mine`` and ``theirs`` are the edges that may. With a ring (-1: all rings), only that ring is
    measured. The second value says whether all rings reached lie wholly within reach.
    """
    total, all_whole = 0.0, True
    now, of_ring = np.int64(-1), 0.0
    starts, ends = np.empty(len(theirs) + 1), np.empty(len(theirs) + 1)
    for e in mine:
        if ring >= 0 and shapes.ring[e] != ring:
            continue
        if shapes.ring[e] != now:
            all_whole = all_whole and _is_whole(shapes, now, of_ring)
            now, of_ring = shapes.ring[e], 0.0
        share = _share_shown(shapes, other, e, theirs, reach, starts, ends)
        of_ring += share * shapes.length[e]
        total += share * shapes.length[e]
    return total, all_whole and _is_whole(shapes, now, of_ring)


@njit(cache=True, nogil=True, error_model="numpy")
def _is_whole(shapes: Outlines, ring: int, length: float) -> bool:
    """Say whether a ring is wholly within reach, or not at all."""
    if ring < 0 or length == 0:
        return True
    return bool(length >= shapes.ring_length[ring] * (1 - 1e-9) - CONTACT_M)


@njit(cache=True, nogil=True, error_model="numpy")
def _share_shown(
    shapes: Outlines,
    other: int,
    e: int,
    theirs: Positions,
    reach: float,
    starts: Numbers,
    ends: Numbers,
) -> float:
    x, y, dx, dy = shapes.x[e], shapes.y[e], shapes.dx[e], shapes.dy[e]
    west, east = min(x, x + dx) - reach, max(x, x + dx) + reach
    south, north = min(y, y + dy) - reach, max(y, y + dy) + reach
    count = 0
    for f in theirs:
        fx, fy, qx, qy = shapes.x[f], shapes.y[f], shapes.dx[f], shapes.dy[f]
        if max(fx, fx + qx) < west or min(fx, fx + qx) > east:
            continue
        if max(fy, fy + qy) < south or min(fy, fy + qy) > north:
            continue
        low, high = part_within(dx, dy, fx - x, fy - y, qx, qy, reach)
        if low >= high:
            continue
        place = count
        while place > 0 and starts[place - 1] > low:
            starts[place], ends[place] = starts[place - 1], ends[place - 1]
            place -= 1
        starts[place], ends[place] = low, high
        count += 1
    share, done = 0.0, 0.0
    for i in range(count + 1):
        begin = starts[i] if i < count else 1.0
        if begin - done > 1e-9:
            at = (begin + done) / 2
            if contains(shapes, other, x + at * dx, y + at * dy):
                share += begin - done
        if i < count and ends[i] > done:
            share += ends[i] - max(begin, done)
            done = ends[i]
    return share


@njit(cache=True, nogil=True, error_model="numpy")
def _surplus(
    shapes: Outlines, other: int, mine: Positions, theirs: Positions, gap: float, edge: float
) -> tuple[float, bool]:
    """Give the boundary shown beyond what the gap asks, and whether larger gaps show no more."""
    length, whole = shown(shapes, other, mine, theirs, gap + CONTACT_M, -1)
    return length - (edge + 2 * gap - 4 * CONTACT_M), whole


@njit(cache=True, nogil=True, error_model="numpy")
def _marks(
    shapes: Outlines, other: int, mine: Positions, theirs: Positions, low: float, most: float
) -> Numbers:
    """Give the gaps between which the surplus doesn't turn: where a ring is reached, or whole.

    Of a ring that is partly within reach, at least 2 m more come within reach with each further
    metre of gap, so the surplus falls only while no ring is.
    """
    marks = [most]
    now = np.int64(-1)
    for e in mine:
        ring = shapes.ring[e]
        if ring == now:
            continue
        now = ring
        whole = shapes.ring_length[ring] * (1 - 1e-9) - CONTACT_M
        for target in (0.0, whole):
            if _of_ring(shapes, other, mine, theirs, most, ring) <= target:
                continue
            below, above = low, most
            while above - below > PRECISE_M:
                middle = (below + above) / 2
                if _of_ring(shapes, other, mine, theirs, middle, ring) > target:
                    above = middle
                else:
                    below = middle
            if above < most:
                marks.append(above)
    return np.sort(np.array(marks))


@njit(cache=True, nogil=True, error_model="numpy")
def _of_ring(
    shapes: Outlines, other: int, mine: Positions, theirs: Positions, gap: float, ring: int
) -> float:
    return shown(shapes, other, mine, theirs, gap + CONTACT_M, ring)[0]


@njit(cache=True, nogil=True, error_model="numpy")
def _first_gap(
    shapes: Outlines,
    other: int,
    mine: Positions,
    theirs: Positions,
    low: float,
    most: float,
    edge: float,
) -> float:
    """Find the smallest gap from ``low`` to ``most`` at which one side shows enough."""
    if _surplus(shapes, other, mine, theirs, low, edge)[0] >= 0:
        return low
    surplus, whole = _surplus(shapes, other, mine, theirs, most, edge)
    if not whole:
        marks = np.array([most])
        if surplus < 0 and shapes.ring[mine[0]] == shapes.ring[mine[-1]]:
            return np.inf
    if whole or shapes.ring[mine[0]] != shapes.ring[mine[-1]]:
        marks = _marks(shapes, other, mine, theirs, low, most)
    below = low
    for mark in marks:
        if _surplus(shapes, other, mine, theirs, mark, edge)[0] >= 0:
            above, step = mark, 0.05
            while below + step < above:  # most gaps are small: look there first
                if _surplus(shapes, other, mine, theirs, below + step, edge)[0] >= 0:
                    above = below + step
                else:
                    below += step
                    step *= 3
            while above - below > PRECISE_M:
                middle = (below + above) / 2
                if _surplus(shapes, other, mine, theirs, middle, edge)[0] >= 0:
                    above = middle
                else:
                    below = middle
            return float(above)
        below = mark
    return np.inf


@njit(cache=True, nogil=True, error_model="numpy")
def joining_gap(
    shapes: Outlines, one: int, two: int, most: float, edge: float, exact: bool
) -> float:
    """Find the smallest gap at which two shapes are neighbours, infinite beyond ``most``.

    Without ``exact``, ``most`` stands for any gap above 0: enough to know that they are.
    """
    reach = most + CONTACT_M
    size = shapes.offset[one + 1] - shapes.offset[one]
    ones = np.empty(size, np.int64)
    twos = np.empty(shapes.offset[two + 1] - shapes.offset[two], np.int64)
    ones = ones[: edges_near(shapes, one, two, reach, ones)]
    twos = twos[: edges_near(shapes, two, one, reach, twos)]
    if len(ones) == 0 or len(twos) == 0:
        return np.inf
    if not exact and most > 0:
        of_one, _ = _surplus(shapes, two, ones, twos, most, edge)
        if of_one >= 0 and _surplus(shapes, one, twos, ones, most, edge)[0] >= 0:
            both = _surplus(shapes, two, ones, twos, 0.0, edge)[0] >= 0
            both = both and _surplus(shapes, one, twos, ones, 0.0, edge)[0] >= 0
            return 0.0 if both else most
    gap = 0.0
    for _ in range(100):
        enough = _first_gap(shapes, two, ones, twos, gap, most, edge)
        if enough == np.inf:
            return np.inf
        gap = _first_gap(shapes, one, twos, ones, enough, most, edge)
        if gap == np.inf or gap <= enough:
            return gap
    return np.inf


@njit(cache=True, nogil=True, error_model="numpy")
def joining_gaps(
    shapes: Outlines, pairs: Positions, most: float, edge: float, exact: bool, gaps: Numbers
) -> None:
    """Find the joining gap of each pair."""
    for i in range(len(pairs)):
        gaps[i] = joining_gap(shapes, pairs[i, 0], pairs[i, 1], most, edge, exact)


@njit(cache=True, nogil=True, error_model="numpy")
def square_to_edge(x: float, y: float, dx: float, dy: float, px: float, py: float) -> float:
    """Give the square of the distance from a point to an edge."""
    along = ((px - x) * dx + (py - y) * dy) / (dx * dx + dy * dy)
    along = min(max(along, 0.0), 1.0)
    away_x, away_y = x + along * dx - px, y + along * dy - py
    return away_x * away_x + away_y * away_y


@njit(cache=True, nogil=True, error_model="numpy")
def edges_meet(
    x: float, y: float, dx: float, dy: float, ox: float, oy: float, qx: float, qy: float
) -> bool:
    """Say whether two edges cross or touch."""
    one = dx * (oy - y) - dy * (ox - x)
    two = dx * (oy + qy - y) - dy * (ox + qx - x)
    three = qx * (y - oy) - qy * (x - ox)
    four = qx * (y + dy - oy) - qy * (x + dx - ox)
    if ((one > 0) == (two > 0) and one != 0 and two != 0) or (
        (three > 0) == (four > 0) and three != 0 and four != 0
    ):
        return False
    if one == 0 and two == 0:  # on one line
        along = dx * dx + dy * dy
        begin = ((ox - x) * dx + (oy - y) * dy) / along
        end = ((ox + qx - x) * dx + (oy + qy - y) * dy) / along
        return bool(max(begin, end) >= 0 and min(begin, end) <= 1)
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def are_near(shapes: Outlines, one: int, two: int, reach: float) -> bool:
    """Say whether two shapes lie within reach of each other."""
    ones = np.empty(shapes.offset[one + 1] - shapes.offset[one], np.int64)
    twos = np.empty(shapes.offset[two + 1] - shapes.offset[two], np.int64)
    ones = ones[: edges_near(shapes, one, two, reach, ones)]
    twos = twos[: edges_near(shapes, two, one, reach, twos)]
    square = reach * reach
    for e in ones:
        x, y, dx, dy = shapes.x[e], shapes.y[e], shapes.dx[e], shapes.dy[e]
        west, east = min(x, x + dx) - reach, max(x, x + dx) + reach
        south, north = min(y, y + dy) - reach, max(y, y + dy) + reach
        for f in twos:
            fx, fy, qx, qy = shapes.x[f], shapes.y[f], shapes.dx[f], shapes.dy[f]
            if max(fx, fx + qx) < west or min(fx, fx + qx) > east:
                continue
            if max(fy, fy + qy) < south or min(fy, fy + qy) > north:
                continue
            if (
                square_to_edge(x, y, dx, dy, fx, fy) <= square
                or square_to_edge(x, y, dx, dy, fx + qx, fy + qy) <= square
                or square_to_edge(fx, fy, qx, qy, x, y) <= square
                or square_to_edge(fx, fy, qx, qy, x + dx, y + dy) <= square
                or edges_meet(x, y, dx, dy, fx, fy, qx, qy)
            ):
                return True
    e, f = shapes.offset[one], shapes.offset[two]
    return contains(shapes, two, shapes.x[e], shapes.y[e]) or contains(
        shapes, one, shapes.x[f], shapes.y[f]
    )


@njit(cache=True, nogil=True, error_model="numpy")
def near_flags(
    shapes: Outlines, pairs: Positions, reach: float, flags: npt.NDArray[np.bool_]
) -> None:
    """Say of each pair whether its shapes lie within reach of each other."""
    for i in range(len(pairs)):
        flags[i] = are_near(shapes, pairs[i, 0], pairs[i, 1], reach)
