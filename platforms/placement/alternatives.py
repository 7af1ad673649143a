"""Placements nearly as good: what never changes, what can swap, and the next best ones."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from geo.units import compare
from platforms.placement.case import EQUAL, Case, Extra, LateError, best_choice


@dataclass(frozen=True)
class Near:
    """What counts as nearly as good: a placement of as many with at least this sum of scores.

    Attributes
    ----------
    case
        Limits and needs; needs are left aside.
    points
        Score of each option by position.
    taken
        The placement found.
    least
        The least sum of scores.
    excluded
        Options that no near-best placement has (``without_hopeless``).
    """

    case: Case
    points: Mapping[int, float]
    taken: frozenset[int]
    least: float
    excluded: frozenset[int] = frozenset()

    @property
    def value(self) -> float:
        """Sum of scores of the placement found."""
        return self.worth(self.taken)

    @property
    def limits(self) -> frozenset[int]:
        """Every limit that isn't given."""
        return frozenset(range(len(self.case.rows))) - self.case.given

    @property
    def open(self) -> list[int]:
        """Options that a near-best placement may have."""
        return [at for at in range(self.case.size) if at not in self.excluded]

    def worth(self, chosen: Collection[int]) -> float:
        """Give the sum of scores of a choice."""
        return sum(self.points[at] for at in chosen)

    def is_enough(self, value: float) -> bool:
        """Tell whether a sum of scores is near-best."""
        return compare(value, self.least) >= 0

    def as_many(self) -> list[Extra]:
        """Ask for as many projects, on options that aren't hopeless."""
        many = Extra(dict.fromkeys(self.open, -1.0), -float(len(self.taken)))
        return [many, Extra(dict.fromkeys(self.excluded, 1.0), 0.0)] if self.excluded else [many]

    def as_good(self) -> list[Extra]:
        """Ask for the least sum of scores too."""
        least = self.least - EQUAL * abs(self.least)
        return [*self.as_many(), Extra({at: -self.points[at] for at in self.open}, -least)]


def near_moves(near: Near) -> list[frozenset[int]]:
    """Give near-best placements that differ by the site of one project."""
    loads = near.case.loads(near.taken)
    found = []
    for at in sorted(near.taken):
        own = {other for line in near.case.columns[at] if line in near.case.given
               for other in near.case.rows[line]}  # fmt: skip
        for other in sorted(own - {at}):
            worth = near.value - near.points[at] + near.points[other]
            if near.is_enough(worth) and near.case.frees(loads, other, at):
                found.append((near.taken - {at}) | {other})
    return found


def without_hopeless(near: Near, until: float) -> Near:
    """Leave out options that no near-best placement can have, by the prices of the relaxation.

    Whatever the prices of limits and of the count, their bound on the sum of scores holds; forcing
    an option lowers it by what the best of its project is worth more.
    """
    case = near.case
    lines = sorted(near.limits)
    count = len(lines)
    rows = [*(case.rows[line] for line in lines), dict.fromkeys(range(case.size), -1.0)]
    rows += [case.rows[line] for line in sorted(case.given)]
    most = [*(case.most[line] for line in lines), -float(len(near.taken))]
    most += [case.most[line] for line in sorted(case.given)]
    matrix = csr_array(
        (
            [weight for row in rows for weight in row.values()],
            ([n for n, row in enumerate(rows) for _ in row], [at for row in rows for at in row]),
        ),
        shape=(len(rows), case.size),
    )
    points = np.array([near.points[at] for at in range(case.size)])
    seconds = until - time.monotonic()
    if seconds <= 0:
        return near
    found = linprog(
        -points, A_ub=matrix, b_ub=most, bounds=(0, 1), method="highs",
        options={"time_limit": seconds},
    )  # fmt: skip
    if found.status != 0:
        return near
    price = np.maximum(0.0, -found.ineqlin.marginals[: count + 1])
    worth = points - matrix[: count + 1].T @ price
    bound = float(price @ np.array(most[: count + 1]))
    excluded: set[int] = set()
    owned = [sorted(case.rows[line]) for line in sorted(case.given)]
    free = sorted(set(range(case.size)).difference(*owned))
    groups = [*owned, *([at] for at in free)]
    best = [max([0.0, *worth[own]]) for own in groups]
    bound += sum(best)
    for own, top in zip(groups, best, strict=True):
        excluded.update(at for at in own if not near.is_enough(bound - top + worth[at]))
    return replace(near, excluded=frozenset(excluded) - near.taken)


