"""Rounding and annealing."""

import time
from collections import defaultdict
from math import exp

import numpy as np
from numba import njit

from geo.arrays import Flags, Floats, Positions
from platforms.placement.relaxation import SLACK, Problem, Relaxation, best_of_each, problem_of

Held = tuple[Positions, Positions, Floats, Positions]
State = tuple[Positions, Positions, Floats, Positions, Positions, Positions]

EJECTED = 5
"""So many may have to go for one that comes."""
SAMPLED = 8
"""So many of those that hold a limit are compared for who goes."""
TOUCHED = 512


@njit(cache=True, nogil=True)
def _take(at: int, columns: Held, state: State) -> None:
    indptr, indices, data = columns[0], columns[1], columns[2]
    assigned, group, free, holders, count, slot = state
    assigned[group[at]] = at
    for k in range(indptr[at], indptr[at + 1]):
        row = indices[k]
        free[row] -= data[k]
        if data[k] > 0:
            slot[k] = count[row]
            holders[row, count[row]] = k
            count[row] += 1


@njit(cache=True, nogil=True)
def _drop(at: int, columns: Held, state: State) -> None:
    indptr, indices, data = columns[0], columns[1], columns[2]
    assigned, group, free, holders, count, slot = state
    assigned[group[at]] = -1
    for k in range(indptr[at], indptr[at + 1]):
        row = indices[k]
        free[row] += data[k]
        if data[k] > 0:
            last = holders[row, count[row] - 1]
            holders[row, slot[k]] = last
            slot[last] = slot[k]
            count[row] -= 1


@njit(cache=True, nogil=True)
def _fits(at: int, columns: Held, free: Floats) -> bool:
    indptr, indices, data = columns[0], columns[1], columns[2]
    for k in range(indptr[at], indptr[at + 1]):
        if data[k] > 0 and data[k] > free[indices[k]]:
            return False
    return True


@njit(cache=True, nogil=True)
def _who_goes(row: int, come: int, columns: Held, state: State, worth: Floats, kept: Flags) -> int:
    """Give who holds a short limit, worth the least for what it takes; -1 where nobody may go."""
    data, option = columns[2], columns[3]
    group, free, holders, count = state[1], state[2], state[3], state[4]
    best, least = -1, np.inf
    for _ in range(min(SAMPLED, 2 * count[row])):
        k = holders[row, np.random.randint(count[row])]
        at = option[k]
        if at == come or kept[group[at]]:
            continue
        loss = worth[at] / min(1.0, data[k] / max(1e-12, -free[row])) * (0.5 + np.random.random())
        if loss < least:
            best, least = at, loss
    return best


