"""Limits that many placements meet together: land once, quotas, shares of B1 and B2."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import shapely

from geo.units import compare
from platforms.elements.landed_projects import lies_there
from platforms.elements.room import Room, RoomKey
from platforms.elements.shares import rule_of
from platforms.land.site_carving import CUT_SUFFIX
from platforms.placement.option import Limit, Option
from platforms.policy.dated import DatedRule, PolicySet
from platforms.statement import Statement, say

CUMULATIVE = "_cumulative"
"""Ending of an element whose share is of all years of the plan."""
BY_NUMBER = "projects"
"""Stands where an element stands, for the share of major projects (B2)."""

SMALLEST_OVERLAP_M2 = 1.0
"""Shapes that meet in less share a border, not land."""


def project_limits(options: Sequence[Option]) -> list[Limit]:
    """Give each project one site at most."""
    held: dict[str, dict[int, float]] = defaultdict(dict)
    for at, one in enumerate(options):
        held[one.project_id][at] = 1.0
    return [
        Limit(say("limit_project", project_id=name), weights, 1.0) for name, weights in held.items()
    ]


def land_limits(options: Sequence[Option]) -> list[Limit]:
    """Give each piece of land to one project at most.

    Parameters
    ----------
    options
        The choices.

    Returns
    -------
    list of Limit
        One a parcel taken whole, one a further pair of sites whose shapes overlap (cut parcels).
    """
    held: dict[str, dict[int, float]] = defaultdict(dict)
    for at, one in enumerate(options):
        for parcel_id in one.parcel_ids:
            if not parcel_id.endswith(CUT_SUFFIX):
                held[parcel_id][at] = 1.0
    limits = [
        Limit(say("limit_land", parcel_id=name), weights, 1.0)
        for name, weights in held.items()
        if len(weights) > 1
    ]
    return [*limits, *_overlaps(options), *_block_limits(options)]


def _block_limits(options: Sequence[Option]) -> list[Limit]:
    """Let the parts taken of a block add up to no more than its land."""
    held: dict[str, dict[int, float]] = defaultdict(dict)
    most: dict[str, float] = defaultdict(float)
    for at, one in enumerate(options):
        if one.block_id is not None and one.block_mu is not None:
            held[one.block_id][at] = one.area_mu
            # The block itself is a choice whose area may be rounded otherwise.
            most[one.block_id] = max(most[one.block_id], one.block_mu, one.area_mu)
    return [
        Limit(say("limit_block", block_id=name, block_mu=most[name]), weights, most[name])
        for name, weights in held.items()
        if len(weights) > 1 and sum(weights.values()) > most[name]
    ]


def land_taken_twice(chosen: Sequence[Option]) -> list[Statement]:
    """Hold the shapes of what was placed against each other, whatever the limits were.

    Parameters
    ----------
    chosen
        What was placed.

    Returns
    -------
    list of Statement
        One a pair that shares land.
    """
    shapes = np.array([one.geometry for one in chosen], dtype=object)
    if not len(shapes):
        return []
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = np.column_stack([first, second])[first < second]
    shared = shapely.area(shapely.intersection(shapes[pairs[:, 0]], shapes[pairs[:, 1]]))
    return [
        say("limit_overlap", site_id=chosen[a].site_id, other_site_id=chosen[b].site_id)
        for a, b in pairs[shared > SMALLEST_OVERLAP_M2].tolist()
    ]


def _overlaps(options: Sequence[Option]) -> list[Limit]:
    """Let one be taken of all choices on two shapes that overlap; of those on one shape as well.

    Land taken by whole parcels is held by parcel already.
    """
    on_shape: dict[int, list[int]] = {}
    for at, one in enumerate(options):
        # Projects that look at the same site hold the same object.
        on_shape.setdefault(id(one.geometry), []).append(at)
    groups = list(on_shape.values())
    if not groups:
        return []
    first = [options[own[0]] for own in groups]
    whole = [{p for p in one.parcel_ids if not p.endswith(CUT_SUFFIX)} for one in first]
    shapes = np.array([one.geometry for one in first], dtype=object)
    pairs = np.column_stack(shapely.STRtree(shapes).query(shapes, predicate="intersects"))
    pairs = pairs[pairs[:, 0] <= pairs[:, 1]]
    shared = shapely.area(shapely.intersection(shapes[pairs[:, 0]], shapes[pairs[:, 1]]))
    found = []
    for a, b in pairs[shared > SMALLEST_OVERLAP_M2].tolist():
        own = groups[a] if a == b else [*groups[a], *groups[b]]
        several = len({options[at].project_id for at in own}) > 1
        if several and not whole[a] & whole[b]:
            name = say("limit_overlap", site_id=first[a].site_id, other_site_id=first[b].site_id)
            found.append(Limit(name, dict.fromkeys(own, 1.0), 1.0))
    return found


def quota_limits(options: Sequence[Option], rooms: Mapping[RoomKey, Room]) -> list[Limit]:
    """Hold what is taken of each element against what unit and platform have left.

    Parameters
    ----------
    options
        The choices; land takes quota as new construction land alone.
    rooms
        Quotas on file; one whose rest isn't known holds nobody (the gates name it).

    Returns
    -------
    list of Limit
        One a quota that a choice takes from.
    """
    limits = []
    there: dict[tuple[str, str | None], list[int]] = defaultdict(list)
    for at, one in enumerate(options):
        there["unit", one.unit_id].append(at)
        there["platform", one.platform_id].append(at)
    for (subject, subject_id, element, pollutant), room in rooms.items():
        weights = {}
        for at in there[subject, subject_id]:
            one = options[at]
            taken = one.takes.get((element, pollutant), 0.0)
            taken = one.increment_mu if element == "land" else taken
            if taken > 0:
                weights[at] = taken
        if weights and not np.isnan(room.left):
            name = say(
                "limit_quota", place_id=subject_id, element=element, pollutant=pollutant or "",
                left=room.left,
            )  # fmt: skip
            limits.append(Limit(name, weights, max(0.0, room.left)))
    return limits


ShareRows = Mapping[tuple[str, str, str | None], Mapping[str, object]]
"""Rows of ``element_shares`` by unit, element and pollutant."""


def share_limits(
    options: Sequence[Option], shares: ShareRows, policy: PolicySet, year: int
) -> list[Limit]:
    """Keep the shares inside provincial-or-higher zones (B1, B2) where the rules are in force.

    Parameters
    ----------
    options
        The choices.
    shares
        What is allotted already in the year; what ``further_shares`` gives beside it.
    policy
        Rules on the as-of date.
    year
        Year of the shares.

    Returns
    -------
    list of Limit
        One a unit and element. A share that is short already may not fall further short; one of
        which something is open bounds nobody.
    """
    by_unit: dict[str | None, list[int]] = defaultdict(list)
    for at, one in enumerate(options):
        by_unit[one.unit_id].append(at)
    limits = []
    for (unit_id, element, pollutant), row in shares.items():
        dated = _rule_of(policy, element)
        is_binding = dated.in_force and dated.rule.force == "mandatory"
        if not is_binding or row.get("open_points"):
            continue
        least = float(str(row["threshold"]))
        weights = {}
        for at in by_unit[unit_id]:
            weight = _share_weight(options[at], element, pollutant, least, policy)
            if weight is not None:
                weights[at] = weight
        if weights:
            spare = float(str(row["inside"])) - least * float(str(row["total"]))
            name = _share_name(unit_id, element, pollutant, year, least, dated.clause)
            limits.append(Limit(name, weights, max(0.0, spare)))
    return limits


def _rule_of(policy: PolicySet, element: str) -> DatedRule:
    if element == BY_NUMBER:
        return policy.rule("B2")
    plain = element.removesuffix(CUMULATIVE)
    return rule_of(policy, plain, "year" if plain == element else "cumulative")


def _share_weight(
    one: Option, element: str, pollutant: str | None, least: float, policy: PolicySet
) -> float | None:
    """Say what a choice takes of the room outside, None where it isn't in the share."""
    # Land whose place isn't known counts as outside: not known is no pass.
    inside = one.zone_share or 0.0
    if element != BY_NUMBER:
        amount = one.takes.get((element.removesuffix(CUMULATIVE), pollutant), 0.0)
        return amount * (least - inside) if amount > 0 else None
    lies = float(lies_there(np.array([inside]))[0])
    if one.investment_yi_yuan is None:
        # It may be a major one: outside it counts against the share, inside not for it.
        return least if not lies else None
    is_major = compare(one.investment_yi_yuan, policy.setting_number("S6", "from_yi_yuan")) >= 0
    return least - lies if is_major else None


def _share_name(
    unit_id: str, element: str, pollutant: str | None, year: int, least: float, clause: str
) -> Statement:
    if element == BY_NUMBER:
        return say("limit_share_number", unit_id=unit_id, year=year, threshold=least, clause=clause)
    plain = element.removesuffix(CUMULATIVE)
    if plain != element:
        return say(
            "limit_share_cumulative", unit_id=unit_id, element=plain,
            pollutant=pollutant or "", year=year, threshold=least, clause=clause,
        )  # fmt: skip
    return say(
        "limit_share", unit_id=unit_id, element=element, pollutant=pollutant or "", year=year,
        threshold=least, clause=clause,
    )  # fmt: skip
