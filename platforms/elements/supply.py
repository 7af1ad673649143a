"""How much of the land supplied in a year goes to industry, and who takes the control line (D5)."""

import numpy as np
import pandas as pd
import shapely

from geo.overlay import area_inside_m2
from geo.units import compare, m2_to_mu
from platforms.check_job import CheckJob, counted_rows
from platforms.elements.ledger import CITY, Answer, Cell, Ledger, allotment_ledger, on_record
from platforms.judge import holds, judge
from platforms.land.obstacles import constraints_in_force
from platforms.outlines import shapes_of
from platforms.policy.dated import DatedRule
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Outcome, Verdict

LAYER = "element_allotments"
MAJOR = "major_projects"


def supply_verdicts(job: CheckJob) -> list[Verdict]:
    """Judge the land supplied in a year for the whole city or county.

    Parameters
    ----------
    job
        ``D5``.

    Returns
    -------
    list of Verdict
        Two, none where only some units were asked for. ``share``: land to industrial projects ÷
        all land supplied, decided by its bounds where something isn't known; the approved scale
        stands beside. ``control_line``: ellipsoidal area [亩] inside the industrial control line
        that went to anything but a major manufacturing project, each allotment listed.

    Notes
    -----
    D5 磐安 三（二）; S10, and which projects are major is assumed.
    """
    if not job.is_whole_city:
        return []
    parcels = job.layer("land_parcels")
    ledger = allotment_ledger(job.layer(LAYER), parcels, job.layer("units"), job.crs)
    made = on_record(ledger, Cell(CITY, "land", None, job.year, job.year))
    judged = {"share": _share, "control_line": _control_line}
    return [judged[d.rule.part](job, d, ledger, made) for d in job.rules(*judged)]


def _share(job: CheckJob, dated: DatedRule, ledger: Ledger, made: Answer) -> Verdict:
    amount = np.where(made.may, ledger.amount, 0.0)
    industrial = made & ledger.industrial
    unclear = made.open | industrial.open | (made.may & np.isnan(ledger.amount))
    rows = tuple(map(str, ledger.ids[made.may]))
    evidence = [Evidence(LAYER, rows)] if rows else []
    if unclear.any():
        said = say("d5_unclear", count=int(unclear.sum()))
        evidence.append(Evidence(LAYER, tuple(map(str, ledger.ids[unclear])), said))
    measured: float | None = None
    outcome: Outcome | None = None
    whole = float(amount.sum())
    if not made.may.any() or np.isnan(whole) or whole <= 0:
        reasons = [say("d5_nothing_supplied", year=job.year)]
        if np.isnan(whole):
            reasons = [say("d5_amount_unknown")]
    else:
        # What isn't settled counts against industry at worst, for it or not at all at best.
        sure = float(amount[industrial.yes].sum())
        against = float(amount[made.yes & ~industrial.may].sum())
        at_best = sure + float(amount[industrial.open].sum())
        low = sure / whole
        high = at_best / (at_best + against) if at_best + against > 0 else 0.0
        reasons = [say("d5_sums", industrial_mu=sure, supplied_mu=whole)]
        if not unclear.any():
            measured = sure / whole
        elif holds(dated.rule, low) == holds(dated.rule, high):
            outcome = "met" if holds(dated.rule, low) else "not_met"
            count = int(unclear.sum())
            reasons.append(
                say("share_decided_by_bounds", low_share=low, high_share=high, open_count=count)
            )
        else:
            count = int(unclear.sum())
            reasons.append(say("share_undecided", low_share=low, high_share=high, open_count=count))
    return judge(
        dated, measured, year=job.year, outcome=outcome, evidence=tuple(evidence),
        reasons=(*reasons, *_quota(job)),
    )  # fmt: skip


def _quota(job: CheckJob) -> list[Statement]:
    """Give the approved scale of the year, where it is on record."""
    quotas = job.source.read("element_quotas")
    of_year = quotas["year"].eq(job.year) & quotas["element"].eq("land")
    land = quotas["land_mu"][of_year.fillna(value=False)].dropna()
    return [say("d5_quota", quota_mu=float(land.sum()))] if len(land) else []


def _control_line(job: CheckJob, dated: DatedRule, ledger: Ledger, made: Answer) -> Verdict:
    held = constraints_in_force(job.layer("constraints"), job.policy.as_of)
    in_line, _ = counted_rows(dated.rule, "constraints", held)
    lines = shapes_of(held[in_line])
    if not len(lines) or not made.may.any():
        lacking = say("d5_nothing_supplied", year=job.year)
        said = lacking if len(lines) else say("d5_no_control_line")
        return judge(dated, None, year=job.year, reasons=(said,))
    inside = np.zeros(len(ledger.shapes))
    placed = ~shapely.is_missing(ledger.shapes)
    inside[placed] = area_inside_m2(ledger.shapes[placed], lines, job.crs)
    beyond = np.array([compare(float(a), dated.rule.tolerance_m2) > 0 for a in inside], dtype=bool)
    other = made & _is_other(job, ledger)
    listed = np.flatnonzero(other.yes & beyond)
    unclear = (other.open & beyond) | (other.may & ~placed)
    evidence = [
        Evidence(LAYER, (str(ledger.ids[n]),), say("d5_in_line", area_mu=m2_to_mu(inside[n])))
        for n in listed
    ]
    if unclear.any():
        said = say("d5_line_unclear", count=int(unclear.sum()))
        evidence.append(Evidence(LAYER, tuple(map(str, ledger.ids[unclear])), said))
    undecided = bool(unclear.any()) and not len(listed)
    return judge(
        dated,
        None if undecided else float(m2_to_mu(float(inside[listed].sum()))),
        year=job.year,
        evidence=tuple(evidence),
        reasons=(
            say("a4_tolerance", tolerance_m2=dated.rule.tolerance_m2),
            *([say("d5_line_unclear", count=int(unclear.sum()))] if unclear.any() else []),
        ),
    )


def _is_other(job: CheckJob, ledger: Ledger) -> Answer:
    """Say which allotments went to anything but a major manufacturing project."""
    least = job.policy.setting_number(MAJOR, "manufacturing_from_yi_yuan")
    projects = {row["project_id"]: row for row in job.source.read("projects").to_dict("records")}
    named = job.layer(LAYER)["project_id"]
    yes, unclear = np.zeros(len(named), dtype=bool), np.zeros(len(named), dtype=bool)
    for number, project_id in enumerate(named):
        project = projects.get(project_id, {"category": None, "investment_yi_yuan": None})
        category, amount = project["category"], project["investment_yi_yuan"]
        if not ledger.industrial.may[number] or (pd.notna(category) and category != "industry"):
            yes[number] = True
        elif pd.isna(category) or pd.isna(amount):
            unclear[number] = True
        else:
            yes[number] = compare(float(amount), least) < 0
    return Answer(yes, unclear)
