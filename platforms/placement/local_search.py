"""Rounding of a relaxation, and simulated annealing."""

import time
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from geo.arrays import Floats, Positions
from platforms.placement.relaxation import SLACK, Problem, Relaxation, best_of_each, problem_of

if TYPE_CHECKING:
    from platforms.placement.moves import ColumnMatrix, State

LEAST_PART = 1e-6
"""An option of which the relaxation takes more than this is tried."""
LOOKED_AT = 8
"""Options of each group that may come."""
STEPS = 20_000
"""Moves between two looks at the clock."""
HOT_FEW, HOT_MANY, COLD = 10.0, 3.0, 0.1
"""A loss of so many points is kept in one case of e, at the end, and at the beginning where there
are few projects, or many, for whom the moves don't suffice to cool from so high."""
FEW_GROUPS, MANY_GROUPS = 150, 300
REWARD = 60.0
"""What one option more is worth while moves are tried: less than when choices are compared."""


def prepare() -> None:
    """Load or compile the moves, so that no search waits for them."""
    from platforms.placement.moves import anneal_steps

    if anneal_steps.nopython_signatures:
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
    rounds: int | None = None,
) -> Positions:
    """Better a choice until it is enough or the time is over.

    ``value``: What is to be high, the reward of one option more (1 000) included; array of n.
    ``rounds``: So many looks at the clock; then the same comes out wherever it runs in time. None
      for as many as the time allows.

    The choice, no worse, sorted.
    """
    from platforms.placement.moves import anneal_steps

    matrix, begun = problem.matrix, time.monotonic()
    option = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))
    columns = (
        matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data, option,
    )  # fmt: skip
    among = np.flatnonzero(best_of_each(problem, relaxed.bound_with, LOOKED_AT)
                           | (relaxed.parts > LEAST_PART))  # fmt: skip
    among = among[np.argsort(problem.group[among], kind="stable")]
    group_start = np.searchsorted(problem.group[among], np.arange(problem.groups + 1))
    extra = float(np.median(value - problem.points)) - REWARD
    assigned = np.full(problem.groups, -1, dtype=np.int64)
    assigned[problem.group[chosen]] = chosen
    fixed = np.zeros(problem.groups, dtype=bool)
    for row in np.flatnonzero(problem.required).tolist():
        fixed[problem.group[np.intersect1d(problem.in_limit(row), chosen)]] = True
    best, reached = assigned.copy(), float(value[chosen].sum())
    hot = float(np.interp(problem.groups, [FEW_GROUPS, MANY_GROUPS], [HOT_FEW, HOT_MANY]))
    seed = 0
    while reached < enough and (now := time.monotonic()) < until and seed != rounds:
        done = seed / rounds if rounds else (now - begun) / max(1e-9, until - begun)
        heat = hot * (COLD / hot) ** done
        reached = anneal_steps(
            (value - extra, columns, (group_start, among), fixed),
            _state(problem, assigned, columns), extra, heat, STEPS, seed, best, reached,
        )  # fmt: skip
        seed += 1
    selected = np.sort(best[best >= 0])
    return selected if problem.holds(selected) else chosen


def _state(problem: Problem, assigned: Positions, columns: "ColumnMatrix") -> "State":
    """Lay out what a choice uses of each limit, and who holds it."""
    from platforms.placement.moves import take

    free = problem.most + 0.5 * SLACK * np.maximum(1.0, abs(problem.most))
    free[problem.required] = np.inf
    holders = np.zeros((len(problem.most), problem.groups + 1), dtype=np.int64)
    count = np.zeros(len(problem.most), dtype=np.int64)
    slot = np.zeros(len(columns[2]), dtype=np.int64)
    state = (assigned, problem.group.astype(np.int64), free, holders, count, slot)
    for at in assigned[assigned >= 0].tolist():
        take(at, columns, state)
    return state


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
    rounding = _Rounding(problem, value, relaxed)
    for row in np.flatnonzero(problem.required).tolist():
        if not rounding.fulfil(row):
            return None
    rounding.fill()
    while time.monotonic() < until and rounding.better(until):
        rounding.fill()
    chosen = np.array(sorted(rounding.assigned.values()), dtype=np.intp)
    return chosen if problem.holds(chosen) else None


