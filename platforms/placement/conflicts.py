"""What cannot hold together: correction sets and the smallest conflict set (IIS)."""

import time
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linprog, milp
from scipy.sparse import csr_array

from geo.units import compare
from platforms.errors import PlanningError
from platforms.placement.relaxation import INFEASIBLE


class LateError(PlanningError):
    """A search has no time left; whoever searches keeps what was found before."""

    def __init__(self) -> None:
        super().__init__("placement_out_of_time", deadline_s=0.0)


EQUAL = 1e-9
"""Relative distance within which ``compare`` calls two numbers equal."""


@dataclass(frozen=True)
class FeasibilityProblem:
    """Limits and demands over the same options.

    A constraint is a limit (by its position) or a demand (by the number of
    limits plus its position).

    ``rows``: Weight of each option in each limit, by the option's position.
    ``most``: The most that the weights taken may add up to, one a limit.
    ``hard``: Positions of limits that hold in any case and are no constraints.
    ``demands``: Sets of options of which one must be taken, one a demand.
    ``size``: Number of options.
    """

    rows: tuple[Mapping[int, float], ...]
    most: tuple[float, ...]
    hard: frozenset[int]
    demands: tuple[tuple[int, ...], ...]
    size: int

    @property
    def constraints(self) -> frozenset[int]:
        """Every limit and demand that isn't given."""
        return frozenset(range(len(self.rows) + len(self.demands))) - self.hard

    def demand(self, position: int) -> int:
        """Return the number of a demand among the constraints."""
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
        """Return the largest weight of each limit."""
        return tuple(
            max((abs(weight) for weight in row.values()), default=0.0) or 1.0 for row in self.rows
        )

    @cached_property
    def owners(self) -> tuple[tuple[int, ...], ...]:
        """Needs that each option meets."""
        owners: list[list[int]] = [[] for _ in range(self.size)]
        for position, demand in enumerate(self.demands):
            for at in demand:
                owners[at].append(position)
        return tuple(tuple(positions) for positions in owners)

    @cached_property
    def excess(self) -> np.ndarray:
        """Say by how much each limit can be exceeded at most, each project on one site."""
        excess = np.zeros(len(self.rows))
        for line, row in enumerate(self.rows):
            best: dict[object, float] = {}
            for at, weight in row.items():
                key = self.owners[at][:1] or (-1, at)
                best[key] = max(best.get(key, 0.0), weight)
            excess[line] = max(0.0, sum(best.values()) - self.most[line])
        return excess

    def loads(self, chosen: Collection[int]) -> dict[int, float]:
        """Add up what a choice takes of each limit."""
        loads: dict[int, float] = {}
        for at in chosen:
            for line, weight in self.columns[at].items():
                loads[line] = loads.get(line, 0.0) + weight
        return loads

    def frees(self, loads: Mapping[int, float], come: int, go: int) -> bool:
        """Return whether all they touch holds once one option is taken and another given back."""
        more, less = self.columns[come], self.columns[go]
        return all(
            compare(
                loads.get(line, 0.0) + more.get(line, 0.0) - less.get(line, 0.0), self.most[line]
            )
            <= 0
            for line in {*more, *less}
        )

    def broken(
        self, chosen: Collection[int], constraints: Collection[int] | None = None
    ) -> set[int]:
        """Name the constraints (all, or those asked) and hard limits that a choice breaks."""
        selected = set(chosen)
        asked = self.constraints if constraints is None else constraints
        exceeded = {
            line for line, load in self.loads(selected).items()
            if (line in self.hard or line in asked) and compare(load, self.most[line]) > 0
        }  # fmt: skip
        first = len(self.rows)
        return exceeded | {
            first + position for position, demand in enumerate(self.demands)
            if first + position in asked and not selected.intersection(demand)
        }  # fmt: skip


@dataclass(frozen=True)
class Extra:
    """A further row: weights of options (and of what stands behind them), at most ``most``."""

    weights: Mapping[int, float]
    most: float


