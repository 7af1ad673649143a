"""Dashboard, ranking, notice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from app.answers.answer import Answer, column_titles, sheet_of
from app.answers.targets import progress_frame
from app.context import Context, unit_names
from geo.tools import nearest_name
from layers.exchange.writers.sheet import Sheet
from platforms.errors import PlanningError
from platforms.ledger.calendar import period_named
from platforms.ledger.claims import Conflict, conflicts
from platforms.ledger.counting import read_ledger
from platforms.ledger.entry import PLANNED
from platforms.ledger.histories import OVER_KINDS
from platforms.ledger.rows import text_of
from platforms.ledger.visibility import require_city
from platforms.projects.dashboard import (
    COUNTS,
    HAPPENED,
    LANDED,
    RACED,
    TASKS,
    Figure,
    Standpoint,
    UnitFigures,
    UnitStatus,
    dashboard,
    is_short,
    ranked_by,
    standpoint,
    task_verdicts,
    unit_statuses,
)
from platforms.projects.monitoring import Desk, LedgerWarning, warnings_on
from platforms.targets.progress import ProgressState, progress_rows, state_of

FURTHER_RULES = ("B9", "B10", "B11", "C1", "D9", "E1", "E8")
"""Tasks and targets that stand in a list of their own behind the annex."""
FURTHER_COLUMNS = (
    "rule_id", "rule_title", "unit_name", "progress_state", "done", "target", "gap",
    "measure", "force", "clause", "why",
)  # fmt: skip
TASK_OF = {
    "city_level": "city_level_target", "county_head": "county_head_target",
    "landing_share": "landing_target_share",
}  # fmt: skip
PROJECT_COLUMNS = (
    "unit_name", "counted_as", "project_id", "project_name", "investment_yi_yuan", "is_counted",
)  # fmt: skip


@dataclass(frozen=True)
class Dashboard:
    """Figures, and the ledger and rules they stand on."""

    at: Standpoint
    units: tuple[UnitFigures, ...]


def dashboard_answer(
    context: Context, period: str, unit_id: str | None = None, board: Dashboard | None = None
) -> Answer:
    """Answer ``project dashboard``.

    ``period``: Month, quarter or year.
    ``unit_id``: One unit; None for the city and all units.
    ``board``: The figures where they are at hand.

    The annex, further tasks and targets, and the projects behind each figure.

    Raises PlanningError: ``ledger_period_bad``; ``ledger_unit_unknown`` with the nearest code;
    ``viewer_city_only``.

    嘉政办发〔2018〕52号 附件: the city first, then the units in their order.
    """
    words, names = context.words, unit_names(context)
    asked = _units(names, unit_id)
    board = dashboard_of(context, period, unit_id) if board is None else board
    at, figures_of_units, span = board.at, board.units, board.at.period
    table = _annex(context, figures_of_units, names)
    remarks = [
        (_unit(context, figures, names), _note(context, figures)) for figures in figures_of_units
    ]
    notes = pd.DataFrame(
        [note for note in remarks if note[1]], columns=["region", "note_dashboard"]
    )
    verdicts = task_verdicts(at, asked, FURTHER_RULES)
    then = replace(context, policy=at.policy)
    further = progress_frame(then, progress_rows(verdicts, at.policy))[list(FURTHER_COLUMNS)]
    has_annex = bool(at.policy.parts("C3"))
    title = words.text("title_dashboard" if has_annex else "title_progress", period=span.name)
    return Answer(
        title=title,
        parameters={"period": span.name, "unit": unit_id},
        result={
            "dashboard": {
                "period": span.name, "first": span.first, "last": span.last,
                "as_at": at.policy.as_of,
                "units": [_figures_row(figures, names) for figures in figures_of_units],
            }
        },
        sheets=(
            table,
            sheet_of(words, "dashboard_notes", notes),
            sheet_of(words, "dashboard_tasks", further),
            sheet_of(words, "dashboard_projects", projects_behind(context, figures_of_units)),
        ),
        titles={
            **_titles(context, (*map(str, table.frame.columns), "note_dashboard")),
            **column_titles(words, (*FURTHER_COLUMNS, "counted_as", "project_name", "is_counted")),
        },
        summary=(
            words.text(
                "summary_dashboard", period=span.name, first=span.first, last=span.last,
                as_at=at.policy.as_of, count=len(asked),
            ),
            *_shortfall_lines(context, figures_of_units),
            words.text("dashboard_how"),
        ),
        screen=_screen(table.frame),
    )  # fmt: skip


def dashboard_of(context: Context, period: str, unit_id: str | None = None) -> Dashboard:
    """Compute the figures of a dashboard.

    Raises PlanningError: ``ledger_period_bad``, ``ledger_unit_unknown``, ``viewer_city_only``.
    """
    require_city(context.source)
    asked = _units(unit_names(context), unit_id)
    at = standpoint(context.source, context.policy, period_named(period))
    return Dashboard(at, tuple(dashboard(at, asked, with_city=unit_id is None)))


def figure_title(context: Context, name: str) -> str:
    """Head a figure."""
    return context.words.text(f"figure_{name}")


def projects_behind(
    context: Context, figures_of_units: Sequence[UnitFigures], wanted: str | None = None
) -> pd.DataFrame:
    """List the projects behind figures, of one name where asked; what is open is marked."""
    words, names = context.words, unit_names(context)
    projects = pd.DataFrame(context.source.read("projects")).set_index("project_id")
    rows = [
        (_unit(context, figures, names), figure_title(context, name), project_id,
         projects.at[project_id, "name"], projects.at[project_id, "investment_yi_yuan"],
         words.text("counted_yes" if is_counted else "counted_open"))
        for figures in figures_of_units
        for name, figure in figures.figures.items() if wanted in (None, name)
        for is_counted, ids in ((True, figure.project_ids), (False, figure.open_ids))
        for project_id in ids
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(PROJECT_COLUMNS))


def _units(names: dict[str, str], unit_id: str | None) -> list[str]:
    if unit_id is None:
        return list(names)
    if unit_id not in names:
        nearest = nearest_name(unit_id, names) or "–"
        raise PlanningError("ledger_unit_unknown", unit_id=unit_id, nearest=nearest)
    return [unit_id]


def _annex(
    context: Context, figures_of_units: Sequence[UnitFigures], names: dict[str, str]
) -> Sheet:
    """Lay the figures out as the annex does, each column beside its task."""
    ruled = _ruled(figures_of_units)
    moved = tuple(name for name in (*HAPPENED, LANDED, *RACED) if name in ruled)
    rows = []
    for figures in figures_of_units:
        number = None if figures.unit_id is None else list(names).index(figures.unit_id) + 1
        row: dict[str, object] = {"number": number, "region": _unit(context, figures, names)}
        for name in (name for name in TASKS if name in ruled):
            figure = figures.figures[name]
            row[name] = figure_text(context, figure, name)
            row[TASK_OF[name]] = "–" if figure.target is None else _number(figure.target, name)
        row |= {name: figure_text(context, figures.figures[name], name) for name in moved}
        rows.append(row)
    frame = pd.DataFrame(rows, dtype="object")
    words = context.words
    groups = {
        name: words.text("dashboard_group_tasks")
        for name in frame.columns
        if name not in ("number", "region", *moved)
    }
    groups |= dict.fromkeys(moved, words.text("dashboard_group_period"))
    return sheet_of(
        words, "dashboard", frame, printed=tuple(map(str, frame.columns)), groups=groups
    )


def _ruled(figures_of_units: Sequence[UnitFigures]) -> frozenset[str]:
    """Name the figures that the packs rule; the same of every unit."""
    return frozenset(name for figures in figures_of_units for name in figures.figures)


def figure_text(context: Context, figure: Figure, name: str) -> float | int | str:
    """Write a figure: its number, from–to where it can't be told exactly, 无数据 where not at all.

    A zero that open projects may raise is no zero.
    """
    words = context.words
    if figure.least is None or figure.most is None or (not figure.least and figure.most):
        return words.text("no_value")
    if figure.least != figure.most:
        return f"{figure.least:g}–{figure.most:g}"
    return _number(figure.least, name)


def _number(value: float, name: str) -> float | int:
    return value if name.endswith("_share") else int(value)


def _note(context: Context, figures: UnitFigures) -> str:
    """Say which tasks are short, and how many projects leave figures open."""
    words = context.words
    notes = []
    for state in ("below_target", "running"):
        mine = [
            figure_title(context, name)
            for name, figure in figures.figures.items()
            if (is_short(figure) if state == "below_target" else _state(figure) == state)
        ]
        if mine:
            notes.append(words.text(f"dashboard_{state}", figures="、".join(mine)))
    unclear = {key for figure in figures.figures.values() for key in figure.open_ids}
    if unclear:
        notes.append(words.text("ledger_open_projects", count=len(unclear)))
    return words.joined(notes)


def _shortfall_lines(context: Context, figures_of_units: Sequence[UnitFigures]) -> list[str]:
    """Say how many units are short of each task."""
    words = context.words
    lines = []
    ruled = _ruled(figures_of_units)
    for name in (name for name in TASKS if name in ruled):
        short = sum(
            is_short(figures.figures[name])
            for figures in figures_of_units
            if figures.unit_id is not None
        )
        if short:
            title = figure_title(context, name)
            lines.append(words.text("dashboard_units_short", figure=title, count=short))
    return lines


def _titles(context: Context, columns: tuple[str, ...]) -> dict[str, str]:
    return {name: context.words.text(f"figure_{name}") for name in columns}


def _screen(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave the terminal what a line has room for."""
    wanted = ("region", *TASKS, "listed", "signed", "started", *RACED)
    return frame[[name for name in wanted if name in frame]]


