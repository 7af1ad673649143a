"""Each project with its events; lists that must be empty."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import pandas as pd

from geo.units import compare
from layers.fields import split_list
from platforms.ledger.claims import GIVEN_UP
from platforms.ledger.events import in_force
from platforms.ledger.rows import Row, number_of, project_row, text_of
from platforms.policy.check import CheckJob, judge
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.verdict import Evidence, Statement, Verdict, say
from platforms.source import competition_of

State = Literal["departs", "keeps", "open"]
LAYER = "projects"


@dataclass(frozen=True)
class Finding:
    """What was found of one project.

    Attributes
    ----------
    project_id, unit_id
        The project and the unit it is on file with, None where it states none.
    state
        ``departs``, ``keeps``, or ``open`` where that isn't known.
    statement
        Why.
    """

    project_id: str
    unit_id: str | None
    state: State
    statement: Statement


def list_verdicts(
    job: CheckJob, dated: DatedRule, findings: Sequence[Finding], is_on_file: bool
) -> list[Verdict]:
    """Judge a rule whose list is to be empty.

    Parameters
    ----------
    job
        Units, year, and whether the city is judged as a whole.
    dated
        The rule [项].
    findings
        One for each project that the rule speaks of.
    is_on_file
        Whether any project is on file at all.

    Returns
    -------
    list of Verdict
        One a unit, or one for the city where the rule speaks of it; the number of projects that
        depart [项]. Projects that state no unit, or one that isn't on file, have one of their own.
    """
    if "city" in dated.rule.scope:
        if not job.is_whole_city:
            return []
        return [_verdict(dated, findings, None, job.year, is_on_file)]
    found = [
        _verdict(dated, [one for one in findings if one.unit_id == unit_id], unit_id, job.year,
                 is_on_file)
        for unit_id in job.unit_ids
    ]  # fmt: skip
    homeless = [one for one in findings if one.unit_id not in job.unit_ids]
    if homeless and job.is_whole_city:
        found.append(_verdict(dated, homeless, None, job.year, is_on_file))
    return found


def _verdict(
    dated: DatedRule,
    findings: Iterable[Finding],
    unit_id: str | None,
    year: int,
    is_on_file: bool,
) -> Verdict:
    by_state: dict[State, list[Finding]] = {"departs": [], "keeps": [], "open": []}
    for one in findings:
        by_state[one.state].append(one)
    departs, keeps, unclear = by_state["departs"], by_state["keeps"], by_state["open"]
    evidence = [Evidence(LAYER, (one.project_id,), one.statement) for one in (*departs, *unclear)]
    if keeps:
        ids = tuple(one.project_id for one in keeps)
        evidence.append(Evidence(LAYER, ids, say("ledger_keeps")))
    rows = tuple(evidence)
    if departs:
        said = [say("ledger_open", count=len(unclear))] if unclear else []
        return judge(
            dated, float(len(departs)), unit_id=unit_id, year=year, evidence=rows,
            reasons=tuple(said),
        )  # fmt: skip
    if unclear:
        said = [say("ledger_open", count=len(unclear))]
        return judge(dated, None, unit_id=unit_id, year=year, evidence=rows, reasons=tuple(said))
    if not keeps:
        return nothing_found(dated, unit_id, year, is_on_file)
    return judge(dated, 0.0, unit_id=unit_id, year=year, evidence=rows)


def nothing_found(dated: DatedRule, unit_id: str | None, year: int, is_on_file: bool) -> Verdict:
    """Judge a unit that has no project of the kind that a rule speaks of.

    Parameters
    ----------
    dated
        The rule.
    unit_id, year
        Subject of the verdict.
    is_on_file
        Whether any project is on file at all: without a ledger nothing is known.

    Returns
    -------
    Verdict
        ``not_applicable``, or ``no_data`` without a ledger.
    """
    if not is_on_file:
        said = say("target_no_projects")
        return judge(dated, None, unit_id=unit_id, year=year, reasons=(said,))
    said = say("ledger_none_concerned")
    return judge(dated, None, unit_id=unit_id, year=year, outcome="not_applicable", reasons=(said,))


STARTED, ENDED = "started", "ended"
LISTED, DELISTED = "listed", "delisted"


@dataclass(frozen=True)
class Dossiers:
    """Projects and what happened to them.

    Attributes
    ----------
    projects, events
        Tables ``projects`` and ``project_events`` as entered.
    policy
        Rules on the as-of date; what happened after it hasn't.
    year
        Year asked.
    """

    projects: pd.DataFrame
    events: pd.DataFrame
    policy: PolicySet
    year: int

    @cached_property
    def past(self) -> pd.DataFrame:
        """Events by the as-of date in the order in which they happened, corrections applied."""
        return in_force(self.events, self.policy.as_of)

    @cached_property
    def _histories(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for event in self.past.to_dict("records"):
            found.setdefault(str(event["project_id"]), []).append(event)
        return found

    @property
    def is_on_file(self) -> bool:
        """Whether any project is."""
        return len(self.projects) > 0

    def rows(self) -> Iterator[tuple[Row, list[Row]]]:
        """Give each project with its events."""
        for row in self.projects.to_dict("records"):
            yield row, self._histories.get(str(row["project_id"]), [])

    def is_kept(self, column: str) -> bool:
        """Whether a column of projects is filled in for any of them: else nobody keeps it."""
        return bool(self.projects[column].notna().any())


def dossiers_of(job: CheckJob) -> Dossiers:
    """Lay out the ledger that a check reads."""
    ledger = competition_of(job.source)
    projects, events = (pd.DataFrame(ledger.read(n)) for n in ("projects", "project_events"))
    return Dossiers(projects, events, job.policy, job.year)


def finding(row: Row, state: State, statement: Statement) -> Finding:
    """Say what was found of a project."""
    return Finding(str(row["project_id"]), text_of(row, "unit_id"), state, statement)


def kinds_of(dated: DatedRule) -> tuple[str, ...]:
    """Give the kinds of event that a rule names."""
    for one in dated.rule.where:
        if (one.layer, one.column) == ("project_events", "event_kind"):
            return one.value if isinstance(one.value, tuple) else (str(one.value),)
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


def is_on_list(events: Sequence[Row]) -> bool:
    """Whether a project stands on the list (清单): the last turn counts."""
    turns = [one["event_kind"] for one in events if one["event_kind"] in (LISTED, DELISTED)]
    return bool(turns) and turns[-1] == LISTED


def is_over(row: Row, events: Sequence[Row]) -> bool:
    """Whether a project ended (终止), by its row or an event."""
    return text_of(row, "stage") == ENDED or any(one["event_kind"] == ENDED for one in events)


def taken_parcels(
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
    holders: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in rows:
        project_id = str(row["project_id"])
        if project_id in gone or text_of(row, "stage") == "ended":
            continue
        for parcel in split_list(row.get("parcel_ids")):
            holders[parcel].add((project_id, text_of(row, "phase_of") or project_id))
    return {parcel: tuple(sorted(held)) for parcel, held in holders.items()}


@dataclass(frozen=True)
class WholeProject:
    """A project with all its phases.

    Attributes
    ----------
    project_id
        Number of the whole.
    phases
        Rows of the phases; empty where the project isn't phased.
    whole
        Row of the whole where one is on file that is no phase itself.
    """

    project_id: str
    phases: tuple[Row, ...]
    whole: Row | None

    @property
    def is_phased(self) -> bool:
        """Whether it is built in phases."""
        return bool(self.phases)

    @property
    def rows(self) -> tuple[Row, ...]:
        """Rows of the phases, of the whole where it isn't phased."""
        return self.phases or (() if self.whole is None else (self.whole,))

    @property
    def land_of_phases_mu(self) -> float | None:
        """Sum of what the phases want [亩], None where one doesn't say or there is none."""
        wanted = [land_wanted_mu(row) for row in self.phases]
        known = [land for land in wanted if land is not None]
        return sum(known) if wanted and len(known) == len(wanted) else None

    @property
    def land_stated_mu(self) -> float | None:
        """Land that the row of the whole states [亩], None where it doesn't."""
        return None if self.whole is None else land_wanted_mu(self.whole)

    @property
    def land_mu(self) -> float | None:
        """Land of all phases together [亩] (S11), None where it isn't known.

        What the whole states or what its phases add up to, whichever is more: phases still to be
        filed are in the first, and what was filed beyond it is in the second.
        """
        stated, summed = self.land_stated_mu, self.land_of_phases_mu
        if stated is None or summed is None:
            unsaid = self.is_phased and summed is None and stated is None
            return None if unsaid else stated if summed is None else summed
        return summed if compare(summed, stated) > 0 else stated


