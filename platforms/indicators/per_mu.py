"""Output and tax per 亩 (A8, A9)."""

import re
from typing import Literal, cast, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.overlay import zone_shares
from geo.units import RELATIVE_TOLERANCE, compare
from platforms.errors import PlanningError
from platforms.indicators.figures import by_age, figure_is_old, figure_trend, years_on_file
from platforms.policy.check import CheckJob, holds, judge, reported_year, target_year, year_beside
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.registry import check
from platforms.policy.verdict import Evidence, Statement, Verdict, say
from platforms.source import LayerSource
from platforms.territory import assessment_areas, shapes_of


def ranks_with_ties(values: pd.Series) -> pd.Series:
    """Rank figures from the largest down.

    ``values``: Figures; missing ones take no place.

    Place from 1; figures equal within a relative 1e-9 share a place, and the next one counts them
    all (1, 1, 3). Index of ``values``.

    >>> ranks_with_ties(pd.Series([0.3, 5.0, 0.1 * 3, None])).tolist()
    [2, 1, 2, <NA>]
    """
    ranks = pd.Series(pd.NA, index=values.index, dtype="Int64")
    figures = values.to_numpy(dtype=float)
    order = np.argsort(-figures, kind="stable")
    leader, place = np.nan, 0
    for count, position in enumerate(order, start=1):
        if np.isnan(figures[position]):
            break
        if count == 1 or compare(float(figures[position]), float(leader)) != 0:
            leader, place = figures[position], count
        ranks.iloc[int(position)] = place
    return ranks


POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def placed_firms(by: Literal["unit", "park"] | str, source: LayerSource) -> pd.DataFrame:
    """Say which part of each enterprise lies in which unit or park.

    ``by``: ``unit`` (functional zones cut out of the counties, S9) or ``park``.
    ``source``: Gives ``enterprises`` and ``units`` or ``parks``.

    One row for each firm and place: ``enterprise_id``, ``unit_id`` or ``park_id`` (missing outside
    all), ``part_share`` (0-1, by ellipsoidal area), ``is_by_area``, ``stated_id``. A firm drawn as
    a point, or not at all, is where its row states. Where parks overlap the land in both counts in
    each.
    """
    key = f"{by}_id"
    firms = gpd.GeoDataFrame(source.read("enterprises"))
    zones = gpd.GeoDataFrame(source.read(f"{by}s"))
    if by == "unit" and len(zones):
        zones = assessment_areas(zones.copy())
    assigned = firms[["enterprise_id", key]].rename(columns={key: "stated_id"})
    drawn = _drawn(firms) if len(zones) else np.zeros(len(firms), dtype=bool)
    plain = assigned[~drawn].assign(part_share=1.0, is_by_area=False)
    plain[key] = plain["stated_id"]
    by_area = _by_area(firms[drawn], assigned[drawn], zones, key)
    columns = ["enterprise_id", key, "part_share", "is_by_area", "stated_id"]
    tables = [frame[columns] for frame in (plain, by_area) if len(frame)]
    placed: pd.DataFrame = pd.concat(tables or [plain[columns]], ignore_index=True)
    return placed


