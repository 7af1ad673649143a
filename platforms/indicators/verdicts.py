"""What the targets for output and tax per 亩 say of each platform (A8, A9)."""

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from platforms.assessed import assessed_units, major_rows
from platforms.indicators.per_mu import per_mu
from platforms.judge import judge
from platforms.policy.dated import DatedRule, PolicySet
from platforms.source import LayerSource
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Verdict

FIGURE_OF = {"A8": "output", "A9": "tax"}
"""Which figure each rule is about."""


def per_mu_verdicts(
    rule_id: str,
    year: int,
    source: LayerSource,
    platforms: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    unit_ids: Sequence[str],
    policy: PolicySet,
) -> list[Verdict]:
    """Judge output or tax per 亩 of each major platform in a year.

    Parameters
    ----------
    rule_id
        ``A8`` or ``A9``.
    year
        Year of the figures.
    source
        Gives the indicators.
    platforms, units
        Layers ``major_platforms`` and ``units``.
    unit_ids
        Units whose platforms are judged.
    policy
        Rules on the as-of date.

    Returns
    -------
    list of Verdict
        One a platform [万元/亩]; a missing figure, or missing or zero land, is ``no_data``. Past
        the target date the value of the target year stands in the reasons where there is one.

    Notes
    -----
    A8, A9 嘉政发〔2018〕15号 一（资源配置更加高效）; S3.
    """
    dated = policy.rule(rule_id)
    figure = FIGURE_OF[rule_id]
    now = per_mu("platform", str(year), source, policy).set_index("platform_id")
    then = _at_target(dated, year, figure, source, policy)
    major = major_rows(platforms)
    under = assessed_units(major, units)
    verdicts = []
    for unit_id in unit_ids:
        for platform_id in major["platform_id"][under.eq(unit_id)]:
            row = now.loc[platform_id]
            value = row[f"{figure}_wan_yuan_per_mu"]
            lacking = [_missing(row, figure, year)] if pd.isna(value) else []
            at_target = then.get(platform_id)
            if at_target is not None and dated.rule.target_date is not None:
                at_year = int(dated.rule.target_date[:4])
                lacking.append(say("per_mu_at_target", year=at_year, value=float(at_target)))
            verdicts.append(
                judge(
                    dated,
                    None if pd.isna(value) else float(value),
                    unit_id=unit_id,
                    platform_id=platform_id,
                    year=year,
                    evidence=(Evidence("platform_indicators", (f"{platform_id}/{year}",)),),
                    reasons=tuple(lacking),
                )
            )
    return verdicts


def _at_target(
    dated: DatedRule, year: int, figure: str, source: LayerSource, policy: PolicySet
) -> dict[str, float]:
    """Give each platform's value in the target year, once the target date has passed."""
    target = dated.rule.target_date
    if target is None or not dated.is_past_target or int(target[:4]) == year:
        return {}
    frame = per_mu("platform", target[:4], source, policy).set_index("platform_id")
    values = frame[f"{figure}_wan_yuan_per_mu"].dropna()
    return {str(key): float(value) for key, value in values.items()}


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
