"""What a gate answers: for all candidates at once, and put into words for one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from platforms.elements.room import Room, RoomKey
from platforms.matching.columns import Flags, SiteColumns
from platforms.matching.demand import Demand
from platforms.matching.project_standing import ProjectStanding
from platforms.matching.site import Site
from platforms.matching.table import MatchTable
from platforms.policy.dated import DatedRule, PolicySet
from platforms.statement import Statement, say
from platforms.verdict import Force, Outcome

Say = Callable[[Site], Statement]


@dataclass(frozen=True)
class Asking:
    """What candidates are held against.

    Attributes
    ----------
    demand
        What the project asks.
    policy
        Rules on the as-of date.
    table
        Weights, bounds and land uses.
    year
        Year of the quotas.
    rooms
        Quotas and what is taken of them, by unit or platform, element and pollutant.
    project
        What the rules say of the project itself.
    """

    demand: Demand
    policy: PolicySet
    table: MatchTable
    year: int
    rooms: Mapping[RoomKey, Room]
    project: ProjectStanding = field(default_factory=ProjectStanding)


@dataclass(frozen=True)
class Reason:
    """One way a gate may come out, with the sentence it says of a site."""

    outcome: Outcome
    said: Say


@dataclass(frozen=True)
class Answers:
    """The answer of one gate for n candidates.

    Attributes
    ----------
    reason
        Place in ``reasons`` of each candidate; array of n.
    reasons
        The ways the gate may come out.
    force
        Of the wording behind it: ``mandatory`` rejects, ``principle`` warns, ``target`` and
        ``guidance`` only score. What the project itself asks is mandatory.
    clause
        Document and clause, empty where the gate follows from the demand itself.
    """

    reason: npt.NDArray[np.intp]
    reasons: tuple[Reason, ...]
    force: Force = "mandatory"
    clause: str = ""

    def outcome_is(self, outcome: Outcome) -> Flags:
        """Say which candidates come out so; array of n."""
        return np.array([one.outcome == outcome for one in self.reasons], dtype=bool)[self.reason]


@dataclass(frozen=True)
class Gate:
    """The answer of one gate for one site.

    Attributes
    ----------
    gate
        Its name.
    outcome
        ``met``, ``not_met``, ``no_data`` or ``not_applicable``.
    statement
        Why.
    force, clause
        As in ``Answers``.
    """

    gate: str
    outcome: Outcome
    statement: Statement
    force: Force = "mandatory"
    clause: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it was neither passed nor set aside."""
        return self.outcome in ("not_met", "no_data")


GateRule = Callable[[SiteColumns, Asking], Answers]


def everywhere(columns: SiteColumns, outcome: Outcome, statement: Statement) -> Answers:
    """Give the same answer for every candidate."""
    return Answers(np.zeros(len(columns), dtype=np.intp), (Reason(outcome, lambda _: statement),))


def under_rule(
    columns: SiteColumns, asked: Asking, rule_id: str, part: str, answer: Callable[[], Answers]
) -> Answers:
    """Answer under a rule, where the active pack holds it and it is in force.

    Parameters
    ----------
    columns
        The candidates.
    asked
        What they are held against.
    rule_id, part
        The rule.
    answer
        Gives the answers where it binds.

    Returns
    -------
    Answers
        With the force and clause of the rule; ``not_applicable`` where no active pack has the
        rule, and where it is out of force.
    """
    dated = held_rule(asked.policy, rule_id, part)
    if dated is None:
        return everywhere(columns, "not_applicable", say("rule_not_held", rule=rule_id))
    found = answer() if dated.in_force else None
    if found is None:
        found = everywhere(columns, "not_applicable", say("rule_out_of_force"))
    return replace(found, force=dated.rule.force, clause=dated.clause)


def held_rule(policy: PolicySet, rule_id: str, part: str = "") -> DatedRule | None:
    """Give a rule where an active pack has it, else None."""
    return policy.rule(rule_id, part) if part in policy.parts(rule_id) else None