@njit(cache=True, nogil=True)
def exchanged(
    worth: Floats, columns: Held, own_at: Positions, group_options: Positions, state: State, kept: Flags,
    extra: float, heat: float, steps: int, seed: int, best: Positions, reached: float,
) -> float:  # fmt: skip
    """Try moves and keep those that gain, or by chance lose little; ``best`` gets the best state.

    ``worth``: Value of each option while it moves; array of n.
    ``columns``: Matrix by column (``indptr``, ``indices``, ``data``), and the option of each entry.
    ``state``: Option of each group or -1, group of each option, what is free of each limit,
      entries that hold each limit, their number, and the place of each entry among them.
    ``best``: Option of each group in the best state; changed in place.
    """
    np.random.seed(seed)
    assigned, group, free = state[0], state[1], state[2]
    indptr, indices = columns[0], columns[1]
    groups = len(assigned)
    value = 0.0
    for g in range(groups):
        if assigned[g] >= 0:
            value += worth[assigned[g]] + extra
    gone, came = np.empty(EJECTED + 1, np.int64), np.empty(EJECTED + 2, np.int64)
    touched = np.empty(TOUCHED, np.int64)
    for _ in range(steps):
        g = np.random.randint(groups)
        if np.random.random() < 0.3:
            for _ in range(20):
                if assigned[g] < 0:
                    break
                g = np.random.randint(groups)
        size = own_at[g + 1] - own_at[g]
        if size == 0 or kept[g]:
            continue
        at = group_options[own_at[g] + np.random.randint(size)]
        if at == assigned[g]:
            continue
        goes, comes, met = 0, 0, 0
        gain, more = 0.0, 0
        if assigned[g] >= 0:
            out = assigned[g]
            gone[goes] = out
            goes += 1
            gain, more = gain - worth[out], more - 1
            for k in range(indptr[out], indptr[out + 1]):
                touched[met] = indices[k]
                met += 1
            _drop(out, columns, state)
        _take(at, columns, state)
        came[comes] = at
        comes += 1
        gain, more = gain + worth[at], more + 1
        for k in range(indptr[at], indptr[at + 1]):
            touched[met] = indices[k]
            met += 1
        stands = False
        while True:
            short = -1
            for m in range(met):
                if free[touched[m]] < 0:
                    short = touched[m]
                    break
            if short < 0:
                stands = True
                break
            if goes > EJECTED or met > TOUCHED - 64:
                break
            out = _who_goes(short, at, columns, state, worth, kept)
            if out < 0:
                break
            gone[goes] = out
            goes += 1
            gain, more = gain - worth[out], more - 1
            for k in range(indptr[out], indptr[out + 1]):
                touched[met] = indices[k]
                met += 1
            _drop(out, columns, state)
        if stands:
            for m in range(goes):
                back = group[gone[m]]
                if assigned[back] >= 0:
                    continue
                refill, most = -1, -np.inf
                for n in range(own_at[back], own_at[back + 1]):
                    if worth[group_options[n]] > most and _fits(group_options[n], columns, free):
                        refill, most = group_options[n], worth[group_options[n]]
                if refill >= 0:
                    _take(refill, columns, state)
                    came[comes] = refill
                    comes += 1
                    gain, more = gain + worth[refill], more + 1
            if gain >= 0 or np.random.random() < exp(gain / heat):
                value += gain + more * extra
                if value > reached + 1e-9:
                    reached = value
                    best[:] = assigned
                continue
        for m in range(comes - 1, -1, -1):
            _drop(came[m], columns, state)
        for m in range(goes - 1, -1, -1):
            _take(gone[m], columns, state)
    return reached


LOOKED_AT = 8
"""Options of each group that may come."""
STEPS = 20_000
"""Moves between two looks at the clock."""
HOT, COLD = 3.0, 0.1
"""A loss of so many points is kept in one case of e, at the beginning and at the end."""
REWARD = 60.0
"""What one option more is worth while moves are tried: less than when choices are compared."""


def prepare() -> None:
    """Load or compile the moves, so that no search waits for them."""
    if exchanged.nopython_signatures:
        return
    problem = problem_of(
        [1.0, 1.0], [({0: 1.0}, 1.0), ({1: 1.0}, 1.0), ({0: 1.0, 1: 1.0}, 1.0)], []
    )
    both = np.array([1.0, 1.0])
    begun = Relaxation(0 * both, 2.0, both, both > 0)
    annealed(problem, both, begun, np.array([0]), 2.0, time.monotonic() + 1e-3)


