"""Large projects landed against the task of the year, and what is earned or lost by it (D9 D11)."""

import dataclasses
from typing import NamedTuple

import pandas as pd

from platforms.ledger.calendar import Window, window_of
from platforms.ledger.counting import ProjectLedger, count_verdict, ledger_of
from platforms.policy.check import CheckJob, counted_rows, judge, outcome_between
from platforms.policy.in_force import DatedRule
from platforms.policy.pack import TASK
from platforms.policy.registry import check
from platforms.policy.uncertain import Maybe
from platforms.policy.verdict import Evidence, Statement, Verdict, say
from platforms.targets.counts import fits, started

MILESTONES = "unit_milestones"
WITHOUT_TASK = "without_task"
VETO = "other_veto"
"""The assumption that names the milestone by which another 一票否决 of a unit is on file."""


class _Landed(NamedTuple):
    """Projects landed in a year that a rule counts, and the tasks of the units."""

    ledger: ProjectLedger
    window: Window
    projects: Maybe
    tasks: pd.DataFrame


def _landed(job: CheckJob, dated: DatedRule) -> _Landed:
    ledger = ledger_of(job)
    window = window_of(dated.rule, job.year, job.policy.as_of)
    return _Landed(ledger, window, started(ledger, window) & fits(ledger, dated),
                   _tasks(job, dated))  # fmt: skip


def _tasks(job: CheckJob, dated: DatedRule) -> pd.DataFrame:
    """Give the tasks of units in the year; rows of towns and leaders divide them further."""
    targets = pd.DataFrame(job.source.read("targets"))
    is_task = counted_rows(dated.rule, "targets", targets).yes
    of_year = targets["year"].eq(job.year).fillna(value=False).to_numpy(dtype=bool)
    whole = (targets["town"].isna() & targets["leader"].isna()).to_numpy(dtype=bool)
    return targets[is_task & of_year & whole & targets["unit_id"].notna().to_numpy(dtype=bool)]


def _task_names(dated: DatedRule) -> str:
    return "、".join(
        str(name)
        for condition in dated.rule.where
        if (condition.layer, condition.column) == TASK and isinstance(condition.value, tuple)
        for name in condition.value
    )


@check("D9", "manufacturing", "major", unit="个")
def task_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge whether each unit landed as many large projects in a year as its task says (D9).

    ``dated``: D9 ``manufacturing`` or ``major`` [个]; its conditions say which projects count, and
      name the task among the targets.

    One a unit, against its own task of the year; ``no_data`` where that isn't on file, with the
    number landed said. Short of it before the year is over it is not due yet.

    磐安 一（四）, 四（三）; landed is started.
    """
    landed = _landed(job, dated)
    return [_against_task(job, dated, landed, unit_id) for unit_id in job.unit_ids]


def _against_task(job: CheckJob, dated: DatedRule, landed: _Landed, unit_id: str) -> Verdict:
    ledger, counted = landed.ledger, landed.projects & landed.ledger.of_unit(unit_id)
    tasks = landed.tasks[landed.tasks["unit_id"].eq(unit_id).to_numpy(dtype=bool)]
    if not len(tasks) or tasks["target_value"].isna().any():
        said = say(
            "d9_task_missing", year=job.year, indicator=_task_names(dated),
            count=int(counted.yes.sum()),
        )  # fmt: skip
        return judge(
            dated, None, unit_id=unit_id, year=job.year, reasons=(said,),
            evidence=_projects(ledger, counted),
        )  # fmt: skip
    task = float(tasks["target_value"].sum())
    rule = dataclasses.replace(dated.rule, value=task)
    verdict = count_verdict(
        dataclasses.replace(dated, rule=rule), ledger, counted, landed.window, unit_id
    )
    return dataclasses.replace(verdict, evidence=(*verdict.evidence, _of_task(tasks, task)))


def _of_task(tasks: pd.DataFrame, task: float) -> Evidence:
    return Evidence("targets", tuple(map(str, tasks["target_id"])), say("c6_task", task=task))


def _projects(ledger: ProjectLedger, counted: Maybe) -> tuple[Evidence, ...]:
    evidence = (
        Evidence("projects", ledger.ids(counted.yes), say("target_counted")),
        Evidence("projects", ledger.ids(counted.open), say("target_unclear")),
    )
    return tuple(item for item in evidence if item.rows)


@check("D11", "exceeded", WITHOUT_TASK, unit="个")
def task_exceeded_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Say which units earned 一票评优 by what they landed in a year.

    ``dated``: D11 ``exceeded``, landed less the task [个], or ``without_task``, landed by a unit
      that has none [个]; its condition names the task among the targets.

    One a unit: ``met`` where it earned it, else ``not_applicable`` with the figure, since a unit
    that didn't earn it breaches nothing. That a unit has no task is known only where another one
    has one in that year. Another 一票否决 on file takes ``exceeded`` away; where nobody enters such
    vetoes that is said.

    磐安 四（二）; landed is started. Towns and departments aren't units here.
    """
    landed = _landed(job, dated)
    return [_of_unit(job, dated, landed, unit_id) for unit_id in job.unit_ids]


