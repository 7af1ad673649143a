"""Land supplied to industrial use, and what else went into the industrial control line (D5)."""

import numpy as np
import pandas as pd
import shapely

from geo.arrays import Flags, Floats, Objects, Shapes
from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2
from geo.units import compare, m2_to_mu
from layers.fields import split_list
from platforms.completeness import constraints_in_force
from platforms.elements.allotments import CITY, Allotments, Cell, on_record
from platforms.elements.land_supply import LAYER, allotment_rows, allotments_of
from platforms.policy.check import CheckJob, counted_rows, judge, outcome_between
from platforms.policy.in_force import DatedRule
from platforms.policy.registry import check
from platforms.policy.uncertain import Maybe
from platforms.policy.verdict import Evidence, Outcome, Statement, Verdict, say
from platforms.territory import shapes_of

USE = "industrial_land"
"""The assumption that names the land uses that are industrial land, scheme by scheme."""

MAJOR = "major_projects"
SLIVER = 0.001
"""Part of an allotment's land that may lie on other parcels: outlines are drawn apart."""

INDUSTRY = "industry"


@check("D5", "share", unit="share")
@check("D5", "control_line", unit="亩")
def supply_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge the land supplied in a year for the whole city or county (D5).

    One, none where only some units were asked for. ``share``: land supplied to industrial use ÷ all
    land supplied, decided by its bounds where something isn't known; the reasons give the approved
    scale. ``control_line``: ellipsoidal area [亩] inside the industrial control line that went to
    anything but a major manufacturing project, each allotment listed.

    D5 磐安 三（二）; S10, and which projects are major is assumed.
    """
    if not job.is_whole_city:
        return []
    allotments = job.per_run(allotments_of)
    made = on_record(allotments, Cell(CITY, "land", None, job.year, job.year))
    judged = _share if dated.rule.part == "share" else _control_line
    return [judged(job, dated, allotments, made)]


def _share(job: CheckJob, dated: DatedRule, allotments: Allotments, supplied: Maybe) -> Verdict:
    amount = np.where(supplied.may, allotments.amount, 0.0)
    least, most, by_project = industrial_parts(job, allotments, supplied.may)
    unclear = supplied.open | (
        supplied.may & (np.isnan(allotments.amount) | (most - least > SLIVER))
    )
    rows = tuple(map(str, allotments.ids[supplied.may]))
    evidence = [Evidence(LAYER, rows)] if rows else []
    for mask, code in ((unclear, "d5_unclear"), (supplied.may & by_project, "d5_use_unstated")):
        if mask.any():
            said = say(code, count=int(mask.sum()))
            evidence.append(Evidence(LAYER, tuple(map(str, allotments.ids[mask])), said))
    measured: float | None = None
    outcome: Outcome | None = None
    whole = float(amount.sum())
    if not supplied.may.any() or np.isnan(whole) or whole <= 0:
        reasons = [say("d5_nothing_supplied", year=job.year)]
        if np.isnan(whole):
            reasons = [say("d5_amount_unknown")]
    else:
        # What isn't settled counts against industry at worst, for it or not at all at best.
        sure = float((amount * least)[supplied.yes].sum())
        at_best = float((amount * most).sum())
        against = float((amount * (1.0 - most))[supplied.yes].sum())
        low = sure / whole
        high = at_best / (at_best + against) if at_best + against > 0 else 0.0
        reasons = [say("d5_sums", industrial_mu=sure, supplied_mu=whole)]
        if not unclear.any():
            measured = low
        else:
            outcome = outcome_between(dated.rule, low, high)
            code = "share_undecided" if outcome == "no_data" else "share_decided_by_bounds"
            count = int(unclear.sum())
            reasons.append(say(code, low_share=low, high_share=high, open_count=count))
        if (supplied.may & by_project).any():
            reasons.append(say("d5_use_unstated", count=int((supplied.may & by_project).sum())))
    return judge(
        dated, measured, year=job.year, outcome=outcome, evidence=tuple(evidence),
        reasons=(*reasons, *_quota(job)),
    )  # fmt: skip


def industrial_parts(
    job: CheckJob, allotments: Allotments, wanted: Flags
) -> tuple[Floats, Floats, Flags]:
    """Say what part of each allotment's land is industrial land by its use, at least and at most.

    ``wanted``: Allotments to be asked about; of others nothing is said (0 to 1).

    Shares (0–1), and of which allotments the project alone says so. By the land use the allotment
    states; else that of the parcels it names where they are of one kind; else by the area of its
    shape on parcels of either kind. Where nothing states a use, an allotment to no 产业项目 isn't
    industrial, and one to a 产业项目 is unless its project is on file as another category.
    """
    rows, parcels = job.per_run(allotment_rows), job.layer("land_parcels")
    own = _is_industrial(job, rows)
    of_parcels = _is_industrial(job, parcels)
    use_of = dict(zip(parcels["parcel_id"], of_parcels, strict=True))
    least, most = np.zeros(len(rows)), np.ones(len(rows))
    unsettled = []
    for at in np.flatnonzero(wanted):
        use = own[at]
        named = {use_of.get(name.split("#")[0]) for name in split_list(rows["parcel_ids"].iloc[at])}
        known = use if use is not None else next(iter(named)) if len(named) == 1 else None
        if known is None:
            unsettled.append(at)
        else:
            least[at] = most[at] = float(known)
    if unsettled:
        at_places = np.array(unsettled)
        least[at_places], most[at_places] = _by_place(
            job, allotments.shapes[at_places], shapes_of(parcels), of_parcels
        )
    return _by_project(job, allotments, least, most, wanted & (least == 0.0) & (most == 1.0))


def _is_industrial(job: CheckJob, rows: pd.DataFrame) -> Objects:
    """Say of each row whether its land use is industrial land; None where it doesn't say."""
    uses = job.policy.setting_texts(USE, "uses")
    schemes = {use.partition(":")[0] for use in uses}
    answers: list[bool | None] = []
    for scheme, code in zip(rows["land_use_scheme"], rows["land_use_code"], strict=True):
        if not isinstance(code, str) or not isinstance(scheme, str) or scheme not in schemes:
            answers.append(None)
            continue
        whole = f"{scheme}:{code}"
        is_wider = any(use.startswith(whole) and use != whole for use in uses)
        answers.append(None if is_wider else whole.startswith(uses))
    return np.array(answers, dtype=object)


