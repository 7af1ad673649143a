"""The ledger of projects: what is known of each, counts and parts of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from platforms.completeness import Completeness
from platforms.ledger.calendar import Window
from platforms.ledger.events import corrected, in_force
from platforms.ledger.phases import WholeProject, whole_projects
from platforms.ledger.rows import Row, project_row
from platforms.policy.check import CheckJob, holds, judge, outcome_between
from platforms.policy.in_force import DatedRule
from platforms.policy.uncertain import Maybe
from platforms.policy.verdict import Evidence, Outcome, Statement, Verdict, say
from platforms.source import LayerSource, competition_of

STAGE_ORDER = {"in_talks": 0, "signed": 1, "registered": 2, "started": 3, "in_production": 4}
KIND_ORDER = {"signed": 1, "registered": 2, "started": 3, "production": 4}
"""From which stage on an event of the kind must have happened."""

BEGINNING, NEVER = "0000-01-01", "9999-12-31"


class ProjectHistory(NamedTuple):
    """A project with what happened to it.

    ``row``: Its row of ``projects``.
    ``events``: Its events by the day of the ledger, in the order in which they happened.
    """

    row: Row
    events: list[Row]


@dataclass(frozen=True)
class ProjectLedger:
    """Projects and what happened to them.

    ``projects``: Table ``projects``, numbered from 0.
    ``entries``: Table ``project_events`` as entered.
    ``as_of``: The day (ISO); later events have not happened.
    ``known_on``: Day (ISO) by which corrections were made that count; None for ``as_of``.
    """

    projects: pd.DataFrame
    entries: pd.DataFrame
    as_of: str
    known_on: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no project is on file at all."""
        return not len(self.projects)

    @cached_property
    def events(self) -> pd.DataFrame:
        """Events on whatever day they are, corrections applied."""
        right_events = corrected(self.entries, self.known_on or self.as_of)
        return right_events.reset_index(drop=True)

    @cached_property
    def past(self) -> pd.DataFrame:
        """Events by the day in the order in which they happened, corrections applied."""
        return in_force(self.entries, self.as_of)

    @cached_property
    def histories(self) -> tuple[ProjectHistory, ...]:
        """Each project with its past events, in the order of the table."""
        by_project: dict[str, list[Row]] = {}
        for event in self.past.to_dict("records"):
            by_project.setdefault(str(event["project_id"]), []).append(event)
        return tuple(
            ProjectHistory(row, by_project.get(str(row["project_id"]), []))
            for row in self.projects.to_dict("records")
        )

    @cached_property
    def rows(self) -> dict[str, Row]:
        """Projects as rows, by their number."""
        return {str(row["project_id"]): row for row in self.projects.to_dict("records")}

    def row(self, project_id: str) -> Row:
        """Give the row of a project (``project_not_on_file`` with the nearest number)."""
        known = self.rows.get(project_id)
        return project_row(self.projects, project_id) if known is None else known

    @cached_property
    def whole_projects(self) -> dict[str, WholeProject]:
        """Every project with all its phases, by the number of each."""
        return whole_projects(self.projects)

    def is_filled_in(self, column: str) -> bool:
        """Whether a column of projects is filled in for any of them: else nobody keeps it."""
        return bool(self.projects[column].notna().any())

    @cached_property
    def first_year(self) -> int | None:
        """Year of the first thing on file, None where no day is: before it nothing was entered."""
        days = [*self.events["event_on"].dropna(), *self.projects["started_on"].dropna()]
        return int(min(days)[:4]) if days else None

    @cached_property
    def _by_kind(self) -> dict[str, pd.Series]:
        """First day of each kind of event, by project, on whatever day it happened."""
        firsts = self.events.groupby(["event_kind", "project_id"])["event_on"].min()
        kinds = firsts.index.get_level_values(0).unique()
        return {str(kind): firsts.loc[kind] for kind in kinds}

    @cached_property
    def _traced(self) -> np.ndarray:
        """Which projects have any event on file."""
        return np.asarray(self.projects["project_id"].isin(self.events["project_id"]), dtype=bool)

    @cached_property
    def _known(self) -> dict[tuple[object, ...], Maybe]:
        """What was asked before: a table of figures asks the same for each unit."""
        return {}

    def first_day(self, kinds: Sequence[str]) -> pd.Series:
        """Give the day on which the first event of these kinds happened.

        Parameters
        ----------
        kinds
            Kinds of event; ``started`` is read from ``started_on`` where no event says so.

        Returns
        -------
        Series of str
            Day (ISO) by position, missing where there is none on file.
        """
        ids = self.projects["project_id"]
        days = pd.Series(NEVER, index=ids.index, dtype="object")
        for kind in kinds:
            found = ids.map(self._by_kind.get(kind, pd.Series(dtype="object")))
            if kind == "started":
                found = found.where(found.notna(), self.projects["started_on"])
            later = found.notna() & (found.astype("object").fillna(NEVER) < days)
            days = days.where(~later, found)
        return days.where(days != NEVER)

    def happened(self, kinds: Sequence[str], first: str, last: str) -> Maybe:
        """Say to which projects something happened in a span of days.

        Parameters
        ----------
        kinds
            Kinds of event; the first of them counts.
        first, last
            First and last day of the span (ISO), both in it; days after ``as_of`` never count.

        Returns
        -------
        Maybe
            Open where nothing is on file although the stage says that it happened, or where
            neither stage nor any event says anything. From the beginning up to the day of the
            ledger the stage alone is enough: whenever it was, it has happened.
        """
        asked = ("happened", *kinds, first, last)
        if asked not in self._known:
            self._known[asked] = self._happened(kinds, first, last)
        return self._known[asked]

    def _happened(self, kinds: Sequence[str], first: str, last: str) -> Maybe:
        days = self.first_day(kinds)
        known = days.notna().to_numpy(dtype=bool)
        last = min(last, self.as_of)
        text = days.fillna("").to_numpy(dtype=object)
        inside = np.array([first <= day <= last for day in text], dtype=bool)
        untold = ~known & self._untold(kinds)
        sure = untold & self._by_stage(kinds)
        if first != BEGINNING or last != self._now:
            sure = np.zeros_like(sure)
        return Maybe((known & inside) | sure, untold & ~sure)

    @property
    def _now(self) -> str | None:
        """The day of the ledger where nothing on file is later: stages are those of that day."""
        days = self.entries["event_on"].dropna()
        return self.as_of if not len(days) or str(days.max()) <= self.as_of else None

    def _by_stage(self, kinds: Sequence[str]) -> np.ndarray:
        """Say which projects have come so far by their stage that such an event happened."""
        asked = [KIND_ORDER[kind] for kind in kinds if kind in KIND_ORDER]
        stages = self.projects["stage"].map(STAGE_ORDER)
        least = min(asked, default=len(STAGE_ORDER))
        return np.asarray((stages >= least).to_numpy(dtype=bool))

    def _untold(self, kinds: Sequence[str]) -> np.ndarray:
        """Say which projects may have had such an event that nobody entered."""
        stages = self.projects["stage"].map(STAGE_ORDER)
        asked = [KIND_ORDER[kind] for kind in kinds if kind in KIND_ORDER]
        untold = np.zeros(len(self.projects), dtype=bool)
        if asked:
            untold |= (stages >= min(asked)).to_numpy(dtype=bool)
        if "ended" in kinds:
            untold |= self.projects["stage"].eq("ended").fillna(value=False).to_numpy(dtype=bool)
        by_stage = all(kind in KIND_ORDER or kind == "ended" for kind in kinds)
        unsaid = stages.isna().to_numpy(dtype=bool) | (not by_stage)
        return np.asarray(untold | (unsaid & ~self._traced))

    def left_list(self, last: str) -> Maybe:
        """Say which projects had left the list by a day, other than by starting (C6).

        Parameters
        ----------
        last
            The day (ISO).

        Returns
        -------
        Maybe
            Those whose last entry on the list came before; open where no reason is on file.
        """
        asked = ("left", last)
        if asked not in self._known:
            self._known[asked] = self._left_list(last)
        return self._known[asked]

    def _left_list(self, last: str) -> Maybe:
        until = self.events[self.events["event_on"] <= min(last, self.as_of)]
        gone = until[until["event_kind"] == "delisted"].sort_values(["event_on", "entry_seq"])
        final = gone.drop_duplicates("project_id", keep="last").set_index("project_id")
        listed = until[until["event_kind"] == "listed"].groupby("project_id")["event_on"].max()
        ids = self.projects["project_id"]
        left_on = ids.map(final["event_on"]).astype("object").fillna("")
        again = (ids.map(listed).astype("object").fillna("") > left_on).to_numpy(dtype=bool)
        is_gone = (left_on != "").to_numpy(dtype=bool) & ~again
        reason = ids.map(final["exit_reason"])
        unsaid = is_gone & reason.isna().to_numpy(dtype=bool)
        other = is_gone & ~unsaid & ~reason.eq("started").fillna(value=False).to_numpy(dtype=bool)
        return Maybe(other, unsaid)

    def of_unit(self, unit_id: str | None) -> Maybe:
        """Say which projects a unit has on file; None for the city: all."""
        if unit_id is None:
            everything = np.ones(len(self.projects), dtype=bool)
        else:
            everything = self.projects["unit_id"].eq(unit_id).fillna(value=False).to_numpy(bool)
        return Maybe.known(everything)

    def ids(self, mask: np.ndarray) -> tuple[str, ...]:
        """Give the ids of the projects chosen."""
        return tuple(map(str, self.projects["project_id"][mask]))


