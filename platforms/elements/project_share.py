"""How many of a year's landed major projects lie in provincial-or-higher zones (B2)."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from platforms.elements.bounds import share_bounds
from platforms.elements.landed_projects import LandedProjects, landed_projects, lies_there
from platforms.elements.ledger import CITY
from platforms.elements.placing import inside_shares
from platforms.elements.zones import approved_outlines, zone_outlines
from platforms.judge import holds
from platforms.policy.dated import PolicySet
from platforms.verdict import Outcome

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

PROJECT_SHARE_COLUMNS = (
    "unit_id", "year", "boundary_basis", "inside", "total", "share", "share_low", "share_high",
    "threshold", "outcome", "investment_share", "basis_differs", "project_ids", "open_points",
)  # fmt: skip


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
    landed = landed_projects(projects, parcels, year, policy)
    outlines = {"in_use": zone_outlines(platforms, parks, policy)}
    if approved_boundaries is not None and len(approved_boundaries):
        outlines["approved"] = approved_outlines(platforms, parks, approved_boundaries, policy)
    rows = []
    for basis, zone in outlines.items():
        least, most = inside_shares(landed.shapes, zone, crs)
        inside = (lies_there(least), lies_there(most))
        for unit_id in (*units["unit_id"], CITY):
            row = _row(landed, unit_id, inside, policy)
            rows.append({"unit_id": unit_id, "year": year, "boundary_basis": basis, **row})
    shares = pd.DataFrame(rows, columns=list(PROJECT_SHARE_COLUMNS)).astype(
        {"year": "Int64", "inside": float, "total": float, "share": float}
    )
    decided = shares["outcome"].where(shares["outcome"] != "no_data")
    kinds = decided.groupby(shares["unit_id"]).transform("nunique")
    return shares.assign(basis_differs=kinds.gt(1).to_numpy(dtype=bool))


def _row(
    landed: LandedProjects, unit_id: str, inside: tuple[Numbers, Numbers], policy: PolicySet
) -> dict[str, object]:
    rows, certain, lost = landed.of_unit(unit_id)
    least, most = inside
    bounds = share_bounds(landed.by_number(unit_id, least, most))
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
        "open_points": _open_points(landed, rows, lost, least != most),
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
    landed: LandedProjects, rows: Flags, certain: Flags, least: Numbers, most: Numbers
) -> float:
    amount = landed.investment_yi_yuan[rows]
    if not len(amount) or np.isnan(amount).any() or (rows & ~certain).any():
        return float("nan")
    if (least[rows] != most[rows]).any() or not amount.sum() > 0:
        return float("nan")
    return float((amount * least[rows]).sum() / amount.sum())


def _open_points(
    landed: LandedProjects, rows: Flags, lost: Flags, unplaced: Flags
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
