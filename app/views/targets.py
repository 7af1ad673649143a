"""Tasks and targets, rankings with their trend, and what was promised against what was reached."""

import pandas as pd
import streamlit as st

from app.answers.answer import Answer
from app.answers.evidence import light
from app.answers.targets import (
    PROJECT_COLUMNS,
    evaluation_answer,
    progress_frame,
    progress_list,
    projects_behind,
    ranking_answer,
    target_answer,
)
from app.components.page import (
    hand_out,
    page_head,
    say_lines,
    show_list,
    show_where_held,
    shown_columns,
)
from app.context import Context
from app.session import cached, cached_answer, current_context, words
from platforms.indicators.ranking import RankedBy, RankingQuery
from platforms.targets.progress import Progress

PROGRESS_COLUMNS = (
    "rule_id", "unit_name", "rule_title", "done", "target", "gap", "measure", "share_done",
    "why", "clause", "force_status", "basis",
)  # fmt: skip
RANKING_COLUMNS = (
    "rank", "tied", "name", "measured", "measure", "previous_rank", "rank_change", "change",
    "year_before_rank", "year_before_change", "coverage_share",
)  # fmt: skip
COMPOSITE_COLUMNS = ("rank", "tied", "name", "score", "lacking")
BIES: tuple[RankedBy, ...] = ("platform", "unit")
QUARTERS = ("", "Q1", "Q2", "Q3", "Q4")
FORCES = ("mandatory", "principle", "target", "guidance")


def show() -> None:
    """Show the page."""
    context = current_context()
    text = words().text
    page_head(context, "page_targets", "targets_question")
    year = int(
        st.number_input(text("column_year"), 1990, 2100, context.year, key="target_year", width=160)
    )
    progress_tab, ranking_tab, evaluation_tab = st.tabs(
        [text("tab_progress"), text("tab_ranking"), text("tab_evaluation")]
    )
    with progress_tab:
        _progress(context, year)
    with ranking_tab:
        show_where_held(lambda: _ranking(context, year))
    with evaluation_tab:
        show_where_held(lambda: _evaluation(context, year))


def _evaluation(context: Context, year: int) -> None:
    answer = cached_answer(evaluation_answer, year)
    st.caption(words().text("evaluation_hint"))
    say_lines(answer.summary)
    frame = answer.sheet("evaluate").frame
    _table(answer, frame, tuple(map(str, frame.columns)))
    hand_out(answer, context, (".xlsx", ".csv"), "evaluation")


def _progress(context: Context, year: int) -> None:
    text = words().text
    rows = cached(progress_list, context.asked_year(year))
    if not rows:
        st.info(text("targets_empty"))
        return
    for force in FORCES:
        mine = [row for row in rows if row.verdict.force == force]
        if not mine:
            continue
        st.subheader(text(f"force_head_{force}"))
        frame = progress_frame(context, mine)
        display = shown_columns(frame, PROGRESS_COLUMNS, words())
        signs = [
            f"{light(row.verdict)} {word}"
            for row, word in zip(mine, frame["progress_state"], strict=True)
        ]
        display.insert(0, text("column_progress_state"), signs)
        show_list(display)
    _behind(context, rows)
    answer = target_answer(context, year, (), rows)
    hand_out(answer, context, (".xlsx", ".csv"), "targets")


def _behind(context: Context, rows: list[Progress]) -> None:
    """Open one figure to its projects."""
    text = words().text
    frame = progress_frame(context, rows)
    with_projects = [n for n, row in enumerate(rows) if row.project_ids or row.open_project_ids]
    if not with_projects:
        return
    st.subheader(text("targets_behind"))
    chosen = st.selectbox(
        text("targets_choose"), with_projects, key="target_row",
        format_func=lambda n: " · ".join(
            str(frame.iloc[n][name]) for name in ("rule_id", "unit_name", "rule_title")
        ),
    )  # fmt: skip
    behind = projects_behind(context, rows[chosen])
    show_list(shown_columns(behind, PROJECT_COLUMNS[2:], words()))


def _ranking(context: Context, year: int) -> None:
    text = words().text
    left, right = st.columns(2)
    by = left.radio(
        text("option_by"), BIES, format_func=lambda code: text(f"by_{code}"), horizontal=True,
        key="ranking_by",
    )  # fmt: skip
    quarter = right.radio(
        text("option_period"), QUARTERS, horizontal=True, key="ranking_quarter",
        format_func=lambda code: code or text("whole_year"),
    )  # fmt: skip
    query = RankingQuery(by, f"{year}{quarter}")
    answer = cached_answer(ranking_answer, query)
    keys = {sheet.name: sheet.key for sheet in answer.sheets if sheet.key != "ranking"}
    key = keys[st.selectbox(text("column_measure_name"), list(keys), key="ranking_measure")]
    is_composite = key == "composite"
    st.caption(text("composite_hint" if is_composite else "ranking_hint"))
    columns = COMPOSITE_COLUMNS if is_composite else RANKING_COLUMNS
    _table(answer, answer.sheet(key).frame, columns)
    hand_out(answer, context, (".xlsx", ".csv"), "ranking")


def _table(answer: Answer, frame: pd.DataFrame, columns: tuple[str, ...]) -> None:
    if not len(frame):
        st.info(words().text("targets_empty"))
        return
    show_list(shown_columns(frame, columns, words(), answer.titles))


show()
