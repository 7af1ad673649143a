"""Whole choices out of parts: a rounding that keeps every limit, then bettered by single moves."""

import time
from collections import defaultdict

import numpy as np

from platforms.placement.problem import SLACK, Numbers, Positions, Problem
from platforms.placement.relaxation import Relaxation, best_of_each

TRIED = 12
"""Options of each group that are tried."""


def rounded(
    problem: Problem, value: Numbers, relaxed: Relaxation, until: float
) -> Positions | None:
    """Choose whole options along a relaxation: as many as it finds, then with higher value.

    Parameters
    ----------
    problem
        The problem.
    value
        What is to be high among as many; array of n.
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
    for row in np.flatnonzero(problem.required):
        if not hand.fulfil(int(row)):
            return None
    hand.fill()
    while hand.move_for_more() | hand.move_for_value(until):
        hand.fill()
        if time.monotonic() > until:
            break
    chosen = np.array(sorted(hand.taken.values()), dtype=np.intp)
    return chosen if problem.holds(chosen) else None


class _Hand:
    """What is taken, and what it uses of each limit."""

    def __init__(self, problem: Problem, value: Numbers, relaxed: Relaxation) -> None:
        self.problem, self.value = problem, value
        tried = best_of_each(problem, relaxed.bound_with, TRIED) | (relaxed.parts > 1e-9)
        at = np.flatnonzero(tried)
        self.order = at[np.lexsort((-relaxed.bound_with[at], -relaxed.parts[at]))].tolist()
        self.group = problem.group.tolist()
        self.own: dict[int, list[int]] = defaultdict(list)
        for one in self.order:
            self.own[self.group[one]].append(one)
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

    def _drop(self, one: int) -> None:
        rows, weights = self._column(one)
        self.free[rows] += weights
        del self.taken[self.group[one]]

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

    def move_for_more(self) -> bool:
        """Let one placed group move so that one without a place finds one."""
        moved = False
        for group in [one for one in self.own if one not in self.taken]:
            moved |= any(self._moved_for(one) for one in self.own[group])
        return moved

    def _moved_for(self, one: int) -> bool:
        rows, weights = self._column(one)
        short = rows[weights > np.maximum(self.free[rows], 0.0)]
        if self.group[one] in self.taken or len(short) == 0:
            return False
        row = self.problem.in_limit(int(short[0])).tolist()
        for other in [at for at in row if self.taken.get(self.group[at]) == at]:
            if not self._may_go(other):
                continue
            self._drop(other)
            if self._fits(one):
                self._take(one)
                for place in self.own[self.group[other]]:
                    if self._fits(place):
                        self._take(place)
                        return True
                self._drop(one)
            self._take(other)
        return False

    def move_for_value(self, until: float) -> bool:
        """Let each group move to an option of higher value."""
        moved = False
        for group, now in list(self.taken.items()):
            if time.monotonic() > until:
                break
            if not self._may_go(now):
                continue
            self._drop(now)
            own = [one for one in self.own[group] if self.value[one] > self.value[now]]
            better = [one for one in own if self._fits(one)]
            best = max(better, key=lambda one: float(self.value[one]), default=now)
            self._take(best)
            moved |= best != now
        return moved
