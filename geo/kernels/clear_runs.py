"""Joining gaps among obstacles: runs of what is not hidden."""

import numpy as np
from numba import njit

from geo.arrays import Floats, Ints
from geo.kernels.edges import (
    CONTACT_M,
    FEW,
    ZERO,
    Outlines,
    Side,
    contains,
    edges_meet,
    side_of,
    square_to_edge,
)
from geo.kernels.obstacles import Near, ObstacleEdges, box_meets, edges_in_window, obstruction

PIECE_M = 0.25
"""Length of a piece close to the other shape."""

PIECE_OF_DISTANCE = 0.125
"""Farther away, a piece may be this share of its distance."""

MOST_PIECES = 256
"""Longer edges are divided into this many pieces."""

CHANGE_M = 1e-3
"""Where hidden boundary turns to clear is found to this."""


@njit(cache=True, nogil=True, error_model="numpy")
def obstructed_gaps(
    shapes: Outlines,
    obstacles: ObstacleEdges,
    pairs: Ints,
    open_gaps: Floats,
    most: float,
    edge: float,
    gaps: Floats,
) -> None:
    """Find the joining gap of each pair among obstacles, infinite beyond ``most``.

    ``open_gaps`` are the joining gaps without obstacles.
    """
    for i in range(len(pairs)):
        first, second = pairs[i, 0], pairs[i, 1]
        near = edges_in_window(obstacles, i)
        if (
            shapes.offset[first + 1] - shapes.offset[first]
            > shapes.offset[second + 1] - shapes.offset[second]
        ):
            first, second = second, first
        first_pieces = _pieces(shapes, obstacles, near, first, second, most)
        if _clear_length(first_pieces) < edge + 2 * open_gaps[i] - 4 * CONTACT_M:
            gaps[i] = np.inf  # whatever the other side shows
            continue
        second_pieces = _pieces(shapes, obstacles, near, second, first, most)
        least = min(_least_obstructed(first_pieces), _least_obstructed(second_pieces))
        # At its joining gap a pair shows what lies up to the contact distance farther: twice that
        # keeps rounding from taking a hidden piece just there for one beyond.
        if least > open_gaps[i] + 2 * CONTACT_M:
            gaps[i] = open_gaps[i]
        else:
            gaps[i] = first_gap_of_pieces(first_pieces, second_pieces, open_gaps[i], most, edge)


@njit(cache=True, nogil=True, error_model="numpy")
def _pieces(
    shapes: Outlines, obstacles: ObstacleEdges, near: Near, shape: int, other: int, most: float
) -> Floats:
    """Divide the boundary near the other shape into pieces, as in ``geo.kernels.clear_runs``."""
    reach = most + CONTACT_M
    mine = side_of(shapes, shape, other, reach).mine
    longest = 0.0
    for e in mine:
        longest = max(longest, shapes.length[e])
    beyond = PIECE_M + PIECE_OF_DISTANCE * reach + longest / MOST_PIECES
    side = side_of(shapes, shape, other, reach + beyond)
    counts = np.zeros(len(mine), np.int64)
    for i in range(len(mine)):
        counts[i] = _piece_count(shapes, side, mine[i], reach)
    most_parts = 2 * counts + 2
    pieces, count = np.empty((most_parts.sum(), 7)), 0
    parts = np.empty((2 * MOST_PIECES + 2, 7))
    seen, blocker = np.empty((MOST_PIECES, 5)), 0
    before, begin_of_ring = -1, -1  # pieces that the next one may go on from, in its ring
    for i in range(len(mine)):
        e = mine[i]
        begins_ring = e == 0 or shapes.ring[e - 1] != shapes.ring[e]
        if i == 0 or mine[i - 1] != e - 1 or begins_ring:
            before = -1
        if i == 0 or shapes.ring[mine[i - 1]] != shapes.ring[e]:
            begin_of_ring = -1
        blocker = _look_from_pieces(
            shapes, obstacles, near, side, (shape, e), reach, blocker, seen[: counts[i]]
        )
        part_count = _parts_of_edge(
            shapes, obstacles, near, side, (shape, e), seen[: counts[i]], reach, parts
        )
        end = 0.0
        for k in range(part_count):
            if parts[k, BEGIN] != end:
                before = -1
            if begins_ring and parts[k, BEGIN] == 0:
                begin_of_ring = count
            pieces[count] = _piece(parts[k], shapes.length[e], float(before))
            end, before, count = parts[k, END], count, count + 1
        if end < 1:
            before = -1
        ends_ring = e + 1 == len(shapes.ring) or shapes.ring[e + 1] != shapes.ring[e]
        if ends_ring and begin_of_ring >= 0:
            pieces[begin_of_ring, BEFORE] = before
    return pieces[:count]


