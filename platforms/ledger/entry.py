"""Planned nodes; checks of a new entry."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pandas as pd

from geo.tools import nearest_name
from platforms.errors import PlanningError
from platforms.ledger.counting import NEVER
from platforms.ledger.events import (
    CORRECTION,
    Contradiction,
    contradictions,
    in_force,
    stage_models,
)
from platforms.ledger.histories import DELISTED, first_days
from platforms.ledger.phases import whole_project
from platforms.ledger.rows import Row, is_credit_code, number_of, project_row, text_of
from platforms.policy.check import holds
from platforms.policy.in_force import PolicySet, iso_day

PLANNED = "node_planned"
LIGHTS = "node_lights"
Light = Literal["green", "yellow", "red", "grey"]


@dataclass(frozen=True)
class Node:
    """One node of a project.

    ``kind``: Kind of event that reaches it.
    ``planned_on, done_on``: Planned and actual day (ISO), None where there is none.
    ``light``: ``green`` done, or planned for later; ``yellow`` due within the days of notice, or
      done after its day; ``red`` overdue; ``grey`` neither done nor planned: nothing is known.
    ``days``: Days until the planned day; negative: overdue, or done so much later. None without a
      plan.
    """

    kind: str
    planned_on: str | None
    done_on: str | None
    light: Light
    days: int | None


def planned_days(events: Sequence[Row]) -> dict[str, str]:
    """Give the planned day (ISO) of each node, by the plan entered last.

    ``events``: Events of one project by the as-of date, in the order in which they happened.
    """
    plans = [one for one in events if one["event_kind"] == PLANNED]
    found = {}
    for one in sorted(plans, key=lambda event: int(event["entry_seq"])):
        kind, day = text_of(one, "planned_kind"), text_of(one, "planned_on")
        if kind is not None and day is not None:
            found[kind] = day
    return found


def nodes_of(events: Sequence[Row], kinds: Sequence[str], policy: PolicySet) -> tuple[Node, ...]:
    """Give the nodes of a project in order.

    Parameters
    ----------
    events
        Events of one project by the as-of date, in the order in which they happened.
    kinds
        The nodes: those of a stage model.
    policy
        Rules on the as-of date; ``node_lights`` states the days of notice, without which no node is
        yellow ahead of its day.

    Returns
    -------
    tuple of Node
        One each.
    """
    done, plans = first_days(events), planned_days(events)
    has_notice = LIGHTS in policy.pack.assumptions
    notice = int(policy.setting_number(LIGHTS, "notice_days")) if has_notice else -1
    return tuple(
        _node(kind, plans.get(kind), done.get(kind), policy.as_of, notice) for kind in kinds
    )


def _node(kind: str, planned: str | None, done: str | None, as_of: str, notice: int) -> Node:
    if planned is None:
        return Node(kind, None, done, "grey" if done is None else "green", None)
    days = (date.fromisoformat(planned) - date.fromisoformat(done or as_of)).days
    if done is not None:
        return Node(kind, planned, done, "green" if days >= 0 else "yellow", days)
    light: Light = "red" if days < 0 else "yellow" if days <= notice else "green"
    return Node(kind, planned, None, light, days)


ENDED = "ended"
CODE_KIND = "project_code"
INVESTMENTS = ("investment_yi_yuan", "investment_yi_usd")


@dataclass(frozen=True)
class Book:
    """What is on file when an entry is made.

    ``projects, events, units``: Tables of those names.
    ``policy``: Rules on the day of entry.
    ``last_day``: Last day (ISO) on which anything can have happened: that of the entry.
    """

    projects: pd.DataFrame
    events: pd.DataFrame
    units: pd.DataFrame
    policy: PolicySet
    last_day: str


def check_project(row: Row, book: Book) -> None:
    """Refuse a new project that can't be as stated.

    Parameters
    ----------
    row
        Its values by column of ``projects``.
    book
        What is on file.

    Raises
    ------
    PlanningError
        ``entry_blank``, ``project_on_file``, ``ledger_unit_unknown``,
        ``investment_bad``, ``credit_code_bad``,
        ``project_code_taken``, ``project_not_on_file`` (the whole of a phase),
        ``phase_of_itself``, ``phase_too_many``.

    Notes
    -----
    C4 嘉政办发〔2018〕52号 三（二）: one code, and so many phases at most.
    """
    for column in ("project_id", "name"):
        if column in row and text_of(row, column) is None:
            raise PlanningError("entry_blank", column=column)
    project_id = str(row["project_id"])
    if book.projects["project_id"].eq(project_id).fillna(value=False).any():
        raise PlanningError("project_on_file", project_id=project_id)
    _check_unit(text_of(row, "unit_id"), book.units)
    for column in INVESTMENTS:
        amount = number_of(row, column)
        if amount is not None and not (math.isfinite(amount) and amount >= 0):
            raise PlanningError("investment_bad", amount=amount)
    for column in ("credit_code", "parent_credit_code"):
        code = text_of(row, column)
        if code is not None and not is_credit_code(code):
            raise PlanningError("credit_code_bad", credit_code=code)
    _check_code(text_of(row, CODE_KIND), project_id, book)
    _check_phase(text_of(row, "phase_of"), project_id, book)


def check_event(row: Row, book: Book) -> None:
    """Refuse a new event that contradicts what is on file.

    Parameters
    ----------
    row
        Its values by column of ``project_events``, numbered behind all others.
    book
        What is on file.

    Raises
    ------
    PlanningError
        ``project_not_on_file``, ``ledger_unit_unknown``, ``as_of_not_a_date``,
        ``event_in_future``, ``event_before_predecessor``, ``event_predecessor_missing``,
        ``event_after_end``, ``project_code_taken``, ``correction_needs_event``,
        ``correction_only``, ``event_not_on_file``, ``correction_of_other``, ``plan_incomplete``,
        ``plan_only``, ``exit_reason_needed`` (C6).
    """
    project_id = str(row["project_id"])
    project_row(book.projects, project_id)
    _check_unit(text_of(row, "unit_id"), book.units)
    for column in ("event_on", "corrected_on"):
        day = text_of(row, column)
        if day is not None and iso_day(day) > book.last_day:
            raise PlanningError("event_in_future", day=day, last_day=book.last_day)
    _check_correction(row, book.events)
    _check_plan(row)
    if row["event_kind"] == DELISTED and text_of(row, "exit_reason") is None:
        raise PlanningError("exit_reason_needed", project_id=project_id)
    if row["event_kind"] == CODE_KIND:
        _check_code(text_of(row, "detail"), project_id, book)
    _check_order(row, book)


def _check_unit(unit_id: str | None, units: pd.DataFrame) -> None:
    known = [str(one) for one in units["unit_id"]]
    if unit_id not in known:
        raise PlanningError(
            "ledger_unit_unknown", unit_id=unit_id or "–",
            nearest=nearest_name(unit_id or "", known) or "–",
        )  # fmt: skip


def _check_code(code: str | None, project_id: str, book: Book) -> None:
    """One code is one project's: neither its row nor an event of another one may have it."""
    if code is None:
        return
    others = book.projects.loc[book.projects[CODE_KIND].eq(code).fillna(value=False), "project_id"]
    coded = book.events["event_kind"].eq(CODE_KIND) & book.events["detail"].eq(code)
    named = {*map(str, others), *map(str, book.events.loc[coded.fillna(value=False), "project_id"])}
    if named := named - {project_id}:
        raise PlanningError("project_code_taken", project_code=code, project_id=min(named))


