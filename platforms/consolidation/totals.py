"""Figures by territory and by platform, side by side and never added up (A29)."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from platforms.assessed import major_rows
from platforms.check_job import CheckJob
from platforms.indicators.firms import firms_inside
from platforms.indicators.per_mu import WAN_YUAN_PER_YI_YUAN
from platforms.judge import judge
from platforms.outlines import shapes_of
from platforms.policy.dated import DatedRule
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Verdict

LAYER = "enterprises"


@dataclass(frozen=True)
class _Places:
    """Where each firm stands: by unit (own outline, zones included in counties) and platform."""

    firms: gpd.GeoDataFrame
    in_unit: dict[str, np.ndarray]
    in_platform: dict[str, np.ndarray]
    counties: tuple[str, ...]
    zones: tuple[str, ...]


def total_verdicts(job: CheckJob) -> list[Verdict]:
    """Add up the output of the year's firms by territory and by platform.

    Parameters
    ----------
    job
        ``A29``.

    Returns
    -------
    list of Verdict
        Two a unit and two a major platform. ``totals`` is the output [亿元] of the firms within
        the outline of the unit (a county with the functional zones inside it) or of the platform
        with its sub-parks; a unit's figure for assessment, without the zones, and that of its
        platforms stand beside it. ``double_count`` lists firms that stand in two counties, or in
        two platforms. A firm without a figure is counted and said, never taken for zero.

    Notes
    -----
    A29 嘉政发〔2018〕15号 二（四）; S9.
    """
    places = _places(job)
    figures = job.source.read("enterprise_indicators")
    figures = figures[figures["year"].eq(job.year).fillna(value=False)]
    output = figures.drop_duplicates("enterprise_id").set_index("enterprise_id")["output_wan_yuan"]
    of_firm = places.firms["enterprise_id"].map(output).to_numpy(dtype=float)
    verdicts = []
    for unit_id in job.unit_ids:
        same_kind = places.zones if unit_id in places.zones else places.counties
        others = [places.in_unit[u] for u in same_kind if u != unit_id]
        here = places.in_unit[unit_id]
        for dated in job.rules("totals", "double_count"):
            verdicts.append(_verdict(job, dated, places, of_firm, here, others, unit_id, None))
    for unit_id, row in job.platforms():
        platform_id = str(row["platform_id"])
        others = [one for key, one in places.in_platform.items() if key != platform_id]
        here = places.in_platform[platform_id]
        for dated in job.rules("totals", "double_count"):
            verdicts.append(
                _verdict(job, dated, places, of_firm, here, others, unit_id, platform_id)
            )
    return verdicts


def _places(job: CheckJob) -> _Places:
    firms, units, parks = job.layer(LAYER), job.layer("units"), job.layer("parks")
    shapes = shapes_of(firms)
    points = shapely.point_on_surface(shapes)
    in_unit = {}
    for unit_id, shape in zip(units["unit_id"], shapes_of(units), strict=True):
        in_unit[str(unit_id)] = np.asarray(shapely.intersects(shape, points), dtype=bool)
    lost = np.asarray(shapely.is_missing(shapes) | shapely.is_empty(shapes), dtype=bool)
    for unit_id, inside in in_unit.items():
        stated = firms["unit_id"].eq(unit_id).fillna(value=False).to_numpy(dtype=bool)
        in_unit[unit_id] = inside | (lost & stated)
    platforms = major_rows(job.layer("major_platforms"))
    in_platform = {
        str(row["platform_id"]): firms_inside(firms, row, parks)[0]
        for _, row in platforms.iterrows()
    }
    zone = units["unit_kind"].eq("functional_zone").fillna(value=False)
    return _Places(
        firms, in_unit, in_platform, tuple(units["unit_id"][~zone]), tuple(units["unit_id"][zone])
    )


def _verdict(
    job: CheckJob,
    dated: DatedRule,
    places: _Places,
    output: np.ndarray,
    here: np.ndarray,
    others: list[np.ndarray],
    unit_id: str,
    platform_id: str | None,
) -> Verdict:
    measured: float | None
    evidence: tuple[Evidence, ...] = ()
    reasons = []
    known = ~np.isnan(output)
    if places.firms.empty or not known.any():
        measured = None
        missing = places.firms.empty
        reasons.append(
            say("a10_firms_missing") if missing else say("a29_no_figures", year=job.year)
        )
    elif dated.rule.part == "double_count":
        twice = here & np.logical_or.reduce([*others, np.zeros_like(here)])
        measured = float(twice.sum())
        rows = tuple(places.firms["enterprise_id"][twice])
        evidence = (Evidence(LAYER, rows, say("a29_twice")),) if rows else ()
    else:
        measured = _yi_yuan(output[here & known])
        reasons.append(say("a29_firms", firms=int(here.sum()), missing=int((here & ~known).sum())))
        if platform_id is None:
            reasons += [_beside(places, output, here, known, unit_id)]
    return judge(
        dated, measured, unit_id=unit_id, platform_id=platform_id, year=job.year,
        evidence=evidence, reasons=tuple(reasons),
    )  # fmt: skip


def _beside(
    places: _Places, output: np.ndarray, here: np.ndarray, known: np.ndarray, unit_id: str
) -> Statement:
    """Give a unit's output as assessed, without its zones, and that of firms in platforms."""
    zones = [places.in_unit[zone] for zone in places.zones if zone != unit_id]
    assessed = here & ~np.logical_or.reduce([*zones, np.zeros_like(here)])
    in_any = np.logical_or.reduce([*places.in_platform.values(), np.zeros_like(here)])
    return say(
        "a29_beside",
        assessed=_yi_yuan(output[assessed & known]),
        in_platforms=_yi_yuan(output[assessed & in_any & known]),
    )


def _yi_yuan(values: np.ndarray) -> float:
    return float(values.sum()) / WAN_YUAN_PER_YI_YUAN
