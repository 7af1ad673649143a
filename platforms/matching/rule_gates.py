"""Gates that a rule of the active packs sets: A18, A20, B4, E3."""

from functools import partial
from typing import cast

import numpy as np

from geo.units import compare
from platforms.industries.codes import division
from platforms.land.readiness import NET_LAND_STATES, NET_LAND_UTILITIES
from platforms.matching.columns import Flags, SiteColumns
from platforms.matching.gate import Answers, Asking, GateRule, Reason, under_rule
from platforms.matching.land_gates import TOLERANCE_MU, utility_reason
from platforms.matching.site import Site
from platforms.statement import Statement, say


def increment(columns: SiteColumns, asked: Asking) -> Answers:
    """A18: no new increment of industrial land outside the major platforms."""
    return under_rule(columns, asked, "A18", "", lambda: _increment(columns))


def _increment(columns: SiteColumns) -> Answers:
    def outside_mu(site: Site) -> float:
        return site.area_mu * (1 - site.major_share)

    outside = columns.area_mu * (1 - columns.major_share) > TOLERANCE_MU
    known = ~np.isnan(columns.increment)
    reason = np.where(~outside, 0, np.where(~known, 1, np.where(columns.increment == 1, 2, 3)))
    return Answers(
        reason,
        (
            Reason("met", lambda _: say("inside_major_platform")),
            Reason("no_data", lambda s: say("increment_unknown", outside_mu=outside_mu(s))),
            Reason("not_met", lambda s: say("increment_outside", outside_mu=outside_mu(s))),
            Reason("met", lambda s: say("no_increment", outside_mu=outside_mu(s))),
        ),
    )


def industry(columns: SiteColumns, asked: Asking) -> Answers:
    """A20: no new high-energy project on a main platform; expansion of the six needs a decision."""
    return under_rule(columns, asked, "A20", "high_energy", lambda: _industry(columns, asked))


def _industry(columns: SiteColumns, asked: Asking) -> Answers:
    on_main, off_main = _industry_reasons(asked)
    return Answers(np.where(on_main_platform(columns), 0, 1), (on_main, off_main))


def _industry_reasons(asked: Asking) -> tuple[Reason, Reason]:
    """Give the answer on a main platform, and the one elsewhere."""
    code = asked.demand.industry_code
    if code is None:
        return (
            Reason("no_data", lambda _: say("industry_unknown")),
            Reason("met", lambda _: say("off_main")),
        )
    number = division(code)
    high_energy = number in asked.policy.code_list("high_energy_industries").codes
    if not high_energy and number not in asked.policy.code_list("traditional_industries").codes:
        free = Reason("met", lambda _: say("industry_unrestricted", industry=number))
        return free, free
    elsewhere = Reason("met", lambda _: say("restricted_off_main", industry=number))
    if high_energy:
        refused = Reason("not_met", lambda _: say("high_energy_on_main", industry=number))
        return refused, elsewhere
    if asked.demand.is_expansion is False:
        allowed = Reason("met", lambda _: say("traditional_no_expansion", industry=number))
        return allowed, elsewhere
    undecided = Reason("no_data", lambda _: say("traditional_needs_decision", industry=number))
    return undecided, elsewhere


def standard_land(columns: SiteColumns, asked: Asking) -> Answers:
    """A20: what is promised against the 标准地 figures of each parcel."""
    return under_rule(columns, asked, "A20", "standard_land", lambda: _standard(columns, asked))


def _standard(columns: SiteColumns, asked: Asking) -> Answers:
    """Hold the promise against every distinct set of figures; each site says its own."""
    facts = ("standards", "without_standards", "far_bounds", "allowed_industries")
    place = np.zeros(len(columns), dtype=np.intp)
    for name in facts:
        place = place * len(columns.coded[name].values) + columns.coded[name].place
    _, first, place = np.unique(place, return_index=True, return_inverse=True)
    reasons = [_standard_reason(columns.sites[position], asked) for position in first]
    off_main = Reason("not_applicable", lambda _: say("standard_land_off_main"))
    reason = np.where(on_main_platform(columns), place, len(reasons))
    return Answers(reason, (*reasons, off_main))


