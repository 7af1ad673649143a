"""What platforms and units are ranked by, and each measure's figures in a period."""

import calendar
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from platforms.errors import PlanningError
from platforms.indicators.per_mu import PERIOD, WAN_YUAN_PER_YI_YUAN
from platforms.policy.dated import PolicySet
from platforms.source import LayerSource
from platforms.targets.ledger import ledger_on

RankedBy = Literal["platform", "unit"]


@dataclass(frozen=True)
class Measure:
    """One measure of a ranking.

    Attributes
    ----------
    name
        Its name.
    over, under
        Figures above and below the fraction line, without their unit; no ``under``: an amount.
    unit
        Unit of measure; ``share`` is 0–1.
    scale
        From over ÷ under to that unit, of figures in 万元, 亩 and 吨标煤.
    lower_is_better
        True where the least takes the first place.
    """

    name: str
    over: str
    under: str | None
    unit: str
    scale: float = 1.0
    lower_is_better: bool = False


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("output", "output", None, "亿元", 1 / WAN_YUAN_PER_YI_YUAN),
        Measure("value_added", "value_added", None, "亿元", 1 / WAN_YUAN_PER_YI_YUAN),
        Measure("value_added_growth", "value_added", None, "share"),
        Measure("tax", "tax", None, "亿元", 1 / WAN_YUAN_PER_YI_YUAN),
        Measure("output_per_mu", "output", "land", "万元/亩"),
        Measure("tax_per_mu", "tax", "land", "万元/亩"),
        Measure("hightech_share", "hightech_value_added", "value_added", "share"),
        Measure("rd_share", "rd", "revenue", "share"),
        Measure("energy_per_value_added", "energy", "value_added", "吨标煤/万元",
                lower_is_better=True),
        Measure("investment_attracted", "investment", None, "亿元", 1 / WAN_YUAN_PER_YI_YUAN),
    )
}  # fmt: skip
"""Every measure by its name."""

BROUGHT_IN = "S6"
"""Assumption that says when a project counts as brought in; without it no figure is given."""

FIGURES = ("output", "value_added", "tax", "revenue", "rd", "hightech_value_added")


def previous_period(period: str) -> str:
    """Give the quarter or year before (``2024Q1`` → ``2023Q4``)."""
    year, _, quarter = period.partition("Q")
    if not quarter:
        return str(int(year) - 1)
    return f"{int(year) - 1}Q4" if quarter == "1" else f"{year}Q{int(quarter) - 1}"


def year_before(period: str) -> str:
    """Give the same quarter, or the year, one year before."""
    return f"{int(period[:4]) - 1}{period[4:]}"


def days_of(period: str) -> tuple[str, str]:
    """Give the first and last day of a quarter or year.

    Examples
    --------
    >>> days_of("2024Q1"), days_of("2024")
    (('2024-01-01', '2024-03-31'), ('2024-01-01', '2024-12-31'))
    """
    year, _, quarter = period.partition("Q")
    first, last = (int(quarter) * 3 - 2, int(quarter) * 3) if quarter else (1, 12)
    end = calendar.monthrange(int(year), last)[1]
    return f"{year}-{first:02d}-01", f"{year}-{last:02d}-{end:02d}"


def figures_of(
    measure: Measure, by: RankedBy, period: str, source: LayerSource, policy: PolicySet
) -> pd.DataFrame:
    """Give a measure's figure of each platform or unit in a period.

    Parameters
    ----------
    measure
        The measure.
    by
        ``platform`` (the major platforms, from their indicators) or ``unit`` (sums of its
        above-scale firms; these report by year only).
    period
        Year (``2024``) or quarter (``2024Q3``), whose figures are those of the quarter alone.
    source
        Gives the layers.
    policy
        Rules on the as-of date: when a project counts as brought in (S6).

    Returns
    -------
    DataFrame
        Index the ids; ``value`` [unit of the measure], missing where a figure is; and
        ``coverage_share``, the part of rows with all figures needed (0 where there are none).

    Raises
    ------
    PlanningError
        ``period_malformed``, ``indicator_twice``.
    """
    if not PERIOD.fullmatch(period):
        raise PlanningError("period_malformed", period=period)
    if measure.name == "investment_attracted":
        return _investment(measure, by, period, source, policy)
    now = _ratio(measure, by, period, source)
    if measure.name != "value_added_growth":
        return now
    then = _ratio(measure, by, year_before(period), source)
    base = then["value"].where(then["value"] > 0)
    lower = now["coverage_share"].where(
        now["coverage_share"] < then["coverage_share"], then["coverage_share"]
    )
    # A sum over other firms than a year ago is no growth: both years must be whole.
    value = (now["value"] / base - 1).where(lower >= 1)
    return pd.DataFrame({"value": value, "coverage_share": lower})