def _unit(context: Context, figures: UnitFigures, names: dict[str, str]) -> str:
    return context.words.text("whole_city") if figures.unit_id is None else names[figures.unit_id]


def _figures_row(figures: UnitFigures, names: dict[str, str]) -> dict[str, object]:
    return {
        "unit_id": figures.unit_id,
        "unit_name": None if figures.unit_id is None else names[figures.unit_id],
        "figures": {
            name: {
                "value": figure.value, "least": figure.least, "most": figure.most,
                "target": figure.target, "state": _state(figure),
                "project_ids": list(figure.project_ids),
                "open_project_ids": list(figure.open_ids),
            }
            for name, figure in figures.figures.items()
        },
    }  # fmt: skip


def _state(figure: Figure) -> ProgressState | None:
    return None if figure.verdict is None else state_of(figure.verdict)


RANKING_COLUMNS = (
    "rank", "unit_name", *COUNTS, LANDED, *RACED, "landing_rate_percent", "note_rank",
)  # fmt: skip
RANKING_SCREEN = (
    "rank", "unit_name", "listed", "signed", "started", *RACED, "landing_rate_percent",
)  # fmt: skip
COUNTED_COLUMNS = ("unit_name", "counted_as", "project_id", "name")


def ledger_ranking_answer(context: Context, period: str) -> Answer:
    """Answer ``project ranking`` (``ledger_period_bad``, ``viewer_city_only``)."""
    require_city(context.source)
    words, names = context.words, unit_names(context)
    standings = unit_statuses(
        read_ledger(context.source, context.as_of),
        list(names),
        context.policy,
        period_named(period),
    )
    listed = pd.DataFrame([_ranking_line(unit, names[unit.unit_id], context) for unit in standings])
    by = ranked_by(context.policy)
    ruled = {kind for unit in standings for kind in unit.projects}
    ruled |= {"landing_rate_percent"} if by == "landing_rate" else set()
    shown = [
        name for name in RANKING_COLUMNS
        if name in ruled or name in ("rank", "unit_name", "note_rank")
    ]  # fmt: skip
    listed = listed.sort_values("rank", kind="stable", na_position="last")[shown]
    ranked = sum(unit.rank is not None for unit in standings)
    headed = (*shown, "counted_as")
    return Answer(
        title=words.text(
            "title_progress" if by != "landing_rate" else "title_ledger_ranking", period=period
        ),
        parameters={"period": period},
        result={"ranking": [_ranking_row(unit, names[unit.unit_id]) for unit in standings]},
        sheets=(
            sheet_of(words, "ledger_ranking", listed),
            sheet_of(words, "ledger_counted", _counted(standings, names, context)),
        ),
        titles=column_titles(words, headed),
        summary=(
            words.text(
                f"summary_ledger_ranking_{by}", period=period, ranked=ranked, count=len(standings)
            ),
            *_first_and_last(standings, names, context),
        ),
        screen=listed[[name for name in RANKING_SCREEN if name in shown]],
    )


