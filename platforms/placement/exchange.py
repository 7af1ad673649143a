"""Betters a choice by very many small moves, which may lose a little on the way (annealing)."""

import time

import numpy as np

from platforms.placement.moves import exchanged
from platforms.placement.problem import SLACK, Numbers, Positions, Problem, problem_of
from platforms.placement.relaxation import Relaxation, best_of_each

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
    one = problem_of([1.0, 1.0], [({0: 1.0}, 1.0), ({1: 1.0}, 1.0), ({0: 1.0, 1: 1.0}, 1.0)], [])
    both = np.array([1.0, 1.0])
    begun = Relaxation(0 * both, 2.0, both, both > 0)
    annealed(one, both, begun, np.array([0]), 2.0, time.monotonic() + 1e-3)


def annealed(
    problem: Problem,
    value: Numbers,
    relaxed: Relaxation,
    chosen: Positions,
    enough: float,
    until: float,
) -> Positions:
    """Better a choice until it is enough or the time is over.

    Parameters
    ----------
    problem
        The problem.
    value
        What is to be high, the reward of one option more (1 000) included; array of n.
    relaxed
        Its relaxation.
    chosen
        A choice that keeps every limit.
    enough
        Value at which the search ends.
    until
        Moment of the monotonic clock at which it ends.

    Returns
    -------
    array of int
        The choice, no worse, sorted.
    """
    matrix, begun = problem.matrix, time.monotonic()
    option = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))
    held = (
        matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data, option,
    )  # fmt: skip
    among = np.flatnonzero(best_of_each(problem, relaxed.bound_with, LOOKED_AT)
                           | (relaxed.parts > 1e-6))  # fmt: skip
    among = among[np.argsort(problem.group[among], kind="stable")]
    own_at = np.searchsorted(problem.group[among], np.arange(problem.groups + 1))
    extra = float(np.median(value - problem.points)) - REWARD
    taken = np.full(problem.groups, -1, dtype=np.int64)
    taken[problem.group[chosen]] = chosen
    kept = np.zeros(problem.groups, dtype=bool)
    for row in np.flatnonzero(problem.required).tolist():
        kept[problem.group[np.intersect1d(problem.in_limit(row), chosen)]] = True
    best, reached = taken.copy(), float(value[chosen].sum())
    seed = 0
    while reached < enough and (now := time.monotonic()) < until:
        heat = HOT * (COLD / HOT) ** ((now - begun) / max(1e-9, until - begun))
        reached = exchanged(
            value - extra, held, own_at, among, _state(problem, taken, held), kept, extra, heat,
            STEPS, seed, best, reached,
        )  # fmt: skip
        seed += 1
    found = np.sort(best[best >= 0])
    return found if problem.holds(found) else chosen


def _state(problem: Problem, taken: Positions, held: tuple[Numbers, ...]) -> tuple[np.ndarray, ...]:
    """Lay out what a choice uses of each limit, and who holds it."""
    indptr, indices, data, _ = held
    free = problem.most + 0.5 * SLACK * np.maximum(1.0, abs(problem.most))
    free[problem.required] = np.inf
    holders = np.zeros((len(problem.most), problem.groups + 1), dtype=np.int64)
    count, slot = np.zeros(len(problem.most), dtype=np.int64), np.zeros(len(data), dtype=np.int64)
    for at in taken[taken >= 0].tolist():
        for k in range(int(indptr[at]), int(indptr[at + 1])):
            row = int(indices[k])
            free[row] -= data[k]
            if data[k] > 0:
                slot[k], holders[row, count[row]] = count[row], k
                count[row] += 1
    return taken, problem.group.astype(np.int64), free, holders, count, slot
