"""Funds granted: the industry fund in all and by project (D7), a reward (B15)."""

from dataclasses import dataclass

import pandas as pd

from platforms.ledger.counting import competition_ledger
from platforms.ledger.rows import Row, number_of, text_of
from platforms.policy.check import CheckJob, counted_rows, holds, judge
from platforms.policy.in_force import DatedRule
from platforms.policy.registry import check
from platforms.policy.verdict import Evidence, Outcome, Statement, Verdict, say

GRANTS = "support_grants"
WAN_PER_YI = 10_000.0
"""万元 in one 亿元."""


@dataclass(frozen=True)
class _Grants:
    """Grants by the as-of date: those of the kind that a rule names, those that may be."""

    rows: list[Row]
    open_rows: list[Row]
    is_on_file: bool

    @property
    def idle(self) -> Outcome:
        """What comes out where no grant is of the kind: without any record nothing is known."""
        return "not_applicable" if self.is_on_file else "no_data"

    @property
    def lacking(self) -> Statement:
        """Why nothing can be measured."""
        return say("grants_none_of_kind" if self.is_on_file else "grants_none")


@check("D7", "fund", unit="亿元")
def fund_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge how much the industry fund gave in all, over all years.

    ``dated``: D7 ``fund`` [亿元].

    One for the whole city or county. An amount that isn't stated only adds to the rest.

    磐安 三（二）.
    """
    if not job.is_whole_city:
        return []
    grants = _grants(job, dated)
    return [_sum(dated, grants.rows, grants, None)]


@check("D7", "per_project", unit="亿元")
def project_fund_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge how much of the industry fund each project had, over all years.

    ``dated``: D7 ``per_project`` [亿元].

    One a project, under its unit; grants that name no project have one, ``no_data``.

    磐安 三（二）.
    """
    grants = _grants(job, dated)
    histories = competition_ledger(job).histories
    units = {str(row["project_id"]): text_of(row, "unit_id") for row, _ in histories}
    by_project: dict[str | None, list[Row]] = {}
    for row in grants.rows:
        by_project.setdefault(text_of(row, "project_id"), []).append(row)
    verdicts = []
    for project_id, rows in by_project.items():
        unit_id = units.get(project_id or "")
        if unit_id not in job.unit_ids and not job.is_whole_city:
            continue
        subject = unit_id if unit_id in job.unit_ids else None
        if project_id is None:
            evidence = (Evidence(GRANTS, _ids(rows)),)
            said = say("d7_project_missing", count=len(rows))
            verdicts.append(judge(dated, None, evidence=evidence, reasons=(said,)))
        else:
            verdicts.append(_sum(dated, rows, grants, subject, project_id))
    return verdicts or _none(job, dated, grants)


@check("B15", "headquarters_reward", unit="万元")
def reward_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge all rewards of an enterprise together against the most that it may be granted (B15).

    ``dated``: B15 ``headquarters_reward`` [万元].

    One an enterprise, under its unit; grants that name none have one, ``no_data``.

    《进一步推动招大引强工作实施方案》 二（二）4.
    """
    grants = _grants(job, dated)
    firms = pd.DataFrame(job.layer("enterprises"))
    units = dict(zip(firms["enterprise_id"], firms["unit_id"], strict=True))
    by_firm: dict[str | None, list[Row]] = {}
    for row in grants.rows:
        by_firm.setdefault(text_of(row, "enterprise_id"), []).append(row)
    verdicts = []
    for enterprise_id, rows in by_firm.items():
        unit_id = text_of({"unit_id": units.get(enterprise_id)}, "unit_id")
        if unit_id not in job.unit_ids and not job.is_whole_city:
            continue
        subject = unit_id if unit_id in job.unit_ids else None
        amounts = [number_of(row, "grant_wan_yuan") for row in rows]
        total = sum(amount for amount in amounts if amount is not None)
        unstated = amounts.count(None)
        evidence = (Evidence(GRANTS, _ids(rows)),)
        reasons: tuple[Statement, ...] = ()
        if enterprise_id is None:
            reasons = (say("b15_firm_missing", count=len(rows)),)
        elif unstated:
            reasons = (say("grants_amount_missing", count=unstated),)
        # what isn't stated could only add to the sum
        is_open = enterprise_id is None or (unstated > 0 and holds(dated.rule, total))
        verdicts.append(
            judge(
                dated, None if is_open else total, unit_id=subject, evidence=evidence,
                reasons=reasons,
            )
        )  # fmt: skip
    return verdicts or _none(job, dated, grants)


def _grants(job: CheckJob, dated: DatedRule) -> _Grants:
    table = pd.DataFrame(job.source.read(GRANTS)).reset_index(drop=True)
    later = table["granted_on"].gt(job.policy.as_of).fillna(value=False).to_numpy(dtype=bool)
    fit = counted_rows(dated.rule, GRANTS, table)
    rows: list[Row] = list(table[fit.yes & ~later].to_dict("records"))
    open_rows: list[Row] = list(table[fit.open & ~later].to_dict("records"))
    return _Grants(rows, open_rows, bool((~later).any()))


def _sum(
    dated: DatedRule,
    rows: list[Row],
    grants: _Grants,
    unit_id: str | None,
    project_id: str | None = None,
) -> Verdict:
    """Judge a sum; what isn't stated could only add to it."""
    amounts = [number_of(row, "grant_wan_yuan") for row in rows]
    total = sum(amount for amount in amounts if amount is not None) / WAN_PER_YI
    may_add = [
        row for row in grants.open_rows
        if project_id is None or text_of(row, "project_id") in (project_id, None)
    ]  # fmt: skip
    unstated = amounts.count(None) + len(may_add)
    evidence = [Evidence(GRANTS, _ids(rows))] if rows else []
    if project_id is not None:
        evidence.append(Evidence("projects", (project_id,)))
    reasons: tuple[Statement, ...] = ()
    measured: float | None = total
    if not rows and not unstated:
        return judge(dated, None, unit_id=unit_id, outcome=grants.idle, reasons=(grants.lacking,))
    if unstated:
        reasons = (say("grants_amount_missing", count=unstated),)
        measured = None if holds(dated.rule, total) else total
    return judge(dated, measured, unit_id=unit_id, evidence=tuple(evidence), reasons=reasons)


def _none(job: CheckJob, dated: DatedRule, grants: _Grants) -> list[Verdict]:
    if not job.is_whole_city:
        return []
    if grants.open_rows:
        said = say("grants_policy_missing", count=len(grants.open_rows))
        evidence = (Evidence(GRANTS, _ids(grants.open_rows)),)
        return [judge(dated, None, evidence=evidence, reasons=(said,))]
    return [judge(dated, None, outcome=grants.idle, reasons=(grants.lacking,))]


def _ids(rows: list[Row]) -> tuple[str, ...]:
    return tuple(str(row["grant_id"]) for row in rows)
