"""The same by projects (B2)."""

from dataclasses import dataclass
from typing import cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from geo.arrays import Flags, Floats
from geo.units import compare
from platforms.elements.allotments import (
    CITY,
    allotment_shapes,
    approved_outlines,
    inside_shares,
    zone_outlines,
)
from platforms.elements.shares import Members, approved_beside, share_bounds
from platforms.policy.check import CheckJob, judge, outcome_between, with_full_year
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.registry import check
from platforms.policy.verdict import Evidence, Statement, Verdict, say

MORE_THAN_HALF = 0.5
"""A project lies where more than this part of its land lies (S15)."""


@dataclass(frozen=True)
class LandedProjects:
    """Projects that landed in a year and are major ones, or may be; arrays of k.

    ``ids, unit_id``: Project and the unit it is on file with, None where not known.
    ``major, major_open``: True where its investment makes it a major one; where it isn't known.
    ``investment_yi_yuan``: Investment [亿元], NaN where not stated in yuan.
    ``shapes``: Its land, None where not known.
    """

    ids: npt.NDArray[np.object_]
    unit_id: npt.NDArray[np.object_]
    major: Flags
    major_open: Flags
    investment_yi_yuan: Floats
    shapes: npt.NDArray[np.object_]

    def of_unit(self, unit_id: str) -> tuple[Flags, Flags, Flags]:
        """Say which projects count for a unit, or the city.

        ``unit_id``: Unit, or ``CITY``.

        Projects that count or may; those that count for certain; those of an unknown unit.
        """
        unnamed = np.array([name is None for name in self.unit_id], dtype=bool)
        if unit_id == CITY:
            of_unit, lost = np.ones(len(unnamed), dtype=bool), np.zeros(len(unnamed), dtype=bool)
        else:
            of_unit, lost = np.asarray(self.unit_id == unit_id, dtype=bool), unnamed
        rows: Flags = (of_unit | lost) & (self.major | self.major_open)
        return rows, of_unit & self.major, lost

    def by_number(self, unit_id: str, least: Floats, most: Floats) -> Members:
        """Count each project of a unit as one, inside where more than half of its land is.

        ``unit_id``: Unit, or ``CITY``.
        ``least, most``: 1 where the project lies inside, else 0; at least and at most.

        The projects that count or may.
        """
        rows, certain, _ = self.of_unit(unit_id)
        return Members(np.ones(int(rows.sum())), least[rows], most[rows], certain[rows])


def landed_projects(
    projects: pd.DataFrame, parcels: gpd.GeoDataFrame, year: int, policy: PolicySet
) -> LandedProjects:
    """Find the major projects that landed in a year.

    ``projects, parcels``: Table ``projects`` and layer ``land_parcels``.
    ``year``: The year; a project landed in it if it started in it, on or before the as-of date
      (S6).
    ``policy``: Says in S6 what is a major project.

    Those that landed, major or not.
    """
    started = projects["started_on"].fillna("")
    rows = projects[started.str[:4].eq(str(year)) & (started <= policy.as_of)]
    usd = rows["investment_yi_usd"].to_numpy(dtype=float, na_value=np.nan)
    yuan = rows["investment_yi_yuan"].to_numpy(dtype=float, na_value=np.nan)
    above_usd = policy.setting_number("S6", "above_yi_usd")
    from_yuan = policy.setting_number("S6", "from_yi_yuan")
    major = np.array(
        [
            (not np.isnan(dollars) and compare(float(dollars), above_usd) > 0)
            or (not np.isnan(rmb) and compare(float(rmb), from_yuan) >= 0)
            for dollars, rmb in zip(usd, yuan, strict=True)
        ],
        dtype=bool,
    )
    land = gpd.GeoDataFrame(
        {"parcel_ids": rows["parcel_ids"]}, geometry=[None] * len(rows), crs=parcels.crs
    )
    return LandedProjects(
        ids=rows["project_id"].to_numpy(dtype=object),
        unit_id=rows["unit_id"].astype(object).where(rows["unit_id"].notna(), None).to_numpy(),
        major=major,
        major_open=np.isnan(usd) & np.isnan(yuan),
        investment_yi_yuan=yuan,
        shapes=allotment_shapes(land, parcels),
    )


