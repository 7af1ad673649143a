"""How a platform divides its land between production, living and ecology (A30)."""

import numpy as np
import pandas as pd
import shapely

from geo.overlay import common_area_m2, intersecting_pairs
from geo.units import m2_to_mu
from layers.fields import FIELDS
from platforms.check_job import CheckJob
from platforms.indicators.figures import figure_verdicts
from platforms.judge import judge
from platforms.outlines import platform_outlines, shapes_of
from platforms.policy.dated import PolicySet
from platforms.statement import say
from platforms.verdict import Evidence, Verdict

USES = ("production", "living", "ecological")
ASSUMPTION = "land_mix"


def platform_mix_verdicts(job: CheckJob) -> list[Verdict]:
    """Give the land mix of each major platform, and its counts of firms and centres.

    Parameters
    ----------
    job
        ``A30``.

    Returns
    -------
    list of Verdict
        ``land_mix`` is the part of production land in the land of the three uses, by the parcels
        inside the platform with its sub-parks; the other two, and the land of other or unknown
        use, stand in the reasons. Values only.

    Notes
    -----
    A30 嘉政发〔2018〕15号 二（一）, 一（产业发展更加高端）. Which codes belong to which use is
    assumed; a code is read within its scheme.
    """
    verdicts = []
    if job.rules("land_mix"):
        parcels = job.layer("land_parcels")
        parks = job.layer("parks")
        use = _uses(parcels, job.policy)
        shapes = shapes_of(parcels)
        for unit_id, row in job.platforms():
            one = job.layer("major_platforms")
            one = one[one["platform_id"].eq(row["platform_id"]).fillna(value=False)]
            outline = np.array([shapely.union_all(platform_outlines(one, parks))], dtype=object)
            of_parcel, of_outline = intersecting_pairs(shapes, outline)
            area = np.zeros(0)
            if len(of_parcel):
                area = common_area_m2(shapes, outline, of_parcel, of_outline, job.crs)
            verdicts.append(_mix(job, unit_id, row, area, use[of_parcel]))
    return verdicts + figure_verdicts(job)


def _uses(parcels: pd.DataFrame, policy: PolicySet) -> np.ndarray:
    """Name the use of each parcel, empty where its code belongs to none or isn't known."""
    found = np.full(len(parcels), "", dtype=object)
    codes = parcels["land_use_code"].fillna("")
    settings = policy.assumption(ASSUMPTION).settings
    for scheme in FIELDS["land_use_scheme"].values:
        of_scheme = parcels["land_use_scheme"].eq(scheme).fillna(value=False)
        for use in USES:
            if f"{use}_{scheme}" in settings:
                starts = policy.setting_texts(ASSUMPTION, f"{use}_{scheme}")
                found[(of_scheme & codes.str.startswith(starts)).to_numpy(dtype=bool)] = use
    return found


def _mix(job: CheckJob, unit_id: str, row: pd.Series, area: np.ndarray, use: np.ndarray) -> Verdict:
    sums = {name: float(area[use == name].sum()) for name in USES}
    whole = sum(sums.values())
    other_mu = float(m2_to_mu(float(area[use == ""].sum())))
    reasons = [say("a30_other_land", other_mu=other_mu)]
    if whole > 0:
        shares = {f"{name}_share": value / whole for name, value in sums.items()}
        reasons.insert(0, say("a30_mix", area_mu=float(m2_to_mu(whole)), **shares))
    else:
        reasons.insert(0, say("a30_no_land"))
    return judge(
        job.policy.rule("A30", "land_mix"),
        sums["production"] / whole if whole > 0 else None,
        unit_id=unit_id,
        platform_id=str(row["platform_id"]),
        evidence=(Evidence("major_platforms", (str(row["platform_id"]),)),),
        reasons=tuple(reasons),
    )
