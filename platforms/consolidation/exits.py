"""How many of a unit's industrial platforms have exited (A13)."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2
from platforms.assessed import assessed_units, major_rows
from platforms.judge import judge
from platforms.policy.dated import DatedRule, PolicySet
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Verdict

LAYER = "parks"


def exit_verdicts(
    parks: gpd.GeoDataFrame,
    platforms: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    unit_ids: Sequence[str],
    policy: PolicySet,
    crs: CRS,
) -> list[Verdict]:
    """Judge the share of industrial platforms that have exited.

    Parameters
    ----------
    parks, platforms, units
        Layers ``parks``, ``major_platforms`` and ``units``, in ``crs``.
    unit_ids
        Units to judge.
    policy
        Rules on the as-of date; S1 states which kinds of park count.
    crs
        Projected system in metres.

    Returns
    -------
    list of Verdict
        One a unit: exited on or before the as-of date ÷ the baseline of 2018, by number; by area,
        and with the main platforms counted, in the reasons. Where a park doesn't say whether it
        belongs to the baseline, or none does, there is no verdict.

    Notes
    -----
    A13 嘉政发〔2018〕15号 二（二）; S1, S16.
    """
    dated = policy.rule("A13")
    under = assessed_units(parks, units)
    counted = counted_parks(parks, policy)
    major_under = assessed_units(major_rows(platforms), units)
    verdicts = []
    for unit_id in unit_ids:
        own = parks[under.eq(unit_id) & counted]
        unknown = own[own["is_baseline"].isna()]
        baseline = own[own["is_baseline"].fillna(value=False).to_numpy(dtype=bool)]
        if len(unknown) or baseline.empty:
            verdicts.append(_undecided(dated, unit_id, unknown))
            continue
        major_count = int(major_under.eq(unit_id).sum())
        verdicts.append(_verdict(dated, unit_id, baseline, major_count, policy.as_of, crs))
    return verdicts


def counted_parks(parks: gpd.GeoDataFrame, policy: PolicySet) -> pd.Series:
    """Say which parks are industrial platforms (S1): a kind that isn't stated is taken for one.

    Parameters
    ----------
    parks
        Layer ``parks``.
    policy
        States in S1 which kinds count, and which only where they opted in.

    Returns
    -------
    Series of bool
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
    said = say("a13_baseline_unknown", count=len(rows))
    return judge(dated, None, unit_id=unit_id, evidence=(Evidence(LAYER, rows),), reasons=(said,))


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
    evidence = [Evidence(LAYER, tuple(baseline["park_id"]), say("a13_baseline"))]
    if count:
        evidence.append(Evidence(LAYER, tuple(baseline["park_id"][exited]), say("a13_exited")))
    if planned.any():
        evidence.append(Evidence(LAYER, tuple(baseline["park_id"][planned]), say("a13_planned")))
    return judge(
        dated,
        count / len(baseline),
        unit_id=unit_id,
        evidence=tuple(evidence),
        reasons=_beside(baseline, exited, major_count, crs),
    )


def _beside(
    baseline: gpd.GeoDataFrame, exited: "np.ndarray", major_count: int, crs: CRS
) -> tuple[Statement, ...]:
    """Give the count, and the share by area and with the main platforms counted."""
    areas = ellipsoidal_area_m2(np.asarray(baseline.geometry.array, dtype=object), crs)
    count = int(exited.sum())
    said = [say("a13_count", exited_count=count, baseline_count=len(baseline))]
    if areas.sum() > 0:
        said.append(say("a13_by_area", area_share=float(areas[exited].sum() / areas.sum())))
    with_major = count / (len(baseline) + major_count)
    return (*said, say("a13_with_platforms", with_platforms_share=with_major))