def read_ledger(source: LayerSource, as_of: str) -> ProjectLedger:
    """Read the ledger as it stood on a day.

    Parameters
    ----------
    source
        Gives ``projects`` and ``project_events``.
    as_of
        The day (ISO).

    Returns
    -------
    ProjectLedger
        The ledger.
    """
    projects = pd.DataFrame(source.read("projects")).reset_index(drop=True)
    return ProjectLedger(projects, pd.DataFrame(source.read("project_events")), as_of)


def ledger_of(job: CheckJob) -> ProjectLedger:
    """Give the ledger as whoever looks may see it, read once a run."""
    return job.per_run(_as_seen)


def competition_ledger(job: CheckJob) -> ProjectLedger:
    """Give the ledger on which competition between units is judged, read once a run."""
    return job.per_run(_sealed)


def _as_seen(job: CheckJob) -> ProjectLedger:
    return read_ledger(job.source, job.policy.as_of)


def _sealed(job: CheckJob) -> ProjectLedger:
    source = competition_of(job.source)
    return ledger_of(job) if source is job.source else read_ledger(source, job.policy.as_of)


def whole_projects_of(job: CheckJob) -> dict[str, WholeProject]:
    """Gather every project of the ledger with all its phases, once a run."""
    return job.per_run(_whole_projects)


