"""Yearly figures of platforms and firms (A3 A5–A7 A10 A11)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.fields import split_list
from platforms.completeness import AGE, Completeness
from platforms.errors import PlanningError
from platforms.policy.check import (
    CheckJob,
    counted_rows,
    judge,
    judge_between,
    reported_year,
    target_year,
    year_beside,
)
from platforms.policy.in_force import DatedRule
from platforms.policy.registry import check
from platforms.policy.verdict import Evidence, Statement, Verdict, say
from platforms.territory import major_rows, platform_outlines, shapes_of

LAYER = "platform_indicators"


@dataclass(frozen=True)
class Figure:
    """A column of the yearly figures, over another one where the figure is a share."""

    column: str
    over: str | None = None


FIGURES = {
    ("A3", "entry"): Figure("value_added_yi_yuan"),
    ("A3", "2020"): Figure("value_added_yi_yuan"),
    ("A5", ""): Figure("hightech_value_added_yi_yuan", "value_added_yi_yuan"),
    ("A6", ""): Figure("rd_yi_yuan", "revenue_yi_yuan"),
    ("A30", "hightech_firms"): Figure("hightech_firms"),
    ("A30", "rd_centres"): Figure("rd_centres"),
    ("A30", "academician_stations"): Figure("academician_stations"),
}
"""What each rule is about."""


@check("A3", "entry", "2020", unit="亿元", grouped_by="platform")
@check("A5", unit="share")
@check("A6", unit="share")
@check("A30", "hightech_firms", unit="家", grouped_by="platform")
@check("A30", "rd_centres", "academician_stations", unit="个", grouped_by="platform")
def figure_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge a yearly figure of each major platform (A3, A5, A6, A30).

    One a platform, in the unit of the rule: of the year asked, else of the latest complete one on
    file. Past the target date the figure of the target year is judged and today's stands beside it;
    beside what is only shown (A30) stands the year before.

    Raises PlanningError: ``indicator_twice``.

    嘉政发〔2018〕15号 一（平台布局更加合理、产业发展更加高端、资源配置更加高效）; S4, S21.
    """
    return [
        _verdict(job, dated, unit_id, str(row["platform_id"])) for unit_id, row in job.platforms()
    ]


def _verdict(job: CheckJob, dated: DatedRule, unit_id: str, platform_id: str) -> Verdict:
    figure = FIGURES[dated.rule.key]
    today, target = figure_year(job, platform_id, figure), target_year(dated)
    year = today if target is None else target
    value, lacking = yearly_value(job, platform_id, year, figure)
    reasons = [] if target is not None else year_beside(job, year)
    is_old = target is None and figure_is_old(job, LAYER, year)
    if is_old:
        value, lacking = None, say("figure_too_old", year=year)
    if lacking is not None:
        reasons.append(lacking)
    if value is not None and figure.over is not None:
        reasons += _sums(job, platform_id, year, figure)
    if target not in (None, today):
        reasons += figure_trend(today, yearly_value(job, platform_id, today, figure)[0], dated)
    verdict = judge(
        dated,
        value,
        unit_id=unit_id,
        platform_id=platform_id,
        year=year,
        evidence=(Evidence(LAYER, (f"{platform_id}/{year}",)),),
        reasons=(*reasons, *_year_before(job, dated, platform_id, year)),
    )
    return by_age(verdict) if is_old else verdict


def by_age(verdict: Verdict) -> Verdict:
    """Mark a verdict that came out so because figures may only be so old (S21)."""
    return replace(verdict, basis="assumed", assumptions=(*verdict.assumptions, AGE))


def figure_year(job: CheckJob, platform_id: str, figure: Figure) -> int:
    """Return the year asked, else the latest complete one of which a platform has the figure."""
    columns = [figure.column] if figure.over is None else [figure.column, figure.over]
    return reported_year(job, years_on_file(job, [platform_id], columns))


def years_on_file(job: CheckJob, platform_ids: Iterable[str], columns: Sequence[str]) -> list[int]:
    """List the years of which any of some platforms has a whole row, else any row at all."""
    rows = job.source.read(LAYER)
    own = rows[rows["platform_id"].isin(platform_ids) & rows["period"].str.fullmatch(r"\d{4}")]
    whole = own[own[list(columns)].notna().all(axis=1)]
    return [int(period) for period in (own if whole.empty else whole)["period"]]


def firm_years(job: CheckJob) -> list[int]:
    """List the years of which figures of firms are on file."""
    return [int(y) for y in job.source.read("enterprise_indicators")["year"].dropna().unique()]


