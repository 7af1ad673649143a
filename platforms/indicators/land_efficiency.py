"""How intensively a platform uses its land: the ratios of 开发区土地集约利用评价 (TD/T 1029).

Numerator and denominator stand beside each ratio. Definitions that no document at hand states in
full are ``assumed``.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from platforms.indicators.land_balance import land_balance, places_of
from platforms.indicators.per_mu import WAN_YUAN_PER_YI_YUAN, refuse_twice
from platforms.policy.dated import PolicySet
from platforms.source import LayerSource
from platforms.statement import Statement, say
from platforms.verdict import Basis


@dataclass(frozen=True)
class Ratio:
    """One ratio.

    Attributes
    ----------
    ratio_id
        Its code.
    numerator, denominator
        Kinds of land (``land_balance``), or a figure of ``platform_indicators``; None where no
        layer holds it.
    unit
        ``share`` (0-1), 万元/亩, or empty for a plain ratio.
    basis
        ``derived``: as training material for TD/T 1029 states it; ``assumed``: commonly read so.
    """

    ratio_id: str
    numerator: str | None
    denominator: str
    unit: str
    basis: Basis


RATIOS = (
    Ratio("supply_rate", "supplied", "ready", "share", "derived"),
    Ratio("built_rate", "built", "supplied", "share", "derived"),
    Ratio("industrial_rate", "built_industrial", "built", "share", "derived"),
    Ratio("idle_rate", "idle", "supplied", "share", "assumed"),
    Ratio("output_intensity", "revenue_yi_yuan", "built_industrial", "万元/亩", "assumed"),
    Ratio("tax_intensity", "tax_yi_yuan", "built_industrial", "万元/亩", "assumed"),
    Ratio("hightech_land_rate", None, "built", "share", "assumed"),
    Ratio("floor_area_ratio", None, "built", "", "derived"),
    Ratio("building_density", None, "built", "share", "derived"),
    Ratio("industrial_floor_area_ratio", None, "built_industrial", "", "derived"),
    Ratio("investment_intensity", None, "built_industrial", "万元/亩", "assumed"),
)
"""Every ratio of the evaluation; those without a numerator are listed as missing, not left out."""


@dataclass(frozen=True)
class LandEfficiency:
    """The ratios of each platform.

    Attributes
    ----------
    rows
        One row a platform and ratio: ``platform_id``, ``name``, ``unit_id``, ``period``,
        ``ratio``, ``numerator`` and ``denominator`` (codes), ``numerator_value`` (亩, or 万元),
        ``denominator_mu``, ``open_mu`` (land that may belong to either), ``value``, ``unit``,
        ``basis``, ``outcome`` (``known`` or ``no_data``).
    reasons
        What is to be said of each row, in its order.
    """

    rows: pd.DataFrame
    reasons: tuple[tuple[Statement, ...], ...]


def land_efficiency(
    period: str,
    source: LayerSource,
    policy: PolicySet,
    crs: CRS,
    balance: pd.DataFrame | None = None,
) -> LandEfficiency:
    """Compute the land ratios of each platform.

    Parameters
    ----------
    period
        Period of revenue and tax (``2024``); states of parcels are those on record.
    source
        Gives ``major_platforms``, ``parks``, ``land_parcels``, ``platform_indicators``.
    policy
        Its assumption ``land_balance`` says which states and uses count.
    crs
        Projected system in metres.
    balance
        ``land_balance`` of the platforms where it was measured before.

    Returns
    -------
    LandEfficiency
        Every ratio of every platform; one whose data are missing is ``no_data`` with the reason.

    Notes
    -----
    TD/T 1029 family, as training material quotes it: to be held against the standard before
    anything is published. Revenue and tax are those of above-scale firms only.
    """
    if balance is None:
        places = places_of("platform", source)
        parcels = gpd.GeoDataFrame(source.read("land_parcels"))
        balance = land_balance(places, parcels, policy, crs)
    indicators = source.read("platform_indicators")
    figures = indicators[indicators["period"] == period]
    refuse_twice(figures, "platform_id", period)
    figures = figures.set_index("platform_id")
    about = pd.DataFrame(source.read("major_platforms"))[["platform_id", "name", "unit_id"]]
    rows, reasons = [], []
    for platform_id, name, unit_id in about.itertuples(index=False):
        land = balance.loc[platform_id]
        record = {"platform_id": platform_id, "name": name, "unit_id": unit_id}
        for ratio in RATIOS:
            row, said = _row(ratio, land, figures, str(platform_id))
            rows.append({"period": period, **record, **row})
            reasons.append(said)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return LandEfficiency(frame, tuple(reasons))


COLUMNS = (
    "platform_id", "name", "unit_id", "period", "ratio", "numerator", "denominator",
    "numerator_value", "denominator_mu", "open_mu", "value", "unit", "basis", "outcome",
)  # fmt: skip


def _row(
    ratio: Ratio, land: pd.Series, figures: pd.DataFrame, platform_id: str
) -> tuple[dict[str, object], tuple[Statement, ...]]:
    below = float(land[f"{ratio.denominator}_mu"])
    above, said = _numerator(ratio, land, figures, platform_id)
    if np.isnan(below):
        said = [say("denominator_no_parcels")]
    elif below <= 0:
        said.append(say("efficiency_no_land"))
    kinds = {ratio.numerator, ratio.denominator}
    open_mu = max(
        (float(land[f"{kind}_open_mu"]) for kind in kinds if f"{kind}_open_mu" in land), default=0.0
    )
    value = above / below if below > 0 else np.nan
    if open_mu > 0 and not np.isnan(value):
        said.append(say("denominator_open", area_mu=open_mu))
    row: dict[str, object] = {
        "ratio": ratio.ratio_id, "numerator": ratio.numerator, "denominator": ratio.denominator,
        "numerator_value": above, "denominator_mu": below, "open_mu": open_mu, "value": value,
        "unit": ratio.unit, "basis": ratio.basis,
        "outcome": "no_data" if np.isnan(value) else "known",
    }  # fmt: skip
    return row, tuple(said)


def _numerator(
    ratio: Ratio, land: pd.Series, figures: pd.DataFrame, platform_id: str
) -> tuple[float, list[Statement]]:
    if ratio.numerator is None:
        return np.nan, [say("efficiency_not_on_record")]
    if f"{ratio.numerator}_mu" in land:
        return float(land[f"{ratio.numerator}_mu"]), []
    given = figures[ratio.numerator].get(platform_id, np.nan)
    if pd.isna(given):
        return np.nan, [say("efficiency_figure_missing")]
    return float(given) * WAN_YUAN_PER_YI_YUAN, [say("efficiency_above_scale_only")]
