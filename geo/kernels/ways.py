"""From which gap on two shapes are neighbours where obstacles hide part of their boundary.

The boundary is divided into pieces that do not depend on the gap asked for. Of each piece the
shortest way from its middle to the other shape is looked at: where it meets an obstacle, the piece
counts for nothing.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.kernels.reach import (
    CONTACT_M,
    Outlines,
    contains,
    edges_meet,
    edges_near,
    square_to_edge,
)

Numbers = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]

PIECE_M = 0.25
"""Length of a piece close to the other shape."""

PIECE_OF_DISTANCE = 0.125
"""Farther away, a piece may be this share of its distance."""

MOST_PIECES = 256
"""Longer edges are divided into this many pieces."""

APART_M = 1e-5
"""A shorter way is a contact: only what cuts can part the shapes there."""

ASIDE_M = 0.01
"""A way over a polygon stays over it when it is moved aside by this; along its edge it doesn't."""


class Obstacles(NamedTuple):
    """The edges of the obstacles, and which obstacles lie near which pair.

    ``cuts`` says of each obstacle whether it parts shapes that touch, ``solid`` whether it is a
    polygon, ``bridged_m`` how long a way may cross it all the same. ``rows`` gives for each pair
    where its rows in ``thing`` begin; ``around`` says whether the point of reference of the pair
    lies in the obstacle.
    """

    x: Numbers
    y: Numbers
    dx: Numbers
    dy: Numbers
    offset: Positions
    cuts: npt.NDArray[np.bool_]
    solid: npt.NDArray[np.bool_]
    bridged_m: Numbers
    rows: Positions
    thing: Positions
    around: npt.NDArray[np.bool_]
    reference: Numbers
    window: Numbers


class Near(NamedTuple):
    """The obstacles' edges in the window of one pair: row by row from ``begin``, with its box."""

    row: Positions
    edge: Positions
    begin: Positions
    box: Numbers
    x: float
    y: float


@njit(cache=True, nogil=True, error_model="numpy")
def hidden_gaps(
    shapes: Outlines,
    things: Obstacles,
    pairs: Positions,
    open_gaps: Numbers,
    most: float,
    edge: float,
    gaps: Numbers,
) -> None:
    """Find the joining gap of each pair among obstacles, infinite beyond ``most``.

    ``open_gaps`` are the joining gaps without obstacles.
    """
    for i in range(len(pairs)):
        one, two = pairs[i, 0], pairs[i, 1]
        near = _edges_in_window(things, i)
        ones = _pieces(shapes, things, near, one, two, most)
        twos = _pieces(shapes, things, near, two, one, most)
        least = min(_least_hidden(ones), _least_hidden(twos))
        if least > open_gaps[i] + CONTACT_M:
            gaps[i] = open_gaps[i]
        else:
            gaps[i] = max(open_gaps[i], _first_enough(ones, twos, most, edge))


@njit(cache=True, nogil=True, error_model="numpy")
def _edges_in_window(things: Obstacles, pair: int) -> Near:
    first, last = things.rows[pair], things.rows[pair + 1]
    west, south, east, north = things.window[pair]
    begin = np.zeros(last - first + 1, np.int64)
    box = np.empty((last - first, 4))
    row = np.arange(first, last)
    held = np.empty(0, np.int64)
    for fill in range(2):
        if fill:
            held = np.empty(begin[-1], np.int64)
        count = 0
        for k in range(last - first):
            thing = things.thing[first + k]
            box[k] = np.array([np.inf, np.inf, -np.inf, -np.inf])
            for e in range(things.offset[thing], things.offset[thing + 1]):
                x, y = things.x[e], things.y[e]
                to_x, to_y = x + things.dx[e], y + things.dy[e]
                low_x, high_x = min(x, to_x), max(x, to_x)
                low_y, high_y = min(y, to_y), max(y, to_y)
                if high_x < west or low_x > east or high_y < south or low_y > north:
                    continue
                if fill:
                    held[count] = e
                box[k, 0], box[k, 1] = min(box[k, 0], low_x), min(box[k, 1], low_y)
                box[k, 2], box[k, 3] = max(box[k, 2], high_x), max(box[k, 3], high_y)
                count += 1
            begin[k + 1] = count
    return Near(row, held, begin, box, things.reference[pair, 0], things.reference[pair, 1])


