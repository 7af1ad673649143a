"""Who approves the land, and was it so (D1–D3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from geo.units import compare
from platforms.ledger.counting import ProjectLedger, competition_ledger, whole_projects_of
from platforms.ledger.histories import filing_unit, first_days, verdicts_by_unit
from platforms.ledger.phases import WholeProject
from platforms.ledger.rows import Row, flag_of, text_of
from platforms.policy.check import CheckJob, judge
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.pack import Tier
from platforms.policy.registry import check
from platforms.policy.roles import fault_of
from platforms.policy.verdict import (
    Basis,
    Evidence,
    Force,
    ForceStatus,
    Outcome,
    Statement,
    Verdict,
    say,
)


@dataclass(frozen=True)
class LandSupply:
    """What is asked to be approved.

    ``project_id``: Number of the project.
    ``category``: Category code, None where not stated.
    ``land_mu``: Land of the whole project with all phases [亩], 0 where it needs none, None not
      stated.
    ``is_special_policy``: Whether fiscal support 一事一议 is asked, None where not stated.
    ``unit_id, unit_name``: The unit that files it, and its name; None where not known.
    ``reasons``: How the land was reckoned, where there is something to say.
    """

    project_id: str
    category: str | None
    land_mu: float | None
    is_special_policy: bool | None
    unit_id: str | None
    unit_name: str | None
    reasons: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class ApprovalRoute:
    """The route of one project.

    ``project_id``: The project.
    ``outcome``: ``met`` (there is a route), ``no_data``, or ``not_applicable`` where no rule is
      active.
    ``tier``: Which tier, from 1; None where there is none.
    ``steps``: Bodies and what they do, in their order, as the pack states them.
    ``reasons``: How it came about, or what is missing.
    ``rule_ids``: Rules it follows from.
    ``clause, force, force_status, basis, assumptions``: Of these rules: places joined,
      ``assumed`` where one is, the first that isn't in force; force and status are None where no
      rule is active.
    """

    project_id: str
    outcome: Outcome
    tier: int | None
    steps: tuple[str, ...]
    reasons: tuple[Statement, ...]
    rule_ids: tuple[str, ...] = ()
    clause: str = ""
    force: Force | None = None
    force_status: ForceStatus | None = None
    basis: Basis | None = None
    assumptions: tuple[str, ...] = ()


def land_supply_of(ledger: ProjectLedger, units: pd.DataFrame, project_id: str) -> LandSupply:
    """Read what is asked to be approved from the ledger.

    Parameters
    ----------
    ledger
        The ledger on the as-of date.
    units
        Layer ``units``.
    project_id
        The project, or any of its phases.

    Returns
    -------
    LandSupply
        With the land of all phases together (S11), and the unit that files it: that of its first
        report.

    Raises
    ------
    PlanningError
        ``project_not_on_file``.
    """
    row = ledger.row(project_id)
    events = next(e for r, e in ledger.histories if r["project_id"] == row["project_id"])
    names = dict(zip(units["unit_id"], units["name"], strict=True))
    whole = ledger.whole_projects[str(row["project_id"])]
    return supply_of(row, whole, filing_unit(row, events), names)


def supply_of(
    row: Row, whole: WholeProject, unit_id: str | None, names: Mapping[object, object]
) -> LandSupply:
    """Say what is asked to be approved, as ``land_supply_of``, of rows already at hand."""
    reasons: tuple[Statement, ...] = ()
    if whole.is_phased and whole.land_mu is not None:
        reasons = (say("route_phases", land_mu=whole.land_mu, count=len(whole.phases)),)
        if whole.first_phase_id is not None:
            reasons = (*reasons, say("route_first_phase", project_id=whole.first_phase_id))
    asked = [flag_of(phase, "is_special_policy") for phase in (row, *whole.rows)]
    special = True if True in asked else flag_of(row, "is_special_policy")
    return LandSupply(
        str(row["project_id"]), text_of(row, "category"), whole.land_mu, special,
        unit_id, text_of({"name": names.get(unit_id)}, "name"), reasons,
    )  # fmt: skip


def route_rule(supply: LandSupply, policy: PolicySet) -> DatedRule | Statement:
    """Say which rule names the route of a project before anything raises it (D2).

    ``policy``: Rules on the as-of date, D1 among them.

    A part of D1, or D3; what is missing where that can't be told.
    """
    if supply.land_mu is None:
        return say("route_land_missing")
    needs_land = compare(supply.land_mu, 0.0) > 0
    if policy.parts("D3") and needs_land:
        if supply.unit_id is None:
            return say("route_unit_missing")
        if is_in_zone(supply, policy):
            return policy.rule("D3")
    if not needs_land and "no_land" in policy.parts("D1"):
        return policy.rule("D1", "no_land")
    part = category_part(supply.category, policy)
    if part is None:
        unsaid = supply.category is None
        return say("route_category_missing" if unsaid else "route_category_unlisted")
    return policy.rule("D1", part)


def is_in_zone(supply: LandSupply, policy: PolicySet) -> bool:
    """Whether a project is filed by the zone with rules of its own (D3)."""
    roles = policy.rule("D3").rule.roles if policy.parts("D3") else ()
    return any(
        policy.pack.roles[role].is_carried_by(supply.unit_id, supply.unit_name) for role in roles
    )


def approval_route(supply: LandSupply, policy: PolicySet) -> ApprovalRoute:
    """Say who has to approve the land of a project.

    Parameters
    ----------
    supply
        What is asked.
    policy
        Rules on the as-of date.

    Returns
    -------
    ApprovalRoute
        The tier and its steps. Each tier includes its upper end (含). Fiscal support 一事一议
        raises it, at the top it stays; in the zone with rules of its own (D3) no rule says what
        then holds: ``no_data``, for a person to decide.

    Notes
    -----
    D1, D2 磐安 二（五）, D3 五1; S11.
    """
    if not policy.parts("D1"):
        return ApprovalRoute(supply.project_id, "not_applicable", None, (), (say("route_no_rule"),))
    if supply.land_mu is None:
        return _open(supply, [_first(policy)], say("route_land_missing"))
    if policy.parts("D3") and compare(supply.land_mu, 0.0) > 0:
        zone = policy.rule("D3")
        if supply.unit_id is None:
            return _open(supply, [zone], say("route_unit_missing"))
        if is_in_zone(supply, policy):
            return _in_zone(supply, policy, zone)
    return _by_category(supply, policy)


def _first(policy: PolicySet) -> DatedRule:
    return policy.rule("D1", policy.parts("D1")[0])


def _in_zone(supply: LandSupply, policy: PolicySet, zone: DatedRule) -> ApprovalRoute:
    """D3: the zone's own tiers, which say nothing of 一事一议."""
    if policy.parts("D2") and supply.is_special_policy is not False:
        both = [zone, policy.rule("D2")]
        is_asked = supply.is_special_policy
        return _open(supply, both, say("route_rule_silent" if is_asked else "route_policy_unsaid"))
    index = tier_of(zone, supply.land_mu or 0.0)
    said = say("route_in_zone", zone=supply.unit_name or supply.unit_id)
    return _route_of(supply, [zone], zone.rule.tiers, index, said)


