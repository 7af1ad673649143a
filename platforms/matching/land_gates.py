"""Gates that follow from what the project asks of the land: size, shape, use, readiness."""

from collections.abc import Hashable
from dataclasses import replace
from typing import cast

import numpy as np

from geo.units import compare_all
from platforms.land.readiness import SUPPLY_READY_STATES
from platforms.matching.columns import Flags, Numbers, SiteColumns
from platforms.matching.demand import has_started
from platforms.matching.gate import Answers, Asking, Reason, everywhere
from platforms.matching.land_use import Uses, can_compare, fitting_uses, use_fits
from platforms.matching.site import Site
from platforms.statement import Statement, say

TOLERANCE_MU = 0.0015
"""1 m²: what overlay of outlines digitised apart may leave over."""

LandUses = frozenset[tuple[str, str] | None]


def at_least(values: Numbers, least: float | Numbers) -> Flags:
    """Say which known values reach a threshold; an unknown one doesn't."""
    known = ~np.isnan(values)
    compared = compare_all(np.where(known, values, 0.0), least)
    reached: Flags = known & (compared >= 0)
    return reached


def size(columns: SiteColumns, asked: Asking) -> Answers:
    """Contiguous land of the least size."""
    least = asked.demand.land_min_mu

    def said_enough(site: Site) -> Statement:
        return say("size_enough", area_mu=site.area_mu, land_min_mu=least)

    def said_short(site: Site) -> Statement:
        gap = least - site.area_mu
        return say("size_short", area_mu=site.area_mu, land_min_mu=least, gap_mu=gap)

    reason = np.where(at_least(columns.area_mu, least), 0, 1)
    return Answers(reason, (Reason("met", said_enough), Reason("not_met", said_short)))


def width(columns: SiteColumns, asked: Asking) -> Answers:
    """Least width: the diameter of the largest circle that fits."""
    least = asked.demand.width_min_m
    if least is None:
        return everywhere(columns, "not_applicable", say("width_not_asked"))
    return _measured(
        columns.width_m, least, Reason("no_data", lambda _: say("width_unknown")),
        Reason("met", lambda s: say("width_enough", width_m=s.width_m, least_m=least)),
        Reason("not_met", lambda s: say("width_short", width_m=s.width_m, least_m=least)),
    )  # fmt: skip


def frontage(columns: SiteColumns, asked: Asking) -> Answers:
    """Least boundary along roads."""
    least = asked.demand.frontage_min_m
    if least is None:
        return everywhere(columns, "not_applicable", say("frontage_not_asked"))
    return _measured(
        columns.frontage_m, least, Reason("no_data", lambda _: say("frontage_unknown")),
        Reason("met", lambda s: say("frontage_enough", frontage_m=s.frontage_m, least_m=least)),
        Reason("not_met", lambda s: say("frontage_short", frontage_m=s.frontage_m, least_m=least)),
    )  # fmt: skip


def _measured(
    values: Numbers, least: float, unknown: Reason, enough: Reason, short: Reason
) -> Answers:
    reason = np.where(np.isnan(values), 0, np.where(at_least(values, least), 1, 2))
    return Answers(reason, (unknown, enough, short))


def land_use(columns: SiteColumns, asked: Asking) -> Answers:
    """Land uses that fit the project or its category."""
    wanted = fitting_uses(asked.demand, asked.table)
    if wanted is None:
        return everywhere(columns, "no_data", say("category_unknown"))
    uses = columns.coded["land_uses"]
    answers = [_use_reason(cast("LandUses", value), wanted) for value in uses.values]
    return Answers(uses.place, tuple(answers))


def _use_reason(uses: LandUses, wanted: Uses) -> Reason:
    stated = sorted(use for use in uses if use)
    unfit = [
        code for scheme, code in stated
        if can_compare(scheme, wanted) and not use_fits(scheme, code, wanted)
    ]  # fmt: skip
    if unfit:
        return Reason("not_met", lambda _: say("land_use_unfit", codes=", ".join(unfit)))
    if None in uses:
        return Reason("no_data", lambda _: say("land_use_unknown"))
    foreign = [code for scheme, code in stated if not can_compare(scheme, wanted)]
    if foreign:
        return Reason("no_data", lambda _: say("land_use_not_comparable", codes=", ".join(foreign)))
    codes = ", ".join(code for _, code in stated)
    return Reason("met", lambda _: say("land_use_fits", codes=codes))


def state(columns: SiteColumns, asked: Asking) -> Answers:
    """Ready for supply: every parcel cleared or listed (净地、可供)."""
    states = columns.coded["states"]
    return Answers(states.place, tuple(_state_reason(value) for value in states.values))


def _state_reason(value: Hashable) -> Reason:
    states = cast("frozenset[str]", value)
    waiting = sorted(states - {*SUPPLY_READY_STATES, "unknown"})
    if waiting:
        return Reason("not_met", lambda _: say("state_not_ready", states=";".join(waiting)))
    if "unknown" in states:
        return Reason("no_data", lambda _: say("state_not_known"))
    return Reason("met", lambda _: say("state_ready", states=";".join(sorted(states))))