def lies_there(part: Floats) -> Floats:
    """Give 1 where more than half of the land lies inside, else 0 (S15).

    >>> lies_there(np.array([0.5, 0.51])).tolist()
    [0.0, 1.0]
    """
    return np.array(
        [float(compare(float(share), MORE_THAN_HALF) > 0) for share in part], dtype=float
    )


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
    landed: LandedProjects, unit_id: str, inside: tuple[Floats, Floats], policy: PolicySet
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
        "outcome": outcome_between(dated.rule, bounds.low, bounds.high),
        "investment_share": _by_investment(landed, rows, certain, least, most),
        "project_ids": tuple(landed.ids[rows]),
        "open_points": _open_points(landed, rows, lost, least != most),
    }


def _by_investment(
    landed: LandedProjects, rows: Flags, certain: Flags, least: Floats, most: Floats
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
    codes: dict[str, str] = {}
    for code, lacking in tests.items():
        for project_id in landed.ids[rows & lacking]:
            codes.setdefault(str(project_id), code)
    return tuple(sorted(codes.items()))


TABLE = "projects"


@check("B2")
@with_full_year
def project_share_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge the share of landed major projects inside the platforms (B2).

    ``dated``: The rule [share].

    One a unit, by the outline in use; by investment and by the approved outline in the reasons.
    """
    shares = project_shares(
        job.source.read("projects"), job.layer("major_platforms"), job.layer("parks"),
        job.layer("land_parcels"), job.layer("units"), job.year, job.policy, job.crs,
        approved_boundaries=job.layer("approved_boundaries"),
    )  # fmt: skip
    in_use = shares[shares["boundary_basis"] == "in_use"].set_index("unit_id")
    approved = shares[shares["boundary_basis"] == "approved"].set_index("unit_id")
    verdicts = []
    for unit_id in job.unit_ids:
        row = cast("pd.Series", in_use.loc[unit_id])
        has_approved = unit_id in approved.index
        by_approved = cast("pd.Series", approved.loc[unit_id]) if has_approved else None
        verdicts.append(
            judge(
                dated,
                None if pd.isna(row["share"]) else float(row["share"]),
                unit_id=unit_id,
                year=int(row["year"]),
                outcome=row["outcome"],
                evidence=_evidence(row),
                reasons=(*_figures(row), *approved_beside(row, by_approved)),
            )
        )
    return verdicts


def _evidence(row: pd.Series) -> tuple[Evidence, ...]:
    evidence = [Evidence(TABLE, tuple(row["project_ids"]))] if row["project_ids"] else []
    by_code: dict[str, list[str]] = {}
    for project_id, code in row["open_points"]:
        by_code.setdefault(code, []).append(project_id)
    evidence += [
        Evidence(TABLE, tuple(rows), say(code, count=len(rows))) for code, rows in by_code.items()
    ]
    return tuple(evidence)


def _figures(row: pd.Series) -> list[Statement]:
    if pd.isna(row["share_low"]):
        return [say("projects_none_landed", open_count=len(row["open_points"]))]
    reasons = [say("projects_count", inside=int(row["inside"]), total=int(row["total"]))]
    if pd.isna(row["share"]):
        reasons.append(
            say(
                "projects_open", low_share=float(row["share_low"]),
                high_share=float(row["share_high"]), open_count=len(row["open_points"]),
            )
        )  # fmt: skip
    if not pd.isna(row["investment_share"]):
        reasons.append(
            say("projects_by_investment", investment_share=float(row["investment_share"]))
        )
    return reasons
