"""Which parks are sorted neither or both ways (A14), kept in the zones (A15), new outside (A18)."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2, common_area_m2, intersecting_pairs
from geo.units import compare, m2_to_mu
from platforms.assessed import assessed_units
from platforms.check_job import CheckJob, counted_rows
from platforms.consolidation.exits import counted_parks
from platforms.judge import judge
from platforms.outlines import major_outlines, shapes_of
from platforms.policy.dated import DatedRule
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Verdict

LAYER = "parks"


@dataclass(frozen=True)
class Found:
    """Parks that a rule lists, each with what is wrong, and those that it may list.

    Attributes
    ----------
    listed, open
        Reason by park id.
    """

    listed: dict[str, Statement]
    open: dict[str, Statement]


def sorting_verdicts(job: CheckJob) -> list[Verdict]:
    """Judge whether every park is of one kind: sub-park of a platform, or to leave (A14).

    Parameters
    ----------
    job
        ``A14``.

    Returns
    -------
    list of Verdict
        Two a unit, measured the number of parks listed. Feature towns only where they opted in
        (S1). A unit without parks is ``not_applicable``; a park of which the kind isn't stated
        leaves the verdict open unless another one is listed for certain.

    Notes
    -----
    A14 嘉政发〔2018〕15号 二（一）、二（二）; S1, S16: both kinds are an exiting park with a
    platform, a sub-park that has exited, and two outlines of different kind that have more than
    the stated part of the smaller one in common.
    """
    parks = job.layer(LAYER)
    counted = parks[counted_parks(parks, job.policy)]
    found = {"neither": _neither(job, counted), "both": _both(job, counted)}
    return _per_unit(job, counted, found, parks.empty)


def kept_park_verdicts(job: CheckJob) -> list[Verdict]:
    """Judge that the functional zones keep no town industrial park (A15).

    Parameters
    ----------
    job
        ``A15``.

    Returns
    -------
    list of Verdict
        One a zone. Kept is a park that has not exited and isn't a sub-park of a platform, also
        while its exit is only planned; a zone without parks keeps none.

    Notes
    -----
    A15 嘉政发〔2018〕15号 二（一）.
    """
    parks = job.layer(LAYER)
    integrated = parks["disposition"].eq("sub_park").fillna(value=False)
    here = parks[~has_exited(parks, job.policy.as_of) & ~integrated]
    verdicts = []
    for dated in job.rules(""):
        yes, unclear = counted_rows(dated.rule, LAYER, here)
        found = Found(
            {
                park_id: say("a15_planned" if disposition == "exiting" else "a15_kept")
                for park_id, disposition in zip(
                    here["park_id"][yes], here["disposition"][yes].fillna(""), strict=True
                )
            },
            dict.fromkeys(here["park_id"][unclear], say("park_kind_unknown")),
        )
        verdicts += _per_unit(job, here, {"": found}, parks.empty, vacuous=True)
    return verdicts


def new_park_verdicts(job: CheckJob) -> list[Verdict]:
    """List industrial parks that are new and lie outside every major platform (A18 ``new_parks``).

    Parameters
    ----------
    job
        ``A18``.

    Returns
    -------
    list of Verdict
        One a unit. New is a park that isn't of the baseline of 2018; it lies outside where more
        than half of it does. Feature towns are no industrial parks.

    Notes
    -----
    A18 嘉政发〔2018〕15号 三（二）.
    """
    if not job.rules("new_parks"):
        return []
    parks = job.layer(LAYER)
    here = parks[
        parks["park_kind"].ne("feature_town").fillna(value=True).to_numpy(dtype=bool)
        & ~has_exited(parks, job.policy.as_of)
    ]
    outlines = major_outlines(job.layer("major_platforms"), parks)
    shapes = shapes_of(here)
    areas = ellipsoidal_area_m2(shapes, job.crs) if len(here) else np.zeros(0)
    outside = areas - (area_inside_m2(shapes, outlines, job.crs) if len(here) else areas)
    is_new = here["is_baseline"].eq(other=False).fillna(value=False).to_numpy(dtype=bool)
    may_be_new = here["is_baseline"].isna().to_numpy(dtype=bool)
    beyond = outside > areas / 2
    listed, unclear = {}, {}
    for park_id, area, new, may, out in zip(
        here["park_id"], outside, is_new, may_be_new, beyond, strict=True
    ):
        if new and out:
            listed[park_id] = say("a18_new_park", area_mu=m2_to_mu(float(area)))
        elif may and out:
            unclear[park_id] = say("a18_baseline_unknown")
    known = len(outlines) > 0 and not parks.empty
    found = {"new_parks": Found(listed, unclear)}
    return _per_unit(job, here, found, not known, vacuous=True)


def has_exited(parks: gpd.GeoDataFrame, as_of: str) -> np.ndarray:
    """Say which parks have exited on or before a day."""
    return np.asarray(parks["exited_on"].fillna("9999-12-31") <= as_of, dtype=bool)


def _neither(job: CheckJob, parks: gpd.GeoDataFrame) -> Found:
    platforms = job.layer("major_platforms")
    minor = set(platforms["platform_id"][platforms["is_major"].eq(other=False).fillna(value=False)])
    known = set(platforms["platform_id"])
    exited = has_exited(parks, job.policy.as_of)
    listed, unclear = {}, {}
    for (_, row), gone in zip(parks.iterrows(), exited, strict=True):
        park_id, disposition = row["park_id"], row["disposition"]
        if gone or disposition == "exiting":
            continue
        if pd.isna(disposition):
            unclear[park_id] = say("park_disposition_unknown")
        elif disposition != "sub_park":
            listed[park_id] = say("a14_unclassified")
        elif row["platform_id"] in minor:
            listed[park_id] = say("a14_platform_not_major", platform_id=str(row["platform_id"]))
        elif row["platform_id"] not in known:
            unclear[park_id] = say("a14_platform_unknown")
    return Found(listed, unclear)


def _both(job: CheckJob, parks: gpd.GeoDataFrame) -> Found:
    exited = has_exited(parks, job.policy.as_of)
    exiting = parks["disposition"].eq("exiting").fillna(value=False).to_numpy(dtype=bool)
    sub_park = parks["disposition"].eq("sub_park").fillna(value=False).to_numpy(dtype=bool)
    with_platform = parks["platform_id"].notna().to_numpy(dtype=bool)
    ids = parks["park_id"].to_numpy(dtype=object)
    listed = {i: say("a14_exiting_with_platform") for i in ids[exiting & with_platform]}
    listed |= {i: say("a14_sub_park_exited") for i in ids[sub_park & exited]}
    for first, second, share in overlapping_parks(job, parks[sub_park], parks[exiting]):
        listed.setdefault(first, say("a14_overlap", other_id=second, overlap_share=share))
        listed.setdefault(second, say("a14_overlap", other_id=first, overlap_share=share))
    unknown = ids[parks["disposition"].isna().to_numpy(dtype=bool) & (with_platform | exited)]
    return Found(listed, dict.fromkeys(unknown, say("park_disposition_unknown")))


def overlapping_parks(
    job: CheckJob, sub_parks: gpd.GeoDataFrame, exiting: gpd.GeoDataFrame
) -> list[tuple[str, str, float]]:
    """Find pairs that have more in common than S16 overlooks, as a part of the smaller one."""
    most = job.policy.setting_number("S16", "both_overlap_share")
    ones, others = shapes_of(sub_parks), shapes_of(exiting)
    first, second = intersecting_pairs(ones, others)
    if not len(first):
        return []
    common = common_area_m2(ones, others, first, second, job.crs)
    smaller = np.minimum(
        ellipsoidal_area_m2(ones[first], job.crs), ellipsoidal_area_m2(others[second], job.crs)
    )
    return [
        (str(sub_parks["park_id"].iloc[a]), str(exiting["park_id"].iloc[b]), float(part))
        for a, b, part in zip(first, second, common / smaller, strict=True)
        if compare(float(part), most) > 0
    ]


def _per_unit(
    job: CheckJob,
    parks: gpd.GeoDataFrame,
    found: dict[str, Found],
    is_empty: bool,
    *,
    vacuous: bool = False,
) -> list[Verdict]:
    """Judge what was found in each unit; a park of no known unit may be anybody's.

    ``vacuous`` says that a unit without parks meets the rule, which forbids some; otherwise it
    doesn't apply.
    """
    under = assessed_units(parks, job.layer("units"))
    homeless = set(parks["park_id"][under.isna()])
    verdicts = []
    for unit_id in job.unit_ids:
        own = set(parks["park_id"][under.eq(unit_id)])
        for dated in job.rules(*found):
            if is_empty:
                said = say("parks_missing")
                verdicts.append(judge(dated, None, unit_id=unit_id, reasons=(said,)))
            elif not own and not homeless and not vacuous:
                said = say("parks_none_in_unit")
                verdicts.append(
                    judge(dated, None, unit_id=unit_id, outcome="not_applicable", reasons=(said,))
                )
            else:
                part = found[dated.rule.part]
                verdicts.append(_verdict(dated, unit_id, part, own, homeless))
    return verdicts


def _verdict(
    dated: DatedRule, unit_id: str, found: Found, own: set[str], homeless: set[str]
) -> Verdict:
    listed = {i: said for i, said in found.listed.items() if i in own}
    unclear = {i: said for i, said in found.open.items() if i in own | homeless}
    unclear |= {i: say("park_unit_unknown") for i in found.listed if i in homeless}
    evidence = [Evidence(LAYER, (i,), said) for i, said in listed.items()]
    evidence += [Evidence(LAYER, (i,), said) for i, said in unclear.items()]
    reasons = [say("parks_listed", count=len(listed), park_ids="、".join(listed))] if listed else []
    if unclear:
        reasons.append(say("parks_open", count=len(unclear), park_ids="、".join(unclear)))
    undecided = unclear and not listed
    return judge(
        dated,
        None if undecided else float(len(listed)),
        unit_id=unit_id,
        evidence=tuple(evidence),
        reasons=tuple(reasons),
    )
