"""The ledger laid out for its rules: each project with what had happened to it by a day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from platforms.check_job import CheckJob
from platforms.policy.dated import DatedRule, PolicySet
from platforms.projects.corrections import in_force
from platforms.projects.findings import Finding, State
from platforms.projects.rows import Row, text_of
from platforms.source import competition_of
from platforms.statement import Statement

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
