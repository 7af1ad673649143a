"""Runs of facing boundary beside obstacles, from pieces."""

import numpy as np
from numba import njit

from geo.arrays import Floats, Ints
from geo.kernels.edges import CONTACT_M

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
    roots, active = np.empty(len(pieces), np.int64), 0
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
            gap = max(pieces[i, column] - CONTACT_M, 0.0)
            if gap <= most and (kind != MEETS or pieces[i, BEFORE] >= 0):
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
