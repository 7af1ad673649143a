"""The project ledger: who reported first, where each project stands, what is late, who is ahead."""

from collections.abc import Callable

import streamlit as st

from app.answers.answer import Answer
from app.answers.evidence import LIGHTS
from app.answers.ledger_statistics import ledger_ranking_answer
from app.answers.project_ledger import (
    chain_of,
    conflict_answer,
    ledger_stand,
    problem_answer,
    warning_answer,
)
from app.answers.project_page import ProjectPage, project_page, project_page_answer
from app.answers.reports import listed_report
from app.answers.workspace import SCREEN_COLUMNS, project_answer
from app.components.charts import show_timeline
from app.components.page import (
    as_text,
    hand_out,
    page_head,
    say_lines,
    show_list,
    show_where_held,
    shown_columns,
)
from app.components.projects import (
    SENTENCES,
    ask_event,
    ask_project,
    hand_out_board,
    show_dashboard,
    show_dispute,
    show_site,
)
from app.context import Context
from app.session import current_context, words

PARTS = (
    "list", "page", "warnings", "problems", "conflicts", "ranking", "dashboard", "enter",
)  # fmt: skip
SIGN = {"green": "good", "yellow": "amber", "red": "bad", "grey": "unknown"}
NODE_COLUMNS = ("node", "planned_on", "done_on", "light", "days")


def show() -> None:
    """Show the page."""
    context = current_context()
    text = words().text
    page_head(context, "page_projects", "projects_question")
    sentences = st.session_state.pop(SENTENCES, ())
    for line in sentences:
        st.success(as_text(line))
    part = st.radio(
        text("projects_part"), PARTS, horizontal=True, key="projects_part",
        format_func=lambda code: text(f"projects_part_{code}"), label_visibility="collapsed",
    )  # fmt: skip
    if part == "enter":
        _enter(context)
        return
    if not len(context.source.read("projects")):
        st.info(text("projects_empty"))
        return
    shows: dict[str, Callable[[Context], None]] = {
        "list": _list, "page": _page, "warnings": _warnings, "problems": _problems,
        "conflicts": _conflicts, "ranking": _ranking, "dashboard": show_dashboard,
    }  # fmt: skip
    show_where_held(lambda: shows[str(part)](context))


def _list(context: Context) -> None:
    answer = project_answer(context)
    say_lines(answer.summary)
    columns = tuple(name for name in SCREEN_COLUMNS if name != "name")
    listed = answer.sheet("projects")
    show_list(shown_columns(listed.frame, ("name", *columns), words(), answer.titles))
    for sheet in answer.sheets:
        if sheet is listed:
            continue
        st.subheader(sheet.name)
        if len(sheet.frame):
            show_list(
                shown_columns(sheet.frame, tuple(sheet.frame.columns), words(), answer.titles)
            )
    st.caption(words().text("projects_head", head=chain_of(context).head))
    _hand_out(answer, context, "projects")


def _page(context: Context) -> None:
    text = words().text
    chosen = _chosen(context)
    page = project_page(context, chosen)
    answer = project_page_answer(context, page)
    say_lines(answer.summary)
    facts, nodes, conditions = map(
        answer.sheet, ("project_facts", "project_nodes", "project_conditions")
    )
    left, right = st.columns(2)
    with left:
        st.subheader(facts.name)
        show_list(shown_columns(facts.frame, ("fact", "detail"), words(), answer.titles))
    with right:
        st.subheader(nodes.name)
        _nodes(page, answer)
        show_timeline(context, page.nodes)
        st.subheader(conditions.name)
        if len(conditions.frame):
            columns = ("name", "constraint_kind", "severity", "overlap_mu")
            show_list(shown_columns(conditions.frame, columns, words(), answer.titles))
        else:
            st.caption(text("projects_no_conditions"))
    show_site(context, page)
    for sheet in (answer.sheet("project_problems"), answer.sheet("project_documents")):
        st.subheader(sheet.name)
        if len(sheet.frame):
            show_list(shown_columns(sheet.frame, tuple(sheet.frame.columns), words()))
        else:
            st.caption(text("projects_none_on_file"))
    hand_out_board(context, page)


def _nodes(page: ProjectPage, answer: Answer) -> None:
    if not page.nodes:
        st.caption(words().text("project_page_no_nodes"))
        return
    frame = answer.sheet("project_nodes").frame.assign(
        light=[f"{LIGHTS[SIGN[node.light]]} {words().text(f'light_{node.light}')}"
               for node in page.nodes]
    )  # fmt: skip
    show_list(shown_columns(frame, NODE_COLUMNS, words(), answer.titles))


def _chosen(context: Context) -> str:
    projects = context.source.read("projects")
    names = dict(zip(projects["project_id"], projects["name"], strict=True))
    return str(
        st.selectbox(
            words().text("projects_choose"), list(names), key="projects_chosen",
            format_func=lambda project_id: f"{project_id} {names[project_id]}",
        )
    )  # fmt: skip


def _warnings(context: Context) -> None:
    answer = warning_answer(context, None)
    _listed(context, answer, "warnings", "projects_no_warnings")


def _problems(context: Context) -> None:
    _listed(context, problem_answer(context, None), "problems", "projects_no_problems")


def _conflicts(context: Context) -> None:
    answer = conflict_answer(context, None)
    st.caption(words().text("projects_conflicts_hint"))
    _listed(context, answer, "conflicts", "projects_no_conflicts")
    if len(answer.sheet("conflicts").frame):
        show_dispute(context, answer)


def _ranking(context: Context) -> None:
    text = words().text
    period = st.text_input(
        text("option_ledger_period"), value=str(context.year), key="ledger_period", width=240
    )
    answer = ledger_ranking_answer(context, period)
    say_lines(answer.summary)
    for sheet in answer.sheets:
        st.subheader(sheet.name)
        show_list(shown_columns(sheet.frame, tuple(sheet.frame.columns), words(), answer.titles))
    hand_out(
        answer, context, (".xlsx", ".docx", ".csv"), "ledger_ranking",
        report=lambda: listed_report(context, answer, "ranking"), stand=ledger_stand,
    )  # fmt: skip


def _listed(context: Context, answer: Answer, key: str, none: str) -> None:
    say_lines(answer.summary)
    frame = answer.sheet(key).frame.drop(columns="talks", errors="ignore")
    if not len(frame):
        st.info(words().text(none))
        return
    show_list(shown_columns(frame, tuple(frame.columns), words(), answer.titles))
    _hand_out(answer, context, key)


def _hand_out(
    answer: Answer,
    context: Context,
    key: str,
    endings: tuple[str, ...] = (".xlsx", ".docx", ".csv"),
) -> None:
    hand_out(answer, context, endings, key, stand=ledger_stand)


def _enter(context: Context) -> None:
    text = words().text
    st.subheader(text("ledger_new_project"))
    ask_project(context)
    if len(context.source.read("projects")):
        st.subheader(text("ledger_new_event"))
        ask_event(context, _chosen(context))


show()
