"""Number, management, totals, mix of platforms (A1 A16 A24 A25 A29 A30)."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.overlay import common_area_m2, intersecting_pairs
from geo.units import m2_to_mu
from layers.fields import FIELDS, split_list
from platforms.indicators.figures import by_age, figure_is_old, firm_years, firms_inside
from platforms.indicators.per_mu import WAN_YUAN_PER_YI_YUAN
from platforms.policy.check import (
    CheckJob,
    counted_rows,
    holds,
    judge,
    reported_year,
    with_full_year,
    year_beside,
)
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.registry import check
from platforms.policy.verdict import Evidence, Outcome, Statement, Verdict, say
from platforms.territory import major_rows, platform_outlines, shapes_of

LAYER = "major_platforms"


PRINCIPLE, LIMIT = "principle", "limit"


@check("A1", PRINCIPLE, LIMIT, unit="个", grouped_by="unit")
def number_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge the number of major platforms, in principle and at most (A1).

    ``dated``: ``principle`` is met within the usual number, and up to the limit where each platform
      beyond it has its reason on file (现阶段确有需要的，可适当增加). ``limit`` asks for no reason.

    One a unit. A platform in a functional zone counts there, not for the county around it. Without
    any platform on record, or with one of no known unit, there is no verdict.

    A1 嘉政发〔2018〕15号 一（平台布局更加合理）.
    """
    major = major_rows(job.layer(LAYER))
    under = job.assessed(LAYER, major)
    homeless = tuple(major["platform_id"][under.isna()])
    verdicts = []
    for unit_id in job.unit_ids:
        if major.empty:
            said = say("platforms_missing")
            verdicts.append(judge(dated, None, unit_id=unit_id, reasons=(said,)))
        elif homeless:
            said = say("platform_unit_unknown", count=len(homeless))
            rows = (Evidence(LAYER, homeless),)
            verdicts.append(judge(dated, None, unit_id=unit_id, evidence=rows, reasons=(said,)))
        else:
            elsewhere = major[major["unit_id"].eq(unit_id).fillna(value=False) & under.ne(unit_id)]
            kept = major[under.eq(unit_id)]
            verdicts.append(_number_verdict(job, dated, unit_id, kept, elsewhere))
    return verdicts


def _number_verdict(
    job: CheckJob,
    dated: DatedRule,
    unit_id: str,
    kept: gpd.GeoDataFrame,
    elsewhere: gpd.GeoDataFrame,
) -> Verdict:
    count = float(len(kept))
    usual = job.policy.rule(job.rule_id, PRINCIPLE).rule.bounds[1]
    on_file = kept[kept["extra_reason"].notna()]
    extra = max(0, int(count - usual))
    evidence = [Evidence(LAYER, tuple(kept["platform_id"]))]
    if len(elsewhere):
        said = say("platform_counted_under_zone", count=len(elsewhere))
        evidence.append(Evidence(LAYER, tuple(elsewhere["platform_id"]), said))
    reasons = _reasons(on_file, extra, job.policy.as_of) if extra else []
    if not count:
        reasons.append(say("a1_none"))
    outcome: Outcome | None = None
    if dated.rule.part == PRINCIPLE and extra and len(on_file) >= extra:
        is_within = holds(job.policy.rule(job.rule_id, LIMIT).rule, count)
        outcome = "met" if is_within else "not_met"
    return judge(
        dated, count, unit_id=unit_id, outcome=outcome, evidence=tuple(evidence),
        reasons=tuple(reasons),
    )  # fmt: skip


def _reasons(on_file: pd.DataFrame, extra: int, as_of: str) -> list[Statement]:
    """Say whether each platform beyond the usual number has its reason, and when it is reviewed."""
    if len(on_file) < extra:
        return [say("a1_reason_missing", extra=extra, on_file=len(on_file))]
    if on_file["extra_review_on"].isna().any():
        return [say("a1_reason_without_review", extra=extra)]
    first = str(on_file["extra_review_on"].min())
    reasons = [say("a1_reason_on_file", extra=extra, review_on=first)]
    return [*reasons, say("a1_review_due", review_on=first)] if first < as_of else reasons


PLATFORMS, PARKS, TARGETS = "major_platforms", "parks", "targets"
LEVELS = "main_platform_levels"


