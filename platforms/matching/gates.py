"""Whether a site may take a project at all: gates before scores, each with its sentence.

``met`` passes, ``not_met`` rejects, ``no_data`` sets the site apart as undecided: an unknown is
never a pass.
"""

from dataclasses import dataclass
from functools import partial

from geo.units import compare
from platforms.land.readiness import SUPPLY_READY_STATES
from platforms.matching.demand import Demand
from platforms.matching.land_use import can_compare, fitting_uses, use_fits
from platforms.matching.sites import Site
from platforms.matching.table import MatchTable
from platforms.policy.dated import PolicySet
from platforms.statement import Statement, say
from platforms.verdict import Outcome

TOLERANCE_MU = 0.0015
"""1 m²: what overlay of outlines digitised apart may leave over."""


@dataclass(frozen=True)
class Gate:
    """The answer of one gate.

    Attributes
    ----------
    gate
        Its name.
    outcome
        ``met``, ``not_met`` or ``no_data``.
    statement
        Why.
    clause
        Document and clause, empty where the gate follows from the demand itself.
    """

    gate: str
    outcome: Outcome
    statement: Statement
    clause: str = ""


def judge(site: Site, demand: Demand, policy: PolicySet, table: MatchTable) -> tuple[Gate, ...]:
    """Put a site through every gate.

    Parameters
    ----------
    site
        The candidate.
    demand
        What the project asks.
    policy
        Rules on the as-of date.
    table
        Land uses that fit each category.

    Returns
    -------
    tuple of Gate
        One answer a gate, in a fixed order.
    """
    return (
        _size(site, demand),
        _land_use(site, demand, table),
        _state(site),
        _constraints(site),
        _utilities(site, demand),
        _unit(site, demand),
        _increment(site, policy),
        _industry(site, demand, policy),
        _standard_land(site, demand, policy),
    )


def _size(site: Site, demand: Demand) -> Gate:
    code = "size_enough" if compare(site.area_mu, demand.land_min_mu) >= 0 else "size_short"
    statement = say(
        code, area_mu=site.area_mu, land_min_mu=demand.land_min_mu,
        gap_mu=demand.land_min_mu - site.area_mu,
    )  # fmt: skip
    return Gate("size", "met" if code == "size_enough" else "not_met", statement)


def _land_use(site: Site, demand: Demand, table: MatchTable) -> Gate:
    wanted = fitting_uses(demand, table)
    if wanted is None:
        return Gate("land_use", "no_data", say("category_unknown"))
    stated = sorted(use for use in site.land_uses if use)
    known = [use for use in stated if can_compare(use[0], wanted)]
    unfit = [code for scheme, code in known if not use_fits(scheme, code, wanted)]
    if unfit:
        return Gate("land_use", "not_met", say("land_use_unfit", codes=", ".join(unfit)))
    if None in site.land_uses:
        return Gate("land_use", "no_data", say("land_use_unknown"))
    foreign = [code for scheme, code in stated if not can_compare(scheme, wanted)]
    if foreign:
        why = say("land_use_not_comparable", codes=", ".join(foreign))
        return Gate("land_use", "no_data", why)
    codes = ", ".join(code for _, code in stated)
    return Gate("land_use", "met", say("land_use_fits", codes=codes))


def _state(site: Site) -> Gate:
    waiting = sorted(site.states - {*SUPPLY_READY_STATES, "unknown"})
    if waiting:
        return Gate("state", "not_met", say("state_not_ready", states=";".join(waiting)))
    if "unknown" in site.states:
        return Gate("state", "no_data", say("state_not_known"))
    return Gate("state", "met", say("state_ready", states=";".join(sorted(site.states))))


def _constraints(site: Site) -> Gate:
    if site.blocked_mu > TOLERANCE_MU:
        return Gate("constraints", "not_met", say("blocked_land", blocked_mu=site.blocked_mu))
    if site.warnings:
        return Gate("constraints", "met", say("warned_land", names="、".join(site.warnings)))
    return Gate("constraints", "met", say("unconstrained_land"))


def _utilities(site: Site, demand: Demand) -> Gate:
    needed = frozenset(demand.utilities_needed)
    if not needed:
        return Gate("utilities", "met", say("utilities_not_asked"))
    if site.utilities is None:
        return Gate("utilities", "no_data", say("utilities_unknown"))
    missing = ";".join(sorted(needed - site.utilities))
    if missing:
        return Gate("utilities", "not_met", say("utilities_missing", utilities=missing))
    return Gate("utilities", "met", say("utilities_there"))


