"""The notice of the ledger (通报): what a period brought, by unit, and what was late at its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.land import unit_names
from app.answers.ledger_dashboard import Dashboard, dashboard_of, shown
from app.context import Context
from layers.exchange.sheet import Sheet
from platforms.projects.conflicts import Conflict, conflicts
from platforms.projects.dashboard import (
    HAPPENED,
    LANDED,
    Standpoint,
    UnitFigures,
)
from platforms.projects.milestones import PLANNED
from platforms.projects.rows import text_of
from platforms.projects.warnings import OVER_KINDS, Desk, LedgerWarning, warnings_on

LATE_RULES = ("C7", "E6")
"""Warnings that something is overdue: nodes by their plan, problems by their day of the month."""
STALE_RULE = "D8"
NOTICE_COLUMNS = ("region", *HAPPENED, LANDED, "late", "stale", "conflicts")
EVENT_COLUMNS = ("event_on", "counted_as", "unit_name", "project_id", "project_name")
LATE_COLUMNS = ("unit_name", "project_id", "project_name", "reason")
PAIR_COLUMNS = ("project_id", "unit_name", "other_project_id", "other_unit_name", "reason")


@dataclass(frozen=True)
class _Found:
    """What a notice is made of; None where the packs chosen have no rule for it.

    ``planned`` names the units with a planned node on file: without one nothing can be late by it;
    None where no node has to be planned.
    """

    figures: Sequence[UnitFigures]
    late: Sequence[LedgerWarning] | None
    stale: Sequence[LedgerWarning] | None
    pairs: Sequence[Conflict] | None
    planned: frozenset[str] | None


def notice_answer(context: Context, period: str, made: Dashboard | None = None) -> Answer:
    """Give the notice of a period.

    Parameters
    ----------
    context
        Workspace, rules, language.
    period
        Month, quarter or year.
    made
        The figures of all units where they are at hand.

    Returns
    -------
    Answer
        Counts by unit, then lists: what happened, what was late or stale on the last day, pairs
        that may be one.

    Raises
    ------
    PlanningError
        ``ledger_period_bad``, ``viewer_city_only``.

    Notes
    -----
    嘉政办发〔2018〕52号 四（三）（六）; 磐安 一（四）: monthly notice (D9).
    """
    words, names = context.words, unit_names(context)
    made = dashboard_of(context, period) if made is None else made
    at, span = made.at, made.at.period
    found = _gather(context, made)
    titles = _project_names(context)
    sheets = [
        Sheet(words.text("sheet_notice"), _counts(context, found, names)),
        Sheet(words.text("sheet_notice_events"), _events(context, at, found, names, titles)),
    ]
    # A list that no rule of the packs makes is not an empty one: the summary says why.
    if found.late is not None:
        late = _warned(context, found.late, names, titles)
        sheets.append(Sheet(words.text("sheet_notice_late"), late))
    if found.stale is not None:
        stale = _warned(context, found.stale, names, titles)
        sheets.append(Sheet(words.text("sheet_notice_stale"), stale))
    if found.pairs is not None:
        pairs = _pairs(context, found.pairs, names)
        sheets.append(Sheet(words.text("sheet_notice_conflicts"), pairs))
    figures = {name: words.text(f"figure_{name}") for name in NOTICE_COLUMNS}
    own = ("unit_name", "counted_as", "project_name", "reason", "other_project_id",
           "other_unit_name")  # fmt: skip
    return Answer(
        title=words.text("title_notice", period=span.name),
        parameters={"period": span.name},
        result={},
        sheets=tuple(sheets),
        titles={**figures, **column_titles(words, own)},
        summary=tuple(_summary(context, at, found)),
    )


def _gather(context: Context, made: Dashboard) -> _Found:
    at, figures = made.at, made.units
    source, policy = context.source, at.policy
    desk = Desk(
        _still_open(pd.DataFrame(source.read("projects")), at), at.ledger.events,
        pd.DataFrame(source.read("problems")), policy, policy.as_of,
    )  # fmt: skip
    has_late = any(policy.parts(rule) for rule in LATE_RULES)
    has_stale = "stale" in policy.parts(STALE_RULE)
    warned = _known(warnings_on(desk), at) if has_late or has_stale else []
    late = [one for one in warned if one.rule_id in LATE_RULES and _is_overdue(one)]
    stale = [one for one in warned if (one.rule_id, one.part) == (STALE_RULE, "stale")]
    has_pairs = "S14" in policy.pack.assumptions
    pairs = _standing(conflicts(desk.projects, policy), at) if has_pairs else None
    return _Found(
        figures, late if has_late else None, stale if has_stale else None, pairs, _planned(at)
    )


def _planned(at: Standpoint) -> frozenset[str] | None:
    if not at.policy.parts("C7"):
        return None
    events, projects = at.ledger.events, at.ledger.projects
    plans = events[events["event_kind"].eq(PLANNED) & events["event_on"].le(at.policy.as_of)]
    planned = projects[projects["project_id"].isin(plans["project_id"])]
    return frozenset(planned["unit_id"].dropna().astype(str))


def _is_overdue(one: LedgerWarning) -> bool:
    return one.statement.code in ("warning_node_overdue", "warning_problem_unsent")


def _still_open(projects: pd.DataFrame, at: Standpoint) -> pd.DataFrame:
    """Take back the stage of projects that came to their end only after the last day."""
    events = at.ledger.events
    after = events[events["event_kind"].isin(OVER_KINDS) & events["event_on"].gt(at.policy.as_of)]
    is_open = projects["project_id"].isin(after["project_id"])
    return projects.assign(stage=projects["stage"].mask(is_open))


def _first_days(at: Standpoint) -> Mapping[str, str]:
    """Give the day on which each project first appears in the ledger."""
    firsts = at.ledger.events.groupby("project_id")["event_on"].min()
    return {str(key): str(day) for key, day in firsts.items()}


def _known(warned: Sequence[LedgerWarning], at: Standpoint) -> list[LedgerWarning]:
    """Leave out projects that appear in the ledger only after the last day."""
    first = _first_days(at)
    return [one for one in warned if first.get(one.project_id, "") <= at.policy.as_of]


def _standing(found: Sequence[Conflict], at: Standpoint) -> list[Conflict]:
    first, day = _first_days(at), at.policy.as_of
    return [one for one in found if all(first.get(key, "") <= day for key in one.project_ids)]


def _counts(context: Context, found: _Found, names: dict[str, str]) -> pd.DataFrame:
    words, rows = context.words, []
    for one in found.figures:
        row: dict[str, object] = {
            "region": words.text("whole_city") if one.unit_id is None else names[one.unit_id]
        }
        row |= {name: shown(context, one.figures[name], name) for name in (*HAPPENED, LANDED)}
        row["late"] = _late(context, found, one.unit_id)
        row["stale"] = _projects_warned(context, found.stale, one.unit_id)
        row["conflicts"] = words.text("no_value") if found.pairs is None else sum(
            one.unit_id is None
            or one.unit_id in (text_of(pair.one, "unit_id"), text_of(pair.other, "unit_id"))
            for pair in found.pairs
        )  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows, columns=list(NOTICE_COLUMNS), dtype="object")


def _projects_warned(
    context: Context, warned: Sequence[LedgerWarning] | None, unit_id: str | None
) -> int | str:
    if warned is None:
        return context.words.text("no_value")
    return len({one.project_id for one in warned if unit_id in (None, one.unit_id)})


def _late(context: Context, found: _Found, unit_id: str | None) -> int | str:
    """Count late projects; a unit without any planned node isn't on time, it is unknown."""
    count = _projects_warned(context, found.late, unit_id)
    has_plans = found.planned is None or (
        bool(found.planned) if unit_id is None else unit_id in found.planned
    )
    return count if count or has_plans else context.words.text("no_value")


