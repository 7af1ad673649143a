"""Units that landed more large manufacturing projects than their task, or without one (D11)."""

import pandas as pd

from platforms.check_job import CheckJob
from platforms.judge import holds, judge
from platforms.policy.dated import DatedRule
from platforms.projects.dossiers import Dossiers
from platforms.statement import Statement, say
from platforms.targets.conditions import Fit, conditions_on, fitting
from platforms.targets.counts import fits, started
from platforms.targets.ledger import Ledger, ledger_on
from platforms.targets.windows import window_of
from platforms.verdict import Evidence, Outcome, Verdict

WITHOUT_TASK = "without_task"


def task_verdicts(job: CheckJob, held: Dossiers, dated: DatedRule) -> list[Verdict]:
    """Say which units earned 一票评优 by what they landed in a year.

    Parameters
    ----------
    job
        Units, year and tables.
    held
        The ledger.
    dated
        D11 ``exceeded``, landed less the task [个], or ``without_task``, landed by a unit that
        has none [个]; its condition names the task among the targets.

    Returns
    -------
    list of Verdict
        One a unit: ``met`` where it earned it, else ``not_applicable`` with the figure, since a
        unit that didn't earn it breaches nothing. That a unit has no task is known only where
        another one has one in that year.

    Notes
    -----
    磐安 四（二）; landed is started (as S6). Towns and departments aren't units here.
    """
    ledger = ledger_on(job.source, job.policy.as_of)
    window = window_of(dated.rule, job.year, job.policy.as_of)
    landed = started(ledger, window) & fits(ledger, dated)
    tasks = _tasks(job, dated)
    return [_of_unit(job, dated, ledger, landed, tasks, unit_id) for unit_id in job.unit_ids]


def _tasks(job: CheckJob, dated: DatedRule) -> pd.DataFrame:
    """Give the tasks of units in the year; rows of towns and leaders divide them further."""
    targets = pd.DataFrame(job.source.read("targets"))
    named = fitting(targets, conditions_on(dated.rule, "targets")).yes
    of_year = targets["year"].eq(job.year).fillna(value=False).to_numpy(dtype=bool)
    whole = (targets["town"].isna() & targets["leader"].isna()).to_numpy(dtype=bool)
    return targets[named & of_year & whole & targets["unit_id"].notna().to_numpy(dtype=bool)]


def _of_unit(
    job: CheckJob,
    dated: DatedRule,
    ledger: Ledger,
    landed: Fit,
    tasks: pd.DataFrame,
    unit_id: str,
) -> Verdict:
    own = tasks[tasks["unit_id"].eq(unit_id).to_numpy(dtype=bool)]
    is_without = dated.rule.part == WITHOUT_TASK
    lacking = _lacking(job, ledger, tasks, own)
    if lacking is not None:
        return judge(dated, None, unit_id=unit_id, year=job.year, reasons=(lacking,))
    if is_without is bool(len(own)):
        said = say("d11_has_task" if is_without else "d11_no_own_task", year=job.year)
        return judge(
            dated, None, unit_id=unit_id, year=job.year, outcome="not_applicable", reasons=(said,)
        )
    task = float(own["target_value"].sum())
    of_unit = landed & ledger.of_unit(unit_id)
    low = float(of_unit.yes.sum()) - task
    high = low + float(of_unit.open.sum())
    evidence = [
        Evidence("projects", ledger.ids(of_unit.yes), say("target_counted")),
        Evidence("projects", ledger.ids(of_unit.open), say("target_unclear")),
        Evidence("targets", tuple(map(str, own["target_id"])), say("c6_task", task=task)),
    ]
    rows = tuple(one for one in evidence if one.rows)
    if not holds(dated.rule, low) and holds(dated.rule, high):
        said = say("target_undecided", low=low, high=high, count=int(of_unit.open.sum()))
        return judge(dated, None, unit_id=unit_id, year=job.year, evidence=rows, reasons=(said,))
    is_earned = holds(dated.rule, low)
    outcome: Outcome = "met" if is_earned else "not_applicable"
    said = say("d11_earned" if is_earned else "d11_not_earned")
    return judge(
        dated, low, unit_id=unit_id, year=job.year, outcome=outcome, evidence=rows,
        reasons=(said,),
    )  # fmt: skip


def _lacking(
    job: CheckJob, ledger: Ledger, tasks: pd.DataFrame, own: pd.DataFrame
) -> Statement | None:
    if ledger.is_empty:
        return say("target_no_projects")
    if not len(tasks) or own["target_value"].isna().any():
        return say("d11_task_missing", year=job.year)
    begins = ledger.first_year
    if begins is not None and begins > job.year:
        return say("target_ledger_begins", year=begins)
    return None
