"""The exact search over the options that a better choice may use, widened until that is proven."""

import time
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from platforms.placement.problem import Flags, Numbers, Positions, Problem
from platforms.placement.relaxation import Relaxation, best_of_each, grouped

CORE = 3
"""Options of each group that the search begins with."""
NUMBER_FIRST = 1000.0
"""Reward of one project more: ten full scores."""
WIDENED = 30_000
"""So many options join at most before the search is held again."""


@dataclass(frozen=True)
class Aim:
    """What is searched.

    Attributes
    ----------
    value
        What is to be high; array of n.
    gap
        Part of the value by which the bound may stay above it.
    step
        A better choice adds up to at least so much more: 1 where choices are counted.
    at_least
        Least number of options taken.
    """

    value: Numbers
    gap: float = 0.0
    step: float = 0.0
    at_least: float | None = None

    def wanted(self, value: float) -> float:
        """Give what a choice must reach to be worth a further search."""
        tolerance = -1e-6 if self.step else 1e-9 * max(1.0, abs(value))
        return value + abs(value) * self.gap + self.step + tolerance


@dataclass(frozen=True)
class Exact:
    """What was found.

    Attributes
    ----------
    chosen
        Options taken, None where none was found.
    bound
        The most that any choice can add up to.
    left
        Options that weren't looked at and may be part of a choice that is better than the gap.
    is_done
        True where the bound is near enough, or nothing is possible.
    """

    chosen: Positions | None
    bound: float
    left: int
    is_done: bool


def best_choice(
    problem: Problem, relaxed: Relaxation, aim: Aim, begun: Positions | None, until: float
) -> Exact:
    """Search a choice whose value is near enough to the bound.

    Parameters
    ----------
    problem
        The problem.
    relaxed
        Relaxation of the same aim.
    aim
        What is to be high, and how near.
    begun
        A choice known already.
    until
        Moment of the monotonic clock at which the search ends.

    Returns
    -------
    Exact
        The best choice found.

    Notes
    -----
    A choice with an option left out adds up to at most the highest ``bound_with`` left out, one
    without to at most the bound of the search: so the whole is bounded though a part is searched.
    """
    chosen, bound = begun, relaxed.bound
    columns = best_of_each(problem, relaxed.bound_with, CORE) | (relaxed.parts > 1e-9)
    if chosen is not None:
        columns[chosen] = True
    while True:
        wanted = -np.inf if chosen is None else aim.wanted(float(aim.value[chosen].sum()))
        if bound < wanted:
            return Exact(chosen, bound, 0, is_done=True)
        rest = until - time.monotonic()
        if rest <= 0:
            break
        found, inside = _search(problem, columns, aim, rest)
        if found is not None and (chosen is None or _sum(aim, found) > _sum(aim, chosen)):
            chosen = found
        outside = relaxed.bound_with[~columns].max(initial=-np.inf)
        reached = -np.inf if chosen is None else _sum(aim, chosen)
        bound = max(reached, min(bound, max(inside, float(outside))))
        wanted = -np.inf if chosen is None else aim.wanted(reached)
        if bound < wanted or bound == -np.inf:
            return Exact(chosen, bound, 0, is_done=True)
        more = ~columns & (relaxed.bound_with >= wanted)
        if not more.any():
            break
        columns |= _highest(relaxed.bound_with, more, max(WIDENED, int(columns.sum())))
    wanted = -np.inf if chosen is None else aim.wanted(_sum(aim, chosen))
    left = int((~columns & (relaxed.bound_with >= wanted)).sum())
    return Exact(chosen, bound, left, is_done=False)


def _sum(aim: Aim, chosen: Positions) -> float:
    return float(aim.value[chosen].sum())


def _highest(bound_with: Numbers, among: Flags, count: int) -> Flags:
    at = np.flatnonzero(among)
    kept = at[np.argsort(-bound_with[at], kind="stable")[:count]]
    marked = np.zeros(len(among), dtype=bool)
    marked[kept] = True
    return marked


def _search(
    problem: Problem, columns: Flags, aim: Aim, seconds: float
) -> tuple[Positions | None, float]:
    """Search a part of the options: the choice and the bound among them.

    A least number is first asked for by a reward, because HiGHS finds choices sooner that way, and
    by a row of its own only where the reward didn't do.
    """
    if aim.at_least is None:
        return milp_among(problem, columns, aim.value, aim.gap / 2, None, seconds)
    begun, number = time.monotonic(), aim.at_least
    part = aim.gap / 2 * float(aim.value[columns].mean()) / (NUMBER_FIRST + 1)
    value = aim.value + NUMBER_FIRST
    chosen, bound = milp_among(problem, columns, value, part, None, 0.7 * seconds)
    if chosen is not None and len(chosen) >= number:
        return chosen, bound - NUMBER_FIRST * number
    rest = seconds - (time.monotonic() - begun)
    chosen, inside = milp_among(problem, columns, aim.value, aim.gap / 2, number, rest)
    return chosen, min(inside, bound - NUMBER_FIRST * number)


def milp_among(
    problem: Problem,
    columns: Flags,
    value: Numbers,
    gap: float,
    at_least: float | None,
    seconds: float,
) -> tuple[Positions | None, float]:
    """Hand a part of the options to HiGHS.

    Parameters
    ----------
    problem
        The problem.
    columns
        True for an option that may be taken; array of n.
    value
        What is to be high; array of n.
    gap
        Relative gap at which it ends.
    at_least
        Least number of options taken.
    seconds
        Its time limit, which large models overrun.

    Returns
    -------
    (array of int or None, float)
        The choice, and the bound among these options.
    """
    at = np.flatnonzero(columns)
    rows = [problem.matrix[:, at], grouped(problem, at)]
    most = [problem.most, np.ones(problem.groups)]
    if at_least is not None:
        rows.append(csr_array(-np.ones((1, len(at)))))
        most.append(np.array([-at_least]))
    held = LinearConstraint(vstack(rows, format="csc"), -np.inf, np.concatenate(most))
    found = milp(
        -value[at], integrality=np.ones(len(at)), bounds=Bounds(0, 1), constraints=held,
        options={"mip_rel_gap": gap, "time_limit": max(0.1, seconds)},
    )  # fmt: skip
    if found.status == 2:
        return None, -np.inf
    bound = np.inf if found.mip_dual_bound is None else -float(found.mip_dual_bound)
    chosen = None if found.x is None else at[found.x > 0.5]
    if chosen is not None and not problem.holds(chosen):
        chosen = None
    return chosen, bound
