"""Gates on the project itself: may it come on the list (C4), does another unit hold it (B5, C5)."""

from collections.abc import Hashable

from platforms.matching.columns import SiteColumns
from platforms.matching.gate import Answers, Asking, GateRule, Reason, everywhere
from platforms.matching.project_standing import ProjectStanding
from platforms.matching.site import Site
from platforms.projects.eligibility import outcome_of
from platforms.statement import Statement, say
from platforms.verdict import Force, Outcome


def eligible(force: Force) -> GateRule:
    """Give the gate of the parts of C4 with one force: exclusions are a duty, the rest principles.

    Parameters
    ----------
    force
        ``mandatory`` or ``principle``.

    Returns
    -------
    GateRule
        The same answer for every candidate.

    Notes
    -----
    C4 嘉政办发〔2018〕52号 三.
    """

    def gate(columns: SiteColumns, asked: Asking) -> Answers:
        mine = [v for v in asked.project.eligibility if v.force == force]
        outcome = outcome_of(tuple(mine), force)
        if outcome == "not_applicable":
            why = say("rule_out_of_force") if mine else say("rule_not_held", rule="C4")
            return everywhere(columns, "not_applicable", why)
        deciding = [v for v in mine if v.outcome == outcome and v.in_force]
        found = everywhere(columns, outcome, deciding[0].reasons[0])
        return Answers(found.reason, found.reasons, force, deciding[0].clause)

    return gate


def exclusive(columns: SiteColumns, asked: Asking) -> Answers:
    """Ask of each unit whether it may take the project now (B5, C5).

    Where the unit that has the project on file holds it, or nobody does, land anywhere may take
    it: it goes there by transfer (流转). Where another unit holds it, only land of that unit may.

    Parameters
    ----------
    columns
        The candidates.
    asked
        What they are held against.

    Returns
    -------
    Answers
        By unit; ``not_applicable`` for a demand that isn't on file.

    Notes
    -----
    B5, B6 《进一步推动招大引强工作实施方案》 二（一）3; C5 嘉政办发〔2018〕52号 四（二）.
    """
    project = asked.project
    if not project.is_on_file:
        return everywhere(columns, "not_applicable", say("talks_not_on_file"))
    if not (asked.policy.parts("B5") or asked.policy.parts("C5")):
        return everywhere(columns, "not_applicable", say("talks_no_rule"))
    units = columns.coded["unit_id"]
    reasons = [_reason(unit, project) for unit in units.values]
    clauses = {talks.clause for talks in project.talks.values() if talks.clause}
    return Answers(units.place, tuple(reasons), "mandatory", "；".join(sorted(clauses)))


def _reason(unit: Hashable, project: ProjectStanding) -> Reason:
    unit_id = None if unit is None else str(unit)
    outcome: Outcome
    talks = project.talks_on(unit_id)
    if talks is None:
        outcome, said = "no_data", say("talks_unit_unknown")
    elif talks.outcome == "met" and project.by_transfer(unit_id) and talks.unit_id != unit_id:
        outcome, said = "met", say("talks_by_transfer")
    else:
        outcome, said = talks.outcome, talks.reasons[0]

    def same(_: Site) -> Statement:
        return said

    return Reason(outcome, same)