def constraints(columns: SiteColumns, asked: Asking) -> Answers:
    """No land under a constraint of severity ``block``."""

    def said_free(site: Site) -> Statement:
        if site.notices:
            return say("noticed_land", names="、".join(site.notices))
        return say("unblocked_land")

    reason = np.where(columns.blocked_mu > TOLERANCE_MU, 1, 0)
    blocked = Reason("not_met", lambda s: say("blocked_land", blocked_mu=s.blocked_mu))
    return Answers(reason, (Reason("met", said_free), blocked))


def cautions(columns: SiteColumns, asked: Asking) -> Answers:
    """Constraints of severity ``warn``: the site stays, with a warning."""
    met = columns.coded["warnings"].ranks(lambda names: int(bool(names)))
    return Answers(
        met,
        (
            Reason("met", lambda _: say("unwarned_land")),
            Reason("not_met", lambda s: say("warned_land", names="、".join(s.warnings))),
        ),
        force="principle",
    )


def utilities(columns: SiteColumns, asked: Asking) -> Answers:
    """Utilities that the project can't do without."""
    needed = frozenset(asked.demand.utilities_needed)
    if not needed:
        return everywhere(columns, "met", say("utilities_not_asked"))
    there = columns.coded["utilities"]
    return Answers(there.place, tuple(utility_reason(value, needed) for value in there.values))


def utility_reason(value: Hashable, needed: frozenset[str]) -> Reason:
    """Hold the utilities of a site against those needed; None: not on file."""
    if value is None:
        return Reason("no_data", lambda _: say("utilities_unknown"))
    missing = ";".join(sorted(needed - cast("frozenset[str]", value)))
    if missing:
        return Reason("not_met", lambda _: say("utilities_missing", utilities=missing))
    return Reason("met", lambda _: say("utilities_there"))


def facilities(columns: SiteColumns, asked: Asking) -> Answers:
    """Facilities no farther than the project says."""
    wanted = asked.demand.facilities_max_km
    if not wanted:
        return everywhere(columns, "not_applicable", say("facilities_not_asked"))
    reason = np.zeros(len(columns), dtype=np.intp)
    reasons = [Reason("met", lambda _: say("facilities_near", count=len(wanted)))]
    nowhere = np.full(len(columns), np.nan)
    for kind, most_km in wanted:
        km = columns.facility_km.get(kind, nowhere)
        unknown = np.isnan(km)
        far = ~unknown & (compare_all(np.where(unknown, 0.0, km), most_km) > 0)
        reasons += [_no_facility(kind), _far_facility(kind, most_km)]
        reason = np.where(unknown & (reason == 0), len(reasons) - 2, reason)
        passed = np.array([one.outcome != "not_met" for one in reasons], dtype=bool)[reason]
        reason = np.where(far & passed, len(reasons) - 1, reason)
    return Answers(reason, tuple(reasons))


def _no_facility(kind: str) -> Reason:
    return Reason("no_data", lambda _: say("facility_not_on_file", facility_kind=kind))


def _far_facility(kind: str, most_km: float) -> Reason:
    return Reason(
        "not_met",
        lambda s: say("facility_far", facility_kind=kind, km=s.facility_km[kind], most_km=most_km),
    )


def unit(columns: SiteColumns, asked: Asking) -> Answers:
    """Not a unit that the project excludes."""
    excluded = asked.demand.excluded_units
    reasons = (
        Reason("met", lambda _: say("unit_admitted")),
        Reason("not_met", lambda _: say("unit_excluded")),
        Reason("no_data", lambda _: say("unit_not_known")),
    )
    place = columns.coded["unit_id"].ranks(lambda u: 2 if u is None else int(u in excluded))
    return Answers(place, reasons)


def preferred_unit(columns: SiteColumns, asked: Asking) -> Answers:
    """Prefer the units that the project would like: a wish, which only scores."""
    preferred = asked.demand.preferred_units
    if not preferred:
        return everywhere(columns, "not_applicable", say("no_unit_preferred"))
    reasons = (
        Reason("not_met", lambda _: say("unit_not_preferred")),
        Reason("met", lambda _: say("unit_preferred")),
        Reason("no_data", lambda _: say("unit_not_known")),
    )
    place = columns.coded["unit_id"].ranks(lambda u: 2 if u is None else int(u in preferred))
    return Answers(place, reasons, force="guidance")


def not_started(columns: SiteColumns, asked: Asking) -> Answers:
    """C4: the project has not started yet; a principle (exclusions alone are mandatory)."""
    if not has_started(asked.demand, asked.policy.as_of):
        waiting = everywhere(columns, "met", say("project_waiting"))
        return replace(waiting, force="principle")
    day = asked.demand.started_on or ""
    begun = everywhere(columns, "not_met", say("project_started", started_on=day))
    return replace(begun, force="principle")
