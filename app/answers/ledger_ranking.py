"""Who is ahead on major projects in a period: counts, landing rate, the projects behind them."""

import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.land import unit_names
from app.context import Context
from layers.exchange.sheet import Sheet
from platforms.projects.ledger_ranking import COUNTS, UnitStanding, unit_standings
from platforms.projects.periods import period_named
from platforms.projects.viewing import require_city
from platforms.targets.ledger import ledger_on

COLUMNS = ("rank", "unit_name", *COUNTS, "landed", "landing_rate_percent", "note_rank")
PROJECT_COLUMNS = ("unit_name", "counted_as", "project_id", "name")


def ledger_ranking_answer(context: Context, period: str) -> Answer:
    """Answer ``project ranking`` (``ledger_period_bad``, ``viewer_city_only``)."""
    require_city(context.source)
    words, names = context.words, unit_names(context)
    found = unit_standings(
        ledger_on(context.source, context.as_of), list(names), context.policy, period_named(period)
    )
    listed = pd.DataFrame([_line(one, names[one.unit_id], context) for one in found])
    listed = listed.sort_values("rank", kind="stable", na_position="last")[list(COLUMNS)]
    ranked = sum(one.rank is not None for one in found)
    own = (*COLUMNS, "counted_as")
    return Answer(
        title=words.text("title_ledger_ranking", period=period),
        parameters={"period": period},
        result={"ranking": [_as_row(one, names[one.unit_id]) for one in found]},
        sheets=(
            Sheet(words.text("sheet_ledger_ranking"), listed),
            Sheet(words.text("sheet_ledger_counted"), _counted(found, names, context)),
        ),
        titles=column_titles(words, own),
        summary=(
            words.text("summary_ledger_ranking", period=period, ranked=ranked, count=len(found)),
            *_named(found, names, context),
        ),
        screen=listed[["rank", "unit_name", "listed", "signed", "started", "landing_rate_percent"]],
    )  # fmt: skip


def _named(found: list[UnitStanding], names: dict[str, str], context: Context) -> list[str]:
    """Say who is first, last, and last twice."""
    words, lines = context.words, []
    for code, chosen in (
        ("ledger_first", [one for one in found if one.is_first]),
        ("ledger_last", [one for one in found if one.is_last]),
        ("ledger_last_twice", [one for one in found if one.is_last_twice]),
    ):  # fmt: skip
        if chosen:
            lines.append(words.text(code, units=words.joined(names[one.unit_id] for one in chosen)))
    return lines


def _as_row(one: UnitStanding, name: str) -> dict[str, object]:
    return {
        "unit_id": one.unit_id, "unit_name": name, "rank": one.rank,
        "landing_rate": one.landing_rate,
        "counts": {kind: len(ids) for kind, ids in one.projects.items()},
        "projects": {kind: list(ids) for kind, ids in one.projects.items()},
        "open_projects": list(one.open_ids), "is_first": one.is_first, "is_last": one.is_last,
        "is_last_twice": one.is_last_twice,
    }  # fmt: skip


def _line(one: UnitStanding, name: str, context: Context) -> dict[str, object]:
    said = [
        context.words.text(f"ledger_is_{code}")
        for code, holds in (
            ("first", one.is_first), ("last_twice", one.is_last_twice),
            ("last", one.is_last and not one.is_last_twice),
        ) if holds
    ]  # fmt: skip
    if one.open_ids:
        said.append(context.words.text("ledger_open_projects", count=len(one.open_ids)))
    return {
        "rank": one.rank, "unit_name": name,
        **{kind: len(ids) for kind, ids in one.projects.items()},
        "landing_rate_percent": None if one.landing_rate is None else 100 * one.landing_rate,
        "note_rank": context.words.joined(said),
    }  # fmt: skip


def _counted(found: list[UnitStanding], names: dict[str, str], context: Context) -> pd.DataFrame:
    """List the projects behind each figure."""
    projects = context.source.read("projects")
    titles = dict(zip(projects["project_id"], projects["name"], strict=True))
    rows = [
        (names[one.unit_id], context.words.text(f"column_{kind}"), project_id, titles[project_id])
        for one in found
        for kind in (*COUNTS, "landed")
        for project_id in one.projects[kind]
    ]
    return pd.DataFrame(rows, columns=list(PROJECT_COLUMNS))
