"""The dashboard of the ledger in the form of the annex (市县长项目工程任务分解表)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.land import unit_names
from app.answers.targets import progress_frame
from app.context import Context
from geo.nearest import nearest_name
from layers.exchange.sheet import Sheet
from platforms.errors import PlanningError
from platforms.projects.dashboard import (
    HAPPENED,
    LANDED,
    RACED,
    TASKS,
    Figure,
    Standpoint,
    UnitFigures,
    dashboard,
    is_short,
    standpoint,
    task_verdicts,
)
from platforms.projects.periods import period_named
from platforms.projects.viewing import require_city
from platforms.targets.progress import State, progress_rows, state_of

FURTHER_RULES = ("B9", "B10", "B11", "C1", "E1", "E8")
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
    context: Context, period: str, unit_id: str | None = None, made: Dashboard | None = None
) -> Answer:
    """Answer ``project dashboard``.

    Parameters
    ----------
    context
        Workspace, rules, language.
    period
        Month, quarter or year.
    unit_id
        One unit; None for the city and all units.
    made
        The figures where they are at hand.

    Returns
    -------
    Answer
        The annex, further tasks and targets, and the projects behind each figure.

    Raises
    ------
    PlanningError
        ``ledger_period_bad``; ``ledger_unit_unknown`` with the nearest code; ``viewer_city_only``.

    Notes
    -----
    嘉政办发〔2018〕52号 附件: the city first, then the units in their order.
    """
    words, names = context.words, unit_names(context)
    asked = _units(names, unit_id)
    made = dashboard_of(context, period, unit_id) if made is None else made
    at, found, span = made.at, made.units, made.at.period
    table = _annex(context, found, names)
    said = [(_unit(context, one, names), _note(context, one)) for one in found]
    notes = pd.DataFrame([one for one in said if one[1]], columns=["region", "note_dashboard"])
    verdicts = task_verdicts(context.source, at, asked, FURTHER_RULES)
    then = replace(context, policy=at.policy)
    further = progress_frame(then, progress_rows(verdicts, at.policy))[list(FURTHER_COLUMNS)]
    title = words.text("title_dashboard", period=span.name)
    return Answer(
        title=title,
        parameters={"period": span.name, "unit": unit_id},
        result={
            "dashboard": {
                "period": span.name, "first": span.first, "last": span.last,
                "as_at": at.policy.as_of,
                "units": [_as_row(one, names) for one in found],
            }
        },
        sheets=(
            table,
            Sheet(words.text("sheet_dashboard_notes"), notes),
            Sheet(words.text("sheet_dashboard_tasks"), further),
            Sheet(words.text("sheet_dashboard_projects"), projects_behind(context, found)),
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
            *_said(context, found),
            words.text("dashboard_how"),
        ),
        screen=_screen(table.frame),
    )  # fmt: skip


def dashboard_of(context: Context, period: str, unit_id: str | None = None) -> Dashboard:
    """Compute the figures of a dashboard.

    Raises
    ------
    PlanningError
        ``ledger_period_bad``, ``ledger_unit_unknown``, ``viewer_city_only``.
    """
    require_city(context.source)
    asked = _units(unit_names(context), unit_id)
    at = standpoint(context.source, context.policy, period_named(period))
    units = gpd.GeoDataFrame(context.source.read("units"))
    return Dashboard(at, tuple(dashboard(at, units, asked, with_city=unit_id is None)))


def figure_title(context: Context, name: str) -> str:
    """Head a figure."""
    return context.words.text(f"figure_{name}")


def projects_behind(
    context: Context, found: Sequence[UnitFigures], wanted: str | None = None
) -> pd.DataFrame:
    """List the projects behind figures, of one name where asked; what is open is marked."""
    words, names = context.words, unit_names(context)
    projects = pd.DataFrame(context.source.read("projects")).set_index("project_id")
    rows = [
        (_unit(context, one, names), figure_title(context, name), project_id,
         projects.at[project_id, "name"], projects.at[project_id, "investment_yi_yuan"],
         words.text("counted_yes" if is_counted else "counted_open"))
        for one in found
        for name, figure in one.figures.items() if wanted in (None, name)
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


def _annex(context: Context, found: Sequence[UnitFigures], names: dict[str, str]) -> Sheet:
    """Lay the figures out as the annex does, each column beside its task."""
    raced = tuple(name for name in RACED if any(name in one.figures for one in found))
    moved = (*HAPPENED, LANDED, *raced)
    rows = []
    for one in found:
        number = None if one.unit_id is None else list(names).index(one.unit_id) + 1
        row: dict[str, object] = {"number": number, "region": _unit(context, one, names)}
        for name in TASKS:
            figure = one.figures[name]
            row[name] = shown(context, figure, name)
            row[TASK_OF[name]] = "–" if figure.target is None else _number(figure.target, name)
        row |= {name: shown(context, one.figures[name], name) for name in moved}
        rows.append(row)
    frame = pd.DataFrame(rows, dtype="object")
    words = context.words
    groups = {
        name: words.text("dashboard_group_tasks")
        for name in frame.columns
        if name not in ("number", "region", *moved)
    }
    groups |= dict.fromkeys(moved, words.text("dashboard_group_period"))
    return Sheet(
        words.text("sheet_dashboard"), frame, printed=tuple(map(str, frame.columns)), groups=groups
    )


def shown(context: Context, figure: Figure, name: str) -> float | int | str:
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


def _note(context: Context, one: UnitFigures) -> str:
    """Say which tasks are short, and how many projects leave figures open."""
    words = context.words
    said = []
    for state in ("below_target", "running"):
        mine = [
            figure_title(context, name)
            for name, figure in one.figures.items()
            if (is_short(figure) if state == "below_target" else _state(figure) == state)
        ]
        if mine:
            said.append(words.text(f"dashboard_{state}", figures="、".join(mine)))
    unclear = {key for figure in one.figures.values() for key in figure.open_ids}
    if unclear:
        said.append(words.text("ledger_open_projects", count=len(unclear)))
    return words.joined(said)


def _said(context: Context, found: Sequence[UnitFigures]) -> list[str]:
    """Say how many units are short of each task."""
    words = context.words
    lines = []
    for name in TASKS:
        short = sum(is_short(one.figures[name]) for one in found if one.unit_id is not None)
        if short:
            title = figure_title(context, name)
            lines.append(words.text("dashboard_units_short", figure=title, count=short))
    return lines


def _titles(context: Context, columns: tuple[str, ...]) -> dict[str, str]:
    return {name: context.words.text(f"figure_{name}") for name in columns}


def _screen(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave the terminal what a line has room for."""
    return frame[["region", *TASKS, "listed", "signed", "started"]]


def _unit(context: Context, one: UnitFigures, names: dict[str, str]) -> str:
    return context.words.text("whole_city") if one.unit_id is None else names[one.unit_id]


def _as_row(one: UnitFigures, names: dict[str, str]) -> dict[str, object]:
    return {
        "unit_id": one.unit_id,
        "unit_name": None if one.unit_id is None else names[one.unit_id],
        "figures": {
            name: {
                "value": figure.value, "least": figure.least, "most": figure.most,
                "target": figure.target, "state": _state(figure),
                "project_ids": list(figure.project_ids),
                "open_project_ids": list(figure.open_ids),
            }
            for name, figure in one.figures.items()
        },
    }  # fmt: skip


def _state(figure: Figure) -> State | None:
    return None if figure.verdict is None else state_of(figure.verdict)
