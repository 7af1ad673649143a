"""Which allotments took the steps of a decision, dated and in order (A26)."""

from itertools import pairwise

import pandas as pd

from platforms.check_job import CheckJob, counted_rows
from platforms.elements.ledger import Cell, allotment_ledger, on_record
from platforms.judge import judge
from platforms.policy.dated import DatedRule
from platforms.policy.rules import Rule
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Verdict

LAYER, EVENTS = "element_allotments", "project_events"
ELEMENTS = ("land", "energy", "emission")


def step_verdicts(job: CheckJob) -> list[Verdict]:
    """List the year's allotments that lack a step of the decision, or took one out of order.

    Parameters
    ----------
    job
        ``A26``.

    Returns
    -------
    list of Verdict
        One a unit, measured the number of allotments. The steps are those of the rule, in its
        order; the last one lies on or before the day of the allotment. Where no such step of any
        project is on record the ledger doesn't keep them, which is ``no_data``; so is an
        allotment without project, unless another one is listed.

    Notes
    -----
    A26 嘉政发〔2018〕15号 二（五）. Of a step taken twice the last one counts.
    """
    allotments = job.layer(LAYER)
    ledger = allotment_ledger(allotments, job.layer("land_parcels"), job.layer("units"), job.crs)
    events = job.source.read(EVENTS)
    events = events[events["event_on"].fillna("9999") <= job.policy.as_of]
    verdicts = []
    for dated in job.rules():
        kept, _ = counted_rows(dated.rule, EVENTS, events)
        days = _last_days(events[kept])
        for unit_id in job.unit_ids:
            made = pd.Series(data=False, index=allotments.index)
            for element in ELEMENTS:
                cell = Cell(unit_id, element, None, job.year, job.year)
                made |= on_record(ledger, cell).yes
            verdicts.append(_verdict(dated, unit_id, job.year, allotments[made], days))
    return verdicts


def _last_days(events: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Give the last day of each kind of step by project."""
    days: dict[str, dict[str, str]] = {}
    for row in events.sort_values(["event_on", "entry_seq"]).to_dict("records"):
        days.setdefault(str(row["project_id"]), {})[str(row["event_kind"])] = str(row["event_on"])
    return days


def _steps(rule: Rule) -> tuple[str, ...]:
    """Give the kinds of step a rule names, in its order."""
    found: tuple[str, ...] = ()
    for one in rule.where:
        if one.column == "event_kind" and isinstance(one.value, tuple):
            found += one.value
    return found


def _verdict(
    dated: DatedRule,
    unit_id: str,
    year: int,
    made: pd.DataFrame,
    days: dict[str, dict[str, str]],
) -> Verdict:
    if made.empty or not days:
        said = say("a26_no_allotment", year=year) if made.empty else say("a26_steps_not_kept")
        return judge(dated, None, unit_id=unit_id, year=year, reasons=(said,))
    listed: dict[str, Statement] = {}
    unclear: dict[str, Statement] = {}
    for row in made.to_dict("records"):
        allotment_id, project_id = str(row["allotment_id"]), row["project_id"]
        if not isinstance(project_id, str):
            unclear[allotment_id] = say("a26_project_unknown")
            continue
        fault = _fault(_steps(dated.rule), days.get(project_id, {}), row["allotted_on"])
        if fault is not None:
            listed[allotment_id] = fault
    reasons = [say("a26_listed", count=len(listed), made=len(made))]
    if unclear:
        reasons.append(say("a26_open", count=len(unclear)))
    undecided = unclear and not listed
    return judge(
        dated,
        None if undecided else float(len(listed)),
        unit_id=unit_id,
        year=year,
        evidence=tuple(
            Evidence(LAYER, (row,), said) for row, said in (*listed.items(), *unclear.items())
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
