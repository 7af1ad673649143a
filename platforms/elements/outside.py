"""Which new industrial land was allotted outside every major platform (A18)."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2
from geo.units import m2_to_mu
from platforms.elements.ledger import Cell, allotment_ledger, matches
from platforms.judge import judge
from platforms.outlines import Shapes, major_outlines
from platforms.policy.dated import DatedRule, PolicySet
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Outcome, Verdict

LAYER = "element_allotments"


def outside_verdicts(
    allotments: gpd.GeoDataFrame,
    platforms: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    year: int,
    unit_ids: Sequence[str],
    policy: PolicySet,
    crs: CRS,
) -> list[Verdict]:
    """Judge the year's increments of industrial land outside the major platforms.

    Parameters
    ----------
    allotments, platforms, parks, parcels, units
        The layers of these names, in ``crs``.
    year
        Year of the allotments.
    unit_ids
        Units to judge.
    policy
        Rules on the as-of date.
    crs
        Projected system in metres.

    Returns
    -------
    list of Verdict
        One a unit; measured is the ellipsoidal area outside [亩], each allotment that goes out by
        more than the rule's tolerance is listed with its own. A unit with no land on record for
        the year is ``no_data``; so is one where an increment can't be placed, unless another is
        outside for certain.

    Notes
    -----
    A18 嘉政发〔2018〕15号 二（五）. Redevelopment of existing land isn't caught.
    """
    dated = policy.rule("A18")
    ledger = allotment_ledger(allotments, parcels, units, crs)
    outlines = major_outlines(platforms, parks)
    shapes: Shapes = np.asarray(ledger.geometry.array, dtype=object)
    outside = _outside_m2(shapes, outlines, crs)
    ledger = ledger.assign(outside_m2=outside)
    verdicts = []
    for unit_id in unit_ids:
        found = matches(ledger, Cell(unit_id, "land", None, year, year))
        found &= ledger["is_increment"]
        seen = matches(
            ledger.assign(is_industrial=pd.array([True] * len(ledger), dtype="boolean")),
            Cell(unit_id, "land", None, year, year),
        )
        lacking = None
        if not len(outlines):
            lacking = say("platforms_missing")
        elif not seen.fillna(value=False).any():
            lacking = say("a18_no_record", year=year)
        verdicts.append(_verdict(dated, ledger, found, lacking, unit_id, year))
    return verdicts


def _outside_m2(shapes: Shapes, outlines: Shapes, crs: CRS) -> "np.ndarray":
    """Measure the part of each shape outside; NaN where the place isn't known."""
    if not len(shapes):
        return np.zeros(0)
    outside = ellipsoidal_area_m2(shapes, crs) - area_inside_m2(shapes, outlines, crs)
    return np.where(shapely.is_missing(shapes), np.nan, np.maximum(outside, 0.0))


def _verdict(
    dated: DatedRule,
    ledger: gpd.GeoDataFrame,
    found: pd.Series,
    lacking: Statement | None,
    unit_id: str,
    year: int,
) -> Verdict:
    if lacking is not None:
        return judge(dated, None, unit_id=unit_id, year=year, reasons=(lacking,))
    beyond = ledger["outside_m2"] > dated.rule.tolerance_m2
    counts = found.fillna(value=False).to_numpy(dtype=bool)
    may_count = found.fillna(value=True).to_numpy(dtype=bool)
    listed = ledger[counts & beyond]
    unknown = may_count & (ledger["outside_m2"].isna() | (beyond & ~counts)).to_numpy(dtype=bool)
    total_mu = m2_to_mu(float(listed["outside_m2"].sum()))
    evidence = [
        Evidence(LAYER, (row.allotment_id,), say("a18_outside", area_mu=m2_to_mu(row.outside_m2)))
        for row in listed.itertuples()
    ]
    reasons = [say("a18_tolerance", tolerance_m2=dated.rule.tolerance_m2)]
    if unknown.any():
        rows = tuple(ledger["allotment_id"][unknown])
        evidence.append(Evidence(LAYER, rows, say("a18_unknown", count=len(rows))))
    outcome: Outcome | None = None
    if unknown.any() and not len(listed):
        outcome = "no_data"
    return judge(
        dated,
        None if outcome == "no_data" else total_mu,
        unit_id=unit_id,
        year=year,
        outcome=outcome,
        evidence=tuple(evidence),
        reasons=tuple(reasons),
    )
