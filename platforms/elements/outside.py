"""Which new industrial land was allotted outside every major platform (A18)."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2
from geo.units import m2_to_mu
from platforms.elements.ledger import (
    Answer,
    Cell,
    Numbers,
    Texts,
    allotment_ledger,
    counts_in,
    on_record,
)
from platforms.judge import judge
from platforms.outlines import Shapes, major_outlines
from platforms.policy.dated import DatedRule, PolicySet
from platforms.statement import say
from platforms.verdict import Evidence, Verdict

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
    outside_m2 = _outside_m2(ledger.shapes, outlines, crs)
    verdicts = []
    for unit_id in unit_ids:
        cell = Cell(unit_id, "land", None, year, year)
        if not len(outlines):
            said = say("platforms_missing")
            verdicts.append(judge(dated, None, unit_id=unit_id, year=year, reasons=(said,)))
        elif not on_record(ledger, cell).yes.any():
            said = say("a18_no_record", year=year)
            verdicts.append(judge(dated, None, unit_id=unit_id, year=year, reasons=(said,)))
        else:
            caught = counts_in(ledger, cell) & ledger.increment
            verdicts.append(_verdict(dated, ledger.ids, caught, outside_m2, unit_id, year))
    return verdicts


def _outside_m2(shapes: Shapes, outlines: Shapes, crs: CRS) -> Numbers:
    """Measure the part of each shape outside; NaN where the place isn't known."""
    if not len(shapes):
        return np.zeros(0)
    outside = ellipsoidal_area_m2(shapes, crs) - area_inside_m2(shapes, outlines, crs)
    return np.where(shapely.is_missing(shapes), np.nan, np.maximum(outside, 0.0))


def _verdict(
    dated: DatedRule, ids: Texts, caught: Answer, outside_m2: Numbers, unit_id: str, year: int
) -> Verdict:
    unplaced = np.isnan(outside_m2)
    beyond = outside_m2 > dated.rule.tolerance_m2
    listed = np.flatnonzero(caught.yes & beyond)
    unknown = (caught.may & unplaced) | (caught.open & beyond)
    evidence = [
        Evidence(LAYER, (str(ids[row]),), say("a18_outside", area_mu=m2_to_mu(outside_m2[row])))
        for row in listed
    ]
    if unknown.any():
        rows = tuple(ids[unknown])
        evidence.append(Evidence(LAYER, rows, say("a18_unknown", count=len(rows))))
    undecided = bool(unknown.any()) and not len(listed)
    return judge(
        dated,
        None if undecided else m2_to_mu(float(outside_m2[listed].sum())),
        unit_id=unit_id,
        year=year,
        evidence=tuple(evidence),
        reasons=(say("a18_tolerance", tolerance_m2=dated.rule.tolerance_m2),),
    )