@njit(cache=True, nogil=True, error_model="numpy")
def _pieces(
    shapes: Outlines, things: Obstacles, near: Near, one: int, two: int, most: float
) -> Numbers:
    """Divide the boundary near the other shape: nearest, farthest, length, 1 if hidden; by rows."""
    reach = most + CONTACT_M
    mine = np.empty(shapes.offset[one + 1] - shapes.offset[one], np.int64)
    theirs = np.empty(shapes.offset[two + 1] - shapes.offset[two], np.int64)
    mine = mine[: edges_near(shapes, one, two, reach, mine)]
    longest = 0.0
    for e in mine:
        longest = max(longest, shapes.length[e])
    beyond = PIECE_M + PIECE_OF_DISTANCE * reach + longest / MOST_PIECES
    theirs = theirs[: edges_near(shapes, two, one, reach + beyond, theirs)]
    counts = np.zeros(len(mine), np.int64)
    for i in range(len(mine)):
        counts[i] = _piece_count(shapes, mine[i], two, theirs, reach)
    found, count = np.empty((counts.sum(), 4)), 0
    for i in range(len(mine)):
        e = mine[i]
        x, y, dx, dy = shapes.x[e], shapes.y[e], shapes.dx[e], shapes.dy[e]
        for k in range(counts[i]):
            ends = _distance(shapes, two, theirs, x, y, dx, dy, k / counts[i])
            end = _distance(shapes, two, theirs, x, y, dx, dy, (k + 1) / counts[i])
            nearest, farthest = min(ends, end), max(ends, end)
            if nearest > reach:
                continue
            at = (k + 0.5) / counts[i]
            px, py = x + at * dx, y + at * dy
            if contains(shapes, two, px, py):
                nearest, farthest = 0.0, 0.0
                to_x, to_y = px, py
            else:
                to_x, to_y = _nearest_point(shapes, theirs, px, py)
            hidden = _is_hidden(shapes, things, near, one, px, py, to_x, to_y)
            found[count, 0], found[count, 1] = nearest, farthest
            found[count, 2], found[count, 3] = (
                shapes.length[e] / counts[i],
                (1.0 if hidden else 0.0),
            )
            count += 1
    return found[:count]


@njit(cache=True, nogil=True, error_model="numpy")
def _piece_count(shapes: Outlines, e: int, two: int, theirs: Positions, reach: float) -> int:
    """Say into how many pieces an edge is divided: none where it lies out of reach."""
    x, y, dx, dy = shapes.x[e], shapes.y[e], shapes.dx[e], shapes.dy[e]
    square = np.inf
    for f in theirs:
        fx, fy, qx, qy = shapes.x[f], shapes.y[f], shapes.dx[f], shapes.dy[f]
        square = min(
            square,
            square_to_edge(x, y, dx, dy, fx, fy),
            square_to_edge(x, y, dx, dy, fx + qx, fy + qy),
            square_to_edge(fx, fy, qx, qy, x, y),
            square_to_edge(fx, fy, qx, qy, x + dx, y + dy),
        )
        if square == 0 or edges_meet(x, y, dx, dy, fx, fy, qx, qy):
            square = 0.0
            break
    if contains(shapes, two, x, y) or contains(shapes, two, x + dx, y + dy):
        square = 0.0
    if square > reach * reach:
        return 0
    piece = max(PIECE_M, PIECE_OF_DISTANCE * np.sqrt(square))
    return int(min(MOST_PIECES, max(1.0, np.ceil(shapes.length[e] / piece))))


@njit(cache=True, nogil=True, error_model="numpy")
def _distance(
    shapes: Outlines,
    two: int,
    theirs: Positions,
    x: float,
    y: float,
    dx: float,
    dy: float,
    share: float,
) -> float:
    px, py = x + share * dx, y + share * dy
    square = np.inf
    for f in theirs:
        square = min(
            square, square_to_edge(shapes.x[f], shapes.y[f], shapes.dx[f], shapes.dy[f], px, py)
        )
    if square > 0 and contains(shapes, two, px, py):
        return 0.0
    return float(np.sqrt(square))


@njit(cache=True, nogil=True, error_model="numpy")
def _nearest_point(
    shapes: Outlines, theirs: Positions, px: float, py: float
) -> tuple[float, float]:
    least, to_x, to_y = np.inf, px, py
    for f in theirs:
        x, y, dx, dy = shapes.x[f], shapes.y[f], shapes.dx[f], shapes.dy[f]
        along = ((px - x) * dx + (py - y) * dy) / (dx * dx + dy * dy)
        along = min(max(along, 0.0), 1.0)
        at_x, at_y = x + along * dx, y + along * dy
        square = (at_x - px) ** 2 + (at_y - py) ** 2
        if square < least:
            least, to_x, to_y = square, at_x, at_y
    return to_x, to_y