BLOCKER, WAY_M, IS_INSIDE, FROM_M, TO_M = range(5)
"""Columns of what is seen from the middle of an equal piece of an edge: the row of the obstacle
that hides it (-1: none), the shortest way to the other shape [m], 1 where it lies inside that; and
how far both ends of the piece lie from it [m]."""

START_M, END_M, BEGIN, END = range(3, 7)
"""Further columns of a part of an edge: how far both its ends lie from the other shape [m], and
the shares where it begins and ends."""


@njit(cache=True, nogil=True, error_model="numpy")
def _look_from_pieces(
    shapes: Outlines,
    obstacles: ObstacleEdges,
    near: Near,
    side: Side,
    of: tuple[int, int],
    reach: float,
    blocker: int,
    seen: Floats,
) -> int:
    """Fill in what is seen from the equal pieces of an edge, as far as they lie within reach.

    ``of``: Its shape, and itself. The obstacle that hid the last piece, given and returned, mostly
    hides the next one too.
    """
    (shape, e), pieces = of, len(seen)
    if pieces == 0:
        return blocker
    x, y, dx, dy = shapes.x[e], shapes.y[e], shapes.dx[e], shapes.dy[e]
    piece_m, outline_m, end_m, is_in = shapes.length[e] / pieces, 0.0, 0.0, False
    for k in range(-1, pieces):
        start_m, share, at = end_m, (k + 1) / pieces, (k + 0.5) / pieces
        px, py = x + share * dx, y + share * dy
        to_x, to_y = _nearest_point(shapes, side, px, py)
        # No way shorter than the outline is far leads in or out.
        may_change, outline_m = outline_m <= piece_m, np.hypot(to_x - px, to_y - py)
        if outline_m == 0 or may_change:
            is_in = outline_m > 0 and contains(shapes, side.other, px, py)
        end_m = 0.0 if is_in else outline_m
        if k < 0:
            continue
        seen[k, FROM_M], seen[k, TO_M] = start_m, end_m
        if min(start_m, end_m) > reach:
            continue
        px, py = x + at * dx, y + at * dy
        inside = is_in if outline_m > piece_m else contains(shapes, side.other, px, py)
        to_x, to_y = (px, py) if inside else _nearest_point(shapes, side, px, py)
        blocker = obstruction(shapes, obstacles, near, shape, px, py, to_x, to_y, abs(blocker))
        seen[k, BLOCKER], seen[k, WAY_M] = blocker, np.hypot(to_x - px, to_y - py)
        seen[k, IS_INSIDE] = 1.0 if inside else 0.0
    return blocker


