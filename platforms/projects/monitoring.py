"""Milestones, warnings, problem list."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pandas as pd

from geo.units import compare
from platforms.ledger.calendar import moment_of
from platforms.ledger.claims import zone_of
from platforms.ledger.entry import nodes_of
from platforms.ledger.events import contradictions, in_force, stage_models
from platforms.ledger.histories import kinds_of
from platforms.ledger.rows import Row, number_of, text_of
from platforms.policy.in_force import PolicySet
from platforms.policy.verdict import Statement, say
from platforms.projects.responsibility import CITY_LEADER, least_investment

OVER_KINDS = ("ended", "production", "completed")
OVER_STAGES = ("ended", "in_production")


@dataclass(frozen=True)
class LedgerWarning:
    """One thing that is late or missing.

    ``project_id``: The project.
    ``unit_id, role``: Responsible unit, and role of the leader in charge; None where not stated.
    ``rule_id, part``: The rule.
    ``statement``: What.
    ``days``: For how many days, None where that isn't counted.
    """

    project_id: str
    unit_id: str | None
    role: str | None
    rule_id: str
    part: str
    statement: Statement
    days: int | None = None


@dataclass(frozen=True)
class Desk:
    """What warnings are drawn from.

    ``projects, events, problems``: Tables ``projects``, ``project_events``, ``problems``.
    ``policy``: Rules on the as-of date.
    ``as_of``: The day (ISO).
    """

    projects: pd.DataFrame
    events: pd.DataFrame
    problems: pd.DataFrame
    policy: PolicySet
    as_of: str


def warnings_on(desk: Desk) -> tuple[LedgerWarning, ...]:
    """List what is late or missing on a day.

    Parameters
    ----------
    desk
        Tables, rules and day.

    Returns
    -------
    tuple of LedgerWarning
        By unit, then project, then rule.

    Notes
    -----
    B8 《进一步推动招大引强工作实施方案》 二（一）; C7 嘉政办发〔2018〕52号 四（三）;
    D8, D10 磐安 四（一）, 二; E5, E6 长春 五（二）30–32.
    """
    past = in_force(desk.events, desk.as_of)
    histories = dict(iter(past.groupby("project_id")))
    found: list[LedgerWarning] = []
    for row in desk.projects.to_dict("records"):
        own = histories.get(str(row["project_id"]), past.iloc[:0])
        found += _of_order(row, own, desk)
        if text_of(row, "stage") in OVER_STAGES or own["event_kind"].isin(OVER_KINDS).any():
            continue
        found += _of_updates(row, own, desk)
        found += _of_plans(row, own, desk)
        found += _of_assignment(row, desk)
    found += _of_problems(desk)
    return tuple(
        sorted(found, key=lambda one: (one.unit_id or "", one.project_id, one.rule_id, one.part))
    )


def _about(
    row: Row, rule: tuple[str, str], statement: Statement, days: int | None = None
) -> LedgerWarning:
    return LedgerWarning(
        str(row["project_id"]), text_of(row, "unit_id"), text_of(row, "leader_role"), *rule,
        statement, days,
    )  # fmt: skip


def _of_order(row: Row, own: pd.DataFrame, desk: Desk) -> Iterator[LedgerWarning]:
    """Stages that are missing or the wrong way round (B8, C7, D10)."""
    firsts = own.groupby("event_kind")["event_on"].min()
    days = {str(kind): str(day) for kind, day in firsts.items()}
    for one in contradictions(days, stage_models(desk.policy)):
        if one.predecessor_on is None:
            said = say("warning_stage_missing", steps=one.kind, predecessor=one.predecessor)
        else:
            said = say(
                "warning_stage_order", steps=one.kind, on=one.on, predecessor=one.predecessor,
                predecessor_on=one.predecessor_on,
            )  # fmt: skip
        yield _about(row, (one.model.rule_id, one.model.part), said)


def _of_updates(row: Row, own: pd.DataFrame, desk: Desk) -> Iterator[LedgerWarning]:
    """Projects under way that nobody entered anything of for so many days (D8)."""
    if "stale" not in desk.policy.parts("D8"):
        return
    zone = zone_of(desk.policy)
    entered = [moment_of(str(text), zone).date() for text in own["entered_at"]]
    today = date.fromisoformat(desk.as_of)
    until_today = [day for day in entered if day <= today]
    if not until_today:
        yield _about(row, ("D8", "stale"), say("warning_never_updated"))
        return
    last = max(until_today)
    days, most = (today - last).days, desk.policy.setting_number("stale_days", "days")
    if days >= most:
        said = say("warning_stale", days=days, last=last.isoformat())
        yield _about(row, ("D8", "stale"), said, days)


def _of_plans(row: Row, own: pd.DataFrame, desk: Desk) -> Iterator[LedgerWarning]:
    """Nodes that are overdue by their plan, or due within the days of notice (C7)."""
    if not desk.policy.parts("C7"):
        return
    kinds = kinds_of(desk.policy.rule("C7"))
    for node in nodes_of(own.to_dict("records"), kinds, desk.policy):
        if node.done_on is not None or node.days is None or node.light == "green":
            continue
        on = node.planned_on or ""
        if node.light == "red":
            said = say("warning_node_overdue", steps=node.kind, on=on, days=-node.days)
        else:
            said = say("warning_node_due", steps=node.kind, on=on, days=node.days)
        yield _about(row, ("C7", ""), said, abs(node.days))


def _of_assignment(row: Row, desk: Desk) -> Iterator[LedgerWarning]:
    """Projects so large that a leader of the city and a secretary have to look after them (E5)."""
    invested = number_of(row, "investment_yi_yuan")
    if invested is None:
        return
    lacks = {
        "leader": text_of(row, "leader") is None or text_of(row, "leader_role") != CITY_LEADER,
        "secretary": text_of(row, "secretary") is None,
    }
    for part in desk.policy.parts("E5"):
        least = least_investment(desk.policy.rule("E5", part))
        if lacks.get(part) and compare(invested, least) >= 0:
            said = (
                say("warning_no_leader", invested=invested, least=least)
                if part == "leader"
                else say("warning_no_secretary", invested=invested, least=least)
            )
            yield _about(row, ("E5", part), said)


def _of_problems(desk: Desk) -> Iterator[LedgerWarning]:
    """Problems filed and not sent out by the day of the month (E6); a meeting is as needed."""
    if "sent" not in desk.policy.parts("E6"):
        return
    last = int(desk.policy.rule("E6", "sent").rule.number)
    today = date.fromisoformat(desk.as_of)
    for row in desk.problems.to_dict("records"):
        filed, sent = text_of(row, "filed_on"), text_of(row, "sent_on")
        if filed is None or text_of(row, "project_id") is None:
            continue
        resolved = text_of(row, "resolved_on")
        is_done = any(day is not None and day <= desk.as_of for day in (sent, resolved))
        due = date.fromisoformat(filed).replace(day=last)
        if is_done or filed > desk.as_of or today <= due or filed > due.isoformat():
            continue
        said = say("warning_problem_unsent", problem_id=str(row["problem_id"]), due=due.isoformat())
        yield _about(row, ("E6", "sent"), said, (today - due).days)


State = Literal["resolved", "sent", "waiting", "late", "filed_late", "no_data"]
PARTS = ("filed", "sent", "meeting")
DATES = ("sent_on", "met_on", "resolved_on")


@dataclass(frozen=True)
class ProblemStatus:
    """One problem on a day.

    ``row``: Its row of ``problems``, with what came after the day left out.
    ``state``: ``resolved``; ``sent`` to who has to solve it; ``waiting`` to be sent, not yet
      late; ``late``; ``filed_late`` where it came in after the day for filing, so that it goes with
      the next month's; ``no_data`` without a day of filing.
    ``due_on``: Day (ISO) by which it is to be sent out, None where the packs name none.
    ``meeting_by``: Day (ISO) of the meeting, held as needed.
    """

    row: Row
    state: State
    due_on: str | None
    meeting_by: str | None

    @property
    def is_open(self) -> bool:
        """Whether it still has to be solved."""
        return self.state != "resolved"


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
        The day (ISO); a problem filed after it isn't there yet.

    Returns
    -------
    tuple of ProblemStatus
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
    found = [_status(row, days, as_of) for row in known]
    return tuple(
        sorted(found, key=lambda one: (not one.is_open, text_of(one.row, "filed_on") or "",
                                       str(one.row["problem_id"])))
    )  # fmt: skip


def _status(row: Row, days: Mapping[str, int], as_of: str) -> ProblemStatus:
    later = {name: None for name in DATES if (text_of(row, name) or "") > as_of}
    seen: Row = dict(row) | later
    filed = text_of(row, "filed_on")
    if filed is None:
        return ProblemStatus(seen, "no_data", None, None)
    month = _month_of(date.fromisoformat(filed), days)
    due, meeting = (
        month.replace(day=days[part]).isoformat() if part in days else None
        for part in ("sent", "meeting")
    )
    return ProblemStatus(seen, _state(seen, filed, days, due, as_of), due, meeting)


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
