"""Facing edge length, the joining gap, equal edges."""

import numpy as np
from numba import njit

from geo.arrays import Flags, Floats, Ints
from geo.kernels.edges import (
    CONTACT_M,
    FEW,
    Outlines,
    Side,
    are_apart,
    contains,
    distance_of,
    edge_square,
    other_side,
    side_of,
)

PRECISE_M = 2e-7
"""Joining gaps are found to this: well within the contact distance."""

BREAK_M = 2 * CONTACT_M
"""Boundary within reach that is broken for less than this is one run [m]."""

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


@njit(cache=True, nogil=True, error_model="numpy")
def facing_edge_m(
    shapes: Outlines, side: Side, reach: float, ring: int, enough: float
) -> tuple[float, bool, float]:
    """Measure the boundary that lies within reach of the other shape.

    With a ring (-1: all rings), only that ring is measured. The second value says whether all
    rings reached lie wholly within reach; the third is the longest run, or less: one that passes
    the start of its ring is taken for two. Nothing more is measured once a run is enough.
    """
    total, all_whole, run, longest = 0.0, True, 0.0, 0.0
    now, of_ring = np.int64(-1), 0.0
    before, location = np.int64(-2), UNKNOWN
    starts, ends = np.empty(len(side.other_edges) + 1), np.empty(len(side.other_edges) + 1)
    for e in side.mine:
        if ring >= 0 and shapes.ring[e] != ring:
            continue
        if shapes.ring[e] != now:
            all_whole = all_whole and _is_whole(shapes, now, of_ring)
            now, of_ring, run = shapes.ring[e], 0.0, 0.0
            location = UNKNOWN
        elif e != before + 1:
            location, run = OUTSIDE, 0.0  # the edges between lie beyond the other's box
        metres = shapes.length[e]
        share, location, parts = facing_share(shapes, side, e, reach, starts, ends, location)
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
    return total, all_whole and _is_whole(shapes, now, of_ring), longest


@njit(cache=True, nogil=True, error_model="numpy")
def facing_runs_m(
    shapes: Outlines,
    side: Side,
    reach: float,
    enough: float,
    whole_gap: float,
    distance: float,
    known: Floats,
) -> tuple[float, float, float]:
    """Measure the connected runs of boundary within reach of the other shape.

    Gives all of it, the longest run, and what the runs count: each less twice what the gap goes
    beyond its distance, which is that of the two shapes at least. A ring wholly within reach counts
    as at the gap ``whole_gap``. Nothing more is measured once a run is enough. ``known`` is what
    ``nothing_known`` gives, or has no rows.
    """
    total, longest, counted = 0.0, 0.0, 0.0
    parts = np.empty((2, len(side.other_edges) + 1))
    begin, count = 0, len(side.mine)
    while begin < count:
        ring, end = shapes.ring[side.mine[begin]], begin + 1
        while end < count and shapes.ring[side.mine[end]] == ring:
            end += 1
        of_ring, run, ring_counts = _ring_runs_m(
            shapes, side, (begin, end), reach, enough, whole_gap, distance, known, parts
        )
        total += of_ring
        if run >= enough:
            return total, run, 0.0
        longest, counted, begin = max(longest, run), counted + ring_counts, end
    return total, longest, counted


_NO_RUN = (0.0, np.inf, 0.0, 0.0)
"""A run: its length, its distance from the other shape, and a point of it [m]."""


