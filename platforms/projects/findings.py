"""What a rule that keeps a list empty finds of each project, and the verdict of a unit on it.

A project either departs from the rule, keeps it, or too little is known of it. One that departs
decides its unit; where none does, one of which too little is known leaves it undecided.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from platforms.check_job import CheckJob
from platforms.judge import judge
from platforms.policy.dated import DatedRule
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Verdict

State = Literal["departs", "keeps", "open"]
LAYER = "projects"


@dataclass(frozen=True)
class Finding:
    """What was found of one project.

    Attributes
    ----------
    project_id, unit_id
        The project and the unit it is on file with, None where it states none.
    state
        ``departs``, ``keeps``, or ``open`` where that isn't known.
    statement
        Why.
    """

    project_id: str
    unit_id: str | None
    state: State
    statement: Statement


def list_verdicts(
    job: CheckJob, dated: DatedRule, findings: Sequence[Finding], is_on_file: bool
) -> list[Verdict]:
    """Judge a rule whose list is to be empty.

    Parameters
    ----------
    job
        Units, year, and whether the city is judged as a whole.
    dated
        The rule [项].
    findings
        One for each project that the rule speaks of.
    is_on_file
        Whether any project is on file at all.

    Returns
    -------
    list of Verdict
        One a unit, or one for the city where the rule speaks of it; the number of projects that
        depart [项]. Projects that state no unit, or one that isn't on file, have one of their own.
    """
    if "city" in dated.rule.scope:
        if not job.is_whole_city:
            return []
        return [_verdict(dated, findings, None, job.year, is_on_file)]
    found = [
        _verdict(dated, [one for one in findings if one.unit_id == unit_id], unit_id, job.year,
                 is_on_file)
        for unit_id in job.unit_ids
    ]  # fmt: skip
    homeless = [one for one in findings if one.unit_id not in job.unit_ids]
    if homeless and job.is_whole_city:
        found.append(_verdict(dated, homeless, None, job.year, is_on_file))
    return found


def _verdict(
    dated: DatedRule,
    findings: Iterable[Finding],
    unit_id: str | None,
    year: int,
    is_on_file: bool,
) -> Verdict:
    by_state: dict[State, list[Finding]] = {"departs": [], "keeps": [], "open": []}
    for one in findings:
        by_state[one.state].append(one)
    departs, keeps, unclear = by_state["departs"], by_state["keeps"], by_state["open"]
    evidence = [Evidence(LAYER, (one.project_id,), one.statement) for one in (*departs, *unclear)]
    if keeps:
        ids = tuple(one.project_id for one in keeps)
        evidence.append(Evidence(LAYER, ids, say("ledger_keeps")))
    rows = tuple(evidence)
    if departs:
        said = [say("ledger_open", count=len(unclear))] if unclear else []
        return judge(
            dated, float(len(departs)), unit_id=unit_id, year=year, evidence=rows,
            reasons=tuple(said),
        )  # fmt: skip
    if unclear:
        said = [say("ledger_open", count=len(unclear))]
        return judge(dated, None, unit_id=unit_id, year=year, evidence=rows, reasons=tuple(said))
    if not keeps:
        return nothing_found(dated, unit_id, year, is_on_file)
    return judge(dated, 0.0, unit_id=unit_id, year=year, evidence=rows)


def nothing_found(dated: DatedRule, unit_id: str | None, year: int, is_on_file: bool) -> Verdict:
    """Judge a unit that has no project of the kind that a rule speaks of.

    Parameters
    ----------
    dated
        The rule.
    unit_id, year
        Subject of the verdict.
    is_on_file
        Whether any project is on file at all: without a ledger nothing is known.

    Returns
    -------
    Verdict
        ``not_applicable``, or ``no_data`` without a ledger.
    """
    if not is_on_file:
        said = say("target_no_projects")
        return judge(dated, None, unit_id=unit_id, year=year, reasons=(said,))
    said = say("ledger_none_concerned")
    return judge(dated, None, unit_id=unit_id, year=year, outcome="not_applicable", reasons=(said,))
