"""The linear relaxation, and prices of its limits."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csc_array, csr_array, diags_array, vstack

from geo.arrays import Flags, Floats, Positions

Row = tuple[Mapping[int, float], float]
"""Weights by position, and the most they may add up to."""

INFEASIBLE = 2
"""Status of HiGHS where it has proven that nothing fits."""

SLACK = 1e-9
"""A limit holds up to this part of itself: figures compare to 1e-9 everywhere."""


@dataclass(frozen=True)
class Problem:
    """What is chosen among n options under m limits.

    ``points``: Score of each option; array of n.
    ``matrix``: Weights, m × n by column: ``matrix @ chosen`` is at most ``most``.
    ``most``: The limits; array of m.
    ``group``: Group of each option, of which at most one may be chosen (a project); array of n.
      It stands beside the matrix because bounds are taken group by group.
    ``required``: True for a limit that is there to make a choice be taken; array of m.
    """

    points: Floats
    matrix: csc_array
    most: Floats
    group: Positions
    required: Flags

    @cached_property
    def matrix_by_row(self) -> csr_array:
        """The same matrix, quick to read a limit of."""
        return csr_array(self.matrix)

    def in_limit(self, row: int) -> Positions:
        """Return the options that weigh in a limit."""
        matrix = self.matrix_by_row
        options: Positions = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
        return options

    @cached_property
    def groups(self) -> int:
        """Number of groups."""
        return int(self.group.max()) + 1 if len(self.group) else 0

    def holds(self, chosen: Positions) -> bool:
        """Return whether a choice keeps every limit, added up anew.

        True where it keeps all.
        """
        if len(np.unique(self.group[chosen])) < len(chosen):
            return False
        used = np.asarray(self.matrix[:, chosen].sum(axis=1)).ravel()
        return bool((used <= self.most + SLACK * np.maximum(1.0, abs(self.most))).all())


def problem_of(
    points: Sequence[float], limits: Sequence[Row], required: Sequence[Sequence[int]]
) -> Problem:
    """Write limits as a matrix.

    ``limits``: Weights of options by position, and the most they may add up to.

    Limits "one of these at most" that meet no earlier one become groups.
    """
    group = np.full(len(points), -1, dtype=np.intp)
    count, rows = 0, []
    for limit_weights, most in limits:
        at = np.fromiter(limit_weights, dtype=np.intp, count=len(limit_weights))
        weights = np.fromiter(limit_weights.values(), dtype=float, count=len(at))
        if most == 1 and (weights == 1).all() and (group[at] < 0).all():
            group[at] = count
            count += 1
        else:
            rows.append((at, weights, most))
    alone = np.flatnonzero(group < 0)
    group[alone] = count + np.arange(len(alone))
    rows += [
        (np.array(positions, dtype=np.intp), -np.ones(len(positions)), -1.0)
        for positions in required
    ]
    line = np.repeat(np.arange(len(rows)), [len(at) for at, _, _ in rows])
    columns = np.concatenate([at for at, _, _ in rows]) if rows else np.array([], dtype=np.intp)
    values = np.concatenate([weights for _, weights, _ in rows]) if rows else np.array([])
    shape = (len(rows), len(points))
    return Problem(
        np.asarray(points, dtype=float),
        csc_array((values, (line, columns)), shape=shape),
        np.array([most for _, _, most in rows], dtype=float),
        group,
        np.arange(len(rows)) >= len(rows) - len(required),
    )


STEPS = 600
PATIENCE = 15
"""Steps without a lower bound after which the step is halved."""
MOMENTUM = 0.9
AIM = 0.9
"""A step is as long as if the best choice added up to this part of the bound."""
SMALLEST_STEP = 1e-3


def first_prices(problem: Problem, value: Floats) -> Floats:
    """Find prices of the limits at which few options are worth taking.

    ``value``: Value of each option; array of n.

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
        selected = _first_of_each(gain, highest, order, begins)
        rest = most - np.asarray(matrix[:, selected].sum(axis=1)).ravel()
        heading = MOMENTUM * heading + (1 - MOMENTUM) * rest if heading.any() else rest
        move = np.where((prices <= 0) & (heading > 0), 0.0, heading)
        length = step * (total - AIM * bound) / max(1e-12, float(move @ move))
        prices = np.maximum(0.0, prices - length * move)
    unscaled: Floats = best / size
    return unscaled


