"""A dive: fix what the relaxation takes whole, solve it again for the rest, and so on."""

import time
from dataclasses import replace

import numpy as np

from platforms.placement.problem import SLACK, Numbers, Positions, Problem
from platforms.placement.relaxation import Relaxation, best_of_each, solve_relaxed
from platforms.placement.rounding import rounded

WHOLE = 0.99
FIXED_A_ROUND = 0.2
"""Part of the fractions left, the largest first, that a round fixes though they aren't whole."""
LOOKED_AT = 8
"""Options of each group that a dive looks at."""


def dived(
    problem: Problem, value: Numbers, relaxed: Relaxation, until: float
) -> Positions | None:
    """Choose whole options by a dive, then better them.

    Parameters
    ----------
    problem
        The problem.
    value
        What the relaxation of the rest makes high; array of n.
    relaxed
        Relaxation of the whole.
    until
        Moment of the monotonic clock at which the dive ends.

    Returns
    -------
    array of int or None
        Options taken, sorted; None where what is required could not be held.
    """
    rest = best_of_each(problem, relaxed.bound_with, LOOKED_AT) | (relaxed.parts > 1e-9)
    parts, used = relaxed.parts, np.zeros(len(problem.most))
    done = np.zeros(problem.groups, dtype=bool)
    whole = np.zeros(len(value))
    while time.monotonic() < until:
        fixed = _fixed(problem, np.where(rest, parts, 0.0), used)
        if not len(fixed):
            break
        whole[fixed] = 1.0
        done[problem.group[fixed]] = True
        used += problem.matrix[:, fixed].sum(axis=1)
        rest &= ~done[problem.group]
        # A limit broken already, as by a lock, asks no more of the rest than to add nothing.
        left = replace(problem, most=np.where(problem.required, problem.most - used,
                                              np.maximum(0.0, problem.most - used)))  # fmt: skip
        found = solve_relaxed(left, value, np.flatnonzero(rest), None) if rest.any() else None
        if found is None:
            break
        parts = found[0]
    return rounded(problem, problem.points, replace(relaxed, parts=relaxed.parts + whole), until)


def _fixed(problem: Problem, parts: Numbers, used: Numbers) -> Positions:
    """Give what a round fixes, the largest parts first, as far as they hold together."""
    order = np.argsort(-parts, kind="stable")[: int((parts > 1e-6).sum())]
    count = max(1, round(FIXED_A_ROUND * len(order))) + int((parts > WHOLE).sum())
    free = problem.most - used + SLACK * np.maximum(1.0, abs(problem.most))
    free[problem.required] = np.inf
    taken, groups = [], set()
    matrix = problem.matrix
    for one in order[:count].tolist():
        span = slice(matrix.indptr[one], matrix.indptr[one + 1])
        rows, weights = matrix.indices[span], matrix.data[span]
        fits = (weights <= np.maximum(free[rows], np.minimum(weights, 0.0))).all()
        if fits and problem.group[one] not in groups:
            free[rows] -= weights
            groups.add(problem.group[one])
            taken.append(one)
    return np.array(taken, dtype=np.intp)