@check("A16", unit="个")
def level_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge that the main platform is a state-level or well-developed provincial zone (A16).

    One a platform, measured 1 where its level isn't among those of the assumption; a level not
    stated is ``no_data``.

    A16 嘉政发〔2018〕15号 二（一）; the levels that are good enough are assumed.
    """
    fit = job.policy.setting_texts(LEVELS, "levels")
    verdicts = []
    for unit_id, row in job.platforms():
        level = row["level"]
        said = say("a16_level", level=level) if pd.notna(level) else say("a16_level_missing")
        verdicts.append(
            judge(
                dated,
                None if pd.isna(level) else float(level not in fit),
                unit_id=unit_id,
                platform_id=str(row["platform_id"]),
                evidence=(Evidence(PLATFORMS, (str(row["platform_id"]),)),),
                reasons=(said,),
            )
        )
    return verdicts


@check("A24", "one_body", "route", unit="个", grouped_by="platform")
def body_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge that each platform has one management body; show the routes of sub-parks (A24).

    One a platform: ``one_body`` counts the bodies on file (none on file: ``no_data``) and binds;
    ``route`` shows the number of sub-parks without a route (可…也可) and gives no verdict. Where no
    park of the city has one the column isn't kept, which is ``no_data``; a platform without
    sub-parks needs none.

    A24 嘉政发〔2018〕15号 二（三）.
    """
    judged = _one_body if dated.rule.part == "one_body" else _route
    return [judged(job, dated, unit_id, row) for unit_id, row in job.platforms()]


def _one_body(job: CheckJob, dated: DatedRule, unit_id: str, row: pd.Series) -> Verdict:
    bodies = set(split_list(row["management_bodies"]))
    reason = say("a24_bodies", bodies="、".join(sorted(bodies)))
    if not bodies:
        reason = say("platform_column_missing", column="management_bodies")
    return judge(
        dated,
        float(len(bodies)) if bodies else None,
        unit_id=unit_id,
        platform_id=str(row["platform_id"]),
        evidence=(Evidence(PLATFORMS, (str(row["platform_id"]),)),),
        reasons=(reason,),
    )


def _route(job: CheckJob, dated: DatedRule, unit_id: str, row: pd.Series) -> Verdict:
    parks = job.layer(PARKS)
    integrated = counted_rows(dated.rule, PARKS, parks).yes
    sub_parks = parks[integrated & parks["platform_id"].eq(row["platform_id"]).fillna(value=False)]
    lacking = tuple(sub_parks["park_id"][sub_parks["integration_route"].isna()])
    platform_id = str(row["platform_id"])
    outcome: Outcome | None = None
    measured: float | None = None
    evidence = []
    if parks.empty:
        reason = say("parks_missing")
    elif sub_parks.empty:
        outcome, reason = "not_applicable", say("a24_no_sub_park")
    elif parks["integration_route"].isna().all():
        reason = say("a24_routes_not_kept")
    else:
        measured = float(len(lacking))
        reason = say("a24_routes", count=len(sub_parks), lacking=len(lacking))
        evidence.append(Evidence(PARKS, tuple(sub_parks["park_id"])))
    if measured:
        evidence.append(Evidence(PARKS, lacking, say("a24_route_missing", count=len(lacking))))
    return judge(
        dated, measured, unit_id=unit_id, platform_id=platform_id, outcome=outcome,
        evidence=tuple(evidence), reasons=(reason,),
    )  # fmt: skip


@check("A25", unit="项")
@with_full_year
def town_task_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """List industrial investment tasks set for towns that host no main platform (A25).

    One a unit for the year, measured the number of tasks. A unit of which no task of a town is on
    record for the year is ``no_data``; so is one with such tasks where a platform doesn't state its
    town.

    A25 嘉政发〔2018〕15号 二（三）.
    """
    targets = job.source.read(TARGETS)
    targets = targets[targets["year"].eq(job.year).fillna(value=False)]
    major = major_rows(job.layer(PLATFORMS))
    under = job.assessed(LAYER, major)
    return [
        _town_tasks(
            job, dated, unit_id, targets[targets["unit_id"].eq(unit_id).fillna(value=False)],
            major["town"][under.eq(unit_id)],
        )
        for unit_id in job.unit_ids
    ]  # fmt: skip


