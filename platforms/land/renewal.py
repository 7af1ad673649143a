"""Land revived in a year (D6), and what each parcel ready for supply lacks in utilities (E3)."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2
from geo.units import m2_to_mu
from layers.fields import split_list
from platforms.land.search import is_supply_ready, registered_excess_m2
from platforms.policy.check import CheckJob, holds, judge
from platforms.policy.in_force import DatedRule
from platforms.policy.registry import check
from platforms.policy.verdict import Evidence, Verdict, say
from platforms.territory import platform_outlines, shapes_of

LAYER = "land_parcels"
LEVEL_ASSUMPTION = "utility_levels"
ALL_PARCELS = ("five", "seven")
"""Parts of E3 for every parcel; the setting of the same name lists what the level holds."""

SOME_ZONES, ZONES_SETTING = "nine", "nine_platforms"
"""九通一平 is for the zones that are able to, which no document names: the pack may."""


@check("D6", unit="亩")
def revived_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge how much idle and inefficient land the city or county revived in a year (D6).

    One, none where only some units were asked for: legal area [亩] (S17) of the parcels with
    ``revived_on`` in the year, land under two of them counted once. Where no parcel has such a day
    it isn't kept, which is ``no_data``; so is a revived parcel without a shape, unless the others
    suffice.

    D6 磐安 三（二）.
    """
    if not job.is_whole_city:
        return []
    parcels = job.layer(LAYER)
    days = parcels["revived_on"]
    rows = parcels[
        (days.str[:4].eq(str(job.year)) & (days <= job.policy.as_of)).fillna(value=False)
    ]
    shapes = shapes_of(rows)
    drawn = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    whole = np.array([shapely.union_all(shapes[drawn])], dtype=object)
    area_m2 = float(ellipsoidal_area_m2(whole, job.crs)[0])
    area_mu = m2_to_mu(area_m2 + float(registered_excess_m2(rows, job.crs).sum()))
    reasons = []
    if days.isna().all():
        reasons.append(say("d6_not_kept"))
    elif not drawn.all():
        reasons.append(say("d6_undrawn", count=int((~drawn).sum())))
    enough = holds(dated.rule, area_mu)
    return [
        judge(
            dated,
            area_mu if enough or not reasons else None,
            year=job.year,
            evidence=(Evidence(LAYER, tuple(rows["parcel_id"])),) if len(rows) else (),
            reasons=tuple(reasons),
        )
    ]


@check("E3", *ALL_PARCELS, SOME_ZONES, unit="项", grouped_by="row")
def utility_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge the utilities of each parcel that is ready for supply (E3).

    One a parcel (五通一平, 七通一平), measured the number of utilities it lacks; a parcel without
    utilities on file is ``no_data``. 九通一平 is judged for the parcels in the platforms that the
    pack names; where it names none, it is ``no_data`` once a unit.

    E3 长春 四（三）23; what the levels hold is assumed.
    """
    ready, under = job.per_rule(_ready_parcels)
    judged = np.ones(len(ready), dtype=bool)
    if dated.rule.part == SOME_ZONES:
        if not job.policy.assumption(LEVEL_ASSUMPTION).settings.get(ZONES_SETTING):
            said = (say("e3_no_zone_named", setting=ZONES_SETTING),)
            return [judge(dated, None, unit_id=unit_id, reasons=said) for unit_id in job.unit_ids]
        judged = _in_platforms(job, ready)
    return [
        _lacking(job, dated, unit_id, ready.iloc[at])
        for unit_id in job.unit_ids
        for at in np.flatnonzero(under.eq(unit_id).to_numpy(dtype=bool) & judged)
    ]


def _ready_parcels(job: CheckJob) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """Return the parcels that are ready for supply, and the unit each is assessed under."""
    parcels = job.layer(LAYER)
    ready = parcels[is_supply_ready(parcels)]
    return ready, job.assessed(LAYER, ready)


def _in_platforms(job: CheckJob, parcels: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Say which parcels lie, by more than half, in the platforms that the pack names."""
    platform_ids = job.policy.setting_texts(LEVEL_ASSUMPTION, ZONES_SETTING)
    platforms = job.layer("major_platforms")
    zones = platform_outlines(
        platforms[platforms["platform_id"].isin(platform_ids)], job.layer("parks")
    )
    shapes = shapes_of(parcels)
    inside_m2 = area_inside_m2(shapes, zones, job.crs)
    return np.asarray(inside_m2 * 2 > ellipsoidal_area_m2(shapes, job.crs), dtype=bool)


def _lacking(job: CheckJob, dated: DatedRule, unit_id: str, parcel: pd.Series) -> Verdict:
    parcel_id, there = str(parcel["parcel_id"]), set(split_list(parcel["utilities"]))
    needed = job.policy.setting_texts(LEVEL_ASSUMPTION, dated.rule.part)
    missing = [utility for utility in needed if utility not in there]
    reason = say("e3_unknown", parcel_id=parcel_id)
    if there:
        reason = say("e3_complete", parcel_id=parcel_id)
        if missing:
            reason = say("e3_lacks", parcel_id=parcel_id, utilities=";".join(missing))
    return judge(
        dated,
        float(len(missing)) if there else None,
        unit_id=unit_id,
        evidence=(Evidence(LAYER, (parcel_id,)),),
        reasons=(reason,),
    )