@njit(cache=True, nogil=True, error_model="numpy")
def _is_hidden(
    shapes: Outlines,
    things: Obstacles,
    near: Near,
    one: int,
    px: float,
    py: float,
    to_x: float,
    to_y: float,
) -> bool:
    """Say whether the way meets an obstacle."""
    length = np.hypot(to_x - px, to_y - py)
    for k in range(len(near.row)):
        thing = things.thing[near.row[k]]
        if length <= things.bridged_m[thing]:
            continue
        if things.cuts[thing]:
            if _is_cut(things, near, k, px, py, to_x, to_y) or (
                things.solid[thing] and _holds(things, near, k, px, py)
            ):
                return True
        elif length > APART_M and _is_over(things, near, k, px, py, to_x, to_y):
            from_x, from_y = _leaving(shapes, one, px, py, to_x, to_y)
            if _is_over(things, near, k, from_x, from_y, to_x, to_y):
                return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def _is_cut(
    things: Obstacles, near: Near, k: int, px: float, py: float, to_x: float, to_y: float
) -> bool:
    """Say whether the way meets the line or outline of an obstacle."""
    box = near.box[k]
    if _box_meets(box, px, py, to_x, to_y, CONTACT_M):
        square = CONTACT_M * CONTACT_M
        for i in range(near.begin[k], near.begin[k + 1]):
            e = near.edge[i]
            x, y, dx, dy = things.x[e], things.y[e], things.dx[e], things.dy[e]
            if square_to_edge(x, y, dx, dy, px, py) <= square:
                return True
            if square_to_edge(x, y, dx, dy, to_x, to_y) <= square:
                return True
            qx, qy = to_x - px, to_y - py
            if qx == 0 and qy == 0:
                continue
            if edges_meet(x, y, dx, dy, px, py, qx, qy):
                return True
            if square_to_edge(px, py, qx, qy, x, y) <= square:
                return True
            if square_to_edge(px, py, qx, qy, x + dx, y + dy) <= square:
                return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def _box_meets(box: Numbers, px: float, py: float, to_x: float, to_y: float, margin: float) -> bool:
    return bool(
        max(px, to_x) >= box[0] - margin
        and min(px, to_x) <= box[2] + margin
        and max(py, to_y) >= box[1] - margin
        and min(py, to_y) <= box[3] + margin
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _is_over(
    things: Obstacles, near: Near, k: int, px: float, py: float, to_x: float, to_y: float
) -> bool:
    """Say whether a way runs through the interior: it meets the obstacle moved to either side."""
    length = np.hypot(to_x - px, to_y - py)
    if length <= APART_M:
        return False
    nothing_near = near.begin[k] == near.begin[k + 1] or not _box_meets(
        near.box[k], px, py, to_x, to_y, 2 * ASIDE_M
    )
    if nothing_near:
        return _holds(things, near, k, px, py)
    ahead_x, ahead_y = (to_x - px) / length, (to_y - py) / length
    trim = 2 * CONTACT_M
    for side in (-ASIDE_M, ASIDE_M):
        x, y = px - side * ahead_y + trim * ahead_x, py + side * ahead_x + trim * ahead_y
        qx, qy = (length - 2 * trim) * ahead_x, (length - 2 * trim) * ahead_y
        meets = False
        for i in range(near.begin[k], near.begin[k + 1]):
            e = near.edge[i]
            if edges_meet(things.x[e], things.y[e], things.dx[e], things.dy[e], x, y, qx, qy):
                meets = True
                break
        if not meets and not _holds(things, near, k, x, y):
            return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _holds(things: Obstacles, near: Near, k: int, x: float, y: float) -> bool:
    """Say whether an obstacle holds a point, by the edges between it and the point of reference."""
    holds = things.around[near.row[k]]
    dx, dy = x - near.x, y - near.y
    for i in range(near.begin[k], near.begin[k + 1]):
        e = near.edge[i]
        ox, oy = things.x[e] - near.x, things.y[e] - near.y
        one = dx * oy - dy * ox
        two = one + dx * things.dy[e] - dy * things.dx[e]
        if (one > 0) == (two > 0):
            continue
        cross = dx * things.dy[e] - dy * things.dx[e]
        along = (ox * things.dy[e] - oy * things.dx[e]) / cross
        if 0 < along < 1:
            holds = not holds
    return bool(holds)


@njit(cache=True, nogil=True, error_model="numpy")
def _leaving(
    shapes: Outlines, one: int, px: float, py: float, to_x: float, to_y: float
) -> tuple[float, float]:
    """Let a way that begins through its own shape, or along it, begin where it leaves it."""
    qx, qy = to_x - px, to_y - py
    length = np.hypot(qx, qy)
    near = APART_M / length
    marks = [0.0, 1.0]
    for e in range(shapes.offset[one], shapes.offset[one + 1]):
        x, y, dx, dy = shapes.x[e], shapes.y[e], shapes.dx[e], shapes.dy[e]
        if not _box_meets(
            np.array([min(x, x + dx), min(y, y + dy), max(x, x + dx), max(y, y + dy)]),
            px, py, to_x, to_y, APART_M,
        ):  # fmt: skip
            continue
        for end_x, end_y in ((x, y), (x + dx, y + dy)):
            if square_to_edge(px, py, qx, qy, end_x, end_y) <= APART_M * APART_M:
                marks.append(((end_x - px) * qx + (end_y - py) * qy) / (length * length))
        cross = qx * dy - qy * dx
        if cross != 0 and edges_meet(x, y, dx, dy, px, py, qx, qy):
            marks.append(((x - px) * dy - (y - py) * dx) / cross)
    places = np.sort(np.array(marks))
    before = 0.0
    for place in places:
        share = min(max(place, 0.0), 1.0)
        if share - before <= near:
            before = max(before, share)
            continue
        at_x, at_y = px + (before + share) / 2 * qx, py + (before + share) / 2 * qy
        if not _is_on(shapes, one, at_x, at_y):
            break
        before = share
    return px + before * qx, py + before * qy


@njit(cache=True, nogil=True, error_model="numpy")
def _is_on(shapes: Outlines, one: int, x: float, y: float) -> bool:
    """Say whether a point lies in a shape or on its boundary."""
    if contains(shapes, one, x, y):
        return True
    for e in range(shapes.offset[one], shapes.offset[one + 1]):
        square = square_to_edge(shapes.x[e], shapes.y[e], shapes.dx[e], shapes.dy[e], x, y)
        if square <= APART_M * APART_M:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def _least_hidden(pieces: Numbers) -> float:
    """Give the distance of the nearest hidden piece."""
    least = np.inf
    for i in range(len(pieces)):
        if pieces[i, 3] > 0:
            least = min(least, pieces[i, 0])
    return least


@njit(cache=True, nogil=True, error_model="numpy")
def _first_enough(ones: Numbers, twos: Numbers, most: float, edge: float) -> float:
    """Find the smallest gap at which both sides show enough boundary that is not hidden.

    What lies within a gap grows evenly from the nearest to the farthest end of each piece, so
    both sums are straight between the marks.
    """
    events, count = np.empty((2 * (len(ones) + len(twos)), 4)), 0
    for side in range(2):
        pieces = ones if side == 0 else twos
        for i in range(len(pieces)):
            nearest = max(pieces[i, 0] - CONTACT_M, 0.0)
            farthest = max(pieces[i, 1] - CONTACT_M, 0.0)
            if pieces[i, 3] > 0 or nearest > most:
                continue
            if farthest - nearest < CONTACT_M:
                events[count] = np.array([farthest, side, pieces[i, 2], 0.0])
                count += 1
                continue
            slope = pieces[i, 2] / (farthest - nearest)
            events[count] = np.array([nearest, side, 0.0, slope])
            events[count + 1] = np.array([farthest, side, 0.0, -slope])
            count += 2
    order = np.argsort(events[:count, 0])
    need = edge - 4 * CONTACT_M
    surplus, slope_of = np.array([-need, -need]), np.array([-2.0, -2.0])
    gap = 0.0
    for i in range(count + 1):
        upto = min(events[order[i], 0], most) if i < count else most
        found = _first_on_line(surplus, slope_of, gap, upto)
        if found < np.inf:
            return found
        surplus += slope_of * (upto - gap)
        gap = upto
        if i < count and events[order[i], 0] <= most:
            side = int(events[order[i], 1])
            surplus[side] += events[order[i], 2]
            slope_of[side] += events[order[i], 3]
            if surplus[0] >= 0 and surplus[1] >= 0:
                return gap
    return np.inf


@njit(cache=True, nogil=True, error_model="numpy")
def _first_on_line(surplus: Numbers, slope: Numbers, gap: float, upto: float) -> float:
    """Find where both straight sums first reach 0 between two marks, infinite if nowhere."""
    begin, end = gap, upto
    for side in range(2):
        if surplus[side] < 0:
            if slope[side] <= 0:
                return np.inf
            begin = max(begin, gap - surplus[side] / slope[side])
        elif slope[side] < 0:
            end = min(end, gap - surplus[side] / slope[side])
    return begin if begin <= end else np.inf
