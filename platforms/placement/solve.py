"""The exact assignment: most projects first, then the highest sum of scores."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import csr_array

from platforms.errors import PlanningError
from platforms.placement import child
from platforms.placement.option import Limit

GRACE_S = 10.0
"""Beyond its own deadline a solver may take so long to start and to hand over [s]."""


@dataclass(frozen=True)
class Solved:
    """What the solver found.

    Attributes
    ----------
    chosen
        Positions of the options taken; None where nothing was found.
    gap
        Relative distance of the sum of scores to its bound (0 proven best), None where not known.
    is_count_proven
        True where no more projects can be placed.
    is_feasible
        False where the solver proved that nothing fits.
    """

    chosen: tuple[int, ...] | None
    gap: float | None
    is_count_proven: bool
    is_feasible: bool = True


def solve(
    points: Sequence[float],
    limits: Sequence[Limit],
    required: Sequence[Sequence[int]],
    gap: float,
    deadline_s: float,
    is_cancelled: Callable[[], bool] | None = None,
) -> Solved:
    """Choose options in a child process, which is ended when its time is over.

    Parameters
    ----------
    points
        Score of each option.
    limits
        What may not be exceeded.
    required
        Sets of options of which one must be taken.
    gap
        Relative gap at which the search for a higher sum ends.
    deadline_s
        Seconds for both steps.
    is_cancelled
        Asked again and again; the child is ended once it says True.

    Returns
    -------
    Solved
        The choice.

    Raises
    ------
    PlanningError
        ``placement_out_of_time``, ``placement_cancelled``.
    """
    if not points:
        return Solved((), 0.0, is_count_proven=True, is_feasible=not required)
    rows = [(dict(limit.weights), limit.most) for limit in limits]
    rows += [(dict.fromkeys(one, -1.0), -1.0) for one in required]
    solved = child.run(
        "platforms.placement.solve:answer", (list(points), rows, gap, deadline_s), deadline_s,
        is_cancelled=is_cancelled, grace_s=GRACE_S,
    )  # fmt: skip
    assert isinstance(solved, Solved)
    if solved.chosen is None and solved.is_feasible:
        raise PlanningError("placement_out_of_time", deadline_s=deadline_s)
    return solved


Row = tuple[dict[int, float], float]


def search(points: list[float], rows: list[Row], gap: float, deadline_s: float) -> Solved:
    """Choose options here: the number first, then the sum of scores among as many."""
    begun = time.monotonic()
    count = _best(np.ones(len(points)), rows, 0.0, deadline_s / 2)
    if count.x is None:
        return Solved(None, None, is_count_proven=False, is_feasible=count.status != 2)
    placed = round(float(count.x.sum()))
    at_least: Row = (dict.fromkeys(range(len(points)), -1.0), -float(placed))
    rest = max(0.1, deadline_s - (time.monotonic() - begun))
    best = _best(np.array(points), [*rows, at_least], gap, rest)
    proven = count.status == 0
    if best.x is None:
        return Solved(_taken(count.x), None, is_count_proven=proven)
    stated = None if best.mip_gap is None else float(best.mip_gap)
    return Solved(_taken(best.x), stated, is_count_proven=proven)


def answer(task: tuple[list[float], list[Row], float, float]) -> Solved:
    """Answer ``search`` in a child process."""
    return search(*task)


def _best(value: np.ndarray, rows: list[Row], gap: float, seconds: float) -> OptimizeResult:
    at = [column for weights, _ in rows for column in weights]
    line = [number for number, (weights, _) in enumerate(rows) for _ in weights]
    held = [weight for weights, _ in rows for weight in weights.values()]
    matrix = csr_array((held, (line, at)), shape=(len(rows), len(value)))
    most = np.array([most for _, most in rows], dtype=float)
    return milp(
        -value,
        integrality=np.ones(len(value)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, -np.inf, most),
        options={"mip_rel_gap": gap, "time_limit": seconds},
    )


def _taken(x: np.ndarray) -> tuple[int, ...]:
    return tuple(np.flatnonzero(x > 0.5).tolist())
