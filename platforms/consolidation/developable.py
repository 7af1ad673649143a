"""How much of a platform can be built on (可开发空间, A2)."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.difference import without
from geo.measure import ellipsoidal_area_m2
from geo.units import m2_to_mu
from platforms.assessed import assessed_units, major_rows
from platforms.judge import holds, judge
from platforms.land.obstacles import constraints_in_force
from platforms.outlines import Shapes, platform_outlines, shapes_of
from platforms.policy.dated import DatedRule, PolicySet
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Verdict


@dataclass(frozen=True)
class _Figures:
    """What was measured of one platform.

    Attributes
    ----------
    area_mu
        Outline with sub-parks less what is deducted [亩]; an upper bound where anything is unclear.
    unclear
        Constraints that touch it and don't say whether, or on which side, they block.
    remainder_mu, unknown_mu
        What of it is under no parcel in use, and what of that is under a parcel of unknown state
        [亩]; None without parcels on record.
    """

    area_mu: float
    unclear: tuple[str, ...]
    remainder_mu: float | None
    unknown_mu: float | None


def developable_verdicts(
    platforms: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    constraints: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    unit_ids: Sequence[str],
    policy: PolicySet,
    crs: CRS,
) -> list[Verdict]:
    """Judge the developable space of each major platform.

    Parameters
    ----------
    platforms, parks, constraints, parcels, units
        The layers of these names, in ``crs``.
    unit_ids
        Units whose platforms are judged.
    policy
        Rules on the as-of date; S16 states what is deducted.
    crs
        Projected system in metres.

    Returns
    -------
    list of Verdict
        One a platform. Measured is the ellipsoidal area [亩] of the outline with sub-parks less
        the blocking constraints in force on the as-of date. Beside it, in the reasons, stand the
        declared figure and the unbuilt and inefficient remainder; where a reading disagrees they
        say so. Without constraints on record, or with an unclear one, the area is an upper bound:
        too small is ``not_met``, anything else ``no_data``.

    Notes
    -----
    A2 嘉政发〔2018〕15号 一（平台布局更加合理）; S2, S16.
    """
    dated = policy.rule("A2")
    major = major_rows(platforms)
    under = assessed_units(major, units)
    chosen = [
        (unit_id, position)
        for unit_id in unit_ids
        for position in np.flatnonzero(under.eq(unit_id).to_numpy(dtype=bool))
    ]
    in_force = constraints_in_force(constraints, policy.as_of)
    spaces = [_space(major.iloc[[position]], parks, in_force, policy) for _, position in chosen]
    measured = _measure(spaces, parcels, policy, crs)
    return [
        _verdict(dated, major.iloc[position], unit_id, figures, constraints.empty)
        for (unit_id, position), figures in zip(chosen, measured, strict=True)
    ]


def _space(
    row: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    constraints: gpd.GeoDataFrame,
    policy: PolicySet,
) -> tuple[shapely.Geometry, tuple[str, ...]]:
    return developable_shape(shapely.union_all(platform_outlines(row, parks)), constraints, policy)


def developable_shape(
    shape: shapely.Geometry, constraints: gpd.GeoDataFrame, policy: PolicySet
) -> tuple[shapely.Geometry, tuple[str, ...]]:
    """Cut what is deducted out of an outline.

    Parameters
    ----------
    shape
        Outline, in the system of the constraints.
    constraints
        Those in force.
    policy
        S16 states what is deducted.

    Returns
    -------
    shape, unclear
        What can be built on, and the ids of constraints that leave it unclear.
    """
    near = constraints[shapely.intersects(shapes_of(constraints), shape)]
    blocks = constraints["severity"].isin(policy.setting_texts("S16", "deducted_severities"))
    unclear = near[near["severity"].isna() | (blocks[near.index] & near["applies"].isna())]
    inside = near[blocks[near.index] & near["applies"].eq("inside").fillna(value=False)]
    shape = shapely.difference(shape, shapely.union_all(shapes_of(inside)))
    beyond = constraints[blocks & constraints["applies"].eq("outside").fillna(value=False)]
    for _, group in beyond.groupby(beyond["constraint_kind"].fillna("")):
        shape = shapely.intersection(shape, shapely.union_all(shapes_of(group)))
    return shape, tuple(unclear["constraint_id"])


def _measure(
    spaces: list[tuple[shapely.Geometry, tuple[str, ...]]],
    parcels: gpd.GeoDataFrame,
    policy: PolicySet,
    crs: CRS,
) -> list[_Figures]:
    shapes = np.array([shape for shape, _ in spaces], dtype=object)
    areas = areas_mu(shapes, crs)
    if parcels.empty:
        return [
            _Figures(area, unclear, None, None)
            for area, (_, unclear) in zip(areas, spaces, strict=True)
        ]
    used = parcels["state"].isin(policy.setting_texts("S16", "used_states"))
    unknown = parcels["state"].isna() | parcels["state"].eq("unknown")
    left = without(shapes, shapes_of(parcels[used]))
    known = without(left, shapes_of(parcels[unknown]))
    remainders, of_known = areas_mu(left, crs), areas_mu(known, crs)
    return [
        _Figures(areas[n], unclear, remainders[n], remainders[n] - of_known[n])
        for n, (_, unclear) in enumerate(spaces)
    ]


def areas_mu(shapes: Shapes, crs: CRS) -> list[float]:
    """Give ellipsoidal areas [亩]."""
    return m2_to_mu(ellipsoidal_area_m2(shapes, crs)).tolist() if len(shapes) else []


def _verdict(
    dated: DatedRule, row: pd.Series, unit_id: str, figures: _Figures, unconstrained: bool
) -> Verdict:
    is_bound = unconstrained or bool(figures.unclear)
    enough = holds(dated.rule, figures.area_mu)
    evidence = [Evidence("major_platforms", (str(row["platform_id"]),))]
    reasons = []
    if unconstrained:
        reasons.append(say("a2_constraints_missing", area_mu=figures.area_mu))
    if figures.unclear:
        said = say("a2_constraints_unclear", count=len(figures.unclear))
        evidence.append(Evidence("constraints", figures.unclear, said))
    if pd.isna(row["boundary_kind"]) or row["boundary_kind"] == "schematic":
        reasons.append(say("outline_schematic"))
    reasons.append(_declared(dated, row["developable_declared_mu"], figures.area_mu))
    return judge(
        dated,
        None if is_bound and enough else figures.area_mu,
        unit_id=unit_id,
        platform_id=str(row["platform_id"]),
        evidence=tuple(evidence),
        reasons=(*reasons, *_remainder(dated, figures)),
    )


def _declared(dated: DatedRule, declared_mu: float, area_mu: float) -> Statement:
    """Say what was declared, and whether it leads to another outcome."""
    if pd.isna(declared_mu):
        return say("a2_declared_missing")
    if holds(dated.rule, float(declared_mu)) == holds(dated.rule, area_mu):
        return say("a2_declared_agrees", declared_mu=float(declared_mu), area_mu=area_mu)
    return say("a2_declared_disagrees", declared_mu=float(declared_mu), area_mu=area_mu)


def _remainder(dated: DatedRule, figures: _Figures) -> list[Statement]:
    """Say what is unbuilt or inefficient, and whether the rule is met by built land only."""
    if figures.remainder_mu is None or figures.unknown_mu is None:
        return [say("a2_remainder_unknown")]
    remainder_mu = figures.remainder_mu
    said = [say("a2_remainder", remainder_mu=remainder_mu, unknown_mu=figures.unknown_mu)]
    if holds(dated.rule, figures.area_mu) and not holds(dated.rule, remainder_mu):
        said.append(say("a2_met_reading_1_only", remainder_mu=remainder_mu))
    return said
