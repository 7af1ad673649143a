"""Sorting, exit, nearness of parks, grants (A13–A15 A17 A19)."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2, common_area_m2, intersecting_pairs
from geo.units import compare, m2_to_mu
from layers.fields import split_list
from platforms.policy.check import CheckJob, counted_rows, judge, with_full_year
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.registry import check
from platforms.policy.verdict import Evidence, Statement, Verdict, say
from platforms.territory import major_outlines, major_rows, shapes_of


def firms_by_park(enterprises: gpd.GeoDataFrame, parks: gpd.GeoDataFrame) -> dict[str, list[str]]:
    """List the firms of each park.

    Ids of firms by park id, every park included. A point on the firm's shape decides; the park it
    states counts where it has no shape, or lies in no park at all.
    """
    by_park: dict[str, list[str]] = {str(park_id): [] for park_id in parks["park_id"]}
    shapes = shapes_of(enterprises)
    placed = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    ids = enterprises["enterprise_id"].to_numpy(dtype=object)
    names = parks["park_id"].to_numpy(dtype=object)
    points = shapely.point_on_surface(shapes[placed])
    of_point, of_park = shapely.STRtree(shapes_of(parks)).query(points, "intersects")
    for firm, park in zip(placed[of_point], of_park, strict=True):
        by_park[str(names[park])].append(str(ids[firm]))
    lost = np.setdiff1d(np.arange(len(enterprises)), placed[of_point])
    for firm in lost:
        declared = enterprises["park_id"].iloc[int(firm)]
        if not pd.isna(declared) and declared in by_park:
            by_park[str(declared)].append(str(ids[firm]))
    return by_park


PARKS = "parks"


@check("A13", unit="share")
def exit_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge the share of industrial platforms that have exited (A13).

    ``job``: Units, layers and rules; S1 states which kinds of park count.
    ``dated``: The rule [share].

    One a unit: exited on or before the as-of date ÷ the baseline of 2018, by number; by area, and
    with the main platforms counted, in the reasons. Where a park doesn't say whether it belongs to
    the baseline, or none does, there is no verdict.

    A13 嘉政发〔2018〕15号 二（二）; S1, S16.
    """
    parks = job.layer(PARKS)
    under = job.assessed(PARKS, parks)
    counted = counted_parks(parks, job.policy)
    major_under = job.assessed("major_platforms", major_rows(job.layer("major_platforms")))
    verdicts = []
    for unit_id in job.unit_ids:
        own = parks[under.eq(unit_id) & counted]
        unknown = own[own["is_baseline"].isna()]
        baseline = own[own["is_baseline"].fillna(value=False).to_numpy(dtype=bool)]
        if len(unknown) or baseline.empty:
            verdicts.append(_undecided(dated, unit_id, unknown))
            continue
        major_count = int(major_under.eq(unit_id).sum())
        verdicts.append(_verdict(dated, unit_id, baseline, major_count, job.policy.as_of, job.crs))
    return verdicts


def counted_parks(parks: gpd.GeoDataFrame, policy: PolicySet) -> pd.Series:
    """Say which parks are industrial platforms (S1): a kind that isn't stated is taken for one.

    ``parks``: Layer ``parks``.
    ``policy``: States in S1 which kinds count, and which only where they opted in.

    Index of ``parks``.
    """
    kinds = policy.setting_texts("S1", "park_kinds")
    if_opted_in = policy.setting_texts("S1", "park_kinds_if_opted_in")
    opted_in = parks["is_opted_in"].fillna(value=False).astype(bool)
    counted: pd.Series = parks["park_kind"].isna() | parks["park_kind"].isin(kinds)
    counted |= parks["park_kind"].isin(if_opted_in) & opted_in
    return counted


def _undecided(dated: DatedRule, unit_id: str, unknown: gpd.GeoDataFrame) -> Verdict:
    if unknown.empty:
        return judge(dated, None, unit_id=unit_id, reasons=(say("a13_baseline_empty"),))
    rows = tuple(unknown["park_id"])
    reason = say("a13_baseline_unknown", count=len(rows))
    return judge(dated, None, unit_id=unit_id, evidence=(Evidence(PARKS, rows),), reasons=(reason,))


