"""Facing edge length, where all of it is enough, equal edges."""

import numpy as np
from numba import njit

from geo.arrays import Flags, Floats, Ints
from geo.kernels.edges import (
    CONTACT_M,
    FEW,
    NONE,
    ZERO,
    Outlines,
    Side,
    contains,
    other_side,
    side_of,
)

PRECISE_M = 2e-7
"""Joining gaps are found to this: well within the contact distance."""

ROUNDING_M = 1e-9
"""Sums of the same lengths may differ by this with the order of their terms [m]."""

UNKNOWN, OUTSIDE, INSIDE = -1, 0, 1
"""Where a place lies that is out of reach of the other shape's outline."""


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
    along = _between(0.0, 1.0, -(ox * qx + oy * qy) / other, (dx * qx + dy * qy) / other)
    across = _between(-reach, reach, (oy * qx - ox * qy) / -width, (dy * qx - dx * qy) / width)
    begin, end_ = max(along[0], across[0]), min(along[1], across[1])
    if begin <= end_:
        low, high = min(low, begin), max(high, end_)
    return max(low, 0.0), min(high, 1.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _between(least: float, most: float, at: float, rate: float) -> tuple[float, float]:
    if rate == 0:
        if least <= at <= most:
            return -np.inf, np.inf
        return np.inf, -np.inf
    at_least, at_most = (least - at) / rate, (most - at) / rate
    return min(at_least, at_most), max(at_least, at_most)


WHOLE_FROM, OUT_UP_TO, NEAREST = range(3)


@njit(cache=True, nogil=True, error_model="numpy")
def nothing_known(edges: int) -> Floats:
    """Make room for what is learnt of each edge of a side while the reach is varied.

    From which reach on it lies wholly within it, up to which it lies outside, and its distance
    from the other shape, infinite until it is measured.
    """
    known = np.empty((edges, 3))
    known[:, WHOLE_FROM] = known[:, NEAREST] = np.inf
    known[:, OUT_UP_TO] = -1.0
    return known


@njit(cache=True, nogil=True, error_model="numpy")
def recalled(known: Floats, i: int, reach: float) -> int:
    """Say whether an edge is known to lie wholly within reach (1) or outside (0); -1: not known."""
    if len(known):
        if reach >= known[i, WHOLE_FROM]:
            return 1
        if reach <= known[i, OUT_UP_TO]:
            return 0
    return -1


@njit(cache=True, nogil=True, error_model="numpy")
def remember(known: Floats, i: int, reach: float, share: float, parts: int) -> None:
    """Keep what was measured of an edge at a reach."""
    if len(known):
        if share == 1:
            known[i, WHOLE_FROM] = min(reach, known[i, WHOLE_FROM])
        elif parts == 0:
            known[i, OUT_UP_TO] = max(reach, known[i, OUT_UP_TO])


@njit(cache=True, nogil=True, error_model="numpy")
def facing_edge_m(
    shapes: Outlines, side: Side, reach: float, ring: int, enough: float, known: Floats
) -> tuple[float, bool, float]:
    """Measure the boundary that lies within reach of the other shape.

    With a ring (-1: all rings), only that ring is measured. The second value says whether all
    rings reached lie wholly within reach; the third is the longest run, or less: one that passes
    the start of its ring is taken for two. Nothing more is measured once a run is enough.
    ``known`` is what ``nothing_known`` gives, or has no rows.
    """
    total, all_whole, run, longest = 0.0, True, 0.0, 0.0
    now, of_ring = np.int64(-1), 0.0
    before, location = np.int64(-2), UNKNOWN
    starts, ends = np.empty(len(side.other_edges) + 1), np.empty(len(side.other_edges) + 1)
    for i in range(len(side.mine)):
        e = side.mine[i]
        if ring >= 0 and shapes.ring[e] != ring:
            continue
        if shapes.ring[e] != now:
            all_whole = all_whole and is_whole(shapes, now, of_ring)
            now, of_ring, run = shapes.ring[e], 0.0, 0.0
            location = UNKNOWN
        elif e != before + 1:
            location, run = OUTSIDE, 0.0  # the edges between lie beyond the other's box
        metres = shapes.length[e]
        parts = recalled(known, i, reach)
        share, starts[0], ends[0] = float(parts), 0.0, 1.0
        if parts >= 0:
            location = UNKNOWN if parts else OUTSIDE
        else:
            share, location, parts = facing_share(shapes, side, e, reach, starts, ends, location)
            remember(known, i, reach, share, parts)
        of_ring += share * metres
        total += share * metres
        if parts != 1 or starts[0] > 0:
            run = 0.0
        if parts:
            run += (ends[parts - 1] - starts[parts - 1]) * metres
            longest = max(longest, run)
            if longest >= enough:
                return total, False, longest
            if ends[parts - 1] < 1:
                run = 0.0
        before = e
    return total, all_whole and is_whole(shapes, now, of_ring), longest


@njit(cache=True, nogil=True, error_model="numpy")
def is_whole(shapes: Outlines, ring: int, length: float) -> bool:
    """Say whether a ring is wholly within reach, or not at all."""
    if ring < 0 or length == 0:
        return True
    return bool(length >= shapes.ring_length[ring] * (1 - 1e-9) - CONTACT_M)


@njit(cache=True, nogil=True, error_model="numpy")
def facing_share(
    shapes: Outlines, side: Side, e: int, reach: float, starts: Floats, ends: Floats, location: int
) -> tuple[float, int, int]:
    """Give the share of an edge that lies within reach of the other shape, or inside it.

    ``location`` says where the edge begins if it begins out of reach; the second value says the
    same of its end. A way out of reach of an outline never crosses it. The third is the number of
    connected parts, which stand in ``starts`` and ``ends``.
    """
    x, y, dx, dy = shapes.x[e], shapes.y[e], shapes.dx[e], shapes.dy[e]
    west, east = min(x, x + dx) - reach, max(x, x + dx) + reach
    south, north = min(y, y + dy) - reach, max(y, y + dy) + reach
    count = 0
    other_edges, boxes = side.other_edges, side.boxes
    for run in range(len(boxes)):
        if boxes[run, 2] < west or boxes[run, 0] > east:
            continue
        if boxes[run, 3] < south or boxes[run, 1] > north:
            continue
        for k in range(run * FEW, min(run * FEW + FEW, len(other_edges))):
            f = other_edges[k]
            fx, fy, qx, qy = shapes.x[f], shapes.y[f], shapes.dx[f], shapes.dy[f]
            if max(fx, fx + qx) < west or min(fx, fx + qx) > east:
                continue
            if max(fy, fy + qy) < south or min(fy, fy + qy) > north:
                continue
            low, high = part_within(dx, dy, fx - x, fy - y, qx, qy, reach)
            if low >= high:
                continue
            if low <= 0 and high >= 1:
                starts[0], ends[0] = 0.0, 1.0
                return 1.0, UNKNOWN, 1
            place = count
            while place > 0 and starts[place - 1] > low:
                starts[place], ends[place] = starts[place - 1], ends[place - 1]
                place -= 1
            starts[place], ends[place] = low, high
            count += 1
    share, done, parts = 0.0, 0.0, ZERO
    for i in range(count + 1):
        begin = starts[i] if i < count else 1.0
        end = ends[i] if i < count else 1.0
        if begin - done > 1e-9:
            if location == UNKNOWN:
                at = (begin + done) / 2
                inside = contains(shapes, side.other, x + at * dx, y + at * dy)
                location = INSIDE if inside else OUTSIDE
            if location == INSIDE:
                share += begin - done
                parts = _with_part(starts, ends, parts, done, begin)
            if i == count:
                return share, location, parts
        location = UNKNOWN
        if i < count and end > done:
            begin = max(begin, done)
            share += end - begin
            parts = _with_part(starts, ends, parts, begin, end)
            done = end
    return share, UNKNOWN, parts


@njit(cache=True, nogil=True, error_model="numpy")
def _with_part(starts: Floats, ends: Floats, parts: int, start: float, end: float) -> int:
    """Add a part behind those before it, or to the last; say how many there are."""
    if parts and start - ends[parts - 1] <= 1e-12:
        ends[parts - 1] = end
        return parts
    starts[parts], ends[parts] = start, end
    return parts + 1


@njit(cache=True, nogil=True, error_model="numpy")
def needed_m(gap: float, edge: float) -> float:
    """Give the facing boundary that a gap asks of each side [m]."""
    return edge + 2 * gap - 4 * CONTACT_M


@njit(cache=True, nogil=True, error_model="numpy")
def shows_enough(
    shapes: Outlines, side: Side, gap: float, edge: float, known: Floats
) -> tuple[bool, bool, bool]:
    """Say whether enough boundary is shown, if not, whether larger gaps show no more; in one run.

    A run that is enough by itself is so by runs too, whatever the others count.
    """
    needed = needed_m(gap, edge)
    length, whole, longest = facing_edge_m(shapes, side, gap + CONTACT_M, NONE, needed, known)
    return bool(length >= needed), whole, bool(longest >= needed - ROUNDING_M)


@njit(cache=True, nogil=True, error_model="numpy")
def _surplus(
    shapes: Outlines, side: Side, gap: float, edge: float, known: Floats
) -> tuple[float, bool, bool]:
    """Give the boundary shown beyond what the gap asks, with the rest as in ``shows_enough``."""
    needed = needed_m(gap, edge)
    length, whole, longest = facing_edge_m(shapes, side, gap + CONTACT_M, NONE, np.inf, known)
    return length - needed, whole, bool(longest >= needed - ROUNDING_M)


@njit(cache=True, nogil=True, error_model="numpy")
def _marks(shapes: Outlines, side: Side, low: float, most: float, known: Floats) -> Floats:
    """Give the gaps between which the surplus doesn't turn: where a ring is reached, or whole.

    Of a ring that is partly within reach, at least 2 m more come within reach with each further
    metre of gap, so the surplus falls only while no ring is.
    """
    marks = [most]
    now = np.int64(-1)
    for e in side.mine:
        ring = shapes.ring[e]
        if ring == now:
            continue
        now = ring
        whole = shapes.ring_length[ring] * (1 - 1e-9) - CONTACT_M
        for target in (0.0, whole):
            if facing_edge_m(shapes, side, most + CONTACT_M, ring, np.inf, known)[0] <= target:
                continue
            below, above = low, most
            while above - below > PRECISE_M:
                middle = (below + above) / 2
                length, _, _ = facing_edge_m(shapes, side, middle + CONTACT_M, ring, np.inf, known)
                if length > target:
                    above = middle
                else:
                    below = middle
            if above < most:
                marks.append(above)
    return np.sort(np.array(marks))


@njit(cache=True, nogil=True, error_model="numpy")
def is_one_ring(shapes: Outlines, side: Side) -> bool:
    """Say whether all of a shape's edges near the other are of one ring."""
    return bool(shapes.ring[side.mine[0]] == shapes.ring[side.mine[-1]])


@njit(cache=True, nogil=True, error_model="numpy")
def _may_be_whole(shapes: Outlines, side: Side) -> bool:
    """Say whether a ring has all its edges near the other shape."""
    now, of_ring = np.int64(-1), 0.0
    for e in side.mine:
        if shapes.ring[e] != now:
            if of_ring > 0 and is_whole(shapes, now, of_ring):
                return True
            now, of_ring = shapes.ring[e], 0.0
        of_ring += shapes.length[e]
    return is_whole(shapes, now, of_ring)


@njit(cache=True, nogil=True, error_model="numpy")
def _first_gap(
    shapes: Outlines,
    shape: int,
    side: Side,
    low: float,
    most: float,
    edge: float,
    distance: float,
    known: Floats,
) -> tuple[float, bool]:
    """Find the smallest gap from ``low`` to ``most`` at which one side shows enough.

    And say whether one run is enough there.
    """
    if low >= distance - 2 * CONTACT_M:  # nothing is shown short of the distance
        enough, _, one_run = shows_enough(shapes, side, low, edge, known)
        if enough:
            return low, one_run
    many_rings = not is_one_ring(shapes, side)
    if not many_rings and not _may_be_whole(shapes, side):
        if not shows_enough(shapes, side, most, edge, known)[0]:
            return np.inf, False
        return _close_in(shapes, shape, side, low, most, edge, distance)
    surplus, whole, _ = _surplus(shapes, side, most, edge, known)
    if surplus < 0 and not whole and not many_rings:
        return np.inf, False
    marks = np.array([most])
    if whole or many_rings:
        marks = _marks(shapes, side, low, most, known)
    below = low
    for mark in marks:
        if shows_enough(shapes, side, mark, edge, known)[0]:
            return _close_in(shapes, shape, side, below, mark, edge, distance)
        below = mark
    return np.inf, False


@njit(cache=True, nogil=True, error_model="numpy")
def _close_in(
    shapes: Outlines,
    shape: int,
    side: Side,
    below: float,
    above: float,
    edge: float,
    distance: float,
) -> tuple[float, bool]:
    """Find where the surplus, which doesn't fall between two gaps, first reaches 0.

    And say whether one run is enough there.
    """
    # Facing edges mostly run beside each other: steps grow from the distance on.
    below, step, gathered = max(below, distance - 2 * CONTACT_M), 2 * CONTACT_M, 0.0
    known, least, most, one_run = nothing_known(ZERO), np.nan, np.nan, False
    while True:
        until = min(below + step, above)
        if until > gathered:
            gathered = min(below + 512 * step, above)
            side = side_of(shapes, shape, side.other, gathered + CONTACT_M)
            known = nothing_known(len(side.mine))
        value, _, one_run = _surplus(shapes, side, until, edge, known)
        if value >= 0 or until == above:
            above, most = until, value
            break
        below, least, step = until, value, step * 8
    if np.isnan(least):
        least, _, _ = _surplus(shapes, side, below, edge, known)
    while above - below > PRECISE_M:
        # Where the surplus is straight, the place is met at once; else it is halved.
        guess = below - least * (above - below) / (most - least) if most > least else above
        for middle in (guess + 0.4 * PRECISE_M, guess - 0.4 * PRECISE_M, (below + above) / 2):
            if middle <= below or middle >= above:
                continue
            value, _, enough = _surplus(shapes, side, middle, edge, known)
            if value >= 0:
                above, most, one_run = middle, value, enough
            else:
                below, least = middle, value
    return above, one_run


@njit(cache=True, nogil=True, error_model="numpy")
def is_equal(shapes: Outlines, e: int, f: int) -> bool:
    """Say whether two edges have the same ends."""
    x, y, to_x, to_y = (
        shapes.x[e],
        shapes.y[e],
        shapes.x[e] + shapes.dx[e],
        shapes.y[e] + shapes.dy[e],
    )
    fx, fy, gx, gy = (
        shapes.x[f],
        shapes.y[f],
        shapes.x[f] + shapes.dx[f],
        shapes.y[f] + shapes.dy[f],
    )
    return bool(
        (fx == to_x and fy == to_y and gx == x and gy == y)
        or (fx == x and fy == y and gx == to_x and gy == to_y)
    )


@njit(cache=True, nogil=True, error_model="numpy")
def equal_m(shapes: Outlines, side: Side, enough: float) -> float:
    """Measure the edges that both shapes have until it is enough: a common border, quickly."""
    metres = 0.0
    for e in side.mine:
        for f in side.other_edges:
            if is_equal(shapes, e, f):
                metres += shapes.length[e]
                break
        if metres >= enough:
            break
    return metres


@njit(cache=True, nogil=True, error_model="numpy")
def gap_of_all(
    shapes: Outlines,
    sides: tuple[Side, Side],
    known: tuple[Floats, Floats],
    most: float,
    edge: float,
    distance: float,
) -> tuple[float, bool]:
    """Find the smallest gap at which all boundary shown together is enough on both sides.

    And say whether one run of each is enough there.
    """
    of_one, of_two = sides
    gap = 0.0
    for _ in range(100):
        enough, one_run = _first_gap(
            shapes, of_two.other, of_one, gap, most, edge, distance, known[0]
        )
        if enough == np.inf:
            return np.inf, False
        gap, two_run = _first_gap(
            shapes, of_one.other, of_two, enough, most, edge, distance, known[1]
        )
        if gap == np.inf or gap <= enough:
            return gap, one_run and two_run
    return np.inf, False


LEAST_M = 1e-3
"""Contact other than along equal edges, shorter than this, is a corner's [m]."""


@njit(cache=True, nogil=True, error_model="numpy")
def coverage_faults(shapes: Outlines, forward: Flags, pairs: Ints, faulty: Flags) -> None:
    """Say of each pair whether it touches or overlaps other than along equal edges.

    ``forward`` says of each ring whether it runs with its land to the right: equal edges with
    their land on one side are those of shapes that overlap.
    """
    for i in range(len(pairs)):
        first, second = pairs[i, 0], pairs[i, 1]
        side = side_of(shapes, first, second, CONTACT_M)
        # Land in common may be seen from one of the two only: a part that hangs on by a hair.
        faulty[i] = _is_coverage_fault(shapes, forward, side) or _is_coverage_fault(
            shapes, forward, other_side(shapes, first, side)
        )


@njit(cache=True, nogil=True, error_model="numpy")
def _is_coverage_fault(shapes: Outlines, forward: Flags, side: Side) -> bool:
    starts, ends = np.empty(len(side.other_edges) + 1), np.empty(len(side.other_edges) + 1)
    metres = 0.0
    before, location = np.int64(-2), UNKNOWN
    for e in side.mine:
        if e != before + 1:
            # A ring that comes back into the other's box comes from outside it.
            same = before >= 0 and shapes.ring[e] == shapes.ring[before]
            location = OUTSIDE if same else UNKNOWN
        before = e
        equal = False
        for f in side.other_edges:
            if is_equal(shapes, e, f):
                one_way = shapes.x[e] == shapes.x[f] and shapes.y[e] == shapes.y[f]
                if one_way == (forward[shapes.ring[e]] == forward[shapes.ring[f]]):
                    return True
                equal = True
                break
        if equal:
            location = UNKNOWN
            continue
        share, location, _ = facing_share(shapes, side, e, CONTACT_M, starts, ends, location)
        metres += share * shapes.length[e]
        if metres > LEAST_M:
            return True
    return False
