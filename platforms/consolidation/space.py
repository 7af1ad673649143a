"""Developable space, approved area (A2, A4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.arrays import Shapes
from geo.difference import without
from geo.measure import ellipsoidal_area_m2
from geo.units import compare, m2_to_mu, mu_to_m2
from platforms.completeness import Completeness, constraints_in_force
from platforms.policy.check import CheckJob, holds, judge
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.registry import check
from platforms.policy.verdict import Evidence, Outcome, Statement, Verdict, say
from platforms.territory import major_rows, platform_outlines, shapes_of


@dataclass(frozen=True)
class _Figures:
    """What was measured of one platform.

    ``area_mu``: Outline with sub-parks less what is deducted [亩]; an upper bound where anything
      is unclear.
    ``unclear``: Constraints that touch it and don't say whether, or on which side, they block.
    ``lacking``: Kinds of constraint (S18) not known to be covered there.
    ``remainder_mu, unknown_mu``: What of it is under no parcel in use, and what of that is under
      a parcel of unknown state [亩]; None without parcels on record.
    """

    area_mu: float
    unclear: tuple[str, ...]
    lacking: tuple[str, ...]
    remainder_mu: float | None
    unknown_mu: float | None


@check("A2", unit="亩")
def developable_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge the developable space of each major platform (A2).

    ``job``: Units, layers and rules; S16 states what is deducted.
    ``dated``: The rule [亩].

    One a platform. Measured is the ellipsoidal area [亩] of the outline with sub-parks less the
    blocking constraints in force on the as-of date. The reasons give the declared figure and the
    unbuilt and inefficient remainder; where a reading disagrees they say so. Where a kind that the
    rule must know of isn't on file for all of the platform, or with an unclear constraint, the area
    is an upper bound: too small is ``not_met``, anything else ``no_data``.

    A2 嘉政发〔2018〕15号 一（平台布局更加合理）; S2, S16, S18.
    """
    major = major_rows(job.layer("major_platforms"))
    under = job.assessed("major_platforms", major)
    chosen = [
        (unit_id, position)
        for unit_id in job.unit_ids
        for position in np.flatnonzero(under.eq(unit_id).to_numpy(dtype=bool))
    ]
    parks, constraints = job.layer("parks"), job.layer("constraints")
    in_force = constraints_in_force(constraints, job.policy)
    wholes = np.array(
        [
            shapely.union_all(platform_outlines(major.iloc[[position]], parks))
            for _, position in chosen
        ],
        dtype=object,
    )
    on_file = Completeness(job.source, job.policy)
    lacking = on_file.lacking(dated.rule.kinds, wholes)
    spaces = [developable_shape(whole, in_force, job.policy) for whole in wholes]
    measured = _measure(spaces, lacking, job.layer("land_parcels"), job.policy, job.crs)
    return [
        _verdict(dated, major.iloc[position], unit_id, figures)
        for (unit_id, position), figures in zip(chosen, measured, strict=True)
    ]


def developable_shape(
    shape: shapely.Geometry, constraints: gpd.GeoDataFrame, policy: PolicySet
) -> tuple[shapely.Geometry, tuple[str, ...]]:
    """Cut what is deducted out of an outline.

    ``policy``: S16 states what is deducted.

    What can be built on, and the ids of constraints that leave it unclear.
    """
    near = constraints[shapely.intersects(shapes_of(constraints), shape)]
    blocks = constraints["severity"].isin(policy.setting_texts("S16", "deducted_severities"))
    unclear = near[near["severity"].isna()]
    inside = near[blocks[near.index] & near["applies"].eq("inside").fillna(value=False)]
    shape = shapely.difference(shape, shapely.union_all(shapes_of(inside)))
    beyond = constraints[blocks & constraints["applies"].eq("outside").fillna(value=False)]
    for _, group in beyond.groupby(beyond["constraint_kind"].fillna("")):
        shape = shapely.intersection(shape, shapely.union_all(shapes_of(group)))
    return shape, tuple(unclear["constraint_id"])


