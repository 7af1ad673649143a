"""Flagships, reserves, honours (D11 E2 E9)."""

import dataclasses

import numpy as np
import pandas as pd

from platforms.ledger.calendar import Window, window_of
from platforms.ledger.counting import ProjectLedger, competition_ledger, count_verdict, ledger_of
from platforms.ledger.histories import first_days, kinds_of, started_on
from platforms.ledger.rows import Row, text_of
from platforms.policy.check import CheckJob, counted_rows, judge, outcome_between
from platforms.policy.in_force import DatedRule
from platforms.policy.registry import check
from platforms.policy.uncertain import Maybe
from platforms.policy.verdict import Evidence, Statement, Verdict, say
from platforms.targets.counts import fits, started

STARTED = "started"


@check("E9", "county", "department", unit="个")
def flagship_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge how many flagships each unit planned, or landmarks each department.

    ``dated``: E9 ``county`` or ``department`` [个].

    One a unit; one a department, named behind the part, of those that any project names: a
    department without a project isn't known. What came on file after the target date doesn't count;
    where no event tells when, that is open once the date has passed.

    长春 一2.
    """
    ledger = ledger_of(job)
    window = window_of(dated.rule, job.year, job.policy.as_of)
    counted = fits(ledger, dated) & _on_file(ledger, window)
    if dated.rule.part == "county":
        return [
            count_verdict(dated, ledger, counted & ledger.of_unit(unit_id), window, unit_id)
            for unit_id in job.unit_ids
        ]
    return _by_department(job, dated, ledger, counted, window) if job.is_whole_city else []


def _on_file(ledger: ProjectLedger, window: Window) -> Maybe:
    """Say which projects were on file by the last day of a window."""
    firsts = ledger.events.groupby("project_id")["event_on"].min()
    first = ledger.projects["project_id"].map(firsts)
    untold = first.isna().to_numpy(dtype=bool)
    by_then = np.array([str(day) <= window.last for day in first], dtype=bool) & ~untold
    if window.as_of <= window.due:
        return Maybe.known(by_then | untold)
    return Maybe(by_then, untold)


def _by_department(
    job: CheckJob, dated: DatedRule, ledger: ProjectLedger, counted: Maybe, window: Window
) -> list[Verdict]:
    names = ledger.projects["department"].map(lambda name: text_of({"": name}, ""))
    known = sorted(set(names.dropna()))
    if not known:
        said = say("target_no_projects" if ledger.is_empty else "e9_no_department")
        return [judge(dated, None, year=window.year, reasons=(said,))]
    none = np.zeros(len(names), dtype=bool)
    verdicts = []
    for name in known:
        of_department = Maybe(names.eq(name).to_numpy(dtype=bool), none)
        verdict = count_verdict(dated, ledger, counted & of_department, window, None)
        verdicts.append(dataclasses.replace(verdict, part=f"{dated.rule.part}:{name}"))
    return verdicts


@check("E2", unit="个")
def reserve_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Show how many projects of the two reserves stand at each stage.

    ``dated``: E2 [个], never judged; its condition names the stages in their order.

    One a stage, named behind the part: projects entered in a reserve that reached it and no later
    one, those of the city and of the counties apart in the evidence.

    长春 四（一）.
    """
    if not job.is_whole_city:
        return []
    stages = kinds_of(dated)
    at: dict[str, list[Row]] = {stage: [] for stage in stages}
    untold = 0
    is_kept = False
    for row, events in competition_ledger(job).histories:
        if text_of(row, "reserve_level") is None:
            continue
        is_kept = True
        days = first_days(events)
        if started_on(row, events) is not None:
            days.setdefault(STARTED, "")
        reached = [stage for stage in stages if stage in days]
        if reached:
            at[reached[-1]].append(row)
        else:
            untold += 1
    return [_at_stage(job, dated, stage, at[stage], untold, is_kept) for stage in stages]


def _at_stage(
    job: CheckJob, dated: DatedRule, stage: str, rows: list[Row], untold: int, is_kept: bool
) -> Verdict:
    part = f"{dated.rule.part}:{stage}"
    if not is_kept:
        said = say("e2_no_reserve")
        return judge(dated, None, year=job.year, part=part, reasons=(said,))
    evidence = []
    for level, said in (("city", say("e2_city")), ("county", say("e2_county"))):
        ids = tuple(
            str(row["project_id"]) for row in rows if text_of(row, "reserve_level") == level
        )
        if ids:
            evidence.append(Evidence("projects", ids, said))
    reasons = (say("e2_stage", steps=stage), *([say("e2_untold", count=untold)] if untold else []))
    return judge(
        dated, float(len(rows)), year=job.year, part=part, evidence=tuple(evidence),
        reasons=reasons,
    )  # fmt: skip


