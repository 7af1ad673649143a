"""Parts of the page of the ledger."""

from collections.abc import Callable
from datetime import date

import pandas as pd
import streamlit as st

from app.answers.answer import Answer
from app.answers.ledger_statistics import (
    Dashboard,
    dashboard_answer,
    dashboard_of,
    figure_text,
    figure_title,
    notice_answer,
    projects_behind,
)
from app.answers.matching import demand_in_ledger, evaluate_demand
from app.answers.project_ledger import add_event, add_project, ledger_stand, transfer_answer
from app.answers.project_page import (
    ProjectPage,
    battle_maps,
    project_page_answer,
    site_extent,
    site_marks,
)
from app.answers.reports import listed_report
from app.components.map_view import show_map
from app.components.page import (
    as_text,
    changing,
    error_text,
    hand_out,
    say_lines,
    show_list,
    shown_columns,
    within_border,
)
from app.context import Context, unit_names
from app.session import cached, map_view, words
from geo.errors import MuPlanError
from layers.codes import CATEGORIES, EVENT_KINDS, EXIT_REASONS
from platforms.ledger.entry import PLANNED
from platforms.ledger.events import CORRECTION
from platforms.matching.match import ranked
from platforms.projects.dashboard import Figure

MAP_PX = 340
CITY = ""
"""Choice of the whole city."""


def show_dashboard(context: Context) -> None:
    """Show tasks and progress of the units in a period, each figure open to its projects."""
    text = words().text
    period = st.text_input(
        text("option_ledger_period"), value=str(context.year), key="dashboard_period", width=240
    )
    board = dashboard_of(context, period)
    answer = dashboard_answer(context, period, board=board)
    say_lines(answer.summary)
    annex = answer.sheet("dashboard")
    # A column of numbers and words is shown as words: the page's table knows one kind a column.
    table = shown_columns(_as_words(annex.frame), tuple(annex.frame.columns), words(),
                          answer.titles)  # fmt: skip
    # The name of the unit stays in sight while the many columns are moved.
    region = {answer.titles["region"]: st.column_config.TextColumn(width=190, pinned=True)}
    show_list(table.drop(columns=answer.titles["number"]), column_config=region)
    _behind(context, board)
    for sheet in (answer.sheet("dashboard_notes"), answer.sheet("dashboard_tasks")):
        if len(sheet.frame):
            st.subheader(sheet.name)
            show_list(shown_columns(sheet.frame, tuple(sheet.frame.columns), words(),
                                    answer.titles))  # fmt: skip
    hand_out(answer, context, (".xlsx", ".docx", ".csv"), "ledger_dashboard", stand=ledger_stand)
    notice = notice_answer(context, period, board)
    st.subheader(notice.title)
    say_lines(notice.summary)
    hand_out(
        notice, context, (".docx", ".xlsx"), "ledger_notice",
        report=lambda: listed_report(context, notice, "ledger"), stand=ledger_stand,
    )  # fmt: skip


def show_site(context: Context, page: ProjectPage) -> None:
    """Show the map of a project's land, or say that it has none."""
    st.subheader(words().text("projects_site_map"))
    if page.site.shape is None:
        st.caption(words().text("project_page_no_land"))
    else:
        _site_map(context, page)


def hand_out_board(context: Context, page: ProjectPage) -> None:
    """Offer the map of action as a page of paper, and its lists."""
    answer = project_page_answer(context, page)
    project_id = str(page.row["project_id"])
    hand_out(
        answer, context, (".docx", ".xlsx"), f"project_{project_id}",
        report=lambda: battle_maps(context, (project_id,), map_view()), stand=ledger_stand,
    )  # fmt: skip


@st.fragment
def _site_map(context: Context, page: ProjectPage) -> None:
    """Draw the map by itself: a click on it leaves the rest of the page alone."""

    def draw() -> None:
        show_map(
            map_view(), words(), key="project_map", highlights=site_marks(context, page),
            focus=site_extent(context, page), base_map_url=context.settings.base_map_url,
            height_px=MAP_PX, compact=True,
        )  # fmt: skip

    within_border(draw)


