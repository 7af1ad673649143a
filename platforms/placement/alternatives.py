"""Placements nearly as good: what never changes, what can swap, and the next best ones."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from platforms.placement.case import Case, Extra, LateError, best_choice


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
    """

    case: Case
    points: Mapping[int, float]
    taken: frozenset[int]
    least: float

    @property
    def value(self) -> float:
        """Sum of scores of the placement found."""
        return sum(self.points[at] for at in self.taken)

    @property
    def limits(self) -> frozenset[int]:
        """Every limit that isn't given."""
        return frozenset(range(len(self.case.rows))) - self.case.given

    def extra(self) -> list[Extra]:
        """Ask for as many projects and for the least sum of scores."""
        slack = 1e-9 * abs(self.least)
        everyone = range(self.case.size)
        return [
            Extra(dict.fromkeys(everyone, -1.0), -float(len(self.taken))),
            Extra({at: -self.points[at] for at in everyone}, -self.least + slack),
        ]


def never_changing(
    near: Near, until: float, tell: Callable[[dict[int, bool | None]], None] | None = None
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
    tell
        Told what is known after each step.

    Returns
    -------
    dict
        True, False, or None where time ended before it was known, by position of the option.
    """
    answer: dict[int, bool | None] = dict.fromkeys(sorted(near.taken))
    asked = set(near.taken)
    try:
        while asked:
            goal = {at: -float(at in asked) for at in range(near.case.size)}
            found = best_choice(near.case, near.limits, until, goal, near.extra())
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
    try:
        while len(found) < count:
            better = best_choice(
                near.case, near.limits, until, near.points, [*near.extra(), *cuts]
            )  # fmt: skip
            if better is None:
                break
            is_proven = is_proven and better.is_best
            found.append(better.chosen)
            cuts.append(_unlike(better.chosen))
            if tell is not None:
                tell(list(found))
    except LateError:
        is_proven = False
    return found, is_proven


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
            value = sum(near.points[at] for at in after)
            if value < near.least - 1e-9 * abs(near.least):
                continue
            if not near.case.broken(after, near.limits):
                found.append(Swap((one, other), (first, second), near.value - value))
    return sorted(found, key=lambda swap: (swap.loss, swap.given))