def _first_and_last(
    standings: list[UnitStatus], names: dict[str, str], context: Context
) -> list[str]:
    """Say who is first, last, and last twice."""
    words, lines = context.words, []
    for code, chosen in (
        ("ledger_first", [unit for unit in standings if unit.is_first]),
        ("ledger_last", [unit for unit in standings if unit.is_last]),
        ("ledger_last_twice", [unit for unit in standings if unit.is_last_twice]),
    ):  # fmt: skip
        if chosen:
            lines.append(
                words.text(code, units=words.joined(names[unit.unit_id] for unit in chosen))
            )
    return lines


def _ranking_row(unit: UnitStatus, name: str) -> dict[str, object]:
    return {
        "unit_id": unit.unit_id, "unit_name": name, "rank": unit.rank,
        "landing_rate": unit.landing_rate,
        "counts": {kind: len(ids) for kind, ids in unit.projects.items()},
        "projects": {kind: list(ids) for kind, ids in unit.projects.items()},
        "open_projects": list(unit.open_ids), "is_first": unit.is_first, "is_last": unit.is_last,
        "is_last_twice": unit.is_last_twice,
    }  # fmt: skip


def _ranking_line(unit: UnitStatus, name: str, context: Context) -> dict[str, object]:
    notes = [
        context.words.text(f"ledger_is_{code}")
        for code, holds in (
            ("first", unit.is_first), ("last_twice", unit.is_last_twice),
            ("last", unit.is_last and not unit.is_last_twice),
        ) if holds
    ]  # fmt: skip
    if unit.open_ids:
        notes.append(context.words.text("ledger_open_projects", count=len(unit.open_ids)))
    return {
        "rank": unit.rank, "unit_name": name,
        **{kind: len(ids) for kind, ids in unit.projects.items()},
        "landing_rate_percent": None if unit.landing_rate is None else 100 * unit.landing_rate,
        "note_rank": context.words.joined(notes),
    }  # fmt: skip


