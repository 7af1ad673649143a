"""Whether some limits and needs of a placement can hold together, decided exactly."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import csr_array

from geo.units import compare
from platforms.errors import PlanningError


class LateError(PlanningError):
    """A search has no time left; whoever searches keeps what was found before."""

    def __init__(self) -> None:
        super().__init__("placement_out_of_time", deadline_s=0.0)


INFEASIBLE = 2
"""Status of HiGHS where it has proven that nothing fits."""

SOLVER_TOLERANCE = 1e-6
"""By so much HiGHS may break a row whose largest weight is 1."""

EQUAL = 1e-9
"""Relative distance within which ``compare`` calls two numbers equal."""


@dataclass(frozen=True)
class Case:
    """Limits and needs over the same options.

    A member is a limit (by its position) or a need (by the number of limits plus its position).

    Attributes
    ----------
    rows
        Weight of each option in each limit, by the option's position.
    most
        The most that the weights taken may add up to, one a limit.
    given
        Positions of limits that hold in any case and are no members.
    needs
        Sets of options of which one must be taken, one a need.
    size
        Number of options.
    """

    rows: tuple[Mapping[int, float], ...]
    most: tuple[float, ...]
    given: frozenset[int]
    needs: tuple[tuple[int, ...], ...]
    size: int

    @property
    def members(self) -> frozenset[int]:
        """Every limit and need that isn't given."""
        return frozenset(range(len(self.rows) + len(self.needs))) - self.given

    def need(self, position: int) -> int:
        """Give the number of a need among the members."""
        return len(self.rows) + position

    @cached_property
    def columns(self) -> tuple[dict[int, float], ...]:
        """Weights of each option by limit."""
        columns: list[dict[int, float]] = [{} for _ in range(self.size)]
        for line, row in enumerate(self.rows):
            for at, weight in row.items():
                columns[at][line] = weight
        return tuple(columns)

    @cached_property
    def scales(self) -> tuple[float, ...]:
        """Give the largest weight of each limit."""
        return tuple(
            max((abs(weight) for weight in row.values()), default=0.0) or 1.0 for row in self.rows
        )

    @cached_property
    def owners(self) -> tuple[tuple[int, ...], ...]:
        """Needs that each option meets."""
        owners: list[list[int]] = [[] for _ in range(self.size)]
        for position, own in enumerate(self.needs):
            for at in own:
                owners[at].append(position)
        return tuple(tuple(one) for one in owners)

    @cached_property
    def excess(self) -> np.ndarray:
        """Say by how much each limit can be exceeded at most, each project on one site."""
        held = np.zeros(len(self.rows))
        for line, row in enumerate(self.rows):
            best: dict[object, float] = {}
            for at, weight in row.items():
                key = self.owners[at][:1] or (-1, at)
                best[key] = max(best.get(key, 0.0), weight)
            held[line] = max(0.0, sum(best.values()) - self.most[line])
        return held

    def loads(self, chosen: Collection[int]) -> dict[int, float]:
        """Add up what a choice takes of each limit."""
        loads: dict[int, float] = {}
        for at in chosen:
            for line, weight in self.columns[at].items():
                loads[line] = loads.get(line, 0.0) + weight
        return loads

    def frees(self, loads: Mapping[int, float], come: int, go: int) -> bool:
        """Tell whether all they touch holds once one option is taken and another given back."""
        more, less = self.columns[come], self.columns[go]
        return all(
            compare(
                loads.get(line, 0.0) + more.get(line, 0.0) - less.get(line, 0.0), self.most[line]
            )
            <= 0
            for line in {*more, *less}
        )

    def broken(self, chosen: Collection[int], members: Collection[int] | None = None) -> set[int]:
        """Name the members (all, or those asked) and given limits that a choice breaks."""
        taken = set(chosen)
        asked = self.members if members is None else members
        found = {
            line for line, load in self.loads(taken).items()
            if (line in self.given or line in asked) and compare(load, self.most[line]) > 0
        }  # fmt: skip
        first = len(self.rows)
        return found | {
            first + position for position, own in enumerate(self.needs)
            if first + position in asked and not taken.intersection(own)
        }  # fmt: skip


@dataclass(frozen=True)
class Extra:
    """A further row: weights of options (and of what stands behind them), at most ``most``."""

    weights: Mapping[int, float]
    most: float


def choice(
    case: Case,
    members: Collection[int],
    until: float,
) -> frozenset[int] | None:
    """Find a choice that keeps the members named, the given limits and nothing else.

    Parameters
    ----------
    case, members, until
        As ``best_choice`` takes them.

    Returns
    -------
    frozenset of int or None
        Positions of the options taken; None where it is proven that there is no such choice.

    Raises
    ------
    LateError
        ``placement_out_of_time``.
    """
    found = best_choice(case, members, until)
    return None if found is None else found.chosen


@dataclass(frozen=True)
class Chosen:
    """A choice: positions of its options, the sum it reaches, and the sum none can exceed."""

    chosen: frozenset[int]
    value: float
    bound: float

    @property
    def is_best(self) -> bool:
        """True where no choice is proven to be better."""
        return compare(self.value, self.bound) >= 0