def _verdict(
    dated: DatedRule,
    unit_id: str,
    baseline: gpd.GeoDataFrame,
    major_count: int,
    as_of: str,
    crs: CRS,
) -> Verdict:
    exited = (baseline["exited_on"].fillna("9999-12-31") <= as_of).to_numpy(dtype=bool)
    planned = baseline["disposition"].eq("exiting").fillna(value=False).to_numpy() & ~exited
    count = int(exited.sum())
    evidence = [Evidence(PARKS, tuple(baseline["park_id"]), say("a13_baseline"))]
    if count:
        evidence.append(Evidence(PARKS, tuple(baseline["park_id"][exited]), say("a13_exited")))
    if planned.any():
        evidence.append(Evidence(PARKS, tuple(baseline["park_id"][planned]), say("a13_planned")))
    return judge(
        dated,
        count / len(baseline),
        unit_id=unit_id,
        evidence=tuple(evidence),
        reasons=_exit_counts(baseline, exited, major_count, crs),
    )


def _exit_counts(
    baseline: gpd.GeoDataFrame, exited: "np.ndarray", major_count: int, crs: CRS
) -> tuple[Statement, ...]:
    """Give the count, and the share by area and with the main platforms counted."""
    areas = ellipsoidal_area_m2(np.asarray(baseline.geometry.array, dtype=object), crs)
    count = int(exited.sum())
    reasons = [say("a13_count", exited_count=count, baseline_count=len(baseline))]
    if areas.sum() > 0:
        reasons.append(say("a13_by_area", area_share=float(areas[exited].sum() / areas.sum())))
    with_major = count / (len(baseline) + major_count)
    return (*reasons, say("a13_with_platforms", with_platforms_share=with_major))


@dataclass(frozen=True)
class Listing:
    """Parks that a rule lists, each with what is wrong, and those that it may list.

    ``listed, open``: Reason by park id.
    """

    listed: dict[str, Statement]
    open: dict[str, Statement]


@check("A14", "neither", "both", unit="个", grouped_by="unit")
def sorting_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge whether every park is of one kind: sub-park of a platform, or to leave (A14).

    One a unit, measured the number of parks listed. Feature towns only where they opted in (S1). A
    unit without parks is ``not_applicable``; a park of which the kind isn't stated leaves the
    verdict open unless another one is listed for certain.

    A14 嘉政发〔2018〕15号 二（一）、二（二）; S1, S16: both kinds are an exiting park with a
    platform, a sub-park that has exited, and two outlines of different kind that have more than
    the stated part of the smaller one in common.
    """
    parks = job.layer(PARKS)
    counted, under = job.per_rule(_counted_parks)
    listed = (_neither if dated.rule.part == "neither" else _both)(job, counted)
    return _per_unit(job, dated, counted, under, listed, parks.empty)


def _counted_parks(job: CheckJob) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """Return the parks that are industrial platforms, and the unit each is assessed under."""
    parks = job.layer(PARKS)
    counted = parks[counted_parks(parks, job.policy)]
    return counted, job.assessed(PARKS, counted)


@check("A15", unit="个")
def kept_park_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge that the functional zones keep no town industrial park (A15).

    One a zone. Kept is a park that has not exited and isn't a sub-park of a platform, also while
    its exit is only planned; a zone without parks keeps none.

    A15 嘉政发〔2018〕15号 二（一）.
    """
    parks = job.layer(PARKS)
    integrated = parks["disposition"].eq("sub_park").fillna(value=False)
    here = parks[~has_exited(parks, job.policy.as_of) & ~integrated]
    fit = counted_rows(dated.rule, PARKS, here)
    listed = Listing(
        {
            park_id: say("a15_planned" if disposition == "exiting" else "a15_kept")
            for park_id, disposition in zip(
                here["park_id"][fit.yes], here["disposition"][fit.yes].fillna(""), strict=True
            )
        },
        dict.fromkeys(here["park_id"][fit.open], say("park_kind_unknown")),
    )
    under = job.assessed(PARKS, here)
    return _per_unit(job, dated, here, under, listed, parks.empty, vacuous=True)