def _counted(standings: list[UnitStatus], names: dict[str, str], context: Context) -> pd.DataFrame:
    """List the projects behind each figure."""
    projects = context.source.read("projects")
    titles = dict(zip(projects["project_id"], projects["name"], strict=True))
    rows = [
        (names[unit.unit_id], context.words.text(f"column_{kind}"), project_id, titles[project_id])
        for unit in standings
        for kind, project_ids in unit.projects.items()
        for project_id in project_ids
    ]
    return pd.DataFrame(rows, columns=list(COUNTED_COLUMNS))


LATE_RULES = ("C7", "E6")
"""Warnings that something is overdue: nodes by their plan, problems by their day of the month."""
OVERDUE_CODES = ("warning_node_overdue", "warning_problem_unfiled", "warning_problem_unsent")
STALE_RULE = "D8"
NOTICE_COLUMNS = ("region", *HAPPENED, LANDED, *RACED, "late", "stale", "conflicts")
EVENT_COLUMNS = ("event_on", "counted_as", "unit_name", "project_id", "project_name")
LATE_COLUMNS = ("unit_name", "project_id", "project_name", "reason")
PAIR_COLUMNS = ("project_id", "unit_name", "other_project_id", "other_unit_name", "reason")


@dataclass(frozen=True)
class _Notice:
    """What a notice is made of; None where the packs chosen have no rule for it.

    ``planned`` names the units with a planned node on file: without one nothing can be late by it;
    None where no node has to be planned.
    """

    figures: Sequence[UnitFigures]
    late: Sequence[LedgerWarning] | None
    stale: Sequence[LedgerWarning] | None
    pairs: Sequence[Conflict] | None
    planned: frozenset[str] | None


