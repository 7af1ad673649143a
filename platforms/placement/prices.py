"""First prices of the limits, by a subgradient: they tell which options are worth a linear program.

A linear program over all options takes minutes on 1 000 projects; over the dozen of each project
that rough prices leave it takes a second.
"""

import numpy as np
from scipy.sparse import csc_array, diags_array

from platforms.placement.problem import Numbers, Positions, Problem

STEPS = 600
PATIENCE = 15
"""Steps without a lower bound after which the step is halved."""
MOMENTUM = 0.9
AIM = 0.9
"""A step is as long as if the best choice added up to this part of the bound."""
SMALLEST_STEP = 1e-3


def first_prices(problem: Problem, value: Numbers) -> Numbers:
    """Find prices of the limits at which few options are worth taking.

    Parameters
    ----------
    problem
        The problem.
    value
        Value of each option; array of n.

    Returns
    -------
    array of float
        A price of each limit, none below 0; array of m.
    """
    size = np.maximum(1e-12, abs(problem.matrix).max(axis=1).toarray().ravel())
    matrix = csc_array(diags_array(1 / size) @ problem.matrix)
    by_option = matrix.T.tocsr()
    most = problem.most / size
    order = np.argsort(problem.group, kind="stable")
    begins = np.flatnonzero(np.diff(problem.group[order], prepend=-1))
    prices = best = np.zeros(len(most))
    bound, step, idle, heading = np.inf, 1.0, 0, np.zeros(len(most))
    for _ in range(STEPS if len(most) else 0):
        gain = value - by_option @ prices
        highest = np.maximum.reduceat(gain[order], begins)
        total = float(prices @ most + np.maximum(highest, 0).sum())
        idle += 1
        if not total >= bound * (1 - 1e-5 * np.sign(bound)):
            bound, best, idle = total, prices, 0
        if idle >= PATIENCE:
            step, idle, prices = step / 2, 0, best
            if step < SMALLEST_STEP:
                break
            continue
        taken = _first_of_each(gain, highest, order, begins)
        rest = most - np.asarray(matrix[:, taken].sum(axis=1)).ravel()
        heading = MOMENTUM * heading + (1 - MOMENTUM) * rest if heading.any() else rest
        move = np.where((prices <= 0) & (heading > 0), 0.0, heading)
        length = step * (total - AIM * bound) / max(1e-12, float(move @ move))
        prices = np.maximum(0.0, prices - length * move)
    found: Numbers = best / size
    return found


def _first_of_each(
    gain: Numbers, highest: Numbers, order: Positions, begins: Positions
) -> Positions:
    """Give the option of highest gain of each group, where it is worth taking."""
    sizes = np.diff(np.append(begins, len(order)))
    at = np.flatnonzero(gain[order] == np.repeat(highest, sizes))
    group = np.repeat(np.arange(len(begins)), sizes)[at]
    first = at[np.diff(group, prepend=-1) > 0]
    taken: Positions = order[first[highest > 0]]
    return taken