def figure_is_old(job: CheckJob, layer: str, year: int) -> bool:
    """Say whether the latest figures on file are too old (S21); a year asked for never ages."""
    on_file = Completeness(job.source, job.policy)
    return not job.is_year_asked and on_file.is_older(layer, f"{year}-12-31")


def figure_trend(year: int, value: float | None, dated: DatedRule) -> list[Statement]:
    """Set today's figure beside the one of the target year; None: not on file."""
    if value is None:
        return []
    if dated.rule.unit == "share":
        return [say("share_trend", year=year, value=value)]
    return [say("figure_trend", year=year, value=value, unit=dated.rule.unit)]


def yearly_value(
    job: CheckJob, platform_id: str, year: int, figure: Figure
) -> tuple[float | None, Statement | None]:
    """Give a platform's figure of a year, or say what is missing of it.

    Figure [unit of the column, or share 0-1], else None and why.

    Raises PlanningError: ``indicator_twice``.
    """
    rows = job.source.read(LAYER)
    rows = rows[rows["platform_id"].eq(platform_id) & rows["period"].eq(str(year))]
    if len(rows) > 1:
        raise PlanningError("indicator_twice", rows=platform_id, period=str(year))
    if rows.empty:
        return None, say("per_mu_no_row", year=year)
    columns = [figure.column] if figure.over is None else [figure.column, figure.over]
    missing = [name for name in columns if pd.isna(rows[name].iloc[0])]
    if missing:
        return None, say("figure_missing", year=year, columns=";".join(missing))
    value = float(rows[figure.column].iloc[0])
    if figure.over is None:
        return value, None
    whole = float(rows[figure.over].iloc[0])
    if whole <= 0:
        return None, say("figure_not_positive", year=year, column=figure.over, amount=whole)
    return value / whole, None


def _sums(job: CheckJob, platform_id: str, year: int, figure: Figure) -> list[Statement]:
    """Name the two sums a share was made of."""
    part, _ = yearly_value(job, platform_id, year, Figure(figure.column))
    whole, _ = yearly_value(job, platform_id, year, Figure(str(figure.over)))
    return [say("figure_of_sums", column=figure.column, part=part, whole=whole)]


def _year_before(job: CheckJob, dated: DatedRule, platform_id: str, year: int) -> list[Statement]:
    """Give the value of the year before what is only shown."""
    if dated.rule.comparator != "none":
        return []
    before, _ = yearly_value(job, platform_id, year - 1, FIGURES[dated.rule.key])
    return [] if before is None else [say("figure_before", year=year - 1, value=before)]


@check("A11", unit="个")
def large_platform_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge how many of the city's major platforms reach the output that the rule names (A11).

    Of the target year once it is over. One for the city, none where only some units were asked for.
    Platforms without a figure are listed; where they could change the outcome it is ``no_data``.

    A11 嘉政发〔2018〕15号 一（资源配置更加高效）.
    """
    if not job.is_whole_city:
        return []
    major = sorted(set(major_rows(job.layer("major_platforms"))["platform_id"]))
    today, target = reported_year(job, years_on_file(job, major, [OUTPUT])), target_year(dated)
    year = today if target is None else target
    reached, unknown = _large_platforms(job, dated, major, year)
    evidence = []
    if reached:
        rows = tuple(f"{name}/{year}" for name in reached)
        evidence.append(Evidence(LAYER, rows, say("a11_reached")))
    if unknown:
        said = say("a11_unknown", count=len(unknown), year=year)
        evidence.append(Evidence("major_platforms", unknown, said))
    at_least, at_most = float(len(reached)), float(len(reached) + len(unknown))
    lacking = () if major else (say("platforms_missing"),)
    beside = [] if target is not None else year_beside(job, year)
    if target not in (None, today):
        now, open_now = _large_platforms(job, dated, major, today)
        beside += count_trend(today, len(now), len(now) + len(open_now))
    return [
        count_verdict(
            dated, at_least, at_most, None, None, year, evidence, lacking, beside=tuple(beside)
        )
    ]


OUTPUT = "output_yi_yuan"


def _large_platforms(
    job: CheckJob, dated: DatedRule, major: Sequence[str], year: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """List the major platforms that reach the output in a year, and those without a figure."""
    rows = job.source.read(LAYER)
    rows = rows[rows["platform_id"].isin(major) & rows["period"].eq(str(year))]
    twice = rows["platform_id"][rows["platform_id"].duplicated()]
    if len(twice):
        raise PlanningError("indicator_twice", rows=str(twice.iloc[0]), period=str(year))
    fit = counted_rows(dated.rule, LAYER, rows)
    unknown = (set(major) - set(rows["platform_id"])) | set(rows["platform_id"][fit.open])
    return tuple(rows["platform_id"][fit.yes]), tuple(sorted(unknown))


def count_trend(year: int, at_least: int, at_most: int) -> list[Statement]:
    """Set today's count beside the one of the target year."""
    if at_most > at_least:
        return [say("count_trend_between", year=year, at_least=at_least, at_most=at_most)]
    return [say("count_trend", year=year, count=at_least)]


