"""What a rule says of a subject, with reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from geo.errors import Value


@dataclass(frozen=True)
class Statement:
    """One thing said about a site, a gate or a figure.

    ``code``: Key of the sentence in the message catalogue.
    ``values``: The named values it mentions, unrounded, in the unit that the sentence states.
    """

    code: str
    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))


def say(code: str, /, **values: Value) -> Statement:
    """Make a statement.

    Parameters
    ----------
    code
        Key of the sentence; a test holds codes and values against the catalogue.
    **values
        The named values it mentions.

    Returns
    -------
    Statement
        The statement.

    Examples
    --------
    >>> say("size_short", area_mu=88.0).values["area_mu"]
    88.0
    """
    return Statement(code, MappingProxyType(values))


Outcome = Literal["met", "not_met", "no_data", "not_applicable"]
Force = Literal["mandatory", "principle", "target", "guidance"]
ForceStatus = Literal["in_force", "expired", "not_yet"]
Basis = Literal["cited", "derived", "assumed"]


@dataclass(frozen=True)
class Evidence:
    """Rows of one layer that stand behind a verdict.

    ``layer``: Layer or table.
    ``rows``: Keys of the rows.
    ``statement``: What they show, None where the rows speak for themselves.
    """

    layer: str
    rows: tuple[str, ...]
    statement: Statement | None = None


@dataclass(frozen=True)
class Verdict:
    """What a rule says of a unit, a platform or the city.

    ``rule_id, part``: Rule and the test in it (``A3`` has ``entry`` and ``2020``; otherwise
      empty).
    ``outcome``: ``met``, ``not_met``, ``no_data`` or ``not_applicable``; missing input is
      ``no_data``.
    ``measured, threshold``: Unrounded [unit], None where there is none.
    ``gap``: measured - threshold [unit], None where either is missing.
    ``unit``: Unit of the three figures.
    ``force, in_force, force_status``: Force of the rule's wording, and whether it holds on the
      as-of date.
    ``evidence``: The rows behind it.
    ``clause``: Document and clause.
    ``basis``: ``assumed`` where an assumption of the pack was used.
    ``assumptions``: Ids of the assumptions used (S1 ...).
    ``unit_id, platform_id``: The subject; None for the city as a whole.
    ``year``: Year of the figures, None where the rule has none.
    ``is_past_target``: True where the rule's target date lies before the as-of date (目标期已过).
    ``reasons``: Why it came out so: for ``no_data`` what is missing.
    """

    rule_id: str
    part: str
    outcome: Outcome
    measured: float | None
    threshold: float | None
    gap: float | None
    unit: str
    force: Force
    in_force: bool
    force_status: ForceStatus
    evidence: tuple[Evidence, ...]
    clause: str
    basis: Basis
    assumptions: tuple[str, ...] = ()
    unit_id: str | None = None
    platform_id: str | None = None
    year: int | None = None
    is_past_target: bool = False
    reasons: tuple[Statement, ...] = ()
