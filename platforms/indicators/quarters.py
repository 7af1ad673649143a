"""Which quarters a major platform has no full monitoring figures for (季度监测, A22)."""

import numpy as np
import pandas as pd

from platforms.check_job import CheckJob
from platforms.errors import PlanningError
from platforms.indicators.measures import days_of
from platforms.judge import judge
from platforms.statement import say
from platforms.verdict import Evidence, Outcome, Verdict

LAYER = "platform_indicators"
MONITORED = ("value_added_yi_yuan", "output_yi_yuan", "tax_yi_yuan")


def quarter_verdicts(job: CheckJob) -> list[Verdict]:
    """List the quarters of a year that a major platform has not reported in full.

    Parameters
    ----------
    job
        ``A22``.

    Returns
    -------
    list of Verdict
        One a major platform; measured the number of quarters, over by the as-of date, without a
        row or without value added, output or tax. Before the first quarter is over it is not
        applicable; where no platform has quarters of the year, monitoring isn't kept in these
        layers, which is ``no_data``.

    Raises
    ------
    PlanningError
        ``indicator_twice`` where a platform has two rows of one quarter.

    Notes
    -----
    A22 嘉政发〔2018〕15号 二（六）. No document says by when a quarter is to be reported: it is
    missed from the day after its end.
    """
    quarters = [f"{job.year}Q{n}" for n in range(1, 5)]
    over = [quarter for quarter in quarters if days_of(quarter)[1] < job.policy.as_of]
    held = job.source.read(LAYER)
    held = held[held["period"].isin(quarters)]
    twice = held[held.duplicated(["platform_id", "period"])]
    if len(twice):
        row = twice.iloc[0]
        raise PlanningError("indicator_twice", rows=row["platform_id"], period=row["period"])
    full = held[held[list(MONITORED)].notna().all(axis=1)]
    return [
        _verdict(job, unit_id, str(row["platform_id"]), over, held, full)
        for unit_id, row in job.platforms()
        if job.rules("quarterly")
    ]


def _verdict(
    job: CheckJob,
    unit_id: str,
    platform_id: str,
    over: list[str],
    held: pd.DataFrame,
    full: pd.DataFrame,
) -> Verdict:
    dated = job.policy.rule(job.rule_id, "quarterly")
    told = set(full["period"][full["platform_id"].eq(platform_id)])
    rows = np.sort(held["period"][held["platform_id"].eq(platform_id)].to_numpy(dtype=object))
    missed = [quarter for quarter in over if quarter not in told]
    measured: float | None = float(len(missed)) if over and len(held) else None
    outcome: Outcome | None = None if over else "not_applicable"
    reasons = []
    if not over:
        reasons.append(say("a22_none_over", year=job.year))
    elif held.empty:
        reasons.append(say("a22_not_kept", year=job.year))
    elif missed:
        reasons.append(say("a22_missed", periods=", ".join(missed)))
    return judge(
        dated,
        measured,
        unit_id=unit_id,
        platform_id=platform_id,
        year=job.year,
        outcome=outcome,
        evidence=(Evidence(LAYER, tuple(f"{platform_id}/{period}" for period in rows)),)
        if len(rows)
        else (),
        reasons=tuple(reasons),
    )