def count_verdict(
    dated: DatedRule,
    at_least: float,
    at_most: float,
    unit_id: str | None,
    platform_id: str | None,
    year: int | None,
    evidence: list[Evidence],
    reasons: tuple[Statement, ...] = (),
    *,
    beside: tuple[Statement, ...] = (),
) -> Verdict:
    """Judge a count that must reach a number, some of what is counted being unknown.

    ``dated``: A rule of the kind ``>=``.
    ``at_least, at_most``: What is certain, and what it would be with everything unknown counted.
    ``reasons``: Why there is nothing to count, none where there is.
    ``beside``: What is said in any case.

    ``no_data`` where the unknown could change the outcome, or where reasons say that there is
    nothing to count; otherwise the certain count.
    """
    statements = list(reasons)
    if at_most > at_least:
        statements.append(say("count_between", at_least=int(at_least), at_most=int(at_most)))
    statements += beside
    return judge_between(
        dated,
        np.nan if reasons else at_least,
        at_most,
        unit_id=unit_id,
        platform_id=platform_id,
        year=year,
        evidence=tuple(evidence),
        reasons=tuple(statements),
        undecided=tuple(statements),
    )


@check("A7", "leading_chains", "specialty_industries", unit="个", grouped_by="platform")
def chain_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge how many leading chains, or specialty industries, each major platform names (A7).

    One a platform; without a list on file, in the column named as the part, ``no_data``. An entry
    written twice counts once.

    A7 嘉政发〔2018〕15号 一（产业发展更加高端）.
    """
    column = dated.rule.part
    verdicts = []
    for unit_id, row in job.platforms():
        entries = set(split_list(row[column]))
        reasons = without_year(dated)
        if not entries:
            reasons = [say("platform_column_missing", column=column)]
        verdicts.append(
            judge(
                dated,
                float(len(entries)) if entries else None,
                unit_id=unit_id,
                platform_id=str(row["platform_id"]),
                evidence=(Evidence("major_platforms", (str(row["platform_id"]),)),),
                reasons=tuple(reasons),
            )
        )
    return verdicts


def without_year(dated: DatedRule) -> list[Statement]:
    """Say of a list without years that it is today's, once the target year is over."""
    year = target_year(dated)
    return [] if year is None else [say("figure_without_year", year=year)]