def _standard_reason(site: Site, asked: Asking) -> Reason:
    promised = asked.demand.per_mu_wan_yuan
    for name, least in sorted(site.standards.items()):
        value = promised[name]
        if value is not None and compare(value, least) < 0:
            return Reason("not_met", partial(_said_short, asked=asked))
    far, (low, high) = asked.demand.far, site.far_bounds
    if far is not None:
        below = low is not None and compare(far, low) < 0
        if below or (high is not None and compare(far, high) > 0):
            return Reason("not_met", lambda s: _said_far(s, far))
    code = asked.demand.industry_code
    allowed = site.allowed_industries
    if allowed is not None and code is not None and division(code) not in allowed:
        return Reason("not_met", lambda s: _said_industry(s, division(code)))
    return _open_reason(site, asked)


def _open_reason(site: Site, asked: Asking) -> Reason:
    """Say what is missing where nothing is short."""
    if not site.standards and site.far_bounds == (None, None):
        return Reason("no_data", lambda _: say("standard_land_not_stated"))
    if site.without_standards:
        return Reason(
            "no_data",
            lambda s: say("standard_land_lacking", parcels=", ".join(s.without_standards)),
        )
    promised = asked.demand.per_mu_wan_yuan
    missing = sorted(name for name in site.standards if promised[name] is None)
    if asked.demand.industry_code is None and site.allowed_industries is not None:
        missing.append("industry_code")
    if missing:
        columns = ";".join(missing)
        return Reason("no_data", lambda _: say("standard_land_unknown", columns=columns))
    return Reason("met", lambda s: say("standard_land_met", count=len(s.standards)))


def _said_short(site: Site, asked: Asking) -> Statement:
    promised = asked.demand.per_mu_wan_yuan
    short = [
        (name, value, least)
        for name, least in sorted(site.standards.items())
        if (value := promised[name]) is not None and compare(value, least) < 0
    ]
    name, value, least = short[0]
    return say(
        "standard_land_short", column=name, value_wan_yuan_per_mu=value,
        least_wan_yuan_per_mu=least, count=len(short),
    )  # fmt: skip


def _said_far(site: Site, far: float) -> Statement:
    low, high = ("" if bound is None else f"{bound:g}" for bound in site.far_bounds)
    return say("standard_land_far", far=far, low=low, high=high)


def _said_industry(site: Site, number: str) -> Statement:
    allowed = ", ".join(sorted(site.allowed_industries or ()))
    return say("standard_land_industry", industry=number, allowed=allowed)


def net_land(columns: SiteColumns, asked: Asking) -> Answers:
    """B4: net land (净地) – every parcel cleared, levelled and serviced."""
    return under_rule(columns, asked, "B4", "", lambda: _net_land(columns))


def _net_land(columns: SiteColumns) -> Answers:
    states, there = columns.coded["states"], columns.coded["utilities"]
    cleared = states.ranks(lambda held: int(cast("frozenset[str]", held) <= {*NET_LAND_STATES}))
    unknown = states.ranks(lambda held: int("unknown" in cast("frozenset[str]", held)))
    reasons = tuple(utility_reason(value, NET_LAND_UTILITIES) for value in there.values)
    count = len(reasons)
    return Answers(
        np.where(cleared == 1, there.place, np.where(unknown == 1, count, count + 1)),
        (
            *reasons,
            Reason("no_data", lambda _: say("state_not_known")),
            Reason("not_met", lambda s: say("not_cleared", states=";".join(sorted(s.states)))),
        ),
    )


def utility_level(part: str) -> GateRule:
    """E3: 五通一平, 七通一平 or 九通一平 before a project lands.

    Parameters
    ----------
    part
        ``five``, ``seven`` or ``nine``; the last only binds land of a platform (有条件的开发区).

    Returns
    -------
    GateRule
        The gate.
    """

    def gate(columns: SiteColumns, asked: Asking) -> Answers:
        return under_rule(columns, asked, "E3", part, lambda: _level(columns, asked, part))

    return gate


def _level(columns: SiteColumns, asked: Asking, part: str) -> Answers:
    needed = frozenset(asked.policy.setting_texts("utility_levels", part))
    there = columns.coded["utilities"]
    reasons = tuple(utility_reason(value, needed) for value in there.values)
    if part != "nine":
        return Answers(there.place, reasons)
    in_zone = columns.coded["platform_id"].ranks(lambda one: int(one is not None)) == 1
    elsewhere = Reason("not_applicable", lambda _: say("not_in_a_zone"))
    return Answers(np.where(in_zone, there.place, len(reasons)), (*reasons, elsewhere))


def on_main_platform(columns: SiteColumns) -> Flags:
    """Say which candidates lie on the outline of a major platform itself, beyond 1 m²."""
    on_main: Flags = columns.main_platform_share * columns.area_mu > TOLERANCE_MU
    return on_main
