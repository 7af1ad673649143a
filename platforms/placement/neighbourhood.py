"""Betters a choice part by part: some projects are placed anew exactly while the others stay."""

import time
from dataclasses import replace

import numpy as np

from platforms.placement.exact import milp_among
from platforms.placement.problem import Flags, Numbers, Positions, Problem
from platforms.placement.relaxation import Relaxation, best_of_each

LOOKED_AT = 8
"""Options of each group that are looked at."""
FREE = 40
"""Groups that are placed anew at once."""
PART_S = 1.5
"""Seconds for one part."""
WHOLE = 0.99
NEAR = 1e-4
"""Gap of one part: finer than that of the whole, which adds up."""


def completed(
    problem: Problem, value: Numbers, relaxed: Relaxation, seconds: float
) -> Positions | None:
    """Keep what a relaxation takes whole, and place the other groups exactly.

    Parameters
    ----------
    problem
        The problem.
    value
        What is to be high; array of n.
    relaxed
        Its relaxation.
    seconds
        The most it may take.

    Returns
    -------
    array of int or None
        Options taken, sorted; None where none was found in time.
    """
    stay = np.flatnonzero(relaxed.parts > WHOLE)
    free = np.ones(problem.groups, dtype=bool)
    free[problem.group[stay]] = False
    among = best_of_each(problem, relaxed.bound_with, LOOKED_AT) | (relaxed.parts > 1e-6)
    left = replace(problem, most=problem.most - problem.matrix[:, stay].sum(axis=1))
    found, _ = milp_among(left, among & free[problem.group], value, NEAR, None, seconds)
    if found is None:
        return None
    joined = np.sort(np.concatenate([stay, found]))
    return joined if problem.holds(joined) else None


def bettered(
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
        What is to be high; array of n.
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
        The better choice, sorted.
    """
    # The same input is bettered in the same order every time.
    draw = np.random.default_rng(0)
    looked_at = best_of_each(problem, relaxed.bound_with, LOOKED_AT) | (relaxed.parts > 1e-6)
    split = (relaxed.parts > 1e-6) & (relaxed.parts < 1 - 1e-6)
    uneven = np.bincount(problem.group[split], minlength=problem.groups) > 0
    while value[chosen].sum() < enough and (rest := until - time.monotonic()) > 0:
        free = _freed(problem, chosen, uneven, draw)
        stay = chosen[~free[problem.group[chosen]]]
        move = chosen[free[problem.group[chosen]]]
        among = looked_at & free[problem.group]
        among[move] = True
        left = replace(problem, most=problem.most - problem.matrix[:, stay].sum(axis=1))
        found, _ = milp_among(left, among, value, NEAR, None, min(PART_S, rest))
        if found is None or value[found].sum() <= value[move].sum():
            continue
        joined = np.sort(np.concatenate([stay, found]))
        if problem.holds(joined):
            chosen = joined
    return chosen


def _freed(problem: Problem, chosen: Positions, uneven: Flags, draw: np.random.Generator) -> Flags:
    """Draw groups: those without a place or split by the relaxation, and some that share a limit.

    What shares a limit can make room for one another.
    """
    placed = np.zeros(problem.groups, dtype=bool)
    placed[problem.group[chosen]] = True
    free = np.zeros(problem.groups, dtype=bool)
    wanting = np.flatnonzero(~placed | uneven)
    free[draw.permutation(wanting)[: FREE // 2]] = True
    fullest = np.diff(problem.matrix_by_row.indptr)
    if fullest.any():
        row = draw.choice(len(fullest), p=fullest / fullest.sum())
        sharing = np.intersect1d(problem.in_limit(int(row)), chosen)
        free[problem.group[draw.permutation(sharing)[: FREE - FREE // 2]]] = True
    return free
