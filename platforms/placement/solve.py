"""Exact assignment: integer programs over growing parts of the options."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from geo.arrays import Flags, Floats, Positions
from platforms.errors import PlanningError
from platforms.placement.child import report, run
from platforms.placement.local_search import annealed, rounded
from platforms.placement.local_search import prepare as prepare_moves
from platforms.placement.relaxation import (
    INFEASIBLE,
    SLACK,
    Problem,
    Relaxation,
    Row,
    best_of_each,
    constraint_rows,
    problem_of,
    relax,
    worth_a_look,
)

if TYPE_CHECKING:  # tables and shapes would take the child longer than a small search
    from platforms.placement.limits import Limit

CORE = 3
"""Options of each group that the search begins with."""
NUMBER_FIRST = 1000.0
"""Reward of one project more: ten full scores."""
WIDENED = 30_000
"""So many options join at most before the search is held again."""


@dataclass(frozen=True)
class Aim:
    """What is searched.

    ``value``: What is to be high; array of n.
    ``gap``: Part of the value by which the bound may stay above it.
    ``step``: A better choice adds up to at least so much more: 1 where choices are counted.
    ``at_least``: Least number of options taken.
    """

    value: Floats
    gap: float = 0.0
    step: float = 0.0
    at_least: float | None = None

    def wanted(self, value: float) -> float:
        """Return what a choice must reach to be worth a further search."""
        tolerance = -1e-6 if self.step else 1e-9 * max(1.0, abs(value))
        return value + abs(value) * self.gap + self.step + tolerance


@dataclass(frozen=True)
class Exact:
    """What was found.

    ``chosen``: Options taken, None where none was found.
    ``bound``: The most that any choice can add up to.
    ``left``: Options that weren't looked at and may be part of a choice that is better than the
      gap.
    ``is_done``: True where the bound is near enough, or nothing is possible.
    """

    chosen: Positions | None
    bound: float
    left: int
    is_done: bool


def best_choice(
    problem: Problem, relaxed: Relaxation, aim: Aim, begun: Positions | None, until: float
) -> Exact:
    """Search a choice whose value is near enough to the bound.

    A choice with an option left out adds up to at most the highest ``bound_with`` left out, one
    without to at most the bound of the search: so the whole is bounded though a part is searched.
    """
    chosen, bound = begun, relaxed.bound
    columns = best_of_each(problem, relaxed.bound_with, CORE) | (relaxed.parts > SLACK)
    if chosen is not None:
        columns[chosen] = True
    while True:
        wanted = -np.inf if chosen is None else aim.wanted(float(aim.value[chosen].sum()))
        if bound < wanted:
            return Exact(chosen, bound, 0, is_done=True)
        rest = until - time.monotonic()
        if rest <= 0:
            break
        candidate, inside = _search(problem, columns, aim, rest)
        if candidate is not None and (
            chosen is None or _aim_value(aim, candidate) > _aim_value(aim, chosen)
        ):
            chosen = candidate
        outside = relaxed.bound_with[~columns].max(initial=-np.inf)
        reached = -np.inf if chosen is None else _aim_value(aim, chosen)
        bound = max(reached, min(bound, max(inside, float(outside))))
        wanted = -np.inf if chosen is None else aim.wanted(reached)
        if bound < wanted or bound == -np.inf:
            return Exact(chosen, bound, 0, is_done=True)
        more = ~columns & (relaxed.bound_with >= wanted)
        if not more.any():
            break
        columns |= _highest(relaxed.bound_with, more, max(WIDENED, int(columns.sum())))
    wanted = -np.inf if chosen is None else aim.wanted(_aim_value(aim, chosen))
    left = int((~columns & (relaxed.bound_with >= wanted)).sum())
    return Exact(chosen, bound, left, is_done=False)


def _aim_value(aim: Aim, chosen: Positions) -> float:
    return float(aim.value[chosen].sum())


def _highest(bound_with: Floats, among: Flags, count: int) -> Flags:
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
    value: Floats,
    gap: float,
    at_least: float | None,
    seconds: float,
) -> tuple[Positions | None, float]:
    """Hand a part of the options to HiGHS.

    ``columns``: True for an option that may be taken; array of n.
    ``value``: What is to be high; array of n.

    The choice, and the bound among these options.
    """
    at = np.flatnonzero(columns)
    matrix, most = constraint_rows(problem, at, at_least)
    constraint = LinearConstraint(matrix, -np.inf, most)
    solution = milp(
        -value[at], integrality=np.ones(len(at)), bounds=Bounds(0, 1), constraints=constraint,
        options={"mip_rel_gap": gap, "time_limit": max(0.1, seconds)},
    )  # fmt: skip
    if solution.status == INFEASIBLE:
        return None, -np.inf
    bound = np.inf if solution.mip_dual_bound is None else -float(solution.mip_dual_bound)
    chosen = None if solution.x is None else at[np.rint(solution.x).astype(bool)]
    if chosen is not None and not problem.holds(chosen):
        chosen = None
    return chosen, bound


SMALL = 1000
"""Up to so many options the exact search alone is sooner done."""
GRACE_S = 1.0
"""Beyond its own deadline a solver may take so long to hand over [s]; then it is ended."""
MOST_MOVES, MOVES, MOVES_S = 0.85, 0.4, 2.5
"""Moves end with this part of the time, or the second part and so many seconds if that is sooner:
in a short time only moves lead far, in a long one the exact search needs its own."""
QUICK_ROUNDS, SLOWEST = 30, 5.0
"""Moves of a quick answer are counted, so that it is the same on every machine; only one so many
times slower ends them by the clock."""


@dataclass(frozen=True)
class Solved:
    """What the solver found.

    ``chosen``: Positions of the options taken; None where nothing was found.
    ``gap``: Relative distance of the sum of scores to its bound (0 proven best), None where not
      known.
    ``is_count_proven``: True where no more projects can be placed.
    ``is_feasible``: False where the solver proved that nothing fits.
    ``count_bound``: No more projects than this can be placed, None where not known.
    ``bound``: No choice of as many projects adds up to more points, None where not known.
    ``pairs_left``: Options that were left out and could be part of a choice better than the gap
      asked.
    ``is_late``: True where time ended the search before the gap asked was reached.
    """

    chosen: tuple[int, ...] | None
    gap: float | None
    is_count_proven: bool
    is_feasible: bool = True
    count_bound: int | None = None
    bound: float | None = None
    pairs_left: int = 0
    is_late: bool = False


def solve(
    points: Sequence[float],
    limits: "Sequence[Limit]",
    required: Sequence[Sequence[int]],
    gap: float,
    deadline_s: float,
    *,
    is_cancelled: Callable[[], bool] | None = None,
) -> Solved:
    """Choose options in a child process, which is ended when its time is over.

    ``limits``: What may not be exceeded.
    ``is_cancelled``: Asked again and again; the search ends once it says True.

    The choice; where time ran out the best so far with its gap, ``is_late`` then.

    Raises PlanningError: ``placement_out_of_time``, ``placement_cancelled``,
    ``placement_solver_failed``.
    """
    if not points:
        return Solved((), 0.0, is_count_proven=True, is_feasible=not required)
    problem = problem_of(points, [(limit.weights, limit.most) for limit in limits], required)
    return solve_problem(problem, gap, deadline_s, is_cancelled=is_cancelled)


def solve_problem(
    problem: Problem,
    gap: float,
    deadline_s: float,
    *,
    is_cancelled: Callable[[], bool] | None = None,
) -> Solved:
    """Do the same for a problem written as numbers, however many options it has."""
    task = (problem, gap, deadline_s)
    result = run(
        "platforms.placement.solve:answer", task, deadline_s,
        is_cancelled=is_cancelled, grace_s=GRACE_S,
    )  # fmt: skip
    if not isinstance(result, Solved) or (result.chosen is None and result.is_feasible):
        raise PlanningError("placement_out_of_time", deadline_s=deadline_s)
    return result


def prepare(task: tuple[Problem, float, float]) -> None:
    """Load or compile the moves where they are tried, which is not in a small problem."""
    if len(task[0].points) > SMALL:
        prepare_moves()


def answer(task: tuple[Problem, float, float]) -> Solved:
    """Search in the child: each better answer is reported, the last is returned."""
    problem, gap, deadline_s = task
    return search_problem(problem, gap, deadline_s)


def quick(
    points: Sequence[float],
    limits: "Sequence[Limit]",
    required: Sequence[Sequence[int]],
    seconds: float = 1.0,
) -> Solved:
    """Choose options here and at once: the relaxation, rounded so that every limit is kept.

    ``points, limits, required``: As for ``solve``.

    The choice with its bounds; ``chosen`` is None where the rounding could not hold what is
    required, which proves nothing unless ``is_feasible`` is False.
    """
    if not points:
        return Solved((), 0.0, is_count_proven=True, is_feasible=not required)
    rows = [(limit.weights, limit.most) for limit in limits]
    return quick_problem(problem_of(points, rows, required), seconds)


def quick_problem(problem: Problem, seconds: float = 1.0) -> Solved:
    """Do the same for a problem written as numbers."""
    if not (is_small := len(problem.points) <= SMALL):
        prepare_moves()
    begun = time.monotonic()
    start = warm_start(problem, begun + (seconds if is_small else 0.0))
    if start is None:
        return Solved(None, None, is_count_proven=False, is_feasible=False)
    relaxed, chosen = start
    if chosen is None:
        return Solved(None, None, is_count_proven=False)
    if not is_small:
        both, until = problem.points + NUMBER_FIRST, begun + SLOWEST * seconds
        chosen = annealed(problem, both, relaxed, chosen, relaxed.bound, until, QUICK_ROUNDS)
    most = min(problem.groups, int(relaxed.bound / NUMBER_FIRST + 1e-6))
    # One program more, so that the scores of as many are bounded by themselves.
    now, number = time.monotonic(), float(len(chosen))
    score = relax(problem, problem.points, relaxed.columns, now, number, near=1.0)
    # One bound on both: of as many projects, what their number earned is taken off.
    bound = relaxed.bound - NUMBER_FIRST * number
    bound = bound if score is None else min(bound, score.bound)
    return _solved(chosen, problem, most, bound, is_late=False)


def search(points: Sequence[float], rows: Sequence[Row], gap: float, deadline_s: float) -> Solved:
    """Choose options here: the number first, then the sum of scores among as many."""
    if not points:
        return Solved((), 0.0, is_count_proven=True)
    return search_problem(problem_of(points, rows, []), gap, deadline_s)


def search_problem(problem: Problem, gap: float, deadline_s: float) -> Solved:
    """Search the number, then the score, in this process."""
    begun = time.monotonic()
    count_value, both = np.ones(len(problem.points)), problem.points + NUMBER_FIRST
    # Whatever happens later, an answer is at hand from the first moment on.
    nothing = Relaxation(0 * count_value, np.inf, both, np.zeros(len(count_value), dtype=bool))
    plain = rounded(problem, both, nothing, begun)
    if plain is not None:
        report(_solved(plain, problem, problem.groups, None, is_late=True))
    is_small = len(both) <= SMALL
    start = warm_start(problem, begun + (0.3 * deadline_s if is_small else 0.0))
    if start is None:
        return Solved(None, None, is_count_proven=False, is_feasible=False)
    relaxed, chosen = start
    most, count = problem.groups, relaxed
    if chosen is not None:
        report(_interim(problem, relaxed, chosen, most, gap))
    if chosen is None or len(chosen) < most:
        counted = relax(problem, count_value, relaxed.columns, begun + 0.4 * deadline_s, near=1e-3)
        if counted is None:
            return Solved(None, None, is_count_proven=False, is_feasible=False)
        count = counted
        most = int(np.floor(count.bound + 1e-6))
    if chosen is not None and not is_small:
        # All placed and the scores within half the gap: more is not worth the time.
        enough = NUMBER_FIRST * most + (relaxed.bound - NUMBER_FIRST * most) * (1 - gap / 2)
        until = begun + min(MOST_MOVES * deadline_s, MOVES * deadline_s + MOVES_S)
        chosen = annealed(problem, both, relaxed, chosen, enough, until)
    if chosen is None or (is_small and len(chosen) < most):
        aim = Aim(count_value, step=1.0)
        exact = best_choice(problem, count, aim, chosen, begun + 0.75 * deadline_s)
        if exact.chosen is None:
            return Solved(None, None, is_count_proven=False, is_feasible=not exact.is_done)
        chosen = exact.chosen
        most = len(chosen) if exact.is_done else min(most, int(np.floor(exact.bound + 1e-6)))
    report(_interim(problem, relaxed, chosen, most, gap))
    return _best_score(problem, relaxed, chosen, most, gap, begun + deadline_s)


def _interim(
    problem: Problem, relaxed: Relaxation, chosen: Positions, most: int, gap: float
) -> Solved:
    """Return what a relaxation of number and score tells; what it didn't look at is counted."""
    solved = _solved(chosen, problem, most, _shared_bound(relaxed, chosen), is_late=True)
    wanted = NUMBER_FIRST * len(chosen) + (1 + gap) * _total_points(problem, chosen)
    left = int((~relaxed.columns & (relaxed.bound_with >= wanted)).sum())
    return replace(solved, pairs_left=left)


