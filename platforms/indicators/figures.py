"""Yearly figures of platforms and firms (A3 A5–A7 A10 A11)."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.fields import split_list
from platforms.errors import PlanningError
from platforms.policy.check import CheckJob, counted_rows, judge, judge_between
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
    """Judge a figure of each major platform in a year (A3, A5, A6, A30).

    One a platform, in the unit of the rule. Past the target date the value of the target year is in
    the reasons; for what is only shown (A30) that of the year before.

    Raises PlanningError: ``indicator_twice``.

    嘉政发〔2018〕15号 一（平台布局更加合理、产业发展更加高端、资源配置更加高效）; S4.
    """
    return [
        _verdict(job, dated, unit_id, str(row["platform_id"])) for unit_id, row in job.platforms()
    ]


def _verdict(job: CheckJob, dated: DatedRule, unit_id: str, platform_id: str) -> Verdict:
    figure = FIGURES[dated.rule.key]
    value, lacking = yearly_value(job, platform_id, job.year, figure)
    reasons = [] if lacking is None else [lacking]
    if value is not None and figure.over is not None:
        reasons += _sums(job, platform_id, figure)
    return judge(
        dated,
        value,
        unit_id=unit_id,
        platform_id=platform_id,
        year=job.year,
        evidence=(Evidence(LAYER, (f"{platform_id}/{job.year}",)),),
        reasons=(*reasons, *_at_other_years(job, dated, platform_id)),
    )


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


def _sums(job: CheckJob, platform_id: str, figure: Figure) -> list[Statement]:
    """Name the two sums a share was made of."""
    part, _ = yearly_value(job, platform_id, job.year, Figure(figure.column))
    whole, _ = yearly_value(job, platform_id, job.year, Figure(str(figure.over)))
    return [say("figure_of_sums", column=figure.column, part=part, whole=whole)]


def _at_other_years(job: CheckJob, dated: DatedRule, platform_id: str) -> list[Statement]:
    """Give the value of the target year, or of the year before what is only shown."""
    figure, target = FIGURES[dated.rule.key], dated.rule.target_date
    if dated.rule.comparator == "none":
        before, _ = yearly_value(job, platform_id, job.year - 1, figure)
        return [] if before is None else [say("figure_before", year=job.year - 1, value=before)]
    if target is None or not dated.is_past_target or int(target[:4]) == job.year:
        return []
    year = int(target[:4])
    value, _ = yearly_value(job, platform_id, year, figure)
    if value is None:
        return [say("figure_at_target_missing", year=year)]
    if dated.rule.unit == "share":
        return [say("share_at_target", year=year, value=value)]
    return [say("figure_at_target", year=year, value=value, unit=dated.rule.unit)]


@check("A11", unit="个")
def large_platform_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge how many of the city's major platforms reach the output that the rule names (A11).

    One for the city, none where only some units were asked for. Platforms without a figure are
    listed; where they could change the outcome it is ``no_data``.

    A11 嘉政发〔2018〕15号 一（资源配置更加高效）.
    """
    if not job.is_whole_city:
        return []
    major = set(major_rows(job.layer("major_platforms"))["platform_id"])
    rows = job.source.read(LAYER)
    rows = rows[rows["platform_id"].isin(major) & rows["period"].eq(str(job.year))]
    twice = rows["platform_id"][rows["platform_id"].duplicated()]
    if len(twice):
        raise PlanningError("indicator_twice", rows=str(twice.iloc[0]), period=str(job.year))
    fit = counted_rows(dated.rule, LAYER, rows)
    unknown = sorted((major - set(rows["platform_id"])) | set(rows["platform_id"][fit.open]))
    reached = tuple(f"{name}/{job.year}" for name in rows["platform_id"][fit.yes])
    evidence = [Evidence(LAYER, reached, say("a11_reached"))] if reached else []
    if unknown:
        said = say("a11_unknown", count=len(unknown), year=job.year)
        evidence.append(Evidence("major_platforms", tuple(unknown), said))
    at_least, at_most = float(len(reached)), float(len(reached) + len(unknown))
    reasons = () if major else (say("platforms_missing"),)
    return [count_verdict(dated, at_least, at_most, None, None, job.year, evidence, reasons)]


def count_verdict(
    dated: DatedRule,
    at_least: float,
    at_most: float,
    unit_id: str | None,
    platform_id: str | None,
    year: int | None,
    evidence: list[Evidence],
    reasons: tuple[Statement, ...] = (),
) -> Verdict:
    """Judge a count that must reach a number, some of what is counted being unknown.

    ``dated``: A rule of the kind ``>=``.
    ``at_least, at_most``: What is certain, and what it would be with everything unknown counted.

    ``no_data`` where the unknown could change the outcome, or where reasons say that there is
    nothing to count; otherwise the certain count.
    """
    statements = list(reasons)
    if at_most > at_least:
        statements.append(say("count_between", at_least=int(at_least), at_most=int(at_most)))
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
        reasons = () if entries else (say("platform_column_missing", column=column),)
        verdicts.append(
            judge(
                dated,
                float(len(entries)) if entries else None,
                unit_id=unit_id,
                platform_id=str(row["platform_id"]),
                evidence=(Evidence("major_platforms", (str(row["platform_id"]),)),),
                reasons=reasons,
            )
        )
    return verdicts


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
    ones.

    A10 嘉政发〔2018〕15号 一（资源配置更加高效）; S4.
    """
    firms = job.layer("enterprises")
    figures = job.source.read("enterprise_indicators")
    figures = figures[figures["year"].eq(job.year).fillna(value=False)]
    counted = _large if dated.rule.part == "ten_billion_firms" else _listed
    lacking = (say("a10_firms_missing"),) if firms.empty else ()
    verdicts = []
    for unit_id, platform_id, inside, stated in job.per_rule(_firms_by_platform):
        moved = tuple(firms["enterprise_id"][stated & ~inside])
        yes, unknown = counted(dated, firms[inside], figures)
        evidence = [Evidence("enterprises", tuple(sorted(yes)), say("a10_counted"))] if yes else []
        if unknown:
            said = say("a10_unknown", count=len(unknown), year=job.year)
            evidence.append(Evidence("enterprises", tuple(sorted(unknown)), said))
        if moved:
            said = say("a10_placed_otherwise", count=len(moved))
            evidence.append(Evidence("enterprises", moved, said))
        verdicts.append(
            count_verdict(
                dated, float(len(yes)), float(len(yes) + len(unknown)), unit_id, platform_id,
                job.year, evidence, lacking,
            )
        )  # fmt: skip
    return verdicts


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