def land_wanted_mu(row: Row) -> float | None:
    """Give the land a row wants [亩]: the ideal, else the least, else the most; None unsaid."""
    for column in ("land_ideal_mu", "land_min_mu", "land_max_mu"):
        land = number_of(row, column)
        if land is not None:
            return land
    return None


def whole_project(projects: pd.DataFrame, project_id: str) -> WholeProject:
    """Gather a project with all its phases.

    Parameters
    ----------
    projects
        Table ``projects``.
    project_id
        Number of the whole or of any phase.

    Returns
    -------
    WholeProject
        The project.

    Raises
    ------
    PlanningError
        ``project_not_on_file``.
    """
    asked = project_row(projects, project_id)
    root = text_of(asked, "phase_of") or project_id
    named = projects["phase_of"].eq(root).fillna(value=False).to_numpy(dtype=bool)
    phases: tuple[Row, ...] = tuple(projects[named].to_dict("records"))
    is_root = projects["project_id"].eq(root).fillna(value=False).to_numpy(dtype=bool)
    rows: list[Row] = list(projects[is_root & ~named].to_dict("records"))
    return WholeProject(root, phases, rows[0] if rows else None)


def whole_projects(projects: pd.DataFrame) -> dict[str, WholeProject]:
    """Gather every project with all its phases, as ``whole_project`` does for one.

    Parameters
    ----------
    projects
        Table ``projects``.

    Returns
    -------
    dict
        The whole by the number of each of its rows.
    """
    rows: list[Row] = list(projects.to_dict("records"))
    roots = [text_of(row, "phase_of") or str(row["project_id"]) for row in rows]
    phases: dict[str, list[Row]] = {}
    for row in rows:
        named = text_of(row, "phase_of")
        if named is not None:
            phases.setdefault(named, []).append(row)
    alone = {str(row["project_id"]): row for row in rows if _is_whole(row)}
    made = {
        root: WholeProject(root, tuple(phases.get(root, ())), alone.get(root))
        for root in dict.fromkeys(roots)
    }
    return {str(row["project_id"]): made[root] for row, root in zip(rows, roots, strict=True)}


def _is_whole(row: Row) -> bool:
    """Whether a row isn't the first phase that stands for the whole."""
    return text_of(row, "phase_of") != str(row["project_id"])
