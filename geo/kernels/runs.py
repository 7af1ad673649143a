"""Connected runs of facing boundary, the joining gap."""

import numpy as np
from numba import njit

from geo.arrays import Floats, Ints
from geo.kernels.edges import (
    CONTACT_M,
    NONE,
    ONE,
    ZERO,
    Outlines,
    Side,
    are_apart,
    contains,
    distance_of,
    edge_square,
    other_side,
    side_of,
)
from geo.kernels.facing import (
    NEAREST,
    OUTSIDE,
    PRECISE_M,
    ROUNDING_M,
    UNKNOWN,
    equal_m,
    facing_share,
    gap_of_all,
    is_one_ring,
    is_whole,
    needed_m,
    nothing_known,
    recalled,
    remember,
    shows_enough,
)

BREAK_M = 2 * CONTACT_M
"""Boundary within reach that is broken for less than this is one run [m]."""


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
    begin, count = ZERO, len(side.mine)
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
    idle = _passed_m(shapes.ring, shapes.length, ring, before, NONE, NONE)
    runs, lead, run, first_run = 0, 0.0, _NO_RUN, _NO_RUN
    for i in range(places[0], places[1]):
        e = side.mine[i]
        if e != before + 1:
            location = OUTSIDE  # the edges between lie beyond the other's box
            idle += _passed_m(shapes.ring, shapes.length, ring, before + 1, e, ONE)
        count = recalled(known, i, reach)
        share, starts[0], ends[0] = float(count), 0.0, 1.0
        if count >= 0:
            location = UNKNOWN if count else OUTSIDE
        else:
            share, location, count = facing_share(shapes, side, e, reach, starts, ends, location)
            remember(known, i, reach, share, count)
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
    idle += _passed_m(shapes.ring, shapes.length, ring, before + 1, NONE, ONE)
    if runs and lead + idle < BREAK_M:
        run, first_run = _joined(first_run, run), _NO_RUN
    gap = whole_gap if is_whole(shapes, ring, total) else reach - CONTACT_M
    counted += _run_counts(shapes, side, first_run, reach - CONTACT_M)
    counted += _run_counts(shapes, side, run, gap)
    return total, max(longest, run[0]), counted


@njit(cache=True, nogil=True, error_model="numpy")
def _joined(
    run: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    return run[0] + other[0], min(run[1], other[1]), other[2], other[3]


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
    reach, needed = high + CONTACT_M, needed_m(high, edge)
    for turn in range(2):
        which = (turn + first) % 2
        total, longest, counted = facing_runs_m(
            shapes, sides[which], reach, needed, low, distance, known[which]
        )
        if longest < needed - ROUNDING_M and (
            total < needed_m(low, edge) or counted < needed_m(distance, edge) - ROUNDING_M
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
    sides = _both_sides(shapes, first, second, low)
    known = nothing_known(ZERO), nothing_known(ZERO)
    short = _short_side(shapes, sides, known, low, low, edge, distance, ZERO)
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
def joining_gap(
    shapes: Outlines,
    first: int,
    second: int,
    most: float,
    edge: float,
    exact: bool,
    nothing: Floats,
) -> float:
    """Find the smallest gap at which two shapes are neighbours, infinite beyond ``most``.

    Without ``exact``, ``most`` stands for any gap above 0: enough to know that they are.
    ``nothing``: Room for nothing known, made once.
    """
    of_one = side_of(shapes, first, second, most + CONTACT_M)
    if len(of_one.mine) == 0 or len(of_one.other_edges) == 0:
        return np.inf
    touching = are_apart(shapes, first, second, CONTACT_M) <= 0
    if touching and equal_m(shapes, of_one, edge) >= edge:
        return 0.0
    one_shows, one_whole, one_run = shows_enough(shapes, of_one, most, edge, nothing)
    if not one_shows and not one_whole and is_one_ring(shapes, of_one):
        return np.inf
    of_two = other_side(shapes, first, of_one)
    two_shows, two_whole, two_run = shows_enough(shapes, of_two, most, edge, nothing)
    if not two_shows and not two_whole and is_one_ring(shapes, of_two):
        return np.inf
    if (
        touching
        and shows_enough(shapes, of_one, 0.0, edge, nothing)[0]
        and shows_enough(shapes, of_two, 0.0, edge, nothing)[0]
    ):
        return 0.0
    if not exact and one_run and two_run:
        return most
    distance = distance_of(shapes, first, of_one, most + CONTACT_M)
    if distance > most + CONTACT_M:
        return np.inf
    may_hold = not exact and one_shows and two_shows
    return _smallest_gap(shapes, (of_one, of_two), most, edge, distance, may_hold)


@njit(cache=True, nogil=True, error_model="numpy")
def _smallest_gap(
    shapes: Outlines,
    sides: tuple[Side, Side],
    most: float,
    edge: float,
    distance: float,
    any_gap: bool,
) -> float:
    """Find the smallest gap at which two shapes are neighbours; ``any_gap``: or take the largest.

    By all boundary shown, which is quick, and from there on by runs.
    """
    known = nothing_known(len(sides[0].mine)), nothing_known(len(sides[1].mine))
    if any_gap and _short_side(shapes, sides, known, most, most, edge, distance, ZERO) < 0:
        return most
    gap, is_one_run = gap_of_all(shapes, sides, known, most, edge, distance)
    if gap == np.inf or is_one_run:
        return gap
    return _gap_by_runs(shapes, sides[1].other, sides[0].other, gap, most, edge, distance)


@njit(cache=True, nogil=True, error_model="numpy")
def joining_gaps(
    shapes: Outlines, pairs: Ints, most: float, edge: float, exact: bool, gaps: Floats
) -> None:
    """Find the joining gap of each pair."""
    nothing = nothing_known(ZERO)
    for i in range(len(pairs)):
        gaps[i] = joining_gap(shapes, pairs[i, 0], pairs[i, 1], most, edge, exact, nothing)