@check("A18", "new_parks", unit="个")
def new_park_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """List industrial parks that are new and lie outside every major platform (A18).

    One a unit. New is a park that isn't of the baseline of 2018; it lies outside where more than
    half of it does. Feature towns are no industrial parks.

    A18 嘉政发〔2018〕15号 三（二）.
    """
    parks = job.layer(PARKS)
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
    under = job.assessed(PARKS, here)
    return _per_unit(job, dated, here, under, Listing(listed, unclear), not known, vacuous=True)


def has_exited(parks: gpd.GeoDataFrame, as_of: str) -> np.ndarray:
    """Say which parks have exited on or before a day."""
    return np.asarray(parks["exited_on"].fillna("9999-12-31") <= as_of, dtype=bool)


def _neither(job: CheckJob, parks: gpd.GeoDataFrame) -> Listing:
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
    return Listing(listed, unclear)


def _both(job: CheckJob, parks: gpd.GeoDataFrame) -> Listing:
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
    return Listing(listed, dict.fromkeys(unknown, say("park_disposition_unknown")))


def overlapping_parks(
    job: CheckJob, sub_parks: gpd.GeoDataFrame, exiting: gpd.GeoDataFrame
) -> list[tuple[str, str, float]]:
    """Find pairs that have more in common than S16 overlooks, as a part of the smaller one."""
    most = job.policy.setting_number("S16", "both_overlap_share")
    shapes, others = shapes_of(sub_parks), shapes_of(exiting)
    first, second = intersecting_pairs(shapes, others)
    if not len(first):
        return []
    common = common_area_m2(shapes, others, first, second, job.crs)
    smaller = np.minimum(
        ellipsoidal_area_m2(shapes[first], job.crs), ellipsoidal_area_m2(others[second], job.crs)
    )
    return [
        (str(sub_parks["park_id"].iloc[a]), str(exiting["park_id"].iloc[b]), float(part))
        for a, b, part in zip(first, second, common / smaller, strict=True)
        if compare(float(part), most) > 0
    ]


def _per_unit(
    job: CheckJob,
    dated: DatedRule,
    parks: gpd.GeoDataFrame,
    under: pd.Series,
    listed: Listing,
    is_empty: bool,
    *,
    vacuous: bool = False,
) -> list[Verdict]:
    """Judge the parks listed in each unit; a park of no known unit may be anybody's.

    ``vacuous`` says that a unit without parks meets the rule, which forbids some; otherwise it
    doesn't apply.
    """
    homeless = set(parks["park_id"][under.isna()])
    verdicts = []
    for unit_id in job.unit_ids:
        own = set(parks["park_id"][under.eq(unit_id)])
        if is_empty:
            said = say("parks_missing")
            verdicts.append(judge(dated, None, unit_id=unit_id, reasons=(said,)))
        elif not own and not homeless and not vacuous:
            said = say("parks_none_in_unit")
            verdicts.append(
                judge(dated, None, unit_id=unit_id, outcome="not_applicable", reasons=(said,))
            )
        else:
            verdicts.append(_listing_verdict(dated, unit_id, listed, own, homeless))
    return verdicts


def _listing_verdict(
    dated: DatedRule, unit_id: str, listing: Listing, of_unit: set[str], homeless: set[str]
) -> Verdict:
    listed = {i: reason for i, reason in listing.listed.items() if i in of_unit}
    unclear = {i: reason for i, reason in listing.open.items() if i in of_unit | homeless}
    unclear |= {i: say("park_unit_unknown") for i in listing.listed if i in homeless}
    evidence = [Evidence(PARKS, (i,), reason) for i, reason in listed.items()]
    evidence += [Evidence(PARKS, (i,), reason) for i, reason in unclear.items()]
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


@dataclass(frozen=True)
class Pair:
    """A park and the platform it is held against."""

    park: pd.Series
    platform: pd.Series | None
    unit_id: str


