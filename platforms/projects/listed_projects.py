"""Which projects on the list of major projects may not stand there, or not so (C4)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from platforms.check_job import CheckJob
from platforms.judge import judge
from platforms.policy.dated import DatedRule
from platforms.projects.dossiers import (
    LISTED,
    Dossiers,
    finding,
    first_days,
    is_on_list,
    started_on,
)
from platforms.projects.eligibility import (
    Measured,
    Subject,
    measure_code_prefix,
    measure_excluded,
    measure_industry,
    measure_phases,
    measure_single_project,
)
from platforms.projects.findings import Finding, State, nothing_found
from platforms.projects.phases import WholeProject, whole_projects
from platforms.projects.rows import Row, text_of
from platforms.statement import say
from platforms.targets.ledger import Ledger
from platforms.verdict import Evidence, Verdict

BEGUN = ("started", "in_production")


@dataclass(frozen=True)
class _Listed:
    """A project on the list with its events and its phases."""

    row: Row
    events: list[Row]
    whole: WholeProject


def excluded(held: Dossiers, dated: DatedRule) -> Iterator[Finding]:
    """Find listed projects of a category that may not be listed (C4 三（一）, mandatory)."""
    return _measured(held, dated, measure_excluded)


def of_other_industry(held: Dossiers, dated: DatedRule) -> Iterator[Finding]:
    """Find listed projects of none of the industries named (C4 三（一）, a principle)."""
    return _measured(held, dated, measure_industry)


def not_single(held: Dossiers, dated: DatedRule) -> Iterator[Finding]:
    """Find listed projects that aren't one investor, one site, one code (C4 三（二）; S14)."""
    return _measured(held, dated, measure_single_project)


def begun_before(held: Dossiers, dated: DatedRule) -> Iterator[Finding]:
    """Find projects whose works had begun by the day they came on the list (C4 三（三）).

    Notes
    -----
    嘉政办发〔2018〕52号 三（三）. A start of which only the stage tells has no day.
    """
    for one in _listed(held):
        listed_on, begun = first_days(one.events)[LISTED], started_on(one.row, one.events)
        if begun is None and text_of(one.row, "stage") in BEGUN:
            yield finding(one.row, "open", say("c4_start_missing"))
        elif begun is not None and begun <= listed_on:
            yield finding(one.row, "departs", say("c4_started", day=listed_on))
        else:
            yield finding(one.row, "keeps", say("c4_not_started", day=listed_on))


def phased_verdicts(job: CheckJob, held: Dossiers, dated: DatedRule) -> list[Verdict]:
    """Judge each listed project in phases: how many, and how far their codes begin alike.

    Parameters
    ----------
    job
        Units and year.
    held
        The ledger.
    dated
        C4 ``phases`` [期] or ``code_prefix`` [位].

    Returns
    -------
    list of Verdict
        One a project in phases, under the unit of its first listed row; a unit without any has
        one, ``not_applicable``.

    Notes
    -----
    嘉政办发〔2018〕52号 三（二）.
    """
    measure = measure_phases if dated.rule.part == "phases" else measure_code_prefix
    shown: dict[str, _Listed] = {}
    for one in _listed(held):
        if one.whole.is_phased:
            shown.setdefault(one.whole.project_id, one)
    found: dict[str, list[Verdict]] = {unit_id: [] for unit_id in job.unit_ids}
    homeless: list[Verdict] = []
    for one in shown.values():
        measured, said = measure(_subject(held, one), dated)
        ids = tuple(str(row["project_id"]) for row in one.whole.rows)
        unit_id = text_of(one.row, "unit_id")
        is_idle = any(reason.code == "c4_not_phased" for reason in said)
        verdict = judge(
            dated, measured, unit_id=unit_id if unit_id in found else None, year=job.year,
            outcome="not_applicable" if is_idle else None,
            evidence=(Evidence("projects", ids, said[0]),), reasons=said,
        )  # fmt: skip
        found.get(unit_id or "", homeless).append(verdict)
    for unit_id, verdicts in found.items():
        if not verdicts:
            verdicts.append(nothing_found(dated, unit_id, job.year, held.is_on_file))
    rest = homeless if job.is_whole_city else []
    return [*(one for verdicts in found.values() for one in verdicts), *rest]


def _measured(
    held: Dossiers, dated: DatedRule, measure: Callable[[Subject, DatedRule], Measured]
) -> Iterator[Finding]:
    for one in _listed(held):
        count, said = measure(_subject(held, one), dated)
        state: State = "open" if count is None else "departs" if count else "keeps"
        yield finding(one.row, state, said[0])


def _listed(held: Dossiers) -> Iterator[_Listed]:
    """Give what stands on the list on the as-of date."""
    wholes = whole_projects(held.projects)
    for row, events in held.rows():
        if is_on_list(events):
            yield _Listed(row, events, wholes[str(row["project_id"])])


def _subject(held: Dossiers, one: _Listed) -> Subject:
    ledger = Ledger(pd.DataFrame(held.projects), held.past, held.policy.as_of)
    return Subject(str(one.row["project_id"]), one.row, one.whole, ledger, held.policy, None)