def firms_inside(
    enterprises: gpd.GeoDataFrame, platform: pd.Series, parks: gpd.GeoDataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Say which firms stand in a platform with its sub-parks.

    ``platform``: Row of ``major_platforms``.

    Booleans per firm: by geometry (a point on the firm's shape), and as its row states, which
    decides only where the firm has no shape.
    """
    row = gpd.GeoDataFrame([platform], geometry="geometry", crs=enterprises.crs)
    outline = shapely.union_all(platform_outlines(row, parks))
    sub_parks = parks["park_id"][
        parks["disposition"].eq("sub_park").fillna(value=False)
        & parks["platform_id"].eq(platform["platform_id"]).fillna(value=False)
    ]
    is_assigned = enterprises["platform_id"].eq(platform["platform_id"]).fillna(value=False)
    is_assigned |= enterprises["park_id"].isin(sub_parks)
    shapes = shapes_of(enterprises)
    placed = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    inside = is_assigned.to_numpy(dtype=bool).copy()
    shapely.prepare(outline)
    inside[placed] = shapely.covers(outline, shapely.point_on_surface(shapes[placed]))
    return inside, is_assigned.to_numpy(dtype=bool)


@check("A10", "ten_billion_firms", "listed_firms", unit="家", grouped_by="platform")
def firm_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge how many firms of ten billion yuan, or listed, each major platform has (A10).

    One a platform. A firm is a credit code; firms of which the figure isn't known are listed, and
    where they could change the outcome it is ``no_data``. A firm below scale is none of the large
    ones. A platform without any firm on file is ``no_data`` unless the firms of its land are known
    to be on file. Output is that of the target year once it is over; listed companies have no year.

    A10 嘉政发〔2018〕15号 一（资源配置更加高效）; S4.
    """
    firms = job.layer("enterprises")
    is_large = dated.rule.part == "ten_billion_firms"
    today, target = reported_year(job, firm_years(job)), target_year(dated)
    year = today if target is None or not is_large else target
    counted = _large if is_large else _listed
    now = _figures_of(job, today) if is_large and target not in (None, today) else None
    figures = _figures_of(job, year)
    verdicts = []
    for unit_id, platform_id, inside, stated in job.per_rule(_firms_by_platform):
        moved = tuple(firms["enterprise_id"][stated & ~inside])
        yes, unknown = counted(dated, firms[inside], figures)
        evidence = [Evidence("enterprises", tuple(sorted(yes)), say("a10_counted"))] if yes else []
        if unknown:
            said = say("a10_unknown", count=len(unknown), year=year)
            evidence.append(Evidence("enterprises", tuple(sorted(unknown)), said))
        if moved:
            said = say("a10_placed_otherwise", count=len(moved))
            evidence.append(Evidence("enterprises", moved, said))
        lacking = () if inside.any() else tuple(_no_firm(job, platform_id))
        beside = [] if is_large else without_year(dated)
        if is_large and target is None:
            beside += year_beside(job, year)
        if now is not None and inside.any():
            sure, may = counted(dated, firms[inside], now)
            beside += count_trend(today, len(sure), len(sure) + len(may))
        verdicts.append(
            count_verdict(
                dated, float(len(yes)), float(len(yes) + len(unknown)), unit_id, platform_id,
                year, evidence, lacking, beside=tuple(beside),
            )
        )  # fmt: skip
    return verdicts


def _figures_of(job: CheckJob, year: int) -> pd.DataFrame:
    figures = job.source.read("enterprise_indicators")
    return figures[figures["year"].eq(year).fillna(value=False)]


def _no_firm(job: CheckJob, platform_id: str) -> list[Statement]:
    """Say that no firm of a platform is on file, none where all firms there are known to be."""
    if job.layer("enterprises").empty:
        return [say("a10_firms_missing")]
    platforms = job.layer("major_platforms")
    row = platforms[platforms["platform_id"].eq(platform_id).fillna(value=False)]
    on_file = Completeness(job.source, job.policy)
    subject = ("enterprises", "")
    status = on_file.statuses([subject], shapes_of(row))[subject][0]
    return [] if status == "covered" else [say("a10_no_firm")]


def _firms_by_platform(job: CheckJob) -> list[tuple[str, str, np.ndarray, np.ndarray]]:
    """List unit and id of each platform with the firms inside it, and those stated to be."""
    firms, parks = job.layer("enterprises"), job.layer("parks")
    return [
        (unit_id, str(row["platform_id"]), *firms_inside(firms, row, parks))
        for unit_id, row in job.platforms()
    ]


def _large(
    dated: DatedRule, firms: gpd.GeoDataFrame, figures: pd.DataFrame
) -> tuple[set[str], set[str]]:
    """Add up the output of each credit code, then compare; name a firm by its first row."""
    asked = firms[~firms["is_above_scale"].eq(other=False).fillna(value=False).to_numpy(dtype=bool)]
    rows = pd.DataFrame(asked[["enterprise_id", "credit_code"]]).merge(
        figures[["enterprise_id", "output_wan_yuan"]], on="enterprise_id", how="left"
    )
    key = rows["credit_code"].fillna(rows["enterprise_id"])
    groups = rows.groupby(key, sort=False)
    sums = groups["output_wan_yuan"].sum(min_count=1).to_frame()
    first = groups["enterprise_id"].first()
    yes = counted_rows(dated.rule, "enterprise_indicators", sums).yes
    incomplete = groups["output_wan_yuan"].apply(lambda values: bool(values.isna().any()))
    return set(first[yes]), set(first[incomplete & ~yes])


def _listed(
    dated: DatedRule, firms: gpd.GeoDataFrame, figures: pd.DataFrame
) -> tuple[set[str], set[str]]:
    """Count each credit code once, named by its first row that says yes."""
    fit = counted_rows(dated.rule, "enterprises", firms)
    key = firms["credit_code"].fillna(firms["enterprise_id"])
    first = firms["enterprise_id"][fit.yes].groupby(key[fit.yes], sort=False).first()
    open_rows = fit.open & ~key.isin(first.index)
    asked = firms["enterprise_id"][open_rows].groupby(key[open_rows], sort=False).first()
    return set(first), set(asked)
