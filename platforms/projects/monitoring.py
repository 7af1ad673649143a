"""What is late or missing in the ledger on a day: stages, plans, updates, people, problems."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pandas as pd

from geo.units import compare
from platforms.ledger.calendar import moment_of
from platforms.ledger.claims import zone_of
from platforms.ledger.entry import nodes_of
from platforms.ledger.events import contradictions, in_force, stage_models
from platforms.ledger.histories import OVER_KINDS, OVER_STAGES, kinds_of
from platforms.ledger.rows import Row, number_of, text_of
from platforms.policy.in_force import PolicySet
from platforms.policy.verdict import Statement, say
from platforms.projects.problem_list import problem_statuses
from platforms.projects.responsibility import CITY_LEADER, least_investment

OVERDUE = {"unfiled": ("filed", "warning_problem_unfiled"),
           "late": ("sent", "warning_problem_unsent")}  # fmt: skip
"""Part of E6 and warning of a problem in such a state."""


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
    """Problems not filed or sent out by the day of the month (E6); a meeting is as needed."""
    today = date.fromisoformat(desk.as_of)
    for problem in problem_statuses(desk.problems, desk.policy, desk.as_of):
        overdue = OVERDUE.get(problem.state)
        if overdue is None or text_of(problem.row, "project_id") is None:
            continue
        part, code = overdue
        due = problem.due[part]
        said = say(code, problem_id=str(problem.row["problem_id"]), due=due)
        yield _about(problem.row, ("E6", part), said, (today - date.fromisoformat(due)).days)
