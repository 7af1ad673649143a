"""Limits that many placements meet together: land once, quotas, shares of B1."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import shapely

from platforms.elements.room import Room, RoomKey
from platforms.elements.shares import rule_of
from platforms.land.site_carving import CUT_SUFFIX
from platforms.placement.option import Limit, Option
from platforms.policy.dated import PolicySet
from platforms.statement import say

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
    return [*limits, *_overlaps(options)]


def _overlaps(options: Sequence[Option]) -> list[Limit]:
    shapes = np.array([one.geometry for one in options], dtype=object)
    if not len(shapes):
        return []
    whole = [{p for p in one.parcel_ids if not p.endswith(CUT_SUFFIX)} for one in options]
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    found = []
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        apart = a < b and options[a].project_id != options[b].project_id
        if not apart or whole[a] & whole[b]:
            continue
        if shapely.intersection(shapes[a], shapes[b]).area > SMALLEST_OVERLAP_M2:
            name = say(
                "limit_overlap", site_id=options[a].site_id, other_site_id=options[b].site_id
            )
            found.append(Limit(name, {a: 1.0, b: 1.0}, 1.0))
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
    for (subject, subject_id, element, pollutant), room in rooms.items():
        weights = {}
        for at, one in enumerate(options):
            place = one.unit_id if subject == "unit" else one.platform_id
            taken = one.takes.get((element, pollutant), 0.0)
            taken = one.increment_mu if element == "land" else taken
            if place == subject_id and taken > 0:
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
    """Keep the share inside provincial-or-higher zones (B1) where the rule is in force.

    Parameters
    ----------
    options
        The choices.
    shares
        What is allotted already.
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
    limits = []
    for (unit_id, element, pollutant), row in shares.items():
        dated = rule_of(policy, element, "year")
        is_binding = dated.in_force and dated.rule.force == "mandatory"
        if not is_binding or row.get("open_points"):
            continue
        least = float(str(row["threshold"]))
        weights = {}
        for at, one in enumerate(options):
            amount = one.takes.get((element, pollutant), 0.0)
            if one.unit_id == unit_id and amount > 0:
                # Land whose place isn't known counts as outside: not known is no pass.
                weights[at] = amount * (least - (one.zone_share or 0.0))
        if weights:
            spare = float(str(row["inside"])) - least * float(str(row["total"]))
            name = say(
                "limit_share", unit_id=unit_id, element=element, pollutant=pollutant or "",
                year=year, threshold=least, clause=dated.clause,
            )  # fmt: skip
            limits.append(Limit(name, weights, max(0.0, spare)))
    return limits