WITHOUT_TASK = "without_task"


@check("D11", "exceeded", "without_task", unit="个")
def task_exceeded_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Say which units earned 一票评优 by what they landed in a year.

    ``dated``: D11 ``exceeded``, landed less the task [个], or ``without_task``, landed by a unit
      that has none [个]; its condition names the task among the targets.

    One a unit: ``met`` where it earned it, else ``not_applicable`` with the figure, since a unit
    that didn't earn it breaches nothing. That a unit has no task is known only where another one
    has one in that year.

    磐安 四（二）; landed is started (as S6). Towns and departments aren't units here.
    """
    ledger = ledger_of(job)
    window = window_of(dated.rule, job.year, job.policy.as_of)
    landed = started(ledger, window) & fits(ledger, dated)
    tasks = _tasks(job, dated)
    return [_of_unit(job, dated, ledger, landed, tasks, unit_id) for unit_id in job.unit_ids]


def _tasks(job: CheckJob, dated: DatedRule) -> pd.DataFrame:
    """Give the tasks of units in the year; rows of towns and leaders divide them further."""
    targets = pd.DataFrame(job.source.read("targets"))
    is_task = counted_rows(dated.rule, "targets", targets).yes
    of_year = targets["year"].eq(job.year).fillna(value=False).to_numpy(dtype=bool)
    whole = (targets["town"].isna() & targets["leader"].isna()).to_numpy(dtype=bool)
    return targets[is_task & of_year & whole & targets["unit_id"].notna().to_numpy(dtype=bool)]


def _of_unit(
    job: CheckJob,
    dated: DatedRule,
    ledger: ProjectLedger,
    landed: Maybe,
    tasks: pd.DataFrame,
    unit_id: str,
) -> Verdict:
    unit_tasks = tasks[tasks["unit_id"].eq(unit_id).to_numpy(dtype=bool)]
    is_without = dated.rule.part == WITHOUT_TASK
    lacking = _lacking(job, ledger, tasks, unit_tasks)
    if lacking is not None:
        return judge(dated, None, unit_id=unit_id, year=job.year, reasons=(lacking,))
    if is_without is bool(len(unit_tasks)):
        said = say("d11_has_task" if is_without else "d11_no_own_task", year=job.year)
        return judge(
            dated, None, unit_id=unit_id, year=job.year, outcome="not_applicable", reasons=(said,)
        )
    task = float(unit_tasks["target_value"].sum())
    of_unit = landed & ledger.of_unit(unit_id)
    low, high = (count - task for count in of_unit.bounds())
    evidence = [
        Evidence("projects", ledger.ids(of_unit.yes), say("target_counted")),
        Evidence("projects", ledger.ids(of_unit.open), say("target_unclear")),
        Evidence("targets", tuple(map(str, unit_tasks["target_id"])), say("c6_task", task=task)),
    ]
    rows = tuple(item for item in evidence if item.rows)
    outcome = outcome_between(dated.rule, low, high)
    if outcome == "no_data":
        said = say("target_undecided", low=low, high=high, count=int(of_unit.open.sum()))
        return judge(dated, None, unit_id=unit_id, year=job.year, evidence=rows, reasons=(said,))
    said = say("d11_earned" if outcome == "met" else "d11_not_earned")
    return judge(
        dated, low, unit_id=unit_id, year=job.year, evidence=rows, reasons=(said,),
        outcome="met" if outcome == "met" else "not_applicable",
    )  # fmt: skip


def _lacking(
    job: CheckJob, ledger: ProjectLedger, tasks: pd.DataFrame, unit_tasks: pd.DataFrame
) -> Statement | None:
    if ledger.is_empty:
        return say("target_no_projects")
    if not len(tasks) or unit_tasks["target_value"].isna().any():
        return say("d11_task_missing", year=job.year)
    begins = ledger.first_year
    if begins is not None and begins > job.year:
        return say("target_ledger_begins", year=begins)
    return None
