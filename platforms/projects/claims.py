"""Which units have a first claim on a project at a moment: by first talks (B5), by the list (C5).

Both go to whoever came first. A row that is only near to the project and came before the first
certain one leaves its claim in doubt; what came later claims nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import pandas as pd

from platforms.policy.dated import DatedRule, PolicySet
from platforms.projects.calendar import Holidays, Period, moment_of, period_from
from platforms.projects.corrections import in_force
from platforms.projects.filing import filing_size
from platforms.projects.matter import Likeness, likeness
from platforms.projects.rows import Row, project_row, text_of
from platforms.statement import Statement, say
from platforms.targets.ledger import Ledger
from platforms.verdict import Outcome

Doubt = Literal["review", "no_data"]
RENEWAL = "talks_renewed"
GIVEN_UP = ("ended", "transferred", "escalated")


@dataclass(frozen=True)
class TalksQuestion:
    """Which project is asked about, when, and what is known beside the ledger.

    Attributes
    ----------
    project_id
        The project.
    as_of
        ISO day, or moment to the minute; without offset in the time zone of the rules.
    holidays
        Public holidays, None where they aren't known.
    yuan_per_usd
        Stored central parity by project, for those contracted in USD.
    """

    project_id: str
    as_of: str
    holidays: Holidays | None = None
    yuan_per_usd: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """A claim of one unit on the project.

    Attributes
    ----------
    unit_id, project_id
        Who claims, by which row of the ledger; the unit is None where it isn't known.
    rule
        B5 or C5 on the day.
    until
        When it ends; None where it has no end.
    statement
        Why.
    doubt
        None where it is certain; ``review`` where a person has to compare two projects,
        ``no_data`` where something is missing.
    why_doubt
        What makes it doubtful.
    """

    unit_id: str | None
    project_id: str
    rule: DatedRule
    until: datetime | None
    statement: Statement
    doubt: Doubt | None = None
    why_doubt: Statement | None = None


@dataclass(frozen=True)
class _Step:
    """A dated entry in the ledger of one project, for the order of who came first."""

    row: Row
    unit_id: str | None
    on: str
    order: tuple[str, str, float]
    likeness: Likeness


def claims_on(
    question: TalksQuestion, projects: pd.DataFrame, events: pd.DataFrame, policy: PolicySet
) -> tuple[Claim, ...]:
    """List the claims on a project at a moment.

    Parameters
    ----------
    question
        The project and the moment.
    projects, events
        Tables ``projects`` and ``project_events``.
    policy
        Rules on the as-of date.

    Returns
    -------
    tuple of Claim
        The standing ones, those in doubt among them; none where the packs have neither rule.

    Raises
    ------
    PlanningError
        ``project_not_on_file``, ``moment_bad``.

    Notes
    -----
    B5 《进一步推动招大引强工作实施方案》 二（一）3, S12; C5 嘉政办发〔2018〕52号 四（二）, S14.
    """
    asked = project_row(projects, question.project_id)
    zone = zone_of(policy)
    moment = moment_of(question.as_of, zone)
    until_then = _entered_by(events, question.as_of, moment, zone)
    if "S14" not in policy.pack.assumptions:
        return ()
    digits = int(policy.setting_number("S14", "same_industry_digits"))
    rows = {str(row["project_id"]): row for row in projects.to_dict("records")}
    alike = {
        project_id: "same" if project_id == question.project_id
        else likeness(asked, row, digits)
        for project_id, row in rows.items()
    }  # fmt: skip
    matter = {key: (rows[key], found) for key, found in alike.items() if found != "other"}
    book = _Book(question, matter, until_then, projects, policy, moment, zone)
    found: list[Claim] = []
    if "exclusive_talks" in policy.parts("B5"):
        found += book.by_first_talks()
    if policy.parts("C5"):
        found += book.by_list()
    return tuple(found)


def zone_of(policy: PolicySet) -> ZoneInfo:
    """Give the time zone in which days end (S12)."""
    if "S12" not in policy.pack.assumptions:
        return ZoneInfo("Asia/Shanghai")
    return ZoneInfo(policy.setting_texts("S12", "time_zone")[0])


def _entered_by(events: pd.DataFrame, as_of: str, moment: datetime, zone: ZoneInfo) -> pd.DataFrame:
    """Keep what had happened; where the moment is to the minute, what had been entered by then."""
    happened = in_force(events, moment.date().isoformat())
    if len(as_of) <= len("2025-01-31"):
        return happened
    entered = [moment_of(str(text), zone) <= moment for text in happened["entered_at"]]
    return happened[entered]


@dataclass(frozen=True)
class _Book:
    """What is on file of one matter at the moment."""

    question: TalksQuestion
    matter: Mapping[str, tuple[Row, Likeness]]
    events: pd.DataFrame
    projects: pd.DataFrame
    policy: PolicySet
    moment: datetime
    zone: ZoneInfo

    def steps(self, kind: str) -> list[_Step]:
        """Give the first event of a kind of each project of the matter, earliest first."""
        chosen = self.events[self.events["event_kind"].eq(kind).fillna(value=False).to_numpy(bool)]
        first: dict[str, _Step] = {}
        for event in chosen.to_dict("records"):
            key = str(event["project_id"])
            if key not in self.matter:
                continue
            row, found = self.matter[key]
            entered = moment_of(str(event["entered_at"]), self.zone).isoformat()
            on = str(event["event_on"])
            unit_id = text_of(event, "unit_id") or text_of(row, "unit_id")
            step = _Step(row, unit_id, on, (on, entered, float(event["entry_seq"])), found)
            if key not in first or step.order < first[key].order:
                first[key] = step
        return sorted(first.values(), key=lambda step: step.order)

    def over(self) -> set[str]:
        """Name the projects that their unit gave up: ended, passed on, left to the city (C9)."""
        kinds = self.events["event_kind"].isin(GIVEN_UP)
        gone = {str(one) for one in self.events["project_id"][kinds]}
        ended = self.projects["stage"].eq("ended").fillna(value=False).to_numpy(dtype=bool)
        return gone | {str(one) for one in self.projects["project_id"][ended]}

    def by_first_talks(self) -> list[Claim]:
        """B5: the first to file has exclusive talks for the period."""
        over = self.over()
        standing = [
            step for step in self.steps("first_report")
            if str(step.row["project_id"]) not in over and self._size(step)[0] != "not_met"
        ]  # fmt: skip
        return self._first(standing, self._talks)

    def _size(self, step: _Step) -> tuple[Outcome, Statement]:
        rate = self.question.yuan_per_usd.get(str(step.row["project_id"]))
        return filing_size(step.row, self.policy, rate)

    def by_list(self) -> list[Claim]:
        """C5: the first on the list with a binding agreement shuts out the others."""
        bound = {str(step.row["project_id"]) for step in self.steps("agreement")}
        ledger = Ledger(self.projects, self.events, self.moment.date().isoformat())
        left = ledger.left_list(ledger.as_of)
        gone, unsaid = set(ledger.ids(left.yes)), set(ledger.ids(left.open))
        listed = [
            step for step in self.steps("listed")
            if str(step.row["project_id"]) in bound - gone - self.over()
        ]  # fmt: skip
        return self._first(listed, lambda step: self._listed(step, unsaid))

    @staticmethod
    def _first(steps: list[_Step], claim_of: Callable[[_Step], Claim | None]) -> list[Claim]:
        """Take claims in their order up to the first that is certain."""
        found: list[Claim] = []
        for step in steps:
            claim = claim_of(step)
            if claim is not None:
                found.append(claim)
            if step.likeness == "same" and (claim is None or claim.doubt is None):
                break
        return found

    def _talks(self, step: _Step) -> Claim | None:
        """Give the claim of a filing; None where its period is over."""
        dated = self.policy.rule("B5", "exclusive_talks")
        project_id = str(step.row["project_id"])
        size, why_size = self._size(step)
        period = self._period(step, int(dated.rule.number))
        until = period.ends_at(self.zone)
        doubt: tuple[Doubt | None, Statement | None] = (None, None)
        if self.moment >= until:
            days = self.policy.setting_number("unknown_holidays", "longest_holiday_days")
            if period.is_certain or (self.moment - until).days >= days:
                return None
            doubt = "no_data", say("talks_end_unknown", last_day=period.last_day.isoformat())
        elif size == "no_data":
            doubt = "no_data", why_size
        elif step.likeness == "near":
            doubt = "review", say("matter_near", project_id=project_id)
        code = "talks_first" if period.is_certain else "talks_first_open"
        said = say(
            code, unit_id=step.unit_id or "–", project_id=project_id, filed_on=step.on,
            last_day=period.last_day.isoformat(),
        )  # fmt: skip
        return Claim(step.unit_id, project_id, dated, until, said, *doubt)

    def _period(self, step: _Step, months: int) -> Period:
        """Give the period of a filing with the renewals that were entered while it ran."""
        filed_on, holidays = date.fromisoformat(step.on), self.question.holidays
        period = period_from(filed_on, months, holidays)
        most = int(self.policy.setting_number("talks_renewal", "most"))
        own = self.events["project_id"].eq(str(step.row["project_id"]))
        renewed = self.events["event_kind"].eq(RENEWAL) & own
        days = sorted(str(day) for day in self.events["event_on"][renewed.fillna(value=False)])
        for count, day in enumerate(days[:most], start=2):
            if not step.on <= day <= period.last_day.isoformat():
                break
            period = period_from(filed_on, months * count, holidays)
        return period

    def _listed(self, step: _Step, unsaid: set[str]) -> Claim:
        project_id = str(step.row["project_id"])
        doubt: tuple[Doubt | None, Statement | None] = (None, None)
        if step.likeness == "near":
            doubt = "review", say("matter_near", project_id=project_id)
        elif project_id in unsaid:
            doubt = "no_data", say("exit_reason_missing", project_id=project_id)
        said = say(
            "listed_first", unit_id=step.unit_id or "–", project_id=project_id, listed_on=step.on
        )
        return Claim(
            step.unit_id, project_id, self.policy.rule("C5"), None, said, *doubt
        )  # fmt: skip
