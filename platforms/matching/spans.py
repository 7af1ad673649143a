"""For which weights of one criterion a candidate leads: solved in closed form.

With ``A`` and ``K`` the sums of weight × value and of weight over the other criteria that have a
value, and ``k`` 1 where this one has (else 0), the score under the weight ``w`` is
``(A + w k v) / (K + w k)``: an unknown value gives its weight to the others. Two candidates held
against each other crosswise leave a polynomial of degree two at most, whose roots bound where one
of them leads.
"""

from dataclasses import dataclass

import numpy as np

from platforms.matching.columns import Flags, Numbers

SAME = 1e-12
"""Coefficients smaller than this part of what they are the difference of are rounding of 0."""

NEAR = 1e-9
"""Weights nearer than this part of each other are the same."""


@dataclass(frozen=True)
class Spans:
    """Open intervals of a weight in which a candidate doesn't lead, apart from each other.

    Attributes
    ----------
    low, high
        Their ends in rising order, -inf and inf included; arrays of m.
    """

    low: Numbers
    high: Numbers

    def around(self, weight: float) -> tuple[float, float] | None:
        """Give the weights around one, 0 and more, between which it leads; None: not there."""
        if self._covering(weight) is not None:
            return None
        slack = NEAR * max(abs(weight), 1.0)
        below = self.high[self.low < weight - slack]
        above = self.low[self.high > weight + slack]
        low = max(0.0, float(below.max(initial=-np.inf)))
        return min(low, weight), max(weight, float(above.min(initial=np.inf)))

    def nearest(self, weight: float) -> tuple[float, ...]:
        """Give the nearest weights below and above one where it leads; itself where it does."""
        covering = self._covering(weight)
        if covering is None:
            return (weight,)
        ends = float(self.low[covering]), float(self.high[covering])
        return tuple(end for end in ends if 0 <= end < np.inf)

    def _covering(self, weight: float) -> int | None:
        slack = NEAR * max(abs(weight), 1.0)
        found = np.flatnonzero((self.low < weight - slack) & (self.high > weight + slack))
        return int(found[0]) if len(found) else None


def losing_spans(values: Numbers, weights: Numbers, place: int, criterion: int) -> Spans:
    """Find the weights of one criterion under which another candidate is ahead of one.

    Parameters
    ----------
    values
        n × k, 0 to 1, NaN where not known.
    weights
        k weights; that of the criterion itself plays no part.
    place
        The candidate, which has some value.
    criterion
        The criterion whose weight is varied, the others fixed.

    Returns
    -------
    Spans
        Where it isn't first, alone or shared. A weight of 0 is a losing one where it would leave
        the candidate without a score.
    """
    known = ~np.isnan(values)
    others = np.delete(np.arange(values.shape[1]), criterion)
    filled = np.where(known, values, 0.0)
    points = filled[:, others] @ weights[others]
    held = known[:, others] @ weights[others]
    has, value = known[:, criterion].astype(float), filled[:, criterion]
    own = (points[place], held[place], has[place], value[place])
    rivals = np.arange(len(values)) != place
    low, high = _behind(own, points[rivals], held[rivals], has[rivals], value[rivals])
    if held[place] == 0:
        low, high = np.append(low, -np.inf), np.append(high, np.nextafter(0.0, 1.0))
    return _joined(low, high)


def _behind(
    own: tuple[float, float, float, float],
    points: Numbers,
    held: Numbers,
    has: Numbers,
    value: Numbers,
) -> tuple[Numbers, Numbers]:
    """Say between which weights one candidate is behind each of the others."""
    a, k, h, v = own
    square = _difference(h * v * has, has * value * h)
    linear = _sum(_difference(h * v * held, has * value * k), _difference(a * has, points * h))
    constant = _difference(a * held, points * k)
    return _negative(square, linear, constant)


def _difference(left: Numbers, right: Numbers) -> Numbers:
    """Subtract, rounding taken for the 0 it is."""
    return np.where(np.abs(left - right) <= SAME * np.maximum(left, right), 0.0, left - right)


def _sum(left: Numbers, right: Numbers) -> Numbers:
    whole = left + right
    rounding = np.abs(whole) <= SAME * np.maximum(np.abs(left), np.abs(right))
    return np.where(rounding, 0.0, whole)


def _negative(a: Numbers, b: Numbers, c: Numbers) -> tuple[Numbers, Numbers]:
    """Give the open intervals in which a x² + b x + c lies below 0."""
    inf = np.inf
    flat, line = (a == 0) & (b == 0), (a == 0) & (b != 0)
    curve = a != 0
    with np.errstate(divide="ignore", invalid="ignore"):
        cut = -c / b
        root = np.sqrt(b * b - 4 * a * c)
        # The larger of the two sums, so that nothing is lost by cancelling.
        half = -0.5 * (b + np.where(b >= 0, 1.0, -1.0) * root)
        one, other = half / a, np.where(half == 0, 0.0, c / half)
    first, second = np.fmin(one, other), np.fmax(one, other)
    real = curve & (b * b - 4 * a * c >= 0)
    below = real & (a < 0)
    spans = (
        (flat & (c < 0), -inf, inf), (line & (b > 0), -inf, cut), (line & (b < 0), cut, inf),
        (real & (a > 0), first, second), (below, -inf, first), (below, second, inf),
        (curve & ~real & (a < 0), -inf, inf),
    )  # fmt: skip
    low = [_taken(start, rows) for rows, start, _ in spans]
    high = [_taken(end, rows) for rows, _, end in spans]
    return np.concatenate(low), np.concatenate(high)


def _taken(ends: Numbers | float, rows: Flags) -> Numbers:
    taken: Numbers = np.broadcast_to(np.asarray(ends, dtype=float), rows.shape)[rows]
    return taken


def _joined(low: Numbers, high: Numbers) -> Spans:
    """Join intervals that overlap; those that only touch leave the point between them."""
    some = low < high
    order = np.argsort(low[some], kind="stable")
    low, high = low[some][order], high[some][order]
    if not len(low):
        return Spans(low, high)
    reach = np.maximum.accumulate(high)
    starts = np.append(True, low[1:] >= reach[:-1])
    ends = np.append(np.flatnonzero(starts)[1:] - 1, len(low) - 1)
    return Spans(low[starts], reach[ends])
