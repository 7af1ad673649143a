"""Why a candidate ranks first, and which change of a value or weight would change that."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.arrays import Floats
from geo.units import compare
from platforms.matching.scoring import contributions, rank, scores

SAME = 1e-12
"""Coefficients smaller than this part of what they are the difference of are rounding of 0."""

NEAR = 1e-9
"""Weights nearer than this part of each other are the same."""


@dataclass(frozen=True)
class WeightIntervals:
    """Open intervals of a weight in which a candidate doesn't lead, apart from each other.

    ``low, high``: Their ends in rising order, -inf and inf included; arrays of m.
    """

    low: Floats
    high: Floats

    def around(self, weight: float) -> tuple[float, float] | None:
        """Return the weights around one, 0 and more, between which it leads; None: not there."""
        if self._covering(weight) is not None:
            return None
        slack = NEAR * max(abs(weight), 1.0)
        below = self.high[self.low < weight - slack]
        above = self.low[self.high > weight + slack]
        low = max(0.0, float(below.max(initial=-np.inf)))
        return min(low, weight), max(weight, float(above.min(initial=np.inf)))

    def nearest(self, weight: float) -> tuple[float, ...]:
        """Return the nearest weights below and above one where it leads; itself where it does."""
        covering = self._covering(weight)
        if covering is None:
            return (weight,)
        ends = float(self.low[covering]), float(self.high[covering])
        return tuple(end for end in ends if 0 <= end < np.inf)

    def _covering(self, weight: float) -> int | None:
        slack = NEAR * max(abs(weight), 1.0)
        covering = np.flatnonzero((self.low < weight - slack) & (self.high > weight + slack))
        return int(covering[0]) if len(covering) else None


def losing_intervals(
    values: Floats, weights: Floats, place: int, criterion: int
) -> WeightIntervals:
    """Find the weights of one criterion under which another candidate is ahead of one.

    ``values``: n × k, 0 to 1, NaN where not known.
    ``weights``: k weights; that of the criterion itself plays no part.

    Where it isn't first by the lower ends, alone or shared.
    """
    others = np.delete(np.arange(values.shape[1]), criterion)
    filled = np.where(np.isnan(values), 0.0, values)
    points, value = filled[:, others] @ weights[others], filled[:, criterion]
    rivals = np.arange(len(values)) != place
    lead = _difference(points[place], points[rivals])
    slope = _difference(value[place], value[rivals])
    with np.errstate(divide="ignore", invalid="ignore"):
        cut = -lead / slope
    always, inf = (slope == 0) & (lead < 0), np.full(len(cut), np.inf)
    low = np.concatenate([-inf[always], -inf[slope > 0], cut[slope < 0]])
    high = np.concatenate([inf[always], cut[slope > 0], inf[slope < 0]])
    if weights[others].sum() == 0:  # a table without any weight ranks nothing
        low, high = np.append(low, -np.inf), np.append(high, np.nextafter(0.0, 1.0))
    return _joined(low, high)


def _difference(left: Floats, right: Floats) -> Floats:
    """Subtract, rounding taken for the 0 it is."""
    whole = left - right
    return np.where(np.abs(whole) <= SAME * np.maximum(np.abs(left), np.abs(right)), 0.0, whole)


def _joined(low: Floats, high: Floats) -> WeightIntervals:
    """Join intervals that overlap; those that only touch leave the point between them."""
    some = low < high
    order = np.argsort(low[some], kind="stable")
    low, high = low[some][order], high[some][order]
    if not len(low):
        return WeightIntervals(low, high)
    furthest = np.maximum.accumulate(high)
    starts = np.append(True, low[1:] >= furthest[:-1])
    ends = np.append(np.flatnonzero(starts)[1:] - 1, len(low) - 1)
    return WeightIntervals(low[starts], furthest[ends])


@dataclass(frozen=True)
class Loss:
    """Points that a candidate loses to the first on one criterion.

    ``criterion``: Place of the criterion.
    ``points``: Contribution of the first less its own, above 0 (of 100).
    """

    criterion: int
    points: float


@dataclass(frozen=True)
class Change:
    """A change of one figure that makes a candidate first, alone or shared.

    ``criterion``: Place of the criterion.
    ``before``: Its value or weight now; None for a value that isn't known.
    ``after``: The value (0–1) or weight (0 and more) from which it is first.
    ``size``: How large the change is: of a value on its scale of 0 to 1, an unknown one counted
      from 0; of a weight as a part of the sum of weights.
    """

    criterion: int
    before: float | None
    after: float
    size: float


@dataclass(frozen=True)
class WouldBeFirst:
    """The smallest changes that make a candidate first.

    ``value``: Of one value, None where no value of one criterion does.
    ``weight``: Of one weight, None where none does.
    """

    value: Change | None
    weight: Change | None


@dataclass(frozen=True)
class WeightRange:
    """The weights of one criterion between which the first place stands, the others fixed.

    ``criterion``: Place of the criterion.
    ``low, high``: Ends of the range, both included; ``high`` is infinite where any larger weight
      does.
    """

    criterion: int
    low: float
    high: float


def first_of(values: Floats, weights: Floats) -> int | None:
    """Return the place of the first candidate in the order given; None where there is none."""
    return int(rank(values, weights).order[0]) if len(values) else None


def losses(values: Floats, weights: Floats, place: int) -> tuple[Loss, ...]:
    """Return on which criteria a candidate loses points to the first.

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


def would_be_first(values: Floats, weights: Floats, place: int) -> WouldBeFirst | None:
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
        None where it is first already.
    """
    low = scores(values, weights)[0]
    if compare(float(low[place]), float(low.max())) == 0:
        return None
    return WouldBeFirst(
        _smallest(_value_changes(values, weights, place, float(low.max()))),
        _smallest(_weight_changes(values, weights, place)),
    )


def weight_ranges(values: Floats, weights: Floats) -> tuple[WeightRange, ...]:
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
        and not just beyond it. Empty where there is no candidate.
    """
    first = first_of(values, weights)
    if first is None:
        return ()
    ranges = []
    for criterion, weight in enumerate(weights.tolist()):
        interval = losing_intervals(values, weights, first, criterion).around(weight)
        low, high = (weight, weight) if interval is None else interval
        ranges.append(WeightRange(criterion, low, high))
    return tuple(ranges)


def _smallest(changes: Sequence[Change]) -> Change | None:
    return min(changes, key=lambda change: (change.size, change.criterion), default=None)


def _value_changes(values: Floats, weights: Floats, place: int, target: float) -> list[Change]:
    """Solve for each criterion the value at which the candidate reaches the first's lower end."""
    row = values[place]
    filled = np.where(np.isnan(row), 0.0, row)
    wanted = target / 100 * float(weights.sum())
    changes = []
    for criterion in np.flatnonzero(weights > 0).tolist():
        rest = float(filled @ weights - filled[criterion] * weights[criterion])
        after = (wanted - rest) / float(weights[criterion])
        if compare(after, 1.0) > 0:
            continue
        before = None if np.isnan(row[criterion]) else float(row[criterion])
        after = min(1.0, after)
        changes.append(Change(criterion, before, after, after - filled[criterion]))
    return changes


def _weight_changes(values: Floats, weights: Floats, place: int) -> list[Change]:
    total = float(weights.sum())
    changes = []
    for criterion, weight in enumerate(weights.tolist()):
        for after in losing_intervals(values, weights, place, criterion).nearest(weight):
            changes.append(Change(criterion, weight, after, abs(after - weight) / total))
    return changes
