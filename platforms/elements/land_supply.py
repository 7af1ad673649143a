"""Supply outside platforms, steps, shares of main platforms (A18 A26 A27)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.arrays import Floats, Objects, Shapes
from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2
from geo.shape import is_polygonal
from geo.units import m2_to_mu
from platforms.elements.allotments import (
    Allotments,
    Cell,
    Outlines,
    PlaceLayers,
    counts_in,
    inside_shares,
    made_until,
    on_record,
    parts_inside,
    read_allotments,
)
from platforms.elements.project_shares import LandedProjects, landed_projects, lies_there
from platforms.elements.shares import Members, ShareBounds, elements_of, share_bounds
from platforms.policy.check import CheckJob, counted_rows, judge, with_full_year
from platforms.policy.in_force import DatedRule
from platforms.policy.pack import Rule
from platforms.policy.registry import check
from platforms.policy.uncertain import Maybe
from platforms.policy.verdict import Evidence, Statement, Verdict, say
from platforms.territory import major_outlines, major_rows, shapes_of

LAYER = "element_allotments"


@check("A18", "", unit="亩")
@with_full_year
def outside_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge the year's increments of industrial land outside the major platforms (A18).

    ``dated``: The rule [亩].

    One a unit; measured is the ellipsoidal area outside [亩], each allotment that goes out by more
    than the rule's tolerance is listed with its own. A unit with no land on record for the year is
    ``no_data``; so is one where an increment can't be placed, unless another is outside for
    certain.

    A18 嘉政发〔2018〕15号 二（五）. Redevelopment of existing land isn't caught.
    """
    year, allotments = job.year, job.per_run(allotments_of)
    outlines = major_outlines(job.layer("major_platforms"), job.layer("parks"))
    outside_m2 = _outside_m2(allotments.shapes, outlines, job.crs)
    verdicts = []
    for unit_id in job.unit_ids:
        cell = Cell(unit_id, "land", None, year, year)
        if not len(outlines):
            reason = say("platforms_missing")
            verdicts.append(judge(dated, None, unit_id=unit_id, year=year, reasons=(reason,)))
        elif not on_record(allotments, cell).yes.any():
            reason = say("a18_no_record", year=year)
            verdicts.append(judge(dated, None, unit_id=unit_id, year=year, reasons=(reason,)))
        else:
            caught = counts_in(allotments, cell) & allotments.increment
            verdicts.append(_verdict(dated, allotments.ids, caught, outside_m2, unit_id, year))
    return verdicts


def allotment_rows(job: CheckJob) -> gpd.GeoDataFrame:
    """Return the allotments made up to the as-of date, and those planned."""
    return made_until(job.layer(LAYER), job.policy.as_of)


def allotments_of(job: CheckJob) -> Allotments:
    """Find what each of these allotments counts for, once a run."""
    rows = job.per_run(allotment_rows)
    return read_allotments(
        rows, job.layer("land_parcels"), job.layer("units"), job.crs, PlaceLayers.of(job.source)
    )


def _outside_m2(shapes: Shapes, outlines: Shapes, crs: CRS) -> Floats:
    """Measure the part of each shape outside; NaN where the place isn't known."""
    if not len(shapes):
        return np.zeros(0)
    outside = ellipsoidal_area_m2(shapes, crs) - area_inside_m2(shapes, outlines, crs)
    return np.where(shapely.is_missing(shapes), np.nan, np.maximum(outside, 0.0))