@njit(cache=True, nogil=True, error_model="numpy")
def _piece(part: Floats, edge_m: float, before: float) -> Floats:
    """Make a piece of boundary of a part of an edge."""
    nearest, farthest = min(part[START_M], part[END_M]), max(part[START_M], part[END_M])
    if part[IS_INSIDE] > 0:
        nearest, farthest = 0.0, 0.0
    hidden, length = 1.0 if part[BLOCKER] >= 0 else 0.0, (part[END] - part[BEGIN]) * edge_m
    return np.array(
        [nearest, farthest, length, hidden, before, part[START_M], min(nearest, part[WAY_M])]
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _parts_of_edge(
    shapes: Outlines,
    obstacles: ObstacleEdges,
    near: Near,
    side: Side,
    of: tuple[int, int],
    seen: Floats,
    reach: float,
    parts: Floats,
) -> int:
    """Part an edge between its equal pieces, and where hidden turns to clear.

    ``of``: Its shape, and itself. ``seen``: What is seen from its pieces.
    Gives the number of ``parts``. Both ends of what lies within reach are looked at too.
    """
    pieces, count, place, is_open = len(seen), 0, 0.0, False
    inset = min(0.01 / max(pieces, 1), CHANGE_M / shapes.length[of[1]])
    before = 0.0, 0.0, 0.0
    for k in range(pieces + 1):
        begin, middle = k / max(pieces, 1), (k + 0.5) / max(pieces, 1)
        is_near = k < pieces and min(seen[k, FROM_M], seen[k, TO_M]) <= reach
        if is_open and not is_near:
            last = _way(shapes, obstacles, near, side, of, begin - inset, before[0])
            if (last[0] >= 0) != (before[0] >= 0):
                between = place, begin - inset
                count = _with_change(
                    shapes, obstacles, near, side, of, parts, count, between, (before, last)
                )
            parts[count - 1, END], parts[count - 1, END_M] = begin, seen[k - 1, TO_M]
        elif is_near:
            way = seen[k, BLOCKER], seen[k, WAY_M], seen[k, IS_INSIDE]
            if not is_open:
                place = begin + inset
                before = _way(shapes, obstacles, near, side, of, place, way[0])
                differs = (before[0] >= 0) != (way[0] >= 0)
                count = _with_part(parts, count, begin, seen[k, FROM_M], before if differs else way)
            if (before[0] >= 0) != (way[0] >= 0):
                between = place, middle
                count = _with_change(
                    shapes, obstacles, near, side, of, parts, count, between, (before, way)
                )
            elif is_open:
                parts[count - 1, END], parts[count - 1, END_M] = begin, seen[k, FROM_M]
                count = _with_part(parts, count, begin, seen[k, FROM_M], way)
            place, before = middle, way
        is_open = is_near
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def _with_part(
    parts: Floats, count: int, begin: float, start_m: float, way: tuple[float, float, float]
) -> int:
    parts[count, BEGIN], parts[count, START_M] = begin, start_m
    parts[count, BLOCKER], parts[count, WAY_M], parts[count, IS_INSIDE] = way
    return count + 1


@njit(cache=True, nogil=True, error_model="numpy")
def _with_change(
    shapes: Outlines,
    obstacles: ObstacleEdges,
    near: Near,
    side: Side,
    of: tuple[int, int],
    parts: Floats,
    count: int,
    places: tuple[float, float],
    seen: tuple[tuple[float, float, float], tuple[float, float, float]],
) -> int:
    """Find where between two places hidden turns to clear or back; a new part begins there."""
    low, high = places
    least = CHANGE_M / shapes.length[of[1]]
    while high - low > least:
        middle = (low + high) / 2
        way = _way(shapes, obstacles, near, side, of, middle, max(seen[0][0], seen[1][0]))
        if (way[0] >= 0) == (seen[0][0] >= 0):
            low = middle
        else:
            high = middle
    change = (low + high) / 2
    metres = _distance_at(shapes, side, of[1], change)
    parts[count - 1, END], parts[count - 1, END_M] = change, metres
    return _with_part(parts, count, change, metres, seen[1])


@njit(cache=True, nogil=True, error_model="numpy")
def _way(
    shapes: Outlines,
    obstacles: ObstacleEdges,
    near: Near,
    side: Side,
    of: tuple[int, int],
    share: float,
    first: float,
) -> tuple[float, float, float]:
    """Follow the shortest way from a place of an edge, looking at one obstacle first.

    The row of an obstacle that it meets, -1 for none; its length [m]; 1 where the place lies
    inside the other shape.
    """
    shape, e = of
    x, y = shapes.x[e] + share * shapes.dx[e], shapes.y[e] + share * shapes.dy[e]
    inside = contains(shapes, side.other, x, y)
    to_x, to_y = (x, y) if inside else _nearest_point(shapes, side, x, y)
    # The obstacle that hid the last place mostly hides this one too.
    blocker = obstruction(shapes, obstacles, near, shape, x, y, to_x, to_y, int(abs(first)))
    return float(blocker), float(np.hypot(to_x - x, to_y - y)), 1.0 if inside else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _distance_at(shapes: Outlines, side: Side, e: int, share: float) -> float:
    """Measure from a place of an edge to the other shape."""
    return _distance(
        shapes, side, shapes.x[e] + share * shapes.dx[e], shapes.y[e] + share * shapes.dy[e]
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _piece_count(shapes: Outlines, side: Side, e: int, reach: float) -> int:
    """Say into how many pieces an edge is divided: none where it lies out of reach."""
    x, y, dx, dy = shapes.x[e], shapes.y[e], shapes.dx[e], shapes.dy[e]
    least = min(_distance(shapes, side, x, y), _distance(shapes, side, x + dx, y + dy))
    square = least * least
    for run in range(len(side.boxes)):
        far = np.sqrt(square)
        if not box_meets(side.boxes[run], x, y, x + dx, y + dy, far):
            continue
        for f in side.other_edges[run * FEW : (run + 1) * FEW]:
            fx, fy, qx, qy = shapes.x[f], shapes.y[f], shapes.dx[f], shapes.dy[f]
            square = min(
                square,
                square_to_edge(x, y, dx, dy, fx, fy),
                square_to_edge(x, y, dx, dy, fx + qx, fy + qy),
            )
            if square == 0 or edges_meet(x, y, dx, dy, fx, fy, qx, qy):
                square = 0.0
                break
    if square > reach * reach:
        return 0
    piece = max(PIECE_M, PIECE_OF_DISTANCE * np.sqrt(square))
    return int(min(MOST_PIECES, max(1.0, np.ceil(shapes.length[e] / piece))))


@njit(cache=True, nogil=True, error_model="numpy")
def _distance(shapes: Outlines, side: Side, px: float, py: float) -> float:
    to_x, to_y = _nearest_point(shapes, side, px, py)
    distance = np.hypot(to_x - px, to_y - py)
    if distance > 0 and contains(shapes, side.other, px, py):
        return 0.0
    return float(distance)


@njit(cache=True, nogil=True, error_model="numpy")
def _nearest_point(shapes: Outlines, side: Side, px: float, py: float) -> tuple[float, float]:
    least, to_x, to_y = np.inf, np.inf, np.inf
    for run in range(len(side.boxes)):
        box = side.boxes[run]
        aside = max(box[0] - px, px - box[2], 0.0)
        above = max(box[1] - py, py - box[3], 0.0)
        if aside * aside + above * above > least:
            continue
        for f in side.other_edges[run * FEW : (run + 1) * FEW]:
            x, y, dx, dy = shapes.x[f], shapes.y[f], shapes.dx[f], shapes.dy[f]
            along = ((px - x) * dx + (py - y) * dy) / (dx * dx + dy * dy)
            along = min(max(along, 0.0), 1.0)
            at_x, at_y = x + along * dx, y + along * dy
            square = (at_x - px) ** 2 + (at_y - py) ** 2
            if square < least:
                least, to_x, to_y = square, at_x, at_y
    return to_x, to_y


@njit(cache=True, nogil=True, error_model="numpy")
def _clear_length(pieces: Floats) -> float:
    """Add up the pieces that are not hidden."""
    total = 0.0
    for i in range(len(pieces)):
        if pieces[i, HIDDEN] == 0:
            total += pieces[i, LENGTH]
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _least_obstructed(pieces: Floats) -> float:
    """Give the distance of the nearest hidden piece."""
    least = np.inf
    for i in range(len(pieces)):
        if pieces[i, HIDDEN] > 0:
            least = min(least, pieces[i, NEAREST])
    return least


NEAREST, FARTHEST, LENGTH, HIDDEN, BEFORE, LINK, RUN_NEAREST = range(7)
"""Columns of a piece of boundary, in the order of its ring: the distance of its nearer and of its
farther end [m], its length [m], 1 if an obstacle hides it, the piece that lies before it (-1: none
near) and the distance of the place where the two meet [m], and its own least distance [m]."""

ENTERS, COMPLETE, MEETS = 0.0, 1.0, 2.0
"""What happens to a piece as the gap grows: it is reached, whole, or joined to that before it."""


@njit(cache=True, nogil=True, error_model="numpy")
def first_gap_of_pieces(
    first_pieces: Floats, second_pieces: Floats, low: float, most: float, edge: float
) -> float:
    """Find the smallest gap from ``low`` at which both sides show enough that is not hidden.

    What lies within a gap grows evenly from the nearer to the farther end of each piece, so what
    runs count is made of straight lines between the events. A hidden piece counts nothing, and
    holds its run together all the same.
    """
    count = len(first_pieces)
    pieces = np.empty((count + len(second_pieces), 7))
    pieces[:count], pieces[count:] = first_pieces, second_pieces
    for i in range(count, len(pieces)):
        if pieces[i, BEFORE] >= 0:
            pieces[i, BEFORE] += count
    events = _events(pieces, most)
    order = np.argsort(events[:, 0], kind="mergesort")  # at one gap pieces enter before they meet
    parent = np.arange(len(pieces))
    # Of each run, by its root: length at a gap of 0, growth with the gap, distance, side.
    runs = np.empty((len(pieces), 4))
    runs[:, :2], runs[:, 2] = 0.0, pieces[:, RUN_NEAREST]
    runs[:count, 3], runs[count:, 3] = 0, 1
    roots, active = np.empty(len(pieces), np.int64), ZERO
    needed = edge - 4 * CONTACT_M
    distance = pieces[:, RUN_NEAREST].min() if len(pieces) else 0.0
    gap, done = low, 0
    while gap <= most:
        while done < len(order) and events[order[done], 0] <= gap:
            event = events[order[done]]
            active = _take(event, pieces, parent, runs, roots, active)
            done += 1
        until = min(events[order[done], 0], most) if done < len(order) else most
        at = _first_between(runs, roots[:active], gap, until, needed, distance)
        if at < np.inf or until >= most:
            return at
        gap = until
    return np.inf


@njit(cache=True, nogil=True, error_model="numpy")
def _events(pieces: Floats, most: float) -> Floats:
    """List what happens to the pieces: gap, kind, piece."""
    events, count = np.empty((3 * len(pieces), 3)), 0
    for kind, column in ((ENTERS, NEAREST), (COMPLETE, FARTHEST), (MEETS, LINK)):
        for i in range(len(pieces)):
            at = pieces[i, column]
            if kind == MEETS:
                before = int(pieces[i, BEFORE])
                if before < 0:
                    continue
                # Both have been reached by then: at a corner the distances of two edges differ
                # by rounding.
                at = max(at, pieces[i, NEAREST], pieces[before, NEAREST])
            gap = max(at - CONTACT_M, 0.0)
            if gap <= most:
                events[count] = np.array([gap, kind, float(i)])
                count += 1
    return events[:count]


@njit(cache=True, nogil=True, error_model="numpy")
def _take(
    event: Floats, pieces: Floats, parent: Ints, runs: Floats, roots: Ints, active: int
) -> int:
    """Let an event happen; say how many runs there are."""
    i = int(event[2])
    nearest = max(pieces[i, NEAREST] - CONTACT_M, 0.0)
    farthest = max(pieces[i, FARTHEST] - CONTACT_M, 0.0)
    root = _root(parent, i)
    if event[1] == ENTERS:
        roots[active] = i
        active += 1
    if event[1] == MEETS:
        before = _root(parent, int(pieces[i, BEFORE]))
        if before == root:
            return active
        parent[before] = root
        runs[root, 0] += runs[before, 0]
        runs[root, 1] += runs[before, 1]
        runs[root, 2] = min(runs[root, 2], runs[before, 2])
        for k in range(active):
            if roots[k] == before:
                roots[k] = roots[active - 1]
                break
        return active - 1
    if pieces[i, HIDDEN] > 0:
        return active
    if farthest - nearest < CONTACT_M:
        if event[1] == COMPLETE:
            runs[root, 0] += pieces[i, LENGTH]
        return active
    growth = pieces[i, LENGTH] / (farthest - nearest)
    if event[1] == COMPLETE:
        growth = -growth
    runs[root, 0] -= growth * event[0]
    runs[root, 1] += growth
    return active


@njit(cache=True, nogil=True, error_model="numpy")
def _root(parent: Ints, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(cache=True, nogil=True, error_model="numpy")
def _surplus(
    runs: Floats, roots: Ints, gap: float, needed: float, distance: float
) -> tuple[float, float, float, float]:
    """Say of each side what its runs, and all it shows, are more than is needed at a gap."""
    counted = np.full(2, -needed - 2 * distance)
    shown = np.full(2, -needed - 2 * gap)
    for root in roots:
        side, length = int(runs[root, 3]), runs[root, 0] + runs[root, 1] * gap
        shown[side] += length
        counted[side] += max(length - 2 * max(gap - runs[root, 2], 0.0), 0.0)
    return counted[0], counted[1], shown[0], shown[1]


@njit(cache=True, nogil=True, error_model="numpy")
def _first_between(
    runs: Floats, roots: Ints, gap: float, until: float, needed: float, distance: float
) -> float:
    """Find the first gap between two events at which nothing falls short, infinite if nowhere.

    Between events each surplus is convex: short at both ends, it is short throughout.
    """
    at_end = _surplus(runs, roots, until, needed, distance)
    at = gap
    for _ in range(20):
        now = _surplus(runs, roots, at, needed, distance)
        if min(now) >= -1e-9:
            return at
        for which in range(4):
            if now[which] < -1e-9 and at_end[which] < -1e-9:
                return np.inf
        below, above = at, until
        while above - below > CONTACT_M / 10:
            middle = (below + above) / 2
            short = False
            surplus = _surplus(runs, roots, middle, needed, distance)
            for which in range(4):
                short = short or (now[which] < -1e-9 and surplus[which] < -1e-9)
            if short:
                below = middle
            else:
                above = middle
        at = above
    return np.inf
