"""Histories of projects; lists of projects that must be empty."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Literal

import pandas as pd

from layers.fields import split_list
from platforms.ledger.claims import GIVEN_UP
from platforms.ledger.counting import competition_ledger
from platforms.ledger.events import in_force
from platforms.ledger.phases import phase_roots
from platforms.ledger.rows import Row, text_of
from platforms.policy.check import CheckJob, judge
from platforms.policy.in_force import DatedRule
from platforms.policy.registry import CheckFunction
from platforms.policy.verdict import Evidence, Statement, Verdict, say

State = Literal["departs", "keeps", "open"]
LAYER = "projects"


@dataclass(frozen=True)
class Finding:
    """What was found of one project.

    ``project_id, unit_id``: The project and the unit it is on file with, None where it states
      none.
    ``state``: ``departs``, ``keeps``, or ``open`` where that isn't known.
    ``statement``: Why.
    """

    project_id: str
    unit_id: str | None
    state: State
    statement: Statement


Finder = Callable[[CheckJob, DatedRule], Iterator[Finding]]


def must_be_empty(find: Finder) -> CheckFunction:
    """Turn what finds the projects that a rule speaks of into the check of its list.

    Judges the list, as ``list_verdicts``.
    """

    @wraps(find)
    def judge_list(job: CheckJob, dated: DatedRule) -> list[Verdict]:
        return list_verdicts(job, dated, list(find(job, dated)))

    return judge_list


def list_verdicts(job: CheckJob, dated: DatedRule, findings: Sequence[Finding]) -> list[Verdict]:
    """Judge a rule whose list is to be empty.

    ``dated``: The rule [项].

    One a unit, or one for the city where the rule speaks of it; the number of projects that depart
    [项]. Projects that state no unit, or one that isn't on file, have one of their own.
    """
    if "city" in dated.rule.scope:
        return [_verdict(job, dated, findings, None)] if job.is_whole_city else []
    verdicts = [
        _verdict(job, dated, [each for each in findings if each.unit_id == unit_id], unit_id)
        for unit_id in job.unit_ids
    ]
    homeless = [each for each in findings if each.unit_id not in job.unit_ids]
    if homeless and job.is_whole_city:
        verdicts.append(_verdict(job, dated, homeless, None))
    return verdicts


def _verdict(
    job: CheckJob, dated: DatedRule, findings: Iterable[Finding], unit_id: str | None
) -> Verdict:
    by_state: dict[State, list[Finding]] = {"departs": [], "keeps": [], "open": []}
    for each in findings:
        by_state[each.state].append(each)
    departs, keeps, unclear = by_state["departs"], by_state["keeps"], by_state["open"]
    evidence = [
        Evidence(LAYER, (each.project_id,), each.statement) for each in (*departs, *unclear)
    ]
    if keeps:
        ids = tuple(each.project_id for each in keeps)
        evidence.append(Evidence(LAYER, ids, say("ledger_keeps")))
    if not departs and not unclear and not keeps:
        return none_concerned(job, dated, unit_id)
    return judge(
        dated,
        None if unclear and not departs else float(len(departs)),
        unit_id=unit_id,
        year=job.year,
        evidence=tuple(evidence),
        reasons=(say("ledger_open", count=len(unclear)),) if unclear else (),
    )


def none_concerned(job: CheckJob, dated: DatedRule, unit_id: str | None) -> Verdict:
    """Judge a unit that has no project of the kind that a rule speaks of.

    ``job``: The year, and the ledger: without one nothing is known.
    ``unit_id``: The unit, None for the city.

    ``not_applicable``, or ``no_data`` without a ledger.
    """
    is_empty = competition_ledger(job).is_empty
    return judge(
        dated,
        None,
        unit_id=unit_id,
        year=job.year,
        outcome=None if is_empty else "not_applicable",
        reasons=(say("target_no_projects" if is_empty else "ledger_none_concerned"),),
    )


def verdicts_by_unit(
    job: CheckJob, dated: DatedRule, verdicts: Iterable[tuple[str | None, Verdict]]
) -> list[Verdict]:
    """Order the verdicts on projects by unit.

    ``verdicts``: Each with the unit of its project, None where it states none.

    By unit in the order asked; a unit without any has one, as ``none_concerned``. Of units that
    aren't asked for they stand last, and only where the city is judged as a whole.
    """
    by_unit: dict[str, list[Verdict]] = {unit_id: [] for unit_id in job.unit_ids}
    homeless: list[Verdict] = []
    for unit_id, verdict in verdicts:
        by_unit.get(unit_id or "", homeless).append(verdict)
    for unit_id, of_unit in by_unit.items():
        if not of_unit:
            of_unit.append(none_concerned(job, dated, unit_id))
    rest = homeless if job.is_whole_city else []
    return [*(verdict for of_unit in by_unit.values() for verdict in of_unit), *rest]


STARTED, ENDED = "started", "ended"
LISTED, DELISTED = "listed", "delisted"
FIRST_REPORT = "first_report"


def finding(row: Row, state: State, statement: Statement) -> Finding:
    """Give the finding on a project."""
    return Finding(str(row["project_id"]), text_of(row, "unit_id"), state, statement)


def kinds_of(dated: DatedRule) -> tuple[str, ...]:
    """Give the kinds of event that a rule names."""
    for condition in dated.rule.where:
        if (condition.layer, condition.column) == ("project_events", "event_kind"):
            kinds = condition.value
            return kinds if isinstance(kinds, tuple) else (str(kinds),)
    return ()


def first_days(events: Sequence[Row]) -> dict[str, str]:
    """Give the first day (ISO) of each kind of event; events stand in their order."""
    days: dict[str, str] = {}
    for event in events:
        days.setdefault(str(event["event_kind"]), str(event["event_on"]))
    return days


def started_on(row: Row, events: Sequence[Row]) -> str | None:
    """Give the day a project started: by its event, else by its row."""
    return first_days(events).get(STARTED) or text_of(row, "started_on")


def filing_unit(row: Row, events: Sequence[Row]) -> str | None:
    """Give the unit that files a project: that of its first report, else that of its row.

    Another unit may have it by transfer since then.
    """
    reports = (event for event in events if event["event_kind"] == FIRST_REPORT)
    filed = (text_of(report, "unit_id") for report in reports)
    return next((unit_id for unit_id in filed if unit_id is not None), text_of(row, "unit_id"))


def is_on_list(events: Sequence[Row]) -> bool:
    """Whether a project stands on the list (清单): the last turn counts."""
    kinds = [event["event_kind"] for event in events]
    turns = [kind for kind in kinds if kind in (LISTED, DELISTED)]
    return bool(turns) and turns[-1] == LISTED


def is_over(row: Row, events: Sequence[Row]) -> bool:
    """Whether a project ended (终止), by its row or an event."""
    return text_of(row, "stage") == ENDED or any(event["event_kind"] == ENDED for event in events)


OVER_KINDS = ("ended", "production", "completed")
OVER_STAGES = ("ended", "in_production")


def is_finished(row: Row, events: Sequence[Row]) -> bool:
    """Whether a project ended, or is built: in production or completed."""
    built = any(event["event_kind"] in OVER_KINDS for event in events)
    return built or text_of(row, "stage") in OVER_STAGES


def occupied_parcels(
    projects: pd.DataFrame, events: pd.DataFrame, as_of: str
) -> dict[str, tuple[tuple[str, str], ...]]:
    """List the parcels that live projects have.

    Parameters
    ----------
    projects
        Table ``projects``.
    events
        Table ``project_events`` as entered.
    as_of
        The day (ISO).

    Returns
    -------
    dict
        By parcel, each live project that has it, with the whole project it is a phase of (itself
        where it is none), by number. A project is live until its unit gave it up: ended, passed
        on, left to the city (C9 of 嘉政办发〔2018〕52号).
    """
    past = in_force(events, as_of)
    gone = set(past["project_id"][past["event_kind"].isin(GIVEN_UP)].astype(str))
    rows: list[Row] = list(projects.to_dict("records"))
    roots = phase_roots(rows)
    holders: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in rows:
        project_id = str(row["project_id"])
        if project_id in gone or text_of(row, "stage") == "ended":
            continue
        for parcel in split_list(row.get("parcel_ids")):
            holders[parcel].add((project_id, roots[project_id]))
    return {parcel: tuple(sorted(projects_on)) for parcel, projects_on in holders.items()}