def annealed(
    problem: Problem,
    value: Floats,
    relaxed: Relaxation,
    chosen: Positions,
    enough: float,
    until: float,
) -> Positions:
    """Better a choice until it is enough or the time is over.

    ``value``: What is to be high, the reward of one option more (1 000) included; array of n.

    The choice, no worse, sorted.
    """
    matrix, begun = problem.matrix, time.monotonic()
    option = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))
    columns = (
        matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data, option,
    )  # fmt: skip
    among = np.flatnonzero(best_of_each(problem, relaxed.bound_with, LOOKED_AT)
                           | (relaxed.parts > 1e-6))  # fmt: skip
    among = among[np.argsort(problem.group[among], kind="stable")]
    own_at = np.searchsorted(problem.group[among], np.arange(problem.groups + 1))
    extra = float(np.median(value - problem.points)) - REWARD
    assigned = np.full(problem.groups, -1, dtype=np.int64)
    assigned[problem.group[chosen]] = chosen
    kept = np.zeros(problem.groups, dtype=bool)
    for row in np.flatnonzero(problem.required).tolist():
        kept[problem.group[np.intersect1d(problem.in_limit(row), chosen)]] = True
    best, reached = assigned.copy(), float(value[chosen].sum())
    seed = 0
    while reached < enough and (now := time.monotonic()) < until:
        heat = HOT * (COLD / HOT) ** ((now - begun) / max(1e-9, until - begun))
        reached = exchanged(
            value - extra, columns, own_at, among, _state(problem, assigned, columns), kept, extra, heat,
            STEPS, seed, best, reached,
        )  # fmt: skip
        seed += 1
    selected = np.sort(best[best >= 0])
    return selected if problem.holds(selected) else chosen


def _state(
    problem: Problem, assigned: Positions, columns: tuple[Floats, ...]
) -> tuple[np.ndarray, ...]:
    """Lay out what a choice uses of each limit, and who holds it."""
    indptr, indices, data, _ = columns
    free = problem.most + 0.5 * SLACK * np.maximum(1.0, abs(problem.most))
    free[problem.required] = np.inf
    holders = np.zeros((len(problem.most), problem.groups + 1), dtype=np.int64)
    count, slot = np.zeros(len(problem.most), dtype=np.int64), np.zeros(len(data), dtype=np.int64)
    for at in assigned[assigned >= 0].tolist():
        for k in range(int(indptr[at]), int(indptr[at + 1])):
            row = int(indices[k])
            free[row] -= data[k]
            if data[k] > 0:
                slot[k], holders[row, count[row]] = count[row], k
                count[row] += 1
    return assigned, problem.group.astype(np.int64), free, holders, count, slot


TRIED = 12
"""Options of each group that are tried."""
DEPTH = 2
"""So many others may have to move in turn for one."""
MOST_SHORT = 3
MOST_BLOCKING = 6
LEAST_GAIN = 1e-9


def rounded(problem: Problem, value: Floats, relaxed: Relaxation, until: float) -> Positions | None:
    """Choose whole options along a relaxation, then let them change places for higher value.

    ``value``: What is to be high; array of n.

    Options taken, sorted; None where what is required could not be held.
    """
    hand = _Hand(problem, value, relaxed)
    for row in np.flatnonzero(problem.required).tolist():
        if not hand.fulfil(row):
            return None
    hand.fill()
    while time.monotonic() < until and hand.better(until):
        hand.fill()
    chosen = np.array(sorted(hand.taken.values()), dtype=np.intp)
    return chosen if problem.holds(chosen) else None


