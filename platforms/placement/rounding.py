"""Whole choices out of parts: a rounding that keeps every limit, then chains of moves."""

import time
from collections import defaultdict

import numpy as np

from platforms.placement.problem import SLACK, Numbers, Positions, Problem
from platforms.placement.relaxation import Relaxation, best_of_each

TRIED = 12
"""Options of each group that are tried."""
DEPTH = 2
"""So many others may have to move in turn for one."""
MOST_SHORT = 3
MOST_BLOCKING = 6
LEAST_GAIN = 1e-9


def rounded(
    problem: Problem, value: Numbers, relaxed: Relaxation, until: float
) -> Positions | None:
    """Choose whole options along a relaxation, then let them change places for higher value.

    Parameters
    ----------
    problem
        The problem.
    value
        What is to be high; array of n.
    relaxed
        Its relaxation.
    until
        Moment of the monotonic clock at which bettering ends.

    Returns
    -------
    array of int or None
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

    def __init__(self, problem: Problem, value: Numbers, relaxed: Relaxation) -> None:
        self.problem = problem
        self.worth = value.tolist()
        self.held: dict[int, set[int]] = defaultdict(set)
        tried = best_of_each(problem, relaxed.bound_with, TRIED) | (relaxed.parts > 1e-9)
        at = np.flatnonzero(tried)
        self.order = at[np.lexsort((-relaxed.bound_with[at], -relaxed.parts[at]))].tolist()
        self.group = problem.group.tolist()
        self.own: dict[int, list[int]] = defaultdict(list)
        for one in self.order:
            self.own[self.group[one]].append(one)
        for own in self.own.values():
            own.sort(key=lambda one: (-self.worth[one], one))
        self.parts = relaxed.parts
        self.free = problem.most + SLACK * np.maximum(1.0, abs(problem.most))
        # A limit that a lock must fulfil is looked at once, at the beginning.
        self.free[problem.required] = np.inf
        self.taken: dict[int, int] = {}
        self.kept: set[int] = set()

    def _column(self, one: int) -> tuple[Positions, Numbers]:
        matrix = self.problem.matrix
        span = slice(matrix.indptr[one], matrix.indptr[one + 1])
        return matrix.indices[span], matrix.data[span]

    def _fits(self, one: int) -> bool:
        rows, weights = self._column(one)
        return bool((weights <= np.maximum(self.free[rows], np.minimum(weights, 0.0))).all())

    def _take(self, one: int) -> None:
        rows, weights = self._column(one)
        self.free[rows] -= weights
        self.taken[self.group[one]] = one
        for row in rows[weights > 0].tolist():
            self.held[row].add(one)

    def _drop(self, one: int) -> None:
        rows, weights = self._column(one)
        self.free[rows] += weights
        del self.taken[self.group[one]]
        for row in rows[weights > 0].tolist():
            self.held[row].discard(one)

    def _may_go(self, one: int) -> bool:
        """Tell whether nothing else leans on it: land inside carries land outside."""
        rows, weights = self._column(one)
        return self.group[one] not in self.kept and bool(
            (self.free[rows] + weights >= np.minimum(0.0, self.free[rows])).all()
        )

    def fulfil(self, row: int) -> bool:
        """Take one of the options that a limit requires."""
        meant = np.sort(self.problem.in_limit(row))
        if any(self.taken.get(self.group[one]) == one for one in meant.tolist()):
            return True
        for one in meant[np.argsort(-self.parts[meant], kind="stable")].tolist():
            if self.group[one] not in self.taken:
                # What carries it may be taken later; the end is checked as a whole.
                self._take(one)
                self.kept.add(self.group[one])
                return True
        return False

    def fill(self) -> None:
        """Take what fits, twice: what lies inside a zone makes room for what lies outside."""
        for _ in range(2):
            for one in self.order:
                if self.group[one] not in self.taken and self._fits(one):
                    self._take(one)

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
            found = self._seated(group, 0.0 if now is None else self.worth[now], DEPTH)
            if not found and now is not None:
                self._take(now)
            moved |= found
        return moved

    def _seated(self, group: int, above: float, depth: int) -> bool:
        """Take an option of a group, such that with who makes room all gain more than ``above``."""
        for one in self.own[group]:
            if self.worth[one] <= above + LEAST_GAIN:
                return False
            if self._fits(one):
                self._take(one)
                return True
            if depth and any(self._in_place_of(other, one, above, depth) for other in
                             self._blocking(one)):  # fmt: skip
                return True
        return False

    def _in_place_of(self, other: int, one: int, above: float, depth: int) -> bool:
        if not self._may_go(other):
            return False
        self._drop(other)
        if self._fits(one):
            self._take(one)
            rest = self.worth[other] + above - self.worth[one]
            if self._seated(self.group[other], rest, depth - 1) or rest < -LEAST_GAIN:
                return True
            self._drop(one)
        self._take(other)
        return False

    def _blocking(self, one: int) -> list[int]:
        """List who holds what an option lacks, the least worth first."""
        rows, weights = self._column(one)
        short = rows[weights > np.maximum(self.free[rows], 0.0)]
        if len(short) == 0 or len(short) > MOST_SHORT:
            return []
        holders = [set(self.held[row]) for row in short.tolist()]
        both = set.intersection(*holders)
        return sorted(both, key=lambda at: (self.worth[at], at))[:MOST_BLOCKING]