def _town_tasks(
    job: CheckJob, dated: DatedRule, unit_id: str, tasks: pd.DataFrame, hosts: pd.Series
) -> Verdict:
    to_town = tasks["town"].notna()
    if not to_town.any():
        code = "a25_no_tasks" if tasks.empty else "a25_no_towns"
        reason = say(code, year=job.year)
        return judge(dated, None, unit_id=unit_id, year=job.year, reasons=(reason,))
    fit = counted_rows(dated.rule, TARGETS, tasks)
    towns = {town for text in hosts for town in split_list(text)}
    elsewhere = to_town & ~tasks["town"].isin(towns)
    listed = tuple(tasks["target_id"][fit.yes & elsewhere])
    unknown = tuple(tasks["target_id"][fit.open & elsewhere])
    evidence = []
    reasons = []
    if listed:
        towns_listed = "、".join(sorted(set(tasks["town"][fit.yes & elsewhere])))
        evidence.append(Evidence(TARGETS, listed, say("a25_listed", towns=towns_listed)))
    if unknown:
        evidence.append(Evidence(TARGETS, unknown, say("a25_indicator_unknown")))
        reasons.append(say("a25_indicator_unknown"))
    undecided = bool(unknown) and not listed
    if listed and (hosts.isna().any() or hosts.empty):
        reasons.append(say("a25_host_unknown"))
        undecided = True
    return judge(
        dated,
        None if undecided else float(len(listed)),
        unit_id=unit_id,
        year=job.year,
        evidence=tuple(evidence),
        reasons=tuple(reasons),
    )


FIRMS = "enterprises"


@dataclass(frozen=True)
class _Places:
    """Where each firm stands: by unit (own outline, zones included in counties) and platform."""

    firms: gpd.GeoDataFrame
    in_unit: dict[str, np.ndarray]
    in_platform: dict[str, np.ndarray]
    counties: tuple[str, ...]
    zones: tuple[str, ...]


@check("A29", "totals", unit="亿元", grouped_by="platform")
@check("A29", "double_count", unit="家", grouped_by="platform")
def total_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Add up the output of the year's firms by territory and by platform (A29).

    One a unit and one a major platform. ``totals`` is the output [亿元] of the firms within the
    outline of the unit (a county with the functional zones inside it) or of the platform with its
    sub-parks; a unit's figure for assessment, without the zones, and that of its platforms are
    given with it. ``double_count`` lists firms that are in two counties, or in two platforms. A
    firm without a figure is counted and said, never taken for zero.

    A29 嘉政发〔2018〕15号 二（四）; S9.
    """
    year = reported_year(job, firm_years(job))
    places, of_firm = job.per_rule(_places), _output_of_firms(job, year)
    verdicts = []
    for unit_id in job.unit_ids:
        same_kind = places.zones if unit_id in places.zones else places.counties
        others = [places.in_unit[u] for u in same_kind if u != unit_id]
        here = places.in_unit[unit_id]
        verdicts.append(_verdict(job, dated, places, of_firm, here, others, unit_id, None, year))
    for unit_id, row in job.platforms():
        platform_id = str(row["platform_id"])
        others = [inside for key, inside in places.in_platform.items() if key != platform_id]
        here = places.in_platform[platform_id]
        verdicts.append(
            _verdict(job, dated, places, of_firm, here, others, unit_id, platform_id, year)
        )
    return verdicts


def _output_of_firms(job: CheckJob, year: int) -> np.ndarray:
    """Return the output of each firm in the year [万元], NaN where it isn't on file."""
    figures = job.source.read("enterprise_indicators")
    figures = figures[figures["year"].eq(year).fillna(value=False)]
    output = figures.drop_duplicates("enterprise_id").set_index("enterprise_id")["output_wan_yuan"]
    of_firm = job.layer(FIRMS)["enterprise_id"].map(output)
    return np.asarray(of_firm.to_numpy(dtype=float), dtype=float)


def _places(job: CheckJob) -> _Places:
    firms, units, parks = job.layer(FIRMS), job.layer("units"), job.layer("parks")
    shapes = shapes_of(firms)
    points = shapely.point_on_surface(shapes)
    in_unit = {}
    for unit_id, shape in zip(units["unit_id"], shapes_of(units), strict=True):
        in_unit[str(unit_id)] = np.asarray(shapely.intersects(shape, points), dtype=bool)
    lost = np.asarray(shapely.is_missing(shapes) | shapely.is_empty(shapes), dtype=bool)
    for unit_id, inside in in_unit.items():
        by_unit = firms["unit_id"].eq(unit_id).fillna(value=False).to_numpy(dtype=bool)
        in_unit[unit_id] = inside | (lost & by_unit)
    platforms = major_rows(job.layer("major_platforms"))
    in_platform = {
        str(row["platform_id"]): firms_inside(firms, row, parks)[0]
        for _, row in platforms.iterrows()
    }
    zone = units["unit_kind"].eq("functional_zone").fillna(value=False)
    return _Places(
        firms, in_unit, in_platform, tuple(units["unit_id"][~zone]), tuple(units["unit_id"][zone])
    )