def _ratio(measure: Measure, by: RankedBy, period: str, source: LayerSource) -> pd.DataFrame:
    """Sum the figures over the rows that have all of them, and divide."""
    ids, rows = (_platform_rows if by == "platform" else _firm_rows)(period, source)
    needed = [measure.over, *([measure.under] if measure.under else [])]
    whole = rows[needed].notna().all(axis=1)
    if measure.under:
        whole &= rows[measure.under] > 0
    groups = rows.assign(whole=whole).groupby("key")
    sums = rows[whole].groupby("key")[needed].sum(min_count=1).reindex(ids)
    value = sums[measure.over] * measure.scale
    if measure.under:
        value = value / sums[measure.under]
    coverage = groups["whole"].mean().reindex(ids).fillna(0.0)
    return pd.DataFrame({"value": value, "coverage_share": coverage})


def _platform_rows(period: str, source: LayerSource) -> tuple[pd.Index, pd.DataFrame]:
    """Read the indicators of the major platforms in 万元, 亩, 吨标煤."""
    platforms = pd.DataFrame(source.read("major_platforms"))
    major = platforms["is_major"].astype("boolean").fillna(value=True).to_numpy(dtype=bool)
    held = source.read("platform_indicators")
    held = held[held["period"].eq(period).fillna(value=False).to_numpy(dtype=bool)]
    _refuse_twice(held["platform_id"], period)
    figures = {
        name: held[f"{name}_yi_yuan"].astype("float64") * WAN_YUAN_PER_YI_YUAN for name in FIGURES
    }
    rows = pd.DataFrame(
        {"key": held["platform_id"], **figures,
         "land": held["above_scale_land_mu"].astype("float64"),
         "energy": held["energy_tce"].astype("float64")}
    )  # fmt: skip
    return pd.Index(platforms["platform_id"][major]), rows


def _firm_rows(period: str, source: LayerSource) -> tuple[pd.Index, pd.DataFrame]:
    """Read the figures of above-scale firms with their unit; quarters have none."""
    firms = pd.DataFrame(source.read("enterprises"))
    scale = firms["is_above_scale"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    firms = firms.loc[scale, ["enterprise_id", "unit_id"]]
    held = source.read("enterprise_indicators")
    year = -1 if "Q" in period else int(period)
    held = held[held["year"].eq(year).fillna(value=False).to_numpy(dtype=bool)]
    _refuse_twice(held["enterprise_id"], period)
    joined = firms.merge(held, on="enterprise_id", how="left")
    figures = {
        name: joined[f"{name}_wan_yuan"].astype("float64")
        if f"{name}_wan_yuan" in joined
        else np.nan
        for name in FIGURES
    }
    rows = pd.DataFrame(
        {"key": joined["unit_id"], **figures,
         "land": joined["land_in_use_mu"].astype("float64"),
         "energy": joined["energy_tce"].astype("float64")}
    )  # fmt: skip
    return pd.Index(source.read("units")["unit_id"]), rows


def _investment(
    measure: Measure, by: RankedBy, period: str, source: LayerSource, policy: PolicySet
) -> pd.DataFrame:
    """Sum the investment of projects brought in (registered, S6) in the period."""
    layer = "major_platforms" if by == "platform" else "units"
    held = pd.DataFrame(source.read(layer))
    ids = pd.Index(held[f"{by}_id"])
    if BROUGHT_IN not in policy.pack.assumptions:
        return pd.DataFrame({"value": np.nan, "coverage_share": 0.0}, index=ids)
    ledger = ledger_on(source, policy.as_of)
    first, last = days_of(period)
    came = ledger.happened(policy.setting_texts(BROUGHT_IN, "brought_in_events"), first, last)
    projects = ledger.projects[came.yes]
    amounts = projects["investment_yi_yuan"].astype("float64") * WAN_YUAN_PER_YI_YUAN
    key = projects[f"{by}_id"]
    value = (amounts.groupby(key).sum(min_count=1) * measure.scale).reindex(ids)
    coverage = amounts.notna().astype("float64").groupby(key).mean().reindex(ids)
    begun = not ledger.is_empty and first <= policy.as_of
    # Nothing is only said of an idle place where every project of the period has its place.
    if begun and not came.open.any() and key.notna().all():
        idle = coverage.isna()
        value.loc[idle] = 0.0
        coverage.loc[idle] = 1.0
    return pd.DataFrame({"value": value, "coverage_share": coverage.fillna(0.0)})


def _refuse_twice(keys: pd.Series, period: str) -> None:
    twice = keys[keys.duplicated()]
    if len(twice):
        raise PlanningError("indicator_twice", rows=", ".join(sorted(set(twice))), period=period)
