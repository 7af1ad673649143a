"""How many of a year's landed major projects lie in provincial-or-higher zones (B2)."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from geo.units import compare
from platforms.elements.bounds import Members, share_bounds
from platforms.elements.ledger import CITY
from platforms.elements.placing import allotment_shapes, inside_shares
from platforms.elements.zones import approved_outlines, zone_outlines
from platforms.judge import holds
from platforms.policy.dated import PolicySet
from platforms.verdict import Outcome

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MORE_THAN_HALF = 0.5
"""A project lies where more than this part of its land lies (S15)."""

PROJECT_SHARE_COLUMNS = (
    "unit_id", "year", "boundary_basis", "inside", "total", "share", "share_low", "share_high",
    "threshold", "outcome", "investment_share", "basis_differs", "project_ids", "open_points",
)  # fmt: skip


@dataclass(frozen=True)
class _Landed:
    """Projects that landed, or may have, in the year; arrays of k."""

    ids: npt.NDArray[np.object_]
    unit_id: npt.NDArray[np.object_]
    major: Flags
    major_open: Flags
    investment_yi_yuan: Numbers
    shapes: npt.NDArray[np.object_]


def project_shares(
    projects: pd.DataFrame,
    platforms: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    year: int,
    policy: PolicySet,
    crs: CRS,
    *,
    approved_boundaries: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """Compute the share of every unit and the city.

    Parameters
    ----------
    projects, platforms, parks, parcels, units
        Table ``projects`` and layers ``major_platforms``, ``parks``, ``land_parcels``, ``units``,
        those with shapes in ``crs``.
    year
        The year; a project landed in it if it started in it, on or before the as-of date (S6).
    policy
        Rules and assumptions on the as-of date.
    crs
        Projected system in metres.
    approved_boundaries
        Layer ``approved_boundaries``: where it has rows, a second row a share is computed by them.

    Returns
    -------
    DataFrame
        One row a share, ``PROJECT_SHARE_COLUMNS``: ``inside`` and ``total`` by number, the share
        0–1 (missing while something is open; then ``share_low`` and ``share_high`` bound it),
        ``investment_share`` by investment in yuan beside it (S7), missing where a project states
        none. ``open_points`` names what isn't known of which project.

    Notes
    -----
    B2 嘉兴市进一步推动招大引强工作实施方案 三（二）; S6, S7, S8, S15. A foreign amount is compared
    with the threshold in dollars as contracted; nothing is converted.
    """
    landed = _landed(projects, parcels, year, policy)
    outlines = {"in_use": zone_outlines(platforms, parks, policy)}
    if approved_boundaries is not None and len(approved_boundaries):
        outlines["approved"] = approved_outlines(platforms, parks, approved_boundaries, policy)
    rows = []
    for basis, zone in outlines.items():
        least, most = inside_shares(landed.shapes, zone, crs)
        inside = (_mostly(least), _mostly(most))
        for unit_id in (*units["unit_id"], CITY):
            row = _row(landed, unit_id, inside, policy)
            rows.append({"unit_id": unit_id, "year": year, "boundary_basis": basis, **row})
    shares = pd.DataFrame(rows, columns=list(PROJECT_SHARE_COLUMNS)).astype(
        {"year": "Int64", "inside": float, "total": float, "share": float}
    )
    decided = shares["outcome"].where(shares["outcome"] != "no_data")
    kinds = decided.groupby(shares["unit_id"]).transform("nunique")
    return shares.assign(basis_differs=kinds.gt(1).to_numpy(dtype=bool))


def _landed(
    projects: pd.DataFrame, parcels: gpd.GeoDataFrame, year: int, policy: PolicySet
) -> _Landed:
    started = projects["started_on"].fillna("")
    rows = projects[started.str[:4].eq(str(year)) & (started <= policy.as_of)]
    usd = rows["investment_yi_usd"].to_numpy(dtype=float, na_value=np.nan)
    yuan = rows["investment_yi_yuan"].to_numpy(dtype=float, na_value=np.nan)
    above_usd = policy.setting_number("S6", "above_yi_usd")
    from_yuan = policy.setting_number("S6", "from_yi_yuan")
    major = np.array(
        [
            (not np.isnan(dollars) and compare(float(dollars), above_usd) > 0)
            or (not np.isnan(own) and compare(float(own), from_yuan) >= 0)
            for dollars, own in zip(usd, yuan, strict=True)
        ],
        dtype=bool,
    )
    land = gpd.GeoDataFrame(
        {"parcel_ids": rows["parcel_ids"]}, geometry=[None] * len(rows), crs=parcels.crs
    )
    return _Landed(
        ids=rows["project_id"].to_numpy(dtype=object),
        unit_id=rows["unit_id"].astype(object).where(rows["unit_id"].notna(), None).to_numpy(),
        major=major,
        major_open=np.isnan(usd) & np.isnan(yuan),
        investment_yi_yuan=yuan,
        shapes=allotment_shapes(land, parcels),
    )


def _mostly(part: Numbers) -> Numbers:
    """Give 1 where more than half lies inside, else 0."""
    return np.array([float(compare(float(one), MORE_THAN_HALF) > 0) for one in part], dtype=float)


def _row(
    landed: _Landed, unit_id: str, inside: tuple[Numbers, Numbers], policy: PolicySet
) -> dict[str, object]:
    lost = np.array([one is None for one in landed.unit_id], dtype=bool)
    own = np.ones(len(lost), dtype=bool) if unit_id == CITY else landed.unit_id == unit_id
    may_own = own | (lost & (unit_id != CITY))
    rows = may_own & (landed.major | landed.major_open)
    certain = own & landed.major
    least, most = inside
    members = Members(np.ones(int(rows.sum())), least[rows], most[rows], certain[rows])
    bounds = share_bounds(members)
    dated = policy.rule("B2")
    return {
        "inside": bounds.inside,
        "total": bounds.total,
        "share": bounds.share,
        "share_low": bounds.low,
        "share_high": bounds.high,
        "threshold": dated.rule.number,
        "outcome": _outcome(bounds.low, bounds.high, policy),
        "investment_share": _by_investment(landed, rows, certain, least, most),
        "project_ids": tuple(landed.ids[rows]),
        "open_points": _open_points(landed, rows, lost & (unit_id != CITY), least != most),
    }


def _outcome(low: float, high: float, policy: PolicySet) -> Outcome:
    """Judge by both bounds; where they disagree, or no project landed, there is no verdict."""
    if np.isnan(low) or np.isnan(high):
        return "no_data"
    rule = policy.rule("B2").rule
    at_least, at_most = holds(rule, low), holds(rule, high)
    if at_least != at_most:
        return "no_data"
    return "met" if at_least else "not_met"


def _by_investment(
    landed: _Landed, rows: Flags, certain: Flags, least: Numbers, most: Numbers
) -> float:
    amount = landed.investment_yi_yuan[rows]
    if not len(amount) or np.isnan(amount).any() or (rows & ~certain).any():
        return float("nan")
    if (least[rows] != most[rows]).any() or not amount.sum() > 0:
        return float("nan")
    return float((amount * least[rows]).sum() / amount.sum())


def _open_points(
    landed: _Landed, rows: Flags, lost: Flags, unplaced: Flags
) -> tuple[tuple[str, str], ...]:
    """List what isn't known of the projects of a share: the first thing missing of each."""
    landless = np.array([shape is None for shape in landed.shapes], dtype=bool)
    tests = {
        "project_investment_unknown": landed.major_open,
        "project_unit_unknown": lost,
        "project_land_unknown": unplaced & landless,
        "project_zone_unknown": unplaced,
    }
    found: dict[str, str] = {}
    for code, lacking in tests.items():
        for project_id in landed.ids[rows & lacking]:
            found.setdefault(str(project_id), code)
    return tuple(sorted(found.items()))
