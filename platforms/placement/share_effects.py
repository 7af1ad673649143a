"""What a placement does to the shares of B1 and B2: before, after, threshold, outcome."""

from collections.abc import Sequence
from typing import cast

import numpy as np

from geo.units import compare
from platforms.elements.effect import ShareEffect, share_effect
from platforms.elements.landed_projects import lies_there
from platforms.placement.limits import BY_NUMBER, CUMULATIVE, ShareRows
from platforms.placement.option import Option
from platforms.policy.dated import PolicySet


def shares_after(
    chosen: Sequence[Option], shares: ShareRows, policy: PolicySet
) -> dict[tuple[str, str, str | None], ShareEffect]:
    """Give each share that the assignments touch, before and after.

    Parameters
    ----------
    chosen
        What was placed.
    shares
        Shares as they are without it: of the year, cumulatively, by number.
    policy
        Rules on the as-of date.

    Returns
    -------
    dict
        By unit, element and pollutant; the outcome is ``no_data`` where the place of some land or
        the investment of a project isn't known.
    """
    found = {}
    for (unit_id, element, pollutant), row in shares.items():
        own = [one for one in chosen if one.unit_id == unit_id]
        parts = [part for one in own if (part := _part(one, element, pollutant, policy))]
        amounts = [amount for amount, _ in parts if amount is not None]
        added = sum(amounts)
        if len(amounts) < len(parts) or any(inside is None for _, inside in parts):
            found[unit_id, element, pollutant] = _unknown(row)
        elif added > 0:
            inside = sum((amount or 0.0) * (share or 0.0) for amount, share in parts)
            found[unit_id, element, pollutant] = share_effect(row, added, inside / added)
    return found


def _part(
    one: Option, element: str, pollutant: str | None, policy: PolicySet
) -> tuple[float | None, float | None] | None:
    """Give what an assignment adds to a share and the part of it inside, None where nothing."""
    if element != BY_NUMBER:
        amount = one.takes.get((element.removesuffix(CUMULATIVE), pollutant), 0.0)
        return (amount, one.zone_share) if amount > 0 else None
    inside = None if one.zone_share is None else float(lies_there(np.array([one.zone_share]))[0])
    if one.investment_yi_yuan is None:
        return None, inside
    is_major = compare(one.investment_yi_yuan, policy.setting_number("S6", "from_yi_yuan")) >= 0
    return (1.0, inside) if is_major else None


def _unknown(row: object) -> ShareEffect:
    before = share_effect(cast("dict[str, object]", row), 0.0, 0.0)
    return ShareEffect(before.before, None, before.threshold, "no_data", None)
