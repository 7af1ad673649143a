"""What part of land, energy, funds, emission rights and projects goes to main platforms (A27)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import shapely

from platforms.assessed import major_rows
from platforms.check_job import CheckJob
from platforms.elements.bounds import Members, ShareBounds, share_bounds
from platforms.elements.landed_projects import LandedProjects, landed_projects, lies_there
from platforms.elements.ledger import Cell, Ledger, allotment_ledger, counts_in
from platforms.elements.placing import inside_shares
from platforms.elements.shares import elements_of
from platforms.elements.zones import Outlines
from platforms.judge import judge
from platforms.outlines import Shapes, shapes_of
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Verdict

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Counted:
    """What counts in one share: the members, and the rows they are."""

    members: Members
    layer: str
    rows: tuple[str, ...]


Count = Callable[[str, int], _Counted]


def main_platform_verdicts(job: CheckJob) -> list[Verdict]:
    """Give the shares of a year's elements that go to main platforms, with the year before.

    Parameters
    ----------
    job
        ``A27``.

    Returns
    -------
    list of Verdict
        One a unit and element (emission rights by pollutant: part ``emission:COD``): the part
        (0–1) inside the outlines of the major platforms themselves, without their sub-parks.
        Land counts by area, energy and emission rights in the same proportion, funds by where
        the firm stands, landed major projects by number (S6). Value and trend only; what isn't
        known bounds the share.

    Notes
    -----
    A27 嘉政发〔2018〕15号 一, 二（五）.
    """
    platforms = job.layer("major_platforms")
    main = Outlines(shapes_of(major_rows(platforms)), np.empty(0, dtype=object), len(platforms) > 0)
    counts = {**_elements(job, main), "funds": _funds(job, main), "projects": _projects(job, main)}
    held = set(job.policy.parts(job.rule_id))
    return [
        _verdict(job, part, unit_id, count)
        for unit_id in job.unit_ids
        for part, count in counts.items()
        if part.split(":")[0] in held
    ]


def _verdict(job: CheckJob, part: str, unit_id: str, count: Count) -> Verdict:
    counted = count(unit_id, job.year)
    bounds = share_bounds(counted.members)
    before = share_bounds(count(unit_id, job.year - 1).members)
    return judge(
        job.policy.rule(job.rule_id, part.split(":")[0]),
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
    ledger = allotment_ledger(
        job.layer("element_allotments"), job.layer("land_parcels"), job.layer("units"), job.crs
    )
    inside = inside_shares(ledger.shapes, main, job.crs)
    return {
        element if pollutant is None else f"{element}:{pollutant}": partial(
            _allotted, ledger, inside, element, pollutant
        )
        for element, pollutant in elements_of(ledger)
    }


def _allotted(
    ledger: Ledger,
    inside: tuple[Numbers, Numbers],
    element: str,
    pollutant: str | None,
    unit_id: str,
    year: int,
) -> _Counted:
    counted = counts_in(ledger, Cell(unit_id, element, pollutant, year, year))
    rows, (least, most) = counted.may, inside
    members = Members(ledger.amount[rows], least[rows], most[rows], counted.yes[rows])
    return _Counted(members, "element_allotments", tuple(map(str, ledger.ids[rows])))


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


def _firm_parts(shapes: Shapes, main: Outlines, job: CheckJob) -> Numbers:
    """Measure what part of each firm stands inside: by area where drawn as an outline."""
    parts = np.full(len(shapes), np.nan)
    if not main.is_on_record:
        return parts
    drawn = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    outlined = drawn & (shapely.get_dimensions(shapes) == 2)
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
    own, lost = unit.eq(unit_id).fillna(value=False), unit.isna()
    of_year = grants["granted_on"].str[:4].eq(str(year)).fillna(value=False)
    reached = (grants["granted_on"].fillna("") <= job.policy.as_of) & of_year
    undated = grants["granted_on"].isna()
    rows = ((own | lost) & (reached | undated)).to_numpy(dtype=bool)
    part = firm.map(parts).to_numpy(dtype=float, na_value=np.nan)[rows]
    members = Members(
        grants["grant_wan_yuan"].to_numpy(dtype=float, na_value=np.nan)[rows],
        np.nan_to_num(part, nan=0.0),
        np.nan_to_num(part, nan=1.0),
        (own & reached).to_numpy(dtype=bool)[rows],
    )
    return _Counted(members, "support_grants", tuple(map(str, grants["grant_id"][rows])))
