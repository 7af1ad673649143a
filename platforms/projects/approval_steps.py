"""Whether land was approved by the route of its project, as far as events tell (D1, D2, D3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from platforms.check_job import CheckJob
from platforms.judge import judge
from platforms.policy.dated import DatedRule, PolicySet
from platforms.policy.rules import Tier
from platforms.projects.approval_route import (
    LandSupply,
    category_part,
    is_in_zone,
    route_rule,
    supply_of,
    tier_of,
)
from platforms.projects.dossiers import Dossiers, first_days
from platforms.projects.findings import nothing_found
from platforms.projects.phases import whole_projects
from platforms.projects.rows import Row, text_of
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Outcome, Verdict

EVENTS = "route_events"
FINAL = "approved"


@dataclass(frozen=True)
class _Supplied:
    """A project whose land was supplied: what was asked, and which steps were taken when."""

    row: Row
    days: Mapping[str, str]
    supply: LandSupply


@dataclass(frozen=True)
class _Steps:
    """Which event records each step of a route, and whether any such step is on file at all."""

    kinds: Mapping[str, str]
    is_kept: bool

    def followed(self, days: Mapping[str, str], tiers: Sequence[Tier]) -> int | None:
        """Give the highest tier whose steps were all taken in their order, None of none."""
        done = [at for at, tier in enumerate(tiers) if not self.faults(days, tier)]
        return max(done, default=None)

    def faults(self, days: Mapping[str, str], tier: Tier) -> list[str]:
        """Name the steps of a tier that are missing, or came before an earlier one."""
        steps = [(step, days.get(self.kinds.get(step, ""))) for step in tier.steps]
        missing = [step for step, day in steps if day is None]
        held = [(step, day) for step, day in steps if day is not None]
        turned = [later for (_, one), (later, other) in pairwise(held) if other < one]
        return [*missing, *turned]


def route_verdicts(job: CheckJob, held: Dossiers, dated: DatedRule) -> list[Verdict]:
    """Judge by which route the land of each project was approved.

    Parameters
    ----------
    job
        Units, year and layers.
    held
        The ledger.
    dated
        A part of D1, or D3 [亩, of the whole project with all phases (S11)]; or D2 [级], by how
        many tiers a project with fiscal support 一事一议 was raised.

    Returns
    -------
    list of Verdict
        One a project whose land was supplied; a higher tier than asked is no breach of D1 or D3.
        A unit without any has one, ``not_applicable``.

    Notes
    -----
    D1, D2 磐安 二（五）, D3 五1. Which event records which step, and from which on land counts as
    supplied, are settings of ``route_events``; where no step of any project is on file they
    aren't kept.
    """
    steps = _steps(held)
    found: dict[str, list[Verdict]] = {unit_id: [] for unit_id in job.unit_ids}
    homeless: list[Verdict] = []
    unsaid: dict[str, list[str]] = {}
    for one in _supplied(job, held):
        unit_id = text_of(one.row, "unit_id") or ""
        if dated.rule.rule_id == "D2":
            verdict = _raised(job, one, dated, steps)
            if one.supply.is_special_policy is None:
                unsaid.setdefault(unit_id, []).append(one.supply.project_id)
        else:
            verdict = _routed(job, one, dated, steps)
        if verdict is not None:
            found.get(unit_id, homeless).append(verdict)
    for unit_id, ids in unsaid.items():
        said = say("d2_unsaid", count=len(ids))
        found.get(unit_id, homeless).append(
            judge(
                dated, None, unit_id=unit_id or None, year=job.year, reasons=(said,),
                evidence=(Evidence("projects", tuple(ids), say("route_policy_unsaid")),),
            )
        )  # fmt: skip
    for unit_id, verdicts in found.items():
        if not verdicts:
            verdicts.append(nothing_found(dated, unit_id, job.year, held.is_on_file))
    rest = homeless if job.is_whole_city else []
    return [*(one for verdicts in found.values() for one in verdicts), *rest]


def _steps(held: Dossiers) -> _Steps:
    known = EVENTS in held.policy.pack.assumptions
    pairs = held.policy.setting_texts(EVENTS, "steps") if known else ()
    kinds = {step: kind for step, _, kind in (pair.partition(":") for pair in pairs)}
    before = set(kinds.values()) - {FINAL}
    return _Steps(kinds, bool(held.past["event_kind"].isin(before).any()))


def _supplied(job: CheckJob, held: Dossiers) -> list[_Supplied]:
    """Give the projects whose land was supplied by the as-of date."""
    known = EVENTS in held.policy.pack.assumptions
    signs = held.policy.setting_texts(EVENTS, "supplied_events") if known else (FINAL,)
    units = pd.DataFrame(job.source.read("units"))
    names = dict(zip(units["unit_id"], units["name"], strict=True))
    wholes = whole_projects(held.projects)
    found = []
    for row, events in held.rows():
        days = first_days(events)
        if any(kind in days for kind in signs):
            name = names.get(text_of(row, "unit_id") or "")
            supply = supply_of(row, wholes[str(row["project_id"])], name)
            found.append(_Supplied(row, days, supply))
    return found


def _routed(job: CheckJob, one: _Supplied, dated: DatedRule, steps: _Steps) -> Verdict | None:
    """Judge a project under D1 or D3, None where another part speaks of it."""
    answer = route_rule(one.supply, job.policy)
    if not _is_claimed(dated, one.supply, answer, job.policy):
        return None
    if isinstance(answer, Statement):
        return _said(job, one, dated, None, answer)
    land_mu, tiers = one.supply.land_mu or 0.0, dated.rule.tiers
    asked = tier_of(dated, land_mu)
    unknown = _unknown(tiers, steps)
    if unknown is not None:
        return _said(job, one, dated, None, unknown)
    followed = steps.followed(one.days, tiers)
    if followed is not None and followed >= asked:
        said = say("route_followed", tier=followed + 1)
        return _said(job, one, dated, land_mu, said, "met")
    faults = steps.faults(one.days, tiers[asked])
    said = say("route_departed", tier=asked + 1, route_steps="、".join(faults))
    return _said(job, one, dated, land_mu, said, "not_met")


def _is_claimed(
    dated: DatedRule, supply: LandSupply, answer: DatedRule | Statement, policy: PolicySet
) -> bool:
    """Whether a rule speaks of a project: of one that can't be told, the likeliest part."""
    if isinstance(answer, DatedRule):
        return answer.rule.key == dated.rule.key
    if dated.rule.rule_id == "D3":
        return is_in_zone(supply, policy) or answer.code == "route_unit_missing"
    if is_in_zone(supply, policy) or answer.code == "route_unit_missing":
        return False
    part = category_part(supply.category, policy) or policy.parts("D1")[0]
    return dated.rule.part == part


