"""Where each problem of the list stands: filed, sent out, met about, resolved (问题清单, E6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pandas as pd

from platforms.policy.dated import PolicySet
from platforms.projects.rows import Row, text_of

State = Literal["resolved", "sent", "waiting", "late", "filed_late", "no_data"]
PARTS = ("filed", "sent", "meeting")
DATES = ("sent_on", "met_on", "resolved_on")


@dataclass(frozen=True)
class ProblemStanding:
    """One problem on a day.

    Attributes
    ----------
    row
        Its row of ``problems``, with what came after the day left out.
    state
        ``resolved``; ``sent`` to who has to solve it; ``waiting`` to be sent, not yet late;
        ``late``; ``filed_late`` where it came in after the day for filing, so that it goes with
        the next month's; ``no_data`` without a day of filing.
    due_on
        Day (ISO) by which it is to be sent out, None where the packs name none.
    meeting_by
        Day (ISO) of the meeting, held as needed.
    """

    row: Row
    state: State
    due_on: str | None
    meeting_by: str | None

    @property
    def is_open(self) -> bool:
        """Whether it still has to be solved."""
        return self.state != "resolved"


def problem_standings(
    problems: pd.DataFrame, policy: PolicySet, as_of: str
) -> tuple[ProblemStanding, ...]:
    """Say where each problem stands on a day.

    Parameters
    ----------
    problems
        Table ``problems``.
    policy
        Rules on that day: E6 names the days of the month.
    as_of
        The day (ISO); a problem filed after it isn't there yet.

    Returns
    -------
    tuple of ProblemStanding
        The open ones first, then by day of filing.

    Notes
    -----
    长春 五（二）32: filed by the 10th, sent out by the 15th, a meeting by the 25th as needed.
    """
    days = {
        part: int(policy.rule("E6", part).rule.number)
        for part in PARTS
        if part in policy.parts("E6")
    }
    rows: list[Row] = list(problems.to_dict("records"))
    known = [row for row in rows if (text_of(row, "filed_on") or "") <= as_of]
    found = [_standing(row, days, as_of) for row in known]
    return tuple(
        sorted(found, key=lambda one: (not one.is_open, text_of(one.row, "filed_on") or "",
                                       str(one.row["problem_id"])))
    )  # fmt: skip


def _standing(row: Row, days: Mapping[str, int], as_of: str) -> ProblemStanding:
    later = {name: None for name in DATES if (text_of(row, name) or "") > as_of}
    seen: Row = dict(row) | later
    filed = text_of(row, "filed_on")
    if filed is None:
        return ProblemStanding(seen, "no_data", None, None)
    month = _month_of(date.fromisoformat(filed), days)
    due, meeting = (
        month.replace(day=days[part]).isoformat() if part in days else None
        for part in ("sent", "meeting")
    )
    return ProblemStanding(seen, _state(seen, filed, days, due, as_of), due, meeting)


def _month_of(filed: date, days: Mapping[str, int]) -> date:
    """Give the month whose days count: what is filed after the day goes with the next month's."""
    first = filed.replace(day=1)
    if "filed" not in days or filed.day <= days["filed"]:
        return first
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _state(row: Row, filed: str, days: Mapping[str, int], due: str | None, as_of: str) -> State:
    if text_of(row, "resolved_on") is not None:
        return "resolved"
    if text_of(row, "sent_on") is not None:
        return "sent"
    if due is not None and as_of > due:
        return "late"
    if "filed" in days and date.fromisoformat(filed).day > days["filed"]:
        return "filed_late"
    return "waiting"
