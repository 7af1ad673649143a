"""Land revived in a year (D6), and what each parcel ready for supply lacks in utilities (E3)."""

import numpy as np
import shapely

from geo.measure import ellipsoidal_area_m2
from geo.units import compare, m2_to_mu
from layers.fields import split_list
from platforms.assessed import assessed_units
from platforms.check_job import CheckJob
from platforms.judge import judge
from platforms.land.readiness import is_supply_ready
from platforms.outlines import shapes_of
from platforms.statement import say
from platforms.verdict import Evidence, Verdict

LAYER = "land_parcels"
LEVELS = {"five": "five", "seven": "seven"}
"""Setting of each part of E3. 九通一平 holds for some zones only, which no document names."""


def revived_verdicts(job: CheckJob) -> list[Verdict]:
    """Judge how much idle and inefficient land the city or county revived in a year (D6).

    Parameters
    ----------
    job
        ``D6``.

    Returns
    -------
    list of Verdict
        One, none where only some units were asked for: ellipsoidal area [亩] of the parcels with
        ``revived_on`` in the year, land under two of them counted once. Where no parcel has such
        a day it isn't kept, which is ``no_data``; so is a revived parcel without a shape, unless
        the others suffice.

    Notes
    -----
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
    area_mu = float(m2_to_mu(ellipsoidal_area_m2(whole, job.crs)[0]))
    verdicts = []
    for dated in job.rules(""):
        reasons = []
        if days.isna().all():
            reasons.append(say("d6_not_kept"))
        elif not drawn.all():
            reasons.append(say("d6_undrawn", count=int((~drawn).sum())))
        enough = compare(area_mu, dated.rule.number) >= 0
        verdicts.append(
            judge(
                dated,
                area_mu if enough or not reasons else None,
                year=job.year,
                evidence=(Evidence(LAYER, tuple(rows["parcel_id"])),) if len(rows) else (),
                reasons=tuple(reasons),
            )
        )
    return verdicts


def utility_verdicts(job: CheckJob) -> list[Verdict]:
    """Judge the utilities of each parcel that is ready for supply (E3).

    Parameters
    ----------
    job
        ``E3``.

    Returns
    -------
    list of Verdict
        Two a parcel (五通一平, 七通一平), measured the number of utilities it lacks; a parcel
        without utilities on file is ``no_data``.

    Notes
    -----
    E3 长春 四（三）23; what the levels hold is assumed.
    """
    parcels = job.layer(LAYER)
    ready = parcels[is_supply_ready(parcels)]
    under = assessed_units(ready, job.layer("units"))
    rules = [(d, job.policy.setting_texts("utility_levels", LEVELS[d.rule.part]))
             for d in job.rules(*LEVELS)]  # fmt: skip
    verdicts = []
    for unit_id in job.unit_ids:
        own = ready[under.eq(unit_id).to_numpy(dtype=bool)]
        for parcel_id, text in zip(own["parcel_id"], own["utilities"], strict=True):
            there = set(split_list(text))
            for dated, needed in rules:
                missing = [one for one in needed if one not in there]
                said = say("e3_unknown", parcel_id=str(parcel_id))
                if there:
                    utilities = ";".join(missing)
                    said = say("e3_lacks", parcel_id=str(parcel_id), utilities=utilities)
                    if not missing:
                        said = say("e3_complete", parcel_id=str(parcel_id))
                verdicts.append(
                    judge(
                        dated,
                        float(len(missing)) if there else None,
                        unit_id=unit_id,
                        evidence=(Evidence(LAYER, (str(parcel_id),)),),
                        reasons=(said,),
                    )
                )
    return verdicts