def notice_answer(context: Context, period: str, board: Dashboard | None = None) -> Answer:
    """Give the notice of a period.

    ``period``: Month, quarter or year.
    ``board``: The figures of all units where they are at hand.

    Counts by unit, then lists: what happened, what was late or stale on the last day, pairs that
    may be one.

    Raises PlanningError: ``ledger_period_bad``, ``viewer_city_only``.

    嘉政办发〔2018〕52号 四（三）（六）; 磐安 一（四）: monthly notice (D9).
    """
    words, names = context.words, unit_names(context)
    board = dashboard_of(context, period) if board is None else board
    at, span = board.at, board.at.period
    notice = _gather(context, board)
    titles = _project_names(context)
    sheets = [
        sheet_of(words, "notice", _counts(context, notice, names)),
        sheet_of(words, "notice_events", _events(context, at, notice, names, titles)),
    ]
    # A list that no rule of the packs makes is not an empty one: the summary says why.
    if notice.late is not None:
        late = _warned(context, notice.late, names, titles)
        sheets.append(sheet_of(words, "notice_late", late))
    if notice.stale is not None:
        stale = _warned(context, notice.stale, names, titles)
        sheets.append(sheet_of(words, "notice_stale", stale))
    if notice.pairs is not None:
        pairs = _pairs(context, notice.pairs, names)
        sheets.append(sheet_of(words, "notice_conflicts", pairs))
    figures = {name: words.text(f"figure_{name}") for name in NOTICE_COLUMNS}
    headed = ("unit_name", "counted_as", "project_name", "reason", "other_project_id",
           "other_unit_name")  # fmt: skip
    return Answer(
        title=words.text("title_notice", period=span.name),
        parameters={"period": span.name},
        result={},
        sheets=tuple(sheets),
        titles={**figures, **column_titles(words, headed)},
        summary=tuple(_summary(context, at, notice)),
    )


def _gather(context: Context, board: Dashboard) -> _Notice:
    at, figures = board.at, board.units
    source, policy = context.source, at.policy
    desk = Desk(
        _still_open(pd.DataFrame(source.read("projects")), at), at.ledger.events,
        pd.DataFrame(source.read("problems")), policy, policy.as_of,
    )  # fmt: skip
    has_late = any(policy.parts(rule) for rule in LATE_RULES)
    has_stale = "stale" in policy.parts(STALE_RULE)
    warned = _known(warnings_on(desk), at) if has_late or has_stale else []
    late = [warning for warning in warned if warning.rule_id in LATE_RULES and _is_overdue(warning)]
    stale = [
        warning for warning in warned if (warning.rule_id, warning.part) == (STALE_RULE, "stale")
    ]
    has_pairs = "S14" in policy.pack.assumptions
    pairs = _conflicts_on_day(conflicts(desk.projects, policy), at) if has_pairs else None
    return _Notice(
        figures, late if has_late else None, stale if has_stale else None, pairs, _planned(at)
    )


def _planned(at: Standpoint) -> frozenset[str] | None:
    if not at.policy.parts("C7"):
        return None
    events, projects = at.ledger.events, at.ledger.projects
    plans = events[events["event_kind"].eq(PLANNED) & events["event_on"].le(at.policy.as_of)]
    planned = projects[projects["project_id"].isin(plans["project_id"])]
    return frozenset(planned["unit_id"].dropna().astype(str))


def _is_overdue(warning: LedgerWarning) -> bool:
    return warning.statement.code in OVERDUE_CODES


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
    return [warning for warning in warned if first.get(warning.project_id, "") <= at.policy.as_of]


def _conflicts_on_day(conflicts: Sequence[Conflict], at: Standpoint) -> list[Conflict]:
    first, day = _first_days(at), at.policy.as_of
    return [
        conflict
        for conflict in conflicts
        if all(first.get(key, "") <= day for key in conflict.project_ids)
    ]


