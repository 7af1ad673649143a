"""Who has to approve the land of a project, step by step (D1, D2, D3)."""

from dataclasses import dataclass

import pandas as pd

from geo.units import compare
from platforms.policy.dated import DatedRule, PolicySet
from platforms.policy.rules import Tier
from platforms.projects.phases import WholeProject, whole_project
from platforms.projects.rows import Row, flag_of, project_row, text_of
from platforms.statement import Statement, say
from platforms.verdict import Basis, Force, ForceStatus, Outcome


@dataclass(frozen=True)
class LandSupply:
    """What is asked to be approved.

    Attributes
    ----------
    project_id
        Number of the project.
    category
        Category code, None where not stated.
    land_mu
        Land of the whole project with all phases [亩], 0 where it needs none, None not stated.
    is_special_policy
        Whether fiscal support 一事一议 is asked, None where not stated.
    unit_name
        Name of the unit that files it, None where not known.
    reasons
        How the land was reckoned, where there is something to say.
    """

    project_id: str
    category: str | None
    land_mu: float | None
    is_special_policy: bool | None
    unit_name: str | None
    reasons: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class ApprovalRoute:
    """The route of one project.

    Attributes
    ----------
    project_id
        The project.
    outcome
        ``met`` (there is a route), ``no_data``, or ``not_applicable`` where no rule is active.
    tier
        Which tier, from 1; None where there is none.
    steps
        Bodies and what they do, in their order, as the pack states them.
    reasons
        How it came about, or what is missing.
    rule_ids
        Rules it follows from.
    clause, force, force_status, basis, assumptions
        Of these rules: places joined, ``assumed`` where one is, the first that isn't in force;
        force and status are None where no rule is active.
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


def land_supply_of(projects: pd.DataFrame, units: pd.DataFrame, project_id: str) -> LandSupply:
    """Read what is asked to be approved from the ledger.

    Parameters
    ----------
    projects, units
        Tables of these names.
    project_id
        The project, or any of its phases.

    Returns
    -------
    LandSupply
        With the land of all phases together (S11).

    Raises
    ------
    PlanningError
        ``project_not_on_file``.
    """
    row = project_row(projects, project_id)
    whole = whole_project(projects, project_id)
    names = dict(zip(units["unit_id"], units["name"], strict=True))
    return supply_of(row, whole, names.get(text_of(row, "unit_id") or ""))


def supply_of(row: Row, whole: WholeProject, unit_name: object) -> LandSupply:
    """Say what is asked to be approved, as ``land_supply_of``, of rows already at hand."""
    reasons: tuple[Statement, ...] = ()
    if whole.is_phased and whole.land_mu is not None:
        reasons = (say("route_phases", land_mu=whole.land_mu, count=len(whole.phases)),)
    asked = [flag_of(one, "is_special_policy") for one in (row, *whole.rows)]
    special = True if True in asked else flag_of(row, "is_special_policy")
    return LandSupply(
        str(row["project_id"]), text_of(row, "category"), whole.land_mu, special,
        text_of({"name": unit_name}, "name"), reasons,
    )  # fmt: skip


def route_rule(supply: LandSupply, policy: PolicySet) -> DatedRule | Statement:
    """Say which rule names the route of a project before anything raises it (D2).

    Parameters
    ----------
    supply
        What is asked.
    policy
        Rules on the as-of date, D1 among them.

    Returns
    -------
    DatedRule or Statement
        A part of D1, or D3; what is missing where that can't be told.
    """
    if supply.land_mu is None:
        return say("route_land_missing")
    needs_land = compare(supply.land_mu, 0.0) > 0
    if policy.parts("D3") and needs_land:
        if supply.unit_name is None:
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
    zones = _words(policy.rule("D3"), "name") if policy.parts("D3") else ()
    return supply.unit_name in zones


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
        if supply.unit_name is None:
            return _open(supply, [zone], say("route_unit_missing"))
        if supply.unit_name in _words(zone, "name"):
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
    return _found(
        supply, [zone], zone.rule.tiers, index, say("route_in_zone", zone=supply.unit_name)
    )


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
        return _found(supply, [base], base.rule.tiers, index)
    raised_by = policy.rule("D2")
    tiers = policy.rule("D1", part or "").rule.tiers
    higher = min(index + int(raised_by.rule.number), len(tiers) - 1)
    if supply.is_special_policy is None and higher != index:
        return _open(supply, [base, raised_by], say("route_policy_unsaid"))
    if supply.is_special_policy is None:
        return _found(supply, [base], tiers, index)
    said = say("route_raised" if higher > index else "route_at_top", tier=higher + 1)
    return _found(supply, [base, raised_by], tiers, higher, said)


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


def _found(
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
        force_status=next((one for one in statuses if one != "in_force"), "in_force"),
        basis="assumed" if "assumed" in bases else bases[0],
        assumptions=tuple(dict.fromkeys(a for rule in rules for a in rule.rule.assumptions)),
    )
