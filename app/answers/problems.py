"""The list of problems (问题清单): what is open, what is late, by unit and project."""

from collections import Counter
from typing import get_args

import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.checks import plain
from app.answers.land import unit_names
from app.context import Context
from layers.exchange.sheet import Sheet
from platforms.checks import CheckQuery, as_seen
from platforms.projects.problem_list import ProblemStanding, State, problem_standings
from platforms.projects.viewing import require_unit

COLUMNS = (
    "state_of_problem", "problem_id", "unit_name", "project_id", "filed_on", "send_by", "sent_on",
    "met_on", "resolved_on", "detail",
)  # fmt: skip
OWN_TITLES = ("state_of_problem", "unit_name", "send_by")


def problem_answer(context: Context, unit_id: str | None) -> Answer:
    """Answer ``project problems``, of one unit where asked.

    Raises
    ------
    PlanningError
        ``check_unit_unknown`` with the nearest, ``viewer_other_unit``.
    """
    words = context.words
    if unit_id is not None:
        require_unit(unit_id, list(unit_names(context)))
    query = CheckQuery(None, (), (unit_id,) if unit_id else (), context.as_of)
    asked = as_seen(query, context.viewer).units
    problems = pd.DataFrame(context.source.read("problems"))
    found = [
        one
        for one in problem_standings(problems, context.policy, context.as_of)
        if not asked or one.row["unit_id"] in asked
    ]
    counts = Counter(one.state for one in found)
    listed = pd.DataFrame([_line(one, context) for one in found], columns=list(COLUMNS))
    return Answer(
        title=words.text("title_problems"),
        parameters={"unit": unit_id},
        result={"problems": [_as_row(one) for one in found]},
        sheets=(Sheet(words.text("sheet_problems"), listed),),
        titles=column_titles(words, OWN_TITLES),
        summary=(
            words.text(
                "summary_problems", as_of=context.as_of, count=len(found),
                **{state: counts.get(state, 0) for state in get_args(State)},
            ),
        ),
        screen=listed[["state_of_problem", "problem_id", "project_id", "send_by", "detail"]],
    )  # fmt: skip


def _line(one: ProblemStanding, context: Context) -> dict[str, object]:
    names = unit_names(context)
    return {
        "state_of_problem": context.words.text(f"problem_{one.state}"),
        "unit_name": names.get(str(one.row["unit_id"])),
        "send_by": one.due_on,
        **{name: one.row[name] for name in COLUMNS if name in one.row},
    }


def _as_row(one: ProblemStanding) -> dict[str, object]:
    row = {str(name): plain(value) for name, value in one.row.items()}
    return {**row, "state": one.state, "send_by": one.due_on, "meeting_by": one.meeting_by}