def _drawn(firms: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Say which firms have an outline with land in it."""
    shapes = shapes_of(firms)
    kinds = np.isin(shapely.get_type_id(shapes), [int(kind) for kind in POLYGONS])
    has_land: npt.NDArray[np.bool_] = kinds & (np.nan_to_num(shapely.area(shapes)) > 0)
    return has_land


def _by_area(
    firms: gpd.GeoDataFrame, assigned: pd.DataFrame, zones: gpd.GeoDataFrame, key: str
) -> pd.DataFrame:
    """Part the firms drawn among the zones; what lies in none makes a row without key."""
    if not len(firms):
        return assigned.assign(part_share=1.0, is_by_area=True, **{key: None})
    rows = zone_shares(shapes_of(firms), shapes_of(zones), firms.crs)
    inside = np.bincount(rows.of_shape, rows.share, len(firms))
    outside = np.flatnonzero(1.0 - inside > RELATIVE_TOLERANCE)
    position = np.concatenate([rows.of_shape, outside])
    placed = assigned.iloc[position].reset_index(drop=True)
    ids = zones[key].to_numpy(dtype=object)[rows.of_zone]
    placed[key] = pd.Series([*ids, *[None] * len(outside)], dtype="str")
    placed["part_share"] = np.concatenate([rows.share, 1.0 - inside[outside]])
    return placed.assign(is_by_area=True)


By = Literal["unit", "platform", "park", "enterprise"]

WAN_YUAN_PER_YI_YUAN = 10_000.0

PERIOD = re.compile(r"\d{4}(Q[1-4])?")

FIGURES = ("output", "tax")

GROUP_LAYERS = {"unit": "units", "park": "parks"}


def per_mu(by: By, period: str, source: LayerSource, policy: PolicySet) -> pd.DataFrame:
    """Compute output and tax per 亩.

    Parameters
    ----------
    by
        What a row is. Platforms are read from ``platform_indicators``; units, parks and
        enterprises from ``enterprise_indicators``, units and parks from above-scale firms only.
    period
        Year (``2024``); for platforms a quarter too (``2024Q1``).
    source
        Gives the layers.
    policy
        Holds the thresholds A8 and A9 that divide the quadrants.

    Returns
    -------
    DataFrame
        One row each: the key (``platform_id`` ...), ``name``, ``unit_id``, ``period``; for output
        and for tax ``output_wan_yuan`` [万元], ``output_land_mu`` [亩] over the same rows,
        ``output_wan_yuan_per_mu`` [万元/亩] and ``output_coverage_share`` (rows with figure and
        land ÷ all rows); ``row_count``; ``rank`` by output and ``tax_rank``, ties sharing a place;
        ``quadrant`` (``both_reached``, ``output_reached``, ``tax_reached``, ``none_reached``). A
        missing or zero land leaves the ratio missing. A firm whose polygon lies in several units
        or parks counts in each by area. Firms in no unit or park make a last row without key and
        rank.

    Raises
    ------
    PlanningError
        ``by_unknown``, ``period_malformed``, ``period_not_yearly``, ``indicator_twice``.

    Notes
    -----
    S3: 亩 is the land used by above-scale firms, 产出 their gross output, 税收 their tax paid in.
    """
    if by not in get_args(By):
        raise PlanningError("by_unknown", by=str(by), known=", ".join(get_args(By)))
    if not PERIOD.fullmatch(period):
        raise PlanningError("period_malformed", period=period)
    if by == "platform":
        frame = _platforms(period, source)
    else:
        if "Q" in period:
            raise PlanningError("period_not_yearly", period=period)
        frame = _enterprises(by, period, source)
    return _ranked(frame, f"{by}_id", policy)


def _platforms(period: str, source: LayerSource) -> pd.DataFrame:
    indicators = source.read("platform_indicators")
    rows = indicators[indicators["period"] == period]
    refuse_twice(rows, "platform_id", period)
    platforms = pd.DataFrame(source.read("major_platforms"))[["platform_id", "name", "unit_id"]]
    wanted = ["output_yi_yuan", "tax_yi_yuan", "above_scale_land_mu"]
    frame = platforms.merge(rows[["platform_id", *wanted]], on="platform_id", how="outer")
    land = frame["above_scale_land_mu"].to_numpy(dtype=float)
    result = frame[["platform_id", "name", "unit_id"]].assign(period=period)
    for figure in FIGURES:
        values = frame[f"{figure}_yi_yuan"].to_numpy(dtype=float) * WAN_YUAN_PER_YI_YUAN
        both = ~np.isnan(values) & (land > 0)
        result[f"{figure}_wan_yuan"] = values
        result[f"{figure}_land_mu"] = land
        result[f"{figure}_wan_yuan_per_mu"] = _ratio(values, np.where(both, land, np.nan))
        result[f"{figure}_coverage_share"] = both.astype(float)
    result["row_count"] = frame["platform_id"].isin(rows["platform_id"]).astype("Int64")
    return result


def _enterprises(by: By, period: str, source: LayerSource) -> pd.DataFrame:
    if by == "enterprise":
        frame = _firms(period, source)
        grouped = _sums(frame.assign(is_above_scale=True, part_share=1.0), "enterprise_id")
        return (
            frame[["enterprise_id", "name", "unit_id"]]
            .assign(period=period)
            .merge(grouped, on="enterprise_id", how="left")
        )
    grouped = _sums(firm_parts(by, period, source), f"{by}_id")
    columns = ["unit_id", "name"] if by == "unit" else [f"{by}_id", "name", "unit_id"]
    groups = pd.DataFrame(source.read(GROUP_LAYERS[by]))[columns]
    result = groups.merge(grouped, on=f"{by}_id", how="outer").assign(period=period)
    counts = [f"{figure}_coverage_share" for figure in FIGURES]
    return result.fillna({"row_count": 0, **dict.fromkeys(counts, 0.0)})


def firm_parts(by: By, period: str, source: LayerSource) -> pd.DataFrame:
    """List the firms whose figures units and parks stand on, each by its part there.

    ``by``: ``unit`` or ``park``.

    One row a firm and place: ``enterprise_id``, ``unit_id`` or ``park_id``, ``part_share``,
    ``is_above_scale``, ``output_wan_yuan``, ``tax_wan_yuan`` [万元] and ``land_in_use_mu`` [亩] of
      the whole firm. Firms known to be below scale are left out.
    """
    frame = _firms(period, source)
    scale = frame["is_above_scale"].astype("boolean").fillna(value=True).to_numpy(dtype=bool)
    parts = placed_firms(by, source)[["enterprise_id", f"{by}_id", "part_share"]]
    placed = frame[scale].drop(columns="unit_id").merge(parts, on="enterprise_id", how="left")
    return placed.fillna({"part_share": 1.0})


def _firms(period: str, source: LayerSource) -> pd.DataFrame:
    indicators = source.read("enterprise_indicators")
    rows = indicators[(indicators["year"] == int(period)).fillna(value=False)]
    refuse_twice(rows, "enterprise_id", period)
    about = ["enterprise_id", "name", "unit_id", "is_above_scale"]
    enterprises = pd.DataFrame(source.read("enterprises"))[about]
    wanted = ["enterprise_id", "output_wan_yuan", "tax_wan_yuan", "land_in_use_mu"]
    return enterprises.merge(rows[wanted], on="enterprise_id", how="outer")


def _sums(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """Sum figures and land of each group over the rows that have both, each by its part there."""
    known = frame["is_above_scale"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    part = frame["part_share"].to_numpy(dtype=float)
    land = frame["land_in_use_mu"].to_numpy(dtype=float) * part
    groups = frame.groupby(key, dropna=False)
    result = groups.size().rename("row_count").astype("Int64").to_frame()
    for figure in FIGURES:
        values = frame[f"{figure}_wan_yuan"].to_numpy(dtype=float) * part
        both = known & ~np.isnan(values) & (land > 0)
        used = frame[[key]].assign(
            values=np.where(both, values, np.nan), land=np.where(both, land, np.nan), both=both
        )
        sums = used.groupby(key, dropna=False)
        total, total_land = sums["values"].sum(min_count=1), sums["land"].sum(min_count=1)
        result[f"{figure}_wan_yuan"] = total
        result[f"{figure}_land_mu"] = total_land
        result[f"{figure}_wan_yuan_per_mu"] = _ratio(total.to_numpy(), total_land.to_numpy())
        result[f"{figure}_coverage_share"] = sums["both"].mean()
    return result.reset_index()


def _ratio(figures: "np.ndarray", land: "np.ndarray") -> "np.ndarray":
    """Divide; without land there is no ratio."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(land > 0, figures / land, np.nan)


def _ranked(frame: pd.DataFrame, key: str, policy: PolicySet) -> pd.DataFrame:
    """Add places and quadrants; the best by output first, rows without key last."""
    keyed = frame[key].notna()
    output = frame["output_wan_yuan_per_mu"].where(keyed)
    tax = frame["tax_wan_yuan_per_mu"].where(keyed)
    ranked = frame.assign(
        rank=ranks_with_ties(output),
        tax_rank=ranks_with_ties(tax),
        quadrant=pd.Series(
            np.array([quadrant_of(o, t, policy) for o, t in zip(output, tax, strict=True)], object),
            index=frame.index,
            dtype="str",
        ),
    )
    first = ["rank", "tax_rank", key]
    return ranked.sort_values(first, na_position="last", ignore_index=True)


def quadrant_of(output: float, tax: float, policy: PolicySet) -> str | None:
    """Say which of the thresholds A8 and A9 two figures reach.

    None where a figure is missing, and where no active pack holds both rules.
    """
    if pd.isna(output) or pd.isna(tax) or not (policy.parts("A8") and policy.parts("A9")):
        return None
    reached = holds(policy.rule("A8").rule, output), holds(policy.rule("A9").rule, tax)
    names = {
        (True, True): "both_reached",
        (True, False): "output_reached",
        (False, True): "tax_reached",
    }
    return names.get(reached, "none_reached")


def refuse_twice(rows: pd.DataFrame, key: str, period: str) -> None:
    """Refuse two rows for one subject and period: nobody could say which one holds."""
    twice = rows[key][rows[key].duplicated()]
    if len(twice):
        raise PlanningError("indicator_twice", rows=", ".join(sorted(set(twice))), period=period)


FIGURE_OF = {"A8": "output", "A9": "tax"}
"""Which figure each rule is about."""


@check("A8", unit="万元/亩")
@check("A9", unit="万元/亩")
def per_mu_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge output or tax per 亩 of each major platform in a year (A8, A9).

    ``dated``: The rule [万元/亩].

    One a platform [万元/亩], of the year asked, else of the latest complete one on file; a missing
    figure, or missing or zero land, is ``no_data``. Past the target date the figure of the target
    year is judged and today's stands beside it.

    A8, A9 嘉政发〔2018〕15号 一（资源配置更加高效）; S3, S21.
    """
    figure, target = FIGURE_OF[dated.rule.rule_id], target_year(dated)
    columns = [f"{figure}_yi_yuan", "above_scale_land_mu"]
    verdicts = []
    for unit_id, platform in job.platforms():
        platform_id = str(platform["platform_id"])
        today = reported_year(job, years_on_file(job, [platform_id], columns))
        year = today if target is None else target
        row = _of_platform(job, platform_id, year)
        value = row[f"{figure}_wan_yuan_per_mu"]
        reasons = [] if target is not None else year_beside(job, year)
        is_old = target is None and figure_is_old(job, "platform_indicators", year)
        if is_old:
            value = np.nan
            reasons.append(say("figure_too_old", year=year))
        elif pd.isna(value):
            reasons.append(_missing(row, figure, year))
        if target not in (None, today):
            now = _of_platform(job, platform_id, today)[f"{figure}_wan_yuan_per_mu"]
            reasons += figure_trend(today, None if pd.isna(now) else float(now), dated)
        verdict = judge(
            dated,
            None if pd.isna(value) else float(value),
            unit_id=unit_id,
            platform_id=platform_id,
            year=year,
            evidence=(Evidence("platform_indicators", (f"{platform_id}/{year}",)),),
            reasons=tuple(reasons),
        )
        verdicts.append(by_age(verdict) if is_old else verdict)
    return verdicts


def _of_platform(job: CheckJob, platform_id: str, year: int) -> pd.Series:
    by_year = job.per_run(_frames_by_year)
    if year not in by_year:
        frame = per_mu("platform", str(year), job.source, job.policy)
        by_year[year] = frame.set_index("platform_id")
    return cast("pd.Series", by_year[year].loc[platform_id])


def _frames_by_year(job: CheckJob) -> dict[int, pd.DataFrame]:
    """Return where the figures of each year are put once they are computed."""
    return {}


def _missing(row: pd.Series, figure: str, year: int) -> Statement:
    """Say what is missing of a ratio."""
    if not row["row_count"]:
        return say("per_mu_no_row", year=year)
    land = row[f"{figure}_land_mu"]
    if pd.isna(land):
        return say("per_mu_land_missing", year=year)
    if land <= 0:
        return say("per_mu_land_zero", year=year)
    return say("per_mu_figure_missing", year=year)