@check("A17", "distance", unit="m", grouped_by="row")
@check("A17", "industry", unit="share", grouped_by="row")
def nearness_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Measure every park left against its platform, else the nearest one of its unit (A17).

    One a park. ``distance``: shortest distance [m, in the plane] between the outlines, 0 where they
    touch or overlap. ``industry``: firms in a leading or specialty industry of the platform ÷ firms
    whose industry can be compared (first two digits, one scheme).

    A17 嘉政发〔2018〕15号 二（一）; the measures are assumed.
    """
    pairs = job.per_rule(_pairs)
    if dated.rule.part == "distance":
        return [_nearness_verdict(dated, pair, *pair_distance(pair)) for pair in pairs]
    firms = job.layer("enterprises")
    of_park = firms_by_park(firms, _present_parks(job))
    by_id = firms.drop_duplicates("enterprise_id").set_index("enterprise_id")
    return [
        _nearness_verdict(
            dated, pair, *pair_industry(pair, by_id.loc[of_park[str(pair.park["park_id"])]])
        )
        for pair in pairs
    ]


def _present_parks(job: CheckJob) -> gpd.GeoDataFrame:
    """Return the parks that haven't exited."""
    parks = job.layer(PARKS)
    return parks[~(parks["exited_on"].fillna("9999-12-31") <= job.policy.as_of)]


def _pairs(job: CheckJob) -> list[Pair]:
    parks = _present_parks(job)
    major = major_rows(job.layer("major_platforms"))
    under, of_platform = job.assessed(PARKS, parks), job.assessed("major_platforms", major)
    pairs = []
    for unit_id in job.unit_ids:
        near = major[of_platform.eq(unit_id).to_numpy(dtype=bool)]
        for position in np.flatnonzero(under.eq(unit_id).to_numpy(dtype=bool)):
            park = parks.iloc[int(position)]
            host = major[major["platform_id"].eq(park["platform_id"]).fillna(value=False)]
            candidates = host if len(host) else near
            platform = None
            if len(candidates) and park.geometry is not None:
                distances = candidates.geometry.distance(park.geometry).to_numpy()
                platform = candidates.iloc[int(np.nanargmin(distances))]
            pairs.append(Pair(park, platform, unit_id))
    return pairs


def pair_distance(pair: Pair) -> tuple[float | None, list[Statement]]:
    """Give the shortest distance [m] between the outlines, None without a platform."""
    if pair.platform is None:
        return None, [say("a17_no_platform")]
    distance = float(shapely.distance(pair.park.geometry, pair.platform.geometry))
    return distance, [say("a17_adjacent")] if distance == 0 else []


def pair_industry(pair: Pair, firms: pd.DataFrame) -> tuple[float | None, list[Statement]]:
    """Give the share of a park's firms in an industry of the platform, None where unknown."""
    if pair.platform is None:
        return None, [say("a17_no_platform")]
    industries = [*split_list(pair.platform["leading_industries"]),
             *split_list(pair.platform["specialty_industries"])]  # fmt: skip
    scheme = pair.platform["industry_scheme"]
    if not industries or pd.isna(scheme):
        return None, [say("a17_platform_industries_missing")]
    same = firms["industry_scheme"].eq(scheme).fillna(value=False) & firms["industry_code"].notna()
    compared = firms[same.to_numpy(dtype=bool)]
    reasons = [say("a17_firms", compared=len(compared), firms=len(firms))]
    if compared.empty:
        return None, reasons
    divisions = {code[:2] for code in industries}
    fitting = compared["industry_code"].str[:2].isin(divisions)
    return float(fitting.sum()) / len(compared), reasons


def _nearness_verdict(
    dated: DatedRule, pair: Pair, value: float | None, reasons: list[Statement]
) -> Verdict:
    park_id = str(pair.park["park_id"])
    return judge(
        dated,
        value,
        unit_id=pair.unit_id,
        platform_id=None if pair.platform is None else str(pair.platform["platform_id"]),
        evidence=(Evidence(PARKS, (park_id,)),),
        reasons=(say("park_named", park_id=park_id), *reasons),
    )


GRANTS = "support_grants"


@dataclass(frozen=True)
class _Grant:
    """One grant: the park it goes to and what is to be said of it."""

    grant_id: str
    park_id: str | None
    unit_id: str | None
    is_open: bool
    statement: Statement


