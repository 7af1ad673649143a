"""What has to be done first, what is missing and from whom, and the counts of the year before."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, get_args

import pandas as pd

from app.answers.evidence import verdict_table
from app.context import Context, unit_names
from layers.codes import COVERED_LAYERS
from platforms.checks import FIRST_YEAR, CheckQuery
from platforms.completeness import Completeness
from platforms.policy.verdict import Force, Verdict

Group = Literal["act", "missing", "rest"]
"""Somebody must act; something has to be got first; neither."""

GROUPS: tuple[Group, ...] = get_args(Group)
FORCES: tuple[Force, ...] = get_args(Force)
MISSING_COLUMNS = ("rule_id", "rule_title", "force", "why", "ask", "subject", "clause")
MISSING_KEYS = ["rule_id", "rule_title", "force", "why", "ask", "clause"]


def group_of(verdict: Verdict) -> Group:
    """Say whether a verdict asks somebody to act, to get data, or neither.

    A rule out of force and a target whose date is past ask nobody any more.
    """
    is_over = not verdict.in_force or (verdict.is_past_target and verdict.force == "target")
    if is_over or verdict.outcome in ("met", "not_applicable"):
        return "rest"
    return "act" if verdict.outcome == "not_met" else "missing"


def shortfall(verdict: Verdict) -> float:
    """Return how far a figure is off as a part of its threshold, else the distance itself."""
    gap = abs(verdict.gap or 0.0)
    return gap / abs(verdict.threshold) if verdict.threshold else gap


def in_order(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Put verdicts in the order in which somebody must look at them.

    By group, then by force, then the farthest off first; else as they come.
    """
    return sorted(
        verdicts, key=lambda v: (GROUPS.index(group_of(v)), FORCES.index(v.force), -shortfall(v))
    )


def of_group(verdicts: Iterable[Verdict], group: Group) -> list[Verdict]:
    """Give the verdicts of one group, in order."""
    return [verdict for verdict in in_order(verdicts) if group_of(verdict) == group]


Judge = Callable[[CheckQuery], list[Verdict]]
"""Gives the verdicts of a query."""


def year_before(query: CheckQuery, verdicts: Sequence[Verdict], judge: Judge) -> list[Verdict]:
    """Judge the rules that go by years for the year before; others stand as they are.

    ``verdicts``: Those of the query.
    ``judge``: Judges another query.

    Empty where there is no year before.
    """
    year = query.figures_year - 1
    if year < FIRST_YEAR:
        return []
    yearly = {verdict.rule_id for verdict in verdicts if verdict.year == query.figures_year}
    standing = [verdict for verdict in verdicts if verdict.rule_id not in yearly]
    if not yearly:
        return standing
    asked = CheckQuery(year, tuple(sorted(yearly)), query.units, query.as_of)
    return [*standing, *judge(asked)]


def counts_by_force(
    context: Context, verdicts: Sequence[Verdict], before: Sequence[Verdict] | None = None
) -> list[tuple[Force, str]]:
    """Count what is to be done, what is missing and the rest, by force; forces are never mixed.

    ``before``: Verdicts of the year before, whose counts stand beside; None for none.

    One line a force that has any.
    """
    words = context.words
    lines = []
    for force in FORCES:
        mine = [verdict for verdict in verdicts if verdict.force == force]
        if not mine:
            continue
        last = None if before is None else [v for v in before if v.force == force]
        parts = []
        for group in GROUPS:
            count = sum(group_of(verdict) == group for verdict in mine)
            if last is None or group == "rest":
                parts.append(words.text(f"count_{group}", count=count))
            else:
                was = sum(group_of(verdict) == group for verdict in last)
                parts.append(words.text(f"count_{group}_before", count=count, before=was))
        lines.append((force, words.text("counts_of_force", counts=words.joined(parts))))
    return lines


def missing_frame(context: Context, verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """List what is missing and whom to ask: subjects that lack the same share a row.

    ``verdicts``: Of group ``missing``.

    Columns ``MISSING_COLUMNS``.
    """
    words = context.words
    table = verdict_table(context, verdicts).assign(
        why=[
            words.joined(
                dict.fromkeys(
                    words.say(statement)
                    for statement in (
                        *verdict.reasons,
                        *(each.statement for each in verdict.evidence if each.statement),
                    )
                )
            )
            for verdict in verdicts
        ],
        ask=_asked(context, verdicts),
    )
    if not len(table):
        return table.reindex(columns=list(MISSING_COLUMNS))
    grouped = table.groupby(MISSING_KEYS, sort=False, dropna=False)["subject"]
    frame = grouped.agg(lambda names: "、".join(dict.fromkeys(names))).reset_index()
    return frame[list(MISSING_COLUMNS)]


def _asked(context: Context, verdicts: Sequence[Verdict]) -> list[str]:
    """Say whom to ask: the offices that answer for the layers read, else the unit itself."""
    completeness = Completeness(context.source, context.policy)
    names, words = unit_names(context), context.words
    offices: dict[str, str] = {}

    def office_of(layer: str) -> str:
        if layer not in offices:
            stated = completeness.on_file(layer).responsible if layer in COVERED_LAYERS else ""
            offices[layer] = stated
        return offices[layer]

    asked = []
    for verdict in verdicts:
        part = verdict.part.partition(":")[0]
        reads = context.policy.rule(verdict.rule_id, part).rule.reads
        stated = dict.fromkeys(office_of(layer) for layer in reads if office_of(layer))
        unit = names.get(verdict.unit_id or "", words.text("whole_city"))
        asked.append("、".join(stated) or unit)
    return asked