def choice(
    problem: FeasibilityProblem, constraints: Collection[int], until: float
) -> frozenset[int] | None:
    """Find a choice that keeps the constraints named, the hard limits and nothing else.

    ``problem, constraints, until``: As ``best_choice`` takes them.

    Positions of the options taken; None where it is proven that there is no such choice.

    Raises LateError: ``placement_out_of_time``.
    """
    best = best_choice(problem, constraints, until)
    return None if best is None else best.chosen


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
    problem: FeasibilityProblem,
    constraints: Collection[int],
    until: float,
    goal: Mapping[int, float] | None = None,
    extra: Sequence[Extra] = (),
    gap: float = 0.0,
) -> Chosen | None:
    """Find the choice with the highest sum that keeps the constraints named and the hard limits.

    ``until``: Monotonic time at which the search ends [s].
    ``goal``: What each option adds to the sum that is made highest, by position; None for any
      choice.

    The choice; None where it is proven that there is none.

    Raises LateError: ``placement_out_of_time`` where nothing was found.
    """
    cuts = list(extra)
    while True:
        best = _solve_once(problem, constraints, until, goal or {}, cuts, gap)
        broken = set() if best is None else problem.broken(best.chosen, constraints)
        if best is None or not broken:
            return best
        # The solver's tolerance let them through.
        cuts += [
            _cover(problem.rows[line], best.chosen) for line in broken if line < len(problem.rows)
        ]


def _cover(row: Mapping[int, float], chosen: frozenset[int]) -> Extra:
    """Forbid what of a choice breaks a limit, unless something joins that makes up for it."""
    cover = {at: 1.0 for at, weight in row.items() if at in chosen and weight > 0}
    relief = {at: -1.0 for at, weight in row.items() if at not in chosen and weight < 0}
    return Extra({**cover, **relief}, len(cover) - 1.0)


def _solve_once(
    problem: FeasibilityProblem,
    constraints: Collection[int],
    until: float,
    goal: Mapping[int, float],
    extra: Sequence[Extra],
    gap: float,
) -> Chosen | None:
    first = len(problem.rows)
    lines = [line for line in constraints if line < first]
    demands = [
        problem.demands[constraint - first] for constraint in constraints if constraint >= first
    ]
    useful = set(goal).union(*demands, *(row.weights for row in extra))
    for line in lines:
        useful.update(at for at, weight in problem.rows[line].items() if weight < 0)
    place = {at: column for column, at in enumerate(sorted(useful))}
    rows = [_within(problem.rows[line], problem.most[line], place) for line in lines]
    rows += [_within(problem.rows[line], problem.most[line], place) for line in problem.hard]
    rows += [({place[at]: -1.0 for at in demand}, -1.0) for demand in demands]
    rows += [({place[at]: w for at, w in row.weights.items()}, row.most) for row in extra]
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
    solution = solved(value, np.ones(len(place)), rows, np.ones(len(place)), until, gap)
    if solution.status == INFEASIBLE:
        return None
    if solution.x is None:
        raise LateError
    chosen = frozenset(at for at, column in place.items() if round(solution.x[column]))
    reached = sum(goal.get(at, 0.0) for at in chosen)
    bound = reached if solution.status == 0 and gap == 0 else -float(solution.mip_dual_bound)
    return Chosen(chosen, reached, max(reached, bound))


def _within(
    row: Mapping[int, float], most: float, place: Mapping[int, int]
) -> tuple[dict[int, float], float]:
    """Bring the largest weight of a row to 1, so that the solver's tolerance means the same."""
    weights = {place[at]: weight for at, weight in row.items() if at in place}
    scale = max((abs(weight) for weight in weights.values()), default=0.0) or 1.0
    return {c: w / scale for c, w in weights.items()}, (most + EQUAL * abs(most)) / scale