def _counts(context: Context, notice: _Notice, names: dict[str, str]) -> pd.DataFrame:
    words, rows = context.words, []
    for figures in notice.figures:
        row: dict[str, object] = {
            "region": words.text("whole_city")
            if figures.unit_id is None
            else names[figures.unit_id]
        }
        row |= {
            name: figure_text(context, figures.figures[name], name)
            for name in (*HAPPENED, LANDED, *RACED)
            if name in figures.figures
        }
        row["late"] = _late(context, notice, figures.unit_id)
        row["stale"] = _projects_warned(context, notice.stale, figures.unit_id)
        row["conflicts"] = words.text("no_value") if notice.pairs is None else sum(
            figures.unit_id is None
            or figures.unit_id in (text_of(pair.one, "unit_id"), text_of(pair.other, "unit_id"))
            for pair in notice.pairs
        )  # fmt: skip
        rows.append(row)
    held = set().union(*(figures.figures for figures in notice.figures))
    shown = [name for name in NOTICE_COLUMNS if name in held or name not in (LANDED, *RACED)]
    return pd.DataFrame(rows, columns=shown, dtype="object")


def _projects_warned(
    context: Context, warned: Sequence[LedgerWarning] | None, unit_id: str | None
) -> int | str:
    if warned is None:
        return context.words.text("no_value")
    return len({warning.project_id for warning in warned if unit_id in (None, warning.unit_id)})


def _late(context: Context, notice: _Notice, unit_id: str | None) -> int | str:
    """Count late projects; a unit without any planned node isn't on time, it is unknown."""
    count = _projects_warned(context, notice.late, unit_id)
    has_plans = notice.planned is None or (
        bool(notice.planned) if unit_id is None else unit_id in notice.planned
    )
    return count if count or has_plans else context.words.text("no_value")


def _events(
    context: Context, at: Standpoint, notice: _Notice, names: dict[str, str], titles: dict[str, str]
) -> pd.DataFrame:
    """List what is counted within the period, by day."""
    words, rows = context.words, []
    for name in HAPPENED:
        days = at.ledger.first_day((name,))
        of_project = dict(zip(at.ledger.projects["project_id"], days, strict=True))
        for figures in notice.figures:
            if figures.unit_id is None:
                continue
            for project_id in figures.figures[name].project_ids:
                rows.append(
                    (of_project[project_id], words.text(f"notice_{name}"), names[figures.unit_id],
                     project_id, titles[project_id])
                )  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(EVENT_COLUMNS))
    return frame.sort_values(["event_on", "project_id"], kind="stable").reset_index(drop=True)


def _warned(
    context: Context, warned: Sequence[LedgerWarning] | None, names: dict[str, str],
    titles: dict[str, str],
) -> pd.DataFrame:  # fmt: skip
    rows = [
        (names.get(warning.unit_id or ""), warning.project_id, titles[warning.project_id],
         context.words.say(warning.statement))
        for warning in warned or ()
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


def _summary(context: Context, at: Standpoint, notice: _Notice) -> list[str]:
    words = context.words
    city = next(figures for figures in notice.figures if figures.unit_id is None).figures
    counted = [name for name in (*HAPPENED, LANDED) if name in city]
    lines = [
        words.text(
            "summary_notice" if LANDED in city else "summary_notice_plain", period=at.period.name,
            first=at.period.first, last=at.period.last, as_at=at.policy.as_of,
            **{name: figure_text(context, city[name], name) for name in counted},
        )
    ]  # fmt: skip
    for code, rows in (
        ("notice_late", notice.late), ("notice_stale", notice.stale), ("notice_pairs", notice.pairs)
    ):  # fmt: skip
        if rows is None:
            lines.append(words.text("notice_no_rule", what=words.text(f"{code}_name")))
        elif rows is notice.late and not rows and notice.planned is not None and not notice.planned:
            lines.append(words.text("notice_no_plans"))
        else:
            lines.append(words.text(code, count=len(rows)))
    return lines