def _by_place(
    job: CheckJob, shapes: Shapes, parcels: Shapes, uses: Objects
) -> tuple[Floats, Floats]:
    """Measure what part of each shape lies on parcels that are industrial land, and on others."""
    least, most = np.zeros(len(shapes)), np.ones(len(shapes))
    placed = ~shapely.is_missing(shapes)
    area = ellipsoidal_area_m2(shapes[placed], job.crs) if placed.any() else np.zeros(0)
    drawn = ~shapely.is_missing(parcels)
    parts = []
    for wanted in (True, False):
        lying = parcels[drawn & np.array([use is wanted for use in uses], dtype=bool)]
        inside = (
            area_inside_m2(shapes[placed], lying, job.crs) if len(lying) else np.zeros(area.shape)
        )
        parts.append(np.divide(inside, area, out=np.zeros(area.shape), where=area > 0))
    on_industrial, on_other = parts
    settled = on_industrial + on_other >= 1.0 - SLIVER
    least[placed] = np.where(settled, np.minimum(on_industrial, 1.0), on_industrial)
    most[placed] = np.where(settled, least[placed], 1.0 - on_other)
    return _tidy(least), _tidy(most)


def _tidy(parts: Floats) -> Floats:
    """Leave out slivers on the parcels beside."""
    return np.where(parts < SLIVER, 0.0, np.where(parts > 1.0 - SLIVER, 1.0, parts))