def solved(
    value: np.ndarray,
    whole: np.ndarray,
    rows: Sequence[tuple[Mapping[int, float], float]],
    most: np.ndarray,
    until: float,
    gap: float = 0.0,
) -> OptimizeResult:
    """Run HiGHS for the smallest sum of ``value`` under ``rows``, each a sum and the most of it.

    ``whole``: 1 where it must be a whole number, array of n.
    ``rows``: Weights by position and the most they may add up to.
    ``most``: Upper bound of each variable, array of n; the lower one is 0.
    ``until``: Monotonic time at which the search ends [s].

    Raises LateError: ``placement_out_of_time`` where no time is left.
    """
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise LateError
    line = [number for number, (row, _) in enumerate(rows) for _ in row]
    at = [column for row, _ in rows for column in row]
    weights = [weight for row, _ in rows for weight in row.values()]
    matrix = csr_array((weights, (line, at)), shape=(len(rows), len(value)))
    limit = np.array([bound for _, bound in rows], dtype=float)
    return milp(
        value, integrality=whole, bounds=Bounds(0, most),
        constraints=LinearConstraint(matrix, -np.inf, limit),
        options={"time_limit": seconds, "mip_rel_gap": gap},
    )  # fmt: skip


ConstraintSet = frozenset[int]

MOST_STEPS = 20_000
"""So many moves are tried from one placement; further ones seldom tell anything new."""


def near_correction_sets(
    problem: FeasibilityProblem, selected: Collection[int], unplaced: int
) -> dict[ConstraintSet, list[frozenset[int]]] | None:
    """Try to house a demand by moving others on, and note what each try would break.

    A chain of moves: the demand takes an option, whoever is in its way loses its own and looks for
    another. After each move everything holds except what is noted.

    ``selected``: A choice that keeps every constraint but demands that aren't met.

    Choices that show it, by the set of constraints that give way; None where a chain houses the
    demand at no cost, so that there is no conflict.
    """
    lost = problem.broken(selected) - {problem.demand(unplaced)}
    choices: dict[ConstraintSet, list[frozenset[int]]] = {}
    choices[frozenset({problem.demand(unplaced), *lost})] = [frozenset(selected)]
    queue = deque([(unplaced, frozenset(selected))])
    seen = {unplaced}
    steps = 0
    while queue and steps < MOST_STEPS:
        mover, chosen = queue.popleft()
        loads = problem.loads(chosen)
        for at in problem.demands[mover]:
            steps += 1
            column = problem.columns[at]
            broken = [
                line for line, weight in column.items()
                if compare(loads.get(line, 0.0) + weight, problem.most[line]) > 0
            ]  # fmt: skip
            if problem.hard.intersection(broken):
                continue
            if not broken and not lost:
                return None
            moved = chosen | {at}
            choices.setdefault(frozenset({*broken, *lost}), []).append(moved)
            for other in _in_the_way(problem, chosen, broken):
                if not problem.frees(loads, at, other):
                    continue
                owners = problem.owners[other]
                if not owners and not lost:
                    return None
                gone = frozenset({*(problem.demand(owner) for owner in owners), *lost})
                choices.setdefault(gone, []).append(moved - {other})
                if len(owners) == 1 and owners[0] not in seen:
                    seen.add(owners[0])
                    queue.append((owners[0], moved - {other}))
    choices.pop(frozenset(), None)
    return choices


def _in_the_way(
    problem: FeasibilityProblem, chosen: frozenset[int], broken: Iterable[int]
) -> list[int]:
    sets = [chosen.intersection(problem.rows[line]) for line in broken]
    return sorted(frozenset.intersection(*sets)) if sets else []