def _by_category(supply: LandSupply, policy: PolicySet) -> ApprovalRoute:
    """D1 by category and land, raised by D2."""
    land_mu = supply.land_mu or 0.0
    needs_land = compare(land_mu, 0.0) > 0
    part = category_part(supply.category, policy)
    raising = supply.is_special_policy is not False and bool(policy.parts("D2"))
    if part is None and (needs_land or raising):
        code = "route_category_missing" if supply.category is None else "route_category_unlisted"
        return _open(supply, [_first(policy)], say(code))
    if not needs_land and "no_land" in policy.parts("D1"):
        base = policy.rule("D1", "no_land")
    else:
        base = policy.rule("D1", part or policy.parts("D1")[0])
    index = tier_of(base, land_mu)
    if not raising:
        return _route_of(supply, [base], base.rule.tiers, index)
    raised_by = policy.rule("D2")
    tiers = policy.rule("D1", part or "").rule.tiers
    higher = min(index + int(raised_by.rule.number), len(tiers) - 1)
    if supply.is_special_policy is None and higher != index:
        return _open(supply, [base, raised_by], say("route_policy_unsaid"))
    if supply.is_special_policy is None:
        return _route_of(supply, [base], tiers, index)
    said = say("route_raised" if higher > index else "route_at_top", tier=higher + 1)
    return _route_of(supply, [base, raised_by], tiers, higher, said)


def category_part(category: str | None, policy: PolicySet) -> str | None:
    """Give the part of D1 for a category: the one whose condition names it, else the open list."""
    for part in policy.parts("D1"):
        if category in _words(policy.rule("D1", part), "category"):
            return part
    is_other = category in policy.setting_texts("other_categories", "categories")
    return "others" if is_other and "others" in policy.parts("D1") else None


def _words(dated: DatedRule, column: str) -> tuple[str, ...]:
    """Give the words that a rule's condition on a column names."""
    for condition in dated.rule.where:
        if condition.column == column and isinstance(condition.value, tuple):
            return condition.value
    return ()


