"""Flagships and reserves (E2 E9)."""

import dataclasses

import numpy as np

from platforms.ledger.calendar import Window, window_of
from platforms.ledger.counting import ProjectLedger, competition_ledger, count_verdict, ledger_of
from platforms.ledger.histories import first_days, kinds_of, started_on
from platforms.ledger.rows import Row, text_of
from platforms.policy.check import CheckJob, judge
from platforms.policy.in_force import DatedRule
from platforms.policy.registry import check
from platforms.policy.uncertain import Maybe
from platforms.policy.verdict import Evidence, Verdict, say
from platforms.targets.counts import fits

STARTED = "started"


@check("E9", "county", "department", unit="个")
def flagship_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge how many flagships each unit planned, or landmarks each department.

    ``dated``: E9 ``county`` or ``department`` [个].

    One a unit; one a department, named behind the part, of those that any project names: a
    department without a project isn't known. What came on file after the target date doesn't count;
    where no event tells when, that is open once the date has passed.

    Past that date the number of today stands beside it (trend).

    长春 一2.
    """
    ledger = ledger_of(job)
    window = window_of(dated.rule, job.year, job.policy.as_of)
    if dated.rule.part == "county":
        return [
            _counted(dated, ledger, ledger.of_unit(unit_id), window, unit_id)
            for unit_id in job.unit_ids
        ]
    return _by_department(job, dated, ledger, window) if job.is_whole_city else []


def _counted(
    dated: DatedRule, ledger: ProjectLedger, own: Maybe, window: Window, unit_id: str | None
) -> Verdict:
    """Judge the projects of a unit or department by the target date, with those of today."""
    fit = fits(ledger, dated) & own
    verdict = count_verdict(dated, ledger, fit & _on_file(ledger, window), window, unit_id)
    if window.as_of <= window.due or ledger.is_empty:
        return verdict
    today = say("trend_today", as_of=window.as_of, count=int(fit.yes.sum()))
    return dataclasses.replace(verdict, reasons=(*verdict.reasons, today))


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
    job: CheckJob, dated: DatedRule, ledger: ProjectLedger, window: Window
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
        verdict = _counted(dated, ledger, of_department, window, None)
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
