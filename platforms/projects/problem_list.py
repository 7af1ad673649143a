"""The monthly list of problems: filed, sent out, met on (E6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pandas as pd

from platforms.ledger.rows import Row, text_of
from platforms.policy.check import CheckJob, judge
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.registry import check
from platforms.policy.verdict import Evidence, Verdict, say

LAYER = "problems"
COLUMNS = {"filed": "filed_on", "sent": "sent_on", "meeting": "met_on"}
"""Parts of E6, and the column that says on which day each step was taken."""
LATER = ("filed_on", "sent_on", "met_on", "resolved_on")

State = Literal["resolved", "sent", "waiting", "filed_late", "late", "unfiled", "no_data"]


@dataclass(frozen=True)
class ProblemStatus:
    """One problem on a day.

    ``row``: Its row of ``problems``, with what came after the day left out.
    ``state``: ``resolved``; ``sent`` to who has to solve it; ``waiting`` to be filed or sent, not
      yet late; ``filed_late``, still to be sent out; ``late`` in being sent out; ``unfiled`` after
      the day for it; ``no_data`` without a day on which it was found or filed.
    ``found_on``: Day (ISO) it was found: where not stated the day of filing stands for it.
    ``due``: Day (ISO) of each part of E6 for the list it belongs to; empty where the packs name
      none.
    ``days``: Day of each step taken or overdue, counted from the first of the month of its list, 0
      where it lies before that.
    """

    row: Row
    state: State
    found_on: str | None
    due: Mapping[str, str]
    days: Mapping[str, int]

    @property
    def is_open(self) -> bool:
        """Whether it still has to be solved."""
        return self.state != "resolved"

    @property
    def list_year(self) -> int | None:
        """Year of the month whose list it belongs to."""
        return int(min(self.due.values())[:4]) if self.due else None

    def is_late(self, part: str) -> bool:
        """Whether a step was taken after its day, or is overdue."""
        return part in self.days and self.days[part] > date.fromisoformat(self.due[part]).day


def problem_statuses(
    problems: pd.DataFrame, policy: PolicySet, as_of: str
) -> tuple[ProblemStatus, ...]:
    """Say where each problem stands on a day.

    Parameters
    ----------
    problems
        Table ``problems``.
    policy
        Rules on that day: E6 names the days of the month.
    as_of
        The day (ISO); a problem found after it isn't there yet.

    Returns
    -------
    tuple of ProblemStatus
        The open ones first, then by day found.

    Notes
    -----
    长春 五（二）32: filed by the 10th, sent out by the 15th, a meeting by the 25th as needed; the
    days are included and never move (S12). What is found after the 10th belongs to the list of the
    next month.
    """
    last_days = {
        part: int(policy.rule("E6", part).rule.number)
        for part in COLUMNS
        if part in policy.parts("E6")
    }
    rows: list[Row] = list(problems.to_dict("records"))
    statuses = [
        _status(row, last_days, as_of) for row in rows if (_found_on(row) or "") <= as_of
    ]  # fmt: skip
    return tuple(
        sorted(
            statuses,
            key=lambda each: (not each.is_open, each.found_on or "", str(each.row["problem_id"])),
        )
    )


def _found_on(row: Row) -> str | None:
    """Give the day a problem was found; what was filed had been found by then."""
    known = [day for day in (text_of(row, "found_on"), text_of(row, "filed_on")) if day is not None]
    return min(known, default=None)


def _status(row: Row, last_days: Mapping[str, int], as_of: str) -> ProblemStatus:
    later = {name: None for name in LATER if (text_of(row, name) or "") > as_of}
    seen: Row = dict(row) | later
    found_on = _found_on(row)
    if found_on is None:
        return ProblemStatus(seen, "no_data", None, {}, {})
    month = _list_month(date.fromisoformat(found_on), last_days)
    due = {part: month.replace(day=day).isoformat() for part, day in last_days.items()}
    state = _state(seen, due, as_of)
    return ProblemStatus(seen, state, found_on, due, _days(seen, due, month, as_of))


def _list_month(found: date, last_days: Mapping[str, int]) -> date:
    """Give the month whose list a problem belongs to: found after the day of filing, the next."""
    first = found.replace(day=1)
    if "filed" not in last_days or found.day <= last_days["filed"]:
        return first
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _days(row: Row, due: Mapping[str, str], month: date, as_of: str) -> dict[str, int]:
    """Count the day of each step; a meeting that wasn't held isn't overdue."""
    days = {}
    filed, resolved = text_of(row, "filed_on"), text_of(row, "resolved_on")
    for part, last in due.items():
        on = text_of(row, COLUMNS[part])
        # Nobody can send out what hasn't come in.
        may_wait = part == "filed" or (part == "sent" and filed is not None)
        if on is None and may_wait and resolved is None and as_of > last:
            on = as_of
        if on is not None:
            days[part] = max(0, (date.fromisoformat(on) - month).days + 1)
    return days


def _state(row: Row, due: Mapping[str, str], as_of: str) -> State:
    if text_of(row, "resolved_on") is not None:
        return "resolved"
    if text_of(row, "sent_on") is not None:
        return "sent"
    filed = text_of(row, "filed_on")
    if filed is None:
        return "unfiled" if "filed" in due and as_of > due["filed"] else "waiting"
    if "sent" in due and as_of > due["sent"]:
        return "late"
    return "filed_late" if "filed" in due and filed > due["filed"] else "waiting"


@check("E6", *COLUMNS)
def problem_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge the latest day of the month on which a step was taken.

    ``dated``: E6, part ``filed``, ``sent`` or ``meeting`` [日].

    Of the city, over the lists of the year. The days are counted from the first of the month of the
    list, so what is sent out on the 3rd of the next month is late by its length. Not yet filed or
    sent counts as of the as-of date once it is late; a meeting that wasn't held isn't overdue.

    长春 五（二）32, as ``problem_statuses``.
    """
    if not job.is_whole_city:
        return []
    statuses = job.per_rule(_statuses)
    of_year = [each for each in statuses if each.list_year == job.year]
    if not of_year:
        undated = sum(each.state == "no_data" for each in statuses)
        said = say("e6_none", year=job.year, count=undated)
        return [judge(dated, None, year=job.year, reasons=(said,))]
    part = dated.rule.part
    concerned = [each for each in of_year if part in each.days]
    if not concerned:
        said = say("e6_none_due")
        return [judge(dated, None, year=job.year, outcome="not_applicable", reasons=(said,))]
    late = [each for each in concerned if each.is_late(part)]
    in_time = [each for each in concerned if not each.is_late(part)]
    evidence = [
        Evidence(LAYER, _ids(group), say(code))
        for code, group in (("e6_late", late), ("e6_in_time", in_time))
        if group
    ]
    latest = max(each.days[part] for each in concerned)
    return [judge(dated, float(latest), year=job.year, evidence=tuple(evidence))]


def _statuses(job: CheckJob) -> tuple[ProblemStatus, ...]:
    problems = pd.DataFrame(job.source.read(LAYER))
    return problem_statuses(problems, job.policy, job.policy.as_of)


def _ids(statuses: Sequence[ProblemStatus]) -> tuple[str, ...]:
    return tuple(sorted(str(each.row["problem_id"]) for each in statuses))