def _whole_projects(job: CheckJob) -> dict[str, WholeProject]:
    return competition_ledger(job).whole_projects


def kept_until(job: CheckJob, kind: str) -> dict[str, str]:
    """Return until when each unit keeps events of a kind: only then is absence known (once a run).

    By unit, those of which it is stated; the last day that the statement speaks of (ISO).
    """
    by_kind = job.per_run(_kept)
    if kind not in by_kind.days:
        by_kind.days[kind] = by_kind.completeness.kept_until("project_events", kind)
    return by_kind.days[kind]


class _Kept(NamedTuple):
    """What is stated of the events of each unit, by kind."""

    completeness: Completeness
    days: dict[str, dict[str, str]]


def _kept(job: CheckJob) -> _Kept:
    return _Kept(Completeness(job.source, job.policy), {})


def with_ledger(job: CheckJob, ledger: ProjectLedger) -> CheckJob:
    """Give a job that judges a ledger already at hand."""
    return replace(job, of_run=job.of_run.with_value(_as_seen, ledger))


LAYER = "projects"
NOT_DUE = ("mandatory", "principle")
"""A duty of a year isn't breached before the year is over; a target is simply not reached yet."""


def count_verdict(
    dated: DatedRule, ledger: ProjectLedger, counted: Maybe, window: Window, unit_id: str | None
) -> Verdict:
    """Judge the number of projects counted.

    ``dated``: The rule [个].
    ``unit_id``: The unit, None for the city.

    With the projects counted, and those that may have to be, as evidence.
    """
    low, high = counted.bounds()
    evidence = _evidence(ledger, counted)
    lacking = _lacking(ledger, window)
    if lacking is None and outcome_between(dated.rule, low, high) == "no_data":
        lacking = say("target_undecided", low=low, high=high, count=int(high - low))
    begins = ledger.first_year
    if lacking is None and begins is not None and begins > int(window.first[:4]):
        # What happened before the ledger was kept could only add to the count.
        lacking = None if holds(dated.rule, low) else say("target_ledger_begins", year=begins)
    if lacking is not None:
        return judge(
            dated, None, unit_id=unit_id, year=window.year, evidence=evidence, reasons=(lacking,)
        )
    said = [] if high == low else [say("target_open_projects", count=int(high - low))]
    return dated_verdict(dated, low, window, unit_id, evidence, said)