def never_changing(
    near: Near,
    until: float,
    shown: Collection[frozenset[int]] = (),
    tell: Callable[[dict[int, bool | None]], None] | None = None,
) -> dict[int, bool | None]:
    """Say of each assignment whether every near-best placement has it.

    A near-best placement that keeps as few as can be of those in question shows that the others
    can change; where it must keep all of them, none of them can.

    Parameters
    ----------
    near
        What counts as near-best.
    until
        Monotonic time at which the search ends [s].
    shown
        Near-best placements known already.
    tell
        Told what is known after each step.

    Returns
    -------
    dict
        True, False, or None where time ended before it was known, by position of the option.
    """
    answer: dict[int, bool | None] = dict.fromkeys(sorted(near.taken))
    asked = set(near.taken).intersection(*shown)
    answer.update(dict.fromkeys(near.taken - asked, False))
    try:
        while asked:
            goal = {at: -float(at in asked) for at in near.open}
            found = best_choice(near.case, near.limits, until, goal, near.as_good())
            if found is None:
                break
            gone = asked - found.chosen
            answer.update(dict.fromkeys(gone, False))
            asked -= gone
            if not gone:
                # One could still go if the bound leaves room for it.
                if -found.bound > len(asked) - 1 + 1e-6:
                    answer.update(dict.fromkeys(asked, True))
                break
            if tell is not None:
                tell(dict(answer))
    except LateError:
        pass  # the rest stays unknown
    return answer


def next_best(
    near: Near,
    count: int,
    until: float,
    shown: Collection[frozenset[int]] = (),
    tell: Callable[[list[frozenset[int]]], None] | None = None,
) -> tuple[list[frozenset[int]], bool]:
    """Give further near-best placements, the best first, each unlike all before it.

    Parameters
    ----------
    near
        What counts as near-best.
    count
        So many at most.
    until
        Monotonic time at which the search ends [s].
    shown
        Near-best placements known already, which stand in for what isn't found in time.
    tell
        Told those found after each step.

    Returns
    -------
    list of frozenset, bool
        The placements, and True where none was passed over for lack of time.
    """
    found: list[frozenset[int]] = []
    is_proven = True
    cuts = [_unlike(near.taken)]
    known = sorted(set(shown), key=lambda one: (-near.worth(one), sorted(one)))
    goal = {at: near.points[at] for at in near.open}
    while len(found) < count:
        try:
            better = best_choice(near.case, near.limits, until, goal, [*near.as_many(), *cuts])
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
        found.append(better.chosen)
        known = [one for one in known if one != better.chosen]
        cuts.append(_unlike(better.chosen))
        if tell is not None:
            tell(list(found))
    found += known[: count - len(found)]
    return sorted(found, key=lambda one: -near.worth(one)), is_proven


def _unlike(chosen: Collection[int]) -> Extra:
    return Extra(dict.fromkeys(chosen, 1.0), len(chosen) - 1.0)


@dataclass(frozen=True)
class Swap:
    """Two assignments whose projects can change places.

    Attributes
    ----------
    given
        Positions of the options taken.
    taken
        Positions of those that take their place.
    loss
        By how much the sum of scores falls; below 0 where it rises.
    """

    given: tuple[int, int]
    taken: tuple[int, int]
    loss: float


def swaps(near: Near, projects: Sequence[str], grounds: Sequence[object]) -> list[Swap]:
    """Find pairs of projects that can change places within what counts as near-best.

    Parameters
    ----------
    near
        What counts as near-best.
    projects, grounds
        Project and land of each option; land that is the same compares equal.

    Returns
    -------
    list of Swap
        The smallest loss first.
    """
    place = {(projects[at], grounds[at]): at for at in range(near.case.size)}
    chosen = sorted(near.taken)
    found = []
    for number, one in enumerate(chosen):
        for other in chosen[number + 1 :]:
            first = place.get((projects[one], grounds[other]))
            second = place.get((projects[other], grounds[one]))
            if first is None or second is None:
                continue
            after = (near.taken - {one, other}) | {first, second}
            value = near.worth(after)
            if not near.is_enough(value):
                continue
            if not near.case.broken(after, near.limits):
                found.append(Swap((one, other), (first, second), near.value - value))
    return sorted(found, key=lambda swap: (swap.loss, swap.given))
