"""The linear relaxation: what no placement can beat, and which options a better one may use."""

import time
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from platforms.placement.prices import first_prices
from platforms.placement.problem import Flags, Numbers, Positions, Problem

LOOKED_AT = 12
"""Options of each group that a linear program begins with."""
JOINING = 8
"""Options of each group that join at once."""
PRICED = 200
"""Options of each group that the first prices are found with."""


@dataclass(frozen=True)
class Relaxation:
    """An answer with parts of options.

    Attributes
    ----------
    parts
        Part of each option that is taken (0–1); array of n.
    bound
        The most that any choice can add up to.
    bound_with
        The most that any choice with this option can add up to; array of n.
    columns
        Options that were looked at; array of n.
    """

    parts: Numbers
    bound: float
    bound_with: Numbers
    columns: Flags


def best_of_each(problem: Problem, value: Numbers, count: int) -> Flags:
    """Mark the options of highest value of each group.

    Parameters
    ----------
    problem
        The problem.
    value
        Value of each option; array of n.
    count
        How many of each group.

    Returns
    -------
    array of bool
        True for the best of each group, in equal cases the earlier.
    """
    order = np.lexsort((np.arange(len(value)), -value, problem.group))
    group = problem.group[order]
    begins = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]) if len(group) else group
    rank = np.arange(len(group)) - np.repeat(begins, np.diff(np.r_[begins, len(group)]))
    marked = np.zeros(len(value), dtype=bool)
    marked[order[rank < count]] = True
    return marked


def worth_a_look(problem: Problem, value: Numbers) -> Flags:
    """Mark the options to begin with: the best of each group, at rough prices and without.

    Parameters
    ----------
    problem
        The problem.
    value
        Value of each option; array of n.

    Returns
    -------
    array of bool
        True for a dozen or so of each group.
    """
    columns = best_of_each(problem, value, LOOKED_AT)
    if columns.all():
        return columns
    some = np.flatnonzero(_spread(problem, value))
    part = Problem(
        problem.points[some], problem.matrix[:, some], problem.most, problem.group[some],
        problem.required,
    )  # fmt: skip
    gain = value - problem.matrix.T @ first_prices(part, value[some])
    columns = best_of_each(problem, gain, LOOKED_AT) | best_of_each(problem, value, 1)
    # All that a lock allows: else what is locked would seem impossible.
    for row in np.flatnonzero(problem.required):
        columns[problem.in_limit(int(row))] = True
    return columns


def _spread(problem: Problem, value: Numbers) -> Flags:
    """Mark the best options of each group and some of all the others.

    Without the others land that nobody likes best would look free for all.
    """
    best = best_of_each(problem, value, PRICED // 2)
    size = int(np.bincount(problem.group).max())
    stride = max(1, 2 * (size - PRICED // 2) // PRICED)
    marked: Flags = best | (np.arange(len(value)) % stride == 0)
    return marked


def relax(
    problem: Problem,
    value: Numbers,
    columns: Flags,
    until: float,
    at_least: float | None = None,
    near: float = 1e-4,
) -> Relaxation | None:
    """Solve the relaxation over some options, and add those that would raise it.

    Parameters
    ----------
    problem
        The problem.
    value
        What is to be high; array of n.
    columns
        Options to begin with.
    until
        Moment of the monotonic clock at which no more are added.
    at_least
        Least number of options taken.
    near
        Part of the bound by which the answer may stay below it.

    Returns
    -------
    Relaxation or None
        None where the options cannot hold together.
    """
    columns = columns.copy()
    best: Relaxation | None = None
    while True:
        found = solve_relaxed(problem, value, np.flatnonzero(columns), at_least)
        if found is None:
            if columns.all():
                return None
            columns[:] = True  # what is missing may be among the others
            continue
        parts, prices, price_of_one = found
        gain = value + price_of_one - problem.matrix.T @ prices
        most = np.zeros(problem.groups)
        np.maximum.at(most, problem.group, gain)
        # Weak duality: right at any prices, so an unfinished search bounds as well.
        total = float(prices @ problem.most + most.sum() - price_of_one * (at_least or 0.0))
        if best is None or total <= best.bound:
            best = Relaxation(parts, total, total - most[problem.group] + gain, columns)
        best = replace(best, parts=parts, columns=columns)
        is_near = best.bound - float(value @ parts) <= near * abs(best.bound) + 1e-9
        better = (gain > _highest_looked_at(problem, gain, columns) + 1e-7) & ~columns
        if is_near or not better.any() or time.monotonic() > until:
            return best
        joining = np.where(better, gain, -np.inf)
        columns = columns | (best_of_each(problem, joining, JOINING) & better)


def _highest_looked_at(problem: Problem, gain: Numbers, columns: Flags) -> Numbers:
    """Give each option the highest gain among the options of its group that are looked at."""
    most = np.zeros(problem.groups)
    np.maximum.at(most, problem.group[columns], gain[columns])
    return most[problem.group]


def solve_relaxed(
    problem: Problem, value: Numbers, at: Positions, at_least: float | None
) -> tuple[Numbers, Numbers, float] | None:
    """Solve the relaxation over some options.

    Parameters
    ----------
    problem, value
        The problem, and what is to be high.
    at
        Positions of the options.
    at_least
        Least number of options taken.

    Returns
    -------
    (array of float, array of float, float) or None
        Parts of all n options, prices of the m limits, and that of the least number; None where
        the options cannot hold together.
    """
    rows = [problem.matrix[:, at], grouped(problem, at)]
    most = [problem.most, np.ones(problem.groups)]
    if at_least is not None:
        rows.append(csr_array(-np.ones((1, len(at)))))
        most.append(np.array([-at_least]))
    found = linprog(
        -value[at], A_ub=vstack(rows, format="csc"), b_ub=np.concatenate(most),
        bounds=(0, None), method="highs-ipm",
    )  # fmt: skip
    if found.x is None:
        return None
    parts = np.zeros(len(value))
    parts[at] = found.x
    prices = np.maximum(0.0, -found.ineqlin.marginals)
    one = float(prices[-1]) if at_least is not None else 0.0
    return parts, prices[: len(problem.most)], one


def grouped(problem: Problem, at: Positions) -> csr_array:
    """Give the matrix that holds each group to one choice.

    Parameters
    ----------
    problem
        The problem.
    at
        Positions of the options that are its columns.

    Returns
    -------
    csr_array
        One row a group.
    """
    shape = (problem.groups, len(at))
    return csr_array((np.ones(len(at)), (problem.group[at], np.arange(len(at)))), shape=shape)
