"""The figures of the ledger on the page: the annex's table, and the projects behind each figure."""

import pandas as pd
import streamlit as st

from app.answers.battle_map import battle_maps, site_extent, site_marks
from app.answers.ledger_chain import ledger_stand
from app.answers.ledger_dashboard import (
    Dashboard,
    dashboard_answer,
    dashboard_of,
    figure_title,
    projects_behind,
    shown,
)
from app.answers.ledger_notice import notice_answer
from app.answers.ledger_reports import listed_report
from app.answers.project_page import ProjectPage, project_page_answer
from app.components.frame import hand_out, within_border
from app.components.map_view import show_map
from app.components.plain import as_text, say_lines
from app.components.table import show_list, shown_columns
from app.context import Context
from app.session import map_view, words
from platforms.projects.dashboard import Figure

MAP_PX = 340
CITY = ""
"""Choice of the whole city."""


def show_dashboard(held: Context) -> None:
    """Show tasks and progress of the units in a period, each figure open to its projects."""
    text = words().text
    period = st.text_input(
        text("option_ledger_period"), value=str(held.year), key="dashboard_period", width=240
    )
    made = dashboard_of(held, period)
    answer = dashboard_answer(held, period, made=made)
    say_lines(answer.summary)
    annex, notes, further, _projects = answer.sheets
    # A column of numbers and words is shown as words: the page's table knows one kind a column.
    table = shown_columns(_as_words(annex.frame), tuple(annex.frame.columns), words(),
                          answer.titles)  # fmt: skip
    # The name of the unit stays in sight while the many columns are moved.
    region = {answer.titles["region"]: st.column_config.TextColumn(width=190, pinned=True)}
    show_list(table.drop(columns=answer.titles["number"]), column_config=region)
    _behind(held, made)
    for sheet in (notes, further):
        if len(sheet.frame):
            st.subheader(sheet.name)
            show_list(shown_columns(sheet.frame, tuple(sheet.frame.columns), words(),
                                    answer.titles))  # fmt: skip
    hand_out(answer, held, (".xlsx", ".docx", ".csv"), "ledger_dashboard", stand=ledger_stand)
    notice = notice_answer(held, period, made)
    st.subheader(notice.title)
    say_lines(notice.summary)
    hand_out(
        notice, held, (".docx", ".xlsx"), "ledger_notice",
        report=lambda: listed_report(held, notice, "ledger"), stand=ledger_stand,
    )  # fmt: skip


def show_site(held: Context, page: ProjectPage) -> None:
    """Show the map of a project's land, or say that it has none."""
    st.subheader(words().text("projects_site_map"))
    if page.site.shape is None:
        st.caption(words().text("project_page_no_land"))
    else:
        _site_map(held, page)


def hand_out_board(held: Context, page: ProjectPage) -> None:
    """Offer the map of action as a page of paper, and its lists."""
    answer = project_page_answer(held, page)
    project_id = str(page.row["project_id"])
    hand_out(
        answer, held, (".docx", ".xlsx"), f"project_{project_id}",
        report=lambda: battle_maps(held, (project_id,), map_view()), stand=ledger_stand,
    )  # fmt: skip


@st.fragment
def _site_map(held: Context, page: ProjectPage) -> None:
    """Draw the map by itself: a click on it leaves the rest of the page alone."""

    def draw() -> None:
        show_map(
            map_view(), words(), key="project_map", highlights=site_marks(held, page),
            focus=site_extent(held, page), base_map_url=held.settings.base_map_url,
            height_px=MAP_PX, compact=True,
        )  # fmt: skip

    within_border(draw)


def _behind(held: Context, made: Dashboard) -> None:
    text = words().text
    st.caption(text("projects_dashboard_behind"))
    found = made.units
    names = dict(zip(held.source.read("units")["unit_id"], held.source.read("units")["name"],
                     strict=True))  # fmt: skip
    left, right = st.columns(2)
    unit_id = left.selectbox(
        text("projects_dashboard_unit"), [one.unit_id or CITY for one in found],
        format_func=lambda one: names.get(one, text("whole_city")), key="dashboard_unit",
    )  # fmt: skip
    mine = next(one for one in found if (one.unit_id or CITY) == unit_id)
    name = right.selectbox(
        text("projects_dashboard_figure"), list(mine.figures),
        format_func=lambda one: f"{figure_title(held, one)}：{_said(held, mine.figures[one], one)}",
        key="dashboard_figure",
    )  # fmt: skip
    listed = projects_behind(held, [mine], str(name))
    if len(listed):
        show_list(shown_columns(listed, tuple(listed.columns), words()))
    else:
        st.caption(as_text(text("projects_dashboard_no_projects")))


def _said(held: Context, figure: Figure, name: str) -> str:
    value = shown(held, figure, name)
    return f"{value:.1%}" if isinstance(value, float) else str(value)


def _as_words(frame: pd.DataFrame) -> pd.DataFrame:
    def word(value: object) -> object:
        return f"{value:.1%}" if isinstance(value, float) else None if value is None else str(value)

    return frame.map(word)
