"""What one 亩 yields: output and tax per 亩 (亩均产出、亩均税收) of units, platforms, parks, firms.

Ratios are never averaged: the sum of the figures stands over the sum of the land, both over the
same rows, and the coverage says what part of the rows had both.
"""

import re
from typing import Literal, get_args

import numpy as np
import pandas as pd

from platforms.errors import PlanningError
from platforms.indicators.placing import placed_firms
from platforms.indicators.ranks import ranks_with_ties
from platforms.judge import holds
from platforms.policy.dated import PolicySet
from platforms.source import LayerSource

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

    Parameters
    ----------
    by
        ``unit`` or ``park``.
    period
        Year.
    source
        Gives the layers.

    Returns
    -------
    DataFrame
        One row a firm and place: ``enterprise_id``, ``unit_id`` or ``park_id``, ``part_share``,
        ``is_above_scale``, ``output_wan_yuan``, ``tax_wan_yuan`` [万元] and ``land_in_use_mu``
        [亩] of the whole firm. Firms known to be below scale are left out.
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
