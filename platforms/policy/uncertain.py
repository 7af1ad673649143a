"""Yes, no or not known: which rows meet conditions where values are missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from geo.arrays import Flags, Floats
from geo.units import compare_all
from platforms.policy.pack import Condition, Rule

SIGNS = MappingProxyType(
    {">=": (0, 1), ">": (1,), "<=": (-1, 0), "<": (-1,), "==": (0,), "share": (0, 1)}
)
"""What ``compare`` must give for each comparator to be met."""

COUNTERPARTS = MappingProxyType({"investment_yi_usd": "investment_yi_yuan"})
"""A project contracted in RMB has no amount in USD: that is known, not missing."""


@dataclass(frozen=True)
class Maybe:
    """A question asked of n rows, answered by yes, no or not known.

    ``yes``: Flags (n): the answer is yes.
    ``open``: Flags (n): the answer isn't known. No row is both; what is neither is a no.

    >>> industrial = Maybe(np.array([True, False, False]), np.array([False, True, False]))
    >>> dated = Maybe(np.array([True, True, False]), np.array([False, False, True]))
    >>> both = industrial & dated
    >>> both.yes.tolist(), both.open.tolist()
    ([True, False, False], [False, True, False])
    >>> (industrial | dated).open.tolist()
    [False, False, True]
    >>> (~industrial).yes.tolist(), (dated - industrial).open.tolist()
    ([False, False, True], [False, True, True])
    """

    yes: Flags
    open: Flags

    @classmethod
    def known(cls, yes: Flags) -> "Maybe":
        """Give the answer where nothing is open.

        >>> Maybe.known(np.array([True, False])).open.tolist()
        [False, False]
        """
        return cls(yes, np.zeros(len(yes), dtype=bool))

    @property
    def may(self) -> Flags:
        """Flags (n): the answer is yes or isn't known."""
        return self.yes | self.open

    def __and__(self, other: "Maybe") -> "Maybe":
        """Answer yes where both do: a no settles it, whatever the other is."""
        yes = self.yes & other.yes
        return Maybe(yes, self.may & other.may & ~yes)

    def __or__(self, other: "Maybe") -> "Maybe":
        """Answer yes where either does: a yes settles it, whatever the other is."""
        yes = self.yes | other.yes
        return Maybe(yes, (self.open | other.open) & ~yes)

    def __invert__(self) -> "Maybe":
        """Turn yes and no round; what isn't known stays so."""
        return Maybe(~self.may, self.open)

    def __sub__(self, other: "Maybe") -> "Maybe":
        """Answer yes where this does and the other says no."""
        return self & ~other

    def bounds(self, amounts: Floats | None = None) -> tuple[float, float]:
        """Count the rows, or add up their amounts, at least and at most.

        ``amounts``: One a row (n), none below 0; without them each row counts 1.

        With the rows not known left out, and counted in [unit of the amounts].

        >>> answer = Maybe(np.array([True, False, False]), np.array([False, True, False]))
        >>> answer.bounds(), answer.bounds(np.array([20.0, 5.0, 100.0]))
        ((1.0, 2.0), (20.0, 25.0))
        """
        weights = np.ones(len(self.yes)) if amounts is None else amounts
        least = float(weights[self.yes].sum())
        return least, least + float(weights[self.open].sum())


def conditions_on(rule: Rule, layer: str) -> tuple[Condition, ...]:
    """List the conditions that a rule puts on rows of one layer.

    In the order of the rule.
    """
    return tuple(condition for condition in rule.where if condition.layer == layer)


def rows_meeting(rows: pd.DataFrame, conditions: Sequence[Condition]) -> Maybe:
    """Say which rows meet all conditions.

    ``rows``: Rows of the layer that the conditions speak of, with the columns that they name.
    ``conditions``: The conditions; none: every row meets them.

    By position. A row whose value is missing is open, unless another condition rules it out. A
    project with an amount in RMB and none in USD is contracted in RMB, so it lies under no
    threshold in USD. Amounts equal a threshold within a relative 1e-9.
    """
    answer = Maybe.known(np.ones(len(rows), dtype=bool))
    for condition in conditions:
        answer &= _meeting_one(rows, condition)
    return answer


def _meeting_one(rows: pd.DataFrame, condition: Condition) -> Maybe:
    column, value = rows[condition.column], condition.value
    missing = column.isna().to_numpy(dtype=bool)
    if isinstance(value, bool):
        yes = column.eq(value).fillna(value=False).to_numpy(dtype=bool)
    elif isinstance(value, tuple):
        yes = column.isin(value).to_numpy(dtype=bool)
    else:
        amounts = column[~missing].to_numpy(dtype=float)
        yes = np.zeros(len(rows), dtype=bool)
        yes[~missing] = np.isin(compare_all(amounts, value), SIGNS[condition.comparator])
    counterpart = COUNTERPARTS.get(condition.column)
    if counterpart is not None and counterpart in rows:
        missing = missing & rows[counterpart].isna().to_numpy(dtype=bool)
    return Maybe(yes & ~missing, missing)
