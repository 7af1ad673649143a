"""The score of one candidate with its parts."""

from dataclasses import dataclass

import numpy as np

from platforms.matching.columns import Numbers


@dataclass(frozen=True)
class Criterion:
    """One part of a score.

    Attributes
    ----------
    criterion
        Its name.
    value
        0 to 1, None where its input is missing.
    weight
        Its weight.
    contribution
        Points it adds to the score of at most 100; 0 where it has no value.
    """

    criterion: str
    value: float | None
    weight: float
    contribution: float


@dataclass(frozen=True)
class Score:
    """A score with its parts.

    Attributes
    ----------
    score
        0 to 100, None where no criterion of any weight has a value.
    confidence
        Part of the weight whose criteria have a value (0–1).
    criteria
        The parts, in the order of the table.
    """

    score: float | None
    confidence: float
    criteria: tuple[Criterion, ...]


def contributions(values: Numbers, weights: Numbers) -> Numbers:
    """Give the points that each criterion adds.

    Parameters
    ----------
    values
        n × k, 0 to 1, NaN where not known.
    weights
        k weights.

    Returns
    -------
    array of float
        n × k points, each row adding up to its score; 0 where not known.
    """
    known = ~np.isnan(values)
    held = known @ weights
    points = np.where(known, values, 0.0) * weights
    shares: Numbers = 100 * points / np.where(held > 0, held, 1.0)[:, None]
    return shares


def score_of(values: Numbers, weights: Numbers, names: tuple[str, ...]) -> Score:
    """Score one candidate.

    Parameters
    ----------
    values, weights
        Of its k criteria; a value is NaN where not known.
    names
        Their names.

    Returns
    -------
    Score
        With every part.
    """
    known = ~np.isnan(values)
    held = float(weights[known].sum())
    points = contributions(values[None, :], weights)[0]
    parts = tuple(
        Criterion(name, float(value) if there else None, float(weight), float(given))
        for name, value, there, weight, given in zip(
            names, values, known, weights, points, strict=True
        )
    )
    score = float(points.sum()) if held > 0 else None
    return Score(score, held / float(weights.sum()), parts)