def least_correction_set(
    problem: FeasibilityProblem, fixed: Collection[int], soft: Collection[int], until: float
) -> tuple[ConstraintSet, frozenset[int]] | None:
    """Find the fewest constraints that give way while those fixed hold.

    ``soft``: Members that may give way; the others are left out of account.
    ``until``: Monotonic time at which the search ends [s]; the best so far is given.

    Members that give way, and the choice that shows it; None where those fixed cannot hold
    together.

    Raises LateError: ``placement_out_of_time`` where nothing was found.
    """
    first, size = len(problem.rows), problem.size
    relaxable = [constraint for constraint in soft if constraint not in set(fixed)]
    relaxable = [
        constraint
        for constraint in relaxable
        if constraint >= first or problem.excess[constraint] > 0
    ]
    slot = {constraint: size + number for number, constraint in enumerate(relaxable)}
    rows = []
    for line in {
        *(constraint for constraint in (*fixed, *relaxable) if constraint < first),
        *problem.hard,
    }:
        scale = problem.scales[line]
        row = {at: weight / scale for at, weight in problem.rows[line].items()}
        if line in slot:
            row[slot[line]] = -float(problem.excess[line]) / scale
        rows.append((row, problem.most[line] / scale))
    for constraint in {*fixed, *relaxable}:
        if constraint >= first:
            row = dict.fromkeys(problem.demands[constraint - first], -1.0)
            if constraint in slot:
                row[slot[constraint]] = -1.0
            rows.append((row, -1.0))
    value = np.concatenate([np.zeros(size), np.ones(len(relaxable))])
    # Any few will do: what meets them all is looked for again.
    solution = solved(value, np.ones(len(value)), rows, np.ones(len(value)), until, gap=0.5)
    if solution.status == INFEASIBLE:
        return None
    if solution.x is None:
        raise LateError
    chosen = frozenset(np.flatnonzero(np.rint(solution.x[:size])).tolist())
    return frozenset(problem.broken(chosen, {*fixed, *relaxable}) - problem.hard), chosen


TIME_TO_PROVE = 0.6
"""Part of the time for proof where no set is in hand."""

ONE_STEP_S = 3.0
"""Longest search for one set that gives way [s]."""

ZERO = 1e-7
"""Below it a number of a linear program counts as 0."""


@dataclass(frozen=True)
class ConflictSet:
    """What cannot hold together.

    ``constraints``: Limits and demands as ``FeasibilityProblem`` numbers them.
    ``is_smallest_proven``: True where no set with fewer constraints conflicts.
    ``is_minimal``: True where the rest can hold once any one constraint is left out.
    """

    constraints: ConstraintSet
    is_smallest_proven: bool
    is_minimal: bool


def smallest_conflict_set(
    problem: FeasibilityProblem, until: float, near: Collection[ConstraintSet] = ()
) -> ConflictSet | None:
    """Find the smallest set of constraints that cannot hold together.

    A minimal set is read off the linear relaxation and thinned out; then smallest sets that meet
    everything found to give way (an implicit hitting set) either are a conflict, and then the
    smallest, or show something further that gives way.

    ``until``: Monotonic time at which the search ends [s]; the smallest set so far is given.
    ``near``: Sets of constraints that are known to give way (``near_correction_sets``).

    The set; None where all constraints can hold together.

    Raises LateError: ``placement_out_of_time`` where no set was found.
    """
    known = set(near)
    quick: ConflictSet | None = None
    try:
        # What each conflict must hold is often one already.
        least = hitting_set(known, until)
        if known and choice(problem, least, until) is None:
            return ConflictSet(least, is_smallest_proven=True, is_minimal=True)
        core = _linear_core(problem, until)
        quick = (
            None
            if core is None
            else _deletion_filter(problem, core, until, _in_every_conflict(known))
        )
        # Without a set in hand some time is kept for thinning out.
        share = 1.0 if quick is not None else TIME_TO_PROVE
        now = time.monotonic()
        return _implicit_hitting_set(problem, known, quick, now + share * (until - now))
    except LateError:
        pass  # what is in hand is given below
    if quick is not None:
        return quick
    if choice(problem, problem.constraints, until) is not None:
        return None
    return _deletion_filter(problem, problem.constraints, until, _in_every_conflict(known))


def _in_every_conflict(known: Iterable[ConstraintSet]) -> ConstraintSet:
    """Return the constraints that are in every conflict: alone they give way."""
    return frozenset(constraint for gone in known if len(gone) == 1 for constraint in gone)


def _implicit_hitting_set(
    problem: FeasibilityProblem, known: set[ConstraintSet], quick: ConflictSet | None, until: float
) -> ConflictSet | None:
    """Alternate between smallest sets that meet what is known and what they leave unmet."""
    while True:
        least = hitting_set(known, until)
        if quick is not None and quick.is_minimal and len(least) >= len(quick.constraints):
            return ConflictSet(quick.constraints, is_smallest_proven=True, is_minimal=True)
        witness = choice(problem, least, until)
        if witness is None:
            return ConflictSet(least, is_smallest_proven=True, is_minimal=True)
        unmet = _disjoint_corrections(problem, least, until)
        if not unmet:
            unmet = [frozenset(problem.broken(witness))]
        if frozenset() in unmet:
            return None
        known.update(unmet)