@njit(cache=True, nogil=True, error_model="numpy")
def _ring_runs_m(
    shapes: Outlines,
    side: Side,
    places: tuple[int, int],
    reach: float,
    enough: float,
    whole_gap: float,
    distance: float,
    known: Floats,
    parts: Floats,
) -> tuple[float, float, float]:
    """Measure the runs of one ring: all of them, the longest, and what they count."""
    total, longest, counted, starts, ends = 0.0, 0.0, 0.0, parts[0], parts[1]
    before, ring, location = side.mine[places[0]] - 1, shapes.ring[side.mine[places[0]]], UNKNOWN
    idle = _passed_m(shapes.ring, shapes.length, ring, before, -1, -1)
    runs, lead, run, first_run = 0, 0.0, _NO_RUN, _NO_RUN
    for i in range(places[0], places[1]):
        e = side.mine[i]
        if e != before + 1:
            location = OUTSIDE  # the edges between lie beyond the other's box
            idle += _passed_m(shapes.ring, shapes.length, ring, before + 1, e, 1)
        count = _recalled(known, i, reach, location)
        share, starts[0], ends[0] = float(count), 0.0, 1.0
        if count >= 0:
            location = UNKNOWN if count else OUTSIDE
        else:
            share, location, count = facing_share(shapes, side, e, reach, starts, ends, location)
            _remember(known, i, reach, share, count)
        metres, done, total = shapes.length[e], 0.0, total + share * shapes.length[e]
        for k in range(count):
            idle += (starts[k] - done) * metres
            if runs == 0 or idle >= BREAK_M:
                longest = max(longest, run[0])
                if runs == 0:
                    lead = idle
                elif runs == 1:
                    first_run = run  # it may go on before the start of the ring
                else:
                    counted += _run_counts(shapes, side, run, reach - CONTACT_M)
                run, runs = _NO_RUN, runs + 1
            if run[1] > distance:
                part = starts[k], ends[k], count
                run = _with_distance(shapes, side, i, part, reach, known, run)
            run = run[0] + (ends[k] - starts[k]) * metres, run[1], run[2], run[3]
            if run[0] >= enough:
                return total, run[0], 0.0
            idle, done = 0.0, ends[k]
        idle, before = idle + (1 - done) * metres, e
    idle += _passed_m(shapes.ring, shapes.length, ring, before + 1, -1, 1)
    if runs and lead + idle < BREAK_M:
        run, first_run = _joined(first_run, run), _NO_RUN
    gap = whole_gap if _is_whole(shapes, ring, total) else reach - CONTACT_M
    counted += _run_counts(shapes, side, first_run, reach - CONTACT_M)
    counted += _run_counts(shapes, side, run, gap)
    return total, max(longest, run[0]), counted