def tier_of(dated: DatedRule, land_mu: float) -> int:
    """Find the tier whose upper end, included, isn't passed."""
    tiers = dated.rule.tiers
    for index, tier in enumerate(tiers):
        if tier.up_to is None or compare(land_mu, tier.up_to) <= 0:
            return index
    return len(tiers) - 1


def _route_of(
    supply: LandSupply, rules: list[DatedRule], tiers: tuple[Tier, ...], index: int,
    *said: Statement,
) -> ApprovalRoute:  # fmt: skip
    land = say("route_of_land" if (supply.land_mu or 0) > 0 else "route_without_land",
               land_mu=supply.land_mu)  # fmt: skip
    steps = tiers[index].steps
    return _answer(supply, rules, "met", index + 1, steps, (land, *supply.reasons, *said))


def _open(supply: LandSupply, rules: list[DatedRule], why: Statement) -> ApprovalRoute:
    return _answer(supply, rules, "no_data", None, (), (why, *supply.reasons))


def _answer(
    supply: LandSupply, rules: list[DatedRule], outcome: Outcome, tier: int | None,
    steps: tuple[str, ...], reasons: tuple[Statement, ...],
) -> ApprovalRoute:  # fmt: skip
    statuses = [rule.force_status for rule in rules]
    bases = [rule.basis for rule in rules]
    return ApprovalRoute(
        project_id=supply.project_id,
        outcome=outcome,
        tier=tier,
        steps=steps,
        reasons=reasons,
        rule_ids=tuple(dict.fromkeys(rule.rule.rule_id for rule in rules)),
        clause="；".join(dict.fromkeys(rule.clause for rule in rules)),
        force=rules[0].rule.force,
        force_status=next((status for status in statuses if status != "in_force"), "in_force"),
        basis="assumed" if "assumed" in bases else bases[0],
        assumptions=tuple(dict.fromkeys(a for rule in rules for a in rule.rule.assumptions)),
    )


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
        done = [(step, day) for step, day in steps if day is not None]
        turned = [later for (_, before), (later, after) in pairwise(done) if after < before]
        return [*missing, *turned]


@check("D1", unit="亩")
@check("D2", unit="级")
@check("D3", unit="亩")
def route_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge by which route the land of each project was approved.

    ``dated``: A part of D1, or D3 [亩, of the whole project with all phases (S11)]; or D2 [级], by
      how many tiers a project with fiscal support 一事一议 was raised.

    One a project whose land was supplied; a higher tier than asked is no breach of D1 or D3. A unit
    without any has one, ``not_applicable``.

    D1, D2 磐安 二（五）, D3 五1. Which event records which step, and from which on land counts as
    supplied, are settings of ``route_events``; where no step of any project is on file they
    aren't kept.
    """
    steps = job.per_run(_steps)
    verdicts: list[tuple[str | None, Verdict]] = []
    unsaid: dict[str, list[str]] = {}
    for project in job.per_run(_supplied):
        unit_id = project.supply.unit_id or ""
        if dated.rule.rule_id == "D2":
            verdict = _raised(job, project, dated, steps)
            if project.supply.is_special_policy is None:
                unsaid.setdefault(unit_id, []).append(project.supply.project_id)
        else:
            verdict = _routed(job, project, dated, steps)
        if verdict is not None:
            verdicts.append((unit_id, verdict))
    for unit_id, ids in unsaid.items():
        verdict = judge(
            dated, None, unit_id=unit_id or None, year=job.year,
            evidence=(Evidence("projects", tuple(ids), say("route_policy_unsaid")),),
            reasons=(say("d2_unsaid", count=len(ids)),),
        )  # fmt: skip
        verdicts.append((unit_id, verdict))
    return [*_of_role(job, dated), *verdicts_by_unit(job, dated, verdicts)]


def _of_role(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Say of the whole county that the zone of D3 is no unit on file, or two of them."""
    units = pd.DataFrame(job.source.read("units"))
    roles = [job.policy.pack.roles[name] for name in dated.rule.roles]
    faults = [fault for role in roles if (fault := fault_of(units, role)) is not None]
    if not faults or not job.is_whole_city:
        return []
    return [judge(dated, None, year=job.year, reasons=tuple(faults))]


def _steps(job: CheckJob) -> _Steps:
    known = EVENTS in job.policy.pack.assumptions
    pairs = job.policy.setting_texts(EVENTS, "steps") if known else ()
    kinds = {step: kind for step, _, kind in (pair.partition(":") for pair in pairs)}
    before = set(kinds.values()) - {FINAL}
    return _Steps(kinds, bool(competition_ledger(job).past["event_kind"].isin(before).any()))


