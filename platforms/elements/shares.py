"""How much of the land, energy and emission rights went to provincial-or-higher zones (B1).

The place of an allotment is decided by its geometry; whatever isn't known bounds the share, and a
verdict stands only where the bounds agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from layers.fields import FIELDS
from platforms.elements.bounds import Members, need_inside, room_outside, share_bounds
from platforms.elements.ledger import (
    CITY,
    Cell,
    Ledger,
    Numbers,
    allotment_ledger,
    counts_in,
    open_points,
    with_further,
)
from platforms.elements.placing import AMOUNT_COLUMNS, inside_shares
from platforms.elements.repair import repair_of
from platforms.elements.zones import approved_outlines, zone_outlines
from platforms.judge import holds
from platforms.policy.dated import DatedRule, PolicySet
from platforms.verdict import Outcome

SHARE_COLUMNS = (
    "unit_id", "year", "span", "element", "pollutant", "boundary_basis", "unit", "inside", "total",
    "share", "share_low", "share_high", "threshold", "outcome", "headroom", "need_inside",
    "planned_share", "repair_share", "repair_allotment_ids", "basis_differs",
    "declared_but_outside", "open_points", "allotment_ids",
)  # fmt: skip


@dataclass(frozen=True)
class _Span:
    """Years that one row takes together; ``year`` None is the cumulative row."""

    name: str
    year: int | None
    first: int | None
    last: int | None


def element_shares(
    allotments: gpd.GeoDataFrame,
    platforms: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    year: int | None,
    policy: PolicySet,
    crs: CRS,
    *,
    approved_boundaries: gpd.GeoDataFrame | None = None,
    what_if: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """Compute the shares of every unit and the city, element and year, and cumulatively.

    Parameters
    ----------
    allotments, platforms, parks, parcels, units
        Layers ``element_allotments``, ``major_platforms``, ``parks``, ``land_parcels``, ``units``,
        in ``crs``.
    year
        The year; None for each year on record.
    policy
        Rules and assumptions on the as-of date.
    crs
        Projected system in metres.
    approved_boundaries
        Layer ``approved_boundaries``: where it has rows, a second row a share is computed by them.
    what_if
        Further allotments, counted as if they were made.

    Returns
    -------
    DataFrame
        One row a share, ``SHARE_COLUMNS``. ``year`` is missing and ``span`` ``cumulative`` for
        the years of the plan up to the one asked. ``unit`` is that of inside, total, headroom and
        need_inside; shares are 0–1. ``share`` is missing while something is open; then
        ``share_low`` and ``share_high`` bound it, and ``outcome`` is ``no_data`` unless both lie
        on one side. ``headroom`` is what may still go outside before the share breaks,
        ``need_inside`` what must go inside to reach it. ``planned_share`` is the share once all
        that is planned is made, ``repair_allotment_ids`` the fewest planned allotments whose moving
        inside makes it hold then, ``repair_share`` the share after that. ``declared_but_outside``
        names allotments declared inside of which less than the part stated in S15 lies inside,
        ``open_points`` what isn't known of which allotment, ``allotment_ids`` all that count or
        may count.

    Raises
    ------
    PlanningError
        ``what_if_id_taken``.

    Notes
    -----
    B1 嘉兴市进一步推动招大引强工作实施方案 三（二）; S15. Land counts by its ellipsoidal area
    inside, energy and emission rights in the same proportion.
    """
    ledger = allotment_ledger(with_further(allotments, what_if), parcels, units, crs)
    outlines = {"in_use": zone_outlines(platforms, parks, policy)}
    if approved_boundaries is not None and len(approved_boundaries):
        outlines["approved"] = approved_outlines(platforms, parks, approved_boundaries, policy)
    rows = []
    for basis, zone in outlines.items():
        inside = inside_shares(ledger.shapes, zone, crs)
        for element, pollutant in elements_of(ledger):
            for unit_id in (*units["unit_id"], CITY):
                for span in _spans(ledger, year, policy, element):
                    cell = Cell(unit_id, element, pollutant, span.first, span.last)
                    about = {"unit_id": unit_id, "year": span.year, "span": span.name}
                    dated = rule_of(policy, element, span.name)
                    row = _row(ledger, cell, inside, dated, policy)
                    rows.append({**about, "boundary_basis": basis, **row})
    shares = pd.DataFrame(rows, columns=list(SHARE_COLUMNS)).astype(
        {"year": "Int64", "inside": float, "total": float, "share": float}
    )
    return _mark_differences(shares)


def rule_of(policy: PolicySet, element: str, span: str) -> DatedRule:
    """Give the rule that a share stands under.

    Parameters
    ----------
    policy
        Rules on the as-of date.
    element
        ``land``, ``energy`` or ``emission``.
    span
        ``year`` or ``cumulative``.

    Returns
    -------
    DatedRule
        The part of B1.
    """
    return policy.rule("B1", element if span == "year" else f"{element}_cumulative")


def elements_of(ledger: Ledger) -> list[tuple[str, str | None]]:
    """List the elements, emission rights by pollutant.

    Parameters
    ----------
    ledger
        The allotments.

    Returns
    -------
    list of (str, str or None)
        Element and pollutant, None where it has none.
    """
    emitted = ledger.pollutant[ledger.element == "emission"]
    names: Sequence[str | None] = sorted({str(p) for p in emitted if p is not None}) or [None]
    plain = [(name, None) for name in AMOUNT_COLUMNS if name != "emission"]
    return [*plain, *(("emission", name) for name in names)]


def _spans(ledger: Ledger, year: int | None, policy: PolicySet, element: str) -> list[_Span]:
    """List the years asked, and the years of the plan up to the last of them."""
    known = ledger.year[~np.isnan(ledger.year)]
    years = [year] if year is not None else sorted({int(y) for y in known})
    rule = rule_of(policy, element, "cumulative").rule
    first = int(rule.effective_from[:4]) if rule.effective_from else None
    ends = [int(rule.effective_until[:4])] if rule.effective_until else []
    last = min([*ends, *years[-1:]], default=None)
    whole = _Span("cumulative", None, first, last)
    return [*(_Span("year", one, one, one) for one in years), whole]


def _row(
    ledger: Ledger,
    cell: Cell,
    inside: tuple[Numbers, Numbers],
    dated: DatedRule,
    policy: PolicySet,
) -> dict[str, object]:
    counts = counts_in(ledger, cell)
    rows = counts.may
    least, most = inside
    members = Members(ledger.amount[rows], least[rows], most[rows], counts.yes[rows])
    bounds = share_bounds(members)
    threshold = dated.rule.number
    outcome = _outcome(dated, bounds.low, bounds.high)
    known = outcome != "no_data"
    repair = repair_of(ledger, cell, inside, threshold)
    outside = most < policy.setting_number("S15", "declared_inside_share")
    return {
        "element": cell.element,
        "pollutant": cell.pollutant,
        "unit": FIELDS[AMOUNT_COLUMNS[cell.element]].unit,
        "inside": bounds.inside,
        "total": bounds.total,
        "share": bounds.share,
        "share_low": bounds.low,
        "share_high": bounds.high,
        "threshold": threshold,
        "outcome": outcome,
        "headroom": room_outside(members, threshold) if known else np.nan,
        "need_inside": need_inside(members, threshold) if known else np.nan,
        "planned_share": repair.planned_share,
        "repair_share": repair.share,
        "repair_allotment_ids": repair.allotment_ids,
        "declared_but_outside": tuple(ledger.ids[rows & ledger.declared_inside & outside]),
        "open_points": open_points(ledger, cell, rows, least != most),
        "allotment_ids": tuple(ledger.ids[rows]),
    }


def _outcome(dated: DatedRule, low: float, high: float) -> Outcome:
    """Judge by both bounds; where they disagree, or nothing is known, there is no verdict."""
    if np.isnan(low) or np.isnan(high):
        return "no_data"
    at_least, at_most = holds(dated.rule, low), holds(dated.rule, high)
    if at_least != at_most:
        return "no_data"
    return "met" if at_least else "not_met"


def _mark_differences(shares: pd.DataFrame) -> pd.DataFrame:
    """Flag the shares whose outcome differs between the outline in use and the approved one."""
    keys = ["unit_id", "year", "span", "element", "pollutant"]
    decided = shares["outcome"].where(shares["outcome"] != "no_data")
    kinds = decided.groupby([shares[key] for key in keys], dropna=False).transform("nunique")
    return shares.assign(basis_differs=kinds.gt(1).to_numpy(dtype=bool))