def _raised(job: CheckJob, one: _Supplied, dated: DatedRule, steps: _Steps) -> Verdict | None:
    """Judge by how many tiers a project with 一事一议 was raised, None where it has none."""
    if not one.supply.is_special_policy or not job.policy.parts("D1"):
        return None
    base = route_rule(one.supply, job.policy)
    part = category_part(one.supply.category, job.policy)
    if isinstance(base, Statement):
        return _said(job, one, dated, None, base)
    if base.rule.rule_id == "D3":
        return _said(job, one, dated, None, say("route_rule_silent"))
    if part is None:
        return _said(job, one, dated, None, say("route_category_missing"))
    tiers = job.policy.rule("D1", part).rule.tiers
    at = tier_of(base, one.supply.land_mu or 0.0)
    if at == len(tiers) - 1:
        return _said(job, one, dated, None, say("route_at_top", tier=at + 1), "not_applicable")
    unknown = _unknown(tiers, steps)
    if unknown is not None:
        return _said(job, one, dated, None, unknown)
    followed = steps.followed(one.days, tiers)
    raised = max(0, (0 if followed is None else followed) - at)
    if raised:
        # raised further than asked is no breach, as under D1
        said = say("route_followed", tier=at + raised + 1)
        return _said(job, one, dated, float(raised), said, "met")
    faults = steps.faults(one.days, tiers[at + 1])
    said = say("route_departed", tier=at + 2, route_steps="、".join(faults))
    return _said(job, one, dated, 0.0, said)


def _unknown(tiers: Sequence[Tier], steps: _Steps) -> Statement | None:
    """Say why the steps taken can't be told: nobody enters them, or no event stands for one."""
    strange = [step for tier in tiers for step in tier.steps if step not in steps.kinds]
    if strange:
        return say("route_step_unmapped", route_steps="、".join(dict.fromkeys(strange)))
    return None if steps.is_kept else say("route_not_kept")


def _said(
    job: CheckJob,
    one: _Supplied,
    dated: DatedRule,
    measured: float | None,
    said: Statement,
    outcome: Outcome | None = None,
) -> Verdict:
    reasons = (said, *one.supply.reasons)
    unit_id = text_of(one.row, "unit_id")
    return judge(
        dated, measured, unit_id=unit_id if unit_id in job.unit_ids else None, year=job.year,
        outcome=outcome, reasons=reasons,
        evidence=(Evidence("projects", (one.supply.project_id,), said),),
    )  # fmt: skip