def _unit(site: Site, demand: Demand) -> Gate:
    if site.unit_id is None:
        return Gate("unit", "no_data", say("unit_not_known"))
    if site.unit_id in demand.excluded_units:
        return Gate("unit", "not_met", say("unit_excluded"))
    return Gate("unit", "met", say("unit_admitted"))


def _increment(site: Site, policy: PolicySet) -> Gate:
    """A18: no new increment of industrial land outside the major platforms."""
    rule = policy.rule("A18")
    if not rule.in_force:
        return Gate("A18", "not_applicable", say("rule_out_of_force"), rule.clause)
    outside_mu = site.area_mu * (1 - site.major_share)
    if outside_mu <= TOLERANCE_MU:
        return Gate("A18", "met", say("inside_major_platform"), rule.clause)
    if site.is_increment is None:
        return Gate("A18", "no_data", say("increment_unknown", outside_mu=outside_mu), rule.clause)
    if site.is_increment:
        why = say("increment_outside", outside_mu=outside_mu)
        return Gate("A18", "not_met", why, rule.clause)
    return Gate("A18", "met", say("no_increment", outside_mu=outside_mu), rule.clause)


def _industry(site: Site, demand: Demand, policy: PolicySet) -> Gate:
    """A20: no new high-energy project on a main platform; expansion of the six needs a decision."""
    rule = policy.rule("A20", "high_energy")
    outcome, why = _industry_answer(site, demand, policy)
    if not rule.in_force:
        outcome, why = "not_applicable", say("rule_out_of_force")
    return Gate("A20", outcome, why, rule.clause)


def _industry_answer(site: Site, demand: Demand, policy: PolicySet) -> tuple[Outcome, Statement]:
    on_main = _on_main_platform(site)
    if demand.industry_code is None:
        return ("no_data", say("industry_unknown")) if on_main else ("met", say("off_main"))
    industry = division(demand.industry_code)
    high_energy = industry in policy.code_list("high_energy_industries").codes
    traditional = industry in policy.code_list("traditional_industries").codes
    if not high_energy and not traditional:
        return "met", say("industry_unrestricted", industry=industry)
    if not on_main:
        return "met", say("restricted_off_main", industry=industry)
    if high_energy:
        return "not_met", say("high_energy_on_main", industry=industry)
    if demand.is_expansion is False:
        return "met", say("traditional_no_expansion", industry=industry)
    return "no_data", say("traditional_needs_decision", industry=industry)


def _standard_land(site: Site, demand: Demand, policy: PolicySet) -> Gate:
    """A20: investment, output and tax per 亩 promised against the 标准地 figures of the parcels."""
    rule = policy.rule("A20", "standard_land")
    answer = partial(Gate, "standard_land", clause=rule.clause)
    if not rule.in_force or not _on_main_platform(site):
        return answer("not_applicable", say("standard_land_off_main"))
    if not site.standards:
        return answer("no_data", say("standard_land_not_stated"))
    promised = demand.per_mu_wan_yuan
    missing = sorted(name for name in site.standards if promised[name] is None)
    short = [
        (name, promised[name], least)
        for name, least in sorted(site.standards.items())
        if promised[name] is not None and compare(promised[name] or 0.0, least) < 0
    ]
    if short:
        name, value, least = short[0]
        why = say(
            "standard_land_short", column=name, value_wan_yuan_per_mu=value,
            least_wan_yuan_per_mu=least, count=len(short),
        )  # fmt: skip
        return answer("not_met", why)
    if missing:
        return answer("no_data", say("standard_land_unknown", columns=";".join(missing)))
    return answer("met", say("standard_land_met", count=len(site.standards)))


def _on_main_platform(site: Site) -> bool:
    return site.main_platform_share * site.area_mu > TOLERANCE_MU


def division(industry_code: str) -> str:
    """Give the two-digit division of a GB/T 4754 code, with or without its letter.

    Parameters
    ----------
    industry_code
        ``C3982``, ``3982`` or ``39``.

    Returns
    -------
    str
        ``39``.

    Examples
    --------
    >>> division("C3982")
    '39'
    """
    return industry_code.strip().upper().lstrip("ABCDEFGHIJKLMNOPQRST")[:2]