def _shared_bound(relaxed: Relaxation, chosen: Positions) -> float:
    """Bound the scores of as many: what their number earned is taken off the bound on both."""
    return relaxed.bound - NUMBER_FIRST * len(chosen)


def warm_start(problem: Problem, until: float) -> tuple[Relaxation, Positions | None] | None:
    """Relax number and score together, and round: a choice within a second or so.

    The relaxation of 1 000 points a project and its score, and the choice; None where even parts
    cannot hold together.
    """
    both = problem.points + NUMBER_FIRST
    relaxed = relax(problem, both, worth_a_look(problem, both), until, near=1e-4)
    if relaxed is None:
        return None
    return relaxed, rounded(problem, both, relaxed, until)


def _best_score(
    problem: Problem, begun: Relaxation, chosen: Positions, most: int, gap: float, until: float
) -> Solved:
    """Search the highest sum among as many as were chosen."""
    placed = float(len(chosen))
    score = relax(problem, problem.points, begun.columns, until, placed, near=gap / 5)
    if score is None:
        return _solved(chosen, problem, most, None, is_late=True)
    both = problem.points + NUMBER_FIRST
    start = rounded(problem, both, score, until if len(both) <= SMALL else 0.0)
    if (
        start is None
        or len(start) < placed
        or _total_points(problem, start) < _total_points(problem, chosen)
    ):
        start = chosen
    wanted = (1 + gap) * _total_points(problem, start)
    left = int((~score.columns & (score.bound_with >= wanted)).sum())
    late = _solved(start, problem, most, score.bound, is_late=True)
    report(replace(late, pairs_left=left))
    aim = Aim(problem.points, gap=gap, at_least=placed)
    exact = best_choice(problem, score, aim, start, until)
    best = start if exact.chosen is None else exact.chosen
    solved = _solved(best, problem, most, exact.bound, is_late=not exact.is_done)
    return replace(solved, pairs_left=exact.left)


def _total_points(problem: Problem, chosen: Positions) -> float:
    return float(problem.points[chosen].sum())


def _solved(
    chosen: Positions, problem: Problem, most: int, bound: float | None, *, is_late: bool
) -> Solved:
    reached = _total_points(problem, chosen)
    gap = None
    if bound is not None:
        above = max(0.0, bound - reached)
        gap = above / reached if reached > 0 else (None if above > SLACK else 0.0)
    return Solved(
        tuple(chosen.tolist()), gap, is_count_proven=len(chosen) >= most, count_bound=most,
        bound=bound, is_late=is_late,
    )  # fmt: skip
