"""Large projects that were to start and weren't approved together in the first quarter (E10)."""

import dataclasses
from collections.abc import Iterator

from platforms.check_job import CheckJob
from platforms.policy.dated import DatedRule
from platforms.projects.dossiers import Dossiers, finding, first_days, is_over, started_on
from platforms.projects.findings import Finding, list_verdicts
from platforms.projects.rows import Row, text_of
from platforms.statement import say
from platforms.targets.conditions import conditions_on, fitting
from platforms.targets.windows import Window, window_of
from platforms.verdict import Verdict

APPROVED = "central_approval"
PLANNED = "start_planned_on"


def central_approval_verdicts(job: CheckJob, held: Dossiers, dated: DatedRule) -> list[Verdict]:
    """Judge whether the large projects to start in a year were approved in its first quarter.

    Parameters
    ----------
    job
        Units and year.
    held
        The ledger.
    dated
        E10 [项]; its target date is the last day of the quarter.

    Returns
    -------
    list of Verdict
        One a unit. To start in the year is what started in it, or was planned to; where the
        planned start is filled in for no project, that isn't known. Before the last day what
        isn't approved yet is ``not_applicable``: not due.

    Notes
    -----
    长春 五（一）27.
    """
    window = window_of(dated.rule, job.year, job.policy.as_of)
    found = list_verdicts(job, dated, list(_findings(held, dated, window)), held.is_on_file)
    if not window.is_running:
        return found
    running = say("target_running", as_of=window.as_of, due=window.due)
    return [
        dataclasses.replace(one, outcome="not_applicable", reasons=(*one.reasons, running))
        if one.outcome == "not_met" or (one.outcome == "no_data" and held.is_on_file)
        else one
        for one in found
    ]


def _findings(held: Dossiers, dated: DatedRule, window: Window) -> Iterator[Finding]:
    is_kept = bool(held.past["event_kind"].eq(APPROVED).any())
    sizes = fitting(held.projects, conditions_on(dated.rule, "projects"))
    for at, (row, events) in enumerate(held.rows()):
        starts = _starts(held, row, started_on(row, events), window.due[:4])
        if is_over(row, events) or starts is False or not (sizes.yes[at] or sizes.open[at]):
            continue
        on = first_days(events).get(APPROVED)
        if not sizes.yes[at]:
            yield finding(row, "open", say("target_amount_missing"))
        elif starts is None:
            yield finding(row, "open", say("e10_start_unsaid"))
        elif on is not None and window.first <= on <= window.due:
            yield finding(row, "keeps", say("e10_approved", on=on))
        elif on is not None:
            yield finding(row, "departs", say("e10_late", on=on))
        elif is_kept:
            yield finding(row, "departs", say("e10_missing"))
        else:
            yield finding(row, "open", say("e10_not_kept"))


def _starts(held: Dossiers, row: Row, begun: str | None, year: str) -> bool | None:
    """Whether a project was to start anew in a year, None where nothing says so."""
    planned = text_of(row, PLANNED)
    if begun is not None:
        return begun[:4] == year
    if planned is not None:
        return planned[:4] == year
    return False if held.is_kept(PLANNED) else None
