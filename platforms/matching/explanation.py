"""Why the first place is first, on what the others lose to it, and what would change that."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.units import compare
from platforms.matching.columns import Numbers
from platforms.matching.ranking import rank, scores
from platforms.matching.score import contributions
from platforms.matching.spans import losing_spans


@dataclass(frozen=True)
class Loss:
    """Points that a candidate loses to the first on one criterion.

    Attributes
    ----------
    criterion
        Place of the criterion.
    points
        Contribution of the first less its own, above 0 (of 100).
    """

    criterion: int
    points: float


@dataclass(frozen=True)
class Change:
    """A change of one figure that makes a candidate first, alone or shared.

    Attributes
    ----------
    criterion
        Place of the criterion.
    before
        Its value or weight now; None for a value that isn't known.
    after
        The value (0–1) or weight (0 and more) from which it is first.
    size
        How large the change is: of a value on its scale of 0 to 1, an unknown one counted from the
        score it now stands in for; of a weight as a part of the sum of weights.
    """

    criterion: int
    before: float | None
    after: float
    size: float


@dataclass(frozen=True)
class WouldBeFirst:
    """The smallest changes that make a candidate first.

    Attributes
    ----------
    value
        Of one value, None where no value of one criterion does.
    weight
        Of one weight, None where none does.
    """

    value: Change | None
    weight: Change | None


@dataclass(frozen=True)
class WeightRange:
    """The weights of one criterion between which the first place stands, the others fixed.

    Attributes
    ----------
    criterion
        Place of the criterion.
    low, high
        Ends of the range, both included; ``high`` is infinite where any larger weight does.
    """

    criterion: int
    low: float
    high: float


def first_of(values: Numbers, weights: Numbers) -> int | None:
    """Give the place of the first candidate in the order given; None where none has a score."""
    found = rank(values, weights)
    if not len(values) or np.isnan(found.score[found.order[0]]):
        return None
    return int(found.order[0])


def losses(values: Numbers, weights: Numbers, place: int) -> tuple[Loss, ...]:
    """Say on which criteria a candidate loses points to the first.

    Parameters
    ----------
    values
        n × k, 0 to 1, NaN where not known.
    weights
        k weights.
    place
        The candidate.

    Returns
    -------
    tuple of Loss
        The greatest first; less what it gains on the other criteria they are its distance to the
        first.
    """
    first = first_of(values, weights)
    if first is None:
        return ()
    points = contributions(values[[first, place]], weights)
    lost = points[0] - points[1]
    order = sorted(np.flatnonzero(lost > 0).tolist(), key=lambda at: (-lost[at], at))
    return tuple(Loss(at, float(lost[at])) for at in order)


def would_be_first(values: Numbers, weights: Numbers, place: int) -> WouldBeFirst | None:
    """Find the smallest change of one value, and of one weight, that makes a candidate first.

    Parameters
    ----------
    values
        n × k, 0 to 1, NaN where not known.
    weights
        k weights.
    place
        The candidate.

    Returns
    -------
    WouldBeFirst or None
        None where it is first already, or has no score.
    """
    points, _ = scores(values, weights)
    if np.isnan(points[place]) or compare(float(points[place]), float(np.nanmax(points))) == 0:
        return None
    return WouldBeFirst(
        _smallest(_value_changes(values, weights, place, points)),
        _smallest(_weight_changes(values, weights, place)),
    )


def weight_ranges(values: Numbers, weights: Numbers) -> tuple[WeightRange, ...]:
    """Find for each weight, the others fixed, the range in which the first place stands.

    Parameters
    ----------
    values
        n × k, 0 to 1, NaN where not known.
    weights
        k weights.

    Returns
    -------
    tuple of WeightRange
        One a criterion; the first place stands, alone or shared, at every weight of the range
        and not just beyond it. Empty where no candidate has a score.
    """
    first = first_of(values, weights)
    if first is None:
        return ()
    ranges = []
    for criterion, weight in enumerate(weights.tolist()):
        found = losing_spans(values, weights, first, criterion).around(weight)
        low, high = (weight, weight) if found is None else found
        ranges.append(WeightRange(criterion, low, high))
    return tuple(ranges)


def _smallest(changes: Sequence[Change]) -> Change | None:
    return min(changes, key=lambda change: (change.size, change.criterion), default=None)


def _value_changes(values: Numbers, weights: Numbers, place: int, points: Numbers) -> list[Change]:
    """Solve for each criterion the value at which the candidate reaches the first."""
    row = values[place]
    known = ~np.isnan(row)
    target = float(np.nanmax(points)) / 100
    own = float(points[place]) / 100
    changes = []
    for criterion in np.flatnonzero(weights > 0).tolist():
        rest = known.copy()
        rest[criterion] = False
        weight = float(weights[criterion])
        held = float(weights[rest].sum()) + weight
        after = (target * held - float(row[rest] @ weights[rest])) / weight
        if compare(after, 1.0) > 0:
            continue
        before = float(row[criterion]) if known[criterion] else None
        after = min(1.0, after)
        changes.append(
            Change(criterion, before, after, after - (own if before is None else before))
        )
    return changes


def _weight_changes(values: Numbers, weights: Numbers, place: int) -> list[Change]:
    total = float(weights.sum())
    changes = []
    for criterion, weight in enumerate(weights.tolist()):
        for after in losing_spans(values, weights, place, criterion).nearest(weight):
            changes.append(Change(criterion, weight, after, abs(after - weight) / total))
    return changes