def _disjoint_corrections(
    problem: FeasibilityProblem, least: ConstraintSet, until: float
) -> list[ConstraintSet]:
    """Find sets that give way, each apart from those before and from the constraints given."""
    corrections: list[ConstraintSet] = []
    fixed = least
    while True:
        try:
            end = min(until, time.monotonic() + ONE_STEP_S)
            step = least_correction_set(problem, fixed, problem.constraints, end)
        except LateError:
            return corrections
        if step is None:
            return corrections
        corrections.append(step[0])
        if not step[0]:
            return corrections
        fixed = fixed | step[0]


def hitting_set(known: Collection[ConstraintSet], until: float) -> ConstraintSet:
    """Find the smallest set that meets each of several sets."""
    constraints = sorted(frozenset().union(*known))
    if not constraints:
        return frozenset()
    place = {constraint: column for column, constraint in enumerate(constraints)}
    least = [correction for correction in known if not any(other < correction for other in known)]
    rows = [({place[constraint]: -1.0 for constraint in gone}, -1.0) for gone in least]
    weights = np.ones(len(constraints))
    met = solved(weights, weights, rows, weights, until)
    if met.x is None or met.status != 0:
        raise LateError
    return frozenset(constraint for constraint, column in place.items() if round(met.x[column]))


def _linear_core(problem: FeasibilityProblem, until: float) -> ConstraintSet | None:
    """Read a conflict off the duals of the linear relaxation; None where that one can hold."""
    first = len(problem.rows)
    demand_count, size = len(problem.demands), problem.size
    rows = [*problem.rows, *(dict.fromkeys(demand, -1.0) for demand in problem.demands)]
    scales = [*problem.scales, *([1.0] * demand_count)]
    line = [n for n, row in enumerate(rows) for _ in row]
    at = [column for row in rows for column in row]
    weights = [weight / scales[n] for n, row in enumerate(rows) for weight in row.values()]
    # What a demand lacks is what is made smallest: 0 where all can hold.
    line += [first + n for n in range(demand_count)]
    at += [size + n for n in range(demand_count)]
    weights += [-1.0] * demand_count
    matrix = csr_array((weights, (line, at)), shape=(len(rows), size + demand_count))
    limit = np.array([*problem.most, *([-1.0] * demand_count)]) / np.array(scales)
    value = np.concatenate([np.zeros(size), np.ones(demand_count)])
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise LateError
    solution = linprog(
        value, A_ub=matrix, b_ub=limit, bounds=(0, 1), method="highs-ds",
        options={"time_limit": seconds},
    )  # fmt: skip
    if solution.status != 0 or solution.fun < ZERO:
        return None
    priced = np.flatnonzero(np.abs(solution.ineqlin.marginals) > ZERO)
    core = frozenset(priced.tolist()) - problem.hard
    return core if choice(problem, core, until) is None else None


def _deletion_filter(
    problem: FeasibilityProblem, conflict: ConstraintSet, until: float, needed: ConstraintSet
) -> ConflictSet:
    """Leave out constraints, by halves first, until the rest holds once any one is left out."""
    kept = set(conflict)
    rest = sorted(conflict - needed)
    size = max(1, len(rest) // 2)
    is_minimal = False
    try:
        while not is_minimal:
            for begin in range(0, len(rest), size):
                part = set(rest[begin : begin + size]) & kept
                if part and choice(problem, kept - part, until) is None:
                    kept -= part
            is_minimal = size == 1
            rest = [constraint for constraint in rest if constraint in kept]
            size = max(1, size // 2)
    except LateError:
        pass  # what is left out so far stays out
    return ConflictSet(frozenset(kept), is_smallest_proven=False, is_minimal=is_minimal)