def _events(
    context: Context, at: Standpoint, found: _Found, names: dict[str, str], titles: dict[str, str]
) -> pd.DataFrame:
    """List what is counted within the period, by day."""
    words, rows = context.words, []
    for name in HAPPENED:
        days = at.ledger.first_day((name,))
        of_project = dict(zip(at.ledger.projects["project_id"], days, strict=True))
        for one in found.figures:
            if one.unit_id is None:
                continue
            for project_id in one.figures[name].project_ids:
                rows.append(
                    (of_project[project_id], words.text(f"notice_{name}"), names[one.unit_id],
                     project_id, titles[project_id])
                )  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(EVENT_COLUMNS))
    return frame.sort_values(["event_on", "project_id"], kind="stable").reset_index(drop=True)


def _warned(
    context: Context, warned: Sequence[LedgerWarning] | None, names: dict[str, str],
    titles: dict[str, str],
) -> pd.DataFrame:  # fmt: skip
    rows = [
        (names.get(one.unit_id or ""), one.project_id, titles[one.project_id],
         context.words.say(one.statement))
        for one in warned or ()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(LATE_COLUMNS))


def _pairs(
    context: Context, pairs: Sequence[Conflict] | None, names: dict[str, str]
) -> pd.DataFrame:
    words = context.words
    rows = [
        (pair.project_ids[0], names.get(text_of(pair.one, "unit_id") or ""), pair.project_ids[1],
         names.get(text_of(pair.other, "unit_id") or ""),
         words.joined(words.say(reason) for reason in pair.reasons))
        for pair in pairs or ()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(PAIR_COLUMNS))


def _project_names(context: Context) -> dict[str, str]:
    projects = context.source.read("projects")
    return dict(zip(projects["project_id"], projects["name"], strict=True))


def _summary(context: Context, at: Standpoint, found: _Found) -> list[str]:
    words = context.words
    city = next(one for one in found.figures if one.unit_id is None).figures
    lines = [
        words.text(
            "summary_notice", period=at.period.name, first=at.period.first, last=at.period.last,
            as_at=at.policy.as_of,
            **{name: shown(context, city[name], name) for name in (*HAPPENED, LANDED)},
        )
    ]  # fmt: skip
    for code, rows in (
        ("notice_late", found.late), ("notice_stale", found.stale), ("notice_pairs", found.pairs)
    ):  # fmt: skip
        if rows is None:
            lines.append(words.text("notice_no_rule", what=words.text(f"{code}_name")))
        elif rows is found.late and not rows and found.planned is not None and not found.planned:
            lines.append(words.text("notice_no_plans"))
        else:
            lines.append(words.text(code, count=len(rows)))
    return lines
