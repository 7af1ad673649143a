"""Pairs of projects that may be one, each with the reasons and the timeline of both."""

import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.checks import plain
from app.answers.land import unit_names
from app.context import Context
from layers.exchange.sheet import Sheet
from platforms.projects.claims import TalksQuestion
from platforms.projects.conflicts import TIMELINE, Conflict, conflicts, timeline
from platforms.projects.exclusivity import exclusivity
from platforms.projects.official_calendar import official_holidays
from platforms.projects.rows import project_row, text_of
from platforms.projects.viewing import MASK, own_projects
from platforms.source import competition_of

COLUMNS = (
    "pair", "score", "project_id", "unit_name", "other_project_id", "other_unit_name", "reason",
    "talks",
)  # fmt: skip


def conflict_answer(context: Context, project_id: str | None) -> Answer:
    """Answer ``project conflicts`` (``project_not_on_file``)."""
    words, book = context.words, competition_of(context.source)
    projects = pd.DataFrame(book.read("projects"))
    if project_id is not None:
        project_row(projects, project_id)
    found = [
        one for one in conflicts(projects, context.policy)
        if (project_id is None or project_id in one.project_ids) and _is_seen(one, context)
    ]  # fmt: skip
    events = pd.DataFrame(context.source.read("project_events"))
    rows, lines, times = [], [], []
    for number, one in enumerate(found, start=1):
        past = timeline(one, events, context.as_of)
        steps = [{str(k): plain(v) for k, v in row.items()} for row in past.to_dict("records")]
        talks = _talks(one, projects, book.read("project_events"), context)
        rows.append(_as_row(one, context) | {"talks": talks, "timeline": steps})
        lines.append(_line(number, one, context) | {"talks": talks})
        times += [{"pair": number, **step} for step in steps]
    listed = pd.DataFrame(lines, columns=list(COLUMNS))
    return Answer(
        title=words.text("title_conflicts"),
        parameters={"project": project_id},
        result={"conflicts": rows},
        sheets=(
            Sheet(words.text("sheet_conflicts"), listed),
            Sheet(words.text("sheet_timeline"), pd.DataFrame(times, columns=["pair", *TIMELINE])),
        ),
        titles=column_titles(
            words, ("pair", "unit_name", "other_project_id", "other_unit_name", "reason", "talks")
        ),
        summary=(
            words.text(
                "summary_conflicts", count=len(found),
                between=sum(one.is_between_units for one in found),
            ),
        ),
        screen=listed[["project_id", "other_project_id", "score", "reason"]],
    )  # fmt: skip


def _is_seen(one: Conflict, context: Context) -> bool:
    """Whether whoever looks has a hand in it: a unit is told of the pairs with its own projects."""
    own = own_projects(context.source)
    return own is None or bool(own & set(one.project_ids))


def _talks(one: Conflict, projects: pd.DataFrame, events: pd.DataFrame, context: Context) -> str:
    """Say who may talk about the matter now (B5, C5)."""
    question = TalksQuestion(one.project_ids[0], context.as_of, official_holidays())
    found = exclusivity(question, projects, events, context.policy)
    return context.words.joined(context.words.say(reason) for reason in found.reasons)


def _as_row(one: Conflict, context: Context) -> dict[str, object]:
    return {
        "project_ids": list(one.project_ids),
        "unit_ids": [text_of(row, "unit_id") for row in (one.one, one.other)],
        "is_between_units": one.is_between_units,
        "score": one.score,
        "likeness": dict(one.likeness),
        "reasons": [
            {"code": said.code, "text": context.words.text(said.code, **said.values)}
            for said in one.reasons
        ],
    }


def _line(number: int, one: Conflict, context: Context) -> dict[str, object]:
    first, second = one.project_ids
    names = {**unit_names(context), MASK: context.words.text("viewer_other")}
    units = [names.get(text_of(row, "unit_id") or "") for row in (one.one, one.other)]
    said = [context.words.text(reason.code, **reason.values) for reason in one.reasons]
    return {
        "pair": number, "score": one.score, "project_id": first, "other_project_id": second,
        "unit_name": units[0], "other_unit_name": units[1],
        "reason": context.words.joined(said),
    }  # fmt: skip
