"""From which gap on two shapes are neighbours where obstacles hide part of their boundary.

The boundary is divided into pieces that do not depend on the gap asked for. Of each piece the
shortest way from its middle to the other shape is looked at: where it meets an obstacle, the piece
counts for nothing.
"""

import numpy as np
from numba import njit

from geo.kernels.hiding import Near, Obstacles, box_meets, hidden_by
from geo.kernels.outlines import (
    CONTACT_M,
    FEW,
    Numbers,
    Outlines,
    Positions,
    Side,
    contains,
    edges_meet,
    side_of,
    square_to_edge,
)

PIECE_M = 0.25
"""Length of a piece close to the other shape."""

PIECE_OF_DISTANCE = 0.125
"""Farther away, a piece may be this share of its distance."""

MOST_PIECES = 256
"""Longer edges are divided into this many pieces."""


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
        if (
            shapes.offset[one + 1] - shapes.offset[one]
            > shapes.offset[two + 1] - shapes.offset[two]
        ):
            one, two = two, one
        ones = _pieces(shapes, things, near, one, two, most)
        if _clear_length(ones) < edge + 2 * open_gaps[i] - 4 * CONTACT_M:
            gaps[i] = np.inf  # whatever the other side shows
            continue
        twos = _pieces(shapes, things, near, two, one, most)
        least = min(_least_hidden(ones), _least_hidden(twos))
        # At its joining gap a pair shows what lies up to the contact distance farther: twice that
        # keeps rounding from taking a hidden piece just there for one beyond.
        if least > open_gaps[i] + 2 * CONTACT_M:
            gaps[i] = open_gaps[i]
        else:
            gaps[i] = max(open_gaps[i], _first_enough(ones, twos, most, edge))


@njit(cache=True, nogil=True, error_model="numpy")
def _edges_in_window(things: Obstacles, pair: int) -> Near:
    first, last = things.rows[pair], things.rows[pair + 1]
    west, south, east, north = things.window[pair]
    begin = np.zeros(last - first + 1, np.int64)
    runs = np.zeros(last - first + 1, np.int64)
    held = np.empty(0, np.int64)
    for fill in range(2):
        if fill:
            held = np.empty(begin[-1], np.int64)
        count = 0
        for k in range(last - first):
            thing = things.thing[first + k]
            for e in range(things.offset[thing], things.offset[thing + 1]):
                x, y = things.x[e], things.y[e]
                to_x, to_y = x + things.dx[e], y + things.dy[e]
                if max(x, to_x) < west or min(x, to_x) > east:
                    continue
                if max(y, to_y) < south or min(y, to_y) > north:
                    continue
                if fill:
                    held[count] = e
                count += 1
            begin[k + 1] = count
            runs[k + 1] = runs[k] + (count - begin[k] + FEW - 1) // FEW
    boxes = np.empty((runs[-1], 4))
    boxes[:, :2], boxes[:, 2:] = np.inf, -np.inf
    for k in range(last - first):
        for i in range(begin[k], begin[k + 1]):
            e, box = held[i], boxes[runs[k] + (i - begin[k]) // FEW]
            x, y = things.x[e], things.y[e]
            to_x, to_y = x + things.dx[e], y + things.dy[e]
            box[0], box[1] = min(box[0], x, to_x), min(box[1], y, to_y)
            box[2], box[3] = max(box[2], x, to_x), max(box[3], y, to_y)
    reference = things.reference[pair]
    return Near(np.arange(first, last), held, begin, boxes, runs, reference[0], reference[1])


@njit(cache=True, nogil=True, error_model="numpy")
def _pieces(
    shapes: Outlines, things: Obstacles, near: Near, one: int, two: int, most: float
) -> Numbers:
    """Divide the boundary near the other shape: nearest, farthest, length, 1 if hidden; by rows."""
    reach = most + CONTACT_M
    mine = side_of(shapes, one, two, reach).mine
    longest = 0.0
    for e in mine:
        longest = max(longest, shapes.length[e])
    beyond = PIECE_M + PIECE_OF_DISTANCE * reach + longest / MOST_PIECES
    side = side_of(shapes, one, two, reach + beyond)
    counts = np.zeros(len(mine), np.int64)
    for i in range(len(mine)):
        counts[i] = _piece_count(shapes, side, mine[i], reach)
    found, count, blocker = np.empty((counts.sum(), 4)), 0, 0
    for i in range(len(mine)):
        e = mine[i]
        x, y, dx, dy = shapes.x[e], shapes.y[e], shapes.dx[e], shapes.dy[e]
        end = 0.0
        for k in range(counts[i]):
            start = _distance(shapes, side, x, y) if k == 0 else end
            share = (k + 1) / counts[i]
            end = _distance(shapes, side, x + share * dx, y + share * dy)
            nearest, farthest = min(start, end), max(start, end)
            if nearest > reach:
                continue
            at = (k + 0.5) / counts[i]
            px, py = x + at * dx, y + at * dy
            to_x, to_y = px, py
            if contains(shapes, two, px, py):
                nearest, farthest = 0.0, 0.0
            else:
                to_x, to_y = _nearest_point(shapes, side, px, py)
            # The obstacle that hid the last piece mostly hides this one too.
            blocker = hidden_by(shapes, things, near, one, px, py, to_x, to_y, abs(blocker))
            found[count, 0], found[count, 1] = nearest, farthest
            found[count, 2] = shapes.length[e] / counts[i]
            found[count, 3] = 1.0 if blocker >= 0 else 0.0
            count += 1
    return found[:count]


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
        for f in side.theirs[run * FEW : (run + 1) * FEW]:
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
        for f in side.theirs[run * FEW : (run + 1) * FEW]:
            x, y, dx, dy = shapes.x[f], shapes.y[f], shapes.dx[f], shapes.dy[f]
            along = ((px - x) * dx + (py - y) * dy) / (dx * dx + dy * dy)
            along = min(max(along, 0.0), 1.0)
            at_x, at_y = x + along * dx, y + along * dy
            square = (at_x - px) ** 2 + (at_y - py) ** 2
            if square < least:
                least, to_x, to_y = square, at_x, at_y
    return to_x, to_y


@njit(cache=True, nogil=True, error_model="numpy")
def _clear_length(pieces: Numbers) -> float:
    """Add up the pieces that are not hidden."""
    total = 0.0
    for i in range(len(pieces)):
        if pieces[i, 3] == 0:
            total += pieces[i, 2]
    return total


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
