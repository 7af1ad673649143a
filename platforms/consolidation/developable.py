"""How much of a platform can be built on (可开发空间, A2)."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2
from geo.overlay import intersecting_pairs
from geo.units import m2_to_mu
from platforms.assessed import assessed_units, major_rows
from platforms.judge import holds, judge
from platforms.outlines import platform_outlines
from platforms.policy.dated import DatedRule, PolicySet
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Verdict


@dataclass(frozen=True)
class _Space:
    """What was found of one platform.

    Attributes
    ----------
    shape
        Outline with sub-parks less what is deducted.
    area_mu
        Its ellipsoidal area [亩]; an upper bound where anything below is open.
    unclear
        Constraints that touch it and don't say whether, or on which side, they block.
    """

    shape: shapely.Geometry
    area_mu: float
    unclear: tuple[str, ...]


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
    in_force = constraints_in_force(constraints, policy.as_of)
    verdicts = []
    for unit_id in unit_ids:
        for position in np.flatnonzero(under.eq(unit_id).to_numpy(dtype=bool)):
            row = major.iloc[[position]]
            space = _space(row, parks, in_force, policy, crs)
            beside = _beside(row.iloc[0], space, parcels, dated, policy, crs)
            verdicts.append(_verdict(dated, row.iloc[0], unit_id, space, constraints.empty, beside))
    return verdicts


def constraints_in_force(constraints: gpd.GeoDataFrame, as_of: str) -> gpd.GeoDataFrame:
    """Take the constraints that hold on a day; one without dates always holds."""
    begun = constraints["effective_from"].fillna("") <= as_of
    lasting = constraints["effective_until"].fillna("9999-12-31") >= as_of
    return constraints[begun & lasting]


def _space(
    row: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    constraints: gpd.GeoDataFrame,
    policy: PolicySet,
    crs: CRS,
) -> _Space:
    shape = shapely.union_all(platform_outlines(row, parks))
    near = constraints[shapely.intersects(np.asarray(constraints.geometry.array), shape)]
    blocks = constraints["severity"].isin(policy.setting_texts("S16", "deducted_severities"))
    unclear = near[near["severity"].isna() | (blocks[near.index] & near["applies"].isna())]
    inside = near[blocks[near.index] & near["applies"].eq("inside").fillna(value=False)]
    shape = shapely.difference(shape, shapely.union_all(np.asarray(inside.geometry.array)))
    beyond = constraints[blocks & constraints["applies"].eq("outside").fillna(value=False)]
    for _, group in beyond.groupby(beyond["constraint_kind"].fillna("")):
        shape = shapely.intersection(shape, shapely.union_all(np.asarray(group.geometry.array)))
    area_mu = m2_to_mu(float(ellipsoidal_area_m2([shape], crs)[0]))
    return _Space(shape, area_mu, tuple(unclear["constraint_id"]))


def _verdict(
    dated: DatedRule,
    row: pd.Series,
    unit_id: str,
    space: _Space,
    unconstrained: bool,
    beside: list[Statement],
) -> Verdict:
    is_bound = unconstrained or bool(space.unclear)
    enough = holds(dated.rule, space.area_mu)
    evidence = [Evidence("major_platforms", (str(row["platform_id"]),))]
    reasons = []
    if unconstrained:
        reasons.append(say("a2_constraints_missing", area_mu=space.area_mu))
    if space.unclear:
        said = say("a2_constraints_unclear", count=len(space.unclear))
        evidence.append(Evidence("constraints", space.unclear, said))
    if pd.isna(row["boundary_kind"]) or row["boundary_kind"] == "schematic":
        reasons.append(say("outline_schematic"))
    return judge(
        dated,
        None if is_bound and enough else space.area_mu,
        unit_id=unit_id,
        platform_id=str(row["platform_id"]),
        evidence=tuple(evidence),
        reasons=(*reasons, *beside),
    )


def _beside(
    row: pd.Series,
    space: _Space,
    parcels: gpd.GeoDataFrame,
    dated: DatedRule,
    policy: PolicySet,
    crs: CRS,
) -> list[Statement]:
    """Give the readings that stand beside the measured one, and whether they disagree."""
    enough = holds(dated.rule, space.area_mu)
    declared = row["developable_declared_mu"]
    if pd.isna(declared):
        said = [say("a2_declared_missing")]
    elif holds(dated.rule, float(declared)) == enough:
        said = [say("a2_declared_agrees", declared_mu=float(declared), area_mu=space.area_mu)]
    else:
        said = [say("a2_declared_disagrees", declared_mu=float(declared), area_mu=space.area_mu)]
    if parcels.empty:
        return [*said, say("a2_remainder_unknown")]
    remainder_mu = _remainder_mu(space, parcels, policy, crs)
    said.append(say("a2_remainder", remainder_mu=remainder_mu))
    if enough and not holds(dated.rule, remainder_mu):
        said.append(say("a2_met_reading_1_only", remainder_mu=remainder_mu))
    return said


def _remainder_mu(space: _Space, parcels: gpd.GeoDataFrame, policy: PolicySet, crs: CRS) -> float:
    """Measure what of the space is unbuilt or inefficient: not under a parcel in use."""
    used = parcels[parcels["state"].isin(policy.setting_texts("S16", "used_states"))]
    shapes = np.asarray(used.geometry.array, dtype=object)
    _, met = intersecting_pairs([space.shape], shapes)
    left = shapely.difference(space.shape, shapely.union_all(shapes[met]))
    return m2_to_mu(float(ellipsoidal_area_m2([left], crs)[0]))