def best_choice(
    case: Case,
    members: Collection[int],
    until: float,
    goal: Mapping[int, float] | None = None,
    extra: Sequence[Extra] = (),
    gap: float = 0.0,
) -> Chosen | None:
    """Find the choice with the highest sum that keeps the members named and the given limits.

    Parameters
    ----------
    case
        Limits and needs.
    members
        Those that must hold.
    until
        Monotonic time at which the search ends [s].
    goal
        What each option adds to the sum that is made highest, by position; None for any choice.
    extra
        Further rows over the options.
    gap
        Relative gap at which the search for a higher sum ends.

    Returns
    -------
    Chosen or None
        The choice; None where it is proven that there is none.

    Raises
    ------
    LateError
        ``placement_out_of_time`` where nothing was found.
    """
    cuts = list(extra)
    while True:
        found = _once(case, members, until, goal or {}, cuts, gap)
        broken = set() if found is None else case.broken(found.chosen, members)
        if found is None or not broken:
            return found
        # The solver's tolerance let them through.
        cuts += [_cover(case.rows[line], found.chosen) for line in broken if line < len(case.rows)]


def _cover(row: Mapping[int, float], chosen: frozenset[int]) -> Extra:
    """Forbid what of a choice breaks a limit, unless something joins that makes up for it."""
    cover = {at: 1.0 for at, weight in row.items() if at in chosen and weight > 0}
    relief = {at: -1.0 for at, weight in row.items() if at not in chosen and weight < 0}
    return Extra({**cover, **relief}, len(cover) - 1.0)


def _once(
    case: Case,
    members: Collection[int],
    until: float,
    goal: Mapping[int, float],
    extra: Sequence[Extra],
    gap: float,
) -> Chosen | None:
    first = len(case.rows)
    lines = [line for line in members if line < first]
    own = [case.needs[one - first] for one in members if one >= first]
    useful = set(goal).union(*own, *(one.weights for one in extra))
    for line in lines:
        useful.update(at for at, weight in case.rows[line].items() if weight < 0)
    place = {at: column for column, at in enumerate(sorted(useful))}
    rows = [_within(case.rows[line], case.most[line], place) for line in lines]
    rows += [_within(case.rows[line], case.most[line], place) for line in case.given]
    rows += [({place[at]: -1.0 for at in one}, -1.0) for one in own]
    rows += [({place[at]: w for at, w in one.weights.items()}, one.most) for one in extra]
    if any(not row and most < 0 for row, most in rows):
        return None
    rows = [(row, most) for row, most in rows if row]
    if not place or not rows:
        free = frozenset(at for at in place if goal.get(at, 0.0) > 0)
        value_of_free = sum(goal[at] for at in free)
        return Chosen(free, value_of_free, value_of_free)
    value = np.zeros(len(place))
    for at, worth in goal.items():
        value[place[at]] = -worth
    found = solved(value, np.ones(len(place)), rows, np.ones(len(place)), until, gap)
    if found.status == INFEASIBLE:
        return None
    if found.x is None:
        raise LateError
    chosen = frozenset(at for at, column in place.items() if found.x[column] > 0.5)
    reached = sum(goal.get(at, 0.0) for at in chosen)
    bound = reached if found.status == 0 and gap == 0 else -float(found.mip_dual_bound)
    return Chosen(chosen, reached, max(reached, bound))


def _within(
    row: Mapping[int, float], most: float, place: Mapping[int, int]
) -> tuple[dict[int, float], float]:
    """Bring the largest weight of a row to 1, so that the solver's tolerance means the same."""
    held = {place[at]: weight for at, weight in row.items() if at in place}
    scale = max((abs(weight) for weight in held.values()), default=0.0) or 1.0
    return {c: w / scale for c, w in held.items()}, (most + EQUAL * abs(most)) / scale


def solved(
    value: np.ndarray,
    whole: np.ndarray,
    rows: Sequence[tuple[Mapping[int, float], float]],
    most: np.ndarray,
    until: float,
    gap: float = 0.0,
) -> OptimizeResult:
    """Run HiGHS for the smallest sum of ``value`` under ``rows``, each a sum and the most of it.

    Parameters
    ----------
    value
        Worth of each variable, array of n.
    whole
        1 where it must be a whole number, array of n.
    rows
        Weights by position and the most they may add up to.
    most
        Upper bound of each variable, array of n; the lower one is 0.
    until
        Monotonic time at which the search ends [s].
    gap
        Relative gap at which it ends.

    Returns
    -------
    OptimizeResult
        As SciPy gives it.

    Raises
    ------
    LateError
        ``placement_out_of_time`` where no time is left.
    """
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise LateError
    line = [number for number, (row, _) in enumerate(rows) for _ in row]
    at = [column for row, _ in rows for column in row]
    held = [weight for row, _ in rows for weight in row.values()]
    matrix = csr_array((held, (line, at)), shape=(len(rows), len(value)))
    limit = np.array([bound for _, bound in rows], dtype=float)
    return milp(
        value, integrality=whole, bounds=Bounds(0, most),
        constraints=LinearConstraint(matrix, -np.inf, limit),
        options={"time_limit": seconds, "mip_rel_gap": gap},
    )  # fmt: skip