def _first_of_each(gain: Floats, highest: Floats, order: Positions, begins: Positions) -> Positions:
    """Return the option of highest gain of each group, where it is worth taking."""
    sizes = np.diff(np.append(begins, len(order)))
    at = np.flatnonzero(gain[order] == np.repeat(highest, sizes))
    group = np.repeat(np.arange(len(begins)), sizes)[at]
    first = at[np.diff(group, prepend=-1) > 0]
    selected: Positions = order[first[highest > 0]]
    return selected


LOOKED_AT = 12
"""Options of each group that a linear program begins with."""
JOINING = 8
"""Options of each group that join at once."""
PRICED = 200
"""Options of each group that the first prices are found with."""


@dataclass(frozen=True)
class Relaxation:
    """An answer with parts of options.

    ``parts``: Part of each option that is taken (0–1); array of n.
    ``bound``: The most that any choice can add up to.
    ``bound_with``: The most that any choice with this option can add up to; array of n.
    ``columns``: Options that were looked at; array of n.
    """

    parts: Floats
    bound: float
    bound_with: Floats
    columns: Flags


def best_of_each(problem: Problem, value: Floats, count: int) -> Flags:
    """Mark the options of highest value of each group.

    ``value``: Value of each option; array of n.

    True for the best of each group, in equal cases the earlier.
    """
    order = np.lexsort((np.arange(len(value)), -value, problem.group))
    group = problem.group[order]
    begins = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]) if len(group) else group
    rank = np.arange(len(group)) - np.repeat(begins, np.diff(np.r_[begins, len(group)]))
    marked = np.zeros(len(value), dtype=bool)
    marked[order[rank < count]] = True
    return marked


def worth_a_look(problem: Problem, value: Floats) -> Flags:
    """Mark the options to begin with: the best of each group, at rough prices and without.

    ``value``: Value of each option; array of n.

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


def _spread(problem: Problem, value: Floats) -> Flags:
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
    value: Floats,
    columns: Flags,
    until: float,
    at_least: float | None = None,
    near: float = 1e-4,
) -> Relaxation | None:
    """Solve the relaxation over some options, and add those that would raise it.

    ``value``: What is to be high; array of n.
    ``columns``: Options to begin with.
    ``near``: Part of the bound by which the answer may stay below it.

    None where the options cannot hold together.
    """
    columns = columns.copy()
    best: Relaxation | None = None
    while True:
        solution = solve_relaxed(problem, value, np.flatnonzero(columns), at_least)
        if solution is None:
            if columns.all():
                return None
            columns[:] = True  # what is missing may be among the others
            continue
        parts, prices, price_of_one = solution
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


def _highest_looked_at(problem: Problem, gain: Floats, columns: Flags) -> Floats:
    """Return for each option the highest gain among the options of its group that are looked at."""
    most = np.zeros(problem.groups)
    np.maximum.at(most, problem.group[columns], gain[columns])
    return most[problem.group]


def solve_relaxed(
    problem: Problem, value: Floats, at: Positions, at_least: float | None
) -> tuple[Floats, Floats, float] | None:
    """Solve the relaxation over some options.

    Parts of all n options, prices of the m limits, and that of the least number; None where the
    options cannot hold together.
    """
    matrix, most = constraint_rows(problem, at, at_least)
    solution = linprog(
        -value[at], A_ub=matrix, b_ub=most,
        bounds=(0, None), method="highs-ipm",
    )  # fmt: skip
    if solution.x is None:
        return None
    parts = np.zeros(len(value))
    parts[at] = solution.x
    prices = np.maximum(0.0, -solution.ineqlin.marginals)
    count_price = float(prices[-1]) if at_least is not None else 0.0
    return parts, prices[: len(problem.most)], count_price


def constraint_rows(
    problem: Problem, at: Positions, at_least: float | None
) -> tuple[csc_array, Floats]:
    """Return what a choice among some options must keep: limits, one a group, a least number."""
    shape = (problem.groups, len(at))
    one_a_group = csr_array(
        (np.ones(len(at)), (problem.group[at], np.arange(len(at)))), shape=shape
    )
    rows = [problem.matrix[:, at], one_a_group]
    most = [problem.most, np.ones(problem.groups)]
    if at_least is not None:
        rows.append(csr_array(-np.ones((1, len(at)))))
        most.append(np.array([-at_least]))
    return vstack(rows, format="csc"), np.concatenate(most)