def _supplied(job: CheckJob) -> list[_Supplied]:
    """Give the projects whose land was supplied by the as-of date, or in the year asked."""
    known = EVENTS in job.policy.pack.assumptions
    signs = job.policy.setting_texts(EVENTS, "supplied_events") if known else (FINAL,)
    units = pd.DataFrame(job.source.read("units"))
    names = dict(zip(units["unit_id"], units["name"], strict=True))
    wholes = whole_projects_of(job)
    supplied = []
    for row, events in competition_ledger(job).histories:
        days = first_days(events)
        supplied_on = min((days[kind] for kind in signs if kind in days), default=None)
        if supplied_on is not None and job.is_of_year(supplied_on):
            whole = wholes[str(row["project_id"])]
            supply = supply_of(row, whole, filing_unit(row, events), names)
            supplied.append(_Supplied(row, days, supply))
    return supplied


def _routed(job: CheckJob, project: _Supplied, dated: DatedRule, steps: _Steps) -> Verdict | None:
    """Judge a project under D1 or D3, None where another part speaks of it."""
    answer = route_rule(project.supply, job.policy)
    if not _is_claimed(dated, project.supply, answer, job.policy):
        return None
    if isinstance(answer, Statement):
        return _said(job, project, dated, None, answer)
    land_mu, tiers = project.supply.land_mu or 0.0, dated.rule.tiers
    asked = tier_of(dated, land_mu)
    unknown = _unknown(tiers, steps)
    if unknown is not None:
        return _said(job, project, dated, None, unknown)
    followed = steps.followed(project.days, tiers)
    if followed is not None and followed >= asked:
        said = say("route_followed", tier=followed + 1)
        return _said(job, project, dated, land_mu, said, "met")
    faults = steps.faults(project.days, tiers[asked])
    said = say("route_departed", tier=asked + 1, route_steps="、".join(faults))
    return _said(job, project, dated, land_mu, said, "not_met")


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


def _raised(job: CheckJob, project: _Supplied, dated: DatedRule, steps: _Steps) -> Verdict | None:
    """Judge by how many tiers a project with 一事一议 was raised, None where it has none."""
    if not project.supply.is_special_policy or not job.policy.parts("D1"):
        return None
    base = route_rule(project.supply, job.policy)
    part = category_part(project.supply.category, job.policy)
    if isinstance(base, Statement):
        return _said(job, project, dated, None, base)
    if base.rule.rule_id == "D3":
        return _said(job, project, dated, None, say("route_rule_silent"))
    if part is None:
        return _said(job, project, dated, None, say("route_category_missing"))
    tiers = job.policy.rule("D1", part).rule.tiers
    at = tier_of(base, project.supply.land_mu or 0.0)
    if at == len(tiers) - 1:
        return _said(job, project, dated, None, say("route_at_top", tier=at + 1), "not_applicable")
    unknown = _unknown(tiers, steps)
    if unknown is not None:
        return _said(job, project, dated, None, unknown)
    followed = steps.followed(project.days, tiers)
    raised = max(0, (0 if followed is None else followed) - at)
    if raised:
        # raised further than asked is no breach, as under D1
        said = say("route_followed", tier=at + raised + 1)
        return _said(job, project, dated, float(raised), said, "met")
    faults = steps.faults(project.days, tiers[at + 1])
    said = say("route_departed", tier=at + 2, route_steps="、".join(faults))
    return _said(job, project, dated, 0.0, said)


def _unknown(tiers: Sequence[Tier], steps: _Steps) -> Statement | None:
    """Say why the steps taken can't be told: nobody enters them, or no event stands for one."""
    strange = [step for tier in tiers for step in tier.steps if step not in steps.kinds]
    if strange:
        return say("route_step_unmapped", route_steps="、".join(dict.fromkeys(strange)))
    return None if steps.is_kept else say("route_not_kept")


def _said(
    job: CheckJob,
    project: _Supplied,
    dated: DatedRule,
    measured: float | None,
    said: Statement,
    outcome: Outcome | None = None,
) -> Verdict:
    reasons = (said, *project.supply.reasons)
    unit_id = project.supply.unit_id
    return judge(
        dated, measured, unit_id=unit_id if unit_id in job.unit_ids else None, year=job.year,
        outcome=outcome, reasons=reasons,
        evidence=(Evidence("projects", (project.supply.project_id,), said),),
    )  # fmt: skip
