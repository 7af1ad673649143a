"""Which verdicts change under another date or other rules, for command line, page and export."""

import re
from dataclasses import replace

import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.checks import check_answer, in_percent, number, rule_title, verdict_list
from app.answers.land import unit_names
from app.context import Context
from app.packs import read_policy
from layers.exchange.sheet import Sheet
from platforms.changes import VerdictChange, verdict_changes
from platforms.checks import CheckQuery
from platforms.policy.dated import iso_day
from platforms.verdict import Verdict

LOOKS_LIKE_A_DAY = re.compile(r"\d")
CHANGE_COLUMNS = (
    "rule_id", "part", "rule_title", "unit_name", "platform_name", "outcome_before",
    "outcome_after", "measured_before", "measured_after", "threshold_before", "threshold_after",
    "measure", "why_changed",
)  # fmt: skip


def other_context(context: Context, against: str, packs: tuple[str, ...]) -> Context:
    """Give the same workspace under another date, or under another pack.

    Parameters
    ----------
    context
        The workspace as it is looked at.
    against
        A day (ISO), or the name of a pack.
    packs
        Packs of the context, none given: that of Jiaxing; they stay where a day is given.

    Returns
    -------
    Context
        The same layers with other rules.

    Raises
    ------
    MuPlanError
        ``as_of_not_a_date``, ``pack_unknown``.
    """
    if LOOKS_LIKE_A_DAY.match(against):
        policy = read_policy(context.settings.policy_dir, packs, iso_day(against))
    else:
        policy = read_policy(context.settings.policy_dir, (against,), context.as_of)
    return replace(context, policy=policy)


def changes_between(
    context: Context, other: Context, query: CheckQuery, verdicts: list[Verdict]
) -> list[VerdictChange]:
    """Compare verdicts with those under other rules, on figures of the same year.

    Parameters
    ----------
    context, other
        The workspace as it is looked at, and under other rules.
    query
        What was checked.
    verdicts
        What ``verdict_list`` gave for it.

    Returns
    -------
    list of VerdictChange
        From the verdicts given to those under the other rules.
    """
    held = tuple(rule for rule in query.rules if other.policy.parts(rule))
    if query.rules and not held:
        return verdict_changes(verdicts, [])
    asked = CheckQuery(query.figures_year, held, query.units, other.as_of)
    return verdict_changes(verdicts, verdict_list(other, asked))


def changed_answer(
    context: Context, other: Context, query: CheckQuery, verdicts: list[Verdict]
) -> Answer:
    """Answer ``check --against``: the verdicts, and which of them change.

    Parameters
    ----------
    context, other, query, verdicts
        As for ``changes_between``.

    Returns
    -------
    Answer
        That of ``check`` with the key ``changes`` and a list of its own.
    """
    answer = check_answer(context, query, verdicts)
    found = changes_between(context, other, query, verdicts)
    words = context.words
    frame = change_list(context, other, found)
    outcomes = sum(change.is_outcome for change in found)
    return replace(
        answer,
        parameters={
            **answer.parameters, "against_as_of": other.as_of,
            "against_pack": other.policy.pack.name,
        },
        result={**answer.result, "changes": [change_row(change, context) for change in found]},
        sheets=(*answer.sheets, Sheet(words.text("sheet_changes"), frame)),
        titles={**answer.titles, **column_titles(words, CHANGE_COLUMNS)},
        summary=(
            *answer.summary,
            words.text(
                "summary_changes", as_of=other.as_of, pack=other.policy.pack.title,
                count=len(found), outcomes=outcomes, year=query.figures_year,
            ),
        ),
        screen=frame if len(frame) else answer.screen,
    )  # fmt: skip


def change_row(change: VerdictChange, context: Context) -> dict[str, object]:
    """Give a change as the command prints it."""
    return {
        "rule_id": change.rule_id,
        "part": change.part,
        "unit_id": change.unit_id,
        "platform_id": change.platform_id,
        "year": change.year,
        "before": _side(change.before),
        "after": _side(change.after),
        "reasons": [
            {"code": reason.code, "text": context.words.say(reason)} for reason in change.reasons
        ],
    }


def _side(verdict: Verdict | None) -> dict[str, object] | None:
    if verdict is None:
        return None
    return {
        "outcome": verdict.outcome,
        "measured": number(verdict.measured),
        "threshold": number(verdict.threshold),
        "unit": verdict.unit,
        "force": verdict.force,
        "force_status": verdict.force_status,
        "is_past_target": verdict.is_past_target,
        "clause": verdict.clause,
    }


def change_list(context: Context, other: Context, changes: list[VerdictChange]) -> pd.DataFrame:
    """List changes for people, one row each."""
    units = unit_names(context)
    platforms = context.source.read("major_platforms")
    names = dict(zip(platforms["platform_id"], platforms["name"], strict=True))
    words = context.words
    rows = []
    for change in changes:
        known = context if change.before is not None else other
        sides = {"before": change.before, "after": change.after}
        rows.append(
            {
                "rule_id": change.rule_id,
                "part": change.part,
                "rule_title": rule_title(known, change.rule_id, change.part),
                "unit_name": units.get(change.unit_id or "", words.text("whole_city")),
                "platform_name": names.get(change.platform_id or ""),
                **{
                    f"outcome_{when}": words.text(f"outcome_{v.outcome}_{v.force}") if v else None
                    for when, v in sides.items()
                },
                **{
                    f"{name}_{when}": in_percent(getattr(v, name), v.unit) if v else None
                    for name in ("measured", "threshold")
                    for when, v in sides.items()
                },
                "measure": _measure(change),
                "why_changed": words.joined(words.say(reason) for reason in change.reasons),
            }
        )
    return pd.DataFrame(rows, columns=list(CHANGE_COLUMNS))


def _measure(change: VerdictChange) -> str:
    unit = next(v.unit for v in (change.before, change.after) if v is not None)
    return "%" if unit == "share" else unit
