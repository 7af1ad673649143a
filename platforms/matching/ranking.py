"""Ranks by weights: a pure function of values and weights, fast enough for a slider."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.units import compare, compare_all

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """Scores and ranks of n candidates.

    Attributes
    ----------
    score
        100 × Σ weight × value ÷ Σ weight over the criteria that have a value (0–100), NaN where
        none of any weight has; array of n.
    confidence
        Part of the weight whose criteria have a value (0–1); array of n.
    rank
        Place by score from 1 on, equal scores share one, those without a score the last; array of
        n.
    order
        Positions by rank; candidates that tie stand in the order they were given; array of n.
    """

    score: Numbers
    confidence: Numbers
    rank: npt.NDArray[np.intp]
    order: npt.NDArray[np.intp]


def scores(values: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
    """Weigh values.

    Parameters
    ----------
    values
        n × k, 0 to 1, NaN where not known.
    weights
        k weights of 0 and more, not all 0.

    Returns
    -------
    score, confidence
        As in ``Ranking``.
    """
    known = ~np.isnan(values)
    held = known @ weights
    points = np.where(known, values, 0.0) @ weights
    score = np.full(len(values), np.nan)
    some = held > 0
    score[some] = 100 * points[some] / held[some]
    return score, held / weights.sum()


def rank(values: Numbers, weights: Numbers) -> Ranking:
    """Rank candidates.

    Parameters
    ----------
    values
        n × k, 0 to 1, NaN where not known.
    weights
        k weights of 0 and more, not all 0.

    Returns
    -------
    Ranking
        Scores, confidences, ranks.

    Examples
    --------
    >>> rank(np.array([[0.5, 1.0], [1.0, np.nan]]), np.array([3.0, 1.0])).rank.tolist()
    [2, 1]
    """
    score, confidence = scores(values, weights)
    by_score = np.argsort(-score, kind="stable")
    places = np.empty(len(score), dtype=np.intp)
    places[by_score] = _places(score[by_score])
    return Ranking(score, confidence, places, np.lexsort((np.arange(len(score)), places)))


def _places(falling: Numbers) -> npt.NDArray[np.intp]:
    """Give places to scores that fall: equal ones share one, those without a score the last."""
    count = int((~np.isnan(falling)).sum())
    starts = np.ones(len(falling), dtype=bool)
    if count:
        starts[1:count] = compare_all(falling[: count - 1], falling[1:count]) != 0
    starts[count + 1 :] = False
    # In a chain of near scores each is held against the first of its tie, not its neighbour.
    begins = np.flatnonzero(starts[:count])
    ends = np.append(begins[1:], count)
    for begin, end in zip(begins[ends - begins > 2], ends[ends - begins > 2], strict=True):
        first = begin
        for at in range(begin + 1, end):
            if compare(falling[first], falling[at]) != 0:
                starts[at], first = True, at
    return np.maximum.accumulate(np.where(starts, np.arange(1, len(falling) + 1), 0))