@njit(cache=True, nogil=True, error_model="numpy")
def _joined(
    run: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    return run[0] + other[0], min(run[1], other[1]), other[2], other[3]


WHOLE_FROM, OUT_UP_TO, NEAREST = range(3)


@njit(cache=True, nogil=True, error_model="numpy")
def nothing_known(edges: int) -> Floats:
    """Make room for what is learnt of each edge of a side while the reach is varied.

    From which reach on it lies wholly within it, up to which it lies outside, and its distance
    from the other shape, infinite until it is measured.
    """
    known = np.full((edges, 3), np.inf)
    known[:, OUT_UP_TO] = -1.0
    return known


@njit(cache=True, nogil=True, error_model="numpy")
def _recalled(known: Floats, i: int, reach: float, location: int) -> int:
    """Say whether an edge is known to lie wholly within reach (1) or outside (0); -1: not known."""
    if len(known):
        if reach >= known[i, WHOLE_FROM]:
            return 1
        if location == OUTSIDE and reach <= known[i, OUT_UP_TO]:
            return 0
    return -1


@njit(cache=True, nogil=True, error_model="numpy")
def _remember(known: Floats, i: int, reach: float, share: float, parts: int) -> None:
    if len(known):
        if share == 1:
            known[i, WHOLE_FROM] = min(reach, known[i, WHOLE_FROM])
        elif parts == 0:
            known[i, OUT_UP_TO] = max(reach, known[i, OUT_UP_TO])


@njit(cache=True, nogil=True, error_model="numpy")
def _with_distance(
    shapes: Outlines,
    side: Side,
    i: int,
    part: tuple[float, float, int],
    reach: float,
    known: Floats,
    run: tuple[float, float, float, float],
) -> tuple[float, float, float, float]:
    """Give a run the distance of a part of an edge where that is less.

    Of several parts of an edge each has its own; a single one has the edge's.
    """
    e, (start, end, parts) = side.mine[i], part
    x, y = shapes.x[e] + start * shapes.dx[e], shapes.y[e] + start * shapes.dy[e]
    if parts == 1 and len(known) and known[i, NEAREST] < np.inf:
        return run[0], min(run[1], known[i, NEAREST]), x, y
    dx, dy = (end - start) * shapes.dx[e], (end - start) * shapes.dy[e]
    within = reach + CONTACT_M  # the ends of the part lie at the reach, or nearly
    nearest = np.sqrt(edge_square(shapes, side, x, y, dx, dy, within * within))
    if parts == 1 and len(known):
        known[i, NEAREST] = nearest
    return run[0], min(run[1], nearest), x, y


@njit(cache=True, nogil=True, error_model="numpy")
def _run_counts(
    shapes: Outlines, side: Side, run: tuple[float, float, float, float], gap: float
) -> float:
    """Give what a run counts: its length less twice what the gap goes beyond its distance."""
    length, distance, x, y = run
    if length > 0 and distance > 0 and contains(shapes, side.other, x, y):
        distance = 0.0  # all of it lies inside
    return float(max(length - 2 * max(gap - distance, 0.0), 0.0))


@njit(cache=True, nogil=True, error_model="numpy")
def _passed_m(ring_of: Ints, length: Floats, ring: int, e: int, end: int, step: int) -> float:
    """Measure the edges of a ring that were passed over, as far as it takes to break a run."""
    metres = 0.0
    while 0 <= e < len(ring_of) and e != end and ring_of[e] == ring and metres < BREAK_M:
        metres += length[e]
        e += step
    return metres


@njit(cache=True, nogil=True, error_model="numpy")
def _is_whole(shapes: Outlines, ring: int, length: float) -> bool:
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
    share, done, parts = 0.0, 0.0, 0
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
def _surplus(shapes: Outlines, side: Side, gap: float, edge: float) -> tuple[float, bool]:
    """Give the boundary shown beyond what the gap asks, and whether larger gaps show no more."""
    length, whole, _ = facing_edge_m(shapes, side, gap + CONTACT_M, -1, np.inf)
    return length - _needed(gap, edge), whole


@njit(cache=True, nogil=True, error_model="numpy")
def _needed(gap: float, edge: float) -> float:
    return edge + 2 * gap - 4 * CONTACT_M


@njit(cache=True, nogil=True, error_model="numpy")
def _shows_enough(shapes: Outlines, side: Side, gap: float, edge: float) -> tuple[bool, bool, bool]:
    """Say whether enough boundary is shown, if not, whether larger gaps show no more; in one run.

    A run that is enough by itself is so by runs too, whatever the others count.
    """
    needed = _needed(gap, edge)
    length, whole, longest = facing_edge_m(shapes, side, gap + CONTACT_M, -1, needed)
    return bool(length >= needed), whole, bool(longest >= needed - ROUNDING_M)


@njit(cache=True, nogil=True, error_model="numpy")
def _marks(shapes: Outlines, side: Side, low: float, most: float) -> Floats:
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
            if facing_edge_m(shapes, side, most + CONTACT_M, ring, np.inf)[0] <= target:
                continue
            below, above = low, most
            while above - below > PRECISE_M:
                middle = (below + above) / 2
                if facing_edge_m(shapes, side, middle + CONTACT_M, ring, np.inf)[0] > target:
                    above = middle
                else:
                    below = middle
            if above < most:
                marks.append(above)
    return np.sort(np.array(marks))


@njit(cache=True, nogil=True, error_model="numpy")
def _is_one_ring(shapes: Outlines, side: Side) -> bool:
    """Say whether all of a shape's edges near the other are of one ring."""
    return bool(shapes.ring[side.mine[0]] == shapes.ring[side.mine[-1]])


@njit(cache=True, nogil=True, error_model="numpy")
def _first_gap(
    shapes: Outlines, shape: int, side: Side, low: float, most: float, edge: float, distance: float
) -> float:
    """Find the smallest gap from ``low`` to ``most`` at which one side shows enough."""
    if _shows_enough(shapes, side, low, edge)[0]:
        return low
    surplus, whole = _surplus(shapes, side, most, edge)
    many_rings = not _is_one_ring(shapes, side)
    if surplus < 0 and not whole and not many_rings:
        return np.inf
    marks = np.array([most])
    if whole or many_rings:
        marks = _marks(shapes, side, low, most)
    below = low
    for mark in marks:
        if _shows_enough(shapes, side, mark, edge)[0]:
            return _close_in(shapes, shape, side, below, mark, edge, distance)
        below = mark
    return np.inf


@njit(cache=True, nogil=True, error_model="numpy")
def _close_in(
    shapes: Outlines,
    shape: int,
    side: Side,
    below: float,
    above: float,
    edge: float,
    distance: float,
) -> float:
    """Find where the surplus, which doesn't fall between two gaps, first reaches 0."""
    # Nothing is shown short of the distance, and facing edges mostly run beside each other.
    below, step = max(below, distance - 2 * CONTACT_M), 2 * CONTACT_M
    least, _ = _surplus(shapes, side, below, edge)
    while below + step < above:
        value, _ = _surplus(shapes, side, below + step, edge)
        if value >= 0:
            above = below + step
            break
        below, least, step = below + step, value, step * 8
    if above < below + step * 8:
        side = side_of(shapes, shape, side.other, above + CONTACT_M)
    most, _ = _surplus(shapes, side, above, edge)
    while above - below > PRECISE_M:
        # Where the surplus is straight, the place is met at once; else it is halved.
        guess = below - least * (above - below) / (most - least) if most > least else above
        for middle in (guess + 0.4 * PRECISE_M, guess - 0.4 * PRECISE_M, (below + above) / 2):
            if middle <= below or middle >= above:
                continue
            value, _ = _surplus(shapes, side, middle, edge)
            if value >= 0:
                above, most = middle, value
            else:
                below, least = middle, value
    return above


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
def joining_gap(
    shapes: Outlines, first: int, second: int, most: float, edge: float, exact: bool
) -> float:
    """Find the smallest gap at which two shapes are neighbours, infinite beyond ``most``.

    Without ``exact``, ``most`` stands for any gap above 0: enough to know that they are.
    """
    of_one = side_of(shapes, first, second, most + CONTACT_M)
    if len(of_one.mine) == 0 or len(of_one.other_edges) == 0:
        return np.inf
    touching = are_apart(shapes, first, second, CONTACT_M) <= 0
    if touching and equal_m(shapes, of_one, edge) >= edge:
        return 0.0
    one_shows, one_whole, one_run = _shows_enough(shapes, of_one, most, edge)
    if not one_shows and not one_whole and _is_one_ring(shapes, of_one):
        return np.inf
    of_two = other_side(shapes, first, of_one)
    two_shows, two_whole, two_run = _shows_enough(shapes, of_two, most, edge)
    if not two_shows and not two_whole and _is_one_ring(shapes, of_two):
        return np.inf
    if (
        touching
        and _shows_enough(shapes, of_one, 0.0, edge)[0]
        and _shows_enough(shapes, of_two, 0.0, edge)[0]
    ):
        return 0.0
    if not exact and one_run and two_run:
        return most
    distance = distance_of(shapes, first, of_one, most + CONTACT_M)
    if distance > most + CONTACT_M:
        return np.inf
    if not exact and one_shows and two_shows:
        known = nothing_known(0), nothing_known(0)
        if _short_side(shapes, (of_one, of_two), known, most, most, edge, distance, 0) < 0:
            return most
    gap = _gap_of_all(shapes, first, of_one, of_two, most, edge, distance)
    return _gap_by_runs(shapes, first, second, gap, most, edge, distance)


@njit(cache=True, nogil=True, error_model="numpy")
def _gap_of_all(
    shapes: Outlines,
    first: int,
    of_one: Side,
    of_two: Side,
    most: float,
    edge: float,
    distance: float,
) -> float:
    """Find the smallest gap at which all boundary shown together is enough on both sides."""
    gap = 0.0
    for _ in range(100):
        enough = _first_gap(shapes, first, of_one, gap, most, edge, distance)
        if enough == np.inf:
            return np.inf
        gap = _first_gap(shapes, of_one.other, of_two, enough, most, edge, distance)
        if gap == np.inf or gap <= enough:
            return gap
    return np.inf


@njit(cache=True, nogil=True, error_model="numpy")
def _short_side(
    shapes: Outlines,
    sides: tuple[Side, Side],
    known: tuple[Floats, Floats],
    low: float,
    high: float,
    edge: float,
    distance: float,
    first: int,
) -> int:
    """Say which side shows too little at every gap from ``low`` to ``high``; -1: neither may.

    ``first``: The side to look at first.
    What runs count never falls with a larger gap but for rings wholly within reach, which are
    counted at the lower one. Where the two are the same, the answer is exact.
    """
    reach, needed = high + CONTACT_M, _needed(high, edge)
    for turn in range(2):
        which = (turn + first) % 2
        total, longest, counted = facing_runs_m(
            shapes, sides[which], reach, needed, low, distance, known[which]
        )
        if longest < needed - ROUNDING_M and (
            total < _needed(low, edge) or counted < _needed(distance, edge) - ROUNDING_M
        ):
            return which
    return -1


FIRST_STEP_M = 1e-6
"""Mostly the gap is little more than that of all boundary together: a short break closes."""

MOST_TRIES, COARSE_M = 1000, 1e-3
"""After so many tries the gap is found to this only, so that any shape takes bounded time."""


@njit(cache=True, nogil=True, error_model="numpy")
def _gap_by_runs(
    shapes: Outlines, first: int, second: int, low: float, most: float, edge: float, distance: float
) -> float:
    """Find the smallest gap from ``low`` to ``most`` at which the runs count enough."""
    if low == np.inf:
        return low
    sides = _both_sides(shapes, first, second, low)
    if (
        _shows_enough(shapes, sides[0], low, edge)[2]
        and _shows_enough(shapes, sides[1], low, edge)[2]
    ):
        return low
    known = nothing_known(0), nothing_known(0)
    short = _short_side(shapes, sides, known, low, low, edge, distance, 0)
    if short < 0:
        return low
    gap, step, tries, gathered, last = low, FIRST_STEP_M, 0, low, short
    while gap < most:
        high = min(gap + step, most)
        tries += 1
        if high > gathered:
            gathered = min(low + 100 * (high - low), most)
            sides = _both_sides(shapes, first, second, gathered)
            known = nothing_known(len(sides[0].mine)), nothing_known(len(sides[1].mine))
        short = _short_side(shapes, sides, known, gap, high, edge, distance, last)
        if short >= 0:
            gap, step, last = high, 8 * step, short
        elif step > (PRECISE_M if tries < MOST_TRIES else COARSE_M):
            step /= 2
        elif _short_side(shapes, sides, known, high, high, edge, distance, last) < 0:
            return high
        else:
            gap = high
    return np.inf


@njit(cache=True, nogil=True, error_model="numpy")
def _both_sides(shapes: Outlines, first: int, second: int, gap: float) -> tuple[Side, Side]:
    of_one = side_of(shapes, first, second, gap + CONTACT_M)
    return of_one, other_side(shapes, first, of_one)


@njit(cache=True, nogil=True, error_model="numpy")
def joining_gaps(
    shapes: Outlines, pairs: Ints, most: float, edge: float, exact: bool, gaps: Floats
) -> None:
    """Find the joining gap of each pair."""
    for i in range(len(pairs)):
        gaps[i] = joining_gap(shapes, pairs[i, 0], pairs[i, 1], most, edge, exact)


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