def _measure(
    spaces: list[tuple[shapely.Geometry, tuple[str, ...]]],
    lacking: list[tuple[str, ...]],
    parcels: gpd.GeoDataFrame,
    policy: PolicySet,
    crs: CRS,
) -> list[_Figures]:
    shapes = np.array([shape for shape, _ in spaces], dtype=object)
    areas = areas_mu(shapes, crs)
    if parcels.empty:
        return [
            _Figures(area, unclear, kinds, None, None)
            for area, (_, unclear), kinds in zip(areas, spaces, lacking, strict=True)
        ]
    used = parcels["state"].isin(policy.setting_texts("S16", "used_states"))
    unknown = parcels["state"].isna() | parcels["state"].eq("unknown")
    left = without(shapes, shapes_of(parcels[used]))
    known = without(left, shapes_of(parcels[unknown]))
    remainders, of_known = areas_mu(left, crs), areas_mu(known, crs)
    return [
        _Figures(areas[n], unclear, lacking[n], remainders[n], remainders[n] - of_known[n])
        for n, (_, unclear) in enumerate(spaces)
    ]


def areas_mu(shapes: Shapes, crs: CRS) -> list[float]:
    """Give ellipsoidal areas [亩]."""
    return m2_to_mu(ellipsoidal_area_m2(shapes, crs)).tolist() if len(shapes) else []


def _verdict(dated: DatedRule, row: pd.Series, unit_id: str, figures: _Figures) -> Verdict:
    is_bound = bool(figures.lacking or figures.unclear)
    enough = holds(dated.rule, figures.area_mu)
    evidence = [Evidence("major_platforms", (str(row["platform_id"]),))]
    reasons = []
    if figures.lacking:
        kinds = ";".join(figures.lacking)
        reasons.append(say("a2_kinds_missing", constraint_kinds=kinds, area_mu=figures.area_mu))
    if figures.unclear:
        reason = say("a2_constraints_unclear", count=len(figures.unclear))
        evidence.append(Evidence("constraints", figures.unclear, reason))
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
    reasons = [say("a2_remainder", remainder_mu=remainder_mu, unknown_mu=figures.unknown_mu)]
    if holds(dated.rule, figures.area_mu) and not holds(dated.rule, remainder_mu):
        reasons.append(say("a2_met_reading_1_only", remainder_mu=remainder_mu))
    return reasons


LAYER = "approved_boundaries"
APPROVED_LEVELS = ("national", "provincial")
"""Levels of zones whose outline the state or the province approves and gazettes."""


@dataclass(frozen=True)
class _Edition:
    """One edition of a zone's approved outline.

    ``name, day``: As stated; the day is empty where it isn't.
    ``ids``: Its blocks.
    ``outline``: Union of its blocks, None where one of them is known by text only.
    ``approved_mu``: Sum of the approved areas [亩], None where one is missing.
    ``is_sketched``: True where a block isn't surveyed or official.
    """

    name: str
    day: str
    ids: tuple[str, ...]
    outline: shapely.Geometry | None
    approved_mu: float | None
    is_sketched: bool


