"""What is due on a day: milestones of units, warnings of the ledger, talks about to end."""

from datetime import date, timedelta

import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.land import unit_names
from app.context import Context
from layers.exchange.sheet import Sheet
from platforms.projects.claims import TalksQuestion, claims_on
from platforms.projects.corrections import in_force
from platforms.projects.official_calendar import official_holidays
from platforms.projects.rows import text_of
from platforms.projects.warnings import OVER_KINDS, OVER_STAGES, Desk, warnings_on
from platforms.source import viewer_of

COLUMNS = ("due_sign", "due_kind", "unit_name", "project_id", "due_on", "due_days", "due_said")
DAYS_AHEAD = 7
"""How far ahead the list of a day looks."""
COUNTED_DAYS = {"warning_node_due": 1, "warning_node_overdue": -1, "warning_problem_unsent": -1}
"""Warnings that count days to or after a day; others count for how long nothing was entered."""
LONGEST_MONTH, LONGEST_HOLIDAY = 31, 31


def due_answer(context: Context) -> Answer:
    """Answer what is due on the as-of date or within seven days, and what is overdue.

    Parameters
    ----------
    context
        Workspace, rules, language.

    Returns
    -------
    Answer
        JSON key ``due``; one sheet, the longest overdue first. ``due_days`` counts the days left,
        negative where they are over, missing where nothing counts them.
    """
    words = context.words
    rows = [*_milestones(context), *_talks(context), *_warned(context)]
    rows.sort(key=lambda row: (row["days"] is None, row["days"] or 0, str(row["project_id"])))
    names = unit_names(context)
    listed = pd.DataFrame(
        [
            {
                "due_sign": words.text(f"due_sign_{row['code']}"),
                "due_kind": words.text(f"due_kind_{row['kind']}"),
                "unit_name": names.get(str(row["unit_id"]), row["unit_id"]),
                "project_id": row["project_id"], "due_on": row["on"], "due_days": row["days"],
                "due_said": row["text"],
            }
            for row in rows
        ],
        columns=list(COLUMNS),
    ).astype({"due_days": "Int64"})  # fmt: skip
    counts = words.joined(
        words.text("due_count", kind=words.text(f"due_kind_{kind}"), count=count)
        for kind in ("milestone", "warning", "talks")
        if (count := sum(row["kind"] == kind for row in rows))
    )
    said = ("summary_due", {"counts": counts}) if rows else ("summary_due_none", {})
    return Answer(
        title=words.text("title_due"),
        parameters={"days_ahead": DAYS_AHEAD},
        result={"due": rows},
        sheets=(Sheet(words.text("title_due"), listed),),
        titles=column_titles(words, ("unit_name", *(c for c in COLUMNS if c.startswith("due_")))),
        summary=(words.text(said[0], as_of=context.as_of, **said[1]),),
    )


def _row(
    context: Context, kind: str, unit_id: object, project_id: object, on: str | None,
    days: int | None, text: str,
) -> dict[str, object]:  # fmt: skip
    code = "open" if days is None else "overdue" if days < 0 else "soon"
    return {
        "kind": kind, "code": code, "unit_id": unit_id, "project_id": project_id, "on": on,
        "days": days, "text": text,
    }  # fmt: skip


def _milestones(context: Context) -> list[dict[str, object]]:
    """Milestones of units that aren't done and overdue, or due within the days ahead."""
    today = date.fromisoformat(context.as_of)
    rows = []
    for one in context.source.read("unit_milestones").to_dict("records"):
        on, done = text_of(one, "due_on"), text_of(one, "done_on")
        if on is None or (done is not None and done <= context.as_of):
            continue
        days = (date.fromisoformat(on) - today).days
        if days <= DAYS_AHEAD:
            said = text_of(one, "milestone") or str(one["milestone_id"])
            rows.append(_row(context, "milestone", text_of(one, "unit_id"), None, on, days, said))
    return rows


def _warned(context: Context) -> list[dict[str, object]]:
    tables = (
        pd.DataFrame(context.source.read(name))
        for name in ("projects", "project_events", "problems")
    )
    rows = []
    for one in warnings_on(Desk(*tables, context.policy, context.as_of)):
        if viewer_of(context.source) not in (None, one.unit_id):
            continue  # what isn't open of another unit's project isn't missing there
        way = COUNTED_DAYS.get(one.statement.code)
        days = None if way is None or one.days is None else way * one.days
        said = context.words.say(one.statement)
        on = None if days is None else _day(context, days)
        rows.append(_row(context, "warning", one.unit_id, one.project_id, on, days, said))
    return rows


def _talks(context: Context) -> list[dict[str, object]]:
    """Claims by first talks that end within the days ahead."""
    if "exclusive_talks" not in context.policy.parts("B5"):
        return []
    projects, events = (
        pd.DataFrame(context.source.read(name)) for name in ("projects", "project_events")
    )
    past = in_force(events, context.as_of)
    over = set(past.loc[past["event_kind"].isin(OVER_KINDS), "project_id"])
    reported = _reported_lately(context, past)
    rows = []
    for one in projects.to_dict("records"):
        project_id = str(one["project_id"])
        is_over = project_id in over or text_of(one, "stage") in OVER_STAGES
        if is_over or project_id not in reported:
            continue
        question = TalksQuestion(project_id, context.as_of, official_holidays())
        for claim in claims_on(question, projects, events, context.policy):
            if claim.project_id != project_id or claim.until is None:
                continue
            # A claim ends at midnight: the last day is the one before.
            last = (claim.until - timedelta(minutes=1)).date()
            days = (last - date.fromisoformat(context.as_of)).days
            if 0 <= days <= DAYS_AHEAD:
                said = context.words.say(claim.statement)
                rows.append(
                    _row(context, "talks", claim.unit_id, project_id, last.isoformat(), days, said)
                )
    return rows


def _reported_lately(context: Context, past: pd.DataFrame) -> set[str]:
    """Name the projects whose first report may still give a claim; asking each takes long."""
    months = int(context.policy.rule("B5", "exclusive_talks").rule.number)
    span = timedelta(days=months * LONGEST_MONTH + LONGEST_HOLIDAY)
    since = (date.fromisoformat(context.as_of) - span).isoformat()
    lately = past["event_kind"].eq("first_report") & past["event_on"].ge(since)
    return set(past.loc[lately.fillna(value=False), "project_id"].astype("str"))


def _day(context: Context, days: int) -> str:
    return (date.fromisoformat(context.as_of) + timedelta(days=days)).isoformat()
