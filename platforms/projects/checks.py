"""Which computation judges which rule of the project ledger."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

import pandas as pd

from platforms.ledger.counting import ledger_on
from platforms.ledger.dossiers import Dossiers, Finding, dossiers_of, list_verdicts
from platforms.policy.check import CheckJob
from platforms.policy.in_force import DatedRule
from platforms.policy.verdict import Verdict
from platforms.projects.approval import route_verdicts
from platforms.projects.competition import (
    barred_steps,
    competing,
    credit_verdicts,
    in_others_talks,
    notice_verdicts,
    platform_verdicts,
    unfiled,
    unplaced_verdicts,
)
from platforms.projects.flagships import flagship_verdicts, reserve_verdicts, task_verdicts
from platforms.projects.funds import fund_verdicts, project_fund_verdicts, reward_verdicts
from platforms.projects.major_list import (
    begun_before,
    excluded,
    exits,
    late_nodes,
    missed_steps,
    not_single,
    of_other_industry,
    phased_verdicts,
    replenishment_verdict,
    unserved,
)
from platforms.projects.procedure import (
    approval_share,
    approval_verdicts,
    central_approval_verdicts,
    disordered,
    stale,
    too_early_task_forces,
    unrecorded,
)
from platforms.projects.responsibility import (
    contact_verdicts,
    leader_verdicts,
    problem_verdict,
    unattended,
)
from platforms.targets.counts import landing_verdicts
from platforms.targets.duties import recurring_verdicts, reported_verdicts

MILESTONES = "unit_milestones"
REPORTED = ("B12", "B13")

Finder = Callable[[Dossiers, DatedRule], Iterator[Finding]]
Measurer = Callable[[CheckJob, Dossiers, DatedRule], list[Verdict]]

LISTS: Mapping[tuple[str, str], Finder] = MappingProxyType({
    ("B5", "filed"): unfiled,
    ("B5", "conflicts"): in_others_talks,
    ("B8", ""): disordered,
    ("C4", "excluded"): excluded,
    ("C4", "industry"): of_other_industry,
    ("C4", "single_project"): not_single,
    ("C4", "not_started"): begun_before,
    ("C5", ""): competing,
    ("C6", "exit"): exits,
    ("C7", ""): late_nodes,
    ("C12", ""): unserved,
    ("C13", ""): missed_steps,
    ("C14", ""): barred_steps,
    ("D8", "recorded"): unrecorded,
    ("D8", "stale"): stale,
    ("D10", "order"): disordered,
    ("D10", "task_force"): too_early_task_forces,
    ("E5", "leader"): unattended,
    ("E5", "secretary"): unattended,
})  # fmt: skip
"""Rules that keep a list empty, each with what finds the projects on it."""

FIGURES: Mapping[tuple[str, str], Measurer] = MappingProxyType({
    ("B6", ""): credit_verdicts,
    ("B15", "contacts"): contact_verdicts,
    ("B15", "headquarters_reward"): reward_verdicts,
    ("C4", "phases"): phased_verdicts,
    ("C4", "code_prefix"): phased_verdicts,
    ("C9", ""): unplaced_verdicts,
    ("C11", "city_leader"): leader_verdicts,
    ("C11", "city_leader_size"): leader_verdicts,
    ("C11", "unit_leader"): leader_verdicts,
    ("C11", "unit_leader_size"): leader_verdicts,
    ("C11", "department_head"): leader_verdicts,
    ("C11", "department_head_size"): leader_verdicts,
    ("D1", "industry"): route_verdicts,
    ("D1", "others"): route_verdicts,
    ("D1", "no_land"): route_verdicts,
    ("D2", ""): route_verdicts,
    ("D3", ""): route_verdicts,
    ("D4", "best_platform"): platform_verdicts,
    ("D4", "equal_score"): credit_verdicts,
    ("D7", "fund"): fund_verdicts,
    ("D7", "per_project"): project_fund_verdicts,
    ("D11", "exceeded"): task_verdicts,
    ("D11", "without_task"): task_verdicts,
    ("E2", ""): reserve_verdicts,
    ("E9", "county"): flagship_verdicts,
    ("E9", "department"): flagship_verdicts,
    ("E10", ""): central_approval_verdicts,
})  # fmt: skip
"""Rules with a figure of their own, each with what measures it."""


def ledger_verdicts(job: CheckJob) -> list[Verdict]:
    """Judge one rule of the project ledger.

    Parameters
    ----------
    job
        A rule of the ledger: those of ``LISTS`` and ``FIGURES``, B7, B12–B14, C15, D9, D10, E4,
        E6.

    Returns
    -------
    list of Verdict
        By part and unit; the evidence names each project with why.
    """
    held = dossiers_of(job)
    return [verdict for dated in job.rules() for verdict in _of_part(job, held, dated)]


def _of_part(job: CheckJob, held: Dossiers, dated: DatedRule) -> list[Verdict]:
    key = (job.rule_id, dated.rule.part)
    if key in LISTS:
        return list_verdicts(job, dated, list(LISTS[key](held, dated)), held.is_on_file)
    if key in FIGURES:
        return FIGURES[key](job, held, dated)
    if key == ("B7", ""):
        return notice_verdicts(held, dated, job.unit_ids)
    if key == ("E4", "days"):
        return approval_verdicts(held, dated, job.unit_ids)
    if any(one.layer == MILESTONES for one in dated.rule.where):
        rows = pd.DataFrame(job.source.read(MILESTONES))
        return recurring_verdicts(rows, dated, _subjects(job, dated), job.year, job.policy.as_of)
    if job.rule_id in REPORTED:
        figures = pd.DataFrame(job.source.read("targets"))
        return reported_verdicts(figures, dated, _subjects(job, dated), job.year, job.policy.as_of)
    if key == ("C15", "veto_reference"):
        ledger = ledger_on(job.source, job.policy.as_of)
        return landing_verdicts(ledger, *key, job.unit_ids, job.policy, job.year)
    if not job.is_whole_city:
        return []
    if key == ("E4", "share"):
        return [approval_share(held, dated, job.policy.rule("E4", "days"))]
    if key == ("C6", "replenish"):
        return [replenishment_verdict(held, dated, pd.DataFrame(job.source.read("targets")))]
    if job.rule_id == "E6":
        problems = pd.DataFrame(job.source.read("problems"))
        return [problem_verdict(problems, dated, job.year, job.policy.as_of)]
    return []


def _subjects(job: CheckJob, dated: DatedRule) -> list[str | None]:
    if "city" in dated.rule.scope:
        return [None] if job.is_whole_city else []
    return list(job.unit_ids)