@check("A4", "outline", unit="个", grouped_by="platform")
@check("A4", "area", unit="亩", grouped_by="platform")
def gazetted_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge the approved outline of each zone before and after consolidation (A4).

    One a zone of state or provincial level, and of any other with an approved outline on record.
    Part ``outline``: 1 where land of the edition in force on the as-of date, or of the newest one
    of before the rule, lies farther outside the other than outlines are drawn exactly, else 0. Part
    ``area``: ellipsoidal area of the edition in force less the approved area [亩], exact. Without a
    digital outline, or without the day of an edition, ``no_data``.

    A4 嘉政发〔2018〕15号 一（平台布局更加合理）; the drawing tolerance is assumed.
    """
    judged = _outline if dated.rule.part == "outline" else _area
    return [
        judged(job, dated, unit_id, zone, reached)
        for unit_id, zone, reached in job.per_rule(_zones_with_editions)
    ]


def _zones_with_editions(job: CheckJob) -> list[tuple[str, pd.Series, list[_Edition]]]:
    """List unit, row and editions up to the as-of date of each zone."""
    return [
        (
            unit_id,
            zone,
            [
                edition for edition in _editions(job, str(zone["platform_id"]))
                if edition.day <= job.policy.as_of
            ],
        )
        for unit_id, zone in _zones(job)
    ]  # fmt: skip


def _zones(job: CheckJob) -> Iterator[tuple[str, pd.Series]]:
    platforms = job.layer("major_platforms")
    on_record = set(job.layer(LAYER)["platform_id"].dropna())
    zone = platforms["level"].isin(APPROVED_LEVELS) | platforms["platform_id"].isin(on_record)
    under = job.assessed("major_platforms", platforms)
    for unit_id in job.unit_ids:
        for position in np.flatnonzero((under.eq(unit_id) & zone).to_numpy(dtype=bool)):
            yield unit_id, platforms.iloc[int(position)]


def _editions(job: CheckJob, platform_id: str) -> list[_Edition]:
    """List the editions of a zone, oldest first; one without its day comes first."""
    blocks = job.layer(LAYER)
    of_zone = blocks[blocks["platform_id"].eq(platform_id).fillna(value=False)]
    keys = of_zone["edition_on"].fillna("") + "\n" + of_zone["edition"].fillna("")
    editions = []
    for key, group in of_zone.groupby(keys, sort=True):
        day, name = str(key).split("\n")
        editions.append(_edition(name, day, group))
    return editions


def _edition(name: str, day: str, blocks: gpd.GeoDataFrame) -> _Edition:
    shapes = shapes_of(blocks)
    by_text = blocks["boundary_status"].eq("text_only").fillna(value=False).to_numpy(dtype=bool)
    undrawn = by_text | shapely.is_missing(shapes) | shapely.is_empty(shapes)
    areas = blocks["approved_area_mu"]
    surveyed = blocks["boundary_status"].isin(["surveyed", "official"])
    return _Edition(
        name=name,
        day=day,
        ids=tuple(blocks["boundary_id"]),
        outline=None if undrawn.any() else shapely.union_all(shapes),
        approved_mu=None if areas.isna().any() else float(areas.sum()),
        is_sketched=not surveyed.all(),
    )


def _area_mu(job: CheckJob, shape: shapely.Geometry) -> float:
    return float(m2_to_mu(ellipsoidal_area_m2(np.array([shape], dtype=object), job.crs)[0]))


def _lacking(editions: list[_Edition]) -> Statement | None:
    """Say why nothing can be told of the editions."""
    if not editions:
        return say("a4_no_edition")
    if len(editions) > 1 and any(not edition.day for edition in editions):
        return say("a4_edition_undated")
    return None


def _outline(
    job: CheckJob, dated: DatedRule, unit_id: str, zone: pd.Series, editions: list[_Edition]
) -> Verdict:
    since = dated.rule.effective_from or ""
    lacking = _lacking(editions)
    before = [edition for edition in editions if edition.day and edition.day <= since]
    measured: float | None = None
    reasons: list[Statement] = []
    if lacking is not None:
        reasons.append(lacking)
    elif not before:
        reasons.append(say("a4_no_edition_before", since=since))
    elif before[-1].outline is None or editions[-1].outline is None:
        reasons.append(say("a4_not_drawn"))
    else:
        measured = float(_is_changed(job, before[-1], editions[-1]))
        reasons += _changes(job, editions, before[-1])
    if lacking is None and editions[-1].is_sketched:
        reasons.append(say("a4_sketched"))
    return judge(
        dated,
        measured,
        unit_id=unit_id,
        platform_id=str(zone["platform_id"]),
        evidence=_evidence(zone, editions, before[-1:]),
        reasons=tuple(reasons),
    )


def _changed_mu(job: CheckJob, before: _Edition, after: _Edition) -> float:
    if before is after:
        return 0.0
    return _area_mu(job, shapely.symmetric_difference(before.outline, after.outline))


DRAWING = "outline_drawing"
"""The assumption that states how exactly outlines are drawn."""

DUST_M2 = 1e-6
"""Less land than arithmetic leaves behind [m²]."""

ARC_SEGMENTS, ARC_M = 64, 0.0002
"""Segments of a quarter of the circle around a corner, and by how much [m] 2 m fall short so."""


def _is_changed(job: CheckJob, before: _Edition, after: _Edition) -> bool:
    """Say whether land of either edition lies farther outside the other than outlines are drawn."""
    if before is after:
        return False
    reach_m = job.policy.setting_number(DRAWING, "tolerance_m") + ARC_M
    pairs = ((before.outline, after.outline), (after.outline, before.outline))
    return any(
        shapely.area(
            shapely.difference(one, shapely.buffer(other, reach_m, quad_segs=ARC_SEGMENTS))
        )
        > DUST_M2
        for one, other in pairs
    )


def _changes(job: CheckJob, editions: list[_Edition], before: _Edition) -> list[Statement]:
    """Say from which edition to which, by how much, and what had changed earlier."""
    now = editions[-1]
    if now is before:
        reasons = [say("a4_no_later_edition", edition=now.name, edition_on=now.day)]
    else:
        changed_mu = _changed_mu(job, before, now)
        tolerance_m = job.policy.setting_number(DRAWING, "tolerance_m")
        reasons = [
            say("a4_changed", edition=now.name, edition_on=now.day, before=before.name,
                before_on=before.day, changed_mu=changed_mu),
            say("a4_tolerance", tolerance_m=tolerance_m),
        ]  # fmt: skip
    for old, new in pairwise(editions):
        if new.day <= before.day and old.outline is not None and new.outline is not None:
            changed_mu = _changed_mu(job, old, new)
            if _is_changed(job, old, new):
                reasons.append(
                    say("a4_changed_before", edition=new.name, edition_on=new.day,
                        before=old.name, changed_mu=changed_mu)
                )  # fmt: skip
    return reasons


def _area(
    job: CheckJob, dated: DatedRule, unit_id: str, zone: pd.Series, editions: list[_Edition]
) -> Verdict:
    lacking = _lacking(editions)
    approved_mu, drawn = _approved_mu(zone, editions), editions[-1].outline if editions else None
    measured: float | None = None
    outcome: Outcome | None = None
    reasons: list[Statement] = []
    if lacking is not None:
        reasons.append(lacking)
    elif drawn is None:
        reasons.append(say("a4_not_drawn"))
    elif approved_mu is None:
        reasons.append(say("a4_approved_area_missing"))
    else:
        area_mu = _area_mu(job, drawn)
        measured = area_mu - approved_mu
        # The two areas are compared, not their difference with nothing: 1e-9 of what is approved.
        outcome = "met" if compare(area_mu, approved_mu) <= 0 else "not_met"
        reasons.append(say("a4_area", area_mu=area_mu, approved_mu=approved_mu))
        if outcome == "not_met":
            excess_m2 = mu_to_m2(measured)
            reasons.append(say("a4_beyond_approved", excess_mu=measured, excess_m2=excess_m2))
    if lacking is None and editions[-1].is_sketched:
        reasons.append(say("a4_sketched"))
    reasons += _managed(job, zone, approved_mu)
    return judge(
        dated,
        measured,
        unit_id=unit_id,
        platform_id=str(zone["platform_id"]),
        outcome=outcome,
        evidence=_evidence(zone, editions, []),
        reasons=tuple(reasons),
    )


def _approved_mu(zone: pd.Series, editions: list[_Edition]) -> float | None:
    """Give the approved area of the edition in force, else the one the register states [亩]."""
    if editions and editions[-1].approved_mu is not None:
        return editions[-1].approved_mu
    area_mu = zone["approved_area_mu"]
    return None if pd.isna(area_mu) else float(area_mu)


def _managed(job: CheckJob, zone: pd.Series, approved_mu: float | None) -> list[Statement]:
    """Set the outline in use beside the approved area: it is managed land, not approved land."""
    if approved_mu is None or zone.geometry is None or zone.geometry.is_empty:
        return []
    managed_mu = _area_mu(job, zone.geometry)
    return [
        say("a4_managed", managed_mu=managed_mu, managed_km2=mu_to_m2(managed_mu) / 1e6,
            approved_km2=mu_to_m2(approved_mu) / 1e6, beyond_mu=managed_mu - approved_mu)
    ]  # fmt: skip


def _evidence(
    zone: pd.Series, editions: list[_Edition], before: list[_Edition]
) -> tuple[Evidence, ...]:
    evidence = [Evidence("major_platforms", (str(zone["platform_id"]),))]
    ids = [block for edition in (*before, *editions[-1:]) for block in edition.ids]
    if ids:
        evidence.append(Evidence(LAYER, tuple(dict.fromkeys(ids))))
    return tuple(evidence)