def _check_phase(root: str | None, project_id: str, book: Book) -> None:
    if root is None:
        return
    if root == project_id:
        raise PlanningError("phase_of_itself", project_id=project_id)
    project_row(book.projects, root)
    if "phases" not in book.policy.parts("C4"):
        return
    entered = pd.DataFrame([{"project_id": project_id, "phase_of": root}])
    count = len(whole_project(pd.concat([book.projects, entered]), project_id).phases)
    rule = book.policy.rule("C4", "phases").rule
    if not holds(rule, float(count)):
        raise PlanningError("phase_too_many", project_id=root, count=count, most=int(rule.number))


def _check_correction(row: Row, events: pd.DataFrame) -> None:
    corrects = text_of(row, "corrects")
    if row["event_kind"] != CORRECTION:
        if corrects is not None or text_of(row, "corrected_on") is not None:
            raise PlanningError("correction_only")
        return
    if corrects is None:
        raise PlanningError("correction_needs_event")
    named = events[events["event_id"].eq(corrects).fillna(value=False).to_numpy(dtype=bool)]
    if not len(named):
        raise PlanningError("event_not_on_file", event_id=corrects)
    (first, *_) = named.to_dict("records")
    if first["project_id"] != row["project_id"] or first["event_kind"] == CORRECTION:
        raise PlanningError("correction_of_other", event_id=corrects, project_id=row["project_id"])


def _check_plan(row: Row) -> None:
    """Refuse a plan without node and day, and another event with either."""
    stated = [text_of(row, column) is not None for column in ("planned_kind", "planned_on")]
    if row["event_kind"] == PLANNED and not all(stated):
        raise PlanningError("plan_incomplete")
    if row["event_kind"] != PLANNED and any(stated):
        raise PlanningError("plan_only")
    if stated[1]:
        iso_day(str(row["planned_on"]))


def _check_order(row: Row, book: Book) -> None:
    """Refuse what brings a contradiction that wasn't there; one that was can still be corrected."""
    own = book.events["project_id"].eq(row["project_id"]).fillna(value=False).to_numpy(dtype=bool)
    before = book.events[own]
    after = pd.DataFrame([*before.to_dict("records"), row]).reindex(columns=before.columns)
    models = stage_models(book.policy)
    held, now = _first_days(before), _first_days(after)
    ended_on = held.get(ENDED)
    staged = {kind for model in models for kind in model.stages}
    if ended_on is not None and row["event_kind"] in staged and str(row["event_on"]) > ended_on:
        raise PlanningError("event_after_end", project_id=row["project_id"], ended_on=ended_on)
    known = {(one.code, one.kind, one.predecessor) for one in contradictions(held, models)}
    for one in contradictions(now, models):
        if (one.code, one.kind, one.predecessor) not in known:
            raise _as_error(one)


def _first_days(events: pd.DataFrame) -> dict[str, str]:
    firsts = in_force(events, NEVER).groupby("event_kind")["event_on"].min()
    return {str(kind): str(day) for kind, day in firsts.items()}


def _as_error(one: Contradiction) -> PlanningError:
    if one.predecessor_on is None:
        return PlanningError(
            "event_predecessor_missing", steps=one.kind, predecessor=one.predecessor,
            rule=one.model.rule_id,
        )  # fmt: skip
    return PlanningError(
        "event_before_predecessor", steps=one.kind, on=one.on, predecessor=one.predecessor,
        predecessor_on=one.predecessor_on, rule=one.model.rule_id,
    )  # fmt: skip