def part_verdict(
    dated: DatedRule,
    ledger: ProjectLedger,
    part: Maybe,
    whole: Maybe,
    window: Window,
    unit_id: str | None,
    beside: Sequence[Statement] = (),
) -> Verdict:
    """Judge which part of some projects another property has.

    ``dated``: The rule [share].
    ``part, whole``: Projects over and under the fraction line; the first are taken within the
      second.
    ``unit_id``: The unit, None for the city.

    ``no_data`` where nothing lies under the line; an open project lowers the least and raises the
    greatest share it may be.
    """
    over = part & whole
    unsure = over.open | whole.open
    least, most = _ends(part, whole)
    evidence = _evidence(ledger, Maybe(over.yes, unsure), whole)
    lacking = _lacking(ledger, window)
    if lacking is None and not whole.yes.any():
        lacking = say("target_base_empty", count=int(whole.open.sum()))
    elif lacking is None and outcome_between(dated.rule, least, most) == "no_data":
        lacking = say("target_share_undecided", low=least, high=most, count=int(unsure.sum()))
    if lacking is not None:
        return judge(
            dated, None, unit_id=unit_id, year=window.year, evidence=evidence,
            reasons=(lacking, *beside),
        )  # fmt: skip
    done, base = int(over.yes.sum()), int(whole.yes.sum())
    said = [say("target_parts", part=done, whole=base)]
    if unsure.any():
        said.append(say("target_open_projects", count=int(unsure.sum())))
    return dated_verdict(dated, done / base, window, unit_id, evidence, [*said, *beside])


def _ends(part: Maybe, whole: Maybe) -> tuple[float, float]:
    """Give the least and the greatest share there can be; 0 and 1 where nothing is certain."""
    base, done = whole.yes.sum(), (part.yes & whole.yes).sum()
    if not base:
        return 0.0, 1.0
    falls = (whole.open & ~part.yes).sum()
    turns = (whole.yes & part.open).sum()
    joins = (whole.open & (part.yes | part.open)).sum()
    return float(done / (base + falls)), float((done + turns + joins) / (base + joins))


def dated_verdict(
    dated: DatedRule,
    measured: float,
    window: Window,
    unit_id: str | None,
    evidence: tuple[Evidence, ...],
    said: Sequence[Statement] = (),
) -> Verdict:
    """Judge a figure that has a due day.

    ``measured``: The figure [unit of the rule].
    ``unit_id``: The unit, None for the city.

    Before the due day a duty that isn't met yet is ``not_applicable``: not due.
    """
    outcome: Outcome | None = None
    reasons = list(said)
    if window.is_running:
        reasons.append(say("target_running", as_of=window.as_of, due=window.due))
        judged = dated.rule.comparator != "none"
        if judged and dated.rule.force in NOT_DUE and not holds(dated.rule, measured):
            outcome = "not_applicable"
    return judge(
        dated, measured, unit_id=unit_id, year=window.year, outcome=outcome, evidence=evidence,
        reasons=tuple(reasons),
    )  # fmt: skip


def _lacking(ledger: ProjectLedger, window: Window) -> Statement | None:
    """Say why nothing can be counted: no ledger, or days that are still to come."""
    if ledger.is_empty:
        return say("target_no_projects")
    if not window.has_begun:
        return say("target_not_begun", first=window.first)
    return None


def _evidence(
    ledger: ProjectLedger, counted: Maybe, whole: Maybe | None = None
) -> tuple[Evidence, ...]:
    """Name the projects behind a figure."""
    found = [Evidence(LAYER, ledger.ids(counted.yes), say("target_counted"))]
    if whole is not None:
        rest: np.ndarray = whole.yes & ~counted.yes
        found.append(Evidence(LAYER, ledger.ids(rest), say("target_rest_of_base")))
    if counted.open.any():
        found.append(Evidence(LAYER, ledger.ids(counted.open), say("target_unclear")))
    return tuple(one for one in found if one.rows)