class _Rounding:
    """What is taken, and what it uses of each limit."""

    def __init__(self, problem: Problem, value: Floats, relaxed: Relaxation) -> None:
        self.problem = problem
        self.worth = value.tolist()
        self.holders: dict[int, set[int]] = defaultdict(set)
        tried = best_of_each(problem, relaxed.bound_with, TRIED) | (relaxed.parts > LEAST_GAIN)
        at = np.flatnonzero(tried)
        self.order = at[np.lexsort((-relaxed.bound_with[at], -relaxed.parts[at]))].tolist()
        self.group = problem.group.tolist()
        self.by_group: dict[int, list[int]] = defaultdict(list)
        for option in self.order:
            self.by_group[self.group[option]].append(option)
        for options in self.by_group.values():
            options.sort(key=lambda option: (-self.worth[option], option))
        self.parts = relaxed.parts
        self.free = problem.most + SLACK * np.maximum(1.0, abs(problem.most))
        # A limit that a lock must fulfil is looked at once, at the beginning.
        self.free[problem.required] = np.inf
        self.assigned: dict[int, int] = {}
        self.fixed: set[int] = set()

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
        self.assigned[self.group[option]] = option
        for row in rows[weights > 0].tolist():
            self.holders[row].add(option)

    def _drop(self, option: int) -> None:
        rows, weights = self._column(option)
        self.free[rows] += weights
        del self.assigned[self.group[option]]
        for row in rows[weights > 0].tolist():
            self.holders[row].discard(option)

    def _may_go(self, option: int) -> bool:
        """Return whether nothing else leans on it: land inside carries land outside."""
        rows, weights = self._column(option)
        return self.group[option] not in self.fixed and bool(
            (self.free[rows] + weights >= np.minimum(0.0, self.free[rows])).all()
        )

    def fulfil(self, row: int) -> bool:
        """Take one of the options that a limit requires."""
        meant = np.sort(self.problem.in_limit(row))
        if any(self.assigned.get(self.group[option]) == option for option in meant.tolist()):
            return True
        for option in meant[np.argsort(-self.parts[meant], kind="stable")].tolist():
            if self.group[option] not in self.assigned:
                # What carries it may be taken later; the end is checked as a whole.
                self._take(option)
                self.fixed.add(self.group[option])
                return True
        return False

    def fill(self) -> None:
        """Take what fits, twice: what lies inside a zone makes room for what lies outside."""
        for _ in range(2):
            for option in self.order:
                if self.group[option] not in self.assigned and self._fits(option):
                    self._take(option)

    def better(self, until: float) -> bool:
        """Let each group look for a place of higher value, others making room for it."""
        moved = False
        for group in self.by_group:
            if time.monotonic() > until:
                break
            now = self.assigned.get(group)
            if now is not None and not self._may_go(now):
                continue
            if now is not None:
                self._drop(now)
            is_placed = self._placed(group, 0.0 if now is None else self.worth[now], DEPTH)
            if not is_placed and now is not None:
                self._take(now)
            moved |= is_placed
        return moved

    def _placed(self, group: int, above: float, depth: int) -> bool:
        """Take an option of a group, such that with who makes room all gain more than ``above``."""
        for option in self.by_group[group]:
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
            if self._placed(self.group[other], rest, depth - 1) or rest < -LEAST_GAIN:
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
        holders = [set(self.holders[row]) for row in short.tolist()]
        both = set.intersection(*holders)
        return sorted(both, key=lambda at: (self.worth[at], at))[:MOST_BLOCKING]