def _by_project(
    job: CheckJob, allotments: Allotments, least: Floats, most: Floats, unstated: Flags
) -> tuple[Floats, Floats, Flags]:
    """Let the project speak where no land use is stated."""
    projects = job.source.read("projects")
    categories = dict(zip(projects["project_id"], projects["category"], strict=True))
    said = np.zeros(len(least), dtype=bool)
    for at in np.flatnonzero(unstated):
        category = categories.get(job.per_run(allotment_rows)["project_id"].iloc[at])
        if not allotments.industrial.may[at]:
            most[at], said[at] = 0.0, True
        elif allotments.industrial.yes[at] and (pd.isna(category) or category == INDUSTRY):
            least[at], said[at] = 1.0, True
    return least, most, said


def _quota(job: CheckJob) -> list[Statement]:
    """Give the approved scale of the year, where it is on record; platforms divide it further."""
    quotas = job.source.read("element_quotas")
    of_year = quotas["year"].eq(job.year) & quotas["element"].eq("land")
    land = quotas[of_year.fillna(value=False) & quotas["platform_id"].isna()]["land_mu"].dropna()
    return [say("d5_quota", quota_mu=float(land.sum()))] if len(land) else []


def _control_line(
    job: CheckJob, dated: DatedRule, allotments: Allotments, supplied: Maybe
) -> Verdict:
    constraints = constraints_in_force(job.layer("constraints"), job.policy)
    lines = shapes_of(constraints[counted_rows(dated.rule, "constraints", constraints).yes])
    if not len(lines) or not supplied.may.any():
        lacking = say("d5_nothing_supplied", year=job.year)
        statement = lacking if len(lines) else say("d5_no_control_line")
        return judge(dated, None, year=job.year, reasons=(statement,))
    inside = np.zeros(len(allotments.shapes))
    placed = ~shapely.is_missing(allotments.shapes)
    inside[placed] = area_inside_m2(allotments.shapes[placed], lines, job.crs)
    beyond = np.array([compare(float(a), dated.rule.tolerance_m2) > 0 for a in inside], dtype=bool)
    other = supplied & _is_other(job, allotments)
    listed = np.flatnonzero(other.yes & beyond)
    unclear = (other.open & beyond) | (other.may & ~placed)
    evidence = [
        Evidence(LAYER, (str(allotments.ids[n]),), say("d5_in_line", area_mu=m2_to_mu(inside[n])))
        for n in listed
    ]
    if unclear.any():
        statement = say("d5_line_unclear", count=int(unclear.sum()))
        evidence.append(Evidence(LAYER, tuple(map(str, allotments.ids[unclear])), statement))
    undecided = bool(unclear.any()) and not len(listed)
    return judge(
        dated,
        None if undecided else float(m2_to_mu(float(inside[listed].sum()))),
        year=job.year,
        evidence=tuple(evidence),
        reasons=(
            say("line_tolerance", tolerance_m2=dated.rule.tolerance_m2),
            *([say("d5_line_unclear", count=int(unclear.sum()))] if unclear.any() else []),
        ),
    )


def _is_other(job: CheckJob, allotments: Allotments) -> Maybe:
    """Say which allotments went to anything but a major manufacturing project."""
    least = job.policy.setting_number(MAJOR, "manufacturing_from_yi_yuan")
    projects = {row["project_id"]: row for row in job.source.read("projects").to_dict("records")}
    project_ids = job.per_run(allotment_rows)["project_id"]
    yes, unclear = np.zeros(len(project_ids), dtype=bool), np.zeros(len(project_ids), dtype=bool)
    for number, project_id in enumerate(project_ids):
        project = projects.get(project_id, {"category": None, "investment_yi_yuan": None})
        category, amount = project["category"], project["investment_yi_yuan"]
        if not allotments.industrial.may[number] or (pd.notna(category) and category != INDUSTRY):
            yes[number] = True
        elif pd.isna(category) or pd.isna(amount):
            unclear[number] = True
        else:
            yes[number] = compare(float(amount), least) < 0
    return Maybe(yes, unclear)