class _Hand:
    """What is taken, and what it uses of each limit."""

    def __init__(self, problem: Problem, value: Floats, relaxed: Relaxation) -> None:
        self.problem = problem
        self.worth = value.tolist()
        self.held: dict[int, set[int]] = defaultdict(set)
        tried = best_of_each(problem, relaxed.bound_with, TRIED) | (relaxed.parts > 1e-9)
        at = np.flatnonzero(tried)
        self.order = at[np.lexsort((-relaxed.bound_with[at], -relaxed.parts[at]))].tolist()
        self.group = problem.group.tolist()
        self.own: dict[int, list[int]] = defaultdict(list)
        for option in self.order:
            self.own[self.group[option]].append(option)
        for options in self.own.values():
            options.sort(key=lambda option: (-self.worth[option], option))
        self.parts = relaxed.parts
        self.free = problem.most + SLACK * np.maximum(1.0, abs(problem.most))
        # A limit that a lock must fulfil is looked at once, at the beginning.
        self.free[problem.required] = np.inf
        self.taken: dict[int, int] = {}
        self.kept: set[int] = set()

    def _column(self, option: int) -> tuple[Positions, Floats]:
        matrix = self.problem.matrix
        span = slice(matrix.indptr[option], matrix.indptr[option + 1])
        return matrix.indices[span], matrix.data[span]

    def _fits(self, option: int) -> bool:
        rows, weights = self._column(option)
        return bool((weights <= np.maximum(self.free[rows], np.minimum(weights, 0.0))).all())

    def _take(self, option: int) -> None:
        rows, weights = self._column(option)
        self.free[rows] -= weights
        self.taken[self.group[option]] = option
        for row in rows[weights > 0].tolist():
            self.held[row].add(option)

    def _drop(self, option: int) -> None:
        rows, weights = self._column(option)
        self.free[rows] += weights
        del self.taken[self.group[option]]
        for row in rows[weights > 0].tolist():
            self.held[row].discard(option)

    def _may_go(self, option: int) -> bool:
        """Tell whether nothing else leans on it: land inside carries land outside."""
        rows, weights = self._column(option)
        return self.group[option] not in self.kept and bool(
            (self.free[rows] + weights >= np.minimum(0.0, self.free[rows])).all()
        )

    def fulfil(self, row: int) -> bool:
        """Take one of the options that a limit requires."""
        meant = np.sort(self.problem.in_limit(row))
        if any(self.taken.get(self.group[option]) == option for option in meant.tolist()):
            return True
        for option in meant[np.argsort(-self.parts[meant], kind="stable")].tolist():
            if self.group[option] not in self.taken:
                # What carries it may be taken later; the end is checked as a whole.
                self._take(option)
                self.kept.add(self.group[option])
                return True
        return False

    def fill(self) -> None:
        """Take what fits, twice: what lies inside a zone makes room for what lies outside."""
        for _ in range(2):
            for option in self.order:
                if self.group[option] not in self.taken and self._fits(option):
                    self._take(option)

    def better(self, until: float) -> bool:
        """Let each group look for a place of higher value, others making room for it."""
        moved = False
        for group in self.own:
            if time.monotonic() > until:
                break
            now = self.taken.get(group)
            if now is not None and not self._may_go(now):
                continue
            if now is not None:
                self._drop(now)
            is_placed = self._seated(group, 0.0 if now is None else self.worth[now], DEPTH)
            if not is_placed and now is not None:
                self._take(now)
            moved |= is_placed
        return moved

    def _seated(self, group: int, above: float, depth: int) -> bool:
        """Take an option of a group, such that with who makes room all gain more than ``above``."""
        for option in self.own[group]:
            if self.worth[option] <= above + LEAST_GAIN:
                return False
            if self._fits(option):
                self._take(option)
                return True
            if depth and any(self._in_place_of(other, option, above, depth) for other in
                             self._blocking(option)):  # fmt: skip
                return True
        return False

    def _in_place_of(self, other: int, option: int, above: float, depth: int) -> bool:
        if not self._may_go(other):
            return False
        self._drop(other)
        if self._fits(option):
            self._take(option)
            rest = self.worth[other] + above - self.worth[option]
            if self._seated(self.group[other], rest, depth - 1) or rest < -LEAST_GAIN:
                return True
            self._drop(option)
        self._take(other)
        return False

    def _blocking(self, option: int) -> list[int]:
        """List who holds what an option lacks, the least worth first."""
        rows, weights = self._column(option)
        short = rows[weights > np.maximum(self.free[rows], 0.0)]
        if len(short) == 0 or len(short) > MOST_SHORT:
            return []
        holders = [set(self.held[row]) for row in short.tolist()]
        both = set.intersection(*holders)
        return sorted(both, key=lambda at: (self.worth[at], at))[:MOST_BLOCKING]