def _verdict(
    dated: DatedRule, ids: Objects, caught: Maybe, outside_m2: Floats, unit_id: str, year: int
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


EVENTS = "project_events"
ELEMENTS = ("land", "energy", "emission")


@check("A26", unit="项")
@with_full_year
def step_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """List the year's allotments that lack a step of the decision, or took one out of order (A26).

    One a unit, measured the number of allotments. The steps are those of the rule, in its order;
    the last one lies on or before the day of the allotment. Where no such step of any project is on
    record the ledger doesn't keep them, which is ``no_data``; so is an allotment without project or
    day, unless another one is listed.

    A26 嘉政发〔2018〕15号 二（五）. Of a step taken twice the last one counts.
    """
    rows, allotments = job.per_run(allotment_rows), job.per_run(allotments_of)
    events = job.source.read(EVENTS)
    events = events[events["event_on"].fillna("9999") <= job.policy.as_of]
    days = _last_days(events[counted_rows(dated.rule, EVENTS, events).yes])
    verdicts = []
    for unit_id in job.unit_ids:
        allotted = pd.Series(data=False, index=rows.index)
        for element in ELEMENTS:
            cell = Cell(unit_id, element, None, job.year, job.year)
            allotted |= on_record(allotments, cell).yes
        verdicts.append(_steps_verdict(dated, unit_id, job.year, rows[allotted], days))
    return verdicts


def _last_days(events: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Give the last day of each kind of step by project."""
    days: dict[str, dict[str, str]] = {}
    for row in events.sort_values(["event_on", "entry_seq"]).to_dict("records"):
        days.setdefault(str(row["project_id"]), {})[str(row["event_kind"])] = str(row["event_on"])
    return days


def _steps(rule: Rule) -> tuple[str, ...]:
    """Give the kinds of step a rule names, in its order."""
    steps: tuple[str, ...] = ()
    for condition in rule.where:
        if condition.column == "event_kind" and isinstance(condition.value, tuple):
            steps += condition.value
    return steps


def _steps_verdict(
    dated: DatedRule,
    unit_id: str,
    year: int,
    allotted: pd.DataFrame,
    days: dict[str, dict[str, str]],
) -> Verdict:
    if allotted.empty or not days:
        statement = (
            say("a26_no_allotment", year=year) if allotted.empty else say("a26_steps_not_kept")
        )
        return judge(dated, None, unit_id=unit_id, year=year, reasons=(statement,))
    listed: dict[str, Statement] = {}
    unclear: dict[str, Statement] = {}
    for row in allotted.to_dict("records"):
        allotment_id, project_id = str(row["allotment_id"]), row["project_id"]
        if not isinstance(project_id, str):
            unclear[allotment_id] = say("a26_project_unknown")
            continue
        fault = _fault(_steps(dated.rule), days.get(project_id, {}), row["allotted_on"])
        if fault is not None:
            listed[allotment_id] = fault
        elif not isinstance(row["allotted_on"], str):
            unclear[allotment_id] = say("a26_day_unknown")
    reasons = [say("a26_listed", count=len(listed), made=len(allotted))]
    if unclear:
        reasons.append(say("a26_open", count=len(unclear)))
    undecided = unclear and not listed
    return judge(
        dated,
        None if undecided else float(len(listed)),
        unit_id=unit_id,
        year=year,
        evidence=tuple(
            Evidence(LAYER, (row,), statement)
            for row, statement in (*listed.items(), *unclear.items())
        ),
        reasons=tuple(reasons),
    )


def _fault(steps: tuple[str, ...], days: dict[str, str], allotted_on: object) -> Statement | None:
    """Say which steps are missing, else which were taken out of order, None where all is right."""
    missing = [step for step in steps if step not in days]
    if missing:
        return say("a26_missing", steps=";".join(missing))
    order = [(step, days[step]) for step in steps]
    for (first, earlier), (second, later) in pairwise(order):
        if earlier > later:
            return say("a26_out_of_order", steps=f"{second};{first}")
    if isinstance(allotted_on, str) and order and order[-1][1] > allotted_on:
        return say("a26_after_allotment", steps=order[-1][0], allotted_on=allotted_on)
    return None


@dataclass(frozen=True)
class _Counted:
    """What counts in one share: the members, and the rows they are."""

    members: Members
    layer: str
    rows: tuple[str, ...]


Count = Callable[[str, int], _Counted]


@check("A27", "land", "energy", "emission", "funds", "projects", grouped_by="unit")
def main_platform_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Give the shares of a year's elements that go to main platforms, with the year before (A27).

    One a unit and element (emission rights by pollutant: part ``emission:氨氮``): the part (0–1)
    inside the outlines of the major platforms themselves, without their sub-parks. Land counts by
    area, energy and emission rights in the same proportion, funds by where the firm is, landed
    major projects by number (S6). Value and trend only; what isn't known bounds the share.

    A27 嘉政发〔2018〕15号 一, 二（五）.
    """
    return [
        _main_platforms_verdict(job, dated, part, unit_id, count)
        for unit_id in job.unit_ids
        for part, count in job.per_rule(_counts).items()
        if part.split(":")[0] == dated.rule.part
    ]


def _counts(job: CheckJob) -> dict[str, Count]:
    """Return by element, emission rights by pollutant, what counts in a unit and year."""
    platforms = job.layer("major_platforms")
    main = Outlines(shapes_of(major_rows(platforms)), np.empty(0, dtype=object), len(platforms) > 0)
    return {**_elements(job, main), "funds": _funds(job, main), "projects": _projects(job, main)}


def _main_platforms_verdict(
    job: CheckJob, dated: DatedRule, part: str, unit_id: str, count: Count
) -> Verdict:
    counted = count(unit_id, job.year)
    bounds = share_bounds(counted.members)
    before = share_bounds(count(unit_id, job.year - 1).members)
    return judge(
        dated,
        None if np.isnan(bounds.share) else bounds.share,
        unit_id=unit_id,
        year=job.year,
        part=part,
        evidence=(Evidence(counted.layer, counted.rows),) if counted.rows else (),
        reasons=(*_lacking(bounds, counted.members, job.year), *_trend(before, job.year - 1)),
    )


def _lacking(bounds: ShareBounds, members: Members, year: int) -> list[Statement]:
    if not np.isnan(bounds.share):
        return []
    unclear = int((~members.settled).sum())
    if np.isnan(bounds.low) or np.isnan(bounds.high):
        return [say("a27_nothing", year=year, open_count=unclear)]
    return [
        say("share_undecided", low_share=bounds.low, high_share=bounds.high, open_count=unclear)
    ]


def _trend(before: ShareBounds, year: int) -> list[Statement]:
    return [] if np.isnan(before.share) else [say("share_before", year=year, value=before.share)]


def _elements(job: CheckJob, main: Outlines) -> dict[str, Count]:
    allotments = job.per_run(allotments_of)
    inside = parts_inside(allotments, main, job.crs)
    return {
        element if pollutant is None else f"{element}:{pollutant}": partial(
            _allotted, allotments, inside, element, pollutant
        )
        for element, pollutant in elements_of(allotments)
    }


def _allotted(
    allotments: Allotments,
    inside: tuple[Floats, Floats],
    element: str,
    pollutant: str | None,
    unit_id: str,
    year: int,
) -> _Counted:
    counted = counts_in(allotments, Cell(unit_id, element, pollutant, year, year))
    rows, (least, most) = counted.may, inside
    members = Members(allotments.amount[rows], least[rows], most[rows], counted.yes[rows])
    return _Counted(members, "element_allotments", tuple(map(str, allotments.ids[rows])))


def _projects(job: CheckJob, main: Outlines) -> Count:
    return partial(_landed, job, main)


def _landed(job: CheckJob, main: Outlines, unit_id: str, year: int) -> _Counted:
    landed: LandedProjects = landed_projects(
        job.source.read("projects"), job.layer("land_parcels"), year, job.policy
    )
    least, most = inside_shares(landed.shapes, main, job.crs)
    rows, _, _ = landed.of_unit(unit_id)
    members = landed.by_number(unit_id, lies_there(least), lies_there(most))
    return _Counted(members, "projects", tuple(map(str, landed.ids[rows])))


def _funds(job: CheckJob, main: Outlines) -> Count:
    firms = job.layer("enterprises").drop_duplicates("enterprise_id")
    parts = dict(zip(firms["enterprise_id"], _firm_parts(shapes_of(firms), main, job), strict=True))
    units = dict(zip(firms["enterprise_id"], firms["unit_id"], strict=True))
    return partial(_granted, job, parts, units)


def _firm_parts(shapes: Shapes, main: Outlines, job: CheckJob) -> Floats:
    """Measure what part of each firm stands inside: by area where drawn as an outline."""
    parts = np.full(len(shapes), np.nan)
    if not main.is_on_record:
        return parts
    drawn = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    outlined = drawn & (is_polygonal(shapes))
    points = drawn & ~outlined
    if outlined.any():
        least, _ = inside_shares(shapes[outlined], main, job.crs)
        parts[outlined] = least
    if points.any():
        tree = shapely.STRtree(main.certain)
        of_point, _ = tree.query(shapes[points], "intersects")
        parts[points] = np.isin(np.arange(points.sum()), of_point).astype(float)
    return parts


def _granted(
    job: CheckJob, parts: dict[str, float], units: dict[str, object], unit_id: str, year: int
) -> _Counted:
    """Take the grants of a year to firms of a unit; a firm not on file may be anywhere."""
    grants = job.source.read("support_grants")
    firm = grants["enterprise_id"]
    unit = firm.map(units)
    of_unit, lost = unit.eq(unit_id).fillna(value=False), unit.isna()
    of_year = grants["granted_on"].str[:4].eq(str(year)).fillna(value=False)
    reached = (grants["granted_on"].fillna("") <= job.policy.as_of) & of_year
    undated = grants["granted_on"].isna()
    rows = ((of_unit | lost) & (reached | undated)).to_numpy(dtype=bool)
    part = firm.map(parts).to_numpy(dtype=float, na_value=np.nan)[rows]
    members = Members(
        grants["grant_wan_yuan"].to_numpy(dtype=float, na_value=np.nan)[rows],
        np.nan_to_num(part, nan=0.0),
        np.nan_to_num(part, nan=1.0),
        (of_unit & reached).to_numpy(dtype=bool)[rows],
    )
    return _Counted(members, "support_grants", tuple(map(str, grants["grant_id"][rows])))