def _verdict(
    job: CheckJob,
    dated: DatedRule,
    places: _Places,
    output: np.ndarray,
    here: np.ndarray,
    others: list[np.ndarray],
    unit_id: str,
    platform_id: str | None,
    year: int,
) -> Verdict:
    measured: float | None
    evidence: tuple[Evidence, ...] = ()
    reasons = year_beside(job, year)
    is_old = figure_is_old(job, "enterprise_indicators", year)
    known = ~np.isnan(output)
    if places.firms.empty or not known.any():
        measured = None
        missing = places.firms.empty
        reasons.append(say("a10_firms_missing") if missing else say("a29_no_figures", year=year))
    elif is_old:
        measured = None
        reasons.append(say("figure_too_old", year=year))
    elif dated.rule.part == "double_count":
        twice = here & np.logical_or.reduce([*others, np.zeros_like(here)])
        measured = float(twice.sum())
        rows = tuple(places.firms["enterprise_id"][twice])
        evidence = (Evidence(FIRMS, rows, say("a29_twice")),) if rows else ()
    else:
        measured = _yi_yuan(output[here & known])
        reasons.append(say("a29_firms", firms=int(here.sum()), missing=int((here & ~known).sum())))
        if platform_id is None:
            reasons += [_totals_of_parts(places, output, here, known, unit_id)]
    verdict = judge(
        dated, measured, unit_id=unit_id, platform_id=platform_id, year=year,
        evidence=evidence, reasons=tuple(reasons),
    )  # fmt: skip
    return by_age(verdict) if measured is None and is_old else verdict


def _totals_of_parts(
    places: _Places, output: np.ndarray, here: np.ndarray, known: np.ndarray, unit_id: str
) -> Statement:
    """Give a unit's output as assessed, without its zones, and that of firms in platforms."""
    zones = [places.in_unit[zone] for zone in places.zones if zone != unit_id]
    assessed = here & ~np.logical_or.reduce([*zones, np.zeros_like(here)])
    in_any = np.logical_or.reduce([*places.in_platform.values(), np.zeros_like(here)])
    return say(
        "a29_beside",
        assessed=_yi_yuan(output[assessed & known]),
        in_platforms=_yi_yuan(output[assessed & in_any & known]),
    )


def _yi_yuan(values: np.ndarray) -> float:
    return float(values.sum()) / WAN_YUAN_PER_YI_YUAN


USES = ("production", "living", "ecological")
ASSUMPTION = "land_mix"


@check("A30", "land_mix", unit="share")
def platform_mix_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Give the land mix of each major platform (A30).

    The part of production land in the land of the three uses, by the parcels inside the platform
    with its sub-parks; the other two, and the land of other or unknown use, are in the reasons.
    Values only.

    A30 嘉政发〔2018〕15号 二（一）. Which codes belong to which use is assumed; a code is read
    within its scheme.
    """
    parcels = job.layer("land_parcels")
    parks = job.layer("parks")
    use = _uses(parcels, job.policy)
    shapes = shapes_of(parcels)
    verdicts = []
    for unit_id, row in job.platforms():
        one = job.layer("major_platforms")
        one = one[one["platform_id"].eq(row["platform_id"]).fillna(value=False)]
        outline = np.array([shapely.union_all(platform_outlines(one, parks))], dtype=object)
        of_parcel, of_outline = intersecting_pairs(shapes, outline)
        area = np.zeros(0)
        if len(of_parcel):
            area = common_area_m2(shapes, outline, of_parcel, of_outline, job.crs)
        verdicts.append(_mix(dated, unit_id, row, area, use[of_parcel]))
    return verdicts


def _uses(parcels: pd.DataFrame, policy: PolicySet) -> np.ndarray:
    """Name the use of each parcel, empty where its code belongs to none or isn't known."""
    use_of_parcel = np.full(len(parcels), "", dtype=object)
    codes = parcels["land_use_code"].fillna("")
    settings = policy.assumption(ASSUMPTION).settings
    for scheme in FIELDS["land_use_scheme"].values:
        of_scheme = parcels["land_use_scheme"].eq(scheme).fillna(value=False)
        for use in USES:
            if f"{use}_{scheme}" in settings:
                starts = policy.setting_texts(ASSUMPTION, f"{use}_{scheme}")
                use_of_parcel[(of_scheme & codes.str.startswith(starts)).to_numpy(dtype=bool)] = use
    return use_of_parcel


def _mix(
    dated: DatedRule, unit_id: str, row: pd.Series, area: np.ndarray, use: np.ndarray
) -> Verdict:
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
        dated,
        sums["production"] / whole if whole > 0 else None,
        unit_id=unit_id,
        platform_id=str(row["platform_id"]),
        evidence=(Evidence("major_platforms", (str(row["platform_id"]),)),),
        reasons=tuple(reasons),
    )