def _behind(context: Context, board: Dashboard) -> None:
    text = words().text
    st.caption(text("projects_dashboard_behind"))
    figures_of_units = board.units
    names = unit_names(context)
    left, right = st.columns(2)
    unit_id = left.selectbox(
        text("projects_dashboard_unit"), [figures.unit_id or CITY for figures in figures_of_units],
        format_func=lambda unit_id: names.get(unit_id, text("whole_city")), key="dashboard_unit",
    )  # fmt: skip
    mine = next(figures for figures in figures_of_units if (figures.unit_id or CITY) == unit_id)
    name = right.selectbox(
        text("projects_dashboard_figure"),
        list(mine.figures),
        format_func=lambda figure: _titled_figure(context, mine.figures[figure], figure),
        key="dashboard_figure",
    )
    listed = projects_behind(context, [mine], str(name))
    if len(listed):
        show_list(shown_columns(listed, tuple(listed.columns), words()))
    else:
        st.caption(as_text(text("projects_dashboard_no_projects")))


def _titled_figure(context: Context, figure: Figure, name: str) -> str:
    return f"{figure_title(context, name)}：{_figure_text(context, figure, name)}"


def _figure_text(context: Context, figure: Figure, name: str) -> str:
    value = figure_text(context, figure, name)
    return f"{value:.1%}" if isinstance(value, float) else str(value)


def _as_words(frame: pd.DataFrame) -> pd.DataFrame:
    def word(value: object) -> object:
        return f"{value:.1%}" if isinstance(value, float) else None if value is None else str(value)

    return frame.map(word)


SENTENCES = "ledger_said"


def ask_project(context: Context) -> None:
    """Ask for a new project, and enter it with its first report."""
    text, units = words().text, unit_names(context)
    with st.form("ledger_project", clear_on_submit=False):
        first, second, third = st.columns(3)
        row = {
            "project_id": first.text_input(text("option_ledger_project")).strip(),
            "name": second.text_input(text("option_project_name")).strip(),
            "unit_id": third.selectbox(
                text("column_unit_name"), list(units), format_func=units.get
            ),
            "investor_name": first.text_input(text("option_investor")).strip() or None,
            "credit_code": second.text_input(text("option_credit_code")).strip() or None,
            "parent_credit_code": first.text_input(
                text("option_parent_credit_code")
            ).strip() or None,
            "category": third.selectbox(
                text("option_category"), [None, *CATEGORIES],
                format_func=lambda code: words().word("category", code) if code else "–",
            ),
            "industry_code": first.text_input(text("option_industry_code")).strip() or None,
            "product": second.text_input(text("option_product")).strip() or None,
            "investment_yi_yuan": third.number_input(
                text("option_investment_yi_yuan"), value=None, min_value=0.0
            ),
            "investment_stated": second.text_input(
                text("option_investment_stated")
            ).strip() or None,
            "land_ideal_mu": first.number_input(
                text("option_land_ideal_mu"), value=None, min_value=0.0
            ),
        }  # fmt: skip
        day = second.date_input(text("option_event_on"), value=date.fromisoformat(context.as_of))
        if not st.form_submit_button(text("ledger_add_project"), type="primary"):
            return
    event = {
        "project_id": row["project_id"], "event_kind": "first_report", "event_on": str(day),
        "unit_id": row["unit_id"],
    }  # fmt: skip
    _enter(context, lambda own: add_project(own, row, event))


def ask_event(context: Context, project_id: str) -> None:
    """Ask for an event of a project, and enter it; a correction is an event too."""
    text, units = words().text, unit_names(context)
    names = list(EVENT_KINDS)
    kind = st.selectbox(
        text("option_event_kind"), names, index=names.index("updated"), key="ledger_kind",
        format_func=lambda code: words().word("event_kind", code),
    )  # fmt: skip
    with st.form(f"ledger_event_{kind}"):
        first, second, third = st.columns(3)
        event: dict[str, object] = {
            "project_id": project_id, "event_kind": kind,
            "event_on": str(
                first.date_input(text("option_event_on"), value=date.fromisoformat(context.as_of))
            ),
            "unit_id": second.selectbox(
                text("column_unit_name"), list(units), format_func=units.get
            ),
            "detail": third.text_input(text("option_event_detail")).strip() or None,
        }  # fmt: skip
        event |= _further(str(kind), context)
        pressed = st.form_submit_button(text("ledger_add_event"), type="primary")
    slot = f"ledger_seen_{project_id}"
    seen = st.session_state.get(slot)
    projects = context.whole.read("projects")
    st.session_state[slot] = projects[projects["project_id"].eq(project_id)]
    if pressed:
        _enter(context, lambda own: add_event(own, event, seen))


