"""Which dated steps of the consolidation plan a unit took in time (A23)."""

import pandas as pd

from platforms.check_job import CheckJob, counted_rows
from platforms.judge import judge
from platforms.policy.dated import DatedRule
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Outcome, Verdict

LAYER = "unit_milestones"


def checklist_verdicts(job: CheckJob) -> list[Verdict]:
    """Judge the dated steps of each county.

    Parameters
    ----------
    job
        ``A23``.

    Returns
    -------
    list of Verdict
        One a unit and step: 1 where a step was taken late, or is open after its day, else 0. The
        day is the one on record, else that of the rule; it is included (S12). An open step before
        its day isn't judged yet. A unit without the step on record is ``no_data``.

    Notes
    -----
    A23 嘉政发〔2018〕15号 三（二）.
    """
    rows = job.source.read(LAYER)
    return [
        _verdict(dated, unit_id, rows, job.policy.as_of)
        for unit_id in job.unit_ids
        for dated in job.rules()
    ]


def _verdict(dated: DatedRule, unit_id: str, rows: pd.DataFrame, as_of: str) -> Verdict:
    yes, _ = counted_rows(dated.rule, LAYER, rows)
    own = rows[yes & rows["unit_id"].eq(unit_id).fillna(value=False)]
    said = {str(row["milestone_id"]): _step(dated, row, as_of) for _, row in own.iterrows()}
    codes = {one.code for one in said.values()}
    outcome: Outcome | None = None
    measured: float | None = None
    if codes & {"a23_late", "a23_open"}:
        measured = 1.0
    elif not codes or "a23_day_missing" in codes:
        measured = None
    elif "a23_not_due" in codes:
        outcome = "not_applicable"
    else:
        measured = 0.0
    return judge(
        dated,
        measured,
        unit_id=unit_id,
        outcome=outcome,
        evidence=(Evidence(LAYER, tuple(said)),) if said else (),
        reasons=tuple(said.values()) or (say("a23_no_step"),),
    )


def _step(dated: DatedRule, row: pd.Series, as_of: str) -> Statement:
    """Say when a step was to be taken and when it was."""
    due = row["due_on"] if isinstance(row["due_on"], str) else dated.rule.target_date
    done, name = row["done_on"], str(row["milestone"])
    if due is None:
        return say("a23_day_missing", milestone=name)
    if isinstance(done, str) and done <= as_of:
        code = "a23_in_time" if done <= due else "a23_late"
        return say(code, milestone=name, due_on=due, done_on=done)
    return say("a23_open" if as_of > due else "a23_not_due", milestone=name, due_on=due)
