"""What gives way: least relaxations, displaced projects, near-optimal placements."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from geo.units import compare
from platforms.placement.conflicts import (
    EQUAL,
    Extra,
    FeasibilityProblem,
    LateError,
    best_choice,
    solved,
)
from platforms.placement.relaxation import INFEASIBLE


@dataclass(frozen=True)
class Ratio:
    """The share behind a limit: what is inside and in all, before and by each option.

    ``inside, total``: Amounts without the options [unit of the element].
    ``parts``: Amount inside and in all that each option adds, by its position [same unit].
    """

    inside: float
    total: float
    parts: Mapping[int, tuple[float, float]]

    def of(self, chosen: Collection[int]) -> float:
        """Return the share (0–1) with the options taken."""
        added = [self.parts[at] for at in chosen if at in self.parts]
        total = self.total + sum(total for _, total in added)
        return (self.inside + sum(inside for inside, _ in added)) / total if total > 0 else 1.0

    def row(self, share: float) -> tuple[dict[int, float], float]:
        """Return the weights and the most of a limit that keeps the share."""
        weights = {at: total * share - inside for at, (inside, total) in self.parts.items()}
        return weights, self.inside - share * self.total


@dataclass(frozen=True)
class LimitRelaxation:
    """What gives way.

    ``amounts``: By how much each limit is exceeded [unit of its weights]; 1 for a demand given up.
    ``shares``: The share (0–1) that remains, of limits that keep one.
    ``chosen``: A choice that shows it.
    ``is_least_proven``: True where fewer changes, or as many by less, are proven not to do.
    """

    amounts: Mapping[int, float]
    shares: Mapping[int, float]
    chosen: frozenset[int]
    is_least_proven: bool


def least_relaxation(
    problem: FeasibilityProblem,
    scales: Mapping[int, float],
    until: float,
    ratios: Mapping[int, Ratio] | None = None,
    witnesses: Sequence[frozenset[int]] = (),
) -> LimitRelaxation | None:
    """Find the fewest constraints that give way so that all others hold, then the least amount.

    ``scales``: Members that may give way, each with the amount that counts as 1.
    ``until``: Monotonic time at which the search ends [s]; the best so far is given.

    What gives way; None where the others cannot hold together either.

    Raises LateError: ``placement_out_of_time`` where nothing was found.
    """
    relaxable = [
        constraint
        for constraint in sorted(scales)
        if constraint >= len(problem.rows) or problem.excess[constraint] > 0
    ]
    worth = {chosen: _worth(problem, chosen, scales) for chosen in witnesses}
    best = min(worth, key=worth.__getitem__, default=None)
    is_proven = best is not None and worth[best][0] == 1
    if not is_proven:
        try:
            fewest = _solve_relaxable(problem, relaxable, scales, None, until)
        except LateError:
            if best is None:
                raise
            fewest = (best, False)
        if fewest is None:
            return None
        worth[fewest[0]] = _worth(problem, fewest[0], scales)
        is_proven = fewest[1]
    best = min(worth, key=worth.__getitem__)
    try:
        least = _solve_relaxable(problem, relaxable, scales, worth[best][0], until)
    except LateError:
        least = None
    if least is not None:
        worth[least[0]] = _worth(problem, least[0], scales)
    best = min(worth, key=worth.__getitem__)
    is_proven = is_proven and least is not None and least[1]
    relaxation = _relaxation_of(problem, best, ratios or {}, is_proven=is_proven)
    return _shares_raised(problem, relaxation, ratios or {}, until)


def _worth(
    problem: FeasibilityProblem, chosen: frozenset[int], scales: Mapping[int, float]
) -> tuple[int, float]:
    """Return how many constraints a choice bends, and by how much in all."""
    amounts = _relaxation_of(problem, chosen, {}, is_proven=False).amounts
    return len(amounts), sum(amount / scales[constraint] for constraint, amount in amounts.items())


def _solve_relaxable(
    problem: FeasibilityProblem,
    relaxable: list[int],
    scales: Mapping[int, float],
    count: int | None,
    until: float,
) -> tuple[frozenset[int], bool] | None:
    """Solve with slack for the fewest constraints bent; given ``count``, for the least amount."""
    first, size, many = len(problem.rows), problem.size, len(relaxable)
    flag = {constraint: size + number for number, constraint in enumerate(relaxable)}
    rows: list[tuple[dict[int, float], float]] = []
    for line, weights in enumerate(problem.rows):
        scale = problem.scales[line]
        row = {at: weight / scale for at, weight in weights.items()}
        if line in flag:
            # The slack counts in parts of the most that can be exceeded.
            slack = flag[line] + many
            row[slack] = -float(problem.excess[line]) / scale
            rows.append(({slack: 1.0, flag[line]: -1.0}, 0.0))
        rows.append((row, (problem.most[line] + EQUAL * abs(problem.most[line])) / scale))
    for position, demand in enumerate(problem.demands):
        row = dict.fromkeys(demand, -1.0)
        if problem.demand(position) in flag:
            row[flag[problem.demand(position)]] = -1.0
        rows.append((row, -1.0))
    value = np.zeros(size + 2 * many)
    if count is None:
        value[size : size + many] = 1.0
    else:
        rows.append((dict.fromkeys(flag.values(), 1.0), float(count)))
        for constraint, column in flag.items():
            if constraint < first:
                value[column + many] = float(problem.excess[constraint]) / scales[constraint]
            else:
                value[column] = 1.0 / scales[constraint]
    whole = np.concatenate([np.ones(size + many), np.zeros(many)])
    solution = solved(value, whole, rows, np.ones(len(value)), until)
    if solution.status == INFEASIBLE:
        return None
    if solution.x is None:
        if count is None:
            raise LateError
        return None
    chosen = frozenset(np.flatnonzero(np.rint(solution.x[:size])).tolist())
    return chosen, solution.status == 0


def _relaxation_of(
    problem: FeasibilityProblem,
    chosen: frozenset[int],
    ratios: Mapping[int, Ratio],
    *,
    is_proven: bool,
) -> LimitRelaxation:
    amounts = {}
    for constraint in problem.broken(chosen):
        if constraint < len(problem.rows):
            load = sum(problem.rows[constraint].get(at, 0.0) for at in chosen)
            amounts[constraint] = load - problem.most[constraint]
        else:
            amounts[constraint] = 1.0
    shares = {
        constraint: ratios[constraint].of(chosen) for constraint in amounts if constraint in ratios
    }
    return LimitRelaxation(amounts, shares, chosen, is_proven)


def relaxed(
    problem: FeasibilityProblem, relaxation: LimitRelaxation, ratios: Mapping[int, Ratio]
) -> FeasibilityProblem:
    """Return the problem with what gives way; a share is asked for as it remains."""
    rows, most = list(problem.rows), list(problem.most)
    given_up = {
        constraint - len(rows) for constraint in relaxation.amounts if constraint >= len(rows)
    }
    for constraint, amount in relaxation.amounts.items():
        if constraint in relaxation.shares:
            rows[constraint], most[constraint] = ratios[constraint].row(
                relaxation.shares[constraint]
            )
        elif constraint < len(rows):
            most[constraint] += amount
    demands = tuple(
        demand for position, demand in enumerate(problem.demands) if position not in given_up
    )
    return replace(problem, rows=tuple(rows), most=tuple(most), demands=demands)


def _shares_raised(
    problem: FeasibilityProblem,
    relaxation: LimitRelaxation,
    ratios: Mapping[int, Ratio],
    until: float,
) -> LimitRelaxation:
    """Raise each share that gives way as far as the rest lets it (Dinkelbach's steps)."""
    for constraint in relaxation.shares:
        while True:
            eased = relaxed(problem, relaxation, ratios)
            weights, _ = ratios[constraint].row(relaxation.shares[constraint])
            goal = {at: -weight for at, weight in weights.items()}
            everyone = dict.fromkeys((at for demand in eased.demands for at in demand), 0.0)
            try:
                better = best_choice(eased, eased.constraints, until, {**everyone, **goal})
            except LateError:
                return replace(relaxation, is_least_proven=False)
            if (
                better is None
                or compare(ratios[constraint].of(better.chosen), relaxation.shares[constraint]) <= 0
            ):
                break
            improved = _relaxation_of(
                problem, better.chosen, ratios, is_proven=relaxation.is_least_proven
            )
            if not improved.amounts.keys() <= relaxation.amounts.keys():
                break
            relaxation = replace(improved, shares={**relaxation.shares, **improved.shares})
    return relaxation


@dataclass(frozen=True)
class Displacement:
    """Needs given up so that one is met, the choice that shows it, and whether they are fewest."""

    given_up: frozenset[int]
    chosen: frozenset[int]
    is_fewest_proven: bool


def fewest_given_up(
    problem: FeasibilityProblem,
    needed: int,
    points: Mapping[int, float],
    until: float,
    witnesses: Sequence[frozenset[int]] = (),
) -> Displacement | None:
    """Find the fewest other demands to give up so that one is met, then the highest score.

    ``points``: Score of each option by position.
    ``until``: Monotonic time at which the search ends [s].

    What is given up; None where the one demand can't be met at all.

    Raises LateError: ``placement_out_of_time`` where nothing was found.
    """
    others = frozenset(range(len(problem.demands))) - {needed}
    fixed = problem.constraints - {problem.demand(position) for position in others}
    count = {at: 1.0 for position in others for at in problem.demands[position]}
    chosen = max(witnesses, key=lambda choice: sum(points[at] for at in choice), default=None)
    is_fewest = chosen is not None
    if chosen is None:
        most = best_choice(problem, fixed, until, count)
        if most is None:
            return None
        chosen, is_fewest = most.chosen, most.is_best
    try:
        many = float(sum(at in count for at in chosen))
        best = best_choice(
            problem, fixed, until, points, [Extra(dict.fromkeys(count, -1.0), -many)]
        )
    except LateError:
        best = None  # as many are met, with a lower score
    if best is not None and best.value > sum(points[at] for at in chosen):
        chosen = best.chosen
    met = {position for at in chosen for position in problem.owners[at]}
    return Displacement(others - met, chosen, is_fewest)


@dataclass(frozen=True)
class NearOptimal:
    """What counts as nearly as good: a placement of as many with at least this sum of scores.

    ``problem``: Limits and demands; demands are left aside.
    ``points``: Score of each option by position.
    ``selected``: The placement found.
    ``least``: The least sum of scores.
    ``excluded``: Options that no near-best placement has (``reduced_cost_fixed``).
    """

    problem: FeasibilityProblem
    points: Mapping[int, float]
    selected: frozenset[int]
    least: float
    excluded: frozenset[int] = frozenset()

    @property
    def value(self) -> float:
        """Sum of scores of the placement found."""
        return self.worth(self.selected)

    @property
    def limits(self) -> frozenset[int]:
        """Every limit that isn't given."""
        return frozenset(range(len(self.problem.rows))) - self.problem.hard

    @property
    def open(self) -> list[int]:
        """Options that a near-best placement may have."""
        return [at for at in range(self.problem.size) if at not in self.excluded]

    def worth(self, chosen: Collection[int]) -> float:
        """Return the sum of scores of a choice."""
        return sum(self.points[at] for at in chosen)

    def is_enough(self, value: float) -> bool:
        """Return whether a sum of scores is near-best."""
        return compare(value, self.least) >= 0

    def as_many(self) -> list[Extra]:
        """Ask for as many projects, on options that aren't hopeless."""
        many = Extra(dict.fromkeys(self.open, -1.0), -float(len(self.selected)))
        return [many, Extra(dict.fromkeys(self.excluded, 1.0), 0.0)] if self.excluded else [many]

    def as_good(self) -> list[Extra]:
        """Ask for the least sum of scores too."""
        least = self.least - EQUAL * abs(self.least)
        return [*self.as_many(), Extra({at: -self.points[at] for at in self.open}, -least)]


def near_optimal_moves(near: NearOptimal) -> list[frozenset[int]]:
    """Return near-best placements that differ by the site of one project."""
    loads = near.problem.loads(near.selected)
    placements = []
    for at in sorted(near.selected):
        alternatives = {other for line in near.problem.columns[at] if line in near.problem.hard
               for other in near.problem.rows[line]}  # fmt: skip
        for other in sorted(alternatives - {at}):
            worth = near.value - near.points[at] + near.points[other]
            if near.is_enough(worth) and near.problem.frees(loads, other, at):
                placements.append((near.selected - {at}) | {other})
    return placements


def reduced_cost_fixed(near: NearOptimal, until: float) -> NearOptimal:
    """Leave out options that no near-best placement can have, by the prices of the relaxation.

    Whatever the prices of limits and of the count, their bound on the sum of scores holds; forcing
    an option lowers it by what the best of its project is worth more.
    """
    problem = near.problem
    lines = sorted(near.limits)
    count = len(lines)
    rows = [*(problem.rows[line] for line in lines), dict.fromkeys(range(problem.size), -1.0)]
    rows += [problem.rows[line] for line in sorted(problem.hard)]
    most = [*(problem.most[line] for line in lines), -float(len(near.selected))]
    most += [problem.most[line] for line in sorted(problem.hard)]
    matrix = csr_array(
        (
            [weight for row in rows for weight in row.values()],
            ([n for n, row in enumerate(rows) for _ in row], [at for row in rows for at in row]),
        ),
        shape=(len(rows), problem.size),
    )
    points = np.array([near.points[at] for at in range(problem.size)])
    seconds = until - time.monotonic()
    if seconds <= 0:
        return near
    solution = linprog(
        -points, A_ub=matrix, b_ub=most, bounds=(0, 1), method="highs",
        options={"time_limit": seconds},
    )  # fmt: skip
    if solution.status != 0:
        return near
    price = np.maximum(0.0, -solution.ineqlin.marginals[: count + 1])
    worth = points - matrix[: count + 1].T @ price
    bound = float(price @ np.array(most[: count + 1]))
    excluded: set[int] = set()
    owned = [sorted(problem.rows[line]) for line in sorted(problem.hard)]
    free = sorted(set(range(problem.size)).difference(*owned))
    groups = [*owned, *([at] for at in free)]
    best = [max([0.0, *worth[group]]) for group in groups]
    bound += sum(best)
    for group, top in zip(groups, best, strict=True):
        excluded.update(at for at in group if not near.is_enough(bound - top + worth[at]))
    return replace(near, excluded=frozenset(excluded) - near.selected)


def never_changing(
    near: NearOptimal,
    until: float,
    witnesses: Collection[frozenset[int]] = (),
    tell: Callable[[dict[int, bool | None]], None] | None = None,
) -> dict[int, bool | None]:
    """Return for each assignment whether every near-best placement has it.

    A near-best placement that keeps as few as can be of those in question shows that the others
    can change; where it must keep all of them, none of them can.

    ``until``: Monotonic time at which the search ends [s].

    True, False, or None where time ended before it was known, by position of the option.
    """
    answer: dict[int, bool | None] = dict.fromkeys(sorted(near.selected))
    asked = set(near.selected).intersection(*witnesses)
    answer.update(dict.fromkeys(near.selected - asked, False))
    try:
        while asked:
            goal = {at: -float(at in asked) for at in near.open}
            best = best_choice(near.problem, near.limits, until, goal, near.as_good())
            if best is None:
                break
            gone = asked - best.chosen
            answer.update(dict.fromkeys(gone, False))
            asked -= gone
            if not gone:
                # One could still go if the bound leaves room for it.
                if -best.bound > len(asked) - 1 + 1e-6:
                    answer.update(dict.fromkeys(asked, True))
                break
            if tell is not None:
                tell(dict(answer))
    except LateError:
        pass  # the rest stays unknown
    return answer


def next_best(
    near: NearOptimal,
    count: int,
    until: float,
    witnesses: Collection[frozenset[int]] = (),
    tell: Callable[[list[frozenset[int]]], None] | None = None,
) -> tuple[list[frozenset[int]], bool]:
    """Return further near-best placements, the best first, each unlike all before it.

    ``until``: Monotonic time at which the search ends [s].
    ``witnesses``: Near-best placements known already, which stand in for what isn't found in time.

    The placements, and True where none was passed over for lack of time.
    """
    placements: list[frozenset[int]] = []
    is_proven = True
    cuts = [_unlike(near.selected)]
    known = sorted(
        set(witnesses), key=lambda placement: (-near.worth(placement), sorted(placement))
    )
    goal = {at: near.points[at] for at in near.open}
    while len(placements) < count:
        try:
            better = best_choice(near.problem, near.limits, until, goal, [*near.as_many(), *cuts])
        except LateError:
            is_proven = False
            break
        if better is None or not near.is_enough(better.value):
            is_proven = is_proven and (better is None or not near.is_enough(better.bound))
            break
        if known and near.worth(known[0]) > better.value:
            is_proven = False
            break
        is_proven = is_proven and better.is_best
        placements.append(better.chosen)
        known = [placement for placement in known if placement != better.chosen]
        cuts.append(_unlike(better.chosen))
        if tell is not None:
            tell(list(placements))
    placements += known[: count - len(placements)]
    return sorted(placements, key=lambda placement: -near.worth(placement)), is_proven


def _unlike(chosen: Collection[int]) -> Extra:
    return Extra(dict.fromkeys(chosen, 1.0), len(chosen) - 1.0)


@dataclass(frozen=True)
class Swap:
    """Two assignments whose projects can change places.

    ``before``: Positions of the options as placed.
    ``after``: Positions of those that take their place.
    ``loss``: By how much the sum of scores falls; below 0 where it rises.
    """

    before: tuple[int, int]
    after: tuple[int, int]
    loss: float


def swaps(near: NearOptimal, projects: Sequence[str], lands: Sequence[object]) -> list[Swap]:
    """Find pairs of projects that can change places within what counts as near-best.

    ``projects, lands``: Project and land of each option; land that is the same compares equal.
    """
    place = {(projects[at], lands[at]): at for at in range(near.problem.size)}
    chosen = sorted(near.selected)
    pairs = []
    for number, option in enumerate(chosen):
        for other in chosen[number + 1 :]:
            first = place.get((projects[option], lands[other]))
            second = place.get((projects[other], lands[option]))
            if first is None or second is None:
                continue
            after = (near.selected - {option, other}) | {first, second}
            value = near.worth(after)
            if not near.is_enough(value):
                continue
            if not near.problem.broken(after, near.limits):
                pairs.append(Swap((option, other), (first, second), near.value - value))
    return sorted(pairs, key=lambda swap: (swap.loss, swap.before))
