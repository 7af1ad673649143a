"""Which rows meet the conditions of a rule, and which may: a missing value decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.units import compare
from platforms.policy.rules import Condition, Rule

Mask = npt.NDArray[np.bool_]

SIGNS = {">=": (0, 1), ">": (1,), "<=": (-1, 0), "<": (-1,), "==": (0,)}
COUNTERPARTS = {"investment_yi_usd": "investment_yi_yuan"}
"""A project contracted in RMB has no amount in USD: that is known, not missing."""


@dataclass(frozen=True)
class Fit:
    """Which rows fit.

    Attributes
    ----------
    yes
        Rows that fit for certain.
    open
        Rows of which that can't be told; the rest don't fit.
    """

    yes: Mask
    open: Mask

    def __and__(self, other: "Fit") -> "Fit":
        """Give the rows that fit both."""
        either = (self.yes | self.open) & (other.yes | other.open)
        both = self.yes & other.yes
        return Fit(both, either & ~both)

    def minus(self, other: "Fit") -> "Fit":
        """Give the rows that fit this and not the other."""
        return self & Fit(~(other.yes | other.open), other.open)


def conditions_on(rule: Rule, layer: str) -> tuple[Condition, ...]:
    """Give the conditions that a rule puts on rows of one layer."""
    return tuple(condition for condition in rule.where if condition.layer == layer)


def fitting(frame: pd.DataFrame, conditions: Sequence[Condition]) -> Fit:
    """Say which rows meet all conditions.

    Parameters
    ----------
    frame
        Rows of the layer that the conditions speak of.
    conditions
        The conditions; none: every row fits.

    Returns
    -------
    Fit
        By position. A row whose value is missing is open, unless another condition rules it out.
        A project with an amount in RMB and none in USD is contracted in RMB, so it lies under no
        threshold in USD.
    """
    everything = np.ones(len(frame), dtype=bool)
    fit = Fit(everything, ~everything)
    for condition in conditions:
        fit &= _one(frame, condition)
    return fit


def _one(frame: pd.DataFrame, condition: Condition) -> Fit:
    column = frame[condition.column]
    missing = column.isna().to_numpy(dtype=bool)
    value = condition.value
    if isinstance(value, bool):
        yes = column.eq(value).fillna(value=False).to_numpy(dtype=bool)
    elif isinstance(value, tuple):
        yes = column.isin(value).to_numpy(dtype=bool)
    else:
        signs = SIGNS[condition.comparator]
        yes = np.array(
            [not lost and compare(float(v), value) in signs
             for v, lost in zip(column, missing, strict=True)],
            dtype=bool,
        )  # fmt: skip
    other = COUNTERPARTS.get(condition.column)
    if other is not None and other in frame:
        missing = missing & frame[other].isna().to_numpy(dtype=bool)
    return Fit(yes & ~missing, missing)
