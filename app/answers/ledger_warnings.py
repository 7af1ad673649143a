"""What is late or missing in the project ledger, by responsible unit."""

import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.land import unit_names
from app.context import Context
from layers.exchange.sheet import Sheet
from platforms.checks import CheckQuery, as_seen
from platforms.projects.viewing import require_unit
from platforms.projects.warnings import Desk, LedgerWarning, warnings_on

COLUMNS = ("unit_id", "unit_name", "project_id", "rule_id", "days", "reason")


def warning_answer(context: Context, unit_id: str | None) -> Answer:
    """Answer ``project warnings``, of one unit where asked.

    Raises
    ------
    PlanningError
        ``check_unit_unknown`` with the nearest, ``viewer_other_unit``.
    """
    if unit_id is not None:
        require_unit(unit_id, list(unit_names(context)))
    asked = as_seen(
        CheckQuery(None, (), (unit_id,) if unit_id else (), context.as_of), context.viewer
    ).units
    tables = (
        pd.DataFrame(context.source.read(name))
        for name in ("projects", "project_events", "problems")
    )
    found = [
        one
        for one in warnings_on(Desk(*tables, context.policy, context.as_of))
        if not asked or one.unit_id in asked
    ]
    words, names = context.words, unit_names(context)
    rows = [_as_row(one, context) for one in found]
    listed = pd.DataFrame(
        [
            {**row, "unit_name": names.get(one.unit_id or ""), "reason": row["text"]}
            for one, row in zip(found, rows, strict=True)
        ],
        columns=list(COLUMNS),
    )
    return Answer(
        title=words.text("title_warnings"),
        parameters={"unit": unit_id},
        result={"warnings": rows},
        sheets=(Sheet(words.text("sheet_warnings"), listed),),
        titles=column_titles(words, ("unit_name", "rule_id", "days", "reason")),
        summary=(
            words.text(
                "summary_warnings", as_of=context.as_of, count=len(found),
                projects=len({one.project_id for one in found}),
                units=len({one.unit_id for one in found if one.unit_id}),
            ),
        ),
        screen=listed[["unit_name", "project_id", "rule_id", "reason"]],
    )  # fmt: skip


def _as_row(one: LedgerWarning, context: Context) -> dict[str, object]:
    rule = context.policy.rule(one.rule_id, one.part)
    return {
        "unit_id": one.unit_id, "role": one.role, "project_id": one.project_id,
        "rule_id": one.rule_id, "part": one.part, "code": one.statement.code, "days": one.days,
        "text": context.words.say(one.statement), "force": rule.rule.force,
        "force_status": rule.force_status, "clause": rule.clause,
    }  # fmt: skip