def _further(kind: str, context: Context) -> dict[str, object]:
    """Ask what only some kinds of event have."""
    text = words().text
    if kind == "delisted":
        reason = st.selectbox(
            text("option_exit_reason"), list(EXIT_REASONS),
            format_func=lambda code: words().word("exit_reason", code),
        )  # fmt: skip
        return {"exit_reason": reason}
    if kind == PLANNED:
        left, right = st.columns(2)
        node = left.selectbox(
            text("option_planned_kind"), list(EVENT_KINDS),
            format_func=lambda code: words().word("event_kind", code),
        )  # fmt: skip
        day = right.date_input(text("option_planned_on"), value=date.fromisoformat(context.as_of))
        return {"planned_kind": node, "planned_on": str(day)}
    if kind == CORRECTION:
        left, right = st.columns(2)
        day = right.date_input(text("option_corrected_on"), value=None)
        return {
            "corrects": left.text_input(text("option_corrects")).strip() or None,
            "corrected_on": None if day is None else str(day),
        }
    return {}


def _enter(context: Context, make: Callable[[Context], Answer]) -> None:
    """Make an entry; the page is then drawn anew, on the ledger as it is now."""
    try:
        with changing(context) as own:
            answer = make(own)
    except MuPlanError as error:
        st.error(error_text(error))
        return
    st.session_state[SENTENCES] = answer.summary
    st.rerun()


STEP_COLUMNS = ("event_on", "event_kind", "unit_id", "entered_at")
TRANSFER_ASKED = "transfer_asked"


def show_dispute(context: Context, answer: Answer) -> None:
    """Show the timelines of both projects of a pair, and propose a transfer.

    ``answer``: The answer ``project conflicts``, with at least one pair.
    """
    text = words().text
    pairs, timeline = answer.sheet("conflicts").frame, answer.sheet("timeline")
    st.subheader(timeline.name)
    pair = st.selectbox(
        text("column_pair"), list(pairs["pair"]), key="conflict_pair",
        format_func=lambda number: _pair_title(pairs, number),
    )  # fmt: skip
    (row,) = pairs[pairs["pair"].eq(pair)].to_dict("records")
    names = [str(row["project_id"]), str(row["other_project_id"])]
    st.info(as_text(str(row["talks"])))
    mine = timeline.frame[timeline.frame["pair"].eq(pair)]
    for column, name in zip(st.columns(2), names, strict=True):
        with column:
            st.markdown(f"**{as_text(name)}**")
            steps = mine[mine["project_id"].eq(name)]
            if len(steps):
                show_list(shown_columns(steps, STEP_COLUMNS, words(), answer.titles))
            else:
                st.caption(text("dispute_unseen"))
    _transfer(context, names)


def _pair_title(pairs: pd.DataFrame, number: int) -> str:
    (row,) = pairs[pairs["pair"].eq(number)].to_dict("records")
    return f"{row['pair']}  {row['project_id']} – {row['other_project_id']}"


def _transfer(context: Context, names: list[str]) -> None:
    """Ask which of the two is to go elsewhere; looking takes a while, so it waits to be asked."""
    text = words().text
    seen = [
        project_id
        for project_id in names
        if context.source.read("projects")["project_id"].eq(project_id).any()
    ]
    st.subheader(text("sheet_transfer"))
    st.caption(text("dispute_transfer_hint"))
    left, right, _ = st.columns([2, 1, 3], vertical_alignment="bottom")
    chosen = str(left.selectbox(text("option_ledger_project"), seen, key="transfer_project"))
    if right.button(text("dispute_transfer_ask"), key="transfer_ask"):
        st.session_state[TRANSFER_ASKED] = chosen
    if st.session_state.get(TRANSFER_ASKED) != chosen:
        return
    with st.spinner(text("working_match")):
        evaluation = cached(evaluate_demand, demand_in_ledger(context, chosen))
    answer = transfer_answer(context, ranked(evaluation, context.match_table()))
    say_lines(answer.summary)
    frame = answer.sheet("transfer").frame
    if len(frame):
        show_list(shown_columns(frame, tuple(map(str, frame.columns)), words(), answer.titles))
        hand_out(answer, context, (".xlsx", ".docx", ".csv"), "transfer", stand=ledger_stand)
