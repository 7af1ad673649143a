"""Who may talk with the investor of a project now, and which unit may take it (B5, C5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pandas as pd

from platforms.policy.dated import PolicySet
from platforms.projects.claims import Claim, TalksQuestion, claims_on
from platforms.projects.rows import project_row, text_of
from platforms.statement import Statement, say
from platforms.verdict import Basis, Force, ForceStatus, Outcome

State = Literal["free", "held_by_own_unit", "held_by_other", "review", "no_data"]


@dataclass(frozen=True)
class Exclusivity:
    """Who holds a project at a moment, as one unit sees it.

    Attributes
    ----------
    project_id, unit_id
        The project, and the unit that asks.
    state
        ``free``, ``held_by_own_unit``, ``held_by_other``, ``review`` (a person has to compare two
        projects), ``no_data``.
    holder_unit_id, holder_project_id
        Who holds it, or may hold it, by which row of the ledger; None where nobody does.
    until
        When that ends, to the minute and with the offset; None where it has no end.
    reasons
        Why.
    rule_id, clause, force, force_status, basis, assumptions
        Of the rule that decides; None and empty where none does.
    """

    project_id: str
    unit_id: str | None
    state: State
    reasons: tuple[Statement, ...]
    holder_unit_id: str | None = None
    holder_project_id: str | None = None
    until: datetime | None = None
    rule_id: str | None = None
    clause: str = ""
    force: Force | None = None
    force_status: ForceStatus | None = None
    basis: Basis | None = None
    assumptions: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Whether the unit may take the project: ``not_met`` where another one holds it.

        ``not_applicable`` where the rule that would shut it out isn't in force.
        """
        if self.state in ("free", "held_by_own_unit"):
            return "met"
        if self.force_status != "in_force" and self.state == "held_by_other":
            return "not_applicable"
        return "not_met" if self.state == "held_by_other" else "no_data"


def exclusivity(
    question: TalksQuestion, projects: pd.DataFrame, events: pd.DataFrame, policy: PolicySet
) -> Exclusivity:
    """Say who holds a project, as seen by the unit it is on file with.

    Parameters
    ----------
    question
        The project, the moment, and what is known beside the ledger.
    projects, events
        Tables ``projects`` and ``project_events``.
    policy
        Rules on the as-of date.

    Returns
    -------
    Exclusivity
        The answer.

    Raises
    ------
    PlanningError
        ``project_not_on_file``, ``moment_bad``.

    Notes
    -----
    B5 《进一步推动招大引强工作实施方案》 二（一）3; C5 嘉政办发〔2018〕52号 四（二）.
    """
    own = text_of(project_row(projects, question.project_id), "unit_id")
    return exclusivity_by_unit(question, [own], projects, events, policy)[0]


def exclusivity_by_unit(
    question: TalksQuestion,
    unit_ids: Sequence[str | None],
    projects: pd.DataFrame,
    events: pd.DataFrame,
    policy: PolicySet,
) -> tuple[Exclusivity, ...]:
    """Say of each candidate unit whether it may take the project now.

    Parameters
    ----------
    question
        The project, the moment, and what is known beside the ledger.
    unit_ids
        Candidate units; None for a unit that isn't known.
    projects, events
        Tables ``projects`` and ``project_events``.
    policy
        Rules on the as-of date.

    Returns
    -------
    tuple of Exclusivity
        One a unit, in the order given; ``outcome`` says whether it may.

    Raises
    ------
    PlanningError
        ``project_not_on_file``, ``moment_bad``.
    """
    claims = claims_on(question, projects, events, policy)
    return tuple(_seen_by(unit_id, claims, question.project_id, policy) for unit_id in unit_ids)


def _seen_by(
    unit_id: str | None, claims: tuple[Claim, ...], project_id: str, policy: PolicySet
) -> Exclusivity:
    if not (policy.parts("B5") or policy.parts("C5")):
        return Exclusivity(project_id, unit_id, "free", (say("talks_no_rule"),))
    if not claims:
        return Exclusivity(project_id, unit_id, "free", (say("talks_free"),))
    if unit_id is None or any(claim.unit_id is None for claim in claims):
        return _held(project_id, unit_id, "no_data", claims[0], say("talks_unit_unknown"))
    others = [claim for claim in claims if claim.unit_id != unit_id]
    own = [claim for claim in claims if claim.unit_id == unit_id]
    against = [claim for claim in others if claim.doubt is None]
    mine = [claim for claim in own if claim.doubt is None]
    if against and own:
        # a doubtful claim came before the certain one, or it would not be among them
        both = say("talks_two_claims", unit_id=unit_id)
        return _held(
            project_id, unit_id, own[0].doubt or "review", against[0], both, own[0].statement
        )
    if against:
        return _held(project_id, unit_id, "held_by_other", _last(against))
    if others:
        worst = next((claim for claim in others if claim.doubt == "review"), others[0])
        return _held(project_id, unit_id, worst.doubt or "review", worst)
    if mine:
        return _held(project_id, unit_id, "held_by_own_unit", _last(mine))
    # a doubtful claim of one's own keeps nobody out: the project is free or held by this unit
    return _held(project_id, unit_id, "free", own[0], say("talks_free"))


def _last(claims: list[Claim]) -> Claim:
    """Choose the claim that lasts longest; one without end lasts longest of all."""
    ends = [float("inf") if one.until is None else one.until.timestamp() for one in claims]
    return claims[ends.index(max(ends))]


def _held(
    project_id: str, unit_id: str | None, state: State, claim: Claim, *said: Statement
) -> Exclusivity:
    doubt = () if claim.why_doubt is None else (claim.why_doubt,)
    dated = claim.rule
    return Exclusivity(
        project_id=project_id,
        unit_id=unit_id,
        state=state,
        reasons=(claim.statement, *doubt, *said),
        holder_unit_id=claim.unit_id,
        holder_project_id=claim.project_id,
        until=claim.until,
        rule_id=dated.rule.rule_id,
        clause=dated.clause,
        force=dated.rule.force,
        force_status=dated.force_status,
        basis=dated.basis,
        assumptions=dated.rule.assumptions,
    )