@check("A19", unit="项")
@with_full_year
def grant_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """List the support granted in a year to firms in exiting parks (A19).

    One a unit, that of the park; measured the number of grants up to the as-of date. A firm is in a
    park where the grant or the firm names it, or where its shape lies in the park's outline. What
    was granted before the park was listed (``disposition_on``) doesn't count. A grant of which day,
    firm or that day aren't known leaves the verdict open unless another one is listed.

    A19 嘉政发〔2018〕15号 二（五）.
    """
    parks = job.layer(PARKS)
    grants = job.source.read(GRANTS)
    year = grants["granted_on"].str[:4]
    is_later = (grants["granted_on"] > job.policy.as_of).fillna(value=False)
    of_year = grants[(year.eq(str(job.year)).fillna(value=False) | year.isna()) & ~is_later]
    exiting = parks[counted_rows(dated.rule, PARKS, parks).yes]
    placed = _placed(job, of_year, exiting)
    verdicts = []
    for unit_id in job.unit_ids:
        if of_year.empty or parks.empty:
            lacking = say("a19_no_record", year=job.year)
            said = say("parks_missing") if parks.empty else lacking
            verdicts.append(judge(dated, None, unit_id=unit_id, year=job.year, reasons=(said,)))
        else:
            verdicts.append(_grant_verdict(dated, unit_id, job.year, placed))
    return verdicts


def _placed(job: CheckJob, grants: pd.DataFrame, parks: gpd.GeoDataFrame) -> list[_Grant]:
    """Find the exiting park of each grant; those that go elsewhere for certain are left out."""
    firms = job.layer("enterprises")
    by_id = firms.drop_duplicates("enterprise_id").set_index("enterprise_id")
    lies_in = _park_of_place(firms, parks)
    under = job.assessed(PARKS, parks)
    units = dict(zip(parks["park_id"], under, strict=True))
    listed_on = dict(zip(parks["park_id"], parks["disposition_on"], strict=True))
    exited_on = dict(zip(parks["park_id"], parks["exited_on"], strict=True))
    located = []
    for row in grants.to_dict("records"):
        firm = row["enterprise_id"]
        known = firm in by_id.index
        candidates = [
            row["park_id"],
            by_id.at[firm, "park_id"] if known else None,
            lies_in.get(firm),
        ]
        park = next((p for p in candidates if isinstance(p, str) and p in units), None)
        grant_id = str(row["grant_id"])
        if park is None and (known or isinstance(row["park_id"], str)):
            continue
        if park is None:
            located.append(_Grant(grant_id, None, None, True, say("a19_firm_unknown")))
            continue
        unit_id = units[park] if isinstance(units[park], str) else None
        day = row["granted_on"]
        since = [d for d in (listed_on[park], exited_on[park]) if isinstance(d, str)]
        if not isinstance(day, str):
            located.append(_Grant(grant_id, park, unit_id, True, say("a19_day_unknown")))
        elif since and day >= min(since):
            amount = float(row["grant_wan_yuan"])
            reason = say("a19_granted", park_id=park, granted_on=day, amount_wan_yuan=amount)
            located.append(_Grant(grant_id, park, unit_id, unit_id is None, reason))
        elif not isinstance(listed_on[park], str):
            reason = say("a19_listing_day_unknown", park_id=park)
            located.append(_Grant(grant_id, park, unit_id, True, reason))
    return located


def _park_of_place(firms: gpd.GeoDataFrame, parks: gpd.GeoDataFrame) -> dict[str, str]:
    """Name the park in whose outline each firm's shape lies."""
    shapes = shapes_of(firms)
    placed = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    points = shapely.point_on_surface(shapes[placed])
    of_point, of_park = shapely.STRtree(shapes_of(parks)).query(points, "intersects")
    names = firms["enterprise_id"].to_numpy(dtype=object)[placed[of_point]]
    return dict(zip(names, parks["park_id"].to_numpy(dtype=object)[of_park], strict=True))


def _grant_verdict(dated: DatedRule, unit_id: str, year: int, grants: list[_Grant]) -> Verdict:
    listed = [g for g in grants if g.unit_id == unit_id and not g.is_open]
    unclear = [g for g in grants if g.is_open and g.unit_id in (unit_id, None)]
    reasons = []
    if listed:
        parks = "、".join(sorted({str(g.park_id) for g in listed}))
        reasons.append(say("a19_listed", count=len(listed), park_ids=parks))
    if unclear:
        reasons.append(say("a19_open", count=len(unclear)))
    return judge(
        dated,
        None if unclear and not listed else float(len(listed)),
        unit_id=unit_id,
        year=year,
        evidence=tuple(Evidence(GRANTS, (g.grant_id,), g.statement) for g in (*listed, *unclear)),
        reasons=tuple(reasons),
    )