def _of_unit(job: CheckJob, dated: DatedRule, landed: _Landed, unit_id: str) -> Verdict:
    ledger, year = landed.ledger, job.year
    tasks = landed.tasks[landed.tasks["unit_id"].eq(unit_id).to_numpy(dtype=bool)]
    is_without = dated.rule.part == WITHOUT_TASK
    lacking = _lacking(job, landed, tasks)
    if lacking is not None:
        return judge(dated, None, unit_id=unit_id, year=year, reasons=(lacking,))
    if is_without is bool(len(tasks)):
        said = say("d11_has_task" if is_without else "d11_no_own_task", year=year)
        return judge(
            dated, None, unit_id=unit_id, year=year, outcome="not_applicable", reasons=(said,)
        )
    task = float(tasks["target_value"].sum())
    counted = landed.projects & ledger.of_unit(unit_id)
    low, high = (count - task for count in counted.bounds())
    evidence = _projects(ledger, counted)
    if len(tasks):
        evidence = (*evidence, _of_task(tasks, task))
    outcome = outcome_between(dated.rule, low, high)
    if outcome == "no_data":
        said = say("target_undecided", low=low, high=high, count=int(counted.open.sum()))
        return judge(dated, None, unit_id=unit_id, year=year, evidence=evidence, reasons=(said,))
    is_earned = outcome == "met"
    reasons = [say("d11_earned" if is_earned else "d11_not_earned")]
    if is_earned and not is_without:
        ids, is_kept = _vetoes(job, unit_id)
        if ids:
            is_earned, reasons = False, [say("d11_veto")]
            evidence = (*evidence, Evidence(MILESTONES, ids, say("d11_veto")))
        else:
            reasons.append(say("d11_no_veto" if is_kept else "d11_veto_unsaid", year=year))
    return judge(
        dated, low, unit_id=unit_id, year=year, evidence=evidence, reasons=tuple(reasons),
        outcome="met" if is_earned else "not_applicable",
    )  # fmt: skip


def _lacking(job: CheckJob, landed: _Landed, unit_tasks: pd.DataFrame) -> Statement | None:
    if landed.ledger.is_empty:
        return say("target_no_projects")
    if not len(landed.tasks) or unit_tasks["target_value"].isna().any():
        return say("d11_task_missing", year=job.year)
    begins = landed.ledger.first_year
    if begins is not None and begins > job.year:
        return say("target_ledger_begins", year=begins)
    return None


def _vetoes(job: CheckJob, unit_id: str) -> tuple[tuple[str, ...], bool]:
    """Give the vetoes of a unit in the year, and whether anybody enters such."""
    milestones = pd.DataFrame(job.source.read(MILESTONES))
    names = job.policy.setting_texts(VETO, "milestones")
    rows = milestones[milestones["milestone"].isin(names)]
    return _done(rows, unit_id, job), bool(len(rows))


def _done(rows: pd.DataFrame, unit_id: str, job: CheckJob) -> tuple[str, ...]:
    """Give the milestones of a unit that happened in the year by the as-of date."""
    last = min(f"{job.year}-12-31", job.policy.as_of)
    in_year = rows["done_on"].between(f"{job.year}-01-01", last).fillna(value=False)
    return tuple(map(str, rows[in_year & rows["unit_id"].eq(unit_id)]["milestone_id"]))


@check("D11", "criticised", unit="次")
def criticised_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Say which units lost their year's honours (一票否优) by being criticised by notice.

    ``dated``: D11 ``criticised`` [次], a list to be empty; its condition names the milestone.

    One a unit. That there was none is known where such notices are on file for any unit, else
    ``no_data``.

    磐安 四（二）.
    """
    milestones = pd.DataFrame(job.source.read(MILESTONES))
    rows = milestones[counted_rows(dated.rule, MILESTONES, milestones).yes]
    is_kept = bool(rows["done_on"].le(job.policy.as_of).fillna(value=False).any())
    verdicts = []
    for unit_id in job.unit_ids:
        ids = _done(rows, unit_id, job)
        said = say("d11_criticised" if ids else "d11_not_criticised", year=job.year)
        if not is_kept:
            said = say("d11_notices_not_kept")
        verdicts.append(
            judge(
                dated, float(len(ids)) if is_kept else None, unit_id=unit_id, year=job.year,
                evidence=(Evidence(MILESTONES, ids),) if ids else (), reasons=(said,),
            )
        )  # fmt: skip
    return verdicts
